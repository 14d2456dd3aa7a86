//! What phones and mail programs put under a text: `Sent from my iPhone`, in any language.
//!
//! Fails towards text: a sentence that begins like a footer stays.

use crate::reader::fold::fold;
use crate::reader::quote::device::{has_device, is_device};
use crate::reader::words::pieces::Pieces;
use crate::reader::words::{Footer, first_octet, words};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Octets of a line with a footer and its links, which may be long.
const MAX_LINE_OCTETS: usize = 1000;
/// Words of a footer that names a device, with an excuse for typing errors.
const MAX_FOOTER_WORDS: usize = 16;
/// Words of its name for the device among which one that is known is looked for.
const EARLY: usize = 5;
/// Words of a name that is not known.
const MAX_UNKNOWN_WORDS: usize = 6;
/// Characters of a footer without its link.
const MAX_FOOTER_CHARS: usize = 130;

/// Of a footer, whether its words are those of a program: of one that is listed, and with its name.
pub fn is_programs(line: &str) -> Option<bool> {
    let listed = listed(line)?;
    let shown = shown(line);
    let bare = bare(&shown);
    let is_listed =
        || listed.unwrap_or_else(|| !bare.is_empty() && is_listed_as(bare, first_octet(bare)));
    Some(is_device(&shown) && is_listed() && !goes_on_behind_device(&shown))
}

/// A line as a person reads it, for whom a link behind the name of a program is no sentence.
fn shown(line: &str) -> String {
    fold(&without_links(line))
}

/// What is shown without what is drawn around it and the end of the sentence.
fn bare(shown: &str) -> &str {
    let shown = shown.trim_matches([' ', '*', '_', '-', '—', '–', '(', ')', '<', '>', '|', '"']);
    shown.trim_end_matches(['.', '!', ' ', ':', ',', '،', '。'])
}

/// What programs and people's excuses say behind the name of a device.
const BEHIND: &[&str] = &[
    "gesendet",
    "beziehen",
    "herunterladen",
    "lataa",
    "scarica",
    "descargar",
    "obtener",
    "baixar",
    "pobierz",
    "stáhnout",
    "letöltése",
    "beszerzése",
    "downloaden",
    "indir",
    "edinin",
    "abrufen",
    "installieren",
    "hankkimaan",
    "verschickt",
    "versendet",
    "gönderildi",
    "gönderilmiştir",
    "küldve",
    "küldött",
    "elküldve",
    "sendt",
    "skickat",
    "verzonden",
    "smartphone",
    "smart",
    "device",
    "using",
    "with",
    "on",
    "the",
    "a",
    "an",
    "network",
    "free",
    "app",
    "mail",
    "email",
    "for",
    "pro",
    "max",
    "mini",
    "plus",
    "ultra",
    "se",
    "air",
    "please",
    "excuse",
    "sorry",
    "and",
    "und",
    "et",
    "för",
    "für",
    "pour",
    "para",
    "voor",
    "per",
    "til",
    "dla",
    "za",
    "для",
    "з",
    "z",
    "na",
    "von",
    "de",
    "van",
    "del",
    "da",
    "from",
    "get",
    "new",
];

/// `Sent from my iPad by my son`.
fn goes_on_behind_device(shown: &str) -> bool {
    let device = |word: &&str| is_device(word);
    let words: Vec<&str> = shown
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .collect();
    let last = words.iter().rposition(device).unwrap_or(words.len());
    let behind = words.get(last + 1..).unwrap_or_default();
    let known = |word: &&str| BEHIND.contains(word) || word.contains(|c: char| c.is_ascii_digit());
    !behind.iter().all(known) && !is_excuse(shown)
}

/// `Sent from my iPhone` and its sisters.
pub fn is_footer(line: &str) -> bool {
    listed(line).is_some()
}

/// Of a footer, whether it is listed, where that was looked at.
fn listed(line: &str) -> Option<Option<bool>> {
    if line.is_empty() || line.len() > MAX_LINE_OCTETS {
        return None;
    }
    if line.is_ascii() && !may_begin_footer(line) {
        return ends_with_device(line).then_some(None);
    }
    let shown = shown(line);
    let bare = bare(&shown);
    if bare.is_empty() {
        return None;
    }
    let octet = first_octet(bare);
    let mut tails = words().tails.get(&octet).into_iter().flatten();
    if tails.any(|tail| bare.starts_with(tail.as_str())) {
        return Some(None);
    }
    if bare.len() > MAX_FOOTER_CHARS && bare.chars().count() > MAX_FOOTER_CHARS {
        return None;
    }
    if ends_with_device(line) {
        return Some(None);
    }
    is_listed_as(bare, octet).then_some(Some(true))
}

