//! `askfirst show ID`: one introduction whole: who, consents with their evidence, mails, story.

use crate::cli::{Failure, desk, print};
use crate::desk::views::{self, View};
use crate::reader::address::Person;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

pub fn run(config: Option<&Path>, id: i64, as_json: bool) -> Result<(), Failure> {
    let view = desk(config)?.show(id)?.ok_or_else(|| {
        Failure::Failed(format!(
            "there is no introduction {id}; `askfirst list --all` shows all"
        ))
    })?;
    print(&match as_json {
        true => format!("{:#}\n", json_of(&view)),
        false => text_of(&view),
    });
    Ok(())
}

fn json_of(view: &View) -> Value {
    let introduction = &view.introduction;
    let person = |person: &Option<Person>| {
        person
            .as_ref()
            .map(|p| json!({"name": p.name, "address": p.address.key()}))
    };
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
        "story": view.story.iter().map(|chapter| json!({
            "at": views::rfc3339(chapter.at_secs),
            "event": chapter.event,
            "state": chapter.stage,
            "detail": chapter.detail,
        })).collect::<Vec<_>>(),
        "mails": view.mails.iter().map(|mail| json!({
            "kind": mail.saying,
            "message_id": mail.message_id,
            "recipients": mail.recipients,
            "state": mail.state,
            "attempts": mail.attempts,
            "created_at": views::rfc3339(mail.created_at_secs),
            "reply": mail.reply,
        })).collect::<Vec<_>>(),
    })
}

fn text_of(view: &View) -> String {
    let introduction = &view.introduction;
    let mut text = format!(
        "Introduction {}: {}\n\n",
        introduction.id,
        introduction.stage.name().replace('_', " ")
    );
    for (role, person) in [
        ("requester", &introduction.requester),
        ("connector", &introduction.connector),
        ("target", &introduction.target),
    ] {
        let _ = writeln!(text, "  {role:<10} {}", who(person));
    }
    text.push_str("\nConsents\n");
    for line in views::consents_in_words(&introduction.consents) {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str("\nMails\n");
    for mail in &view.mails {
        let _ = writeln!(
            text,
            "  {}  {:<18} {:<9} to {}",
            views::rfc3339(mail.created_at_secs),
            mail.saying,
            mail.state,
            mail.recipients.join(", ")
        );
    }
    text.push_str("\nStory\n");
    for chapter in &view.story {
        let _ = writeln!(
            text,
            "  {}  {} -> {}",
            views::rfc3339(chapter.at_secs),
            chapter.event,
            chapter.stage.replace('_', " ")
        );
        if !chapter.detail.is_empty() {
            let _ = writeln!(text, "      {}", chapter.detail);
        }
    }
    text
}

fn who(person: &Option<Person>) -> String {
    match person {
        Some(person) if person.name.is_empty() => person.address.to_string(),
        Some(person) => format!("{} <{}>", person.name, person.address),
        None => "not known yet".to_owned(),
    }
}
