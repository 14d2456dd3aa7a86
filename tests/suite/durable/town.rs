//! The real loops against the two servers of the demo, whose faults are ours to set, under a clock that
//! a test moves. Fails where something does not come to rest.

use askfirst::demo::dress::{Dress, Writer};
use askfirst::demo::faults::{Act, Fault, Faults};
use askfirst::demo::smtp::Passed;
use askfirst::demo::village::{BOB, BOT, Village};
use askfirst::reader::letter::Letter;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

pub const DAY: i64 = 86_400;
const START_SECS: i64 = 1_795_514_400;
/// On a loaded machine everything takes its time, and a test may be stopped for a while: looks, not seconds, are
/// counted. At 4 ms and more for each, whoever has looked so often has failed.
const PATIENCE: u32 = 20_000;

pub struct Town {
    pub village: Village,
    clock: Arc<AtomicI64>,
    /// What the bot sent and a server took, in order.
    pub passed: Vec<Passed>,
    /// By Message-ID: how often it was taken, and the first copy.
    copies: BTreeMap<String, (usize, Passed)>,
    pub requests: u64,
    /// Mails that were put into the mailbox.
    arrived: std::cell::Cell<i64>,
}

/// A mail of the bot as the database has it.
#[derive(Clone, Debug)]
pub struct Row {
    pub saying: String,
    pub message_id: String,
    pub state: String,
    pub unknowns: u32,
    /// What the server said last.
    pub reply: String,
}

