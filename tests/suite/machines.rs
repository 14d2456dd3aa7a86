//! Mails of machines, and of people who look like machines: each must be told for what it is.

use askfirst::reader::{self, Kind, Known, Verdict};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/answers/machines")
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "person",
        Kind::AutoReply => "auto-reply",
        Kind::Bounce => "bounce",
        Kind::List => "list",
        Kind::Unreadable => "unreadable",
    }
}

#[test]
fn every_machine_is_told_and_no_person_is_taken_for_one() {
    let index = std::fs::read_to_string(folder().join("index.tsv")).unwrap();
    let rows = index.lines().filter(|l| !l.starts_with('#'));
    let (mut wrong, mut machines) = (Vec::new(), 0);
    for row in rows {
        let columns: Vec<&str> = row.split('\t').collect();
        let [file, kind, why, recipient, status, permanent] = columns[..] else {
            panic!("six columns: {row}")
        };
        let text = std::fs::read_to_string(folder().join(file)).unwrap();
        machines += usize::from(kind != "person");
        for raw in [text.clone(), text.replace('\n', "\r\n")] {
            let letter = reader::open(raw.as_bytes());
            let reading = reader::read(&letter, &Known::default());
            if word(reading.kind) != kind || (kind != "person" && !reading.why.contains(why)) {
                wrong.push(format!("{file}: {} ({})", word(reading.kind), reading.why));
            }
            if kind != "person" && reading.verdict == Some(Verdict::Yes) {
                wrong.push(format!("{file}: a yes"));
            }
            let Some(bounce) = reading.bounce else {
                continue;
            };
            let told = |value: Option<String>| value.unwrap_or("-".to_owned());
            let lasting = if bounce.permanent { "yes" } else { "no" };
            let given = [
                told(bounce.recipient),
                told(bounce.status),
                lasting.to_owned(),
            ];
            let wanted = [recipient, status, permanent];
            if given.iter().zip(wanted).any(|(g, w)| w != "*" && g != w) {
                wrong.push(format!("{file}: {given:?}"));
            }
        }
    }
    assert!(machines >= 80, "{machines} mails of machines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A person who says no more than that she is away is asked again at worst; a machine's "no" ends a request.
#[test]
fn who_is_away_is_told_from_who_answers_while_away() {
    let file = folder().with_file_name("absences.tsv");
    let rows = std::fs::read_to_string(file).unwrap();
    let rows = rows.lines().filter(|l| !l.starts_with('#'));
    let (mut wrong, mut machines) = (Vec::new(), 0);
    for row in rows {
        let columns: Vec<&str> = row.split('\t').collect();
        let [_, kind, body] = columns[..] else {
            panic!("three columns: {row}")
        };
        machines += usize::from(kind != "person");
        let body = body.replace("\\n", "\n");
        for below in [
            "",
            "\n\n-- \nCarol Danvers\nReed & Partners",
            "\n\n-- \nCarol Danvers\nReed & Partners\nE-mail: carol@target.example",
        ] {
            let raw = format!(
                "From: Carol Danvers <carol@target.example>\nTo: Bob via askfirst <intro@bot.example>\n\
                 Subject: Re: Alice Ng would like to talk to you\nMessage-ID: <m@target.example>\n\
                 In-Reply-To: <ask@bot.example>\nContent-Type: text/plain; charset=utf-8\n\n{body}{below}\n"
            );
            let reading = reader::read(&reader::open(raw.as_bytes()), &Known::default());
            if word(reading.kind) != kind {
                wrong.push(format!("{row}: {} ({})", word(reading.kind), reading.why));
            }
        }
    }
    assert!(machines >= 250, "{machines} mails of machines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
