//! What the operator looks at: mails with their dispositions, the queue, what was set aside, wishes.
//!
//! Reads, apart from the two statements by which an operator settles a mail that was set aside.

use crate::store::StoreError;
use rusqlite::{Connection, Params, Row};

/// A mail that was taken, and what became of it.
#[derive(Clone)]
pub struct Received {
    pub id: i64,
    pub mailbox: String,
    pub message_id: Option<String>,
    pub arrived_at_secs: i64,
    pub size: u64,
    pub complete: bool,
    pub attempts: u32,
    /// None: not handled yet.
    pub disposition: Option<String>,
    pub reason: String,
    pub duplicate_of: Option<i64>,
    pub introduction: Option<i64>,
    /// None once its words were dropped, or if it was never fetched.
    pub raw: Option<Vec<u8>>,
}

const COLUMNS: &str = "id, mailbox, message_id, arrived_at, size, complete, attempts, disposition, coalesce(reason, ''), duplicate_of, introduction, (SELECT raw FROM inbox_raw r WHERE r.id = inbox.id)";

fn read(row: &Row<'_>) -> rusqlite::Result<Received> {
    let size: i64 = row.get(4)?;
    Ok(Received {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        message_id: row.get(2)?,
        arrived_at_secs: row.get(3)?,
        size: u64::try_from(size).unwrap_or_default(),
        complete: row.get(5)?,
        attempts: row.get(6)?,
        disposition: row.get(7)?,
        reason: row.get(8)?,
        duplicate_of: row.get(9)?,
        introduction: row.get(10)?,
        raw: row.get(11)?,
    })
}

fn all<T>(
    db: &Connection,
    statement: &str,
    values: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let rows = db
        .prepare_cached(statement)?
        .query_map(values, read)?
        .collect::<rusqlite::Result<Vec<T>>>()?;
    Ok(rows)
}

fn taken(
    db: &Connection,
    condition: &str,
    values: impl Params,
) -> Result<Vec<Received>, StoreError> {
    let statement = format!("SELECT {COLUMNS} FROM inbox WHERE {condition} ORDER BY id");
    all(db, &statement, values, read)
}

pub fn received(db: &Connection, id: i64) -> Result<Option<Received>, StoreError> {
    Ok(taken(db, "id = ?1", [id])?.pop())
}

/// The mails of one introduction, in the order they came.
pub fn received_of(db: &Connection, introduction: i64) -> Result<Vec<Received>, StoreError> {
    taken(db, "introduction = ?1", [introduction])
}

/// The mails that were set aside, oldest first.
pub fn quarantined(db: &Connection) -> Result<Vec<Received>, StoreError> {
    taken(db, "disposition = 'quarantined'", [])
}

/// The mails that wait for room to be handled in, oldest first.
pub fn held(db: &Connection) -> Result<Vec<Received>, StoreError> {
    taken(db, "disposition = 'held'", [])
}

/// Every mail, handed on one by one: with their bytes they may not fit into memory.
pub fn each_received<E: From<StoreError>>(
    db: &Connection,
    mut on: impl FnMut(Received) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = db
        .prepare(&format!("SELECT {COLUMNS} FROM inbox ORDER BY id"))
        .map_err(StoreError::from)?;
    let mut rows = statement.query([]).map_err(StoreError::from)?;
    while let Some(row) = rows.next().map_err(StoreError::from)? {
        on(read(row).map_err(StoreError::from)?)?;
    }
    Ok(())
}

/// Takes the decision about a mail back, so that it can be handled again.
pub fn unsettle(db: &Connection, id: i64, attempts: u32) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE inbox SET disposition = NULL, reason = NULL, attempts = ?2 WHERE id = ?1",
    )?
    .execute((id, attempts))?;
    Ok(())
}

/// Forgets that a mail was taken: the next look at the folder fetches it.
pub fn fetch_anew(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "DELETE FROM inbox WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM inbox_raw WHERE id = ?1)",
    )?
    .execute([id])?;
    Ok(())
}

