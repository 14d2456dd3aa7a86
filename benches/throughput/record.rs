//! What a command found, kept in `benches/throughput/found.json`, and shown in `docs/throughput.md`.
//!
//! With `--record` a command replaces what it found before; `plot` then writes tables and pictures anew.
//! Panics where a file can't be read or written, or a place in the document is missing.

use crate::figures::Figure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Clone, Serialize, Deserialize)]
pub struct Record {
    /// What to type to find it again.
    #[serde(default)]
    pub command: String,
    /// Rounds, and what else to know.
    #[serde(default)]
    pub note: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Row and column (or another name) to figure: for the pictures.
    #[serde(default)]
    pub figures: BTreeMap<String, BTreeMap<String, Figure>>,
}

impl Record {
    pub fn new(columns: &[&str]) -> Record {
        Record {
            command: String::new(),
            note: String::new(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            rows: Vec::new(),
            figures: BTreeMap::new(),
        }
    }

    pub fn row(&mut self, cells: &[String]) {
        self.rows.push(cells.to_vec());
    }

    pub fn figure(&mut self, row: &str, name: &str, figure: Figure) {
        let row = self.figures.entry(row.to_owned()).or_default();
        row.insert(name.to_owned(), figure);
    }

    /// As it stands in the document: command, table, note.
    pub fn shown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let mut text = String::new();
        if !self.command.is_empty() {
            text += &format!("```sh\n{}\n```\n\n", self.command);
        }
        text += &line(&self.columns);
        text += &line(&vec!["---".to_owned(); self.columns.len()]).replace(' ', "");
        for row in &self.rows {
            text += &line(row);
        }
        if !self.note.is_empty() {
            text += &format!("\n{}.\n", self.note);
        }
        text
    }
}

pub type Found = BTreeMap<String, Record>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn file() -> PathBuf {
    root().join("benches/throughput/found.json")
}

pub fn load() -> Found {
    match std::fs::read(file()) {
        Ok(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Err(_) => Found::new(),
    }
}

/// Keeps what was found under this name.
pub fn keep(name: &str, record: &Record) {
    let mut found = load();
    found.insert(name.to_owned(), record.clone());
    let text = serde_json::to_string_pretty(&found).unwrap() + "\n";
    std::fs::write(file(), text).unwrap();
}

/// Puts every record between its marks into the document.
pub fn publish(found: &Found) {
    let path = root().join("docs/throughput.md");
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (name, record) in found {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let from = text.find(&begin).map(|at| at + begin.len());
        let to = text.find(&end);
        let (Some(from), Some(to)) = (from, to) else {
            panic!("docs/throughput.md has no place for {name}");
        };
        text.replace_range(from..to, &record.shown());
    }
    std::fs::write(path, text).unwrap();
}

/// Writes a picture beside the documents.
pub fn picture(name: &str, svg: &str) {
    let folder = root().join("docs/images");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), svg).unwrap();
}
