//! Mails get their bytes in a thread of their own while the desk decides on the next ones; before its
//! transaction ends all of them are stored.
//!
//! A draft that can't be finished undoes the transaction, which begins again without a press.

use crate::desk::lasting::Lasting;
use crate::desk::leaving::Leaving;
use crate::desk::{DeskError, STACK_OCTETS};
use crate::store::outbox;
use crate::writer::{Draft, Finished, WriteError};
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// To wake a thread costs more than to hand over a draft, so drafts go in groups.
const GROUP: usize = 4;

type Given = (i64, Draft);
type Done = (i64, Result<Finished, WriteError>);

/// Drafts to be finished, and where they go then.
pub(super) struct Job {
    drafts: Vec<Given>,
    finished: Sender<Vec<Done>>,
}

fn finish(job: Job) {
    let drafts = job.drafts.into_iter();
    let done = drafts.map(|(id, draft)| (id, draft.finish())).collect();
    // Nobody waits for it where the desk has ended its batch early.
    let _ = job.finished.send(done);
}

pub(super) struct Press {
    /// The next group.
    given: RefCell<Vec<Given>>,
    jobs: Sender<Job>,
    /// None: the batch is at its end, and whoever finishes a draft has the only other ones.
    finished: RefCell<Option<Sender<Vec<Done>>>>,
    done: Receiver<Vec<Done>>,
    /// Drafts that were handed over and not stored.
    waiting: Cell<usize>,
}

impl Press {
    /// For one batch, with the thread that stays for it. None: there is none to be had, and mails are finished at the
    /// desk.
    pub(super) fn start(place: &mut Option<Lasting<Job>>) -> Option<Rc<Press>> {
        let writer = Lasting::at(place, ("writer", STACK_OCTETS), finish)?;
        let (finished, done) = channel();
        Some(Rc::new(Press {
            given: RefCell::default(),
            jobs: writer.jobs(),
            finished: RefCell::new(Some(finished)),
            done,
            waiting: Cell::new(0),
        }))
    }

    /// Takes a draft for this row of the outbox; stores what was finished meanwhile.
    pub(super) fn give(
        &self,
        (db, leaving): (&Connection, &Leaving),
        id: i64,
        draft: Draft,
    ) -> Result<(), DeskError> {
        let mut given = self.given.borrow_mut();
        given.push((id, draft));
        if given.len() < GROUP {
            return Ok(());
        }
        self.waiting.set(self.waiting.get() + given.len());
        let finished = self.finished.borrow().clone().ok_or(DeskError::Again)?;
        let drafts = std::mem::take(&mut *given);
        let job = Job { drafts, finished };
        self.jobs.send(job).map_err(|_| DeskError::Again)?;
        while let Ok(done) = self.done.try_recv() {
            self.store(db, leaving, done)?;
        }
        Ok(())
    }

    /// Finishes the last few, waits for all that was handed over, and stores it.
    pub(super) fn empty(&self, db: &Connection, leaving: &Leaving) -> Result<(), DeskError> {
        for (id, draft) in self.given.take() {
            keep(db, leaving, id, draft.finish())?;
        }
        self.finished.take();
        while self.waiting.get() > 0 {
            let done = self.done.recv().map_err(|_| DeskError::Again)?;
            self.store(db, leaving, done)?;
        }
        Ok(())
    }

    fn store(&self, db: &Connection, leaving: &Leaving, done: Vec<Done>) -> Result<(), DeskError> {
        self.waiting
            .set(self.waiting.get().saturating_sub(done.len()));
        for (id, finished) in done {
            keep(db, leaving, id, finished)?;
        }
        Ok(())
    }
}

fn keep(
    db: &Connection,
    leaving: &Leaving,
    id: i64,
    finished: Result<Finished, WriteError>,
) -> Result<(), DeskError> {
    let finished = finished.map_err(|_| DeskError::Again)?;
    outbox::finish(db, id, &finished.bytes, &finished.quotable)?;
    leaving.finished(id, finished.bytes);
    Ok(())
}
