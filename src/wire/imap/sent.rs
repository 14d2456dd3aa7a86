//! The mailbox where a provider files what was sent, and our own mails in it.
//! It fails as every command does; a server that finds nothing has to say so.

use async_imap::imap_proto::{MailboxDatum, Response};

use super::{MailboxName, Session, SpecialUse, names};
use crate::wire::error::WireError;

/// What providers call it where they do not mark it (RFC 6154): Dovecot and Google, Microsoft, Apple, Courier.
const USUAL_NAMES: [&str; 4] = ["Sent", "Sent Items", "Sent Messages", "INBOX.Sent"];

impl Session {
    /// The mailbox for sent mail: the one marked so, else one of the usual names; none is no fault.
    ///
    /// # Errors
    /// As [`Session::mailboxes`].
    pub async fn sent_mailbox(&mut self) -> Result<Option<String>, WireError> {
        Ok(pick(self.mailboxes().await?))
    }

    /// The UIDs in the selected mailbox, from one on, of mails that have this header field, whatever it holds.
    ///
    /// # Errors
    /// [`WireError::NotSelected`], [`WireError::UidValidityChanged`], NO, BAD, or a fault of the connection.
    pub async fn with_field(&mut self, field: &str, from_uid: u32) -> Result<Vec<u32>, WireError> {
        const LABEL: &str = "UID SEARCH";
        let uid_validity = self.require_selected()?;
        if self.exists == 0 {
            // Some servers answer BAD to `1:*` in an empty mailbox.
            return Ok(Vec::new());
        }
        let from_uid = from_uid.max(1);
        // An empty value matches every mail with the field (RFC 3501 section 6.4.4).
        let command = format!(
            "UID SEARCH UID {from_uid}:* HEADER {} \"\"",
            names::quote(field)
        );
        let mut found = None;
        self.exec(&command, LABEL, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.get_or_insert_with(Vec::new).extend(uids);
            }
        })
        .await?;
        self.require_same(uid_validity)?;
        let Some(mut found): Option<Vec<u32>> = found else {
            return Err(self.protocol(LABEL, "the server did not say what it found"));
        };
        found.retain(|uid| *uid >= from_uid);
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

fn pick(mailboxes: Vec<MailboxName>) -> Option<String> {
    let marked = mailboxes
        .iter()
        .find(|mailbox| mailbox.selectable && mailbox.special_use == Some(SpecialUse::Sent));
    let usual = || {
        USUAL_NAMES.iter().find_map(|name| {
            mailboxes
                .iter()
                .find(|mailbox| mailbox.selectable && mailbox.name.eq_ignore_ascii_case(name))
        })
    };
    marked.or_else(usual).map(|mailbox| mailbox.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(name: &str, special_use: Option<SpecialUse>) -> MailboxName {
        MailboxName {
            name: name.to_owned(),
            special_use,
            selectable: true,
        }
    }

    #[test]
    fn the_mark_goes_before_the_name() {
        let marked = mailbox("Gesendet", Some(SpecialUse::Sent));
        let named = mailbox("Sent Items", None);
        let other = mailbox("INBOX", None);
        let all = vec![named.clone(), other.clone(), marked];
        assert_eq!(pick(all).as_deref(), Some("Gesendet"));
        assert_eq!(
            pick(vec![other.clone(), named]).as_deref(),
            Some("Sent Items")
        );
        assert_eq!(pick(vec![other]), None);
    }
}
