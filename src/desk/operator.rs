//! What the operator sees and settles: the queue, mails that were set aside, answers for the figures.
//!
//! Fails as the desk does: then nothing has happened.

use crate::desk::intake::MAX_ATTEMPTS;
use crate::desk::{Desk, DeskError};
use crate::rules::introduction::Introduction;
use crate::store::looks::{self, Received, Sent};
use crate::store::{introductions, people};

/// Whether mail goes out at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    Runs,
    /// By `pause`.
    Paused,
    /// By the connector's own "pause"; only what he is the connector of.
    PausedByConnector,
    /// Mails of ours were seen that this database did not write.
    Distrusted,
    /// The mail server refuses us; tried again at this time, in seconds since 1970.
    Stopped {
        until_secs: i64,
    },
}

/// What became of a mail that was to be handled again.
pub enum Retried {
    NotThere,
    NotSetAside,
    /// Its bytes were never fetched: the daemon tries it anew.
    FetchedAnew,
    /// Its disposition now, with its reason.
    Handled {
        disposition: String,
        reason: String,
    },
}

impl Desk {
    pub fn sending(&self, now_secs: i64) -> Result<Sending, DeskError> {
        let db = self.store.reading();
        if self.distrust()?.is_some() {
            return Ok(Sending::Distrusted);
        }
        if people::meta(db, "paused")?.is_some() {
            return Ok(Sending::Paused);
        }
        let until = people::meta(db, "queue_stopped")?.and_then(|until| until.parse().ok());
        Ok(match until.filter(|until| *until > now_secs) {
            Some(until_secs) => Sending::Stopped { until_secs },
            None => Sending::Runs,
        })
    }

    /// The same for the mails of one introduction, whose connector may have paused.
    pub fn sending_of(
        &self,
        introduction: &Introduction,
        now_secs: i64,
    ) -> Result<Sending, DeskError> {
        let sending = self.sending(now_secs)?;
        let paused = self.paused_by()?;
        let connector = introduction.connector.as_ref();
        let held = connector.is_some_and(|c| paused.iter().any(|one| one == c.address.key()));
        Ok(match sending {
            Sending::Runs if held => Sending::PausedByConnector,
            other => other,
        })
    }

    /// Our mails on their way out, oldest first, and what holds up each.
    pub fn queue_held(&self, now_secs: i64) -> Result<Vec<(Sent, Sending)>, DeskError> {
        let all = self.sending(now_secs)?;
        let mut queue = Vec::new();
        for mail in self.queue()? {
            let id = mail.introduction.filter(|_| mail.saying != "report");
            let introduction = id.map(|id| introductions::load(self.store.reading(), id));
            let sending = match introduction.transpose()?.flatten() {
                Some(introduction) => self.sending_of(&introduction, now_secs)?,
                None => all,
            };
            queue.push((mail, sending));
        }
        Ok(queue)
    }

    /// The addresses of connectors who have paused, each for himself.
    pub fn paused_by(&self) -> Result<Vec<String>, DeskError> {
        Ok(people::paused(self.store.reading())?)
    }

    /// Our mails on their way out, oldest first.
    pub fn queue(&self) -> Result<Vec<Sent>, DeskError> {
        Ok(looks::waiting(self.store.reading())?)
    }

    /// Mails that wait to be handled, because mail that nobody proved has caused enough for now.
    pub fn held(&self) -> Result<Vec<Received>, DeskError> {
        Ok(looks::held(self.store.reading())?)
    }

    pub fn quarantine(&self) -> Result<Vec<Received>, DeskError> {
        Ok(looks::quarantined(self.store.reading())?)
    }

    pub fn received(&self, id: i64) -> Result<Option<Received>, DeskError> {
        Ok(looks::received(self.store.reading(), id)?)
    }

    /// What targets said: introduction, when, event.
    pub fn answers_given(&self) -> Result<Vec<(i64, i64, String)>, DeskError> {
        Ok(looks::answers(self.store.reading())?)
    }

    /// Handles a mail again that was set aside.
    pub fn retry_mail(&mut self, id: i64, now_secs: i64) -> Result<Retried, DeskError> {
        let Some(mail) = self.received(id)? else {
            return Ok(Retried::NotThere);
        };
        if mail.disposition.as_deref() != Some("quarantined") {
            return Ok(Retried::NotSetAside);
        }
        if mail.raw.is_none() {
            self.transact(now_secs, |work| Ok(looks::fetch_anew(work.db, id)?))?;
            return Ok(Retried::FetchedAnew);
        }
        // Should it end this process, the daemon's next start does not try it again.
        self.transact(now_secs, |work| {
            Ok(looks::unsettle(work.db, id, MAX_ATTEMPTS)?)
        })?;
        self.handle(id, None, now_secs)?;
        Ok(match self.received(id)? {
            Some(Received {
                disposition: Some(disposition),
                reason,
                ..
            }) => Retried::Handled {
                disposition,
                reason,
            },
            _ => Retried::NotThere,
        })
    }

    /// Gives up a mail that was set aside; false: there is no such mail.
    pub fn drop_mail(&mut self, id: i64, now_secs: i64) -> Result<bool, DeskError> {
        self.transact(now_secs, |work| match looks::received(work.db, id)? {
            Some(mail) if mail.disposition.as_deref() == Some("quarantined") => {
                looks::give_up(work.db, id)?;
                Ok(true)
            }
            _ => Ok(false),
        })
    }
}
