//! Phrases that only programs write, from `phrases.txt`: a sieve tells the few that may be in a text.
//!
//! Never fails: a section that is not in the file has no phrases (a test looks at every one).

use crate::reader::fold::{push_lower, squeezed};
use crate::reader::hash::TableMap;
use crate::reader::machine::sieve::Sieve;
use crate::reader::quote::line;
use crate::reader::work;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

/// Characters of a body that are looked at: a machine says what it is at the beginning.
const MAX_BODY_CHARS: usize = 6_000;

/// Octets of a text that tell of most phrases that it does not begin with them.
const BEGINNING: usize = 400;

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

/// Stands for up to [`MAX_GAP`] characters of the same line.
const GAP: char = '…';
const MAX_GAP: usize = 40;

type Phrase = Cow<'static, str>;

/// The phrases of one section.
struct Section {
    phrases: Vec<Phrase>,
    /// A piece of each phrase: where it is not, the phrase is not. Made when first asked for.
    pieces: OnceLock<Sieve>,
    /// Octets that a phrase begins with.
    first: [bool; 256],
    /// Octets of the longest, with what may stand in its gaps.
    longest: usize,
}

impl Section {
    fn of(mut phrases: Vec<Phrase>) -> Section {
        phrases.shrink_to_fit();
        let mut first = [false; 256];
        for octet in phrases.iter().filter_map(|phrase| phrase.bytes().next()) {
            if let Some(begins) = first.get_mut(usize::from(octet)) {
                *begins = true;
            }
        }
        let octets = |phrase: &Phrase| phrase.len() + phrase.matches(GAP).count() * 4 * MAX_GAP;
        Section {
            longest: phrases.iter().map(octets).max().unwrap_or_default(),
            phrases,
            pieces: OnceLock::new(),
            first,
        }
    }

    fn pieces(&self) -> &Sieve {
        let all = || self.phrases.iter().map(longest).collect();
        self.pieces.get_or_init(|| Sieve::of(all()))
    }

    fn may_begin(&self, text: &str) -> bool {
        let octet = text.bytes().next().map(usize::from);
        octet.is_some_and(|octet| self.first.get(octet) == Some(&true))
    }

    /// The first phrase of the list that the text begins with.
    fn begins<'t>(&self, text: &'t str) -> Option<&'t str> {
        let end = |phrase: &Phrase| end(phrase, text);
        text.get(..self.phrases.iter().find_map(end)?)
    }

    /// The first phrase in the text; of those that begin at one place, the first of the list.
    fn holds<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.pieces().found(text);
        let spot = |number: usize| {
            let (start, end) = spot(self.phrases.get(number)?, text)?;
            Some((start, number, end))
        };
        let (start, _, end) = found.into_iter().filter_map(spot).min()?;
        text.get(start..end)
    }
}

/// The longest piece of a phrase between its gaps.
fn longest(phrase: &Phrase) -> Phrase {
    match phrase {
        Cow::Borrowed(text) => Cow::Borrowed(longest_of(text)),
        Cow::Owned(text) => Cow::Owned(longest_of(text).to_owned()),
    }
}

fn longest_of(text: &str) -> &str {
    let pieces = text.split(GAP);
    pieces.max_by_key(|piece| piece.len()).unwrap_or_default()
}

/// Where the phrase ends that the text begins with, each gap as short as will do.
fn end(phrase: &str, text: &str) -> Option<usize> {
    let first = phrase.as_bytes().first();
    // Most begin with another octet. What begins with a gap has its first one.
    if first.is_some_and(|first| *first != 0xE2) && first != text.as_bytes().first() {
        return None;
    }
    let Some((head, rest)) = phrase.split_once(GAP) else {
        return text.starts_with(phrase).then_some(phrase.len());
    };
    let behind = text.strip_prefix(head)?;
    let behind = line::cut(behind).next().unwrap_or_default();
    let places = behind.char_indices().map(|(at, _)| at);
    let mut places = places.chain([behind.len()]).take(MAX_GAP + 1);
    places.find_map(|at| {
        work::steps(1);
        Some(head.len() + at + end(rest, behind.get(at..)?)?)
    })
}

/// Where the phrase first begins in the text, and where it ends.
fn spot(phrase: &str, text: &str) -> Option<(usize, usize)> {
    let head = phrase.split(GAP).next().unwrap_or_default();
    let finder = memchr::memmem::Finder::new(head);
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        work::steps(1);
        let start = from + finder.find(rest.as_bytes())?;
        let here = text.get(start..)?;
        if let Some(length) = end(phrase, here) {
            return Some((start, start + length));
        }
        from = start + here.chars().next()?.len_utf8();
    }
}

