//! Introductions and their stories, in and out of the database.

use crate::reader::address::{Address, Person};
use crate::rules::clock;
use crate::rules::introduction::{Introduction, Outline};
use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, Row, named_params};
use std::borrow::Cow;

/// Makes room for a new introduction, and gives it its id; [`save_words`] or [`save`] stores what it says.
pub fn insert(db: &Connection, introduction: &mut Introduction) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO introductions (stage, requester, requester_rate, connector, target, target_rate,
           asked_at, wake_at, data, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '{}', ?9, ?10)",
    )?
    .execute((
        introduction.stage.name(),
        key(&introduction.requester),
        rate(&introduction.requester),
        key(&introduction.connector),
        key(&introduction.target),
        rate(&introduction.target),
        introduction.clock.asked_at_secs,
        clock::next_wake_secs(introduction),
        introduction.created_at_secs,
        introduction.updated_at_secs,
    ))?;
    introduction.id = db.last_insert_rowid();
    Ok(())
}

/// [`save`] without what its indexes hold, for one whose people, stage and clock are those of its row.
pub fn save_words(db: &Connection, introduction: &Introduction) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE introductions SET data = ?2 WHERE id = ?1")?
        .execute((introduction.id, encode(introduction)?))?;
    Ok(())
}

fn key(person: &Option<Person>) -> Option<&str> {
    person.as_ref().map(|person| person.address.key())
}

fn rate(person: &Option<Person>) -> Option<Cow<'_, str>> {
    person.as_ref().map(|person| person.address.rate_key())
}

fn encode(introduction: &Introduction) -> Result<String, StoreError> {
    let words = introduction.request.as_ref().map_or(0, |r| r.words.len());
    // As long as most become, so that it is not moved while it grows.
    let mut json = Vec::with_capacity(2_048 + words + words / 16);
    serde_json::to_writer(&mut json, introduction)
        .map_err(|error| unreadable(introduction.id, &error))?;
    String::from_utf8(json).map_err(|error| StoreError::Unreadable {
        table: "introductions",
        row: introduction.id,
        why: error.to_string(),
    })
}

pub fn save(db: &Connection, introduction: &Introduction) -> Result<(), StoreError> {
    let data = encode(introduction)?;
    db.prepare_cached(
        "UPDATE introductions SET stage=:stage, requester=:requester, requester_rate=:requester_rate,
           connector=:connector, target=:target, target_rate=:target_rate, asked_at=:asked_at,
           wake_at=:wake_at, data=:data, updated_at=:updated_at WHERE id=:id",
    )?
    .execute(named_params! {
        ":id": introduction.id,
        ":stage": introduction.stage.name(),
        ":requester": key(&introduction.requester),
        ":requester_rate": rate(&introduction.requester),
        ":connector": key(&introduction.connector),
        ":target": key(&introduction.target),
        ":target_rate": rate(&introduction.target),
        ":asked_at": introduction.clock.asked_at_secs,
        ":wake_at": clock::next_wake_secs(introduction),
        ":data": data,
        ":updated_at": introduction.updated_at_secs,
    })?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn decode((id, data): (i64, String)) -> Result<Introduction, StoreError> {
    let mut introduction: Introduction =
        serde_json::from_str(&data).map_err(|error| unreadable(id, &error))?;
    introduction.id = id;
    Ok(introduction)
}

fn unreadable(id: i64, error: &serde_json::Error) -> StoreError {
    StoreError::Unreadable {
        table: "introductions",
        row: id,
        why: error.to_string(),
    }
}

/// Its people, its stage and its consents, without its words.
pub fn outline(db: &Connection, id: i64) -> Result<Option<Outline>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM introductions WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let data = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    let outline = serde_json::from_str(data).map_err(|error| unreadable(id, &error))?;
    Ok(Some(outline))
}

pub fn load(db: &Connection, id: i64) -> Result<Option<Introduction>, StoreError> {
    db.prepare_cached("SELECT id, data FROM introductions WHERE id = ?1")?
        .query_row([id], read)
        .optional()?
        .map(decode)
        .transpose()
}

