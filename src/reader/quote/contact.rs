//! Signatures without a delimiter, known by what stands in them: a name, a title, numbers, links.
//!
//! Fails towards text: a block with a sentence in it stays.

use crate::reader::address::Address;
use crate::reader::fold::fold;
use crate::reader::plain::trim;
use crate::reader::quote::disclaimer::{MAX_DISCLAIMER_CHARS, is_disclaimer};
use crate::reader::quote::line::has_words;
use crate::reader::quote::mailbox;
use crate::reader::quote::signature::{MAX_SIGNATURE_CHARS, Writer};
use crate::reader::work;

/// Octets below a line that may begin a signature: what a disclaimer is told by, in any script.
const MAX_LOOKED_AT: usize = 4 * MAX_DISCLAIMER_CHARS;
/// Lines of a signature without a delimiter.
const MAX_SIGNATURE_LINES: usize = 12;

/// The last paragraphs where they are made of names, titles, numbers and links.
pub fn contact_block(lines: &[&str], writer: &Writer) -> Option<usize> {
    let end = lines.iter().rposition(|l| !trim(l).is_empty())? + 1;
    // Candidates begin below an empty line, or with a name right under the words.
    let mut best = None;
    let (mut worded, mut contacts) = (0, 0);
    for at in (1..end).rev() {
        let line = lines.get(at)?.trim();
        if !line.contains(char::is_alphanumeric) {
            continue;
        }
        worded += 1;
        if worded > MAX_SIGNATURE_LINES || line.chars().count() > MAX_SIGNATURE_CHARS {
            break;
        }
        let sentence = is_sentence(line);
        // A sentence can only be contact data by a number or a link in it.
        let may_be =
            !sentence || line.contains(|c: char| c.is_ascii_digit() || c == '@' || c == '/');
        let contact = may_be && is_contact(line);
        contacts += usize::from(contact);
        if sentence && !contact {
            break;
        }
        let above_blank = lines.get(at - 1).is_some_and(|l| trim(l).is_empty());
        let begins = above_blank || looks_like_name(line);
        let block = lines.get(at..end)?;
        if begins
            && is_enough(contacts, worded, line)
            && is_writers(lines.get(..at)?, block, writer)
        {
            best = Some(at);
        }
    }
    best.filter(|at| has_words(lines.get(..*at).unwrap_or_default()))
}

/// Whether a block of contact data is the writer's own, and not somebody's whom they name.
fn is_writers(above: &[&str], block: &[&str], writer: &Writer) -> bool {
    let text = block.join("\n");
    let named = fold(&text)
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| writer.name.iter().any(|n| n == w));
    let mut addresses = mailbox::addresses(&text).peekable();
    if addresses.peek().is_some() {
        let own = |a: &Address| {
            writer
                .address
                .as_ref()
                .is_some_and(|w| w.domain() == a.domain())
        };
        return named || addresses.all(|(_, address)| own(&address));
    }
    let last = above.iter().rev().find(|l| !trim(l).is_empty());
    let announced = last.is_some_and(|l| l.trim_end().ends_with([':', '：']));
    named || (writer.answers && !announced)
}

/// Short lines of which some are plainly contact data.
pub fn is_signature(lines: &[&str]) -> bool {
    // A disclaimer is told by its beginning, and a longer text is no signature.
    let mut octets = 0;
    let worded: Vec<&str> = lines
        .iter()
        .map(|l| l.trim())
        .filter(|l| l.contains(char::is_alphanumeric))
        .take_while(|l| {
            let before = octets;
            octets += l.len();
            work::steps(1);
            before <= MAX_LOOKED_AT
        })
        .collect();
    if worded.is_empty() {
        return true;
    }
    if is_disclaimer(&worded) {
        return true;
    }
    if octets > MAX_LOOKED_AT || worded.len() > MAX_SIGNATURE_LINES {
        return false;
    }
    let contacts = worded.iter().filter(|l| is_contact(l)).count();
    let sentences = worded
        .iter()
        .filter(|l| is_sentence(l) && !is_contact(l))
        .count();
    let first = worded.first().copied().unwrap_or_default();
    sentences == 0
        && worded.len() <= MAX_SIGNATURE_LINES
        && is_enough(contacts, worded.len(), first)
}

