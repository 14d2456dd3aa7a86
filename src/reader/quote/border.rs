//! Where another mail begins inside a body: a separator, a block of labels, an attribution, or
//! the border of a quote container of an HTML mail.
//!
//! Fails by finding none; what is above a border belongs to the writer.

use crate::reader::fold::{SHORT, fold, folded};
use crate::reader::hash::TableSet;
use crate::reader::plain::{first_word, trim};
use crate::reader::quote::byline::{self, Above};
use crate::reader::quote::header;
use crate::reader::quote::line::Line;
use crate::reader::quote::{attribution, container, notes};
use crate::reader::words::words;

/// Empty lines and rules looked through between a separator and what it announces.
pub const MAX_GAP: usize = 6;
/// Octets of what a separator says; Lotus and mutt write a name into it.
const MAX_PHRASE: usize = 160;
/// Characters that rules and separators are drawn with.
const RULE: [char; 12] = ['-', '–', '—', '_', '=', '*', '~', '#', '━', '─', '═', '＝'];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A separator that says "forwarded".
    Forward,
    /// A separator that says "original message", which some programs use for both.
    Original,
    /// A block of labels alone.
    Headers,
    Attribution,
    /// A quote container that names no author.
    Container,
}

#[derive(Clone, Debug)]
pub struct Border {
    pub kind: Kind,
    pub start: usize,
    /// Octets of the writer's own text at the beginning of the first line.
    pub own: usize,
    /// The first line of the mail below.
    pub body: usize,
    /// Where that mail begins on the line before, for programs that go on behind the colon.
    pub rest: Option<usize>,
    pub above: Above,
    pub depth: usize,
}

/// The border that begins at this line, or the attribution that ends with it. Lines above
/// `floor` belong to something else.
pub fn at(lines: &[Line<'_>], index: usize, floor: usize) -> Option<Border> {
    let line = lines.get(index)?;
    if line.mark {
        return Some(container::begin(lines, index));
    }
    if line.is_blank() || is_ordinary(line.text) {
        return None;
    }
    separator(lines, index)
        .or_else(|| headers(lines, index, false))
        .or_else(|| unknown_headers_above_quote(lines, index))
        .or_else(|| line.text.contains('@').then(|| notes(lines, index))?)
        .map(|border| with_rules_above(lines, border, floor))
        .or_else(|| {
            let found = attribution::ending_at(lines, index, floor)?;
            Some(Border {
                kind: Kind::Attribution,
                start: found.start,
                own: found.own,
                body: found.end,
                rest: found.rest,
                above: found.above,
                depth: line.depth,
            })
        })
}

/// Whether no border can begin with this text, nor an attribution end with it, wherever it stands.
fn is_ordinary(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let trimmed = trim(text);
    // What begins with a letter is not drawn.
    let letter = text
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric());
    // The last octet of `：` stands in for all of it: a colon or an address may be anything.
    memchr::memchr3(b':', 0x9A, b'@', text.as_bytes()).is_none()
        && (letter || !trimmed.starts_with(['>', '|']) && !trimmed.starts_with(RULE))
        && !may_be_separator(trimmed)
        && !attribution::could_end(text)
}

