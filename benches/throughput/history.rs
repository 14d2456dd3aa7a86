//! A database with a past: as many introductions as wanted, as the real desk would have left them.
//!
//! A few lives are played by the real desk on a scratch database (a yes, a no, silence, one still open);
//! their rows are then repeated with other people, tokens and times. A thousand introductions begin each
//! day, so nearly all of a million are closed, and the words of their mails dropped. Panics where it fails.

use crate::drain::BOT;
use crate::lives::{KEPT_SECS, Lives};
use crate::place::settings;
use crate::template::Emitter;
use askfirst::config::Config;
use askfirst::daemon::{system_clock, system_dice};
use askfirst::desk::Desk;
use askfirst::furnish;
use askfirst::store::Store;
use rusqlite::Connection;
use std::path::{Path, PathBuf};

/// The folder of the mailbox as the past knows it; a round's Dovecot goes on with its numbers.
pub const UID_VALIDITY: u32 = 1_700_000_000;
pub const ACCOUNT: &str = "agent@127.0.0.1";
/// Introductions that begin each day.
const A_DAY: i64 = 1_000;
const DAY_SECS: i64 = 86_400;
/// Rows between two commits.
const GROUP: usize = 50_000;

/// Where databases lie between runs.
pub fn path(introductions: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/past")
        .join(format!("{introductions}.db"))
}

/// What a database holds, as the report says it.
pub struct Past {
    pub open: i64,
    pub mails: i64,
    pub with_words: i64,
    pub file_mib: f64,
    pub uid_next: i64,
}

/// The database with so many introductions; made where there is none.
pub fn make(introductions: usize) -> Past {
    let path = path(introductions);
    if !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let part = path.with_extension("part");
        for ending in ["part", "part-wal", "part-shm"] {
            let _ = std::fs::remove_file(path.with_extension(ending));
        }
        fill(&part, introductions);
        std::fs::rename(&part, &path).unwrap();
    }
    look(&path)
}

/// Removes it with what lies beside it.
pub fn remove(introductions: usize) {
    let path = path(introductions);
    for ending in ["db", "db-wal", "db-shm", "db.lock"] {
        let _ = std::fs::remove_file(path.with_extension(ending));
    }
}

/// The number that the next mail of the folder gets.
pub fn uid_next(path: &Path) -> i64 {
    let db = Connection::open(path).unwrap();
    let sql = "SELECT coalesce(max(uid), 0) + 1 FROM inbox WHERE uid_validity = ?1";
    db.query_row(sql, [UID_VALIDITY], |row| row.get(0)).unwrap()
}

fn look(path: &Path) -> Past {
    let db = Connection::open(path).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    Past {
        open: count("SELECT count(*) FROM introductions WHERE wake_at IS NOT NULL"),
        mails: count("SELECT count(*) FROM outbox") + count("SELECT count(*) FROM inbox"),
        with_words: count("SELECT count(*) FROM introductions WHERE words_kept = 1"),
        file_mib: std::fs::metadata(path).unwrap().len() as f64 / (1 << 20) as f64,
        uid_next: uid_next(path),
    }
}

/// A desk over this file, furnished as the daemon's.
pub fn desk(path: &Path) -> Desk {
    let text = settings(path, 1, 1, 4);
    let config = Config::parse(&text, Path::new("askfirst.toml")).unwrap();
    let house = furnish::house(&config).unwrap();
    Desk::open(Store::open(path).unwrap(), house, system_dice()).unwrap()
}

fn fill(path: &Path, introductions: usize) {
    // The schema, the instance's key.
    drop(desk(path));
    let lives = Lives::play(BOT);
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
         PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -3000000; PRAGMA temp_store = MEMORY;",
    )
    .unwrap();
    let indexes = take_indexes(&db);
    db.execute_batch(&format!(
        "INSERT INTO folders VALUES ('{ACCOUNT}', 'INBOX', {UID_VALIDITY}, 1); BEGIN"
    ))
    .unwrap();
    let now = system_clock()();
    let mut emitter = Emitter::new(&db);
    let total = i64::try_from(introductions).unwrap();
    let mut since_commit = 0;
    for number in 0..total {
        let age_secs = (total - number) * DAY_SECS / A_DAY + 3_600;
        let life = lives.of(number, age_secs);
        since_commit += emitter.emit(life, number, now - age_secs);
        if number % 2 == 0 {
            since_commit += emitter.emit(lives.stray(age_secs), number, now - age_secs);
        }
        if since_commit > GROUP {
            db.execute_batch("COMMIT; BEGIN").unwrap();
            since_commit = 0;
        }
        if number % 100_000 == 99_999 {
            eprintln!("  {} introductions", number + 1);
        }
    }
    drop(emitter);
    // The daemon that left this had looked for old words up to here within the last hour.
    let looked = "INSERT INTO meta SELECT 'strays_seen', max(id) FROM inbox
       WHERE introduction IS NULL AND arrived_at < ?1 HAVING max(id) IS NOT NULL";
    db.execute(looked, [now - KEPT_SECS]).unwrap();
    db.execute_batch("COMMIT").unwrap();
    for index in indexes {
        db.execute_batch(&index).unwrap();
    }
    let wrong: i64 = db
        .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(wrong, 0, "the rows do not fit together");
}

/// Drops the indexes that are built faster at the end; the statements that make them anew.
fn take_indexes(db: &Connection) -> Vec<String> {
    let found: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for (name, _) in &found {
        db.execute_batch(&format!("DROP INDEX {name}")).unwrap();
    }
    found.into_iter().map(|(_, sql)| sql).collect()
}

/// What all rows of these lives would weigh if no words had ever been dropped, in MiB, roughly: the
/// fresh form of each life in place of its old one.
pub fn mib_with_all_words(introductions: usize) -> f64 {
    let lives = Lives::play(BOT);
    let octets: usize = (0..1_000)
        .map(|number| lives.fresh(number).octets() + lives.stray(0).octets() / 2)
        .sum();
    octets as f64 / 1_000.0 * introductions as f64 / (1 << 20) as f64
}
