//! What a requester tries who wants to know more than he is told, what is lost by a plain answer, and
//! what a mail that still waits must not do. Fails with the story in which it went wrong.

use crate::conversations::golden;
use crate::world::*;
use askfirst::rules::introduction::Stage;

const WISH: &str = "Hello,\n\ncould you introduce me to Carol Danvers? I build sensors.\n\nAlice";
const EVE: (&str, &str) = ("Eve Stone", "eve@stone.example");

fn text(sent: &Sent) -> String {
    sent.letter.plain.clone().unwrap_or_default()
}

/// Bob and Eve, who know the same people.
fn two_connectors() -> World {
    let mut house = house();
    let mut eve = house.connectors[0].clone();
    (eve.name, eve.addresses) = (EVE.0.to_owned(), vec![address(EVE.1)]);
    house.connectors.push(eve);
    World::with(house)
}

/// Nothing leaves while the mail server is away.
fn received_unsent(w: &mut World, mail: &[u8], domain: &str) {
    let stamp = format!("Authentication-Results: {MX}; dmarc=pass header.from={domain}\r\n");
    w.uid += 1;
    let raw = [stamp.as_bytes(), mail].concat();
    let arrived = askfirst::store::inbox::Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid: w.uid,
        internal_date_secs: Some(w.now_secs),
        size: raw.len() as u64,
        complete: true,
        raw,
        facts: None,
        aside: None,
    };
    w.desk.receive(vec![arrived], w.now_secs).unwrap();
    w.now_secs += 60;
}

#[test]
fn the_connector_is_chosen_by_a_number_or_a_first_name_as_the_question_says() {
    for (answer, chosen) in [
        ("2", EVE),
        ("1", BOB),
        ("Eve", EVE),
        ("Bob, please.", BOB),
        ("Eve Stone", EVE),
        ("eve@stone.example", EVE),
        ("2.", EVE),
    ] {
        let mut w = two_connectors();
        let mail = w.direct(WISH);
        let left = w.proven(&mail);
        let question = to(&left, ALICE.1).clone();
        let left = w.answer(ALICE, &question, answer);
        to(&left, CAROL.1);
        assert!(!none_to(&left, chosen.1), "{answer}");
    }
}

#[test]
fn whoever_is_named_to_the_question_whom_is_not_lost() {
    for name in ["Zoe Quist", "Zoe Quist.", "I'd like to meet Zoe Quist."] {
        let mut w = World::new();
        let mail = w.direct("Hello, I would like to meet somebody. I build sensors.");
        let left = w.proven(&mail);
        let question = to(&left, ALICE.1).clone();
        let left = w.answer(ALICE, &question, name);
        to(&left, BOB.1);
        to(&left, ALICE.1);
    }
}

/// A5, P3: nobody learns an address by trying which guess is passed over.
#[test]
fn a_guess_at_the_targets_address_is_answered_like_any_other() {
    let view = |guess: &str| {
        let mut w = World::new();
        let mail = w.direct(WISH);
        let left = w.proven(&mail);
        let arrived = to(&left, ALICE.1).clone();
        let left = w.answer(
            ALICE,
            &arrived,
            &format!("Could you introduce me to {guess}?"),
        );
        left.iter().filter(|sent| sent.to == [ALICE.1]).count()
    };
    assert_eq!(view("carol@target.example"), view("carol@other.example"));
}

#[test]
fn a_no_that_comes_before_the_introduction_has_left_is_a_no() {
    for stop in ["No, I changed my mind.", "stop"] {
        let mut w = World::new();
        let mail = w.direct(WISH);
        let left = w.proven(&mail);
        let ask = to(&left, CAROL.1).clone();
        let yes = w.writer(CAROL).reply(&ask.letter, "Yes, gladly.");
        received_unsent(&mut w, &yes, "target.example");
        assert_eq!(w.stages(), [Stage::Introduced]);
        let no = w.writer(CAROL).reply(&ask.letter, stop);
        received_unsent(&mut w, &no, "target.example");
        let left = w.deliver();
        assert!(none_to(&left, ALICE.1), "{stop}");
        assert_eq!(w.stages(), [Stage::Declined]);
    }
}

