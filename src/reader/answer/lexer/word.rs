//! A word of a chunk while it is cut, and its lower case: parts of the text as long as nothing in them changes.
//!
//! Never fails.

use crate::reader::fold::known;
use std::borrow::Cow;

/// The letters found so far.
pub struct Word<'t> {
    chunk: &'t str,
    start: usize,
    end: usize,
    /// In place of the part of the chunk, where something was left out of it.
    text: String,
}

impl<'t> Word<'t> {
    pub fn of(chunk: &'t str) -> Word<'t> {
        Word {
            chunk,
            start: 0,
            end: 0,
            text: String::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Adds a letter that stands there in the chunk.
    pub fn add(&mut self, at: usize, letter: char) {
        if self.is_empty() {
            self.start = at;
        } else if self.text.is_empty() && self.end < at {
            self.text = self.part().to_owned();
        }
        self.end = at + letter.len_utf8();
        if !self.text.is_empty() {
            self.text.push(letter);
        }
    }

    pub fn is(&self, word: &str) -> bool {
        let text = if self.text.is_empty() {
            self.part()
        } else {
            &self.text
        };
        text.eq_ignore_ascii_case(word)
    }

    /// None where there is no letter.
    pub fn take(&mut self) -> Option<Cow<'t, str>> {
        if self.is_empty() {
            return None;
        }
        let part = self.part();
        (self.start, self.end) = (0, 0);
        Some(match self.text.is_empty() {
            true => Cow::Borrowed(part),
            false => Cow::Owned(std::mem::take(&mut self.text)),
        })
    }

    fn part(&self) -> &'t str {
        self.chunk.get(self.start..self.end).unwrap_or_default()
    }
}

/// The word in lower case.
pub fn lower(word: Cow<'_, str>) -> Cow<'_, str> {
    let is_lower = |c: char| match c.is_ascii() {
        true => !c.is_ascii_uppercase(),
        false => known(c).is_some_and(|known| known.lower == c),
    };
    match word.chars().all(is_lower) {
        true => word,
        false => Cow::Owned(word.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_a_part_of_the_chunk_until_one_is_left_out() {
        let mut word = Word::of("i'm so");
        assert_eq!(word.take(), None);
        word.add(0, 'i');
        assert!(word.is("I"));
        word.add(2, 'm');
        assert!(word.is("im") && !word.is_empty());
        assert_eq!(word.take(), Some(Cow::Owned("im".to_owned())));
        word.add(4, 's');
        word.add(5, 'o');
        assert!(matches!(word.take(), Some(Cow::Borrowed("so"))));
        assert!(word.is_empty());
    }

    #[test]
    fn lower_case_is_that_of_the_library() {
        for c in '\0'..='\u{FFFF}' {
            let word = format!("a{c}b");
            assert_eq!(lower(Cow::Borrowed(&word)), word.to_lowercase());
        }
    }
}
