//! Manners as stories: limits, people who are never asked, stop and start, pause, status, nights.

use crate::conversations::golden;
use crate::second_thoughts::bounce_of;
use crate::world::*;
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Never;

const WISH: &str = "Hello,\n\ncould you introduce me to Carol Danvers? I build sensors.\n\nAlice";

fn text(sent: &Sent) -> String {
    sent.letter.plain.clone().unwrap_or_default()
}

/// A stranger with an address of his own.
fn stranger(w: &mut World, number: usize, wish: &str) -> Vec<u8> {
    let mail = w.writer(ALICE).mail(BOT, "", "An introduction", wish);
    let mail = String::from_utf8(mail).unwrap();
    let who = format!("claimed{number}@elsewhere.example");
    mail.replace(ALICE.1, &who).into_bytes()
}

#[test]
fn who_stands_on_the_list_is_never_asked_in_any_spelling() {
    let mut house = house();
    house.never = vec![
        Never::Address(address("Carol@target.example")),
        Never::Domain("ortiz.example".to_owned()),
    ];
    let mut w = World::with(house);
    for note in [
        "Ask carol+intros@target.example please",
        "Ask Dan Ortiz please",
    ] {
        let left = w.forward(note);
        assert_eq!(left.len(), 1, "nobody but the connector hears");
        let told = text(to(&left, BOB.1));
        assert!(told.contains("list of people whom I never ask"), "{told}");
    }
    assert_eq!(w.stages(), [Stage::Closed, Stage::Closed]);
    golden("never", &w);
}

#[test]
fn whom_the_list_holds_at_another_address_is_not_asked_at_this_one() {
    let mut house = house();
    house.never = vec![Never::Address(address("carol@home.example"))];
    let mut w = World::with(house);
    assert!(none_to(&w.forward("Ask Carol please"), CAROL.1));
}

#[test]
fn the_first_of_two_proposed_people_may_have_said_stop_too() {
    let mut w = World::new();
    let left = w.forward("Ask Dan Ortiz please");
    w.answer(DAN, &to(&left, DAN.1).clone(), "stop");
    let mail = w.writer(BOB).mail(
        BOT,
        "",
        "Two people",
        "Please introduce Dan Ortiz to Carol Danvers.",
    );
    let left = w.proven(&mail);
    assert!(none_to(&left, DAN.1) && none_to(&left, CAROL.1));
    let told = text(to(&left, BOB.1));
    assert!(told.contains("Dan Ortiz wants no mails from me"), "{told}");
}

#[test]
fn a_requester_who_writes_too_often_is_told_so_and_never_why_it_failed() {
    let mut house = house();
    house.pace.requests_per_requester = 1;
    let mut w = World::with(house);
    let mail = w.direct(WISH);
    assert_eq!(w.proven(&mail).len(), 3);
    let mail = w.direct("Could you introduce me to Dan Ortiz? I build sensors.");
    let left = w.proven(&mail);
    assert_eq!(left.len(), 1);
    assert!(text(to(&left, ALICE.1)).contains("only so many requests"));
    let mail = w.direct("And to Dan Ortiz, please introduce me to Dan Ortiz.");
    assert!(w.proven(&mail).is_empty(), "said once a day");
    w.wait(31 * DAY);
    let mail = w.direct("Could you introduce me to Dan Ortiz? I build sensors.");
    let left = w.proven(&mail);
    to(&left, DAN.1);
    golden("too_many", &w);
}

#[test]
fn a_connector_is_brought_only_so_many_requests_a_day_and_hears_of_the_rest() {
    let mut house = house();
    house.pace.requests_per_connector = 2;
    house.pace.asks_per_target = 100;
    let mut w = World::with(house);
    let mut asks = 0;
    let mut told = 0;
    for number in 0..5 {
        let mail = stranger(&mut w, number, WISH);
        let left = w.proven(&mail);
        asks += left.iter().filter(|sent| sent.to == [CAROL.1]).count();
        told += left
            .iter()
            .filter(|sent| text(sent).contains("leave the others aside"))
            .count();
    }
    assert_eq!((asks, told), (2, 1));
    w.wait(DAY);
    let mail = stranger(&mut w, 9, WISH);
    to(&w.proven(&mail), CAROL.1);
}

