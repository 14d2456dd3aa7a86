//! In which order it happened: what came, what it led to, what was written because of it, also within one second.
//!
//! Cannot fail. The store keeps seconds and, apart from one another, the order of mails that came, of changes and of
//! mails that were written; what belongs together is told by what can follow from what.

use crate::desk::views::View;
use crate::store::looks::Received;

/// Something that happened, by its place in the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    Came(usize),
    Became(usize),
    Went(usize),
}

/// When, what happened, and the stage after it.
type Change<'a> = (i64, &'a str, &'a str);

/// All of it, with its time.
pub fn order(view: &View) -> Vec<(i64, Piece)> {
    let story: Vec<Change<'_>> = view
        .story
        .iter()
        .map(|chapter| {
            (
                chapter.at_secs,
                chapter.event.as_str(),
                chapter.stage.as_str(),
            )
        })
        .collect();
    let mails: Vec<(i64, &str)> = view
        .mails
        .iter()
        .map(|mail| (mail.created_at_secs, mail.saying.as_str()))
        .collect();
    arranged(&view.received, &story, &mails)
}

fn arranged(came: &[Received], story: &[Change<'_>], went: &[(i64, &str)]) -> Vec<(i64, Piece)> {
    let mut pieces: Vec<(i64, usize, u8, Piece)> = Vec::new();
    let of_mails = story
        .iter()
        .enumerate()
        .filter(|(_, (_, event, _))| is_of_a_mail(event));
    let mut of_mails = of_mails.peekable();
    let mut last = 0;
    for (at, mail) in came.iter().enumerate() {
        let arrived = mail.arrived_at_secs;
        let led_to = match has_effect(mail) {
            true => of_mails.next_if(|(_, (changed, ..))| *changed >= arrived),
            false => None,
        };
        // What led to nothing stands behind what came before it.
        let rank = if led_to.is_some() { 0 } else { 3 };
        last = led_to.map_or(last, |(change, _)| change);
        pieces.push((arrived, last, rank, Piece::Came(at)));
    }
    for (at, (changed, ..)) in story.iter().enumerate() {
        pieces.push((*changed, at, 1, Piece::Became(at)));
    }
    let mut from = 0;
    for (at, (written, saying)) in went.iter().enumerate() {
        let mut later = story.iter().enumerate().skip(from);
        let reason = later.find(|(_, (changed, event, stage))| {
            changed == written && follows(event, stage, saying)
        });
        from = reason.map_or(from, |(change, _)| change);
        // A mail that no change explains stands last.
        let change = reason.map_or(usize::MAX, |(change, _)| change);
        pieces.push((*written, change, 2, Piece::Went(at)));
    }
    pieces.sort_by_key(|(at, change, rank, _)| (*at, *change, *rank));
    pieces
        .into_iter()
        .map(|(at, _, _, piece)| (at, piece))
        .collect()
}

fn has_effect(mail: &Received) -> bool {
    !matches!(
        mail.disposition.as_deref(),
        None | Some("ignored" | "duplicate" | "quarantined" | "held")
    )
}

fn is_of_a_mail(event: &str) -> bool {
    !matches!(
        event,
        "time passes" | "operator cancels" | "the ask leaves late"
    )
}

/// Whether this event, with this stage after it, may be why a mail was written; what the rules write is among it
/// (`tests/suite/states.rs` compares).
pub fn follows(event: &str, stage: &str, saying: &str) -> bool {
    match saying {
        "introduction" => stage == "introduced",
        "ask" | "reminder" => stage == "asked" && !event.starts_with("target"),
        "tell_asked" => {
            event == "connector: ask again" || stage == "asked" && !event.starts_with("target")
        }
        "acknowledge" | "propose" | "approve" | "confirm_connector" | "which_connector"
        | "which_wish" => event == "opened",
        "which_target" | "who_asks" => stage == "waiting_for_connector",
        "ask_words" | "still_interested" => stage == "waiting_for_requester",
        "refuse" => matches!(event, "opened" | "connector: no"),
        "thank_no" | "tell_declined" => event == "target: no",
        "clarify" => matches!(event, "target: unclear" | "connector: ask again"),
        "tell_unclear" => event == "target: unclear",
        "acknowledge_later" | "tell_later" => event == "target: later",
        "confirm_stop" | "tell_stopped" => event == "target: stop",
        "confirm_start" => event == "target: start",
        "confirm_target" => event == "target: yes, to be confirmed",
        "too_late" => event.starts_with("target"),
        "tell_bounced" => matches!(event, "ask undeliverable" | "introduction bounced"),
        "tell_closed" => matches!(event, "target: later" | "time passes"),
        "tell_held" => stage == "closed" || event == "connector: ask again",
        "tell_stands" => {
            event.starts_with("connector")
                || event == "target: yes"
                || stage == "waiting_for_requester"
        }
        "tell_requester_silent" => matches!(event, "requester: no" | "time passes"),
        "tell_withdrawn" => matches!(event, "requester withdraws" | "requester: no"),
        "closing" => event == "time passes",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(arrived_at_secs: i64, disposition: &str) -> Received {
        Received {
            id: 0,
            mailbox: "INBOX".to_owned(),
            message_id: None,
            arrived_at_secs,
            size: 0,
            complete: true,
            attempts: 1,
            disposition: Some(disposition.to_owned()),
            reason: String::new(),
            duplicate_of: None,
            introduction: Some(1),
            raw: None,
        }
    }

    #[test]
    fn what_belongs_together_stands_together_within_one_second() {
        let chapters = [
            (5, "opened", "waiting_for_connector"),
            (5, "connector names the target", "asked"),
            (5, "target: yes", "introduced"),
        ];
        let mails = [
            (5, "which_target"),
            (5, "ask"),
            (5, "tell_asked"),
            (5, "introduction"),
        ];
        let came = [
            received(5, "request"),
            received(5, "duplicate"),
            received(5, "answer"),
            received(4, "ignored"),
            received(5, "answer"),
        ];
        use Piece::{Became, Came, Went};
        let pieces: Vec<Piece> = arranged(&came, &chapters, &mails)
            .into_iter()
            .map(|(_, piece)| piece)
            .collect();
        let wanted = [
            Came(3),
            Came(0),
            Became(0),
            Went(0),
            Came(1),
            Came(2),
            Became(1),
            Went(1),
            Went(2),
            Came(4),
            Became(2),
            Went(3),
        ];
        assert_eq!(pieces, wanted);
    }
}
