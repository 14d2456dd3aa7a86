//! Text in the forms in which it is compared: lower case, one space for every white space.
//!
//! Never fails. What is visible ASCII with single spaces (see [`crate::reader::plain`]) is copied whole.

use crate::reader::hash::TableSet;
use crate::reader::plain::{is_plain, stretch};
use crate::reader::work;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Octets of a short text, which is folded without a new string: labels, single words.
pub const SHORT: usize = 32;

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
        0,
        |c| c.is_whitespace(),
        |c, out| match c {
            '’' | '‘' => out.push(b'\''),
            // Turkish capital I with dot: its lower case is two characters.
            'İ' => out.push(b'i'),
            c => push_lower(c, out),
        },
    )
}

/// What is known of a character below `LOWERS`.
#[derive(Clone, Copy)]
pub struct Known {
    pub lower: char,
    pub is_alphanumeric: bool,
}

/// Characters of at most two octets.
const LOWERS: u32 = 0x800;

/// The character in lower case and what it is, without the tables of Unicode for Latin, Greek, Cyrillic,
/// Hebrew and Arabic. None: its lower case is no single character below `LOWERS`, or it is none itself.
pub fn known(c: char) -> Option<Known> {
    static KNOWN: LazyLock<Vec<Option<Known>>> = LazyLock::new(|| {
        let known = |c: char| {
            let mut lower = c.to_lowercase();
            let single = lower.next().filter(|_| lower.next().is_none());
            single
                .filter(|lower| u32::from(*lower) < LOWERS)
                .map(|lower| Known {
                    lower,
                    is_alphanumeric: c.is_alphanumeric(),
                })
        };
        (0..LOWERS)
            .map(|c| char::from_u32(c).and_then(known))
            .collect()
    });
    KNOWN.get(c as usize).copied().flatten()
}

/// Adds a character in lower case.
pub fn push_lower(c: char, out: &mut Vec<u8>) {
    if c.is_ascii() {
        return out.push(c.to_ascii_lowercase() as u8);
    }
    if let Some(known) = known(c) {
        let lower = u32::from(known.lower);
        return match lower < 0x80 {
            true => out.push(lower as u8),
            // The only other length that there is below `LOWERS`.
            false => out.extend([0xC0 | (lower >> 6) as u8, 0x80 | (lower & 0x3F) as u8]),
        };
    }
    for c in c.to_lowercase() {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// A text without the white space at its ends, and with one space for what `is_gap` inside of it, such as
/// spaces and line ends. What is visible ASCII, but for the octet `other`, is put into lower case as it is,
/// the rest goes by character through `push`, which adds no line ends.
pub fn squeezed(
    text: &str,
    other: u8,
    is_gap: impl Fn(char) -> bool,
    push: impl Fn(char, &mut Vec<u8>),
) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut gap = false;
    loop {
        let (plain, behind) = rest
            .split_at_checked(stretch(rest.as_bytes(), other))
            .unwrap_or_default();
        if !plain.is_empty() {
            if gap {
                out.push(b' ');
            }
            let copied = plain.strip_suffix([' ', '\n']).unwrap_or(plain);
            gap = copied.len() < plain.len();
            out.extend_from_slice(copied.as_bytes());
        }
        let mut letters = behind.chars();
        while let Some(c) = letters.next() {
            if is_gap(c) {
                gap = !out.is_empty();
            } else {
                if gap {
                    out.push(b' ');
                    gap = false;
                }
                push(c, &mut out);
            }
            // Behind a foreign letter most often stands another one.
            let next = letters.as_str().bytes().next();
            if next.is_none_or(|octet| octet.is_ascii()) {
                break;
            }
        }
        rest = letters.as_str();
        if behind.is_empty() {
            break;
        }
    }
    // All at once: many octets are put into lower case together.
    for octet in &mut out {
        *octet = match *octet {
            b'\n' => b' ',
            octet => octet.to_ascii_lowercase(),
        };
    }
    String::from_utf8(out).unwrap_or_default()
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
    fn a_text_is_squeezed_wherever_eight_octets_end() {
        let by_character = |text: &str| {
            let words: Vec<String> = text
                .split_whitespace()
                .map(|w| w.to_lowercase().replace('`', "'"))
                .collect();
            words.join(" ")
        };
        let pieces = [
            "Ann",
            " ",
            "  ",
            "\n",
            "`",
            "\t",
            "É",
            "a b",
            "\u{A0}",
            " X\n",
            "\nx\ny",
            "0123456789",
        ];
        for a in pieces {
            for b in pieces {
                for before in 0..9 {
                    let text = format!("{}{a}{b}{a} {b}", "x".repeat(before));
                    let is_gap = char::is_whitespace;
                    let push = |c: char, out: &mut Vec<u8>| match c {
                        '`' => out.push(b'\''),
                        c => push_lower(c, out),
                    };
                    assert_eq!(
                        squeezed(&text, b'`', is_gap, push),
                        by_character(&text),
                        "{text:?}"
                    );
                }
            }
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
    }

    #[test]
    fn what_is_known_of_a_character_is_what_unicode_says() {
        for c in (0..2 * LOWERS).filter_map(char::from_u32) {
            if let Some(known) = known(c) {
                assert!(c.to_lowercase().eq([known.lower]), "{c:?}");
                assert_eq!(known.is_alphanumeric, c.is_alphanumeric(), "{c:?}");
            }
            let mut out = Vec::new();
            push_lower(c, &mut out);
            assert_eq!(
                String::from_utf8(out).unwrap(),
                c.to_lowercase().to_string()
            );
        }
        assert!(known('é').is_some() && known('Ж').is_some() && known('İ').is_none());
    }
}
