//! Mailbox names: what people write, and the modified UTF-7 and quoting of the wire (RFC 3501 section 5.1.3).
//! It fails on nothing: a name that is no valid modified UTF-7 is taken as it stands.

use data_encoding::{Encoding, Specification};

/// Base64 with a comma for the slash, and without padding.
fn base64() -> Option<Encoding> {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
}

/// A name as a quoted string, or None if it holds what no quoted string can (line breaks, NUL).
pub(super) fn quoted(name: &str) -> Option<String> {
    let name = encode(name);
    let sayable = name.chars().all(|c| !c.is_control());
    sayable.then(|| quote(&name))
}

/// Puts into quotes what holds no control characters.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// From what people write to what the wire carries.
pub(super) fn encode(name: &str) -> String {
    let Some(base64) = base64() else {
        return name.to_owned();
    };
    let mut wire = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    for c in name.chars() {
        if c.is_ascii() {
            flush(&mut wire, &mut shifted, &base64);
            wire.push(c);
            if c == '&' {
                wire.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(
                c.encode_utf16(&mut units)
                    .iter()
                    .flat_map(|unit| unit.to_be_bytes()),
            );
        }
    }
    flush(&mut wire, &mut shifted, &base64);
    wire
}

fn flush(wire: &mut String, shifted: &mut Vec<u8>, base64: &Encoding) {
    if !shifted.is_empty() {
        wire.push('&');
        wire.push_str(&base64.encode(shifted));
        wire.push('-');
        shifted.clear();
    }
}

/// From the wire to what people read; a name that does not decode, or would not come back the same, stays as it is.
pub(super) fn decode(wire: &str) -> String {
    match try_decode(wire) {
        Some(name) if encode(&name) == wire => name,
        _ => wire.to_owned(),
    }
}

fn try_decode(wire: &str) -> Option<String> {
    let base64 = base64()?;
    let mut name = String::new();
    let mut rest = wire;
    while let Some((plain, shifted)) = rest.split_once('&') {
        name.push_str(plain);
        let (shifted, after) = shifted.split_once('-')?;
        if shifted.is_empty() {
            name.push('&');
        } else {
            let bytes = base64.decode(shifted.as_bytes()).ok()?;
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)))
                .collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_from_the_wire_as_they_were() {
        // The first is the example of RFC 3501 section 5.1.3.
        for (name, wire) in [
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("R&D", "R&-D"),
            ("Junk", "Junk"),
            ("📬", "&2D3c7A-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire), name);
        }
    }

    #[test]
    fn a_name_that_is_no_modified_utf7_is_left_alone() {
        for wire in ["a & b", "&!!-", "&AB", "&APw", "&2D0-"] {
            assert_eq!(decode(wire), wire);
        }
    }

    #[test]
    fn a_line_break_can_not_be_quoted() {
        assert_eq!(quoted("a\r\nA1 DELETE INBOX"), None);
        assert_eq!(quoted("a\"b\\c").as_deref(), Some("\"a\\\"b\\\\c\""));
    }
}
