//! Reads mails made to break a reader, from 1 kB to 10 MB, and shows whether the time stays linear.
//!
//! `cargo run --release --example hostile [-- --only NAME] [-- --quick]`. Exit status 1 where a mail
//! of 1 MB took over [`MAX_MILLIS`] or the time grew faster than [`MAX_EXPONENT`].
#![allow(
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::type_complexity
)]

mod pieces;

use askfirst::reader::{self, Known};
use pieces::{BODIES, STRUCTURES};

/// What 1 MB of any bytes may take.
const MAX_MILLIS: f64 = 50.0;
/// One is linear; measuring errs by some hundredths, memory that no longer fits a cache by more.
const MAX_EXPONENT: f64 = 1.3;
/// Below this, what is measured is the cost of a mail, not of its size.
const MIN_MILLIS: f64 = 1.0;
const SIZES: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];
const ASK: &str = "Hi Carol,\n\nAnn Ng would like to be introduced to you. She builds reading lamps and\nasks for twenty minutes of your time; her words are below.\n\nInterested? Just answer this mail.";

/// The whole reader, as the desk calls it for an answer to one of our mails.
fn read(raw: &[u8]) {
    let trusted = [String::from("mx.example")];
    let letter = reader::open(raw);
    let known = Known {
        original: Some(ASK),
        authserv_ids: &trusted,
        now_secs: 1_795_521_600,
        ..Known::default()
    };
    std::hint::black_box(reader::read(&letter, &known));
}

/// What this thread has used of its core, in milliseconds: waiting for others does not count.
fn cpu_millis() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// Milliseconds of CPU time, the best of several runs.
fn millis(raw: &[u8], runs: usize) -> f64 {
    let once = || {
        let start = cpu_millis();
        read(raw);
        cpu_millis() - start
    };
    (0..runs).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Slope of the logarithms (least squares) over sizes where the time is more than the cost of a mail.
fn exponent(times: &[(usize, f64)]) -> Option<f64> {
    let points: Vec<(f64, f64)> = times
        .iter()
        .filter(|(_, millis)| *millis >= MIN_MILLIS)
        .map(|(size, millis)| ((*size as f64).ln(), millis.ln()))
        .collect();
    let n = points.len() as f64;
    if points.len() < 2 {
        return None;
    }
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let below: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    Some(above / below)
}

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let quick = arguments.iter().any(|a| a == "--quick");
    let only = arguments.iter().skip_while(|a| *a != "--only").nth(1);
    let pieces = pieces::pieces();
    let mut rows: Vec<(String, &str, fn(&str, usize) -> Vec<u8>)> = Vec::new();
    for (name, piece) in &pieces {
        for (shape, make) in BODIES {
            rows.push((format!("{name}, {shape}"), piece, make));
        }
    }
    for (name, make) in STRUCTURES {
        rows.push((name.to_owned(), "", make));
    }
    read(&BODIES[0].1("x", 10));
    println!(
        "| mail | 1 kB | 10 kB | 100 kB | 1 MB | 10 MB | exponent |\n|---|---|---|---|---|---|---|"
    );
    let mut failed = 0;
    let mut worst: f64 = 0.0;
    for (name, piece, make) in rows {
        if only.is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let sizes = &SIZES[..if quick { 4 } else { 5 }];
        let times: Vec<(usize, f64)> = sizes
            .iter()
            .map(|size| {
                (
                    *size,
                    millis(&make(piece, *size), if *size > 1_000_000 { 2 } else { 4 }),
                )
            })
            .collect();
        let exponent = exponent(&times);
        let at_1_mb = times[3].1;
        worst = worst.max(at_1_mb);
        let bad = at_1_mb > MAX_MILLIS || exponent.is_some_and(|e| e > MAX_EXPONENT);
        failed += usize::from(bad);
        let cells: Vec<String> = times.iter().map(|(_, t)| format!("{t:.2}")).collect();
        let exponent = exponent.map_or("–".to_owned(), |e| format!("{e:.2}"));
        println!(
            "| {name} | {} | {exponent} |{}",
            cells.join(" | "),
            if bad { " <" } else { "" }
        );
    }
    println!("\nmilliseconds; the slowest 1 MB took {worst:.1}; {failed} past the bounds");
    std::process::ExitCode::from(u8::from(failed > 0))
}
