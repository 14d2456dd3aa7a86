//! Every letter under `tests/letters`, read with both kinds of line ends, against the reading that
//! stands beside it as JSON. A field that the JSON does not name is not looked at.

use askfirst::reader::letter::Letter;
use askfirst::reader::quote::Body;
use askfirst::reader::{self, quote};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The letters in a folder and those below it.
fn letters(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            letters(&path, found);
        } else if path.extension().is_some_and(|e| e == "eml") {
            found.push(path);
        }
    }
}

fn reading(letter: &Letter, body: &Body) -> Value {
    json!({
        "text": body.text,
        "subject": letter.subject,
        "forwarded": body.forwarded,
        "quoted": body.quoted,
        "thread": body.thread,
        "doubt": body.doubt.is_some(),
        "defect": letter.defect,
        "attachments": letter.attachments,
        "from": letter.from.person().map(|p| p.address.to_string()),
    })
}

/// What is expected and not so, as `path: have | want`.
fn differences(path: &str, want: &Value, have: &Value, out: &mut Vec<String>) {
    match (want, have) {
        (Value::Object(want), Value::Object(have)) => {
            for (key, value) in want {
                let path = format!("{path}.{key}");
                differences(&path, value, have.get(key).unwrap_or(&Value::Null), out);
            }
        }
        (Value::Array(want), Value::Array(have)) if want.len() == have.len() => {
            for (index, (want, have)) in want.iter().zip(have).enumerate() {
                differences(&format!("{path}[{index}]"), want, have, out);
            }
        }
        _ if want != have => out.push(format!("{path}\n    have {have}\n    want {want}")),
        _ => {}
    }
}

fn check(path: &Path, failures: &mut Vec<String>) {
    let lf = std::fs::read(path).unwrap();
    let expected = std::fs::read_to_string(path.with_extension("json")).unwrap();
    let mut want: Value = serde_json::from_str(&expected).unwrap();
    let original = want
        .as_object_mut()
        .and_then(|o| o.remove("original"))
        .map(|name| path.with_file_name(name.as_str().unwrap()))
        .map(|file| std::fs::read_to_string(file).unwrap());
    let crlf: Vec<u8> = lf
        .iter()
        .flat_map(|b| {
            if *b == b'\n' {
                vec![b'\r', b'\n']
            } else {
                vec![*b]
            }
        })
        .collect();
    for (ends, raw) in [("LF", &lf), ("CRLF", &crlf)] {
        let letter = reader::open(raw);
        let body = quote::body(&letter, original.as_deref());
        let mut found = Vec::new();
        differences("", &want, &reading(&letter, &body), &mut found);
        if !found.is_empty() {
            failures.push(format!(
                "{} ({ends})\n  {}",
                path.display(),
                found.join("\n  ")
            ));
            return;
        }
    }
}

#[test]
fn every_letter_reads_as_the_file_beside_it_says() {
    let mut found = Vec::new();
    letters(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters"),
        &mut found,
    );
    assert!(found.len() > 100, "only {} letters found", found.len());
    let mut failures = Vec::new();
    for path in &found {
        check(path, &mut failures);
    }
    assert!(
        failures.is_empty(),
        "{} of {} letters:\n{}",
        failures.len(),
        found.len(),
        failures.join("\n")
    );
}
