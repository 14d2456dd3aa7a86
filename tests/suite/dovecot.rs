//! The wire against a real server: Dovecot over plain, STARTTLS and TLS, and its submission service.
//! It fails where a real server does something that the scripted peers in `wire.rs` do not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::time::{Duration, Instant};

use askfirst::wire::error::WireError;
use askfirst::wire::imap::{Session, SpecialUse, Woken};
use askfirst::wire::smtp::{Connection, Phase, Timeouts, Unsendable};
use askfirst::wire::{Login, Secret, Security};
use tokio::sync::watch;

use super::harness::certs::Certs;
use super::harness::dovecot::{ADDRESS, Dovecot, TOKEN, USER};
use super::harness::sink::Instead;

const MAIL: &[u8] =
    b"From: Alice Ng <alice@req.example>\r\nSubject: hello\r\n\r\nwould you?\r\n.dot\r\n";

/// Waits with nobody to say stop.
async fn wait(session: &mut Session, longest: Duration) -> Result<Woken, WireError> {
    let (_sign, mut stop) = watch::channel(false);
    session.wait(longest, &mut stop).await
}

#[tokio::test]
async fn every_security_leads_to_the_same_mailbox() {
    let dovecot = Dovecot::start().await;
    dovecot.deliver(MAIL).await;
    for security in [Security::None, Security::StartTls, Security::Tls] {
        let mut session = Session::connect(&dovecot.imap(security)).await.unwrap();
        let abilities = session.abilities().clone();
        assert!(abilities.idle && abilities.move_ && abilities.uidplus && abilities.special_use);
        assert!(abilities.server.unwrap().starts_with("Dovecot"));
        let selected = session.select("INBOX").await.unwrap();
        assert_eq!(
            (selected.exists, selected.uid_next, selected.read_only),
            (1, Some(2), true)
        );
        assert_eq!(session.list(1).await.unwrap().len(), 1);
        session.logout().await;
    }
}

#[tokio::test]
async fn every_way_not_to_get_in_has_its_own_error() {
    let dovecot = Dovecot::start().await;
    let good = dovecot.imap(Security::Tls);

    let password = Secret::new("wrong-Pa55");
    let mut server = dovecot.imap(Security::Tls);
    server.login = Some(Login::Password {
        user: USER.into(),
        password,
    });
    let error = Session::connect(&server).await.unwrap_err();
    assert!(
        matches!(&error, WireError::LoginRefused { text, .. } if text.contains("AUTHENTICATIONFAILED")),
        "{error}"
    );
    assert!(error.needs_operator() && !error.to_string().contains("Pa55"));

    let mut server = good.clone();
    server.ca_file = None;
    let error = Session::connect(&server).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Certificate { why, .. } if why.contains("issuer")),
        "{error}"
    );

    let mut server = good.clone();
    server.host = "127.0.0.1".into();
    let error = Session::connect(&server).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Certificate { why, .. } if why.contains("another host name")),
        "{error}"
    );

    let mut server = good.clone();
    server.port = 1;
    let error = Session::connect(&server).await.unwrap_err();
    assert!(matches!(error, WireError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("localhost:1"));

    let mut server = good.clone();
    server.host = "no-such-host.invalid".into();
    let error = Session::connect(&server).await.unwrap_err();
    assert!(matches!(error, WireError::NameNotFound { .. }), "{error}");

    // A plain port spoken to in TLS.
    let mut server = good.clone();
    server.port = dovecot.ports.imap;
    let error = Session::connect(&server).await.unwrap_err();
    assert!(matches!(error, WireError::Tls { .. }), "{error}");

    let mut server = good;
    server.login = None;
    let error = Session::connect(&server).await.unwrap_err();
    assert!(matches!(error, WireError::LoginMissing { .. }), "{error}");
}

