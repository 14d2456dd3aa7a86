//! Reads one word table: sections, definitions, patterns, values.
//!
//! A line that does not compile becomes a complaint and is left out.

use crate::reader::answer::grammar::{self, Bits, Compiler, Define, Folding, Id, IdMap, Node};
use crate::reader::answer::tables::{
    Beginnings, Language, MIN_CORRECTED, Rule, Says, Span, Unit, Words,
};
use std::collections::HashMap;

/// One file being read.
pub struct Reading {
    language: Language,
    names: HashMap<String, usize>,
    section: String,
    folds: Folding,
}

impl Reading {
    pub fn new(code: &'static str, bit: u64) -> Self {
        Reading {
            language: Language {
                code,
                bit,
                defines: Vec::new(),
                rules: Vec::new(),
                phrases: Beginnings::default(),
                spans: Beginnings::default(),
                sign_offs: IdMap::default(),
                unaccented: IdMap::default(),
                months: IdMap::default(),
                edges: IdMap::default(),
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

    pub fn file(&mut self, text: &str, words: &mut Words) {
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
            "months" | "edges" | "numbers" | "of" => return self.value(line, words),
            "spans" => {
                let (key, pattern) = line.split_once(':').ok_or("a span is LENGTH: PATTERN")?;
                let says = Says::Span(span(key.trim()).ok_or("no such span")?);
                return self.rules(says, pattern, words);
            }
            "stop" => Says::Stop,
            "stop alone" => Says::Stop,
            "far" => Says::Far,
            "no" => Says::No,
            "no alone" => Says::NoAlone,
            "later" => Says::Later,
            "not now" => Says::NotNow,
            "doubt" => Says::Doubt,
            "weak yes" => Says::Weak,
            "yes" | "yes alone" => Says::Yes,
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
                    ("edges", Ok(day)) => {
                        self.language.edges.insert(id, day);
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
            let needs = grammar::needs(&nodes, &self.language.defines);
            match says {
                Says::Span(_) => self.language.spans.add(index, needs, &first),
                _ => self.language.phrases.add(index, needs, &first),
            }
            if matches!(says, Says::Closing | Says::Thanks) {
                let ids = first.ids.iter().map(|id| (*id, ()));
                self.language.sign_offs.extend(ids);
            }
            let alone = self.section.ends_with(" alone");
            self.language.rules.push(Rule { says, alone, nodes });
        }
        Ok(())
    }

    pub fn finish(mut self, words: &mut Words) -> Language {
        let mut ids: Vec<Id> = Vec::new();
        for rule in &self.language.rules {
            collect(&rule.nodes, &self.language.defines, &mut ids);
        }
        ids.extend(self.language.months.keys());
        ids.extend(self.language.edges.keys());
        ids.extend(self.language.numbers.keys());
        ids.extend(&self.language.of);
        ids.sort_unstable();
        ids.dedup();
        let language = &mut self.language;
        for rule in &language.rules {
            unaccented(&rule.nodes, &language.defines, &mut language.unaccented);
        }
        words.langs.resize(words.interner.len() + 1, 0);
        for id in &ids {
            if let Some(mask) = words.langs.get_mut(*id as usize) {
                *mask |= self.language.bit;
            }
        }
        for (word, id) in words.interner.iter() {
            if word.len() < MIN_CORRECTED || ids.binary_search(&id).is_err() {
                continue;
            }
            let letters: Vec<char> = word.chars().collect();
            if let Some(first) = letters.first()
                && letters.len() >= MIN_CORRECTED
            {
                let same = self.language.long_words.entry((*first, letters.len()));
                same.or_default().push((letters, id));
            }
        }
        self.language
    }
}

fn collect(nodes: &[Node], defines: &[Define], into: &mut Vec<Id>) {
    for node in nodes {
        match node {
            Node::Word(a, b) => into.extend([*a, *b]),
            Node::Maybe(inner) => collect(inner, defines, into),
            Node::Any(choice) => choice.rows.iter().for_each(|n| collect(n, defines, into)),
            Node::Define(index) => {
                for nodes in defines.get(*index).map_or(&[][..], Define::alternatives) {
                    collect(nodes, defines, into);
                }
            }
            Node::Builtin(_) => {}
        }
    }
}

fn unaccented(nodes: &[Node], defines: &[Define], into: &mut IdMap<Bits>) {
    for node in nodes {
        match node {
            Node::Word(a, b) if a != b => *into.entry(*a).or_default() |= grammar::bit(*b),
            Node::Word(..) | Node::Builtin(_) => {}
            Node::Maybe(inner) => unaccented(inner, defines, into),
            Node::Any(choice) => choice
                .rows
                .iter()
                .for_each(|n| unaccented(n, defines, into)),
            Node::Define(index) => {
                for nodes in defines.get(*index).map_or(&[][..], Define::alternatives) {
                    unaccented(nodes, defines, into);
                }
            }
        }
    }
}

fn span(key: &str) -> Option<Span> {
    let (count, unit) = key.split_once(' ')?;
    if count == "quarter" {
        return Some(Span::Quarter(unit.parse().ok()?));
    }
    if count == "on" {
        let (month, day) = unit.split_once(' ')?;
        return Some(Span::On(month.parse().ok()?, day.parse().ok()?));
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
