//! One step of a row in four octets: what it is in the upper three bits, and a number.
//!
//! Never fails: a number too large for the rest of the bits, which no table has, matches nothing.

use crate::reader::answer::grammar::{self, Builtin};
use crate::reader::answer::interner::Id;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// As written, and without its accents.
    Word(Id, Id),
    /// A word without accents, or nothing.
    MaybeWord(Id),
    /// One of several rows: the number of a choice.
    Any(u32),
    /// One of them, or nothing.
    Maybe(u32),
    Define(u32),
    Builtin(Builtin),
    /// Nothing matches it.
    Never,
}

/// Words with accents, and the same without.
#[derive(Default)]
pub struct Accents(Vec<(Id, Id)>);

#[derive(Clone, Copy, Debug)]
pub struct Packed(u32);

/// Where the number ends.
const NUMBER_BITS: u32 = 29;
const NUMBER: u32 = (1 << NUMBER_BITS) - 1;

const WORD: u32 = 0;
const ACCENTED: u32 = 1;
const MAYBE_WORD: u32 = 2;
const ANY: u32 = 3;
const MAYBE: u32 = 4;
const DEFINE: u32 = 5;
const BUILTIN: u32 = 6;
const NEVER: u32 = 7;

impl Packed {
    pub fn of(step: Step, accents: &mut Accents) -> Packed {
        let (kind, number) = match step {
            Step::Word(exact, plain) if exact == plain => (WORD, exact),
            Step::Word(exact, plain) => (ACCENTED, accents.number(exact, plain)),
            Step::MaybeWord(id) => (MAYBE_WORD, id),
            Step::Any(choice) => (ANY, choice),
            Step::Maybe(choice) => (MAYBE, choice),
            Step::Define(index) => (DEFINE, index),
            Step::Builtin(builtin) => (BUILTIN, builtin as u32),
            Step::Never => (NEVER, 0),
        };
        match number <= NUMBER {
            true => Packed(kind << NUMBER_BITS | number),
            false => Packed(NEVER << NUMBER_BITS),
        }
    }

    pub fn step(self, accents: &Accents) -> Step {
        let number = self.0 & NUMBER;
        match self.0 >> NUMBER_BITS {
            WORD => Step::Word(number, number),
            ACCENTED => match accents.0.get(number as usize) {
                Some((exact, plain)) => Step::Word(*exact, *plain),
                None => Step::Never,
            },
            MAYBE_WORD => Step::MaybeWord(number),
            ANY => Step::Any(number),
            MAYBE => Step::Maybe(number),
            DEFINE => Step::Define(number),
            BUILTIN => grammar::builtin(number).map_or(Step::Never, Step::Builtin),
            _ => Step::Never,
        }
    }
}

impl Accents {
    fn number(&mut self, exact: Id, plain: Id) -> u32 {
        // The same word again and again, as a rule: the last ones are looked at.
        const LOOKED_AT: usize = 64;
        let from = self.0.len().saturating_sub(LOOKED_AT);
        let last = self.0.get(from..).unwrap_or_default();
        let known = last.iter().position(|pair| *pair == (exact, plain));
        let at = known.map_or(self.0.len(), |at| from + at);
        if known.is_none() {
            self.0.push((exact, plain));
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub fn shrink(&mut self) {
        self.0.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_unpacked_as_it_was() {
        let mut accents = Accents::default();
        let steps = [
            Step::Word(7, 7),
            Step::Word(7, 8),
            Step::Word(9, 8),
            Step::Word(7, 8),
            Step::MaybeWord(3),
            Step::Any(0),
            Step::Maybe(NUMBER),
            Step::Define(5),
            Step::Builtin(Builtin::Number),
            Step::Builtin(Builtin::Name),
            Step::Never,
        ];
        for step in steps {
            let packed = Packed::of(step, &mut accents);
            assert_eq!(packed.step(&accents), step);
        }
        assert_eq!(accents.0, [(7, 8), (9, 8)]);
        let large = Packed::of(Step::Any(NUMBER + 1), &mut accents);
        assert_eq!(large.step(&accents), Step::Never);
    }
}
