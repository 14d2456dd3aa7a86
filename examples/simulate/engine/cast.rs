//! The people of a simulated life, and the house that each seed furnishes.

use super::chance::Chance;
use askfirst::desk::house::{Connector, House};
use askfirst::reader::address::Address;
use askfirst::reader::request::Contact;
use askfirst::rules::clock::Pace;
use askfirst::rules::manners::{Direct, Never};

pub type Who = (&'static str, &'static str);

pub const BOT: &str = "intro@bot.example";
pub const MX: &str = "mx.bot.example";
/// Tuesday, 24 November 2026, 10:00 UTC.
pub const START_SECS: i64 = 1_795_514_400;
pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

pub const REQUESTERS: [Who; 2] = [
    ("Alice Ng", "alice@req.example"),
    ("Ann Oduya", "ann@oduya.example"),
];
pub const CONNECTORS: [Who; 2] = [
    ("Bob Kim", "bob@kim.example"),
    ("Eve Stone", "eve@stone.example"),
];
/// The third is nobody's contact, the fourth a mailbox that is not Carol's.
pub const TARGETS: [Who; 4] = [
    ("Carol Danvers", "carol@target.example"),
    ("Dan Ortiz", "dan@ortiz.example"),
    ("Zoe Quist", "zoe@quist.example"),
    ("Carol Danvers", "carol@wrong.example"),
];
pub const CAROL_AT_HOME: Who = ("Carol", "carol@home.example");
pub const STRANGERS: [Who; 2] = [
    ("Mallory", "m@mallory.example"),
    ("Dan's office", "office@ortiz-office.example"),
];
/// In what targets write beyond the verdict; never to be seen by a requester.
pub const CANARY: &str = "quokka";

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// The person's addresses, as the contacts have them.
pub fn addresses_of(target: &str) -> Vec<&'static str> {
    match target {
        "carol@target.example" | "carol@home.example" => vec![TARGETS[0].1, CAROL_AT_HOME.1],
        other => TARGETS
            .iter()
            .chain(&REQUESTERS)
            .map(|who| who.1)
            .filter(|a| *a == other)
            .collect(),
    }
}

/// Without a `+tag`.
pub fn plain(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let local = local.split('+').next().unwrap_or_default();
    format!("{local}@{domain}").to_lowercase()
}

fn contact(name: &str, addresses: &[&str]) -> Contact {
    Contact {
        name: name.to_owned(),
        nicknames: Vec::new(),
        addresses: addresses.iter().map(|a| address(a)).collect(),
    }
}

pub fn house(chance: &mut Chance) -> House {
    let contacts = vec![
        contact(TARGETS[0].0, &[TARGETS[0].1, CAROL_AT_HOME.1]),
        contact(TARGETS[1].0, &[TARGETS[1].1]),
    ];
    let direct = *chance.pick(&[
        Direct::Contacts,
        Direct::Contacts,
        Direct::Contacts,
        Direct::Ask,
        Direct::Any,
        Direct::Off,
    ]);
    let connectors = match chance.one_in(4) {
        true => 2,
        false => 1,
    };
    House {
        keep_bodies_secs: 30 * 86_400,
        bot: address(BOT),
        bot_name: "Example Introductions".to_owned(),
        separator: Some((!chance.one_in(3)).then_some('+')),
        authserv_ids: vec![MX.to_owned()],
        require_authenticated: chance.one_in(4),
        never: match chance.one_in(4) {
            true => vec![Never::Address(address("Dan+work@ortiz.example"))],
            false => Vec::new(),
        },
        pace: Pace {
            remind_after_secs: (!chance.one_in(5)).then_some(5 * DAY),
            close_after_secs: 14 * DAY,
            hold_yes_secs: *chance.pick(&[0, 0, 0, 10 * MINUTE, 2 * DAY]),
            asks_per_target: *chance.pick(&[2, 2, 1, 5]),
            quiet_after_secs: 90 * DAY,
            requests_per_requester: 10,
            requests_per_connector: 50,
            asks_per_connector: None,
            time_zone: jiff::tz::TimeZone::UTC,
        },
        connectors: CONNECTORS[..connectors]
            .iter()
            .map(|who| Connector {
                name: who.0.to_owned(),
                addresses: vec![address(who.1)],
                contacts: contacts.clone(),
                direct,
                language: None,
            })
            .collect(),
        junk: Some("Junk".to_owned()),
        words: askfirst::writer::words::Words::built_in(),
        language: "en".to_owned(),
    }
}
