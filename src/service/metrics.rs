//! Figures in the Prometheus text format, version 0.0.4.
//!
//! Cannot fail. Labels hold our own names of states and mails, never anything that came from outside.

use crate::desk::figures::Figures;
use crate::pulse::Pulse;
use std::fmt::{Display, Write};

struct Sheet(String);

impl Sheet {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = write!(
            self.0,
            "# HELP askfirst_{name} {help}\n# TYPE askfirst_{name} {kind}\n"
        );
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "askfirst_{name} {value}");
    }

    fn many(&mut self, name: &str, kind: &str, help: &str, label: &str, values: &[(String, i64)]) {
        self.head(name, kind, help);
        for (of, value) in values {
            let _ = writeln!(self.0, "askfirst_{name}{{{label}=\"{of}\"}} {value}");
        }
    }
}

pub(super) fn text(
    figures: &Figures,
    pulse: &Pulse,
    started_at_secs: i64,
    now_secs: i64,
) -> String {
    let mut sheet = Sheet(String::new());
    let counts = pulse.counts();
    sheet.head("build_info", "gauge", "Which askfirst this is.");
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(sheet.0, "askfirst_build_info{{version=\"{version}\"}} 1");
    sheet.one(
        "start_time_seconds",
        "gauge",
        "When this process started.",
        started_at_secs,
    );
    sheet.one(
        "up",
        "gauge",
        "1 while the reading loop keeps its promises.",
        u8::from(pulse.is_alive()),
    );
    for (name, way) in [("read", pulse.reading()), ("send", pulse.sending())] {
        sheet.one(
            &format!("{name}_ok"),
            "gauge",
            "1 if it worked the last time it was tried.",
            u8::from(way.is_well()),
        );
        let age = way
            .ok_at_secs
            .map_or("NaN".to_owned(), |at| (now_secs - at).max(0).to_string());
        sheet.one(
            &format!("{name}_ok_age_seconds"),
            "gauge",
            "Time since the mail server last took or gave what we asked.",
            age,
        );
    }
    sheet.one(
        "mails_read_total",
        "counter",
        "Mails taken from the mailbox since the start.",
        counts.mails_read,
    );
    sheet.one(
        "mails_sent_total",
        "counter",
        "Mails that the mail server took since the start.",
        counts.mails_sent,
    );
    sheet.one(
        "delivery_failures_total",
        "counter",
        "Attempts to send that failed since the start.",
        counts.attempts_failed,
    );
    sheet.many(
        "introductions",
        "gauge",
        "Introductions by state.",
        "state",
        &figures.introductions,
    );
    sheet.many(
        "outbox_mails",
        "gauge",
        "Mails that were written, by what became of them.",
        "state",
        &figures.outbox,
    );
    sheet.many(
        "written_mails",
        "gauge",
        "Mails that were written, by kind.",
        "kind",
        &figures.written,
    );
    sheet.many(
        "inbox_mails",
        "gauge",
        "Mails that were taken, by what became of them.",
        "disposition",
        &figures.inbox,
    );
    let waiting = figures
        .oldest_waiting_since_secs
        .map_or(0, |at| (now_secs - at).max(0));
    sheet.one(
        "queue_length",
        "gauge",
        "Mails that wait to be sent.",
        figures.waiting,
    );
    sheet.one(
        "queue_age_seconds",
        "gauge",
        "Age of the oldest mail that waits to be sent.",
        waiting,
    );
    sheet.one(
        "paused",
        "gauge",
        "1 while the operator or a connector has stopped all sending.",
        u8::from(figures.paused),
    );
    sheet.0
}
