//! The line above a quote: `On Monday, Ann Ng <ann@req.example> wrote:`, in any language and
//! wrapped over up to four lines.
//!
//! Fails by finding none. Evidence is counted, not patterns: a verb of writing, a date, an
//! address, the colon at the end, and quote marks below.

use crate::reader::fold::{SHORT, fold, folded};
use crate::reader::quote::byline::{self, Above};
use crate::reader::quote::line::Line;
use crate::reader::quote::mailbox;
use crate::reader::words::words;

/// Lines of one attribution.
const MAX_WRAPPED: usize = 4;
/// Octets of one attribution; Exchange writes long names and addresses.
const MAX_OCTETS: usize = 500;
/// What an attribution ends with: the colons of most scripts, of Amharic and of Khmer.
const COLONS: [char; 4] = [':', '：', '፦', '៖'];

pub struct Attribution {
    /// First line, and how much of it (in octets) is the writer's own text in front.
    pub start: usize,
    pub own: usize,
    /// The first line below.
    pub end: usize,
    /// Where the quoted mail begins on the last line, for programs that go on behind the colon.
    pub rest: Option<usize>,
    pub above: Above,
}

/// The attribution that ends with this line. `floor`: the first line that may belong to it.
pub fn ending_at(lines: &[Line<'_>], at: usize, floor: usize) -> Option<Attribution> {
    let last = lines.get(at)?;
    if last.text.starts_with(">>>") && last.text.ends_with(">>>") {
        return between_marks(last.text, at);
    }
    if !could_end(last.text) {
        return going_on(last.text, at);
    }
    let quoted_below = lines
        .get(at + 1..)
        .unwrap_or_default()
        .iter()
        .take(3)
        .find(|l| !l.is_blank())
        .is_some_and(|l| l.depth > last.depth || l.mark);
    let first = (0..MAX_WRAPPED)
        .take_while(|n| {
            at.checked_sub(*n).is_some_and(|i| {
                i >= floor
                    && lines
                        .get(i)
                        .is_some_and(|l| l.depth == last.depth && !l.is_blank())
            })
        })
        .last()?;
    for wrapped in 0..=first {
        let start = at - wrapped;
        let text = joined(lines, start, at);
        if text.len() > MAX_OCTETS {
            return None;
        }
        if !is_attribution(&text, quoted_below) {
            continue;
        }
        let (start, text) = with_date_above(lines, start, at - first, at, text);
        let own = own_words(&text);
        // Own words may only stand in the first line: else they are lines of their own.
        let line = lines.get(start).map_or("", |l| l.text);
        let own = if own < line.len() { own } else { 0 };
        return Some(Attribution {
            start,
            own,
            end: at + 1,
            rest: None,
            above: attribution(text.get(own..).unwrap_or_default()),
        });
    }
    going_on(last.text, at)
}

/// `>>> Ann Ng <ann@req.example> 11/3/2025 10:00 AM >>>`, as GroupWise writes it.
fn between_marks(text: &str, at: usize) -> Option<Attribution> {
    let inside = text.trim_matches(['>', ' ']);
    // An address loses its closing bracket only where it stands last.
    let address = mailbox::addresses(inside).next();
    (address.is_some() || has_date(inside)).then(|| Attribution {
        start: at,
        own: 0,
        end: at + 1,
        rest: None,
        above: match address {
            Some(_) => attribution(inside),
            None => Above::Block(byline::before_date(inside)),
        },
    })
}

/// Yahoo on Android quotes on the line of the attribution itself.
fn going_on(text: &str, at: usize) -> Option<Attribution> {
    memchr::memchr(b'@', text.as_bytes())?;
    let spots = text.match_indices(": ").map(|(at, _)| at + 1);
    let head = text.get(..spots.clone().last()?.min(MAX_OCTETS))?;
    if !(head.contains('@') && starts_like_one(head)) {
        return None;
    }
    for end in spots.take_while(|end| *end < MAX_OCTETS) {
        let line = text.get(..end)?;
        let folded = fold(line);
        let verb = ends_with_verb(line.trim_end_matches(':'), &folded);
        if verb && has_date(line) && mailbox::addresses(line).next().is_some() {
            let own = own_words(line);
            return Some(Attribution {
                start: at,
                own,
                end: at + 1,
                rest: Some(end),
                above: attribution(line.get(own..)?),
            });
        }
    }
    None
}

fn attribution(text: &str) -> Above {
    Above::Attribution(text.to_owned())
}

fn joined(lines: &[Line<'_>], start: usize, end: usize) -> String {
    let mut text = String::new();
    for line in lines.get(start..=end).unwrap_or_default() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(line.text);
    }
    text
}

/// A cheap look that spares ordinary lines everything else.
pub fn could_end(text: &str) -> bool {
    let end = match text.as_bytes().last() {
        Some(last) if last.is_ascii_alphanumeric() || matches!(last, b'.' | b',' | b'?' | b'!') => {
            text
        }
        _ => text.trim_end_matches(['*', '_', ' ', '\u{A0}', '-', '"', '\u{200E}', '»']),
    };
    let has_at = || memchr::memchr(b'@', text.as_bytes()).is_some();
    end.ends_with(COLONS)
        || (end.ends_with('>') && has_at())
        || (end.ends_with(')') && quotes(end))
        || (text.len() < MAX_OCTETS
            && (end.len() < 12 || text.ends_with("--") || ends_tight(end) || has_at())
            && may_hold_verb(end)
            && words().wrote.is_in(&folded(end, &mut [0; SHORT])))
}

/// `Quoting Ann Ng (2025-11-03 10:00:00)`: a word that attributions begin with, a name, and the date
/// in brackets at the end.
fn quotes(text: &str) -> bool {
    let Some((before, date)) = text
        .strip_suffix(')')
        .and_then(|inside| inside.rsplit_once('('))
    else {
        return false;
    };
    let named = (2..=7).contains(&before.split_whitespace().count());
    let timed = has_date(date) && date.contains(':') && !date.contains(char::is_alphabetic);
    let first = text.split(' ').next().unwrap_or_default();
    named && timed && words().starters.contains(first)
}

/// Whether a word of an ASCII text is the first of a verb of writing; spares most short lines the look.
fn may_hold_verb(text: &str) -> bool {
    let mut words_in = text.split(|c: char| !c.is_ascii_alphabetic());
    !text.is_ascii() || words_in.any(|word| words().verb_starts.has(word))
}

/// Korean and Thai programs write no colon.
fn ends_tight(text: &str) -> bool {
    text.ends_with(|c: char| ('\u{E00}'..='\u{D7AF}').contains(&c))
}

fn is_attribution(text: &str, quoted_below: bool) -> bool {
    let end = text.trim_end_matches(['*', '_', ' ', '\u{A0}', '-', '"', '»']);
    let colon = end.ends_with(COLONS);
    let folded = fold(text);
    let verb = words().wrote.is_in(&folded);
    let date = has_date(text);
    let address = mailbox::addresses(text).next().is_some();
    // A sentence that only ends in a colon: no program writes one of these.
    if text.contains(['?', '!']) && !(verb && address) {
        return false;
    }
    // `---- Ann Ng wrote ----`: nobody draws rules around a sentence of that kind.
    let drawn = text.trim_start().starts_with("--") && text.ends_with("--");
    match (verb, colon) {
        (true, _) if drawn => true,
        (true, true) => quoted_below || address || (date && starts_like_one(text)),
        // Zoho and some phones leave the colon out.
        (true, false) => {
            (date && address && ends_with_verb(end, &folded))
                || (quoted_below && (date || address) && ends_with_verb(end, &folded))
        }
        (false, true) => {
            (date && address && ends_with_mailbox(end) && starts_like_one(text))
                || (quoted_below && (date || address))
        }
        // Gmail of ten years ago: `2011/4/7 Ann Ng <ann@req.example>`.
        (false, false) => {
            quoted_below
                && date
                && ((address && ends_with_mailbox(end) && starts_like_one(text)) || quotes(end))
        }
    }
}

fn ends_with_verb(end: &str, folded: &str) -> bool {
    let end = fold(end);
    let start = end.char_indices().rev().nth(13).map_or(0, |(at, _)| at);
    let tail = end.get(start..).unwrap_or_default();
    words().wrote.is_in(&format!(" {tail} ")) && !folded.ends_with('.')
}

/// `<a@b>:` or `(a@b):` or `a@b:` at the end.
fn ends_with_mailbox(end: &str) -> bool {
    let end = end.trim_end_matches(|c: char| COLONS.contains(&c) || matches!(c, ' ' | '\u{A0}'));
    mailbox::addresses(end)
        .last()
        .is_some_and(|(spot, _)| end.len() - spot.end <= 3)
        || (end.ends_with(['>', ')']) && end.contains('@'))
}

/// Begins with a date, a weekday and a date, a quoted name, or a word that attributions begin with.
fn starts_like_one(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '*', '_', '-', '"', '«', '\u{A0}', '[', '(']);
    let head: String = text.chars().take(40).collect();
    let digit_soon = head
        .split_whitespace()
        .take(4)
        .any(|w| w.contains(|c: char| c.is_numeric()));
    digit_soon || words().start.is_in(text) || text.starts_with(['"', '«'])
}

