//! The writer: a saying to the final bytes. Pure; every sentence is a text file under `words/`.
//!
//! Fails with a [`WriteError`] where a saying needs somebody who is not known, or where the bytes,
//! read back, are not what was meant; then nothing is sent and nothing has changed.

pub mod check;
pub mod envelope;
pub mod facts;
pub mod manner;
pub mod mime;
pub mod page;
pub mod payload;
pub mod text;
pub mod words;

use crate::reader::address::Address;
use crate::reader::secret::Secret;
use crate::rules::introduction::Introduction;
use crate::rules::saying::Saying;
use crate::writer::envelope::Envelope;

/// The bot's own name and manners of speech.
pub struct Voice<'a> {
    pub bot: &'a Address,
    pub bot_name: &'a str,
    /// The separator of sub-addresses, where they have been shown to work (RFC 5233).
    pub separator: Option<char>,
    /// For dates in mails.
    pub time_zone: &'a jiff::tz::TimeZone,
}

impl Voice<'_> {
    /// The bot's name, else its address.
    fn called(&self) -> &str {
        if text::line(self.bot_name, text::MAX_NAME_CHARS).is_empty() {
            self.bot.as_str()
        } else {
            self.bot_name
        }
    }
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
    introduction: &Introduction,
    thread: Option<&Thread>,
    voice: &Voice<'_>,
    seal: &Seal<'_>,
    now_secs: i64,
) -> Result<Composed, WriteError> {
    let kind = saying.name();
    let manner = manner::of(saying);
    let people = saying.recipients(introduction);
    if people.is_empty() {
        return Err(WriteError::NobodyToWriteTo(kind));
    }
    let thread = thread.filter(|_| !manner.starts_thread);
    let token = seal.secret.token();
    let facts = facts::gather(saying, introduction, voice, &token);
    let wrong = |why: String| WriteError::Template { kind, why };
    let mut filled = words::fill(kind, &facts.values).map_err(wrong)?;
    filled.push_str("\n\n");
    filled.push_str(&words::fill("part_footer", &facts.values).map_err(wrong)?);
    let (own_subject, body) = filled.split_once('\n').unwrap_or((&filled, ""));
    let page = page::Page::read(body, &facts.boxes).map_err(wrong)?;

    let envelope = Envelope::new(saying, introduction, voice, seal)?;
    let subject = subject(own_subject, thread);
    let visible = page.plain();
    let html = page.html(envelope.answer_to().as_ref());
    let fields = envelope.fields(&subject, thread, seal, now_secs)?;
    let bytes = fields.with_bodies(&visible, &html, &mime::boundary(&envelope.message_id));
    let meant = envelope.meant(&fields, &subject, &visible, &html);
    check::read_back(&bytes, &meant).map_err(|what| WriteError::NotAsMeant { kind, what })?;
    Ok(Composed {
        message_id: envelope.message_id,
        envelope_from: voice.bot.clone(),
        recipients: people.into_iter().map(|person| person.address).collect(),
        bytes,
        subject,
        visible,
    })
}

/// Our own subject, or that of the thread we answer in, so that programs keep the thread together.
fn subject(own: &str, thread: Option<&Thread>) -> String {
    let theirs = thread.map_or_else(String::new, |thread| {
        text::line(&thread.subject, text::MAX_SUBJECT_CHARS - "Re: ".len())
    });
    // A one-tap answer's subject is our token: our own subject reads better than its remains.
    if theirs.is_empty() || theirs.contains(text::NO_TOKEN) {
        text::line(own, text::MAX_SUBJECT_CHARS)
    } else if theirs
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("re:"))
    {
        theirs
    } else {
        format!("Re: {theirs}")
    }
}
