//! The wire against a real server: Dovecot over plain, STARTTLS and TLS, and its submission service.
//! It fails where a real server does something that the scripted peers in `wire.rs` do not.

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

fn never() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    // The sign has to stay up for the test's length.
    std::mem::forget(sender);
    receiver
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
