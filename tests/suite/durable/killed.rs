//! A long life of the real program that is killed again and again: what the tests of kills have in common.
//! Fails with the request that was lost, asked twice, or introduced twice.

use crate::daemon::{Bot, Daemon, proven};
use crate::harness::dovecot::{ADDRESS, Dovecot};
use crate::harness::sink::Delivered;
use askfirst::reader::letter::Letter;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

/// One bot over one mailbox, for all its lives.
pub struct Life {
    pub dovecot: Dovecot,
    pub bot: Bot,
    pub requests: usize,
    answered: HashSet<String>,
    /// The sink's mails that were looked at.
    seen: usize,
    ahead_secs: i64,
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub requests: usize,
    pub introduced: usize,
    pub lost: usize,
    pub created_twice: usize,
    pub unknown: usize,
    pub extra_copies: usize,
    pub other_bytes: usize,
}

fn target(number: usize) -> String {
    format!("t{number}@target.example")
}

impl Life {
    pub async fn begin() -> Life {
        let dovecot = Dovecot::start().await;
        let bot = Bot::new(&dovecot);
        // Draws the line between old and new mail.
        let daemon = bot.start(&[]);
        bot.logs("watching the mailbox").await;
        assert_eq!(daemon.stop(), Some(0));
        Life {
            dovecot,
            bot,
            requests: 0,
            answered: HashSet::new(),
            seen: 0,
            ahead_secs: 0,
        }
    }

    /// Another request arrives: Bob forwards what somebody wrote, and names somebody else.
    pub async fn request(&mut self) {
        self.requests += 1;
        let number = self.requests;
        let requester = format!("r{number}@req.example");
        let text = format!(
            "From: Req {number} <{requester}>\r\nTo: Bob Kim <bob@kim.example>\r\n\
             Subject: A word?\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\n\
             Message-ID: <q{number}@req.example>\r\n\r\n\
             Hi Bob,\r\n\r\nI build sensor number {number} and would like to ask about it.\r\n\r\nReq\r\n"
        );
        let request = askfirst::reader::open(text.as_bytes());
        let note = format!("Please ask {}", target(number));
        let mut writer = self.bot.writer(crate::world::BOB);
        writer.serial = 10_000 + u64::try_from(number).unwrap();
        let forward = proven("kim.example", &writer.forward(&request, ADDRESS, &note));
        self.dovecot.deliver(&forward).await;
    }

    /// Everybody who was asked says yes, once.
    pub async fn answers(&mut self) {
        let mails = self.dovecot.sink.mails();
        let news = mails[self.seen.min(mails.len())..].to_vec();
        self.seen = mails.len();
        for mail in news {
            let letter = askfirst::reader::open(&mail.bytes);
            let Some(number) = asks(&mail) else { continue };
            if self.answered.insert(target(number)) {
                self.dovecot
                    .deliver(&yes(&letter, number, self.requests))
                    .await;
            }
        }
    }

    /// Starts the daemon, with time gone by since the last one.
    pub fn start(&mut self, die_at: Option<&str>, ahead_secs: i64) -> Daemon {
        self.ahead_secs += ahead_secs;
        let ahead = self.ahead_secs.to_string();
        let mut variables = vec![("ASKFIRST_CLOCK_AHEAD", ahead.as_str())];
        variables.extend(die_at.map(|step| ("ASKFIRST_DIE_AT", step)));
        self.bot.start_with(&[], &variables)
    }

    /// Peace: the daemon runs until everything is settled, or nothing moves any more.
    pub async fn peace(&mut self) {
        for _ in 0..12 {
            let daemon = self.start(None, 700);
            for _ in 0..60 {
                tokio::time::sleep(Duration::from_millis(250)).await;
                self.answers().await;
                if self.open() == 0 {
                    break;
                }
            }
            assert_eq!(daemon.stop(), Some(0), "{}", self.bot.log());
            self.answers().await;
            if self.open() == 0 && self.answered.len() == self.requests {
                // Once more, should an answer have come at the very end.
                let daemon = self.start(None, 700);
                tokio::time::sleep(Duration::from_secs(2)).await;
                assert_eq!(daemon.stop(), Some(0));
                if self.open() == 0 {
                    return;
                }
            }
            // Later looks wait longer and longer.
            self.ahead_secs += 40_000;
        }
    }

    pub fn database(&self) -> Connection {
        let path = self.bot.folder.path().join("askfirst.db");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let db = Connection::open_with_flags(path, flags).unwrap();
        db.busy_timeout(Duration::from_secs(20)).unwrap();
        db
    }

    /// Mails on their way, mails not handled, and requests not ended.
    fn open(&self) -> i64 {
        let wanted = i64::try_from(self.requests).unwrap();
        let db = self.database();
        db.query_row(
            "SELECT (SELECT count(*) FROM outbox WHERE state IN ('queued', 'inflight', 'unknown'))
               + (SELECT count(*) FROM inbox WHERE disposition IS NULL)
               + ?1 - (SELECT count(*) FROM introductions WHERE stage = 'introduced')",
            [wanted],
            |row| row.get(0),
        )
        .unwrap()
    }

