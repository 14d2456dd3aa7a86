//! The number of a word, from its octets in lower case, eight to a step.
//!
//! Never fails. A word has one number however its octets are come by: `Spelling` adds them as they come, the
//! others take those of a word that lies in a text as it is.

/// Every octet of eight.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each.
pub(super) const HIGH: u64 = 0x80 * EACH;
/// What tells small letters of ASCII from capitals.
pub(super) const CASE: u64 = 0x20 * EACH;

/// Of a word of ASCII that begins with these eight octets, as [`Spelling`] makes it.
#[inline(never)]
pub(super) fn long_ascii_hash(eight: u64, bytes: &[u8], start: usize, octets: usize) -> u64 {
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

/// The next eight octets, the first one lowest; zeros behind the end.
#[inline(always)]
pub(super) fn eight_at(bytes: &[u8], at: usize) -> u64 {
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
pub(super) fn alphanumerics(eight: u64) -> usize {
    let others = !(letters_of(eight) & !eight) & HIGH;
    others.trailing_zeros() as usize / 8
}

/// Of octets of ASCII, the highest bit of those that are letters or digits.
pub(super) fn letters_of(eight: u64) -> u64 {
    let seven = eight & !HIGH;
    let lower = seven | CASE;
    // Added to an octet, the highest bit tells whether it is at least the bound.
    let from = |octets: u64, bound: u8| octets + u64::from(0x80 - bound) * EACH;
    let letters = from(lower, b'a') & !from(lower, b'z' + 1);
    let digits = from(seven, b'0') & !from(seven, b'9' + 1);
    letters | digits
}

/// The first one to eight octets.
pub(super) fn first(count: usize) -> u64 {
    u64::MAX >> (64 - 8 * count)
}

/// A word of fewer than eight octets is its own number, told apart by its length from the same
/// with zeros; who puts numbers together mixes them.
pub(super) fn short_hash(eight: u64, octets: usize) -> u64 {
    eight | ((octets as u64) << 56)
}

/// Of a word whose first eight octets these are and that ends within the next ones, before something in
/// ASCII: its hash, as [`Spelling`] makes it, and its end.
pub(super) fn long_hash(eight: u64, bytes: &[u8], at: usize) -> Option<(u64, usize)> {
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
pub(super) struct Spelling {
    hash: u64,
    eight: u64,
    octets: usize,
}

impl Spelling {
    /// Adds the first `count` (1 to 8) of eight octets.
    pub(super) fn add(&mut self, eight: u64, count: usize) {
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

    pub(super) fn add_char(&mut self, c: char) {
        let mut octets = [0; 8];
        let count = c.encode_utf8(&mut octets).len();
        self.add(u64::from_le_bytes(octets), count);
    }

    pub(super) fn hash(self) -> u64 {
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
