//! The verdict on an answer: yes, no, later, stop or unclear, judged sentence by sentence.
//!
//! Fails closed: a text is a yes only where every word of it is explained by one language's table
//! (`answer/words/`) as consent, courtesy or scheduling. Whatever is left over makes it unclear.

mod below;
mod dates;
mod grammar;
mod interner;
mod laid;
mod lexer;
pub mod lists;
mod matcher;
mod names;
mod opinion;
mod sentence;
mod signature;
mod tables;
mod topics;

use crate::reader::Verdict;
use crate::reader::quote::Body;
use crate::reader::quote::align::answered::Quoted;
use crate::reader::secret;
use jiff::civil::Date;
use names::Names;
use opinion::Opinion;
use sentence::Scene;
use tables::{Language, WORDS};
use topics::Topics;

/// Words of an answer that our links prepare: "plus tard".
const MAX_PREPARED_WORDS: usize = 3;

/// What an answer means.
#[derive(Clone, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    /// `YYYY-MM-DD`.
    pub later_until: Option<String>,
    /// The words that decided.
    pub why: String,
    /// A yes in nothing but words like `yes` or `agreed`, which do not say to what.
    pub bare: bool,
}

/// Characters of an answer; what is longer is a letter, and no part of it decides for the whole.
const MAX_CHARS: usize = 4_000;
/// Words of an answer, for the same reason.
const MAX_TOKENS: usize = 500;

/// Our mail that an answer is to.
pub struct Ours<'a> {
    /// Its visible text.
    pub text: &'a str,
    /// What the answer's quote of it says; asked only where the answer consents.
    pub quoted: &'a dyn Fn() -> Quoted,
}

/// Judges the new text of a mail; `now_secs` (seconds since 1970) is what "next month" counts from.
#[must_use]
pub fn judge(body: &Body, now_secs: i64) -> Answer {
    judge_beside(body, None, now_secs)
}

/// The same, unless what stands in the quote of our mail, or in the subject, takes a consent back.
#[must_use]
pub fn judge_beside(body: &Body, ours: Option<&Ours<'_>>, now_secs: i64) -> Answer {
    let names = Names::of(body);
    let topics = Topics::of(body, ours.map(|ours| ours.text));
    let today = dates::today(now_secs);
    let (answer, languages) = alone(body, &names, &topics, today);
    let Some(ours) = ours.filter(|_| answer.verdict == Verdict::Yes) else {
        return answer;
    };
    let quoted = (ours.quoted)();
    let why = answer.why.as_str();
    if quoted.strange {
        return unclear(format!("{why}, but the mail below it is not ours"));
    }
    if quoted.elsewhere {
        return unclear(format!("{why}, but not below the question"));
    }
    let search = below::Search::of(&names, &languages, today);
    match search.takes_back_in_quote(body, &quoted, ours.text) {
        Some(words) => unclear(format!("{why}, but {words}")),
        None => answer,
    }
}

