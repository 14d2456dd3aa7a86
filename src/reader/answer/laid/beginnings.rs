//! The rules of a language by the words that they can begin with.
//!
//! Never fails: what no rule begins with has none.

use crate::reader::answer::grammar::{Bits, Defined, First, Node, Shapes, needs};
use crate::reader::answer::interner::Id;
use crate::reader::answer::laid::{Part, part};

/// What tells at a look that a row cannot match. In halves, so that what stands beside it needs no gap.
#[derive(Clone, Copy)]
pub struct Needs {
    /// Words without which it cannot.
    all: [u32; 2],
    /// Words one of which must stand second.
    second: [u32; 2],
    /// Words one of which must stand somewhere behind.
    some: [u32; 2],
}

fn halves(bits: Bits) -> [u32; 2] {
    [bits as u32, (bits >> 32) as u32]
}

fn whole([low, high]: [u32; 2]) -> Bits {
    u64::from(high) << 32 | u64::from(low)
}

impl Needs {
    pub fn of(nodes: &[Node], defines: &[Defined]) -> Needs {
        Needs {
            all: halves(needs::needs(nodes, defines)),
            second: halves(needs::second(nodes, defines)),
            some: halves(needs::some_beside(nodes, defines)),
        }
    }

    pub fn are_met(self, here: Standing) -> bool {
        whole(self.second) & here.next != 0 && self.may_be_met(here.ahead)
    }

    /// Whether all words that it needs are among these.
    fn may_be_met(self, words: Bits) -> bool {
        whole(self.all) & !words == 0 && whole(self.some) & words != 0
    }
}

/// A place in a list of rows, and the shapes that the row there can begin with.
pub type Shaped = (u32, Shapes);

/// The places of those rows that one of these shapes can begin.
pub fn shaped(all: &[Shaped], shapes: Shapes) -> impl Iterator<Item = &u32> {
    // Of most words there is none.
    let all = if shapes == 0 { &[] } else { all };
    let begun = all.iter().filter(move |(_, begins)| begins & shapes != 0);
    begun.map(|(at, _)| at)
}

/// Numbers of rules by what they begin with.
#[derive(Default)]
pub struct Beginnings {
    by_first: Vec<Begun>,
    /// Places among the rules, those that begin with one word beside one another.
    begun: Vec<u32>,
    /// Rules that can begin with a number, a link, a date.
    by_shape: Vec<Shaped>,
    /// All of their shapes.
    shapes: Shapes,
    /// How many of these, the first ones, may take a consent back.
    denials_by_shape: usize,
    denial_shapes: Shapes,
    rules: Vec<Beginning>,
}

/// A word, and where the rules that it begins start; first come those that may take a consent back. In the order
/// of the words.
#[derive(Clone, Copy)]
struct Begun {
    id: Id,
    start: u32,
    denials_end: u32,
}

/// A rule, and what tells at a look that it cannot match, as most are told.
#[derive(Clone, Copy)]
pub struct Beginning {
    index: u32,
    needs: Needs,
}

impl Beginning {
    pub fn of(index: usize, needs: Needs) -> Beginning {
        Beginning {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            needs,
        }
    }

    fn index(&self) -> usize {
        self.index as usize
    }
}

/// What stands at a place of a sentence.
#[derive(Clone, Copy, Default)]
pub struct Standing {
    pub id: Id,
    pub bit: Bits,
    /// The word behind it.
    pub next: Bits,
    /// What stands there beside a word.
    pub shapes: Shapes,
    /// The words from there on.
    pub ahead: Bits,
}

