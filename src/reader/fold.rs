//! Text in the forms in which it is compared: lower case, one space for every white space.
//!
//! Never fails. Most lines of most mails are visible ASCII with single spaces: these are told in one
//! look at all their octets and copied whole.

use crate::reader::hash::TableSet;
use crate::reader::work;

/// Visible ASCII and single spaces, none of them at an end.
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Without a branch, so that many octets are looked at together.
    let other = |odd: bool, octet: &u8| odd | !(b' '..=b'~').contains(octet);
    let odd = bytes.iter().fold(false, other);
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let double = |odd: bool, (a, b): (&u8, &u8)| odd | ((*a == b' ') & (*b == b' '));
    !odd && !pairs.fold(false, double) && !text.starts_with(' ') && !text.ends_with(' ')
}

/// Lower case, single spaces, plain apostrophes: the form in which words are compared.
pub fn fold(text: &str) -> String {
    work::steps(text.len());
    squeezed(
        text,
        |_| true,
        |c| c.is_whitespace(),
        |c, out| match c {
            '’' | '‘' => out.push('\''),
            // Turkish capital I with dot: its lower case is two characters.
            'İ' => out.push('i'),
            c if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            c => out.extend(c.to_lowercase()),
        },
    )
}

/// A text without the white space at its ends, and with one space for what `is_gap` inside of it.
/// Lines that are plain and that `copies` are put into lower case as they are, others go by character
/// through `push`.
pub fn squeezed(
    text: &str,
    copies: impl Fn(&str) -> bool,
    is_gap: impl Fn(char) -> bool,
    push: impl Fn(char, &mut String),
) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (line, below) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = below.strip_prefix('\n').unwrap_or(below);
        let line = line.trim_matches(' ');
        if line.is_empty() {
            continue;
        }
        if is_plain(line) && copies(line) {
            if !out.is_empty() {
                out.push(' ');
            }
            let start = out.len();
            out.push_str(line);
            if let Some(copied) = out.get_mut(start..) {
                copied.make_ascii_lowercase();
            }
            continue;
        }
        let mut gap = !out.is_empty();
        for c in line.chars() {
            if is_gap(c) {
                gap = !out.is_empty();
                continue;
            }
            if gap {
                out.push(' ');
                gap = false;
            }
            push(c, &mut out);
        }
    }
    out
}

/// Whether the set has the [`fold`]ed text; short ASCII words, which most are, need no new string.
pub fn has_folded(set: &TableSet<String>, text: &str) -> bool {
    let mut buffer = [0; 32];
    let plain = text.is_ascii() && !text.contains(|c: char| c.is_ascii_whitespace());
    match buffer.get_mut(..text.len()) {
        Some(lower) if plain => {
            lower.copy_from_slice(text.as_bytes());
            lower.make_ascii_lowercase();
            std::str::from_utf8(lower).is_ok_and(|lower| set.contains(lower))
        }
        _ => set.contains(&fold(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_text_is_lower_case_with_single_spaces() {
        for (text, want) in [
            ("", ""),
            ("  \n \n", ""),
            ("Ann NG", "ann ng"),
            (" a\tb  c\n\n D ", "a b c d"),
            ("It’s\u{A0}İn ÄRGER", "it's in ärger"),
            ("a\n’b", "a 'b"),
            ("\u{A0}\nx\u{A0}", "x"),
        ] {
            assert_eq!(fold(text), want, "{text:?}");
        }
    }

    #[test]
    fn plain_is_what_needs_no_second_look() {
        assert!(is_plain("") && is_plain("a b-c") && is_plain("~!"));
        for text in [" a", "a ", "a  b", "a\tb", "a\nb", "ä", "\u{7F}"] {
            assert!(!is_plain(text), "{text:?}");
        }
    }
}
