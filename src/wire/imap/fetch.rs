//! Listing and fetching mails by UID, without setting a flag on any of them.
//! It fails as a whole: what came before a NO, a cut or an unreadable answer is not handed out as if it were all.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use async_imap::imap_proto::{AttributeValue, Response};

use super::Session;
use crate::wire::error::WireError;

/// RFC 2683 section 3.2.1.5: a command line should stay below 8,000 bytes.
const UID_SET_MAX_BYTES: usize = 7_000;

/// A mail that is there, and how large it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub uid: u32,
    /// Bytes as the server counts them; `u32::MAX` where its answer made no sense.
    pub size: u32,
}

/// A mail as it lies in the mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    pub uid: u32,
    /// Bytes of the whole mail, as the server counts them (some only estimate).
    pub size: u32,
    /// When the server received it, in seconds since 1970; None where it does not say. Not to be trusted.
    pub internal_date_secs: Option<i64>,
    pub bytes: Vec<u8>,
    /// Whether `bytes` is the whole mail.
    pub complete: bool,
}

impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Mail(uid {}, {} of {} bytes)",
            self.uid,
            self.bytes.len(),
            self.size
        )
    }
}

/// What became of the mails that were asked for; each is in exactly one of the three lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// By rising UID.
    pub mails: Vec<Mail>,
    /// The server has them and can't give them, or gave two different ones.
    pub unreadable: Vec<u32>,
    /// No longer in this mailbox.
    pub gone: Vec<u32>,
}

#[derive(Debug, Default)]
struct Parts {
    size: Option<u32>,
    internal_date_secs: Option<i64>,
    bytes: Option<Vec<u8>>,
    contradicts: bool,
}

impl Session {
    /// The mails from a UID on, by rising UID.
    ///
    /// # Errors
    /// [`WireError::NotSelected`], [`WireError::UidValidityChanged`], NO, BAD, or a fault of the connection.
    pub async fn list(&mut self, from_uid: u32) -> Result<Vec<Listed>, WireError> {
        let from_uid = from_uid.max(1);
        let uid_validity = self.require_selected()?;
        self.news = false;
        if self.exists == 0 {
            // Some servers answer BAD to `1:*` in an empty mailbox.
            self.exec("NOOP", "NOOP", |_| {}).await?;
            if self.exists == 0 {
                return Ok(Vec::new());
            }
            self.news = false;
        }
        let mut found: Vec<Listed> = Vec::new();
        self.guard().take_skipped();
        self.exec(
            &format!("UID FETCH {from_uid}:* (UID RFC822.SIZE)"),
            "UID FETCH",
            |response| {
                if let Response::Fetch(_, attributes) = response
                    && let Some(uid) = uid(attributes)
                {
                    // A size that is no number must not hide the mail.
                    let size = size(attributes).unwrap_or(u32::MAX);
                    found.push(Listed { uid, size });
                }
            },
        )
        .await?;
        self.require_same(uid_validity)?;
        let skipped = self.guard().take_skipped().into_iter();
        let size = u32::MAX;
        found.extend(skipped.map(|uid| Listed { uid, size }));
        // `n:*` names the last mail even if its UID is lower (RFC 3501 section 6.4.8).
        found.retain(|listed| listed.uid >= from_uid);
        once_each(&mut found);
        Ok(found)
    }

    /// The mails with these UIDs, whole or only their first bytes. Flags stay as they are (BODY.PEEK). All of them are
    /// in memory at once: ask for a hundred at a time, and for large ones singly.
    ///
    /// # Errors
    /// As [`Session::list`]. If one mail's answer can't be parsed, the error ends the session: divide the UIDs by
    /// [`super::Salvage`] and try again in new sessions.
    pub async fn fetch(
        &mut self,
        uids: &[u32],
        first_bytes: Option<u32>,
    ) -> Result<Fetched, WireError> {
        let uid_validity = self.require_selected()?;
        let asked: BTreeSet<u32> = uids.iter().copied().filter(|uid| *uid > 0).collect();
        let ordered: Vec<u32> = asked.iter().copied().collect();
        let mut fetched = Fetched::default();
        let mut batches = sets(&ordered);
        batches.reverse();
        let mut refusal = None;
        while let Some(batch) = batches.pop() {
            match self.fetch_batch(&batch, first_bytes, &mut fetched).await {
                Ok(()) => self.require_same(uid_validity)?,
                Err(error @ WireError::ServerSaidNo { .. }) if !is_passing(&error) => {
                    if let [single] = batch.as_slice() {
                        fetched.unreadable.push(*single);
                        refusal = Some(error);
                    } else {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        batches.push(second.to_vec());
                        batches.push(first.to_vec());
                    }
                }
                Err(error) => return Err(error),
            }
        }
        match refusal {
            // A NO to each of several mails is about the server, not about the mails.
            Some(error) if ordered.len() > 1 && fetched.unreadable.len() == ordered.len() => {
                Err(error)
            }
            _ => Ok(fetched),
        }
    }

