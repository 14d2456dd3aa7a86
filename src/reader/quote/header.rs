//! The block of labels above a quoted or forwarded mail: `From: … Sent: … To: … Subject: …`,
//! in any language, bold, wrapped, or run together on one line.
//!
//! Fails by finding none: a block needs an author and one more label, so that a line that a
//! person begins with `To:` is no border.

use crate::reader::Author;
use crate::reader::fold::{SHORT, folded};
use crate::reader::letter::{MAX_SUBJECT, clean};
use crate::reader::quote::attribution::has_date;
use crate::reader::quote::byline::{Above, without_starter};
use crate::reader::quote::line::Line;
use crate::reader::quote::mailbox;
use crate::reader::words::{Field, words};
use crate::reader::work;

/// Lines of one block; long To lists wrap over several.
const MAX_BLOCK_LINES: usize = 40;
/// Lines that a value may go on for without a label.
const MAX_WRAPPED: usize = 12;
/// Lines of a block whose labels no table has.
pub const MAX_UNKNOWN: usize = 10;
/// Lines of the shortest of them.
const MIN_UNKNOWN: usize = 3;
/// Characters of a label.
const MAX_LABEL: usize = 32;

/// What the block above a mail, or its attribution, says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub from: Author,
    pub to: Vec<Author>,
    pub subject: Option<String>,
    pub date: Option<String>,
}

/// A block found: what it says, and the first line below it.
pub struct Block {
    pub above: Above,
    pub end: usize,
    /// Labels of different kinds in it.
    pub labels: usize,
    pub has_author: bool,
}

/// Spares ordinary lines the rest; the last octet of `：` stands in for all of it.
fn may_be_labelled(text: &str) -> Option<usize> {
    memchr::memchr2(b':', 0x9A, text.as_bytes())
}

/// `| Sent | Monday |`: a row of a table as text, label and value.
fn row(text: &str) -> Option<(Field, &str)> {
    let inside = text.trim().strip_prefix('|')?.strip_suffix('|')?;
    let (name, value) = inside.split_once('|')?;
    if name.len() > 4 * MAX_LABEL || value.contains('|') {
        return None;
    }
    let name = name.trim_matches(['*', '_', ' ', '\t', ':', '：', '\u{A0}']);
    let field = *words().labels.get(&*folded(name, &mut [0; SHORT]))?;
    Some((field, value.trim()))
}

/// `From "Ann Ng" <ann@req.example>`, as eM Client writes its labels: without a colon.
fn bare_label(text: &str) -> Option<(Field, &str)> {
    let spaces = text.match_indices(' ').take(2);
    let mut found = spaces.filter_map(|(at, _)| {
        let (name, value) = text.split_at_checked(at)?;
        let field = *words().labels.get(&*folded(name, &mut [0; SHORT]))?;
        Some((field, value.trim()))
    });
    found.next()
}

/// Labels of the shortest block that has no colons.
const MIN_BARE: usize = 3;

/// Below a separator: a block whose labels have no colons, up to an empty line.
fn bare_block(lines: &[Line<'_>], start: usize) -> Option<Block> {
    let depth = lines.get(start)?.depth;
    let mut values = Values::default();
    let mut end = start;
    while let Some(line) = lines.get(end).filter(|l| l.depth == depth && !l.is_blank()) {
        work::steps(1);
        let (field, value) = bare_label(line.text).filter(|_| end - start < MAX_UNKNOWN)?;
        values.add(field, value);
        end += 1;
    }
    let enough = values.labels() >= MIN_BARE && values.head().from.address.is_some();
    enough.then(|| values.block(end))
}

/// The label that a line starts with, and its value.
pub fn label(text: &str) -> Option<(Field, &str)> {
    if text.starts_with('|')
        && let Some(found) = row(text)
    {
        return Some(found);
    }
    let first_colon = may_be_labelled(text)?;
    let begins = text
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric);
    let (text, colon, width) = match text.split_at_checked(first_colon) {
        // Most labels are a few letters, and the colon stands behind them.
        Some((name, rest)) if begins && rest.starts_with(':') && name.len() < MAX_LABEL => {
            (text, first_colon, 1)
        }
        _ => {
            let text = text.trim_start_matches([' ', '\t', '\u{A0}', '*', '_', '|', '•', '-']);
            let (colon, width) = text
                .char_indices()
                .take(MAX_LABEL)
                .find(|(_, c)| matches!(c, ':' | '：'))
                .map(|(at, c)| (at, c.len_utf8()))?;
            (text, colon, width)
        }
    };
    let name = text
        .get(..colon)?
        .trim_matches(['*', '_', ' ', '\t', '\u{A0}']);
    let field = *words().labels.get(&*folded(name, &mut [0; SHORT]))?;
    let value = text.get(colon + width..)?;
    Some((
        field,
        value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_')),
    ))
}

