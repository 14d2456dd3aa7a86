//! The way in: raw mails are stored, then read and decided on, many in one transaction.
//!
//! Nothing looks into a mail before it and its attempt are committed: one that kills the process is
//! found by its attempts at the next start, where mails are handled one by one. A mail whose answer
//! can't be written is set aside alone; any other fault undoes the whole batch, and the mails are
//! handled at the next start.

use crate::deadline::DECIDE_TICKS;
use crate::desk::ahead::{Ahead, Circumstances, Opened};
use crate::desk::press::Press;
use crate::desk::unknown;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::failpoint;
use crate::reader::{content, letter::Letter};
use crate::store::inbox::{self, Arrived, Disposition, Identity, Pending};
use crate::store::people;
use std::collections::HashSet;
use std::sync::Arc;

/// At this start a mail that was begun twice and never finished is under suspicion.
pub(super) const MAX_ATTEMPTS: u32 = 3;

/// The key of `meta` that names the last run: whose marks in the file of offers are its own.
const RUN: &str = "run";
/// However innocent a mail looks, after so many it is set aside.
const LAST_ATTEMPT: u32 = 100;

/// What the attempts at a mail say of it.
pub enum Suspicion {
    None,
    /// The program ended twice while it was handled: the mail, or somebody else, did that. Its bytes.
    Twice(Vec<u8>),
}

impl Desk {
    /// Takes a batch of raw mails: first all are stored, then all are handled; two commits, of which the second
    /// waits for the disk.
    pub fn receive(&mut self, batch: Vec<Arrived>, now_secs: i64) -> Result<usize, DeskError> {
        let taken = self.take(&batch, now_secs)?;
        let taken = batch.into_iter().zip(taken);
        let pending: Vec<Pending> = taken
            .filter_map(|(arrived, id)| Some(arrived.pending(id?)))
            .collect();
        let count = pending.len();
        self.handle_pending(pending, now_secs)?;
        Ok(count)
    }

    /// Stores raw mails; nothing has looked into them yet. For each its id, where it is to be handled.
    pub fn take(
        &mut self,
        batch: &[Arrived],
        now_secs: i64,
    ) -> Result<Vec<Option<i64>>, DeskError> {
        // Without waiting for the disk: after a power cut the mailbox still has them.
        let stored: Vec<Option<i64>> = self.store.transact_unhurried(|db| {
            let stored = batch
                .iter()
                .map(|arrived| inbox::insert(db, arrived, now_secs))
                .collect::<Result<_, _>>()?;
            failpoint::commit("store", false);
            Ok(stored)
        })?;
        failpoint::commit("store", true);
        if batch.iter().any(|arrived| arrived.aside.is_some()) {
            self.doing = "identify";
            self.transact(now_secs, |work| {
                for (arrived, id) in batch.iter().zip(&stored) {
                    if let Some(id) = id.filter(|_| arrived.aside.is_some()) {
                        // Never handled, but recognised where it turns up again.
                        let letter = crate::reader::open(&arrived.raw);
                        let key = content::key(&letter, &arrived.raw);
                        inbox::identify(work.db, id, identity(&letter, &key))?;
                    }
                }
                Ok(())
            })?;
        }
        let handled =
            |(id, arrived): (Option<i64>, &Arrived)| id.filter(|_| arrived.aside.is_none());
        Ok(stored.into_iter().zip(batch).map(handled).collect())
    }

    /// After a start: what the last process was sending, and the mails it stored and did not finish.
    pub fn unfinished(&mut self, now_secs: i64) -> Result<Vec<i64>, DeskError> {
        self.doing = "recover";
        let offers = self.offers.clone();
        let run = self.transact(now_secs, |work| {
            let Some(offers) = &offers else {
                return unknown::recover(work, &HashSet::new()).map(|()| None);
            };
            let last_run = people::meta(work.db, RUN)?.unwrap_or_default();
            unknown::recover(work, &offers.untouched(&last_run)?)?;
            let run = data_encoding::HEXLOWER.encode(&work.random::<16>());
            people::set_meta(work.db, RUN, Some(&run))?;
            Ok(Some(run))
        })?;
        if let (Some(offers), Some(run)) = (&offers, run) {
            offers.start_over(&run)?;
        }
        Ok(inbox::pending(self.store.reading())?)
    }

    /// Counts one more attempt at a mail that was stored and not finished, and gives its bytes.
    pub fn attempt(&mut self, id: i64, now_secs: i64) -> Result<Option<Vec<u8>>, DeskError> {
        self.doing = "attempt";
        self.transact(now_secs, |work| Ok(inbox::count_attempt(work.db, id)?))?;
        let pending = inbox::load(self.store.reading(), id)?;
        Ok(pending.map(|pending| pending.raw))
    }

    /// What the attempts so far say of a mail; None: there is nothing to do about it.
    pub fn suspicion(&mut self, id: i64, now_secs: i64) -> Result<Option<Suspicion>, DeskError> {
        let Some(pending) = inbox::load(self.store.reading(), id)? else {
            return Ok(None);
        };
        match pending.attempts + 1 {
            0..MAX_ATTEMPTS => Ok(Some(Suspicion::None)),
            MAX_ATTEMPTS..LAST_ATTEMPT => Ok(Some(Suspicion::Twice(pending.raw))),
            _ => {
                self.blame(id, now_secs)?;
                Ok(None)
            }
        }
    }

    /// Sets a mail aside that ends the program.
    pub fn blame(&mut self, id: i64, now_secs: i64) -> Result<(), DeskError> {
        self.doing = "aside";
        self.transact(now_secs, |work| {
            work.set_aside(id, None, "it ended the program before".to_owned())
        })
    }

