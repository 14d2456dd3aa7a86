//! The demo: a mail server for IMAP and SMTP inside this process. It fails only by closing a connection; nothing here is for the open network.

pub mod dress;
pub mod faults;
mod headers;
pub mod imap;
mod listen;
pub mod mailboxes;
mod peer;
mod sasl;
pub mod script;
pub mod smtp;
pub mod village;
