//! The loop that looks after the others: tells the supervisor that the daemon lives, keeps sign-ins alive, and has
//! the operator told when mail can't be read or sent for a while.
//!
//! Only a fault of the desk ends it. A supervisor that does not listen is no fault.

use crate::clerk::{Clerk, Now, RunError};
use crate::config::Service;
use crate::desk::alarm::Topic;
use crate::keyring::account::Health;
use crate::keyring::{self, Door};
use crate::pulse::Pulse;
use crate::rules::saying::Alarm;
use sd_notify::NotifyState;
use std::sync::mpsc;
use std::time::Duration;
use tokio::sync::watch;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// Until the daemon is ready: a supervisor waits for it.
const AT_START: Duration = Duration::from_millis(200);

/// Between two requests for more time, and how much is asked for each time.
const ASK_EVERY: Duration = Duration::from_secs(30);
const ASKED_USEC: u32 = 90_000_000;

pub struct Loop {
    pub clerk: Clerk,
    pub pulse: Pulse,
    pub imap: Door,
    pub smtp: Door,
    pub service: Service,
    pub dry_run: bool,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
}

impl Loop {
    pub async fn run(mut self) -> Result<(), RunError> {
        let watchdog = sd_notify::watchdog_enabled();
        let every = watchdog.map_or(EVERY, |limit| (limit / 3).min(EVERY));
        let mut ready = false;
        let mut status = String::new();
        while !*self.stop.borrow() {
            if !ready && self.has_tried() {
                ready = true;
                notify(&[NotifyState::Ready]);
            }
            // The one thing that feeds the watchdog is a reading loop that keeps its promises.
            if watchdog.is_some() && self.pulse.is_alive() {
                notify(&[NotifyState::Watchdog]);
            }
            let now = self.status();
            if now != status {
                notify(&[NotifyState::Status(&now)]);
                status = now;
            }
            if !self.dry_run {
                self.keep_sign_ins().await;
                self.look().await?;
            }
            let pause = if ready { every } else { AT_START };
            let _ = tokio::time::timeout(pause, crate::clerk::stopped(&mut self.stop)).await;
        }
        notify(&[NotifyState::Stopping]);
        Ok(())
    }

    /// A mail server that is down at the start is no reason for a supervisor to give up: the daemon
    /// has taken up its work as soon as it has tried.
    fn has_tried(&self) -> bool {
        let reading = self.pulse.reading();
        reading.is_well() || reading.failing_since_secs.is_some()
    }

    fn status(&self) -> String {
        let (reading, sending) = (self.pulse.reading(), self.pulse.sending());
        match (reading.failing_since_secs, sending.failing_since_secs) {
            (Some(_), _) => format!("Can't read mail: {}", reading.trouble),
            (None, Some(_)) => format!("Can't send mail: {}", sending.trouble),
            (None, None) if reading.is_well() => "Reading and sending mail".to_owned(),
            (None, None) => "Connecting".to_owned(),
        }
    }

    /// A token is renewed when its time comes, though no connection needs it yet: that is how the end
    /// of a sign-in is noticed while a mail can still say so.
    async fn keep_sign_ins(&self) {
        let now_secs = (self.now)();
        for door in [&self.imap, &self.smtp] {
            if let Some(account) = door.account().cloned() {
                let renewing = tokio::task::spawn_blocking(move || account.token(now_secs));
                // What is wrong is told by its health.
                let _ = renewing.await;
            }
        }
    }

    async fn look(&self) -> Result<(), RunError> {
        let now_secs = (self.now)();
        let long = |since: i64| now_secs - since >= self.service.alarm_after_secs;
        let reading = self.pulse.reading();
        if let Some(since) = reading.failing_since_secs.filter(|since| long(*since)) {
            let alarm = Alarm::NotReading {
                since_secs: since,
                trouble: reading.trouble.clone(),
            };
            self.wrong(Topic::Reading, since, Some(alarm)).await?;
        } else if reading.is_well() {
            let again = |since_secs| Alarm::ReadingAgain { since_secs };
            self.well(Topic::Reading, again).await?;
        }
        let sending = self.pulse.sending();
        if let Some(since) = sending.failing_since_secs.filter(|since| long(*since)) {
            // No mail can tell that no mail is sent.
            self.wrong(Topic::Sending, since, None).await?;
        } else if sending.is_well() {
            let again = |since_secs| Alarm::SendingAgain { since_secs };
            self.well(Topic::Sending, again).await?;
        }
        self.look_at_sign_ins(now_secs).await
    }

