//! What integration tests stand on: certificates, a scripted byte peer, an SMTP sink, and a Dovecot of our own.
//! It fails loudly: a lever that does not work is a failed test, never a skipped one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]
// Levers that only some test files pull.
#![allow(dead_code)]

pub mod authority;
pub mod certs;
pub mod dovecot;
mod dovecot_conf;
pub mod peer;
pub mod ports;
pub mod sink;
