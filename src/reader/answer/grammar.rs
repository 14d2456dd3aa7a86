//! The word tables' small pattern language, compiled once.
//!
//! A pattern is a row of words; `(a|b c)` are alternatives, `?` after a word or bracket makes it
//! optional, `{name}` is another definition. A table that does not compile loses that one pattern;
//! a test compiles them all and fails.

pub mod needs;

use crate::reader::answer::interner::{Id, Interner, UNKNOWN};
use crate::reader::answer::lexer;
use crate::reader::hash::TableMap;
use std::collections::HashMap;

/// Deeper brackets than this are a mistake in a table.
const MAX_DEPTH: usize = 12;

/// A pattern as it is written.
#[derive(Debug, Clone)]
pub enum Node {
    /// As written, and without its accents.
    Word(Id, Id),
    Any(Vec<Vec<Node>>),
    Maybe(Vec<Node>),
    Define(u32),
    Builtin(Builtin),
}

/// Things that are known by their shape or computed for a text before matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    Number,
    Time,
    Phone,
    Link,
    Mail,
    Month,
    Unit,
    /// A day within reach: scheduling.
    Near,
    /// A day or span that is a postponement.
    Far,
    /// A name that the mail itself gives: in its subject or the mail it quotes.
    Known,
    /// One or two words that look like a name.
    Name,
    /// Words of the request that the mail answers.
    Topic,
}

/// Several of them.
pub type Shapes = u16;

impl Builtin {
    pub const fn bit(self) -> Shapes {
        1 << self as Shapes
    }
}

/// In the order of their numbers.
const BUILTINS: &[(&str, Builtin)] = &[
    ("number", Builtin::Number),
    ("time", Builtin::Time),
    ("phone", Builtin::Phone),
    ("link", Builtin::Link),
    ("mail", Builtin::Mail),
    ("month", Builtin::Month),
    ("unit", Builtin::Unit),
    ("near", Builtin::Near),
    ("far", Builtin::Far),
    ("known", Builtin::Known),
    ("name", Builtin::Name),
    ("topic", Builtin::Topic),
];

/// The one of this number, in the order in which they are named.
pub fn builtin(number: u32) -> Option<Builtin> {
    BUILTINS.get(number as usize).map(|(_, builtin)| *builtin)
}

/// How the words of a language are typed on a keyboard without its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// Never: the accent makes another word.
    None,
    Plain,
    /// German: `ae`, `oe`, `ue`.
    TwoLetters,
}

impl Folding {
    pub fn of(self, word: &str) -> String {
        match self {
            Folding::None => word.to_owned(),
            Folding::Plain => fold(word),
            Folding::TwoLetters => fold(
                &word
                    .replace('ä', "ae")
                    .replace('ö', "oe")
                    .replace('ü', "ue"),
            ),
        }
    }
}

/// Without accents, and the letters that only some keyboards have in their plain form.
pub fn fold(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let latin_or_greek = |c: char| matches!(c, '\u{0}'..='\u{24F}' | '\u{370}'..='\u{3FF}' | '\u{1E00}'..='\u{1FFF}');
    if !word.chars().all(latin_or_greek) {
        return word.to_owned();
    }
    let mut plain = String::with_capacity(word.len());
    for c in word.nfd() {
        match c {
            '\u{300}'..='\u{36F}' => {}
            'ß' => plain.push_str("ss"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'ς' => plain.push('σ'),
            c => plain.push(c),
        }
    }
    plain
}

pub struct Compiler<'a> {
    pub interner: &'a mut Interner,
    pub defines: &'a HashMap<String, u32>,
    /// Whether words may be typed without their accents in this language.
    pub folds: Folding,
    /// Words with a capital that means whoever is spoken to.
    pub polite: &'a TableMap<Id, Id>,
}

