//! Cuts a text into tokens: words, numbers, times, addresses, emoji, with the gaps between them.
//!
//! Never fails. What is no word of any kind becomes [`Shape::Strange`], which no grammar explains,
//! so that a text with it in is never a yes.

pub mod characters;
mod line;
mod shape;
mod word;

use crate::reader::answer::interner::{Id, UNKNOWN};
use characters::{is_unspaced, is_word};
use shape::{figure, is_strange, join_numbers, trimmed, whole_shape};
use std::borrow::Cow;
use word::Word;

/// What a token is, as far as its characters tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Word,
    Number(u32),
    /// A time of day: `10:30`, `3pm`.
    Time,
    /// A calendar date in figures; the year is 0 where it is not written. Day and month of
    /// `3/4` are as written, which of the two is which is open.
    Date {
        year: i16,
        first: i8,
        second: i8,
    },
    /// Seven or more digits that belong together.
    Phone,
    Link,
    Mail,
    /// Emoji and other characters that nothing explains unless a word table lists them.
    Sign,
    Strange,
}

/// What stands between a token and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    None,
    /// A comma, a dash, a bracket.
    Soft,
    /// A colon: what follows it may be another's words.
    Colon,
    /// A line end.
    Line,
}

#[derive(Clone, Debug)]
pub struct Token<'t> {
    /// In lower case, NFKC, without apostrophes; as it stands in the text where that is the same.
    pub text: Cow<'t, str>,
    pub shape: Shape,
    pub gap: Gap,
    /// Begins with a capital and goes on in small letters, or has no case at all.
    pub title: bool,
    /// Begins with a capital or a digit.
    pub capital: bool,
    /// Which line of the text, from 0.
    pub line: usize,
    /// Its number in the tables: as written, with no letter more than twice, and more than once in a row.
    pub ids: [Id; 3],
}

/// Tokens up to a full stop, a question mark or an empty line.
#[derive(Clone, Debug, Default)]
pub struct Sentence<'t> {
    pub tokens: Vec<Token<'t>>,
    pub question: bool,
    /// It ends in dots: `Ja...`
    pub trails: bool,
}

/// Words of most sentences.
const USUAL_TOKENS: usize = 10;
/// Octets of the longest of [`SMILEYS`].
const MAX_SMILEY: usize = 4;
/// Text smileys and signs that are written with punctuation, as the emoji they stand for.
const SMILEYS: &[(&str, &str)] = &[
    (":)", "🙂"),
    (":-)", "🙂"),
    (";)", "🙂"),
    (";-)", "🙂"),
    (":d", "🙂"),
    (":-d", "🙂"),
    ("=)", "🙂"),
    ("^^", "🙂"),
    ("<3", "🙂"),
    (":(", "🙁"),
    (":-(", "🙁"),
    (":/", "🙁"),
    (":-/", "🙁"),
    ("+1", "👍"),
    ("-1", "👎"),
    ("p.m.", "pm"),
    ("p.p.", "pp"),
    ("i.a.", "ia"),
    ("p.o.", "po"),
    ("a.m.", "am"),
    ("w/", "with"),
    ("100%", "💯"),
];

/// Without a figure, or a sign of those that smileys, links and addresses have, a chunk is nothing but words.
fn may_be_whole(octet: u8) -> bool {
    octet.is_ascii_digit() || b":;=^<+-./%@".contains(&octet)
}

#[derive(Default)]
struct Cutter<'t> {
    sentences: Vec<Sentence<'t>>,
    open: Sentence<'t>,
    gap: Option<Gap>,
    line: usize,
}

impl<'t> Cutter<'t> {
    fn push(&mut self, text: impl Into<Cow<'t, str>>, shape: Shape) {
        self.push_cased(text.into(), shape, false, false);
    }

    fn push_cased(&mut self, text: Cow<'t, str>, shape: Shape, title: bool, capital: bool) {
        let gap = match self.open.tokens.is_empty() {
            true => Gap::Line,
            false => self.gap.unwrap_or(Gap::None),
        };
        self.gap = None;
        if self.open.tokens.capacity() == 0 {
            self.open.tokens.reserve(USUAL_TOKENS);
        }
        self.open.tokens.push(Token {
            text,
            shape,
            gap,
            title,
            capital,
            line: self.line,
            ids: [UNKNOWN; 3],
        });
    }

    fn part(&mut self, gap: Gap) {
        self.gap = Some(self.gap.map_or(gap, |g| g.max(gap)));
    }

    /// A full stop behind another, or one that is three.
    fn trail(&mut self) {
        if self.open.tokens.is_empty()
            && let Some(last) = self.sentences.last_mut()
        {
            last.trails = true;
        }
    }

