//! Header fields and bodies as octets: ASCII only, CRLF, folded, quoted-printable. Deterministic.
//!
//! Fails where an address cannot be written without SMTPUTF8 (RFC 6531), which few relays offer.

use crate::reader::address::{Address, Person};
use crate::writer::{WriteError, text};
use std::fmt::Write as _;

/// Columns a header line should keep (RFC 5322 section 2.1.1).
const MAX_COLUMNS: usize = 78;
/// Octets of text in one encoded word: 75 columns (RFC 2047 section 2) less `=?utf-8?B??=`, in base64.
const MAX_ENCODED_OCTETS: usize = 45;
/// Columns of a quoted-printable line with its soft break (RFC 2045 section 6.7).
const MAX_QP_COLUMNS: usize = 76;

/// Header fields in their order, values folded.
#[derive(Default)]
pub struct Fields(pub Vec<(&'static str, String)>);

impl Fields {
    pub fn add(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// The whole mail.
    pub fn with_bodies(&self, plain: &str, html: &str, boundary: &str) -> Vec<u8> {
        let mut out = String::with_capacity(2_000 + (plain.len() + html.len()) * 5 / 4);
        for (name, value) in &self.0 {
            for piece in [*name, ": ", value, "\r\n"] {
                out.push_str(piece);
            }
        }
        for (kind, body) in [("plain", plain), ("html", html)] {
            let _ = write!(
                out,
                "\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
                 Content-Transfer-Encoding: quoted-printable\r\n\r\n",
            );
            out.push_str(&quoted_printable(body));
        }
        let _ = write!(out, "\r\n--{boundary}--\r\n");
        // Hundreds of them may wait to be sent.
        out.shrink_to_fit();
        out.into_bytes()
    }
}

/// A boundary that depends on nothing but the Message-ID; `=_` cannot stand in quoted-printable
/// (RFC 2045 section 6.7).
pub fn boundary(message_id: &str) -> String {
    use sha2::Digest;
    let hash = sha2::Sha256::digest(message_id.as_bytes());
    let mut boundary = String::with_capacity(34);
    boundary.push_str("=_");
    let (half, _) = hash.split_at(16);
    data_encoding::HEXLOWER.encode_append(half, &mut boundary);
    boundary
}

/// The address as envelopes and header fields carry it: its domain in A-labels (RFC 5890).
pub fn on_the_wire(address: &Address) -> Result<String, WriteError> {
    let written = address.as_str();
    if written.is_ascii() {
        return Ok(written.to_owned());
    }
    let refused = |what: &str| {
        WriteError::Header(format!(
            "an address has {what} outside ASCII; SMTPUTF8 (RFC 6531) is not supported, use another address of this person"
        ))
    };
    let (local, domain) = written.rsplit_once('@').unwrap_or((written, ""));
    if !local.is_ascii() {
        return Err(refused("a local part"));
    }
    match idna::domain_to_ascii_strict(domain) {
        Ok(domain) if domain.is_ascii() => Ok(format!("{local}@{domain}")),
        _ => Err(refused("a domain with characters")),
    }
}

/// `"Name" <address>` or the bare address.
pub fn mailbox(name: &str, address: &Address) -> Result<String, WriteError> {
    let address = on_the_wire(address)?;
    let name = text::line(name, text::MAX_SUBJECT_CHARS);
    if name.is_empty() {
        return Ok(address);
    }
    let mut out = String::with_capacity(name.len() * 2 + address.len() + 5);
    // Programs decode encoded words even in quoted strings, against RFC 2047 section 5.
    if plain_ascii(&name) {
        out.push('"');
        for piece in name.split_inclusive(['\\', '"']) {
            match piece.strip_suffix(['\\', '"']) {
                Some(before) => {
                    out.push_str(before);
                    out.push('\\');
                    out.push_str(piece.get(before.len()..).unwrap_or_default());
                }
                None => out.push_str(piece),
            }
        }
        out.push('"');
    } else {
        out.push_str(&encoded_words(&name));
    }
    for piece in [" <", &address, ">"] {
        out.push_str(piece);
    }
    Ok(out)
}

/// Mailboxes, one a line.
pub fn mailboxes(people: &[Person]) -> Result<String, WriteError> {
    let all: Result<Vec<String>, WriteError> = people
        .iter()
        .map(|person| mailbox(&text::name(&person.name), &person.address))
        .collect();
    Ok(all?.join(",\r\n "))
}

/// The value of a field of free text (RFC 5322 section 2.2.1), folded; `name` counts for the first line.
pub fn unstructured(name: &str, value: &str) -> String {
    if plain_ascii(value) {
        folded(name, value.split(' '))
    } else {
        encoded_words(value)
    }
}

/// Words with one space between them, folded where a line would grow past 78 columns.
pub fn folded<'a>(name: &str, words: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut columns = name.len() + 1;
    for (at, word) in words.into_iter().enumerate() {
        if at > 0 && columns + 1 + word.len() > MAX_COLUMNS {
            out.push_str("\r\n ");
            columns = 1;
        } else if at > 0 {
            out.push(' ');
            columns += 1;
        }
        out.push_str(word);
        columns += word.len();
    }
    out
}

fn plain_ascii(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !text.contains("=?")
}

/// RFC 2047 in base64, one word a line, never a character in two words.
pub fn encoded_words(text: &str) -> String {
    let mut chunks: Vec<String> = vec![String::new()];
    for c in text.chars() {
        match chunks.last_mut() {
            Some(chunk) if chunk.len() + c.len_utf8() <= MAX_ENCODED_OCTETS => chunk.push(c),
            _ => chunks.push(c.to_string()),
        }
    }
    let words: Vec<String> = chunks
        .iter()
        .map(|chunk| {
            format!(
                "=?utf-8?B?{}?=",
                data_encoding::BASE64.encode(chunk.as_bytes())
            )
        })
        .collect();
    words.join("\r\n ")
}

/// Quoted-printable with CRLF (RFC 2045 section 6.7). A dot or "From " at the start of a line is
/// encoded too: relays stuff the one, mbox files the other.
pub fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let all_plain = text::is_plain(text);
    for line in text::lines(text.trim_end_matches('\n')) {
        let mut rest = line;
        let mut columns = 0;
        while let Some(byte) = rest.bytes().next() {
            // One column stays free for the `=` of a soft break.
            let room = MAX_QP_COLUMNS - 1 - columns;
            let plain = plain_octets(rest, all_plain, columns == 0, room);
            if plain > 0 {
                let (run, others) = rest.split_at_checked(plain).unwrap_or((rest, ""));
                out.push_str(run);
                columns += plain;
                rest = others;
            } else if room < encoded_columns(byte, rest.len() == 1) {
                out.push_str("=\r\n");
                columns = 0;
            } else if byte == b'=' {
                // By far the most frequent one.
                out.push_str("=3D");
                columns += 3;
                rest = rest.get(1..).unwrap_or_default();
            } else {
                let c = rest.chars().next().unwrap_or_default();
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    if columns + 3 > MAX_QP_COLUMNS - 1 {
                        out.push_str("=\r\n");
                        columns = 0;
                    }
                    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
                    out.push('=');
                    out.push(digit(byte >> 4).to_ascii_uppercase());
                    out.push(digit(byte & 15).to_ascii_uppercase());
                    columns += 3;
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        out.push_str("\r\n");
    }
    out
}

/// How many octets at the start of `rest` stand for themselves, at most `room`; `all_plain`: it is known of all
/// but `=`.
fn plain_octets(rest: &str, all_plain: bool, at_start: bool, room: usize) -> usize {
    let bytes = rest.as_bytes();
    if at_start && matches!(bytes.first(), Some(b'.' | b'F' | b'-')) {
        return 0;
    }
    let some = bytes.get(..room).unwrap_or(bytes);
    let stands = |octet| (b' '..=b'~').contains(&octet) & (octet != b'=');
    let plain = match all_plain {
        true => memchr::memchr(b'=', some).unwrap_or(some.len()),
        false => text::leading(some, stands),
    };
    // A space at the end of a line would be lost.
    match plain == bytes.len() && bytes.last() == Some(&b' ') {
        true => plain - 1,
        false => plain,
    }
}

/// What the next octet takes: as it is, or encoded.
fn encoded_columns(byte: u8, last: bool) -> usize {
    match byte {
        b' ' if last => 3,
        b'.' | b'F' | b'-' | b' '..=b'<' | b'>'..=b'~' => 1,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(header: &str, body: &str) -> (Option<String>, String) {
        let raw = format!(
            "{header}\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}"
        );
        let mail = mail_parser::MessageParser::default()
            .parse(raw.as_bytes())
            .unwrap();
        let text = mail.body_text(0).unwrap_or_default().replace("\r\n", "\n");
        (mail.subject().map(str::to_owned), text)
    }

    #[test]
    fn names_are_quoted_or_encoded() {
        let address = Address::parse("a@b.example").unwrap();
        let of = |name: &str| mailbox(name, &address).unwrap();
        assert_eq!(
            of(r#"Ng, "Al" \ice"#),
            r#""Ng, \"Al\" \\ice" <a@b.example>"#
        );
        assert_eq!(of("Zoë"), "=?utf-8?B?Wm/Dqw==?= <a@b.example>");
        assert_eq!(
            of("=?utf-8?Q?x?="),
            "=?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <a@b.example>"
        );
        assert_eq!(
            of("A\r\nBcc: v@w.example"),
            "\"A Bcc: v@w.example\" <a@b.example>"
        );
        assert_eq!(of("\u{202e}\u{0}"), "a@b.example");
    }

    #[test]
    fn the_start_of_a_line_is_safe() {
        assert_eq!(
            quoted_printable(".\nFrom me\n--x\ny \n"),
            "=2E\r\n=46rom me\r\n=2D-x\r\ny=20\r\n"
        );
    }

    #[test]
    fn a_boundary_comes_from_the_id_alone() {
        assert_eq!(boundary("<a@b.example>"), boundary("<a@b.example>"));
        assert_ne!(boundary("<a@b.example>"), boundary("<c@b.example>"));
        assert_eq!(boundary("<a@b.example>").len(), 34);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_body_survives(body in "[\\PC\\n =.F-]{0,400}") {
            let encoded = quoted_printable(&body);
            prop_assert!(encoded.is_ascii());
            prop_assert!(encoded.split("\r\n").all(|line| line.len() <= 76 && !line.contains('\n') && !line.starts_with('.')));
            let (_, text) = decoded("Subject: x", &encoded);
            prop_assert_eq!(text.trim_end_matches('\n'), body.trim_end_matches('\n'));
        }

        #[test]
        fn any_subject_survives(subject in "\\PC{0,150}") {
            let subject = text::line(&subject, text::MAX_SUBJECT_CHARS);
            let header = format!("Subject: {}", unstructured("Subject", &subject));
            prop_assert!(header.split("\r\n").all(|line| line.is_ascii() && line.len() <= 998));
            let (found, _) = decoded(&header, "x");
            prop_assert_eq!(found.unwrap_or_default(), subject);
        }
    }
}