#[test]
fn a_forger_with_many_names_brings_a_connector_few_questions() {
    let mut w = World::new();
    for number in 0..40 {
        let mail = stranger(
            &mut w,
            number,
            "Could you introduce me to Zoe <zoe@quist.example>?",
        );
        w.unproven(&mail);
    }
    let questions = |w: &World| w.sent.iter().filter(|sent| sent.to == [BOB.1]).count();
    assert_eq!(questions(&w), 10);
    assert_eq!(w.sent.len(), 10, "nobody else hears anything");
    w.wait(DAY);
    assert_eq!(
        questions(&w),
        20,
        "the others waited, and are handled another day"
    );
}

#[test]
fn asks_in_a_connectors_name_can_be_limited_by_the_day() {
    let mut house = house();
    house.pace.asks_per_connector = Some(1);
    let mut w = World::with(house);
    to(&w.forward("Ask Carol please"), CAROL.1);
    let left = w.forward("Ask Dan Ortiz please");
    assert!(none_to(&left, DAN.1));
    let held = to(&left, BOB.1).clone();
    assert!(text(&held).contains("as many people in your name"));
    w.wait(DAY);
    let left = w.answer(BOB, &held, "ask again");
    to(&left, DAN.1);
    golden("held", &w);
}

#[test]
fn a_stop_is_taken_back_by_the_targets_own_mail_alone() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "stop");
    let confirmed = to(&left, CAROL.1).clone();
    let mail = w.writer(ALICE).reply(&confirmed.letter, "start");
    assert!(w.proven(&mail).is_empty(), "not by anybody else");
    let mail = w.writer(CAROL).reply(&confirmed.letter, "start");
    assert!(w.forged(&mail).is_empty(), "not by a forged mail");
    let mail = w.writer(BOB).mail(
        BOT,
        "",
        "Two people",
        "Please introduce Dan Ortiz to Carol Danvers.",
    );
    assert!(none_to(&w.proven(&mail), CAROL.1));
    let left = w.answer(CAROL, &confirmed, "start");
    assert!(text(to(&left, CAROL.1)).contains("Welcome back"));
    let mail = w.writer(BOB).mail(
        BOT,
        "",
        "Two people",
        "Please introduce Dan Ortiz to Carol Danvers.",
    );
    to(&w.proven(&mail), CAROL.1);
    golden("start", &w);
}

#[test]
fn whoever_is_proven_may_say_stop_before_he_is_ever_asked() {
    let mut w = World::new();
    let mail = w
        .writer(CAROL)
        .mail(BOT, "", "stop", "Please never write to me.");
    assert!(w.unproven(&mail).is_empty());
    let mail = w.writer(CAROL).mail(BOT, "", "stop", "stop");
    assert!(w.unproven(&mail).is_empty(), "anybody can write a sender");
    let mail = w.writer(CAROL).mail(BOT, "", "stop", "stop");
    let left = w.proven(&mail);
    assert!(text(to(&left, CAROL.1)).contains("you won\u{2019}t be asked again"));
    assert!(none_to(&w.forward("Ask Carol please"), CAROL.1));
    let mail = w.writer(CAROL).mail(BOT, "", "start", "start");
    assert!(text(to(&w.proven(&mail), CAROL.1)).contains("Welcome back"));
}

#[test]
fn a_pause_by_mail_is_confirmed_at_once_and_holds_all_else() {
    let mut w = World::new();
    let mail = w.writer(BOB).mail(BOT, "", "pause", "pause");
    let left = w.proven(&mail);
    assert!(text(to(&left, BOB.1)).contains("until you write “resume”"));
    assert!(w.forward("Ask Carol please").is_empty());
    let mail = w.writer(BOB).mail(BOT, "", "status", "status");
    let left = w.proven(&mail);
    assert!(text(to(&left, BOB.1)).contains("You have paused"));
    let mail = w.writer(BOB).mail(BOT, "", "resume", "resume");
    let left = w.proven(&mail);
    assert_eq!(left.len(), 3, "the ask, its notice, and that it runs again");
    golden("pause", &w);
}

