//! The invented people of a rehearsal: an affair, and everything that can be said in one.
//!
//! Fails with none where an address of theirs is none, which it never is.

use crate::reader::address::{Address, Person};
use crate::reader::request::Choice;
use crate::reader::secret::Secret;
use crate::rules::consent::Consents;
use crate::rules::introduction::{Asked, Clock, Introduction, Request, Stage, Way};
use crate::rules::report::{Awaits, Open, Pause, Report, Stands};
use crate::rules::saying::{Alarm, AskedWhy, ConfirmWhy, HeldWhy, Saying};

pub const NOW: i64 = 1_795_513_800; // Tuesday, 24 November 2026, 09:50 UTC
pub const DAY: i64 = 86_400;

pub fn address(text: &str) -> Option<Address> {
    Address::parse(text).ok()
}

pub fn person(name: &str, at: &str) -> Option<Person> {
    Some(Person {
        name: name.to_owned(),
        address: address(at)?,
    })
}

pub fn secret() -> Secret {
    Secret {
        row: 12,
        bits: [0x5a; 16],
    }
}

pub fn affair(way: Way) -> Option<Introduction> {
    Some(Introduction {
        id: 7,
        way,
        stage: Stage::Asked,
        requester: Some(person("Alice Ng", "alice@req.example")?),
        connector: Some(person("Bob Kim", "bob@example.com")?),
        target: Some(person("Carol Danvers", "carol@target.example")?),
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
    })
}

fn confirm(why: ConfirmWhy) -> Saying {
    Saying::ConfirmTarget { why }
}

