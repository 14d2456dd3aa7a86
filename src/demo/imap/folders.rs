//! SELECT, LIST, STATUS, CREATE and DELETE; a folder that is not there is a NO.

use imap_codec::imap_types::mailbox::{ListMailbox, Mailbox};
use imap_codec::imap_types::status::StatusDataItemName;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::folder::{Folder, Refusal};
use super::Session;
use super::dispatch::{Tagged, no, ok};
use super::structure::quote;
use super::view::View;

/// The system flags of RFC 3501 section 2.3.2, without \Recent, which this server never gives.
pub(super) const SYSTEM_FLAGS: [&str; 5] =
    ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
/// Flags that a SELECT lists; each is compared with every flag of every mail.
const MAX_LISTED: usize = 200;
/// Longer names are a mistake.
const MAX_NAME: usize = 200;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) fn select(&mut self, user: &str, mailbox: &Mailbox<'_>, read_only: bool) -> Tagged {
        // Even a failed SELECT closes the folder that was selected (RFC 3501 section 6.3.1).
        self.view = None;
        let name = folder_name(mailbox);
        let keywords = self.takes_keywords();
        let opened = self.mailboxes.look(user, &name, |folder| {
            (
                View::new(folder, read_only),
                describe(folder, read_only, keywords),
            )
        });
        let Some((view, text)) = opened else {
            return no("[NONEXISTENT] there is no such folder");
        };
        self.view = Some(view);
        self.say(&text);
        ok(if read_only {
            "[READ-ONLY] folder examined"
        } else {
            "[READ-WRITE] folder selected"
        })
    }

    /// Whether clients may make up keywords; a fault can forbid it.
    pub(super) fn takes_keywords(&self) -> bool {
        !self.faults.withholds("\\*")
    }

    pub(super) fn list(
        &mut self,
        user: &str,
        word: &str,
        reference: &Mailbox<'_>,
        wildcard: &ListMailbox<'_>,
    ) -> Tagged {
        let pattern = match wildcard {
            ListMailbox::Token(token) => String::from_utf8_lossy(token.as_ref()).into_owned(),
            ListMailbox::String(string) => String::from_utf8_lossy(string.as_ref()).into_owned(),
        };
        if pattern.is_empty() {
            self.say(&format!("* {word} (\\Noselect) \"/\" \"\"\r\n"));
            return ok(format!("{word} completed"));
        }
        let pattern = format!("{}{pattern}", folder_name(reference));
        let lines = self.mailboxes.each_folder(user, |folder| {
            let shown = pattern_fits(pattern.as_bytes(), folder.name.as_bytes())
                || (folder.name == "INBOX"
                    && pattern_fits(pattern.to_ascii_uppercase().as_bytes(), b"INBOX"));
            shown.then(|| {
                (
                    format!("* {word} ({}) \"/\" ", folder.special_use),
                    folder.name.clone(),
                )
            })
        });
        for (start, name) in lines.into_iter().flatten() {
            self.say(&start);
            self.out.extend(quote(name.as_bytes()));
            self.say("\r\n");
        }
        ok(format!("{word} completed"))
    }

    pub(super) fn status(
        &mut self,
        user: &str,
        mailbox: &Mailbox<'_>,
        items: &[StatusDataItemName],
    ) -> Tagged {
        let name = folder_name(mailbox);
        let counted = self.mailboxes.look(user, &name, |folder| {
            let values: Vec<String> = items
                .iter()
                .filter_map(|item| status_item(folder, item))
                .collect();
            values.join(" ")
        });
        let Some(values) = counted else {
            return no("[NONEXISTENT] there is no such folder");
        };
        self.say("* STATUS ");
        self.out.extend(quote(name.as_bytes()));
        self.say(&format!(" ({values})\r\n"));
        ok("STATUS completed")
    }

    pub(super) fn create(&mut self, user: &str, mailbox: &Mailbox<'_>) -> Tagged {
        let name = folder_name(mailbox);
        // A last "/" only says that there will be folders below (RFC 3501 section 6.3.3).
        let name = name.strip_suffix('/').unwrap_or(&name);
        let plain = name
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && !b"*%\\\"".contains(&byte));
        if name.is_empty() || name.len() > MAX_NAME || !plain || name.starts_with('/') {
            return no("[CANNOT] this can't be the name of a folder");
        }
        match self.mailboxes.create_folder(user, name) {
            Ok(()) => ok("CREATE completed"),
            Err(refusal) => no(refusal_text(refusal)),
        }
    }

    pub(super) fn delete(&mut self, user: &str, mailbox: &Mailbox<'_>) -> Tagged {
        match self.mailboxes.delete_folder(user, &folder_name(mailbox)) {
            Ok(()) => ok("DELETE completed"),
            Err(refusal) => no(refusal_text(refusal)),
        }
    }
}

