//! The last look before a mail goes out: its bytes, read back, must be what was meant.
//!
//! Fails with the part that differs; the mail is then not written.

use crate::reader::address::Person;
use crate::writer::{WriteError, mime, text};
use mail_parser::{HeaderName, MessageParser, MimeHeaders};

/// Octets of a line without its CRLF (RFC 5322 section 2.1.1).
const MAX_LINE_OCTETS: usize = 998;
/// The fields whose values are compared; the others are not taken apart.
const LOOKED_AT: [&str; 7] = [
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Subject",
    "Message-ID",
    "Content-Type",
];

/// What the bytes must say.
pub struct Meant<'a> {
    pub names: Vec<&'static str>,
    pub from: &'a [(String, String)],
    pub to: &'a [(String, String)],
    pub cc: &'a [(String, String)],
    pub reply_to: &'a [(String, String)],
    pub subject: &'a str,
    /// Without angle brackets.
    pub message_id: &'a str,
    pub plain: &'a str,
    pub html: &'a str,
}

/// Names and addresses as a mail shows them.
pub fn shown(people: &[Person]) -> Result<Vec<(String, String)>, WriteError> {
    people
        .iter()
        .map(|person| {
            Ok((
                text::name(&person.name),
                mime::on_the_wire(&person.address)?,
            ))
        })
        .collect()
}

/// Compares; the error names what differs.
pub fn read_back(bytes: &[u8], meant: &Meant<'_>) -> Result<(), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "character set")?;
    if !text.is_ascii() {
        return Err("character set");
    }
    lines(bytes)?;
    let end = memchr::memmem::find(bytes, b"\r\n\r\n").ok_or("header")?;
    let (head, body) = text.split_at_checked(end + 4).ok_or("header")?;
    let mut names = meant.names.iter().copied();
    let mut looked_at = String::with_capacity(head.len());
    let (mut is_meant, mut is_looked_at) = (true, false);
    // Each line feed ends a line together with the CR before it.
    for line in text::lines(head.trim_end()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split_once(':').map_or("", |(name, _)| name);
            is_meant &= names.next() == Some(name);
            is_looked_at = LOOKED_AT.contains(&name);
        }
        if is_looked_at {
            looked_at.push_str(line.strip_suffix('\r').unwrap_or(line));
            looked_at.push_str("\r\n");
        }
    }
    if !is_meant || names.next().is_some() {
        return Err("set of header fields");
    }
    looked_at.push_str("\r\n");
    let boundary = header(&looked_at, meant)?;
    let (plain, html) = parts(body, &boundary).ok_or("parts")?;
    if !is_same(plain, meant.plain).ok_or("plain text")? {
        return Err("plain text");
    }
    if !is_same(html, meant.html).ok_or("HTML text")? {
        return Err("HTML text");
    }
    Ok(())
}

/// Lines end with CRLF and nothing else, and none is too long.
fn lines(bytes: &[u8]) -> Result<(), &'static str> {
    let behind = bytes.get(1..).unwrap_or_default();
    // Without a branch for each, so that many are compared together.
    let torn = bytes.iter().zip(behind).fold(false, |torn, (one, next)| {
        torn | ((*one == b'\r') != (*next == b'\n')) | (*one == b'\0')
    });
    let [first, last] = [bytes.first(), bytes.last()];
    if torn || first == Some(&b'\n') || matches!(last, Some(b'\r' | b'\0')) {
        return Err("line end");
    }
    // From as far as a line may reach back to the last one that ends before: most lines are never looked for.
    let mut rest = bytes;
    while let Some(far) = rest.get(..MAX_LINE_OCTETS + 2) {
        let end = memchr::memrchr(b'\n', far).ok_or("line length")?;
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    match rest.contains(&b'\n') || rest.len() <= MAX_LINE_OCTETS {
        true => Ok(()),
        false => Err("line length"),
    }
}

