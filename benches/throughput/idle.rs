//! An idle daemon: how long a single mail takes, and how much memory it keeps.

use crate::drain::BOT;
use crate::figures::{Figure, quantile};
use crate::load::Load;
use crate::mails;
use crate::place::Place;
use crate::process::Process;
use crate::record::Record;
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

/// Single mails, one after the other, at a daemon that has nothing else to do.
#[derive(Default)]
pub struct Singles {
    /// From the line that announces the mail, and from its delivery, to the ask at the sink, in ms.
    pub announced: Vec<f64>,
    pub delivered: Vec<f64>,
    /// CPU time of the daemon a mail.
    pub cpu_ms: Vec<f64>,
    pub resident_kib: u64,
    /// From the start of the process until it watches the mailbox.
    pub start_secs: f64,
}

/// Starts a daemon at this place and sends it so many requests, numbered from `first`.
pub async fn singles(place: &Place, count: usize, first: usize) -> Singles {
    let watcher = Watcher::start(place.dovecot.ports.imap);
    place.configure(watcher.port);
    let daemon = place.daemon_that_tells();
    let start_secs = place.watching(daemon.started).as_secs_f64();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut found = Singles {
        start_secs,
        ..Singles::default()
    };
    let before = daemon.used();
    for number in first..first + count {
        *watcher.announced.lock().unwrap() = None;
        let mail = mails::request(number, BOT);
        place.dovecot.deliver(&mail).await;
        let at = Instant::now();
        assert!(place.sink.waits_for(2, LONGEST), "{}", place.log());
        let taken = place.sink.empty();
        let target = mails::target(number);
        let mut asks = taken.iter().filter(|mail| mail.recipients[0] == target);
        let ask = asks.next().unwrap();
        assert!(asks.next().is_none(), "asked twice");
        let seen = watcher.announced.lock().unwrap().unwrap();
        found
            .announced
            .push((ask.at - seen).as_secs_f64() * 1_000.0);
        found.delivered.push((ask.at - at).as_secs_f64() * 1_000.0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let after = daemon.used();
    found.resident_kib = after.resident_kib;
    let cpu = (after.cpu - before.cpu).as_secs_f64() * 1_000.0;
    found.cpu_ms.push(cpu / count as f64);
    assert!(daemon.stop());
    found
}

pub async fn latency(count: usize) -> Record {
    let load = Load::start();
    let place = Place::new(false).await;
    let found = singles(&place, count, 0).await;
    let mut record = Record::new(&["", "p50, ms", "p99, ms"]);
    for (name, values) in [
        ("EXISTS seen → ask at the sink", &found.announced),
        ("delivered to Dovecot → ask at the sink", &found.delivered),
    ] {
        let (p50, p99) = (quantile(values, 0.5), quantile(values, 0.99));
        record.row(&[name.to_owned(), format!("{p50:.2}"), format!("{p99:.2}")]);
        let row = name.split(' ').next().unwrap();
        let row = row.replace("EXISTS", "announced");
        record.figure(&row, "p50, ms", Figure::of(vec![p50]));
        record.figure(&row, "p99, ms", Figure::of(vec![p99]));
    }
    record.note = format!(
        "{count} single mails, {:.2} ms of CPU each; resident afterwards {:.1} MiB; others took {:.0} % of the CPU",
        found.cpu_ms[0],
        found.resident_kib as f64 / 1_024.0,
        load.foreign() * 100.0
    );
    record
}

pub async fn memory() -> Record {
    let idle = resident(None).await;
    let small = resident(Some(4 * 1024)).await;
    let large = resident(Some(25 * 1024 * 1024)).await;
    let mut record = Record::new(&["", "resident, MiB", "peak, MiB"]);
    for (name, used) in [
        ("idle, empty mailbox", idle),
        ("after a request of 4 kB", small),
        ("after a request with 25 MB attached", large),
    ] {
        let shown = |figure: Figure| format!("{:.1}", figure.median);
        record.row(&[name.to_owned(), shown(used.0), shown(used.1)]);
        record.figure(name, "resident, MiB", used.0);
        record.figure(name, "peak, MiB", used.1);
    }
    record
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