    async fn look_at_sign_ins(&self, now_secs: i64) -> Result<(), RunError> {
        let doors = [self.imap.clone(), self.smtp.clone()];
        if doors.iter().all(|door| door.account().is_none()) {
            return Ok(());
        }
        let health = tokio::task::spawn_blocking(move || {
            let [imap, smtp] = &doors;
            keyring::health(&[imap, smtp], now_secs)
        });
        match health.await {
            Ok(Some(Health::Ending {
                until_secs,
                command,
            })) => {
                let alarm = Alarm::SignInEnds {
                    until_secs,
                    command,
                };
                self.wrong(Topic::SignIn, now_secs, Some(alarm)).await
            }
            Ok(Some(Health::Over { command })) => {
                // It goes out where sending has a key of its own, or as soon as there is one again.
                let sendable = self.smtp.account().is_none();
                let alarm = sendable.then_some(Alarm::SignInOver { command });
                self.wrong(Topic::SignIn, now_secs, alarm).await
            }
            Ok(None) => self.over(Topic::SignIn, |_| None).await,
            // The process is ending.
            Err(_) => Ok(()),
        }
    }

    async fn wrong(
        &self,
        topic: Topic,
        since_secs: i64,
        alarm: Option<Alarm>,
    ) -> Result<(), RunError> {
        if self.told_since(topic).await?.is_some() {
            return Ok(());
        }
        tracing::error!(
            topic = ?topic,
            since_secs,
            "something is wrong for a while; the operator is told{}",
            if alarm.is_some() { " by mail" } else { " here only" }
        );
        self.tell(topic, Some(since_secs), alarm).await
    }

    async fn well(&self, topic: Topic, again: impl Fn(i64) -> Alarm) -> Result<(), RunError> {
        self.over(topic, |since| Some(again(since))).await
    }

    async fn over(
        &self,
        topic: Topic,
        again: impl Fn(i64) -> Option<Alarm>,
    ) -> Result<(), RunError> {
        let Some(since) = self.told_since(topic).await? else {
            return Ok(());
        };
        tracing::info!(topic = ?topic, "what was wrong is well again");
        self.tell(topic, None, again(since)).await
    }

    async fn told_since(&self, topic: Topic) -> Result<Option<i64>, RunError> {
        self.clerk.ask(move |desk| desk.told_since(topic)).await
    }

    async fn tell(
        &self,
        topic: Topic,
        since_secs: Option<i64>,
        alarm: Option<Alarm>,
    ) -> Result<(), RunError> {
        let operator = self.service.operator.clone();
        let now_secs = (self.now)();
        self.clerk
            .ask(move |desk| {
                desk.tell_operator(topic, since_secs, alarm, operator.as_ref(), now_secs)
            })
            .await?;
        self.clerk.bell.ring();
        Ok(())
    }
}

/// Runs what may take minutes before the daemon is ready. Meanwhile systemd is asked for more time
/// (sd_notify(3), EXTEND_TIMEOUT_USEC): else a large database on a slow disk would never be started on.
pub fn patiently<T>(what: &'static str, act: impl FnOnce() -> T) -> T {
    let (done, ended) = mpsc::channel::<()>();
    let asking = std::thread::spawn(move || {
        while ended.recv_timeout(ASK_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
            tracing::info!("still {what}");
            notify(&[NotifyState::ExtendTimeoutUsec(ASKED_USEC)]);
        }
    });
    let result = act();
    drop(done);
    let _ = asking.join();
    result
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("the supervisor does not listen: {error}");
    }
}
