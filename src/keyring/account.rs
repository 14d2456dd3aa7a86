//! One sign-in at a provider: hands out access tokens, renews them before they end, and says early
//! when a person has to sign in again.
//!
//! Fails with a [`KeyError`]; no variant holds a token or a name.

use crate::keyring::file::{self, Entry, Whose};
use crate::keyring::lock;
use crate::wire::Secret;
use crate::wire::oauth::{self, Client, Endpoints, Grant, Trouble};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A token is renewed when a quarter of its life is left, but not earlier than half an hour before
/// its end: where the renewal is refused, the old token still carries a mail that says so.
const EARLIEST_SECS: i64 = 30 * 60;
/// Nor later than this: a token must not end between the login and the mail.
const LATEST_SECS: i64 = 120;
/// A token with less life than this is not used any more.
const SPARE_SECS: i64 = 30;
/// The end of a sign-in that is known beforehand is told three days before, or in its last quarter.
const NOTICE_SECS: i64 = 3 * 86_400;

/// What a sign-in is like; the worse is the smaller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// No token is to be had any more.
    Over { command: String },
    /// The provider gives no new token; the last one is good until then.
    Ending { until_secs: i64, command: String },
}

#[derive(Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Only a person can help.
    SignIn {
        why: String,
        command: String,
    },
    MayPass(String),
}

pub struct Account {
    whose: Whose,
    endpoints: Endpoints,
    client: Client,
    path: PathBuf,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// An access token that a mail server refused.
    spent: Option<Secret>,
    /// A refresh token that the provider refused, with its words.
    dead: Option<(Secret, String)>,
    /// What could not be written to the file.
    unsaved: Option<Entry>,
}

impl Account {
    pub fn new(
        provider: &'static str,
        user: &str,
        endpoints: Endpoints,
        client: Client,
        path: PathBuf,
    ) -> Account {
        let whose = Whose {
            provider,
            client_id: client.id.clone(),
            user: user.to_owned(),
        };
        Account {
            whose,
            endpoints,
            client,
            path,
            memory: Mutex::default(),
        }
    }

    pub fn user(&self) -> &String {
        &self.whose.user
    }

    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether both are the same sign-in in the same file.
    pub fn is_same(&self, other: &Account) -> bool {
        self.whose == other.whose && self.path == other.path
    }

    /// Keeps what a sign-in gave.
    pub fn keep(&self, grant: &Grant, now_secs: i64) -> Result<(), String> {
        let held = file::hold(&self.path)?;
        held.write(&self.entry(grant, None, now_secs))?;
        *lock(&self.memory) = Memory::default();
        Ok(())
    }

    /// An access token, renewed where it is time. Blocks for the provider's answer.
    pub fn token(&self, now_secs: i64) -> Result<Secret, KeyError> {
        let mut memory = lock(&self.memory);
        let entry = self.current(&mut memory)?;
        if !needs_renewal(&entry, &memory, now_secs) {
            return Ok(Secret::new(entry.access_token));
        }
        match self.renew(&mut memory, now_secs) {
            Ok(entry) => Ok(Secret::new(entry.access_token)),
            // What is left of the old token's life is used: nobody notices a short outage.
            Err(_) if is_usable(&entry, &memory, now_secs) => Ok(Secret::new(entry.access_token)),
            Err(error) => Err(error),
        }
    }

    /// A mail server refused this token: whether a newer one can be had.
    pub fn spent(&self, token: &Secret) -> bool {
        let mut memory = lock(&self.memory);
        let again = memory.spent.as_ref() != Some(token);
        memory.spent = Some(token.clone());
        again
    }

    /// What is wrong, as far as it is known without asking anybody.
    pub fn health(&self, now_secs: i64) -> Option<Health> {
        let mut memory = lock(&self.memory);
        let command = self.command();
        let entry = match self.current(&mut memory) {
            Ok(entry) => entry,
            Err(KeyError::SignIn { .. }) => return Some(Health::Over { command }),
            Err(KeyError::MayPass(_)) => return None,
        };
        let renewable = match (&entry.refresh_token, &memory.dead) {
            (None, _) => false,
            (Some(token), Some((dead, _))) => token != dead.expose(),
            (Some(_), None) => true,
        };
        let usable = is_usable(&entry, &memory, now_secs);
        match (renewable, usable) {
            (false, false) => Some(Health::Over { command }),
            (false, true) => Some(Health::Ending {
                until_secs: entry.expires_at.unwrap_or(now_secs),
                command,
            }),
            (true, _) => {
                let until_secs = entry.refresh_expires_at?;
                let notice = NOTICE_SECS.min((until_secs - entry.given_at) / 4);
                let due = now_secs >= until_secs - notice;
                due.then_some(Health::Ending {
                    until_secs,
                    command,
                })
            }
        }
    }

    /// What the operator is to type.
    fn command(&self) -> String {
        format!("askfirst login {}", self.whose.provider)
    }

