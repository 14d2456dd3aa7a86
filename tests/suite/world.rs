//! A world without a network or waiting: the real desk over a database in memory, people who write
//! mail, and a transcript of every mail that left. Fails where a mail is expected that did not leave.

use askfirst::demo::dress::Writer;
use askfirst::desk::Desk;
use askfirst::desk::house::{Connector, House};
use askfirst::reader::address::Address;
use askfirst::reader::letter::Letter;
use askfirst::reader::request::Contact;
use askfirst::rules::clock::Pace;
use askfirst::rules::introduction::{Introduction, Stage};
use askfirst::rules::manners::Direct;
use askfirst::rules::retry::{Attempt, Phase};
use askfirst::store::Store;
use askfirst::store::inbox::Arrived;
use std::fmt::Write as _;

pub const BOT: &str = "intro@bot.example";
pub const ALICE: (&str, &str) = ("Alice Ng", "alice@req.example");
pub const BOB: (&str, &str) = ("Bob Kim", "bob@kim.example");
pub const CAROL: (&str, &str) = ("Carol Danvers", "carol@target.example");
pub const DAN: (&str, &str) = ("Dan Ortiz", "dan@ortiz.example");
pub const MX: &str = "mx.bot.example";
/// Tuesday, 24 November 2026, 10:00 UTC.
const START_SECS: i64 = 1_795_514_400;
pub const DAY: i64 = 86_400;

/// A mail that left.
#[derive(Clone)]
pub struct Sent {
    pub to: Vec<String>,
    pub letter: Letter,
    pub bytes: Vec<u8>,
}

pub struct World {
    pub desk: Desk,
    pub now_secs: i64,
    pub sent: Vec<Sent>,
    pub transcript: String,
    pub uid: u32,
    serial: u64,
}

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn contact(name: &str, addresses: &[&str]) -> Contact {
    Contact {
        name: name.to_owned(),
        nicknames: Vec::new(),
        addresses: addresses.iter().map(|a| address(a)).collect(),
    }
}

/// One connector, Bob, who knows Carol and Dan; everything else as by default.
pub fn house() -> House {
    House {
        bot: address(BOT),
        bot_name: "Example Introductions".to_owned(),
        separator: Some(Some('+')),
        authserv_ids: vec![MX.to_owned()],
        require_authenticated: false,
        never: Vec::new(),
        pace: Pace {
            remind_after_secs: Some(5 * DAY),
            close_after_secs: 14 * DAY,
            hold_yes_secs: 0,
            asks_per_target: 2,
            quiet_after_secs: 90 * DAY,
            requests_per_requester: 10,
            requests_per_connector: 50,
            asks_per_connector: None,
            time_zone: jiff::tz::TimeZone::UTC,
        },
        connectors: vec![Connector {
            name: BOB.0.to_owned(),
            addresses: vec![address(BOB.1)],
            contacts: vec![
                contact(CAROL.0, &[CAROL.1, "carol@home.example"]),
                contact(DAN.0, &[DAN.1]),
            ],
            settled: Default::default(),
            direct: Direct::Contacts,
            language: None,
        }],
        keep_bodies_secs: 30 * DAY,
        junk: Some("Junk".to_owned()),
        words: askfirst::writer::words::Words::built_in(),
        language: "en".to_owned(),
    }
}

