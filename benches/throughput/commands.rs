//! How long the operator's commands take at each size, and how much memory; and a look at `/metrics`.

use crate::figures::{Figure, thousands};
use crate::harness::ports;
use crate::history;
use crate::place::Place;
use crate::process::Process;
use crate::record::Record;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const LONGEST: Duration = Duration::from_secs(300);

pub async fn commands(sizes: &[usize]) -> Record {
    let mut columns = vec!["command".to_owned()];
    for size in sizes {
        columns.push(format!("{}, s", thousands(*size)));
        columns.push("MiB".to_owned());
    }
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut record = Record::new(&columns);
    let mut places = Vec::new();
    for size in sizes {
        history::make(*size);
        let path = history::path(*size);
        let place = Place::over(&path, history::uid_next(&path)).await;
        places.push(place);
    }
    let middle: Vec<String> = sizes.iter().map(|size| (size / 2).to_string()).collect();
    let fixed: [(&str, &[&str]); 7] = [
        ("list", &["list"]),
        ("list --all", &["list", "--all"]),
        ("list --all --json", &["list", "--all", "--json"]),
        ("show ID", &["show"]),
        ("queue", &["queue"]),
        ("stats", &["stats"]),
        ("backup FILE", &["backup"]),
    ];
    for (name, arguments) in fixed {
        let mut row = vec![name.to_owned()];
        for ((place, id), size) in places.iter().zip(&middle).zip(sizes) {
            let copy = place.folder.path().join("copy.db");
            let mut whole = arguments.to_vec();
            match name {
                "show ID" => whole.push(id),
                "backup FILE" => whole.push(copy.to_str().unwrap()),
                _ => {}
            }
            // A copy of gigabytes takes a minute.
            let rounds = if name == "backup FILE" { 1 } else { ROUNDS };
            let runs = (0..rounds).map(|_| run(place, &whole));
            let (secs, mib): (Vec<f64>, Vec<f64>) = runs.unzip();
            let _ = std::fs::remove_file(&copy);
            let (secs, mib) = (Figure::of(secs), Figure::of(mib));
            row.push(format!("{:.3}", secs.median));
            row.push(format!("{:.0}", mib.median));
            record.figure(name, &size.to_string(), secs);
        }
        record.row(&row);
    }
    let mut row = vec!["a look at `/metrics`".to_owned()];
    for place in &places {
        let (secs, mib) = metrics(place);
        row.push(format!("{secs:.3}"));
        row.push(format!("{mib:.0}"));
    }
    record.row(&row);
    record.note = format!("Medians of {ROUNDS} (one backup); MiB are the peak of resident memory");
    record
}

/// Seconds and MiB.
fn run(place: &Place, arguments: &[&str]) -> (f64, f64) {
    let mut process = Process::spawn(place.askfirst(arguments));
    let mut peak_kib = 0;
    loop {
        peak_kib = peak_kib.max(process.used().peak_kib);
        if let Some(well) = process.ended() {
            assert!(well, "{arguments:?}: {}", place.log());
            break;
        }
        assert!(process.started.elapsed() < LONGEST, "{arguments:?}");
        std::thread::sleep(Duration::from_micros(500));
    }
    (
        process.started.elapsed().as_secs_f64(),
        peak_kib as f64 / 1_024.0,
    )
}

/// Seconds of the slowest of three looks at the daemon's figures, and its resident MiB afterwards.
fn metrics(place: &Place) -> (f64, f64) {
    let port = ports::free();
    place.configure_with(&format!("[service]\nlisten = \"127.0.0.1:{port}\"\n"));
    let daemon = place.daemon_that_tells();
    place.watching(daemon.started);
    let mut slowest = 0.0_f64;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.contains("askfirst_"), "{text}");
        slowest = slowest.max(began.elapsed().as_secs_f64());
    }
    let used = daemon.used();
    assert!(daemon.stop());
    (slowest, used.resident_kib as f64 / 1_024.0)
}
