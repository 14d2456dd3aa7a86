//! The header fields of a mail: raw in order, and the few that the reader looks at, decoded.
//!
//! Never fails: a field that can't be read counts as absent.

use crate::reader::address::{Address, Person};
use crate::reader::author::from;
use crate::reader::headers::Headers;
use crate::reader::letter::mime::Part;
use crate::reader::letter::{Letter, MAX_NAME, MAX_SUBJECT, clean, usual};
use crate::reader::plain::{is_plain, is_plain_but_ends, trim};
use mail_parser::{DateTime, HeaderName, Message, MessageParser, MimeHeaders};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// Mailboxes read of one address field; a list of more is no mail to a bot.
const MAX_MAILBOXES: usize = 50;
/// Ids kept of References, from each end.
const MAX_IDS_EACH_END: usize = 25;
/// Octets of a Message-ID (a line of RFC 5322 section 2.1.1).
const MAX_ID_OCTETS: usize = 998;

/// Header fields of most mails.
const USUAL_FIELDS: usize = 16;
/// Octets of most content types.
const USUAL_TYPE: usize = 48;

static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .default_header_ignore()
        .with_mime_headers()
        .header_text(HeaderName::Subject)
        .header_date(HeaderName::Date)
        .header_address(HeaderName::To)
        .header_address(HeaderName::Cc)
        .header_address(HeaderName::ReplyTo)
});

/// A text that most mails share.
pub type Shared = Cow<'static, str>;

/// What a header block says of its part.
#[derive(Debug, PartialEq, Eq)]
pub struct Mime {
    /// Type and subtype in lower case; `text/plain` where none is given.
    pub kind: Shared,
    /// Parameters of the content type, names in lower case.
    pub params: Vec<(Shared, Shared)>,
    pub attachment: bool,
    pub file_name: Option<String>,
    /// In a transfer encoding that has to be undone.
    pub encoded: bool,
}

impl Default for Mime {
    fn default() -> Mime {
        Mime {
            kind: Cow::Borrowed("text/plain"),
            params: Vec::new(),
            attachment: false,
            file_name: None,
            encoded: false,
        }
    }
}

impl Mime {
    /// As the library reads the header block of a part.
    pub fn any(head: &[u8]) -> Mime {
        let parsed = PARSER.parse_headers(head);
        parsed.as_ref().map(Mime::of).unwrap_or_default()
    }

    /// Of a header block that the library read.
    fn of(parsed: &Message<'_>) -> Mime {
        let mut mime = Mime::default();
        let Some(root) = parsed.parts.first() else {
            return mime;
        };
        if let Some(kind) = root.content_type() {
            let subtype = kind.subtype().unwrap_or_default();
            let whole = [kind.ctype(), "/", subtype].concat();
            mime.kind = Cow::Owned(whole.to_ascii_lowercase());
            for attribute in kind.attributes().unwrap_or_default() {
                mime.params.push((
                    Cow::Owned(attribute.name.to_ascii_lowercase()),
                    Cow::Owned(attribute.value.to_string()),
                ));
            }
        }
        mime.attachment = root
            .content_disposition()
            .is_some_and(|d| d.ctype().eq_ignore_ascii_case("attachment"));
        mime.file_name = root.attachment_name().map(str::to_owned);
        mime.encoded = root
            .content_transfer_encoding()
            .is_some_and(Mime::is_encoded);
        mime
    }

    /// Whether this is a transfer encoding that has to be undone.
    pub fn is_encoded(encoding: &str) -> bool {
        ["base64", "quoted-printable"]
            .iter()
            .any(|name| encoding.eq_ignore_ascii_case(name))
    }
}

/// Where the header starts: behind empty lines and an mbox `From ` line.
pub fn start(raw: &[u8]) -> usize {
    let blank = raw
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .count();
    let rest = raw.get(blank..).unwrap_or_default();
    let rest = rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest);
    let blank = raw.len() - rest.len();
    let mbox = rest.starts_with(b"From ") || rest.starts_with(b">From ");
    match rest.iter().position(|b| *b == b'\n') {
        Some(end) if mbox => blank + end + 1,
        _ => blank,
    }
}

/// The author, by the header block.
pub fn sender(head: &[u8]) -> from::Sender {
    from::read(&raw_fields(head).0)
}

/// Reads the header block into the letter, and what it says of the parts.
pub fn read(head: &[u8], letter: &mut Letter) -> Mime {
    let (raw, is_regular) = raw_fields(head);
    // The author is read before anything is trimmed or cleaned away: a control character or a space
    // before the colon is where readers begin to disagree.
    letter.from = match is_regular {
        true => from::named(raw.named("From")),
        false => from::read(&raw),
    };
    let usual = (is_regular && read_usual(&raw, letter).is_some()).then(|| usual_mime(&raw));
    letter.headers = cleaned(raw, head, is_regular);
    read_ids(letter);
    match usual.flatten() {
        Some(mime) => mime,
        None => read_any(head, letter),
    }
}

