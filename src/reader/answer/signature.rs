//! Cuts what stands below a sign-off: name, title, telephone, address.
//!
//! Fails by cutting nothing: a line that reads like a sentence, or that refuses, postpones or asks,
//! is no part of a signature, and then all of it stays and is judged.

use crate::reader::answer::below::{lines, odd};
use crate::reader::answer::interner::UNKNOWN;
use crate::reader::answer::lexer::{Gap, Sentence, Shape, Token};
use crate::reader::answer::sentence::denied::{self, Which, Words};
use crate::reader::answer::sentence::{self, Place, Scene};
use crate::reader::answer::tables::Says;

/// Lines below a sign-off; longer ones are a text.
const MAX_LINES: usize = 10;
/// Words in a line of a signature.
const MAX_LINE_TOKENS: usize = 12;

/// The sentences without the signature; none where there is no signature to cut.
pub fn cut<'s>(scene: &Scene<'_>, sentences: &[Sentence<'s>]) -> Option<Vec<Sentence<'s>>> {
    let mut tokens = sentences.iter().flat_map(|s| &s.tokens);
    let first = tokens.next()?.line;
    if tokens.all(|token| token.line == first) {
        return None;
    }
    let lines = lines(sentences);
    // The sign-off is never the first line: something must have been said.
    let closing = (1..lines.len()).find(|i| lines.get(*i).is_some_and(|l| closes(scene, l)))?;
    let signed = lines.get(closing..)?;
    let below = signed.get(1..)?;
    if below.is_empty()
        || below.len() > MAX_LINES
        || !below.iter().all(|line| is_signature(scene, line))
        || odd(scene.known_names, signed, |_, line| closes(scene, line)).is_some()
    {
        return None;
    }
    let last = lines.get(closing)?.first()?.line;
    let asks = |s: &Sentence<'_>| s.question && s.tokens.iter().any(|t| t.line > last);
    if sentences.iter().any(asks) {
        return None;
    }
    let kept = sentences.iter().map(|sentence| Sentence {
        tokens: sentence
            .tokens
            .iter()
            .filter(|t| t.line <= last)
            .cloned()
            .collect(),
        question: sentence.question,
        trails: sentence.trails,
    });
    Some(kept.filter(|s| !s.tokens.is_empty()).collect())
}

fn alone<'s>(line: &[&Token<'s>]) -> Sentence<'s> {
    Sentence {
        tokens: line.iter().map(|token| (*token).clone()).collect(),
        question: false,
        trails: false,
    }
}

/// Whether the line is a sign-off, or a name by itself, and nothing else.
fn closes(scene: &Scene<'_>, line: &[&Token<'_>]) -> bool {
    // Spares most lines the rest: a known word that begins no sign-off.
    let Some(first) = line.first() else {
        return false;
    };
    let followed = line.get(1).is_none_or(|next| next.gap == Gap::None);
    let id = sentence::identify(scene, first, followed);
    if matches!(first.shape, Shape::Word | Shape::Sign)
        && id != UNKNOWN
        && !scene.language.sign_offs.contains(&id)
    {
        return false;
    }
    let sentence = alone(line);
    let place = Place {
        first: false,
        last: true,
    };
    let explained = sentence::explain(scene, &sentence, place);
    explained.unexplained == 0
        && explained
            .phrases
            .iter()
            .all(|p| matches!(p.says, Some(Says::Closing | Says::Name | Says::Thanks)))
        && explained
            .phrases
            .iter()
            .any(|p| matches!(p.says, Some(Says::Closing | Says::Name)))
}

fn is_signature(scene: &Scene<'_>, line: &[&Token<'_>]) -> bool {
    if line.len() > MAX_LINE_TOKENS {
        return false;
    }
    let sentence = alone(line);
    if denied::by(scene, &sentence, Which::All, Words::Own).is_some() {
        return false;
    }
    // Names, numbers, and what the tables know; a title or a firm is cut with the signature it stands in.
    let somebody = |t: &Token<'_>| match t.shape {
        Shape::Word => scene.known_names.is_somebody(&t.text),
        Shape::Sign | Shape::Strange => false,
        _ => true,
    };
    let explained = sentence::explain(scene, &sentence, Place::default());
    explained.phrases.iter().all(|p| match p.says {
        Some(says) => says > Says::Yes,
        None => {
            let tokens = sentence.tokens.get(p.start..p.end);
            tokens.unwrap_or_default().iter().all(somebody)
        }
    })
}
