//! The way in over SMTP: STARTTLS that is stripped or injected, and logins that are refused.
//! It fails where a secret would be said in the clear, or a refusal taken for an outage.

use std::time::Duration;

use askfirst::wire::Security;
use askfirst::wire::error::WireError;
use askfirst::wire::smtp::Phase;
use tokio::io::AsyncWriteExt;

use super::smtp::{OFFERS, connect, server};
use crate::harness::certs::Certs;
use crate::harness::peer::{Peer, pipe};

#[tokio::test]
async fn a_login_that_is_refused_is_told_from_one_that_may_work_later() {
    for (reply, later) in [
        ("535 5.7.8 no: AGJvdABwYTU1d29yZA==\r\n", false),
        (
            "550 5.7.30 Basic authentication is not supported\r\n",
            false,
        ),
        ("454 4.7.0 Temporary authentication failure\r\n", true),
    ] {
        let (client, mut peer) = pipe();
        let script = async {
            peer.says("220 mx\r\n").await;
            peer.hears("EHLO").await;
            peer.says(OFFERS).await;
            peer.hears("AUTH PLAIN AGJvdABwYTU1d29yZA==").await;
            peer.says(reply).await;
        };
        let server = server(Security::None);
        let (result, ()) = tokio::join!(connect(client, &server), script);
        let (attempt, error) = result.unwrap_err();
        assert_eq!(attempt.phase, Phase::Auth);
        assert_eq!(
            matches!(error, WireError::LoginUnavailable { .. }),
            later,
            "{error}"
        );
        assert_eq!(
            matches!(error, WireError::LoginRefused { .. }),
            !later,
            "{error}"
        );
        for secret in ["pa55word", "AGJvdABwYTU1d29yZA=="] {
            assert!(!format!("{error} {error:?} {attempt:?}").contains(secret));
        }
    }
}

#[tokio::test]
async fn a_server_with_login_alone_is_answered_in_its_way() {
    let (client, mut peer) = pipe();
    let script = async {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO").await;
        peer.says("250-mx\r\n250 AUTH LOGIN\r\n").await;
        peer.hears("AUTH LOGIN").await;
        peer.says("334 VXNlcm5hbWU6\r\n").await;
        let user = peer.line().await;
        peer.says("334 UGFzc3dvcmQ6\r\n").await;
        let password = peer.line().await;
        peer.says("235 in\r\n").await;
        (user, password)
    };
    let server = server(Security::None);
    let (result, said) = tokio::join!(connect(client, &server), script);
    result.unwrap();
    assert_eq!(said, ("Ym90".to_owned(), "cGE1NXdvcmQ=".to_owned()));
}

#[tokio::test]
async fn starttls_stripped_or_injected_carries_no_secret_and_no_mail() {
    let (client, mut peer) = pipe();
    let script = async {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO").await;
        peer.says(OFFERS).await;
        peer.line().await
    };
    let server = server(Security::StartTls);
    let (result, after) = tokio::join!(connect(client, &server), script);
    let (attempt, error) = result.unwrap_err();
    assert_eq!(attempt.phase, Phase::Tls);
    assert!(
        matches!(error, WireError::StartTlsMissing { .. }),
        "{error}"
    );
    assert_eq!(after, "");

    let (client, mut peer) = pipe();
    let script = async {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO").await;
        peer.says("250-mx\r\n250 STARTTLS\r\n").await;
        peer.hears("STARTTLS").await;
        peer.says(
            "220 go\r\n250 evil\r\n235 in\r\n250 ok\r\n250 ok\r\n354 go\r\n250 injected queued\r\n",
        )
        .await;
        peer.line().await
    };
    let (result, after) = tokio::join!(connect(client, &server), script);
    let (attempt, error) = result.unwrap_err();
    assert_eq!(attempt.phase, Phase::Tls);
    assert!(
        matches!(error, WireError::InjectedBeforeTls { .. }),
        "{error}"
    );
    assert_eq!(after, "", "no handshake, no EHLO");
}

#[tokio::test]
async fn bytes_that_come_late_before_tls_break_the_handshake_and_nothing_more() {
    let certs = Certs::for_names(&["localhost"]);
    let (client, mut peer) = pipe();
    let script = async {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO").await;
        peer.says("250-mx\r\n250 STARTTLS\r\n").await;
        peer.hears("STARTTLS").await;
        peer.says("220 go\r\n").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        peer.says("250 evil\r\n235 in\r\n").await;
        let _ = certs.acceptor().accept(peer.into_stream()).await;
    };
    let mut server = server(Security::StartTls);
    server.ca_file = Some(certs.ca_file());
    let (result, ()) = tokio::join!(connect(client, &server), script);
    let (attempt, error) = result.unwrap_err();
    assert_eq!(attempt.phase, Phase::Tls);
    assert!(matches!(error, WireError::Tls { .. }), "{error}");
}

#[tokio::test]
async fn after_starttls_everything_is_asked_anew() {
    let certs = Certs::for_names(&["localhost"]);
    let (client, mut peer) = pipe();
    let acceptor = certs.acceptor();
    let script = async move {
        peer.says("220 mx\r\n").await;
        peer.hears("EHLO bot.example").await;
        peer.says("250-mx\r\n250-STARTTLS\r\n250 SIZE 1\r\n").await;
        peer.hears("STARTTLS").await;
        peer.says("220 go\r\n").await;
        let mut inside = Peer::new(acceptor.accept(peer.into_stream()).await.unwrap());
        inside.hears("EHLO bot.example").await;
        inside.says("250-mx\r\n250 AUTH PLAIN\r\n").await;
        inside.hears("AUTH PLAIN").await;
        inside.says("235 in\r\n").await;
        inside.hears("QUIT").await;
        let _ = inside.into_stream().shutdown().await;
    };
    let mut server = server(Security::StartTls);
    server.ca_file = Some(certs.ca_file());
    let using = async {
        let connection = connect(client, &server).await.unwrap();
        assert_eq!(
            connection.abilities().size_limit,
            None,
            "what was said before TLS is forgotten"
        );
        connection.quit().await;
    };
    tokio::join!(using, script);
}