impl Beginnings {
    /// Rules that can begin with what stands there and need no others than those from there on.
    pub fn at(&self, here: Standing) -> impl Iterator<Item = usize> + '_ {
        let by_first = self
            .place(here.id)
            .map_or(Part::default(), |at| self.begun_by(at));
        self.met(by_first, &self.by_shape, here)
    }

    /// Those of them that may take a consent back.
    pub fn denials_at(&self, here: Standing) -> impl Iterator<Item = usize> + '_ {
        self.met(self.denials_by(here.id), self.denials_by_shape(), here)
    }

    /// Whether one that may take a consent back and counts can begin with this, where only these words stand beside it.
    pub fn may_deny(
        &self,
        (id, shapes): (Id, Shapes),
        words: Bits,
        counts: impl Fn(usize) -> bool,
    ) -> bool {
        let by_first = self.denials_by(id).of(&self.begun);
        let by_shape = shaped(self.denials_by_shape(), shapes);
        let rules = self.rules(by_first.iter().chain(by_shape));
        let mut rules = rules.filter(|begun| begun.needs.may_be_met(words));
        rules.any(|begun| counts(begun.index()))
    }

    /// The shapes that one which may take a consent back can begin with.
    pub fn denial_shapes(&self) -> Shapes {
        self.denial_shapes
    }

    /// The words that such a rule begins with.
    pub fn denial_words(&self) -> impl Iterator<Item = Id> {
        let denying = |begun: &&Begun| begun.denials_end > begun.start;
        self.by_first.iter().filter(denying).map(|begun| begun.id)
    }

    /// The shapes that a rule can begin with.
    pub fn shapes(&self) -> Shapes {
        self.shapes
    }

    /// Whether a rule can begin with this word.
    pub fn may_begin(&self, id: Id) -> bool {
        self.place(id).is_some()
    }

    fn met<'b>(
        &'b self,
        by_first: Part,
        by_shape: &'b [Shaped],
        here: Standing,
    ) -> impl Iterator<Item = usize> + 'b {
        let by_first = by_first.of(&self.begun).iter();
        let both = self.rules(by_first.chain(shaped(by_shape, here.shapes)));
        both.filter(move |begun| begun.needs.are_met(here))
            .map(Beginning::index)
    }

    fn rules<'b>(
        &'b self,
        places: impl Iterator<Item = &'b u32>,
    ) -> impl Iterator<Item = &'b Beginning> {
        places.filter_map(|at| self.rules.get(*at as usize))
    }

    fn denials_by_shape(&self) -> &[Shaped] {
        self.by_shape
            .get(..self.denials_by_shape)
            .unwrap_or_default()
    }

    fn place(&self, id: Id) -> Option<usize> {
        self.by_first
            .binary_search_by_key(&id, |begun| begun.id)
            .ok()
    }

    /// The rules of the word at this place of the list.
    fn begun_by(&self, at: usize) -> Part {
        let start = |at: usize| self.by_first.get(at).map(|begun| begun.start as usize);
        let end = start(at + 1).unwrap_or(self.begun.len());
        part(start(at).unwrap_or(end), end)
    }

    /// Those of them that may take a consent back.
    fn denials_by(&self, id: Id) -> Part {
        let begun = self.place(id).and_then(|at| self.by_first.get(at));
        begun.map_or(Part::default(), |begun| Part {
            start: begun.start,
            end: begun.denials_end,
        })
    }

    /// Every word that a rule begins with, and the numbers of those rules.
    pub fn iter(&self) -> impl Iterator<Item = (Id, impl Iterator<Item = usize> + '_)> {
        let rules = |at: usize| self.rules(self.begun_by(at).of(&self.begun).iter());
        let words = self.by_first.iter().enumerate();
        words.map(move |(at, begun)| (begun.id, rules(at).map(Beginning::index)))
    }
}

/// Beginnings while rules are added.
#[derive(Default)]
pub struct Gathered {
    by_first: Vec<(Id, u32)>,
    by_shape: Vec<Shaped>,
    rules: Vec<Beginning>,
    /// By rule: whether it may take a consent back.
    denies: Vec<bool>,
}

impl Gathered {
    pub fn add(&mut self, begun: Beginning, first: &First, denies: bool) {
        let at = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.push(begun);
        self.denies.push(denies);
        self.by_first.extend(first.ids.iter().map(|id| (*id, at)));
        if first.shapes != 0 {
            self.by_shape.push((at, first.shapes));
        }
    }

    pub fn sorted(mut self) -> Beginnings {
        let allows = |at: &u32| !self.denies.get(*at as usize).is_some_and(|denies| *denies);
        // Otherwise the rules of a word stay in their order.
        self.by_first.sort_by_key(|(id, at)| (*id, allows(at)));
        self.by_shape.sort_by_key(|(at, _)| allows(at));
        self.by_shape.shrink_to_fit();
        self.rules.shrink_to_fit();
        let mut by_first = Vec::new();
        let mut start = 0;
        for same in self.by_first.chunk_by(|a, b| a.0 == b.0) {
            if let Some((id, _)) = same.first() {
                let denials = same.partition_point(|(_, at)| !allows(at));
                let denials = part(start, start + denials);
                by_first.push(Begun {
                    id: *id,
                    start: denials.start,
                    denials_end: denials.end,
                });
            }
            start += same.len();
        }
        by_first.shrink_to_fit();
        let all = |rules: &[Shaped]| rules.iter().fold(0, |all, (_, shapes)| all | shapes);
        let denials = self.by_shape.partition_point(|(at, _)| !allows(at));
        Beginnings {
            by_first,
            begun: self.by_first.iter().map(|(_, at)| *at).collect(),
            denials_by_shape: denials,
            denial_shapes: all(self.by_shape.get(..denials).unwrap_or_default()),
            shapes: all(&self.by_shape),
            by_shape: self.by_shape,
            rules: self.rules,
        }
    }
}
