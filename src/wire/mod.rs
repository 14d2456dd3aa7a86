//! (the room of wire)

pub mod proof;
