//! Stop and start: what people want of this bot, in no matter which introduction.
//!
//! Only a person's own mail changes it: bound by a secret, or proven.

use crate::desk::bind::Bound;
use crate::desk::launch::blank;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, ignored};
use crate::reader::address::Person;
use crate::reader::command::{self, Command};
use crate::reader::{Proof, Verdict};
use crate::rules::introduction::Way;
use crate::rules::manners::NOTICE_PAUSE_SECS;
use crate::rules::saying::{Party, Saying};
use crate::store::inbox::Disposition;
use crate::store::{outbox, people};

impl Work<'_> {
    /// Lifts the author's stop; false: he had said none.
    pub(super) fn stop_taken_back(&mut self, mail: &Mail<'_>) -> Result<bool, DeskError> {
        let Some(from) = mail.from().cloned() else {
            return Ok(false);
        };
        let mut lifted = false;
        for address in self.house.addresses_of(&from) {
            lifted |= people::unwish(self.db, &self.person_hash(&address), "stop")?;
        }
        Ok(lifted)
    }

    /// Somebody who was asked in the place of whom the introduction is about now: nothing he says
    /// decides on it, but a stop is kept.
    pub(super) fn former_target_answered(
        &mut self,
        mail: &Mail<'_>,
        bound: &Bound,
    ) -> Result<Disposition, DeskError> {
        let strange = "it answers a mail that was not sent to its author";
        let Some(author) = mail.letter.from.person().cloned() else {
            return Ok(ignored(strange));
        };
        let mut was_asked = false;
        for issued in &bound.issued {
            let sent = outbox::by_secret(self.db, issued.row)?;
            let to = sent.and_then(|sent| sent.recipients.into_iter().next());
            was_asked |= issued.saying.party() == Some(Party::Target)
                && to.is_some_and(|to| to == author.address.as_str());
        }
        if !was_asked || mail.fails() || mail.verdict() != Verdict::Stop {
            return Ok(ignored(strange));
        }
        // We wrote to him: no brake on strangers' mail may put his wish off.
        self.claimed = None;
        self.keep_stop(mail, &author)
    }

    fn keep_stop(&mut self, mail: &Mail<'_>, author: &Person) -> Result<Disposition, DeskError> {
        let person = self.person_hash(&author.address);
        people::wish(self.db, &person, "stop", self.now_secs)?;
        self.confirm_wish(mail, author, &Saying::ConfirmStop)
    }

    /// "Stop" or "start" in a mail that answers none of ours, from somebody who is proven.
    pub(super) fn wishes_of_his_own(
        &mut self,
        mail: &Mail<'_>,
        author: &Person,
    ) -> Result<Option<Disposition>, DeskError> {
        let mut to = mail.letter.to.iter().chain(&mail.letter.cc);
        let to_bot = to.any(|person| self.house.is_bot(&person.address));
        if mail.reading.proof != Proof::Proven || !to_bot {
            return Ok(None);
        }
        if mail.verdict() == Verdict::Stop {
            return self.keep_stop(mail, author).map(Some);
        }
        let starts = command::read(&mail.reading.text) == Some(Command::Start);
        if starts && self.stop_taken_back(mail)? {
            return self
                .confirm_wish(mail, author, &Saying::ConfirmStart)
                .map(Some);
        }
        Ok(None)
    }

    /// At most once a day (RFC 3834 section 2).
    fn confirm_wish(
        &mut self,
        mail: &Mail<'_>,
        author: &Person,
        saying: &Saying,
    ) -> Result<Disposition, DeskError> {
        let person = self.person_hash(&author.address);
        let (pause, now) = (NOTICE_PAUSE_SECS, self.now_secs);
        let connector = self.house.connectors.first().and_then(|c| c.person());
        let may = !mail.junk
            && connector.is_some()
            && people::may_notify(self.db, &person, saying.name(), pause, now)?;
        if may {
            let mut nobody = blank(Way::Direct, now);
            nobody.target = Some(author.clone());
            nobody.connector = connector;
            let id = mail.letter.message_id.clone().unwrap_or_default();
            nobody.threads.target.push(&id, &mail.letter.subject);
            self.say(nobody, saying)?;
        }
        Ok(Disposition {
            name: "wish",
            reason: String::new(),
            introduction: None,
            duplicate_of: None,
        })
    }
}
