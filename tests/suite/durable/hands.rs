//! Other hands in the mailbox: a server that renumbers it or delivers twice, another mail program that reads,
//! moves and removes, another bot that sends in our name. Fails where a mail is lost or handled twice for it.

use super::town::Town;
use askfirst::demo::faults::{Act, Fault};
use askfirst::demo::village::BOT;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

const INTRODUCTIONS: &str = "SELECT count(*) FROM introductions";
const KNOWN: &str = "SELECT count(*) FROM inbox";

/// Another mail program of the mailbox's owner.
async fn other_program(town: &Town, commands: &[&str]) {
    let stream = TcpStream::connect(("127.0.0.1", town.village.imap_port));
    let mut stream = BufReader::new(stream.await.unwrap());
    let login = format!("LOGIN {} {}", BOT.user, BOT.password);
    for command in [login.as_str(), "SELECT INBOX"].iter().chain(commands) {
        let line = format!("x {command}\r\n");
        stream.write_all(line.as_bytes()).await.unwrap();
        loop {
            let mut answer = String::new();
            stream.read_line(&mut answer).await.unwrap();
            match answer.strip_prefix("x ") {
                Some(end) => break assert!(end.starts_with("OK"), "{command}: {end}"),
                None => assert!(!answer.is_empty(), "{command}: it hung up"),
            }
        }
    }
}

