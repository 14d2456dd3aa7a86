//! Whether work costs more the more lies there already: introductions in the database, mails in the mailbox.
//!
//! Databases with a past are made once and kept under `target/past`; each round adds its own requests.

use crate::drain::{BOT, COPIES, settled};
use crate::figures::{Figure, quantile, thousands};
use crate::history::{self, Past};
use crate::idle::{Singles, singles};
use crate::load::{self, Load};
use crate::mails;
use crate::place::Place;
use crate::process::Process;
use crate::record::Record;
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(600);
/// Numbers of the requests of different rounds lie apart, and apart from those of the past.
const APART: usize = 1_000_000;

/// Single mails of a round: in seven rounds some 200.
const SINGLES: usize = 30;

/// What one round found at one size.
struct Round {
    singles: Singles,
    drain: Drained,
    foreign: f64,
}

/// A backlog, looked at from the first mail at the sink to the last: the start does not count.
struct Drained {
    ms_a_mail: f64,
    cpu_ms: f64,
    peak_mib: f64,
}

/// Single mails and a backlog at each size, the sizes in changing order.
pub async fn growth(sizes: &[usize], rounds: usize, backlog: usize) -> Record {
    let pasts: Vec<Past> = sizes.iter().map(|size| history::make(*size)).collect();
    let mut found: Vec<Vec<Round>> = sizes.iter().map(|_| Vec::new()).collect();
    let (mut counted, mut dropped) = (0, 0);
    while counted < rounds {
        assert!(
            dropped <= 2 * rounds + 2,
            "others take too much of this machine"
        );
        let number = counted + dropped;
        let mut round = Vec::new();
        for at in 0..sizes.len() {
            let which = (at + number) % sizes.len();
            round.push((
                which,
                one(sizes[which], pasts[which].uid_next, backlog).await,
            ));
        }
        let worst = round.iter().map(|(_, r)| r.foreign).fold(0.0, f64::max);
        if !load::counts(worst) {
            eprintln!("  dropped: others took {:.0} % of the CPU", worst * 100.0);
            dropped += 1;
            continue;
        }
        counted += 1;
        for (which, round) in round {
            found[which].push(round);
        }
    }
    let mut record = report(sizes, &pasts, &found);
    let all_words = history::mib_with_all_words(sizes[sizes.len() - 1]) / 1_024.0;
    record.note = format!(
        "{counted} rounds, {dropped} dropped; {}; each with {SINGLES} single mails and a backlog of {}. \
         If no words were ever dropped, the texts alone of the largest database would weigh {all_words:.1} GiB",
        load::note(),
        thousands(backlog)
    );
    record
}

/// One round at one size: single mails, then a backlog; nothing of the sort was there before.
async fn one(size: usize, uid_next: i64, backlog: usize) -> Round {
    let path = history::path(size);
    let next = uid_next.max(history::uid_next(&path));
    let first = APART + usize::try_from(next).unwrap();
    let load = Load::start();
    let place = Place::over(&path, next).await;
    let singles = singles(&place, SINGLES, first).await;
    drop(place);
    let next = history::uid_next(&path);
    let mut place = Place::over(&path, next).await;
    let first = APART + usize::try_from(next).unwrap();
    place.fill((first..first + backlog).map(|number| mails::request(number, BOT)));
    let drain = drained(&place, first, backlog);
    eprintln!(
        "  {}: start {:.2} s, single {:.2} ms, in a backlog {:.3} ms",
        thousands(size),
        singles.start_secs,
        quantile(&singles.announced, 0.5),
        drain.ms_a_mail
    );
    Round {
        singles,
        drain,
        foreign: load.foreign(),
    }
}

fn drained(place: &Place, first: usize, count: usize) -> Drained {
    let process = place.daemon();
    let until = Instant::now() + LONGEST;
    while place.sink.len() == 0 {
        assert!(Instant::now() < until, "{}", place.log());
        std::thread::sleep(Duration::from_millis(1));
    }
    let before = (place.sink.len(), process.used());
    let (used, taken) = wait(place, &process, count, until);
    let mut times: Vec<Instant> = taken.iter().map(|mail| mail.at).collect();
    times.sort();
    let wall = times[times.len() - 1] - times[0];
    let mut asked: Vec<&str> = taken
        .iter()
        .map(|mail| mail.recipients[0].as_str())
        .filter(|to| to.starts_with("carol"))
        .collect();
    asked.sort_unstable();
    asked.dedup();
    assert_eq!((asked.len(), taken.len()), (count, count * COPIES));
    assert!(taken.iter().all(|mail| mail.recipients.len() == 1));
    let numbers = first..first + count;
    assert!(numbers.into_iter().all(|number| {
        let target = mails::target(number);
        asked.binary_search(&target.as_str()).is_ok()
    }));
    settled(place);
    assert!(process.stop(), "{}", place.log());
    assert_eq!(place.sink.len(), 0);
    let mails = (count * COPIES - before.0) as f64 / COPIES as f64;
    Drained {
        ms_a_mail: wall.as_secs_f64() * 1_000.0 / count as f64,
        cpu_ms: (used.cpu - before.1.cpu).as_secs_f64() * 1_000.0 / mails,
        peak_mib: used.peak_kib as f64 / 1_024.0,
    }
}

