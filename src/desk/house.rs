//! What the desk knows from the configuration: the bot, its connectors, their contacts, the pace.

use crate::reader::address::{Address, Person};
use crate::reader::request::Contact;
use crate::rules::clock::Pace;
use crate::rules::manners::{Direct, Never, Settled, Standing};
use crate::writer::words::Words;
use std::collections::HashMap;

#[derive(Clone)]
pub struct House {
    pub bot: Address,
    pub bot_name: String,
    /// The separator of sub-addresses: Some(None) is "never", None is "once shown to work".
    pub separator: Option<Option<char>>,
    pub authserv_ids: Vec<String>,
    /// `require = "authenticated"`: a target's yes needs a proven author as well.
    pub require_authenticated: bool,
    pub pace: Pace,
    /// People who are never asked.
    pub never: Vec<Never>,
    pub connectors: Vec<Connector>,
    /// How long the words of mails are kept after an introduction's end.
    pub keep_bodies_secs: i64,
    /// The name of the junk folder that is read too.
    pub junk: Option<String>,
    /// What the mails say, in every language there is.
    pub words: Words,
    /// The language of mails that are no connector's.
    pub language: String,
}

#[derive(Clone)]
pub struct Connector {
    pub name: String,
    /// The first is the one the bot writes to.
    pub addresses: Vec<Address>,
    pub contacts: Vec<Contact>,
    /// What he settled for some of them, by [`Address::rate_key`].
    pub settled: HashMap<String, Settled>,
    pub direct: Direct,
    /// Of his mails, and of those in his name; none: the house's.
    pub language: Option<String>,
}

impl Connector {
    pub fn person(&self) -> Option<Person> {
        self.addresses.first().map(|address| Person {
            name: self.name.clone(),
            address: address.clone(),
        })
    }

    /// The contact with this address.
    pub fn contact(&self, address: &Address) -> Option<&Contact> {
        self.contacts
            .iter()
            .find(|contact| contact.addresses.contains(address))
    }

    pub fn settled(&self, address: &Address) -> Option<&Settled> {
        self.settled.get(&*address.rate_key())
    }

    /// Whether his contacts say "always yes" for exactly this address.
    pub fn always_yes(&self, address: &Address) -> bool {
        let standing = self.settled(address).and_then(|settled| settled.standing);
        standing == Some(Standing::AlwaysYes) && self.contact(address).is_some()
    }

    pub fn never(&self, address: &Address) -> bool {
        let standing = self.settled(address).and_then(|settled| settled.standing);
        standing == Some(Standing::Never)
    }
}

impl House {
    pub fn is_bot(&self, address: &Address) -> bool {
        let separator = self.separator.flatten().unwrap_or('+');
        address.is_or_extends(&self.bot, separator)
    }

    pub fn connector(&self, address: &Address) -> Option<&Connector> {
        self.connectors
            .iter()
            .find(|connector| connector.addresses.contains(address))
    }

    /// Whether two addresses are one connector's.
    pub fn same_connector(&self, one: &Address, other: &Address) -> bool {
        self.connector(one)
            .is_some_and(|connector| connector.addresses.contains(other))
    }

    /// The bot and all connectors: nobody of them is ever a requester or a target.
    pub fn insiders(&self) -> Vec<Address> {
        let mut insiders = vec![self.bot.clone()];
        for connector in &self.connectors {
            insiders.extend(connector.addresses.iter().cloned());
        }
        insiders
    }

    pub fn is_insider(&self, address: &Address) -> bool {
        self.is_bot(address) || self.connector(address).is_some()
    }

    pub fn never_asked(&self, address: &Address) -> bool {
        self.never.iter().any(|entry| entry.holds(address))
    }

    /// All addresses of this person that some connector's contacts know, this one first.
    pub fn addresses_of(&self, address: &Address) -> Vec<Address> {
        let mut all = vec![address.clone()];
        for connector in &self.connectors {
            for other in connector.contact(address).iter().flat_map(|c| &c.addresses) {
                if !all.contains(other) {
                    all.push(other.clone());
                }
            }
        }
        all
    }

    /// Whether two addresses are one person's, by some connector's contacts.
    pub fn same_person(&self, one: &Address, other: &Address) -> bool {
        one == other
            || self.connectors.iter().any(|connector| {
                connector
                    .contact(one)
                    .is_some_and(|contact| contact.addresses.contains(other))
            })
    }
}
