//! Text in the forms in which it is compared: lower case, one space for every white space.
//!
//! Never fails. Most lines of most mails are visible ASCII with single spaces: these are told in one
//! look at all their octets and copied whole.

use crate::reader::hash::TableSet;
use crate::reader::work;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Octets of a short text, which is folded without a new string: labels, single words.
pub const SHORT: usize = 32;

/// Visible ASCII and single spaces, none of them at an end.
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return true;
    };
    if !(first.is_ascii_graphic() && last.is_ascii_graphic()) {
        return false;
    }
    let (eights, rest) = bytes.as_chunks::<8>();
    let (mut odd, mut behind) = (0, 0);
    for eight in eights {
        let eight = u64::from_le_bytes(*eight);
        let spaces = spaces(eight);
        odd |= others(eight) | (spaces & ((spaces << 8) | behind));
        behind = spaces >> 56;
    }
    if !rest.is_empty() {
        // Of a longer text the last octets, some of them once more: pairs are told inside of them.
        let eight = bytes
            .last_chunk()
            .map_or_else(|| short_eight(rest), |last| u64::from_le_bytes(*last));
        let spaces = spaces(eight);
        odd |= others(eight) | (spaces & (spaces << 8));
    }
    odd == 0
}

/// The same of each line of a block, line ends aside.
pub fn is_plain_but_ends(block: &[u8]) -> bool {
    let is_odd = |octet: u8, next: u8| {
        let ends = (octet == b'\n') | ((octet == b'\r') & (next == b'\n'));
        let is_visible = matches!(octet, b' '..=b'~') | ends;
        u8::from(!is_visible) | u8::from((octet == b' ') & (next == b' '))
    };
    // Without a branch, many octets are looked at together.
    let pairs = block.iter().zip(block.get(1..).unwrap_or_default());
    let odd = pairs.fold(0, |odd, (octet, next)| odd | is_odd(*octet, *next));
    odd == 0 && block.last().is_none_or(|last| is_odd(*last, b'x') == 0)
}

/// Every octet of eight, and the highest bit of each.
const EACH: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x80 * EACH;
/// Eight spaces.
const SPACES: u64 = b' ' as u64 * EACH;

/// The highest bit of the first octet that is no visible ASCII and no space, and of some behind it.
pub fn others(eight: u64) -> u64 {
    (eight.wrapping_sub(SPACES) | eight | eight.wrapping_add(EACH)) & HIGH
}

/// The highest bit of each octet that is a space, where there are no others.
fn spaces(eight: u64) -> u64 {
    !(eight ^ SPACES).wrapping_add(!HIGH) & HIGH
}

/// Fewer than eight octets, the first one lowest, with letters behind them.
fn short_eight(octets: &[u8]) -> u64 {
    let letters = u64::from(b'x') * EACH;
    let add = |all: u64, octet: &u8| all << 8 | u64::from(*octet);
    octets.iter().rev().fold(letters, add)
}

/// The text without white space at its ends, told in one look where there is none.
pub fn trim(text: &str) -> &str {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        (None, _) => text,
        _ => text.trim(),
    }
}

