//! An old backup, a second askfirst on the same mailbox: noticed by mails of ours that the database did
//! not write. Fails where it goes on sending, or where a stranger's mail can stop it.

use crate::world::*;
use askfirst::desk::Desk;
use askfirst::desk::strangers::Place;
use askfirst::store::Store;
use rusqlite::Connection;
use rusqlite::backup::Backup;

const PLACE: Place = Place {
    uid_validity: 1,
    next_uid: 9,
};

/// The database as it is now, as a backup has it.
fn backup(w: &World) -> Connection {
    let mut copy = Connection::open_in_memory().unwrap();
    Backup::new(w.desk.store().reading(), &mut copy)
        .unwrap()
        .run_to_completion(1_000, std::time::Duration::ZERO, None)
        .unwrap();
    copy
}

fn restore(w: &mut World, copy: Connection) {
    let store = Store::over(copy).unwrap();
    w.desk = Desk::open(store, house(), dice(99)).unwrap();
    w.desk.resume(w.now_secs).unwrap();
}

#[test]
fn a_restored_old_backup_sends_nothing_until_the_operator_has_looked() {
    let mut w = World::new();
    w.forward("Please ask Carol");
    let old = backup(&w);
    let sent = w.forward("Please ask Dan");
    let in_sent: Vec<Vec<u8>> = w.sent.iter().map(|sent| sent.bytes.clone()).collect();
    // As long as it is this database's own, all is well.
    w.desk.saw_sent(&in_sent, PLACE, w.now_secs).unwrap();
    assert_eq!(w.desk.distrust().unwrap(), None);
    assert_eq!(w.desk.sent_seen().unwrap(), Some(PLACE));

    restore(&mut w, old);
    w.desk.saw_sent(&in_sent, PLACE, w.now_secs).unwrap();
    assert!(w.desk.distrust().unwrap().unwrap().contains("Sent"));
    // The request of Dan's introduction is fetched anew, and read; nothing goes out.
    let before = w.introductions().len();
    let left = w.forward("Please ask Dan");
    assert!(left.is_empty() && w.introductions().len() > before);
    w.restart();
    assert!(w.deliver().is_empty(), "not after a start either");
    assert!(
        w.desk
            .silence(w.now_secs)
            .unwrap()
            .unwrap()
            .contains("--trust-database")
    );
    w.desk.set_paused(false, w.now_secs).unwrap();
    assert!(w.deliver().is_empty(), "`resume` alone does not do");
    w.desk.trust(w.now_secs).unwrap();
    assert_eq!(w.deliver().len(), sent.len());
    // What the operator knows of does not stop it again.
    w.desk.saw_sent(&in_sent, PLACE, w.now_secs).unwrap();
    assert_eq!(w.desk.distrust().unwrap(), None);
}

/// A mark begins with the day since schema 5; what was sent before, or by an older version, has none.
#[test]
fn our_own_mark_is_known_with_its_day_and_without() {
    const FIELD: &str = "X-Askfirst-Id: ";
    for (from, known) in [(0, true), (4, true), (5, false)] {
        let mut w = World::new();
        let old = backup(&w);
        w.forward("Please ask Carol");
        let ask = w.sent.iter().find(|sent| sent.to == [CAROL.1]).unwrap();
        let ask = String::from_utf8(ask.bytes.clone()).unwrap();
        let (head, rest) = ask.split_once(FIELD).unwrap();
        let (mark, rest) = rest.split_once("\r\n").unwrap();
        let day = w.now_secs.div_euclid(86_400);
        assert_eq!(mark.get(..4).unwrap(), format!("{:04x}", day));
        assert_eq!(mark.len(), 36);
        let copy = format!("{head}{FIELD}{}\r\n{rest}", mark.get(from..).unwrap());
        restore(&mut w, old);
        w.arrive(copy.as_bytes(), "none");
        assert_eq!(w.desk.distrust().unwrap().is_some(), known, "{from}");
    }
}

