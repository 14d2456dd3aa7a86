//! HTML mail to the text that a person sees, with quotes as `> ` lines.
//!
//! Never fails, and linear: one pass over the bytes, no tree. What is hidden is no text; a quote
//! container's border becomes a line with `clean::QUOTE_MARK`.

mod container;
mod element;
mod entity;
mod space;
mod style;
mod tag;

use crate::reader::html::container::Container;
use crate::reader::html::element::{
    BR, DD, DT, Element, HR, IMG, INPUT, LI, Name, P, PRE, Q, TD, TH, TR,
};
use crate::reader::html::space::{is_indent, is_paragraph, words};
use crate::reader::html::style::{Colors, Look, Sheet};
use crate::reader::html::tag::{Scanner, Tag, Token};
use crate::reader::letter::clean::{QUOTE_MARK, SIGNATURE_MARK, is_shown};
use crate::reader::plain::is_plain;
use crate::reader::work;

/// Elements inside one another that are told apart; deeper ones share their parent's look.
const MAX_DEPTH: usize = 400;
/// Quotes inside one another that are marked.
const MAX_QUOTES: usize = 30;
/// Octets of text made of one mail.
const MAX_TEXT: usize = 4 << 20;

/// Octets of most lines.
const USUAL_LINE: usize = 120;

/// Octets of hidden words that are kept: more than anybody hides without meaning it.
const MAX_HIDDEN: usize = 16 << 10;

/// What a person sees of an HTML body, and what is hidden from her or struck out above the first quote.
pub struct Shown {
    pub text: String,
    pub hidden: String,
}

/// The visible text of an HTML body.
pub fn text(html: &str) -> String {
    shown(html).text
}

/// The visible text of an HTML body, and its hidden words: some programs show what others hide.
pub fn shown(html: &str) -> Shown {
    let mut page = Page::default();
    page.out.reserve(html.len().min(MAX_TEXT) / 2);
    page.line.reserve(USUAL_LINE);
    let mut scanner = Scanner::new(html);
    while let Some(token) = scanner.next() {
        if page.out.len() > MAX_TEXT {
            break;
        }
        match token {
            Token::Text(text) => page.text(text),
            Token::Open(tag) => {
                page.open(&tag);
                scanner.done(tag);
            }
            Token::Close(name) => page.close(&name),
            Token::Sheet(css) => page.sheet.add(css),
            Token::Unseen(html) => page.conceal(html),
        }
    }
    page.end_line();
    let end = page.out.trim_end().len();
    page.out.truncate(end);
    Shown {
        text: page.out,
        hidden: page.concealed,
    }
}

/// An open element, as far as its end matters.
struct Open<'a> {
    name: Name<'a>,
    hidden: bool,
    quote: bool,
    preformatted: bool,
    colors: Colors,
}

#[derive(Default)]
struct Page<'a> {
    out: String,
    line: String,
    /// A space is owed before the next word.
    gap: bool,
    open: Vec<Open<'a>>,
    /// Elements open beyond [`MAX_DEPTH`].
    beyond: usize,
    quotes: usize,
    /// Nothing stands below the border of a quote container yet.
    marked: bool,
    /// A quote has begun.
    quoted: bool,
    concealed: String,
    sheet: Sheet,
}

impl<'a> Page<'a> {
    fn hidden(&self) -> bool {
        self.open.last().is_some_and(|o| o.hidden)
    }

