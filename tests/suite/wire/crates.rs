//! Faults of async-imap 0.12, imap-proto 0.17 and lettre 0.11.23 that the wire works around; each still stands.
//! A failure here is good news: see which workaround it names.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_imap::extensions::idle::IdleResponse;
use async_imap::imap_proto::Response;
use futures_util::TryStreamExt;
use lettre::message::Mailbox;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream};
use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParametersBuilder};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::time::timeout;

use crate::harness::certs::Certs;
use crate::harness::peer::{Peer, pipe};

/// A bare async-imap session against a script that plays from after the login.
async fn raw_imap() -> (async_imap::Session<Box<DuplexStream>>, Peer) {
    let (client, mut peer) = pipe();
    let mut client = async_imap::Client::new(client);
    let (session, peer) = tokio::join!(
        async move {
            client.read_response().await.unwrap();
            client
                .login("a", "b")
                .await
                .map_err(|(error, _)| error)
                .unwrap()
        },
        async move {
            peer.says("* OK hi\r\n").await;
            peer.answers("LOGIN", "").await;
            peer
        }
    );
    (session, peer)
}

#[tokio::test]
async fn k4_async_imap_reports_refusals_and_cuts_as_empty_success() {
    for answer in ["NO [INUSE] busy\r\n", "BAD what\r\n", ""] {
        let (mut session, mut peer) = raw_imap().await;
        let script = async move {
            let tag = peer.command("UID SEARCH").await;
            if !answer.is_empty() {
                peer.says(format!("{tag} {answer}")).await;
            }
        };
        let (found, ()) = tokio::join!(session.uid_search("ALL"), script);
        assert!(
            found.unwrap().is_empty(),
            "a search that was answered {answer:?}"
        );
    }

    let (mut session, mut peer) = raw_imap().await;
    let script = async move {
        peer.command("UID FETCH").await;
        peer.says("* 1 FETCH (UID 1 RFC822.SIZE 10)\r\n").await;
    };
    let fetched = async {
        session
            .uid_fetch("1:3", "RFC822.SIZE")
            .await
            .unwrap()
            .try_collect::<Vec<_>>()
            .await
    };
    let (fetched, ()) = tokio::join!(fetched, script);
    assert_eq!(fetched.unwrap().len(), 1, "one of three, then a cut");

    let (mut session, mut peer) = raw_imap().await;
    let script = async move {
        peer.command("SELECT").await;
    };
    let (selected, ()) = tokio::join!(session.select("INBOX"), script);
    assert_eq!(
        selected.unwrap().uid_validity,
        None,
        "a mailbox opened by a cut"
    );

    let (session, mut peer) = raw_imap().await;
    let mut idle = session.idle();
    let script = async move {
        peer.command("IDLE").await;
        peer.says("+ idling\r\n").await;
    };
    let waiting = async {
        idle.init().await.unwrap();
        let (waiting, _stop) = idle.wait_with_timeout(Duration::from_secs(5));
        waiting.await
    };
    let (woken, ()) = tokio::join!(waiting, script);
    assert_eq!(
        woken.unwrap(),
        IdleResponse::ManualInterrupt,
        "a cut during IDLE"
    );
}

#[tokio::test(start_paused = true)]
async fn k4_async_imap_waits_for_ever_when_idle_is_refused() {
    let (session, mut peer) = raw_imap().await;
    let mut idle = session.idle();
    let script = async move {
        let tag = peer.command("IDLE").await;
        peer.says(format!("{tag} NO not here\r\n")).await;
        peer.hangs().await;
    };
    tokio::select! {
        hung = timeout(Duration::from_secs(3600), idle.init()) => assert!(hung.is_err()),
        () = script => unreachable!(),
    }
}

#[tokio::test]
async fn k5_one_line_that_imap_proto_can_not_parse_closes_the_stream() {
    // An attribute without a value; and a good answer (RFC 2342) that it does not know.
    for line in [
        "* 1 FETCH (UID 1 X-MOOD)\r\n",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
    ] {
        let (mut session, mut peer) = raw_imap().await;
        let script = async move {
            peer.answers("UID FETCH", line).await;
            peer
        };
        let (tag, _peer) = tokio::join!(session.run_command("UID FETCH 1 RFC822.SIZE"), script);
        tag.unwrap();
        assert!(session.read_response().await.is_err());
        assert!(
            session.read_response().await.unwrap().is_none(),
            "the tagged answer is lost with it"
        );
    }
}

