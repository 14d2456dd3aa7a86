//! Stories that the simulator found, or that were read out of the code beside it: what must not
//! happen when a second mail meets the first.

use crate::world::*;
use askfirst::rules::introduction::Stage;
use askfirst::rules::retry::{Attempt, Looked, OnUnknown, Phase};

const HOUR: i64 = 3_600;

pub fn bounce_of(ask: &Sent, recipient: &str) -> Vec<u8> {
    let id = ask.letter.message_id.clone().unwrap();
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: intro@bot.example\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <b1@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

pub fn holding(secs: i64) -> World {
    let mut house = house();
    house.pace.hold_yes_secs = secs;
    World::with(house)
}

#[test]
fn the_secret_of_a_wrong_address_says_no_yes_for_the_right_one() {
    let mut w = World::new();
    let left = w.forward("Ask carol@wrong.example please");
    let wrong = to(&left, "carol@wrong.example").clone();
    let left = w.raw(&bounce_of(&wrong, "carol@wrong.example"));
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "Sorry, it is carol@target.example");
    let right = to(&left, CAROL.1).clone();
    // Whoever reads the wrong mailbox knows its secret and writes in Carol's name.
    let forged = w.writer(CAROL).reply(&wrong.letter, "Yes");
    assert!(w.unproven(&forged).is_empty());
    assert_eq!(w.stages(), [Stage::Asked]);
    // Nor does a late bounce of the first mail say anything about the second.
    let late = String::from_utf8(bounce_of(&wrong, "carol@wrong.example")).unwrap();
    w.raw(late.replace("<b1@", "<b2@").as_bytes());
    assert_eq!(w.stages(), [Stage::Asked]);
    let left = w.answer(CAROL, &right, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn a_held_yes_outlives_a_doubtful_one_and_a_bounce() {
    let mut w = holding(2 * DAY);
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    assert!(w.answer(CAROL, &ask, "Yes").is_empty());
    let doubtful = w.writer(CAROL).reply(&ask.letter, "Yes");
    w.forged(&doubtful);
    w.raw(&bounce_of(&ask, CAROL.1));
    let left = w.wait(3 * DAY);
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn a_yes_that_was_held_over_the_closing_asks_the_requester_first() {
    let mut w = holding(2 * DAY);
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    w.wait(14 * DAY - 2 * HOUR);
    assert!(w.answer(CAROL, &ask, "Yes").is_empty());
    let left = w.wait(DAY);
    to(&left, ALICE.1);
    let left = w.wait(2 * DAY);
    assert_eq!(left.len(), 1);
    let question = to(&left, ALICE.1).clone();
    assert_eq!(w.stages(), [Stage::WaitingForRequester]);
    w.answer(ALICE, &question, "Yes, please.");
    let left = w.wait(3 * DAY);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn picking_twice_opens_nothing_twice() {
    let mut house = house();
    house.connectors[0]
        .contacts
        .push(contact("Carol Smith", &["carol@smith.example"]));
    let mut w = World::with(house);
    let left = w.forward("Please introduce her to Carol");
    let question = to(&left, BOB.1).clone();
    w.answer(BOB, &question, "1 and 2");
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
    let left = w.answer(BOB, &question, "1 and 2");
    assert_eq!(w.stages().len(), 2);
    assert!(none_to(&left, CAROL.1));
}

#[test]
fn a_wish_completed_with_two_names_is_two_introductions() {
    let mut w = World::new();
    let mail = w.direct("I would like to meet somebody for radio.\n\nAlice");
    let left = w.proven(&mail);
    let question = to(&left, ALICE.1).clone();
    w.answer(
        ALICE,
        &question,
        "carol@target.example and dan@ortiz.example",
    );
    let mut targets: Vec<String> = w
        .introductions()
        .iter()
        .map(|i| i.target.as_ref().unwrap().address.key().to_owned())
        .collect();
    targets.sort();
    assert_eq!(targets, [CAROL.1, DAN.1]);
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
}

#[test]
fn an_answer_before_the_servers_last_word_ends_the_sending() {
    let mut w = World::new();
    let mail = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example please");
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.proven(&forward);
    w.desk.set_paused(false, w.now_secs).unwrap();
    let now = w.now_secs;
    let ask = w
        .desk
        .take_due(10, now)
        .unwrap()
        .into_iter()
        .find(|p| p.recipients == [CAROL.1])
        .unwrap();
    let letter = askfirst::reader::open(&ask.bytes);
    let reply = w.writer(CAROL).reply(&letter, "What is it about?");
    w.proven(&reply);
    let cut = Attempt {
        phase: Phase::Dot,
        reply: None,
        refused: Vec::new(),
    };
    let _ = w.desk.report(ask.id, &cut, w.now_secs).unwrap();
    w.now_secs += HOUR;
    let now = w.now_secs;
    w.desk.retry_unknown(now).unwrap();
    assert!(
        w.desk
            .take_due(10, now)
            .unwrap()
            .iter()
            .all(|p| p.id != ask.id)
    );
}

/// The server took the ask and did not say so; it may go out once more, and its reminder must not overtake it.
#[test]
fn nobody_is_reminded_of_an_ask_that_may_yet_leave_again() {
    for policy in [OnUnknown::Always, OnUnknown::Never] {
        let mut w = World::new();
        w.desk.set_paused(true, w.now_secs).unwrap();
        assert!(w.forward("Ask Carol please").is_empty());
        w.desk.set_paused(false, w.now_secs).unwrap();
        let ask = (w.desk.take_due(10, w.now_secs).unwrap().into_iter())
            .find(|parcel| parcel.recipients == [CAROL.1])
            .unwrap();
        let cut = Attempt {
            phase: Phase::Dot,
            reply: None,
            refused: Vec::new(),
        };
        let _ = w.desk.report(ask.id, &cut, w.now_secs).unwrap();
        // Nobody looks for it: the program does not run, and then its clocks are the first to be looked at.
        let left = w.wait(7 * 24 * HOUR);
        assert!(none_to(&left, CAROL.1), "{policy:?}");
        let now = w.now_secs;
        w.desk.resolve(ask.id, Looked::Absent, policy, now).unwrap();
        let left = w.wait(8 * 24 * HOUR);
        let to_her = left.iter().filter(|mail| mail.to == [CAROL.1]);
        let again = to_her.map(|mail| mail.bytes == ask.bytes);
        let wanted: &[bool] = match policy {
            // The ask once more, and its reminder five days after that.
            OnUnknown::Always | OnUnknown::Probe => &[true, false],
            OnUnknown::Never => &[false],
        };
        assert_eq!(again.collect::<Vec<_>>(), wanted, "{policy:?}");
    }
}

#[test]
fn a_stop_holds_the_reminders_of_other_asks_too() {
    let mut w = World::new();
    w.forward("Ask carol@target.example please");
    let mail = w.writer(("Ann Oduya", "ann@oduya.example")).mail(
        "intro@bot.example",
        "",
        "An introduction",
        "Could you introduce me to Carol Danvers? I grow bees.\n\nAnn",
    );
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Please stop asking me.");
    assert!(none_to(&w.wait(30 * DAY), CAROL.1));
}

#[test]
fn a_requester_may_withdraw_before_a_connector_is_named() {
    let mut house = house();
    let mut eve = house.connectors[0].clone();
    eve.name = "Eve Stone".to_owned();
    eve.addresses = vec![address("eve@stone.example")];
    house.connectors.push(eve);
    let mut w = World::with(house);
    let mail = w.direct("Could you introduce me to Carol Danvers?\n\nAlice");
    let left = w.proven(&mail);
    let question = to(&left, ALICE.1).clone();
    assert!(w.answer(ALICE, &question, "cancel").is_empty());
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

#[test]
fn nobody_ends_an_introduction_in_the_connectors_name() {
    let mut w = World::new();
    w.forward("Ask Carol please");
    let both = w.writer(BOB).mail(
        "Alice <alice@req.example>, Carol <carol@target.example>",
        "intro@bot.example",
        "You two",
        "Meet each other.",
    );
    w.forged(&both);
    assert_eq!(w.stages(), [Stage::Asked]);
}

#[test]
fn an_unproven_mail_is_one_question_however_many_it_names() {
    let mut w = World::new();
    let mail = w.request_mail();
    let forward = w.writer(BOB).forward(
        &mail,
        BOT,
        "Please ask carol@target.example and dan@ortiz.example.",
    );
    let left = w.unproven(&forward);
    assert_eq!(left.len(), 1);
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "Yes");
    let which = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &which, "carol@target.example\ndan@ortiz.example");
    to(&left, CAROL.1);
    to(&left, DAN.1);
}

#[test]
fn a_confirmed_connector_is_asked_who_wrote() {
    let mut w = World::new();
    let mut mail = w.request_mail();
    mail.from = askfirst::reader::author::from::Sender::Unusable;
    let forward = w.writer(BOB).forward(&mail, BOT, "Ask Carol please");
    let left = w.unproven(&forward);
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "Yes");
    let who = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &who, "alice@req.example");
    to(&left, CAROL.1);
}

#[test]
fn an_address_that_is_named_again_after_a_bounce_is_asked_again() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.raw(&bounce_of(&ask, CAROL.1));
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "It is carol@target.example, try again.");
    let again = to(&left, CAROL.1).clone();
    assert_eq!(w.stages(), [Stage::Asked]);
    let left = w.answer(CAROL, &again, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn an_answer_says_nothing_of_older_mails_in_its_thread() {
    let mut w = World::new();
    let mail = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example please");
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.proven(&forward);
    w.desk.set_paused(false, w.now_secs).unwrap();
    // The notice to Bob is put off by the server; the ask passes.
    let now = w.now_secs;
    let mut ask = None;
    let mut notice = 0;
    for parcel in w.desk.take_due(10, now).unwrap() {
        let to_bob = parcel.recipients == [BOB.1];
        let code = if to_bob { 451 } else { 250 };
        let attempt = Attempt {
            phase: Phase::Dot,
            reply: Some((code, String::new())),
            refused: Vec::new(),
        };
        let _ = w.desk.report(parcel.id, &attempt, now).unwrap();
        match to_bob {
            true => notice = parcel.id,
            false => ask = Some(askfirst::reader::open(&parcel.bytes)),
        }
    }
    let question = w.writer(CAROL).reply(&ask.unwrap(), "What is it about?");
    w.now_secs -= 50;
    let left = w.proven(&question);
    let told = to(&left, BOB.1).clone();
    w.now_secs -= 50;
    w.answer(BOB, &told, "Let me think about it, the weather is fine.");
    w.now_secs += HOUR;
    let now = w.now_secs;
    let due = w.desk.take_due(10, now).unwrap();
    assert!(
        due.iter().any(|parcel| parcel.id == notice),
        "the first notice still has to go out"
    );
}

#[test]
fn the_quiet_time_holds_for_a_requester_who_is_named_later() {
    let mut w = World::new();
    w.forward("Ask carol@target.example please");
    let mut mail = w.request_mail();
    mail.from = askfirst::reader::author::from::Sender::Unusable;
    let forward = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example please");
    let left = w.proven(&forward);
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "alice@req.example");
    assert!(none_to(&left, CAROL.1));
    assert_eq!(w.stages(), [Stage::Asked, Stage::Closed]);
}

