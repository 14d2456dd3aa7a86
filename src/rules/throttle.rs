//! How many mails may leave in a minute, where the mail server allows only so many. Pure: time is an
//! argument, counted from any fixed moment.

use std::collections::VecDeque;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A sliding window of one minute: at no moment more than the limit lies in the minute behind it.
#[derive(Default)]
pub struct Throttle {
    per_minute: Option<u32>,
    /// When mails left, the oldest first; only those of the last minute.
    left: VecDeque<Duration>,
}

impl Throttle {
    /// None: no limit.
    pub fn new(per_minute: Option<u32>) -> Throttle {
        Throttle {
            per_minute,
            left: VecDeque::new(),
        }
    }

    pub fn is_set(&self) -> bool {
        self.per_minute.is_some()
    }

    /// How many of `wanted` mails may leave now.
    pub fn room(&mut self, now: Duration, wanted: u32) -> u32 {
        let Some(limit) = self.per_minute else {
            return wanted;
        };
        while self.left.front().is_some_and(|left| *left + MINUTE <= now) {
            self.left.pop_front();
        }
        let left = u32::try_from(self.left.len()).unwrap_or(u32::MAX);
        limit.saturating_sub(left).min(wanted)
    }

    /// So many leave now.
    pub fn count(&mut self, now: Duration, mails: usize) {
        if self.per_minute.is_some() {
            self.left.extend(std::iter::repeat_n(now, mails));
        }
    }

    /// How long until the next may leave; None: at once.
    pub fn pause(&self, now: Duration) -> Option<Duration> {
        let limit = usize::try_from(self.per_minute?).unwrap_or(usize::MAX);
        let oldest = self.left.front()?;
        (self.left.len() >= limit).then(|| (*oldest + MINUTE).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_the_limit_within_any_minute() {
        let mut throttle = Throttle::new(Some(30));
        let mut left: Vec<Duration> = Vec::new();
        let mut now = Duration::ZERO;
        // Uneven steps over an hour, each time asking for more than there is.
        for step in 0..4_000_u64 {
            now += Duration::from_millis(step * 7_919 % 1_700);
            let room = throttle.room(now, 20);
            assert!(room > 0 || throttle.pause(now).is_some());
            throttle.count(now, usize::try_from(room).unwrap());
            left.extend((0..room).map(|_| now));
            let recent = left.iter().filter(|at| **at + MINUTE > now).count();
            assert!(recent <= 30, "{recent} mails within a minute");
        }
        // And the limit is used: 30 a minute, as soon as there are mails.
        let minutes = now.as_secs_f64() / 60.0;
        assert!(
            left.len() as f64 > 29.0 * minutes,
            "{} in {minutes}",
            left.len()
        );
    }

    #[test]
    fn without_a_limit_nothing_waits() {
        let mut throttle = Throttle::new(None);
        throttle.count(Duration::ZERO, 1_000);
        assert_eq!(throttle.room(Duration::ZERO, 200), 200);
        assert_eq!(throttle.pause(Duration::ZERO), None);
    }
}
