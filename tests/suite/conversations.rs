//! Whole introductions as stories, over the desk alone; every mail that left is kept as a golden file.

use crate::world::*;
use askfirst::rules::introduction::Stage;
use askfirst::rules::manners::Direct;

/// Compares the story with its golden file under tests/conversations (tokens are masked).
pub fn golden(name: &str, world: &World) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../conversations");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"\b\d{1,6}-[a-z2-7]{26}\b", "[TOKEN]");
    settings.bind(|| insta::assert_snapshot!(name, world.transcript));
}

#[test]
fn a_forwarded_request_that_ends_in_yes() {
    let mut w = World::new();
    let left =
        w.forward("Please ask Carol <carol@target.example>. I like her idea, but don't tell.");
    assert_eq!(left.len(), 2);
    let ask = to(&left, CAROL.1).clone();
    assert!(none_to(&left, ALICE.1));
    let text = ask.letter.plain.clone().unwrap();
    assert!(text.contains("I build sensors for beehives"), "{text}");
    assert!(
        !text.contains("don't tell"),
        "the connector's note stays with the bot"
    );
    let left = w.answer(CAROL, &ask, "Yes, happy to talk. Tuesday is best.");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    let introduction = String::from_utf8_lossy(&left[0].bytes).to_string();
    assert!(
        !introduction.contains("Tuesday is best"),
        "nothing the target wrote"
    );
    assert!(!introduction.contains(&ask.letter.message_id.clone().unwrap()));
    assert_eq!(w.stages(), [Stage::Introduced]);
    let consents = &w.introductions()[0].consents;
    assert!(consents.all_stand());
    golden("forwarded_yes", &w);
}

#[test]
fn a_forwarded_request_that_ends_in_no() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "No thanks, not for me.");
    assert!(none_to(&left, ALICE.1));
    to(&left, BOB.1);
    to(&left, CAROL.1);
    assert!(w.wait(60 * DAY).is_empty());
    assert_eq!(w.stages(), [Stage::Declined]);
    assert!(none_to(&w.sent, ALICE.1));
    golden("forwarded_no", &w);
}

#[test]
fn an_unclear_answer_brings_one_question_and_then_the_connector_decides() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "What does she want exactly?");
    let question = to(&left, CAROL.1).clone();
    let words = to(&left, BOB.1).letter.plain.clone().unwrap();
    assert!(words.contains("What does she want exactly?"), "{words}");
    let left = w.answer(CAROL, &question, "Hm. Depends on the budget.");
    assert!(none_to(&left, CAROL.1), "asked once, not twice");
    let told = to(&left, BOB.1).clone();
    assert_eq!(w.stages(), [Stage::Asked]);
    let left = w.answer(BOB, &told, "cancel");
    assert!(left.is_empty());
    assert_eq!(w.stages(), [Stage::Cancelled]);
    assert!(none_to(&w.sent, ALICE.1));
    golden("unclear", &w);
}

#[test]
fn silence_brings_one_reminder_and_then_an_end() {
    let mut w = World::new();
    w.forward("Ask carol@target.example please");
    let left = w.wait(13 * DAY);
    assert_eq!(left.len(), 1, "one reminder");
    to(&left, CAROL.1);
    let left = w.wait(30 * DAY);
    assert_eq!(left.len(), 1);
    to(&left, BOB.1);
    assert_eq!(w.stages(), [Stage::Closed]);
    let told = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &told, "ask again");
    to(&left, CAROL.1);
    assert_eq!(w.stages(), [Stage::Asked]);
    golden("silence", &w);
}

#[test]
fn later_is_kept_and_asked_again_once() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Not now, please ask me again in January.");
    assert!(none_to(&left, ALICE.1));
    assert_eq!(w.stages(), [Stage::Deferred]);
    let left = w.wait(40 * DAY);
    let again = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &again, "Yes, gladly.");

    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("later", &w);
}

