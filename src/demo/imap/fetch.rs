//! FETCH: the items of mails (RFC 3501 section 6.4.5). A mail that is gone is left out, and a FETCH by number then ends in NO.

use imap_codec::imap_types::core::AString;
use imap_codec::imap_types::fetch::{
    MacroOrMessageDataItemNames, MessageDataItemName, Part as PartNumber, Section,
};
use imap_codec::imap_types::sequence::SequenceSet;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::headers::{fields, split};
use super::super::mailboxes::Mail;
use super::super::peer::Broken;
use super::dispatch::{Tagged, bad, no, ok};
use super::mime::{Content, Part};
use super::structure::{body_structure, envelope, quote};
use super::view::View;
use super::{FLUSH_AT, Session};

/// Items in one FETCH; mail programs ask for a dozen.
const MAX_ITEMS: usize = 100;

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) async fn fetch(
        &mut self,
        user: &str,
        view: &mut View,
        set: &SequenceSet,
        wanted: MacroOrMessageDataItemNames<'_>,
        uid: bool,
    ) -> Result<Tagged, Broken> {
        let Some(chosen) = view.resolve(set, uid) else {
            return Ok(bad("there is no mail with this number"));
        };
        let mut items = match &wanted {
            MacroOrMessageDataItemNames::Macro(short) => short.expand(),
            MacroOrMessageDataItemNames::MessageDataItemNames(items) => items.clone(),
        };
        if items.is_empty() || items.len() > MAX_ITEMS {
            return Ok(bad("ask for one to a hundred items"));
        }
        if items.iter().any(|item| {
            matches!(
                item,
                MessageDataItemName::Binary { .. } | MessageDataItemName::BinarySize { .. }
            )
        }) {
            return Ok(bad("BINARY is not offered"));
        }
        // RFC 3501 section 6.4.8: always there in the answer to a UID command.
        if uid && !items.contains(&MessageDataItemName::Uid) {
            items.insert(0, MessageDataItemName::Uid);
        }
        let marks_seen = !view.read_only && items.iter().any(marks_seen);
        let mut missing = false;
        for (number, mail_uid) in chosen {
            let Some((mail, marked)) = self.take_mail(user, view, mail_uid, marks_seen) else {
                missing = true;
                continue;
            };
            self.say(&format!("* {number} FETCH ("));
            let tell_flags = marked && !items.contains(&MessageDataItemName::Flags);
            let extra = tell_flags.then_some(MessageDataItemName::Flags);
            self.write_items(&mail, items.iter().chain(&extra)).await?;
            self.say(")\r\n");
        }
        Ok(if missing && !uid {
            no("[EXPUNGEISSUED] some of these mails are gone")
        } else {
            ok("FETCH completed")
        })
    }

    async fn write_items<'i>(
        &mut self,
        mail: &Mail,
        items: impl Iterator<Item = &'i MessageDataItemName<'i>>,
    ) -> Result<(), Broken> {
        let mut part = None;
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.say(" ");
            }
            write_item(&mut self.out, mail, &mut part, item);
            if self.out.len() >= FLUSH_AT {
                self.flush().await?;
            }
        }
        Ok(())
    }

    /// The mail, marked \Seen if that is due; and whether it was.
    fn take_mail(
        &mut self,
        user: &str,
        view: &mut View,
        uid: u32,
        mark: bool,
    ) -> Option<(Mail, bool)> {
        let mail = self.mailboxes.look(user, &view.folder, |folder| {
            folder.find(uid).map(|stored| stored.mail.clone())
        })??;
        if !mark || mail.has_flag("\\Seen") {
            return Some((mail, false));
        }
        let marked = self.mailboxes.change(user, &view.folder, |folder| {
            let mut flags = mail.flags.clone();
            flags.push("\\Seen".to_owned());
            folder
                .set_flags(uid, flags)
                .map(|stored| (stored.mail.clone(), stored.change))
        });
        match marked.ok().flatten() {
            Some((mail, change)) => {
                view.told(uid, None, change);
                Some((mail, true))
            }
            None => Some((mail, false)),
        }
    }
}

/// Reading a body without PEEK marks the mail as read.
fn marks_seen(item: &MessageDataItemName<'_>) -> bool {
    matches!(
        item,
        MessageDataItemName::BodyExt { peek: false, .. }
            | MessageDataItemName::Rfc822
            | MessageDataItemName::Rfc822Text
    )
}

