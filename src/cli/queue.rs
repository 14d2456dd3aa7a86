//! `askfirst queue`: our mails on their way out: what waits, why, and when it is tried next.
//!
//! Fails where there is no database yet.

use crate::cli::screen::{self, Screen, Tint};
use crate::cli::{Failure, desk_and_config, now_secs, print};
use crate::desk::operator::Sending;
use crate::desk::views;
use crate::store::looks::Sent;
use serde_json::json;
use std::path::Path;

/// What is due and still lies there this long after: no daemon runs, or it can't.
const OVERDUE_SECS: i64 = 120;

pub fn run(config: Option<&Path>, json: bool) -> Result<(), Failure> {
    let (desk, config) = desk_and_config(config)?;
    let now = now_secs();
    let sending = desk.sending(now)?;
    let queue = desk.queue_held(now)?;
    if json {
        print(&format!("{:#}\n", as_json(&queue, sending, now)));
        return Ok(());
    }
    let screen = Screen::here();
    let mut text = String::new();
    if let Some(silence) = desk.silence(now)? {
        let line = screen.wrapped(&silence, 0);
        text += &format!("{}\n\n", screen.tint(Tint::Bad, &line));
    }
    if queue.is_empty() {
        text += "Nothing waits to be sent.\n";
        print(&text);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = queue
        .iter()
        .map(|(mail, sending)| {
            vec![
                mail.id.to_string(),
                mail.saying.replace('_', " "),
                mail.recipients.join(", "),
                next_try(mail, *sending, now),
                mail.attempts.to_string(),
                screen::span(now - mail.created_at_secs),
            ]
        })
        .collect();
    text += &screen.table(
        &["mail", "what", "to", "next try", "tries", "age"],
        &[2],
        &rows,
    );
    for (mail, sending) in &queue {
        let why = screen.wrapped(&why(mail, *sending, now), 6);
        text += &format!("\n{:>4}  {why}", mail.id);
    }
    text.push('\n');
    let overdue = |(mail, sending): &(Sent, Sending)| {
        let late = now - mail.not_before_secs > OVERDUE_SECS && mail.state == "queued";
        late && *sending == Sending::Runs
    };
    if queue.iter().any(overdue) {
        let hint = format!(
            "Mail is due and was not tried: is `askfirst run` running on {}?",
            config.store.path.display()
        );
        let hint = screen.wrapped(&hint, 0);
        text += &format!("\n{}\n", screen.tint(Tint::Doubtful, &hint));
    }
    print(&text);
    Ok(())
}

fn next_try(mail: &Sent, sending: Sending, now: i64) -> String {
    match (mail.state.as_str(), sending) {
        ("inflight", _) => "being sent".to_owned(),
        (_, Sending::Paused | Sending::PausedByConnector | Sending::Distrusted) => {
            "paused".to_owned()
        }
        (_, Sending::Stopped { until_secs }) => {
            format!(
                "in {}",
                screen::span(until_secs.max(mail.not_before_secs) - now)
            )
        }
        _ if mail.not_before_secs <= now => "now".to_owned(),
        _ => format!("in {}", screen::span(mail.not_before_secs - now)),
    }
}

/// Why it is still here, in a sentence.
pub fn why(mail: &Sent, sending: Sending, now: i64) -> String {
    let said = mail.reply.as_deref().map_or(String::new(), |reply| {
        let phase = mail
            .phase
            .as_deref()
            .map_or(String::new(), |phase| format!(" at {phase}"));
        format!(" The server said{phase}: {reply}")
    });
    let broke = || match &mail.phase {
        Some(phase) => format!("the connection broke at {phase}"),
        None => "the attempt was cut".to_owned(),
    };
    match (mail.state.as_str(), sending) {
        ("inflight", _) => {
            "A daemon has it in its hands; after an unclean end it is found at the next start."
                .to_owned()
        }
        ("unknown", _) => format!(
            "Nobody knows whether the server took it: {}. The same bytes go out again under the same Message-ID unless a sign of it shows up.{said}",
            broke()
        ),
        (_, Sending::Paused) => format!("Sending is paused.{said}"),
        (_, Sending::PausedByConnector) => {
            format!("The connector has paused by mail, until they write \"resume\".{said}")
        }
        (_, Sending::Distrusted) => {
            format!("The database is not trusted until `askfirst resume --trust-database`.{said}")
        }
        (_, Sending::Stopped { .. }) => format!("All sending waits, not this mail's fault.{said}"),
        _ if mail.attempts == 0 && mail.not_before_secs <= now => {
            "It was just written and waits for the daemon.".to_owned()
        }
        _ if mail.reply.is_some() => format!("It was put off.{said}"),
        _ if mail.attempts > 0 => format!("It is tried again because {}.", broke()),
        _ => "It waits for its time.".to_owned(),
    }
}

fn as_json(queue: &[(Sent, Sending)], sending: Sending, now: i64) -> serde_json::Value {
    let mails: Vec<_> = queue
        .iter()
        .map(|(mail, sending)| {
            json!({
                "id": mail.id,
                "introduction": mail.introduction,
                "kind": mail.saying,
                "recipients": mail.recipients,
                "message_id": mail.message_id,
                "state": mail.state,
                "attempts": mail.attempts,
                "created_at": views::rfc3339(mail.created_at_secs),
                "next_try_at": views::rfc3339(mail.not_before_secs),
                "phase": mail.phase,
                "reply": mail.reply,
                "why": why(mail, *sending, now),
            })
        })
        .collect();
    let (state, until) = match sending {
        Sending::Runs => ("running", None),
        Sending::Paused => ("paused", None),
        Sending::PausedByConnector => ("paused", None),
        Sending::Distrusted => ("distrusted", None),
        Sending::Stopped { until_secs } => ("stopped", Some(views::rfc3339(until_secs))),
    };
    json!({ "sending": state, "until": until, "mails": mails })
}
