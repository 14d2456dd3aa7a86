//! SMTP against a server that answers anything, or nothing, in each phase: what became of the mail is never guessed.
//! It fails where a refusal, a cut or a stale reply would be taken for acceptance, or an unknown outcome for a refusal.

use std::time::Duration;

use askfirst::wire::error::WireError;
use askfirst::wire::smtp::{Attempt, Connection, Phase, Timeouts, Unsendable};
use askfirst::wire::{Login, Secret, Security, Server};
use tokio::time::Instant;

use crate::harness::peer::{Peer, pipe};

pub const MAIL: &[u8] = b"Subject: hello\r\n\r\n.dot\r\nend\r\n";
pub const OFFERS: &str = "250-mx.example\r\n250-SIZE 1000\r\n250 AUTH PLAIN\r\n";

pub fn server(security: Security) -> Server {
    let password = Secret::new("pa55word");
    Server {
        host: "localhost".to_owned(),
        port: 587,
        security,
        login: Some(Login::Password {
            user: "bot".to_owned(),
            password,
        }),
        ca_file: None,
    }
}

pub fn recipients(count: usize) -> Vec<String> {
    (1..=count)
        .map(|n| format!("r{n}@target.example"))
        .collect()
}

pub type Connected = Result<Connection, (Attempt, WireError)>;

/// Connects with the default deadlines.
pub async fn connect(client: Box<tokio::io::DuplexStream>, server: &Server) -> Connected {
    Connection::over(client, server, "bot.example", &Timeouts::default()).await
}

/// What the server does in one phase.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Act {
    Says(&'static str),
    Cuts,
    Hangs,
}

/// The phases in which a server can go wrong, in their order.
const PHASES: [Phase; 9] = [
    Phase::Greeting,
    Phase::Hello,
    Phase::Auth,
    Phase::Mail,
    Phase::Recipient,
    Phase::Data,
    Phase::Dot,
    // Not phases of the mail: the second recipient, and the farewell.
    Phase::Connect,
    Phase::Body,
];
const SECOND_RECIPIENT: Phase = Phase::Connect;

/// Plays a whole submission of one mail to two recipients, with `act` in one phase; true if a mail was complete.
async fn play(mut peer: Peer, at: Phase, act: Act) -> bool {
    let mut complete = false;
    let steps = [
        (Phase::Greeting, "", "220 mx.example\r\n"),
        (Phase::Hello, "EHLO bot.example", OFFERS),
        (Phase::Auth, "AUTH PLAIN ", "235 in\r\n"),
        (
            Phase::Mail,
            "MAIL FROM:<bot@bot.example> SIZE=29",
            "250 ok\r\n",
        ),
        (
            Phase::Recipient,
            "RCPT TO:<r1@target.example>",
            "250 ok\r\n",
        ),
        (
            SECOND_RECIPIENT,
            "RCPT TO:<r2@target.example>",
            "250 ok\r\n",
        ),
        (Phase::Data, "DATA", "354 go\r\n"),
        (Phase::Dot, "", "250 2.0.0 queued\r\n"),
    ];
    for (phase, command, usual) in steps {
        if phase == Phase::Dot {
            assert_eq!(
                peer.body().await,
                b"Subject: hello\r\n\r\n..dot\r\nend\r\n.\r\n"
            );
            complete = true;
        } else if phase != Phase::Greeting {
            peer.hears(command).await;
        }
        match act {
            Act::Cuts if phase == at => return complete,
            Act::Hangs if phase == at => break,
            Act::Says(reply) if phase == at => {
                peer.says(reply).await;
                // Whatever the client says now: a RSET is granted, nothing else matters.
                while let line = peer.line().await
                    && !line.is_empty()
                {
                    match line.as_str() {
                        "RSET" => peer.says("250 ok\r\n").await,
                        "DATA" if phase == Phase::Recipient => {
                            panic!("DATA after a refused recipient")
                        }
                        line if line.starts_with("RCPT") => peer.says("250 ok\r\n").await,
                        _ => {}
                    }
                }
                return complete;
            }
            _ => peer.says(usual).await,
        }
    }
    peer.hangs().await;
    complete
}

