//! What a yes is worth that comes after the target has refused or postponed.
//!
//! Fails towards one question more, and towards nothing where she asked for silence.

use crate::desk::mail::Mail;
use crate::rules::introduction::{Introduction, Stage};
use crate::rules::saying::Saying;

/// What a yes is worth once the target has refused or postponed.
pub enum Assent {
    /// It answers what was asked.
    Consents,
    /// It may be a change of mind: she is asked for one word.
    AfterNo,
    /// It assents to what we told her.
    Nothing,
}

/// "Yes please": so few words say not to what.
const FEW_WORDS: usize = 2;

/// A word like "fine" below a mail of ours that asks nothing, and a yes that was written before the no
/// and came after it, change nothing by themselves.
pub fn of(
    mail: &Mail<'_>,
    answers: &Saying,
    introduction: &Introduction,
    said_stop: bool,
) -> Assent {
    let text = &mail.reading.text;
    let has_words = text.contains(char::is_alphanumeric);
    let bare = mail.reading.bare || text.split_whitespace().count() <= FEW_WORDS;
    let below_thanks = bare && matches!(answers, Saying::ThankNo);
    let below_a_line = bare
        && matches!(
            answers,
            Saying::AcknowledgeLater { .. } | Saying::ConfirmStop
        );
    let refused = introduction.clock.refused_at_secs;
    let older = refused.is_some_and(|at| mail.letter.date_secs.is_some_and(|date| date < at));
    match introduction.stage {
        Stage::Declined if below_a_line => Assent::Nothing,
        Stage::Declined if below_thanks || older => match has_words {
            true if !said_stop => Assent::AfterNo,
            _ => Assent::Nothing,
        },
        Stage::Deferred if below_a_line || older => Assent::Nothing,
        _ => Assent::Consents,
    }
}
