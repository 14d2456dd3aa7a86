//! The patterns of one language as the matcher walks them: all steps in one list, each row of them a part
//! of it, so that what is walked together lies together and is no larger than it must be.
//!
//! Never fails: a row that is not there has no steps.

pub mod beginnings;
pub mod step;

use crate::reader::answer::grammar::{self, Bits, Defined, Node};
use crate::reader::answer::interner::Id;
use beginnings::{Needs, Shaped, Standing};
use std::collections::HashMap;
use step::{Accents, Packed, Step};

/// A part of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    start: u32,
    end: u32,
}

impl Part {
    pub fn of<T>(self, all: &[T]) -> &[T] {
        let part = self.start as usize..self.end as usize;
        all.get(part).unwrap_or_default()
    }
}

/// Several rows, and what tells at a look that none of them begins somewhere.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Words that one of them can begin with.
    begins: Bits,
    /// Words that are whole rows, in order, with accents and without.
    words: Part,
    /// The other rows.
    branches: Part,
}

impl Choice {
    pub fn may_begin(&self, here: &Standing) -> bool {
        self.begins & here.bit != 0
    }
}

/// A row, and the word that it begins with, as written and without its accents.
#[derive(Clone, Copy, Debug)]
struct Branch {
    begins: (Id, Id),
    row: Part,
}

/// In place of a word: anything may stand there.
const NO_WORD: Id = Id::MAX;

/// A definition.
#[derive(Default)]
pub struct Define {
    /// Alternatives that are one word, in order.
    words: Vec<Id>,
    alternatives: Vec<Alternative>,
    /// By word number, in order: which alternative it can begin.
    by_first: Vec<(Id, u32)>,
    /// Alternatives that a shape can begin, beside their words.
    by_shape: Vec<Shaped>,
    /// Alternatives that can be empty.
    empty: Vec<u32>,
    /// Words that it can begin with.
    begins: Bits,
}

#[derive(Clone, Copy)]
struct Alternative {
    row: Part,
    needs: Needs,
}

impl Define {
    /// Whether it may begin with what stands there.
    pub fn may_begin(&self, here: Standing) -> bool {
        self.begins & here.bit != 0
    }

    /// Whether the word is a whole alternative.
    pub fn is_word(&self, id: Id) -> bool {
        self.words.binary_search(&id).is_ok()
    }

    /// The alternatives of several steps that what stands there can begin.
    pub fn begun_by(&self, here: Standing) -> impl Iterator<Item = Part> {
        let start = self.by_first.partition_point(|(first, _)| *first < here.id);
        let from = self.by_first.get(start..).unwrap_or_default();
        let begun = from.iter().take_while(move |(first, _)| *first == here.id);
        let shaped = beginnings::shaped(&self.by_shape, here.shapes);
        let all = begun.map(|(_, at)| at).chain(shaped).chain(&self.empty);
        all.filter_map(|at| self.alternatives.get(*at as usize))
            .filter(move |alternative| alternative.needs.are_met(here))
            .map(|alternative| alternative.row)
    }
}

/// Every pattern of a language.
#[derive(Default)]
pub struct Laid {
    steps: Vec<Packed>,
    accents: Accents,
    choices: Vec<Choice>,
    words: Vec<Id>,
    branches: Vec<Branch>,
    defines: Vec<Define>,
    making: Making,
}

/// What is asked only while patterns are added.
#[derive(Default)]
struct Making {
    /// Choices of nothing but words without accents, by those: many rows have the same.
    alike: HashMap<Vec<Id>, u32>,
    /// Words with accents that are whole rows, as written and without, by the number of the choice and of the
    /// definition.
    of_choices: Vec<(u32, (Id, Id))>,
    of_defines: Vec<(u32, (Id, Id))>,
}

impl Laid {
    /// The steps of a row, to be unpacked by [`Laid::step`].
    pub fn row(&self, row: Part) -> &[Packed] {
        row.of(&self.steps)
    }

    pub fn step(&self, step: Packed) -> Step {
        step.step(&self.accents)
    }

