//! Words of the tables that are looked for inside a line, as one expression.
//!
//! Never fails: an expression that does not compile finds nothing (a test refuses that).

use crate::reader::work;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;
use std::sync::LazyLock;

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

/// Words that are found as whole words, and those of scripts without spaces wherever they are.
pub struct WholeWords {
    finder: Option<AhoCorasick>,
    /// How many of them are whole words; the others are behind them.
    spaced: usize,
}

impl WholeWords {
    pub(super) fn of(spaced: &[String], tight: &[String]) -> WholeWords {
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(spaced.iter().chain(tight));
        WholeWords {
            finder: finder.ok(),
            spaced: spaced.len(),
        }
    }

    #[cfg(test)]
    pub(super) fn compiled(&self) -> bool {
        self.finder.is_some()
    }

    pub fn is_in(&self, text: &str) -> bool {
        work::steps(text.len());
        let Some(finder) = &self.finder else {
            return false;
        };
        let mut found = finder.find_overlapping_iter(text);
        found.any(|found| {
            found.pattern().as_usize() >= self.spaced || is_whole(text, &found.range())
        })
    }
}

/// Whether no letter stands on either side, and no bracket or slash behind it: `wrote(a)` is another word.
fn is_whole(text: &str, word: &std::ops::Range<usize>) -> bool {
    let before = text
        .get(..word.start)
        .and_then(|before| before.chars().next_back());
    let behind = text
        .get(word.end..)
        .and_then(|behind| behind.chars().next());
    !before.is_some_and(is_letter)
        && !behind.is_some_and(|c| matches!(c, '(' | '/') || is_letter(c))
}

/// The letters of Unicode, which are fewer than what counts as alphabetic.
static LETTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\p{L}").ok());

fn is_letter(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphabetic(),
        false => LETTER
            .as_ref()
            .is_some_and(|letter| letter.is_match(c.encode_utf8(&mut [0; 4]))),
    }
}

/// An alternation of literal words; none at all matches nothing.
pub(super) fn alternation(mut words: Vec<String>) -> String {
    words.sort_by_key(|w| std::cmp::Reverse(w.len()));
    words.dedup();
    let words: Vec<String> = words.iter().map(|w| regex::escape(w)).collect();
    words.join("|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_word_is_found_where_an_expression_finds_it() {
        let (spaced, tight) = (["wrote", "a écrit", "wrote to"], ["写道"]);
        let words = WholeWords::of(&spaced.map(str::to_owned), &tight.map(str::to_owned));
        let expression =
            Regex::new(r"(?:^|[^\p{L}])(?:wrote to|a écrit|wrote)(?:$|[^\p{L}(/])|(?:写道)")
                .unwrap();
        let around = [
            "", " ", "x", "é", "1", "(", "/", "\u{301}", "\u{2160}", "-", "中",
        ];
        for word in spaced.iter().chain(&tight).chain(&["wrot"]) {
            for before in around {
                for behind in around {
                    let text = format!("{before}{word}{behind}");
                    assert_eq!(words.is_in(&text), expression.is_match(&text), "{text}");
                }
            }
        }
    }
}
