//! The keys to the mail servers: a password, a helper's token, or tokens of OAuth2 that are kept alive here.
//!
//! Fails with a [`WireError`] about the login: one that only the operator can mend (sign in again), or
//! one that may pass (the provider is not to be reached).

pub mod account;
pub mod file;

use crate::clerk::RunError;
use crate::config::{self, Config};
use crate::keyring::account::{Account, Health, KeyError};
use crate::wire::error::WireError;
use crate::wire::oauth::{Client, Endpoints};
use crate::wire::{Login, Secret, Security, Server, smtp};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A mail server and the key to it, fetched anew for every connection.
#[derive(Clone)]
pub struct Door {
    server: Server,
    key: Key,
}

#[derive(Clone)]
enum Key {
    /// Known from the start.
    Fixed,
    /// A program prints the token.
    Helper {
        user: String,
        command: config::password::Password,
        section: &'static str,
    },
    Tokens(Arc<Account>),
}

impl Door {
    /// A server whose login never changes.
    pub fn fixed(server: Server) -> Door {
        Door {
            server,
            key: Key::Fixed,
        }
    }

    pub fn at(&self) -> String {
        self.server.at()
    }

    /// The account whose tokens open this door, if it is such a door.
    pub fn account(&self) -> Option<&Arc<Account>> {
        match &self.key {
            Key::Tokens(account) => Some(account),
            _ => None,
        }
    }

    /// The server with a login that is good as far as we know.
    pub async fn server(&self, now_secs: i64) -> Result<Server, WireError> {
        let key = self.key.clone();
        let at = self.server.at();
        let fetched = tokio::task::spawn_blocking(move || fetch(&key, &at, now_secs)).await;
        let login = match fetched {
            Ok(login) => login?,
            Err(_) => {
                let text = "the look for its key was broken off".to_owned();
                return Err(WireError::LoginUnavailable {
                    at: self.server.at(),
                    text,
                });
            }
        };
        Ok(Server {
            login: login.or_else(|| self.server.login.clone()),
            ..self.server.clone()
        })
    }

    /// Whether a refused login may be tried once more at once, with a newer key.
    pub fn renew(&self, refused: &Server, error: &WireError) -> bool {
        let (WireError::LoginRefused { .. }, Some(Login::OAuth2 { token, .. })) =
            (error, &refused.login)
        else {
            return false;
        };
        match &self.key {
            Key::Fixed => false,
            // Helpers renew by themselves: the same token again is known by its words.
            Key::Helper { .. } => true,
            Key::Tokens(account) => account.spent(token),
        }
    }

    /// A mail session, with one more attempt where the key had died early.
    pub async fn read(&self, now_secs: i64) -> Result<crate::wire::imap::Session, WireError> {
        let server = self.server(now_secs).await?;
        match crate::wire::imap::Session::connect(&server).await {
            Err(error) if self.renew(&server, &error) => {
                let server = self.server(now_secs).await?;
                crate::wire::imap::Session::connect(&server).await
            }
            other => other,
        }
    }

    /// A connection that takes mail, with one more attempt where the key had died early. None in the
    /// place of the attempt: it did not come to one.
    pub async fn send(
        &self,
        ehlo_name: &str,
        timeouts: &smtp::Timeouts,
        now_secs: i64,
    ) -> Result<smtp::Connection, (Option<smtp::Attempt>, WireError)> {
        let some = |(attempt, error)| (Some(attempt), error);
        let server = self.server(now_secs).await.map_err(|error| (None, error))?;
        match smtp::Connection::connect(&server, ehlo_name, timeouts).await {
            Err((_, error)) if self.renew(&server, &error) => {
                let server = self.server(now_secs).await.map_err(|error| (None, error))?;
                let again = smtp::Connection::connect(&server, ehlo_name, timeouts).await;
                again.map_err(some)
            }
            other => other.map_err(some),
        }
    }
}

