//! The line above a quote: `On Monday, Ann Ng <ann@req.example> wrote:`, in any language and
//! wrapped over up to four lines.
//!
//! Fails by finding none. Evidence is counted, not patterns: a verb of writing, a date, an
//! address, the colon at the end, and quote marks below.

use crate::reader::Author;
use crate::reader::letter::{MAX_SUBJECT, clean};
use crate::reader::quote::header::Head;
use crate::reader::quote::line::Line;
use crate::reader::quote::mailbox;
use crate::reader::words::{fold, words};

/// Lines of one attribution.
const MAX_WRAPPED: usize = 4;
/// Octets of one attribution; Exchange writes long names and addresses.
const MAX_OCTETS: usize = 500;

pub struct Attribution {
    /// First line, and how much of it (in octets) is the writer's own text in front.
    pub start: usize,
    pub own: usize,
    /// The first line below.
    pub end: usize,
    pub head: Head,
}

/// The attribution that ends with this line. `floor`: the first line that may belong to it.
pub fn ending_at(lines: &[Line<'_>], at: usize, floor: usize) -> Option<Attribution> {
    let last = lines.get(at)?;
    if !could_end(last.text) {
        return None;
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
            head: head(text.get(own..).unwrap_or_default()),
        });
    }
    None
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
fn could_end(text: &str) -> bool {
    let end = text.trim_end_matches(['*', '_', ' ', '\u{A0}', '-', '"', '\u{200E}', '»']);
    end.ends_with([':', '：'])
        || (text.len() < MAX_OCTETS
            && (text.ends_with("--") || text.contains('@') || end.len() < 12 || ends_tight(end))
            && words().wrote.is_in(&fold(end)))
}

/// Korean and Thai programs write no colon.
fn ends_tight(text: &str) -> bool {
    text.ends_with(|c: char| ('\u{E00}'..='\u{D7AF}').contains(&c))
}

fn is_attribution(text: &str, quoted_below: bool) -> bool {
    let end = text.trim_end_matches(['*', '_', ' ', '\u{A0}', '-', '"', '»']);
    let colon = end.ends_with([':', '：']);
    let folded = fold(text);
    let verb = words().wrote.is_in(&folded);
    let date = has_date(text);
    let address = mailbox::addresses(text).next().is_some();
    // A sentence that only ends in a colon: no program writes one of these.
    if text.contains(['?', '!']) && !(verb && address) {
        return false;
    }
    match (verb, colon) {
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
        (false, false) => false,
    }
}

fn ends_with_verb(end: &str, folded: &str) -> bool {
    let tail: String = fold(end).chars().rev().take(14).collect();
    let tail: String = tail.chars().rev().collect();
    words().wrote.is_in(&format!(" {tail} ")) && !folded.ends_with('.')
}

