//! The header of a mail as bytes: where it ends, its fields, their values. Nothing is rejected; what is no field is skipped.

/// One header field as it stands in the mail.
pub(super) struct Field<'a> {
    /// The name, without the colon.
    pub(super) name: &'a str,
    /// Everything after the colon, still folded, with its line end.
    pub(super) value: &'a [u8],
    /// The whole field with its line end.
    pub(super) raw: &'a [u8],
}

impl Field<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value on one line, without the space around it (RFC 5322 section 2.2.3); bytes that are no UTF-8 are replaced.
    pub(super) fn unfolded(&self) -> String {
        unfold(self.value)
    }
}

/// A value on one line.
pub(super) fn unfold(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let line: String = text
        .chars()
        .filter(|sign| *sign != '\r' && *sign != '\n')
        .collect();
    line.trim().to_owned()
}

/// The mail in two: the header with the empty line that ends it, and the body.
pub(super) fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line == b"\r\n" || line == b"\n" {
            break;
        }
    }
    mail.split_at_checked(at).unwrap_or((mail, &[]))
}

/// The fields of a header, in order.
pub(super) fn fields(header: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut rest = header;
    while !rest.is_empty() {
        let (raw, after) = rest
            .split_at_checked(field_length(rest))
            .unwrap_or((rest, &[]));
        rest = after;
        let Some(colon) = raw.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (Some(name), Some(value)) = (raw.get(..colon), raw.get(colon + 1..)) else {
            continue;
        };
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        let name = name.trim_end();
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) {
            fields.push(Field { name, value, raw });
        }
    }
    fields
}

/// The first line and the folded lines that follow.
fn field_length(bytes: &[u8]) -> usize {
    let mut length = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        if length > 0 && !folded {
            break;
        }
        length += line.len();
    }
    length
}

/// The unfolded values of every field with this name.
pub(super) fn values(header: &[u8], name: &str) -> Vec<String> {
    fields(header)
        .iter()
        .filter(|field| field.is(name))
        .map(Field::unfolded)
        .collect()
}

/// A mailbox of an address field, still encoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mailbox {
    pub(super) name: String,
    pub(super) local: String,
    pub(super) domain: String,
}

/// The mailboxes of an address field (RFC 5322 section 3.4); the names of groups are left out.
pub(super) fn mailboxes(value: &str) -> Vec<Mailbox> {
    let mut found = Vec::new();
    let mut now = Reading::default();
    let mut signs = value.chars();
    let mut comment_depth = 0_usize;
    let mut quoted = false;
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted || comment_depth > 0 => {
                if let Some(next) = signs.next()
                    && comment_depth == 0
                {
                    now.push(next);
                }
            }
            '"' if comment_depth == 0 => {
                quoted = !quoted;
                if now.in_angle {
                    now.push(sign);
                }
            }
            _ if quoted => now.push(sign),
            '(' => comment_depth += 1,
            ')' => comment_depth = comment_depth.saturating_sub(1),
            _ if comment_depth > 0 => {}
            '<' => now.in_angle = true,
            '>' => now.in_angle = false,
            ':' if !now.in_angle => now = Reading::default(),
            ',' | ';' if !now.in_angle => now.finish(&mut found),
            _ => now.push(sign),
        }
    }
    now.finish(&mut found);
    found
}

#[derive(Default)]
struct Reading {
    phrase: String,
    angle: Option<String>,
    in_angle: bool,
}

impl Reading {
    fn push(&mut self, sign: char) {
        if self.in_angle {
            self.angle.get_or_insert_default().push(sign);
        } else {
            self.phrase.push(sign);
        }
    }

    fn finish(&mut self, found: &mut Vec<Mailbox>) {
        let reading = std::mem::take(self);
        let phrase = reading.phrase.trim().to_owned();
        let (name, address) = match reading.angle {
            Some(address) => (phrase, address),
            None => (String::new(), phrase),
        };
        let address: String = address
            .chars()
            .filter(|sign| !sign.is_whitespace())
            .collect();
        if let Some((local, domain)) = address.rsplit_once('@') {
            found.push(Mailbox {
                name,
                local: local.to_owned(),
                domain: domain.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_parts_at_the_first_empty_line() {
        assert_eq!(
            split(b"A: b\r\n\r\nbody\r\n\r\n"),
            (&b"A: b\r\n\r\n"[..], &b"body\r\n\r\n"[..])
        );
        assert_eq!(split(b"A: b\r\n"), (&b"A: b\r\n"[..], &b""[..]));
        assert_eq!(split(b"\r\nbody"), (&b"\r\n"[..], &b"body"[..]));
    }

    #[test]
    fn folded_fields_stay_whole() {
        let header = b"Subject: one\r\n two\r\nnot a field\r\nFrom : a@b.example\r\n\r\n";
        let fields = fields(header);
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[0].unfolded(), "one two");
        assert_eq!(fields[0].raw, b"Subject: one\r\n two\r\n");
        assert!(fields[1].is("from"));
    }

    #[test]
    fn address_fields_are_taken_apart() {
        let all = mailboxes(
            r#""Ng, Alice" <alice@req.example>, bob@b.example (Bob, the), Team: carol@c.example;"#,
        );
        let plain: Vec<_> = all
            .iter()
            .map(|one| (one.name.as_str(), one.local.as_str(), one.domain.as_str()))
            .collect();
        assert_eq!(
            plain,
            [
                ("Ng, Alice", "alice", "req.example"),
                ("", "bob", "b.example"),
                ("", "carol", "c.example")
            ]
        );
        assert!(mailboxes("undisclosed-recipients:;").is_empty());
        assert_eq!(mailboxes("\"half").len(), 0);
    }
}
