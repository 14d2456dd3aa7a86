//! The work of one transaction: a mail is disposed of, an event meets an introduction.
//!
//! Fails with a [`DeskError`]; then the transaction is rolled back and nothing has happened.

use crate::deadline::Deadline;
use crate::desk::acquainted::Acquainted;
use crate::desk::ahead::Opened;
use crate::desk::house::{Connector, House};
use crate::desk::leaving::Leaving;
use crate::desk::mail::Mail;
use crate::desk::press::Press;
use crate::desk::{DeskError, Dice, bind, ignored};
use crate::reader::address::Address;
use crate::reader::{Kind, Proof, Reading, content};
use crate::rules::event::Event;
use crate::rules::introduction::{Introduction, Stage, Way};
use crate::rules::manners::{self, Past};
use crate::rules::saying::{HeldWhy, Saying};
use crate::rules::transition::{self, Surroundings};
use crate::store::inbox::{self, Disposition};
use crate::store::introductions::{self, Chapter};
use crate::store::{people, secrets};
use hmac::{Hmac, Mac};
use rusqlite::Connection;
use sha2::Sha256;
use std::cell::RefCell;
use std::rc::Rc;

/// The instance's key, worked into the hash once: that is half of what a short text costs.
pub(super) struct Keyed(Option<Hmac<Sha256>>);

impl Keyed {
    pub(super) fn by(instance_key: &[u8]) -> Keyed {
        // HMAC takes keys of every length (RFC 2104 section 3).
        Keyed(Hmac::new_from_slice(instance_key).ok())
    }

