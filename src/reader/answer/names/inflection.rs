//! Whether a word is a name with the ending that a language gives it, or in another alphabet.
//!
//! Fails by knowing too few: `Alinę` is not Alice, and an ending that is not listed makes another name.

use crate::reader::answer::grammar;

/// Letters of a name that no ending changes; shorter names take no ending but an s.
const MIN_STEM: usize = 3;
/// Letters that a name loses before an ending.
const MAX_LOST: usize = 2;

/// What cases add to a name, or put in the place of its last vowels, without accents.
const ENDINGS: &[&str] = &[
    // German, Dutch, the Nordic languages, English
    "s", "es", "n", "en", "ns", "ens", "ar", "ur", "i", "e", "u", "um",
    // Slavic languages
    "a", "y", "o", "ou", "em", "om", "ei", "ej", "oi", "oj", "oy", "eu", "ova", "ovi", "owi", "ovu",
    "owie", "ovo", "ia", "ie", "ii", "iu", "ji", "je", "ja", "ju", "jo", "jom", "jem", "iem",
    "iou", "im", "ym", "ego", "ogo", "emu", "omu", "iei", "iej", "am", "ho", "mu",
    // Baltic languages
    "as", "is", "us", "ui", "ai", "io", "ei", "iai", "iui", // Finnish and Estonian
    "an", "in", "on", "un", "lle", "lla", "lta", "ssa", "sta", "lt", "l", "ga", "le", "t", "st",
    "iin", "aan", "een", "ea", "ta", // Hungarian
    "nak", "nek", "val", "vel", "ra", "re", "rol", "hoz", "hez", "tol", "ban", "ben", "ot", "et",
    "at", "al", "el", // Turkish
    "la", "yla", "yle", "yi", "yu", "ye", "ya", "nin", "nun", "den", "dan", "ten", "tan", "da",
    "de", "te", // Romanian, Greek, Basque
    "lui", "ul", "os", "ri", "k",
];

/// A consonant that softens before the ending behind it: `Monika`, `Monice`.
const SOFTENED: &[(&str, &str)] = &[
    ("ka", "ce"),
    ("ka", "ci"),
    ("ga", "ze"),
    ("ga", "dze"),
    ("ta", "cie"),
    ("ra", "rze"),
    ("da", "dzie"),
    ("ha", "ze"),
    ("ka", "tsi"),
    ("ga", "zi"),
];

/// The first letters of a word, which a name has too where the word is that name or an inflection of it; of a word
/// with other letters than those of ASCII none.
pub fn stem(word: &str) -> &str {
    let letters = word.len().saturating_sub(1).clamp(1, MIN_STEM);
    let stem = word.get(..letters).filter(|_| word.is_ascii());
    stem.unwrap_or_default()
}

pub fn is_inflected(name: &str, word: &str) -> bool {
    if word.strip_suffix('s') == Some(name) {
        return true;
    }
    // Most words are told by their first letters.
    if name.is_ascii() && word.is_ascii() {
        let stem = word.get(..MIN_STEM);
        if stem.is_none() || stem != name.get(..MIN_STEM) {
            return false;
        }
    }
    let foreign = word.chars().any(|c| c >= '\u{370}');
    // No name of a letter is long enough.
    let (Some(name_begins), Some(word_begins)) = (name.chars().next(), word.chars().next()) else {
        return false;
    };
    let is_cyrillic = matches!(word_begins, '\u{400}'..='\u{4FF}');
    if name_begins.is_ascii() && (is_cyrillic || (word_begins.is_ascii() && !foreign)) {
        let begins = latin(word_begins);
        if begins
            .is_some_and(|c| c != name_begins && !(foreign && ALIKE.contains(&(name_begins, c))))
        {
            return false;
        }
    }
    let word: Vec<char> = fold(word).chars().filter_map(latin).collect();
    let name: Vec<char> = fold(name).chars().collect();
    let alike = |a: char, b: char| a == b || (foreign && ALIKE.contains(&(a, b)));
    let same = name.iter().zip(&word).take_while(|(a, b)| alike(**a, **b));
    // As much as can be, or a last vowel less: `Anna`, `Annami`.
    (same.clone().count().saturating_sub(1)..=same.count()).any(|stem| {
        let (lost, ending) = (name.get(stem..), word.get(stem..));
        let (lost, ending) = (lost.unwrap_or_default(), ending.unwrap_or_default());
        stem >= MIN_STEM && (lost.len() <= MAX_LOST) && is_ending(lost, ending, foreign)
    })
}

