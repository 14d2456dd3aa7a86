//! The words of a text as numbers, alike in any case, for texts that are compared by words.
//!
//! Never fails. Whoever finds two words with one number gains an alignment of what he wrote himself.

/// A word: its hash and where it stands.
pub(super) struct Word {
    pub(super) hash: u64,
    pub(super) line: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Scripts without spaces count by characters, all others by words.
pub(super) fn words_of<'a>(lines: impl Iterator<Item = &'a str>, octets: usize) -> Vec<Word> {
    let mut words = Vec::with_capacity(octets / 4);
    for (line, text) in lines.enumerate() {
        let mut open: Option<usize> = None;
        let mut spelling = Spelling::default();
        let mut at = 0;
        let mut close = |open: Option<usize>, spelling: &mut Spelling, end: usize| {
            if let Some(start) = open {
                let hash = std::mem::take(spelling).hash();
                words.push(Word {
                    hash,
                    line,
                    start,
                    end,
                });
            }
        };
        while let Some(octet) = text.as_bytes().get(at).copied() {
            if octet.is_ascii_alphanumeric() {
                open.get_or_insert(at);
                spelling.add(octet.to_ascii_lowercase());
                at += 1;
                continue;
            }
            if octet.is_ascii() {
                close(open.take(), &mut spelling, at);
                at += 1;
                continue;
            }
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                break;
            };
            let alone =
                ('\u{E00}'..='\u{E7F}').contains(&c) || ('\u{2E80}'..='\u{9FFF}').contains(&c);
            let is_word = c.is_alphanumeric();
            let end = at + c.len_utf8();
            if !is_word || alone {
                close(open.take(), &mut spelling, at);
            }
            if is_word {
                open.get_or_insert(at);
                c.to_lowercase().for_each(|c| spelling.add_char(c));
                if alone {
                    close(open.take(), &mut spelling, end);
                }
            }
            at = end;
        }
        close(open, &mut spelling, text.len());
    }
    words
}

/// The octets of a word in lower case, eight to a step of its hash.
#[derive(Default)]
struct Spelling {
    hash: u64,
    eight: u64,
    octets: u32,
}

impl Spelling {
    fn add(&mut self, octet: u8) {
        self.eight = self.eight << 8 | u64::from(octet);
        self.octets += 1;
        if self.octets.is_multiple_of(8) {
            self.hash = mixed(self.hash ^ self.eight);
            self.eight = 0;
        }
    }

    fn add_char(&mut self, c: char) {
        let mut octets = [0; 4];
        for octet in c.encode_utf8(&mut octets).bytes() {
            self.add(octet);
        }
    }

    fn hash(self) -> u64 {
        // With its length, so that a word of zeros is none of fewer.
        mixed(self.hash ^ self.eight ^ u64::from(self.octets) << 56)
    }
}

/// Spreads a hash over all its bits (the end of SplitMix64).
pub(super) fn mixed(hash: u64) -> u64 {
    let hash = hash.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}
