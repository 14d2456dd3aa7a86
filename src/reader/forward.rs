//! The mails inside a mail: forwarded inline or attached, or quoted below an answer, and the
//! thread below them.
//!
//! Never guesses: a sender without an address has none, and who can't be told is left out.

use crate::reader::fold::{SHORT, fold, folded};
use crate::reader::letter::{Letter, MAX_SUBJECT, clean};
use crate::reader::quote::border::{self, Border, Kind};
use crate::reader::quote::byline::Above;
use crate::reader::quote::divide::{Division, divide};
use crate::reader::quote::line::SIGNATURE_MARK;
use crate::reader::quote::line::{self, Line};
use crate::reader::quote::signature::Writer;
use crate::reader::quote::{self, Body, footer};
use crate::reader::words::words;
use crate::reader::{Author, Forwarded};
use std::sync::{Arc, OnceLock};

/// Mails down one thread that are looked at.
const MAX_THREAD: usize = 20;
/// Prefixes of a subject that are taken off.
const MAX_PREFIXES: usize = 10;
/// Lines of a signature below a forwarded mail.
const MAX_OWN_SIGNATURE: usize = 12;

/// What the prefix of a subject says about the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Forward,
    Reply,
    /// `VS:` is a reply in Finnish and a forward in Danish.
    Either,
    Nothing,
}

/// Fills in what the body passes on.
pub fn find(letter: &Letter, division: &Division<'_>, writer: &Writer, body: &mut Body) {
    if let Some((border, content)) = &division.first {
        let content = without_own_signature(content, writer);
        let mut subject = None;
        if is_forward(border, letter, body) {
            let mut mail = passed_on(border, content);
            if mail.subject.is_none() {
                mail.subject = without_prefixes(&letter.subject);
            }
            subject = mail.subject.clone();
            body.forwarded = Some(mail);
        }
        body.passed.answers = body.forwarded.is_none();
        body.passed.below = Some(Kept::of(Arc::clone(border), content, subject));
    }
    if body.forwarded.is_none() {
        attached(letter, body);
    }
}

/// The mails that a body passes on. The thread in its text is looked into when somebody asks: of most
/// answers nobody does.
#[derive(Clone, Default)]
pub struct Passed {
    below: Option<Kept>,
    /// The mail answers what is below.
    answers: bool,
    /// Instead of what is below.
    attached: Option<Vec<Forwarded>>,
}

impl Passed {
    /// Every mail down the forwarded (else the quoted) thread in order, the outermost first, each
    /// with its own words only.
    pub fn thread(&self) -> &[Forwarded] {
        match (&self.attached, &self.below) {
            (Some(attached), _) => attached,
            (None, Some(below)) => below.thread(),
            (None, None) => &[],
        }
    }

    /// The mail quoted below an answer, where its author is named.
    pub fn quoted(&self) -> Option<&Forwarded> {
        let author = self.above()?.author();
        let below = self
            .below
            .as_ref()
            .filter(|_| author != Author::default())?;
        below.thread().first()
    }

    /// The lines below the first border, as they are, until they have so many octets.
    pub fn below(&self, most: usize) -> String {
        let mut out = String::new();
        let Some(below) = &self.below else { return out };
        let mut start = 0;
        for (end, _) in &below.lines {
            out.push_str(below.text.get(start..*end).unwrap_or_default());
            out.push('\n');
            start = *end;
            if out.len() > most {
                break;
            }
        }
        out
    }

    /// The name of the author of [`Passed::quoted`].
    pub fn quoted_author(&self) -> Option<String> {
        self.above()?.author().name
    }

    /// Whether that name can have a word that begins with these letters.
    pub fn may_name(&self, begins: &str) -> bool {
        self.above().is_some_and(|above| above.may_name(begins))
    }

    /// What stands above the quoted mail.
    fn above(&self) -> Option<&Above> {
        let below = self.below.as_ref().filter(|_| self.answers)?;
        Some(&below.border.above)
    }
}

