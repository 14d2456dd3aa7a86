//! Every sentence the bot can say: one text file a mail, a folder a language, embedded; an operator's
//! files stand in for ours.
//!
//! Fails where a template does not parse or uses what is not there, with its file and line;
//! [`crate::writer::rehearsal`] finds that before a mail is due.

use crate::writer::page::SIGN;
use minijinja::{Environment, UndefinedBehavior, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, LazyLock};

/// The templates that come with the program, by language and name, in order; those that begin with
/// `part_` serve several mails. Written by `build.rs` from the folders beside this file.
pub const BUILT_IN: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/words.rs"));
/// The language of whoever chose none, and the one that has every file.
pub const ENGLISH: &str = "en";
/// Steps of one template (a step is an instruction or 64 octets): the longest mail takes a tenth of it.
const FUEL: u64 = 50_000;

/// What an operator's folder holds: one text file.
pub struct File {
    pub language: String,
    pub name: String,
    /// As an error names it.
    pub path: String,
    pub text: String,
}

/// What is wrong with a text file. Prints as `file:line: what is wrong. What to do.`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: String,
    /// Counted from 1; none where the whole file is meant.
    pub line: Option<usize>,
    pub problem: String,
    pub remedy: String,
}

impl Problem {
    /// File and line.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}. {}", self.place(), self.problem, self.remedy)
    }
}

/// Why a template could not be filled: place and kind, without the values, which are people's.
#[derive(Debug)]
pub struct Unfilled {
    /// The template in which it happened: the one asked for, or a part of it.
    pub name: String,
    pub line: Option<usize>,
    pub why: String,
    /// With names and values, for those who fill it with invented people.
    pub detail: Option<String>,
}

impl std::fmt::Display for Unfilled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line.unwrap_or(0), self.why)
    }
}

/// The text of each template, by its name.
type Texts = BTreeMap<String, Cow<'static, str>>;

/// The templates of one language, each compiled when it is first needed: of four languages few serve
/// one mailbox. A clone is another handle on the same.
#[derive(Clone)]
pub struct Language {
    pub code: String,
    environment: Arc<Environment<'static>>,
    texts: Arc<Texts>,
    /// Where an operator's files stand, by name.
    places: Arc<BTreeMap<String, String>>,
}

impl Language {
    /// Compiles the operator's templates; what is wrong with them is told.
    fn new(code: &str, texts: Texts, places: BTreeMap<String, String>) -> (Language, Vec<Problem>) {
        let texts = Arc::new(texts);
        let mut environment = environment();
        let source = texts.clone();
        environment.set_loader(move |name| Ok(source.get(name).map(|text| text.to_string())));
        let language = Language {
            code: code.to_owned(),
            environment: Arc::new(environment),
            texts,
            places: Arc::new(places),
        };
        let wrong = |name: &String| {
            let error = language.environment.get_template(name).err()?;
            Some(Problem {
                file: language.place(name),
                line: error.line(),
                problem: error.detail().unwrap_or("is no template").to_owned(),
                remedy: "docs/voices.md shows the form.".to_owned(),
            })
        };
        let problems = language.places.keys().filter_map(wrong).collect();
        (language, problems)
    }

    /// The file of a template, as an error names it.
    pub fn place(&self, name: &str) -> String {
        match self.places.get(name) {
            Some(path) => path.clone(),
            None => format!("words/{}/{name}.txt", self.code),
        }
    }

    /// Whether any of its files is an operator's.
    pub fn is_replaced(&self) -> bool {
        !self.places.is_empty()
    }