#[test]
fn who_says_yes_again_after_that_no_is_introduced_once() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    for (words, stage) in [
        ("Yes, gladly.", Stage::Introduced),
        ("No, I changed my mind.", Stage::Declined),
    ] {
        let mail = w.writer(CAROL).reply(&ask.letter, words);
        received_unsent(&mut w, &mail, "target.example");
        assert_eq!(w.stages(), [stage]);
    }
    to(&w.deliver(), CAROL.1);
    // She answers what lies in her mailbox longest.
    let left = w.answer(CAROL, &ask, "Yes, happy to talk.");
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    let told = w.sent.iter().filter(|sent| sent.to.len() == 3);
    assert_eq!(told.count(), 1);
}

#[test]
fn what_waits_to_leave_can_be_called_off_by_each_of_the_three() {
    let waiting = || {
        let mut w = World::new();
        let mail = w.direct(WISH);
        let left = w.proven(&mail);
        let (ask, told) = (to(&left, CAROL.1).clone(), to(&left, BOB.1).clone());
        let arrived = to(&left, ALICE.1).clone();
        let yes = w.writer(CAROL).reply(&ask.letter, "Yes, gladly.");
        received_unsent(&mut w, &yes, "target.example");
        assert_eq!(w.stages(), [Stage::Introduced]);
        (w, told, arrived)
    };
    let (mut w, told, _) = waiting();
    let cancel = w.writer(BOB).reply(&told.letter, "cancel");
    received_unsent(&mut w, &cancel, "kim.example");
    assert!(none_to(&w.deliver(), CAROL.1));
    assert_eq!(w.stages(), [Stage::Cancelled]);

    let (mut w, _, arrived) = waiting();
    let cancel = w.writer(ALICE).reply(&arrived.letter, "cancel");
    received_unsent(&mut w, &cancel, "req.example");
    assert!(none_to(&w.deliver(), CAROL.1));
    assert_eq!(w.stages(), [Stage::Cancelled]);

    let (mut w, ..) = waiting();
    assert!(w.desk.cancel(1, w.now_secs).unwrap());
    assert!(w.deliver().is_empty());
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

/// What may have been taken by the server stands: nobody is told "not introduced" who may have read it.
#[test]
fn what_may_have_left_is_not_called_back() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    let yes = w.writer(CAROL).reply(&ask.letter, "Yes, gladly.");
    received_unsent(&mut w, &yes, "target.example");
    let cut = askfirst::rules::retry::Attempt {
        phase: askfirst::rules::retry::Phase::Dot,
        reply: None,
        refused: Vec::new(),
    };
    for parcel in w.desk.take_due(9, w.now_secs).unwrap() {
        let _ = w.desk.report(parcel.id, &cut, w.now_secs).unwrap();
    }
    w.now_secs += 1_200;
    w.desk.retry_unknown(w.now_secs).unwrap();
    let no = w.writer(CAROL).reply(&ask.letter, "No, I changed my mind.");
    received_unsent(&mut w, &no, "target.example");
    assert_eq!(w.stages(), [Stage::Introduced]);
    let left = w.deliver();
    assert!(left.iter().any(|sent| text(sent).contains("already")));
}

