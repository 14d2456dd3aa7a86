//! What the desk knows of a folder and of the mails in it.
//!
//! Fails only when the desk does.

use crate::desk::views::{FolderSeen, Known};
use crate::receive::{Fault, Folder, Loop};
use crate::wire::imap::Listed;
use std::collections::HashSet;

impl Loop {
    /// Which of the mails that lie there were not taken yet.
    pub(super) async fn unknown(
        &self,
        mailbox: &str,
        uid_validity: u32,
        listed: &[Listed],
    ) -> Result<HashSet<u32>, Fault> {
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
