//! Reads one word table: sections, definitions, patterns, values.
//!
//! A line that does not compile becomes a complaint and is left out.

use crate::reader::answer::grammar::{self, Compiler, Defined, Folding, Node};
use crate::reader::answer::interner::{Few, Id};
use crate::reader::answer::laid::Laid;
use crate::reader::answer::laid::beginnings::{Beginning, Beginnings, Gathered, Needs};
use crate::reader::answer::tables::{
    Language, MIN_CORRECTED, Rule, Says, Span, Unit, Words, long_word_key,
};
use crate::reader::hash::{TableMap, TableSet};
use std::collections::HashMap;

/// One file being read.
pub struct Reading {
    language: Language,
    /// Definitions by name, and what is asked of each while others are compiled.
    names: HashMap<String, u32>,
    defined: Vec<Defined>,
    phrases: Gathered,
    spans: Gathered,
    section: String,
    folds: Folding,
}

impl Reading {
    pub fn new(code: &'static str, bit: u64) -> Self {
        Reading {
            language: Language {
                code,
                bit,
                patterns: Laid::default(),
                rules: Vec::new(),
                phrases: Beginnings::default(),
                spans: Beginnings::default(),
                sign_offs: TableSet::default(),
                unaccented: TableMap::default(),
                months: TableMap::default(),
                edges: TableMap::default(),
                dated: Few::default(),
                numbers: TableMap::default(),
                of: Vec::new(),
                plain: TableSet::default(),
                binders: TableSet::default(),
                particles: TableSet::default(),
                persons: TableSet::default(),
                times: TableSet::default(),
                participles: TableSet::default(),
                agreements: TableSet::default(),
                adverbs: TableSet::default(),
                onward: TableSet::default(),
                opening: TableSet::default(),
                called: TableSet::default(),
                polite: TableMap::default(),
                is_topical: false,
                nouns_are_capital: false,
                endings_are_long: false,
                long_words: Vec::new(),
            },
            names: HashMap::new(),
            defined: Vec::new(),
            phrases: Gathered::default(),
            spans: Gathered::default(),
            section: String::new(),
            folds: Folding::Plain,
        }
    }

