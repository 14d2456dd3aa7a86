//! Several commands in one write (RFC 2920): what each reply means is told as surely as one by one.
//! It fails where a mail would be offered to fewer than it is for, or a reply taken for that to another command.

use std::time::Duration;

use askfirst::wire::smtp::{Attempt, Connection, Phase};

use crate::harness::peer::Peer;
use crate::wire::smtp::{MAIL, ready, recipients};

const OFFERS: &str = "250-mx.example\r\n250-PIPELINING\r\n250 SIZE 1000\r\n";

/// Hears a whole group before it says a word.
async fn hears_group(peer: &mut Peer, recipients: usize) {
    peer.hears("MAIL FROM:").await;
    for n in 1..=recipients {
        peer.hears(&format!("RCPT TO:<r{n}@")).await;
    }
    if recipients == 1 {
        peer.hears("DATA").await;
    }
}

/// One mail to so many, to a server that answers the group so; and what the client says next, before it is gone.
async fn answered(count: usize, replies: &str) -> (Attempt, Option<Connection>, String) {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let to = recipients(count);
    let script = async {
        hears_group(&mut peer, count).await;
        peer.says(replies).await;
        // Silence is the end of it: the next mail is another matter.
        let next = tokio::time::timeout(Duration::from_secs(1), peer.line()).await;
        let next = next.unwrap_or_default();
        if next == "RSET" {
            peer.says("250 ok\r\n").await;
        }
        (next, peer)
    };
    let sending = async {
        let attempt = connection.send(Some("bot@bot.example"), &to, MAIL).await;
        let kept = connection.is_usable().then_some(connection);
        (attempt, kept)
    };
    let ((attempt, mut kept), (next, mut peer)) = tokio::join!(sending, script);
    // A connection that can be used sends the next mail in good order.
    if let Some(connection) = &mut kept {
        let to = recipients(1);
        let script = async {
            hears_group(&mut peer, 1).await;
            peer.says("250 ok\r\n250 ok\r\n354 go\r\n").await;
            peer.body().await;
            peer.says("250 queued\r\n").await;
        };
        let (again, ()) = tokio::join!(connection.send(None, &to, MAIL), script);
        assert!(again.is_accepted(), "{again:?}");
    }
    (attempt, kept, next)
}

#[tokio::test(start_paused = true)]
async fn a_mail_for_one_is_offered_in_one_write() {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let script = async {
        for _ in 0..3 {
            hears_group(&mut peer, 1).await;
            peer.says("250 ok\r\n250 ok\r\n354 go\r\n").await;
            assert!(peer.body().await.ends_with(b"..dot\r\nend\r\n.\r\n"));
            peer.says("250 queued\r\n").await;
        }
    };
    let to = recipients(1);
    let sending = async {
        for _ in 0..3 {
            let attempt = connection.send(Some("bot@bot.example"), &to, MAIL).await;
            assert!(attempt.is_accepted(), "{attempt:?}");
            assert_eq!(attempt.recipients.len(), 1);
        }
    };
    tokio::join!(sending, script);
}