async fn until(town: &Town, sql: &'static str, wanted: i64) {
    for _ in 0..3_000 {
        if town.number(sql).await >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{sql}: {} of {wanted}", town.number(sql).await);
}

/// So many requests were heard, each of them once.
async fn each_once(town: &mut Town, requests: i64, what: &str) {
    until(town, INTRODUCTIONS, requests).await;
    town.settle().await;
    assert_eq!(town.number(INTRODUCTIONS).await, requests, "{what}");
    let copies = town.copies();
    assert_eq!(i64::try_from(copies.len()).unwrap(), 2 * requests, "{what}");
    assert!(copies.values().all(|count| *count == 1), "{what}");
}

/// The bot is kept out, so that others come first.
fn keep_out(town: &Town) {
    let faults = &town.village.imap_faults;
    faults.add(Fault::on("IDLE PUSH", Act::Close).always());
    // Others SELECT.
    faults.add(Fault::on("EXAMINE", Act::Close).always());
}

fn uid_of_newest(town: &Town) -> u32 {
    let mails = town.village.mailboxes.mails(BOT.user, "INBOX");
    mails.last().unwrap().uid
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mailbox_that_is_renumbered_again_and_again_loses_and_doubles_nothing() {
    let mut town = Town::start().await;
    town.forward();
    each_once(&mut town, 1, "before").await;
    // Larger, smaller, and the first one once more.
    let first = town.village.mailboxes.uid_validity(BOT.user, "INBOX");
    for (round, validity) in [(2, 900), (3, 5), (4, first.unwrap())] {
        let mailboxes = &town.village.mailboxes;
        assert!(mailboxes.set_uid_validity(BOT.user, "INBOX", validity));
        town.forward();
        let what = format!("UIDVALIDITY {validity}");
        each_once(&mut town, round, &what).await;
    }
    let twice = "SELECT count(*) FROM inbox WHERE disposition NOT IN ('request', 'duplicate')";
    assert_eq!(town.number(twice).await, 0);
    // An answer counts whatever the number of its mailbox.
    town.says_yes(1);
    until(
        &town,
        "SELECT count(*) FROM introductions WHERE stage = 'introduced'",
        1,
    )
    .await;
    town.village.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mails_that_another_program_read_or_moved_first_are_heard_and_what_it_removed_harms_no_other()
 {
    let mut town = Town::start().await;
    keep_out(&town);
    for _ in 0..3 {
        town.forward();
    }
    // The one that is removed was never there for us.
    let removed = format!("UID STORE {} +FLAGS (\\Deleted)", uid_of_newest(&town));
    town.forward();
    let moved = format!("UID MOVE {} Junk", uid_of_newest(&town));
    other_program(
        &town,
        &[
            "STORE 1:* +FLAGS (\\Seen \\Answered \\Flagged)",
            &removed,
            "EXPUNGE",
            &moved,
        ],
    )
    .await;
    town.village.imap_faults.clear();
    until(&town, KNOWN, 3).await;
    until(&town, INTRODUCTIONS, 3).await;
    assert_eq!(town.number(KNOWN).await, 3, "two read, one moved");
    town.village.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_removed_while_it_is_fetched_costs_no_other() {
    let mut town = Town::start().await;
    keep_out(&town);
    for _ in 0..3 {
        town.forward();
    }
    let removed = format!("UID STORE {} +FLAGS (\\Deleted)", uid_of_newest(&town));
    town.village.imap_faults.clear();
    // Listed, not yet fetched: then the other program comes.
    let slow = Act::Delay(Duration::from_millis(1_500));
    town.village
        .imap_faults
        .add(Fault::on("UID FETCH", slow).matching("BODY.PEEK"));
    while town.village.imap_faults.left() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    other_program(&town, &[&removed, "EXPUNGE"]).await;
    until(&town, INTRODUCTIONS, 2).await;
    // The session lives on.
    town.forward();
    until(&town, INTRODUCTIONS, 3).await;
    let aside = "SELECT count(*) FROM inbox WHERE disposition = 'quarantined'";
    assert_eq!(town.number(aside).await, 0);
    town.village.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_delivered_twice_is_one_request() {
    let mut town = Town::start().await;
    town.forward();
    let mails = town.village.mailboxes.mails(BOT.user, "INBOX");
    let again = [
        b"Received: from elsewhere.example by mx.village.example; Tue, 24 Nov 2026 10:00:00 +0000\r\n",
        &mails[0].bytes[..],
    ]
    .concat();
    let now = town.now();
    town.village.mailboxes.put(BOT.user, "INBOX", &again, now);
    town.village.mailboxes.put(BOT.user, "Junk", &again, now);
    let twice = "SELECT count(*) FROM inbox WHERE disposition = 'duplicate'";
    until(&town, twice, 1).await;
    each_once(&mut town, 1, "delivered twice").await;
    town.village.end().await;
}

/// A second bot on this mailbox, or this one with a database that is older than its mails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_of_ours_in_sent_that_the_database_did_not_write_stops_the_sending() {
    let mut town = Town::start().await;
    town.forward();
    each_once(&mut town, 1, "before").await;
    let ours = town.passed[0].bytes.clone();
    let text = String::from_utf8(ours).unwrap();
    let (before, rest) = text.split_once("X-Askfirst-Id: ").unwrap();
    let (_, after) = rest.split_once("\r\n").unwrap();
    let foreign = format!("{before}X-Askfirst-Id: 00112233445566778899aabbccddeeff\r\n{after}");
    let now = town.now();
    let mailboxes = &town.village.mailboxes;
    mailboxes.put(BOT.user, "Sent", foreign.as_bytes(), now);
    // Sent is looked at every hour, and whenever proof is wanted.
    town.village
        .smtp_faults
        .add(Fault::on("DOT", Act::DoThenClose));
    town.forward();
    until(
        &town,
        "SELECT count(*) FROM outbox WHERE state = 'unknown'",
        1,
    )
    .await;
    town.pass(700);
    until(&town, "SELECT count(*) FROM meta WHERE key = 'distrust'", 1).await;
    town.collect();
    let sent = town.passed.len();
    town.forward();
    until(&town, INTRODUCTIONS, 3).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    town.collect();
    assert_eq!(town.passed.len(), sent, "read and recorded, nothing sent");
    // Until the operator has looked.
    let now = town.now();
    town.village
        .clerk
        .ask(move |desk| desk.trust(now))
        .await
        .unwrap();
    town.pass(1);
    each_once(&mut town, 3, "trusted").await;
    town.village.end().await;
}

/// What has just come is fetched behind the last mail that was taken, before anything is listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_has_just_come_does_not_wait_for_a_list() {
    let mut town = Town::start().await;
    town.forward();
    town.settle().await;
    let list = Fault::on("UID FETCH", Act::Stall).matching("(UID RFC822.SIZE)");
    town.village.imap_faults.add(list.always());
    town.forward();
    let asked = "SELECT count(*) FROM outbox WHERE saying = 'ask' AND state = 'accepted'";
    until(&town, asked, 2).await;
    town.village.end().await;
}
