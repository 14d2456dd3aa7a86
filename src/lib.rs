//! askfirst asks first and introduces second: the double opt-in introduction in plain mail.
//!
//! # The way of one mail
//!
//! 1. [`wire::imap`] fetches raw bytes from a mailbox it never changes; [`receive`] hands them on.
//! 2. [`desk`] stores the raw mail in the inbox ([`store::inbox`]): commit. From here on it is ours.
//! 3. [`reader::open`] takes the mail apart, [`desk::bind`] finds the mail of ours that it answers by
//!    the secret it carries, [`reader::read`] says what it means: a kind, a proof, new words, a verdict.
//! 4. The desk turns that into an event of one introduction; [`rules::transition`] says what the
//!    introduction becomes and what is to be said; [`writer::compose`] writes each mail to its last byte.
//! 5. State, outbox rows and the mail's disposition: commit. Nothing has been sent yet.
//! 6. [`deliver`] takes what is due, marked as in flight: commit. [`wire::smtp`] sends it phase by phase,
//!    [`rules::retry`] judges the outcome: commit.
//!
//! [`remind`] lets time pass; that is an event like a mail. [`prove`] looks into the Sent mailbox for
//! what nobody knows. [`daemon`] runs the loops around the one desk, which lives in a thread of its
//! own; [`furnish`] tells it who everybody is.
//!
//! # What a crash means
//!
//! Before 2: the mail still lies on the server and is fetched again. Between 2 and 5: it is handled at
//! the next start, and set aside after the third attempt. Between 5 and 6: the mail is sent at the next
//! start. After 6, before the outcome was stored: nobody knows; ten minutes later it is looked for
//! proof, an answer or a copy in Sent, and without any the same bytes go out once more under the same
//! Message-ID.
//!
//! # The rooms, and what each may touch
//!
//! | room | may use | never |
//! |---|---|---|
//! | [`reader`], [`rules`], [`writer`] | what they are given | clock, randomness, network, files, database |
//! | [`store`] | SQLite, the types of the pure rooms | network, deciding anything |
//! | [`wire`] | network | our other rooms: bytes and addresses only |
//! | [`desk`] | store and the pure rooms; `now` is an argument | network, waiting, the clock |
//! | [`receive`], [`deliver`], [`remind`], [`prove`] | wire and desk | parsing, SQL, deciding |
//! | [`keyring`] | wire; the file of tokens | deciding who writes to whom |
//! | [`pulse`], [`watch`], [`service`] | what the loops tell of themselves, the desk's figures | mails' words and addresses |
//! | [`demo`] | everything: it plays the whole house | – |
//!
//! A test holds these walls (`tests/suite/house.rs`).

pub mod clerk;
pub mod cli;
pub mod config;
pub mod contacts;
pub mod daemon;
pub mod deadline;
pub mod deliver;
pub mod demo;
pub mod desk;
pub mod failpoint;
pub mod furnish;
pub mod keyring;
pub mod lock;
pub mod prove;
pub mod pulse;
pub mod reader;
pub mod receive;
pub mod remind;
pub mod rules;
pub mod service;
pub mod steady;
pub mod store;
pub mod watch;
pub mod wire;
pub mod words;
pub mod writer;
