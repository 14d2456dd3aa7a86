//! The table of docs/hostile-mail.md: every row once, every test that it names is there, and so is every
//! guard that is taken away to see whether it matters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The rows of each letter.
const ROWS: [(char, u32); 8] = [
    ('F', 26),
    ('T', 21),
    ('H', 7),
    ('B', 9),
    ('L', 9),
    ('A', 9),
    ('P', 13),
    ('K', 11),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
}

fn is_row(word: &str) -> bool {
    let number = word.get(1..).unwrap_or_default();
    word.starts_with(|c: char| c.is_ascii_uppercase())
        && !number.is_empty()
        && number.chars().all(|c| c.is_ascii_digit())
}

#[test]
fn every_row_has_a_test_that_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    let code: String = files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    let page = std::fs::read_to_string(root.join("docs/hostile-mail.md")).unwrap();
    let guards = std::fs::read_to_string(root.join("tests/mutants/guards.txt")).unwrap();
    // A name begins with the rows it guards.
    let guarded: Vec<&str> = guards
        .lines()
        .filter_map(|line| line.strip_prefix("= "))
        .flat_map(|name| name.split(' ').take_while(|word| is_row(word)))
        .collect();
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let id = cells[0];
        if !is_row(id) {
            continue;
        }
        let has = |guard: &str| guarded.contains(&guard);
        let mut named = cells[4].split(' ');
        assert!(
            id == "F23" || named.all(has),
            "{id} names no guard: {}",
            cells[4]
        );
        let tests = cells[3]
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        assert!(
            rows.insert(id.to_owned(), tests).is_none(),
            "{id} stands there twice"
        );
    }
    for (letter, count) in ROWS {
        for number in 1..=count {
            let id = format!("{letter}{number}");
            let tests = rows.remove(&id).unwrap_or_else(|| panic!("no row {id}"));
            assert!(!tests.is_empty() || id == "F23", "{id} names no test");
            for test in tests {
                assert!(
                    code.contains(&format!("fn {test}(")),
                    "{id}: there is no test {test}"
                );
            }
        }
    }
    assert!(rows.is_empty(), "rows nobody knows: {rows:?}");
}