/// Every saying, with each of its variants.
pub fn sayings() -> Option<Vec<(&'static str, Saying)>> {
    let words = || "Let me think about it. Is she the one from Hamburg?".to_owned();
    let held = |why| Saying::TellHeld { why };
    let mut all = vec![
        ("ask", Saying::Ask),
        ("reminder", Saying::Reminder),
        ("clarify", Saying::Clarify),
        ("confirm_target-unproven", confirm(ConfirmWhy::Unproven)),
        (
            "confirm_target-other",
            Saying::ConfirmTarget {
                why: ConfirmWhy::OtherAddress {
                    address: address("cd@home.example")?,
                },
            },
        ),
        ("confirm_target-passed", confirm(ConfirmWhy::PassedOn)),
        ("confirm_target-untied", confirm(ConfirmWhy::Untied)),
        ("confirm_target-after_no", confirm(ConfirmWhy::AfterNo)),
        ("thank_no", Saying::ThankNo),
        (
            "acknowledge_later",
            Saying::AcknowledgeLater {
                until_secs: NOW + 90 * DAY,
            },
        ),
        ("confirm_stop", Saying::ConfirmStop),
        ("confirm_start", Saying::ConfirmStart),
        ("too_late-introduced", Saying::TooLate { introduced: true }),
        ("too_late-over", Saying::TooLate { introduced: false }),
        ("introduction", Saying::Introduction),
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
                recipient: address("carol@target.example")?,
                introduction: false,
            },
        ),
        (
            "tell_bounced-introduction",
            Saying::TellBounced {
                recipient: address("carol@target.example")?,
                introduction: true,
            },
        ),
        ("tell_held-stopped", held(HeldWhy::Stopped)),
        ("tell_held-never", held(HeldWhy::Never)),
        ("tell_held-other", held(HeldWhy::OtherStopped)),
        ("tell_held-connector", held(HeldWhy::ConnectorOften)),
        ("tell_held-often", held(HeldWhy::AskedOften)),
        ("tell_held-before", held(HeldWhy::AskedBefore)),
        ("tell_held-fuse", held(HeldWhy::Fuse)),
        ("tell_held-no", held(HeldWhy::SaidNo)),
        ("tell_held-words", held(HeldWhy::WordsGone)),
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
                        address: address("carol@target.example")?,
                    },
                    Choice {
                        name: "Carol Ortiz".to_owned(),
                        address: address("ortiz@other.example")?,
                    },
                    Choice {
                        name: String::new(),
                        address: address("carol77@mail.example")?,
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
            "acknowledge",
            Saying::Acknowledge {
                closing_at_secs: NOW + 14 * DAY,
            },
        ),
        ("closing", Saying::Closing),
        ("too_many-own", Saying::TooMany { own: true }),
        ("too_many-all", Saying::TooMany { own: false }),
        ("probe", Saying::Probe),
        (
            "alarm-not_reading",
            alarm(Alarm::NotReading {
                since_secs: NOW - 3_600,
                trouble: "imap.bot.example:993: nothing answers there".to_owned(),
            }),
        ),
        (
            "alarm-reading_again",
            alarm(Alarm::ReadingAgain {
                since_secs: NOW - 7_200,
            }),
        ),
        (
            "alarm-sending_again",
            alarm(Alarm::SendingAgain {
                since_secs: NOW - 7_200,
            }),
        ),
        (
            "alarm-sign_in_ends",
            alarm(Alarm::SignInEnds {
                until_secs: NOW + 1_800,
                command: "askfirst login google".to_owned(),
            }),
        ),
        (
            "alarm-sign_in_over",
            alarm(Alarm::SignInOver {
                command: "askfirst login google".to_owned(),
            }),
        ),
        ("ask_words", Saying::AskWords),
        (
            "which_connector",
            Saying::WhichConnector {
                connectors: vec![
                    person("Bob Kim", "bob@example.com")?,
                    person("Dana Fox", "dana@example.com")?,
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
    ];
    all.extend(tell_asked().into_iter().chain(tell_stands()));
    all.extend(reports()?);
    Some(all)
}

/// What a connector is told beside the course of an introduction.
fn reports() -> Option<Vec<(&'static str, Saying)>> {
    let row = |id, requester, target, awaits, days| Open {
        id,
        requester,
        target,
        awaits,
        days,
        again_at_secs: (awaits == Awaits::TargetLater).then_some(NOW + 34 * DAY),
    };
    let one = |name, address| person(name, address).map(Some);
    let alice = one("Alice Ng", "alice@req.example")?;
    let carol = one("Carol Danvers", "carol@target.example")?;
    let dan = one("", "dan@other.example")?;
    let open = vec![
        row(7, alice.clone(), None, Awaits::Connector, 0),
        row(2, alice.clone(), carol.clone(), Awaits::Requester, 1),
        row(3, None, carol.clone(), Awaits::Target, 2),
        row(9, dan.clone(), carol.clone(), Awaits::TargetUnsent, 0),
        row(4, alice.clone(), dan.clone(), Awaits::TargetReminded, 9),
        row(5, dan.clone(), carol.clone(), Awaits::TargetConfirming, 1),
        row(6, alice.clone(), carol, Awaits::TargetLater, 3),
        row(8, alice, dan, Awaits::SecondThought, 0),
    ];
    let status = |open: &[Open], more, pause| Report::Status {
        open: open.to_vec(),
        more,
        pause,
    };
    let all = [
        ("report-status", status(&open, 0, Pause::None)),
        (
            "report-status-paused",
            status(open.get(..1)?, 0, Pause::Own),
        ),
        (
            "report-status-all-paused",
            status(&open, 4, Pause::Everything),
        ),
        ("report-status-nothing", status(&[], 0, Pause::None)),
        ("report-help", Report::Help),
        ("report-not_understood", Report::NotUnderstood),
        ("report-in_copy", Report::InCopy),
        ("report-paused", Report::Paused),
        ("report-running", Report::Running { pause: Pause::None }),
        (
            "report-running-not-yet",
            Report::Running {
                pause: Pause::Everything,
            },
        ),
        ("report-which_one", Report::WhichOne),
        ("report-left_aside", Report::LeftAside),
        (
            "report-uncertain",
            Report::Uncertain {
                introduction: false,
            },
        ),
        (
            "report-uncertain-introduction",
            Report::Uncertain { introduction: true },
        ),
    ];
    let all = all.into_iter();
    Some(
        all.map(|(name, report)| (name, Saying::Report { report }))
            .collect(),
    )
}

/// Why somebody was asked.
fn tell_asked() -> [(&'static str, Saying); 8] {
    [
        ("tell_asked-named", AskedWhy::YouNamed),
        ("tell_asked-request", AskedWhy::RequestNamed),
        ("tell_asked-direct", AskedWhy::DirectRequest),
        ("tell_asked-always", AskedWhy::AlwaysYes),
        ("tell_asked-agreed", AskedWhy::YouAgreed),
        ("tell_asked-picked", AskedWhy::YouPicked),
        ("tell_asked-confirmed", AskedWhy::YouConfirmed),
        ("tell_asked-again", AskedWhy::YouAskedAgain),
    ]
    .map(|(name, why)| (name, Saying::TellAsked { why }))
}

fn alarm(what: Alarm) -> Saying {
    Saying::Alarm { what }
}

/// How it stands.
fn tell_stands() -> [(&'static str, Saying); 14] {
    [
        ("tell_stands-asked", Stands::Asked),
        ("tell_stands-unsent", Stands::Unsent),
        ("tell_stands-reminded", Stands::Reminded),
        ("tell_stands-unclear", Stands::Unclear),
        ("tell_stands-confirming", Stands::Confirming),
        ("tell_stands-later", Stands::Later),
        ("tell_stands-yes", Stands::Yes),
        ("tell_stands-connector", Stands::Connector),
        ("tell_stands-requester", Stands::Requester),
        ("tell_stands-words", Stands::Words),
        ("tell_stands-introduced", Stands::Introduced),
        ("tell_stands-undeliverable", Stands::Undeliverable),
        ("tell_stands-late_yes", Stands::LateYes),
        ("tell_stands-over", Stands::Over),
    ]
    .map(|(name, stands)| {
        let saying = Saying::TellStands {
            stands,
            asked_at_secs: Some(NOW - 2 * DAY),
            next_at_secs: Some(NOW + 3 * DAY),
            close_at_secs: Some(NOW + 12 * DAY),
        };
        (name, saying)
    })
}
