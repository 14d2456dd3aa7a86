//! The loop from the desk to the mail server: take what is due, send it, report what became of it.
//!
//! A fault of the wire is reported like any attempt and judged by the rules; only a fault of the
//! desk ends the loop.

pub mod lines;

use crate::clerk::{AtHand, Begun, Clerk, Now, RunError};
use crate::deliver::lines::{Batch, Ended, Lines};
use crate::desk::post::Parcel;
use crate::desk::{Desk, DeskError};
use crate::failpoint;
use crate::lock::Lock;
use crate::pulse::Pulse;
use crate::rules::retry::{Attempt, Judgement, Phase};
use crate::rules::throttle::Throttle;
use crate::wire::error::WireError;
use crate::wire::smtp;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Mails taken at once; each is in flight until it is reported.
const MAX_BATCH: u32 = 200;
/// So many mails are no queue: nothing is taken ahead.
const FEW: usize = 20;
/// While others of a batch are still on their way, what became of one waits so long for theirs: they
/// share a commit.
const GATHER: Duration = Duration::from_millis(10);
/// Mails that were taken ahead, while others were sent, are as good as just taken for so long; then the
/// world may have changed, and they are taken anew.
const FRESH: Duration = Duration::from_secs(2);
/// With nothing due, the outbox is looked at after this at the latest (commands beside us write too).
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Between two looks at a server that refused us, while there is nothing to send.
const KNOCK_AGAIN: Duration = Duration::from_secs(60);

/// Mails that are being taken while others are sent, and since when.
type Ahead = (Begun<Vec<Parcel>>, Instant);

/// How a batch ended.
#[derive(PartialEq, Eq)]
enum Sent {
    AsFarAsWanted,
    /// The server refuses us.
    Halted,
}

