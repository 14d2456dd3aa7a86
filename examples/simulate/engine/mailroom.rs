//! The bot's mail server as a simulated life has it: mails in, mails out, faults of delivery,
//! restarts; and the record of all of it, which is all that the checker knows.

use super::Tally;
use super::cast::{self, MX, Who};
use super::chance::Chance;
use askfirst::demo::dress::Writer;
use askfirst::desk::house::House;
use askfirst::desk::post::Parcel;
use askfirst::desk::{Desk, Dice};
use askfirst::reader::letter::Letter;
use askfirst::rules::retry::{Attempt, Judgement, Phase};
use askfirst::store::inbox::Arrived;
use askfirst::store::{Store, inbox};
use rusqlite::OptionalExtension;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    Pass,
    None,
    Fail,
}

/// What its author meant by a mail; the checker never asks the reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// It passes on, asks for or proposes an introduction.
    Request,
    Yes,
    No,
    Later,
    Stop,
    /// Withdraws or cancels.
    Cancel,
    Machine,
    Other,
}

/// A mail on its way to the bot.
#[derive(Clone)]
pub struct Inbound {
    pub from: String,
    pub proof: Proof,
    pub meaning: Meaning,
    /// Its words are a refusal, whoever wrote it and whatever he meant.
    pub refuses: bool,
    /// Message-IDs of our mails whose secrets it carries.
    pub answers: Vec<String>,
    /// Ids of other people's mails that it answers.
    pub in_thread: Vec<String>,
    pub message_id: String,
    /// Addresses of targets that it names, and of people it is also written to.
    pub names: Vec<String>,
    pub to: Vec<String>,
    pub raw: Vec<u8>,
    /// The same bytes arrived before.
    pub again: bool,
    pub at_secs: i64,
}

/// A mail that the desk wrote.
#[derive(Clone)]
pub struct Outbound {
    pub introduction: Option<i64>,
    pub saying: String,
    pub message_id: String,
    pub recipients: Vec<String>,
    pub bytes: Rc<Vec<u8>>,
    letter: Rc<OnceCell<Letter>>,
    pub at_secs: i64,
    /// When the server first took it, or may have.
    pub left_at_secs: Option<i64>,
    /// Mails that had arrived when it was written.
    pub arrived_before: usize,
    pub accepted: u32,
    pub unknown: u32,
    /// The server or a bounce said that it can't be delivered.
    pub returned: bool,
}

impl Outbound {
    /// As it is read; taken apart once.
    pub fn letter(&self) -> &Letter {
        self.letter
            .get_or_init(|| askfirst::reader::open(&self.bytes))
    }

    /// The plain text as a person sees it.
    pub fn text(&self) -> &str {
        self.letter().plain.as_deref().unwrap_or_default()
    }

    fn left(&mut self, now_secs: i64) {
        self.left_at_secs.get_or_insert(now_secs);
    }

    pub fn is_to(&self, address: &str) -> bool {
        self.recipients.len() == 1 && cast::plain(&self.recipients[0]) == address
    }
}

/// How deliveries end in this life.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    Fair,
    /// Every outcome, once in `of`.
    Foul {
        of: usize,
    },
}

pub struct Mailroom {
    desk: Option<Desk>,
    pub house: House,
    pub chance: Chance,
    pub weather: Weather,
    /// Another bot that may be asked for, in the lives of two bots.
    pub peer: Option<&'static str>,
    pub now_secs: i64,
    pub inbound: Vec<Inbound>,
    pub outbound: Vec<Outbound>,
    by_id: HashMap<String, usize>,
    last_outbox: i64,
    uid: u32,
    pub serial: u64,
    pub tally: Tally,
    pub violations: Vec<String>,
    /// None: nobody reads it.
    pub transcript: Option<String>,
}

fn dice(seed: u64) -> Dice {
    let mut chance = Chance::new(seed);
    Box::new(move |buffer| {
        for byte in buffer {
            *byte = (chance.next() >> 32) as u8;
        }
    })
}

