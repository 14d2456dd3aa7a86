//! Whether a text can have a word, told without cutting it into words.
//!
//! Errs only towards having it.

/// Whether words cut from the text stand in it letter for letter, but for capitals: nothing in it is changed before it is
/// cut, and no apostrophe is dropped from within a word.
pub fn is_plain(text: &str) -> bool {
    let stays = |c: char| match c {
        '\'' | '`' => false,
        c => c.is_ascii() || matches!(c, 'À'..='ÿ' | '–' | '—' | '“' | '”'),
    };
    text.chars().all(stays)
}

/// The same of a text of ASCII.
pub fn is_plain_ascii(text: &str) -> bool {
    memchr::memchr2(b'\'', b'`', text.as_bytes()).is_none()
}

/// Whether a word of such a text may begin with these letters; where they are not of ASCII that is not looked for.
pub fn has(text: &str, letters: &str) -> bool {
    let bytes = text.as_bytes();
    let Some(first) = letters.bytes().next().filter(|_| letters.is_ascii()) else {
        return true;
    };
    let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    memchr::memchr2_iter(lower, upper, bytes).any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        let here = bytes.get(at..at + letters.len());
        !before.is_some_and(u8::is_ascii_alphanumeric)
            && here.is_some_and(|here| here.eq_ignore_ascii_case(letters.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::answer::lexer::{self, characters::normalise};

    #[test]
    fn words_of_a_plain_text_stand_in_it() {
        let all: String = ('\0'..='\u{FFFF}')
            .filter(|c| is_plain(&c.to_string()))
            .collect();
        let texts = all.chars().map(|c| format!("An{c}na {c}Bob Kim{c}"));
        for text in texts.chain(["Ann–Bob".to_owned(), "Zoë Ng, 3pm".to_owned()]) {
            assert_eq!(normalise(&text), text);
            let sentences = lexer::sentences(&text);
            for token in sentences.iter().flat_map(|s| &s.tokens) {
                assert!(
                    !token.title || has(&text, &token.text),
                    "{text:?}: {}",
                    token.text
                );
            }
        }
        for text in ["O'Brien", "Ann’s", "Ａlice", "Al\u{200B}ice", "İda"] {
            assert!(!is_plain(text), "{text}");
        }
        assert!(has("Re: Alice Ng", "al") && has("Re: Alice Ng", "ng") && has("x", "é"));
        assert!(!has("Re: Alice Ng", "bob") && !has("Alice", "lic") && !has("", "a"));
    }
}
