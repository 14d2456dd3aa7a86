//! Text made harmless: no controls, no bidirectional tricks, no look-alike line ends.
//!
//! Never fails: what must not stay is dropped or becomes a space.

use crate::reader::plain::{is_plain, others, stretch};

/// Marks the start of a quoted part in text made from HTML; dropped from every text that comes in.
pub const QUOTE_MARK: char = '\u{F8F0}';

/// Marks the start of a signature in text made from HTML; dropped likewise.
pub const SIGNATURE_MARK: char = '\u{F8F1}';

/// Characters that show nothing and only break words apart or hide what is written
/// (soft hyphen, zero-width space, word joiner, byte order mark, language tags).
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}' | QUOTE_MARK | SIGNATURE_MARK)
}

/// Bidirectional controls (UAX 9): they can make a text read other than it is written.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text refers to a character that turns reading direction by force.
fn refers_to_override(text: &str) -> bool {
    const REFERENCES: &[&str] = &[
        "&#8237", "&#8238", "&#x202d", "&#x202e", "&#x202D", "&#x202E",
    ];
    let behind = |at: usize| text.as_bytes().get(at..).unwrap_or_default();
    let mut spots = memchr::memchr_iter(b'&', text.as_bytes());
    let is_one = |rest: &[u8]| REFERENCES.iter().any(|r| rest.starts_with(r.as_bytes()));
    spots.any(|at| matches!(behind(at), rest @ [_, b'#', ..] if is_one(rest)))
}

/// Whether a character decoded from a reference may stand in a text.
pub fn is_shown(c: char) -> bool {
    !(is_ignorable(c) || is_bidi(c) || (c.is_control() && c != '\n' && c != '\t'))
}

/// A text made from HTML without the lines of its marks.
pub fn unmarked(text: &str) -> String {
    if !text.contains([QUOTE_MARK, SIGNATURE_MARK]) {
        return text.to_owned();
    }
    let marked = |line: &&str| !line.contains([QUOTE_MARK, SIGNATURE_MARK]);
    text.split('\n')
        .filter(marked)
        .collect::<Vec<_>>()
        .join("\n")
}

/// One line of at most `cap` characters: white space of any kind becomes one space.
pub fn line(text: &str, cap: usize) -> String {
    if text.len() <= cap && is_plain(text) {
        return text.to_owned();
    }
    // No character has more than four octets.
    let enough = cap.saturating_mul(4);
    let mut out = String::with_capacity(text.len().min(enough));
    let (mut rest, mut gap) = (text, false);
    loop {
        let (words, behind) = rest
            .split_at_checked(stretch(rest.as_bytes(), 0))
            .unwrap_or_default();
        if !words.is_empty() {
            if gap {
                out.push(' ');
            }
            let copied = words.strip_suffix([' ', '\n']).unwrap_or(words);
            gap = copied.len() < words.len();
            for (index, line) in copied.split('\n').enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(line);
            }
        }
        let c = behind.chars().next().filter(|_| out.len() <= enough);
        let Some(c) = c else {
            return cut(out, cap);
        };
        rest = behind.get(c.len_utf8()..).unwrap_or_default();
        if is_ignorable(c) || is_bidi(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            gap |= !out.is_empty();
            continue;
        }
        if gap {
            out.push(' ');
            gap = false;
        }
        out.push(c);
    }
}

/// The first `cap` characters, without a space at their end.
fn cut(mut text: String, cap: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(cap) {
        text.truncate(end);
        text.truncate(text.trim_end_matches(' ').len());
    }
    text
}

/// A body: LF line ends, no other control characters but tabs.
pub fn body(text: &str) -> String {
    body_and_turns(text).0
}