fn write_item(
    out: &mut Vec<u8>,
    mail: &Mail,
    part: &mut Option<Part>,
    item: &MessageDataItemName<'_>,
) {
    let bytes = &mail.bytes;
    let (header, body) = split(bytes);
    match item {
        MessageDataItemName::Uid => out.extend(format!("UID {}", mail.uid).into_bytes()),
        MessageDataItemName::Flags => {
            out.extend(format!("FLAGS ({})", mail.flags.join(" ")).into_bytes())
        }
        MessageDataItemName::InternalDate => out.extend(
            format!("INTERNALDATE \"{}\"", date_time(mail.internal_date_secs)).into_bytes(),
        ),
        MessageDataItemName::Rfc822Size => {
            out.extend(format!("RFC822.SIZE {}", bytes.len()).into_bytes())
        }
        MessageDataItemName::Envelope => {
            out.extend_from_slice(b"ENVELOPE ");
            out.extend(envelope(header));
        }
        MessageDataItemName::Body | MessageDataItemName::BodyStructure => {
            let extended = *item == MessageDataItemName::BodyStructure;
            out.extend_from_slice(if extended {
                b"BODYSTRUCTURE ".as_slice()
            } else {
                b"BODY ".as_slice()
            });
            let part = part.get_or_insert_with(|| Part::of_mail(bytes));
            out.extend(body_structure(bytes, part, extended));
        }
        MessageDataItemName::Rfc822 => write_literal(out, b"RFC822", Some(bytes)),
        MessageDataItemName::Rfc822Header => write_literal(out, b"RFC822.HEADER", Some(header)),
        MessageDataItemName::Rfc822Text => write_literal(out, b"RFC822.TEXT", Some(body)),
        MessageDataItemName::BodyExt {
            section, partial, ..
        } => {
            let part = part.get_or_insert_with(|| Part::of_mail(bytes));
            let mut label = b"BODY[".to_vec();
            label.extend(section.as_ref().map(section_label).unwrap_or_default());
            label.push(b']');
            let content = match section {
                None => Some(bytes.to_vec()),
                Some(section) => section_bytes(bytes, part, section),
            };
            let content = content.map(|content| match partial {
                None => content,
                Some((start, length)) => {
                    label.extend(format!("<{start}>").into_bytes());
                    let skip = usize::try_from(*start).unwrap_or(usize::MAX);
                    let take = usize::try_from(length.get()).unwrap_or(usize::MAX);
                    content.into_iter().skip(skip).take(take).collect()
                }
            });
            write_literal(out, &label, content.as_deref());
        }
        // Refused before.
        MessageDataItemName::Binary { .. } | MessageDataItemName::BinarySize { .. } => {}
    }
}

fn write_literal(out: &mut Vec<u8>, label: &[u8], content: Option<&[u8]>) {
    out.extend_from_slice(label);
    match content {
        Some(content) => {
            out.extend(format!(" {{{}}}\r\n", content.len()).into_bytes());
            out.extend_from_slice(content);
        }
        None => out.extend_from_slice(b" NIL"),
    }
}

/// What a section names; `None` if the mail has no such part.
fn section_bytes(mail: &[u8], whole: &Part, section: &Section<'_>) -> Option<Vec<u8>> {
    let numbers = |part: &PartNumber| {
        part.0
            .as_ref()
            .iter()
            .map(|number| number.get())
            .collect::<Vec<u32>>()
    };
    // The mail that HEADER and TEXT are about: the whole one, or the one in a message/rfc822 part.
    let inside = |part: &Option<PartNumber>| match part {
        None => Some(whole),
        Some(part) => match &whole.find(&numbers(part))?.content {
            Content::Mail(inner) => Some(inner.as_ref()),
            _ => None,
        },
    };
    let range = match section {
        Section::Part(part) => whole.find(&numbers(part))?.body.clone(),
        Section::Mime(part) => whole.find(&numbers(part))?.header.clone(),
        Section::Header(part) => inside(part)?.header.clone(),
        Section::Text(part) => inside(part)?.body.clone(),
        Section::HeaderFields(part, names) => {
            return Some(some_fields(
                mail.get(inside(part)?.header.clone())?,
                names.as_ref(),
                true,
            ));
        }
        Section::HeaderFieldsNot(part, names) => {
            return Some(some_fields(
                mail.get(inside(part)?.header.clone())?,
                names.as_ref(),
                false,
            ));
        }
    };
    mail.get(range).map(<[u8]>::to_vec)
}

fn some_fields(header: &[u8], names: &[AString<'_>], listed: bool) -> Vec<u8> {
    let named = |name: &str| {
        names
            .iter()
            .any(|one| one.as_ref().eq_ignore_ascii_case(name.as_bytes()))
    };
    let mut bytes = Vec::new();
    for field in fields(header) {
        if named(field.name) == listed {
            bytes.extend_from_slice(field.raw);
        }
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

fn section_label(section: &Section<'_>) -> Vec<u8> {
    let (part, word, names) = match section {
        Section::Part(part) => (Some(part), "", None),
        Section::Mime(part) => (Some(part), "MIME", None),
        Section::Header(part) => (part.as_ref(), "HEADER", None),
        Section::Text(part) => (part.as_ref(), "TEXT", None),
        Section::HeaderFields(part, names) => (part.as_ref(), "HEADER.FIELDS", Some(names)),
        Section::HeaderFieldsNot(part, names) => (part.as_ref(), "HEADER.FIELDS.NOT", Some(names)),
    };
    let mut words: Vec<String> = Vec::new();
    if let Some(part) = part {
        words.extend(part.0.as_ref().iter().map(ToString::to_string));
    }
    if !word.is_empty() {
        words.push(word.to_owned());
    }
    let mut label = words.join(".").into_bytes();
    if let Some(names) = names {
        let shown: Vec<Vec<u8>> = names.as_ref().iter().map(name_as_sent).collect();
        label.extend_from_slice(b" (");
        label.extend(shown.join(&b' '));
        label.push(b')');
    }
    label
}

fn name_as_sent(name: &AString<'_>) -> Vec<u8> {
    match name {
        AString::Atom(atom) => atom.as_ref().as_bytes().to_vec(),
        AString::String(string) => quote(string.as_ref()),
    }
}

/// RFC 3501 `date-time` without its quotes, in UTC.
fn date_time(secs: i64) -> String {
    let time = jiff::Timestamp::from_second(secs).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
}
