//! The loop from the mailbox to the desk: list, fetch what is not known, hand over, wait.
//!
//! A fault of the wire ends the session and a new one begins after a while; only a fault of the
//! desk, or at the first connection one that needs the operator, ends the loop.

use crate::clerk::{Clerk, Now, RunError};
use crate::desk::Desk;
use crate::desk::views::{FolderSeen, Known};
use crate::failpoint;
use crate::furnish::Watch;
use crate::keyring::Door;
use crate::pulse::Pulse;
use crate::store::inbox::{Arrived, Aside};
use crate::wire::error::WireError;
use crate::wire::imap::{Fetched, Mail, Session, Woken};
use crate::wire::proof::Resolver;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

pub mod authors;
#[cfg(test)]
mod tests;

/// Mails in one FETCH: one round trip for many, and a fault costs little.
const MAX_BATCH: usize = 100;
/// Octets in one FETCH, so that memory does not grow with the backlog.
const MAX_BATCH_OCTETS: u64 = 8 * 1024 * 1024;
/// A larger mail is fetched only in part: nothing a person writes by hand is longer.
const MAX_WHOLE_OCTETS: u32 = 5 * 1024 * 1024;
/// What is fetched of a larger one: headers and the beginning of the text.
const FIRST_OCTETS: u32 = 64 * 1024;
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
                        self.take(&mut session, &mailbox, folder, false, memory)
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
        self.take(session, mailbox, folder, true, memory).await?;
        Ok(folder)
    }

    /// The set difference of what is there and what is known, in batches. At a wake-up only behind
    /// the last known mail; a gap heals when the whole set is compared, at least every nine minutes.
    async fn take(
        &mut self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
        whole: bool,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let uid_validity = folder.uid_validity;
        let known = self.open_folder(mailbox, folder).await?;
        let last = known
            .uids
            .iter()
            .max()
            .map_or(0, |last| last.saturating_add(1));
        let from = match whole {
            true => known.first_uid,
            false => known.first_uid.max(last),
        };
        let listed = session.list(from).await?;
        let missing: Vec<_> = listed
            .into_iter()
            .filter(|listed| !known.uids.contains(&listed.uid))
            .collect();
        let mut rest = missing.as_slice();
        while !rest.is_empty() && !*self.stop.borrow() {
            let large = |size: u32| size > MAX_WHOLE_OCTETS;
            let part = rest.first().is_some_and(|first| large(first.size));
            let mut octets = 0_u64;
            let count = rest
                .iter()
                .take(memory.batch)
                .take_while(|listed| {
                    octets += u64::from(if part { FIRST_OCTETS } else { listed.size });
                    large(listed.size) == part
                        && (octets <= MAX_BATCH_OCTETS || octets == u64::from(listed.size))
                })
                .count()
                .max(1);
            let (batch, others) = rest.split_at(count.min(rest.len()));
            rest = others;
            self.pulse.promise(LONGEST_STEP);
            let uids: Vec<u32> = batch.iter().map(|listed| listed.uid).collect();
            let fetched = session.fetch(&uids, part.then_some(FIRST_OCTETS)).await;
            failpoint::here("fetch.fetched");
            let fetched = self
                .survive(fetched, mailbox, uid_validity, &uids, memory)
                .await?;
            self.hand_over(fetched, mailbox, uid_validity, &known, memory)
                .await?;
        }
        memory.batch = MAX_BATCH;
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
                let mail = self.arrived(mailbox, uid_validity, *uid, Some(Aside::Unreadable));
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
                    let mail = self.arrived(mailbox, uid_validity, *uid, Some(Aside::Unreadable));
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

    async fn open_folder(&self, mailbox: &str, seen: Folder) -> Result<Known, Fault> {
        let (account, mailbox) = (self.account.clone(), mailbox.to_owned());
        let (from_start, now_secs) = (self.from_start, (self.now)());
        let known = self
            .clerk
            .ask(move |desk| {
                let folder = FolderSeen {
                    account: &account,
                    mailbox: &mailbox,
                    uid_validity: seen.uid_validity,
                    uid_next: seen.uid_next,
                    from_start,
                };
                desk.open_folder(&folder, now_secs)
            })
            .await?;
        Ok(known)
    }

    async fn hand_over(
        &mut self,
        fetched: Fetched,
        mailbox: &str,
        uid_validity: u32,
        known: &Known,
        memory: &mut Memory,
    ) -> Result<(), Fault> {
        let mut batch = Vec::with_capacity(fetched.mails.len());
        for mail in fetched.mails {
            batch.push(self.mail(mail, mailbox, uid_validity, known));
        }
        for uid in fetched.unreadable {
            let count = memory
                .refusals
                .entry((mailbox.to_owned(), uid))
                .or_insert(0);
            *count += 1;
            if *count >= MAX_REFUSALS {
                batch.push(self.arrived(mailbox, uid_validity, uid, Some(Aside::Unreadable)));
            }
        }
        self.store(batch).await
    }

    fn mail(&self, mail: Mail, mailbox: &str, uid_validity: u32, known: &Known) -> Arrived {
        let older = mail
            .internal_date_secs
            .is_some_and(|date| date < known.started_at_secs);
        let old = (known.moved && older).then_some(Aside::Old);
        Arrived {
            internal_date_secs: mail.internal_date_secs,
            size: u64::from(mail.size),
            complete: mail.complete,
            raw: mail.bytes,
            ..self.arrived(mailbox, uid_validity, mail.uid, old)
        }
    }

    fn arrived(&self, mailbox: &str, uid_validity: u32, uid: u32, aside: Option<Aside>) -> Arrived {
        Arrived {
            account: self.account.clone(),
            mailbox: mailbox.to_owned(),
            uid_validity,
            uid,
            internal_date_secs: None,
            size: 0,
            complete: true,
            raw: Vec::new(),
            facts: None,
            aside,
        }
    }

    async fn store(&self, batch: Vec<Arrived>) -> Result<(), Fault> {
        if batch.is_empty() {
            return Ok(());
        }
        self.watch.refresh(&self.clerk).await?;
        let now_secs = (self.now)();
        let taken = match &self.resolver {
            Some(resolver) => authors::take(&self.clerk, resolver, batch, now_secs).await?,
            None => {
                let clerk = &self.clerk;
                clerk
                    .ask(move |desk| desk.receive(&batch, now_secs))
                    .await?
            }
        };
        tracing::info!(mails = taken, "mail taken");
        self.pulse.took(taken);
        self.clerk.bell.ring();
        Ok(())
    }
}
