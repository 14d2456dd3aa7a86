//! The writer: a saying to the final bytes. Pure; every sentence is a text file under `words/`.
//!
//! Fails with a [`WriteError`] where a saying needs somebody who is not known, or where the bytes,
//! read back, are not what was meant; then nothing is sent and nothing has changed.

use crate::reader::address::Address;
use crate::reader::secret::Secret;
use crate::rules::introduction::Introduction;
use crate::rules::saying::Saying;

/// The bot's own name and manners of speech.
pub struct Voice<'a> {
    pub bot: &'a Address,
    pub bot_name: &'a str,
    /// The separator of sub-addresses, where they have been shown to work (RFC 5233).
    pub separator: Option<char>,
    /// For dates in mails.
    pub time_zone: &'a jiff::tz::TimeZone,
}

/// What makes one mail unforgeable and our own: drawn once, stored with the outbox row.
pub struct Seal<'a> {
    /// In the Message-ID, the Reply-To, References and the footer of a mail that expects an answer.
    pub secret: &'a Secret,
    /// The value of X-Askfirst-Id.
    pub mark: &'a str,
}

/// The mail being answered, so that notices stand in the thread of the person who wrote.
#[derive(Clone, Default)]
pub struct Thread {
    /// With angle brackets.
    pub in_reply_to: Option<String>,
    pub references: Vec<String>,
    /// The subject of the mail being answered.
    pub subject: String,
}

/// A mail ready for the outbox; these bytes are sent at every attempt.
pub struct Composed {
    /// With angle brackets.
    pub message_id: String,
    pub envelope_from: Address,
    pub recipients: Vec<Address>,
    /// CRLF line ends, ASCII only, no line over 998 octets.
    pub bytes: Vec<u8>,
    /// Decoded, as a person sees it.
    pub subject: String,
    /// The plain text as a person sees it: replies are aligned with it.
    pub visible: String,
}

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("the mail {0} needs a person who is not known")]
    NobodyToWriteTo(&'static str),
    #[error("the template of {kind} could not be filled: {why}")]
    Template { kind: &'static str, why: String },
    #[error("the mail {kind}, read back, has another {what} than was meant")]
    NotAsMeant {
        kind: &'static str,
        what: &'static str,
    },
    #[error("a mail header could not be built: {0}")]
    Header(String),
}

/// Writes one mail; everything it says comes from its arguments.
pub fn compose(
    saying: &Saying,
    _introduction: &Introduction,
    _thread: Option<&Thread>,
    _voice: &Voice<'_>,
    _seal: &Seal<'_>,
    _now_secs: i64,
) -> Result<Composed, WriteError> {
    Err(WriteError::NobodyToWriteTo(saying.name()))
}
