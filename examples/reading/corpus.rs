//! The mails under `tests/` with what each must be read as: for tables, benchmarks and fuzz seeds.
//!
//! Fails by panicking: these are fixtures.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code
)]

#[path = "../../tests/suite/answers/dress.rs"]
mod dress;

use dress::{PROGRAMS, Reply};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// 2026-11-24 12:00 UTC, the day on which the answers are written.
pub const NOW_SECS: i64 = 1_795_521_600;

/// One mail of a folder with the reading beside it.
pub struct Letter {
    /// Path below `tests/`, without its ending.
    pub name: String,
    pub raw: Vec<u8>,
    /// The text of our mail that it answers.
    pub original: Option<String>,
    pub want: Value,
}

/// One answer in the dress of a mail program.
pub struct Answer {
    pub language: String,
    pub program: &'static str,
    /// `yes`, `no`, `later`, `stop` or `unclear`.
    pub label: String,
    pub raw: Vec<u8>,
    /// The answer alone, without signature, disclaimer and quote.
    pub body: String,
}

/// One mail of the table of machines, columns as in its `index.tsv`.
pub struct Machine {
    pub name: String,
    pub raw: Vec<u8>,
    pub kind: String,
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn text(path: &Path) -> String {
    String::from_utf8(read(path)).unwrap()
}

/// As a mail arrives: CRLF line ends.
fn crlf(lf: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lf.len() + lf.len() / 30);
    for byte in lf {
        if *byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}

/// All files with this ending below a folder.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|e| e == ending) {
            found.push(path);
        }
    }
}

/// Every `.eml` under `tests/`, for seeds.
pub fn every_mail() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    files(&tests(), "eml", &mut found);
    found.iter().map(|path| crlf(&read(path))).collect()
}

/// The letters of a folder below `tests/letters` with their readings; an empty name means all.
pub fn letters(folder: &str) -> Vec<Letter> {
    let mut found = Vec::new();
    files(&tests().join("letters").join(folder), "eml", &mut found);
    let letter = |path: &PathBuf| {
        let mut want: Value = serde_json::from_str(&text(&path.with_extension("json"))).unwrap();
        let original = want
            .as_object_mut()
            .and_then(|o| o.remove("original"))
            .map(|name| text(&path.with_file_name(name.as_str().unwrap())));
        let name = path.strip_prefix(tests()).unwrap().with_extension("");
        Letter {
            name: name.display().to_string(),
            raw: crlf(&read(path)),
            original,
            want,
        }
    };
    found.iter().map(letter).collect()
}

/// The machines' mails, and those of people who look like machines.
pub fn machines() -> Vec<Machine> {
    let folder = tests().join("answers/machines");
    let index = text(&folder.join("index.tsv"));
    let row = |row: &str| {
        let columns: Vec<&str> = row.split('\t').collect();
        Machine {
            name: columns[0].to_owned(),
            raw: crlf(&read(&folder.join(columns[0]))),
            kind: columns[1].to_owned(),
        }
    };
    let rows = index.lines().filter(|l| !l.starts_with('#'));
    rows.map(row).collect()
}

/// The visible text of the ask that the answers answer.
pub fn ask() -> String {
    let ask = text(&tests().join("answers/ask.txt"));
    format!("Alice Ng would like to talk to you – interested?\n\n{ask}")
}

fn pieces(name: &str) -> Vec<String> {
    let text = text(&tests().join("answers").join(name));
    let mut pieces: Vec<String> = text
        .split("===\n")
        .skip(1)
        .map(|p| p.trim_end_matches('\n').to_owned())
        .collect();
    pieces.pop();
    pieces
}

/// Every labelled body, each in the dress of `programs` mail programs.
pub fn answers(programs: usize) -> Vec<Answer> {
    let (signatures, disclaimers) = (pieces("signatures.txt"), pieces("disclaimers.txt"));
    let ask = text(&tests().join("answers/ask.txt"));
    let table = text(&tests().join("answers/bodies.tsv"));
    let rows = table
        .lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty());
    let mut answers = Vec::new();
    for (i, row) in rows.enumerate() {
        let columns: Vec<&str> = row.splitn(3, '\t').collect();
        let body = columns[2].replace("\\n", "\n");
        for turn in 0..programs {
            let program = PROGRAMS[(i + turn) % PROGRAMS.len()];
            let reply = Reply {
                language: columns[0],
                text: &body,
                signature: &signatures[(i / 3 + turn) % signatures.len()],
                disclaimer: &disclaimers[(i / 7 + turn * 5) % disclaimers.len()],
                ask: &ask,
            };
            answers.push(Answer {
                language: columns[0].to_owned(),
                program: program.0,
                label: columns[1].to_owned(),
                raw: dress::mail(program, &reply, answers.len()).into_bytes(),
                body: body.clone(),
            });
        }
    }
    answers
}
