//! P1 to P13: what one side must not learn of the other, and what is left of a person.

use super::*;
use askfirst::desk::Desk;
use askfirst::store::Store;
use std::path::Path;

/// Files in a folder that hold one of these, whatever its case.
fn holding(folder: &Path, canaries: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap().to_ascii_lowercase();
        for canary in canaries {
            let needle = canary.to_ascii_lowercase().into_bytes();
            if bytes.windows(needle.len()).any(|window| window == needle) {
                found.push(format!(
                    "{canary} in {}",
                    path.file_name().unwrap().display()
                ));
            }
        }
    }
    found
}

/// A world over a file.
fn on_disk(folder: &Path) -> World {
    let mut w = World::new();
    let store = Store::open(&folder.join("askfirst.db")).unwrap();
    w.desk = Desk::open(store, house(), dice(11)).unwrap();
    w
}

const CANARIES: [&str; 6] = [
    "carol",
    "danvers",
    "target.example",
    "quincunx",
    "zeppelinesque",
    "beehive",
];

/// An introduction that ends in this, with canaries in every mail of Carol's.
fn whole_life(w: &mut World, last: &str) {
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    w.answer(CAROL, &ask, "Who is that? quincunx");
    w.raw(&bounced(&ask));
    w.answer(CAROL, &ask, last);
    w.wait(2 * DAY);
}

fn bounced(ask: &Sent) -> Vec<u8> {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@target.example\r\nTo: intro@bot.example\r\nSubject: Delayed zeppelinesque\r\nAuto-Submitted: auto-replied\r\nMessage-ID: <d1@target.example>\r\nDate: Tue, 24 Nov 2026 10:01:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nDelayed.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; carol@target.example\r\nAction: delayed\r\nStatus: 4.4.1\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\n--b--\r\n",
        ask.letter.message_id.clone().unwrap()
    )
    .into_bytes()
}

/// P9, P11: after `forget` no file of the store holds a trace, not even its free pages and its log; and
/// the stop of the same person still holds, as a keyed hash.
#[test]
fn p9_p11_forget_leaves_no_trace_in_any_file() {
    for last in [
        "Yes, gladly. zeppelinesque",
        "No, thanks. zeppelinesque",
        "Please stop sending me these. zeppelinesque",
        "zeppelinesque, perhaps?",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut w = on_disk(folder.path());
        whole_life(&mut w, last);
        assert!(
            !holding(folder.path(), &CANARIES).is_empty(),
            "nothing to erase"
        );
        let now = w.now_secs;
        let done = w
            .desk
            .forget(&address("Carol@Target.example"), now)
            .unwrap();
        assert!(done.scrubbed);
        assert_eq!(done.introductions, 1);
        assert_eq!(done.stop_kept, last.contains("stop"));
        let found = holding(folder.path(), &CANARIES);
        assert!(found.is_empty(), "{last}: {found:#?}");
        // The other side's address is not hers.
        assert!(!holding(folder.path(), &["alice@req.example"]).is_empty());
        // A second time there is nothing left to find.
        let again = w
            .desk
            .forget(&address("carol@target.example"), now)
            .unwrap();
        assert_eq!(
            (again.introductions, again.received, again.unsent),
            (0, 0, 0)
        );
        if done.stop_kept {
            let mail =
                w.writer(EVIL)
                    .mail("bob@kim.example", "", "Carol?", "Could I meet Carol? Bees.");
            let request = askfirst::reader::open(&mail);
            let forward = w
                .writer(BOB)
                .forward(&request, BOT, "Ask carol@target.example");
            assert!(
                none_to(&w.proven(&forward), CAROL.1),
                "a stop outlives forgetting"
            );
        }
    }
}