impl Town {
    pub async fn start() -> Town {
        askfirst::failpoint::hurry();
        let clock = Arc::new(AtomicI64::new(START_SECS));
        let shared = clock.clone();
        // Tells of the daemon's first login: a fault that is meant for a later one must not strike at it, since a login
        // refused there ends the daemon.
        let smtp_faults = Faults::none();
        smtp_faults.add(Fault::on("AUTH", Act::Delay(Duration::ZERO)));
        let now = Arc::new(move || shared.load(SeqCst));
        let village = Village::start_with(now, smtp_faults).await.unwrap();
        let mut town = Town {
            village,
            clock,
            passed: Vec::new(),
            copies: BTreeMap::new(),
            requests: 0,
            arrived: std::cell::Cell::new(0),
        };
        while town.village.smtp_faults.left() > 0 {
            assert!(!town.village.has_ended(), "{}", town.village.ended().await);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        town.settle().await;
        town
    }

    pub fn now(&self) -> i64 {
        self.clock.load(SeqCst)
    }

    /// Time passes at once; the loops are told.
    pub fn pass(&self, secs: i64) {
        self.clock.fetch_add(secs, SeqCst);
        self.village.clerk.bell.ring();
    }

    /// Requester and target of the next request have mailboxes here.
    fn neighbours(&mut self) -> u64 {
        self.requests += 1;
        let number = self.requests;
        for (user, domain) in [("r", "req.example"), ("t", "target.example")] {
            let user = format!("{user}{number}");
            let mailboxes = &self.village.mailboxes;
            mailboxes.add_account(&user, &format!("{user}@{domain}"), "neighbour");
        }
        number
    }

    fn writer(&self, name: &'static str, address: String) -> Writer<'static> {
        Writer {
            dress: Dress::Gmail,
            name,
            address: Box::leak(address.into_boxed_str()),
            serial: self.requests,
            now_secs: self.now(),
        }
    }

    /// Lies in the bot's mailbox, its author proven by the village's server.
    pub fn arrives(&self, domain: &str, mail: &[u8]) {
        let stamp = format!(
            "Authentication-Results: mx.village.example; dmarc=pass header.from={domain}\r\n"
        );
        let mail = [stamp.as_bytes(), mail].concat();
        self.arrived.set(self.arrived.get() + 1);
        assert!(
            self.village
                .mailboxes
                .deliver(BOT.address, &mail, self.now())
        );
    }

    /// Bob forwards somebody's request and names somebody.
    pub fn forward(&mut self) -> u64 {
        let number = self.neighbours();
        let request = self.writer("Rita", format!("r{number}@req.example")).mail(
            "Bob Kim <bob@kim.example>",
            "",
            "A word?",
            &format!(
                "Hi Bob,\n\nI build sensor number {number} and would like to ask about it.\n\nRita"
            ),
        );
        let request = askfirst::reader::open(&request);
        let note = format!("Please ask t{number}@target.example");
        let forward =
            self.writer("Bob Kim", BOB.address.to_owned())
                .forward(&request, BOT.address, &note);
        self.arrives("kim.example", &forward);
        number
    }

    /// Somebody writes to the bot herself, for one of Bob's contacts.
    pub fn direct(&mut self) -> u64 {
        let number = self.neighbours();
        let mail = self.writer("Rita", format!("r{number}@req.example")).mail(
            BOT.address,
            "",
            "An introduction",
            &format!("Hello,\n\nplease introduce me to Carol Danvers. I build sensor number {number} for beehives.\n\nRita"),
        );
        self.arrives("req.example", &mail);
        number
    }

    /// The target of a forward says yes.
    pub fn says_yes(&mut self, number: u64) {
        let address = format!("t{number}@target.example");
        let ask = self.newest_to(&address);
        let yes = self.writer("Tara", address).reply(&ask, "Yes, happy to.");
        self.arrives("target.example", &yes);
    }

    pub fn newest_to(&self, address: &str) -> Letter {
        let passed = self
            .passed
            .iter()
            .rev()
            .find(|mail| mail.recipients == [address]);
        askfirst::reader::open(&passed.unwrap().bytes)
    }

    /// All copies of one Message-ID must be the same.
    pub fn collect(&mut self) {
        while let Ok(passed) = self.village.passed.try_recv() {
            let id = askfirst::reader::open(&passed.bytes).message_id.unwrap();
            let (count, first) = self
                .copies
                .entry(id.clone())
                .or_insert_with(|| (0, passed.clone()));
            *count += 1;
            assert!(
                first.bytes == passed.bytes && first.recipients == passed.recipients,
                "{id}"
            );
            self.passed.push(passed);
        }
    }

    /// Copies that were taken, by Message-ID.
    pub fn copies(&self) -> BTreeMap<String, usize> {
        let copies = self.copies.iter();
        copies
            .map(|(id, (count, _))| (id.clone(), *count))
            .collect()
    }

    pub async fn rows(&self) -> Vec<Row> {
        let rows = self.village.clerk.ask(|desk| {
            let db = desk.store().reading();
            let mut rows = db.prepare_cached(
                "SELECT saying, message_id, state, unknowns, coalesce(reply, '') FROM outbox
                 ORDER BY id",
            )?;
            let rows = rows.query_map([], |row| {
                Ok(Row {
                    saying: row.get(0)?,
                    message_id: row.get(1)?,
                    state: row.get(2)?,
                    unknowns: row.get(3)?,
                    reply: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        });
        rows.await.unwrap()
    }

    /// A number from the database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let number = self.village.clerk.ask(move |desk| {
            let db = desk.store().reading();
            Ok(db.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        });
        number.await.unwrap()
    }

    /// Until every mail in the mailbox is handled and every mail of ours is settled; time passes as the
    /// waiting mails need it.
    pub async fn settle(&mut self) {
        let (mut looks, mut quiet) = (0, 0);
        while quiet < 2 {
            assert!(!self.village.has_ended(), "{}", self.village.ended().await);
            tokio::time::sleep(Duration::from_millis(4)).await;
            let known = self.number("SELECT count(*) FROM inbox").await;
            let unhandled = self
                .number("SELECT count(*) FROM inbox WHERE disposition IS NULL")
                .await;
            let (now, next) = (self.now(), self.next().await);
            looks += 1;
            if looks > PATIENCE {
                let mut rows = self.rows().await;
                rows.retain(|row| row.state != "accepted");
                let arrived = self.arrived.get();
                panic!(
                    "it does not settle: {known} of {arrived} mails known, {unhandled} of them not handled, now {now}, next {next:?}, not accepted: {rows:#?}"
                );
            }
            match (known >= self.arrived.get() && unhandled == 0, next) {
                (true, None) => quiet += 1,
                (_, Some(next)) if next > now => self.pass(next - now),
                _ => quiet = 0,
            }
        }
        self.collect();
    }

    /// When the next waiting mail is due; None: none waits.
    async fn next(&self) -> Option<i64> {
        let next = self.village.clerk.ask(|desk| {
            let db = desk.store().reading();
            let sql = "SELECT min(max(not_before, coalesce((SELECT CAST(value AS INTEGER) FROM meta
                         WHERE key = 'queue_stopped'), 0)))
                       FROM outbox WHERE state IN ('queued', 'inflight', 'unknown')";
            Ok(db.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?)
        });
        next.await.unwrap()
    }

    /// The mailbox is emptied, as its owner may do at any time.
    pub fn empty_mailbox(&self) {
        for folder in ["INBOX", "Sent"] {
            for mail in self.village.mailboxes.mails(BOT.user, folder) {
                self.village.mailboxes.expunge(BOT.user, folder, mail.uid);
            }
        }
    }
}
