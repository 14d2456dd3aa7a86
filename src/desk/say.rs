//! One mail into the outbox: its secret, its mark, its draft, its bytes.
//!
//! Fails with a [`DeskError`]; then the transaction is rolled back and nothing was written.

use crate::desk::DeskError;
use crate::desk::post::Parcel;
use crate::desk::work::Work;
use crate::reader::address::Address;
use crate::reader::secret::Secret;
use crate::rules::introduction::{Introduction, Thread};
use crate::rules::saying::{Party, Saying};
use crate::store::outbox::{self, Written};
use crate::store::secrets;
use crate::writer::{self, Draft, Seal, Voice, WriteError};

impl Work<'_> {
    /// Writes one mail into the outbox: its secret, its mark, its final bytes.
    pub(super) fn say(
        &mut self,
        mut introduction: Introduction,
        saying: &Saying,
    ) -> Result<Introduction, DeskError> {
        let people = saying.recipients(&introduction);
        if people.is_empty() {
            return Err(WriteError::NobodyToWriteTo(saying.name()).into());
        }
        self.brake(saying)?;
        let wait_secs = self.patience(saying, &introduction)?;
        let bits = self.random();
        let owner = (introduction.id != 0).then_some(introduction.id);
        let secret = secrets::issue(self.db, bits, owner, saying, self.now_secs)?;
        let token = secret.token();
        let mark = self.mark(&token, saying.name());
        let thread = thread_of(&mut introduction, saying.party())
            .filter(|thread| !thread.message_ids.is_empty())
            .map(|thread| writer::Thread {
                in_reply_to: thread.message_ids.last().cloned(),
                references: thread.message_ids.clone(),
                subject: thread.subject.clone(),
            });
        let theirs = self
            .zone_of_target(&introduction)
            .filter(|_| saying.party() == Some(Party::Target));
        let (language, also) = self.languages(&introduction, saying.party());
        let voice = Voice {
            bot: &self.house.bot,
            bot_name: &self.house.bot_name,
            separator: self.separator,
            time_zone: theirs.as_ref().unwrap_or(&self.house.pace.time_zone),
            language,
            also,
        };
        let seal = Seal {
            token: &token,
            mark: &mark,
        };
        let draft = writer::draft(saying, &introduction, thread, &voice, &seal, self.now_secs)?;
        let meant: Vec<&Address> = people.iter().map(|person| &person.address).collect();
        let id = self.enter(saying, owner, (&secret, &mark), &draft, &meant, wait_secs)?;
        if let Some(thread) = thread_of(&mut introduction, saying.party()) {
            thread.push(&draft.message_id, &draft.subject);
        }
        self.finish(id, draft)?;
        Ok(introduction)
    }

    /// A draft as a row of the outbox.
    fn enter(
        &self,
        saying: &Saying,
        owner: Option<i64>,
        (secret, mark): (&Secret, &str),
        draft: &Draft,
        meant: &[&Address],
        wait_secs: Option<i64>,
    ) -> Result<i64, DeskError> {
        // The closed set of the saying, compared once more with what was composed.
        if draft.recipients.iter().collect::<Vec<_>>() != meant {
            return Err(WriteError::NotAsMeant {
                kind: saying.name(),
                what: "set of recipients",
            }
            .into());
        }
        let recipients = draft.recipients.iter().map(Address::as_str);
        let recipients: Vec<String> = recipients.map(str::to_owned).collect();
        let leaves = wait_secs.is_none() && self.leaving.takes(saying);
        let written = Written {
            in_flight: leaves,
            introduction: owner,
            saying: saying.name(),
            secret: secret.row,
            message_id: &draft.message_id,
            mark,
            envelope_from: draft.envelope_from.as_str(),
            recipients: &recipients,
        };
        let id = outbox::insert(self.db, &written, self.now_secs)?;
        if let Some(wait_secs) = wait_secs {
            outbox::postpone(self.db, id, self.now_secs + wait_secs)?;
        }
        if leaves {
            let parcel = Parcel {
                id,
                envelope_from: draft.envelope_from.as_str().to_owned(),
                recipients,
                bytes: Vec::new(),
            };
            self.leaving.enter(owner, saying.name(), parcel);
        }
        Ok(id)
    }

    /// Gives a mail its bytes: in the press where there is one.
    fn finish(&self, id: i64, draft: Draft) -> Result<(), DeskError> {
        if let Some(press) = &self.press {
            return press.give((self.db, &self.leaving), id, draft);
        }
        let finished = draft.finish()?;
        outbox::finish(self.db, id, &finished.bytes, &finished.quotable)?;
        self.leaving.finished(id, finished.bytes);
        Ok(())
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
