//! The demo: a mail server for IMAP and SMTP inside this process. It fails only by closing a connection; nothing here is for the open network.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use askfirst::demo::{faults::Faults, imap::serve_imap, mailboxes::Mailboxes, smtp::{SmtpSettings, serve_smtp}};
//! let mailboxes = Mailboxes::new();
//! mailboxes.add_account("bob", "bob@connector.example", "secret");
//! let (stop, stopped) = tokio::sync::watch::channel(false);
//! let imap = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let smtp = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! tokio::spawn(serve_imap(imap, mailboxes.clone(), Faults::none(), stopped.clone()));
//! tokio::spawn(serve_smtp(smtp, mailboxes.clone(), SmtpSettings::new("mx.example"), Faults::none(), stopped));
//! mailboxes.deliver("bob+x@connector.example", b"Subject: hello\r\n\r\nhi\r\n", 1_795_000_000);
//! assert_eq!(mailboxes.mails("bob", "INBOX").len(), 1);
//! # drop(stop); Ok(())
//! # }
//! ```

mod accounts;
pub mod dress;
pub mod faults;
mod filing;
mod folder;
mod headers;
pub mod imap;
pub mod link;
mod listen;
pub mod mailboxes;
mod mischief;
pub mod page;
mod peer;
mod sasl;
pub mod script;
pub mod smtp;
pub mod village;
