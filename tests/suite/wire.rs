//! The wire against peers that cut, stall, lie and inject, played byte for byte.
//! `crates` holds what async-imap and lettre do wrong by themselves: should one of those tests fail, the fault was
//! mended upstream, and our way around it may go.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod crates;
mod fetching;
mod imap;
mod login;
mod noise;
mod pipelining;
mod smtp;
mod submission;
mod waiting;
