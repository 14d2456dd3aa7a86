//! The wire against peers that cut, stall, lie and inject, played byte for byte.
//! `crates` holds what async-imap and lettre do wrong by themselves: should one of those tests fail, the fault was
//! mended upstream, and our way around it may go.

mod crates;
