//! What a style hides: declarations of an element, and the simple rules of a sheet.
//!
//! Fails towards hidden: text that only some readers would see is no text, nor is what was struck out.

use crate::reader::html::element::FONT;
use crate::reader::html::entity;
use crate::reader::html::tag::Tag;
use std::borrow::Cow;
use std::collections::HashSet;

/// Octets of style sheets that are read.
const MAX_SHEET: usize = 256 << 10;

/// Colours as far as they are known: red, green, blue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colors {
    text: Option<u32>,
    /// None: a picture or a form that is not read; text on it counts as seen.
    ground: Option<u32>,
}

const WHITE: u32 = 0x00FF_FFFF;

impl Default for Colors {
    fn default() -> Self {
        Colors {
            text: Some(0),
            ground: Some(WHITE),
        }
    }
}

#[derive(Clone, Copy, Default)]
pub struct Look {
    pub hidden: bool,
    pub preformatted: bool,
    pub colors: Colors,
}

impl Look {
    /// Applies an element's attributes and the sheet to the look that it inherits.
    pub fn apply(&mut self, tag: &Tag<'_>, sheet: &Sheet) {
        if tag.is_bare() {
            return;
        }
        let before = self.colors;
        if tag.attribute("hidden").is_some() || sheet.hides(tag) {
            self.hidden = true;
        }
        if let Some(ground) = tag.attribute("bgcolor") {
            self.colors.ground = color(ground);
        }
        if tag.attribute("background").is_some() {
            self.colors.ground = None;
        }
        if tag.name == FONT
            && let Some(text) = tag.attribute("color")
        {
            self.colors.text = color(text);
        }
        if let Some(style) = tag.attribute("style") {
            self.declarations(style);
        }
        let same = self.colors.text.is_some() && self.colors.text == self.colors.ground;
        if same && self.colors != before {
            self.hidden = true;
        }
    }

    fn declarations(&mut self, style: &str) {
        let style = without_comments(entity::decode(style)).to_ascii_lowercase();
        let mut seen = Seen::default();
        for declaration in style.split(';') {
            let Some((name, value)) = declaration.split_once(':') else {
                continue;
            };
            if value.contains('!') {
                let value = value.replace("!important", "");
                self.declaration(name.trim(), value.trim(), &mut seen);
            } else {
                self.declaration(name.trim(), value.trim(), &mut seen);
            }
        }
        self.hidden |= seen.clipped && (seen.no_size && !seen.grows || seen.absolute);
        self.hidden |= seen.absolute && seen.outside;
    }

    fn declaration(&mut self, name: &str, value: &str, seen: &mut Seen) {
        match name {
            "display" => self.hidden |= value == "none",
            "visibility" => self.hidden |= matches!(value, "hidden" | "collapse"),
            "content-visibility" => self.hidden |= value == "hidden",
            "mso-hide" => self.hidden |= value == "all",
            "font-size" => {
                self.hidden |= match value.ends_with('%') {
                    true => length(value).is_some_and(|l| l < 10.0),
                    false => pixels(value).is_some_and(|l| l < 1.5),
                }
            }
            "font" => {
                self.hidden |=
                    value.starts_with("0/") || value.starts_with("0 ") || value.starts_with("0px")
            }
            "text-decoration" | "text-decoration-line" => {
                self.hidden |= value.contains("line-through")
            }
            // Word's own.
            "text-line-through" => self.hidden |= value != "none",
            "opacity" => self.hidden |= length(value).is_some_and(|l| l < 0.05),
            "text-indent" => self.hidden |= length(value).is_some_and(|l| l < -100.0),
            "transform" => self.hidden |= value.replace(' ', "").contains("scale(0"),
            "clip-path" => {
                self.hidden |= value.contains("inset(100%") || value.contains("inset(50%")
            }
            "clip" => seen.clipped |= value.starts_with("rect"),
            "overflow" => seen.clipped |= value == "hidden",
            "height" | "max-height" | "width" | "max-width" => {
                seen.no_size |= match value.ends_with('%') {
                    true => length(value) == Some(0.0),
                    false => pixels(value).is_some_and(|l| l < 1.5),
                }
            }
            "min-height" | "min-width" => seen.grows |= length(value).is_some_and(|l| l > 0.0),
            "position" => seen.absolute |= matches!(value, "absolute" | "fixed"),
            "left" | "top" | "right" | "bottom" | "margin-left" | "margin-top" => {
                let outside = length(value).is_some_and(|l| l < -500.0);
                seen.outside |= outside;
                self.hidden |= outside && name.starts_with("margin");
            }
            "white-space" => {
                self.preformatted |= matches!(value, "pre" | "pre-wrap" | "break-spaces")
            }
            "color" if value == "transparent" => self.hidden = true,
            "color" if value == "inherit" => {}
            "color" if is_clear(value) => self.hidden = true,
            "color" => self.colors.text = color(value),
            // Chrome writes `rgba(0, 0, 0, 0)` into what is pasted.
            "background-color" | "background" if is_clear(value) => {}
            "background-color" | "background" => {
                // The shorthand may hold a picture, which may have any colour.
                if value.contains("url(") || value.contains("gradient") {
                    self.colors.ground = None;
                } else if !matches!(value, "transparent" | "none" | "inherit" | "initial") {
                    self.colors.ground =
                        color(value).or_else(|| value.split_whitespace().find_map(color));
                }
            }
            _ => {}
        }
    }
}

