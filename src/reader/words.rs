//! The words of mail programs in fifty languages, read from `words/*.txt` at first use.
//!
//! Never fails: a line of a table that has no known key is skipped (a test refuses it).

pub mod pattern;
pub mod pieces;
mod starts;

use crate::reader::fold::fold;
use crate::reader::hash::{TableMap, TableSet};
use pattern::{Dated, Labelled, WholeWords};
use pieces::Pieces;
use starts::Starts;
use std::sync::LazyLock;

/// One file a language; `words/README.md` says what the keys mean.
const TABLES: &[(&str, &str)] = &[
    ("af", include_str!("words/af.txt")),
    ("ar", include_str!("words/ar.txt")),
    ("be", include_str!("words/be.txt")),
    ("bg", include_str!("words/bg.txt")),
    ("ca", include_str!("words/ca.txt")),
    ("cs", include_str!("words/cs.txt")),
    ("cy", include_str!("words/cy.txt")),
    ("da", include_str!("words/da.txt")),
    ("de", include_str!("words/de.txt")),
    ("el", include_str!("words/el.txt")),
    ("en", include_str!("words/en.txt")),
    ("es", include_str!("words/es.txt")),
    ("et", include_str!("words/et.txt")),
    ("eu", include_str!("words/eu.txt")),
    ("fa", include_str!("words/fa.txt")),
    ("fi", include_str!("words/fi.txt")),
    ("fr", include_str!("words/fr.txt")),
    ("ga", include_str!("words/ga.txt")),
    ("gl", include_str!("words/gl.txt")),
    ("he", include_str!("words/he.txt")),
    ("hi", include_str!("words/hi.txt")),
    ("hr", include_str!("words/hr.txt")),
    ("hu", include_str!("words/hu.txt")),
    ("id", include_str!("words/id.txt")),
    ("is", include_str!("words/is.txt")),
    ("it", include_str!("words/it.txt")),
    ("ja", include_str!("words/ja.txt")),
    ("ko", include_str!("words/ko.txt")),
    ("lt", include_str!("words/lt.txt")),
    ("lv", include_str!("words/lv.txt")),
    ("mk", include_str!("words/mk.txt")),
    ("ms", include_str!("words/ms.txt")),
    ("nb", include_str!("words/nb.txt")),
    ("nl", include_str!("words/nl.txt")),
    ("pl", include_str!("words/pl.txt")),
    ("pt", include_str!("words/pt.txt")),
    ("ro", include_str!("words/ro.txt")),
    ("ru", include_str!("words/ru.txt")),
    ("sk", include_str!("words/sk.txt")),
    ("sl", include_str!("words/sl.txt")),
    ("sq", include_str!("words/sq.txt")),
    ("sr", include_str!("words/sr.txt")),
    ("sv", include_str!("words/sv.txt")),
    ("th", include_str!("words/th.txt")),
    ("tl", include_str!("words/tl.txt")),
    ("tr", include_str!("words/tr.txt")),
    ("uk", include_str!("words/uk.txt")),
    ("vi", include_str!("words/vi.txt")),
    ("zh-hans", include_str!("words/zh-hans.txt")),
    ("zh-hant", include_str!("words/zh-hant.txt")),
];

/// What a label of a header block stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    From,
    Sent,
    To,
    Cc,
    Subject,
    Other,
}

/// How the footer of a phone or program begins and ends; either may be empty.
pub struct Footer {
    pub head: String,
    pub tail: String,
}

/// All tables in the form in which they are looked up; strings are [`fold`]ed.
pub struct Words {
    pub labels: TableMap<String, Field>,
    pub forward: TableSet<String>,
    pub forward_end: TableSet<String>,
    pub original: TableSet<String>,
    /// First words of the verbs of writing that are ASCII.
    pub verb_starts: Starts,
    /// Finds a verb of writing as a whole word.
    pub wrote: WholeWords,
    /// Single words of the verbs, and what else stands beside the author's name.
    pub beside_name: TableSet<String>,
    /// Phrases of several words that stand before it, by their first word.
    pub before_name: TableMap<String, Vec<String>>,
    /// What a line says above which an answer is to be written.
    pub above: Pieces,
    /// Finds the first words of an attribution followed by a date.
    pub start: Dated,
    /// Those of one word, which may stand before a date.
    pub starters: TableSet<String>,
    /// First words of what separators say.
    pub separator_starts: Starts,
    /// Finds a label with its colon inside a line, for headers that were run together.
    pub run_on: Labelled,
    /// Footers by the first word of their head.
    pub footers: TableMap<String, Vec<Footer>>,
    /// Footers that only have an end.
    pub ending_footers: Vec<Footer>,
    /// Footers whose head is no whole word, in scripts without spaces, by their first octet.
    pub loose_footers: TableMap<u32, Vec<Footer>>,
    /// What the footers of mailing lists and virus scanners begin with, by their first octet.
    pub tails: TableMap<u32, Vec<String>>,
    /// First words of heads of footers and of tails.
    pub footer_starts: Starts,
    pub closings: TableSet<String>,
    /// Their first words.
    pub closing_starts: TableSet<String>,
    pub re: TableSet<String>,
    pub fwd: TableSet<String>,
    /// Words of disclaimers.
    pub legal: Pieces,
    /// Words of warnings that mail servers put on top.
    pub banner: Pieces,
}