/// P9: an open introduction is called off first, its waiting mails are not sent, a late answer causes
/// nothing, and the requester gets the closing line he was promised.
#[test]
fn p9_forgetting_calls_off_what_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut w = on_disk(folder.path());
    let mail = w.direct("Could you introduce me to Carol Danvers? I build sensors.\n\nAlice");
    let left = w.proven(&mail);
    let ask = to(&left, CAROL.1).clone();
    let now = w.now_secs;
    w.desk.set_paused(true, now).unwrap();
    assert!(w.answer(CAROL, &ask, "What is that about?").is_empty());
    let now = w.now_secs;
    let done = w.desk.forget(&address(CAROL.1), now).unwrap();
    assert_eq!(done.called_off, [1]);
    assert!(done.unsent >= 1, "{done:?}");
    w.desk.set_paused(false, now).unwrap();
    assert!(w.deliver().is_empty());
    for text in ["Yes, gladly.", "No.", "Who are you?"] {
        assert!(w.answer(CAROL, &ask, text).is_empty(), "{text}");
    }
    let left = w.wait(40 * DAY);
    assert_eq!(
        left.iter().map(|sent| sent.to.clone()).collect::<Vec<_>>(),
        [[ALICE.1]]
    );
    assert!(!is_introduced(&w));
    // A stop to the old ask is kept all the same.
    w.answer(CAROL, &ask, "Please stop sending me these.");
    let left = w.forward("Ask carol@target.example please");
    assert!(none_to(&left, CAROL.1));
}

/// P9: both addresses of somebody who was asked at a wrong one first.
#[test]
fn p9_an_address_that_was_corrected_is_erased_as_well() {
    for (who, gone) in [
        ("carol@old.example", "carol@old"),
        (CAROL.1, "target.example"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut w = on_disk(folder.path());
        let left = w.forward("Ask carol@old.example please");
        let ask = to(&left, "carol@old.example").clone();
        let bounce = String::from_utf8(bounced(&ask)).unwrap();
        let bounce = bounce
            .replace("delayed", "failed")
            .replace("4.4.1", "5.1.1")
            .replace("carol@target.example", "carol@old.example");
        let left = w.raw(bounce.as_bytes());
        let told = to(&left, BOB.1).clone();
        let left = w.answer(BOB, &told, "carol@target.example");
        let ask = to(&left, CAROL.1).clone();
        w.answer(CAROL, &ask, "No, thanks.");
        let now = w.now_secs;
        let done = w.desk.forget(&address(who), now).unwrap();
        assert_eq!(done.introductions, 1, "{who}: {done:?}");
        let found = holding(folder.path(), &[who, gone]);
        assert!(found.is_empty() || who != CAROL.1, "{found:#?}");
        assert!(holding(folder.path(), &[who]).is_empty(), "{who}");
    }
}

/// P9: a requester is erased as well, with his words; the target he was brought to is not written to.
#[test]
fn p9_a_requester_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let mut w = on_disk(folder.path());
    let left = w.forward("Ask carol@target.example please");
    let ask = to(&left, CAROL.1).clone();
    let now = w.now_secs;
    let done = w.desk.forget(&address(ALICE.1), now).unwrap();
    assert_eq!((done.introductions, done.called_off.len()), (1, 1));
    let found = holding(
        folder.path(),
        &["alice", "req.example", "beehive", "sensors"],
    );
    assert!(found.is_empty(), "{found:#?}");
    assert!(w.answer(CAROL, &ask, "Yes, gladly.").is_empty());
    assert!(w.wait(30 * DAY).is_empty());
}

