//! Simulated lives of the bot: the real desk over a database in memory, people and machines who
//! write at random, and a checker that knows only what went in and what came out.
//!
//! A life that can't be played at all (the desk returns an error) is a violation like any other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod cast;
mod chance;
mod checker;
mod conduct;
mod crashes;
mod life;
mod loops;
mod mailroom;
mod model;
mod modelled;
mod plots;
mod twins;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// One life as it was played.
pub struct Life {
    pub violations: Vec<String>,
    pub transcript: String,
    pub tally: Tally,
}

/// Every so many seeds are a pair of lives that differ in the target's conduct alone.
const TWINS_EVERY: u64 = 5;
/// … a pair of lives of which one has crashes …
const CRASHES_EVERY: u64 = 11;
/// … a life beside the reference model …
pub const MODEL_EVERY: u64 = 7;
/// … and two bots whose connectors bring them together.
const LOOPS_EVERY: u64 = 97;

/// Plays the life of a seed. The same seed gives the same life.
pub fn play(seed: u64, tell: bool) -> Life {
    if seed.is_multiple_of(LOOPS_EVERY) {
        loops::play(seed, tell)
    } else if seed.is_multiple_of(CRASHES_EVERY) {
        crashes::play(seed, tell)
    } else if seed.is_multiple_of(TWINS_EVERY) {
        twins::play(seed, tell)
    } else if seed.is_multiple_of(MODEL_EVERY) {
        modelled::play(seed, tell)
    } else {
        life::play(seed, tell)
    }
}

/// What happened, counted.
#[derive(Default, Clone)]
pub struct Tally {
    pub counts: BTreeMap<&'static str, u64>,
}

impl Tally {
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    pub fn add(&mut self, other: &Tally) {
        for (what, count) in &other.counts {
            *self.counts.entry(what).or_default() += count;
        }
    }

    fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    /// One line of progress.
    pub fn line(&self, elapsed: Duration, bad: usize) -> String {
        let histories = self.of("histories");
        format!(
            "{histories} histories ({} twin pairs, {} crash pairs), {} events, {} mails out, {} introductions, {bad} with violations; {:.0} s, {:.0} histories/s",
            self.of("twin pairs"),
            self.of("crash pairs"),
            self.of("events"),
            self.of("mails out"),
            self.of("mail: introduction"),
            elapsed.as_secs_f64(),
            histories as f64 / elapsed.as_secs_f64().max(0.001),
        )
    }

    /// All counts.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (what, count) in &self.counts {
            let _ = writeln!(table, "{count:>12}  {what}");
        }
        table
    }
}
