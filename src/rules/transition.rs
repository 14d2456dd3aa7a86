//! The state machine: one introduction, one event, one moment; what it becomes and what is said.
//!
//! One match over stage and event, without a wildcard on the stage: what is late or impossible is
//! an ordinary outcome with its own line, and says nothing.

use crate::reader::Verdict;
use crate::reader::address::{Address, Person};
use crate::rules::clock::{self, Pace};
use crate::rules::consent::{ConnectorEvidence, Consent, MailEvidence, RequesterEvidence};
use crate::rules::event::{Answer, Event, Gap};
use crate::rules::introduction::{Asked, Introduction, Request, Stage, Thread, Way};
use crate::rules::saying::{AskedWhy, HeldWhy, Party, Saying};

/// Mails to a target in one introduction; the last fuse against a responder we took for a person.
pub const MAX_MAILS_TO_TARGET: u32 = 6;
/// Mails in one introduction altogether.
pub const MAX_MAILS: u32 = 12;
/// Characters of a target's answer that the connector is shown.
const MAX_WORDS_SHOWN: usize = 2_000;

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
                self.connector_agreed(evidence);
            }
            (WaitingForConnector, Event::ConnectorNamedRequester { requester }) => {
                self.i.requester = Some(requester);
                self.advance(AskedWhy::YouAgreed);
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
            (Asked | Confirming, Event::ConnectorAsksAgain) => self.said.push(Saying::Clarify),
            (Closed, Event::ConnectorAsksAgain) => self.ask_once_more(),
            (
                WaitingForRequester | Asked | Confirming | Deferred | Introduced | Declined
                | Closed | Cancelled,
                Event::ConnectorNamed { .. },
            )
            | (
                WaitingForRequester | Asked | Confirming | Deferred | Introduced | Declined
                | Closed | Cancelled | Undeliverable,
                Event::ConnectorAgreed { .. } | Event::ConnectorNamedRequester { .. },
            )
            | (
                Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::ConnectorRefused { .. }
                | Event::ConnectorCancelled
                | Event::OperatorCancelled,
            )
            | (
                WaitingForConnector | WaitingForRequester | Deferred | Introduced | Declined
                | Cancelled | Undeliverable,
                Event::ConnectorAsksAgain,
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
            // He need not hear of it again, whatever became of the target.
            (Declined | Closed | Cancelled | Undeliverable, Event::RequesterWithdrew) => {
                self.i.clock.closing_at_secs = None;
            }
            (
                WaitingForConnector | Asked | Confirming | Deferred | Introduced | Declined
                | Closed | Cancelled | Undeliverable,
                Event::RequesterWrote { .. },
            )
            | (
                WaitingForConnector | Introduced | Declined | Closed | Cancelled | Undeliverable,
                Event::RequesterAgreed { .. } | Event::RequesterDeclined,
            )
            | (Introduced, Event::RequesterWithdrew) => {}

            (
                WaitingForRequester | Asked | Confirming | Deferred | Declined,
                Event::TargetSaid(answer),
            ) => self.target_said(answer),
            (Introduced | Closed | Cancelled, Event::TargetSaid(answer)) => self.too_late(answer),
            (WaitingForConnector | Undeliverable, Event::TargetSaid(answer)) => {
                self.keep_stop(&answer);
            }
            (Asked | Confirming, Event::TargetAbsent) => self.wait_for_return(),
            (
                WaitingForConnector | WaitingForRequester | Deferred | Introduced | Declined
                | Closed | Cancelled | Undeliverable,
                Event::TargetAbsent,
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

    fn open(&mut self, why: AskedWhy, gap: Option<Gap>) {
        let now = self.around.now_secs;
        self.i.clock.close_at_secs = Some(now + self.around.pace.close_after_secs);
        let proven_requester = matches!(
            self.i.consents.requester.as_ref().map(|c| &c.evidence),
            Some(RequesterEvidence::Mail(mail)) if mail.proof == crate::reader::Proof::Proven
        );
        if self.i.way == Way::Direct && proven_requester {
            let closing_at_secs = self.i.created_at_secs + self.around.pace.close_after_secs;
            let ends_here = matches!(
                gap,
                Some(Gap::DirectRequestsOff | Gap::Connector { .. } | Gap::Wish { .. })
            );
            if !ends_here {
                self.i.clock.closing_at_secs = Some(closing_at_secs);
                self.said.push(Saying::Acknowledge { closing_at_secs });
            }
        }
        match gap {
            None => self.advance(why),
            Some(Gap::Target { words, choices }) => {
                self.i.stage = Stage::WaitingForConnector;
                self.said.push(Saying::WhichTarget { words, choices });
            }
            Some(Gap::Requester { words }) => {
                self.i.stage = Stage::WaitingForConnector;
                self.said.push(Saying::WhoAsks { words });
            }
            Some(Gap::Connector { connectors }) => {
                self.i.stage = Stage::WaitingForRequester;
                if proven_requester {
                    self.said.push(Saying::WhichConnector { connectors });
                }
            }
            Some(Gap::ConnectorProof) => {
                self.i.stage = Stage::WaitingForConnector;
                self.said.push(Saying::ConfirmConnector);
            }
            Some(Gap::ConnectorYes { proven }) => {
                self.i.stage = Stage::WaitingForConnector;
                self.said.push(Saying::Approve { proven });
            }
            Some(Gap::DirectRequestsOff) => {
                self.i.stage = Stage::Cancelled;
                if proven_requester {
                    self.said.push(Saying::Refuse {
                        words: String::new(),
                    });
                }
            }
            Some(Gap::Words) => {
                self.i.stage = Stage::WaitingForRequester;
                self.said.push(Saying::AskWords);
            }
            Some(Gap::Wish { words }) => {
                self.i.stage = Stage::WaitingForRequester;
                self.said.push(Saying::WhichWish { words });
            }
        }
    }

    /// Nothing that the one before did or was asked counts for another target.
    fn name_target(&mut self, target: Person) {
        let same = self.i.target.as_ref().map(|p| &p.address) == Some(&target.address);
        if !same {
            self.i.consents.target = None;
            self.i.clock.introduce_at_secs = None;
            self.i.threads.target = Thread::default();
            self.i.asked = Asked {
                closing_sent: self.i.asked.closing_sent,
                mails: self.i.asked.mails,
                ..Asked::default()
            };
        }
        self.i.target = Some(target);
    }

    /// Whoever has said yes has been reached, whatever comes back now.
    fn target_unreachable(&mut self, recipient: Address) {
        if self.i.consents.target.is_none() {
            self.i.stage = Stage::Undeliverable;
            self.said.push(Saying::TellBounced {
                recipient,
                introduction: false,
            });
        }
    }

    fn connector_agreed(&mut self, evidence: MailEvidence) {
        if self.i.consents.connector.is_none() {
            self.i.consents.connector = Some(Consent {
                at_secs: self.around.now_secs,
                evidence: ConnectorEvidence::Mail(evidence),
            });
        }
        // Whoever wrote to the bot and whom the connector stands by is owed a closing too.
        if self.i.way == Way::Direct && self.i.clock.closing_at_secs.is_none() {
            let due = self.i.created_at_secs + self.around.pace.close_after_secs;
            self.i.clock.closing_at_secs = Some(due);
        }
        self.advance(AskedWhy::YouAgreed);
    }

    /// A refusal by the connector is honest, and his words are passed on.
    fn refuse(&mut self, words: String) {
        let heard_of_us = self.i.clock.closing_at_secs.is_some();
        self.i.clock.closing_at_secs = None;
        self.i.stage = Stage::Cancelled;
        if self.i.way == Way::Direct && (heard_of_us || !words.is_empty()) {
            self.said.push(Saying::Refuse { words });
        }
    }

    fn requester_wrote(&mut self, request: Request, evidence: MailEvidence) {
        self.i.request = Some(request);
        if self.i.consents.requester.is_none() {
            self.i.consents.requester = Some(Consent {
                at_secs: self.around.now_secs,
                evidence: RequesterEvidence::Mail(evidence),
            });
        }
        self.advance(AskedWhy::YouNamed);
    }

    fn requester_agreed(&mut self, evidence: MailEvidence) {
        self.i.consents.requester = Some(Consent {
            at_secs: self.around.now_secs,
            evidence: RequesterEvidence::Mail(evidence),
        });
        self.i.asked.closing_sent = false;
        self.i.clock.closing_at_secs = None;
        self.advance(AskedWhy::YouNamed);
    }

    /// What is missing next: the connector, the target's name, the requester's words, the target.
    fn advance(&mut self, why: AskedWhy) {
        let proposed = self.i.way == Way::Proposed;
        if self.i.consents.connector.is_none() {
            self.i.stage = Stage::WaitingForConnector;
        } else if self.i.requester.is_none() {
            self.i.stage = Stage::WaitingForConnector;
            self.said.push(Saying::WhoAsks {
                words: String::new(),
            });
        } else if self.i.target.is_none() {
            self.i.stage = Stage::WaitingForConnector;
            self.said.push(Saying::WhichTarget {
                words: String::new(),
                choices: Vec::new(),
            });
        } else if self.i.request.is_none() && !proposed {
            self.i.stage = Stage::WaitingForRequester;
            self.said.push(Saying::AskWords);
        } else if self.i.consents.target.is_some() {
            self.target_agreed();
        } else if self.i.clock.asked_at_secs.is_none() || self.i.stage == Stage::Undeliverable {
            self.ask(why);
        }
    }

    fn ask(&mut self, why: AskedWhy) {
        if let Some(why) = self.around.hindrance {
            self.i.stage = Stage::Closed;
            self.said.push(Saying::TellHeld { why });
            return;
        }
        let (now, pace) = (self.around.now_secs, self.around.pace);
        self.i.stage = Stage::Asked;
        self.i.clock.asked_at_secs = Some(now);
        self.i.clock.close_at_secs = Some(now + pace.close_after_secs);
        self.i.clock.remind_at_secs = pace
            .remind_after_secs
            .map(|after| clock::working_hours(now + after, &pace.time_zone))
            .filter(|remind_at| *remind_at < now + pace.close_after_secs);
        if self.i.way == Way::AskedByConnector {
            // He asked himself: the bot waits for the answer and adds nothing.
            self.i.clock.remind_at_secs = None;
            return;
        }
        self.said.push(Saying::Ask);
        if self.i.way == Way::Proposed && self.i.consents.requester.is_none() {
            self.said.push(Saying::Propose);
        }
        self.said.push(Saying::TellAsked { why });
    }

    /// The connector thinks that it was only timing. Nobody is asked anew whom manners protect, or
    /// who was never asked.
    fn ask_once_more(&mut self) {
        let may = !matches!(
            self.around.hindrance,
            Some(HeldWhy::Stopped | HeldWhy::AskedOften)
        );
        if may && self.i.clock.asked_at_secs.is_some() && !self.i.asked.again {
            self.i.asked.again = true;
            self.ask_anew();
        }
    }

    /// The same ask, in a new mail, with a new window.
    fn ask_anew(&mut self) {
        if self.around.hindrance == Some(HeldWhy::Stopped) {
            self.i.stage = Stage::Closed;
            let why = HeldWhy::Stopped;
            self.said.push(Saying::TellHeld { why });
            return;
        }
        let window = self.around.pace.close_after_secs;
        self.i.clock.again_at_secs = None;
        self.i.clock.remind_at_secs = None;
        self.i.clock.close_at_secs = Some(self.around.now_secs + window);
        self.i.stage = Stage::Asked;
        self.i.asked.reminded = true;
        self.said.push(Saying::Reminder);
    }

    fn target_said(&mut self, answer: Answer) {
        if self.keep_stop(&answer) {
            self.i.consents.target = None;
            self.i.clock.introduce_at_secs = None;
            self.i.stage = Stage::Declined;
            self.said.extend([Saying::ConfirmStop, Saying::TellStopped]);
            return;
        }
        match answer.verdict {
            Verdict::Yes => match answer.doubt {
                None => {
                    self.i.consents.target = Some(Consent {
                        at_secs: self.around.now_secs,
                        evidence: answer.evidence,
                    });
                    self.target_agreed();
                }
                // A yes that stands needs no other.
                Some(why) if !self.i.asked.confirmed && self.i.consents.target.is_none() => {
                    self.i.asked.confirmed = true;
                    self.i.stage = Stage::Confirming;
                    self.keep_open();
                    self.said.push(Saying::ConfirmTarget { why });
                }
                Some(_) => {}
            },
            Verdict::No | Verdict::Stop => {
                if self.i.stage != Stage::Declined {
                    self.i.consents.target = None;
                    self.i.clock.introduce_at_secs = None;
                    self.i.stage = Stage::Declined;
                    self.said.extend([Saying::ThankNo, Saying::TellDeclined]);
                }
            }
            Verdict::Later => self.target_later(answer),
            Verdict::Unclear => self.target_unclear(answer),
        }
    }

    /// All that the target's yes can lead to.
    fn target_agreed(&mut self) {
        if !self.i.consents.all_stand() {
            self.i.stage = Stage::WaitingForRequester;
            self.keep_open();
            return;
        }
        if self.i.asked.closing_sent {
            self.ask_whether_still_interested();
            return;
        }
        match self.around.pace.hold_yes_secs {
            hold if hold > 0 => {
                self.i.stage = Stage::Asked;
                self.i.clock.introduce_at_secs = Some(self.around.now_secs + hold);
            }
            _ => self.introduce(),
        }
    }

    /// He has been told that it did not come together: his wish may no longer stand.
    fn ask_whether_still_interested(&mut self) {
        self.i.stage = Stage::WaitingForRequester;
        self.i.consents.requester = None;
        self.i.clock.introduce_at_secs = None;
        self.i.clock.close_at_secs = Some(self.around.now_secs + self.around.pace.close_after_secs);
        self.said.push(Saying::StillInterested);
    }

    /// Something is expected of somebody again: a window that is over begins anew.
    fn keep_open(&mut self) {
        let now = self.around.now_secs;
        let close_at = &mut self.i.clock.close_at_secs;
        *close_at = close_at
            .filter(|at| *at > now)
            .or(Some(now + self.around.pace.close_after_secs));
    }

    /// The only place where an introduction is made.
    fn introduce(&mut self) {
        if self.i.asked.closing_sent && self.i.consents.all_stand() {
            // The closing left while the yes was held.
            self.ask_whether_still_interested();
        } else if self.i.consents.all_stand() {
            self.i.stage = Stage::Introduced;
            self.said.push(Saying::Introduction);
        }
    }

    fn target_later(&mut self, answer: Answer) {
        if self.i.stage == Stage::Declined {
            return;
        }
        self.i.consents.target = None;
        self.i.clock.introduce_at_secs = None;
        if self.i.asked.deferred {
            self.i.stage = Stage::Closed;
            self.said.push(Saying::TellClosed);
            return;
        }
        let now = self.around.now_secs;
        let until_secs = answer
            .until_secs
            .filter(|until| *until > now)
            .unwrap_or(now + clock::LATER_SECS)
            .min(now + clock::LATEST_LATER_SECS);
        let until_secs = clock::working_hours(until_secs, &self.around.pace.time_zone);
        self.i.asked.deferred = true;
        self.i.clock.again_at_secs = Some(until_secs);
        self.i.stage = Stage::Deferred;
        let words = shortened(&answer.words);
        self.said.push(Saying::AcknowledgeLater { until_secs });
        self.said.push(Saying::TellLater { until_secs, words });
    }

    fn target_unclear(&mut self, answer: Answer) {
        if self.i.stage == Stage::Declined {
            return;
        }
        if !self.i.asked.clarified {
            self.i.asked.clarified = true;
            self.said.push(Saying::Clarify);
        }
        let words = shortened(&answer.words);
        if !words.is_empty() {
            self.said.push(Saying::TellUnclear { words });
        }
    }

    /// An answer to something that is over: a stop is kept, a change of mind gets a polite line.
    fn too_late(&mut self, answer: Answer) {
        if self.keep_stop(&answer) {
            self.said.push(Saying::ConfirmStop);
            return;
        }
        let introduced = self.i.stage == Stage::Introduced;
        let worth_a_line = match answer.verdict {
            Verdict::No => introduced,
            Verdict::Yes => !introduced && answer.doubt.is_none(),
            Verdict::Later | Verdict::Stop | Verdict::Unclear => false,
        };
        if worth_a_line {
            self.said.push(Saying::TooLate { introduced });
        }
    }

    fn keep_stop(&mut self, answer: &Answer) -> bool {
        self.target_stopped |= answer.verdict == Verdict::Stop;
        answer.verdict == Verdict::Stop
    }

    fn wait_for_return(&mut self) {
        if !self.i.asked.moved {
            self.i.asked.moved = true;
            let clock = &mut self.i.clock;
            for due in [&mut clock.remind_at_secs, &mut clock.close_at_secs] {
                *due = due.map(|at| at + clock::ABSENCE_SECS);
            }
        }
    }

    fn time_passed(&mut self) {
        let now = self.around.now_secs;
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
        self.own_time_passed(due);
        // The requester's clock: after the target's, so that a yes that became due wins.
        if self.i.stage != Stage::Introduced
            && !self.i.asked.closing_sent
            && due(self.i.clock.closing_at_secs)
        {
            self.i.asked.closing_sent = true;
            self.said.push(Saying::Closing);
        }
    }

    fn own_time_passed(&mut self, due: impl Fn(Option<i64>) -> bool) {
        let clock = self.i.clock.clone();
        match self.i.stage {
            Stage::Asked if due(clock.introduce_at_secs) => self.introduce(),
            Stage::Asked | Stage::Confirming
                if clock.introduce_at_secs.is_none() && due(clock.close_at_secs) =>
            {
                self.i.stage = Stage::Closed;
                self.said.push(Saying::TellClosed);
            }
            Stage::Asked if due(clock.remind_at_secs) => {
                self.i.clock.remind_at_secs = None;
                let stopped = self.around.hindrance == Some(HeldWhy::Stopped);
                if !self.i.asked.reminded && clock.introduce_at_secs.is_none() && !stopped {
                    self.i.asked.reminded = true;
                    self.said.push(Saying::Reminder);
                }
            }
            Stage::Deferred if due(clock.again_at_secs) => self.ask_anew(),
            Stage::WaitingForRequester if due(clock.close_at_secs) => {
                self.i.stage = Stage::Closed;
                if self.i.consents.connector.is_some() {
                    self.said
                        .push(Saying::TellRequesterSilent { declined: false });
                }
            }
            Stage::WaitingForConnector if due(clock.close_at_secs) => {
                self.i.stage = Stage::Closed;
            }
            Stage::WaitingForConnector
            | Stage::WaitingForRequester
            | Stage::Asked
            | Stage::Confirming
            | Stage::Deferred
            | Stage::Introduced
            | Stage::Declined
            | Stage::Closed
            | Stage::Cancelled
            | Stage::Undeliverable => {}
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

fn shortened(words: &str) -> String {
    words.trim().chars().take(MAX_WORDS_SHOWN).collect()
}

/// A person of whom only the address is known.
pub fn nameless(address: crate::reader::address::Address) -> Person {
    Person {
        name: String::new(),
        address,
    }
}
