//! A1 to A9, F18: the bot as somebody's tool: relay, reflector, nuisance, oracle.

use super::*;
use proptest::prelude::*;

fn direct(w: &mut World, from: &str, text: &str) -> String {
    let mail = w.direct(text);
    with_field(
        &String::from_utf8(mail).unwrap(),
        "From",
        &format!("From: {from}"),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// A1, F18: whatever a stranger asks for, nobody whom the connector does not know is written to, and
    /// what nobody proved is answered to nobody but the connector.
    #[test]
    fn a1_no_stranger_has_the_bot_write_to_anybody(
        local in "[a-z]{1,8}", domain in "[a-z]{1,8}\\.(test|example)", target in "[a-z]{3,9}@[a-z]{3,9}\\.(test|example)",
        shape in 0usize..6, verdict in prop::sample::select(vec!["pass", "none", "fail"]),
    ) {
        let mut w = World::new();
        let text = match shape {
            0 => format!("Could you introduce me to {target}? I build sensors."),
            1 => format!("Please ask {target} whether she wants to buy watches"),
            2 => target.clone(),
            3 => format!("cancel {target}"),
            4 => format!("yes {target}"),
            _ => format!("Fwd: hello\n\n---------- Forwarded message ---------\nFrom: X <{target}>\n\nBuy!"),
        };
        let mail = direct(&mut w, &format!("X <{local}@{domain}>"), &text);
        let left = w.raw(format!("{}{mail}", stamp(verdict, &domain)).as_bytes());
        for sent in &left {
            let to = sent.to[0].as_str();
            let author = format!("{local}@{domain}");
            prop_assert!(to == BOB.1 || (to == author && verdict == "pass"), "{to} for {verdict}");
        }
        prop_assert!(left.len() <= 2);
    }
}

/// A2, L3: a flood of unproven requests causes so many mails and no more; what is held is handled later,
/// and none is lost.
#[test]
fn a2_a_flood_is_slowed_down_and_nothing_is_dropped() {
    let mut w = World::new();
    const FLOOD: usize = 150;
    let start = w.now_secs;
    let mut caused = 0;
    for n in 0..FLOOD {
        let mail = direct(
            &mut w,
            &format!("N <n{n}@flood.test>"),
            "Could you introduce me to Carol Danvers? I build sensors.",
        );
        caused += w
            .raw(format!("{}{mail}", stamp("none", "flood.test")).as_bytes())
            .len();
        w.now_secs = start;
    }
    assert!(caused == 10, "{caused} at once, from one domain");
    let held: i64 = w
        .desk
        .store()
        .reading()
        .query_row(
            "SELECT count(*) FROM inbox WHERE disposition = 'held'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(held as usize, FLOOD - caused);
    // Somebody else is not held up by it.
    let mail = direct(
        &mut w,
        "Mo <mo@calm.example>",
        "Could you introduce me to Carol Danvers? I keep bees.",
    );
    assert_eq!(
        w.raw(format!("{}{mail}", stamp("none", "calm.example")).as_bytes())
            .len(),
        1
    );
    let later = w.wait(DAY);
    let brought = later.iter().filter(|sent| sent.to == [BOB.1]).count();
    assert_eq!(brought, 10, "the others wait, so many a day");
    assert!(none_to(&w.sent, CAROL.1));
}

/// A3: a forged author gets no mail, and the connector one question a day for one claim.
#[test]
fn a3_a_forged_author_gets_nothing() {
    for text in [
        "Could you introduce me to Carol Danvers? I build sensors.",
        "Whom do you know?",
        "help",
        "status",
    ] {
        let mut w = World::new();
        let mut to_bob = 0;
        for _ in 0..5 {
            let mail = direct(&mut w, "Victim <victim@innocent.example>", text);
            let left = w.raw(format!("{}{mail}", stamp("none", "innocent.example")).as_bytes());
            assert!(none_to(&left, "victim@innocent.example"), "{text}");
            to_bob += left.iter().filter(|sent| sent.to == [BOB.1]).count();
        }
        assert!(to_bob <= 1, "{text}: {to_bob}");
    }
}

/// A3: a proven author of nonsense gets at most one answer a day.
#[test]
fn a3_a_proven_author_is_answered_seldom() {
    let mut w = World::new();
    let mut answers = 0;
    for n in 0..6 {
        let mail = w
            .writer(BOB)
            .mail(BOT, "", "hello", &format!("blah blah {n}"));
        answers += w.proven(&mail).len();
    }
    assert!(answers <= 1, "{answers}");
}

/// A4: the same wish in other spellings of the same people.
#[test]
fn a4_other_spellings_are_the_same_people() {
    let mut w = World::new();
    w.forward("Ask carol@target.example please");
    for target in [
        "Carol@Target.Example",
        "carol+x@target.example",
        "carol@target.example.",
    ] {
        for author in [
            "Alice <alice@req.example>",
            "Al <alice+2@req.example>",
            "A <ALICE@REQ.example>",
        ] {
            let mail = w.writer(ALICE).mail(
                "bob@kim.example",
                "",
                "Carol again",
                "Could I meet Carol? Sensors.",
            );
            let mail = with_field(
                &String::from_utf8(mail).unwrap(),
                "From",
                &format!("From: {author}"),
            );
            let request = askfirst::reader::open(mail.as_bytes());
            let forward = w
                .writer(BOB)
                .forward(&request, BOT, &format!("Ask {target}"));
            let left = w.proven(&forward);
            assert!(
                left.iter().all(|sent| sent.to == [BOB.1]),
                "{author} to {target}"
            );
        }
    }
    assert_eq!(
        w.sent
            .iter()
            .filter(|sent| sent.letter.subject.contains("interested"))
            .count(),
        1
    );
}

/// A4: her stop is for ever and for all, in every spelling.
#[test]
fn a4_a_stop_holds_for_every_spelling() {
    let (mut w, ask) = asked(house());
    w.answer(CAROL, &ask, "Please stop sending me these.");
    for target in [
        "carol@target.example",
        "Carol+new@target.example",
        "CAROL@TARGET.EXAMPLE",
    ] {
        let mail =
            w.writer(EVIL)
                .mail("bob@kim.example", "", "Carol?", "Could I meet Carol? Bees.");
        let request = askfirst::reader::open(&mail);
        let forward = w
            .writer(BOB)
            .forward(&request, BOT, &format!("Ask {target}"));
        let left = w.proven(&forward);
        assert!(left.iter().all(|sent| sent.to == [BOB.1]), "{target}");
    }
}

/// A5: a requester learns nothing about whom the connector knows from what comes back to him.
#[test]
fn a5_the_acknowledgement_is_the_same_for_known_unknown_and_stopped() {
    let answer = |prepare: &dyn Fn(&mut World), text: &str| {
        let mut w = World::new();
        prepare(&mut w);
        let mail = w.direct(text);
        let left = w.proven(&mail);
        let to_alice: Vec<String> = left
            .iter()
            .filter(|sent| sent.to == [ALICE.1])
            .map(|sent| sent.letter.plain.clone().unwrap())
            .collect();
        let code = regex::Regex::new("Code: .*").unwrap();
        to_alice
            .iter()
            .map(|text| code.replace_all(text, "").into_owned())
            .collect::<Vec<_>>()
    };
    let known = answer(
        &|_| {},
        "Could you introduce me to carol@target.example? I build sensors.",
    );
    let unknown = answer(
        &|_| {},
        "Could you introduce me to nobody@target.example? I build sensors.",
    );
    assert_eq!(known, unknown);
    let stopped = answer(
        &|w| {
            let mail =
                w.writer(EVIL)
                    .mail("bob@kim.example", "", "Carol?", "Could I meet Carol? Bees.");
            let request = askfirst::reader::open(&mail);
            let forward = w
                .writer(BOB)
                .forward(&request, BOT, "Ask carol@target.example");
            let left = w.proven(&forward);
            let ask = to(&left, CAROL.1).clone();
            w.answer(CAROL, &ask, "Please stop sending me these.");
            w.now_secs = 1_795_514_400;
        },
        "Could you introduce me to carol@target.example? I build sensors.",
    );
    assert_eq!(known, stopped);
}

/// A7: a plain list is several asks, one of more than five people is a question.
#[test]
fn a7_many_targets_are_a_question() {
    let listed = |count: usize| {
        let mut w = World::new();
        let people: Vec<String> = (1..=count).map(|n| format!("p{n}@many.example")).collect();
        w.forward(&format!("Please ask {}", people.join(" and ")))
    };
    let left = listed(3);
    let asks = left
        .iter()
        .filter(|sent| sent.to[0].ends_with("@many.example"));
    assert_eq!(asks.count(), 3);
    let left = listed(6);
    assert!(left.iter().all(|sent| sent.to == [BOB.1]));
    assert_eq!(left.len(), 1);
}

/// A9: a stop needs the ask's secret.
#[test]
fn a9_a_stop_without_the_secret_stops_nothing() {
    for verdict in ["none", "fail"] {
        let (mut w, ask) = asked(house());
        let mail = w
            .writer(CAROL)
            .mail(BOT, "", "stop", "Please stop sending me these.");
        assert!(w.arrive(&mail, verdict).is_empty());
        let db = w.desk.store().reading();
        let kept = db.query_row("SELECT count(*) FROM wishes", [], |row| {
            row.get::<_, i64>(0)
        });
        assert_eq!(kept.unwrap(), 0, "{verdict}");
        w.answer(CAROL, &ask, "Yes, gladly.");
        assert!(is_introduced(&w), "{verdict}");
    }
}
