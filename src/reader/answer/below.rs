//! What stands around a consent and is no part of its words: lines taken for a signature or a footer, words
//! typed into the quote, the subject.
//!
//! Fails towards refusal: a line that no signature is known to hold, or a word that is in doubt, makes an
//! answer unclear.

mod subject;

use crate::reader::answer::lexer::{self, Sentence, Shape, Token};
use crate::reader::answer::names::{Names, is_title};
use crate::reader::answer::sentence::denied::{self, Which};
use crate::reader::answer::sentence::{self, Place, Scene};
use crate::reader::answer::tables::{Language, Says, WORDS};
use crate::reader::answer::{MAX_CHARS, MAX_TOKENS, candidates};
use crate::reader::quote::Body;
use crate::reader::quote::align::answered::Quoted;
use jiff::civil::Date;
use std::cell::OnceCell;
use std::sync::LazyLock;

/// Words of titles, firms, departments and streets, in small letters.
static TITLES: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut all: Vec<&str> = include_str!("titles.txt").split_whitespace().collect();
    all.sort_unstable();
    all.dedup();
    all
});
/// Words of a line that is somebody's name.
const MAX_NAME_WORDS: usize = 5;
/// Lines in a row that nothing in them makes a signature's.
const MAX_LOOSE: usize = 3;
/// Letters of a small word in the name of a firm or a place: `of`, `and`.
const MAX_SMALL: usize = 3;
/// Figures of a number that is no year: a postal code.
const MIN_CODE: u32 = 10_000;
/// What stands between names, and beside them.
const PARTICLES: &[&str] = &[
    "von", "van", "de", "der", "den", "da", "di", "do", "dos", "du", "del", "la", "le", "bin",
    "al", "el", "ten", "af", "av", "zu", "she", "her", "hers", "he", "him", "his", "they", "them",
    "theirs", "sie", "er", "elle", "il", "ella", "él",
];

/// The words that take a consent back among those that were cut from the writer's, where some do.
pub fn takes_back(
    body: &Body,
    names: &Names<'_>,
    answer: &[Sentence],
    today: Date,
) -> Option<String> {
    let search = Search::of(names, answer, today);
    let signed = search.in_signature(&body.signature);
    let signed = signed.map(|words| format!("“{words}” in the signature"));
    signed.or_else(|| {
        Some(format!(
            "“{}” below it",
            search.in_text(&body.beside, Which::All)?
        ))
    })
}

/// The same in the quote of our mail, which has this text, and in what the subject says beside ours.
pub fn takes_back_in_quote(
    body: &Body,
    names: &Names<'_>,
    quoted: &Quoted,
    original: &str,
    answer: &[Sentence],
    today: Date,
) -> Option<String> {
    let search = Search::of(names, answer, today);
    let in_quote = search
        .in_text(&quoted.typed, Which::All)
        .or_else(|| search.in_text(&quoted.attribution, Which::Refusals));
    if let Some(words) = in_quote {
        return Some(format!("“{words}” in the quote"));
    }
    let own = subject::own(&body.subject, original);
    let changed = own.changed.then(|| own.words.clone());
    let words = changed.or_else(|| search.in_text(&own.words, Which::Plain))?;
    Some(format!("“{words}” in the subject"))
}

struct Search<'a> {
    names: &'a Names<'a>,
    answer: &'a [Sentence],
    /// Those of the answer.
    languages: OnceCell<Vec<&'static Language>>,
    today: Date,
}

