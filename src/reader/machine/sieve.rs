//! Whether one of many fixed pieces is in a text, looked for at every fourth octet.
//!
//! Exact: a piece that is there is found. Four octets of each piece, at four places beside one
//! another, are in a table, so that one of them falls on an octet that is looked at.

use crate::reader::hash::TableMap;
use crate::reader::work;
use regex::Regex;

/// Octets that are looked up together.
const GRAM: usize = 4;
/// How far apart the looks are; a piece has as many grams in the table.
const STRIDE: usize = 4;
/// Words of the table that most looks end at: 8 kB, small enough to stay at hand.
const TABLE_WORDS: usize = 1 << 10;

/// A piece that may be here, and how many octets before the gram it begins.
struct Spot {
    gram: u32,
    piece: u16,
    before: u16,
}

pub struct Sieve {
    pieces: Vec<String>,
    /// Finds the pieces too short for four grams.
    short: Option<Regex>,
    table: Box<[u64; TABLE_WORDS]>,
    /// In the order of the table's words.
    spots: Vec<Spot>,
    /// Where those of a word of the table begin, and the end.
    starts: Box<[u32]>,
}

impl Sieve {
    pub fn of(pieces: Vec<String>) -> Sieve {
        let mut often: TableMap<u32, usize> = TableMap::default();
        for piece in &pieces {
            for gram in grams(piece.as_bytes()) {
                *often.entry(gram).or_default() += 1;
            }
        }
        let mut sieve = Sieve {
            pieces: Vec::new(),
            short: None,
            table: Box::new([0; TABLE_WORDS]),
            spots: Vec::new(),
            starts: Box::default(),
        };
        let (long, short): (Vec<String>, Vec<String>) = pieces
            .into_iter()
            .partition(|piece| piece.len() >= GRAM + STRIDE - 1);
        for piece in long {
            sieve.add(piece, &often);
        }
        sieve.spots.sort_by_key(|spot| place(spot.gram).0);
        sieve.spots.shrink_to_fit();
        let start = |word| {
            let before = |spot: &Spot| place(spot.gram).0 < word;
            u32::try_from(sieve.spots.partition_point(before)).unwrap_or(u32::MAX)
        };
        sieve.starts = (0..=TABLE_WORDS).map(start).collect();
        sieve.pieces.shrink_to_fit();
        if !short.is_empty() {
            let short: Vec<String> = short.iter().map(|piece| regex::escape(piece)).collect();
            sieve.short = Regex::new(&short.join("|")).ok();
        }
        sieve
    }

    /// Of all rows of four grams the one that stands in the fewest pieces: texts have it seldom too.
    fn add(&mut self, piece: String, often: &TableMap<u32, usize>) {
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
            let number = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
            self.spots.push(Spot {
                gram: *gram,
                piece: number(self.pieces.len()),
                before: number(start + offset),
            });
        }
        self.pieces.push(piece);
    }

    pub fn is_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        work::steps(bytes.len());
        if self
            .short
            .as_ref()
            .is_some_and(|short| short.is_match(text))
        {
            return true;
        }
        let (looks, _) = bytes.as_chunks::<GRAM>();
        let table = &*self.table;
        let is_known = |gram: &[u8; GRAM]| {
            let (word, bit) = place(u32::from_le_bytes(*gram));
            table.get(word).is_some_and(|w| w & bit != 0)
        };
        let mut from = 0;
        while let Some(rest) = looks.get(from..)
            && let Some(next) = rest.iter().position(is_known)
            && let Some(gram) = rest.get(next)
        {
            if self.is_at(bytes, (from + next) * STRIDE, u32::from_le_bytes(*gram)) {
                return true;
            }
            from += next + 1;
        }
        false
    }

    fn is_at(&self, text: &[u8], at: usize, gram: u32) -> bool {
        let (word, _) = place(gram);
        let start = |word: usize| self.starts.get(word).map_or(0, |at| *at as usize);
        let spots = self.spots.get(start(word)..start(word + 1));
        let spots = spots.unwrap_or_default().iter();
        let mut spots = spots.filter(|spot| spot.gram == gram);
        spots.any(|spot| {
            let piece = self.pieces.get(usize::from(spot.piece));
            let piece = piece.map(String::as_bytes);
            let start = at.checked_sub(usize::from(spot.before));
            let rest = start.and_then(|start| text.get(start..));
            work::steps(1);
            piece
                .zip(rest)
                .is_some_and(|(piece, rest)| rest.starts_with(piece))
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
    let hash = (gram.wrapping_mul(0x9E37_79B1) >> 16) as usize;
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
        let sieve = Sieve::of(pieces.map(str::to_owned).to_vec());
        for piece in pieces {
            for before in 0..9 {
                let text = format!("{}{piece} and more", "x".repeat(before));
                assert!(sieve.is_in(&text), "{text}");
                let cut = piece.char_indices().next_back().unwrap().0;
                let text = format!("{}{}", "x".repeat(before), piece.get(..cut).unwrap());
                assert!(!sieve.is_in(&text), "{text}");
            }
        }
        assert!(!sieve.is_in(""));
        assert!(!Sieve::of(Vec::new()).is_in("anything"));
    }
}