static WORDS: LazyLock<Words> = LazyLock::new(build);

pub fn words() -> &'static Words {
    &WORDS
}

/// Key and value of every line of every table, values split and trimmed.
fn entries() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLES.iter().flat_map(|(_, table)| {
        table
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(':'))
            .flat_map(|(key, values)| values.split(" | ").map(move |v| (key, v.trim())))
            .filter(|(_, value)| !value.is_empty())
    })
}

/// Zones and halves of the day, which stand between date and name in many languages.
const CLOCK_WORDS: &[&str] = &[
    "am", "pm", "a.m.", "p.m.", "utc", "gmt", "cet", "cest", "est", "edt", "pst", "pdt", "cdt",
    "cst", "mst", "mdt", "bst", "msk", "eest", "eet", "ist", "jst", "h",
];

fn build() -> Words {
    let all = |key: &str| -> TableSet<String> {
        entries()
            .filter(|(k, _)| *k == key)
            .map(|(_, v)| fold(v))
            .collect()
    };
    let mut labels = TableMap::default();
    for (key, value) in entries() {
        if let Some(field) = field(key) {
            labels.entry(fold(value)).or_insert(field);
        }
    }
    let mut beside_name: TableSet<String> = CLOCK_WORDS.iter().map(|w| fold(w)).collect();
    for (_, phrase) in entries().filter(|(k, _)| *k == "wrote") {
        // Words of two letters are parts of names ("a", "je").
        let long = |w: &&str| w.chars().count() > 2 || *w == "ha";
        beside_name.extend(fold(phrase).split(' ').filter(long).map(str::to_owned));
    }
    let (phrases, single): (Vec<String>, Vec<String>) =
        all("beside").into_iter().partition(|p| p.contains(' '));
    beside_name.extend(single);
    let (footers, loose) = footers();
    let (ending_footers, loose): (Vec<Footer>, Vec<Footer>) =
        loose.into_iter().partition(|f| f.head.is_empty());
    let mut loose_footers: TableMap<u32, Vec<Footer>> = TableMap::default();
    for footer in loose {
        let octet = first_octet(&footer.head);
        loose_footers.entry(octet).or_default().push(footer);
    }
    Words {
        labels,
        separator_starts: Starts::of(first_words(&["forward", "original"])),
        starters: starts().map(str::to_owned).collect(),
        footer_starts: Starts::of(first_words(&["footer", "tail"])),
        forward: all("forward"),
        forward_end: all("forward_end"),
        original: all("original"),
        verb_starts: verb_starts(),
        wrote: wrote(),
        beside_name,
        before_name: by_first_word(phrases),
        above: Pieces::of(&all("above").into_iter().collect::<Vec<_>>()),
        start: start(),
        run_on: run_on(),
        footers,
        ending_footers,
        loose_footers,
        tails: by_octet(all("tail")),
        closing_starts: first_words(&["closing"]),
        closings: all("closing"),
        re: all("re"),
        fwd: all("fwd"),
        legal: Pieces::of(&all("legal").into_iter().collect::<Vec<_>>()),
        banner: Pieces::of(&all("banner").into_iter().collect::<Vec<_>>()),
    }
}

/// What the values of these keys begin with.
fn first_words(keys: &[&str]) -> TableSet<String> {
    entries()
        .filter(|(key, _)| keys.contains(key))
        .filter_map(|(_, value)| fold(value).split(' ').next().map(str::to_owned))
        .collect()
}

fn by_first_word(phrases: Vec<String>) -> TableMap<String, Vec<String>> {
    let mut sorted: TableMap<String, Vec<String>> = TableMap::default();
    for phrase in phrases {
        let first = phrase.split(' ').next().unwrap_or_default().to_owned();
        sorted.entry(first).or_default().push(phrase);
    }
    sorted
}

