//! A clock that does not jump: it follows the system's clock, and goes on by itself when that is set
//! by more than an hour, so that nothing expires or is reminded in a mass.
//!
//! Never fails. Small corrections are followed; a large one is held back and said once an hour, until
//! the clock comes back or the operator says that it is right.

use crate::clerk::Now;
use std::sync::{Arc, Mutex, PoisonError};

/// NTP corrects by seconds, a slow drift by minutes; more is somebody's hand or a broken clock.
const MAX_STEP_SECS: i64 = 3_600;
/// Longer than this no bot is off: the clock is wrong, or somebody should look.
const MAX_GAP_SECS: i64 = 30 * 86_400;
/// A held clock is said so often.
const SAY_AGAIN_SECS: i64 = 3_600;

/// The clock itself; shared by whoever asks for the time.
pub struct Steady {
    state: Mutex<State>,
    #[cfg(not(target_os = "linux"))]
    began: std::time::Instant,
}

struct State {
    /// What was told last, in seconds since 1970; None: nothing yet.
    told_secs: Option<i64>,
    /// Seconds since some fixed moment when that was.
    elapsed_secs: i64,
    /// The system's clock is held back since it jumped.
    held: bool,
    said_at_secs: Option<i64>,
}

impl Steady {
    /// `last_secs`: what this bot's clock said last, in the run before; None at the first start.
    pub fn start(last_secs: Option<i64>, wall_secs: i64) -> Steady {
        let jumped = last_secs.filter(|last| {
            let gap = wall_secs.saturating_sub(*last);
            !(-MAX_STEP_SECS..=MAX_GAP_SECS).contains(&gap)
        });
        let steady = Steady {
            state: Mutex::new(State {
                told_secs: None,
                elapsed_secs: 0,
                held: false,
                said_at_secs: None,
            }),
            #[cfg(not(target_os = "linux"))]
            began: std::time::Instant::now(),
        };
        if jumped.is_some() {
            let elapsed_secs = steady.elapsed_secs();
            let mut state = steady.lock();
            state.told_secs = jumped;
            state.elapsed_secs = elapsed_secs;
            drop(state);
        }
        steady
    }

    /// The time, given what the system's clock says.
    pub fn read(&self, wall_secs: i64) -> i64 {
        let elapsed_secs = self.elapsed_secs();
        self.lock().read(wall_secs, elapsed_secs)
    }

    /// Whether the system's clock is held back at the moment.
    pub fn is_held(&self) -> bool {
        self.lock().held
    }

    /// The operator says that the system's clock is right.
    pub fn accept(&self) {
        let mut state = self.lock();
        state.told_secs = None;
        state.held = false;
    }

    /// This clock over another.
    pub fn over(self: &Arc<Steady>, wall: Now) -> Now {
        let steady = self.clone();
        Arc::new(move || steady.read(wall()))
    }

    /// Seconds since a fixed moment that no setting of the clock moves; a machine that sleeps counts
    /// them too, where the system tells (Linux, clock_gettime(2), CLOCK_BOOTTIME).
    #[cfg(target_os = "linux")]
    fn elapsed_secs(&self) -> i64 {
        use rustix::time::{ClockId, clock_gettime};
        clock_gettime(ClockId::Boottime).tv_sec
    }

    #[cfg(not(target_os = "linux"))]
    fn elapsed_secs(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_secs()).unwrap_or(0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn read(&mut self, wall_secs: i64, elapsed_secs: i64) -> i64 {
        let expected = match self.told_secs {
            Some(told) => told.saturating_add(elapsed_secs - self.elapsed_secs),
            None => wall_secs,
        };
        let step = wall_secs.saturating_sub(expected);
        self.held = step.saturating_abs() > MAX_STEP_SECS;
        let now = if self.held { expected } else { wall_secs };
        if self.held
            && self
                .said_at_secs
                .is_none_or(|at| expected - at >= SAY_AGAIN_SECS)
        {
            self.said_at_secs = Some(expected);
            tracing::error!(
                step_secs = step,
                "the system's clock jumped; time goes on as before for every waiting mail. If the clock is right: `askfirst resume --trust-clock`"
            );
        }
        self.told_secs = Some(now);
        self.elapsed_secs = elapsed_secs;
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        State {
            told_secs: None,
            elapsed_secs: 0,
            held: false,
            said_at_secs: None,
        }
    }

    #[test]
    fn small_steps_are_followed_and_large_ones_are_not() {
        let mut clock = state();
        assert_eq!(clock.read(1_000_000, 10), 1_000_000);
        assert_eq!(clock.read(1_000_060, 70), 1_000_060);
        // Set back by ten minutes: followed.
        assert_eq!(clock.read(999_520, 130), 999_520);
        for jump in [86_400, -86_400, 946_080_000, -946_080_000] {
            assert_eq!(clock.read(999_580 + jump, 190), 999_580, "{jump}");
            assert!(clock.held);
        }
        // Time goes on by itself meanwhile, and the clock is followed again once it is back.
        assert_eq!(clock.read(90_000_000, 250), 999_640);
        assert_eq!(clock.read(999_702, 310), 999_702);
        assert!(!clock.held);
    }

    #[test]
    fn a_machine_that_slept_has_not_jumped() {
        let mut clock = state();
        clock.read(1_000_000, 10);
        assert_eq!(clock.read(1_100_000, 100_010), 1_100_000);
        assert!(!clock.held);
    }

    #[test]
    fn between_two_runs_a_month_may_pass_and_no_time_may_go_back() {
        let started = |last: i64, wall: i64| Steady::start(Some(last), wall).read(wall);
        assert_eq!(started(1_000_000, 1_000_000 + 86_400), 1_086_400);
        let held = started(100_000_000, 1_000);
        assert!((100_000_000..100_000_010).contains(&held), "{held}");
        let held = started(100_000_000, 300_000_000);
        assert!((100_000_000..100_000_010).contains(&held), "{held}");
        assert_eq!(Steady::start(None, 1_000).read(1_000), 1_000);
    }

    #[test]
    fn the_operator_can_say_that_the_clock_is_right() {
        let steady = Steady::start(Some(100_000_000), 300_000_000);
        assert!(steady.read(300_000_000) < 100_000_010 && steady.is_held());
        steady.accept();
        assert_eq!(steady.read(300_000_000), 300_000_000);
        assert!(!steady.is_held());
    }
}
