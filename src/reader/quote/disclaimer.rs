//! Paragraphs of a firm's lawyers below an answer.
//!
//! Fails towards text: a paragraph with few of their words is no disclaimer.

use crate::reader::fold::{fold, trim};
use crate::reader::quote::line::has_words;
use crate::reader::words::words;

/// Paragraphs among which the first disclaimer is looked for below a delimiter.
const MAX_PARAGRAPHS: usize = 8;
/// Octets of a heading.
const MAX_HEADING: usize = 90;
/// Characters of the shortest disclaimer.
const MIN_DISCLAIMER_CHARS: usize = 60;
/// Characters of a paragraph that are looked at for a disclaimer.
pub const MAX_DISCLAIMER_CHARS: usize = 3000;

/// The first paragraph that speaks like a disclaimer, with the rule above it.
pub fn disclaimer(lines: &[&str]) -> Option<usize> {
    let mut start = 0;
    while start < lines.len() {
        let length = lines
            .get(start..)?
            .iter()
            .take_while(|l| !trim(l).is_empty())
            .count();
        let paragraph = lines.get(start..start + length)?;
        if length > 0 && is_disclaimer(paragraph) && has_words(lines.get(..start)?) {
            return Some(start);
        }
        start += length.max(1);
    }
    None
}

/// Where the first disclaimer starts, or the end.
pub fn disclaimer_start(lines: &[&str]) -> usize {
    (0..lines.len())
        .filter(|at| {
            at.checked_sub(1)
                .is_none_or(|a| lines.get(a).is_some_and(|l| trim(l).is_empty()))
        })
        .take(MAX_PARAGRAPHS)
        .find(|at| {
            let paragraph = lines.get(*at..).unwrap_or_default();
            let length = paragraph.iter().take_while(|l| !trim(l).is_empty()).count();
            is_disclaimer(paragraph.get(..length).unwrap_or_default())
        })
        .unwrap_or(lines.len())
}

pub fn is_disclaimer(paragraph: &[&str]) -> bool {
    // With a space behind each line, and no character has less than one octet.
    if paragraph.iter().map(|l| l.len() + 1).sum::<usize>() <= MIN_DISCLAIMER_CHARS {
        return false;
    }
    let mut text = paragraph.join(" ");
    // No character has less than one octet.
    if text.len() > MAX_DISCLAIMER_CHARS
        && let Some((end, _)) = text.char_indices().nth(MAX_DISCLAIMER_CHARS)
    {
        text.truncate(end);
    }
    let text = fold(&text);
    let chars = text.chars().count();
    if chars < MIN_DISCLAIMER_CHARS {
        return false;
    }
    let hits = words().legal.count(&text, 3) + usize::from(is_headed(paragraph));
    hits > 2 || (hits == 2 && chars > 100)
}

/// Whether a firm put the line there: where it is registered, what was scanned, that paper is of wood.
pub fn is_boilerplate(line: &str) -> bool {
    const STEMS: &[&str] = &[
        "registered",
        "environment",
        "virus",
        "scanned",
        "unsubscribe",
        "umwelt",
        "handelsregister",
        "amtsgericht",
        "medio ambiente",
        "meio ambiente",
        "all'ambiente",
        "l'ambiente",
        "milieu",
        "miljö",
        "miljø",
        "środowisk",
        "ympäristö",
        "környezet",
        "окружающ",
    ];
    let line = fold(line);
    STEMS.iter().any(|stem| line.contains(stem)) || words().legal.count(&line, 1) > 0
}

/// Whether a person speaks of herself in the line, as no firm's lawyers do.
pub fn speaks(line: &str) -> bool {
    const SELF: &[&str] = &[
        "i", "im", "ive", "ill", "me", "my", "mine", "ich", "mir", "mich", "mein", "meine",
        "meinen", "meiner", "je", "moi", "mon", "yo", "conmigo", "ik", "mij", "mijn", "jag", "jeg",
        "minun", "я", "мне", "меня", "мой", "мое",
    ];
    let line = line.replace(['\'', '’'], "").to_lowercase();
    line.split(|c: char| !c.is_alphanumeric())
        .any(|word| SELF.contains(&word))
}

/// `AVISO LEGAL: …`, `CONFIDENTIALITY NOTICE`: a heading in capitals of two words or more.
fn is_headed(paragraph: &[&str]) -> bool {
    let head = paragraph.first().map_or("", |l| trim(l));
    let head = head.split([':', '.']).next().unwrap_or_default();
    head.len() <= MAX_HEADING
        && head.split_whitespace().count() >= 2
        && head.contains(char::is_uppercase)
        && !head.contains(char::is_lowercase)
}
