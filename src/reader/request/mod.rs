//! Whom a text names: the object of a wish, by address or by a contact's name. Nothing is guessed.
//!
//! Fails towards a question: whatever could be read two ways comes back as [`Named::Several`] or
//! [`Named::Unknown`], and a person decides.

mod lexicon;
mod mention;
mod names;
pub mod people;
mod phrase;
pub mod promise;
mod proposal;
mod scene;
mod signature;
mod tally;
mod wishes;

use crate::reader::address::Address;
use scene::Scene;
use tally::Tally;

/// A person of the connector's contacts, as far as naming and asking needs them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    pub name: String,
    pub nicknames: Vec<String>,
    /// The preferred one first; never empty.
    pub addresses: Vec<Address>,
}

/// Somebody who may be meant: an address, and the name where one is known.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Choice {
    pub name: String,
    pub address: Address,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Named {
    /// No address and no name as the object of a wish.
    Nobody,
    One(Choice),
    /// A plain list: each is an introduction of its own.
    List(Vec<Choice>),
    /// Several may be meant: the connector is asked, with these as the numbered choices.
    Several(Vec<Choice>),
    /// Somebody is named whom no contact fits; the words as written.
    Unknown(String),
}

/// The longest plain list that is taken at its word; a longer one is [`Named::Several`], because so
/// many asks at once are more likely a slip than a wish.
pub const MAX_LIST: usize = 5;
/// Choices of a numbered question.
const MAX_CHOICES: usize = 20;
/// Characters of a text that are looked at; the wish of a longer one is in them, or nowhere.
const MAX_TEXT_CHARS: usize = 20_000;

/// Whom `text` names. `apart` are the addresses that are never meant (connectors, bot, requester);
/// contacts with one of them are not meant either.
pub fn whom(text: &str, apart: &[Address], contacts: &[Contact]) -> Named {
    let text = plain(text);
    let text = signature::without(&text);
    // What may be a card at the end is looked at only if nobody is named before it, and then as a
    // question.
    if let Some((before, card)) = signature::apart_from_card(text) {
        return match named(before, apart, contacts) {
            Named::Nobody => match named(card, apart, contacts) {
                Named::One(choice) => Named::Several(vec![choice]),
                Named::List(choices) => Named::Several(choices),
                other => other,
            },
            found => found,
        };
    }
    named(text, apart, contacts)
}

/// The two people of a proposal ("introduce Alice to Carol", "connect Alice and Carol"), in order:
/// the first is to be the requester, the second the target. None where not exactly two are named.
pub fn pair(text: &str, apart: &[Address], contacts: &[Contact]) -> Option<(Choice, Choice)> {
    let plain = plain(text);
    let text = signature::without(&plain);
    let scene = Scene::new(text, apart, contacts);
    if let Some(found) = scene.pair() {
        return Some(found);
    }
    // Nothing but two people.
    match whom(text, apart, contacts) {
        Named::List(choices) => match <[Choice; 2]>::try_from(choices) {
            Ok([first, second]) => Some((first, second)),
            Err(_) => None,
        },
        _ => None,
    }
}

/// The text as far as it is looked at, with one kind of space and of line end.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let plain = text.chars().take(MAX_TEXT_CHARS).map(|c| match c {
        '\n' => '\n',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    plain.collect()
}

fn named(text: &str, apart: &[Address], contacts: &[Contact]) -> Named {
    let scene = Scene::new(text, apart, contacts);
    let mut tally = Tally::default();
    scene.wishes(&mut tally);
    if tally.is_empty() {
        scene.rows(&mut tally);
    }
    if tally.is_empty() {
        scene.gains(&mut tally);
    }
    scene.addresses(&mut tally);
    tally.verdict()
}

#[cfg(test)]
mod tests;
