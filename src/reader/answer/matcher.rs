//! Matches patterns against the tokens of one sentence.
//!
//! Never fails; its time is bounded by patterns times tokens, because what a definition matches at
//! a place is remembered.

use crate::reader::answer::grammar::{self, Bits, Builtin, Define, Id, IdMap, Node, UNKNOWN};
use crate::reader::answer::lexer::Shape;
use crate::reader::answer::tables::Language;
use crate::reader::work;
use std::cell::RefCell;

/// One token as the matcher sees it.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub id: Id,
    pub shape: Shape,
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

/// Every place in `ends`, counted from `start`.
pub fn places(start: usize, ends: Ends) -> impl Iterator<Item = usize> {
    let mut rest = ends;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(start + bit)
    })
}

/// Matches patterns against one sentence.
pub struct Matcher<'a> {
    defines: &'a [Define],
    tokens: &'a [Seen],
    stretches: &'a [Stretch],
    /// By place: the words from there on.
    ahead: Vec<Bits>,
    /// By place and definition: what was found there before. Without it, brackets in brackets
    /// would be tried again and again.
    known: RefCell<IdMap<Ends>>,
}

impl<'a> Matcher<'a> {
    pub fn new(language: &'a Language, tokens: &'a [Seen], stretches: &'a [Stretch]) -> Self {
        let plain = |id: &Id| language.unaccented.get(id).copied().unwrap_or(0);
        let word = |t: &Seen| grammar::bit(t.id) | plain(&t.id);
        let mut ahead: Vec<Bits> = tokens.iter().map(word).collect();
        let mut all = 0;
        for bits in ahead.iter_mut().rev() {
            all |= *bits;
            *bits = all;
        }
        Matcher {
            defines: &language.defines,
            tokens,
            stretches,
            ahead,
            known: RefCell::default(),
        }
    }

    /// The words at `start` and behind it.
    pub fn ahead(&self, start: usize) -> Bits {
        self.ahead.get(start).copied().unwrap_or(0)
    }

    /// Every place where the row of nodes can end when it starts at `start`.
    pub fn ends(&self, nodes: &[Node], start: usize) -> Ends {
        // The words that most rows begin with stand where they stand, or the row does not match.
        let mut rest = nodes;
        let mut words = 0;
        while let [Node::Word(exact, plain), behind @ ..] = rest {
            work::steps(1);
            match self.tokens.get(start + words) {
                Some(token) if token.id == *exact || token.id == *plain => words += 1,
                _ => return 0,
            }
            rest = behind;
        }
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        let mut at = (1 as Ends).checked_shl(words).unwrap_or(0);
        for node in rest {
            work::steps(1);
            let mut next: Ends = 0;
            let mut rest = at;
            while rest != 0 {
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                next |= self.step(node, start + bit as usize) << bit;
            }
            if next == 0 {
                return 0;
            }
            at = next;
        }
        at
    }

    fn step(&self, node: &Node, position: usize) -> Ends {
        match node {
            Node::Word(exact, plain) => match self.tokens.get(position) {
                Some(token) if token.id == *exact || token.id == *plain => 1 << 1,
                _ => 0,
            },
            Node::Maybe(inner) => 1 | self.ends(inner, position),
            Node::Any(choice) => choice
                .begun_by(self.tokens.get(position).map(|token| token.id))
                .fold(0, |ends, nodes| ends | self.ends(nodes, position)),
            Node::Define(index) => self.define(*index, position),
            Node::Builtin(builtin) => self.builtin(*builtin, position),
        }
    }

    fn define(&self, index: usize, position: usize) -> Ends {
        let slot = u32::try_from(position * self.defines.len() + index).unwrap_or(u32::MAX);
        if let Some(ends) = self.known.borrow().get(&slot) {
            return *ends;
        }
        let Some(define) = self.defines.get(index) else {
            return 0;
        };
        let id = self.tokens.get(position).map_or(UNKNOWN, |t| t.id);
        let ahead = self.ahead(position);
        let begun = define.by_first.get(&id).into_iter().flatten();
        let shaped: &[usize] = match self.is_shaped(position) {
            true => &define.by_shape,
            false => &[],
        };
        let ends = begun
            .chain(shaped)
            .chain(&define.empty)
            .filter(|at| {
                let needs = define.needs.get(**at).copied().unwrap_or(0);
                needs & !ahead == 0
            })
            .filter_map(|at| define.any.get(*at))
            .fold(0, |ends, nodes| ends | self.ends(nodes, position));
        self.known.borrow_mut().insert(slot, ends);
        ends
    }

    /// Whether something other than a plain word stands or begins here.
    pub fn is_shaped(&self, position: usize) -> bool {
        let plain = |t: &Seen| matches!(t.shape, Shape::Word | Shape::Sign);
        !self.tokens.get(position).is_none_or(plain)
            || self.stretches.iter().any(|s| s.start == position)
    }

    fn builtin(&self, builtin: Builtin, position: usize) -> Ends {
        let shape = self.tokens.get(position).map(|t| t.shape);
        let hit = match builtin {
            Builtin::Number => matches!(shape, Some(Shape::Number(_))),
            Builtin::Time => shape == Some(Shape::Time),
            Builtin::Phone => shape == Some(Shape::Phone),
            Builtin::Link => shape == Some(Shape::Link),
            Builtin::Mail => shape == Some(Shape::Mail),
            _ => false,
        };
        let mut ends = if hit { 1 << 1 } else { 0 };
        for stretch in self.stretches {
            if stretch.what == builtin && stretch.start == position {
                let length = u32::try_from(stretch.end - stretch.start).unwrap_or(u32::MAX);
                ends |= (1 as Ends).checked_shl(length).unwrap_or(0);
            }
        }
        ends
    }
}
