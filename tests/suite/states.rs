//! Writes the state table of `docs/states.md` from the code: every stage, every event, who hears what.
//!
//! Fails where the file is not what the code does, and says the command that writes it anew.

use askfirst::cli::show::order::follows;
use askfirst::reader::Proof;
use askfirst::reader::Verdict;
use askfirst::reader::address::{Address, Person};
use askfirst::rules::clock::Pace;
use askfirst::rules::consent::{ConnectorEvidence, Consent, MailEvidence, RequesterEvidence};
use askfirst::rules::event::{Answer, Event, Gap};
use askfirst::rules::introduction::{
    Asked, Clock, Introduction, Request, Stage, Thread, Threads, Way,
};
use askfirst::rules::saying::{AskedWhy, ConfirmWhy, HeldWhy, Party, Saying};
use askfirst::rules::transition::{self, Surroundings};
use std::fmt::Write as _;

const NOW: i64 = 1_795_514_400;
const DAY: i64 = 86_400;
const COMMAND: &str = "ASKFIRST_WRITE_DOCS=1 cargo test --test suite states";

fn person(name: &str, address: &str) -> Person {
    Person {
        name: name.to_owned(),
        address: Address::parse(address).unwrap(),
    }
}

fn evidence() -> MailEvidence {
    MailEvidence {
        message_id: "<1@mail.example>".to_owned(),
        proof: Proof::Proven,
        proof_why: String::new(),
        words: "yes".to_owned(),
    }
}

fn consent<E>(evidence: E) -> Option<Consent<E>> {
    Some(Consent {
        at_secs: NOW - DAY,
        evidence,
    })
}

/// What is special about the introduction or about the moment.
struct Situation {
    name: &'static str,
    stages: &'static [Stage],
    change: fn(&mut Introduction, &mut Around),
}

struct Around {
    hold_yes_secs: i64,
    hindrance: Option<HeldWhy>,
}

/// An ordinary introduction at this stage: the requester wrote to the bot himself yesterday.
fn sample(stage: Stage) -> Introduction {
    let early = matches!(
        stage,
        Stage::WaitingForConnector | Stage::WaitingForRequester
    );
    let mut i = Introduction {
        id: 1,
        way: Way::Direct,
        stage,
        requester: Some(person("Alice Ng", "alice@req.example")),
        connector: Some(person("Bob Kim", "bob@kim.example")),
        target: Some(person("Carol Danvers", "carol@target.example")),
        request: Some(Request {
            words: "I build sensors.".to_owned(),
            ..Request::default()
        }),
        consents: Default::default(),
        clock: Clock {
            closing_at_secs: Some(NOW + 13 * DAY),
            close_at_secs: Some(NOW + 13 * DAY),
            ..Clock::default()
        },
        asked: Asked::default(),
        threads: Threads {
            requester: Thread::default(),
            ..Threads::default()
        },
        created_at_secs: NOW - DAY,
        updated_at_secs: NOW,
    };
    i.consents.requester = consent(RequesterEvidence::Mail(evidence()));
    if stage != Stage::WaitingForConnector {
        i.consents.connector = consent(ConnectorEvidence::Mail(evidence()));
    }
    match stage {
        Stage::WaitingForRequester => {
            i.request = None;
            i.consents.requester = None;
        }
        Stage::Introduced => i.consents.target = consent(evidence()),
        Stage::Confirming => i.asked.confirmed = true,
        Stage::Deferred => {
            i.asked.deferred = true;
            i.clock.again_at_secs = Some(NOW + 5 * DAY);
        }
        _ => {}
    }
    if !early {
        i.clock.asked_at_secs = Some(NOW - DAY);
        i.clock.remind_at_secs = (stage == Stage::Asked).then_some(NOW + 4 * DAY);
    }
    i
}

const OPEN: &[Stage] = &[
    Stage::WaitingForConnector,
    Stage::WaitingForRequester,
    Stage::Asked,
    Stage::Confirming,
    Stage::Deferred,
];

