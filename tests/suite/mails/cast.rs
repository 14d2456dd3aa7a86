//! The people, the voice and every saying that the tests of mails use.
//!
//! Fails only by not compiling, where a saying has changed.

use askfirst::reader::address::{Address, Person};
use askfirst::rules::introduction::{Introduction, Way};
use askfirst::rules::saying::Saying;
use askfirst::writer::rehearsal::cast;
use askfirst::writer::words::{Language, Words};
use askfirst::writer::{Composed, Seal, Thread, Voice, WriteError, compose};

pub use cast::{NOW, secret};

pub fn address(text: &str) -> Address {
    cast::address(text).unwrap()
}

pub fn person(name: &str, at: &str) -> Person {
    cast::person(name, at).unwrap()
}

pub fn affair(way: Way) -> Introduction {
    cast::affair(way).unwrap()
}

pub fn write(
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    write_as("Example Introductions", saying, affair, thread)
}

pub fn write_as(
    name: &str,
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    write_with(name, Some('+'), saying, affair, thread)
}

/// In a language that there is.
pub fn write_in(
    language: &str,
    saying: &Saying,
    affair: &Introduction,
) -> Result<Composed, WriteError> {
    let words = Words::built_in();
    write_all(
        "Example Introductions",
        Some('+'),
        words.find(language).unwrap(),
        None,
        saying,
        affair,
        None,
    )
}

pub fn write_with(
    name: &str,
    separator: Option<char>,
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    let words = Words::built_in();
    write_all(
        name,
        separator,
        words.first(["en"]),
        None,
        saying,
        affair,
        thread,
    )
}

pub fn write_all(
    name: &str,
    separator: Option<char>,
    language: &Language,
    also: Option<&Language>,
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    let bot = address("intro@example.org");
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let voice = Voice {
        bot: &bot,
        bot_name: name,
        separator,
        time_zone: &zone,
        language,
        also,
    };
    let token = secret().token();
    let seal = Seal {
        token: &token,
        mark: "1.q3v5xk",
    };
    compose(saying, affair, thread, &voice, &seal, NOW)
}

/// Every saying, with each of its variants.
pub fn sayings() -> Vec<(&'static str, Saying)> {
    cast::sayings().unwrap()
}
