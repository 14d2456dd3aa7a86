//! The words before a name at the end of a text, and what may stand below them.
//!
//! Fails towards text: without the words of the tables nothing is a closing.

use crate::reader::answer::lists::TITLES;
use crate::reader::fold::{SHORT, fold, folded};
use crate::reader::plain::trim;
use crate::reader::quote::contact::{is_contact, looks_like_name};
use crate::reader::quote::signature::MAX_SIGNATURE_CHARS;
use crate::reader::words::words;

/// Lines with words that may follow "Kind regards".
const MAX_AFTER_CLOSING: usize = 12;
/// Characters of the longest closing words with a name behind them.
const MAX_CLOSING_CHARS: usize = 60;
/// Lines at the end among which a closing is looked for.
const MAX_TAIL: usize = 60;

/// A line below the closing words that takes something back, or was typed on in small letters.
pub fn goes_on(line: &str) -> bool {
    const OPENERS: &[&str] = &[
        "only",
        "but",
        "if",
        "unless",
        "not",
        "except",
        "provided",
        "nur",
        "aber",
        "wenn",
        "falls",
        "nicht",
        "sofern",
        "seulement",
        "mais",
        "si",
        "pas",
        "sauf",
        "solo",
        "sólo",
        "pero",
        "ma",
        "se",
        "apenas",
        "mas",
        "maar",
        "alleen",
        "tenzij",
        "men",
        "kun",
        "endast",
        "bara",
        "tylko",
        "ale",
        "но",
        "только",
        "если",
    ];
    let mut words_in = line.split_whitespace();
    let first = words_in.next().unwrap_or_default();
    // Three are as good as more.
    let count = 1 + words_in.take(2).count();
    let bare = first.trim_matches(|c: char| !c.is_alphanumeric());
    count > 1 && OPENERS.contains(&&*folded(bare, &mut [0; SHORT]))
        || (count >= 3
            && first.starts_with(char::is_lowercase)
            && !is_contact(line)
            && !is_abbreviated(line)
            && !TITLES.has(&folded(
                bare.split('-').next().unwrap_or_default(),
                &mut [0; SHORT],
            )))
}

/// `i. A. Carol Danvers`, signed for somebody else, and `ul. Wzgórze 1, Warszawa`: an abbreviation,
/// then nothing in small letters.
fn is_abbreviated(line: &str) -> bool {
    let mut rest = line.trim_start();
    while let Some((first, after)) = rest.split_once(' ') {
        if first.len() > 5 || !first.ends_with('.') {
            break;
        }
        rest = after.trim_start();
    }
    let small = |w: &str| w.starts_with(char::is_lowercase);
    rest.len() < line.trim_start().len() && !rest.split_whitespace().any(small)
}

/// `PS: only in March` belongs to what was said.
pub fn is_postscript(line: &str) -> bool {
    if !trim(line).starts_with(['p', 'P']) {
        return false;
    }
    let line = fold(line);
    ["ps", "p.s", "p.s.", "ps."].iter().any(|mark| {
        line.strip_prefix(mark)
            .is_some_and(|r| r.starts_with([':', ' ', '.', ',', '-']))
    })
}

/// `Kind regards,` with a name below it, or on the same line.
pub fn closing(lines: &[&str]) -> Option<usize> {
    let tail = lines.len().saturating_sub(MAX_TAIL);
    // What stands first is a greeting, whatever else it can be: `Ciao`.
    let first = lines.iter().position(|l| !trim(l).is_empty())?;
    let tail = tail.max(first + 1);
    let at = (tail..lines.len()).rev().find(|at| {
        lines.get(*at).is_some_and(|line| is_closing(line))
            && lines
                .get(at + 1..)
                .unwrap_or_default()
                .iter()
                .all(|l| l.chars().count() <= MAX_SIGNATURE_CHARS)
    })?;
    let after = lines.get(at + 1..).unwrap_or_default();
    let after = after.iter().filter(|l| !trim(l).is_empty()).count();
    (after <= MAX_AFTER_CLOSING).then_some(at)
}

/// What stands behind closing words on their line: a name, or what looks like one.
pub fn closing_name(line: &str) -> Option<&str> {
    match line.split_once([',', '،']) {
        Some((_, name)) => Some(name),
        None => name_behind(line).map(|(_, name)| name),
    }
}

