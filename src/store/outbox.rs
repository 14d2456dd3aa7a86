//! The outbox: mails as they were written, and how far each has come.

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

/// A mail to be stored for sending.
pub struct Written<'a> {
    /// It leaves with this transaction; else it waits.
    pub in_flight: bool,
    pub introduction: Option<i64>,
    pub saying: &'a str,
    pub secret: i64,
    pub message_id: &'a str,
    pub mark: &'a str,
    pub envelope_from: &'a str,
    pub recipients: &'a [String],
}

/// A mail on its way.
#[derive(Clone)]
pub struct Mail {
    pub id: i64,
    pub introduction: Option<i64>,
    pub saying: String,
    pub message_id: String,
    pub envelope_from: String,
    pub recipients: Vec<String>,
    pub state: String,
    pub attempts: u32,
    pub not_before_secs: i64,
    pub reply: Option<String>,
    pub created_at_secs: i64,
    pub settled_at_secs: Option<i64>,
}

const COLUMNS: &str = "id, introduction, saying, message_id, envelope_from, recipients, state, attempts, not_before, reply, created_at, settled_at";

/// Its bytes and its text follow in the same transaction, by [`finish`].
pub fn insert(db: &Connection, written: &Written<'_>, now_secs: i64) -> Result<i64, StoreError> {
    let recipients =
        serde_json::to_string(written.recipients).map_err(|error| StoreError::Unreadable {
            table: "outbox",
            row: 0,
            why: error.to_string(),
        })?;
    db.prepare_cached(
        "INSERT INTO outbox (introduction, saying, secret, message_id, mark, envelope_from, recipients,
           state, attempts, not_before, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9, ?9)",
    )?
    .execute((
        written.introduction,
        written.saying,
        written.secret,
        written.message_id,
        written.mark,
        written.envelope_from,
        recipients,
        if written.in_flight {
            "inflight"
        } else {
            "queued"
        },
        now_secs,
    ))?;
    Ok(db.last_insert_rowid())
}

/// What a mail says; the bytes only if they will be sent: it may have been called off meanwhile.
pub fn finish(db: &Connection, id: i64, bytes: &[u8], quotable: &str) -> Result<(), StoreError> {
    let waits: bool = db
        .prepare_cached("SELECT settled_at IS NULL FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?;
    if waits {
        // Not in one statement with the look: SQLite would keep a journal for it.
        db.prepare_cached("INSERT INTO outbox_bytes (id, bytes) VALUES (?1, ?2)")?
            .execute((id, bytes))?;
    }
    db.prepare_cached("INSERT INTO outbox_visible (id, visible) VALUES (?1, ?2)")?
        .execute((id, quotable))?;
    Ok(())
}

/// The bytes that are sent at every attempt; None: it was accepted or given up.
pub fn bytes(db: &Connection, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(db
        .prepare_cached("SELECT bytes FROM outbox_bytes WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Subject and text as a person sees them; None: the words were dropped.
pub fn visible(db: &Connection, id: i64) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT visible FROM outbox_visible WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?)
}

/// Nothing of a mail is sent before this time.
pub fn postpone(db: &Connection, id: i64, not_before_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET not_before = ?2 WHERE id = ?1")?
        .execute((id, not_before_secs))?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Mail> {
    let recipients: String = row.get(5)?;
    Ok(Mail {
        id: row.get(0)?,
        introduction: row.get(1)?,
        saying: row.get(2)?,
        message_id: row.get(3)?,
        envelope_from: row.get(4)?,
        recipients: serde_json::from_str(&recipients).unwrap_or_default(),
        state: row.get(6)?,
        attempts: row.get(7)?,
        not_before_secs: row.get(8)?,
        reply: row.get(9)?,
        created_at_secs: row.get(10)?,
        settled_at_secs: row.get(11)?,
    })
}

/// What an attempt is judged by.
pub struct Standing {
    pub in_flight: bool,
    pub attempts: u32,
    pub created_at_secs: i64,
}

pub fn standing(db: &Connection, id: i64) -> Result<Option<Standing>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(Standing {
            in_flight: row.get(0)?,
            attempts: row.get(1)?,
            created_at_secs: row.get(2)?,
        })
    };
    Ok(db
        .prepare_cached(
            "SELECT state = 'inflight', attempts, created_at FROM outbox WHERE id = ?1",
        )?
        .query_row([id], read)
        .optional()?)
}

pub fn load(db: &Connection, id: i64) -> Result<Option<Mail>, StoreError> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1"))?
        .query_row([id], read)
        .optional()?)
}

