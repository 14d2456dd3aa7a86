//! What the page shows, as JSON: clock, story, the introduction with its lamps, and the inboxes.
//!
//! Fails with a sentence when the desk does. Everything in it that came by mail is text for the page, never markup.

use crate::demo::mailboxes::Mail;
use crate::demo::page::acts::{Guide, PLAYERS, is_from};
use crate::demo::page::tales::Tale;
use crate::demo::village::BOT;
use crate::desk::views;
use crate::desk::views::View;
use crate::reader::Proof;
use crate::reader::address::Person;
use crate::rules::consent::{ConnectorEvidence, MailEvidence, RequesterEvidence};
use crate::rules::introduction::{Introduction, Stage};
use crate::writer::fill::Lines;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Characters of a mail's text that are shown; more is no demonstration.
const MAX_TEXT_SHOWN: usize = 20_000;
/// Mails of a folder that are shown, the newest: programs may send any number.
const MAX_MAILS_SHOWN: usize = 200;
/// Introductions that are shown, the newest.
const MAX_SHOWN: usize = 3;

/// Remembers mails that were taken apart already.
#[derive(Default)]
pub(super) struct Scribe {
    mails: HashMap<(&'static str, &'static str, u32), Value>,
}

impl Guide {
    /// The whole scene in one line.
    pub(super) async fn scene(&mut self) -> Result<String, String> {
        let seen = self.village.clerk.ask(|desk| {
            let mut views = Vec::new();
            for introduction in desk.list(true)?.iter().rev().take(MAX_SHOWN) {
                views.extend(desk.show(introduction.id)?);
            }
            Ok((views, desk.without_effect()?))
        });
        let (views, without_effect) = seen.await.map_err(|error| error.to_string())?;
        let now_secs = (self.now)();
        let steps = self.tale.steps();
        let told = self.step.checked_sub(1).and_then(|last| steps.get(last));
        let people: Vec<Value> = PLAYERS
            .iter()
            .map(|player| {
                json!({
                    "user": player.user,
                    "name": player.name,
                    "address": player.address,
                    "inbox": self.mails(player.user, "INBOX"),
                    "sent": self.mails(player.user, "Sent"),
                })
            })
            .collect();
        let scene = json!({
            "round": self.round,
            "clock": moment(now_secs),
            "bot": { "name": BOT.name, "address": BOT.address },
            "tales": Tale::ALL.map(|tale| json!({ "key": tale, "name": tale.name() })),
            "tale": {
                "key": self.tale,
                "step": self.step,
                "steps": steps.iter().map(|step| step.title).collect::<Vec<_>>(),
                "told": told.map(|step| step.told),
            },
            "people": people,
            "introductions": views.iter().map(introduction).collect::<Vec<_>>(),
            "without_effect": without_effect.iter().map(|(at, _, why)| json!({
                "at": moment(*at), "why": why,
            })).collect::<Vec<_>>(),
        });
        Ok(scene.to_string())
    }

    fn mails(&mut self, user: &'static str, folder: &'static str) -> Vec<Value> {
        let mails = self.village.mailboxes.mails(user, folder);
        mails
            .iter()
            .skip(mails.len().saturating_sub(MAX_MAILS_SHOWN))
            .map(|stored| {
                let key = (user, folder, stored.uid);
                self.scribe
                    .mails
                    .entry(key)
                    .or_insert_with(|| mail(stored))
                    .clone()
            })
            .collect()
    }
}