    /// The names of all templates.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(Cow::as_ref)
    }

    /// What a template takes from outside: `requester.name` and the like.
    pub fn used(&self, name: &str) -> BTreeSet<String> {
        let known: BTreeSet<String> = self
            .environment
            .globals()
            .map(|(name, _)| name.to_owned())
            .collect();
        let template = self.environment.get_template(name);
        template
            .map(|template| template.undeclared_variables(true))
            .unwrap_or_default()
            .into_iter()
            .filter(|name| !known.contains(name))
            .collect()
    }

    /// Fills a template, with a map of values.
    pub fn fill(&self, name: &str, values: impl Into<Value>) -> Result<String, Unfilled> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(values))
            .map_err(|error| unfilled(name, &error))
    }

    /// The first line of what [`Language::fill`] gives; no more is filled.
    pub fn first_line(&self, name: &str, values: impl Into<Value>) -> Result<String, Unfilled> {
        let mut line = FirstLine::default();
        let filled = self
            .environment
            .get_template(name)
            .and_then(|template| template.render_captured_to(values, &mut line).map(drop));
        match filled {
            Err(error) if !line.ended => Err(unfilled(name, &error)),
            _ => Ok(String::from_utf8_lossy(&line.text).into_owned()),
        }
    }

    /// A short text that stands inside others: a date, somebody without a name.
    pub fn part(&self, name: &str, values: impl Into<Value>) -> Result<String, Unfilled> {
        let filled = self.fill(name, values)?;
        Ok(filled.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// A day in words: "Tuesday, 8 December 2026".
    pub fn date(&self, day: jiff::civil::Date) -> Result<String, Unfilled> {
        let values = BTreeMap::from([
            ("weekday", Value::from(day.weekday().to_monday_one_offset())),
            ("day", Value::from(day.day())),
            ("month", Value::from(day.month())),
            ("year", Value::from(day.year())),
        ]);
        self.part("part_date", values)
    }
}

/// Takes a line and then nothing more.
#[derive(Default)]
struct FirstLine {
    text: Vec<u8>,
    ended: bool,
}

impl io::Write for FirstLine {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        let mut parts = some.split(|octet| *octet == b'\n');
        if !self.ended {
            self.text
                .extend_from_slice(parts.next().unwrap_or_default());
            self.ended = parts.next().is_some();
        }
        match self.ended {
            true => Err(io::ErrorKind::WriteZero.into()),
            false => Ok(some.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The innermost place: an error inside an included part is that part's.
fn unfilled(name: &str, error: &minijinja::Error) -> Unfilled {
    let mut inner = error;
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        if let Some(error) = next.downcast_ref::<minijinja::Error>() {
            inner = error;
        }
        cause = next.source();
    }
    Unfilled {
        name: inner.name().unwrap_or(name).to_owned(),
        line: inner.line(),
        why: inner.kind().to_string(),
        detail: inner.detail().map(str::to_owned),
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    let syntax = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    // The delimiters are the usual ones, so this cannot fail.
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_fuel(Some(FUEL));
    environment.add_function("tap", |word: &str| format!("{SIGN}tap:{word}{SIGN}"));
    environment.add_function("box", |name: &str| format!("{SIGN}box:{name}{SIGN}"));
    for mark in ["line", "small", "rule", "head", "how"] {
        environment.add_global(mark, format!("{SIGN}{mark}{SIGN}"));
    }
    environment
}

/// All languages: ours, and what the operator puts in their place.
#[derive(Clone)]
pub struct Words {
    languages: BTreeMap<String, Arc<Language>>,
    english: Arc<Language>,
}

static OURS: LazyLock<Words> = LazyLock::new(|| Words::with(&[]).0);

impl Words {
    /// What comes with the program.
    pub fn built_in() -> Words {
        OURS.clone()
    }

    /// With the operator's files in the place of ours. What does not compile is told.
    pub fn with(files: &[File]) -> (Words, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut languages = BTreeMap::new();
        let ours = BUILT_IN.iter().map(|(code, _)| *code);
        let theirs = files.iter().map(|file| file.language.as_str());
        let codes: BTreeSet<&str> = ours.chain(theirs).collect();
        for code in codes {
            let ours = BUILT_IN.iter().filter(|(ours, _)| *ours == code);
            let ours = ours.flat_map(|(_, texts)| texts.iter());
            let mut texts: Texts = ours
                .map(|(name, text)| ((*name).to_owned(), Cow::Borrowed(*text)))
                .collect();
            let mut places = BTreeMap::new();
            for file in files.iter().filter(|file| file.language == code) {
                texts.insert(file.name.clone(), Cow::Owned(file.text.clone()));
                places.insert(file.name.clone(), file.path.clone());
            }
            let (language, wrong) = Language::new(code, texts, places);
            problems.extend(wrong);
            languages.insert(code.to_owned(), Arc::new(language));
        }
        let english = match languages.get(ENGLISH) {
            Some(english) => english.clone(),
            None => Arc::new(Language::new(ENGLISH, Texts::new(), BTreeMap::new()).0),
        };
        (Words { languages, english }, problems)
    }

    /// A language by its tag (RFC 5646): `de` serves `de-AT` where there is no other.
    pub fn find(&self, tag: &str) -> Option<&Language> {
        let tag = tag.to_ascii_lowercase().replace('_', "-");
        let primary = tag.split('-').next().unwrap_or_default();
        let found = self.languages.get(&tag);
        found
            .or_else(|| self.languages.get(primary))
            .map(Arc::as_ref)
    }

    /// The first of these that there is, else English.
    pub fn first<'a>(&self, tags: impl IntoIterator<Item = &'a str>) -> &Language {
        let mut tags = tags.into_iter();
        tags.find_map(|tag| self.find(tag)).unwrap_or(&self.english)
    }

    pub fn languages(&self) -> impl Iterator<Item = &Language> {
        self.languages.values().map(Arc::as_ref)
    }
}
