//! The way in: raw mails are stored, then read and decided on, many in one transaction.
//!
//! Nothing is parsed before the mail and its attempt are committed: a mail that kills the process is
//! found by its attempts at the next start, where mails are handled one by one. A mail whose answer
//! can't be written is set aside alone; any other fault undoes the whole batch, and the mails are
//! handled at the next start.

use crate::desk::post;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::failpoint;
use crate::reader::{content, letter::Letter};
use crate::store::inbox::{self, Arrived, Disposition, Pending};
use sha2::{Digest, Sha256};

/// Starts after which a mail that was begun and never finished is set aside: it kills the process.
const MAX_ATTEMPTS: u32 = 3;

impl Desk {
    /// Takes a batch of raw mails: first all are stored, then all are handled; two commits.
    pub fn receive(&mut self, batch: &[Arrived], now_secs: i64) -> Result<usize, DeskError> {
        let mut stored = Vec::with_capacity(batch.len());
        let tx = self.store.transaction()?;
        for arrived in batch {
            // The key proper needs the mail parsed, and is put in its place when it is handled.
            let key = Sha256::digest(&arrived.raw);
            let id = inbox::insert(&tx, arrived, &key, None, now_secs)?;
            stored.extend(id.filter(|_| arrived.aside.is_none()));
        }
        failpoint::commit("store", false);
        tx.commit()?;
        failpoint::commit("store", true);
        self.handle(&stored, now_secs)?;
        Ok(stored.len())
    }

    /// After a start: what the last process stored and did not finish, and what it was sending.
    pub fn resume(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.doing = "recover";
        self.transact(now_secs, post::recover)?;
        for id in inbox::pending(self.store.reading())? {
            self.doing = "attempt";
            self.transact(now_secs, |work| Ok(inbox::count_attempt(work.db, id)?))?;
            self.handle(&[id], now_secs)?;
        }
        Ok(())
    }

    fn handle(&mut self, ids: &[i64], now_secs: i64) -> Result<(), DeskError> {
        if ids.is_empty() {
            return Ok(());
        }
        let room = self.room_at_hand();
        self.doing = "decide";
        let taken = self.transact(now_secs, |work| {
            for id in ids {
                work.handle(*id)?;
            }
            work.take_up(room)
        })?;
        self.at_hand.extend(taken);
        Ok(())
    }
}

impl Work<'_> {
    /// One mail; what can't be answered is undone and set aside, and the next one is handled.
    fn handle(&mut self, id: i64) -> Result<(), DeskError> {
        let Some(pending) = inbox::load(self.db, id)? else {
            return Ok(());
        };
        if pending.attempts > MAX_ATTEMPTS {
            return self.set_aside(id, "it ended the program before".to_owned());
        }
        let letter = crate::reader::open(&pending.raw);
        let key = content::key(&letter, &pending.raw);
        inbox::describe(self.db, id, &key, letter.message_id.as_deref())?;
        match self.savepoint(|work| work.decide(&pending, &letter)) {
            Err(DeskError::Write(error)) => self.set_aside(id, error.to_string()),
            other => other,
        }
    }

    fn decide(&mut self, pending: &Pending, letter: &Letter) -> Result<(), DeskError> {
        let disposition = self.dispose(pending, letter)?;
        Ok(inbox::settle(self.db, pending.id, &disposition)?)
    }

    /// Undoes what `act` did if it fails, and nothing else of the transaction.
    pub(super) fn savepoint<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        self.db.prepare_cached("SAVEPOINT one")?.execute([])?;
        let done = act(self);
        if done.is_err() {
            self.db.prepare_cached("ROLLBACK TO one")?.execute([])?;
        }
        self.db.prepare_cached("RELEASE one")?.execute([])?;
        done
    }

    fn set_aside(&mut self, id: i64, reason: String) -> Result<(), DeskError> {
        tracing::warn!(inbox = id, reason, "a mail is set aside");
        let disposition = Disposition {
            name: "quarantined",
            reason,
            introduction: None,
            duplicate_of: None,
        };
        Ok(inbox::settle(self.db, id, &disposition)?)
    }
}