/// A year, a date of numbers, or a time of day.
pub fn has_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    // No look stops early: then all octets of a register are looked at together.
    let may_be = |octet: &u8| octet.is_ascii_digit() | !octet.is_ascii();
    if !bytes.iter().fold(false, |any, octet| any | may_be(octet)) {
        return false;
    }
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if byte.is_ascii_digit() {
            run += 1;
            let next = bytes.get(at + 1);
            if run == 4 && !next.is_some_and(u8::is_ascii_digit) {
                let year = text.get(at - 3..=at).unwrap_or_default();
                if year.starts_with("19") || year.starts_with("20") {
                    return true;
                }
            }
            continue;
        }
        // A time of day: `9:30`, `9.30`, `9h30`; a date: `3/11`, `3.11.`
        if (1..=2).contains(&run)
            && matches!(byte, b':' | b'.' | b'h' | b'/')
            && bytes
                .get(at + 1..at + 3)
                .is_some_and(|two| two.iter().all(u8::is_ascii_digit))
        {
            return true;
        }
        run = 0;
    }
    // Eastern Arabic and Persian digits; 年 and 월 after a number.
    text.contains(
        |c: char| matches!(c, '\u{660}'..='\u{669}' | '\u{6F0}'..='\u{6F9}' | '年' | '월'),
    )
}

