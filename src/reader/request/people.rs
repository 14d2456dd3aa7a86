//! Everybody whom a connector can name, made ready once: of thousands, a text is compared with the few
//! of whom a word stands in it.
//!
//! Cannot fail; whoever might be meant is among the few.

use super::names;
use crate::reader::request::{Contact, plain};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A contact with the words by which a text can name him.
pub struct Known {
    pub contact: Contact,
    words: Vec<String>,
    /// An address without a letter or digit before the `@`: no word tells of it.
    is_wordless: bool,
}

impl Known {
    pub fn new(contact: Contact) -> Known {
        // In the form in which words of a text are compared.
        let locals: Vec<Vec<String>> = contact
            .addresses
            .iter()
            .map(|address| names::words(address.local()))
            .collect();
        let is_wordless = locals.iter().any(Vec::is_empty);
        let mut words: Vec<String> = names::names(&contact).into_iter().flatten().collect();
        // Who writes the address writes its first word.
        words.extend(
            locals
                .into_iter()
                .filter_map(|local| local.into_iter().next()),
        );
        words.sort();
        words.dedup();
        Known {
            contact,
            words,
            is_wordless,
        }
    }
}

/// People in the order of the list they were made from.
#[derive(Default)]
pub struct People {
    all: Vec<Arc<Known>>,
    by_word: HashMap<String, Vec<usize>>,
    wordless: Vec<usize>,
}

impl People {
    pub fn new(all: Vec<Arc<Known>>) -> People {
        let mut people = People::default();
        for (at, known) in all.iter().enumerate() {
            for word in &known.words {
                people.by_word.entry(word.clone()).or_default().push(at);
            }
            if known.is_wordless {
                people.wordless.push(at);
            }
        }
        people.all = all;
        people
    }

    /// Those who may be named in this text, in their order.
    pub fn near(&self, text: &str) -> Vec<Contact> {
        if self.all.is_empty() {
            return Vec::new();
        }
        let present: HashSet<String> = names::words(&plain(text)).into_iter().collect();
        let named = present.iter().filter_map(|word| self.by_word.get(word));
        let mut near: Vec<usize> = named.flatten().chain(&self.wordless).copied().collect();
        near.sort_unstable();
        near.dedup();
        near.into_iter()
            .filter_map(|at| self.all.get(at))
            .map(|known| known.contact.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::address::Address;
    use crate::reader::request::whom;

    fn contact(name: &str, nicknames: &[&str], addresses: &[&str]) -> Contact {
        Contact {
            name: name.to_owned(),
            nicknames: nicknames.iter().map(|&name| name.to_owned()).collect(),
            addresses: addresses
                .iter()
                .map(|text| Address::parse(text).unwrap())
                .collect(),
        }
    }

    /// A thousand who are not meant, and some who are.
    fn many() -> Vec<Contact> {
        let mut all: Vec<Contact> = (0..1_000)
            .map(|n| {
                contact(
                    &format!("Zed{n} Quux{n}"),
                    &[],
                    &[&format!("z{n}@q.example")],
                )
            })
            .collect();
        all.insert(300, contact("Jürgen Müller", &[], &["jm@m.example"]));
        all.insert(
            400,
            contact("Carol Danvers", &["Caz"], &["carol@t.example"]),
        );
        all.insert(
            500,
            contact("Siobhán O'Brien", &[], &["s.o'brien@b.example"]),
        );
        all.insert(600, contact("Carol Stone", &[], &["carol.stone@s.example"]));
        all.insert(
            700,
            contact("", &[], &["_@u.example", "office+x@u.example"]),
        );
        all
    }

    #[test]
    fn whom_a_text_names_is_among_the_few() {
        let all = many();
        let people = People::new(all.iter().cloned().map(Known::new).map(Arc::new).collect());
        for text in [
            "Please ask Carol.",
            "Could you introduce him to Caz?",
            "Please ask Juergen Mueller",
            "please ask JÜRGEN",
            "Bitte frag Müller, danke",
            "Please ask Siobhan O’Brien",
            "Please ask carol@t.example",
            "Please ask S.O'Brien@B.example and Office+x@u.example",
            "Please ask _@u.example",
            "Please ask Carol Stone <carol.stone@s.example>\n\nBest\nBob",
            "Please ask Zed7 Quux7, Caz and Carol S.",
            "Please ask nobody.",
            "",
        ] {
            let near = people.near(text);
            assert!(near.len() < 10, "{text}: {}", near.len());
            assert_eq!(whom(text, &[], &near), whom(text, &[], &all), "{text}");
        }
    }
}