fn is_closing(line: &str) -> bool {
    let line = line.trim_matches(['*', '_', ' ', '\u{A0}']);
    if line.chars().count() > MAX_CLOSING_CHARS {
        return false;
    }
    let mut buffer = [0; SHORT];
    let whole = folded(line, &mut buffer);
    let bare = whole.trim_end_matches([',', '.', '!', ' ', '،', '-', '–', '—', '~']);
    if words().closings.contains(bare) || words().closings.contains(&*whole) {
        return true;
    }
    // Most lines end here: none of the rules below fits without such a first word.
    let first = whole
        .split([' ', ',', '،', '/', '|'])
        .next()
        .unwrap_or_default();
    let first_bare = bare.split([' ', '/', '|']).next().unwrap_or_default();
    let starts = &words().closing_starts;
    if !starts.contains(first) && !starts.contains(first_bare) && !begins_with_thanks(bare) {
        return false;
    }
    // `Best regards / Distinti saluti`: in two languages.
    let mut parts = bare.split(['/', '|']).map(str::trim);
    if bare.contains(['/', '|']) && parts.all(|part| words().closings.contains(part)) {
        return true;
    }
    // `LG Carol`: a name behind it without a comma. A word that is also an ordinary one needs it.
    if name_behind(line)
        .is_some_and(|(head, name)| words().closings.contains(&head) && looks_like_name(name))
    {
        return true;
    }
    // `Best, Bob`: a name behind the comma.
    if let Some((head, name)) = line.split_once([',', '،'])
        && words().closings.contains(&fold(head))
    {
        return looks_like_name(name);
    }
    // `Kind regards from Berlin`.
    let from = [
        " from ", " aus ", " von ", " de ", " du ", " desde ", " da ", " uit ", " från ", " fra ",
        " z ",
    ];
    let placed = from.iter().find_map(|word| bare.split_once(word));
    if let Some((head, place)) = placed
        && head.contains(' ')
        && place.split(' ').count() <= 3
        && words().closings.contains(head)
    {
        return true;
    }
    // `Thanks and best regards`: courtesy, then a closing.
    THANKS.iter().any(|thanks| {
        bare.strip_prefix(thanks)
            .map(|rest| rest.trim_start_matches([' ', '&', ',', '/', '+']))
            .map(|rest| {
                ["and ", "und ", "et ", "y ", "e ", "en ", "with "]
                    .iter()
                    .find_map(|and| rest.strip_prefix(and))
                    .unwrap_or(rest)
            })
            .is_some_and(|rest| words().closings.contains(rest))
    })
}

/// Courtesy that may stand before the closing words.
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "many thanks",
    "thx",
    "danke",
    "vielen dank",
    "merci",
    "gracias",
    "grazie",
    "dank",
];

fn begins_with_thanks(text: &str) -> bool {
    THANKS.iter().any(|thanks| text.starts_with(thanks))
}

/// The closing words in front of a name of one or two words, folded, and the name.
fn name_behind(line: &str) -> Option<(String, &str)> {
    const ORDINARY: &[&str] = &[
        "best",
        "yours",
        "warmly",
        "take care",
        "love",
        "ciao",
        "cheers",
    ];
    let line = line.trim_end_matches(['.', ',', '!']);
    let (head, name) = line.rsplit_once(' ')?;
    let folded = fold(head);
    if words().closings.contains(&folded) {
        return (!ORDINARY.contains(&folded.as_str())).then_some((folded, name));
    }
    let (shorter, _) = head.rsplit_once(' ')?;
    let folded = fold(shorter);
    let name = line.get(shorter.len()..)?.trim_start();
    (!ORDINARY.contains(&folded.as_str())).then_some((folded, name))
}

/// `-Ann Ng` or `- Ann` as the last words.
pub fn dashed_name(lines: &[&str]) -> Option<usize> {
    let at = lines.iter().rposition(|l| !trim(l).is_empty())?;
    let line = lines.get(at)?.trim();
    let name = line.strip_prefix(['-', '–', '—', '~'])?;
    (at > 0 && looks_like_name(name) && name.split_whitespace().count() <= 3).then_some(at)
}
