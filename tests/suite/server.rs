//! The demo's IMAP and SMTP servers, met by clients that others wrote; a client that is missing or hangs fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod clients;
mod faults;
mod imap;
mod imap_mails;
mod python;
mod smtp;
mod submissions;
mod talk;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use askfirst::demo::faults::Faults;
use askfirst::demo::imap::serve_imap;
use askfirst::demo::mailboxes::Mailboxes;
use askfirst::demo::smtp::{Passed, SmtpSettings, serve_smtp};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Both servers on loopback, with bob, carol and the bot as their users.
struct House {
    mailboxes: Mailboxes,
    imap: SocketAddr,
    smtp: SocketAddr,
    imap_faults: Faults,
    smtp_faults: Faults,
    passed: mpsc::UnboundedReceiver<Passed>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
}

impl House {
    async fn open() -> Self {
        let mailboxes = people();
        let (stop, stopped) = watch::channel(false);
        let (observer, passed) = mpsc::unbounded_channel();
        let imap_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (imap, smtp) = (
            imap_listener.local_addr().unwrap(),
            smtp_listener.local_addr().unwrap(),
        );
        let (imap_faults, smtp_faults) = (Faults::none(), Faults::none());
        let mut settings = SmtpSettings::new("mx.demo.example");
        settings.observer = Some(observer);
        let servers = vec![
            tokio::spawn(serve_imap(
                imap_listener,
                mailboxes.clone(),
                imap_faults.clone(),
                stopped.clone(),
            )),
            tokio::spawn(serve_smtp(
                smtp_listener,
                mailboxes.clone(),
                settings,
                smtp_faults.clone(),
                stopped,
            )),
        ];
        Self {
            mailboxes,
            imap,
            smtp,
            imap_faults,
            smtp_faults,
            passed,
            stop,
            servers,
        }
    }

    /// Stops both servers; they end although clients may still be connected.
    async fn close(self) {
        self.stop.send(true).unwrap();
        for server in self.servers {
            tokio::time::timeout(PATIENCE, server)
                .await
                .unwrap()
                .unwrap();
        }
    }
}

fn people() -> Mailboxes {
    let mailboxes = Mailboxes::new();
    mailboxes.add_account("bob", "bob@connector.example", "b0b secret");
    mailboxes.add_account("carol", "carol@target.example", "c4rol");
    mailboxes.add_account("intro", "intro@bot.example", "b0t");
    mailboxes
}

fn mail(from: &str, subject: &str, body: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: intro@bot.example\r\nSubject: {subject}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\
         Message-ID: <{subject}@connector.example>\r\n\r\n{body}\r\n"
    )
    .into_bytes()
}

/// People, with so many mails for carol.
fn with_mails(count: usize) -> Mailboxes {
    let mailboxes = people();
    for number in 1..=count {
        assert!(mailboxes.deliver(
            "carol@target.example",
            &mail("bob@connector.example", &format!("m{number}"), "text"),
            1_700_000_000
        ));
    }
    mailboxes
}
