//! How much people may bring a connector by mail: proven requesters by the pace, unproven mail by less.
//!
//! Nobody proven is turned away without a word, and the connector hears of it once a day. Unproven mail
//! beyond its share waits ([`DeskError::Held`]).

use crate::desk::house::Connector;
use crate::desk::launch::blank;
use crate::desk::mail::Mail;
use crate::desk::work::Work;
use crate::desk::{DeskError, ignored};
use crate::reader::Proof;
use crate::reader::address::Address;
use crate::rules::introduction::{Introduction, Way};
use crate::rules::manners::{
    NOTICE_PAUSE_SECS, REQUESTS_WINDOW_DAYS, UNPROVEN_PER_DAY, UNPROVEN_PER_DOMAIN,
};
use crate::rules::report::Report;
use crate::rules::saying::Saying;
use crate::store::inbox::Disposition;
use crate::store::people;
use std::borrow::Cow;

impl Work<'_> {
    /// Counts a direct request under its author and its connector; None: it is within the limits.
    pub(super) fn over_allowance(
        &mut self,
        mail: &Mail<'_>,
        own: &Introduction,
        connector: &Connector,
        targets: usize,
    ) -> Result<Option<Disposition>, DeskError> {
        let (Some(requester), Some(address)) = (&own.requester, connector.addresses.first()) else {
            return Ok(None);
        };
        let (author, connectors) = (
            self.person_hash(&requester.address),
            self.person_hash(address),
        );
        let proven = mail.reading.proof == Proof::Proven;
        // Counted apart: nobody uses up what is another's by writing in his name.
        let kind = if proven { "requests" } else { "claimed" };
        let (now, pace) = (self.now_secs, &self.house.pace);
        let own_spent = people::spent(self.db, &author, kind, REQUESTS_WINDOW_DAYS, now)?;
        let all_spent = people::spent(self.db, &connectors, kind, 1, now)?;
        let over_own = own_spent >= pace.requests_per_requester;
        if !over_own && all_spent < pace.requests_per_connector {
            let times = u32::try_from(targets.max(1)).unwrap_or(u32::MAX);
            people::spend(self.db, &author, kind, times, now)?;
            people::spend(self.db, &connectors, kind, times, now)?;
            return Ok(None);
        }
        if !over_own {
            self.tell_left_aside(connector)?;
        }
        if proven && !mail.junk && self.once_a_day(&author, "too many")? {
            let mut turned_away = blank(Way::Direct, now);
            turned_away.requester = own.requester.clone();
            turned_away.connector = connector.person();
            turned_away.threads.requester = own.threads.requester.clone();
            self.say(turned_away, &Saying::TooMany { own: over_own })?;
        }
        Ok(Some(ignored("more requests than the pace allows")))
    }

    /// Unproven mail brings a connector at most one question a day and claimed author, and not many
    /// in all: beyond that it waits.
    pub(super) fn may_trouble(
        &mut self,
        mail: &Mail<'_>,
        own: &Introduction,
        connector: &Connector,
    ) -> Result<bool, DeskError> {
        let claim = own.requester.as_ref().map(|p| p.address.rate_key());
        let claim = claim.unwrap_or_else(|| Cow::Borrowed(&mail.letter.subject));
        let Some(address) = connector.addresses.first() else {
            return Ok(false);
        };
        let person = self.person_hash(address);
        let domain = mail.from().map(Address::domain).unwrap_or_default();
        let domain = format!("unproven of {}", psl::domain_str(domain).unwrap_or(domain));
        let domain = data_encoding::HEXLOWER.encode(&self.keyed(&domain));
        let now = self.now_secs;
        if people::spent(self.db, &person, "unproven", 1, now)? >= UNPROVEN_PER_DAY
            || people::spent(self.db, &person, &domain, 1, now)? >= UNPROVEN_PER_DOMAIN
        {
            return Err(DeskError::Held);
        }
        let kind = data_encoding::HEXLOWER.encode(&self.keyed(&claim));
        let first = self.once_a_day(&person, &kind)?;
        if first {
            people::spend(self.db, &person, "unproven", 1, now)?;
            people::spend(self.db, &person, &domain, 1, now)?;
        }
        Ok(first)
    }

    fn once_a_day(&self, person: &[u8], kind: &str) -> Result<bool, DeskError> {
        let pause = NOTICE_PAUSE_SECS;
        Ok(people::may_notify(
            self.db,
            person,
            kind,
            pause,
            self.now_secs,
        )?)
    }

    /// Nothing is left aside in silence.
    fn tell_left_aside(&mut self, connector: &Connector) -> Result<(), DeskError> {
        let Some(person) = connector.person() else {
            return Ok(());
        };
        let hash = self.person_hash(&person.address);
        if !self.once_a_day(&hash, "left aside")? {
            return Ok(());
        }
        let mut nobody = blank(Way::Forwarded, self.now_secs);
        nobody.connector = Some(person);
        let report = Report::LeftAside;
        self.say(nobody, &Saying::Report { report })?;
        Ok(())
    }
}
