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
use crate::store::offers::Offers;
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

/// Opens the store and runs until `stop` says so.
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
    // A database of an earlier version is taken over here, which takes as long as it is large.
    let store = crate::watch::patiently("opening the database", || match options.dry_run {
        true => Store::copy_in_memory(&config.store.path),
        false => Store::open(&config.store.path),
    });
    let mut store = store.map_err(DeskError::Store)?;
    crate::watch::patiently("looking the database over", || store.quick_check())
        .map_err(DeskError::Store)?;
    store.waits_long().map_err(DeskError::Store)?;
    let mut desk = Desk::open(store, furnish::house(config)?, system_dice())?;
    let steady = Arc::new(Steady::start(desk.clock_seen()?, now()));
    let now = steady.over(now);
    if let Some(lock) = &lock {
        desk.compare_number(lock.noted(), now())?;
    }
    let offers = lock.as_ref().map(|_| offers(config)).transpose()?;
    if let Some(offers) = &offers {
        desk.keeps(offers.clone());
    }
    if let Some(why) = desk.distrust()? {
        tracing::error!(
            "nothing is sent: {why}; `askfirst resume --trust-database` once you know why"
        );
    }
    let daemon = Daemon {
        config,
        options,
        clerk: Clerk::hire(desk),
        imap,
        smtp,
        now,
        stop,
        lock,
        offers,
        steady: Some(steady),
    };
    daemon.work().await
}

/// A desk that is at work, and what the loops around it need.
pub struct Daemon<'a> {
    pub config: &'a Config,
    pub options: Options,
    pub clerk: Clerk,
    pub imap: Door,
    pub smtp: Door,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
    /// A demo has neither a file to lock nor a clock to hold.
    pub lock: Option<Lock>,
    pub offers: Option<Arc<Offers>>,
    pub steady: Option<Arc<Steady>>,
}

impl Daemon<'_> {
    /// Runs the loops until `stop` says so.
    pub async fn work(mut self) -> Result<(), RunError> {
        let started_at_secs = (self.now)();
        let contacts = Arc::new(furnish::Watch::new(self.config));
        let resolver = resolver(self.config);
        let (clerk, stop) = (&self.clerk, &self.stop);
        crate::receive::authors::resume(clerk, resolver.as_ref(), started_at_secs, stop).await?;
        self.clerk
            .ask(move |desk| desk.probe(started_at_secs))
            .await?;
        let pulse = Pulse::default();
        let (progress, progressed) = watch::channel(Progress::Away);
        // Who must not change anything has nothing to prove.
        let (looked, has_looked) = watch::channel(self.options.dry_run);
        let page = crate::service::Page {
            clerk: self.clerk.clone(),
            pulse: pulse.clone(),
            now: self.now.clone(),
            started_at_secs,
            store: self.lock.is_some().then(|| self.config.store.path.clone()),
            counted: Default::default(),
        };
        let lock = self.lock.take();
        let prove = self.prove(progressed.clone(), looked);
        let prove = async {
            match self.options.dry_run {
                true => Ok(()),
                false => prove.run().await,
            }
        };
        // The first loop that fails ends all: a half-alive daemon would take mail and send none. Where several
        // can go on, the one that sends goes first: for it somebody waits.
        tokio::try_join!(
            biased;
            self.deliver(lock, &pulse, has_looked).run(),
            self.receive(contacts.clone(), resolver, &pulse, progress)
                .run(),
            self.remind(progressed).run(),
            prove,
            contacts.run(self.clerk.clone(), self.stop.clone()),
            self.watch(&pulse).run(),
            page.serve(self.config.service.listen, self.stop.clone())
        )?;
        Ok(())
    }

    fn receive(
        &self,
        contacts: Arc<furnish::Watch>,
        resolver: Option<Resolver>,
        pulse: &Pulse,
        progress: watch::Sender<Progress>,
    ) -> crate::receive::Loop {
        crate::receive::Loop {
            watch: contacts,
            clerk: self.clerk.clone(),
            door: self.imap.clone(),
            account: account(self.config),
            mailbox: self.config.imap.mailbox.clone(),
            junk: self.config.imap.junk.clone(),
            from_start: self.options.from_start,
            resolver,
            pulse: pulse.clone(),
            progress,
            now: self.now.clone(),
            stop: self.stop.clone(),
        }
    }

    fn deliver(
        &self,
        lock: Option<Lock>,
        pulse: &Pulse,
        looked: watch::Receiver<bool>,
    ) -> crate::deliver::Loop {
        let smtp = &self.config.smtp;
        crate::deliver::Loop {
            clerk: self.clerk.clone(),
            lines: Lines::new(
                self.smtp.clone(),
                self.config.bot.address.domain().to_owned(),
                smtp.connections,
                self.now.clone(),
                self.offers.clone(),
            ),
            throttle: Throttle::new(smtp.per_minute),
            dry_run: self.options.dry_run,
            pulse: pulse.clone(),
            looked,
            lock,
            resend_unknown: smtp.resend_on_unknown == OnUnknown::Always,
            now: self.now.clone(),
            stop: self.stop.clone(),
        }
    }

    fn remind(&self, progress: watch::Receiver<Progress>) -> crate::remind::Loop {
        crate::remind::Loop {
            clerk: self.clerk.clone(),
            progress,
            steady: self.steady.clone(),
            now: self.now.clone(),
            stop: self.stop.clone(),
        }
    }

    fn prove(
        &self,
        progress: watch::Receiver<Progress>,
        looked: watch::Sender<bool>,
    ) -> crate::prove::Loop {
        crate::prove::Loop {
            clerk: self.clerk.clone(),
            door: self.imap.clone(),
            policy: self.config.smtp.resend_on_unknown,
            progress,
            looked,
            now: self.now.clone(),
            stop: self.stop.clone(),
        }
    }

    fn watch(&self, pulse: &Pulse) -> crate::watch::Loop {
        crate::watch::Loop {
            clerk: self.clerk.clone(),
            pulse: pulse.clone(),
            imap: self.imap.clone(),
            smtp: self.smtp.clone(),
            service: self.config.service.clone(),
            dry_run: self.options.dry_run,
            now: self.now.clone(),
            stop: self.stop.clone(),
        }
    }
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

/// Where is kept which mails were begun. What was written without waiting for the disk is believed for as long
/// as the machine has not started anew, which only Linux tells.
fn offers(config: &Config) -> Result<Arc<Offers>, DeskError> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let boot = boot.ok().map(|id| id.trim().to_owned());
    // Who hides it shows an empty file.
    let boot = boot.filter(|id| !id.is_empty());
    Ok(Arc::new(Offers::open(&config.store.path, boot)?))
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
