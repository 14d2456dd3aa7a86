//! The words of a text as numbers, alike in any case, for texts that are compared by words.
//!
//! Never fails. Whoever finds two words with one number gains an alignment of what he wrote himself.

use crate::reader::fold::known;

/// A word: its hash and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) hash: u64,
    /// No text has more lines or octets than this counts (`letter::MAX_TEXT`).
    pub(super) line: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// Every octet of eight.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each.
const HIGH: u64 = 0x80 * EACH;
/// What tells small letters of ASCII from capitals.
const CASE: u64 = 0x20 * EACH;

/// Adds the words of a line. Scripts without spaces count by characters, all others by words.
pub(super) fn add_words(words: &mut Vec<Word>, line: usize, text: &str) {
    if text.is_empty() {
        return;
    }
    if text.is_ascii() {
        return add_ascii_words(words, line, text.as_bytes());
    }
    add_any_words(words, line, text);
}

/// Octets whose places are bits of one number.
const BLOCK: usize = 64;

/// The words of a line of ASCII: where letters begin and end is told for a whole block.
fn add_ascii_words(words: &mut Vec<Word>, line: usize, bytes: &[u8]) {
    // Where the word begins that is not at its end yet.
    let (mut start, mut open) = (0, false);
    let mut from = 0;
    for block in bytes.chunks(BLOCK) {
        let letters = block_of_letters(block);
        // A bit where a word begins, and one behind its end: one after the other.
        let mut edges = letters ^ (letters << 1 | u64::from(open));
        if open && edges != 0 {
            let end = from + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            push_ascii(words, line, bytes, (start, end));
            open = false;
        }
        while edges != 0 {
            start = from + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            if edges == 0 {
                open = true;
                break;
            }
            let end = from + edges.trailing_zeros() as usize;
            edges &= edges - 1;
            push_ascii(words, line, bytes, (start, end));
        }
        from += BLOCK;
    }
    if open {
        push_ascii(words, line, bytes, (start, bytes.len()));
    }
}

#[inline(always)]
fn push_ascii(words: &mut Vec<Word>, line: usize, bytes: &[u8], (start, end): (usize, usize)) {
    // It ends behind its start.
    let octets = end.wrapping_sub(start);
    let eight = eight_at(bytes, start) | CASE;
    words.push(Word {
        hash: match octets {
            0..8 => short_hash(eight & first(octets), octets),
            _ => long_ascii_hash(eight, bytes, start, octets),
        },
        line: line as u32,
        start: start as u32,
        end: end as u32,
    });
}

/// A bit for each octet of ASCII that is a letter or a digit.
fn block_of_letters(block: &[u8]) -> u64 {
    // The bits of eight octets, which are far apart, beside one another in the highest octet.
    const TOGETHER: u64 = 0x0102_0408_1020_4080;
    let bits = |eight: u64| ((letters_of(eight) & HIGH) >> 7).wrapping_mul(TOGETHER) >> 56;
    let (eights, rest) = block.as_chunks::<8>();
    let all = eights
        .iter()
        .rev()
        .fold(0, |all, eight| all << 8 | bits(u64::from_le_bytes(*eight)));
    match rest.is_empty() {
        true => all,
        false => all | bits(eight_at(block, 8 * eights.len())) << (8 * eights.len()),
    }
}

/// Of a word of ASCII that begins with these eight octets, as [`Spelling`] makes it.
#[inline(never)]
fn long_ascii_hash(eight: u64, bytes: &[u8], start: usize, octets: usize) -> u64 {
    let mut hash = mixed(eight);
    let mut at = 8;
    while octets - at >= 8 {
        hash = mixed(hash ^ (eight_at(bytes, start + at) | CASE));
        at += 8;
    }
    let more = match octets - at {
        0 => 0,
        rest => (eight_at(bytes, start + at) | CASE) & first(rest),
    };
    mixed(hash ^ more ^ ((octets as u64) << 56))
}

/// The words of a line in any script.
fn add_any_words(words: &mut Vec<Word>, line: usize, text: &str) {
    let bytes = text.as_bytes();
    let mut cutter = Cutter {
        words,
        line: line as u32,
        open: None,
        spelling: Spelling::default(),
    };
    let mut at = 0;
    while at < bytes.len() {
        let eight = eight_at(bytes, at);
        let letters = alphanumerics(eight);
        // Most words end within eight octets, and something in ASCII stands behind them.
        let whole = cutter.open.is_none() && letters < 8 && (eight >> (8 * letters)) & 0x80 == 0;
        if whole {
            if letters > 0 {
                let hash = short_hash((eight | CASE) & first(letters), letters);
                cutter.push(hash, at, at + letters);
            }
            at += letters + 1;
            continue;
        }
        if letters == 8
            && cutter.open.is_none()
            && let Some((hash, behind)) = long_hash(eight, bytes, at + 8)
        {
            cutter.push(hash, at, behind);
            at = behind + 1;
            continue;
        }
        if letters > 0 {
            cutter.open.get_or_insert(at);
            cutter.spelling.add(eight | CASE, letters);
            at += letters;
            if letters == 8 {
                continue;
            }
        }
        match bytes.get(at) {
            None => break,
            Some(octet) if octet.is_ascii() => {
                cutter.close(at);
                at += 1;
            }
            Some(_) => {
                let c = text.get(at..).and_then(|rest| rest.chars().next());
                let c = c.unwrap_or_default();
                cutter.character(c, at);
                at += c.len_utf8();
            }
        }
    }
    cutter.close(bytes.len());
}

