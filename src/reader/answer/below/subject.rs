//! What the subject of an answer says beside the subject of our mail.
//!
//! Fails towards refusal: a word that is not ours, no mark of an answer and no tag of a server, is the person's.

use crate::reader::answer::prepared;
use crate::reader::fold::{fold, has_folded};
use crate::reader::quote::banner::EXTERNAL;
use crate::reader::words::words;

/// Words of a subject that tell it for ours.
const MIN_SHARED: usize = 4;
/// What servers write in front of subjects beside [`EXTERNAL`].
const TAGS: &[&str] = &[
    "email",
    "mail",
    "sender",
    "encrypted",
    "secure",
    "confidential",
    "internal",
    "unclassified",
    "public",
];

/// The person's own words in a subject.
#[derive(Debug, PartialEq, Eq)]
pub struct Own {
    pub words: String,
    /// It was written anew, or something was added to ours.
    pub changed: bool,
}

/// The words of the subject that are not those of the line of our mail which has most of them.
pub fn own(subject: &str, original: &str) -> Own {
    let mut own = Own {
        words: String::new(),
        changed: false,
    };
    if prepared(subject).is_some() {
        return own;
    }
    if is_ours(subject, original) {
        return own;
    }
    let said: Vec<String> = cut(subject).map(fold).collect();
    // Nearly always the first line is ours, and has all of it.
    let first = original.lines().next().map(|line| shared(&said, line));
    let answers = |word: &String| words().re.contains(word) || words().fwd.contains(word);
    let all = |shared: &Vec<bool>| {
        let mut pairs = shared.iter().zip(&said);
        pairs.all(|(is_shared, word)| *is_shared || answers(word))
    };
    if first
        .as_ref()
        .is_some_and(|f| count(f) >= MIN_SHARED && all(f))
    {
        return own;
    }
    let line = original.lines().map(|line| shared(&said, line));
    let best = line.max_by_key(|shared| count(shared));
    let ours = best.filter(|shared| count(shared) >= MIN_SHARED);
    // `Alice` alone is ours too.
    let known = ours.as_ref().or(first.as_ref());
    let known = |at: usize| known.and_then(|known| known.get(at)) == Some(&true);
    let neutral = |word: &String| {
        answers(word)
            || EXTERNAL.contains(&word.as_str())
            || TAGS.contains(&word.as_str())
            || word.bytes().all(|octet| octet.is_ascii_digit())
    };
    let new: Vec<&str> = said
        .iter()
        .enumerate()
        .filter(|(at, word)| !known(*at) && !neutral(word))
        .map(|(_, word)| word.as_str())
        .collect();
    own.words = new.join(" ");
    // `Re: lunch`: the person found another mail of the connector's to answer.
    own.changed = !new.is_empty() && (ours.is_some() || !said.first().is_some_and(answers));
    own
}

/// Whether the subject is the first line of our mail, letter for letter, behind nothing but marks of an answer.
fn is_ours(subject: &str, original: &str) -> bool {
    let line = original.lines().next().unwrap_or_default();
    let before = subject.strip_suffix(line);
    before.is_some_and(|before| {
        let answers = |word| has_folded(&words().re, word) || has_folded(&words().fwd, word);
        let apart = before.is_empty() || before.ends_with(' ');
        apart && cut(before).all(answers) && cut(line).nth(MIN_SHARED - 1).is_some()
    })
}

/// The words of a line, with their apostrophes.
fn cut(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')));
    words.filter(|word| !word.is_empty())
}

/// Which of these folded words are in the line.
fn shared(said: &[String], line: &str) -> Vec<bool> {
    // Most words of a line begin otherwise than all of these.
    let begins = |octet: u8| 1_u64 << (octet % 64);
    let begun = said.iter().filter_map(|word| word.bytes().next());
    let begun = begun.fold(0, |all, octet| {
        all | begins(octet) | begins(octet.to_ascii_uppercase())
    });
    let mut shared = vec![false; said.len()];
    for word in cut(line) {
        let first = word.bytes().next().unwrap_or_default();
        if word.is_ascii() && begun & begins(first) == 0 {
            continue;
        }
        let folded = (!word.is_ascii()).then(|| fold(word));
        for (own, shared) in said.iter().zip(&mut shared) {
            *shared |= match &folded {
                Some(folded) => own == folded,
                None => own.eq_ignore_ascii_case(word),
            };
        }
    }
    shared
}

fn count(shared: &[bool]) -> usize {
    shared.iter().filter(|is_shared| **is_shared).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_ours_is_the_persons() {
        let ours = "Alice Ng would like to talk to you – interested?\n\nHello Carol, no, or no answer, is fine";
        for (subject, words, changed) in [
            (
                "Re: Alice Ng would like to talk to you – interested?",
                "",
                false,
            ),
            (
                "[EXTERNAL] AW: Alice Ng would like to talk to you – interested?",
                "",
                false,
            ),
            ("Re: Alice Ng would like to talk to", "", false),
            (
                "No thanks: Re: Alice Ng would like to talk to you",
                "no thanks",
                true,
            ),
            ("Rejected", "rejected", true),
            ("Re: lunch", "lunch", false),
            ("Alice", "", false),
            ("Yes [12-aeaqcaibaeaqcaibaeaqcaibae]", "", false),
            ("", "", false),
        ] {
            let words = words.to_owned();
            assert_eq!(own(subject, ours), Own { words, changed }, "{subject}");
        }
    }
}
