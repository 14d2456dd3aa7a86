//! What is under an answer without being part of it: signatures with and without a delimiter,
//! footers of phones, disclaimers, banners of mail servers, footers of lists.
//!
//! Fails towards less text: a cut that takes an answer's last words makes it unclear, never a yes.

use crate::reader::quote::border::is_rule;
use crate::reader::quote::mailbox;
use crate::reader::words::{fold, words};

/// Lines with words that may follow "Kind regards".
const MAX_AFTER_CLOSING: usize = 12;
/// Characters of a line of a signature.
const MAX_SIGNATURE_CHARS: usize = 90;
/// Lines of a signature without a delimiter.
const MAX_SIGNATURE_LINES: usize = 12;
/// Characters of a footer without its link.
const MAX_FOOTER_CHARS: usize = 90;

/// The own words of a segment, and whether text of unknown origin was below a footer.
pub struct Cut {
    pub text: String,
    pub doubt: bool,
}

/// Takes signature, footer, disclaimer and banner off.
pub fn cut(lines: &[&str]) -> Cut {
    let mut lines: Vec<&str> = lines.to_vec();
    take_banner(&mut lines);
    let mut doubt = false;
    if let Some(at) = delimiter(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = lines.iter().position(|l| is_footer(l)) {
        let below = lines.get(at + 1..).unwrap_or_default();
        if has_words(lines.get(..at).unwrap_or_default()) || !has_words(below) {
            doubt = has_words(below) && !is_signature(below);
            lines.truncate(at);
        } else {
            // A phone's footer above the words: they were written below it.
            lines.remove(at);
        }
    }
    if let Some(at) = disclaimer(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = closing(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = contact_block(&lines) {
        lines.truncate(at);
    }
    if let Some(at) = dashed_name(&lines) {
        lines.truncate(at);
    }
    let mut text = lines.join("\n").trim_end().to_owned();
    cut_inline_footer(&mut text);
    while text.lines().next_back().is_some_and(is_rule) {
        let end = text.rfind('\n').unwrap_or(0);
        text.truncate(end);
        text.truncate(text.trim_end().len());
    }
    let start = text.len() - text.trim_start_matches(['\n', ' ', '\t']).len();
    let text = text.get(start..).unwrap_or_default().to_owned();
    Cut { text, doubt }
}

fn has_words(lines: &[&str]) -> bool {
    lines.iter().any(|l| l.contains(char::is_alphanumeric))
}

/// `-- ` and what people type for it, alone on a line (RFC 3676 section 4.3).
fn delimiter(lines: &[&str]) -> Option<usize> {
    lines.iter().enumerate().position(|(at, line)| {
        let line = line.trim();
        match line {
            "--" | "—" | "–" | "---" | "- --" | "-- -" => true,
            _ if line.starts_with("__") && line.chars().all(|c| c == '_') => true,
            _ if is_rule(line) => {
                let below = lines.get(at + 1..).unwrap_or_default();
                has_words(lines.get(..at).unwrap_or_default()) && is_signature(below)
            }
            _ => false,
        }
    })
}

/// `Sent from my iPhone` and its sisters.
fn is_footer(line: &str) -> bool {
    let line = line.trim_matches([
        '*', '_', ' ', '\u{A0}', '-', '—', '–', '[', ']', '(', ')', '<', '>', '|', '"',
    ]);
    if line.is_empty() || line.len() > 4 * MAX_FOOTER_CHARS + 400 {
        return false;
    }
    // A link behind the name of the program is no sentence.
    let shown = line.split(['<', '[', '(']).next().unwrap_or_default();
    let shown = fold(shown.split("http").next().unwrap_or_default());
    let bare = shown.trim_end_matches(['.', '!', ' ', ':', ',', '،', '。']);
    if bare.is_empty() || bare.chars().count() > MAX_FOOTER_CHARS {
        return false;
    }
    words().footers.iter().any(|footer| {
        let Some(rest) = bare.strip_prefix(footer.head.as_str()) else {
            return false;
        };
        if !rest.ends_with(footer.tail.as_str()) || rest.len() < footer.tail.len() {
            return false;
        }
        let named = is_device(rest);
        if !footer.tail.is_empty() || footer.head.is_empty() {
            return named || !footer.head.is_empty();
        }
        // "Sent from my desk, it is easier" is a sentence; "Sent from my Wiko Ridge 4G" is not.
        let words_in = rest.split_whitespace().count();
        let whole =
            rest.starts_with([' ', '\u{A0}', '‑', '-']) || has_no_case(rest) || rest.is_empty();
        whole
            && ((named && words_in <= 8 && !rest.contains([',', ';', '?']))
                || (words_in > 0
                    && words_in <= 6
                    && !rest.contains([',', ';', '?'])
                    && !shown.ends_with('.')))
    })
}

fn has_no_case(text: &str) -> bool {
    text.chars()
        .next()
        .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase())
}

/// Names of devices and mail programs: the same in every language.
fn is_device(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "iphone",
        "ipad",
        "ipod",
        "ios",
        "mac",
        "android",
        "samsung",
        "galaxy",
        "blackberry",
        "huawei",
        "xiaomi",
        "redmi",
        "oppo",
        "nokia",
        "pixel",
        "oneplus",
        "htc",
        "sony",
        "xperia",
        "motorola",
        "outlook",
        "windows",
        "mail",
        "yahoo",
        "gmail",
        "aol",
        "proton",
        "tutanota",
        "tuta",
        "gmx",
        "web.de",
        "mailbird",
        "spark",
        "airmail",
        "thunderbird",
        "k-9",
        "typeapp",
        "bluemail",
        "nine",
        "smartphone",
        "telefon",
        "mobil",
        "handy",
        "phone",
        "tablet",
        "wireless",
        "verizon",
        "t-mobile",
        "vodafone",
        "fairmail",
        "fairemail",
        "superhuman",
        "hey",
        "zoho",
        "yandex",
        "mobile",
        "device",
        "телефон",
        "устройства",
        "手机",
        "手機",
        "휴대",
    ];
    NAMES.iter().any(|name| text.contains(name))
}

/// `OK — Sent from my iPhone` on one line.
fn cut_inline_footer(text: &mut String) {
    let start = text.rfind('\n').map_or(0, |at| at + 1);
    let Some(last) = text.get(start..) else {
        return;
    };
    if last.len() > 1000 {
        return;
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
            text.truncate(start + kept);
            return;
        }
    }
}

