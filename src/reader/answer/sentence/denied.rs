//! What takes a yes back among lines that were taken for a signature.
//!
//! Fails towards refusal: a word that is in doubt makes an answer unclear.

use crate::reader::answer::dates;
use crate::reader::answer::lexer::{Gap, Sentence, Shape, Token};
use crate::reader::answer::lists::{TITLES, UNSIGNED};
use crate::reader::answer::matcher::Matcher;
use crate::reader::answer::sentence::{Laying, Place, Scene, seen};
use crate::reader::answer::tables::Says;

/// What a line begins with below the name of somebody who signs for another.
const FOR_ANOTHER: &[&str] = &[
    "for", "pa", "pp", "po", "ia", "für", "pour", "por", "per", "voor", "för", "за",
];

/// Abbreviations of the same behind a name: `Dave Miller, p.p. Carol Example`.
const BY_PROXY: &[&str] = &["pp", "po", "ia"];

/// Letters of a small word: `de`.
const MAX_SMALL: usize = 3;

/// Which phrases take a yes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Which {
    All,
    /// Words in doubt are words of any subject.
    Plain,
    /// So are days.
    Refusals,
}

/// Whether the answer may be in the language of the scene, or only what stands below it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Own,
    /// `De`, `du`, `co` are words of names and firms then.
    Foreign,
}

/// The first words that refuse, postpone, doubt or set a condition, wherever in the sentence.
pub fn by(scene: &Scene<'_>, sentence: &Sentence, which: Which, words: Words) -> Option<String> {
    let tokens = &sentence.tokens;
    let refuses = |at: &usize| {
        let unsigned = tokens.get(*at).is_some_and(|t| UNSIGNED.has(&t.text));
        unsigned || is_for_another(scene, tokens, *at)
    };
    if let Some(token) = (0..tokens.len())
        .find(refuses)
        .and_then(|at| tokens.get(at))
    {
        return Some(token.text.clone());
    }
    let seen = seen(scene, tokens);
    let stretches = match which {
        Which::Refusals => Vec::new(),
        _ => {
            let days = dates::find(scene.language, &seen, scene.today);
            dates::stretches(scene.language, &seen, &days)
        }
    };
    let laying = Laying {
        scene,
        tokens,
        seen: &seen,
        place: Place::default(),
        matcher: Matcher::new(scene.language, &seen, &stretches),
    };
    let counts = |says| match which {
        Which::All => says <= Says::Condition || says == Says::Far,
        Which::Plain => (says <= Says::Condition && says != Says::Doubt) || says == Says::Far,
        Which::Refusals => says <= Says::NoAlone,
    };
    let longest = |start| {
        let stays = |says, end| !is_of_signature(scene, tokens.get(start..end), (says, words));
        Some((start, laying.longest(start, counts, stays)?))
    };
    let (start, end) = (0..tokens.len()).find_map(longest)?;
    let words = tokens.get(start..end)?.iter().map(|t| t.text.as_str());
    Some(words.collect::<Vec<_>>().join(" "))
}

/// `For Carol`, `Dave Miller, p.p. Carol`; not `P.O. Box`, `Ames, IA 50010`, or Per's own name.
fn is_for_another(scene: &Scene<'_>, tokens: &[Token], at: usize) -> bool {
    let Some(token) = tokens.get(at) else {
        return false;
    };
    let text = token.text.as_str();
    let listed = (token.gap == Gap::Line && FOR_ANOTHER.contains(&text))
        || (token.gap > Gap::None && BY_PROXY.contains(&text));
    let next = tokens.get(at + 1).filter(|next| next.line == token.line);
    let placed =
        next.is_some_and(|next| next.text == "box" || matches!(next.shape, Shape::Number(_)));
    listed && !placed && !scene.known_names.is_writers(text)
}

/// A single word that is the writer's own name, or that a table has in doubt and is a title (`Co-founder`) or a small
/// word of another language (`du`).
fn is_of_signature(
    scene: &Scene<'_>,
    tokens: Option<&[Token]>,
    (says, words): (Says, Words),
) -> bool {
    let Some([word]) = tokens else {
        return false;
    };
    let foreign = || words == Words::Foreign && word.text.chars().nth(MAX_SMALL).is_none();
    scene.known_names.is_writers(&word.text) && word.capital
        || matches!(says, Says::Doubt | Says::Condition) && (TITLES.has(&word.text) || foreign())
}
