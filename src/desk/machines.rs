//! What machines answer to our mails: a bounce and an absence are events, all else is recorded.
//!
//! Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::bind::Bound;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::Kind;
use crate::reader::address::Address;
use crate::rules::event::Event;
use crate::rules::saying::Party;
use crate::store::inbox::Disposition;

impl Work<'_> {
    /// A bounce or an automatic reply to one of our mails.
    pub(super) fn machine_answered(
        &mut self,
        mail: &Mail<'_>,
        bound: Bound,
    ) -> Result<Disposition, DeskError> {
        let Some(issued) = bound.issued.first() else {
            return Ok(ignored("a machine's mail, to none of ours"));
        };
        let about = issued.saying.clone();
        let introduction = bound.introduction;
        if introduction.is_forgotten() {
            return Ok(ignored("it answers an introduction that was erased"));
        }
        if about.party() == Some(Party::Target)
            && !self.went_to_target(issued.row, &introduction)?
        {
            return Ok(belongs("machine", &introduction));
        }
        let event = match (mail.reading.kind, about.party(), &mail.reading.bounce) {
            (Kind::Bounce, party, Some(bounce)) if bounce.permanent => {
                let recipient = bounce
                    .recipient
                    .as_deref()
                    .and_then(|text| Address::parse(text).ok())
                    .or_else(|| introduction.target.as_ref().map(|t| t.address.clone()));
                match (party, recipient) {
                    (Some(Party::Target), Some(recipient)) => {
                        Some(Event::TargetUnreachable { recipient })
                    }
                    (None, Some(recipient)) => Some(Event::IntroductionBounced { recipient }),
                    _ => None,
                }
            }
            (Kind::AutoReply, Some(Party::Target), _) => Some(Event::TargetAbsent),
            _ => None,
        };
        match event {
            Some(event) => {
                let introduction = self.step(introduction, event, &mail.detail())?;
                Ok(belongs("machine", &introduction))
            }
            None => Ok(belongs("machine", &introduction)),
        }
    }
}