/// Takes in the line above where the date stands there and not yet in the attribution.
fn with_date_above(
    lines: &[Line<'_>],
    start: usize,
    floor: usize,
    at: usize,
    text: String,
) -> (usize, String) {
    if has_date(&text) || start <= floor {
        return (start, text);
    }
    for above in (floor..start).rev() {
        let line = lines.get(above).map_or("", |l| l.text);
        if has_date(line) && starts_like_one(line) && !line.ends_with(['.', '!', '?']) {
            return (above, joined(lines, above, at));
        }
    }
    (start, text)
}

/// Octets of own words before an attribution on the same line: `Sure! On Mon, Nov 3, … wrote:`.
fn own_words(text: &str) -> usize {
    let Some(spot) = words().start.spots(text).last() else {
        return 0;
    };
    let before = text.get(..spot.start).unwrap_or_default();
    // A name or a number in front belongs to the attribution: `Ann wrote On 3 May:`.
    let own = before.trim_end();
    if own.is_empty() || own.contains('@') || own.ends_with([',', ':']) || has_date(own) {
        return 0;
    }
    spot.start
}

#[cfg(test)]
#[allow(clippy::string_slice)]
mod tests {
    use super::*;
    use crate::reader::quote::line::lines;

    fn found(text: &str) -> Option<Attribution> {
        let lines = lines(text);
        (0..lines.len()).find_map(|at| ending_at(&lines, at, 0))
    }

    #[test]
    fn attributions_of_many_languages() {
        for (text, date) in [
            (
                "On Mon, Nov 3, 2025 at 10:00 AM Ann Ng <ann@req.example> wrote:",
                "Mon, Nov 3, 2025 at 10:00 AM",
            ),
            (
                "Am 03.11.2025 um 10:00 schrieb Ann Ng <ann@req.example>:",
                "03.11.2025 um 10:00",
            ),
            (
                "Am Mo., 3. Nov. 2025 um 10:00 Uhr schrieb Ann Ng <\nann@req.example>:",
                "Mo., 3. Nov. 2025 um 10:00 Uhr",
            ),
            (
                "Le lun. 3 nov. 2025 à 10:00, Ann Ng <ann@req.example>\na écrit :",
                "lun. 3 nov. 2025 à 10:00",
            ),
            (
                "El lun, 3 nov 2025 a las 10:00, Ann Ng (<ann@req.example>) escribió:",
                "lun, 3 nov 2025 a las 10:00",
            ),
            (
                "пн, 3 нояб. 2025 г. в 10:00, Ann Ng <ann@req.example>:",
                "пн, 3 нояб. 2025 г. в 10:00",
            ),
            (
                "Op ma 3 nov 2025 om 10:00 schreef Ann Ng <ann@req.example>:",
                "ma 3 nov 2025 om 10:00",
            ),
            (
                "Den mån 3 nov. 2025 kl 10:00 skrev Ann Ng <ann@req.example>:",
                "mån 3 nov. 2025 kl 10:00",
            ),
            (
                "2025年11月3日(月) 10:00 Ann Ng <ann@req.example>:",
                "2025年11月3日(月) 10:00",
            ),
        ] {
            let a = found(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(a.start, 0, "{text}");
            let head = a.above.head();
            assert_eq!(head.from.name.as_deref(), Some("Ann Ng"), "{text}");
            assert_eq!(
                head.from.address.as_ref().unwrap().as_str(),
                "ann@req.example",
                "{text}"
            );
            assert_eq!(head.date.as_deref(), Some(date), "{text}");
        }
    }

    #[test]
    fn sentences_are_no_attributions() {
        for text in [
            "I can do these days in 2025:",
            "Here is what she said at 10:30:",
            "Write to ann@req.example and say:",
            "Ann wrote a book in 2020, see ann@req.example",
            "Monday 10:00 works, mail me at ann@req.example",
        ] {
            assert!(found(text).is_none(), "{text}");
        }
    }

    #[test]
    fn own_words_on_the_same_line_stay() {
        let text = "Sure, go ahead! On Mon, Nov 3, 2025 at 10:00 Ann Ng <ann@req.example> wrote:";
        let a = found(text).unwrap();
        assert_eq!(text.get(..a.own).unwrap(), "Sure, go ahead!");
    }
}
