//! Header fields in the forms in which nearly all programs write them, read without the library.
//!
//! Fails by `None`: whatever could be read in two ways is left to the library, so that one reading of
//! such a field is the only one.

use crate::reader::address::{Address, Person};
use crate::reader::fold::trim;
use crate::reader::letter::fields::{Mime, Shared};
use crate::reader::letter::{MAX_NAME, clean};
use data_encoding::BASE64;
use mail_parser::DateTime;
use std::borrow::Cow;

/// Visible ASCII and spaces.
fn is_visible(value: &str) -> bool {
    // Without a branch, many octets are looked at together.
    let is_odd = |octet: u8| !matches!(octet, b' '..=b'~');
    !value.bytes().fold(false, |odd, octet| odd | is_odd(octet))
}

/// What stands before and behind the first octet of this kind.
fn cut(text: &str, octet: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|other| other == octet)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Where an encoded word may begin.
fn encoded(text: &str) -> Option<usize> {
    let mut signs = memchr::memchr_iter(b'=', text.as_bytes());
    signs.find(|at| text.as_bytes().get(at + 1) == Some(&b'?'))
}

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

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// `Tue, 24 Nov 2026 10:20:30 +0000` (RFC 5322 section 3.3).
pub fn date(value: &str) -> Option<DateTime> {
    let are_letters = |octets: &[u8]| octets.iter().all(u8::is_ascii_alphabetic);
    let octets = match value.as_bytes() {
        [a, b, c, b',', b' ', rest @ ..] if are_letters(&[*a, *b, *c]) => rest,
        octets => octets,
    };
    let (day, octets) = match octets {
        [a, b' ', rest @ ..] => (figures(&[*a])?, rest),
        [a, b, b' ', rest @ ..] => (figures(&[*a, *b])?, rest),
        _ => return None,
    };
    let (month, octets) = octets.split_first_chunk::<3>()?;
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let [b' ', y1, y2, y3, y4, octets @ ..] = octets else {
        return None;
    };
    let year = figures(&[*y1, *y2, *y3, *y4])?;
    let [b' ', h1, h2, b':', m1, m2, b':', s1, s2, b' ', zone @ ..] = octets else {
        return None;
    };
    let [sign @ (b'+' | b'-'), z1, z2, z3, z4, comment @ ..] = zone else {
        return None;
    };
    let (zone_hour, zone_minute) = (figures(&[*z1, *z2])?, figures(&[*z3, *z4])?);
    // `(UTC)` says again what the figures say.
    let is_end = match comment {
        [] => true,
        [b' ', b'(', zone @ .., b')'] => are_letters(zone),
        _ => false,
    };
    // Years of two figures are the library's.
    let plain = zone_hour < 24 && zone_minute < 60 && year >= 100 && is_end;
    let short = |number: u16| u8::try_from(number).ok();
    plain.then_some(DateTime {
        year,
        month: u8::try_from(month).ok()?,
        day: short(day)?,
        hour: short(figures(&[*h1, *h2])?)?,
        minute: short(figures(&[*m1, *m2])?)?,
        second: short(figures(&[*s1, *s2])?)?,
        tz_before_gmt: *sign == b'-',
        tz_hour: short(zone_hour)?,
        tz_minute: short(zone_minute)?,
    })
}

/// The number that at most four figures make.
fn figures(octets: &[u8]) -> Option<u16> {
    octets.iter().try_fold(0, |number, octet| {
        let figure = octet.is_ascii_digit().then(|| u16::from(*octet - b'0'))?;
        Some(number * 10 + figure)
    })
}

/// `Carol Diaz <carol@target.example>, "Kim, Bob" <bob@b.example>, ann@req.example`; at most so many.
pub fn people(value: &str, most: usize) -> Option<Vec<Person>> {
    let mut people = Vec::new();
    let mut rest = value;
    let mut count = 0;
    while !rest.is_empty() {
        let (name, behind) = name(rest)?;
        let (name, (address, behind)) = match behind.strip_prefix('<') {
            Some(angle) => (name, cut(angle, b'>')?),
            None => ("", (name, behind)),
        };
        if !address.bytes().all(is_of_address) || address.is_empty() {
            return None;
        }
        count += 1;
        if count <= most
            && let Ok(address) = Address::parse(address)
        {
            let name = clean::line(name, MAX_NAME);
            people.push(Person { name, address });
        }
        let behind = behind.trim_start_matches(' ');
        rest = match behind.strip_prefix(',') {
            Some(next) => next.trim_start_matches(' '),
            None if behind.is_empty() => "",
            None => return None,
        };
        // A comma with nothing behind it.
        if rest.is_empty() && !behind.is_empty() {
            return None;
        }
    }
    Some(people)
}

