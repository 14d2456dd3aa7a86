//! What the request is about: words of it that an answer takes up again (`about the field trials`).
//!
//! Fails by knowing too few: a word that is not in the request, or that may refuse in any language, is no
//! topic, and stays unexplained.

use crate::reader::answer::grammar::Builtin;
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{self, Shape, Token};
use crate::reader::answer::matcher::Stretch;
use crate::reader::answer::tables::{Language, Words};
use crate::reader::hash::TableSet;
use crate::reader::quote::Body;
use std::cell::OnceCell;

/// Letters of the shortest one; shorter words are articles and the like.
const MIN_LETTERS: usize = 4;
/// Letters that two forms of a word share at least, and letters that their endings have at most.
const MIN_STEM: usize = 5;
const MAX_ENDING: usize = 2;
/// Words that name one thing that a request is about.
const MAX_TOPIC: usize = 3;
/// Words of a request that are looked at.
const MAX_WORDS: usize = 400;

/// Words of the request that an answer is to; found when first asked for.
pub struct Topics<'a> {
    /// The text of our mail, where it is known.
    ours: Option<&'a str>,
    body: &'a Body,
    words: OnceCell<TableSet<String>>,
}

impl<'a> Topics<'a> {
    pub fn of(body: &'a Body, ours: Option<&'a str>) -> Topics<'a> {
        Topics {
            ours,
            body,
            words: OnceCell::new(),
        }
    }

    /// The stretches of such words that stand beside one another.
    pub fn stretches(&self, tokens: &[Token], words: &Words, language: &Language) -> Vec<Stretch> {
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
    fn has(&self, token: &Token, words: &Words, language: &Language) -> bool {
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

    fn is_word(&self, word: &str) -> bool {
        let words = self.words();
        words.contains(word) || words.iter().any(|topic| is_form(topic, word))
    }

    fn words(&self) -> &TableSet<String> {
        self.words.get_or_init(|| {
            let text = match self.ours {
                Some(ours) => ours.to_owned(),
                None => self.body.passed.below(),
            };
            let sentences = lexer::sentences(&lexer::characters::normalise(&text));
            let tokens = sentences.into_iter().flat_map(|sentence| sentence.tokens);
            let tokens = tokens.filter(|token| token.shape == Shape::Word && is_long(&token.text));
            tokens.take(MAX_WORDS).map(|token| token.text).collect()
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
