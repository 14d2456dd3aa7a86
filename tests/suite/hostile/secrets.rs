//! Secrets: every carrier alone finds the mail it answers, two that disagree decide nothing, and what
//! has been used decides nothing more.

use super::*;
use askfirst::reader::secret;
use askfirst::rules::retry::{Attempt, Phase};

/// The token of a mail of ours.
pub fn token(sent: &Sent) -> String {
    let id = sent.letter.message_id.as_deref().unwrap();
    let found = secret::find(id);
    assert_eq!(found.len(), 1);
    found[0].token()
}

/// A yes from Carol's own program without any trace of the ask but what `carrier` adds.
fn bare_yes(w: &mut World, to: &str, subject: &str, carrier: &str, text: &str) -> String {
    let mail = String::from_utf8(w.writer(CAROL).mail(to, "", subject, text)).unwrap();
    format!("{}{carrier}{mail}", stamp("pass", "target.example"))
}

#[test]
fn every_carrier_alone_finds_the_ask() {
    type Carrier = fn(&Sent) -> (String, String, String, String);
    let carriers: [(&str, Carrier); 7] = [
        ("the sub-address", |ask| {
            (
                format!("intro+{}@bot.example", token(ask)),
                "Alice".into(),
                String::new(),
                "Yes".into(),
            )
        }),
        ("the sub-address in capitals", |ask| {
            (
                format!("INTRO+{}@BOT.EXAMPLE", token(ask).to_uppercase()),
                "Alice".into(),
                String::new(),
                "Yes".into(),
            )
        }),
        ("In-Reply-To", |ask| {
            let id = ask.letter.message_id.clone().unwrap();
            (
                BOT.into(),
                "Re: Alice".into(),
                format!("In-Reply-To: {id}\r\n"),
                "Yes".into(),
            )
        }),
        ("References, with commas as Exchange writes them", |ask| {
            let id = ask.letter.message_id.clone().unwrap();
            (
                BOT.into(),
                "Re: Alice".into(),
                format!("References: <a@b.example>, {id}\r\n"),
                "Yes".into(),
            )
        }),
        (
            "our second id, where the server replaced the first (SES, outlook.com)",
            |ask| {
                let second = ask.letter.references.last().unwrap();
                (
                    BOT.into(),
                    "Re: Alice".into(),
                    format!(
                        "In-Reply-To: <0102@eu-west-1.amazonses.example>\r\nReferences: {second} <0102@eu-west-1.amazonses.example>\r\n"
                    ),
                    "Yes".into(),
                )
            },
        ),
        ("the code in the footer", |ask| {
            (
                BOT.into(),
                "Alice".into(),
                String::new(),
                format!("Yes\n\n> Code: {}", token(ask)),
            )
        }),
        ("the code in the subject of a one-tap answer", |ask| {
            (
                BOT.into(),
                format!("Yes [{}]", token(ask)),
                String::new(),
                "Yes".into(),
            )
        }),
    ];
    for (what, carrier) in carriers {
        let (mut w, ask) = asked(house());
        let (to, subject, field, text) = carrier(&ask);
        let mail = bare_yes(&mut w, &to, &subject, &field, &text);
        w.raw(mail.as_bytes());
        assert!(is_introduced(&w), "{what}");
        // Without it the same words decide nothing.
        let (mut w, _) = asked(house());
        let mail = bare_yes(&mut w, BOT, "Alice", "", "Yes");
        w.raw(mail.as_bytes());
        assert!(!is_introduced(&w), "without {what}");
    }
}

#[test]
fn the_id_that_the_relay_reported_finds_the_ask() {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example please");
    let forward = [stamp("pass", "kim.example").as_bytes(), &forward].concat();
    let now = w.now_secs;
    let arrived = askfirst::store::inbox::Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid: 1,
        internal_date_secs: Some(now),
        size: 1,
        complete: true,
        raw: forward,
        facts: None,
        aside: None,
    };
    w.desk.receive(vec![arrived], now).unwrap();
    for parcel in w.desk.take_due(10, now).unwrap() {
        let id = format!("<{}@relay.example>", parcel.id);
        let attempt = Attempt {
            phase: Phase::Dot,
            reply: Some((250, format!("Ok {id}"))),
            refused: Vec::new(),
        };
        let _ = w.desk.report(parcel.id, &attempt, now).unwrap();
        if parcel.recipients == [CAROL.1] {
            let mail = bare_yes(
                &mut w,
                BOT,
                "Re: Alice",
                &format!("In-Reply-To: {id}\r\n"),
                "Yes",
            );
            let left = arrive(&mut w, mail.as_bytes(), None, 50);
            assert!(left.iter().any(|sent| sent.to.len() == 3), "{id}");
            return;
        }
    }
    panic!("nothing went to Carol");
}