#[test]
fn an_ask_that_left_late_is_not_reminded_of_the_next_day_though_an_answer_came_before_the_servers_word()
 {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol.");
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.stamped(&forward);
    // Sending is paused for five days; then the ask leaves, and Carol is faster than the server's word.
    w.wait(5 * DAY);
    w.desk.set_paused(false, w.now_secs).unwrap();
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    let ask = parcels.iter().find(|p| p.recipients == [CAROL.1]).unwrap();
    let ask = askfirst::reader::open(&ask.bytes);
    let reply = w.writer(CAROL).reply(&ask, "Who is that?");
    w.proven(&reply);
    // She has had the question for minutes: the reminder waits its whole time.
    let left = w.wait(4 * DAY);
    assert!(none_to(&left, CAROL.1), "reminded too soon");
    let left = w.wait(4 * DAY);
    to(&left, CAROL.1);
    // And the window is counted from there too.
    let closes = w.introductions()[0].clock.close_at_secs.unwrap();
    assert!(closes > w.now_secs + 5 * DAY);
    let mut sooner = w.wait(5 * DAY);
    assert!(none_to(&sooner, BOB.1));
    sooner = w.wait(2 * DAY);
    to(&sooner, BOB.1);
}

/// What she assents to below a mail that asks nothing is that mail.
#[test]
fn a_word_of_assent_below_our_thanks_is_no_yes() {
    for (said, assent, asked_once_more) in [
        ("No, thanks.", "Yes please", true),
        ("No, thanks.", "👍", false),
        ("Stop", "👍", false),
        ("Stop", "Yes, fine", false),
        (
            "Please ask me again in three months.",
            "Works for me",
            false,
        ),
        ("Please ask me again in three months.", "Yes", false),
    ] {
        let mut w = World::new();
        let left = w.forward("Ask Carol please");
        let ask = to(&left, CAROL.1).clone();
        let left = w.answer(CAROL, &ask, said);
        let line = to(&left, CAROL.1).clone();
        let before = w.stages();
        let left = w.answer(CAROL, &line, assent);
        let story = format!("{said} / {assent}");
        match asked_once_more {
            true => {
                assert_eq!(w.stages(), [Stage::Confirming], "{story}");
                let confirm = to(&left, CAROL.1).clone();
                let words = confirm.letter.plain.clone().unwrap_or_default();
                assert!(words.contains("You had told me no"), "{story}");
                assert!(w.answer(CAROL, &line, "Great, yes").is_empty(), "{story}");
                assert_eq!(w.stages(), [Stage::Confirming], "{story}");
                let left = w.answer(CAROL, &confirm, "Yes");
                assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1], "{story}");
            }
            false => {
                assert_eq!(w.stages(), before, "{story}");
                assert!(left.is_empty(), "{story}");
            }
        }
    }
}

