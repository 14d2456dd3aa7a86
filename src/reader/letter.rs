//! A mail taken apart once: the fields and texts that the rest of the reader looks at.
//!
//! Never fails: what can't be parsed, or is past a cap, is a `Letter` whose `defect` says why.

pub mod clean;
mod fields;
mod flowed;
mod mime;
mod usual;

use crate::reader::address::{Address, Person};
use crate::reader::author::from::Sender;
use crate::reader::headers::Headers;
use crate::reader::html;
use crate::reader::letter::mime::Part;
use crate::reader::quote::line;
use std::borrow::Cow;

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
    pub headers: Headers,
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
    /// A text forces the reading direction (U+202D, U+202E): it may read other than it is written.
    pub overrides_direction: bool,
    /// Octets of the mail as it was given.
    pub size: usize,
}

/// Attached mails looked at in one mail.
pub const MAX_ATTACHED: usize = 10;

impl Letter {
    /// The values of the header fields with this name, in order.
    pub fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.named(name)
    }
}

/// Octets of a mail; providers accept at most 25 to 50 MB, and only text matters here.
pub const MAX_SIZE: usize = 32 << 20;
/// Octets of the header block; Gmail's own limit is 500 kB, ordinary mail has 10 kB.
pub const MAX_HEADER_SIZE: usize = 256 << 10;
/// Octets of one text part that are read; more is no mail that a person wrote.
const MAX_TEXT: usize = 4 << 20;
/// Trace fields of a mail; more is a loop (RFC 5321 section 6.3; Postfix's hopcount_limit).
const MAX_HOPS: usize = 50;
/// Attached mails are opened this many levels deep.
const MAX_LEVELS: usize = 2;
/// Characters of a name in a header string.
pub const MAX_NAME: usize = 200;
/// Characters of a subject.
pub const MAX_SUBJECT: usize = 300;
/// Characters of a file name that is shown.
const MAX_FILE_NAME: usize = 100;
/// Attachments that are named.
const MAX_ATTACHMENTS: usize = 50;

/// Takes a mail apart. Never fails: what is past a cap is a letter with a `defect`.
pub fn open(raw: &[u8]) -> Letter {
    open_level(raw, 0)
}

/// The author alone, without taking the mail apart.
pub fn sender(raw: &[u8]) -> Sender {
    let start = fields::start(raw);
    let end = mime::head_end(raw, start, raw.len().min(start + MAX_HEADER_SIZE));
    fields::sender(raw.get(start..end).unwrap_or_default())
}

fn open_level(raw: &[u8], level: usize) -> Letter {
    let mut letter = Letter {
        size: raw.len(),
        ..Letter::default()
    };
    if raw.len() > MAX_SIZE {
        letter.defect = Some(format!("the mail is larger than {} MB", MAX_SIZE >> 20));
        return letter;
    }
    let start = fields::start(raw);
    let head_end = mime::head_end(raw, start, raw.len());
    if head_end - start > MAX_HEADER_SIZE {
        letter.defect = Some(format!(
            "the header is larger than {} kB",
            MAX_HEADER_SIZE >> 10
        ));
        return letter;
    }
    let head = raw.get(start..head_end).unwrap_or_default();
    let mime = fields::read(head, &mut letter);
    if letter.headers.is_empty() {
        letter.defect = Some(String::from("there is no header, so this is no mail"));
        return letter;
    }
    if letter.fields("Received").count() > MAX_HOPS {
        letter.defect = Some(format!(
            "the mail went through more than {MAX_HOPS} servers"
        ));
        return letter;
    }
    match mime::split(raw, start..head_end, mime) {
        Ok(parts) => read_parts(raw, &parts, level, &mut letter),
        Err(mime::TooMuch::Parts) => {
            letter.defect = Some(format!("the mail has more than {} parts", mime::MAX_PARTS));
        }
        Err(mime::TooMuch::Depth) => {
            letter.defect = Some(format!(
                "the parts are nested more than {} deep",
                mime::MAX_DEPTH
            ));
        }
    }
    letter
}

fn read_parts(raw: &[u8], parts: &[Part], level: usize, letter: &mut Letter) {
    let Some(root) = parts.first() else { return };
    letter.content_type = fields::content_type(root);
    letter.part_types = parts.iter().map(part_type).collect();
    let report = root.kind == "multipart/report";
    let body = body_parts(parts);
    let (mut plain_text, mut html_text) = (None, None);
    for (index, part) in parts.iter().enumerate() {
        if part.is_multipart() {
            continue;
        }
        if Some(index) == body.plain {
            plain_text = Some(plain(raw, part));
        } else if Some(index) == body.html {
            html_text = Some(text(raw, part));
        } else if is_inline_text(part) {
            letter.more_inline_text |= says_something(raw, part);
        } else if is_shown_beside(part) {
            letter.more_inline_text |= says_something(raw, part);
            name_attachment(part, letter);
        } else if is_mail(part) {
            read_attached(raw, part, level, report, letter);
        } else if is_machine_part(part) {
            let text = if part.kind.starts_with("text/") {
                mime::text(raw, part)
            } else {
                Cow::Owned(String::from_utf8_lossy(&mime::bytes(raw, part)).into_owned())
            };
            letter.report.push(clean::body(&capped(text)));
        } else {
            name_attachment(part, letter);
        }
    }
    letter.plain = plain_text.map(|text| shown(&text, &mut letter.overrides_direction));
    letter.html = html_text.map(|text| shown(&text, &mut letter.overrides_direction));
}

