//! The sentences that the rows of a word table make, with what the reader says of each: for whoever writes a table.
//!
//! `cargo run --example expand -- de` prints what is read as a plain yes where it is the whole answer, and what may
//! stand beside one; `--all` prints every sentence with its verdict. Exit status 2 where there is no such table.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod pattern;

use askfirst::reader::{self, Known, Verdict};
use pattern::Table;
use std::path::Path;
use std::process::ExitCode;

/// 2026-11-28 12:00 UTC.
const NOW_SECS: i64 = 1_795_867_200;
/// Sentences of one row.
const MAX_OF_ROW: usize = 400;
/// The same of a row that stands beside a yes.
const MAX_BESIDE: usize = 60;

fn mail(text: &str) -> String {
    format!(
        "From: Carol Danvers <carol@target.example>\r\nTo: Bob Kim <intro@bot.example>\r\n\
         Subject: Re: Alice Ng would like to talk to you – interested?\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

fn verdict(text: &str) -> (Option<Verdict>, String) {
    let letter = reader::open(mail(text).as_bytes());
    let known = Known {
        now_secs: NOW_SECS,
        ..Known::default()
    };
    let reading = reader::read(&letter, &known);
    (reading.verdict, reading.why)
}

/// As one writes it: a capital, and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    format!("{first}{}.", letters.as_str())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.iter().any(|argument| argument == "--all");
    let Some(code) = arguments.iter().find(|argument| !argument.starts_with('-')) else {
        eprintln!("usage: expand [--all] LANGUAGE");
        return ExitCode::from(2);
    };
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/reader/answer/words/{code}.txt"));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let table = Table::read(&text);
    let (mut made, mut yes) = (0, 0);
    for row in table.rows() {
        let (before, most) = match row.section.as_str() {
            "yes" | "yes alone" | "weak yes" => ("", MAX_OF_ROW),
            "courtesy" | "schedule" | "filler" | "pleasantry" | "thanks" | "praise" | "footer"
            | "closing" | "greeting" | "remark" | "aside" | "told" | "about" => {
                ("Yep. ", MAX_BESIDE)
            }
            _ => continue,
        };
        for words in table.sentences(row).into_iter().take(most) {
            let text = format!("{before}{}", sentence(&words));
            let (verdict, why) = verdict(&text);
            made += 1;
            yes += usize::from(verdict == Some(Verdict::Yes));
            if all {
                println!("{verdict:?}\t[{}]\t{text}\t{why}", row.section);
            } else if verdict == Some(Verdict::Yes) {
                println!("[{}]\t{text}", row.section);
            }
        }
    }
    eprintln!("{yes} of {made} sentences are read as yes");
    ExitCode::SUCCESS
}