/// In whatever words and language: below a mail that asks nothing the program does not guess.
#[test]
fn who_has_changed_her_mind_is_asked_once_and_heard() {
    for (said, again) in [
        ("No, thanks.", "Please introduce us."),
        ("No, thanks.", "Sí, por favor."),
        ("No, thanks.", "はい、紹介してください。"),
        (
            "Please ask me again in three months.",
            "Please introduce us now.",
        ),
        (
            "Please ask me again in three months.",
            "はい、紹介してください。",
        ),
    ] {
        let mut w = World::new();
        let left = w.forward("Ask Carol please");
        let ask = to(&left, CAROL.1).clone();
        let left = w.answer(CAROL, &ask, said);
        let line = to(&left, CAROL.1).clone();
        let left = w.answer(CAROL, &line, again);
        assert!(left.iter().all(|mail| mail.to.len() == 1), "{said} {again}");
        let question = to(&left, CAROL.1).clone();
        let left = w.answer(CAROL, &question, "Yes");
        assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1], "{said} {again}");
    }
}

/// She learns that it is too late, and nothing is asked or introduced.
#[test]
fn a_yes_below_a_later_that_is_over_is_told_that_it_is_too_late() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Please ask me again in three months.");
    let (line, told) = (to(&left, CAROL.1).clone(), to(&left, BOB.1).clone());
    w.answer(BOB, &told, "cancel");
    assert_eq!(w.stages(), [Stage::Cancelled]);
    // A receipt.
    assert!(w.answer(CAROL, &line, "Fine").is_empty());
    let left = w.answer(CAROL, &line, "Sure, please introduce us!");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].to, [CAROL.1]);
    let words = left[0].letter.plain.clone().unwrap_or_default();
    assert!(words.contains("no longer possible"), "{words}");
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

