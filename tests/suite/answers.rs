//! Answers as people send them: labelled bodies in the dress of ten mail programs, with signatures,
//! disclaimers and a quote of our ask. No answer that is no yes may be read as one.

// Fixtures fail by panicking, helpers of tests included.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing)]

pub mod dress;

use askfirst::reader::{self, Known, Verdict};
use dress::{PROGRAMS, Reply};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// 2026-11-28 12:00 UTC.
const NOW_SECS: i64 = 1_795_867_200;
/// Programs each body is sent through; which ones turns with the body.
const PROGRAMS_A_BODY: usize = 5;

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/answers")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

struct Labelled {
    language: String,
    label: String,
    text: String,
    /// The first and the last day that a postponement may mean.
    until: Option<(String, String)>,
}

fn bodies() -> Vec<Labelled> {
    let row = |line: &str| {
        let mut columns = line.splitn(4, '\t').map(str::to_owned);
        let mut next = || {
            columns
                .next()
                .unwrap_or_else(|| panic!("too few columns: {line}"))
        };
        Labelled {
            language: next(),
            label: next(),
            text: next().replace("\\n", "\n"),
            until: columns.next().map(|days| match days.split_once("..") {
                Some((first, last)) => (first.to_owned(), last.to_owned()),
                None => (days.clone(), days),
            }),
        }
    };
    let rows = file("bodies.tsv");
    rows.lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .map(row)
        .collect()
}

fn pieces(name: &str) -> Vec<String> {
    let text = file(name);
    let mut pieces: Vec<String> = text
        .split("===\n")
        .skip(1)
        .map(|p| p.trim_end_matches('\n').to_owned())
        .collect();
    pieces.pop();
    pieces
}

fn word(verdict: Option<Verdict>) -> String {
    verdict.map_or("none".to_owned(), |v| format!("{v:?}").to_lowercase())
}

#[test]
fn the_bodies_are_many_and_in_many_languages() {
    let bodies = bodies();
    let languages: std::collections::BTreeSet<&str> =
        bodies.iter().map(|b| b.language.as_str()).collect();
    assert!(bodies.len() >= 1_500, "{} bodies", bodies.len());
    assert!(languages.len() >= 20, "{languages:?}");
    for body in &bodies {
        assert!(
            ["yes", "no", "later", "stop", "unclear"].contains(&body.label.as_str()),
            "{}",
            body.label
        );
    }
}

#[test]
fn no_answer_in_any_dress_is_a_false_yes() {
    let (signatures, disclaimers, ask) = (
        pieces("signatures.txt"),
        pieces("disclaimers.txt"),
        file("ask.txt"),
    );
    let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
    let (mut false_yes, mut missed, mut days) = (Vec::new(), Vec::new(), (0, 0));
    let original = format!("Alice Ng would like to talk to you – interested?\n\n{ask}");
    let mut number = 0;
    for (i, body) in bodies().iter().enumerate() {
        for turn in 0..PROGRAMS_A_BODY {
            let program = PROGRAMS[(i + turn * 2) % PROGRAMS.len()];
            let reply = Reply {
                language: &body.language,
                text: &body.text,
                signature: &signatures[(i / 3 + turn) % signatures.len()],
                disclaimer: &disclaimers[(i / 7 + turn * 5) % disclaimers.len()],
                ask: &ask,
            };
            number += 1;
            let raw = dress::mail(program, &reply, number);
            let letter = reader::open(raw.as_bytes());
            let original = (number % 3 != 0).then_some(original.as_str());
            let reading = reader::read(
                &letter,
                &Known {
                    original,
                    now_secs: NOW_SECS,
                    ..Known::default()
                },
            );
            let said = word(reading.verdict);
            let case = format!(
                "{} {} in {}: {:?} is {said} ({}); read {:?}",
                body.language, body.label, program.0, body.text, reading.why, reading.text
            );
            if let Some((first, last)) = body.until.as_ref().filter(|_| said == "later") {
                days.1 += 1;
                let named = reading.later_until.as_deref().unwrap_or("none");
                if (first.as_str()..=last.as_str()).contains(&named) {
                    days.0 += 1;
                } else {
                    missed.push(format!("{:?} until {named}, not {first}", body.text));
                }
            }
            if said == "yes" && body.label != "yes" {
                false_yes.push(case);
            } else if said != body.label {
                missed.push(case);
            }
            *found.entry((body.label.clone(), said)).or_default() += 1;
        }
    }
    let rate = |label: &str| {
        let of = |(l, s): &(String, String)| (l == label, l == label && s == label);
        let counts = found.iter().map(|(k, n)| (of(k), *n));
        let (mut all, mut right) = (0, 0);
        for ((is, good), n) in counts {
            all += if is { n } else { 0 };
            right += if good { n } else { 0 };
        }
        (100.0 * right as f64 / all as f64, right, all)
    };
    for label in ["yes", "no", "later", "stop", "unclear"] {
        let (percent, right, all) = rate(label);
        println!("{label:<8} {right:>5} of {all:<5} {percent:6.1} %");
    }
    println!("days named as meant: {} of {}", days.0, days.1);
    if std::env::var_os("SHOW_MISSED").is_some() {
        missed.iter().for_each(|case| println!("{case}"));
    }
    assert!(days.0 * 100 >= days.1 * 95, "{days:?}: {missed:#?}");
    assert!(number >= 1_500, "{number} answers");
    assert!(false_yes.is_empty(), "false yes:\n{}", false_yes.join("\n"));
    assert!(rate("yes").0 >= 97.0, "too few yes:\n{}", missed.join("\n"));
    assert!(rate("no").0 >= 95.0, "too few no:\n{}", missed.join("\n"));
}

