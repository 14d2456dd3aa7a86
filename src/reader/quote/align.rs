//! What of a reply is our own mail, found by its words: in any language of the program around it,
//! re-wrapped, with or without marks, out of HTML.
//!
//! Linear: runs of equal words are found by an index of triples and each word is passed once.
//! Fails by finding nothing, and then the borders alone divide the body.

pub mod answered;
mod index;
mod marks;
mod spelling;
mod unmarked;

use crate::reader::quote::line::{self, Line};
use index::{Index, both};
use marks::{Mark, OWN, Span, add_short_lines, fill_changed, runs, spans};
use spelling::{Word, add_words};
use std::cell::OnceCell;

/// Lines and words of a quote that are looked at where it may be another's.
const MAX_FOUND: usize = 200;

/// Lines of ours that a line of the reply may skip and still be taken for one of them at a look.
const MAX_SKIPPED: usize = 4;

/// Our mail, prepared once for all the parts that may quote it.
pub struct Original<'t> {
    texts: Vec<&'t str>,
    words: Vec<Word>,
    /// Most replies mark every line of ours, and need no more than the words.
    whole: OnceCell<Whole<'t>>,
}

/// What tells where words of a reply stand in our mail.
struct Whole<'t> {
    /// Its lines with words.
    lines: Vec<(&'t str, Span)>,
    /// Their hashes, sorted.
    hashes: Vec<u64>,
    index: Index,
}

impl<'t> Original<'t> {
    pub fn of(text: &'t str) -> Original<'t> {
        let mut texts = Vec::with_capacity(text.len() / 24);
        texts.extend(line::cut(text).map(trim_end));
        let mut words = Vec::with_capacity(text.len() / 4);
        for (number, text) in texts.iter().enumerate() {
            add_words(&mut words, number, text);
        }
        Original {
            texts,
            words,
            whole: OnceCell::new(),
        }
    }

    fn whole(&self) -> &Whole<'t> {
        self.whole.get_or_init(|| {
            let text_of = |span: &Span| self.texts.get(span.line as usize).copied();
            let spans = spans(&self.words).into_iter();
            let lines = spans.map(|span| (text_of(&span).unwrap_or_default(), span));
            let lines: Vec<(&str, Span)> = lines.collect();
            let hash = |(_, span): &(&str, Span)| line_hash(span.of(&self.words));
            let mut hashes: Vec<u64> = lines.iter().map(hash).collect();
            hashes.sort_unstable();
            Whole {
                lines,
                hashes,
                index: Index::of(&self.words),
            }
        })
    }

    /// The words of the reply; a line that is ours to the octet, which most of a quote is, has the
    /// words of ours.
    fn words_of(&self, lines: &[Line<'_>]) -> Vec<Word> {
        let octets: usize = lines.iter().map(|l| l.text.len()).sum();
        let mut words = Vec::with_capacity(octets / 4);
        let ours = &self.whole().lines;
        let mut next = 0;
        for (number, line) in lines.iter().enumerate() {
            // Yahoo indents what it quotes.
            let unindented = line.text.trim_start_matches(' ');
            let indent = (line.text.len() - unindented.len()) as u32;
            let ahead = ours.iter().enumerate().skip(next).take(MAX_SKIPPED);
            let same = ahead.into_iter().find(|(_, (text, _))| *text == unindented);
            match same {
                Some((at, (_, span))) => {
                    next = at + 1;
                    let here = |word: &Word| Word {
                        hash: word.hash,
                        line: number as u32,
                        start: word.start + indent,
                        end: word.end + indent,
                    };
                    words.extend(span.of(&self.words).iter().map(here));
                }
                None => add_words(&mut words, number, line.text),
            }
        }
        words
    }

    fn has_line(&self, words: &[Word]) -> bool {
        self.whole().hashes.binary_search(&line_hash(words)).is_ok()
    }
}

/// Most lines have nothing to trim.
fn trim_end(text: &str) -> &str {
    match text.as_bytes().last() {
        Some(last) if !last.is_ascii_graphic() => text.trim_end(),
        _ => text,
    }
}

/// The lines of a reply, with what is ours one quote deeper and apart from what is not.
#[derive(Default)]
pub struct Apart<'a> {
    pub lines: Vec<Line<'a>>,
    /// What was looked at for it; none: all of our mail is marked already.
    aligned: Option<Aligned<'a>>,
}

