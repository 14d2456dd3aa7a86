//! What a yes is worth that comes after the target has refused or postponed.
//!
//! Fails towards one question more, and towards nothing where she asked for silence.

use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs};
use crate::reader::Verdict;
use crate::rules::event::{Answer, Event};
use crate::rules::introduction::{Introduction, Stage};
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;

/// What a yes is worth once the target has refused or postponed.
pub enum Assent {
    /// It answers what was asked.
    Consents,
    /// It may be a change of mind after a no: she is asked for one word.
    AfterNo,
    /// It may be one after a later, which stands until she says so.
    Unclear,
    /// It assents to what we told her.
    Nothing,
}

impl Work<'_> {
    /// A yes answers a question. Below a mail of ours that asks nothing it introduces nobody by itself, in
    /// whatever words, nor does one that was written before the no and came after it.
    pub(super) fn assent(
        &self,
        mail: &Mail<'_>,
        answers: &Saying,
        introduction: &Introduction,
    ) -> Result<Assent, DeskError> {
        let said_stop = match &introduction.target {
            Some(target) => self.said_stop(&target.address)?,
            None => false,
        };
        let has_words = mail.reading.text.contains(char::is_alphanumeric);
        let refused = introduction.clock.refused_at_secs;
        let older = refused.is_some_and(|at| mail.letter.date_secs.is_some_and(|date| date < at));
        let stage = introduction.stage;
        // It is over, or she has agreed since: such a yes introduces nobody by itself.
        let settled = stage.is_final() || introduction.consents.target.is_some();
        let in_words = has_words && !mail.reading.bare;
        let after_no = match has_words && !said_stop {
            true => Assent::AfterNo,
            false => Assent::Nothing,
        };
        Ok(match answers {
            Saying::ConfirmStop => Assent::Nothing,
            Saying::ThankNo => after_no,
            Saying::AcknowledgeLater { .. } if stage == Stage::Declined => after_no,
            Saying::AcknowledgeLater { .. } if in_words && settled => Assent::Consents,
            Saying::AcknowledgeLater { .. } if in_words => Assent::Unclear,
            Saying::AcknowledgeLater { .. } => Assent::Nothing,
            _ if older && matches!(stage, Stage::Declined | Stage::Confirming) => after_no,
            _ if older && stage == Stage::Deferred => Assent::Nothing,
            _ => Assent::Consents,
        })
    }

    /// A yes below a mail of ours that asked nothing: she is asked what she means by it.
    pub(super) fn assented(
        &mut self,
        mail: &Mail<'_>,
        introduction: Introduction,
    ) -> Result<Disposition, DeskError> {
        let answer = Answer {
            verdict: Verdict::Unclear,
            doubt: None,
            evidence: mail.evidence("a yes below a mail that asked nothing"),
            words: mail.reading.text.clone(),
            until_secs: None,
        };
        let introduction = self.step(introduction, Event::TargetSaid(answer), &mail.detail())?;
        Ok(belongs("answer", &introduction))
    }
}
