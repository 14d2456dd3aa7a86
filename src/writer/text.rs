//! Strangers' strings made fit to stand in a mail of ours: one line, or a bounded block of lines.
//!
//! Never fails: what may not stand in a mail (controls, bidirectional controls, line and paragraph
//! separators) is left out, what is too long is cut and says so.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;

/// Characters of a name or of a requester's subject inside a sentence or a subject of ours: a phone
/// shows about as many.
pub const MAX_NAME_CHARS: usize = 80;
/// Characters of a Subject field: long ones are refused or folded badly by some servers (RFC 5322
/// section 2.1.1 allows 998 octets a line).
pub const MAX_SUBJECT_CHARS: usize = 150;
/// Lines of a block; with [`MAX_NAME_CHARS`] and the limits of octets it keeps our closing words in
/// sight of somebody who scrolls past a hostile one.
const MAX_BLOCK_LINES: usize = 150;
/// Marks on one character: no script needs more, and heaps of them paint over our own lines.
const MAX_MARKS: usize = 4;
/// A long word is no border to cut at beyond this many octets before the limit.
const MAX_BACKTRACK_OCTETS: usize = 400;

/// Whether a character may stand in a mail of ours. Bidirectional controls reorder what a person
/// reads (Unicode UAX 9), U+2028/2029 and C1 end lines for some programs, the tag characters and
/// noncharacters are invisible.
fn allowed(c: char) -> bool {
    !matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{ad}' | '\u{e0000}'..='\u{e0fff}')
        && (c as u32) & 0xfffe != 0xfffe
        && !('\u{fdd0}'..='\u{fdef}').contains(&c)
}

/// Passes what may stand in a mail, character by character.
fn standing() -> impl FnMut(&char) -> bool {
    let mut marks = 0;
    move |c| {
        if c.is_ascii() {
            marks = 0;
            return *c == '\n' || (' '..='~').contains(c);
        }
        marks = if is_combining_mark(*c) { marks + 1 } else { 0 };
        allowed(*c) && marks <= MAX_MARKS
    }
}

/// Whether a text is so plain that nothing has to be taken out: most are.
pub fn is_plain(text: &str) -> bool {
    let stands = |octet| (octet == b'\n') | (b' '..=b'~').contains(&octet);
    leading(text.as_bytes(), stands) == text.len()
}

/// Our tokens, in strangers' words: one that strayed into a request would make the answer to it
/// look like an answer to another mail, and its secret is nobody else's.
static TOKEN: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("(?i)[0-9]{1,12}-[a-z2-7]{26}([^a-z0-9]|$)").ok());

/// What stands where a token was.
pub const NO_TOKEN: &str = "[code]";

fn without_tokens(text: &str) -> Cow<'_, str> {
    match TOKEN.as_ref() {
        _ if !may_hold_token(text) => Cow::Borrowed(text),
        Some(token) => token.replace_all(text, format!("{NO_TOKEN}$1")),
        None => Cow::Borrowed(text),
    }
}

/// Whether somewhere a digit, a hyphen and as many letters and digits as a token has follow each other.
fn may_hold_token(text: &str) -> bool {
    const LETTERS: usize = 26;
    let octets = text.as_bytes();
    memchr::memchr_iter(b'-', octets).any(|at| {
        let (before, from) = octets.split_at_checked(at).unwrap_or_default();
        let after = from.get(1..=LETTERS);
        before.last().is_some_and(u8::is_ascii_digit)
            && after.is_some_and(|after| after.iter().all(u8::is_ascii_alphanumeric))
    })
}

/// One line without controls, its white space collapsed, at most `max_chars` characters.
pub fn line(text: &str, max_chars: usize) -> String {
    if is_tidy(text) {
        return within(without_tokens(text).into_owned(), max_chars);
    }
    let spaced: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(standing())
        .collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    within(without_tokens(&text).into_owned(), max_chars)
}

/// Whether a line is as plain as [`line`] would leave it: most are.
fn is_tidy(text: &str) -> bool {
    let mut before = b' ';
    let one_by_one = text.bytes().all(|byte| {
        let pair = byte == b' ' && before == b' ';
        before = byte;
        !pair && (b' '..=b'~').contains(&byte)
    });
    one_by_one && before != b' '
}

