//! A backlog drained: each contender on a mailbox of its own, in turn, several rounds.
//!
//! A round counts only if every mail reached the sink exactly once (else it panics) and others left the
//! machine alone (else it is played again).

use crate::figures::{Figure, Row};
use crate::load::{self, Load};
use crate::mails;
use crate::place::Place;
use crate::process::{Process, Used};
use crate::sink::Taken;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Mails that leave for one request: the ask, and the note to the connector.
pub const COPIES: usize = 2;
pub const LONGEST: Duration = Duration::from_secs(600);
pub const BOT: &str = "agent@bot.example";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contender {
    Askfirst,
    Floor,
    Python,
    Node,
}

impl Contender {
    pub fn name(self) -> &'static str {
        match self {
            Contender::Askfirst => "askfirst",
            Contender::Floor => "floor",
            Contender::Python => "Python script",
            Contender::Node => "Node script",
        }
    }

    pub fn start(self, place: &Place) -> Process {
        match self {
            Contender::Askfirst => place.daemon(),
            Contender::Floor => place.floor(COPIES),
            Contender::Python => place.script("python3", "throughput/script.py"),
            Contender::Node => place.script("node", "peers/script.mjs"),
        }
    }
}

pub struct Outcome {
    pub wall: Duration,
    pub used: Used,
    /// The part of the machine that others took.
    pub foreign: f64,
}

/// The rounds that count, and how many did not.
pub struct Rounds<K> {
    pub outcomes: HashMap<K, Vec<Outcome>>,
    pub counted: usize,
    pub dropped: usize,
}

impl<K: Copy + Eq + std::hash::Hash> Rounds<K> {
    /// None has been played.
    pub fn none() -> Rounds<K> {
        Rounds {
            outcomes: HashMap::new(),
            counted: 0,
            dropped: 0,
        }
    }

    /// Adds a round, unless others took too much of the machine during any part of it.
    pub fn add(&mut self, round: Vec<(K, Outcome)>) {
        let worst = round.iter().map(|(_, o)| o.foreign).fold(0.0, f64::max);
        if !load::counts(worst) {
            eprintln!("  dropped: others took {:.0} % of the CPU", worst * 100.0);
            self.dropped += 1;
            return;
        }
        self.counted += 1;
        for (key, outcome) in round {
            self.outcomes.entry(key).or_default().push(outcome);
        }
    }

    /// Whether another is needed; on a machine that is never quiet there is an end to it.
    pub fn wants(&self, rounds: usize) -> bool {
        assert!(
            self.dropped <= 2 * rounds + 2,
            "others take too much of this machine: no round counts"
        );
        self.counted < rounds
    }

    pub fn note(&self) -> String {
        format!(
            "{} rounds, {} dropped; {}",
            self.counted,
            self.dropped,
            load::note()
        )
    }

    pub fn row(&self, key: K, name: &str, count: usize) -> Row {
        row(name, count, &self.outcomes[&key])
    }
}

/// Drains `count` requests with each contender, `rounds` times in changing order.
pub async fn requests(count: usize, rounds: usize, with: &[Contender]) -> (Vec<Row>, String) {
    let mut played = Rounds::none();
    while played.wants(rounds) {
        let number = played.counted + played.dropped;
        let mut round = Vec::new();
        for at in 0..with.len() {
            let contender = with[(at + number) % with.len()];
            let mut place = Place::new(false).await;
            place.fill((0..count).map(|number| mails::request(number, BOT)));
            let outcome = one(&place, contender, count);
            eprintln!(
                "  round {number} {}: {:.0} mails/s",
                contender.name(),
                count as f64 / outcome.wall.as_secs_f64()
            );
            round.push((contender, outcome));
        }
        played.add(round);
    }
    let rows = with
        .iter()
        .map(|contender| played.row(*contender, contender.name(), count))
        .collect();
    (rows, played.note())
}

