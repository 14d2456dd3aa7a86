//! Matches patterns against the tokens of one sentence.
//!
//! Never fails; its time is bounded by patterns times tokens, because what a definition matches at
//! a place is remembered.

use crate::reader::answer::grammar::{self, Bits, Builtin, Shapes};
use crate::reader::answer::interner::{Id, UNKNOWN};
use crate::reader::answer::laid::beginnings::Standing;
use crate::reader::answer::laid::step::{Packed, Step};
use crate::reader::answer::laid::{Choice, Laid, Part};
use crate::reader::answer::lexer::Shape;
use crate::reader::answer::tables::Language;
use crate::reader::hash::TableMap;
use crate::reader::work;
use std::cell::RefCell;

/// One token as the matcher sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub id: Id,
    pub shape: Shape,
    /// It may be a name; told only where the sentence is explained.
    pub named: bool,
}

/// A stretch of tokens that is a date or span, or a known name.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    pub start: usize,
    pub end: usize,
    pub what: Builtin,
}

/// Where patterns can end: bit `n` for `n` tokens further on. No phrase is longer than that.
pub type Ends = u128;

/// The end behind one token.
const ONE: Ends = 1 << 1;

/// Every place in `ends`, counted from `start`.
pub fn places(start: usize, ends: Ends) -> impl Iterator<Item = usize> {
    let mut rest = ends;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(start + bit)
    })
}

/// The same places counted from so many tokens before; those too far off are none.
fn shifted(ends: Ends, by: usize) -> Ends {
    match u32::try_from(by) {
        Ok(by) => ends.checked_shl(by).unwrap_or(0),
        Err(_) => 0,
    }
}

/// The bits of a word, with its accents and without.
pub fn bits(language: &Language, id: Id) -> Bits {
    grammar::bit(id) | language.unaccented.get(&id).copied().unwrap_or(0)
}

/// What patterns can name of a token by its characters alone.
pub fn shapes(shape: Shape) -> Shapes {
    match shape {
        Shape::Number(_) => Builtin::Number.bit(),
        Shape::Time => Builtin::Time.bit(),
        Shape::Phone => Builtin::Phone.bit(),
        Shape::Link => Builtin::Link.bit(),
        Shape::Mail => Builtin::Mail.bit(),
        Shape::Word | Shape::Sign | Shape::Strange | Shape::Date { .. } => 0,
    }
}

/// Matches patterns against one sentence.
pub struct Matcher<'a> {
    patterns: &'a Laid,
    tokens: &'a [Seen],
    stretches: &'a [Stretch],
    /// By place, and behind the last one.
    standing: Vec<Standing>,
    /// By place and definition: what was found there before. Without it, brackets in brackets
    /// would be tried again and again.
    known: RefCell<TableMap<u32, Ends>>,
}

impl<'a> Matcher<'a> {
    pub fn new(language: &'a Language, tokens: &'a [Seen], stretches: &'a [Stretch]) -> Self {
        let nothing = Standing {
            id: UNKNOWN,
            bit: grammar::bit(UNKNOWN),
            next: grammar::bit(UNKNOWN),
            shapes: 0,
            ahead: 0,
        };
        let mut standing = vec![nothing; tokens.len() + 1];
        let mut behind = nothing;
        for (here, seen) in standing.iter_mut().zip(tokens).rev() {
            *here = Standing {
                id: seen.id,
                bit: grammar::bit(seen.id),
                next: behind.bit,
                shapes: shapes(seen.shape),
                ahead: behind.ahead | bits(language, seen.id),
            };
            behind = *here;
        }
        for stretch in stretches {
            if let Some(here) = standing.get_mut(stretch.start) {
                here.shapes |= stretch.what.bit();
            }
        }
        Matcher {
            patterns: &language.patterns,
            tokens,
            stretches,
            standing,
            known: RefCell::default(),
        }
    }

    /// What stands at this place.
    pub fn standing(&self, at: usize) -> Standing {
        let here = self.standing.get(at).or(self.standing.last());
        here.copied().unwrap_or_default()
    }

