//! Nothing lost, nothing twice: outcomes that nobody knows, old databases, failing disks, broken wires,
//! and a process that is killed. Fails with the place where the promise broke.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod backlog;
mod cuts;
mod disk;
mod hands;
mod killed;
mod outcomes;
mod phases;
mod pressure;
mod schema;
mod soak;
mod starts;
mod steps;
mod strangers;
mod town;
mod writes;
