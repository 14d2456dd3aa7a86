//! Author and date that an attribution names.
//!
//! Never guesses: what is plainly neither date nor verb is the name, and a missing part is none.

use crate::reader::Author;
use crate::reader::fold::{SHORT, fold, folded, has_folded};
use crate::reader::letter::{MAX_SUBJECT, clean};
use crate::reader::quote::attribution::has_date;
use crate::reader::quote::header::{Head, Values};
use crate::reader::quote::mailbox;
use crate::reader::words::words;
use std::borrow::Cow;

/// What stands above a mail, read when somebody asks what it says.
#[derive(Clone, Debug)]
pub enum Above {
    Block(Head),
    Values(Values),
    Attribution(String),
}

impl Default for Above {
    fn default() -> Above {
        Above::Block(Head::default())
    }
}

impl Above {
    pub fn head(&self) -> Cow<'_, Head> {
        match self {
            Above::Block(head) => Cow::Borrowed(head),
            Above::Values(values) => Cow::Owned(values.head()),
            Above::Attribution(text) => Cow::Owned(head(text)),
        }
    }

    /// The same, but only who wrote it.
    pub fn author(&self) -> Author {
        match self {
            Above::Block(head) => head.from.clone(),
            Above::Values(values) => values.author(),
            Above::Attribution(text) => author(text).0,
        }
    }

    /// Whether the author's name can have a word that begins with these letters, at a look.
    pub fn may_name(&self, begins: &str) -> bool {
        let text = match self {
            Above::Block(head) => head.from.name.as_deref(),
            Above::Values(values) => values.from(),
            Above::Attribution(text) => Some(text.as_str()),
        };
        let text = text.unwrap_or_default();
        let Some(first) = begins.bytes().next().filter(|_| text.is_ascii()) else {
            return true;
        };
        let has = |at: usize| {
            let words = text.get(at..at + begins.len());
            words.is_some_and(|words| words.eq_ignore_ascii_case(begins))
        };
        // An apostrophe may stand within a word, and other letters may become those of ASCII.
        memchr::memchr2(b'\'', b'`', text.as_bytes()).is_some()
            || memchr::memchr2_iter(
                first.to_ascii_lowercase(),
                first.to_ascii_uppercase(),
                text.as_bytes(),
            )
            .any(has)
    }
}

/// The author whom an attribution names, and what stands before and behind.
fn author(text: &str) -> (Author, &str, &str) {
    let text = text.trim_matches(['-', '*', '_', ' ', '\u{A0}', ':', '：']);
    match mailbox::addresses(text).next() {
        Some((spot, address)) => {
            let before = text.get(..spot.start).unwrap_or_default();
            let after = text.get(spot.end..).unwrap_or_default();
            let name = name_before(before)
                .or_else(|| mailbox::name(after.split(['(', ')']).nth(1).unwrap_or_default()));
            let name = name.filter(|n| !n.eq_ignore_ascii_case(address.as_str()));
            let address = Some(address);
            (Author { name, address }, before, after)
        }
        None => {
            let name = name_beside_verb(text);
            (
                Author {
                    name,
                    address: None,
                },
                text,
                "",
            )
        }
    }
}

/// Author and date of an attribution.
fn head(text: &str) -> Head {
    let (author, before, after) = author(text);
    let date = date_in(before, author.name.as_deref()).or_else(|| date_in(after, None));
    Head {
        from: author,
        date,
        ..Head::default()
    }
}

