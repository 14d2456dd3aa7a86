//! Several connections to the mail server, kept open for a while, over which a batch is sent.
//!
//! Never fails as a whole: each mail gets an attempt with what the wire saw, or is handed back untried.
//! One connection that can't be opened counts only where no other one is open: servers limit how many.

use crate::deliver::translated;
use crate::desk::post::Parcel;
use crate::failpoint;
use crate::rules::retry::Attempt;
use crate::wire::Server;
use crate::wire::smtp::{self, Connection, Phase, Timeouts};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// How long a connection stays open after its last mail: long enough for the next answer in a
/// conversation, short for a server that counts its clients.
pub const KEEP: Duration = Duration::from_secs(15);
/// Few mails go one after the other, in their order: a further connection costs more than it saves.
const MAILS_PER_LINE: usize = 8;
/// How long a mail that is on its way may take once we are asked to stop.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

pub struct Lines {
    pub server: Server,
    /// What we call ourselves in EHLO: the bot's domain, not this machine's name.
    pub ehlo_name: String,
    /// Connections at most.
    pub count: usize,
    kept: Mutex<Vec<(Connection, Instant)>>,
}

/// A batch on its way.
pub struct Batch {
    waiting: Mutex<VecDeque<Parcel>>,
    /// Nothing more is to be begun: the server refuses us.
    halted: AtomicBool,
    open: AtomicUsize,
}

impl Batch {
    pub fn new(parcels: Vec<Parcel>) -> Batch {
        Batch {
            waiting: Mutex::new(parcels.into()),
            halted: AtomicBool::new(false),
            open: AtomicUsize::new(0),
        }
    }

    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    /// What was not tried.
    pub fn rest(&self) -> Vec<i64> {
        let mut waiting = held(&self.waiting);
        waiting.drain(..).map(|parcel| parcel.id).collect()
    }

    fn next(&self) -> Option<Parcel> {
        match self.halted.load(Ordering::Relaxed) {
            true => None,
            false => held(&self.waiting).pop_front(),
        }
    }
}