thread_local! {
    /// A life takes the database of one before, emptied: schema and prepared statements stay.
    static STORES: std::cell::RefCell<Vec<Store>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Emptied first, since others refer to what stays: so no constraint has to be put off, which would
/// have all statements parsed anew.
const EMPTIED_FIRST: [&str; 5] = ["story", "outbox", "inbox", "secrets", "introductions"];

fn empty_store() -> Store {
    let Some(mut store) = STORES.with_borrow_mut(Vec::pop) else {
        return Store::in_memory().unwrap();
    };
    let tables: Vec<String> = store
        .reading()
        .prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let others = tables
        .iter()
        .map(String::as_str)
        .filter(|table| !EMPTIED_FIRST.contains(table));
    let tx = store.transaction().unwrap();
    for table in EMPTIED_FIRST.into_iter().chain(others) {
        tx.prepare_cached(&format!("DELETE FROM {table}"))
            .unwrap()
            .execute([])
            .unwrap();
    }
    tx.commit().unwrap();
    store
}

impl Mailroom {
    pub fn new(house: House, chance: Chance, tell: bool) -> Mailroom {
        let mut mailroom = Mailroom {
            desk: None,
            house,
            chance,
            weather: Weather::Fair,
            peer: None,
            now_secs: cast::START_SECS,
            inbound: Vec::new(),
            outbound: Vec::new(),
            by_id: HashMap::new(),
            last_outbox: 0,
            uid: 0,
            serial: 0,
            tally: Tally::default(),
            violations: Vec::new(),
            transcript: tell.then(String::new),
        };
        mailroom.start(empty_store());
        mailroom
    }

    /// Gives the database back for the next life.
    pub fn close(&mut self) {
        if let Some(desk) = self.desk.take() {
            STORES.with_borrow_mut(|stores| stores.push(desk.close()));
        }
    }

    fn start(&mut self, store: Store) {
        let dice = dice(self.chance.next());
        self.desk = Some(Desk::open(store, self.house.clone(), dice).unwrap());
    }

    pub fn desk(&mut self) -> &mut Desk {
        self.desk.as_mut().unwrap()
    }

    pub fn say(&mut self, line: impl FnOnce() -> String) {
        let time = jiff::Timestamp::from_second(self.now_secs).unwrap();
        if let Some(transcript) = &mut self.transcript {
            let _ = writeln!(transcript, "{time} {}", line());
        }
    }

    pub fn blame(&mut self, promise: &str, why: &str) {
        let violation = format!("{promise}: {why}");
        self.say(|| format!("VIOLATION {violation}"));
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    pub fn writer(&mut self, who: Who) -> Writer<'static> {
        self.serial += 1;
        Writer {
            dress: askfirst::demo::dress::Dress::Gmail,
            name: who.0,
            address: who.1,
            serial: self.serial,
            now_secs: self.now_secs,
        }
    }

    fn arrived(&mut self, mail: &Inbound) -> Arrived {
        self.uid += 1;
        let domain = mail.from.split_once('@').map_or("", |(_, domain)| domain);
        let result = match mail.proof {
            Proof::Pass => "pass",
            Proof::None => "none",
            Proof::Fail => "fail",
        };
        let stamp =
            format!("Authentication-Results: {MX}; dmarc={result} header.from={domain}\r\n");
        let raw = [stamp.as_bytes(), &mail.raw].concat();
        Arrived {
            account: "intro".to_owned(),
            mailbox: "INBOX".to_owned(),
            uid_validity: 1,
            uid: self.uid,
            internal_date_secs: Some(self.now_secs),
            size: raw.len() as u64,
            complete: true,
            raw,
            facts: None,
            aside: None,
        }
    }

    /// A mail arrives. With `crash` the process ends after it was stored and before it is handled.
    pub fn receive(&mut self, mut mail: Inbound, crash: bool) {
        mail.at_secs = self.now_secs;
        mail.again = self.inbound.iter().any(|old| old.raw == mail.raw);
        let arrived = self.arrived(&mail);
        self.tally.count("mails in");
        self.say(|| {
            let text = String::from_utf8_lossy(&mail.raw).to_string();
            let body = text.split("\r\n\r\n").nth(1).unwrap_or_default();
            let body: String = body.chars().take(160).collect();
            format!(
                "IN {} {:?} {:?}{} answers {:?}: {}",
                mail.from,
                mail.proof,
                mail.meaning,
                if mail.again { " (again)" } else { "" },
                mail.answers,
                body.replace("\r\n", " / ")
            )
        });
        let created = self.outbound.len();
        self.inbound.push(mail);
        let now = self.now_secs;
        if crash {
            self.tally.count("fault: crash before handling");
            let mut store = self.desk.take().unwrap().close();
            let tx = store.transaction().unwrap();
            inbox::insert(&tx, &arrived, now).unwrap();
            tx.commit().unwrap();
            self.start(store);
            self.resume();
        } else if let Err(error) = self.desk().receive(vec![arrived], now) {
            self.blame("V10 survival", &format!("receive failed: {error}"));
        }
        if self.transcript.is_some() {
            let settled = self.settled_by_signs();
            self.say(|| format!("  known to have arrived: {settled}"));
        }
        self.collect();
        self.look_at_dispositions();
        super::checker::caused(self, created);
    }

    fn settled_by_signs(&mut self) -> String {
        self.desk()
            .store()
            .reading()
            .query_row(
                "SELECT coalesce(group_concat(message_id), 'none') FROM outbox
                 WHERE reply IN ('an answer to it arrived', 'a copy of it arrived')",
                [],
                |row| row.get(0),
            )
            .unwrap_or_default()
    }

    fn resume(&mut self) {
        let now = self.now_secs;
        if let Err(error) = self.desk().resume(now) {
            self.blame("V10 survival", &format!("resume failed: {error}"));
        }
    }

    /// The process ends and starts again over the same database.
    pub fn restart(&mut self) {
        self.tally.count("fault: restart");
        self.say(|| "RESTART".to_owned());
        let store = self.desk.take().unwrap().close();
        self.start(store);
        self.resume();
        self.collect();
    }

    /// Nobody's pause holds mail back any more: the operator's hand, and each connector's word.
    pub fn everybody_resumes(&mut self) {
        let now = self.now_secs;
        let _ = self.desk().set_paused(false, now);
        for bob in cast::CONNECTORS {
            let paused = self.desk().paused_by().unwrap_or_default();
            if paused.iter().any(|one| one == bob.1) {
                let raw = self.writer(bob).mail(cast::BOT, "", "resume", "resume");
                let mail = self.inbound(bob, Proof::Pass, Meaning::Other, raw);
                self.receive(mail, false);
            }
        }
    }

    pub fn tick(&mut self) -> Option<i64> {
        let now = self.now_secs;
        let next = match self.desk().tick(now) {
            Ok(next) => next,
            Err(error) => {
                self.blame("V10 survival", &format!("tick failed: {error}"));
                None
            }
        };
        if let Err(error) = self.desk().retry_unknown(now) {
            self.blame("V10 survival", &format!("retry_unknown failed: {error}"));
        }
        self.collect();
        next
    }

    /// Takes note of the mails that were written since.
    pub fn collect(&mut self) {
        let written = {
            let db = self.desk.as_ref().unwrap().store().reading();
            let mut rows = db
                .prepare_cached(
                    "SELECT id, introduction, saying, message_id, recipients, bytes
                     FROM outbox LEFT JOIN outbox_bytes USING (id) WHERE id > ?1 ORDER BY id",
                )
                .unwrap();
            rows.query_map([self.last_outbox], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, Option<i64>>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, String>(3)?,
                    row.get::<_, String>(4)?,
                    row.get::<_, Option<Vec<u8>>>(5)?.unwrap_or_default(),
                ))
            })
            .unwrap()
            .collect::<Result<Vec<_>, _>>()
            .unwrap()
        };
        for (id, introduction, saying, message_id, recipients, bytes) in written {
            self.last_outbox = id;
            let mail = Outbound {
                introduction,
                saying,
                message_id: message_id.clone(),
                recipients: serde_json::from_str(&recipients).unwrap(),
                letter: Rc::default(),
                bytes: Rc::new(bytes),
                at_secs: self.now_secs,
                left_at_secs: None,
                arrived_before: self.inbound.len(),
                accepted: 0,
                unknown: 0,
                returned: false,
            };
            self.tally.count("mails out");
            self.say(|| {
                format!(
                    "OUT {} of {:?} to {} {}",
                    mail.saying,
                    mail.introduction,
                    mail.recipients.join(", "),
                    mail.message_id
                )
            });
            super::checker::written(self, &mail);
            if self.by_id.insert(message_id, self.outbound.len()).is_some() {
                self.blame("V2 unique creation", "two mails under one Message-ID");
            }
            self.outbound.push(mail);
        }
    }

    /// V4: every mail has exactly one disposition, and none was set aside.
    fn look_at_dispositions(&mut self) {
        let (rows, open): (u32, bool) = {
            let db = self.desk.as_ref().unwrap().store().reading();
            db.prepare_cached(
                "SELECT (SELECT count(*) FROM inbox),
                   EXISTS (SELECT 1 FROM inbox WHERE disposition IS NULL)",
            )
            .unwrap()
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
        };
        if rows != self.uid {
            self.blame("V4 no loss", "a mail that arrived is not in the inbox");
        }
        if open {
            self.blame("V4 no loss", "a mail has no disposition");
        }
        let aside: Option<String> = {
            let db = self.desk.as_ref().unwrap().store().reading();
            // The newest: the older ones were looked at when they came.
            db.prepare_cached(
                "SELECT reason FROM inbox
                 WHERE id = (SELECT max(id) FROM inbox) AND disposition = 'quarantined'",
            )
            .unwrap()
            .query_row([], |row| row.get(0))
            .optional()
            .unwrap()
        };
        if let Some(why) = aside {
            self.blame(
                "V4 no loss",
                &format!("an ordinary mail was set aside: {why}"),
            );
        }
    }

    /// The mail server takes what is due, or not. Now and then the process ends in between.
    pub fn deliver(&mut self, crash: bool) {
        let now = self.now_secs;
        let parcels = match self.desk().take_due(20, now) {
            Ok(parcels) => parcels,
            Err(error) => return self.blame("V10 survival", &format!("take_due failed: {error}")),
        };
        let last = parcels.len();
        for (at, parcel) in parcels.into_iter().enumerate() {
            let Some(known) = self.compare(&parcel) else {
                continue;
            };
            super::checker::leaves(self, known);
            if crash && at + 1 == last {
                self.tally.count("fault: crash in delivery");
                self.outbound[known].left(now);
                self.outbound[known].unknown += 1;
                if self.chance.one_in(2) {
                    self.outbound[known].accepted += 1;
                }
                return self.restart();
            }
            let attempt = self.attempt(&parcel, known);
            if attempt.phase == Phase::Dot {
                self.outbound[known].left(now);
            }
            // The server takes its time over its last word; the recipient answers meanwhile.
            if attempt.phase == Phase::Dot
                && self.outbound[known].accepted > 0
                && self.weather != Weather::Fair
                && self.chance.one_in(6)
                && let Some(answer) = self.responder(known)
            {
                self.tally.count("fault: answer before the report");
                self.receive(answer, false);
            }
            match self.desk().report(parcel.id, &attempt, now) {
                Ok(judgement) => self.judged(known, &judgement),
                Err(error) => self.blame("V10 survival", &format!("report failed: {error}")),
            }
            self.collect();
        }
    }

    /// V3: one Message-ID, one sequence of bytes.
    fn compare(&mut self, parcel: &Parcel) -> Option<usize> {
        let head = String::from_utf8_lossy(&parcel.bytes[..parcel.bytes.len().min(4_096)]);
        let id = head
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap_or_default()
            .trim()
            .to_owned();
        let Some(known) = self.by_id.get(&id).copied() else {
            self.blame("V3 same bytes", "a mail is sent that was never written");
            return None;
        };
        let written = &self.outbound[known];
        if *written.bytes != parcel.bytes || written.recipients != parcel.recipients {
            self.blame(
                "V3 same bytes",
                "a mail is sent with other bytes or recipients",
            );
        }
        let written = &self.outbound[known];
        if written.accepted > written.unknown {
            self.blame("V3 bounded repetition", "an accepted mail is sent again");
        }
        Some(known)
    }

    fn attempt(&mut self, parcel: &Parcel, known: usize) -> Attempt {
        let plain = |phase, reply: Option<(u16, &str)>| Attempt {
            phase,
            reply: reply.map(|(code, text)| (code, text.to_owned())),
            refused: Vec::new(),
        };
        let fair = plain(Phase::Dot, Some((250, "2.0.0 ok")));
        let foul = match self.weather {
            Weather::Fair => false,
            Weather::Foul { of } => self.chance.one_in(of),
        };
        if !foul {
            self.outbound[known].accepted += 1;
            return fair;
        }
        self.tally.count("fault: delivery");
        match self.chance.below(9) {
            0 => plain(Phase::Connect, None),
            1 => plain(Phase::Auth, Some((535, "5.7.8 no"))),
            2 => plain(Phase::Mail, Some((450, "4.7.1 slow down"))),
            3 => Attempt {
                phase: Phase::Recipient,
                reply: Some((550, "5.1.1 no such user".to_owned())),
                refused: vec![(
                    self.chance.pick(&parcel.recipients).clone(),
                    550,
                    "5.1.1".to_owned(),
                )],
            },
            4 => plain(Phase::Data, Some((451, "4.3.0 later"))),
            5 => plain(Phase::Dot, Some((554, "5.6.0 no"))),
            6 => plain(Phase::Dot, Some((451, "4.3.0 later"))),
            seven => {
                self.outbound[known].unknown += 1;
                if seven == 7 {
                    self.outbound[known].accepted += 1;
                }
                plain(Phase::Dot, None)
            }
        }
    }

    fn judged(&mut self, known: usize, judgement: &Judgement) {
        if let Judgement::Refused { .. } = judgement {
            self.outbound[known].returned = true;
        }
        self.say(|| format!("  delivery {known}: {judgement:?}"));
    }

    /// Mails that this address has got, newest last.
    pub fn mailbox(&self, address: &str) -> Vec<usize> {
        (0..self.outbound.len())
            .filter(|at| {
                let mail = &self.outbound[*at];
                mail.accepted > 0 && mail.recipients.iter().any(|to| to == address)
            })
            .collect()
    }
}