    pub fn choice(&self, choice: u32) -> Option<&Choice> {
        self.choices.get(choice as usize)
    }

    /// Whether the word is a whole row of the choice.
    pub fn is_word(&self, choice: &Choice, id: Id) -> bool {
        choice.words.of(&self.words).binary_search(&id).is_ok()
    }

    /// The rows of several steps that the word can begin, and those that no word begins.
    pub fn begun_by(&self, choice: &Choice, id: Id) -> impl Iterator<Item = Part> {
        let begun = move |branch: &&Branch| {
            let (exact, plain) = branch.begins;
            exact == NO_WORD || id == exact || id == plain
        };
        let branches = choice.branches.of(&self.branches).iter();
        branches.filter(begun).map(|branch| branch.row)
    }

    pub fn define(&self, index: u32) -> Option<&Define> {
        self.defines.get(index as usize)
    }

    /// How many definitions there are.
    pub fn defines(&self) -> usize {
        self.defines.len()
    }

    /// Adds a row that names definitions among these.
    pub fn add_row(&mut self, nodes: &[Node], defines: &[Defined]) -> Part {
        // What stands inside of the row first: the row's own steps lie together.
        let steps: Vec<Packed> = nodes
            .iter()
            .map(|node| self.packed(node, defines))
            .collect();
        let start = self.steps.len();
        self.steps.extend(steps);
        part(start, self.steps.len())
    }

    fn packed(&mut self, node: &Node, defines: &[Defined]) -> Packed {
        let step = match node {
            Node::Word(exact, plain) => Step::Word(*exact, *plain),
            Node::Any(any) => Step::Any(self.add_choice(any, defines)),
            Node::Maybe(inner) => match inner.as_slice() {
                [Node::Word(exact, plain)] if exact == plain => Step::MaybeWord(*exact),
                _ => Step::Maybe(self.add_choice(std::slice::from_ref(inner), defines)),
            },
            Node::Define(index) => Step::Define(*index),
            Node::Builtin(builtin) => Step::Builtin(*builtin),
        };
        Packed::of(step, &mut self.accents)
    }

    fn add_choice(&mut self, any: &[Vec<Node>], defines: &[Defined]) -> u32 {
        let (mut pairs, mut rows) = (Vec::new(), Vec::new());
        sort_out(any, &mut pairs, &mut rows);
        let words = sorted_words(&pairs);
        pairs.retain(|(exact, plain)| exact != plain);
        let may_be_alike = rows.is_empty() && pairs.is_empty();
        if may_be_alike && let Some(known) = self.making.alike.get(&words) {
            return *known;
        }
        let branch = |nodes: &&[Node]| Branch {
            begins: word(nodes.first()),
            row: self.add_row(nodes, defines),
        };
        let branches: Vec<Branch> = rows.iter().map(branch).collect();
        let start = self.branches.len();
        self.branches.extend(branches);
        let branches = part(start, self.branches.len());
        let number = u32::try_from(self.choices.len()).unwrap_or(u32::MAX);
        let accented = pairs.into_iter().map(|pair| (number, pair));
        self.making.of_choices.extend(accented);
        let start = self.words.len();
        self.words.extend_from_slice(&words);
        self.choices.push(Choice {
            begins: grammar::beginnings(any, defines),
            words: part(start, self.words.len()),
            branches,
        });
        if may_be_alike {
            self.making.alike.insert(words, number);
        }
        number
    }

