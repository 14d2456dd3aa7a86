//! What takes a yes back among lines that were taken for a signature.
//!
//! Fails towards refusal: a word that is in doubt makes an answer unclear.

use crate::reader::answer::dates;
use crate::reader::answer::lexer::{Gap, Sentence, Shape, Token};
use crate::reader::answer::lists::{TITLES, UNSIGNED};
use crate::reader::answer::matcher::{self, Matcher, Seen};
use crate::reader::answer::names::Names;
use crate::reader::answer::sentence::{Laying, Place, Scene, identify, seen};
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

impl Which {
    fn has(self, says: Says) -> bool {
        match self {
            Which::All => says.is_against(),
            Which::Plain => says.is_against() && says != Says::Doubt,
            Which::Refusals => says <= Says::NoAlone,
        }
    }
}

/// The first words that refuse, postpone, doubt or set a condition, wherever in the sentence.
pub fn by(
    scene: &Scene<'_>,
    sentence: &Sentence<'_>,
    which: Which,
    words: Words,
) -> Option<String> {
    let marked = marked(scene.known_names, sentence).map(str::to_owned);
    marked.or_else(|| phrase(scene, sentence, which, words))
}

/// The first word that takes a yes back whatever the language: nobody signs so, or signs for another.
pub fn marked<'s>(names: &Names<'_>, sentence: &'s Sentence<'_>) -> Option<&'s str> {
    let tokens = &sentence.tokens;
    let refuses = |at: usize, token: &Token<'_>| {
        UNSIGNED.has(&token.text) || is_for_another(names, tokens, at)
    };
    let mut all = tokens.iter().enumerate();
    let (_, token) = all.find(|(at, token)| refuses(*at, token))?;
    Some(&token.text)
}

/// Whether [`phrase`] can find something there, or would if lines were left out, as single words tell.
pub fn may_deny(scene: &Scene<'_>, sentences: &[Sentence<'_>], which: Which) -> bool {
    let language = scene.language;
    let count = sentences.iter().map(|sentence| sentence.tokens.len()).sum();
    let mut all: Vec<Seen> = Vec::with_capacity(count);
    let shapes = language.phrases.denial_shapes();
    let mut may_begin = false;
    let begins_denial = |id| match which {
        Which::Refusals => scene.words.may_refuse(id),
        Which::All | Which::Plain => scene.words.may_deny(id),
    };
    for Sentence { tokens, .. } in sentences {
        let mut line = None;
        for (at, token) in tokens.iter().enumerate() {
            // Where the lines above it are left out, it begins the sentence.
            let begins = line != Some(token.line);
            line = Some(token.line);
            let next = || tokens.get(at + 1);
            let followed = || next().is_none_or(|n| n.gap == Gap::None || n.line != token.line);
            let seen = Seen {
                id: identify(scene, token, begins && followed()),
                shape: token.shape,
                named: false,
            };
            may_begin |= begins_denial(seen.id)
                || shapes != 0 && shapes & dates::shapes(language, &seen) != 0;
            all.push(seen);
        }
    }
    if !may_begin {
        return false;
    }
    let words = all.iter().map(|seen| matcher::bits(language, seen.id));
    let words = words.fold(0, |all, bits| all | bits);
    let counts = |index: usize| {
        let rule = language.rules.get(index);
        rule.is_some_and(|rule| which.has(rule.says))
    };
    all.iter().any(|seen| {
        let shapes = match shapes {
            0 => 0,
            _ => dates::shapes(language, seen),
        };
        if shapes == 0 && !begins_denial(seen.id) {
            return false;
        }
        language.phrases.may_deny((seen.id, shapes), words, counts)
    })
}

/// The first phrase of the language that refuses, postpones, doubts or sets a condition.
pub fn phrase(
    scene: &Scene<'_>,
    sentence: &Sentence<'_>,
    which: Which,
    words: Words,
) -> Option<String> {
    let tokens = &sentence.tokens;
    let seen = seen(scene, tokens);
    let stretches = match which {
        Which::Refusals => Vec::new(),
        _ => dates::look(scene.language, &seen, scene.today).1,
    };
    let laying = Laying {
        scene,
        tokens,
        seen: &seen,
        place: Place::default(),
        matcher: Matcher::new(scene.language, &seen, &stretches),
    };
    let longest = |start| {
        let stays = |says, end| !is_of_signature(scene, tokens.get(start..end), (says, words));
        Some((start, laying.longest(start, |says| which.has(says), stays)?))
    };
    let (start, end) = (0..tokens.len()).find_map(longest)?;
    let words = tokens.get(start..end)?.iter().map(|t| &*t.text);
    Some(words.collect::<Vec<_>>().join(" "))
}

/// `For Carol`, `Dave Miller, p.p. Carol`; not `P.O. Box`, `Ames, IA 50010`, or Per's own name.
fn is_for_another(names: &Names<'_>, tokens: &[Token<'_>], at: usize) -> bool {
    let Some(token) = tokens.get(at) else {
        return false;
    };
    let text = &*token.text;
    let listed = (token.gap == Gap::Line && FOR_ANOTHER.contains(&text))
        || (token.gap > Gap::None && BY_PROXY.contains(&text));
    if !listed {
        return false;
    }
    let next = tokens.get(at + 1).filter(|next| next.line == token.line);
    let placed =
        next.is_some_and(|next| next.text == "box" || matches!(next.shape, Shape::Number(_)));
    !placed && !names.is_writers(text)
}

/// A single word that is the writer's own name, or that a table has in doubt and is a title (`Co-founder`) or a small
/// word of another language (`du`).
fn is_of_signature(
    scene: &Scene<'_>,
    tokens: Option<&[Token<'_>]>,
    (says, words): (Says, Words),
) -> bool {
    let Some([word]) = tokens else {
        return false;
    };
    let foreign = || words == Words::Foreign && word.text.chars().nth(MAX_SMALL).is_none();
    scene.known_names.is_writers(&word.text) && word.capital
        || matches!(says, Says::Doubt | Says::Condition) && (TITLES.has(&word.text) || foreign())
}
