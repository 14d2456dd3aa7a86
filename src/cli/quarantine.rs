//! `askfirst quarantine`: mails that could not be handled: look at them, try again, give them up.
//!
//! What is shown of a mail is cleaned of what could steer a terminal.

use crate::cli::screen::{self, Screen};
use crate::cli::{Failure, desk, desk_with_people, now_secs, print};
use crate::desk::operator::Retried;
use crate::desk::views;
use crate::reader;
use crate::store::looks::Received;
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// Lines of a text that are shown; `--raw` gives all.
const MAX_LINES: usize = 40;

pub fn list(config: Option<&Path>, json: bool) -> Result<(), Failure> {
    let mails = desk(config)?.quarantine()?;
    if json {
        let lines: Vec<_> = mails.iter().map(as_json).collect();
        print(&format!("{:#}\n", serde_json::Value::from(lines)));
        return Ok(());
    }
    if mails.is_empty() {
        print("No mail is set aside.\n");
        return Ok(());
    }
    let (screen, now) = (Screen::here(), now_secs());
    let rows: Vec<Vec<String>> = mails
        .iter()
        .map(|mail| {
            let (from, subject) = head(mail);
            let age = screen::span(now - mail.arrived_at_secs);
            vec![mail.id.to_string(), age, from, subject, mail.reason.clone()]
        })
        .collect();
    let mut text = screen.table(
        &["mail", "age", "from", "subject", "why"],
        &[2, 3, 4],
        &rows,
    );
    text += "\n`askfirst quarantine show ID` looks at one, `retry ID` handles it again, `drop ID` gives it up.\n";
    print(&text);
    Ok(())
}

pub fn show(config: Option<&Path>, id: i64, raw: bool, json: bool) -> Result<(), Failure> {
    let mail = desk(config)?.received(id)?.ok_or_else(|| not_there(id))?;
    let bytes = mail.raw.as_deref();
    if raw {
        let bytes = bytes.ok_or_else(|| {
            Failure::Failed(format!(
                "the bytes of mail {id} were never fetched, or were dropped"
            ))
        })?;
        let _ = std::io::stdout().lock().write_all(bytes);
        return Ok(());
    }
    if json {
        print(&format!("{:#}\n", as_json(&mail)));
        return Ok(());
    }
    let screen = Screen::here();
    let (from, subject) = head(&mail);
    let reason = match mail.reason.is_empty() {
        true => "–".to_owned(),
        false => screen.wrapped(&mail.reason, 12),
    };
    let whole = match mail.complete {
        true => "",
        false => " (only the beginning was fetched)",
    };
    let mut text = format!(
        "Mail {id}\n\n  from      {from}\n  subject   {subject}\n  arrived   {} in {}\n  size      {} octets{whole}\n  id        {}\n  became    {}\n  why       {reason}\n  attempts  {}\n",
        views::rfc3339(mail.arrived_at_secs),
        mail.mailbox,
        mail.size,
        mail.message_id.as_deref().unwrap_or("–"),
        mail.disposition.as_deref().unwrap_or("not handled yet"),
        mail.attempts,
    );
    if let Some(bytes) = bytes {
        let letter = reader::open(bytes);
        let visible = reader::quote::visible(&letter);
        let lines: Vec<&str> = visible.lines().collect();
        text.push('\n');
        for line in lines.iter().take(MAX_LINES) {
            text += &format!("  | {line}\n");
        }
        if lines.len() > MAX_LINES {
            text += &format!(
                "  … {} more lines; --raw gives all\n",
                lines.len() - MAX_LINES
            );
        }
    }
    print(&text);
    Ok(())
}

pub fn retry(config: Option<&Path>, id: i64) -> Result<(), Failure> {
    let mut desk = desk_with_people(config)?;
    match desk.retry_mail(id, now_secs())? {
        Retried::NotThere => Err(not_there(id)),
        Retried::NotSetAside => Err(Failure::Failed(format!(
            "mail {id} is not set aside; `askfirst quarantine list` shows those that are"
        ))),
        Retried::FetchedAnew => {
            print(&format!(
                "Mail {id} was never fetched; the daemon asks for it again at its next look.\n"
            ));
            Ok(())
        }
        Retried::Handled {
            disposition,
            reason,
        } if disposition == "quarantined" => Err(Failure::Failed(format!(
            "mail {id} is set aside again: {reason}"
        ))),
        Retried::Handled {
            disposition,
            reason,
        } => {
            let reason = match reason.is_empty() {
                true => String::new(),
                false => format!(" ({reason})"),
            };
            print(&format!("Mail {id} was handled: {disposition}{reason}.\n"));
            Ok(())
        }
    }
}

pub fn drop(config: Option<&Path>, id: i64) -> Result<(), Failure> {
    match desk(config)?.drop_mail(id, now_secs())? {
        true => {
            print(&format!(
                "Mail {id} is given up, and its words are gone from the database. It still lies on the mail server.\n"
            ));
            Ok(())
        }
        false => Err(Failure::Failed(format!(
            "mail {id} is not set aside; `askfirst quarantine list` shows those that are"
        ))),
    }
}

fn not_there(id: i64) -> Failure {
    Failure::Failed(format!(
        "there is no mail {id}; `askfirst quarantine list` shows those that are set aside"
    ))
}

/// Author and subject, as far as they can be read.
pub fn head(mail: &Received) -> (String, String) {
    match &mail.raw {
        None => ("–".to_owned(), "–".to_owned()),
        Some(bytes) => {
            let letter = reader::open(bytes);
            let from = letter.from.person();
            let from = from.map_or("–".to_owned(), |person| person.address.key().to_owned());
            (from, letter.subject)
        }
    }
}

pub fn as_json(mail: &Received) -> serde_json::Value {
    let (from, subject) = head(mail);
    let known = mail.raw.is_some();
    json!({
        "id": mail.id,
        "mailbox": mail.mailbox,
        "message_id": mail.message_id,
        "arrived_at": views::rfc3339(mail.arrived_at_secs),
        "from": known.then_some(from),
        "subject": known.then_some(subject),
        "size": mail.size,
        "complete": mail.complete,
        "attempts": mail.attempts,
        "disposition": mail.disposition,
        "reason": mail.reason,
        "duplicate_of": mail.duplicate_of,
        "introduction": mail.introduction,
    })
}
