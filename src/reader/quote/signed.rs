//! A signature that begins with the writer's own name, whatever stands below it and in whatever
//! language: the From field tells whose name it is.
//!
//! Fails towards text: a line below that reads like a sentence, or takes something back, leaves all.

use crate::reader::answer::lists::{TITLES, is_unspaced_name};
use crate::reader::fold::fold;
use crate::reader::plain::trim;
use crate::reader::quote::closing::goes_on;
use crate::reader::quote::contact::{is_contact, is_sentence};
use crate::reader::quote::line::has_words;
use crate::reader::quote::signature::{MAX_SIGNATURE_CHARS, Writer};

/// Lines of such a signature.
const MAX_LINES: usize = 14;
/// Lines at the end among which the name is looked for.
pub const MAX_TAIL: usize = 2 * MAX_LINES;
/// Words before the name: titles.
const MAX_TITLES: usize = 3;
/// Words behind the name on its line: degrees, a place in the firm.
const MAX_BEHIND: usize = 14;

/// Where the writer's name stands on a line, with something of a signature behind it or below.
pub fn signed(lines: &[&str], writer: &Writer) -> Option<usize> {
    // One word may be anybody's, or a word.
    if writer.name.len() < 2 {
        return None;
    }
    let from = lines.len().saturating_sub(MAX_TAIL).max(1);
    let at = (from..lines.len()).find(|at| {
        lines
            .get(*at)
            .is_some_and(|line| begins_signature(line, lines.get(at + 1..), writer))
    })?;
    let below = lines.get(at + 1..)?;
    let worded = below.iter().filter(|l| !trim(l).is_empty());
    let speaks = |l: &&str| {
        l.chars().count() > MAX_SIGNATURE_CHARS
            || goes_on(l)
            || (is_sentence(l.trim()) && !is_contact(l))
    };
    let fits = worded.clone().count() <= MAX_LINES && !worded.clone().any(speaks);
    (fits && has_words(lines.get(..at)?)).then_some(at)
}

fn begins_signature(line: &str, below: Option<&[&str]>, writer: &Writer) -> bool {
    if line.len() > 2 * MAX_SIGNATURE_CHARS {
        return false;
    }
    let trimmed = trim(line);
    let is_theirs = |way: &str| writer.name.iter().any(|name| name == way);
    if is_initials(trimmed, writer)
        // Scripts without capitals are not ASCII.
        || (!trimmed.is_ascii() && is_unspaced_name(trimmed, is_theirs))
    {
        return true;
    }
    let Some((behind, shortened)) = behind_name(line, writer) else {
        return false;
    };
    let behind = behind.trim_matches([' ', '.', ',', '*', '_']);
    if behind.is_empty() {
        // The answer's own reader knows a whole name.
        return shortened || has_words(below.unwrap_or_default());
    }
    // `Carol Danvers is away` goes on; `Carol Danvers, PhD` and `Carol Danvers/Agronomy` do not.
    let words = behind
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty());
    let parted = words.clone().all(|word| TITLES.has(&fold(word)))
        || behind.starts_with(['/', '|', '-', '–', '—', '(', '·', '•', ',', ':'])
        || line.contains([',', '|']);
    let parts = behind.split(['|', ',', '/', '–', '—', '·', '•']);
    let small = |w: &str| w.starts_with(char::is_lowercase);
    parted
        && behind.split_whitespace().count() <= MAX_BEHIND
        && !parts.clone().any(|part| goes_on(part.trim()))
        && !behind.split_whitespace().next().is_some_and(small)
}

/// `CD`, `C.D.`: nothing but the first letters of the writer's names.
fn is_initials(line: &str, writer: &Writer) -> bool {
    let initials = writer.name.iter().filter_map(|name| name.chars().next());
    let letters = line.chars().filter(|c| *c != '.');
    letters.clone().all(char::is_uppercase) && letters.flat_map(char::to_lowercase).eq(initials)
}

/// What follows the writer's whole name, which the line begins with, and whether a part of it is one letter.
fn behind_name<'a>(line: &'a str, writer: &Writer) -> Option<(&'a str, bool)> {
    let mut rest = line.trim_start_matches([' ', '\t', '*', '_', '\u{A0}']);
    let (mut titles, mut letters) = (0, 0);
    let mut names = writer.name.iter();
    let mut wanted = names.next();
    while let Some(name) = wanted {
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end)?;
        if fold(word) == *name {
            wanted = names.next();
        } else if is_letter(word, after, name) {
            wanted = names.next();
            letters += 1;
        } else if titles < MAX_TITLES && wanted == writer.name.first() && !word.is_empty() {
            // `Prof. Dr. Carol Danvers`: short, and with a full stop behind it.
            if word.chars().count() > 5 || !after.starts_with('.') {
                return None;
            }
            titles += 1;
        } else {
            return None;
        }
        rest = match wanted {
            Some(_) => after.trim_start_matches(['.', ' ', '-', '\u{A0}']),
            None => after,
        };
    }
    (letters < writer.name.len()).then_some((rest, letters > 0))
}

/// `C.`, for Carol.
fn is_letter(word: &str, after: &str, name: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next();
    first.is_some_and(char::is_uppercase)
        && letters.next().is_none()
        && after.starts_with('.')
        && name.starts_with(&fold(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<usize> {
        let writer = Writer {
            name: vec!["carol".to_owned(), "danvers".to_owned()],
            ..Writer::default()
        };
        signed(&text.lines().collect::<Vec<_>>(), &writer)
    }

    #[test]
    fn the_writers_own_name_begins_a_signature() {
        for text in [
            "Non merci.\n\nCarol Danvers\nResponsable essais",
            "Yes\n\nCarol Danvers/Agronomy/Target",
            "Yes\nProf. Dr. Carol Danvers, FRS\nPlant Sciences",
            "Yes\n\nCarol Danvers | Director | Yes, we're hiring!",
        ] {
            let name = text.lines().position(|l| l.contains("Danvers"));
            assert_eq!(at(text), name, "{text}");
        }
    }

    #[test]
    fn what_is_said_of_her_or_below_stays() {
        for text in [
            "Yes\nCarol Danvers",
            "Yes\nCarol Danvers is away until March",
            "Yes\n\nCarol Danvers\nI can only talk after the harvest.",
            "Yes\n\nCarol Danvers\nonly by phone",
            "Yes\n\nCarol Danvers, but not before March",
            "Ask Alice Ng\nCarol Smith\nDirector",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