/// A refusal with its response code (RFC 5530, RFC 3501 section 7.1).
pub(super) fn refusal_text(refusal: Refusal) -> String {
    let code = match refusal {
        Refusal::NoAccount | Refusal::NoFolder => "NONEXISTENT",
        Refusal::Exists => "ALREADYEXISTS",
        Refusal::Fixed => "CANNOT",
        Refusal::Full => "OVERQUOTA",
        Refusal::TooMany => "LIMIT",
    };
    format!("[{code}] {refusal}")
}

pub(super) fn folder_name(mailbox: &Mailbox<'_>) -> String {
    match mailbox {
        Mailbox::Inbox => "INBOX".to_owned(),
        Mailbox::Other(other) => String::from_utf8_lossy(other.as_ref()).into_owned(),
    }
}

fn describe(folder: &Folder, read_only: bool, keywords: bool) -> String {
    let mut flags: Vec<&str> = SYSTEM_FLAGS.to_vec();
    for flag in folder.stored.iter().flat_map(|stored| &stored.mail.flags) {
        let new = !flags.iter().any(|known| known.eq_ignore_ascii_case(flag));
        if new && flags.len() < MAX_LISTED {
            flags.push(flag);
        }
    }
    let flags = flags.join(" ");
    let permanent = match (read_only, keywords) {
        (true, _) => String::new(),
        (false, true) => format!("{flags} \\*"),
        (false, false) => flags.clone(),
    };
    let mut text = format!(
        "* FLAGS ({flags})\r\n* {} EXISTS\r\n* 0 RECENT\r\n",
        folder.stored.len()
    );
    if let Some(at) = folder
        .stored
        .iter()
        .position(|stored| !stored.mail.has_flag("\\Seen"))
    {
        text.push_str(&format!("* OK [UNSEEN {}] first unseen mail\r\n", at + 1));
    }
    text.push_str(&format!(
        "* OK [PERMANENTFLAGS ({permanent})] flags that stay\r\n"
    ));
    text.push_str(&format!(
        "* OK [UIDVALIDITY {}] UIDs are valid\r\n",
        folder.uid_validity
    ));
    text.push_str(&format!("* OK [UIDNEXT {}] next UID\r\n", folder.uid_next));
    text
}

fn status_item(folder: &Folder, item: &StatusDataItemName) -> Option<String> {
    let with = |flag: &str| {
        folder
            .stored
            .iter()
            .filter(|stored| stored.mail.has_flag(flag))
            .count()
    };
    match item {
        StatusDataItemName::Messages => Some(format!("MESSAGES {}", folder.stored.len())),
        StatusDataItemName::Recent => Some("RECENT 0".to_owned()),
        StatusDataItemName::UidNext => Some(format!("UIDNEXT {}", folder.uid_next)),
        StatusDataItemName::UidValidity => Some(format!("UIDVALIDITY {}", folder.uid_validity)),
        StatusDataItemName::Unseen => {
            Some(format!("UNSEEN {}", folder.stored.len() - with("\\Seen")))
        }
        StatusDataItemName::Deleted => Some(format!("DELETED {}", with("\\Deleted"))),
        // QUOTA=RES-STORAGE is not offered.
        StatusDataItemName::DeletedStorage => None,
    }
}

/// LIST patterns: `*` is anything, `%` anything without the separator (RFC 3501 section 6.3.8). Linear: each star is tried once.
fn pattern_fits(pattern: &[u8], name: &[u8]) -> bool {
    // Positions of the pattern that may stand before the next byte of the name.
    let mut open = vec![false; pattern.len() + 1];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    spread(pattern, &mut open);
    for byte in name {
        let mut next = vec![false; pattern.len() + 1];
        for (at, sign) in pattern.iter().enumerate() {
            if !open.get(at).copied().unwrap_or(false) {
                continue;
            }
            let stays = *sign == b'*' || (*sign == b'%' && *byte != b'/');
            let target = if stays { at } else { at + 1 };
            if (stays || sign == byte)
                && let Some(slot) = next.get_mut(target)
            {
                *slot = true;
            }
        }
        spread(pattern, &mut next);
        open = next;
    }
    open.last().copied().unwrap_or(false)
}

/// A wildcard may stand for nothing.
fn spread(pattern: &[u8], open: &mut [bool]) {
    for (at, sign) in pattern.iter().enumerate() {
        if matches!(sign, b'*' | b'%')
            && open.get(at).copied().unwrap_or(false)
            && let Some(slot) = open.get_mut(at + 1)
        {
            *slot = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_patterns() {
        for (pattern, name, fits) in [
            ("*", "Sent", true),
            ("%", "Sent", true),
            ("%", "Work/Old", false),
            ("*", "Work/Old", true),
            ("Work/%", "Work/Old", true),
            ("S*t", "Sent", true),
            ("S*x", "Sent", false),
            ("Sent", "Sent", true),
            ("Sen", "Sent", false),
            ("**%%*", "", true),
        ] {
            assert_eq!(
                pattern_fits(pattern.as_bytes(), name.as_bytes()),
                fits,
                "{pattern} {name}"
            );
        }
    }
}
