//! A backlog drained: each contender on a mailbox of its own, in turn, several rounds.

use crate::figures::{Figure, Row};
use crate::mails;
use crate::place::Place;
use crate::process::{Process, Used};
use crate::sink::Taken;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Mails that leave for one request: the ask, and the note to the connector.
const COPIES: usize = 2;
const LONGEST: Duration = Duration::from_secs(300);
pub const BOT: &str = "agent@bot.example";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contender {
    Askfirst,
    Floor,
    Script,
}

pub struct Outcome {
    pub wall: Duration,
    pub used: Used,
}

/// Drains `count` requests with each contender, `rounds` times in changing order.
pub async fn requests(count: usize, rounds: usize, with: &[Contender]) -> Vec<Row> {
    let mut outcomes: HashMap<Contender, Vec<Outcome>> = HashMap::new();
    for round in 0..rounds {
        for at in 0..with.len() {
            let contender = with[(at + round) % with.len()];
            let mut place = Place::new(false).await;
            place.fill((0..count).map(|number| mails::request(number, BOT)));
            let outcome = one(&place, contender, count);
            eprintln!(
                "  round {round} {contender:?}: {:.0} mails/s",
                count as f64 / outcome.wall.as_secs_f64()
            );
            outcomes.entry(contender).or_default().push(outcome);
        }
    }
    with.iter()
        .map(|contender| row(&format!("{contender:?}"), count, &outcomes[contender]))
        .collect()
}

fn row(name: &str, count: usize, outcomes: &[Outcome]) -> Row {
    let figure = |of: &dyn Fn(&Outcome) -> f64| Figure::of(outcomes.iter().map(of).collect());
    let mails = count as f64;
    Row {
        name: name.to_lowercase(),
        mails: count,
        per_second: figure(&|outcome| mails / outcome.wall.as_secs_f64()),
        cpu_ms: figure(&|outcome| outcome.used.cpu.as_secs_f64() * 1_000.0 / mails),
        kernel_ms: figure(&|outcome| outcome.used.kernel.as_secs_f64() * 1_000.0 / mails),
        peak_mib: figure(&|outcome| outcome.used.peak_kib as f64 / 1_024.0),
    }
}

fn one(place: &Place, contender: Contender, count: usize) -> Outcome {
    let mut process = match contender {
        Contender::Askfirst => place.daemon(),
        Contender::Floor => place.floor(COPIES),
        Contender::Script => place.script(),
    };
    let (used, taken) = watch(place, &mut process, count * COPIES);
    let last = taken.iter().map(|mail| mail.at).max().unwrap();
    let wall = last - process.started;
    if contender == Contender::Askfirst {
        once_each(&taken, count);
        settled(place);
        assert!(process.stop(), "{}", place.log());
    }
    Outcome { wall, used }
}

/// Waits for so many mails; what the process used until then.
pub fn watch(place: &Place, process: &mut Process, count: usize) -> (Used, Vec<Taken>) {
    let until = Instant::now() + LONGEST;
    let mut used = process.used();
    while place.sink.len() < count {
        assert!(
            Instant::now() < until,
            "{} of {count} mails came; {}",
            place.sink.len(),
            place.log()
        );
        std::thread::sleep(Duration::from_millis(2));
        let now = process.used();
        if now.peak_kib > 0 {
            used = now;
        }
    }
    let now = process.used();
    if now.peak_kib > 0 {
        used = now;
    }
    (used, place.sink.empty())
}

/// A run counts only if every target was asked exactly once.
fn once_each(taken: &[Taken], count: usize) {
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for mail in taken {
        for recipient in &mail.recipients {
            *asked.entry(recipient).or_default() += 1;
        }
    }
    for number in 0..count {
        assert_eq!(asked.get(mails::target(number).as_str()), Some(&1));
    }
}

/// ... and everything is stored as accepted.
pub fn settled(place: &Place) {
    let until = Instant::now() + Duration::from_secs(30);
    while place.open_mails() > 0 {
        assert!(
            Instant::now() < until,
            "{} mails are open",
            place.open_mails()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Answers drained: `count` introductions are asked for, then all the targets' yeses lie in the mailbox.
pub async fn answers(count: usize, rounds: usize) -> Row {
    let mut outcomes = Vec::new();
    for round in 0..rounds {
        let mut place = Place::new(true).await;
        place.fill((0..count).map(|number| mails::request(number, BOT)));
        let mut process = place.daemon();
        let (_, asks) = watch(&place, &mut process, count * COPIES);
        settled(&place);
        assert!(process.stop());
        let yeses: Vec<Vec<u8>> = asks
            .iter()
            .filter(|mail| mail.recipients[0].starts_with("carol"))
            .enumerate()
            .map(|(number, ask)| mails::answer(&ask.bytes, &ask.recipients[0], number))
            .collect();
        place.fill(yeses.into_iter());
        let mut process = place.daemon();
        let (used, taken) = watch(&place, &mut process, count);
        assert!(taken.iter().all(|mail| mail.recipients.len() == 3));
        let wall = taken.iter().map(|mail| mail.at).max().unwrap() - process.started;
        settled(&place);
        assert!(process.stop());
        eprintln!(
            "  round {round} answers: {:.0} mails/s",
            count as f64 / wall.as_secs_f64()
        );
        outcomes.push(Outcome { wall, used });
    }
    row("askfirst, answers", count, &outcomes)
}
