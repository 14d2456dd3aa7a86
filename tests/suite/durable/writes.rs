//! The N-th write fails, for every N: commits refused, pages that no longer fit, statements broken off.
//! Fails where a failure is not said, or where the story ends otherwise once the disk works again.

use crate::world::*;
use askfirst::desk::post::Parcel;
use askfirst::desk::{Desk, DeskError};
use askfirst::rules::retry::{Attempt, Phase};
use askfirst::store::Store;
use askfirst::store::inbox::Arrived;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

const NOW: i64 = 1_795_514_400;

fn arrived(uid: u32, domain: &str, mail: &[u8]) -> Arrived {
    let stamp = format!("Authentication-Results: {MX}; dmarc=pass header.from={domain}\r\n");
    let raw = [stamp.as_bytes(), mail].concat();
    Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid,
        internal_date_secs: Some(NOW),
        size: raw.len() as u64,
        complete: true,
        raw,
        facts: None,
        aside: None,
    }
}

/// What the world outside has seen: each copy that the mail server took, by Message-ID and bytes.
#[derive(Default)]
struct Outside {
    taken: Vec<(String, Vec<u8>)>,
    /// Attempts whose outcome was not stored, since the process ended before.
    unknown: usize,
}

impl Outside {
    fn take(&mut self, parcel: &Parcel) {
        let letter = askfirst::reader::open(&parcel.bytes);
        let id = letter.message_id.unwrap();
        if let Some((_, bytes)) = self.taken.iter().find(|(known, _)| *known == id) {
            assert_eq!(*bytes, parcel.bytes, "one id, one sequence of bytes");
        }
        self.taken.push((id, parcel.bytes.clone()));
    }
}

/// The daemon's way, step by step: Bob forwards, Carol is asked, says yes, both are introduced. Ends at
/// the first failure, as the daemon does; every step may have been done before.
fn story(desk: &mut Desk, outside: &mut Outside, now: i64) -> Result<(), DeskError> {
    desk.resume(now)?;
    desk.retry_unknown(now)?;
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    // The mailbox keeps what was not taken: the set difference brings it again.
    desk.receive(vec![arrived(1, "kim.example", &forward)], now)?;
    deliver(desk, outside, now)?;
    let ask = outside.taken.iter().find_map(|(_, bytes)| {
        let letter = askfirst::reader::open(bytes);
        let is_ask = letter.to.first().unwrap().address.as_str() == CAROL.1 && letter.cc.is_empty();
        is_ask.then_some(letter)
    });
    if let Some(ask) = ask {
        let yes = w.writer(CAROL).reply(&ask, "Yes, happy to.");
        desk.receive(vec![arrived(2, "target.example", &yes)], now)?;
        deliver(desk, outside, now)?;
    }
    desk.tick(now)?;
    Ok(())
}

fn deliver(desk: &mut Desk, outside: &mut Outside, now: i64) -> Result<(), DeskError> {
    for parcel in desk.take_due(20, now)? {
        outside.take(&parcel);
        let ok = Attempt {
            phase: Phase::Dot,
            reply: Some((250, "2.0.0 ok".to_owned())),
            refused: Vec::new(),
        };
        if let Err(error) = desk.report(parcel.id, &ok, now) {
            outside.unknown += 1;
            return Err(error);
        }
    }
    Ok(())
}

fn open(connection: Connection) -> Result<Desk, DeskError> {
    Desk::open(Store::over(connection)?, house(), dice(7))
}

/// The end of the story, and what the world saw of it.
fn judge(path: &Path, outside: &Outside, what: &str) {
    let db = Connection::open(path).unwrap();
    let verdict: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok", "{what}");
    let one = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        one("SELECT count(*) FROM introductions WHERE stage = 'introduced'"),
        1,
        "{what}"
    );
    assert_eq!(one("SELECT count(*) FROM introductions"), 1, "{what}");
    assert_eq!(one("SELECT count(*) FROM inbox"), 2, "{what}");
    assert_eq!(
        one("SELECT count(*) FROM inbox WHERE disposition IS NULL"),
        0
    );
    assert_eq!(one("SELECT count(*) FROM outbox"), 3, "{what}");
    assert_eq!(
        one("SELECT count(*) FROM outbox WHERE state = 'accepted'"),
        3,
        "{what}"
    );
    let mut ids: Vec<&String> = outside.taken.iter().map(|(id, _)| id).collect();
    let copies = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{what}: three mails were written");
    assert!(copies <= 3 + outside.unknown, "{what}: {copies} copies");
}

/// Plays the story on a database that fails as `arm` says, then on, with everything working.
/// False: nothing failed any more.
fn survives(arm: impl FnOnce(&mut Connection), at_once: bool, what: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    drop(open(Connection::open(&path).unwrap()).unwrap());
    let mut outside = Outside::default();
    let mut connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .unwrap();
    arm(&mut connection);
    let failed = open(connection)
        .and_then(|mut desk| {
            if at_once {
                desk.send_at_once();
            }
            story(&mut desk, &mut outside, NOW)
        })
        .is_err();
    // The supervisor starts it anew until it stands; unknown outcomes are tried again in time.
    for round in 1..=3 {
        let mut desk = open(Connection::open(&path).unwrap()).unwrap();
        story(&mut desk, &mut outside, NOW + round * 700).unwrap();
    }
    judge(&path, &outside, what);
    failed
}

