//! What the templates may say: people, dates and bounded words, each cleaned on its way in.
//!
//! Fails softly: what is not known is `none`, and a template that uses it anyway is an error there.

use crate::reader::address::{Address, Person};
use crate::reader::request::Choice;
use crate::rules::consent::ConnectorEvidence;
use crate::rules::introduction::{Introduction, Way};
use crate::rules::saying::{AskedWhy, ConfirmWhy, HeldWhy, Party, Saying};
use crate::writer::text::{self, Block};
use crate::writer::{Thread, Voice, manner};
use minijinja::value::Value;
use std::collections::BTreeMap;

/// Octets of the requester's words in an ask: about two screens of a phone.
const MAX_REQUEST_OCTETS: usize = 4096;
/// Octets of them in the introduction: enough to remember what it is about; the ask had more.
const MAX_CONTEXT_OCTETS: usize = 1500;
/// Octets of an answer that is shown to the connector, or of a refusal to the requester.
const MAX_WORDS_OCTETS: usize = 2048;
/// Characters of somebody's words inside a sentence of ours.
const MAX_INLINE_CHARS: usize = 200;
/// Attachments named, choices offered, lines of a report: a longer list helps nobody.
const MAX_NAMED: usize = 10;
const MAX_CHOICES: usize = 20;
const MAX_REPORT_LINES: usize = 200;
const MAX_REPORT_CHARS: usize = 300;

pub struct Facts {
    pub values: BTreeMap<&'static str, Value>,
    pub boxes: BTreeMap<&'static str, Block>,
}

/// Everything a template of this saying may use.
pub fn gather(
    saying: &Saying,
    introduction: &Introduction,
    thread: Option<&Thread>,
    voice: &Voice<'_>,
    token: &str,
) -> Facts {
    let mut facts = Facts {
        values: BTreeMap::new(),
        boxes: BTreeMap::new(),
    };
    let manner = manner::of(saying);
    let direct = introduction.way == Way::Direct;
    let standing = introduction
        .consents
        .connector
        .as_ref()
        .is_some_and(|consent| matches!(consent.evidence, ConnectorEvidence::Standing { .. }));
    let closing = introduction.clock.closing_at_secs;
    // No template can spell an address that its reader is not owed (FAULTS V6): the requester never
    // sees the target's, and of two proposed people neither sees the other's.
    let to_target = saying.party() == Some(Party::Target);
    let namesakes =
        first_name(introduction.requester.as_ref()) == first_name(introduction.target.as_ref());
    let requester = match introduction.way {
        Way::Proposed if to_target => hidden(introduction.requester.as_ref()),
        _ => person(introduction.requester.as_ref(), namesakes),
    };
    let target = match saying.party() {
        Some(Party::Requester) => hidden(introduction.target.as_ref()),
        _ => person(introduction.target.as_ref(), namesakes),
    };
    for (name, value) in [
        ("requester", requester),
        ("connector", person(introduction.connector.as_ref(), false)),
        ("target", target),
        (
            "bot",
            text::line(voice.called(), text::MAX_NAME_CHARS).into(),
        ),
        ("bot_address", clean(voice.bot.as_str())),
        ("direct", direct.into()),
        ("proposed", (introduction.way == Way::Proposed).into()),
        ("standing", standing.into()),
        ("closing_sent", introduction.asked.closing_sent.into()),
        ("closing_date", date(closing, voice)),
        ("close_date", date(introduction.clock.close_at_secs, voice)),
        (
            "created_date",
            date(Some(introduction.created_at_secs), voice),
        ),
        (
            "code",
            if manner.expects_answer {
                token.into()
            } else {
                Value::from(())
            },
        ),
        ("connectors_name", manner.in_connectors_name.into()),
        (
            "introduction",
            matches!(saying, Saying::Introduction).into(),
        ),
        ("later", (manner.taps == manner::Taps::YesNoLater).into()),
        ("taps", (manner.taps != manner::Taps::None).into()),
        ("to_target", to_target.into()),
        (
            "thread_subject",
            thread.map_or(Value::from(()), |t| subject(&t.subject)),
        ),
    ] {
        facts.values.insert(name, value);
    }
    request(&mut facts, saying, introduction);
    payload(&mut facts, saying, voice);
    facts
}

/// The requester's words, or nothing.
fn request(facts: &mut Facts, saying: &Saying, introduction: &Introduction) {
    let max = match saying {
        Saying::Introduction => MAX_CONTEXT_OCTETS,
        _ => MAX_REQUEST_OCTETS,
    };
    let Some(request) = &introduction.request else {
        facts.values.insert("request", Value::from(()));
        return;
    };
    let block = text::block(&request.words, max);
    let named: Vec<Value> = request
        .attachments
        .iter()
        .take(MAX_NAMED)
        .map(|name| clean(name))
        .collect();
    let value = minijinja::context! {
        subject => subject(&request.subject),
        date => clean(&request.date),
        has_words => !block.lines.is_empty(),
        shortened => block.shortened,
        attachments => named,
        more_attachments => request.attachments.len().saturating_sub(MAX_NAMED),
    };
    facts.values.insert("request", value);
    facts.boxes.insert("request", block);
}

