//! Stories by a reader who tried to break the bot: requests that quote old codes, folders that are
//! listed anew, mails nobody can be told of. Each fails without the mending that it stands for.

use crate::world::*;
use askfirst::desk::views::FolderSeen;
use askfirst::reader::letter::Letter;
use askfirst::rules::introduction::Stage;
use askfirst::rules::retry::{Attempt, Phase};
use askfirst::store::introductions;

const EVE: (&str, &str) = ("Eve Berg", "eve@berg.example");

fn stamped(mail: &[u8], domain: &str, dmarc: &str) -> Vec<u8> {
    let stamp = format!("Authentication-Results: {MX}; dmarc={dmarc} header.from={domain}\r\n");
    [stamp.as_bytes(), mail].concat()
}

/// One introduction of Alice to Carol that was made; the Introduction as all three have it.
fn introduced(w: &mut World) -> Sent {
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Yes, gladly");
    assert_eq!(w.stages(), [Stage::Introduced]);
    left[0].clone()
}

/// Alice's mail to Bob in the thread of one of our mails.
fn in_thread(w: &mut World, of: &Letter, text: &str) -> Letter {
    let mail = w.writer(ALICE).reply(of, text);
    let mail = String::from_utf8(mail).unwrap();
    let to = mail.lines().find(|line| line.starts_with("To: ")).unwrap();
    let mail = mail.replacen(to, "To: Bob Kim <bob@kim.example>", 1);
    askfirst::reader::open(mail.as_bytes())
}

#[test]
fn a_second_request_in_the_thread_of_the_introduction_is_not_lost() {
    let mut w = World::new();
    let made = introduced(&mut w);
    let second = in_thread(
        &mut w,
        &made.letter,
        "Hi Bob,\n\nthat was great. Could you also introduce me to Dan Ortiz? I need antennas.\n\nAlice",
    );
    let forward = w
        .writer(BOB)
        .forward(&second, BOT, "Please ask dan@ortiz.example");
    let left = w.proven(&forward);
    let ask = to(&left, DAN.1);
    let text = ask.letter.plain.clone().unwrap();
    assert!(text.contains("I need antennas"), "{text}");
    assert_eq!(w.stages(), [Stage::Introduced, Stage::Asked]);
}

#[test]
fn a_request_that_quotes_the_codes_of_two_introductions_is_not_lost() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let one = to(&left, CAROL.1).letter.message_id.clone().unwrap();
    let two = to(&left, BOB.1).letter.message_id.clone().unwrap();
    let mail = w.writer(EVE).mail(
        "bob@kim.example",
        "",
        "Carol?",
        "Could I meet Carol? We both grow bees.",
    );
    let request = askfirst::reader::open(&mail);
    let forward = w.writer(BOB).forward(&request, BOT, "Ask Dan please");
    let left = w.proven(&forward);
    let three = to(&left, DAN.1).letter.message_id.clone().unwrap();
    let third = w.writer(("Fay Moor", "fay@moor.example")).mail(
        "bob@kim.example",
        "",
        "Dan?",
        &format!("Could I meet Dan Ortiz? I build kites. I found these: {one} {two} {three}"),
    );
    let third = askfirst::reader::open(&third);
    let forward = w
        .writer(BOB)
        .forward(&third, BOT, "Please ask dan@ortiz.example");
    let left = w.proven(&forward);
    to(&left, DAN.1);
    assert_eq!(w.stages().len(), 3);
}

#[test]
fn a_yes_counts_though_the_request_below_quotes_another_code() {
    let mut w = World::new();
    let left = w.forward("Ask dan@ortiz.example please");
    let other = to(&left, BOB.1).letter.message_id.clone().unwrap();
    let mail = w.writer(EVE).mail(
        "bob@kim.example",
        "",
        "Carol?",
        &format!("Could I meet Carol? We both grow bees. Bob sent me {other}"),
    );
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example");
    let left = w.proven(&forward);
    let ask = to(&left, CAROL.1).clone();
    let left = w.answer(CAROL, &ask, "Yes, gladly");
    assert_eq!(left[0].to, [EVE.1, CAROL.1, BOB.1]);
    assert_eq!(w.stages(), [Stage::Asked, Stage::Introduced]);
}