    fn end(&mut self, question: bool) {
        // `!?` and a question mark on its own belong to what stands before.
        if self.open.tokens.is_empty() {
            if question && let Some(last) = self.sentences.last_mut() {
                last.question = true;
            }
            return;
        }
        let mut done = std::mem::take(&mut self.open);
        done.question = question;
        // `Yes:` was to go on.
        done.trails = self.gap == Some(Gap::Colon);
        self.gap = None;
        self.sentences.push(done);
    }

    fn chunk(&mut self, chunk: &'t str, greek: bool) {
        if !chunk.bytes().any(may_be_whole) {
            return self.words(chunk, greek);
        }
        if self.is_usual(chunk, greek) {
            return;
        }
        let lower = word::lower(Cow::Borrowed(chunk));
        let bare = lower.trim_end_matches([',', '!', ';', ')', '>']);
        let bare = if lower.len() <= MAX_SMILEY && SMILEYS.iter().any(|(s, _)| *s == lower) {
            &*lower
        } else {
            bare
        };
        let is_short = bare.len() <= MAX_SMILEY;
        if is_short && let Some((_, sign)) = SMILEYS.iter().find(|(s, _)| *s == bare) {
            let shape = match sign.is_ascii() {
                true => Shape::Word,
                false => Shape::Sign,
            };
            self.push(*sign, shape);
            return self.marks(lower.strip_prefix(bare).unwrap_or_default(), greek);
        }
        if let Some(shape) = whole_shape(&lower) {
            self.push(trimmed(&lower).to_owned(), shape);
            let rest = lower.trim_start_matches(|c: char| !".,;:!?)>".contains(c));
            let kept = rest.trim_end_matches(|c: char| ".,;:!?)>".contains(c));
            let tail = rest.get(kept.len()..).unwrap_or_default();
            return self.marks(tail, greek);
        }
        self.words(chunk, greek);
    }

    /// Takes most chunks: they can be nothing but a word or a number.
    fn is_usual(&mut self, chunk: &'t str, greek: bool) -> bool {
        let bytes = chunk.as_bytes();
        let is_figure = bytes.first().is_some_and(u8::is_ascii_digit);
        let length = match is_figure {
            true => bytes.iter().take_while(|b| b.is_ascii_digit()).count(),
            false => (bytes.iter().take_while(|b| b.is_ascii_alphabetic())).count(),
        };
        let Some((word, mark)) = chunk.split_at_checked(length) else {
            return false;
        };
        let is_usual = match mark {
            "" | "," | "." | "!" | "?" => !word.is_empty(),
            // Behind letters they end no smiley.
            ":" | ";" | ")" => !word.is_empty() && !is_figure,
            _ => false,
        };
        if !is_usual {
            return false;
        }
        if !is_figure {
            self.letters(word);
        } else if let Some(shape) = figure(word) {
            self.push(word, shape);
        } else {
            return false;
        }
        match mark {
            "" => {}
            "," => self.part(Gap::Soft),
            "." | "!" => self.end(false),
            mark => self.marks(mark, greek),
        }
        true
    }

    /// A word of ASCII letters.
    fn letters(&mut self, word: &'t str) {
        let mut bytes = word.bytes();
        let capital = bytes.next().is_some_and(|first| first.is_ascii_uppercase());
        let small = bytes.filter(u8::is_ascii_lowercase).count();
        let title = capital && (word.len() == 1 || small > 0);
        let text = match !capital && small + 1 == word.len() {
            true => Cow::Borrowed(word),
            false => Cow::Owned(word.to_ascii_lowercase()),
        };
        self.push_cased(text, Shape::Word, title, capital);
    }

    fn marks(&mut self, marks: &str, greek: bool) {
        for c in marks.chars() {
            self.mark(c, greek);
        }
    }

    fn mark(&mut self, c: char, greek: bool) {
        match c {
            ';' if greek => self.end(true),
            '?' | '؟' | '՞' | '⁇' | '❓' => self.end(true),
            '¡' | '¿' => self.part(Gap::Soft),
            '.' if self.open.tokens.is_empty() => self.trail(),
            '…' => {
                self.end(false);
                self.trail();
            }
            '.' | '!' | '。' | '।' | '՜' | '։' | '۔' | '❗' => self.end(false),
            ',' | ';' | '-' | '–' | '—' | '(' | ')' | '/' | '、' | '،' | '؛' | '·' | '~'
            | '\u{2010}' | '\u{2011}' | '―' | '・' | '|' => self.part(Gap::Soft),
            ':' => self.part(Gap::Colon),
            '*' | '_' | '\'' | '•' => {}
            c if c.is_ascii_punctuation() || c.is_ascii_control() => {
                self.push(c.to_string(), Shape::Strange);
            }
            c => self.push(c.to_string(), Shape::Sign),
        }
    }