/// What the mail says by itself, and the languages of its text.
fn alone(
    body: &Body,
    names: &Names<'_>,
    topics: &Topics<'_>,
    today: Date,
) -> (Answer, Vec<&'static Language>) {
    let nothing = |answer| (answer, candidates(&[]));
    let text = body.text.trim();
    if let Some(doubt) = &body.doubt {
        return nothing(unclear(format!("in doubt: {doubt}")));
    }
    if text.is_empty() {
        let said = prepared(&body.subject).or_else(|| stopped(&body.subject));
        let said = said.unwrap_or_else(|| unclear("no new text".to_owned()));
        let signs = body.own.lines().find(|line| is_of_signs(line));
        let signs = signs.map(|line| format!("“{}” below it", line.trim()));
        let takes_back = || below::Search::of(names, &candidates(&[]), today).takes_back(body);
        let words = match said.verdict {
            Verdict::Yes => signs.or_else(takes_back),
            _ => None,
        };
        return nothing(match words {
            Some(words) => unclear(format!("{}, but {words}", said.why)),
            None => said,
        });
    }
    if !text.is_ascii() && text.chars().any(lexer::characters::is_bidi_control) {
        return nothing(unclear(
            "characters that turn the order of the text".to_owned(),
        ));
    }
    if text.chars().nth(MAX_CHARS).is_some() {
        return nothing(unclear("too long for an answer".to_owned()));
    }
    let normal = lexer::characters::normalise(text);
    let mut sentences = lexer::sentences(&normal);
    if sentences.iter().map(|s| s.tokens.len()).sum::<usize>() > MAX_TOKENS {
        return nothing(unclear("too long for an answer".to_owned()));
    }
    sentence::spelling::number(&WORDS, &mut sentences);
    let languages = candidates(&sentences);
    let scene = |language| Scene {
        words: &WORDS,
        language,
        today,
        known_names: names,
        topics: Some(topics),
    };
    let mut answer = settle(&opinions(languages.iter().copied().map(scene), &sentences));
    if answer.verdict == Verdict::Yes
        && let Some(words) = below::Search::of(names, &languages, today).takes_back(body)
    {
        answer = unclear(format!("{}, but {words}", answer.why));
    }
    // Tapped one answer and typed another.
    if answer.verdict == Verdict::Yes
        && let Some(tapped) = prepared(&body.subject)
        && tapped.verdict != Verdict::Yes
    {
        answer = unclear(format!("{}, but {}", answer.why, tapped.why));
    }
    (answer, languages)
}

fn unclear(why: String) -> Answer {
    Answer {
        verdict: Verdict::Unclear,
        later_until: None,
        why,
        bare: false,
    }
}

/// An empty text whose subject is the whole answer that our `mailto:` links prepare:
/// a word or two and the code of the ask in square brackets.
fn prepared(subject: &str) -> Option<Answer> {
    let (word, code) = subject.trim().strip_suffix(']')?.split_once(" [")?;
    secret::Secret::parse(code)?;
    if word.split_whitespace().count() > MAX_PREPARED_WORDS {
        return None;
    }
    // The word of any language, read as if it were the text; the subject itself prepares nothing.
    let body = Body {
        text: word.to_owned(),
        ..Body::default()
    };
    let verdict = match judge(&body, 0).verdict {
        Verdict::Unclear => return None,
        verdict => verdict,
    };
    Some(Answer {
        verdict,
        later_until: None,
        why: format!("the prepared subject “{word}”"),
        // Its link stands below our question.
        bare: false,
    })
}

/// `?`, `×`: no word, and no line that is drawn.
fn is_of_signs(line: &str) -> bool {
    let drawn = |c: char| {
        c.is_whitespace() || "-–—_=*~|.•>".contains(c) || ('\u{E000}'..='\u{F8FF}').contains(&c)
    };
    !line.contains(char::is_alphanumeric) && !line.chars().all(drawn)
}

/// An empty text below a subject that is nothing but a stop.
fn stopped(subject: &str) -> Option<Answer> {
    // A text of nothing asks for the subject again.
    if subject.trim().is_empty() || subject.split_whitespace().count() > MAX_PREPARED_WORDS {
        return None;
    }
    let body = Body {
        text: subject.to_owned(),
        ..Body::default()
    };
    let answer = judge(&body, 0);
    (answer.verdict == Verdict::Stop).then_some(answer)
}

