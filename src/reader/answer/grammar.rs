//! The word tables' small pattern language, compiled once.
//!
//! A pattern is a row of words; `(a|b c)` are alternatives, `?` after a word or bracket makes it
//! optional, `{name}` is another definition. A table that does not compile loses that one pattern;
//! a test compiles them all and fails.

use crate::reader::answer::lexer;
use crate::reader::hash::TableMap;
use std::collections::HashMap;

/// Deeper brackets than this are a mistake in a table.
const MAX_DEPTH: usize = 12;

/// A word's number. Words that no table knows share [`UNKNOWN`].
pub type Id = u32;
pub const UNKNOWN: Id = 0;

/// By word number.
pub type IdMap<T> = TableMap<Id, T>;

#[derive(Debug, Clone)]
pub enum Node {
    /// As written, and without its accents.
    Word(Id, Id),
    Any(Choice),
    Maybe(Vec<Node>),
    Define(usize),
    Builtin(Builtin),
}

/// Alternatives, and beside one another what tells most of them apart.
#[derive(Debug, Clone)]
pub struct Choice {
    pub rows: Vec<Vec<Node>>,
    /// The word that each row begins with, as written and without its accents.
    begins: Vec<(Id, Id)>,
}

/// In place of a word: the row begins with something else.
const NO_WORD: Id = Id::MAX;

impl Choice {
    fn of(rows: Vec<Vec<Node>>) -> Choice {
        let begins = rows.iter().map(|row| match row.first() {
            Some(Node::Word(exact, plain)) => (*exact, *plain),
            _ => (NO_WORD, NO_WORD),
        });
        Choice {
            begins: begins.collect(),
            rows,
        }
    }

    /// The rows that this word can begin, and those that no word begins.
    pub fn begun_by(&self, word: Option<Id>) -> impl Iterator<Item = &Vec<Node>> {
        let begun = move |(exact, plain): &(Id, Id)| {
            *exact == NO_WORD || word.is_some_and(|id| id == *exact || id == *plain)
        };
        let rows = self.rows.iter().zip(&self.begins);
        rows.filter(move |(_, begins)| begun(begins))
            .map(|(row, _)| row)
    }
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
}

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
];

/// Numbers for words, shared by all languages.
#[derive(Default)]
pub struct Interner {
    ids: TableMap<String, Id>,
}

impl Interner {
    pub fn intern(&mut self, word: &str) -> Id {
        let next = Id::try_from(self.ids.len()).unwrap_or(Id::MAX - 1) + 1;
        match self.ids.get(word) {
            Some(id) => *id,
            None => {
                self.ids.insert(word.to_owned(), next);
                next
            }
        }
    }

    pub fn get(&self, word: &str) -> Id {
        self.ids.get(word).copied().unwrap_or(UNKNOWN)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, Id)> {
        self.ids.iter().map(|(word, id)| (word.as_str(), *id))
    }

    /// How many words there are; their numbers go from 1 to this.
    pub fn len(&self) -> usize {
        self.ids.len()
    }
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
    pub defines: &'a HashMap<String, usize>,
    /// Whether words may be typed without their accents in this language.
    pub folds: Folding,
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
                    vec![Node::Any(Choice::of(inner))]
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
            return vec![Node::Word(id, id)];
        }
        let sentences = lexer::sentences(&lexer::normalise(word));
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
pub type Bits = u128;

pub fn bit(id: Id) -> Bits {
    1 << (id % Bits::BITS)
}

/// The words without which the row of nodes cannot match.
pub fn needs(nodes: &[Node], defines: &[Define]) -> Bits {
    nodes.iter().fold(0, |all, node| {
        all | match node {
            // As written it is there too: `Language::unaccented`.
            Node::Word(_, plain) => bit(*plain),
            Node::Any(choice) => needed_by_all(&choice.rows, defines),
            Node::Define(index) => defines.get(*index).map_or(0, |d| d.needed),
            Node::Maybe(_) | Node::Builtin(_) => 0,
        }
    })
}

fn needed_by_all(any: &[Vec<Node>], defines: &[Define]) -> Bits {
    let all = any.iter().map(|nodes| needs(nodes, defines));
    all.reduce(|a, b| a & b).unwrap_or(0)
}

/// A definition, with its alternatives sorted by what they can begin with.
#[derive(Default)]
pub struct Define {
    pub any: Vec<Vec<Node>>,
    /// What each alternative needs.
    pub needs: Vec<Bits>,
    /// What all of them need.
    needed: Bits,
    first: First,
    pub by_first: IdMap<Vec<usize>>,
    /// Alternatives that a shape can begin, beside their words.
    pub by_shape: Vec<usize>,
    /// Alternatives that can be empty.
    pub empty: Vec<usize>,
}

impl Define {
    pub fn new(any: Vec<Vec<Node>>, defines: &[Define]) -> Define {
        let mut define = Define::default();
        for (index, nodes) in any.iter().enumerate() {
            let first = first(nodes, defines);
            define.first.empty |= first.empty;
            define.first.shape |= first.shape;
            if first.empty {
                define.empty.push(index);
            } else {
                if first.shape {
                    define.by_shape.push(index);
                }
                for id in &first.ids {
                    define.by_first.entry(*id).or_default().push(index);
                }
            }
            define.first.ids.extend(first.ids);
        }
        define.first.ids.sort_unstable();
        define.first.ids.dedup();
        define.needs = any.iter().map(|nodes| needs(nodes, defines)).collect();
        define.needed = needed_by_all(&any, defines);
        define.any = any;
        define
    }

    pub fn alternatives(&self) -> &[Vec<Node>] {
        &self.any
    }
}

/// What a row of nodes can begin with: word numbers, whether a shape can begin it, and whether it
/// can be empty.
#[derive(Default, Debug, Clone)]
pub struct First {
    pub ids: Vec<Id>,
    pub shape: bool,
    pub empty: bool,
}

pub fn first(nodes: &[Node], defines: &[Define]) -> First {
    let mut all = First::default();
    for node in nodes {
        let one = match node {
            Node::Word(a, b) => First {
                ids: vec![*a, *b],
                ..First::default()
            },
            Node::Builtin(_) => First {
                shape: true,
                ..First::default()
            },
            Node::Maybe(inner) => First {
                empty: true,
                ..first(inner, defines)
            },
            Node::Any(choice) => first_of_any(&choice.rows, defines),
            Node::Define(index) => defines
                .get(*index)
                .map_or(First::default(), |d| d.first.clone()),
        };
        all.ids.extend(one.ids);
        all.shape |= one.shape;
        if !one.empty {
            return all.sorted();
        }
    }
    all.empty = true;
    all.sorted()
}

impl First {
    fn sorted(mut self) -> First {
        self.ids.sort_unstable();
        self.ids.dedup();
        self
    }
}

fn first_of_any(any: &[Vec<Node>], defines: &[Define]) -> First {
    let mut all = First::default();
    for nodes in any {
        let one = first(nodes, defines);
        all.ids.extend(one.ids);
        all.shape |= one.shape;
        all.empty |= one.empty;
    }
    all
}
