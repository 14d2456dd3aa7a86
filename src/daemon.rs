//! The daemon: a thread for the desk, three loops around it, and a gentle end.
//!
//! Fails with a [`RunError`] when the database fails (no mail is taken or sent after that), or when
//! at the first connection only the operator can help: a wrong password, an untrusted certificate.

use crate::clerk::{Clerk, Now, RunError};
use crate::config::{self, Config};
use crate::desk::{Desk, DeskError};
use crate::furnish;
use crate::store::Store;
use crate::wire::proof::Resolver;
use crate::wire::{Login, Secret, Security, Server};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::watch;

/// The system's clock.
pub fn system_clock() -> Now {
    Arc::new(|| jiff::Timestamp::now().as_second())
}

/// Random bytes of the operating system.
pub fn system_dice() -> crate::desk::Dice {
    Box::new(|buffer| {
        // Without randomness no secret may be issued: the process ends rather than send a guessable one.
        if getrandom::fill(buffer).is_err() {
            tracing::error!("the system gives no random bytes; stopping");
            std::process::abort();
        }
    })
}

/// How `askfirst run` was called.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Reads and decides, sends nothing, changes nothing.
    pub dry_run: bool,
    /// Also takes mail that was there before the first start.
    pub from_start: bool,
}

/// Runs until `stop` says so.
pub async fn run(
    config: &Config,
    options: Options,
    now: Now,
    stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    if let Some(unbuilt) = config.unbuilt() {
        return Err(RunError::Unbuilt(unbuilt));
    }
    let imap = server(&config.imap.server, "imap")?;
    let smtp = server(&config.smtp.server, "smtp")?;
    let _lock = match options.dry_run {
        true => None,
        false => Some(lock(&config.store.path)?),
    };
    let store = match options.dry_run {
        true => Store::copy_in_memory(&config.store.path),
        false => Store::open(&config.store.path),
    };
    let store = store.map_err(DeskError::Store)?;
    store.quick_check().map_err(DeskError::Store)?;
    let desk = Desk::open(store, furnish::house(config)?, system_dice())?;
    let clerk = Clerk::hire(desk);
    serve(config, options, clerk, imap, smtp, now, stop).await
}

/// The three loops over a desk that is already at work.
pub async fn serve(
    config: &Config,
    options: Options,
    clerk: Clerk,
    imap: Server,
    smtp: Server,
    now: Now,
    stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    let at = now();
    clerk
        .ask(move |desk| {
            desk.resume(at)?;
            desk.probe(at)
        })
        .await?;
    let watch = Arc::new(furnish::Watch::new(config));
    let receive = crate::receive::Loop {
        watch: watch.clone(),
        clerk: clerk.clone(),
        server: imap,
        account: account(config),
        mailbox: config.imap.mailbox.clone(),
        junk: config.imap.junk.clone(),
        from_start: options.from_start,
        resolver: resolver(config),
        now: now.clone(),
        stop: stop.clone(),
    };
    let deliver = crate::deliver::Loop {
        clerk: clerk.clone(),
        server: smtp,
        ehlo_name: config.bot.address.domain().to_owned(),
        dry_run: options.dry_run,
        now: now.clone(),
        stop: stop.clone(),
    };
    let refurnish = watch.run(clerk.clone(), stop.clone());
    let remind = crate::remind::Loop { clerk, now, stop };
    // The first loop that fails ends all: a half-alive daemon would take mail and send none.
    tokio::try_join!(receive.run(), deliver.run(), remind.run(), refurnish)?;
    Ok(())
}

/// DNS for signatures and policies, where no mail server's own results are believed.
fn resolver(config: &Config) -> Option<Resolver> {
    if !config.trust.authserv_ids.is_empty() {
        return None;
    }
    Resolver::system()
        .map_err(|error| tracing::warn!("authors can't be looked up, so none is proven: {error}"))
        .ok()
}

/// Under which name the folders of this login are kept.
fn account(config: &Config) -> String {
    let user = match &config.imap.server.login {
        config::Login::Password { user, .. } | config::Login::OAuth2 { user, .. } => user.as_str(),
        config::Login::None => "",
    };
    format!("{user}@{}", config.imap.server.host)
}

/// Holds the database for one daemon, as long as the file is open.
fn lock(store: &Path) -> Result<std::fs::File, RunError> {
    let mut path = store.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let at = |source| RunError::File {
        path: path.clone(),
        source,
    };
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(at)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(RunError::Locked { path }),
        Err(std::fs::TryLockError::Error(source)) => Err(at(source)),
    }
}

/// The configured server as the wire wants it, with its password fetched.
pub fn server(server: &config::Server, section: &'static str) -> Result<Server, RunError> {
    let login = match &server.login {
        config::Login::None => None,
        config::Login::Password { user, password } => {
            let password = password
                .resolve()
                .map_err(|source| RunError::Password { section, source })?;
            Some(Login::Password {
                user: user.clone(),
                password: Secret::new(password.expose()),
            })
        }
        config::Login::OAuth2 { .. } => None,
    };
    Ok(Server {
        host: server.host.clone(),
        port: server.port,
        security: match server.security {
            config::Security::Tls => Security::Tls,
            config::Security::StartTls => Security::StartTls,
            config::Security::None => Security::None,
        },
        login,
        ca_file: server.ca_file.clone(),
    })
}
