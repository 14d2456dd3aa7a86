//! The reader: bytes to [`letter::Letter`] to [`Reading`]. Pure; junk is a kind, never an error.
//!
//! `open` takes a mail apart; `read` says what it means, given what we know (the text of our own
//! mail that it answers, whose Authentication-Results are believed, the time).

pub mod address;
pub mod answer;
pub mod author;
pub mod command;
pub mod content;
pub mod fold;
pub mod forward;
pub mod hash;
pub mod headers;
pub mod html;
pub mod letter;
pub mod machine;
pub mod plain;
pub mod quote;
pub mod request;
pub mod secret;
pub mod words;
mod work;

use crate::reader::address::Address;
use crate::reader::answer::Ours;
use crate::reader::letter::Letter;
use crate::reader::quote::align::answered::Quoted;
use serde::{Deserialize, Serialize};
use std::sync::Once;

/// What `read` is told besides the mail.
#[derive(Clone, Copy, Default)]
pub struct Known<'a> {
    /// The visible text of our mail that this one answers, where the thread says which.
    pub original: Option<&'a str>,
    /// Whose Authentication-Results are believed (RFC 8601 section 2.2).
    pub authserv_ids: &'a [String],
    /// What DNS and signatures gave, looked up before (JSON of `author::Facts`); none: not looked up.
    pub facts: Option<&'a author::Facts>,
    /// Seconds since 1970.
    pub now_secs: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Person,
    AutoReply,
    Bounce,
    List,
    Unreadable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Yes,
    No,
    Later,
    Stop,
    Unclear,
}

/// Who wrote a mail, by what was proven (FAULTS: *proven*, *fails*, else *unproven*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    Proven,
    Unproven,
    Fails,
}

/// One mail as it was understood.
#[derive(Clone)]
pub struct Reading {
    pub kind: Kind,
    pub proof: Proof,
    /// Why `proof` is what it is, in words for `show` and `explain`.
    pub proof_why: String,
    /// Only what the sender newly wrote; LF line ends, trimmed.
    pub text: String,
    /// None unless `kind` is `Person`.
    pub verdict: Option<Verdict>,
    /// A yes in nothing but words like `yes` or `agreed`, which assent to whatever stands above them.
    pub bare: bool,
    /// `YYYY-MM-DD`, where a `Later` names a date or a span.
    pub later_until: Option<String>,
    /// Why kind and verdict are what they are: the header, or the words that decided.
    pub why: String,
    pub forwarded: Option<Forwarded>,
    pub bounce: Option<Bounce>,
    passed: forward::Passed,
}

impl Reading {
    /// The mail quoted below the new text, where there is one that names its author.
    pub fn quoted(&self) -> Option<&Forwarded> {
        self.passed.quoted()
    }

    /// Every mail down the forwarded, else the quoted thread, each with its own words only.
    pub fn thread(&self) -> &[Forwarded] {
        self.passed.thread()
    }
}

/// A mail inside a mail: forwarded (inline or attached) or quoted below an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Default)]
pub struct Forwarded {
    pub from: Author,
    pub to: Vec<Author>,
    pub subject: Option<String>,
    /// As written in the mail.
    pub date: Option<String>,
    pub body: String,
}

/// A name and an address as text gives them; either may be missing, nothing is guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Default)]
pub struct Author {
    pub name: Option<String>,
    pub address: Option<Address>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bounce {
    pub recipient: Option<String>,
    /// RFC 3463, such as `5.1.1`.
    pub status: Option<String>,
    pub permanent: bool,
}

/// Takes a mail apart. Never fails and never takes time or stack beyond a bound.
pub fn open(raw: &[u8]) -> Letter {
    letter::open(raw)
}

/// A mail that touches the tables which most mails need.
const SAMPLE: &str = "From: Ann <ann@one.example>\r\nTo: bot@bot.example\r\nSubject: Fwd: hello\r\n\r\n\
    Sure, please introduce us.\r\n\r\n-- \r\nAnn\r\n\r\n---------- Forwarded message ---------\r\n\
    From: Bob <bob@two.example>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nSubject: hello\r\nTo: ann@one.example\r\n\r\n\
    Could you introduce me to Carol?\r\n\r\nBest,\r\nBob\r\n";

/// Builds the tables of reading at the first call: 0.6 billion instructions (callgrind), for which
/// no mail is to blame.
pub fn prepare() {
    static READY: Once = Once::new();
    READY.call_once(|| {
        let letter = open(SAMPLE.as_bytes());
        let reading = read(&letter, &Known::default());
        let asked = reading.forwarded.map(|mail| mail.body).unwrap_or_default();
        request::whom(&asked, &[], &[]);
        command::read(&reading.text);
    });
}

/// The domain of the one author, for looking up what proves him; of the header alone.
pub fn author_domain(raw: &[u8]) -> Option<String> {
    let sender = letter::sender(raw);
    Some(sender.person()?.address.domain().to_owned())
}

/// Says what a mail means.
pub fn read(letter: &Letter, known: &Known<'_>) -> Reading {
    Reader::new(letter, known).read(letter, known.original)
}

/// A letter about to be read: what it says whatever it answers is found once for all readings.
pub struct Reader {
    now_secs: i64,
    proof: (Proof, String),
    machine: machine::Machine,
    texts: quote::Texts,
}

impl Reader {
    /// `known.original` is not looked at: each reading names its own.
    pub fn new(letter: &Letter, known: &Known<'_>) -> Reader {
        let texts = quote::Texts::of(letter);
        Reader {
            now_secs: known.now_secs,
            proof: author::judge(letter, known.authserv_ids, known.facts),
            machine: machine::kind(letter, known.now_secs),
            texts,
        }
    }

    /// What the letter, the one it was made of, means as an answer to a mail of ours with this visible text,
    /// or to none.
    pub fn read(&self, letter: &Letter, original: Option<&str>) -> Reading {
        // The words of a mail of ours are dropped at last: then nobody knows what of a quote is ours.
        let original = original.filter(|text| !text.trim().is_empty());
        let prepared = original.map(quote::align::Original::of);
        let divided = self.texts.divide(letter, prepared.as_ref());
        let body = &divided.body;
        let mut bare = false;
        let (verdict, later_until, verdict_why) = match self.machine.kind {
            Kind::Person => {
                let ours = original.zip(prepared.as_ref());
                let quoted = || {
                    let prepared = ours.map(|(_, prepared)| prepared);
                    prepared.map_or_else(Quoted::default, |ours| divided.quoted(ours))
                };
                let ours = ours.map(|(text, _)| Ours {
                    text,
                    quoted: &quoted,
                });
                let answer = answer::judge_beside(body, ours.as_ref(), self.now_secs);
                bare = answer.verdict == Verdict::Yes && answer.bare;
                (Some(answer.verdict), answer.later_until, answer.why)
            }
            _ => (None, None, String::new()),
        };
        let body = divided.body;
        let (proof, proof_why) = self.proof.clone();
        Reading {
            kind: self.machine.kind,
            proof,
            proof_why,
            text: body.text,
            verdict,
            bare,
            later_until,
            why: if verdict_why.is_empty() {
                self.machine.why.clone()
            } else {
                verdict_why
            },
            forwarded: body.forwarded,
            bounce: self.machine.bounce.clone(),
            passed: body.passed,
        }
    }
}