const SITUATIONS: &[Situation] = &[
    Situation {
        name: "its target is not known",
        stages: &[Stage::WaitingForConnector],
        change: |i, _| i.target = None,
    },
    Situation {
        name: "its requester is not known",
        stages: &[Stage::WaitingForConnector],
        change: |i, _| i.requester = None,
    },
    Situation {
        name: "the connector agreed, its requester is not known",
        stages: &[Stage::WaitingForConnector],
        change: |i, _| {
            i.requester = None;
            i.consents.connector = consent(ConnectorEvidence::Mail(evidence()));
        },
    },
    Situation {
        name: "there are no words of the requester",
        stages: &[Stage::WaitingForConnector],
        change: |i, _| i.request = None,
    },
    Situation {
        name: "it was a connector who passed the request on",
        stages: &[Stage::WaitingForConnector],
        change: |i, _| {
            i.way = Way::Forwarded;
            i.clock.closing_at_secs = None;
        },
    },
    Situation {
        name: "a proposal, and the target has agreed",
        stages: &[Stage::WaitingForRequester],
        change: |i, _| {
            i.way = Way::Proposed;
            i.clock.closing_at_secs = None;
            i.clock.asked_at_secs = Some(NOW - DAY);
            i.consents.target = consent(evidence());
        },
    },
    Situation {
        name: "asked whether he is still interested",
        stages: &[Stage::WaitingForRequester],
        change: |i, _| {
            i.request = Some(Request::default());
            i.asked.closing_sent = true;
            i.clock.asked_at_secs = Some(NOW - DAY);
            i.consents.target = consent(evidence());
        },
    },
    Situation {
        name: "manners forbid the ask",
        stages: &[Stage::WaitingForConnector, Stage::WaitingForRequester],
        change: |_, around| around.hindrance = Some(HeldWhy::AskedOften),
    },
    Situation {
        name: "a proposal, and the requester has not answered",
        stages: &[Stage::Asked, Stage::Confirming],
        change: |i, _| {
            i.way = Way::Proposed;
            i.clock.closing_at_secs = None;
            i.consents.requester = None;
        },
    },
    Situation {
        name: "the closing was sent",
        stages: &[
            Stage::Asked,
            Stage::Confirming,
            Stage::Declined,
            Stage::Closed,
        ],
        change: |i, _| i.asked.closing_sent = true,
    },
    Situation {
        name: "a yes is held for a second thought (`hold_yes`)",
        stages: &[Stage::Asked],
        change: |_, around| around.hold_yes_secs = 3_600,
    },
    Situation {
        name: "a yes was held and its time is over",
        stages: &[Stage::Asked],
        change: |i, around| {
            around.hold_yes_secs = 3_600;
            i.consents.target = consent(evidence());
            i.clock.introduce_at_secs = Some(NOW);
        },
    },
    Situation {
        name: "a yes was held, and the closing was sent",
        stages: &[Stage::Asked],
        change: |i, around| {
            around.hold_yes_secs = 3_600;
            i.consents.target = consent(evidence());
            i.clock.introduce_at_secs = Some(NOW);
            i.asked.closing_sent = true;
        },
    },
    Situation {
        name: "the target was asked for a plain answer before",
        stages: &[Stage::Asked, Stage::Confirming],
        change: |i, _| i.asked.clarified = true,
    },
    Situation {
        name: "the connector had a plain answer asked for before",
        stages: &[Stage::Asked, Stage::Confirming],
        change: |i, _| (i.asked.clarified, i.asked.plainly) = (true, true),
    },
    Situation {
        name: "a confirmation was asked for before",
        stages: &[Stage::Asked, Stage::Deferred, Stage::Declined],
        change: |i, _| i.asked.confirmed = true,
    },
    Situation {
        name: "the target said later before",
        stages: &[Stage::Asked, Stage::Confirming],
        change: |i, _| i.asked.deferred = true,
    },
    Situation {
        name: "asked again once already",
        stages: &[Stage::Closed],
        change: |i, _| i.asked.again = true,
    },
    Situation {
        name: "the words were dropped",
        stages: &[Stage::Closed],
        change: |i, _| i.request = None,
    },
    Situation {
        name: "never asked",
        stages: &[Stage::Closed],
        change: |i, _| i.clock.asked_at_secs = None,
    },
    Situation {
        name: "the target wants no such mail",
        stages: &[
            Stage::Asked,
            Stage::Confirming,
            Stage::Deferred,
            Stage::Closed,
        ],
        change: |i, around| {
            around.hindrance = Some(HeldWhy::Stopped);
            i.clock.remind_at_secs = i.clock.remind_at_secs.map(|_| NOW);
            i.clock.again_at_secs = i.clock.again_at_secs.map(|_| NOW);
        },
    },
    Situation {
        name: "the reminder is due",
        stages: &[Stage::Asked],
        change: |i, _| i.clock.remind_at_secs = Some(NOW),
    },
    Situation {
        name: "the day of \"later\" has come",
        stages: &[Stage::Deferred],
        change: |i, _| i.clock.again_at_secs = Some(NOW),
    },
    Situation {
        name: "the window is over",
        stages: OPEN,
        change: |i, _| i.clock.close_at_secs = Some(NOW),
    },
    Situation {
        name: "the closing is due",
        stages: &Stage::ALL,
        change: |i, _| i.clock.closing_at_secs = Some(NOW),
    },
    Situation {
        name: "the last mail that the fuse allows has left",
        stages: &Stage::ALL,
        change: |i, _| {
            i.asked.mails = transition::MAX_MAILS;
            i.asked.mails_to_target = transition::MAX_MAILS_TO_TARGET;
        },
    },
];