/// The text up to its first white space, which is not at its beginning.
pub fn first_word(text: &str) -> &str {
    match text.bytes().position(|octet| !octet.is_ascii_graphic()) {
        None => text,
        Some(end) if text.as_bytes().get(end) == Some(&b' ') => text.get(..end).unwrap_or(text),
        Some(_) => text.split_whitespace().next().unwrap_or_default(),
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

/// Octets from here on that are visible ASCII, none of them `other`, with single spaces or line ends between
/// them and perhaps one behind.
pub fn stretch(bytes: &[u8], other: u8) -> usize {
    let others_too = u64::from(other) * EACH;
    // As if a space stood before: none begins a stretch.
    let (mut at, mut behind) = (0, 0x80);
    let begins = |first: &&u8| first.is_ascii_graphic() && **first != other;
    if bytes.first().filter(begins).is_some() {
        at = 1;
        while let Some((before, wide)) = pair_of_wide(bytes, at) {
            let ends = ends_in(before, wide, other);
            if ends != 0 {
                return at + ends.trailing_zeros() as usize / 8;
            }
            at += wide.len();
        }
        let last = bytes.get(at - 1).copied().unwrap_or_default();
        behind = u64::from(matches!(last, b' ' | b'\n')) << 7;
    }
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let eight = with_spaces(u64::from_le_bytes(*eight));
        let odd = others(eight) | zeros(eight ^ others_too);
        let spaces = spaces(eight);
        let ends = odd | (spaces & ((spaces << 8) | behind));
        if ends != 0 {
            return at + ends.trailing_zeros() as usize / 8;
        }
        behind = spaces >> 56;
        at += 8;
    }
    let mut after_space = behind != 0;
    for octet in bytes.get(at..).unwrap_or_default() {
        let is_space = matches!(*octet, b' ' | b'\n');
        let goes_on = (octet.is_ascii_graphic() && *octet != other) || (is_space && !after_space);
        if !goes_on {
            break;
        }
        after_space = is_space;
        at += 1;
    }
    at
}

/// Octets that are looked at together where a text is long.
pub type Wide = [u8; 16];

/// The octets here, and those one place before each.
pub fn pair_of_wide(bytes: &[u8], at: usize) -> Option<(&Wide, &Wide)> {
    let before = bytes.get(at.checked_sub(1)?..)?;
    Some((before.first_chunk()?, before.get(1..)?.first_chunk()?))
}

/// The lowest bit of each octet that ends a stretch.
fn ends_in(before: &Wide, wide: &Wide, other: u8) -> u128 {
    let mut ends = [0; 16];
    // Without a branch: one instruction does for all of them.
    for ((end, octet), before) in ends.iter_mut().zip(wide).zip(before) {
        let is_gap = (*octet == b' ') | (*octet == b'\n');
        let is_second = is_gap & ((*before == b' ') | (*before == b'\n'));
        let goes_on = matches!(*octet, b'!'..=b'~') | is_gap;
        *end = u8::from(!goes_on | is_second | (*octet == other));
    }
    u128::from_le_bytes(ends)
}

/// Eight octets with spaces for line ends.
fn with_spaces(eight: u64) -> u64 {
    let ends = eight ^ (u64::from(b'\n') * EACH);
    // Exact for each octet: the highest bit of those that are zero.
    let zeros = !(((ends & !HIGH) + !HIGH) | ends) & HIGH;
    eight ^ ((zeros >> 7) * u64::from(b'\n' ^ b' '))
}

/// The highest bit of the first octet that is zero, and of some behind it.
fn zeros(eight: u64) -> u64 {
    eight.wrapping_sub(EACH) & !eight & HIGH
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
        for text in ["", " ", "a", " a b\u{A0}", "é ", "\ta"] {
            assert_eq!(trim(text), text.trim(), "{text:?}");
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

    #[test]
    fn a_plain_block_is_one_of_plain_lines() {
        let by_line = |block: &str| {
            let lines = block.replace("\r\n", "\n");
            let visible = |line: &str| line.bytes().all(|b| matches!(b, b' '..=b'~'));
            lines
                .split('\n')
                .all(|line| visible(line) && !line.contains("  "))
        };
        let mut plain = 0;
        for lines in ["", "a b\r\nc: d\r\n\r\n", "a\nb", " a"] {
            let lines = format!("{}{lines}", "x".repeat(40));
            for at in 0..=lines.len() {
                for odd in ["", "  ", " ", "\t", "\r", "\u{7F}", "ä", "\0"] {
                    let mut lines = lines.clone();
                    lines.insert_str(at, odd);
                    let is_plain = is_plain_but_ends(lines.as_bytes());
                    assert_eq!(is_plain, by_line(&lines), "{lines:?}");
                    plain += usize::from(is_plain);
                }
            }
        }
        assert!(plain > 300, "{plain}");
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
