//! A body divided at its borders: the writer's own lines, and the mails passed on below.
//!
//! Linear: every line is looked at once, with a bounded look ahead. Where the border is not
//! certain the division says so, and nothing of it can become a yes.

use crate::reader::quote::border::{self, Border, Kind};
use crate::reader::quote::container;
use crate::reader::quote::line::{self, Line};
use crate::reader::work;
use std::sync::Arc;

/// Characters from which on a quoted line is long enough to have been wrapped.
const WRAP_CHARS: usize = 60;

/// Lines of most answers.
const USUAL_LINES: usize = 16;

/// Own lines that stand together, without a quote between them.
pub type Segment<'a> = Vec<Line<'a>>;

#[derive(Default)]
pub struct Division<'a> {
    pub segments: Vec<Segment<'a>>,
    /// The first border, and the lines that it passes on.
    pub first: Option<(Arc<Border>, Vec<Line<'a>>)>,
    /// The first quote without a border, where no border came before.
    pub unnamed: Option<Vec<Line<'a>>>,
}

/// Divides the lines.
pub fn divide<'a>(lines: &[Line<'a>]) -> Division<'a> {
    let mut division = Division::default();
    let mut own: Segment<'a> = Vec::with_capacity(lines.len().min(USUAL_LINES));
    let (mut at, mut floor) = (0, 0);
    while at < lines.len() {
        let Some(line) = lines.get(at) else { break };
        work::steps(1);
        let found = border::at(lines, at, floor).or_else(|| container::named_below(lines, at));
        if let Some(found) = found {
            // An attribution is found at its end: its first lines were taken for own ones.
            work::steps(own.len().min(at.saturating_sub(found.start)));
            own.truncate(own.len().saturating_sub(at.saturating_sub(found.start)));
            own.extend(own_part(lines, &found));
            let has_own = has_words(&own) || division.segments.iter().any(|s| has_words(s));
            let (content, next) = region(lines, &found, has_own);
            close(&mut division, &mut own);
            if division.first.is_none() {
                division.first = Some((Arc::new(found), content));
            }
            at = next.max(at + 1);
            floor = at;
        } else if line.depth > 0 {
            let has_own = has_words(&own) || division.segments.iter().any(|s| has_words(s));
            let end = run_end(lines, at, 1, wraps(has_own));
            close(&mut division, &mut own);
            if division.first.is_none() && division.unnamed.is_none() {
                division.unnamed = lines.get(at..end).map(<[Line<'a>]>::to_vec);
            }
            at = end.max(at + 1);
            floor = at;
        } else {
            own.push(*line);
            at += 1;
        }
    }
    close(&mut division, &mut own);
    division
}

fn close<'a>(division: &mut Division<'a>, own: &mut Segment<'a>) {
    if own.iter().any(|l| !l.is_blank()) {
        division.segments.push(std::mem::take(own));
    } else {
        own.clear();
    }
}

fn has_words(lines: &[Line<'_>]) -> bool {
    lines.iter().any(|l| {
        work::steps(1);
        line::says_something(l.text)
    })
}

/// The writer's words in front of an attribution on the same line.
fn own_part<'a>(lines: &[Line<'a>], found: &Border) -> Option<Line<'a>> {
    let line = lines.get(found.start).filter(|_| found.own > 0)?;
    Some(Line {
        text: line.text.get(..found.own)?.trim_end(),
        ..*line
    })
}

