//! The demo: a mail server for IMAP and SMTP inside this process. It fails only by closing a connection; nothing here is for the open network.

mod accounts;
pub mod faults;
mod filing;
mod folder;
mod headers;
pub mod imap;
pub mod link;
mod listen;
pub mod mailboxes;
mod mischief;
mod peer;
mod sasl;
pub mod smtp;
