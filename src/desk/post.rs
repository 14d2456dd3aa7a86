//! The way out: mails that are due, what became of each attempt, and copies of ours that were seen.

use crate::desk::last_look::LastLook;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError, copies};
use crate::reader::address::Address;
use crate::rules::event::Event;
use crate::rules::retry::{self, Attempt, Judgement, Phase};
use crate::store::outbox::{self, Progress, Which};
use crate::store::{introductions, people};

/// A mail to be handed to the server now; it is stored as in flight.
#[derive(Clone)]
pub struct Parcel {
    pub id: i64,
    pub envelope_from: String,
    pub recipients: Vec<String>,
    pub bytes: Vec<u8>,
}

/// The key of `meta` that names the last mail refused at MAIL, until one is accepted.
const MAIL_REFUSED: &str = "mail_refused";
/// So many mails at hand are no backlog.
const FEW: usize = 20;
/// Mails that wait to be sent before no more are read: a few batches, so that neither side idles.
const MAX_WAITING: u32 = 2_000;
impl Desk {
    /// Takes the mails that are due, at most so many, and marks them as in flight: committed before
    /// the first byte is sent.
    pub fn take_due(&mut self, at_most: u32, now_secs: i64) -> Result<Vec<Parcel>, DeskError> {
        let which = sending(self.store.reading(), now_secs)?;
        if which != Some(Which::All) {
            self.put_back(now_secs)?;
        }
        let Some(which) = which else {
            return Ok(Vec::new());
        };
        let mut parcels = self.take_at_hand(at_most, now_secs)?;
        let room = at_most.saturating_sub(u32::try_from(parcels.len()).unwrap_or(u32::MAX));
        // A few at hand are all there is: they go at once, without a look at the queue.
        let are_few = !parcels.is_empty() && parcels.len() < FEW;
        if are_few
            || room == 0
            || outbox::due(self.store.reading(), now_secs, 1, &which)?.is_empty()
        {
            return Ok(parcels);
        }
        self.doing = "take";
        let taken = self.transact(now_secs, |work| work.take(room, &which))?;
        self.note_taken(&taken)?;
        parcels.extend(taken);
        Ok(parcels)
    }

    /// Mails that were taken to be sent, and of which nothing was: they wait again.
    pub fn put_off(&mut self, ids: &[i64], now_secs: i64) -> Result<(), DeskError> {
        if ids.is_empty() {
            return Ok(());
        }
        self.doing = "put off";
        self.transact(now_secs, |work| {
            for id in ids {
                if outbox::load(work.db, *id)?.is_some_and(|mail| mail.state == "inflight") {
                    outbox::wait(work.db, *id, "queued", now_secs)?;
                }
            }
            Ok(())
        })
    }

    /// Whether so much waits to be sent that no more should be taken in for now. Never while sending
    /// is stopped: then mail is read all the same.
    pub fn is_outbox_full(&self, now_secs: i64) -> Result<bool, DeskError> {
        let db = self.store.reading();
        let waiting = outbox::waiting(db, now_secs, MAX_WAITING)?;
        Ok(waiting >= MAX_WAITING && sending(db, now_secs)? == Some(Which::All))
    }

    /// When the outbox wants to be looked at next; None: it is empty.
    pub fn next_delivery_secs(&self) -> Result<Option<i64>, DeskError> {
        let db = self.store.reading();
        let due = outbox::next_due_secs(db, &unpaused(db)?)?;
        let until = people::meta(db, "queue_stopped")?.and_then(|until| until.parse::<i64>().ok());
        if people::meta(db, "distrust")?.is_some() {
            return Ok(None);
        }
        Ok(due.map(|due| due.max(until.unwrap_or(due))))
    }

    /// What the wire made of a parcel.
    pub fn report(
        &mut self,
        id: i64,
        attempt: &Attempt,
        now_secs: i64,
    ) -> Result<Judgement, DeskError> {
        let mut judged = self.report_all(&[(id, attempt.clone())], now_secs)?;
        Ok(judged.pop().unwrap_or(Judgement::Delivered))
    }

    /// The same for several, in one commit; the judgements stand in their order.
    pub fn report_all(
        &mut self,
        attempts: &[(i64, Attempt)],
        now_secs: i64,
    ) -> Result<Vec<Judgement>, DeskError> {
        self.doing = "report";
        self.transact_each(now_secs, |work| {
            let each = attempts.iter();
            each.map(|(id, attempt)| work.judge_surely(*id, attempt))
                .collect()
        })
    }

