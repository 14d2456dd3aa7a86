//! The content key: tells one mail delivered twice from two mails, whatever the trace fields say.

use crate::reader::letter::Letter;
use sha2::{Digest, Sha256};

/// A hash of author, Message-ID, Date, Subject and the words of the body. Another content under the
/// same Message-ID is another mail, so that nobody can suppress a mail by sending its id first.
pub fn key(letter: &Letter, raw: &[u8]) -> Vec<u8> {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(text.as_bytes());
    };
    for name in ["From", "Message-ID", "Date", "Subject", "To"] {
        field(&letter.fields(name).collect::<Vec<_>>().join("\n"));
    }
    field(letter.plain.as_deref().unwrap_or_default());
    field(letter.html.as_deref().unwrap_or_default());
    field(&letter.part_types.join(","));
    if letter.defect.is_some() || (letter.plain.is_none() && letter.html.is_none()) {
        hash.update(Sha256::digest(raw));
    }
    hash.finalize().to_vec()
}