#[test]
fn every_commit_may_be_refused() {
    for at_once in [false, true] {
        let mut nth = 1;
        loop {
            let left = Arc::new(AtomicI64::new(nth));
            let arm = |connection: &mut Connection| {
                let left = left.clone();
                let hook = move || left.fetch_sub(1, SeqCst) <= 1;
                connection.commit_hook(Some(hook)).unwrap();
            };
            if !survives(arm, at_once, &format!("commit {nth}, at once: {at_once}")) {
                break;
            }
            nth += 1;
        }
        println!(
            "at once: {at_once}; {} commits in the story, each refused in turn",
            nth - 1
        );
        assert!(nth > 8, "only {nth} commits");
    }
}

#[test]
fn the_disk_may_be_full_at_every_page() {
    for pages in 0..400 {
        let arm = |connection: &mut Connection| {
            // Small pages, so that there are many; and none free, which would be used first.
            connection
                .execute_batch(
                    "PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM; PRAGMA journal_mode=WAL",
                )
                .unwrap();
            let used: i64 = connection
                .query_row("PRAGMA page_count", [], |row| row.get(0))
                .unwrap();
            let sql = format!("PRAGMA max_page_count = {}", used + pages);
            connection
                .query_row(&sql, [], |row| row.get::<_, i64>(0))
                .unwrap();
        };
        if !survives(arm, true, &format!("{pages} more pages")) {
            println!("the story needs {pages} pages, and was broken off with every number below");
            assert!(pages > 10);
            return;
        }
    }
    panic!("the story never fits");
}

#[test]
fn every_statement_may_be_broken_off() {
    /// Steps of SQLite's machine between two cuts; it counts anew in each statement.
    const STRIDE: i64 = 11;
    let mut cuts = 0;
    for nth in 1.. {
        let left = Arc::new(AtomicI64::new(nth));
        let arm = |connection: &mut Connection| {
            let left = left.clone();
            let broken = move || left.fetch_sub(1, SeqCst) == 1;
            let steps = i32::try_from(STRIDE).unwrap();
            connection.progress_handler(steps, Some(broken)).unwrap();
        };
        survives(arm, true, &format!("cut {nth}"));
        if left.load(SeqCst) >= 1 {
            break;
        }
        cuts += 1;
    }
    println!("broken off at {cuts} places");
    assert!(cuts > 20, "{cuts}");
}

#[test]
fn a_file_that_can_not_be_written_is_said_and_nothing_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    let mut outside = Outside::default();
    drop(open(Connection::open(&path).unwrap()).unwrap());
    let mut desk = open(Connection::open(&path).unwrap()).unwrap();
    let reading = desk.store().reading();
    reading.pragma_update(None, "query_only", true).unwrap();
    let said = story(&mut desk, &mut outside, NOW).unwrap_err().to_string();
    assert!(said.contains("readonly"), "{said}");
    assert!(outside.taken.is_empty());

    // Somebody holds the file: the wait has an end, and nothing goes on without the commit.
    let mut desk = open(Connection::open(&path).unwrap()).unwrap();
    let reading = desk.store().reading();
    reading
        .busy_timeout(std::time::Duration::from_millis(200))
        .unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = story(&mut desk, &mut outside, NOW).unwrap_err().to_string();
    assert!(said.contains("locked"), "{said}");
    assert!(outside.taken.is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    story(&mut desk, &mut outside, NOW).unwrap();
    judge(&path, &outside, "after the lock");
}

/// Once an outcome can't be written down, no further mail is begun: what is on its way ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_more_is_sent_once_an_outcome_can_not_be_written() {
    use super::town::Town;
    use askfirst::demo::faults::{Act, Fault};
    const REQUESTS: usize = 60;
    let mut town = Town::start().await;
    let now = town.now();
    let pause = move |paused| move |desk: &mut Desk| desk.set_paused(paused, now);
    town.village.clerk.ask(pause(true)).await.unwrap();
    for _ in 0..REQUESTS {
        town.forward();
    }
    while town
        .number("SELECT count(*) FROM outbox WHERE saying = 'ask'")
        .await
        < 60
    {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let slow = Act::Delay(std::time::Duration::from_millis(60));
    town.village
        .smtp_faults
        .add(Fault::on("DOT", slow).always());
    town.village.clerk.ask(pause(false)).await.unwrap();
    town.village.clerk.bell.ring();
    let mut under_way = 0;
    while under_way < 30 {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let look = |desk: &mut Desk| {
            let db = desk.store().reading();
            let sql = "SELECT count(*) FROM outbox WHERE state = 'inflight'";
            let count = db.query_row(sql, [], |row| row.get::<_, i64>(0))?;
            // From here on every write fails.
            db.pragma_update(None, "query_only", count >= 30)?;
            Ok(count)
        };
        under_way = town.village.clerk.ask(look).await.unwrap();
    }
    let said = town.village.ended().await;
    assert!(said.contains("readonly"), "{said}");
    town.collect();
    let sent = town.passed.len();
    assert!(
        sent < REQUESTS,
        "{sent} mails were sent of {}",
        2 * REQUESTS
    );
}