#[test]
fn stop_is_for_ever_and_for_all() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Please stop sending me these.");
    to(&left, CAROL.1);
    let eve = ("Eve Berg", "eve@berg.example");
    let request = w.writer(eve).mail(
        "bob@kim.example",
        "",
        "Carol?",
        "Could I meet Carol? We both grow bees.",
    );
    let request = askfirst::reader::open(&request);
    w.wait(200 * DAY);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "please ask Carol+x@target.example");
    let left = w.proven(&forward);
    assert!(none_to(&left, "Carol+x@target.example"));
    to(&left, BOB.1);
    assert_eq!(w.stages(), [Stage::Declined, Stage::Closed]);
    golden("stop", &w);
}

#[test]
fn a_direct_request_to_a_contact_goes_out_at_once() {
    let mut w = World::new();
    let mail = w.direct(
        "Hello,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice",
    );
    let left = w.proven(&mail);
    let acknowledged = to(&left, ALICE.1).letter.plain.clone().unwrap();
    assert!(!acknowledged.contains("carol@"), "{acknowledged}");
    let ask = to(&left, CAROL.1).clone();
    to(&left, BOB.1);
    let text = ask.letter.plain.clone().unwrap();
    assert!(
        text.contains("introductions address"),
        "no vouching: {text}"
    );
    let left = w.answer(CAROL, &ask, "Sure, please introduce us!");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("direct_yes", &w);
}

/// What Alice gets, and when, after Carol's conduct.
fn alices_view(conduct: impl Fn(&mut World, &Sent)) -> Vec<(i64, Vec<u8>)> {
    let mut w = World::new();
    let mail = w.direct(
        "Hello,\n\ncould you introduce me to Carol Danvers? I build sensors for beehives.\n\nAlice",
    );
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    conduct(&mut w, &ask);
    let mut view = Vec::new();
    for sent in w.sent.iter().filter(|s| s.to.contains(&ALICE.1.to_owned())) {
        view.push((0, sent.bytes.clone()));
    }
    for _ in 0..60 * 24 {
        w.now_secs += 3_600;
        let now = w.now_secs;
        w.desk.tick(now).unwrap();
        for sent in w.deliver() {
            if sent.to.contains(&ALICE.1.to_owned()) {
                view.push((now, sent.bytes));
            }
        }
    }
    view
}

/// Bytes but for what is random: Message-IDs, marks, tokens.
fn masked(view: &[(i64, Vec<u8>)]) -> Vec<(i64, String)> {
    let token = regex::Regex::new(r"\d+-[a-z2-7=\r\n]{26,30}").unwrap();
    let mark =
        regex::Regex::new(r"X-Askfirst-Id: [^\r]*|boundary=[^\r]*|--[=_a-zA-Z0-9]+").unwrap();
    view.iter()
        .map(|(at, bytes)| {
            let text = String::from_utf8_lossy(bytes);
            let text = token.replace_all(&text, "[TOKEN]");
            (*at / 3_600, mark.replace_all(&text, "[MARK]").into_owned())
        })
        .collect()
}

#[test]
fn the_requester_sees_the_same_after_no_silence_later_stop_and_bounce() {
    let say = |text: &'static str| {
        move |w: &mut World, ask: &Sent| {
            let mail = w.writer(CAROL).reply(&ask.letter, text);
            w.proven(&mail);
            w.now_secs -= 60;
        }
    };
    let silence = masked(&alices_view(|_, _| {}));
    assert_eq!(silence.len(), 2, "an acknowledgement and a closing");
    assert_eq!(masked(&alices_view(say("No, thank you."))), silence);
    assert_eq!(masked(&alices_view(say("Please stop asking me."))), silence);
    assert_eq!(masked(&alices_view(say("Later, in spring."))), silence);
    assert_eq!(masked(&alices_view(say("Who is that?"))), silence);
    let bounce = |w: &mut World, ask: &Sent| {
        w.raw(&bounce_of(ask, CAROL.1));
        w.now_secs -= 60;
    };
    assert_eq!(masked(&alices_view(bounce)), silence);
}

