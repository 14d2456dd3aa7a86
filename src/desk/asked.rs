//! What only the outbox knows of an ask: whether this address had it already, and whether it has left.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::DeskError;
use crate::desk::work::Work;
use crate::rules::introduction::Introduction;
use crate::rules::report::Stands;
use crate::rules::saying::Saying;
use crate::store::outbox;

impl Work<'_> {
    /// The rules' saying, where it is true of the mails that were written.
    pub(super) fn as_it_left(
        &self,
        introduction: &Introduction,
        saying: Saying,
    ) -> Result<Saying, DeskError> {
        Ok(match saying {
            Saying::Ask if self.asked_already(introduction)? => Saying::Reminder,
            Saying::TellStands {
                stands: Stands::Asked,
                asked_at_secs,
                next_at_secs,
                close_at_secs,
            } if outbox::ask_waits(self.db, introduction.id)? => Saying::TellStands {
                stands: Stands::Unsent,
                asked_at_secs,
                next_at_secs,
                close_at_secs,
            },
            other => other,
        })
    }

    /// An address is asked once: who is named again after a bounce gets the ask as a reminder.
    fn asked_already(&self, introduction: &Introduction) -> Result<bool, DeskError> {
        let target = introduction.target.as_ref().map(|p| p.address.as_str());
        Ok(outbox::of_introduction(self.db, introduction.id)?
            .iter()
            .any(|mail| {
                mail.saying == "ask" && mail.recipients.first().map(String::as_str) == target
            }))
    }
}