/// The same, and whether the text turns reading direction by force, which no mail program does by itself.
pub fn body_and_turns(text: &str) -> (String, bool) {
    let octets = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut turns = refers_to_override(text);
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    // What stays is copied in stretches; almost all of a mail is one of lines.
    let (mut kept, mut at) = (0, 0);
    loop {
        at += stays(octets.get(at..).unwrap_or_default());
        if octets.get(at) == Some(&b'\r') {
            out.push_str(piece(kept, at));
            kept = at + 1;
            at += 2;
            if octets.get(kept) != Some(&b'\n') {
                out.push('\n');
                at = kept;
            }
            continue;
        }
        let Some(c) = piece(at, text.len()).chars().next() else {
            break;
        };
        let here = at;
        at += c.len_utf8();
        turns |= matches!(c, '\u{202D}' | '\u{202E}');
        let ends_line = match c {
            '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{B}' | '\u{C}' => true,
            c if c.is_control() || is_ignorable(c) || is_bidi(c) => false,
            _ => continue,
        };
        out.push_str(piece(kept, here));
        if ends_line {
            out.push('\n');
        }
        kept = at;
    }
    out.push_str(piece(kept, text.len()));
    (out, turns)
}

/// How many octets from here on stay as they are, without a look at single characters.
fn stays(bytes: &[u8]) -> usize {
    let is_other = |b: &u8| !matches!(b, b' '..=b'~' | b'\n' | b'\t');
    let mut at = 0;
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let others = others(u64::from_le_bytes(*eight));
        if others == 0 {
            at += 8;
            continue;
        }
        at += others.trailing_zeros() as usize / 8;
        if bytes.get(at).is_some_and(is_other) {
            return at;
        }
        at += 1;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(is_other).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_string_is_one_harmless_line() {
        assert_eq!(
            line("Ann\r\nBcc: v\u{0}\u{202E}x\u{2028}y", 200),
            "Ann Bcc: v xy".replace("v xy", "v x y")
        );
        assert_eq!(line("  a \t b  ", 200), "a b");
        assert_eq!(line("abcdef", 3), "abc");
    }

    #[test]
    fn a_body_is_cleaned_character_by_character() {
        let by_character = |text: &str| {
            let mut out = String::new();
            let mut rest = text.chars().peekable();
            while let Some(c) = rest.next() {
                match c {
                    '\r' if rest.peek() == Some(&'\n') => {}
                    '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{B}' | '\u{C}' => out.push('\n'),
                    '\n' | '\t' => out.push(c),
                    c if c.is_control() || is_ignorable(c) || is_bidi(c) => {}
                    c => out.push(c),
                }
            }
            out
        };
        let all = (0..0x3100)
            .chain(0xD7F0..0x1_0100)
            .chain(0xE_0000..0xE_0200);
        for c in all.filter_map(char::from_u32) {
            for before in [0, 7, 19] {
                let text = format!("{}\r\n{c} é{c}ж \r\r\n\t{c}\r", "a".repeat(before));
                let (read, turns) = body_and_turns(&text);
                assert_eq!(read, by_character(&text), "{c:?}");
                assert_eq!(turns, matches!(c, '\u{202D}' | '\u{202E}'), "{c:?}");
            }
        }
        assert!(body_and_turns("a &#8237;").1 && body_and_turns("&#x202E").1);
        assert!(!body_and_turns("a &#8236; & ").1);
    }

    /// As `line`, character by character.
    fn by_character(text: &str, cap: usize) -> String {
        let mut out = String::with_capacity(text.len().min(cap.saturating_mul(4)));
        let (mut chars, mut gap) = (0, false);
        for c in text.chars() {
            let visible = c.is_ascii_graphic();
            if !visible && (is_ignorable(c) || is_bidi(c)) {
                continue;
            }
            if !visible && (c.is_whitespace() || c.is_control()) {
                gap = chars > 0;
                continue;
            }
            if chars + usize::from(gap) >= cap {
                break;
            }
            if gap {
                out.push(' ');
                chars += 1;
                gap = false;
            }
            out.push(c);
            chars += 1;
        }
        out
    }

    #[test]
    fn a_line_is_cleaned_as_its_characters_are() {
        let pieces = [
            "a", " ", "  ", "\n", "\t", "\u{200B}", "é", "a b", "\u{A0}", " X\n", "\u{7}", "\n\n",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let text = [a, b, c, a, b].concat();
                    for cap in 0..=text.len() {
                        assert_eq!(line(&text, cap), by_character(&text, cap), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_body_keeps_its_lines_and_nothing_hidden() {
        assert_eq!(
            body("a\r\nb\rc\u{2028}d\u{200B}e\u{202E}f\u{7}"),
            "a\nb\nc\ndef"
        );
    }
}