/// The value of the last field with this name; a value that begins on the second line begins with a blank.
fn last<'a>(fields: &'a Headers, name: &'a str) -> Option<&'a str> {
    let found = fields.named(name).next_back();
    found.map(|value| match value.starts_with(' ') {
        true => value.trim_start_matches(' '),
        false => value,
    })
}

/// What is written as nearly all programs write it.
fn read_usual(raw: &Headers, letter: &mut Letter) -> Option<()> {
    let people = |name: &str| usual::people(last(raw, name).unwrap_or_default(), MAX_MAILBOXES);
    let subject = usual::text(last(raw, "Subject").unwrap_or_default())?;
    letter.subject = clean::line(&subject, MAX_SUBJECT);
    letter.date_secs = match last(raw, "Date") {
        Some(date) => seconds(&usual::date(date)?),
        None => None,
    };
    letter.to = people("To")?;
    letter.cc = people("Cc")?;
    letter.reply_to = people("Reply-To")?;
    Some(())
}

fn usual_mime(raw: &Headers) -> Option<Mime> {
    usual::mime(
        last(raw, "Content-Type"),
        last(raw, "Content-Disposition"),
        last(raw, "Content-Transfer-Encoding"),
    )
}

/// What the library makes of it.
fn read_any(head: &[u8], letter: &mut Letter) -> Mime {
    let Some(parsed) = PARSER.parse_headers(head) else {
        return Mime::default();
    };
    letter.subject = clean::line(parsed.subject().unwrap_or_default(), MAX_SUBJECT);
    letter.date_secs = parsed.date().and_then(seconds);
    letter.to = people(parsed.to());
    letter.cc = people(parsed.cc());
    letter.reply_to = people(parsed.reply_to());
    Mime::of(&parsed)
}

fn seconds(date: &DateTime) -> Option<i64> {
    date.is_valid().then(|| date.to_timestamp())
}

/// What the header block of a part says of it.
pub fn mime(head: &[u8]) -> Mime {
    let (raw, is_regular) = raw_fields(head);
    let usual = is_regular.then(|| usual_mime(&raw)).flatten();
    usual.unwrap_or_else(|| Mime::any(head))
}

/// Reads the fields with ids of mails, and those of where the mail was delivered.
fn read_ids(letter: &mut Letter) {
    const MICROSOFT: &str = "X-Microsoft-Original-Message-ID";
    const GOOGLE: &str = "X-Google-Original-Message-ID";
    const DELIVERED: [&str; 3] = ["Delivered-To", "X-Original-To", "Envelope-To"];
    let headers = &letter.headers;
    let all = |name: &str| {
        let mut list = Vec::new();
        for value in headers.named(name) {
            match one_id(value) {
                Some(id) => list.extend(id),
                None => list.extend(ids(value)),
            }
        }
        list
    };
    let first = headers.named("Message-ID").next();
    letter.message_id = first.and_then(|value| one_id(value).unwrap_or_else(|| ids(value).next()));
    letter.in_reply_to = kept_ids(all("In-Reply-To"));
    letter.references = kept_ids(all("References"));
    letter.original_message_ids = all(MICROSOFT);
    letter.original_message_ids.extend(all(GOOGLE));
    letter.original_message_ids.truncate(MAX_IDS_EACH_END);
    let delivered = DELIVERED.iter().flat_map(|name| headers.named(name));
    let address = |value: &str| Address::parse(value.trim().trim_matches(['<', '>'])).ok();
    letter.delivered_to = delivered.filter_map(address).take(MAX_MAILBOXES).collect();
}

/// Type and parameters of the whole mail, on one line.
pub fn content_type(root: &Part) -> String {
    let mut out = String::with_capacity(USUAL_TYPE);
    out.push_str(&root.kind);
    for (name, value) in &root.params {
        if name != "boundary" {
            let start = out.len();
            out.push_str("; ");
            out.push_str(name);
            out.push('=');
            out.push_str(value);
            let value = start + 3 + name.len();
            if let Some(value) = out.get_mut(value..) {
                value.make_ascii_lowercase();
            }
        }
    }
    match out.len() <= MAX_SUBJECT && is_plain(&out) {
        true => out,
        false => clean::line(&out, MAX_SUBJECT),
    }
}

/// Without the white space of a header (RFC 5322 section 2.2.2). Any other is a character like a
/// letter, and one on which readers of a From field may disagree.
fn trim_blank(head: &[u8], range: Range<usize>) -> Range<usize> {
    let is_blank = |octet: &&u8| matches!(octet, b' ' | b'\t');
    let value = head.get(range.clone()).unwrap_or_default();
    let before = value.iter().take_while(is_blank).count();
    let value = value.get(before..).unwrap_or_default();
    let behind = value.iter().rev().take_while(is_blank).count();
    range.start + before..range.end - behind
}

