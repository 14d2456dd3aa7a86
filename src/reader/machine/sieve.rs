//! Whether one of many fixed pieces is in a text, looked for at every fourth octet.
//!
//! Exact: a piece that is there is found. Four octets of each piece, at four places beside one
//! another, are in a table, so that one of them falls on an octet that is looked at.

use crate::reader::hash::TableMap;
use crate::reader::work;
use regex::Regex;
use std::borrow::Cow;

/// Octets that are looked up together.
const GRAM: usize = 4;
/// How far apart the looks are; a piece has as many grams in the table.
const STRIDE: usize = 4;
/// Looks of which most often none tells anything.
const TOGETHER: usize = 4;
/// Words of the table that most looks end at: 32 kB, of which the phrases set one bit in twenty.
const TABLE_WORDS: usize = 1 << 12;
/// Pieces that are told one by one; of a text with more every piece may be in it.
const MAX_FOUND: usize = 4_000;

/// A piece that may be here, and how many octets before the gram it begins.
struct Spot {
    gram: u32,
    piece: u16,
    before: u16,
}

type Piece = Cow<'static, str>;

pub struct Sieve {
    /// With the number of each among all that were given.
    pieces: Vec<(Piece, usize)>,
    /// Those too short for four grams.
    shorts: Vec<(Piece, usize)>,
    /// Finds the pieces too short for four grams.
    short: Option<Regex>,
    table: Box<[u64; TABLE_WORDS]>,
    /// In the order of the table's words.
    spots: Vec<Spot>,
    /// Where those of a word of the table begin, and the end.
    starts: Box<[u32]>,
}

impl Sieve {
    pub fn of(pieces: Vec<Piece>) -> Sieve {
        let mut often: TableMap<u32, usize> = TableMap::default();
        for piece in &pieces {
            for gram in grams(piece.as_bytes()) {
                *often.entry(gram).or_default() += 1;
            }
        }
        let mut sieve = Sieve {
            pieces: Vec::new(),
            shorts: Vec::new(),
            short: None,
            table: Box::new([0; TABLE_WORDS]),
            spots: Vec::new(),
            starts: Box::default(),
        };
        for (number, piece) in pieces.into_iter().enumerate() {
            match piece.len() >= GRAM + STRIDE - 1 {
                true => sieve.add(piece, number, &often),
                false => sieve.shorts.push((piece, number)),
            }
        }
        sieve.spots.sort_by_key(|spot| place(spot.gram).0);
        sieve.spots.shrink_to_fit();
        let start = |word| {
            let before = |spot: &Spot| place(spot.gram).0 < word;
            u32::try_from(sieve.spots.partition_point(before)).unwrap_or(u32::MAX)
        };
        sieve.starts = (0..=TABLE_WORDS).map(start).collect();
        sieve.pieces.shrink_to_fit();
        sieve.shorts.shrink_to_fit();
        if !sieve.shorts.is_empty() {
            let short = sieve.shorts.iter();
            let short: Vec<String> = short.map(|(piece, _)| regex::escape(piece)).collect();
            sieve.short = Regex::new(&short.join("|")).ok();
        }
        sieve
    }

    /// Of all rows of four grams the one that stands in the fewest pieces: texts have it seldom too.
    fn add(&mut self, piece: Piece, number: usize, often: &TableMap<u32, usize>) {
        let all: Vec<u32> = grams(piece.as_bytes()).collect();
        let cost = |row: &[u32]| row.iter().filter_map(|g| often.get(g)).sum::<usize>();
        let best = all
            .windows(STRIDE)
            .enumerate()
            .min_by_key(|(_, row)| cost(row));
        let Some((start, row)) = best else { return };
        for (offset, gram) in row.iter().enumerate() {
            let (word, bit) = place(*gram);
            if let Some(word) = self.table.get_mut(word) {
                *word |= bit;
            }
            let short = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            self.spots.push(Spot {
                gram: *gram,
                piece: short(self.pieces.len()),
                before: short(start + offset),
            });
        }
        self.pieces.push((piece, number));
    }

    /// Whether a piece is in the text.
    pub fn is_in(&self, text: &str) -> bool {
        self.has_short(text) || self.long(text, |_| true)
    }

