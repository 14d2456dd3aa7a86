//! Mails get their bytes in a thread of their own while the desk decides on the next ones; before its
//! transaction ends all of them are stored.
//!
//! A draft that can't be finished undoes the transaction, which begins again without a press.

use crate::desk::DeskError;
use crate::store::outbox;
use crate::writer::{Draft, Finished, WriteError};
use rusqlite::Connection;
use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, Scope};

type Done = (i64, Result<Finished, WriteError>);

pub(super) struct Press {
    drafts: Sender<(i64, Draft)>,
    done: Receiver<Done>,
    /// Drafts that were given and not stored.
    waiting: Cell<usize>,
}

impl Press {
    /// None: there is no thread to be had, and mails are finished at the desk.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>) -> Option<Rc<Press>> {
        let (drafts, given) = channel::<(i64, Draft)>();
        let (finished, done) = channel();
        let thread = Builder::new().name("writer".to_owned());
        let started = thread.spawn_scoped(scope, move || {
            for (id, draft) in given {
                // The desk has ended its batch early.
                if finished.send((id, draft.finish())).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = started {
            tracing::warn!("mails are written at the desk alone: {error}");
            return None;
        }
        Some(Rc::new(Press {
            drafts,
            done,
            waiting: Cell::new(0),
        }))
    }

    /// Takes a draft for this row of the outbox; stores what was finished meanwhile.
    pub(super) fn give(&self, db: &Connection, id: i64, draft: Draft) -> Result<(), DeskError> {
        self.drafts
            .send((id, draft))
            .map_err(|_| DeskError::Again)?;
        self.waiting.set(self.waiting.get() + 1);
        while let Ok(done) = self.done.try_recv() {
            self.store(db, done)?;
        }
        Ok(())
    }

    /// Waits for all that was given, and stores it.
    pub(super) fn empty(&self, db: &Connection) -> Result<(), DeskError> {
        while self.waiting.get() > 0 {
            let done = self.done.recv().map_err(|_| DeskError::Again)?;
            self.store(db, done)?;
        }
        Ok(())
    }

    fn store(&self, db: &Connection, (id, finished): Done) -> Result<(), DeskError> {
        self.waiting.set(self.waiting.get().saturating_sub(1));
        let finished = finished.map_err(|_| DeskError::Again)?;
        Ok(outbox::finish(db, id, &finished.bytes, &finished.quotable)?)
    }
}