    fn words(&mut self, chunk: &'t str, greek: bool) {
        if self.is_usual(chunk, greek) {
            return;
        }
        // What was struck out (GitHub Flavored Markdown, section 6.5) is not said; a box may be unticked.
        if (chunk.starts_with('~') && chunk.len() > 1)
            || matches!(chunk, "(" | "()" | "(_)")
            || is_strange(chunk)
        {
            self.push(chunk, Shape::Strange);
        }
        let mut word = Word::of(chunk);
        // `We're` is no past tense, as it would be without its apostrophe.
        let mut we = false;
        let mut letters = chunk.char_indices().peekable();
        while let Some((at, c)) = letters.next() {
            let is_next = |next: Option<&(usize, char)>| next.is_some_and(|(_, n)| is_word(*n));
            if is_unspaced(c) {
                self.flush(&mut word);
                let end = at + c.len_utf8();
                self.push(chunk.get(at..end).unwrap_or_default(), Shape::Word);
            } else if is_word(c) {
                word.add(at, c);
            } else if c == '\''
                && word.is("we")
                && letters.peek().is_some_and(|(_, next)| *next == 'r')
            {
                self.flush(&mut word);
                we = true;
            } else if c == '\'' && (!word.is_empty() || is_next(letters.peek())) {
                // Dropped, so that `im` and `i'm` are one word.
            } else if c == '_' && !word.is_empty() && is_next(letters.peek()) {
                // `T_T`
                self.flush(&mut word);
                self.push("_", Shape::Strange);
            } else if c == '-' && !word.is_empty() && is_next(letters.peek()) {
                self.flush(&mut word);
            } else {
                self.flush(&mut word);
                self.mark(c, greek);
            }
        }
        if we && word.is("re") {
            let title = false;
            return self.push_cased("are".into(), Shape::Word, title, title);
        }
        self.flush(&mut word);
    }

    fn flush(&mut self, word: &mut Word<'t>) {
        let Some(word) = word.take() else {
            return;
        };
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let caseless = word.chars().all(|c| !c.is_uppercase() && !c.is_lowercase());
        let title = caseless
            || (capital
                && (word.chars().nth(1).is_none() || word.chars().skip(1).any(char::is_lowercase)));
        let lower = word::lower(word);
        match figure(&lower) {
            Some(shape) => self.push(lower, shape),
            None if lower.starts_with(|c: char| c.is_ascii_digit()) => {
                // `15th`, `3pm`, `2weeks`: the figure, then what is written after it.
                let digits: String = lower.chars().take_while(char::is_ascii_digit).collect();
                let rest: String = lower.chars().skip(digits.len()).collect();
                match rest.as_str() {
                    "pm" | "am" | "h" | "uhr" => self.push(lower, Shape::Time),
                    "st" | "nd" | "rd" | "th" | "er" | "º" | "ª" | "e" => {
                        let shape = figure(&digits).unwrap_or(Shape::Strange);
                        self.push(digits, shape);
                    }
                    _ => {
                        let shape = figure(&digits).unwrap_or(Shape::Strange);
                        self.push(digits, shape);
                        self.push(rest, Shape::Word);
                    }
                }
            }
            None => self.push_cased(lower, Shape::Word, title, capital),
        }
    }
}

/// The sentences of a normalised text.
pub fn sentences(text: &str) -> Vec<Sentence<'_>> {
    let greek = !text.is_ascii() && text.chars().any(|c| matches!(c, '\u{370}'..='\u{3FF}'));
    let mut cutter = Cutter::default();
    for (number, line) in text.lines().enumerate() {
        cutter.line = number;
        let line = line.trim();
        if line.is_empty() {
            cutter.end(false);
            continue;
        }
        cutter.part(Gap::Line);
        let drawn = line.bytes().all(|octet| octet == b'_');
        // The vertical tab is white space of Unicode alone.
        match line.is_ascii() && !line.contains('\u{B}') {
            true => cutter.cut_line(line.split_ascii_whitespace(), drawn, greek),
            false => cutter.cut_line(line.split_whitespace(), drawn, greek),
        }
    }
    cutter.end(false);
    join_numbers(&mut cutter.sentences);
    cutter.sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_smiley_is_too_long() {
        assert!(SMILEYS.iter().all(|(s, _)| s.len() <= MAX_SMILEY));
        assert!(SMILEYS.iter().all(|(s, _)| s.bytes().any(may_be_whole)));
    }
}
