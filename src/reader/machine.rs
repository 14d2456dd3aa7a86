//! The kind of a mail: person, auto-reply, bounce, list, unreadable.
//!
//! Fails towards `Person` where nothing tells otherwise: what a person wrote must not be lost, and
//! the text of a machine is not a yes either (see `answer`).

mod absence;
mod bounce;
mod phrases;
mod sieve;

use crate::reader::headers::Marks;
use crate::reader::letter::Letter;
use crate::reader::quote;
use crate::reader::{Bounce, Kind};
use phrases::{ANY_BODY, PHRASES, prepare};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::LazyLock;

/// The kind and what told it.
#[derive(Clone, Debug)]
pub struct Machine {
    pub kind: Kind,
    /// Which header or phrase told.
    pub why: String,
    pub bounce: Option<Bounce>,
}

/// Says what kind of sender wrote this mail (RFC 3834, 3464, 8098, 2369, 5965); `now_secs` (seconds since 1970)
/// is what "next month" counts from.
#[must_use]
pub fn kind(letter: &Letter, now_secs: i64) -> Machine {
    let say = |kind: Kind, why: String| Machine {
        kind,
        why,
        bounce: None,
    };
    if let Some(defect) = &letter.defect {
        return say(Kind::Unreadable, defect.clone());
    }
    let view = View::of(letter);
    if let Some(why) = receipt(&view) {
        return say(Kind::AutoReply, why);
    }
    if let Some(why) = bounce::told_by(&view) {
        return Machine {
            kind: Kind::Bounce,
            why,
            bounce: Some(bounce::details(&view)),
        };
    }
    if view.is_told_on
        && let Some(why) = list(&view)
    {
        return say(Kind::List, why);
    }
    if let Some(why) = automatic(&view, now_secs) {
        return say(Kind::AutoReply, why);
    }
    say(Kind::Person, "nothing tells of a machine".to_owned())
}

/// A letter with what is asked of it again and again.
pub struct View<'a> {
    pub letter: &'a Letter,
    /// In lower case, spaces folded.
    pub subject: String,
    text: Cow<'a, str>,
    /// The beginning of it, in lower case, spaces folded; made when somebody asks.
    body: OnceCell<String>,
    /// Local part of the author's address, in lower case; empty where there is none.
    pub local: String,
    pub null_path: bool,
    /// A field that tells of a list or of a program may be there.
    is_told_on: bool,
    /// The subject is that of an answer or of a forward.
    pub passed_on: bool,
}

impl<'a> View<'a> {
    fn of(letter: &'a Letter) -> View<'a> {
        let said = |text: &&String| text.contains(char::is_alphanumeric);
        let text = match letter.plain.as_ref().filter(said) {
            Some(plain) => Cow::Borrowed(plain.as_str()),
            None => Cow::Owned(phrases::strip_tags(
                letter.html.as_deref().unwrap_or_default(),
            )),
        };
        let local = match letter.from.person() {
            Some(person) => person.address.local().to_owned(),
            None => phrases::local_part(letter.fields("From").next().unwrap_or_default()),
        };
        let path = letter.fields("Return-Path").next().map(str::trim);
        let subject = prepare(&letter.subject);
        View {
            letter,
            passed_on: PHRASES.begins("passed on subject", &subject).is_some(),
            subject,
            text,
            body: OnceCell::new(),
            local,
            null_path: path == Some("<>"),
            is_told_on: letter.headers.may_have(&TELLING),
        }
    }

    pub fn body(&self) -> &str {
        self.body.get_or_init(|| prepare(&self.text))
    }

    /// The phrase of this section that the body begins with.
    fn begins(&self, section: &str) -> Option<&str> {
        let first = self.text.trim_start().chars().next();
        let begins = |first: &str| first.is_empty() || PHRASES.may_begin(section, first);
        let may_begin = first.is_none_or(|c| match c {
            // Nothing of it is prepared but its case.
            '!'..='_' | 'a'..='~' => begins(c.to_ascii_lowercase().encode_utf8(&mut [0; 4])),
            c => begins(&prepare(c.encode_utf8(&mut [0; 4]))),
        });
        let is_made = self.body.get().is_some();
        if !may_begin || !is_made && !PHRASES.may_begin_text(section, &self.text) {
            return None;
        }
        PHRASES.begins(section, self.body())
    }

    /// Whether the writer's own words may have a phrase that a text alone can tell a machine by.
    fn may_tell(&self) -> bool {
        // Of HTML nobody knows yet which words are the writer's.
        let lines = || phrases::unmarked(&self.text);
        match self.letter.html.is_none().then(lines).flatten() {
            Some(unmarked) => PHRASES.may_hold(ANY_BODY, &prepare(&unmarked)),
            None => PHRASES.may_hold(ANY_BODY, self.body()),
        }
    }

    /// The phrase, where it stands in what the sender wrote and not only in what is quoted.
    pub fn own<'p>(&self, phrase: &'p str) -> Option<&'p str> {
        // Most mails hold no such phrase, so the body is divided only now.
        let body = quote::body(self.letter, None);
        prepare(&body.own).contains(phrase).then_some(phrase)
    }

    /// Whether a part has this content type.
    pub fn part(&self, kind: &str) -> bool {
        let mut parts = self.letter.part_types.iter();
        self.letter.content_type.starts_with(kind) || parts.any(|t| t.starts_with(kind))
    }

    /// Whether a field with this name is there.
    pub fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// The first field with this name.
    fn field<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        self.letter.fields(name).next()
    }
}

