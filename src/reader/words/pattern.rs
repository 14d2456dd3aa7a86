//! Words of the tables that are looked for inside a line, with what has to stand around them.
//!
//! Never fails. No expressions: those of so many words take several times the memory, in each thread anew.

use crate::reader::words::pieces::Pieces;
use crate::reader::work;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// Labels with their colon, wherever they stand.
pub struct Labelled(Pieces);

impl Labelled {
    pub(super) fn of(labels: &[String]) -> Labelled {
        Labelled(Pieces::of(labels))
    }

    /// Where they are, with the colon, in order, not overlapping; of those at one place the longest.
    pub fn spots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut free = 0;
        // Each has its colon: nothing behind the last one is looked at. The other octet is the last of `：`.
        let last = memchr::memrchr2(b':', 0x9A, text.as_bytes());
        let looked_at = last.map_or("", |at| text.get(..at).unwrap_or(text));
        let labels = self.0.all(looked_at);
        let labels = labels.map(|(label, _, at)| (at, at + label.len()));
        labels.filter_map(move |(at, end)| {
            let behind = text.get(end..)?;
            let colon = behind.strip_prefix([' ', '\u{A0}']).unwrap_or(behind);
            let behind = colon.strip_prefix([':', '：'])?;
            let spot = at..text.len() - behind.len();
            (at >= free).then(|| free = spot.end)?;
            Some(spot)
        })
    }
}

/// The first words of an attribution with a date: at most three words stand before its first digit.
pub struct Dated(Pieces);

impl Dated {
    pub(super) fn of(starts: &[String]) -> Dated {
        Dated(Pieces::of(starts))
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.spots(text).next().is_some()
    }

    /// Where they are, from the white space before them to the digit, in order, not overlapping.
    pub fn spots<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut free = 0;
        // Any octet that is not ASCII may be of a space.
        let is_space = |octet: u8| matches!(octet, b'\t'..=b'\r' | b' ') || !octet.is_ascii();
        let starts = self
            .0
            .all_where(text, move |at| before(text, at).is_none_or(is_space));
        let starts = starts.map(|(start, _, at)| (at, at + start.len()));
        starts.filter_map(move |(at, end)| {
            let before = text.get(..at)?.chars().next_back();
            let space = before.map_or(0, char::len_utf8);
            let from = at - space;
            if from < free || !before.is_none_or(char::is_whitespace) {
                return None;
            }
            free = end + octets_to_digit(text.get(end..)?)?;
            Some(from..free)
        })
    }
}

/// The octet before this place.
fn before(text: &str, at: usize) -> Option<u8> {
    let before = at.checked_sub(1)?;
    text.as_bytes().get(before).copied()
}

/// Octets up to the end of a digit that stands behind white space and at most three words.
fn octets_to_digit(text: &str) -> Option<usize> {
    /// Words between that still make a date of it.
    const MOST: usize = 3;
    let mut rest = text;
    for _ in 0..=MOST {
        let word = rest.trim_start();
        let first = word.chars().next()?;
        if word.len() == rest.len() {
            return None;
        }
        if is_digit(first) {
            return Some(text.len() - word.len() + first.len_utf8());
        }
        let behind = word.trim_start_matches(|c| is_letter(c) || matches!(c, '’' | '\''));
        work::steps(rest.len() - behind.len());
        if behind.len() == word.len() {
            return None;
        }
        let behind = behind.strip_prefix('.').unwrap_or(behind);
        rest = behind.strip_prefix(',').unwrap_or(behind);
    }
    None
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
/// Its decimal digits, which are fewer than what counts as numeric.
static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d").ok());

fn is_letter(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphabetic(),
        false => is_of(&LETTER, c),
    }
}

fn is_digit(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_digit(),
        false => is_of(&DIGIT, c),
    }
}

/// Never true where the expression does not compile (a test refuses that).
fn is_of(class: &Option<Regex>, c: char) -> bool {
    let class = class.as_ref();
    class.is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_compile() {
        assert!(is_letter('é') && !is_letter('\u{2160}'));
        assert!(is_digit('٣') && !is_digit('½'));
    }

    #[test]
    fn labels_are_found_where_an_expression_finds_them() {
        let labels = ["From", "To", "Von", "Von wem", "件名", "m: T"];
        let labelled = Labelled::of(&labels.map(str::to_owned));
        let mut longest = labels;
        longest.sort_by_key(|label| std::cmp::Reverse(label.len()));
        let expression = format!(r"(?:{})[ \u{{A0}}]?[:：]", longest.join("|"));
        let expression = Regex::new(&expression).unwrap();
        let between = [
            "",
            " ",
            "\u{A0}",
            ":",
            "：",
            " :",
            "  :",
            "x",
            "\u{A0}：",
            " wem:",
        ];
        for one in labels {
            for other in labels {
                for behind in between {
                    for last in between {
                        let text = format!("a{one}{behind}{other}{last}{one}:");
                        let spots = expression.find_iter(&text).map(|spot| spot.range());
                        let found: Vec<_> = labelled.spots(&text).collect();
                        assert_eq!(found, spots.collect::<Vec<_>>(), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_date_is_found_where_an_expression_finds_it() {
        let starts = ["on", "on the", "Am", "le", "在"];
        let dated = Dated::of(&starts.map(str::to_owned));
        let expression = format!(
            r"(?:^|\s)(?:{})\s+(?:[\p{{L}}’']+\.?,?\s+){{0,3}}\d",
            ["on the", "在", "on", "Am", "le"].join("|")
        );
        let expression = Regex::new(&expression).unwrap();
        let parts = [
            "", " ", "\u{A0}", "\n ", "on", "the ", " Mon.,", "é", "d’a", "1", "٣", "½", ",.",
            "\u{301}", "a b ",
        ];
        for start in starts {
            for before in parts {
                for one in parts {
                    for two in parts {
                        for three in parts {
                            let text = format!("{before}{start}{one}{two} {three}1 {one}");
                            let want = expression.find_iter(&text).map(|spot| spot.range());
                            let found: Vec<_> = dated.spots(&text).collect();
                            assert_eq!(found, want.collect::<Vec<_>>(), "{text}");
                            let text = format!("{before}{start} {one} {two} {three} on{one} 2");
                            let want = expression.find_iter(&text).map(|spot| spot.range());
                            let found: Vec<_> = dated.spots(&text).collect();
                            assert_eq!(found, want.collect::<Vec<_>>(), "{text}");
                        }
                    }
                }
            }
        }
    }

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