/// Whether so many lines of contact data among so many make a signature.
fn is_enough(contacts: usize, worded: usize, first: &str) -> bool {
    let name = || looks_like_name(first.split([',', '|']).next().unwrap_or_default());
    contacts >= 2 || (contacts >= 1 && (worded == 1 || name()))
}

/// A telephone number, a link, an address, a title, or a line divided by bars.
pub fn is_contact(line: &str) -> bool {
    let folded = fold(line);
    let other = line.chars().filter(|c| c.is_alphabetic()).count();
    let telephone = has_telephone(line) && other <= 24 && !has_verb(line);
    let titled = folded
        .split(|c: char| !c.is_alphanumeric())
        .any(|w| TITLES.contains(&w));
    telephone
        || is_pronouns(&folded)
        || ((folded.contains("www.") || folded.contains("http"))
            && folded.split_whitespace().count() <= 5)
        || (mailbox::addresses(line).next().is_some() && folded.split_whitespace().count() <= 5)
        || (titled && !is_sentence(line) && folded.split_whitespace().count() <= 9)
        || (line.contains(" | ") && !is_sentence(line))
}

/// `(she/her)` below or behind a name.
fn is_pronouns(folded: &str) -> bool {
    const PRONOUNS: &[&str] = &[
        "she", "her", "hers", "he", "him", "his", "they", "them", "theirs", "sie", "ihr", "er",
        "ihm", "elle", "il", "iel", "ella", "él", "elle", "lei", "lui",
    ];
    let inside = match folded.rsplit_once('(') {
        Some((_, inside)) => inside,
        None => folded,
    };
    let inside = inside.trim_matches(['(', ')', '[', ']', ' ', '.']);
    let parts = || inside.split('/').map(str::trim);
    parts().count() > 1 && parts().all(|p| PRONOUNS.contains(&p))
}

/// Seven digits or more with nothing but the punctuation of numbers between, and no date.
fn has_telephone(line: &str) -> bool {
    line.split(|c: char| !(c.is_ascii_digit() || " +-./()\u{A0}".contains(c)))
        .any(|run| {
            let digits = run.bytes().filter(u8::is_ascii_digit).count();
            let parts: Vec<usize> = run
                .split_whitespace()
                .flat_map(|word| word.split(['.', '/', '-']))
                .map(str::len)
                .collect();
            let dated = matches!(
                parts.as_slice(),
                [1..=2, 1..=2, 2 | 4, ..] | [4, 1..=2, 1..=2, ..]
            );
            digits >= 7 && !dated
        })
}

/// A word in small letters that labels no number: "call me on 555 0102".
fn has_verb(line: &str) -> bool {
    const LABELS: &[&str] = &[
        "tel", "phone", "mobile", "mob", "cell", "fax", "office", "direct", "telefon", "mobil",
        "handy", "tél", "port", "ext", "or", "and", "work", "home", "p", "m", "t", "f", "c", "o",
    ];
    line.split(|c: char| !c.is_alphabetic())
        .filter(|w| w.starts_with(char::is_lowercase))
        .any(|w| !LABELS.contains(&w))
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

pub fn is_sentence(line: &str) -> bool {
    let words_in = line
        .split_whitespace()
        .filter(|w| w.contains(char::is_alphabetic))
        .count();
    (line.ends_with(['.', '!', '?', '。', '！', '？']) && words_in > 3 && !ends_in_firm(line))
        || line.ends_with(['?', '？'])
        || words_in > 12
}

/// `Ejemplo y Asociados S.L.`: a firm's form, which is no full stop of a sentence.
fn ends_in_firm(line: &str) -> bool {
    const FORMS: &[&str] = &[
        "ag", "as", "asa", "aş", "bros", "bv", "co", "corp", "cv", "ev", "inc", "jr", "kft", "llc",
        "lp", "ltd", "ltda", "lda", "nv", "oo", "phd", "pty", "sa", "sas", "sl", "slu", "snc",
        "spa", "sr", "srl", "sro", "şti", "sti", "vof", "zoo", "ооо",
    ];
    let last = line.rsplit(' ').next().unwrap_or_default();
    let letters: String = fold(last).chars().filter(|c| *c != '.').collect();
    FORMS.contains(&letters.as_str()) && line.ends_with('.')
}

/// Up to four words that begin with a capital letter, or have no case at all.
pub fn looks_like_name(text: &str) -> bool {
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
