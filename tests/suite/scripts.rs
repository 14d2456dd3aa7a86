//! Scripts of the rarer ways an introduction goes; every mail that left is kept as a golden file.

use crate::conversations::golden;
use crate::second_thoughts::{bounce_of, holding};
use crate::world::*;
use askfirst::desk::house::{Connector, House};
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Direct;

const HOUR: i64 = 3_600;
const EVE: (&str, &str) = ("Eve Stone", "eve@stone.example");
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

fn house_of_two() -> House {
    let mut house = house();
    house.connectors.push(Connector {
        name: EVE.0.to_owned(),
        addresses: vec![address(EVE.1)],
        contacts: vec![contact(DAN.0, &[DAN.1])],
        settled: Default::default(),
        direct: Direct::Ask,
        language: None,
    });
    house
}

#[test]
fn with_several_connectors_the_requester_says_which() {
    let mut w = World::with(house_of_two());
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

/// Eve hands on a request for somebody else.
fn eve_forwards(w: &mut World) -> Vec<Sent> {
    let to_eve = format!("{} <{}>", EVE.0, EVE.1);
    let text = "Hi Eve,\n\nis there somebody for radio? I build sensors.\n\nAlice";
    let request = w.writer(ALICE).mail(&to_eve, "", "Radio", text);
    let letter = askfirst::reader::open(&request);
    let mail = w
        .writer(EVE)
        .forward(&letter, BOT, "Please ask Zoe Quist <zoe@quist.example>.");
    w.proven(&mail)
}

#[test]
fn a_connectors_pause_holds_what_he_is_the_connector_of_and_nothing_else() {
    let mut w = World::with(house_of_two());
    w.forward("Please ask Carol Danvers.");
    let pause = w.writer(BOB).mail(BOT, "", "pause", "pause");
    to(&w.proven(&pause), BOB.1);
    let left = w.forward("Please ask Dan Ortiz.");
    assert!(left.is_empty(), "Bob has paused");
    // What Eve brings goes on, and her word does not end Bob's pause.
    let left = eve_forwards(&mut w);
    to(&left, "zoe@quist.example");
    let resume = w.writer(EVE).mail(BOT, "", "resume", "resume");
    let left = w.proven(&resume);
    assert!(left.iter().all(|sent| sent.to == [EVE.1]), "Bob's wait");
    assert!(w.wait(7 * DAY).iter().all(|sent| sent.to != [CAROL.1]));
    let status = w.writer(BOB).mail(BOT, "", "status", "status");
    to(&w.proven(&status), BOB.1);
    let resume = w.writer(BOB).mail(BOT, "", "resume", "resume");
    let left = w.proven(&resume);
    let ask = to(&left, DAN.1);
    assert!(ask.letter.plain.clone().unwrap().contains("See below"));
    to(&left, CAROL.1);
    assert!(none_to(&w.wait(3 * DAY), DAN.1), "his window begins now");
    to(&w.wait(4 * DAY), DAN.1);
    golden("pause_of_one", &w);
}

#[test]
fn the_operators_pause_holds_everything_and_no_connector_ends_it() {
    let mut w = World::with(house_of_two());
    w.desk.set_paused(true, w.now_secs).unwrap();
    let pause = w.writer(BOB).mail(BOT, "", "pause", "pause");
    w.proven(&pause);
    let resume = w.writer(BOB).mail(BOT, "", "resume", "resume");
    let left = w.proven(&resume);
    let told = to(&left, BOB.1).letter.plain.clone().unwrap();
    assert!(told.contains("operator has paused"), "{told}");
    assert!(w.forward("Please ask Carol Danvers.").is_empty());
    w.desk.set_paused(false, w.now_secs).unwrap();
    to(&w.deliver(), CAROL.1);
}

#[test]
fn of_two_proposed_people_neither_learns_of_the_others_no_or_silence() {
    let mut w = World::new();
    let text =
        "Please introduce Alice Ng <alice@req.example> to Carol Danvers <carol@target.example>.";
    let mail = w.writer(BOB).mail(BOT, "", "Two people", text);
    let left = w.proven(&mail);
    let (ask, proposal) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
    let left = w.answer(CAROL, &ask, "No, thank you.");
    assert!(none_to(&left, ALICE.1));
    let left = w.answer(ALICE, &proposal, "Yes, please.");
    assert!(none_to(&left, ALICE.1) && none_to(&left, CAROL.1));
    assert!(none_to(&w.wait(40 * DAY), ALICE.1));
    let text = "Please introduce Alice Ng <alice@req.example> to Dan Ortiz <dan@ortiz.example>.";
    let mail = w.writer(BOB).mail(BOT, "", "Two more", text);
    let left = w.proven(&mail);
    let ask = to(&left, DAN.1).clone();
    let left = w.answer(DAN, &ask, "Yes, happy to.");
    assert!(none_to(&left, DAN.1), "Alice has not answered");
    let left = w.wait(40 * DAY);
    assert!(none_to(&left, DAN.1) && none_to(&left, ALICE.1));
    to(&left, BOB.1);
    golden("proposed_no", &w);
}

#[test]
fn one_more_thing_from_the_requester_changes_nothing_and_goes_nowhere() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let (ask, arrived) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
    let more = "One more thing: I am in Hamburg all of January.";
    assert!(w.answer(ALICE, &arrived, more).is_empty());
    let left = w.answer(CAROL, &ask, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("one_more_thing", &w);
}

#[test]
fn whoever_is_introduced_already_gets_no_mail() {
    let mut w = World::new();
    let both = format!("Alice <{}>, Carol <{}>", ALICE.1, CAROL.1);
    let text = "Alice, meet Carol. Carol, meet Alice.";
    let mail = w.writer(BOB).mail(&both, BOT, "Alice <> Carol", text);
    assert!(w.proven(&mail).is_empty());
    assert!(w.wait(40 * DAY).is_empty());
    golden("together", &w);
}

#[test]
fn soon_after_a_no_the_same_requester_is_acknowledged_and_not_brought_again() {
    let mut w = World::new();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "No, thanks.");
    w.wait(20 * DAY);
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    assert!(none_to(&left, CAROL.1), "the quiet time");
    to(&left, ALICE.1);
    let left = w.wait(15 * DAY);
    to(&left, ALICE.1);
    golden("quiet_time", &w);
}

#[test]
fn nobody_but_a_connector_gets_an_answer_to_orders() {
    let mut w = World::new();
    for who in [ALICE, CAROL] {
        for word in ["status", "help", "pause", "resume", "cancel"] {
            let mail = w.writer(who).mail(BOT, "", word, word);
            assert!(w.proven(&mail).is_empty(), "{word} of {}", who.1);
        }
    }
    let mail = w.writer(BOB).mail(BOT, "", "status", "status");
    assert!(w.forged(&mail).is_empty(), "not Bob's");
    to(&w.forward("Please ask Carol Danvers."), CAROL.1);
    golden("orders_of_others", &w);
}