/// A border and the lines below it, kept for whoever asks for the thread in them.
#[derive(Clone)]
struct Kept {
    border: Arc<Border>,
    subject: Option<String>,
    /// What the lines say, one behind the other, and of each where it ends and what it is but for that.
    text: String,
    lines: Vec<(usize, Line<'static>)>,
    thread: OnceLock<Vec<Forwarded>>,
}

impl Kept {
    fn of(border: Arc<Border>, content: &[Line<'_>], subject: Option<String>) -> Kept {
        let mut text = String::with_capacity(content.iter().map(|line| line.text.len()).sum());
        let mut lines = Vec::with_capacity(content.len());
        for line in content {
            text.push_str(line.text);
            lines.push((text.len(), Line { text: "", ..*line }));
        }
        Kept {
            border,
            subject,
            text,
            lines,
            thread: OnceLock::new(),
        }
    }

    fn thread(&self) -> &[Forwarded] {
        self.thread.get_or_init(|| {
            let mut start = 0;
            let line = |(end, line): &(usize, Line<'static>)| {
                let text = self.text.get(std::mem::replace(&mut start, *end)..*end);
                Line {
                    text: text.unwrap_or_default(),
                    ..*line
                }
            };
            let content: Vec<Line<'_>> = self.lines.iter().map(line).collect();
            thread(&self.border, &content, self.subject.clone())
        })
    }
}

/// Whether the mail hands one on, inline or attached.
pub fn is_one(letter: &Letter, division: &Division<'_>, body: &Body) -> bool {
    let inline = division
        .first
        .as_ref()
        .is_some_and(|(border, _)| is_forward(border, letter, body));
    inline || letter.attached.iter().any(|m| m.defect.is_none())
}

fn is_forward(border: &Border, letter: &Letter, body: &Body) -> bool {
    if border.kind == Kind::Forward {
        return true;
    }
    match (says(&letter.subject), border.kind) {
        (Says::Forward, Kind::Container) => border.above.author() != Author::default(),
        (Says::Forward, _) => true,
        (Says::Reply, _) | (Says::Nothing, Kind::Attribution | Kind::Container) => false,
        (Says::Either, Kind::Attribution | Kind::Container) => false,
        (Says::Either, _) => body.text.is_empty() || is_new(letter),
        // Who changed the subject of a forward still answers nothing.
        (Says::Nothing, _) => is_new(letter),
    }
}

/// Whether the mail answers no other one.
fn is_new(letter: &Letter) -> bool {
    letter.in_reply_to.is_empty() && letter.references.is_empty()
}

/// What the first prefix of a subject says.
fn says(subject: &str) -> Says {
    match prefix(subject) {
        Some((true, true, _)) => Says::Either,
        Some((false, true, _)) => Says::Forward,
        Some((true, false, _)) => Says::Reply,
        _ => Says::Nothing,
    }
}

/// Whether the first prefix means a reply, a forward, and what follows it.
fn prefix(subject: &str) -> Option<(bool, bool, &str)> {
    let mut text = subject.trim_start();
    // Tags of lists and servers stand before or between the prefixes: `[EXTERNAL] Fwd: …`.
    while let Some((_, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        text = rest.trim_start();
    }
    let (head, rest) = text.split_once([':', '：'])?;
    // Counted prefixes: `Re[2]:`, `AW (3):`.
    let head = head.split(['[', '(']).next().unwrap_or_default();
    let mut buffer = [0; SHORT];
    let head = &*folded(head.trim_end_matches([' ', '.', '\u{A0}']), &mut buffer);
    let re = words().re.contains(head);
    let fwd = words().fwd.contains(head) || head == "redir";
    (re || fwd).then_some((re, fwd, rest))
}

/// The subject of the mail that was passed on.
pub fn without_prefixes(subject: &str) -> Option<String> {
    let mut rest = subject;
    for _ in 0..MAX_PREFIXES {
        match prefix(rest) {
            Some((_, _, after)) => rest = after,
            None => break,
        }
    }
    let rest = clean::line(rest, MAX_SUBJECT);
    (!rest.is_empty()).then_some(rest)
}

fn passed_on(border: &Border, content: &[Line<'_>]) -> Forwarded {
    let head = border.above.head().into_owned();
    Forwarded {
        from: head.from,
        to: head.to,
        subject: head.subject,
        date: head.date,
        body: text(&level(without_rules(border, content))),
    }
}

/// The lines without the signature of who passes them on: some programs put it below.
fn without_own_signature<'b, 'a>(content: &'b [Line<'a>], writer: &Writer) -> &'b [Line<'a>] {
    let delimiter = |l: &Line<'_>| l.depth == 0 && matches!(l.text.trim(), "--" | SIGNATURE_MARK);
    let Some(at) = content.iter().rposition(delimiter) else {
        return content;
    };
    let below = content.get(at + 1..).unwrap_or_default();
    let mut words_below = below.iter().filter(|l| !l.is_blank());
    let first = words_below.next().map_or("", |l| l.text);
    let named = fold(first)
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| writer.name.iter().any(|n| n == w));
    let mut footer = || words_below.next().is_none() && footer::is_footer(first);
    if below.len() <= MAX_OWN_SIGNATURE && (named || footer()) {
        return content.get(..at).unwrap_or_default();
    }
    content
}

/// Some programs draw a line below the header block, or say there once more what follows, and
/// draw another one at the end.
fn without_rules<'b, 'a>(border: &Border, content: &'b [Line<'a>]) -> &'b [Line<'a>] {
    if !matches!(border.kind, Kind::Forward | Kind::Original) {
        return content;
    }
    let first = content.iter().position(|l| !l.is_blank());
    let content = match first {
        Some(at) if content.get(at).is_some_and(|l| border::is_drawn(l.text)) => {
            content.get(at + 1..).unwrap_or_default()
        }
        _ => content,
    };
    let last = content.iter().rposition(|l| !l.is_blank());
    match last {
        Some(at) if content.get(at).is_some_and(|l| border::is_drawn(l.text)) => {
            content.get(..at).unwrap_or_default()
        }
        _ => content,
    }
}

