//! Several connections to the mail server, kept open for a while, over which a batch is sent.
//!
//! Never fails as a whole: each mail gets an attempt with what the wire saw, or is handed back untried.
//! One connection that can't be opened counts only where no other one is open: servers limit how many.

use crate::clerk::Now;
use crate::deliver::{keyless, translated};
use crate::desk::post::Parcel;
use crate::failpoint;
use crate::keyring::Door;
use crate::rules::retry::Attempt;
use crate::store::StoreError;
use crate::store::offers::Offers;
use crate::wire::error::WireError;
use crate::wire::smtp::{self, Connection, Phase, Timeouts};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// How long a connection stays open after its last mail: long enough for the next answer in a
/// conversation, short for a server that counts its clients.
const KEEP: Duration = Duration::from_secs(15);
/// After this no further mail of a batch is begun: the rest is taken anew, so that what was called off
/// meanwhile, or a pause, is seen although the server is slow.
const LONGEST_BATCH: Duration = Duration::from_secs(60);
/// Few mails go one after the other, in their order: a further connection costs more than it saves.
const MAILS_PER_LINE: usize = 8;
/// Of a long queue so many mails are noted as begun in one write, which costs as much as for one; after a crash
/// they are in doubt. Few are noted one by one.
const MAX_NOTED: usize = 16;
/// How long a mail that is on its way may take once we are asked to stop.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

pub struct Lines {
    door: Door,
    /// What we call ourselves in EHLO: the bot's domain, not this machine's name.
    ehlo_name: String,
    /// Connections at most.
    count: usize,
    now: Now,
    /// Where is kept which mails were begun.
    offers: Option<Arc<Offers>>,
    /// In boxes: each is handed on several times a mail.
    kept: Mutex<Vec<(Box<Connection>, Instant)>>,
}

/// What became of one mail.
pub struct Ended {
    pub id: i64,
    pub attempt: Attempt,
    /// What happened where the server did not answer.
    pub trouble: Option<String>,
    /// Dropped once the desk has judged it; its line waits for that with the next mail.
    unjudged: Option<oneshot::Sender<()>>,
}

impl Ended {
    pub fn is_accepted(&self) -> bool {
        let reply = self.attempt.reply.as_ref();
        self.attempt.phase == crate::rules::retry::Phase::Dot
            && reply.is_some_and(|(code, _)| code / 100 == 2)
    }

    fn new(id: i64, attempt: Attempt, trouble: Option<String>) -> Ended {
        Ended {
            id,
            attempt,
            trouble,
            unjudged: None,
        }
    }

    /// Resolves once the desk has judged it.
    fn judged(&mut self) -> oneshot::Receiver<()> {
        let (unjudged, judged) = oneshot::channel();
        self.unjudged = Some(unjudged);
        judged
    }
}

/// A batch on its way.
pub struct Batch {
    waiting: Mutex<VecDeque<Parcel>>,
    /// So many of those in front are noted as begun.
    noted: AtomicUsize,
    /// Nothing more is to be begun: the server refuses us.
    halted: AtomicBool,
    open: AtomicUsize,
    begun: Instant,
    /// Why a mail could not be begun.
    failure: Mutex<Option<StoreError>>,
}

/// A line has a connection that is open, until this is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn of(batch: &'a Batch) -> Counted<'a> {
        batch.open.fetch_add(1, Ordering::Relaxed);
        Counted(&batch.open)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Batch {
    pub fn new(parcels: Vec<Parcel>) -> Batch {
        Batch {
            waiting: Mutex::new(parcels.into()),
            noted: AtomicUsize::new(0),
            halted: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            begun: Instant::now(),
            failure: Mutex::new(None),
        }
    }

    /// Why a mail could not be begun, if so: what can't be written down is not sent.
    pub fn failure(&self) -> Option<StoreError> {
        held(&self.failure).take()
    }

    pub fn halt(&self) {
        self.halted.store(true, Ordering::Relaxed);
    }

    pub fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Relaxed)
    }

    /// What was not tried.
    pub fn rest(&self) -> Vec<i64> {
        let mut waiting = held(&self.waiting);
        waiting.drain(..).map(|parcel| parcel.id).collect()
    }

    /// The next one to be sent, of which is known beside the database that it is begun.
    fn next(&self, offers: Option<&Offers>) -> Option<Parcel> {
        if self.is_halted() || self.begun.elapsed() > LONGEST_BATCH {
            return None;
        }
        let mut waiting = held(&self.waiting);
        if self.noted.load(Ordering::Relaxed) == 0 {
            let share = (waiting.len() / MAILS_PER_LINE).clamp(1, MAX_NOTED);
            let some = share.min(waiting.len());
            let ids = waiting.iter().take(some).map(|parcel| parcel.id);
            if let Err(error) = offers.map_or(Ok(()), |offers| offers.begun(ids)) {
                self.halt();
                *held(&self.failure) = Some(error);
                return None;
            }
            self.noted.store(some, Ordering::Relaxed);
        }
        let next = waiting.pop_front();
        if next.is_some() {
            self.noted.fetch_sub(1, Ordering::Relaxed);
        }
        next
    }

    /// It was not begun after all.
    fn put_back(&self, parcel: Parcel) {
        let mut waiting = held(&self.waiting);
        waiting.push_front(parcel);
        self.noted.fetch_add(1, Ordering::Relaxed);
    }
}

