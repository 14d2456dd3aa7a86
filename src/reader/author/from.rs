//! The From field, read strictly: exactly one field with exactly one mailbox that all readers see.
//!
//! Anything that two mail programs could read differently is [`Sender::Unusable`]: several fields,
//! several mailboxes, groups, routes, two angle brackets, an address in an unquoted name. The forms
//! are those of VU#517845 and of "Composition Kills" (USENIX Security 2020).

use crate::reader::address::{Address, Person};
use crate::reader::headers::Headers;
use crate::reader::plain::is_plain;

/// The author as the raw From field gives it, read strictly (see `author`).
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Sender {
    /// Exactly one From field with exactly one mailbox.
    One(Person),
    /// No From field, several, several mailboxes, or a form that readers disagree on.
    #[default]
    Unusable,
}

impl Sender {
    pub fn person(&self) -> Option<&Person> {
        match self {
            Sender::One(person) => Some(person),
            Sender::Unusable => None,
        }
    }
}

/// Characters of a From field that are looked at; the longest honest ones are some hundred.
const MAX_FROM_CHARS: usize = 2_000;
/// Characters of a name; what is longer is cut.
const MAX_NAME_CHARS: usize = 200;

/// The author by the raw header fields (name as written, value unfolded but not decoded).
pub fn read(headers: &Headers) -> Sender {
    // `From :`, ` From:` and a name with an invisible character in it are From to some readers.
    let seen = |name: &str| {
        // Told at a look of most fields.
        if matches!(name.as_bytes().first(), Some(b'!'..=b'~')) && !name.starts_with(['f', 'F']) {
            return false;
        }
        let letters = name.bytes().filter(u8::is_ascii_graphic);
        letters.map(|b| b.to_ascii_lowercase()).eq(*b"from")
    };
    let fields = headers.iter().filter(|(name, _)| seen(name));
    if fields
        .clone()
        .any(|(name, _)| !name.eq_ignore_ascii_case("from"))
    {
        return Sender::Unusable;
    }
    named(fields.map(|(_, value)| value))
}

/// The author by the values of all From fields, where no other name can be taken for theirs.
pub fn named<'a>(mut fields: impl Iterator<Item = &'a str>) -> Sender {
    let (Some(value), None) = (fields.next(), fields.next()) else {
        return Sender::Unusable;
    };
    let person = usual_mailbox(value).or_else(|| mailbox(value));
    person.map_or(Sender::Unusable, Sender::One)
}

/// `Carol Diaz <carol@target.example>`, as nearly all programs write it, in letters that mean nothing
/// else.
fn usual_mailbox(value: &str) -> Option<Person> {
    let value = value.strip_suffix('>')?;
    let angle = value.bytes().position(|octet| octet == b'<')?;
    let (name, written) = (value.get(..angle)?, value.get(angle + 1..)?);
    let name = name.strip_suffix(' ').unwrap_or(name);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'.' | b'-' | b'_' | b'\'');
    let fits = is_plain(name) && name.len() <= MAX_NAME_CHARS && name.bytes().all(plain);
    let of_address = |b: u8| plain(b) && b != b' ' || b == b'@' || b == b'+';
    if !fits || !written.bytes().all(of_address) {
        return None;
    }
    Some(Person {
        address: Address::parse(written).ok()?,
        name: name.to_owned(),
    })
}

/// One mailbox (RFC 5322 section 3.4, without routes, groups and obsolete forms).
fn mailbox(value: &str) -> Option<Person> {
    let value = value.trim_matches([' ', '\t', '\r', '\n']);
    if value.chars().count() > MAX_FROM_CHARS
        || value.contains(|c: char| c.is_control() && c != '\t')
    {
        return None;
    }
    let parts = parts(value)?;
    let mut phrase = String::new();
    let mut comment = String::new();
    let mut angle: Option<&str> = None;
    for part in &parts {
        match part {
            // After the address only comments may stand.
            Part::Word(_) | Part::Quoted(_) | Part::Angle(_) if angle.is_some() => return None,
            Part::Word(word) => push(&mut phrase, word),
            Part::Quoted(text) => push(&mut phrase, text),
            Part::Comment(text) => push(&mut comment, text),
            Part::Angle(text) => angle = Some(text),
        }
    }
    let (written, name) = match angle {
        Some(written) => {
            let bare: Vec<&str> = parts.iter().filter_map(Part::word).collect();
            // `carol@y.example <eve@z.example>`: half of the readers take the first. Programs do
            // write the address itself as the name, so that is let through.
            if bare
                .iter()
                .any(|w| w.contains('@') && !w.eq_ignore_ascii_case(written))
            {
                return None;
            }
            (written, phrase)
        }
        // The form of old: `carol@y.example (Carol)`.
        None => match parts.as_slice() {
            [Part::Word(word)] => (*word, String::new()),
            [Part::Word(word), Part::Comment(_)] => (*word, comment),
            _ => return None,
        },
    };
    // An encoded word in an address would be decoded by some readers only.
    if written.contains("=?") || written.contains(char::is_whitespace) {
        return None;
    }
    Some(Person {
        address: Address::parse(written).ok()?,
        name: clean_name(&decode(&name)),
    })
}