    fn text(&mut self, text: &str) {
        if self.hidden() {
            return self.keep_hidden(text);
        }
        let preformatted = self.open.last().is_some_and(|o| o.preformatted);
        if text == "\n" && !preformatted {
            // Between most tags.
            self.gap = !self.line.is_empty();
            return;
        }
        if !preformatted && is_plain(text) && memchr::memchr(b'&', text.as_bytes()).is_none() {
            if !text.is_empty() {
                self.pay_gap();
                self.line.push_str(text);
            }
            return;
        }
        let text = entity::decode(text);
        if preformatted {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.end_line();
                }
                self.line.extend(line.chars().filter(|c| is_shown(*c)));
            }
            return;
        }
        let mut rest = &*text;
        while !rest.is_empty() {
            let end = memchr::memchr2(b'\n', b'\t', rest.as_bytes());
            let (line, below) = rest
                .split_at_checked(end.map_or(rest.len(), |at| at + 1))
                .unwrap_or((rest, ""));
            self.words(line);
            rest = below;
        }
    }

    fn keep_hidden(&mut self, text: &str) {
        if self.quoted || self.concealed.len() > MAX_HIDDEN {
            return;
        }
        let text = entity::decode(text);
        if text.contains(|c: char| c.is_alphanumeric() || c as u32 > 0x2000 && is_shown(c)) {
            self.concealed.push_str(text.trim());
            self.concealed.push('\n');
        }
    }

    /// The words in an element that is not shown.
    fn conceal(&mut self, html: &str) {
        if self.quoted {
            return;
        }
        for token in Scanner::new(html) {
            if let Token::Text(text) | Token::Unseen(text) = token {
                self.keep_hidden(text);
            }
        }
    }

    /// Text in which white space of any kind and length is one space.
    fn words(&mut self, text: &str) {
        let blank = |octet: &u8| matches!(octet, b' ' | b'\n' | b'\t');
        let start = text.bytes().take_while(blank).count();
        let end = text.len() - text.bytes().rev().take_while(blank).count();
        // All of it may be blank.
        let inner = text.get(start..end).unwrap_or_default();
        if is_plain(inner) {
            if start > 0 || inner.is_empty() {
                self.gap = !self.line.is_empty();
            }
            if !inner.is_empty() {
                self.pay_gap();
                self.line.push_str(inner);
                self.gap = end < text.len();
            }
            return;
        }
        let mut rest = text;
        loop {
            let (shown, behind) = rest
                .split_at_checked(words(rest.as_bytes()))
                .unwrap_or_default();
            if !shown.is_empty() {
                self.pay_gap();
                self.line.push_str(shown);
            }
            let Some(c) = behind.chars().next() else {
                return;
            };
            rest = behind.get(c.len_utf8()..).unwrap_or_default();
            if !is_shown(c) {
                continue;
            }
            if c.is_ascii_whitespace() {
                self.gap = !self.line.is_empty();
                continue;
            }
            self.pay_gap();
            self.line.push(if c == '\u{A0}' { ' ' } else { c });
        }
    }

    fn pay_gap(&mut self) {
        if self.gap {
            self.line.push(' ');
            self.gap = false;
        }
    }

    fn open(&mut self, tag: &Tag<'a>) {
        let name = &tag.name;
        self.close_implied(name);
        let parent = self.open.last();
        let mut look = Look {
            colors: parent.map(|o| o.colors).unwrap_or_default(),
            ..Look::default()
        };
        look.apply(tag, &self.sheet);
        let hidden = parent.is_some_and(|o| o.hidden) || look.hidden;
        let preformatted = parent.is_some_and(|o| o.preformatted);
        if name.is_void() {
            if !hidden {
                self.void(tag);
            }
            return;
        }
        if !hidden {
            self.begin(tag);
        }
        let quote = !hidden && name.is_blockquote() && !is_indent(tag) && self.quotes < MAX_QUOTES;
        if quote {
            self.quotes += 1;
            self.quoted = true;
        }
        if tag.closed {
            return self.end_quote(quote);
        }
        if self.open.len() >= MAX_DEPTH {
            self.beyond += 1;
            return self.end_quote(quote);
        }
        self.open.push(Open {
            name: tag.name,
            hidden,
            quote,
            preformatted: preformatted || *name == PRE || look.preformatted,
            colors: look.colors,
        });
    }

    /// An element without content.
    fn void(&mut self, tag: &Tag<'_>) {
        if tag.name == BR {
            self.end_line();
        } else if tag.name == HR {
            self.break_line();
            self.line.push_str("----------");
            self.end_line();
        } else if tag.name == IMG {
            self.image(tag);
        } else if tag.name == INPUT {
            self.field(tag);
        }
    }

    /// What begins a line, a paragraph or a quote.
    fn begin(&mut self, tag: &Tag<'_>) {
        let name = &tag.name;
        if name.is_cell() {
            self.gap = !self.line.is_empty();
            return;
        }
        if *name == Q {
            self.text("“");
        }
        if name.is_block() {
            self.break_line();
        }
        if is_paragraph(tag) {
            self.blank_line();
        }
        // A blockquote is a quote by its depth.
        match Container::of(tag, name.is_blockquote()) {
            Some(Container::Quote) => {
                self.quoted = true;
                self.break_line();
                if !self.marked {
                    self.line.push(QUOTE_MARK);
                    self.end_line();
                }
            }
            Some(Container::Signature) => {
                self.break_line();
                self.line.push(SIGNATURE_MARK);
                self.end_line();
            }
            None => {}
        }
    }

    fn close(&mut self, name: &Name<'a>) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let at = self.open.iter().rposition(|o| o.name == *name);
        work::steps(self.open.len() - at.unwrap_or(0));
        let Some(at) = at else {
            // A stray `</p>` shows as an empty paragraph, a stray `</br>` as a line end.
            if *name == BR {
                self.end_line();
            }
            return;
        };
        while self.open.len() > at {
            self.pop();
        }
    }

    fn pop(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if open.hidden {
            return;
        }
        if open.name.is_block() {
            self.break_line();
        }
        if open.name == Q {
            self.gap = false;
            self.line.push('”');
        }
        self.end_quote(open.quote);
    }

    fn end_quote(&mut self, quote: bool) {
        if quote {
            self.break_line();
            self.quotes = self.quotes.saturating_sub(1);
        }
    }

    /// HTML 5 ends some elements where the next one begins.
    fn close_implied(&mut self, name: &Name<'_>) {
        let ends: &[Element] = if !name.ends_others() {
            match name.is_block() {
                true => &[P],
                false => return,
            }
        } else if name.is_cell() {
            &[P, TD, TH]
        } else if *name == TR {
            &[P, TD, TH, TR]
        } else if *name == LI {
            &[P, LI]
        } else {
            &[P, DT, DD]
        };
        if self.beyond > 0 {
            return;
        }
        while self.open.last().is_some_and(|o| o.name.is_one_of(ends)) {
            self.pop();
        }
    }

    /// Pictures are no text; an emoji that a program drew as one is.
    fn image(&mut self, tag: &Tag<'_>) {
        let alt = entity::decode(tag.attribute("alt").unwrap_or_default());
        let emoji = !alt.is_empty()
            && alt.chars().count() <= 8
            && alt
                .chars()
                .all(|c| c as u32 > 0x2000 && !c.is_alphanumeric());
        match emoji {
            true => self.text(&alt),
            false => self.keep_hidden(&alt),
        }
    }

    /// A box or a field that a form shows.
    fn field(&mut self, tag: &Tag<'_>) {
        let kind = tag.attribute("type").unwrap_or("text").to_ascii_lowercase();
        match kind.as_str() {
            "checkbox" | "radio" if tag.attribute("checked").is_some() => self.text("[x] "),
            "checkbox" | "radio" => self.text("[ ] "),
            "hidden" => {}
            _ => self.keep_hidden(tag.attribute("value").unwrap_or_default()),
        }
    }

    fn break_line(&mut self) {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.gap = false;
    }

    fn end_line(&mut self) {
        let line = self.line.trim_end();
        let delimiter = self.line == "-- ";
        work::steps(self.quotes);
        for _ in 0..self.quotes {
            self.out.push('>');
        }
        if self.quotes > 0 || !line.is_empty() {
            self.marked = line.ends_with(QUOTE_MARK);
        }
        if self.quotes > 0 && !line.is_empty() {
            self.out.push(' ');
        }
        self.out.push_str(if delimiter { "-- " } else { line });
        self.out.push('\n');
        self.line.clear();
        self.gap = false;
    }

    /// An empty line, unless there is one or nothing stands above.
    fn blank_line(&mut self) {
        let above = self.out.trim_end_matches(['>', ' ']);
        if !above.is_empty() && !above.ends_with("\n\n") && !above.ends_with(QUOTE_MARK) {
            let empty = self
                .out
                .strip_suffix('\n')
                .and_then(|o| o.rsplit('\n').next())
                .is_some_and(|l| l.trim_matches(['>', ' ']).is_empty());
            if !empty {
                self.end_line();
            }
        }
    }
}

#[cfg(test)]
mod tests;
