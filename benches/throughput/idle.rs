//! An idle daemon: how long a single mail takes, and how much memory it keeps.

use crate::drain::BOT;
use crate::figures::Figure;
use crate::mails;
use crate::place::Place;
use crate::process::Process;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONGEST: Duration = Duration::from_secs(30);

/// Between the daemon and Dovecot: notes when a new mail was announced, since Dovecot itself waits up
/// to half a second before it says so.
struct Watcher {
    port: u16,
    announced: Arc<Mutex<Option<Instant>>>,
}

impl Watcher {
    fn start(imap: u16) -> Watcher {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let announced = Arc::new(Mutex::new(None));
        let shared = announced.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = TcpStream::connect(("127.0.0.1", imap)).unwrap();
                for stream in [&client, &server] {
                    stream.set_nodelay(true).unwrap();
                }
                let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || carry(&from, &to, None));
                let shared = shared.clone();
                std::thread::spawn(move || carry(&server, &client, Some(&shared)));
            }
        });
        Watcher { port, announced }
    }
}

fn carry(mut from: &TcpStream, mut to: &TcpStream, announced: Option<&Mutex<Option<Instant>>>) {
    let mut chunk = [0; 1 << 16];
    while let Ok(count) = from.read(&mut chunk) {
        let bytes = &chunk[..count];
        if let Some(announced) = announced
            && bytes.windows(9).any(|window| window == b" EXISTS\r\n")
        {
            *announced.lock().unwrap() = Some(Instant::now());
        }
        if count == 0 || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

pub async fn latency(count: usize) {
    let place = Place::new(false).await;
    let watcher = Watcher::start(place.dovecot.ports.imap);
    place.configure(watcher.port);
    let daemon = place.daemon();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (mut announced, mut delivered) = (Vec::new(), Vec::new());
    let before = daemon.used();
    for number in 0..count {
        *watcher.announced.lock().unwrap() = None;
        let mail = mails::request(number, BOT);
        place.dovecot.deliver(&mail).await;
        let at = Instant::now();
        assert!(place.sink.waits_for(2, LONGEST), "{}", place.log());
        let taken = place.sink.empty();
        let ask = taken
            .iter()
            .find(|mail| mail.recipients[0].starts_with("carol"))
            .unwrap();
        let seen = watcher.announced.lock().unwrap().unwrap();
        announced.push((ask.at - seen).as_secs_f64() * 1_000.0);
        delivered.push((ask.at - at).as_secs_f64() * 1_000.0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let after = daemon.used();
    println!("| {count} single mails | p50, ms | p99, ms |\n|---|---|---|");
    for (name, values) in [
        ("announced by EXISTS → ask at the sink", announced),
        ("delivered to Dovecot → ask at the sink", delivered),
    ] {
        let mut values = values;
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values[((values.len() - 1) as f64 * part) as usize];
        println!("| {name} | {:.2} | {:.2} |", at(0.5), at(0.99));
    }
    let cpu = (after.cpu - before.cpu).as_secs_f64() * 1_000.0 / count as f64;
    println!(
        "\nCPU a single mail: {cpu:.2} ms; resident {} KiB.",
        after.resident_kib
    );
    assert!(daemon.stop());
}

pub async fn memory() {
    let idle = resident(None).await;
    let small = resident(Some(4 * 1024)).await;
    let large = resident(Some(25 * 1024 * 1024)).await;
    println!("| | resident, MiB | peak, MiB |\n|---|---|---|");
    for (name, used) in [
        ("idle, empty mailbox", idle),
        ("after a request of 4 kB", small),
        ("after a request with 25 MB attached", large),
    ] {
        println!("| {name} | {:.1} | {:.1} |", used.0.median, used.1.median);
    }
}

async fn resident(attached: Option<usize>) -> (Figure, Figure) {
    let mut place = Place::new(false).await;
    if let Some(octets) = attached {
        let mut mail = mails::request(0, BOT);
        if octets > mail.len() {
            mail = with_attachment(&mail, octets);
        }
        place.fill(std::iter::once(mail));
    }
    let daemon: Process = place.daemon();
    if attached.is_some() {
        assert!(place.sink.waits_for(2, LONGEST), "{}", place.log());
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let used = daemon.used();
    assert!(daemon.stop());
    let mib = |kib: u64| Figure::of(vec![kib as f64 / 1_024.0]);
    (mib(used.resident_kib), mib(used.peak_kib))
}

/// The same request with a file beside it.
fn with_attachment(mail: &[u8], octets: usize) -> Vec<u8> {
    let text = String::from_utf8_lossy(mail);
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let kept: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with("Content-") && !line.starts_with("MIME-"))
        .collect();
    let parts: Vec<&str> = head
        .split("\r\n")
        .filter(|line| line.starts_with("Content-"))
        .collect();
    let base64 = "QUFB".repeat(19) + "\r\n";
    format!(
        "{}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n--b0\r\n{}\r\n\r\n{body}\r\n--b0\r\n\
         Content-Type: application/pdf; name=report.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--b0--\r\n",
        kept.join("\r\n"),
        parts.join("\r\n"),
        base64.repeat(octets / base64.len())
    )
    .into_bytes()
}
