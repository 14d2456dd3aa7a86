//! Who a mail is from and to, and the header fields that say so.
//!
//! Fails where an address cannot be written in ASCII, or a person the mail needs is not known.

use crate::reader::address::{Address, Person};
use crate::rules::introduction::Introduction;
use crate::rules::saying::Saying;
use crate::writer::check::{self, Meant};
use crate::writer::manner::{self, Manner};
use crate::writer::mime::{self, Fields};
use crate::writer::page::AnswerTo;
use crate::writer::{Seal, Thread, Voice, WriteError, text};
use minijinja::value::Value;
use std::collections::BTreeMap;

/// Ids kept of a long thread: half from its start, half from its end.
const MAX_REFERENCES: usize = 50;
/// Octets of one id; ours must fit a folded line.
const MAX_ID_OCTETS: usize = 250;

pub struct Envelope {
    /// With angle brackets.
    pub message_id: String,
    second_id: String,
    manner: Manner,
    token: String,
    from: Person,
    to: Vec<Person>,
    cc: Vec<Person>,
    reply_to: Vec<Person>,
    written: Written,
    auto_submitted: bool,
}

/// Names and addresses as they will be read.
struct Written {
    from: Vec<(String, String)>,
    to: Vec<(String, String)>,
    cc: Vec<(String, String)>,
    reply_to: Vec<(String, String)>,
}

impl Envelope {
    pub fn new(
        saying: &Saying,
        introduction: &Introduction,
        voice: &Voice<'_>,
        seal: &Seal<'_>,
    ) -> Result<Envelope, WriteError> {
        let manner = manner::of(saying);
        let token = seal.token.to_owned();
        let bot = mime::on_the_wire(voice.bot)?;
        let domain = bot.rsplit_once('@').map_or("", |(_, domain)| domain);
        let mut to = saying.recipients(introduction);
        let is_introduction = matches!(saying, Saying::Introduction);
        let cc = if is_introduction {
            to.split_off(2.min(to.len()))
        } else {
            Vec::new()
        };
        let nameless = |address: Address| Person {
            name: String::new(),
            address,
        };
        let reply_to = match is_introduction {
            true => to.clone(),
            false if manner.expects_answer => vec![nameless(answer_address(voice, &token)?)],
            // Answers to the rest go where From says.
            false => Vec::new(),
        };
        let from = Person {
            name: senders_name(saying, introduction, voice, manner)?,
            address: voice.bot.clone(),
        };
        let written = Written {
            from: vec![(from.name.clone(), bot.clone())],
            to: check::shown(&to)?,
            cc: check::shown(&cc)?,
            reply_to: check::shown(&reply_to)?,
        };
        Ok(Envelope {
            message_id: format!("<{token}@{domain}>"),
            second_id: format!("<r.{token}@{domain}>"),
            manner,
            token,
            from,
            to,
            cc,
            reply_to,
            written,
            auto_submitted: !saying.speaks_for_a_person(),
        })
    }

