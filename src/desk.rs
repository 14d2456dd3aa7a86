//! The desk: every event crosses it. One event in, one transaction out; all of it in `step`.
//!
//! Synchronous; `now` and random bytes are arguments, so a whole life of the bot plays in a test.
//! Fails with a [`DeskError`]: then the transaction is rolled back and nothing has happened. A mail
//! that can't be handled is set aside in the inbox with the reason, and the next one is handled.

mod acquainted;
mod ahead;
pub mod alarm;
pub mod allowance;
pub mod anew;
pub mod answers;
pub mod asked;
mod assent;
pub mod at_hand;
pub mod bind;
pub mod brakes;
pub mod copies;
pub mod decisions;
pub mod direct;
pub mod figures;
pub mod forget;
pub mod house;
pub mod in_copy;
pub mod intake;
mod last_look;
mod lasting;
pub mod launch;
mod leaving;
pub mod machines;
pub mod mail;
pub mod operator;
pub mod orders;
pub mod post;
mod press;
pub mod recall;
pub mod requests;
pub mod retention;
mod say;
pub mod shorter;
pub mod strangers;
pub mod unknown;
pub mod views;
pub mod voice;
pub mod wishes;
pub mod work;

use crate::deadline::Deadline;
use crate::desk::acquainted::Acquainted;
use crate::desk::house::House;
use crate::desk::lasting::Lasting;
use crate::desk::leaving::Leaving;
use crate::desk::post::Parcel;
use crate::desk::unknown::NEVER_SECS;
use crate::desk::work::{Keyed, Work};
use crate::failpoint;
use crate::rules::clock;
use crate::rules::event::Event;
use crate::rules::introduction::Introduction;
use crate::store::inbox::Disposition;
use crate::store::offers::Offers;
use crate::store::{Store, StoreError, introductions, outbox, people};
use crate::writer::WriteError;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("mail that nobody proved has caused enough for now")]
    Held,
    #[error("one mail of several fails, and they are handled one by one")]
    Again,
}

impl From<rusqlite::Error> for DeskError {
    fn from(error: rusqlite::Error) -> Self {
        DeskError::Store(StoreError::Sqlite(error))
    }
}

/// Octets of the stack of the desk, and of the thread that reads for it. All mail is taken apart there, by code that nests no deeper than the
/// caps of `reader::letter`; this is eight times what the deepest of the tests needs.
pub const STACK_OCTETS: usize = 8 << 20;

/// Fills a buffer with random bytes; the daemon's comes from the system, a test's from a seed.
pub type Dice = Box<dyn FnMut(&mut [u8]) + Send>;

pub struct Desk {
    store: Store,
    house: Arc<House>,
    keyed: Keyed,
    /// Whether mails were kept under keys that do not begin with their day (schema 4 and before).
    keys_without_day: bool,
    dice: Dice,
    /// Whom each connector can name.
    acquainted: RefCell<Acquainted>,
    /// When old words were last looked for, in seconds since 1970.
    swept_at_secs: i64,
    /// Mails that were written as already in flight, for whoever sends them at once.
    at_hand: VecDeque<Parcel>,
    /// Since when the first of them is.
    at_hand_since_secs: i64,
    /// Whether somebody does.
    sends_at_once: bool,
    /// A mail of the last transaction failed: the next one can undo each by itself.
    each_apart: bool,
    /// Reads the next mails, once there have been several at a time.
    reads_ahead: Option<Lasting<ahead::Job>>,
    /// Finishes mails that were drafted, likewise.
    writes: Option<Lasting<press::Job>>,
    /// Ends the process at a mail that hangs; none: nobody watches.
    deadline: Option<Deadline>,
    /// Where is kept which mails were begun; none: whatever is in flight at the end may have been sent.
    offers: Option<Arc<Offers>>,
    /// What the next transaction is for; tests end the process there.
    doing: &'static str,
}

impl Desk {
    /// Takes over a store. Draws the instance's key at its first start.
    pub fn open(mut store: Store, house: House, mut dice: Dice) -> Result<Desk, DeskError> {
        let tx = store.transaction()?;
        let instance_key = match people::meta(&tx, "instance_key")? {
            Some(hex) => data_encoding::HEXLOWER
                .decode(hex.as_bytes())
                .map_err(|error| StoreError::Unreadable {
                    table: "meta",
                    row: 0,
                    why: error.to_string(),
                })?,
            None => {
                let mut key = vec![0; 32];
                dice(&mut key);
                let hex = data_encoding::HEXLOWER.encode(&key);
                people::set_meta(&tx, "instance_key", Some(&hex))?;
                key
            }
        };
        let keys_without_day = people::meta(&tx, "keys_without_day")?.is_some();
        tx.commit()?;
        Ok(Desk {
            store,
            house: Arc::new(house),
            keyed: Keyed::by(&instance_key),
            keys_without_day,
            dice,
            acquainted: RefCell::default(),
            swept_at_secs: 0,
            at_hand: VecDeque::new(),
            at_hand_since_secs: 0,
            sends_at_once: false,
            each_apart: false,
            reads_ahead: None,
            writes: None,
            deadline: None,
            offers: None,
            doing: "other",
        })
    }

    /// From now on it is kept which mails were begun.
    pub fn keeps(&mut self, offers: Arc<Offers>) {
        self.offers = Some(offers);
    }

