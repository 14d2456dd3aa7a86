//! What stands around a consent and is no part of its words: lines taken for a signature or a footer, words
//! typed into the quote, the subject.
//!
//! Fails towards refusal: a line that no signature is known to hold, or a word that is in doubt, makes an
//! answer unclear.

pub mod line;
mod subject;

use crate::reader::answer::below::line::Kind;
use crate::reader::answer::lexer::{self, Sentence, Token};
use crate::reader::answer::lists::TITLES;
use crate::reader::answer::names::Names;
use crate::reader::answer::sentence::denied::{self, Which, Words};
use crate::reader::answer::sentence::{self, Place, Scene};
use crate::reader::answer::tables::{Language, Says, WORDS};
use crate::reader::answer::{MAX_CHARS, MAX_TOKENS, candidates};
use crate::reader::quote::Body;
use crate::reader::quote::align::answered::Quoted;
use jiff::civil::Date;
use std::cell::OnceCell;

/// Lines in a row that nothing in them makes a signature's.
const MAX_LOOSE: usize = 3;
/// Letters of a country in front of a number: `GB`.
const COUNTRY: usize = 2;

/// Looks through what was cut from the writer's words.
pub struct Search<'a> {
    names: &'a Names<'a>,
    /// Those of the answer.
    languages: &'a [&'static Language],
    today: Date,
}

