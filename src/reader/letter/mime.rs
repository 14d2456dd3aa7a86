//! The parts of a mail (RFC 2045, 2046), found in one pass over the bytes.
//!
//! Own splitter, because the library's tree of nested messages overflows the stack when dropped:
//! nothing here nests, an attached mail is a leaf that the caller opens on its own. Fails by
//! [`TooMuch`] past a cap; a missing end boundary ends at the end of the mail.

use crate::reader::letter::fields::{self, Mime, Shared};
use crate::reader::work;
use mail_parser::{MessageParser, MimeHeaders};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Parts of one mail; a newsletter has about ten.
pub const MAX_PARTS: usize = 1000;
/// Multiparts inside one another; real mail stays below ten.
pub const MAX_DEPTH: usize = 100;

#[derive(Debug, PartialEq, Eq)]
pub enum TooMuch {
    Parts,
    Depth,
}

/// One part, as ranges of the mail's bytes.
pub struct Part {
    /// Index of the multipart around it.
    pub parent: Option<usize>,
    /// Type and subtype in lower case; `text/plain` where none is given.
    pub kind: Shared,
    /// Parameters of the content type, names in lower case.
    pub params: Vec<(Shared, Shared)>,
    pub attachment: bool,
    pub file_name: Option<String>,
    /// In a transfer encoding that has to be undone.
    pub encoded: bool,
    pub head: Range<usize>,
    pub body: Range<usize>,
}

impl Part {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| &**value)
    }
    pub fn is_multipart(&self) -> bool {
        self.kind.starts_with("multipart/")
    }
}

/// Reads header fields that say what a part is, and nothing else.
static PARSER: LazyLock<MessageParser> = LazyLock::new(|| {
    MessageParser::new()
        .default_header_ignore()
        .with_mime_headers()
});

/// What a delimiter begins with, behind the line before it.
static DELIMITER: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new("\n--"));

/// Where the header block that starts at `start` ends: after its empty line, or at `end`.
pub fn head_end(raw: &[u8], start: usize, end: usize) -> usize {
    let block = raw.get(start..end).unwrap_or_default();
    let mut at = start;
    for line_end in memchr::memchr_iter(b'\n', block) {
        let line = raw.get(at..start + line_end).unwrap_or_default();
        at = start + line_end + 1;
        if matches!(line, b"" | b"\r") {
            return at;
        }
    }
    end
}

/// All parts in the order of the mail; the first is the mail itself.
pub fn split(raw: &[u8], head: Range<usize>, root: Mime) -> Result<Vec<Part>, TooMuch> {
    let mut parts: Vec<Part> = Vec::new();
    // Open multiparts: index of the part, by boundary and in order of opening.
    let mut open: Vec<(Vec<u8>, usize)> = Vec::new();
    let mut by_boundary: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut at = head.end;
    parts.push(part(root, head, None, raw.len()));
    enter(&parts, 0, &mut open, &mut by_boundary);
    if open.is_empty() {
        return Ok(parts);
    }
    // The leaf whose bytes are passing by.
    let mut leaf: Option<usize> = None;
    while at < raw.len() {
        let rest = raw.get(at..).unwrap_or_default();
        if !rest.starts_with(b"--") {
            let next = DELIMITER.find(rest);
            let skipped = next.map_or(rest.len(), |next| next + 1);
            work::steps(skipped);
            at += skipped;
            continue;
        }
        let length = line_length(rest);
        let line = rest.get(..length).unwrap_or_default();
        work::steps(length);
        let Some((level, last)) = delimiter(line, &by_boundary) else {
            at += length;
            continue;
        };
        if let Some(body) = leaf.take().and_then(|l| parts.get_mut(l)) {
            body.body.end = body_end(raw, body.body.start, at);
        }
        for (boundary, _) in open.drain(level + 1..) {
            by_boundary.remove(&boundary);
        }
        at += length;
        if last {
            if let Some((boundary, _)) = open.pop() {
                by_boundary.remove(&boundary);
            }
            if open.is_empty() {
                break;
            }
            continue;
        }
        let Some(parent) = open.last().map(|(_, index)| *index) else {
            break;
        };
        if parts.len() >= MAX_PARTS {
            return Err(TooMuch::Parts);
        }
        if open.len() >= MAX_DEPTH {
            return Err(TooMuch::Depth);
        }
        let head = at..part_head_end(raw, at, &by_boundary);
        at = head.end;
        let index = parts.len();
        let mime = fields::mime(raw.get(head.clone()).unwrap_or_default());
        parts.push(part(mime, head, Some(parent), raw.len()));
        if !enter(&parts, index, &mut open, &mut by_boundary) {
            leaf = Some(index);
        }
    }
    Ok(parts)
}

