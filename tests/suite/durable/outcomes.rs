//! What becomes of a mail after each outcome of its delivery, and of the mails behind it in the queue.
//! Fails where a mail is lost, sent with other bytes, or stops the others.

use crate::world::*;
use askfirst::desk::post::Parcel;
use askfirst::rules::introduction::Stage;
use askfirst::rules::retry::{Attempt, Judgement, Looked, OnUnknown, Phase};

pub fn attempt(phase: Phase, code: u16, text: &str) -> Attempt {
    Attempt {
        phase,
        reply: (code > 0).then(|| (code, text.to_owned())),
        refused: Vec::new(),
    }
}

fn accept(w: &mut World, parcel: &Parcel) {
    let ok = attempt(Phase::Dot, 250, "2.0.0 ok");
    let judged = w.desk.report(parcel.id, &ok, w.now_secs).unwrap();
    assert_eq!(judged, Judgement::Delivered);
}

fn is_to(parcel: &Parcel, address: &str) -> bool {
    parcel.recipients == [address]
}

/// A forward of Bob's, whose mails are due and not yet taken.
fn asked(w: &mut World) -> Vec<Parcel> {
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    w.desk.take_due(10, w.now_secs).unwrap()
}

/// The ask was sent and the line died after its dot; everything else was accepted.
fn unknown_ask(w: &mut World) -> Parcel {
    let parcels = asked(w);
    let (ask, others): (Vec<_>, Vec<_>) = parcels.into_iter().partition(|p| is_to(p, CAROL.1));
    others.iter().for_each(|parcel| accept(w, parcel));
    let cut = attempt(Phase::Dot, 0, "");
    let judged = w.desk.report(ask[0].id, &cut, w.now_secs).unwrap();
    assert_eq!(judged, Judgement::Unknown);
    assert!(w.desk.unproven(w.now_secs + 599).unwrap().is_empty());
    w.now_secs += 600;
    let sought = w.desk.unproven(w.now_secs).unwrap();
    assert_eq!(sought.len(), 1);
    let letter = askfirst::reader::open(&ask[0].bytes);
    assert_eq!(Some(&sought[0].message_id), letter.message_id.as_ref());
    ask[0].clone()
}

fn state(w: &World, id: i64) -> String {
    let db = w.desk.store().reading();
    db.query_row("SELECT state FROM outbox WHERE id = ?1", [id], |r| r.get(0))
        .unwrap()
}

#[test]
fn a_copy_in_sent_ends_the_doubt_and_nothing_is_sent_again() {
    for policy in [OnUnknown::Probe, OnUnknown::Never] {
        let mut w = World::new();
        let ask = unknown_ask(&mut w);
        let now = w.now_secs;
        w.desk.resolve(ask.id, Looked::Found, policy, now).unwrap();
        assert_eq!(state(&w, ask.id), "accepted");
        assert!(w.desk.take_due(10, now + 5 * DAY).unwrap().is_empty());
    }
}

#[test]
fn without_proof_the_same_bytes_go_once_more() {
    let mut w = World::new();
    let ask = unknown_ask(&mut w);
    let now = w.now_secs;
    let policy = OnUnknown::Probe;
    w.desk.resolve(ask.id, Looked::Absent, policy, now).unwrap();
    let again = w.desk.take_due(10, now).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].bytes, again[0].id), (&ask.bytes, ask.id));
    accept(&mut w, &again[0]);
    assert!(w.desk.take_due(10, now + DAY).unwrap().is_empty());
}

#[test]
fn a_mailbox_out_of_reach_is_asked_again_for_an_hour() {
    let mut w = World::new();
    let ask = unknown_ask(&mut w);
    for look in 0..6 {
        let now = w.now_secs;
        let policy = OnUnknown::Probe;
        w.desk.resolve(ask.id, Looked::Failed, policy, now).unwrap();
        assert_eq!(state(&w, ask.id), "unknown", "look {look}");
        assert!(w.desk.unproven(now + 599).unwrap().is_empty());
        w.now_secs += 600;
        assert_eq!(w.desk.unproven(w.now_secs).unwrap().len(), 1);
    }
    let now = w.now_secs;
    let policy = OnUnknown::Probe;
    w.desk.resolve(ask.id, Looked::Failed, policy, now).unwrap();
    assert_eq!(state(&w, ask.id), "queued");
}

