//! Cuts one line of a text: what ends a sentence there, and what only looks as if.
//!
//! Never fails.

use crate::reader::answer::lexer::{Cutter, Gap, Shape};
use crate::reader::answer::names::is_title;

impl<'t> Cutter<'t> {
    /// The chunks of a line; `drawn`: there is nothing else on it than one that may be drawn.
    pub(super) fn cut_line(
        &mut self,
        chunks: impl Iterator<Item = &'t str>,
        drawn: bool,
        greek: bool,
    ) {
        let mut chunks = chunks.peekable();
        while let Some(chunk) = chunks.next() {
            // Behind a full stop the next one counts.
            if !chunk.ends_with('.') && self.is_usual(chunk, greek) {
                continue;
            }
            // `Yes: ____`: a form that nobody filled in.
            if !drawn && chunk.len() > 1 && chunk.bytes().all(|octet| octet == b'_') {
                self.push(chunk, Shape::Strange);
                continue;
            }
            let figures = |c: &&str| c.starts_with(|c: char| c.is_ascii_digit() || c == '(');
            let next = chunks.peek();
            if let Some(day) = day_of_month(chunk)
                && next.is_some_and(|next| next.starts_with(char::is_alphabetic))
            {
                // `7. Februar`: the full stop ends no sentence.
                self.words(day, greek);
                self.part(Gap::Soft);
                continue;
            }
            // `Mme. Ng`, `Dr. Ng`: no sentence ends there.
            if let Some(title) = chunk.strip_suffix('.')
                && next.is_some_and(|next| next.starts_with(char::is_uppercase))
                && is_title(&title.to_lowercase())
            {
                self.words(title, greek);
                continue;
            }
            match next.is_some_and(figures) {
                // `+1 415 …` is no thumb.
                true => self.words(chunk, greek),
                false => self.chunk(chunk, greek),
            }
        }
    }
}

/// One or two figures with a full stop behind them.
fn day_of_month(chunk: &str) -> Option<&str> {
    let day = chunk.strip_suffix('.')?;
    let figures = (1..=2).contains(&day.len()) && day.bytes().all(|b| b.is_ascii_digit());
    figures.then_some(day)
}
