//! The word tables of all languages, compiled once, each from a file that a translator can read.
//!
//! A line that does not compile is left out and kept as a complaint, which a test looks at; the
//! others still count.

use crate::reader::answer::grammar::{self, Compiler, Define, Folding, Id, IdMap, Interner, Node};
use crate::reader::answer::lexer::Token;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a phrase says. In the order of its weight: where two readings tie, the earlier one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    Stop,
    /// `Stop` as a clause of its own.
    StopAlone,
    /// A refusal wherever it stands.
    No,
    /// A refusal only as a clause of its own: `no` is also a part of many phrases.
    NoAlone,
    Later,
    /// `Not now`: a postponement, unless something beside it refuses outright.
    NotNow,
    /// A condition, a hedge, a negation, a question: never part of a yes.
    Doubt,
    /// `If`, `but`: a doubt that is never an answer by itself.
    Condition,
    /// Consent only where nothing but greetings stand beside it: `ok, thanks` may be a receipt.
    Weak,
    Yes,
    Thanks,
    Courtesy,
    /// `And`, `too`: explained, but never an answer by itself.
    Filler,
    Greeting,
    Closing,
    Schedule,
    /// Footers of phones and programs.
    Footer,
    /// Somebody's name.
    Name,
    /// A day or span too far off for a call.
    Far,
    /// A date or a span; the number says which one of [`Language::spans`].
    Span(Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Span {
    /// The beginning of the next one.
    Next(Unit),
    /// So many from now; none: the number is in the phrase.
    From(Option<u8>, Unit),
    /// The first day of this quarter of the year, 1 to 4.
    Quarter(u8),
}

pub struct Rule {
    pub says: Says,
    pub nodes: Vec<Node>,
}

/// One language's table.
pub struct Language {
    pub code: &'static str,
    /// Bit in [`Words::langs`].
    pub bit: u64,
    pub defines: Vec<Define>,
    pub rules: Vec<Rule>,
    /// Rules by the words they can begin with.
    pub by_first: IdMap<Vec<usize>>,
    /// Rules that can begin with a number, a link, a date.
    pub by_shape: Vec<usize>,
    pub months: IdMap<i8>,
    pub numbers: IdMap<u32>,
    /// Words between the parts of a date: `15 of March`.
    pub of: Vec<Id>,
    /// A capital tells no name from a noun (German).
    pub nouns_are_capital: bool,
    /// Words of six letters and more by first letter and length.
    pub long_words: HashMap<(char, usize), Vec<(Vec<char>, Id)>>,
}

pub struct Words {
    pub interner: Interner,
    pub languages: Vec<Language>,
    /// By word number: the languages that know it.
    pub langs: Vec<u64>,
    /// Words that a refusal, a postponement or a doubt can begin with, sorted.
    pub refusing: Vec<Id>,
    /// Lines that did not compile.
    pub complaints: Vec<String>,
}

impl Words {
    /// The languages that know the word as it is written, a bit each.
    pub fn langs(&self, token: &Token) -> u64 {
        let id = self.interner.get(&token.text);
        self.langs.get(id as usize).copied().unwrap_or(0)
    }

    /// Whether some language knows the word as one that refuses or doubts: never a name.
    pub fn refuses(&self, word: &str) -> bool {
        self.refusing
            .binary_search(&self.interner.get(word))
            .is_ok()
    }
}

macro_rules! tables {
    ($($code:literal),* $(,)?) => {
        &[$(($code, include_str!(concat!("words/", $code, ".txt")))),*]
    };
}

/// What everybody writes, whatever the language; part of every table below.
const ANY: &str = include_str!("words/any.txt");
const FILES: &[(&str, &str)] = tables![
    "en", "ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fa", "fi", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv",
    "th", "tr", "uk", "vi", "zh",
];

/// Words shorter than this are not corrected: one letter makes another word of them.
pub const MIN_CORRECTED: usize = 6;

pub static WORDS: LazyLock<Words> = LazyLock::new(load);

fn load() -> Words {
    let mut words = Words {
        interner: Interner::default(),
        languages: Vec::new(),
        langs: Vec::new(),
        refusing: Vec::new(),
        complaints: Vec::new(),
    };
    for (index, (code, text)) in FILES.iter().enumerate() {
        let mut reading = Reading::new(code, 1 << index);
        reading.file(ANY, &mut words);
        reading.file(text, &mut words);
        let language = reading.finish(&mut words);
        for (id, rules) in &language.by_first {
            let says = |rule: &usize| language.rules.get(*rule).map(|r| r.says);
            if rules.iter().filter_map(says).any(|s| s <= Says::Condition) {
                words.refusing.push(*id);
            }
        }
        words.languages.push(language);
    }
    words.refusing.sort_unstable();
    words.refusing.dedup();
    words
}

/// One file being read.
struct Reading {
    language: Language,
    names: HashMap<String, usize>,
    section: String,
    folds: Folding,
}

impl Reading {
    fn new(code: &'static str, bit: u64) -> Self {
        Reading {
            language: Language {
                code,
                bit,
                defines: Vec::new(),
                rules: Vec::new(),
                by_first: IdMap::default(),
                by_shape: Vec::new(),
                months: IdMap::default(),
                numbers: IdMap::default(),
                of: Vec::new(),
                nouns_are_capital: false,
                long_words: HashMap::new(),
            },
            names: HashMap::new(),
            section: String::new(),
            folds: Folding::Plain,
        }
    }

    fn file(&mut self, text: &str, words: &mut Words) {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(section) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                self.section = section.to_owned();
                continue;
            }
            if let Err(why) = self.line(line, words) {
                let code = self.language.code;
                words
                    .complaints
                    .push(format!("{code} line {}: {why}", number + 1));
            }
        }
    }

    fn line(&mut self, line: &str, words: &mut Words) -> Result<(), String> {
        let says = match self.section.as_str() {
            "options" => return self.option(line),
            "define" => {
                let (name, pattern) = line
                    .split_once(':')
                    .ok_or("a definition is NAME: PATTERN")?;
                let any = self.compile(pattern, words)?;
                self.names
                    .insert(name.trim().to_owned(), self.language.defines.len());
                let define = Define::new(any, &self.language.defines);
                self.language.defines.push(define);
                return Ok(());
            }
            "months" | "numbers" | "of" => return self.value(line, words),
            "spans" => {
                let (key, pattern) = line.split_once(':').ok_or("a span is LENGTH: PATTERN")?;
                let says = Says::Span(span(key.trim()).ok_or("no such span")?);
                return self.rules(says, pattern, words);
            }
            "stop" => Says::Stop,
            "stop alone" => Says::StopAlone,
            "far" => Says::Far,
            "no" => Says::No,
            "no alone" => Says::NoAlone,
            "later" => Says::Later,
            "not now" => Says::NotNow,
            "doubt" => Says::Doubt,
            "weak yes" => Says::Weak,
            "yes" => Says::Yes,
            "thanks" => Says::Thanks,
            "courtesy" => Says::Courtesy,
            "condition" => Says::Condition,
            "filler" => Says::Filler,
            "greeting" => Says::Greeting,
            "closing" => Says::Closing,
            "schedule" => Says::Schedule,
            "footer" => Says::Footer,
            other => return Err(format!("no such section: {other}")),
        };
        self.rules(says, line, words)
    }

    fn option(&mut self, line: &str) -> Result<(), String> {
        match line {
            "accents count" => self.folds = Folding::None,
            "umlauts as two letters" => self.folds = Folding::TwoLetters,
            "nouns are capital" => self.language.nouns_are_capital = true,
            other => return Err(format!("no such option: {other}")),
        }
        Ok(())
    }

    fn value(&mut self, line: &str, words: &mut Words) -> Result<(), String> {
        let (value, list) = match self.section.as_str() {
            "of" => ("0", line),
            _ => line.split_once(':').ok_or("a value is NUMBER: WORDS")?,
        };
        let value: u32 = value.trim().parse().map_err(|_| "no number")?;
        for word in list.split_whitespace() {
            let word = word.to_lowercase();
            for form in [word.clone(), self.folds.of(&word)] {
                let id = words.interner.intern(&form);
                match (self.section.as_str(), i8::try_from(value)) {
                    ("months", Ok(month)) => {
                        self.language.months.insert(id, month);
                    }
                    ("of", _) => self.language.of.push(id),
                    _ => {
                        self.language.numbers.insert(id, value);
                    }
                }
            }
        }
        Ok(())
    }

    fn compile(&mut self, pattern: &str, words: &mut Words) -> Result<Vec<Vec<Node>>, String> {
        Compiler {
            interner: &mut words.interner,
            defines: &self.names,
            folds: self.folds,
        }
        .pattern(pattern)
    }

    fn rules(&mut self, says: Says, pattern: &str, words: &mut Words) -> Result<(), String> {
        for nodes in self.compile(pattern, words)? {
            let first = grammar::first(&nodes, &self.language.defines);
            if first.empty {
                return Err(format!("{pattern:?} can be empty"));
            }
            let index = self.language.rules.len();
            for id in first.ids {
                let list = self.language.by_first.entry(id).or_default();
                if list.last() != Some(&index) {
                    list.push(index);
                }
            }
            if first.shape {
                self.language.by_shape.push(index);
            }
            self.language.rules.push(Rule { says, nodes });
        }
        Ok(())
    }

    fn finish(mut self, words: &mut Words) -> Language {
        let mut ids: Vec<Id> = Vec::new();
        for rule in &self.language.rules {
            collect(&rule.nodes, &self.language.defines, &mut ids);
        }
        ids.extend(self.language.months.keys());
        ids.extend(self.language.numbers.keys());
        ids.extend(&self.language.of);
        ids.sort_unstable();
        ids.dedup();
        words.langs.resize(words.interner.len() + 1, 0);
        for id in &ids {
            if let Some(mask) = words.langs.get_mut(*id as usize) {
                *mask |= self.language.bit;
            }
        }
        for (word, id) in words.interner.iter() {
            let letters: Vec<char> = word.chars().collect();
            if let Some(first) = letters.first()
                && letters.len() >= MIN_CORRECTED
                && ids.binary_search(&id).is_ok()
            {
                let same = self.language.long_words.entry((*first, letters.len()));
                same.or_default().push((letters, id));
            }
        }
        self.language
    }
}