/// What came of it: connecting may already fail.
async fn submit(client: Box<tokio::io::DuplexStream>) -> (Attempt, bool) {
    match connect(client, &server(Security::None)).await {
        Ok(mut connection) => {
            let attempt = connection
                .send(Some("bot@bot.example"), &recipients(2), MAIL)
                .await;
            (attempt, connection.is_usable())
        }
        Err((attempt, _)) => (attempt, false),
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_in_every_phase_is_told_by_its_phase() {
    let acts = [
        Act::Says("421 4.3.2 closing\r\n"),
        Act::Says("450 4.2.0 later\r\n"),
        Act::Says("550 5.1.1 never\r\n"),
        Act::Says("hello there\r\n"),
        Act::Says("250-unfinished\r\n"),
        Act::Says("334 go on\r\n"),
        Act::Says("299999\r\n"),
        Act::Cuts,
        Act::Hangs,
    ];
    for at in PHASES.into_iter().filter(|phase| *phase != Phase::Body) {
        for act in acts {
            let (client, peer) = pipe();
            let script = tokio::spawn(play(peer, at, act));
            let began = Instant::now();
            let (attempt, usable) = submit(client).await;
            let context = format!("{act:?} at {at:?}: {attempt:?}");
            let phase = if at == SECOND_RECIPIENT {
                Phase::Recipient
            } else {
                at
            };
            assert_eq!(attempt.phase, phase, "{context}");
            assert!(!attempt.is_accepted(), "{context}");
            let code = match act {
                Act::Says(reply) => {
                    let code = reply.get(..3).and_then(|code| code.parse::<u16>().ok());
                    code.filter(|code| *code >= 400)
                }
                _ => None,
            };
            match code {
                Some(_) => assert_eq!(attempt.reply.as_ref().map(|r| r.code), code, "{context}"),
                // A 3xx after the dot is shown as it is, and still decides nothing.
                None if attempt.is_unknown() => {}
                None => assert!(
                    attempt.reply.is_none() && attempt.trouble.is_some(),
                    "{context}"
                ),
            }
            // Only between the dot and its answer can nobody know.
            assert_eq!(
                attempt.is_unknown(),
                at == Phase::Dot && code.is_none(),
                "{context}"
            );
            assert!(attempt.unsendable.is_none(), "{context}");
            let in_step = matches!(code, Some(450 | 550)) && at >= Phase::Mail;
            let in_step = in_step || matches!(code, Some(450 | 550)) && at == SECOND_RECIPIENT;
            assert_eq!(usable, in_step, "{context}");
            assert!(began.elapsed() < Duration::from_secs(11 * 60), "{context}");
            let complete = script.await.unwrap();
            assert_eq!(complete, at == Phase::Dot, "{context}");
        }
    }
}

/// Logged in, without a login.
pub async fn ready(offers: &'static str) -> (Connection, Peer) {
    let (client, mut peer) = pipe();
    let mut server = server(Security::None);
    server.login = None;
    let script = async move {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO").await;
        peer.says(offers).await;
        peer
    };
    let (connection, peer) = tokio::join!(connect(client, &server), script);
    (connection.unwrap(), peer)
}

/// Plays MAIL, so many RCPT and DATA, and takes the mail in.
async fn take(peer: &mut Peer, recipients: usize) -> Vec<u8> {
    peer.hears("MAIL").await;
    peer.says("250 ok\r\n").await;
    for _ in 0..recipients {
        peer.hears("RCPT").await;
        peer.says("250 ok\r\n").await;
    }
    peer.hears("DATA").await;
    peer.says("354 go\r\n").await;
    peer.body().await
}

#[tokio::test(start_paused = true)]
async fn a_final_word_after_nine_minutes_is_waited_for() {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        take(&mut peer, 1).await;
        tokio::time::sleep(Duration::from_secs(9 * 60)).await;
        peer.says("250 at last\r\n").await;
    };
    let to = recipients(1);
    let (attempt, ()) = tokio::join!(connection.send(None, &to, MAIL), script);
    assert!(
        attempt.is_accepted() && connection.is_usable(),
        "{attempt:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_reading_is_left_before_the_dot() {
    let (mut connection, mut peer) = ready("250 mx\r\n").await;
    let large = b"0123456789abcdef0123456789abcdef\r\n".repeat(100_000);
    let script = async {
        peer.hears("MAIL").await;
        peer.says("250 ok\r\n").await;
        peer.hears("RCPT").await;
        peer.says("250 ok\r\n").await;
        peer.hears("DATA").await;
        peer.says("354 go\r\n").await;
        std::future::pending::<()>().await;
    };
    let to = recipients(1);
    tokio::select! {
        attempt = connection.send(None, &to, &large) => {
            assert_eq!((attempt.phase, attempt.reply.clone()), (Phase::Body, None));
            assert!(!attempt.is_unknown(), "without the dot no server may accept");
        }
        () = script => unreachable!(),
    }
    assert!(!connection.is_usable());
}

#[tokio::test]
async fn a_cancelled_send_leaves_a_connection_that_sends_nothing_more() {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let to = recipients(1);
    tokio::select! {
        _ = connection.send(None, &to, MAIL) => unreachable!(),
        _ = take(&mut peer, 1) => {}
    }
    // The late 250 to the first must not become the success of the second.
    peer.says("250 the first is taken\r\n").await;
    assert!(!connection.is_usable());
    let attempt = connection.send(None, &to, MAIL).await;
    assert_eq!(
        (attempt.phase, attempt.reply.clone()),
        (Phase::Connect, None)
    );
    assert!(!attempt.is_accepted());
}

#[tokio::test]
async fn a_reply_too_many_is_nobodys_success() {
    // Behind the 354, so that it would answer the dot.
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        for reply in ["250 ok\r\n", "250 ok\r\n", "354 go\r\n250 queued\r\n"] {
            peer.line().await;
            peer.says(reply).await;
        }
        peer
    };
    let to = recipients(1);
    let (attempt, _peer) = tokio::join!(connection.send(None, &to, MAIL), script);
    assert_eq!((attempt.phase, attempt.reply.clone()), (Phase::Data, None));
    assert!(!connection.is_usable());

    // Its beginning behind the answer to MAIL, its end when RCPT has been asked.
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        peer.hears("MAIL").await;
        peer.says("250 ok\r\n250 one t").await;
        if peer.line().await.starts_with("RCPT") {
            peer.says("oo many\r\n").await;
        }
    };
    let sending = async {
        let attempt = connection.send(None, &to, MAIL).await;
        drop(connection);
        attempt
    };
    let (attempt, ()) = tokio::join!(sending, script);
    assert_eq!(
        (attempt.phase, attempt.recipients.len()),
        (Phase::Recipient, 0)
    );
    assert!(attempt.reply.is_none() && attempt.trouble.is_some());

    // After the mail.
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        take(&mut peer, 1).await;
        peer.says("250 queued\r\n250 and one more\r\n").await;
        peer
    };
    let (attempt, _peer) = tokio::join!(connection.send(None, &to, MAIL), script);
    // Which of the two is the answer nobody knows.
    assert!(
        attempt.is_unknown() && !connection.is_usable(),
        "{attempt:?}"
    );
}

