//! A text with the people it could mean, and what its wishes, rows and addresses say.
//!
//! Fails towards doubt: what is seen and not understood is told to the tally.

use super::lexicon;
use super::mention::{Mention, mentions};
use super::names::{Index, words};
use super::phrase::{self, Item, Joint, Object};
use super::signature;
use super::tally::Tally;
use super::wishes::{WISHES, Wish};
use super::{Choice, Contact};
use crate::reader::address::Address;
use regex::Regex;
use std::sync::LazyLock;

/// Words before an address that make it not the one who is to be asked: the writer's own, a copy, a
/// source, an exception.
static NOT_MEANT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:\b(?:me|mich|moi|us|uns)\s+(?:at|on|via|under|unter|à|sur|en)|\bmy\s+(?:\w+\s+){0,2}(?:e-?mail|mail|address)(?:\s+address)?(?:\s+is|:)|\bmeine\s+(?:\w+\s+)?(?:e-?mail|mail|adresse)\S*(?:\s+ist|:)|\b(?:mon|mi)\s+(?:e-?mail|mail|adresse|correo)(?:\s+(?:est|es)|:)|\bcc(?:'d|ed|ing)?:?|\b(?:from|von):?|\b(?:not|except|instead of|rather than|nicht|außer|statt|sauf|excepto)(?:\s+to)?)\s*$",
    )
    .ok()
});
/// Words before a wish, in its sentence, that turn it round, or keep it for the writer's own doing.
static DENIED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:don['’]?t|do not|not|never|without|nicht|kein\w*|ne|no|nunca)\b[^.!?\n,;]{0,20}$|\b(?:I|we)(?:['’]ll|\s+(?:will|shall))?(?:\s+(?:just|already|also|then))?\W*$|\b(?:let\s+me|ich\s+werde|je\s+vais|voy\s+a)\W*$",
    )
    .ok()
});
/// How far back a denial is looked for.
const DENIAL_OCTETS: usize = 60;
/// What may stand between the members of a plain list of addresses.
static PLAIN_GAP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^[\s,;&+*•·\-–>|]*(?:and|und|et|y|e|sowie|plus)?[\s,;&+*•·\-–<]*$").ok()
});
/// What may stand around a name that is a whole note.
static ROW_START: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:[-*•·→>@_¿¡\s]|\d{1,2}[.)]\s)*(?:(?:for|to|with|ask|target|please|an|für|mit|bitte|à|pour|a|para)\b\s*:?\s*)?").ok()
});
static ROW_END: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:[\s,.?!;_*]|\b(?:please|pls|plz|thanks|thx|thank you|bitte|danke|merci|svp|s'il (?:te|vous) plaît|por favor|gracias)\b)*$").ok()
});
/// Lines of a note that is nothing but names.
const MAX_ROWS: usize = 30;
/// Sentences in which somebody who would gain is looked for.
const MAX_SENTENCES: usize = 50;

pub(super) struct Scene<'a> {
    pub(super) text: &'a str,
    apart: &'a [Address],
    contacts: &'a [Contact],
    pub(super) mentions: Vec<Mention>,
    index: Index<'a>,
}

/// What a member of an object is.
pub(super) enum Meant {
    /// Somebody who is never meant.
    Apart,
    /// Everybody whom the words fit; whether there is any doubt about it.
    Fitting(Vec<Choice>, bool),
    /// It looks like a name, and fits nobody.
    Unknown(String),
    NoName,
}