/// The border that a block of labels is.
fn bordered(lines: &[Line<'_>], index: usize, block: header::Block) -> Border {
    Border {
        kind: Kind::Headers,
        start: index,
        own: 0,
        body: block.end,
        rest: None,
        above: block.above,
        depth: lines.get(index).map_or(0, |l| l.depth),
    }
}

pub fn headers(lines: &[Line<'_>], index: usize, announced: bool) -> Option<Border> {
    let block = header::block(lines, index, announced)?;
    Some(bordered(lines, index, block))
}

fn notes(lines: &[Line<'_>], index: usize) -> Option<Border> {
    let block = notes::block(lines, index)?;
    Some(bordered(lines, index, block))
}

/// Where no table has the labels, what is below must be known to be a quote.
fn unknown_headers_above_quote(lines: &[Line<'_>], index: usize) -> Option<Border> {
    let depth = lines.get(index)?.depth;
    let end = (index + 3..=index + header::MAX_UNKNOWN).find(|i| {
        lines
            .get(*i)
            .is_none_or(|l| l.is_blank() || l.depth > depth)
    })?;
    let below = lines.get(next_content(lines, end)?)?;
    let found = (below.depth > depth).then(|| unknown_headers(lines, index))??;
    (found.body >= end).then_some(found)
}

/// A block of labels in a language that no table has.
pub fn unknown_headers(lines: &[Line<'_>], index: usize) -> Option<Border> {
    let block = header::unknown_block(lines, index)?;
    Some(bordered(lines, index, block))
}

/// The rules and empty lines directly above belong to the border.
fn with_rules_above(lines: &[Line<'_>], mut border: Border, floor: usize) -> Border {
    let mut at = border.start;
    while at > floor {
        let Some(above) = lines.get(at - 1) else {
            break;
        };
        if above.is_blank() || above.mark {
            at -= 1;
        } else if is_rule(above.text) {
            at -= 1;
            border.start = at;
        } else {
            break;
        }
    }
    border
}

/// A line of at least three drawing characters and nothing else.
pub fn is_rule(text: &str) -> bool {
    let text = trim(text);
    if !text.starts_with(RULE) {
        return false;
    }
    text.chars().count() >= 3 && text.chars().all(|c| RULE.contains(&c) || c == ' ')
}

/// The first line with something on it, not far below; rules are looked through.
pub fn next_content(lines: &[Line<'_>], from: usize) -> Option<usize> {
    (from..from + MAX_GAP).find(|i| {
        lines
            .get(*i)
            .is_some_and(|l| !l.is_blank() && !l.mark && !is_rule(l.text))
    })
}

/// What a line says between its rules.
struct Said<'a> {
    phrase: &'a str,
    /// What follows the closing rule on the same line: a header block, run together.
    rest: &'a str,
    /// The line begins with a rule.
    drawn: bool,
}

/// What stands around a phrase.
fn is_edge(c: char) -> bool {
    RULE.contains(&c) || matches!(c, ' ' | ':' | '：' | '.' | '\u{A0}')
}

/// Whether an undrawn line begins like what a separator says; spares ordinary lines the rest.
fn may_be_separator(text: &str) -> bool {
    let text = match text.as_bytes().first() {
        Some(first) if first.is_ascii_alphanumeric() => text,
        _ => text.trim_start_matches(is_edge),
    };
    let first = first_word(text);
    let starts = &words().separator_starts;
    if starts.has(first) {
        return true;
    }
    let bare = first.trim_end_matches(is_edge);
    bare.len() < first.len() && starts.has(bare)
}

fn said(text: &str) -> Option<Said<'_>> {
    let text = trim(text);
    let inner = text.trim_start_matches(|c| RULE.contains(&c) || c == ' ' || c == '\u{A0}');
    let drawn = text.len() >= inner.len() + 2;
    let closing = || inner.find("--").or_else(|| inner.find("=="));
    let (phrase, rest) = match drawn.then(closing).flatten() {
        Some(at) => inner.split_at_checked(at)?,
        None => (inner, ""),
    };
    if phrase.len() > MAX_PHRASE {
        return None;
    }
    Some(Said {
        phrase: phrase.trim_matches(is_edge),
        rest: rest.trim_start_matches(|c| RULE.contains(&c) || c == ' '),
        drawn,
    })
}

/// `---- Forwarded message ----`, `Begin forwarded message:`, `-----Original Message-----`.
pub fn separator(lines: &[Line<'_>], index: usize) -> Option<Border> {
    let line = lines.get(index)?;
    let text = trim(line.text);
    if !text.starts_with(RULE) && !may_be_separator(text) {
        return None;
    }
    let below = next_content(lines, index + 1);
    let announced = below.is_some_and(|i| {
        lines
            .get(i)
            .is_some_and(|l| l.depth > line.depth || header::label(l.text).is_some())
    });
    let opens = text.ends_with([':', '：']);
    // Ordinary lines are spared the look into the tables.
    if !(announced || opens || text.starts_with(RULE)) {
        return None;
    }
    let Said {
        phrase,
        rest,
        drawn,
    } = said(text)?;
    let mut buffer = [0; SHORT];
    let phrase = &*folded(phrase, &mut buffer);
    let opens = || {
        let attributed = || {
            below
                .and_then(|i| container::attribution_below(lines, i))
                .is_some()
        };
        opens && (attribution::has_date(text) || attributed())
    };
    let kind = if is_phrase(&words().forward, phrase) && (drawn || announced || opens()) {
        Kind::Forward
    } else if (words().original.contains(phrase) && (drawn || announced))
        || (drawn && words().above.is_in(phrase))
    {
        Kind::Original
    } else if drawn
        && !phrase.is_empty()
        && text.ends_with(RULE)
        && below.is_some_and(|i| {
            headers(lines, i, false).is_some() || unknown_headers(lines, i).is_some()
        })
    {
        // A separator in a language that no table has.
        Kind::Original
    } else {
        return None;
    };
    Some(announced_by(kind, lines, index, rest))
}

/// The border that a separator of this kind begins, with what it announces; `rest` is what follows
/// its closing rule.
fn announced_by(kind: Kind, lines: &[Line<'_>], index: usize, rest: &str) -> Border {
    let line = lines.get(index).copied().unwrap_or_default();
    let below = next_content(lines, index + 1);
    let mut border = Border {
        kind,
        start: index,
        own: 0,
        body: index + 1,
        rest: None,
        above: Above::default(),
        depth: line.depth,
    };
    if header::label(rest).is_some() {
        let run_on = [Line { text: rest, ..line }];
        if let Some(block) = header::block(&run_on, 0, true) {
            border.above = block.above;
            return border;
        }
    }
    let named = below.and_then(|i| headers(lines, i, true).or_else(|| unknown_headers(lines, i)));
    if let Some(found) = named {
        border.above = found.above;
        border.body = found.body;
        border.depth = found.depth;
    } else if let Some(found) = below.and_then(|i| container::attribution_below(lines, i)) {
        border.above = found.above;
        border.body = found.body;
        border.depth = found.depth;
    } else if kind == Kind::Forward && attribution::has_date(line.text) {
        border.above = Above::Block(byline::passed_on(trim(line.text)));
    }
    border
}

fn is_phrase(set: &TableSet<String>, phrase: &str) -> bool {
    // Lotus writes "Forwarded by Bob Kim on 11/03/2025".
    set.contains(phrase)
        || phrase.match_indices([' ', '/']).take(4).any(|(at, _)| {
            phrase
                .get(..at)
                .is_some_and(|head| head.contains(' ') && set.contains(head.trim_end()))
        })
}

/// A rule, scissors, or a separator that says again what was said above the header block.
pub fn is_drawn(text: &str) -> bool {
    let text = trim(text);
    let inner = text.trim_matches(|c| RULE.contains(&c) || c == ' ');
    let scissors = text.starts_with(RULE) && inner.starts_with(['8', '✂']) && text.ends_with(RULE);
    is_rule(text)
        || scissors
        || (text.len() >= inner.len() + 6 && is_phrase(&words().forward, &fold(inner)))
}

/// The line below a forwarded mail that some programs write.
pub fn is_forward_end(text: &str) -> bool {
    let text = trim(text);
    if !(text.starts_with(RULE) || text.ends_with(RULE)) {
        return false;
    }
    let inner = text.trim_matches(|c| RULE.contains(&c) || c == ' ');
    text.len() > inner.len() && words().forward_end.contains(&fold(inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::line::lines;

    fn kind(text: &str) -> Option<Kind> {
        let lines = lines(text);
        (0..lines.len())
            .find_map(|i| at(&lines, i, 0))
            .map(|b| b.kind)
    }

    #[test]
    fn separators_say_what_they_are() {
        for (text, want) in [
            (
                "---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: x",
                Kind::Forward,
            ),
            (
                "Begin forwarded message:\n\n> From: A <a@b.example>\n> Date: x",
                Kind::Forward,
            ),
            ("-----Ursprüngliche Nachricht-----\nHallo", Kind::Original),
            (
                "-------- Välitetty viesti / Fwd.Msg --------\nAihe: \tx\nLähettäjä: a@b.example",
                Kind::Forward,
            ),
            (
                "----- Forwarded by Bob Kim/ACME on 11/03/2025 10:00 AM -----\n\nFrom: A\nTo: B\n",
                Kind::Forward,
            ),
            (
                "________________________________\nDe : A <a@b.example>\nEnvoyé : x",
                Kind::Headers,
            ),
            (
                "---- On Wed, 24 Feb 2021 14:02:50 +0530 ann@req.example wrote ----\n\nx",
                Kind::Attribution,
            ),
        ] {
            assert_eq!(kind(text), Some(want), "{text}");
        }
        for text in [
            "-----\nfoo",
            "Forwarded message: see you",
            "original message",
            "--\nBob",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
