//! What a reply's quote says that our mail does not, and under which words of it the reply stands.
//!
//! Looked at only where a reply consents. Fails towards doubt.

use crate::reader::quote::align::marks::{OWN, Span, add_short_lines, spans};
use crate::reader::quote::align::spelling::{Word, add_words};
use crate::reader::quote::align::{Aligned, Apart, MAX_FOUND, Original};
use crate::reader::quote::banner::take_banner;
use crate::reader::quote::divide::Division;
use crate::reader::quote::line::Line;

/// Words of ours behind the question that still belong to it: `One word is enough: yes, no or later`.
const MAX_BEHIND: usize = 16;
/// Lines between a border and the words of our mail.
const MAX_ABOVE: usize = 12;
/// Words of a question that tell it.
const QUESTION: usize = 3;

/// What was found out about the quote of our mail in a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quoted {
    /// Words in quoted lines that are not ours.
    pub typed: String,
    /// The lines that say whose words the quote is.
    pub attribution: String,
    /// The mail that it answers is not ours.
    pub strange: bool,
    /// Some of the answer stands below other words of ours than those that ask.
    pub elsewhere: bool,
}

/// Looks at one text of a reply; `division`: of these lines.
pub fn look(apart: &Apart<'_>, division: &Division<'_>, original: &Original<'_>) -> Quoted {
    let mut quoted = Quoted::default();
    let passed = passed(division);
    let made;
    let aligned = match &apart.aligned {
        Some(aligned) => Some(aligned),
        None if is_verbatim(&apart.lines, original) || is_bare(&apart.lines, passed) => None,
        None => {
            made = Aligned::of(apart.lines.clone(), original);
            Some(&made)
        }
    };
    match aligned.map(|aligned| (aligned, aligned.marks.clone())) {
        None => {}
        Some((aligned, Some(mut marks))) => {
            let Aligned { lines, words, .. } = aligned;
            let spans = spans(words);
            add_short_lines(&mut marks, &spans, words, |line| original.has_line(line));
            quoted.typed = typed(lines, &spans, words, &marks);
            quoted.strange = is_below_another(lines, &spans, &marks);
        }
        Some((_, None)) => {
            quoted.strange = is_another(passed, original);
            for line in passed.iter().take(MAX_FOUND) {
                let mut words = Vec::new();
                add_words(&mut words, 0, line.text);
                if words.len() >= QUESTION && place(&words, &original.words).is_some() {
                    continue;
                }
                quoted.typed.push_str(line.text);
                quoted.typed.push('\n');
            }
        }
    }
    if let Some((border, _)) = &division.first {
        let lines = apart.lines.get(border.start..border.body);
        for line in lines.unwrap_or_default() {
            let own = line.text.get(border.own..);
            quoted.attribution.push_str(own.unwrap_or_default());
            quoted.attribution.push('\n');
        }
    }
    quoted.typed.push_str(&above(passed, original));
    quoted.elsewhere = is_elsewhere(&apart.lines, original);
    quoted
}

