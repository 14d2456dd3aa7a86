//! Which mail of ours a mail answers: by the secrets it carries, in whatever carrier survived.

use crate::desk::DeskError;
use crate::desk::house::House;
use crate::reader::author::covered;
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
    Ambiguous(Vec<Issued>),
}

pub struct Bound {
    pub introduction: Introduction,
    /// Our mails of this introduction whose secrets the mail carries, the newest first.
    pub issued: Vec<Issued>,
    /// The mail is addressed to one of these secrets, or in reply to one: not only a quotation.
    pub answered: bool,
    /// The mail is written to the bot, and something that its author's proof covers says which mail of
    /// ours it answers. Without it a genuine mail to somebody else could be sent on to us as an answer.
    pub anchored: bool,
    /// The visible text of the newest of them.
    pub original: String,
}

impl Binding {
    pub fn introduction(&self) -> Option<&Introduction> {
        match self {
            Binding::To(bound) => Some(&bound.introduction),
            Binding::None | Binding::Ambiguous(_) => None,
        }
    }

    /// The text of ours that the mail answers, to be told from the new text.
    pub fn original(&self) -> Option<&str> {
        match self {
            Binding::To(bound) => Some(&bound.original),
            Binding::None | Binding::Ambiguous(_) => None,
        }
    }
}

pub fn bind(db: &Connection, house: &House, letter: &Letter) -> Result<Binding, DeskError> {
    let mut ids = letter.in_reply_to.clone();
    let named = known(db, &find(&addressed(house, letter)), &ids)?;
    ids.extend(letter.references.iter().cloned());
    let mut issued = known(db, &find(&carried(house, letter)), &ids)?;
    issued.sort_by_key(|known| std::cmp::Reverse(known.row));
    issued.dedup_by_key(|known| known.row);
    if several(&issued) {
        issued = meant(db, letter, issued, &named)?;
    }
    let Some(newest) = issued.first() else {
        return Ok(Binding::None);
    };
    if several(&issued) {
        return Ok(Binding::Ambiguous(issued));
    }
    let Some(introduction) = newest
        .introduction
        .map(|id| introductions::load(db, id))
        .transpose()?
        .flatten()
    else {
        return Ok(Binding::None);
    };
    let original = match outbox::by_secret(db, newest.row)? {
        Some(mail) => outbox::visible(db, mail.id)?,
        None => None,
    };
    let answered = named
        .iter()
        .any(|named| issued.iter().any(|known| known.row == named.row));
    let anchored = anchored(db, house, letter, newest.introduction)?;
    Ok(Binding::To(Box::new(Bound {
        introduction,
        issued,
        answered,
        anchored,
        original: original.unwrap_or_default(),
    })))
}

/// Whether something that looks like a token of ours stands in the mail.
pub fn carries_ours(house: &House, letter: &Letter) -> bool {
    let carriers = carried(house, letter);
    carriers
        .into_iter()
        .any(|text| !secret::find(text).is_empty())
}

/// Whether a replayed mail could not be tied to this introduction in this way (see [`covered`]).
fn anchored(
    db: &Connection,
    house: &House,
    letter: &Letter,
    introduction: Option<i64>,
) -> Result<bool, DeskError> {
    if !is_written_to_us(house, letter) {
        return Ok(false);
    }
    let is_covered = |field: &str| covered::is_covered(letter, &house.authserv_ids, field);
    let ours = |carriers: &[&str], ids: &[String]| -> Result<bool, DeskError> {
        let found = known(db, &find(carriers), ids)?;
        Ok(found.iter().any(|known| known.introduction == introduction))
    };
    // The body is covered by every signature that counts.
    let mut sure = local_parts(house, letter);
    sure.extend(letter.plain.as_deref());
    sure.extend(letter.html.as_deref());
    if is_covered("Subject") {
        sure.push(&letter.subject);
    }
    if ours(&sure, &[])? {
        return Ok(true);
    }
    for (field, ids) in [
        ("In-Reply-To", &letter.in_reply_to),
        ("References", &letter.references),
    ] {
        let carriers: Vec<&str> = ids.iter().map(String::as_str).collect();
        if is_covered(field) && ours(&carriers, ids)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the bot is in To or Cc, by a field that the author's proof covers.
pub fn is_written_to_us(house: &House, letter: &Letter) -> bool {
    [("To", &letter.to), ("Cc", &letter.cc)]
        .into_iter()
        .any(|(field, people)| {
            people.iter().any(|person| house.is_bot(&person.address))
                && covered::is_covered(letter, &house.authserv_ids, field)
        })
}

/// The left parts of the bot's addresses in To and Cc, where sub-addresses carry the token.
fn local_parts<'a>(house: &House, letter: &'a Letter) -> Vec<&'a str> {
    let recipients = letter.to.iter().chain(&letter.cc);
    recipients
        .map(|person| &person.address)
        .filter(|address| house.is_bot(address))
        .map(|address| address.local())
        .collect()
}

