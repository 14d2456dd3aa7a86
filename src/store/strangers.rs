//! Sightings of mails of ours that this database did not write.

use crate::store::StoreError;
use rusqlite::Connection;

/// Notes a sighting; true unless the operator knows of it already.
pub fn meet(db: &Connection, mark: &str, now_secs: i64) -> Result<bool, StoreError> {
    db.prepare_cached(
        "INSERT INTO strangers (mark, seen_at, trusted) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
    )?
    .execute((mark, now_secs))?;
    Ok(db
        .prepare_cached("SELECT trusted = 0 FROM strangers WHERE mark = ?1")?
        .query_row([mark], |row| row.get(0))?)
}

/// The operator knows of all that were seen.
pub fn trust(db: &Connection) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE strangers SET trusted = 1")?
        .execute([])?;
    Ok(())
}
