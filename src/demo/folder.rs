//! A folder and its mails, numbered as RFC 3501 section 2.3.1.1 has it; what does not fit is refused with its reason.

use std::sync::Arc;

use super::mailboxes::Mail;

/// Keywords and flags on one mail.
pub(super) const MAX_FLAGS: usize = 64;

/// Why a mail, a folder or a flag was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("there is no such account")]
    NoAccount,
    #[error("there is no such folder")]
    NoFolder,
    #[error("the folder exists already")]
    Exists,
    #[error("this folder stays as it is")]
    Fixed,
    #[error("the account is full")]
    Full,
    #[error("too many folders or flags")]
    TooMany,
}

/// A mail as the folder keeps it.
pub(super) struct Stored {
    pub(super) mail: Mail,
    /// The folder's counter at its last change; sessions compare it with what they have told their client.
    pub(super) change: u64,
}

/// A folder; mails are in the order of their UIDs.
pub(super) struct Folder {
    pub(super) name: String,
    pub(super) special_use: &'static str,
    pub(super) uid_validity: u32,
    pub(super) uid_next: u32,
    pub(super) stored: Vec<Stored>,
    /// The size of all mails.
    pub(super) bytes: usize,
    /// Grows with every change of any mail.
    pub(super) changes: u64,
}

impl Folder {
    pub(super) fn new(name: &str, special_use: &'static str, uid_validity: u32) -> Self {
        Self {
            name: name.to_owned(),
            special_use,
            uid_validity,
            uid_next: 1,
            stored: Vec::new(),
            bytes: 0,
            changes: 0,
        }
    }

    /// Adds a mail and returns its UID.
    pub(super) fn add(
        &mut self,
        flags: Vec<String>,
        internal_date_secs: i64,
        bytes: Arc<[u8]>,
    ) -> u32 {
        let uid = self.uid_next;
        self.uid_next = self.uid_next.saturating_add(1);
        self.changes += 1;
        self.bytes += bytes.len();
        let mail = Mail {
            uid,
            flags,
            internal_date_secs,
            bytes,
        };
        self.stored.push(Stored {
            mail,
            change: self.changes,
        });
        uid
    }

    /// The mail with this UID.
    pub(super) fn find(&self, uid: u32) -> Option<&Stored> {
        let at = self
            .stored
            .binary_search_by_key(&uid, |stored| stored.mail.uid)
            .ok()?;
        self.stored.get(at)
    }

    /// Replaces the flags of a mail; `None` if it is gone or there would be too many.
    pub(super) fn set_flags(&mut self, uid: u32, flags: Vec<String>) -> Option<&Stored> {
        let at = self
            .stored
            .binary_search_by_key(&uid, |stored| stored.mail.uid)
            .ok()?;
        let stored = self.stored.get_mut(at)?;
        if flags.len() > MAX_FLAGS {
            return None;
        }
        if stored.mail.flags != flags {
            self.changes += 1;
            stored.mail.flags = flags;
            stored.change = self.changes;
        }
        Some(stored)
    }

    /// Removes the mails that `gone` names.
    pub(super) fn remove(&mut self, mut gone: impl FnMut(&Mail) -> bool) {
        let before = self.stored.len();
        let mut freed = 0;
        self.stored.retain(|stored| {
            let goes = gone(&stored.mail);
            freed += if goes { stored.mail.bytes.len() } else { 0 };
            !goes
        });
        self.bytes = self.bytes.saturating_sub(freed);
        if self.stored.len() != before {
            self.changes += 1;
        }
    }
}

/// Folder names are equal byte by byte, but INBOX is so in any case (RFC 3501 section 5.1).
pub(super) fn same_folder(one: &str, other: &str) -> bool {
    one == other || (one.eq_ignore_ascii_case("INBOX") && other.eq_ignore_ascii_case("INBOX"))
}

/// IMAP serves lines that end in CRLF (RFC 3501 section 2.2); a mail with bare LF is made so.
pub(super) fn with_crlf(bytes: &[u8]) -> Arc<[u8]> {
    let mut bare = 0;
    let mut last = 0;
    for byte in bytes {
        bare += usize::from(*byte == b'\n' && last != b'\r');
        last = *byte;
    }
    if bare == 0 {
        return Arc::from(bytes);
    }
    let mut whole = Vec::with_capacity(bytes.len() + bare);
    for byte in bytes {
        if *byte == b'\n' && whole.last() != Some(&b'\r') {
            whole.push(b'\r');
        }
        whole.push(*byte);
    }
    Arc::from(whole)
}
