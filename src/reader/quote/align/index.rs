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

/// The hashes of three words as one; words that it does not tell apart are compared themselves.
pub(super) fn triple([a, b, c]: &[Word; 3]) -> u64 {
    let all = a.hash.rotate_left(42) ^ b.hash.rotate_left(21) ^ c.hash;
    all.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Of a number of buckets that is a power of two, less one.
fn bucket(triple: u64, last: usize) -> usize {
    // The upper half is mixed best.
    (triple >> 32) as usize & last
}

impl Index {
    pub(super) fn of(words: &[Word]) -> Index {
        let mut index = Index::empty(words);
        // From the end, so that the first place of a chain is the first one in the mail.
        let mut lengths = vec![0u8; index.heads.len()];
        let mut longest = 0;
        let buckets = index.heads.len() - 1;
        for (at, place) in index.places.iter_mut().enumerate().rev() {
            let bucket = bucket(place.triple, buckets);
            let (Some(head), Some(length)) = (index.heads.get_mut(bucket), lengths.get_mut(bucket))
            else {
                continue;
            };
            place.next = std::mem::replace(head, at as u32 + 1);
            *length = length.saturating_add(1);
            longest = longest.max(*length);
        }
        // No text but one that repeats itself: only then it matters which places are left out.
        match usize::from(longest) <= MAX_PLACES.min(MAX_BUCKET) {
            true => index,
            false => Index::limited(words),
        }
    }

    fn empty(words: &[Word]) -> Index {
        let place = |triple| Place { triple, next: 0 };
        let mut places = Vec::with_capacity(words.len());
        places.extend(words.array_windows().map(triple).map(place));
        Index {
            heads: vec![0; (2 * places.len()).next_power_of_two()],
            places,
        }
    }

    /// With as many places of a triple, and in a bucket, as are tried.
    fn limited(words: &[Word]) -> Index {
        let mut index = Index::empty(words);
        for at in 0..index.places.len() {
            index.add(at);
        }
        index
    }

    fn bucket(&self, triple: u64) -> usize {
        bucket(triple, self.heads.len() - 1)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(hashes: &[u64]) -> Vec<Word> {
        let word = |hash: &u64| Word {
            hash: *hash,
            line: 0,
            start: 0,
            end: 0,
        };
        hashes.iter().map(word).collect()
    }

    #[test]
    fn places_are_in_order_and_no_more_than_are_tried() {
        let ours = words(&[1, 2, 3, 4, 1, 2, 3, 5, 9, 1, 2, 3]);
        let places = |ours: &[Word], at: usize| {
            let index = Index::of(ours);
            let triple = ours[at..].first_chunk().map(triple).unwrap();
            index.places(triple).collect::<Vec<_>>()
        };
        assert_eq!(places(&ours, 0), [0, 4, 9]);
        assert_eq!(places(&ours, 3), [3]);
        let same = words(&[7; 100]);
        assert_eq!(places(&same, 50), (0..MAX_PLACES).collect::<Vec<_>>());
        assert_eq!(Index::of(&[]).places(5).count(), 0);
    }
}
