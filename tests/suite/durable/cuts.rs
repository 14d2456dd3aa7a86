//! The connection is cut after every byte of a session that reads, and of one that sends, in either direction.
//! Fails with the byte after which a mail was lost, handled twice or sent twice.
//!
//! `ASKFIRST_STRIDE=1 cargo test --test suite durable::cuts -- --nocapture` tries every byte.

use super::town::Town;
use askfirst::demo::faults::{Act, Fault, Faults};
use futures_util::StreamExt;
use std::time::{Duration, Instant};

/// Where a session is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    /// After this many bytes of the server's.
    Said(usize),
    /// After this many bytes of ours; what the server has of them counts.
    Heard(usize),
}

impl Cut {
    fn act(self) -> Act {
        match self {
            Cut::Said(bytes) => Act::CutAfter(bytes),
            Cut::Heard(bytes) => Act::DeafAfter(bytes),
        }
    }
}

#[derive(Clone, Copy)]
enum Session {
    Reads,
    Sends,
}

#[derive(Default)]
struct Count {
    cuts: usize,
    mails: usize,
    unknown: i64,
}

/// Cuts in one town: what was there before makes each look a little longer.
const CUTS_PER_TOWN: usize = 40;
/// A cut is mostly waited for.
const TOWNS_AT_ONCE: usize = 4;
/// No session is longer than this; a cut behind its end would strike nothing.
const LONGEST: usize = 40_000;
/// After a cut the bot connects again much sooner, here.
const MOMENT: Duration = Duration::from_millis(300);
/// Numbers in commands and mails grow by a digit.
const MORE_DIGITS: usize = 60;

fn stride(usual: usize) -> usize {
    let said = std::env::var("ASKFIRST_STRIDE").ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A town whose bot has read and sent a mail, so that both its sessions wait for the next one.
async fn town() -> Town {
    let mut town = Town::start().await;
    town.forward();
    town.settle().await;
    town.empty_mailbox();
    town
}

fn faults(town: &Town, session: Session) -> Faults {
    match session {
        Session::Reads => town.village.imap_faults.clone(),
        Session::Sends => town.village.smtp_faults.clone(),
    }
}

/// What ends the session that waits.
fn ends(session: Session) -> Fault {
    let at = match session {
        Session::Reads => "IDLE PUSH",
        Session::Sends => "MAIL",
    };
    Fault::on(at, Act::Close)
}

/// Tells, by having struck, that there was a session.
fn tells() -> Fault {
    Fault::on("GREETING", Act::Delay(Duration::ZERO))
}

/// One request, whose session is cut there; whether the session was as long as that.
async fn cut_at(town: &mut Town, session: Session, cut: Cut) -> bool {
    let cut_there = Fault::on("GREETING", cut.act());
    for _ in 0..20 {
        let script = [ends(session), cut_there.clone(), tells()];
        match passes(town, session, script, cut).await {
            0 => return true,
            // It lives on, with little left to live on: the next request begins with a fresh one.
            1 => {
                let script = [ends(session), tells()];
                passes(town, session, script, cut).await;
                return false;
            }
            // The bot was not waiting yet, and read the mail in the session before.
            _ => tokio::time::sleep(MOMENT).await,
        }
    }
    panic!("{cut:?} was never tried");
}

/// A request on its way under these faults; how many of them are left.
async fn passes<const N: usize>(
    town: &mut Town,
    session: Session,
    script: [Fault; N],
    cut: Cut,
) -> usize {
    let faults = faults(town, session);
    script.into_iter().for_each(|fault| faults.add(fault));
    town.forward();
    town.settle().await;
    all_is_well(town, &format!("{cut:?}")).await;
    // A cut behind the last thing that mattered is noticed a moment later.
    let until = Instant::now() + MOMENT;
    while faults.left() == 1 && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let left = faults.left();
    faults.clear();
    town.empty_mailbox();
    left
}

/// Each mail was handled once, each of ours was taken once: the server files a copy in Sent, so that even an
/// unknown outcome is known in the end.
async fn all_is_well(town: &Town, what: &str) {
    let requests = town.requests;
    for sql in [
        "SELECT count(*) FROM inbox",
        "SELECT count(*) FROM inbox WHERE disposition = 'request'",
        "SELECT count(*) FROM introductions",
        "SELECT count(*) / 2 FROM outbox",
        "SELECT count(*) / 2 FROM outbox WHERE state = 'accepted'",
    ] {
        let count = town.number(sql).await;
        assert_eq!(u64::try_from(count), Ok(requests), "{what}: {sql}");
    }
    let copies = town.copies();
    assert_eq!(copies.len() as u64, 2 * requests, "{what}");
    assert!(copies.values().all(|copies| *copies == 1), "{what}");
}

async fn cut_all(session: Session, cuts: Vec<Cut>) -> Count {
    let mut town = town().await;
    let mut count = Count::default();
    for cut in cuts {
        count.cuts += usize::from(cut_at(&mut town, session, cut).await);
    }
    count.mails = town.copies().len();
    let sql = "SELECT coalesce(sum(unknowns), 0) FROM outbox";
    count.unknown = town.number(sql).await;
    town.village.end().await;
    count
}

/// The number of bytes after which such a cut strikes nothing any more.
async fn length(session: Session, cut: fn(usize) -> Cut) -> usize {
    let mut town = town().await;
    let (mut short, mut long) = (0, LONGEST);
    while long - short > 1 {
        let middle = short.midpoint(long);
        match cut_at(&mut town, session, cut(middle)).await {
            true => short = middle,
            false => long = middle,
        }
    }
    town.village.end().await;
    long
}

/// Every n-th byte of such a session, many at the same time.
async fn everywhere(what: &str, session: Session, cut: fn(usize) -> Cut, usual: usize) {
    let length = length(session, cut).await;
    assert!(length > 100, "{what}: {length}");
    let cuts: Vec<Cut> = (0..length + MORE_DIGITS)
        .step_by(stride(usual))
        .map(cut)
        .collect();
    // Like with like: each town has cuts of all parts of the session.
    let towns = cuts.len().div_ceil(CUTS_PER_TOWN);
    let portions = (0..towns).map(|first| cuts.iter().copied().skip(first).step_by(towns));
    let count = futures_util::stream::iter(portions)
        .map(|portion| cut_all(session, portion.collect()))
        .buffer_unordered(TOWNS_AT_ONCE)
        .fold(Count::default(), |all, one| {
            let all = Count {
                cuts: all.cuts + one.cuts,
                mails: all.mails + one.mails,
                unknown: all.unknown + one.unknown,
            };
            std::future::ready(all)
        })
        .await;
    println!(
        "{what}: {length} bytes, {} cuts, {} mails, {} unknown outcomes, none lost, none twice",
        count.cuts, count.mails, count.unknown
    );
    assert!(count.cuts > cuts.len() / 2, "{what}: {} cuts", count.cuts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_session_may_be_cut_after_any_byte_of_the_server() {
    everywhere("reading, the server's", Session::Reads, Cut::Said, 29).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_session_may_be_cut_after_any_byte_of_ours() {
    everywhere("reading, ours", Session::Reads, Cut::Heard, 7).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_session_may_be_cut_after_any_byte_of_the_server() {
    everywhere("sending, the server's", Session::Sends, Cut::Said, 11).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_session_may_be_cut_after_any_byte_of_ours() {
    everywhere("sending, ours", Session::Sends, Cut::Heard, 83).await;
}
