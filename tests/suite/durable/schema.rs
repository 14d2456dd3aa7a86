//! Databases of every earlier schema, frozen as they were written then, are taken over whole; damaged
//! and foreign files are refused. Fails where something of an old database is lost.

use crate::world::*;
use askfirst::desk::Desk;
use askfirst::rules::introduction::Stage;
use askfirst::store::Store;
use rusqlite::Connection;
use std::path::Path;

fn frozen(version: i64, at: &Path) -> Connection {
    let name = format!("tests/schema/{version}.sql");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let connection = Connection::open(at).unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    // Rows stand before those that they point to.
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    connection.execute_batch(&text).unwrap();
    connection
        .pragma_update(None, "user_version", version)
        .unwrap();
    connection
}

#[test]
fn earlier_schemas_are_taken_over_and_their_introductions_go_on() {
    for version in [1, 2, 3, 4, 5] {
        taken_over(version);
    }
}

fn taken_over(version: i64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    let old = frozen(version, &path);
    let count = |db: &Connection, table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        db.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let tables = [
        "inbox",
        "introductions",
        "story",
        "secrets",
        "outbox",
        "meta",
    ];
    let before: Vec<i64> = tables.iter().map(|table| count(&old, table)).collect();
    assert_eq!(before[..2], [4, 3], "the frozen copy is whole");
    let large = |db: &Connection, sql: &str| -> Vec<(i64, Vec<u8>)> {
        let mut rows = db.prepare(sql).unwrap();
        let rows = rows
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let moved = [
        (
            "SELECT id, raw FROM inbox WHERE raw IS NOT NULL",
            "SELECT id, raw FROM inbox_raw",
        ),
        (
            "SELECT id, bytes FROM outbox WHERE bytes IS NOT NULL",
            "SELECT id, bytes FROM outbox_bytes",
        ),
        (
            "SELECT id, CAST(visible AS BLOB) FROM outbox",
            "SELECT id, CAST(visible AS BLOB) FROM outbox_visible",
        ),
    ];
    let kept = moved.map(|(then, now)| large(&old, if version < 3 { then } else { now }));
    assert!(
        kept.iter().all(|rows| !rows.is_empty()),
        "the frozen copy is whole"
    );
    drop(old);

    let mut w = World::new();
    let store = Store::open(&path).unwrap();
    store.quick_check().unwrap();
    let after: Vec<i64> = tables
        .iter()
        .map(|table| count(store.reading(), table))
        .collect();
    // The one row more says that mails were kept under the keys of an earlier schema.
    assert_eq!(after[5], before[5] + i64::from(version < 5));
    assert_eq!(before[..5], after[..5]);
    assert!(kept == moved.map(|(_, now)| large(store.reading(), now)));
    mails_point_at_what_is_there(store.reading());
    w.desk = Desk::open(store, house(), dice(5)).unwrap();
    w.now_secs += 3 * DAY;
    w.uid = 1_000;
    w.desk.resume(w.now_secs).unwrap();
    assert_eq!(
        w.stages(),
        [Stage::Introduced, Stage::Asked, Stage::WaitingForRequester]
    );
    // The mail of unknown outcome is still one, and goes out with the bytes it had.
    assert_eq!(w.desk.unproven(w.now_secs).unwrap().len(), 1);
    w.desk.retry_unknown(w.now_secs).unwrap();
    let again = w.deliver();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].to, [ALICE.1]);
    // The one who was asked then is introduced now.
    let yes: String = {
        let db = w.desk.store().reading();
        let id: String = db
            .query_row(
                "SELECT message_id FROM outbox WHERE introduction = 2 AND saying = 'ask'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        format!("In-Reply-To: {id}\r\nReferences: {id}\r\n")
    };
    let mail = w.writer(DAN).mail(BOT, "", "Re: Dan?", "Yes, happy to.");
    let mail = [yes.as_bytes(), &mail].concat();
    w.proven(&mail);
    assert_eq!(w.stages()[1], Stage::Introduced);
}

