//! What a session has told its client about the selected folder, and what it has still to tell; a folder that is gone ends the session.

use imap_codec::imap_types::sequence::{SeqOrUid, Sequence, SequenceSet};

use super::super::folder::Folder;
use super::super::mailboxes::Mailboxes;

/// A mail as the client knows it.
#[derive(Clone, Copy)]
struct Known {
    uid: u32,
    change: u64,
}

/// The selected folder: the client's sequence numbers are positions in `known`, from 1 (RFC 3501 section 2.3.1.2).
pub(super) struct View {
    pub(super) folder: String,
    pub(super) read_only: bool,
    uid_validity: u32,
    seen_changes: u64,
    known: Vec<Known>,
}

/// The folder is gone, or is another one under the same name.
pub(super) struct Lost;

impl View {
    pub(super) fn new(folder: &Folder, read_only: bool) -> Self {
        let known = folder
            .stored
            .iter()
            .map(|stored| Known {
                uid: stored.mail.uid,
                change: stored.change,
            })
            .collect();
        Self {
            folder: folder.name.clone(),
            read_only,
            uid_validity: folder.uid_validity,
            seen_changes: folder.changes,
            known,
        }
    }

    /// The client knows this state of the mail: it was told, or it made the change itself, `before` being the state it changed.
    /// If it had not even been told of `before`, it is told of everything later.
    pub(super) fn told(&mut self, uid: u32, before: Option<u64>, change: u64) {
        if let Ok(at) = self.known.binary_search_by_key(&uid, |known| known.uid)
            && let Some(known) = self.known.get_mut(at)
            && before.is_none_or(|before| before == known.change)
        {
            known.change = change;
        }
    }

    /// Everything new as untagged responses. Without `expunges` mails that are gone keep their number until later (RFC 3501 section 7.4.1).
    pub(super) fn catch_up(
        &mut self,
        mailboxes: &Mailboxes,
        user: &str,
        expunges: bool,
    ) -> Result<String, Lost> {
        let folder = self.folder.clone();
        mailboxes
            .look(user, &folder, |folder| self.compare(folder, expunges))
            .unwrap_or(Err(Lost))
    }

    fn compare(&mut self, folder: &Folder, expunges: bool) -> Result<String, Lost> {
        if folder.uid_validity != self.uid_validity {
            return Err(Lost);
        }
        let mut news = String::new();
        if folder.changes == self.seen_changes {
            return Ok(news);
        }
        let mut kept = Vec::with_capacity(self.known.len());
        let mut gone_later = false;
        // Both are in the order of UIDs, so they are walked side by side.
        let mut stored = folder.stored.iter().peekable();
        for known in std::mem::take(&mut self.known) {
            let number = kept.len() + 1;
            match stored.next_if(|stored| stored.mail.uid == known.uid) {
                Some(stored) => {
                    if stored.change != known.change {
                        let flags = stored.mail.flags.join(" ");
                        news.push_str(&format!(
                            "* {number} FETCH (UID {} FLAGS ({flags}))\r\n",
                            known.uid
                        ));
                    }
                    kept.push(Known {
                        uid: known.uid,
                        change: stored.change,
                    });
                }
                None if expunges => news.push_str(&format!("* {number} EXPUNGE\r\n")),
                None => {
                    gone_later = true;
                    kept.push(known);
                }
            }
        }
        let old = kept.len();
        kept.extend(stored.map(|stored| Known {
            uid: stored.mail.uid,
            change: stored.change,
        }));
        if kept.len() > old {
            news.push_str(&format!("* {} EXISTS\r\n", kept.len()));
        }
        self.known = kept;
        if !gone_later {
            self.seen_changes = folder.changes;
        }
        Ok(news)
    }

    /// The mails that a set names: their sequence numbers and UIDs, in order. `None`: a sequence number that does not exist.
    pub(super) fn resolve(&self, set: &SequenceSet, uid: bool) -> Option<Vec<(usize, u32)>> {
        let count = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let largest = if uid {
            self.known.last().map_or(0, |known| known.uid)
        } else {
            count
        };
        let ranges = Ranges::new(set, largest);
        if !uid && (ranges.highest() > count || count == 0) {
            return None;
        }
        let numbered = self
            .known
            .iter()
            .enumerate()
            .map(|(at, known)| (at + 1, known.uid));
        let wanted = |(number, own_uid): &(usize, u32)| {
            ranges.holds(if uid {
                *own_uid
            } else {
                u32::try_from(*number).unwrap_or(u32::MAX)
            })
        };
        Some(numbered.filter(wanted).collect())
    }

