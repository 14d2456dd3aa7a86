//! Batches against the demo's mail server. Fails where a mail is begun that should not be, or gets no outcome.

use super::*;
use crate::demo::faults::{Act, Fault, Faults};
use crate::demo::mailboxes::Mailboxes;
use crate::demo::smtp::{SmtpSettings, serve_smtp};
use crate::wire::{Security, Server};
use std::sync::Arc;

const CAROL: &str = "carol@target.example";

struct Post {
    lines: Lines,
    faults: Faults,
    stop: watch::Receiver<bool>,
    _servers: watch::Sender<bool>,
}

async fn post() -> Post {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server {
        host: "127.0.0.1".to_owned(),
        port: listener.local_addr().unwrap().port(),
        security: Security::None,
        login: None,
        ca_file: None,
    };
    let (servers, stop) = watch::channel(false);
    let (mailboxes, faults) = (Mailboxes::new(), Faults::none());
    mailboxes.add_account("carol", CAROL, "secret");
    let settings = SmtpSettings::new("mx.target.example");
    let serving = serve_smtp(listener, mailboxes, settings, faults.clone(), stop.clone());
    tokio::spawn(serving);
    let now: Now = Arc::new(|| 1_795_514_400);
    Post {
        lines: Lines::new(Door::fixed(server), "bot.example".to_owned(), 3, now, None),
        faults,
        stop,
        _servers: servers,
    }
}

fn parcels(count: i64) -> Vec<Parcel> {
    let parcel = |id| Parcel {
        id,
        envelope_from: "intro@bot.example".to_owned(),
        recipients: vec![CAROL.to_owned()],
        bytes: b"From: intro@bot.example\r\nTo: carol@target.example\r\n\r\nHello\r\n".to_vec(),
    };
    (1..=count).map(parcel).collect()
}

impl Post {
    /// Sends, and judges each attempt as it ends.
    async fn send(&self, batch: &Batch) -> Vec<Ended> {
        let (ended, mut attempts) = mpsc::unbounded_channel();
        let sending = self.lines.send(batch, ended, &self.stop);
        let judging = async {
            let mut all = Vec::new();
            while let Some(mut end) = attempts.recv().await {
                end.unjudged = None;
                all.push(end);
            }
            all
        };
        tokio::join!(sending, judging).1
    }
}

fn took(ended: &[Ended]) -> usize {
    let taken = |end: &&Ended| {
        end.attempt
            .reply
            .as_ref()
            .is_some_and(|reply| reply.0 == 250)
    };
    ended.iter().filter(taken).count()
}

#[tokio::test]
async fn a_batch_begins_nothing_more_after_its_time() {
    let post = post().await;
    let mut batch = Batch::new(parcels(5));
    batch.begun = Instant::now() - LONGEST_BATCH - Duration::from_millis(1);
    assert!(post.send(&batch).await.is_empty());
    assert_eq!(batch.rest(), [1, 2, 3, 4, 5], "they are taken anew");

    let mut batch = Batch::new(parcels(5));
    batch.begun = Instant::now();
    assert_eq!(took(&post.send(&batch).await), 5);
}

#[tokio::test]
async fn mails_that_wait_behind_a_lost_connection_get_an_outcome_where_no_other_is_open() {
    let post = post().await;
    post.faults.add(Fault::on(
        "DOT",
        Act::ReplyThenClose("451 4.3.0 later".to_owned()),
    ));
    post.faults
        .add(Fault::on("GREETING", Act::Close).skip(1).always());
    let batch = Batch::new(parcels(4));
    let ended = post.send(&batch).await;
    assert_eq!(ended.len(), 4, "the first, and three that nobody answers");
    assert_eq!(batch.open.load(Ordering::Relaxed), 0);
    assert!(batch.rest().is_empty());
}

#[tokio::test]
async fn no_connection_is_counted_when_a_batch_is_over() {
    let post = post().await;
    for count in [0, 1, 30] {
        let batch = Batch::new(parcels(count));
        let ended = post.send(&batch).await;
        assert_eq!(i64::try_from(took(&ended)).unwrap(), count);
        assert_eq!(batch.open.load(Ordering::Relaxed), 0);
    }
    // A connection that breaks is counted once, and the one in its place once.
    post.faults.add(
        Fault::on("DOT", Act::ReplyThenClose("451 4.3.0 later".to_owned()))
            .skip(3)
            .times(4),
    );
    let batch = Batch::new(parcels(30));
    assert_eq!(post.send(&batch).await.len(), 30);
    assert_eq!(batch.open.load(Ordering::Relaxed), 0);
}