impl<'a> Search<'a> {
    pub fn of(names: &'a Names<'a>, languages: &'a [&'static Language], today: Date) -> Search<'a> {
        Search {
            names,
            languages,
            today,
        }
    }

    /// The words that take a consent back among those that were cut from the writer's, where some do.
    pub fn takes_back(&self, body: &Body) -> Option<String> {
        let signed = self.in_signature(&body.signature);
        let signed = signed.map(|words| format!("“{words}” in the signature"));
        signed.or_else(|| {
            Some(format!(
                "“{}” below it",
                self.in_text(&body.beside, Which::All)?
            ))
        })
    }

    /// The same in the quote of our mail, which has this text, and in what the subject says beside ours.
    pub fn takes_back_in_quote(
        &self,
        body: &Body,
        quoted: &Quoted,
        original: &str,
    ) -> Option<String> {
        let in_quote = self
            .in_text(&quoted.typed, Which::All)
            .or_else(|| self.in_text(&quoted.attribution, Which::Refusals));
        if let Some(words) = in_quote {
            return Some(format!("“{words}” in the quote"));
        }
        let own = subject::own(&body.subject, original);
        let changed = own.changed.then(|| own.words.clone());
        let words = changed.or_else(|| self.in_text(&own.words, Which::Plain))?;
        Some(format!("“{words}” in the subject"))
    }

    fn scene(&self, language: &'static Language) -> Scene<'a> {
        Scene {
            words: &WORDS,
            language,
            today: self.today,
            known_names: self.names,
            // What stands below an answer answers nothing.
            topics: None,
        }
    }

    /// Of a text in its normal form. Err: more than anybody writes there.
    fn sentences<'t>(text: &str, normal: &'t str) -> Result<Vec<Sentence<'t>>, String> {
        let too_long = || Err("too long for a signature".to_owned());
        // A line that people draw has no bound to what stands below it.
        if text.chars().nth(MAX_CHARS).is_some() {
            return too_long();
        }
        let mut below = lexer::sentences(normal);
        if below.iter().map(|s| s.tokens.len()).sum::<usize>() > MAX_TOKENS {
            return too_long();
        }
        leave_out_numbering(&mut below);
        sentence::spelling::number(&WORDS, &mut below);
        Ok(below)
    }

    /// Those of the answer first.
    fn languages(&self, below: &[Sentence<'_>]) -> Vec<&'static Language> {
        let mut languages = self.languages.to_vec();
        let known = |language: &&Language| self.languages.iter().any(|own| own.bit == language.bit);
        languages.extend(candidates(below).into_iter().filter(|l| !known(l)));
        languages
    }

    /// What refuses, postpones, doubts or sets a condition there.
    fn in_text(&self, text: &str, which: Which) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if let Some(asked) = asked(text) {
            return Some(asked);
        }
        let normal = lexer::characters::normalise(text);
        match Search::sentences(text, &normal) {
            Ok(below) => self.denied(&self.languages(&below), &below, which),
            Err(why) => Some(why),
        }
    }

    fn denied(
        &self,
        languages: &[&'static Language],
        below: &[Sentence<'_>],
        which: Which,
    ) -> Option<String> {
        let marked = |line| denied::marked(self.names, line);
        let marked: Vec<Option<&str>> = below.iter().map(marked).collect();
        let own = self.languages.len();
        languages.iter().enumerate().find_map(|(at, language)| {
            let scene = self.scene(language);
            let words = match at < own {
                true => Words::Own,
                false => Words::Foreign,
            };
            let may_deny = denied::may_deny(&scene, below, which);
            let mut lines = below.iter().zip(&marked);
            lines.find_map(|(line, marked)| match marked {
                Some(word) => Some((*word).to_owned()),
                None if may_deny => denied::phrase(&scene, line, which, words),
                None => None,
            })
        })
    }

    /// The same, or a line that no signature holds.
    fn in_signature(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        if let Some(asked) = asked(text) {
            return Some(asked);
        }
        let normal = lexer::characters::normalise(text);
        let mut below = match Search::sentences(text, &normal) {
            Ok(below) => below,
            Err(why) => return Some(why),
        };
        let languages = self.languages(&below);
        let lines = lines(&below);
        let known: Vec<OnceCell<bool>> = vec![OnceCell::new(); lines.len()];
        let is_known = |at: usize, line: &[&Token<'_>]| {
            let explains = |language: &&'static Language| is_explained(&self.scene(language), line);
            let known = known.get(at);
            known.is_some_and(|known| *known.get_or_init(|| languages.iter().any(explains)))
        };
        let found = odd(self.names, &lines, is_known);
        // Nearly always nothing can deny there, whatever is left out.
        let may_deny = |language: &&'static Language| {
            denied::may_deny(&self.scene(language), &below, Which::All)
        };
        let marked = |line: &Sentence<'_>| denied::marked(self.names, line).is_some();
        if !below.iter().any(marked) && !languages.iter().any(may_deny) {
            return found;
        }
        // `Yours sincerely`: closing words say nothing else.
        let lines = lines.iter().enumerate();
        let lines = lines.filter(|(at, line)| is_known(*at, line));
        let known: Vec<usize> = lines
            .filter_map(|(_, line)| Some(line.first()?.line))
            .collect();
        for sentence in &mut below {
            sentence.tokens.retain(|token| !known.contains(&token.line));
        }
        self.denied(&languages, &below, Which::All).or(found)
    }
}

/// `??`: a line that only asks, and has no word.
fn asked(text: &str) -> Option<String> {
    let asks = |line: &&str| !line.is_empty() && line.chars().all(|c| "?¿？؟".contains(c));
    text.lines().map(str::trim).find(asks).map(str::to_owned)
}

/// `VAT No. GB 123`: a number's label refuses nothing.
fn leave_out_numbering(sentences: &mut [Sentence<'_>]) {
    let is_no = |token: &Token<'_>| token.text == "no";
    let mut tokens = sentences.iter().flat_map(|s| &s.tokens);
    if !tokens.any(is_no) {
        return;
    }
    let tokens: Vec<&Token<'_>> = sentences.iter().flat_map(|s| &s.tokens).collect();
    let numbers = |words: &[&Token<'_>]| match words {
        [label, no, number, ..] if is_no(no) => {
            label.line == no.line
                && no.line == number.line
                && TITLES.has(&label.text)
                && (number.text.contains(|c: char| c.is_ascii_digit())
                    || number.text.len() == COUNTRY)
        }
        _ => false,
    };
    let labels: Vec<usize> = tokens
        .windows(4)
        .chain(tokens.len().checked_sub(3).and_then(|at| tokens.get(at..)))
        .enumerate()
        .filter(|(_, words)| numbers(words))
        .map(|(at, _)| at + 1)
        .collect();
    let mut at = 0;
    for sentence in sentences {
        sentence.tokens.retain(|_| {
            at += 1;
            !labels.contains(&(at - 1))
        });
    }
}

/// The tokens of one line, of whatever sentences.
pub type Line<'a> = Vec<&'a Token<'a>>;

pub fn lines<'a>(sentences: &'a [Sentence<'a>]) -> Vec<Line<'a>> {
    let mut lines: Vec<Line<'a>> = Vec::new();
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
fn is_explained(scene: &Scene<'_>, line: &[&Token<'_>]) -> bool {
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

/// The first line that nothing makes a signature's: it holds no name and no place, and neither it nor one beside it a
/// title, a telephone, an address or a link. `Prepaid` below a bare name may be terms.
pub fn odd<'l>(
    names: &Names<'_>,
    lines: &[Line<'l>],
    is_known: impl Fn(usize, &[&'l Token<'l>]) -> bool,
) -> Option<String> {
    let mut kinds: Vec<Kind> = Vec::with_capacity(lines.len());
    for (at, line) in lines.iter().enumerate() {
        let first = kinds.iter().all(|kind| *kind == Kind::Closing);
        kinds.push(match line::kind(names, line, first) {
            Kind::Loose | Kind::Spoken if is_known(at, line) => Kind::Closing,
            kind => kind,
        });
    }
    let passes = |kind: &&Kind| matches!(kind, Kind::Loose | Kind::Place);
    let is_beside = |mut next: &mut dyn Iterator<Item = &Kind>| {
        let found = (&mut next).take(MAX_LOOSE).find(|kind| !passes(kind));
        found == Some(&Kind::Marked)
    };
    let fits = |at: usize, line: &[&Token<'_>]| match kinds.get(at) {
        Some(Kind::Loose) => {
            let (above, below) = kinds.split_at_checked(at).unwrap_or_default();
            line::is_capitalised(line)
                && (is_beside(&mut above.iter().rev()) || is_beside(&mut below.iter().skip(1)))
        }
        Some(Kind::Spoken | Kind::Another) => false,
        _ => true,
    };
    let mut lines = lines.iter().enumerate();
    let (_, line) = lines.find(|(at, line)| !fits(*at, line))?;
    let words = line.iter().map(|token| &*token.text);
    Some(words.collect::<Vec<_>>().join(" "))
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
        odd(&Names::of(&body), &lines(&sentences), |_, _| false)
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
            "CD",
            "Carol Diaz\nLondon",
            "Carol Diaz\nNew York, NY 10001",
            "Carol Diaz\nBerlin | Paris | Tokyo",
            "Carol Diaz\n8001 Zürich",
            "Carol Diaz\nLondon SE1 7EH",
            "Carol Diaz\nThe Riverside Trust",
            "Carol Diaz\nBäckermeisterin",
            "Carol Diaz\nMarine biologist\nSão Paulo",
            "Carol Diaz\n株式会社サンプル",
            "Catherine",
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
            "Carol\nBerlin in 2028",
            "Carol\n2028 Berlin",
            "Carol\nLondon 400",
            "Carol\nLondon Q3",
            "Carol\nMy Lawyer Decides",
            "Carol\nreluctant director",
            "Carol\nAI Assistant",
            "Carol\nDave",
            "Dave",
            "Fred Diaz",
            "Vesna Diaz",
            "F. Diaz",
            "Diaz, Fred",
            "Fred Diaz | Director",
            "The Director",
            "Carol Diaz\nDirector\nUnder Review",
            "The Team",
            "Customer Service\nTarget Vineyards",
            "Office of Carol Diaz",
            "Team Carol",
            "Dana Decides",
            "Dave Miller\nDirector",
            "Ask Dave: +44 20 7946 0321",
        ] {
            assert!(odd_line(signature, NAMED).is_some(), "{signature}");
        }
    }

    #[test]
    fn friends_may_call_the_writer_otherwise() {
        for (writer, name) in [
            ("Michael Roth", "Mike"),
            ("Elizabeth Moore", "Liz"),
            ("Schmidt, Anna", "Anna Schmidt"),
            ("J. Smith", "James Smith"),
            ("Xiaolong Wu", "Kevin Wu"),
            ("Александр Петров", "Саша"),
            ("Carol", "Carol Martin"),
        ] {
            assert_eq!(odd_line(name, writer), None, "{writer}: {name}");
        }
        // The header has no name, or has it in other letters.
        assert_eq!(odd_line("Xiaolong", ""), None);
        assert_eq!(odd_line("Кэрол", NAMED), None);
    }
}
