//! Which mail of ours a mail answers: by the secrets it carries, in whatever carrier survived.

use crate::desk::DeskError;
use crate::desk::house::House;
use crate::reader::letter::Letter;
use crate::reader::secret::{self, Secret};
use crate::rules::introduction::Introduction;
use crate::store::secrets::Issued;
use crate::store::{introductions, outbox, secrets};
use rusqlite::Connection;

pub enum Binding {
    None,
    To(Box<Bound>),
    /// Secrets of several introductions: they decide nothing.
    Ambiguous,
}

pub struct Bound {
    pub introduction: Introduction,
    /// Our mails of this introduction whose secrets the mail carries, the newest first.
    pub issued: Vec<Issued>,
    /// The visible text of the newest of them.
    pub original: String,
}

impl Binding {
    /// The text of ours that the mail answers, to be told from the new text.
    pub fn original(&self) -> Option<&str> {
        match self {
            Binding::To(bound) => Some(&bound.original),
            Binding::None | Binding::Ambiguous => None,
        }
    }
}

pub fn bind(db: &Connection, house: &House, letter: &Letter) -> Result<Binding, DeskError> {
    let mut issued: Vec<Issued> = Vec::new();
    for secret in carried(house, letter) {
        issued.extend(secrets::recognise(db, &secret)?);
    }
    let mut ids = letter.in_reply_to.clone();
    ids.extend(letter.references.iter().cloned());
    for row in outbox::secrets_by_ids(db, &ids)? {
        if !issued.iter().any(|known| known.row == row) {
            issued.extend(secrets::by_row(db, row)?);
        }
    }
    issued.retain(|known| known.introduction.is_some());
    issued.sort_by_key(|known| std::cmp::Reverse(known.row));
    issued.dedup_by_key(|known| known.row);
    let Some(newest) = issued.first() else {
        return Ok(Binding::None);
    };
    if issued
        .iter()
        .any(|known| known.introduction != newest.introduction)
    {
        return Ok(Binding::Ambiguous);
    }
    let Some(introduction) = newest
        .introduction
        .map(|id| introductions::load(db, id))
        .transpose()?
        .flatten()
    else {
        return Ok(Binding::None);
    };
    let original = outbox::by_secret(db, newest.row)?.map(|mail| mail.visible);
    Ok(Binding::To(Box::new(Bound {
        introduction,
        issued,
        original: original.unwrap_or_default(),
    })))
}

/// The tokens in a mail: sub-addresses of ours, ids, the subject, the texts, a bounce's report.
fn carried(house: &House, letter: &Letter) -> Vec<Secret> {
    let mut carriers: Vec<&str> = Vec::new();
    let recipients = letter
        .to
        .iter()
        .chain(&letter.cc)
        .map(|person| &person.address);
    for address in recipients.chain(&letter.delivered_to) {
        if house.is_bot(address) {
            carriers.push(address.local());
        }
    }
    carriers.extend(letter.in_reply_to.iter().map(String::as_str));
    carriers.extend(letter.references.iter().map(String::as_str));
    carriers.push(&letter.subject);
    carriers.extend(letter.plain.as_deref());
    carriers.extend(letter.html.as_deref());
    carriers.extend(letter.report.iter().map(String::as_str));
    for attached in &letter.attached {
        carriers.extend(attached.message_id.as_deref());
        carriers.extend(attached.references.iter().map(String::as_str));
        carriers.extend(attached.plain.as_deref());
        carriers.extend(attached.fields("Reply-To"));
    }
    let mut found = Vec::new();
    for secret in carriers.into_iter().flat_map(secret::find) {
        if !found.contains(&secret) {
            found.push(secret);
        }
    }
    found
}