/// The header as the library reads it; gives the boundary of the parts.
fn header(head: &str, meant: &Meant<'_>) -> Result<String, &'static str> {
    let mail = MessageParser::default()
        .parse_headers(head.as_bytes())
        .ok_or("form")?;
    for (what, name, people) in [
        ("From", HeaderName::From, meant.from),
        ("To", HeaderName::To, meant.to),
        ("Cc", HeaderName::Cc, meant.cc),
        ("Reply-To", HeaderName::ReplyTo, meant.reply_to),
    ] {
        let found = mail.header(name).and_then(|value| value.as_address());
        let found = found.into_iter().flat_map(|list| list.iter()).map(|a| {
            let (name, address) = (a.name().unwrap_or_default(), a.address());
            (name, address.unwrap_or_default())
        });
        if !found.eq(people.iter().map(|(n, a)| (n.as_str(), a.as_str()))) {
            return Err(what);
        }
    }
    if mail.subject().unwrap_or_default() != meant.subject {
        return Err("Subject");
    }
    if mail.message_id() != Some(meant.message_id) {
        return Err("Message-ID");
    }
    mail.content_type()
        .filter(|kind| kind.ctype() == "multipart" && kind.subtype() == Some("alternative"))
        .and_then(|kind| kind.attribute("boundary"))
        .map(str::to_owned)
        .ok_or("Content-Type")
}

/// The bodies of the two parts, text and HTML, and of nothing else (RFC 2046 section 5.1.1).
fn parts<'a>(body: &'a str, boundary: &str) -> Option<(&'a str, &'a str)> {
    let rest = body.strip_prefix("--")?.strip_prefix(boundary)?;
    let delimiter = format!("\r\n--{boundary}");
    let finder = memchr::memmem::Finder::new(&delimiter);
    let cut = |text: &'a str| {
        let at = finder.find(text.as_bytes())?;
        Some((text.get(..at)?, text.get(at + delimiter.len()..)?))
    };
    let (plain, rest) = cut(rest)?;
    let (html, rest) = cut(rest)?;
    if rest != "--\r\n" {
        return None;
    }
    let open = |part: &'a str, kind: &str| {
        part.strip_prefix("\r\nContent-Type: text/")?
            .strip_prefix(kind)?
            .strip_prefix("; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
    };
    Some((open(plain, "plain")?, open(html, "html")?))
}

/// Whether a body in quoted-printable says this, but for white space at its end; None: it is not in that
/// encoding. Stricter than readers of strangers' mail must be: every `=` begins two digits or ends a line,
/// and no line ends with white space that is not encoded (RFC 2045 section 6.7).
fn is_same(encoded: &str, meant: &str) -> Option<bool> {
    match says(encoded, meant.trim_end()) {
        Some(true) => Some(true),
        _ => is_same_whole(encoded, meant),
    }
}

/// Whether it plainly says this and then white space; piece by piece, without a copy.
fn says(encoded: &str, meant: &str) -> Option<bool> {
    let mut to_come = meant.as_bytes();
    let mut rest = encoded.as_bytes();
    while let Some(at) = memchr::memchr2(b'=', b'\r', rest) {
        let (before, from) = rest.split_at_checked(at)?;
        goes_on(&mut to_come, before)?;
        rest = match from {
            [b'\r', ..] if before.ends_with(b" ") || before.ends_with(b"\t") => return None,
            [b'\r', b'\n', after @ ..] => {
                match to_come {
                    [b'\n', later @ ..] => to_come = later,
                    [] => {}
                    _ => return None,
                }
                after
            }
            [b'=', b'\r', b'\n', after @ ..] => after,
            [b'=', high, low, after @ ..] => {
                let octet = digit(*high)? << 4 | digit(*low)?;
                match to_come {
                    [first, later @ ..] if *first == octet => to_come = later,
                    _ => goes_on(&mut to_come, &[octet])?,
                }
                after
            }
            _ => return None,
        };
    }
    goes_on(&mut to_come, rest)?;
    Some(to_come.is_empty())
}

/// Whether this piece is what was to come, or white space behind its end.
fn goes_on(to_come: &mut &[u8], piece: &[u8]) -> Option<()> {
    let common = piece.len().min(to_come.len());
    let (said, beyond) = piece.split_at_checked(common)?;
    *to_come = to_come.strip_prefix(said)?;
    beyond.iter().all(u8::is_ascii_whitespace).then_some(())
}