#[tokio::test]
async fn replies_may_come_in_any_pieces() {
    const REPLIES: [(&str, &str); 6] = [
        ("", "220-mx\r\n220 hi\r\n"),
        ("EHLO", "250-mx\r\n250-SIZE 100\r\n250   \r\n"),
        ("MAIL", "250-2.1.0 a\r\n250 2.1.0 b\r\n"),
        ("RCPT", "250 2.1.5 gr\u{fc}n\r\n"),
        ("DATA", "354 go\r\n"),
        (".", "250-2.0.0 queued as\r\n250 2.0.0 \u{fc}17\r\n"),
    ];
    let longest = REPLIES.iter().map(|(_, reply)| reply.len()).max().unwrap();
    for split in 1..longest {
        let (client, mut peer) = pipe();
        let script = async move {
            for (command, reply) in REPLIES {
                match command {
                    "" => {}
                    "." => _ = peer.body().await,
                    command => _ = peer.hears(command).await,
                }
                // As Latin-1, as some servers still write.
                let bytes: Vec<u8> = reply.chars().map(|c| c as u8).collect();
                let (first, second) = bytes.split_at(split.min(bytes.len()));
                peer.says(first).await;
                tokio::task::yield_now().await;
                peer.says(second).await;
            }
            peer
        };
        let mut server = server(Security::None);
        server.login = None;
        let sending = async {
            let mut connection = connect(client, &server).await.unwrap();
            assert_eq!(connection.abilities().size_limit, Some(100));
            connection
                .send(Some("bot@bot.example"), &recipients(1), MAIL)
                .await
        };
        let (attempt, _peer) = tokio::join!(sending, script);
        assert!(attempt.is_accepted(), "{attempt:?}");
        assert_eq!(
            attempt.reply.unwrap().text,
            "2.0.0 queued as 2.0.0 \u{fffd}17"
        );
    }
}

#[tokio::test]
async fn one_refusal_among_three_recipients_stops_the_mail() {
    for (code, reply) in [
        (450, "450 4.2.0 greylisted\r\n"),
        (550, "550 5.1.1 unknown\r\n"),
    ] {
        let (mut connection, mut peer) = ready(OFFERS).await;
        let script = async {
            for (command, reply) in [
                ("MAIL", "250 ok\r\n"),
                ("RCPT TO:<r1@", "251 will forward\r\n"),
                ("RCPT TO:<r2@", reply),
                ("RCPT TO:<r3@", "250 ok\r\n"),
                ("RSET", "250 ok\r\n"),
            ] {
                peer.hears(command).await;
                peer.says(reply).await;
            }
            // The next mail on the same connection.
            take(&mut peer, 1).await;
            peer.says("250 ok\r\n").await;
        };
        let to = recipients(3);
        let sending = async {
            let attempt = connection.send(None, &to, MAIL).await;
            assert_eq!(attempt.phase, Phase::Recipient);
            assert_eq!(attempt.reply.as_ref().unwrap().code, code);
            let said: Vec<(&str, u16)> = attempt
                .recipients
                .iter()
                .map(|(to, r)| (to.as_str(), r.code))
                .collect();
            assert_eq!(
                said,
                [
                    (to[0].as_str(), 251),
                    (to[1].as_str(), code),
                    (to[2].as_str(), 250)
                ]
            );
            assert!(connection.send(None, &to[..1], MAIL).await.is_accepted());
        };
        tokio::join!(sending, script);
    }
}

