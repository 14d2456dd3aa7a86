//! The content key: tells one mail delivered twice from two mails, whatever the trace fields say.

use crate::reader::letter::Letter;
use sha2::{Digest, Sha256};

/// Octets before the hash: in an index of many keys those of mails of one day lie together, so that a mail
/// touches a page that the one before it touched.
pub const DAY_OCTETS: usize = 2;
/// Octets of a Date field that hold its day (RFC 5322 section 3.3), with the name of the day or without.
const DATE_OCTETS: usize = 16;

/// The hashed day of the Date field as it is written, and a hash of author, Message-ID, Date, Subject and the words of the body. Another content under the
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
    let date = letter.fields("Date").next().unwrap_or_default().as_bytes();
    let day = Sha256::digest(date.get(..DATE_OCTETS).unwrap_or(date));
    let mut key: Vec<u8> = day.into_iter().take(DAY_OCTETS).collect();
    key.extend(hash.finalize());
    key
}
