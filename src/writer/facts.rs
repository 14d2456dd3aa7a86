//! What the templates may say: people, dates and bounded words, each cleaned on its way in.
//!
//! Fails softly: what is not known is `none`, and a template that uses it anyway is an error there.

use crate::reader::address::{Address, Person};
use crate::rules::consent::ConnectorEvidence;
use crate::rules::introduction::{Introduction, Way};
use crate::rules::saying::{Party, Saying};
use crate::writer::text::{self, Block};
use crate::writer::{Voice, manner, mime, payload};
use minijinja::value::{Object, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Octets of the requester's words in an ask: about two screens of a phone.
const MAX_REQUEST_OCTETS: usize = 4096;
/// Octets of them in the introduction: enough to remember what it is about; the ask had more.
const MAX_CONTEXT_OCTETS: usize = 1500;
/// Attachments named; a longer list helps nobody.
const MAX_NAMED: usize = 10;

/// The values of a template as they stand: a map of its own would have to be built of them for each.
#[derive(Debug)]
pub struct Named(BTreeMap<&'static str, Value>);

impl Object for Named {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0.get(key).cloned()
    }
}

/// The values and the boxes of a template.
#[derive(Default)]
pub struct Facts {
    pub values: BTreeMap<&'static str, Value>,
    pub boxes: BTreeMap<&'static str, Block>,
}

impl Facts {
    /// What a template is filled with, and the boxes.
    pub fn parted(self) -> (Value, BTreeMap<&'static str, Block>) {
        (Value::from_object(Named(self.values)), self.boxes)
    }

    pub fn set(&mut self, name: &'static str, value: impl Into<Value>) {
        self.values.insert(name, value.into());
    }

    /// The day where the reader lives. A time that is no date is left out, so that a template which
    /// needs it fails rather than says nonsense.
    pub fn set_date(&mut self, name: &'static str, secs: i64, voice: &Voice<'_>) {
        self.values.remove(name);
        if let Ok(at) = jiff::Timestamp::from_second(secs) {
            let day = at.to_zoned_datetime(voice.time_zone.clone()).date();
            if let Ok(words) = voice.language.date(day) {
                self.set(name, words);
            }
        }
    }
}

impl Facts {
    /// A date with its time of day, as [`Facts::set_date`]; "14:05 CET" is read in every language.
    pub fn set_moment(&mut self, name: &'static str, secs: i64, voice: &Voice<'_>) {
        self.values.remove(name);
        if let Ok(at) = jiff::Timestamp::from_second(secs) {
            let at = at.to_zoned_datetime(voice.time_zone.clone());
            if let Ok(words) = voice.language.date(at.date()) {
                self.set(name, format!("{words}, {}", at.strftime("%H:%M %Z")));
            }
        }
    }
}

/// Everything a template of this saying may use.
pub fn gather(
    saying: &Saying,
    introduction: &Introduction,
    voice: &Voice<'_>,
    token: &str,
) -> Facts {
    let mut facts = Facts::default();
    let manner = manner::of(saying);
    facts.set("introduction", matches!(saying, Saying::Introduction));
    // Once more in another language, below the first.
    facts.set("again", false);
    facts.set("connectors_name", manner.in_connectors_name);
    // Whoever has just said stop need not read how.
    let to_target = saying.party() == Some(Party::Target) && *saying != Saying::ConfirmStop;
    facts.set("to_target", to_target);
    facts.set("later", manner.taps == manner::Taps::YesNoLater);
    facts.set("code", manner.expects_answer.then_some(token));
    facts.set("bot", text::line(voice.called(), text::MAX_NAME_CHARS));
    facts.set("bot_address", clean(voice.bot.as_str()));
    facts.set("direct", introduction.way == Way::Direct);
    facts.set("proposed", introduction.way == Way::Proposed);
    let connector = introduction.consents.connector.as_ref();
    let standing = connector
        .is_some_and(|consent| matches!(consent.evidence, ConnectorEvidence::Standing { .. }));
    facts.set("standing", standing);
    facts.set("closing_sent", introduction.asked.closing_sent);
    match introduction.clock.closing_at_secs {
        Some(secs) => facts.set_date("closing_date", secs, voice),
        None => facts.set("closing_date", Value::from(())),
    }
    people(&mut facts, saying, introduction, voice);
    request(&mut facts, saying, introduction, voice);
    payload::add(&mut facts, saying, voice);
    facts
}

/// Nobody's address where its reader is not owed it, whatever a template says: the requester never
/// sees the target's, and of two proposed people neither sees the other's.
fn people(facts: &mut Facts, saying: &Saying, introduction: &Introduction, voice: &Voice<'_>) {
    let (requester, target) = (
        introduction.requester.as_ref(),
        introduction.target.as_ref(),
    );
    let namesakes = first_name(requester) == first_name(target);
    facts.set("connector", person(introduction.connector.as_ref(), false));
    facts.set(
        "requester",
        match (introduction.way, saying.party()) {
            (Way::Proposed, Some(Party::Target)) => hidden(requester, voice),
            _ => person(requester, namesakes),
        },
    );
    facts.set(
        "target",
        match saying.party() {
            Some(Party::Requester) => hidden(target, voice),
            _ => person(target, namesakes),
        },
    );
}

/// The requester's words, or nothing.
fn request(facts: &mut Facts, saying: &Saying, introduction: &Introduction, voice: &Voice<'_>) {
    let max = match saying {
        Saying::Introduction => MAX_CONTEXT_OCTETS,
        _ => MAX_REQUEST_OCTETS,
    };
    let Some(request) = &introduction.request else {
        facts.set("request", Value::from(()));
        return;
    };
    let block = text::block(&request.words, max);
    let named: Vec<Value> = request
        .attachments
        .iter()
        .take(MAX_NAMED)
        .map(|name| clean(name))
        .collect();
    let value = minijinja::context! {
        subject => subject(&request.subject),
        date => clean(&request.date),
        day => day(&request.date, voice),
        has_words => !block.is_empty(),
        shortened => block.shortened,
        attachments => named,
        more_attachments => request.attachments.len().saturating_sub(MAX_NAMED),
    };
    facts.set("request", value);
    facts.boxes.insert("request", block);
}

/// The day of a date as a mail's header has it (RFC 5322), where the writer was; none: it is another form.
fn day(date: &str, voice: &Voice<'_>) -> Option<String> {
    let written = jiff::fmt::rfc2822::parse(date.trim()).ok()?;
    voice.language.date(written.date()).ok()
}

fn first_name(person: Option<&Person>) -> Option<String> {
    person.map(|person| clean_person(person).first_name().to_owned())
}

/// A name may hold nothing but what is cut; then the address serves.
fn clean_person(person: &Person) -> Person {
    Person {
        name: text::name(&person.name),
        address: person.address.clone(),
    }
}

/// `in_full`: two Alices in one mail are told apart by their whole names.
pub fn person(person: Option<&Person>, in_full: bool) -> Value {
    let Some(person) = person else {
        return Value::from(());
    };
    let clean = clean_person(person);
    let address = seen(&clean.address);
    let full = match clean.name.as_str() {
        "" => address.clone(),
        name => format!("{name} <{address}>"),
    };
    minijinja::context! {
        name => clean.called(),
        first => if in_full { clean.called() } else { clean.first_name() },
        address,
        full,
    }
}

/// Somebody whose address the reader is not owed: the name, or not even that.
fn hidden(person: Option<&Person>, voice: &Voice<'_>) -> Value {
    let Some(person) = person else {
        return Value::from(());
    };
    let mut name = text::name(&person.name);
    let mut first = name.split(' ').next().unwrap_or_default().to_owned();
    if name.is_empty() {
        // Without it the name is not known, and a template that needs it fails.
        let somebody = voice
            .language
            .part("part_somebody", BTreeMap::<&str, Value>::new());
        let Ok(somebody) = somebody else {
            return Value::from(());
        };
        (name, first) = (somebody.clone(), somebody);
    }
    minijinja::context! { first => first, full => name.clone(), name => name }
}

fn clean(text: &str) -> Value {
    text::line(text, text::MAX_NAME_CHARS).into()
}

pub fn subject(text: &str) -> Value {
    text::line(text, text::MAX_NAME_CHARS).into()
}

pub fn shown(address: &Address) -> Value {
    seen(address).into()
}

/// A domain in other letters is shown as the DNS has it: what looks like another domain is seen to be
/// none (F9 of docs/hostile-mail.md).
fn seen(address: &Address) -> String {
    let plain = mime::on_the_wire(address).unwrap_or_else(|_| address.as_str().to_owned());
    text::line(&plain, usize::MAX)
}
