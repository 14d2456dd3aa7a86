//! The loop from the desk to the mail server: take what is due, send it, report what became of it.
//!
//! A fault of the wire is reported like any attempt and judged by the rules; only a fault of the
//! desk ends the loop.

use crate::clerk::{Clerk, Now, RunError};
use crate::desk::Desk;
use crate::desk::post::Parcel;
use crate::failpoint;
use crate::keyring::Door;
use crate::lock::Lock;
use crate::pulse::Pulse;
use crate::rules::retry::{Attempt, Judgement, Phase};
use crate::wire::error::WireError;
use crate::wire::smtp::{self, Connection, Timeouts};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Mails taken at once; each is in flight until it is reported.
const MAX_BATCH: u32 = 20;
/// With nothing due, the outbox is looked at after this at the latest (commands beside us write too).
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at a server that refused us, while there is nothing to send.
const KNOCK_AGAIN: Duration = Duration::from_secs(60);
/// How long a mail that is on its way may take once we are asked to stop.
const LAST_WORDS: Duration = Duration::from_millis(1_500);

pub struct Loop {
    pub clerk: Clerk,
    pub door: Door,
    /// What we call ourselves in EHLO: the bot's domain, not this machine's name.
    pub ehlo_name: String,
    pub dry_run: bool,
    pub pulse: Pulse,
    /// Becomes true once it has been looked for mails of ours that the database does not know.
    pub looked: watch::Receiver<bool>,
    /// Where the newest mail's number is noted, beside the database.
    pub lock: Option<Lock>,
    /// `resend_on_unknown = "always"`: nobody looks for proof.
    pub resend_unknown: bool,
    pub now: Now,
    pub stop: watch::Receiver<bool>,
}

impl Loop {
    pub async fn run(mut self) -> Result<(), RunError> {
        self.try_the_door().await?;
        let mut knocked_at = Instant::now();
        let mut looked = self.looked.clone();
        tokio::select! {
            _ = looked.wait_for(|looked| *looked) => {}
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        }
        if !self.dry_run {
            let ready = |desk: &mut Desk| {
                desk.send_at_once();
                Ok(())
            };
            self.clerk.ask(ready).await?;
        }
        while !*self.stop.borrow() {
            let (now_secs, resend) = ((self.now)(), self.resend_unknown);
            let parcels = self
                .clerk
                .ask(move |desk| {
                    if resend {
                        desk.retry_unknown(now_secs)?;
                    }
                    desk.take_due(MAX_BATCH, now_secs)
                })
                .await?;
            if let (Some(lock), Some(newest)) = (&mut self.lock, parcels.iter().map(|p| p.id).max())
            {
                lock.note(newest);
                failpoint::here("send.noted");
            }
            match (parcels.is_empty(), self.dry_run) {
                (true, _) => {
                    // With nothing to send, only a look tells whether sending works again.
                    let failing = self.pulse.sending().failing_since_secs.is_some();
                    if failing && knocked_at.elapsed() > KNOCK_AGAIN {
                        knocked_at = Instant::now();
                        let _ = self.knock().await;
                    }
                    self.wait().await?;
                }
                (false, true) => self.pretend(parcels).await?,
                (false, false) => self.send(parcels).await?,
            }
        }
        Ok(())
    }

