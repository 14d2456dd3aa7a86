//! The inbox: raw mails with their keys, attempts and dispositions; and the folders they lay in.

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row};

/// A mail as it was fetched, not yet looked at.
#[derive(Clone)]
pub struct Arrived {
    /// user@host of the login.
    pub account: String,
    pub mailbox: String,
    pub uid_validity: u32,
    pub uid: u32,
    pub internal_date_secs: Option<i64>,
    /// Octets on the server.
    pub size: u64,
    /// Whether `raw` is the whole mail.
    pub complete: bool,
    pub raw: Vec<u8>,
    /// JSON of `reader::author::Facts`, where they were looked up.
    pub facts: Option<String>,
    /// Why it is set aside at once, without being read; None: it is handled.
    pub aside: Option<Aside>,
}

/// Mails that are only remembered, so that they are not fetched again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Aside {
    /// It was there before the first start.
    Old,
    /// It can't be had, or not be read; why, for the operator.
    Unreadable(&'static str),
}

impl Aside {
    fn disposition(self) -> &'static str {
        match self {
            Aside::Old => "old",
            Aside::Unreadable(_) => "quarantined",
        }
    }

    fn reason(self) -> Option<&'static str> {
        match self {
            Aside::Old => None,
            Aside::Unreadable(why) => Some(why),
        }
    }
}

/// An inbox row to be handled; what was just stored need not be read again.
pub struct Pending {
    pub id: i64,
    pub mailbox: String,
    pub raw: Vec<u8>,
    pub complete: bool,
    pub facts: Option<String>,
    /// The facts are not stored yet.
    pub looked_up: bool,
    pub attempts: u32,
    pub internal_date_secs: Option<i64>,
}

impl Arrived {
    /// The row it was just stored as.
    pub fn pending(self, id: i64) -> Pending {
        Pending {
            id,
            mailbox: self.mailbox,
            raw: self.raw,
            complete: self.complete,
            facts: self.facts,
            looked_up: false,
            attempts: 1,
            internal_date_secs: self.internal_date_secs,
        }
    }
}

/// What tells a mail from others, known once it has been taken apart.
#[derive(Clone, Copy)]
pub struct Identity<'a> {
    pub content_key: &'a [u8],
    pub message_id: Option<&'a str>,
}

/// What became of a mail; the closed list of dispositions is the desk's.
pub struct Disposition {
    pub name: &'static str,
    pub reason: String,
    pub introduction: Option<i64>,
    pub duplicate_of: Option<i64>,
}

/// Stores a mail as it came, before anything looks into it, with its first attempt counted; None:
/// this UID is known already.
pub fn insert(
    db: &Connection,
    arrived: &Arrived,
    now_secs: i64,
) -> Result<Option<i64>, StoreError> {
    let changed = db
        .prepare_cached(
            "INSERT INTO inbox (account, mailbox, uid_validity, uid, content_key, message_id,
               internal_date, size, complete, facts, attempts, disposition, reason, arrived_at)
             VALUES (?1, ?2, ?3, ?4, x'', NULL, ?5, ?6, ?7, ?8, 1, ?9, ?10, ?11)
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            &arrived.account,
            &arrived.mailbox,
            arrived.uid_validity,
            arrived.uid,
            arrived.internal_date_secs,
            i64::try_from(arrived.size).unwrap_or(i64::MAX),
            arrived.complete,
            &arrived.facts,
            arrived.aside.map(Aside::disposition),
            arrived.aside.and_then(Aside::reason),
            now_secs,
        ))?;
    if changed == 0 {
        return Ok(None);
    }
    let id = db.last_insert_rowid();
    if arrived.aside.is_none() {
        db.prepare_cached("INSERT INTO inbox_raw (id, raw) VALUES (?1, ?2)")?
            .execute((id, &arrived.raw))?;
    }
    Ok(Some(id))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Pending> {
    let raw: Option<Vec<u8>> = row.get(2)?;
    Ok(Pending {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        raw: raw.unwrap_or_default(),
        complete: row.get(3)?,
        facts: row.get(4)?,
        looked_up: false,
        attempts: row.get(5)?,
        internal_date_secs: row.get(6)?,
    })
}

