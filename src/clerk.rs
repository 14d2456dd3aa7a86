//! The clerk: carries jobs to the desk, which lives in a thread of its own, and brings back what it says.
//!
//! Fails with a [`RunError`] when the desk fails, or its thread has ended.

use crate::config::ConfigError;
use crate::config::PasswordError;
use crate::deadline::Deadline;
use crate::desk::post::Parcel;
use crate::desk::{Desk, DeskError, STACK_OCTETS};
use crate::wire::error::WireError;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("the password of [{section}]: {source}")]
    Password {
        section: &'static str,
        source: PasswordError,
    },
    #[error("[connector] contacts: {0}")]
    Contacts(String),
    #[error("[bot] words: {0}")]
    Words(String),
    #[error(transparent)]
    Desk(#[from] DeskError),
    #[error(transparent)]
    Wire(#[from] WireError),
    #[error("{path}: another askfirst runs on this database; stop it first")]
    Locked { path: PathBuf },
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("[service] listen: {listen}: {source}")]
    Listen {
        listen: std::net::SocketAddr,
        source: std::io::Error,
    },
    #[error("the desk's thread has ended; the reason stands in the log above")]
    DeskGone,
}

/// What the time is, in seconds since 1970; the demo moves it.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The way to the desk, which lives in a thread of its own: a job is whole, however the loop that
/// asked for it ends.
#[derive(Clone)]
pub struct Clerk {
    jobs: std::sync::mpsc::Sender<Job>,
    /// Ends the process at a mail that hangs.
    pub deadline: Deadline,
    /// Rung when something was written to the outbox or a clock moved; a hint, it may be lost.
    pub bell: Arc<Bell>,
}

/// Two listeners hear it: the one that sends and the one that watches the clock.
#[derive(Default)]
pub struct Bell {
    pub outbox: Notify,
    pub clock: Notify,
    /// For the one that sends: what goes at once, so that he need not ask the desk for it.
    at_hand: Mutex<Option<AtHand>>,
}

/// Mails that are in flight, and since when they lie here.
pub struct AtHand {
    pub parcels: Vec<Parcel>,
    pub since: Instant,
}

impl Bell {
    pub fn ring(&self) {
        self.outbox.notify_one();
        self.clock.notify_one();
    }

    /// Rung at the desk, which hands out what goes at once, if what it handed out before was taken.
    pub fn ring_at(&self, desk: &mut Desk) {
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        if at_hand.is_none() {
            let parcels = desk.hand_out();
            let since = Instant::now();
            *at_hand = (!parcels.is_empty()).then_some(AtHand { parcels, since });
        }
        drop(at_hand);
        self.ring();
    }

    /// Whether something lies there to go at once.
    pub fn has_at_hand(&self) -> bool {
        let at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        at_hand.is_some()
    }

    pub fn take_at_hand(&self) -> Option<AtHand> {
        let mut at_hand = self.at_hand.lock().unwrap_or_else(PoisonError::into_inner);
        at_hand.take()
    }
}

impl Clerk {
    /// Puts a desk into its thread.
    pub fn hire(mut desk: Desk) -> Clerk {
        let (jobs, queue) = std::sync::mpsc::channel::<Job>();
        let deadline = Deadline::start();
        desk.watched_by(deadline.clone());
        // Without its thread every question ends in `DeskGone`.
        let thread = std::thread::Builder::new()
            .name("desk".to_owned())
            .stack_size(STACK_OCTETS);
        let hired = thread.spawn(move || {
            for job in queue {
                job(&mut desk);
            }
        });
        if let Err(error) = hired {
            tracing::error!("the desk's thread does not start: {error}");
        }
        Clerk {
            jobs,
            deadline,
            bell: Arc::default(),
        }
    }

    /// Runs a job at the desk and brings back what it says.
    pub async fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<T, RunError> {
        self.begin(job)?.end().await
    }

    /// Puts a job on the desk, which goes on by itself while others are asked for something else.
    pub fn begin<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Desk) -> Result<T, DeskError> + Send + 'static,
    ) -> Result<Begun<T>, RunError> {
        let (answer, waiting) = oneshot::channel();
        let job: Job = Box::new(move |desk| {
            let _ = answer.send(job(desk));
        });
        self.jobs.send(job).map_err(|_| RunError::DeskGone)?;
        Ok(Begun { waiting })
    }
}

/// A job that lies on the desk.
#[must_use]
pub struct Begun<T> {
    waiting: oneshot::Receiver<Result<T, DeskError>>,
}

impl<T> Begun<T> {
    pub async fn end(self) -> Result<T, RunError> {
        Ok(self.waiting.await.map_err(|_| RunError::DeskGone)??)
    }
}

/// Waits for the stop sign.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The guard that `wait_for` returns must not live on: it locks the channel.
    let _ = stop.wait_for(|stopped| *stopped).await;
}