    /// One login at the start: a wrong password is told now, not with the first mail.
    async fn try_the_door(&mut self) -> Result<(), RunError> {
        match self.knock().await {
            Err(error) if error.needs_operator() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// One login that sends nothing.
    async fn knock(&mut self) -> Result<(), WireError> {
        let timeouts = Timeouts::default();
        let connected = tokio::select! {
            connected = self.door.send(&self.ehlo_name, &timeouts, (self.now)()) => connected,
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        };
        match connected {
            Ok(connection) => {
                connection.quit().await;
                tracing::info!("the mail server takes our mail");
                self.pulse.sends((self.now)());
                Ok(())
            }
            Err((_, error)) => {
                tracing::warn!("sending mail: {error}");
                self.pulse.cannot_send(&error.to_string(), (self.now)());
                Err(error)
            }
        }
    }

    async fn wait(&mut self) -> Result<(), RunError> {
        let next = self.clerk.ask(|desk| desk.next_delivery_secs()).await?;
        let seconds = next.map(|next| (next - (self.now)()).max(0));
        let pause = seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(LONGEST_WAIT, |seconds| {
                Duration::from_secs(seconds).clamp(Duration::from_millis(200), LONGEST_WAIT)
            });
        tokio::select! {
            () = self.clerk.bell.outbox.notified() => {}
            () = tokio::time::sleep(pause) => {}
            () = crate::clerk::stopped(&mut self.stop) => {}
        }
        Ok(())
    }

    /// A dry run says what would be sent.
    async fn pretend(&self, parcels: Vec<Parcel>) -> Result<(), RunError> {
        for parcel in parcels {
            tracing::info!(
                outbox = parcel.id,
                recipients = parcel.recipients.len(),
                octets = parcel.bytes.len(),
                "dry run: this mail would be sent"
            );
            let attempt = Attempt {
                phase: Phase::Dot,
                reply: Some((250, "dry run".to_owned())),
                refused: Vec::new(),
            };
            let _ = self.report(parcel.id, attempt).await?;
        }
        Ok(())
    }

    async fn send(&mut self, parcels: Vec<Parcel>) -> Result<(), RunError> {
        let mut connection: Option<Connection> = None;
        let mut parcels = parcels.into_iter();
        while let Some(parcel) = parcels.next() {
            if !connection.as_ref().is_some_and(Connection::is_usable) {
                let timeouts = Timeouts::default();
                let connected = self
                    .door
                    .send(&self.ehlo_name, &timeouts, (self.now)())
                    .await;
                match connected {
                    Ok(fresh) => connection = Some(fresh),
                    Err((attempt, error)) => {
                        tracing::warn!("sending mail: {error}");
                        self.pulse.cannot_send(&error.to_string(), (self.now)());
                        let attempt = attempt.as_ref().map_or_else(|| keyless(&error), translated);
                        for parcel in std::iter::once(parcel).chain(parcels) {
                            let _ = self.report(parcel.id, attempt.clone()).await?;
                        }
                        return Ok(());
                    }
                }
            }
            let Some(open) = connection.as_mut() else {
                continue;
            };
            failpoint::here("send.connected");
            let sending = open.send(
                Some(&parcel.envelope_from),
                &parcel.recipients,
                &parcel.bytes,
            );
            let Some(attempt) = finish(sending, &mut self.stop).await else {
                // Its row stays in flight: the next start finds out. The others were not tried.
                return self
                    .put_off(parcels.map(|parcel| parcel.id).collect())
                    .await;
            };
            failpoint::here("send.answered");
            if let Some(trouble) = &attempt.trouble {
                tracing::warn!(outbox = parcel.id, "sending mail: {trouble}");
            }
            let judgement = self.report(parcel.id, translated(&attempt)).await?;
            self.take_note(&attempt, &judgement);
            if let Judgement::StopQueue { delay_secs } = judgement {
                tracing::error!(
                    delay_secs,
                    "the mail server refuses us, not this mail: sending waits"
                );
                self.put_off(parcels.map(|parcel| parcel.id).collect())
                    .await?;
                return Ok(());
            }
        }
        if let Some(connection) = connection {
            connection.quit().await;
        }
        Ok(())
    }

    /// Whether the server serves us; that it refuses one mail or one recipient says nothing against it.
    fn take_note(&self, attempt: &smtp::Attempt, judgement: &Judgement) {
        let now_secs = (self.now)();
        let about_us = matches!(judgement, Judgement::StopQueue { .. })
            || (attempt.trouble.is_some() && !attempt.is_accepted());
        match about_us {
            true => {
                let reply = attempt.reply.as_ref().map(|reply| reply.code);
                let trouble = attempt.trouble.clone();
                let trouble = trouble.or_else(|| reply.map(|code| format!("refused with {code}")));
                let at = self.door.at();
                let trouble = format!("{at}: {}", trouble.unwrap_or_default());
                self.pulse.cannot_send(&trouble, now_secs);
            }
            false => self.pulse.sends(now_secs),
        }
        if matches!(judgement, Judgement::Delivered) {
            self.pulse.sent_one();
        }
    }

    /// Mails that were taken and not tried.
    async fn put_off(&self, ids: Vec<i64>) -> Result<(), RunError> {
        let now_secs = (self.now)();
        self.clerk
            .ask(move |desk| desk.put_off(&ids, now_secs))
            .await
    }

    async fn report(&self, id: i64, attempt: Attempt) -> Result<Judgement, RunError> {
        let now_secs = (self.now)();
        let judgement = self
            .clerk
            .ask(move |desk| desk.report(id, &attempt, now_secs))
            .await?;
        if matches!(judgement, Judgement::Refused { .. } | Judgement::TooLarge) {
            // Mails may have been written because of it.
            self.clerk.bell.ring();
        }
        Ok(judgement)
    }
}

/// Lets a mail finish; asked to stop, it has a moment left.
async fn finish<T>(
    sending: impl Future<Output = T>,
    stop: &mut watch::Receiver<bool>,
) -> Option<T> {
    tokio::pin!(sending);
    tokio::select! {
        done = &mut sending => Some(done),
        () = crate::clerk::stopped(stop) => {
            tokio::time::timeout(LAST_WORDS, sending).await.ok()
        }
    }
}

/// No key, so no attempt: as if the server had refused the login, for good or for now.
fn keyless(error: &WireError) -> Attempt {
    let code = match error.needs_operator() {
        true => 535,
        false => 454,
    };
    Attempt {
        phase: Phase::Auth,
        reply: Some((code, "no key to log in with".to_owned())),
        refused: Vec::new(),
    }
}

/// The wire's report in the rules' words.
fn translated(attempt: &smtp::Attempt) -> Attempt {
    let unsendable = attempt.unsendable.as_ref().map(|why| match why {
        smtp::Unsendable::TooLarge => (552, "5.3.4 larger than the server takes".to_owned()),
        why => (554, format!("{why:?}")),
    });
    Attempt {
        phase: match attempt.phase {
            // Never offered, and never will be: as if the server had refused its content.
            _ if unsendable.is_some() => Phase::Data,
            smtp::Phase::Connect => Phase::Connect,
            smtp::Phase::Greeting => Phase::Greeting,
            smtp::Phase::Hello => Phase::Hello,
            smtp::Phase::Tls => Phase::Tls,
            smtp::Phase::Auth => Phase::Auth,
            smtp::Phase::Mail => Phase::Mail,
            smtp::Phase::Recipient => Phase::Recipient,
            smtp::Phase::Data => Phase::Data,
            smtp::Phase::Body => Phase::Body,
            smtp::Phase::Dot => Phase::Dot,
        },
        reply: unsendable.or_else(|| {
            let reply = attempt.reply.as_ref();
            reply.map(|reply| (reply.code, reply.text.clone()))
        }),
        refused: attempt
            .recipients
            .iter()
            .filter(|(_, reply)| reply.code >= 400)
            .map(|(recipient, reply)| (recipient.clone(), reply.code, reply.text.clone()))
            .collect(),
    }
}
