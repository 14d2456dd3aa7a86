//! The mails of a backlog: requests of 4 kB that a connector passes on, and the targets' answers to the asks.

use askfirst::demo::dress::{Dress, Writer};
use askfirst::reader;

/// What a request weighs as it lies in the mailbox, in octets (the size of most mail between people).
const REQUEST_OCTETS: usize = 4_096;
const CONNECTOR: &str = "bob@kim.example";
/// 2026-11-02 09:00 UTC.
const NOW_SECS: i64 = 1_793_610_000;
/// The mail server in front says who wrote.
const PROVEN: &str = "Authentication-Results: mx.bot.example; dmarc=pass header.from=";

const PARAGRAPHS: &str = "I run a small company that builds sensors for cold chains, and we are about to \
move from three pilots to a first series. Two of our customers asked for a report that the hospital side \
can read without training, and I keep hearing that nobody knows that side better.\n\nWhat I would like is \
half an hour on the telephone, no slides: how the wards decide, who reads such a report, what would make \
it useless on the first day. I will bring the questions in writing, and I will not ask for another \
introduction in return.\n\n";

pub fn target(number: usize) -> String {
    format!("carol{number}@t{number}.example")
}

/// Bob passes on what Alice wrote, and names whom to ask.
pub fn request(number: usize, bot: &str) -> Vec<u8> {
    request_of("Alice Ng", number, bot)
}

pub fn request_of(name: &str, number: usize, bot: &str) -> Vec<u8> {
    let alice = format!("alice{number}@r{number}.example");
    let serial = u64::try_from(number).unwrap();
    let writer = |name, address, dress| Writer {
        name,
        address,
        serial,
        now_secs: NOW_SECS + i64::try_from(number).unwrap(),
        dress,
    };
    let subject = format!("Half an hour about reports, number {number}");
    let mut words = String::from("Hi Bob,\n\n");
    let dresses = [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone];
    let dress = dresses[number % dresses.len()];
    let mail = |words: &str| {
        let original = writer(name, &alice, dress).mail(CONNECTOR, "", &subject, words);
        let note = format!("Please ask {}", target(number));
        let forward =
            writer("Bob Kim", CONNECTOR, dress).forward(&reader::open(&original), bot, &note);
        [format!("{PROVEN}kim.example\r\n").as_bytes(), &forward].concat()
    };
    while mail(&words).len() + PARAGRAPHS.len() < REQUEST_OCTETS {
        words.push_str(PARAGRAPHS);
    }
    let missing = REQUEST_OCTETS.saturating_sub(mail(&words).len() + 20);
    words.extend(PARAGRAPHS.chars().cycle().take(missing));
    mail(&(words + "\n\nAlice"))
}

/// A target's yes to an ask, with the ask quoted below.
pub fn answer(ask: &[u8], target: &str, number: usize) -> Vec<u8> {
    answer_with(ask, target, number, "Yes, happy to talk.")
}

pub fn answer_with(ask: &[u8], target: &str, number: usize, words: &str) -> Vec<u8> {
    let letter = reader::open(ask);
    let writer = Writer {
        name: "Carol Danvers",
        address: target,
        serial: 1_000_000 + u64::try_from(number).unwrap(),
        now_secs: NOW_SECS + 86_400,
        dress: Dress::Gmail,
    };
    let domain = target.split_once('@').unwrap().1;
    let yes = writer.reply(&letter, words);
    [format!("{PROVEN}{domain}\r\n").as_bytes(), &yes].concat()
}