/// P9: an address that is only named in others' words goes from these; their introduction goes on.
#[test]
fn p9_a_mention_is_erased_and_its_introduction_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut w = on_disk(folder.path());
    let mail = w.writer(ALICE).mail(
        "bob@kim.example",
        "",
        "Carol?",
        "Could I meet Carol? My colleague zoe@third.example could join us.",
    );
    let request = askfirst::reader::open(&mail);
    let forward = w
        .writer(BOB)
        .forward(&request, BOT, "Ask carol@target.example");
    let left = w.proven(&forward);
    let ask = to(&left, CAROL.1).clone();
    assert!(!holding(folder.path(), &["zoe@third.example"]).is_empty());
    let now = w.now_secs;
    let done = w.desk.forget(&address("zoe@third.example"), now).unwrap();
    assert_eq!((done.introductions, done.mentions), (0, 1), "{done:?}");
    let found = holding(folder.path(), &["zoe@third.example"]);
    assert!(found.is_empty(), "{found:#?}");
    w.answer(CAROL, &ask, "Yes, gladly.");
    assert!(is_introduced(&w));
}

/// P9: it works while another process has the database open.
#[test]
fn p9_forget_works_beside_the_daemon() {
    let folder = tempfile::tempdir().unwrap();
    let mut daemon = on_disk(folder.path());
    whole_life(&mut daemon, "No, thanks. zeppelinesque");
    let store = Store::open(&folder.path().join("askfirst.db")).unwrap();
    let mut beside = Desk::open(store, house(), dice(12)).unwrap();
    let done = beside.forget(&address(CAROL.1), daemon.now_secs).unwrap();
    assert!(done.scrubbed);
    assert!(holding(folder.path(), &CANARIES).is_empty());
    // And the daemon goes on.
    let left = daemon.forward("Ask dan@ortiz.example please");
    to(&left, DAN.1);
}

/// P9: some time after the end the words go by themselves; who, when and on which mail stays.
#[test]
fn p9_bodies_are_dropped_after_keep_bodies() {
    let folder = tempfile::tempdir().unwrap();
    let mut w = on_disk(folder.path());
    whole_life(&mut w, "No, thanks. zeppelinesque");
    w.wait(29 * DAY);
    assert!(!holding(folder.path(), &["zeppelinesque"]).is_empty());
    w.wait(40 * DAY);
    let db = w.desk.store().reading();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let found = holding(folder.path(), &["zeppelinesque", "quincunx", "beehive"]);
    assert!(found.is_empty(), "{found:#?}");
    assert!(!holding(folder.path(), &["carol@target.example"]).is_empty());
}

/// The same for mails that led to nothing, each once it is old enough.
#[test]
fn p9_mails_of_no_introduction_lose_their_words_too() {
    let mut w = World::new();
    let kept = |w: &World| -> i64 {
        let db = w.desk.store().reading();
        db.query_row("SELECT count(*) FROM inbox_raw", [], |row| row.get(0))
            .unwrap()
    };
    let news = |w: &mut World, what: &str| {
        let text = format!(
            "From: News <news@n.example>\r\nTo: {BOT}\r\nSubject: {what}\r\nMessage-ID: <{what}@n.example>\r\n\
             List-Id: <news.n.example>\r\nPrecedence: bulk\r\n\r\n{what}\r\n"
        );
        w.raw(text.as_bytes());
    };
    news(&mut w, "zeppelinesque");
    w.wait(20 * DAY);
    news(&mut w, "quincunx");
    assert_eq!(kept(&w), 2);
    w.wait(12 * DAY);
    assert_eq!(kept(&w), 1);
    w.wait(20 * DAY);
    assert_eq!(kept(&w), 0);
    news(&mut w, "beehive");
    assert_eq!(kept(&w), 1);
    w.wait(32 * DAY);
    assert_eq!(kept(&w), 0);
}