/// Whether what a name ends with may give way to this.
fn is_ending(lost: &[char], ending: &[char], foreign: bool) -> bool {
    let text = |letters: &[char]| letters.iter().collect::<String>();
    let listed = |ending: &[char]| ENDINGS.contains(&text(ending).as_str());
    let vowel = |c: &char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    // In another alphabet it may be the name and nothing else.
    if ending.is_empty() {
        return foreign && lost.iter().all(vowel);
    }
    let softened = || {
        let (lost, ending) = (text(lost), text(ending));
        SOFTENED.iter().any(|(l, e)| *l == lost && *e == ending)
    };
    // `Marek`, `Markiem`.
    let fleeting = || matches!((lost, ending), ([v, c], [first, rest @ ..]) if vowel(v) && !vowel(c) && c == first && listed(rest));
    (lost.iter().all(vowel) && listed(ending)) || softened() || fleeting()
}

/// Letters of names that another alphabet writes otherwise: as it is here, as it is there.
const ALIKE: &[(char, char)] = &[
    ('c', 's'),
    ('c', 'k'),
    ('q', 'k'),
    ('y', 'i'),
    ('h', 'g'),
    ('w', 'v'),
    ('w', 'u'),
    ('j', 'i'),
    ('g', 'd'),
    ('z', 's'),
    ('s', 'z'),
    ('e', 'i'),
];

/// Without accents; letters of other alphabets stay.
fn fold(word: &str) -> String {
    match word.is_ascii() {
        true => word.to_owned(),
        false => grammar::fold(word),
    }
}

/// Letters of other alphabets and the Latin ones for them.
const LETTERS: &[(char, char)] = &[
    ('а', 'a'),
    ('б', 'b'),
    ('в', 'v'),
    ('г', 'g'),
    ('д', 'd'),
    ('е', 'e'),
    ('э', 'e'),
    ('з', 'z'),
    ('и', 'i'),
    ('і', 'i'),
    ('й', 'i'),
    ('к', 'k'),
    ('л', 'l'),
    ('м', 'm'),
    ('н', 'n'),
    ('о', 'o'),
    ('п', 'p'),
    ('р', 'r'),
    ('с', 's'),
    ('т', 't'),
    ('у', 'u'),
    ('ф', 'f'),
    ('х', 'h'),
    ('ы', 'y'),
    ('ю', 'u'),
    ('я', 'a'),
    ('ё', 'e'),
    ('є', 'e'),
    ('ї', 'i'),
    ('ц', 'c'),
    ('α', 'a'),
    ('ά', 'a'),
    ('β', 'v'),
    ('γ', 'g'),
    ('δ', 'd'),
    ('ε', 'e'),
    ('έ', 'e'),
    ('ζ', 'z'),
    ('ι', 'i'),
    ('ί', 'i'),
    ('κ', 'k'),
    ('λ', 'l'),
    ('μ', 'm'),
    ('ν', 'n'),
    ('ο', 'o'),
    ('ό', 'o'),
    ('π', 'p'),
    ('ρ', 'r'),
    ('σ', 's'),
    ('τ', 't'),
    ('φ', 'f'),
    ('η', 'i'),
    ('ή', 'i'),
    ('ω', 'o'),
    ('ώ', 'o'),
    ('υ', 'u'),
    ('ύ', 'u'),
    ('χ', 'h'),
    ('ς', 's'),
];

/// The Latin letter for a Cyrillic or Greek one; letters that take two are left as they are, signs fall away.
fn latin(c: char) -> Option<char> {
    // Signs that only soften are no letters.
    if matches!(c, 'ь' | 'ъ' | '\u{300}'..='\u{36F}') {
        return None;
    }
    if c.is_ascii() {
        return Some(c);
    }
    let known = LETTERS.iter().find(|(letter, _)| *letter == c);
    Some(known.map_or(c, |(_, latin)| *latin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_stem() {
        for word in [
            "alices",
            "alicen",
            "alicji",
            "alici",
            "alicelle",
            "алисой",
            "алису",
            "αλίς",
        ] {
            assert!(is_inflected("alice", word), "{word}");
        }
        assert!(is_inflected("ng", "ngs"));
        for word in [
            "alan",
            "al",
            "alicante",
            "nguyen",
            "ally",
            "alinę",
            "alinu",
            "алиной",
            "алину",
            "αλίνα",
            "alix",
        ] {
            assert!(!is_inflected("alice", word), "{word}");
        }
        assert!(!is_inflected("ng", "ngo"));
        for (name, word) in [
            ("anna", "annę"),
            ("anna", "annou"),
            ("marek", "markiem"),
            ("monika", "monice"),
            ("viktor", "виктором"),
        ] {
            assert!(is_inflected(name, word), "{word}");
        }
        for (name, word) in [
            ("mark", "marketa"),
            ("alice", "alicante"),
            ("bob", "bobby"),
            ("dan", "daniel"),
        ] {
            assert!(!is_inflected(name, word), "{word}");
        }
    }
}
