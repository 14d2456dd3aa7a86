//! The state machine: one introduction, one event, one moment; what it becomes and what is said.
//!
//! One match over stage and event, without a wildcard on the stage: what is late or impossible is
//! an ordinary outcome with its own line, and says nothing.

use crate::reader::address::Person;
use crate::rules::clock::Pace;
use crate::rules::consent::{Consent, RequesterEvidence};
use crate::rules::event::Event;
use crate::rules::introduction::{Introduction, Stage};
use crate::rules::saying::{AskedWhy, HeldWhy, Party, Saying};

/// Mails to a target in one introduction; the last fuse against a responder we took for a person.
pub const MAX_MAILS_TO_TARGET: u32 = 6;
/// Mails in one introduction altogether.
pub const MAX_MAILS: u32 = 12;

/// What the rules are told besides the introduction and the event.
pub struct Surroundings<'a> {
    pub pace: &'a Pace,
    /// Why manners forbid to ask this target for this requester now; None: they don't.
    pub hindrance: Option<HeldWhy>,
    pub now_secs: i64,
}

/// What an event made of an introduction.
pub struct Outcome {
    pub introduction: Introduction,
    pub sayings: Vec<Saying>,
    /// The target wants no more mail from this bot.
    pub target_stopped: bool,
}

/// Applies one event. The same arguments give the same outcome, always.
#[must_use]
pub fn step(introduction: Introduction, event: Event, around: &Surroundings<'_>) -> Outcome {
    let mut machine = Machine {
        i: introduction,
        around,
        said: Vec::new(),
        target_stopped: false,
    };
    machine.apply(event);
    machine.i.updated_at_secs = around.now_secs;
    machine.fuse();
    Outcome {
        introduction: machine.i,
        sayings: machine.said,
        target_stopped: machine.target_stopped,
    }
}

mod again;
mod answer;
mod course;
mod time;

struct Machine<'a> {
    i: Introduction,
    around: &'a Surroundings<'a>,
    said: Vec<Saying>,
    target_stopped: bool,
}

