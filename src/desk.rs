//! The desk: every event crosses it. One event in, one transaction out; all of it in `step`.
//!
//! Synchronous; `now` and random bytes are arguments, so a whole life of the bot plays in a test.
//! Fails with a [`DeskError`]: then the transaction is rolled back and nothing has happened. A mail
//! that can't be handled is set aside in the inbox with the reason, and the next one is handled.

pub mod answers;
pub mod bind;
pub mod house;
pub mod orders;
pub mod post;
pub mod requests;
pub mod views;

use crate::desk::house::House;
use crate::reader::address::Address;
use crate::reader::author::Facts;
use crate::reader::letter::Letter;
use crate::reader::{Kind, Known, Proof, Reading, Verdict};
use crate::rules::consent::MailEvidence;
use crate::rules::event::Event;
use crate::rules::introduction::{Introduction, Thread};
use crate::rules::manners::{self, Past};
use crate::rules::saying::{HeldWhy, Party, Saying};
use crate::rules::transition::{self, Surroundings};
use crate::store::inbox::{Arrived, Disposition};
use crate::store::introductions::Chapter;
use crate::store::outbox::Written;
use crate::store::{Store, StoreError, inbox, introductions, outbox, people, secrets};
use crate::writer::{self, Seal, Voice, WriteError};
use rusqlite::Connection;

#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<rusqlite::Error> for DeskError {
    fn from(error: rusqlite::Error) -> Self {
        DeskError::Store(StoreError::Sqlite(error))
    }
}

/// Fills a buffer with random bytes; the daemon's comes from the system, a test's from a seed.
pub type Dice = Box<dyn FnMut(&mut [u8]) + Send>;

/// Starts after which a mail that was begun and never finished is set aside: it kills the process.
const MAX_ATTEMPTS: u32 = 3;

pub struct Desk {
    store: Store,
    house: House,
    instance_key: Vec<u8>,
    dice: Dice,
}

/// What one transaction is done with.
struct Work<'a> {
    db: &'a Connection,
    house: &'a House,
    instance_key: &'a [u8],
    dice: &'a mut Dice,
    separator: Option<char>,
    now_secs: i64,
}

/// A mail being handled.
struct Mail<'a> {
    letter: &'a Letter,
    reading: Reading,
    /// The mail was read in the junk folder: it may decide, but causes no notices.
    junk: bool,
}

impl Desk {
    /// Takes over a store. Draws the instance's key at its first start.
    pub fn open(mut store: Store, house: House, mut dice: Dice) -> Result<Desk, DeskError> {
        let tx = store.transaction()?;
        let instance_key = match people::meta(&tx, "instance_key")? {
            Some(hex) => data_encoding::HEXLOWER
                .decode(hex.as_bytes())
                .map_err(|error| StoreError::Unreadable {
                    table: "meta",
                    row: 0,
                    why: error.to_string(),
                })?,
            None => {
                let mut key = vec![0; 32];
                dice(&mut key);
                let hex = data_encoding::HEXLOWER.encode(&key);
                people::set_meta(&tx, "instance_key", Some(&hex))?;
                key
            }
        };
        tx.commit()?;
        Ok(Desk {
            store,
            house,
            instance_key,
            dice,
        })
    }

    pub fn house(&self) -> &House {
        &self.house
    }

