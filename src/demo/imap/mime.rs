//! The parts of a mail as ranges of its bytes (RFC 2045, 2046). Parts beyond the limits are one opaque part; nothing is decoded.

use std::ops::Range;

use super::super::headers::{fields, split};

/// Deeper nesting is shown as one part: it costs a scan of the mail a level.
const MAX_DEPTH: usize = 12;
/// Parts of one mail; a mail of newsletters has a few dozen.
const MAX_PARTS: usize = 500;

/// One part, or the whole mail.
pub(super) struct Part {
    /// The MIME header with the empty line after it.
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
    pub(super) kind: Value,
    pub(super) disposition: Option<Value>,
    pub(super) content: Content,
}

pub(super) enum Content {
    Leaf,
    Parts(Vec<Part>),
    /// A message/rfc822: header and body of the mail inside.
    Mail(Box<Part>),
}

/// `word; name=value; …`, for Content-Type the word is `type/subtype`.
pub(super) struct Value {
    pub(super) word: String,
    pub(super) parameters: Vec<(String, String)>,
}

impl Value {
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Part {
    /// The parts of a whole mail.
    pub(super) fn of_mail(mail: &[u8]) -> Self {
        let mut budget = MAX_PARTS;
        read(mail, 0..mail.len(), "text/plain", MAX_DEPTH, &mut budget)
    }

    /// Type and subtype.
    pub(super) fn types(&self) -> (&str, &str) {
        self.kind
            .word
            .split_once('/')
            .unwrap_or(("application", "octet-stream"))
    }

    /// The part with these numbers (RFC 3501 section 6.4.5), seen from a mail.
    pub(super) fn find(&self, numbers: &[u32]) -> Option<&Self> {
        let Some((first, rest)) = numbers.split_first() else {
            return Some(self);
        };
        let child = match &self.content {
            Content::Parts(parts) => parts.get(usize::try_from(*first).ok()?.checked_sub(1)?)?,
            // A mail without parts has one: its body.
            _ if *first == 1 => self,
            _ => return None,
        };
        match (&child.content, rest) {
            (_, []) => Some(child),
            (Content::Mail(inner), _) => inner.find(rest),
            (Content::Parts(_), _) => child.find(rest),
            (Content::Leaf, _) => None,
        }
    }
}

fn read(mail: &[u8], range: Range<usize>, default: &str, depth: usize, budget: &mut usize) -> Part {
    let bytes = mail.get(range.clone()).unwrap_or_default();
    let (header, _) = split(bytes);
    let middle = range.start + header.len();
    let find = |name: &str| {
        fields(header)
            .into_iter()
            .find(|field| field.is(name))
            .map(|field| field.unfolded())
    };
    let mut kind = value(&find("Content-Type").unwrap_or_default());
    if !kind
        .word
        .split_once('/')
        .is_some_and(|(one, other)| !one.is_empty() && !other.is_empty())
    {
        kind = Value {
            word: default.to_owned(),
            parameters: Vec::new(),
        };
    }
    let disposition = find("Content-Disposition")
        .map(|text| value(&text))
        .filter(|value| !value.word.is_empty());
    let body = middle..range.end;
    let content = read_content(mail, body.clone(), &kind, depth, budget);
    if matches!(content, Content::Leaf) && kind.word.starts_with("multipart/") {
        kind = Value {
            word: "application/octet-stream".to_owned(),
            parameters: Vec::new(),
        };
    }
    Part {
        header: range.start..middle,
        body,
        kind,
        disposition,
        content,
    }
}

fn read_content(
    mail: &[u8],
    body: Range<usize>,
    kind: &Value,
    depth: usize,
    budget: &mut usize,
) -> Content {
    *budget = budget.saturating_sub(1);
    if depth == 0 || *budget == 0 {
        return Content::Leaf;
    }
    if kind.word == "message/rfc822" {
        return Content::Mail(Box::new(read(mail, body, "text/plain", depth - 1, budget)));
    }
    let Some(boundary) = kind
        .parameter("boundary")
        .filter(|_| kind.word.starts_with("multipart/"))
    else {
        return Content::Leaf;
    };
    let default = if kind.word == "multipart/digest" {
        "message/rfc822"
    } else {
        "text/plain"
    };
    let mut parts = Vec::new();
    for range in between_boundaries(mail, body, boundary.as_bytes()) {
        if *budget == 0 {
            break;
        }
        parts.push(read(mail, range, default, depth - 1, budget));
    }
    if parts.is_empty() {
        Content::Leaf
    } else {
        Content::Parts(parts)
    }
}

/// The ranges between the delimiter lines; the line end before a delimiter belongs to it (RFC 2046 section 5.1.1).
fn between_boundaries(mail: &[u8], body: Range<usize>, boundary: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = body.start;
    let mut open: Option<usize> = None;
    let bytes = mail.get(body.clone()).unwrap_or_default();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let after = at + line.len();
        if let Some(last) = delimiter(line, boundary) {
            if let Some(start) = open {
                let before = mail.get(start..at).unwrap_or_default();
                let trimmed = before
                    .strip_suffix(b"\n")
                    .map_or(before, |text| text.strip_suffix(b"\r").unwrap_or(text));
                found.push(start..start + trimmed.len());
            }
            open = (!last).then_some(after);
            if last || found.len() >= MAX_PARTS {
                return found;
            }
        }
        at = after;
    }
    if let Some(start) = open {
        found.push(start..body.end);
    }
    found
}

