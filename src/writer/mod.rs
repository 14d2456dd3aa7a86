//! The writer: a saying to the final bytes. Pure; every sentence is a text file under `words/`.
//!
//! Fails with a [`WriteError`] where a saying needs somebody who is not known, or where the bytes,
//! read back, are not what was meant; then nothing is sent and nothing has changed.

pub mod check;
pub mod envelope;
pub mod facts;
pub mod fill;
pub mod manner;
pub mod mime;
pub mod page;
pub mod payload;
pub mod rehearsal;
pub mod report;
pub mod text;
pub mod words;

use crate::reader::address::Address;
use crate::rules::introduction::Introduction;
use crate::rules::saying::Saying;
use crate::writer::envelope::Envelope;
use crate::writer::page::Page;
use crate::writer::text::Block;
use crate::writer::words::{Language, Unfilled};
use minijinja::value::Value;
use std::collections::BTreeMap;

/// The bot's own name and manners of speech.
pub struct Voice<'a> {
    pub bot: &'a Address,
    pub bot_name: &'a str,
    /// The separator of sub-addresses, where they have been shown to work (RFC 5233).
    pub separator: Option<char>,
    /// For dates in mails.
    pub time_zone: &'a jiff::tz::TimeZone,
    pub language: &'a Language,
    /// Below it in a mail to people of two languages, which only the introduction is.
    pub also: Option<&'a Language>,
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
    pub token: &'a str,
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
    /// The plain text as a person sees it.
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

/// A mail of which it is settled who gets it and what it says, and which has no bytes yet.
pub struct Draft {
    kind: &'static str,
    /// With angle brackets.
    pub message_id: String,
    pub envelope_from: Address,
    pub recipients: Vec<Address>,
    /// Decoded, as a person sees it.
    pub subject: String,
    envelope: Envelope,
    thread: Option<Thread>,
    mark: String,
    now_secs: i64,
    said: Said,
}

/// What a template is to be filled with.
struct Said {
    name: &'static str,
    language: Language,
    values: Value,
    /// The same once more, for the introduction to people of two languages.
    again: Option<(Language, Value)>,
    boxes: BTreeMap<&'static str, Block>,
}

/// A mail's last form.
pub struct Finished {
    /// CRLF line ends, ASCII only, no line over 998 octets.
    pub bytes: Vec<u8>,
    /// The plain text as a person sees it.
    pub visible: String,
    /// The same below its subject, which mail programs quote among the header lines: replies are aligned
    /// with it.
    pub quotable: String,
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
    let thread = thread.cloned();
    let draft = draft(saying, introduction, thread, voice, seal, now_secs)?;
    let finished = draft.finish()?;
    Ok(Composed {
        message_id: draft.message_id,
        envelope_from: draft.envelope_from,
        recipients: draft.recipients,
        bytes: finished.bytes,
        subject: draft.subject,
        visible: finished.visible,
    })
}

/// The first part of [`compose`]: all that needs to be known elsewhere.
pub fn draft(
    saying: &Saying,
    introduction: &Introduction,
    thread: Option<Thread>,
    voice: &Voice<'_>,
    seal: &Seal<'_>,
    now_secs: i64,
) -> Result<Draft, WriteError> {
    let kind = saying.name();
    let manner = manner::of(saying);
    let people = saying.recipients(introduction);
    if people.is_empty() {
        return Err(WriteError::NobodyToWriteTo(kind));
    }
    let thread = thread.filter(|_| !manner.starts_thread);
    let said = Said::of(saying, introduction, voice, seal.token);
    let envelope = Envelope::new(saying, introduction, voice, seal)?;
    Ok(Draft {
        kind,
        message_id: envelope.message_id.clone(),
        envelope_from: voice.bot.clone(),
        recipients: people.into_iter().map(|person| person.address).collect(),
        subject: subject(thread.as_ref(), || said.subject()).map_err(|why| said.unfilled(&why))?,
        envelope,
        thread,
        mark: seal.mark.to_owned(),
        now_secs,
        said,
    })
}