/// F14: what a connector or a requester wrote to somebody else, sent on to us with our code in it.
#[test]
fn a_genuine_yes_to_somebody_else_is_no_yes_to_us() {
    let signed = |domain: &str| {
        format!(
            "Authentication-Results: {MX}; dkim=pass header.d={domain}; dmarc=pass header.from={domain}; spf=fail smtp.mailfrom=m@evil.test\r\nDKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s1; h=from:to:cc:subject:date:message-id; bh=x=; b=y=\r\n"
        )
    };
    for (to_whom, expected) in [("alice@req.example", false), (BOT, true)] {
        let mut w = World::new();
        let mail = w.direct("Could you introduce me to Zoe <zoe@quist.example>? I build sensors.");
        let left = w.proven(&mail);
        let question = to(&left, BOB.1).clone();
        let id = question.letter.message_id.clone().unwrap();
        let yes = w.writer(BOB).mail(to_whom, "", "Re: Zoe", "Yes, go ahead");
        let yes = String::from_utf8(yes).unwrap();
        let raw = format!("{}In-Reply-To: {id}\r\n{yes}", signed("kim.example"));
        let left = w.raw(raw.as_bytes());
        assert_eq!(!none_to(&left, "zoe@quist.example"), expected, "{to_whom}");
    }
    for (to_whom, expected) in [("carol@target.example", false), (BOT, true)] {
        let mut w = World::new();
        let text = "Please introduce Alice Ng <alice@req.example> to Carol Danvers.";
        let mail = w.writer(BOB).mail(BOT, "", "Two people", text);
        let left = w.proven(&mail);
        let (ask, proposal) = (to(&left, CAROL.1).clone(), to(&left, ALICE.1).clone());
        w.answer(CAROL, &ask, "Yes");
        let id = proposal.letter.message_id.clone().unwrap();
        let yes = w
            .writer(ALICE)
            .mail(to_whom, "", "Re: lunch", "Yes, please");
        let yes = String::from_utf8(yes).unwrap();
        let raw = format!("{}In-Reply-To: {id}\r\n{yes}", signed("req.example"));
        let left = w.raw(raw.as_bytes());
        assert_eq!(!left.is_empty(), expected, "{to_whom}");
    }
}

#[test]
fn an_answer_that_names_no_connector_is_asked_about_once() {
    let mut w = two_connectors();
    let mail = w.direct(WISH);
    let left = w.proven(&mail);
    let question = to(&left, ALICE.1).clone();
    let left = w.answer(ALICE, &question, "Whoever knows her best.");
    let again = to(&left, ALICE.1).clone();
    assert!(w.answer(ALICE, &again, "Either.").is_empty());
    let left = w.answer(ALICE, &again, "Eve then");
    to(&left, CAROL.1);
    // Carol's own unclear answer still gets its one question.
    let left = w.answer(CAROL, &to(&left, CAROL.1).clone(), "Who is that?");
    to(&left, CAROL.1);
    golden("which_connector_again", &w);
}

#[test]
fn ask_again_is_never_met_with_silence_where_nobody_is_asked() {
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let told = to(&left, BOB.1).clone();
    w.wait(50 * DAY);
    let left = w.answer(BOB, &told, "ask again");
    assert!(none_to(&left, CAROL.1));
    assert!(text(to(&left, BOB.1)).contains("the words of that request are gone"));

    let mut other = World::new();
    let left = other.forward("Ask Dan Ortiz please");
    let (ask, told) = (to(&left, DAN.1).clone(), to(&left, BOB.1).clone());
    other.answer(DAN, &ask, "No thanks.");
    let left = other.answer(BOB, &told, "ask again");
    assert!(none_to(&left, DAN.1));
    assert!(text(to(&left, BOB.1)).contains("because they said no"));

    let mut third = World::new();
    let left = third.forward("Ask Dan Ortiz please");
    let told = to(&left, BOB.1).clone();
    third.wait(20 * DAY);
    to(&third.answer(BOB, &told, "ask again"), DAN.1);
    third.wait(20 * DAY);
    let left = third.answer(BOB, &told, "ask again");
    assert!(none_to(&left, DAN.1));
    assert!(text(to(&left, BOB.1)).contains("best in your own hands"));
    golden("ask_again_words_gone", &w);
}

#[test]
fn who_names_many_people_to_a_question_has_few_of_them_asked() {
    let mut w = World::new();
    let left = w.forward("See below.");
    let question = to(&left, BOB.1).clone();
    let many: Vec<String> = (0..40).map(|n| format!("p{n}@people{n}.example")).collect();
    let mail = w.writer(BOB).reply(&question.letter, &many.join("\n"));
    let left = w.unproven(&mail);
    assert!(left.len() <= 2, "{} mails left", left.len());
}

