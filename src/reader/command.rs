//! What a connector tells the bot in plain words: a number, an address, "cancel", "status".
//!
//! Fails by finding nothing: a text that is more than the command is no command.

use crate::reader::address::Address;

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
/// Choices one answer may pick (five introductions from one mail are the limit).
const MAX_NUMBERS: usize = 5;

/// The command that a text is, if it is one.
pub fn read(text: &str) -> Option<Command> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .filter(|word| {
            !matches!(
                *word,
                "please"
                    | "thanks"
                    | "thank"
                    | "you"
                    | "hi"
                    | "it"
                    | "that"
                    | "this"
                    | "one"
                    | "number"
                    | "no"
                    | "nr"
                    | "and"
                    | "the"
            )
        })
        .collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    let numbers: Option<Vec<usize>> = words.iter().map(|word| word.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|n| !n.is_empty() && n.len() <= MAX_NUMBERS) {
        return Some(Command::Numbers(numbers));
    }
    match words.as_slice() {
        ["cancel" | "abort" | "withdraw", ..] | ["call", "off"] | ["never", "mind"] => {
            Some(Command::Cancel)
        }
        ["status" | "list" | "open"] => Some(Command::Status),
        ["pause"] => Some(Command::Pause),
        ["resume"] => Some(Command::Resume),
        ["start"] | ["start", "again"] => Some(Command::Start),
        ["help"] => Some(Command::Help),
        ["ask", "again", ..] => Some(Command::AskAgain),
        _ => None,
    }
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
    fn addresses_are_found_in_prose() {
        let found = addresses("It's Carol <carol@target.example>, or (dan@x.example). Not me@.");
        let keys: Vec<&str> = found.iter().map(Address::key).collect();
        assert_eq!(keys, ["carol@target.example", "dan@x.example"]);
    }
}
