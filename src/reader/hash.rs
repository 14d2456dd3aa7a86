//! Hashes for tables whose keys are all our own: quick, and not made to withstand chosen keys.
//!
//! Fails by being slow: a table that takes in what others write must not use it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Eight bytes at a time, mixed by multiplication.
#[derive(Clone, Copy, Default)]
pub struct TableHasher(u64);

impl TableHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for TableHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let rest = rest.iter().fold(0, |all, b| all << 8 | u64::from(*b));
        self.add(rest);
    }

    fn write_u8(&mut self, byte: u8) {
        // What a string writes behind its bytes; tables hold only strings, so it tells nothing.
        let _ = byte;
    }

    fn write_u32(&mut self, number: u32) {
        self.add(u64::from(number));
    }
}

pub type TableMap<K, V> = HashMap<K, V, BuildHasherDefault<TableHasher>>;
pub type TableSet<K> = HashSet<K, BuildHasherDefault<TableHasher>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_part() {
        let hash = |word: &str| {
            let mut hasher = TableHasher::default();
            hasher.write(word.as_bytes());
            hasher.finish()
        };
        let words = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "yes",
            "yesyesye",
            "yesyesyes",
            "best wishes",
        ];
        let all: HashSet<u64> = words.iter().map(|w| hash(w)).collect();
        assert_eq!(all.len(), words.len());
    }
}