    /// Replaces what the configuration says (contacts were reread).
    pub fn refurnish(&mut self, house: House) {
        self.house = house;
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Gives the store back: a start over the same database, without a file.
    pub fn close(self) -> Store {
        self.store
    }

    /// Runs `act` in one transaction; whatever it did is undone if it fails.
    fn transact<T>(
        &mut self,
        now_secs: i64,
        act: impl FnOnce(&mut Work<'_>) -> Result<T, DeskError>,
    ) -> Result<T, DeskError> {
        let tx = self.store.transaction()?;
        let separator = match self.house.separator {
            Some(fixed) => fixed,
            None => people::meta(&tx, "subaddressing")?.and_then(|shown| shown.chars().next()),
        };
        let done = act(&mut Work {
            db: &tx,
            house: &self.house,
            instance_key: &self.instance_key,
            dice: &mut self.dice,
            separator,
            now_secs,
        })?;
        tx.commit()?;
        Ok(done)
    }

    /// Takes a batch of raw mails: first all are stored, then each is handled.
    pub fn receive(&mut self, batch: &[Arrived], now_secs: i64) -> Result<usize, DeskError> {
        let mut letters = Vec::with_capacity(batch.len());
        let tx = self.store.transaction()?;
        for arrived in batch {
            let letter = crate::reader::open(&arrived.raw);
            let key = crate::reader::content::key(&letter, &arrived.raw);
            let id = inbox::insert(&tx, arrived, &key, letter.message_id.as_deref(), now_secs)?;
            letters.extend(id.filter(|_| arrived.aside.is_none()));
        }
        tx.commit()?;
        for id in &letters {
            self.handle(*id, now_secs)?;
        }
        Ok(letters.len())
    }

    /// After a start: what the last process stored and did not finish, and what it was sending.
    pub fn resume(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, post::recover)?;
        for id in inbox::pending(self.store.reading())? {
            self.transact(now_secs, |work| Ok(inbox::count_attempt(work.db, id)?))?;
            self.handle(id, now_secs)?;
        }
        Ok(())
    }

    fn handle(&mut self, id: i64, now_secs: i64) -> Result<(), DeskError> {
        let Some(pending) = inbox::load(self.store.reading(), id)? else {
            return Ok(());
        };
        if pending.attempts > MAX_ATTEMPTS {
            return self.set_aside(id, "it ended the program before".to_owned(), now_secs);
        }
        let letter = crate::reader::open(&pending.raw);
        let done = self.transact(now_secs, |work| {
            let disposition = work.dispose(&pending, &letter)?;
            Ok(inbox::settle(work.db, id, &disposition)?)
        });
        match done {
            Err(DeskError::Write(error)) => self.set_aside(id, error.to_string(), now_secs),
            other => other,
        }
    }

    fn set_aside(&mut self, id: i64, reason: String, now_secs: i64) -> Result<(), DeskError> {
        tracing::warn!(inbox = id, reason, "a mail is set aside");
        self.transact(now_secs, |work| {
            let disposition = Disposition {
                name: "quarantined",
                reason,
                introduction: None,
                duplicate_of: None,
            };
            Ok(inbox::settle(work.db, id, &disposition)?)
        })
    }

    /// Lets time pass for every introduction that is due; returns when to look again.
    pub fn tick(&mut self, now_secs: i64) -> Result<Option<i64>, DeskError> {
        /// Introductions in one transaction; a backlog of them must not hold the lock for long.
        const BATCH: usize = 100;
        loop {
            let due = introductions::due(self.store.reading(), now_secs, BATCH)?;
            if due.is_empty() {
                return Ok(introductions::next_wake_secs(self.store.reading())?);
            }
            self.transact(now_secs, |work| {
                for id in due {
                    if let Some(introduction) = introductions::load(work.db, id)? {
                        let before = introduction.clone();
                        let after = work.step(introduction, Event::TimePassed, "")?;
                        work.unstick(&before, after)?;
                    }
                }
                Ok(())
            })?;
        }
    }

    /// The operator calls an introduction off; false: there is no such open introduction.
    pub fn cancel(&mut self, id: i64, now_secs: i64) -> Result<bool, DeskError> {
        self.transact(now_secs, |work| match introductions::load(work.db, id)? {
            Some(introduction) if !introduction.stage.is_final() => {
                work.step(introduction, Event::OperatorCancelled, "")?;
                Ok(true)
            }
            _ => Ok(false),
        })
    }

    /// Stops or resumes all sending.
    pub fn set_paused(&mut self, paused: bool, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            Ok(people::set_meta(work.db, "paused", paused.then_some("1"))?)
        })
    }
}

