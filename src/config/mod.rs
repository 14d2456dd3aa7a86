//! One file of settings, read and checked once, before anything else happens.
//!
//! Fails with a [`ConfigError`] that names file, line, key and what to do; nothing is half read,
//! and no value is guessed for a key that is there but wrong. `config.example.toml` explains every key.

mod check;
mod find;
mod login;
mod pace;
pub mod password;
mod raw;
mod server;
mod service;
mod value;

use crate::reader::address::Address;
use crate::rules::manners::Never;
use crate::rules::retry::OnUnknown;
use jiff::tz::TimeZone;
use password::Password;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Everything the operator has settled.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file this came from, as it was given.
    pub path: PathBuf,
    pub bot: Bot,
    pub imap: Imap,
    pub smtp: Smtp,
    pub store: Store,
    pub trust: Trust,
    pub pace: Pace,
    pub service: Service,
    /// At least one.
    pub connectors: Vec<Connector>,
}

/// `[bot]`: who the bot is.
#[derive(Clone, Debug)]
pub struct Bot {
    pub address: Address,
    /// "Bob Kim via {name}".
    pub name: String,
    pub subaddressing: Subaddressing,
    /// For reminders and for dates in mails.
    pub time_zone: TimeZone,
    /// A folder of templates that stand in for ours; already joined to the configuration's folder.
    pub words: Option<PathBuf>,
    /// Of the mails where a connector has none of his own: a language there are words for.
    pub language: String,
}

/// Whether `bot+something@` reaches the bot (RFC 5233).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subaddressing {
    /// None until a mail to itself has shown that they arrive; then `+`.
    Auto,
    With(char),
    None,
}

/// `[imap]`: where mail comes from.
#[derive(Clone, Debug)]
pub struct Imap {
    pub server: Server,
    pub mailbox: String,
    /// Read too, where it exists.
    pub junk: Option<String>,
}

/// `[smtp]`: where mail goes.
#[derive(Clone, Debug)]
pub struct Smtp {
    pub server: Server,
    /// What follows when nobody knows whether the server took a mail.
    pub resend_on_unknown: OnUnknown,
    /// Connections at the same time.
    pub connections: usize,
    /// What the server takes in a minute; None: as it comes.
    pub per_minute: Option<u32>,
}

/// A mail server and how to log in to it.
#[derive(Clone, Debug)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// A PEM file with the certificates to believe instead of the system's; absolute or relative to
    /// the working folder (already joined to the configuration's folder).
    pub ca_file: Option<PathBuf>,
    /// [`Login::None`] only for SMTP on loopback without TLS.
    pub login: Login,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// TLS after an upgrade that must succeed.
    StartTls,
    /// No TLS; accepted for loopback hosts only.
    None,
}

#[derive(Clone, Debug)]
pub enum Login {
    None,
    Password {
        user: String,
        password: Password,
    },
    /// An OAuth2 access token that a program prints.
    Helper {
        user: String,
        command: Password,
    },
    /// OAuth2 by `askfirst login`.
    OAuth2 {
        user: String,
        sign_in: SignIn,
    },
}

/// `oauth2 = { provider = … }`: as what this program signs in, and where its tokens are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub provider: Provider,
    pub client_id: String,
    pub client_secret: Option<Password>,
    /// Already joined to the configuration's folder; none: beside the database.
    pub tokens: Option<PathBuf>,
    /// Microsoft's organisation.
    pub tenant: String,
    /// Instead of the provider's own host: https, or http on loopback. Without a slash at its end.
    pub authority: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Google,
    Microsoft,
}

/// `[store]`: the database.
#[derive(Clone, Debug)]
pub struct Store {
    /// Already joined to the configuration's folder.
    pub path: PathBuf,
    /// How long the words of mails are kept after an introduction's end.
    pub keep_bodies_secs: i64,
}

/// `[trust]`: what proves who wrote a mail.
#[derive(Clone, Debug)]
pub struct Trust {
    /// Whose Authentication-Results are believed (RFC 8601 section 2.5); lower case.
    pub authserv_ids: Vec<String>,
    pub require: Require,
}

