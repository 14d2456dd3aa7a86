//! What of a reply is our own mail, found by its words: in any language of the program around it,
//! re-wrapped, with or without marks, out of HTML.
//!
//! Linear: runs of equal words are found by an index of triples and each word is passed once.
//! Fails by finding nothing, and then the borders alone divide the body.

mod spelling;

use crate::reader::quote::line::Line;
use crate::reader::work;
use spelling::{Word, mixed, words_of};

/// Words of a run that nobody writes by chance: an answer repeats "introduce me to Ann Ng".
const MIN_RUN: usize = 8;
/// Places of one triple that are tried.
const MAX_PLACES: usize = 8;
/// Words that must be found before any of it counts.
const MIN_FOUND: usize = 12;
/// Words inside a run that a program changed, such as a rewritten link.
const MAX_CHANGED: usize = 6;
/// Triples in one bucket of the index: whoever makes more of them fall together finds less.
const MAX_BUCKET: usize = 64;

/// Our mail, prepared once for all the parts that may quote it.
pub struct Original {
    words: Vec<Word>,
    /// Hashes of its lines, sorted.
    lines: Vec<u64>,
    index: Index,
}

impl Original {
    pub fn of(text: &str) -> Original {
        let words = words_of(text.lines(), text.len());
        let mut lines: Vec<u64> = spans(&words)
            .into_iter()
            .map(|(start, end)| line_hash(&words, start, end))
            .collect();
        lines.sort_unstable();
        let index = Index::of(&words);
        Original {
            words,
            lines,
            index,
        }
    }

    fn has_line(&self, words: &[Word], start: usize, end: usize) -> bool {
        let hash = line_hash(words, start, end);
        self.lines.binary_search(&hash).is_ok()
    }
}

/// The places of our mail's triples of words, in chains by hash.
struct Index {
    /// First place of each bucket's chain, plus one; a power of two of them.
    heads: Vec<u32>,
    /// The next place in the same chain, plus one.
    next: Vec<u32>,
    triples: Vec<u64>,
}

impl Index {
    fn of(words: &[Word]) -> Index {
        let triples: Vec<u64> = (0..words.len()).map_while(|at| triple(words, at)).collect();
        let mut index = Index {
            heads: vec![0; (2 * triples.len()).next_power_of_two()],
            next: vec![0; triples.len()],
            triples,
        };
        for at in 0..index.triples.len() {
            index.add(at);
        }
        index
    }

    fn bucket(&self, triple: u64) -> usize {
        // The upper half is mixed best.
        (triple >> 32) as usize & (self.heads.len() - 1)
    }

    fn add(&mut self, at: usize) {
        let Some(triple) = self.triples.get(at).copied() else {
            return;
        };
        let bucket = self.bucket(triple);
        let (mut last, mut same, mut length) = (None, 0, 0);
        for place in self.chain(bucket) {
            work::steps(1);
            last = Some(place);
            same += usize::from(self.triples.get(place) == Some(&triple));
            length += 1;
        }
        if same >= MAX_PLACES || length >= MAX_BUCKET {
            return;
        }
        let slot = match last {
            Some(place) => self.next.get_mut(place),
            None => self.heads.get_mut(bucket),
        };
        if let Some(slot) = slot {
            *slot = u32::try_from(at + 1).unwrap_or(0);
        }
    }

    fn chain(&self, bucket: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = self.heads.get(bucket).copied().unwrap_or(0);
        std::iter::from_fn(move || {
            let place = (at as usize).checked_sub(1)?;
            at = self.next.get(place).copied().unwrap_or(0);
            Some(place)
        })
    }

    /// Where this triple stands in our mail, in order.
    fn places(&self, triple: u64) -> impl Iterator<Item = usize> + '_ {
        self.chain(self.bucket(triple))
            .filter(move |place| self.triples.get(*place) == Some(&triple))
    }
}

/// The same lines, with what is ours one quote deeper and apart from what is not.
pub fn apart<'a>(lines: Vec<Line<'a>>, original: &Original) -> Vec<Line<'a>> {
    let octets = lines.iter().map(|l| l.text.len()).sum();
    let reply = words_of(lines.iter().map(|l| l.text), octets);
    let Some(marked) = runs(&reply, original) else {
        return lines;
    };
    let marked = with_short_lines(marked, &reply, original);
    divided(lines, &reply, &marked)
}

fn both(a: u64, b: u64) -> u64 {
    mixed(a.rotate_left(21) ^ b)
}

fn triple(words: &[Word], at: usize) -> Option<u64> {
    match words.get(at..at + 3) {
        Some([a, b, c]) => Some(both(both(a.hash, b.hash), c.hash)),
        _ => None,
    }
}