pub fn load(db: &Connection, id: i64) -> Result<Option<Pending>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT i.id, i.mailbox, r.raw, i.complete, i.facts, i.attempts, i.internal_date
             FROM inbox i LEFT JOIN inbox_raw r ON r.id = i.id WHERE i.id = ?1",
        )?
        .query_row([id], read)
        .optional()?)
}

/// Ids of the mails that were stored and not handled: the process ended in between.
pub fn pending(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let ids = db
        .prepare_cached("SELECT id FROM inbox WHERE disposition IS NULL ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(ids)
}

/// Ids of the mails that wait for room to be handled in, oldest first.
pub fn held(db: &Connection, at_most: usize) -> Result<Vec<i64>, StoreError> {
    let ids = db
        .prepare_cached("SELECT id FROM inbox WHERE disposition = 'held' ORDER BY id LIMIT ?1")?
        .query_map([i64::try_from(at_most).unwrap_or(i64::MAX)], |row| {
            row.get(0)
        })?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(ids)
}

pub fn is_held(db: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT disposition = 'held' FROM inbox WHERE id = ?1")?
        .query_row([id], |row| row.get::<_, Option<bool>>(0))
        .optional()?
        .flatten()
        .unwrap_or(false))
}

pub fn count_attempt(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE inbox SET attempts = attempts + 1 WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// Of a mail that is not handled: it is recognised where it turns up again.
pub fn identify(db: &Connection, id: i64, identity: Identity<'_>) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE inbox SET content_key = ?2, message_id = ?3 WHERE id = ?1")?
        .execute((id, identity.content_key, identity.message_id))?;
    Ok(())
}

/// What signatures and DNS said of the author, looked up after the mail was stored.
pub fn learn(db: &Connection, id: i64, facts: &str) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE inbox SET facts = ?2 WHERE id = ?1")?
        .execute((id, facts))?;
    Ok(())
}

/// The first handled mail with the same content, before this one. What was ignored in another folder
/// is looked at anew: somebody took it out of the junk.
pub fn same_content(
    db: &Connection,
    pending: &Pending,
    content_key: &[u8],
) -> Result<Option<(i64, Option<i64>)>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT id, introduction FROM inbox
             WHERE content_key = ?1 AND id < ?2 AND disposition IS NOT NULL
               AND (disposition NOT IN ('ignored', 'held') OR mailbox = ?3) ORDER BY id LIMIT 1",
        )?
        .query_row((content_key, pending.id, &*pending.mailbox), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?)
}

/// What became of a mail, and what it is known by; `identity` is none where nobody has looked into it now.
pub fn settle(
    db: &Connection,
    id: i64,
    identity: Option<Identity<'_>>,
    disposition: &Disposition,
) -> Result<(), StoreError> {
    match identity {
        // In one statement: the row and its page are written once. FAIL, as one row is all or nothing, and what could
        // fail would have SQLite keep a journal for it.
        Some(identity) => db
            .prepare_cached(
                "UPDATE OR FAIL inbox SET disposition = ?2, reason = ?3, introduction = ?4,
                   content_key = ?5, message_id = ?6 WHERE id = ?1",
            )?
            .execute((
                id,
                disposition.name,
                &disposition.reason,
                disposition.introduction,
                identity.content_key,
                identity.message_id,
            ))?,
        None => db
            .prepare_cached(
                "UPDATE inbox SET disposition = ?2, reason = ?3, introduction = ?4 WHERE id = ?1",
            )?
            .execute((
                id,
                disposition.name,
                &disposition.reason,
                disposition.introduction,
            ))?,
    };
    // Apart, and only where there is one: it points into its own table, for which SQLite writes every index anew.
    if let Some(first) = disposition.duplicate_of {
        db.prepare_cached("UPDATE inbox SET duplicate_of = ?2 WHERE id = ?1")?
            .execute((id, first))?;
    }
    Ok(())
}