/// Cuts a line into words.
struct Cutter<'w> {
    words: &'w mut Vec<Word>,
    line: u32,
    /// Where the word begins that is not at its end yet, and what it has so far.
    open: Option<usize>,
    spelling: Spelling,
}

impl Cutter<'_> {
    fn push(&mut self, hash: u64, start: usize, end: usize) {
        self.words.push(Word {
            hash,
            line: self.line,
            start: start as u32,
            end: end as u32,
        });
    }

    fn close(&mut self, end: usize) {
        if let Some(start) = self.open.take() {
            let hash = std::mem::take(&mut self.spelling).hash();
            self.push(hash, start, end);
        }
    }

    /// A character that is not ASCII.
    fn character(&mut self, c: char, at: usize) {
        if let Some(known) = known(c) {
            match known.is_alphanumeric {
                true => {
                    self.open.get_or_insert(at);
                    self.spelling.add_char(known.lower);
                }
                false => self.close(at),
            }
        } else if is_alone(c) {
            self.close(at);
            if is_letter(c) {
                // These scripts know no case.
                self.open = Some(at);
                self.spelling.add_char(c);
                self.close(at + c.len_utf8());
            }
        } else if c.is_alphanumeric() {
            self.open.get_or_insert(at);
            c.to_lowercase().for_each(|c| self.spelling.add_char(c));
        } else {
            self.close(at);
        }
    }
}

/// Characters of scripts without spaces: each is a word.
fn is_alone(c: char) -> bool {
    matches!(c, '\u{E00}'..='\u{E7F}' | '\u{2E80}'..='\u{9FFF}')
}

/// Whether one of those is a letter or a digit, for the most told without the tables of Unicode.
fn is_letter(c: char) -> bool {
    match c {
        '\u{E01}'..='\u{E3A}' | '\u{E40}'..='\u{E46}' | '\u{E50}'..='\u{E59}' => true,
        '\u{4E00}'..='\u{9FFF}' | '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' => true,
        _ => c.is_alphanumeric(),
    }
}

/// The next eight octets, the first one lowest; zeros behind the end.
#[inline(always)]
fn eight_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk) {
        Some(eight) => u64::from_le_bytes(*eight),
        None => last_eight(bytes, at),
    }
}

/// The same where fewer than eight octets are left.
#[inline(never)]
fn last_eight(bytes: &[u8], at: usize) -> u64 {
    let rest = bytes.get(at..).unwrap_or_default();
    match bytes.last_chunk() {
        Some(last) if !rest.is_empty() => u64::from_le_bytes(*last) >> (8 * (8 - rest.len())),
        _ => rest
            .iter()
            .rev()
            .fold(0, |all, octet| (all << 8) | u64::from(*octet)),
    }
}

/// How many of eight octets are ASCII letters or digits before the first that is none.
fn alphanumerics(eight: u64) -> usize {
    let others = !(letters_of(eight) & !eight) & HIGH;
    others.trailing_zeros() as usize / 8
}

/// Of octets of ASCII, the highest bit of those that are letters or digits.
fn letters_of(eight: u64) -> u64 {
    let seven = eight & !HIGH;
    let lower = seven | CASE;
    // Added to an octet, the highest bit tells whether it is at least the bound.
    let from = |octets: u64, bound: u8| octets + u64::from(0x80 - bound) * EACH;
    let letters = from(lower, b'a') & !from(lower, b'z' + 1);
    let digits = from(seven, b'0') & !from(seven, b'9' + 1);
    letters | digits
}

/// The first one to eight octets.
fn first(count: usize) -> u64 {
    u64::MAX >> (64 - 8 * count)
}

/// A word of fewer than eight octets is its own number, told apart by its length from the same
/// with zeros; who puts numbers together mixes them.
fn short_hash(eight: u64, octets: usize) -> u64 {
    eight | ((octets as u64) << 56)
}

