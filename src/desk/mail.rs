//! One mail on the desk: the letter, how it was read, and what it can be evidence of.

use crate::reader::address::Address;
use crate::reader::letter::Letter;
use crate::reader::{Proof, Reading, Verdict};
use crate::rules::consent::MailEvidence;

/// A mail being handled.
pub(super) struct Mail<'a> {
    pub(super) letter: &'a Letter,
    pub(super) reading: Reading,
    /// The mail was read in the junk folder: it may decide, but causes no notices.
    pub(super) junk: bool,
}

impl Mail<'_> {
    /// The same mail, its proof not counted.
    pub(super) fn unproven(&self, why: &str) -> Mail<'_> {
        let mut reading = self.reading.clone();
        reading.proof = Proof::Unproven;
        reading.proof_why = why.to_owned();
        Mail {
            letter: self.letter,
            reading,
            junk: self.junk,
        }
    }

    /// This mail as evidence of a consent; `words` are those that decided.
    pub(super) fn evidence(&self, words: &str) -> MailEvidence {
        /// Characters of the deciding words that are kept with a consent.
        const MAX_EVIDENCE_WORDS: usize = 300;
        MailEvidence {
            message_id: self.letter.message_id.clone().unwrap_or_default(),
            proof: self.reading.proof,
            proof_why: self.reading.proof_why.clone(),
            words: words.trim().chars().take(MAX_EVIDENCE_WORDS).collect(),
        }
    }

    pub(super) fn from(&self) -> Option<&Address> {
        self.letter.from.person().map(|person| &person.address)
    }

    pub(super) fn verdict(&self) -> Verdict {
        self.reading.verdict.unwrap_or(Verdict::Unclear)
    }

    pub(super) fn fails(&self) -> bool {
        self.reading.proof == Proof::Fails
    }

    /// How the mail was read, for the story: no address, no words but those that decided.
    pub(super) fn detail(&self) -> String {
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
