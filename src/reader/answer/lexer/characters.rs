//! What single characters are to an answer: letters, apostrophes, marks that show nothing; and their one form.
//!
//! Never fails: a character of no class stays as it is.

use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// Overrides, embeddings and isolates turn the order of what is seen (UAX 9); plain marks don't.
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Default-ignorable characters: they show nothing and would only part words.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Scripts written without spaces between words: each character is a token.
pub fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}'
        | '\u{AC00}'..='\u{D7AF}' | '\u{20000}'..='\u{3FFFF}')
}

pub fn is_word(c: char) -> bool {
    match c.is_ascii() {
        true => c.is_ascii_alphanumeric(),
        false => c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c),
    }
}

pub fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | 'ʼ' | '′' | '״' | '׳')
}

/// Characters that NFKC leaves as they are beside each other, none of them ignorable: ASCII,
/// letters of European languages, and the quotes and dashes of typography.
fn is_composed(c: char) -> bool {
    matches!(c,
        '\0'..='\u{7F}' | 'À'..='ÿ' | 'Ā'..='ı' | 'Ĵ'..='ľ' | 'Ł'..='ň' | 'Ŋ'..='ž'
        | 'Ή'..='Ί' | 'Ύ'..='Ώ' | 'Α'..='Ω' | 'ά'..='ώ' | 'Ѐ'..='ў' | '–' | '—' | '‘' | '’' | '“' | '”')
}

/// NFKC and without what shows nothing; `'` for every apostrophe.
pub fn normalise(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return match text.contains('`') {
            true => Cow::Owned(text.replace('`', "'")),
            false => Cow::Borrowed(text),
        };
    }
    let mut has_others = false;
    let mut look = |c| {
        has_others |= c != '\'' && is_apostrophe(c);
        is_composed(c)
    };
    if text.chars().all(&mut look) {
        if !has_others {
            return Cow::Borrowed(text);
        }
        let parts: Vec<&str> = text.split(is_apostrophe).collect();
        return Cow::Owned(parts.join("'"));
    }
    text.chars()
        .filter(|c| !is_ignorable(*c))
        .nfkc()
        .filter(|c| !is_ignorable(*c))
        .map(|c| match c {
            c if is_apostrophe(c) => '\'',
            // Its lower case is two characters.
            'İ' => 'I',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_characters_are_their_own_normal_form() {
        let composed: String = ('\0'..='\u{FFFF}').filter(|c| is_composed(*c)).collect();
        assert!(composed.chars().all(|c| !is_ignorable(c)));
        assert_eq!(composed.nfkc().collect::<String>(), composed);
        let reversed: String = composed.chars().rev().collect();
        assert_eq!(reversed.nfkc().collect::<String>(), reversed);
    }
}
