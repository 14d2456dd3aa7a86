//! STORE, COPY, MOVE, EXPUNGE and APPEND: what changes mails. Nothing changes in a folder that was only examined.

use imap_codec::imap_types::datetime::DateTime;
use imap_codec::imap_types::extensions::binary::LiteralOrLiteral8;
use imap_codec::imap_types::flag::{Flag, StoreResponse, StoreType};
use imap_codec::imap_types::mailbox::Mailbox;
use imap_codec::imap_types::sequence::SequenceSet;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::folder::Refusal;
use super::super::mailboxes::Mail;
use super::Session;
use super::dispatch::{Tagged, bad, no, ok};
use super::folders::{SYSTEM_FLAGS, folder_name, refusal_text};
use super::view::View;

const READ_ONLY: &str = "[READ-ONLY] the folder was opened with EXAMINE";
const NO_SUCH_NUMBER: &str = "there is no mail with this number";
/// No keyword of any program is as long.
const MAX_FLAG: usize = 100;

pub(super) struct Store<'a> {
    pub(super) kind: StoreType,
    pub(super) response: StoreResponse,
    pub(super) flags: &'a [Flag<'a>],
    pub(super) uid: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) fn store(
        &mut self,
        user: &str,
        view: &mut View,
        set: &SequenceSet,
        store: &Store<'_>,
    ) -> Tagged {
        if view.read_only {
            return no(READ_ONLY);
        }
        let Some(chosen) = view.resolve(set, store.uid) else {
            return bad(NO_SUCH_NUMBER);
        };
        let Some(flags) = flag_names(store.flags) else {
            return bad("this flag can't be set");
        };
        if !self.takes_keywords() && flags.iter().any(|flag| !flag.starts_with('\\')) {
            return no("[CANNOT] this folder takes no new keywords");
        }
        let mut missing = false;
        let mut too_many = false;
        let mut told = Vec::new();
        let folder = view.folder.clone();
        let changed = self.mailboxes.change(user, &folder, |folder| {
            for (number, uid) in chosen {
                let Some(before) = folder.find(uid) else {
                    missing = true;
                    continue;
                };
                let known_before = before.change;
                let wanted = combine(&before.mail, &store.kind, &flags);
                match folder.set_flags(uid, wanted) {
                    Some(stored) => told.push((
                        number,
                        uid,
                        known_before,
                        stored.change,
                        stored.mail.flags.join(" "),
                    )),
                    None => too_many = true,
                }
            }
        });
        if let Err(refusal) = changed {
            return no(refusal_text(refusal));
        }
        for (number, uid, before, change, flags) in told {
            if store.response == StoreResponse::Silent {
                view.told(uid, Some(before), change);
                continue;
            }
            view.told(uid, None, change);
            let with_uid = if store.uid {
                format!("UID {uid} ")
            } else {
                String::new()
            };
            self.say(&format!("* {number} FETCH ({with_uid}FLAGS ({flags}))\r\n"));
        }
        if too_many {
            return no("[LIMIT] too many flags on one mail");
        }
        if missing && !store.uid {
            return no("[EXPUNGEISSUED] some of these mails are gone");
        }
        ok("STORE completed")
    }

    pub(super) fn transfer(
        &mut self,
        user: &str,
        view: &View,
        set: &SequenceSet,
        mailbox: &Mailbox<'_>,
        uid: bool,
        moves: bool,
    ) -> Tagged {
        if moves && view.read_only {
            return no(READ_ONLY);
        }
        let Some(chosen) = view.resolve(set, uid) else {
            return bad(NO_SUCH_NUMBER);
        };
        let uids: Vec<u32> = chosen.iter().map(|(_, uid)| *uid).collect();
        let word = if moves { "MOVE" } else { "COPY" };
        match self
            .mailboxes
            .transfer(user, &view.folder, &folder_name(mailbox), &uids, moves)
        {
            Ok((_, pairs)) if pairs.is_empty() => ok(format!("{word} completed, no such mails")),
            Ok((uid_validity, pairs)) => {
                let old = uid_list(pairs.iter().map(|(old, _)| *old));
                let new = uid_list(pairs.iter().map(|(_, new)| *new));
                let code = format!("[COPYUID {uid_validity} {old} {new}]");
                if self.faults.withholds("UIDPLUS") {
                    ok(format!("{word} completed"))
                } else if moves {
                    // RFC 6851 section 4.3: before the EXPUNGEs, so it can't wait for the tagged OK.
                    self.say(&format!("* OK {code} moved\r\n"));
                    ok("MOVE completed")
                } else {
                    ok(format!("{code} COPY completed"))
                }
            }
            Err(Refusal::NoFolder) => no("[TRYCREATE] there is no such folder"),
            Err(refusal) => no(refusal_text(refusal)),
        }
    }

    /// Removes mails with \Deleted, all or those in the set (RFC 4315 section 2.1).
    pub(super) fn expunge(&mut self, user: &str, view: &View, set: Option<&SequenceSet>) -> Tagged {
        if view.read_only {
            return no(READ_ONLY);
        }
        let chosen = match set {
            Some(set) => view.resolve(set, true).unwrap_or_default(),
            // Only what the client knows of: a mail marked by another program a moment ago is in its view too, once told.
            None => view.all(),
        };
        let gone = |mail: &Mail| {
            mail.has_flag("\\Deleted")
                && chosen
                    .binary_search_by_key(&mail.uid, |(_, uid)| *uid)
                    .is_ok()
        };
        match self
            .mailboxes
            .change(user, &view.folder, |folder| folder.remove(gone))
        {
            Ok(()) => ok("EXPUNGE completed"),
            Err(refusal) => no(refusal_text(refusal)),
        }
    }

    pub(super) fn append(
        &mut self,
        user: &str,
        mailbox: &Mailbox<'_>,
        flags: &[Flag<'_>],
        date: Option<DateTime>,
        message: &LiteralOrLiteral8<'_>,
    ) -> Tagged {
        let Some(flags) = flag_names(flags) else {
            return bad("this flag can't be set");
        };
        let bytes = match message {
            LiteralOrLiteral8::Literal(literal) => literal.data(),
            // BINARY (RFC 3516) is not offered; a mail may not hold NUL here.
            LiteralOrLiteral8::Literal8(_) => {
                return no("[UNKNOWN-CTE] binary literals are not offered");
            }
        };
        if bytes.is_empty() {
            return no("an empty mail is no mail");
        }
        let date_secs = date.map_or_else(
            || self.mailboxes.now_secs(),
            |date| date.as_ref().timestamp(),
        );
        match self
            .mailboxes
            .append(user, &folder_name(mailbox), flags, date_secs, bytes)
        {
            Ok(_) if self.faults.withholds("UIDPLUS") => ok("APPEND completed"),
            Ok((uid_validity, uid)) => {
                ok(format!("[APPENDUID {uid_validity} {uid}] APPEND completed"))
            }
            Err(Refusal::NoFolder) => no("[TRYCREATE] there is no such folder"),
            Err(refusal) => no(refusal_text(refusal)),
        }
    }
}

