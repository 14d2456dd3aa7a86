//! The word tables of all languages, compiled once, each from a file that a translator can read.
//!
//! A line that does not compile is left out and kept as a complaint, which a test looks at; the
//! others still count.

mod file;

use crate::reader::answer::grammar::Bits;
use crate::reader::answer::interner::{Few, Id, Interner, UNKNOWN};
use crate::reader::answer::laid::beginnings::Beginnings;
use crate::reader::answer::laid::{Laid, Part};
use crate::reader::answer::tables::file::Reading;
use crate::reader::hash::{TableMap, TableSet};
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
    /// `How are you?`: a question that asks for nothing.
    Pleasantry,
    /// `And`, `too`: explained, but never an answer by itself.
    Filler,
    Greeting,
    Closing,
    Schedule,
    /// `A great project`: explained, but what a mere `yes` or `agreed` beside it is about.
    Praise,
    /// Praise, whereabouts: a clause that changes no answer, but may be what a mere `yes` beside it is about.
    Remark,
    /// Of the writer: the same, where the consent says what it consents to.
    Aside,
    /// The same of what is over, so that it can name no price, no terms and nobody to turn to.
    Told,
    /// The same, going on from a consent that names the requester: `about the trials`.
    About,
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

impl Says {
    /// Whether it may take a consent back.
    pub fn is_against(self) -> bool {
        self <= Says::Condition || self == Says::Far
    }
}

pub struct Rule {
    pub says: Says,
    /// Counts only as a clause of its own.
    pub alone: bool,
    pub row: Part,
}

/// One language's table.
pub struct Language {
    pub code: &'static str,
    /// Bit in [`Words::langs`].
    pub bit: u64,
    pub patterns: Laid,
    pub rules: Vec<Rule>,
    /// Rules by what they can begin with; those that name a span apart, for they are asked first.
    pub phrases: Beginnings,
    pub spans: Beginnings,
    /// First words of thanks and sign-offs.
    pub sign_offs: TableSet<Id>,
    /// By word with accents: the bit of the same word without.
    pub unaccented: TableMap<Id, Bits>,
    pub months: TableMap<Id, i8>,
    /// Words before a month that mean a day in it.
    pub edges: TableMap<Id, i8>,
    pub numbers: TableMap<Id, u32>,
    /// Words of one of these, and those that a span can begin with.
    pub dated: Few,
    /// Words between the parts of a date: `15 of March`.
    pub of: Vec<Id>,
    /// Words that a remark or an aside may go on with, and those of them that a thing may follow.
    pub plain: TableSet<Id>,
    pub binders: TableSet<Id>,
    /// Words of time that are plain only in what is over: `in a few years` postpones elsewhere.
    pub times: TableSet<Id>,
    /// Words one of which must end what is over, where its verb stands there (German).
    pub participles: TableSet<Id>,
    /// Words that confirm a fact as well as they consent: `yes`, `of course`.
    pub particles: TableSet<Id>,
    /// Words of a consent that may be shared praise: `agreed`, `delighted`.
    pub agreements: TableSet<Id>,
    /// Words of a consent that may but strengthen what they stand before: `definitely sounds fun`.
    pub adverbs: TableSet<Id>,
    /// Those of them with which a consent begins that strengthens what comes, not what was said: `great, please do`.
    pub onward: TableSet<Id>,
    /// Words that end a consent and want a verb behind them: `I'd love to`.
    pub opening: TableSet<Id>,
    /// Whom a consent may name, and go on with what it is about: `happy to talk to her`.
    pub persons: TableSet<Id>,
    /// Words of a consent behind which whoever is spoken to may be named without a comma: `go ahead Bob`.
    pub called: TableSet<Id>,
    /// Words that mean whoever is spoken to where they have a capital within a sentence (`Sie`), and those words
    /// as patterns have them.
    pub polite: TableMap<Id, Id>,
    /// Whether a pattern asks what the request is about.
    pub is_topical: bool,
    /// A capital tells no name from a noun (German).
    pub nouns_are_capital: bool,
    /// Words take endings in rows, and one letter makes another tense or person of a verb: no slip is put
    /// right.
    pub endings_are_long: bool,
    /// Words of six letters and more, sorted by first letter and length.
    pub long_words: Vec<LongWord>,
}

