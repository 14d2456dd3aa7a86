//! What is kept of people and of the instance itself: wishes, notices given, the meta table.

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension};

pub fn meta(db: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

pub fn set_meta(db: &Connection, key: &str, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => db
            .prepare_cached(
                "INSERT INTO meta (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute((key, value))?,
        None => db
            .prepare_cached("DELETE FROM meta WHERE key = ?1")?
            .execute([key])?,
    };
    Ok(())
}

/// Remembers that this person (a keyed hash) wants no more mail.
pub fn wish(db: &Connection, person: &[u8], wish: &str, now_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO wishes (person, wish, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute((person, wish, now_secs))?;
    Ok(())
}

pub fn wishes(db: &Connection, person: &[u8], wish: &str) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM wishes WHERE person = ?1 AND wish = ?2)")?
        .query_row((person, wish), |row| row.get(0))?)
}

/// Whether this notice may be given now: at most once in `pause_secs`. Counts it if so.
pub fn may_notify(
    db: &Connection,
    person: &[u8],
    kind: &str,
    pause_secs: i64,
    now_secs: i64,
) -> Result<bool, StoreError> {
    let changed = db
        .prepare_cached(
            "INSERT INTO notices (person, kind, at) VALUES (?1, ?2, ?3)
             ON CONFLICT (person, kind) DO UPDATE SET at = excluded.at WHERE at <= ?3 - ?4",
        )?
        .execute((person, kind, now_secs, pause_secs))?;
    Ok(changed == 1)
}

/// When this bucket will be full again, in seconds since 1970; None: it was never used.
pub fn bucket(db: &Connection, key: &[u8]) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT full_at FROM buckets WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

pub fn set_bucket(db: &Connection, key: &[u8], full_at_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO buckets (key, full_at) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET full_at = excluded.full_at",
    )?
    .execute((key, full_at_secs))?;
    Ok(())
}

/// Forgets buckets that are full: they say nothing any more.
pub fn drop_full_buckets(db: &Connection, now_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM buckets WHERE full_at <= ?1")?
        .execute([now_secs])?;
    Ok(())
}
