//! Mails get their bytes in a thread of their own while the desk decides on the next ones; before its
//! transaction ends all of them are stored.
//!
//! A draft that can't be finished undoes the transaction, which begins again without a press.

use crate::desk::DeskError;
use crate::desk::leaving::Leaving;
use crate::store::outbox;
use crate::writer::{Draft, Finished, WriteError};
use rusqlite::Connection;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

/// To wake a thread costs more than to hand over a draft, so drafts go in groups.
const GROUP: usize = 4;

type Given = (i64, Draft);
type Done = (i64, Result<Finished, WriteError>);

pub(super) struct Press {
    /// The next group.
    given: RefCell<Vec<Given>>,
    drafts: Sender<Vec<Given>>,
    done: Receiver<Vec<Done>>,
    /// Drafts that were handed over and not stored.
    waiting: Cell<usize>,
}

impl Press {
    /// None: there is no thread to be had, and mails are finished at the desk.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>) -> Option<Rc<Press>> {
        let (drafts, given) = channel::<Vec<Given>>();
        let (finished, done) = channel();
        let thread = Builder::new().name("writer".to_owned());
        let started = thread.spawn_scoped(scope, move || {
            for group in given {
                let group = group.into_iter();
                let group = group.map(|(id, draft)| (id, draft.finish())).collect();
                // The desk has ended its batch early.
                if finished.send(group).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = started {
            tracing::warn!("mails are written at the desk alone: {error}");
            return None;
        }
        Some(Rc::new(Press {
            given: RefCell::default(),
            drafts,
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
        self.drafts
            .send(std::mem::take(&mut *given))
            .map_err(|_| DeskError::Again)?;
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