#[test]
fn a_status_is_read_at_a_glance() {
    let mut w = World::new();
    w.forward("Ask Carol please");
    w.wait(6 * DAY);
    let mail = stranger(
        &mut w,
        1,
        "Could you introduce me to Zoe <zoe@quist.example>?",
    );
    w.proven(&mail);
    let left = w.forward("Ask Dan Ortiz please");
    w.answer(
        DAN,
        &to(&left, DAN.1).clone(),
        "Not now, please ask me again in January.",
    );
    let mail = w.writer(BOB).mail(BOT, "", "status", "status");
    w.proven(&mail);
    let mail = w.writer(BOB).mail(BOT, "", "help", "help");
    w.proven(&mail);
    golden("status", &w);
}

#[test]
fn a_reminder_that_falls_into_the_weekend_waits_for_monday_even_after_a_stand_still() {
    let mut w = World::new();
    w.forward("Ask Carol please");
    // The program was down; it is started on Saturday night.
    w.now_secs += 11 * DAY;
    w.desk.tick(w.now_secs).unwrap();
    assert!(w.deliver().is_empty(), "Saturday");
    let left = w.wait(DAY);
    assert!(left.is_empty(), "Sunday");
    let left = w.wait(DAY);
    to(&left, CAROL.1);
    golden("weekend", &w);
}

#[test]
fn a_withdrawal_after_a_no_holds_though_the_target_thinks_again() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let (ask, arrived) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
    w.answer(CAROL, &ask, "No thanks.");
    w.answer(ALICE, &arrived, "cancel");
    let left = w.answer(CAROL, &ask, "On second thought: yes, happy to talk.");
    assert!(none_to(&left, ALICE.1));
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

#[test]
fn cancel_in_answer_to_a_proposal_is_a_no() {
    let mut w = World::new();
    let mail = w.writer(BOB).mail(
        BOT,
        "",
        "Two people",
        "Please introduce Alice Ng <alice@req.example> to Carol Danvers.",
    );
    let left = w.proven(&mail);
    let (ask, proposal) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
    w.answer(ALICE, &proposal, "Yes, please.");
    w.answer(ALICE, &proposal, "cancel");
    let left = w.answer(CAROL, &ask, "Yes, happy to talk.");
    assert!(none_to(&left, ALICE.1));
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

#[test]
fn another_wish_in_answer_to_a_proposal_is_heard_whatever_the_target_did() {
    let view = |conduct: &[&str]| {
        let mut w = World::new();
        let mail = w.writer(BOB).mail(
            BOT,
            "",
            "Two people",
            "Please introduce Alice Ng <alice@req.example> to Carol Danvers.",
        );
        let left = w.proven(&mail);
        let (ask, proposal) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
        for words in conduct {
            w.answer(CAROL, &ask, words);
        }
        let left = w.answer(
            ALICE,
            &proposal,
            "Could you introduce me to Dan Ortiz instead?",
        );
        left.iter().filter(|sent| sent.to == [ALICE.1]).count()
    };
    assert_eq!(view(&["No."]), view(&[]));
    assert_eq!(view(&["Later.", "Later."]), view(&[]));
    assert_eq!(view(&[]), 1);
}

#[test]
fn a_stop_from_an_address_that_was_corrected_since_is_kept() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol <carol@wrong.example>.");
    let ask = to(&left, "carol@wrong.example").clone();
    let left = w.raw(&bounce_of(&ask, "carol@wrong.example"));
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "Sorry, it is carol@target.example");
    let right = to(&left, CAROL.1).clone();
    let other = ("Carol", "carol@wrong.example");
    let left = w.answer(other, &ask, "Please stop asking me.");
    assert!(text(to(&left, other.1)).contains("you won\u{2019}t be asked again"));
    assert!(none_to(
        &w.forward("Please ask Carol <carol@wrong.example>."),
        other.1
    ));
    // The other Carol decides for herself.
    let left = w.answer(CAROL, &right, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn who_is_asked_again_in_the_place_of_another_gets_the_ask_and_no_reminder() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol <carol@wrong.example>.");
    let ask = to(&left, "carol@wrong.example").clone();
    // Meanwhile the other Carol was asked often enough.
    for name in ["Ann <ann@a.example>", "Ben <ben@b.example>"] {
        let text = format!("Please introduce {name} to Carol <{}>.", CAROL.1);
        let mail = w.writer(BOB).mail(BOT, "", "Two people", &text);
        w.proven(&mail);
    }
    w.wait(10 * DAY);
    let left = w.raw(&bounce_of(&ask, "carol@wrong.example"));
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "Sorry, it is carol@target.example");
    assert!(none_to(&left, CAROL.1));
    let held = to(&left, BOB.1).clone();
    w.wait(25 * DAY);
    let left = w.answer(BOB, &held, "ask again");
    assert!(text(to(&left, CAROL.1)).contains("See below"));
}

