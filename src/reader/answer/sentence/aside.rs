//! Clauses about the writer or the requester that can change no answer: `I ran three trials last year`.
//!
//! Fails by finding none: a clause counts only where its beginning is listed, all its other words are plain
//! ones or things behind an article or a preposition, and nothing in it denies, doubts or postpones.

use crate::reader::answer::dates::Day;
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{Gap, Shape};
use crate::reader::answer::matcher;
use crate::reader::answer::sentence::{Laying, spelling};
use crate::reader::answer::tables::{Rule, Says};

/// Words of a thing that no table knows: `soil moisture`.
const MAX_UNKNOWN_IN_A_ROW: usize = 2;
/// The same in the whole clause.
const MAX_UNKNOWN: usize = 4;
/// Letters of a thing; shorter words may be a negation with a slip in it.
const MIN_LETTERS: usize = 4;
/// The first year that figures mean in what is over.
const FIRST_YEAR: u32 = 1950;

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
                if self.denies(days, (start, head), at) {
                    return;
                }
                if says != Says::Told || self.ends_told(at) {
                    found(at);
                }
                if self.gap(at) != Gap::Soft {
                    return;
                }
            }
            // `One day`, which is no day.
            let is_day = |day: &&Day| {
                day.start == at && !day.far && !(says == Says::About && self.is_number(at))
            };
            if let Some(day) = days.iter().find(is_day) {
                (at, in_a_row) = (day.end, 0);
            } else if self.is_plain(says, at) {
                (at, in_a_row) = (at + 1, 0);
            } else if self.may_hold_thing(says, head, at)
                && self.is_thing(says, at, at == head || in_a_row > 0)
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

    /// Where no table knows the thing it may be a price, terms or somebody to turn to (`for shares`, `through my
    /// agent`): only what is over may hold one, and what the talk is to be about.
    fn may_hold_thing(&self, says: Says, head: usize, at: usize) -> bool {
        match says {
            Says::Told => at > head,
            Says::About => self
                .tokens
                .get(head..at)
                .is_some_and(|between| between.len() < 2),
            Says::Remark => at > head && self.is_capital(at),
            _ => false,
        }
    }

    /// Whether what is over may end here: where verbs stand last, behind one.
    fn ends_told(&self, end: usize) -> bool {
        let participles = &self.scene.language.participles;
        let last = end.checked_sub(1).and_then(|last| self.seen.get(last));
        participles.is_empty() || last.is_some_and(|last| participles.contains(&last.id))
    }

    /// Whether something from `start` to `end` refuses, postpones or doubts, but for what stands within the listed
    /// words: `I'm in Lyon until Friday`.
    fn denies(&self, days: &[Day], (start, head): (usize, usize), end: usize) -> bool {
        let denies = |at: usize| {
            self.denials_at(at).any(|rule| {
                rule.says.is_against()
                    && matcher::places(at, self.matcher.ends(rule.row, at))
                        .any(|end| at >= head || end > head)
            })
        };
        let far = |day: &Day| day.far && day.start < end && day.end > start;
        days.iter().any(far) || (start..end).any(denies)
    }

    /// An emoji, which ends a clause.
    fn is_sign(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|t| t.shape == Shape::Sign)
    }

    fn is_plain(&self, says: Says, at: usize) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        let (scene, language, told) = (self.scene, self.scene.language, says == Says::Told);
        match token.shape {
            Shape::Word => {
                let known = if language.times.contains(&seen.id) {
                    told
                } else if says == Says::About && language.binders.contains(&seen.id) {
                    // `About the project` is enough: `for`, `in` and `with` lead on to terms and times.
                    false
                } else {
                    language.plain.contains(&seen.id) || self.is_counted(says, at)
                };
                // The writer and the reader are spoken of by name where somebody else writes.
                (known || scene.known_names.has(&token.text)) && !self.is_of_the_mail(at)
            }
            Shape::Number(year) => {
                let this_year = u32::try_from(scene.today.year()).unwrap_or(FIRST_YEAR);
                self.is_counted(says, at) || (told && (FIRST_YEAR..=this_year).contains(&year))
            }
            Shape::Date { .. }
            | Shape::Sign
            | Shape::Strange
            | Shape::Time
            | Shape::Phone
            | Shape::Mail
            | Shape::Link => false,
        }
    }

    fn is_number(&self, at: usize) -> bool {
        self.seen.get(at).is_some_and(|seen| {
            matches!(seen.shape, Shape::Number(_))
                || self.scene.language.numbers.contains_key(&seen.id)
        })
    }

    /// A number of what the language knows, in what is over: `ten years`, but no `300 euros`.
    fn is_counted(&self, says: Says, at: usize) -> bool {
        let language = self.scene.language;
        let Some(next) = self.seen.get(at + 1) else {
            return false;
        };
        self.is_number(at)
            && says == Says::Told
            && self.gap(at + 1) == Gap::None
            && (language.plain.contains(&next.id) || language.times.contains(&next.id))
    }

    /// Somebody from whom or to whom the mail is.
    fn is_of_the_mail(&self, at: usize) -> bool {
        let token = self.tokens.get(at);
        token.is_some_and(|token| {
            token.capital
                && self.scene.known_names.calls(&token.text)
                && !self.scene.known_names.has(&token.text)
        })
    }

    /// A word behind one that wants a noun; where the language does not know it, no language may refuse with
    /// it, and it must be no slip of a word that this one knows.
    fn is_thing(&self, says: Says, at: usize, goes_on: bool) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        let (scene, language) = (self.scene, self.scene.language);
        let binds = |at: Option<usize>| {
            let before = at.and_then(|at| self.seen.get(at));
            before.is_some_and(|before| language.binders.contains(&before.id))
        };
        // `Our vineyard`, `our own vineyard`.
        let bound = || {
            let plain = at.checked_sub(1).filter(|before| {
                let before = self.seen.get(*before);
                before.is_some_and(|before| language.plain.contains(&before.id))
            });
            binds(at.checked_sub(1)) || (plain.is_some() && binds(at.checked_sub(2)))
        };
        let may_be = || {
            seen.id != UNKNOWN
                || (!token.ids.iter().any(|id| scene.words.refuses(*id))
                    && !spelling::is_near(scene, &token.text))
        };
        token.shape == Shape::Word
            && token.gap == Gap::None
            && (goes_on || (says != Says::About && bound()))
            && token.text.chars().count() >= MIN_LETTERS
            && token.text.chars().all(char::is_alphabetic)
            && !self.is_of_the_mail(at)
            && may_be()
    }
}
