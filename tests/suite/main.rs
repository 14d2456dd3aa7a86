//! All integration tests in one program, so that they link once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod answers;
mod attacks;
mod authors;
mod batches;
mod command_line;
mod connectors_hand;
mod contacts;
mod conversations;
mod daemon;
mod documents;
mod dovecot;
mod durable;
mod harness;
mod hostile;
mod house;
mod init;
mod letters;
mod limits;
mod machines;
mod mails;
mod manners;
mod oauth;
mod operators;
mod page;
mod plans;
mod requests;
mod review;
mod roundtrip;
mod scripts;
mod second_thoughts;
mod server;
mod service;
mod simulation;
mod states;
mod transcript;
mod voices;
mod wire;
mod world;
