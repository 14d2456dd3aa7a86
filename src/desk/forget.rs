//! `forget`: erases what is stored about a person. What is left of an introduction is that there was
//! one, when, and how it ended; of the person, at most the wish to get no mail, as a keyed hash.
//!
//! Fails before anything is erased, or, where the database is being read just then, with a file that
//! still has to be written anew: then it is said, and another `forget` does it.

use crate::desk::work::Work;
use crate::desk::{Desk, DeskError};
use crate::reader::address::Address;
use crate::reader::letter::Letter;
use crate::rules::event::Event;
use crate::rules::introduction::{Introduction, Thread};
use crate::store::{erase, introductions, people};

/// What was found and erased.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Introductions in which the person took part.
    pub introductions: usize,
    /// Those of them that were open, called off now.
    pub called_off: Vec<i64>,
    /// Other introductions whose words held the address.
    pub mentions: usize,
    /// Mails of others, of which the bytes are gone.
    pub received: usize,
    /// Mails of ours that waited and will not be sent.
    pub unsent: usize,
    /// The person said that he wants no mail; that is kept.
    pub stop_kept: bool,
    /// The address is a connector's, in the configuration.
    pub is_connector: bool,
    /// The file was written anew and the log emptied.
    pub scrubbed: bool,
}

/// What a requester is owed, whoever else is forgotten; nothing of a target is in them.
const OWED: [&str; 2] = ["acknowledge", "closing"];
/// Times the log is tried to be emptied; the daemon reads for a moment only.
const SCRUBS: u32 = 5;

impl Desk {
    /// Erases a person, in every spelling of the address.
    pub fn forget(&mut self, address: &Address, now_secs: i64) -> Result<Forgotten, DeskError> {
        let mut done = self.transact(now_secs, |work| work.forget(address))?;
        for _ in 0..SCRUBS {
            if erase::scrub(self.store.reading())? {
                done.scrubbed = true;
                break;
            }
        }
        Ok(done)
    }
}

impl Work<'_> {
    fn forget(&mut self, address: &Address) -> Result<Forgotten, DeskError> {
        self.acquainted.borrow_mut().doubt();
        let key = address.key().to_owned();
        let mut done = Forgotten {
            stop_kept: people::wishes(self.db, &self.person_hash(address), "stop")?,
            is_connector: self.house.connector(address).is_some(),
            ..Forgotten::default()
        };
        let mut whole = erase::takes_part(self.db, &key, &address.rate_key())?;
        for id in erase::mentioned(self.db, &key)? {
            if whole.contains(&id) {
                continue;
            }
            if self.forget_mention(id, &key)? {
                done.mentions += 1;
            } else {
                whole.push(id);
            }
        }
        for id in &whole {
            let Some(introduction) = introductions::load(self.db, *id)? else {
                continue;
            };
            if !introduction.stage.is_final() {
                done.called_off.push(*id);
            }
            done.unsent += self.forget_in(introduction, address)?;
        }
        done.introductions = whole.len();
        done.received = self.forget_mails(&whole, address)?;
        erase::wipe_notices(self.db, &self.person_hash(address))?;
        Ok(done)
    }

    /// Calls an introduction off where it is open, and leaves of it what names nobody.
    fn forget_in(
        &mut self,
        introduction: Introduction,
        address: &Address,
    ) -> Result<usize, DeskError> {
        let mut left = introduction;
        if !left.stage.is_final() {
            left = self.step(left, Event::OperatorCancelled, "")?;
        }
        let is_his = |person: &Option<crate::reader::address::Person>| {
            person
                .as_ref()
                .is_some_and(|p| p.address.rate_key() == address.rate_key())
        };
        if is_his(&left.requester) {
            left.requester = None;
            left.clock.closing_at_secs = None;
        }
        for person in [&mut left.connector, &mut left.target] {
            if is_his(person) {
                *person = None;
            }
        }
        left.request = None;
        let threads = &mut left.threads;
        for thread in [
            &mut threads.requester,
            &mut threads.connector,
            &mut threads.target,
        ] {
            *thread = Thread::default();
        }
        for evidence in left.consents.mails_mut() {
            evidence.message_id.clear();
            evidence.proof_why.clear();
            evidence.words.clear();
        }
        left.consents.forget_vouching();
        introductions::save(self.db, &left)?;
        let owed: &[&str] = match left.requester.is_some() {
            true => &OWED,
            false => &[],
        };
        Ok(erase::wipe_introduction(
            self.db,
            left.id,
            owed,
            self.now_secs,
        )?)
    }

    /// The address in the words of others' introductions; false: a question there offers it, and only
    /// to call that introduction off removes it.
    fn forget_mention(&mut self, id: i64, key: &str) -> Result<bool, DeskError> {
        if erase::is_offered(self.db, id, key)? {
            return Ok(false);
        }
        let Some(mut introduction) = introductions::load(self.db, id)? else {
            return Ok(true);
        };
        if let Some(request) = &mut introduction.request {
            for text in [&mut request.subject, &mut request.words] {
                *text = without(text, key);
            }
        }
        for evidence in introduction.consents.mails_mut() {
            evidence.words = without(&evidence.words, key);
        }
        introductions::save(self.db, &introduction)?;
        erase::wipe_mention(self.db, id, key)?;
        Ok(true)
    }

    /// The raw mails: those of the introductions, and all that the person wrote, got or is named in.
    fn forget_mails(&mut self, whole: &[i64], address: &Address) -> Result<usize, DeskError> {
        let mut wiped = 0;
        for id in erase::received(self.db)? {
            let Some((raw, introduction)) = erase::mail(self.db, id)? else {
                continue;
            };
            let belongs = introduction.is_some_and(|id| whole.contains(&id));
            if belongs || names(&crate::reader::open(&raw), address) {
                erase::wipe_mail(self.db, id)?;
                wiped += 1;
            }
        }
        Ok(wiped + erase::wipe_mails(self.db, whole, address.key())?)
    }
}

/// Whether a mail is from, to or about this address. A mail inside it counts as well.
fn names(letter: &Letter, address: &Address) -> bool {
    let people = letter.from.person().into_iter();
    let mut people = people
        .chain(&letter.to)
        .chain(&letter.cc)
        .chain(&letter.reply_to);
    let key = address.key();
    let mut texts = letter.headers.iter().map(|(_, value)| value);
    let holds = |text: &str| text.to_lowercase().contains(key);
    people.any(|person| person.address.rate_key() == address.rate_key())
        || texts.any(holds)
        || [&letter.plain, &letter.html].into_iter().flatten().any(|text| holds(text))
        || letter.report.iter().any(|text| holds(text))
        || letter.attached.iter().any(|inner| names(inner, address))
        // What can't be taken apart can't be searched either.
        || letter.defect.is_some()
}

/// The text without the address, whatever its case.
fn without(text: &str, key: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        match word.to_lowercase().contains(key) {
            true => {
                let space: String = word
                    .chars()
                    .rev()
                    .take_while(|c| c.is_whitespace())
                    .collect();
                format!("[forgotten]{}", space.chars().rev().collect::<String>())
            }
            false => word.to_owned(),
        }
    });
    words.collect()
}
