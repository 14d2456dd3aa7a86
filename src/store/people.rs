//! What is kept of people and of the instance itself: wishes, notices given, the meta table.

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension};

const DAY_SECS: i64 = 86_400;
/// The key of `meta` that holds a JSON array of the addresses of connectors who have paused.
pub const PAUSED_BY: &str = "paused_by";

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

/// The addresses of the connectors who have paused, each for himself.
pub fn paused(db: &Connection) -> Result<Vec<String>, StoreError> {
    let Some(json) = meta(db, PAUSED_BY)? else {
        return Ok(Vec::new());
    };
    serde_json::from_str(&json).map_err(|error| StoreError::Unreadable {
        table: "meta",
        row: 0,
        why: error.to_string(),
    })
}

pub fn set_paused(db: &Connection, addresses: &[String]) -> Result<(), StoreError> {
    let json = serde_json::json!(addresses).to_string();
    set_meta(db, PAUSED_BY, (!addresses.is_empty()).then_some(&json))
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

/// A person's own mail took the wish back.
pub fn unwish(db: &Connection, person: &[u8], wish: &str) -> Result<bool, StoreError> {
    let gone = db
        .prepare_cached("DELETE FROM wishes WHERE person = ?1 AND wish = ?2")?
        .execute((person, wish))?;
    Ok(gone > 0)
}

/// How much of an allowance is used up that is counted over this many days, today included.
pub fn spent(
    db: &Connection,
    person: &[u8],
    kind: &str,
    days: i64,
    now_secs: i64,
) -> Result<u32, StoreError> {
    let today = now_secs.div_euclid(DAY_SECS);
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(times), 0) FROM spent WHERE person = ?1 AND kind = ?2 AND day > ?3",
        )?
        .query_row((person, kind, today - days), |row| row.get(0))?)
}

pub fn spend(
    db: &Connection,
    person: &[u8],
    kind: &str,
    times: u32,
    now_secs: i64,
) -> Result<(), StoreError> {
    let today = now_secs.div_euclid(DAY_SECS);
    db.prepare_cached(
        "INSERT INTO spent (person, kind, day, times) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (person, kind, day) DO UPDATE SET times = times + excluded.times",
    )?
    .execute((person, kind, today, times))?;
    Ok(())
}

/// Drops what no limit counts any more.
pub fn drop_spent(db: &Connection, before_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM spent WHERE day < ?1")?
        .execute([before_secs.div_euclid(DAY_SECS)])?;
    Ok(())
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
