//! Mails that come together are read ahead, decided on and written beside one another; what comes of them is
//! what would have come of each alone. Fails with the first thing that differs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use crate::world::*;
use askfirst::store::inbox::Arrived;
use askfirst::store::outbox;
use rusqlite::Connection;

const STAMP: &str = "Authentication-Results: mx.bot.example; dmarc=pass header.from=";

fn stamped(domain: &str, mail: &[u8]) -> Vec<u8> {
    [format!("{STAMP}{domain}\r\n").as_bytes(), mail].concat()
}

fn arrived(world: &World, uid: u32, raw: &[u8]) -> Arrived {
    Arrived {
        account: "intro".to_owned(),
        mailbox: "INBOX".to_owned(),
        uid_validity: 1,
        uid,
        internal_date_secs: Some(world.now_secs),
        size: raw.len() as u64,
        complete: true,
        raw: raw.to_vec(),
        facts: None,
        aside: None,
    }
}

/// Two people were asked; what comes next: answers, a change of mind, requests, and what means nothing.
fn eventful() -> (World, Vec<Vec<u8>>) {
    let mut w = World::new();
    let asked = w.forward("Please ask Carol");
    let carol = to(&asked, CAROL.1).clone();
    let letter = w.request_mail();
    let second = w.writer(BOB).forward(&letter, BOT, "Please ask Dan");
    let asked = w.proven(&second);
    let dan = to(&asked, DAN.1).clone();
    let yes = w.writer(CAROL).reply(&carol.letter, "Yes, gladly.");
    let no = w
        .writer(CAROL)
        .reply(&carol.letter, "Wait, please do not introduce us after all.");
    let stop = w
        .writer(DAN)
        .reply(&dan.letter, "Please never ask me again.");
    let fresh = askfirst::reader::open(&w.writer(("Fay Lu", "fay@req.example")).mail(
        "Bob Kim <bob@kim.example>",
        "",
        "Carol?",
        "Hi Bob,\n\ncould you introduce me to Carol Danvers? I keep bees.\n\nFay",
    ));
    let third = w.writer(BOB).forward(&fresh, BOT, "Please ask Carol");
    let direct = w.direct("Could Bob introduce me to Carol Danvers, please?");
    let list = b"List-Id: <news.example>\r\nFrom: n@news.example\r\nTo: intro@bot.example\r\nSubject: News\r\n\r\nNews.\r\n";
    let mails = vec![
        stamped("target.example", &yes),
        stamped("target.example", &no),
        stamped("ortiz.example", &stop),
        list.to_vec(),
        stamped("kim.example", &third),
        stamped("target.example", &yes),
        stamped("req.example", &direct),
    ];
    (w, mails)
}

/// Everything that is kept, row by row.
fn kept(db: &Connection) -> Vec<String> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT id, disposition, reason, introduction, duplicate_of, hex(content_key), message_id FROM inbox ORDER BY id",
        "SELECT id, stage, data FROM introductions ORDER BY id",
        "SELECT id, introduction, saying, message_id, recipients, state, gave_way FROM outbox ORDER BY id",
        "SELECT id, hex(bytes) FROM outbox_bytes ORDER BY id",
        "SELECT id, visible FROM outbox_visible ORDER BY id",
        "SELECT introduction, event, stage, detail FROM story ORDER BY id",
    ] {
        let mut statement = db.prepare(sql).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<String> = (0..columns)
                .map(|at| format!("{:?}", row.get_ref(at).unwrap()))
                .collect();
            rows.push(values.join(" | "));
        }
    }
    rows
}

#[test]
fn what_comes_together_is_decided_on_as_if_each_came_alone() {
    let (mut together, mails) = eventful();
    let (mut apart, same) = eventful();
    assert_eq!(mails, same, "both lives are the same");
    let batch: Vec<Arrived> = mails
        .iter()
        .zip(100..)
        .map(|(raw, uid)| arrived(&together, uid, raw))
        .collect();
    assert_eq!(
        together
            .desk
            .receive(batch.clone(), together.now_secs)
            .unwrap(),
        mails.len()
    );
    for one in batch {
        apart.desk.receive(vec![one], apart.now_secs).unwrap();
    }
    let (one, other) = (
        kept(together.desk.store().reading()),
        kept(apart.desk.store().reading()),
    );
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());
    // The introduction that was called off in the same batch has a text and no bytes.
    let called_off: i64 = together
        .desk
        .store()
        .reading()
        .query_row(
            "SELECT count(*) FROM outbox JOIN outbox_visible USING (id) LEFT JOIN outbox_bytes b USING (id)
             WHERE saying = 'introduction' AND state = 'superseded' AND b.bytes IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(called_off, 1);
}

#[test]
fn one_that_cannot_be_written_to_is_set_aside_alone() {
    let mut w = World::new();
    let mut batch = Vec::new();
    for (uid, target) in (1..).zip(["Carol", "josé@target.example", "Dan"]) {
        let letter = w.request_mail();
        let mail = w
            .writer(BOB)
            .forward(&letter, BOT, &format!("Please ask {target}"));
        batch.push(arrived(&w, uid, &stamped("kim.example", &mail)));
    }
    let nothing = b"From: x@y.example\r\nTo: intro@bot.example\r\nSubject: hello\r\n\r\nHello.\r\n";
    batch.push(arrived(&w, 9, nothing));
    w.desk.receive(batch, w.now_secs).unwrap();
    let dispositions: Vec<String> = {
        let db = w.desk.store().reading();
        let mut rows = db
            .prepare("SELECT disposition FROM inbox ORDER BY id")
            .unwrap();
        let rows = rows.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(dispositions.len(), 4);
    assert_eq!(dispositions[1], "quarantined", "{dispositions:?}");
    let sent = w.deliver();
    assert!(
        !none_to(&sent, CAROL.1) && !none_to(&sent, DAN.1),
        "the others are asked"
    );
    assert_eq!(sent.iter().filter(|mail| mail.to == [CAROL.1]).count(), 1);
}

#[test]
fn a_mail_that_was_settled_before_it_was_finished_gets_no_bytes() {
    let mut w = World::new();
    w.forward("Please ask Carol");
    let db = w.desk.store().reading();
    let settled: i64 = db
        .query_row(
            "SELECT min(id) FROM outbox WHERE settled_at IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    db.execute("DELETE FROM outbox_visible WHERE id = ?1", [settled])
        .unwrap();
    outbox::finish(db, settled, b"bytes", "text").unwrap();
    assert_eq!(outbox::bytes(db, settled).unwrap(), None);
    assert_eq!(
        outbox::visible(db, settled).unwrap().as_deref(),
        Some("text")
    );
}
