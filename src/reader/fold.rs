//! Text in the forms in which it is compared: lower case, one space for every white space.
//!
//! Never fails. Most lines of most mails are visible ASCII with single spaces: these are told in one
//! look at all their octets and copied whole.

use crate::reader::hash::TableSet;
use crate::reader::work;
use std::borrow::Cow;

/// Octets of a short text, which is folded without a new string: labels, single words.
pub const SHORT: usize = 32;
/// Octets that are looked at together.
const WIDE: usize = 16;

/// Visible ASCII and single spaces, none of them at an end.
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return true;
    };
    if !(first.is_ascii_graphic() && last.is_ascii_graphic()) {
        return false;
    }
    // Without a branch, so that many octets are looked at together, each with the one behind it.
    let odd = |a: u8, b: u8| {
        u8::from(a.wrapping_sub(b' ') > b'~' - b' ') | u8::from((a == b' ') & (b == b' '))
    };
    let behind = bytes.get(1..).unwrap_or_default();
    let (Some(last), Some(last_behind)) = (
        bytes
            .get(..behind.len())
            .and_then(|b| b.last_chunk::<WIDE>()),
        behind.last_chunk::<WIDE>(),
    ) else {
        let pairs = bytes.iter().zip(behind);
        return pairs.fold(0, |all, (a, b)| all | odd(*a, *b)) == 0;
    };
    let mut all = [0; WIDE];
    let mut look = |a: &[u8; WIDE], b: &[u8; WIDE]| {
        for (all, (a, b)) in all.iter_mut().zip(a.iter().zip(b)) {
            *all |= odd(*a, *b);
        }
    };
    for (a, b) in bytes.as_chunks().0.iter().zip(behind.as_chunks().0) {
        look(a, b);
    }
    // The last octets, some of them once more.
    look(last, last_behind);
    all == [0; WIDE]
}

/// The text without white space at its ends, told in one look where there is none.
pub fn trim(text: &str) -> &str {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        (None, _) => text,
        _ => text.trim(),
    }
}

/// The text in [`fold`]ed form; short plain ones, which most are, in the buffer.
pub fn folded<'b>(text: &str, buffer: &'b mut [u8; SHORT]) -> Cow<'b, str> {
    let lower = buffer.get_mut(..text.len()).filter(|_| is_plain(text));
    let Some(lower) = lower else {
        return Cow::Owned(fold(text));
    };
    lower.copy_from_slice(text.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).map_or_else(|_| Cow::Owned(fold(text)), Cow::Borrowed)
}

/// Lower case, single spaces, plain apostrophes: the form in which words are compared.
pub fn fold(text: &str) -> String {
    work::steps(text.len());
    if is_plain(text) {
        return text.to_ascii_lowercase();
    }
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
        let line = match line.starts_with(' ') || line.ends_with(' ') {
            true => line.trim_matches(' '),
            false => line,
        };
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
    set.contains(&*folded(text, &mut [0; SHORT]))
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
    fn a_short_text_folds_as_a_long_one() {
        for text in [
            "",
            "From",
            "Reply To",
            " a",
            "a\u{A0}b",
            "İ",
            "é",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaB",
        ] {
            assert_eq!(folded(text, &mut [0; SHORT]), fold(text), "{text:?}");
        }
        for text in ["", " ", "a", " a b\u{A0}", "é ", "\ta"] {
            assert_eq!(trim(text), text.trim(), "{text:?}");
        }
    }

    #[test]
    fn plain_is_what_needs_no_second_look() {
        assert!(is_plain("") && is_plain("a b-c") && is_plain("~!"));
        for text in [" a", "a ", "a  b", "a\tb", "a\nb", "ä", "\u{7F}"] {
            assert!(!is_plain(text), "{text:?}");
        }
        for length in 1..50 {
            let text = "ab cd".chars().cycle().take(5 * length).collect::<String>();
            assert!(is_plain(&text), "{text}");
            for at in 0..text.len() {
                for other in ["  ", "\t", "\u{7F}", "ä"] {
                    let mut text = text.clone();
                    text.replace_range(at..=at, other);
                    assert!(!is_plain(&text), "{text:?}");
                    assert!(!is_plain(text.get(..at + 1).unwrap_or(" ")), "{text:?}");
                }
            }
        }
    }
}
