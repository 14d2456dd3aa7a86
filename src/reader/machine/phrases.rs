//! Phrases that only programs write, from `phrases.txt`, found in one pass each.
//!
//! A phrase that does not compile would leave its section empty; a test looks at every section.

use crate::reader::fold::{push_lower, squeezed};
use crate::reader::hash::TableMap;
use crate::reader::machine::sieve::Sieve;
use crate::reader::quote::line;
use regex::Regex;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

/// Characters of a body that are looked at: a machine says what it is at the beginning.
const MAX_BODY_CHARS: usize = 6_000;

/// The section of all phrases that a text alone can tell a machine by.
pub const ANY_BODY: &str = "any body";
const IN_BODIES: [&str; 6] = [
    "reaction",
    "challenge body",
    "challenge held",
    "automatic body",
    "absence body",
    "service body",
];

pub static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::load(include_str!("phrases.txt")));

pub struct Phrases {
    sections: TableMap<String, Section>,
}

/// The phrases of one section, compiled when first asked for.
struct Section {
    phrases: Vec<String>,
    /// A piece of each phrase: where none of them is, no phrase is.
    pieces: OnceLock<Sieve>,
    /// Octets that a phrase begins with.
    first: [bool; 256],
    begins: OnceLock<Option<Regex>>,
    holds: OnceLock<Option<Regex>>,
}

impl Section {
    fn of(mut phrases: Vec<String>) -> Section {
        phrases.shrink_to_fit();
        let mut first = [false; 256];
        for octet in phrases.iter().filter_map(|phrase| phrase.bytes().next()) {
            if let Some(begins) = first.get_mut(usize::from(octet)) {
                *begins = true;
            }
        }
        Section {
            phrases,
            pieces: OnceLock::new(),
            first,
            begins: OnceLock::new(),
            holds: OnceLock::new(),
        }
    }

    fn pieces(&self) -> &Sieve {
        let longest = |phrase: &String| {
            let pieces = phrase.split('…').map(str::to_owned);
            pieces.max_by_key(String::len).unwrap_or_default()
        };
        let all = || self.phrases.iter().map(longest).collect();
        self.pieces.get_or_init(|| Sieve::of(all()))
    }

    /// All phrases as one expression.
    fn any(&self) -> String {
        let escaped = |phrase: &String| regex::escape(phrase).replace('…', ".{0,40}?");
        let any: Vec<String> = self.phrases.iter().map(escaped).collect();
        any.join("|")
    }

    fn begins(&self) -> Option<&Regex> {
        let compile = || Regex::new(&format!("^(?:{})", self.any())).ok();
        self.begins.get_or_init(compile).as_ref()
    }

    fn holds(&self) -> Option<&Regex> {
        self.holds
            .get_or_init(|| Regex::new(&self.any()).ok())
            .as_ref()
    }

    fn may_begin(&self, text: &str) -> bool {
        let octet = text.bytes().next().map(usize::from);
        octet.is_some_and(|octet| self.first.get(octet) == Some(&true))
    }
}

impl Phrases {
    pub fn load(file: &str) -> Phrases {
        let mut lists: HashMap<String, Vec<String>> = HashMap::new();
        let mut section = String::new();
        for line in file.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some(name) => section = name.to_owned(),
                None => {
                    // `…` stands for up to forty characters within the same text.
                    let line = line.strip_prefix('\\').unwrap_or(line);
                    let phrase = prepare(line);
                    lists.entry(section.clone()).or_default().push(phrase);
                }
            }
        }
        let bodies = IN_BODIES.iter().filter_map(|name| lists.get(*name));
        let any: Vec<String> = bodies.flatten().cloned().collect();
        lists.insert(ANY_BODY.to_owned(), any);
        let lists = lists.into_iter();
        Phrases {
            sections: lists
                .map(|(name, list)| (name, Section::of(list)))
                .collect(),
        }
    }

    /// The phrase of this section that the text begins with.
    pub fn begins<'a>(&self, section: &str, text: &'a str) -> Option<&'a str> {
        let section = self.sections.get(section)?;
        if !section.may_begin(text) {
            return None;
        }
        section.begins()?.find(text).map(|m| m.as_str())
    }

    /// Whether a phrase of this section may begin with the first octet of a text.
    pub fn may_begin(&self, section: &str, text: &str) -> bool {
        let section = self.sections.get(section);
        section.is_some_and(|section| section.may_begin(text))
    }

    /// Whether a phrase of this section may be in the text: a piece of one is.
    pub fn may_hold(&self, section: &str, text: &str) -> bool {
        let section = self.sections.get(section);
        section.is_some_and(|section| section.pieces().is_in(text))
    }

    /// The first phrase of this section in the text.
    pub fn holds<'a>(&self, section: &str, text: &'a str) -> Option<&'a str> {
        let section = self.sections.get(section)?;
        if !section.pieces().is_in(text) {
            return None;
        }
        section.holds()?.find(text).map(|m| m.as_str())
    }
}