/// What only this saying carries.
fn payload(facts: &mut Facts, saying: &Saying, voice: &Voice<'_>) {
    match saying {
        Saying::ConfirmTarget { why } => {
            let (name, other) = match why {
                ConfirmWhy::Unproven => ("unproven", Value::from(())),
                ConfirmWhy::OtherAddress { address } => ("other_address", shown(address)),
                ConfirmWhy::PassedOn => ("passed_on", Value::from(())),
                ConfirmWhy::Untied => ("untied", Value::from(())),
            };
            facts.values.insert("why", name.into());
            facts.values.insert("other_address", other);
        }
        Saying::AcknowledgeLater { until_secs } => {
            facts
                .values
                .insert("until_date", date(Some(*until_secs), voice));
        }
        Saying::TooLate { introduced } => {
            facts.values.insert("introduced", (*introduced).into());
        }
        Saying::TellAsked { why } => {
            let name = match why {
                AskedWhy::YouNamed => "you_named",
                AskedWhy::RequestNamed => "request_named",
                AskedWhy::DirectRequest => "direct_request",
                AskedWhy::YouAgreed => "you_agreed",
            };
            facts.values.insert("why", name.into());
        }
        Saying::TellUnclear { words } | Saying::Refuse { words } => said(facts, words),
        Saying::TellLater { until_secs, words } => {
            facts
                .values
                .insert("until_date", date(Some(*until_secs), voice));
            said(facts, words);
        }
        Saying::TellBounced {
            recipient,
            introduction,
        } => {
            facts.values.insert("recipient", shown(recipient));
            facts
                .values
                .insert("of_introduction", (*introduction).into());
        }
        Saying::TellHeld { why } => {
            let name = match why {
                HeldWhy::Stopped => "stopped",
                HeldWhy::AskedOften => "asked_often",
                HeldWhy::AskedBefore => "asked_before",
                HeldWhy::Fuse => "fuse",
            };
            facts.values.insert("why", name.into());
        }
        Saying::TellRequesterSilent { declined } => {
            facts.values.insert("declined", (*declined).into());
        }
        Saying::WhichTarget { words, choices } => {
            facts.values.insert("words", inline(words));
            let all: Vec<Value> = choices.iter().take(MAX_CHOICES).map(choice).collect();
            facts.values.insert("choices", all.into());
        }
        Saying::Approve { proven } => {
            facts.values.insert("proven", (*proven).into());
        }
        Saying::WhoAsks { words } | Saying::WhichWish { words } => {
            facts.values.insert("words", inline(words));
        }
        Saying::Report { title, lines } => {
            facts.values.insert("title", subject(title));
            let all: Vec<Value> = lines
                .iter()
                .take(MAX_REPORT_LINES)
                .map(|line| text::line(line, MAX_REPORT_CHARS).into())
                .collect();
            facts.values.insert("lines", all.into());
        }
        Saying::Acknowledge { closing_at_secs } => {
            facts
                .values
                .insert("closing_date", date(Some(*closing_at_secs), voice));
        }
        Saying::WhichConnector { connectors } => {
            let all: Vec<Value> = connectors
                .iter()
                .take(MAX_CHOICES)
                .map(|connector| person(Some(connector), false))
                .collect();
            facts.values.insert("connectors", all.into());
        }
        Saying::Ask
        | Saying::Reminder
        | Saying::Clarify
        | Saying::ThankNo
        | Saying::ConfirmStop
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

fn said(facts: &mut Facts, words: &str) {
    let block = text::block(words, MAX_WORDS_OCTETS);
    facts
        .values
        .insert("has_words", (!block.lines.is_empty()).into());
    facts
        .values
        .insert("words_shortened", block.shortened.into());
    facts.boxes.insert("words", block);
}

fn first_name(person: Option<&Person>) -> Option<String> {
    person.map(|person| text::line(person.first_name(), text::MAX_NAME_CHARS))
}

/// `in_full`: two Alices in one mail are told apart by their whole names.
fn person(person: Option<&Person>, in_full: bool) -> Value {
    let Some(person) = person else {
        return Value::from(());
    };
    // A name may hold nothing but what is cut; then the address serves.
    let clean = Person {
        name: text::line(&person.name, text::MAX_NAME_CHARS),
        address: person.address.clone(),
    };
    let address = text::line(clean.address.as_str(), usize::MAX);
    let full = match clean.name.as_str() {
        "" => address.clone(),
        name => format!("{name} <{address}>"),
    };
    minijinja::context! {
        name => text::line(clean.called(), text::MAX_NAME_CHARS),
        first => match in_full {
            true => text::line(clean.called(), text::MAX_NAME_CHARS),
            false => text::line(clean.first_name(), text::MAX_NAME_CHARS),
        },
        address,
        full,
    }
}

/// Somebody whose address the reader is not owed: the name, or not even that.
fn hidden(person: Option<&Person>) -> Value {
    let Some(person) = person else {
        return Value::from(());
    };
    let mut name = text::line(&person.name, text::MAX_NAME_CHARS);
    if name.is_empty() || name.contains('@') {
        name = "somebody I know".to_owned();
    }
    let first = name.split(' ').next().unwrap_or_default().to_owned();
    minijinja::context! { first => first, full => name.clone(), name => name }
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

fn clean(text: &str) -> Value {
    text::line(text, text::MAX_NAME_CHARS).into()
}

fn subject(text: &str) -> Value {
    text::line(text, text::MAX_NAME_CHARS).into()
}

fn inline(words: &str) -> Value {
    text::line(words, MAX_INLINE_CHARS).into()
}

fn shown(address: &Address) -> Value {
    text::line(address.as_str(), usize::MAX).into()
}

/// "Tuesday, 8 December 2026" where the connector lives.
fn date(secs: Option<i64>, voice: &Voice<'_>) -> Value {
    secs.and_then(|secs| jiff::Timestamp::from_second(secs).ok())
        .map(|at| at.to_zoned_datetime(voice.time_zone.clone()))
        .map_or(Value::from(()), |day| {
            day.strftime("%A, %-d %B %Y").to_string().into()
        })
}
