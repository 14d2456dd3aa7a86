//! A mail that the server finds too large is written once more, with less of the words passed on.
//!
//! Other bytes need another Message-ID (RFC 5322 section 3.6.4): the shorter mail is a new one, and
//! the old one is superseded in the same transaction. Fails with a [`DeskError`]; then nothing has happened.

use crate::desk::DeskError;
use crate::desk::work::Work;
use crate::store::{introductions, outbox, secrets};
use crate::writer::WriteError;

/// Octets of the requester's words that are left: a server that takes no more takes no mail at all.
const SHORT_OCTETS: usize = 600;

impl Work<'_> {
    /// Whether a shorter form was written; a mail that is one already, or passes no words on, has none.
    pub(super) fn shorten(&mut self, mail: &outbox::Mail) -> Result<bool, DeskError> {
        if outbox::is_shortened(self.db, mail.id)? {
            return Ok(false);
        }
        let introduction = mail.introduction.map(|id| introductions::load(self.db, id));
        let Some(mut introduction) = introduction.transpose()?.flatten() else {
            return Ok(false);
        };
        let Some(words) = introduction
            .request
            .as_ref()
            .map(|request| request.words.clone())
            .filter(|words| words.len() > SHORT_OCTETS)
        else {
            return Ok(false);
        };
        let issued = outbox::secret_of(self.db, mail.id)?;
        let Some(issued) = secrets::by_row(self.db, issued)? else {
            return Ok(false);
        };
        if let Some(request) = &mut introduction.request {
            request.words = beginning(&words);
        }
        // Its place in the unique indexes becomes free.
        outbox::give_way(self.db, mail.id, true)?;
        let written = match self.say(introduction, &issued.saying) {
            Ok(written) => written,
            Err(DeskError::Write(WriteError::NobodyToWriteTo(_))) => {
                outbox::give_way(self.db, mail.id, false)?;
                return Ok(false);
            }
            Err(other) => return Err(other),
        };
        outbox::shortens(self.db, outbox::last_number(self.db)?, mail.id)?;
        // What is kept of the request stays whole.
        if let Some(mut kept) = introductions::load(self.db, written.id)? {
            kept.threads = written.threads;
            introductions::save(self.db, &kept)?;
        }
        tracing::warn!(
            outbox = mail.id,
            "too large for the mail server: a shorter mail takes its place"
        );
        Ok(true)
    }
}

/// Whole words, with a sign that more was there.
fn beginning(words: &str) -> String {
    let mut kept = String::new();
    for word in words.split_inclusive(char::is_whitespace) {
        if kept.len() + word.len() > SHORT_OCTETS {
            break;
        }
        kept.push_str(word);
    }
    if kept.is_empty() {
        kept = words.chars().take(SHORT_OCTETS / 4).collect();
    }
    format!("{} […]", kept.trim_end())
}