/// What stands before an angle bracket or is an address, and what follows.
fn name(text: &str) -> Option<(&str, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, behind) = cut(quoted, b'"')?;
        let plain = !name.contains('\\') && !name.contains("=?") && is_visible(name);
        let behind = behind.trim_start_matches(' ');
        return (plain && !name.is_empty() && behind.starts_with('<')).then_some((name, behind));
    }
    let end = text.bytes().position(|b| matches!(b, b'<' | b','));
    let end = end.unwrap_or(text.len());
    let (name, behind) = text.split_at_checked(end)?;
    let name = name.trim_end_matches(' ');
    let plain = match behind.starts_with('<') {
        true => name.bytes().all(is_of_name),
        false => name.contains('@'),
    };
    plain.then_some((name, behind))
}

/// What means nothing else in a name (RFC 5322 section 3.2.3).
fn is_of_name(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b' ' | b'.' | b'-' | b'_' | b'\'' | b'+' | b'&')
}

fn is_of_address(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(octet, b'@' | b'.' | b'-' | b'_' | b'+' | b'\'' | b'/')
}

/// Type, parameters and encoding of a part, by its fields of these names.
pub fn mime(kind: Option<&str>, disposition: Option<&str>, encoding: Option<&str>) -> Option<Mime> {
    let mut mime = Mime::default();
    if let Some(value) = kind.filter(|value| !value.is_empty()) {
        let (kind, params) = with_params(value)?;
        let mut usual = USUAL_KINDS.iter();
        mime.kind = match usual.find(|usual| usual.eq_ignore_ascii_case(kind)) {
            Some(usual) => Cow::Borrowed(usual),
            None => {
                let (whole, subtype) = cut(kind, b'/')?;
                if !(is_token(whole) && is_token(subtype)) {
                    return None;
                }
                Cow::Owned(kind.to_ascii_lowercase())
            }
        };
        mime.params = params;
    }
    let name = |params: &[(Shared, Shared)], name: &str| {
        let found = params.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone().into_owned())
    };
    if let Some(value) = disposition.filter(|value| !value.is_empty()) {
        let (kind, params) = with_params(value)?;
        if !is_token(kind) {
            return None;
        }
        mime.attachment = kind.eq_ignore_ascii_case("attachment");
        mime.file_name = name(&params, "filename");
    }
    mime.file_name = mime.file_name.or_else(|| name(&mime.params, "name"));
    let encoding = encoding.unwrap_or_default();
    if !is_visible(encoding) || encoded(encoding).is_some() {
        return None;
    }
    mime.encoded = Mime::is_encoded(encoding);
    Some(mime)
}

/// What most content types are, and the names and values of their parameters.
const USUAL_KINDS: [&str; 4] = [
    "text/plain",
    "text/html",
    "multipart/alternative",
    "multipart/mixed",
];
const USUAL_PARAMS: [&str; 3] = ["charset", "boundary", "format"];
const USUAL_VALUES: [&str; 4] = ["utf-8", "UTF-8", "us-ascii", "flowed"];

/// A text that is most often one of these.
fn shared(text: &str, usual: &[&'static str]) -> Shared {
    match usual.iter().find(|usual| **usual == text) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(text.to_owned()),
    }
}

/// What stands before the first semicolon, and the parameters behind it, names in lower case.
fn with_params(value: &str) -> Option<(&str, Vec<(Shared, Shared)>)> {
    let (first, rest) = cut(value, b';').unwrap_or((value, ""));
    let mut params = Vec::new();
    let mut rest = rest.trim_start_matches(' ');
    while !rest.is_empty() {
        let (name, behind) = cut(rest, b'=')?;
        let (value, behind) = match behind.strip_prefix('"') {
            // White space in it may have been a line end.
            Some(quoted) => cut(quoted, b'"').filter(|(value, _)| {
                let odd = |octet: u8| !octet.is_ascii_graphic() || octet == b'\\';
                !value.bytes().any(odd) && encoded(value).is_none()
            })?,
            None => {
                let end = behind.bytes().position(|b| matches!(b, b';' | b' '));
                let end = end.unwrap_or(behind.len());
                let (value, behind) = behind.split_at_checked(end)?;
                let plain = |b: u8| is_of_token(b) || matches!(b, b'=' | b'/' | b':');
                (value.bytes().all(plain).then_some(value)?, behind)
            }
        };
        if !is_token(name) || value.is_empty() {
            return None;
        }
        let name = match shared(name, &USUAL_PARAMS) {
            Cow::Owned(name) => Cow::Owned(name.to_ascii_lowercase()),
            usual => usual,
        };
        params.push((name, shared(value, &USUAL_VALUES)));
        let behind = behind.trim_start_matches(' ');
        rest = match behind.strip_prefix(';') {
            Some(next) => next.trim_start_matches(' '),
            None if behind.is_empty() => "",
            None => return None,
        };
    }
    Some((first.trim_end_matches(' '), params))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_of_token)
}

