//! `askfirst show ID`: one introduction whole: who, consents with their evidence, and in the order of
//! time every mail, how it was read, what it led to, and why nothing else was sent.
//!
//! Fails where there is no such introduction.

mod next;
pub mod order;

use crate::cli::screen::{self, Screen, Tint};
use crate::cli::{Failure, desk_and_config, now_secs, print, quarantine};
use crate::desk::operator::Sending;
use crate::desk::views::{self, View};
use crate::reader::Proof;
use crate::reader::address::Person;
use crate::rules::consent::{ConnectorEvidence, MailEvidence, RequesterEvidence};
use crate::rules::introduction::{Stage, Way};
use crate::store::introductions::Chapter;
use crate::store::looks::{Received, Sent};
use jiff::tz::TimeZone;
use order::Piece;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// In front of what happened at a time.
const INDENT: usize = 20;
/// In front of what is said of a party.
const BESIDE_ROLE: usize = 13;
/// Below this there is no room for it.
const NARROW_COLUMNS: usize = 60;

/// What is needed to tell the story.
struct Teller<'a> {
    view: &'a View,
    screen: Screen,
    zone: &'a TimeZone,
    now: i64,
    sending: Sending,
}

pub fn run(config: Option<&Path>, id: i64, as_json: bool) -> Result<(), Failure> {
    let (desk, config) = desk_and_config(config)?;
    let view = desk.show(id)?.ok_or_else(|| {
        Failure::Failed(format!(
            "there is no introduction {id}; `askfirst list --all` shows all"
        ))
    })?;
    let now = now_secs();
    let teller = Teller {
        view: &view,
        screen: Screen::here(),
        zone: &config.bot.time_zone,
        now,
        sending: desk.sending_of(&view.introduction, now)?,
    };
    print(&match as_json {
        true => format!("{:#}\n", json_of(&view)),
        false => teller.text(),
    });
    Ok(())
}

pub(super) fn json_of(view: &View) -> Value {
    let introduction = &view.introduction;
    let person = |person: &Option<Person>| {
        person
            .as_ref()
            .map(|p| json!({"name": p.name, "address": p.address.key()}))
    };
    let time = |at: Option<i64>| at.map(views::rfc3339);
    let clock = &introduction.clock;
    json!({
        "id": introduction.id,
        "state": introduction.stage.name(),
        "way": introduction.way,
        "requester": person(&introduction.requester),
        "connector": person(&introduction.connector),
        "target": person(&introduction.target),
        "consents": introduction.consents,
        "created_at": views::rfc3339(introduction.created_at_secs),
        "updated_at": views::rfc3339(introduction.updated_at_secs),
        "due": {
            "reminder_at": time(clock.remind_at_secs),
            "close_at": time(clock.close_at_secs),
            "closing_at": time(clock.closing_at_secs),
            "ask_again_at": time(clock.again_at_secs),
            "introduce_at": time(clock.introduce_at_secs),
        },
        "story": view.story.iter().map(|chapter| json!({
            "at": views::rfc3339(chapter.at_secs),
            "event": chapter.event,
            "state": chapter.stage,
            "detail": chapter.detail,
        })).collect::<Vec<_>>(),
        "mails": view.mails.iter().map(sent_json).collect::<Vec<_>>(),
        "received": view.received.iter().map(quarantine::as_json).collect::<Vec<_>>(),
    })
}

pub(super) fn sent_json(mail: &Sent) -> Value {
    json!({
        "kind": mail.saying,
        "why": mail.why,
        "message_id": mail.message_id,
        "recipients": mail.recipients,
        "state": mail.state,
        "attempts": mail.attempts,
        "created_at": views::rfc3339(mail.created_at_secs),
        "settled_at": mail.settled_at_secs.map(views::rfc3339),
        "reply": mail.reply,
    })
}

