//! The words of a text as numbers, alike in any case, for texts that are compared by words.
//!
//! Never fails. Whoever finds two words with one number gains an alignment of what he wrote himself.

mod hash;

use crate::reader::fold::known;
use hash::{
    CASE, HIGH, Spelling, alphanumerics, eight_at, first, letters_of, long_ascii_hash, long_hash,
    short_hash,
};

/// A word: its hash and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Word {
    pub(super) hash: u64,
    /// No text has more lines or octets than this counts (`letter::MAX_TEXT`).
    pub(super) line: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

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