/// The body as it may be shown, and whether it forces the reading direction.
fn shown(text: &str, overrides: &mut bool) -> String {
    let (body, turns) = clean::body_and_turns(text);
    *overrides |= turns;
    body
}

fn name_attachment(part: &Part, letter: &mut Letter) {
    if letter.attachments.len() < MAX_ATTACHMENTS {
        let name = part.file_name.as_deref().unwrap_or(&part.kind);
        letter.attachments.push(clean::line(name, MAX_FILE_NAME));
    }
}

/// The type of a part; that of a calendar's with its method, which tells an answer from an invitation.
fn part_type(part: &Part) -> String {
    let method = match part.kind == "text/calendar" {
        true => part.param("method"),
        false => None,
    };
    match method {
        Some(method) => {
            let method = method.to_ascii_lowercase();
            clean::line(&format!("{}; method={method}", part.kind), MAX_NAME)
        }
        None => clean::line(&part.kind, MAX_NAME),
    }
}

/// Whether a person would see words in this part.
fn says_something(raw: &[u8], part: &Part) -> bool {
    let text = text(raw, part);
    if part.kind == "text/html" {
        line::says_something(&html::text(&text))
    } else {
        line::says_something(&text)
    }
}

/// Which leaves are the body: the first inline text, and its alternative where it has one.
#[derive(Default)]
struct BodyParts {
    plain: Option<usize>,
    html: Option<usize>,
}

fn body_parts(parts: &[Part]) -> BodyParts {
    let mut body = BodyParts::default();
    let first = parts.iter().position(is_inline_text);
    // Some programs give the body itself a file name.
    let named = || parts.iter().position(|p| is_text(p) && !p.attachment);
    let Some(first) = first.or_else(named) else {
        return body;
    };
    // The outermost multipart/alternative around the first text: both forms lie inside it.
    let mut alternative = None;
    let mut at = parts.get(first).and_then(|p| p.parent);
    while let Some(part) = at.and_then(|index| parts.get(index)) {
        if part.kind == "multipart/alternative" {
            alternative = at;
        }
        at = part.parent;
    }
    let inside = |index: usize| match alternative {
        None => index == first,
        Some(around) => {
            let mut at = Some(index);
            while let Some(i) = at {
                if i == around {
                    return true;
                }
                at = parts.get(i).and_then(|p| p.parent);
            }
            false
        }
    };
    for (index, part) in parts.iter().enumerate() {
        if !(is_inline_text(part) || index == first) || !inside(index) {
            continue;
        }
        let slot = match &*part.kind {
            "text/html" => &mut body.html,
            _ => &mut body.plain,
        };
        slot.get_or_insert(index);
    }
    body
}

fn is_inline_text(part: &Part) -> bool {
    !part.attachment && part.file_name.is_none() && is_text(part)
}

/// Text that programs show below the body although it has a file name, or is of a type that few know.
fn is_shown_beside(part: &Part) -> bool {
    const NO_WORDS: &[&str] = &[
        "text/calendar",
        "text/rfc822-headers",
        "text/rfc822",
        "text/vcard",
        "text/x-vcard",
        "text/directory",
        "text/css",
        "text/x-amp-html",
        "text/watch-html",
    ];
    !part.attachment
        && part.kind.starts_with("text/")
        && !NO_WORDS.contains(&&*part.kind)
        && !is_mail(part)
}

fn is_text(part: &Part) -> bool {
    matches!(&*part.kind, "text/plain" | "text/html" | "text/")
}

fn is_mail(part: &Part) -> bool {
    let is_eml = part
        .file_name
        .as_deref()
        .is_some_and(|n| n.to_ascii_lowercase().ends_with(".eml"));
    matches!(&*part.kind, "message/rfc822" | "message/global")
        || (is_eml && !part.kind.starts_with("text/html"))
}

fn is_machine_part(part: &Part) -> bool {
    part.kind.starts_with("message/")
        || matches!(
            &*part.kind,
            "text/rfc822-headers" | "text/rfc822" | "text/calendar"
        )
}

/// An attached mail: opened where a person passes it on; where a machine returns it, its header
/// block is part of the report.
fn read_attached(raw: &[u8], part: &Part, level: usize, report: bool, letter: &mut Letter) {
    let bytes = mime::bytes(raw, part);
    if report {
        let start = fields::start(&bytes);
        let end = mime::head_end(&bytes, start, bytes.len());
        let head = bytes.get(start..end).unwrap_or_default();
        let head = head.get(..MAX_HEADER_SIZE).unwrap_or(head);
        letter
            .report
            .push(clean::body(&String::from_utf8_lossy(head)));
    } else if level < MAX_LEVELS && letter.attached.len() < MAX_ATTACHED {
        letter.attached.push(open_level(&bytes, level + 1));
    }
}

fn plain<'a>(raw: &'a [u8], part: &Part) -> Cow<'a, str> {
    let text = text(raw, part);
    let flowed = part
        .param("format")
        .is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
    if flowed {
        let delsp = part
            .param("delsp")
            .is_some_and(|d| d.eq_ignore_ascii_case("yes"));
        Cow::Owned(flowed::undo(&text, delsp))
    } else {
        text
    }
}

fn text<'a>(raw: &'a [u8], part: &Part) -> Cow<'a, str> {
    capped(mime::text(raw, part))
}

/// Cut at a character's border.
fn capped(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT {
        return text;
    }
    let end = (0..=MAX_TEXT)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(..end).unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
