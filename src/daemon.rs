//! The daemon: a thread for the desk, the loops around it, and a gentle end.
//!
//! Fails with a [`RunError`] when the database fails (no mail is taken or sent after that), or when
//! at the first connection only the operator can help: a wrong password, an untrusted certificate.

use crate::clerk::{Clerk, Now, RunError};
use crate::config::{self, Config};
use crate::deliver::lines::Lines;
use crate::desk::{Desk, DeskError};
use crate::furnish;
use crate::keyring::{self, Door};
use crate::lock::Lock;
use crate::pulse::Pulse;
use crate::receive::Progress;
use crate::rules::retry::OnUnknown;
use crate::rules::throttle::Throttle;
use crate::steady::Steady;
use crate::store::Store;
use crate::wire::proof::Resolver;
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
    /// How long idle connections to the mail server are kept.
    keep: std::time::Duration,
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
    let mut desk = Desk::open(store, furnish::house(config)?, system_dice())?;
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
        keep: crate::deliver::lines::KEEP,
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
    let bare = Furnishings {
        keep: crate::deliver::lines::KEEP,
        ..Furnishings::default()
    };
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
    let contacts = Arc::new(furnish::Watch::new(config));
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
        watch: contacts.clone(),
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
        lines: Lines::new(
            smtp.clone(),
            config.bot.address.domain().to_owned(),
            config.smtp.connections,
            furnishings.keep,
            now.clone(),
        ),
        throttle: Throttle::new(config.smtp.per_minute),
        dry_run: options.dry_run,
        pulse: pulse.clone(),
        looked: has_looked,
        lock: furnishings.lock,
        resend_unknown: policy == OnUnknown::Always,
        now: now.clone(),
        stop: stop.clone(),
    };
    let refurnish = contacts.run(clerk.clone(), stop.clone());
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
        refurnish,
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
