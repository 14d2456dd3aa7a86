//! What the target's answer does, at every stage at which one can come.

use super::Machine;
use crate::reader::Verdict;
use crate::reader::address::Address;
use crate::rules::clock;
use crate::rules::consent::Consent;
use crate::rules::event::Answer;
use crate::rules::introduction::Stage;
use crate::rules::saying::Saying;

/// Characters of a target's answer that the connector is shown.
const MAX_WORDS_SHOWN: usize = 2_000;

impl Machine<'_> {
    pub(super) fn target_said(&mut self, answer: Answer) {
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

    /// Whoever has said yes has been reached, whatever comes back now.
    pub(super) fn target_unreachable(&mut self, recipient: Address) {
        if self.i.consents.target.is_none() {
            self.i.stage = Stage::Undeliverable;
            self.said.push(Saying::TellBounced {
                recipient,
                introduction: false,
            });
        }
    }

    pub(super) fn target_later(&mut self, answer: Answer) {
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

    pub(super) fn target_unclear(&mut self, answer: Answer) {
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
    pub(super) fn too_late(&mut self, answer: Answer) {
        if self.keep_stop(&answer) {
            self.said.push(Saying::ConfirmStop);
            return;
        }
        if answer.verdict == Verdict::Yes && self.is_only_late() {
            if self.i.asked.closing_sent {
                // The requester was told that it did not come together: he is asked first.
                return self.target_said(answer);
            }
            if answer.doubt.is_none() {
                self.tell_late_yes();
            }
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

    /// She was asked, has not agreed before, and nobody called it off: only the window was over.
    fn is_only_late(&self) -> bool {
        self.i.stage == Stage::Closed
            && self.i.clock.asked_at_secs.is_some()
            && self.i.consents.connector.is_some()
            && self.i.consents.target.is_none()
    }

    pub(super) fn keep_stop(&mut self, answer: &Answer) -> bool {
        self.target_stopped |= answer.verdict == Verdict::Stop;
        answer.verdict == Verdict::Stop
    }
}

fn shortened(words: &str) -> String {
    words.trim().chars().take(MAX_WORDS_SHOWN).collect()
}
