//! TLS from the first byte and STARTTLS, with clients that check the certificate. What is said too early in the clear ends the connection.

use std::sync::Arc;
use std::time::Duration;

use askfirst::demo::faults::Faults;
use askfirst::demo::imap::{imap_session, serve_imap_with};
use askfirst::demo::link::Security;
use askfirst::demo::smtp::{SmtpSettings, serve_smtp, smtp_session};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{PATIENCE, people};

/// A certificate for localhost, as the server and as the client needs it.
fn certificate() -> (TlsAcceptor, TlsConnector, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let provider = Arc::new(ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (
        TlsAcceptor::from(Arc::new(server)),
        TlsConnector::from(Arc::new(client)),
        cert.der().clone(),
    )
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

#[tokio::test]
async fn imap_is_served_over_tls() {
    let (acceptor, connector, _) = certificate();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let server = tokio::spawn(serve_imap_with(
        listener,
        people(),
        Security::Tls(acceptor),
        Faults::none(),
        stopped,
    ));
    let work = async {
        let stream = connector
            .connect(localhost(), TcpStream::connect(address).await.unwrap())
            .await
            .unwrap();
        let mut client = async_imap::Client::new(stream);
        client.read_response().await.unwrap().unwrap();
        let mut session = client
            .login("carol", "c4rol")
            .await
            .map_err(|(error, _)| error)
            .unwrap();
        assert_eq!(session.select("INBOX").await.unwrap().exists, 0);
        session.logout().await.unwrap();
    };
    timeout(PATIENCE, work).await.unwrap();
    // Who speaks no TLS is not answered, and does no harm.
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"a LOGIN carol c4rol\r\n").await.unwrap();
    let mut heard = Vec::new();
    let _ = timeout(PATIENCE, plain.read_to_end(&mut heard))
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&heard).contains("OK"));
    stop.send(true).unwrap();
    timeout(PATIENCE, server).await.unwrap().unwrap();
}

#[tokio::test]
async fn lettre_submits_after_starttls() {
    let (acceptor, _, root) = certificate();
    let mut settings = SmtpSettings::new("mx.demo.example");
    settings.security = Security::StartTls(acceptor);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let mailboxes = people();
    let server = tokio::spawn(serve_smtp(
        listener,
        mailboxes.clone(),
        settings,
        Faults::none(),
        stopped,
    ));
    let work = async {
        let hello = ClientId::Domain("laptop.example".to_owned());
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(PATIENCE), &hello, None, None)
                .await
                .unwrap();
        assert!(
            !connection
                .server_info()
                .supports_auth_mechanism(Mechanism::Plain),
            "no login before TLS"
        );
        let parameters = TlsParameters::builder("localhost".to_owned())
            .add_root_certificate(Certificate::from_der(root.to_vec()).unwrap())
            .build()
            .unwrap();
        connection.starttls(parameters, &hello).await.unwrap();
        assert!(connection.is_encrypted() && !connection.can_starttls());
        let credentials = Credentials::new("bob".to_owned(), "b0b secret".to_owned());
        connection
            .auth(&[Mechanism::Login], &credentials)
            .await
            .unwrap();
        connection.quit().await.unwrap();
    };
    timeout(PATIENCE, work).await.unwrap();
    stop.send(true).unwrap();
    timeout(PATIENCE, server).await.unwrap().unwrap();
}

