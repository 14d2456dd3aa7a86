//! Which contacts a written name fits.
//!
//! Never guesses: everyone who fits is returned, and whoever asked must ask on.

use super::lexicon;
use crate::reader::address::Address;
use crate::reader::request::Contact;
use unicode_normalization::UnicodeNormalization;

/// The contacts in the form that names are compared in.
pub struct Index<'a> {
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    contact: &'a Contact,
    /// Whether one of the addresses is never meant.
    is_apart: bool,
    /// The name and each nickname, in words.
    names: Vec<Vec<String>>,
}

impl<'a> Index<'a> {
    /// Only contacts of whose names a word occurs in `text` are looked at further.
    pub fn new(contacts: &'a [Contact], apart: &[Address], text: &str) -> Index<'a> {
        let present: std::collections::HashSet<String> = words(text).into_iter().collect();
        let is_present =
            |names: &[Vec<String>]| names.iter().flatten().any(|word| present.contains(word));
        let entries = contacts.iter().filter_map(|contact| {
            let names = names(contact);
            is_present(&names).then(|| Entry {
                contact,
                is_apart: contact
                    .addresses
                    .iter()
                    .any(|address| apart.contains(address)),
                names,
            })
        });
        Index {
            entries: entries.collect(),
        }
    }

    /// The contacts whom `written` fits, and whether somebody who is never meant fits as well.
    pub fn fitting(&self, written: &[&str]) -> (Vec<&'a Contact>, bool) {
        let wanted: Vec<String> = written.iter().flat_map(|word| words(word)).collect();
        let wanted: Vec<String> = wanted.into_iter().filter(|w| !is_title(w)).collect();
        if wanted.is_empty() {
            return (Vec::new(), false);
        }
        let all = |fits: &dyn Fn(&[String]) -> bool| {
            let fitting = self
                .entries
                .iter()
                .filter(|e| e.names.iter().any(|name| fits(name)));
            let (apart, meant): (Vec<&Entry<'_>>, Vec<&Entry<'_>>) =
                fitting.partition(|e| e.is_apart);
            (
                meant.iter().map(|e| e.contact).collect::<Vec<_>>(),
                !apart.is_empty(),
            )
        };
        // A whole name decides over parts of longer ones; a single word never does.
        if wanted.len() > 1 {
            let exact = all(&|name| name == wanted);
            if !exact.0.is_empty() || exact.1 {
                return exact;
            }
        }
        all(&|name| fits(name, &wanted))
    }
}

/// Whether the words are a usual short form of the name: the first or the last word alone; first
/// and last with or without what is between; an initial in place of the last.
fn fits(name: &[String], wanted: &[String]) -> bool {
    let (Some(first), Some(last)) = (name.first(), name.last()) else {
        return false;
    };
    match wanted {
        [] => false,
        [one] => one == first || one == last,
        [a, b] if a == last && b == first => true,
        // "Jean-Luc", "López García"
        [_, _, ..] if name.starts_with(wanted) || name.ends_with(wanted) => true,
        [start, middle @ .., end] => {
            let is_initial =
                |word: &str, of: &str| word.chars().count() == 1 && of.starts_with(word);
            let inner = name
                .get(1..name.len().saturating_sub(1))
                .unwrap_or_default();
            name.len() > 1
                && start == first
                && (end == last || is_initial(end, last))
                && middle.iter().all(|m| {
                    inner
                        .iter()
                        .any(|i| i == m || is_initial(m, i) || is_initial(i, m))
                })
        }
    }
}

/// The name and each nickname, in words.
pub fn names(contact: &Contact) -> Vec<Vec<String>> {
    let all = std::iter::once(&contact.name).chain(&contact.nicknames);
    let plain = all.flat_map(|name| [words(name), words(&transcribed(name))]);
    let plain = plain.map(|name| {
        name.into_iter()
            .filter(|word| !is_title(word))
            .collect::<Vec<_>>()
    });
    let mut names: Vec<Vec<String>> = plain.filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

fn is_title(word: &str) -> bool {
    lexicon::TITLES.contains(word)
}

/// German umlauts as they are written where there are none on the keyboard.
fn transcribed(name: &str) -> String {
    let lower = name.to_lowercase();
    lower
        .replace('ä', "ae")
        .replace('ö', "oe")
        .replace('ü', "ue")
}

/// The words of a text without case, accents and marks.
pub fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let folded = folded
        .replace('ß', "ss")
        .replace('ø', "o")
        .replace('ł', "l")
        .replace(['\'', '’'], "");
    folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
