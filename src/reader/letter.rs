//! A mail taken apart once: the fields and texts that the rest of the reader looks at.
//!
//! Never fails: what can't be parsed, or is past a cap, is a `Letter` whose `defect` says why.

use crate::reader::address::{Address, Person};

/// Everything the reader needs of one mail. All strings are cleaned: no C0/C1 controls but line
/// feeds in bodies, no bidirectional controls, no U+2028/2029; header strings are one line.
#[derive(Clone, Default)]
pub struct Letter {
    /// Why the mail is unreadable (past a cap, nested too deep, no header at all), for a person.
    pub defect: Option<String>,
    pub from: Sender,
    pub to: Vec<Person>,
    pub cc: Vec<Person>,
    pub reply_to: Vec<Person>,
    /// Delivered-To, X-Original-To, Envelope-To: where the provider says the mail was delivered.
    pub delivered_to: Vec<Address>,
    pub subject: String,
    /// With its angle brackets.
    pub message_id: Option<String>,
    /// X-Microsoft-Original-Message-ID, X-Google-Original-Message-ID, with angle brackets.
    pub original_message_ids: Vec<String>,
    /// With angle brackets; at most the first and last 25.
    pub in_reply_to: Vec<String>,
    pub references: Vec<String>,
    /// The Date field, in seconds since 1970, where it is a date.
    pub date_secs: Option<i64>,
    /// Every header field in order, name as written, value unfolded but not decoded.
    pub headers: Vec<(String, String)>,
    /// The first inline text/plain part, decoded, LF line ends; format=flowed undone.
    pub plain: Option<String>,
    /// The first inline text/html part, decoded, as HTML.
    pub html: Option<String>,
    /// Further inline text parts with words in them.
    pub more_inline_text: bool,
    /// `message/rfc822` parts and attached `.eml` files, at most [`MAX_ATTACHED`], two levels deep.
    pub attached: Vec<Letter>,
    /// The parts of a `multipart/report` that machines read (RFC 3464, 8098) and the header block
    /// of the returned mail, as text.
    pub report: Vec<String>,
    /// The content type of the whole mail in lower case with its parameters, such as
    /// `multipart/report; report-type=delivery-status`.
    pub content_type: String,
    /// Content types of all parts, in lower case.
    pub part_types: Vec<String>,
    /// File names of attachments (or their types), to be named in the ask.
    pub attachments: Vec<String>,
    /// Octets of the mail as it was given.
    pub size: usize,
}

/// Attached mails looked at in one mail.
pub const MAX_ATTACHED: usize = 10;

/// The author as the raw From field gives it, read strictly (see `author`).
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Sender {
    /// Exactly one From field with exactly one mailbox.
    One(Person),
    /// No From field, several, several mailboxes, or a form that readers disagree on.
    #[default]
    Unusable,
}

impl Sender {
    pub fn person(&self) -> Option<&Person> {
        match self {
            Sender::One(person) => Some(person),
            Sender::Unusable => None,
        }
    }
}

impl Letter {
    /// The values of the header fields with this name, in order.
    pub fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

pub fn open(_raw: &[u8]) -> Letter {
    Letter::default()
}
