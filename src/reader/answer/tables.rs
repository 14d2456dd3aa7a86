//! The word tables of all languages, compiled once, each from a file that a translator can read.
//!
//! A line that does not compile is left out and kept as a complaint, which a test looks at; the
//! others still count.

mod file;

use crate::reader::answer::grammar::{Bits, Define, First, Id, IdMap, Interner, Node};
use crate::reader::answer::tables::file::Reading;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a phrase says. In the order of its weight: where two readings tie, the earlier one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    Stop,
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
    /// The next such day: month and day.
    On(i8, i8),
}

pub struct Rule {
    pub says: Says,
    /// Counts only as a clause of its own.
    pub alone: bool,
    pub nodes: Vec<Node>,
}

/// Numbers of rules by what they begin with.
#[derive(Default)]
pub struct Beginnings {
    by_first: IdMap<Vec<Begun>>,
    /// Rules that can begin with a number, a link, a date.
    by_shape: Vec<Begun>,
}

/// A rule, and the words without which it cannot match: most are told by these alone, so they stand
/// beside one another.
#[derive(Clone, Copy)]
struct Begun {
    index: usize,
    needs: Bits,
}

impl Beginnings {
    /// Rules that can begin with this word and need no others than those from there on; `shaped`:
    /// something other than a word stands there.
    pub fn at(&self, id: Id, shaped: bool, ahead: Bits) -> impl Iterator<Item = usize> + '_ {
        let by_shape: &[Begun] = if shaped { &self.by_shape } else { &[] };
        let by_first = self.by_first.get(&id).map(Vec::as_slice);
        let both = by_first.unwrap_or_default().iter().chain(by_shape);
        both.filter(move |begun| begun.needs & !ahead == 0)
            .map(|begun| begun.index)
    }

    fn add(&mut self, index: usize, needs: Bits, first: &First) {
        let begun = Begun { index, needs };
        for id in &first.ids {
            let list = self.by_first.entry(*id).or_default();
            if list.last().is_none_or(|last| last.index != index) {
                list.push(begun);
            }
        }
        if first.shape {
            self.by_shape.push(begun);
        }
    }
}

/// Words by first letter and length, letter by letter, with their numbers.
pub type LongWords = HashMap<(char, usize), Vec<(Vec<char>, Id)>>;

/// One language's table.
pub struct Language {
    pub code: &'static str,
    /// Bit in [`Words::langs`].
    pub bit: u64,
    pub defines: Vec<Define>,
    pub rules: Vec<Rule>,
    /// Rules by what they can begin with; those that name a span apart, for they are asked first.
    pub phrases: Beginnings,
    pub spans: Beginnings,
    /// First words of thanks and sign-offs.
    pub sign_offs: IdMap<()>,
    /// By word with accents: the bit of the same word without.
    pub unaccented: IdMap<Bits>,
    pub months: IdMap<i8>,
    /// Words before a month that mean a day in it.
    pub edges: IdMap<i8>,
    pub numbers: IdMap<u32>,
    /// Words between the parts of a date: `15 of March`.
    pub of: Vec<Id>,
    /// A capital tells no name from a noun (German).
    pub nouns_are_capital: bool,
    /// Words of six letters and more by first letter and length.
    pub long_words: LongWords,
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
    pub fn langs(&self, word: &str) -> u64 {
        let id = self.interner.get(word);
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
    "hu", "id", "it", "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq",
    "is", "sv", "th", "tr", "uk", "vi", "zh",
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
        for (id, rules) in &language.phrases.by_first {
            let says = |rule: &Begun| language.rules.get(rule.index).map(|r| r.says);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::answer::lexer;

    #[test]
    fn every_line_of_every_table_compiles() {
        assert_eq!(WORDS.complaints, Vec::<String>::new());
    }
    #[test]
    fn plain_words_of_the_tables_are_words_of_mails() {
        for (word, _) in WORDS.interner.iter() {
            if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let sentences = lexer::sentences(&lexer::normalise(word));
                let tokens = sentences.iter().flat_map(|sentence| &sentence.tokens);
                let texts: Vec<&str> = tokens.map(|token| token.text.as_str()).collect();
                assert_eq!(texts, [word]);
            }
        }
    }
}