impl Machine<'_> {
    fn apply(&mut self, event: Event) {
        use Stage::*;
        match (self.i.stage, event) {
            (WaitingForConnector | WaitingForRequester, Event::Opened { why, gap }) => {
                self.open(why, gap);
            }
            (
                Asked | Confirming | Deferred | Introduced | Declined | Closed | Cancelled
                | Undeliverable,
                Event::Opened { .. },
            ) => {}

            (WaitingForConnector, Event::ConnectorAgreed { evidence }) => {
                self.connector_agreed(evidence);
            }
            (WaitingForConnector, Event::ConnectorRefused { words }) => {
                self.refuse(words);
            }
            (WaitingForConnector | Undeliverable, Event::ConnectorNamed { target, evidence }) => {
                self.name_target(target);
                self.connector_consents(evidence, AskedWhy::YouPicked);
            }
            (WaitingForConnector, Event::ConnectorNamedRequester { requester }) => {
                self.i.requester = Some(requester);
                self.advance(AskedWhy::YouNamed);
            }
            // A no to anything later than a held request is the wish to call it off.
            (
                WaitingForRequester | Asked | Confirming | Deferred,
                Event::ConnectorRefused { .. },
            )
            | (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred,
                Event::ConnectorCancelled | Event::OperatorCancelled,
            ) => self.i.stage = Cancelled,
            (Asked | Confirming, Event::ConnectorAsksAgain) => self.ask_plainly(),
            (Closed | Declined, Event::ConnectorAsksAgain) => self.ask_once_more(),
            (
                WaitingForConnector | WaitingForRequester | Deferred | Introduced | Cancelled
                | Undeliverable,
                Event::ConnectorAsksAgain,
            ) => self.tell_how_it_stands(),
            // He answers what was asked of him when it is over.
            (
                Closed | Cancelled,
                Event::ConnectorNamed { .. }
                | Event::ConnectorAgreed { .. }
                | Event::ConnectorNamedRequester { .. },
            ) => self.tell_how_it_stands(),
            (
                WaitingForRequester | Asked | Confirming | Deferred | Introduced | Declined,
                Event::ConnectorNamed { .. },
            )
            | (
                WaitingForRequester | Asked | Confirming | Deferred | Introduced | Declined
                | Undeliverable,
                Event::ConnectorAgreed { .. } | Event::ConnectorNamedRequester { .. },
            )
            | (
                Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::ConnectorRefused { .. }
                | Event::ConnectorCancelled
                | Event::OperatorCancelled,
            ) => {}

            (WaitingForRequester, Event::RequesterWrote { request, evidence }) => {
                self.requester_wrote(request, evidence);
            }
            (
                WaitingForRequester | Asked | Confirming | Deferred,
                Event::RequesterAgreed { evidence },
            ) => self.requester_agreed(evidence),
            (WaitingForRequester | Asked | Confirming | Deferred, Event::RequesterDeclined) => {
                self.i.clock.closing_at_secs = None;
                self.i.stage = Cancelled;
                self.said
                    .push(Saying::TellRequesterSilent { declined: true });
            }
            (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred,
                Event::RequesterWithdrew,
            ) => {
                self.i.clock.closing_at_secs = None;
                self.i.stage = Cancelled;
                // He may withdraw before he has said which connector he means.
                if self.i.connector.is_some() {
                    self.said.push(Saying::TellWithdrawn);
                }
            }
            // He need not hear of it again, whatever became of the target; and no change of the
            // target's mind, no other address and no "ask again" brings it back.
            (
                Declined | Closed | Cancelled | Undeliverable,
                Event::RequesterWithdrew | Event::RequesterDeclined,
            ) => {
                self.i.clock.closing_at_secs = None;
                if self.i.stage == Undeliverable && self.i.connector.is_some() {
                    self.said.push(Saying::TellWithdrawn);
                }
                self.i.stage = Cancelled;
            }
            // The target may yet change his mind.
            (Declined, Event::RequesterAgreed { evidence }) => {
                self.i.consents.requester = Some(Consent {
                    at_secs: self.around.now_secs,
                    evidence: RequesterEvidence::Mail(evidence),
                });
            }
            (
                WaitingForConnector | Asked | Confirming | Deferred | Introduced | Declined
                | Closed | Cancelled | Undeliverable,
                Event::RequesterWrote { .. },
            )
            | (
                WaitingForConnector | Introduced | Closed | Cancelled | Undeliverable,
                Event::RequesterAgreed { .. },
            )
            | (WaitingForConnector | Introduced, Event::RequesterDeclined)
            | (Introduced, Event::RequesterWithdrew) => {}

            (
                WaitingForRequester | Asked | Confirming | Deferred | Declined,
                Event::TargetSaid(answer),
            ) => self.target_said(answer),
            (Introduced | Closed | Cancelled, Event::TargetSaid(answer)) => self.too_late(answer),
            (WaitingForConnector | Undeliverable, Event::TargetSaid(answer)) => {
                self.keep_stop(&answer);
            }
            (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred
                | Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::TargetStarts,
            ) => self.said.push(Saying::ConfirmStart),
            (Asked | Confirming, Event::AskLeftLate) => self.start_targets_clock(),
            (Asked | Confirming, Event::TargetAbsent) => self.wait_for_return(),
            (
                WaitingForConnector | WaitingForRequester | Deferred | Introduced | Declined
                | Closed | Cancelled | Undeliverable,
                Event::TargetAbsent | Event::AskLeftLate,
            ) => {}
            (
                WaitingForRequester | Asked | Confirming | Deferred,
                Event::TargetUnreachable { recipient },
            ) => self.target_unreachable(recipient),
            (
                WaitingForConnector | Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::TargetUnreachable { .. },
            )
            | (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred
                | Declined | Closed | Cancelled | Undeliverable,
                Event::IntroductionBounced { .. },
            ) => {}
            (Introduced, Event::IntroductionBounced { recipient }) => {
                self.said.push(Saying::TellBounced {
                    recipient,
                    introduction: true,
                });
            }
            (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred
                | Declined | Closed | Undeliverable,
                Event::TheyMet,
            ) => self.i.stage = Introduced,
            (Introduced | Cancelled, Event::TheyMet) => {}
            (
                WaitingForConnector | WaitingForRequester | Asked | Confirming | Deferred
                | Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::TimePassed,
            ) => self.time_passed(),
        }
    }

    /// Counts what is said and drops what a fuse forbids; an introduction or a closing that is owed
    /// is never held back.
    fn fuse(&mut self) {
        let asked = &mut self.i.asked;
        self.said.retain(|saying| {
            let owed = matches!(saying, Saying::Introduction | Saying::Closing);
            let to_target = saying.party() == Some(Party::Target);
            let blown = asked.mails >= MAX_MAILS
                || (to_target && asked.mails_to_target >= MAX_MAILS_TO_TARGET);
            if blown && !owed {
                return false;
            }
            asked.mails += 1;
            asked.mails_to_target += u32::from(to_target);
            true
        });
    }
}

/// A person of whom only the address is known.
pub fn nameless(address: crate::reader::address::Address) -> Person {
    Person {
        name: String::new(),
        address,
    }
}