fn footers() -> (TableMap<String, Vec<Footer>>, Vec<Footer>) {
    let mut listed: TableMap<String, Vec<Footer>> = TableMap::default();
    let mut loose = Vec::new();
    for (_, value) in entries().filter(|(k, _)| *k == "footer") {
        let (head, tail) = value.split_once('…').unwrap_or((value, ""));
        let footer = Footer {
            head: fold(head),
            tail: fold(tail),
        };
        let first = footer.head.split(' ').next().unwrap_or_default();
        if first.is_empty() || has_no_spaces(first) {
            if !(footer.head.is_empty() && footer.tail.is_empty()) {
                loose.push(footer);
            }
        } else {
            listed.entry(first.to_owned()).or_default().push(footer);
        }
    }
    (listed, loose)
}

fn by_octet(texts: TableSet<String>) -> TableMap<u32, Vec<String>> {
    let mut sorted: TableMap<u32, Vec<String>> = TableMap::default();
    for text in texts {
        let octet = first_octet(&text);
        sorted.entry(octet).or_default().push(text);
    }
    sorted
}

/// The first octet of a text, by which tables are sorted; 0 for none.
pub fn first_octet(text: &str) -> u32 {
    text.bytes().next().map_or(0, u32::from)
}

fn field(key: &str) -> Option<Field> {
    Some(match key {
        "from" => Field::From,
        "sent" => Field::Sent,
        "to" => Field::To,
        "cc" => Field::Cc,
        "subject" => Field::Subject,
        "other" => Field::Other,
        _ => return None,
    })
}

/// Scripts that write no spaces between words.
fn has_no_spaces(word: &str) -> bool {
    word.chars().any(|c| {
        matches!(c, '\u{E00}'..='\u{E7F}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
    })
}

/// Verbs of writing: those of scripts without spaces, and the others.
fn verbs() -> (Vec<String>, Vec<String>) {
    entries()
        .filter(|(k, _)| *k == "wrote")
        .map(|(_, v)| {
            fold(
                v.split('…')
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches(':'),
            )
        })
        .filter(|v| !v.is_empty())
        .partition(|w| has_no_spaces(w))
}

/// The first words of verbs that are ASCII.
fn verb_starts() -> Starts {
    let (tight, spaced) = verbs();
    let ascii = tight
        .into_iter()
        .chain(spaced)
        .filter(|verb| verb.is_ascii());
    let first = |verb: String| {
        let mut words = verb.split(|c: char| !c.is_ascii_alphabetic());
        words.find(|word| !word.is_empty()).map(str::to_owned)
    };
    Starts::of(ascii.filter_map(first).collect())
}

fn wrote() -> WholeWords {
    let (tight, spaced) = verbs();
    WholeWords::of(&spaced, &tight)
}

/// Starters of one letter begin too many ordinary sentences.
fn starts() -> impl Iterator<Item = &'static str> {
    entries()
        .filter(|(k, v)| *k == "start" && v.chars().count() > 1)
        .map(|(_, v)| v)
}

fn start() -> Dated {
    Dated::of(&starts().map(str::to_owned).collect::<Vec<_>>())
}

fn run_on() -> Labelled {
    let labels: Vec<String> = entries()
        .filter(|(key, v)| field(key).is_some_and(|f| f != Field::Other) && v.chars().count() > 1)
        .map(|(_, v)| v.to_owned())
        .collect();
    Labelled::of(&labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_table_has_a_known_key() {
        const KEYS: &[&str] = &[
            "from",
            "sent",
            "to",
            "cc",
            "subject",
            "other",
            "forward",
            "forward_end",
            "original",
            "wrote",
            "beside",
            "above",
            "start",
            "footer",
            "tail",
            "closing",
            "re",
            "fwd",
            "legal",
            "banner",
        ];
        for (language, table) in TABLES {
            for line in table.lines().filter(|l| !l.starts_with('#')) {
                let key = line.split_once(':').map(|(key, _)| key);
                assert!(key.is_some_and(|k| KEYS.contains(&k)), "{language}: {line}");
            }
            for key in [
                "from", "sent", "to", "subject", "forward", "original", "wrote",
            ] {
                assert!(
                    table.lines().any(|l| l.starts_with(&format!("{key}:"))),
                    "{language} lacks {key}"
                );
            }
        }
        assert!(TABLES.len() >= 40);
    }

    #[test]
    fn verbs_are_whole_words() {
        let w = words();
        for text in [
            "on monday bob wrote:",
            "le 3 mai, x a écrit :",
            "x さん <x@y>のメール:",
        ] {
            assert!(w.wrote.is_in(text), "{text}");
        }
        assert!(!w.wrote.is_in("rewrote: typewrote"));
        assert!(w.start.is_in("Sure. On Mon, Nov 3, 2025 at"));
    }
}
