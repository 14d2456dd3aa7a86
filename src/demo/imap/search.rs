//! SEARCH (RFC 3501 section 6.4.4): words are compared in decoded headers and texts, without regard to case. An unknown charset is a NO.

use imap_codec::imap_types::core::Charset;
use imap_codec::imap_types::datetime::NaiveDate;
use imap_codec::imap_types::search::SearchKey;
use mail_parser::MessageParser;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::headers::{fields, split, values};
use super::super::mailboxes::Mail;
use super::Session;
use super::dispatch::{Tagged, no, ok};
use super::mime::{Content, Part};
use super::view::{Ranges, View};

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) fn search(
        &mut self,
        user: &str,
        view: &View,
        charset: Option<&Charset<'_>>,
        criteria: &[SearchKey<'_>],
        uid: bool,
    ) -> Tagged {
        if charset.is_some_and(|charset| {
            !["US-ASCII", "UTF-8"]
                .iter()
                .any(|known| charset.as_ref().eq_ignore_ascii_case(known))
        }) {
            return no("[BADCHARSET (US-ASCII UTF-8)] this charset is not known");
        }
        let largest = view.largest();
        let mut found = String::new();
        for (number, mail_uid) in view.all() {
            let mail = self.mailboxes.look(user, &view.folder, |folder| {
                folder.find(mail_uid).map(|stored| stored.mail.clone())
            });
            let Some(Some(mail)) = mail else { continue };
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let candidate = Candidate {
                number,
                mail: &mail,
                largest,
            };
            if criteria.iter().all(|key| candidate.fits(key)) {
                found.push_str(&format!(" {}", if uid { mail.uid } else { number }));
            }
        }
        self.say(&format!("* SEARCH{found}\r\n"));
        ok("SEARCH completed")
    }
}

/// The mail that is asked about.
struct Candidate<'m> {
    number: u32,
    mail: &'m Mail,
    /// The largest sequence number and UID.
    largest: (u32, u32),
}

impl Candidate<'_> {
    // The recursion is bounded: the grammar refuses keys nested more than eight deep.
    fn fits(&self, key: &SearchKey<'_>) -> bool {
        let flag = |flag: &str| self.mail.has_flag(flag);
        let size = u32::try_from(self.mail.bytes.len()).unwrap_or(u32::MAX);
        match key {
            SearchKey::And(keys) => keys.as_ref().iter().all(|key| self.fits(key)),
            SearchKey::Or(one, other) => self.fits(one) || self.fits(other),
            SearchKey::Not(key) => !self.fits(key),
            SearchKey::SequenceSet(set) => Ranges::new(set, self.largest.0).holds(self.number),
            SearchKey::Uid(set) => Ranges::new(set, self.largest.1).holds(self.mail.uid),
            // No mail is \Recent here, so every mail is old.
            SearchKey::All | SearchKey::Old => true,
            SearchKey::New | SearchKey::Recent => false,
            SearchKey::Answered => flag("\\Answered"),
            SearchKey::Unanswered => !flag("\\Answered"),
            SearchKey::Deleted => flag("\\Deleted"),
            SearchKey::Undeleted => !flag("\\Deleted"),
            SearchKey::Draft => flag("\\Draft"),
            SearchKey::Undraft => !flag("\\Draft"),
            SearchKey::Flagged => flag("\\Flagged"),
            SearchKey::Unflagged => !flag("\\Flagged"),
            SearchKey::Seen => flag("\\Seen"),
            SearchKey::Unseen => !flag("\\Seen"),
            SearchKey::Keyword(word) => flag(word.as_ref()),
            SearchKey::Unkeyword(word) => !flag(word.as_ref()),
            SearchKey::Larger(limit) => size > *limit,
            SearchKey::Smaller(limit) => size < *limit,
            SearchKey::Since(date) => self.day() >= day_of(date),
            SearchKey::Before(date) => self.day() < day_of(date),
            SearchKey::On(date) => self.day() == day_of(date),
            SearchKey::SentSince(date) => self.sent_day().is_some_and(|day| day >= day_of(date)),
            SearchKey::SentBefore(date) => self.sent_day().is_some_and(|day| day < day_of(date)),
            SearchKey::SentOn(date) => self.sent_day().is_some_and(|day| day == day_of(date)),
            SearchKey::From(text) => self.header_holds("From", text.as_ref()),
            SearchKey::To(text) => self.header_holds("To", text.as_ref()),
            SearchKey::Cc(text) => self.header_holds("Cc", text.as_ref()),
            SearchKey::Bcc(text) => self.header_holds("Bcc", text.as_ref()),
            SearchKey::Subject(text) => self.header_holds("Subject", text.as_ref()),
            SearchKey::Header(name, text) => {
                self.header_holds(&String::from_utf8_lossy(name.as_ref()), text.as_ref())
            }
            SearchKey::Body(text) => self.body_holds(&lowered(text.as_ref())),
            SearchKey::Text(text) => self.text_holds(&lowered(text.as_ref())),
        }
    }

    fn header(&self) -> &[u8] {
        split(&self.mail.bytes).0
    }

    /// An empty text asks only whether the field is there.
    fn header_holds(&self, name: &str, text: &[u8]) -> bool {
        let text = lowered(text);
        values(self.header(), name)
            .iter()
            .any(|value| holds(value, &text))
    }

    fn text_holds(&self, text: &str) -> bool {
        fields(self.header())
            .iter()
            .any(|field| holds(&format!("{}: {}", field.name, field.unfolded()), text))
            || self.body_holds(text)
    }

    fn body_holds(&self, text: &str) -> bool {
        let (_, body) = split(&self.mail.bytes);
        lowered(body).contains(text)
            || part_holds(&self.mail.bytes, &Part::of_mail(&self.mail.bytes), text)
    }

    fn day(&self) -> String {
        let time = jiff::Timestamp::from_second(self.mail.internal_date_secs)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        time.strftime("%Y-%m-%d").to_string()
    }

    /// The day in the Date field, in the writer's own time zone (RFC 3501: disregarding time and timezone).
    fn sent_day(&self) -> Option<String> {
        let date = values(self.header(), "Date").into_iter().next()?;
        let field = format!("Date: {date}\r\n\r\n");
        let parsed = MessageParser::default().parse_headers(field.as_bytes())?;
        let date = parsed.date()?;
        Some(format!(
            "{:04}-{:02}-{:02}",
            date.year, date.month, date.day
        ))
    }
}