impl Teller<'_> {
    fn text(&self) -> String {
        let introduction = &self.view.introduction;
        let state = introduction.stage.name().replace('_', " ");
        let tint = match introduction.stage {
            Stage::Introduced => Tint::Good,
            Stage::Declined | Stage::Closed | Stage::Cancelled | Stage::Undeliverable => Tint::Bad,
            Stage::WaitingForConnector
            | Stage::WaitingForRequester
            | Stage::Asked
            | Stage::Confirming
            | Stage::Deferred => Tint::Doubtful,
        };
        let mut text = format!(
            "Introduction {}: {}, begun {} ago\n\n",
            introduction.id,
            self.screen.tint(tint, &state),
            screen::span(self.now - introduction.created_at_secs)
        );
        let is_open = !introduction.stage.is_final();
        for (role, person) in [
            ("requester", &introduction.requester),
            ("connector", &introduction.connector),
            ("target", &introduction.target),
        ] {
            let who = self.screen.wrapped(&who(person, is_open), BESIDE_ROLE);
            let _ = writeln!(text, "  {role:<10} {who}");
        }
        let how = self.screen.wrapped(way(introduction.way), BESIDE_ROLE);
        let _ = writeln!(text, "  {:<10} {how}", "how");
        text += &self.title("Consents");
        text += &self.consents();
        let zone = self.zone.iana_name().unwrap_or("UTC");
        text += &self.title(&format!("Story (times of {zone})"));
        text += &self.story();
        text += &self.title("What comes next, and why nothing else was sent");
        for line in next::lines(introduction, &self.view.mails, self.sending, self.zone) {
            let _ = writeln!(text, "  - {}", self.screen.wrapped(&line, 4));
        }
        text
    }

    fn title(&self, title: &str) -> String {
        let title = self.screen.wrapped(title, 0);
        format!("\n{}\n", self.screen.tint(Tint::Strong, &title))
    }

    fn consents(&self) -> String {
        let consents = &self.view.introduction.consents;
        let connector = consents.connector.as_ref().map(|consent| {
            let evidence = match &consent.evidence {
                ConnectorEvidence::Mail(mail) => in_words(mail),
                ConnectorEvidence::Standing { rule } => {
                    vec![format!("standing, by the rule {rule}")]
                }
            };
            (consent.at_secs, evidence)
        });
        let requester = consents.requester.as_ref().map(|consent| {
            let evidence = match &consent.evidence {
                RequesterEvidence::Mail(mail) => in_words(mail),
                RequesterEvidence::Vouched { message_id } if message_id.is_empty() => {
                    vec!["vouched for by the connector, who passed the request on".to_owned()]
                }
                RequesterEvidence::Vouched { message_id } => vec![format!(
                    "vouched for by the connector, who passed the request on in {message_id}"
                )],
            };
            (consent.at_secs, evidence)
        });
        let target = consents
            .target
            .as_ref()
            .map(|consent| (consent.at_secs, in_words(&consent.evidence)));
        let mut text = String::new();
        for (role, consent) in [
            ("connector", connector),
            ("requester", requester),
            ("target", target),
        ] {
            let Some((at, evidence)) = consent else {
                let _ = writeln!(
                    text,
                    "  {role:<10} {}",
                    self.screen.tint(Tint::Faint, "not given")
                );
                continue;
            };
            let _ = writeln!(text, "  {role:<10} {}", screen::moment(at, self.zone));
            for line in evidence {
                let _ = writeln!(
                    text,
                    "  {:<10} {}",
                    "",
                    self.screen.wrapped(&line, BESIDE_ROLE)
                );
            }
        }
        text
    }

    /// What came, what it led to and what went, in the order in which it happened.
    fn story(&self) -> String {
        let mut text = String::new();
        let mut last = String::new();
        // Where there is no room beside it, the time has a line of its own.
        let narrow = self.screen.text_columns() < NARROW_COLUMNS;
        let indent = if narrow { 4 } else { INDENT };
        for (at, piece) in order::order(self.view) {
            let Some((head, more)) = self.told(piece) else {
                continue;
            };
            let time = screen::moment(at, self.zone);
            let shown = match (narrow, time == last) {
                (true, true) => String::new(),
                (true, false) => format!("  {time}\n"),
                (false, false) => format!("  {time}  "),
                (false, true) => " ".repeat(indent),
            };
            last = time;
            let margin = if narrow { indent } else { 0 };
            let head = self.screen.wrapped(&head, indent + 2);
            let _ = writeln!(text, "{shown}{}{head}", " ".repeat(margin));
            for line in more {
                let line = self.screen.wrapped(&line, indent + 2);
                let line = self.screen.tint(Tint::Faint, &line);
                let _ = writeln!(text, "{}{line}", " ".repeat(indent + 2));
            }
        }
        text
    }

    /// A line, and what is said below it.
    fn told(&self, piece: Piece) -> Option<(String, Vec<String>)> {
        match piece {
            Piece::Came(at) => self.view.received.get(at).map(received),
            Piece::Became(at) => self.view.story.get(at).map(became),
            Piece::Went(at) => self.view.mails.get(at).map(sent),
        }
    }
}

