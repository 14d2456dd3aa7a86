//! Lists of words that stand in signatures, and of those that stand in none; each is a file beside this one.
//!
//! Never fails: a word of no list is nothing known, which leaves an answer unclear.

use crate::reader::answer::lexer::characters::is_unspaced;
use crate::reader::hash::TableSet;
use std::sync::{LazyLock, OnceLock};

/// Words of titles, trades, firms, departments and streets.
pub static TITLES: List = List::of(include_str!("titles.txt"));
/// Words of the names of towns, regions and countries.
pub static PLACES: List = List::of(include_str!("places.txt"));
/// What belongs to the names of places and is none: `new`, `saint`, `am`.
pub static PARTS: List = List::of(include_str!("parts.txt"));
/// Words that stand in nobody's signature: of second thoughts, terms, machines.
pub static UNSIGNED: List = List::of(include_str!("unsigned.txt"));
/// Words of sentences, which no title, no firm and no place has.
pub static SPOKEN: List = List::of(include_str!("spoken.txt"));
/// Surnames in scripts without capitals, each with its ways into Latin letters.
static SURNAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut all: Vec<&str> = include_str!("surnames.txt").lines().collect();
    all.sort_unstable();
    all
});

/// Letters in front of an ending: `Bäcker-meister`.
const MIN_STEM: usize = 3;
/// Characters of a given name in such a script.
const MAX_GIVEN: usize = 3;
/// Characters of no given name: they deny, or speak of fees, of a deputy, of what is somebody's.
const UNGIVEN: &[char] = &[
    '不', '没', '沒', '未', '無', '无', '勿', '别', '別', '非', '免', '费', '費', '代', '的', 'の',
    'は', 'が',
];
/// What Koreans write behind their name.
const FROM: &[&str] = &["드림", "올림", "배상"];
/// Characters of the longest surname among them.
const MAX_SURNAME: usize = 3;

/// Words in small letters; those with a hyphen in front are endings of longer ones.
pub struct List {
    text: &'static str,
    /// Made when first asked for.
    cut: OnceLock<Cut>,
}

#[derive(Default)]
struct Cut {
    words: TableSet<&'static str>,
    endings: TableSet<&'static str>,
    /// A bit for the last octets of each ending: most words end otherwise.
    last: [u64; 16],
}

/// The last octets of a word as a place in [`Cut::last`]; of a word of fewer nothing is told.
fn last_of(word: &str) -> Option<(usize, u64)> {
    let [.., a, b, c] = word.as_bytes() else {
        return None;
    };
    let mixed = (u32::from(*a) << 10) ^ (u32::from(*b) << 5) ^ u32::from(*c);
    let mixed = mixed.wrapping_mul(0x9E37_79B1) >> 22;
    Some(((mixed >> 6) as usize, 1 << (mixed & 63)))
}

impl List {
    pub const fn of(text: &'static str) -> List {
        let cut = OnceLock::new();
        List { text, cut }
    }

    pub fn has(&self, word: &str) -> bool {
        let cut = self.cut();
        cut.words.contains(word) || cut.has_ending_of(word)
    }

    fn cut(&self) -> &Cut {
        self.cut.get_or_init(|| Cut::of(self.text))
    }
}

impl Cut {
    fn of(text: &'static str) -> Cut {
        let mut cut = Cut::default();
        for word in text.split_whitespace() {
            match word.strip_prefix('-') {
                Some(ending) => cut.add_ending(ending),
                None => cut.words.insert(word),
            };
        }
        cut
    }

    fn add_ending(&mut self, ending: &'static str) -> bool {
        match last_of(ending) {
            Some((at, bit)) => {
                if let Some(last) = self.last.get_mut(at) {
                    *last |= bit;
                }
            }
            None => self.last = [u64::MAX; 16],
        }
        self.endings.insert(ending)
    }

    fn has_ending_of(&self, word: &str) -> bool {
        let may_end = |(at, bit): (usize, u64)| self.last.get(at).is_some_and(|l| l & bit != 0);
        !self.endings.is_empty()
            && last_of(word).is_none_or(may_end)
            && word
                .char_indices()
                .skip(MIN_STEM)
                .filter_map(|(at, _)| word.get(at..))
                .any(|ending| self.endings.contains(ending))
    }
}

/// Whether the text is a name in a script without capitals whose surname somebody has in Latin letters.
pub fn is_unspaced_name(text: &str, is_theirs: impl FnMut(&str) -> bool) -> bool {
    // Koreans write `from` behind it.
    let text = FROM
        .iter()
        .find_map(|from| text.strip_suffix(from))
        .unwrap_or(text);
    let Some((mut ways, behind)) = surname(text.trim_end()) else {
        return false;
    };
    let given = || behind.chars().filter(|c| !c.is_whitespace());
    let named = |c: char| is_unspaced(c) && !UNGIVEN.contains(&c);
    given().nth(MAX_GIVEN).is_none() && given().all(named) && ways.any(is_theirs)
}

/// The ways into Latin letters of a surname that the text begins with, and what stands behind it; the longest
/// surname counts.
fn surname(text: &str) -> Option<(impl Iterator<Item = &'static str>, &str)> {
    let ends = text.char_indices().map(|(at, _)| at).skip(1);
    let ends: Vec<usize> = ends.chain([text.len()]).take(MAX_SURNAME).collect();
    ends.into_iter().rev().find_map(|end| {
        let (name, behind) = text.split_at_checked(end)?;
        let key = |line: &&'static str| line.split(' ').next().unwrap_or_default();
        let at = SURNAMES.binary_search_by(|line| key(line).cmp(name)).ok()?;
        Some((SURNAMES.get(at)?.split(' ').skip(1), behind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_word_may_end_in_a_trade() {
        for word in ["baker", "bäckermeister", "dermatologist", "sjuksköterska"] {
            assert!(TITLES.has(word), "{word}");
        }
        for word in ["prepaid", "meist", "ologist"] {
            assert!(!TITLES.has(word), "{word}");
        }
    }

    #[test]
    fn no_word_is_of_two_kinds() {
        for list in [&TITLES, &PLACES] {
            for word in UNSIGNED.cut().words.iter().chain(&SPOKEN.cut().words) {
                assert!(!list.has(word), "{word}");
            }
        }
    }

    #[test]
    fn surnames_are_told_by_their_ways_into_latin_letters() {
        let latin = |text| surname(text).map(|(ways, behind)| (ways.collect::<Vec<_>>(), behind));
        assert_eq!(latin("田中由紀"), Some((vec!["tanaka"], "由紀")));
        assert_eq!(latin("李伟"), Some((vec!["li", "lee"], "伟")));
        assert_eq!(latin("Carol"), None);
        assert_eq!(latin(""), None);
    }
}
