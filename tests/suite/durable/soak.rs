//! A life under random faults of both wires: cuts, refusals, delays and nonsense, by a seed.
//! Fails with the seed and the promise that broke.
//!
//! `ASKFIRST_SOAK_SECS=600 ASKFIRST_SEED=1 cargo test --test suite durable::soak -- --nocapture`

use super::town::{DAY, Town};
use askfirst::demo::faults::{Act, Fault};
use std::time::{Duration, Instant};

fn number(name: &str, usual: u64) -> u64 {
    let said = std::env::var(name).ok();
    said.and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Faults that wait to strike, at most: on a loaded machine the bot sends more slowly than they are added.
const MAX_FAULTS: usize = 15;

struct Chance(askfirst::desk::Dice);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn imap(&mut self) -> Fault {
        const AT: [&str; 7] = [
            "GREETING",
            "LOGIN",
            "EXAMINE",
            "UID FETCH",
            "IDLE",
            "IDLE PUSH",
            "NOOP",
        ];
        let act = match self.below(7) {
            0 => Act::CutAfter(self.below(3_000)),
            1 => Act::Close,
            2 => Act::DoThenClose,
            3 => Act::Reply("{tag} NO [UNAVAILABLE] not now".to_owned()),
            4 => Act::Reply("{tag} BAD what".to_owned()),
            5 => Act::SayFirst("* 5 EXPUNGE \u{fffd} nonsense".to_owned()),
            _ => Act::Delay(Duration::from_millis(20)),
        };
        fault(self.pick(&AT), act)
    }

    /// None of them is about one mail for good: every mail has to arrive in the end.
    fn smtp(&mut self) -> Fault {
        const AT: [&str; 7] = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT"];
        let at = self.pick(&AT);
        let act = match self.below(8) {
            0 => Act::CutAfter(self.below(700)),
            1 => Act::Close,
            2 | 3 => Act::DoThenClose,
            4 => Act::Reply("450 4.7.1 later".to_owned()),
            5 => Act::ReplyThenClose("421 4.3.2 closing".to_owned()),
            6 => Act::Reply("what is this".to_owned()),
            _ => Act::Delay(Duration::from_millis(20)),
        };
        fault(at, act)
    }
}

/// What would be silence, or a pause of a minute, is a cut: the deadlines are too long for this test.
fn fault(at: &str, act: Act) -> Fault {
    match (at, act) {
        ("GREETING" | "DATA" | "IDLE" | "IDLE PUSH", Act::DoThenClose)
        | ("IDLE", Act::Reply(_) | Act::SayFirst(_))
        // In place of the news, so that nobody tells of that mail.
        | ("IDLE PUSH", Act::Reply(_)) => Fault::on(at, Act::Close),
        (at, act) => Fault::on(at, act),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_faults_of_both_wires_lose_nothing_and_double_nothing() {
    let seed = number("ASKFIRST_SEED", 1);
    let until = Instant::now() + Duration::from_secs(number("ASKFIRST_SOAK_SECS", 8));
    let mut chance = Chance(crate::world::dice(seed));
    let mut town = Town::start().await;
    let (mut faults, mut answered) = (0, 0);
    while Instant::now() < until {
        for _ in 0..chance.below(4) {
            // A mail server that fails for five days is given up, and rightly.
            if town.village.smtp_faults.left() > MAX_FAULTS {
                break;
            }
            let fault = chance.imap();
            town.village.imap_faults.add(fault);
            let fault = chance.smtp();
            town.village.smtp_faults.add(fault);
            faults += 2;
        }
        town.forward();
        tokio::time::sleep(Duration::from_millis(
            u64::try_from(chance.below(60)).unwrap(),
        ))
        .await;
        town.pass(i64::try_from(chance.below(300)).unwrap());
        town.collect();
        // Who was asked answers, in order.
        let next = format!("t{}@target.example", answered + 1);
        if town
            .passed
            .iter()
            .any(|mail| mail.recipients == [next.as_str()])
        {
            answered += 1;
            town.says_yes(answered);
        }
        if town.requests.is_multiple_of(50) {
            town.settle().await;
            town.empty_mailbox();
        }
    }
    town.village.imap_faults.clear();
    town.village.smtp_faults.clear();
    town.pass(DAY / 24);
    town.settle().await;
    while answered < town.requests {
        answered += 1;
        town.says_yes(answered);
    }
    town.settle().await;
    let requests = i64::try_from(town.requests).unwrap();
    let introduced = town
        .number("SELECT count(*) FROM introductions WHERE stage = 'introduced'")
        .await;
    let unknown = town.number("SELECT sum(unknowns) FROM outbox").await;
    let (rows, copies) = (town.rows().await, town.copies());
    let extra: usize = copies.values().map(|copies| copies - 1).sum();
    println!(
        "seed {seed}: {requests} requests, {faults} faults, {introduced} introduced, {} mails, {unknown} unknown outcomes, {extra} extra copies",
        rows.len()
    );
    assert_eq!(introduced, requests, "seed {seed}");
    assert_eq!(
        town.number("SELECT count(*) FROM introductions").await,
        requests
    );
    assert_eq!(
        town.number("SELECT count(*) FROM inbox WHERE disposition = 'quarantined'")
            .await,
        0
    );
    for row in &rows {
        assert_eq!(row.state, "accepted", "seed {seed}: {}: {row:?}", row.reply);
        let copies = u32::try_from(copies[&row.message_id]).unwrap();
        assert!(
            (1..=1 + row.unknowns).contains(&copies),
            "seed {seed}: {row:?}"
        );
    }
    // Alarms to the operator and reminders to the slow come besides.
    for saying in ["ask", "tell_asked", "introduction"] {
        let written = rows.iter().filter(|row| row.saying == saying).count();
        assert_eq!(
            written as u64, town.requests,
            "{saying}: written once for each"
        );
    }
    town.village.end().await;
}
