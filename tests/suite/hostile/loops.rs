//! L1 to L9: programs that answer programs. Fails where an exchange goes on.

use super::*;
use askfirst::desk::Desk;
use askfirst::rules::transition::{MAX_MAILS, MAX_MAILS_TO_TARGET};
use askfirst::store::Store;

/// Mails to Carol's side and in all after the first ask, where `answers` answers each mail to her.
fn exchange(
    w: &mut World,
    first: Sent,
    rounds: usize,
    answers: impl Fn(&mut World, &Sent, usize) -> Vec<u8>,
) -> (usize, usize) {
    let before = w.sent.len();
    let mut open = vec![first];
    for round in 0..rounds {
        let Some(mail) = open.pop() else { break };
        let answer = answers(w, &mail, round);
        let left = w.raw(&answer);
        open.extend(left.into_iter().filter(|sent| sent.to == [CAROL.1]));
    }
    let to_carol = w.sent[before..]
        .iter()
        .filter(|sent| sent.to == [CAROL.1])
        .count();
    (to_carol + 1, w.sent.len())
}

/// L1: two askfirsts, one the other's target: a mail of ours that comes to another instance is left alone.
#[test]
fn l1_two_bots_do_not_talk() {
    let mut here = World::new();
    let left = here.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let mut there = World::new();
    there.desk = Desk::open(Store::in_memory().unwrap(), house(), dice(99)).unwrap();
    assert!(there.raw(&ask.bytes).is_empty());
    assert!(
        there
            .raw(&[stamp("pass", "bot.example").as_bytes(), &ask.bytes].concat())
            .is_empty()
    );
    assert!(there.introductions().is_empty());
}

/// L2: a vacation program, with its header and without.
#[test]
fn l2_a_vacation_program_gets_the_ask_and_at_most_one_question() {
    let texts = [
        "I am away until the 3rd of May.",
        "Thank you for your mail. I read mail on Mondays.",
        "Your request has been received under number 17.",
    ];
    for text in texts {
        for marked in [true, false] {
            let (mut w, ask) = asked(house());
            let (to_carol, _) = exchange(&mut w, ask, 40, |w, mail, round| {
                let mut answer = reply(w, CAROL, mail, Dress::Gmail, &format!("{text} ({round})"));
                if marked {
                    answer = format!("Auto-Submitted: auto-replied\r\n{answer}");
                }
                format!("{}{answer}", stamp("pass", "target.example")).into_bytes()
            });
            assert!(to_carol <= 2, "{text} {marked}: {to_carol}");
            assert!(!is_introduced(&w));
        }
    }
}

/// L3: a ticket system that answers every mail of ours at once, each time from a new address.
#[test]
fn l3_a_responder_with_changing_addresses_runs_into_the_fuses() {
    const MANY: [(&str, &str); 8] = [
        ("Desk", "t1@target.example"),
        ("Desk", "t2@target.example"),
        ("Desk", "t3@target.example"),
        ("Desk", "t4@target.example"),
        ("Desk", "t5@target.example"),
        ("Desk", "t6@target.example"),
        ("Desk", "t7@target.example"),
        ("Desk", "t8@target.example"),
    ];
    for text in [
        "Yes",
        "No",
        "Later",
        "What is this about?",
        "Ticket closed.",
    ] {
        let (mut w, ask) = asked(house());
        let (to_carol, all) = exchange(&mut w, ask, 100, |w, mail, round| {
            let answer = reply(
                w,
                MANY[round % MANY.len()],
                mail,
                Dress::Gmail,
                &format!("{text}\n\nTicket {round}"),
            );
            format!("{}{answer}", stamp("none", "target.example")).into_bytes()
        });
        assert!(
            to_carol <= MAX_MAILS_TO_TARGET as usize,
            "{text}: {to_carol}"
        );
        assert!(all <= MAX_MAILS as usize, "{text}: {all}");
        assert!(!is_introduced(&w));
    }
}

/// L3: the fuse counts whatever asks for more mail, a connector's program as well.
#[test]
fn l3_the_fuse_holds_against_a_program_in_the_connectors_place() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let told = to(&left, BOB.1).clone();
    for _ in 0..20 {
        w.answer(BOB, &told, "ask again");
    }
    let to_carol = w.sent.iter().filter(|sent| sent.to == [CAROL.1]).count();
    assert_eq!(to_carol, 1, "nobody is pressed");
    // He is answered until the fuse blows.
    assert_eq!(w.sent.len(), MAX_MAILS as usize);
}

/// L4: posts of a list are nobody's answer.
#[test]
fn l4_a_list_is_nobody() {
    let (mut w, ask) = asked(house());
    for field in [
        "List-Id: <all.target.example>",
        "List-Post: <mailto:all@target.example>",
        "Precedence: list",
        "List-Unsubscribe: <mailto:x@target.example>",
    ] {
        let mail = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
        let mail = format!("{}{field}\r\n{mail}", stamp("pass", "target.example"));
        assert!(w.raw(mail.as_bytes()).is_empty(), "{field}");
    }
    assert_eq!(w.stages(), [Stage::Asked]);
}

fn bounce(ask: &Sent, id: usize, of: &str) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@target.example\r\nTo: intro@bot.example\r\nSubject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nDate: Tue, 24 Nov 2026 10:01:00 +0000\r\nMessage-ID: <b{id}@target.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNot delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.target.example\r\n\r\nFinal-Recipient: rfc822; {of}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n--b--\r\n",
        ask.letter.message_id.clone().unwrap()
    )
    .into_bytes()
}