#[tokio::test]
async fn oauth2_tokens_open_imap_and_smtp_or_are_refused_with_a_reason() {
    let dovecot = Dovecot::start().await;
    let login = |token: &str| {
        Some(Login::OAuth2 {
            user: USER.into(),
            token: Secret::new(token),
        })
    };
    let (mut imap, mut smtp) = (dovecot.imap(Security::Tls), dovecot.smtp(Security::Tls));
    (imap.login, smtp.login) = (login(TOKEN), login(TOKEN));
    let mut session = Session::connect(&imap).await.unwrap();
    assert_eq!(session.select("INBOX").await.unwrap().exists, 0);
    assert_eq!(session.list(1).await.unwrap(), []);
    Connection::connect(&smtp, "bot.example", &Timeouts::default())
        .await
        .unwrap()
        .quit()
        .await;

    (imap.login, smtp.login) = (login("expired-t0ken"), login("expired-t0ken"));
    let error = Session::connect(&imap).await.unwrap_err();
    let (attempt, smtp_error) = Connection::connect(&smtp, "bot.example", &Timeouts::default())
        .await
        .unwrap_err();
    assert_eq!(
        (attempt.phase, attempt.reply.unwrap().code),
        (Phase::Auth, 535)
    );
    for error in [error, smtp_error] {
        // The reason stands in a challenge that lettre and async-imap leave to their users.
        assert!(
            matches!(&error, WireError::LoginRefused { text, .. } if text.contains("401")),
            "{error}"
        );
        assert!(!error.to_string().contains("t0ken"));
    }
}

#[tokio::test]
async fn mails_come_byte_for_byte_whole_or_in_part_and_stay_unread() {
    let dovecot = Dovecot::start().await;
    let lf = b"From: a@req.example\nSubject: lf\n\nline\n";
    let eight_bit = b"From: a@req.example\r\nSubject: 8\r\n\r\ngr\xfc\xdfe \x00\xff end";
    let long = [
        &b"From: a@req.example\r\n\r\n"[..],
        &b"0123456789abcdef\r\n".repeat(10_000),
    ]
    .concat();
    dovecot.save("INBOX", lf);
    dovecot.save("INBOX", eight_bit);
    dovecot.save("INBOX", &long);
    dovecot.deliver(MAIL).await;

    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    session.select("INBOX").await.unwrap();
    let listed = session.list(1).await.unwrap();
    assert_eq!(
        listed.iter().map(|l| l.uid).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    // `5:*` names the last mail all the same: it must not come back as new.
    assert_eq!(session.list(5).await.unwrap(), []);

    let fetched = session.fetch(&[4, 2, 1, 3, 99], None).await.unwrap();
    assert_eq!(fetched.gone, [99]);
    assert_eq!(fetched.unreadable, [0; 0]);
    let mails = fetched.mails;
    assert_eq!(
        mails.iter().map(|m| m.uid).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert_eq!(
        mails[0].bytes,
        b"From: a@req.example\r\nSubject: lf\r\n\r\nline\r\n"
    );
    // IMAP can't carry a NUL: Dovecot sends 0x80 for it.
    assert_eq!(
        mails[1].bytes,
        eight_bit.map(|b| if b == 0 { 0x80 } else { b })
    );
    assert_eq!(mails[2].bytes, long);
    assert!(
        mails[3].bytes.ends_with(MAIL),
        "LMTP puts its headers on top"
    );
    for (mail, listed) in mails.iter().zip(&listed) {
        assert!(mail.complete);
        assert_eq!(
            (mail.size, mail.bytes.len()),
            (listed.size, listed.size as usize)
        );
        assert!(mail.internal_date_secs.unwrap() > 1_600_000_000);
    }

    let part = session.fetch(&[3, 1], Some(100)).await.unwrap().mails;
    assert_eq!(
        (part[0].bytes.len(), part[0].complete),
        (mails[0].bytes.len(), true)
    );
    assert_eq!(
        (&part[1].bytes[..], part[1].complete),
        (&long[..100], false)
    );
    assert_eq!(part[1].size as usize, long.len());
    session.logout().await;

    assert!(
        dovecot.files().iter().all(|name| !name.contains(":2,S")),
        "{:?}",
        dovecot.files()
    );
}

#[tokio::test]
async fn a_delivery_wakes_the_one_who_waits() {
    let dovecot = Dovecot::start().await;
    let mut session = Session::connect(&dovecot.imap(Security::StartTls))
        .await
        .unwrap();
    session.select("INBOX").await.unwrap();
    for count in 1..=3 {
        let (woken, ()) = tokio::join!(wait(&mut session, Duration::from_secs(30)), async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            dovecot.deliver(MAIL).await;
        });
        assert_eq!(woken.unwrap(), Woken::News);
        assert_eq!(session.list(1).await.unwrap().len(), count);
    }

    let began = Instant::now();
    assert_eq!(
        wait(&mut session, Duration::from_millis(300))
            .await
            .unwrap(),
        Woken::Elapsed
    );
    assert!(began.elapsed() < Duration::from_secs(5));

    let (sign, mut stop) = watch::channel(false);
    let (woken, _) = tokio::join!(session.wait(Duration::from_secs(30), &mut stop), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        sign.send(true)
    });
    assert_eq!(woken.unwrap(), Woken::Stopped);
    // The session is in step after each way of waking.
    assert_eq!(session.list(1).await.unwrap().len(), 3);
    session.logout().await;
}