#[test]
fn the_number_beside_the_database_shows_an_old_one_without_any_mail() {
    let mut w = World::new();
    w.forward("Please ask Carol");
    let old = backup(&w);
    w.forward("Please ask Dan");
    let noted = w.desk.last_number().unwrap();
    w.desk.compare_number(noted, w.now_secs).unwrap();
    assert_eq!(w.desk.distrust().unwrap(), None);
    restore(&mut w, old);
    w.desk.compare_number(noted, w.now_secs).unwrap();
    assert!(
        w.desk
            .distrust()
            .unwrap()
            .unwrap()
            .contains("older than the last run")
    );
    w.desk.trust(w.now_secs).unwrap();
    w.desk.compare_number(noted, w.now_secs).unwrap();
    assert_eq!(w.desk.distrust().unwrap(), None);
}

#[test]
fn a_second_askfirst_is_noticed_by_its_mail_and_a_strangers_mail_stops_nothing() {
    let mut other = World::new();
    let store = Store::in_memory().unwrap();
    other.desk = Desk::open(store, house(), dice(1_234)).unwrap();
    let theirs = other.forward("Please ask Carol");
    let theirs = to(&theirs, CAROL.1).bytes.clone();

    // In the mailbox anybody may have put it: From can be forged, and so can the field.
    let mut w = World::new();
    for dmarc in ["none", "fail"] {
        assert!(w.arrive(&theirs, dmarc).is_empty());
    }
    let eve = w
        .writer(("Eve", "eve@berg.example"))
        .mail(BOT, "", "hello", "hello");
    let marked = [
        b"X-Askfirst-Id: 0123456789abcdef0123456789abcdef\r\n".as_slice(),
        &eve,
    ]
    .concat();
    assert!(w.arrive(&marked, "pass").is_empty());
    assert_eq!(w.desk.distrust().unwrap(), None);
    assert_eq!(w.forward("Please ask Carol").len(), 2, "mail goes on");

    // Proven to be this mailbox's own, it is a second instance; so is anything in Sent.
    let again = [b"X-Copy: 1\r\nSubject: x\r\n".as_slice(), &theirs].concat();
    assert!(w.arrive(&again, "pass").is_empty());
    assert!(w.desk.distrust().unwrap().is_some());
    let mut w = World::new();
    w.desk.saw_sent(&[theirs], PLACE, w.now_secs).unwrap();
    assert!(w.desk.distrust().unwrap().is_some());
}

#[test]
fn a_copy_of_our_own_that_an_old_database_never_wrote_is_known_by_its_key() {
    let mut w = World::new();
    w.forward("Please ask Carol");
    let old = backup(&w);
    let sent = w.forward("Please ask Dan");
    let newer = to(&sent, DAN.1).bytes.clone();
    restore(&mut w, old);
    // A copy came back, from a list or an alias; nothing proves its author, but only we have the key.
    assert!(w.arrive(&newer, "none").is_empty());
    assert!(w.desk.distrust().unwrap().is_some());
}

#[test]
fn an_answer_of_the_connector_to_a_mail_not_written_yet_shows_an_old_database() {
    let mut w = World::new();
    w.forward("Please ask Carol");
    let old = backup(&w);
    let sent = w.forward("Please ask Dan");
    let notice = to(&sent, BOB.1).letter.clone();
    restore(&mut w, old);
    let answer = w.writer(BOB).reply(&notice, "Thanks!");
    w.unproven(&answer);
    assert_eq!(w.desk.distrust().unwrap(), None, "anybody can write that");
    let answer = w.writer(BOB).reply(&notice, "Thank you!");
    w.proven(&answer);
    assert!(w.desk.distrust().unwrap().is_some());
}

#[test]
fn a_copy_in_sent_proves_that_a_mail_left() {
    let mut w = World::new();
    let request = w.request_mail();
    let forward = w.writer(BOB).forward(&request, BOT, "Please ask Carol");
    w.stamped(&forward);
    let parcels = w.desk.take_due(10, w.now_secs).unwrap();
    w.restart();
    let bytes: Vec<_> = parcels.iter().map(|p| p.bytes.clone()).collect();
    w.desk.saw_sent(&bytes, PLACE, w.now_secs).unwrap();
    assert!(w.desk.unproven(w.now_secs + DAY).unwrap().is_empty());
    w.now_secs += DAY;
    assert!(w.deliver().is_empty());
}
