//! The connector's hand by mail: status, pause, help; and an honest line where we did not understand.

use crate::desk::launch::blank;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::command::Command;
use crate::rules::introduction::{Introduction, Stage, Way};
use crate::rules::manners::NOTICE_PAUSE_SECS;
use crate::rules::report::{Awaits, Open, Pause, Report};
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;
use crate::store::{introductions, outbox, people};
use std::collections::BTreeSet;

/// Lines of a status by mail; more is what `askfirst list` is for.
const MAX_STATUS_LINES: usize = 40;
const DAY_SECS: i64 = 86_400;

impl Work<'_> {
    /// An order of a connector whose mail is proven or carries a secret of his.
    pub(super) fn obey(
        &mut self,
        mail: &Mail<'_>,
        order: &Command,
    ) -> Result<Disposition, DeskError> {
        let report = match order {
            Command::Status => self.status(mail)?,
            Command::Help => Report::Help,
            Command::Pause => {
                self.pause(mail, true)?;
                Report::Paused
            }
            Command::Resume | Command::Start => {
                self.pause(mail, false)?;
                Report::Running {
                    pause: self.pause_of(mail)?,
                }
            }
            Command::Cancel | Command::AskAgain | Command::Numbers(_) => Report::WhichOne,
        };
        self.report(mail, report)
    }

    /// Whether the author is the connector of this introduction; no other answers what he is asked.
    pub(super) fn is_its_connector(&self, mail: &Mail<'_>, introduction: &Introduction) -> bool {
        match (&introduction.connector, mail.from()) {
            (Some(connector), Some(from)) => self.house.same_connector(&connector.address, from),
            _ => false,
        }
    }

    /// A connector's word holds back or frees what he is the connector of; the operator's pause is
    /// not his to end.
    fn pause(&mut self, mail: &Mail<'_>, paused: bool) -> Result<(), DeskError> {
        let own = mail.from().and_then(|from| self.house.connector(from));
        let mut all: BTreeSet<String> = people::paused(self.db)?.into_iter().collect();
        for address in own.iter().flat_map(|connector| &connector.addresses) {
            match paused {
                true => all.insert(address.key().to_owned()),
                false => all.remove(address.key()),
            };
        }
        Ok(people::set_paused(self.db, &Vec::from_iter(all))?)
    }

    fn pause_of(&self, mail: &Mail<'_>) -> Result<Pause, DeskError> {
        if people::meta(self.db, "paused")?.is_some() {
            return Ok(Pause::Everything);
        }
        let from = mail.from().map(|from| from.key());
        let own = people::paused(self.db)?;
        Ok(match own.iter().any(|one| Some(one.as_str()) == from) {
            true => Pause::Own,
            false => Pause::None,
        })
    }

    fn report(&mut self, mail: &Mail<'_>, report: Report) -> Result<Disposition, DeskError> {
        let author = mail.letter.from.person();
        let Some(author) =
            author.filter(|a| !mail.junk && self.house.connector(&a.address).is_some())
        else {
            return Ok(ignored("an order from nobody who may give one"));
        };
        let mut nobody = blank(Way::Forwarded, self.now_secs);
        nobody.connector = Some(author.clone());
        let id = mail.letter.message_id.clone().unwrap_or_default();
        nobody.threads.connector.push(&id, &mail.letter.subject);
        self.say(nobody, &Saying::Report { report })?;
        Ok(Disposition {
            name: "order",
            reason: String::new(),
            introduction: None,
            duplicate_of: None,
        })
    }

    fn status(&self, mail: &Mail<'_>) -> Result<Report, DeskError> {
        let mut open = introductions::list(self.db, false)?;
        open.retain(|introduction| self.is_its_connector(mail, introduction));
        // What waits for him comes first, then the oldest.
        open.sort_by_key(|i| (i.stage != Stage::WaitingForConnector, i.created_at_secs));
        let more = open.len().saturating_sub(MAX_STATUS_LINES);
        let rows = open.iter().take(MAX_STATUS_LINES);
        let mut told = Vec::new();
        for one in rows {
            let unsent = outbox::ask_waits(self.db, one.id)?;
            told.extend(self.row(one, unsent));
        }
        Ok(Report::Status {
            open: told,
            more,
            pause: self.pause_of(mail)?,
        })
    }

    /// None: it is over.
    fn row(&self, introduction: &Introduction, unsent: bool) -> Option<Open> {
        let clock = &introduction.clock;
        let awaits = match introduction.stage {
            Stage::WaitingForConnector => Awaits::Connector,
            Stage::WaitingForRequester => Awaits::Requester,
            Stage::Asked if clock.introduce_at_secs.is_some() => Awaits::SecondThought,
            Stage::Asked if unsent => Awaits::TargetUnsent,
            Stage::Asked if introduction.asked.reminded => Awaits::TargetReminded,
            Stage::Asked => Awaits::Target,
            Stage::Confirming => Awaits::TargetConfirming,
            Stage::Deferred => Awaits::TargetLater,
            Stage::Introduced
            | Stage::Declined
            | Stage::Closed
            | Stage::Cancelled
            | Stage::Undeliverable => return None,
        };
        let created = introduction.created_at_secs;
        let since_secs = match awaits {
            Awaits::Connector | Awaits::Requester => created,
            _ => clock.asked_at_secs.unwrap_or(created),
        };
        Some(Open {
            id: introduction.id,
            requester: introduction.requester.clone(),
            target: introduction.target.clone(),
            awaits,
            days: (self.now_secs - since_secs).max(0) / DAY_SECS,
            again_at_secs: clock.again_at_secs,
        })
    }

    /// A connector's answer that fits no question: one line of help a day, the mail is kept.
    pub(super) fn not_understood(
        &mut self,
        mail: &Mail<'_>,
        introduction: Introduction,
    ) -> Result<Disposition, DeskError> {
        introductions::save(self.db, &introduction)?;
        self.tell_once(mail, "help", Report::NotUnderstood)?;
        Ok(belongs("not understood", &introduction))
    }

    /// A connector's mail that asks for nothing we can do.
    pub(super) fn unknown_wish(&mut self, mail: &Mail<'_>) -> Result<Disposition, DeskError> {
        if mail.reading.proof == crate::reader::Proof::Proven {
            self.tell_once(mail, "help", Report::NotUnderstood)?;
        }
        Ok(ignored("a connector's mail that names nobody"))
    }

    /// What explains and does nothing is told once a day.
    pub(super) fn tell_once(
        &mut self,
        mail: &Mail<'_>,
        what: &str,
        report: Report,
    ) -> Result<(), DeskError> {
        let Some(from) = mail.from() else {
            return Ok(());
        };
        let person = self.person_hash(from);
        if people::may_notify(self.db, &person, what, NOTICE_PAUSE_SECS, self.now_secs)? {
            self.report(mail, report)?;
        }
        Ok(())
    }
}
