//! Whether all of our mail in a reply is marked as a quote already, which is told without a look at
//! where its words stand.
//!
//! Fails towards `false`: then the reply is aligned.

use crate::reader::quote::align::index::triple;
use crate::reader::quote::align::spelling::{Word, add_words};
use crate::reader::quote::align::{Original, line_hash};
use crate::reader::quote::line::Line;
use crate::reader::work;

/// Words without a mark that are looked for in our mail; of more the whole reply is aligned.
const MAX_WORDS: usize = 500;
/// Of a run of equal words at least so many stand one after another.
const RUN: usize = 3;

/// Between words that do not stand one after another; no word has this number.
const GAP: Word = Word {
    hash: 0,
    line: u32::MAX,
    start: 0,
    end: 0,
};

/// Whether aligning would leave every line as it is.
pub(super) fn are_own(lines: &[Line<'_>], original: &Original<'_>) -> bool {
    let unmarked = lines.iter().filter(|line| line.depth == 0);
    let octets: usize = unmarked.map(|line| line.text.len()).sum();
    let ours: usize = original.texts.iter().map(|text| text.len()).sum();
    work::steps(lines.len());
    // Somewhere there must be room for a quote of ours.
    octets <= ours && near(lines).is_some_and(|words| !shares_run(&words, lines, original))
}

/// The words of lines without a mark, each with the two before it and behind it. None: too many, or
/// something other than words that may be ours.
fn near(lines: &[Line<'_>]) -> Option<Vec<Word>> {
    let mut words = Vec::with_capacity(MAX_WORDS / 4);
    // How many words of marked lines are still to be taken, and the first such line that was not.
    let (mut wanted, mut skipped) = (0, None);
    let mut above = 0;
    for (at, line) in lines.iter().enumerate() {
        let start = words.len();
        // A drawn line between lines of ours is ours, however deep it stands.
        if std::mem::replace(&mut above, line.depth) > 0 && line.depth != 1 && is_drawn(line) {
            return None;
        }
        if line.depth > 0 {
            if wanted > 0 {
                add_words(&mut words, at, line.text);
                words.truncate(start + wanted);
                wanted -= words.len() - start;
            }
            if wanted == 0 {
                skipped.get_or_insert(at);
            }
            continue;
        }
        add_words(&mut words, at, line.text);
        if words.len() == start {
            continue;
        }
        if let Some(first) = skipped.take() {
            let before = last_words(lines.get(first..at).unwrap_or_default());
            words.splice(start..start, std::iter::once(GAP).chain(before));
        }
        wanted = RUN - 1;
        if words.len() > MAX_WORDS {
            return None;
        }
    }
    Some(words)
}

/// Whether the line may have no words and yet be part of a mail.
pub(super) fn is_drawn(line: &Line<'_>) -> bool {
    let is_drawn = |octet: u8| octet == b' ' || octet.is_ascii_punctuation();
    !line.is_blank() && line.text.bytes().all(is_drawn)
}

/// The last two words of these lines.
fn last_words(lines: &[Line<'_>]) -> Vec<Word> {
    let mut last: Vec<Word> = Vec::new();
    for line in lines.iter().rev() {
        let mut words = Vec::new();
        add_words(&mut words, usize::MAX, line.text);
        words.append(&mut last);
        last = words;
        if let Some(more) = last.len().checked_sub(RUN - 1) {
            last.drain(..more);
            break;
        }
    }
    last
}

/// Whether words that stand one after another there do so in our mail, or a line is one of ours.
fn shares_run(words: &[Word], lines: &[Line<'_>], original: &Original<'_>) -> bool {
    let mut sought = Sought::default();
    let runs = words.array_windows::<RUN>().map(triple);
    runs.for_each(|run| sought.add(run));
    let ours = &original.words;
    let mut runs = ours.array_windows::<RUN>().map(triple);
    if runs.any(|run| sought.has(run)) {
        return true;
    }
    let mut short = Sought::default();
    let is_own = |word: &Word| lines.get(word.line as usize).is_some_and(|l| l.depth == 0);
    for line in words.chunk_by(|a, b| a.line == b.line) {
        if line.len() < RUN && line.first().is_some_and(is_own) {
            short.add(line_hash(line));
        }
    }
    let mut lines = ours.chunk_by(|a, b| a.line == b.line);
    lines.any(|line| line.len() < RUN && short.has(line_hash(line)))
}

/// Hashes, and a bit for each in a table at which most looks end.
struct Sought {
    bits: [u64; 64],
    hashes: Vec<u64>,
}

impl Default for Sought {
    fn default() -> Sought {
        Sought {
            bits: [0; 64],
            hashes: Vec::with_capacity(MAX_WORDS / 4),
        }
    }
}

impl Sought {
    fn add(&mut self, hash: u64) {
        if let Some(bits) = self.bits.get_mut(place(hash)) {
            *bits |= 1 << (hash >> 58);
        }
        self.hashes.push(hash);
    }

    fn has(&self, hash: u64) -> bool {
        let bits = self.bits.get(place(hash)).copied().unwrap_or(0);
        bits >> (hash >> 58) & 1 != 0 && self.hashes.contains(&hash)
    }
}

/// Six of the bits that are mixed best.
fn place(hash: u64) -> usize {
    (hash >> 52) as usize % 64
}
