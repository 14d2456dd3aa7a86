//! The loop from the mailbox to the desk: list, fetch what is not known, hand over, wait.
//!
//! A fault of the wire ends the session and a new one begins after a while; only a fault of the
//! desk, or at the first connection one that needs the operator, ends the loop.

use crate::clerk::{Clerk, Now, RunError};
use crate::desk::Desk;
use crate::desk::views::Known;
use crate::failpoint;
use crate::furnish::Watch;
use crate::keyring::Door;
use crate::pulse::Pulse;
use crate::receive::batch::Handed;
use crate::receive::known::Found;
use crate::receive::plan::MAX_BATCH;
use crate::store::inbox::Aside;
use crate::wire::error::WireError;
use crate::wire::imap::{Fetched, Session, Woken};
use crate::wire::proof::Resolver;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

pub mod authors;
mod batch;
mod glance;
mod known;
mod plan;
pub mod suspect;
#[cfg(test)]
pub(crate) mod tests;

/// Without a word of the server, the mailbox is listed anew after this.
const LONGEST_WAIT: Duration = Duration::from_secs(540);
/// Times a mail is asked for that the server can't give, before it is set aside.
const MAX_REFUSALS: u32 = 3;
/// Times that the connection ends at one mail before that mail is set aside.
const MAX_CUTS: u32 = 10;
/// The first and the longest pause before connecting again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// After a refused login: sooner would lock the account.
const REFUSED_PAUSE: Duration = Duration::from_secs(900);
/// After what time at most the loop shows itself again, by what it does: each is longer than all the deadlines of the
/// wire below it, so that only a step that hangs for ever breaks the promise.
const LONGEST_CONNECT: Duration = Duration::from_secs(15 * 60);
const LONGEST_STEP: Duration = Duration::from_secs(40 * 60);
const SPARE: Duration = Duration::from_secs(180);
/// Between two looks whether somebody has signed in again.
const SIGN_IN_PAUSE: Duration = Duration::from_secs(30);

/// While the outbox is full, it is looked at again after this.
const FULL_PAUSE: Duration = Duration::from_millis(100);

/// How far the loop has come since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    #[default]
    Away,
    /// The login was taken.
    Connected,
    /// Everything that lay in the mailbox has been taken.
    Synced,
}

pub struct Loop {
    pub clerk: Clerk,
    /// Contacts that were changed count for the very next mail.
    pub watch: Arc<Watch>,
    pub door: Door,
    pub account: String,
    pub mailbox: String,
    pub junk: Option<String>,
    pub from_start: bool,
    /// Where authors are looked up, when no mail server's word is believed; None: not at all.
    pub resolver: Option<Resolver>,
    pub pulse: Pulse,
    /// Tells the other loops.
    pub progress: watch::Sender<Progress>,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
}

/// What is remembered from one session to the next.
struct Memory {
    batch: usize,
    /// UIDs the server could not give, with how often.
    refusals: HashMap<(String, u32), u32>,
    /// UIDs at whose fetching alone the connection ended, with how often.
    cuts: HashMap<(String, u32), u32>,
    /// What is known of a folder, by its name and UIDVALIDITY; the last UID is the highest that was fetched.
    known: HashMap<(String, u32), Known>,
    /// A server did not answer what followed DONE: from then on the end of IDLE is waited for.
    lost_hurry: bool,
    /// In this run: after that, a refused login is the server's mood until proven otherwise.
    ever_connected: bool,
    /// Since the last pause.
    connected: bool,
}

/// A selected folder, as the server described it.
#[derive(Clone, Copy)]
struct Folder {
    uid_validity: u32,
    uid_next: u32,
}

enum Fault {
    Wire(WireError),
    Desk(RunError),
}

impl From<WireError> for Fault {
    fn from(error: WireError) -> Self {
        Fault::Wire(error)
    }
}
impl From<RunError> for Fault {
    fn from(error: RunError) -> Self {
        Fault::Desk(error)
    }
}