/// Random bytes of a seed, so that a story is told in the same words every time.
pub fn dice(seed: u64) -> askfirst::desk::Dice {
    let mut state = seed | 1;
    Box::new(move |buffer| {
        for byte in buffer {
            // xorshift64* (Vigna 2016): plenty for tests.
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            *byte = (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8;
        }
    })
}

impl World {
    pub fn new() -> World {
        World::with(house())
    }

    pub fn with(house: House) -> World {
        World {
            desk: Desk::open(Store::in_memory().unwrap(), house, dice(7)).unwrap(),
            now_secs: START_SECS,
            sent: Vec::new(),
            transcript: String::new(),
            uid: 0,
            serial: 0,
        }
    }

    pub fn writer(&mut self, who: (&'static str, &'static str)) -> Writer<'static> {
        self.serial += 1;
        Writer {
            name: who.0,
            address: who.1,
            serial: self.serial,
            now_secs: self.now_secs,
            dress: Default::default(),
        }
    }

    /// A mail arrives, its author proven by the mail server; returns what left because of it.
    pub fn proven(&mut self, mail: &[u8]) -> Vec<Sent> {
        self.arrive(mail, "pass")
    }

    /// A mail arrives whose author nothing proves.
    pub fn unproven(&mut self, mail: &[u8]) -> Vec<Sent> {
        self.arrive(mail, "none")
    }

    /// A mail arrives that the mail server says is forged.
    pub fn forged(&mut self, mail: &[u8]) -> Vec<Sent> {
        self.arrive(mail, "fail")
    }

    pub fn arrive(&mut self, mail: &[u8], dmarc: &str) -> Vec<Sent> {
        let letter = askfirst::reader::open(mail);
        let from = letter.from.person().unwrap().clone();
        let stamp = format!(
            "Authentication-Results: {MX}; dmarc={dmarc} header.from={}\r\n",
            from.address.domain()
        );
        let _ = writeln!(
            self.transcript,
            "{} {} writes to {}: {}",
            self.clock(),
            from.called(),
            letter
                .to
                .iter()
                .chain(&letter.cc)
                .map(|p| bare(p.address.as_str()))
                .collect::<Vec<_>>()
                .join(", "),
            letter.subject
        );
        let text = askfirst::reader::read(&letter, &Default::default()).text;
        for line in text.lines().take(4) {
            let _ = writeln!(self.transcript, "    \" {line}");
        }
        self.raw(&[stamp.as_bytes(), mail].concat())
    }

    /// Bob's mail arrives, proven, and is handled; what it leads to waits in the outbox.
    pub fn stamped(&mut self, mail: &[u8]) {
        let stamp = format!("Authentication-Results: {MX}; dmarc=pass header.from=kim.example\r\n");
        self.take("INBOX", &[stamp.as_bytes(), mail].concat());
    }

    /// The process ends without a word and starts again on the same database.
    pub fn restart(&mut self) {
        let desk = Desk::open(Store::in_memory().unwrap(), house(), dice(3)).unwrap();
        let (house, store) = (
            self.desk.house().clone(),
            std::mem::replace(&mut self.desk, desk),
        );
        self.desk = Desk::open(store.close(), house, dice(self.serial + 11)).unwrap();
        self.desk.resume(self.now_secs).unwrap();
    }

    /// Bytes arrive as they are.
    pub fn raw(&mut self, raw: &[u8]) -> Vec<Sent> {
        self.raw_in("INBOX", raw)
    }

    /// Bytes arrive in a folder.
    pub fn raw_in(&mut self, mailbox: &str, raw: &[u8]) -> Vec<Sent> {
        self.take(mailbox, raw);
        self.now_secs += 60;
        self.deliver()
    }

    fn take(&mut self, mailbox: &str, raw: &[u8]) {
        self.uid += 1;
        let arrived = Arrived {
            account: "intro".to_owned(),
            mailbox: mailbox.to_owned(),
            uid_validity: 1,
            uid: self.uid,
            internal_date_secs: Some(self.now_secs),
            size: raw.len() as u64,
            complete: true,
            raw: raw.to_vec(),
            facts: None,
            aside: None,
        };
        self.desk.receive(vec![arrived], self.now_secs).unwrap();
    }

    /// Time passes, an hour at a time; returns what left.
    pub fn wait(&mut self, secs: i64) -> Vec<Sent> {
        let mut left = Vec::new();
        let until = self.now_secs + secs;
        let _ = writeln!(self.transcript, "… {} days pass", secs / DAY);
        while self.now_secs < until {
            self.now_secs = (self.now_secs + 3_600).min(until);
            self.desk.tick(self.now_secs).unwrap();
            left.extend(self.deliver());
        }
        left
    }

    /// The mail server takes everything that is due.
    pub fn deliver(&mut self) -> Vec<Sent> {
        let mut left = Vec::new();
        for parcel in self.desk.take_due(100, self.now_secs).unwrap() {
            let attempt = Attempt {
                phase: Phase::Dot,
                reply: Some((250, "2.0.0 ok".to_owned())),
                refused: Vec::new(),
            };
            let _ = self
                .desk
                .report(parcel.id, &attempt, self.now_secs)
                .unwrap();
            let sent = Sent {
                to: parcel.recipients,
                letter: askfirst::reader::open(&parcel.bytes),
                bytes: parcel.bytes,
            };
            self.tell(&sent);
            left.push(sent);
        }
        self.sent.extend(left.clone());
        left
    }

    fn clock(&self) -> String {
        let time = jiff::Timestamp::from_second(self.now_secs).unwrap();
        time.strftime("[%a %d %b %H:%M]").to_string()
    }

    fn tell(&mut self, sent: &Sent) {
        let from = sent.letter.from.person().unwrap();
        let _ = writeln!(
            self.transcript,
            "{} MAIL from {} to {}\n    Subject: {}",
            self.clock(),
            from.called(),
            sent.to.join(", "),
            sent.letter.subject
        );
        for line in sent
            .letter
            .plain
            .as_deref()
            .unwrap_or_default()
            .trim()
            .lines()
        {
            let _ = writeln!(self.transcript, "    | {line}");
        }
    }

    pub fn introductions(&self) -> Vec<Introduction> {
        self.desk.list(true).unwrap()
    }

    pub fn stages(&self) -> Vec<Stage> {
        self.introductions().iter().map(|i| i.stage).collect()
    }

    // --- what people do ---

    /// Alice asks Bob, Bob forwards it to the bot with a note.
    pub fn forward(&mut self, note: &str) -> Vec<Sent> {
        let mail = self.request_mail();
        let forward = self.writer(BOB).forward(&mail, BOT, note);
        self.proven(&forward)
    }

    /// Alice's request as Bob has it in his mailbox.
    pub fn request_mail(&mut self) -> Letter {
        let mail = self.writer(ALICE).mail(
            "Bob Kim <bob@kim.example>",
            "",
            "A word with Carol?",
            "Hi Bob,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives\nand would like her advice on radio.\n\nThanks,\nAlice",
        );
        askfirst::reader::open(&mail)
    }

    /// Alice writes to the bot herself.
    pub fn direct(&mut self, text: &str) -> Vec<u8> {
        self.writer(ALICE).mail(
            "Example Introductions <intro@bot.example>",
            "",
            "An introduction",
            text,
        )
    }

    /// Somebody answers a mail of ours; proven.
    pub fn answer(
        &mut self,
        who: (&'static str, &'static str),
        to: &Sent,
        text: &str,
    ) -> Vec<Sent> {
        let mail = self.writer(who).reply(&to.letter, text);
        self.proven(&mail)
    }
}

/// An address without the token in it.
fn bare(address: &str) -> String {
    match (address.split_once('+'), address.split_once('@')) {
        (Some((local, _)), Some((_, domain))) => format!("{local}+…@{domain}"),
        _ => address.to_owned(),
    }
}

/// The one mail to this address.
pub fn to<'a>(sent: &'a [Sent], address: &str) -> &'a Sent {
    let mut found = sent.iter().filter(|s| s.to == [address]);
    let first = found.next().unwrap_or_else(|| {
        let all: Vec<_> = sent.iter().map(|s| (&s.to, &s.letter.subject)).collect();
        panic!("no mail to {address} among {all:?}")
    });
    assert!(found.next().is_none(), "more than one mail to {address}");
    first
}

/// Whether nothing went to this address.
pub fn none_to(sent: &[Sent], address: &str) -> bool {
    sent.iter().all(|s| s.to.iter().all(|to| to != address))
}