/// The values of a block; what they say is read when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Values {
    found: Vec<(Field, String)>,
}

impl Values {
    fn has(&self, field: Field) -> bool {
        self.found.iter().any(|(f, _)| *f == field)
    }

    /// Adds a value; a line into which further labels were run is divided at them.
    fn add(&mut self, field: Field, value: &str) {
        let mut field = field;
        let mut start = 0;
        for spot in words().run_on.spots(value) {
            work::steps(1);
            let name = value.get(spot.clone()).unwrap_or_default();
            let next = label(name).map(|(f, _)| f);
            let Some(next) = next.filter(|n| *n != field && !self.has(*n)) else {
                continue;
            };
            // What follows a subject is subject; a short label needs a border in front.
            let before = value.get(..spot.start).unwrap_or_default();
            let bordered = before.is_empty() || before.ends_with(['>', ' ', '\u{A0}', ';', ')']);
            let short = name.chars().count() <= 4;
            if field == Field::Subject || (short && !bordered) {
                continue;
            }
            let own = value.get(start..spot.start).unwrap_or_default();
            self.found.push((field, own.trim().to_owned()));
            (field, start) = (next, spot.end);
        }
        let rest = value.get(start..).unwrap_or_default().trim();
        self.found.push((field, rest.to_owned()));
    }

    fn more(&mut self, text: &str) {
        if let Some((_, value)) = self.found.last_mut() {
            value.push(' ');
            value.push_str(text.trim());
        }
    }