impl<'a> Search<'a> {
    fn of(names: &'a Names<'a>, answer: &'a [Sentence], today: Date) -> Search<'a> {
        Search {
            names,
            answer,
            languages: OnceCell::new(),
            today,
        }
    }

    fn scene(&self, language: &'static Language) -> Scene<'a> {
        Scene {
            words: &WORDS,
            language,
            today: self.today,
            known_names: self.names,
        }
    }

    /// Err: more than anybody writes there.
    fn sentences(&self, text: &str) -> Result<Vec<Sentence>, String> {
        let too_long = || Err("too long for a signature".to_owned());
        // A line that people draw has no bound to what stands below it.
        if text.chars().nth(MAX_CHARS).is_some() {
            return too_long();
        }
        let mut below = lexer::sentences(&lexer::characters::normalise(text));
        if below.iter().map(|s| s.tokens.len()).sum::<usize>() > MAX_TOKENS {
            return too_long();
        }
        sentence::number(&WORDS, &mut below);
        Ok(below)
    }

    fn languages(&self, below: &[Sentence]) -> Vec<&'static Language> {
        let of_answer = self.languages.get_or_init(|| candidates(self.answer));
        let mut languages = of_answer.clone();
        let known = |language: &&Language| of_answer.iter().any(|own| own.bit == language.bit);
        languages.extend(candidates(below).into_iter().filter(|l| !known(l)));
        languages
    }

    /// What refuses, postpones, doubts or sets a condition there.
    fn in_text(&self, text: &str, which: Which) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        match self.sentences(text) {
            Ok(below) => self.denied(&self.languages(&below), &below, which),
            Err(why) => Some(why),
        }
    }

    fn denied(
        &self,
        languages: &[&'static Language],
        below: &[Sentence],
        which: Which,
    ) -> Option<String> {
        languages.iter().find_map(|language| {
            let scene = self.scene(language);
            below
                .iter()
                .find_map(|line| denied::by(&scene, line, which))
        })
    }

    /// The same, or a line that no signature holds.
    fn in_signature(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let mut below = match self.sentences(text) {
            Ok(below) => below,
            Err(why) => return Some(why),
        };
        let languages = self.languages(&below);
        let is_known = |line: &[&Token]| {
            let explains = |language: &&'static Language| is_explained(&self.scene(language), line);
            languages.iter().any(explains)
        };
        let lines = lines(&below);
        let found = odd(self.names, &lines, is_known);
        // `Yours sincerely`: closing words say nothing else.
        let known = lines.iter().filter(|line| is_known(line));
        let known: Vec<usize> = known.filter_map(|line| Some(line.first()?.line)).collect();
        for sentence in &mut below {
            sentence.tokens.retain(|token| !known.contains(&token.line));
        }
        self.denied(&languages, &below, Which::All).or(found)
    }
}

/// The tokens of one line, of whatever sentences.
pub type Line<'a> = Vec<&'a Token>;

pub fn lines(sentences: &[Sentence]) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for token in sentences.iter().flat_map(|s| &s.tokens) {
        match lines.last_mut() {
            Some(line) if line.first().is_some_and(|t| t.line == token.line) => {
                line.push(token);
            }
            _ => lines.push(vec![token]),
        }
    }
    lines
}

/// Closing words, thanks and footers, and nothing else.
fn is_explained(scene: &Scene<'_>, line: &[&Token]) -> bool {
    let sentence = Sentence {
        tokens: line.iter().map(|token| (*token).clone()).collect(),
        question: false,
        trails: false,
    };
    let place = Place {
        first: false,
        last: true,
    };
    let explained = sentence::explain(scene, &sentence, place);
    let fits = |says| {
        matches!(
            says,
            Some(
                Says::Closing
                    | Says::Greeting
                    | Says::Thanks
                    | Says::Footer
                    | Says::Filler
                    | Says::Name
            )
        )
    };
    explained.phrases.iter().all(|phrase| fits(phrase.says))
}

