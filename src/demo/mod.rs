//! The demo: a mail server for IMAP and SMTP inside this process. It fails only by closing a connection; nothing here is for the open network.

mod accounts;
pub mod dress;
pub mod faults;
mod folder;
mod headers;
pub mod imap;
pub mod link;
mod listen;
pub mod mailboxes;
mod mischief;
mod peer;
mod sasl;
pub mod script;
pub mod smtp;
pub mod village;
