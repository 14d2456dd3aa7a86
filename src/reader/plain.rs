//! Text of visible ASCII with single spaces, which most lines of most mails are, told many octets at a time.
//!
//! Never fails.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_as_ever() {
        for text in ["", " ", "a", " a b\u{A0}", "é ", "\ta"] {
            assert_eq!(trim(text), text.trim(), "{text:?}");
        }
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
