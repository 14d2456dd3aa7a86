//! What the passing of time does: reminders, ends, closings, and yeses that were held.

use super::Machine;
use crate::rules::clock;
use crate::rules::introduction::Stage;
use crate::rules::saying::{HeldWhy, Saying};

impl Machine<'_> {
    pub(super) fn wait_for_return(&mut self) {
        if !self.i.asked.moved {
            self.i.asked.moved = true;
            let clock = &mut self.i.clock;
            for due in [&mut clock.remind_at_secs, &mut clock.close_at_secs] {
                *due = due.map(|at| at + clock::ABSENCE_SECS);
            }
        }
    }

    /// A night or a weekend: the program stood still when the reminder was due, or the clock changed.
    fn rests(&self) -> bool {
        self.next_morning() > self.around.now_secs
    }

    fn next_morning(&self) -> i64 {
        clock::working_hours(self.around.now_secs, &self.around.pace.time_zone)
    }

    pub(super) fn time_passed(&mut self) {
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

    pub(super) fn own_time_passed(&mut self, due: impl Fn(Option<i64>) -> bool) {
        let clock = self.i.clock.clone();
        match self.i.stage {
            Stage::Asked if due(clock.introduce_at_secs) => self.introduce(),
            Stage::Asked | Stage::Confirming
                if clock.introduce_at_secs.is_none() && due(clock.close_at_secs) =>
            {
                self.i.stage = Stage::Closed;
                self.said.push(Saying::TellClosed);
            }
            Stage::Asked if due(clock.remind_at_secs) && self.rests() => {
                self.i.clock.remind_at_secs = Some(self.next_morning());
            }
            Stage::Deferred if due(clock.again_at_secs) && self.rests() => {
                self.i.clock.again_at_secs = Some(self.next_morning());
            }
            Stage::Asked if due(clock.remind_at_secs) => {
                self.i.clock.remind_at_secs = None;
                let protected = self.around.hindrance.is_some_and(HeldWhy::is_for_good);
                if !self.i.asked.reminded && clock.introduce_at_secs.is_none() && !protected {
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
}
