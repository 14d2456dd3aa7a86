//! A kill in the middle of a long queue: only mails that the mail server was offered are in doubt afterwards.
//! Fails where a mail that the server has is sent again without doubt, or where a mail is in doubt that nobody
//! began to send.
//!
//! `ASKFIRST_BACKLOG=1000 cargo test --test suite durable::backlog -- --nocapture` has a queue of 2,000 mails.

use super::killed::Life;
use crate::harness::sink::Delivered;
use rusqlite::Connection;
use std::collections::HashSet;
use std::time::Duration;

/// Mails of ours for each request: the ask, and the note to the connector.
const MAILS_PER_REQUEST: usize = 2;

fn ids(db: &Connection, condition: &str) -> HashSet<String> {
    let sql = format!("SELECT message_id FROM outbox WHERE {condition}");
    let mut rows = db.prepare(&sql).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn arrived(mails: &[Delivered]) -> HashSet<String> {
    let ids = mails.iter().map(|mail| askfirst::reader::open(&mail.bytes));
    ids.map(|letter| letter.message_id.unwrap()).collect()
}

/// Until `is_so`; the machine may be busy.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to this: {what}");
}

/// A bot that has read all its mail and sent nothing yet.
async fn paused(requests: usize) -> Life {
    let mut life = Life::begin().await;
    for _ in 0..requests {
        life.request().await;
    }
    assert_eq!(life.bot.tell(&["pause"]).status.code(), Some(0));
    let daemon = life.start(None, 1);
    let db = life.database();
    let written = MAILS_PER_REQUEST * requests;
    until("all is written", || {
        ids(&db, "state = 'queued'").len() == written
    })
    .await;
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(life.bot.tell(&["resume"]).status.code(), Some(0));
    life
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_a_backlog_leaves_in_doubt_only_what_was_begun() {
    let said = std::env::var("ASKFIRST_BACKLOG").ok();
    let requests = said.and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut life = paused(requests).await;
    let daemon = life.start(None, 1);
    let dovecot = &life.dovecot;
    until("some have left", || dovecot.sink.mails().len() >= 60).await;
    // SIGKILL; the server may still pass on what it has whole.
    drop(daemon);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (db, taken) = (life.database(), arrived(&life.dovecot.sink.mails()));
    let in_flight = ids(&db, "state = 'inflight'");
    let begun = in_flight.intersection(&taken).count();
    // What comes of them, before anything more is sent.
    assert_eq!(life.bot.tell(&["pause"]).status.code(), Some(0));
    let daemon = life.start(None, 1);
    until("nothing is in flight", || {
        ids(&db, "state = 'inflight'").is_empty()
    })
    .await;
    assert_eq!(daemon.stop(), Some(0));
    let unknown = ids(&db, "state = 'unknown'");
    println!(
        "a queue of {} mails, killed after {}: {} in flight, {begun} of them had arrived, {} in doubt",
        MAILS_PER_REQUEST * requests,
        taken.len(),
        in_flight.len(),
        unknown.len(),
    );
    let waiting = ids(&db, "state = 'queued'");
    assert!(
        waiting.is_disjoint(&taken),
        "sent once more without a doubt"
    );
    assert!(unknown.is_subset(&in_flight));
    assert!(in_flight.len() > 100, "{} in flight", in_flight.len());
    assert!(
        unknown.len() < in_flight.len() / 2,
        "{} of {} in doubt",
        unknown.len(),
        in_flight.len()
    );
    assert_eq!(life.bot.tell(&["resume"]).status.code(), Some(0));
    life.peace().await;
    let count = life.count();
    assert_eq!(
        (count.lost, count.created_twice),
        (0, 0),
        "{}",
        life.standing()
    );
    assert_eq!(count.introduced, requests, "{}", life.standing());
}
