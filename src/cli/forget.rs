//! `askfirst forget ADDRESS`: erases what is stored about a person, and says what.
//!
//! Fails where the address is none, or the database can't be written.

use crate::cli::screen::{Screen, counted};
use crate::cli::{Failure, desk, load, now_secs, print};
use crate::config::Config;
use crate::contacts;
use crate::desk::forget::Forgotten;
use crate::reader::address::Address;
use std::fmt::Write;
use std::path::Path;

pub fn run(config: Option<&Path>, address: &str) -> Result<(), Failure> {
    let address =
        Address::parse(address).map_err(|error| Failure::Usage(format!("{address}: {error}")))?;
    let done = desk(config)?.forget(&address, now_secs())?;
    let contacts = contacts_with(&load(config)?, &address);
    print(&fitted(
        &text_of(&address, &done, &contacts),
        Screen::here(),
    ));
    match done.scrubbed {
        true => Ok(()),
        false => Err(Failure::Failed(
            "the database was being read, so what is erased may still be in its log; run the same command again".to_owned(),
        )),
    }
}

/// Every line wrapped under its own beginning.
fn fitted(text: &str, screen: Screen) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let _ = writeln!(
            out,
            "{}{}",
            " ".repeat(indent),
            screen.wrapped(words, indent)
        );
    }
    out
}

/// Where the operator's own files still name the person, in sentences.
fn contacts_with(config: &Config, address: &Address) -> Vec<String> {
    let mut found = Vec::new();
    for connector in &config.connectors {
        let Some(path) = &connector.contacts else {
            continue;
        };
        match contacts::load(path) {
            Ok(read) if read.people.iter().any(|p| p.addresses.contains(address)) => {
                found.push(format!(
                    "Still there: the contacts of {} ({}) list this address.",
                    connector.name,
                    path.display()
                ));
            }
            Ok(_) => {}
            Err(error) => found.push(format!("Not looked into: {error}")),
        }
    }
    found
}

fn text_of(address: &Address, done: &Forgotten, contacts: &[String]) -> String {
    let mut text = String::new();
    let nothing = done.introductions + done.mentions + done.received + done.unsent == 0;
    let _ = match nothing {
        true => writeln!(text, "Nothing was stored about {address}."),
        false => writeln!(text, "Erased about {address}:"),
    };
    let mut row = |count: usize, noun: &str, what: &str| {
        if count > 0 {
            let _ = writeln!(text, "  {}{what}", counted(count, noun));
        }
    };
    row(
        done.introductions,
        "introduction",
        ": people, words and mails; what stays is that there was one, when, and how it ended",
    );
    row(
        done.called_off.len(),
        "open introduction",
        " of these: called off, and nobody is told",
    );
    row(done.unsent, "waiting mail", ": not sent");
    row(done.received, "received mail", "");
    row(
        done.mentions,
        "other introduction",
        ": the address in its words",
    );
    if done.stop_kept {
        text.push_str("Kept, as a keyed hash: that this address wants no mail.\n");
    }
    for line in contacts {
        let _ = writeln!(text, "{line}");
    }
    if done.is_connector {
        text.push_str("Still there: the configuration names this address as a connector's.\n");
    }
    text.push_str(
        "Not in our hands: the mailbox and its sent mail, what others received, and your backups.\n",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_was_erased_and_what_is_left() {
        let address = Address::parse("carol@target.example").unwrap();
        let done = Forgotten {
            introductions: 2,
            called_off: vec![7],
            stop_kept: true,
            ..Forgotten::default()
        };
        let contacts = ["Still there: the contacts of Bob Kim".to_owned()];
        let text = text_of(&address, &done, &contacts);
        for part in [
            "2 introductions:",
            "1 open introduction of these",
            "wants no mail",
            "Bob Kim",
        ] {
            assert!(text.contains(part), "{text}");
        }
        let text = text_of(&address, &Forgotten::default(), &[]);
        assert!(text.starts_with("Nothing was stored"), "{text}");
    }
}
