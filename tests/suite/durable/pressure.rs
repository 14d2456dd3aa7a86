//! A mail server that takes our mail slowly slows the reading down: what waits, waits in the mailbox. Fails
//! where mail is taken in without end, or where something is lost once the server is well again.

use super::town::Town;
use askfirst::demo::faults::{Act, Fault};
use askfirst::desk::{Desk, DeskError};
use askfirst::store::outbox::{self, Written};
use std::time::Duration;

/// Where the reading holds (`desk::post`), and what may be on its way to the desk then: the batch that is
/// handled and the one that was fetched meanwhile, two mails of ours for each of theirs.
const MAX_WAITING: i64 = 2_000;
const ON_THE_WAY: i64 = 2 * 2 * 100;
const REQUESTS: i64 = 700;

/// Mails of ours that wait, written by nobody.
fn fill(desk: &mut Desk, now: i64, count: i64) -> Result<(), DeskError> {
    let db = desk.store().reading();
    db.execute_batch("BEGIN")?;
    for number in 0..count {
        db.execute(
            "INSERT INTO secrets (hash, saying, payload, created_at) VALUES (x'', 'filler', '', ?1)",
            [now],
        )?;
        let secret = db.last_insert_rowid();
        let id = format!("<filler-{number}@village.example>");
        let mail = format!("Message-ID: {id}\r\nSubject: filler\r\n\r\n.\r\n");
        let filler = Written {
            in_flight: false,
            introduction: None,
            saying: "filler",
            secret,
            message_id: &id,
            mark: &id,
            envelope_from: "intro@village.example",
            recipients: &["bob@kim.example".to_owned()],
        };
        let id = outbox::insert(db, &filler, now)?;
        outbox::finish(db, id, mail.as_bytes(), "")?;
    }
    Ok(db.execute_batch("COMMIT")?)
}

fn empty(desk: &mut Desk) -> Result<(), DeskError> {
    let db = desk.store().reading();
    db.execute("DELETE FROM outbox WHERE saying = 'filler'", [])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_mail_server_slows_the_reading_down_and_nothing_is_lost() {
    let mut town = Town::start().await;
    let now = town.now();
    let slow = Act::Delay(Duration::from_secs(5));
    town.village
        .smtp_faults
        .add(Fault::on("DOT", slow).always());
    let filled = town
        .village
        .clerk
        .ask(move |desk| fill(desk, now, MAX_WAITING - 10));
    filled.await.unwrap();
    for _ in 0..REQUESTS {
        town.forward();
    }
    // It rests when nothing more has come in for a while, though most of the mails lie there.
    let (mut known, mut since, mut most) = (0, 0, 0);
    while since < 60 || known == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let sql = "SELECT count(*) FROM outbox WHERE state = 'queued'";
        most = most.max(town.number(sql).await);
        let seen = town.number("SELECT count(*) FROM inbox").await;
        since = if seen == known { since + 1 } else { 0 };
        known = seen;
    }
    assert!(known < REQUESTS, "{known} of {REQUESTS} were taken in");
    assert!(most <= MAX_WAITING + ON_THE_WAY, "{most} waited");
    // The server is well again: everybody is asked, once.
    town.village.smtp_faults.clear();
    town.village.clerk.ask(empty).await.unwrap();
    town.village.clerk.bell.ring();
    town.settle().await;
    let asked = "SELECT count(*) FROM introductions WHERE stage = 'asked'";
    assert_eq!(town.number(asked).await, REQUESTS);
    let mut copies = town.copies();
    copies.retain(|id, _| !id.contains("filler"));
    assert_eq!(copies.len(), 2 * usize::try_from(REQUESTS).unwrap());
    assert!(copies.values().all(|copies| *copies == 1));
    println!("held at {known} of {REQUESTS} requests, {most} mails waited at most");
    town.village.end().await;
}

/// Mails that were taken ahead stay taken while what a new request has the desk hand out is sent before them: else
/// they would be in flight for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_at_once_does_not_displace_what_was_taken_ahead() {
    const QUEUE: i64 = 1_500;
    const REQUESTS: usize = 40;
    let mut town = Town::start().await;
    let now = town.now();
    let filled = town.village.clerk.ask(move |desk| fill(desk, now, QUEUE));
    filled.await.unwrap();
    // A batch of the queue takes a while, in which requests come.
    let slow = Act::Delay(Duration::from_millis(3));
    town.village
        .smtp_faults
        .add(Fault::on("DOT", slow).always());
    town.village.clerk.bell.ring();
    for _ in 0..REQUESTS {
        town.forward();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    town.settle().await;
    let open = "SELECT count(*) FROM outbox WHERE state <> 'accepted'";
    assert_eq!(town.number(open).await, 0);
    let copies = town.copies();
    assert_eq!(copies.len(), 2 * REQUESTS + usize::try_from(QUEUE).unwrap());
    assert!(copies.values().all(|copies| *copies == 1));
    town.village.end().await;
}

/// What was taken ahead of a refusal of us all waits again, and is not tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_us_is_not_offered_what_was_taken_ahead() {
    let town = Town::start().await;
    let now = town.now();
    let quota = Act::Reply("550 5.4.5 daily quota exceeded".to_owned());
    town.village
        .smtp_faults
        .add(Fault::on("MAIL", quota).always());
    let filled = town
        .village
        .clerk
        .ask(move |desk| fill(desk, now, MAX_WAITING - 10));
    filled.await.unwrap();
    town.village.clerk.bell.ring();
    let stopped = "SELECT count(*) FROM meta WHERE key = 'queue_stopped'";
    let under_way = "SELECT count(*) FROM outbox WHERE state = 'inflight'";
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if town.number(stopped).await == 1 && town.number(under_way).await == 0 {
            break;
        }
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let queued = "SELECT count(*) FROM outbox WHERE state = 'queued'";
    assert_eq!(town.number(queued).await, MAX_WAITING - 10);
    let tried = "SELECT count(*) FROM outbox WHERE last_phase IS NOT NULL";
    let tried = town.number(tried).await;
    // One on each of the four lines, before the first is judged.
    assert!((1..=4).contains(&tried), "{tried} were offered");
    println!("{tried} were offered");
    town.village.end().await;
}

/// Nor is what the desk handed out to go at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_us_is_not_offered_what_was_to_go_at_once() {
    let mut town = Town::start().await;
    let faults = town.village.smtp_faults.clone();
    // The first ask takes its time, and the note to the connector behind it is refused.
    faults.add(Fault::on("MAIL", Act::Delay(Duration::from_secs(1))));
    let quota = Act::Reply("550 5.4.5 daily quota exceeded".to_owned());
    faults.add(Fault::on("MAIL", quota).always());
    town.forward();
    let asked = "SELECT count(*) FROM outbox WHERE saying = 'ask'";
    for requests in 1..=2 {
        for _ in 0..200 {
            if town.number(asked).await == requests {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if requests == 1 {
            town.forward();
        }
    }
    let queued = "SELECT count(*) FROM outbox WHERE state = 'queued'";
    for _ in 0..200 {
        if town.number(queued).await == 3 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tried = "SELECT count(*) FROM outbox WHERE last_phase IS NOT NULL";
    assert_eq!(
        (town.number(queued).await, town.number(tried).await),
        (3, 2)
    );
    town.village.end().await;
}