fn row(name: &str, count: usize, outcomes: &[Outcome]) -> Row {
    let figure = |of: &dyn Fn(&Outcome) -> f64| Figure::of(outcomes.iter().map(of).collect());
    let mails = count as f64;
    Row {
        name: name.to_owned(),
        mails: count,
        per_second: figure(&|outcome| mails / outcome.wall.as_secs_f64()),
        cpu_ms: figure(&|outcome| outcome.used.cpu.as_secs_f64() * 1_000.0 / mails),
        kernel_ms: figure(&|outcome| outcome.used.kernel.as_secs_f64() * 1_000.0 / mails),
        peak_mib: figure(&|outcome| outcome.used.peak_kib as f64 / 1_024.0),
    }
}

fn one(place: &Place, contender: Contender, count: usize) -> Outcome {
    let load = Load::start();
    let mut process = contender.start(place);
    let (used, taken) = watch(place, &mut process, count * COPIES);
    let foreign = load.foreign();
    let last = taken.iter().map(|mail| mail.at).max().unwrap();
    let wall = last - process.started;
    if contender == Contender::Askfirst {
        settled(place);
        assert!(process.stop(), "{}", place.log());
    }
    // Nothing may come after the last one.
    assert_eq!(place.sink.len(), 0);
    once_each(&taken, count, contender);
    Outcome {
        wall,
        used,
        foreign,
    }
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
fn once_each(taken: &[Taken], count: usize, contender: Contender) {
    let asked = counts(taken);
    assert_eq!(taken.len(), count * COPIES);
    for number in 0..count {
        match contender {
            // It reads nothing, and so numbers its recipients by the UIDs.
            Contender::Floor => (0..COPIES).for_each(|copy| {
                let to = format!("carol{}.{copy}@t.example", number + 1);
                assert_eq!(asked.get(to.as_str()), Some(&1), "{to}");
            }),
            _ => assert_eq!(asked.get(mails::target(number).as_str()), Some(&1)),
        }
    }
}

fn counts(taken: &[Taken]) -> HashMap<&str, usize> {
    let mut asked: HashMap<&str, usize> = HashMap::new();
    for recipient in taken.iter().flat_map(|mail| &mail.recipients) {
        *asked.entry(recipient).or_default() += 1;
    }
    asked
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
pub async fn answers(count: usize, rounds: usize) -> (Row, String) {
    let mut played = Rounds::none();
    while played.wants(rounds) {
        let mut place = Place::new(true).await;
        place.fill((0..count).map(|number| mails::request(number, BOT)));
        let mut process = place.daemon();
        let (_, asks) = watch(&place, &mut process, count * COPIES);
        settled(&place);
        assert!(process.stop());
        place.fill(yeses(&asks).into_iter());
        let load = Load::start();
        let mut process = place.daemon();
        let (used, taken) = watch(&place, &mut process, count);
        let foreign = load.foreign();
        assert!(taken.iter().all(|mail| mail.recipients.len() == 3));
        let introduced = counts(&taken);
        for number in 0..count {
            assert_eq!(introduced.get(mails::target(number).as_str()), Some(&1));
        }
        let wall = taken.iter().map(|mail| mail.at).max().unwrap() - process.started;
        settled(&place);
        assert!(process.stop());
        assert_eq!(place.sink.len(), 0);
        eprintln!(
            "  answers: {:.0} mails/s",
            count as f64 / wall.as_secs_f64()
        );
        let outcome = Outcome {
            wall,
            used,
            foreign,
        };
        played.add(vec![((), outcome)]);
    }
    (played.row((), "askfirst, answers", count), played.note())
}

/// The targets' answers to what left, and to nothing else of it.
pub fn yeses(left: &[Taken]) -> Vec<Vec<u8>> {
    left.iter()
        .filter(|mail| mail.recipients[0].starts_with("carol"))
        .enumerate()
        .map(|(number, ask)| mails::answer(&ask.bytes, &ask.recipients[0], number))
        .collect()
}
