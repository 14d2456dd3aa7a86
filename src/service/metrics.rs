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

    /// What this process has seen since its start.
    fn process(&mut self, pulse: &Pulse, now_secs: i64) {
        let help = "1 while the reading loop keeps its promises.";
        self.one("up", "gauge", help, u8::from(pulse.is_alive()));
        for (name, way) in [("read", pulse.reading()), ("send", pulse.sending())] {
            let (ok, age_of) = (format!("{name}_ok"), format!("{name}_ok_age_seconds"));
            let help = "1 if it worked the last time it was tried.";
            self.one(&ok, "gauge", help, u8::from(way.is_well()));
            let age = way
                .ok_at_secs
                .map_or("NaN".to_owned(), |at| (now_secs - at).max(0).to_string());
            let help = "Time since the mail server last took or gave what we asked.";
            self.one(&age_of, "gauge", help, age);
        }
        let counts = pulse.counts();
        let help = "Mails taken from the mailbox since the start.";
        self.one("mails_read_total", "counter", help, counts.mails_read);
        let help = "Mails that the mail server took since the start.";
        self.one("mails_sent_total", "counter", help, counts.mails_sent);
        let (name, failed) = ("delivery_failures_total", counts.attempts_failed);
        let help = "Attempts to send that failed since the start.";
        self.one(name, "counter", help, failed);
    }

    /// What the database holds, whoever wrote it.
    fn database(&mut self, figures: &Figures, now_secs: i64) {
        for (name, label, help, values) in [
            (
                "introductions",
                "state",
                "Introductions by state.",
                &figures.introductions,
            ),
            (
                "outbox_mails",
                "state",
                "Mails that were written, by what became of them.",
                &figures.outbox,
            ),
            (
                "written_mails",
                "kind",
                "Mails that were written, by kind.",
                &figures.written,
            ),
            (
                "inbox_mails",
                "disposition",
                "Mails that were taken, by what became of them.",
                &figures.inbox,
            ),
        ] {
            self.many(name, "gauge", help, label, values);
        }
        let waiting = figures
            .oldest_waiting_since_secs
            .map_or(0, |at| (now_secs - at).max(0));
        let help = "Mails that wait to be sent.";
        self.one("queue_length", "gauge", help, figures.waiting);
        let help = "Age of the oldest mail that waits to be sent.";
        self.one("queue_age_seconds", "gauge", help, waiting);
        let help = "1 while the operator or a connector has stopped all sending.";
        self.one("paused", "gauge", help, u8::from(figures.paused));
    }
}

pub(super) fn text(
    figures: &Figures,
    pulse: &Pulse,
    started_at_secs: i64,
    now_secs: i64,
) -> String {
    let mut sheet = Sheet(String::new());
    sheet.head("build_info", "gauge", "Which askfirst this is.");
    let version = env!("CARGO_PKG_VERSION");
    let _ = writeln!(sheet.0, "askfirst_build_info{{version=\"{version}\"}} 1");
    let help = "When this process started.";
    sheet.one("start_time_seconds", "gauge", help, started_at_secs);
    sheet.process(pulse, now_secs);
    sheet.database(figures, now_secs);
    sheet.0
}
