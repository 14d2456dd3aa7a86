//! Counts the reader's steps in tests, so that a test can hold that they grow no faster than a mail.
//!
//! Costs nothing outside tests: there, [`steps`] is empty.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Called where something is looked at: a line, a word, so many octets.
#[inline(always)]
pub fn steps(count: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + count));
    #[cfg(not(test))]
    let _ = count;
}

#[cfg(test)]
#[path = "../../examples/hostile/pieces.rs"]
mod pieces;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::{self, Known};

    /// Octets of the smaller mail; the larger one has four times as many.
    const OCTETS: usize = 16_000;
    const ASK: &str = "Ann Ng would like to be introduced to you. She builds reading lamps and\nasks for twenty minutes of your time.\n\nInterested? Just answer this mail.";

    fn work_of(raw: &[u8]) -> usize {
        STEPS.with(|steps| steps.set(0));
        let letter = reader::open(raw);
        for original in [None, Some(ASK)] {
            let known = Known {
                original,
                ..Known::default()
            };
            let _ = reader::read(&letter, &known);
        }
        STEPS.with(std::cell::Cell::get)
    }

    #[test]
    fn four_times_the_mail_is_at_most_five_times_the_work() {
        let pieces = pieces::pieces();
        assert!(pieces.len() > 50);
        let bodies = pieces.iter().flat_map(|(name, piece)| {
            pieces::BODIES.map(|(shape, make)| (format!("{name}, {shape}"), piece.as_str(), make))
        });
        let structures = pieces::STRUCTURES.map(|(name, make)| (name.to_owned(), "", make));
        let mut grown = Vec::new();
        for (name, piece, make) in bodies.chain(structures) {
            let (small, large) = (
                work_of(&make(piece, OCTETS)),
                work_of(&make(piece, 4 * OCTETS)),
            );
            // What every mail costs is no part of the growth.
            if large > 5 * small.max(1_000) {
                grown.push(format!("{name}: {small} steps, then {large}"));
            }
            if large > 400 * 4 * OCTETS {
                grown.push(format!("{name}: {large} steps for {} octets", 4 * OCTETS));
            }
        }
        assert!(grown.is_empty(), "{}", grown.join("\n"));
    }
}