/// Whether the lines from the first marked one on are our mail as we sent it, and nothing else.
fn is_verbatim(lines: &[Line<'_>], original: &Original<'_>) -> bool {
    let says = |line: &(usize, &str)| !line.1.is_empty();
    let first = lines.iter().position(|line| line.depth > 0);
    let quote = lines.get(first.unwrap_or(lines.len())..);
    let quote = quote.unwrap_or_default().iter();
    let quote = quote.map(|line| (line.depth, line.text));
    // The first line of ours is the subject.
    let ours = original.texts.iter().skip(1).map(|text| quoted_once(text));
    first.is_some() && quote.filter(says).eq(ours.filter(says))
}

/// Whether there is no quote at all: what was not aligned then has no words of ours.
fn is_bare(lines: &[Line<'_>], passed: &[Line<'_>]) -> bool {
    passed.is_empty() && lines.iter().all(|line| line.depth == 0)
}

/// How a line of ours stands in a quote of it.
fn quoted_once(text: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (1, text);
    while let Some(behind) = rest.strip_prefix('>') {
        depth += 1;
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
    (depth, rest)
}

/// What stands between a border and the first words of ours below it.
fn above(passed: &[Line<'_>], original: &Original<'_>) -> String {
    let mut words = Vec::new();
    let mut ours = |line: &&Line<'_>| {
        words.clear();
        add_words(&mut words, 0, line.text);
        words.len() > 1
            && (original.texts.contains(&line.text) || place(&words, &original.words).is_some())
    };
    let first = passed.iter().take(MAX_ABOVE).position(|line| ours(&line));
    let above = passed.get(..first.unwrap_or_default()).unwrap_or_default();
    let mut above: Vec<&str> = above.iter().map(|line| line.text).collect();
    // A warning is one where something stands below it.
    above.extend(["", "x"]);
    take_banner(&mut above);
    above.truncate(above.len().saturating_sub(2));
    above.join("\n")
}

/// The writer's words in marked lines among ours and right below them, and those that stand for words of ours.
fn typed(lines: &[Line<'_>], spans: &[Span], reply: &[Word], marks: &[u32]) -> String {
    let ours = |span: &Span| span.of(marks).iter().any(|mark| *mark != OWN);
    let Some(first) = spans.iter().position(ours) else {
        return String::new();
    };
    let mut out = String::new();
    let mut depth = 0;
    let mut ended = spans.iter().rposition(ours).unwrap_or(first);
    let line_of = |span: &Span| lines.get(span.line as usize);
    let is_marked = spans
        .iter()
        .any(|span| ours(span) && line_of(span).is_some_and(|line| line.depth > 0));
    for (at, span) in spans.iter().enumerate().skip(first) {
        let Some(line) = lines.get(span.line as usize) else {
            continue;
        };
        // The border of a marked quote, whose day and names our mail has too.
        if is_marked && line.depth == 0 && at <= ended {
            continue;
        }
        let is_ours = ours(span);
        if is_ours {
            depth = line.depth;
        }
        // Below the last words of ours only what stands as deep.
        if at > ended {
            if line.depth == 0 || line.depth != depth {
                break;
            }
            ended = at;
        }
        let words = span.of(reply).iter().zip(span.of(marks));
        for (word, _) in words.filter(|(_, mark)| **mark == OWN) {
            let text = line.text.get(word.start as usize..word.end as usize);
            out.push_str(text.unwrap_or_default());
            out.push(' ');
        }
        if out.ends_with(' ') {
            out.push('\n');
        }
    }
    out
}

/// Whether our mail stands in a mail that stands in the reply.
fn is_below_another(lines: &[Line<'_>], spans: &[Span], marks: &[u32]) -> bool {
    let depth = |span: &Span| lines.get(span.line as usize).map_or(0, |line| line.depth);
    let ours = |span: &&Span| span.of(marks).iter().any(|mark| *mark != OWN);
    let Some(first) = spans.iter().find(ours) else {
        return false;
    };
    let above = spans.iter().take_while(|span| span.line < first.line);
    let words = above.filter(|span| depth(span) > 0 && depth(span) < depth(first));
    words.map(|span| span.end - span.start).sum::<usize>() > 2
}

/// The lines of the first quote.
fn passed<'d, 'a>(division: &'d Division<'a>) -> &'d [Line<'a>] {
    match (&division.first, &division.unnamed) {
        (Some((_, passed)), _) | (None, Some(passed)) => passed,
        (None, None) => &[],
    }
}

/// Whether there is a quote of which less than half is words of ours.
fn is_another(passed: &[Line<'_>], original: &Original<'_>) -> bool {
    let mut words = Vec::new();
    for (number, line) in passed.iter().enumerate().take(MAX_FOUND) {
        add_words(&mut words, number, line.text);
    }
    let ours = |word: &&Word| original.words.iter().any(|ours| ours.hash == word.hash);
    let known = words.iter().take(MAX_FOUND).filter(ours).count();
    !original.words.is_empty() && known * 2 < words.len().min(MAX_FOUND)
}

/// Whether something of the reply stands right below words of ours that do not ask for consent.
fn is_elsewhere(lines: &[Line<'_>], original: &Original<'_>) -> bool {
    // Most answers stand above the whole quote.
    let mut below = lines.iter().skip_while(|line| line.depth == 0);
    if !below.any(|line| line.depth == 0 && !line.text.is_empty()) {
        return false;
    }
    let Some(question) = question(original) else {
        return false;
    };
    let worded = |line: &&Line<'_>| line.text.contains(char::is_alphanumeric);
    let mut words = Vec::new();
    let mut above = None;
    let mut pending = false;
    for line in lines.iter().filter(worded) {
        if line.depth > 0 {
            // It goes on below: the answer stood between.
            if pending {
                return true;
            }
            above = Some(line);
        } else if let Some(above) = above.take() {
            words.clear();
            add_words(&mut words, 0, above.text);
            let place = place(&words, &original.words);
            pending |= place.is_some_and(|place| place > question + MAX_BEHIND);
        }
    }
    if !pending {
        return false;
    }
    // Below the whole of our mail stands who answers below; below a part of it, who answers that part.
    let start = question.saturating_sub(QUESTION);
    let asks = original.words.get(start..question);
    words.clear();
    for line in lines.iter().filter(|line| line.depth > 0) {
        add_words(&mut words, 0, line.text);
    }
    place(asks.unwrap_or_default(), &words).is_none()
}

/// How many words there are up to the end of the first question below the subject.
fn question(original: &Original<'_>) -> Option<usize> {
    let (number, text) = original
        .texts
        .iter()
        .enumerate()
        .skip(1)
        .find(|(_, text)| text.contains('?'))?;
    let mark = text.find('?')?;
    let before = |word: &&Word| {
        (word.line as usize) < number
            || (word.line as usize == number && (word.start as usize) < mark)
    };
    Some(original.words.iter().take_while(before).count())
}

/// Where these words stand one after another in others: the end of them.
fn place(words: &[Word], all: &[Word]) -> Option<usize> {
    if words.is_empty() {
        return None;
    }
    let same = |window: &[Word]| window.iter().zip(words).all(|(a, b)| a.hash == b.hash);
    let start = all.windows(words.len()).position(same)?;
    Some(start + words.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::divide::divide;
    use crate::reader::quote::line;

    const ASK: &str = "Hello Carol,\n\nAlice Ng would like to talk to you. See below – interested?\n\n\
        A one-word answer is enough:\n\nSay yes, say no, say later\n\nThe request, in the words of Alice Ng:\n\n\
        > could you introduce me to Carol Danvers? I build sensors for beehives\n\
        > and would like her advice on radio. Is she still at Target Labs?\n\n\
        A no, or no answer, is fine: Alice Ng isn't told which it was.\nAnswer stop to get no such mail ever again.";

    fn quote(insert: &str, below: &str) -> String {
        let mut out = String::new();
        for line in ASK.lines() {
            out.push_str("> ");
            out.push_str(line);
            out.push('\n');
            if line.contains(below) {
                out.push_str(insert);
            }
        }
        out
    }

    fn looked_at(reply: &str, original: &Original<'_>) -> Quoted {
        let apart = Apart::of(line::lines(reply), Some(original));
        look(&apart, &divide(&apart.lines), original)
    }

    fn looked(reply: &str) -> Quoted {
        looked_at(reply, &Original::of(ASK))
    }

    #[test]
    fn a_quote_of_ours_alone_is_no_find() {
        for reply in [
            format!("Yes.\n\n{}", quote("", "nothing")),
            format!("{}\nYes.\n", quote("", "nothing")),
            quote("\nYes.\n\n", "interested?"),
            quote("\nYes.\n\n", "Say yes"),
            "Yes.".to_owned(),
            "> Alice Ng would like to talk to you. See below – interested?\n\nYes.\n".to_owned(),
        ] {
            let looked = looked(&reply);
            assert!(!looked.strange && !looked.elsewhere, "{reply}");
            assert_eq!(looked.typed.replace("Yes", "").trim(), "", "{reply}");
        }
        let short = looked("Yes.\n\n> See below – interested?\n");
        assert!(!short.strange && !short.elsewhere);
    }

    #[test]
    fn words_that_are_not_ours_are_found_in_it() {
        let reply = quote("> Only after she has paid!\n", "interested?");
        assert_eq!(looked(&reply).typed.trim(), "Only after she has paid");
        let reply = format!(
            "Yes.\n\n{}> P.S. On second thought, no.\n",
            quote("", "nothing")
        );
        assert_eq!(looked(&reply).typed.trim(), "P S On second thought no");
    }

    /// The bot asks within the minute, so the quote's border has the request's day and time.
    #[test]
    fn the_border_of_the_quote_is_nobodys_word() {
        let date = "Wed, Nov 25, 2026 at 10:00 AM";
        let ask = ASK.replacen("> could", &format!("> Date: {date}\n>\n> could"), 1);
        let quoted: String = ask.lines().map(|line| format!("> {line}\n")).collect();
        let reply = format!(
            "Yes, please introduce us!\n\nOn {date} Bob Kim <intro@bot.example> wrote:\n{quoted}"
        );
        assert_eq!(looked_at(&reply, &Original::of(&ask)).typed.trim(), "");
    }

    #[test]
    fn the_place_of_an_answer_tells_what_it_answers() {
        for reply in [
            quote("\nYes.\n\n", "Target Labs?"),
            quote("\nYes.\n\n", "is fine"),
            "> Is she still at Target Labs?\n\nYes.\n".to_owned(),
            "> Answer stop to get no such mail ever again.\n\nYes.\n".to_owned(),
        ] {
            assert!(looked(&reply).elsewhere, "{reply}");
        }
    }

    #[test]
    fn a_quote_of_somebody_else_is_strange() {
        let dave = "On Tue, Nov 24, 2026, Dave <dave@d.example> wrote:\n> Shall I cancel the dinner on Saturday evening?\n";
        assert!(looked(&format!("Yes please.\n\n{dave}")).strange);
        let deeper = quote("", "nothing").replace("> ", ">> ");
        assert!(looked(&format!("Yes please.\n\n{dave}{deeper}")).strange);
    }
}
