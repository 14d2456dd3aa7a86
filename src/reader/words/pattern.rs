//! Words of the tables that are looked for inside a line, as one expression or as whole words.
//!
//! Never fails: an expression that does not compile finds nothing (a test refuses that).

use crate::reader::words::pieces::Pieces;
use crate::reader::work;
use regex::Regex;
use std::sync::LazyLock;

/// An expression that finds nothing where it does not compile (a test refuses that).
pub struct Pattern(Option<Regex>);

impl Pattern {
    pub(super) fn new(pattern: &str) -> Pattern {
        Pattern(Regex::new(pattern).ok())
    }

    #[cfg(test)]
    pub(super) fn compiled(&self) -> bool {
        self.0.is_some()
    }

    pub fn is_in(&self, text: &str) -> bool {
        work::steps(text.len());
        self.0.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// Where it is found, in order, not overlapping.
    pub fn spots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let spots = self.0.iter().flat_map(move |regex| regex.find_iter(text));
        spots.map(|spot| spot.range())
    }
}

/// Words that are found as whole words, and those of scripts without spaces wherever they are.
pub struct WholeWords {
    words: Pieces,
    /// How many of them are whole words; the others are behind them.
    spaced: usize,
}

impl WholeWords {
    pub(super) fn of(spaced: &[String], tight: &[String]) -> WholeWords {
        let all: Vec<&String> = spaced.iter().chain(tight).collect();
        WholeWords {
            words: Pieces::of(&all),
            spaced: spaced.len(),
        }
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.words.all(text).any(|(word, number, at)| {
            number >= self.spaced || is_whole(text, &(at..at + word.len()))
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
