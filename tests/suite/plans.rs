//! What the database reads for each statement: no mail costs more because a million lie there already.

use regex::Regex;
use rusqlite::Connection;
use std::path::Path;

/// What the operator's own commands read is read whole, and nobody waits for it.
const OF_THE_OPERATOR: [&str; 3] = ["erase.rs", "figures.rs", "looks.rs"];
/// Tables that stay small, indexes that hold only what is open, and rows made of a list.
const SMALL: [&str; 11] = [
    "meta",
    "buckets",
    "spent",
    "strangers",
    "sqlite_sequence",
    "json_each",
    "inbox USING INDEX inbox_pending",
    "inbox USING COVERING INDEX inbox_held",
    "outbox USING COVERING INDEX outbox_open",
    "CONSTANT",
    "(subquery-1)",
];
/// Whole tables on purpose, by how the statement begins: `list --all`, and the demo's page.
const WHOLE: [&str; 2] = [
    "SELECT id, data FROM introductions ORDER BY id",
    "SELECT arrived_at, coalesce(message_id, ''), coalesce(reason, '') FROM inbox",
];

/// Every statement of the store, with the file it stands in.
fn statements() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let literal = Regex::new(r#""((?:SELECT|UPDATE|DELETE|INSERT)\s[^"]*)""#).unwrap();
    let columns = Regex::new(r#"const COLUMNS: &str\s*=\s*"([^"]*)""#).unwrap();
    // What `Which::condition` puts into a statement.
    let condition = Regex::new(r#""((?::held|\(saying =)[^"]*)""#).unwrap();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for statement in literal.captures_iter(&text) {
            let mut sql = statement[1].to_owned();
            if let Some(columns) = columns.captures(&text) {
                sql = sql.replace("{COLUMNS}", &columns[1]);
            }
            // A JSON literal ends the pattern early.
            if sql.contains("'{\\") {
                continue;
            }
            let conditions: Vec<&str> = condition
                .captures_iter(&text)
                .map(|found| found.extract::<1>().1[0])
                .collect();
            match sql.contains("{condition}") {
                true => found.extend(
                    conditions
                        .iter()
                        .map(|one| (name.clone(), sql.replace("{condition}", one))),
                ),
                false => found.push((name.clone(), sql)),
            }
        }
    }
    found
}

fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    // Values that were not bound are NULL.
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get::<_, String>(3).unwrap());
    }
    steps
}

fn schema() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    for schema in ["1.sql", "2.sql", "3.sql", "4.sql", "5.sql"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema");
        db.execute_batch(&std::fs::read_to_string(path.join(schema)).unwrap())
            .unwrap();
    }
    db
}

#[test]
fn what_a_mail_needs_is_found_by_an_index() {
    let db = schema();
    let statements = statements();
    assert!(statements.len() > 80, "{} were found", statements.len());
    let mut wrong = Vec::new();
    for (file, sql) in &statements {
        let text = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let exempt = OF_THE_OPERATOR.contains(&file.as_str())
            || WHOLE.iter().any(|whole| text.starts_with(whole));
        for step in plan(&db, sql) {
            let whole = step.strip_prefix("SCAN ");
            if whole.is_some_and(|what| !exempt && !SMALL.iter().any(|s| what.starts_with(s))) {
                wrong.push(format!("{file}: {step}: {text}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Nearly all of a million introductions have ended: by the index of stages each look for ended ones would
/// read them all.
#[test]
fn what_has_ended_is_not_found_by_its_stage() {
    const ENDED: [&str; 5] = [
        "'introduced'",
        "'declined'",
        "'closed'",
        "'cancelled'",
        "'undeliverable'",
    ];
    let db = schema();
    let mut seen = 0;
    for (file, sql) in statements() {
        let of_ended = ENDED.iter().any(|stage| sql.contains(stage));
        if OF_THE_OPERATOR.contains(&file.as_str()) || !of_ended {
            continue;
        }
        seen += 1;
        let steps = plan(&db, &sql);
        let by_stage = steps
            .iter()
            .any(|step| step.contains("introductions_stage"));
        assert!(!by_stage, "{file}: {steps:?}: {sql}");
    }
    assert!(seen > 1, "{seen} were found");
}

/// Statements that change many rows, once an hour or at a command.
const OF_MANY: [&str; 4] = [
    "DELETE FROM inbox_raw WHERE id IN",
    "DELETE FROM outbox_visible WHERE id IN",
    "UPDATE outbox SET not_before = ?1 WHERE settled_at IS NULL",
    "UPDATE introductions SET wake_at",
];

/// A condition that tests a list, in a statement or in an index, is a table of its own at each execution, and
/// a state changes several times a mail.
#[test]
fn what_is_written_for_a_mail_needs_no_table_of_its_own() {
    let db = schema();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (file, sql) in statements() {
        let text = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let exempt = OF_THE_OPERATOR.contains(&file.as_str())
            || OF_MANY.iter().any(|many| text.starts_with(many));
        if exempt || text.starts_with("SELECT") {
            continue;
        }
        seen += 1;
        if operations(&db, &sql).contains(&"OpenEphemeral".to_owned()) {
            wrong.push(format!("{file}: {text}"));
        }
    }
    assert!(seen > 25, "{seen} were found");
    assert_eq!(wrong, Vec::<String>::new());
}

fn operations(db: &Connection, sql: &str) -> Vec<String> {
    let mut statement = db.prepare(&format!("EXPLAIN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut operations = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        operations.push(row.get::<_, String>(1).unwrap());
    }
    operations
}

/// The tests above would say nothing if it saw nothing.
#[test]
fn a_table_read_whole_is_seen() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE mails (id INTEGER PRIMARY KEY, mark TEXT)")
        .unwrap();
    let steps = plan(&db, "SELECT id FROM mails WHERE mark = ?1");
    assert_eq!(steps, ["SCAN mails"]);
}

#[test]
fn a_table_that_a_list_in_an_index_makes_is_seen() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE TABLE mails (id INTEGER PRIMARY KEY, state TEXT);
         CREATE INDEX open ON mails(id) WHERE state IN ('a', 'b', 'c')",
    )
    .unwrap();
    let operations = operations(&db, "UPDATE mails SET state = ?2 WHERE id = ?1");
    assert!(operations.contains(&"OpenEphemeral".to_owned()));
}
