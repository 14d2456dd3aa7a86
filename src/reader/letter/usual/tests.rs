//! Whatever is read here is what the library reads.

use super::date::MONTHS;
use super::*;
use crate::reader::letter::fields::Mime;
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
                    let ours: Vec<_> = people.into_iter().map(|p| (p.name, p.address)).collect();
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