    /// Where a one-tap answer goes; none in mails that expect no answer.
    pub fn answer_to(&self) -> Option<AnswerTo<'_>> {
        let (_, address) = self.written.reply_to.first()?;
        self.manner.expects_answer.then_some(AnswerTo {
            address,
            token: &self.token,
        })
    }

    /// The header fields in their order.
    pub fn fields(
        &self,
        subject: &str,
        thread: Option<&Thread>,
        mark: &str,
        boundary: &str,
        now_secs: i64,
    ) -> Result<Fields, WriteError> {
        let mut fields = Fields::default();
        fields.add("Date", date(now_secs)?);
        fields.add("From", mime::mailbox(&self.from.name, &self.from.address)?);
        if !self.reply_to.is_empty() {
            fields.add("Reply-To", mime::mailboxes(&self.reply_to)?);
        }
        fields.add("To", mime::mailboxes(&self.to)?);
        if !self.cc.is_empty() {
            fields.add("Cc", mime::mailboxes(&self.cc)?);
        }
        fields.add("Subject", mime::unstructured("Subject", subject));
        fields.add("Message-ID", self.message_id.clone());
        let (answered, references) = self.thread(thread);
        if let Some(id) = answered {
            fields.add("In-Reply-To", id);
        }
        if !references.is_empty() {
            let words = references.iter().map(String::as_str);
            fields.add("References", mime::folded("References", words));
        }
        if self.auto_submitted {
            fields.add("Auto-Submitted", "auto-replied".to_owned());
        }
        if self.manner.notice {
            let value = "OOF, AutoReply, RN, NRN";
            fields.add("X-Auto-Response-Suppress", value.to_owned());
        }
        fields.add("X-Askfirst-Id", mark_field(mark)?);
        fields.add("MIME-Version", "1.0".to_owned());
        let kind = format!("multipart/alternative;\r\n boundary=\"{boundary}\"");
        fields.add("Content-Type", kind);
        Ok(fields)
    }

    /// In-Reply-To and References (RFC 5322 section 3.6.4), with our second id at the end: servers
    /// that replace a Message-ID leave it, and answers carry it on.
    fn thread(&self, thread: Option<&Thread>) -> (Option<String>, Vec<String>) {
        let answered = thread
            .and_then(|thread| thread.in_reply_to.clone())
            .filter(|id| is_id(id));
        let mut all: Vec<String> = Vec::new();
        let known = thread.map_or([].as_slice(), |thread| &thread.references);
        for id in known.iter().chain(&answered) {
            if is_id(id) && !all.contains(id) {
                all.push(id.clone());
            }
        }
        if all.len() > MAX_REFERENCES {
            let end = all.split_off(all.len() - MAX_REFERENCES / 2);
            all.truncate(MAX_REFERENCES / 2);
            all.extend(end);
        }
        if self.manner.expects_answer {
            all.push(self.second_id.clone());
        }
        (answered, all)
    }

    /// What the bytes must say when they are read back.
    pub fn meant<'a>(
        &'a self,
        fields: &Fields,
        subject: &'a str,
        plain: &'a str,
        html: &'a str,
    ) -> Meant<'a> {
        Meant {
            names: fields.0.iter().map(|(name, _)| *name).collect(),
            from: &self.written.from,
            to: &self.written.to,
            cc: &self.written.cc,
            reply_to: &self.written.reply_to,
            subject,
            message_id: self.message_id.trim_matches(['<', '>']),
            plain,
            html,
        }
    }
}

fn senders_name(
    saying: &Saying,
    introduction: &Introduction,
    voice: &Voice<'_>,
    manner: Manner,
) -> Result<String, WriteError> {
    let bot = text::line(voice.called(), text::MAX_NAME_CHARS);
    if !manner.in_connectors_name {
        return Ok(bot);
    }
    let connector = introduction
        .connector
        .as_ref()
        .ok_or(WriteError::NobodyToWriteTo(saying.name()))?;
    let connector = match text::name(&connector.name) {
        name if name.is_empty() => connector.address.as_str().to_owned(),
        name => name,
    };
    let values: BTreeMap<&str, Value> = BTreeMap::from([
        ("connector", connector.clone().into()),
        ("bot", bot.clone().into()),
    ]);
    let name = voice
        .language
        .part("part_sender", values)
        .map_err(|why| WriteError::Template {
            kind: saying.name(),
            why: why.to_string(),
        })?;
    Ok(text::line(&name, text::MAX_SUBJECT_CHARS))
}

/// The bot's address with the token, where sub-addresses arrive (RFC 5233).
fn answer_address(voice: &Voice<'_>, token: &str) -> Result<Address, WriteError> {
    let Some(separator) = voice.separator else {
        return Ok(voice.bot.clone());
    };
    let written = voice.bot.as_str();
    let (local, domain) = written.rsplit_once('@').unwrap_or((written, ""));
    Address::parse(&format!("{local}{separator}{token}@{domain}")).map_err(|error| {
        WriteError::Header(format!(
            "Reply-To with a sub-address: {error}; shorten the bot's address or set subaddressing = \"\""
        ))
    })
}

fn is_id(id: &str) -> bool {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    inner.is_some_and(|inner| {
        !inner.is_empty()
            && inner.len() <= MAX_ID_OCTETS
            && inner
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
    })
}

/// In UTC: the zone of this machine is nobody's business.
fn date(now_secs: i64) -> Result<String, WriteError> {
    let at = jiff::Timestamp::from_second(now_secs)
        .map_err(|error| WriteError::Header(format!("Date: {error}")))?;
    Ok(at.strftime("%a, %-d %b %Y %H:%M:%S +0000").to_string())
}

fn mark_field(mark: &str) -> Result<String, WriteError> {
    let fits = !mark.is_empty()
        && mark.len() <= MAX_ID_OCTETS
        && mark.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(mark.to_owned())
    } else {
        Err(WriteError::Header(
            "X-Askfirst-Id: the mark must be a word of printable ASCII".to_owned(),
        ))
    }
}