/// How many octets of a line are those of a name.
fn name_octets(line: &[u8]) -> usize {
    let is_other = |octet: u8| !matches!(octet, b'!'..=b'9' | b';'..=b'~');
    let mut at = 0;
    while let Some(wide) = line.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
        // Without a branch: one instruction does for all of them.
        let others = u128::from_le_bytes(wide.map(|octet| u8::from(is_other(octet))));
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += wide.len();
    }
    let rest = line.get(at..).unwrap_or_default();
    let other = rest.iter().position(|octet| is_other(*octet));
    at + other.unwrap_or(rest.len())
}

/// Fields in order, unfolded (RFC 5322 section 2.2.3), names with what stands before the colon; and
/// whether no reader could find other fields or other ends of them.
fn raw_fields(head: &[u8]) -> (Headers, bool) {
    // All that is looked for is ASCII, which stays where it is.
    let whole = match std::str::from_utf8(head) {
        Ok(whole) => Cow::Borrowed(whole),
        Err(_) => String::from_utf8_lossy(head),
    };
    let head = whole.as_bytes();
    let mut fields = Headers::of_block(&whole, USUAL_FIELDS);
    let mut is_regular = true;
    let mut at = 0;
    let mut is_over = false;
    while !is_over {
        let start = at;
        let block = head.get(start..).unwrap_or_default();
        let line = match memchr::memchr(b'\n', block) {
            Some(end) => block.get(..end),
            None => {
                is_over = true;
                Some(block)
            }
        };
        let line = line.unwrap_or_default();
        at = start + line.len() + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let end = start + line.len();
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            let more = trim_blank(head, start..end);
            is_regular &=
                head.get(more.start).is_some_and(u8::is_ascii_graphic) && !more.is_empty();
            is_regular &= fields.push_more(whole.get(more).unwrap_or_default());
            continue;
        }
        let visible = name_octets(line);
        let colon = match line.get(visible) {
            Some(b':') => {
                is_regular &= visible > 0;
                visible
            }
            _ => {
                let Some(colon) = memchr::memchr(b':', line) else {
                    // The empty line ends the block.
                    let is_end = line.is_empty() && !is_over && at == head.len();
                    is_regular &= is_end;
                    if is_end {
                        return (fields, is_regular);
                    }
                    continue;
                };
                is_regular = false;
                colon
            }
        };
        let value = trim_blank(head, start + colon + 1..end);
        fields.push_at(start..start + colon, value);
    }
    (fields, false)
}

/// The fields as everybody else reads them; names are visible in a regular block.
fn cleaned(raw: Headers, head: &[u8], is_regular: bool) -> Headers {
    // Only a value that begins on the second line begins with a space.
    let all_plain = || match is_plain_but_ends(head) {
        true => raw.iter().all(|(_, value)| !value.starts_with(' ')),
        false => raw.iter().all(|(_, value)| is_plain(value)),
    };
    if is_regular && all_plain() {
        return raw;
    }
    let fields = raw.iter().filter_map(|(name, value)| {
        // A name is visible ASCII; Exchange and old servers leave a space before the colon.
        let name = name.trim_ascii_end();
        let is_name = !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic());
        is_name.then(|| match is_plain(value) {
            true => (name, Cow::Borrowed(value)),
            false => (name, Cow::Owned(clean::line(value, usize::MAX))),
        })
    });
    fields.collect()
}

/// The id of a field that has one and nothing else, as most have: what it is, if it is one; none of others.
fn one_id(value: &str) -> Option<Option<String>> {
    let id = value.strip_prefix('<')?.strip_suffix('>')?;
    let odd = |b: u8| !matches!(b, b'!'..=b'~') | (b == b'<') | (b == b'>');
    if id.bytes().fold(false, |any, octet| any | odd(octet)) {
        return None;
    }
    let fits = id.len() <= MAX_ID_OCTETS && memchr::memchr(b'@', id.as_bytes()).is_some();
    Some(fits.then(|| value.to_owned()))
}

/// The ids in angle brackets, whatever stands between them (Exchange and iOS write commas).
fn ids(value: &str) -> impl Iterator<Item = String> {
    value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| trim(id))
        .filter(|id| {
            id.len() <= MAX_ID_OCTETS && id.contains('@') && !id.contains(char::is_whitespace)
        })
        .map(|id| ["<", id, ">"].concat())
}

fn kept_ids(mut all: Vec<String>) -> Vec<String> {
    if all.len() > 2 * MAX_IDS_EACH_END {
        let end = all.len() - MAX_IDS_EACH_END;
        all.drain(MAX_IDS_EACH_END..end);
    }
    all
}

fn people(field: Option<&mail_parser::Address<'_>>) -> Vec<Person> {
    field
        .into_iter()
        .flat_map(|f| f.iter())
        .take(MAX_MAILBOXES)
        .filter_map(person)
        .collect()
}

fn person(mailbox: &mail_parser::Addr<'_>) -> Option<Person> {
    Some(Person {
        name: clean::line(mailbox.name().unwrap_or_default(), MAX_NAME),
        address: Address::parse(mailbox.address()?).ok()?,
    })
}

#[cfg(test)]
mod tests;
