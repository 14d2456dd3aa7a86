//! lettre, with which askfirst itself sends, over real sockets; and what the server writes on such mails. A step that takes too long fails.

use askfirst::demo::faults::{Act, Fault};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::{House, PATIENCE, mail};

pub async fn submission(house: &House, credentials: Option<(&str, &str)>) -> AsyncSmtpConnection {
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