pub fn bounce_of(ask: &Sent, recipient: &str) -> Vec<u8> {
    let id = ask.letter.message_id.clone().unwrap();
    format!(
        "Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: intro@bot.example\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nDate: Tue, 24 Nov 2026 10:01:00 +0000\r\nMessage-ID: <b1@mx.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you that your message could not be delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {id}\r\nSubject: x\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn a_bounce_is_told_to_the_connector_who_can_correct_the_address() {
    let mut w = World::new();
    let left = w.forward("Ask carol@wrong.example please");
    let ask = to(&left, "carol@wrong.example").clone();
    let left = w.raw(&bounce_of(&ask, "carol@wrong.example"));
    let told = to(&left, BOB.1).clone();
    assert_eq!(w.stages(), [Stage::Undeliverable]);
    let left = w.answer(BOB, &told, "Sorry, it is carol@target.example");
    to(&left, CAROL.1);
    assert_eq!(w.stages(), [Stage::Asked]);
    assert!(none_to(&w.sent, ALICE.1));
    golden("bounce", &w);
}

#[test]
fn a_direct_request_to_a_stranger_waits_for_the_connector() {
    let mut w = World::new();
    let mail = w.direct(
        "Could you introduce me to Zoe Quist <zoe@quist.example>? I build sensors.\n\nAlice",
    );
    let left = w.proven(&mail);
    assert!(none_to(&left, "zoe@quist.example"));
    to(&left, ALICE.1);
    let question = to(&left, BOB.1).clone();
    assert_eq!(w.stages(), [Stage::WaitingForConnector]);
    let left = w.answer(BOB, &question, "Yes, go ahead");
    to(&left, "zoe@quist.example");
    golden("direct_approved", &w);
}

#[test]
fn the_connectors_refusal_is_honest() {
    let mut w = World::new();
    let mail = w.direct(
        "Could you introduce me to Zoe Quist <zoe@quist.example>? I build sensors.\n\nAlice",
    );
    let left = w.proven(&mail);
    let question = to(&left, BOB.1).clone();
    let left = w.answer(
        BOB,
        &question,
        "No.\n\nI don't know her well enough, sorry.",
    );
    let refusal = to(&left, ALICE.1).letter.plain.clone().unwrap();
    assert!(
        refusal.contains("I don't know her well enough"),
        "{refusal}"
    );
    assert_eq!(w.stages(), [Stage::Cancelled]);
    assert!(
        none_to(&w.wait(60 * DAY), ALICE.1),
        "no closing after a refusal"
    );
    golden("direct_refused", &w);
}

#[test]
fn an_unproven_requester_starts_nothing_alone() {
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.unproven(&mail);
    assert!(
        none_to(&left, ALICE.1),
        "no answer to somebody who may be somebody else"
    );
    assert!(none_to(&left, CAROL.1));
    let question = to(&left, BOB.1).clone();
    let left = w.answer(BOB, &question, "yes");
    to(&left, CAROL.1);
    golden("direct_unproven", &w);
}

#[test]
fn an_unproven_connector_confirms_once() {
    let mut w = World::new();
    let mail = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example please");
    let left = w.unproven(&forward);
    assert!(none_to(&left, CAROL.1));
    let question = to(&left, BOB.1).clone();
    let again = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example, please!");
    assert!(w.unproven(&again).is_empty(), "one question a day");
    let reply = w.writer(BOB).reply(&question.letter, "Yes");
    let left = w.unproven(&reply);
    to(&left, CAROL.1);
    golden("unproven_connector", &w);
}

#[test]
fn two_carols_become_a_numbered_question() {
    let mut house = house();
    house.connectors[0]
        .contacts
        .push(contact("Carol Smith", &["carol@smith.example"]));
    let mut w = World::with(house);
    let left = w.forward("Please introduce her to Carol");
    assert_eq!(left.len(), 1);
    let question = to(&left, BOB.1).clone();
    let text = question.letter.plain.clone().unwrap();
    assert!(
        text.contains("1.") && text.contains("2.") && text.contains("Carol Smith"),
        "{text}"
    );
    let number = match text.find("Carol Smith") < text.find("Carol Danvers") {
        true => "1",
        false => "2",
    };
    let left = w.answer(BOB, &question, number);
    to(&left, "carol@smith.example");
    golden("which_carol", &w);
}

#[test]
fn an_empty_note_asks_the_one_contact_whom_the_request_names() {
    let mut w = World::new();
    let left = w.forward("");
    to(&left, CAROL.1);
    let told = to(&left, BOB.1).letter.plain.clone().unwrap();
    assert!(told.contains("Carol Danvers"), "{told}");
    golden("empty_note", &w);
}

#[test]
fn a_yes_from_another_address_is_confirmed_at_the_asked_one() {
    let mut w = World::new();
    let left = w.forward("Ask dan@ortiz.example please");
    let ask = to(&left, DAN.1).clone();
    let left = w.answer(("Dan", "assistant@ortiz.example"), &ask, "Yes");
    let question = to(&left, DAN.1).clone();
    assert_eq!(w.stages(), [Stage::Confirming]);
    assert!(none_to(&left, ALICE.1));
    let left = w.answer(DAN, &question, "Yes");
    assert_eq!(left[0].to, [ALICE.1, DAN.1, BOB.1]);
    golden("confirmed", &w);
}

#[test]
fn a_contact_may_answer_from_any_of_his_addresses() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(("Carol", "carol@home.example"), &ask, "Yes please");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn a_forged_yes_makes_no_introduction() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    // Everything of the ask is known to the forger, and proof fails.
    let forged = w.writer(CAROL).reply(&ask.letter, "Yes");
    let left = w.forged(&forged);
    assert!(none_to(&left, ALICE.1));
    assert_eq!(w.stages(), [Stage::Confirming]);
    // The requester cannot answer for her.
    let own = w.writer(ALICE).reply(&ask.letter, "Yes");
    assert!(w.proven(&own).is_empty());
    // Nor can somebody without the secret.
    let blind = w.writer(CAROL).mail(BOT, "", "Re: interested?", "Yes");
    let left = w.proven(&blind);
    assert!(left.iter().all(|s| s.to.len() == 1));
    assert!(!w.stages().contains(&Stage::Introduced));
}

