//! Words that phrases begin with: every line is asked whether its first word is one of them.
//!
//! Never fails. Most words are told by their first octet and their length alone.

use crate::reader::fold::has_folded;
use crate::reader::hash::TableSet;

pub struct Starts {
    words: TableSet<String>,
    /// By first octet: a bit for each length.
    lengths: Vec<u64>,
}

impl Starts {
    /// The words are folded.
    pub(super) fn of(words: TableSet<String>) -> Starts {
        let mut lengths = vec![0; 256];
        for word in &words {
            let (octet, bit) = place(word);
            if let Some(lengths) = lengths.get_mut(octet) {
                *lengths |= bit;
            }
        }
        Starts { words, lengths }
    }

    /// Whether the word, in any case, is one of them.
    pub fn has(&self, word: &str) -> bool {
        // Folding leaves the length of what is visible ASCII.
        let plain = word.bytes().all(|octet| octet.is_ascii_graphic());
        let (octet, bit) = place(word);
        let may_be = !plain || self.lengths.get(octet).is_some_and(|bits| bits & bit != 0);
        may_be && has_folded(&self.words, word)
    }
}

fn place(word: &str) -> (usize, u64) {
    let octet = word.bytes().next().unwrap_or_default();
    (
        usize::from(octet.to_ascii_lowercase()),
        1 << word.len().min(63),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_missed() {
        let long = "x".repeat(70);
        let words = ["sent", "\u{e4}lykkeeni", "a", &long];
        let starts = Starts::of(words.iter().map(|w| (*w).to_owned()).collect());
        for word in words {
            assert!(
                starts.has(word) && starts.has(&word.to_uppercase()),
                "{word}"
            );
        }
        for word in ["", "send", "sen", "\u{e4}", "b", "sent."] {
            assert!(!starts.has(word), "{word}");
        }
    }
}