impl Compiler<'_> {
    pub fn pattern(&mut self, text: &str) -> Result<Vec<Vec<Node>>, String> {
        let mut rest = text;
        let any = self.alternatives(&mut rest, 0)?;
        match rest.is_empty() {
            true => Ok(any),
            false => Err(format!("a bracket too many in {text:?}")),
        }
    }

    fn alternatives(&mut self, rest: &mut &str, depth: usize) -> Result<Vec<Vec<Node>>, String> {
        if depth > MAX_DEPTH {
            return Err("brackets too deep".to_owned());
        }
        let mut any = vec![Vec::new()];
        loop {
            *rest = rest.trim_start();
            let mut chars = rest.chars();
            let Some(c) = chars.next() else {
                return Ok(any);
            };
            let nodes = match c {
                ')' => return Ok(any),
                '|' => {
                    *rest = chars.as_str();
                    any.push(Vec::new());
                    continue;
                }
                '(' => {
                    *rest = chars.as_str();
                    let inner = self.alternatives(rest, depth + 1)?;
                    *rest = rest.strip_prefix(')').ok_or("a bracket is not closed")?;
                    vec![Node::Any(inner)]
                }
                '{' => {
                    let (name, after) = chars.as_str().split_once('}').ok_or("a { without }")?;
                    *rest = after;
                    vec![self.reference(name)?]
                }
                _ => {
                    let end = rest
                        .find(['(', ')', '{', '|', '?', ' '])
                        .unwrap_or(rest.len());
                    let (word, after) = rest.split_at(end);
                    if word.is_empty() {
                        return Err(format!("nothing before {rest:?}"));
                    }
                    *rest = after;
                    self.words(word)
                }
            };
            let nodes = match rest.strip_prefix('?') {
                Some(after) => {
                    *rest = after;
                    vec![Node::Maybe(nodes)]
                }
                None => nodes,
            };
            if let Some(last) = any.last_mut() {
                last.extend(nodes);
            }
        }
    }

    fn reference(&self, name: &str) -> Result<Node, String> {
        if let Some(index) = self.defines.get(name) {
            return Ok(Node::Define(*index));
        }
        // `{sie}`: in small letters only.
        let word = self.interner.get(name);
        if self.polite.contains_key(&word) {
            return Ok(Node::Word(word, word));
        }
        BUILTINS
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, builtin)| Node::Builtin(*builtin))
            .ok_or_else(|| format!("{{{name}}} is not defined above"))
    }

    /// One written word is several tokens in scripts without spaces.
    fn words(&mut self, word: &str) -> Vec<Node> {
        // Most words of the tables: there is nothing to cut, and nothing to fold.
        if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            let id = self.interner.intern(word);
            let small = vec![Node::Word(id, id)];
            return match self.polite.get(&id) {
                None => small,
                Some(capital) => {
                    vec![Node::Any(vec![small, vec![Node::Word(*capital, *capital)]])]
                }
            };
        }
        let normal = lexer::characters::normalise(word);
        let sentences = lexer::sentences(&normal);
        let tokens = sentences.iter().flat_map(|s| &s.tokens);
        tokens
            .map(|token| {
                let exact = self.interner.intern(&token.text);
                let plain = self.interner.intern(&self.folds.of(&token.text));
                Node::Word(exact, plain)
            })
            .collect()
    }
}

/// A few words as a set that errs only towards having them: a bit for each word number's remainder.
pub type Bits = u64;

pub fn bit(id: Id) -> Bits {
    // The first bit is what no table knows: where no word stands, none that is asked for does.
    match id {
        UNKNOWN => 1,
        id => 2 << (id % (Bits::BITS - 1)),
    }
}

/// What is asked of a definition while others are compiled.
#[derive(Default)]
pub struct Defined {
    first: First,
    /// The words that all its alternatives need, and those of which each needs one.
    needs: Bits,
    some: Bits,
    /// Every alternative is one word.
    single: bool,
}

impl Defined {
    pub fn of(any: &[Vec<Node>], defines: &[Defined]) -> Defined {
        Defined {
            first: first_of_any(any, defines).sorted(),
            needs: needs::needed_by_all(any, defines),
            some: needs::some_of_any(any, defines),
            single: needs::are_single(any, defines),
        }
    }
}

fn defined(defines: &[Defined], index: u32) -> Option<&Defined> {
    defines.get(index as usize)
}

/// The words that one of the rows can begin with; all of them where that can't be told.
pub fn beginnings(any: &[Vec<Node>], defines: &[Defined]) -> Bits {
    bits(&first_of_any(any, defines))
}

fn bits(first: &First) -> Bits {
    match first.empty || first.shapes != 0 {
        true => Bits::MAX,
        false => first.ids.iter().fold(0, |all, id| all | bit(*id)),
    }
}

/// What a row of nodes can begin with: word numbers, shapes, and whether it can be empty.
#[derive(Default, Debug, Clone)]
pub struct First {
    pub ids: Vec<Id>,
    pub shapes: Shapes,
    pub empty: bool,
}

pub fn first(nodes: &[Node], defines: &[Defined]) -> First {
    let mut all = First::default();
    for node in nodes {
        let empty = match node {
            Node::Word(a, b) => {
                all.ids.extend([*a, *b]);
                false
            }
            Node::Builtin(builtin) => {
                all.shapes |= builtin.bit();
                false
            }
            Node::Maybe(inner) => {
                all.add(&first(inner, defines));
                true
            }
            Node::Any(any) => {
                let one = first_of_any(any, defines);
                all.add(&one);
                one.empty
            }
            Node::Define(index) => defined(defines, *index).is_some_and(|define| {
                all.add(&define.first);
                define.first.empty
            }),
        };
        if !empty {
            return all.sorted();
        }
    }
    all.empty = true;
    all.sorted()
}

impl First {
    /// Its words and shapes; whether both are empty is asked elsewhere.
    fn add(&mut self, other: &First) {
        self.ids.extend_from_slice(&other.ids);
        self.shapes |= other.shapes;
    }

    fn sorted(mut self) -> First {
        self.ids.sort_unstable();
        self.ids.dedup();
        self
    }
}

fn first_of_any(any: &[Vec<Node>], defines: &[Defined]) -> First {
    let mut all = First::default();
    for nodes in any {
        let one = first(nodes, defines);
        all.add(&one);
        all.empty |= one.empty;
    }
    all
}
