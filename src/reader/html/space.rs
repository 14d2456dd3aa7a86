//! Space in HTML: between words, around paragraphs, and before what is only indented.
//!
//! Never fails.

use crate::reader::html::tag::Tag;

/// Octets from here on that are shown as they are: words with single spaces between them.
pub fn words(octets: &[u8]) -> usize {
    // The first octet of a character that is hidden, or of a no-break space, is one of five.
    let is_of_word = |octet: &u8| match octet {
        b'!'..=b'~' | 0x80..=0xFF => !matches!(octet, 0xC2 | 0xD8 | 0xE2 | 0xEF | 0xF3),
        _ => false,
    };
    let mut at = 0;
    while let Some(octet) = octets.get(at) {
        let goes_on = is_of_word(octet)
            || (*octet == b' ' && at > 0 && octets.get(at + 1).is_some_and(is_of_word));
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}

/// Paragraphs with space around them; Outlook's have none.
pub fn is_paragraph(tag: &Tag<'_>) -> bool {
    tag.name.is_spaced()
        && !tag
            .attribute("class")
            .is_some_and(|c| c.contains("MsoNormal") || c.contains("moz-email-headers"))
}

/// Gmail's and Word's indent is a blockquote without a border.
pub fn is_indent(tag: &Tag<'_>) -> bool {
    let named = tag.attribute("type").is_some() || tag.attribute("class").is_some();
    let style = match tag.attribute("style") {
        Some(style) if !named => style.to_ascii_lowercase(),
        _ => return false,
    };
    let style = style.replace([' ', '\n'], "");
    let margins = ["margin:00040px", "margin:0px0px0px40px", "margin-left:40px"];
    (style.contains("border:none") || style.contains("border:mediumnone"))
        && margins.iter().any(|margin| style.contains(margin))
}
