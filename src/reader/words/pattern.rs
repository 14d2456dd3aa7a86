//! Words of the tables that are looked for inside a line, as one expression.
//!
//! Never fails: an expression that does not compile finds nothing (a test refuses that).

use crate::reader::work;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

/// An expression that finds nothing where it does not compile (a test refuses that).
pub struct Pattern(Option<Finder>);

enum Finder {
    Expression(Regex),
    /// Words alone: as an expression they would take a table of megabytes.
    Words(AhoCorasick),
}

impl Pattern {
    pub(super) fn new(pattern: &str) -> Pattern {
        Pattern(Regex::new(pattern).ok().map(Finder::Expression))
    }

    /// Of words that begin alike the longest.
    pub fn any_of<T: AsRef<str>>(words: &[T]) -> Pattern {
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.iter().map(AsRef::as_ref));
        Pattern(finder.ok().map(Finder::Words))
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
        self.0.as_ref().is_some_and(|finder| match finder {
            Finder::Expression(regex) => regex.is_match(text),
            Finder::Words(words) => words.is_match(text),
        })
    }
    /// Where it is found, in order, not overlapping.
    pub fn spots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let expression = move |finder: &'a Finder| match finder {
            Finder::Expression(regex) => Some(regex.find_iter(text).map(|m| m.range())),
            Finder::Words(_) => None,
        };
        let words = move |finder: &'a Finder| match finder {
            Finder::Expression(_) => None,
            Finder::Words(words) => Some(words.find_iter(text).map(|m| m.range())),
        };
        let finder = || self.0.iter();
        let by_expression = finder().filter_map(expression).flatten();
        by_expression.chain(finder().filter_map(words).flatten())
    }
}

/// An alternation of literal words; none at all matches nothing.
pub(super) fn alternation(mut words: Vec<String>) -> String {
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    words.dedup();
    let words: Vec<String> = words.iter().map(|w| regex::escape(w)).collect();
    words.join("|")
}
