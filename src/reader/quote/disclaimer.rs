//! Paragraphs of a firm's lawyers below an answer.
//!
//! Fails towards text: a paragraph with few of their words is no disclaimer.

use crate::reader::fold::{fold, known};
use crate::reader::plain::{Wide, is_plain, pair_of_wide, trim};
use crate::reader::quote::line::has_words;
use crate::reader::words::pieces::Pieces;
use crate::reader::words::words;
use std::borrow::Cow;
use std::sync::LazyLock;

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
    let joined = match paragraph {
        [line] => Cow::Borrowed(*line),
        lines => Cow::Owned(lines.join(" ")),
    };
    let mut text = &*joined;
    // No character has less than one octet.
    if text.len() > MAX_DISCLAIMER_CHARS
        && let Some((end, _)) = text.char_indices().nth(MAX_DISCLAIMER_CHARS)
    {
        text = text.get(..end).unwrap_or_default();
    }
    let text = fold(text);
    let chars = text.chars().count();
    if chars < MIN_DISCLAIMER_CHARS {
        return false;
    }
    match words().legal.count(&text, 3) {
        0 => false,
        1 => chars > 100 && is_headed(paragraph),
        2 => chars > 100 || is_headed(paragraph),
        _ => true,
    }
}

/// What else firms write: where they are registered, what was scanned, that paper is of wood.
static STEMS: LazyLock<Pieces> = LazyLock::new(|| {
    Pieces::of(&[
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
    ])
});

/// Whether a firm put the line there.
pub fn is_boilerplate(line: &str) -> bool {
    // Folding changes nothing of it but the case.
    if is_plain(line) {
        return STEMS.is_in_ascii(line) || words().legal.is_in_ascii(line);
    }
    let line = fold(line);
    STEMS.is_in(&line) || words().legal.is_in(&line)
}

/// What a person calls herself; no word has more octets than a number.
const SELF: &[&str] = &[
    "i", "im", "ive", "ill", "me", "my", "mine", "ich", "mir", "mich", "mein", "meine", "meinen",
    "meiner", "je", "moi", "mon", "yo", "conmigo", "ik", "mij", "mijn", "jag", "jeg", "minun", "я",
    "мне", "меня", "мой", "мое",
];

/// Whether a person speaks of herself in the line, as no firm's lawyers do.
pub fn speaks(line: &str) -> bool {
    let speaks = |line: &str| match line.is_ascii() {
        true => speaks_ascii(line.as_bytes()),
        false => speaks_any(line),
    };
    speaks(line) && speaks(&without_foreign(line))
}

/// Words of English that tell a person's `i` and `im` in small letters.
const ENGLISH: &[&str] = &[
    "the", "this", "that", "not", "have", "would", "only", "charge", "never", "cannot", "dont",
    "if", "may", "when", "you", "with",
];

/// Without what is `in` or `and` where the rest is not English (`i`, `im`), and `is` where it is Slavic (`je`).
fn without_foreign(line: &str) -> String {
    let mut words = line.split(|c: char| !c.is_alphabetic());
    let english = words.any(|word| ENGLISH.contains(&&*fold(word)));
    let slavic = line.contains(|c: char| "čšžěřůťďňćđąęłńśźż".contains(c));
    let stays = |word: &&str| match *word {
        "i" | "im" | "Im" => english,
        "je" | "je." | "je," => !slavic,
        _ => true,
    };
    let words: Vec<&str> = line.split_whitespace().filter(stays).collect();
    words.join(" ")
}

/// The same in ASCII, where only words that begin as those of `SELF` do are looked at.
fn speaks_ascii(line: &[u8]) -> bool {
    let mut at = 1;
    while let Some((before, wide)) = pair_of_wide(line, at) {
        let mut begun = begun_in(before, wide);
        while begun != 0 {
            if begins_own_word(line, at + begun.trailing_zeros() as usize / 8) {
                return true;
            }
            begun &= begun - 1;
        }
        at += wide.len();
    }
    let mut rest = at..line.len();
    begins_with_own(line) || rest.any(|at| begins_own_word(line, at))
}

/// The lowest bit of each octet that may begin such a word, by the one before it.
fn begun_in(before: &Wide, wide: &Wide) -> u128 {
    let mut begun = [0; 16];
    // Without a branch: one instruction does for all of them.
    for ((begins, octet), before) in begun.iter_mut().zip(wide).zip(before) {
        let is_within = before.is_ascii_alphabetic() | before.is_ascii_digit();
        let octet = octet | 0x20;
        let may = (octet == b'i') | (octet == b'm') | (octet == b'j') | (octet == b'y');
        *begins = u8::from(!is_within & (may | (octet == b'c')));
    }
    u128::from_le_bytes(begun)
}