/// What a mail points at is looked at when the transaction ends, and not left out.
fn mails_point_at_what_is_there(db: &Connection) {
    for column in ["introduction", "duplicate_of"] {
        let sql = format!("BEGIN; UPDATE inbox SET {column} = 99 WHERE id = 1");
        db.execute_batch(&sql).unwrap();
        assert!(db.execute_batch("COMMIT").is_err(), "{sql}");
        db.execute_batch("ROLLBACK").unwrap();
    }
    let intact: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(intact, "ok");
}

#[test]
fn a_mail_kept_under_a_key_of_an_earlier_schema_is_known_again() {
    for migrated in [true, false] {
        let mut w = World::new();
        let request = w.direct("Could you introduce me to Carol?");
        w.proven(&request);
        assert_eq!(w.introductions().len(), 1);
        let db = w.desk.store().reading();
        let longer = "SELECT count(*) FROM inbox WHERE length(content_key) = 34";
        let longer: i64 = db.query_row(longer, [], |row| row.get(0)).unwrap();
        assert_eq!(longer, 1);
        db.execute("UPDATE inbox SET content_key = substr(content_key, 3)", [])
            .unwrap();
        if migrated {
            let sql = include_str!("../../../src/store/schema/5.sql");
            db.execute_batch(sql).unwrap();
        }
        w.restart();
        w.proven(&request);
        // Without the row that the migration leaves nobody looks for such keys.
        assert_eq!(w.introductions().len() == 1, migrated);
    }
}

#[test]
fn a_migration_that_is_cut_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    drop(frozen(1, &path));
    let mut connection = Connection::open(&path).unwrap();
    connection.commit_hook(Some(|| true)).unwrap();
    assert!(Store::over(connection).is_err());
    let connection = Connection::open(&path).unwrap();
    let version: i64 = connection
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 1);
    drop(connection);
    assert!(Store::open(&path).is_ok());
}

#[test]
fn damaged_and_foreign_files_are_refused_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    std::fs::write(
        &path,
        "no database at all, but long enough to look like one",
    )
    .unwrap();
    let said = Store::open(&path).err().unwrap().to_string();
    assert!(
        said.contains("damaged") && said.contains("askfirst backup"),
        "{said}"
    );

    // Bytes flipped in a page of a real one, for each page in turn: refused, or read as it was written.
    std::fs::remove_file(&path).unwrap();
    drop(frozen(1, &path));
    drop(Store::open(&path).unwrap());
    let whole = std::fs::read(&path).unwrap();
    let (mut refused, mut pages) = (0, 0);
    for at in (0..whole.len()).step_by(4_096) {
        let mut bytes = whole.clone();
        for byte in bytes.iter_mut().skip(at).take(64) {
            *byte ^= 0xff;
        }
        std::fs::write(&path, &bytes).unwrap();
        pages += 1;
        match Store::open(&path).and_then(|store| store.quick_check()) {
            Ok(()) => {}
            Err(error) => {
                let said = error.to_string();
                assert!(said.contains("damaged"), "page {}: {said}", at / 4_096);
                refused += 1;
            }
        }
    }
    assert!(refused * 10 >= pages * 9, "{refused} of {pages} pages");
}

#[test]
fn a_log_that_was_cut_anywhere_is_a_moment_of_the_past() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    let mut w = World::new();
    w.desk = Desk::open(Store::open(&path).unwrap(), house(), dice(5)).unwrap();
    w.forward("Please ask Carol");
    let log = folder.path().join("askfirst.db-wal");
    let (database, log) = (std::fs::read(&path).unwrap(), std::fs::read(log).unwrap());
    let elsewhere = folder.path().join("cut.db");
    let mut last = 0;
    for length in (0..=log.len()).step_by(log.len() / 60 + 1) {
        std::fs::write(&elsewhere, &database).unwrap();
        std::fs::write(folder.path().join("cut.db-wal"), &log[..length]).unwrap();
        let _ = std::fs::remove_file(folder.path().join("cut.db-shm"));
        let store = Store::open(&elsewhere).unwrap();
        store.quick_check().unwrap();
        // Never a decision without its mails, never a mail without its decision.
        let (introductions, asks): (i64, i64) = store
            .reading()
            .query_row(
                "SELECT (SELECT count(*) FROM introductions),
                   (SELECT count(*) FROM outbox WHERE saying = 'ask')",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(introductions, asks, "cut at {length}");
        assert!(asks >= last, "cut at {length}");
        last = asks;
    }
}