fn is_of_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    /// What the library makes of a header block with this field.
    fn library<T>(field: &str, of: impl Fn(&mail_parser::Message<'_>) -> T) -> T {
        let head = format!("{field}\r\nX-End: x\r\n\r\n");
        of(&MessageParser::new().parse_headers(head.as_bytes()).unwrap())
    }

    #[test]
    fn texts_are_those_of_the_library() {
        let pieces = [
            "Re: hello",
            "=?utf-8?q?=E2=80=93?=",
            "=?UTF-8?B?w6TDtg==?=",
            " ",
            "  ",
            "=?utf-8?Q?a_b=3F?=",
            "=?x",
            "a=?utf-8?q?b?=",
            "=?iso-8859-1?q?=E4?=",
            "?=",
            "=",
            "=?utf-8?q?a b?=",
            "=?utf-8?q?=FF?=",
        ];
        let mut read = 0;
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let value = format!("{a}{b} {c}");
                    let value = value.trim();
                    let library = library(&format!("Subject: {value}"), |m| {
                        m.subject().unwrap_or_default().to_owned()
                    });
                    if let Some(text) = text(value) {
                        read += 1;
                        assert_eq!(text, library, "{value:?}");
                    }
                }
            }
        }
        assert!(read > 500, "{read}");
    }

    #[test]
    fn dates_are_those_of_the_library() {
        let mut read = 0;
        for month in MONTHS.map(|name| str::from_utf8(name).unwrap()) {
            for day in ["1", "03", "24", "31", "99"] {
                for rest in [
                    "2026 10:20:30 +0000",
                    "1999 23:59:59 -0830 (PDT)",
                    "0026 00:00:00 +0100",
                    "2026 24:00:00 +0000",
                    "2026 10:20 +0000",
                    "26 10:20:30 +0000",
                    "2026 10:20:30 GMT",
                    "2026 9:20:30 +2359",
                ] {
                    for start in ["", "Tue, ", "tue ,", "Tuesday, "] {
                        let value = format!("{start}{day} {month} {rest}");
                        let library = library(&format!("Date: {value}"), |m| m.date().cloned());
                        if let Some(date) = date(&value) {
                            read += 1;
                            assert_eq!(Some(date), library, "{value}");
                        }
                    }
                }
            }
        }
        assert!(read > 200, "{read}");
    }

    #[test]
    fn people_are_those_of_the_library() {
        let pieces = [
            "Carol Diaz <carol@target.example>",
            "\"Kim, Bob\" <bob@b.example>",
            "ann@req.example",
            "<x@y.example>",
            "Bob  O'Neil<bob@b.example>",
            "a b@c.example",
            "\"a@b.example\" <a@b.example>",
            "bad <nobody>",
            "Carol",
            "carol@target.example (Carol)",
            "g: a@b.example;",
            "=?utf-8?q?x?= <x@y.example>",
            "\"\" <x@y.example>",
            "",
        ];
        let mut read = 0;
        for a in pieces {
            for b in pieces {
                for between in [", ", ",", " , ", " "] {
                    let value = format!("{a}{between}{b}");
                    let value = value.trim();
                    let library = library(&format!("To: {value}"), |m| {
                        let all = m.to().into_iter().flat_map(|to| to.iter());
                        let person = |one: &mail_parser::Addr<'_>| {
                            let address = Address::parse(one.address()?).ok()?;
                            Some((
                                clean::line(one.name().unwrap_or_default(), MAX_NAME),
                                address,
                            ))
                        };
                        all.filter_map(person).collect::<Vec<_>>()
                    });
                    if let Some(people) = people(value, 9) {
                        read += 1;
                        let ours: Vec<_> =
                            people.into_iter().map(|p| (p.name, p.address)).collect();
                        assert!(ours == library, "{value:?}");
                    }
                }
            }
        }
        assert!(read > 100, "{read}");
    }

    #[test]
    fn parts_are_those_of_the_library() {
        let kinds = [
            "text/plain",
            "TEXT/HTML ",
            "multipart/mixed",
            "text",
            "a/b/c",
            "text/plain (x)",
            "",
        ];
        let params = [
            "",
            ";",
            "; charset=utf-8",
            ";charset=\"UTF-8\"",
            "; charset = utf-8",
            "; Boundary=\"=_a;b(c)\"",
            "; boundary==_b",
            "; name=\"a b.pdf\"",
            "; name=a.pdf",
            "; filename*=utf-8''x",
            "; charset=\"\"",
            "; x=a b",
        ];
        let mut read = 0;
        for kind in kinds {
            for a in params {
                for b in params {
                    let value = format!("{kind}{a}{b}");
                    let value = value.trim();
                    for disposition in [
                        "",
                        "inline",
                        "Attachment; filename=x.txt",
                        "attachment; filename=\"x\\y\"",
                    ] {
                        let head = format!(
                            "Content-Type: {value}\r\nContent-Disposition: {disposition}\r\nX: y\r\n\r\n"
                        );
                        if let Some(mime) = mime(Some(value), Some(disposition), None) {
                            read += 1;
                            assert_eq!(mime, Mime::any(head.as_bytes()), "{head:?}");
                        }
                    }
                }
            }
        }
        assert!(read > 300, "{read}");
    }
}
