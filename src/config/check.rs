//! From keys and types to settings: defaults, values that must fit, and what must fit together.
//!
//! Fails at the first thing that is wrong, with its line and key.

use super::raw::{RawBot, RawConfig, RawConnector, RawStore, RawTrust};
use super::value::duration_secs;
use super::{Bot, Config, Connector, Direct, Require, Store, Subaddressing, Trust};
use super::{ConfigError, line};
use crate::reader::address::Address;
use crate::writer::words::{BUILT_IN, ENGLISH};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Defaults of the keys that have one, as CONTRACT and `config.example.toml` show them.
const DEFAULT_STORE: &str = "askfirst.db";
const DEFAULT_KEEP_BODIES: &str = "30d";
/// A name in a header field; the reader cuts names there too.
const MAX_NAME_CHARS: usize = 200;

/// The text that is checked: what is needed to say where something is wrong.
pub(super) struct At<'a> {
    pub text: &'a str,
    pub path: &'a Path,
}

pub(super) type Checked<T> = Result<T, ConfigError>;

impl At<'_> {
    pub fn wrong<T>(
        &self,
        span: Option<Range<usize>>,
        key: &str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Checked<T> {
        Err(ConfigError {
            path: self.path.to_owned(),
            line: span.map(|span| line(self.text, &span)),
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        })
    }

    /// A key that must be there; `table` is where it is missing.
    pub fn required<T>(
        &self,
        value: Option<T>,
        table: Range<usize>,
        key: &str,
        example: &str,
    ) -> Checked<T> {
        match value {
            Some(value) => Ok(value),
            None => {
                let name = key.rsplit('.').next().unwrap_or(key);
                let remedy = format!("Add a line such as: {name} = {example}");
                self.wrong(Some(table), key, "is missing", remedy)
            }
        }
    }

    /// A line of text for people: no control characters, not empty, not endless.
    pub fn line_of_text(&self, value: &Spanned<String>, key: &str) -> Checked<String> {
        let text = value.get_ref().trim();
        if text.is_empty()
            || text.chars().count() > MAX_NAME_CHARS
            || text.contains(char::is_control)
        {
            let remedy = format!("Write one line of 1 to {MAX_NAME_CHARS} characters.");
            return self.wrong(
                Some(value.span()),
                key,
                "is empty, too long or not one line",
                remedy,
            );
        }
        Ok(text.to_owned())
    }

    /// One of a few words.
    pub fn choice<T: Copy>(
        &self,
        value: &Option<Spanned<String>>,
        key: &str,
        choices: &[(&str, T)],
        default: T,
    ) -> Checked<T> {
        let Some(value) = value else {
            return Ok(default);
        };
        if let Some((_, found)) = choices.iter().find(|(word, _)| word == value.get_ref()) {
            return Ok(*found);
        }
        let words: Vec<String> = choices
            .iter()
            .map(|(word, _)| format!("{word:?}"))
            .collect();
        let problem = format!("{:?} is not known here", value.get_ref());
        let remedy = format!("Write one of {}.", words.join(", "));
        self.wrong(Some(value.span()), key, problem, remedy)
    }

    pub fn address(&self, value: &Spanned<String>, key: &str) -> Checked<Address> {
        Address::parse(value.get_ref()).or_else(|error| {
            let remedy = "Write a plain address such as \"bob@example.com\", without a name.";
            let problem = format!("{:?}: {error}", value.get_ref());
            self.wrong(Some(value.span()), key, problem, remedy)
        })
    }

    /// A path, joined to the folder of the configuration.
    pub fn file(&self, value: &Spanned<String>, key: &str) -> Checked<PathBuf> {
        if value.get_ref().trim().is_empty() {
            let remedy = "Write a path, absolute or relative to this file.";
            return self.wrong(Some(value.span()), key, "is empty", remedy);
        }
        Ok(self.join(value.get_ref()))
    }

    /// A language there are words for: ours, or a folder of the operator's.
    fn language(
        &self,
        value: &Spanned<String>,
        key: &str,
        words: Option<&Path>,
    ) -> Checked<String> {
        let tag = value
            .get_ref()
            .trim()
            .to_ascii_lowercase()
            .replace('_', "-");
        let primary = tag.split('-').next().unwrap_or_default().to_owned();
        let ours = || BUILT_IN.iter().map(|(code, _)| *code);
        let plain = |tag: &str| tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        for code in [&tag, &primary] {
            let theirs = words.is_some_and(|folder| folder.join(code).is_dir());
            if !code.is_empty() && plain(code) && (theirs || ours().any(|ours| ours == code)) {
                return Ok(code.clone());
            }
        }
        let problem = format!("there are no words in {:?}", value.get_ref());
        let remedy = format!(
            "Write one of {}, or add a folder of that name to bot.words (docs/voices.md).",
            ours()
                .map(|code| format!("{code:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        );
        self.wrong(Some(value.span()), key, problem, remedy)
    }

    pub fn join(&self, path: &str) -> PathBuf {
        match self.path.parent() {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }

    /// A number from 1 to `most`; none where the key is left out.
    pub fn number(
        &self,
        value: &Option<Spanned<i64>>,
        key: &str,
        most: u32,
    ) -> Checked<Option<u32>> {
        let Some(value) = value else {
            return Ok(None);
        };
        match u32::try_from(*value.get_ref()) {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => {
                let problem = format!("{} does not work", value.get_ref());
                let remedy = format!("Write a number from 1 to {most}.");
                self.wrong(Some(value.span()), key, problem, remedy)
            }
        }
    }

    pub fn duration(
        &self,
        value: &Option<Spanned<String>>,
        key: &str,
        default: &str,
    ) -> Checked<i64> {
        let text = value.as_ref().map_or(default, |value| value.get_ref());
        match duration_secs(text) {
            Some(secs) => Ok(secs),
            None => self.wrong(
                value.as_ref().map(Spanned::span),
                key,
                format!("{text:?} is not a duration of at most ten years"),
                "Write a whole number with a unit: \"90s\", \"5m\", \"4h\", \"5d\" or \"2w\".",
            ),
        }
    }
}

/// Checks the whole file.
pub(super) fn config(raw: RawConfig, text: &str, path: &Path) -> Checked<Config> {
    let at = At { text, path };
    let Some(raw_bot) = raw.bot else {
        return at.wrong(
            None,
            "bot",
            "the section is missing",
            "Add [bot] with address and name.",
        );
    };
    let (Some(imap), Some(smtp)) = (&raw.imap, &raw.smtp) else {
        let key = if raw.imap.is_none() { "imap" } else { "smtp" };
        let remedy = format!("Add [{key}] with host, user and password.");
        return at.wrong(None, key, "the section is missing", remedy);
    };
    let bot = bot(&at, raw_bot)?;
    let imap = super::server::imap(&at, imap)?;
    let smtp = super::server::smtp(&at, smtp)?;
    let store = store(&at, &raw.store.unwrap_or_default())?;
    let trust = trust(&at, &raw.trust.unwrap_or_default())?;
    let pace = super::pace::pace(&at, &raw.pace.unwrap_or_default())?;
    let service = super::service::service(&at, &raw.service.unwrap_or_default(), &bot)?;
    if raw.connector.is_empty() {
        let remedy = "Add [[connector]] with the name and addresses of the person who introduces.";
        return at.wrong(None, "connector", "there is none", remedy);
    }
    let mut connectors: Vec<Connector> = Vec::new();
    for raw in &raw.connector {
        let one = connector(&at, raw, &bot, &connectors)?;
        connectors.push(one);
    }
    Ok(Config {
        path: path.to_owned(),
        bot,
        imap,
        smtp,
        store,
        trust,
        pace,
        service,
        connectors,
    })
}

fn bot(at: &At<'_>, raw: Spanned<RawBot>) -> Checked<Bot> {
    let table = raw.span();
    let raw = raw.into_inner();
    let address = at.required(
        raw.address,
        table.clone(),
        "bot.address",
        "\"intro@example.org\"",
    )?;
    let name = at.required(raw.name, table, "bot.name", "\"Example Introductions\"")?;
    let separators = [
        ("auto", Subaddressing::Auto),
        ("+", Subaddressing::With('+')),
        ("-", Subaddressing::With('-')),
        ("", Subaddressing::None),
    ];
    let time_zone = match &raw.time_zone {
        None => jiff::tz::TimeZone::UTC,
        Some(value) => match jiff::tz::TimeZone::get(value.get_ref()) {
            Ok(zone) => zone,
            Err(_) => {
                let problem = format!(
                    "{:?} is not a time zone known on this machine",
                    value.get_ref()
                );
                let remedy = "Write a name such as \"Europe/Berlin\" or \"UTC\"; \
                              if it is right, install the package tzdata.";
                return at.wrong(Some(value.span()), "bot.time_zone", problem, remedy);
            }
        },
    };
    let words = raw.words.as_ref();
    let words = words.map(|v| at.file(v, "bot.words")).transpose()?;
    let language = match &raw.language {
        Some(value) => at.language(value, "bot.language", words.as_deref())?,
        None => ENGLISH.to_owned(),
    };
    Ok(Bot {
        address: at.address(&address, "bot.address")?,
        name: at.line_of_text(&name, "bot.name")?,
        subaddressing: at.choice(
            &raw.subaddressing,
            "bot.subaddressing",
            &separators,
            Subaddressing::Auto,
        )?,
        time_zone,
        words,
        language,
    })
}

fn store(at: &At<'_>, raw: &RawStore) -> Checked<Store> {
    Ok(Store {
        path: match &raw.path {
            Some(value) => at.file(value, "store.path")?,
            None => at.join(DEFAULT_STORE),
        },
        keep_bodies_secs: at.duration(
            &raw.keep_bodies,
            "store.keep_bodies",
            DEFAULT_KEEP_BODIES,
        )?,
    })
}

fn trust(at: &At<'_>, raw: &RawTrust) -> Checked<Trust> {
    let key = "trust.authserv_ids";
    let mut authserv_ids = Vec::new();
    for value in raw.authserv_ids.iter().flat_map(|ids| ids.get_ref()) {
        let id = value.get_ref().to_ascii_lowercase();
        let fits = |c: char| c.is_alphanumeric() || "-._:/@".contains(c);
        if id.is_empty() || !id.chars().all(fits) {
            let problem = format!("{:?} is not an authserv-id", value.get_ref());
            let remedy = "Copy the first word after \"Authentication-Results:\" in a mail that you \
                          received, such as \"mx.example.org\".";
            return at.wrong(Some(value.span()), key, problem, remedy);
        }
        authserv_ids.push(id);
    }
    let choices = [
        ("possession", Require::Possession),
        ("authenticated", Require::Authenticated),
    ];
    Ok(Trust {
        authserv_ids,
        require: at.choice(&raw.require, "trust.require", &choices, Require::Possession)?,
    })
}

fn connector(
    at: &At<'_>,
    raw: &Spanned<RawConnector>,
    bot: &Bot,
    before: &[Connector],
) -> Checked<Connector> {
    let (table, raw) = (raw.span(), raw.get_ref());
    let name = at.required(
        raw.name.as_ref(),
        table.clone(),
        "connector.name",
        "\"Bob Kim\"",
    )?;
    let key = "connector.addresses";
    let list = at.required(raw.addresses.as_ref(), table, key, "[\"bob@example.com\"]")?;
    let mut addresses: Vec<Address> = Vec::new();
    for value in list.get_ref() {
        let address = at.address(value, key)?;
        let separator = match bot.subaddressing {
            Subaddressing::With(separator) => separator,
            Subaddressing::Auto | Subaddressing::None => '+',
        };
        if address.is_or_extends(&bot.address, separator) {
            let problem = format!("{address} is the bot's own address");
            let remedy = "Give the bot a mailbox of its own; a person needs another address.";
            return at.wrong(Some(value.span()), key, problem, remedy);
        }
        let earlier = before.iter().flat_map(|c| &c.addresses).chain(&addresses);
        if earlier.into_iter().any(|other| *other == address) {
            let problem = format!("{address} is there twice");
            let remedy = "An address belongs to one connector, once.";
            return at.wrong(Some(value.span()), key, problem, remedy);
        }
        addresses.push(address);
    }
    if addresses.is_empty() {
        let remedy = "Name at least one address; the first is where notices go.";
        return at.wrong(Some(list.span()), key, "is empty", remedy);
    }
    let choices = [
        ("contacts", Direct::Contacts),
        ("ask", Direct::Ask),
        ("any", Direct::Any),
        ("off", Direct::Off),
    ];
    let contacts = raw.contacts.as_ref();
    let language = raw.language.as_ref();
    Ok(Connector {
        name: at.line_of_text(name, "connector.name")?,
        addresses,
        contacts: contacts
            .map(|v| at.file(v, "connector.contacts"))
            .transpose()?,
        direct_requests: at.choice(
            &raw.direct_requests,
            "connector.direct_requests",
            &choices,
            Direct::Contacts,
        )?,
        language: language
            .map(|v| at.language(v, "connector.language", bot.words.as_deref()))
            .transpose()?,
    })
}