/// Opens a multipart that names its boundary; false for a leaf.
fn enter(
    parts: &[Part],
    index: usize,
    open: &mut Vec<(Vec<u8>, usize)>,
    by_boundary: &mut HashMap<Vec<u8>, usize>,
) -> bool {
    let Some(part) = parts.get(index).filter(|p| p.is_multipart()) else {
        return false;
    };
    let boundary = part.param("boundary").unwrap_or_default().trim_end();
    // An inner multipart with the boundary of an outer one can never be told from it.
    if boundary.is_empty() || by_boundary.contains_key(boundary.as_bytes()) {
        return false;
    }
    by_boundary.insert(boundary.as_bytes().to_vec(), open.len());
    open.push((boundary.as_bytes().to_vec(), index));
    true
}

fn line_length(rest: &[u8]) -> usize {
    memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1)
}

/// Level of the multipart whose delimiter this line is, and whether it is the closing one.
fn delimiter(line: &[u8], by_boundary: &HashMap<Vec<u8>, usize>) -> Option<(usize, bool)> {
    let name = line.strip_prefix(b"--")?.trim_ascii_end();
    if let Some(level) = by_boundary.get(name) {
        return Some((*level, false));
    }
    let name = name.strip_suffix(b"--")?;
    by_boundary.get(name).map(|level| (*level, true))
}

/// The end of a part's header block; a delimiter ends it too, so that a part without an empty
/// line does not swallow its neighbours.
fn part_head_end(raw: &[u8], start: usize, by_boundary: &HashMap<Vec<u8>, usize>) -> usize {
    let mut at = start;
    while at < raw.len() {
        let rest = raw.get(at..).unwrap_or_default();
        let length = line_length(rest);
        let line = rest.get(..length).unwrap_or_default();
        if delimiter(line, by_boundary).is_some() {
            return at;
        }
        at += length;
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
    }
    at
}

/// RFC 2046 section 5.1.1: the line end before a delimiter belongs to the delimiter.
fn body_end(raw: &[u8], start: usize, delimiter: usize) -> usize {
    let body = raw.get(start..delimiter).unwrap_or_default();
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    start + body.strip_suffix(b"\r").unwrap_or(body).len()
}

fn part(mime: Mime, head: Range<usize>, parent: Option<usize>, end: usize) -> Part {
    Part {
        parent,
        kind: mime.kind,
        params: mime.params,
        attachment: mime.attachment,
        file_name: mime.file_name,
        encoded: mime.encoded,
        body: head.end..end,
        head,
    }
}

/// The text of a `text/*` leaf, decoded from its transfer encoding and charset.
pub fn text<'a>(raw: &'a [u8], part: &Part) -> Cow<'a, str> {
    if let Some(text) = plain_utf8(raw, part) {
        return Cow::Borrowed(text);
    }
    let bytes = raw.get(part.head.start..part.body.end).unwrap_or_default();
    if let Some(parsed) = PARSER.parse(bytes) {
        return parsed
            .parts
            .first()
            .and_then(|p| p.text_contents())
            .map(|text| Cow::Owned(text.to_owned()))
            .unwrap_or_default();
    }
    // The library takes a part without any header field for nothing.
    String::from_utf8_lossy(raw.get(part.body.clone()).unwrap_or_default())
}

/// The text where there is nothing to decode, which is how most programs send it.
fn plain_utf8<'a>(raw: &'a [u8], part: &Part) -> Option<&'a str> {
    let body = raw.get(part.body.clone())?;
    let charset = part.param("charset").unwrap_or("utf-8");
    let is = |name: &str| charset.eq_ignore_ascii_case(name);
    let same = is("utf-8") || (is("us-ascii") && body.is_ascii());
    let text = matches!(&*part.kind, "text/plain" | "text/html");
    if part.encoded || !same || !text || part.head.is_empty() {
        return None;
    }
    std::str::from_utf8(body).ok()
}

