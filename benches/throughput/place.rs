//! Where one round plays: a Dovecot of its own with a filled mailbox, a sink, a folder with the settings.

use crate::harness::dovecot::{ADDRESS, Dovecot, PASSWORD, USER};
use crate::history::UID_VALIDITY;
use crate::process::Process;
use crate::sink::Sink;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONGEST_START: Duration = Duration::from_secs(300);

pub struct Place {
    pub dovecot: Dovecot,
    pub sink: Arc<Sink>,
    pub folder: tempfile::TempDir,
    /// Where askfirst's database lies, when it is one with a past.
    past: Option<PathBuf>,
    /// The next hop: the sink, unless something else stands there.
    pub smtp: u16,
    pub connections: usize,
    /// What runs askfirst in place of nothing: a tracer with its arguments.
    pub wrapper: Vec<String>,
    saved: usize,
}

impl Place {
    pub async fn new(keeps: bool) -> Place {
        Place::with(keeps, None).await
    }

    /// One whose daemon goes on with a database that was there before, in the same mailbox.
    pub async fn over(past: &Path, uid_next: i64) -> Place {
        Place::with(false, Some((past, uid_next))).await
    }

    async fn with(keeps: bool, past: Option<(&Path, i64)>) -> Place {
        let sink = Sink::start(keeps);
        let place = Place {
            dovecot: Dovecot::start().await,
            smtp: sink.port,
            sink,
            folder: tempfile::tempdir().unwrap(),
            past: past.map(|(path, _)| path.to_owned()),
            connections: 4,
            wrapper: Vec::new(),
            saved: 0,
        };
        place.make_maildir();
        if let Some((_, uid_next)) = past {
            place.number_from(uid_next);
        }
        place.configure(place.dovecot.ports.imap);
        place
    }

    fn make_maildir(&self) {
        let parts = ["", "cur", "new", "tmp"].map(|part| self.dovecot.maildir().join(part));
        for part in parts {
            std::fs::create_dir_all(&part).unwrap();
            self.give(&part);
        }
    }

    /// Makes it the account's own.
    fn give(&self, path: &Path) {
        let owner = std::fs::metadata(self.dovecot.maildir().parent().unwrap()).unwrap();
        chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
    }

    /// The folder's numbers go on where the past ends: Dovecot keeps them in this file.
    fn number_from(&self, uid_next: i64) {
        let file = self.dovecot.maildir().join("dovecot-uidlist");
        let head = format!("3 V{UID_VALIDITY} N{uid_next} G{}\n", "a1".repeat(16));
        std::fs::write(&file, head).unwrap();
        self.give(&file);
    }

    /// Puts mails into the mailbox, in order, without a delivery agent.
    pub fn fill(&mut self, mails: impl Iterator<Item = Vec<u8>>) {
        for mail in mails {
            let name = format!("{:010}.{:08}.bench", 1_793_000_000, self.saved);
            let file = self.dovecot.maildir().join("new").join(name);
            std::fs::write(&file, mail).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
            self.saved += 1;
        }
    }

    pub fn database(&self) -> PathBuf {
        let own = || self.folder.path().join("askfirst.db");
        self.past.clone().unwrap_or_else(own)
    }

    pub fn configure(&self, imap: u16) {
        let text = settings(&self.database(), imap, self.smtp, self.connections);
        std::fs::write(self.folder.path().join("askfirst.toml"), text).unwrap();
    }

    /// The same with another section.
    pub fn configure_with(&self, section: &str) {
        let imap = self.dovecot.ports.imap;
        let text = settings(&self.database(), imap, self.smtp, self.connections);
        let file = self.folder.path().join("askfirst.toml");
        std::fs::write(file, text + "\n" + section).unwrap();
    }

    pub fn askfirst(&self, arguments: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_askfirst");
        let mut command = match self.wrapper.split_first() {
            None => Command::new(program),
            Some((tracer, words)) => {
                let mut command = Command::new(tracer);
                command.args(words).arg(program);
                command
            }
        };
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.folder.path().join("log")).unwrap());
        command
    }

    /// One that says when it watches the mailbox.
    pub fn daemon_that_tells(&self) -> Process {
        let mut command = self.askfirst(&["run", "--from-start"]);
        command.env("RUST_LOG", "warn,askfirst::receive=info");
        Process::spawn(command)
    }

    /// How long it took from then until it did.
    pub fn watching(&self, started: Instant) -> Duration {
        while !self.log().contains("watching the mailbox") {
            assert!(started.elapsed() < LONGEST_START, "{}", self.log());
            std::thread::sleep(Duration::from_millis(1));
        }
        started.elapsed()
    }

    pub fn daemon(&self) -> Process {
        Process::spawn(self.askfirst(&["run", "--from-start"]))
    }

    pub fn floor(&self, copies: usize) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--play-floor").args(self.ports());
        command.arg(self.folder.path().join("floor.db"));
        command.args([USER, PASSWORD]).arg(copies.to_string());
        command.arg(self.connections.to_string());
        Process::spawn(command)
    }

    /// A script of `benches/`, with the arguments that all of them take.
    pub fn script(&self, interpreter: &str, file: &str) -> Process {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches");
        let mut command = Command::new(interpreter);
        command.arg(folder.join(file)).args(self.ports());
        command.arg(self.folder.path().join("script.db"));
        command.args([USER, PASSWORD]);
        Process::spawn(command)
    }

    fn ports(&self) -> [String; 2] {
        [self.dovecot.ports.imap, self.smtp].map(|port| port.to_string())
    }

    /// Rows of the outbox that are not accepted (yet).
    pub fn open_mails(&self) -> i64 {
        let db = rusqlite::Connection::open(self.database()).unwrap();
        db.query_row(
            "SELECT count(*) FROM outbox WHERE state <> 'accepted'",
            [],
            |row| row.get(0),
        )
        .unwrap()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// The settings for a bot that reads here; limits that a backlog would meet are lifted.
pub fn settings(database: &Path, imap: u16, smtp: u16, connections: usize) -> String {
    format!(
        "[bot]\naddress = {ADDRESS:?}\nname = \"Example Introductions\"\nsubaddressing = \"+\"\n\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"none\"\nuser = {USER:?}\npassword = {PASSWORD:?}\njunk = \"\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"none\"\nconnections = {connections}\n\n\
         [store]\npath = {database:?}\n\n\
         [trust]\nauthserv_ids = [\"mx.bot.example\"]\n\n\
         [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n"
    )
}
