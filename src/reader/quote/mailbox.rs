//! Names and addresses as programs write them into text: `Ann <a@b>`, `Ann [mailto:a@b]`,
//! `"Ng, Ann" <a@b<mailto:a@b>>`, `a@b (Ann)`, or a name alone.
//!
//! Never guesses: without an address that parses, the address is none.

use crate::reader::Author;
use crate::reader::address::{Address, is_atom};
use crate::reader::letter::{MAX_NAME, clean};
use crate::reader::work;
use std::ops::Range;

/// Mailboxes read of one line.
const MAX_MAILBOXES: usize = 50;
/// Octets searched on either side of an @ (RFC 5321 section 4.5.3.1: an address has 254).
const MAX_REACH: usize = 254;

/// The author whom a header value or an attribution names.
pub fn author(text: &str) -> Author {
    let Some((spot, address)) = addresses(text).next() else {
        return Author {
            name: name(text),
            address: None,
        };
    };
    let before = text.get(..spot.start).unwrap_or_default();
    let after = text.get(spot.end..).unwrap_or_default();
    let in_brackets = after
        .trim_start()
        .strip_prefix('(')
        .and_then(|rest| rest.split_once(')'))
        .map(|(inside, _)| inside);
    Author {
        name: name(before)
            .or_else(|| in_brackets.and_then(name))
            .filter(|n| !n.eq_ignore_ascii_case(address.as_str())),
        address: Some(address),
    }
}

/// Everybody in a list that is divided by commas or semicolons.
pub fn authors(text: &str) -> Vec<Author> {
    let mut found: Vec<Author> = Vec::new();
    let mut end = 0;
    for (spot, address) in addresses(text).take(MAX_MAILBOXES) {
        let between = text.get(end..spot.start).unwrap_or_default();
        end = spot.end;
        let repeated = found
            .last()
            .is_some_and(|a| a.address.as_ref() == Some(&address));
        let name = name(between.trim_start_matches([',', ';', '>', ')', ']', '"', '\'', ' ']));
        if repeated && name.is_none() {
            continue;
        }
        let name = name.filter(|n| !n.eq_ignore_ascii_case(address.as_str()));
        found.push(Author {
            name,
            address: Some(address),
        });
    }
    if found.is_empty() {
        found = text
            .split(';')
            .take(MAX_MAILBOXES)
            .filter_map(name)
            .map(|n| Author {
                name: Some(n),
                address: None,
            })
            .collect();
    }
    found
}

/// The addresses in a text, with their place.
pub fn addresses(text: &str) -> impl Iterator<Item = (Range<usize>, Address)> + '_ {
    let mut reached = 0;
    text.match_indices('@').filter_map(move |(at, _)| {
        let label = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
        work::steps(1);
        let floor = reached.max(at.saturating_sub(MAX_REACH));
        let start = text
            .get(..at)?
            .char_indices()
            .rev()
            .take_while(|(i, c)| *i >= floor && is_atom(*c))
            .last()
            .map_or(at, |(i, _)| i);
        let after = text.get(at + 1..)?;
        let length: usize = after
            .chars()
            .take(MAX_REACH)
            .take_while(|c| label(*c))
            .map(char::len_utf8)
            .sum();
        let end = at + 1 + length;
        let (start, end) = trim(text, start, end);
        let address = Address::parse(text.get(start..end)?).ok()?;
        reached = end;
        Some((start..end, address))
    })
}

/// Punctuation around an address, and the `*` and `'` that programs put around words.
fn trim(text: &str, start: usize, end: usize) -> (usize, usize) {
    let found = text.get(start..end).unwrap_or_default();
    let left = found.trim_start_matches(['*', '\'', '_', '.', '=', '/', '|']);
    let left = left.strip_prefix("mailto:").unwrap_or(left);
    let kept = left.trim_end_matches(['.', '-', '\'']);
    let start = start + (found.len() - left.len());
    (start, start + kept.len())
}

/// What stands before a mark; few texts have it.
fn before<'a>(text: &'a str, mark: &str) -> &'a str {
    let may_have = mark
        .bytes()
        .next()
        .is_some_and(|first| memchr::memchr(first, text.as_bytes()).is_some());
    let at = may_have.then(|| text.find(mark)).flatten();
    at.and_then(|at| text.get(..at)).unwrap_or(text)
}

/// A name without its brackets, quotes and marks; none where nothing is left.
pub fn name(text: &str) -> Option<String> {
    let text = before(before(text, "<mailto:"), "[mailto:");
    let line = clean::line(text, MAX_NAME);
    let edge =
        |c: char| c.is_whitespace() || "<>[]\"'“”„«»‘’*_,;:|=".contains(c) || c == '\u{FF1C}';
    let mut name = line.trim_matches(edge);
    // `"Zed" the Pump Man`: quotes around a part belong to the name.
    let bare = line.trim_matches([' ', '<', '>', ',', ';', ':', '*', '_']);
    if bare.starts_with('"') && bare.matches('"').count() == 2 && !bare.ends_with('"') {
        name = bare;
    }
    if let Some(rest) = name.strip_suffix('(') {
        name = rest.trim_matches(edge);
    }
    if name.starts_with('(') && name.ends_with(')') {
        name = name.trim_matches(['(', ')']);
    }
    (name.contains(char::is_alphanumeric) && !name.contains('@')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> (String, String) {
        let a = author(text);
        (
            a.name.unwrap_or_default(),
            a.address.map(|a| a.to_string()).unwrap_or_default(),
        )
    }

    #[test]
    fn every_spelling_of_a_mailbox() {
        for (text, name) in [
            ("Ann Ng <ann@req.example>", "Ann Ng"),
            ("\"Ng, Ann\" <ann@req.example>", "Ng, Ann"),
            ("Ann Ng [mailto:ann@req.example]", "Ann Ng"),
            ("Ann Ng<mailto:ann@req.example>", "Ann Ng"),
            ("Ann Ng (ann@req.example)", "Ann Ng"),
            ("*Ann Ng* <ann@req.example>", "Ann Ng"),
            ("« Ann Ng » <ann@req.example>", "Ann Ng"),
            ("ann@req.example (Ann Ng)", "Ann Ng"),
            ("ann@req.example", ""),
            ("<ann@req.example>", ""),
            ("ann@req.example <ann@req.example>", ""),
            (
                "Ann Ng<mailto:ann@req.example> <ann@req.example<mailto:ann@req.example>> on behalf of x@y.example",
                "Ann Ng",
            ),
        ] {
            assert_eq!(
                said(text),
                (name.to_owned(), "ann@req.example".to_owned()),
                "{text}"
            );
        }
        assert_eq!(said("Ann Ng"), ("Ann Ng".to_owned(), String::new()));
        assert_eq!(said("Ann @home"), (String::new(), String::new()));
    }

    #[test]
    fn lists_keep_names_with_commas() {
        let list = authors(
            "Ng, Ann <ann@a.example<mailto:ann@a.example>>; Kim, Bob<bob@b.example>, c@c.example <c@c.example>",
        );
        let names: Vec<_> = list
            .iter()
            .map(|a| a.name.clone().unwrap_or_default())
            .collect();
        assert_eq!(names, ["Ng, Ann", "Kim, Bob", ""]);
        assert_eq!(list.len(), 3);
    }
}