/// Of a word whose first eight octets these are and that ends within the next ones, before something in
/// ASCII: its hash, as [`Spelling`] makes it, and its end.
fn long_hash(eight: u64, bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let more = eight_at(bytes, at);
    let letters = alphanumerics(more);
    if letters == 8 || (more >> (8 * letters)) & 0x80 != 0 {
        return None;
    }
    let more = match letters {
        0 => 0,
        _ => (more | CASE) & first(letters),
    };
    let octets = 8 + letters as u64;
    let hash = mixed(mixed(eight | CASE) ^ more ^ (octets << 56));
    Some((hash, at + letters))
}

/// The octets of a word in lower case, eight to a step of its hash.
#[derive(Default)]
struct Spelling {
    hash: u64,
    eight: u64,
    octets: usize,
}

impl Spelling {
    /// Adds the first `count` (1 to 8) of eight octets.
    fn add(&mut self, eight: u64, count: usize) {
        let eight = eight & first(count);
        let open = self.octets % 8;
        self.octets += count;
        self.eight |= eight << (8 * open);
        if open + count >= 8 {
            self.hash = mixed(self.hash ^ self.eight);
            self.eight = match open {
                0 => 0,
                _ => eight >> (64 - 8 * open),
            };
        }
    }

    fn add_char(&mut self, c: char) {
        let mut octets = [0; 8];
        let count = c.encode_utf8(&mut octets).len();
        self.add(u64::from_le_bytes(octets), count);
    }

    fn hash(self) -> u64 {
        match self.octets < 8 {
            true => short_hash(self.eight, self.octets),
            false => mixed(self.hash ^ self.eight ^ ((self.octets as u64) << 56)),
        }
    }
}

/// Spreads a hash over all its bits (the end of SplitMix64).
fn mixed(hash: u64) -> u64 {
    let hash = hash.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        add_words(&mut words, 0, text);
        words
    }

    fn said(text: &str) -> Vec<&str> {
        let words = words_of(text);
        let spots = words.iter().map(|w| w.start as usize..w.end as usize);
        spots.filter_map(|spot| text.get(spot)).collect()
    }

    #[test]
    fn words_are_cut_wherever_eight_octets_end() {
        for before in 0..9 {
            let dots = ".".repeat(before);
            let text = format!("{dots}a-Bc,sensors1 introductions;\u{e9}t\u{e9}\u{2013}{{z}}[9]@`");
            let want = [
                "a",
                "Bc",
                "sensors1",
                "introductions",
                "\u{e9}t\u{e9}",
                "z",
                "9",
            ];
            assert_eq!(said(&text), want);
        }
        assert_eq!(said("\u{e2d}\u{e30}"), ["\u{e2d}", "\u{e30}"]);
        assert_eq!(said(""), [""; 0]);
    }

    #[test]
    fn a_line_of_ascii_has_the_words_that_it_has_in_any_script() {
        let pieces = [
            "a",
            "Zz9",
            " ",
            ", ",
            "sensors1",
            "introductions",
            "[@`{",
            "x1234567890123456",
        ];
        let mut text = String::new();
        for step in 0..400 {
            text.push_str(pieces[step * step % 31 % pieces.len()]);
            if step % 7 == 0 {
                text = text.split_off(text.len().min(step));
            }
            let (mut ascii, mut any) = (Vec::new(), Vec::new());
            add_ascii_words(&mut ascii, 3, text.as_bytes());
            add_any_words(&mut any, 3, &text);
            let seen = |w: &Word| (w.hash, w.line, w.start, w.end);
            assert!(ascii.iter().map(seen).eq(any.iter().map(seen)), "{text}");
        }
    }

    #[test]
    fn letters_without_spaces_are_those_of_unicode_and_have_no_case() {
        for c in ('\0'..=char::MAX).filter(|c| is_alone(*c)) {
            assert_eq!(is_letter(c), c.is_alphanumeric(), "{c:?}");
            assert!(c.to_lowercase().eq([c]), "{c:?}");
        }
    }

    #[test]
    fn a_word_has_one_number_in_any_case_and_place() {
        let hash = |text: &str| {
            let words = words_of(text);
            words.iter().map(|w| w.hash).collect::<Vec<_>>()
        };
        let words = [
            "x",
            "xx",
            "\u{c4}rger",
            "fa\u{e7}ade",
            "vineyards",
            "gr\u{fc}\u{df}e1234567890",
            "k\u{e9}k\u{e9}k\u{e9}k\u{e9}k\u{e9}",
        ];
        for word in words {
            let want = hash(word);
            assert_eq!(want.len(), 1, "{word}");
            assert_eq!(
                hash(&format!(
                    "  {}",
                    word.to_uppercase().replace("SS", "\u{df}")
                )),
                want,
                "{word}"
            );
        }
        let mut all: Vec<u64> = words.iter().flat_map(|w| hash(w)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), words.len());
        // The Kelvin sign is a k in lower case.
        assert_eq!(hash("\u{212a}g"), hash("kg"));
    }
}
