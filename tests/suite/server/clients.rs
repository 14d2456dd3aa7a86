//! The libraries that askfirst itself speaks with: async-imap and lettre, over real sockets. A step that takes too long fails.

use std::time::Duration;

use async_imap::extensions::idle::IdleResponse;
use futures_util::TryStreamExt;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{House, PATIENCE, mail};
use askfirst::demo::faults::{Act, Fault};

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

async fn submission(house: &House, credentials: Option<(&str, &str)>) -> AsyncSmtpConnection {
    let hello = ClientId::Domain("laptop.example".to_owned());
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(house.smtp, Some(PATIENCE), &hello, None, None)
            .await
            .unwrap();
    if let Some((user, password)) = credentials {
        let credentials = Credentials::new(user.to_owned(), password.to_owned());
        connection
            .auth(&[Mechanism::Plain], &credentials)
            .await
            .unwrap();
    }
    connection
}

async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    from: &str,
    to: &str,
    bytes: &[u8],
) -> String {
    connection
        .command(Mail::new(Some(from.parse().unwrap()), vec![]))
        .await
        .unwrap();
    connection
        .command(Rcpt::new(to.parse().unwrap(), vec![]))
        .await
        .unwrap();
    connection.command(Data).await.unwrap();
    connection
        .message(bytes)
        .await
        .unwrap()
        .message()
        .collect::<Vec<_>>()
        .join(" ")
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
async fn lettre_submits_and_the_mail_is_stamped() {
    let mut house = House::open().await;
    let sent = mail(
        "Bob Kim <bob@connector.example>",
        "two",
        ".a dot\r\n..two dots",
    );
    let mut connection = submission(&house, Some(("bob", "b0b secret"))).await;
    timeout(
        PATIENCE,
        hand_over(
            &mut connection,
            "bob@connector.example",
            "intro+x@bot.example",
            &sent,
        ),
    )
    .await
    .unwrap();
    connection.quit().await.unwrap();

    let inbox = house.mailboxes.mails("intro", "INBOX");
    let text = String::from_utf8(inbox[0].bytes.to_vec()).unwrap();
    assert!(
        text.starts_with(
            "Return-Path: <bob@connector.example>\r\nDelivered-To: intro+x@bot.example\r\n"
        ),
        "{text}"
    );
    assert!(text.contains(
        "\r\nAuthentication-Results: mx.demo.example;\r\n\tauth=pass smtp.auth=bob; dmarc=pass header.from=connector.example\r\n"
    ));
    assert!(
        text.contains("\r\nReceived: from laptop.example\r\n\tby mx.demo.example with ESMTPA id ")
    );
    assert!(text.contains("\r\n\r\n.a dot\r\n..two dots\r\n"), "{text}");

    let copy = house.mailboxes.mails("bob", "Sent");
    assert!(copy[0].has_flag("\\Seen") && copy[0].bytes.starts_with(&sent));
    let passed = house.passed.recv().await.unwrap();
    assert_eq!(
        (passed.envelope_from.as_str(), passed.submitter.as_deref()),
        ("bob@connector.example", Some("bob"))
    );
    assert_eq!(passed.recipients, ["intro+x@bot.example"]);
    assert!(passed.bytes.starts_with(&sent));
    house.close().await;
}

#[tokio::test]
async fn a_forged_author_fails_and_a_stranger_has_no_result() {
    let house = House::open().await;
    for (from, submitter, expected) in [
        (
            "carol@target.example",
            Some(("bob", "b0b secret")),
            "dmarc=fail header.from=target.example",
        ),
        (
            "carol@target.example",
            None,
            "dmarc=fail header.from=target.example",
        ),
        (
            "eve@elsewhere.test",
            None,
            "dmarc=none header.from=elsewhere.test",
        ),
    ] {
        let mut connection = submission(&house, submitter).await;
        let mut sent =
            b"Authentication-Results: mx.demo.example; dmarc=pass header.from=target.example\r\n"
                .to_vec();
        sent.extend(mail(from, "forged", "yes"));
        timeout(
            PATIENCE,
            hand_over(&mut connection, from, "intro@bot.example", &sent),
        )
        .await
        .unwrap();
        connection.quit().await.unwrap();
        let last = house.mailboxes.mails("intro", "INBOX").pop().unwrap();
        let text = String::from_utf8(last.bytes.to_vec()).unwrap();
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("dmarc=pass"), "{text}");
        assert_eq!(text.matches("Authentication-Results").count(), 1);
    }
    house.close().await;
}

#[tokio::test]
async fn lettre_meets_refusals() {
    let house = House::open().await;
    let hello = ClientId::Domain("laptop.example".to_owned());
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(house.smtp, Some(PATIENCE), &hello, None, None)
            .await
            .unwrap();
    let wrong = Credentials::new("bob".to_owned(), "wrong".to_owned());
    let refused = connection
        .auth(&[Mechanism::Login], &wrong)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("535"), "{refused}");

    let mut connection = submission(&house, Some(("bob", "b0b secret"))).await;
    connection
        .command(Mail::new(
            Some("bob@connector.example".parse().unwrap()),
            vec![],
        ))
        .await
        .unwrap();
    let refused = connection
        .command(Rcpt::new("nobody@bot.example".parse().unwrap(), vec![]))
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("550") && refused.to_string().contains("5.1.1"),
        "{refused}"
    );

    house
        .smtp_faults
        .add(Fault::on("RCPT", Act::Reply("451 4.3.0 later".to_owned())).matching("carol@"));
    let mut connection = submission(&house, None).await;
    connection.command(Mail::new(None, vec![])).await.unwrap();
    connection
        .command(Rcpt::new("intro@bot.example".parse().unwrap(), vec![]))
        .await
        .unwrap();
    let refused = connection
        .command(Rcpt::new("carol@target.example".parse().unwrap(), vec![]))
        .await
        .unwrap_err();
    assert!(refused.is_transient(), "{refused}");
    assert_eq!(house.smtp_faults.left(), 0);
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