impl Phrases {
    pub fn load(file: &'static str) -> Phrases {
        let mut lists: HashMap<String, Vec<Phrase>> = HashMap::new();
        let mut section = String::new();
        for line in file.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                Some(name) => section = name.to_owned(),
                None => {
                    let line = line.strip_prefix('\\').unwrap_or(line);
                    let prepared = prepare(line);
                    let phrase = match prepared == line {
                        true => Cow::Borrowed(line),
                        false => Cow::Owned(prepared),
                    };
                    lists.entry(section.clone()).or_default().push(phrase);
                }
            }
        }
        let bodies = IN_BODIES.iter().filter_map(|name| lists.get(*name));
        let any: Vec<Phrase> = bodies.flatten().cloned().collect();
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
        section.begins(text)
    }

    /// Whether a phrase of this section may begin with the first octet of a text.
    pub fn may_begin(&self, section: &str, text: &str) -> bool {
        let section = self.sections.get(section);
        section.is_some_and(|section| section.may_begin(text))
    }

    /// Whether a phrase of this section may begin the text, which is not prepared, as far as its first words tell.
    pub fn may_begin_text(&self, section: &str, text: &str) -> bool {
        let text = text.trim_start();
        let beginning = text.get(..text.floor_char_boundary(BEGINNING));
        let beginning = prepare(beginning.unwrap_or(text));
        let section = self.sections.get(section);
        section.is_some_and(|s| beginning.len() < s.longest || s.begins(&beginning).is_some())
    }

    /// Whether a phrase of this section may be in the text: a piece of one is.
    pub fn may_hold(&self, section: &str, text: &str) -> bool {
        let section = self.sections.get(section);
        section.is_some_and(|section| section.pieces().is_in(text))
    }

    /// The first phrase of this section in the text.
    pub fn holds<'a>(&self, section: &str, text: &'a str) -> Option<&'a str> {
        self.sections.get(section)?.holds(text)
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
    let octets = text.as_bytes();
    let next_mark = |from: usize| {
        if octets.get(from) == Some(&b'>') {
            return Some(from);
        }
        let found = MARK.find(octets.get(from..)?)?;
        Some(from + found + 1)
    };
    let mut mark = Some(next_mark(0)?);
    let mut out = String::with_capacity(text.len() / 2);
    let mut kept = 0;
    while let Some(start) = mark {
        let rest = octets.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(octets.len(), |end| start + end);
        if is_marked(&text.get(start..end).unwrap_or_default()) {
            out.push_str(text.get(kept..start).unwrap_or_default());
            kept = end + 1;
        }
        mark = match end < octets.len() {
            true => next_mark(end + 1),
            false => None,
        };
    }
    if let Some(rest) = text.get(kept..) {
        out.push_str(rest);
        out.push('\n');
    }
    Some(out)
}

/// What begins a line with a mark, behind the line before it.
static MARK: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new("\n>"));

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
    let mut shown = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, reference) = rest.split_at_checked(at).unwrap_or((rest, ""));
        shown.push_str(before);
        let known = REFERENCES.iter().find_map(|(name, character)| {
            let behind = reference.strip_prefix(name)?;
            Some((*character, behind))
        });
        let (character, behind) = known.unwrap_or(('&', reference.get(1..).unwrap_or_default()));
        shown.push(character);
        rest = behind;
    }
    shown.push_str(rest);
    shown
}

/// References that are looked for in the rough text of HTML.
const REFERENCES: [(&str, char); 3] = [("&nbsp;", ' '), ("&#39;", '\''), ("&amp;", '&')];

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
    fn every_section_is_known() {
        let mut names: Vec<&str> = PHRASES.sections.keys().map(String::as_str).collect();
        names.sort_unstable();
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

    #[test]
    fn marked_lines_are_left_out_wherever_they_stand() {
        let lines = ["", "a", ">", "> b", ">>> c", "> d:", " > e"];
        for a in lines {
            for b in lines {
                for c in lines {
                    let text = [a, b, c].join("\n");
                    let is_marked = |line: &&str| matches!(*line, ">" | "> b");
                    let own = line::cut(&text).filter(|line| !is_marked(line));
                    let own: String = own.map(|line| format!("{line}\n")).collect();
                    let is_any = text.split('\n').any(|line| line.starts_with('>'));
                    assert_eq!(unmarked(&text), is_any.then_some(own), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn references_are_replaced_once() {
        for text in [
            "&nbsp;a&amp;nbsp;&#39;",
            "&amp;#39;&amp&",
            "&am&nbsp;p;",
            "&&amp;&x;é",
        ] {
            let want = text
                .replace("&nbsp;", " ")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
            assert_eq!(strip_tags(text), want, "{text}");
        }
    }

    #[test]
    fn a_phrase_is_found_where_an_expression_finds_it() {
        for (name, section) in &PHRASES.sections {
            let escaped = section.phrases.iter().map(|p| regex::escape(p));
            let any: Vec<String> = escaped.map(|p| p.replace(GAP, ".{0,40}?")).collect();
            let holds = regex::Regex::new(&any.join("|")).unwrap();
            let begins = regex::Regex::new(&format!("^(?:{})", any.join("|"))).unwrap();
            let phrases = section
                .phrases
                .iter()
                .step_by(1 + section.phrases.len() / 40);
            let phrases: Vec<&str> = phrases.map(|phrase| &**phrase).collect();
            for (phrase, next) in phrases.iter().zip(phrases.iter().rev()) {
                let mut cut = (*phrase).to_owned();
                cut.pop();
                for text in [
                    phrase.replace(GAP, ""),
                    phrase.replace(GAP, &"é".repeat(40)),
                    phrase.replace(GAP, &"e".repeat(41)),
                    format!("{} {} and {next}", cut, phrase.replace(GAP, " x ")),
                    format!("{next}\n{phrase}{phrase}"),
                    format!("hello, {}", cut),
                ] {
                    let want = holds.find(&text).map(|m| m.as_str());
                    assert_eq!(section.holds(&text), want, "{text}");
                    let want = begins.find(&text).map(|m| m.as_str());
                    assert_eq!(section.begins(&text), want, "{text}");
                    let long = format!("\n {text}  {}", "x ".repeat(300));
                    let may_begin = PHRASES.may_begin_text(name, &long);
                    assert!(may_begin || section.begins(&prepare(&long)).is_none());
                }
            }
        }
    }
}