#[tokio::test]
async fn what_can_not_be_sent_is_said_before_the_server_hears_of_it() {
    let (mut connection, peer) = ready("250-mx\r\n250 SIZE 1000\r\n").await;
    let to = recipients(1);
    let many = |address: &str| vec!["r1@target.example".to_owned(), address.to_owned()];
    type Case<'a> = (Option<&'a str>, Vec<String>, &'a [u8], Unsendable);
    let cases: [Case; 9] = [
        (
            None,
            to.clone(),
            b"one\n.\nMAIL FROM:<>\n",
            Unsendable::BareLineEnding,
        ),
        (None, to.clone(), b"one\r.\r", Unsendable::BareLineEnding),
        (None, to.clone(), &[b'x'; 1001], Unsendable::TooLarge),
        (
            None,
            to.clone(),
            b"gr\xfcn\r\n",
            Unsendable::NeedsEightBitMime,
        ),
        (
            None,
            many("grün@target.example"),
            MAIL,
            Unsendable::NeedsSmtpUtf8,
        ),
        (
            Some("grün@bot.example"),
            to.clone(),
            MAIL,
            Unsendable::NeedsSmtpUtf8,
        ),
        (
            None,
            many("a@b.example> SIZE=1\r\nRSET"),
            MAIL,
            Unsendable::BadAddress,
        ),
        (Some("bot"), to.clone(), MAIL, Unsendable::BadAddress),
        (None, vec![], MAIL, Unsendable::NoRecipient),
    ];
    for (from, to, bytes, why) in cases {
        let attempt = connection.send(from, &to, bytes).await;
        assert_eq!(attempt.unsendable, Some(why));
        assert!(attempt.reply.is_none() && attempt.recipients.is_empty() && !attempt.is_unknown());
    }
    assert!(connection.is_usable());
    drop(connection);
    let mut peer = peer;
    assert_eq!(peer.line().await, "", "not a word was said");
}

#[tokio::test]
async fn parameters_go_with_the_mail_where_the_server_knows_them() {
    let offers = "250-mx\r\n250-8BITMIME\r\n250-smtputf8\r\n250 SIZE\r\n";
    let (mut connection, mut peer) = ready(offers).await;
    let script = async {
        let mail = peer.hears("MAIL").await;
        peer.says("250 ok\r\n").await;
        let recipient = peer.hears("RCPT").await;
        peer.says("250 ok\r\n").await;
        peer.hears("DATA").await;
        peer.says("354 go\r\n").await;
        let body = peer.body().await;
        peer.says("250 ok\r\n").await;
        (mail, recipient, body)
    };
    let to = vec!["grün@bücher.example".to_owned()];
    let sending = connection.send(
        Some("bot@bot.example"),
        &to,
        "Subject: x\r\n\r\ngrün".as_bytes(),
    );
    let (attempt, (mail, recipient, body)) = tokio::join!(sending, script);
    assert!(attempt.is_accepted(), "{attempt:?}");
    assert_eq!(
        mail,
        "MAIL FROM:<bot@bot.example> SIZE=19 BODY=8BITMIME SMTPUTF8"
    );
    assert_eq!(recipient, "RCPT TO:<grün@bücher.example>");
    assert_eq!(body, "Subject: x\r\n\r\ngrün\r\n.\r\n".as_bytes());
}

#[tokio::test(start_paused = true)]
async fn quit_never_waits_long() {
    let (connection, peer) = ready(OFFERS).await;
    let began = Instant::now();
    tokio::join!(connection.quit(), peer.hangs());
    assert!(began.elapsed() <= Duration::from_secs(5));
}

#[tokio::test]
async fn what_is_logged_of_an_attempt_holds_no_address() {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        for reply in [
            "250 ok\r\n",
            "550 5.1.1 <r1@target.example> unknown\r\n",
            "250 ok\r\n",
        ] {
            peer.line().await;
            peer.says(reply).await;
        }
    };
    let to = recipients(1);
    let (attempt, ()) = tokio::join!(connection.send(None, &to, MAIL), script);
    assert!(
        attempt
            .reply
            .as_ref()
            .unwrap()
            .text
            .contains("r1@target.example")
    );
    let shown = format!("{attempt:?}");
    assert!(
        shown.contains("Reply(550)") && !shown.contains("target.example"),
        "{shown}"
    );
}
