//! The newcomer's transcript (docs/transcript.md), really typed: every command runs in a terminal
//! against a Dovecot of its own, and what it prints must be what the document shows.
//!
//! `UPDATE_TRANSCRIPT=1 cargo test --test suite transcript` writes the document anew; read the
//! difference as a newcomer would.

use super::harness::dovecot::{ADDRESS, Dovecot, PASSWORD};
use crate::world::{ALICE, BOB, CAROL};
use askfirst::demo::dress::{Dress, Writer};
use regex::Regex;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/transcript.md");
/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Carries the bot's mails to itself from the sink back into the mailbox, as its server would.
struct Relay {
    carried: usize,
}

impl Relay {
    async fn carry(&mut self, dovecot: &Dovecot) {
        for mail in dovecot.sink.mails().iter().skip(self.carried) {
            self.carried += 1;
            if mail.to.iter().all(|to| to.ends_with("@bot.example")) {
                dovecot.save("Sent", &mail.bytes);
                // As a provider does with results that others wrote under its name (RFC 8601).
                let text = String::from_utf8(mail.bytes.clone()).unwrap();
                let forged = |line: &&str| !line.starts_with("Authentication-Results:");
                let kept: String = text.split_inclusive('\n').filter(forged).collect();
                dovecot.deliver(kept.as_bytes()).await;
            }
        }
    }
}

/// A shell command in a terminal of 80 columns; what appears on it is heard as it comes.
struct Typed {
    child: Child,
    heard: std::sync::mpsc::Receiver<Vec<u8>>,
    screen: String,
}

impl Typed {
    fn begin(folder: &Path, command: &str) -> Typed {
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--flush",
                "--return",
                "--command",
                command,
                "/dev/null",
            ])
            .current_dir(folder)
            .env("PATH", path())
            .env("HOME", folder)
            .env("SHELL", "/bin/sh")
            .env("COLUMNS", "80")
            .env("NO_COLOR", "1")
            .env("TERM", "dumb")
            .env("TZ", "Europe/Berlin")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("RUST_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (say, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count) = stdout.read(&mut chunk) {
                if count == 0 || say.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Typed {
            child,
            heard,
            screen: String::new(),
        }
    }

    fn listen(&mut self) {
        while let Ok(bytes) = self.heard.try_recv() {
            self.screen += &String::from_utf8_lossy(&bytes).replace('\r', "");
        }
    }

    /// Waits for these words, newly on the screen.
    async fn shows(&mut self, words: &str, from: usize, dovecot: &Dovecot, relay: &mut Relay) {
        let start = Instant::now();
        loop {
            self.listen();
            if self
                .screen
                .get(from..)
                .is_some_and(|text| text.contains(words))
            {
                return;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "no {words:?} in\n{}",
                self.screen
            );
            relay.carry(dovecot).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    fn answers(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Waits for the end; the screen, if the command succeeded.
    async fn ends(mut self, dovecot: &Dovecot, relay: &mut Relay) -> String {
        let start = Instant::now();
        let status = loop {
            self.listen();
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "no end of\n{}", self.screen);
            relay.carry(dovecot).await;
            tokio::time::sleep(Duration::from_millis(30)).await;
        };
        while let Ok(bytes) = self.heard.recv_timeout(Duration::from_secs(2)) {
            self.screen += &String::from_utf8_lossy(&bytes).replace('\r', "");
        }
        assert!(status.success(), "{}", self.screen);
        std::mem::take(&mut self.screen)
    }
}

impl Drop for Typed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program as a user has it: found by its name.
fn path() -> std::ffi::OsString {
    let program = Path::new(env!("CARGO_BIN_EXE_askfirst"))
        .parent()
        .unwrap()
        .to_owned();
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&rest))).unwrap()
}