/// F15, T18: two asks to the same person, one mail that carries the secrets of both.
#[test]
fn two_secrets_that_disagree_decide_nothing_and_are_asked_about() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let one = to(&left, CAROL.1).clone();
    let mail = w.writer(EVIL).mail(
        "bob@kim.example",
        "",
        "Carol?",
        "Could I meet Carol? We both keep bees.",
    );
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example");
    let left = w.proven(&forward);
    let two = to(&left, CAROL.1).clone();
    let id = one.letter.message_id.clone().unwrap();
    let mail = bare_yes(
        &mut w,
        &format!("intro+{}@bot.example", token(&two)),
        "Re: meeting",
        &format!("In-Reply-To: {id}\r\n"),
        "Yes",
    );
    let left = w.raw(mail.as_bytes());
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
    assert!(
        left.iter()
            .all(|sent| sent.to == [CAROL.1] || sent.to == [BOB.1])
    );
    assert_eq!(
        left.iter().filter(|sent| sent.to == [CAROL.1]).count(),
        2,
        "one question an ask"
    );
    // Once: the next such mail is kept and causes nothing.
    let again = bare_yes(
        &mut w,
        &format!("intro+{}@bot.example", token(&two)),
        "Re: meeting",
        &format!("In-Reply-To: {id}\r\n"),
        "Yes!",
    );
    assert!(none_to(&w.raw(again.as_bytes()), CAROL.1));
    assert_eq!(w.stages(), [Stage::Asked, Stage::Asked]);
}

/// F16: a secret is dead once its introduction has been made.
#[test]
fn f16_what_has_been_used_decides_nothing_more() {
    let (mut w, ask) = asked(house());
    let yes = reply(&mut w, CAROL, &ask, Dress::Gmail, "Yes, gladly.");
    let yes = format!("{}{yes}", stamp("pass", "target.example"));
    assert_eq!(w.raw(yes.as_bytes()).len(), 1);
    let db = w.desk.store().reading();
    let alive: i64 = db
        .query_row(
            "SELECT count(*) FROM secrets WHERE introduction = 1 AND dead_at IS NULL",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(alive, 0);
    // The same mail again, the same words in a new mail, and a yes to the mails after it.
    assert!(w.raw(yes.as_bytes()).is_empty());
    for text in ["Yes, gladly.", "Yes!", "Sure, go ahead."] {
        let mail = reply(&mut w, CAROL, &ask, Dress::Outlook, text);
        assert!(
            w.raw(format!("{}{mail}", stamp("pass", "target.example")).as_bytes())
                .is_empty(),
            "{text}"
        );
    }
    assert_eq!(w.sent.iter().filter(|sent| sent.to.len() == 3).count(), 1);
    // A stop is heard all the same.
    let left = w.answer(CAROL, &ask, "Please stop sending me these.");
    to(&left, CAROL.1);
}

/// F17: the bits are the system's, all 128 of them, and are kept as a hash.
#[test]
fn f17_secrets_are_long_different_and_kept_as_hashes() {
    let mut dice = askfirst::daemon::system_dice();
    let mut seen = std::collections::BTreeSet::new();
    let mut ones = [0_u32; 128];
    for _ in 0..4_000 {
        let mut bits = [0_u8; 16];
        dice(&mut bits);
        assert!(seen.insert(bits));
        for (at, one) in ones.iter_mut().enumerate() {
            *one += u32::from(bits[at / 8] >> (at % 8) & 1);
        }
    }
    // Each bit is set in about half of them: six standard deviations either way.
    assert!(
        ones.iter().all(|one| (1_810..=2_190).contains(one)),
        "{ones:?}"
    );
    let (w, ask) = asked(house());
    let secret = secret::Secret::parse(&token(&ask)).unwrap();
    let db = w.desk.store().reading();
    let stored: Vec<u8> = db
        .query_row(
            "SELECT hash FROM secrets WHERE id = ?1",
            [secret.row],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(stored, secret.hash());
    assert!(!stored.windows(16).any(|window| window == secret.bits));
}

/// F15: the secret of one ask, in any carrier, decides nothing about another.
#[test]
fn f15_the_secret_of_one_ask_is_none_of_another() {
    let mut w = World::new();
    let left = w.forward("Ask carol@target.example please");
    let carols = to(&left, CAROL.1).clone();
    let mail = w.writer(EVIL).mail(
        "bob@kim.example",
        "",
        "Dan?",
        "Could I meet Dan Ortiz? Bees.",
    );
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask dan@ortiz.example");
    w.proven(&forward);
    let mail = reply(&mut w, DAN, &carols, Dress::Gmail, "Yes, gladly.");
    w.raw(format!("{}{mail}", stamp("pass", "ortiz.example")).as_bytes());
    assert!(!is_introduced(&w), "Dan holds the secret of Carol's ask");
}