#[test]
fn never_means_never_and_the_connector_is_told() {
    let mut w = World::new();
    let ask = unknown_ask(&mut w);
    let now = w.now_secs;
    let policy = OnUnknown::Never;
    w.desk.resolve(ask.id, Looked::Absent, policy, now).unwrap();
    let sent = w.deliver();
    let told = to(&sent, BOB.1).letter.plain.clone().unwrap();
    assert!(
        told.contains("I can’t tell whether it was taken") && told.contains("Carol"),
        "{told}"
    );
    assert!(none_to(&sent, CAROL.1) && none_to(&sent, ALICE.1));
    assert_eq!(state(&w, ask.id), "unknown");
    assert_eq!(w.desk.next_proof_secs().unwrap(), None);
    // It did arrive, and she answers.
    let letter = askfirst::reader::open(&ask.bytes);
    let yes = w.writer(CAROL).reply(&letter, "Yes, happy to.");
    w.proven(&yes);
    assert_eq!(w.stages(), [Stage::Introduced]);
    assert_eq!(state(&w, ask.id), "accepted");
}

#[test]
fn one_mail_that_is_refused_at_mail_holds_up_nobody() {
    let mut w = World::new();
    let parcels = asked(&mut w);
    let (bad, good): (Vec<_>, Vec<_>) = parcels.into_iter().partition(|p| is_to(p, CAROL.1));
    let no = attempt(Phase::Mail, 550, "5.7.1 not this one");
    for round in 0..6 {
        let judged = w.desk.report(bad[0].id, &no, w.now_secs).unwrap();
        let Judgement::TryLater { delay_secs } = judged else {
            panic!("{judged:?} in round {round}");
        };
        // The others are not stopped by it.
        match round {
            0 => accept(&mut w, &good[0]),
            _ => {
                let sent = w.forward("Please ask Dan");
                assert_eq!(sent.len(), if round < 2 { 2 } else { sent.len() });
                assert!(!sent.is_empty(), "round {round}");
            }
        }
        w.now_secs += delay_secs;
        let again = w.desk.take_due(10, w.now_secs).unwrap();
        assert_eq!(again.len(), 1, "round {round}");
        assert_eq!(again[0].bytes, bad[0].bytes);
    }
}

#[test]
fn two_mails_refused_at_mail_in_a_row_stop_the_queue_and_none_is_given_up() {
    let mut w = World::new();
    let parcels = asked(&mut w);
    let no = attempt(Phase::Mail, 550, "5.7.1 this account is suspended");
    let first = w.desk.report(parcels[0].id, &no, w.now_secs).unwrap();
    let second = w.desk.report(parcels[1].id, &no, w.now_secs).unwrap();
    assert_eq!(first, Judgement::TryLater { delay_secs: 900 });
    assert_eq!(second, Judgement::StopQueue { delay_secs: 900 });
    assert!(w.desk.silence(w.now_secs).unwrap().is_some());
    assert!(w.desk.take_due(10, w.now_secs + 899).unwrap().is_empty());
    w.now_secs += 900;
    assert_eq!(w.deliver().len(), 2);
}

#[test]
fn a_mail_that_is_too_large_is_shortened_once_under_another_id() {
    let mut w = World::new();
    let words = "I build sensors for beehives and would like to learn about radio. ".repeat(60);
    let request = w.writer(ALICE).mail(
        "Bob Kim <bob@kim.example>",
        "",
        "A word with Carol?",
        &format!("Hi Bob,\n\ncould you introduce me to Carol Danvers?\n\n{words}\n\nAlice"),
    );
    let request = askfirst::reader::open(&request);
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    let ask = parcels.iter().find(|p| is_to(p, CAROL.1)).unwrap().clone();
    for parcel in parcels.iter().filter(|p| p.id != ask.id) {
        accept(&mut w, parcel);
    }
    let large = attempt(Phase::Mail, 552, "5.3.4 too big");
    let now = w.now_secs;
    let judged = w.desk.report(ask.id, &large, now).unwrap();
    assert_eq!(judged, Judgement::TooLarge);
    assert_eq!(state(&w, ask.id), "superseded");
    let shorter = w.desk.take_due(10, now).unwrap();
    assert_eq!(shorter.len(), 1);
    assert!(is_to(&shorter[0], CAROL.1) && shorter[0].bytes.len() * 2 < ask.bytes.len());
    let (old, new) = (
        askfirst::reader::open(&ask.bytes),
        askfirst::reader::open(&shorter[0].bytes),
    );
    assert_ne!(old.message_id, new.message_id);
    let text = new.plain.clone().unwrap();
    assert!(
        text.contains("I build sensors") && text.contains("[…]"),
        "{text}"
    );
    // The answer to it counts like one to the first.
    accept(&mut w, &shorter[0]);
    let yes = w.writer(CAROL).reply(&new, "Yes, happy to.");
    w.proven(&yes);
    assert_eq!(w.stages(), [Stage::Introduced]);
    let kept = w.introductions()[0].request.clone().unwrap();
    assert!(kept.words.len() > 3_000, "what is kept stays whole");

    // A server that refuses that too has refused the mail.
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    let ask = parcels.iter().find(|p| is_to(p, CAROL.1)).unwrap();
    let judged = w.desk.report(ask.id, &large, w.now_secs).unwrap();
    assert_eq!(judged, Judgement::Refused { recipient: None });
    assert_eq!(w.stages(), [Stage::Undeliverable]);
}