/// L5: a bounce is an event and never answered; one of a mail that is not ours is nothing; a forged one
/// does no more than "undeliverable".
#[test]
fn l5_bounces_are_never_answered() {
    let (mut w, ask) = asked(house());
    let left = w.raw(&bounce(&ask, 1, CAROL.1));
    assert!(left.iter().all(|sent| sent.to == [BOB.1]));
    assert!(w.raw(&bounce(&ask, 2, CAROL.1)).is_empty());
    let told = left[0].clone();
    assert!(w.raw(&bounce(&told, 3, BOB.1)).is_empty());
    let mut stranger = told;
    stranger.letter.message_id = Some("<12-aaaaaaaaaaaaaaaaaaaaaaaaaa@bot.example>".to_owned());
    assert!(w.raw(&bounce(&stranger, 4, CAROL.1)).is_empty());
    assert_eq!(w.stages(), [Stage::Undeliverable]);
    // After her yes a late bounce changes nothing.
    let (mut w, ask) = asked(house());
    w.answer(CAROL, &ask, "Yes, gladly.");
    let left = w.raw(&bounce(&ask, 1, CAROL.1));
    assert!(left.is_empty());
    assert_eq!(w.stages(), [Stage::Introduced]);
}

/// L6: nobody is asked to ask the bot.
#[test]
fn l6_the_bot_is_nobodys_target() {
    for bot in [
        "intro@bot.example",
        "Intro@Bot.Example",
        "intro+x@bot.example",
        "bob@kim.example",
    ] {
        let mut w = World::new();
        let left = w.forward(&format!("Ask {bot} please"));
        assert!(left.iter().all(|sent| sent.to == [BOB.1]), "{bot}");
        let mut w = World::new();
        let mail = w.direct(&format!(
            "Could you introduce me to {bot}? I build sensors."
        ));
        let left = w.proven(&mail);
        assert!(
            left.iter()
                .all(|sent| [BOB.1, ALICE.1].contains(&sent.to[0].as_str())),
            "{bot}"
        );
    }
}

/// L7: what they write to each other afterwards is theirs.
#[test]
fn l7_after_the_introduction_the_bot_is_silent() {
    let (mut w, ask) = asked(house());
    let left = w.answer(CAROL, &ask, "Yes, gladly.");
    let made = left[0].clone();
    for (who, domain) in [
        (ALICE, "req.example"),
        (CAROL, "target.example"),
        (BOB, "kim.example"),
    ] {
        for round in 0..3 {
            let mail = reply(
                &mut w,
                who,
                &made,
                Dress::Gmail,
                &format!("Great to meet you, shall we say Tuesday at {round}?"),
            );
            let to = mail
                .lines()
                .find(|line| line.starts_with("To: "))
                .unwrap()
                .to_owned();
            let mail = mail.replacen(&to, &format!("{to}, intro@bot.example"), 1);
            let left = w.raw(format!("{}{mail}", stamp("pass", domain)).as_bytes());
            assert!(left.is_empty(), "{} {round}", who.1);
        }
    }
}

/// L9: a mailbox that is delivered anew: the same mails with other numbers and trace fields.
#[test]
fn l9_a_restored_mailbox_asks_nobody_again() {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example please");
    let forward = [stamp("pass", "kim.example").as_bytes(), &forward].concat();
    assert!(!w.raw(&forward).is_empty());
    for round in 0..50 {
        let again = [
            format!("Received: from restore{round}.test by mx.bot.example\r\n").as_bytes(),
            &forward,
        ]
        .concat();
        assert!(arrive(&mut w, &again, None, 100 + round).is_empty());
    }
    assert_eq!(w.stages().len(), 1);
}

/// L9: the mailbox of whole lives is put back, in any order, in a folder that is numbered anew: nobody
/// gets a mail, and no introduction changes.
#[test]
fn l9_a_mailbox_of_whole_lives_that_is_delivered_anew_says_nothing() {
    use askfirst::rules::introduction::Stage;
    let mut w = World::new();
    let mut raws: Vec<Vec<u8>> = Vec::new();
    for (number, answer) in (0..40).zip(
        [
            "Yes, gladly.",
            "No, thanks.",
            "Later, in March.",
            "Please stop.",
            "Who is that?",
        ]
        .into_iter()
        .cycle(),
    ) {
        let target = format!("t{number}@target.example");
        let mail = w.writer(ALICE).mail(
            "bob@kim.example",
            "",
            "A word?",
            &format!("Hi Bob,\n\nI build sensor {number} and would like advice.\n\nAlice"),
        );
        let request = askfirst::reader::open(&mail);
        let forward = w
            .writer(BOB)
            .forward(&request, BOT, &format!("Ask {target} please"));
        let forward = [stamp("pass", "kim.example").into_bytes(), forward].concat();
        let left = w.raw(&forward);
        raws.push(forward);
        let Some(ask) = left.iter().find(|sent| sent.to == [target.as_str()]) else {
            continue;
        };
        let mut writer = w.writer(CAROL);
        writer.address = Box::leak(target.into_boxed_str());
        let answer = writer.reply(&ask.letter, answer);
        let answer = [stamp("pass", "target.example").into_bytes(), answer].concat();
        w.raw(&answer);
        raws.push(answer);
    }
    let stages = w.stages();
    assert!(
        raws.len() > 60 && stages.contains(&Stage::Introduced),
        "{stages:?}"
    );
    // Backwards, then every third: answers before their requests.
    let order = (0..raws.len()).rev().chain((0..raws.len()).step_by(3));
    for (uid, at) in (1..).zip(order) {
        let again = [
            format!("Received: from restore{uid}.test by mx.bot.example\r\n").as_bytes(),
            &raws[at],
        ]
        .concat();
        let left = arrive(&mut w, &again, None, uid);
        assert!(left.is_empty(), "{at}: {:?}", left[0].to);
    }
    assert_eq!(w.stages(), stages);
}