fn wait(
    place: &Place,
    process: &Process,
    count: usize,
    until: Instant,
) -> (crate::process::Used, Vec<crate::sink::Taken>) {
    while place.sink.len() < count * COPIES {
        assert!(
            Instant::now() < until,
            "{} came; {}",
            place.sink.len(),
            place.log()
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    (process.used(), place.sink.empty())
}

fn report(sizes: &[usize], pasts: &[Past], found: &[Vec<Round>]) -> Record {
    let mut record = Record::new(&[
        "introductions",
        "database",
        "single mail, p50, ms",
        "p99, ms",
        "CPU, ms",
        "in a backlog, ms a mail",
        "CPU, ms",
        "peak resident, MiB",
        "start, s",
    ]);
    for ((size, past), rounds) in sizes.iter().zip(pasts).zip(found) {
        let figure = |of: &dyn Fn(&Round) -> f64| Figure::of(rounds.iter().map(of).collect());
        let announced: Vec<f64> = rounds
            .iter()
            .flat_map(|round| round.singles.announced.iter().copied())
            .collect();
        let cpu = figure(&|round| round.singles.cpu_ms[0]);
        let wall = figure(&|round| round.drain.ms_a_mail);
        let drain_cpu = figure(&|round| round.drain.cpu_ms);
        let peak = figure(&|round| round.drain.peak_mib);
        let start = figure(&|round| round.singles.start_secs);
        let p50 = Figure::of(
            rounds
                .iter()
                .map(|round| quantile(&round.singles.announced, 0.5))
                .collect(),
        );
        record.row(&[
            thousands(*size),
            format!(
                "{} MiB, {} open, {} mails, words of {}",
                thousands(past.file_mib as usize),
                count(past.open),
                count(past.mails),
                count(past.with_words)
            ),
            p50.shown(2),
            format!("{:.2}", quantile(&announced, 0.99)),
            cpu.shown(1),
            wall.shown(3),
            drain_cpu.shown(3),
            peak.shown(1),
            start.shown(2),
        ]);
        let name = size.to_string();
        record.figure(&name, "single, p50, ms", p50);
        record.figure(&name, "in a backlog, ms", wall);
        record.figure(&name, "in a backlog, CPU ms", drain_cpu);
        record.figure(&name, "start, s", start);
    }
    record
}

fn count(number: i64) -> String {
    thousands(usize::try_from(number).unwrap())
}

/// A backlog of each of these sizes on an empty database, askfirst alone.
pub async fn backlog(counts: &[usize], rounds: usize) -> Record {
    let mut record = Record::new(&[
        "mails waiting",
        "rounds",
        "ms a mail",
        "CPU a mail, ms",
        "peak resident, MiB",
    ]);
    let mut dropped = 0;
    for count in counts {
        let mut found = Vec::new();
        while found.len() < rounds {
            assert!(
                dropped <= 3 * rounds,
                "others take too much of this machine"
            );
            let mut place = Place::new(false).await;
            place.fill((0..*count).map(|number| mails::request(number, BOT)));
            let load = Load::start();
            let drained = drained(&place, 0, *count);
            eprintln!(
                "  {}: {:.3} ms a mail",
                thousands(*count),
                drained.ms_a_mail
            );
            let foreign = load.foreign();
            if !load::counts(foreign) {
                eprintln!("  dropped: others took {:.0} %", foreign * 100.0);
                dropped += 1;
                continue;
            }
            found.push(drained);
        }
        let figure = |of: &dyn Fn(&Drained) -> f64| Figure::of(found.iter().map(of).collect());
        let wall = figure(&|d| d.ms_a_mail);
        let peak = figure(&|d| d.peak_mib);
        record.row(&[
            thousands(*count),
            rounds.to_string(),
            wall.shown(3),
            figure(&|d| d.cpu_ms).shown(3),
            peak.shown(1),
        ]);
        record.figure(&count.to_string(), "in a backlog, ms", wall);
        record.figure(&count.to_string(), "peak resident, MiB", peak);
    }
    record.note = format!("{dropped} rounds dropped; {}", load::note());
    record
}
