//! What a connector settles for one contact, in his own words in the contacts file: "never", "always
//! yes", a language, a time zone, the address to use.
//!
//! Fails by counting the words that are not understood; whoever reads the file tells the line.

use crate::reader::address::Address;
use crate::rules::manners::{Settled, Standing};
use jiff::tz::TimeZone;

/// Before such a line of a note, and the name of the vCard property and the CSV column.
const MARK: &str = "askfirst";

/// What the entry of one contact says.
#[derive(Default)]
pub(super) struct Words {
    pub settled: Settled,
    /// The address to use, before all others.
    pub address: Option<Address>,
    /// Words that mean nothing here.
    pub misunderstood: usize,
}

impl Words {
    /// A text of words, separated by semicolons, commas or line ends.
    pub fn take(&mut self, text: &str) {
        for word in text.split([';', ',', '\n', '\r']) {
            let word = word.trim().trim_end_matches('.');
            if !word.is_empty() && self.word(word).is_none() {
                self.misunderstood += 1;
            }
        }
    }

    /// The lines of a note that begin with `askfirst:`; all others are his own business.
    pub fn take_note(&mut self, note: &str) {
        for line in note.lines() {
            let line = line.trim();
            let (Some(mark), Some(rest)) = (line.get(..MARK.len()), line.get(MARK.len()..)) else {
                continue;
            };
            if mark.eq_ignore_ascii_case(MARK)
                && let Some(words) = rest.trim_start().strip_prefix(':')
            {
                self.take(words);
            }
        }
    }

    /// A value whose meaning its place tells: the property `X-ASKFIRST-LANGUAGE`, the column
    /// "askfirst language". False: the title is none of ours.
    pub fn take_titled(&mut self, title: &str, value: &str) -> bool {
        let title: String = title
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let title = title.strip_prefix('x').unwrap_or(&title);
        let Some(what) = title.strip_prefix(MARK) else {
            return false;
        };
        let value = value.trim();
        match what {
            _ if value.is_empty() => {}
            "" => self.take(value),
            "language" => self.take(&format!("language {value}")),
            "timezone" => self.take(&format!("time zone {value}")),
            "address" => self.take(&format!("address {value}")),
            _ => return false,
        }
        true
    }

    /// The language or time zone that the contact's card itself has; ours come first.
    pub fn suggest(&mut self, language: Option<&str>, time_zone: Option<&str>) {
        if self.settled.language.is_none() {
            self.settled.language = language.and_then(language_of);
        }
        if self.settled.time_zone.is_none() {
            self.settled.time_zone = time_zone.and_then(zone_of);
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let lower = word.to_lowercase();
        let value = |names: &[&str]| {
            let name = names.iter().find(|name| lower.starts_with(**name))?;
            let rest = word.get(name.len()..)?;
            let parted = rest.starts_with([' ', ':', '=']);
            parted.then(|| rest.trim_matches([' ', ':', '=']).to_owned())
        };
        match lower.as_str() {
            "never" | "never ask" => self.settled.standing = Some(Standing::Never),
            "always yes" | "always yes from me" => {
                // Whoever wrote both meant the careful one.
                self.settled.standing.get_or_insert(Standing::AlwaysYes);
            }
            _ => {
                if let Some(value) = value(&["language", "lang"]) {
                    self.settled.language = Some(language_of(&value)?);
                } else if let Some(value) = value(&["time zone", "timezone"]) {
                    self.settled.time_zone = Some(zone_of(&value)?);
                } else if let Some(value) = value(&["address"]) {
                    self.address = Some(Address::parse(&value).ok()?);
                } else {
                    return None;
                }
            }
        }
        Some(())
    }
}

/// The language of a BCP 47 tag, without its region.
fn language_of(tag: &str) -> Option<String> {
    let primary = tag.trim().split(['-', '_']).next()?.to_ascii_lowercase();
    let fits = (2..=3).contains(&primary.len()) && primary.chars().all(|c| c.is_ascii_lowercase());
    fits.then_some(primary)
}

fn zone_of(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    // Without a slash these are offsets and abbreviations, which know no summer time.
    let named = name.contains('/') || name.eq_ignore_ascii_case("utc");
    named.then(|| TimeZone::get(name).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Words {
        let mut words = Words::default();
        words.take(text);
        words
    }

    #[test]
    fn words_are_understood_or_counted() {
        let all = read(
            "Always yes from me; language: de-AT\ntime zone Europe/Vienna, address c@x.example",
        );
        assert_eq!(all.settled.standing, Some(Standing::AlwaysYes));
        assert_eq!(all.settled.language.as_deref(), Some("de"));
        let zone = all.settled.time_zone.unwrap();
        assert_eq!(zone.iana_name(), Some("Europe/Vienna"));
        assert_eq!(all.address.unwrap().as_str(), "c@x.example");
        assert_eq!(all.misunderstood, 0);
        assert_eq!(
            read("nevr; language; language x; time zone CET+1; address c").misunderstood,
            5
        );
    }

    #[test]
    fn never_wins() {
        for text in ["never; always yes", "always yes; never"] {
            assert_eq!(read(text).settled.standing, Some(Standing::Never), "{text}");
        }
    }

    #[test]
    fn a_note_speaks_to_us_only_in_lines_of_ours() {
        let mut words = Words::default();
        words.take_note(
            "Met in 2019.\nnever again sushi\nAskfirst: never\nasks first: always yes\nask\n",
        );
        assert_eq!(words.settled.standing, Some(Standing::Never));
        assert_eq!(words.misunderstood, 0);
    }
}
