//! Copies of our own mails that come back: proof that they left, and the probe of sub-addresses.
//!
//! A mail of another instance, or of one we do not know, is left alone: two bots never talk.

use crate::desk::launch::blank;
use crate::desk::work::Work;
use crate::desk::{Desk, DeskError, ignored};
use crate::reader::address::{Address, Person};
use crate::reader::letter::Letter;
use crate::reader::{Proof, author};
use crate::rules::event::Event;
use crate::rules::introduction::Way;
use crate::rules::saying::Saying;
use crate::store::inbox::{Disposition, Pending};
use crate::store::{introductions, outbox, people};

/// An ask that waited longer than this gives its reader the whole window all the same.
pub(super) const LATE_SECS: i64 = 2 * 3600;
/// The separator that is tried (RFC 5233 names `+` as the usual one).
const SEPARATOR: char = '+';

impl Desk {
    /// With `subaddressing = "auto"`, once: a mail to a sub-address of the bot. Only when it has
    /// come back do answers go to such addresses; some providers refuse them.
    pub fn probe(&mut self, now_secs: i64) -> Result<(), DeskError> {
        if self.house().separator.is_some() {
            return Ok(());
        }
        self.doing = "probe";
        self.transact(now_secs, |work| {
            if people::meta(work.db, "probe")?.is_some() {
                return Ok(());
            }
            let bot = &work.house.bot;
            let Ok(address) =
                Address::parse(&format!("{}{SEPARATOR}probe@{}", bot.local(), bot.domain()))
            else {
                return Ok(());
            };
            people::set_meta(work.db, "probe", Some("sent"))?;
            let mut nobody = blank(Way::Forwarded, work.now_secs);
            nobody.connector = Some(Person {
                name: work.house.bot_name.clone(),
                address,
            });
            work.say(nobody, &Saying::Probe)?;
            Ok(())
        })
    }
}

impl Work<'_> {
    pub(super) fn sighted(
        &mut self,
        mark: &str,
        pending: &Pending,
        letter: &Letter,
    ) -> Result<Disposition, DeskError> {
        let Some(ours) = outbox::by_mark(self.db, mark)? else {
            let facts = pending.facts.as_deref();
            let facts = facts.and_then(|json| serde_json::from_str(json).ok());
            let (proof, _) = author::judge(letter, &self.house.authserv_ids, facts.as_ref());
            self.meet(mark, letter, proof == Proof::Proven)?;
            return Ok(ignored("a mail of another askfirst"));
        };
        self.accepted(&ours, "a copy of it arrived")?;
        if ours.saying == Saying::Probe.name() {
            let bot = &self.house.bot;
            let sub = |address: &Address| address != bot && address.is_or_extends(bot, SEPARATOR);
            if letter.to.iter().any(|person| sub(&person.address)) {
                people::set_meta(self.db, "subaddressing", Some(&SEPARATOR.to_string()))?;
            }
        }
        Ok(Disposition {
            name: "own copy",
            reason: String::new(),
            introduction: ours.introduction,
            duplicate_of: None,
        })
    }

    /// Whatever the server's last word on it was: this mail arrived. True: that moved its introduction.
    pub(super) fn accepted(&mut self, mail: &outbox::Mail, proof: &str) -> Result<bool, DeskError> {
        if !matches!(mail.state.as_str(), "unknown" | "inflight" | "queued") {
            return Ok(false);
        }
        let progress = outbox::Progress {
            state: "accepted",
            not_before_secs: self.now_secs,
            phase: None,
            reply: Some(proof),
            provider_id: None,
            counts: false,
        };
        outbox::advance(self.db, mail.id, &progress, self.now_secs)?;
        self.begin_late(mail, mail.not_before_secs)
    }

    /// The target's clock is counted from the ask: where that left late it begins anew. False: it did not.
    pub(super) fn begin_late(
        &mut self,
        mail: &outbox::Mail,
        left_at_secs: i64,
    ) -> Result<bool, DeskError> {
        if mail.saying != "ask" || left_at_secs - mail.created_at_secs <= LATE_SECS {
            return Ok(false);
        }
        let introduction = mail.introduction.map(|id| introductions::load(self.db, id));
        let Some(introduction) = introduction.transpose()?.flatten() else {
            return Ok(false);
        };
        self.step(introduction, Event::AskLeftLate, "")?;
        Ok(true)
    }
}
