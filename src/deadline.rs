//! Ends the process at a mail that is never done; the next starts find that mail by its attempts.
//!
//! Never fails. Two things are counted: what the thread at work has used of its processor, so that a
//! machine with much else to do blames no innocent mail, and the ticks of a thread of our own at which it
//! neither worked nor wanted to, for a mail that hangs. Not the time: a process that was stopped, or a machine that slept,
//! has not looked at a mail for long. Where the system does not tell what a thread has used, ticks
//! alone count.

use crate::failpoint;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

const TICK: Duration = Duration::from_millis(500);
/// Ticks for reading a mail and deciding on it.
pub const DECIDE_TICKS: u32 = 40;
/// Ticks for looking its author up, where the DNS alone gets ten seconds.
pub const LOOK_UP_TICKS: u32 = 80;
/// What a mail may use of the processor is 2 s (docs/hostile-mail.md); the first tick at which it is seen
/// begins the count. The slowest mail that may be fetched whole uses a tenth of it, a build without
/// optimisation ten times as much.
const PROCESSOR: Duration = Duration::from_millis(match cfg!(debug_assertions) {
    true => 15_000,
    false => 1_500,
});

type Running = Mutex<HashMap<i64, Work>>;

/// One mail at work.
struct Work {
    ticks: u32,
    /// Where the system tells of the thread; None: it moves from thread to thread, or nothing tells.
    thread: Option<Arc<str>>,
    /// What the thread had used when the mail was first seen at work.
    used: Option<Duration>,
}

/// What is being worked on, by the inbox row.
#[derive(Clone)]
pub struct Deadline {
    running: Arc<Running>,
}

/// A mail that is being worked on, until this is dropped.
pub struct Held {
    id: i64,
    running: Arc<Running>,
}

fn lock(running: &Running) -> MutexGuard<'_, HashMap<i64, Work>> {
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

    /// Work on a mail begins, and stays in this thread to its end.
    pub fn begin(&self, id: i64, ticks: u32) -> Held {
        self.hold(id, ticks, this_thread())
    }

    /// Work on a mail begins that waits for others, in no matter which thread.
    pub fn begin_waiting(&self, id: i64, ticks: u32) -> Held {
        self.hold(id, ticks, None)
    }

    fn hold(&self, id: i64, ticks: u32, thread: Option<Arc<str>>) -> Held {
        let used = None;
        let work = Work {
            ticks,
            thread,
            used,
        };
        lock(&self.running).insert(id, work);
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
        if let Some(id) = late(&mut lock(&running), told_of) {
            // As at a panic: its thread can't be ended alone, and whoever waits for it waits for ever.
            tracing::error!(
                inbox = id,
                "a mail takes too long; the process ends, and the next one tries it again alone"
            );
            std::process::abort();
        }
    }
}

/// One tick; the mail whose last one that was, or which has used its share of the processor.
fn late(running: &mut HashMap<i64, Work>, told_of: impl Fn(&str) -> Option<Told>) -> Option<i64> {
    let most = failpoint::haste(PROCESSOR);
    let mut ended = None;
    for (id, work) in running.iter_mut() {
        let told = work.thread.as_deref().and_then(&told_of);
        // Who wants to work and may not has not hung, however long others keep the processor.
        if !told.is_some_and(|told| told.runs) {
            work.ticks = work.ticks.saturating_sub(1);
        }
        let used = told.map(|told| told.used);
        let since = *work.used.get_or_insert(used.unwrap_or_default());
        let spent = used.unwrap_or_default().saturating_sub(since);
        if work.ticks == 0 || spent >= most {
            ended = Some(*id);
        }
    }
    ended
}

/// Where Linux tells of the thread that asks (proc(5), "/proc/thread-self").
fn this_thread() -> Option<Arc<str>> {
    thread_local! {
        static STAT: Option<Arc<str>> = std::fs::read_link("/proc/thread-self")
            .ok()
            .map(|link| format!("/proc/{}/stat", link.display()).into());
    }
    STAT.with(Clone::clone)
}

/// What the system tells of a thread.
#[derive(Clone, Copy)]
struct Told {
    /// What it has used of its processor.
    used: Duration,
    /// It works, or would if others left it a processor.
    runs: bool,
}

/// proc(5), "/proc/pid/stat": the state, the third field, and utime and stime, the 14th and 15th.
fn told_of(stat: &str) -> Option<Told> {
    /// What user space is told in is a hundredth of a second on every processor but one (time(7)).
    const TICKS_PER_SEC: u64 = 100;
    let line = std::fs::read_to_string(stat).ok()?;
    // The name of the thread may hold spaces and brackets.
    let (_, fields) = line.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let runs = fields.next()? == "R";
    let mut fields = fields.skip(10);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    let used = Duration::from_millis((user + system) * 1_000 / TICKS_PER_SEC);
    Some(Told { used, runs })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deadline() -> Deadline {
        Deadline {
            running: Arc::default(),
        }
    }

    #[test]
    fn a_mail_is_late_after_its_ticks_and_not_when_it_is_done() {
        let deadline = deadline();
        let held = deadline.begin(7, 3);
        let _long = deadline.begin(8, 100);
        let tick = || late(&mut lock(&deadline.running), |_| None);
        assert_eq!([tick(), tick()], [None, None]);
        assert_eq!(tick(), Some(7));
        drop(held);
        assert_eq!(tick(), None);
        assert_eq!(lock(&deadline.running).len(), 1);
    }

    #[test]
    fn a_mail_is_late_when_its_thread_has_worked_for_its_share_however_long_that_took() {
        let deadline = deadline();
        let _works = deadline.begin(7, 1_000);
        let _waits = deadline.begin_waiting(8, 1_000);
        let hour = Duration::from_secs(3_600);
        let told = |used| Told {
            used: hour + used,
            runs: true,
        };
        let tick = |used| late(&mut lock(&deadline.running), |_| Some(told(used)));
        assert_eq!(tick(Duration::ZERO), None, "what it did before is no fault");
        for _ in 0..900 {
            assert_eq!(tick(PROCESSOR / 2), None, "others have the processor");
        }
        assert_eq!(tick(PROCESSOR), Some(7));
    }

    #[test]
    fn a_thread_that_wants_to_work_has_not_hung_and_one_that_waits_has() {
        for (runs, late_at) in [(true, None), (false, Some(7))] {
            let deadline = deadline();
            let _works = deadline.begin(7, 3);
            let told = Told {
                used: Duration::ZERO,
                runs,
            };
            let tick = || late(&mut lock(&deadline.running), |_| Some(told));
            assert_eq!([tick(), tick(), tick()], [None, None, late_at]);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_tells_what_a_thread_has_used() {
        let stat = this_thread().unwrap();
        let before = told_of(&stat).unwrap();
        assert!(before.runs, "who asks is at work");
        // Worked, not slept: it ends when the system has seen some of it.
        while told_of(&stat).unwrap().used < before.used + Duration::from_millis(30) {
            std::hint::black_box((0..10_000u64).sum::<u64>());
        }
        let other = std::thread::spawn(|| this_thread().unwrap())
            .join()
            .unwrap();
        assert_ne!(stat, other);
    }
}
