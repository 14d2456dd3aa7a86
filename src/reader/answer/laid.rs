//! The patterns of one language as the matcher walks them: all steps in one list, each row of them a part
//! of it, so that what is walked together lies together and is no larger than it must be.
//!
//! Never fails: a row that is not there has no steps.

use crate::reader::answer::grammar::{self, Bits, Builtin, Defined, First, Node};
use crate::reader::answer::interner::Id;
use crate::reader::hash::TableMap;

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

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// As written, and without its accents.
    Word(Id, Id),
    /// One of several rows: the number of a [`Choice`].
    Any(u32),
    /// One of them, or nothing.
    Maybe(u32),
    Define(u32),
    Builtin(Builtin),
}

/// Several rows, and what tells at a look that none of them begins somewhere.
#[derive(Clone, Copy, Debug)]
struct Choice {
    /// Words that one of them can begin with.
    begins: Bits,
    branches: Part,
}

/// One of several rows, and the word that it begins with, as written and without its accents.
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
    alternatives: Vec<Alternative>,
    /// By word number, in order: which alternative it can begin.
    by_first: Vec<(Id, u32)>,
    /// Alternatives that a shape can begin, beside their words.
    by_shape: Vec<u32>,
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

    /// The alternatives that what stands there can begin.
    pub fn begun_by(&self, here: Standing) -> impl Iterator<Item = Part> {
        let start = self.by_first.partition_point(|(first, _)| *first < here.id);
        let from = self.by_first.get(start..).unwrap_or_default();
        let begun = from.iter().take_while(move |(first, _)| *first == here.id);
        let shaped: &[u32] = if here.shaped { &self.by_shape } else { &[] };
        let all = begun.map(|(_, at)| at).chain(shaped).chain(&self.empty);
        all.filter_map(|at| self.alternatives.get(*at as usize))
            .filter(move |alternative| alternative.needs.are_met(here))
            .map(|alternative| alternative.row)
    }
}

/// What tells at a look that a row cannot match.
#[derive(Clone, Copy)]
pub struct Needs {
    /// Words without which it cannot.
    all: Bits,
    /// Words one of which must stand second.
    second: Bits,
}

impl Needs {
    pub fn of(nodes: &[Node], defines: &[Defined]) -> Needs {
        Needs {
            all: grammar::needs(nodes, defines),
            second: grammar::second(nodes, defines),
        }
    }

    fn are_met(self, here: Standing) -> bool {
        self.second & here.next != 0 && self.all & !here.ahead == 0
    }
}

/// Every pattern of a language.
#[derive(Default)]
pub struct Laid {
    steps: Vec<Step>,
    choices: Vec<Choice>,
    branches: Vec<Branch>,
    defines: Vec<Define>,
}

/// A row that a word can begin.
pub enum Begun {
    /// It is that word.
    Whole,
    Row(Part),
}

impl Laid {
    pub fn row(&self, row: Part) -> &[Step] {
        row.of(&self.steps)
    }

    /// The rows of a choice that what stands there can begin, and those that no word begins.
    pub fn begun_by(&self, choice: u32, here: Standing) -> impl Iterator<Item = Begun> {
        let choice = self.choices.get(choice as usize);
        let choice = choice.filter(|choice| choice.begins & here.bit != 0);
        let branches = choice.map_or(&[][..], |choice| choice.branches.of(&self.branches));
        branches.iter().filter_map(move |branch| {
            let (exact, plain) = branch.begins;
            if exact == NO_WORD {
                return Some(Begun::Row(branch.row));
            }
            let is_one = branch.row.end == branch.row.start + 1;
            (here.id == exact || here.id == plain).then_some(match is_one {
                true => Begun::Whole,
                false => Begun::Row(branch.row),
            })
        })
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
        let steps: Vec<Step> = nodes.iter().map(|node| self.step(node, defines)).collect();
        let start = self.steps.len();
        self.steps.extend(steps);
        part(start, self.steps.len())
    }

    fn step(&mut self, node: &Node, defines: &[Defined]) -> Step {
        match node {
            Node::Word(exact, plain) => Step::Word(*exact, *plain),
            Node::Any(any) => Step::Any(self.choice(any, defines)),
            Node::Maybe(inner) => Step::Maybe(self.choice(std::slice::from_ref(inner), defines)),
            Node::Define(index) => Step::Define(*index),
            Node::Builtin(builtin) => Step::Builtin(*builtin),
        }
    }

