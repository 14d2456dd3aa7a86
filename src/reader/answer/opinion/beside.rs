//! Consents that may belong to the thanks or the courtesy beside them: `sure hope you are well`, `thanks, of course`.
//!
//! Fails towards that: an adverb without a comma before a courtesy consents to nothing.

use crate::reader::answer::lexer::{Gap, Sentence, Shape};
use crate::reader::answer::opinion::{is_made_of, tokens};
use crate::reader::answer::sentence::{self, Scene};
use crate::reader::answer::tables::Says;

/// Whether words follow without a comma that go on with an adverb (`of course it is good to hear from you`), or say what
/// the writer would love to (`thank you`).
pub fn goes_on(
    scene: &Scene<'_>,
    sentence: &Sentence<'_>,
    phrase: &sentence::Phrase,
    next: &sentence::Phrase,
) -> bool {
    let first = sentence.tokens.get(next.start);
    let opening = &scene.language.opening;
    let opens = || {
        let last = tokens(sentence, phrase).last();
        last.is_some_and(|t| opening.contains(&sentence::identify(scene, t, false)))
    };
    first.is_some_and(|t| t.gap == Gap::None && t.shape == Shape::Word)
        && match next.says {
            Some(says) if is_beside(says) => opens() || is_of_adverbs(scene, sentence, phrase),
            Some(Says::Thanks | Says::Greeting) => opens(),
            _ => false,
        }
}

/// Whether an adverb ends what was said before it: `Thanks, of course`, `it sounds interesting for sure`.
pub fn is_behind(
    scene: &Scene<'_>,
    sentence: &Sentence<'_>,
    before: &sentence::Phrase,
    phrase: &sentence::Phrase,
) -> bool {
    let onward = &scene.language.onward;
    let first = tokens(sentence, phrase).first();
    first.is_some_and(|t| {
        matches!(t.gap, Gap::None | Gap::Soft)
            && !onward.contains(&sentence::identify(scene, t, false))
    }) && (before.says).is_some_and(|says| says == Says::Thanks || is_beside(says))
        && is_of_adverbs(scene, sentence, phrase)
}

/// What says nothing to our question, and may be strengthened.
fn is_beside(says: Says) -> bool {
    matches!(
        says,
        Says::Courtesy | Says::Pleasantry | Says::Praise | Says::Remark | Says::Aside | Says::Told
    )
}

fn is_of_adverbs(scene: &Scene<'_>, sentence: &Sentence<'_>, phrase: &sentence::Phrase) -> bool {
    let adverbs = &scene.language.adverbs;
    is_made_of(scene, sentence, phrase, |id| adverbs.contains(&id))
}