/// What it is sorted by, and its number.
pub type LongWord = (u32, Id);

/// First letter and length of a word in one number; the longest are none that is looked for.
pub fn long_word_key(first: char, length: usize) -> u32 {
    u32::from(first) << 8 | length.min(0xFF) as u32
}

impl Language {
    /// The long words that begin with this letter and have so many, one less or one more.
    pub fn long_words(&self, first: char, length: usize) -> impl Iterator<Item = Id> {
        let least = long_word_key(first, length.saturating_sub(1));
        let most = long_word_key(first, length + 1);
        let start = self.long_words.partition_point(|word| word.0 < least);
        let from = self.long_words.get(start..).unwrap_or_default();
        let near = from.iter().take_while(move |word| word.0 <= most);
        near.map(|(_, id)| *id)
    }
}

pub struct Words {
    pub interner: Interner,
    pub languages: Vec<Language>,
    /// The bits of them all.
    pub all: u64,
    /// By word number: the languages that know it.
    pub langs: Vec<u64>,
    /// Words that a refusal, a postponement or a doubt can begin with, sorted.
    pub refusing: Vec<Id>,
    /// By word number, a bit each: words that one of those or a far day can begin with, in some language.
    pub denying: Vec<u64>,
    /// The same of refusals alone.
    pub refusals: Vec<u64>,
    /// Lines that did not compile.
    pub complaints: Vec<String>,
}

impl Words {
    /// The languages that know the word, a bit each.
    pub fn langs(&self, id: Id) -> u64 {
        self.langs.get(id as usize).copied().unwrap_or(0)
    }

    /// Whether some language knows the word as one that refuses or doubts: never a name.
    pub fn refuses(&self, id: Id) -> bool {
        id != UNKNOWN && self.may_deny(id) && self.refusing.binary_search(&id).is_ok()
    }

    /// Whether a phrase of some language that may take a consent back can begin with the word.
    pub fn may_deny(&self, id: Id) -> bool {
        is_set(&self.denying, id)
    }

    /// The same of phrases that refuse.
    pub fn may_refuse(&self, id: Id) -> bool {
        is_set(&self.refusals, id)
    }
}

fn is_set(bits: &[u64], id: Id) -> bool {
    let (at, bit) = place_of(id);
    bits.get(at).is_some_and(|bits| bits & bit != 0)
}

fn set(bits: &mut Vec<u64>, id: Id) {
    let (at, bit) = place_of(id);
    if at >= bits.len() {
        bits.resize(at + 1, 0);
    }
    if let Some(bits) = bits.get_mut(at) {
        *bits |= bit;
    }
}

/// Where the word's bit stands among those of all words.
fn place_of(id: Id) -> (usize, u64) {
    ((id / u64::BITS) as usize, 1 << (id % u64::BITS))
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
    "is", "sv", "th", "tr", "uk", "vi", "zh", "az", "bn", "cy", "eu", "ga", "gl", "hy", "ka", "kk",
    "sw", "ta", "tl", "ur",
];

/// Letters at the end of a word that another ending may change: `welcome` and `welcomed`.
const ENDING: usize = 2;

/// Words shorter than this are not corrected: one letter makes another word of them.
pub const MIN_CORRECTED: usize = 6;

pub static WORDS: LazyLock<Words> = LazyLock::new(load);