    /// A label that no table has, inside a block that is one without it: what its value is like,
    /// and what the block still lacks, tells what it stands for.
    fn guess(&mut self, lines: &[Line<'_>], at: usize, depth: usize) -> bool {
        let others = self.found.iter().filter(|(f, _)| *f != Field::From).count();
        let Some(line) = lines
            .get(at)
            .filter(|_| others > 0 && self.has(Field::From))
        else {
            return false;
        };
        let Some((_, value)) = labelled(line.text) else {
            return false;
        };
        let below = lines.get(at + 1).filter(|l| l.depth == depth);
        let bounded = below.is_none_or(|l| l.is_blank() || label(l.text).is_some());
        let address = mailbox::addresses(value).next().is_some();
        let field = if address {
            Field::Other
        } else if !self.has(Field::Sent) && has_date(value) {
            Field::Sent
        } else if !self.has(Field::Subject) && bounded {
            Field::Subject
        } else {
            return false;
        };
        self.found.push((field, value.to_owned()));
        true
    }

    fn get(&self, field: Field) -> Option<&str> {
        self.found
            .iter()
            .find(|(f, _)| *f == field)
            .map(|(_, v)| v.as_str())
            .filter(|v| !v.is_empty())
    }

    /// Labels of different kinds.
    fn labels(&self) -> usize {
        let kinds = [
            Field::From,
            Field::Sent,
            Field::To,
            Field::Cc,
            Field::Subject,
        ];
        kinds.iter().filter(|k| self.has(**k)).count()
    }

    /// The field that names the author.
    pub fn from(&self) -> Option<&str> {
        self.get(Field::From)
    }

    pub fn author(&self) -> Author {
        self.from().map(mailbox::author).unwrap_or_default()
    }

    pub fn head(&self) -> Head {
        Head {
            from: self.author(),
            to: self
                .get(Field::To)
                .map(mailbox::authors)
                .unwrap_or_default(),
            subject: self
                .get(Field::Subject)
                .map(|s| clean::line(s, MAX_SUBJECT)),
            // Proton Mail writes "Date: On Monday, …".
            date: self
                .get(Field::Sent)
                .map(|d| clean::line(without_starter(d), MAX_SUBJECT)),
        }
    }

    /// Whether a mailbox or a date is among them.
    fn say_who_or_when(&self) -> bool {
        let head = self.head();
        let mailboxes = head.from.address.is_some() || head.to.iter().any(|a| a.address.is_some());
        mailboxes || head.date.as_deref().is_some_and(has_date)
    }

    fn block(self, end: usize) -> Block {
        Block {
            end,
            labels: self.labels(),
            has_author: self.has(Field::From),
            above: Above::Values(self),
        }
    }
}

/// The block that starts at this line. `announced`: a separator above says that one comes.
pub fn block(lines: &[Line<'_>], start: usize, announced: bool) -> Option<Block> {
    let first = lines.get(start)?;
    let Some((field, value)) = label(first.text) else {
        return announced.then(|| bare_block(lines, start))?;
    };
    let mut values = Values::default();
    values.add(field, value);
    let mut end = start + 1;
    let mut spaced = None;
    while end < start + MAX_BLOCK_LINES {
        work::steps(1);
        let gap = lines
            .get(end..)
            .unwrap_or_default()
            .iter()
            .take_while(|l| l.is_blank())
            .count();
        // HTML turned into text may leave an empty line below every label, never below some.
        if gap > 1 || (gap == 1 && spaced == Some(false)) {
            break;
        }
        let Some(line) = lines.get(end + gap).filter(|l| l.depth == first.depth) else {
            break;
        };
        match label(line.text) {
            Some((field, value)) if !values.has(field) || field == Field::Other => {
                values.add(field, value);
                spaced = spaced.or(Some(gap == 1));
                end += gap + 1;
            }
            Some(_) => break,
            None if gap > 0 => break,
            None if values.guess(lines, end, first.depth) => end += 1,
            None => {
                let Some(wrapped) = wrapped(lines, end, &values, first.depth) else {
                    break;
                };
                for line in lines.get(end..end + wrapped).unwrap_or_default() {
                    values.more(line.text);
                }
                end += wrapped;
            }
        }
    }
    let (labels, has_author) = (values.labels(), values.has(Field::From));
    let enough = match announced {
        true => has_author || labels > 1,
        // "From: 10:00, To: 12:00" is a proposal.
        false => has_author && (labels > 2 || (labels == 2 && values.say_who_or_when())),
    };
    enough.then(|| values.block(end))
}

/// A word or a few, a colon, and a value.
fn labelled(text: &str) -> Option<(&str, &str)> {
    may_be_labelled(text)?;
    let (name, value) = text.split_once([':', '：'])?;
    let named = name.chars().count() <= MAX_LABEL && name.split_whitespace().count() <= 4;
    let value = value.trim_matches(['*', '_', ' ', '\t', '\u{A0}']);
    (named && name.contains(char::is_alphabetic) && !value.is_empty()).then_some((name, value))
}

/// Labels that no table has: three lines or more of `word: value`, one value with an address and
/// one with a date. The first address is the author's, the last value the subject.
pub fn unknown_block(lines: &[Line<'_>], start: usize) -> Option<Block> {
    let first = lines.get(start)?;
    // Ordinary lines are spared the look for names and dates.
    let is_row = |l: &Line<'_>| l.depth == first.depth && labelled(l.text).is_some();
    if !lines.get(start..start + MIN_UNKNOWN)?.iter().all(is_row) {
        return None;
    }
    let mut head = Head::default();
    let mut end = start;
    let mut last = "";
    while let Some(line) = lines
        .get(end)
        .filter(|l| l.depth == first.depth && !l.is_blank())
    {
        let Some((_, value)) = labelled(line.text).filter(|_| end - start < MAX_UNKNOWN) else {
            break;
        };
        last = value;
        let author = mailbox::author(last);
        if author.address.is_some() && head.from == Author::default() {
            head.from = author;
        } else if author.address.is_none() && head.date.is_none() && has_date(last) {
            head.date = Some(clean::line(last, MAX_SUBJECT));
        }
        end += 1;
    }
    let enough = end - start >= MIN_UNKNOWN && head.from.address.is_some() && head.date.is_some();
    head.subject =
        (!last.is_empty() && !last.contains('@')).then(|| clean::line(last, MAX_SUBJECT));
    enough.then_some(Block {
        above: Above::Block(head),
        end,
        labels: end - start,
        has_author: true,
    })
}

/// How many lines a value goes on for: up to the next label, or while it is plainly unfinished.
fn wrapped(lines: &[Line<'_>], at: usize, values: &Values, depth: usize) -> Option<usize> {
    let ahead = lines.get(at..).unwrap_or_default();
    for (count, line) in ahead.iter().take(MAX_WRAPPED).enumerate() {
        work::steps(1);
        if line.is_blank() || line.depth != depth {
            break;
        }
        if let Some((field, _)) = label(line.text) {
            return (count > 0 && !values.has(field)).then_some(count);
        }
    }
    let line = ahead.first()?;
    let (field, value) = values.found.last()?;
    let people = matches!(field, Field::From | Field::To | Field::Cc);
    let unfinished = value.ends_with([',', ';', '<'])
        || line.text.trim_start().starts_with('<')
        || value.is_empty();
    let goes_on = (people && unfinished && line.text.contains('@'))
        // RFC 5322 folding survives in some programs' text.
        || (*field == Field::Subject && line.text.starts_with([' ', '\t']) && value.len() > 50);
    goes_on.then_some(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::line::lines;

    #[test]
    fn a_block_may_be_bold_wrapped_spaced_or_run_together() {
        for text in [
            "From: Ann Ng <ann@req.example>\nSent: Monday, 3 November 2025 10:00\nTo: Bob\nSubject: Intro",
            "*From:* Ann Ng\n<ann@req.example>\n*Sent:* Monday, 3 November 2025 10:00\n*To:* Bob\n*Subject:* Intro",
            "Von: Ann Ng <ann@req.example>\n\nGesendet: Monday, 3 November 2025 10:00\n\nAn: Bob\n\nBetreff: Intro",
            "From: Ann Ng <ann@req.example>To: Bob <bob@b.example>Sent: Monday, 3 November 2025 10:00Subject: Intro",
        ] {
            let lines = lines(text);
            let block = block(&lines, 0, false).unwrap();
            assert_eq!(block.end, lines.len(), "{text}");
            let head = block.above.head();
            assert_eq!(head.from.name.as_deref(), Some("Ann Ng"), "{text}");
            assert_eq!(head.subject.as_deref(), Some("Intro"), "{text}");
            assert_eq!(
                head.date.as_deref(),
                Some("Monday, 3 November 2025 10:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_body_below_is_not_taken_in() {
        let text = "From: Ann <ann@req.example>\nSubject: Intro\nHello Bob,\nplease\n\nFrom: Carl\nDate: x";
        let found = lines(text);
        assert_eq!(block(&found, 0, false).unwrap().end, 2);
    }

    #[test]
    fn what_a_person_writes_is_no_block() {
        for text in [
            "To: carol\nSubject: hello",
            "From: here on it is easy",
            "Note: x\nFrom: y",
        ] {
            assert!(block(&lines(text), 0, false).is_none(), "{text}");
        }
    }
}
