//! What was fetched, as rows of the inbox, and its way to the desk, which goes on by itself.
//!
//! Fails only when the desk does.

use crate::clerk::{Begun, RunError};
use crate::desk::views::Known;
use crate::receive::{Fault, Loop, MAX_REFUSALS, Memory, authors, plan};
use crate::store::inbox::{Arrived, Aside};
use crate::wire::imap::{Fetched, Mail};

/// What became of a batch.
pub(super) struct Taken {
    /// Mails that were handled.
    pub(super) mails: usize,
    /// Whether so much waits to be sent that no more should be taken in for now.
    pub(super) full: bool,
}

/// A batch that lies on the desk.
pub(super) enum Handed {
    Begun(Begun<Taken>),
    LookedUp(tokio::task::JoinHandle<Result<Taken, RunError>>),
}

impl Loop {
    /// The inbox rows of what was fetched.
    pub(super) fn prepare(
        &self,
        fetched: Fetched,
        mailbox: &str,
        uid_validity: u32,
        known: &Known,
        memory: &mut Memory,
    ) -> Vec<Arrived> {
        let mut batch = Vec::with_capacity(fetched.mails.len());
        let uids = fetched.mails.iter().map(|mail| mail.uid);
        if let Some(last) = uids.max() {
            let mut known = *known;
            known.last_uid = known.last_uid.max(last);
            let key = (mailbox.to_owned(), uid_validity);
            memory.known.insert(key, known);
        }
        for mail in fetched.mails {
            batch.push(self.mail(mail, mailbox, uid_validity, known));
        }
        let old = batch.iter().filter(|arrived| arrived.aside.is_some());
        let old = old.count();
        if old > 0 {
            tracing::warn!(
                mails = old,
                "left alone: they are older than the first start"
            );
        }
        for uid in fetched.unreadable {
            let count = memory
                .refusals
                .entry((mailbox.to_owned(), uid))
                .or_insert(0);
            *count += 1;
            if *count >= MAX_REFUSALS {
                let aside = Aside::Unreadable("the server has it and does not give it");
                batch.push(self.arrived(mailbox, uid_validity, uid, Some(aside)));
            }
        }
        batch
    }

    pub(super) fn mail(
        &self,
        mail: Mail,
        mailbox: &str,
        uid_validity: u32,
        known: &Known,
    ) -> Arrived {
        let old = plan::is_old(mail.internal_date_secs, known).then_some(Aside::Old);
        Arrived {
            internal_date_secs: mail.internal_date_secs,
            size: u64::from(mail.size),
            complete: mail.complete,
            raw: mail.bytes,
            ..self.arrived(mailbox, uid_validity, mail.uid, old)
        }
    }

    pub(super) fn arrived(
        &self,
        mailbox: &str,
        uid_validity: u32,
        uid: u32,
        aside: Option<Aside>,
    ) -> Arrived {
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

    pub(super) async fn store(&self, batch: Vec<Arrived>) -> Result<(), Fault> {
        let handed = self.hand_over(batch)?;
        self.stored(handed).await?;
        Ok(())
    }

    /// Puts a batch on the desk, which goes on by itself.
    pub(super) fn hand_over(&self, batch: Vec<Arrived>) -> Result<Option<Handed>, Fault> {
        if batch.is_empty() {
            return Ok(None);
        }
        let now_secs = (self.now)();
        let bell = self.clerk.bell.clone();
        Ok(Some(match &self.resolver {
            Some(resolver) => {
                let (clerk, resolver) = (self.clerk.clone(), resolver.clone());
                Handed::LookedUp(tokio::spawn(async move {
                    authors::take(&clerk, &resolver, batch, now_secs).await
                }))
            }
            None => Handed::Begun(self.clerk.begin(move |desk| {
                let taken = desk.receive(batch, now_secs);
                bell.ring_at(desk);
                Ok(Taken {
                    mails: taken?,
                    full: desk.is_outbox_full(now_secs)?,
                })
            })?),
        }))
    }

    /// Waits until a batch is stored and decided on; whether the outbox is full then.
    pub(super) async fn stored(
        &self,
        handed: impl IntoIterator<Item = Handed>,
    ) -> Result<bool, Fault> {
        let mut full = false;
        for handed in handed {
            let taken = match handed {
                Handed::Begun(begun) => begun.end().await?,
                Handed::LookedUp(task) => task.await.map_err(|_| RunError::DeskGone)??,
            };
            tracing::info!(mails = taken.mails, "mail taken");
            self.pulse.took(taken.mails);
            full = taken.full;
        }
        Ok(full)
    }
}
