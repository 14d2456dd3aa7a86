//! Where our mail has which three words one after another.
//!
//! Fails by knowing fewer places: of words that our mail repeats without end only the first count.

use crate::reader::quote::align::spelling::Word;
use crate::reader::work;

/// Places of one triple that are tried.
const MAX_PLACES: usize = 8;
/// Triples in one bucket of the index: whoever makes more of them fall together finds less.
const MAX_BUCKET: usize = 64;

/// The places of our mail's triples of words, in chains by hash.
pub(super) struct Index {
    /// First place of each bucket's chain, plus one; a power of two of them.
    heads: Vec<u32>,
    places: Vec<Place>,
}

/// A triple, and the next place in the same chain, plus one.
struct Place {
    triple: u64,
    next: u32,
}

/// Two hashes as one that tells their order.
pub(super) fn both(a: u64, b: u64) -> u64 {
    (a.rotate_left(21) ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

pub(super) fn triple(words: &[Word]) -> Option<u64> {
    match words {
        [a, b, c, ..] => Some(both(both(a.hash, b.hash), c.hash)),
        _ => None,
    }
}

impl Index {
    pub(super) fn of(words: &[Word]) -> Index {
        let places: Vec<Place> = words
            .windows(3)
            .filter_map(triple)
            .map(|triple| Place { triple, next: 0 })
            .collect();
        let mut index = Index {
            heads: vec![0; (2 * places.len()).next_power_of_two()],
            places,
        };
        for at in 0..index.places.len() {
            index.add(at);
        }
        index
    }

    fn bucket(&self, triple: u64) -> usize {
        // The upper half is mixed best.
        (triple >> 32) as usize & (self.heads.len() - 1)
    }

    fn add(&mut self, at: usize) {
        let Some(triple) = self.places.get(at).map(|place| place.triple) else {
            return;
        };
        let bucket = self.bucket(triple);
        let (mut last, mut same, mut length) = (None, 0, 0);
        for (at, place) in self.chain(bucket) {
            work::steps(1);
            last = Some(at);
            same += usize::from(place.triple == triple);
            length += 1;
        }
        if same >= MAX_PLACES || length >= MAX_BUCKET {
            return;
        }
        let slot = match last {
            Some(at) => self.places.get_mut(at).map(|place| &mut place.next),
            None => self.heads.get_mut(bucket),
        };
        if let Some(slot) = slot {
            *slot = u32::try_from(at + 1).unwrap_or(0);
        }
    }

    fn chain(&self, bucket: usize) -> impl Iterator<Item = (usize, &Place)> + '_ {
        let mut next = self.heads.get(bucket).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            let at = (next as usize).checked_sub(1)?;
            let place = self.places.get(at)?;
            next = place.next;
            Some((at, place))
        })
    }

    /// Where this triple stands in our mail, in order.
    pub(super) fn places(&self, triple: u64) -> impl Iterator<Item = usize> + '_ {
        self.chain(self.bucket(triple))
            .filter(move |(_, place)| place.triple == triple)
            .map(|(at, _)| at)
    }
}