fn within(text: String, max_chars: usize) -> String {
    if chars(&text) <= max_chars {
        return text;
    }
    let mut cut: String = text.chars().take(max_chars.saturating_sub(1)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

/// A person's name for a header field or a sentence. One that holds an address or a link is no
/// name: it would show another sender than the real one, or be made clickable in a subject.
pub fn name(text: &str) -> String {
    let name = line(text, MAX_NAME_CHARS);
    // Each of the signs below holds one of these.
    if name.is_ascii() && memchr::memchr3(b'@', b':', b'.', name.as_bytes()).is_none() {
        return name;
    }
    let lower = name.to_lowercase();
    let posing = ["@", "＠", "﹫", "://", "www."];
    if posing.into_iter().any(|sign| lower.contains(sign)) {
        return String::new();
    }
    name
}

/// A block of a stranger's lines, and whether it was shortened.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Block {
    text: String,
    pub shortened: bool,
}

impl Block {
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let some = (!self.is_empty()).then(|| lines(&self.text));
        some.into_iter().flatten()
    }
}

/// The beginning of a text, at most `max_octets`, cut at a paragraph, line or word; the words are
/// unchanged but for controls, line ends and white space at the ends of lines.
pub fn block(text: &str, max_octets: usize) -> Block {
    let text = match is_plain(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(cleaned(text)),
    };
    let text = without_tokens(&text);
    let mut whole = String::with_capacity(text.len());
    let (mut shortened, mut count, mut empty) = (false, 0, 0);
    for line in lines(&text).map(str::trim_end) {
        if line.is_empty() {
            // At most two empty lines together: more only push the rest out of sight.
            empty = if count == 0 { 0 } else { 2.min(empty + 1) };
            continue;
        }
        let room = MAX_BLOCK_LINES - count;
        shortened |= empty >= room;
        for _ in 0..empty.min(room) {
            whole.push('\n');
        }
        if shortened {
            break;
        }
        if count > 0 {
            whole.push('\n');
        }
        whole.push_str(line);
        count += empty + 1;
        empty = 0;
    }
    let cut = head(&whole, max_octets);
    shortened |= cut.len() < whole.len();
    Block {
        text: cut.trim_end().to_owned(),
        shortened,
    }
}

/// What stands between line feeds, as `split` gives it, found many octets at a time.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes());
    let mut start = 0;
    ends.chain(std::iter::once(text.len())).map(move |end| {
        let line = text.get(start..end).unwrap_or_default();
        start = end + 1;
        line
    })
}

fn cleaned(text: &str) -> String {
    text.replace("\r\n", "\n")
        .replace('\r', "\n")
        .replace(['\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}'], "\n")
        .replace('\t', "    ")
        .chars()
        .filter(standing())
        .collect()
}

/// At most `max_octets` of `text`, ended at the last paragraph, line or word near the limit.
fn head(text: &str, max_octets: usize) -> &str {
    if text.len() <= max_octets {
        return text;
    }
    let end = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| *end <= max_octets)
        .last()
        .unwrap_or(0);
    let Some(cut) = text.get(..end) else {
        return "";
    };
    let near = end.saturating_sub(MAX_BACKTRACK_OCTETS);
    let border = ["\n\n", "\n", " "]
        .into_iter()
        .filter_map(|border| cut.rfind(border))
        .find(|at| *at >= near);
    border.and_then(|at| cut.get(..at)).unwrap_or(cut)
}

/// A line in rows of at most `max_chars`, divided at white space; a longer word (a link) stays whole.
pub fn rows(line: &str, max_chars: usize) -> Vec<&str> {
    if chars(line) <= max_chars {
        return vec![line];
    }
    if is_plain(line) {
        return plain_rows(line, max_chars);
    }
    let mut rows: Vec<&str> = Vec::new();
    let (mut start, mut at, mut row_chars) = (0, 0, 0);
    let row = |start: usize, end: usize| line.get(start..end).unwrap_or_default();
    for word in line.split_inclusive(char::is_whitespace) {
        if row_chars + chars(word.trim_end()) > max_chars && !row(start, at).trim().is_empty() {
            rows.push(row(start, at).trim_end());
            start = at;
            row_chars = 0;
        }
        at += word.len();
        row_chars += chars(word);
    }
    let last = row(start, at);
    if !last.trim().is_empty() {
        rows.push(last.trim_end());
    }
    rows
}

