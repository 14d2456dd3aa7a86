//! How the daemon is at this moment, as its loops tell: whether they read and send, and whether they are alive.
//!
//! Cannot fail. Holds times and counts; the one text in it is an error of the wire, which names a server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What the loops share; cheap to clone.
#[derive(Clone, Default)]
pub struct Pulse {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    reading: Mutex<Way>,
    sending: Mutex<Way>,
    /// When the reading loop will have shown itself again, at the latest.
    lease: Mutex<Option<Instant>>,
    mails_read: AtomicU64,
    mails_sent: AtomicU64,
    attempts_failed: AtomicU64,
}

/// One way, of mail in or mail out.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Way {
    /// The last success, in seconds since 1970; None: none yet.
    pub ok_at_secs: Option<i64>,
    /// The first failure since then.
    pub failing_since_secs: Option<i64>,
    /// The last failure's words.
    pub trouble: String,
}

impl Way {
    fn works(&mut self, now_secs: i64) {
        *self = Way {
            ok_at_secs: Some(now_secs),
            ..Way::default()
        };
    }

    fn fails(&mut self, trouble: &str, now_secs: i64) {
        self.failing_since_secs.get_or_insert(now_secs);
        trouble.clone_into(&mut self.trouble);
    }

    /// Whether it worked the last time it was tried.
    pub fn is_well(&self) -> bool {
        self.ok_at_secs.is_some() && self.failing_since_secs.is_none()
    }
}

/// Counts since the start of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub mails_read: u64,
    pub mails_sent: u64,
    pub attempts_failed: u64,
}

impl Pulse {
    pub fn reads(&self, now_secs: i64) {
        lock(&self.inner.reading).works(now_secs);
    }

    pub fn cannot_read(&self, trouble: &str, now_secs: i64) {
        lock(&self.inner.reading).fails(trouble, now_secs);
    }

    pub fn sends(&self, now_secs: i64) {
        lock(&self.inner.sending).works(now_secs);
    }

    pub fn cannot_send(&self, trouble: &str, now_secs: i64) {
        self.inner.attempts_failed.fetch_add(1, Ordering::Relaxed);
        lock(&self.inner.sending).fails(trouble, now_secs);
    }

    pub fn took(&self, mails: usize) {
        let mails = u64::try_from(mails).unwrap_or(u64::MAX);
        self.inner.mails_read.fetch_add(mails, Ordering::Relaxed);
    }

    pub fn sent_one(&self) {
        self.inner.mails_sent.fetch_add(1, Ordering::Relaxed);
    }

    pub fn reading(&self) -> Way {
        lock(&self.inner.reading).clone()
    }

    pub fn sending(&self) -> Way {
        lock(&self.inner.sending).clone()
    }

    pub fn counts(&self) -> Counts {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counts {
            mails_read: load(&self.inner.mails_read),
            mails_sent: load(&self.inner.mails_sent),
            attempts_failed: load(&self.inner.attempts_failed),
        }
    }

    /// The reading loop: "you hear from me again within this time". A step that hangs breaks the promise.
    pub fn promise(&self, within: Duration) {
        *lock(&self.inner.lease) = Some(Instant::now() + within);
    }

    /// Whether the reading loop kept its promise so far; before its first one nothing is expected.
    pub fn is_alive(&self) -> bool {
        let lease = *lock(&self.inner.lease);
        lease.is_none_or(|until| Instant::now() <= until)
    }
}

/// A lock that a panic elsewhere does not take away: the process ends with a panic anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_remembers_since_when_it_fails() {
        let pulse = Pulse::default();
        assert!(!pulse.reading().is_well(), "not before it has worked once");
        pulse.reads(5);
        assert!(pulse.reading().is_well());
        pulse.cannot_read("gone", 7);
        pulse.cannot_read("still gone", 9);
        let way = pulse.reading();
        assert_eq!(way.failing_since_secs, Some(7));
        assert_eq!(
            (way.ok_at_secs, way.trouble.as_str()),
            (Some(5), "still gone")
        );
        pulse.reads(11);
        assert_eq!(pulse.reading().failing_since_secs, None);
        pulse.cannot_send("no", 12);
        assert!(pulse.reading().is_well() && !pulse.sending().is_well());
        assert_eq!(pulse.counts().attempts_failed, 1);
    }

    #[test]
    fn a_broken_promise_is_noticed() {
        let pulse = Pulse::default();
        assert!(pulse.is_alive());
        pulse.promise(Duration::from_secs(60));
        assert!(pulse.is_alive());
        pulse.promise(Duration::ZERO);
        std::thread::sleep(Duration::from_millis(2));
        assert!(!pulse.is_alive());
    }
}