    pub fn file(&mut self, text: &str, words: &mut Words) {
        self.language.is_topical |= text.contains("{topic}");
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
                let index = u32::try_from(self.defined.len()).unwrap_or(u32::MAX);
                self.names.insert(name.trim().to_owned(), index);
                self.language.patterns.add_define(&any, &self.defined);
                let defined = Defined::of(&any, &self.defined);
                self.defined.push(defined);
                return Ok(());
            }
            "months" | "edges" | "numbers" | "of" => return self.value(line, words),
            "plain" | "binders" | "times" | "participles" | "particles" | "agreements"
            | "adverbs" | "onward" | "opening" | "persons" | "called" => {
                self.plain(line, words);
                return Ok(());
            }
            "polite" => {
                for word in line.split_whitespace() {
                    let small = words.interner.intern(&word.to_lowercase());
                    let capital = words.interner.intern(word);
                    self.language.polite.insert(small, capital);
                }
                return Ok(());
            }
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
            "greeting" | "greeting alone" => Says::Greeting,
            "closing" => Says::Closing,
            "pleasantry" => Says::Pleasantry,
            "schedule" => Says::Schedule,
            "praise" => Says::Praise,
            "remark" => Says::Remark,
            "aside" => Says::Aside,
            "told" => Says::Told,
            "about" => Says::About,
            "footer" => Says::Footer,
            other => return Err(format!("no such section: {other}")),
        };
        self.rules(says, line, words)
    }

    fn option(&mut self, line: &str) -> Result<(), String> {
        match line {
            "accents count" => self.folds = Folding::None,
            "umlauts as two letters" => self.folds = Folding::TwoLetters,
            "endings are long" => self.language.endings_are_long = true,
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

    /// Words that stand in a list.
    fn plain(&mut self, line: &str, words: &mut Words) {
        for word in line.split_whitespace() {
            let written = words.interner.intern(word);
            let folded = words.interner.intern(&self.folds.of(word));
            let capital = self.language.polite.get(&written).copied();
            for id in [Some(written), Some(folded), capital].into_iter().flatten() {
                match self.section.as_str() {
                    "particles" => self.language.particles.insert(id),
                    "agreements" => self.language.agreements.insert(id),
                    "adverbs" => self.language.adverbs.insert(id),
                    "onward" => self.language.onward.insert(id),
                    "opening" => self.language.opening.insert(id),
                    "persons" => self.language.persons.insert(id),
                    "times" => self.language.times.insert(id),
                    "participles" => self.language.participles.insert(id),
                    "called" => self.language.called.insert(id),
                    "binders" => self.language.binders.insert(id) | self.language.plain.insert(id),
                    _ => self.language.plain.insert(id),
                };
            }
        }
    }

    fn compile(&mut self, pattern: &str, words: &mut Words) -> Result<Vec<Vec<Node>>, String> {
        Compiler {
            interner: &mut words.interner,
            defines: &self.names,
            folds: self.folds,
            polite: &self.language.polite,
        }
        .pattern(pattern)
    }

    fn rules(&mut self, says: Says, pattern: &str, words: &mut Words) -> Result<(), String> {
        for nodes in self.compile(pattern, words)? {
            let first = grammar::first(&nodes, &self.defined);
            if first.empty {
                return Err(format!("{pattern:?} can be empty"));
            }
            let needs = Needs::of(&nodes, &self.defined);
            let begun = Beginning::of(self.language.rules.len(), needs);
            match says {
                Says::Span(_) => self.spans.add(begun, &first, false),
                _ => self.phrases.add(begun, &first, says.is_against()),
            }
            if matches!(says, Says::Closing | Says::Thanks) {
                self.language.sign_offs.extend(&first.ids);
            }
            let alone = self.section.ends_with(" alone");
            let row = self.language.patterns.add_row(&nodes, &self.defined);
            self.language.rules.push(Rule { says, alone, row });
        }
        Ok(())
    }

    pub fn finish(mut self, words: &mut Words) -> Language {
        let language = &mut self.language;
        language.phrases = self.phrases.sorted();
        language.spans = self.spans.sorted();
        let dated = language.months.keys().chain(language.numbers.keys());
        let spans = language.spans.iter().map(|(id, _)| id);
        language.dated = Few::of(dated.copied().chain(spans));
        language.rules.shrink_to_fit();
        let mut ids: Vec<Id> = Vec::new();
        let unaccented = &mut language.unaccented;
        let rows = language.rules.iter().map(|rule| rule.row);
        language.patterns.words_of(rows, |exact, plain| {
            ids.extend([exact, plain]);
            if exact != plain {
                *unaccented.entry(exact).or_default() |= grammar::bit(plain);
            }
        });
        language.patterns.shrink();
        unaccented.shrink_to_fit();
        ids.extend(language.months.keys());
        ids.extend(language.edges.keys());
        ids.extend(language.numbers.keys());
        ids.extend(&language.of);
        ids.extend(&language.plain);
        ids.extend(&language.times);
        ids.extend(&language.participles);
        ids.sort_unstable();
        ids.dedup();
        words.langs.resize(words.interner.len() + 1, 0);
        for id in &ids {
            if let Some(mask) = words.langs.get_mut(*id as usize) {
                *mask |= language.bit;
            }
            let word = words.interner.word(*id);
            let letters = word.chars().count();
            if let Some(first) = word.chars().next()
                && letters >= MIN_CORRECTED
            {
                let key = long_word_key(first, letters);
                language.long_words.push((key, *id));
            }
        }
        language.long_words.sort_unstable();
        language.long_words.shrink_to_fit();
        self.language
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
