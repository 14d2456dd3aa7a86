//! Folders made and removed, mails copied and moved between them; a refusal changes nothing.

use super::folder::{Folder, Refusal, same_folder};
use super::mailboxes::{FIRST_FOLDERS, Mail, Mailboxes};

/// Folders of an account; a mail program makes a dozen.
const MAX_FOLDERS: usize = 100;

impl Mailboxes {
    /// Makes a folder.
    pub(super) fn create_folder(&self, user: &str, name: &str) -> Result<(), Refusal> {
        let mut world = self.lock();
        let uid_validity = world.fresh_uid_validity();
        let account = world.account(user).ok_or(Refusal::NoAccount)?;
        if account.folder(name).is_some() {
            return Err(Refusal::Exists);
        }
        if account.folders.len() >= MAX_FOLDERS {
            return Err(Refusal::TooMany);
        }
        account.folders.push(Folder::new(name, "", uid_validity));
        drop(world);
        self.ring();
        Ok(())
    }

    /// Removes a folder with its mails; INBOX, Sent and Junk stay.
    pub(super) fn delete_folder(&self, user: &str, name: &str) -> Result<(), Refusal> {
        let mut world = self.lock();
        let account = world.account(user).ok_or(Refusal::NoAccount)?;
        let found = account.folder(name).ok_or(Refusal::NoFolder)?;
        if FIRST_FOLDERS
            .iter()
            .any(|(first, _)| same_folder(first, &found.name))
        {
            return Err(Refusal::Fixed);
        }
        account
            .folders
            .retain(|folder| !same_folder(&folder.name, name));
        drop(world);
        self.ring();
        Ok(())
    }

    /// Copies mails, or moves them; returns the UIDVALIDITY of the target and the pairs of old and new UID (RFC 4315).
    pub(super) fn transfer(
        &self,
        user: &str,
        from: &str,
        to: &str,
        uids: &[u32],
        moves: bool,
    ) -> Result<(u32, Vec<(u32, u32)>), Refusal> {
        let mut world = self.lock();
        let quota_bytes = world.quota_bytes;
        let account = world.account(user).ok_or(Refusal::NoAccount)?;
        let source = account.folder(from).ok_or(Refusal::NoFolder)?;
        let mails: Vec<Mail> = uids
            .iter()
            .filter_map(|uid| source.find(*uid))
            .map(|stored| stored.mail.clone())
            .collect();
        let added: usize = mails.iter().map(|mail| mail.bytes.len()).sum();
        if !moves && account.bytes() + added > quota_bytes {
            return Err(Refusal::Full);
        }
        let target = account.folder(to).ok_or(Refusal::NoFolder)?;
        let uid_validity = target.uid_validity;
        let mut pairs = Vec::new();
        for mail in mails {
            pairs.push((
                mail.uid,
                target.add(mail.flags, mail.internal_date_secs, mail.bytes),
            ));
        }
        if moves && let Some(source) = account.folder(from) {
            // The old UIDs are in order, as the folder was.
            source.remove(|mail| {
                pairs
                    .binary_search_by_key(&mail.uid, |(old, _)| *old)
                    .is_ok()
            });
        }
        drop(world);
        self.ring();
        Ok((uid_validity, pairs))
    }
}