    /// Every mail: sequence number and UID.
    pub(super) fn all(&self) -> Vec<(usize, u32)> {
        self.known
            .iter()
            .enumerate()
            .map(|(at, known)| (at + 1, known.uid))
            .collect()
    }

    /// The largest sequence number and UID, for `*` in a search.
    pub(super) fn largest(&self) -> (u32, u32) {
        let count = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        (count, self.known.last().map_or(0, |known| known.uid))
    }
}

/// A sequence set as ordered ranges that do not touch: a set of a thousand ranges costs a few steps a mail.
pub(super) struct Ranges(Vec<(u32, u32)>);

impl Ranges {
    pub(super) fn new(set: &SequenceSet, largest: u32) -> Self {
        let value = |one: &SeqOrUid| match one {
            SeqOrUid::Value(number) => number.get(),
            SeqOrUid::Asterisk => largest,
        };
        let pair = |sequence: &Sequence| match sequence {
            Sequence::Single(one) => (value(one), value(one)),
            Sequence::Range(one, other) => {
                (value(one).min(value(other)), value(one).max(value(other)))
            }
        };
        let mut pairs: Vec<(u32, u32)> = set.0.as_ref().iter().map(pair).collect();
        pairs.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for (low, high) in pairs {
            match ranges.last_mut() {
                Some((_, last)) if low <= last.saturating_add(1) => *last = high.max(*last),
                _ => ranges.push((low, high)),
            }
        }
        Self(ranges)
    }

    pub(super) fn holds(&self, number: u32) -> bool {
        let at = self.0.partition_point(|(_, high)| *high < number);
        self.0.get(at).is_some_and(|(low, _)| *low <= number)
    }

    fn highest(&self) -> u32 {
        self.0.last().map_or(0, |(_, high)| *high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_merged_and_looked_up() {
        let set = SequenceSet::try_from("5:3,9,10,20:*,4").unwrap();
        let ranges = Ranges::new(&set, 22);
        assert_eq!(ranges.0, [(3, 5), (9, 10), (20, 22)]);
        let held: Vec<u32> = (0..30).filter(|number| ranges.holds(*number)).collect();
        assert_eq!(held, [3, 4, 5, 9, 10, 20, 21, 22]);
        // A range to the last mail holds it even when it begins beyond (RFC 3501 section 6.4.8).
        assert!(Ranges::new(&SequenceSet::try_from("559:*").unwrap(), 22).holds(22));
    }

    #[test]
    fn a_client_learns_of_changes_in_order() {
        let mailboxes = Mailboxes::with_clock(|| 1);
        mailboxes.add_account("a", "a@a.example", "p");
        for _ in 0..3 {
            assert!(mailboxes.deliver("a@a.example", b"x\r\n", 1));
        }
        let mut view = mailboxes
            .look("a", "INBOX", |folder| View::new(folder, false))
            .unwrap();
        assert!(mailboxes.expunge("a", "INBOX", 1));
        mailboxes
            .change("a", "INBOX", |folder| {
                folder.set_flags(3, vec!["\\Seen".into()]).map(|_| ())
            })
            .unwrap();
        mailboxes.deliver("a@a.example", b"y\r\n", 1);
        let news = view.catch_up(&mailboxes, "a", false).ok().unwrap();
        assert_eq!(news, "* 3 FETCH (UID 3 FLAGS (\\Seen))\r\n* 4 EXISTS\r\n");
        let news = view.catch_up(&mailboxes, "a", true).ok().unwrap();
        assert_eq!(news, "* 1 EXPUNGE\r\n");
        assert_eq!(view.catch_up(&mailboxes, "a", true).ok().unwrap(), "");
        mailboxes.set_uid_validity("a", "INBOX", 9);
        assert!(view.catch_up(&mailboxes, "a", true).is_err());
    }
}