/// The flags as words; `None` if one is no flag that a client may set.
fn flag_names(flags: &[Flag<'_>]) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for flag in flags {
        let name = flag.to_string();
        let allowed = match flag {
            // \Recent and unknown system flags (RFC 3501 section 2.3.2).
            Flag::Extension(_) => false,
            Flag::Keyword(_) => name.len() <= MAX_FLAG,
            _ => SYSTEM_FLAGS
                .iter()
                .any(|system| system.eq_ignore_ascii_case(&name)),
        };
        if !allowed {
            return None;
        }
        if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            names.push(name);
        }
    }
    Some(names)
}

fn combine(mail: &Mail, kind: &StoreType, flags: &[String]) -> Vec<String> {
    let named = |flag: &String| flags.iter().any(|one| one.eq_ignore_ascii_case(flag));
    match kind {
        StoreType::Replace => flags.to_vec(),
        StoreType::Add => {
            let mut all = mail.flags.clone();
            all.extend(flags.iter().filter(|flag| !mail.has_flag(flag)).cloned());
            all
        }
        StoreType::Remove => mail
            .flags
            .iter()
            .filter(|flag| !named(flag))
            .cloned()
            .collect(),
    }
}

/// UIDs in the short form, neighbours as a range.
fn uid_list(uids: impl Iterator<Item = u32>) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let words = ranges.iter().map(|(low, high)| {
        if low == high {
            low.to_string()
        } else {
            format!("{low}:{high}")
        }
    });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_are_listed_in_ranges() {
        assert_eq!(uid_list([1, 2, 3, 7, 9, 10].into_iter()), "1:3,7,9:10");
        assert_eq!(uid_list([5].into_iter()), "5");
    }
}