/// Whether a line is the delimiter, and whether it is the last.
fn delimiter(line: &[u8], boundary: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(b"--")?.strip_prefix(boundary)?;
    let (rest, last) = match rest.strip_prefix(b"--") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    rest.iter().all(u8::is_ascii_whitespace).then_some(last)
}

/// Reads `word; name=value; name="value"`; what does not fit is left out.
pub(super) fn value(text: &str) -> Value {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut quoted = false;
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => piece.extend(signs.next()),
            '"' => quoted = !quoted,
            ';' if !quoted => pieces.push(std::mem::take(&mut piece)),
            _ => piece.push(sign),
        }
    }
    pieces.push(piece);
    let mut pieces = pieces.into_iter();
    let word: String = pieces
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let parameters = pieces.filter_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    Value {
        word: word.to_ascii_lowercase(),
        parameters: parameters.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n--a b\r\n\r\none\r\n--a b \r\n\
        Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhello\r\n--a b--\r\npost\r\n";

    #[test]
    fn parts_are_found_by_number() {
        let whole = Part::of_mail(MAIL);
        let text = |numbers: &[u32]| {
            whole
                .find(numbers)
                .map(|part| String::from_utf8_lossy(&MAIL[part.body.clone()]).into_owned())
        };
        assert_eq!(text(&[1]).as_deref(), Some("one"));
        assert_eq!(text(&[2]).as_deref(), Some("Subject: in\r\n\r\nhello"));
        assert_eq!(text(&[2, 1]).as_deref(), Some("hello"));
        assert_eq!(text(&[3]), None);
        assert_eq!(text(&[1, 1]), None);
    }

    #[test]
    fn nesting_without_end_is_cut() {
        let mut mail = String::new();
        for _ in 0..5000 {
            mail.push_str("Content-Type: message/rfc822\r\n\r\n");
        }
        let mut part = &Part::of_mail(mail.as_bytes());
        let mut depth = 0;
        while let Content::Mail(inner) = &part.content {
            part = inner;
            depth += 1;
        }
        assert_eq!(depth, MAX_DEPTH);
    }

    #[test]
    fn a_multipart_without_parts_is_opaque() {
        let part = Part::of_mail(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno parts\r\n");
        assert_eq!(part.kind.word, "application/octet-stream");
        assert!(matches!(part.content, Content::Leaf));
    }
}