/// Reports that are no bounces: receipts (RFC 8098), abuse reports (RFC 5965).
fn receipt(view: &View<'_>) -> Option<String> {
    let letter = view.letter;
    let top = &letter.content_type;
    if top.contains("disposition-notification") || view.part("message/disposition-notification") {
        return Some("a read receipt (message/disposition-notification)".to_owned());
    }
    if top.contains("feedback-report") || view.part("message/feedback-report") {
        return Some("an abuse report (message/feedback-report)".to_owned());
    }
    if let Some(method) = calendar_method(letter) {
        return Some(format!("a calendar mail (method={method})"));
    }
    if view.part("text/vnd.google.email-reaction") {
        return Some("a mail program's reaction".to_owned());
    }
    None
}

/// The method of an iCalendar part (RFC 6047 section 2.4), where it answers an invitation; some
/// programs say it in the calendar alone.
fn calendar_method(letter: &Letter) -> Option<String> {
    let types = letter.part_types.iter().chain([&letter.content_type]);
    let types = types.filter(|t| t.starts_with("text/calendar"));
    let named = types.filter_map(|t| t.split_once("method=").map(|(_, method)| method.to_owned()));
    let said = letter.report.iter().filter_map(|text| {
        let text = text.to_ascii_lowercase();
        let text = text
            .trim_start()
            .strip_prefix("begin:vcalendar")?
            .to_owned();
        text.split_once("\nmethod:")
            .map(|(_, method)| method.to_owned())
    });
    for method in named.chain(said) {
        let method: String = method
            .trim_start_matches('"')
            .chars()
            .take_while(char::is_ascii_alphabetic)
            .collect();
        if matches!(method.as_str(), "reply" | "counter" | "refresh" | "cancel") {
            return Some(method);
        }
    }
    None
}

/// Fields that lists write.
const LISTS: &[&str] = &[
    "List-Id",
    "List-Post",
    "List-Unsubscribe",
    "List-Help",
    "Mailing-List",
];

/// Fields that answering programs write.
const ANSWERERS: &[&str] = &[
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Autoreply-From",
    "X-AutoReply-To",
    "X-Auto-Reply",
    "X-Autogenerated",
    "X-Auto-Respond",
    "X-Mail-Autoreply",
    "X-Vacation",
    "X-Autoresponse",
    "X-FC-MachineGenerated",
    "X-Cron-Env",
    "X-Loop-Detect",
];

/// Fields in which a program names itself.
const PROGRAMS: &[&str] = &["X-POST-MessageClass", "X-Mailer", "User-Agent"];

/// Fields of programs that ask a stranger to prove himself.
const CHALLENGES: &[&str] = &[
    "X-Spamarrest-ID",
    "X-Spam-Arrest",
    "X-TMDA-Fingerprint",
    "X-Boxbe-Message",
    "X-Challenge-Response",
    "X-ASK-Version",
    "X-ChoiceMail-Registration-Request",
];

/// All of these, and those that say it by their value: most mails have none of them.
static TELLING: LazyLock<Marks> = LazyLock::new(|| {
    let lists = [LISTS, ANSWERERS, PROGRAMS, CHALLENGES].concat();
    Marks::of(lists.into_iter().chain(["Auto-Submitted", "Precedence"]))
});

fn list(view: &View<'_>) -> Option<String> {
    for name in LISTS {
        if view.has(name) {
            return Some(format!("list mail ({name})"));
        }
    }
    let precedence = view.letter.fields("Precedence").next().unwrap_or_default();
    precedence
        .trim()
        .eq_ignore_ascii_case("list")
        .then(|| "list mail (Precedence: list)".to_owned())
}

fn automatic(view: &View<'_>, now_secs: i64) -> Option<String> {
    let field = match view.is_told_on {
        true => field_of_machine(view),
        false => None,
    };
    let told = field.or_else(|| header_of_machine(view));
    told.or_else(|| text_of_machine(view, now_secs))
}