/// P1 to P3, P7: nothing of Carol's side is in any mail to Alice before the introduction, and nothing
/// that Carol wrote after it. What Alice wrote herself may come back to her.
#[test]
fn p3_p7_nothing_of_the_target_reaches_the_requester() {
    for last in [
        "Yes, gladly. Thursday at 4:47 pm is best.",
        "Yes, gladly. zeppelinesque",
        "No, thanks. zeppelinesque",
        "Later. zeppelinesque",
        "zeppelinesque?",
    ] {
        let mut w = World::new();
        let mail = w.direct("Could you introduce me to Carol? I build sensors.\n\nAlice");
        let left = w.proven(&mail);
        let ask = to(&left, CAROL.1).clone();
        w.answer(CAROL, &ask, "Who is that? quincunx");
        w.raw(&bounced(&ask));
        w.answer(CAROL, &ask, last);
        w.wait(40 * DAY);
        assert_eq!(is_introduced(&w), last.contains("4:47"), "{last}");
        for sent in w
            .sent
            .iter()
            .filter(|sent| sent.to.contains(&ALICE.1.to_owned()))
        {
            let seen = format!(
                "{}{}{}",
                String::from_utf8(sent.bytes.clone()).unwrap(),
                sent.letter.plain.clone().unwrap(),
                sent.letter.html.clone().unwrap()
            )
            .to_lowercase();
            for canary in [
                "zeppelinesque",
                "quincunx",
                "4:47 pm",
                "gladly",
                // What is kept of an answer as evidence.
                "yes: “",
                "d1@target.example",
                super::secrets::token(&ask).as_str(),
            ] {
                assert!(!seen.contains(canary), "{canary} to Alice, after {last}");
            }
            if sent.to.len() == 1 {
                for canary in ["danvers", "target.example"] {
                    assert!(
                        !seen.contains(canary),
                        "{canary} to Alice alone, after {last}"
                    );
                }
            }
        }
    }
}

/// P8: the introduction leads nobody back to the ask.
#[test]
fn p8_the_introduction_holds_no_secret_of_the_ask() {
    let (mut w, ask) = asked(house());
    let left = w.answer(CAROL, &ask, "Yes, gladly.");
    let raw = String::from_utf8(left[0].bytes.clone()).unwrap();
    assert!(!raw.contains(&super::secrets::token(&ask)));
    assert!(left[0].letter.references.is_empty() && left[0].letter.in_reply_to.is_empty());
    let answers: Vec<&str> = left[0]
        .letter
        .reply_to
        .iter()
        .map(|p| p.address.as_str())
        .collect();
    assert_eq!(answers, [ALICE.1, CAROL.1]);
}

/// P5, P12: of a thread that is passed on only the requester's own words go to the target.
#[test]
fn p5_p12_older_words_of_the_thread_stay_with_the_connector() {
    let mut w = World::new();
    let old = w.writer(BOB).mail(
        "alice@req.example",
        "",
        "Carol",
        "Between us: Carol is desperate. CANARYOLD",
    );
    let old = askfirst::reader::open(&old);
    let mail = w.writer(ALICE).reply(
        &old,
        "Hi Bob,\n\ncould you introduce me to Carol? I build sensors.\n\nAlice",
    );
    let mail = with_field(
        &String::from_utf8(mail).unwrap(),
        "Subject",
        "Subject: Carol\r\nThread-Index: CANARYINDEX\r\nList-Id: CANARYLIST",
    );
    let request = askfirst::reader::open(mail.as_bytes());
    for dress in [Dress::Gmail, Dress::Outlook, Dress::AppleMail, Dress::Phone] {
        let mut w = World::new();
        let mut writer = w.writer(BOB);
        writer.dress = dress;
        let forward = writer.forward(&request, BOT, "Please ask carol@target.example. CANARYNOTE");
        let left = w.proven(&forward);
        let ask = to(&left, CAROL.1);
        let seen = format!(
            "{}{}",
            String::from_utf8(ask.bytes.clone()).unwrap(),
            ask.letter.plain.clone().unwrap()
        );
        assert!(
            ask.letter
                .plain
                .clone()
                .unwrap()
                .contains("I build sensors"),
            "{dress:?}"
        );
        for canary in [
            "CANARYOLD",
            "CANARYINDEX",
            "CANARYLIST",
            "CANARYNOTE",
            "desperate",
        ] {
            assert!(!seen.contains(canary), "{canary} in {dress:?}");
        }
    }
}
