//! vCard files (RFC 6350, RFC 2426, and 2.1) to people, one card at a time.
//!
//! Cards are cut apart here, so that a broken one costs only itself.

use super::{Entry, Found, Words};
use calcard::Parser;
use calcard::vcard::{VCard, VCardEntry, VCardParameterName, VCardProperty, VCardValue};

/// Preference of an address that states none (RFC 6350 section 5.3 ends at 100).
const NO_PREFERENCE: u32 = 101;

pub(super) fn read(text: &str, found: &mut Found<'_>) {
    let is = |line: &str, word: &str| line.trim().eq_ignore_ascii_case(word);
    let mut card = String::new();
    let mut start: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        if is(line, "BEGIN:VCARD") {
            if let Some(start) = start {
                found.problem(start, "this card has no END:VCARD; it is left out");
            }
            card.clear();
            start = Some(at + 1);
        }
        if start.is_some() {
            card.push_str(line.trim_end_matches('\r'));
            card.push_str("\r\n");
        }
        if is(line, "END:VCARD")
            && let Some(start) = start.take()
        {
            read_card(&card, start, found);
        }
    }
    if let Some(start) = start {
        found.problem(start, "this card has no END:VCARD; it is left out");
    }
}

fn read_card(card: &str, line: usize, found: &mut Found<'_>) {
    match Parser::new(card).entry() {
        calcard::Entry::VCard(card) => {
            let is_group = texts(&card, &VCardProperty::Kind)
                .iter()
                .any(|kind| kind.eq_ignore_ascii_case("group"));
            if !is_group {
                let nicknames = texts(&card, &VCardProperty::Nickname);
                let nicknames: Vec<String> = nicknames
                    .iter()
                    .flat_map(|n| n.split(','))
                    .map(str::to_owned)
                    .collect();
                found.add(Entry {
                    line,
                    name: name(&card),
                    nicknames,
                    addresses: addresses(&card),
                    words: words(&card),
                });
            }
        }
        _ => found.problem(line, "this card can't be read; it is left out"),
    }
}

/// The name as people say it: FN, but not "Danvers, Carol" where N says which is which.
fn name(card: &VCard) -> String {
    let full = texts(card, &VCardProperty::Fn)
        .into_iter()
        .next()
        .unwrap_or_default();
    let structured = structured(card);
    let part = |at: usize| {
        structured
            .get(at)
            .map(|text| text.trim())
            .unwrap_or_default()
    };
    // N is family; given; additional; prefixes; suffixes (RFC 6350 section 6.2.2).
    super::spoken(&full, part(0), part(1))
}

/// What the card tells us: `X-ASKFIRST` and its kin, lines of its note, its own LANG and TZ.
fn words(card: &VCard) -> Words {
    let mut words = Words::default();
    for entry in &card.entries {
        let VCardProperty::Other(title) = &entry.name else {
            continue;
        };
        for text in entry.values.iter().filter_map(VCardValue::as_text) {
            words.take_titled(title, text);
        }
    }
    for note in texts(card, &VCardProperty::Note) {
        words.take_note(&note);
    }
    let first = |property: &VCardProperty| texts(card, property).into_iter().next();
    let language = first(&VCardProperty::Lang).or_else(|| first(&VCardProperty::Language));
    let time_zone = first(&VCardProperty::Tz);
    words.suggest(language.as_deref(), time_zone.as_deref());
    words
}

fn structured(card: &VCard) -> Vec<String> {
    let Some(entry) = card.property(&VCardProperty::N) else {
        return Vec::new();
    };
    entry
        .values
        .iter()
        .map(|value| match value {
            VCardValue::Component(parts) => parts.join(" "),
            other => other.as_text().unwrap_or_default().to_owned(),
        })
        .collect()
}

/// The addresses, the preferred one first.
fn addresses(card: &VCard) -> Vec<String> {
    let mut ranked: Vec<(u32, String)> = Vec::new();
    for entry in card.properties(&VCardProperty::Email) {
        let rank = rank(entry);
        for text in entry.values.iter().filter_map(VCardValue::as_text) {
            ranked.push((rank, text.to_owned()));
        }
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, text)| text).collect()
}

/// `PREF=1` of version 4, `TYPE=pref` of 3, a bare `PREF` of 2.1.
fn rank(entry: &VCardEntry) -> u32 {
    let mut rank = NO_PREFERENCE;
    for param in &entry.params {
        let text = param.value.as_text();
        let is_pref = |t: &str| t.eq_ignore_ascii_case("pref");
        match &param.name {
            VCardParameterName::Pref => {
                let number = param.value.as_integer().and_then(|n| n.iana().copied());
                rank = rank.min(number.unwrap_or(1));
            }
            VCardParameterName::Type if text.is_some_and(is_pref) => rank = rank.min(1),
            VCardParameterName::Other(name) if is_pref(name) => rank = rank.min(1),
            _ => {}
        }
    }
    rank
}

fn texts(card: &VCard, property: &VCardProperty) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in card.properties(property) {
        for value in &entry.values {
            match value {
                VCardValue::Component(parts) => texts.extend(parts.iter().cloned()),
                other => texts.extend(other.as_text().map(str::to_owned)),
            }
        }
    }
    texts
}
