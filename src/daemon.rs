//! The daemon: a thread for the desk, the loops around it, and a gentle end.
//!
//! Fails with a [`RunError`] when the database fails (no mail is taken or sent after that), or when
//! at the first connection only the operator can help: a wrong password, an untrusted certificate.

use crate::clerk::{Clerk, Now, RunError};
use crate::config::{self, Config};
use crate::desk::house::{Connector, House};
use crate::desk::{Desk, DeskError};
use crate::keyring::{self, Door};
use crate::lock::Lock;
use crate::pulse::Pulse;
use crate::receive::Progress;
use crate::rules::clock::Pace;
use crate::rules::manners::Direct;
use crate::rules::retry::OnUnknown;
use crate::steady::Steady;
use crate::store::Store;
use crate::wire::proof::Resolver;
use crate::writer::words::Words;
use std::sync::Arc;
use tokio::sync::watch;

/// The system's clock.
pub fn system_clock() -> Now {
    let ahead_secs = crate::failpoint::clock_ahead_secs();
    Arc::new(move || jiff::Timestamp::now().as_second() + ahead_secs)
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

/// What only the real daemon has, and a demo has not.
#[derive(Default)]
struct Furnishings {
    lock: Option<Lock>,
    steady: Option<Arc<Steady>>,
}

/// Runs until `stop` says so.
pub async fn run(
    config: &Config,
    options: Options,
    now: Now,
    stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    let (imap, smtp) = keyring::doors(config)?;
    let lock = match options.dry_run {
        true => None,
        false => Some(Lock::take(&config.store.path)?),
    };
    let store = match options.dry_run {
        true => Store::copy_in_memory(&config.store.path),
        false => Store::open(&config.store.path),
    };
    let mut store = store.map_err(DeskError::Store)?;
    store.quick_check().map_err(DeskError::Store)?;
    store.waits_long().map_err(DeskError::Store)?;
    let mut desk = Desk::open(store, house(config)?, system_dice())?;
    let steady = Arc::new(Steady::start(desk.clock_seen()?, now()));
    let now = steady.over(now);
    if let Some(lock) = &lock {
        desk.compare_number(lock.noted(), now())?;
    }
    if let Some(why) = desk.distrust()? {
        tracing::error!(
            "nothing is sent: {why}; `askfirst resume --trust-database` once you know why"
        );
    }
    let clerk = Clerk::hire(desk);
    let furnishings = Furnishings {
        lock,
        steady: Some(steady),
    };
    at_work(config, options, clerk, imap, smtp, now, stop, furnishings).await
}

/// The loops over a desk that is already at work.
pub async fn serve(
    config: &Config,
    options: Options,
    clerk: Clerk,
    imap: Door,
    smtp: Door,
    now: Now,
    stop: watch::Receiver<bool>,
) -> Result<(), RunError> {
    let bare = Furnishings::default();
    at_work(config, options, clerk, imap, smtp, now, stop, bare).await
}

#[allow(clippy::too_many_arguments)]
async fn at_work(
    config: &Config,
    options: Options,
    clerk: Clerk,
    imap: Door,
    smtp: Door,
    now: Now,
    stop: watch::Receiver<bool>,
    furnishings: Furnishings,
) -> Result<(), RunError> {
    let at = now();
    let resolver = resolver(config);
    crate::receive::authors::resume(&clerk, resolver.as_ref(), at).await?;
    clerk.ask(move |desk| desk.probe(at)).await?;
    let pulse = Pulse::default();
    let (progress, progressed) = watch::channel(Progress::Away);
    let policy = config.smtp.resend_on_unknown;
    // Who must not change anything has nothing to prove.
    let (looked, has_looked) = watch::channel(options.dry_run);
    let prove = crate::prove::Loop {
        clerk: clerk.clone(),
        door: imap.clone(),
        policy,
        progress: progressed.clone(),
        looked,
        now: now.clone(),
        stop: stop.clone(),
    };
    let receive = crate::receive::Loop {
        clerk: clerk.clone(),
        door: imap.clone(),
        account: account(config),
        mailbox: config.imap.mailbox.clone(),
        junk: config.imap.junk.clone(),
        from_start: options.from_start,
        resolver,
        pulse: pulse.clone(),
        progress,
        now: now.clone(),
        stop: stop.clone(),
    };
    let deliver = crate::deliver::Loop {
        clerk: clerk.clone(),
        door: smtp.clone(),
        ehlo_name: config.bot.address.domain().to_owned(),
        dry_run: options.dry_run,
        pulse: pulse.clone(),
        looked: has_looked,
        lock: furnishings.lock,
        resend_unknown: policy == OnUnknown::Always,
        now: now.clone(),
        stop: stop.clone(),
    };
    let remind = crate::remind::Loop {
        clerk: clerk.clone(),
        progress: progressed,
        steady: furnishings.steady,
        now: now.clone(),
        stop: stop.clone(),
    };
    let prove = async {
        match options.dry_run {
            true => Ok(()),
            false => prove.run().await,
        }
    };
    let page = crate::service::Page {
        clerk: clerk.clone(),
        pulse: pulse.clone(),
        now: now.clone(),
        started_at_secs: at,
    };
    let watch = crate::watch::Loop {
        clerk,
        pulse,
        imap,
        smtp,
        service: config.service.clone(),
        dry_run: options.dry_run,
        now,
        stop: stop.clone(),
    };
    // The first loop that fails ends all: a half-alive daemon would take mail and send none.
    tokio::try_join!(
        receive.run(),
        deliver.run(),
        remind.run(),
        prove,
        watch.run(),
        page.serve(config.service.listen, stop)
    )?;
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
        config::Login::Password { user, .. }
        | config::Login::Helper { user, .. }
        | config::Login::OAuth2 { user, .. } => user.as_str(),
        config::Login::None => "",
    };
    format!("{user}@{}", config.imap.server.host)
}

/// What the desk has to know, with the contacts read. A contacts file that can't be read is an
/// error; single entries in it that can't are only logged.
pub fn house(config: &Config) -> Result<House, RunError> {
    furnished(config, true)
}

/// The same for commands that judge no mail: a contacts file that can't be read stops none of them.
pub fn house_without_contacts(config: &Config) -> Result<House, RunError> {
    furnished(config, false)
}

fn furnished(config: &Config, with_contacts: bool) -> Result<House, RunError> {
    let mut connectors = Vec::new();
    for connector in &config.connectors {
        let contacts = match connector.contacts.as_ref().filter(|_| with_contacts) {
            None => Vec::new(),
            Some(path) => {
                let read = crate::contacts::load(path)
                    .map_err(|error| RunError::Contacts(error.to_string()))?;
                for problem in &read.problems {
                    tracing::warn!("contacts: {problem}");
                }
                read.people
            }
        };
        connectors.push(Connector {
            name: connector.name.clone(),
            addresses: connector.addresses.clone(),
            contacts,
            direct: match connector.direct_requests {
                config::Direct::Contacts => Direct::Contacts,
                config::Direct::Ask => Direct::Ask,
                config::Direct::Any => Direct::Any,
                config::Direct::Off => Direct::Off,
            },
            language: connector.language.clone(),
        });
    }
    Ok(House {
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
        connectors,
        never: config.pace.never.clone(),
        keep_bodies_secs: config.store.keep_bodies_secs,
        junk: config.imap.junk.clone(),
        words: match &config.bot.words {
            None => Words::built_in(),
            Some(folder) => {
                crate::words::load(folder).map_err(|error| RunError::Words(error.to_string()))?
            }
        },
        language: config.bot.language.clone(),
    })
}
