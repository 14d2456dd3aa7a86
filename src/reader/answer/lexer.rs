//! Cuts a text into tokens: words, numbers, times, addresses, emoji, with the gaps between them.
//!
//! Never fails. What is no word of any kind becomes [`Shape::Strange`], which no grammar explains,
//! so that a text with it in is never a yes.

pub mod characters;
mod shape;

use crate::reader::answer::interner::{Id, UNKNOWN};
use crate::reader::answer::names::is_title;
use characters::{is_unspaced, is_word};
use shape::{figure, is_strange, join_numbers, trimmed, whole_shape};

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
pub struct Token {
    /// In lower case, NFKC, without apostrophes.
    pub text: String,
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
pub struct Sentence {
    pub tokens: Vec<Token>,
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

#[derive(Default)]
struct Cutter {
    sentences: Vec<Sentence>,
    open: Sentence,
    gap: Option<Gap>,
    line: usize,
}

impl Cutter {
    fn push(&mut self, text: String, shape: Shape, title: bool) {
        self.push_cased(text, shape, title, title);
    }

    fn push_cased(&mut self, text: String, shape: Shape, title: bool, capital: bool) {
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

    fn chunk(&mut self, chunk: &str, greek: bool) {
        if self.is_usual(chunk, greek) {
            return;
        }
        let lower = chunk.to_lowercase();
        let bare = lower.trim_end_matches([',', '!', ';', ')', '>']);
        let bare = if lower.len() <= MAX_SMILEY && SMILEYS.iter().any(|(s, _)| *s == lower) {
            lower.as_str()
        } else {
            bare
        };
        let is_short = bare.len() <= MAX_SMILEY;
        if is_short && let Some((_, sign)) = SMILEYS.iter().find(|(s, _)| *s == bare) {
            let shape = match sign.is_ascii() {
                true => Shape::Word,
                false => Shape::Sign,
            };
            self.push((*sign).to_owned(), shape, false);
            return self.marks(lower.strip_prefix(bare).unwrap_or_default(), greek);
        }
        if let Some(shape) = whole_shape(&lower) {
            self.push(trimmed(&lower).to_owned(), shape, false);
            let rest = lower.trim_start_matches(|c: char| !".,;:!?)>".contains(c));
            let tail: String = rest
                .chars()
                .rev()
                .take_while(|c| ".,;:!?)>".contains(*c))
                .collect();
            let tail: String = tail.chars().rev().collect();
            return self.marks(&tail, greek);
        }
        self.words(chunk, greek);
    }

    /// Takes most chunks: they can be nothing but a word or a number.
    fn is_usual(&mut self, chunk: &str, greek: bool) -> bool {
        let is_part = match chunk.bytes().next() {
            Some(b'0'..=b'9') => u8::is_ascii_digit,
            _ => u8::is_ascii_alphabetic,
        };
        let length = chunk.bytes().take_while(is_part).count();
        let Some((word, mark @ ("" | "," | "." | "!" | "?"))) = chunk.split_at_checked(length)
        else {
            return false;
        };
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let Some(shape) = figure(word) else {
                return false;
            };
            self.push(word.to_owned(), shape, false);
        } else if word.is_empty() {
            return false;
        } else {
            self.letters(word);
        }
        self.marks(mark, greek);
        true
    }

    /// A word of ASCII letters.
    fn letters(&mut self, word: &str) {
        let mut bytes = word.bytes();
        let capital = bytes.next().is_some_and(|first| first.is_ascii_uppercase());
        let title = capital && (word.len() == 1 || bytes.any(|b| b.is_ascii_lowercase()));
        self.push_cased(word.to_ascii_lowercase(), Shape::Word, title, capital);
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
                self.push(c.to_string(), Shape::Strange, false);
            }
            c => self.push(c.to_string(), Shape::Sign, false),
        }
    }

