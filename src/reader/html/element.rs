//! Names of HTML elements as numbers that are compared at a look, and what each kind of element does.
//!
//! Never fails: a name that nobody knows is an element like `span`.

/// The name of an element; written in any case it is the same.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    element: Element,
    kind: u8,
    text: &'a str,
}

/// A name as a number: its octets in lower case, the first one lowest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element(u64);

/// In place of the number of a name with more octets than it holds.
const LONG: Element = Element(0);

const fn element(name: &str) -> Element {
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
    Element(number)
}

macro_rules! elements {
    ($($name:ident)*) => {
        $(pub const $name: Element = element(stringify!($name));)*
    };
}

elements! {
    ADDRESS AREA ARTICLE ASIDE AUDIO BASE BASEFONT BODY BR CANVAS CAPTION CENTER COL DATALIST DD
    DEL DIV DL DT EMBED FIELDSET FIGURE FONT FOOTER FORM H1 H2 H3 H4 H5 H6 HEAD HEADER HR HTML
    IFRAME IMG INPUT LI LINK MAIN MATH META NAV NOFRAMES NOSCRIPT OBJECT OL P PARAM PRE Q S SCRIPT
    SECTION SELECT SOURCE STRIKE STYLE SVG TABLE TBODY TD TEMPLATE TEXTAREA TH THEAD TITLE TR TRACK UL
    VIDEO WBR XMP
}

const BLOCK: u8 = 1;
const VOID: u8 = 2;
const UNSEEN: u8 = 4;
const QUOTE: u8 = 8;
const SPACED: u8 = 16;
const ENDS: u8 = 32;
const CELL: u8 = 64;

fn kind(element: Element, name: &str) -> u8 {
    match element {
        LONG if name.eq_ignore_ascii_case("blockquote") => BLOCK | QUOTE,
        // Those with space around them.
        P | H1 | H2 | H3 | H4 | UL | OL | TABLE | PRE => BLOCK | SPACED,
        // Those that end others of their kind.
        TR | LI | DT | DD => BLOCK | ENDS,
        TD | TH => ENDS | CELL,
        // Elements that stand on lines of their own.
        DIV | DL | H5 | H6 | BODY | HTML | HEAD | CENTER | ADDRESS | ARTICLE | SECTION | HEADER
        | FOOTER | MAIN | NAV | ASIDE | FIGURE | FORM | FIELDSET | TBODY | THEAD | CAPTION => BLOCK,
        // Those without content.
        BR | IMG | INPUT | META | LINK | WBR | AREA | BASE | COL | EMBED | SOURCE | TRACK
        | PARAM | BASEFONT => VOID,
        HR => VOID | BLOCK,
        // Their content is never shown, or struck out.
        SCRIPT | TITLE | TEXTAREA | TEMPLATE | NOSCRIPT | SELECT | OBJECT | SVG | IFRAME
        | AUDIO | VIDEO | CANVAS | MATH | NOFRAMES | XMP | DATALIST | S | DEL | STRIKE => UNSEEN,
        _ => 0,
    }
}

impl<'a> Name<'a> {
    pub fn of(text: &'a str) -> Name<'a> {
        Name::numbered(text, element(text))
    }

    /// A name without capitals, which is its number as it is; `octets` begin with it.
    pub fn small(text: &'a str, octets: &[u8]) -> Name<'a> {
        match octets.first_chunk::<8>() {
            Some(eight) if (1..=8).contains(&text.len()) => {
                let number = u64::from_le_bytes(*eight) & (u64::MAX >> (64 - 8 * text.len()));
                Name::numbered(text, Element(number))
            }
            _ => Name::of(text),
        }
    }

    fn numbered(text: &'a str, element: Element) -> Name<'a> {
        let kind = kind(element, text);
        Name {
            element,
            kind,
            text,
        }
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

    /// Whether it has space around it.
    pub fn is_spaced(&self) -> bool {
        self.kind & SPACED != 0
    }

    /// Whether it ends others than paragraphs where it begins.
    pub fn ends_others(&self) -> bool {
        self.kind & ENDS != 0
    }

    /// Whether it is a cell of a table.
    pub fn is_cell(&self) -> bool {
        self.kind & CELL != 0
    }

    pub fn is_blockquote(&self) -> bool {
        self.kind & QUOTE != 0
    }

    pub fn is_one_of(&self, elements: &[Element]) -> bool {
        elements.contains(&self.element)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.element == other.element
            && (self.element != LONG || self.text.eq_ignore_ascii_case(other.text))
    }
}

impl PartialEq<Element> for Name<'_> {
    fn eq(&self, other: &Element) -> bool {
        self.element == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case() {
        for name in ["script", "TextArea", "noframes"] {
            assert!(Name::of(name).is_unseen(), "{name}");
        }
        for name in ["br", "BASEFONT", "hr"] {
            assert!(Name::of(name).is_void(), "{name}");
        }
        for name in ["p", "DIV", "fieldset", "hr", "h6", "BlockQuote"] {
            assert!(Name::of(name).is_block(), "{name}");
        }
        let quote = Name::of("BlockQuote");
        assert!(quote.is_blockquote() && quote == Name::of("blockquote"));
        assert!(quote != Name::of("blockquotes") && Name::of("span") != Name::of("spam"));
        assert!(
            !Name::of("o:p").is_block() && !Name::of("").is_void() && !Name::of("p\0").is_block()
        );
        assert!(Name::of("P") == P && Name::of("p").is_one_of(&[UL, P]) && Name::of("pre") != P);
    }

    #[test]
    fn small_names_are_their_own_number() {
        for html in [
            "p>and more",
            "noscript>",
            "h1>",
            "blockquote> and more",
            "td>123456",
        ] {
            let name = html.split('>').next().unwrap();
            assert!(
                Name::small(name, html.as_bytes()) == Name::of(name),
                "{html}"
            );
        }
    }
}
