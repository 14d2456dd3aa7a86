//! The two people whom a connector proposes to each other.
//!
//! Fails by finding none: anything but exactly two clear people is no proposal.

use super::Choice;
use super::lexicon;
use super::phrase::{self, Joint, Object};
use super::scene::Scene;
use super::wishes::WISHES;

/// Sentences in which a proposal is looked for.
const MAX_SENTENCES: usize = 50;

impl Scene<'_> {
    /// The two people of a proposal, in the order they are named: the two sides of a wish that has
    /// two, the members of "X and Y should meet", or the only two addresses.
    pub fn pair(&self) -> Option<(Choice, Choice)> {
        self.pair_of_wish()
            .or_else(|| self.pair_of_sentence())
            .or_else(|| self.pair_of_addresses())
            .filter(|(one, two)| one.address != two.address)
    }

    fn pair_of_wish(&self) -> Option<(Choice, Choice)> {
        for wish in WISHES.within(self.text).filter(|wish| wish.takes_two) {
            for found in wish.find_all(self.text) {
                if self.is_denied(found.start) {
                    continue;
                }
                let from = self.object_start(found.start, found.end);
                let first = phrase::object(self.text, from, &self.mentions, wish.ends);
                let sides = match self.other_side(wish, &first) {
                    Some(second) => self.only(&first).zip(self.leading(&second)),
                    None => self.joined(&first),
                };
                if sides.is_some() {
                    return sides;
                }
            }
        }
        None
    }

    /// "Alice and Carol should meet.", "Alice should talk to Carol."
    fn pair_of_sentence(&self) -> Option<(Choice, Choice)> {
        let ends = self
            .text
            .match_indices(['.', '!', '?', '\n'])
            .map(|(at, _)| at + 1);
        for start in std::iter::once(0).chain(ends).take(MAX_SENTENCES) {
            let first = phrase::object(self.text, start, &self.mentions, lexicon::SHOULD);
            if !lexicon::SHOULD.contains(&first.end.as_str()) {
                continue;
            }
            let rest = self.text.get(first.next..).unwrap_or_default();
            let sentence = rest.split(['.', '!', '?', '\n']).next().unwrap_or_default();
            let until = first.next + sentence.len();
            let second = WISHES
                .within(sentence)
                .filter(|wish| !wish.is_hint)
                .find_map(|wish| {
                    let found = wish.find_at(sentence, 0)?;
                    let from = self.object_start(first.next + found.start, first.next + found.end);
                    let within = self.text.get(..until)?;
                    self.leading(&phrase::object(within, from, &self.mentions, wish.ends))
                });
            let sides = self
                .joined(&first)
                .or_else(|| self.only(&first).zip(second));
            if sides.is_some() {
                return sides;
            }
        }
        None
    }

    fn pair_of_addresses(&self) -> Option<(Choice, Choice)> {
        let mut meant = self
            .mentions
            .iter()
            .filter(|mention| !self.is_apart(mention));
        match (meant.next(), meant.next(), meant.next()) {
            (Some(one), Some(two), None) => Some((self.choice(one), self.choice(two))),
            _ => None,
        }
    }

    /// The only member.
    fn only(&self, object: &Object<'_>) -> Option<Choice> {
        match object.items.as_slice() {
            [(item, _)] => self.one(item),
            _ => None,
        }
    }

    /// The first member, where what follows is no further one ("Carol, head of lasers").
    fn leading(&self, object: &Object<'_>) -> Option<Choice> {
        match object.items.as_slice() {
            [(item, _)] | [(item, _), (_, Joint::Comma), ..] => self.one(item),
            _ => None,
        }
    }

    /// The two members of "X and Y".
    fn joined(&self, object: &Object<'_>) -> Option<(Choice, Choice)> {
        match object.items.as_slice() {
            [(one, _), (two, Joint::And)] => self.one(one).zip(self.one(two)),
            _ => None,
        }
    }
}
