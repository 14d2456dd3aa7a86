//! Mails of ours that this database did not write: an old backup was restored, or a second askfirst
//! works on the same mailbox. Nothing is sent then until the operator has looked.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::reader::letter::Letter;
use crate::reader::secret;
use crate::rules::saying::Saying;
use crate::store::{outbox, people, strangers};

/// Where in the Sent mailbox it was looked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub uid_validity: u32,
    /// Mails below were seen.
    pub next_uid: u32,
}

const SENT_SEEN: &str = "sent_seen";
const DISTRUST: &str = "distrust";
const TRUSTED_NUMBER: &str = "trusted_number";
const SEEN_NUMBER: &str = "seen_number";

impl Desk {
    /// Why nothing is sent although it could be, in a sentence for the operator.
    pub fn distrust(&self) -> Result<Option<String>, DeskError> {
        Ok(people::meta(self.store.reading(), DISTRUST)?)
    }

    /// The operator has looked: what was seen is taken as it is, and mail goes out again.
    pub fn trust(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            strangers::trust(work.db)?;
            let seen = people::meta(work.db, SEEN_NUMBER)?;
            if seen.is_some() {
                people::set_meta(work.db, TRUSTED_NUMBER, seen.as_deref())?;
            }
            Ok(people::set_meta(work.db, DISTRUST, None)?)
        })
    }

    /// The number of the newest mail that was ever written here.
    pub fn last_number(&self) -> Result<i64, DeskError> {
        Ok(outbox::last_number(self.store.reading())?)
    }

    /// What the file beside the database says was the newest mail sent: a lower number in here means
    /// that the database is an older one.
    pub fn compare_number(&mut self, noted: i64, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            let trusted = people::meta(work.db, TRUSTED_NUMBER)?.and_then(|n| n.parse().ok());
            let known = outbox::last_number(work.db)?.max(trusted.unwrap_or(0));
            if noted <= known {
                return Ok(());
            }
            people::set_meta(work.db, SEEN_NUMBER, Some(&noted.to_string()))?;
            work.distrust(&format!(
                "mail {noted} was sent from here, and this database knows of {known} at most: it is older than the last run"
            ))
        })
    }

    /// From where on the Sent mailbox has to be looked at.
    pub fn sent_seen(&self) -> Result<Option<Place>, DeskError> {
        let kept = people::meta(self.store.reading(), SENT_SEEN)?;
        Ok(kept.and_then(|kept| {
            let (uid_validity, next_uid) = kept.split_once(':')?;
            Some(Place {
                uid_validity: uid_validity.parse().ok()?,
                next_uid: next_uid.parse().ok()?,
            })
        }))
    }

    /// The beginnings of mails of ours from the Sent mailbox, which only the account's owner fills.
    pub fn saw_sent(
        &mut self,
        beginnings: &[Vec<u8>],
        place: Place,
        now_secs: i64,
    ) -> Result<(), DeskError> {
        self.doing = "sent";
        self.transact(now_secs, |work| {
            for beginning in beginnings {
                let letter = crate::reader::open(beginning);
                let Some(mark) = letter.fields("X-Askfirst-Id").next().map(str::trim) else {
                    continue;
                };
                match outbox::by_mark(work.db, mark)? {
                    Some(ours) => {
                        work.accepted(&ours, "a copy of it lies in Sent")?;
                    }
                    None => work.stranger(mark, "the Sent mailbox")?,
                }
            }
            let kept = format!("{}:{}", place.uid_validity, place.next_uid);
            Ok(people::set_meta(work.db, SENT_SEEN, Some(&kept))?)
        })
    }
}

impl Work<'_> {
    fn distrust(&self, why: &str) -> Result<(), DeskError> {
        tracing::error!(
            "sending stops: {why}. Was an old backup restored, or does a second askfirst use this mailbox? See `askfirst list`, then `askfirst resume --trust-database`"
        );
        Ok(people::set_meta(self.db, DISTRUST, Some(why))?)
    }

    /// A mail that only an askfirst on this mailbox can have written, and this database did not.
    fn stranger(&self, mark: &str, place: &str) -> Result<(), DeskError> {
        let mark: String = mark.chars().take(64).collect();
        match strangers::meet(self.db, &mark, self.now_secs)? {
            true => self.distrust(&format!(
                "a mail of ours lies in {place} that this database did not write"
            )),
            false => Ok(()),
        }
    }

    /// A mail with a mark that is not in the database. Anybody can write such a field: it counts if
    /// the mark holds under our key, or if the author is proven to be this mailbox itself.
    pub(super) fn meet(&self, mark: &str, letter: &Letter, proven: bool) -> Result<(), DeskError> {
        let from_us = letter
            .from
            .person()
            .is_some_and(|author| self.house.is_bot(&author.address));
        match from_us && (proven || self.is_our_mark(mark, letter)) {
            true => self.stranger(mark, "the mailbox"),
            false => Ok(()),
        }
    }

    /// The mark is a keyed hash of the secret, which stands in our Message-ID, and of the saying, behind
    /// the day, which earlier versions left out.
    fn is_our_mark(&self, mark: &str, letter: &Letter) -> bool {
        let id = letter.message_id.as_deref().unwrap_or_default();
        secret::find(id).iter().any(|secret| {
            let token = secret.token();
            Saying::NAMES
                .iter()
                .any(|name| mark.ends_with(&self.mark_without_day(&token, name)))
        })
    }

    /// A proven connector answers a mail that has not been written yet, by its number.
    pub(super) fn meet_answer(&self, letter: &Letter, proven: bool) -> Result<(), DeskError> {
        let insider = letter
            .from
            .person()
            .is_some_and(|author| self.house.connector(&author.address).is_some());
        if !proven || !insider {
            return Ok(());
        }
        let ids = letter.in_reply_to.join(" ");
        let domain = format!("@{}", self.house.bot.domain());
        if !ids.to_ascii_lowercase().contains(&domain) {
            return Ok(());
        }
        let last = crate::store::secrets::last_row(self.db)?;
        match secret::find(&ids).iter().find(|found| found.row > last) {
            Some(found) => {
                self.stranger(&format!("answer-{}", found.token()), "an answer's thread")
            }
            None => Ok(()),
        }
    }
}