fn said(verdict: Verdict, doubt: Option<ConfirmWhy>) -> Event {
    Event::TargetSaid(Answer {
        verdict,
        doubt,
        evidence: evidence(),
        words: "What is it about?".to_owned(),
        until_secs: None,
    })
}

/// One of each; the compiler does not count them, `every_event_has_its_row` does.
fn events() -> Vec<Event> {
    let dan = || person("Dan Ortiz", "dan@ortiz.example");
    let recipient = || dan().address;
    vec![
        Event::Opened {
            why: AskedWhy::YouNamed,
            gap: None,
        },
        Event::ConnectorAgreed {
            evidence: evidence(),
        },
        Event::ConnectorRefused {
            words: "Not now.".to_owned(),
        },
        Event::ConnectorNamed {
            target: dan(),
            evidence: evidence(),
        },
        Event::ConnectorNamedRequester { requester: dan() },
        Event::ConnectorCancelled,
        Event::ConnectorAsksAgain,
        Event::RequesterWrote {
            request: Request::default(),
            evidence: evidence(),
        },
        Event::RequesterAgreed {
            evidence: evidence(),
        },
        Event::RequesterDeclined,
        Event::RequesterWithdrew,
        said(Verdict::Yes, None),
        said(Verdict::Yes, Some(ConfirmWhy::Unproven)),
        said(Verdict::No, None),
        said(Verdict::Later, None),
        said(Verdict::Stop, None),
        said(Verdict::Unclear, None),
        Event::TargetStarts,
        Event::AskLeftLate,
        Event::TargetAbsent,
        Event::TargetUnreachable {
            recipient: recipient(),
        },
        Event::IntroductionBounced {
            recipient: recipient(),
        },
        Event::TheyMet,
        Event::TimePassed,
        Event::OperatorCancelled,
    ]
}

fn gaps() -> Vec<(&'static str, Gap)> {
    let words = String::new;
    vec![
        (
            "whom to ask is not plain",
            Gap::Target {
                words: words(),
                choices: Vec::new(),
            },
        ),
        ("its author is not plain", Gap::Requester { words: words() }),
        (
            "which connector is not plain",
            Gap::Connector {
                connectors: Vec::new(),
            },
        ),
        ("the connector's mail is not proven", Gap::ConnectorProof),
        (
            "the connector has to agree",
            Gap::ConnectorYes { proven: true },
        ),
        ("direct requests are off", Gap::DirectRequestsOff),
        ("there are no words to pass on", Gap::Words),
        ("it names nobody", Gap::Wish { words: words() }),
    ]
}