/// Whether a word of `SELF` stands at this place, which is not the first.
fn begins_own_word(line: &[u8], at: usize) -> bool {
    let (head, rest) = line.split_at_checked(at).unwrap_or_default();
    let before = head.last().copied().unwrap_or_default();
    // An apostrophe stands within a word.
    let within = || {
        let last = head.iter().rfind(|octet| **octet != b'\'');
        last.is_some_and(u8::is_ascii_alphanumeric)
    };
    !before.is_ascii_alphanumeric() && (before != b'\'' || !within()) && begins_with_own(rest)
}

fn begins_with_own(rest: &[u8]) -> bool {
    let mut word = Spelled::default();
    let spelled = rest.iter().filter(|octet| **octet != b'\'');
    for octet in spelled.take_while(|octet| octet.is_ascii_alphanumeric()) {
        word.add(octet.to_ascii_lowercase());
    }
    word.is_own()
}

fn speaks_any(line: &str) -> bool {
    let mut word = Spelled::default();
    for c in line.chars() {
        match c {
            'a'..='z' | '0'..='9' | 'A'..='Z' => word.add(c.to_ascii_lowercase() as u8),
            '\'' | '’' => {}
            '\0'..='\x7F' if word.take().is_own() => return true,
            '\0'..='\x7F' => {}
            _ => match known(c) {
                Some(known) if known.is_alphanumeric => word.add_char(known.lower),
                Some(_) if word.take().is_own() => return true,
                Some(_) => {}
                None => {
                    for c in c.to_lowercase() {
                        match c.is_alphanumeric() {
                            true => word.add_char(c),
                            false if word.take().is_own() => return true,
                            false => {}
                        }
                    }
                }
            },
        }
    }
    word.is_own()
}

/// A word as the number that its octets are; how many they are tells longer ones.
#[derive(Default)]
struct Spelled {
    number: u64,
    octets: usize,
}

impl Spelled {
    fn of(word: &str) -> Spelled {
        let mut spelled = Spelled::default();
        word.chars().for_each(|c| spelled.add_char(c));
        spelled
    }

    fn add(&mut self, octet: u8) {
        self.number = self.number << 8 | u64::from(octet);
        self.octets += 1;
    }

    fn add_char(&mut self, c: char) {
        let mut buffer = [0; 4];
        let octets = c.encode_utf8(&mut buffer).bytes();
        octets.for_each(|octet| self.add(octet));
    }

    fn take(&mut self) -> Spelled {
        std::mem::take(self)
    }

    fn is_own(&self) -> bool {
        static OWN: LazyLock<Vec<u64>> =
            LazyLock::new(|| SELF.iter().map(|word| Spelled::of(word).number).collect());
        if !(1..=8).contains(&self.octets) {
            return false;
        }
        // Most words begin with other octets.
        let first = self.number >> (8 * (self.octets - 1));
        begins_own(first as u8) && OWN.contains(&self.number)
    }
}

/// Whether some word of `SELF` begins with this octet.
fn begins_own(octet: u8) -> bool {
    matches!(octet, b'i' | b'm' | b'j' | b'y' | b'c' | 0xD0 | 0xD1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_of_herself_is_heard() {
        for own in SELF {
            for line in [
                format!("If {own} may"),
                format!("({own})"),
                own.to_uppercase(),
            ] {
                assert!(speaks(&line), "{line}");
            }
        }
        for line in ["I'm here", "É I’ve said", "İ", "Меня нет"] {
            assert!(speaks(line), "{line}");
        }
        for line in ["don't, 'I' do", "''me", "i'", "a 'I've"] {
            assert!(speaks(line) && speaks_any(line), "{line}");
        }
        for line in [
            "",
            "a'i",
            "x''me",
            "conmig",
            "im1",
            "this message",
            "meinerseits",
            "é",
            "éi",
            "conmigos",
            "меняя",
            // `In` and `and`, `is`.
            "Denne e-mail kan indeholde oplysninger i fortrolighed",
            "Diese Nachricht ist vertraulich, auch im Anhang",
            "Ta wiadomość jest poufna i przeznaczona dla adresata",
            "Tato zpráva je důvěrná",
        ] {
            assert!(!speaks(line), "{line}");
        }
        for line in [
            "i charge for that",
            "im not the addressee",
            "je suis à Děčín, moi",
        ] {
            assert!(speaks(line), "{line}");
        }
    }
}