async fn line<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> String {
    let mut line = String::new();
    timeout(PATIENCE, stream.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    line
}

#[tokio::test]
async fn imap_takes_no_login_before_starttls() {
    let (acceptor, connector, _) = certificate();
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (_stop, stopped) = watch::channel(false);
    let session = tokio::spawn(imap_session(
        far,
        people(),
        Security::StartTls(acceptor),
        Faults::none(),
        stopped,
    ));
    let mut stream = BufReader::new(near);
    assert!(line(&mut stream).await.contains(" STARTTLS LOGINDISABLED]"));
    stream.write_all(b"a LOGIN carol c4rol\r\n").await.unwrap();
    assert!(
        line(&mut stream)
            .await
            .starts_with("a NO [PRIVACYREQUIRED]")
    );
    stream.write_all(b"b STARTTLS\r\n").await.unwrap();
    assert!(line(&mut stream).await.starts_with("b OK"));
    let mut secure = BufReader::new(
        connector
            .connect(localhost(), stream.into_inner())
            .await
            .unwrap(),
    );
    secure
        .write_all(b"c STARTTLS\r\nd LOGIN carol c4rol\r\n")
        .await
        .unwrap();
    assert!(line(&mut secure).await.starts_with("c BAD"));
    assert!(line(&mut secure).await.starts_with("d OK"));
    drop(secure);
    timeout(PATIENCE, session).await.unwrap().unwrap();
}

#[tokio::test]
async fn smtp_forgets_what_was_said_before_starttls() {
    let (acceptor, connector, _) = certificate();
    let mut settings = SmtpSettings::new("mx.demo.example");
    settings.security = Security::StartTls(acceptor);
    let (near, far) = tokio::io::duplex(64 * 1024);
    let (_stop, stopped) = watch::channel(false);
    let session = tokio::spawn(smtp_session(
        far,
        people(),
        settings,
        Faults::none(),
        stopped,
    ));
    let mut stream = BufReader::new(near);
    line(&mut stream).await;
    stream.write_all(b"EHLO x\r\n").await.unwrap();
    while line(&mut stream).await != "250 STARTTLS\r\n" {}
    stream
        .write_all(b"AUTH PLAIN AGNhcm9sAGM0cm9s\r\nSTARTTLS\r\n")
        .await
        .unwrap();
    assert!(line(&mut stream).await.starts_with("530 5.7.0"));
    assert!(line(&mut stream).await.starts_with("220 2.0.0"));
    let mut secure = BufReader::new(
        connector
            .connect(localhost(), stream.into_inner())
            .await
            .unwrap(),
    );
    secure
        .write_all(b"MAIL FROM:<>\r\nSTARTTLS\r\nEHLO x\r\n")
        .await
        .unwrap();
    assert!(line(&mut secure).await.starts_with("503 5.5.1 say EHLO"));
    assert!(line(&mut secure).await.starts_with("503 5.5.1 TLS"));
    while line(&mut secure).await != "250 AUTH PLAIN LOGIN\r\n" {}
    secure
        .write_all(b"AUTH PLAIN AGNhcm9sAGM0cm9s\r\n")
        .await
        .unwrap();
    assert!(line(&mut secure).await.starts_with("235"));
    drop(secure);
    timeout(PATIENCE, session).await.unwrap().unwrap();
}

#[tokio::test]
async fn commands_smuggled_behind_starttls_are_never_executed() {
    let (acceptor, _, _) = certificate();
    let mailboxes = people();
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let (_stop, stopped) = watch::channel(false);
    let security = Security::StartTls(acceptor);
    let session = tokio::spawn(imap_session(
        far,
        mailboxes.clone(),
        security.clone(),
        Faults::none(),
        stopped.clone(),
    ));
    near.write_all(b"a STARTTLS\r\nb LOGIN carol c4rol\r\nc CREATE X\r\n")
        .await
        .unwrap();
    let mut heard = String::new();
    timeout(PATIENCE, near.read_to_string(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert!(heard.ends_with("a OK begin TLS\r\n"), "{heard}");
    timeout(PATIENCE, session).await.unwrap().unwrap();

    let mut settings = SmtpSettings::new("mx.demo.example");
    settings.security = security;
    let (mut near, far) = tokio::io::duplex(64 * 1024);
    let session = tokio::spawn(smtp_session(
        far,
        mailboxes,
        settings,
        Faults::none(),
        stopped,
    ));
    near.write_all(b"EHLO x\r\nSTARTTLS\r\nMAIL FROM:<>\r\n")
        .await
        .unwrap();
    let mut heard = String::new();
    timeout(PATIENCE, near.read_to_string(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert!(heard.ends_with("220 2.0.0 begin TLS\r\n"), "{heard}");
    timeout(PATIENCE, session).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_comes_is_given_up() {
    let (acceptor, _, _) = certificate();
    let (near, far) = tokio::io::duplex(64);
    let (_stop, stopped) = watch::channel(false);
    let session = tokio::spawn(imap_session(
        far,
        people(),
        Security::Tls(acceptor),
        Faults::none(),
        stopped,
    ));
    timeout(Duration::from_secs(120), session)
        .await
        .unwrap()
        .unwrap();
    drop(near);
}