fn mail(stored: &Mail) -> Value {
    let letter = crate::reader::open(&stored.bytes);
    let text = crate::reader::quote::visible(&letter);
    let names = |people: &[Person]| {
        people
            .iter()
            .map(|person| person.called().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    json!({
        "uid": stored.uid,
        "at": day(stored.internal_date_secs),
        "from": letter.from.person().map_or("nobody in particular", |person| person.called()),
        "address": letter.from.person().map(|person| person.address.to_string()),
        "to": names(&letter.to),
        "cc": names(&letter.cc),
        "subject": letter.subject,
        "text": filled(text.trim()).chars().take(MAX_TEXT_SHOWN).collect::<String>(),
        "bot": is_from(&letter, &BOT),
    })
}

/// Without the breaks of a mail program: a phone has its own.
fn filled(text: &str) -> String {
    let lines = Lines::of(text.lines());
    let paragraphs = lines.paragraphs().map(|one| one.joined().into_owned());
    paragraphs.collect::<Vec<_>>().join("\n")
}

fn introduction(view: &View) -> Value {
    let affair = &view.introduction;
    let (what, when) = next(affair);
    json!({
        "id": affair.id,
        "state": affair.stage.name(),
        "requester": called(&affair.requester),
        "connector": called(&affair.connector),
        "target": called(&affair.target),
        "addresses": {
            "requester": address(&affair.requester),
            "connector": address(&affair.connector),
            "target": address(&affair.target),
        },
        "lamps": lamps(affair),
        "next": { "what": what, "when": when.map(moment) },
        "knows": knows(view),
        "story": view.story.iter().map(|chapter| json!({
            "at": moment(chapter.at_secs),
            "event": chapter.event,
            "state": chapter.stage,
            "detail": views::reading_of(&chapter.event, &chapter.detail),
        })).collect::<Vec<_>>(),
        "evidence": views::consents_in_words(&affair.consents),
    })
}

/// The three consents, in the order in which the people stand.
fn lamps(affair: &Introduction) -> Value {
    let consents = &affair.consents;
    let connector = called(&affair.connector);
    let requester = consents
        .requester
        .as_ref()
        .map(|consent| match &consent.evidence {
            RequesterEvidence::Mail(mail) => own_mail(mail, "own mail"),
            RequesterEvidence::Vouched { .. } => json!({
                "how": format!("Vouched for by {connector}, who passed the request on"),
                "words": "",
            }),
        });
    let by_connector = consents
        .connector
        .as_ref()
        .map(|consent| match &consent.evidence {
            ConnectorEvidence::Mail(mail) => own_mail(mail, "own mail"),
            ConnectorEvidence::Standing { rule } => json!({
                "how": format!("Standing consent, by the rule {rule} in the configuration"),
                "words": "",
            }),
        });
    let target = consents
        .target
        .as_ref()
        .map(|consent| own_mail(&consent.evidence, "own reply"));
    json!({ "requester": requester, "connector": by_connector, "target": target })
}

fn own_mail(mail: &MailEvidence, what: &str) -> Value {
    let proof = match mail.proof {
        Proof::Proven => "proven",
        Proof::Unproven => "author not proven",
        Proof::Fails => "the proof of the author fails",
    };
    let words: Vec<&str> = mail.words.split_whitespace().collect();
    json!({
        "how": format!("Their {what}, {proof}: {}", mail.proof_why),
        "words": words.join(" "),
    })
}

/// What happens next if nobody writes, and when.
fn next(affair: &Introduction) -> (String, Option<i64>) {
    let target = called(&affair.target);
    let requester = called(&affair.requester);
    let clock = &affair.clock;
    let soonest = |at: Option<i64>, other: Option<i64>| match (at, other) {
        (Some(at), Some(other)) => at < other,
        (at, None) => at.is_some(),
        (None, Some(_)) => false,
    };
    match affair.stage {
        Stage::Asked if clock.introduce_at_secs.is_some() => (
            "The introduction goes out.".to_owned(),
            clock.introduce_at_secs,
        ),
        Stage::Asked if soonest(clock.remind_at_secs, clock.close_at_secs) => (
            format!("{target} gets the one reminder, unless an answer comes first."),
            clock.remind_at_secs,
        ),
        Stage::Asked => (
            format!("The bot closes the matter, unless {target} answers first."),
            clock.close_at_secs,
        ),
        Stage::Confirming => (
            format!(
                "The bot waits for one word from {target}’s own mailbox until then, and otherwise closes the matter."
            ),
            clock.close_at_secs,
        ),
        Stage::Deferred => (format!("{target} is asked once more."), clock.again_at_secs),
        Stage::WaitingForConnector => (
            format!(
                "The bot waits until then for a word from {}.",
                called(&affair.connector)
            ),
            clock.close_at_secs,
        ),
        Stage::WaitingForRequester => (
            format!("The bot waits until then for a word from {requester}."),
            clock.close_at_secs,
        ),
        Stage::Introduced => (
            "Nothing. The bot has left; the conversation is theirs.".to_owned(),
            None,
        ),
        Stage::Declined | Stage::Closed | Stage::Cancelled | Stage::Undeliverable => {
            match clock.closing_at_secs {
                Some(at) if !affair.asked.closing_sent => (
                    format!("{requester} is told that it did not come together, as after silence."),
                    Some(at),
                ),
                _ => (
                    format!("Nothing. {requester} isn’t told whether it was a no or silence."),
                    None,
                ),
            }
        }
    }
}

/// Who was told what, by the mails that went out: the request, that the target was asked, the answer.
fn knows(view: &View) -> Value {
    let affair = &view.introduction;
    let told = |person: &Option<Person>, sayings: &[&str]| {
        person.as_ref().is_some_and(|person| {
            let address = person.address.to_string();
            view.mails.iter().any(|mail| {
                sayings.contains(&mail.saying.as_str()) && mail.recipients.contains(&address)
            })
        })
    };
    let answered = view.story.iter().any(|chapter| {
        chapter.event.starts_with("target:") && !chapter.event.contains("confirmed")
    });
    let asked = affair.clock.asked_at_secs.is_some();
    const OUTCOMES: [&str; 6] = [
        "introduction",
        "tell_declined",
        "tell_later",
        "tell_unclear",
        "tell_stopped",
        "tell_closed",
    ];
    let row = |person: &Option<Person>, target: bool| {
        let asked_known = target || told(person, &["tell_asked", "introduction"]);
        let answer_known = target || told(person, &OUTCOMES);
        json!({
            "asked": if asked { Some(asked_known) } else { None },
            "answer": if answered { Some(answer_known) } else { None },
        })
    };
    json!({
        "requester": row(&affair.requester, false),
        "connector": row(&affair.connector, false),
        "target": row(&affair.target, true),
    })
}

fn called(person: &Option<Person>) -> String {
    person
        .as_ref()
        .map_or("somebody", |person| person.called())
        .to_owned()
}

fn address(person: &Option<Person>) -> Option<&str> {
    person.as_ref().map(|person| person.address.as_str())
}

/// The same without its year, for where there is little room.
fn day(secs: i64) -> String {
    jiff::Timestamp::from_second(secs)
        .map(|time| time.strftime("%a %-d %b, %H:%M").to_string())
        .unwrap_or_default()
}

/// A moment as people say it, in UTC.
fn moment(secs: i64) -> String {
    jiff::Timestamp::from_second(secs)
        .map(|time| time.strftime("%a %-d %b %Y, %H:%M").to_string())
        .unwrap_or_default()
}