/// Lower case, one space for every white space, straight apostrophes, capped.
pub fn prepare(text: &str) -> String {
    let text = text.trim();
    // No character has less than one octet.
    let end = match text.len() > MAX_BODY_CHARS {
        true => text.char_indices().nth(MAX_BODY_CHARS),
        false => None,
    };
    let text = match end {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    };
    squeezed(
        text,
        b'`',
        |c| c.is_whitespace() || c == '\u{200b}',
        |c, out| match c {
            '’' | '‘' | '`' | '´' => out.push(b'\''),
            '“' | '”' | '„' | '«' | '»' => out.push(b'"'),
            c => push_lower(c, out),
        },
    )
}

/// The text without the lines that a mark makes a quote, wherever they stand; none where there are none.
pub fn unmarked(text: &str) -> Option<String> {
    // Marks on both sides, or behind a bracket that is still open, make no quote.
    let is_marked = |line: &&str| {
        line.starts_with('>')
            && !line.starts_with(">>>")
            && !line.ends_with([':', '：', ' ', '\u{A0}'])
    };
    if !text.starts_with('>') && memchr::memmem::find(text.as_bytes(), b"\n>").is_none() {
        return None;
    }
    let mut out = String::with_capacity(text.len() / 2);
    for line in line::cut(text).filter(|line| !is_marked(line)) {
        out.push_str(line);
        out.push('\n');
    }
    Some(out)
}

/// The text of HTML, roughly: enough to look for phrases in.
pub fn strip_tags(html: &str) -> String {
    // No character has less than one octet.
    let mut rest = match html.len() > MAX_BODY_CHARS * 8 {
        true => match html.char_indices().nth(MAX_BODY_CHARS * 8) {
            Some((end, _)) => html.get(..end).unwrap_or(html),
            None => html,
        },
        false => html,
    };
    let mut text = String::with_capacity(rest.len() / 2);
    while let Some(at) = memchr::memchr(b'<', rest.as_bytes()) {
        let (shown, tag) = rest.split_at_checked(at).unwrap_or((rest, ""));
        text.push_str(shown);
        // A tag that does not end takes the rest.
        rest = match memchr::memchr(b'>', tag.as_bytes()) {
            Some(end) => {
                text.push(' ');
                tag.get(end + 1..).unwrap_or_default()
            }
            None => "",
        };
    }
    text.push_str(rest);
    if memchr::memchr(b'&', text.as_bytes()).is_none() {
        return text;
    }
    text.replace("&nbsp;", " ")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// What stands before the last @ of a From field that is no proper mailbox.
pub fn local_part(field: &str) -> String {
    let inner = match field.rsplit_once('<') {
        Some((_, inner)) => inner,
        None => field,
    };
    let local = inner.split('@').next().unwrap_or_default();
    let word = local.split_whitespace().next().unwrap_or_default();
    word.trim_matches(['"', '<', '>']).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_compiles_and_is_known() {
        let mut names: Vec<&str> = PHRASES.sections.keys().map(String::as_str).collect();
        names.sort_unstable();
        let compiles = |s: &Section| s.begins().is_some() && s.holds().is_some();
        assert!(PHRASES.sections.values().all(compiles));
        let known = [
            "absence body",
            "absence detail",
            "absence subject",
            "absence thanks",
            "absence words",
            "abuse subject",
            ANY_BODY,
            "automatic body",
            "bounce body",
            "bounce subject",
            "calendar subject",
            "challenge act",
            "challenge body",
            "challenge held",
            "challenge subject",
            "delay",
            "passed on subject",
            "reaction",
            "reaction begin",
            "receipt body",
            "receipt subject",
            "service body",
            "service detail",
            "ticket begin",
        ];
        assert_eq!(names, known);
    }
}