#[test]
fn the_same_mail_twice_is_one_request() {
    let mut w = World::new();
    let mail = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&mail, BOT, "Ask carol@target.example please");
    assert_eq!(w.proven(&forward).len(), 2);
    assert!(w.proven(&forward).is_empty());
    assert_eq!(w.stages().len(), 1);
    // The same wish by another mail is no second ask.
    let again = w
        .writer(BOB)
        .forward(&mail, BOT, "And ask carol@target.example again");
    let left = w.proven(&again);
    assert!(none_to(&left, CAROL.1));
    to(&left, BOB.1);
}

#[test]
fn a_yes_after_the_closing_asks_the_requester_first() {
    let mut w = World::new();
    let mail = w.direct(
        "Could you introduce me to Zoe Quist <zoe@quist.example>? I build sensors.\n\nAlice",
    );
    let left = w.proven(&mail);
    let question = to(&left, BOB.1).clone();
    w.wait(10 * DAY);
    let left = w.answer(BOB, &question, "Yes");
    let ask = to(&left, "zoe@quist.example").clone();
    let left = w.wait(5 * DAY);
    to(&left, ALICE.1);
    let left = w.answer(("Zoe Quist", "zoe@quist.example"), &ask, "Yes, gladly.");
    assert_eq!(left.len(), 1);
    let question = to(&left, ALICE.1).clone();
    let left = w.answer(ALICE, &question, "Yes, please.");
    assert_eq!(left[0].to, [ALICE.1, "zoe@quist.example", BOB.1]);
    golden("late_yes", &w);
}

