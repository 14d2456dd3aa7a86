//! How often the daemon makes sure that what it wrote is on the disk, counted by strace.
//!
//! Two runs of different length; the difference is what the mails between cost. Needs Debian's package
//! `strace`. Panics where it fails.

use crate::drain::{BOT, COPIES, settled, watch};
use crate::figures::Figure;
use crate::idle::singles;
use crate::mails;
use crate::place::Place;
use crate::record::Record;
use std::path::Path;
use std::time::{Duration, Instant};

const FEW: usize = 100;
const SINGLES: [usize; 2] = [5, 25];

pub async fn syncs() -> Record {
    let backlog = drained(FEW + 1_000).await - drained(FEW).await;
    let [few, many] = SINGLES;
    let single = (alone(many).await - alone(few).await) / (many - few) as f64;
    let mut record = Record::new(&["", "fsync and fdatasync"]);
    for (name, what, value) in [
        ("backlog", "1,000 mails of a backlog", backlog),
        ("single", "a single mail", single),
    ] {
        record.row(&[what.to_owned(), format!("{value:.1}")]);
        record.figure(name, "syncs", Figure::of(vec![value]));
    }
    record
}

fn wrapper(counted: &Path) -> Vec<String> {
    // -D: the daemon stays our child, the tracer is not.
    let fixed = [
        "strace",
        // Only what is counted is held up: otherwise the four lines are so slow that they report one by one.
        "--seccomp-bpf",
        "-D",
        "-f",
        "-c",
        "-e",
        "trace=fsync,fdatasync",
        "-o",
    ];
    let mut words: Vec<String> = fixed.iter().map(|&word| word.to_owned()).collect();
    words.push(counted.display().to_string());
    words
}

async fn drained(count: usize) -> f64 {
    let mut place = Place::new(false).await;
    place.fill((0..count).map(|number| mails::request(number, BOT)));
    let counted = place.folder.path().join("strace.out");
    place.wrapper = wrapper(&counted);
    let mut process = place.daemon();
    watch(&place, &mut process, count * COPIES);
    settled(&place);
    assert!(process.stop());
    read(&counted)
}

async fn alone(count: usize) -> f64 {
    let mut place = Place::new(false).await;
    let counted = place.folder.path().join("strace.out");
    place.wrapper = wrapper(&counted);
    singles(&place, count, 0).await;
    read(&counted)
}

/// The calls in strace's summary, which it writes a moment after the end of the process.
fn read(counted: &Path) -> f64 {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(counted).unwrap_or_default();
        if text.contains("total") {
            // "% time  seconds  usecs/call  calls  errors  syscall"
            let lines = text.lines().filter(|line| line.contains("sync"));
            let calls = lines.map(|line| {
                let fields: Vec<&str> = line.split_whitespace().collect();
                fields[3].parse::<f64>().unwrap()
            });
            return calls.sum();
        }
        assert!(Instant::now() < until, "strace said nothing: {text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
