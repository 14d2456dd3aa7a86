//! What a connector tells the bot in plain words of some language: a number, an address, "cancel".
//!
//! Fails by finding nothing: a text that is more than the command is no command.

use crate::reader::address::Address;
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Cancel,
    Status,
    Pause,
    Resume,
    /// Takes a "stop" back; from a connector the same as "resume".
    Start,
    Help,
    AskAgain,
    /// Choices of a numbered question, counted from one.
    Numbers(Vec<usize>),
}

/// Words of a text that may still be a command; more is prose.
const MAX_WORDS: usize = 8;
/// Octets of it, fillers included.
const MAX_OCTETS: usize = 400;
/// Choices one answer may pick (five introductions from one mail are the limit).
const MAX_NUMBERS: usize = 5;

/// A phrase of the table, without its fillers.
struct Phrase {
    command: Command,
    words: Vec<String>,
    /// More words may follow.
    open: bool,
}

struct Table {
    phrases: Vec<Phrase>,
    fillers: HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| table(include_str!("command/words.txt")));

fn table(text: &str) -> Table {
    let rows = || text.lines().filter_map(|line| line.split_once(": "));
    let fills = rows().filter(|(key, _)| *key == "fill");
    let fillers: HashSet<String> = fills.flat_map(|(_, list)| words(list)).collect();
    let mut phrases = Vec::new();
    for (key, list) in rows() {
        let Some(command) = named(key) else {
            continue;
        };
        phrases.extend(list.split(" | ").map(|phrase| Phrase {
            command: command.clone(),
            words: words(phrase).filter(|w| !fillers.contains(w)).collect(),
            open: phrase.ends_with("..."),
        }));
    }
    Table { phrases, fillers }
}

fn named(key: &str) -> Option<Command> {
    Some(match key {
        "cancel" => Command::Cancel,
        "status" => Command::Status,
        "pause" => Command::Pause,
        "resume" => Command::Resume,
        "start" => Command::Start,
        "help" => Command::Help,
        "again" => Command::AskAgain,
        _ => return None,
    })
}

/// In small letters and without accents, which people leave out.
fn words(text: &str) -> impl Iterator<Item = String> {
    let plain: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect();
    let words: Vec<String> = plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}

/// The command that a text is, if it is one.
pub fn read(text: &str) -> Option<Command> {
    // More is prose, whatever its words.
    let text = text.trim();
    if text.len() > MAX_OCTETS {
        return None;
    }
    let words: Vec<String> = words(text).filter(|w| !TABLE.fillers.contains(w)).collect();
    if words.len() > MAX_WORDS || words.is_empty() {
        return None;
    }
    let numbers: Option<Vec<usize>> = words.iter().map(|word| word.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|n| n.len() <= MAX_NUMBERS) {
        return Some(Command::Numbers(numbers));
    }
    let is = |phrase: &&Phrase| match phrase.open {
        true => words.starts_with(&phrase.words),
        false => words == phrase.words,
    };
    TABLE
        .phrases
        .iter()
        .find(is)
        .map(|phrase| phrase.command.clone())
}

/// Every address in a text, in order, each once.
pub fn addresses(text: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    let border = |c: char| c.is_whitespace() || "<>()[],;:\"'`*|".contains(c);
    for word in text.split(border).filter(|word| word.contains('@')) {
        let word = word.trim_matches(|c: char| ".!?".contains(c));
        if let Ok(address) = Address::parse(word)
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_are_commands_and_prose_is_not() {
        assert_eq!(read("Cancel, please."), Some(Command::Cancel));
        assert_eq!(read("never mind"), Some(Command::Cancel));
        assert_eq!(read("2"), Some(Command::Numbers(vec![2])));
        assert_eq!(read("1 and 3, thanks"), Some(Command::Numbers(vec![1, 3])));
        assert_eq!(read("STATUS"), Some(Command::Status));
        assert_eq!(read("Start, please!"), Some(Command::Start));
        assert_eq!(read("ask again"), Some(Command::AskAgain));
        assert_eq!(read("I met 2 people"), None);
        assert_eq!(
            read("status quo is fine with everybody in the whole large company here today"),
            None
        );
        assert_eq!(read(""), None);
    }

    #[test]
    fn commands_of_other_languages() {
        for (text, command) in [
            ("Abbrechen, bitte.", Command::Cancel),
            ("Ich ziehe die Anfrage zurück", Command::Cancel),
            ("zurueckziehen", Command::Cancel),
            ("Bitte noch einmal fragen, danke", Command::AskAgain),
            ("Annuler, s’il vous plaît", Command::Cancel),
            ("Demander a nouveau", Command::AskAgain),
            ("E\u{301}tat", Command::Status),
            ("Cancelar, por favor", Command::Cancel),
            ("preguntar otra vez", Command::AskAgain),
            ("1 y 3, gracias", Command::Numbers(vec![1, 3])),
        ] {
            assert_eq!(read(text), Some(command), "{text}");
        }
        for text in ["Danke", "no", "ja", "oui", "sí", "nein", "später", "merci"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn every_phrase_says_one_thing() {
        for phrase in &TABLE.phrases {
            assert!(!phrase.words.is_empty());
            assert_eq!(
                read(&phrase.words.join(" ")),
                Some(phrase.command.clone()),
                "{:?}",
                phrase.words
            );
        }
        for line in include_str!("command/words.txt").lines() {
            let key = line.split_once(": ").map(|(key, _)| key);
            let known = key.is_none_or(|key| key == "fill" || named(key).is_some());
            assert!(known || line.starts_with('#'), "{line}");
        }
    }

    #[test]
    fn addresses_are_found_in_prose() {
        let found = addresses("It's Carol <carol@target.example>, or (dan@x.example). Not me@.");
        let keys: Vec<&str> = found.iter().map(Address::key).collect();
        assert_eq!(keys, ["carol@target.example", "dan@x.example"]);
    }
}