#[test]
fn the_connector_answers_the_requester_with_the_bot_in_copy() {
    let mut w = World::new();
    let request = w.request_mail();
    let mut reply = w.writer(BOB).reply(
        &request,
        "Happy to. I'll ask Carol Danvers and let you know.",
    );
    reply = String::from_utf8(reply)
        .unwrap()
        .replacen("Subject:", "Cc: intro@bot.example\r\nSubject:", 1)
        .into_bytes();
    let left = w.proven(&reply);
    to(&left, CAROL.1);
    assert!(none_to(&left, ALICE.1));
    golden("answered_in_copy", &w);
}

#[test]
fn the_connector_asks_the_target_himself() {
    let mut w = World::new();
    let request = w.request_mail();
    let mut ask = w.writer(BOB).forward(
        &request,
        "Carol Danvers <carol@target.example>",
        "Hi Carol, see below - interested?",
    );
    ask = String::from_utf8(ask)
        .unwrap()
        .replacen("Subject:", "Cc: intro@bot.example\r\nSubject:", 1)
        .into_bytes();
    let left = w.proven(&ask);
    assert!(left.is_empty(), "the bot asks nothing and waits");
    assert_eq!(w.stages(), [Stage::Asked]);
    let letter = askfirst::reader::open(&ask);
    let mut yes = w.writer(CAROL).reply(&letter, "Yes, happy to.");
    yes = String::from_utf8(yes)
        .unwrap()
        .replacen("Subject:", "Cc: intro@bot.example\r\nSubject:", 1)
        .into_bytes();
    let left = w.proven(&yes);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("asked_himself", &w);
}

#[test]
fn people_who_already_write_to_each_other_get_no_mail() {
    let mut w = World::new();
    let both = w.writer(BOB).mail(
        "Alice <alice@req.example>, Carol <carol@target.example>",
        "intro@bot.example",
        "Alice <> Carol",
        "Alice, meet Carol. Carol, meet Alice.",
    );
    assert!(w.proven(&both).is_empty());
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let mut reply = w
        .writer(CAROL)
        .reply(&ask.letter, "Yes! Alice, nice to meet you.");
    reply = String::from_utf8(reply)
        .unwrap()
        .replacen("Subject:", "Cc: alice@req.example\r\nSubject:", 1)
        .into_bytes();
    assert!(w.proven(&reply).is_empty());
    assert_eq!(w.stages(), [Stage::Introduced]);
    golden("met", &w);
}

#[test]
fn a_proposal_asks_both_each_alone() {
    let mut w = World::new();
    let mail = w.writer(BOB).mail(
        BOT,
        "",
        "Two people",
        "Please introduce Alice Ng <alice@req.example> to Carol Danvers <carol@target.example>.",
    );
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    let proposal = to(&left, ALICE.1).clone();
    let left = w.answer(CAROL, &ask, "Yes");
    assert!(left.is_empty(), "the requester has not answered");
    let left = w.answer(ALICE, &proposal, "Yes, please");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("proposed", &w);
}

#[test]
fn a_yes_passed_on_by_the_connector_is_confirmed() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let to_bob = w.writer(CAROL).reply(&ask.letter, "Yes, happy to");
    let letter = askfirst::reader::open(&to_bob);
    let passed = w.writer(BOB).forward(&letter, BOT, "She says yes");
    let left = w.proven(&passed);
    assert!(none_to(&left, ALICE.1));
    let question = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &question, "Yes");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    golden("passed_on", &w);
}

