//! The brakes: mail that nobody proved causes few mails of ours, counted by author, by domain and in all.
//!
//! Fails with [`DeskError::Held`]: the transaction is rolled back, the mail is kept, and it is handled
//! anew once there is room. Nothing is dropped.

use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::reader::Proof;
use crate::reader::address::Address;
use crate::rules::bucket::{self, Limit};
use crate::rules::introduction::Introduction;
use crate::rules::saying::{Party, Saying};
use crate::store::inbox::{Disposition, Identity};
use crate::store::{inbox, people};

/// Held mails looked at again in one go; the first that is held again ends it.
const AGAIN: usize = 50;

impl Desk {
    /// Handles anew what was held, the oldest first, as far as there is room.
    pub(super) fn release_held(&mut self, now_secs: i64) -> Result<(), DeskError> {
        for id in inbox::held(self.store.reading(), AGAIN)? {
            self.handle(id, None, now_secs)?;
            if inbox::is_held(self.store.reading(), id)? {
                break;
            }
        }
        Ok(())
    }
}

impl Work<'_> {
    pub(super) fn hold(&mut self, id: i64, identity: Identity<'_>) -> Result<(), DeskError> {
        tracing::warn!(
            inbox = id,
            "unproven mail causes too many mails; this one waits"
        );
        let disposition = Disposition {
            name: "held",
            reason: "mail that nobody proved has caused enough for now; it is handled later"
                .to_owned(),
            introduction: None,
            duplicate_of: None,
        };
        Ok(inbox::settle(self.db, id, Some(identity), &disposition)?)
    }

    /// Whose claim it is, where what this mail causes is to be counted: a stranger's mail, or one that
    /// nobody proved.
    pub(super) fn claim_of(
        &self,
        mail: &Mail<'_>,
        part_of: Option<&Introduction>,
    ) -> Option<Option<Address>> {
        let takes_part = part_of.is_some_and(|introduction| {
            let people = [
                &introduction.requester,
                &introduction.connector,
                &introduction.target,
            ];
            let from = mail.from();
            people.into_iter().flatten().any(|person| {
                from.is_some_and(|from| self.house.same_person(&person.address, from))
            })
        });
        let trusted = match mail.reading.proof {
            Proof::Proven => part_of.is_none() || takes_part,
            Proof::Unproven => takes_part,
            Proof::Fails => false,
        };
        match trusted {
            true => None,
            false => Some(mail.from().cloned()),
        }
    }

    /// Counts one mail of ours. An introduction and a closing are owed, and never held back.
    pub(super) fn brake(&mut self, saying: &Saying) -> Result<(), DeskError> {
        let Some(author) = self.claimed.clone() else {
            return Ok(());
        };
        if matches!(saying, Saying::Introduction | Saying::Closing) {
            return Ok(());
        }
        let address = author.as_ref();
        let domain = address.map(Address::domain).unwrap_or_default();
        let organisation = psl::domain_str(domain).unwrap_or(domain);
        for (name, limit) in [
            (
                address.map(Address::rate_key).unwrap_or_default(),
                bucket::CLAIMED_AUTHOR,
            ),
            (
                format!("domain {organisation}").into(),
                bucket::CLAIMED_DOMAIN,
            ),
            ("anybody".into(), bucket::CLAIMED_BY_ANYBODY),
        ] {
            if self.take_one(&name, limit)?.is_some() {
                return Err(DeskError::Held);
            }
        }
        Ok(())
    }

    /// How long a mail to a target has to wait, because he got many.
    pub(super) fn patience(
        &mut self,
        saying: &Saying,
        introduction: &Introduction,
    ) -> Result<Option<i64>, DeskError> {
        match (&introduction.target, saying.party()) {
            (Some(target), Some(Party::Target)) => {
                let name = format!("to {}", target.address.rate_key());
                self.take_one(&name, bucket::TO_TARGET)
            }
            _ => Ok(None),
        }
    }

    /// Takes one out of a bucket; else the seconds to wait.
    fn take_one(&mut self, name: &str, limit: Limit) -> Result<Option<i64>, DeskError> {
        let key = self.keyed(&format!("bucket {name}"));
        let full = people::bucket(self.db, &key)?.map(bucket::Full);
        match bucket::take(full, limit, self.now_secs) {
            Ok(bucket::Full(at)) => {
                people::set_bucket(self.db, &key, at)?;
                Ok(None)
            }
            Err(wait_secs) => Ok(Some(wait_secs)),
        }
    }
}
