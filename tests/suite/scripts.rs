//! Scripts of the rarer ways an introduction goes; every mail that left is kept as a golden file.

use crate::conversations::golden;
use crate::second_thoughts::{bounce_of, holding};
use crate::world::*;
use askfirst::desk::house::Connector;
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Direct;

const HOUR: i64 = 3_600;
const WISH: &str =
    "Hello,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice";

#[test]
fn a_plain_list_is_one_introduction_each() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol Danvers and Dan Ortiz.");
    let (carol, dan) = (to(&left, CAROL.1).clone(), to(&left, DAN.1).clone());
    w.answer(DAN, &dan, "No, thanks.");
    let left = w.answer(CAROL, &carol, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    assert_eq!(w.stages(), [Stage::Introduced, Stage::Declined]);
    golden("list", &w);
}

#[test]
fn a_request_without_words_asks_the_requester_for_a_paragraph() {
    let mut w = World::new();
    let mut request = w.request_mail();
    request.plain = Some(String::new());
    request.html = None;
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Please ask Carol Danvers.");
    let left = w.proven(&forward);
    assert!(
        none_to(&left, CAROL.1),
        "not before there are words to pass on"
    );
    let question = to(&left, ALICE.1).clone();
    let left = w.answer(
        ALICE,
        &question,
        "I build sensors for beehives, and would like to hear what Carol thinks of radio.",
    );
    let ask = to(&left, CAROL.1).clone();
    assert!(ask.letter.plain.clone().unwrap().contains("beehives"));
    let left = w.answer(CAROL, &ask, "Sure!");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("words", &w);
}

#[test]
fn a_request_that_comes_by_two_ways_is_asked_once() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    let left = w.forward("Please ask Carol Danvers.");
    assert!(none_to(&left, CAROL.1));
    to(&left, BOB.1);
    let left = w.answer(CAROL, &ask, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("two_ways", &w);
}

#[test]
fn a_requester_may_think_again() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let (ask, arrived) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
    let left = w.answer(ALICE, &arrived, "Never mind!");
    to(&left, BOB.1);
    let left = w.answer(CAROL, &ask, "Yes, happy to talk.");
    assert!(none_to(&left, ALICE.1));
    to(&left, CAROL.1);
    assert!(
        none_to(&w.wait(30 * DAY), ALICE.1),
        "no closing after he withdrew"
    );
    golden("withdrawn", &w);
}

#[test]
fn a_target_may_think_again_while_the_yes_is_held() {
    let mut w = holding(2 * HOUR);
    let left = w.forward("Please ask Carol Danvers.");
    let ask = to(&left, CAROL.1).clone();
    assert!(w.answer(CAROL, &ask, "Yes, happy to talk.").is_empty());
    let left = w.answer(CAROL, &ask, "Actually no, sorry.");
    assert!(none_to(&left, ALICE.1));
    assert!(none_to(&w.wait(DAY), ALICE.1));
    assert_eq!(w.stages(), [Stage::Declined]);
    golden("held_yes", &w);
}

#[test]
fn a_no_after_the_introduction_gets_a_polite_line() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol Danvers.");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Yes");
    let left = w.answer(CAROL, &ask, "Actually no, sorry.");
    assert_eq!(left.len(), 1);
    to(&left, CAROL.1);
    golden("too_late", &w);
}

#[test]
fn a_leg_of_the_introduction_that_comes_back_is_told_to_the_connector() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol Danvers.");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Yes");
    let left = w.raw(&bounce_of(&left[0], ALICE.1));
    assert_eq!(left.len(), 1);
    to(&left, BOB.1);
    golden("leg_bounced", &w);
}

#[test]
fn with_several_connectors_the_requester_says_which() {
    let mut house = house();
    house.connectors.push(Connector {
        name: "Eve Stone".to_owned(),
        addresses: vec![address("eve@stone.example")],
        contacts: Vec::new(),
        settled: Default::default(),
        direct: Direct::Ask,
        language: None,
    });
    let mut w = World::with(house);
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let which = to(&left, ALICE.1).clone();
    let left = w.answer(ALICE, &which, "Bob Kim, please.");
    to(&left, CAROL.1);
    golden("which_connector", &w);
}

#[test]
fn a_request_that_names_nobody_is_asked_whom_it_means() {
    let mut w = World::new();
    let mail = w.direct("Hello,\n\nI would like to meet somebody who knows radio.\n\nAlice");
    let left = w.proven(&mail);
    let which = to(&left, ALICE.1).clone();
    let left = w.answer(ALICE, &which, "Carol Danvers");
    to(&left, CAROL.1);
    golden("which_wish", &w);
}

#[test]
fn the_connector_calls_it_off_and_the_requester_gets_the_same_closing() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let notice = to(&left, BOB.1).clone();
    assert!(w.answer(BOB, &notice, "cancel").is_empty());
    let left = w.wait(15 * DAY);
    to(&left, ALICE.1);
    golden("cancelled", &w);
}