impl Work<'_> {
    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.dice)(&mut bytes);
        bytes
    }

    /// A keyed hash: of people in lists that outlive their mails, and of our own mails' marks.
    fn keyed(&self, text: &str) -> Vec<u8> {
        use hmac::Mac;
        match hmac::Hmac::<sha2::Sha256>::new_from_slice(self.instance_key) {
            Ok(mut mac) => {
                mac.update(text.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
            // HMAC takes keys of every length (RFC 2104 section 3).
            Err(_) => Vec::new(),
        }
    }

    fn person_hash(&self, address: &Address) -> Vec<u8> {
        self.keyed(&address.rate_key())
    }

    /// Decides what becomes of one mail.
    fn dispose(
        &mut self,
        pending: &inbox::Pending,
        letter: &Letter,
    ) -> Result<Disposition, DeskError> {
        if let Some((first, introduction)) = inbox::same_content(self.db, pending.id)? {
            return Ok(Disposition {
                name: "duplicate",
                reason: String::new(),
                introduction,
                duplicate_of: Some(first),
            });
        }
        if letter.fields("X-Askfirst-Id").next().is_some() {
            return Ok(ignored("a mail of our own kind"));
        }
        let bound = bind::bind(self.db, self.house, letter)?;
        let facts: Option<Facts> = pending
            .facts
            .as_deref()
            .and_then(|json| serde_json::from_str(json).ok());
        let reading = crate::reader::read(
            letter,
            &Known {
                original: bound.original(),
                authserv_ids: &self.house.authserv_ids,
                facts: facts.as_ref(),
                now_secs: self.now_secs,
            },
        );
        let mail = Mail {
            letter,
            reading,
            junk: self.house.junk.as_deref() == Some(pending.mailbox.as_str()),
        };
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
            (Kind::Person, bind::Binding::Ambiguous) => {
                Ok(ignored("it carries the secrets of several introductions"))
            }
            (Kind::Person, bind::Binding::None) => self.unbound(&mail),
        }
    }

    /// The one place where the world changes: an event meets an introduction, the new state is
    /// stored, and every mail it leads to is written.
    fn step(
        &mut self,
        introduction: Introduction,
        event: Event,
        detail: &str,
    ) -> Result<Introduction, DeskError> {
        let name = event.name();
        let hindrance = match &event {
            Event::ConnectorNamed { target, .. } => {
                self.hindrance(&introduction, Some(&target.address))?
            }
            Event::ConnectorNamedRequester { requester } => {
                let mut named = introduction.clone();
                named.requester = Some(requester.clone());
                self.hindrance(&named, named.target.as_ref().map(|target| &target.address))?
            }
            _ => self.hindrance(
                &introduction,
                introduction.target.as_ref().map(|target| &target.address),
            )?,
        };
        let pace = self.house.pace.clone();
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
        introduction = match introduction.id {
            0 => introductions::insert(self.db, &introduction)?,
            _ => introduction,
        };
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
            let saying = match saying {
                Saying::Ask if self.asked_already(&introduction)? => Saying::Reminder,
                other => other,
            };
            introduction = self.say(introduction, &saying)?;
        }
        introductions::save(self.db, &introduction)?;
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

    /// An address is asked once: who is named again after a bounce gets the ask as a reminder.
    fn asked_already(&self, introduction: &Introduction) -> Result<bool, DeskError> {
        let target = introduction.target.as_ref().map(|p| p.address.as_str());
        Ok(outbox::of_introduction(self.db, introduction.id)?
            .iter()
            .any(|mail| {
                mail.saying == "ask" && mail.recipients.first().map(String::as_str) == target
            }))
    }

    /// An introduction whose time came and which time did not change would be due for ever.
    fn unstick(&mut self, before: &Introduction, after: Introduction) -> Result<(), DeskError> {
        let wake = crate::rules::clock::next_wake_secs;
        if wake(&after).is_some_and(|at| at <= self.now_secs) && wake(&after) == wake(before) {
            let mut after = after;
            after.clock.close_at_secs = None;
            after.clock.remind_at_secs = None;
            after.clock.again_at_secs = None;
            introductions::save(self.db, &after)?;
        }
        Ok(())
    }

    fn hindrance(
        &self,
        introduction: &Introduction,
        target: Option<&Address>,
    ) -> Result<Option<HeldWhy>, DeskError> {
        let Some(target) = target else {
            return Ok(None);
        };
        let pace = &self.house.pace;
        let quiet_since = self.now_secs - pace.quiet_after_secs;
        let tried_before = match &introduction.requester {
            Some(requester) => introductions::tried_before(
                self.db,
                &requester.address,
                target,
                quiet_since,
                introduction.id,
            )?,
            None => false,
        };
        let since = self.now_secs - manners::ASKS_WINDOW_SECS;
        let past = Past {
            stopped: people::wishes(self.db, &self.person_hash(target), "stop")?,
            asks: introductions::asks_since(self.db, target, since, introduction.id)?,
            tried_before,
        };
        Ok(manners::hindrance(past, pace))
    }

    /// Writes one mail into the outbox: its secret, its mark, its final bytes.
    fn say(
        &mut self,
        mut introduction: Introduction,
        saying: &Saying,
    ) -> Result<Introduction, DeskError> {
        let people = saying.recipients(&introduction);
        if people.is_empty() {
            return Err(WriteError::NobodyToWriteTo(saying.name()).into());
        }
        let bits = self.random();
        let owner = (introduction.id != 0).then_some(introduction.id);
        let secret = secrets::issue(self.db, bits, owner, saying, self.now_secs)?;
        let mark = {
            let hash = self.keyed(&format!("{}:{}", secret.token(), saying.name()));
            let short: Vec<u8> = hash.into_iter().take(16).collect();
            data_encoding::HEXLOWER.encode(&short)
        };
        let thread = thread_of(&mut introduction, saying.party())
            .filter(|thread| !thread.message_ids.is_empty())
            .map(|thread| writer::Thread {
                in_reply_to: thread.message_ids.last().cloned(),
                references: thread.message_ids.clone(),
                subject: thread.subject.clone(),
            });
        let voice = Voice {
            bot: &self.house.bot,
            bot_name: &self.house.bot_name,
            separator: self.separator,
            time_zone: &self.house.pace.time_zone,
        };
        let seal = Seal {
            secret: &secret,
            mark: &mark,
        };
        let composed = writer::compose(
            saying,
            &introduction,
            thread.as_ref(),
            &voice,
            &seal,
            self.now_secs,
        )?;
        // The closed set of the saying, compared once more with what was composed.
        let meant: Vec<&Address> = people.iter().map(|person| &person.address).collect();
        if composed.recipients.iter().collect::<Vec<_>>() != meant {
            return Err(WriteError::NotAsMeant {
                kind: saying.name(),
                what: "set of recipients",
            }
            .into());
        }
        let recipients: Vec<String> = composed
            .recipients
            .iter()
            .map(|address| address.as_str().to_owned())
            .collect();
        outbox::insert(
            self.db,
            &Written {
                introduction: owner,
                saying: saying.name(),
                secret: secret.row,
                message_id: &composed.message_id,
                mark: &mark,
                envelope_from: composed.envelope_from.as_str(),
                recipients: &recipients,
                bytes: &composed.bytes,
                visible: &composed.visible,
            },
            self.now_secs,
        )?;
        let subject = composed.subject;
        if let Some(thread) = thread_of(&mut introduction, saying.party()) {
            thread.push(&composed.message_id, &subject);
        }
        Ok(introduction)
    }
}