/// Whether one letter added, left out or changed, or two swapped, makes one word of the other.
pub fn is_slip(a: &[char], b: &[char]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let rest = |word: &[char], skip: usize| word.get(same + skip..).unwrap_or_default().to_vec();
    let swapped = || {
        let mut turned = rest(a, 0);
        if turned.len() >= 2 {
            turned.swap(0, 1);
        }
        turned == rest(b, 0)
    };
    match a.len().abs_diff(b.len()) {
        0 => rest(a, 1) == rest(b, 1) || swapped(),
        1 if a.len() > b.len() => rest(a, 1) == rest(b, 0),
        1 => rest(a, 0) == rest(b, 1),
        _ => false,
    }
}

fn collect(nodes: &[Node], defines: &[Define], into: &mut Vec<Id>) {
    for node in nodes {
        match node {
            Node::Word(a, b) => into.extend([*a, *b]),
            Node::Maybe(inner) => collect(inner, defines, into),
            Node::Any(any) => any.iter().for_each(|n| collect(n, defines, into)),
            Node::Define(index) => {
                for nodes in defines.get(*index).map_or(&[][..], Define::alternatives) {
                    collect(nodes, defines, into);
                }
            }
            Node::Builtin(_) => {}
        }
    }
}

fn span(key: &str) -> Option<Span> {
    let (count, unit) = key.split_once(' ')?;
    if count == "quarter" {
        return Some(Span::Quarter(unit.parse().ok()?));
    }
    let unit = match unit {
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "quarter" => Unit::Quarter,
        "year" => Unit::Year,
        _ => return None,
    };
    match count {
        "next" => Some(Span::Next(unit)),
        "n" => Some(Span::From(None, unit)),
        count => Some(Span::From(Some(count.parse().ok()?), unit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_table_compiles() {
        assert_eq!(WORDS.complaints, Vec::<String>::new());
    }
}
