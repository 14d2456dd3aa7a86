//! `askfirst list`: the introductions, as a table or as JSON.

use crate::cli::{Failure, desk, now_secs, print};
use crate::desk::views;
use crate::reader::address::Person;
use crate::rules::introduction::Introduction;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// One introduction as scripts read it (the contract's `list --json`).
#[derive(Serialize)]
struct Line {
    id: i64,
    requester: Option<String>,
    connector: Option<String>,
    target: Option<String>,
    state: &'static str,
    created_at: String,
    updated_at: String,
}

/// Columns of addresses in the table; longer ones are cut to fit 80 columns.
const MAX_COLUMN: usize = 22;

pub fn run(config: Option<&Path>, json: bool, all: bool) -> Result<(), Failure> {
    let desk = desk(config)?;
    let introductions = desk.list(all)?;
    let text = match json {
        true => as_json(&introductions)?,
        false => as_table(&introductions, now_secs()),
    };
    print(&text);
    // Beside the table, so that scripts read on.
    if let Some(why) = desk.silence(now_secs())? {
        eprintln!("{why}");
    }
    Ok(())
}

pub(super) fn as_json(introductions: &[Introduction]) -> Result<String, Failure> {
    let lines: Vec<Line> = introductions.iter().map(line).collect();
    serde_json::to_string_pretty(&lines)
        .map(|json| json + "\n")
        .map_err(|error| Failure::Failed(error.to_string()))
}

fn line(introduction: &Introduction) -> Line {
    let key = |person: &Option<Person>| person.as_ref().map(|p| p.address.key().to_owned());
    Line {
        id: introduction.id,
        requester: key(&introduction.requester),
        connector: key(&introduction.connector),
        target: key(&introduction.target),
        state: introduction.stage.name(),
        created_at: views::rfc3339(introduction.created_at_secs),
        updated_at: views::rfc3339(introduction.updated_at_secs),
    }
}

fn as_table(introductions: &[Introduction], now_secs: i64) -> String {
    if introductions.is_empty() {
        return "No introduction is open. (`askfirst list --all` shows finished ones.)\n"
            .to_owned();
    }
    let mut table = format!(
        "{:>4}  {:<22}  {:<22}  {:<21}  {}\n",
        "id", "requester", "target", "state", "age"
    );
    for introduction in introductions {
        let _ = writeln!(
            table,
            "{:>4}  {:<22}  {:<22}  {:<21}  {}",
            introduction.id,
            column(&introduction.requester),
            column(&introduction.target),
            introduction.stage.name().replace('_', " "),
            age(now_secs - introduction.created_at_secs),
        );
    }
    table
}

fn column(person: &Option<Person>) -> String {
    let text = person.as_ref().map_or("–", |person| person.address.key());
    match text.chars().count() > MAX_COLUMN {
        true => text.chars().take(MAX_COLUMN - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// An age in one word.
pub(super) fn age(secs: i64) -> String {
    match secs.max(0) {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs @ 7_200..172_800 => format!("{} h", secs / 3_600),
        secs => format!("{} d", secs / 86_400),
    }
}
