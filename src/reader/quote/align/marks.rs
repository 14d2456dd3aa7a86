//! Which words of a reply are ours: runs of equal words, and what stands between and beside them.
//!
//! Linear; fails by finding nothing.

use crate::reader::quote::align::index::{Index, triple};
use crate::reader::quote::align::spelling::Word;
use crate::reader::work;

/// Words of a run that nobody writes by chance: an answer repeats "introduce me to Ann Ng".
const MIN_RUN: usize = 8;
/// Words that must be found before any of it counts.
const MIN_FOUND: usize = 12;
/// Words inside a run that a program changed, such as a rewritten link.
const MAX_CHANGED: usize = 6;

/// A word's place in our mail, or one of these.
pub(super) type Mark = u32;
/// The word is the writer's own.
pub(super) const OWN: Mark = Mark::MAX;
/// The word is ours, though it stands nowhere in our mail as it is, or too alone to say where.
pub(super) const OURS: Mark = Mark::MAX - 1;

/// For each word of the reply its place in our mail, where it is part of a run.
pub(super) fn runs(reply: &[Word], ours: &[Word], index: &Index) -> Option<Vec<Mark>> {
    let mut marks = vec![OWN; reply.len()];
    let (mut found, mut at) = (0, 0);
    // Where our mail goes on after the last run: there, a few words are enough.
    let mut expected = usize::MAX;
    while let Some(three) = reply.get(at..).and_then(<[Word]>::first_chunk) {
        let best = index
            .places(triple(three))
            .map(|place| (common(reply, at, ours, place), place))
            .max();
        match best {
            Some((length, place))
                if length >= MIN_RUN.min(ours.len())
                    || (expected..=expected.saturating_add(MAX_CHANGED)).contains(&place) =>
            {
                let run = marks.get_mut(at..at + length).unwrap_or_default();
                for (mark, place) in run.iter_mut().zip(place..) {
                    *mark = place as Mark;
                }
                found += length;
                at += length;
                expected = place + length;
            }
            _ => at += 1,
        }
    }
    let enough = found >= MIN_FOUND || (found > 0 && found * 10 >= ours.len() * 6);
    enough.then_some(marks)
}

/// How many words are equal from here on.
fn common(reply: &[Word], at: usize, ours: &[Word], place: usize) -> usize {
    let (reply, ours) = (reply.get(at..), ours.get(place..));
    let (reply, ours) = (reply.unwrap_or_default(), ours.unwrap_or_default());
    let same = reply.iter().zip(ours).take_while(|(a, b)| a.hash == b.hash);
    let length = same.count();
    work::steps(length + 1);
    length
}

/// The words of a line that has some.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) line: u32,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Span {
    /// Its part of what there is for each word.
    pub(super) fn of<T>(self, all: &[T]) -> &[T] {
        all.get(self.start..self.end).unwrap_or_default()
    }
}

pub(super) fn spans(words: &[Word]) -> Vec<Span> {
    let lines = words.chunk_by(|a, b| a.line == b.line);
    let mut start = 0;
    let span = |line: &[Word]| {
        let end = start + line.len();
        let number = line.first().map_or(0, |word| word.line);
        Span {
            line: number,
            start: std::mem::replace(&mut start, end),
            end,
        }
    };
    let mut spans = Vec::with_capacity(words.len() / 4);
    spans.extend(lines.map(span));
    spans
}

/// Adds whole lines of ours, too short for a run, beside what is found.
pub(super) fn add_short_lines(
    marks: &mut [Mark],
    spans: &[Span],
    reply: &[Word],
    is_line_of_ours: impl Fn(&[Word]) -> bool,
) {
    let is_found = |span: &Span| span.of(marks).iter().any(|mark| *mark != OWN);
    let mut found: Vec<bool> = spans.iter().map(is_found).collect();
    let mut add = |at: usize, beside: Option<usize>| {
        let is_found = |at: usize| found.get(at).copied().unwrap_or_default();
        if is_found(at) || !beside.is_some_and(is_found) {
            return;
        }
        if let (Some(span), Some(found)) = (spans.get(at), found.get_mut(at))
            && is_line_of_ours(span.of(reply))
        {
            let line = marks.get_mut(span.start..span.end);
            line.unwrap_or_default().fill(OURS);
            *found = true;
        }
    };
    // Downwards, then upwards.
    for at in 0..spans.len() {
        add(at, at.checked_sub(1));
    }
    for at in (0..spans.len()).rev() {
        add(at, Some(at + 1));
    }
}

/// Words between two runs that stand for other words of ours at the same place.
pub(super) fn fill_changed(marks: &mut [Mark], reply: &[Word]) {
    // From one gap between words with a place to the next.
    let mut at = marks
        .iter()
        .position(|mark| *mark < OURS)
        .unwrap_or(marks.len());
    loop {
        let rest = marks.get(at..).unwrap_or_default();
        let Some(gap) = rest
            .iter()
            .position(|mark| *mark >= OURS)
            .map(|gap| at + gap)
        else {
            return;
        };
        let behind = marks.get(gap..).unwrap_or_default();
        let Some(length) = behind.iter().position(|mark| *mark < OURS) else {
            return;
        };
        at = gap + length;
        let place = |at: usize| marks.get(at).map_or(0, |mark| *mark as usize);
        let (old, place) = (place(gap - 1), place(at));
        if length <= MAX_CHANGED
            // Only where words of ours are missing too; what was put in is the writer's.
            && place > old + 1
            && place - old <= 2 * MAX_CHANGED
            && shares_line(reply, gap - 1, at)
        {
            marks.get_mut(gap..at).unwrap_or_default().fill(OURS);
        }
    }
}

/// No word between stands on a line of its own.
fn shares_line(reply: &[Word], before: usize, after: usize) -> bool {
    let line = |at: usize| reply.get(at).map(|w| w.line);
    (before + 1..after).all(|at| line(at) == line(before) || line(at) == line(after))
}
