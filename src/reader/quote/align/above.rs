//! Whether what a reply says above a marked quote is told from our mail at a look, so that nobody need spell
//! our words.
//!
//! Fails towards `false`: then the words themselves are compared.

use crate::reader::fold::push_lower;
use crate::reader::quote::align::Original;
use crate::reader::quote::align::marks::MIN_RUN;
use crate::reader::quote::align::spelling::{Word, add_words};
use crate::reader::quote::align::unmarked::is_drawn;
use crate::reader::quote::line::Line;
use crate::reader::work;
use memchr::memmem;

/// Words above the quote that are looked at so.
const MAX_WORDS: usize = 200;
/// Octets of a word that is looked for first: shorter ones are in most mails.
const LONG: u32 = 5;

/// Whether the lines above the first marked one are the writer's own, all words below are marked, and aligning
/// would leave every line as it is.
pub(super) fn are_own(lines: &[Line<'_>], original: &Original<'_>) -> bool {
    let first = lines.iter().position(|line| line.depth > 0);
    let first = first.unwrap_or(lines.len());
    let Some((above, quote)) = lines.split_at_checked(first) else {
        return false;
    };
    let Some((words, last)) = words_of(above) else {
        return false;
    };
    let sought = Sought {
        lines: above,
        ours: original.lower(),
    };
    is_left(quote)
        && has_room(sought.ours)
        && sought.has_no_run(&words)
        && !(words.get(last..)).is_some_and(|line| sought.may_touch(line, quote))
}

/// The words of these lines, and where those of the last line begin.
fn words_of(lines: &[Line<'_>]) -> Option<(Vec<Word>, usize)> {
    let mut words = Vec::with_capacity(MAX_WORDS / 4);
    let mut last = 0;
    for (at, line) in lines.iter().enumerate() {
        let start = words.len();
        add_words(&mut words, at, line.text);
        if words.len() > start {
            last = start;
        }
        if words.len() > MAX_WORDS {
            return None;
        }
    }
    Some((words, last))
}

/// Whether every word from here on is marked, and no drawn line could become ours.
fn is_left(quote: &[Line<'_>]) -> bool {
    let mut above = 0;
    quote.iter().all(|line| {
        let below_mark = std::mem::replace(&mut above, line.depth) > 0;
        match line.depth {
            0 => line.text.is_empty() && !(line.mark && below_mark),
            1 => true,
            _ => !(below_mark && is_drawn(line)),
        }
    })
}

/// Whether our mail has the words of a run.
fn has_room(ours: &str) -> bool {
    let worded = |part: &&str| part.bytes().any(|octet| octet.is_ascii_alphanumeric());
    let mut parts = ours.split_ascii_whitespace().filter(worded);
    parts.nth(MIN_RUN - 1).is_some()
}

/// What is looked for in our mail.
struct Sought<'s> {
    lines: &'s [Line<'s>],
    ours: &'s str,
}

impl Sought<'_> {
    /// The word in lower case, as the numbers of words are made.
    fn lower(&self, word: &Word) -> String {
        let line = self.lines.get(word.line as usize);
        let text = line.and_then(|line| line.text.get(word.start as usize..word.end as usize));
        lower(text.unwrap_or_default())
    }

    fn is_absent(&self, word: &Word) -> bool {
        work::steps(1);
        memmem::find(self.ours.as_bytes(), self.lower(word).as_bytes()).is_none()
    }

    /// Whether of so many words as make a run one is always absent from our mail.
    fn has_no_run(&self, words: &[Word]) -> bool {
        let mut rest = words;
        while let Some(window) = rest.get(..MIN_RUN) {
            let is_long = |word: &Word| word.end - word.start >= LONG;
            let absent = |long: bool| {
                let fits = |word: &Word| is_long(word) == long && self.is_absent(word);
                window.iter().rposition(fits)
            };
            let Some(at) = absent(true).or_else(|| absent(false)) else {
                return false;
            };
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        true
    }

    /// Whether a run may go from the last line above the quote on into it, or that line may be one of ours.
    fn may_touch(&self, line: &[Word], quote: &[Line<'_>]) -> bool {
        let (Some(first), Some(last)) = (line.first(), line.last()) else {
            return false;
        };
        if quote.is_empty() {
            return false;
        }
        let mut below = Vec::new();
        let begins = quote.iter().find_map(|line| {
            add_words(&mut below, 0, line.text);
            let word = below.first()?;
            Some(lower(line.text.get(word.start as usize..word.end as usize)?))
        });
        let last = self.lower(last);
        let goes_on = begins.is_some_and(|word| {
            let end = last.trim_end_matches(parts);
            self.before(&word)
                .any(|before| before.trim_end_matches(parts).ends_with(end))
        });
        let is_first = |before: &str| {
            let before = before.trim_end_matches(|c| parts(c) && c != '\n');
            before.is_empty() || before.ends_with('\n')
        };
        goes_on || self.before(&self.lower(first)).any(is_first)
    }

    /// What stands before the word wherever it stands.
    fn before(&self, word: &str) -> impl Iterator<Item = &str> {
        work::steps(1);
        let spots: Vec<usize> = memmem::find_iter(self.ours.as_bytes(), word).collect();
        spots.into_iter().filter_map(|at| self.ours.get(..at))
    }
}

/// What stands between words.
fn parts(c: char) -> bool {
    !c.is_alphanumeric()
}

pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut lower = Vec::with_capacity(text.len() + 8);
    text.chars().for_each(|c| push_lower(c, &mut lower));
    String::from_utf8(lower).unwrap_or_default()
}