/// The mails of ours that had these secrets or these ids, where they belong to an introduction.
fn known(db: &Connection, found: &[Secret], ids: &[String]) -> Result<Vec<Issued>, DeskError> {
    let mut issued: Vec<Issued> = Vec::new();
    for secret in found {
        issued.extend(secrets::recognise(db, secret)?);
    }
    for row in outbox::secrets_by_ids(db, ids)? {
        if !issued.iter().any(|known| known.row == row) {
            issued.extend(secrets::by_row(db, row)?);
        }
    }
    issued.retain(|known| known.introduction.is_some());
    Ok(issued)
}

fn several(issued: &[Issued]) -> bool {
    let first = issued.first().map(|known| known.introduction);
    issued.iter().any(|known| Some(known.introduction) != first)
}

/// Of the secrets of several introductions those that the mail answers: it is addressed to them or
/// in reply to them; else those whose mail of ours went to this author. What is left may be none.
fn meant(
    db: &Connection,
    letter: &Letter,
    issued: Vec<Issued>,
    named: &[Issued],
) -> Result<Vec<Issued>, DeskError> {
    let only = |of: &[Issued]| -> Option<Option<i64>> {
        let first = of.first()?.introduction;
        (!several(of)).then_some(first)
    };
    let author = letter.from.person().map(|person| &person.address);
    let mut own = Vec::new();
    for known in &issued {
        let sent = outbox::by_secret(db, known.row)?;
        let to_author = sent.is_some_and(|mail| {
            let mut recipients = mail.recipients.iter();
            recipients.any(|to| author.is_some_and(|author| author.as_str() == to))
        });
        if to_author {
            own.push(known.clone());
        }
    }
    Ok(match only(named).or_else(|| only(&own)) {
        Some(meant) => issued
            .into_iter()
            .filter(|known| known.introduction == meant)
            .collect(),
        None => issued,
    })
}

/// Where a mail program puts what it answers: the recipients, the id of the mail, the subject.
fn addressed<'a>(house: &House, letter: &'a Letter) -> Vec<&'a str> {
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
    carriers.push(&letter.subject);
    carriers
}

/// All carriers: also older ids, the texts, a bounce's report.
fn carried<'a>(house: &House, letter: &'a Letter) -> Vec<&'a str> {
    let mut carriers = addressed(house, letter);
    carriers.extend(letter.references.iter().map(String::as_str));
    carriers.extend(letter.plain.as_deref());
    carriers.extend(letter.html.as_deref());
    carriers.extend(letter.report.iter().map(String::as_str));
    for attached in &letter.attached {
        carriers.extend(attached.message_id.as_deref());
        carriers.extend(attached.references.iter().map(String::as_str));
        carriers.extend(attached.plain.as_deref());
        carriers.extend(attached.fields("Reply-To"));
    }
    carriers
}

fn find(carriers: &[&str]) -> Vec<Secret> {
    let mut found = Vec::new();
    for secret in carriers.iter().copied().flat_map(secret::find) {
        if !found.contains(&secret) {
            found.push(secret);
        }
    }
    found
}