fn is_listed_as(bare: &str, octet: u32) -> bool {
    let first = bare.split(' ').next().unwrap_or_default();
    let listed = words().footers.get(first).map(Vec::as_slice);
    let loose = words().loose_footers.get(&octet).map(Vec::as_slice);
    listed
        .unwrap_or_default()
        .iter()
        .chain(loose.unwrap_or_default())
        .chain(&words().ending_footers)
        .any(|footer| fits(footer, bare))
}

/// A cheap look that spares ordinary lines the rest; footers that only have an end are not ASCII.
fn may_begin_footer(line: &str) -> bool {
    let bare = match line.as_bytes().first() {
        Some(first) if first.is_ascii_alphanumeric() => line,
        _ => line.trim_start_matches([' ', '*', '_', '-', '(', '"', '|']),
    };
    if bare.starts_with(['<', '[']) {
        return true;
    }
    let end = memchr::memchr(b' ', bare.as_bytes()).unwrap_or(bare.len());
    let first = bare.get(..end).unwrap_or_default();
    // "Virus-free.www": a link may follow without a space.
    let starts = &words().footer_starts;
    if starts.has(first) {
        return true;
    }
    let before_link = first.split(['.', '<']).next().unwrap_or_default();
    before_link.len() < first.len() && starts.has(before_link)
}

/// A few words and the name of a device, without a full stop: a footer in whatever language.
fn ends_with_device(line: &str) -> bool {
    const DEVICES: &[&str] = &[
        "iPhone",
        "iPad",
        "iPod",
        "Galaxy",
        "BlackBerry",
        "Xperia",
        "HUAWEI",
        "Huawei",
        "Xiaomi",
        "Android",
        "OnePlus",
    ];
    // Spares most lines the rest.
    let end = match line.as_bytes().last() {
        Some(last) if last.is_ascii_alphanumeric() => line,
        _ => line.trim_end_matches(|c: char| !c.is_alphanumeric()),
    };
    let known = |octets: &[u8; 3]| {
        matches!(octets, b"one" | b"Pad" | b"Pod" | b"axy" | b"rry" | b"ria")
            || matches!(octets, b"WEI" | b"wei" | b"omi" | b"oid" | b"lus")
    };
    if !end.as_bytes().last_chunk().is_some_and(known)
        || !DEVICES.iter().any(|device| end.ends_with(device))
    {
        return false;
    }
    let line = line.trim_matches([' ', '*', '_', '-', '—', '–', '(', ')']);
    let count = line.split(' ').count();
    (3..=5).contains(&count)
        && line.chars().next().is_some_and(|c| !c.is_lowercase())
        && !line.contains(['?', ',', ';', ':', '\'', '.', '!'])
        && DEVICES.iter().any(|d| {
            line.strip_suffix(d)
                .is_some_and(|rest| rest.ends_with([' ', '-']))
        })
}

