//! Outcomes that nobody knows: which they are after a start, what is looked for as proof, and what follows from
//! what was found.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::rules::report::Report;
use crate::rules::retry::{self, Looked, OnUnknown, Resolution};
use crate::rules::saying::Saying;
use crate::store::{introductions, outbox};
use std::collections::HashSet;

/// A mail of which a copy would prove that it left.
pub struct Sought {
    pub id: i64,
    /// With angle brackets.
    pub message_id: String,
}

/// Such a mail is not looked at any more; far enough for every clock.
pub(super) const NEVER_SECS: i64 = i64::MAX / 4;

impl Desk {
    /// The mails of unknown outcome whose waiting time is over.
    pub fn unproven(&self, now_secs: i64) -> Result<Vec<Sought>, DeskError> {
        let unknown = outbox::in_state(self.store.reading(), "unknown")?;
        Ok(unknown
            .into_iter()
            .filter(|mail| mail.not_before_secs <= now_secs)
            .map(|mail| Sought {
                id: mail.id,
                message_id: mail.message_id,
            })
            .collect())
    }

    /// When the next of them will be looked for; none: there is none.
    pub fn next_proof_secs(&self) -> Result<Option<i64>, DeskError> {
        let unknown = outbox::in_state(self.store.reading(), "unknown")?;
        let times = unknown.iter().map(|mail| mail.not_before_secs);
        Ok(times.filter(|at| *at < NEVER_SECS).min())
    }

    /// Settles an unknown outcome by what was found.
    pub fn resolve(
        &mut self,
        id: i64,
        looked: Looked,
        policy: OnUnknown,
        now_secs: i64,
    ) -> Result<(), DeskError> {
        self.doing = "resolve";
        self.transact(now_secs, |work| {
            let Some(mail) = outbox::load(work.db, id)?.filter(|mail| mail.state == "unknown")
            else {
                // An answer or a copy came first.
                return Ok(());
            };
            let failed_looks = outbox::failed_looks(work.db, id)?;
            let resolution = retry::resolve(policy, looked, failed_looks);
            tracing::info!(outbox = id, ?looked, ?resolution, "an unknown outcome");
            match resolution {
                Resolution::Accepted => {
                    work.accepted(&mail, "a copy of it lies in the mailbox")?;
                    Ok(())
                }
                Resolution::SendAgain => work.wait_until(id, "queued", now_secs),
                Resolution::LookAgain { delay_secs } => {
                    outbox::count_failed_look(work.db, id)?;
                    work.wait_until(id, "unknown", now_secs + delay_secs)
                }
                Resolution::Leave => {
                    work.wait_until(id, "unknown", NEVER_SECS)?;
                    work.tell_unknown(&mail)
                }
            }
        })
    }
}

/// After a start: what was in flight may or may not have been accepted, unless it is known that it was never
/// begun.
pub(super) fn recover(work: &mut Work<'_>, untouched: &HashSet<i64>) -> Result<(), DeskError> {
    let in_flight = outbox::in_state(work.db, "inflight")?;
    if !in_flight.is_empty() {
        let never_begun = in_flight.iter().filter(|mail| untouched.contains(&mail.id));
        tracing::warn!(
            in_flight = in_flight.len(),
            never_begun = never_begun.count(),
            "the program ended with mails in flight"
        );
    }
    for mail in in_flight {
        if untouched.contains(&mail.id) {
            outbox::wait(work.db, mail.id, "queued", work.now_secs)?;
            continue;
        }
        outbox::count_unknown(work.db, mail.id)?;
        work.progress(
            mail.id,
            "unknown",
            work.now_secs + retry::UNKNOWN_WAIT_SECS,
            None,
        )?;
    }
    Ok(())
}

impl Work<'_> {
    fn wait_until(&self, id: i64, state: &str, not_before_secs: i64) -> Result<(), DeskError> {
        Ok(outbox::wait(self.db, id, state, not_before_secs)?)
    }

    /// The connector can ask the people, which we can't.
    fn tell_unknown(&mut self, mail: &outbox::Mail) -> Result<(), DeskError> {
        tracing::error!(
            outbox = mail.id,
            "nobody knows whether this mail arrived, and it is not sent again (resend_on_unknown)"
        );
        let matters = matches!(
            mail.saying.as_str(),
            "ask" | "confirm_target" | "introduction" | "propose" | "approve"
        );
        let introduction = mail.introduction.map(|id| introductions::load(self.db, id));
        let Some(introduction) = introduction.transpose()?.flatten().filter(|_| matters) else {
            return Ok(());
        };
        if introduction.connector.is_none() {
            return Ok(());
        }
        let report = Report::Uncertain {
            introduction: mail.saying == "introduction",
        };
        let saying = Saying::Report { report };
        match self.savepoint(|work| work.say(introduction, &saying)) {
            Err(DeskError::Write(error)) => {
                tracing::error!(outbox = mail.id, "and nobody can be told: {error}");
                Ok(())
            }
            told => Ok(introductions::save(self.db, &told?)?),
        }
    }
}