/// All introductions, or only the open ones, oldest first.
pub fn list(db: &Connection, all: bool) -> Result<Vec<Introduction>, StoreError> {
    let mut found = Vec::new();
    each(db, all, |introduction| found.push(introduction))?;
    Ok(found)
}

/// The same, handed on one by one: a million of them may not fit into memory.
pub fn each(
    db: &Connection,
    all: bool,
    mut on: impl FnMut(Introduction),
) -> Result<(), StoreError> {
    let which = match all {
        true => "SELECT id, data FROM introductions ORDER BY id",
        false => {
            "SELECT id, data FROM introductions WHERE stage IN ('waiting_for_connector',
               'waiting_for_requester', 'asked', 'confirming', 'deferred') ORDER BY id"
        }
    };
    let mut statement = db.prepare_cached(which)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        on(decode(read(row)?)?);
    }
    Ok(())
}

/// Ids of the introductions whose time has come, the longest overdue first.
pub fn due(db: &Connection, now_secs: i64, at_most: usize) -> Result<Vec<i64>, StoreError> {
    let rows = db
        .prepare_cached(
            "SELECT id FROM introductions WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2",
        )?
        .query_map(
            (now_secs, i64::try_from(at_most).unwrap_or(i64::MAX)),
            |r| r.get(0),
        )?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(rows)
}

pub fn next_wake_secs(db: &Connection) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT min(wake_at) FROM introductions WHERE wake_at IS NOT NULL")?
        .query_row([], |row| row.get(0))?)
}

/// How often this person was asked since then, in any spelling of the address.
pub fn asks_since(
    db: &Connection,
    target: &Address,
    since_secs: i64,
    except: i64,
) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM introductions
             WHERE target_rate = ?1 AND asked_at > ?2 AND id <> ?3",
        )?
        .query_row((target.rate_key(), since_secs, except), |row| row.get(0))?)
}

/// Whether the same two are in an open introduction, or were in one since then that did not end in
/// an introduction.
pub fn tried_before(
    db: &Connection,
    requester: &Address,
    target: &Address,
    since_secs: i64,
    except: i64,
) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM introductions
             WHERE target_rate = ?1 AND requester_rate = ?2 AND id <> ?3
               AND asked_at IS NOT NULL
               AND (stage IN ('asked', 'confirming', 'deferred', 'waiting_for_requester')
                    OR (asked_at > ?4 AND stage <> 'undeliverable')))",
        )?
        .query_row(
            (target.rate_key(), requester.rate_key(), except, since_secs),
            |row| row.get(0),
        )?)
}

