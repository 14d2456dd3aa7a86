//! Whom a text names: the object of a wish, by address or by a contact's name. Nothing is guessed.
use crate::reader::address::Address;

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

/// Whom `text` names. `apart` are the addresses that are never meant (connectors, bot, requester).
/// `addressees` are true where a bare mention of a contact's name in the text suffices.
pub fn whom(_text: &str, _apart: &[Address], _contacts: &[Contact]) -> Named {
    Named::Nobody
}
