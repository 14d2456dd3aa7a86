//! The village: mail servers inside the process, four people, the real daemon, one folder that goes
//! when it ends.
//!
//! Fails with a sentence when a port or a folder can't be had, or when a mail does not come in time.

use crate::clerk::{Clerk, Now, RunError};
use crate::config::Config;
use crate::daemon::{self, Daemon, Options};
use crate::demo::dress::{Dress, Writer};
use crate::demo::faults::Faults;
use crate::demo::imap::serve_imap;
use crate::demo::mailboxes::Mailboxes;
use crate::demo::smtp::{Passed, SmtpSettings, serve_smtp};
use crate::desk::Desk;
use crate::furnish;
use crate::keyring;
use crate::store::Store;
use crate::wire::smtp::{Connection, Timeouts};
use crate::wire::{Login, Secret, Security, Server};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A person of the village; the password is for mail programs that take part.
pub struct Villager {
    pub name: &'static str,
    pub user: &'static str,
    pub address: &'static str,
    pub password: &'static str,
}

pub const ALICE: Villager = Villager {
    name: "Alice Ng",
    user: "alice",
    address: "alice@ng.example",
    password: "alice-demo",
};
pub const BOB: Villager = Villager {
    name: "Bob Kim",
    user: "bob",
    address: "bob@kim.example",
    password: "bob-demo",
};
pub const CAROL: Villager = Villager {
    name: "Carol Danvers",
    user: "carol",
    address: "carol@danvers.example",
    password: "carol-demo",
};
pub const DAN: Villager = Villager {
    name: "Dan Ortiz",
    user: "dan",
    address: "dan@ortiz.example",
    password: "dan-demo",
};
pub const BOT: Villager = Villager {
    name: "Example Introductions",
    user: "intro",
    address: "intro@askfirst.example",
    password: "intro-demo",
};
pub const PEOPLE: [&Villager; 4] = [&ALICE, &BOB, &CAROL, &DAN];

/// The mail server of the village, as it signs its Authentication-Results.
const AUTHSERV_ID: &str = "mx.village.example";
/// A mail on loopback takes milliseconds; after this something is wrong.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Village {
    pub mailboxes: Mailboxes,
    pub imap_port: u16,
    pub smtp_port: u16,
    /// What the two servers do wrong.
    pub imap_faults: Faults,
    pub smtp_faults: Faults,
    pub clerk: Clerk,
    /// Every mail that any server of the village accepted, in order.
    pub passed: mpsc::UnboundedReceiver<Passed>,
    now: Now,
    serial: u64,
    stop_servers: watch::Sender<bool>,
    stop_daemon: watch::Sender<bool>,
    daemon: JoinHandle<Result<(), RunError>>,
    folder: tempfile::TempDir,
}

/// The bot at work: a desk over a fresh database, and the daemon around it.
struct Office {
    clerk: Clerk,
    stop: watch::Sender<bool>,
    daemon: JoinHandle<Result<(), RunError>>,
    folder: tempfile::TempDir,
}

impl Village {
    /// Opens the ports, starts servers and daemon.
    pub async fn start(now: Now) -> Result<Village, String> {
        Village::start_with(now, Faults::none()).await
    }

    /// The same with faults of the SMTP server that may strike at the daemon's first login.
    pub async fn start_with(now: Now, smtp_faults: Faults) -> Result<Village, String> {
        let (stop_servers, closed) = watch::channel(false);
        let clock = now.clone();
        let mailboxes = Mailboxes::with_clock(move || clock());
        open_accounts(&mailboxes);
        let (imap, imap_port) = listen().await?;
        let (smtp, smtp_port) = listen().await?;
        let (observer, passed) = mpsc::unbounded_channel();
        let settings = SmtpSettings {
            observer: Some(observer),
            ..SmtpSettings::new(AUTHSERV_ID)
        };
        let servers = (mailboxes.clone(), closed.clone());
        let imap_faults = Faults::none();
        tokio::spawn(serve_imap(imap, servers.0, imap_faults.clone(), servers.1));
        let servers = (mailboxes.clone(), closed.clone());
        tokio::spawn(serve_smtp(
            smtp,
            servers.0,
            settings,
            smtp_faults.clone(),
            servers.1,
        ));
        let office = open_office(&now, imap_port, smtp_port).await?;
        Ok(Village {
            mailboxes,
            imap_port,
            smtp_port,
            imap_faults,
            smtp_faults,
            clerk: office.clerk,
            passed,
            now,
            serial: 0,
            stop_servers,
            stop_daemon: office.stop,
            daemon: office.daemon,
            folder: office.folder,
        })
    }

    /// Empties every mailbox and begins with a new database; ports and passwords stay.
    pub async fn start_over(&mut self) -> Result<(), String> {
        let _ = self.stop_daemon.send(true);
        let _ = tokio::time::timeout(PATIENCE, &mut self.daemon).await;
        open_accounts(&self.mailboxes);
        let office = open_office(&self.now, self.imap_port, self.smtp_port).await?;
        self.clerk = office.clerk;
        self.stop_daemon = office.stop;
        self.daemon = office.daemon;
        self.folder = office.folder;
        Ok(())
    }