/// The first paragraph that speaks like a disclaimer, with the rule above it.
fn disclaimer(lines: &[&str]) -> Option<usize> {
    let mut start = 0;
    while start < lines.len() {
        let length = lines
            .get(start..)?
            .iter()
            .take_while(|l| !l.trim().is_empty())
            .count();
        let paragraph = lines.get(start..start + length)?;
        if length > 0 && is_disclaimer(paragraph) && has_words(lines.get(..start)?) {
            return Some(start);
        }
        start += length.max(1);
    }
    None
}

fn is_disclaimer(paragraph: &[&str]) -> bool {
    let text = fold(&paragraph.join(" "));
    if text.chars().count() < 60 {
        return false;
    }
    let hits = words()
        .legal
        .iter()
        .filter(|word| text.contains(word.as_str()))
        .take(3)
        .count();
    hits > 2 || (hits == 2 && text.chars().count() > 100)
}

/// `Kind regards,` with a name below it, or on the same line.
fn closing(lines: &[&str]) -> Option<usize> {
    let at = (0..lines.len()).rev().find(|at| {
        lines.get(*at).is_some_and(|line| is_closing(line))
            && lines
                .get(at + 1..)
                .unwrap_or_default()
                .iter()
                .all(|l| l.chars().count() <= MAX_SIGNATURE_CHARS)
    })?;
    let after = lines.get(at + 1..).unwrap_or_default();
    let after = after.iter().filter(|l| !l.trim().is_empty()).count();
    (after <= MAX_AFTER_CLOSING).then_some(at)
}

fn is_closing(line: &str) -> bool {
    let line = line.trim_matches(['*', '_', ' ', '\u{A0}']);
    if line.len() > 120 {
        return false;
    }
    let folded = fold(line);
    let bare = folded.trim_end_matches([',', '.', '!', ' ', '،', '-', '–', '—', '~']);
    if words().closings.contains(bare) || words().closings.contains(&folded) {
        return true;
    }
    // `Best, Bob`: a name behind the comma.
    if let Some((head, name)) = line.split_once([',', '،'])
        && words().closings.contains(&fold(head))
    {
        return looks_like_name(name);
    }
    // `Thanks and best regards`: courtesy, then a closing.
    [
        "thanks",
        "thank you",
        "many thanks",
        "thx",
        "danke",
        "vielen dank",
        "merci",
        "gracias",
        "grazie",
        "dank",
    ]
    .iter()
    .any(|thanks| {
        bare.strip_prefix(thanks)
            .map(|rest| rest.trim_start_matches([' ', '&', ',', '/', '+']))
            .map(|rest| {
                ["and ", "und ", "et ", "y ", "e ", "en ", "with "]
                    .iter()
                    .find_map(|and| rest.strip_prefix(and))
                    .unwrap_or(rest)
            })
            .is_some_and(|rest| words().closings.contains(rest))
    })
}

