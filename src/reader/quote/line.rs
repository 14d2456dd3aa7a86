//! Lines of a body with their quote depth, and the text that they carry.
//!
//! Never fails: every text has lines; marks deeper than `MAX_DEPTH` count as that depth.

use crate::reader::letter::clean::QUOTE_MARK;

/// The text of a line that stands for the start of a signature of an HTML mail.
pub const SIGNATURE_MARK: &str = "\u{F8F1}";

/// Deeper quotes are all the same to a reader.
const MAX_DEPTH: usize = 100;
/// Spaces that programs put before a quote mark.
const MAX_INDENT: usize = 3;
/// Lines looked at; the rest of a longer mail is no answer and no request.
const MAX_LINES: usize = 20_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line<'a> {
    /// How many quote marks stand before the text.
    pub depth: usize,
    /// What follows the marks, without white space at the end.
    pub text: &'a str,
    /// The line stands for the border of a quote container of an HTML mail.
    pub mark: bool,
}

impl<'a> Line<'a> {
    pub fn is_blank(&self) -> bool {
        self.text.is_empty() && !self.mark
    }

    fn parse(raw: &'a str) -> Line<'a> {
        let raw = match raw.as_bytes().last() {
            Some(last) if !last.is_ascii_graphic() => raw.trim_end(),
            _ => raw,
        };
        let plain = Line {
            depth: 0,
            text: raw,
            mark: false,
        };
        // What most quotes are made of.
        if let [b'>'] | [b'>', b' ', b'!'..=b'=' | b'?'..=b'~', ..] = raw.as_bytes() {
            let text = raw.get(2..).unwrap_or_default();
            return Line {
                depth: 1,
                text,
                ..plain
            };
        }
        match raw.as_bytes().first() {
            Some(b'A'..=b'Z') => after_initials(raw).map_or(plain, |text| Line {
                depth: 1,
                text,
                ..plain
            }),
            // The last two begin a space that does not break, and the mark of a container.
            Some(b'>' | b' ' | 0xC2 | 0xEF) => Line::marked(raw, plain),
            _ => plain,
        }
    }

    /// A line that may begin with marks.
    fn marked(raw: &'a str, plain: Line<'a>) -> Line<'a> {
        let marks = raw.bytes().take_while(|b| matches!(b, b'>' | b' '));
        let behind = raw.get(marks.count()..).unwrap_or_default();
        if behind.starts_with(QUOTE_MARK) {
            return Line {
                depth: raw.matches('>').count().min(MAX_DEPTH),
                text: "",
                mark: true,
            };
        }
        let unindented = match raw.starts_with('>') {
            true => raw,
            false => raw.trim_start_matches([' ', '\u{A0}']),
        };
        if raw.len() - unindented.len() > MAX_INDENT {
            return plain;
        }
        if let Some(text) = after_initials(unindented) {
            return Line {
                depth: 1,
                text,
                ..plain
            };
        }
        // GroupWise's attribution stands between marks, and so do pointers at a link.
        let between = unindented.starts_with(">>>")
            && unindented.len() > 3
            && (unindented.ends_with(">>>") || unindented.ends_with("<<<"));
        if !unindented.starts_with('>') || (between && unindented.contains(char::is_alphanumeric)) {
            return plain;
        }
        let (mut depth, mut text) = (0, unindented);
        while let Some(rest) = text.strip_prefix('>') {
            depth += 1;
            // One space belongs to the mark; a second one is text, unless marks follow.
            let unspaced = match rest.as_bytes() {
                [b' ', b'!'..=b'~', ..] => rest.get(1..).unwrap_or_default(),
                _ => rest.trim_start_matches([' ', '\u{A0}']),
            };
            text = if unspaced.starts_with('>') {
                unspaced
            } else {
                rest.strip_prefix([' ', '\u{A0}']).unwrap_or(rest)
            };
        }
        Line {
            depth: depth.min(MAX_DEPTH),
            text,
            mark: false,
        }
    }
}

/// What follows `BK> `, the mark of programs that quote by initials.
fn after_initials(text: &str) -> Option<&str> {
    let at = match text.as_bytes() {
        [_, _, b'>', ..] => 2,
        [_, _, _, b'>', ..] => 3,
        _ => return None,
    };
    let (initials, rest) = text.split_at_checked(at)?;
    let fits = initials.bytes().all(|b| b.is_ascii_uppercase());
    let rest = rest.strip_prefix('>')?;
    (fits && (rest.is_empty() || rest.starts_with(' '))).then_some(rest.trim_start())
}

