//! HTML cut into tags and text, in the manner of the standard's tokenizer as far as mail needs.
//!
//! Never fails: a tag, comment or raw element that does not end takes the rest, as in a browser.

use crate::reader::html::element::{Name, SCRIPT, STYLE, TEMPLATE, TITLE};

/// Attributes of one tag that are kept.
const MAX_ATTRIBUTES: usize = 40;

/// Attributes as written: names in any case, values with their references.
type Attributes<'a> = Vec<(&'a str, &'a str)>;

pub struct Tag<'a> {
    pub name: Name<'a>,
    attributes: Attributes<'a>,
    /// A bit for the length of each attribute's name: most that are asked for are not there.
    lengths: u64,
    /// `<br/>`
    pub closed: bool,
}

impl<'a> Tag<'a> {
    /// Whether it is its name alone.
    pub fn is_bare(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The value as written, entities not yet decoded.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        if self.lengths & length_bit(name) == 0 {
            return None;
        }
        self.attributes
            .iter()
            .find(|(n, _)| n.len() == name.len() && n.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

fn length_bit(name: &str) -> u64 {
    1 << (name.len() % u64::BITS as usize)
}

pub enum Token<'a> {
    Text(&'a str),
    Open(Tag<'a>),
    Close(Name<'a>),
    /// The content of a `<style>` element.
    Sheet(&'a str),
    /// The content of an element that is not shown, or struck out; never that of a program's.
    Unseen(&'a str),
}

pub struct Scanner<'a> {
    rest: &'a str,
    /// The room that the attributes of the last tag stood in.
    spare: Attributes<'a>,
}

impl<'a> Scanner<'a> {
    pub fn new(html: &'a str) -> Scanner<'a> {
        Scanner {
            rest: html,
            spare: Vec::new(),
        }
    }

    /// Takes back a tag that was looked at.
    pub fn done(&mut self, tag: Tag<'a>) {
        if tag.attributes.capacity() > 0 {
            self.spare = tag.attributes;
            self.spare.clear();
        }
    }

    /// Takes `length` octets; the callers' lengths end at character borders.
    fn take(&mut self, length: usize) -> &'a str {
        let (head, tail) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    /// Skips to behind the needle, or to the end.
    fn skip_past(&mut self, needle: &str) {
        let length = self
            .rest
            .find(needle)
            .map_or(self.rest.len(), |at| at + needle.len());
        self.take(length);
    }

    /// The content up to the closing tag of this element, which is taken as well.
    fn raw(&mut self, name: &str) -> &'a str {
        let bytes = self.rest.as_bytes();
        let mut from = 0;
        while let Some(at) = self.rest.get(from..).and_then(|r| r.find("</")) {
            let start = from + at;
            let end = start + 2 + name.len();
            let same = bytes
                .get(start + 2..end)
                .is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
            if same {
                let content = self.take(start);
                self.skip_past(">");
                return content;
            }
            from = start + 2;
        }
        let length = self.rest.len();
        self.take(length)
    }

    fn tag(&mut self) -> Tag<'a> {
        let bytes = self.rest.as_bytes();
        // Most names, Outlook's `o:p` among them.
        let is_small = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b':';
        let letters = bytes
            .iter()
            .position(|b| !is_small(b))
            .unwrap_or(bytes.len());
        let name = match bytes.get(letters) {
            Some(b'>' | b' ' | b'/') => Name::small(self.take(letters), bytes),
            // Custom elements are names like others.
            _ => {
                let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/');
                let end = bytes.iter().position(ends);
                Name::of(self.take(end.unwrap_or(bytes.len())))
            }
        };
        if let Some(rest) = self.rest.strip_prefix('>') {
            self.rest = rest;
            return Tag {
                name,
                attributes: Vec::new(),
                lengths: 0,
                closed: false,
            };
        }
        let mut tag = Tag {
            name,
            attributes: std::mem::take(&mut self.spare),
            lengths: 0,
            closed: false,
        };
        loop {
            self.rest = trim_start(self.rest);
            match self.rest.bytes().next() {
                None => return tag,
                Some(b'>') => {
                    self.take(1);
                    return tag;
                }
                Some(b'/') => {
                    self.take(1);
                    tag.closed = self.rest.starts_with('>');
                }
                Some(_) => self.attribute(&mut tag),
            }
        }
    }

    fn attribute(&mut self, tag: &mut Tag<'a>) {
        let bytes = self.rest.as_bytes();
        let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'>' | b'/' | b'=');
        // Whatever the first one is.
        let behind = bytes.get(1..).unwrap_or_default();
        let end = behind.iter().position(ends);
        let end = end.map_or(bytes.len(), |at| at + 1);
        let name = self.take(end);
        let after = trim_start(self.rest);
        let mut value = "";
        if let Some(after) = after.strip_prefix('=') {
            self.rest = trim_start(after);
            value = match self.rest.bytes().next() {
                Some(quote @ (b'"' | b'\'')) => {
                    self.take(1);
                    let end = memchr::memchr(quote, self.rest.as_bytes());
                    let end = end.unwrap_or(self.rest.len());
                    let value = self.take(end);
                    self.take(1);
                    value
                }
                _ => {
                    let is_end = |b: &u8| b.is_ascii_whitespace() || *b == b'>';
                    let end = self.rest.as_bytes().iter().position(is_end);
                    self.take(end.unwrap_or(self.rest.len()))
                }
            };
        }
        if tag.attributes.len() < MAX_ATTRIBUTES {
            tag.lengths |= length_bit(name);
            tag.attributes.push((name, value));
        }
    }
}

/// As the standard library's, told at a look where there is nothing to trim.
fn trim_start(text: &str) -> &str {
    let text = text.strip_prefix(' ').unwrap_or(text);
    match text.as_bytes().first() {
        Some(first) if first.is_ascii_graphic() => text,
        _ => text.trim_start(),
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if !self.rest.starts_with('<') {
                let next = memchr::memchr(b'<', self.rest.as_bytes());
                let text = self.take(next.unwrap_or(self.rest.len()));
                return (!text.is_empty()).then_some(Token::Text(text));
            }
            let after = self.rest.strip_prefix('<')?;
            let kind = after.bytes().next().unwrap_or_default();
            if kind.is_ascii_alphabetic() {
                self.take(1);
                let tag = self.tag();
                let (is_void, is_unseen) = (tag.name.is_void(), tag.name.is_unseen());
                // Only void elements close themselves; Word writes `<o:p/>` all the same.
                if tag.closed && !is_void && !is_unseen && tag.name.text().contains(':') {
                    self.done(tag);
                    continue;
                }
                if tag.name == STYLE {
                    let css = self.raw("style");
                    return Some(Token::Sheet(css));
                }
                if is_unseen {
                    let content = self.raw(tag.name.text());
                    let is_programs = tag.name.is_one_of(&[SCRIPT, TITLE, TEMPLATE]);
                    self.done(tag);
                    if is_programs {
                        continue;
                    }
                    return Some(Token::Unseen(content));
                }
                return Some(Token::Open(Tag {
                    closed: tag.closed && is_void,
                    ..tag
                }));
            }
            if after.starts_with("!--") {
                self.take(4);
                // `<!-->` and `<!--->` are comments that end at once.
                self.skip_past(if self.rest.starts_with('>') {
                    ">"
                } else {
                    "-->"
                });
            } else if after.starts_with(['!', '?']) {
                self.skip_past(">");
            } else if let Some(closing) = after.strip_prefix('/') {
                if closing.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    self.take(2);
                    let tag = self.tag();
                    let name = tag.name;
                    self.done(tag);
                    return Some(Token::Close(name));
                }
                self.skip_past(">");
            } else {
                return Some(Token::Text(self.take(1)));
            }
        }
    }
}