fn line_hash(words: &[Word], start: usize, end: usize) -> u64 {
    let words = words.get(start..end).unwrap_or_default();
    words.iter().fold(0, |hash, word| both(hash, word.hash))
}

/// For each word of the reply its place in our mail, where it is part of a run.
fn runs(reply: &[Word], original: &Original) -> Option<Vec<Option<usize>>> {
    let ours = &original.words;
    let mut marked: Vec<Option<usize>> = vec![None; reply.len()];
    let mut found = 0;
    let mut at = 0;
    // Where our mail goes on after the last run: there, a few words are enough.
    let mut expected = usize::MAX;
    while at < reply.len() {
        let triple = triple(reply, at);
        let best = triple
            .into_iter()
            .flat_map(|triple| original.index.places(triple))
            .map(|place| (common(reply, at, ours, place), place))
            .max();
        match best {
            Some((length, place))
                if length >= MIN_RUN.min(ours.len())
                    || (expected..=expected.saturating_add(MAX_CHANGED)).contains(&place) =>
            {
                for step in 0..length {
                    if let Some(mark) = marked.get_mut(at + step) {
                        *mark = Some(place + step);
                    }
                }
                found += length;
                at += length;
                expected = place + length;
            }
            _ => at += 1,
        }
    }
    let enough = found >= MIN_FOUND || (found > 0 && found * 10 >= ours.len() * 6);
    enough.then_some(marked)
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

/// Adds what is ours but too short for a run: whole lines of ours beside found ones, and words
/// that a program changed inside a line.
fn with_short_lines(
    mut marked: Vec<Option<usize>>,
    reply: &[Word],
    original: &Original,
) -> Vec<Option<usize>> {
    fill_changed(&mut marked, reply);
    let spans = spans(reply);
    let is_found = |marked: &[Option<usize>], span: Option<&(usize, usize)>| {
        span.is_some_and(|(start, end)| {
            marked
                .get(*start..*end)
                .is_some_and(|m| m.iter().any(Option::is_some))
        })
    };
    // Downwards, then upwards: a short line counts beside one that is found.
    for step in 0..2 * spans.len() {
        let (at, beside) = if step < spans.len() {
            (step, step.checked_sub(1))
        } else {
            let at = 2 * spans.len() - 1 - step;
            (at, Some(at + 1))
        };
        let Some(span) = spans.get(at) else { continue };
        let beside = beside.and_then(|b| spans.get(b));
        let whole = || original.has_line(reply, span.0, span.1);
        if !is_found(&marked, Some(span)) && is_found(&marked, beside) && whole() {
            for mark in marked.get_mut(span.0..span.1).into_iter().flatten() {
                *mark = Some(usize::MAX);
            }
        }
    }
    marked
}

/// First and last word of every line that has words.
fn spans(words: &[Word]) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut line = None;
    for (at, word) in words.iter().enumerate() {
        match spans.last_mut() {
            Some(span) if line == Some(word.line) => span.1 = at + 1,
            _ => spans.push((at, at + 1)),
        }
        line = Some(word.line);
    }
    spans
}

/// Words between two runs that stand for other words of ours at the same place.
fn fill_changed(marked: &mut [Option<usize>], reply: &[Word]) {
    let mut last: Option<usize> = None;
    for at in 0..marked.len() {
        let Some(place) = marked.get(at).copied().flatten() else {
            continue;
        };
        if let Some(before) = last
            && at - before > 1
            && at - before <= MAX_CHANGED + 1
            && let Some(old) = marked.get(before).copied().flatten()
            // Only where words of ours are missing too; what was put in is the writer's.
            && place > old + 1
            && place - old <= 2 * MAX_CHANGED
            && shares_line(reply, before, at)
        {
            for mark in marked.get_mut(before + 1..at).into_iter().flatten() {
                *mark = Some(usize::MAX);
            }
        }
        last = Some(at);
    }
}

/// No word between stands on a line of its own.
fn shares_line(reply: &[Word], before: usize, after: usize) -> bool {
    let line = |at: usize| reply.get(at).map(|w| w.line);
    (before + 1..after).all(|at| line(at) == line(before) || line(at) == line(after))
}

/// The words of one line, and for each its place in our mail.
#[derive(Clone, Copy)]
struct Own<'a> {
    words: &'a [Word],
    marks: &'a [Option<usize>],
}

impl Own<'_> {
    fn is_ours(&self, at: usize) -> Option<bool> {
        self.marks.get(at).map(Option::is_some)
    }

    /// Words of ours with another voice before and after them on the same line, such as the date of
    /// an attribution that our mail had too: the line is the other voice's.
    fn is_citation(&self) -> bool {
        let is_other = |end: Option<&Option<usize>>| end.is_some_and(Option::is_none);
        is_other(self.marks.first()) && is_other(self.marks.last())
    }
}

