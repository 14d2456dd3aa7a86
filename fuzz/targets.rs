//! What is fuzzed, by name: each takes any bytes and panics where a promise of the reader is broken.
//!
//! Run by libFuzzer (`fuzz/fuzz_targets`) and by the mutator of `examples/fuzz`.
#![allow(clippy::panic)]

use askfirst::contacts;
use askfirst::reader::address::Address;
use askfirst::reader::author::{self, Facts};
use askfirst::reader::headers::Headers;
use askfirst::reader::letter::Letter;
use askfirst::reader::quote::{self, Body};
use askfirst::reader::request::{self, Contact};
use askfirst::reader::secret::{self, Secret};
use askfirst::reader::{
    self, Kind, Known, Proof, Reading, Verdict, answer, command, content, html,
};
use std::path::Path;

/// A name and what it does with the bytes.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 12] = [
    ("letter", letter),
    ("quote", quote),
    ("forward", forward),
    ("html", to_text),
    ("answer", judge),
    ("bounce", bounce),
    ("author", proven),
    ("address", address),
    ("contacts", people),
    ("secret", secrets),
    ("command", commands),
    ("request", whom),
];

/// Runs the target of this name.
#[allow(dead_code)] // the libFuzzer targets call it, the example goes by name
pub fn run(name: &str, raw: &[u8]) {
    match TARGETS.iter().find(|(known, _)| *known == name) {
        Some((_, target)) => target(raw),
        None => panic!("no such target: {name}"),
    }
}

/// The text of the ask that replies are aligned with.
const ASK: &str = include_str!("../tests/answers/ask.txt");
/// Mails down one thread (`forward::MAX_THREAD`).
const MAX_THREAD: usize = 20;
/// 2026-11-24 12:00 UTC.
const NOW_SECS: i64 = 1_795_521_600;

fn is_harmless(text: &str, may_have_lines: bool) -> bool {
    text.chars().all(|c| match c {
        '\n' | '\t' => may_have_lines,
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => false,
        c => !c.is_control(),
    })
}

fn text(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}

fn check(letter: &Letter) {
    let people = letter.to.iter().chain(&letter.cc).chain(&letter.reply_to);
    for person in people.chain(letter.from.person()) {
        assert!(is_harmless(&person.name, false), "a name");
        assert!(person.name.chars().count() <= 200, "a long name");
    }
    assert!(is_harmless(&letter.subject, false), "a subject");
    assert!(letter.references.len() <= 50 && letter.in_reply_to.len() <= 50);
    for body in [&letter.plain, &letter.html].into_iter().flatten() {
        assert!(is_harmless(body, true), "a body");
    }
    letter.attached.iter().for_each(check);
}

fn read_all(raw: &[u8]) -> (Letter, [Reading; 2]) {
    let letter = reader::open(raw);
    check(&letter);
    let trusted = [String::from("mx.example.org"), String::from("microsoft")];
    let readings = [None, Some(ASK)].map(|original| {
        let known = Known {
            original,
            authserv_ids: &trusted,
            now_secs: NOW_SECS,
            ..Known::default()
        };
        reader::read(&letter, &known)
    });
    for reading in &readings {
        assert_eq!(reading.verdict.is_some(), reading.kind == Kind::Person);
        assert_eq!(reading.bounce.is_some(), reading.kind == Kind::Bounce);
        assert!(is_harmless(&reading.text, true), "the new text");
        assert!(reading.thread().len() <= MAX_THREAD, "a long thread");
        assert!(letter.defect.is_none() || reading.kind == Kind::Unreadable);
    }
    (letter, readings)
}

fn letter(raw: &[u8]) {
    let (letter, _) = read_all(raw);
    let _ = reader::author_domain(raw);
    assert_eq!(
        content::key(&letter, raw),
        content::key(&reader::open(raw), raw)
    );
}

