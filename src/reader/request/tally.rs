//! What the wishes, rows and addresses of one text come to.
//!
//! Fails towards [`Named::Several`]: one clear person, or one plain list, is the only way past it.

use super::phrase::Joint;
use super::scene::{Meant, resembles};
use super::{Choice, Contact, MAX_CHOICES, MAX_LIST, Named};
use crate::reader::address::Address;

#[derive(Default)]
pub(super) struct Tally {
    /// Whom wishes name, each once.
    wished: Vec<Choice>,
    /// Whether `wished` stands in more than one place, or with "or".
    is_scattered: bool,
    /// Whether there is any doubt about a name.
    pub is_ambiguous: bool,
    /// A name after a clear wish that fits nobody.
    unknown_strong: Option<String>,
    /// A name after words that need not be a wish.
    unknown_weak: Option<String>,
    /// Whom the text excludes, or names as the requester.
    passed_over: Vec<Address>,
    /// Addresses that no wish reached.
    loose: Vec<Choice>,
    is_loose_scattered: bool,
    /// Whom the text only speaks of.
    hinted: Vec<Choice>,
}

impl Tally {
    pub fn is_empty(&self) -> bool {
        self.wished.is_empty() && self.unknown_strong.is_none() && self.unknown_weak.is_none()
    }

    /// Adds the members of one object. With `is_known_only` a name that fits nobody is no name.
    pub fn add(&mut self, members: &[(Meant, Joint)], is_strong: bool, is_known_only: bool) {
        let is_found = |(member, _): &(Meant, Joint)| matches!(member, Meant::Fitting(..));
        let last_found = members.iter().rposition(is_found);
        let mut found: Vec<Choice> = Vec::new();
        let mut has_or = false;
        for (at, (member, joint)) in members.iter().enumerate() {
            let is_before_last = last_found.is_some_and(|last| at < last);
            match member {
                Meant::Fitting(choices, is_doubtful) => {
                    self.is_ambiguous |= *is_doubtful || choices.len() > 1;
                    has_or |= *joint == Joint::Or;
                    for choice in choices {
                        if !found.iter().any(|other| other.address == choice.address) {
                            found.push(choice.clone());
                        }
                    }
                }
                // "Carol, Head of Sales": what follows a comma at the end is no further member.
                Meant::Unknown(_) if at > 0 && *joint == Joint::Comma && !is_before_last => break,
                Meant::Unknown(name) if !is_known_only => {
                    let place = match is_strong || at > 0 {
                        true => &mut self.unknown_strong,
                        false => &mut self.unknown_weak,
                    };
                    place.get_or_insert(name.clone());
                }
                Meant::Unknown(_) | Meant::NoName if is_before_last => self.is_ambiguous = true,
                Meant::Unknown(_) | Meant::NoName => break,
                Meant::Apart => {}
            }
        }
        self.merge(found, has_or);
    }

    fn merge(&mut self, found: Vec<Choice>, has_or: bool) {
        if found.is_empty() {
            return;
        }
        let is_in = |some: &[Choice], all: &[Choice]| {
            some.iter()
                .all(|one| all.iter().any(|other| other.address == one.address))
        };
        self.is_scattered |= has_or && found.len() > 1;
        if is_in(&found, &self.wished) {
            return;
        }
        if !is_in(&self.wished, &found) {
            self.is_scattered = true;
            self.wished.extend(found);
        } else {
            self.wished = found;
        }
    }

    /// Adds people whom the text only speaks of.
    pub fn hint(&mut self, members: &[(Meant, Joint)]) {
        for (member, _) in members {
            if let Meant::Fitting(choices, _) = member {
                self.hinted.extend(choices.iter().cloned());
            }
        }
    }

    /// People whom the text names as not meant.
    pub fn deny(&mut self, choices: Vec<Choice>) {
        self.passed_over
            .extend(choices.into_iter().map(|choice| choice.address));
    }

    /// The other side of an introduction.
    pub fn pass_over(&mut self, members: &[(Meant, Joint)]) {
        for (member, _) in members {
            if let Meant::Fitting(choices, _) = member {
                self.deny(choices.clone());
            }
        }
    }

    /// Adds an address that stands anywhere in the text; `owner` is the contact it belongs to.
    pub fn address(&mut self, choice: Choice, owner: Option<&Contact>, is_plain: bool) {
        if self
            .wished
            .iter()
            .any(|other| other.address == choice.address)
            || self.passed_over.contains(&choice.address)
        {
            return;
        }
        // "Carol … her address is carol@new.example": the written address wins over the contact's.
        let is_same = |other: &&mut Choice| {
            owner.is_some_and(|owner| owner.addresses.contains(&other.address))
                || resembles(&choice.address, &other.name)
        };
        let mut same: Vec<&mut Choice> = self.wished.iter_mut().filter(is_same).collect();
        if let [one] = same.as_mut_slice() {
            one.address = choice.address;
            if !choice.name.is_empty() {
                one.name = choice.name;
            }
            return;
        }
        let unknown = self.unknown_strong.as_ref().or(self.unknown_weak.as_ref());
        let mut choice = choice;
        if let Some(unknown) = unknown.cloned()
            && (resembles(&choice.address, &unknown) || choice.name.contains(&unknown))
        {
            if choice.name.is_empty() && resembles(&choice.address, &unknown) {
                choice.name = unknown;
            }
            self.unknown_strong = None;
            self.unknown_weak = None;
            self.merge(vec![choice], false);
            return;
        }
        self.is_loose_scattered |= !is_plain;
        self.loose.push(choice);
    }

    pub fn verdict(mut self) -> Named {
        let denied = std::mem::take(&mut self.passed_over);
        self.wished
            .retain(|choice| !denied.contains(&choice.address));
        let unknown = self
            .unknown_strong
            .or(self.unknown_weak.filter(|_| self.wished.is_empty()));
        let is_hinted = self.wished.is_empty() && self.loose.is_empty() && unknown.is_none();
        if is_hinted {
            self.wished = self.hinted;
        }
        let is_doubtful = unknown.is_some() || self.is_ambiguous || is_hinted;
        let (mut choices, is_scattered) = match (self.wished.is_empty(), self.loose.is_empty()) {
            (true, _) => (self.loose, self.is_loose_scattered),
            (false, true) => (self.wished, self.is_scattered),
            (false, false) => {
                self.wished.extend(self.loose);
                (self.wished, true)
            }
        };
        let mut seen: Vec<Address> = Vec::new();
        choices.retain(|choice| {
            let is_new = !seen.contains(&choice.address);
            seen.push(choice.address.clone());
            is_new
        });
        if choices.is_empty() {
            return unknown.map_or(Named::Nobody, Named::Unknown);
        }
        if is_doubtful || (is_scattered && choices.len() > 1) || choices.len() > MAX_LIST {
            choices.truncate(MAX_CHOICES);
            return Named::Several(choices);
        }
        match <[Choice; 1]>::try_from(choices) {
            Ok([choice]) => Named::One(choice),
            Err(choices) => Named::List(choices),
        }
    }
}