/// The same for a line whose only white space is the space and whose characters are octets: from row to row,
/// not from word to word.
fn plain_rows(line: &str, max_chars: usize) -> Vec<&str> {
    let mut rows: Vec<&str> = Vec::new();
    let mut rest = line;
    while rest.len() > max_chars {
        let octets = rest.as_bytes();
        let Some(word) = octets.iter().position(|octet| *octet != b' ') else {
            return rows;
        };
        let room = octets.get(..=max_chars).unwrap_or(octets);
        let last = memchr::memrchr(b' ', room).filter(|space| *space > word);
        // A word that is longer than the row stays whole.
        let first = || {
            let space = memchr::memchr(b' ', octets.get(word..)?)?;
            Some(word + space)
        };
        let Some(space) = last.or_else(first) else {
            break;
        };
        let (row, _) = rest.split_at_checked(space).unwrap_or((rest, ""));
        rows.push(row.trim_end_matches(' '));
        rest = rest.get(space + 1..).unwrap_or_default();
    }
    let row = rest.trim_end_matches(' ');
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

/// How many octets at the start are all of a kind; looked at in groups, without a branch for each.
pub fn leading(octets: &[u8], is: impl Fn(u8) -> bool) -> usize {
    const TOGETHER: usize = 16;
    let groups = octets.chunks_exact(TOGETHER);
    let all = |group: &&[u8]| group.iter().fold(true, |all, octet| all & is(*octet));
    let sure = groups.take_while(all).count() * TOGETHER;
    let rest = octets.get(sure..).unwrap_or_default();
    sure + rest.iter().take_while(|octet| is(**octet)).count()
}

pub fn chars(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.chars().count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_without_controls() {
        let evil = "Ann\r\nBcc: v@w.example\u{202e}\u{0}\u{2028}x \t y";
        assert_eq!(line(evil, 80), "Ann Bcc: v@w.example x y");
        assert_eq!(line(&"ab ".repeat(50), 10), "ab ab ab…");
        assert_eq!(line(&"ab ab ".repeat(5), 9), "ab ab ab…");
        for untidy in [" a", "a ", "a  b", "a\tb", "", "  "] {
            assert!(!is_tidy(untidy), "{untidy:?}");
        }
        assert!(is_tidy("a b.") && is_tidy("~"));
        let heap = format!("a{}b", "\u{301}".repeat(90));
        assert_eq!(line(&heap, 80).chars().count(), 2 + MAX_MARKS);
    }

    #[test]
    fn a_block_is_cut_at_a_border_and_says_so() {
        let kept = block("One.\r\n\r\n\r\n\r\nTwo.\u{0}\r", 4096);
        assert!(kept.lines().eq(["One.", "", "", "Two."]));
        assert!(!kept.shortened);
        let cut = block(&format!("First part.\n\nSecond {}", "long ".repeat(20)), 60);
        assert!(cut.lines().eq(["First part."]));
        assert!(cut.shortened);
        assert!(block("\n \n", 10).is_empty());
        assert_eq!(block("\n \n", 10).lines().count(), 0);
    }

    #[test]
    fn a_name_is_no_address_and_no_link() {
        assert_eq!(name("Alice  Ng\n"), "Alice Ng");
        for posing in ["ceo@bank.example", "see https://w.example", "WWW.w.example"] {
            assert_eq!(name(posing), "", "{posing}");
        }
    }

    #[test]
    fn tokens_stay_where_they_are() {
        let token = "12-ljnfuws2ljnfuws2ljnfuws2li";
        let kept = block(
            &format!("> Code: {token}\nx_{}.", token.to_uppercase()),
            4096,
        );
        assert!(kept.lines().eq(["> Code: [code]", "x_[code]."]));
        assert_eq!(line(&format!("Re: [{token}]"), 80), "Re: [[code]]");
        assert_eq!(line("2026-11-24 is a date", 80), "2026-11-24 is a date");
    }

    #[test]
    fn a_plain_line_is_divided_like_any_other() {
        // A letter that is no octet takes the other way.
        for line in [
            "one two three four five six",
            " one  two   three ",
            "        eight spaces first and then words",
            "averylongwordindeed then short ones",
            "then averylongwordindeed",
            "word      ",
        ] {
            for width in 1..30 {
                let other = line.replace('e', "é").replace('w', "ẃ");
                let plain: Vec<String> = rows(line, width)
                    .iter()
                    .map(|row| row.replace('e', "é").replace('w', "ẃ"))
                    .collect();
                assert_eq!(plain, rows(&other, width), "{line:?} in {width}");
            }
        }
    }

    #[test]
    fn rows_keep_links_whole() {
        let link = format!("https://a.example/{}", "x".repeat(100));
        let long = format!("see {link} there {}", "w ".repeat(60));
        let rows = rows(&long, 76);
        assert_eq!(rows.get(1).copied(), Some(link.as_str()));
        assert!(
            rows.iter()
                .all(|row| *row == link || row.chars().count() <= 76)
        );
    }
}