/// Blocks: a file, a program, or a request to the provider.
fn fetch(key: &Key, at: &str, now_secs: i64) -> Result<Option<Login>, WireError> {
    let (user, token) = match key {
        Key::Fixed => return Ok(None),
        Key::Helper {
            user,
            command,
            section,
        } => {
            let token = command.resolve().map_err(|error| {
                let text = format!("[{section}] oauth2: {error}");
                WireError::LoginUnavailable {
                    at: at.to_owned(),
                    text,
                }
            })?;
            (user, Secret::new(token.expose()))
        }
        Key::Tokens(account) => {
            let token = account
                .token(now_secs)
                .map_err(|error| explain(at, error))?;
            (account.user(), token)
        }
    };
    Ok(Some(Login::OAuth2 {
        user: user.clone(),
        token,
    }))
}

fn explain(at: &str, error: KeyError) -> WireError {
    let at = at.to_owned();
    match error {
        KeyError::MayPass(text) => WireError::LoginUnavailable { at, text },
        KeyError::SignIn { why, command } => WireError::SignInNeeded { at, why, command },
    }
}

/// Both doors of a configuration. Where both open with the same sign-in, its tokens are shared: two
/// refreshes at a time would use up a refresh token that is good only once.
pub fn doors(config: &Config) -> Result<(Door, Door), RunError> {
    let imap = door(&config.imap.server, "imap", config)?;
    let mut smtp = door(&config.smtp.server, "smtp", config)?;
    if let (Key::Tokens(one), Key::Tokens(other)) = (&imap.key, &smtp.key)
        && one.is_same(other)
    {
        smtp.key = imap.key.clone();
    }
    Ok((imap, smtp))
}

/// The configured server as the wire wants it, with its key.
pub fn door(
    server: &config::Server,
    section: &'static str,
    config: &Config,
) -> Result<Door, RunError> {
    let mut login = None;
    let key = match &server.login {
        config::Login::None => Key::Fixed,
        config::Login::Password { user, password } => {
            let password = password
                .resolve()
                .map_err(|source| RunError::Password { section, source })?;
            login = Some(Login::Password {
                user: user.clone(),
                password: Secret::new(password.expose()),
            });
            Key::Fixed
        }
        config::Login::Helper { user, command } => Key::Helper {
            user: user.clone(),
            command: command.clone(),
            section,
        },
        config::Login::OAuth2 { user, sign_in } => Key::Tokens(Arc::new(
            account(user, sign_in, &config.store.path)
                .map_err(|source| RunError::Password { section, source })?,
        )),
    };
    let server = Server {
        host: server.host.clone(),
        port: server.port,
        security: match server.security {
            config::Security::Tls => Security::Tls,
            config::Security::StartTls => Security::StartTls,
            config::Security::None => Security::None,
        },
        login,
        ca_file: server.ca_file.clone(),
    };
    Ok(Door { server, key })
}

/// The account of a sign-in, with its client secret fetched.
pub fn account(
    user: &str,
    sign_in: &config::SignIn,
    store: &Path,
) -> Result<Account, config::PasswordError> {
    let secret = sign_in.client_secret.as_ref();
    let secret = secret
        .map(config::password::Password::resolve)
        .transpose()?;
    let authority = sign_in.authority.as_deref();
    let (name, endpoints) = match sign_in.provider {
        config::Provider::Google => ("google", Endpoints::google(authority)),
        config::Provider::Microsoft => (
            "microsoft",
            Endpoints::microsoft(&sign_in.tenant, authority),
        ),
    };
    let client = Client {
        id: sign_in.client_id.clone(),
        secret: secret.map(|secret| Secret::new(secret.expose())),
    };
    let path = match &sign_in.tokens {
        Some(path) => path.clone(),
        None => beside(store),
    };
    Ok(Account::new(name, user, endpoints, client, path))
}

/// The token file beside the database.
fn beside(store: &Path) -> PathBuf {
    let mut path = store.as_os_str().to_owned();
    path.push(".tokens");
    PathBuf::from(path)
}

/// What the doors' sign-ins are like, the worse of the two first; None: all is well, or there is none.
pub fn health(doors: &[&Door], now_secs: i64) -> Option<Health> {
    let accounts = doors.iter().filter_map(|door| door.account());
    accounts
        .filter_map(|account| account.health(now_secs))
        .min()
}

/// A lock that a panic elsewhere does not take away: the process ends with a panic anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