    /// Adds a definition; `before`: those before it.
    pub fn add_define(&mut self, any: &[Vec<Node>], before: &[Defined]) {
        let mut define = Define {
            begins: grammar::beginnings(any, before),
            ..Define::default()
        };
        let (mut pairs, mut rows) = (Vec::new(), Vec::new());
        sort_out(any, &mut pairs, &mut rows);
        define.words = sorted_words(&pairs);
        pairs.retain(|(exact, plain)| exact != plain);
        let number = u32::try_from(self.defines.len()).unwrap_or(u32::MAX);
        let accented = pairs.into_iter().map(|pair| (number, pair));
        self.making.of_defines.extend(accented);
        for (nodes, at) in rows.into_iter().zip(0..) {
            let first = grammar::first(nodes, before);
            if first.empty {
                define.empty.push(at);
            } else {
                if first.shapes != 0 {
                    define.by_shape.push((at, first.shapes));
                }
                define.by_first.extend(first.ids.iter().map(|id| (*id, at)));
            }
            define.alternatives.push(Alternative {
                row: self.add_row(nodes, before),
                needs: Needs::of(nodes, before),
            });
        }
        define.by_first.sort_unstable();
        define.by_first.shrink_to_fit();
        define.alternatives.shrink_to_fit();
        define.words.shrink_to_fit();
        self.defines.push(define);
    }

    /// Nothing more will be added, and nothing asked that is asked only then.
    pub fn shrink(&mut self) {
        self.steps.shrink_to_fit();
        self.accents.shrink();
        self.choices.shrink_to_fit();
        self.words.shrink_to_fit();
        self.branches.shrink_to_fit();
        self.defines.shrink_to_fit();
        self.making = Making::default();
    }

    /// Calls `see` with every word of these rows and of the definitions that they name, as written and
    /// without its accents. Before [`Laid::shrink`].
    pub fn words_of(&self, rows: impl Iterator<Item = Part>, mut see: impl FnMut(Id, Id)) {
        let mut seen = vec![false; self.defines.len()];
        let mut open: Vec<Part> = rows.collect();
        while let Some(row) = open.pop() {
            for step in self.row(row) {
                match self.step(*step) {
                    Step::Word(exact, plain) => see(exact, plain),
                    Step::MaybeWord(id) => see(id, id),
                    Step::Any(choice) | Step::Maybe(choice) => {
                        accented(&self.making.of_choices, choice, &mut see);
                        if let Some(choice) = self.choices.get(choice as usize) {
                            let words = choice.words.of(&self.words);
                            words.iter().for_each(|id| see(*id, *id));
                            let branches = choice.branches.of(&self.branches);
                            open.extend(branches.iter().map(|branch| branch.row));
                        }
                    }
                    Step::Define(index) => {
                        let seen = seen.get_mut(index as usize);
                        if seen.is_some_and(|seen| !std::mem::replace(seen, true))
                            && let Some(define) = self.define(index)
                        {
                            accented(&self.making.of_defines, index, &mut see);
                            define.words.iter().for_each(|id| see(*id, *id));
                            open.extend(define.alternatives.iter().map(|a| a.row));
                        }
                    }
                    Step::Builtin(_) | Step::Never => {}
                }
            }
        }
    }
}

/// The rows that are one word, and the others; brackets that are a whole row are opened.
fn sort_out<'n>(any: &'n [Vec<Node>], words: &mut Vec<(Id, Id)>, rows: &mut Vec<&'n [Node]>) {
    for row in any {
        match row.as_slice() {
            [Node::Word(exact, plain)] => words.push((*exact, *plain)),
            [Node::Any(inner)] => sort_out(inner, words, rows),
            row => rows.push(row),
        }
    }
}

fn sorted_words(pairs: &[(Id, Id)]) -> Vec<Id> {
    let mut words: Vec<Id> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Shows the pairs of this number; they are in the order of their numbers.
fn accented(all: &[(u32, (Id, Id))], number: u32, see: &mut impl FnMut(Id, Id)) {
    let start = all.partition_point(|(of, _)| *of < number);
    let from = all.get(start..).unwrap_or_default().iter();
    from.take_while(|(of, _)| *of == number)
        .for_each(|(_, (exact, plain))| see(*exact, *plain));
}

fn part(start: usize, end: usize) -> Part {
    Part {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    }
}

/// The word that this is, whatever its accents.
fn word(node: Option<&Node>) -> (Id, Id) {
    match node {
        Some(Node::Word(exact, plain)) => (*exact, *plain),
        _ => (NO_WORD, NO_WORD),
    }
}