fn became(chapter: &Chapter) -> (String, Vec<String>) {
    let head = format!("* {}: {}", chapter.event, chapter.stage.replace('_', " "));
    let detail = views::reading_of(&chapter.event, &chapter.detail);
    let more = match detail.is_empty() {
        true => Vec::new(),
        false => vec![format!("because: {detail}")],
    };
    (head, more)
}

fn received(mail: &Received) -> (String, Vec<String>) {
    let (from, subject) = quarantine::head(mail);
    let from = match mail.raw.is_some() {
        true => format!(" from {from}"),
        false => String::new(),
    };
    let disposition = mail.disposition.as_deref().unwrap_or("not handled yet");
    let head = format!("< a mail{from}, taken as: {disposition}");
    let mut more = Vec::new();
    if mail.raw.is_some() {
        more.push(format!("\"{subject}\" in {}", mail.mailbox));
    }
    if let Some(id) = &mail.message_id {
        more.push(id.clone());
    }
    if !mail.reason.is_empty() {
        more.push(format!("because: {}", mail.reason));
    }
    (head, more)
}

fn sent(mail: &Sent) -> (String, Vec<String>) {
    let why = mail
        .why
        .as_deref()
        .map_or(String::new(), |why| format!(" ({})", why.replace('_', " ")));
    let head = format!(
        "> {}{why} to {}: {}",
        mail.saying.replace('_', " "),
        mail.recipients.join(", "),
        mail.state
    );
    let mut more = vec![mail.message_id.clone()];
    if let Some(reply) = mail.reply.as_ref().filter(|reply| !reply.is_empty()) {
        more.push(format!("server: {reply}"));
    }
    (head, more)
}

fn in_words(mail: &MailEvidence) -> Vec<String> {
    let words: Vec<&str> = mail.words.split_whitespace().collect();
    let proof = match mail.proof {
        Proof::Proven => "author proven",
        Proof::Unproven => "author unproven",
        Proof::Fails => "proof of the author fails",
    };
    // Where a party was forgotten, only the proof is left.
    let mut lines = vec![
        format!("own mail {}", mail.message_id)
            .trim_end()
            .to_owned(),
        match mail.proof_why.is_empty() {
            true => proof.to_owned(),
            false => format!("{proof}: {}", mail.proof_why),
        },
    ];
    if !words.is_empty() {
        lines.push(format!("\"{}\"", words.join(" ")));
    }
    lines
}

fn way(way: Way) -> &'static str {
    match way {
        Way::Forwarded => "the connector forwarded a request",
        Way::Answered => "the connector answered the requester, the bot in copy",
        Way::AskedByConnector => "the connector asked the target, the bot in copy",
        Way::Proposed => "the connector proposed the two",
        Way::Direct => "the requester wrote to the bot",
    }
}

fn who(person: &Option<Person>, is_open: bool) -> String {
    match person {
        Some(person) if person.name.is_empty() => person.address.to_string(),
        Some(person) => format!("{} <{}>", person.name, person.address),
        None if is_open => "not known yet".to_owned(),
        None => "not known".to_owned(),
    }
}