fn push(text: &mut String, word: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(word);
}

enum Part<'a> {
    Word(&'a str),
    /// Without its quotes and backslashes.
    Quoted(String),
    Comment(&'a str),
    /// What stands between `<` and `>`.
    Angle(&'a str),
}

impl<'a> Part<'a> {
    fn word(&self) -> Option<&'a str> {
        match self {
            Part::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// Takes the field apart; none where a character stands where readers disagree about it.
fn parts(value: &str) -> Option<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(first) = rest.chars().next() else {
            return Some(parts);
        };
        match first {
            '"' => {
                let (text, after) = quoted(rest.strip_prefix('"')?)?;
                parts.push(Part::Quoted(text));
                rest = after;
            }
            '(' => {
                let (text, after) = rest.strip_prefix('(')?.split_once(')')?;
                if text.contains(['(', '<', '>', '@', '\\']) {
                    return None;
                }
                parts.push(Part::Comment(text));
                rest = after;
            }
            '<' => {
                let (text, after) = rest.strip_prefix('<')?.split_once('>')?;
                parts.push(Part::Angle(text));
                rest = after;
            }
            _ => {
                let end = rest.find([' ', '\t', '"', '(', '<']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                // Some programs leave a comma or colon in an encoded word (RFC 2047 section 5 forbids
                // it); no address can come of it, so readers still agree.
                let is_list = word.contains([',', ';', ':']) && !is_encoded(word);
                if is_list || word.contains(['>', ')', '\\', '[', ']']) {
                    return None;
                }
                // `"carol"@y.example` and `carol@"y"`: a quoted string is a word of its own.
                if after.starts_with('"') || glued(&parts, value, rest) {
                    return None;
                }
                parts.push(Part::Word(word));
                rest = after;
            }
        }
    }
}

/// Whether a word is exactly one encoded word (RFC 2047 section 2).
fn is_encoded(word: &str) -> bool {
    let inner = word
        .strip_prefix("=?")
        .and_then(|rest| rest.strip_suffix("?="));
    inner.is_some_and(|inner| {
        let parts: Vec<&str> = inner.split('?').collect();
        matches!(parts.as_slice(), [charset, "b" | "B" | "q" | "Q", _] if !charset.is_empty())
    })
}

/// Whether a word follows a quoted string or an angle bracket without a space.
fn glued(parts: &[Part<'_>], value: &str, rest: &str) -> bool {
    let before = value.strip_suffix(rest).unwrap_or(value);
    matches!(
        parts.last(),
        Some(Part::Quoted(_) | Part::Angle(_) | Part::Comment(_))
    ) && !before.ends_with([' ', '\t'])
}

/// A quoted string whose opening quote is gone: its text, and what follows the closing quote.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut unquoted = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return text.get(at + 1..).map(|rest| (unquoted, rest)),
            '\\' => unquoted.push(chars.next()?.1),
            _ => unquoted.push(c),
        }
    }
    None
}

/// Undoes RFC 2047; for display only.
fn decode(name: &str) -> String {
    if memchr::memmem::find(name.as_bytes(), b"=?").is_none() {
        return name.to_owned();
    }
    let field = format!("Subject: {name}\r\n\r\n");
    mail_parser::MessageParser::new()
        .parse_headers(field.as_bytes())
        .and_then(|message| message.subject().map(str::to_owned))
        .unwrap_or_default()
}

/// A name that can be shown: one line, no controls, nothing that turns the writing direction or
/// hides, at most 200 characters.
pub fn clean_name(name: &str) -> String {
    if name.len() <= MAX_NAME_CHARS && is_plain(name) {
        return name.to_owned();
    }
    let hidden = |c: char| {
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
    };
    let spaced: String = name
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !hidden(*c))
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let cut: String = words.join(" ").chars().take(MAX_NAME_CHARS).collect();
    cut.trim().to_owned()
}
