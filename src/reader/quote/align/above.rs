//! Whether what a reply says above a marked quote is told from our mail at a look, so that nobody need spell
//! our words.
//!
//! Fails towards `false`: then the words themselves are compared.

use crate::reader::fold::{SHORT, push_lower};
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
/// Octets of our mail in which words are looked for; a longer one has most of them.
const MAX_OURS: usize = 16_000;

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
        && sought.ours.len() <= MAX_OURS
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
    fn lower(&self, word: &Word) -> String {
        lower(self.text(word))
    }

    fn text(&self, word: &Word) -> &str {
        let line = self.lines.get(word.line as usize);
        let text = line.and_then(|line| line.text.get(word.start as usize..word.end as usize));
        text.unwrap_or_default()
    }

    /// Whether our mail does not have the beginning of the word.
    fn is_absent(&self, word: &Word) -> bool {
        work::steps(1);
        let mut buffer = [0; SHORT];
        let text = self.text(word);
        if !text.is_ascii() {
            return !has(self.ours.as_bytes(), lower(text).as_bytes());
        }
        let start = buffer.get_mut(..text.len().min(SHORT));
        let start = start.unwrap_or_default();
        for (lower, octet) in start.iter_mut().zip(text.bytes()) {
            *lower = octet.to_ascii_lowercase();
        }
        !has(self.ours.as_bytes(), start)
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
            Some(lower(
                line.text.get(word.start as usize..word.end as usize)?,
            ))
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

/// Whether our mail has the beginning of a word: looked for by its octet that is found least often.
fn has(ours: &[u8], word: &[u8]) -> bool {
    let word = word.get(..SHORT).unwrap_or(word);
    let often = |octet: u8| match octet {
        b'e' | b't' | b'a' | b'o' | b'n' | b'i' | b'r' | b's' => 3,
        b'h' | b'l' | b'd' | b'u' | b'c' | b'm' => 2,
        b'p' | b'g' | b'f' | b'w' | b'y' | b'b' => 1,
        _ => 0,
    };
    let octets = word.iter().copied().enumerate();
    let Some((at, rarest)) = octets.min_by_key(|(_, octet)| often(*octet)) else {
        return true;
    };
    memchr::memchr_iter(rarest, ours).any(|spot| {
        let start = spot.checked_sub(at);
        let found = start.and_then(|start| ours.get(start..start + word.len()));
        found == Some(word)
    })
}

/// In lower case, as the numbers of words are made.
pub(super) fn lower(text: &str) -> String {
    let mut lower = Vec::with_capacity(text.len() + 8);
    let mut rest = text;
    loop {
        let (plain, behind) = rest
            .split_at_checked(ascii(rest.as_bytes()))
            .unwrap_or((rest, ""));
        let start = lower.len();
        lower.extend_from_slice(plain.as_bytes());
        let plain = lower.get_mut(start..).unwrap_or_default();
        plain.make_ascii_lowercase();
        let mut chars = behind.chars();
        let Some(c) = chars.next() else {
            break;
        };
        push_lower(c, &mut lower);
        rest = chars.as_str();
    }
    String::from_utf8(lower).unwrap_or_default()
}

/// How many octets stand before the first that is not ASCII.
fn ascii(bytes: &[u8]) -> usize {
    let (eights, _) = bytes.as_chunks::<8>();
    let eights = eights.iter().take_while(|eight| eight.is_ascii());
    let whole = 8 * eights.count();
    let rest = bytes.get(whole..).unwrap_or_default();
    whole + rest.iter().take_while(|octet| octet.is_ascii()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::quote::line::lines;

    const ASK: &str = "Alice Ng would like to talk to you\n\nHi Carol,\n\nAlice Ng builds sensors \
        for vine\u{e4}cker and asks for half an hour. Interested?\n\nBob\n-- \nThe desk of Bob Kim";

    #[test]
    fn what_only_the_writer_says_is_told_at_a_look() {
        let quote: String = ASK.lines().skip(2).map(|l| format!("> {l}\n")).collect();
        let own = |above: &str| are_own(&lines(&format!("{above}\n{quote}")), &Original::of(ASK));
        let said = "Yes, gladly, and thank you so very much for asking me.";
        assert!(own(said) && own("") && own("Ja, gerne.\n"));
        assert!(own(&format!("{said}\n\nOn Monday, Dave wrote:\n")));
        // A run, the word before the quote, a line of ours.
        for ours in [
            "alice ng builds sensors for VINE\u{c4}CKER and asks",
            "Gladly to you",
            "Yes\n\nBob\n",
        ] {
            assert!(!own(ours), "{ours}");
        }
        // Something stands below the first marked line, or becomes ours.
        for reply in ["> Hi Carol,\nYes", "Yes\n> Hi Carol,\n>> --\n> Bob"] {
            assert!(!are_own(&lines(reply), &Original::of(ASK)), "{reply}");
        }
    }

    #[test]
    fn a_text_is_put_into_lower_case_as_its_words_are() {
        let texts = [
            "",
            "ABC",
            "0123456789\u{c4}X\u{130}Y",
            "\u{212a}g 0123456701\u{416}",
        ];
        for text in texts {
            let want: String = text.chars().flat_map(char::to_lowercase).collect();
            assert_eq!(lower(text), want);
        }
        assert!(has(b"one word", b"word") && has(b"one word", b"one") && !has(b"one", b"ones"));
    }
}