    fn hash(&self, text: &str) -> Vec<u8> {
        let Some(mut mac) = self.0.clone() else {
            return Vec::new();
        };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

/// What one transaction is done with.
pub(super) struct Work<'a> {
    pub(super) db: &'a Connection,
    pub(super) house: &'a House,
    pub(super) keyed: &'a Keyed,
    /// Whether content keys of an earlier schema may be there.
    pub(super) keys_without_day: bool,
    pub(super) dice: &'a mut Dice,
    pub(super) acquainted: &'a RefCell<Acquainted>,
    pub(super) separator: Option<char>,
    pub(super) deadline: Option<&'a Deadline>,
    pub(super) now_secs: i64,
    /// The author of the mail at hand, where it is one that nobody proved or of a stranger (None: his
    /// address is not known either). What it causes is counted.
    pub(super) claimed: Option<Option<Address>>,
    /// Whether each mail can be undone by itself.
    pub(super) each_apart: bool,
    /// Whether one was.
    pub(super) undid: bool,
    /// Where mails get their bytes; none: here.
    pub(super) press: Option<Rc<Press>>,
    /// Mails that leave with this transaction.
    pub(super) leaving: Leaving,
}

impl Work<'_> {
    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.dice)(&mut bytes);
        bytes
    }

    /// A keyed hash: of people in lists that outlive their mails, and of our own mails' marks.
    pub(super) fn keyed(&self, text: &str) -> Vec<u8> {
        self.keyed.hash(text)
    }

    /// The X-Askfirst-Id of a mail: nothing in it counts, or can be compared by an outsider. Before the
    /// hash stands the day, which its Date tells too: marks of one day lie together in their index.
    pub(super) fn mark(&self, token: &str, saying: &str) -> String {
        let day = self.now_secs.div_euclid(86_400).rem_euclid(0x1_0000);
        format!("{day:04x}{}", self.mark_without_day(token, saying))
    }

    /// What of a mark only this instance can write.
    pub(super) fn mark_without_day(&self, token: &str, saying: &str) -> String {
        let hash = self.keyed(&[token, ":", saying].concat());
        data_encoding::HEXLOWER.encode(hash.get(..16).unwrap_or_default())
    }

    pub(super) fn person_hash(&self, address: &Address) -> Vec<u8> {
        self.keyed(&address.rate_key())
    }

    /// The first handled mail with the same content, whichever schema kept it.
    fn same_content(
        &self,
        pending: &inbox::Pending,
        key: &[u8],
    ) -> Result<Option<(i64, Option<i64>)>, DeskError> {
        let found = inbox::same_content(self.db, pending, key)?;
        let older = key.get(content::DAY_OCTETS..);
        match older.filter(|_| found.is_none() && self.keys_without_day) {
            Some(older) => Ok(inbox::same_content(self.db, pending, older)?),
            None => Ok(found),
        }
    }

    /// Decides what becomes of one mail.
    pub(super) fn dispose(
        &mut self,
        pending: &inbox::Pending,
        opened: &Opened,
        alone: Option<Reading>,
    ) -> Result<Disposition, DeskError> {
        let letter = &opened.letter;
        let content_key = &opened.content_key;
        if let Some((first, introduction)) = self.same_content(pending, content_key)? {
            return Ok(Disposition {
                name: "duplicate",
                reason: String::new(),
                introduction,
                duplicate_of: Some(first),
            });
        }
        if let Some(mark) = letter.fields("X-Askfirst-Id").next() {
            return self.sighted(mark.trim(), pending, letter);
        }
        let bound = bind::bind(self.db, self.house, letter)?;
        let reader = &opened.reader;
        let reading = match (bound.original(), alone) {
            (None, Some(alone)) => alone,
            (original, _) => reader.read(letter, original),
        };
        let mut mail = Mail {
            letter,
            reading,
            junk: self.house.junk.as_deref() == Some(pending.mailbox.as_str()),
        };
        self.claimed = self.claim_of(&mail, bound.introduction());
        if matches!(bound, bind::Binding::None) {
            self.meet_answer(letter, mail.reading.proof == Proof::Proven)?;
        }
        if mail.reading.kind == Kind::Person {
            if let bind::Binding::To(old) = &bound
                && self.may_hand_on(&mail, old)
            {
                let fresh = reader.read(letter, None);
                if self.hands_on(&fresh, old) {
                    mail.reading = fresh;
                    return self.unbound(&mail);
                }
            }
            if self.hands_on_among(&mail, &bound) {
                return self.unbound(&mail);
            }
        }
        match (mail.reading.kind, bound) {
            (Kind::Unreadable, _) => Ok(Disposition {
                name: "quarantined",
                reason: mail.reading.why,
                introduction: None,
                duplicate_of: None,
            }),
            (Kind::List, _) => Ok(ignored("list mail")),
            (Kind::Bounce | Kind::AutoReply, bind::Binding::To(bound)) => {
                self.machine_answered(&mail, *bound)
            }
            (Kind::Bounce | Kind::AutoReply, _) => Ok(ignored("a machine's mail, to none of ours")),
            (Kind::Person, bind::Binding::To(bound)) => self.answered(&mail, *bound),
            (Kind::Person, bind::Binding::Ambiguous(issued)) => self.ambiguous(&mail, &issued),
            (Kind::Person, bind::Binding::None) => self.unbound(&mail),
        }
    }

    /// The one place where the world changes: an event meets an introduction, the new state is
    /// stored, and every mail it leads to is written.
    pub(super) fn step(
        &mut self,
        introduction: Introduction,
        event: Event,
        detail: &str,
    ) -> Result<Introduction, DeskError> {
        let name = event.name();
        let was_introduced = introduction.stage == Stage::Introduced;
        let hindrance = self.hindrance_to(&introduction, &event)?;
        let mut pace = self.house.pace.clone();
        if let Some(zone) = self.zone_of_target(&introduction) {
            pace.time_zone = zone;
        }
        let outcome = transition::step(
            introduction,
            event,
            &Surroundings {
                pace: &pace,
                hindrance,
                now_secs: self.now_secs,
            },
        );
        let mut introduction = outcome.introduction;
        let is_new = introduction.id == 0;
        if is_new {
            introductions::insert(self.db, &mut introduction)?;
        }
        if outcome.target_stopped
            && let Some(target) = &introduction.target
        {
            people::wish(
                self.db,
                &self.person_hash(&target.address),
                "stop",
                self.now_secs,
            )?;
        }
        for saying in outcome.sayings {
            let saying = self.as_it_left(&introduction, saying)?;
            if saying == Saying::Ask {
                self.count_ask(&introduction)?;
            }
            introduction = self.say(introduction, &saying)?;
        }
        match is_new {
            // What it was inserted with stands: a mail that is written changes its threads alone.
            true => introductions::save_words(self.db, &introduction)?,
            false => introductions::save(self.db, &introduction)?,
        }
        if introduction.stage == Stage::Introduced {
            secrets::kill_all(self.db, introduction.id, self.now_secs)?;
        }
        if was_introduced != (introduction.stage == Stage::Introduced) {
            self.acquainted.borrow_mut().change();
        }
        let chapter = Chapter {
            at_secs: self.now_secs,
            event: name.to_owned(),
            stage: introduction.stage.name().to_owned(),
            detail: detail.to_owned(),
        };
        introductions::tell(self.db, introduction.id, &chapter)?;
        tracing::info!(
            introduction = introduction.id,
            event = name,
            stage = introduction.stage.name(),
            "an introduction moved"
        );
        Ok(introduction)
    }

    /// What stands against asking whom the event names, or who is named already.
    fn hindrance_to(
        &self,
        introduction: &Introduction,
        event: &Event,
    ) -> Result<Option<HeldWhy>, DeskError> {
        let known = introduction.target.as_ref().map(|target| &target.address);
        match event {
            Event::ConnectorNamed { target, .. } => {
                self.hindrance(introduction, Some(&target.address))
            }
            Event::ConnectorNamedRequester { requester } => {
                let mut named = introduction.clone();
                named.requester = Some(requester.clone());
                self.hindrance(&named, known)
            }
            _ => self.hindrance(introduction, known),
        }
    }

    /// An introduction whose time came and which time did not change would be due for ever.
    pub(super) fn unstick(
        &mut self,
        before: &Introduction,
        after: Introduction,
    ) -> Result<(), DeskError> {
        let wake = crate::rules::clock::next_wake_secs;
        if wake(&after).is_some_and(|at| at <= self.now_secs) && wake(&after) == wake(before) {
            self.still(after.id)?;
        }
        Ok(())
    }

    /// Takes what is due off an introduction's clock; later times and mails still move it.
    pub(super) fn still(&mut self, id: i64) -> Result<(), DeskError> {
        if let Some(mut introduction) = introductions::load(self.db, id)? {
            let clock = &mut introduction.clock;
            for due in [
                &mut clock.close_at_secs,
                &mut clock.remind_at_secs,
                &mut clock.again_at_secs,
                &mut clock.introduce_at_secs,
                &mut clock.closing_at_secs,
            ] {
                *due = due.filter(|at| *at > self.now_secs);
            }
            introductions::save(self.db, &introduction)?;
        }
        Ok(())
    }

    pub(super) fn connector_of(&self, introduction: &Introduction) -> Option<&Connector> {
        let connector = introduction.connector.as_ref()?;
        self.house.connector(&connector.address)
    }

    /// Where the target lives, if the connector's contacts say so.
    pub(super) fn zone_of_target(&self, introduction: &Introduction) -> Option<jiff::tz::TimeZone> {
        let target = introduction.target.as_ref()?;
        let settled = self.connector_of(introduction)?.settled(&target.address)?;
        settled.time_zone.clone()
    }

    pub(super) fn hindrance(
        &self,
        introduction: &Introduction,
        target: Option<&Address>,
    ) -> Result<Option<HeldWhy>, DeskError> {
        let Some(target) = target else {
            return Ok(None);
        };
        let pace = &self.house.pace;
        let quiet_since = self.now_secs - pace.quiet_after_secs;
        let since = self.now_secs - manners::ASKS_WINDOW_SECS;
        let mut past = Past::default();
        let connector = self.connector_of(introduction);
        // A person is one person at all his addresses.
        for target in &self.house.addresses_of(target) {
            past.never |= self.house.never_asked(target)
                || connector.is_some_and(|connector| connector.never(target));
            past.stopped |= self.said_stop(target)?;
            past.asks += introductions::asks_since(self.db, target, since, introduction.id)?;
            if let Some(requester) = &introduction.requester {
                past.tried_before |= introductions::tried_before(
                    self.db,
                    &requester.address,
                    target,
                    quiet_since,
                    introduction.id,
                )?;
            }
        }
        if let (Way::Proposed, Some(first)) = (introduction.way, &introduction.requester) {
            past.other_stopped =
                self.house.never_asked(&first.address) || self.said_stop(&first.address)?;
        }
        if let (Some(most), Some(connector)) = (pace.asks_per_connector, &introduction.connector) {
            let person = self.connector_hash(&connector.address);
            past.connector_often =
                people::spent(self.db, &person, "asks", 1, self.now_secs)? >= most;
        }
        Ok(manners::hindrance(past, pace))
    }

    pub(super) fn said_stop(&self, address: &Address) -> Result<bool, DeskError> {
        Ok(people::wishes(self.db, &self.person_hash(address), "stop")?)
    }

    /// A connector is one person at all his addresses.
    pub(super) fn connector_hash(&self, address: &Address) -> Vec<u8> {
        let connector = self.house.connector(address);
        let first = connector.and_then(|connector| connector.addresses.first());
        self.person_hash(first.unwrap_or(address))
    }

    /// Counts the ask where asks are limited.
    fn count_ask(&self, introduction: &Introduction) -> Result<(), DeskError> {
        if let (Some(_), Some(connector)) =
            (self.house.pace.asks_per_connector, &introduction.connector)
        {
            let person = self.connector_hash(&connector.address);
            people::spend(self.db, &person, "asks", 1, self.now_secs)?;
        }
        Ok(())
    }
}