/// Mails that decided nothing, oldest first: when each came, its Message-ID, and why.
pub fn without_effect(db: &Connection) -> Result<Vec<(i64, String, String)>, StoreError> {
    let rows = db
        .prepare_cached(
            "SELECT arrived_at, coalesce(message_id, ''), coalesce(reason, '') FROM inbox
             WHERE disposition IN ('ignored', 'held', 'quarantined') ORDER BY id",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(rows)
}

/// The introduction that a mail with one of these Message-IDs belongs to.
pub fn introduction_of(db: &Connection, message_ids: &[String]) -> Result<Vec<i64>, StoreError> {
    let mut found: Vec<i64> = Vec::new();
    for message_id in message_ids {
        let ids = db
            .prepare_cached(
                "SELECT DISTINCT introduction FROM inbox
                 WHERE message_id = ?1 AND introduction IS NOT NULL",
            )?
            .query_map([message_id], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        found.extend(ids);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The highest UID of a folder that is in the inbox; 0: none.
pub fn last_uid(
    db: &Connection,
    account: &str,
    mailbox: &str,
    uid_validity: u32,
) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(max(uid), 0) FROM inbox
             WHERE account = ?1 AND mailbox = ?2 AND uid_validity = ?3",
        )?
        .query_row((account, mailbox, uid_validity), |row| row.get(0))?)
}

/// Which of these UIDs of a folder, in ascending order, are not in the inbox. Of a folder that was read for
/// years the known ones are millions: they are passed over, not kept.
pub fn unknown_uids(
    db: &Connection,
    account: &str,
    mailbox: &str,
    uid_validity: u32,
    uids: &[u32],
) -> Result<Vec<u32>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT uid FROM inbox WHERE account = ?1 AND mailbox = ?2 AND uid_validity = ?3
           AND uid BETWEEN ?4 AND ?5 ORDER BY uid",
    )?;
    let mut unknown = Vec::new();
    // Each group is looked up by itself: between two that lie far apart nothing is read.
    for group in uids.chunk_by(|one, next| next.saturating_sub(*one) < GAP) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let mut rows = statement.query((account, mailbox, uid_validity, first, last))?;
        let mut next: Option<u32> = rows.next()?.map(|row| row.get(0)).transpose()?;
        for uid in group {
            while next.is_some_and(|known| known < *uid) {
                next = rows.next()?.map(|row| row.get(0)).transpose()?;
            }
            if next != Some(*uid) {
                unknown.push(*uid);
            }
        }
    }
    Ok(unknown)
}

/// Known UIDs between two that are asked for; to read so many costs as much as to look up one.
const GAP: u32 = 50;

/// What is known of a folder: its first UID to be read under this UIDVALIDITY, and whether the
/// folder was seen before under another.
pub struct Folder {
    pub first_uid: Option<u32>,
    pub seen_before: bool,
}

pub fn folder(
    db: &Connection,
    account: &str,
    mailbox: &str,
    uid_validity: u32,
) -> Result<Folder, StoreError> {
    let first_uid = db
        .prepare_cached(
            "SELECT first_uid FROM folders WHERE account = ?1 AND mailbox = ?2 AND uid_validity = ?3",
        )?
        .query_row((account, mailbox, uid_validity), |row| row.get(0))
        .optional()?;
    let seen_before = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM folders
               WHERE account = ?1 AND mailbox = ?2 AND uid_validity <> ?3)",
        )?
        .query_row((account, mailbox, uid_validity), |row| row.get(0))?;
    Ok(Folder {
        first_uid,
        seen_before,
    })
}

pub fn start_folder(
    db: &Connection,
    account: &str,
    mailbox: &str,
    uid_validity: u32,
    first_uid: u32,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO folders (account, mailbox, uid_validity, first_uid) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )?
    .execute((account, mailbox, uid_validity, first_uid))?;
    Ok(())
}
