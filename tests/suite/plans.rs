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
    "outbox USING INDEX outbox_ready",
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

#[test]
fn what_a_mail_needs_is_found_by_an_index() {
    let db = Connection::open_in_memory().unwrap();
    for schema in ["1.sql", "2.sql", "3.sql"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema");
        db.execute_batch(&std::fs::read_to_string(path.join(schema)).unwrap())
            .unwrap();
    }
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

/// The test above would say nothing if it saw nothing.
#[test]
fn a_table_read_whole_is_seen() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE mails (id INTEGER PRIMARY KEY, mark TEXT)")
        .unwrap();
    let steps = plan(&db, "SELECT id FROM mails WHERE mark = ?1");
    assert_eq!(steps, ["SCAN mails"]);
}