/// What one event makes of one introduction, in words.
fn outcome(before: Introduction, event: Event, around: &Around) -> (String, String) {
    let pace = Pace {
        remind_after_secs: Some(5 * DAY),
        close_after_secs: 14 * DAY,
        hold_yes_secs: around.hold_yes_secs,
        asks_per_target: 2,
        quiet_after_secs: 90 * DAY,
        requests_per_requester: 10,
        requests_per_connector: 50,
        asks_per_connector: None,
        time_zone: jiff::tz::TimeZone::UTC,
    };
    let surroundings = Surroundings {
        pace: &pace,
        hindrance: around.hindrance,
        now_secs: NOW,
    };
    let name = event.name();
    let after = transition::step(before.clone(), event, &surroundings);
    // `askfirst show` puts a mail behind the event that it can follow from.
    let stage = after.introduction.stage.name();
    for saying in &after.sayings {
        let saying = saying.name();
        assert!(follows(name, stage, saying), "{name}, {stage}: {saying}");
    }
    let next = match after.introduction.stage == before.stage {
        true => "stays".to_owned(),
        false => format!("**{}**", after.introduction.stage.name()),
    };
    let mut notes: Vec<String> = after.sayings.iter().map(heard).collect();
    let (old, new) = (&before, &after.introduction);
    let mut note = |applies: bool, text: &str| {
        if applies {
            notes.push(format!("*{text}*"));
        }
    };
    note(after.target_stopped, "the stop is kept for ever");
    note(
        old.consents.connector != new.consents.connector,
        "the connector's consent is kept",
    );
    note(
        old.consents.requester.is_none() && new.consents.requester.is_some(),
        "the requester's consent is kept",
    );
    note(
        old.consents.requester.is_some() && new.consents.requester.is_none(),
        "the requester's consent has to be renewed",
    );
    note(
        new.consents.target.is_some() && old.consents.target != new.consents.target,
        "the target's consent is kept",
    );
    note(
        old.consents.target.is_some() && new.consents.target.is_none(),
        "the target's consent is dropped",
    );
    note(old.target != new.target, "another target");
    note(old.requester != new.requester, "another requester");
    note(
        old.clock.closing_at_secs.is_some() && new.clock.closing_at_secs.is_none(),
        "no closing is owed any more",
    );
    note(
        old.clock.closing_at_secs.is_none() && new.clock.closing_at_secs.is_some(),
        "a closing is owed",
    );
    let later = |old: Option<i64>, new: Option<i64>| new > old && old.is_some();
    note(
        later(old.clock.close_at_secs, new.clock.close_at_secs) && old.stage == new.stage,
        "the target's clock is moved",
    );
    note(
        old.clock.introduce_at_secs.is_none() && new.clock.introduce_at_secs.is_some(),
        "the introduction is set for later",
    );
    (next, notes.join("; "))
}

fn heard(saying: &Saying) -> String {
    let who = match saying.party() {
        Some(Party::Requester) => "requester",
        Some(Party::Connector) => "connector",
        Some(Party::Target) => "target",
        None => "all three",
    };
    format!("{who}: `{}`", saying.name())
}

const INTRODUCTION: &str = "# The stages of an introduction

Written by `tests/suite/states.rs` from the code; to write it anew: `COMMAND`.

An introduction is made when the connector's, the requester's and the target's consent stand. The
tables say, for each stage, what each event makes of it: the next stage, who is written to (with the
name of the mail, as in `askfirst show`), and in italics what is remembered. Where a second line
names a situation, the event does something else there than in the ordinary case: an introduction
that a requester asked for yesterday by a mail to the bot, its closing not due yet. Whatever is late
or impossible stands in the last lines of each table: the stage stays, and nobody hears anything.

";

