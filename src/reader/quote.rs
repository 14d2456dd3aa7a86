//! The new text of a reply, apart from what it quotes, its signature and its footers.
//!
//! Never fails: where the border between two voices is not certain, the body says so in `doubt`,
//! and such a body is never a yes.

pub mod align;
pub mod attribution;
pub mod banner;
pub mod border;
pub mod byline;
mod closing;
mod contact;
mod container;
mod device;
mod disclaimer;
pub mod divide;
pub mod footer;
pub mod header;
pub mod line;
pub mod mailbox;
mod notes;
mod parts;
pub mod signature;
mod signed;

use crate::reader::Forwarded;
use crate::reader::fold::fold;
use crate::reader::forward::{self, Passed};
use crate::reader::html;
use crate::reader::letter::{Letter, clean};
use crate::reader::quote::align::Apart;
use crate::reader::quote::align::answered::{self, Quoted};
use crate::reader::quote::divide::{Division, Segment, divide};
use crate::reader::quote::line::Line;
use crate::reader::quote::signature::Writer;

/// The body of a mail divided into what is new and what is passed on.
#[derive(Clone, Default)]
pub struct Body {
    /// Only what the sender newly wrote; LF line ends, trimmed. With an inline forward: the note.
    pub text: String,
    /// The same with signature and footers: what the sender wrote, unchanged.
    pub own: String,
    /// Lines that were taken for the writer's signature.
    pub signature: String,
    /// Other words that were cut from the writer's: below a delimiter, footers, closing words with a name.
    pub beside: String,
    /// The outermost forwarded mail; its body goes on to the end, older history included.
    pub forwarded: Option<Forwarded>,
    /// Every mail below; the desk looks here for the requester.
    pub passed: Passed,
    /// The subject, for answers prepared by our `mailto:` links.
    pub subject: String,
    /// The names of who wrote the mail and to whom, as its header has them.
    pub people: String,
    /// The same of who wrote it alone.
    pub writer: String,
    /// Plain and HTML parts say different things, or text of another voice could not be told apart;
    /// the words say which. Such a body is never a yes.
    pub doubt: Option<String>,
}

/// Divides the body of a letter. `original`: the visible text of our mail that it answers.
pub fn body(letter: &Letter, original: Option<&str>) -> Body {
    let original = original.map(align::Original::of);
    Texts::of(letter).divide(letter, original.as_ref()).body
}

/// The body of a letter, and the texts that it was made of.
pub struct Divided<'a> {
    pub body: Body,
    halves: Vec<Half<'a>>,
}

impl Divided<'_> {
    /// What the quotes say beside words of ours, and of what mail they are.
    pub fn quoted(&self, original: &align::Original<'_>) -> Quoted {
        let mut all = Quoted::default();
        for half in &self.halves {
            let one = answered::look(&half.apart, &half.division, original);
            all.typed.push_str(&one.typed);
            all.attribution.push_str(&one.attribution);
            all.strange |= one.strange;
            all.elsewhere |= one.elsewhere;
        }
        all
    }
}

/// The texts of a letter that say something, as a person sees them.
pub struct Texts {
    /// Whether the plain one does.
    plain: bool,
    html: Option<String>,
    /// Words in the HTML that are not seen.
    hidden: String,
}

impl Texts {
    pub fn of(letter: &Letter) -> Texts {
        let html = letter.html.as_deref().map(html::shown);
        let (html, hidden) = html.map(|shown| (shown.text, shown.hidden)).unzip();
        Texts {
            plain: letter.plain.as_deref().is_some_and(line::says_something),
            html: html.filter(|t| line::says_something(t)),
            hidden: hidden.unwrap_or_default(),
        }
    }

    /// Their new words and what they pass on; `letter` is the one they are of.
    pub fn divide<'a>(
        &'a self,
        letter: &'a Letter,
        original: Option<&align::Original<'_>>,
    ) -> Divided<'a> {
        let plain = letter.plain.as_deref().filter(|_| self.plain);
        let writer = writer(letter);
        let mut halves = Vec::with_capacity(2);
        for text in plain.into_iter().chain(self.html.as_deref()) {
            let half = Half::of(letter, text, original, &writer, halves.first());
            halves.push(half);
        }
        if halves.len() == 2
            && let (Some(html), Some(plain)) = (halves.pop(), halves.pop())
        {
            halves.extend(parts::agreed(plain, html));
        }
        let mut body = Body::default();
        match halves.first_mut() {
            Some(half) => {
                body = std::mem::take(&mut half.body);
                forward::find(letter, &half.division, &writer, &mut body);
            }
            None => forward::attached(letter, &mut body),
        }
        // Some programs show what others hide, and what was struck out was said once.
        body.beside.push_str(&self.hidden);
        body.subject = letter.subject.clone();
        body.people = people(letter);
        body.writer = letter
            .from
            .person()
            .map_or_else(String::new, |person| person.name.clone());
        if letter.more_inline_text {
            doubt(&mut body, "there are several text parts");
        }
        if letter.overrides_direction {
            doubt(&mut body, "the text forces its reading direction");
        }
        if body.text.contains('\u{FFFD}') {
            doubt(&mut body, "some characters could not be decoded");
        }
        Divided { body, halves }
    }
}

