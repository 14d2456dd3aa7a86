//! Every mail the bot can write, as a person sees it, and what no name or word can do to one.
//!
//! Fails where a mail's visible part changed (see the snapshots), or a header, footer or recipient is not what was meant.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use askfirst::reader::address::{Address, Person};
use askfirst::reader::request::Choice;
use askfirst::reader::secret::Secret;
use askfirst::rules::consent::{ConnectorEvidence, Consent, Consents};
use askfirst::rules::introduction::{Asked, Clock, Introduction, Request, Stage, Way};
use askfirst::rules::saying::{AskedWhy, ConfirmWhy, HeldWhy, Party, Saying};
use askfirst::writer::{Composed, Seal, Thread, Voice, WriteError, compose};
use std::fmt::Write as _;

const NOW: i64 = 1_795_513_800; // Tuesday, 24 November 2026, 09:50 UTC
const DAY: i64 = 86_400;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn person(name: &str, at: &str) -> Person {
    Person {
        name: name.to_owned(),
        address: address(at),
    }
}

fn secret() -> Secret {
    Secret {
        row: 12,
        bits: [0x5a; 16],
    }
}

fn affair(way: Way) -> Introduction {
    Introduction {
        id: 7,
        way,
        stage: Stage::Asked,
        requester: Some(person("Alice Ng", "alice@req.example")),
        connector: Some(person("Bob Kim", "bob@example.com")),
        target: Some(person("Carol Danvers", "carol@target.example")),
        request: Some(Request {
            subject: "Intro to Carol?".to_owned(),
            words: "Hi Bob,\n\nI run a small workshop that repairs radiology monitors, and I’d love to hear how Carol’s \
                    clinic buys them. Twenty minutes by phone would be plenty.\n\nThe two questions I have:\n  1. who decides, and\n  2. how often.\n\n\
                    More about us: https://workshop.example/about\n\nThanks,\nAlice"
                .to_owned(),
            date: "Mon, 23 Nov 2026 17:04:11 +0100".to_owned(),
            attachments: vec!["one-pager.pdf".to_owned(), "logo.png".to_owned()],
        }),
        consents: Consents::default(),
        clock: Clock {
            closing_at_secs: (way == Way::Direct).then_some(NOW + 14 * DAY),
            ..Clock::default()
        },
        asked: Asked::default(),
        created_at_secs: NOW - DAY,
        updated_at_secs: NOW,
        threads: Default::default(),
    }
}

fn write(
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    write_as("Example Introductions", saying, affair, thread)
}

fn write_as(
    name: &str,
    saying: &Saying,
    affair: &Introduction,
    thread: Option<&Thread>,
) -> Result<Composed, WriteError> {
    let bot = address("intro@example.org");
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let voice = Voice {
        bot: &bot,
        bot_name: name,
        separator: Some('+'),
        time_zone: &zone,
    };
    let secret = secret();
    let seal = Seal {
        secret: &secret,
        mark: "1.q3v5xk",
    };
    compose(saying, affair, thread, &voice, &seal, NOW)
}

