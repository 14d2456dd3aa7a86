//! How often a person is asked: the limit of a month, one open ask for two people across connectors and
//! spellings, and what a request that ends in nothing looks like to its author; each told as a story.
//!
//! Fails where somebody is asked once too often, or a requester could tell what became of the ask.

use crate::conversations::golden;
use crate::world::*;
use askfirst::rules::introduction::Stage;

fn text(sent: &Sent) -> &str {
    sent.letter.plain.as_deref().unwrap()
}

/// A connector passes on somebody's request for Carol.
fn forward(
    w: &mut World,
    connector: (&'static str, &'static str),
    requester: (&'static str, &'static str),
    note: &str,
) -> Vec<Sent> {
    let request = w.writer(requester).mail(
        connector.1,
        "",
        "A word with Carol?",
        "Could I have a word with Carol? I keep bees.",
    );
    let request = askfirst::reader::open(&request);
    let mail = w.writer(connector).forward(&request, BOT, note);
    w.proven(&mail)
}

#[test]
fn a_third_ask_within_a_month_is_held_and_goes_out_on_the_connectors_word_later() {
    let mut w = World::new();
    let eve = ("Eve Berg", "eve@berg.example");
    let flo = ("Flo Dahl", "flo@dahl.example");
    to(&forward(&mut w, BOB, ALICE, "Please ask Carol."), CAROL.1);
    to(&forward(&mut w, BOB, eve, "Please ask Carol."), CAROL.1);
    w.wait(12 * DAY);
    let left = forward(&mut w, BOB, flo, "Please ask Carol.");
    assert!(none_to(&left, CAROL.1) && none_to(&left, flo.1));
    let held = to(&left, BOB.1).clone();
    assert!(text(&held).contains("often enough in the last 30 days"));
    // Her other address is hers.
    let left = forward(&mut w, BOB, flo, "Please ask carol@home.example.");
    assert!(none_to(&left, "carol@home.example"));
    w.wait(19 * DAY);
    let left = w.answer(BOB, &held, "ask again");
    to(&left, CAROL.1);
    golden("asked_often", &w);
}

#[test]
fn two_connectors_do_not_ask_the_same_person_for_the_same_requester() {
    let mut house = house();
    let mut fay = house.connectors[0].clone();
    (fay.name, fay.addresses) = ("Fay Lund".to_owned(), vec![address("fay@lund.example")]);
    house.connectors.push(fay);
    let mut w = World::with(house);
    let ask = to(&forward(&mut w, BOB, ALICE, "Please ask Carol."), CAROL.1).clone();
    let other = ("Fay Lund", "fay@lund.example");
    let alice = ("Alice Ng", "Alice+bees@req.example");
    let left = forward(&mut w, other, alice, "Please ask CAROL+x@target.example.");
    assert_eq!(left.len(), 1);
    assert!(text(to(&left, other.1)).contains("am asking at the moment"));
    let left = w.answer(CAROL, &ask, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    assert_eq!(w.stages(), [Stage::Introduced, Stage::Closed]);
    golden("across_connectors", &w);
}

#[test]
fn a_requester_whose_wish_is_declined_hears_by_the_date_and_nothing_before() {
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    assert!(text(to(&left, ALICE.1)).contains("Tuesday, 8 December 2026"));
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "No thanks, not for me.");
    assert!(none_to(&left, ALICE.1));
    assert!(none_to(&w.wait(13 * DAY), ALICE.1));
    let left = w.wait(2 * DAY);
    assert!(text(to(&left, ALICE.1)).contains("did not come together"));
    golden("direct_no", &w);
}