    /// The operator has mended what stopped the queue (a password, a sign-in): it is tried at once.
    pub fn send_again(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            people::set_meta(work.db, "queue_stopped", None)?;
            Ok(outbox::hurry(work.db, now_secs)?)
        })
    }

    /// Mails of an unknown outcome whose waiting time is over go out again: the same bytes under the
    /// same Message-ID.
    pub fn retry_unknown(&mut self, now_secs: i64) -> Result<(), DeskError> {
        let unknown = outbox::in_state(self.store.reading(), "unknown")?;
        if unknown.iter().all(|mail| mail.not_before_secs > now_secs) {
            return Ok(());
        }
        self.transact(now_secs, |work| {
            for mail in unknown
                .iter()
                .filter(|mail| mail.not_before_secs <= now_secs)
            {
                work.progress(mail.id, "queued", now_secs, None)?;
            }
            Ok(())
        })
    }
}

/// Which mails may leave now; None: none.
pub(super) fn sending(
    db: &rusqlite::Connection,
    now_secs: i64,
) -> Result<Option<Which>, DeskError> {
    let until = people::meta(db, "queue_stopped")?.and_then(|until| until.parse::<i64>().ok());
    if people::meta(db, "distrust")?.is_some() || until.is_some_and(|until| until > now_secs) {
        return Ok(None);
    }
    Ok(Some(unpaused(db)?))
}

/// What neither the operator's pause nor a connector's own holds back.
fn unpaused(db: &rusqlite::Connection) -> Result<Which, DeskError> {
    if people::meta(db, "paused")?.is_some() {
        return Ok(Which::Reports);
    }
    let by = people::meta(db, people::PAUSED_BY)?;
    Ok(by.map_or(Which::All, Which::AllBut))
}

fn blank_progress(state: &str, not_before_secs: i64) -> Progress<'_> {
    Progress {
        state,
        not_before_secs,
        phase: None,
        reply: None,
        provider_id: None,
        counts: false,
    }
}

