//! Words of the tables that are looked for inside a line, as one expression.
//!
//! Never fails: an expression that does not compile finds nothing (a test refuses that).

use crate::reader::work;
use regex::Regex;

/// A regular expression that finds nothing where it does not compile (a test refuses that).
pub struct Pattern(Option<Regex>);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Pattern {
        Pattern(Regex::new(pattern).ok())
    }

    pub fn any_of(words: &[&str]) -> Pattern {
        let words = words.iter().map(|word| (*word).to_owned());
        Pattern::new(&alternation(words.collect()))
    }

    #[cfg(test)]
    pub(super) fn compiled(&self) -> bool {
        self.0.is_some()
    }

    /// Different words of it that are in a text, counted up to `enough`.
    pub fn count(&self, text: &str, enough: usize) -> usize {
        let mut hits: Vec<&str> = Vec::new();
        work::steps(text.len());
        for spot in self.spots(text) {
            let word = text.get(spot).unwrap_or_default();
            if !hits.contains(&word) {
                hits.push(word);
            }
            if hits.len() >= enough {
                break;
            }
        }
        hits.len()
    }
    pub fn is_in(&self, text: &str) -> bool {
        work::steps(text.len());
        self.0.as_ref().is_some_and(|r| r.is_match(text))
    }
    /// Where it is found, in order, not overlapping.
    pub fn spots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        self.0
            .iter()
            .flat_map(move |r| r.find_iter(text).map(|m| m.range()))
    }
}

/// An alternation of literal words; none at all matches nothing.
pub(super) fn alternation(mut words: Vec<String>) -> String {
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    words.dedup();
    let words: Vec<String> = words.iter().map(|w| regex::escape(w)).collect();
    words.join("|")
}
