//! Figures of the whole desk, for a supervisor: counts by state, and how long mail waits.

use crate::desk::{Desk, DeskError};
use crate::store::{Store, figures, people};
use std::path::Path;

/// Counts; names are those of the store.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    pub introductions: Vec<(String, i64)>,
    pub outbox: Vec<(String, i64)>,
    pub written: Vec<(String, i64)>,
    pub inbox: Vec<(String, i64)>,
    /// Mails that wait to be sent.
    pub waiting: i64,
    pub oldest_waiting_since_secs: Option<i64>,
    pub paused: bool,
}

impl Desk {
    pub fn figures(&self) -> Result<Figures, DeskError> {
        read(self.store())
    }
}

/// The same over a connection of its own: in a large database it takes seconds, and no mail waits.
pub fn of_file(path: &Path) -> Result<Figures, DeskError> {
    read(&Store::existing(path)?)
}

fn read(store: &Store) -> Result<Figures, DeskError> {
    let db = store.reading();
    let (waiting, oldest_waiting_since_secs) = figures::waiting(db)?;
    let [outbox, written] = figures::outbox(db)?;
    Ok(Figures {
        introductions: figures::introductions(db)?,
        outbox,
        written,
        inbox: figures::inbox(db)?,
        waiting,
        oldest_waiting_since_secs,
        paused: people::meta(db, "paused")?.is_some(),
    })
}
