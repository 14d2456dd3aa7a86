//! Names in an answer: behind a greeting or a yes, at its head, and below it.
//!
//! Fails by finding none: a word that may be no name stays unexplained.

use crate::reader::answer::below::line;
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{Gap, Shape, Token};
use crate::reader::answer::matcher;
use crate::reader::answer::sentence::Laying;
use crate::reader::answer::tables::Says;

/// Words of a name behind a greeting or thanks.
const MAX_NAME_WORDS: usize = 3;

impl Laying<'_> {
    /// How many words of a name may follow the phrase that ends at `at`.
    pub fn names_behind(&self, says: Says, start: usize, at: usize) -> usize {
        if says > Says::Closing || at >= self.tokens.len() {
            return 0;
        }
        let run = (0..MAX_NAME_WORDS)
            .take_while(|i| self.is_name(at + i) && (*i == 0 || self.gap(at + i) == Gap::None))
            .count();
        let may_be = match says {
            Says::Yes | Says::Weak | Says::No | Says::NoAlone => run > 0,
            Says::Closing | Says::Thanks => run > 0 || self.is_small_name(at),
            Says::Greeting => run > 0 || self.is_addressed(at),
            _ => false,
        };
        if !may_be {
            return 0;
        }
        let ends_clause = run > 0 && self.gap(at + run) > Gap::None;
        let before = at.checked_sub(1).and_then(|before| self.seen.get(before));
        // `Sure Bob` and `I'm in, Bob`, but not `I'm in London` or `introduce Bob`.
        let mere = before.is_some_and(|b| self.scene.language.particles.contains(&b.id));
        let called = self.gap(at) == Gap::Soft || (at == start + 1 && (mere || says != Says::Yes));
        // `Yes bob go ahead`: whom the mail is to, behind a single word.
        if at == start + 1 && called && matches!(says, Says::Yes | Says::No) && self.calls(at) {
            return 1;
        }
        let named = self.is_named(at, run) && !self.are_strangers(at, run);
        // `Go ahead Bob`, but not `happy to meet Bob`.
        let calls = before.is_some_and(|b| self.scene.language.called.contains(&b.id));
        // Nobody speaks to herself: `she can call me Carol`.
        let own = |t: &Token<'_>| self.scene.known_names.is_writers(&t.text);
        let called_so = |at| self.calls(at) && !self.tokens.get(at).is_some_and(own);
        if calls && says == Says::Yes && called_so(at) && self.gap(at + 1) > Gap::None {
            return 1;
        }
        // Below thanks may stand who is thanked, below closing words only who writes.
        let signs = matches!(says, Says::Closing | Says::Thanks) && self.gap(at) == Gap::Line;
        if signs && self.is_of_another(at, run.max(1)) && (says == Says::Closing || !self.calls(at))
        {
            return 0;
        }
        match says {
            Says::Closing | Says::Thanks if self.is_small_name(at) => 1,
            // `Dear Mr Kim`, who is a question in Turkish.
            Says::Greeting if run == 0 && self.is_addressed(at) => 1,
            Says::Greeting if named => run,
            Says::Closing
                if match self.gap(at) {
                    Gap::Line => run > 0 && self.may_sign(at, run),
                    _ => named,
                } =>
            {
                run
            }
            Says::Thanks if ends_clause && named => run,
            // `Sure Bob`, but not `Sure, Reluctantly`.
            Says::Yes | Says::Weak | Says::No | Says::NoAlone
                if ends_clause
                    && called
                    && named
                    && run < MAX_NAME_WORDS
                    && !self.scene.language.nouns_are_capital =>
            {
                run
            }
            _ => 0,
        }
    }

    /// A salutation without a greeting (`Bob,`), or a line at the end that is only a name.
    pub fn names_at(&self, start: usize) -> usize {
        let run = (start..start + MAX_NAME_WORDS)
            .take_while(|i| self.is_name(*i) && (*i == start || self.gap(*i) == Gap::None))
            .count();
        if run == 0 {
            return 0;
        }
        let end = start + run;
        let salutation = self.place.first
            && start == 0
            && run < MAX_NAME_WORDS
            && end < self.tokens.len()
            && matches!(self.gap(end), Gap::Soft | Gap::Line);
        let signed = self.place.last
            && self.gap(start) == Gap::Line
            && (end == self.tokens.len() || self.is_footer(end))
            && !(self.place.first && start == 0)
            // In a language with capital nouns a name is told by standing apart.
            && (start == 0 || !self.scene.language.nouns_are_capital);
        // No place makes a name of a word that nobody knows as one: `Theoretically, yes`, `Yes. Reluctantly.`
        let signed = || signed && !self.is_of_another(start, run);
        let salutation = || salutation && !self.are_strangers(start, run);
        match (salutation() || signed()) && self.is_named(start, run) {
            true => run,
            false => 0,
        }
    }

    /// Whether each of these words is known to be a name: `Anna Decides` is none.
    fn is_named(&self, start: usize, run: usize) -> bool {
        let words = self.tokens.iter().skip(start).take(run);
        let mut words = words.map(|token| &*token.text);
        words.all(|word| self.scene.known_names.is_somebody(word))
    }

    /// Whether none of these names is of somebody in the mail: an answer to Tom is none to Bob's question.
    fn are_strangers(&self, start: usize, run: usize) -> bool {
        let mut words = self.tokens.iter().skip(start).take(run);
        words.all(|token| self.scene.known_names.is_stranger(&token.text))
    }

    /// Whether whoever wrote the mail may sign so: with a name of hers, or any where the mail gives none.
    fn may_sign(&self, start: usize, run: usize) -> bool {
        let names = self.scene.known_names;
        let words = || self.tokens.iter().skip(start).take(run);
        let words: Vec<&Token<'_>> = words().collect();
        words.iter().all(|token| token.capital) && line::signs(names, &words)
    }

    /// Whether somebody else is named, whom nobody would take for the writer, or below the writer's own name.
    fn is_of_another(&self, start: usize, run: usize) -> bool {
        let names = self.scene.known_names;
        let above = start.checked_sub(1).and_then(|at| self.tokens.get(at));
        let words: Vec<&Token<'_>> = self.tokens.iter().skip(start).take(run).collect();
        let below_own = above.is_some_and(|t| t.capital && names.is_writers(&t.text));
        let of_another = |token: &&Token<'_>| {
            let text = &token.text;
            // In another script, or one without capitals, nothing tells a name of hers.
            let cased = text.contains(|c: char| c.is_lowercase() || c.is_uppercase());
            let called = !below_own && (!cased || names.may_be_called(text));
            !names.is_own(text) && !called && names.tells_who_signs(text)
        };
        words.iter().all(of_another) || line::is_relatives(names, &words, false)
    }

    /// Whether a program's footer begins here and goes on to the end.
    fn is_footer(&self, start: usize) -> bool {
        self.gap(start) == Gap::Line
            && start < self.tokens.len()
            && self.rules_at(start).any(|rule| {
                rule.says == Says::Footer
                    && matcher::places(start, self.matcher.ends(rule.row, start))
                        .any(|end| end == self.tokens.len())
            })
    }

    /// A name of somebody to whom or from whom the mail is.
    fn calls(&self, at: usize) -> bool {
        self.is_name(at)
            && self
                .tokens
                .get(at)
                .is_some_and(|t| self.scene.known_names.calls(&t.text))
    }

    fn is_name(&self, at: usize) -> bool {
        self.seen.get(at).is_some_and(|seen| seen.named)
    }

    /// One capitalised word that this language does not know, and then the end of the clause.
    fn is_addressed(&self, at: usize) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        token.shape == Shape::Word
            && token.title
            && token.capital
            && token.gap == Gap::None
            && seen.id == UNKNOWN
            && matches!(self.gap(at + 1), Gap::Soft | Gap::Line)
    }

    /// A name in small letters on the last line, below thanks or a sign-off.
    fn is_small_name(&self, at: usize) -> bool {
        let (Some(token), Some(seen)) = (self.tokens.get(at), self.seen.get(at)) else {
            return false;
        };
        self.place.last
            && at + 1 == self.tokens.len()
            && token.gap == Gap::Line
            && token.shape == Shape::Word
            && seen.id == UNKNOWN
            && !self.scene.words.refuses(token.ids[0])
            && self.scene.known_names.is_somebody(&token.text)
    }
}
