//! The one token format: a row id and 128 random bits, as `12-abcdefghijklmnopqrstuvwxyz`.
//!
//! It travels in sub-addresses, in the left part of our Message-IDs, and as a code in the footer
//! and in the subject of prepared answers. All carriers are case-folded by somebody, hence base32
//! in lower case (RFC 4648 section 6, unpadded). Fails by finding nothing.

use std::fmt;

/// Characters of 128 bits in unpadded base32.
const CODE_CHARS: usize = 26;
/// Tokens looked at in one mail; a longer list is somebody's attempt at guessing.
const MAX_TOKENS: usize = 50;

#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub row: i64,
    pub bits: [u8; 16],
}

impl Secret {
    pub fn parse(token: &str) -> Option<Secret> {
        let token = token.to_ascii_lowercase();
        let (row, code) = token.split_once('-')?;
        if row.is_empty() || row.len() > 12 || row.starts_with('0') || code.len() != CODE_CHARS {
            return None;
        }
        let row = row
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| row.parse().ok())??;
        let bits = data_encoding::BASE32_NOPAD_NOCASE
            .decode(code.as_bytes())
            .ok()?;
        Some(Secret {
            row,
            bits: bits.try_into().ok()?,
        })
    }

    /// The token with its bits as they travel.
    pub fn token(&self) -> String {
        let mut token = self.row.to_string();
        token.push('-');
        data_encoding::BASE32_NOPAD.encode_append(&self.bits, &mut token);
        token.make_ascii_lowercase();
        token
    }

    /// What the store keeps: a hash that is worth nothing to a thief of the database.
    pub fn hash(&self) -> Vec<u8> {
        use sha2::Digest;
        sha2::Sha256::digest(self.bits).to_vec()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}-…)", self.row)
    }
}

/// Every token in a text, in order, each once.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    // A token may stand in an address or an id, so any other character is a border.
    for dash in memchr::memchr_iter(b'-', text.as_bytes()) {
        let (before, after) = text.split_at_checked(dash).unwrap_or_default();
        let after = after.get(1..).unwrap_or_default();
        let stands = |c: &u8| c.is_ascii_alphanumeric();
        let code = after.bytes().take_while(stands).count();
        if code != CODE_CHARS {
            continue;
        }
        let row = before.bytes().rev().take_while(stands).count();
        let token = text.get(dash - row..dash + 1 + code);
        if let Some(secret) = token.and_then(Secret::parse)
            && !found.contains(&secret)
            && found.len() < MAX_TOKENS
        {
            found.push(secret);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_carriers() {
        let secret = Secret {
            row: 12,
            bits: [7; 16],
        };
        let token = secret.token();
        assert_eq!(token.len(), 29);
        for carrier in [
            format!("intro+{token}@bot.example"),
            format!("intro-{token}@bot.example"),
            format!("<{}@BOT.example>", token.to_uppercase()),
            format!("Re: something [{token}]"),
            format!("> code {token}."),
        ] {
            assert_eq!(find(&carrier), vec![secret.clone()], "{carrier}");
        }
    }

    #[test]
    fn near_misses_are_nothing() {
        for text in [
            "12-abc",
            "0-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "x-aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "",
            "-",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }
}
