//! How the commands write to a terminal: its width, its colours, tables that fit, times in words.
//!
//! Cannot fail: where nothing is known of the terminal, 80 columns and no colour. What is piped into
//! another program is neither coloured nor cut.

use std::io::IsTerminal;
use std::os::fd::AsFd;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What every terminal has.
const USUAL_COLUMNS: usize = 80;
/// Narrower than this nothing can be laid out.
const FEWEST_COLUMNS: usize = 30;
/// Between two columns of a table.
const GAP: usize = 2;
/// The least that a column is cut to, so that something of it is left.
const LEAST: usize = 6;

/// Where a command writes to.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// None: not a terminal, so that nothing is cut.
    pub columns: Option<usize>,
    pub colour: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    Good,
    Doubtful,
    Bad,
    Faint,
    Strong,
}

impl Screen {
    /// Standard output as it is.
    pub fn here() -> Screen {
        Screen::of(&std::io::stdout())
    }

    /// Standard error as it is.
    pub fn for_errors() -> Screen {
        Screen::of(&std::io::stderr())
    }

    fn of(out: &(impl IsTerminal + AsFd)) -> Screen {
        let is_terminal = out.is_terminal();
        let asked = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
        let real = || {
            let size = rustix::termios::tcgetwinsize(out).ok()?;
            (size.ws_col > 0).then_some(usize::from(size.ws_col))
        };
        let columns = is_terminal.then(|| real().or(asked).unwrap_or(USUAL_COLUMNS));
        // https://no-color.org: set and not empty.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Screen {
            columns: columns.map(|columns| columns.max(FEWEST_COLUMNS)),
            colour: is_terminal && !refused && !dumb,
        }
    }

    /// Columns to wrap text at; long lines are hard to read even where they fit.
    pub fn text_columns(self) -> usize {
        self.columns.unwrap_or(USUAL_COLUMNS).min(100)
    }

    pub fn tint(self, tint: Tint, text: &str) -> String {
        let code = match tint {
            Tint::Good => "32",
            Tint::Doubtful => "33",
            Tint::Bad => "31",
            Tint::Faint => "2",
            Tint::Strong => "1",
        };
        match self.colour && !text.is_empty() {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }

    /// A table: a line of titles, then the rows. Where it is wider than the terminal, the widest of
    /// the columns that may be cut give way.
    pub fn table(self, titles: &[&str], may_cut: &[usize], rows: &[Vec<String>]) -> String {
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        let mut widths: Vec<usize> = titles.iter().map(|title| title.width()).collect();
        for row in rows {
            for (width, field) in widths.iter_mut().zip(row) {
                *width = (*width).max(field.width());
            }
        }
        if let Some(columns) = self.columns {
            let gaps = GAP * widths.len().saturating_sub(1);
            while widths.iter().sum::<usize>() + gaps > columns {
                let widest = widths
                    .iter_mut()
                    .enumerate()
                    .filter(|(at, width)| may_cut.contains(at) && **width > LEAST)
                    .max_by_key(|(_, width)| **width);
                match widest {
                    Some((_, width)) => *width -= 1,
                    None => break,
                }
            }
        }
        let mut text = self.tint(Tint::Faint, &laid_out(&titles, &widths));
        text.push('\n');
        for row in rows {
            text.push_str(&laid_out(row, &widths));
            text.push('\n');
        }
        text
    }

    /// Words wrapped to the terminal, every line after the first under the first's beginning.
    pub fn wrapped(self, text: &str, indent: usize) -> String {
        let room = self.text_columns().saturating_sub(indent).max(LEAST * 3);
        let mut lines: Vec<String> = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                if !line.is_empty() && line.width() + 1 + word.width() > room {
                    lines.push(std::mem::take(&mut line));
                }
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            lines.push(line);
        }
        lines.join(&format!("\n{}", " ".repeat(indent)))
    }
}

fn laid_out(row: &[String], widths: &[usize]) -> String {
    let last = row.len().saturating_sub(1);
    let mut line = String::new();
    for (at, (field, width)) in row.iter().zip(widths).enumerate() {
        let field = cut(field, *width);
        line.push_str(&field);
        if at < last {
            let pad = width.saturating_sub(field.width()) + GAP;
            line.push_str(&" ".repeat(pad));
        }
    }
    line.trim_end().to_owned()
}

/// At most so many columns, with a mark where something is missing.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// A span of time in words: "5 minutes", "3 days", "2 months".
pub fn span(secs: i64) -> String {
    let secs = secs.max(0);
    let (count, unit) = match secs {
        0..60 => (secs, "second"),
        60..3_600 => (secs / 60, "minute"),
        3_600..86_400 => (secs / 3_600, "hour"),
        86_400..5_184_000 => (secs / 86_400, "day"),
        5_184_000..63_072_000 => (secs / 2_592_000, "month"),
        _ => (secs / 31_536_000, "year"),
    };
    match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    }
}

/// A moment as an operator reads it, where the bot lives.
pub fn moment(secs: i64, zone: &jiff::tz::TimeZone) -> String {
    match jiff::Timestamp::from_second(secs) {
        Ok(at) => at
            .to_zoned_datetime(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
        Err(_) => secs.to_string(),
    }
}

/// The count and its noun: "1 mail", "2 mails".
pub fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(columns: usize) -> Screen {
        Screen {
            columns: Some(columns),
            colour: false,
        }
    }

    #[test]
    fn a_table_fits_every_terminal_and_is_whole_in_a_pipe() {
        let rows = vec![
            vec![
                "1".into(),
                "alice.with.a.long.name@requester.example".into(),
                "3 days".into(),
            ],
            vec!["12".into(), "李小龍@例子.example".into(), "1 hour".into()],
        ];
        for columns in [40, 60, 80, 200] {
            let table = screen(columns).table(&["id", "requester", "age"], &[1], &rows);
            for line in table.lines() {
                assert!(line.width() <= columns, "{columns}: {line}");
            }
            assert!(table.contains("3 days"), "{table}");
        }
        let piped = Screen {
            columns: None,
            colour: false,
        };
        let whole = piped.table(&["id", "requester", "age"], &[1], &rows);
        assert!(whole.contains("alice.with.a.long.name@requester.example"));
    }

    #[test]
    fn wide_letters_are_cut_by_columns() {
        assert_eq!(cut("李小龍", 5), "李小…");
        assert_eq!(cut("李小龍", 6), "李小龍");
        assert_eq!(cut("abc", 2), "a…");
    }

    #[test]
    fn times_are_words() {
        let words = [
            0,
            1,
            59,
            60,
            7_199,
            86_399,
            86_400,
            86_400 * 59,
            86_400 * 60,
            86_400 * 800,
        ];
        assert_eq!(
            words.map(span),
            [
                "0 seconds",
                "1 second",
                "59 seconds",
                "1 minute",
                "1 hour",
                "23 hours",
                "1 day",
                "59 days",
                "2 months",
                "2 years"
            ]
        );
    }

    #[test]
    fn text_wraps_under_its_beginning() {
        let text = screen(30).wrapped("one two three four five six seven eight nine ten", 10);
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("          "))
        );
        assert!(
            text.lines().all(|line| line.trim_start().width() <= 20),
            "{text}"
        );
    }
}
