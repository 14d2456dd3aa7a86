//! Waiting for new mail: IDLE where the server has it (RFC 2177), asking again and again where not.
//! It fails when the connection is gone; silence is found out at the latest when an IDLE period ends.

use std::time::Duration;

use async_imap::imap_proto::Response;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until, timeout};

use super::{Session, WRITE, tagged};
use crate::wire::error::WireError;

/// RFC 2177 says 29 minutes, but networks and Exchange drop silent connections after ten.
const IDLE_LONGEST: Duration = Duration::from_secs(9 * 60);
/// A server that answers IDLE at all does so at once.
const IDLE_BEGIN: Duration = Duration::from_secs(60);
/// The first sign of life after a long silence: a dead connection shows here.
const IDLE_END: Duration = Duration::from_secs(15);
/// A server that ends IDLE by itself sooner than this would make us spin: it is asked by NOOP from then on.
const IDLE_SHORTEST: Duration = Duration::from_secs(5);

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Woken {
    /// The server mentioned new mail: list it.
    News,
    /// The time is up; list all the same, a server may have said nothing.
    Elapsed,
    /// The caller's stop sign.
    Stopped,
}

impl Session {
    /// Waits for new mail in the selected mailbox, for `longest` but at most nine minutes.
    ///
    /// # Errors
    /// [`WireError::NotSelected`], [`WireError::UidValidityChanged`], or a fault of the connection.
    pub async fn wait(
        &mut self,
        longest: Duration,
        stop: &mut Receiver<bool>,
    ) -> Result<Woken, WireError> {
        let uid_validity = self.require_selected()?;
        if *stop.borrow_and_update() {
            return Ok(Woken::Stopped);
        }
        if self.ending.is_some() {
            // Nothing was asked since: the last IDLE is ended first.
            let _ = self.ask().await?;
        }
        let until = Instant::now() + longest.min(IDLE_LONGEST);
        let woken = match self.abilities.idle && self.idle_works {
            _ if self.news => Woken::News,
            true => self.idle(until, stop).await?,
            false => self.poll(until, stop).await?,
        };
        self.require_same(uid_validity)?;
        if woken == Woken::News {
            self.news = false;
        }
        Ok(woken)
    }

    async fn idle(
        &mut self,
        until: Instant,
        stop: &mut Receiver<bool>,
    ) -> Result<Woken, WireError> {
        let begun = Instant::now();
        let tag = self.begin("IDLE", "IDLE").await?;
        if !self.idle_begins(&tag).await? {
            self.idle_works = false;
            return self.poll(until, stop).await;
        }
        let woken = loop {
            if self.bye.is_some() {
                return Err(self.closed("IDLE"));
            }
            if self.news {
                break Woken::News;
            }
            let reading = self.read_within("IDLE", 2 * IDLE_LONGEST, |response| {
                tagged(response, &tag).is_some()
            });
            tokio::select! {
                ended = reading => if ended? {
                    self.out_of_step = false;
                    self.idle_works = begun.elapsed() >= IDLE_SHORTEST;
                    return self.ask().await;
                },
                () = sleep_until(until) => break Woken::Elapsed,
                () = stopped(stop) => break Woken::Stopped,
            }
        };
        if woken == Woken::News && self.hurries {
            // It has just spoken, so it lives: the mail is asked for in the same breath.
            self.say_done().await?;
            self.ending = Some(tag);
            self.out_of_step = false;
            return Ok(woken);
        }
        self.end_idle(&tag).await?;
        match woken {
            // The answer proves that the connection lives, and brings what the server held back.
            Woken::Elapsed => self.ask().await,
            _ => Ok(woken),
        }
    }

    /// Whether the server agreed to IDLE. News may come before its `+`.
    async fn idle_begins(&mut self, tag: &str) -> Result<bool, WireError> {
        let begin = async {
            loop {
                let begun = self.read("IDLE", |response| match response {
                    Response::Continue(_) => Some(true),
                    other => tagged(other, tag).map(|_| false),
                });
                if let Some(begun) = begun.await? {
                    return Ok::<bool, WireError>(begun);
                }
            }
        };
        let begun = match timeout(IDLE_BEGIN, begin).await {
            Ok(begun) => begun?,
            Err(_) => {
                return Err(WireError::Timeout {
                    at: self.at.clone(),
                    what: "IDLE",
                });
            }
        };
        self.out_of_step = begun;
        Ok(begun)
    }

    async fn end_idle(&mut self, tag: &str) -> Result<(), WireError> {
        self.say_done().await?;
        let until = Instant::now() + IDLE_END;
        match timeout(IDLE_END, self.finish(tag, "IDLE", until, &mut |_| {})).await {
            Ok(ended) => ended,
            Err(_) => Err(self.ends_late()),
        }
    }

    async fn say_done(&mut self) -> Result<(), WireError> {
        match timeout(WRITE, self.inner.run_command_untagged("DONE")).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.closed("IDLE")),
            Err(_) => Err(self.ends_late()),
        }
    }

    fn ends_late(&self) -> WireError {
        WireError::Timeout {
            at: self.at.clone(),
            what: "the end of IDLE",
        }
    }

    async fn poll(
        &mut self,
        until: Instant,
        stop: &mut Receiver<bool>,
    ) -> Result<Woken, WireError> {
        loop {
            let next = until.min(Instant::now() + self.poll_every);
            tokio::select! {
                () = sleep_until(next) => {}
                () = stopped(stop) => return Ok(Woken::Stopped),
            }
            let woken = self.ask().await?;
            if woken == Woken::News || Instant::now() >= until {
                return Ok(woken);
            }
        }
    }

    async fn ask(&mut self) -> Result<Woken, WireError> {
        self.exec("NOOP", "NOOP", |_| {}).await?;
        Ok(if self.news {
            Woken::News
        } else {
            Woken::Elapsed
        })
    }
}

/// Ends when the sign says stop, or when nobody is left to raise it.
async fn stopped(stop: &mut Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
