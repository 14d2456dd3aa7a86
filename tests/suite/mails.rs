//! Every mail the bot can write, as a person sees it, and what no name or word can do to one.
//!
//! Fails where a mail's visible part changed (see the snapshots), or a header, footer or recipient is not what was meant.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

pub mod cast;
mod hostile;
mod promises;

use askfirst::rules::consent::{ConnectorEvidence, Consent, Consents};
use askfirst::rules::introduction::Way;
use askfirst::rules::saying::{Party, Saying};
use askfirst::writer::words::Words;
use askfirst::writer::{Composed, Thread};
use cast::{NOW, affair, person, sayings, secret, write, write_in};
use std::fmt::Write as _;

/// The header lines a person sees, and the plain text.
fn as_seen(mail: &Composed) -> String {
    let parsed = mail_parser::MessageParser::default()
        .parse(&mail.bytes)
        .unwrap();
    let mut out = String::new();
    let list = |a: Option<&mail_parser::Address<'_>>| {
        a.map(|a| {
            a.iter()
                .map(|a| match a.name() {
                    Some(name) => format!("{name} <{}>", a.address().unwrap()),
                    None => a.address().unwrap().to_owned(),
                })
                .collect::<Vec<_>>()
                .join(", ")
        })
    };
    for (name, value) in [
        ("From", list(parsed.from())),
        ("To", list(parsed.to())),
        ("Cc", list(parsed.cc())),
        ("Reply-To", list(parsed.reply_to())),
        ("Subject", parsed.subject().map(str::to_owned)),
    ] {
        if let Some(value) = value {
            let _ = writeln!(out, "{name}: {value}");
        }
    }
    let _ = write!(out, "\n{}", mail.visible);
    out
}

fn shown(name: &str, text: &str) {
    shown_in("en", name, text);
}

