//! The course of an introduction: what is missing next, from the request to the introduction.

use super::Machine;
use crate::reader::address::Person;
use crate::rules::clock;
use crate::rules::consent::{ConnectorEvidence, Consent, MailEvidence, RequesterEvidence};
use crate::rules::event::Gap;
use crate::rules::introduction::{Asked, Request, Stage, Thread, Way};
use crate::rules::saying::{AskedWhy, HeldWhy, Saying};

impl Machine<'_> {
    pub(super) fn open(&mut self, why: AskedWhy, gap: Option<Gap>) {
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
            // His contacts have answered already.
            Some(Gap::ConnectorYes { .. }) if self.around.hindrance == Some(HeldWhy::Never) => {
                self.i.stage = Stage::Closed;
                self.said.push(Saying::TellHeld {
                    why: HeldWhy::Never,
                });
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
            Some(Gap::Words) => self.ask_words(),
            Some(Gap::Wish { words }) => {
                self.i.stage = Stage::WaitingForRequester;
                self.said.push(Saying::WhichWish { words });
            }
        }
    }

    /// Nothing that the one before did or was asked counts for another target.
    pub(super) fn name_target(&mut self, target: Person) {
        let same = self.i.target.as_ref().map(|p| &p.address) == Some(&target.address);
        if !same {
            self.i.consents.target = None;
            self.i.clock.introduce_at_secs = None;
            self.i.clock.asked_at_secs = None;
            self.i.clock.remind_at_secs = None;
            self.i.clock.again_at_secs = None;
            self.i.threads.target = Thread::default();
            self.i.asked = Asked {
                closing_sent: self.i.asked.closing_sent,
                mails: self.i.asked.mails,
                ..Asked::default()
            };
        }
        self.i.target = Some(target);
    }

    pub(super) fn connector_agreed(&mut self, evidence: MailEvidence) {
        // A requester's own mail waits for a yes; a connector's, for the word that it is his.
        let why = match self.i.way {
            Way::Direct => AskedWhy::YouAgreed,
            Way::Forwarded | Way::Answered | Way::AskedByConnector | Way::Proposed => {
                AskedWhy::YouConfirmed
            }
        };
        self.connector_consents(evidence, why);
    }

    pub(super) fn connector_consents(&mut self, evidence: MailEvidence, why: AskedWhy) {
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
        self.advance(why);
    }

    /// A refusal by the connector is honest, and his words are passed on.
    pub(super) fn refuse(&mut self, words: String) {
        let heard_of_us = self.i.clock.closing_at_secs.is_some();
        self.i.clock.closing_at_secs = None;
        self.i.stage = Stage::Cancelled;
        if self.i.way == Way::Direct && (heard_of_us || !words.is_empty()) {
            self.said.push(Saying::Refuse { words });
        }
    }

    pub(super) fn requester_wrote(&mut self, request: Request, evidence: MailEvidence) {
        self.i.request = Some(request);
        if self.i.consents.requester.is_none() {
            self.i.consents.requester = Some(Consent {
                at_secs: self.around.now_secs,
                evidence: RequesterEvidence::Mail(evidence),
            });
        }
        self.advance(AskedWhy::YouNamed);
    }

    pub(super) fn requester_agreed(&mut self, evidence: MailEvidence) {
        self.i.consents.requester = Some(Consent {
            at_secs: self.around.now_secs,
            evidence: RequesterEvidence::Mail(evidence),
        });
        self.i.asked.closing_sent = false;
        self.i.clock.closing_at_secs = None;
        self.advance(AskedWhy::YouNamed);
    }

    /// What is missing next: the connector, the target's name, the requester's words, the target.
    pub(super) fn advance(&mut self, why: AskedWhy) {
        let proposed = self.i.way == Way::Proposed;
        if self.i.consents.connector.is_none() {
            self.i.stage = Stage::WaitingForConnector;
        } else if self.i.requester.is_none() {
            self.i.stage = Stage::WaitingForConnector;
            let words = String::new();
            self.said.push(Saying::WhoAsks { words });
        } else if self.i.target.is_none() {
            self.i.stage = Stage::WaitingForConnector;
            self.said.push(Saying::WhichTarget {
                words: String::new(),
                choices: Vec::new(),
            });
        } else if self.i.request.is_none() && !proposed {
            self.ask_words();
        } else if self.i.consents.target.is_some() {
            self.target_agreed();
        } else if self.i.clock.asked_at_secs.is_none() || self.i.stage == Stage::Undeliverable {
            self.ask(why);
        }
    }

    pub(super) fn ask(&mut self, why: AskedWhy) {
        if let Some(why) = self.around.hindrance {
            self.i.stage = Stage::Closed;
            self.said.push(Saying::TellHeld { why });
            return;
        }
        self.i.stage = Stage::Asked;
        self.start_targets_clock();
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

    /// His window and the reminder are counted from the ask, as it leaves.
    pub(super) fn start_targets_clock(&mut self) {
        let (now, pace) = (self.around.now_secs, self.around.pace);
        self.i.clock.asked_at_secs = Some(now);
        self.i.clock.close_at_secs = Some(now + pace.close_after_secs);
        self.i.clock.remind_at_secs = pace
            .remind_after_secs
            .map(|after| clock::working_hours(now + after, &pace.time_zone))
            .filter(|remind_at| *remind_at < now + pace.close_after_secs);
    }

    /// The connector hears why nobody is asked.
    pub(super) fn tell_held(&mut self, why: HeldWhy) {
        self.said.push(Saying::TellHeld { why });
    }

    /// The same ask, in a new mail, with a new window.
    pub(super) fn ask_anew(&mut self) {
        if let Some(why) = self.around.hindrance.filter(|why| why.is_for_good()) {
            self.i.stage = Stage::Closed;
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

    /// All that the target's yes can lead to.
    pub(super) fn target_agreed(&mut self) {
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
    pub(super) fn keep_open(&mut self) {
        let now = self.around.now_secs;
        let close_at = &mut self.i.clock.close_at_secs;
        *close_at = close_at
            .filter(|at| *at > now)
            .or(Some(now + self.around.pace.close_after_secs));
    }

    /// The only place where an introduction is made.
    pub(super) fn introduce(&mut self) {
        if self.i.asked.closing_sent && self.i.consents.all_stand() {
            // The closing left while the yes was held.
            self.ask_whether_still_interested();
        } else if self.i.consents.all_stand() {
            self.i.stage = Stage::Introduced;
            self.said.push(Saying::Introduction);
        }
    }
}