#[tokio::test(start_paused = true)]
async fn data_for_several_waits_for_the_word_on_each() {
    let (mut connection, mut peer) = ready(OFFERS).await;
    let to = recipients(3);
    let script = async {
        hears_group(&mut peer, 3).await;
        peer.says("250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n").await;
        peer.hears("DATA").await;
        peer.says("354 go\r\n").await;
        peer.body().await;
        peer.says("250 queued\r\n").await;
        hears_group(&mut peer, 3).await;
        peer.says("250 ok\r\n250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n")
            .await;
        peer.hears("RSET").await;
        peer.says("250 ok\r\n").await;
    };
    let sending = async {
        let first = connection.send(None, &to, MAIL).await;
        assert!(first.is_accepted(), "{first:?}");
        connection.send(None, &to, MAIL).await
    };
    let (attempt, ()) = tokio::join!(sending, script);
    let codes: Vec<u16> = attempt.recipients.iter().map(|(_, r)| r.code).collect();
    assert_eq!(
        (attempt.phase, codes),
        (Phase::Recipient, vec![250, 250, 550])
    );
    assert!(connection.is_usable());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_by_its_phase_and_the_rest_of_the_group_is_heard() {
    for (replies, phase, code) in [
        (
            "550 5.7.1 no\r\n503 first MAIL\r\n503 first RCPT\r\n",
            Phase::Mail,
            550,
        ),
        (
            "451 later\r\n503 no\r\n554 no valid recipients\r\n",
            Phase::Mail,
            451,
        ),
        (
            "250 ok\r\n550 5.1.1 unknown\r\n554 no valid recipients\r\n",
            Phase::Recipient,
            550,
        ),
        (
            "250 ok\r\n450-4.2.0\r\n450 greylisted\r\n503 no\r\n",
            Phase::Recipient,
            450,
        ),
        ("250 ok\r\n250 ok\r\n452 full\r\n", Phase::Data, 452),
    ] {
        let (attempt, kept, next) = answered(1, replies).await;
        assert_eq!(attempt.phase, phase, "{attempt:?}");
        assert_eq!(attempt.reply.as_ref().map(|r| r.code), Some(code));
        assert!(kept.is_some(), "{replies:?}");
        assert_eq!(next == "RSET", phase != Phase::Mail, "{next:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_grants_data_after_a_refusal_gets_not_one_octet() {
    for (replies, phase) in [
        (
            "250 ok\r\n550 5.1.1 unknown\r\n354 go\r\n",
            Phase::Recipient,
        ),
        ("550 no\r\n250 ok\r\n354 go\r\n", Phase::Mail),
    ] {
        let (attempt, kept, next) = answered(1, replies).await;
        assert_eq!(attempt.phase, phase);
        assert_eq!(attempt.reply.as_ref().map(|r| r.code), Some(550));
        assert!(kept.is_none(), "no mail may follow");
        assert_eq!(next, "", "nothing is said any more");
    }
}

#[tokio::test(start_paused = true)]
async fn more_replies_than_commands_are_nobodys_success() {
    for (replies, phase) in [
        ("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", Phase::Mail),
        ("250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n", Phase::Mail),
        ("250 ok\r\n250 ok\r\n250 ok\r\n", Phase::Data),
        ("250 ok\r\n250 ok\r\n354 go\r\n250 que", Phase::Data),
        ("250 ok\r\n354 go\r\n250 ok\r\n", Phase::Recipient),
        // What is no reply takes those before it along.
        ("450 later\r\n503 no\r\nwhat is this\r\n", Phase::Mail),
        ("250 ok\r\n550 no\r\nwhat is this\r\n", Phase::Mail),
    ] {
        let (attempt, kept, next) = answered(1, replies).await;
        assert_eq!(
            (attempt.phase, &attempt.reply),
            (phase, &None),
            "{replies:?}"
        );
        assert!(!attempt.is_accepted() && !attempt.is_unknown());
        assert!(kept.is_none());
        assert_eq!(next, "", "{replies:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_and_a_cut_are_told_by_the_reply_that_is_missing() {
    for (replies, phase) in [
        ("", Phase::Mail),
        ("250 ok\r\n", Phase::Recipient),
        ("250 ok\r\n250 ok\r\n", Phase::Data),
        ("250 ok\r\n550 no\r\n", Phase::Recipient),
        ("421 closing\r\n", Phase::Mail),
        ("250 ok\r\n421 closing\r\n", Phase::Recipient),
    ] {
        for cuts in [false, true] {
            let (mut connection, mut peer) = ready(OFFERS).await;
            let script = async {
                hears_group(&mut peer, 1).await;
                peer.says(replies).await;
                match cuts {
                    true => drop(peer),
                    false => peer.hangs().await,
                }
            };
            let to = recipients(1);
            let sending = async {
                let attempt = connection.send(None, &to, MAIL).await;
                (attempt, connection.is_usable())
            };
            let began = tokio::time::Instant::now();
            let (attempt, usable) = tokio::select! {
                sent = sending => sent,
                () = async { script.await; std::future::pending().await } => unreachable!(),
            };
            assert_eq!(attempt.phase, phase, "{replies:?} {cuts}");
            assert!(!attempt.is_accepted() && !attempt.is_unknown() && !usable);
            assert!(began.elapsed() < Duration::from_secs(11 * 60));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_word_pipelining_each_command_waits() {
    let (mut connection, mut peer) = ready("250 mx.example\r\n").await;
    let script = async {
        for (command, reply) in [
            ("MAIL", "250 ok\r\n"),
            ("RCPT", "250 ok\r\n"),
            ("DATA", "354 go\r\n"),
        ] {
            peer.hears(command).await;
            let early = tokio::time::timeout(Duration::from_secs(1), peer.line()).await;
            assert!(early.is_err(), "{early:?} before the answer to {command}");
            peer.says(reply).await;
        }
        peer.body().await;
        peer.says("250 queued\r\n").await;
    };
    let to = recipients(1);
    let (attempt, ()) = tokio::join!(connection.send(None, &to, MAIL), script);
    assert!(attempt.is_accepted(), "{attempt:?}");
}
