//! Where the instructions of a drain go, counted by callgrind: noise does not touch them.
//!
//! Two backlogs are drained; the difference is the cost of the mails between, the rest is built once. Needs
//! Debian's package `valgrind`. The kernel's part is not seen. Panics where it fails.

use crate::drain::{BOT, COPIES, settled, watch};
use crate::mails;
use crate::place::Place;
use crate::record::Record;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const FEW: usize = 100;
/// Rows of the table; the last one sums up the others.
const LARGEST: usize = 12;

/// What a function's name begins with or holds, and what it counts as; the first that fits.
const KINDS: [(&str, &[&str]); 14] = [
    (
        "patterns (regex, aho-corasick, memchr)",
        &["regex", "aho_corasick", "memchr::"],
    ),
    ("templates (minijinja)", &["minijinja"]),
    ("handing mails to SMTP (lettre)", &["lettre"]),
    (
        "reading what IMAP says (imap-codec, async-imap)",
        &[
            "imap_codec",
            "imap_types",
            "async_imap",
            "imap_proto",
            "nom::",
            "abnf",
        ],
    ),
    ("taking mails apart (mail-parser)", &["mail_parser"]),
    ("JSON (serde)", &["serde"]),
    ("hashes (sha2, hmac)", &["sha2", "hmac", "digest::"]),
    ("Unicode", &["unicode_", "idna", "psl"]),
    ("our reader", &["askfirst::reader"]),
    ("our writer", &["askfirst::writer"]),
    (
        "our desk, rules and store",
        &[
            "askfirst::desk",
            "askfirst::rules",
            "askfirst::store",
            "rusqlite",
        ],
    ),
    ("our loops and wires", &["askfirst::"]),
    (
        "threads and sockets (tokio)",
        &["tokio", "mio::", "futures_", "parking_lot"],
    ),
    (
        "Rust's collections and strings",
        &[
            "alloc::",
            "core::",
            "std::",
            "hashbrown",
            "<str>",
            "<[",
            "__rust",
        ],
    ),
];

pub async fn profile(count: usize) -> Record {
    let few = run(FEW).await;
    let many = run(FEW + count).await;
    let mut costs: Vec<(String, f64)> = many
        .iter()
        .map(|(kind, all)| {
            let before = few.get(kind).copied().unwrap_or_default();
            (
                kind.clone(),
                all.saturating_sub(before) as f64 / count as f64,
            )
        })
        .collect();
    costs.sort_by(|one, other| other.1.total_cmp(&one.1));
    let sum: f64 = costs.iter().map(|(_, cost)| cost).sum();
    let total = |costs: &BTreeMap<String, u64>| costs.values().sum::<u64>() as f64;
    let once = total(&few) - sum * FEW as f64;
    let mut record = Record::new(&["cost", "thousand instructions a request", "part"]);
    let rest: f64 = costs.iter().skip(LARGEST).map(|(_, cost)| cost).sum();
    costs.truncate(LARGEST);
    costs.push(("all others".to_owned(), rest));
    costs.push(("together".to_owned(), sum));
    for (kind, cost) in costs {
        record.row(&[
            kind,
            format!("{:.0}", cost / 1_000.0),
            format!("{:.0} %", cost * 100.0 / sum),
        ]);
    }
    record.note = format!(
        "Instructions of each function itself, by where it belongs; built once, at the first mail: {:.2} billion",
        once / 1e9
    );
    record
}

async fn run(count: usize) -> BTreeMap<String, u64> {
    let mut place = Place::new(false).await;
    place.fill((0..count).map(|number| mails::request(number, BOT)));
    let counted = place.folder.path().join("callgrind.out");
    place.wrapper = vec![
        "valgrind".to_owned(),
        "--tool=callgrind".to_owned(),
        format!("--callgrind-out-file={}", counted.display()),
    ];
    let mut process = place.daemon();
    watch(&place, &mut process, count * COPIES);
    settled(&place);
    assert!(process.stop());
    kinds(&counted)
}

fn kinds(counted: &Path) -> BTreeMap<String, u64> {
    let output = Command::new("callgrind_annotate")
        .args(["--threshold=100", "--auto=no", "--show-percs=no"])
        .arg(counted)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let mut found = BTreeMap::new();
    for line in text.lines() {
        // "1,234  file:function [object]"
        let Some((number, function)) = line.trim_start().split_once("  ") else {
            continue;
        };
        let Ok(cost) = number.replace(',', "").parse::<u64>() else {
            continue;
        };
        if function.contains("PROGRAM TOTALS") {
            continue;
        }
        *found.entry(kind(function).to_owned()).or_insert(0) += cost;
    }
    assert!(!found.is_empty(), "callgrind_annotate said nothing");
    found
}

fn kind(function: &str) -> &'static str {
    let (name, object) = function.rsplit_once(" [").unwrap_or((function, ""));
    let name = name.split_once(':').map_or(name, |(_, name)| name);
    if object.contains("libc") {
        let memory = [
            "malloc",
            "free",
            "calloc",
            "realloc",
            "_int_",
            "tcache",
            "consolidate",
        ];
        let bytes = ["mem", "str", "bcmp"];
        return match name.trim_start_matches('_') {
            name if memory.iter().any(|part| name.contains(part)) => "memory taken and given back",
            name if bytes.iter().any(|part| name.contains(part)) => {
                "bytes copied and compared (libc)"
            }
            _ => "the rest of libc, system calls",
        };
    }
    if object.contains("ld-") || object.contains("ld.so") {
        return "the rest of libc, system calls";
    }
    let fits = KINDS
        .iter()
        .find(|(_, parts)| parts.iter().any(|part| name.contains(part)));
    match fits {
        Some((kind, _)) => kind,
        // C in our own program is SQLite's.
        None => "SQLite",
    }
}
