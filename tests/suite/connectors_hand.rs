//! What a connector does by mail while an introduction is under way: "ask again" at every stage, and a
//! mail of his own with the bot in copy; each told as a story. Fails where he hears nothing, or others too much.

use crate::conversations::golden;
use crate::world::*;
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Direct;
use askfirst::rules::retry::{Attempt, Phase};

fn text(sent: &Sent) -> &str {
    sent.letter.plain.as_deref().unwrap()
}

#[test]
fn ask_again_before_an_answer_presses_nobody_and_says_how_it_stands() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol.");
    let told = to(&left, BOB.1).clone();
    w.wait(2 * DAY);
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1) && none_to(&left, ALICE.1));
    let stands = to(&left, BOB.1).clone();
    assert!(text(&stands).contains("Tuesday, 24 November 2026"));
    assert!(text(&stands).contains("remind them once, on Monday, 30 November 2026"));
    let left = w.wait(5 * DAY);
    to(&left, CAROL.1);
    let left = w.answer(BOB, &stands, "ask again");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("have reminded them since"));
    assert_eq!(w.stages(), [Stage::Asked]);
    // The notice takes an order as any other.
    let left = w.answer(BOB, to(&left, BOB.1), "cancel");
    assert!(left.is_empty());
    assert_eq!(w.stages(), [Stage::Cancelled]);
    golden("ask_again_too_soon", &w);
}

#[test]
fn ask_again_after_an_unclear_answer_brings_one_more_plain_question() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol.");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Who is that?");
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "ask again");
    let question = to(&left, CAROL.1).clone();
    assert!(text(to(&left, BOB.1)).contains("you told me to try again"));
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1), "once");
    assert!(text(to(&left, BOB.1)).contains("but not plainly"));
    let left = w.answer(CAROL, &question, "Yes, gladly.");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    let left = w.answer(BOB, &told, "ask again");
    assert!(text(to(&left, BOB.1)).contains("have been introduced"));
    golden("ask_again_unclear", &w);
}

#[test]
fn ask_again_is_answered_whatever_is_waited_for() {
    // Her "not now" has its day.
    let mut w = World::new();
    let left = w.forward("Please ask Carol.");
    let (ask, told) = (to(&left, CAROL.1).clone(), to(&left, BOB.1).clone());
    w.answer(CAROL, &ask, "Not now, please ask me again in January.");
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("I\u{2019}ll ask again on Friday, 1 January 2027"));

    // Her yes is held for a second thought.
    let mut house = house();
    house.pace.hold_yes_secs = 3_600;
    let mut w = World::with(house);
    let left = w.forward("Please ask Carol.");
    let (ask, told) = (to(&left, CAROL.1).clone(), to(&left, BOB.1).clone());
    w.answer(CAROL, &ask, "Yes, gladly.");
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("said yes to Alice Ng"));

    // It was called off.
    let mut w = World::new();
    let left = w.forward("Please ask Carol.");
    let told = to(&left, BOB.1).clone();
    w.answer(BOB, &told, "cancel");
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("that introduction is over"));
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

#[test]
fn ask_again_before_anybody_was_asked_says_whose_word_is_missing() {
    let mut house = house();
    house.connectors[0].direct = Direct::Ask;
    let mut w = World::with(house);
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "ask again");
    assert!(none_to(&left, CAROL.1) && none_to(&left, ALICE.1));
    assert!(text(to(&left, BOB.1)).contains("I\u{2019}m waiting for your answer"));
    let left = w.answer(BOB, &question, "yes");
    to(&left, CAROL.1);
}

#[test]
fn ask_again_while_the_question_waits_to_leave_does_not_say_that_it_left() {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol.");
    w.stamped(&forward);
    // The server takes Bob's notice, and puts the ask off.
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    let mut told = None;
    for parcel in parcels {
        let is_ask = parcel.recipients == [CAROL.1];
        let code = if is_ask { 451 } else { 250 };
        let attempt = Attempt {
            phase: Phase::Dot,
            reply: Some((code, "later".to_owned())),
            refused: Vec::new(),
        };
        let _ = w.desk.report(parcel.id, &attempt, w.now_secs).unwrap();
        if !is_ask {
            told = Some(askfirst::reader::open(&parcel.bytes));
        }
    }
    let reply = w.writer(BOB).reply(&told.unwrap(), "ask again");
    let left = w.proven(&reply);
    assert!(text(to(&left, BOB.1)).contains("has not left yet"));
}

#[test]
fn a_wrong_address_is_corrected_in_answer_to_how_it_stands_too() {
    let mut w = World::new();
    let left = w.forward("Ask carol@wrong.example please");
    let told = to(&left, BOB.1).clone();
    let ask = to(&left, "carol@wrong.example").clone();
    w.raw(&crate::conversations::bounce_of(
        &ask,
        "carol@wrong.example",
    ));
    let left = w.answer(BOB, &told, "ask again");
    let stands = to(&left, BOB.1).clone();
    assert!(text(&stands).contains("mail to carol@wrong.example comes back"));
    let left = w.answer(BOB, &stands, "Sorry, it is carol@target.example");
    to(&left, CAROL.1);
}

