//! What stands around the words of a mail before they are looked at: a mail server's warning on top, the
//! frame of a signed text.
//!
//! Fails towards text: what is no such thing stays.

use crate::reader::fold::fold;
use crate::reader::plain::trim;
use crate::reader::quote::line::has_words;
use crate::reader::words::words;

/// Lines of a warning of a mail server.
const MAX_BANNER_LINES: usize = 8;

/// Takes the frame off a text that was signed inline (RFC 9580 section 7).
pub fn take_armor(lines: &mut Vec<&str>) {
    let Some(start) = lines
        .iter()
        .position(|l| trim(l) == "-----BEGIN PGP SIGNED MESSAGE-----")
    else {
        return;
    };
    let end = lines
        .iter()
        .position(|l| trim(l) == "-----BEGIN PGP SIGNATURE-----");
    lines.truncate(end.unwrap_or(lines.len()));
    // The frame's own headers end at an empty line.
    let headers = lines.get(start..).unwrap_or_default();
    let headers = headers.iter().take_while(|l| !trim(l).is_empty()).count();
    drop(lines.drain(start..start + headers));
}

/// A few words in brackets that a mail server warns with: `[EXTERNAL EMAIL]`.
fn is_bracketed(line: &str) -> bool {
    let line = trim(line).trim_matches('*');
    line.strip_prefix(['[', '【'])
        .and_then(|l| l.strip_suffix([']', '】']))
        .is_some_and(|inside| {
            let folded = fold(inside);
            folded.split_whitespace().count() <= 4
                && (words().banner.is_in(&folded) || EXTERNAL.contains(&folded.as_str()))
        })
}

/// What mail servers put on top in brackets, and in front of subjects.
pub const EXTERNAL: &[&str] = &[
    "external",
    "ext",
    "extern",
    "externe",
    "externo",
    "externa",
    "esterno",
    "externer absender",
    "externe mail",
    "externe e-mail",
    "caution",
    "ekstern",
    "zewnętrzny",
    "外部",
    "外部メール",
];

/// Takes the warning off that a mail server puts on top.
pub fn take_banner(lines: &mut Vec<&str>) {
    let start = lines
        .iter()
        .position(|l| !trim(l).is_empty())
        .unwrap_or(lines.len());
    let length = lines
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(|l| !trim(l).is_empty())
        .count();
    let paragraph = lines.get(start..start + length.min(MAX_BANNER_LINES));
    let paragraph = paragraph.unwrap_or_default();
    // `[EXTERNAL]` needs no second sign.
    if let Some(first) = paragraph.first()
        && is_bracketed(first)
        && has_words(lines.get(start + 1..).unwrap_or_default())
    {
        lines.drain(..=start);
        return;
    }
    let folded = match paragraph {
        // Most answers are shorter than any two words of a warning.
        [line] if line.is_ascii() && line.len() < 2 * words().banner.shortest() => return,
        [line] => fold(line),
        lines => fold(&lines.join(" ")),
    };
    if words().banner.count(&folded, 2) < 2 {
        return;
    }
    // A banner in a table of an HTML mail has the person's words right below it.
    let warns = |l: &&str| words().banner.is_in(&fold(l));
    let last = paragraph.iter().rposition(warns).unwrap_or_default() + 1;
    let over = paragraph
        .get(last - 1)
        .is_some_and(|l| l.trim_end().ends_with(['.', '!', ']', ':']));
    let end = start + if over && last < length { last } else { length };
    if has_words(lines.get(end..).unwrap_or_default()) {
        lines.drain(..end);
    }
}