/// Whether a line is quoted by a bar: it begins with one and is no row of a table.
fn is_barred(raw: &str) -> bool {
    if raw
        .as_bytes()
        .first()
        .is_none_or(|first| first.is_ascii_graphic() && *first != b'|')
    {
        return false;
    }
    let raw = raw.trim();
    raw.starts_with('|') && !(raw.len() > 1 && raw.ends_with('|')) && !raw.contains(" | ")
}

/// The text up to its first line feed, and what stands behind that.
fn first_line(text: &str) -> (&str, Option<&str>) {
    let bytes = text.as_bytes();
    // Most texts have an empty line after every other.
    let end = match bytes.first() {
        Some(b'\n') => Some(0),
        _ => memchr::memchr(b'\n', bytes),
    };
    let Some(end) = end else {
        return (text, None);
    };
    (text.get(..end).unwrap_or_default(), text.get(end + 1..))
}

/// The text cut at its line feeds.
pub fn cut(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let (line, behind) = first_line(rest?);
        rest = behind;
        Some(line)
    })
}

/// The lines of a text.
pub fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(text.len() / 24);
    let mut rest = Some(text);
    let mut barred = false;
    while lines.len() < MAX_LINES
        && let Some(text) = rest
    {
        let (raw, behind) = first_line(text);
        rest = behind;
        let mut line = Line::parse(raw);
        // One bar alone is anything; bars below one another are a quote.
        let bar = is_barred(raw);
        if bar && (barred || behind.is_some_and(|next| is_barred(first_line(next).0))) {
            let text = raw.trim_start().trim_start_matches('|');
            line = Line {
                depth: 1,
                text: text.strip_prefix(' ').unwrap_or(text).trim_end(),
                mark: false,
            };
        }
        barred = bar;
        // `Name <address` wrapped before its bracket leaves `>:` alone, which is no quote.
        if line.depth == 1
            && is_closed_bracket(line.text)
            && let Some(previous) = lines.last()
            && previous.depth == 0
            && has_open_bracket(previous.text)
        {
            line = Line {
                depth: 0,
                text: raw.trim_end(),
                mark: false,
            };
        }
        lines.push(line);
    }
    lines
}

/// Whether one of these lines says something.
pub fn has_words(lines: &[&str]) -> bool {
    lines.iter().any(|l| says_something(l))
}

/// Whether a text says anything: letters, digits, or a thumbs-up.
pub fn says_something(text: &str) -> bool {
    text.contains(|c: char| c.is_alphanumeric() || is_emoji(c))
}

/// Pictographs (Unicode blocks of symbols and dingbats).
pub fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{2B50}' | '\u{1F000}'..='\u{1FAFF}')
}

fn has_open_bracket(text: &str) -> bool {
    match (text.rfind('<'), text.rfind('>')) {
        (Some(open), Some(close)) => open > close,
        (Some(_), None) => true,
        _ => false,
    }
}

/// What may follow the closing bracket of an attribution: a colon, or a verb and a colon.
fn is_closed_bracket(text: &str) -> bool {
    // The last one is that of `：`; a line has no white space at its end.
    matches!(text.as_bytes().last(), Some(b':' | 0x9A))
        && text.ends_with([':', '：'])
        && text.split_whitespace().count() <= 4
}

/// The same lines seen from inside a quote of this depth.
pub fn inside<'a>(lines: &[Line<'a>], depth: usize) -> Vec<Line<'a>> {
    lines
        .iter()
        .map(|line| Line {
            depth: line.depth.saturating_sub(depth),
            ..*line
        })
        .collect()
}

/// The lines as text again, marks as `> `, without white space at either end.
pub fn join<'a>(lines: impl IntoIterator<Item = &'a Line<'a>>) -> String {
    let mut out = String::with_capacity(256);
    for line in lines {
        if line.mark || line.text == SIGNATURE_MARK {
            continue;
        }
        if line.depth > 0 {
            out.extend(std::iter::repeat_n('>', line.depth));
            if !line.text.is_empty() {
                out.push(' ');
            }
        }
        out.push_str(line.text);
        out.push('\n');
    }
    let end = out.trim_end().len();
    out.truncate(end);
    let start = out.len() - out.trim_start().len();
    out.drain(..start);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_in_every_spelling() {
        let depths = |t: &str| lines(t).iter().map(|l| l.depth).collect::<Vec<_>>();
        assert_eq!(
            depths("a\n> b\n>> c\n> > d\n>e\n     > f"),
            [0, 1, 2, 2, 1, 0]
        );
        assert_eq!(lines(">  x")[0].text, " x");
    }

    #[test]
    fn a_wrapped_bracket_is_no_quote() {
        let got = lines("Bob <bob@example.com\n>:\n> hi");
        assert_eq!((got[1].depth, got[1].text), (0, ">:"));
        assert_eq!(got[2].depth, 1);
    }
}