fn table() -> String {
    let mut page = INTRODUCTION.replace("COMMAND", COMMAND);
    page.push_str("## Opening\n\nA request arrives; what its mail left open is asked of whoever can tell.\n\n| what is open | way | next stage | who hears what |\n|---|---|---|---|\n");
    let gaps =
        std::iter::once(("nothing", None)).chain(gaps().into_iter().map(|(n, g)| (n, Some(g))));
    for (name, gap) in gaps {
        for (way, called) in [
            (Way::Forwarded, "passed on by the connector"),
            (Way::AskedByConnector, "asked by the connector himself"),
            (Way::Proposed, "proposed by the connector"),
            (Way::Direct, "the requester's own mail"),
        ] {
            let possible = match way {
                _ if gap.is_none() => true,
                Way::Direct => matches!(
                    gap,
                    Some(
                        Gap::Target { .. }
                            | Gap::Connector { .. }
                            | Gap::ConnectorYes { .. }
                            | Gap::DirectRequestsOff
                            | Gap::Wish { .. }
                    )
                ),
                Way::Forwarded => matches!(
                    gap,
                    Some(
                        Gap::Target { .. }
                            | Gap::Requester { .. }
                            | Gap::ConnectorProof
                            | Gap::Words
                    )
                ),
                Way::Proposed => matches!(gap, Some(Gap::ConnectorProof)),
                Way::Answered | Way::AskedByConnector => false,
            };
            if !possible {
                continue;
            }
            let mut i = sample(Stage::WaitingForConnector);
            i.way = way;
            i.clock = Clock::default();
            if !matches!(gap, Some(Gap::ConnectorProof | Gap::ConnectorYes { .. })) {
                i.consents.connector = consent(ConnectorEvidence::Mail(evidence()));
            }
            if way == Way::Proposed {
                i.consents.requester = None;
                i.request = None;
            }
            // Written out in full, the stage it starts in being only a place to begin.
            let why = AskedWhy::YouNamed;
            let around = Around {
                hold_yes_secs: 0,
                hindrance: None,
            };
            let event = Event::Opened {
                why,
                gap: gap.clone(),
            };
            let (next, heard) = outcome(i, event, &around);
            let next = next.replace("stays", "**waiting_for_connector**");
            let _ = writeln!(page, "| {name} | {called} | {next} | {heard} |");
        }
    }
    for stage in Stage::ALL {
        let _ = writeln!(page, "\n## {}\n", stage.name());
        let mut rows = String::new();
        let mut without = String::new();
        for event in events() {
            // The tables above tell how an introduction begins; it does so once.
            let begins = matches!(event, Event::Opened { .. });
            let found = match begins {
                true => String::new(),
                false => rows_of(stage, &event),
            };
            match found.is_empty() {
                true => {
                    let name = event.name();
                    let _ = writeln!(without, "| {name} | | stays | nobody hears anything |");
                }
                false => rows.push_str(&found),
            }
        }
        let _ = write!(
            page,
            "| event | where | next stage | who hears what |\n|---|---|---|---|\n{rows}{without}"
        );
    }
    page
}

/// The ordinary row of an event, and one for each situation in which it does something else.
fn rows_of(stage: Stage, event: &Event) -> String {
    let none = || Around {
        hold_yes_secs: 0,
        hindrance: None,
    };
    let usual = outcome(sample(stage), event.clone(), &none());
    let mut rows = String::new();
    let nothing = ("stays".to_owned(), String::new());
    if usual != nothing {
        let _ = writeln!(rows, "| {} | | {} | {} |", event.name(), usual.0, usual.1);
    }
    for situation in SITUATIONS.iter().filter(|s| s.stages.contains(&stage)) {
        let mut around = none();
        let mut i = sample(stage);
        (situation.change)(&mut i, &mut around);
        let here = outcome(i, event.clone(), &around);
        if here != usual {
            let heard = if here.1.is_empty() {
                "nobody hears anything"
            } else {
                &here.1
            };
            let _ = writeln!(
                rows,
                "| {} | {} | {} | {heard} |",
                event.name(),
                situation.name,
                here.0
            );
        }
    }
    rows
}

#[test]
fn the_state_table_is_what_the_code_does() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/states.md");
    let table = table();
    if std::env::var_os("ASKFIRST_WRITE_DOCS").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
        std::fs::write(path, &table).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == table,
        "docs/states.md is stale; write it anew with: {COMMAND}"
    );
}

#[test]
fn every_event_has_its_row() {
    let mut names: Vec<&str> = events().iter().map(Event::name).collect();
    names.dedup();
    // Event::name() has as many names as its source has lines that give one.
    let source = include_str!("../../src/rules/event.rs");
    let given = source.matches("=> \"").count();
    assert_eq!(names.len(), given);
}