    fn words(&mut self, chunk: &str, greek: bool) {
        if self.is_usual(chunk, greek) {
            return;
        }
        // What was struck out (GitHub Flavored Markdown, section 6.5) is not said; a box may be unticked.
        if (chunk.starts_with('~') && chunk.len() > 1)
            || matches!(chunk, "(" | "()" | "(_)")
            || is_strange(chunk)
        {
            self.push(chunk.to_owned(), Shape::Strange, false);
        }
        let mut word = String::new();
        // `We're` is no past tense, as it would be without its apostrophe.
        let mut we = false;
        let mut letters = chunk.chars().peekable();
        while let Some(c) = letters.next() {
            let inside = |w: &str| !w.is_empty();
            if is_unspaced(c) {
                self.flush(&mut word);
                self.push(c.to_string(), Shape::Word, false);
            } else if is_word(c) {
                word.push(c);
            } else if c == '\'' && word.eq_ignore_ascii_case("we") && letters.peek() == Some(&'r') {
                self.flush(&mut word);
                we = true;
            } else if c == '\'' && (inside(&word) || letters.peek().is_some_and(|n| is_word(*n))) {
                // Dropped, so that `im` and `i'm` are one word.
            } else if c == '_' && inside(&word) && letters.peek().is_some_and(|n| is_word(*n)) {
                // `T_T`
                self.flush(&mut word);
                self.push(c.to_string(), Shape::Strange, false);
            } else if c == '-' && inside(&word) && letters.peek().is_some_and(|n| is_word(*n)) {
                self.flush(&mut word);
            } else {
                self.flush(&mut word);
                self.mark(c, greek);
            }
        }
        if we && word.eq_ignore_ascii_case("re") {
            word.insert(0, 'a');
        }
        self.flush(&mut word);
    }

    fn flush(&mut self, word: &mut String) {
        if word.is_empty() {
            return;
        }
        let word = std::mem::take(word);
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let caseless = word.chars().all(|c| !c.is_uppercase() && !c.is_lowercase());
        let title = caseless
            || (capital
                && (word.chars().nth(1).is_none() || word.chars().skip(1).any(char::is_lowercase)));
        let lower = word.to_lowercase();
        match figure(&lower) {
            Some(shape) => self.push(lower, shape, false),
            None if lower.starts_with(|c: char| c.is_ascii_digit()) => {
                // `15th`, `3pm`, `2weeks`: the figure, then what is written after it.
                let digits: String = lower.chars().take_while(char::is_ascii_digit).collect();
                let rest: String = lower.chars().skip(digits.len()).collect();
                match rest.as_str() {
                    "pm" | "am" | "h" | "uhr" => self.push(lower, Shape::Time, false),
                    "st" | "nd" | "rd" | "th" | "er" | "º" | "ª" | "e" => {
                        let shape = figure(&digits).unwrap_or(Shape::Strange);
                        self.push(digits, shape, false);
                    }
                    _ => {
                        let shape = figure(&digits).unwrap_or(Shape::Strange);
                        self.push(digits, shape, false);
                        self.push(rest, Shape::Word, false);
                    }
                }
            }
            None => self.push_cased(lower, Shape::Word, title, capital),
        }
    }
}

/// One or two figures with a full stop behind them.
fn day_of_month(chunk: &str) -> Option<&str> {
    let day = chunk.strip_suffix('.')?;
    let figures = (1..=2).contains(&day.len()) && day.bytes().all(|b| b.is_ascii_digit());
    figures.then_some(day)
}

/// The sentences of a normalised text.
pub fn sentences(text: &str) -> Vec<Sentence> {
    let greek = !text.is_ascii() && text.chars().any(|c| matches!(c, '\u{370}'..='\u{3FF}'));
    let mut cutter = Cutter::default();
    for (number, line) in text.lines().enumerate() {
        cutter.line = number;
        if line.trim().is_empty() {
            cutter.end(false);
            continue;
        }
        cutter.part(Gap::Line);
        let drawn = line.trim().bytes().all(|octet| octet == b'_');
        let mut chunks = line.split_whitespace().peekable();
        while let Some(chunk) = chunks.next() {
            // `Yes: ____`: a form that nobody filled in.
            if !drawn && chunk.len() > 1 && chunk.bytes().all(|octet| octet == b'_') {
                cutter.push(chunk.to_owned(), Shape::Strange, false);
                continue;
            }
            let figures = |c: &&str| c.starts_with(|c: char| c.is_ascii_digit() || c == '(');
            let next = chunks.peek();
            if let Some(day) = day_of_month(chunk)
                && next.is_some_and(|next| next.starts_with(char::is_alphabetic))
            {
                // `7. Februar`: the full stop ends no sentence.
                cutter.words(day, greek);
                cutter.part(Gap::Soft);
                continue;
            }
            // `Mme. Ng`, `Dr. Ng`: no sentence ends there.
            if let Some(title) = chunk.strip_suffix('.')
                && next.is_some_and(|next| next.starts_with(char::is_uppercase))
                && is_title(&title.to_lowercase())
            {
                cutter.words(title, greek);
                continue;
            }
            match next.is_some_and(figures) {
                // `+1 415 …` is no thumb.
                true => cutter.words(chunk, greek),
                false => cutter.chunk(chunk, greek),
            }
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
    }
}