/// The English mails lie in the folder itself, those of each other language in one below.
fn shown_in(language: &str, name: &str, text: &str) {
    let folder = match language {
        "en" => "mails/seen".to_owned(),
        other => format!("mails/seen/{other}"),
    };
    insta::with_settings!({snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

fn languages() -> Vec<String> {
    let words = Words::built_in();
    words
        .languages()
        .map(|language| language.code.clone())
        .collect()
}

#[test]
fn every_mail_in_every_language() {
    for language in languages() {
        for (name, saying) in sayings() {
            let way = match saying.party() {
                Some(Party::Requester) => Way::Direct,
                _ => Way::Forwarded,
            };
            let mail = write_in(&language, &saying, &affair(way))
                .unwrap_or_else(|error| panic!("{language} {name}: {error}"));
            shown_in(&language, name, &as_seen(&mail));
        }
        let mut proposed = affair(Way::Proposed);
        proposed.request = None;
        for (name, saying, affair) in [
            ("ask-direct", Saying::Ask, affair(Way::Direct)),
            ("ask-proposed", Saying::Ask, proposed.clone()),
            ("introduction-proposed", Saying::Introduction, proposed),
        ] {
            if language != "en" {
                let mail = write_in(&language, &saying, &affair).unwrap();
                shown_in(&language, name, &as_seen(&mail));
            }
        }
    }
}

/// The requester's language first, since he moves first; the request once.
#[test]
fn an_introduction_in_two_languages() {
    let words = Words::built_in();
    let (german, french) = (words.find("de").unwrap(), words.find("fr").unwrap());
    let name = "Example Introductions";
    let affair = affair(Way::Forwarded);
    let mail = cast::write_all(
        name,
        Some('+'),
        german,
        Some(french),
        &Saying::Introduction,
        &affair,
        None,
    );
    let mail = mail.unwrap();
    assert_eq!(
        mail.visible.matches("repairs radiology monitors").count(),
        1
    );
    shown("introduction-two-languages", &as_seen(&mail));
    let once = cast::write_all(
        name,
        Some('+'),
        german,
        Some(german),
        &Saying::Introduction,
        &affair,
        None,
    );
    let alone = write_in("de", &Saying::Introduction, &affair).unwrap();
    assert!(once.unwrap().bytes == alone.bytes);
    let ask = cast::write_all(
        name,
        Some('+'),
        german,
        Some(french),
        &Saying::Ask,
        &affair,
        None,
    );
    assert!(ask.unwrap().bytes == write_in("de", &Saying::Ask, &affair).unwrap().bytes);
}

#[test]
fn the_ask_in_its_other_ways() {
    let standing = || Consents {
        connector: Some(Consent {
            at_secs: NOW,
            evidence: ConnectorEvidence::Standing {
                rule: "contacts".to_owned(),
            },
        }),
        ..Consents::default()
    };
    let mut direct = affair(Way::Direct);
    direct.consents = standing();
    shown(
        "ask-direct",
        &as_seen(&write(&Saying::Ask, &direct, None).unwrap()),
    );
    let mut proposed = affair(Way::Proposed);
    proposed.request = None;
    shown(
        "ask-proposed",
        &as_seen(&write(&Saying::Ask, &proposed, None).unwrap()),
    );
    let mut nameless = proposed.clone();
    nameless.requester = Some(person("", "alice@req.example"));
    let seen = as_seen(&write(&Saying::Ask, &nameless, None).unwrap());
    assert!(
        !seen.contains("alice") && !seen.contains("req.example"),
        "{seen}"
    );
    shown(
        "introduction-proposed",
        &as_seen(&write(&Saying::Introduction, &proposed, None).unwrap()),
    );
    let mut long = affair(Way::Forwarded);
    long.request.as_mut().unwrap().words = "All work and no play makes a long mail. ".repeat(200);
    long.request.as_mut().unwrap().attachments = (0..30).map(|n| format!("page {n}.png")).collect();
    shown(
        "ask-long",
        &as_seen(&write(&Saying::Ask, &long, None).unwrap()),
    );
}

/// A program of the requester's has broken the lines where ours has no room: no word stands alone for it.
#[test]
fn wide_lines_are_filled_anew() {
    let mut wide = affair(Way::Forwarded);
    wide.request.as_mut().unwrap().words = "Hi Bob,\n\n\
        I am building a small sensor for beehives, and Carol has shipped radio hardware\n\
        that survives ten winters. Twenty minutes of her advice would save us about one\n\
        year of work, and I would come to wherever it is the least trouble for her.\n\n\
        She once wrote:\n\
        > The case is what fails first, long before the battery does, so begin with a good\n\
        > case.\n\n\
        - a radio that can be heard through two metres of wet hay and a sheet of steel,\n\
        - time.\n\nBest regards\nAlice"
        .to_owned();
    let mail = write(&Saying::Ask, &wide, None).unwrap();
    shown("ask-wide", &as_seen(&mail));
    let parsed = mail_parser::MessageParser::default()
        .parse(&mail.bytes)
        .unwrap();
    let html = parsed.body_html(0).unwrap();
    assert!(html.contains("radio hardware that survives"), "{html}");
    assert!(html.contains("begin with a good case."), "{html}");
    assert!(html.contains("Best regards<br>"), "{html}");
}

/// Names and unfolded values of the header fields, by a splitter of the test's own.
fn fields(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.replace("\r\n ", " ")
        .split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn names(bytes: &[u8]) -> Vec<String> {
    fields(bytes).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn the_header_of_an_ask_a_notice_and_an_introduction() {
    let all = |saying: &Saying, thread: Option<&Thread>| {
        let mail = write(saying, &affair(Way::Forwarded), thread).unwrap();
        fields(&mail.bytes)
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect::<String>()
    };
    let thread = Thread {
        in_reply_to: Some("<two@mail.example>".to_owned()),
        references: vec!["<one@mail.example>".to_owned()],
        subject: "Fwd: Intro to Carol?".to_owned(),
    };
    shown("header-ask", &all(&Saying::Ask, Some(&thread)));
    shown("header-reminder", &all(&Saying::Reminder, Some(&thread)));
    shown("header-notice", &all(&Saying::TellDeclined, Some(&thread)));
    shown(
        "header-introduction",
        &all(&Saying::Introduction, Some(&thread)),
    );
}

#[test]
fn the_same_arguments_give_the_same_bytes() {
    for (name, saying) in sayings() {
        let one = write(&saying, &affair(Way::Direct), None).unwrap();
        let two = write(&saying, &affair(Way::Direct), None).unwrap();
        assert!(one.bytes == two.bytes, "{name}");
    }
}

#[test]
fn both_texts_have_the_same_words() {
    for (name, saying) in sayings() {
        let mail = write(&saying, &affair(Way::Forwarded), None).unwrap();
        let parsed = mail_parser::MessageParser::default()
            .parse(&mail.bytes)
            .unwrap();
        let html = parsed.body_html(0).unwrap();
        let body = html.split_once("<body").unwrap().1;
        let mut text = String::new();
        for piece in body.split('<').skip(1) {
            text.push(' ');
            text.push_str(piece.split_once('>').unwrap().1);
        }
        let text = text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&nbsp;", " ")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&");
        assert_eq!(bag(&text), bag(&mail.visible), "{name}");
        for remote in [
            "<img",
            "src=",
            "url(",
            "http://",
            "<link",
            "<script",
            "@import",
            "<a href=\"http",
        ] {
            assert!(!html.contains(remote), "{name}: {remote}");
        }
    }
}

#[test]
fn one_tap_answers_carry_the_token() {
    let mail = write(&Saying::Ask, &affair(Way::Forwarded), None).unwrap();
    let parsed = mail_parser::MessageParser::default()
        .parse(&mail.bytes)
        .unwrap();
    let html = parsed.body_html(0).unwrap();
    let token = secret().token();
    for word in ["Yes", "No", "Later"] {
        let link = format!(
            "mailto:intro%2B{token}@example.org?subject={word}%20%5B{token}%5D&amp;body={word}\""
        );
        assert!(html.contains(&link), "{link}");
    }
}

#[test]
fn an_answer_stands_in_the_thread_of_whom_it_answers() {
    let subject = |theirs: &str| {
        let thread = Thread {
            subject: theirs.to_owned(),
            ..Thread::default()
        };
        let mail = write(&Saying::ThankNo, &affair(Way::Forwarded), Some(&thread)).unwrap();
        fields(&mail.bytes)
            .into_iter()
            .find(|(name, _)| name == "Subject")
            .unwrap()
            .1
    };
    assert_eq!(subject("Intro?"), "Re: Intro?");
    assert_eq!(subject("RE: Intro?"), "RE: Intro?");
    assert_eq!(subject(&format!("No [{}]", secret().token())), "Thank you");
    assert_eq!(
        subject(&"long ".repeat(100)).len(),
        subject(&"long ".repeat(90)).len()
    );
}

#[test]
fn every_text_file_is_a_mail_that_is_shown_here() {
    let mut files: Vec<&str> = askfirst::writer::rehearsal::wanted().collect();
    files.retain(|name| !name.starts_with("part_"));
    let mut said: Vec<&str> = sayings().iter().map(|(_, saying)| saying.name()).collect();
    said.dedup();
    files.sort_unstable();
    said.sort_unstable();
    assert_eq!(files, said);
}

/// Whoever is not known, a mail is written without a hole or not at all.
#[test]
fn namesakes_are_told_apart() {
    let mut two = affair(Way::Forwarded);
    two.target = Some(person("Alice Danvers", "ad@target.example"));
    let mail = write(&Saying::Introduction, &two, None).unwrap();
    assert!(
        mail.visible
            .contains("Hello Alice Ng, hello Alice Danvers,")
    );
    assert!(
        mail.visible
            .contains("Alice Ng, over to you: please write first.")
    );
}

/// The words of a text, without marks.
fn bag(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}