    /// Every place where the row can end when it starts at `start`.
    pub fn ends(&self, row: Part, start: usize) -> Ends {
        // As long as there is one way on, which there is in most rows to the end, it is a place.
        let mut rest = self.patterns.row(row);
        let mut at = start;
        while let [first, behind @ ..] = rest {
            work::steps(1);
            rest = behind;
            let step = self.patterns.step(*first);
            if let Step::Word(exact, plain) = step {
                match self.tokens.get(at) {
                    Some(token) if token.id == exact || token.id == plain => at += 1,
                    _ => return 0,
                }
                continue;
            }
            let ends = self.step(step, at);
            if ends & ends.wrapping_sub(1) != 0 {
                return self.ends_of_several(rest, start, shifted(ends, at - start));
            }
            if ends == 0 {
                return 0;
            }
            at += ends.trailing_zeros() as usize;
        }
        shifted(1, at - start)
    }

    /// Every place where these steps can end when they start at the places `at`, all counted from `start`.
    #[inline(never)]
    fn ends_of_several(&self, steps: &[Packed], start: usize, mut at: Ends) -> Ends {
        for step in steps {
            work::steps(1);
            let step = self.patterns.step(*step);
            let mut next: Ends = 0;
            for place in places(0, at) {
                next |= shifted(self.step(step, start + place), place);
            }
            if next == 0 {
                return 0;
            }
            at = next;
        }
        at
    }

    #[inline]
    fn step(&self, step: Step, position: usize) -> Ends {
        match step {
            Step::Word(exact, plain) => match self.tokens.get(position) {
                Some(token) if token.id == exact || token.id == plain => ONE,
                _ => 0,
            },
            Step::MaybeWord(id) => match self.tokens.get(position) {
                Some(token) if token.id == id => 1 | ONE,
                _ => 1,
            },
            Step::Maybe(choice) => 1 | self.choice(choice, position),
            Step::Any(choice) => self.choice(choice, position),
            Step::Define(index) => self.define(index, position),
            Step::Builtin(builtin) => self.builtin(builtin, position),
            Step::Never => 0,
        }
    }

    /// Most choices are told by a look at what stands there.
    #[inline]
    fn choice(&self, choice: u32, position: usize) -> Ends {
        let here = self.standing.get(position).or(self.standing.last());
        match (here, self.patterns.choice(choice)) {
            (Some(here), Some(choice)) if choice.may_begin(here) => {
                self.chosen(choice, here, position)
            }
            _ => 0,
        }
    }

    #[inline(never)]
    fn chosen(&self, choice: &Choice, here: &Standing, position: usize) -> Ends {
        let word = match self.patterns.is_word(choice, here.id) {
            true => ONE,
            false => 0,
        };
        let rows = self.patterns.begun_by(choice, here.id);
        rows.fold(word, |ends, row| ends | self.ends(row, position))
    }

    #[inline(never)]
    fn define(&self, index: u32, position: usize) -> Ends {
        let here = self.standing(position);
        let define = self.patterns.define(index);
        let Some(define) = define.filter(|define| define.may_begin(here)) else {
            return 0;
        };
        let word = if define.is_word(here.id) { ONE } else { 0 };
        let mut begun = define.begun_by(here).peekable();
        // Nothing else of most definitions begins here, which is told as soon as looked up.
        if begun.peek().is_none() {
            return word;
        }
        let slot = position * self.patterns.defines() + index as usize;
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        if let Some(ends) = self.known.borrow().get(&slot) {
            return *ends;
        }
        let ends = begun.fold(word, |ends, row| ends | self.ends(row, position));
        self.known.borrow_mut().insert(slot, ends);
        ends
    }

    #[inline(never)]
    fn builtin(&self, builtin: Builtin, position: usize) -> Ends {
        let token = self.tokens.get(position);
        let hit = token.is_some_and(|token| shapes(token.shape) & builtin.bit() != 0);
        let mut ends = if hit { ONE } else { 0 };
        for stretch in self.stretches {
            if stretch.what == builtin && stretch.start == position {
                let length = u32::try_from(stretch.end - stretch.start).unwrap_or(u32::MAX);
                ends |= (1 as Ends).checked_shl(length).unwrap_or(0);
            }
        }
        ends
    }
}
