//! Which mailboxes there are, and opening one without changing anything in it.
//! It fails when the server refuses, or opens a mailbox without the number that gives UIDs their meaning.

use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response, ResponseCode};

use super::{Session, names};
use crate::wire::error::WireError;

/// A mailbox and what it is for, if the server says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxName {
    /// As people write it (UTF-8), hierarchy included; [`Session::select`] takes it like this.
    pub name: String,
    pub special_use: Option<SpecialUse>,
    /// Whether it can be selected at all.
    pub selectable: bool,
}

/// RFC 6154 section 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialUse {
    All,
    Archive,
    Drafts,
    Flagged,
    Junk,
    Sent,
    Trash,
}

/// An open mailbox. UIDs mean something only together with `uid_validity` (RFC 3501 section 2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selected {
    pub uid_validity: u32,
    /// A hint at most: some servers (163.com) do not tell.
    pub uid_next: Option<u32>,
    pub exists: u32,
    /// Always true in practice, as mailboxes are opened by EXAMINE.
    pub read_only: bool,
}

impl Session {
    /// All mailboxes of the account.
    ///
    /// # Errors
    /// NO, BAD, or a fault of the connection.
    pub async fn mailboxes(&mut self) -> Result<Vec<MailboxName>, WireError> {
        let asks_for_use = self.abilities.special_use && self.abilities.list_extended;
        let command = if asks_for_use {
            "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
        } else {
            "LIST \"\" \"*\""
        };
        let mut found: Vec<MailboxName> = Vec::new();
        self.exec(command, "LIST", |response| {
            if let Response::MailboxData(MailboxDatum::List(data)) = response {
                found.push(MailboxName {
                    name: names::decode(&data.name),
                    special_use: data.name_attributes.iter().find_map(special_use),
                    selectable: !data.name_attributes.iter().any(is_not_selectable),
                });
            }
        })
        .await?;
        Ok(found)
    }

    /// Opens a mailbox by EXAMINE: reading sets no flag, and other programs still see what is new.
    ///
    /// # Errors
    /// [`WireError::ServerSaidNo`] if there is no such mailbox, [`WireError::Protocol`] if it has no UIDVALIDITY.
    pub async fn select(&mut self, name: &str) -> Result<Selected, WireError> {
        const LABEL: &str = "EXAMINE";
        let Some(quoted) = names::quoted(name) else {
            let text = "a mailbox name can't hold line breaks".to_owned();
            return Err(WireError::ServerSaidBad {
                at: self.at.clone(),
                command: LABEL,
                text,
            });
        };
        // A failed EXAMINE leaves nothing selected (RFC 3501 section 6.3.1).
        self.selected = None;
        let (mut uid_validity, mut uid_next, mut exists, mut read_only) = (None, None, 0, false);
        self.exec(
            &format!("EXAMINE {quoted}"),
            LABEL,
            |response| match response {
                Response::MailboxData(MailboxDatum::Exists(count)) => exists = *count,
                Response::Data { outcome, .. } | Response::Done { outcome, .. } => {
                    match &outcome.code {
                        Some(ResponseCode::UidValidity(number)) => uid_validity = Some(*number),
                        Some(ResponseCode::UidNext(number)) => uid_next = Some(*number),
                        Some(ResponseCode::ReadOnly) => read_only = true,
                        _ => {}
                    }
                }
                _ => {}
            },
        )
        .await?;
        // Zero is no valid number (nz-number): it would mean that UIDs are not kept.
        let Some(uid_validity) = uid_validity.filter(|number| *number > 0) else {
            return Err(self.protocol(
                LABEL,
                "the mailbox has no UIDVALIDITY, so its mails can't be told apart",
            ));
        };
        self.selected = Some(uid_validity);
        self.exists = exists;
        self.news = false;
        Ok(Selected {
            uid_validity,
            uid_next,
            exists,
            read_only,
        })
    }
}

fn special_use(attribute: &NameAttribute<'_>) -> Option<SpecialUse> {
    match attribute {
        NameAttribute::All => Some(SpecialUse::All),
        NameAttribute::Archive => Some(SpecialUse::Archive),
        NameAttribute::Drafts => Some(SpecialUse::Drafts),
        NameAttribute::Flagged => Some(SpecialUse::Flagged),
        NameAttribute::Junk => Some(SpecialUse::Junk),
        NameAttribute::Sent => Some(SpecialUse::Sent),
        NameAttribute::Trash => Some(SpecialUse::Trash),
        _ => None,
    }
}

fn is_not_selectable(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}