#[test]
fn a_requester_who_answers_us_with_another_wish_is_heard() {
    let mut w = World::new();
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let acknowledged = to(&left, ALICE.1).clone();
    let left = w.answer(
        ALICE,
        &acknowledged,
        "Thank you! Could you also introduce me to Dan Ortiz? I need an antenna for the hives.",
    );
    to(&left, DAN.1);
    assert!(none_to(&left, CAROL.1));
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
    // Thanks alone are no wish, and a word about Carol is not another one.
    let left = w.answer(
        ALICE,
        &acknowledged,
        "Thanks, no hurry! Carol will like it.",
    );
    assert!(left.is_empty());
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
}

#[test]
fn what_the_target_wrote_to_the_connector_is_still_no_yes() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let mail = String::from_utf8(w.writer(CAROL).reply(&ask.letter, "Yes, why not")).unwrap();
    let head = mail.lines().find(|line| line.starts_with("To: ")).unwrap();
    let mail = mail.replacen(head, "To: bob@kim.example", 1);
    let hers = askfirst::reader::open(mail.as_bytes());
    let forward = w.writer(BOB).forward(&hers, BOT, "She says yes!");
    let left = w.proven(&forward);
    to(&left, CAROL.1);
    assert!(none_to(&left, ALICE.1));
    assert_eq!(w.stages(), [Stage::Confirming]);
}

#[test]
fn a_requester_with_a_forwarded_ask_can_not_say_yes() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let mail = w.writer(ALICE).reply(&ask.letter, "Yes");
    assert!(w.proven(&mail).is_empty());
    // From another address of hers it brings one question, to Carol.
    let mail = w.writer(EVE).reply(&ask.letter, "Yes");
    let left = w.proven(&mail);
    assert_eq!(left.len(), 1);
    to(&left, CAROL.1);
    let mail = w.writer(EVE).reply(&ask.letter, "Yes!!");
    assert!(w.proven(&mail).is_empty());
    assert!(none_to(&w.sent, ALICE.1));
}

#[test]
fn a_listing_anew_that_breaks_off_does_not_make_old_mail_new() {
    let mut w = World::new();
    let now = w.now_secs;
    let mut look = |uid_validity, uid_next, now_secs| {
        let folder = FolderSeen {
            account: "intro",
            mailbox: "INBOX",
            uid_validity,
            uid_next,
            from_start: false,
        };
        w.desk.open_folder(&folder, now_secs).unwrap()
    };
    assert!(!look(1, 100, now).moved);
    assert!(!look(1, 101, now + 60).moved);
    assert!(look(2, 100, now + 3_600).moved);
    // The connection broke before all was listed: the next session looks again.
    let again = look(2, 100, now + 3_700);
    assert!(again.moved);
    assert_eq!((again.first_uid, again.started_at_secs), (1, now));
}

/// Breaks an introduction so that nothing can be written to its connector.
fn forget_connector(w: &World) {
    let db = w.desk.store().reading();
    let mut broken = w.introductions().remove(0);
    broken.connector = None;
    introductions::save(db, &broken).unwrap();
}

#[test]
fn an_introduction_that_can_not_be_told_does_not_stop_the_clock_of_others() {
    let mut w = World::new();
    w.forward("Ask carol@target.example please");
    let mail = w
        .writer(EVE)
        .mail("bob@kim.example", "", "Dan?", "Could I meet Dan? Bees.");
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask dan@ortiz.example");
    w.proven(&forward);
    forget_connector(&w);
    let left = w.wait(30 * DAY);
    to(&left, BOB.1);
    assert_eq!(w.stages()[1], Stage::Closed);
}

#[test]
fn a_refused_mail_of_which_nobody_can_be_told_is_not_sent_for_ever() {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example please");
    w.now_secs += 1;
    let now = w.now_secs;
    let arrived = askfirst::store::inbox::Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid: 77,
        internal_date_secs: Some(now),
        size: 1,
        complete: true,
        raw: stamped(&forward, "kim.example", "pass"),
        facts: None,
        aside: None,
    };
    w.desk.receive(vec![arrived], now).unwrap();
    forget_connector(&w);
    for parcel in w.desk.take_due(10, now).unwrap() {
        let attempt = Attempt {
            phase: Phase::Data,
            reply: Some((554, "no".to_owned())),
            refused: Vec::new(),
        };
        let _ = w.desk.report(parcel.id, &attempt, now).unwrap();
    }
    let later = now + 10 * DAY;
    w.desk.retry_unknown(later).unwrap();
    assert!(w.desk.take_due(10, later).unwrap().is_empty());
}