/// Up to four words that begin with a capital letter, or have no case at all.
fn looks_like_name(text: &str) -> bool {
    let text = text.trim_matches([' ', '.', '*', '_', '-', ',']);
    let count = text.split_whitespace().count();
    (1..=4).contains(&count)
        && text.split_whitespace().all(|w| {
            let mut chars = w.trim_start_matches(['(', '"', '\'']).chars();
            chars
                .next()
                .is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
                || [
                    "von", "van", "de", "der", "da", "di", "del", "la", "bin", "al",
                ]
                .contains(&w)
        })
        && !text.contains(['?', '!', ':', '@'])
}

/// `-Ann Ng` or `- Ann` as the last words.
fn dashed_name(lines: &[&str]) -> Option<usize> {
    let at = lines.iter().rposition(|l| !l.trim().is_empty())?;
    let line = lines.get(at)?.trim();
    let name = line.strip_prefix(['-', '–', '—', '~'])?;
    (at > 0 && looks_like_name(name) && name.split_whitespace().count() <= 3).then_some(at)
}

/// The last paragraphs where they are made of names, titles, numbers and links.
fn contact_block(lines: &[&str]) -> Option<usize> {
    let end = lines.iter().rposition(|l| !l.trim().is_empty())? + 1;
    // Candidates begin below an empty line, or with a name right under the words.
    let mut best = None;
    let mut count = 0;
    for at in (1..end).rev() {
        let line = lines.get(at)?.trim();
        if line.is_empty() {
            continue;
        }
        count += 1;
        if count > MAX_SIGNATURE_LINES || line.chars().count() > MAX_SIGNATURE_CHARS {
            break;
        }
        if is_sentence(line) && !is_contact(line) {
            break;
        }
        let above_blank = lines.get(at - 1).is_some_and(|l| l.trim().is_empty());
        let begins = above_blank || looks_like_name(line);
        if begins && is_signature(lines.get(at..end)?) {
            best = Some(at);
        }
    }
    best.filter(|at| has_words(lines.get(..*at).unwrap_or_default()))
}

/// Short lines of which some are plainly contact data.
fn is_signature(lines: &[&str]) -> bool {
    let worded: Vec<&str> = lines
        .iter()
        .map(|l| l.trim())
        .filter(|l| l.contains(char::is_alphanumeric))
        .collect();
    if worded.is_empty() {
        return true;
    }
    if is_disclaimer(&worded) {
        return true;
    }
    let contacts = worded.iter().filter(|l| is_contact(l)).count();
    let sentences = worded
        .iter()
        .filter(|l| is_sentence(l) && !is_contact(l))
        .count();
    let first_is_name = worded
        .first()
        .is_some_and(|l| looks_like_name(l.split([',', '|']).next().unwrap_or_default()));
    sentences == 0
        && worded.len() <= MAX_SIGNATURE_LINES
        && (contacts >= 2 || (contacts >= 1 && (first_is_name || worded.len() == 1)))
}

/// A telephone number, a link, an address, a title, or a line divided by bars.
fn is_contact(line: &str) -> bool {
    let folded = fold(line);
    let digits = line.chars().filter(char::is_ascii_digit).count();
    let other = line.chars().filter(|c| c.is_alphabetic()).count();
    let telephone = digits >= 7 && other <= 24;
    let titled = folded
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| TITLES.contains(&w));
    telephone
        || ((folded.contains("www.") || folded.contains("http"))
            && folded.split_whitespace().count() <= 5)
        || (mailbox::addresses(line).next().is_some() && folded.split_whitespace().count() <= 5)
        || (titled && !is_sentence(line) && folded.split_whitespace().count() <= 9)
        || (line.contains(" | ") && !is_sentence(line))
}