    async fn fetch_batch(
        &mut self,
        uids: &[u32],
        first_bytes: Option<u32>,
        fetched: &mut Fetched,
    ) -> Result<(), WireError> {
        let part = match first_bytes {
            Some(count) => format!("<0.{}>", count.max(1)),
            None => String::new(),
        };
        let set = uid_set(uids);
        let command = format!("UID FETCH {set} (UID INTERNALDATE RFC822.SIZE BODY.PEEK[]{part})");
        let mut found: BTreeMap<u32, Parts> = BTreeMap::new();
        self.guard().take_skipped();
        self.exec(&command, "UID FETCH", |response| {
            if let Response::Fetch(_, attributes) = response
                && let Some(uid) = uid(attributes)
                // Unasked answers (flags, other mails) may stand between ours; `uids` is sorted.
                && uids.binary_search(&uid).is_ok()
            {
                collect(found.entry(uid), attributes);
            }
        })
        .await?;
        let skipped = self.guard().take_skipped();
        for uid in uids {
            match found.remove(uid) {
                Some(Parts {
                    contradicts: true, ..
                }) => fetched.unreadable.push(*uid),
                Some(Parts {
                    bytes: Some(bytes),
                    size,
                    internal_date_secs,
                    ..
                }) => {
                    let size = size.unwrap_or(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                    let complete = is_complete(bytes.len(), size, first_bytes);
                    fetched.mails.push(Mail {
                        uid: *uid,
                        size,
                        internal_date_secs,
                        bytes,
                        complete,
                    });
                }
                _ if skipped.contains(uid) => fetched.unreadable.push(*uid),
                _ => fetched.gone.push(*uid),
            }
        }
        Ok(())
    }

    pub(super) fn require_same(&mut self, was: u32) -> Result<(), WireError> {
        match self.selected {
            Some(now) if now == was => Ok(()),
            _ => Err(WireError::UidValidityChanged {
                at: self.at.clone(),
                was,
            }),
        }
    }
}

/// By rising UID, and of each the last size that made sense.
fn once_each(found: &mut Vec<Listed>) {
    found.sort_by_key(|listed| listed.uid);
    found.dedup_by(|later, kept| {
        let same = later.uid == kept.uid;
        if same && later.size != u32::MAX {
            kept.size = later.size;
        }
        same
    });
}

fn collect(entry: Entry<'_, u32, Parts>, attributes: &[AttributeValue<'_>]) {
    let parts = entry.or_default();
    for attribute in attributes {
        match attribute {
            AttributeValue::Rfc822Size(size) => parts.size = Some(*size),
            AttributeValue::InternalDate(date) => parts.internal_date_secs = seconds(date),
            AttributeValue::BodySection {
                section: None,
                data: Some(data),
                ..
            } => match &parts.bytes {
                Some(bytes) => parts.contradicts |= bytes.as_slice() != data.as_ref(),
                None => parts.bytes = Some(data.to_vec()),
            },
            _ => {}
        }
    }
}

/// Fewer bytes than asked for is the end of the mail, whatever the size says: Exchange only estimates it.
fn is_complete(got: usize, size: u32, first_bytes: Option<u32>) -> bool {
    match first_bytes {
        None => true,
        Some(asked) => got < asked as usize || got >= size as usize,
    }
}

fn uid(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Uid(uid) => Some(*uid),
        _ => None,
    })
}

fn size(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|attribute| match attribute {
        AttributeValue::Rfc822Size(size) => Some(*size),
        _ => None,
    })
}

/// `17-Jul-1996 02:44:25 -0700` (RFC 3501, date-time) in seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    let parsed = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", date.trim()).ok()?;
    Some(parsed.to_timestamp().ok()?.as_second())
}

/// RFC 5530: such a NO is about the moment, not about the mail.
fn is_passing(error: &WireError) -> bool {
    let WireError::ServerSaidNo { text, .. } = error else {
        return false;
    };
    let text = text.to_ascii_uppercase();
    ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"]
        .iter()
        .any(|code| text.contains(code))
}

/// Divides sorted UIDs so that no command line gets too long.
fn sets(uids: &[u32]) -> Vec<Vec<u32>> {
    /// Ten digits and a comma.
    const UID_MAX_BYTES: usize = 11;
    uids.chunks(UID_SET_MAX_BYTES / UID_MAX_BYTES)
        .map(<[u32]>::to_vec)
        .collect()
}

/// Sorted UIDs as a set in which neighbours are joined: `1:3,7`.
fn uid_set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => runs.push((*uid, *uid)),
        }
    }
    let words = runs.into_iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}:{last}"),
    });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined() {
        assert_eq!(uid_set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(uid_set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
    }

    #[test]
    fn each_mail_is_listed_once_with_the_last_size_that_is_one() {
        let listed = |(uid, size)| Listed { uid, size };
        let said = [
            (7, 70),
            (3, u32::MAX),
            (7, u32::MAX),
            (9, 1),
            (3, 30),
            (9, 90),
        ];
        let mut found: Vec<Listed> = said.into_iter().map(listed).collect();
        once_each(&mut found);
        let found: Vec<_> = found.into_iter().map(|l| (l.uid, l.size)).collect();
        assert_eq!(found, [(3, 30), (7, 70), (9, 90)]);
    }

    #[test]
    fn no_set_is_longer_than_a_command_may_be() {
        let uids: Vec<u32> = (0..5000).map(|n| 4_000_000_000 + 2 * n).collect();
        assert!(
            sets(&uids)
                .iter()
                .all(|set| uid_set(set).len() <= UID_SET_MAX_BYTES)
        );
        assert_eq!(sets(&uids).concat(), uids);
    }

    #[test]
    fn dates_are_read_in_their_zone() {
        assert_eq!(seconds("17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
        assert_eq!(seconds(" 1-Jan-1970 00:00:00 +0000"), Some(0));
        assert_eq!(seconds("31-Dec-2099 23:59:59 +0000"), Some(4_102_444_799));
        assert_eq!(seconds("yesterday"), None);
    }

    #[test]
    fn a_short_answer_is_the_whole_mail() {
        assert!(is_complete(99, 5000, Some(100)), "the size was an estimate");
        assert!(is_complete(100, 100, Some(100)));
        assert!(!is_complete(100, 101, Some(100)));
    }
}