    /// All that is left to do after a start, where nothing is looked up and nobody can try a mail out.
    pub fn resume(&mut self, now_secs: i64) -> Result<(), DeskError> {
        for id in self.unfinished(now_secs)? {
            match self.suspicion(id, now_secs)? {
                None => {}
                Some(Suspicion::None) => {
                    self.attempt(id, now_secs)?;
                    self.handle(id, None, now_secs)?;
                }
                Some(Suspicion::Twice(_)) => self.blame(id, now_secs)?,
            }
        }
        Ok(())
    }

    /// Handles a stored mail; `facts` is what was looked up since.
    pub fn handle(
        &mut self,
        id: i64,
        facts: Option<String>,
        now_secs: i64,
    ) -> Result<(), DeskError> {
        self.handle_all(&[(id, facts)], now_secs)
    }

    /// Handles stored mails, each with what was looked up since, in one commit.
    pub fn handle_all(
        &mut self,
        mails: &[(i64, Option<String>)],
        now_secs: i64,
    ) -> Result<(), DeskError> {
        let mut pending = Vec::with_capacity(mails.len());
        for (id, facts) in mails {
            if let Some(mut mail) = inbox::load(self.store.reading(), *id)? {
                mail.looked_up = facts.is_some();
                mail.facts = facts.clone().or(mail.facts);
                pending.push(mail);
            }
        }
        self.handle_pending(pending, now_secs)
    }

    fn handle_pending(&mut self, pending: Vec<Pending>, now_secs: i64) -> Result<(), DeskError> {
        if pending.is_empty() {
            return Ok(());
        }
        let room = self.room_at_hand();
        self.doing = "decide";
        let around = Circumstances {
            house: self.house.clone(),
            deadline: self.deadline.clone(),
            now_secs,
        };
        let pending: Arc<[Pending]> = pending.into();
        let ahead = Ahead::start(&mut self.reads_ahead, &pending, &around);
        let press = ahead.is_there().then(|| Press::start(&mut self.writes));
        let press = press.flatten();
        let taken = self.transact_each(now_secs, |work| {
            // Where each mail can be undone by itself, each is finished by itself.
            work.press = press.clone().filter(|_| !work.each_apart);
            work.let_leave(room)?;
            for mail in pending.iter() {
                let opened = ahead.take(mail.id);
                let opened = opened.unwrap_or_else(|| Opened::of(mail, &around, false));
                work.handle(mail, opened)?;
            }
            if let Some(press) = work.press.take() {
                press.empty(work.db, &work.leaving)?;
            }
            work.take_up(room)
        })?;
        self.note_taken(&taken)?;
        self.have_at_hand(taken, now_secs);
        Ok(())
    }

    /// One transaction over many mails. A savepoint round each costs as much as a fifth of the work, and
    /// one in thousands needs it: so first without, and only if one fails all over again with them.
    pub(super) fn transact_each<T>(
        &mut self,
        now_secs: i64,
        act: impl Fn(&mut Work<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        if !self.each_apart {
            let at_once = self.transact(now_secs, |work| {
                work.each_apart = false;
                act(work)
            });
            match at_once {
                Err(DeskError::Again) => {}
                other => return other,
            }
        }
        let (done, undid) = self.transact(now_secs, |work| Ok((act(work)?, work.undid)))?;
        // Where one such mail came, more of them come.
        self.each_apart = undid;
        Ok(done)
    }
}

impl Work<'_> {
    /// One mail; what can't be answered is undone and set aside, and the next one is handled.
    fn handle(&mut self, pending: &Pending, mut opened: Opened) -> Result<(), DeskError> {
        let id = pending.id;
        let deadline = self.deadline;
        let _held = deadline.map(|deadline| deadline.begin(id, DECIDE_TICKS));
        if let Some(facts) = pending.facts.as_deref().filter(|_| pending.looked_up) {
            inbox::learn(self.db, id, facts)?;
        }
        self.claimed = None;
        let alone = opened.alone.take();
        let decided = self.savepoint(|work| {
            let disposition = work.dispose(pending, &opened, alone)?;
            Ok(inbox::settle(
                work.db,
                id,
                Some(opened.identity()),
                &disposition,
            )?)
        });
        match decided {
            Err(DeskError::Write(error)) => {
                self.set_aside(id, Some(opened.identity()), error.to_string())
            }
            Err(DeskError::Held) => self.hold(id, opened.identity()),
            other => other,
        }
    }

    /// Undoes what `act` did if it fails, and nothing else of the transaction; where nothing is apart, all
    /// of it is undone and begins again.
    pub(super) fn savepoint<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        if !self.each_apart {
            return act(self).map_err(|error| match error {
                DeskError::Write(_) | DeskError::Held => DeskError::Again,
                other => other,
            });
        }
        self.db.prepare_cached("SAVEPOINT one")?.execute([])?;
        let done = act(self);
        if done.is_err() {
            self.undid = true;
            self.acquainted.borrow_mut().doubt();
            self.db.prepare_cached("ROLLBACK TO one")?.execute([])?;
        }
        self.db.prepare_cached("RELEASE one")?.execute([])?;
        done
    }

    fn set_aside(
        &mut self,
        id: i64,
        identity: Option<Identity<'_>>,
        reason: String,
    ) -> Result<(), DeskError> {
        tracing::warn!(inbox = id, reason, "a mail is set aside");
        let disposition = Disposition {
            name: "quarantined",
            reason,
            introduction: None,
            duplicate_of: None,
        };
        Ok(inbox::settle(self.db, id, identity, &disposition)?)
    }
}

pub(super) fn identity<'a>(letter: &'a Letter, content_key: &'a [u8]) -> Identity<'a> {
    Identity {
        content_key,
        message_id: letter.message_id.as_deref(),
    }
}
