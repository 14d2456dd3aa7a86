//! How well the mails of `tests/` are read, as tables: replies, forwards, machines, verdicts.
//!
//! `cargo run --profile quick --example reading [-- --wrong]`; `--wrong` names what is read
//! otherwise than expected. Exit status 1 on a false yes.
#![allow(clippy::print_stdout)]

mod corpus;

use askfirst::reader::{self, Kind, Known, Verdict, quote};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Right and all, and how many keep a line that is not the writer's.
#[derive(Default, Clone, Copy)]
struct Row {
    right: usize,
    all: usize,
    foreign: usize,
}

impl Row {
    fn add(&mut self, right: bool, foreign: bool) {
        self.all += 1;
        self.right += usize::from(right);
        self.foreign += usize::from(foreign);
    }

    fn percent(part: usize, all: usize) -> String {
        format!("{:.1} %", 100.0 * part as f64 / all.max(1) as f64)
    }
}

/// Whether everything that is expected is so.
fn fits(want: &Value, have: &Value) -> bool {
    match (want, have) {
        (Value::Object(want), Value::Object(have)) => want
            .iter()
            .all(|(key, value)| fits(value, have.get(key).unwrap_or(&Value::Null))),
        (Value::Array(want), Value::Array(have)) => {
            want.len() == have.len() && want.iter().zip(have).all(|(want, have)| fits(want, have))
        }
        _ => want == have,
    }
}

fn letters(wrong: &mut Vec<String>) {
    println!("| letters | exact | of | | a foreign line kept |\n|---|---|---|---|---|");
    for folder in ["reply", "aligned", "quoted", "forward"] {
        let mut row = Row::default();
        for letter in corpus::letters(folder) {
            let read = reader::open(&letter.raw);
            let body = quote::body(&read, letter.original.as_deref());
            let have = json!({
                "text": body.text,
                "subject": read.subject,
                "forwarded": body.forwarded,
                "quoted": body.passed.quoted(),
                "thread": body.passed.thread(),
                "doubt": body.doubt.is_some(),
                "defect": read.defect,
                "attachments": read.attachments,
                "from": read.from.person().map(|p| p.address.to_string()),
            });
            let text = letter.want.get("text").and_then(Value::as_str);
            let foreign = text.is_some_and(|want| {
                let mut lines = body.text.lines().map(str::trim);
                lines.any(|line| !want.contains(line))
            });
            let right = fits(&letter.want, &have);
            row.add(right, foreign);
            if !right {
                wrong.push(letter.name);
            }
        }
        let percent = Row::percent(row.right, row.all);
        let foreign = Row::percent(row.foreign, row.all);
        println!(
            "| {folder} | {} | {} | {percent} | {foreign} |",
            row.right, row.all
        );
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::AutoReply => "auto-reply",
        Kind::Bounce => "bounce",
        Kind::List => "list",
        Kind::Unreadable => "unreadable",
    }
}

/// Mails of machines; how many of them were read as a yes.
fn machines(wrong: &mut Vec<String>) -> usize {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut false_yes = 0;
    for machine in corpus::machines() {
        let reading = reader::read(&reader::open(&machine.raw), &Known::default());
        let yes = machine.kind != "person" && reading.verdict == Some(Verdict::Yes);
        false_yes += usize::from(yes);
        let right = kind(reading.kind) == machine.kind;
        rows.entry(machine.kind).or_default().add(right, yes);
        if !right {
            wrong.push(format!("{}: {}", machine.name, kind(reading.kind)));
        }
    }
    println!("\n| kind | told | of | | read as yes |\n|---|---|---|---|---|");
    for (kind, row) in rows {
        let percent = Row::percent(row.right, row.all);
        println!(
            "| {kind} | {} | {} | {percent} | {} |",
            row.right, row.all, row.foreign
        );
    }
    false_yes
}

/// Answers in every program's dress, with our mail known and by patterns; how many false yes.
fn verdicts(wrong: &mut Vec<String>) -> usize {
    let ask = corpus::ask();
    let mut tables: [BTreeMap<String, [Row; 2]>; 3] = Default::default();
    let mut false_yes = 0;
    for answer in corpus::answers(10) {
        let letter = reader::open(&answer.raw);
        for (column, original) in [Some(ask.as_str()), None].into_iter().enumerate() {
            let known = Known {
                original,
                now_secs: corpus::NOW_SECS,
                ..Known::default()
            };
            let verdict = reader::read(&letter, &known).verdict;
            let said = verdict.map_or("none".to_owned(), |v| format!("{v:?}").to_lowercase());
            let right = said == answer.label;
            let yes = said == "yes" && !right;
            false_yes += usize::from(yes);
            let keys = [
                answer.label.as_str(),
                answer.language.as_str(),
                answer.program,
            ];
            for (table, key) in tables.iter_mut().zip(keys) {
                if let Some(row) = table.entry(key.to_owned()).or_default().get_mut(column) {
                    row.add(right, yes);
                }
            }
            if !right {
                wrong.push(format!(
                    "{} {} in {}: {said}: {:?}",
                    answer.language, answer.label, answer.program, answer.body
                ));
            }
        }
    }
    for (name, table) in ["label", "language", "program"].iter().zip(tables) {
        println!(
            "\n| {name} | answers | as labelled, our mail known | by patterns | false yes |\n|---|---|---|---|---|"
        );
        for (key, [aligned, patterns]) in table {
            println!(
                "| {key} | {} | {} | {} | {} |",
                aligned.all,
                Row::percent(aligned.right, aligned.all),
                Row::percent(patterns.right, patterns.all),
                aligned.foreign + patterns.foreign
            );
        }
    }
    false_yes
}

fn main() -> std::process::ExitCode {
    let mut wrong = Vec::new();
    letters(&mut wrong);
    let false_yes = machines(&mut wrong) + verdicts(&mut wrong);
    println!("\n{false_yes} false yes");
    if std::env::args().any(|argument| argument == "--wrong") {
        println!("\n{}", wrong.join("\n"));
    }
    std::process::ExitCode::from(u8::from(false_yes > 0))
}
