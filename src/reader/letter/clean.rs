//! Text made harmless: no controls, no bidirectional tricks, no look-alike line ends.
//!
//! Never fails: what must not stay is dropped or becomes a space.

use crate::reader::fold::{is_plain, others, stretch};

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

/// Whether the text turns reading direction by force, which no mail program does by itself.
pub fn overrides_direction(text: &str) -> bool {
    let behind = |at: usize| text.as_bytes().get(at..).unwrap_or_default();
    // The first octet of both, which dashes and quotes have too.
    let turns = || {
        let mut spots = memchr::memchr_iter(0xE2, text.as_bytes());
        spots.any(|at| matches!(behind(at), [_, 0x80, 0xAD | 0xAE, ..]))
    };
    (!text.is_ascii() && turns()) || refers_to_override(text)
}

/// Whether a text refers to a character that turns reading direction by force.
pub fn refers_to_override(text: &str) -> bool {
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
    if text.len() > cap {
        return cut_line(text, cap);
    }
    if is_plain(text) {
        return text.to_owned();
    }
    // No character has less than one octet: all of them fit.
    let mut out = String::with_capacity(text.len());
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
        let Some(c) = behind.chars().next() else {
            return out;
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

/// As `line`, of a text that may be too long.
fn cut_line(text: &str, cap: usize) -> String {
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

/// Whether a body has nothing in it that must not stay but the carriage returns of its line ends.
pub fn is_harmless(text: &str) -> bool {
    let octets = text.as_bytes();
    // Without a branch, many octets are looked at together.
    let is_control = |octet: u8| {
        let is_kept = (octet == b'\n') | (octet == b'\t') | (octet == b'\r');
        u8::from((octet < b' ') & !is_kept) | u8::from(octet == 0x7F)
    };
    if octets.iter().fold(0, |odd, octet| odd | is_control(*octet)) != 0 {
        return false;
    }
    if octets.is_ascii() {
        return true;
    }
    // By the first octets of what is ignorable, turns the direction or is a control or a line end.
    let must_go = |at: usize| match octets.get(at..).unwrap_or_default() {
        [0xC2, next, ..] => matches!(next, 0x80..=0x9F | 0xAD),
        [0xD8, next, ..] => *next == 0x9C,
        [0xE2, 0x80, last, ..] => matches!(last, 0x8B | 0x8E | 0x8F | 0xA8..=0xAE),
        [0xE2, 0x81, last, ..] => matches!(last, 0xA0..=0xA9),
        [0xEF, 0xBB, last, ..] => *last == 0xBF,
        [0xEF, 0xA3, last, ..] => matches!(last, 0xB0 | 0xB1),
        [0xF3, next, ..] => *next == 0xA0,
        _ => false,
    };
    !memchr::memchr3_iter(0xC2, 0xE2, 0xEF, octets).any(must_go)
        && !memchr::memchr2_iter(0xD8, 0xF3, octets).any(must_go)
}

/// A body that is harmless, with LF line ends.
pub fn with_line_feeds(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for at in memchr::memchr_iter(b'\r', text.as_bytes()) {
        out.push_str(text.get(kept..at).unwrap_or_default());
        if text.as_bytes().get(at + 1) != Some(&b'\n') {
            out.push('\n');
        }
        kept = at + 1;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    out
}

/// A body: LF line ends, no other control characters but tabs.
pub fn body(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // What stays is copied in stretches; almost all of a mail is one of lines.
    let (mut kept, mut at) = (0, 0);
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    loop {
        at += stays(rest(at).as_bytes());
        if rest(at).starts_with("\r\n") {
            out.push_str(text.get(kept..at).unwrap_or_default());
            kept = at + 1;
            at += 2;
            continue;
        }
        let Some(c) = rest(at).chars().next() else {
            break;
        };
        let here = at;
        at += c.len_utf8();
        let ends_line = match c {
            '\r' => text.as_bytes().get(at) != Some(&b'\n'),
            '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{B}' | '\u{C}' => true,
            c if c.is_control() || is_ignorable(c) || is_bidi(c) => false,
            _ => continue,
        };
        out.push_str(text.get(kept..here).unwrap_or_default());
        if ends_line {
            out.push('\n');
        }
        kept = at;
    }
    out.push_str(rest(kept));
    out
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
    fn what_is_harmless_is_what_a_body_keeps() {
        for c in (0..0x11_0000).filter_map(char::from_u32) {
            let text = format!("a\r\n{c}é\r\r\n{c}\r");
            let is_kept = body(&text).contains(c) || matches!(c, '\r' | '\n');
            // One character that nobody has assigned may be looked at twice.
            assert!(
                is_harmless(&text) == is_kept || c == '\u{2065}' || c >= '\u{E0000}',
                "{c:?}"
            );
            if is_harmless(&text) {
                assert_eq!(with_line_feeds(&text), body(&text), "{c:?}");
            }
        }
        assert!(!is_harmless("\u{E0041}") && is_harmless(""));
    }

    #[test]
    fn a_line_is_cleaned_alike_whether_or_not_it_may_be_cut() {
        let pieces = [
            "a", " ", "  ", "\n", "\t", "\u{200B}", "é", "a b", "\u{A0}", " X\n", "\u{7}", "\n\n",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let text = [a, b, c, a, b].concat();
                    assert_eq!(
                        line(&text, text.len()),
                        cut_line(&text, text.len()),
                        "{text:?}"
                    );
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