/// Open introductions between these two, whoever of them wrote: they have met.
pub fn between(
    db: &Connection,
    target: &Address,
    others: &[Address],
) -> Result<Vec<i64>, StoreError> {
    let mut found = Vec::new();
    for other in others {
        let ids = db
            .prepare_cached(
                "SELECT id FROM introductions WHERE target_rate = ?3 AND target = ?1
                 AND requester = ?2 AND +stage IN ('waiting_for_connector', 'waiting_for_requester', 'asked',
                               'confirming', 'deferred')",
            )?
            .query_map((target.key(), other.key(), target.rate_key()), |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        found.extend(ids);
    }
    Ok(found)
}

/// Ids of the newest introductions that were made by this address, newest first.
pub fn introduced_by(
    db: &Connection,
    connector: &str,
    newest: u32,
) -> Result<Vec<i64>, StoreError> {
    let ids = db
        .prepare_cached(
            "SELECT id FROM introductions WHERE stage = 'introduced' AND connector = ?1
             ORDER BY id DESC LIMIT ?2",
        )?
        .query_map((connector, newest), |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(ids)
}

/// The requester and the target of an introduction, as far as they have names.
pub fn parties(db: &Connection, id: i64) -> Result<Vec<Person>, StoreError> {
    let found: Vec<(Option<String>, Option<String>)> = db
        .prepare_cached(
            "SELECT data ->> '$.requester.name', requester, data ->> '$.target.name', target
             FROM introductions WHERE id = ?1",
        )?
        .query_row([id], |row| {
            Ok(vec![(row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)])
        })?;
    let named = found.into_iter().filter_map(|(name, address)| {
        let name = name.filter(|name| !name.is_empty())?;
        let address = Address::parse(&address?).ok()?;
        Some(Person { name, address })
    });
    Ok(named.collect())
}

/// Ids of introductions that ended before then and whose words are still kept.
pub fn outlived(db: &Connection, before_secs: i64, at_most: usize) -> Result<Vec<i64>, StoreError> {
    let ids = db
        .prepare_cached(
            "SELECT id FROM introductions WHERE words_kept = 1 AND updated_at < ?1
               AND wake_at IS NULL
               AND +stage IN ('introduced', 'declined', 'closed', 'cancelled', 'undeliverable')
             LIMIT ?2",
        )?
        .query_map(
            (before_secs, i64::try_from(at_most).unwrap_or(i64::MAX)),
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    Ok(ids)
}

/// Drops what was written in the mails of this introduction: raw mails, texts of ours, details.
pub fn drop_words(db: &Connection, id: i64) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM inbox_raw WHERE id IN (SELECT id FROM inbox WHERE introduction = ?1)",
        "DELETE FROM outbox_visible WHERE id IN (SELECT id FROM outbox WHERE introduction = ?1)",
        // Only the sayings that hold words: a target's late "stop" must still find the ask.
        "UPDATE secrets SET payload = '{\"kind\":\"closing\"}' WHERE introduction = ?1
           AND saying IN ('tell_unclear', 'tell_later', 'which_target', 'which_wish', 'who_asks', 'refuse')",
        "UPDATE story SET detail = '' WHERE introduction = ?1",
        "UPDATE introductions SET words_kept = 0 WHERE id = ?1",
    ] {
        db.prepare_cached(statement)?.execute([id])?;
    }
    Ok(())
}

/// Drops mails after this one that arrived before then and belong to no introduction; up to which mail
/// nothing is left to drop, so that the next look begins there.
pub fn drop_strays(db: &Connection, before_secs: i64, after: i64) -> Result<i64, StoreError> {
    let young: Option<i64> = db
        .prepare_cached(
            "SELECT id FROM inbox WHERE introduction IS NULL AND id > ?2
               AND (disposition IS NULL OR arrived_at >= ?1) ORDER BY id LIMIT 1",
        )?
        .query_row((before_secs, after), |row| row.get(0))
        .optional()?;
    db.prepare_cached(
        "DELETE FROM inbox_raw WHERE id IN (
           SELECT i.id FROM inbox i WHERE i.introduction IS NULL AND i.id > ?2
             AND i.disposition IS NOT NULL AND i.arrived_at < ?1)",
    )?
    .execute((before_secs, after))?;
    let last: i64 = db
        .prepare_cached("SELECT coalesce(max(id), 0) FROM inbox")?
        .query_row([], |row| row.get(0))?;
    Ok(young.map_or(last, |young| young - 1).max(after))
}

/// One line of an introduction's story.
pub struct Chapter {
    pub at_secs: i64,
    pub event: String,
    pub stage: String,
    pub detail: String,
}

pub fn tell(db: &Connection, introduction: i64, chapter: &Chapter) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO story (introduction, at, event, stage, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        introduction,
        chapter.at_secs,
        &chapter.event,
        &chapter.stage,
        &chapter.detail,
    ))?;
    Ok(())
}

pub fn story(db: &Connection, introduction: i64) -> Result<Vec<Chapter>, StoreError> {
    let chapters = db
        .prepare_cached(
            "SELECT at, event, stage, detail FROM story WHERE introduction = ?1 ORDER BY id",
        )?
        .query_map([introduction], |row| {
            Ok(Chapter {
                at_secs: row.get(0)?,
                event: row.get(1)?,
                stage: row.get(2)?,
                detail: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(chapters)
}