fn load() -> Words {
    let mut words = Words {
        interner: Interner::default(),
        languages: Vec::new(),
        all: 0,
        langs: Vec::new(),
        refusing: Vec::new(),
        denying: Vec::new(),
        refusals: Vec::new(),
        complaints: Vec::new(),
    };
    for (index, (code, text)) in FILES.iter().enumerate() {
        let mut reading = Reading::new(code, 1 << index);
        reading.file(ANY, &mut words);
        reading.file(text, &mut words);
        let language = reading.finish(&mut words);
        for (id, rules) in language.phrases.iter() {
            let says = rules.filter_map(|index| Some(language.rules.get(index)?.says));
            let Some(least) = says.min() else {
                continue;
            };
            if least <= Says::Condition {
                words.refusing.push(id);
            }
            if least <= Says::NoAlone {
                set(&mut words.refusals, id);
            }
        }
        for id in language.phrases.denial_words() {
            set(&mut words.denying, id);
        }
        words.all |= language.bit;
        words.languages.push(language);
    }
    words.refusing.sort_unstable();
    words.refusing.dedup();
    words.refusing.shrink_to_fit();
    words.denying.shrink_to_fit();
    words.refusals.shrink_to_fit();
    words.langs.shrink_to_fit();
    words.interner.shrink();
    words
}

/// Whether only a slip of the thumb can have made `a` of `b`: another ending would make another tense or
/// person of a verb, or a state of an action.
pub fn is_typo(a: &[char], b: &str) -> bool {
    let same = a.iter().zip(b.chars()).take_while(|(x, y)| *x == y).count();
    let longer = a.len().max(b.chars().count());
    // Letters without case belong to languages that bend words in the middle too.
    same + ENDING < longer && a.iter().all(|c| c.is_lowercase()) && is_slip(a, b)
}

/// Whether one letter added, left out or changed, or two swapped, makes one word of the other.
pub fn is_slip(a: &[char], b: &str) -> bool {
    let same = a.iter().zip(b.chars()).take_while(|(x, y)| *x == y).count();
    let b_length = b.chars().count();
    // What is left of both behind what is the same, and so many letters more.
    let equal = |skip_a: usize, skip_b: usize| {
        let a = a.get(same + skip_a..).unwrap_or_default();
        b.chars().skip(same + skip_b).eq(a.iter().copied())
    };
    let swapped = || {
        let (mut b, a) = (b.chars().skip(same), a.get(same..).unwrap_or_default());
        matches!(a, [first, second, rest @ ..]
            if b.next() == Some(*second) && b.next() == Some(*first) && b.eq(rest.iter().copied()))
    };
    match a.len().abs_diff(b_length) {
        0 => equal(1, 1) || swapped(),
        1 if a.len() > b_length => equal(1, 0),
        1 => equal(0, 1),
        _ => false,
    }
}

/// The same of words of ASCII, by their octets.
pub fn is_slip_in_ascii(a: &[u8], b: &[u8]) -> bool {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (
        a.get(same..).unwrap_or_default(),
        b.get(same..).unwrap_or_default(),
    );
    match (a, b) {
        ([], [] | [_]) | ([_], []) => true,
        ([x, a_rest @ ..], [y, b_rest @ ..]) => {
            a_rest == b_rest
                || a_rest == b
                || a == b_rest
                || matches!((a_rest, b_rest), ([z, a @ ..], [w, b @ ..]) if x == w && y == z && a == b)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::answer::lexer;

    #[test]
    fn slips_in_ascii_are_slips() {
        let words = "a ab ba abc acb bac abcd abdc acbd abce abcde xabc abcabc aabc";
        for a in words.split(' ').chain([""]) {
            for b in words.split(' ').chain([""]) {
                let letters: Vec<char> = a.chars().collect();
                let both = (a.as_bytes(), b.as_bytes());
                assert_eq!(
                    is_slip_in_ascii(both.0, both.1),
                    is_slip(&letters, b),
                    "{a} {b}"
                );
            }
        }
    }

    #[test]
    fn every_line_of_every_table_compiles() {
        assert_eq!(WORDS.complaints, Vec::<String>::new());
    }
    #[test]
    fn plain_words_of_the_tables_are_words_of_mails() {
        for (word, _) in WORDS.interner.iter() {
            if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
                let normal = lexer::characters::normalise(word);
                let sentences = lexer::sentences(&normal);
                let tokens = sentences.iter().flat_map(|sentence| &sentence.tokens);
                let texts: Vec<&str> = tokens.map(|token| &*token.text).collect();
                assert_eq!(texts, [word]);
            }
        }
    }
}
