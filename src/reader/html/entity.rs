//! Character references of HTML, those that mail programs write.
//!
//! Never fails: an unknown one stays as written.

use std::borrow::Cow;

/// Octets of the longest reference looked for.
const MAX_REFERENCE: usize = 12;

/// The text with its references replaced.
pub fn decode(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let after = rest.get(at + 1..).unwrap_or_default();
        match reference(after) {
            Some((c, length)) => {
                out.push(c);
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character, and how many octets behind the `&` stand for it.
fn reference(after: &str) -> Option<(char, usize)> {
    let end = after
        .bytes()
        .take(MAX_REFERENCE)
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'#'))
        .unwrap_or(after.len().min(MAX_REFERENCE));
    // The shortest are `&lt` and `&#9`.
    let name = after.get(..end).filter(|n| n.len() > 1)?;
    let length = end + usize::from(after.as_bytes().get(end) == Some(&b';'));
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return Some((char::from_u32(code).unwrap_or('\u{FFFD}'), length));
    }
    NAMES
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, c)| (*c, length))
}

const NAMES: &[(&str, char)] = &[
    // Those that nearly all of them are.
    ("nbsp", '\u{A0}'),
    ("amp", '\u{26}'),
    ("lt", '\u{3C}'),
    ("gt", '\u{3E}'),
    ("quot", '\u{22}'),
    ("iexcl", '\u{A1}'),
    ("cent", '\u{A2}'),
    ("pound", '\u{A3}'),
    ("yen", '\u{A5}'),
    ("sect", '\u{A7}'),
    ("copy", '\u{A9}'),
    ("laquo", '\u{AB}'),
    ("reg", '\u{AE}'),
    ("deg", '\u{B0}'),
    ("plusmn", '\u{B1}'),
    ("acute", '\u{B4}'),
    ("para", '\u{B6}'),
    ("middot", '\u{B7}'),
    ("raquo", '\u{BB}'),
    ("frac12", '\u{BD}'),
    ("iquest", '\u{BF}'),
    ("Agrave", '\u{C0}'),
    ("Aacute", '\u{C1}'),
    ("Acirc", '\u{C2}'),
    ("Atilde", '\u{C3}'),
    ("Auml", '\u{C4}'),
    ("Aring", '\u{C5}'),
    ("AElig", '\u{C6}'),
    ("Ccedil", '\u{C7}'),
    ("Egrave", '\u{C8}'),
    ("Eacute", '\u{C9}'),
    ("Ecirc", '\u{CA}'),
    ("Euml", '\u{CB}'),
    ("Igrave", '\u{CC}'),
    ("Iacute", '\u{CD}'),
    ("Icirc", '\u{CE}'),
    ("Iuml", '\u{CF}'),
    ("Ntilde", '\u{D1}'),
    ("Ograve", '\u{D2}'),
    ("Oacute", '\u{D3}'),
    ("Ocirc", '\u{D4}'),
    ("Otilde", '\u{D5}'),
    ("Ouml", '\u{D6}'),
    ("times", '\u{D7}'),
    ("Oslash", '\u{D8}'),
    ("Ugrave", '\u{D9}'),
    ("Uacute", '\u{DA}'),
    ("Ucirc", '\u{DB}'),
    ("Uuml", '\u{DC}'),
    ("Yacute", '\u{DD}'),
    ("THORN", '\u{DE}'),
    ("szlig", '\u{DF}'),
    ("agrave", '\u{E0}'),
    ("aacute", '\u{E1}'),
    ("acirc", '\u{E2}'),
    ("atilde", '\u{E3}'),
    ("auml", '\u{E4}'),
    ("aring", '\u{E5}'),
    ("aelig", '\u{E6}'),
    ("ccedil", '\u{E7}'),
    ("egrave", '\u{E8}'),
    ("eacute", '\u{E9}'),
    ("ecirc", '\u{EA}'),
    ("euml", '\u{EB}'),
    ("igrave", '\u{EC}'),
    ("iacute", '\u{ED}'),
    ("icirc", '\u{EE}'),
    ("iuml", '\u{EF}'),
    ("eth", '\u{F0}'),
    ("ntilde", '\u{F1}'),
    ("ograve", '\u{F2}'),
    ("oacute", '\u{F3}'),
    ("ocirc", '\u{F4}'),
    ("otilde", '\u{F5}'),
    ("ouml", '\u{F6}'),
    ("divide", '\u{F7}'),
    ("oslash", '\u{F8}'),
    ("ugrave", '\u{F9}'),
    ("uacute", '\u{FA}'),
    ("ucirc", '\u{FB}'),
    ("uuml", '\u{FC}'),
    ("yacute", '\u{FD}'),
    ("thorn", '\u{FE}'),
    ("yuml", '\u{FF}'),
    ("OElig", '\u{152}'),
    ("oelig", '\u{153}'),
    ("Scaron", '\u{160}'),
    ("scaron", '\u{161}'),
    ("Yuml", '\u{178}'),
    ("ndash", '\u{2013}'),
    ("mdash", '\u{2014}'),
    ("lsquo", '\u{2018}'),
    ("rsquo", '\u{2019}'),
    ("sbquo", '\u{201A}'),
    ("ldquo", '\u{201C}'),
    ("rdquo", '\u{201D}'),
    ("bdquo", '\u{201E}'),
    ("bull", '\u{2022}'),
    ("hellip", '\u{2026}'),
    ("euro", '\u{20AC}'),
    ("trade", '\u{2122}'),
    ("larr", '\u{2190}'),
    ("rarr", '\u{2192}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("lrm", '\u{200E}'),
    ("rlm", '\u{200F}'),
    ("shy", '\u{AD}'),
    ("lsaquo", '\u{2039}'),
    ("rsaquo", '\u{203A}'),
    ("prime", '\u{2032}'),
    ("minus", '\u{2212}'),
    ("apos", '\u{27}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_characters() {
        assert_eq!(
            decode("a&nbsp;b &amp;lt; &#39;&#x1F44D;&eacute&unknown; & &"),
            "a\u{A0}b &lt; '\u{1F44D}é&unknown; & &"
        );
    }
}
