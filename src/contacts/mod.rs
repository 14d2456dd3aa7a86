//! vCard and CSV files, as Google, Outlook and Apple export them, to the people a connector knows.
//!
//! A file that can't be read is a [`ContactsError`]; an entry that can't is a line in `problems`, by
//! its line and without its words, and the others are kept. Entries without an address are no use
//! here and are passed over in silence.

mod table;
mod vcard;

use crate::reader::address::Address;
use crate::reader::author::from::clean_name;
use crate::reader::request::Contact;
use std::path::{Path, PathBuf};

/// Octets of a contacts file; photos inside a vCard make it large.
const MAX_FILE_OCTETS: u64 = 64 * 1024 * 1024;
/// Addresses kept of one person.
const MAX_ADDRESSES: usize = 20;

/// The people of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contacts {
    /// In the file's order.
    pub people: Vec<Contact>,
    /// One sentence each, with file and line; no names, no addresses.
    pub problems: Vec<String>,
}

/// Why there are no contacts at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ContactsError {
    pub path: PathBuf,
    pub problem: String,
}

/// Reads the file at `path`: a vCard file (versions 2.1, 3.0, 4.0) or a CSV table with a header.
pub fn load(path: &Path) -> Result<Contacts, ContactsError> {
    let error = |problem: String| ContactsError {
        path: path.to_owned(),
        problem,
    };
    let size = std::fs::metadata(path).map_err(|e| error(format!("can't be read: {e}")))?;
    if size.len() > MAX_FILE_OCTETS {
        let limit = MAX_FILE_OCTETS / 1024 / 1024;
        return Err(error(format!(
            "is larger than {limit} MiB; export it without photos"
        )));
    }
    let raw = std::fs::read(path).map_err(|e| error(format!("can't be read: {e}")))?;
    parse(&raw, path)
}

/// Reads a file's content; `path` is named in problems and not opened.
pub fn parse(raw: &[u8], path: &Path) -> Result<Contacts, ContactsError> {
    let text = decode(raw);
    let is_vcard = text
        .trim_start()
        .get(..11)
        .is_some_and(|start| start.eq_ignore_ascii_case("BEGIN:VCARD"));
    let mut found = Found {
        path,
        contacts: Contacts::default(),
    };
    let read = match is_vcard {
        true => {
            vcard::read(&text, &mut found);
            Ok(())
        }
        false => table::read(&text, &mut found),
    };
    match read {
        Ok(()) => Ok(found.contacts),
        Err(problem) => Err(ContactsError {
            path: path.to_owned(),
            problem,
        }),
    }
}

/// What has been found so far.
struct Found<'a> {
    path: &'a Path,
    contacts: Contacts,
}

impl Found<'_> {
    fn problem(&mut self, line: usize, problem: &str) {
        let path = self.path.display();
        self.contacts
            .problems
            .push(format!("{path}:{line}: {problem}"));
    }

    /// Adds a person if one of the addresses is one; `line` is where the entry begins.
    fn add(&mut self, line: usize, name: &str, nicknames: &[String], addresses: &[String]) {
        let mut good: Vec<Address> = Vec::new();
        let mut has_bad = false;
        for written in addresses.iter().map(|a| a.trim()).filter(|a| !a.is_empty()) {
            let bare = written.strip_prefix("mailto:").unwrap_or(written);
            match Address::parse(bare) {
                Ok(address) if !good.contains(&address) => good.push(address),
                Ok(_) => {}
                Err(_) => has_bad = true,
            }
        }
        if has_bad {
            let problem = match good.is_empty() {
                true => "none of the addresses of this entry is one; the entry is left out",
                false => "an address of this entry is none, and is left out",
            };
            self.problem(line, problem);
        }
        if good.is_empty() {
            return;
        }
        good.truncate(MAX_ADDRESSES);
        let clean = |names: &[String]| -> Vec<String> {
            let names = names.iter().map(|name| clean_name(name));
            names.filter(|name| !name.is_empty()).collect()
        };
        self.contacts.people.push(Contact {
            name: clean_name(name),
            nicknames: clean(nicknames),
            addresses: good,
        });
    }
}

/// The name as people say it: `full`, but not "Danvers, Carol" where the parts tell which is which.
fn spoken(full: &str, family: &str, given: &str) -> String {
    let (full, family, given) = (full.trim(), family.trim(), given.trim());
    let is_turned = full.split_once(',').is_some_and(|(before, after)| {
        !given.is_empty() && before.trim() == family && after.trim().starts_with(given)
    });
    match full.is_empty() || is_turned {
        true => format!("{given} {family}").trim().to_owned(),
        false => full.to_owned(),
    }
}

/// The text of a file: UTF-8 or UTF-16 by its mark, else UTF-8, else Latin-1 as old programs write.
fn decode(raw: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(pairs)
            .map(|c| c.unwrap_or('\u{fffd}'))
            .collect()
    };
    if let Some(rest) = raw.strip_prefix(b"\xff\xfe") {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = raw.strip_prefix(b"\xfe\xff") {
        return utf16(rest, u16::from_be_bytes);
    }
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(raw);
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => raw.iter().map(|octet| char::from(*octet)).collect(),
    }
}

#[cfg(test)]
mod tests;