/// The lines that a border passes on, and the first line after them.
fn region<'a>(lines: &[Line<'a>], found: &Border, has_own: bool) -> (Vec<Line<'a>>, usize) {
    let rest = found.rest.and_then(|from| {
        let line = lines.get(found.body.checked_sub(1)?)?;
        let text = line.text.get(from..)?.trim();
        (!text.is_empty()).then_some(Line { text, ..*line })
    });
    let content =
        (found.body..lines.len()).find(|i| lines.get(*i).is_some_and(|l| !l.is_blank() && !l.mark));
    let Some(content) = content else {
        return (rest.into_iter().collect(), lines.len());
    };
    let depth = lines.get(content).map_or(0, |l| l.depth);
    let wraps = if found.kind == Kind::Forward {
        Wraps::Always
    } else {
        wraps(has_own)
    };
    let end = if depth > found.depth {
        run_end(lines, content, found.depth + 1, wraps)
    } else if found.depth > 0 {
        run_end(lines, content, found.depth, wraps)
    } else if found.kind == Kind::Forward {
        (content..lines.len())
            .find(|i| {
                lines
                    .get(*i)
                    .is_some_and(|l| border::is_forward_end(l.text))
            })
            .unwrap_or(lines.len())
    } else {
        lines.len()
    };
    work::steps(end.saturating_sub(found.body));
    let mut passed: Vec<Line<'a>> = rest.into_iter().collect();
    passed.extend_from_slice(lines.get(found.body..end).unwrap_or_default());
    for line in passed.iter_mut().filter(|l| !l.is_blank()) {
        // A line that was wrapped without a mark stands as deep as those around it.
        line.depth = line.depth.max(depth.min(found.depth + 1));
    }
    let next = match lines.get(end) {
        Some(line) if border::is_forward_end(line.text) => end + 1,
        _ => end,
    };
    (passed, next)
}

/// How readily a line without a mark between marked ones is taken for a wrapped one.
#[derive(Clone, Copy)]
enum Wraps {
    /// Nobody answers between the lines of a forward.
    Always,
    /// Who answers between the lines has, as a rule, nothing above the quote.
    Often,
    Seldom,
}

fn wraps(has_own: bool) -> Wraps {
    if has_own { Wraps::Often } else { Wraps::Seldom }
}

/// Where a quote of at least this depth ends: at the first line outside that is not plainly the
/// end of a line that was wrapped without a mark.
fn run_end(lines: &[Line<'_>], start: usize, depth: usize, wraps: Wraps) -> usize {
    let mut end = start;
    for at in start..lines.len() {
        let Some(line) = lines.get(at) else { break };
        work::steps(1);
        if line.depth >= depth && (!line.is_blank() || line.depth > 0) {
            end = at + 1;
        } else if line.is_blank() {
            continue;
        } else if end == at && is_wrapped(lines, at, depth, wraps) {
            end = at + 1;
        } else {
            break;
        }
    }
    end
}

fn is_wrapped(lines: &[Line<'_>], at: usize, depth: usize, wraps: Wraps) -> bool {
    let (Some(line), Some(above), Some(below)) = (
        lines.get(at),
        at.checked_sub(1).and_then(|i| lines.get(i)),
        lines.get(at + 1),
    ) else {
        return false;
    };
    let long = above.depth >= depth && above.text.chars().count() >= WRAP_CHARS;
    let sentence_over = above.text.ends_with(['.', '?', '!', ':', '。', '？', '！']);
    let goes_on = line.text.starts_with(char::is_lowercase);
    let inside = above.depth >= depth && below.depth >= depth;
    match wraps {
        Wraps::Always => inside,
        Wraps::Often => inside && long && (!sentence_over || goes_on),
        Wraps::Seldom => inside && long && !sentence_over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::line::{join, lines};

    fn own(text: &str) -> Vec<String> {
        let lines = lines(text);
        let division = divide(&lines);
        division.segments.iter().map(join).collect()
    }

    #[test]
    fn top_bottom_and_between() {
        let wrote = "On 3 Nov 2025 at 10:00, Bob <bob@b.example> wrote:";
        assert_eq!(own(&format!("Yes\n\n{wrote}\n> a\n> b")), ["Yes"]);
        assert_eq!(own(&format!("{wrote}\n> a\n\nYes\n")), ["Yes"]);
        assert_eq!(
            own(&format!("{wrote}\n> a?\nYes\n> b?\n\nNo\n> c")),
            ["Yes", "No"]
        );
        assert_eq!(own(&format!("Yes\n{wrote}\n\na\nb")), ["Yes"]);
    }

    #[test]
    fn a_line_wrapped_without_a_mark_is_quote() {
        let long = "> this line of the quoted mail is so long that a program wrapped it";
        assert_eq!(
            own(&format!("Yes\n\n{long}\nsomewhere here\n> and on\n")),
            ["Yes"]
        );
    }
}