/// The bytes of a leaf, decoded from its transfer encoding (RFC 2045 section 6).
pub fn bytes(raw: &[u8], part: &Part) -> Vec<u8> {
    let head = raw.get(part.head.clone()).unwrap_or_default();
    let body = raw.get(part.body.clone()).unwrap_or_default();
    let encoding = PARSER
        .parse_headers(head)
        .and_then(|m| {
            m.parts
                .first()
                .and_then(|p| p.content_transfer_encoding())
                .map(str::to_ascii_lowercase)
        })
        .unwrap_or_default();
    if encoding != "base64" && encoding != "quoted-printable" {
        return body.to_vec();
    }
    // The library decodes by the part's own header; as an unknown type it stays bytes.
    let mut single = format!(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    .into_bytes();
    single.extend_from_slice(body);
    PARSER
        .parse(&single)
        .and_then(|m| m.parts.into_iter().next())
        .map(|p| p.contents().to_vec())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(raw: &[u8], start: usize) -> Result<Vec<Part>, TooMuch> {
        let head = start..head_end(raw, start, raw.len());
        let root = fields::mime(raw.get(head.clone()).unwrap());
        super::split(raw, head, root)
    }

    #[test]
    fn parts_are_found_at_every_level() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\r\n\r\npre\r\n--a\r\nContent-Type: multipart/alternative; boundary=\"a b\"\r\n\r\n--a b\r\n\r\nplain\r\n--a b\r\nContent-Type: text/html\r\n\r\n<p>html\r\n--a b--\r\n--a\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF\r\n--a--\r\n";
        let parts = split(raw, 0).unwrap();
        let kinds: Vec<&str> = parts.iter().map(|p| &*p.kind).collect();
        assert_eq!(
            kinds,
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "application/pdf"
            ]
        );
        assert_eq!(text(raw, &parts[2]), "plain");
        assert_eq!(text(raw, &parts[3]), "<p>html");
        assert_eq!(parts[4].file_name.as_deref(), Some("x.pdf"));
        assert!(parts[4].attachment);
    }

    #[test]
    fn too_many_parts_and_levels_are_refused() {
        let mut many = b"Content-Type: multipart/mixed; boundary=a\n\n".to_vec();
        for _ in 0..1001 {
            many.extend_from_slice(b"--a\n\nx\n");
        }
        assert_eq!(split(&many, 0).err(), Some(TooMuch::Parts));
        let mut deep = b"Content-Type: multipart/mixed; boundary=b0\n\n".to_vec();
        for n in 0..200 {
            deep.extend_from_slice(
                format!(
                    "--b{n}\nContent-Type: multipart/mixed; boundary=b{}\n\n",
                    n + 1
                )
                .as_bytes(),
            );
        }
        assert_eq!(split(&deep, 0).err(), Some(TooMuch::Depth));
    }

    #[test]
    fn what_needs_no_decoding_is_what_the_library_reads() {
        for head in [
            "",
            "Content-Type: text/plain\r\n",
            "Content-Type: TEXT/HTML; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n",
            "Content-Type: text/plain; charset=us-ascii\r\n",
            "Subject: a\r\n b\r\nX\r\nContent-Type: text/plain; format=flowed\r\n",
        ] {
            for body in ["", "Yes\r\n", "\r\n\r\n--x\r\nJä\n", "X: y\r\n\r\nz"] {
                let raw = format!("{head}\r\n{body}");
                let parts = split(raw.as_bytes(), 0).unwrap();
                let parsed = PARSER.parse(raw.as_bytes());
                let library = parsed
                    .as_ref()
                    .and_then(|m| m.parts.first()?.text_contents());
                if let Some(ours) = plain_utf8(raw.as_bytes(), &parts[0]) {
                    assert_eq!(ours, library.unwrap_or(body), "{raw:?}");
                }
            }
        }
    }

    #[test]
    fn a_cut_mail_keeps_what_arrived() {
        let raw = b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nYes, pl";
        let parts = split(raw, 0).unwrap();
        assert_eq!(text(raw, &parts[1]), "Yes, pl");
    }
}