/// Every saying, with each of its variants.
fn sayings() -> Vec<(&'static str, Saying)> {
    let words = || "Let me think about it. Is she the one from Hamburg?".to_owned();
    vec![
        ("ask", Saying::Ask),
        ("reminder", Saying::Reminder),
        ("clarify", Saying::Clarify),
        (
            "confirm_target-unproven",
            Saying::ConfirmTarget {
                why: ConfirmWhy::Unproven,
            },
        ),
        (
            "confirm_target-other",
            Saying::ConfirmTarget {
                why: ConfirmWhy::OtherAddress {
                    address: address("cd@home.example"),
                },
            },
        ),
        (
            "confirm_target-passed",
            Saying::ConfirmTarget {
                why: ConfirmWhy::PassedOn,
            },
        ),
        (
            "confirm_target-untied",
            Saying::ConfirmTarget {
                why: ConfirmWhy::Untied,
            },
        ),
        ("thank_no", Saying::ThankNo),
        (
            "acknowledge_later",
            Saying::AcknowledgeLater {
                until_secs: NOW + 90 * DAY,
            },
        ),
        ("confirm_stop", Saying::ConfirmStop),
        ("too_late-introduced", Saying::TooLate { introduced: true }),
        ("too_late-over", Saying::TooLate { introduced: false }),
        ("introduction", Saying::Introduction),
        (
            "tell_asked-named",
            Saying::TellAsked {
                why: AskedWhy::YouNamed,
            },
        ),
        (
            "tell_asked-request",
            Saying::TellAsked {
                why: AskedWhy::RequestNamed,
            },
        ),
        (
            "tell_asked-direct",
            Saying::TellAsked {
                why: AskedWhy::DirectRequest,
            },
        ),
        (
            "tell_asked-agreed",
            Saying::TellAsked {
                why: AskedWhy::YouAgreed,
            },
        ),
        ("tell_declined", Saying::TellDeclined),
        ("tell_unclear", Saying::TellUnclear { words: words() }),
        (
            "tell_later",
            Saying::TellLater {
                until_secs: NOW + 90 * DAY,
                words: words(),
            },
        ),
        ("tell_stopped", Saying::TellStopped),
        ("tell_closed", Saying::TellClosed),
        (
            "tell_bounced-ask",
            Saying::TellBounced {
                recipient: address("carol@target.example"),
                introduction: false,
            },
        ),
        (
            "tell_bounced-introduction",
            Saying::TellBounced {
                recipient: address("carol@target.example"),
                introduction: true,
            },
        ),
        (
            "tell_held-stopped",
            Saying::TellHeld {
                why: HeldWhy::Stopped,
            },
        ),
        (
            "tell_held-often",
            Saying::TellHeld {
                why: HeldWhy::AskedOften,
            },
        ),
        (
            "tell_held-before",
            Saying::TellHeld {
                why: HeldWhy::AskedBefore,
            },
        ),
        ("tell_held-fuse", Saying::TellHeld { why: HeldWhy::Fuse }),
        ("tell_withdrawn", Saying::TellWithdrawn),
        (
            "tell_requester_silent-no",
            Saying::TellRequesterSilent { declined: true },
        ),
        (
            "tell_requester_silent",
            Saying::TellRequesterSilent { declined: false },
        ),
        (
            "which_target",
            Saying::WhichTarget {
                words: "Carol".to_owned(),
                choices: vec![
                    Choice {
                        name: "Carol Danvers".to_owned(),
                        address: address("carol@target.example"),
                    },
                    Choice {
                        name: "Carol Ortiz".to_owned(),
                        address: address("ortiz@other.example"),
                    },
                    Choice {
                        name: String::new(),
                        address: address("carol77@mail.example"),
                    },
                ],
            },
        ),
        (
            "which_target-nobody",
            Saying::WhichTarget {
                words: "Karol".to_owned(),
                choices: Vec::new(),
            },
        ),
        ("approve-proven", Saying::Approve { proven: true }),
        ("approve-unproven", Saying::Approve { proven: false }),
        ("confirm_connector", Saying::ConfirmConnector),
        (
            "who_asks",
            Saying::WhoAsks {
                words: "From: Alice Ng".to_owned(),
            },
        ),
        (
            "report",
            Saying::Report {
                title: "Open introductions".to_owned(),
                lines: vec![
                    "7: Alice Ng – Carol Danvers, asked on Monday".to_owned(),
                    "9: Dan Roe – Eve Lund, waiting for you".to_owned(),
                ],
            },
        ),
        (
            "acknowledge",
            Saying::Acknowledge {
                closing_at_secs: NOW + 14 * DAY,
            },
        ),
        ("closing", Saying::Closing),
        ("ask_words", Saying::AskWords),
        (
            "which_connector",
            Saying::WhichConnector {
                connectors: vec![
                    person("Bob Kim", "bob@example.com"),
                    person("Dana Fox", "dana@example.com"),
                ],
            },
        ),
        (
            "which_wish",
            Saying::WhichWish {
                words: "somebody in medical imaging".to_owned(),
            },
        ),
        (
            "refuse",
            Saying::Refuse {
                words: "Carol is on leave until spring.\nPlease write me again then.".to_owned(),
            },
        ),
        (
            "refuse-wordless",
            Saying::Refuse {
                words: String::new(),
            },
        ),
        ("propose", Saying::Propose),
        ("still_interested", Saying::StillInterested),
    ]
}

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
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
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

mod hostile {
    //! Whatever stands in names, subjects, words and threads, a mail is one mail with one header.
    use super::*;
    use proptest::prelude::*;

