//! What the request is about: words of it that an answer takes up again (`about the field trials`).
//!
//! Fails by knowing too few: a word that is not in the request, or that may refuse in any language, is no
//! topic, and stays unexplained.

use crate::reader::answer::grammar::Builtin;
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{Shape, Token};
use crate::reader::answer::matcher::Stretch;
use crate::reader::answer::tables::{Language, Words};
use crate::reader::quote::Body;
use crate::reader::work;
use std::cell::OnceCell;

/// Letters of the shortest one; shorter words are articles and the like.
const MIN_LETTERS: usize = 4;
/// Letters that two forms of a word share at least, and letters that their endings have at most.
const MIN_STEM: usize = 5;
const MAX_ENDING: usize = 2;
/// Words that name one thing that a request is about.
const MAX_TOPIC: usize = 3;
/// Octets of our mail, or of the quote, that are looked at.
const MAX_TEXT: usize = 16 << 10;
/// Places of it at which one word is looked for, and letters on either side.
const MAX_PLACES: usize = 50;
const MAX_LETTERS: usize = 40;

/// Words of the request that an answer is to; found when first asked for.
pub struct Topics<'a> {
    body: &'a Body,
    /// Our mail, which holds the request, where it is known; else the quote of it.
    ours: Option<&'a str>,
    below: OnceCell<String>,
}

impl<'a> Topics<'a> {
    pub fn of(body: &'a Body, ours: Option<&'a str>) -> Topics<'a> {
        Topics {
            body,
            ours,
            below: OnceCell::new(),
        }
    }

    /// The stretches of such words that stand beside one another.
    pub fn stretches(
        &self,
        tokens: &[Token<'_>],
        words: &Words,
        language: &Language,
    ) -> Vec<Stretch> {
        let mut all = Vec::new();
        let mut start = None;
        for (end, token) in tokens.iter().enumerate() {
            if !self.has(token, words, language) {
                start = None;
                continue;
            }
            let from = *start.get_or_insert(end);
            let from = from.max((end + 1).saturating_sub(MAX_TOPIC));
            all.extend((from..=end).map(|start| Stretch {
                start,
                end: end + 1,
                what: Builtin::Topic,
            }));
        }
        all
    }

    /// Whether this is a word of the request, perhaps with another ending, and no word that the language
    /// answers with.
    fn has(&self, token: &Token<'_>, words: &Words, language: &Language) -> bool {
        let said = |id: &u32| {
            let answers = [
                &language.binders,
                &language.times,
                &language.particles,
                &language.agreements,
                &language.persons,
                &language.called,
            ];
            *id != UNKNOWN && (words.refuses(*id) || answers.iter().any(|list| list.contains(id)))
        };
        token.shape == Shape::Word
            && is_long(&token.text)
            && !token.ids.iter().any(said)
            && self.is_word(&token.text)
    }

    fn text(&self) -> &str {
        let text = match self.ours {
            Some(ours) => ours,
            None => self.below.get_or_init(|| self.body.passed.below(MAX_TEXT)),
        };
        let end = text.len().min(MAX_TEXT);
        let end = (0..=end).rev().find(|at| text.is_char_boundary(*at));
        text.get(..end.unwrap_or_default()).unwrap_or_default()
    }

    /// Looked for by its second to fourth letter, for the first one may be a capital.
    fn is_word(&self, word: &str) -> bool {
        let mut places = word.char_indices().map(|(at, _)| at).skip(1);
        let (start, end) = (places.next(), places.nth(MIN_LETTERS - 2));
        let letters = word.get(start.unwrap_or_default()..end.unwrap_or(word.len()));
        let letters = letters.unwrap_or_default().as_bytes();
        let text = self.text();
        work::steps(text.len());
        let mut found = memchr::memmem::find_iter(text.as_bytes(), letters).take(MAX_PLACES);
        found.any(|at| {
            let (before, behind) = text.split_at_checked(at).unwrap_or_default();
            let of_word = |c: &char| c.is_alphanumeric();
            let before = before.chars().rev().take(MAX_LETTERS).take_while(of_word);
            let behind = behind.chars().take(MAX_LETTERS).take_while(of_word);
            let start = at - before.map(char::len_utf8).sum::<usize>();
            let end = at + behind.map(char::len_utf8).sum::<usize>();
            let found = text.get(start..end).unwrap_or_default().to_lowercase();
            found == word || is_form(&found, word)
        })
    }
}

fn is_long(word: &str) -> bool {
    word.chars().nth(MIN_LETTERS - 1).is_some()
}

/// `vineyard` and `vineyards`, `Feldversuche` and `Feldversuchen`.
fn is_form(a: &str, b: &str) -> bool {
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let behind = |word: &str| word.chars().count().saturating_sub(shared);
    shared >= MIN_STEM && behind(a) <= MAX_ENDING && behind(b) <= MAX_ENDING
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_have_another_ending() {
        assert!(is_form("vineyard", "vineyards") && is_form("feldversuche", "feldversuchen"));
        assert!(!is_form("price", "pricing") && !is_form("field", "fields2x"));
    }
}