/// `<a@b>:` or `(a@b):` or `a@b:` at the end.
fn ends_with_mailbox(end: &str) -> bool {
    let end = end.trim_end_matches([':', '：', ' ', '\u{A0}']);
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

/// Author and date of an attribution.
pub fn head(text: &str) -> Head {
    let text = text.trim_matches(['-', '*', '_', ' ', '\u{A0}', ':', '：']);
    let (author, before, after) = match mailbox::addresses(text).next() {
        Some((spot, address)) => {
            let before = text.get(..spot.start).unwrap_or_default();
            let after = text.get(spot.end..).unwrap_or_default();
            let name = name_before(before)
                .or_else(|| mailbox::name(after.split(['(', ')']).nth(1).unwrap_or_default()));
            let name = name.filter(|n| !n.eq_ignore_ascii_case(address.as_str()));
            let address = Some(address);
            (Author { name, address }, before, after)
        }
        None => {
            let name = name_beside_verb(text);
            (
                Author {
                    name,
                    address: None,
                },
                text,
                "",
            )
        }
    };
    let date = date_in(before, author.name.as_deref()).or_else(|| date_in(after, None));
    Head {
        from: author,
        date,
        ..Head::default()
    }
}

/// The name that stands before the address, from right to left up to date or verb.
fn name_before(text: &str) -> Option<String> {
    let text = text.trim_end_matches([' ', '<', '(', '[', '\u{A0}']);
    let text = text.strip_suffix("mailto:").unwrap_or(text);
    let text = text.trim_end_matches([' ', '<', '(', '[', '\u{A0}']);
    for (open, close) in [('"', '"'), ('«', '»'), ('“', '”')] {
        if let Some(inside) = text.strip_suffix(close)
            && let Some((_, name)) = inside.rsplit_once(open)
        {
            return mailbox::name(name);
        }
    }
    // An opening quote that is never closed still begins the name.
    if let Some((_, name)) = text.rsplit_once('"')
        && !name.is_empty()
    {
        return mailbox::name(name);
    }
    mailbox::name(&last_name(text))
}

/// The words at the end that can be a name.
fn last_name(text: &str) -> String {
    let words_back: Vec<&str> = text.split_whitespace().rev().collect();
    let mut taken: Vec<&str> = Vec::new();
    for (index, word) in words_back.iter().enumerate() {
        let bare = fold(word.trim_matches([',', ':', '(', ')', '.']));
        let stop = word.contains(|c: char| c.is_numeric())
            || words().beside_name.contains(&bare)
            || words().beside_name.contains(&fold(word));
        if stop {
            break;
        }
        // A comma ends the name, unless family and given name stand on its sides, which
        // needs a date further left.
        if word.ends_with(',') && !taken.is_empty() {
            let left = words_back.get(index + 1);
            let dated = left.is_some_and(|l| {
                l.ends_with(',') && (l.contains(|c: char| c.is_numeric()) || is_clock(l))
            });
            if !dated {
                break;
            }
        }
        taken.push(word);
    }
    taken.reverse();
    taken.join(" ")
}

fn is_clock(word: &str) -> bool {
    matches!(
        fold(word).trim_end_matches(','),
        "am" | "pm" | "a.m." | "p.m." | "uhr" | "utc" | "gmt"
    )
}

/// Without an address: the words after the verb, else those before it.
fn name_beside_verb(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let verb = tokens.iter().rposition(|t| {
        words()
            .wrote
            .is_in(&format!(" {} ", fold(t.trim_matches([':', ',']))))
    })?;
    let after = tokens.get(verb + 1..).unwrap_or_default().join(" ");
    if after.contains(char::is_alphabetic) && !has_date(&after) {
        return mailbox::name(&after);
    }
    let before = tokens.get(..verb).unwrap_or_default().join(" ");
    let name = mailbox::name(&last_name(&before))?;
    // `On Nov 26, 2013 you wrote` names nobody; a starter alone is no name.
    (!words().start.is_in(&format!("{name} 1"))).then_some(name)
}

/// The date as written, without the word before it and the name behind it.
fn date_in(text: &str, name: Option<&str>) -> Option<String> {
    let text = name
        .and_then(|n| text.rfind(n))
        .and_then(|at| text.get(..at))
        .unwrap_or(text);
    if !has_date(text) {
        return None;
    }
    let edge = |c: char| c.is_whitespace() || ",:;\"«“<>([-*_".contains(c);
    let mut tokens: Vec<&str> = text.split_whitespace().collect();
    let is_word = |t: &&str| {
        let bare = fold(t.trim_matches(edge));
        words().beside_name.contains(&bare) && !is_clock(t) && bare.chars().count() > 1
    };
    while tokens.last().is_some_and(is_word) {
        tokens.pop();
    }
    if tokens.first().is_some_and(|t| is_starter(t)) {
        tokens.remove(0);
    }
    let date = tokens.join(" ");
    let date = clean::line(date.trim_matches(edge), MAX_SUBJECT);
    (!date.is_empty()).then_some(date)
}

/// `On`, `Am`, `Le`: found by the same table, with a date made up behind it.
fn is_starter(token: &str) -> bool {
    words().start.is_in(&format!("{token} 1")) && token.chars().all(char::is_alphabetic)
}

#[cfg(test)]
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
            assert_eq!(a.head.from.name.as_deref(), Some("Ann Ng"), "{text}");
            assert_eq!(
                a.head.from.address.unwrap().as_str(),
                "ann@req.example",
                "{text}"
            );
            assert_eq!(a.head.date.as_deref(), Some(date), "{text}");
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
