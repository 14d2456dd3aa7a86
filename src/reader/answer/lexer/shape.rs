//! Words that are one thing by their shape: figures, times, dates, links, addresses, telephones.
//!
//! Never fails: what has no such shape is a word.

use crate::reader::answer::lexer::characters::is_word;
use crate::reader::answer::lexer::{Sentence, Shape, Token};

pub fn trimmed(chunk: &str) -> &str {
    chunk
        .trim_start_matches(['(', '<', '['])
        .trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '>', ']'])
}

/// A smiley that no list has (`:((`, `-_-`), or the first of two quotation marks: another says it.
pub fn is_strange(chunk: &str) -> bool {
    let mut letters = chunk.chars();
    let first = letters.next();
    if first == Some('\'') {
        let quoted = chunk.trim_start_matches('\'');
        let word = quoted.split(|c| !is_word(c)).next().unwrap_or_default();
        return word.chars().nth(1).is_some() && !ELIDED.contains(&&*word.to_lowercase());
    }
    chunk.bytes().all(|octet| octet.is_ascii_punctuation())
        && letters.any(|c| Some(c) != first)
        && chunk.contains([':', ';', '=', '_'])
}

/// Words that begin with an apostrophe, without it.
const ELIDED: &[&str] = &[
    "tis", "twas", "cause", "course", "cos", "cuz", "kay", "bout", "til", "till", "em", "nuff",
    "sto", "nother",
];

/// Chunks that are one thing although they hold punctuation.
pub fn whole_shape(chunk: &str) -> Option<Shape> {
    let chunk = trimmed(chunk);
    if chunk.starts_with("http://")
        || chunk.starts_with("https://")
        || chunk.starts_with("www.")
        || (chunk.contains('/')
            && chunk.split('/').next().is_some_and(|host| {
                host.contains('.') && host.chars().any(|c| c.is_ascii_alphabetic())
            }))
    {
        return Some(Shape::Link);
    }
    if let Some((local, domain)) = chunk.split_once('@')
        && !local.is_empty()
        && domain.contains('.')
    {
        return Some(Shape::Mail);
    }
    // What is left to be told has figures, or is a telephone's plus alone.
    if !chunk.starts_with('+') && !chunk.bytes().any(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let numbers: Vec<&str> = chunk.split(['.', '/', '-', ':']).collect();
    let numeric = numbers
        .iter()
        .all(|n| !n.is_empty() && n.len() <= 4 && n.bytes().all(|b| b.is_ascii_digit()));
    let value = |n: &str| n.parse::<i16>().unwrap_or(0);
    let small = |n: &str| i8::try_from(value(n)).unwrap_or(0);
    match numbers.as_slice() {
        [h, m] if numeric && chunk.contains(':') && h.len() <= 2 && m.len() == 2 => {
            Some(Shape::Time)
        }
        [a, b, c] if numeric && a.len() == 4 && chunk.contains(['-', '/', '.']) => {
            Some(Shape::Date {
                year: value(a),
                first: small(c),
                second: small(b),
            })
        }
        [a, b, c]
            if numeric && !chunk.contains(':') && a.len() <= 2 && b.len() <= 2 && c.len() >= 2 =>
        {
            let year = if c.len() == 2 {
                2000 + value(c)
            } else {
                value(c)
            };
            Some(date_of(small(a), small(b), year, chunk.contains('/')))
        }
        [a, b] if numeric && chunk.contains('/') && a.len() <= 2 && b.len() <= 2 => {
            Some(date_of(small(a), small(b), 0, true))
        }
        _ if chunk.starts_with('+') && phone_digits(chunk) => Some(Shape::Phone),
        _ => None,
    }
}

/// Day first, except where that can't be.
fn date_of(a: i8, b: i8, year: i16, _slash: bool) -> Shape {
    let (first, second) = if b > 12 { (b, a) } else { (a, b) };
    Shape::Date {
        year,
        first,
        second,
    }
}

fn phone_digits(chunk: &str) -> bool {
    chunk
        .chars()
        .all(|c| c.is_ascii_digit() || "+-.()/".contains(c))
}

pub fn figure(word: &str) -> Option<Shape> {
    // Nearly every word is told by its first letter.
    if word.starts_with(|c: char| !c.is_ascii_digit() && foreign_digit(c).is_none()) {
        return None;
    }
    if word.len() <= MAX_NUMBER && word.bytes().all(|octet| octet.is_ascii_digit()) {
        return word.parse().ok().map(Shape::Number);
    }
    let ascii: Option<String> = word
        .chars()
        .map(|c| c.to_digit(10).or_else(|| foreign_digit(c)))
        .map(|d| d.and_then(|d| char::from_digit(d, 10)))
        .collect();
    let digits = ascii.filter(|d| !d.is_empty())?;
    match digits.len() {
        1..=MAX_NUMBER => digits.parse().ok().map(Shape::Number),
        _ => Some(Shape::Phone),
    }
}

/// Figures of a number; more are a telephone's.
const MAX_NUMBER: usize = 6;

/// Arabic, Persian and Devanagari digits.
fn foreign_digit(c: char) -> Option<u32> {
    let base = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6F0}'..='\u{6F9}' => 0x6F0,
        '\u{966}'..='\u{96F}' => 0x966,
        _ => return None,
    };
    Some((c as u32).saturating_sub(base))
}

/// Groups of figures that add up to a telephone number become one token.
pub fn join_numbers(sentences: &mut [Sentence<'_>]) {
    let figures = |t: &Token<'_>| matches!(t.shape, Shape::Number(_) | Shape::Phone);
    let plus = |t: &Token<'_>| t.shape == Shape::Strange && t.text == "+";
    let are_beside = |pair: &[Token<'_>]| match pair {
        [a, b] => {
            let long = figures(a) && a.text.len() > 1 && b.text.len() > 1;
            figures(b) && a.line == b.line && (a.text.starts_with('+') || long)
        }
        _ => false,
    };
    for sentence in sentences {
        if !sentence.tokens.windows(2).any(are_beside) {
            continue;
        }
        let mut joined: Vec<Token<'_>> = Vec::with_capacity(sentence.tokens.len());
        for token in sentence.tokens.drain(..) {
            match joined.last_mut() {
                Some(last)
                    if figures(&token)
                        && last.line == token.line
                        && (plus(last)
                            || last.text.starts_with('+')
                            || (figures(last) && last.text.len() > 1 && token.text.len() > 1)) =>
                {
                    last.text.to_mut().push_str(&token.text);
                    last.shape = match last.text.len() {
                        0..7 => Shape::Number(u32::MAX),
                        _ => Shape::Phone,
                    };
                }
                _ => joined.push(token),
            }
        }
        sentence.tokens = joined;
    }
}