/// Whoever has agreed since is not asked what she means.
#[test]
fn a_yes_below_a_later_adds_nothing_to_one_that_stands() {
    let mut w = holding(HOUR);
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Please ask me again in three months.");
    let line = to(&left, CAROL.1).clone();
    assert!(
        w.answer(CAROL, &ask, "Yes, please introduce us.")
            .is_empty()
    );
    assert!(
        w.answer(CAROL, &line, "Sure, please introduce us!")
            .is_empty()
    );
    let left = w.wait(2 * HOUR);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

/// Nobody could prove it hers, and yet it must not end what she put off.
#[test]
fn a_doubtful_word_below_a_later_leaves_it_as_it_is() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Please ask me again in three months.");
    let line = to(&left, CAROL.1).clone();
    let thumb = w.writer(CAROL).reply(&line.letter, "👍");
    assert!(w.forged(&thumb).is_empty());
    assert_eq!(w.stages(), [Stage::Deferred]);
}

/// Two mails change places on their way.
#[test]
fn a_yes_that_was_written_before_the_no_does_not_outlive_it() {
    for (said, stage) in [
        ("No, thanks.", Stage::Confirming),
        ("Please ask me again in three months.", Stage::Deferred),
        ("Stop", Stage::Declined),
    ] {
        let mut w = World::new();
        let left = w.forward("Ask Carol please");
        let ask = to(&left, CAROL.1).clone();
        let older = w.writer(CAROL).reply(&ask.letter, "Yes please.");
        w.now_secs += 600;
        w.answer(CAROL, &ask, said);
        w.now_secs += 600;
        let left = w.proven(&older);
        assert_eq!(w.stages(), [stage], "{said}");
        assert_eq!(
            left.len(),
            usize::from(stage == Stage::Confirming),
            "{said}"
        );
    }
}