/// The mail that carried this secret.
pub fn by_secret(db: &Connection, secret: i64) -> Result<Option<Mail>, StoreError> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE secret = ?1"))?
        .query_row([secret], read)
        .optional()?)
}

/// Our mail with this X-Askfirst-Id.
pub fn by_mark(db: &Connection, mark: &str) -> Result<Option<Mail>, StoreError> {
    Ok(db
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox WHERE mark = ?1"))?
        .query_row([mark], read)
        .optional()?)
}

/// The secret of our mail that a relay gave one of these ids.
pub fn secrets_by_ids(db: &Connection, ids: &[String]) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for id in ids {
        let row: Option<i64> = db
            .prepare_cached("SELECT secret FROM outbox WHERE message_id = ?1 OR provider_id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        found.extend(row);
    }
    Ok(found)
}

/// Which mails may leave.
#[derive(Clone, PartialEq, Eq)]
pub enum Which {
    All,
    /// All but those about introductions of these connectors, who have paused: a JSON array of addresses.
    AllBut(String),
    /// Answers to a connector's orders: while the bot is paused he must still hear that it is.
    Reports,
}

impl Which {
    /// What a statement asks of a mail, and the JSON array it takes as its last parameter.
    fn condition(&self) -> (&'static str, &str) {
        match self {
            Which::All => (":held IS NOT NULL", "[]"),
            Which::AllBut(addresses) => (
                "(saying = 'report' OR NOT EXISTS (SELECT 1 FROM introductions i
                   WHERE i.id = outbox.introduction
                     AND i.connector IN (SELECT value FROM json_each(:held))))",
                addresses,
            ),
            Which::Reports => ("saying = 'report' AND :held IS NOT NULL", "[]"),
        }
    }
}

/// Mails that may be tried now: those never tried first, so that one that always fails holds up nobody
/// else; then oldest first.
pub fn due(
    db: &Connection,
    now_secs: i64,
    at_most: u32,
    which: &Which,
) -> Result<Vec<Mail>, StoreError> {
    let (condition, held) = which.condition();
    // The ids first, out of the index: a long queue is not read whole for each batch.
    let mails = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE id IN (
               SELECT id FROM outbox WHERE settled_at IS NULL AND state = 'queued'
                 AND not_before <= :now AND {condition}
               ORDER BY attempts > 0, id LIMIT :most)
             ORDER BY attempts > 0, id"
        ))?
        .query_map(
            named_params! {":now": now_secs, ":most": at_most, ":held": held},
            read,
        )?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(mails)
}

/// How many mails may be tried now, counted up to `at_most`.
pub fn waiting(db: &Connection, now_secs: i64, at_most: u32) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM outbox
               WHERE settled_at IS NULL AND state = 'queued' AND not_before <= ?1
               ORDER BY attempts > 0, id LIMIT ?2)",
        )?
        .query_row((now_secs, at_most), |row| row.get(0))?)
}

pub fn next_due_secs(db: &Connection, which: &Which) -> Result<Option<i64>, StoreError> {
    let (condition, held) = which.condition();
    Ok(db
        .prepare_cached(&format!(
            "SELECT min(not_before) FROM outbox WHERE settled_at IS NULL AND {condition}"
        ))?
        .query_row(named_params! {":held": held}, |row| row.get(0))?)
}

pub fn of_introduction(db: &Connection, introduction: i64) -> Result<Vec<Mail>, StoreError> {
    let mails = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox WHERE introduction = ?1 ORDER BY id"
        ))?
        .query_map([introduction], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(mails)
}

/// The mail that introduces the people of this introduction, where it waits and no server can have it.
pub fn untried_introduction(db: &Connection, introduction: i64) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT id FROM outbox WHERE introduction = ?1 AND saying = 'introduction'
               AND state = 'queued' AND unknowns = 0",
        )?
        .query_row([introduction], |row| row.get(0))
        .optional()?)
}

/// Whether the ask of this introduction was written and has not left.
pub fn ask_waits(db: &Connection, introduction: i64) -> Result<bool, StoreError> {
    ask_may_leave(db, introduction, i64::MIN)
}

