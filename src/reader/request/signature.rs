//! Where a text ends and its writer's signature, or farewell, begins.
//!
//! Cuts only what looks like one: a mark, or a farewell with nothing but a card after it.

use super::wishes::WISHES;
use regex::Regex;
use std::sync::LazyLock;

/// Lines of a card after a farewell.
const MAX_CARD_LINES: usize = 10;
/// Characters of a line of a card.
const MAX_CARD_LINE_CHARS: usize = 100;

static FAREWELL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)^\W*(?:(?:many|kind|best|warm|warmest|all|with)\s+)*(?:thanks(?:\s+(?:a lot|so much|again|in advance))?|thank\s+you(?:\s+(?:so much|again|in advance|very much))?|thx|ty|best(?:\s+wishes)?|regards|wishes|cheers|sincerely(?:\s+yours)?|yours(?:\s+(?:truly|sincerely|faithfully))?|warmly|love|xo+|talk soon|take care|br|kr|vg|lg|mfg|(?:mit\s+)?(?:viele|liebe|beste|freundlichen?|herzliche|schöne)n?\s+(?:grüße|grüssen|grüßen|gruß|grüsse|dank)|gruß|grüße|danke(?:\s+(?:dir|ihnen|schön|sehr|im voraus))?|cordialement|bien\s+(?:à\s+(?:toi|vous)|cordialement)|merci(?:\s+(?:beaucoup|d'avance|bien))?|amicalement|à bientôt|(?:un\s+)?(?:saludo|abrazo|cordial saludo)s?|saludos(?:\s+cordiales)?|(?:muchas\s+)?gracias|atentamente)\b(?P<rest>.*)$",
    )
    .ok()
});
static CONTACT_DATA: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\+\d|\b\d{3}[-. ]\d{3,4}|\bwww\.|https?://|\btel\b|\bmobile?\b|\bphone\b|\bfax\b|\||^[MTPF]:|\bGmbH\b|\bInc\b|\bLtd\b|\bLLC\b|\bCEO\b|\bCTO\b|\bFounder\b|\bPartner\b|\bManager\b|\bDirector\b|Sent from my)").ok()
});

/// A line that greets.
static GREETING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|liebe[rs]?|guten (?:morgen|tag|abend)|sehr geehrte\S*|moin|servus|bonjour|salut|cher|chère|hola|buenos días|buenas tardes|querid[oa])\b[^.?:;@]{0,40}[,!.:–-]?$").ok()
});
/// Whether a line is a greeting and nothing more.
pub fn is_greeting(line: &str) -> bool {
    GREETING
        .as_ref()
        .is_some_and(|greeting| greeting.is_match(line.trim()))
}

static SMALL_PRINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:this (?:e-?mail|message|communication)\b.*\b(?:confidential|intended|privileged)|confidential(?:ity)?\b|the (?:information|content)s?\b.*\b(?:confidential|intended)|diese (?:e-?mail|nachricht)\b.*\bvertraulich|ce (?:message|courriel)\b.*\bconfidentiel|este (?:correo|mensaje)\b.*\bconfidencial)").ok()
});

/// The text without what is certainly a signature.
pub fn without(text: &str) -> &str {
    let text = match before_mark(text) {
        Some(before) => before,
        None => text,
    };
    let text = before_rule(text);
    let lines: Vec<&str> = text.split('\n').collect();
    let start = (0..lines.len()).rev().take(MAX_CARD_LINES * 2).find(|at| {
        let after = lines.get(at + 1..).unwrap_or_default();
        lines.get(*at).is_some_and(|line| is_farewell(line)) && is_card(after)
    });
    let text = match start {
        Some(at) => cut(text, at),
        None => text,
    };
    text.trim_end()
}

/// The text before the last paragraph, and that paragraph, where it may be a card without a
/// farewell: not the only paragraph, not announced by a colon, with a way to be reached in it.
pub fn apart_from_card(text: &str) -> Option<(&str, &str)> {
    let (before, last) = text.rsplit_once("\n\n")?;
    let before = before.trim_end();
    let lines: Vec<&str> = last
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let is_nothing = before
        .lines()
        .all(|line| line.trim().is_empty() || is_greeting(line));
    if is_nothing || before.ends_with(':') || !is_card(&lines) {
        return None;
    }
    let starts_with_name = lines.first().is_some_and(|line| is_name_line(line));
    let has_data = lines
        .iter()
        .any(|l| CONTACT_DATA.as_ref().is_some_and(|r| r.is_match(l)));
    let has_more =
        lines.len() > 1 && starts_with_name && lines.iter().skip(1).any(|l| l.contains('@'));
    let is_name_alone = lines.len() == 1 && starts_with_name;
    (has_data && last.contains('@') || has_more || is_name_alone).then_some((before, last))
}

/// `-- ` alone on a line (RFC 3676 section 4.3); many programs lose the space.
fn before_mark(text: &str) -> Option<&str> {
    let lines = text.split('\n');
    let at = lines
        .clone()
        .position(|line| matches!(line.trim_end(), "--" | "—" | "__" | "___"))?;
    Some(cut(text, at))
}

/// The text before a drawn line or the small print, if there is any before it and no clear wish after.
fn before_rule(text: &str) -> &str {
    let is_rule = |line: &str| {
        let line = line.trim();
        line.len() >= 3 && line.chars().all(|c| "_=*~–—-".contains(c))
            || SMALL_PRINT
                .as_ref()
                .is_some_and(|print| print.is_match(line))
    };
    let Some(at) = text.split('\n').position(is_rule) else {
        return text;
    };
    let before = cut(text, at);
    let after = text.get(before.len()..).unwrap_or_default();
    match before.trim().is_empty() || has_strong_wish(after) {
        true => text,
        false => before,
    }
}

fn has_strong_wish(text: &str) -> bool {
    let mut strong = WISHES.within(text).filter(|wish| wish.is_strong);
    strong.any(|wish| wish.is_in(text))
}

/// The first `lines` lines.
fn cut(text: &str, lines: usize) -> &str {
    let end: usize = text
        .split('\n')
        .take(lines)
        .map(|line| line.len() + 1)
        .sum();
    text.get(..end.min(text.len())).unwrap_or(text)
}

fn is_farewell(line: &str) -> bool {
    let Some(found) = FAREWELL
        .as_ref()
        .and_then(|farewell| farewell.captures(line.trim()))
    else {
        return false;
    };
    // "Thanks, Bob" and "Best, Carol" are farewells; "Thanks for asking Carol" is a sentence.
    let rest = found.name("rest").map_or("", |rest| rest.as_str());
    let rest = rest.trim_matches([' ', ',', '!', '.', '-', '–', ':', ')', ';', '/']);
    rest.is_empty() || is_name_line(rest)
}

/// At most four words that could be a name.
fn is_name_line(line: &str) -> bool {
    let line = line
        .trim()
        .trim_start_matches(['-', '–', '—', '/', '~', ' ']);
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_name = |c: char| c.is_alphabetic() || ".,'’-".contains(c);
    (1..=4).contains(&words.len())
        && !line.contains('?')
        && words.iter().all(|w| w.chars().all(is_name))
}

/// Whether lines hold no sentence that could still wish for something.
fn is_card(lines: &[&str]) -> bool {
    let filled: Vec<&&str> = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .collect();
    filled.len() <= MAX_CARD_LINES
        && filled.iter().all(|line| {
            let lower = line.trim().to_lowercase();
            line.chars().count() <= MAX_CARD_LINE_CHARS
                && !lower.starts_with("ps")
                && !lower.starts_with("p.s")
                && !lower.contains('?')
                && !has_strong_wish(line)
        })
}