impl<'a> Scene<'a> {
    pub fn new(text: &'a str, apart: &'a [Address], contacts: &'a [Contact]) -> Scene<'a> {
        Scene {
            text,
            apart,
            contacts,
            mentions: mentions(text),
            index: Index::new(contacts, apart, text),
        }
    }

    /// Counts the objects of all wishes.
    pub fn wishes(&self, tally: &mut Tally) {
        for wish in WISHES.within(self.text) {
            for found in wish.find_all(self.text) {
                let from = self.object_start(found.start, found.end);
                let object = phrase::object(self.text, from, &self.mentions, wish.ends);
                if !wish.ends.is_empty() && !wish.ends.contains(&object.end.as_str()) {
                    continue;
                }
                if self.is_denied(found.start) {
                    for (item, _) in &object.items {
                        if let Meant::Fitting(choices, _) = self.meant(item) {
                            tally.deny(choices);
                        }
                    }
                    continue;
                }
                if wish.is_hint {
                    tally.hint(&self.members(&object));
                    continue;
                }
                match self.other_side(wish, &object) {
                    Some(other) => self.two_sides(tally, &object, &other),
                    None => tally.add(
                        &self.members(&object),
                        wish.is_strong,
                        !wish.ends.is_empty(),
                    ),
                }
            }
        }
    }

    /// Counts whoever would gain by meeting the one of whom the mail speaks: "Karim should meet
    /// her.", "Karim would love this."
    pub fn gains(&self, tally: &mut Tally) {
        let ends = self.text.match_indices(['.', '!', '?', '\n']);
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        for start in starts.take(MAX_SENTENCES) {
            let object = phrase::object(self.text, start, &self.mentions, lexicon::WOULD);
            if !lexicon::WOULD.contains(&object.end.as_str()) {
                continue;
            }
            let rest = self.text.get(object.next..).unwrap_or_default();
            if lexicon::GAINS.as_ref().is_some_and(|g| g.is_match(rest)) {
                tally.add(&self.members(&object), false, true);
            }
        }
    }

    /// Counts the rows of a note that is nothing but names; nothing at all where it is more.
    pub fn rows(&self, tally: &mut Tally) {
        let mut members: Vec<(Meant, Joint)> = Vec::new();
        let mut at = 0;
        for line in self.text.split('\n') {
            let start = at;
            at += line.len() + 1;
            let trimmed = line.trim();
            let is_greeting = signature::is_greeting(trimmed);
            if trimmed.is_empty() || (members.is_empty() && is_greeting) {
                continue;
            }
            let length = |regex: &LazyLock<Option<Regex>>| {
                regex
                    .as_ref()
                    .and_then(|r| r.find(line))
                    .map_or(0, |found| found.len())
            };
            let (head, tail) = (length(&ROW_START), length(&ROW_END));
            let end = (start + line.len()).saturating_sub(tail);
            let begin = (start + head).min(end);
            let row = self.text.get(..end).unwrap_or_default();
            let object = phrase::object(row, begin, &self.mentions, &[]);
            if !object.is_whole || object.items.is_empty() || members.len() >= MAX_ROWS {
                return;
            }
            for (member, joint) in self.members(&object) {
                let is_name = match &member {
                    // One word may be any word: "FYI", "Thoughts?".
                    Meant::Unknown(name) => {
                        let count = name.split_whitespace().count();
                        (2..=4).contains(&count)
                            && !name.split_whitespace().any(lexicon::is_no_name)
                    }
                    Meant::NoName => false,
                    _ => true,
                };
                if !is_name {
                    return;
                }
                let joint = match joint {
                    Joint::Start if !members.is_empty() => Joint::Row,
                    other => other,
                };
                members.push((member, joint));
            }
        }
        tally.add(&members, false, false);
    }

    /// Counts the addresses of the text, whether a wish reached them or not.
    pub fn addresses(&self, tally: &mut Tally) {
        let mut last_end: Option<usize> = None;
        for mention in &self.mentions {
            if self.is_apart(mention) {
                continue;
            }
            let gap = last_end.and_then(|end| self.text.get(end..mention.span.start));
            let is_plain =
                gap.is_none_or(|gap| PLAIN_GAP.as_ref().is_some_and(|r| r.is_match(gap)));
            last_end = Some(mention.span.end);
            let owner = self
                .contacts
                .iter()
                .find(|c| c.addresses.contains(&mention.address));
            tally.address(self.choice(mention), owner, is_plain);
        }
    }

    /// Whether an address is never meant, or not meant here.
    pub(super) fn is_apart(&self, mention: &Mention) -> bool {
        let before = self.text.get(..mention.span.start).unwrap_or_default();
        let before = tail(before, DENIAL_OCTETS);
        self.apart.contains(&mention.address)
            || NOT_MEANT
                .as_ref()
                .is_some_and(|regex| regex.is_match(before))
    }

    /// "introduce X **to Y**": what follows the object of a wish that takes two.
    pub(super) fn other_side(&self, wish: &Wish, first: &Object<'_>) -> Option<Object<'a>> {
        if !wish.takes_two || first.items.is_empty() || !lexicon::TO.contains(&first.end.as_str()) {
            return None;
        }
        let second = phrase::object(self.text, first.next, &self.mentions, &[]);
        (!second.items.is_empty()).then_some(second)
    }

    /// Of the two sides the second is the target, unless it is the requester.
    fn two_sides(&self, tally: &mut Tally, first: &Object<'_>, second: &Object<'_>) {
        let (one, two) = (self.members(first), self.members(second));
        match two.first() {
            Some((Meant::Fitting(..), _)) => {
                tally.pass_over(&one);
                tally.add(&two, true, false);
            }
            Some((Meant::Unknown(_), _)) => {
                let is_known = matches!(one.first(), Some((Meant::Fitting(..), _)));
                tally.add(if is_known { &one } else { &two }, true, false);
                tally.is_ambiguous |= is_known;
            }
            _ => tally.add(&one, true, false),
        }
    }

    /// Where the object begins: the mark that ended the pattern belongs to it.
    pub(super) fn object_start(&self, start: usize, end: usize) -> usize {
        let matched = self.text.get(start..end).unwrap_or_default();
        let last = matched
            .chars()
            .next_back()
            .filter(|c| c.is_whitespace() || ":,".contains(*c));
        // "Introduction: Carol" has its colon inside the pattern; either way it is read again.
        end - last.map_or(0, char::len_utf8)
    }

    pub(super) fn is_denied(&self, at: usize) -> bool {
        let before = tail(self.text.get(..at).unwrap_or_default(), DENIAL_OCTETS);
        let is_asked = before.to_lowercase().trim_end().ends_with("why not");
        !is_asked
            && DENIED
                .as_ref()
                .is_some_and(|denied| denied.is_match(before))
    }

    fn members(&self, object: &Object<'_>) -> Vec<(Meant, Joint)> {
        object
            .items
            .iter()
            .map(|(item, joint)| (self.meant(item), *joint))
            .collect()
    }

    pub(super) fn one(&self, item: &Item<'_>) -> Option<Choice> {
        match self.meant(item) {
            Meant::Fitting(choices, false) => match <[Choice; 1]>::try_from(choices) {
                Ok([choice]) => Some(choice),
                Err(_) => None,
            },
            _ => None,
        }
    }

    fn meant(&self, item: &Item<'_>) -> Meant {
        let name = match item {
            Item::Name(name) => name,
            Item::Mention(place) => {
                return match self.mentions.get(*place) {
                    Some(mention) if self.is_apart(mention) => Meant::Apart,
                    Some(mention) => Meant::Fitting(vec![self.choice(mention)], false),
                    None => Meant::NoName,
                };
            }
        };
        let is_capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        let is_written_large = name.first().is_some_and(|word| is_capital(word));
        for length in (1..=name.len()).rev() {
            let (fitting, has_apart) = self.index.fitting(name.get(..length).unwrap_or_default());
            if fitting.is_empty() && !has_apart {
                continue;
            }
            // "Carol Smith" is not Carol Danvers; "carol smith" may be two people or one.
            let next = name.get(length);
            if is_written_large && next.is_some_and(|word| is_capital(word)) {
                break;
            }
            if fitting.is_empty() {
                return Meant::Apart;
            }
            let is_doubtful = has_apart || (next.is_some() && !is_written_large);
            let choices = fitting.into_iter().filter_map(preferred);
            return Meant::Fitting(choices.collect(), is_doubtful);
        }
        let written = phrase::as_written(name);
        let is_name =
            is_written_large && !name.first().is_some_and(|word| lexicon::is_no_name(word));
        match is_name && !written.is_empty() {
            true => Meant::Unknown(written),
            false => Meant::NoName,
        }
    }

    /// Somebody by an address; the written name before the contact's.
    pub(super) fn choice(&self, mention: &Mention) -> Choice {
        let contact = self
            .contacts
            .iter()
            .find(|c| c.addresses.contains(&mention.address));
        let name = match mention.name.is_empty() {
            true => contact.map_or(String::new(), |contact| contact.name.clone()),
            false => mention.name.clone(),
        };
        Choice {
            name,
            address: mention.address.clone(),
        }
    }
}

fn preferred(contact: &Contact) -> Option<Choice> {
    Some(Choice {
        name: contact.name.clone(),
        address: contact.addresses.first()?.clone(),
    })
}

/// Whether an address looks like that of somebody so called.
pub(super) fn resembles(address: &Address, name: &str) -> bool {
    let address = words(address.as_str()).concat();
    words(name)
        .iter()
        .any(|word| word.chars().count() > 2 && address.contains(word.as_str()))
}

/// The end of a text, at most so many octets.
fn tail(text: &str, octets: usize) -> &str {
    let from = text.len().saturating_sub(octets);
    (from..=text.len())
        .find_map(|at| text.get(at..))
        .unwrap_or_default()
}