#[test]
fn direct_requests_can_be_off() {
    let mut house = house();
    house.connectors[0].direct = Direct::Off;
    let mut w = World::with(house);
    let mail = w.direct("Could you introduce me to Carol Danvers?\n\nAlice");
    let left = w.proven(&mail);
    assert_eq!(left.len(), 1);
    to(&left, ALICE.1);
    assert_eq!(w.stages(), [Stage::Cancelled]);
    golden("direct_off", &w);
}

#[test]
fn an_out_of_office_moves_the_clock_once() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let mail = w
        .writer(CAROL)
        .reply(&ask.letter, "I am away until Monday.");
    let absent = String::from_utf8(mail).unwrap().replacen(
        "Subject:",
        "Auto-Submitted: auto-replied\r\nSubject:",
        1,
    );
    assert!(w.proven(absent.as_bytes()).is_empty());
    assert!(
        w.wait(11 * DAY).is_empty(),
        "the reminder waits a week longer"
    );
    let left = w.wait(3 * DAY);
    to(&left, CAROL.1);
    golden("absent", &w);
}

#[test]
fn a_status_by_mail_lists_what_is_open() {
    let mut w = World::new();
    w.forward("Ask Carol please");
    let mail = w.writer(BOB).mail(BOT, "", "status", "status");
    let left = w.proven(&mail);
    let text = to(&left, BOB.1).letter.plain.clone().unwrap();
    assert!(
        text.contains("Alice Ng") && text.contains("Carol Danvers"),
        "{text}"
    );
    let mail = w
        .writer(("Mallory", "m@all.example"))
        .mail(BOT, "", "status", "status");
    assert!(
        w.proven(&mail)
            .iter()
            .all(|s| !s.letter.plain.clone().unwrap().contains("Carol Danvers"))
    );
}

