//! The way in over IMAP: greetings, STARTTLS, certificates and logins that do not hold.
//! It fails where a secret would be said in the clear, or a refusal taken for an outage.

use askfirst::wire::error::WireError;
use askfirst::wire::imap::Session;
use askfirst::wire::{Login, Secret, Security};

use super::imap::server;
use crate::harness::certs::Certs;
use crate::harness::peer::pipe;

#[tokio::test]
async fn a_refused_login_is_told_from_one_that_may_work_later() {
    for (answer, later) in [
        (
            "NO [AUTHENTICATIONFAILED] Invalid credentials for bot: pa55word",
            false,
        ),
        ("NO [UNAVAILABLE] Temporary authentication failure", true),
        ("NO [LIMIT] Too many connections", true),
        ("BAD no LOGIN here", false),
    ] {
        let (client, mut peer) = pipe();
        let script = async {
            peer.says("* OK ready\r\n").await;
            let tag = peer.command("LOGIN \"bot\" \"pa55word\"").await;
            peer.says(format!("{tag} {answer}\r\n")).await;
        };
        let server = server(Security::None);
        let (result, ()) = tokio::join!(Session::over(client, &server), script);
        let error = result.unwrap_err();
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
        assert!(!format!("{error} {error:?}").contains("pa55word"));
    }
}

#[tokio::test]
async fn a_password_beyond_ascii_goes_by_plain() {
    let (client, mut peer) = pipe();
    let script = async {
        peer.says("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")
            .await;
        let tag = peer.command("AUTHENTICATE PLAIN").await;
        peer.says("+ \r\n").await;
        let said = data_encoding::BASE64
            .decode(peer.line().await.as_bytes())
            .unwrap();
        peer.says(format!("{tag} OK in\r\n")).await;
        peer.answers("CAPABILITY", "* CAPABILITY IMAP4rev1\r\n")
            .await;
        said
    };
    let mut server = server(Security::None);
    let password = Secret::new("paßwort");
    server.login = Some(Login::Password {
        user: "bot".into(),
        password,
    });
    let (result, said) = tokio::join!(Session::over(client, &server), script);
    result.unwrap();
    assert_eq!(said, "\0bot\0paßwort".as_bytes());
}

#[tokio::test]
async fn greetings_that_are_none_are_told_apart() {
    for (greeting, security) in [
        ("* BYE too many connections\r\n", Security::None),
        ("* BYE too many connections\r\n", Security::StartTls),
    ] {
        let (client, mut peer) = pipe();
        let server = server(security);
        let (result, ()) = tokio::join!(Session::over(client, &server), peer.says(greeting));
        let error = result.unwrap_err();
        assert!(
            matches!(&error, WireError::Closed { bye: Some(text), .. } if text.starts_with("too many")),
            "{error}"
        );
    }
    for greeting in ["220 mail.example ESMTP\r\n", "* PREAUTH welcome\r\n"] {
        let (client, mut peer) = pipe();
        let server = server(Security::None);
        let (result, ()) = tokio::join!(Session::over(client, &server), peer.says(greeting));
        assert!(
            matches!(result, Err(WireError::Protocol { .. })),
            "{result:?}"
        );
    }
}

#[tokio::test]
async fn a_stripped_or_injected_starttls_gives_no_session() {
    // RFC 3501 section 6.2.1; PREAUTH would skip the protection.
    for (greeting, answer) in [
        ("* OK ready\r\n", "NO not here\r\n"),
        ("* OK ready\r\n", "BAD what\r\n"),
        ("* PREAUTH hi\r\n", ""),
    ] {
        let (client, mut peer) = pipe();
        let script = async move {
            peer.says(greeting).await;
            if !answer.is_empty() {
                let tag = peer.command("STARTTLS").await;
                peer.says(format!("{tag} {answer}")).await;
            }
            peer.line().await
        };
        let server = server(Security::StartTls);
        let (result, after) = tokio::join!(Session::over(client, &server), script);
        assert!(
            matches!(result, Err(WireError::StartTlsMissing { .. })),
            "{result:?}"
        );
        assert_eq!(after, "", "nothing was said in the clear");
    }
    let (client, mut peer) = pipe();
    let script = async move {
        peer.says("* OK ready\r\n").await;
        let tag = peer.command("STARTTLS").await;
        peer.says(format!("{tag} OK go\r\nA0001 OK logged in\r\n"))
            .await;
        peer.line().await
    };
    let server = server(Security::StartTls);
    let (result, after) = tokio::join!(Session::over(client, &server), script);
    assert!(
        matches!(result, Err(WireError::InjectedBeforeTls { .. })),
        "{result:?}"
    );
    assert_eq!(after, "");
}

#[tokio::test]
async fn certificates_that_do_not_hold_are_refused_each_with_its_reason() {
    let good = Certs::for_names(&["localhost"]);
    let cases = [
        (Certs::expired(&["localhost"]), true, "expired"),
        (
            Certs::for_names(&["mail.example"]),
            true,
            "another host name",
        ),
        (Certs::for_names(&["localhost"]), false, "issuer"),
    ];
    for (certs, trusted, reason) in cases {
        let (client, peer) = pipe();
        let mut server = server(Security::Tls);
        server.ca_file = Some(if trusted {
            certs.ca_file()
        } else {
            good.ca_file()
        });
        let accepting = certs.acceptor().accept(peer.into_stream());
        let (result, _) = tokio::join!(Session::over(client, &server), accepting);
        let error = result.unwrap_err();
        assert!(
            matches!(&error, WireError::Certificate { why, .. } if why.contains(reason)),
            "{error}"
        );
    }
    for ca_file in ["/nonexistent/roots.pem", "/etc/hostname"] {
        let mut server = server(Security::Tls);
        server.ca_file = Some(ca_file.into());
        let (client, _peer) = pipe();
        let error = Session::over(client, &server).await.unwrap_err();
        assert!(error.to_string().contains(ca_file), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_its_own_authority_is_believed_where_its_very_certificate_is_named() {
    let own = |names: &[&str], until| Certs::its_own_authority(names, until);
    for (certs, named, reason) in [
        (own(&["localhost"], 2100), true, ""),
        (own(&["localhost"], 2100), false, "into `ca_file`"),
        (own(&["mail.example"], 2100), true, "another host name"),
        (own(&["localhost"], 2002), true, "expired"),
    ] {
        let other = own(&["localhost"], 2100);
        let (client, peer) = pipe();
        let mut server = server(Security::Tls);
        server.ca_file = Some(if named { &certs } else { &other }.ca_file());
        let accepting = async { drop(certs.acceptor().accept(peer.into_stream()).await) };
        let (result, ()) = tokio::join!(Session::over(client, &server), accepting);
        let error = result.unwrap_err();
        let refused = matches!(&error, WireError::Certificate { why, .. } if why.contains(reason));
        // Where TLS stands, the peer hangs up before its greeting.
        let greeted =
            matches!(&error, WireError::Closed { during, .. } if *during == "the greeting");
        assert!(
            if reason.is_empty() { greeted } else { refused },
            "{reason}: {error}"
        );
    }
}

#[tokio::test]
async fn plain_text_leaves_this_machine_never() {
    for host in ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"] {
        let mut server = server(Security::None);
        server.host = host.into();
        let error = Session::connect(&server).await.unwrap_err();
        assert!(
            matches!(error, WireError::PlaintextRefused { .. }),
            "{error}"
        );
    }
}
