//! Mails that are written as in flight in the transaction that decides on them, and go at once.
//!
//! Fails with a [`DeskError`]; then the process ends, and what was at hand is of unknown outcome.

use crate::desk::last_look::LastLook;
use crate::desk::post::Parcel;
use crate::desk::{Desk, DeskError};
use crate::store::outbox;
use std::collections::VecDeque;

/// Mails that may be in flight before anybody has begun to send them; the rest stays queued. Those of one batch
/// of requests: each is then written once and never taken.
const MAX_AT_HAND: usize = 200;
/// They go within milliseconds; after this the world is looked at again.
const MAX_AT_HAND_SECS: i64 = 2;

impl Desk {
    /// From now on a mail that can go at once is written as in flight in the transaction that decides
    /// on it, which spares a commit; [`Desk::take_due`] hands it out.
    pub fn send_at_once(&mut self) {
        self.sends_at_once = true;
    }

    /// Nobody sends any more: what was to go at once waits like all else, and its outcome is not unknown.
    pub fn send_later(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.sends_at_once = false;
        self.put_back(now_secs)
    }

    /// How many mails may be written as in flight.
    pub(super) fn room_at_hand(&self) -> usize {
        match self.sends_at_once {
            true => MAX_AT_HAND.saturating_sub(self.at_hand.len()),
            false => 0,
        }
    }

    /// All that was just written to go at once.
    pub fn hand_out(&mut self) -> Vec<Parcel> {
        self.at_hand.drain(..).collect()
    }

    /// The mails at hand, at most so many.
    pub(super) fn take_at_hand(
        &mut self,
        at_most: u32,
        now_secs: i64,
    ) -> Result<Vec<Parcel>, DeskError> {
        if now_secs - self.at_hand_since_secs > MAX_AT_HAND_SECS {
            self.look_again(now_secs)?;
        }
        let count = usize::try_from(at_most).unwrap_or(MAX_AT_HAND);
        let count = count.min(self.at_hand.len());
        Ok(self.at_hand.drain(..count).collect())
    }

    /// More of them, just written.
    pub(super) fn have_at_hand(&mut self, parcels: Vec<Parcel>, now_secs: i64) {
        if self.at_hand.is_empty() {
            self.at_hand_since_secs = now_secs;
        }
        self.at_hand.extend(parcels);
    }

    /// What was to go at once and has waited, because the mail server was slow with others: meanwhile it
    /// may have been called off, or somebody else may have settled it.
    fn look_again(&mut self, now_secs: i64) -> Result<(), DeskError> {
        let waited = std::mem::take(&mut self.at_hand);
        if waited.is_empty() {
            return Ok(());
        }
        self.doing = "look again";
        self.at_hand = self.transact(now_secs, |work| {
            let mut wanted = VecDeque::new();
            for parcel in waited {
                let mail = outbox::load(work.db, parcel.id)?;
                let Some(mail) = mail.filter(|mail| mail.state == "inflight") else {
                    continue;
                };
                match work.is_unwanted(&LastLook::at(&mail))? {
                    true => work.take_out(mail.id)?,
                    false => wanted.push_back(parcel),
                }
            }
            Ok(wanted)
        })?;
        self.at_hand_since_secs = now_secs;
        Ok(())
    }

    /// What was to go at once and may not any more; nothing of it was sent.
    pub(super) fn put_back(&mut self, now_secs: i64) -> Result<(), DeskError> {
        let back: Vec<i64> = self.at_hand.iter().map(|parcel| parcel.id).collect();
        self.put_off(&back, now_secs)?;
        self.at_hand.clear();
        Ok(())
    }
}
