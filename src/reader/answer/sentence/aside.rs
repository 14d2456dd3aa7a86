//! Clauses about the writer or the requester that can change no answer: `I ran three trials last year`.
//!
//! Fails by finding none: a clause counts only where its beginning is listed, all its other words are plain
//! ones or things behind an article or a preposition, and nothing in it denies, doubts or postpones.

use crate::reader::answer::dates::Day;
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{Gap, Shape};
use crate::reader::answer::matcher;
use crate::reader::answer::sentence::{self, Laying};
use crate::reader::answer::tables::{Rule, Says};

/// Words of a thing that no table knows: `soil moisture`.
const MAX_UNKNOWN_IN_A_ROW: usize = 2;
/// The same in the whole clause.
const MAX_UNKNOWN: usize = 4;
/// Letters of a thing; shorter words may be a negation with a slip in it.
const MIN_LETTERS: usize = 4;

impl Laying<'_> {
    /// Whether a clause may begin here: behind a comma, a line end, or `and`.
    fn begins_clause(&self, start: usize) -> bool {
        let joins = |rule: &Rule, from: usize| {
            rule.says == Says::Filler
                && matcher::places(from, self.matcher.ends(rule.row, from)).any(|end| end == start)
        };
        self.gap(start) > Gap::None
            || start == 0
            || start
                .checked_sub(1)
                .is_some_and(|from| self.rules_at(from).any(|rule| joins(rule, from)))
    }

    /// Whether the requester stands before this, in the same clause.
    fn follows_person(&self, start: usize) -> bool {
        let before = start.checked_sub(1);
        let before = before.and_then(|at| Some((self.tokens.get(at)?, self.seen.get(at)?)));
        self.gap(start) == Gap::None
            && before.is_some_and(|(token, seen)| {
                self.scene.language.persons.contains(&seen.id)
                    || self.scene.known_names.has(&token.text)
            })
    }

    /// A name, where nouns are none: `in Lyon`.
    fn is_capital(&self, at: usize) -> bool {
        let title = self.tokens.get(at).is_some_and(|t| t.title && t.capital);
        title && !self.scene.language.nouns_are_capital
    }

    /// Calls `found` with every end of a clause that begins with the words up to `head`.
    pub fn asides(
        &self,
        days: &[Day],
        says: Says,
        (start, head): (usize, usize),
        mut found: impl FnMut(usize),
    ) {
        let begins = match says {
            Says::About => self.follows_person(start),
            _ => self.begins_clause(start),
        };
        if !begins {
            return;
        }
        let (mut at, mut unknown, mut in_a_row) = (head, 0, 0);
        loop {
            if self.gap(at) > Gap::None || self.is_sign(at) {
                if self.denies(days, start, at) {
                    return;
                }
                found(at);
                if self.gap(at) != Gap::Soft {
                    return;
                }
            }
            if let Some(day) = days.iter().find(|day| day.start == at && !day.far) {
                (at, in_a_row) = (day.end, 0);
            } else if self.is_plain(at) {
                (at, in_a_row) = (at + 1, 0);
            } else if self.is_thing(at, in_a_row > 0)
                && (says != Says::Remark || self.is_capital(at))
            {
                (at, in_a_row, unknown) = (at + 1, in_a_row + 1, unknown + 1);
            } else {
                return;
            }
            if in_a_row > MAX_UNKNOWN_IN_A_ROW || unknown > MAX_UNKNOWN {
                return;
            }
        }
    }

    /// Whether something from `start` to `end` refuses, postpones or doubts.
    fn denies(&self, days: &[Day], start: usize, end: usize) -> bool {
        let denies = |at: usize| {
            self.rules_at(at).any(|rule| {
                (rule.says <= Says::Condition || rule.says == Says::Far)
                    && self.matcher.ends(rule.row, at) != 0
            })
        };
        let far = |day: &Day| day.far && day.start < end && day.end > start;
        days.iter().any(far) || (start..end).any(denies)
    }

    /// An emoji, which ends a clause.
    fn is_sign(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.shape == Shape::Sign)
    }

    fn is_plain(&self, at: usize) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        let scene = self.scene;
        match token.shape {
            Shape::Word => {
                scene.language.plain.contains(&seen.id)
                    || scene.language.numbers.contains_key(&seen.id)
                    || scene.known_names.has(&token.text)
            }
            Shape::Number(_) | Shape::Time | Shape::Phone | Shape::Mail | Shape::Link => true,
            Shape::Date { .. } | Shape::Sign | Shape::Strange => false,
        }
    }

    /// A word behind one that wants a noun; where the language does not know it, no language may refuse with
    /// it, and it must be no slip of a word that this one knows.
    fn is_thing(&self, at: usize, goes_on: bool) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        let (scene, language) = (self.scene, self.scene.language);
        let bound = || {
            let before = at.checked_sub(1).and_then(|before| self.seen.get(before));
            before.is_some_and(|before| {
                matches!(before.shape, Shape::Number(_))
                    || language.numbers.contains_key(&before.id)
                    || language.binders.contains(&before.id)
            })
        };
        let may_be = || {
            seen.id != UNKNOWN
                || (!token.ids.iter().any(|id| scene.words.refuses(*id))
                    && !sentence::is_near(scene, &token.text))
        };
        token.shape == Shape::Word
            && token.gap == Gap::None
            && (goes_on || bound())
            && token.text.chars().count() >= MIN_LETTERS
            && token.text.chars().all(char::is_alphabetic)
            && may_be()
    }
}