/// Bob writes to one person, the bot in copy, nothing below.
fn in_copy(w: &mut World, person: (&str, &str), words: &str) -> Vec<u8> {
    let whom = format!("{} <{}>", person.0, person.1);
    w.writer(BOB).mail(&whom, BOT, "An introduction", words)
}

#[test]
fn a_promise_to_the_requester_with_nothing_quoted_asks_the_requester_for_words() {
    let mut w = World::new();
    let mail = in_copy(&mut w, ALICE, "Happy to. I'll ask Carol and let you know.");
    let left = w.proven(&mail);
    assert!(none_to(&left, CAROL.1), "there is nothing to pass on yet");
    let question = to(&left, ALICE.1).clone();
    assert_eq!(w.stages(), [Stage::WaitingForRequester]);
    let words = "I build sensors for beehives, and would like to hear what Carol thinks of radio.";
    let left = w.answer(ALICE, &question, words);
    let ask = to(&left, CAROL.1).clone();
    assert!(text(&ask).contains("I build sensors for beehives"));
    to(&left, BOB.1);
    let left = w.answer(CAROL, &ask, "Sure!");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("promised_in_copy", &w);
}

#[test]
fn a_connectors_mail_that_asks_for_nothing_brings_him_one_line_and_nobody_else_any() {
    let mut w = World::new();
    let words = "Hi Carol, lovely to see you yesterday. A friend of mine builds sensors.";
    let mail = in_copy(&mut w, CAROL, words);
    let left = w.proven(&mail);
    assert_eq!(left.len(), 1);
    assert!(text(to(&left, BOB.1)).contains("You had me in copy of this mail"));
    assert!(w.stages().is_empty());
    // Once a day, and never to a mail that nobody proves or that fails.
    let mail = in_copy(&mut w, DAN, "Hi Dan, how are the bees?");
    assert!(w.proven(&mail).is_empty());
    w.wait(2 * DAY);
    let mail = in_copy(&mut w, DAN, "Hi Dan, and the honey?");
    assert!(w.unproven(&mail).is_empty());
    let mail = in_copy(&mut w, DAN, "Hi Dan, and the wax?");
    assert!(w.forged(&mail).is_empty());
    let mail = in_copy(&mut w, DAN, "Hi Dan, and the hives?");
    assert_eq!(w.proven(&mail).len(), 1);
    golden("in_copy", &w);
}

#[test]
fn a_promise_that_nobody_proves_is_confirmed_by_its_connector_first() {
    let mut w = World::new();
    let mail = in_copy(&mut w, ALICE, "Happy to. I'll ask Carol and let you know.");
    let left = w.unproven(&mail);
    assert!(none_to(&left, ALICE.1) && none_to(&left, CAROL.1));
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "Yes");
    to(&left, ALICE.1);
}

#[test]
fn a_question_answered_when_it_is_over_is_not_met_with_silence() {
    let mut w = World::new();
    let left = w.forward("Please ask Xavier.");
    let question = to(&left, BOB.1).clone();
    assert!(w.wait(20 * DAY).is_empty());
    let left = w.answer(BOB, &question, "carol@target.example");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("forward me the request as a new one"));
}

#[test]
fn a_late_yes_to_a_passed_on_request_is_the_connectors_to_use() {
    let mut w = World::new();
    let left = w.forward("Please ask Carol.");
    let ask = to(&left, CAROL.1).clone();
    w.wait(20 * DAY);
    let left = w.answer(CAROL, &ask, "Sorry for the delay. Yes, gladly.");
    assert!(none_to(&left, ALICE.1));
    assert!(text(to(&left, CAROL.1)).contains("no longer possible"));
    assert!(text(to(&left, BOB.1)).contains("after I had stopped waiting"));
    assert_eq!(w.stages(), [Stage::Closed]);
    golden("late_yes_passed_on", &w);
}

#[test]
fn a_late_yes_to_a_direct_request_asks_the_requester_who_had_the_closing() {
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    let left = w.wait(15 * DAY);
    assert!(text(to(&left, ALICE.1)).contains("did not come together"));
    assert_eq!(w.stages(), [Stage::Closed]);
    let left = w.answer(CAROL, &ask, "Sorry for the delay. Yes, gladly.");
    let question = to(&left, ALICE.1).clone();
    assert_eq!(left.len(), 1, "nobody else");
    let left = w.answer(ALICE, &question, "Yes, please.");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("late_yes_direct", &w);
    // A stranger's yes, or one that proves nothing, is confirmed first as ever.
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    w.wait(15 * DAY);
    let reply = w.writer(DAN).reply(&ask.letter, "Yes, gladly.");
    let left = w.proven(&reply);
    assert!(none_to(&left, ALICE.1));
    let question = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &question, "Yes");
    to(&left, ALICE.1);
}