impl Draft {
    /// The last part of [`compose`], which needs nothing else and takes most of its time: the templates filled, the
    /// header, the texts, the bytes, and the bytes read back.
    pub fn finish(&self) -> Result<Finished, WriteError> {
        let said = &self.said;
        let (_, body) = said.fill().map_err(|why| said.unfilled(&why))?;
        let page = Page::read(&body, &said.boxes).map_err(|why| WriteError::Template {
            kind: self.kind,
            why: format!("{}:0: {why}", self.kind),
        })?;
        let thread = self.thread.as_ref();
        let boundary = mime::boundary(&self.message_id);
        let fields =
            self.envelope
                .fields(&self.subject, thread, &self.mark, &boundary, self.now_secs)?;
        let boxed = page.boxed();
        let visible = page.plain(&boxed);
        let answer_to = self.envelope.answer_to();
        let html = page.html(&boxed, &said.language.code, answer_to.as_ref());
        let bytes = fields.with_bodies(&visible, &html, &boundary);
        let meant = self.envelope.meant(&fields, &self.subject, &visible, &html);
        check::read_back(&bytes, &meant).map_err(|what| WriteError::NotAsMeant {
            kind: self.kind,
            what,
        })?;
        Ok(Finished {
            bytes,
            quotable: format!("{}\n\n{visible}", self.subject),
            visible,
        })
    }
}

impl Said {
    fn of(saying: &Saying, introduction: &Introduction, voice: &Voice<'_>, token: &str) -> Said {
        let (values, boxes) = facts::gather(saying, introduction, voice, token).parted();
        let also = voice
            .also
            .filter(|_| matches!(saying, Saying::Introduction));
        let also = also.filter(|also| also.code != voice.language.code);
        let again = also.map(|language| {
            let other = Voice { language, ..*voice };
            let mut facts = facts::gather(saying, introduction, &other, token);
            facts.set("again", true);
            (language.clone(), facts.parted().0)
        });
        Said {
            name: saying.name(),
            language: voice.language.clone(),
            values,
            again,
            boxes,
        }
    }

    fn unfilled(&self, why: &Unfilled) -> WriteError {
        WriteError::Template {
            kind: self.name,
            why: why.to_string(),
        }
    }

    /// The subject alone: the filled template's first line.
    fn subject(&self) -> Result<String, Unfilled> {
        self.language.first_line(self.name, self.values.clone())
    }

    /// The subject, and the rest.
    fn fill(&self) -> Result<(String, String), Unfilled> {
        let of = |language: &Language, values: &Value| {
            let filled = language.fill(self.name, values.clone())?;
            Ok((filled, language.fill("part_footer", values.clone())?))
        };
        let (mut filled, mut footer) = of(&self.language, &self.values)?;
        if let Some((language, values)) = &self.again {
            let (second, more) = of(language, values)?;
            let (_, body) = second.split_once('\n').unwrap_or_default();
            filled.push_str(&format!("\n\n{0}rule{0}\n\n{body}", page::SIGN));
            footer.push('\n');
            footer.push_str(&more);
        }
        let (subject, body) = filled.split_once('\n').unwrap_or((&filled, ""));
        Ok((subject.to_owned(), format!("{body}\n\n{footer}")))
    }
}

/// The filled template's subject, and the rest as a page.
fn page(
    saying: &Saying,
    introduction: &Introduction,
    voice: &Voice<'_>,
    token: &str,
) -> Result<(String, Page), Unfilled> {
    let said = Said::of(saying, introduction, voice, token);
    let (subject, body) = said.fill()?;
    let page = Page::read(&body, &said.boxes).map_err(|why| Unfilled {
        name: saying.name().to_owned(),
        line: None,
        why,
        detail: None,
    })?;
    Ok((subject, page))
}

/// Our own subject, or that of the thread we answer in, so that programs keep the thread together.
fn subject(
    thread: Option<&Thread>,
    own: impl FnOnce() -> Result<String, Unfilled>,
) -> Result<String, Unfilled> {
    let theirs = thread.map_or_else(String::new, |thread| {
        text::line(&thread.subject, text::MAX_SUBJECT_CHARS - "Re: ".len())
    });
    // A one-tap answer's subject is our token: our own subject reads better than its remains.
    Ok(if theirs.is_empty() || theirs.contains(text::NO_TOKEN) {
        text::line(&own()?, text::MAX_SUBJECT_CHARS)
    } else if theirs
        .get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("re:"))
    {
        theirs
    } else {
        format!("Re: {theirs}")
    })
}