/// Readers whose names are looked at.
const MAX_READERS: usize = 4;

fn people(letter: &Letter) -> String {
    let mut all = String::with_capacity(64);
    let readers = letter.to.iter().take(MAX_READERS);
    for person in letter.from.person().into_iter().chain(readers) {
        // `Bob Kim via Example Introductions`: the way is nobody's name.
        let way = memchr::memmem::find(person.name.as_bytes(), b" via ");
        let name = way.and_then(|way| person.name.get(..way));
        all.push_str(name.unwrap_or(&person.name));
        all.push(' ');
    }
    all
}

/// The first doubt stands.
fn doubt(body: &mut Body, why: &str) {
    body.doubt.get_or_insert_with(|| why.to_owned());
}

/// One text of a letter, divided: its own words, before what it passes on is looked into.
struct Half<'a> {
    source: &'a str,
    apart: Apart<'a>,
    division: Division<'a>,
    body: Body,
    /// It hands a mail on, inline or attached.
    forwards: bool,
}

impl<'a> Half<'a> {
    fn of(
        letter: &Letter,
        source: &'a str,
        original: Option<&align::Original<'_>>,
        writer: &Writer,
        other: Option<&Half<'_>>,
    ) -> Half<'a> {
        let apart = Apart::of(line::lines(source), original);
        let division = divide(&apart.lines);
        let mut body = Body::default();
        match other.filter(|other| have_same_words(&other.division, &division)) {
            Some(other) => {
                body.text = other.body.text.clone();
                body.own = other.body.own.clone();
                body.signature = other.body.signature.clone();
                body.beside = other.body.beside.clone();
                body.doubt = other.body.doubt.clone();
            }
            None => own_text(&division, writer, &mut body),
        }
        let forwards = forward::is_one(letter, &division, &body);
        Half {
            source,
            apart,
            division,
            body,
            forwards,
        }
    }
}

fn writer(letter: &Letter) -> Writer {
    let person = letter.from.person();
    let name = person.map(|p| fold(&p.name)).unwrap_or_default();
    Writer {
        name: name
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| w.chars().count() > 1)
            .map(str::to_owned)
            .collect(),
        address: person.map(|p| p.address.clone()),
        answers: !(letter.in_reply_to.is_empty() && letter.references.is_empty()),
    }
}

/// Whether the writer's own lines are the same to the octet: most programs send them so in both parts.
fn have_same_words(a: &Division<'_>, b: &Division<'_>) -> bool {
    let same = |(a, b): (&Segment<'_>, &Segment<'_>)| {
        let (a, b) = (told(a), told(b));
        let seen = |line: &Line<'_>| (line.depth, line.mark);
        let alone =
            |lines: &[Line<'_>]| signature::is_delimiter_alone(lines.iter().map(|line| line.text));
        let all_same = || {
            let mut pairs = a.iter().zip(b);
            pairs.all(|(a, b)| seen(a) == seen(b) && a.text == b.text)
        };
        (a.len() == b.len() && all_same()) || (alone(a) && alone(b))
    };
    a.segments.len() == b.segments.len() && a.segments.iter().zip(&b.segments).all(same)
}

/// What the words of a segment are told by: how many empty lines stand below a short one, which programs leave
/// there in one part only, is all the same.
fn told<'s, 'a>(segment: &'s Segment<'a>) -> &'s [Line<'a>] {
    if segment.len() > signed::MAX_TAIL {
        return segment;
    }
    let end = segment.iter().rposition(|line| !line.is_blank());
    segment
        .get(..end.map_or(0, |end| end + 1))
        .unwrap_or_default()
}

/// The own words of all segments, each without what hangs below it.
fn own_text(division: &Division<'_>, writer: &Writer, body: &mut Body) {
    let mut segments = division.segments.iter().map(line::join);
    body.own = segments.next().unwrap_or_default();
    for segment in segments {
        body.own.push_str("\n\n");
        body.own.push_str(&segment);
    }
    for segment in &division.segments {
        let lines: Vec<&str> = segment.iter().map(|l| l.text).collect();
        if signature::is_delimiter_alone(lines.iter().copied()) {
            continue;
        }
        let cut = signature::cut(lines, writer);
        if let Some(why) = cut.doubt {
            doubt(body, why);
        }
        for (lines, all) in [
            (cut.signature, &mut body.signature),
            (cut.beside, &mut body.beside),
        ] {
            for line in lines {
                all.push_str(line);
                all.push('\n');
            }
        }
        if body.text.is_empty() {
            body.text = cut.text;
        } else if !cut.text.is_empty() {
            body.text.push_str("\n\n");
            body.text.push_str(&cut.text);
        }
    }
}

/// Everything that a person sees of a mail, as plain text: what replies are aligned with.
pub fn visible(letter: &Letter) -> String {
    match (&letter.plain, &letter.html) {
        (Some(plain), _) if line::says_something(plain) => plain.clone(),
        (_, Some(html)) => clean::unmarked(&html::text(html)),
        (Some(plain), None) => plain.clone(),
        (None, None) => String::new(),
    }
}