pub struct Loop {
    pub clerk: Clerk,
    pub lines: Lines,
    /// `[smtp] per_minute`: what the server allows.
    pub throttle: Throttle,
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
        let mut looked = self.looked.clone();
        tokio::select! {
            _ = looked.wait_for(|looked| *looked) => {}
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        }
        if !self.dry_run && !self.throttle.is_set() {
            let ready = |desk: &mut Desk| {
                desk.send_at_once();
                Ok(())
            };
            self.clerk.ask(ready).await?;
        }
        let began = Instant::now();
        let mut knocked_at = began;
        let mut ahead = None;
        while !*self.stop.borrow() {
            let parcels = match self.at_hand().await? {
                Some(parcels) => parcels,
                None => match self.taken_ahead(ahead.take()).await? {
                    Some(parcels) => parcels,
                    None => match self.throttle.room(began.elapsed(), MAX_BATCH) {
                        0 => Vec::new(),
                        at_most => self.take(at_most)?.end().await?,
                    },
                },
            };
            self.throttle.count(began.elapsed(), parcels.len());
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
                    self.wait(self.throttle.pause(began.elapsed())).await?;
                }
                (false, true) => self.pretend(parcels).await?,
                (false, false) => {
                    // A long queue: the next ones are taken while these are sent, unless some lie there already.
                    let room = self.throttle.room(began.elapsed(), MAX_BATCH);
                    let has_next = ahead.is_some() || self.clerk.bell.has_at_hand();
                    if !has_next && parcels.len() > FEW && room > 0 {
                        ahead = Some((self.take(room)?, Instant::now()));
                    }
                    if self.send(parcels).await? == Sent::Halted {
                        self.give_back(ahead.take()).await?;
                        self.leave_at_hand().await?;
                    }
                }
            }
        }
        self.give_back(ahead).await?;
        self.lines.close(true).await;
        // Mail that arrives until the other loops have ended is for the next start.
        let now_secs = (self.now)();
        self.clerk
            .ask(move |desk| desk.send_later(now_secs))
            .await?;
        self.leave_at_hand().await
    }

    fn take(&self, at_most: u32) -> Result<Begun<Vec<Parcel>>, RunError> {
        let (now_secs, resend) = ((self.now)(), self.resend_unknown);
        self.clerk.begin(move |desk| {
            if resend {
                desk.retry_unknown(now_secs)?;
            }
            desk.take_due(at_most, now_secs)
        })
    }

    /// What the desk handed out to go at once; None: nothing, or too long ago.
    async fn at_hand(&self) -> Result<Option<Vec<Parcel>>, RunError> {
        match self.clerk.bell.take_at_hand() {
            Some(AtHand { parcels, since }) if since.elapsed() <= FRESH => Ok(Some(parcels)),
            Some(AtHand { parcels, .. }) => {
                self.put_off(parcels.iter().map(|parcel| parcel.id).collect())
                    .await?;
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// What was to go at once waits like all else. The desk does it: it may be handing out more just now.
    async fn leave_at_hand(&self) -> Result<(), RunError> {
        let (now_secs, bell) = ((self.now)(), self.clerk.bell.clone());
        let leave = move |desk: &mut Desk| {
            let left = bell.take_at_hand().map(|left| left.parcels);
            let ids: Vec<i64> = left.iter().flatten().map(|parcel| parcel.id).collect();
            desk.put_off(&ids, now_secs)
        };
        self.clerk.ask(leave).await
    }

    /// What was taken ahead; None: nothing, or too long ago.
    async fn taken_ahead(&self, ahead: Option<Ahead>) -> Result<Option<Vec<Parcel>>, RunError> {
        match ahead {
            Some((begun, at)) if at.elapsed() <= FRESH => Ok(Some(begun.end().await?)),
            other => {
                self.give_back(other).await?;
                Ok(None)
            }
        }
    }

    /// Mails that were taken ahead and are not sent now: they wait again.
    async fn give_back(&self, ahead: Option<Ahead>) -> Result<(), RunError> {
        let Some((begun, _)) = ahead else {
            return Ok(());
        };
        let parcels = begun.end().await?;
        self.put_off(parcels.iter().map(|parcel| parcel.id).collect())
            .await
    }

    async fn put_off(&self, ids: Vec<i64>) -> Result<(), RunError> {
        if ids.is_empty() {
            return Ok(());
        }
        let now_secs = (self.now)();
        self.clerk
            .ask(move |desk| desk.put_off(&ids, now_secs))
            .await
    }

    /// One login at the start: a wrong password is told now, not with the first mail.
    async fn try_the_door(&mut self) -> Result<(), RunError> {
        match self.knock().await {
            Err(error) if error.needs_operator() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// One login that sends nothing; the connection is kept for the first mail.
    async fn knock(&mut self) -> Result<(), WireError> {
        let connected = tokio::select! {
            connected = self.lines.try_one() => connected,
            () = crate::clerk::stopped(&mut self.stop) => return Ok(()),
        };
        match connected {
            Ok(()) => {
                tracing::info!("the mail server takes our mail");
                self.pulse.sends((self.now)());
                Ok(())
            }
            Err(error) => {
                tracing::warn!("sending mail: {error}");
                self.pulse.cannot_send(&error.to_string(), (self.now)());
                Err(error)
            }
        }
    }

    /// Until something may be due; `pause` is how long the throttle holds at least.
    async fn wait(&mut self, pause: Option<Duration>) -> Result<(), RunError> {
        let next = self.clerk.ask(|desk| desk.next_delivery_secs()).await?;
        let seconds = next.map(|next| (next - (self.now)()).max(0));
        let until = seconds
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(LONGEST_WAIT, |seconds| {
                Duration::from_secs(seconds).clamp(Duration::from_millis(200), LONGEST_WAIT)
            });
        let until = Instant::now() + pause.map_or(until, |pause| pause.min(LONGEST_WAIT));
        let until = self.lines.oldest().map_or(until, |old| until.min(old));
        tokio::select! {
            () = self.clerk.bell.outbox.notified(), if pause.is_none() => {}
            () = tokio::time::sleep_until(until) => {}
            () = crate::clerk::stopped(&mut self.stop) => {}
        }
        self.lines.close(false).await;
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
            let _ = self.report(vec![(parcel.id, attempt)]).await?;
        }
        Ok(())
    }

    /// Sends over several connections; what ended while the desk was busy is reported together.
    async fn send(&mut self, parcels: Vec<Parcel>) -> Result<Sent, RunError> {
        let batch = Batch::new(parcels);
        let (ended, mut attempts) = mpsc::unbounded_channel();
        let sending = self.lines.send(&batch, ended, &self.stop);
        let reporting = async {
            let mut group = Vec::new();
            while attempts.recv_many(&mut group, usize::MAX).await > 0 {
                let until = Instant::now() + GATHER;
                // What is not plainly accepted may stop the others: that is judged at once.
                let more = async {
                    while group.iter().all(Ended::is_accepted)
                        && attempts.recv_many(&mut group, usize::MAX).await > 0
                    {
                    }
                };
                // Over when the batch is, or the time.
                let _ = tokio::time::timeout_at(until, more).await;
                let group = std::mem::take(&mut group);
                if let Err(error) = self.account_for(&batch, group).await {
                    // What can't be written down is not begun either.
                    batch.halt();
                    return Err(error);
                }
            }
            Ok::<(), RunError>(())
        };
        let ((), reported) = tokio::join!(sending, reporting);
        reported?;
        if let Some(error) = batch.failure() {
            return Err(DeskError::Store(error).into());
        }
        // Mails that were taken and not tried wait again.
        let rest = batch.rest();
        let sent = match batch.is_halted() {
            true => Sent::Halted,
            false => Sent::AsFarAsWanted,
        };
        self.put_off(rest).await?;
        Ok(sent)
    }

    /// Reports what ended; a server that refuses us ends the batch.
    async fn account_for(&self, batch: &Batch, ended: Vec<Ended>) -> Result<(), RunError> {
        let attempts = ended.iter().map(|end| (end.id, end.attempt.clone()));
        let judgements = self.report(attempts.collect()).await?;
        for (end, judgement) in ended.iter().zip(&judgements) {
            self.take_note(end, judgement);
            if let Judgement::StopQueue { delay_secs } = judgement {
                tracing::error!(
                    delay_secs,
                    "the mail server refuses us, not this mail: sending waits"
                );
                batch.halt();
            }
        }
        Ok(())
    }

    /// Whether the server serves us; that it refuses one mail or one recipient says nothing against it.
    fn take_note(&self, end: &Ended, judgement: &Judgement) {
        let now_secs = (self.now)();
        let delivered = matches!(judgement, Judgement::Delivered);
        let about_us = matches!(judgement, Judgement::StopQueue { .. })
            || (end.trouble.is_some() && !delivered);
        match about_us {
            true => {
                let code = end.attempt.reply.as_ref().map(|(code, _)| code);
                let trouble = end.trouble.clone();
                let trouble = trouble.or_else(|| code.map(|code| format!("refused with {code}")));
                let trouble = format!("{}: {}", self.lines.at(), trouble.unwrap_or_default());
                self.pulse.cannot_send(&trouble, now_secs);
            }
            false => self.pulse.sends(now_secs),
        }
        if delivered {
            self.pulse.sent_one();
        }
    }

    async fn report(&self, attempts: Vec<(i64, Attempt)>) -> Result<Vec<Judgement>, RunError> {
        let now_secs = (self.now)();
        let judgements = self
            .clerk
            .ask(move |desk| desk.report_all(&attempts, now_secs))
            .await?;
        let wrote = |judgement: &Judgement| {
            matches!(judgement, Judgement::Refused { .. } | Judgement::TooLarge)
        };
        if judgements.iter().any(wrote) {
            // Mails may have been written because of it.
            self.clerk.bell.ring();
        }
        Ok(judgements)
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