/// `Forwarded message from Ann Ng on Mon Nov 3, 2025 at 10:00 AM:`, as aerc writes it; who
/// forwarded it (`Forwarded by`) is not its author.
pub fn passed_on(text: &str) -> Head {
    let text = text.trim_matches(['-', ' ', ':', '：']);
    let Some((_, named)) = text.split_once(" from ") else {
        return Head::default();
    };
    let digit = named.find(|c: char| c.is_numeric()).unwrap_or(named.len());
    let (head, _) = named.split_at_checked(digit).unwrap_or((named, ""));
    let (name, date) = head.rsplit_once(" on ").unwrap_or((named, ""));
    let date = match named.strip_prefix(name) {
        Some(rest) if !date.is_empty() => rest.trim_start().trim_start_matches("on "),
        _ => "",
    };
    Head {
        from: mailbox::author(name),
        date: Some(clean::line(date, MAX_SUBJECT)).filter(|d| has_date(d)),
        ..Head::default()
    }
}

/// A name with nothing but a date behind it.
pub fn before_date(text: &str) -> Head {
    let digit = text.find(|c: char| c.is_numeric()).unwrap_or(text.len());
    let (name, date) = text.split_at_checked(digit).unwrap_or((text, ""));
    Head {
        from: Author {
            name: mailbox::name(name),
            address: None,
        },
        date: Some(clean::line(date, MAX_SUBJECT)).filter(|d| has_date(d)),
        ..Head::default()
    }
}

/// The name that stands before the address, from right to left up to date or verb.
fn name_before(text: &str) -> Option<String> {
    let text = text.trim_end_matches([' ', '<', '(', '[', '\u{A0}']);
    let text = text.strip_suffix("mailto:").unwrap_or(text);
    let text = text.trim_end_matches([' ', '<', '(', '[', '\u{A0}']);
    for (open, close) in [('"', '"'), ('«', '»'), ('“', '”')] {
        if let Some(inside) = text.strip_suffix(close)
            && let Some((_, name)) = inside.rsplit_once(open)
        {
            return mailbox::name(name);
        }
    }
    // An opening quote that is never closed still begins the name.
    if let Some((_, name)) = text.rsplit_once('"')
        && !name.is_empty()
    {
        return mailbox::name(name);
    }
    mailbox::name(&last_name(text))
}

/// The words at the end that can be a name.
fn last_name(text: &str) -> String {
    let words_back: Vec<&str> = text.split_whitespace().rev().collect();
    let mut taken: Vec<&str> = Vec::new();
    for (index, word) in words_back.iter().enumerate() {
        let bare = word.trim_matches([',', ':', '(', ')', '.']);
        let stop = word.contains(|c: char| c.is_numeric())
            || has_folded(&words().beside_name, bare)
            || (bare.len() < word.len() && has_folded(&words().beside_name, word));
        if stop {
            break;
        }
        // A comma ends the name, unless family and given name stand on its sides, which
        // needs a date further left.
        if word.ends_with(',') && !taken.is_empty() {
            let left = words_back.get(index + 1);
            let dated = left.is_some_and(|l| {
                l.ends_with(',') && (l.contains(|c: char| c.is_numeric()) || is_clock(l))
            });
            if !dated {
                break;
            }
        }
        taken.push(word);
    }
    let capital = |w: &&str| w.starts_with(char::is_uppercase);
    while taken.iter().any(capital) && taken.last().is_some_and(|w| is_no_name(w)) {
        taken.pop();
    }
    taken.reverse();
    let name = taken.join(" ");
    let first = taken.first().copied().unwrap_or_default();
    let Some(phrases) = words().before_name.get(&*folded(first, &mut [0; SHORT])) else {
        return name;
    };
    let folded_name = fold(&name);
    for phrase in phrases {
        // Folding keeps the number of words.
        if folded_name
            .strip_prefix(phrase.as_str())
            .is_some_and(|r| r.starts_with(' '))
        {
            let skipped = phrase.split(' ').count();
            return taken.get(skipped..).unwrap_or_default().join(" ");
        }
    }
    name
}

/// A word in small letters before a name is none, unless names begin with it.
fn is_no_name(word: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "von", "van", "de", "der", "den", "da", "di", "del", "della", "la", "le", "el", "al",
        "bin", "ibn", "dos", "du", "ter", "ten", "zu", "zur", "af", "av", "mac",
    ];
    word.chars().all(|c| !c.is_alphabetic() || c.is_lowercase())
        && word.contains(char::is_alphabetic)
        && !PARTICLES.contains(&word)
}

