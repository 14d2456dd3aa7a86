//! Which lines of a stranger's words are one paragraph that a mail program broke, so that they can be filled anew.
//!
//! Never fails; where it is not plain that a break was a program's, it stays.

use crate::writer::text;
use std::borrow::Cow;

/// Narrower text is a poem, an address or a list.
const MIN_WIDTH_CHARS: usize = 55;
/// Wider text was not broken by a program (RFC 5322 section 2.1.1 asks for at most 78; some take 100).
const MAX_WIDTH_CHARS: usize = 100;

/// The widest line of a few tells where a program breaks only so nearly.
const SLACK_CHARS: usize = 8;

/// Lines that were one, each with the quote marks that stand in front of it: the same before all.
#[derive(Debug, PartialEq, Eq)]
pub struct Paragraph<'a> {
    lines: &'a [(&'a str, &'a str)],
}

impl Paragraph<'_> {
    fn marks(&self) -> &str {
        self.lines.first().map_or("", |(marks, _)| marks)
    }

    fn in_one(&self) -> Cow<'_, str> {
        match self.lines {
            [(_, one)] => Cow::Borrowed(*one),
            lines => {
                let lines: Vec<&str> = lines.iter().map(|(_, line)| *line).collect();
                Cow::Owned(lines.join(" "))
            }
        }
    }

    /// As one line.
    pub fn joined(&self) -> Cow<'_, str> {
        match self.marks() {
            "" => self.in_one(),
            marks => Cow::Owned(format!("{marks}{}", self.in_one())),
        }
    }

    /// In rows of at most `max_chars`: as they came where they fit, else filled anew. Each is told with what
    /// stands in front of it: its marks, and the spaces by which it is set in.
    pub fn each_row(&self, max_chars: usize, mut tell: impl FnMut(&str, usize, &str)) {
        let marks = self.marks();
        let room = max_chars.saturating_sub(text::chars(marks));
        let fits = |(_, line): &(&str, &str)| text::chars(line) <= room;
        if room == 0 || self.lines.iter().all(fits) {
            for (_, row) in self.lines {
                tell(marks, 0, row);
            }
            return;
        }
        let joined = self.in_one();
        let text = joined.trim_start();
        let begins = (joined.len() - text.len()).min(room / 2);
        let hanging = hang(&joined).min(room / 2);
        let mut indent = begins;
        for row in text::rows(text, room - hanging) {
            tell(marks, indent, row);
            indent = hanging;
        }
    }
}

/// A text's lines, and how many of them each paragraph has; every line is in one, in their order.
pub struct Lines<'a> {
    lines: Vec<(&'a str, &'a str)>,
    counts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub fn of(lines: impl Iterator<Item = &'a str>) -> Lines<'a> {
        let lines: Vec<(&str, &str)> = lines.map(quote_marks).collect();
        let groups = lines.chunk_by(|one, next| goes_on(*one, *next));
        let counts = groups.flat_map(|group| {
            let width = group.iter().map(|(_, line)| text::chars(line)).max();
            let width = width.filter(|width| (MIN_WIDTH_CHARS..=MAX_WIDTH_CHARS).contains(width));
            let runs = group.chunk_by(move |(_, one), (_, next)| {
                width.is_some_and(|width| was_one(one, next, width))
            });
            runs.map(<[_]>::len)
        });
        Lines {
            counts: counts.collect(),
            lines,
        }
    }

    pub fn paragraphs(&self) -> impl Iterator<Item = Paragraph<'_>> {
        let mut rest = self.lines.as_slice();
        self.counts.iter().map(move |count| {
            let (lines, others) = rest.split_at_checked(*count).unwrap_or_default();
            rest = others;
            Paragraph { lines }
        })
    }
}

/// How far the rows of an item, or of an indented line, are set in below its first.
fn hang(line: &str) -> usize {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - number.len();
    let mark = match text.chars().next() {
        Some('-' | '*' | '+' | '•' | '–' | '—') => 1,
        Some(_) if digits > 0 && number.starts_with(['.', ')']) => digits + 1,
        _ => return indent,
    };
    let after = text.chars().nth(mark);
    indent + if after == Some(' ') { mark + 1 } else { 0 }
}

fn quote_marks(line: &str) -> (&str, &str) {
    let rest = line.trim_start_matches(['>', ' ']);
    let marks = line.strip_suffix(rest).unwrap_or_default();
    match marks.contains('>') {
        true => (marks, rest),
        false => ("", line),
    }
}

