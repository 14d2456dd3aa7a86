//! Words as the tables have them, though a thumb held a letter or slipped.
//!
//! Never fails: a word that may be several, or that another ending would make, stays as it is written.

use crate::reader::answer::interner::{Id, UNKNOWN};
use crate::reader::answer::lexer::Sentence;
use crate::reader::answer::sentence::Scene;
use crate::reader::answer::tables::{self, Words};

/// Letters of a word that is looked at for slips.
const MAX_CORRECTED: usize = 24;

/// Looks the tokens up in the tables of all languages.
pub fn number(words: &Words, sentences: &mut [Sentence<'_>]) {
    let number = |word: &str| words.interner.get(word);
    let mut short = String::new();
    for token in sentences.iter_mut().flat_map(|s| &mut s.tokens) {
        token.ids = [number(&token.text), UNKNOWN, UNKNOWN];
        // `Jaaa`: as it is written nobody knows it. Few words have a letter twice in a row.
        let octets = token.text.as_bytes();
        let mut pairs = octets.iter().zip(octets.iter().skip(1));
        let held = match token.text.is_ascii() && pairs.all(|(a, b)| a != b) {
            true => 1,
            false => longest_run(&token.text),
        };
        for (id, longest) in token.ids.iter_mut().skip(1).zip([2, 1]) {
            if held > longest {
                squeeze(&token.text, longest, &mut short);
                *id = number(&short);
            }
        }
    }
}

/// How many times a letter stands in a row at most.
fn longest_run(word: &str) -> usize {
    let (mut last, mut run, mut longest) = (None, 0, 0);
    for letter in word.chars() {
        run = if last == Some(letter) { run + 1 } else { 1 };
        last = Some(letter);
        longest = longest.max(run);
    }
    longest
}

/// The one word that a slip of the thumb made this of.
pub fn corrected(scene: &Scene<'_>, word: &str) -> Option<Id> {
    if scene.language.endings_are_long || word.len() < tables::MIN_CORRECTED {
        return None;
    }
    let mut found = near(scene, word);
    let id = found.next()?;
    let letters: Vec<char> = word.chars().collect();
    if !tables::is_typo(&letters, scene.words.interner.word(id)) {
        return None;
    }
    found.all(|other| other == id).then_some(id)
}

/// Whether a slip of the thumb may have made this of a word of the language.
pub fn is_near(scene: &Scene<'_>, word: &str) -> bool {
    near(scene, word).next().is_some()
}

/// The long words of which a slip of the thumb makes these letters.
fn near<'s>(scene: &'s Scene<'_>, word: &'s str) -> impl Iterator<Item = Id> + 's {
    let is_ascii = word.is_ascii();
    let letters: Vec<char> = match is_ascii {
        true => Vec::new(),
        false => word.chars().collect(),
    };
    let count = if is_ascii { word.len() } else { letters.len() };
    let fits = (tables::MIN_CORRECTED..=MAX_CORRECTED).contains(&count);
    let first = word.chars().next().filter(|_| fits).into_iter();
    let long_words = first.flat_map(move |first| scene.language.long_words(first, count));
    long_words.filter(move |id| {
        let known = scene.words.interner.word(*id);
        match is_ascii && known.is_ascii() {
            true => tables::is_slip_in_ascii(word.as_bytes(), known.as_bytes()),
            false if is_ascii => tables::is_slip(&word.chars().collect::<Vec<char>>(), known),
            false => tables::is_slip(&letters, known),
        }
    })
}

/// `yeees` as `yees` and `yes`: letters that a thumb held, no more than `longest` in a row.
fn squeeze(word: &str, longest: usize, short: &mut String) {
    short.clear();
    let (mut last, mut run) = (None, 0);
    for c in word.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if run <= longest {
            short.push(c);
        }
    }
}
