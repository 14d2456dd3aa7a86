//! "Ask again", the connector's word: once more where that can help, and how it stands where it would press.
//!
//! Cannot fail; he hears something at every stage.

use super::{MAX_MAILS_TO_TARGET, Machine};
use crate::rules::introduction::{Stage, Way};
use crate::rules::report::Stands;
use crate::rules::saying::{AskedWhy, HeldWhy, Saying};

impl Machine<'_> {
    /// The target has answered, and not plainly: he is asked for a plain answer once more. Whoever has
    /// not answered at all has the question before him, and his reminder comes by itself.
    pub(super) fn ask_plainly(&mut self) {
        let answered = self.i.asked.clarified || self.i.stage == Stage::Confirming;
        let agreed = self.i.consents.target.is_some();
        if !answered || agreed || self.i.asked.plainly {
            self.tell_how_it_stands();
        } else if let Some(why) = self.hindrance_for_good() {
            self.tell_held(why);
        } else if self.is_worn_out() {
            self.tell_held(HeldWhy::Fuse);
        } else {
            self.i.asked.plainly = true;
            self.said.push(Saying::Clarify);
            self.tell_asked_again();
        }
    }

    /// The connector thinks that it was only timing. Nobody is asked anew whom manners protect, or
    /// who was never asked.
    pub(super) fn ask_once_more(&mut self) {
        let hindrance = self.around.hindrance;
        let protects = |why: &HeldWhy| why.is_for_good() || *why == HeldWhy::AskedOften;
        let has_both = self.i.requester.is_some() && self.i.target.is_some();
        if self.i.consents.connector.is_none() || !has_both {
            self.tell_how_it_stands();
        } else if self.i.stage == Stage::Declined {
            self.tell_held(HeldWhy::SaidNo);
        } else if self.i.asked.again || self.is_worn_out() {
            self.tell_held(HeldWhy::Fuse);
        } else if let Some(why) = hindrance.filter(protects) {
            self.tell_held(why);
        } else if self.i.request.is_none() && self.i.way != Way::Proposed {
            self.tell_held(HeldWhy::WordsGone);
        } else if self.i.clock.asked_at_secs.is_some() {
            self.i.asked.again = true;
            self.ask_anew();
            self.tell_asked_again();
        } else {
            // It was held when it was due; what held it is over.
            self.ask(AskedWhy::YouAskedAgain);
            self.i.asked.again = self.i.stage == Stage::Asked;
        }
    }

    pub(super) fn tell_how_it_stands(&mut self) {
        let (clock, asked) = (&self.i.clock, &self.i.asked);
        let stands = match self.i.stage {
            Stage::WaitingForConnector => Stands::Connector,
            Stage::WaitingForRequester if self.lacks_words() => Stands::Words,
            Stage::WaitingForRequester => Stands::Requester,
            Stage::Asked if clock.introduce_at_secs.is_some() => Stands::Yes,
            Stage::Asked if asked.clarified => Stands::Unclear,
            Stage::Asked if asked.reminded => Stands::Reminded,
            Stage::Asked => Stands::Asked,
            Stage::Confirming => Stands::Confirming,
            Stage::Deferred => Stands::Later,
            Stage::Introduced => Stands::Introduced,
            Stage::Declined | Stage::Closed | Stage::Cancelled => Stands::Over,
            Stage::Undeliverable => Stands::Undeliverable,
        };
        self.tell_stands(stands);
    }

    /// A yes that came when nobody waited for it any more: what becomes of it is up to the connector.
    pub(super) fn tell_late_yes(&mut self) {
        self.tell_stands(Stands::LateYes);
    }

    fn tell_stands(&mut self, stands: Stands) {
        let clock = &self.i.clock;
        let next_at_secs = match stands {
            Stands::Asked => clock.remind_at_secs,
            Stands::Later => clock.again_at_secs,
            _ => None,
        };
        self.said.push(Saying::TellStands {
            stands,
            asked_at_secs: clock.asked_at_secs,
            next_at_secs,
            close_at_secs: clock.close_at_secs,
        });
    }

    /// The requester is asked for what can be passed on, and a connector who vouched for him is told so.
    pub(super) fn ask_words(&mut self) {
        self.i.stage = Stage::WaitingForRequester;
        self.said.push(Saying::AskWords);
        if self.i.way != Way::Direct {
            self.tell_how_it_stands();
        }
    }

    fn lacks_words(&self) -> bool {
        let known = self.i.requester.is_some() && self.i.target.is_some();
        known && self.i.request.is_none() && self.i.way != Way::Proposed
    }

    fn tell_asked_again(&mut self) {
        let why = AskedWhy::YouAskedAgain;
        self.said.push(Saying::TellAsked { why });
    }

    /// The fuse would hold one more question back.
    fn is_worn_out(&self) -> bool {
        self.i.asked.mails_to_target >= MAX_MAILS_TO_TARGET
    }

    fn hindrance_for_good(&self) -> Option<HeldWhy> {
        self.around.hindrance.filter(|why| why.is_for_good())
    }
}
