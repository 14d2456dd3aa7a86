//! The lives that a past is made of, played by the real desk with a clock of its own.

use crate::history::{ACCOUNT, desk};
use crate::mails;
use crate::template::{Marks, Rows, TABLES, cells, columns};
use askfirst::desk::Desk;
use askfirst::rules::retry::{Attempt, Phase};
use askfirst::store::inbox::Arrived;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::HashMap;

/// 2023-11-14, a Tuesday.
const BEGIN_SECS: i64 = 1_700_000_000;
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Seven digits that stand nowhere else in a mail.
const FIRST: usize = 8_180_301;
/// An ask is open for two weeks and reminded of after five days, as the settings have it by default.
const REMINDED_SECS: i64 = 5 * DAY;
const CLOSED_SECS: i64 = 15 * DAY;
/// `keep_bodies`, as the settings have it by default.
pub const KEPT_SECS: i64 = 30 * DAY;
/// ... and the hour until somebody looks.
const WORDS_SECS: i64 = KEPT_SECS + 2 * HOUR;

/// One after the other: who said yes, no, and nothing.
const KINDS: [Kind; 3] = [Kind::Yes, Kind::No, Kind::Silent];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Yes,
    No,
    Silent,
}

pub struct Lives {
    /// An hour after the request, and after the reminder.
    asked: Rows,
    reminded: Rows,
    /// Introduced a day later.
    young: Rows,
    /// By kind, after two weeks, and once the words are gone.
    ended_secs: Vec<i64>,
    fresh: Vec<Rows>,
    old: Vec<Rows>,
    /// A mail that means nothing to the bot.
    stray: Rows,
    stray_old: Rows,
}

impl Lives {
    pub fn play(bot: &str) -> Lives {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lives.db");
        let mut world = World {
            desk: desk(&path),
            now_secs: BEGIN_SECS,
            uid: 0,
            sent: Vec::new(),
        };
        for number in FIRST..FIRST + KINDS.len() {
            // Nobody is called like another.
            let name = format!("Alice Ng{number}");
            world.takes(mails::request_of(&name, number, bot));
        }
        world.takes(newsletter());
        world.waits(HOUR);
        let db = Connection::open(&path).unwrap();
        let life = |at: usize| dump(&db, Some(at));
        let silent = KINDS.len() - 1;
        let asked = life(silent);
        let stray = dump(&db, None);
        world.waits(DAY);
        for (at, kind) in KINDS.iter().enumerate() {
            world.answers(FIRST + at, *kind);
        }
        world.waits(HOUR);
        let young = life(0);
        world.waits(REMINDED_SECS);
        let reminded = life(silent);
        world.waits(CLOSED_SECS - REMINDED_SECS);
        let fresh = (0..KINDS.len()).map(life).collect();
        let ended_secs = (1..=KINDS.len()).map(|id| ended_secs(&db, id)).collect();
        world.waits(WORDS_SECS);
        let old = (0..KINDS.len()).map(life).collect();
        Lives {
            asked,
            reminded,
            young,
            ended_secs,
            fresh,
            old,
            stray,
            stray_old: dump(&db, None),
        }
    }

    /// Of 20, nine were introduced, four said no, and seven did not answer. At which point a life is
    /// follows from its age.
    pub fn of(&self, number: i64, age_secs: i64) -> &Rows {
        let kind = kind(number);
        match age_secs {
            // A reminder is written after five days and then waits for two weeks to be over.
            ..345_600 if kind != 0 => &self.asked,
            ..1_200_000 if kind != 0 && age_secs > 600_000 => &self.reminded,
            ..1_382_400 => &self.young,
            _ if age_secs < self.ended_secs[kind] + KEPT_SECS => &self.fresh[kind],
            _ => &self.old[kind],
        }
    }

    /// The same life with all words kept.
    pub fn fresh(&self, number: i64) -> &Rows {
        &self.fresh[kind(number)]
    }

    pub fn stray(&self, age_secs: i64) -> &Rows {
        match age_secs < KEPT_SECS {
            true => &self.stray,
            false => &self.stray_old,
        }
    }
}

/// How long after its life began an introduction was changed last: its words are kept from then on.
fn ended_secs(db: &Connection, id: usize) -> i64 {
    let sql = "SELECT updated_at FROM introductions WHERE id = ?1";
    let updated: i64 = db
        .query_row(sql, [i64::try_from(id).unwrap()], |row| row.get(0))
        .unwrap();
    updated - BEGIN_SECS
}

fn kind(number: i64) -> usize {
    match number % 20 {
        0..9 => 0,
        9..13 => 1,
        _ => 2,
    }
}

fn newsletter() -> Vec<u8> {
    let number = FIRST + KINDS.len();
    format!(
        "Authentication-Results: mx.bot.example; dmarc=pass header.from=n{number}.example\r\n\
         From: News <news@n{number}.example>\r\nTo: agent@bot.example\r\nSubject: This week's news\r\n\
         Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <{number}@n{number}.example>\r\n\
         List-Id: <news.n{number}.example>\r\nPrecedence: bulk\r\n\r\n{}",
        "What happened this week, in short, and what it means for you.\r\n".repeat(40)
    )
    .into_bytes()
}

