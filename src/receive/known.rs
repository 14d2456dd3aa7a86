//! What the desk knows of a folder and of the mails in it.
//!
//! Fails only when the desk does.

use crate::desk::views::{FolderSeen, Known};
use crate::receive::{Fault, Folder, Loop, Memory};
use crate::wire::imap::{Listed, Session};

/// What lies in a folder.
pub(super) struct Found {
    pub(super) known: Known,
    /// Not taken yet.
    pub(super) missing: Vec<Listed>,
    /// Whether the outbox is full, or that is not known.
    pub(super) full: bool,
}

impl Known {
    /// The first number that was not taken.
    pub(super) fn next_uid(&self) -> u32 {
        self.first_uid.max(self.last_uid.saturating_add(1))
    }
}

impl Loop {
    /// Everything that lies there and was not taken yet.
    pub(super) async fn list_all(
        &self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
    ) -> Result<Found, Fault> {
        let known = self.open_folder(mailbox, folder).await?;
        let mut listed = session.list(known.first_uid).await?;
        let unknown = self.unknown(mailbox, folder.uid_validity, &listed).await?;
        let mut unknown = unknown.into_iter().peekable();
        listed.retain(|listed| unknown.next_if_eq(&listed.uid).is_some());
        Ok(Found {
            known,
            missing: listed,
            full: true,
        })
    }

    /// What lies behind the last mail that was taken: a single mail is waited for, so the desk is asked while the
    /// server answers, and for nothing that is known.
    pub(super) async fn list_new(
        &self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
        memory: &Memory,
    ) -> Result<Found, Fault> {
        let key = (mailbox.to_owned(), folder.uid_validity);
        let known = match memory.known.get(&key) {
            Some(known) => *known,
            None => self.open_folder(mailbox, folder).await?,
        };
        let listing = session.list(known.next_uid());
        let (listed, full) = tokio::join!(listing, self.is_outbox_full());
        Ok(Found {
            known,
            missing: listed?,
            full: full?,
        })
    }

    pub(super) async fn is_outbox_full(&self) -> Result<bool, Fault> {
        let now_secs = (self.now)();
        let full = self.clerk.ask(move |desk| desk.is_outbox_full(now_secs));
        Ok(full.await?)
    }

    /// Which of the mails that lie there were not taken yet; both by rising UID.
    pub(super) async fn unknown(
        &self,
        mailbox: &str,
        uid_validity: u32,
        listed: &[Listed],
    ) -> Result<Vec<u32>, Fault> {
        let (account, mailbox) = (self.account.clone(), mailbox.to_owned());
        let uids: Vec<u32> = listed.iter().map(|listed| listed.uid).collect();
        let unknown = self
            .clerk
            .ask(move |desk| desk.unknown((&account, &mailbox), uid_validity, uids));
        Ok(unknown.await?)
    }

    /// What is known of a folder.
    pub(super) async fn open_folder(&self, mailbox: &str, seen: Folder) -> Result<Known, Fault> {
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
}
