//! The floor: fetch in chunks, commit durably in groups before anything is sent, send over a few
//! connections. No parsing, no decisions: nothing that does the job can be faster than this by much.

use rusqlite::Connection;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::mpsc;

const CHUNK: usize = 100;
/// Mails in one commit.
const GROUP: usize = 64;

/// What a run is told on its command line.
pub struct Task<'a> {
    pub imap: u16,
    pub smtp: u16,
    pub database: &'a Path,
    pub user: &'a str,
    pub password: &'a str,
    /// Mails out for each mail in.
    pub copies: usize,
    pub connections: usize,
}

/// Drains the mailbox. Ends when all are accepted.
pub fn run(task: &Task<'_>) {
    let mut senders = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..task.connections {
        let smtp = task.smtp;
        let (sender, parcels) = mpsc::sync_channel::<(String, Vec<u8>)>(2 * GROUP);
        senders.push(sender);
        threads.push(std::thread::spawn(move || send(smtp, &parcels)));
    }
    let db = Connection::open(task.database).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE outbox (id INTEGER PRIMARY KEY, uid INTEGER NOT NULL, raw BLOB NOT NULL);",
    )
    .unwrap();
    let mut next = 0;
    fetch(task.imap, task.user, task.password, |uid, group| {
        db.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (at, raw) in group.iter().enumerate() {
            db.prepare_cached("INSERT INTO outbox (uid, raw) VALUES (?1, ?2)")
                .unwrap()
                .execute((i64::try_from(uid + at).unwrap(), raw))
                .unwrap();
        }
        db.execute_batch("COMMIT").unwrap();
        for (at, raw) in group.drain(..).enumerate() {
            for copy in 0..task.copies {
                let to = format!("carol{}.{copy}@t.example", uid + at);
                senders[next % task.connections]
                    .send((to, raw.clone()))
                    .unwrap();
                next += 1;
            }
        }
    });
    drop(senders);
    for thread in threads {
        thread.join().unwrap();
    }
}

fn fetch(port: u16, user: &str, password: &str, mut commit: impl FnMut(usize, &mut Vec<Vec<u8>>)) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut input = BufReader::with_capacity(1 << 16, &stream);
    let mut line = String::new();
    input.read_line(&mut line).unwrap();
    let mut tell = |command: &str, mails: &mut Vec<Vec<u8>>| -> usize {
        (&stream)
            .write_all(format!("a {command}\r\n").as_bytes())
            .unwrap();
        let mut exists = 0;
        loop {
            let mut line = Vec::new();
            input.read_until(b'\n', &mut line).unwrap();
            let text = String::from_utf8_lossy(&line);
            if let Some(rest) = text.strip_prefix("a ") {
                assert!(rest.starts_with("OK"), "{text}");
                return exists;
            }
            if let Some(count) = text.trim_end().strip_suffix(" EXISTS") {
                exists = count.trim_start_matches("* ").parse().unwrap();
            }
            let literal = text.trim_end().strip_suffix('}');
            if let Some((_, size)) = literal.and_then(|text| text.rsplit_once('{')) {
                let mut raw = vec![0; size.parse().unwrap()];
                input.read_exact(&mut raw).unwrap();
                mails.push(raw);
            }
        }
    };
    let mut group = Vec::new();
    tell(&format!("LOGIN {user} {password}"), &mut group);
    let exists = tell("EXAMINE INBOX", &mut group);
    let (mut first, mut fetched) = (1, 0);
    while fetched < exists {
        let last = (fetched + CHUNK).min(exists);
        let command = format!("FETCH {}:{last} (UID BODY.PEEK[]<0.65536>)", fetched + 1);
        tell(&command, &mut group);
        fetched = last;
        while group.len() >= GROUP || (fetched == exists && !group.is_empty()) {
            let rest = group.split_off(GROUP.min(group.len()));
            let count = group.len();
            commit(first, &mut group);
            first += count;
            group = rest;
        }
    }
}

/// Lock-step, as one who must know each outcome.
fn send(port: u16, parcels: &mpsc::Receiver<(String, Vec<u8>)>) {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut input = BufReader::new(&stream);
    let mut reply = |code: &str| {
        loop {
            let mut line = String::new();
            input.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "{line}");
            if line.as_bytes().get(3) == Some(&b' ') {
                return;
            }
        }
    };
    let say = |bytes: &[u8]| (&stream).write_all(bytes).unwrap();
    reply("220");
    say(b"EHLO floor.example\r\n");
    reply("250");
    while let Ok((to, raw)) = parcels.recv() {
        say(b"MAIL FROM:<intro@bot.example>\r\n");
        reply("250");
        say(format!("RCPT TO:<{to}>\r\n").as_bytes());
        reply("250");
        say(b"DATA\r\n");
        reply("354");
        say(&[&raw[..], b"\r\n.\r\n"].concat());
        reply("250");
    }
    say(b"QUIT\r\n");
    reply("221");
}
