//! From the configuration and the contacts files to what the desk has to know; and anew when a file
//! changed.
//!
//! Fails with a [`RunError`] at the start; later a file that can't be read is logged, and the people
//! of its last good state stay.

use crate::clerk::{Clerk, RunError};
use crate::config::{self, Config};
use crate::desk::house::{Connector, House};
use crate::rules::clock::Pace;
use crate::rules::manners::Direct;
use crate::writer::words::Words;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;

/// The files are looked at before every batch of mails, and after this while nothing arrives.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// When a file was last written and how long it is; none where it is not there.
type Stamp = Option<(SystemTime, u64)>;

/// The contacts files, and how they looked when they were last read.
pub struct Watch {
    /// None: there is nothing to watch.
    config: Option<Config>,
    seen: Mutex<Vec<Stamp>>,
}

impl Watch {
    pub fn new(config: &Config) -> Watch {
        let watched = config.connectors.iter().any(|c| c.contacts.is_some());
        Watch {
            config: watched.then(|| config.clone()),
            seen: Mutex::new(stamps(config)),
        }
    }

    /// For a desk that was told its people otherwise.
    pub fn nothing() -> Watch {
        Watch {
            config: None,
            seen: Mutex::default(),
        }
    }

    /// Looks now and then until `stop` says so.
    pub async fn run(
        self: std::sync::Arc<Self>,
        clerk: Clerk,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), RunError> {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => self.refresh(&clerk).await?,
                () = crate::clerk::stopped(&mut stop) => return Ok(()),
            }
        }
    }

    /// Brings what changed to the desk.
    pub async fn refresh(&self, clerk: &Clerk) -> Result<(), RunError> {
        let Some(config) = &self.config else {
            return Ok(());
        };
        let now = stamps(config);
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if *seen == now {
                return Ok(());
            }
            *seen = now;
        }
        let config = config.clone();
        match tokio::task::spawn_blocking(move || house(&config)).await {
            Ok(Ok(house)) => {
                let people: usize = house.connectors.iter().map(|c| c.contacts.len()).sum();
                clerk
                    .ask(move |desk| {
                        desk.refurnish(house);
                        Ok(())
                    })
                    .await?;
                tracing::info!(people, "the contacts changed and were read again");
            }
            Ok(Err(error)) => {
                tracing::warn!("the contacts stay as they were: {error}");
            }
            // Only a panic ends it early, and that ends the process.
            Err(_) => {}
        }
        Ok(())
    }
}

fn stamps(config: &Config) -> Vec<Stamp> {
    let files = config.connectors.iter().map(|c| c.contacts.as_ref());
    let stamp = |file: Option<&std::path::PathBuf>| {
        let metadata = std::fs::metadata(file?).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    files.map(stamp).collect()
}

/// What the desk has to know, with the contacts read. A contacts file that can't be read is an
/// error; single entries in it that can't are only logged.
pub fn house(config: &Config) -> Result<House, RunError> {
    let mut house = house_alone(config);
    house.words = words(config)?;
    for (connector, configured) in house.connectors.iter_mut().zip(&config.connectors) {
        let Some(path) = &configured.contacts else {
            continue;
        };
        let read =
            crate::contacts::load(path).map_err(|error| RunError::Contacts(error.to_string()))?;
        for problem in &read.problems {
            tracing::warn!("contacts: {problem}");
        }
        connector.contacts = read.people;
        connector.settled = read.settled;
    }
    Ok(house)
}

/// The same without contacts: enough to look at introductions, and a broken file is no hindrance;
/// in the place of words that can't be used stand our own.
pub fn house_alone(config: &Config) -> House {
    let connectors = config.connectors.iter().map(|connector| Connector {
        name: connector.name.clone(),
        addresses: connector.addresses.clone(),
        contacts: Vec::new(),
        settled: HashMap::new(),
        direct: match connector.direct_requests {
            config::Direct::Contacts => Direct::Contacts,
            config::Direct::Ask => Direct::Ask,
            config::Direct::Any => Direct::Any,
            config::Direct::Off => Direct::Off,
        },
        language: connector.language.clone(),
    });
    House {
        bot: config.bot.address.clone(),
        bot_name: config.bot.name.clone(),
        separator: match config.bot.subaddressing {
            config::Subaddressing::Auto => None,
            config::Subaddressing::With(separator) => Some(Some(separator)),
            config::Subaddressing::None => Some(None),
        },
        authserv_ids: config.trust.authserv_ids.clone(),
        require_authenticated: config.trust.require == config::Require::Authenticated,
        pace: Pace {
            remind_after_secs: config.pace.remind_after_secs,
            close_after_secs: config.pace.close_after_secs,
            hold_yes_secs: config.pace.hold_yes_secs,
            asks_per_target: config.pace.asks_per_target,
            quiet_after_secs: config.pace.quiet_after_secs,
            requests_per_requester: config.pace.requests_per_requester,
            requests_per_connector: config.pace.requests_per_connector,
            asks_per_connector: config.pace.asks_per_connector,
            time_zone: config.bot.time_zone.clone(),
        },
        connectors: connectors.collect(),
        never: config.pace.never.clone(),
        keep_bodies_secs: config.store.keep_bodies_secs,
        junk: config.imap.junk.clone(),
        words: words(config).unwrap_or_else(|_| Words::built_in()),
        language: config.bot.language.clone(),
    }
}

/// The sentences of the mails: ours, with the operator's in their place.
pub fn words(config: &Config) -> Result<Words, RunError> {
    match &config.bot.words {
        None => Ok(Words::built_in()),
        Some(folder) => {
            crate::words::load(folder).map_err(|error| RunError::Words(error.to_string()))
        }
    }
}
