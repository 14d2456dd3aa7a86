//! The kind of a mail: person, auto-reply, bounce, list, unreadable.
use crate::reader::letter::Letter;
use crate::reader::{Bounce, Kind};

#[derive(Clone, Debug)]
pub struct Machine {
    pub kind: Kind,
    /// Which header or phrase told.
    pub why: String,
    pub bounce: Option<Bounce>,
}

pub fn kind(_letter: &Letter) -> Machine {
    Machine {
        kind: Kind::Person,
        why: String::new(),
        bounce: None,
    }
}