impl Work<'_> {
    /// Marks what is due as in flight, and takes out what is not wanted any more.
    pub(super) fn take(&mut self, at_most: u32, which: &Which) -> Result<Vec<Parcel>, DeskError> {
        let mut parcels = Vec::new();
        for mail in outbox::due(self.db, self.now_secs, at_most, which)? {
            if self.is_unwanted(&LastLook::at(&mail))? {
                self.take_out(mail.id)?;
                continue;
            }
            let Some(bytes) = outbox::bytes(self.db, mail.id)? else {
                tracing::error!(
                    outbox = mail.id,
                    "a mail that waits has no bytes: it is taken out"
                );
                self.take_out(mail.id)?;
                continue;
            };
            outbox::wait(self.db, mail.id, "inflight", self.now_secs)?;
            parcels.push(Parcel {
                id: mail.id,
                envelope_from: mail.envelope_from,
                recipients: mail.recipients,
                bytes,
            });
        }
        Ok(parcels)
    }

    pub(super) fn take_out(&self, id: i64) -> Result<(), DeskError> {
        self.call_off(id, "refused")
    }

    pub(super) fn call_off(&self, id: i64, state: &str) -> Result<(), DeskError> {
        let progress = Progress {
            reply: Some("called off before it was sent"),
            ..blank_progress(state, self.now_secs)
        };
        Ok(outbox::advance(self.db, id, &progress, self.now_secs)?)
    }

    pub(super) fn progress(
        &self,
        id: i64,
        state: &str,
        not_before_secs: i64,
        attempt: Option<&Attempt>,
    ) -> Result<(), DeskError> {
        let stopped = state == "stopped";
        let state = if stopped { "queued" } else { state };
        let reply = attempt
            .and_then(|attempt| attempt.reply.as_ref())
            .map(|(code, text)| format!("{code} {text}"));
        let provider_id = (state == "accepted")
            .then(|| reply.as_deref().and_then(provider_id))
            .flatten();
        let progress = Progress {
            state,
            not_before_secs,
            phase: attempt.map(|attempt| attempt.phase.name()),
            reply: reply.as_deref(),
            provider_id: provider_id.as_deref(),
            // Who was refused for what we are, and not for itself, gets no nearer to its end.
            counts: attempt.is_some() && !stopped,
        };
        Ok(outbox::advance(self.db, id, &progress, self.now_secs)?)
    }

    fn judge_surely(&mut self, id: i64, attempt: &Attempt) -> Result<Judgement, DeskError> {
        match self.savepoint(|work| work.judge(id, attempt)) {
            // What became of it is kept, though nobody can be told: else it would be sent for ever.
            Err(DeskError::Write(error)) => {
                tracing::error!(outbox = id, "refused, and nobody can be told: {error}");
                self.progress(id, "refused", self.now_secs, Some(attempt))?;
                Ok(Judgement::Refused { recipient: None })
            }
            other => other,
        }
    }

    fn judge(&mut self, id: i64, attempt: &Attempt) -> Result<Judgement, DeskError> {
        // If it is not in flight, an answer to it came before the server's last word, and is the better witness.
        let standing = outbox::standing(self.db, id)?;
        let Some(standing) = standing.filter(|standing| standing.in_flight) else {
            return Ok(Judgement::Delivered);
        };
        let now = self.now_secs;
        let another = people::meta(self.db, MAIL_REFUSED)?;
        let age_secs = now - standing.created_at_secs;
        let history = retry::History {
            attempts: standing.attempts,
            age_secs,
            mail_refused_before: attempt.phase == Phase::Mail
                && outbox::ended_in(self.db, id, Phase::Mail.name())?,
            another_refused: another
                .as_ref()
                .is_some_and(|other| *other != id.to_string()),
        };
        let judgement = retry::judge(attempt, history);
        // Most are delivered, and nothing more is asked of them.
        let mail = match judgement {
            Judgement::Delivered if age_secs <= copies::LATE_SECS => None,
            _ => outbox::load(self.db, id)?,
        };
        let judgement = match (judgement, &mail) {
            (Judgement::TooLarge, Some(mail)) if self.shorten(mail)? => {
                self.progress(id, "superseded", now, Some(attempt))?;
                return Ok(Judgement::TooLarge);
            }
            (Judgement::TooLarge, _) => Judgement::Refused { recipient: None },
            (other, _) => other,
        };
        if attempt.phase == Phase::Mail && !matches!(judgement, Judgement::Delivered) {
            people::set_meta(self.db, MAIL_REFUSED, Some(&id.to_string()))?;
        }
        tracing::info!(outbox = id, phase = attempt.phase.name(), outcome = ?Outcome(&judgement), "an attempt at delivery ended");
        match &judgement {
            Judgement::Delivered => {
                people::set_meta(self.db, "queue_stopped", None)?;
                if another.is_some() {
                    people::set_meta(self.db, MAIL_REFUSED, None)?;
                }
                self.progress(id, "accepted", now, Some(attempt))?;
                if let Some(mail) = &mail {
                    self.begin_late(mail, now)?;
                }
            }
            Judgement::TryLater { delay_secs } => {
                self.progress(id, "queued", now + delay_secs, Some(attempt))?;
            }
            Judgement::Unknown => {
                outbox::count_unknown(self.db, id)?;
                let wait = now + retry::unknown_wait_secs(standing.attempts);
                self.progress(id, "unknown", wait, Some(attempt))?;
            }
            Judgement::StopQueue { delay_secs } => {
                let until = (now + delay_secs).to_string();
                people::set_meta(self.db, "queue_stopped", Some(&until))?;
                self.progress(id, "stopped", now + delay_secs, Some(attempt))?;
            }
            Judgement::TooLarge => {}
            Judgement::Refused { recipient } => {
                self.progress(id, "refused", now, Some(attempt))?;
                if let Some(mail) = &mail {
                    self.undelivered(mail, recipient.as_deref())?;
                }
            }
        }
        Ok(judgement)
    }

    /// A mail that will never arrive is an event of its introduction.
    fn undelivered(
        &mut self,
        mail: &outbox::Mail,
        recipient: Option<&str>,
    ) -> Result<(), DeskError> {
        let introduction = mail.introduction.map(|id| introductions::load(self.db, id));
        let Some(introduction) = introduction.transpose()?.flatten() else {
            return Ok(());
        };
        let first = mail.recipients.first().map(String::as_str);
        let Some(recipient) = recipient
            .or(first)
            .and_then(|text| Address::parse(text).ok())
        else {
            return Ok(());
        };
        let event = match mail.saying.as_str() {
            "introduction" => Event::IntroductionBounced { recipient },
            "ask" | "reminder" | "clarify" | "confirm_target" => {
                Event::TargetUnreachable { recipient }
            }
            _ => return Ok(()),
        };
        self.step(introduction, event, "refused by the mail server")?;
        Ok(())
    }
}

/// For the log: no addresses.
struct Outcome<'a>(&'a Judgement);

impl std::fmt::Debug for Outcome<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Judgement::Delivered => "delivered",
            Judgement::TryLater { .. } => "try later",
            Judgement::Refused { .. } => "refused",
            Judgement::Unknown => "unknown",
            Judgement::TooLarge => "too large",
            Judgement::StopQueue { .. } => "queue stopped",
        })
    }
}

/// The id that a relay says it gave the mail, where its reply has one in angle brackets (SES, and
/// Exchange, rewrite ours).
fn provider_id(reply: &str) -> Option<String> {
    let (_, rest) = reply.split_once('<')?;
    let (id, _) = rest.split_once('>')?;
    let plausible = id.contains('@') && id.len() < 200 && !id.contains(char::is_whitespace);
    plausible.then(|| format!("<{id}>"))
}
