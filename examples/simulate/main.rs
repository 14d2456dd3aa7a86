//! Plays random lives of the bot and looks for broken promises; prints counts, and for each
//! violation the seed that replays it.
//!
//! Fails with exit status 1 on any violation, 2 on wrong usage.

mod engine;

use engine::Tally;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// A seventh of a life was spent in the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str =
    "usage: simulate [--histories N] [--seed FIRST] [--only SEED] [--threads N] [--stop-at-first]";
/// Violations that are printed in full; after so many of them more tell nothing new.
const MAX_PRINTED: usize = 20;

struct Wanted {
    histories: u64,
    first: u64,
    only: Option<u64>,
    threads: usize,
    stop_at_first: bool,
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted {
        histories: 1_000,
        first: 1,
        only: None,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        stop_at_first: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--stop-at-first" => wanted.stop_at_first = true,
            "--histories" => wanted.histories = words.next()?.parse().ok()?,
            "--seed" => wanted.first = words.next()?.parse().ok()?,
            "--only" => wanted.only = Some(words.next()?.parse().ok()?),
            "--threads" => wanted.threads = words.next()?.parse().ok()?,
            _ => return None,
        }
    }
    Some(wanted)
}

fn main() -> std::process::ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("{USAGE}");
        return 2.into();
    };
    if let Some(seed) = wanted.only {
        let life = engine::play(seed, true);
        println!("{}", life.transcript);
        for violation in &life.violations {
            println!("VIOLATION {violation}");
        }
        return u8::from(!life.violations.is_empty()).into();
    }
    let all = run(&wanted);
    u8::from(all > 0).into()
}

/// Plays the seeds on all threads; returns how many lives broke a promise.
fn run(wanted: &Wanted) -> usize {
    let next = AtomicU64::new(0);
    let shared = Mutex::new((Tally::default(), 0_usize, Instant::now()));
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..wanted.threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= wanted.histories {
                        return;
                    }
                    let seed = wanted.first + at;
                    let life = engine::play(seed, false);
                    let Ok(mut shared) = shared.lock() else {
                        return;
                    };
                    let (tally, bad, printed_at) = &mut *shared;
                    tally.add(&life.tally);
                    if !life.violations.is_empty() {
                        *bad += 1;
                        if *bad <= MAX_PRINTED {
                            for violation in life.violations.iter().take(3) {
                                println!("VIOLATION seed {seed}: {violation}");
                            }
                        }
                        if wanted.stop_at_first {
                            next.store(wanted.histories, Ordering::Relaxed);
                        }
                    }
                    if printed_at.elapsed().as_secs() >= 10 {
                        *printed_at = Instant::now();
                        println!("{}", tally.line(start.elapsed(), *bad));
                    }
                }
            });
        }
    });
    let Ok((tally, bad, _)) = shared.into_inner() else {
        return 1;
    };
    println!("{}", tally.line(start.elapsed(), bad));
    print!("{}", tally.table());
    bad
}
