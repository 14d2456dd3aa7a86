//! Addresses in running text, each with the name that is written with it.
//!
//! Fails by not seeing: what `Address` refuses is no mention.

use crate::reader::address::Address;
use crate::reader::author::from::clean_name;
use crate::reader::request::lexicon;
use std::ops::Range;

/// An address in a text.
#[derive(Clone)]
pub struct Mention {
    /// The octets of the name and the address, with brackets.
    pub span: Range<usize>,
    /// As written, may be empty.
    pub name: String,
    pub address: Address,
}

/// Mentions looked at; a longer text is a dump of a list, and no request.
const MAX_MENTIONS: usize = 50;
/// Signs that are looked at: each costs a walk over its line.
const MAX_SIGNS: usize = 500;
/// Words of a name before an address.
const MAX_NAME_WORDS: usize = 5;

/// All addresses in order, each once.
pub fn mentions(text: &str) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    for (at, _) in text.match_indices('@').take(MAX_SIGNS) {
        let Some(mention) = mention(text, at) else {
            continue;
        };
        // Mail programs write `carol@x.example<mailto:carol@x.example>`.
        let known = found
            .iter_mut()
            .find(|other| other.address == mention.address);
        if let Some(other) = known {
            if other.span.end + 2 >= mention.span.start {
                other.span.end = other.span.end.max(mention.span.end);
            }
            continue;
        }
        if found.len() >= MAX_MENTIONS {
            break;
        }
        found.push(mention);
    }
    found
}

fn mention(text: &str, at: usize) -> Option<Mention> {
    let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
    let is_local = |c: char| c.is_alphanumeric() || "._+-'&".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let local_start = before.trim_end_matches(is_local).len();
    let local = before.get(local_start..)?;
    let trimmed = local.trim_start_matches(['.', '-', '\'', '&', '_']);
    let start = local_start + (local.len() - trimmed.len());
    let domain_end = after.find(|c| !is_domain(c)).unwrap_or(after.len());
    let domain = after.get(..domain_end)?.trim_end_matches(['.', '-']);
    let end = at + 1 + domain.len();
    // A part of a link is no mailbox.
    let word_start = before.rfind(char::is_whitespace).map_or(0, |i| i + 1);
    if before.get(word_start..)?.contains("://") || before.get(..start)?.ends_with('@') {
        return None;
    }
    let address = Address::parse(&format!("{trimmed}@{domain}")).ok()?;
    let (span, lead, is_bracketed) = bracket(text, start..end);
    let (name, name_start) = name_before(text, lead, address.local(), is_bracketed);
    Some(Mention {
        span: name_start.unwrap_or(span.start)..span.end,
        name,
        address,
    })
}

/// The span with `<…>`, `(…)` or `[…]` around the address, where it begins, and whether there are any.
fn bracket(text: &str, address: Range<usize>) -> (Range<usize>, usize, bool) {
    let before = text.get(..address.start).unwrap_or_default();
    let after = text.get(address.end..).unwrap_or_default();
    let opened = before.strip_suffix("mailto:").unwrap_or(before);
    for (open, close) in [('<', '>'), ('(', ')'), ('[', ']')] {
        if opened.ends_with(open) && after.starts_with(close) {
            let start = opened.len() - open.len_utf8();
            return (start..address.end + close.len_utf8(), start, true);
        }
    }
    (address.clone(), address.start, false)
}

/// The name that ends where `lead` begins, and where it begins itself.
fn name_before(
    text: &str,
    lead: usize,
    local: &str,
    is_bracketed: bool,
) -> (String, Option<usize>) {
    let line = text.get(..lead).unwrap_or_default();
    let line_start = line.rfind('\n').map_or(0, |i| i + 1);
    let line = line.get(line_start..).unwrap_or_default();
    let line = line.trim_end_matches([' ', '\t', ',', ':', '–', '-', '|', ';']);
    if let Some(inner) = line.strip_suffix(['"', '”', '“'])
        && let Some((rest, quoted)) = inner.rsplit_once(['"', '”', '“', '„'])
        && is_bracketed
    {
        return (clean_name(quoted), Some(line_start + rest.len()));
    }
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut rest = line;
    while words.len() < MAX_NAME_WORDS {
        let trimmed = rest.trim_end_matches([' ', '\t']);
        let start = trimmed.rfind([' ', '\t']).map_or(0, |i| i + 1);
        let word = trimmed.get(start..).unwrap_or_default();
        let is_name = |c: char| c.is_alphabetic() || "-'’.".contains(c);
        let is_capital = word.chars().next().is_some_and(char::is_uppercase);
        let is_particle = !words.is_empty() && lexicon::PARTICLES.contains(&word);
        if word.is_empty() || !word.chars().all(is_name) || !(is_capital || is_particle) {
            break;
        }
        words.insert(0, (start, word));
        // The end of the sentence before.
        rest = trimmed.get(..start).unwrap_or_default();
        if rest.trim_end().ends_with(['.', '!', '?', ',', ':']) {
            break;
        }
    }
    while words
        .first()
        .is_some_and(|(_, word)| lexicon::is_no_name(word) || lexicon::PARTICLES.contains(word))
    {
        words.remove(0);
    }
    let Some((start, first)) = words.first().copied() else {
        return (String::new(), None);
    };
    // A capital before a bare address may be any word; two of them, or one that the address
    // repeats, are a name.
    let is_repeated = local.contains(&first.to_lowercase());
    if !is_bracketed && words.len() < 2 && !is_repeated {
        return (String::new(), None);
    }
    let name: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    (clean_name(&name.join(" ")), Some(line_start + start))
}
