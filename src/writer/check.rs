//! The last look before a mail goes out: its bytes, read back, must be what was meant.
//!
//! Fails with the part that differs; the mail is then not written.

use crate::reader::address::Person;
use crate::writer::{WriteError, mime, text};
use mail_parser::{HeaderName, MessageParser};

/// Octets of a line without its CRLF (RFC 5322 section 2.1.1).
const MAX_LINE_OCTETS: usize = 998;

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
    let (head, _) = text.split_once("\r\n\r\n").ok_or("header")?;
    let names: Vec<&str> = head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').map_or("", |(name, _)| name))
        .collect();
    if names != meant.names {
        return Err("set of header fields");
    }
    parsed(bytes, meant)
}

/// Lines end with CRLF and nothing else, and none is too long.
fn lines(bytes: &[u8]) -> Result<(), &'static str> {
    if memchr::memchr(b'\0', bytes).is_some() {
        return Err("line end");
    }
    let mut start = 0;
    let mut ends = memchr::memchr2_iter(b'\r', b'\n', bytes);
    while let Some(end) = ends.next() {
        // The first of both is CR, and LF follows at once.
        if bytes.get(end) != Some(&b'\r')
            || ends.next() != Some(end + 1)
            || bytes.get(end + 1) != Some(&b'\n')
        {
            return Err("line end");
        }
        if end - start > MAX_LINE_OCTETS {
            return Err("line length");
        }
        start = end + 2;
    }
    match bytes.len() - start > MAX_LINE_OCTETS {
        true => Err("line length"),
        false => Ok(()),
    }
}

fn parsed(bytes: &[u8], meant: &Meant<'_>) -> Result<(), &'static str> {
    let mail = MessageParser::default().parse(bytes).ok_or("form")?;
    for (what, name, people) in [
        ("From", HeaderName::From, meant.from),
        ("To", HeaderName::To, meant.to),
        ("Cc", HeaderName::Cc, meant.cc),
        ("Reply-To", HeaderName::ReplyTo, meant.reply_to),
    ] {
        let found: Vec<(String, String)> = mail
            .header(name)
            .and_then(|value| value.as_address())
            .map(|list| {
                list.iter()
                    .map(|a| {
                        (
                            a.name().unwrap_or_default().to_owned(),
                            a.address().unwrap_or_default().to_owned(),
                        )
                    })
                    .collect()
            })
            .unwrap_or_default();
        if found != people {
            return Err(what);
        }
    }
    if mail.subject().unwrap_or_default() != meant.subject {
        return Err("Subject");
    }
    if mail.message_id() != Some(meant.message_id) {
        return Err("Message-ID");
    }
    let same = |found: Option<std::borrow::Cow<'_, str>>, meant: &str| {
        found.is_some_and(|found| found.trim_end().lines().eq(meant.trim_end().lines()))
    };
    if !same(mail.body_text(0), meant.plain) {
        return Err("plain text");
    }
    if !same(mail.body_html(0), meant.html) {
        return Err("HTML text");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: \"Bot\" <bot@b.example>\r\nTo: c@d.example\r\nSubject: hello\r\n\
        Message-ID: <1@b.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n\
        --=_x\r\nContent-Type: text/plain\r\n\r\nplain\r\n\r\n--=_x\r\nContent-Type: text/html\r\n\r\n<p>plain</p>\r\n\r\n--=_x--\r\n";

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
                plain: "plain\n",
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
            ("\r\nplain\r\n", "\r\nplane\r\n", "plain text"),
            ("<p>plain", "<p>plane", "HTML text"),
            ("hello", "h\u{e9}llo", "character set"),
            ("plain\r\n\r\n", "plain\n\r\n", "line end"),
            ("plain\r\n\r\n", "plain\r\r\n", "line end"),
        ] {
            assert_ne!(MAIL.replacen(part, other, 1), MAIL);
            assert_eq!(
                verdict(&MAIL.replacen(part, other, 1)),
                Err(what),
                "{other}"
            );
        }
        let long = format!("plain {}", "x".repeat(999));
        assert_eq!(
            verdict(&MAIL.replacen("plain\r\n", &format!("{long}\r\n"), 1)),
            Err("line length")
        );
    }
}