#[test]
fn order_and_pauses_outlive_the_process() {
    let mut w = World::new();
    let parcels = asked(&mut w);
    let busy = attempt(Phase::Recipient, 451, "4.7.1 greylisted");
    for round in 0..4 {
        let due = match round {
            0 => parcels.clone(),
            _ => w.desk.take_due(10, w.now_secs).unwrap(),
        };
        assert_eq!(due.len(), parcels.len(), "round {round}");
        assert!(due.is_sorted_by_key(|parcel| parcel.id));
        for parcel in &due {
            let judged = w.desk.report(parcel.id, &busy, w.now_secs).unwrap();
            let delay_secs = [60, 300, 1_200, 1_800][round];
            assert_eq!(judged, Judgement::TryLater { delay_secs });
        }
        w.restart();
        let delay_secs = [60, 300, 1_200, 1_800][round];
        let early = w.desk.take_due(10, w.now_secs + delay_secs - 1).unwrap();
        assert!(early.is_empty(), "round {round}");
        w.now_secs += delay_secs;
    }
}

#[test]
fn a_mail_that_can_go_at_once_is_in_flight_with_the_decision_and_a_pause_holds_it() {
    let mut w = World::new();
    w.desk.send_at_once();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    let states = |w: &World| -> Vec<String> {
        let db = w.desk.store().reading();
        let mut rows = db.prepare("SELECT state FROM outbox ORDER BY id").unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(states(&w), ["inflight", "inflight"]);
    w.desk.set_paused(true, w.now_secs).unwrap();
    assert!(w.desk.take_due(10, w.now_secs).unwrap().is_empty());
    assert_eq!(states(&w), ["queued", "queued"]);
    w.desk.set_paused(false, w.now_secs).unwrap();
    assert_eq!(w.deliver().len(), 2);
    assert_eq!(states(&w), ["accepted", "accepted"]);
    // Killed with mails at hand: nobody knows, though nothing was sent; they go ten minutes later.
    w.desk.send_at_once();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Dan");
    w.stamped(&forward);
    w.restart();
    assert!(w.deliver().is_empty());
    w.now_secs += 600;
    w.desk.retry_unknown(w.now_secs).unwrap();
    assert_eq!(w.deliver().len(), 2);
    // Ended gently: nothing of them was sent, and that is known.
    w.desk.send_at_once();
    let note = "Please ask frank@target.example";
    let forward = w.writer(BOB).forward(&request, BOT, note);
    w.stamped(&forward);
    assert_eq!(states(&w)[4..], ["inflight", "inflight"]);
    w.desk.send_later(w.now_secs).unwrap();
    w.restart();
    assert_eq!(states(&w)[4..], ["queued", "queued"]);
    assert_eq!(w.deliver().len(), 2);
}

/// A mail in flight that nobody has begun to send, because the server is slow with others, is looked at
/// once more before it leaves.
#[test]
fn what_is_called_off_while_it_waits_at_hand_does_not_leave() {
    let mut w = World::new();
    w.desk.send_at_once();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    assert!(w.desk.cancel(1, w.now_secs).unwrap());
    w.now_secs += 60;
    let left = w.deliver();
    assert!(none_to(&left, CAROL.1));
    assert_eq!(to(&left, BOB.1).to, [BOB.1]);
    let ask = "SELECT state || ' ' || reply FROM outbox WHERE saying = 'ask'";
    let db = w.desk.store().reading();
    let ask: String = db.query_row(ask, [], |row| row.get(0)).unwrap();
    assert_eq!(ask, "refused called off before it was sent");
}