impl Loop {
    pub async fn run(mut self) -> Result<(), RunError> {
        let mut memory = Memory {
            batch: MAX_BATCH,
            refusals: HashMap::new(),
            cuts: HashMap::new(),
            known: HashMap::new(),
            lost_hurry: false,
            ever_connected: false,
            connected: false,
        };
        let mut pause = FIRST_PAUSE;
        while !*self.stop.borrow() {
            match self.session(&mut memory).await {
                Ok(()) => return Ok(()),
                Err(Fault::Desk(error)) => return Err(error),
                Err(Fault::Wire(error)) if error.needs_operator() && !memory.ever_connected => {
                    return Err(error.into());
                }
                Err(Fault::Wire(error)) => {
                    pause = match error {
                        WireError::LoginRefused { .. } => REFUSED_PAUSE,
                        // No server was troubled; once somebody has signed in, it goes on soon.
                        WireError::SignInNeeded { .. } => SIGN_IN_PAUSE,
                        _ => pause,
                    };
                    tracing::warn!(pause_secs = pause.as_secs(), "reading mail: {error}");
                    self.pulse.cannot_read(&error.to_string(), (self.now)());
                    self.rest(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    if std::mem::take(&mut memory.connected) {
                        pause = FIRST_PAUSE;
                    }
                }
            }
        }
        Ok(())
    }

    async fn rest(&mut self, pause: Duration) {
        let pause = failpoint::pause(pause);
        self.pulse.promise(pause + SPARE);
        let _ = tokio::time::timeout(pause, crate::clerk::stopped(&mut self.stop)).await;
    }

    async fn session(&mut self, memory: &mut Memory) -> Result<(), Fault> {
        let mut stop = self.stop.clone();
        self.pulse.promise(LONGEST_CONNECT);
        let connected = tokio::select! {
            session = self.door.read((self.now)()) => session?,
            () = crate::clerk::stopped(&mut stop) => return Ok(()),
        };
        let mut session = connected;
        if memory.lost_hurry {
            session.refuse_hurry();
        }
        let mut first = !memory.connected;
        memory.connected = true;
        memory.ever_connected = true;
        self.reached(Progress::Connected);
        loop {
            if let Some(junk) = self.junk.clone() {
                self.read_junk(&mut session, &junk, memory).await?;
            }
            let mailbox = self.mailbox.clone();
            let folder = self.sync(&mut session, &mailbox, memory).await?;
            self.reached(Progress::Synced);
            if std::mem::take(&mut first) {
                // Only now: what arrives from here on is new mail for certain.
                tracing::info!(idle = session.abilities().idle, "watching the mailbox");
            }
            loop {
                self.pulse.reads((self.now)());
                self.pulse.promise(LONGEST_WAIT + SPARE);
                match session.wait(LONGEST_WAIT, &mut stop).await? {
                    Woken::Stopped => {
                        session.logout().await;
                        return Ok(());
                    }
                    Woken::News => {
                        self.take_new(&mut session, &mailbox, folder, memory)
                            .await?;
                    }
                    Woken::Elapsed => break,
                }
            }
        }
    }

    fn reached(&self, progress: Progress) {
        self.progress.send_if_modified(|known| {
            let further = progress > *known;
            *known = progress.max(*known);
            further
        });
    }

    /// A provider without a junk folder of that name is no fault. Should one appear later, all that
    /// lies in it has come since.
    async fn read_junk(
        &mut self,
        session: &mut Session,
        junk: &str,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        match self.sync(session, junk, memory).await {
            Ok(_) => Ok(()),
            Err(Fault::Wire(WireError::ServerSaidNo { .. })) => {
                let (account, junk) = (self.account.clone(), junk.to_owned());
                let now_secs = (self.now)();
                let missed = move |desk: &mut Desk| desk.miss_folder(&account, &junk, now_secs);
                Ok(self.clerk.ask(missed).await?)
            }
            Err(other) => Err(other),
        }
    }

    async fn sync(
        &mut self,
        session: &mut Session,
        mailbox: &str,
        memory: &mut Memory,
    ) -> Result<Folder, Fault> {
        self.pulse.promise(LONGEST_STEP);
        let selected = session.select(mailbox).await?;
        let uid_next = match selected.uid_next {
            Some(uid_next) => uid_next,
            // Some servers do not tell.
            None => match session.list(1).await?.last() {
                Some(last) => last.uid.saturating_add(1),
                None => 1,
            },
        };
        let folder = Folder {
            uid_validity: selected.uid_validity,
            uid_next,
        };
        let found = self.list_all(session, mailbox, folder).await?;
        self.take(session, mailbox, folder, (found, None), memory)
            .await?;
        Ok(folder)
    }

    /// What has come since; the first few are on the desk before the rest is listed.
    async fn take_new(
        &mut self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let handed = self.glance(session, mailbox, folder, memory).await?;
        match self.list_new(session, mailbox, folder, memory).await {
            Ok(found) => {
                self.take(session, mailbox, folder, (found, handed), memory)
                    .await
            }
            Err(fault) => {
                self.stored(handed).await?;
                Err(fault)
            }
        }
    }

    /// The set difference of what is there and what is known, in batches, behind what was handed to the desk before.
    /// At a wake-up only behind the last known mail; a gap heals when the whole set is compared, at least every nine
    /// minutes.
    ///
    /// While the desk works on one batch, the next ones are fetched.
    async fn take(
        &mut self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
        (found, handed): (Found, Option<Handed>),
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let uid_validity = folder.uid_validity;
        let mut rest = found.missing.as_slice();
        let mut on_desk = VecDeque::from_iter(handed);
        if found.full {
            self.hold_back().await?;
        }
        while !*self.stop.borrow() {
            let Some(portion) = plan::next(&mut rest, memory.batch) else {
                break;
            };
            self.pulse.promise(LONGEST_STEP);
            let fetched = session.fetch(&portion.uids, portion.first).await;
            failpoint::here("fetch.fetched");
            if fetched.is_err() {
                self.stored(on_desk.drain(..)).await?;
            }
            let fetched = self
                .survive(fetched, mailbox, uid_validity, &portion.uids, memory)
                .await?;
            let done = on_desk.len().saturating_sub(self.most_behind());
            if self.stored(on_desk.drain(..done)).await? {
                self.stored(on_desk.drain(..)).await?;
                self.hold_back().await?;
            }
            self.watch.refresh(&self.clerk).await?;
            self.pulse.promise(LONGEST_STEP);
            let batch = self.prepare(fetched, mailbox, uid_validity, &found.known, memory);
            let batch = suspect::try_out(batch).await;
            on_desk.extend(self.hand_over(batch)?);
        }
        self.stored(on_desk).await?;
        memory.batch = MAX_BATCH;
        Ok(())
    }

    /// Batches that may lie on the desk when the next one comes, so that it need not wait for that. Those whose
    /// authors are looked up would overtake one another.
    fn most_behind(&self) -> usize {
        match self.resolver {
            Some(_) => 0,
            None => 1,
        }
    }

    /// A mail server that takes our mail slowly slows down the reading too: what waits, waits in the
    /// mailbox. While sending is stopped altogether, mail is read all the same.
    async fn hold_back(&mut self) -> Result<(), Fault> {
        while self.is_outbox_full().await? && !*self.stop.borrow() {
            self.pulse.promise(LONGEST_STEP);
            self.rest(FULL_PAUSE).await;
        }
        Ok(())
    }

    /// One answer that can't be parsed ends the session: the next one asks for half as many, down
    /// to the one mail that is to blame, which is set aside.
    async fn survive(
        &mut self,
        fetched: Result<Fetched, WireError>,
        mailbox: &str,
        uid_validity: u32,
        uids: &[u32],
        memory: &mut Memory,
    ) -> Result<Fetched, Fault> {
        match (fetched, uids) {
            (Err(error @ WireError::Protocol { .. }), [uid]) => {
                tracing::error!(uid, "a mail can't be read from the server and is set aside");
                let aside = Aside::Unreadable("the server's answer about it can't be parsed");
                let mail = self.arrived(mailbox, uid_validity, *uid, Some(aside));
                self.store(vec![mail]).await?;
                Err(error.into())
            }
            // A server may also hang up at a mail that it can't read; a broken line looks the same,
            // so one mail has to be there many times before it is to blame.
            (Err(error @ (WireError::Closed { .. } | WireError::Timeout { .. })), [uid]) => {
                let key = (mailbox.to_owned(), *uid);
                let cuts = memory.cuts.entry(key).or_insert(0);
                *cuts += 1;
                if *cuts >= MAX_CUTS {
                    tracing::error!(uid, "a mail can't be fetched and is set aside");
                    let aside = Aside::Unreadable("the connection ended each time it was fetched");
                    let mail = self.arrived(mailbox, uid_validity, *uid, Some(aside));
                    self.store(vec![mail]).await?;
                }
                Err(error.into())
            }
            (Err(error), _) => {
                if error.ends_session() {
                    memory.batch = (uids.len() / 2).max(1);
                }
                Err(error.into())
            }
            (Ok(fetched), _) => {
                memory.cuts.clear();
                Ok(fetched)
            }
        }
    }
}