    /// These are in flight, and nobody has begun to send them.
    fn note_taken(&self, parcels: &[Parcel]) -> Result<(), DeskError> {
        let ids = parcels.iter().map(|parcel| parcel.id);
        match &self.offers {
            Some(offers) if !parcels.is_empty() => Ok(offers.taken(ids)?),
            _ => Ok(()),
        }
    }

    /// From now on a mail that is never done ends the process.
    pub fn watched_by(&mut self, deadline: Deadline) {
        self.deadline = Some(deadline);
    }

    pub fn house(&self) -> &House {
        &self.house
    }

    /// Replaces what the configuration says (contacts were reread).
    pub fn refurnish(&mut self, house: House) {
        self.house = Arc::new(house);
        self.acquainted = RefCell::default();
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Does for the database what somebody would have to wait for at another time.
    pub fn tidy_log(&self) -> Result<(), DeskError> {
        Ok(self.store.tidy_log()?)
    }

    /// Gives the store back: a start over the same database, without a file.
    pub fn close(self) -> Store {
        self.store
    }

    /// Runs `act` in one transaction; whatever it did is undone if it fails.
    fn transact<T>(
        &mut self,
        now_secs: i64,
        act: impl FnOnce(&mut Work<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let tx = self.store.transaction()?;
        let separator = match self.house.separator {
            Some(fixed) => fixed,
            None => people::meta(&tx, "subaddressing")?.and_then(|shown| shown.chars().next()),
        };
        let acquainted = &self.acquainted;
        let undone = || acquainted.borrow_mut().doubt();
        let done = act(&mut Work {
            db: &tx,
            house: &self.house,
            keyed: &self.keyed,
            keys_without_day: self.keys_without_day,
            dice: &mut self.dice,
            acquainted,
            separator,
            deadline: self.deadline.as_ref(),
            now_secs,
            claimed: None,
            each_apart: true,
            undid: false,
            press: None,
            leaving: Leaving::default(),
        })
        .inspect_err(|_| undone())?;
        failpoint::commit(self.doing, false);
        tx.commit().inspect_err(|_| undone())?;
        failpoint::commit(self.doing, true);
        Ok(done)
    }

    /// Lets time pass for every introduction that is due; returns when to look again.
    pub fn tick(&mut self, now_secs: i64) -> Result<Option<i64>, DeskError> {
        /// Introductions in one transaction; a backlog of them must not hold the lock for long.
        const BATCH: usize = 100;
        loop {
            let mut due = introductions::due(self.store.reading(), now_secs, BATCH)?;
            // Of two closings in one moment the order must not tell what else was due.
            due.sort_unstable();
            if due.is_empty() {
                self.release_held(now_secs)?;
                self.drop_words(now_secs)?;
                return Ok(introductions::next_wake_secs(self.store.reading())?);
            }
            match self.pass_time(&due, now_secs) {
                Err(DeskError::Write(_)) => self.pass_time_singly(&due, now_secs)?,
                other => other?,
            }
        }
    }

    fn pass_time(&mut self, due: &[i64], now_secs: i64) -> Result<(), DeskError> {
        self.doing = "tick";
        self.transact(now_secs, |work| {
            for id in due {
                if let Some(mut introduction) = introductions::load(work.db, *id)? {
                    let before = introduction.clone();
                    if outbox::ask_may_leave(work.db, *id, NEVER_SECS)? {
                        clock::stand_still(&mut introduction, now_secs);
                    }
                    let after = work.step(introduction, Event::TimePassed, "")?;
                    work.unstick(&before, after)?;
                }
            }
            Ok(())
        })
    }

    /// One introduction whose mail can't be written must neither end the daemon nor hold up others.
    fn pass_time_singly(&mut self, due: &[i64], now_secs: i64) -> Result<(), DeskError> {
        for id in due {
            match self.pass_time(&[*id], now_secs) {
                Err(DeskError::Write(error)) => {
                    tracing::error!(
                        introduction = id,
                        "its time came, and nothing is done: {error}"
                    );
                    self.transact(now_secs, |work| work.still(*id))?;
                }
                other => other?,
            }
        }
        Ok(())
    }

    /// The operator calls an introduction off; false: there is no such open introduction.
    pub fn cancel(&mut self, id: i64, now_secs: i64) -> Result<bool, DeskError> {
        self.transact(now_secs, |work| {
            let Some(introduction) = introductions::load(work.db, id)? else {
                return Ok(false);
            };
            let introduction = work.recall(introduction)?;
            let open = !introduction.stage.is_final();
            if open {
                work.step(introduction, Event::OperatorCancelled, "")?;
            }
            Ok(open)
        })
    }

    /// Stops or resumes all sending; who resumes does not want to wait for a refusal to be over.
    pub fn set_paused(&mut self, paused: bool, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            if !paused {
                people::set_meta(work.db, "queue_stopped", None)?;
            }
            Ok(people::set_meta(work.db, "paused", paused.then_some("1"))?)
        })
    }
}

fn ignored(reason: &str) -> Disposition {
    Disposition {
        name: "ignored",
        reason: reason.to_owned(),
        introduction: None,
        duplicate_of: None,
    }
}

fn belongs(name: &'static str, introduction: &Introduction) -> Disposition {
    Disposition {
        name,
        reason: String::new(),
        introduction: Some(introduction.id),
        duplicate_of: None,
    }
}