fn mail(subject: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "From: Carol <carol@target.example>\r\nTo: intro@bot.example\r\nSubject: {subject}\r\n\
         In-Reply-To: <1@bot.example>\r\nContent-Type: text/{kind}; charset=utf-8\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Nothing of the new text may be other than what stands in the mail.
fn quote(raw: &[u8]) {
    let letter = reader::open(&mail("Re: x", "plain", raw));
    let seen = letter.plain.clone().unwrap_or_default();
    for original in [None, Some(ASK)] {
        let body = quote::body(&letter, original);
        for line in body.text.lines().filter(|l| !l.trim().is_empty()) {
            assert!(seen.contains(line.trim()), "a line that nobody wrote");
        }
        assert!(body.text.len() <= seen.len());
    }
}

fn forward(raw: &[u8]) {
    for kind in ["plain", "html"] {
        let letter = reader::open(&mail("Fwd: x", kind, raw));
        let body = quote::body(&letter, None);
        for mail in body.passed.thread().iter().chain(&body.forwarded) {
            let name = mail.from.name.as_deref().unwrap_or_default();
            assert!(is_harmless(name, false), "a name");
            assert!(is_harmless(
                mail.subject.as_deref().unwrap_or_default(),
                false
            ));
        }
    }
}

fn to_text(raw: &[u8]) {
    let html = text(raw);
    let shown = html::text(&html);
    // Marks of thirty quotes before each line, and a line for each tag of three octets.
    assert!(shown.len() <= 64 * html.len() + 64, "text out of nothing");
    let _ = quote::body(&reader::open(&mail("Re: x", "html", raw)), Some(ASK));
}

fn judge(raw: &[u8]) {
    let body = Body {
        text: text(raw),
        ..Body::default()
    };
    let said = answer::judge(&body, NOW_SECS);
    assert!(said.later_until.is_none() || said.verdict == Verdict::Later);
    // One more question is never a yes, and neither is a doubted text.
    let asked = Body {
        text: format!("{}\n\nWhy?", body.text),
        ..Body::default()
    };
    assert_ne!(answer::judge(&asked, NOW_SECS).verdict, Verdict::Yes);
    let doubted = Body {
        doubt: Some(String::from("x")),
        ..body
    };
    assert_eq!(answer::judge(&doubted, NOW_SECS).verdict, Verdict::Unclear);
}

fn bounce(raw: &[u8]) {
    let (_, readings) = read_all(raw);
    let head = "From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n\
                Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
                Content-Type: message/delivery-status\r\n\r\n";
    let (_, returned) = read_all(&[head.as_bytes(), raw].concat());
    for bounce in readings
        .iter()
        .chain(&returned)
        .filter_map(|r| r.bounce.as_ref())
    {
        assert!(is_harmless(
            bounce.recipient.as_deref().unwrap_or_default(),
            false
        ));
    }
}

/// The first line is a From field, the others are Authentication-Results below a failure.
fn proven(raw: &[u8]) {
    let text = text(raw);
    let mut lines = text.lines();
    let from = lines.next().unwrap_or_default().to_owned();
    let own = "mx.example.org; dmarc=fail header.from=target.example";
    let mut headers = vec![("Authentication-Results".to_owned(), own.to_owned())];
    headers.extend(lines.map(|line| ("Authentication-Results".to_owned(), line.to_owned())));
    headers.push(("From".to_owned(), from));
    let trusted = [String::from("mx.example.org")];
    let judged = |headers: &[(String, String)], facts: Option<&Facts>| {
        let headers: Headers = headers.iter().cloned().collect();
        let letter = Letter {
            from: author::sender(&headers),
            headers,
            ..Letter::default()
        };
        author::judge(&letter, &trusted, facts).0
    };
    assert_eq!(judged(&headers, None), Proof::Fails, "a failure was turned");
    // Without the trusted field, and nobody else's id is ours: nothing proves.
    let strange: Vec<(String, String)> = headers
        .drain(1..)
        .filter(|(_, value)| !value.to_ascii_lowercase().contains("mx.example.org"))
        .collect();
    assert_ne!(judged(&strange, None), Proof::Proven, "a stranger proved");
    let _ = judged(&strange, Some(&Facts::default()));
}

fn address(raw: &[u8]) {
    let text = text(raw);
    let Ok(address) = Address::parse(&text) else {
        return;
    };
    assert!(
        !address
            .as_str()
            .contains(|c: char| c.is_whitespace() || c.is_control())
    );
    let again = Address::parse(address.as_str());
    assert!(again.is_ok_and(|again| again == address), "not stable");
    assert!(
        Address::parse(address.key()).is_ok_and(|key| key == address),
        "another mailbox"
    );
}

fn people(raw: &[u8]) {
    for file in ["a.vcf", "a.csv"] {
        if let Ok(contacts) = contacts::parse(raw, Path::new(file)) {
            std::hint::black_box(contacts);
        }
    }
}

fn secrets(raw: &[u8]) {
    for secret in secret::find(&text(raw)) {
        let again = Secret::parse(&secret.token());
        assert!(again.is_some_and(|again| again == secret));
    }
}

fn commands(raw: &[u8]) {
    let text = text(raw);
    if let Some(command::Command::Numbers(numbers)) = command::read(&text) {
        assert!(!numbers.is_empty() && numbers.len() <= 5);
    }
    let _ = command::addresses(&text);
}

fn whom(raw: &[u8]) {
    let text = text(raw);
    let mailbox = |text: &str| Address::parse(text).ok().into_iter();
    let contacts: Vec<Contact> = [
        ("Carol Diaz", "carol@target.example"),
        ("Dave Roe", "dave@other.example"),
        ("Carol Ng", "carol.ng@third.example"),
    ]
    .iter()
    .map(|(name, address)| Contact {
        name: (*name).to_owned(),
        nicknames: vec![String::from("Caro")],
        addresses: mailbox(address).collect(),
    })
    .collect();
    let apart: Vec<Address> = mailbox("bob@connector.example").collect();
    let named = request::whom(&text, &apart, &contacts);
    if let request::Named::One(choice) = &named {
        assert!(!apart.contains(&choice.address), "the connector was named");
    }
    if let request::Named::List(choices) = &named {
        assert!(choices.len() <= request::MAX_LIST);
    }
    let _ = request::pair(&text, &apart, &contacts);
}
