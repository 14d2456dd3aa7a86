//! Words wherever they stand in a text, told at most places by the first octets alone.
//!
//! Never fails: every word is found, and no other text.

use crate::reader::work;

/// Octets of the beginning by which words are told.
const BEGINNING: usize = 4;

pub struct Pieces {
    /// A bit for each beginning: at most places a look at it is all.
    bits: Box<[u64; 64]>,
    /// Every beginning of ASCII stays as it is in small letters.
    is_small: bool,
    /// What of four octets is a beginning: no word is shorter.
    mask: u32,
    shortest: usize,
    /// Beginning, word, and its number as given; of those that begin alike the longest first.
    words: Vec<(u32, String, usize)>,
}

impl Pieces {
    /// Empty words are left out.
    pub fn of<T: AsRef<str>>(words: &[T]) -> Pieces {
        let words = words.iter().map(AsRef::as_ref).enumerate();
        let words: Vec<(usize, &str)> = words.filter(|(_, word)| !word.is_empty()).collect();
        let shortest = words.iter().map(|(_, word)| word.len()).min();
        let shortest = shortest.unwrap_or_default();
        let octets = shortest.clamp(1, BEGINNING);
        let mut pieces = Pieces {
            bits: Box::new([0; 64]),
            is_small: true,
            mask: u32::MAX >> (8 * (BEGINNING - octets)),
            shortest,
            words: Vec::with_capacity(words.len()),
        };
        for (number, word) in words {
            let beginning = beginning_at(word.as_bytes(), 0) & pieces.mask;
            pieces.is_small &= !word.is_ascii() || small(beginning) & pieces.mask == beginning;
            let (place, bit) = place(beginning);
            if let Some(bits) = pieces.bits.get_mut(place) {
                *bits |= bit;
            }
            pieces.words.push((beginning, word.to_owned(), number));
        }
        pieces
            .words
            .sort_by_key(|(beginning, word, _)| (*beginning, std::cmp::Reverse(word.len())));
        pieces
    }

    /// The first place from here on where a word may begin.
    fn next(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let rest = bytes.get(from..)?;
        let mut whole = rest.array_windows();
        if let Some(at) = whole.position(|four| self.may_begin(u32::from_le_bytes(*four))) {
            return Some(from + at);
        }
        let last = from.max(bytes.len().saturating_sub(BEGINNING - 1));
        (last..bytes.len()).find(|at| self.may_begin(beginning_at(bytes, *at)))
    }

    fn may_begin(&self, four: u32) -> bool {
        let (place, bit) = place(four & self.mask);
        self.bits.get(place).is_some_and(|bits| bits & bit != 0)
    }

    /// The words that stand here, the longest first, and their numbers.
    fn here(&self, bytes: &[u8], at: usize) -> impl Iterator<Item = (&str, usize)> {
        let beginning = beginning_at(bytes, at) & self.mask;
        let rest = bytes.get(at..).unwrap_or_default();
        let first = self.words.partition_point(|word| word.0 < beginning);
        let alike = self.words.get(first..).unwrap_or_default().iter();
        alike
            .take_while(move |word| word.0 == beginning)
            .filter(|(_, word, _)| rest.starts_with(word.as_bytes()))
            .map(|(_, word, number)| (word.as_str(), *number))
    }

    /// The words in the text with their numbers and where they begin, also those inside of others.
    pub(super) fn all<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = (&'a str, usize, usize)> + 'a {
        self.all_where(text, |_| true)
    }

    /// The same, where it may count that a word begins there.
    pub(super) fn all_where<'a>(
        &'a self,
        text: &'a str,
        counts: impl Fn(usize) -> bool + 'a,
    ) -> impl Iterator<Item = (&'a str, usize, usize)> + 'a {
        let bytes = text.as_bytes();
        work::steps(bytes.len());
        let mut from = 0;
        let places = std::iter::from_fn(move || {
            let at = self.next(bytes, from)?;
            from = at + 1;
            Some(at)
        });
        places.filter(move |at| counts(*at)).flat_map(move |at| {
            self.here(bytes, at)
                .map(move |(word, number)| (word, number, at))
        })
    }

    /// The words in the text that do not overlap: the first, of those at one place the longest.
    pub(super) fn apart<'a>(&'a self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let bytes = text.as_bytes();
        work::steps(bytes.len());
        let mut from = 0;
        std::iter::from_fn(move || {
            loop {
                let at = self.next(bytes, from)?;
                if let Some((word, _)) = self.here(bytes, at).next() {
                    from = at + word.len();
                    return Some(word);
                }
                from = at + 1;
            }
        })
    }

