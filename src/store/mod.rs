//! The store: one SQLite file, its schema and the statements on it. Decides nothing.
//!
//! Fails with a [`StoreError`]: whoever called has changed nothing, because every change is one
//! IMMEDIATE transaction that is rolled back when it is dropped.

pub mod inbox;
pub mod introductions;
pub mod looks;
pub mod outbox;
pub mod people;
pub mod schema;
pub mod secrets;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database {path}: {source}")]
    Open {
        path: PathBuf,
        source: rusqlite::Error,
    },
    #[error("the database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error(
        "the database is of schema {found}, this program knows up to {known}: use a newer askfirst"
    )]
    Newer { found: i64, known: i64 },
    #[error(
        "the database failed SQLite's quick check ({0}): restore a backup, or repair it, before askfirst runs on it"
    )]
    Corrupt(String),
    #[error("row {row} of {table} holds what askfirst did not write: {why}")]
    Unreadable {
        table: &'static str,
        row: i64,
        why: String,
    },
}

/// How long a command waits for another's transaction before it fails, in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5_000;

/// An open database, with the schema of this version.
pub struct Store {
    connection: Connection,
}

impl Store {
    /// Opens or creates the file, migrates it, and checks it.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let at = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(at)?;
        Store::prepare(connection).map_err(|error| match error {
            StoreError::Sqlite(source) => at(source),
            other => other,
        })
    }

    /// A database in memory: for tests and simulated lives.
    pub fn in_memory() -> Result<Store, StoreError> {
        Store::prepare(Connection::open_in_memory()?)
    }

    /// A copy in memory of the file, for a dry run: what is decided on it changes nothing.
    pub fn copy_in_memory(path: &Path) -> Result<Store, StoreError> {
        let mut copy = Connection::open_in_memory()?;
        if path.exists() {
            let original = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
                .map_err(|source| StoreError::Open {
                    path: path.to_owned(),
                    source,
                })?;
            rusqlite::backup::Backup::new(&original, &mut copy)?.run_to_completion(
                1_000,
                std::time::Duration::ZERO,
                None,
            )?;
        }
        Store::prepare(copy)
    }

    fn prepare(mut connection: Connection) -> Result<Store, StoreError> {
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
        // FULL: "the row is committed" must precede "the mail is sent"; in WAL with NORMAL a power
        // cut may lose the last commits. secure_delete: what is forgotten leaves the free pages too.
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
             PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;",
        )?;
        schema::migrate(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Store { connection })
    }

    /// SQLite's own look at the file; worth its time at the start of the daemon.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let verdict: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        match verdict.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::Corrupt(verdict)),
        }
    }

    /// A transaction that may write: IMMEDIATE, since a read that turns into a write fails at once
    /// with SQLITE_BUSY_SNAPSHOT, which no timeout helps.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// For reading only.
    pub fn reading(&self) -> &Connection {
        &self.connection
    }
}
