//! Ends the process at a mail that is never done; the next starts find that mail by its attempts.
//!
//! Never fails. Counted are the ticks of a thread and not the time: a process that was stopped, or a
//! machine that slept, has not looked at a mail for long.

use crate::failpoint;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

const TICK: Duration = Duration::from_secs(1);
/// Ticks for reading a mail and deciding on it. Any mail that may be fetched whole takes less than
/// 2 s of the processor; the rest is for machines that have more to do.
pub const DECIDE_TICKS: u32 = 20;
/// Ticks for looking its author up, where the DNS alone gets ten seconds.
pub const LOOK_UP_TICKS: u32 = 40;

type Running = Mutex<HashMap<i64, u32>>;

/// What is being worked on, by the inbox row, with the ticks that are left.
#[derive(Clone)]
pub struct Deadline {
    running: Arc<Running>,
}

/// A mail that is being worked on, until this is dropped.
pub struct Held {
    id: i64,
    running: Arc<Running>,
}

fn lock(running: &Running) -> MutexGuard<'_, HashMap<i64, u32>> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Deadline {
    /// Starts the thread that counts; it ends with the last of those who hold this.
    pub fn start() -> Deadline {
        let running: Arc<Running> = Arc::default();
        let seen = Arc::downgrade(&running);
        let thread = std::thread::Builder::new().name("deadline".to_owned());
        if let Err(error) = thread.spawn(move || watch(&seen)) {
            tracing::warn!("a mail that hangs will not be noticed: {error}");
        }
        Deadline { running }
    }

    /// Work on a mail begins.
    pub fn begin(&self, id: i64, ticks: u32) -> Held {
        lock(&self.running).insert(id, ticks);
        Held {
            id,
            running: self.running.clone(),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.id);
    }
}

fn watch(running: &Weak<Running>) {
    loop {
        std::thread::sleep(failpoint::haste(TICK));
        let Some(running) = running.upgrade() else {
            return;
        };
        if let Some(id) = late(&mut lock(&running)) {
            // As at a panic: its thread can't be ended alone, and whoever waits for it waits for ever.
            tracing::error!(
                inbox = id,
                "a mail takes too long; the process ends, and the next one tries it again alone"
            );
            std::process::abort();
        }
    }
}

/// One tick; the mail whose last one that was.
fn late(running: &mut HashMap<i64, u32>) -> Option<i64> {
    for ticks in running.values_mut() {
        *ticks = ticks.saturating_sub(1);
    }
    let mut ended = running.iter().filter(|(_, ticks)| **ticks == 0);
    ended.next().map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_late_after_its_ticks_and_not_when_it_is_done() {
        let deadline = Deadline {
            running: Arc::default(),
        };
        let held = deadline.begin(7, 3);
        let _long = deadline.begin(8, 100);
        let tick = || late(&mut lock(&deadline.running));
        assert_eq!([tick(), tick()], [None, None]);
        assert_eq!(tick(), Some(7));
        drop(held);
        assert_eq!(tick(), None);
        assert_eq!(lock(&deadline.running).len(), 1);
    }
}
