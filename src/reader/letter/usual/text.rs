//! Texts of header fields with encoded words (RFC 2047).
//!
//! Fails by `None`: then the library reads the field.

use crate::reader::letter::usual::{cut, encoded, is_visible};
use crate::reader::plain::trim;
use data_encoding::BASE64;
use std::borrow::Cow;

/// The text of a field like Subject, encoded words decoded (RFC 2047).
pub fn text(value: &str) -> Option<Cow<'_, str>> {
    if !is_visible(value) {
        return None;
    }
    let Some(first) = encoded(value) else {
        return Some(Cow::Borrowed(value));
    };
    let mut out = String::with_capacity(value.len());
    let (head, mut rest) = value.split_at_checked(first)?;
    out.push_str(head.trim_end());
    // Between two encoded words white space is none, and anywhere else it is one space.
    let mut after_encoded = out.is_empty();
    loop {
        let (decoded, behind) = encoded_word(rest)?;
        if !after_encoded {
            out.push(' ');
        }
        out.push_str(&decoded);
        let end = encoded(behind).unwrap_or(behind.len());
        let (between, next) = behind.split_at_checked(end)?;
        let between = trim(between);
        after_encoded = between.is_empty();
        if !after_encoded {
            out.push(' ');
            out.push_str(between);
        }
        if next.is_empty() {
            return Some(Cow::Owned(out));
        }
        rest = next;
    }
}

/// The text of the encoded word that stands here, and what follows it.
fn encoded_word(text: &str) -> Option<(String, &str)> {
    let (charset, rest) = cut(text.strip_prefix("=?")?, b'?')?;
    let (encoding, rest) = cut(rest, b'?')?;
    let (data, behind) = cut(rest, b'?')?;
    let behind = behind.strip_prefix('=')?;
    let octets = match encoding {
        _ if !charset.eq_ignore_ascii_case("utf-8") || data.bytes().any(|b| b == b' ') => {
            return None;
        }
        "q" | "Q" => unquoted(data)?,
        "b" | "B" => BASE64.decode(data.as_bytes()).ok()?,
        _ => return None,
    };
    Some((String::from_utf8(octets).ok()?, behind))
}

/// RFC 2047 section 4.2.
fn unquoted(data: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(data.len());
    let mut rest = data.bytes();
    let hex = |octet: Option<u8>| char::from(octet?).to_digit(16);
    while let Some(octet) = rest.next() {
        octets.push(match octet {
            b'_' => b' ',
            b'=' => u8::try_from(hex(rest.next())? * 16 + hex(rest.next())?).ok()?,
            octet => octet,
        });
    }
    Some(octets)
}