    /// Where everything stands, for a failed test.
    pub fn standing(&self) -> String {
        let db = self.database();
        let table = |sql: &str| -> String {
            let mut rows = db.prepare(sql).unwrap();
            let rows = rows.query_map([], |row| {
                let (what, count): (String, i64) = (row.get(0)?, row.get(1)?);
                Ok(format!("{count} {what}"))
            });
            rows.unwrap()
                .collect::<Result<Vec<_>, _>>()
                .unwrap()
                .join(", ")
        };
        format!(
            "inbox: {}\nintroductions: {}\noutbox: {}\nlog:\n{}",
            table(
                "SELECT coalesce(disposition, 'open') || ' ' || coalesce(reason, ''), count(*) FROM inbox GROUP BY 1"
            ),
            table("SELECT stage, count(*) FROM introductions GROUP BY 1"),
            table("SELECT saying || ' ' || state, count(*) FROM outbox GROUP BY 1"),
            self.bot
                .log()
                .lines()
                .rev()
                .take(40)
                .collect::<Vec<_>>()
                .join("\n"),
        )
    }

    /// Everything compared: what was asked for, what the database says, what the mail server took.
    pub fn count(&self) -> Count {
        let db = self.database();
        let one = |sql: &str| -> usize {
            let count: i64 = db.query_row(sql, [], |row| row.get(0)).unwrap();
            usize::try_from(count).unwrap()
        };
        let mut count = Count {
            requests: self.requests,
            introduced: one("SELECT count(*) FROM introductions WHERE stage = 'introduced'"),
            unknown: one("SELECT coalesce(sum(unknowns), 0) FROM outbox"),
            ..Count::default()
        };
        let mut copies: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
        // Message-IDs of each ask and each introduction.
        let mut asks_of: BTreeMap<usize, HashSet<String>> = BTreeMap::new();
        let mut introductions_of: BTreeMap<usize, HashSet<String>> = BTreeMap::new();
        for mail in self.dovecot.sink.mails() {
            let letter = askfirst::reader::open(&mail.bytes);
            let id = letter.message_id.clone().unwrap();
            if let Some(number) = asks(&mail) {
                asks_of.entry(number).or_default().insert(id.clone());
            }
            if let Some(number) = introduces(&mail) {
                introductions_of
                    .entry(number)
                    .or_default()
                    .insert(id.clone());
            }
            copies.entry(id).or_default().push(written(&mail));
        }
        for number in 1..=self.requests {
            let asks = asks_of.get(&number).map_or(0, HashSet::len);
            let introductions = introductions_of.get(&number).map_or(0, HashSet::len);
            count.lost += usize::from(asks == 0) + usize::from(introductions == 0);
            count.created_twice += asks.saturating_sub(1) + introductions.saturating_sub(1);
        }
        for (id, bytes) in &copies {
            let unknown: i64 = db
                .query_row(
                    "SELECT unknowns FROM outbox WHERE message_id = ?1",
                    [id],
                    |row| row.get(0),
                )
                .unwrap();
            let extra = bytes.len() - 1;
            count.extra_copies += extra;
            assert!(
                extra <= usize::try_from(unknown).unwrap(),
                "{extra} extra copies of {id} after {unknown} unknown outcomes"
            );
            count.other_bytes += bytes.iter().filter(|other| *other != &bytes[0]).count();
        }
        count
    }
}

/// The number of the target whom this mail asks.
fn asks(mail: &Delivered) -> Option<usize> {
    match mail.to.as_slice() {
        [only] => number_of(only, "t"),
        _ => None,
    }
}

fn introduces(mail: &Delivered) -> Option<usize> {
    match mail.to.as_slice() {
        [_, target, _] => number_of(target, "t"),
        _ => None,
    }
}

fn number_of(address: &str, kind: &str) -> Option<usize> {
    let (local, _) = address.split_once('@')?;
    local.strip_prefix(kind)?.parse().ok()
}

/// What we wrote, without what the submission service puts in front.
fn written(mail: &Delivered) -> Vec<u8> {
    let text = String::from_utf8_lossy(&mail.bytes).into_owned();
    let from = text.find("Date: ").unwrap_or(0);
    text[from..].trim_end().as_bytes().to_vec()
}

fn yes(ask: &Letter, number: usize, serial: usize) -> Vec<u8> {
    let writer = askfirst::demo::dress::Writer {
        dress: askfirst::demo::dress::Dress::Gmail,
        name: "Tara",
        address: Box::leak(target(number).into_boxed_str()),
        serial: 1_000_000 + u64::try_from(number * 10_000 + serial).unwrap(),
        now_secs: 1_795_514_400,
    };
    proven("target.example", &writer.reply(ask, "Yes, happy to."))
}
