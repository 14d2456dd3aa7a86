//! What the subject of an answer says beside the subject of our mail.
//!
//! Fails towards refusal: a word that is not ours, no mark of an answer and no tag of a server, is the person's.

use crate::reader::answer::prepared;
use crate::reader::fold::fold;
use crate::reader::words::words;

/// Words of a subject that tell it for ours.
const MIN_SHARED: usize = 4;
/// What servers write in front of subjects.
const TAGS: &[&str] = &[
    "external",
    "ext",
    "extern",
    "externe",
    "externo",
    "externa",
    "esterno",
    "ekstern",
    "外部",
    "caution",
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
    let cut = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')));
        words.filter(|w| !w.is_empty()).map(fold).collect()
    };
    let said = cut(subject);
    let shared = |line: &Vec<String>| said.iter().filter(|word| line.contains(word)).count();
    let best = original.lines().map(cut).max_by_key(shared);
    let ours = best.filter(|line| shared(line) >= MIN_SHARED);
    // `Alice` alone is ours too.
    let first = original.lines().next().map(cut).unwrap_or_default();
    let known = ours.as_ref().unwrap_or(&first);
    let answers = |word: &String| words().re.contains(word) || words().fwd.contains(word);
    let neutral = |word: &String| {
        answers(word)
            || TAGS.contains(&word.as_str())
            || word.bytes().all(|octet| octet.is_ascii_digit())
    };
    let new: Vec<&str> = said
        .iter()
        .filter(|word| !known.contains(word) && !neutral(word))
        .map(String::as_str)
        .collect();
    own.words = new.join(" ");
    // `Re: lunch`: the person found another mail of the connector's to answer.
    own.changed = !new.is_empty() && (ours.is_some() || !said.first().is_some_and(answers));
    own
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
