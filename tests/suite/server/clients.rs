//! async-imap, with which askfirst itself reads, over real sockets. A step that takes too long fails.

use std::time::Duration;

use askfirst::demo::faults::{Act, Fault};
use async_imap::extensions::idle::IdleResponse;
use futures_util::TryStreamExt;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::submissions::submission;
use super::{House, PATIENCE, mail};

async fn log_in(house: &House, user: &str, password: &str) -> async_imap::Session<TcpStream> {
    let stream = TcpStream::connect(house.imap).await.unwrap();
    let mut client = async_imap::Client::new(stream);
    client.read_response().await.unwrap().unwrap();
    client
        .login(user, password)
        .await
        .map_err(|(error, _)| error)
        .unwrap()
}

#[tokio::test]
async fn async_imap_reads_and_marks() {
    let house = House::open().await;
    assert!(house.mailboxes.deliver(
        "intro+abc@bot.example",
        &mail("bob@connector.example", "one", "hello"),
        1_700_000_000
    ));
    let work = async {
        let mut session = log_in(&house, "intro", "b0t").await;
        let inbox = session.select("INBOX").await.unwrap();
        assert_eq!((inbox.exists, inbox.uid_next), (1, Some(2)));
        assert_eq!(
            inbox.uid_validity,
            house.mailboxes.uid_validity("intro", "INBOX")
        );
        assert!(
            inbox
                .permanent_flags
                .contains(&async_imap::types::Flag::MayCreate)
        );

        let fetched: Vec<_> = session
            .uid_fetch(
                "1:*",
                "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[]<0.10> ENVELOPE BODYSTRUCTURE)",
            )
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(fetched.len(), 1);
        assert_eq!(fetched[0].uid, Some(1));
        assert_eq!(fetched[0].body().unwrap(), b"From: bob@");
        assert_eq!(
            fetched[0].internal_date().unwrap().timestamp(),
            1_700_000_000
        );
        assert_eq!(
            fetched[0].envelope().unwrap().subject.as_deref(),
            Some(&b"one"[..])
        );

        let stored: Vec<_> = session
            .uid_store("1", "+FLAGS (\\Seen $AskfirstDone)")
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(stored.len(), 1);
        assert!(house.mailboxes.mails("intro", "INBOX")[0].has_flag("$askfirstdone"));
        assert_eq!(
            session
                .uid_search("KEYWORD $AskfirstDone")
                .await
                .unwrap()
                .len(),
            1
        );
        assert_eq!(
            session
                .uid_search("UNKEYWORD $AskfirstDone")
                .await
                .unwrap()
                .len(),
            0
        );

        session.logout().await.unwrap();
    };
    timeout(PATIENCE, work).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn async_imap_moves_and_appends() {
    let house = House::open().await;
    assert!(house.mailboxes.deliver(
        "intro@bot.example",
        &mail("bob@connector.example", "one", "hello"),
        1
    ));
    let work = async {
        let mut session = log_in(&house, "intro", "b0t").await;
        session.select("INBOX").await.unwrap();
        session.create("Done").await.unwrap();
        session.uid_mv("1", "Done").await.unwrap();
        assert!(house.mailboxes.mails("intro", "INBOX").is_empty());
        assert_eq!(house.mailboxes.mails("intro", "Done").len(), 1);

        session
            .append(
                "Sent",
                Some("(\\Seen)"),
                None,
                b"Subject: kept\r\n\r\nx\r\n",
            )
            .await
            .unwrap();
        assert_eq!(
            &*house.mailboxes.mails("intro", "Sent")[0].bytes,
            b"Subject: kept\r\n\r\nx\r\n"
        );
        session.logout().await.unwrap();
    };
    timeout(PATIENCE, work).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn async_imap_idle_is_woken_by_a_delivery() {
    let house = House::open().await;
    let work = async {
        let mut session = log_in(&house, "intro", "b0t").await;
        session.select("INBOX").await.unwrap();
        let mut idle = session.idle();
        idle.init().await.unwrap();
        let (wait, _stop) = idle.wait_with_timeout(PATIENCE);
        let deliver = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert!(house.mailboxes.deliver(
                "intro@bot.example",
                &mail("bob@connector.example", "wake", "up"),
                1
            ));
        };
        let (woken, ()) = tokio::join!(wait, deliver);
        match woken.unwrap() {
            IdleResponse::NewData(data) => {
                assert!(format!("{:?}", data.parsed()).contains("Exists(1)"))
            }
            other => panic!("not woken: {other:?}"),
        }
        let mut session = idle.done().await.unwrap();
        assert_eq!(session.uid_search("UNSEEN").await.unwrap().len(), 1);
        session.logout().await.unwrap();
    };
    timeout(PATIENCE, work).await.unwrap();
    house.close().await;
}

#[tokio::test]
async fn a_mail_can_be_taken_and_the_answer_lost() {
    let house = House::open().await;
    house.smtp_faults.add(Fault::on("DOT", Act::DoThenClose));
    let mut connection = submission(&house, Some(("bob", "b0b secret"))).await;
    connection
        .command(Mail::new(
            Some("bob@connector.example".parse().unwrap()),
            vec![],
        ))
        .await
        .unwrap();
    connection
        .command(Rcpt::new("carol@target.example".parse().unwrap(), vec![]))
        .await
        .unwrap();
    connection.command(Data).await.unwrap();
    let lost = timeout(
        PATIENCE,
        connection.message(&mail("bob@connector.example", "lost", "x")),
    )
    .await
    .unwrap();
    assert!(lost.is_err());
    assert_eq!(house.mailboxes.mails("carol", "INBOX").len(), 1);

    house
        .imap_faults
        .add(Fault::on("UID MOVE", Act::DoThenClose));
    let mut session = log_in(&house, "carol", "c4rol").await;
    session.select("INBOX").await.unwrap();
    assert!(
        timeout(PATIENCE, session.uid_mv("1", "Junk"))
            .await
            .unwrap()
            .is_err()
    );
    assert_eq!(house.mailboxes.mails("carol", "Junk").len(), 1);
    house.close().await;
}

#[tokio::test]
async fn more_clients_than_the_server_holds_are_turned_away() {
    let house = House::open().await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        let mut client = async_imap::Client::new(TcpStream::connect(house.imap).await.unwrap());
        assert!(
            timeout(PATIENCE, client.read_response())
                .await
                .unwrap()
                .unwrap()
                .is_some()
        );
        clients.push(client);
    }
    let mut late = async_imap::Client::new(TcpStream::connect(house.imap).await.unwrap());
    assert!(!matches!(
        timeout(PATIENCE, late.read_response()).await.unwrap(),
        Ok(Some(_))
    ));
    clients.truncate(50);
    // A place is free again once the server has seen that somebody left.
    for _ in 0..100 {
        let mut client = async_imap::Client::new(TcpStream::connect(house.imap).await.unwrap());
        if let Ok(Some(_)) = timeout(PATIENCE, client.read_response()).await.unwrap() {
            return house.close().await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no place became free");
}