#[test]
fn junk_brings_no_questions_and_is_read_once_it_is_taken_out() {
    let mut w = World::new();
    let mail = w.writer(EVE).mail(
        BOT,
        "",
        "An offer",
        "Dear Sir, we sell lamps at good prices.",
    );
    let mail = stamped(&mail, "berg.example", "pass");
    assert!(w.raw_in("Junk", &mail).is_empty());
    let left = w.raw(&mail);
    to(&left, EVE.1);
    let forged = w
        .writer(BOB)
        .mail(BOT, "", "Fwd: x", "Ask carol@target.example please");
    assert!(w.raw_in("Junk", &forged).is_empty());
    // A yes there is a yes.
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let yes = w.writer(CAROL).reply(&ask.letter, "Yes, gladly");
    let left = w.raw_in("Junk", &yes);
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
    assert!(
        w.raw(&yes).is_empty(),
        "the copy in the inbox is a duplicate"
    );
}

#[test]
fn what_was_called_off_while_it_waited_is_not_sent() {
    let mut w = World::new();
    let now = w.now_secs;
    w.desk.set_paused(true, now).unwrap();
    assert!(w.forward("Ask carol@target.example please").is_empty());
    assert!(w.desk.cancel(1, now).unwrap());
    w.desk.set_paused(false, now).unwrap();
    w.now_secs += 60;
    let left = w.deliver();
    assert!(none_to(&left, CAROL.1));
    assert!(w.wait(30 * DAY).is_empty());
}

#[test]
fn who_said_stop_gets_no_question_that_was_waiting() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let now = w.now_secs;
    w.desk.set_paused(true, now).unwrap();
    let mail = w
        .writer(EVE)
        .mail("bob@kim.example", "", "Carol?", "Could I meet Carol? Bees.");
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example");
    w.proven(&forward);
    w.answer(CAROL, &ask, "Please stop sending me these.");
    let now = w.now_secs;
    w.desk.set_paused(false, now).unwrap();
    let left = w.deliver();
    let stopped = to(&left, CAROL.1).letter.plain.clone().unwrap();
    assert!(!stopped.contains("interested"), "{stopped}");
    assert!(none_to(&w.wait(30 * DAY), CAROL.1));
}

#[test]
fn a_server_that_always_cuts_after_the_dot_gets_few_copies() {
    let mut w = World::new();
    let now = w.now_secs;
    w.desk.set_paused(true, now).unwrap();
    w.forward("Ask carol@target.example please");
    w.desk.set_paused(false, now).unwrap();
    let mut copies = 0;
    for hour in 0..24 * 20 {
        let at = now + 3_600 * hour + 120;
        w.desk.retry_unknown(at).unwrap();
        for parcel in w.desk.take_due(10, at).unwrap() {
            copies += u32::from(parcel.recipients == [CAROL.1]);
            let attempt = Attempt {
                phase: Phase::Dot,
                reply: None,
                refused: Vec::new(),
            };
            let _ = w.desk.report(parcel.id, &attempt, at).unwrap();
        }
    }
    assert!((2..=6).contains(&copies), "{copies}");
    assert_eq!(w.desk.next_delivery_secs().unwrap(), None);
    // Nobody knows whether it arrived; the connector is told rather than left to wonder.
    assert_eq!(w.stages(), [Stage::Undeliverable]);
}

#[test]
fn what_the_operator_called_off_stays_off() {
    // While the ask is out.
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let now = w.now_secs;
    assert!(w.desk.cancel(1, now).unwrap());
    let left = w.answer(CAROL, &ask, "Yes, gladly");
    assert!(none_to(&left, ALICE.1));
    // While a yes is held.
    let mut house = house();
    house.pace.hold_yes_secs = 2 * DAY;
    let mut w = World::with(house);
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Yes, gladly");
    let now = w.now_secs;
    assert!(w.desk.cancel(1, now).unwrap());
    assert!(w.wait(60 * DAY).is_empty());
}