struct World {
    desk: Desk,
    now_secs: i64,
    uid: u32,
    sent: Vec<(Vec<String>, Vec<u8>)>,
}

impl World {
    fn takes(&mut self, raw: Vec<u8>) {
        self.uid += 1;
        let arrived = Arrived {
            account: ACCOUNT.to_owned(),
            mailbox: "INBOX".to_owned(),
            uid_validity: 1,
            uid: self.uid,
            internal_date_secs: Some(self.now_secs),
            size: raw.len() as u64,
            complete: true,
            raw,
            facts: None,
            aside: None,
        };
        self.desk.receive(vec![arrived], self.now_secs).unwrap();
        self.delivers();
    }

    fn delivers(&mut self) {
        for parcel in self.desk.take_due(100, self.now_secs).unwrap() {
            let attempt = Attempt {
                phase: Phase::Dot,
                reply: Some((250, "2.0.0 Ok: queued as 4F2Jx81234z9".to_owned())),
                refused: Vec::new(),
            };
            let _ = self
                .desk
                .report(parcel.id, &attempt, self.now_secs)
                .unwrap();
            self.sent.push((parcel.recipients, parcel.bytes));
        }
    }

    fn waits(&mut self, secs: i64) {
        let until = self.now_secs + secs;
        while self.now_secs < until {
            self.now_secs = (self.now_secs + HOUR).min(until);
            self.desk.tick(self.now_secs).unwrap();
            self.delivers();
        }
    }

    fn answers(&mut self, number: usize, kind: Kind) {
        let target = mails::target(number);
        let words = match kind {
            Kind::Yes => "Yes, happy to talk.",
            Kind::No => "No, thank you.",
            Kind::Silent => return,
        };
        let ask = self.sent.iter().find(|(to, _)| *to == [target.clone()]);
        let answer = mails::answer_with(&ask.unwrap().1, &target, number, words);
        self.takes(answer);
    }
}

/// The rows of the introduction that began as this one; None: of the mail that belongs to none.
fn dump(db: &Connection, which: Option<usize>) -> Rows {
    let number = match which {
        Some(at) => FIRST + at,
        None => FIRST + KINDS.len(),
    };
    let condition = |table: &str| match (table, which) {
        ("introductions", Some(at)) => format!("id = {}", at + 1),
        ("inbox_raw", Some(at)) => format!(
            "id IN (SELECT id FROM inbox WHERE introduction = {})",
            at + 1
        ),
        ("outbox_bytes" | "outbox_visible", Some(at)) => {
            format!(
                "id IN (SELECT id FROM outbox WHERE introduction = {})",
                at + 1
            )
        }
        (_, Some(at)) => format!("introduction = {}", at + 1),
        ("inbox", None) => "introduction IS NULL".to_owned(),
        ("inbox_raw", None) => "id IN (SELECT id FROM inbox WHERE introduction IS NULL)".to_owned(),
        (_, None) => "false".to_owned(),
    };
    let raw: Vec<(Vec<String>, Vec<Vec<Value>>)> = TABLES
        .iter()
        .map(|table| (columns(db, table), rows(db, table, &condition(table))))
        .collect();
    let locals: Vec<HashMap<i64, i64>> = raw.iter().map(|(names, rows)| ids(names, rows)).collect();
    let tokens = tokens(&raw[5].0, &raw[5].1);
    let number = number.to_string();
    let marks = Marks {
        number: &number,
        tokens: &tokens,
        from_secs: BEGIN_SECS,
    };
    let tables = raw
        .into_iter()
        .enumerate()
        .map(|(table, (names, rows))| {
            rows.into_iter()
                .map(|row| cells(table, &names, row, &marks, &locals))
                .collect()
        })
        .collect();
    Rows {
        from_secs: BEGIN_SECS,
        tables,
    }
}

fn rows(db: &Connection, table: &str, condition: &str) -> Vec<Vec<Value>> {
    let count = columns(db, table).len();
    db.prepare(&format!(
        "SELECT * FROM {table} WHERE {condition} ORDER BY id"
    ))
    .unwrap()
    .query_map([], |row| (0..count).map(|at| row.get(at)).collect())
    .unwrap()
    .collect::<Result<_, _>>()
    .unwrap()
}

/// Each row's place among the rows of its table, by its id.
fn ids(names: &[String], rows: &[Vec<Value>]) -> HashMap<i64, i64> {
    let at = names.iter().position(|name| name == "id").unwrap();
    (0..)
        .zip(rows)
        .map(|(local, row)| match row[at] {
            Value::Integer(id) => (id, local),
            _ => panic!("an id is a number"),
        })
        .collect()
}

/// What is random in our mails: the left half of each Message-ID, and each mark.
fn tokens(names: &[String], rows: &[Vec<Value>]) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["message_id", "mark"] {
        let at = names.iter().position(|column| column == name).unwrap();
        for row in rows {
            let Value::Text(text) = &row[at] else {
                panic!("{name} is a text");
            };
            let left = text.trim_start_matches('<').split('@').next().unwrap();
            found.push(left.to_owned());
        }
    }
    found
}
