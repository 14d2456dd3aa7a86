//! ENVELOPE, BODY and BODYSTRUCTURE (RFC 3501 section 7.4.2) from the bytes of a mail; broken fields become NIL.

use super::super::headers::{Mailbox, mailboxes, unfold, values};
use super::mime::{Content, Part, Value};

/// A string of the protocol: quoted if it can be, else a literal (RFC 3501 section 4.3).
pub(super) fn quote(bytes: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(bytes.len() + 2);
    if bytes.len() < 1000 && bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        quoted.push(b'"');
        for byte in bytes {
            if matches!(byte, b'"' | b'\\') {
                quoted.push(b'\\');
            }
            quoted.push(*byte);
        }
        quoted.push(b'"');
    } else {
        quoted.extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
        quoted.extend_from_slice(bytes);
    }
    quoted
}

fn quote_or_nil(text: Option<&str>) -> Vec<u8> {
    text.map_or_else(|| b"NIL".to_vec(), |text| quote(text.as_bytes()))
}

fn list(items: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![b'('];
    bytes.extend(items.join(&b' '));
    bytes.push(b')');
    bytes
}

/// The ENVELOPE of a mail with this header. Encoded words stay encoded, as the RFC has it.
pub(super) fn envelope(header: &[u8]) -> Vec<u8> {
    let first = |name: &str| values(header, name).into_iter().next();
    let people = |name: &str| -> Vec<Mailbox> {
        values(header, name)
            .iter()
            .flat_map(|value| mailboxes(value))
            .collect()
    };
    let from = people("From");
    let or_from = |name: &str| {
        let own = people(name);
        addresses(if own.is_empty() { &from } else { &own })
    };
    list(&[
        quote_or_nil(first("Date").as_deref()),
        quote_or_nil(first("Subject").as_deref()),
        addresses(&from),
        or_from("Sender"),
        or_from("Reply-To"),
        addresses(&people("To")),
        addresses(&people("Cc")),
        addresses(&people("Bcc")),
        quote_or_nil(first("In-Reply-To").as_deref()),
        quote_or_nil(first("Message-ID").as_deref()),
    ])
}

fn addresses(people: &[Mailbox]) -> Vec<u8> {
    if people.is_empty() {
        return b"NIL".to_vec();
    }
    let mut bytes = vec![b'('];
    for one in people {
        let name = Some(one.name.as_str()).filter(|name| !name.is_empty());
        bytes.extend(list(&[
            quote_or_nil(name),
            b"NIL".to_vec(),
            quote(one.local.as_bytes()),
            quote(one.domain.as_bytes()),
        ]));
    }
    bytes.push(b')');
    bytes
}

/// The structure of a part; `extended` is BODYSTRUCTURE, otherwise BODY.
pub(super) fn body_structure(mail: &[u8], part: &Part, extended: bool) -> Vec<u8> {
    let (kind, subtype) = part.types();
    if let Content::Parts(parts) = &part.content {
        let mut bytes = vec![b'('];
        for child in parts {
            bytes.extend(body_structure(mail, child, extended));
        }
        bytes.push(b' ');
        bytes.extend(quote(subtype.as_bytes()));
        if extended {
            bytes.push(b' ');
            bytes.extend(
                [
                    parameters(&part.kind),
                    disposition(part),
                    b"NIL NIL".to_vec(),
                ]
                .join(&b' '),
            );
        }
        bytes.push(b')');
        return bytes;
    }
    let header = mail.get(part.header.clone()).unwrap_or_default();
    let body = mail.get(part.body.clone()).unwrap_or_default();
    let first = |name: &str| values(header, name).into_iter().next();
    let encoding = first("Content-Transfer-Encoding")
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| "7BIT".to_owned());
    let mut items = vec![
        quote(kind.as_bytes()),
        quote(subtype.as_bytes()),
        parameters(&part.kind),
        quote_or_nil(first("Content-ID").as_deref()),
        quote_or_nil(first("Content-Description").as_deref()),
        quote(encoding.as_bytes()),
        body.len().to_string().into_bytes(),
    ];
    let lines = body
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        .to_string()
        .into_bytes();
    match &part.content {
        Content::Mail(inner) => {
            items.push(envelope(mail.get(inner.header.clone()).unwrap_or_default()));
            items.push(body_structure(mail, inner, extended));
            items.push(lines);
        }
        // The grammar demands an envelope for this type; a mail too deep to look into has an empty one.
        Content::Leaf if kind == "message" && subtype == "rfc822" => {
            items.push(envelope(b""));
            items.push(b"(\"text\" \"plain\" NIL NIL NIL \"7BIT\" 0 0)".to_vec());
            items.push(lines);
        }
        _ if kind == "text" => items.push(lines),
        _ => {}
    }
    if extended {
        items.extend([
            b"NIL".to_vec(),
            disposition(part),
            b"NIL".to_vec(),
            b"NIL".to_vec(),
        ]);
    }
    list(&items)
}

fn parameters(value: &Value) -> Vec<u8> {
    if value.parameters.is_empty() {
        return b"NIL".to_vec();
    }
    let words: Vec<Vec<u8>> = value
        .parameters
        .iter()
        .flat_map(|(name, text)| {
            [
                quote(name.as_bytes()),
                quote(unfold(text.as_bytes()).as_bytes()),
            ]
        })
        .collect();
    list(&words)
}

fn disposition(part: &Part) -> Vec<u8> {
    match &part.disposition {
        Some(value) => list(&[quote(value.word.as_bytes()), parameters(value)]),
        None => b"NIL".to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn an_envelope_names_the_people() {
        let header = b"From: \"Ng, A\" <alice@req.example>\r\nTo: b@b.example, C <c@c.example>\r\nSubject: =?utf-8?q?h=C3=A9?=\r\nMessage-ID: <1@req.example>\r\n\r\n";
        assert_eq!(
            shown(&envelope(header)),
            "(NIL \"=?utf-8?q?h=C3=A9?=\" ((\"Ng, A\" NIL \"alice\" \"req.example\")) ((\"Ng, A\" NIL \"alice\" \"req.example\")) \
             ((\"Ng, A\" NIL \"alice\" \"req.example\")) ((NIL NIL \"b\" \"b.example\")(\"C\" NIL \"c\" \"c.example\")) \
             NIL NIL NIL \"<1@req.example>\")"
        );
    }

    #[test]
    fn structures_nest() {
        let mail = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\none\r\ntwo\r\n--x\r\n\
            Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--x--\r\n";
        let part = Part::of_mail(mail);
        assert_eq!(
            shown(&body_structure(mail, &part, false)),
            "((\"text\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7BIT\" 8 1)(\"application\" \"pdf\" (\"name\" \"a.pdf\") NIL NIL \"base64\" 4) \"mixed\")"
        );
        assert!(
            shown(&body_structure(mail, &part, true))
                .contains("(\"attachment\" (\"filename\" \"a.pdf\"))")
        );
    }

    #[test]
    fn strings_that_cannot_be_quoted_are_literals() {
        assert_eq!(quote(b"a\"b\\"), b"\"a\\\"b\\\\\"");
        assert_eq!(quote("é".as_bytes()), "{2}\r\né".as_bytes());
    }
}
