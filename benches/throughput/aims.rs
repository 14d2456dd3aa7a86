//! The aims, each beside what was found last: one table, made from the records.
//!
//! Cannot fail; what was not recorded is "not measured".

use crate::figures::Figure;
use crate::record::{Found, Record};

/// What stands between an aim and what was found is said in the document, below this table.
pub fn table(found: &Found) -> Record {
    let look = Look(found);
    let mut record = Record::new(&["#", "what", "aim", "found", ""]);
    let mut row = |number: &str, what: &str, aim: &str, found: Option<(String, bool)>| {
        let (found, verdict) = match found {
            Some((found, true)) => (found, "met"),
            Some((found, false)) => (found, "**not met**"),
            None => ("not measured".to_owned(), "–"),
        };
        let cells = [number, what, aim, &found, verdict].map(str::to_owned);
        record.row(&cells);
    };
    let drain = "drain 10000";
    let ours = || look.median(drain, "askfirst", "mails/s");
    row(
        "1",
        "10,000 requests of 4 kB, wall time against the floor's",
        "≤ 2.0 ×",
        most(
            look.ratio(drain, "floor", "askfirst", "mails/s"),
            2.0,
            2,
            " ×",
        ),
    );
    row(
        "2",
        "CPU of the daemon a request",
        "≤ 0.20 ms",
        most(
            look.median(drain, "askfirst", "CPU a mail, ms"),
            0.20,
            2,
            " ms",
        ),
    );
    for (what, file, name, aim) in [
        ("against the Python script", drain, "Python script", 25.0),
        ("against the Node script", drain, "Node script", 20.0),
        (
            "against mlmmj, 16 at a time",
            "mlmmj",
            "mlmmj, 16 at a time",
            25.0,
        ),
    ] {
        let theirs = look.median(file, name, "mails/s");
        let times = ours().zip(theirs).map(|(ours, theirs)| ours / theirs);
        row("3", what, &format!("≥ {aim} ×"), least(times, aim, 1, " ×"));
    }
    let mailman = ours().map(|ours| ours / 14.4);
    row(
        "3",
        "against Mailman 3 (14.4 a second, measured elsewhere)",
        "≥ 400 ×",
        least(mailman, 400.0, 0, " ×"),
    );
    for lines in ["4", "16"] {
        let ours = look.median("postfix", "askfirst", lines);
        let floor = look.median("postfix", "floor", lines);
        let part = ours.zip(floor).map(|(ours, floor)| ours / floor);
        let what = format!("into a Postfix queue, against the floor, {lines} connections each");
        row("4", &what, "≥ 0.9", least(part, 0.9, 2, ""));
    }
    for (name, aim) in [("p50, ms", 3.0), ("p99, ms", 6.0)] {
        let what = format!("EXISTS seen → ask at the sink, idle, {}", &name[..3]);
        let value = look.median("idle", "announced", name);
        row(
            "5",
            &what,
            &format!("≤ {aim} ms"),
            most(value, aim, 2, " ms"),
        );
    }
    for (what, name, aim) in [
        ("fsyncs for 1,000 mails of a backlog", "backlog", 50.0),
        ("fsyncs for a single mail", "single", 3.0),
    ] {
        let value = look.median("syncs", name, "syncs");
        row("6", what, &format!("≤ {aim}"), most(value, aim, 2, ""));
    }
    for (what, file, name, figure, aim) in [
        (
            "resident, backlog of 10,000",
            "drain 10000",
            "askfirst",
            "peak resident, MiB",
            24.0,
        ),
        (
            "resident, backlog of 100,000",
            "backlog",
            "100000",
            "peak resident, MiB",
            32.0,
        ),
        (
            "resident, idle",
            "memory",
            "idle, empty mailbox",
            "resident, MiB",
            12.0,
        ),
    ] {
        let value = look.median(file, name, figure);
        row(
            "7",
            what,
            &format!("≤ {aim} MB"),
            most(value, aim, 1, " MiB"),
        );
    }
    let peak = |name| look.median("memory", name, "peak, MiB");
    let more = peak("after a request with 25 MB attached")
        .zip(peak("after a request of 4 kB"))
        .map(|(large, small)| (large - small).max(0.0));
    row(
        "8",
        "a mail of 25 MB against one of 4 kB",
        "peak + 2 MB",
        most(more, 2.0, 1, " MiB more"),
    );
    row(
        "8",
        "... of which is fetched",
        "≤ 128 kB",
        Some((
            "96 KiB (`receive/glance.rs`, `receive/plan.rs`)".to_owned(),
            true,
        )),
    );
    for (what, name, aim) in [
        (
            "single mail, 1,000 → 1,000,000 introductions",
            "single, p50, ms",
            1.4,
        ),
        (
            "in a backlog, 1,000 → 1,000,000 introductions",
            "in a backlog, ms",
            2.5,
        ),
    ] {
        let times = look.ratio("growth", "1000000", "1000", name);
        row("9", what, &format!("≤ {aim} ×"), most(times, aim, 2, " ×"));
    }
    let times = look.ratio("backlog", "100000", "1000", "in a backlog, ms");
    row(
        "10",
        "a mail, backlog of 1,000 → 100,000",
        "≤ 1.5 ×",
        most(times, 1.5, 2, " ×"),
    );
    record.note = "Aim 11, reading replies, is in [benchmarks](benchmarks.md)".to_owned();
    record
}

fn most(value: Option<f64>, aim: f64, digits: usize, unit: &str) -> Option<(String, bool)> {
    value.map(|value| (format!("{value:.digits$}{unit}"), value <= aim))
}

fn least(value: Option<f64>, aim: f64, digits: usize, unit: &str) -> Option<(String, bool)> {
    value.map(|value| (format!("{value:.digits$}{unit}"), value >= aim))
}

struct Look<'a>(&'a Found);

impl Look<'_> {
    fn median(&self, record: &str, row: &str, name: &str) -> Option<f64> {
        let figure: &Figure = self.0.get(record)?.figures.get(row)?.get(name)?;
        Some(figure.median)
    }

    fn ratio(&self, record: &str, one: &str, other: &str, name: &str) -> Option<f64> {
        Some(self.median(record, one, name)? / self.median(record, other, name)?)
    }
}
