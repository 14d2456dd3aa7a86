//! Whom each connector can name, kept from one mail to the next: his contacts, and those he introduced.
//!
//! To read them anew for each mail took ten times as long as all other work on it. What is kept holds
//! while nothing was introduced or taken back, here or by a command beside the daemon; else it is read
//! again. Fails with a [`DeskError`].

use crate::desk::DeskError;
use crate::desk::house::{Connector, House};
use crate::reader::address::{Address, Person};
use crate::reader::request::Contact;
use crate::reader::request::people::{Known, People};
use crate::store::introductions;
use rusqlite::Connection;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Who was introduced longer ago is named by address.
const NEWEST: u32 = 500;
/// Introductions whose people are kept, before all are forgotten.
const MAX_KEPT: usize = 20_000;

#[derive(Default)]
pub(super) struct Acquainted {
    /// What SQLite gives when nobody else has changed the file since.
    version: Option<i64>,
    /// By the connector's first address.
    people: HashMap<String, Arc<People>>,
    /// His contacts, which only a new configuration changes.
    contacts: HashMap<String, Vec<Arc<Known>>>,
    /// The people of an introduction, by its id.
    introduced: HashMap<i64, Vec<Arc<Known>>>,
}

impl Acquainted {
    /// Something was introduced, or an introduction was taken back.
    pub(super) fn change(&mut self) {
        self.people.clear();
    }

    /// What was read may have been undone, or was changed by somebody else.
    pub(super) fn doubt(&mut self) {
        self.people.clear();
        self.introduced.clear();
    }

    pub(super) fn people_of(
        &mut self,
        db: &Connection,
        house: &House,
        connector: &Connector,
    ) -> Result<Arc<People>, DeskError> {
        let version: i64 = db
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if self.version != Some(version) || self.introduced.len() > MAX_KEPT {
            self.doubt();
            self.version = Some(version);
        }
        let key = connector.addresses.first().map_or("", Address::key);
        if let Some(people) = self.people.get(key) {
            return Ok(people.clone());
        }
        let people = Arc::new(People::new(self.read(db, house, connector, key)?));
        self.people.insert(key.to_owned(), people.clone());
        Ok(people)
    }

    /// His contacts, and those he introduced before, newest first. These are no contacts: no direct
    /// request goes out to them at once.
    fn read(
        &mut self,
        db: &Connection,
        house: &House,
        connector: &Connector,
        key: &str,
    ) -> Result<Vec<Arc<Known>>, DeskError> {
        let ready = || {
            let contacts = connector.contacts.iter().cloned();
            contacts
                .map(|contact| Arc::new(Known::new(contact)))
                .collect()
        };
        let mut all: Vec<Arc<Known>> = self
            .contacts
            .entry(key.to_owned())
            .or_insert_with(ready)
            .clone();
        // The same name is taken for the same person: the contacts say which address to use.
        let mut names: HashSet<String> = HashSet::new();
        let mut addresses: HashSet<Address> = HashSet::new();
        for known in &all {
            names.insert(known.contact.name.to_lowercase());
            addresses.extend(known.contact.addresses.iter().cloned());
        }
        let mut met: HashSet<Address> = HashSet::new();
        for address in &connector.addresses {
            for id in introductions::introduced_by(db, address.key(), NEWEST)? {
                let parties = match self.introduced.entry(id) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => {
                        let parties = introductions::parties(db, id)?;
                        place.insert(parties.into_iter().map(as_known).collect())
                    }
                };
                for known in parties.iter() {
                    let Some(address) = known.contact.addresses.first() else {
                        continue;
                    };
                    let name = known.contact.name.to_lowercase();
                    let is_new = met.insert(address.clone())
                        && !addresses.contains(address)
                        && !names.contains(&name)
                        && !house.is_insider(address);
                    if is_new {
                        names.insert(name);
                        addresses.insert(address.clone());
                        all.push(known.clone());
                    }
                }
            }
        }
        Ok(all)
    }
}

fn as_known(person: Person) -> Arc<Known> {
    Arc::new(Known::new(Contact {
        name: person.name,
        nicknames: Vec::new(),
        addresses: vec![person.address],
    }))
}
