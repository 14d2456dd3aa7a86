//! The demo: a mail server for IMAP and SMTP inside this process. It fails only by closing a connection; nothing here is for the open network.

pub mod faults;
mod headers;
pub mod imap;
mod listen;
pub mod mailboxes;
mod peer;
mod sasl;
pub mod smtp;