/// Days are compared as text: year, month, day.
fn day_of(date: &NaiveDate) -> String {
    date.as_ref().to_string()
}

fn lowered(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).to_lowercase()
}

/// Whether a header value holds this text, as it stands or decoded (RFC 2047).
fn holds(value: &str, text: &str) -> bool {
    value.to_lowercase().contains(text)
        || (value.contains("=?") && decoded_words(value).to_lowercase().contains(text))
}

fn decoded_words(value: &str) -> String {
    let field = format!("Subject: {value}\r\n\r\n");
    let parsed = MessageParser::default().parse_headers(field.as_bytes());
    parsed
        .and_then(|mail| mail.subject().map(ToOwned::to_owned))
        .unwrap_or_default()
}

fn part_holds(mail: &[u8], part: &Part, text: &str) -> bool {
    match &part.content {
        Content::Parts(parts) => parts.iter().any(|part| part_holds(mail, part, text)),
        Content::Mail(inner) => {
            let header = mail.get(inner.header.clone()).unwrap_or_default();
            fields(header)
                .iter()
                .any(|field| holds(&field.unfolded(), text))
                || part_holds(mail, inner, text)
        }
        Content::Leaf if part.types().0 == "text" => {
            decoded_text(mail, part).is_some_and(|own| own.to_lowercase().contains(text))
        }
        Content::Leaf => false,
    }
}

/// The text of a part, decoded. The parser sees a header written here, so that nothing in the mail can make it nest.
fn decoded_text(mail: &[u8], part: &Part) -> Option<String> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(*sign))
            .collect()
    };
    let charset = plain(part.kind.parameter("charset").unwrap_or("utf-8"));
    let header = mail.get(part.header.clone())?;
    let encoding = plain(
        &values(header, "Content-Transfer-Encoding")
            .into_iter()
            .next()
            .unwrap_or_default(),
    );
    let mut alone = format!("Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n").into_bytes();
    alone.extend_from_slice(mail.get(part.body.clone())?);
    let parsed = MessageParser::default().parse(&alone)?;
    parsed.body_text(0).map(std::borrow::Cow::into_owned)
}
