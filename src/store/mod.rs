//! The store: one SQLite file, its schema and the statements on it. Decides nothing.
//!
//! Fails with a [`StoreError`]: whoever called has changed nothing, because every change is one
//! IMMEDIATE transaction that is rolled back when it is dropped.

pub mod erase;
pub mod figures;
pub mod inbox;
pub mod introductions;
pub mod looks;
pub mod offers;
pub mod outbox;
pub mod people;
pub mod schema;
pub mod secrets;
pub mod strangers;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
        "the database is damaged ({0}). Nothing is read or sent on it. Keep the file, put a backup in its place (`askfirst backup` makes them) or what `sqlite3 askfirst.db .recover` saves, and start again; docs/durability.md says how"
    )]
    Corrupt(String),
    #[error("{path}: {source}")]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("row {row} of {table} holds what askfirst did not write: {why}")]
    Unreadable {
        table: &'static str,
        row: i64,
        why: String,
    },
}

/// How long a command waits for another's transaction before it fails.
const BUSY: Duration = Duration::from_secs(5);
/// And the daemon, which a backup tool that holds the file for a moment must not bring down.
const BUSY_DAEMON: Duration = Duration::from_secs(30);

/// Prepared statements kept: more than there are in the program, so that none is parsed twice.
const STATEMENTS_KEPT: usize = 128;

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
            StoreError::Sqlite(source) => match damaged(source) {
                StoreError::Sqlite(source) => at(source),
                damaged => damaged,
            },
            other => other,
        })
    }

    /// Opens a file that is there, and changes nothing in it: no migration, no key.
    pub fn existing(path: &Path) -> Result<Store, StoreError> {
        let at = |source| StoreError::Open {
            path: path.to_owned(),
            source,
        };
        // Not read-only: after a crash the first who opens it has to play back the log.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(at)?;
        connection.busy_timeout(BUSY)?;
        Ok(Store { connection })
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
                Duration::ZERO,
                None,
            )?;
        }
        Store::prepare(copy)
    }

    /// Over a connection that exists already: for tests that make it fail.
    pub fn over(connection: Connection) -> Result<Store, StoreError> {
        Store::prepare(connection)
    }

    fn prepare(mut connection: Connection) -> Result<Store, StoreError> {
        connection.busy_timeout(BUSY)?;
        // FULL: "the row is committed" must precede "the mail is sent"; in WAL with NORMAL a power
        // cut may lose the last commits. secure_delete: what is forgotten leaves the free pages too.
        // Pages of 16 kB hold a mail each, so that it is written and read in one piece, not in four; a
        // database that is there keeps its own size.
        connection.execute_batch(
            "PRAGMA page_size=16384; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;
             PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;
             PRAGMA cache_size=-2000; PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;",
        )?;
        // SQLite would parse a statement anew at each binding to look at the value bound to LIMIT.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        schema::migrate(&mut connection)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        Ok(Store { connection })
    }

    /// SQLite's own look at the file; worth its time at the start of the daemon.
    pub fn quick_check(&self) -> Result<(), StoreError> {
        let verdict: String = self
            .connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(damaged)?;
        match verdict.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::Corrupt(verdict)),
        }
    }

    /// Waits longer for a file that somebody else holds.
    pub fn waits_long(&mut self) -> Result<(), StoreError> {
        Ok(self.connection.busy_timeout(BUSY_DAEMON)?)
    }

    /// Copies the log back into the file if it has grown long: nobody waits for that between two mails, and
    /// a mail would at whose commit it becomes due.
    pub fn tidy_log(&self) -> Result<(), StoreError> {
        /// Pages; less than `wal_autocheckpoint`.
        const LONG: i64 = 700;
        let frames = |mode: &str| -> rusqlite::Result<i64> {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            self.connection.query_row(&sql, [], |row| {
                let (logged, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
                Ok(logged - copied)
            })
        };
        if frames("NOOP")? > LONG {
            frames("PASSIVE")?;
        }
        Ok(())
    }

    /// Writes a copy of the database, as it is at this moment, into a file that must not exist yet.
    /// Others may go on writing meanwhile. After a failure or a crash there is no such file.
    pub fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        let at = |source| StoreError::File {
            path: target.to_owned(),
            source,
        };
        if target.exists() {
            return Err(at(std::io::ErrorKind::AlreadyExists.into()));
        }
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        // Readable by its owner alone: it holds people's words.
        let part = tempfile::Builder::new()
            .prefix(".askfirst-backup-")
            .tempfile_in(folder)
            .map_err(at)?;
        // Into an empty file, in one reading transaction.
        self.connection.execute(
            "VACUUM INTO ?1",
            [part
                .path()
                .to_str()
                .ok_or_else(|| at(std::io::Error::other("SQLite needs a path that is UTF-8")))?],
        )?;
        crate::failpoint::here("backup.written");
        part.as_file().sync_all().map_err(at)?;
        part.persist_noclobber(target)
            .map_err(|error| at(error.error))?;
        crate::failpoint::here("backup.named");
        // The name, too, must outlive a power cut.
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(at)
    }

    /// A transaction that may write: IMMEDIATE, since a read that turns into a write fails at once
    /// with SQLITE_BUSY_SNAPSHOT, which no timeout helps.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// The same for what can be had again: its commit does not wait for the disk. It outlives the end of the
    /// program; that of the machine only once another transaction was committed, whose commit covers both.
    pub fn transact_unhurried<T>(
        &mut self,
        act: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // In WAL mode NORMAL differs from FULL in this alone (https://www.sqlite.org/pragma.html#pragma_synchronous).
        self.connection.execute_batch("PRAGMA synchronous=NORMAL")?;
        let done = self.transaction().and_then(|tx| {
            let done = act(&tx)?;
            tx.commit()?;
            Ok(done)
        });
        self.connection.execute_batch("PRAGMA synchronous=FULL")?;
        done
    }

    /// For reading only.
    pub fn reading(&self) -> &Connection {
        &self.connection
    }
}

/// An error that says the file is no database any more.
fn damaged(error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(DatabaseCorrupt | NotADatabase) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Sqlite(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_commit_waits_for_the_disk_again_after_one_that_did_not() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("askfirst.db")).unwrap();
        let level = |db: &Connection| -> i64 {
            db.query_row("PRAGMA synchronous", [], |row| row.get(0))
                .unwrap()
        };
        let (normal, full) = (1, 2);
        assert_eq!(level(store.reading()), full);
        let within = store.transact_unhurried(|db| Ok(level(db))).unwrap();
        assert_eq!((within, level(store.reading())), (normal, full));
        let failed = store.transact_unhurried(|db| Ok(db.execute("no SQL", [])?));
        assert!(failed.is_err());
        assert_eq!(level(store.reading()), full);
    }

    #[test]
    fn a_long_log_is_copied_back_and_a_short_one_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("askfirst.db")).unwrap();
        let waits = || -> i64 {
            let both = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
            let sql = "PRAGMA wal_checkpoint(NOOP)";
            store.connection.query_row(sql, [], both).unwrap()
        };
        let write = |pages: usize| {
            for _ in 0..pages {
                let sql =
                    "INSERT INTO meta VALUES (lower(hex(randomblob(8))), hex(zeroblob(6000)))";
                store.connection.execute(sql, []).unwrap();
            }
        };
        write(20);
        let short = waits();
        store.tidy_log().unwrap();
        assert!(short > 0 && waits() == short, "{short}");
        while waits() <= 700 {
            write(1);
        }
        store.tidy_log().unwrap();
        assert_eq!(waits(), 0);
    }
}
