//! Names of HTML elements as numbers that are compared at a look, and what each kind of element does.
//!
//! Never fails: a name that nobody knows is an element like `span`.

use std::sync::LazyLock;

/// The name of an element; written in any case it is the same.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    /// Its octets in lower case, the first one lowest; of longer names only that of a quote is known.
    number: u64,
    kind: u8,
    text: &'a str,
}

/// In place of the number of a name with more octets than it holds.
const LONG: u64 = 0;

const fn number(name: &str) -> u64 {
    let mut octets = name.as_bytes();
    if octets.len() > 8 {
        return LONG;
    }
    let mut number = 0;
    while let [rest @ .., last] = octets {
        if *last == 0 {
            return LONG;
        }
        number = (number << 8) | last.to_ascii_lowercase() as u64;
        octets = rest;
    }
    number
}

/// An element that is asked for by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(u64);

const fn element(name: &str) -> Element {
    Element(number(name))
}

pub const BR: Element = element("br");
pub const DD: Element = element("dd");
pub const DT: Element = element("dt");
pub const FONT: Element = element("font");
pub const H1: Element = element("h1");
pub const H2: Element = element("h2");
pub const H3: Element = element("h3");
pub const H4: Element = element("h4");
pub const HR: Element = element("hr");
pub const IMG: Element = element("img");
pub const LI: Element = element("li");
pub const OL: Element = element("ol");
pub const P: Element = element("p");
pub const PRE: Element = element("pre");
pub const STYLE: Element = element("style");
pub const TABLE: Element = element("table");
pub const TD: Element = element("td");
pub const TH: Element = element("th");
pub const TR: Element = element("tr");
pub const UL: Element = element("ul");

const BLOCK: u8 = 1;
const VOID: u8 = 2;
const UNSEEN: u8 = 4;
const QUOTE: u8 = 8;

impl<'a> Name<'a> {
    pub fn of(text: &'a str) -> Name<'a> {
        let number = number(text);
        let kind = match number {
            LONG if text.eq_ignore_ascii_case("blockquote") => BLOCK | QUOTE,
            LONG => 0,
            _ => KINDS.of(number),
        };
        Name { number, kind, text }
    }

    /// As it is written.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Whether the element stands on lines of its own.
    pub fn is_block(&self) -> bool {
        self.kind & BLOCK != 0
    }

    /// Whether it has no content.
    pub fn is_void(&self) -> bool {
        self.kind & VOID != 0
    }

    /// Whether its content is never shown.
    pub fn is_unseen(&self) -> bool {
        self.kind & UNSEEN != 0
    }

    pub fn is_blockquote(&self) -> bool {
        self.kind & QUOTE != 0
    }

    pub fn is_one_of(&self, elements: &[Element]) -> bool {
        elements.iter().any(|element| element.0 == self.number)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
            && (self.number != LONG || self.text.eq_ignore_ascii_case(other.text))
    }
}

impl PartialEq<Element> for Name<'_> {
    fn eq(&self, other: &Element) -> bool {
        self.number == other.0
    }
}

/// Elements whose content is never shown.
const UNSEEN_NAMES: &[&str] = &[
    "script", "title", "textarea", "template", "noscript", "select", "object", "svg", "iframe",
    "audio", "video", "canvas", "math", "noframes", "xmp", "datalist",
];

const VOID_NAMES: &[&str] = &[
    "br", "hr", "img", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source",
    "track", "param", "basefont",
];

/// Elements that stand on lines of their own.
const BLOCK_NAMES: &[&str] = &[
    "div", "p", "table", "tr", "ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5",
    "h6", "pre", "body", "html", "head", "center", "address", "article", "section", "header",
    "footer", "main", "nav", "aside", "figure", "form", "fieldset", "tbody", "thead", "caption",
    "hr",
];

/// Places of the table of kinds.
const PLACES: usize = 256;

/// The kinds of all names, each at a place that its number gives or behind it.
struct Kinds([(u64, u8); PLACES]);

static KINDS: LazyLock<Kinds> = LazyLock::new(|| {
    let mut kinds = Kinds([(LONG, 0); PLACES]);
    kinds.add_all(UNSEEN_NAMES, UNSEEN);
    kinds.add_all(VOID_NAMES, VOID);
    kinds.add_all(BLOCK_NAMES, BLOCK);
    kinds
});

impl Kinds {
    fn add_all(&mut self, names: &[&str], kind: u8) {
        for name in names {
            let number = number(name);
            let (behind, from) = self.0.split_at_mut(place(number));
            let mut row = from.iter_mut().chain(behind);
            if let Some(slot) = row.find(|(n, _)| *n == LONG || *n == number) {
                *slot = (number, slot.1 | kind);
            }
        }
    }

    fn of(&self, number: u64) -> u8 {
        let (behind, from) = self.0.split_at(place(number));
        let row = from.iter().chain(behind);
        let mut row = row.take_while(|(n, _)| *n != LONG);
        row.find(|(n, _)| *n == number).map_or(0, |(_, kind)| *kind)
    }
}

/// The upper bits are mixed best.
fn place(number: u64) -> usize {
    (number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        for (names, is) in [
            (UNSEEN_NAMES, Name::is_unseen as fn(&Name<'_>) -> bool),
            (VOID_NAMES, Name::is_void),
            (BLOCK_NAMES, Name::is_block),
        ] {
            for name in names {
                let upper = name.to_uppercase();
                assert!(name.len() <= 8, "{name}");
                assert!(is(&Name::of(name)) && is(&Name::of(&upper)), "{name}");
                assert!(Name::of(name) == Name::of(&upper));
            }
        }
        let quote = Name::of("BlockQuote");
        assert!(quote.is_block() && quote.is_blockquote() && quote == Name::of("blockquote"));
        assert!(quote != Name::of("blockquotes") && Name::of("span") != Name::of("spam"));
        assert!(!Name::of("o:p").is_block() && !Name::of("").is_void());
        assert!(Name::of("P") == P && Name::of("p").is_one_of(&[UL, P]) && Name::of("pre") != P);
    }
}
