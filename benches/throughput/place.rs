//! Where one round plays: a Dovecot of its own with a filled mailbox, a sink, a folder with the settings.

use crate::harness::dovecot::{ADDRESS, Dovecot, PASSWORD, USER};
use crate::process::Process;
use crate::sink::Sink;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

pub struct Place {
    pub dovecot: Dovecot,
    pub sink: Arc<Sink>,
    pub folder: tempfile::TempDir,
    saved: usize,
}

impl Place {
    pub async fn new(keeps: bool) -> Place {
        let place = Place {
            dovecot: Dovecot::start().await,
            sink: Sink::start(keeps),
            folder: tempfile::tempdir().unwrap(),
            saved: 0,
        };
        place.make_maildir();
        place.configure(place.dovecot.ports.imap);
        place
    }

    fn make_maildir(&self) {
        let maildir = self.dovecot.maildir();
        let owner = std::fs::metadata(maildir.parent().unwrap()).unwrap();
        let parts = ["", "cur", "new", "tmp"].map(|part| maildir.join(part));
        for part in parts {
            std::fs::create_dir_all(&part).unwrap();
            chown(&part, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
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
        self.folder.path().join("askfirst.db")
    }

    /// The settings for a bot that reads here; limits that a backlog would meet are lifted.
    pub fn configure(&self, imap: u16) {
        let text = format!(
            "[bot]\naddress = {ADDRESS:?}\nname = \"Example Introductions\"\nsubaddressing = \"+\"\n\n\
             [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"none\"\nuser = {USER:?}\npassword = {PASSWORD:?}\njunk = \"\"\n\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\n\
             [trust]\nauthserv_ids = [\"mx.bot.example\"]\n\n\
             [[connector]]\nname = \"Bob Kim\"\naddresses = [\"bob@kim.example\"]\n",
            self.sink.port
        );
        std::fs::write(self.folder.path().join("askfirst.toml"), text).unwrap();
    }

    pub fn askfirst(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askfirst"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(self.folder.path().join("log")).unwrap());
        command
    }

    pub fn daemon(&self) -> Process {
        Process::spawn(self.askfirst(&["run", "--from-start"]))
    }

    pub fn floor(&self, copies: usize) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let ports = [self.dovecot.ports.imap, self.sink.port].map(|port| port.to_string());
        command.arg("--play-floor").args(ports);
        command.arg(self.folder.path().join("floor.db"));
        command.args([USER, PASSWORD]).arg(copies.to_string());
        Process::spawn(command)
    }

    pub fn script(&self) -> Process {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/script.py");
        let mut command = Command::new("python3");
        let ports = [self.dovecot.ports.imap, self.sink.port].map(|port| port.to_string());
        command.arg(script).args(ports);
        command.arg(self.folder.path().join("script.db"));
        command.args([USER, PASSWORD]);
        Process::spawn(command)
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
