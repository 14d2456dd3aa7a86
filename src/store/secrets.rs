//! Secrets: issued one a mail, found again by the row id that the token carries.

use crate::reader::secret::Secret;
use crate::rules::saying::Saying;
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension};

/// A secret that was recognised: the mail that carried it.
#[derive(Clone)]
pub struct Issued {
    pub row: i64,
    pub introduction: Option<i64>,
    pub saying: Saying,
    pub dead: bool,
}

/// Stores the hash of new bits and returns the secret with its row id.
pub fn issue(
    db: &Connection,
    bits: [u8; 16],
    introduction: Option<i64>,
    saying: &Saying,
    now_secs: i64,
) -> Result<Secret, StoreError> {
    let payload = serde_json::to_string(saying).map_err(|error| StoreError::Unreadable {
        table: "secrets",
        row: 0,
        why: error.to_string(),
    })?;
    let mut secret = Secret { row: 0, bits };
    db.prepare_cached(
        "INSERT INTO secrets (hash, introduction, saying, payload, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        secret.hash(),
        introduction,
        saying.name(),
        payload,
        now_secs,
    ))?;
    secret.row = db.last_insert_rowid();
    Ok(secret)
}

/// The highest row id that was ever given.
pub fn last_row(db: &Connection) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'secrets'), 0)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// The mail that carried this secret; None where row and bits do not belong together.
pub fn recognise(db: &Connection, secret: &Secret) -> Result<Option<Issued>, StoreError> {
    let row: Option<(Vec<u8>, Option<i64>, String, bool)> = db
        .prepare_cached(
            "SELECT hash, introduction, payload, dead_at IS NOT NULL FROM secrets WHERE id = ?1",
        )?
        .query_row([secret.row], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let Some((hash, introduction, payload, dead)) = row else {
        return Ok(None);
    };
    // Compared as hashes: how long it takes tells nothing of the bits.
    if hash != secret.hash() {
        return Ok(None);
    }
    Ok(Some(Issued {
        row: secret.row,
        introduction,
        saying: decode(secret.row, &payload)?,
        dead,
    }))
}

/// The mail with this secret, found by an id that only our mail had.
pub fn by_row(db: &Connection, row: i64) -> Result<Option<Issued>, StoreError> {
    let found: Option<(Option<i64>, String, bool)> = db
        .prepare_cached(
            "SELECT introduction, payload, dead_at IS NOT NULL FROM secrets WHERE id = ?1",
        )?
        .query_row([row], |found| {
            Ok((found.get(0)?, found.get(1)?, found.get(2)?))
        })
        .optional()?;
    found
        .map(|(introduction, payload, dead)| {
            Ok(Issued {
                row,
                introduction,
                saying: decode(row, &payload)?,
                dead,
            })
        })
        .transpose()
}

fn decode(row: i64, payload: &str) -> Result<Saying, StoreError> {
    serde_json::from_str(payload).map_err(|error| StoreError::Unreadable {
        table: "secrets",
        row,
        why: error.to_string(),
    })
}

/// All secrets of an introduction that has been made: a yes to any of them decides nothing more.
pub fn kill_all(db: &Connection, introduction: i64, now_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE secrets SET dead_at = ?2 WHERE introduction = ?1 AND dead_at IS NULL",
    )?
    .execute((introduction, now_secs))?;
    Ok(())
}

/// The introduction was called back before it left: its secrets decide again.
pub fn revive_all(db: &Connection, introduction: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE secrets SET dead_at = NULL WHERE introduction = ?1")?
        .execute([introduction])?;
    Ok(())
}
