//! `askfirst list`: the introductions, as a table or as JSON.
//!
//! Fails where there is no database yet.

use crate::cli::screen::{self, Screen};
use crate::cli::{Failure, desk, now_secs, print};
use crate::desk::Desk;
use crate::desk::views;
use crate::reader::address::Person;
use crate::rules::introduction::{Introduction, Stage};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::io::{BufWriter, Write};
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
    let (now, screen) = (now_secs(), Screen::here());
    match json {
        true => print_json(&desk, all, wanted)?,
        false => {
            let mut lines = Lines::new(screen, now);
            desk.each(all, |introduction| {
                if wanted.fits(&introduction) {
                    lines.add(&introduction);
                }
            })?;
            print(&lines.shown(wanted));
        }
    }
    // Beside the table, so that scripts read on.
    if let Some(why) = desk.silence(now)? {
        eprintln!("{why}");
    }
    Ok(())
}

/// Each as it is read: a million of them need no memory.
fn print_json(desk: &Desk, all: bool, wanted: &Wanted) -> Result<(), Failure> {
    let out = BufWriter::new(std::io::stdout().lock());
    let mut out = serde_json::Serializer::pretty(out);
    let mut lines = out.serialize_seq(None).map_err(gone)?;
    let mut written = Ok(());
    desk.each(all, |introduction| {
        if written.is_ok() && wanted.fits(&introduction) {
            written = lines.serialize_element(&line(&introduction));
        }
    })?;
    // Who reads may have read enough (`| head`).
    let ended = written.and_then(|()| lines.end());
    let mut out = out.into_inner();
    if ended.is_ok() {
        let _ = out.write_all(b"\n").and_then(|()| out.flush());
    }
    Ok(())
}

fn gone(error: serde_json::Error) -> Failure {
    Failure::Failed(error.to_string())
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

/// What a table needs of each introduction, and nothing more.
struct Lines {
    screen: Screen,
    now: i64,
    rows: Vec<Vec<String>>,
}

impl Lines {
    fn new(screen: Screen, now: i64) -> Lines {
        Lines {
            screen,
            now,
            rows: Vec::new(),
        }
    }

    fn columns(&self) -> usize {
        self.screen.columns.unwrap_or(usize::MAX)
    }

    fn is_wide(&self) -> bool {
        self.columns() >= WIDE_COLUMNS
    }

    fn add(&mut self, introduction: &Introduction) {
        let id = introduction.id.to_string();
        let state = introduction.stage.name().replace('_', " ");
        let age = screen::span(self.now - introduction.created_at_secs);
        if self.columns() < NARROW_COLUMNS {
            let people = format!(
                "   {} to {}",
                short(&introduction.requester),
                short(&introduction.target)
            );
            self.rows
                .push(vec![format!("{id}  {state}, {age}"), people]);
            return;
        }
        let wide = self.is_wide();
        let mut row = vec![
            id,
            called(&introduction.requester, wide),
            called(&introduction.target, wide),
            state,
            age,
        ];
        if wide {
            row.push(called(&introduction.connector, true));
        }
        self.rows.push(row);
    }

    fn shown(&self, wanted: &Wanted) -> String {
        if self.rows.is_empty() {
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
        if self.columns() < NARROW_COLUMNS {
            // Two lines an introduction, where a table would be all dots.
            let lines = self.rows.iter().flatten();
            return lines
                .map(|line| screen::cut(line, self.columns()) + "\n")
                .collect();
        }
        let mut titles = vec!["id", "requester", "target", "state", "age"];
        if self.is_wide() {
            titles.push("connector");
        }
        self.screen.table(&titles, &[1, 2, 5], &self.rows)
    }
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
