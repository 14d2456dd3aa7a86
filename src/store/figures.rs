//! Counts over whole tables. Fails like every read of the database.

use crate::store::StoreError;
use rusqlite::Connection;
use std::collections::BTreeMap;

fn counted(db: &Connection, sql: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub fn introductions(db: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    counted(
        db,
        "SELECT stage, count(*) FROM introductions GROUP BY stage ORDER BY stage",
    )
}

/// Mails of ours by state, and by saying: the table is read once for both.
pub type Outbox = [Vec<(String, i64)>; 2];

pub fn outbox(db: &Connection) -> Result<Outbox, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT state, saying, count(*) FROM outbox GROUP BY state, saying")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let rows: Vec<(String, String, i64)> = rows.collect::<Result<_, _>>()?;
    let mut sums = [BTreeMap::new(), BTreeMap::new()];
    for (state, saying, count) in rows {
        for (sums, name) in sums.iter_mut().zip([state, saying]) {
            *sums.entry(name).or_insert(0) += count;
        }
    }
    Ok(sums.map(|sums| sums.into_iter().collect()))
}

pub fn inbox(db: &Connection) -> Result<Vec<(String, i64)>, StoreError> {
    counted(
        db,
        "SELECT coalesce(disposition, 'pending'), count(*) FROM inbox GROUP BY 1 ORDER BY 1",
    )
}

/// How many mails wait to be sent, and since when the oldest of them.
pub fn waiting(db: &Connection) -> Result<(i64, Option<i64>), StoreError> {
    Ok(db
        .prepare_cached("SELECT count(*), min(created_at) FROM outbox WHERE settled_at IS NULL")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