/// The first line that nothing makes a signature's: it holds no name, and neither it nor one beside it a title,
/// a telephone, an address or a link. `Prepaid` below a bare name may be terms.
pub fn odd<'l>(
    names: &Names<'_>,
    lines: &[Line<'l>],
    is_known: impl Fn(&[&'l Token]) -> bool,
) -> Option<String> {
    let marked: Vec<bool> = lines.iter().map(|line| is_marked(line)).collect();
    let loose = |at: usize| {
        let line = lines.get(at)?;
        let plain =
            marked.get(at) == Some(&true) || is_name(names, line, at == 0) || is_known(line);
        (!plain).then_some(line)
    };
    let beside_marked = |at: usize| {
        let reaches = |mut places: &mut dyn Iterator<Item = usize>| {
            let next = (&mut places)
                .take(MAX_LOOSE)
                .find(|at| loose(*at).is_none());
            next.and_then(|at| marked.get(at)) == Some(&true)
        };
        reaches(&mut (0..at).rev()) || reaches(&mut (at + 1..lines.len()))
    };
    (0..lines.len()).find_map(|at| {
        let line = loose(at)?;
        let small = |token: &Token| token.text.chars().nth(MAX_SMALL).is_none();
        let named = line.first().is_some_and(|token| is_capital(token))
            && line.iter().all(|token| is_capital(token) || small(token));
        let fits = named && beside_marked(at);
        let text = || {
            line.iter()
                .map(|t| t.text.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        (!fits).then(text)
    })
}

/// A title, a firm, a street, a telephone, an address or a link.
fn is_marked(line: &[&Token]) -> bool {
    line.iter().any(|token| match token.shape {
        Shape::Word => TITLES.binary_search(&token.text.as_str()).is_ok(),
        Shape::Number(number) => number >= MIN_CODE,
        Shape::Phone | Shape::Mail | Shape::Link => true,
        _ => false,
    })
}

fn is_capital(token: &Token) -> bool {
    token.capital
        || !token
            .text
            .chars()
            .any(|c| c.is_lowercase() || c.is_uppercase())
}

/// Whether somebody signs so: known names, or, where the signature begins, one of them beside others. Who
/// writes without a name in the header may sign with any.
fn is_name(names: &Names<'_>, line: &[&Token], first: bool) -> bool {
    let word = |token: &&&Token| token.shape == Shape::Word;
    if line.len() > MAX_NAME_WORDS || !line.iter().all(|token| word(&token)) {
        return false;
    }
    let beside = |token: &Token| is_title(&token.text) || PARTICLES.contains(&token.text.as_str());
    let signs = |token: &Token| names.signs(&token.text);
    if line.iter().all(|token| signs(token) || beside(token)) {
        return true;
    }
    // `i. A. Carol Danvers`, for her firm.
    let letter = |token: &Token| token.text.chars().nth(1).is_none();
    first
        && line
            .iter()
            .all(|token| is_capital(token) || beside(token) || letter(token))
        && (line.iter().any(|token| signs(token))
            || !line.iter().any(|token| names.tells_who_signs(&token.text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &str = "Carol Diaz";

    fn odd_line(signature: &str, writer: &str) -> Option<String> {
        let body = Body {
            writer: writer.to_owned(),
            ..Body::default()
        };
        let sentences = lexer::sentences(signature);
        odd(&Names::of(&body), &lines(&sentences), |_| false)
    }

    #[test]
    fn a_line_is_a_signatures_by_what_it_holds_or_stands_beside() {
        for signature in [
            "Carol",
            "Carol Diaz",
            "C. Diaz",
            "i. A. Carol Diaz",
            "Carol Diaz\nHead of Agronomy\nTarget Vineyards\nSpringfield",
            "Carol Diaz\nTarget Vineyards\n+1 415 555 0100",
            "Carol (she/her)",
        ] {
            assert_eq!(odd_line(signature, NAMED), None, "{signature}");
        }
        for signature in [
            "Carol\nPrepaid",
            "Carol\nIn 2027",
            "Carol\nAsk Dave",
            "Carol\ndave decides",
            "Carol's Bot",
            "Reluctantly",
            "Carol\nPrepaid\nCarol Diaz\nHead of Agronomy",
        ] {
            assert!(odd_line(signature, NAMED).is_some(), "{signature}");
        }
        // The header has no name, or has it in other letters.
        assert_eq!(odd_line("Xiaolong", ""), None);
        assert_eq!(odd_line("Кэрол", NAMED), None);
    }
}
