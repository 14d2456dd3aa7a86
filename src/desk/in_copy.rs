//! A connector's mail to one person with the bot in copy, and no request below.
//!
//! "I'll ask Carol" makes its reader the requester, whose words are missing yet. Nothing else is guessed:
//! the connector hears, once a day, what would have told us more. Fails with a [`DeskError`].

use crate::desk::house::Connector;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::address::Person;
use crate::reader::request::promise;
use crate::reader::{Forwarded, Proof};
use crate::rules::introduction::Way;
use crate::rules::report::Report;
use crate::store::inbox::Disposition;
use crate::store::{inbox, introductions};

impl Work<'_> {
    pub(super) fn wrote_in_copy(
        &mut self,
        mail: &Mail<'_>,
        connector: &Connector,
        person: &Person,
    ) -> Result<Disposition, DeskError> {
        // In the thread of an introduction that is known: people talk.
        let mut ids = mail.letter.in_reply_to.clone();
        ids.extend(mail.letter.references.iter().cloned());
        if let Some(id) = inbox::introduction_of(self.db, &ids)?.first()
            && let Some(introduction) = introductions::load(self.db, *id)?
        {
            return Ok(belongs("noted", &introduction));
        }
        let text = mail.reading.text.trim();
        let promised = promise::as_wish(text);
        let wish = self.wish(&promised, std::slice::from_ref(&person.address), connector)?;
        if promised != text && (!wish.targets.is_empty() || wish.gap.is_some()) {
            let wordless = wordless(person);
            return self.passed_request(mail, connector, Way::Answered, &wordless);
        }
        if mail.reading.proof == Proof::Proven {
            self.tell_once(mail, "in copy", Report::InCopy)?;
        }
        Ok(ignored(
            "a connector's mail to somebody, without a request below",
        ))
    }
}

/// A request of which only its author is known.
fn wordless(person: &Person) -> Forwarded {
    let mut request = Forwarded::default();
    request.from.address = Some(person.address.clone());
    request.from.name = Some(person.name.clone()).filter(|name| !name.is_empty());
    request
}
