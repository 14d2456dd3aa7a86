//! The statements behind `forget`: where a person is found in the database, and how it is wiped.
//!
//! Fails with a [`StoreError`]; inside the caller's transaction, so that nothing is half erased.

use crate::store::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

/// Ids of the introductions in which somebody with this address takes part, in any spelling.
pub fn takes_part(db: &Connection, key: &str, rate_key: &str) -> Result<Vec<i64>, StoreError> {
    ids(
        db,
        "SELECT id FROM introductions
         WHERE requester_rate = ?2 OR target_rate = ?2 OR requester = ?1 OR connector = ?1 OR target = ?1
         ORDER BY id",
        params![key, rate_key],
    )
}

/// Ids of the other introductions whose words, choices or mails hold this address.
pub fn mentioned(db: &Connection, key: &str) -> Result<Vec<i64>, StoreError> {
    ids(
        db,
        "SELECT id FROM introductions WHERE instr(lower(data), ?1)
         UNION SELECT introduction FROM secrets WHERE instr(lower(payload), ?1)
         UNION SELECT introduction FROM outbox JOIN outbox_visible USING (id)
           WHERE instr(lower(visible), ?1)
         UNION SELECT introduction FROM outbox WHERE instr(lower(recipients), ?1) OR instr(lower(coalesce(reply, '')), ?1)
         UNION SELECT introduction FROM story WHERE instr(lower(detail), ?1)",
        params![key],
    )
}

fn ids(
    db: &Connection,
    statement: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<i64>, StoreError> {
    let found = db
        .prepare(statement)?
        .query_map(values, |row| row.get::<_, Option<i64>>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// Ids of the questions with several people to choose from, still open, that offer this address.
pub fn is_offered(db: &Connection, introduction: i64, key: &str) -> Result<bool, StoreError> {
    Ok(db
        .prepare(
            "SELECT EXISTS (SELECT 1 FROM secrets WHERE introduction = ?1 AND instr(lower(payload), ?2))",
        )?
        .query_row(params![introduction, key], |row| row.get(0))?)
}

/// Everything in words about an introduction, mails that wait included; how many of these there were.
/// `owed` are the mails that go out all the same.
pub fn wipe_introduction(
    db: &Connection,
    id: i64,
    owed: &[&str],
    now_secs: i64,
) -> Result<usize, StoreError> {
    let owed = serde_json::to_string(owed).unwrap_or_else(|_| "[]".to_owned());
    let unsent = db
        .prepare(
            "UPDATE outbox SET state = 'refused', settled_at = ?2, last_phase = NULL
             WHERE introduction = ?1 AND state IN ('queued', 'unknown', 'inflight')
               AND saying NOT IN (SELECT value FROM json_each(?3))",
        )?
        .execute(params![id, now_secs, owed])?;
    for statement in [
        "UPDATE outbox SET recipients = json_array('forgotten ' || id), reply = NULL, provider_id = NULL
         WHERE introduction = ?1 AND state NOT IN ('queued', 'unknown', 'inflight')",
        "DELETE FROM outbox_bytes WHERE id IN (SELECT id FROM outbox
           WHERE introduction = ?1 AND state NOT IN ('queued', 'unknown', 'inflight'))",
        "DELETE FROM outbox_visible WHERE id IN (SELECT id FROM outbox
           WHERE introduction = ?1 AND state NOT IN ('queued', 'unknown', 'inflight'))",
        "UPDATE secrets SET payload = '{\"kind\":\"closing\"}' WHERE introduction = ?1
           AND json_extract(payload, '$.kind') NOT IN ('ask', 'reminder', 'clarify', 'propose')",
        "UPDATE story SET detail = '' WHERE introduction = ?1",
        "UPDATE introductions SET words_kept = 0 WHERE id = ?1",
    ] {
        db.prepare(statement)?.execute([id])?;
    }
    Ok(unsent)
}

/// The address gone from the words of an introduction in which the person takes no part.
pub fn wipe_mention(db: &Connection, id: i64, key: &str) -> Result<(), StoreError> {
    for statement in [
        "DELETE FROM outbox_visible WHERE id IN (SELECT id FROM outbox WHERE introduction = ?1)
           AND instr(lower(visible), ?2)",
        "UPDATE outbox SET reply = NULL WHERE introduction = ?1 AND instr(lower(reply), ?2)",
        "UPDATE story SET detail = '' WHERE introduction = ?1 AND instr(lower(detail), ?2)",
    ] {
        db.prepare(statement)?.execute(params![id, key])?;
    }
    Ok(())
}

/// Ids of the mails that are kept in the inbox, whole or in part.
pub fn received(db: &Connection) -> Result<Vec<i64>, StoreError> {
    ids(db, "SELECT id FROM inbox_raw ORDER BY id", [])
}

/// A mail's bytes, and the introduction that it belongs to.
pub type Kept = (Vec<u8>, Option<i64>);

/// The mail of an inbox row, where it is still kept.
pub fn mail(db: &Connection, id: i64) -> Result<Option<Kept>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT raw, introduction FROM inbox_raw JOIN inbox USING (id) WHERE id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

/// What is left of a mail: that its UID is known, and a hash that tells it from others.
pub fn wipe_mail(db: &Connection, id: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE inbox SET facts = NULL, message_id = NULL, reason = 'forgotten',
           disposition = coalesce(disposition, 'ignored') WHERE id = ?1",
    )?
    .execute([id])?;
    db.prepare_cached("DELETE FROM inbox_raw WHERE id = ?1")?
        .execute([id])?;
    Ok(())
}

/// The same for all mails of an introduction, and for those without one whose Message-ID or reason
/// holds the address; how many.
pub fn wipe_mails(db: &Connection, introductions: &[i64], key: &str) -> Result<usize, StoreError> {
    let mut ids_of_mails = Vec::new();
    for id in introductions {
        ids_of_mails.extend(ids(
            db,
            "SELECT id FROM inbox WHERE introduction = ?1 AND reason IS NOT 'forgotten'",
            [id],
        )?);
    }
    ids_of_mails.extend(ids(
        db,
        "SELECT id FROM inbox
         WHERE instr(lower(coalesce(message_id, '')), ?1) OR instr(lower(coalesce(reason, '')), ?1)
           OR (introduction IS NULL AND facts IS NOT NULL AND instr(lower(facts), ?1)
             AND NOT EXISTS (SELECT 1 FROM inbox_raw r WHERE r.id = inbox.id))",
        [key],
    )?);
    ids_of_mails.sort_unstable();
    ids_of_mails.dedup();
    for id in &ids_of_mails {
        wipe_mail(db, *id)?;
    }
    Ok(ids_of_mails.len())
}

/// Notices counted for a person (a keyed hash). His wish to get no mail stays.
pub fn wipe_notices(db: &Connection, person: &[u8]) -> Result<(), StoreError> {
    db.prepare("DELETE FROM notices WHERE person = ?1")?
        .execute([person])?;
    Ok(())
}

/// Writes the whole file anew and empties the write-ahead log: what was deleted is in neither. False:
/// somebody reads at the moment, and the log can't be emptied yet.
pub fn scrub(db: &Connection) -> Result<bool, StoreError> {
    db.execute_batch("VACUUM")?;
    let busy: i64 = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}