/// Lines of ours one deeper; a line of both voices in pieces.
fn divided<'a>(lines: Vec<Line<'a>>, reply: &[Word], marked: &[Option<usize>]) -> Vec<Line<'a>> {
    let mut out = Vec::with_capacity(lines.len());
    let mut next = 0;
    for (number, line) in lines.into_iter().enumerate() {
        let start = next;
        while reply.get(next).is_some_and(|w| w.line == number) {
            next += 1;
        }
        let own = Own {
            words: reply.get(start..next).unwrap_or_default(),
            marks: marked.get(start..next).unwrap_or_default(),
        };
        let ours = own.marks.iter().filter(|mark| mark.is_some()).count();
        let drawn = own.words.is_empty()
            && !line.is_blank()
            && line
                .text
                .bytes()
                .all(|b| b == b' ' || b.is_ascii_punctuation())
            && out.last().is_some_and(|l: &Line<'_>| l.depth > 0)
            && marked.get(next).is_some_and(Option::is_some);
        if drawn {
            out.push(Line { depth: 1, ..line });
        } else if ours == 0 || line.depth > 0 || own.is_citation() {
            out.push(line);
        } else if ours == own.words.len() {
            out.push(Line { depth: 1, ..line });
        } else {
            pieces(line, own, &mut out);
        }
    }
    out
}

fn pieces<'a>(line: Line<'a>, own: Own<'_>, out: &mut Vec<Line<'a>>) {
    let mut start = 0;
    for (at, word) in own.words.iter().enumerate() {
        let ours = own.is_ours(at);
        let next = own.words.get(at + 1);
        if next.is_some() && own.is_ours(at + 1) == ours {
            continue;
        }
        // Punctuation belongs to the word before it, up to the next space.
        let end = match next {
            None => line.text.len(),
            Some(following) => line
                .text
                .get(word.end..following.start)
                .and_then(|between| between.find(char::is_whitespace))
                .map_or(following.start, |space| word.end + space),
        };
        let text = line.text.get(start..end).unwrap_or_default().trim();
        start = end;
        out.push(Line {
            depth: usize::from(ours == Some(true)),
            text,
            ..line
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::divide::divide;
    use crate::reader::quote::line::{join, lines};

    const ASK: &str = "Hi Carol,\n\nAnn Ng would like to be introduced to you. She builds reading lamps and\nasks for twenty minutes of your time; her words are below.\n\nInterested? Just answer this mail.\n\nExample Introductions";

    fn own(reply: &str) -> String {
        let lines = apart(lines(reply), &Original::of(ASK));
        let division = divide(&lines);
        let own: Vec<String> = division.segments.iter().map(join).collect();
        own.join("|")
    }

    #[test]
    fn our_words_are_found_however_they_are_dressed() {
        for quote in [
            ASK.to_owned(),
            ASK.replace('\n', " "),
            ASK.replace('\n', "\n| "),
            ASK.replace(" and\n", "\nand ")
                .replace("of your", "of\nyour"),
            format!("Msg de Example <intro@bot.example>, 3.11.2025 xyz:\n\n{ASK}"),
            ASK.replace("twenty", "20"),
        ] {
            assert_eq!(
                own(&format!("Yes, gladly.\n\n{quote}")),
                "Yes, gladly.",
                "{quote}"
            );
            assert_eq!(
                own(&format!("{quote}\n\nYes, gladly.")),
                "Yes, gladly.",
                "{quote}"
            );
        }
        let between = ASK.replace("Interested?", "Interested?\nYes!\n");
        assert_eq!(own(&between), "Yes!");
        assert_eq!(
            own(&ASK.replace("answer this mail.", "answer this mail. YES")),
            "YES"
        );
    }

    #[test]
    fn an_attribution_that_shares_words_with_our_mail_stays_whole() {
        let ask = format!("{ASK}\n\nDate: Tue, Nov 24, 2026 at 10:00 AM");
        let quote = ask.replace('\n', "\n> ");
        let reply = format!(
            "Yes\n\nOn Tue, Nov 24, 2026 at 10:00 AM Bob Kim <b@kim.example> wrote:\n\n> {quote}"
        );
        let lines = apart(lines(&reply), &Original::of(&ask));
        let division = divide(&lines);
        let own: Vec<String> = division.segments.iter().map(join).collect();
        assert_eq!(own.join("|"), "Yes");
    }

    #[test]
    fn a_few_of_our_words_in_an_answer_are_the_writers() {
        let text = "Yes, I would like to be introduced to Ann Ng.";
        assert_eq!(own(&format!("{text}\n\n{ASK}")), text);
        assert_eq!(own("Hi Carol,\nno."), "Hi Carol,\nno.");
    }
}
