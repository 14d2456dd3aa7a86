//! The last look at a mail before it leaves: it waited, and the world has gone on.
//!
//! Fails with a [`DeskError`]; then nothing leaves.

use crate::desk::DeskError;
use crate::desk::work::Work;
use crate::rules::introduction::{Outline, Stage};
use crate::store::{introductions, outbox, people};

/// What a last look before a mail leaves needs of it.
pub(super) struct LastLook<'a> {
    pub(super) id: i64,
    pub(super) introduction: Option<i64>,
    pub(super) saying: &'a str,
    pub(super) recipients: &'a [String],
}

impl LastLook<'_> {
    pub(super) fn at(mail: &outbox::Mail) -> LastLook<'_> {
        LastLook {
            id: mail.id,
            introduction: mail.introduction,
            saying: &mail.saying,
            recipients: &mail.recipients,
        }
    }
}

impl Work<'_> {
    /// The last look before a mail leaves: a question to a target that waited in the queue while the
    /// introduction was called off, or while he asked to be left alone; and whatever would go to others
    /// than it was written for, or introduces without three consents.
    pub(super) fn is_unwanted(&self, mail: &LastLook<'_>) -> Result<bool, DeskError> {
        let question = matches!(
            mail.saying,
            "ask" | "reminder" | "clarify" | "confirm_target"
        );
        let looked_at = question || mail.saying == "introduction";
        let introduction = mail.introduction.filter(|_| looked_at);
        let introduction = introduction.map(|id| introductions::outline(self.db, id));
        let Some(introduction) = introduction.transpose()?.flatten() else {
            return Ok(looked_at);
        };
        if !is_meant(mail, &introduction) {
            tracing::error!(
                outbox = mail.id,
                "not sent: it would go to others than it was written for"
            );
            return Ok(true);
        }
        let target = introduction.target.as_ref().filter(|_| question);
        let stopped = match target {
            Some(target) => people::wishes(self.db, &self.person_hash(&target.address), "stop")?,
            None => false,
        };
        Ok(stopped || (question && is_past(mail.saying, &introduction)))
    }
}

/// Whether what became of the introduction while a question waited has answered it.
fn is_past(saying: &str, introduction: &Outline) -> bool {
    let answered = match introduction.stage {
        Stage::Asked | Stage::Confirming => introduction.consents.target.is_some(),
        Stage::WaitingForRequester | Stage::Deferred => true,
        Stage::WaitingForConnector => false,
        Stage::Introduced
        | Stage::Declined
        | Stage::Closed
        | Stage::Cancelled
        | Stage::Undeliverable => return true,
    };
    answered && matches!(saying, "ask" | "reminder")
}

/// Whether a mail to the target, or the introduction, goes to the people of its introduction and nobody
/// else, as they are known now.
fn is_meant(mail: &LastLook<'_>, introduction: &Outline) -> bool {
    let people = match mail.saying {
        "introduction" if !introduction.consents.all_stand() => return false,
        "introduction" => vec![
            &introduction.requester,
            &introduction.target,
            &introduction.connector,
        ],
        _ => vec![&introduction.target],
    };
    let meant = people.iter().map(|person| {
        let person = person.as_ref();
        person.map(|person| person.address.as_str())
    });
    meant.eq(mail.recipients.iter().map(|text| Some(text.as_str())))
}