struct Aligned<'a> {
    /// The lines as they were.
    lines: Vec<Line<'a>>,
    words: Vec<Word>,
    /// Of each word; none: nothing of our mail was found.
    marks: Option<Vec<Mark>>,
}

impl<'a> Apart<'a> {
    pub fn of(lines: Vec<Line<'a>>, original: Option<&Original<'_>>) -> Apart<'a> {
        let Some(original) = original.filter(|original| !unmarked::are_own(&lines, original))
        else {
            return Apart {
                lines,
                aligned: None,
            };
        };
        let aligned = Aligned::of(lines, original);
        Apart {
            lines: aligned.apart(original),
            aligned: Some(aligned),
        }
    }
}

impl<'a> Aligned<'a> {
    fn of(lines: Vec<Line<'a>>, original: &Original<'_>) -> Aligned<'a> {
        let words = original.words_of(&lines);
        Aligned {
            marks: runs(&words, &original.words, &original.whole().index),
            lines,
            words,
        }
    }

    fn apart(&self, original: &Original<'_>) -> Vec<Line<'a>> {
        let Some(mut marks) = self.marks.clone() else {
            return self.lines.clone();
        };
        let spans = spans(&self.words);
        fill_changed(&mut marks, &self.words);
        add_short_lines(&mut marks, &spans, &self.words, |line| {
            original.has_line(line)
        });
        divided(&self.lines, &spans, &self.words, &marks)
    }
}

fn line_hash(words: &[Word]) -> u64 {
    words.iter().fold(0, |hash, word| both(hash, word.hash))
}

/// The words of one line, and for each its place in our mail.
#[derive(Clone, Copy)]
struct Own<'a> {
    words: &'a [Word],
    marks: &'a [Mark],
}

impl Own<'_> {
    fn is_ours(&self, at: usize) -> Option<bool> {
        self.marks.get(at).map(|mark| *mark != OWN)
    }

    /// Words of ours with another voice before and after them on the same line, such as the date of
    /// an attribution that our mail had too: the line is the other voice's.
    fn is_citation(&self) -> bool {
        self.marks.first() == Some(&OWN) && self.marks.last() == Some(&OWN)
    }
}

/// Lines of ours one deeper; a line of both voices in pieces.
fn divided<'a>(
    lines: &[Line<'a>],
    spans: &[Span],
    reply: &[Word],
    marks: &[Mark],
) -> Vec<Line<'a>> {
    let mut out: Vec<Line<'a>> = Vec::with_capacity(lines.len());
    let mut spans = spans.iter().peekable();
    for (number, line) in lines.iter().copied().enumerate() {
        let Some(span) = spans.next_if(|span| span.line as usize == number) else {
            // A line without words is ours where it is drawn between lines of ours.
            let drawn = unmarked::is_drawn(&line)
                && out.last().is_some_and(|l| l.depth > 0)
                && spans
                    .peek()
                    .and_then(|next| marks.get(next.start))
                    .is_some_and(|mark| *mark != OWN);
            let depth = if drawn { 1 } else { line.depth };
            out.push(Line { depth, ..line });
            continue;
        };
        if line.depth > 0 {
            out.push(line);
            continue;
        }
        let own = Own {
            words: span.of(reply),
            marks: span.of(marks),
        };
        let ours = own.marks.iter().filter(|mark| **mark != OWN).count();
        if ours == 0 || own.is_citation() {
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
                .get(word.end as usize..following.start as usize)
                .and_then(|between| between.find(char::is_whitespace))
                .map_or(following.start as usize, |space| word.end as usize + space),
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
        let apart = Apart::of(lines(reply), Some(&Original::of(ASK)));
        let division = divide(&apart.lines);
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
        let lines = Apart::of(lines(&reply), Some(&Original::of(&ask))).lines;
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