/// The lines seen from inside the quote that they stand in.
fn level<'a>(content: &[Line<'a>]) -> Vec<Line<'a>> {
    let depth = content
        .iter()
        .filter(|l| !l.is_blank())
        .map(|l| l.depth)
        .min()
        .unwrap_or(0);
    line::inside(content, depth)
}

/// The lines as text; an indent that all of them share is a program's, not the writer's.
fn text(lines: &[Line<'_>]) -> String {
    let joined = line::join(lines);
    let indent = joined
        .lines()
        .skip(1)
        .filter(|l| !l.trim().is_empty())
        .map(|l| l.len() - l.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    if indent < 2 {
        return joined;
    }
    let shifted: Vec<&str> = joined
        .lines()
        .map(|l| {
            l.get(indent..)
                .filter(|_| l.starts_with("  "))
                .unwrap_or(l.trim_start())
        })
        .collect();
    shifted.join("\n")
}

/// Each mail down the thread with its own words.
fn thread(border: &Arc<Border>, content: &[Line<'_>], subject: Option<String>) -> Vec<Forwarded> {
    let mut thread = Vec::new();
    let mut passed = 0;
    let mut next = Some((Arc::clone(border), level(content)));
    while let Some((border, lines)) = next.take() {
        passed += 1;
        if passed > MAX_THREAD {
            break;
        }
        let division = divide(&lines);
        let own: Vec<Line<'_>> = division
            .segments
            .iter()
            .enumerate()
            .flat_map(|(index, segment)| {
                let gap = (index > 0).then_some(GAP);
                gap.into_iter().chain(segment.iter().copied())
            })
            .collect();
        let mut mail = passed_on(&border, &own);
        if thread.is_empty() {
            mail.subject = mail.subject.or_else(|| subject.clone());
        }
        // An empty container of an HTML mail is no mail.
        if mail.from != Author::default() || !mail.body.is_empty() {
            thread.push(mail);
        }
        next = division
            .first
            .map(|(border, content)| (border, level(&content)));
    }
    thread
}

const GAP: Line<'static> = Line {
    depth: 0,
    text: "",
    mark: false,
};

/// The first attached mail, and the thread inside it.
pub fn attached(letter: &Letter, body: &mut Body) {
    let Some(mail) = letter.attached.iter().find(|m| m.defect.is_none()) else {
        return;
    };
    let inner = quote::body(mail, None);
    let from = match mail.from.person() {
        Some(person) => Author {
            name: (!person.name.is_empty()).then(|| person.name.clone()),
            address: Some(person.address.clone()),
        },
        None => Author::default(),
    };
    let to = mail
        .to
        .iter()
        .map(|person| Author {
            name: (!person.name.is_empty()).then(|| person.name.clone()),
            address: Some(person.address.clone()),
        })
        .collect();
    let forwarded = Forwarded {
        from,
        to,
        subject: (!mail.subject.is_empty()).then(|| mail.subject.clone()),
        date: mail
            .fields("Date")
            .next()
            .map(|d| clean::line(d, MAX_SUBJECT)),
        body: quote::visible(mail).trim().to_owned(),
    };
    let own = Forwarded {
        body: inner.own.clone(),
        ..forwarded.clone()
    };
    body.forwarded = Some(forwarded);
    let below = inner.passed.thread().iter().cloned();
    let thread = std::iter::once(own).chain(below).take(MAX_THREAD);
    body.passed.attached = Some(thread.collect());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_says_what_a_mail_is() {
        for (subject, want) in [
            ("Fwd: x", Says::Forward),
            ("WG: AW: x", Says::Forward),
            ("[EXTERNAL] FW: x", Says::Forward),
            ("I: x", Says::Forward),
            ("Re: Fwd: x", Says::Reply),
            ("AW[2]: x", Says::Reply),
            ("VS: x", Says::Either),
            ("Meeting: x", Says::Nothing),
        ] {
            assert_eq!(says(subject), want, "{subject}");
        }
        assert_eq!(
            without_prefixes("FW: RE: [x] Intro: Ann").as_deref(),
            Some("[x] Intro: Ann")
        );
    }
}