/// Words of titles and firms that stand in signatures the world over.
const TITLES: &[&str] = &[
    "ceo",
    "cto",
    "cfo",
    "coo",
    "cmo",
    "cpo",
    "founder",
    "cofounder",
    "director",
    "manager",
    "president",
    "vp",
    "partner",
    "head",
    "engineer",
    "developer",
    "consultant",
    "professor",
    "prof",
    "dr",
    "phd",
    "ph",
    "inc",
    "ltd",
    "llc",
    "gmbh",
    "ag",
    "corp",
    "sarl",
    "srl",
    "bv",
    "oy",
    "ab",
    "tel",
    "phone",
    "mobile",
    "mob",
    "cell",
    "fax",
    "telefon",
    "tél",
    "teléfono",
    "geschäftsführer",
    "leiter",
    "directeur",
    "gerente",
    "officer",
    "analyst",
    "assistant",
    "associate",
    "lead",
    "principal",
    "owner",
    "chair",
    "chairman",
    "editor",
    "university",
    "institute",
    "department",
    "linkedin",
    "twitter",
    "skype",
];

fn is_sentence(line: &str) -> bool {
    let words_in = line.split_whitespace().count();
    (line.ends_with(['.', '!', '?', '。', '！', '？']) && words_in > 3 && !line.ends_with("Inc."))
        || line.ends_with(['?', '!'])
        || words_in > 12
}

/// The warning that a mail server puts on top.
fn take_banner(lines: &mut Vec<&str>) {
    let start = lines
        .iter()
        .position(|l| !l.trim().is_empty())
        .unwrap_or(lines.len());
    let length = lines
        .get(start..)
        .unwrap_or_default()
        .iter()
        .take_while(|l| !l.trim().is_empty())
        .count();
    let paragraph = lines.get(start..start + length).unwrap_or_default();
    let text = fold(&paragraph.join(" "));
    let hits = words()
        .banner
        .iter()
        .filter(|word| text.contains(word.as_str()))
        .take(2)
        .count();
    if hits > 1
        && start + length < lines.len()
        && has_words(lines.get(start + length..).unwrap_or_default())
    {
        lines.drain(..start + length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> String {
        cut(&text.lines().collect::<Vec<_>>()).text
    }

    #[test]
    fn what_hangs_below_is_cut() {
        for text in [
            "Yes please.\n-- \nBob",
            "Yes please.\n\nSent from my iPhone",
            "Yes please.\n\nSent from my Wiko RIDGE FAB 4G",
            "Yes please. Sent from my iPhone",
            "Yes please.\n\nVon meinem iPhone gesendet",
            "Yes please.\n\nEnvoyé à partir de Outlook pour iOS<https://aka.ms/o0ukef>",
            "Yes please.\n\niPhone'umdan gönderildi",
            "Yes please.\n\niPhoneから送信",
            "Yes please.\n\nKind regards,\n\nBob Kim\nCEO",
            "Yes please.\n\nBest, Bob",
            "Yes please.\n\nMit freundlichen Grüßen\nBob Kim",
            "Yes please.\n\nBob Kim\nDirector of Sales | ACME Inc\n+1 (555) 010-2030\nwww.acme.example",
            "Yes please.\n\n-Bob Kim",
            "Yes please.\n\nThis e-mail is confidential and intended solely for the addressee. If you received this message in error, notify the sender and delete this message.",
            "Yes please.\n\n_______________________________________________\nlist mailing list\nlist@l.example",
        ] {
            assert_eq!(kept(text), "Yes please.", "{text}");
        }
    }

    #[test]
    fn what_the_person_says_stays() {
        for text in [
            "Yes please.\n\nSent from my desk, is much easier then my mobile phone.",
            "Yes please.\n\nBob",
            "Call me at +1 555 010 2030 tomorrow, please.",
            "Please treat this as confidential.",
            "Yes please.\nThanks,\nBob",
        ] {
            assert_eq!(kept(text), text, "{text}");
        }
        assert_eq!(kept("Sent from my iPhone\n\nYes"), "Yes");
    }

    #[test]
    fn text_of_unknown_origin_is_doubted() {
        let lines: Vec<&str> = "Yes\n\nSent from my iPhone\n\nWould you like to meet Ann?"
            .lines()
            .collect();
        let cut = cut(&lines);
        assert_eq!((cut.text.as_str(), cut.doubt), ("Yes", true));
    }
}
