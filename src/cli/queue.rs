//! `askfirst queue`: our mails on their way out, what waits, why, and when it is tried next; and
//! mails of others that wait to be handled.
//!
//! Fails where there is no database yet.

use crate::cli::screen::{self, Screen, Tint};
use crate::cli::{Failure, desk_and_config, now_secs, print, quarantine};
use crate::desk::operator::Sending;
use crate::desk::views;
use crate::store::looks::{Received, Sent};
use serde_json::json;
use std::path::Path;

/// What is due and still lies there this long after: no daemon runs, or it can't.
const OVERDUE_SECS: i64 = 120;

/// Held mails that are shown; a flood has thousands.
const MAX_HELD: usize = 20;
/// Below this a table of six columns is all dots.
const NARROW_COLUMNS: usize = 72;

/// What waits, and why nothing of it may move.
struct Waiting {
    sending: Sending,
    /// Each with what holds it up: a connector may have paused.
    mails: Vec<(Sent, Sending)>,
    held: Vec<Received>,
    now: i64,
}

pub fn run(config: Option<&Path>, json: bool) -> Result<(), Failure> {
    let (desk, config) = desk_and_config(config)?;
    let now = now_secs();
    let waiting = Waiting {
        sending: desk.sending(now)?,
        mails: desk.queue_held(now)?,
        held: desk.held()?,
        now,
    };
    if json {
        print(&format!("{:#}\n", waiting.as_json()));
        return Ok(());
    }
    let screen = Screen::here();
    let mut text = String::new();
    if let Some(silence) = desk.silence(now)? {
        let line = screen.wrapped(&silence, 0);
        text += &format!("{}\n\n", screen.tint(Tint::Bad, &line));
    }
    text += &waiting.outgoing(screen);
    text += &waiting.held_back(screen);
    if waiting.is_overdue() {
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

impl Waiting {
    fn outgoing(&self, screen: Screen) -> String {
        if self.mails.is_empty() {
            return "Nothing waits to be sent.\n".to_owned();
        }
        let narrow = screen
            .columns
            .is_some_and(|columns| columns < NARROW_COLUMNS);
        let mut text = match narrow {
            true => self.stacked(screen),
            false => self.table(screen),
        };
        for (mail, sending) in &self.mails {
            // That nothing at all is sent stands above.
            let said = self.sending != Sending::Runs && mail.state == "queued";
            if !said || mail.reply.is_some() {
                let why = screen.wrapped(&why(mail, *sending, self.now), 6);
                text += &format!("\n{:>4}  {why}", mail.id);
            }
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    fn table(&self, screen: Screen) -> String {
        let row = |(mail, sending): &(Sent, Sending)| {
            vec![
                mail.id.to_string(),
                mail.saying.replace('_', " "),
                mail.recipients.join(", "),
                next_try(mail, *sending, self.now),
                mail.attempts.to_string(),
                screen::span(self.now - mail.created_at_secs),
            ]
        };
        let rows: Vec<Vec<String>> = self.mails.iter().map(row).collect();
        let titles = ["mail", "what", "to", "next try", "tries", "age"];
        screen.table(&titles, &[2], &rows)
    }

    /// Two lines a mail.
    fn stacked(&self, screen: Screen) -> String {
        let columns = screen.columns.unwrap_or(NARROW_COLUMNS);
        let mut text = String::new();
        for (mail, sending) in &self.mails {
            let head = format!(
                "{:>4}  {}, {}",
                mail.id,
                mail.saying.replace('_', " "),
                next_try(mail, *sending, self.now)
            );
            let to = format!("      to {}", mail.recipients.join(", "));
            text += &format!(
                "{}\n{}\n",
                screen::cut(&head, columns),
                screen::cut(&to, columns)
            );
        }
        text
    }

    /// Mails that came, and are handled once there is room.
    fn held_back(&self, screen: Screen) -> String {
        if self.held.is_empty() {
            return String::new();
        }
        let line = match self.held.len() {
            1 => "1 mail that came is held: mail that nobody proved has caused enough for now. It is handled by itself as soon as there is room.".to_owned(),
            count => format!(
                "{count} mails that came are held: mail that nobody proved has caused enough for now. They are handled by themselves as soon as there is room, the oldest first."
            ),
        };
        let mut text = format!("\n{}\n\n", screen.wrapped(&line, 0));
        let row = |mail: &Received| {
            let (from, subject) = quarantine::head(mail);
            let age = screen::span(self.now - mail.arrived_at_secs);
            vec![mail.id.to_string(), age, from, subject]
        };
        let rows: Vec<Vec<String>> = self.held.iter().take(MAX_HELD).map(row).collect();
        text += &screen.table(&["mail", "age", "from", "subject"], &[2, 3], &rows);
        if self.held.len() > MAX_HELD {
            text += &format!("… and {} more\n", self.held.len() - MAX_HELD);
        }
        text
    }

    fn is_overdue(&self) -> bool {
        let overdue = |(mail, sending): &(Sent, Sending)| {
            let late = self.now - mail.not_before_secs > OVERDUE_SECS && mail.state == "queued";
            late && *sending == Sending::Runs
        };
        self.mails.iter().any(overdue)
    }

    fn as_json(&self) -> serde_json::Value {
        let mail = |(mail, sending): &(Sent, Sending)| {
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
                "why": why(mail, *sending, self.now),
            })
        };
        let (state, until) = match self.sending {
            Sending::Runs => ("running", None),
            Sending::Paused | Sending::PausedByConnector => ("paused", None),
            Sending::Distrusted => ("distrusted", None),
            Sending::Stopped { until_secs } => ("stopped", Some(views::rfc3339(until_secs))),
        };
        json!({
            "sending": state,
            "until": until,
            "mails": self.mails.iter().map(mail).collect::<Vec<_>>(),
            "held": self.held.iter().map(quarantine::as_json).collect::<Vec<_>>(),
        })
    }
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
fn why(mail: &Sent, sending: Sending, now: i64) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn mail(id: i64, reply: Option<&str>) -> Sent {
        Sent {
            id,
            introduction: Some(1),
            saying: "acknowledge_later".to_owned(),
            why: None,
            message_id: "<1@bot.example>".to_owned(),
            recipients: vec!["carol.with.a.long.name@department.target.example".to_owned()],
            state: "queued".to_owned(),
            attempts: u32::from(reply.is_some()),
            not_before_secs: 2_000,
            phase: reply.map(|_| "RCPT".to_owned()),
            reply: reply.map(str::to_owned),
            created_at_secs: 0,
            settled_at_secs: None,
            visible: String::new(),
        }
    }

    fn shown(sending: Sending, columns: usize) -> String {
        let screen = Screen {
            columns: Some(columns),
            colour: false,
        };
        let waiting = Waiting {
            sending,
            mails: vec![
                (mail(9, None), sending),
                (mail(10, Some("450 4.2.1 mailbox busy")), sending),
            ],
            held: Vec::new(),
            now: 1_000,
        };
        waiting.outgoing(screen)
    }

    #[test]
    fn it_fits_narrow_terminals() {
        for columns in [40, 71, 72, 80] {
            let shown = shown(Sending::Runs, columns);
            for line in shown.lines() {
                assert!(line.width() <= columns, "{columns}: {line}");
            }
            assert!(shown.contains("mailbox busy"), "{shown}");
        }
    }

    #[test]
    fn what_holds_for_all_is_not_said_of_each() {
        let paused = shown(Sending::Paused, 80);
        assert!(!paused.contains("Sending is paused.\n"), "{paused}");
        assert!(paused.contains("The server said at RCPT"), "{paused}");
        assert!(shown(Sending::Runs, 80).contains("It waits for its time."));
    }
}
