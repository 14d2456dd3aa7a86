//! `askfirst list`: the introductions, as a table or as JSON.
//!
//! Fails where there is no database yet.

use crate::cli::screen::{self, Screen};
use crate::cli::{Failure, desk, now_secs, print};
use crate::desk::views;
use crate::reader::address::Person;
use crate::rules::introduction::{Introduction, Stage};
use serde::Serialize;
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

/// From here on a table has room for the connector too.
const WIDE_COLUMNS: usize = 110;
/// Below this it has none for the requester's and the target's columns side by side with the rest.
const NARROW_COLUMNS: usize = 60;

/// Which introductions are wanted.
#[derive(Default)]
pub struct Wanted {
    pub all: bool,
    /// Part of a name or an address of anybody in it.
    pub person: Option<String>,
    pub states: Vec<Stage>,
}

impl Wanted {
    fn fits(&self, introduction: &Introduction) -> bool {
        let people = [
            &introduction.requester,
            &introduction.connector,
            &introduction.target,
        ];
        let is = |text: &str| {
            let mut people = people.iter().copied().flatten();
            people.any(|person| {
                person.address.key().contains(text) || person.name.to_lowercase().contains(text)
            })
        };
        let person = self.person.as_ref().map(|text| text.to_lowercase());
        person.is_none_or(|text| is(&text))
            && (self.states.is_empty() || self.states.contains(&introduction.stage))
    }
}

pub fn run(config: Option<&Path>, json: bool, wanted: &Wanted) -> Result<(), Failure> {
    let desk = desk(config)?;
    // Who asks for finished ones by their state need not say so twice.
    let all = wanted.all || wanted.states.iter().any(|stage| stage.is_final());
    let mut introductions = Vec::new();
    desk.each(all, |introduction| {
        if wanted.fits(&introduction) {
            introductions.push(without_words(introduction));
        }
    })?;
    let text = match json {
        true => as_json(&introductions)?,
        false => as_table(&introductions, wanted, now_secs(), Screen::here()),
    };
    print(&text);
    // Beside the table, so that scripts read on.
    if let Some(why) = desk.silence(now_secs())? {
        eprintln!("{why}");
    }
    Ok(())
}

/// What a list shows of it; of a million the rest would fill gigabytes.
fn without_words(introduction: Introduction) -> Introduction {
    Introduction {
        request: None,
        consents: Default::default(),
        threads: Default::default(),
        ..introduction
    }
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

fn as_table(introductions: &[Introduction], wanted: &Wanted, now: i64, screen: Screen) -> String {
    if introductions.is_empty() {
        let filtered = wanted.person.is_some() || !wanted.states.is_empty();
        let nothing = match (filtered, wanted.all) {
            (true, true) => "No introduction fits.",
            (true, false) => "No open introduction fits. (`--all` looks at finished ones too.)",
            (false, true) => "There is no introduction yet.",
            (false, false) => {
                "No introduction is open. (`askfirst list --all` shows finished ones.)"
            }
        };
        return format!("{nothing}\n");
    }
    let columns = screen.columns.unwrap_or(usize::MAX);
    if columns < NARROW_COLUMNS {
        return stacked(introductions, now, screen);
    }
    let wide = columns >= WIDE_COLUMNS;
    let mut titles = vec!["id", "requester", "target", "state", "age"];
    if wide {
        titles.push("connector");
    }
    let rows: Vec<Vec<String>> = introductions
        .iter()
        .map(|introduction| {
            let mut row = vec![
                introduction.id.to_string(),
                called(&introduction.requester, wide),
                called(&introduction.target, wide),
                introduction.stage.name().replace('_', " "),
                screen::span(now - introduction.created_at_secs),
            ];
            if wide {
                row.push(called(&introduction.connector, true));
            }
            row
        })
        .collect();
    screen.table(&titles, &[1, 2, 5], &rows)
}

/// Two lines an introduction, where a table would be all dots.
fn stacked(introductions: &[Introduction], now: i64, screen: Screen) -> String {
    let columns = screen.columns.unwrap_or(NARROW_COLUMNS);
    let mut text = String::new();
    for introduction in introductions {
        let head = format!(
            "{}  {}, {}",
            introduction.id,
            introduction.stage.name().replace('_', " "),
            screen::span(now - introduction.created_at_secs)
        );
        let people = format!(
            "   {} to {}",
            short(&introduction.requester),
            short(&introduction.target)
        );
        text.push_str(&screen::cut(&head, columns));
        text.push('\n');
        text.push_str(&screen::cut(&people, columns));
        text.push('\n');
    }
    text
}

fn short(person: &Option<Person>) -> &str {
    person.as_ref().map_or("somebody", |person| person.called())
}

fn called(person: &Option<Person>, in_full: bool) -> String {
    match person {
        None => "–".to_owned(),
        Some(person) if in_full && !person.name.is_empty() => {
            format!("{} <{}>", person.name, person.address.key())
        }
        Some(person) => person.address.key().to_owned(),
    }
}