/// The same, for all that is not so plain.
fn is_same_whole(encoded: &str, meant: &str) -> Option<bool> {
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some(at) = memchr::memchr2(b'=', b'\r', rest) {
        let (before, from) = rest.split_at_checked(at)?;
        decoded.extend_from_slice(before);
        rest = match from {
            // Readers drop white space that stands there as it is.
            [b'\r', ..] if before.ends_with(b" ") || before.ends_with(b"\t") => return None,
            [b'\r', b'\n', after @ ..] => {
                decoded.push(b'\n');
                after
            }
            [b'=', b'\r', b'\n', after @ ..] => after,
            [b'=', high, low, after @ ..] => {
                decoded.push(digit(*high)? << 4 | digit(*low)?);
                after
            }
            _ => return None,
        };
    }
    decoded.extend_from_slice(rest);
    let decoded = std::str::from_utf8(&decoded).ok()?;
    Some(decoded.trim_end() == meant.trim_end())
}

/// A hexadecimal digit as we write it.
fn digit(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: \"Bot\" <bot@b.example>\r\nTo: c@d.example\r\nSubject: hello\r\n\
        Message-ID: <1@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n\
        --=_x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nplain=E2=80=A6 and =\r\nmore\r\n\r\n\
        --=_x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>plain</p>\r\n\r\n--=_x--\r\n";

    fn verdict(mail: &str) -> Result<(), &'static str> {
        let pair = |name: &str, address: &str| vec![(name.to_owned(), address.to_owned())];
        read_back(
            mail.as_bytes(),
            &Meant {
                names: vec![
                    "From",
                    "To",
                    "Subject",
                    "Message-ID",
                    "MIME-Version",
                    "Content-Type",
                ],
                from: &pair("Bot", "bot@b.example"),
                to: &pair("", "c@d.example"),
                cc: &[],
                reply_to: &[],
                subject: "hello",
                message_id: "1@b.example",
                plain: "plain… and more\n",
                html: "<p>plain</p>\n",
            },
        )
    }

    #[test]
    fn what_was_meant_passes_and_every_other_mail_does_not() {
        assert_eq!(verdict(MAIL), Ok(()));
        for (part, other, what) in [
            ("To: c", "Bcc: v@w.example\r\nTo: c", "set of header fields"),
            (
                "\r\nSubject",
                "\r\nCc: v@w.example\r\nSubject",
                "set of header fields",
            ),
            ("c@d", "v@d", "To"),
            ("c@d.example", "c@d.example, v@w.example", "To"),
            ("\"Bot\"", "\"Bob\"", "From"),
            ("hello", "hullo", "Subject"),
            ("<1@", "<2@", "Message-ID"),
            ("\r\nplain=", "\r\nplane=", "plain text"),
            ("more\r\n", "more \r\n", "plain text"),
            ("=E2", "=e2", "plain text"),
            ("=E2=80=A6", "=E2=80=", "plain text"),
            ("=\r\nmore", "\r\nmore", "plain text"),
            ("more\r\n", "more\r\n--=_x\r\n\r\nx\r\n", "parts"),
            ("--=_x--\r\n", "--=_x--\r\nepilogue\r\n", "parts"),
            ("text/html", "text/plain", "parts"),
            ("alternative", "mixed", "Content-Type"),
            ("<p>plain", "<p>plane", "HTML text"),
            ("hello", "h\u{e9}llo", "character set"),
            ("more\r\n\r\n", "more\n\r\n", "line end"),
            ("more\r\n\r\n", "more\r\r\n", "line end"),
        ] {
            assert_ne!(MAIL.replacen(part, other, 1), MAIL);
            assert_eq!(
                verdict(&MAIL.replacen(part, other, 1)),
                Err(what),
                "{other}"
            );
        }
        let long = format!("more {}", "x".repeat(999));
        assert_eq!(
            verdict(&MAIL.replacen("more\r\n", &format!("{long}\r\n"), 1)),
            Err("line length")
        );
    }
    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        /// What it takes for the same, a reader of mail shows as the same.
        #[test]
        fn it_reads_a_body_as_others_do(body in "[\\PC\\n =.F-]{0,300}", other in "[a-c=\\n\\r 0-9A-F]{0,40}") {
            let encoded = mime::quoted_printable(&body);
            proptest::prop_assert_eq!(is_same(&encoded, &body), Some(true));
            let raw = format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{other}");
            let mail = MessageParser::default().parse(raw.as_bytes()).unwrap();
            let shown = mail.body_text(0).unwrap_or_default().replace("\r\n", "\n");
            if lines(other.as_bytes()).is_ok() && is_same(&other, &shown).is_some() {
                proptest::prop_assert_eq!(is_same(&other, &shown), Some(true), "{:?}", shown);
            }
        }
    }
}