    fn choice(&mut self, any: &[Vec<Node>], defines: &[Defined]) -> u32 {
        let branch = |nodes: &Vec<Node>| Branch {
            begins: word(nodes.first()),
            row: self.add_row(nodes, defines),
        };
        let branches: Vec<Branch> = any.iter().map(branch).collect();
        let start = self.branches.len();
        self.branches.extend(branches);
        self.choices.push(Choice {
            begins: grammar::beginnings(any, defines),
            branches: part(start, self.branches.len()),
        });
        u32::try_from(self.choices.len() - 1).unwrap_or(u32::MAX)
    }

    /// Adds a definition; `before`: those before it.
    pub fn add_define(&mut self, any: &[Vec<Node>], before: &[Defined]) {
        let mut define = Define {
            begins: grammar::beginnings(any, before),
            ..Define::default()
        };
        for (nodes, at) in any.iter().zip(0..) {
            let first = grammar::first(nodes, before);
            if first.empty {
                define.empty.push(at);
            } else {
                if first.shape {
                    define.by_shape.push(at);
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
        self.defines.push(define);
    }

    /// Nothing more will be added.
    pub fn shrink(&mut self) {
        self.steps.shrink_to_fit();
        self.choices.shrink_to_fit();
        self.branches.shrink_to_fit();
        self.defines.shrink_to_fit();
    }

    /// Calls `see` with every word of these rows and of the definitions that they name, as written and
    /// without its accents.
    pub fn words_of(&self, rows: impl Iterator<Item = Part>, mut see: impl FnMut(Id, Id)) {
        let mut seen = vec![false; self.defines.len()];
        let mut open: Vec<Part> = rows.collect();
        while let Some(row) = open.pop() {
            for step in self.row(row) {
                match step {
                    Step::Word(exact, plain) => see(*exact, *plain),
                    Step::Any(choice) | Step::Maybe(choice) => {
                        let choice = self.choices.get(*choice as usize);
                        let branches = choice.map(|choice| choice.branches.of(&self.branches));
                        open.extend(branches.into_iter().flatten().map(|b| b.row));
                    }
                    Step::Define(index) => {
                        let seen = seen.get_mut(*index as usize);
                        if seen.is_some_and(|seen| !std::mem::replace(seen, true)) {
                            let any = self.define(*index).map(|define| &define.alternatives);
                            open.extend(any.into_iter().flatten().map(|a| a.row));
                        }
                    }
                    Step::Builtin(_) => {}
                }
            }
        }
    }
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

/// Numbers of rules by what they begin with.
#[derive(Default)]
pub struct Beginnings {
    by_first: TableMap<Id, Part>,
    /// Those that begin with one word beside one another.
    begun: Vec<Beginning>,
    /// Rules that can begin with a number, a link, a date.
    by_shape: Vec<Beginning>,
}

/// A rule, and what tells at a look that it cannot match: most are told by these alone, so they stand beside
/// one another.
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
        let by_shape: &[Beginning] = if here.shaped { &self.by_shape } else { &[] };
        let by_first = self.by_first.get(&here.id);
        let by_first = by_first.map_or(&[][..], |part| part.of(&self.begun));
        let both = by_first.iter().chain(by_shape);
        both.filter(move |begun| begun.needs.are_met(here))
            .map(|begun| begun.index as usize)
    }

    /// Every word that a rule begins with, and the numbers of those rules.
    pub fn iter(&self) -> impl Iterator<Item = (Id, impl Iterator<Item = usize> + '_)> {
        let rules = |part: Part| part.of(&self.begun).iter().map(|b| b.index as usize);
        self.by_first
            .iter()
            .map(move |(id, part)| (*id, rules(*part)))
    }
}

/// Beginnings while rules are added.
#[derive(Default)]
pub struct Gathered {
    by_first: Vec<(Id, Beginning)>,
    by_shape: Vec<Beginning>,
}

impl Gathered {
    pub fn add(&mut self, begun: Beginning, first: &First) {
        self.by_first
            .extend(first.ids.iter().map(|id| (*id, begun)));
        if first.shape {
            self.by_shape.push(begun);
        }
    }

    pub fn sorted(mut self) -> Beginnings {
        // The rules of a word stay in their order.
        self.by_first.sort_by_key(|(id, _)| *id);
        self.by_shape.shrink_to_fit();
        let mut by_first = TableMap::default();
        let mut at = 0;
        for same in self.by_first.chunk_by(|a, b| a.0 == b.0) {
            if let Some((id, _)) = same.first() {
                by_first.insert(*id, part(at, at + same.len()));
            }
            at += same.len();
        }
        by_first.shrink_to_fit();
        Beginnings {
            by_first,
            begun: self.by_first.iter().map(|(_, begun)| *begun).collect(),
            by_shape: self.by_shape,
        }
    }
}