/// A mail of nothing but this text.
fn plain(text: &str) -> String {
    format!(
        "From: Carol Danvers <carol@target.example>\nTo: Bob Kim <intro@bot.example>\n\
         Subject: Re: Alice Ng would like to talk to you – interested?\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    )
}

fn said(text: &str) -> String {
    let known = Known {
        now_secs: NOW_SECS,
        ..Known::default()
    };
    let letter = reader::open(plain(text).as_bytes());
    word(reader::read(&letter, &known).verdict)
}

#[test]
fn what_takes_a_yes_back_or_gives_it_of_another_leaves_none() {
    let tails = file("tails.tsv");
    let tails: Vec<(&str, &str)> = tails
        .lines()
        .filter(|l| !l.starts_with('#'))
        .filter_map(|l| l.split_once('\t'))
        .collect();
    let (mut tried, mut false_yes) = (0, Vec::new());
    let mut never_yes = |text: String| {
        tried += 1;
        if said(&text) == "yes" {
            false_yes.push(text);
        }
    };
    let bodies = bodies();
    for body in bodies.iter().filter(|b| b.label == "yes") {
        for name in ["Alice Ng", "Ms Ng", "Frau Ng", "Mme Ng", "Alice"] {
            if body.text.contains(name) {
                never_yes(body.text.replace(name, "Dave"));
                break;
            }
        }
        if body.text.contains('\n') {
            continue;
        }
        let bare = body.text.trim_end_matches(|c: char| !c.is_alphanumeric());
        for (_, tail) in tails.iter().filter(|(code, _)| *code == body.language) {
            never_yes(format!("{bare}{tail}"));
        }
    }
    // Beside a consent, whoever refuses or postpones has not consented.
    for body in bodies
        .iter()
        .filter(|b| ["no", "later", "stop"].contains(&b.label.as_str()))
    {
        let consent = match body.language.as_str() {
            "en" => "Happy to talk to her.",
            "de" => "Sehr gerne.",
            "fr" => "Avec plaisir.",
            "es" => "Con mucho gusto.",
            "it" => "Volentieri.",
            "nl" => "Graag.",
            "pl" => "Bardzo chętnie.",
            "ru" => "С удовольствием.",
            _ => continue,
        };
        never_yes(format!("{consent}\n{}", body.text));
        never_yes(format!("{}\n{consent}", body.text));
    }
    assert!(tried > 9_000, "{tried}");
    assert!(false_yes.is_empty(), "{}", false_yes.join("\n"));
}