#[test]
fn sub_addresses_are_used_once_a_mail_to_one_has_come_back() {
    let mut house = house();
    house.separator = None;
    let mut w = World::with(house);
    w.desk.probe(w.now_secs).unwrap();
    w.desk.probe(w.now_secs).unwrap();
    let probe = w.deliver();
    assert_eq!(probe.len(), 1, "once");
    assert_eq!(probe[0].to, ["intro+probe@bot.example"]);
    let before = to(&w.forward("Ask Carol please"), CAROL.1).clone();
    assert_eq!(before.letter.reply_to[0].address.as_str(), BOT);
    assert!(w.raw(&probe[0].bytes).is_empty());
    let after = to(&w.forward("Ask dan@ortiz.example please"), DAN.1).clone();
    assert!(
        after.letter.reply_to[0]
            .address
            .as_str()
            .starts_with("intro+")
    );
    // Without a sub-address the secret still comes back, in the ids and in the quoted code.
    let left = w.answer(CAROL, &before, "Yes please");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn a_mail_of_another_instance_is_left_alone() {
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers?");
    let mail = String::from_utf8(mail).unwrap().replacen(
        "Subject:",
        "X-Askfirst-Id: 00112233\r\nSubject:",
        1,
    );
    assert!(w.proven(mail.as_bytes()).is_empty());
    assert!(w.stages().is_empty());
}

#[test]
fn a_try_later_sends_the_same_bytes_and_an_unknown_outcome_too() {
    use askfirst::rules::retry::{Attempt, Judgement, Phase};
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Ask Carol please");
    let stamped = [
        b"Authentication-Results: mx.bot.example; dmarc=pass header.from=kim.example\r\n",
        forward.as_slice(),
    ]
    .concat();
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.raw(&stamped);
    w.desk.set_paused(false, w.now_secs).unwrap();
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    assert_eq!(parcels.len(), 2);
    assert!(
        w.desk.take_due(10, w.now_secs).unwrap().is_empty(),
        "in flight"
    );
    let busy = Attempt {
        phase: Phase::Recipient,
        reply: Some((451, "4.7.1 greylisted".into())),
        refused: Vec::new(),
    };
    let cut = Attempt {
        phase: Phase::Dot,
        reply: None,
        refused: Vec::new(),
    };
    assert!(matches!(
        w.desk.report(parcels[0].id, &busy, w.now_secs).unwrap(),
        Judgement::TryLater { .. }
    ));
    assert_eq!(
        w.desk.report(parcels[1].id, &cut, w.now_secs).unwrap(),
        Judgement::Unknown
    );
    assert!(w.desk.take_due(10, w.now_secs).unwrap().is_empty());
    let later = w.desk.take_due(10, w.now_secs + 60).unwrap();
    assert_eq!((later.len(), later[0].id), (1, parcels[0].id));
    assert!(later[0].bytes == parcels[0].bytes, "the same bytes");
    w.desk.retry_unknown(w.now_secs + 599).unwrap();
    assert!(w.desk.take_due(10, w.now_secs + 599).unwrap().is_empty());
    w.desk.retry_unknown(w.now_secs + 600).unwrap();
    let again = w.desk.take_due(10, w.now_secs + 600).unwrap();
    assert!(again.len() == 1 && again[0].bytes == parcels[1].bytes);
}

#[test]
fn an_answer_settles_a_mail_of_unknown_outcome() {
    use askfirst::rules::retry::{Attempt, Phase};
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Ask Carol please");
    let stamped = [
        b"Authentication-Results: mx.bot.example; dmarc=pass header.from=kim.example\r\n",
        forward.as_slice(),
    ]
    .concat();
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.raw(&stamped);
    w.desk.set_paused(false, w.now_secs).unwrap();
    let cut = Attempt {
        phase: Phase::Dot,
        reply: None,
        refused: Vec::new(),
    };
    let mut ask = None;
    for parcel in w.desk.take_due(10, w.now_secs).unwrap() {
        let _ = w.desk.report(parcel.id, &cut, w.now_secs).unwrap();
        if parcel.recipients == [CAROL.1] {
            ask = Some(Sent {
                to: parcel.recipients,
                letter: askfirst::reader::open(&parcel.bytes),
                bytes: parcel.bytes,
            });
        }
    }
    let left = w.answer(CAROL, &ask.unwrap(), "Yes please");
    assert_eq!(left.len(), 1);
    w.desk.retry_unknown(w.now_secs + 3_600).unwrap();
    let again = w.desk.take_due(10, w.now_secs + 3_600).unwrap();
    assert!(
        again.iter().all(|parcel| parcel.recipients == [BOB.1]),
        "the ask has arrived, and is not sent again"
    );
}

#[test]
fn words_are_dropped_some_time_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("askfirst.db");
    let store = askfirst::store::Store::open(&path).unwrap();
    let mut w = World::new();
    w.desk = askfirst::desk::Desk::open(store, house(), dice(7)).unwrap();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Yes please");
    let stray = w
        .writer(("Eve", "eve@x.example"))
        .mail(BOT, "", "hm", "beehives, too");
    w.unproven(&stray);
    let holds = |words: &str| {
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(std::fs::read(folder.path().join("askfirst.db-wal")).unwrap_or_default());
        bytes
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    };
    assert!(holds("beehives"));
    w.wait(20 * DAY);
    assert!(w.introductions()[0].request.is_some());
    w.wait(12 * DAY);
    let introduction = &w.introductions()[0];
    assert!(introduction.request.is_none());
    assert!(
        introduction.consents.all_stand(),
        "the record of the consents stays"
    );
    drop(w);
    assert!(!holds("beehives"), "the words are gone from the file");
}

#[test]
fn nothing_goes_out_twice_or_while_paused() {
    let mut w = World::new();
    w.desk.set_paused(true, w.now_secs).unwrap();
    assert!(w.forward("Ask Carol please").is_empty());
    w.desk.set_paused(false, w.now_secs).unwrap();
    assert_eq!(w.deliver().len(), 2);
    assert!(w.deliver().is_empty());
}