/// What makes a target's yes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Require {
    /// The ask's secret and From = the asked address, unless proof fails.
    Possession,
    /// The author must be proven as well.
    Authenticated,
}

/// `[pace]`: how often and how long.
#[derive(Clone, PartialEq, Eq)]
pub struct Pace {
    /// Counted from the ask; none: never.
    pub remind_after_secs: Option<i64>,
    /// For the requester counted from the request, for the target from the ask.
    pub close_after_secs: i64,
    /// How long an introduction waits for a second thought.
    pub hold_yes_secs: i64,
    /// In 30 days.
    pub asks_per_target: u32,
    /// Before the same requester is brought again to someone who did not say yes.
    pub quiet_after_secs: i64,
    /// Requests that one person may write to the bot in 30 days.
    pub requests_per_requester: u32,
    /// Such requests that one connector is brought in a day.
    pub requests_per_connector: u32,
    /// Asks in one connector's name in a day; none: no limit.
    pub asks_per_connector: Option<u32>,
    /// People who are never asked.
    pub never: Vec<Never>,
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pace")
            .field("remind_after_secs", &self.remind_after_secs)
            .field("close_after_secs", &self.close_after_secs)
            .field("hold_yes_secs", &self.hold_yes_secs)
            .field("never", &self.never.len())
            .finish_non_exhaustive()
    }
}

/// `[service]`: what a supervisor sees, and who hears when something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Loopback only; none: no page.
    pub listen: Option<std::net::SocketAddr>,
    pub log: Log,
    /// None: the first connector.
    pub operator: Option<Address>,
    /// How long reading or sending may fail before the operator gets a mail.
    pub alarm_after_secs: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// `[[connector]]`: a person who introduces.
#[derive(Clone, Debug)]
pub struct Connector {
    pub name: String,
    /// The first is where notices go; never empty.
    pub addresses: Vec<Address>,
    /// vCard or CSV; already joined to the configuration's folder.
    pub contacts: Option<PathBuf>,
    pub direct_requests: Direct,
    /// Of his mails and of those in his name; none: the bot's.
    pub language: Option<String>,
}

/// What a proven requester may start alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// An ask to one of the connector's contacts; anyone else waits for the connector's yes.
    Contacts,
    /// Always waits for the connector's yes.
    Ask,
    /// Goes out to whoever is named.
    Any,
    /// Answered with a refusal.
    Off,
}

impl Config {
    /// Reads and checks the file at `path`.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            ConfigError::about_file(
                path,
                format!("can't be read: {error}"),
                "Check the path and its permissions, or start from a copy of `config.example.toml`.",
            )
        })?;
        Config::parse(&text, path)
    }

    /// Reads and checks a configuration's text. `path` is named in errors, and relative paths in
    /// the text are joined to its folder; it is not opened.
    pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        check::config(raw::parse(text, path)?, text, path)
    }

    /// The file to use, by the search order of the contract: here, the user’s folder, the system’s.
    pub fn find(explicit: Option<&Path>) -> Result<PathBuf, ConfigError> {
        find::find(explicit)
    }

    /// Seconds of a duration as the configuration writes it, such as `5m`; none: it is none.
    pub fn duration_secs(text: &str) -> Option<i64> {
        value::duration_secs(text)
    }
}

/// Why there is no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the password from {place}: {problem}")]
pub struct PasswordError {
    pub place: String,
    pub problem: String,
}

/// A configuration that can't be used. Prints as `file:line: key: what is wrong. What to do.`
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    pub path: PathBuf,
    /// Counted from 1; none where the file itself, or a whole section, is missing.
    pub line: Option<usize>,
    /// Such as `imap.port`; empty where the whole file is meant.
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

impl ConfigError {
    fn about_file(path: &Path, problem: String, remedy: &str) -> ConfigError {
        ConfigError {
            path: path.to_owned(),
            line: None,
            key: String::new(),
            problem,
            remedy: remedy.to_owned(),
        }
    }
}

/// The number of the line in which octet `span.start` of `text` lies, counted from 1.
fn line(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    1 + before.filter(|octet| **octet == b'\n').count()
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}. {}", self.problem, self.remedy)
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests;