/// The document as it grows.
struct Paper {
    text: String,
    filters: Vec<(Regex, &'static str)>,
}

impl Paper {
    fn new(dovecot: &Dovecot) -> Paper {
        let filter = |pattern: &str, put| (Regex::new(pattern).unwrap(), put);
        Paper {
            text: String::new(),
            filters: vec![
                filter(&format!(r"\b{}\b", dovecot.ports.imaps), "993"),
                filter(&format!(r"\b{}\b", dovecot.ports.submissions), "465"),
                filter(r"check[0-9a-f]{12}", "check0f1e2d3c4b5a"),
                filter(r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-12-01 10:00"),
                filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-12-01T09:00:00Z"),
                filter(r"\b(?:\d+ seconds?|1 minute|[234] minutes)\b", "3 seconds"),
                filter(r"back after [0-9.]+ m?s", "back after 0.3 s"),
                filter(r"<[a-z0-9.-]{20,}@bot\.example>", "<ask.7k…@bot.example>"),
            ],
        }
    }

    fn says(&mut self, words: &str) {
        self.text += words.trim_start_matches('\n');
        self.text += "\n";
    }

    /// A command and what it printed.
    fn shows(&mut self, command: &str, screen: &str) {
        let mut screen = screen.trim_end().to_owned();
        for (pattern, put) in &self.filters {
            screen = pattern.replace_all(&screen, *put).into_owned();
        }
        let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
        let command = self
            .filters
            .iter()
            .take(2)
            .fold(command.to_owned(), |text, (pattern, put)| {
                pattern.replace_all(&text, *put).into_owned()
            });
        self.text += &format!("```console\n$ {command}\n{}\n```\n\n", lines.join("\n"));
    }
}

fn writer(who: (&'static str, &'static str), serial: u64) -> Writer<'static> {
    Writer {
        dress: Dress::Gmail,
        name: who.0,
        address: who.1,
        serial,
        now_secs: 1_795_514_400,
    }
}

fn proven(domain: &str, mail: &[u8]) -> Vec<u8> {
    let stamp =
        format!("Authentication-Results: mx.bot.example; dmarc=pass header.from={domain}\r\n");
    [stamp.as_bytes(), mail].concat()
}

/// As if every terminal were endlessly wide, and without times: where lines break and whether a time
/// is repeated depends on what was filtered.
fn in_one_line(text: &str) -> String {
    text.replace("2026-12-01 10:00", "")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[tokio::test]
async fn what_the_document_shows_is_what_a_newcomer_sees() {
    let dovecot = Dovecot::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(dovecot.certs.ca_file(), folder.path().join("ca.pem")).unwrap();
    std::fs::write(
        folder.path().join("contacts.vcf"),
        "BEGIN:VCARD\nVERSION:3.0\nFN:Carol Danvers\nEMAIL:carol@target.example\nEND:VCARD\n",
    )
    .unwrap();
    let mut relay = Relay { carried: 0 };
    let mut paper = Paper::new(&dovecot);
    paper.says(
        "# From a clean machine to a working bot\n\n\
         This was typed, and a test types it again and compares (`tests/suite/transcript.rs`). The mail\n\
         server is a Dovecot on the same machine, so its name is `localhost` and its certificate is from an\n\
         authority of its own (`ca.pem`). Ports, times and random codes are replaced.\n\n\
         Bob, who introduces people, has exported his contacts as `contacts.vcf`; Carol is in it. The\n\
         mailbox `agent@bot.example` belongs to the bot alone.\n\n\
         The program was installed from its sources with `cargo install --path .`, which takes Rust from\n\
         rustup, a C compiler and some minutes.\n\n\
         ## A configuration\n\n\
         Where `askfirst init` knows the provider, or finds the servers in the DNS, it does not ask for them.\n",
    );
    init(&dovecot, folder.path(), &mut relay, &mut paper).await;
    paper.says("The password is outside the configuration, and for one's own eyes:\n");
    run(
        &dovecot,
        folder.path(),
        &mut relay,
        &mut paper,
        "stat -c '%A %n' askfirst.*",
    )
    .await;
    paper.says("## Does it work?\n");
    run(
        &dovecot,
        folder.path(),
        &mut relay,
        &mut paper,
        "askfirst check",
    )
    .await;
    round_trip(&dovecot, folder.path(), &mut relay, &mut paper).await;
    paper.says("The offered line takes the place of `subaddressing = \"auto\"`:\n");
    let edit = "sed -i 's/^subaddressing = .*/subaddressing = \"+\"/' askfirst.toml && grep ^sub askfirst.toml";
    run(&dovecot, folder.path(), &mut relay, &mut paper, edit).await;
    first_introduction(&dovecot, folder.path(), &mut relay, &mut paper).await;

    if std::env::var_os("UPDATE_TRANSCRIPT").is_some() {
        std::fs::write(DOCUMENT, paper.text.trim_end().to_owned() + "\n").unwrap();
    }
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    assert_eq!(
        in_one_line(&document),
        in_one_line(&paper.text),
        "docs/transcript.md is not what the commands print; the head of this file says how to write it anew"
    );
}

async fn init(dovecot: &Dovecot, folder: &Path, relay: &mut Relay, paper: &mut Paper) {
    let command = "askfirst init --no-lookup --ca-file ca.pem --authserv-id mx.bot.example";
    let mut typed = Typed::begin(folder, command);
    let imap = format!("localhost:{}", dovecot.ports.imaps);
    let smtp = format!("localhost:{}", dovecot.ports.submissions);
    for (question, answer) in [
        ("The bot's address: ", ADDRESS),
        ("IMAP server: ", &imap),
        ("SMTP server: ", &smtp),
        ("log in with [agent@bot.example]: ", "agent"),
        ("Which [1]: ", ""),
        ("Password (it is not shown): ", PASSWORD),
        ("[Introductions]: ", "Example Introductions"),
        ("Name: ", BOB.0),
        ("separated by commas: ", BOB.1),
        ("(nothing for none): ", "contacts.vcf"),
        ("[Europe/Berlin]: ", ""),
        ("[Y/n]: ", "y"),
    ] {
        let from = typed.screen.len();
        typed.shows(question, from, dovecot, relay).await;
        typed.answers(answer);
        // The terminal's echo of the answer comes before whatever the program says next.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let screen = typed.ends(dovecot, relay).await;
    assert!(!screen.contains(PASSWORD), "{screen}");
    paper.shows(command, &screen);
}

async fn run(
    dovecot: &Dovecot,
    folder: &Path,
    relay: &mut Relay,
    paper: &mut Paper,
    command: &str,
) {
    let screen = Typed::begin(folder, command).ends(dovecot, relay).await;
    paper.shows(command, &screen);
}

async fn round_trip(dovecot: &Dovecot, folder: &Path, relay: &mut Relay, paper: &mut Paper) {
    paper.says(
        "The round trip sends three mails to the bot itself, and then waits for one of Carol's, which she\n\
         sends from her own provider to the address that is shown:\n",
    );
    let command = "askfirst check --roundtrip";
    let mut typed = Typed::begin(folder, command);
    typed.shows("goes on without it.", 0, dovecot, relay).await;
    let screen = typed.screen.clone();
    let to = screen
        .split_whitespace()
        .find(|word| word.starts_with("agent+check"))
        .unwrap();
    let mail = writer(CAROL, 1).mail(to, "", "hello", "hello");
    dovecot.deliver(&proven("target.example", &mail)).await;
    let screen = typed.ends(dovecot, relay).await;
    paper.shows(command, &screen);
}

async fn first_introduction(
    dovecot: &Dovecot,
    folder: &Path,
    relay: &mut Relay,
    paper: &mut Paper,
) {
    paper.says("## The first introduction\n\nA service manager would run it; here it runs in the background.\n");
    let log = folder.join("askfirst.log");
    let daemon = std::fs::File::create(&log).unwrap();
    let mut daemon = Daemon(
        Command::new(env!("CARGO_BIN_EXE_askfirst"))
            .arg("run")
            .current_dir(folder)
            .env("HOME", folder)
            .env("NO_COLOR", "1")
            .env_remove("RUST_LOG")
            .stdout(Stdio::null())
            .stderr(daemon)
            .spawn()
            .unwrap(),
    );
    waits(&log, "watching the mailbox").await;
    paper.text += "```console\n$ askfirst run 2> askfirst.log &\n```\n\n";
    paper.says("Bob forwards a mail of Alice's to the bot, with the note \"Please ask Carol\". A moment later:\n");
    let request = writer(ALICE, 2).mail(
        "Bob Kim <bob@kim.example>",
        "",
        "A word with Carol?",
        "Hi Bob,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice",
    );
    let request = askfirst::reader::open(&request);
    let forward = writer(BOB, 3).forward(&request, ADDRESS, "Please ask Carol");
    let before = dovecot.sink.mails().len();
    dovecot.deliver(&proven("kim.example", &forward)).await;
    let mails = dovecot.sink.waits_for(before + 2).await;
    waits_for_delivery(&log, 2).await;
    relay.carried = mails.len();
    run(dovecot, folder, relay, paper, "askfirst list").await;
    paper.says("Carol answers \"Yes, happy to.\", and all three get one mail:\n");
    let ask = mails.iter().find(|mail| mail.to == [CAROL.1]).unwrap();
    let ask = askfirst::reader::open(&ask.bytes);
    let yes = writer(CAROL, 4).reply(&ask, "Yes, happy to.");
    dovecot.deliver(&proven("target.example", &yes)).await;
    let mails = dovecot.sink.waits_for(before + 3).await;
    waits_for_delivery(&log, 3).await;
    relay.carried = mails.len();
    assert_eq!(mails.last().unwrap().to, [ALICE.1, CAROL.1, BOB.1]);
    for command in [
        "askfirst list --all",
        "askfirst show 1",
        "askfirst queue",
        "askfirst stats",
    ] {
        run(dovecot, folder, relay, paper, command).await;
    }
    assert!(daemon.0.try_wait().unwrap().is_none());
    paper.says(
        "## From here on\n\n\
         It is to run by itself, also after a restart of the machine: [service.md](service.md) has the unit for\n\
         systemd, which `packaging/check-unit` has systemd read, and says what systemd hears of the bot.\n",
    );
}

/// The daemon of the story; killed when it goes out of scope.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn waits(log: &Path, words: &str) {
    let start = Instant::now();
    while !std::fs::read_to_string(log).unwrap().contains(words) {
        assert!(
            start.elapsed() < PATIENCE,
            "{}",
            std::fs::read_to_string(log).unwrap()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The server's last word has been stored.
async fn waits_for_delivery(log: &Path, count: usize) {
    let start = Instant::now();
    let said = |text: String| text.matches("an attempt at delivery ended").count();
    while said(std::fs::read_to_string(log).unwrap()) < count {
        assert!(
            start.elapsed() < PATIENCE,
            "{}",
            std::fs::read_to_string(log).unwrap()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
