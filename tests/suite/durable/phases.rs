//! Every class of reply, in every phase of the SMTP dialogue, for every kind of mail: what becomes of it.
//! Fails with the case in which a mail is lost, doubled, or given up for what is not its fault.

use super::town::{DAY, Row, Town};
use askfirst::demo::faults::{Act, Fault};
use std::collections::BTreeSet;
use std::time::Duration;

const PHASES: [&str; 7] = ["GREETING", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT"];
const CLASSES: [&str; 8] = [
    "421",
    "450",
    "550",
    "552",
    "3xx",
    "garbage",
    "cut",
    "done, then cut",
];

/// How a mail ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// One copy, whatever it took.
    Once,
    /// None, and whoever has to know is told.
    Refused,
}

/// The table of the specification.
fn expected(phase: &str, class: &str) -> End {
    match (phase, class) {
        ("RCPT" | "DATA" | "DOT", "550" | "552") => End::Refused,
        // Too large, and nothing in these mails to shorten.
        ("MAIL", "552") => End::Refused,
        _ => End::Once,
    }
}

fn act(class: &str) -> Act {
    let reply = |text: &str| Act::Reply(text.to_owned());
    match class {
        "421" => Act::ReplyThenClose("421 4.3.2 closing".to_owned()),
        "450" => reply("450 4.7.1 not now"),
        "550" => reply("550 5.7.1 no"),
        "552" => reply("552 5.3.4 too big"),
        "3xx" => reply("334 and now?"),
        "garbage" => reply("what is this"),
        "cut" => Act::Close,
        _ => Act::DoThenClose,
    }
}

/// Brings the town to where the next mail to leave is of this kind; how many leave before it.
async fn prepare(town: &mut Town, kind: &str) {
    match kind {
        "introduction" | "reminder" => {
            town.forward();
            town.settle().await;
        }
        "closing" => {
            town.direct();
            town.settle().await;
            town.pass(6 * DAY);
            town.settle().await;
        }
        _ => {}
    }
}

/// Lets it leave.
async fn leave(town: &mut Town, kind: &str) {
    let before = town.rows().await.len();
    match kind {
        "ask" | "tell_asked" => _ = town.forward(),
        "acknowledge" => _ = town.direct(),
        "introduction" => town.says_yes(1),
        "reminder" => town.pass(5 * DAY + 60),
        _ => town.pass(9 * DAY),
    }
    // The loop of the clock is told, and writes what is due.
    let due = async {
        while town.rows().await.len() == before {
            town.pass(0);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let written = tokio::time::timeout(Duration::from_secs(60), due).await;
    assert!(written.is_ok(), "{kind}: nothing was written");
    town.settle().await;
}

async fn case(kind: &str, phase: &str, class: &str) -> Option<String> {
    let mut town = Town::start().await;
    prepare(&mut town, kind).await;
    let before = town.rows().await.len();
    let dialogue = matches!(phase, "MAIL" | "RCPT" | "DATA" | "DOT");
    let skip = usize::from(kind == "tell_asked" && dialogue);
    town.village
        .smtp_faults
        .add(Fault::on(phase, act(class)).skip(skip));
    leave(&mut town, kind).await;
    let what = format!("{kind}, {phase}, {class}");
    assert_eq!(
        town.village.smtp_faults.left(),
        0,
        "{what}: it never struck"
    );
    let rows = town.rows().await;
    let copies = town.copies();
    for row in &rows {
        let count = copies.get(&row.message_id).copied().unwrap_or(0);
        match row.state.as_str() {
            "accepted" => assert_eq!(count, 1, "{what}: {row:?}"),
            "refused" => assert_eq!(count, 0, "{what}: {row:?}"),
            other => panic!("{what}: {other}"),
        }
    }
    let refused: Vec<&Row> = rows.iter().filter(|row| row.state == "refused").collect();
    match expected(phase, class) {
        End::Once => assert!(refused.is_empty(), "{what}: {refused:?}"),
        End::Refused => {
            assert_eq!(refused.len(), 1, "{what}: {rows:?}");
            assert_eq!(refused[0].saying, kind, "{what}");
        }
    }
    assert!(rows.len() > before, "{what}: nothing left");
    let struck = rows.iter().any(|row| row.saying == kind);
    town.village.end().await;
    struck.then(|| kind.to_owned())
}

async fn kinds(kinds: &[&str]) {
    let mut seen = BTreeSet::new();
    let mut cases = 0;
    for kind in kinds {
        for phase in PHASES {
            for class in CLASSES {
                // A greeting is not done: the server would be silent, which the tests of the wire have.
                if (phase, class) == ("GREETING", "done, then cut") {
                    continue;
                }
                seen.extend(case(kind, phase, class).await);
                cases += 1;
            }
        }
    }
    assert_eq!(seen.len(), kinds.len());
    println!("{cases} cases of {kinds:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ask_and_a_notice_end_as_the_table_says() {
    kinds(&["ask", "tell_asked"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_introduction_and_an_acknowledgement_end_as_the_table_says() {
    kinds(&["introduction", "acknowledge"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reminder_and_a_closing_end_as_the_table_says() {
    kinds(&["reminder", "closing"]).await;
}
