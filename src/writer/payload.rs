//! What one saying carries besides its introduction: reasons, dates, choices, words of others.
//!
//! Cannot fail: a saying without a payload adds nothing, and a new one has to choose.

use crate::reader::address::Person;
use crate::reader::request::Choice;
use crate::rules::saying::{Alarm, AskedWhy, ConfirmWhy, HeldWhy, Saying};
use crate::writer::facts::{Facts, person, shown};
use crate::writer::{Voice, report, text};
use minijinja::value::Value;

/// Octets of an answer that is shown to the connector, or of a refusal to the requester.
const MAX_WORDS_OCTETS: usize = 2048;
/// Characters of somebody's words inside a sentence of ours.
const MAX_INLINE_CHARS: usize = 200;
/// Choices offered: a longer list helps nobody.
const MAX_CHOICES: usize = 20;
/// Characters of an error or a command inside an alarm.
const MAX_ALARM_CHARS: usize = 300;

/// What only this saying carries.
pub fn add(facts: &mut Facts, saying: &Saying, voice: &Voice<'_>) {
    match saying {
        Saying::ConfirmTarget { why } => {
            facts.set("why", confirm_why(why));
            let other = match why {
                ConfirmWhy::OtherAddress { address } => shown(address),
                _ => Value::from(()),
            };
            facts.set("other_address", other);
        }
        Saying::AcknowledgeLater { until_secs } => facts.set_date("until_date", *until_secs, voice),
        Saying::TooLate { introduced } => facts.set("introduced", *introduced),
        Saying::TellAsked { why } => facts.set("why", asked_why(*why)),
        Saying::TellUnclear { words } | Saying::Refuse { words } => said(facts, words),
        Saying::TellLater { until_secs, words } => {
            facts.set_date("until_date", *until_secs, voice);
            said(facts, words);
        }
        Saying::TellBounced {
            recipient,
            introduction,
        } => {
            facts.set("recipient", shown(recipient));
            facts.set("of_introduction", *introduction);
        }
        Saying::TellHeld { why } => facts.set("why", held_why(*why)),
        Saying::TellStands { .. } => stands(facts, saying, voice),
        Saying::TellRequesterSilent { declined } => facts.set("declined", *declined),
        Saying::WhichTarget { words, choices } => {
            facts.set("words", inline(words));
            let all: Vec<Value> = choices.iter().take(MAX_CHOICES).map(choice).collect();
            facts.set("choices", all);
        }
        Saying::Approve { proven } => facts.set("proven", *proven),
        Saying::WhoAsks { words } | Saying::WhichWish { words } => {
            facts.set("words", inline(words));
        }
        Saying::Report { report } => report::add(facts, report, voice),
        Saying::TooMany { own } => facts.set("own", *own),
        Saying::Acknowledge { closing_at_secs } => {
            facts.set_date("closing_date", *closing_at_secs, voice);
        }
        Saying::WhichConnector { connectors } => {
            let all = connectors.iter().take(MAX_CHOICES);
            let all: Vec<Value> = all.map(|one| person(Some(one), false)).collect();
            facts.set("connectors", all);
        }
        Saying::Alarm { what } => alarm(facts, what, voice),
        Saying::Probe
        | Saying::Ask
        | Saying::Reminder
        | Saying::Clarify
        | Saying::ThankNo
        | Saying::ConfirmStop
        | Saying::ConfirmStart
        | Saying::Introduction
        | Saying::TellDeclined
        | Saying::TellStopped
        | Saying::TellClosed
        | Saying::TellWithdrawn
        | Saying::ConfirmConnector
        | Saying::Closing
        | Saying::AskWords
        | Saying::Propose
        | Saying::StillInterested => {}
    }
}

fn stands(facts: &mut Facts, saying: &Saying, voice: &Voice<'_>) {
    let Saying::TellStands {
        stands,
        asked_at_secs,
        next_at_secs,
        close_at_secs,
    } = saying
    else {
        return;
    };
    facts.set("stands", stands.name());
    for (name, at_secs) in [
        ("asked_date", asked_at_secs),
        ("next_date", next_at_secs),
        ("close_date", close_at_secs),
    ] {
        facts.set(name, Value::from(()));
        if let Some(secs) = at_secs {
            facts.set_date(name, *secs, voice);
        }
    }
}

fn alarm(facts: &mut Facts, what: &Alarm, voice: &Voice<'_>) {
    let (name, at_secs) = match what {
        Alarm::NotReading { since_secs, .. } => ("not_reading", Some(*since_secs)),
        Alarm::ReadingAgain { since_secs } => ("reading_again", Some(*since_secs)),
        Alarm::SendingAgain { since_secs } => ("sending_again", Some(*since_secs)),
        Alarm::SignInEnds { until_secs, .. } => ("sign_in_ends", Some(*until_secs)),
        Alarm::SignInOver { .. } => ("sign_in_over", None),
    };
    facts.set("what", name);
    if let Some(secs) = at_secs {
        facts.set_moment("moment", secs, voice);
    }
    let (trouble, command) = match what {
        Alarm::NotReading { trouble, .. } => (trouble.as_str(), ""),
        Alarm::SignInEnds { command, .. } | Alarm::SignInOver { command } => ("", command.as_str()),
        Alarm::ReadingAgain { .. } | Alarm::SendingAgain { .. } => ("", ""),
    };
    facts.set("trouble", text::line(trouble, MAX_ALARM_CHARS));
    facts.set("command", text::line(command, MAX_ALARM_CHARS));
}

fn said(facts: &mut Facts, words: &str) {
    let block = text::block(words, MAX_WORDS_OCTETS);
    facts.set("has_words", !block.is_empty());
    facts.set("words_shortened", block.shortened);
    facts.boxes.insert("words", block);
}

fn confirm_why(why: &ConfirmWhy) -> &'static str {
    match why {
        ConfirmWhy::Unproven => "unproven",
        ConfirmWhy::OtherAddress { .. } => "other_address",
        ConfirmWhy::PassedOn => "passed_on",
        ConfirmWhy::Untied => "untied",
        ConfirmWhy::AfterNo => "after_no",
    }
}

fn asked_why(why: AskedWhy) -> &'static str {
    match why {
        AskedWhy::YouNamed => "you_named",
        AskedWhy::RequestNamed => "request_named",
        AskedWhy::DirectRequest => "direct_request",
        AskedWhy::AlwaysYes => "always_yes",
        AskedWhy::YouAgreed => "you_agreed",
        AskedWhy::YouPicked => "you_picked",
        AskedWhy::YouConfirmed => "you_confirmed",
        AskedWhy::YouAskedAgain => "you_asked_again",
    }
}

fn held_why(why: HeldWhy) -> &'static str {
    match why {
        HeldWhy::Stopped => "stopped",
        HeldWhy::Never => "never",
        HeldWhy::OtherStopped => "other_stopped",
        HeldWhy::ConnectorOften => "connector_often",
        HeldWhy::AskedOften => "asked_often",
        HeldWhy::AskedBefore => "asked_before",
        HeldWhy::Fuse => "fuse",
        HeldWhy::SaidNo => "said_no",
        HeldWhy::WordsGone => "words_gone",
    }
}

fn choice(choice: &Choice) -> Value {
    person(
        Some(&Person {
            name: choice.name.clone(),
            address: choice.address.clone(),
        }),
        false,
    )
}

fn inline(words: &str) -> Value {
    text::line(words, MAX_INLINE_CHARS).into()
}
