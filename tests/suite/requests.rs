//! Requests as people send them (`tests/requests`), each played over the real desk: who of the
//! connector's contacts gets a mail because of it, and nobody else does.

use crate::world::{World, address, house};
use askfirst::reader::request::Contact;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/requests")
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

fn contacts() -> Vec<Contact> {
    let people = json(&folder().join("contacts.json"));
    let contact = |person: &Value| Contact {
        name: person["name"].as_str().unwrap().to_owned(),
        nicknames: Vec::new(),
        addresses: strings(&person["addresses"])
            .iter()
            .map(|a| address(a))
            .collect(),
    };
    people.as_array().unwrap().iter().map(contact).collect()
}

/// The contacts who got a mail because of this one.
fn asked(mail: &[u8], contacts: &[Contact]) -> BTreeSet<String> {
    let mut house = house();
    let connector = house.connectors.first_mut().unwrap();
    connector.addresses = vec![address("bob@connector.example")];
    connector.contacts = contacts.to_vec();
    let mut world = World::with(house);
    let sent = world.proven(mail);
    let known = |a: &String| {
        let mut all = contacts.iter().flat_map(|c| &c.addresses);
        all.any(|known| known.as_str() == a)
    };
    sent.into_iter().flat_map(|s| s.to).filter(known).collect()
}

#[test]
fn whom_a_request_names_is_asked_and_nobody_else() {
    let contacts = contacts();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "eml"))
        .collect();
    files.sort();
    assert!(files.len() >= 80, "{} requests", files.len());
    let mut wrong = Vec::new();
    for file in &files {
        let want = json(&file.with_extension("json"));
        let row = want["row"].as_u64().unwrap();
        let mut expected: BTreeSet<String> = strings(&want["targets"]).into_iter().collect();
        // Those who have met, or whom the connector asked, hear nothing.
        if matches!(row, 3 | 4 | 8) {
            expected.clear();
        }
        if row == 5 && !expected.is_empty() {
            expected.extend(want["requester"].as_str().map(str::to_owned));
        }
        expected.retain(|a| {
            let mut all = contacts.iter().flat_map(|c| &c.addresses);
            all.any(|known| known.as_str() == a)
        });
        let found = asked(&std::fs::read(file).unwrap(), &contacts);
        // Where the words leave room, the connector may be asked.
        let may_ask = want["may_ask"] == true && found.is_empty();
        if found != expected && !may_ask {
            let name = file.file_stem().unwrap().display();
            wrong.push(format!("{name}: asked {found:?}, meant {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