/// The thread with the party that hears a saying; the introduction opens a thread of its own.
fn thread_of(introduction: &mut Introduction, party: Option<Party>) -> Option<&mut Thread> {
    match party {
        Some(Party::Requester) => Some(&mut introduction.threads.requester),
        Some(Party::Connector) => Some(&mut introduction.threads.connector),
        Some(Party::Target) => Some(&mut introduction.threads.target),
        None => None,
    }
}

fn ignored(reason: &str) -> Disposition {
    Disposition {
        name: "ignored",
        reason: reason.to_owned(),
        introduction: None,
        duplicate_of: None,
    }
}

fn belongs(name: &'static str, introduction: &Introduction) -> Disposition {
    Disposition {
        name,
        reason: String::new(),
        introduction: Some(introduction.id),
        duplicate_of: None,
    }
}

impl Mail<'_> {
    /// This mail as evidence of a consent; `words` are those that decided.
    fn evidence(&self, words: &str) -> MailEvidence {
        /// Characters of the deciding words that are kept with a consent.
        const MAX_EVIDENCE_WORDS: usize = 300;
        MailEvidence {
            message_id: self.letter.message_id.clone().unwrap_or_default(),
            proof: self.reading.proof,
            proof_why: self.reading.proof_why.clone(),
            words: words.trim().chars().take(MAX_EVIDENCE_WORDS).collect(),
        }
    }

    fn from(&self) -> Option<&Address> {
        self.letter.from.person().map(|person| &person.address)
    }

    fn verdict(&self) -> Verdict {
        self.reading.verdict.unwrap_or(Verdict::Unclear)
    }

    fn fails(&self) -> bool {
        self.reading.proof == Proof::Fails
    }

    /// How the mail was read, for the story: no address, no words but those that decided.
    fn detail(&self) -> String {
        let proof = match self.reading.proof {
            Proof::Proven => "author proven",
            Proof::Unproven => "author unproven",
            Proof::Fails => "proof of the author fails",
        };
        match self.reading.why.is_empty() {
            true => proof.to_owned(),
            false => format!("{proof}; {}", self.reading.why),
        }
    }
}