/// Whether two lines can stand in one paragraph: the same marks, no indentation, no item of a list.
fn goes_on((marks, one): (&str, &str), (next_marks, next): (&str, &str)) -> bool {
    let first = next.chars().next();
    let begins_anew = first.is_none_or(|c| c.is_whitespace() || "-*+•–—#|".contains(c));
    let number = next.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = number.len() < next.len() && number.starts_with(['.', ')']);
    marks == next_marks && !one.is_empty() && !begins_anew && !item
}

/// Whether a program broke the line here: the next word would not have fit. Where a sentence ends, a short line
/// behind it may be a greeting or a name.
fn was_one(one: &str, next: &str, width: usize) -> bool {
    let word = next.split(' ').next().unwrap_or_default();
    let full = text::chars(one) + 1 + text::chars(word) + SLACK_CHARS > width;
    let ended = one.ends_with(['.', '!', '?', ':', '…', '"', '”', ')']);
    full && (!ended || text::chars(next) * 2 > width)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    fn joined(text: &str) -> Vec<String> {
        let lines = Lines::of(text.lines());
        let joined = lines.paragraphs().map(|one| one.joined().into_owned());
        joined.collect()
    }

    fn rows(lines: &[String], max_chars: usize) -> Vec<String> {
        let mut rows = Vec::new();
        for paragraph in Lines::of(lines.iter().map(String::as_str)).paragraphs() {
            paragraph.each_row(max_chars, |marks, indent, row| {
                rows.push(format!("{marks}{}{row}", " ".repeat(indent)));
            });
        }
        rows
    }

    #[test]
    fn a_paragraph_that_a_program_broke_is_one_again() {
        let broken = "I am building a small sensor for beehives, and she has shipped radio hardware\n\
                      that survives ten winters. Twenty minutes of her advice would save me a\n\
                      year.\n\nBest regards\nAlice";
        assert_eq!(
            joined(broken),
            [
                "I am building a small sensor for beehives, and she has shipped radio hardware that survives ten winters. Twenty minutes of her advice would save me a year.",
                "",
                "Best regards",
                "Alice"
            ]
        );
        let quoted = broken
            .lines()
            .map(|line| format!("> > {line}\n"))
            .collect::<String>();
        assert!(joined(&quoted)[0].starts_with("> > I am building"));
        assert!(joined(&quoted)[0].ends_with("save me a year."));
    }

    #[test]
    fn what_a_person_broke_stays() {
        for text in [
            "I would love to meet her and to hear what she thinks of our sensor for hives.\nAlice Ng",
            "Roses are red\nviolets are blue",
            "We need three things from somebody who knows this trade as well as she does:\n- a radio\n- a case that keeps the water out of the radio for ten years\n- time",
            "1. the first of the things that we would like to talk about with her, at length\n2. the second of the things that we would like to talk about with her, at length",
            "    an indented line of some length that stands for a piece of a program here\n    and another",
        ] {
            assert_eq!(joined(text), of(text), "{text}");
        }
        let long = format!("{}\nAlice", "word ".repeat(60).trim_end());
        assert_eq!(joined(&long), of(&long));
    }

    #[test]
    fn the_rows_of_an_item_stand_below_its_words() {
        for (item, rows) in [
            ("- one two three four", ["- one two", "  three", "  four"]),
            ("12. one two three", ["12. one", "    two", "    three"]),
            ("  one two three", ["  one two", "  three", ""]),
            ("-one two three", ["-one two", "three", ""]),
        ] {
            let lines = of(item);
            let filled = super::tests::rows(&lines, 11);
            let wanted: Vec<&str> = rows.into_iter().filter(|row| !row.is_empty()).collect();
            assert_eq!(filled, wanted, "{item}");
        }
    }

    #[test]
    fn rows_are_filled_only_where_they_do_not_fit() {
        let fits = of("Twenty minutes of her advice would save me a whole\nyear of work.");
        assert_eq!(rows(&fits, 74), fits);
        let wide = of(
            ">> I am building a small sensor for beehives, and she has shipped radio hardware\n>> that survives ten winters.",
        );
        assert_eq!(
            rows(&wide, 74),
            [
                ">> I am building a small sensor for beehives, and she has shipped radio",
                ">> hardware that survives ten winters."
            ]
        );
    }
}
