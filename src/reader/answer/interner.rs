//! Numbers for the words of all tables, in little memory: their letters lie in one text, and what is looked
//! through for a word are numbers beside one another.
//!
//! Never fails: a word that no table has is [`UNKNOWN`], and so would be those of a table beyond a million.

use crate::reader::hash::TableHasher;
use std::hash::Hasher;

/// A word's number. Words that no table knows share [`UNKNOWN`].
pub type Id = u32;
pub const UNKNOWN: Id = 0;

/// Slots for two words, at least: a look for an unknown word soon ends.
const SLOTS_A_WORD: usize = 2;
/// Bits of a slot that are the word's number; the tables have some twenty thousand words.
const ID_BITS: u32 = 20;
const ID: u32 = (1 << ID_BITS) - 1;

#[derive(Default)]
pub struct Interner {
    text: String,
    /// Where the words end in it, in the order of their numbers, which begin with 1.
    ends: Vec<u32>,
    /// Beginning at a word's hash: the number and some bits of the hash of each word that has it.
    slots: Vec<Slot>,
}

/// A word's number, and the bits of its hash above it.
#[derive(Clone, Copy, Default)]
struct Slot(u32);

impl Slot {
    fn of(id: Id, hash: u64) -> Slot {
        Slot(hash as u32 & !ID | id & ID)
    }

    fn id(self) -> Id {
        self.0 & ID
    }

    /// Whether it may be that of a word with this hash.
    fn fits(self, hash: u64) -> bool {
        (self.0 ^ hash as u32) & !ID == 0
    }
}

/// A set of a few hundred words that errs only towards having them.
#[derive(Default)]
pub struct Few([u64; FEW]);

/// So that of the other words one in ten is taken for one of them.
const FEW: usize = 32;

impl Few {
    pub fn of(ids: impl Iterator<Item = Id>) -> Few {
        let mut few = Few::default();
        for id in ids {
            let (at, bit) = Few::place(id);
            if let Some(bits) = few.0.get_mut(at) {
                *bits |= bit;
            }
        }
        few
    }

    pub fn may_have(&self, id: Id) -> bool {
        let (at, bit) = Few::place(id);
        self.0.get(at).is_some_and(|bits| bits & bit != 0)
    }

    fn place(id: Id) -> (usize, u64) {
        let at = (id / u64::BITS) as usize % FEW;
        (at, 1 << (id % u64::BITS))
    }
}

fn hash(word: &str) -> u64 {
    let mut hasher = TableHasher::default();
    hasher.write(word.as_bytes());
    hasher.finish()
}

impl Interner {
    pub fn intern(&mut self, word: &str) -> Id {
        let hash = hash(word);
        let known = self.find(word, hash);
        if known != UNKNOWN {
            return known;
        }
        if self.len() >= ID as usize {
            return UNKNOWN;
        }
        if (self.len() + 1) * SLOTS_A_WORD > self.slots.len() {
            self.grow();
        }
        self.text.push_str(word);
        self.ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        let id = Id::try_from(self.len()).unwrap_or(Id::MAX);
        self.put(Slot::of(id, hash), hash);
        id
    }

    pub fn get(&self, word: &str) -> Id {
        self.find(word, hash(word))
    }

    /// Its letters.
    pub fn word(&self, id: Id) -> &str {
        let end = |at: Option<usize>| at.and_then(|at| self.ends.get(at)).map(|end| *end as usize);
        let id = id as usize;
        let start = end(id.checked_sub(2)).unwrap_or(0);
        let end = end(id.checked_sub(1)).unwrap_or(0);
        self.text.get(start..end).unwrap_or_default()
    }

    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = (&str, Id)> {
        let ids = (1..).take(self.len());
        ids.map(|id| (self.word(id), id))
    }

    /// How many words there are; their numbers go from 1 to this.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Nothing more will be added.
    pub fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn find(&self, word: &str, hash: u64) -> Id {
        for slot in self.row(hash) {
            if slot.id() == UNKNOWN {
                break;
            }
            if slot.fits(hash) && self.word(slot.id()) == word {
                return slot.id();
            }
        }
        UNKNOWN
    }

    /// The slots from this hash on, all of them once.
    fn row(&self, hash: u64) -> impl Iterator<Item = &Slot> {
        let (behind, from) = self
            .slots
            .split_at_checked(self.place(hash))
            .unwrap_or_default();
        from.iter().chain(behind)
    }

    /// The upper half is mixed best.
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.slots.len().saturating_sub(1)
    }

    fn put(&mut self, new: Slot, hash: u64) {
        let at = self.place(hash);
        let (behind, from) = self.slots.split_at_mut_checked(at).unwrap_or_default();
        let mut row = from.iter_mut().chain(behind);
        if let Some(slot) = row.find(|slot| slot.id() == UNKNOWN) {
            *slot = new;
        }
    }

    fn grow(&mut self) {
        let slots = (SLOTS_A_WORD * (self.len() + 1) + 1).next_power_of_two();
        self.slots = vec![Slot::default(); slots];
        for id in (1..).take(self.len()) {
            let hash = hash(self.word(id));
            self.put(Slot::of(id, hash), hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_number_and_keeps_it() {
        let mut interner = Interner::default();
        assert_eq!(interner.get("yes"), UNKNOWN);
        let words: Vec<String> = (0..1_000).map(|n| format!("w{n}")).collect();
        for (word, id) in words.iter().zip(1..) {
            assert_eq!(interner.intern(word), id);
            assert_eq!(interner.intern(word), id);
        }
        for (word, id) in words.iter().zip(1..) {
            assert_eq!((interner.get(word), interner.word(id)), (id, word.as_str()));
        }
        assert_eq!(interner.iter().map(|(w, _)| w).collect::<Vec<_>>(), words);
        assert_eq!(
            (interner.get("w1000"), interner.get("")),
            (UNKNOWN, UNKNOWN)
        );
        assert_eq!((interner.word(UNKNOWN), interner.word(9_999)), ("", ""));
    }
}