#[test]
fn whoever_was_named_without_an_address_keeps_the_name() {
    // Mail programs that write only the name of whom a mail is from.
    for (forwarded, answer) in [
        ("Alice Ng", "alice@req.example"),
        ("", "Alice Ng <alice@req.example>"),
    ] {
        let mut w = World::new();
        let request = w.request_mail();
        let mail = w.writer(BOB).forward(&request, BOT, "Please ask Carol.");
        let mail = String::from_utf8(mail).unwrap();
        let mail = mail.replace("Alice Ng <alice@req.example>", forwarded);
        let left = w.proven(mail.as_bytes());
        let question = to(&left, BOB.1).clone();
        let left = w.answer(BOB, &question, answer);
        let ask = text(to(&left, CAROL.1));
        assert!(ask.contains("Alice Ng would like to talk"), "{ask}");
    }
}

#[test]
fn a_stop_is_not_put_off_by_the_brakes_on_strangers_mail() {
    let wrong = "carol@wrong.example";
    let mut house = house();
    // The one setting under which unproven mail causes many mails.
    house.connectors[0].direct = askfirst::rules::manners::Direct::Any;
    house.pace.requests_per_connector = 10_000;
    let mut w = World::with(house);
    let left = w.forward("Please ask Carol <carol@wrong.example>.");
    let ask = to(&left, wrong).clone();
    let left = w.raw(&crate::second_thoughts::bounce_of(&ask, wrong));
    let told = to(&left, BOB.1).clone();
    w.answer(BOB, &told, "Sorry, it is carol@target.example");
    // Somebody writes from her domain until nothing more that nobody proved causes a mail.
    let held = |w: &World| {
        let db = w.desk.store().reading();
        let sql = "SELECT count(*) FROM inbox WHERE disposition = 'held'";
        db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let (mut flooded, start) = (0, w.now_secs);
    while held(&w) == 0 {
        flooded += 1;
        assert!(flooded < 500, "no brake");
        let text = format!("Could you introduce me to z{flooded}@quist{flooded}.example?");
        let mut mail = w.writer(("Carol", wrong)).mail(BOT, "", "A word", &text);
        // Every claim is another one, at the same domain.
        mail = String::from_utf8(mail)
            .unwrap()
            .replace(wrong, &format!("c{flooded}@wrong.example"))
            .into_bytes();
        w.unproven(&mail);
        w.now_secs = start;
    }
    assert!(flooded > 20, "{flooded}: another limit");
    let stop = w
        .writer(("Carol", wrong))
        .reply(&ask.letter, "Please stop asking me.");
    let left = w.unproven(&stop);
    assert!(text(to(&left, wrong)).contains("you won\u{2019}t be asked again"));
}

#[test]
fn a_question_that_waits_is_not_sent_once_it_is_answered() {
    // Sending is paused when the reminder is due; Carol answers the ask meanwhile.
    let mut w = World::new();
    let left = w.forward("Ask Carol please");
    let ask = to(&left, CAROL.1).clone();
    w.desk.set_paused(true, w.now_secs).unwrap();
    w.wait(7 * DAY);
    let waiting = |w: &World| {
        let db = w.desk.store().reading();
        let sql = "SELECT count(*) FROM outbox WHERE saying = 'reminder' AND state = 'queued'";
        db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(waiting(&w), 1);
    let later = w
        .writer(CAROL)
        .reply(&ask.letter, "Not now, please ask me again in January.");
    received_unsent(&mut w, &later, "target.example");
    w.desk.set_paused(false, w.now_secs).unwrap();
    let left = w.deliver();
    let mails: Vec<_> = left.iter().filter(|sent| sent.to == [CAROL.1]).collect();
    assert_eq!(mails.len(), 1, "only that her answer is heard");
    assert!(text(mails[0]).contains("January"), "{}", text(mails[0]));
}

#[test]
fn two_names_in_answer_to_the_question_whom_are_two_introductions() {
    for answer in [
        "Carol Danvers and Dan Ortiz",
        "carol@target.example and dan@ortiz.example",
        "carol@target.example\ndan@ortiz.example",
    ] {
        let mut w = World::new();
        let mail = w.direct("Hello, I would like to meet somebody. I build sensors.\n\nAlice");
        let left = w.proven(&mail);
        let question = to(&left, ALICE.1).clone();
        let left = w.answer(ALICE, &question, answer);
        to(&left, CAROL.1);
        to(&left, DAN.1);
        assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
    }
}
