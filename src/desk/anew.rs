//! New wishes in old threads: a mail that quotes codes of ours and yet answers none of our mails.
//!
//! People quote whatever lies in their mailbox. What names somebody new is a request, not an answer
//! to the old mail; it is read as one, so that no request is lost. Consents are never taken here.

use crate::desk::DeskError;
use crate::desk::bind::{Binding, Bound};
use crate::desk::house::Connector;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::reader::Reading;
use crate::reader::address::{Address, Person};
use crate::reader::request::Choice;
use crate::rules::introduction::Introduction;
use crate::rules::saying::Party;

impl Work<'_> {
    /// Whether it is worth reading the mail once more as one that answers none of ours.
    pub(super) fn may_hand_on(&self, mail: &Mail<'_>, bound: &Bound) -> bool {
        !bound.answered && self.is_connectors(mail)
    }

    /// Whether a connector hands on somebody's mail (row 1 or 2) in which old codes of ours are quoted.
    /// `fresh` is the mail read without a mail of ours that it might answer; [`Work::may_hand_on`] holds.
    pub(super) fn hands_on(&self, fresh: &Reading, bound: &Bound) -> bool {
        if !self.names_outsider(fresh) {
            return false;
        }
        let below = fresh.forwarded.as_ref().or(fresh.quoted());
        let target = bound.introduction.target.as_ref();
        let of_target = match (below.and_then(|b| b.from.address.as_ref()), target) {
            (Some(author), Some(target)) => self.house.same_person(author, &target.address),
            _ => false,
        };
        let holds_ask = bound
            .issued
            .iter()
            .any(|issued| issued.saying.party() == Some(Party::Target));
        // Row 7: while the target's answer is waited for, it is what he passes on.
        !(of_target && holds_ask && !bound.introduction.stage.is_final())
    }

    /// Whether a mail with the codes of several introductions is a connector's request.
    pub(super) fn hands_on_among(&self, mail: &Mail<'_>, binding: &Binding) -> bool {
        matches!(binding, Binding::Ambiguous(_))
            && self.is_connectors(mail)
            && self.names_outsider(&mail.reading)
    }

    fn is_connectors(&self, mail: &Mail<'_>) -> bool {
        mail.from()
            .is_some_and(|from| self.house.connector(from).is_some())
    }

    /// Whether the mail below is somebody's, and not one of ours.
    fn names_outsider(&self, reading: &Reading) -> bool {
        let below = reading.forwarded.as_ref().or(reading.quoted());
        below
            .and_then(|below| below.from.address.as_ref())
            .is_some_and(|author| !self.house.is_insider(author))
    }

    /// Whether the target's new words name somebody to meet, and nobody of this introduction.
    pub(super) fn target_wishes_anew(
        &self,
        mail: &Mail<'_>,
        introduction: &Introduction,
    ) -> Result<bool, DeskError> {
        let of_old = [&introduction.target, &introduction.requester];
        self.names_others(mail, |_, choice| {
            let mut people = of_old.iter().copied().flatten();
            let old = |person: &Person| self.house.same_person(&person.address, &choice.address);
            Ok(people.any(old))
        })
    }

    /// Whether the requester's new words name somebody whom his earlier ones did not. The target stays
    /// out of it: by what is passed over he could find out whose address he has guessed.
    pub(super) fn requester_wishes_anew(
        &self,
        mail: &Mail<'_>,
        introduction: &Introduction,
    ) -> Result<bool, DeskError> {
        // The words go some time after the end, which may be the target's doing; what the requester sees
        // goes by his own clock, so from the first moment they may be gone they count no more.
        let closed_at_secs = introduction.clock.closing_at_secs;
        let closed_at_secs = closed_at_secs.filter(|_| introduction.asked.closing_sent);
        let keep_secs = self.house.keep_bodies_secs;
        let counts = closed_at_secs.is_none_or(|at| self.now_secs < at.saturating_add(keep_secs));
        let request = introduction.request.as_ref().filter(|_| counts);
        let earlier = request.map(|r| r.words.as_str()).unwrap_or_default();
        let apart = written_by(mail);
        self.names_others(mail, |connector, choice| {
            let address = choice.address.key();
            let spelt = |text: &str| text.to_lowercase().contains(address);
            if spelt(&mail.reading.text) {
                return Ok(spelt(earlier));
            }
            let named = self.wish(earlier, &apart, connector)?.targets;
            Ok(named.iter().any(|old| old.address == choice.address))
        })
    }

    /// Whether some connector's people are named, and none of them is `old`.
    fn names_others(
        &self,
        mail: &Mail<'_>,
        old: impl Fn(&Connector, &Choice) -> Result<bool, DeskError>,
    ) -> Result<bool, DeskError> {
        let apart = written_by(mail);
        for connector in &self.house.connectors {
            let targets = self.wish(&mail.reading.text, &apart, connector)?.targets;
            let mut known = false;
            for choice in &targets {
                known |= old(connector, choice)?;
            }
            if !targets.is_empty() && !known {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn written_by(mail: &Mail<'_>) -> Vec<Address> {
    mail.from().cloned().into_iter().collect()
}
