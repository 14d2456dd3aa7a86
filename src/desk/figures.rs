//! Figures of the whole desk, for a supervisor: counts by state, and how long mail waits.

use crate::desk::{Desk, DeskError};
use crate::store::{figures, people};

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
        let db = self.store().reading();
        let (waiting, oldest_waiting_since_secs) = figures::waiting(db)?;
        Ok(Figures {
            introductions: figures::introductions(db)?,
            outbox: figures::outbox(db)?,
            written: figures::written(db)?,
            inbox: figures::inbox(db)?,
            waiting,
            oldest_waiting_since_secs,
            paused: people::meta(db, "paused")?.is_some(),
        })
    }
}
