//! vCard and CSV files, as Google, Outlook and Apple export them, to the people a connector knows.
//!
//! A file that can't be read is a [`ContactsError`]; an entry that can't is a line in `problems`, by
//! its line and without its words, and the others are kept. Entries without an address are no use
//! here and are passed over in silence.

mod settled;
mod table;
mod vcard;

use crate::reader::address::Address;
use crate::reader::author::from::clean_name;
use crate::reader::request::Contact;
use crate::rules::manners::{Settled, Standing};
use settled::Words;
use std::collections::HashMap;
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
    /// What the connector settled for some of them, by [`Address::rate_key`] of each address.
    pub settled: HashMap<String, Settled>,
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

/// One person as the file has it.
#[derive(Default)]
struct Entry {
    /// Where it begins.
    line: usize,
    name: String,
    nicknames: Vec<String>,
    /// The preferred one first.
    addresses: Vec<String>,
    words: Words,
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

    /// Adds a person if one of the addresses is one.
    fn add(&mut self, entry: Entry) {
        let line = entry.line;
        let mut good: Vec<Address> = entry.words.address.iter().cloned().collect();
        let mut has_bad = false;
        let written = entry.addresses.iter().map(|a| a.trim());
        for written in written.filter(|a| !a.is_empty()) {
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
        if entry.words.misunderstood > 0 {
            self.problem(
                line,
                "what this entry tells askfirst is not understood; known are \"never\", \
                 \"always yes\", \"language de\", \"time zone Europe/Berlin\", \"address a@b.example\"",
            );
        }
        if good.is_empty() {
            return;
        }
        good.truncate(MAX_ADDRESSES);
        let clean = |names: &[String]| -> Vec<String> {
            let names = names.iter().map(|name| clean_name(name));
            names.filter(|name| !name.is_empty()).collect()
        };
        let settled = entry.words.settled;
        if settled != Settled::default() {
            for address in &good {
                self.settle(address, &settled);
            }
        }
        self.contacts.people.push(Contact {
            name: clean_name(&entry.name),
            nicknames: clean(&entry.nicknames),
            addresses: good,
        });
    }

    /// Two entries may share an address; "never" in one of them wins.
    fn settle(&mut self, address: &Address, settled: &Settled) {
        let held = self
            .contacts
            .settled
            .entry(address.rate_key().into_owned())
            .or_default();
        let never = [&*held, settled]
            .iter()
            .any(|one| one.standing == Some(Standing::Never));
        *held = settled.clone();
        if never {
            held.standing = Some(Standing::Never);
        }
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

/// The text of a file: UTF-8 or UTF-16, by its mark or by its looks; else one of the code pages of
/// old programs.
fn decode(raw: &[u8]) -> String {
    let marked = encoding_rs::Encoding::for_bom(raw).map(|(encoding, _)| encoding);
    let encoding = marked.or_else(|| unmarked_utf16(raw));
    if let Some(encoding) = encoding {
        return encoding.decode(raw).0.into_owned();
    }
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => in_a_code_page(raw),
    }
}

/// Western text in UTF-16 has a zero in every other octet.
fn unmarked_utf16(raw: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    const LOOK: usize = 200;
    let zeros = |odd: usize| {
        let octets = raw.iter().take(LOOK).skip(odd).step_by(2);
        octets.filter(|octet| **octet == 0).count()
    };
    let many = raw.len().min(LOOK) / 3;
    match (zeros(0), zeros(1)) {
        (_, little) if little > many => Some(encoding_rs::UTF_16LE),
        (big, _) if big > many => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// Nothing in such a file says which page it is: the one in which its first line has most titles
/// that we know, else the western one.
fn in_a_code_page(raw: &[u8]) -> String {
    let head_end = raw.iter().position(|octet| *octet == b'\n');
    let head = raw.get(..head_end.unwrap_or(raw.len())).unwrap_or(raw);
    let pages = [
        encoding_rs::WINDOWS_1252,
        encoding_rs::WINDOWS_1250,
        encoding_rs::WINDOWS_1251,
        encoding_rs::WINDOWS_1253,
        encoding_rs::WINDOWS_1254,
        encoding_rs::SHIFT_JIS,
        encoding_rs::EUC_KR,
        encoding_rs::GBK,
        encoding_rs::BIG5,
    ];
    let known = |page: &'static encoding_rs::Encoding| table::known_titles(&page.decode(head).0);
    // The last of equals wins, so the western page comes last.
    let best = pages.into_iter().rev().max_by_key(|page| known(page));
    let page = best.unwrap_or(encoding_rs::WINDOWS_1252);
    page.decode(raw).0.into_owned()
}

#[cfg(test)]
mod tests;