    /// Octets of the shortest word.
    pub fn shortest(&self) -> usize {
        self.shortest
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.apart(text).next().is_some()
    }

    /// Whether one is in this text of ASCII, in whatever case, where all that are of ASCII are in small letters.
    pub fn is_in_ascii(&self, text: &str) -> bool {
        if !self.is_small {
            return self.is_in(&text.to_ascii_lowercase());
        }
        let bytes = text.as_bytes();
        work::steps(bytes.len());
        let stands = |at: usize, four: u32| {
            let beginning = small(four) & self.mask;
            let first = self.words.partition_point(|word| word.0 < beginning);
            let alike = self.words.get(first..).unwrap_or_default().iter();
            let mut alike = alike.take_while(|word| word.0 == beginning);
            alike.any(|(_, word, _)| {
                let here = bytes.get(at..at + word.len());
                here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
            })
        };
        let mut whole = bytes.array_windows().enumerate();
        let last = bytes.len().saturating_sub(BEGINNING - 1);
        whole.any(|(at, four)| {
            let four = u32::from_le_bytes(*four);
            self.may_begin(small(four)) && stands(at, four)
        }) || (last..bytes.len()).any(|at| stands(at, beginning_at(bytes, at)))
    }

    /// Different words that do not overlap, counted up to `enough`.
    pub fn count(&self, text: &str, enough: usize) -> usize {
        let mut hits: Vec<&str> = Vec::new();
        for word in self.apart(text) {
            if !hits.contains(&word) {
                hits.push(word);
            }
            if hits.len() >= enough {
                break;
            }
        }
        hits.len()
    }
}

/// The first four octets, the first one lowest; zeros behind the end.
fn beginning_at(bytes: &[u8], at: usize) -> u32 {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(four) => u32::from_le_bytes(*four),
        None => rest
            .iter()
            .rev()
            .fold(0, |all, octet| (all << 8) | u32::from(*octet)),
    }
}

/// Letters of ASCII as small ones; of the other octets some become others.
fn small(four: u32) -> u32 {
    four | 0x2020_2020
}

/// The word of the table, and its bit.
fn place(beginning: u32) -> (usize, u64) {
    let mixed = beginning.wrapping_mul(0x9E37_79B1) >> 20;
    ((mixed >> 6) as usize, 1 << (mixed & 63))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::{AhoCorasick, MatchKind};

    #[test]
    fn words_are_found_where_an_automaton_finds_them() {
        for words in [
            &[
                "virus",
                "virus-free",
                "rus-f",
                "confidential",
                "вирус",
                "保密",
            ][..],
            &["mac", "ios", "k-9", "macs", "ac", "手机"],
            &["a"],
            &[],
        ] {
            let pieces = Pieces::of(words);
            let mut longest = AhoCorasick::builder();
            longest.match_kind(MatchKind::LeftmostLongest);
            let longest = longest.build(words).unwrap();
            let every = AhoCorasick::new(words).unwrap();
            let between = ["", " ", "v", "保", "virus-", "ma", "confiden"];
            for word in words.iter().chain(&["none"]) {
                for before in between {
                    for behind in between {
                        let text = format!("{before}{word}{behind}{word}");
                        let spots = longest.find_iter(&text);
                        let want: Vec<&str> = spots.filter_map(|m| text.get(m.range())).collect();
                        assert_eq!(pieces.apart(&text).collect::<Vec<_>>(), want, "{text}");
                        if text.is_ascii() {
                            let found = pieces.is_in_ascii(&text.to_uppercase());
                            assert_eq!(found, !want.is_empty(), "{text}");
                        }
                        let spots = every.find_overlapping_iter(&text);
                        let mut want: Vec<(usize, usize)> =
                            spots.map(|m| (m.start(), m.pattern().as_usize())).collect();
                        want.sort_unstable();
                        let all = pieces.all(&text).map(|(_, number, at)| (at, number));
                        let mut all: Vec<(usize, usize)> = all.collect();
                        all.sort_unstable();
                        assert_eq!(all, want, "{text}");
                    }
                }
            }
        }
    }
}