#[test]
fn what_one_connector_is_asked_no_other_answers() {
    let mut house = house();
    let mut eve = house.connectors[0].clone();
    (eve.name, eve.addresses) = ("Eve Stone".to_owned(), vec![address("eve@stone.example")]);
    house.connectors.push(eve);
    let mut w = World::with(house);
    let request = w.request_mail();
    let mail = w
        .writer(BOB)
        .forward(&request, BOT, "Please ask Carol Danvers.");
    let left = w.forged(&mail);
    let question = to(&left, BOB.1).clone();
    let reply = w
        .writer(("Eve Stone", "eve@stone.example"))
        .reply(&question.letter, "Yes, go ahead");
    assert!(w.proven(&reply).is_empty());
    let left = w.answer(BOB, &question, "Yes, go ahead");
    to(&left, CAROL.1);
}

#[test]
fn two_closings_of_one_moment_come_in_the_order_of_the_requests() {
    let mut w = World::new();
    let wish = "Could you introduce me to Carol Danvers and Dan Ortiz? I build sensors.";
    let mail = w.direct(wish);
    let left = w.proven(&mail);
    // Carol's introduction waits for its closing alone, Dan's for a reminder before.
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "No, thanks.");
    w.now_secs += 16 * DAY;
    w.desk.tick(w.now_secs).unwrap();
    let answered: Vec<_> = w
        .deliver()
        .into_iter()
        .filter(|sent| sent.to == [ALICE.1])
        .filter_map(|sent| sent.letter.in_reply_to.first().cloned())
        .collect();
    let told: Vec<_> = left
        .iter()
        .filter(|sent| sent.to == [ALICE.1])
        .filter_map(|sent| sent.letter.message_id.clone())
        .collect();
    assert_eq!(told.len(), 2);
    assert_eq!(answered, told);
}

#[test]
fn an_answer_to_a_closing_is_read_alike_whatever_the_target_did() {
    // Two connectors, so that a new wish is answered by a question at once.
    let mut house = house();
    let mut eve = house.connectors[0].clone();
    (eve.name, eve.addresses) = ("Eve Stone".to_owned(), vec![address("eve@stone.example")]);
    house.connectors.push(eve);
    let heard = |target: Option<&str>, days: i64| {
        let mut w = World::with(house.clone());
        let mail = w.direct("Could Bob introduce me to Carol Danvers? I build sensors.");
        let mut left = w.proven(&mail);
        if let Some(question) = left.iter().find(|sent| sent.to == [ALICE.1]).cloned()
            && none_to(&left, CAROL.1)
        {
            left = w.answer(ALICE, &question, "Bob Kim");
        }
        let ask = to(&left, CAROL.1).clone();
        if let Some(says) = target {
            w.answer(CAROL, &ask, says);
        }
        let mut closing = None;
        for _ in 0..days {
            let left = w.wait(DAY);
            closing = left
                .into_iter()
                .find(|sent| sent.to == [ALICE.1])
                .or(closing);
        }
        let left = w.answer(ALICE, &closing.unwrap(), "Carol Danvers");
        left.iter().filter(|sent| sent.to == [ALICE.1]).count()
    };
    // The words of her request are kept for 30 days after the closing, and longer where the target put it off.
    for days in [20, 60] {
        let silence = heard(None, days);
        assert_eq!(
            heard(Some("Later, next year in May."), days),
            silence,
            "{days}"
        );
        assert_eq!(heard(Some("No, thank you."), days), silence, "{days}");
    }
}
