//! The rules of a language by the words that they can begin with.
//!
//! Never fails: what no rule begins with has none.

use crate::reader::answer::grammar::{self, Bits, Defined, First, Node};
use crate::reader::answer::interner::Id;
use crate::reader::answer::laid::{Part, part};

/// What tells at a look that a row cannot match. In halves, so that what stands beside it needs no gap.
#[derive(Clone, Copy)]
pub struct Needs {
    /// Words without which it cannot.
    all: [u32; 2],
    /// Words one of which must stand second.
    second: [u32; 2],
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
            all: halves(grammar::needs(nodes, defines)),
            second: halves(grammar::second(nodes, defines)),
        }
    }

    pub fn are_met(self, here: Standing) -> bool {
        whole(self.second) & here.next != 0 && whole(self.all) & !here.ahead == 0
    }
}

/// Numbers of rules by what they begin with.
#[derive(Default)]
pub struct Beginnings {
    /// Words in order, and where the rules of each begin.
    by_first: Vec<(Id, u32)>,
    /// Places among the rules, those that begin with one word beside one another.
    begun: Vec<u32>,
    /// Rules that can begin with a number, a link, a date.
    by_shape: Vec<u32>,
    rules: Vec<Beginning>,
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
}

/// What stands at a place of a sentence.
#[derive(Clone, Copy, Default)]
pub struct Standing {
    pub id: Id,
    pub bit: Bits,
    /// The word behind it.
    pub next: Bits,
    /// Something other than a word stands there.
    pub shaped: bool,
    /// The words from there on.
    pub ahead: Bits,
}

impl Beginnings {
    /// Rules that can begin with what stands there and need no others than those from there on.
    pub fn at(&self, here: Standing) -> impl Iterator<Item = usize> + '_ {
        let by_shape: &[u32] = if here.shaped { &self.by_shape } else { &[] };
        let by_first = self.by_first.binary_search_by_key(&here.id, |(id, _)| *id);
        let by_first = by_first.map_or(&[][..], |at| self.begun_by(at).of(&self.begun));
        let both = by_first.iter().chain(by_shape);
        both.filter_map(|at| self.rules.get(*at as usize))
            .filter(move |begun| begun.needs.are_met(here))
            .map(|begun| begun.index as usize)
    }

    /// The rules of the word at this place of the list.
    fn begun_by(&self, at: usize) -> Part {
        let start = |at: usize| self.by_first.get(at).map(|(_, start)| *start as usize);
        let end = start(at + 1).unwrap_or(self.begun.len());
        part(start(at).unwrap_or(end), end)
    }

    /// Every word that a rule begins with, and the numbers of those rules.
    pub fn iter(&self) -> impl Iterator<Item = (Id, impl Iterator<Item = usize> + '_)> {
        let rule = |at: &u32| self.rules.get(*at as usize).map(|rule| rule.index as usize);
        let rules = move |at: usize| self.begun_by(at).of(&self.begun).iter().filter_map(rule);
        let words = self.by_first.iter().enumerate();
        words.map(move |(at, (id, _))| (*id, rules(at)))
    }
}

/// Beginnings while rules are added.
#[derive(Default)]
pub struct Gathered {
    by_first: Vec<(Id, u32)>,
    by_shape: Vec<u32>,
    rules: Vec<Beginning>,
}

impl Gathered {
    pub fn add(&mut self, begun: Beginning, first: &First) {
        let at = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.push(begun);
        self.by_first.extend(first.ids.iter().map(|id| (*id, at)));
        if first.shape {
            self.by_shape.push(at);
        }
    }

    pub fn sorted(mut self) -> Beginnings {
        // The rules of a word stay in their order.
        self.by_first.sort_by_key(|(id, _)| *id);
        self.by_shape.shrink_to_fit();
        self.rules.shrink_to_fit();
        let mut by_first = Vec::new();
        let mut start = 0;
        for same in self.by_first.chunk_by(|a, b| a.0 == b.0) {
            if let Some((id, _)) = same.first() {
                by_first.push((*id, u32::try_from(start).unwrap_or(u32::MAX)));
            }
            start += same.len();
        }
        by_first.shrink_to_fit();
        Beginnings {
            by_first,
            begun: self.by_first.iter().map(|(_, at)| *at).collect(),
            by_shape: self.by_shape,
            rules: self.rules,
        }
    }
}