    fn sign_in(&self, why: impl Into<String>) -> KeyError {
        KeyError::SignIn {
            why: why.into(),
            command: self.command(),
        }
    }

    /// The stored entry; one that could not be stored before is tried again.
    fn current(&self, memory: &mut Memory) -> Result<Entry, KeyError> {
        if let Some(entry) = memory.unsaved.take() {
            let saved = file::hold(&self.path).and_then(|held| held.write(&entry));
            if let Err(why) = saved {
                tracing::error!("new tokens can't be stored and will be lost at the end: {why}");
                memory.unsaved = Some(entry.clone());
            }
            return Ok(entry);
        }
        match file::read(&self.path, &self.whose) {
            Ok(Some(entry)) => Ok(entry),
            Ok(None) => Err(self.sign_in("nobody has signed in yet")),
            Err(why) => Err(KeyError::MayPass(why)),
        }
    }

    fn renew(&self, memory: &mut Memory, now_secs: i64) -> Result<Entry, KeyError> {
        let held = file::hold(&self.path).map_err(KeyError::MayPass)?;
        let entry = held.read(&self.whose).map_err(KeyError::MayPass)?;
        let entry = match (entry, &memory.unsaved) {
            (_, Some(unsaved)) => unsaved.clone(),
            (Some(entry), None) => entry,
            (None, None) => return Err(self.sign_in("nobody has signed in yet")),
        };
        if !needs_renewal(&entry, memory, now_secs) {
            // Another process was faster.
            return Ok(entry);
        }
        let Some(refresh) = entry.refresh_token.as_deref().map(Secret::new) else {
            return Err(self.sign_in("the provider gave no refresh token"));
        };
        if let Some((dead, why)) = &memory.dead
            && *dead == refresh
        {
            return Err(self.sign_in(why.clone()));
        }
        match oauth::refresh(&self.endpoints, &self.client, &refresh) {
            Ok(grant) => {
                let fresh = self.entry(&grant, Some(&entry), now_secs);
                tracing::info!(provider = self.whose.provider, "a new access token");
                if let Err(why) = held.write(&fresh) {
                    tracing::error!("new tokens can't be stored: {why}");
                    memory.unsaved = Some(fresh.clone());
                }
                memory.spent = None;
                Ok(fresh)
            }
            Err(trouble) if trouble.may_pass() => {
                tracing::warn!(
                    provider = self.whose.provider,
                    "no new access token: {trouble}"
                );
                Err(KeyError::MayPass(trouble.to_string()))
            }
            Err(trouble) => {
                let why = trouble.to_string();
                tracing::error!(
                    provider = self.whose.provider,
                    "the sign-in is not renewed: {why}; sign in again with `{}`",
                    self.command()
                );
                // A sign-in that is over stays so; other refusals may be mended at the provider.
                if matches!(trouble, Trouble::SignInOver { .. }) {
                    memory.dead = Some((refresh, why.clone()));
                }
                Err(self.sign_in(why))
            }
        }
    }

    fn entry(&self, grant: &Grant, before: Option<&Entry>, now_secs: i64) -> Entry {
        let until = |secs: Option<i64>| secs.map(|secs| now_secs + secs);
        let refresh = grant
            .refresh
            .as_ref()
            .map(|token| token.expose().to_owned());
        Entry {
            provider: self.whose.provider.to_owned(),
            client_id: self.whose.client_id.clone(),
            user: self.whose.user.clone(),
            access_token: grant.access.expose().to_owned(),
            expires_at: until(grant.expires_in_secs),
            given_at: now_secs,
            // RFC 6749 section 6: without a new one the old one stays.
            refresh_token: refresh.or_else(|| before?.refresh_token.clone()),
            refresh_expires_at: until(grant.refresh_expires_in_secs)
                .or_else(|| before?.refresh_expires_at),
            signed_in_at: before.map_or(now_secs, |before| before.signed_in_at),
        }
    }
}

fn is_spent(entry: &Entry, memory: &Memory) -> bool {
    let spent = memory.spent.as_ref().map(Secret::expose);
    spent == Some(entry.access_token.as_str())
}

/// A clock that was set back makes a token look younger than it is: given in the future, it is renewed.
fn needs_renewal(entry: &Entry, memory: &Memory, now_secs: i64) -> bool {
    let due = entry.expires_at.is_some_and(|end| {
        let life = end - entry.given_at;
        now_secs >= end - (life / 4).clamp(LATEST_SECS, EARLIEST_SECS)
    });
    due || is_spent(entry, memory) || entry.given_at > now_secs + EARLIEST_SECS
}

fn is_usable(entry: &Entry, memory: &Memory, now_secs: i64) -> bool {
    let alive = entry
        .expires_at
        .is_none_or(|end| now_secs < end - SPARE_SECS);
    alive && !is_spent(entry, memory)
}
