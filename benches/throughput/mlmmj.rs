//! mlmmj beside us: a list with two subscribers, so that two mails leave for each that comes, as with us.
//!
//! It has no mailbox: each mail is piped into a process, as a mail server would, so many at a time. Needs
//! Debian's package `mlmmj`. Panics where it fails.

use crate::drain::{BOT, COPIES, LONGEST, Outcome, Rounds};
use crate::figures::{self};
use crate::load::Load;
use crate::mails;
use crate::process::Used;
use crate::record::Record;
use crate::sink::Sink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIST: &str = "list@bot.example";

pub fn mlmmj(count: usize, rounds: usize, at_a_time: usize) -> Record {
    let mut played = Rounds::none();
    while played.wants(rounds) {
        let outcome = one(count, at_a_time);
        eprintln!(
            "  mlmmj: {:.0} mails/s",
            count as f64 / outcome.wall.as_secs_f64()
        );
        played.add(vec![((), outcome)]);
    }
    let name = format!("mlmmj, {at_a_time} at a time");
    let mut record = figures::record(&[played.row((), &name, count)]);
    // Its processes come and go; nobody adds up what they used.
    for row in &mut record.rows {
        for cell in &mut row[4..] {
            *cell = "–".to_owned();
        }
    }
    record.note = played.note();
    record
}

fn one(count: usize, at_a_time: usize) -> Outcome {
    let sink = Sink::start(false);
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    make(&list, sink.port);
    let files: Vec<_> = (0..count)
        .map(|number| {
            let file = folder.path().join(number.to_string());
            let mail = String::from_utf8(mails::request(number, BOT)).unwrap();
            let mail = mail.replace("\r\n", "\n").replace(BOT, LIST);
            // Without an envelope sender it takes nothing.
            let mail = format!("Return-Path: <bob@kim.example>\n{mail}");
            std::fs::write(&file, mail).unwrap();
            file
        })
        .collect();
    let load = Load::start();
    let began = Instant::now();
    let mut running: Vec<Child> = Vec::new();
    for file in &files {
        while running.len() >= at_a_time {
            running.retain_mut(|child| child.try_wait().unwrap().is_none());
            std::thread::sleep(Duration::from_micros(200));
        }
        let child = Command::new("/usr/bin/mlmmj-receive")
            .args(["-F", "-L"])
            .arg(&list)
            .stdin(std::fs::File::open(file).unwrap())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mlmmj is not installed: `apt-get install --no-install-recommends mlmmj`");
        running.push(child);
    }
    for mut child in running {
        child.wait().unwrap();
    }
    assert!(
        sink.waits_for(count * COPIES, LONGEST),
        "{} came",
        sink.len()
    );
    let foreign = load.foreign();
    let taken = sink.empty();
    assert_eq!(taken.len(), count * COPIES);
    let last = taken.iter().map(|mail| mail.at).max().unwrap();
    Outcome {
        wall: last - began,
        used: Used::default(),
        foreign,
    }
}

/// A list that takes mail from everybody.
fn make(list: &Path, port: u16) {
    for part in [
        "control",
        "subscribers.d",
        "digesters.d",
        "nomailsubs.d",
        "incoming",
        "queue",
        "queue/discarded",
        "archive",
        "text",
        "subconf",
        "unsubconf",
        "bounce",
        "requeue",
        "moderation",
    ] {
        std::fs::create_dir_all(list.join(part)).unwrap();
    }
    for (name, text) in [
        ("listaddress", LIST.to_owned()),
        ("owner", "owner@bot.example".to_owned()),
        ("relayhost", "127.0.0.1".to_owned()),
        ("smtpport", port.to_string()),
        ("noarchive", String::new()),
        ("tocc", String::new()),
    ] {
        std::fs::write(list.join("control").join(name), text + "\n").unwrap();
    }
    for letter in ["a", "b"] {
        let subscriber = format!("{letter}@subscriber.example\n");
        std::fs::write(list.join("subscribers.d").join(letter), subscriber).unwrap();
    }
    std::fs::write(list.join("index"), "0").unwrap();
}