/// A lock that is only held between two awaits, and whose holder does not panic.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Lines {
    pub fn new(server: Server, ehlo_name: String, count: usize) -> Lines {
        Lines {
            server,
            ehlo_name,
            count,
            kept: Mutex::new(Vec::new()),
        }
    }

    /// One login, whose connection is kept for the first mail.
    pub async fn try_one(&self) -> Result<(), crate::wire::error::WireError> {
        let connected =
            Connection::connect(&self.server, &self.ehlo_name, &Timeouts::default()).await;
        let connection = connected.map_err(|(_, error)| error)?;
        held(&self.kept).push((connection, Instant::now()));
        Ok(())
    }

    /// When the oldest kept connection should be closed.
    pub fn oldest(&self) -> Option<Instant> {
        held(&self.kept)
            .iter()
            .map(|(_, since)| *since + KEEP)
            .min()
    }

    /// Says good-bye on connections that were kept long enough, or on all.
    pub async fn close(&self, all: bool) {
        let now = Instant::now();
        let old = |since: &Instant| all || *since + KEEP <= now;
        let ended: Vec<Connection> = {
            let mut kept = held(&self.kept);
            let (ended, rest) = std::mem::take(&mut *kept)
                .into_iter()
                .partition(|(_, since)| old(since));
            *kept = rest;
            let ended: Vec<(Connection, Instant)> = ended;
            ended
                .into_iter()
                .map(|(connection, _)| connection)
                .collect()
        };
        for connection in ended {
            connection.quit().await;
        }
    }

    /// Sends over as many lines as the batch is worth; attempts come out as they end.
    pub async fn send(
        &self,
        batch: &Batch,
        ended: mpsc::UnboundedSender<(i64, Attempt)>,
        stop: &watch::Receiver<bool>,
    ) {
        let waiting = held(&batch.waiting).len();
        let count = self.count.min(waiting.div_ceil(MAILS_PER_LINE));
        let lines = (0..count).map(|_| self.line(batch, &ended, stop.clone()));
        futures_util::future::join_all(lines).await;
    }

    /// One connection's share: mails one after the other until none waits.
    async fn line(
        &self,
        batch: &Batch,
        ended: &mpsc::UnboundedSender<(i64, Attempt)>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut connection: Option<Connection> = None;
        while let Some(parcel) = batch.next() {
            if *stop.borrow() {
                held(&batch.waiting).push_front(parcel);
                break;
            }
            let (open, used) = match connection.take().filter(Connection::is_usable) {
                Some(open) => (open, false),
                None => match self.open(batch).await {
                    Ok(opened) => opened,
                    Err(attempt) => {
                        held(&batch.waiting).push_front(parcel);
                        return self.nobody_answers(batch, ended, &attempt);
                    }
                },
            };
            failpoint::here("send.connected");
            let sending = self.one(open, used, &parcel);
            let Some((open, attempt)) = finish(sending, &mut stop).await else {
                // Its row stays in flight: the next start finds out.
                break;
            };
            failpoint::here("send.answered");
            if let Some(trouble) = &attempt.trouble {
                tracing::warn!(outbox = parcel.id, "sending mail: {trouble}");
            }
            connection = Some(open);
            let _ = ended.send((parcel.id, translated(&attempt)));
        }
        if let Some(open) = connection.filter(Connection::is_usable) {
            held(&self.kept).push((open, Instant::now()));
        }
        batch.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// A kept connection, or a fresh one; whether it was kept.
    async fn open(&self, batch: &Batch) -> Result<(Connection, bool), smtp::Attempt> {
        let kept = held(&self.kept).pop();
        if let Some((connection, _)) = kept.filter(|(_, since)| since.elapsed() < KEEP) {
            batch.open.fetch_add(1, Ordering::Relaxed);
            return Ok((connection, true));
        }
        let opened = Connection::connect(&self.server, &self.ehlo_name, &Timeouts::default()).await;
        match opened {
            Ok(connection) => {
                batch.open.fetch_add(1, Ordering::Relaxed);
                Ok((connection, false))
            }
            Err((attempt, error)) => {
                tracing::warn!("sending mail: {error}");
                Err(attempt)
            }
        }
    }

    /// One mail. A server may have closed a connection that was kept: where not even MAIL was
    /// answered nothing was sent, and a fresh connection gets the same mail.
    async fn one(
        &self,
        mut open: Connection,
        kept: bool,
        parcel: &Parcel,
    ) -> (Connection, smtp::Attempt) {
        let (from, to) = (Some(parcel.envelope_from.as_str()), &parcel.recipients);
        let attempt = open.send(from, to, &parcel.bytes).await;
        let closed = attempt.phase == Phase::Mail
            && attempt.unsendable.is_none()
            && attempt.reply.as_ref().is_none_or(|reply| reply.code == 421);
        if !kept || !closed {
            return (open, attempt);
        }
        let fresh = Connection::connect(&self.server, &self.ehlo_name, &Timeouts::default()).await;
        match fresh {
            Ok(mut fresh) => {
                let attempt = fresh.send(from, to, &parcel.bytes).await;
                (fresh, attempt)
            }
            Err((attempt, _)) => (open, attempt),
        }
    }

    /// No connection to be had: where none is open either, that is the outcome for all that wait.
    fn nobody_answers(
        &self,
        batch: &Batch,
        ended: &mpsc::UnboundedSender<(i64, Attempt)>,
        attempt: &smtp::Attempt,
    ) {
        if batch.open.load(Ordering::Relaxed) > 0 {
            return;
        }
        let attempt = translated(attempt);
        for parcel in held(&batch.waiting).drain(..) {
            let _ = ended.send((parcel.id, attempt.clone()));
        }
    }
}

/// Lets a mail finish; asked to stop, it has a moment left.
async fn finish<T>(
    sending: impl Future<Output = T>,
    stop: &mut watch::Receiver<bool>,
) -> Option<T> {
    tokio::pin!(sending);
    tokio::select! {
        done = &mut sending => Some(done),
        () = crate::clerk::stopped(stop) => {
            tokio::time::timeout(LAST_WORDS, sending).await.ok()
        }
    }
}