/// The languages that know most of the words. Where none knows more than what is written
/// everywhere, the first one stands for all.
fn candidates(sentences: &[lexer::Sentence<'_>]) -> Vec<&'static Language> {
    let tokens = sentences.iter().flat_map(|s| &s.tokens);
    let known = |t: &lexer::Token<'_>| {
        let masks = t.ids.iter().map(|id| WORDS.langs(*id));
        masks.into_iter().find(|mask| *mask != 0).unwrap_or(0)
    };
    let mut tally = Tally::default();
    tokens.for_each(|token| tally.add(known(token)));
    let (best, least) = (tally.most(WORDS.all), tally.least(WORDS.all));
    if best == least {
        return WORDS.languages.first().into_iter().collect();
    }
    // Three quarters: a language that knows fewer words than that has nothing to say about them.
    let mut known = tally.with(WORDS.all, (best * 3).div_ceil(4).max(least + 1));
    let mut languages = Vec::with_capacity(known.count_ones() as usize);
    while known != 0 {
        // In their order.
        languages.extend(WORDS.languages.get(known.trailing_zeros() as usize));
        known &= known - 1;
    }
    languages
}

/// How often each bit was set, for all of them at once: a number's first binary digits beside one another,
/// then its second ones.
#[derive(Default)]
struct Tally {
    digits: [u64; TALLY_DIGITS],
    /// How many of them are in use.
    used: usize,
}

/// Enough for [`MAX_TOKENS`].
const TALLY_DIGITS: usize = 10;

impl Tally {
    fn add(&mut self, bits: u64) {
        let mut carried = bits;
        for (digit, used) in self.digits.iter_mut().zip(1..) {
            if carried == 0 {
                break;
            }
            (*digit, carried) = (*digit ^ carried, *digit & carried);
            self.used = self.used.max(used);
        }
    }

    /// From the highest on that one of them has.
    fn digits(&self) -> impl Iterator<Item = u64> {
        self.digits.iter().take(self.used).rev().copied()
    }

    /// How often that one of these was set which was set most often.
    fn most(&self, mut among: u64) -> usize {
        self.digits().fold(0, |count, digit| {
            let more = among & digit;
            if more != 0 {
                among = more;
            }
            2 * count + usize::from(more != 0)
        })
    }

    /// The same of the one that was set least often.
    fn least(&self, mut among: u64) -> usize {
        self.digits().fold(0, |count, digit| {
            let fewer = among & !digit;
            if fewer != 0 {
                among = fewer;
            }
            2 * count + usize::from(fewer == 0)
        })
    }

    /// Those of these that were set so often or more.
    fn with(&self, among: u64, count: usize) -> u64 {
        if count >> self.used != 0 {
            return 0;
        }
        // As many by the digits so far; and more than that.
        let (mut as_many, mut more) = (among, 0);
        for (digit, at) in self.digits().zip((0..self.used).rev()) {
            match count >> at & 1 {
                0 => {
                    more |= as_many & digit;
                    as_many &= !digit;
                }
                _ => as_many &= digit,
            }
        }
        as_many | more
    }
}

/// What the text says in each language, but for those that leave more words over than one before them: they are
/// not asked, see [`settle`].
fn opinions<'a>(
    scenes: impl Iterator<Item = Scene<'a>>,
    sentences: &[lexer::Sentence<'_>],
) -> Vec<Opinion> {
    let mut most = usize::MAX;
    let mut opinions = Vec::with_capacity(1);
    for scene in scenes {
        let Some(opinion) = opinion::form(&scene, sentences, most) else {
            continue;
        };
        if !opinion.empty {
            most = most.min(opinion.unexplained);
        }
        opinions.push(opinion);
    }
    opinions
}

/// One verdict from those of several languages that explain equally well. A yes must be a yes in
/// all of them; a refusal or postponement stands where the others understood nothing.
fn settle(opinions: &[Opinion]) -> Answer {
    let opinions = || opinions.iter().filter(|o| !o.empty);
    let least = opinions().map(|o| o.unexplained).min();
    let best = opinions().filter(|o| Some(o.unexplained) == least);
    let mut decided: Option<&Opinion> = None;
    for opinion in best {
        let Some(before) = decided else {
            decided = Some(opinion);
            continue;
        };
        if before.verdict == opinion.verdict {
            continue;
        }
        decided = match (before.verdict, opinion.verdict) {
            (Verdict::Stop, _) => Some(before),
            (_, Verdict::Stop) => Some(opinion),
            (Verdict::Unclear, Verdict::No | Verdict::Later) => Some(opinion),
            (Verdict::No | Verdict::Later, Verdict::Unclear) => Some(before),
            _ => return unclear(format!("{}, but also {}", before.why, opinion.why)),
        };
    }
    match decided {
        Some(opinion) => Answer {
            verdict: opinion.verdict,
            later_until: opinion.later_until.map(|date| date.to_string()),
            why: opinion.why.clone(),
            bare: opinion.bare,
        },
        None => unclear("no words".to_owned()),
    }
}

#[cfg(test)]
mod tests;