/// Fields that only programs write. X-Auto-Response-Suppress is none: Exchange stamps it on what
/// people write.
fn field_of_machine(view: &View<'_>) -> Option<String> {
    for value in view.letter.fields("Auto-Submitted") {
        // `no` may have a comment or parameters behind it (RFC 3834 section 5).
        let word = value
            .trim()
            .split([' ', ';', '(', '\t'])
            .next()
            .unwrap_or_default();
        if !word.eq_ignore_ascii_case("no") && !word.is_empty() {
            return Some(format!("an automatic mail (Auto-Submitted: {word})"));
        }
    }
    for name in ANSWERERS {
        let value = view.field(name);
        if value.is_some_and(|v| !v.trim().eq_ignore_ascii_case("no")) {
            return Some(format!("an automatic mail ({name})"));
        }
    }
    for name in PROGRAMS {
        let Some(value) = view.field(name) else {
            continue;
        };
        let value = value.to_ascii_lowercase();
        if ["autorespond", "auto-respond", "autoreply", "vacation"]
            .iter()
            .any(|word| value.contains(word))
        {
            return Some(format!("an automatic mail ({name})"));
        }
    }
    for name in CHALLENGES {
        if view.has(name) {
            return Some(format!("a challenge-response ({name})"));
        }
    }
    for value in view.letter.fields("Precedence") {
        let value = value.trim().to_ascii_lowercase();
        if ["bulk", "junk", "auto_reply", "auto-reply"].contains(&value.as_str()) {
            return Some(format!("an automatic mail (Precedence: {value})"));
        }
    }
    None
}

/// What else of the header only programs write.
fn header_of_machine(view: &View<'_>) -> Option<String> {
    if view.letter.content_type.starts_with("multipart/report") {
        return Some("an automatic mail (multipart/report)".to_owned());
    }
    let local = view.local.as_str();
    let daemon = ["mailer-daemon", "listserv", "majordomo", "owner-nolist"];
    if daemon.contains(&local) || local.starts_with("owner-") || local.ends_with("-request") {
        return Some("an automatic mail (its sender's name)".to_owned());
    }
    None
}

fn text_of_machine(view: &View<'_>, now_secs: i64) -> Option<String> {
    let told = |what: &str, phrase: &str| Some(format!("{what} (“{phrase}”)"));
    if !view.passed_on
        && let Some(why) = subject_of_machine(view)
    {
        return Some(why);
    }
    // Most mails are people's: one look for all phrases, and only then which one it is.
    let some = view.may_tell();
    let holds = |section: &str| match some {
        true => view.own(PHRASES.holds(section, view.body())?),
        false => None,
    };
    // Only the help desk's own mail begins with the line: an answer has its words above it.
    if let Some(phrase) = view.begins("ticket begin") {
        return told("an automatic mail", phrase);
    }
    if let Some(phrase) = view.begins("reaction begin") {
        return told("a mail program's reaction", phrase);
    }
    if let Some(phrase) = holds("reaction") {
        return told("a mail program's reaction", phrase);
    }
    if names_its_reaction(view) {
        return Some("a mail program's reaction".to_owned());
    }
    if let Some(phrase) = holds("challenge body") {
        return told("a challenge-response", phrase);
    }
    // A mail that is held back, and what is to be done for it.
    if let Some(phrase) = holds("challenge held")
        && holds("challenge act").is_some()
    {
        return told("a challenge-response", phrase);
    }
    if let Some(phrase) = holds("automatic body") {
        return told("an automatic mail", phrase);
    }
    if some && let Some(why) = absence::told(view, now_secs) {
        return Some(why);
    }
    view.null_path
        .then(|| "an automatic mail (Return-Path: <>)".to_owned())
}

/// Octets of a reaction, in any language.
const MAX_REACTION: usize = 120;

/// `👍 Carol Danvers reageerde via Gmail`: an emoji, then the writer by name and the program. A
/// person who sends a thumb does not say who it is from.
fn names_its_reaction(view: &View<'_>) -> bool {
    let first = view.text.trim_start().chars().next();
    let emoji = first.is_some_and(quote::line::is_emoji);
    if !emoji || view.body().find("gmail").is_none_or(|at| at > MAX_REACTION) {
        return false;
    }
    let name = view.letter.from.person().map(|p| prepare(&p.name));
    name.is_some_and(|name| !name.is_empty() && view.own(&name).is_some())
}

/// What a subject tells that is neither an answer nor passed on.
fn subject_of_machine(view: &View<'_>) -> Option<String> {
    let begins = |section: &str| PHRASES.begins(section, &view.subject);
    let told = |what: &str, phrase: &str| Some(format!("{what} (“{phrase}”)"));
    if let Some(phrase) = begins("abuse subject")
        && !view.letter.attached.is_empty()
    {
        return told("an abuse report", phrase);
    }
    if let Some(phrase) = begins("calendar subject")
        && view.part("text/calendar")
    {
        return told("a calendar mail", phrase);
    }
    if let Some(phrase) = begins("challenge subject") {
        return told("a challenge-response", phrase);
    }
    if let Some(phrase) = begins("receipt subject")
        && PHRASES.holds("receipt body", view.body()).is_some()
    {
        return told("a read receipt", phrase);
    }
    told("an out-of-office mail", begins("absence subject")?)
}