/// The same, and whether it may leave once more: what became of it is unknown, and that is looked into before
/// `never_secs`.
pub fn ask_may_leave(
    db: &Connection,
    introduction: i64,
    never_secs: i64,
) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE introduction = ?1 AND saying = 'ask'
               AND (state IN ('queued', 'inflight') OR (state = 'unknown' AND not_before < ?2)))",
        )?
        .query_row((introduction, never_secs), |row| row.get(0))?)
}

/// All mails in one of the states that are not final.
pub fn in_state(db: &Connection, state: &str) -> Result<Vec<Mail>, StoreError> {
    let mails = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox
             WHERE settled_at IS NULL AND state = ?1 ORDER BY id"
        ))?
        .query_map([state], read)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(mails)
}

/// How far a mail has come after an attempt.
pub struct Progress<'a> {
    pub state: &'a str,
    pub not_before_secs: i64,
    pub phase: Option<&'a str>,
    pub reply: Option<&'a str>,
    pub provider_id: Option<&'a str>,
    /// The attempt counts towards giving up.
    pub counts: bool,
}

pub fn advance(
    db: &Connection,
    id: i64,
    progress: &Progress<'_>,
    now_secs: i64,
) -> Result<(), StoreError> {
    let settled = matches!(progress.state, "accepted" | "refused" | "superseded");
    db.prepare_cached(
        "UPDATE outbox SET state = ?2, not_before = ?3, last_phase = ?4, reply = ?5,
           provider_id = coalesce(?6, provider_id), attempts = attempts + ?7, settled_at = ?8
         WHERE id = ?1",
    )?
    .execute((
        id,
        progress.state,
        progress.not_before_secs,
        progress.phase,
        progress.reply,
        progress.provider_id,
        progress.counts,
        settled.then_some(now_secs),
    ))?;
    if progress.state == "superseded" {
        give_way(db, id, true)?;
    }
    if settled {
        // The visible text is kept, to align replies with.
        db.prepare_cached("DELETE FROM outbox_bytes WHERE id = ?1")?
            .execute([id])?;
    }
    Ok(())
}

/// Whatever waits for another attempt is due now.
pub fn hurry(db: &Connection, now_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE outbox SET not_before = ?1
         WHERE settled_at IS NULL AND state = 'queued' AND not_before > ?1",
    )?
    .execute([now_secs])?;
    Ok(())
}

/// Its place in what is written once becomes free for another mail, or is its own again.
pub fn give_way(db: &Connection, id: i64, gives_way: bool) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET gave_way = ?2 WHERE id = ?1")?
        .execute((id, gives_way))?;
    Ok(())
}

/// Changes only the open state it is in and when it is looked at again.
pub fn wait(db: &Connection, id: i64, state: &str, not_before_secs: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET state = ?2, not_before = ?3 WHERE id = ?1")?
        .execute((id, state, not_before_secs))?;
    Ok(())
}

/// The server may have taken it, and nobody knows.
pub fn count_unknown(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET unknowns = unknowns + 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

pub fn failed_looks(db: &Connection, id: i64) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached("SELECT failed_looks FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

pub fn count_failed_look(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET failed_looks = failed_looks + 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Whether it was taken to be sent, and nothing more is known of it.
pub fn is_in_flight(db: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE id = ?1 AND state = 'inflight')",
        )?
        .query_row([id], |row| row.get(0))?)
}

/// The highest id that was ever given here.
pub fn last_number(db: &Connection) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Whether this mail's last attempt ended in this phase.
pub fn ended_in(db: &Connection, id: i64, phase: &str) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT coalesce(last_phase = ?2, 0) FROM outbox WHERE id = ?1")?
        .query_row((id, phase), |row| row.get(0))?)
}

/// Whether this mail is itself the shorter form of another.
pub fn is_shortened(db: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT shortened_from IS NOT NULL FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}

/// The newest mail takes the place of one that was too long.
pub fn shortens(db: &Connection, id: i64, from: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE outbox SET shortened_from = ?2 WHERE id = ?1")?
        .execute((id, from))?;
    Ok(())
}

/// The row of the secret that a mail carries.
pub fn secret_of(db: &Connection, id: i64) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached("SELECT secret FROM outbox WHERE id = ?1")?
        .query_row([id], |row| row.get(0))?)
}