fn is_clock(word: &str) -> bool {
    matches!(
        folded(word, &mut [0; SHORT]).trim_end_matches(','),
        "am" | "pm" | "a.m." | "p.m." | "uhr" | "utc" | "gmt"
    )
}

/// Without an address: the words after the verb, else those before it.
fn name_beside_verb(text: &str) -> Option<String> {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let is_verb = |words_in: &[&str]| {
        let joined = words_in.join(" ");
        let phrase = fold(joined.trim_matches([':', ',']));
        words().wrote.is_in(&format!(" {phrase} "))
    };
    // `scritto` alone is no verb where the table has `ha scritto`.
    let verb = (0..tokens.len()).rev().find(|at| {
        tokens.get(*at..at + 1).is_some_and(is_verb)
            || at
                .checked_sub(1)
                .and_then(|a| tokens.get(a..at + 1))
                .is_some_and(is_verb)
    })?;
    let after = tokens.get(verb + 1..).unwrap_or_default().join(" ");
    if after.contains(char::is_alphabetic) && !has_date(&after) {
        return mailbox::name(&after);
    }
    // `ha scritto`, `a écrit`: the helping word is no name.
    let helped = tokens.get(..verb).unwrap_or_default();
    let helped = match helped.split_last() {
        Some((last, rest)) if words().beside_name.contains(&fold(last)) || *last == "a" => rest,
        _ => helped,
    };
    let before = helped.join(" ");
    let name = mailbox::name(&last_name(&before))?;
    // `On Nov 26, 2013 you wrote` names nobody; a starter alone is no name.
    (!words().start.is_in(&format!("{name} 1"))).then_some(name)
}

/// The date as written, without the word before it and the name behind it.
fn date_in(text: &str, name: Option<&str>) -> Option<String> {
    let text = name
        .and_then(|n| text.rfind(n))
        .and_then(|at| text.get(..at))
        .unwrap_or(text);
    if !has_date(text) {
        return None;
    }
    let edge = |c: char| c.is_whitespace() || ",:;\"«“<>()[]-*_".contains(c);
    let mut tokens: Vec<&str> = text.split_whitespace().collect();
    let is_word = |t: &&str| {
        let bare = t.trim_matches(edge);
        // Folding keeps one character one and a word a word.
        bare.is_empty()
            || (bare.chars().nth(1).is_some()
                && has_folded(&words().beside_name, bare)
                && !is_clock(t))
    };
    while tokens.last().is_some_and(is_word) {
        tokens.pop();
    }
    while tokens.first().is_some_and(|t| is_word(t) || is_starter(t)) {
        tokens.remove(0);
    }
    let date = tokens.join(" ");
    let date = clean::line(date.trim_matches(edge), MAX_SUBJECT);
    (!date.is_empty()).then_some(date)
}

/// A date without the word before it.
pub fn without_starter(date: &str) -> &str {
    match date.split_once(' ') {
        // Swedish writes "den 26 november", and that is the date.
        Some((first, rest)) if is_starter(first) && rest.starts_with(char::is_alphabetic) => {
            rest.trim_start()
        }
        _ => date,
    }
}

/// `On`, `Am`, `Le`: found by the same table.
fn is_starter(token: &str) -> bool {
    if !token.chars().all(char::is_alphabetic) {
        return false;
    }
    if token.starts_with(|c: char| c.is_ascii_uppercase()) {
        return words().starters.contains(token);
    }
    let mut chars = token.chars();
    let mut capital: String = chars
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    capital.push_str(chars.as_str());
    // Upper case may end in a mark that is no letter.
    words().starters.contains(&capital) && capital.chars().all(char::is_alphabetic)
}
