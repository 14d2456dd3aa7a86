//! The loop from the Sent mailbox to the desk: proof that a mail of unknown outcome left, and mails of
//! ours that the database does not know.
//!
//! A fault of the wire is waited out; only a fault of the desk ends the loop. A provider that files no
//! sent mail, or can't search it, gives no proof, and that is no fault.

use crate::clerk::{Clerk, Now, RunError};
use crate::desk::strangers::Place;
use crate::desk::unknown::Sought;
use crate::keyring::Door;
use crate::receive::Progress;
use crate::rules::retry::{Looked, OnUnknown};
use crate::wire::error::WireError;
use crate::wire::imap::Session;
use std::time::Duration;
use tokio::sync::watch;

/// The Sent mailbox is looked at this often, for mails of somebody else in our name.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// And the desk is asked this often whether proof is wanted.
const ASK_EVERY: Duration = Duration::from_secs(20);
/// Mails looked at in one FETCH, and at most in one look: the newest tell enough.
const BATCH: usize = 50;
const MAX_LOOKED_AT: usize = 1_000;
/// Our header fields end well before this.
const FIRST_OCTETS: u32 = 16 * 1024;
/// One look in all: searching a large mailbox takes a while, more than this is a stuck server.
const LONGEST_LOOK: Duration = Duration::from_secs(600);
/// Looks that may fail before mail is sent all the same: the mailbox itself can be read, so it is not
/// the line, and a server that can't be searched must not keep every mail back.
const MAX_FAILURES: u32 = 4;
/// The first and the longest pause after a fault.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

pub struct Loop {
    pub clerk: Clerk,
    pub door: Door,
    pub policy: OnUnknown,
    /// How far the other session has come: only one login is tried first.
    pub progress: watch::Receiver<Progress>,
    /// Becomes true once it has been looked; nothing is sent before.
    pub looked: watch::Sender<bool>,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
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
        let mut progress = self.progress.clone();
        tokio::select! {
            _ = progress.wait_for(|progress| *progress >= Progress::Connected) => {}
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        }
        let (mut pause, mut failures) = (FIRST_PAUSE, 0_u32);
        while !*self.stop.borrow() {
            let looking = tokio::time::timeout(LONGEST_LOOK, self.look());
            let mut stop = self.stop.clone();
            let looked = tokio::select! {
                looked = looking => looked,
                () = crate::clerk::stopped(&mut stop) => return Ok(()),
            };
            match looked {
                Ok(Ok(())) => {
                    self.looked.send_replace(true);
                    pause = FIRST_PAUSE;
                    self.rest().await?;
                    continue;
                }
                Ok(Err(Fault::Desk(error))) => return Err(error),
                Ok(Err(Fault::Wire(error))) => tracing::warn!("looking for sent mail: {error}"),
                Err(_) => tracing::warn!("looking for sent mail took too long"),
            }
            for sought in self.sought().await? {
                self.resolve(sought.id, Looked::Failed).await?;
            }
            failures += 1;
            if failures == MAX_FAILURES && !*self.looked.borrow() {
                tracing::warn!("the Sent mailbox can't be looked at; mail is sent all the same");
                self.looked.send_replace(true);
            }
            self.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Ok(())
    }

    async fn sleep(&mut self, pause: Duration) {
        let pause = crate::failpoint::pause(pause);
        let _ = tokio::time::timeout(pause, crate::clerk::stopped(&mut self.stop)).await;
    }

    /// Until proof is wanted, an hour is over, or the end.
    async fn rest(&mut self) -> Result<(), RunError> {
        let until = tokio::time::Instant::now() + LOOK_EVERY;
        while tokio::time::Instant::now() < until && !*self.stop.borrow() {
            self.sleep(ASK_EVERY).await;
            let next = self.clerk.ask(|desk| desk.next_proof_secs()).await?;
            let wanted = self.policy != OnUnknown::Always;
            if wanted && next.is_some_and(|at| at <= (self.now)()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The mails whose proof is wanted now. Whoever always sends again (`deliver` does that) wants none.
    async fn sought(&self) -> Result<Vec<Sought>, RunError> {
        if self.policy == OnUnknown::Always {
            return Ok(Vec::new());
        }
        let now_secs = (self.now)();
        self.clerk.ask(move |desk| desk.unproven(now_secs)).await
    }

    async fn resolve(&self, id: i64, looked: Looked) -> Result<(), RunError> {
        let (policy, now_secs) = (self.policy, (self.now)());
        self.clerk
            .ask(move |desk| desk.resolve(id, looked, policy, now_secs))
            .await?;
        self.clerk.bell.ring();
        Ok(())
    }

    async fn look(&self) -> Result<(), Fault> {
        let mut session = self.door.read((self.now)()).await?;
        let sent = match session.sent_mailbox().await {
            Err(error) if !error.ends_session() => {
                tracing::warn!("the mailboxes can't be listed: {error}");
                None
            }
            other => other?,
        };
        if let Some(sent) = &sent {
            match self.scan(&mut session, sent).await {
                Err(Fault::Wire(error)) if !error.ends_session() => {
                    tracing::warn!("the Sent mailbox can't be searched: {error}");
                }
                other => other?,
            }
        }
        for sought in self.sought().await? {
            let looked = match &sent {
                None => Looked::Absent,
                Some(sent) => find(&mut session, sent, &sought).await?,
            };
            self.resolve(sought.id, looked).await?;
        }
        session.logout().await;
        Ok(())
    }

    /// Hands the beginnings of all our mails in Sent that were not looked at yet to the desk.
    async fn scan(&self, session: &mut Session, sent: &str) -> Result<(), Fault> {
        let selected = session.select(sent).await?;
        let seen = self.clerk.ask(|desk| desk.sent_seen()).await?;
        let from_uid = seen
            .filter(|place| place.uid_validity == selected.uid_validity)
            .map_or(1, |place| place.next_uid);
        let uids = session.with_field("X-Askfirst-Id", from_uid).await?;
        let skipped = uids.len().saturating_sub(MAX_LOOKED_AT);
        for batch in uids
            .iter()
            .copied()
            .skip(skipped)
            .collect::<Vec<_>>()
            .chunks(BATCH)
        {
            let fetched = session.fetch(batch, Some(FIRST_OCTETS)).await?;
            let beginnings = fetched.mails.into_iter().map(|mail| mail.bytes).collect();
            let place = Place {
                uid_validity: selected.uid_validity,
                next_uid: batch.iter().max().map_or(from_uid, |uid| uid + 1),
            };
            self.saw(beginnings, place).await?;
        }
        Ok(())
    }

    async fn saw(&self, beginnings: Vec<Vec<u8>>, place: Place) -> Result<(), RunError> {
        let now_secs = (self.now)();
        self.clerk
            .ask(move |desk| desk.saw_sent(&beginnings, place, now_secs))
            .await
    }
}

/// Whether a copy lies in Sent; a server that refuses to say so has not been asked.
async fn find(session: &mut Session, sent: &str, sought: &Sought) -> Result<Looked, Fault> {
    match session
        .search_header(sent, "Message-ID", &sought.message_id)
        .await
    {
        Ok(found) if found.is_empty() => Ok(Looked::Absent),
        Ok(_) => Ok(Looked::Found),
        Err(error) if !error.ends_session() => {
            tracing::warn!(outbox = sought.id, "looking for sent mail: {error}");
            Ok(Looked::Failed)
        }
        Err(error) => Err(error.into()),
    }
}
