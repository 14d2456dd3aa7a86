//! What an introduction waits for, and why nothing else was sent, in sentences for the operator.
//!
//! Cannot fail: it says what the state and the clock hold, and guesses nothing.

use crate::cli::screen;
use crate::desk::operator::Sending;
use crate::rules::introduction::{Introduction, Stage, Way};
use crate::store::looks::Sent;
use jiff::tz::TimeZone;

pub fn lines(
    introduction: &Introduction,
    mails: &[Sent],
    sending: Sending,
    zone: &TimeZone,
) -> Vec<String> {
    let mut lines = stage(introduction, mails, zone);
    let clock = &introduction.clock;
    let at = |secs: i64| screen::moment(secs, zone);
    if !introduction.stage.is_final() {
        if let Some(remind) = clock
            .remind_at_secs
            .filter(|_| !introduction.asked.reminded)
        {
            lines.push(format!("The one reminder is due at {}.", at(remind)));
        } else if introduction.asked.reminded {
            lines.push("The one reminder has been used; there is no second.".to_owned());
        }
        if let Some(close) = clock.close_at_secs {
            lines.push(format!("Without an answer it closes at {}.", at(close)));
        }
    }
    lines.extend(requester(introduction, zone));
    let waiting = mails
        .iter()
        .filter(|mail| matches!(mail.state.as_str(), "queued" | "inflight" | "unknown"));
    let waiting = waiting.count();
    if waiting > 0 {
        let mails = screen::counted(waiting, "mail");
        lines.push(format!("In the queue: {mails}; `askfirst queue` says why."));
    }
    match sending {
        Sending::Runs => {}
        Sending::Paused => {
            lines.push("Sending is paused: nothing leaves until `askfirst resume`.".to_owned());
        }
        Sending::PausedByConnector => lines.push(
            "The connector has paused by mail: nothing about it leaves until they write \"resume\"."
                .to_owned(),
        ),
        Sending::Distrusted => lines.push(
            "Nothing leaves until `askfirst resume --trust-database`: mails of ours were seen that this database did not write.".to_owned(),
        ),
        Sending::Stopped { until_secs } => lines.push(format!(
            "The mail server refuses the bot: nothing leaves before {}.",
            at(until_secs)
        )),
    }
    lines
}

fn stage(introduction: &Introduction, mails: &[Sent], zone: &TimeZone) -> Vec<String> {
    let clock = &introduction.clock;
    let at = |secs: i64| screen::moment(secs, zone);
    let wrote = |saying: &str| mails.iter().rev().find(|mail| mail.saying == saying);
    let question = |sayings: &[&str]| {
        let asked = sayings.iter().find(|saying| wrote(saying).is_some());
        asked.map_or(String::new(), |saying| {
            format!(" They were asked {}.", asked_what(saying))
        })
    };
    let one = match introduction.stage {
        Stage::WaitingForConnector => format!(
            "The target has not been asked: the connector's word is missing.{}",
            question(&["approve", "confirm_connector", "which_target", "who_asks"])
        ),
        Stage::WaitingForRequester => format!(
            "The requester's word is missing.{}",
            question(&["still_interested", "propose", "ask_words", "which_connector", "which_wish"])
        ),
        Stage::Asked => match clock.introduce_at_secs {
            Some(due) => format!(
                "The target said yes; the introduction is held for a second thought until {}.",
                at(due)
            ),
            None if introduction.way == Way::AskedByConnector => {
                "The connector asked the target without the bot; the bot adds nothing and waits.".to_owned()
            }
            None => "The target was asked and has not answered yes or no.".to_owned(),
        },
        Stage::Confirming => {
            "The target's yes came in a way that needs one word from the asked address.".to_owned()
        }
        Stage::Deferred => match clock.again_at_secs {
            Some(due) => format!("The target said later; the ask goes out once more at {}.", at(due)),
            None => "The target said later.".to_owned(),
        },
        Stage::Introduced => match wrote("introduction") {
            Some(_) => "All three consents stand; the introduction was written once and is never written again.".to_owned(),
            None => "They write to each other already; nothing was left to send.".to_owned(),
        },
        Stage::Declined => {
            "The target said no. Only the connector was told; the requester is never told that it was a no.".to_owned()
        }
        Stage::Closed => closed(introduction, wrote("tell_held")),
        Stage::Cancelled => "It was called off: whoever did so does not want another mail about it.".to_owned(),
        Stage::Undeliverable => {
            "The ask could not be delivered. The connector was told and may answer with another address.".to_owned()
        }
    };
    vec![one]
}

/// A question of ours, as the operator would tell it.
fn asked_what(saying: &str) -> &'static str {
    match saying {
        "approve" => "whether the bot may ask",
        "confirm_connector" => "whether the mail in their name is theirs",
        "which_target" => "whom to ask",
        "who_asks" => "whose request it is",
        "still_interested" => "whether they are still interested",
        "propose" => "whether they would like to be introduced",
        "ask_words" => "for a paragraph in their own words",
        "which_connector" => "which connector is meant",
        _ => "whom they would like to meet",
    }
}

fn closed(introduction: &Introduction, held: Option<&Sent>) -> String {
    let why = held.and_then(|mail| mail.why.as_deref());
    match why {
        Some("stopped") => "The target was not asked: they want no such mail from this bot.",
        Some("never") => "The target was not asked: [pace] never or the connector's contacts say so.",
        Some("asked_often") => "The target was not asked: asks_per_target was reached in 30 days.",
        Some("asked_before") => {
            "The target was not asked: the same two were in an introduction not long ago (quiet_after), or are in one now."
        }
        Some("other_stopped") => "The target was not asked: the first of the two proposed people wants no mails.",
        Some("connector_often") => {
            "The target was not asked: as many asks as may go out in the connector's name in a day (asks_per_connector)."
        }
        Some("words_gone") => "The target was not asked again: the words of the request were erased (keep_bodies).",
        Some(_) => "The target was not asked: this introduction has cost enough mails.",
        None if introduction.clock.asked_at_secs.is_some() => {
            "The target did not answer in time. Nobody asks again by itself."
        }
        None => "What was asked of the connector or the requester was not answered in time.",
    }
    .to_owned()
}

/// What the requester hears, and when.
fn requester(introduction: &Introduction, zone: &TimeZone) -> Option<String> {
    if introduction.stage == Stage::Introduced {
        return None;
    }
    Some(match (introduction.asked.closing_sent, introduction.clock.closing_at_secs) {
        (true, _) => "The requester was told that it did not come together.".to_owned(),
        (false, Some(due)) => format!(
            "The requester hears at {} that it did not come together, unless a yes comes first: the same mail whatever the target did.",
            screen::moment(due, zone)
        ),
        (false, None) if introduction.way == Way::Direct => {
            "The requester is owed no closing: the mail was not proven to be theirs, or they know the end.".to_owned()
        }
        (false, None) => {
            "The requester did not write to the bot and hears nothing from it but an introduction.".to_owned()
        }
    })
}