/// A lock that is only held between two awaits, and whose holder does not panic.
fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Lines {
    pub fn new(
        door: Door,
        ehlo_name: String,
        count: usize,
        now: Now,
        offers: Option<Arc<Offers>>,
    ) -> Lines {
        Lines {
            door,
            ehlo_name,
            count,
            now,
            offers,
            kept: Mutex::new(Vec::new()),
        }
    }

    /// The server, for people.
    pub fn at(&self) -> String {
        self.door.at()
    }

    /// One login, whose connection is kept for the first mail.
    pub async fn try_one(&self) -> Result<(), WireError> {
        let connection = self.connect().await.map_err(|(_, error)| error)?;
        self.put_by(connection);
        Ok(())
    }

    /// A connection that has nothing to do now.
    fn put_by(&self, connection: Box<Connection>) {
        held(&self.kept).push((connection, Instant::now()));
    }

    async fn connect(&self) -> Result<Box<Connection>, (Option<smtp::Attempt>, WireError)> {
        let now_secs = (self.now)();
        self.door
            .send(&self.ehlo_name, &Timeouts::default(), now_secs)
            .await
            .map(Box::new)
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
        let ended: Vec<Box<Connection>> = {
            let mut kept = held(&self.kept);
            let (ended, rest) = std::mem::take(&mut *kept)
                .into_iter()
                .partition(|(_, since)| old(since));
            *kept = rest;
            let ended: Vec<(Box<Connection>, Instant)> = ended;
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
        ended: mpsc::UnboundedSender<Ended>,
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
        ended: &mpsc::UnboundedSender<Ended>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut connection: Option<Box<Connection>> = None;
        let mut counted = None;
        while let Some(parcel) = batch.next(self.offers.as_deref()) {
            failpoint::here("send.begun");
            if *stop.borrow() {
                batch.put_back(parcel);
                break;
            }
            let (open, used) = match connection.take().filter(|open| open.is_usable()) {
                Some(open) => (open, false),
                None => {
                    // The one before, if there was one, is lost.
                    drop(counted.take());
                    match self.open().await {
                        Ok(opened) => {
                            counted = Some(Counted::of(batch));
                            opened
                        }
                        Err(failed) => {
                            batch.put_back(parcel);
                            return nobody_answers(batch, ended, &failed);
                        }
                    }
                }
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
            let mut end = Ended::new(parcel.id, translated(&attempt), attempt.trouble);
            // What is not plainly accepted may mean us all: before it is judged nothing more is offered.
            let judged = (!end.is_accepted()).then(|| end.judged());
            let _ = ended.send(end);
            if let Some(judged) = judged {
                let _ = judged.await;
            }
        }
        if let Some(open) = connection.filter(|open| open.is_usable()) {
            self.put_by(open);
        }
    }

    /// A kept connection, or a fresh one; whether it was kept.
    async fn open(&self) -> Result<(Box<Connection>, bool), (Option<smtp::Attempt>, WireError)> {
        let kept = held(&self.kept).pop();
        let kept = kept.filter(|(_, since)| since.elapsed() < KEEP);
        Ok(match kept {
            Some((connection, _)) => (connection, true),
            None => (self.connect().await?, false),
        })
    }

    /// One mail. A server may have closed a connection that was kept: where not even MAIL was
    /// answered nothing was sent, and a fresh connection gets the same mail.
    async fn one(
        &self,
        mut open: Box<Connection>,
        kept: bool,
        parcel: &Parcel,
    ) -> (Box<Connection>, smtp::Attempt) {
        let (from, to) = (Some(parcel.envelope_from.as_str()), &parcel.recipients);
        let attempt = open.send(from, to, &parcel.bytes).await;
        let closed = attempt.phase == Phase::Mail
            && attempt.unsendable.is_none()
            && attempt.reply.as_ref().is_none_or(|reply| reply.code == 421);
        if !kept || !closed {
            return (open, attempt);
        }
        match self.connect().await {
            Ok(mut fresh) => {
                let attempt = fresh.send(from, to, &parcel.bytes).await;
                (fresh, attempt)
            }
            Err((failed, _)) => (open, failed.unwrap_or(attempt)),
        }
    }
}

/// No connection to be had: where none is open either, that is the outcome for all that wait.
fn nobody_answers(
    batch: &Batch,
    ended: &mpsc::UnboundedSender<Ended>,
    (attempt, error): &(Option<smtp::Attempt>, WireError),
) {
    tracing::warn!("sending mail: {error}");
    if batch.open.load(Ordering::Relaxed) > 0 {
        return;
    }
    let attempt = attempt.as_ref().map_or_else(|| keyless(error), translated);
    for parcel in held(&batch.waiting).drain(..) {
        let trouble = Some(error.to_string());
        let _ = ended.send(Ended::new(parcel.id, attempt.clone(), trouble));
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