#[test]
fn k5_imap_proto_panics_on_two_harmless_answers() {
    for line in [
        &b"* 1 FETCH (UID 1 INTERNALDATE NIL)\r\n"[..],
        "* OK [ALERT]été\r\n".as_bytes(),
    ] {
        let parsed = std::panic::catch_unwind(|| Response::parse(line).is_ok());
        assert!(parsed.is_err(), "{:?}", String::from_utf8_lossy(line));
    }
}

#[test]
fn k1_lettre_panics_on_a_line_break_in_a_display_name() {
    let built = std::panic::catch_unwind(|| {
        let name = Some("Ann\r\nBcc: victim@target.example".to_owned());
        lettre::Message::builder().from(Mailbox::new(name, "ann@req.example".parse().unwrap()));
    });
    assert!(built.is_err());
}

#[test]
fn k11_lettre_does_not_fold_a_long_word_and_adds_no_message_id() {
    let mail = lettre::Message::builder()
        .from("ann@req.example".parse().unwrap())
        .to("carol@target.example".parse().unwrap())
        .cc(Mailbox::new(
            Some(String::new()),
            "bob@conn.example".parse().unwrap(),
        ))
        .subject("x".repeat(1200))
        .body("hello".to_owned())
        .unwrap();
    let bytes = String::from_utf8(mail.formatted()).unwrap();
    assert!(bytes.lines().any(|line| line.len() > 998));
    assert!(!bytes.contains("Message-ID"));
    assert!(bytes.contains("Cc:  <bob@conn.example>"), "{bytes}");
}

/// What lettre wants of a stream, over a pipe.
#[derive(Debug)]
struct Piped(Box<DuplexStream>);

impl AsyncTokioStream for Piped {
    fn peer_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(([127, 0, 0, 1], 1).into())
    }
}

impl AsyncRead for Piped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Piped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A bare lettre connection against a script that plays from after EHLO.
async fn raw_smtp() -> (AsyncSmtpConnection, Peer) {
    let (client, mut peer) = pipe();
    let hello = ClientId::Domain("bot.example".to_owned());
    let (connection, peer) = tokio::join!(
        AsyncSmtpConnection::connect_with_transport(Box::new(Piped(client)), &hello),
        async move {
            peer.says("220 hi\r\n").await;
            peer.hears("EHLO").await;
            peer.says("250-mx\r\n250 STARTTLS\r\n").await;
            peer
        }
    );
    (connection.unwrap(), peer)
}