#[test]
fn a_held_yes_can_be_taken_back_in_every_way() {
    for (second, stage) in [
        ("Actually no, sorry.", Stage::Declined),
        ("Please stop sending me these.", Stage::Declined),
        ("Not now, please ask me again in January.", Stage::Deferred),
    ] {
        let mut house = house();
        house.pace.hold_yes_secs = 2 * DAY;
        let mut w = World::with(house);
        let left = w.forward("Ask carol@target.example please");
        let ask = to(&left, CAROL.1).clone();
        w.answer(CAROL, &ask, "Yes, gladly");
        w.answer(CAROL, &ask, second);
        assert_eq!(w.stages(), [stage], "{second}");
        assert!(none_to(&w.wait(7 * DAY), ALICE.1), "{second}");
    }
}

#[test]
fn a_yes_above_a_cut_attachment_counts() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let plain = String::from_utf8(w.writer(CAROL).reply(&ask.letter, "Yes, gladly")).unwrap();
    let (head, body) = plain.split_once("\r\n\r\n").unwrap();
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with("Content-") && !line.starts_with("MIME"))
        .collect();
    let head = head.join("\r\n");
    let base64 = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\r\n".repeat(1_600);
    let mail = format!(
        "{head}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n{base64}"
    );
    let left = w.proven(mail.as_bytes());
    assert_eq!(left[0].to, [ALICE.1, CAROL.1, BOB.1]);
}

#[test]
fn a_connector_who_answers_a_notice_outside_its_thread_is_understood() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let told = to(&left, BOB.1).clone();
    // His program drops the thread and writes to the plain address; the notice is quoted.
    let mail = String::from_utf8(w.writer(BOB).reply(&told.letter, "cancel")).unwrap();
    let to_line = mail.lines().find(|line| line.starts_with("To: ")).unwrap();
    let mail = mail.replacen(to_line, "To: intro@bot.example", 1);
    let mail: Vec<&str> = mail
        .split("\r\n")
        .filter(|line| !line.starts_with("In-Reply-To:") && !line.starts_with("References:"))
        .collect();
    w.proven(mail.join("\r\n").as_bytes());
    assert_eq!(w.stages(), [Stage::Cancelled]);
}

#[test]
fn a_connector_answers_the_requester_in_the_thread_of_an_old_introduction() {
    let mut w = World::new();
    let made = introduced(&mut w);
    let second = in_thread(
        &mut w,
        &made.letter,
        "Hi Bob,\n\nthanks! Could you introduce me to Dan Ortiz as well? I need antennas.\n\nAlice",
    );
    // Row 2: Bob answers her, the bot in Cc.
    let mail = String::from_utf8(w.writer(BOB).reply(
        &second,
        "Hi Alice, sure, I will ask Dan (dan@ortiz.example).",
    ))
    .unwrap();
    let mail = mail.replacen("\r\nSubject:", "\r\nCc: intro@bot.example\r\nSubject:", 1);
    let left = w.proven(mail.as_bytes());
    let text = to(&left, DAN.1).letter.plain.clone().unwrap();
    assert!(text.contains("I need antennas"), "{text}");
}

#[test]
fn carol_may_ask_for_an_introduction_of_her_own_by_the_old_thread() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Yes, gladly");
    // She writes to the bot by answering the old ask, weeks later.
    w.wait(20 * DAY);
    let left = w.answer(
        CAROL,
        &ask,
        "Hello again. Could you introduce me to Dan Ortiz? I would like to learn about antennas.",
    );
    to(&left, DAN.1);
    // And Bob hands on what she writes to him, with the old ask quoted below.
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Yes, gladly");
    let mail = w.writer(CAROL).reply(
        &ask.letter,
        "Hi Bob, that went well. Could you introduce me to Dan Ortiz? Antennas!",
    );
    let mail = String::from_utf8(mail).unwrap();
    let to_line = mail.lines().find(|line| line.starts_with("To: ")).unwrap();
    let mail = mail.replacen(to_line, "To: bob@kim.example", 1);
    let hers = askfirst::reader::open(mail.as_bytes());
    let forward = w
        .writer(BOB)
        .forward(&hers, BOT, "Please ask dan@ortiz.example");
    let left = w.proven(&forward);
    to(&left, DAN.1);
}
