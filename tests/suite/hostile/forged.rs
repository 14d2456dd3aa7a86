//! F1 to F22: 200 forged yeses and more, none accepted, and each time the person's own yes is.

use super::forgeries::{CASES, Forgery};
use super::*;
use std::collections::BTreeMap;

/// How many of the forgeries of this case there are.
fn count(case: &super::forgeries::Case) -> usize {
    let (mut w, ask) = asked((case.house)());
    (case.forgery)(&mut w, &ask).len()
}

/// The genuine yes: from Carol's program, with the word that this house asks for.
fn genuine(w: &mut World, ask: &Sent, uid: u32) {
    let mail = reply(w, CAROL, ask, Dress::Gmail, "Yes, happy to talk.");
    match w.desk.house().authserv_ids.is_empty() {
        true => {
            let facts = r#"{"dkim_domains":["target.example"],"dmarc_policy":true}"#;
            arrive(w, mail.as_bytes(), Some(facts), uid);
        }
        false => {
            let mail = format!("{}{mail}", stamp("pass", "target.example"));
            arrive(w, mail.as_bytes(), None, uid);
        }
    }
}

#[test]
fn no_forged_yes_is_accepted_and_every_genuine_twin_is() {
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut accepted = Vec::new();
    let mut refused_twins = Vec::new();
    let mut distinct = std::collections::BTreeSet::new();
    for case in &CASES {
        for at in 0..count(case) {
            let (mut w, ask) = asked((case.house)());
            let forged: Forgery = (case.forgery)(&mut w, &ask).swap_remove(at);
            *tried.entry(forged.row).or_default() += 1;
            assert!(
                distinct.insert(format!("{} {}", forged.row, forged.what)),
                "twice: {}",
                forged.what
            );
            let before = w.sent.len();
            arrive(&mut w, forged.mail.as_bytes(), forged.facts, 1);
            let named = format!("{}: {}", forged.row, forged.what);
            if is_introduced(&w) {
                accepted.push(named);
                continue;
            }
            // Whoever wrote it, only the asked address and the connector may hear of it.
            for sent in &w.sent[before..] {
                assert!(
                    sent.to == [CAROL.1] || sent.to == [BOB.1],
                    "{named}: a mail to {:?}",
                    sent.to
                );
            }
            assert!(
                w.sent.len() - before <= 2,
                "{named}: {} mails",
                w.sent.len() - before
            );
            genuine(&mut w, &ask, 2);
            if !is_introduced(&w) {
                refused_twins.push(named);
            }
        }
    }
    let all: usize = tried.values().sum();
    println!("{all} forged yeses: {tried:?}");
    assert!(accepted.is_empty(), "accepted: {accepted:#?}");
    assert!(
        refused_twins.is_empty(),
        "genuine, and refused: {refused_twins:#?}"
    );
    assert!(all >= 200, "{all}");
}

/// F3: without any proof the secret and the address are enough, unless the house wants more.
#[test]
fn f3_possession_is_enough_unless_the_house_wants_proof() {
    for (house, expected) in [(house as fn() -> House, true), (strict, false)] {
        let (mut w, ask) = asked(house());
        let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
        let left = arrive(
            &mut w,
            format!("{}{mail}", stamp("none", "target.example")).as_bytes(),
            None,
            1,
        );
        assert_eq!(is_introduced(&w), expected);
        if !expected {
            to(&left, CAROL.1);
            assert_eq!(w.stages(), [Stage::Confirming]);
        }
    }
}

/// F2: proof fails, so the asked address gets one question; its secret is another, and one yes to it counts.
#[test]
fn f2_a_failed_proof_is_asked_about_once_at_the_asked_address() {
    let (mut w, ask) = asked(house());
    let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
    let left = arrive(
        &mut w,
        format!("{}{mail}", stamp("fail", "target.example")).as_bytes(),
        None,
        1,
    );
    let question = to(&left, CAROL.1).clone();
    assert_ne!(
        super::secrets::token(&question),
        super::secrets::token(&ask)
    );
    // The same once more brings no second question.
    let again = reply(&mut w, CAROL, &ask, Dress::Outlook, "Yes, gladly!");
    let left = arrive(
        &mut w,
        format!("{}{again}", stamp("fail", "target.example")).as_bytes(),
        None,
        2,
    );
    assert!(left.is_empty());
    let yes = reply(&mut w, CAROL, &question, Dress::Gmail, "Yes");
    arrive(
        &mut w,
        format!("{}{yes}", stamp("none", "target.example")).as_bytes(),
        None,
        3,
    );
    assert!(is_introduced(&w));
}

/// F11: the domain is Carol's, an assistant is named as the one who sent it.
#[test]
fn f11_an_assistant_in_the_sender_field_changes_nothing() {
    let (mut w, ask) = asked(strict());
    let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
    let mail = format!(
        "{}Sender: assistant@target.example\r\n{mail}",
        stamp("pass", "target.example")
    );
    arrive(&mut w, mail.as_bytes(), None, 1);
    assert!(is_introduced(&w));
}

/// F19: a first request in the connector's name that nobody proves: one question to him, nothing to
/// anybody else, and at most one a day for the same claim.
#[test]
fn f19_a_forged_connector_moves_the_bot_to_ask_the_connector_alone() {
    for verdict in ["none", "fail"] {
        let mut w = World::new();
        let request = w.request_mail();
        let mut asked = 0;
        for _ in 0..3 {
            let forward = w
                .writer(BOB)
                .forward(&request, BOT, "Ask carol@target.example please");
            let left = w.arrive(&forward, verdict);
            assert!(
                none_to(&left, CAROL.1) && none_to(&left, ALICE.1),
                "{verdict}"
            );
            asked += left.iter().filter(|sent| sent.to == [BOB.1]).count();
        }
        assert!(asked <= 1, "{verdict}: {asked}");
        assert!(none_to(&w.sent, CAROL.1));
    }
}
