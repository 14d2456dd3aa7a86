//! Every mail the bot can write, as a person sees it, and what no name or word can do to one.
//!
//! Fails where a mail's visible part changed (see the snapshots), or a header, footer or recipient is not what was meant.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod cast;
mod hostile;

use askfirst::rules::consent::{ConnectorEvidence, Consent, Consents};
use askfirst::rules::introduction::{Stage, Way};
use askfirst::rules::saying::{Party, Saying};
use askfirst::writer::words::ENGLISH;
use askfirst::writer::{Composed, Thread, WriteError};
use cast::{NOW, affair, person, sayings, secret, write, write_with};
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
    insta::with_settings!({snapshot_path => "mails/seen", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn every_mail_as_a_person_sees_it() {
    for (name, saying) in sayings() {
        let way = match saying.party() {
            Some(Party::Requester) => Way::Direct,
            _ => Way::Forwarded,
        };
        let mail =
            write(&saying, &affair(way), None).unwrap_or_else(|error| panic!("{name}: {error}"));
        shown(name, &as_seen(&mail));
    }
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
fn an_introduction_leads_nobody_back_to_the_bot() {
    let mail = write(&Saying::Introduction, &affair(Way::Forwarded), None).unwrap();
    let text = String::from_utf8(mail.bytes).unwrap();
    assert_eq!(
        text.matches("ljnfuws2").count(),
        3,
        "one token, in the Message-ID"
    );
    assert_eq!(text.matches("intro@example.org").count(), 1, "From");
    assert!(!text.contains("mailto:") && !text.contains("References:"));
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
fn the_requester_sees_nothing_of_the_target() {
    for (name, saying) in sayings() {
        if saying.party() != Some(Party::Requester) || saying.name() == "propose" {
            continue;
        }
        let mut one = affair(Way::Direct);
        let mut two = affair(Way::Direct);
        // What the requester wrote himself may name anybody.
        one.request = None;
        two.request = None;
        two.target = Some(person("Zoë Quill", "zq@elsewhere.example"));
        two.stage = Stage::Undeliverable;
        two.asked.reminded = true;
        let one = write(&saying, &one, None).unwrap();
        let two = write(&saying, &two, None).unwrap();
        assert!(one.bytes == two.bytes, "{name}");
    }
    let mut nameless = affair(Way::Proposed);
    nameless.request = None;
    nameless.target = Some(person("", "carol@target.example"));
    let seen = as_seen(&write(&Saying::Propose, &nameless, None).unwrap());
    assert!(
        !seen.contains("carol") && !seen.contains("target.example"),
        "{seen}"
    );
}

#[test]
fn our_own_words_are_no_answer() {
    let bare = [
        "yes",
        "no",
        "later",
        "stop",
        "ok",
        "okay",
        "sure",
        "maybe",
        "interested",
        "cancel",
    ];
    for (name, saying) in sayings() {
        let mail = write(&saying, &affair(Way::Forwarded), None).unwrap();
        for line in mail.visible.lines() {
            let words: String = line.chars().filter(|c| c.is_alphanumeric()).collect();
            assert!(
                !bare.contains(&words.to_lowercase().as_str()),
                "{name}: {line}"
            );
            assert!(!line.to_lowercase().contains(" mind"), "{name}: {line}");
        }
    }
}

/// The words of a text, without marks.
fn bag(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
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
fn addresses_outside_ascii() {
    let mut abroad = affair(Way::Forwarded);
    abroad.target = Some(person("Käthe", "kaethe@bücher.example"));
    let mail = write(&Saying::Ask, &abroad, None).unwrap();
    let to = fields(&mail.bytes)
        .into_iter()
        .find(|(name, _)| name == "To")
        .unwrap()
        .1;
    assert!(to.ends_with(" <kaethe@xn--bcher-kva.example>"), "{to}");
    abroad.target = Some(person("Käthe", "käthe@books.example"));
    match write(&Saying::Ask, &abroad, None) {
        Err(WriteError::Header(why)) => {
            assert!(why.contains("SMTPUTF8") && !why.contains("books"), "{why}")
        }
        _ => panic!("an address that needs SMTPUTF8 was written"),
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
    let mut files: Vec<&str> = ENGLISH.iter().map(|(name, _)| *name).collect();
    files.retain(|name| !name.starts_with("part_"));
    let mut said: Vec<&str> = sayings().iter().map(|(_, saying)| saying.name()).collect();
    said.dedup();
    files.sort_unstable();
    said.sort_unstable();
    assert_eq!(files, said);
}

#[test]
fn a_name_that_poses_as_another_sender_is_not_shown() {
    let mut posing = affair(Way::Forwarded);
    posing.requester = Some(person("ceo@target.example", "alice@req.example"));
    for saying in [Saying::Ask, Saying::Introduction] {
        let mail = write(&saying, &posing, None).unwrap();
        assert!(!as_seen(&mail).contains("ceo@"), "{}", saying.name());
        assert!(as_seen(&mail).contains("alice@req.example"));
    }
}

#[test]
fn answers_find_back_with_and_without_sub_addresses() {
    let reply_to = |separator: Option<char>| {
        let mail = write_with(
            "Example",
            separator,
            &Saying::Ask,
            &affair(Way::Forwarded),
            None,
        )
        .unwrap();
        let all = fields(&mail.bytes);
        let of = |wanted: &str| {
            all.iter()
                .find(|(name, _)| name == wanted)
                .unwrap()
                .1
                .clone()
        };
        assert_eq!(mail.message_id, of("Message-ID"));
        assert_eq!(mail.envelope_from.as_str(), "intro@example.org");
        assert!(
            mail.visible
                .ends_with(&format!("\nCode: {}\n", secret().token()))
        );
        of("Reply-To")
    };
    let token = secret().token();
    assert_eq!(reply_to(None), "intro@example.org");
    assert_eq!(reply_to(Some('+')), format!("intro+{token}@example.org"));
    assert_eq!(reply_to(Some('-')), format!("intro-{token}@example.org"));
}

/// Whoever is not known, a mail is written without a hole or not at all.
#[test]
fn what_is_not_known_is_not_said() {
    let mut all = vec![affair(Way::Direct); 4];
    all[0].requester = None;
    all[1].connector = None;
    all[2].target = None;
    all[3].request = None;
    for (name, saying) in sayings() {
        for affair in &all {
            match write(&saying, affair, None) {
                Ok(mail) => assert!(
                    !bag(&mail.visible).contains(&"none".to_owned()),
                    "{name}: {}",
                    mail.visible
                ),
                Err(WriteError::NobodyToWriteTo(_) | WriteError::Template { .. }) => {}
                Err(error) => panic!("{name}: {error}"),
            }
        }
        // The request alone is never needed.
        assert!(write(&saying, &all[3], None).is_ok(), "{name}");
    }
    let never = Saying::AcknowledgeLater {
        until_secs: i64::MAX,
    };
    assert!(matches!(
        write(&never, &affair(Way::Direct), None),
        Err(WriteError::Template { .. })
    ));
}

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

#[test]
fn nobody_to_write_to() {
    let mut affair = affair(Way::Forwarded);
    affair.target = None;
    for saying in [Saying::Ask, Saying::Introduction, Saying::ThankNo] {
        assert!(matches!(
            write(&saying, &affair, None),
            Err(WriteError::NobodyToWriteTo(_))
        ));
    }
}
