//! A connector's answers to our questions and notices: yes, no, a number, an address, "cancel".

use crate::desk::answers::person;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, belongs, ignored};
use crate::reader::Verdict;
use crate::reader::address::Person;
use crate::reader::command::{self, Command};
use crate::reader::request::{self, Choice, Named};
use crate::rules::event::Event;
use crate::rules::introduction::{Asked, Introduction, Stage};
use crate::rules::report::Stands;
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;

impl Work<'_> {
    pub(super) fn connector_answered(
        &mut self,
        mail: &Mail<'_>,
        mut introduction: Introduction,
        answers: &Saying,
    ) -> Result<Disposition, DeskError> {
        // His secret and his address, and a proof that does not fail: the power to write to others.
        if mail.fails() {
            return Ok(ignored("proof of the connector fails"));
        }
        if self.may_be_sent_again(mail) {
            return Ok(ignored("the connector wrote it to somebody else"));
        }
        if let Some(message_id) = &mail.letter.message_id {
            introduction
                .threads
                .connector
                .push(message_id, &mail.letter.subject);
        }
        let text = mail.reading.text.as_str();
        if let Some(order) = command::read(text)
            .filter(|c| !matches!(c, Command::Numbers(_) | Command::Cancel | Command::AskAgain))
        {
            return self.obey(mail, &order);
        }
        let event = match (answers, command::read(text)) {
            (_, Some(Command::Cancel)) => Some(Event::ConnectorCancelled),
            (_, Some(Command::AskAgain)) => Some(Event::ConnectorAsksAgain),
            (Saying::WhoAsks { words }, _) => self.requester_named(text, words, &introduction),
            (Saying::WhichTarget { choices, .. }, command) => {
                return self.target_picked(mail, introduction, choices, command);
            }
            (
                Saying::TellBounced {
                    introduction: false,
                    ..
                }
                | Saying::TellStands {
                    stands: Stands::Undeliverable,
                    ..
                },
                _,
            ) => {
                return self.target_picked(mail, introduction, &[], None);
            }
            (Saying::Approve { .. } | Saying::ConfirmConnector, _) => match mail.verdict() {
                Verdict::Yes => Some(Event::ConnectorAgreed {
                    evidence: mail.evidence(&mail.reading.why),
                }),
                Verdict::No | Verdict::Stop => Some(Event::ConnectorRefused {
                    words: words_after_no(text),
                }),
                Verdict::Later | Verdict::Unclear => None,
            },
            _ => match mail.verdict() {
                Verdict::No | Verdict::Stop => Some(Event::ConnectorCancelled),
                Verdict::Yes | Verdict::Later | Verdict::Unclear => None,
            },
        };
        match event {
            Some(event) => {
                if matches!(event, Event::ConnectorCancelled) {
                    introduction = self.recall(introduction)?;
                }
                let introduction = self.step(introduction, event, &mail.detail())?;
                Ok(belongs("order", &introduction))
            }
            None => self.not_understood(mail, introduction),
        }
    }

    /// `name` is what the mail he passed on calls its author, empty where it says nothing.
    fn requester_named(
        &self,
        text: &str,
        name: &str,
        introduction: &Introduction,
    ) -> Option<Event> {
        let target = introduction.target.as_ref().map(|target| &target.address);
        let address = command::addresses(text)
            .into_iter()
            .find(|address| !self.house.is_insider(address) && Some(address) != target)?;
        let known = introduction.requester.as_ref();
        let name = known.map_or_else(|| name.to_owned(), |requester| requester.name.clone());
        // "Alice Ng <alice@…>" as the whole answer says how she is called.
        let wish = format!("Please ask {}.", text.trim().trim_end_matches('.'));
        let name = match request::whom(&wish, &self.house.insiders(), &[]) {
            Named::One(choice) if choice.address == address && !choice.name.is_empty() => {
                choice.name
            }
            _ => name,
        };
        Some(Event::ConnectorNamedRequester {
            requester: Person { name, address },
        })
    }

    /// The answer to "whom do you mean?": numbers, an address, or a name that fits one contact.
    fn target_picked(
        &mut self,
        mail: &Mail<'_>,
        introduction: Introduction,
        choices: &[Choice],
        command: Option<Command>,
    ) -> Result<Disposition, DeskError> {
        let picked = self.picks(mail, &introduction, choices, command)?;
        let Some((first, rest)) = picked.split_first() else {
            if matches!(mail.verdict(), Verdict::No | Verdict::Stop) {
                let words = words_after_no(&mail.reading.text);
                let event = Event::ConnectorRefused { words };
                let introduction = self.step(introduction, event, &mail.detail())?;
                return Ok(belongs("order", &introduction));
            }
            return self.not_understood(mail, introduction);
        };
        // Where it is over or on its way nothing is opened beside it either.
        let picks = matches!(
            introduction.stage,
            Stage::WaitingForConnector | Stage::Undeliverable
        );
        for another in rest.iter().filter(|_| picks) {
            let mut twin = introduction.clone();
            twin.id = 0;
            twin.clock.closing_at_secs = None;
            twin.asked = Asked::default();
            let event = Event::ConnectorNamed {
                target: person(another),
                evidence: mail.evidence(&mail.reading.text),
            };
            self.step(twin, event, &mail.detail())?;
        }
        let event = Event::ConnectorNamed {
            target: person(first),
            evidence: mail.evidence(&mail.reading.text),
        };
        let introduction = self.step(introduction, event, &mail.detail())?;
        Ok(belongs("order", &introduction))
    }

    fn picks(
        &self,
        mail: &Mail<'_>,
        introduction: &Introduction,
        choices: &[Choice],
        command: Option<Command>,
    ) -> Result<Vec<Choice>, DeskError> {
        if let Some(Command::Numbers(numbers)) = command {
            let picked: Vec<Choice> = numbers
                .iter()
                .filter_map(|number| choices.get(number.checked_sub(1)?).cloned())
                .collect();
            // One number beyond the list makes the whole answer a misunderstanding.
            return Ok(match picked.len() == numbers.len() {
                true => picked,
                false => Vec::new(),
            });
        }
        let mut apart = self.house.insiders();
        apart.extend(introduction.requester.iter().map(|p| p.address.clone()));
        let connector = introduction
            .connector
            .as_ref()
            .and_then(|connector| self.house.connector(&connector.address));
        let people = match connector {
            Some(connector) => self.people_of(connector)?.near(&mail.reading.text),
            None => Vec::new(),
        };
        Ok(match request::whom(&mail.reading.text, &apart, &people) {
            Named::One(choice) => vec![choice],
            Named::List(list) => list,
            Named::Nobody | Named::Several(_) | Named::Unknown(_) => Vec::new(),
        })
    }
}

/// What a connector adds to his no: words for the requester.
fn words_after_no(text: &str) -> String {
    let mut lines = text.trim().splitn(2, '\n');
    let first = lines.next().unwrap_or_default();
    let rest = lines.next().unwrap_or_default().trim();
    // "No. Please tell her that …" carries words on the line of the no itself.
    let same_line = first
        .split_once(['.', '!', ',', ':', ';', '–', '-'])
        .map(|(_, after)| after.trim())
        .unwrap_or_default();
    let words = [same_line, rest].join("\n");
    let words = words.trim();
    match words.split_whitespace().count() {
        // "No, thanks" is all no.
        0..=2 => String::new(),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_may_carry_words_for_the_requester() {
        assert_eq!(words_after_no("No"), "");
        assert_eq!(words_after_no("No, thanks."), "");
        assert_eq!(
            words_after_no("No.\n\nCarol is on leave until May, sorry."),
            "Carol is on leave until May, sorry."
        );
        assert_eq!(
            words_after_no("No, please tell her that Carol has left."),
            "please tell her that Carol has left."
        );
    }
}