#[tokio::test]
async fn k12_lettre_panics_on_an_ehlo_line_of_spaces() {
    let (client, mut peer) = pipe();
    let connecting = tokio::spawn(async move {
        let hello = ClientId::Domain("bot.example".to_owned());
        AsyncSmtpConnection::connect_with_transport(Box::new(Piped(client)), &hello)
            .await
            .is_ok()
    });
    peer.says("220 hi\r\n").await;
    peer.hears("EHLO").await;
    peer.says("250-mx\r\n250-  \r\n250 SIZE 1\r\n").await;
    assert!(connecting.await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn k6_lettre_waits_for_a_reply_for_ever() {
    let (mut connection, peer) = raw_smtp().await;
    tokio::select! {
        hung = timeout(Duration::from_secs(3600), connection.test_connected()) => assert!(hung.is_err()),
        () = peer.hangs() => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn k7_after_a_cancelled_send_lettre_takes_the_old_reply_for_the_new_mail() {
    let (mut connection, mut peer) = raw_smtp().await;
    // The first mail: its 250 comes too late for the caller.
    let script = async move {
        peer.hears("DATA").await;
        peer.says("354 go\r\n").await;
        peer.body().await;
        peer
    };
    let sending = async {
        connection.command(Data).await.unwrap();
        assert!(
            timeout(Duration::from_secs(1), connection.message(b"one"))
                .await
                .is_err()
        );
    };
    let ((), mut peer) = tokio::join!(sending, script);
    peer.says("250 one is taken\r\n").await;
    // The second: DATA reads that 250, and the mail reads the 354 that belongs to DATA, as its success.
    let script = async move {
        peer.hears("DATA").await;
        peer.says("354 go\r\n").await;
        peer.body().await;
        peer.says("554 two is refused\r\n").await;
        peer
    };
    let sending = async {
        assert!(connection.command(Data).await.unwrap().has_code(250));
        connection.message(b"two").await
    };
    let (sent, _peer) = tokio::join!(sending, script);
    assert!(sent.unwrap().has_code(354));
}

#[tokio::test]
async fn k8_lettre_does_not_tell_phases_apart() {
    for reply in ["550 5.4.5 daily limit", "535 5.7.8 bad password"] {
        let (mut connection, mut peer) = raw_smtp().await;
        let script = async move {
            peer.line().await;
            peer.says(format!("{reply}\r\n")).await;
            peer
        };
        let (said, _peer) = tokio::join!(connection.command(Mail::new(None, vec![])), script);
        assert!(
            said.unwrap_err().is_permanent(),
            "as a refused recipient is"
        );
    }
    // Cut at DATA, where nothing can have happened, and after the dot, where anything can: the same error.
    let mut errors = Vec::new();
    for after_dot in [false, true] {
        let (mut connection, mut peer) = raw_smtp().await;
        let script = async move {
            peer.hears("DATA").await;
            if after_dot {
                peer.says("354 go\r\n").await;
                peer.body().await;
            }
        };
        let sending = async {
            match connection.command(Data).await {
                Ok(_) => connection.message(b"x").await.unwrap_err(),
                Err(error) => error,
            }
        };
        let (error, ()) = tokio::join!(sending, script);
        assert!(error.is_response() && !error.is_transient() && !error.is_permanent());
        errors.push(error.to_string());
    }
    assert_eq!(errors[0], errors[1]);
}

#[tokio::test]
async fn k9_lettre_believes_replies_that_were_injected_before_tls() {
    let certs = Certs::for_names(&["localhost"]);
    let root = Certificate::from_pem(&std::fs::read(certs.ca_file()).unwrap()).unwrap();
    let tls = TlsParametersBuilder::new("localhost".to_owned())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(root)
        .build_rustls()
        .unwrap();
    let (mut connection, mut peer) = raw_smtp().await;
    let script = async move {
        peer.hears("STARTTLS").await;
        let injected = "220 go\r\n250 evil\r\n250 sender\r\n250 recipient\r\n354 data\r\n250 injected queued\r\n";
        peer.says(injected).await;
        let mut real = Peer::new(certs.acceptor().accept(peer.into_stream()).await.unwrap());
        real.hears("EHLO").await;
        real.hangs().await;
    };
    let sending = async {
        let hello = ClientId::Domain("bot.example".to_owned());
        connection.starttls(tls, &hello).await.unwrap();
        connection.command(Mail::new(None, vec![])).await.unwrap();
        connection
            .command(Rcpt::new("carol@target.example".parse().unwrap(), vec![]))
            .await
            .unwrap();
        connection.command(Data).await.unwrap();
        connection.message(b"hello").await.unwrap()
    };
    tokio::select! {
        said = sending => assert_eq!(said.first_line(), Some("injected queued")),
        () = script => unreachable!(),
    }
}

#[tokio::test]
async fn k10_lettre_sends_a_dot_between_bare_line_feeds_as_it_is() {
    let (mut connection, mut peer) = raw_smtp().await;
    let script = async move {
        let body = peer.body().await;
        peer.says("250 ok\r\n").await;
        body
    };
    let (sent, body) = tokio::join!(
        connection.message(b"one\n.\nMAIL FROM:<bot@bot.example>\n"),
        script
    );
    sent.unwrap();
    assert!(
        body.windows(3).any(|bytes| bytes == b"\n.\n"),
        "a lenient server ends the mail here"
    );
}