/// Declarations that only hide together.
#[derive(Default)]
struct Seen {
    clipped: bool,
    no_size: bool,
    /// A least size, whatever the size is.
    grows: bool,
    absolute: bool,
    outside: bool,
}

/// The number that a length begins with.
fn length(value: &str) -> Option<f32> {
    let end = value
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(value.len());
    value.get(..end)?.parse().ok()
}

/// A length in pixels, about: a letter is sixteen high where nobody says otherwise.
fn pixels(value: &str) -> Option<f32> {
    const UNITS: &[(&str, f32)] = &[
        ("em", 16.0),
        ("ex", 8.0),
        ("ch", 8.0),
        ("in", 96.0),
        ("cm", 38.0),
        ("mm", 3.8),
        ("pc", 16.0),
        ("pt", 1.33),
        ("vw", 10.0),
        ("vh", 8.0),
    ];
    let unit = UNITS.iter().find(|(unit, _)| value.ends_with(unit));
    Some(length(value)? * unit.map_or(1.0, |(_, size)| *size))
}

/// Whether a colour is wholly transparent: `rgba(0, 0, 0, 0)`, `#0000`.
fn is_clear(value: &str) -> bool {
    let alpha = match value.split_once('(') {
        Some(("rgba" | "rgb" | "hsla" | "hsl", inside)) => {
            let inside = inside.trim_end_matches([')', ' ']);
            let parts = inside
                .split([',', '/', ' '])
                .filter(|part| !part.is_empty());
            parts.skip(3).last()
        }
        _ => match value.strip_prefix('#') {
            Some(hex) if hex.len() == 4 => hex.get(3..),
            Some(hex) if hex.len() == 8 => hex.get(6..),
            _ => None,
        },
    };
    alpha.and_then(length) == Some(0.0)
}

/// Declarations without what stands between `/*` and `*/`.
fn without_comments(style: Cow<'_, str>) -> Cow<'_, str> {
    if !style.contains("/*") {
        return style;
    }
    let mut out = String::with_capacity(style.len());
    let mut rest = &*style;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// `#fff`, `#ffffff`, `rgb(255, 255, 255)` and the names that hide text.
fn color(value: &str) -> Option<u32> {
    let value = value.trim().to_ascii_lowercase();
    let hex = value.strip_prefix('#').unwrap_or(&value);
    if hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        let number = u32::from_str_radix(hex, 16).ok();
        match hex.len() {
            6 => return number,
            3 => {
                let n = number?;
                let (r, g, b) = (n >> 8 & 0xF, n >> 4 & 0xF, n & 0xF);
                return Some((r * 0x11_0000) | (g * 0x1100) | (b * 0x11));
            }
            _ => {}
        }
    }
    if let Some(inside) = value.strip_prefix("rgb").and_then(|v| v.split_once('(')) {
        let mut parts = inside
            .1
            .split(|c: char| !c.is_ascii_digit())
            .filter(|p| !p.is_empty())
            .map(|p| p.parse::<u32>().unwrap_or(255).min(255));
        return Some((parts.next()? << 16) | (parts.next()? << 8) | parts.next()?);
    }
    Some(match value.as_str() {
        "white" | "window" => WHITE,
        "black" | "windowtext" => 0,
        "red" => 0xFF_0000,
        "lime" => 0x00_FF00,
        "blue" => 0x00_00FF,
        "yellow" => 0xFF_FF00,
        "navy" => 0x00_0080,
        "gray" | "grey" => 0x80_8080,
        "green" => 0x00_8000,
        "silver" => 0xC0_C0C0,
        _ => return None,
    })
}

/// Simple rules that hide: `.a`, `#b`, `p.c`.
#[derive(Default)]
pub struct Sheet {
    hiding: HashSet<String>,
    octets: usize,
}

impl Sheet {
    pub fn add(&mut self, css: &str) {
        self.octets += css.len();
        if self.octets > MAX_SHEET {
            return;
        }
        let mut rest = css;
        while let Some((selector, body)) = rest.split_once('{') {
            // A rule for printers or small screens holds rules of its own: skip it whole.
            let (declarations, after) = if selector.contains('@') && !selector.contains("@import") {
                ("", skip_block(body))
            } else {
                body.split_once('}').unwrap_or((body, ""))
            };
            let mut look = Look::default();
            look.declarations(declarations);
            if look.hidden {
                for one in selector.split(',') {
                    let one = one.rsplit("*/").next().unwrap_or_default().trim();
                    let simple = one.starts_with(['.', '#']) || one.contains(['.', '#']);
                    if simple && !one.contains([' ', '>', ':', '[', '+', '~']) {
                        self.hiding.insert(one.to_ascii_lowercase());
                    }
                }
            }
            rest = after;
        }
    }

    fn hides(&self, tag: &Tag<'_>) -> bool {
        if self.hiding.is_empty() {
            return false;
        }
        let element = tag.name.text().to_ascii_lowercase();
        let has = |mark: char, name: &str| {
            let name = name.to_ascii_lowercase();
            self.hiding.contains(&format!("{mark}{name}"))
                || self.hiding.contains(&format!("{element}{mark}{name}"))
        };
        let class = tag.attribute("class").unwrap_or_default();
        class.split_ascii_whitespace().any(|c| has('.', c))
            || tag.attribute("id").is_some_and(|id| has('#', id))
    }
}

/// What follows the block that is open here.
fn skip_block(body: &str) -> &str {
    let mut depth = 1_usize;
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return body.get(at + 1..).unwrap_or_default();
        }
    }
    ""
}