fn fits(footer: &Footer, bare: &str) -> bool {
    // Comparing nothing takes a processor longer than comparing something.
    let begun = match footer.head.is_empty() {
        true => Some(bare),
        false => bare.strip_prefix(footer.head.as_str()),
    };
    let Some(rest) = begun else {
        return false;
    };
    if !footer.tail.is_empty() || footer.head.is_empty() {
        let ends = rest
            .strip_suffix(footer.tail.as_str())
            .is_some_and(|inside| !inside.is_empty() || !footer.head.is_empty());
        return ends && (is_device(rest) || !footer.head.is_empty());
    }
    let whole = rest.is_empty()
        || footer.head.ends_with('\'')
        || rest.starts_with([' ', '\u{A0}', '‑', '-', '.'])
        || has_no_case(rest);
    if !whole {
        return false;
    }
    // Folded words stand a space apart.
    let words_in = rest.trim_matches(' ');
    let spaces = words_in.bytes().filter(|octet| *octet == b' ').count();
    let count = usize::from(!words_in.is_empty()) + spaces;
    if count == 0 || count > MAX_FOOTER_WORDS {
        return false;
    }
    let mut spaces = rest.trim_start().match_indices(' ');
    let early = spaces.nth(EARLY - 1).map(|(at, _)| at);
    let early = early.and_then(|end| rest.trim_start().get(..end));
    let has_device = is_device(early.unwrap_or(rest));
    if !has_device && count > MAX_UNKNOWN_WORDS {
        return false;
    }
    // "a Galaxy S21, an AT&T 5G smartphone" says what the device is.
    let apposed = [
        ", a ", ", an ", ", the ", ", un ", ", une ", ", ein ", ", eine ",
    ];
    let comma = rest.find(',').and_then(|at| rest.get(at..));
    let apposition = comma.is_none_or(|c| is_device(c) || apposed.iter().any(|a| c.starts_with(a)));
    let ended = ["; ", "? ", ". ", "! ", " - ", " – "];
    // The last one is the first octet of a dash.
    let may_end = |octet: u8| matches!(octet, b';' | b'?' | b'.' | b'!' | b'-' | 0xE2);
    let is_ended = || rest.bytes().any(may_end) && ended.iter().any(|mark| rest.contains(mark));
    let one_clause = apposition && !is_ended();
    if has_device {
        return one_clause || is_excuse(rest);
    }
    // "Sent from my desk, it is easier" is a sentence; "Sent from my Wiko Ridge 4G" is not.
    one_clause && comma.is_none()
}

/// "Please excuse brevity and typos" in the languages in which phones say it.
fn is_excuse(text: &str) -> bool {
    EXCUSE.is_in(text)
}

static EXCUSE: LazyLock<Pieces> = LazyLock::new(|| {
    Pieces::of(&[
        "excus",
        "brevity",
        "typo",
        "autocorrect",
        "forgive",
        "pardon",
        "tippfehler",
        "kürze",
        "rechtschreib",
        "faute",
        "erreur",
        "concis",
        "error",
        "breve",
        "erro",
        "fouten",
        "skrivfel",
    ])
});

/// The line without links in brackets; of `[name](link)` the name stays.
fn without_links(line: &str) -> Cow<'_, str> {
    static LINKS: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| [Finder::new("http"), Finder::new("mailto:")]);
    let octets = line.as_bytes();
    let is_linked = || LINKS.iter().any(|link| link.find(octets).is_some());
    if memchr::memchr2(b'[', b']', octets).is_none() && !is_linked() {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    let is_mark = |octet| matches!(octet, b'<' | b'[' | b'(' | b']' | b'h');
    while let Some(at) = rest.bytes().position(is_mark) {
        let (head, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(head);
        let close = match tail.bytes().next() {
            Some(b'<') => Some('>'),
            Some(b'(') => Some(')'),
            Some(b'[') => Some(']'),
            _ => None,
        };
        let inner = tail.get(1..).unwrap_or_default();
        let linked = inner.starts_with("http") || inner.starts_with("mailto:");
        rest = match close {
            Some(close) if linked => inner.split_once(close).map_or("", |(_, after)| after),
            _ if tail.starts_with("http") => tail.split_once(' ').map_or("", |(_, after)| after),
            _ => {
                if let Some(c) = tail.chars().next().filter(|c| !matches!(c, '[' | ']')) {
                    out.push(c);
                }
                inner
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn has_no_case(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase())
}

/// `OK — Sent from my iPhone` as the last line: how many octets of it are none of the footer, and that.
pub fn inline_footer(last: &str) -> Option<(usize, &str)> {
    // Between two words stands a space, or the last octet of one that does not break.
    let spaced = memchr::memchr2(b' ', 0xA0, last.as_bytes()).is_some();
    if last.len() > 1000 || !spaced || !has_device(last) {
        return None;
    }
    for (at, c) in last.char_indices() {
        if !matches!(c, ' ' | '\u{A0}') || at == 0 {
            continue;
        }
        let rest = last.get(at..).unwrap_or_default().trim_start();
        let capital = rest.starts_with(|c: char| !c.is_lowercase());
        if capital && is_device(&fold(rest)) && is_footer(rest) {
            let kept = last.get(..at).unwrap_or_default();
            let kept = kept
                .trim_end_matches([' ', '—', '–', '-', '|', '\u{A0}'])
                .len();
            return Some((kept, rest));
        }
    }
    None
}