/// Gives a mail up: its words go, its place is kept so that it is not fetched again.
pub fn give_up(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE inbox SET disposition = 'dropped' WHERE id = ?1")?
        .execute([id])?;
    db.prepare_cached("DELETE FROM inbox_raw WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// A mail of ours, with what only the operator wants to know of it.
#[derive(Clone)]
pub struct Sent {
    pub id: i64,
    pub introduction: Option<i64>,
    pub saying: String,
    /// Why it was written, where the saying tells: "asked_often".
    pub why: Option<String>,
    pub message_id: String,
    pub recipients: Vec<String>,
    pub state: String,
    pub attempts: u32,
    pub not_before_secs: i64,
    pub phase: Option<String>,
    pub reply: Option<String>,
    pub created_at_secs: i64,
    pub settled_at_secs: Option<i64>,
    pub visible: String,
}

const SENT: &str = "SELECT o.id, o.introduction, o.saying, s.payload ->> '$.why', o.message_id, o.recipients, o.state, o.attempts, o.not_before, o.last_phase, o.reply, o.created_at, o.settled_at, coalesce(v.visible, '') FROM outbox o LEFT JOIN secrets s ON s.id = o.secret LEFT JOIN outbox_visible v ON v.id = o.id";

fn read_sent(row: &Row<'_>) -> rusqlite::Result<Sent> {
    let recipients: String = row.get(5)?;
    Ok(Sent {
        id: row.get(0)?,
        introduction: row.get(1)?,
        saying: row.get(2)?,
        why: row.get(3)?,
        message_id: row.get(4)?,
        recipients: serde_json::from_str(&recipients).unwrap_or_default(),
        state: row.get(6)?,
        attempts: row.get(7)?,
        not_before_secs: row.get(8)?,
        phase: row.get(9)?,
        reply: row.get(10)?,
        created_at_secs: row.get(11)?,
        settled_at_secs: row.get(12)?,
        visible: row.get(13)?,
    })
}

fn sent(db: &Connection, condition: &str, values: impl Params) -> Result<Vec<Sent>, StoreError> {
    all(
        db,
        &format!("{SENT} {condition} ORDER BY o.id"),
        values,
        read_sent,
    )
}

/// Our mails of one introduction, in the order they were written.
pub fn sent_of(db: &Connection, introduction: i64) -> Result<Vec<Sent>, StoreError> {
    sent(db, "WHERE o.introduction = ?1", [introduction])
}

/// Our mails of no introduction: reports, the probe.
pub fn sent_of_none(db: &Connection) -> Result<Vec<Sent>, StoreError> {
    sent(db, "WHERE o.introduction IS NULL", [])
}

/// What is on its way out.
pub fn waiting(db: &Connection) -> Result<Vec<Sent>, StoreError> {
    let condition = "WHERE o.settled_at IS NULL";
    sent(db, condition, [])
}

/// What the targets said, oldest first: introduction, when, event.
pub fn answers(db: &Connection) -> Result<Vec<(i64, i64, String)>, StoreError> {
    let statement =
        "SELECT introduction, at, event FROM story WHERE event LIKE 'target: %' ORDER BY id";
    all(db, statement, [], |row| row.try_into())
}

/// People's wishes: the keyed hash of the address in hex, the wish, when.
pub fn wishes(db: &Connection) -> Result<Vec<(String, String, i64)>, StoreError> {
    let statement = "SELECT lower(hex(person)), wish, at FROM wishes ORDER BY at";
    all(db, statement, [], |row| row.try_into())
}

/// What the instance knows of itself, without its key.
pub fn facts(db: &Connection) -> Result<Vec<(String, String)>, StoreError> {
    let statement = "SELECT key, value FROM meta WHERE key <> 'instance_key' ORDER BY key";
    all(db, statement, [], |row| row.try_into())
}