    /// Any text, often with something that has broken a mail program before.
    fn text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            "[ -~]{0,40}",
            "\\PC{0,30}",
            proptest::sample::select(vec![
                "\r\nBcc: v@w.example",
                "\n",
                "\r",
                "\n.\n",
                "\r\n.\r\nMAIL FROM:<x@y.example>\r\n",
                "\0",
                "\u{202e}",
                "\u{2028}Code: 1-aaaa",
                "=?utf-8?Q?Ann=0D=0ABcc:_v?=",
                "=?utf-8?B?QQ==?=",
                "\"",
                "\\",
                "\\\"",
                "<",
                ">",
                "<v@w.example>",
                "(",
                ")",
                ",",
                ";",
                ":",
                "@",
                "Code: 12-ljnfuws2ljnfuws2ljnfuws2li",
                "\nCode: 99-aaaaaaaaaaaaaaaaaaaaaaaaaa\n",
                "\n--=_\n",
                "\n--\n",
                "{{ code }}",
                "{% raw %}",
                "\u{1}box:request\u{1}",
                "\u{1}tap:Yes\u{1}x",
                "</blockquote>",
                "<!--",
                "]]>",
                "&lt;",
                "\nAnswer “yes”\n",
                "\n> ",
                "From ",
                "\nFrom me",
                "\u{feff}",
                "\u{85}",
                "e\u{301}",
                "𝒳",
                "👩\u{200d}👩",
                "  ",
                "\t",
                "\u{a0}",
                "\u{3000}",
                "é",
                "\u{fffe}",
                "\u{e0041}",
                "￼",
                "Sent by Example Introductions, an email program",
                "––––––––––––––––––––––––",
            ])
            .prop_map(str::to_owned),
        ];
        proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
    }

    fn saying_of(at: usize, words: &str) -> Saying {
        let all = sayings();
        let (_, mut saying) = all[at % all.len()].clone();
        match &mut saying {
            Saying::TellUnclear { words: w }
            | Saying::TellLater { words: w, .. }
            | Saying::WhichTarget { words: w, .. }
            | Saying::WhoAsks { words: w }
            | Saying::WhichWish { words: w }
            | Saying::Refuse { words: w } => *w = words.to_owned(),
            Saying::Report { title, lines } => {
                *title = words.to_owned();
                *lines = vec![words.to_owned(); 2];
            }
            _ => {}
        }
        saying
    }

    fn way_of(at: usize) -> Way {
        [
            Way::Forwarded,
            Way::Answered,
            Way::AskedByConnector,
            Way::Proposed,
            Way::Direct,
        ][at % 5]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_word_of_a_stranger_changes_the_form(
            at in 0usize..1000, way in 0usize..5, bot in text(), names in proptest::collection::vec(text(), 3),
            subject in text(), words in text(), date in text(), attachment in text(),
            reference in text(), thread_subject in text(),
        ) {
            let mut hostile = affair(way_of(way));
            for (who, name) in [&mut hostile.requester, &mut hostile.connector, &mut hostile.target].into_iter().zip(&names) {
                who.as_mut().unwrap().name = name.clone();
            }
            hostile.request = Some(Request { subject, words: words.clone(), date, attachments: vec![attachment] });
            let thread = Thread {
                in_reply_to: Some(format!("<{reference}>")),
                references: vec![reference.clone(), "<a@b.example>".to_owned()],
                subject: thread_subject,
            };
            let saying = saying_of(at, &words);
            let mail = write_as(&bot, &saying, &hostile, Some(&thread)).map_err(|e| TestCaseError::fail(e.to_string()))?;
            let calm = write(&saying, &affair(way_of(way)), Some(&Thread {
                references: vec!["<a@b.example>".to_owned()],
                ..Thread::default()
            })).map_err(|e| TestCaseError::fail(e.to_string()))?;
            // The same fields as in a calm mail, but for the In-Reply-To where the id is one.
            let without = |bytes: &[u8]| {
                names_of(bytes).into_iter().filter(|name| name != "In-Reply-To").collect::<Vec<_>>()
            };
            prop_assert_eq!(without(&mail.bytes), without(&calm.bytes));
            prop_assert!(mail.bytes.is_ascii());
            let raw = String::from_utf8(mail.bytes.clone()).unwrap();
            prop_assert!(raw.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n', '\0']) && !line.starts_with('.')));
            // One footer, ours, and last.
            let forged = mail.visible.lines().filter(|line| line.starts_with("Code:")).count();
            let real = usize::from(calm.visible.lines().any(|line| line.starts_with("Code:")));
            if names.iter().all(|n| !n.contains("Code")) && !bot.contains("Code") && !matches!(saying, Saying::Report { .. }) {
                prop_assert_eq!(forged, real);
            }
            if real == 1 && !matches!(saying, Saying::Report { .. }) {
                let ours = format!("Code: {}", secret().token());
                prop_assert_eq!(mail.visible.lines().last(), Some(ours.as_str()));
            }
            let banned = ['\u{1}', '\r', '\u{202e}', '\u{2028}', '\0'];
            prop_assert!(!mail.visible.contains(banned), "a control");
            prop_assert_eq!(
                mail.recipients.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>(),
                calm.recipients.iter().map(|a| a.as_str().to_owned()).collect::<Vec<_>>()
            );
        }
    }

    fn names_of(bytes: &[u8]) -> Vec<String> {
        names(bytes)
    }
}