    /// A pen for one mail of this person.
    pub fn writer(&mut self, villager: &Villager) -> Writer<'static> {
        self.serial += 1;
        let known = PEOPLE
            .into_iter()
            .find(|known| known.user == villager.user)
            .unwrap_or(&ALICE);
        Writer {
            name: known.name,
            address: known.address,
            serial: self.serial,
            now_secs: (self.now)(),
            dress: Dress::default(),
        }
    }

    /// Hands a mail to the village's server as this person's program does: by SMTP, logged in.
    pub async fn send(&self, from: &Villager, to: &[String], mail: &[u8]) -> Result<(), String> {
        let login = Login::Password {
            user: from.user.to_owned(),
            password: Secret::new(from.password),
        };
        self.submit(Some(login), from.address, to, mail).await
    }

    /// Hands in a mail without a login, as a stranger's server on the Internet does: whoever its From
    /// field names, the village's server can't vouch for it.
    pub async fn send_unproven(
        &self,
        envelope_from: &str,
        to: &[String],
        mail: &[u8],
    ) -> Result<(), String> {
        self.submit(None, envelope_from, to, mail).await
    }

    async fn submit(
        &self,
        login: Option<Login>,
        from: &str,
        to: &[String],
        mail: &[u8],
    ) -> Result<(), String> {
        let server = Server {
            host: "127.0.0.1".to_owned(),
            port: self.smtp_port,
            security: Security::None,
            login,
            ca_file: None,
        };
        let mut connection = Connection::connect(&server, "village.example", &Timeouts::default())
            .await
            .map_err(|(_, error)| error.to_string())?;
        let attempt = connection.send(Some(from), to, mail).await;
        connection.quit().await;
        let refusals = attempt.recipients.iter().map(|(_, reply)| reply);
        let refusal = attempt.reply.iter().chain(refusals).find(|r| r.code >= 400);
        match (attempt.is_accepted(), refusal) {
            (true, _) => Ok(()),
            (false, Some(reply)) => Err(format!(
                "the village's mail server refused it: {} {}",
                reply.code, reply.text
            )),
            (false, None) => Err("the village's mail server did not take it".to_owned()),
        }
    }

    /// The next mail that passes.
    pub async fn next(&mut self) -> Result<Passed, String> {
        tokio::select! {
            passed = tokio::time::timeout(PATIENCE, self.passed.recv()) => match passed {
                Ok(Some(passed)) => Ok(passed),
                Ok(None) => Err("the mail server has ended".to_owned()),
                Err(_) => Err(format!("no mail came within {} s", PATIENCE.as_secs())),
            },
            ended = &mut self.daemon => Err(match ended {
                Ok(Err(error)) => error.to_string(),
                _ => "the daemon has ended".to_owned(),
            }),
        }
    }

    /// Whether the daemon has ended by itself.
    pub fn has_ended(&self) -> bool {
        self.daemon.is_finished()
    }

    /// Waits until the daemon ends by itself: only a fault makes it.
    pub async fn ended(&mut self) -> String {
        match (&mut self.daemon).await {
            Ok(Err(error)) => error.to_string(),
            _ => "the daemon has ended".to_owned(),
        }
    }

    /// Stops the daemon, then the servers; the folder goes with the value.
    pub async fn end(mut self) {
        let _ = self.stop_daemon.send(true);
        let _ = tokio::time::timeout(PATIENCE, &mut self.daemon).await;
        let _ = self.stop_servers.send(true);
    }
}

fn open_accounts(mailboxes: &Mailboxes) {
    for villager in PEOPLE.into_iter().chain([&BOT]) {
        mailboxes.add_account(villager.user, villager.address, villager.password);
    }
}

async fn open_office(now: &Now, imap_port: u16, smtp_port: u16) -> Result<Office, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let config = configuration(folder.path(), imap_port, smtp_port)?;
    let words = |error: &dyn std::fmt::Display| error.to_string();
    let store = Store::open(&config.store.path).map_err(|e| words(&e))?;
    let house = furnish::house(&config).map_err(|e| words(&e))?;
    let desk = Desk::open(store, house, daemon::system_dice()).map_err(|e| words(&e))?;
    let clerk = Clerk::hire(desk);
    let (stop, stopped) = watch::channel(false);
    let work = {
        let (clerk, now) = (clerk.clone(), now.clone());
        async move {
            let (imap, smtp) = keyring::doors(&config)?;
            let daemon = Daemon {
                config: &config,
                options: Options {
                    from_start: true,
                    ..Options::default()
                },
                clerk,
                imap,
                smtp,
                now,
                stop: stopped,
                lock: None,
                offers: None,
                steady: None,
            };
            daemon.work().await
        }
    };
    Ok(Office {
        clerk,
        stop,
        daemon: tokio::spawn(work),
        folder,
    })
}

async fn listen() -> Result<(TcpListener, u16), String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| format!("no port on loopback: {error}"))?;
    let port = listener
        .local_addr()
        .map_err(|error| format!("no port on loopback: {error}"))?
        .port();
    Ok((listener, port))
}

fn configuration(folder: &std::path::Path, imap: u16, smtp: u16) -> Result<Config, String> {
    let contacts = format!(
        "Name,E-mail Address\n{},{}\n{},{}\n",
        CAROL.name, CAROL.address, DAN.name, DAN.address
    );
    std::fs::write(folder.join("contacts.csv"), contacts).map_err(|error| error.to_string())?;
    let (bot, bob) = (&BOT, &BOB);
    let text = format!(
        r#"[bot]
address = "{}"
name = "{}"
subaddressing = "+"

[imap]
host = "127.0.0.1"
port = {imap}
security = "none"
user = "{}"
password = "{}"

[smtp]
host = "127.0.0.1"
port = {smtp}
security = "none"
user = "{}"
password = "{}"

[store]
path = "askfirst.db"

[trust]
authserv_ids = ["{AUTHSERV_ID}"]

[[connector]]
name = "{}"
addresses = ["{}"]
contacts = "contacts.csv"
"#,
        bot.address,
        bot.name,
        bot.user,
        bot.password,
        bot.user,
        bot.password,
        bob.name,
        bob.address
    );
    Config::parse(&text, &folder.join("askfirst.toml")).map_err(|error| error.to_string())
}