    /// The numbers of the pieces that are in the text, some of them more than once.
    pub fn found(&self, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        self.long(text, |number| {
            found.push(number);
            // A text that repeats a piece without end has told it long before.
            found.len() >= MAX_FOUND
        });
        if found.len() >= MAX_FOUND {
            found = self.pieces.iter().map(|(_, number)| *number).collect();
        }
        if self.has_short(text) {
            let is_in = |(piece, _): &&(Piece, usize)| text.contains(&**piece);
            let short = self.shorts.iter().filter(is_in);
            found.extend(short.map(|(_, number)| *number));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn has_short(&self, text: &str) -> bool {
        let short = self.short.as_ref();
        short.is_some_and(|short| short.is_match(text))
    }

    /// Shows the number of every long piece wherever it is in the text, until one is enough; whether one was.
    fn long(&self, text: &str, mut is_enough: impl FnMut(usize) -> bool) -> bool {
        let bytes = text.as_bytes();
        work::steps(bytes.len());
        let (looks, _) = bytes.as_chunks::<GRAM>();
        let table = &*self.table;
        let is_known = |gram: &[u8; GRAM]| {
            let (word, bit) = place(u32::from_le_bytes(*gram));
            table.get(word).is_some_and(|w| w & bit != 0)
        };
        let mut tells = |grams: &[[u8; GRAM]], from: usize| {
            let mut known = grams.iter().enumerate().filter(|(_, gram)| is_known(gram));
            known.any(|(index, gram)| {
                let at = (from + index) * STRIDE;
                self.at(bytes, at, u32::from_le_bytes(*gram))
                    .any(&mut is_enough)
            })
        };
        // Several in one go: mostly none of them is known.
        let (all, rest) = looks.as_chunks::<TOGETHER>();
        for (number, several) in all.iter().enumerate() {
            let any = several.iter().fold(false, |any, gram| any | is_known(gram));
            if any && tells(several, number * TOGETHER) {
                return true;
            }
        }
        tells(rest, all.len() * TOGETHER)
    }

    /// The numbers of the pieces whose gram this is and that are there.
    fn at(&self, text: &[u8], at: usize, gram: u32) -> impl Iterator<Item = usize> {
        let (word, _) = place(gram);
        let start = |word: usize| self.starts.get(word).map_or(0, |at| *at as usize);
        let spots = self.spots.get(start(word)..start(word + 1));
        let spots = spots.unwrap_or_default().iter();
        spots.filter_map(move |spot| {
            if spot.gram != gram {
                return None;
            }
            let (piece, number) = self.pieces.get(usize::from(spot.piece))?;
            let start = at.checked_sub(usize::from(spot.before))?;
            work::steps(1);
            let is_there = text.get(start..)?.starts_with(piece.as_bytes());
            is_there.then_some(*number)
        })
    }
}

fn grams(piece: &[u8]) -> impl Iterator<Item = u32> {
    piece.windows(GRAM).filter_map(|w| {
        let four: [u8; GRAM] = w.try_into().ok()?;
        Some(u32::from_le_bytes(four))
    })
}

/// Word and bit of the table.
fn place(gram: u32) -> (usize, u64) {
    let hash = (gram.wrapping_mul(0x9E37_79B1) >> 14) as usize;
    (hash / 64 % TABLE_WORDS, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_wherever_they_stand() {
        let pieces = [
            "cuti",
            "out of office",
            "退信",
            "i am away",
            "reacted via gmail",
        ];
        let sieve = Sieve::of(pieces.map(Cow::Borrowed).to_vec());
        for piece in pieces {
            for before in 0..9 {
                let text = format!("{}{piece} and more", "x".repeat(before));
                assert!(sieve.is_in(&text), "{text}");
                let number = pieces.iter().position(|p| *p == piece).unwrap();
                assert_eq!(sieve.found(&text), [number], "{text}");
                let cut = piece.char_indices().next_back().unwrap().0;
                let text = format!("{}{}", "x".repeat(before), piece.get(..cut).unwrap());
                assert!(!sieve.is_in(&text), "{text}");
            }
        }
        assert!(!sieve.is_in(""));
        assert!(!Sieve::of(Vec::new()).is_in("anything"));
    }
}