#[tokio::test]
async fn without_idle_the_server_is_asked() {
    let dovecot = Dovecot::start().await;
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    session.refuse_idle();
    session.poll_every(Duration::from_millis(50));
    session.select("INBOX").await.unwrap();
    let (woken, ()) = tokio::join!(
        wait(&mut session, Duration::from_secs(30)),
        dovecot.deliver(MAIL)
    );
    assert_eq!(woken.unwrap(), Woken::News);
    assert_eq!(session.list(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_renumbered_mailbox_shows_another_uidvalidity() {
    let dovecot = Dovecot::start().await;
    for _ in 0..3 {
        dovecot.deliver(MAIL).await;
    }
    dovecot.expunge("1");
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    let before = session.select("INBOX").await.unwrap();
    assert_eq!((before.exists, before.uid_next), (2, Some(4)));
    session.logout().await;
    // UIDVALIDITY is made of the time in seconds.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    dovecot.renumber();
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    let after = session.select("INBOX").await.unwrap();
    assert_ne!(before.uid_validity, after.uid_validity);
    assert_eq!(
        session
            .list(1)
            .await
            .unwrap()
            .iter()
            .map(|l| l.uid)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn a_kicked_session_says_goodbye_and_is_over() {
    let dovecot = Dovecot::start().await;
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    session.select("INBOX").await.unwrap();
    let (waited, ()) = tokio::join!(wait(&mut session, Duration::from_secs(30)), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        dovecot.kick();
    });
    let error = waited.unwrap_err();
    assert!(
        matches!(&error, WireError::Closed { bye: Some(_), .. }),
        "{error}"
    );
    assert!(error.ends_session());

    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    session.select("INBOX").await.unwrap();
    dovecot.kick();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let error = session.list(1).await.unwrap_err();
    assert!(
        matches!(&error, WireError::Closed { .. }),
        "not an empty mailbox: {error}"
    );
}

#[tokio::test]
async fn a_mail_that_someone_removes_is_gone_not_unreadable() {
    let dovecot = Dovecot::start().await;
    for _ in 0..3 {
        dovecot.deliver(MAIL).await;
    }
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    session.select("INBOX").await.unwrap();
    assert_eq!(session.list(1).await.unwrap().len(), 3);
    dovecot.expunge("2");
    let fetched = session.fetch(&[1, 2, 3], None).await.unwrap();
    let found: Vec<u32> = fetched.mails.iter().map(|m| m.uid).collect();
    assert_eq!(
        (found, fetched.gone, fetched.unreadable),
        (vec![1, 3], vec![2], vec![])
    );
    // The removal is told during the next command, and nobody takes it for news.
    assert_eq!(
        wait(&mut session, Duration::from_millis(100))
            .await
            .unwrap(),
        Woken::Elapsed
    );
    assert_eq!(session.list(1).await.unwrap().len(), 2);
}

#[tokio::test]
async fn mailboxes_tell_their_use_and_take_copies() {
    let dovecot = Dovecot::start().await;
    let mut session = Session::connect(&dovecot.imap(Security::Tls))
        .await
        .unwrap();
    let mailboxes = session.mailboxes().await.unwrap();
    for (name, special_use) in [
        ("INBOX", None),
        ("Sent", Some(SpecialUse::Sent)),
        ("Junk", Some(SpecialUse::Junk)),
        ("Entwürfe", Some(SpecialUse::Drafts)),
    ] {
        let found = mailboxes
            .iter()
            .find(|m| m.name == name)
            .unwrap_or_else(|| panic!("no {name}: {mailboxes:?}"));
        assert_eq!((found.special_use, found.selectable), (special_use, true));
        session.select(name).await.unwrap();
    }

    let copy = b"Message-ID: <a1.b2@bot.example>\r\nSubject: copy\r\n\r\nhello\r\n";
    session.append("Sent", copy).await.unwrap();
    assert_eq!(
        session
            .search_header("Sent", "Message-ID", "<a1.b2@bot.example>")
            .await
            .unwrap(),
        [1]
    );
    assert_eq!(
        session
            .search_header("Sent", "Message-ID", "<other@bot.example>")
            .await
            .unwrap(),
        Vec::<u32>::new()
    );
    // Another mailbox was opened for it: nothing may be read as if it were the old one.
    assert!(matches!(
        session.list(1).await,
        Err(WireError::NotSelected { .. })
    ));
    assert!(matches!(
        wait(&mut session, Duration::ZERO).await,
        Err(WireError::NotSelected { .. })
    ));

    let error = session.append("Nowhere", copy).await.unwrap_err();
    assert!(
        matches!(&error, WireError::ServerSaidNo { text, .. } if text.contains("doesn't exist")),
        "{error}"
    );
    let error = session.select("Nowhere").await.unwrap_err();
    assert!(matches!(error, WireError::ServerSaidNo { .. }), "{error}");
    let error = session
        .search_header("Nowhere", "Message-ID", "<a@b>")
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::ServerSaidNo { .. }), "{error}");
    let error = session
        .search_header("Sent", "Message-ID", "<a>\r\nX LOGOUT")
        .await
        .unwrap_err();
    assert!(matches!(error, WireError::ServerSaidBad { .. }), "{error}");
    // None of these broke the session.
    assert_eq!(session.select("Sent").await.unwrap().exists, 1);
    assert_eq!(
        session.fetch(&[1], None).await.unwrap().mails[0].bytes,
        copy
    );
}

#[tokio::test]
async fn a_mail_goes_through_submission_to_the_sink() {
    let dovecot = Dovecot::start().await;
    let to = vec![
        "carol@target.example".to_owned(),
        "alice@req.example".to_owned(),
    ];
    for (count, security) in [Security::None, Security::StartTls, Security::Tls]
        .into_iter()
        .enumerate()
    {
        let server = dovecot.smtp(security);
        let mut connection = Connection::connect(&server, "bot.example", &Timeouts::default())
            .await
            .unwrap();
        assert_eq!(connection.abilities().size_limit, Some(1024 * 1024));
        assert!(
            connection
                .abilities()
                .auth
                .iter()
                .any(|name| name == "PLAIN")
        );
        // Several mails, one after the other, over one connection.
        for from in [Some(ADDRESS), None] {
            let attempt = connection.send(from, &to, MAIL).await;
            assert!(
                attempt.is_accepted() && !attempt.is_unknown(),
                "{attempt:?}"
            );
            assert!(
                attempt
                    .recipients
                    .iter()
                    .all(|(_, reply)| reply.code == 250)
            );
            assert!(connection.is_usable());
        }
        connection.quit().await;
        let mails = dovecot.sink.waits_for(2 * (count + 1)).await;
        for (mail, from) in mails[2 * count..].iter().zip([ADDRESS, ""]) {
            assert_eq!((mail.from.as_str(), &mail.to), (from, &to));
            assert!(
                mail.bytes.ends_with(MAIL),
                "{:?}",
                String::from_utf8_lossy(&mail.bytes)
            );
        }
    }
}

#[tokio::test]
async fn one_refused_recipient_keeps_the_mail_from_all() {
    let dovecot = Dovecot::start().await;
    dovecot.sink.fails_at(
        "RCPT TO:<gone@",
        Instead::Reply("550 5.1.1 no such user".into()),
    );
    let server = dovecot.smtp(Security::Tls);
    let mut connection = Connection::connect(&server, "bot.example", &Timeouts::default())
        .await
        .unwrap();
    let to = [
        "carol@target.example",
        "gone@target.example",
        "alice@req.example",
    ]
    .map(str::to_owned);
    let attempt = connection.send(Some(ADDRESS), &to, MAIL).await;
    assert_eq!(attempt.phase, Phase::Recipient);
    assert_eq!(attempt.reply.as_ref().unwrap().code, 550);
    let codes: Vec<u16> = attempt
        .recipients
        .iter()
        .map(|(_, reply)| reply.code)
        .collect();
    assert_eq!(codes, [250, 550, 250]);
    assert_eq!(dovecot.sink.mails(), []);
    // The next mail is not harmed by it.
    let attempt = connection.send(Some(ADDRESS), &to[..1], MAIL).await;
    assert!(attempt.is_accepted(), "{attempt:?}");
    assert_eq!(dovecot.sink.waits_for(1).await.len(), 1);
}

#[tokio::test]
async fn submission_refuses_logins_and_mails_in_their_own_phases() {
    let dovecot = Dovecot::start().await;
    let timeouts = Timeouts::default();
    let mut server = dovecot.smtp(Security::Tls);
    let connection = Connection::connect(&server, "bot.example", &timeouts)
        .await
        .unwrap();
    drop(connection);

    let mut connection = Connection::connect(&server, "bot.example", &timeouts)
        .await
        .unwrap();
    let to = ["carol@target.example".to_owned()];
    let attempt = connection
        .send(Some(ADDRESS), &to, &b"too large\r\n".repeat(200_000))
        .await;
    assert_eq!(
        (attempt.phase, attempt.unsendable),
        (Phase::Mail, Some(Unsendable::TooLarge))
    );
    assert!(connection.is_usable());

    server.login = Some(Login::Password {
        user: USER.into(),
        password: Secret::new("wrong-Pa55"),
    });
    let (attempt, error) = Connection::connect(&server, "bot.example", &timeouts)
        .await
        .unwrap_err();
    assert_eq!(
        (attempt.phase, attempt.reply.unwrap().code),
        (Phase::Auth, 535)
    );
    assert!(matches!(&error, WireError::LoginRefused { .. }), "{error}");

    server.ca_file = Some(Certs::for_names(&["localhost"]).ca_file());
    let (attempt, error) = Connection::connect(&server, "bot.example", &timeouts)
        .await
        .unwrap_err();
    assert_eq!((attempt.phase, attempt.reply), (Phase::Tls, None));
    assert!(matches!(&error, WireError::Certificate { .. }), "{error}");

    server.port = 1;
    let (attempt, error) = Connection::connect(&server, "bot.example", &timeouts)
        .await
        .unwrap_err();
    assert_eq!(attempt.phase, Phase::Connect);
    assert!(matches!(&error, WireError::Unreachable { .. }), "{error}");
}
