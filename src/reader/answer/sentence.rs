//! Explains a sentence: the cheapest way to lay phrases of one language's table over its words.
//!
//! Words that no phrase covers are counted, and whoever judges makes no yes of such a sentence.

mod aside;
mod called;
pub mod denied;
pub mod spelling;

use crate::reader::answer::dates::{self, Day};
use crate::reader::answer::grammar::Builtin;
use crate::reader::answer::interner::{Id, UNKNOWN};
use crate::reader::answer::lexer::{Gap, Sentence, Shape, Token};
use crate::reader::answer::matcher::{self, Matcher, Seen, Stretch};
use crate::reader::answer::names::{Names, is_article, is_title};
use crate::reader::answer::tables::{Language, Rule, Says, Words};
use crate::reader::answer::topics::Topics;
use jiff::civil::Date;

/// A phrase that was recognised: what it says, and which tokens it covers.
#[derive(Clone, Copy, Debug)]
pub struct Phrase {
    /// None: these tokens are not explained.
    pub says: Option<Says>,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Explained {
    pub phrases: Vec<Phrase>,
    pub days: Vec<Day>,
    pub unexplained: usize,
}

/// What explaining needs besides the sentence.
pub struct Scene<'a> {
    pub words: &'a Words,
    pub language: &'a Language,
    pub today: Date,
    /// Names that the mail itself gives.
    pub known_names: &'a Names<'a>,
    /// What the request is about, where the text answers it.
    pub topics: Option<&'a Topics<'a>>,
}

/// Where the sentence stands in the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place {
    pub first: bool,
    pub last: bool,
}

/// Tokens as the language's table knows them, with slips of the thumb put right.
pub fn seen(scene: &Scene<'_>, tokens: &[Token<'_>]) -> Vec<Seen> {
    let followed = |at: usize| tokens.get(at + 1).is_none_or(|t| t.gap == Gap::None);
    tokens
        .iter()
        .enumerate()
        .map(|(at, token)| Seen {
            // A capital is no sign of a name where a sentence begins, unless it is a salutation.
            id: identify(scene, token, at == 0 && followed(at)),
            shape: token.shape,
            named: false,
        })
        .collect()
}

/// The word's number in this language; [`UNKNOWN`] where the language does not know it.
pub fn identify(scene: &Scene<'_>, token: &Token<'_>, begins: bool) -> Id {
    if !matches!(token.shape, Shape::Word | Shape::Sign) {
        return UNKNOWN;
    }
    let known = |id: &&Id| scene.words.langs(**id) & scene.language.bit != 0;
    if let Some(id) = token.ids.iter().find(known) {
        // Where a sentence or a line begins, the capital says nothing.
        let may_be_polite = token.title && token.capital && token.gap != Gap::Line;
        let polite = may_be_polite.then(|| scene.language.polite.get(id));
        return *polite.flatten().unwrap_or(id);
    }
    if !token.capital || (begins && token.title) {
        return spelling::corrected(scene, &token.text).unwrap_or(UNKNOWN);
    }
    UNKNOWN
}

/// The cheapest way to a place, and the phrase that led there.
#[derive(Clone, Copy)]
struct Way {
    /// Unexplained tokens, phrases, weight.
    cost: (usize, usize, u32),
    phrase: Phrase,
}

pub fn explain(scene: &Scene<'_>, sentence: &Sentence<'_>, place: Place) -> Explained {
    let tokens = &sentence.tokens;
    let mut seen = seen(scene, tokens);
    for (token, seen) in tokens.iter().zip(&mut seen) {
        seen.named = is_name(scene, token, seen);
    }
    let (days, mut stretches) = dates::look(scene.language, &seen, scene.today);
    known_names(scene, tokens, &seen, &mut stretches);
    names(&seen, &mut stretches);
    let ways = |stretches: &[Stretch]| {
        let laying = Laying {
            scene,
            tokens,
            seen: &seen,
            place,
            matcher: Matcher::new(scene.language, &seen, stretches),
        };
        laying.ways(&days)
    };
    let mut found = ways(&stretches);
    // Only where something is left over is it looked for in the request.
    if is_left_over(&found) {
        let topics = scene.topics.filter(|_| scene.language.is_topical);
        let topics = topics.map(|topics| topics.stretches(tokens, scene.words, scene.language));
        if let Some(topics) = topics.filter(|topics| !topics.is_empty()) {
            stretches.extend(topics);
            found = ways(&stretches);
        }
    }
    let ways = found;
    let mut explained = Explained {
        days,
        ..Explained::default()
    };
    let mut at = tokens.len();
    while at > 0 {
        let Some(Some(way)) = ways.get(at) else { break };
        explained.phrases.push(way.phrase);
        explained.unexplained += usize::from(way.phrase.says.is_none());
        at = way.phrase.start;
    }
    explained.phrases.reverse();
    explained
}

/// Whether the best way to the end leaves words unexplained.
fn is_left_over(ways: &[Option<Way>]) -> bool {
    matches!(ways.last(), Some(Some(way)) if way.cost.0 > 0)
}

/// Where a name that starts here starts with its title, and with the article before that.
fn titled(tokens: &[Token<'_>], name: usize) -> impl Iterator<Item = usize> {
    let is = |at: Option<usize>, what: fn(&str) -> bool| {
        at.filter(|at| tokens.get(*at).is_some_and(|t| what(&t.text)))
    };
    let title = is(name.checked_sub(1), is_title);
    let article = is(title.and_then(|at| at.checked_sub(1)), is_article);
    title.into_iter().chain(article)
}

fn known_names(scene: &Scene<'_>, tokens: &[Token<'_>], seen: &[Seen], all: &mut Vec<Stretch>) {
    let mut start = None;
    for (i, (token, seen)) in tokens.iter().zip(seen).enumerate() {
        let named = || {
            scene.known_names.has(&token.text)
                || (token.title && token.capital && scene.known_names.has_inflected(&token.text))
        };
        if token.shape == Shape::Word && seen.id == UNKNOWN && named() {
            let from = *start.get_or_insert(i);
            all.push(Stretch {
                start: from,
                end: i + 1,
                what: Builtin::Known,
            });
            // `Frau Ng`, `la Sra. Ng`: her title is a part of her name.
            for start in titled(tokens, from) {
                all.push(Stretch {
                    start,
                    end: i + 1,
                    what: Builtin::Known,
                });
            }
        } else {
            start = None;
        }
    }
}

fn names(seen: &[Seen], all: &mut Vec<Stretch>) {
    let mut before = false;
    for (i, name) in seen.iter().map(|seen| seen.named).enumerate() {
        let ends = |start| Stretch {
            start,
            end: i + 1,
            what: Builtin::Name,
        };
        if name {
            all.push(ends(i));
        }
        if name && before {
            all.push(ends(i.saturating_sub(1)));
        }
        before = name;
    }
}

/// Whether the word may be a name: no language refuses with it, and this one does not know it.
fn is_name(scene: &Scene<'_>, token: &Token<'_>, seen: &Seen) -> bool {
    token.shape == Shape::Word
        && seen.id == UNKNOWN
        && (token.title
            || scene.known_names.has(&token.text)
            || scene.known_names.calls(&token.text))
        && !scene.words.refuses(token.ids[0])
}

struct Laying<'a> {
    scene: &'a Scene<'a>,
    tokens: &'a [Token<'a>],
    seen: &'a [Seen],
    place: Place,
    matcher: Matcher<'a>,
}

impl Laying<'_> {
    fn ways(&self, days: &[Day]) -> Vec<Option<Way>> {
        let count = self.tokens.len();
        let mut ways: Vec<Option<Way>> = vec![None; count + 1];
        // How far the refusals go that began further left.
        let mut denied = 0;
        for start in 0..count {
            let before = match (start, ways.get(start)) {
                (0, _) => (0, 0, 0),
                (_, Some(Some(way))) => way.cost,
                _ => continue,
            };
            if start > 0 && is_cheapest(&ways, start) {
                break;
            }
            let mut lay = |says: Option<Says>, end: usize| {
                let cost = match says {
                    None => (before.0 + 1, before.1 + 1, before.2),
                    Some(says) => (before.0, before.1 + 1, before.2 + weight(says)),
                };
                let phrase = Phrase { says, start, end };
                if let Some(slot) = ways.get_mut(end)
                    && slot.is_none_or(|known| cost < known.cost)
                {
                    *slot = Some(Way { cost, phrase });
                }
            };
            lay(None, start + 1);
            let mut denies = denied;
            self.phrases(days, start, |says, end| {
                // `Not interested` holds `interested`, which says nothing there.
                let yes = matches!(says, Says::Yes | Says::Weak);
                let within = yes && (end <= denied || self.signs(start, end));
                if !within {
                    lay(Some(says), end);
                }
                if says == Says::No {
                    denies = denies.max(end);
                }
            });
            denied = denies;
            for day in days.iter().filter(|d| d.start == start) {
                lay(
                    Some(if day.far { Says::Far } else { Says::Schedule }),
                    day.end,
                );
            }
        }
        ways
    }

    /// `Dale`, who may have signed with a word that consents in Spanish.
    fn signs(&self, start: usize, end: usize) -> bool {
        let words = self.tokens.get(start..end).unwrap_or_default();
        words.iter().all(|t| t.title && t.capital)
            && (words.iter()).all(|t| self.scene.known_names.is_of_people(&t.text))
    }

    fn phrases(&self, days: &[Day], start: usize, mut found: impl FnMut(Says, usize)) {
        let begins = self.gap(start) > Gap::None;
        for rule in self.rules_at(start).filter(|r| begins || !r.alone) {
            if matches!(
                rule.says,
                Says::Remark | Says::Aside | Says::Told | Says::About
            ) {
                for head in matcher::places(start, self.matcher.ends(rule.row, start)) {
                    self.asides(days, rule.says, (start, head), |end| found(rule.says, end));
                }
                continue;
            }
            for end in matcher::places(start, self.matcher.ends(rule.row, start)) {
                if end <= start || (rule.alone && !self.stands_alone(start, end)) {
                    continue;
                }
                found(rule.says, end);
                for names in 1..=self.names_behind(rule.says, start, end) {
                    found(rule.says, end + names);
                }
            }
        }
        let names = self.names_at(start);
        if names > 0 {
            found(Says::Name, start + names);
        }
    }

    /// The end of the longest phrase that begins there, takes a consent back, says one of these and counts.
    fn longest(
        &self,
        start: usize,
        says: impl Fn(Says) -> bool,
        counts: impl Fn(Says, usize) -> bool,
    ) -> Option<usize> {
        let begins = self.gap(start) > Gap::None;
        let rules = self
            .denials_at(start)
            .filter(|rule| says(rule.says) && (begins || !rule.alone));
        let ends = rules.flat_map(|rule| {
            let ends = matcher::places(start, self.matcher.ends(rule.row, start));
            ends.filter(|end| *end > start && (!rule.alone || self.stands_alone(start, *end)))
                .filter(|end| counts(rule.says, *end))
                .max()
        });
        ends.max()
    }

    fn gap(&self, at: usize) -> Gap {
        self.tokens.get(at).map_or(Gap::Line, |t| t.gap)
    }

    /// Whether the phrase is a clause of its own.
    fn stands_alone(&self, start: usize, end: usize) -> bool {
        self.gap(start) > Gap::None && (self.gap(end) > Gap::None || self.is(Says::Thanks, end))
    }

    fn is(&self, says: Says, start: usize) -> bool {
        self.rules_at(start)
            .any(|rule| rule.says == says && self.matcher.ends(rule.row, start) != 0)
    }

    /// Rules that may begin with the word at `start`.
    fn rules_at(&self, start: usize) -> impl Iterator<Item = &Rule> {
        let language = self.scene.language;
        language
            .phrases
            .at(self.matcher.standing(start))
            .filter_map(|index| language.rules.get(index))
    }

    /// Those of them that may take a consent back.
    fn denials_at(&self, start: usize) -> impl Iterator<Item = &Rule> {
        let language = self.scene.language;
        language
            .phrases
            .denials_at(self.matcher.standing(start))
            .filter_map(|index| language.rules.get(index))
    }
}

/// Whether no way from here on can be cheaper than the one to the end: each has a phrase more than it has now.
fn is_cheapest(ways: &[Option<Way>], from: usize) -> bool {
    let Some((Some(last), ways)) = ways.split_last() else {
        return false;
    };
    let open = ways.get(from..).unwrap_or_default();
    let costs_more = |way: &Way| (way.cost.0, way.cost.1 + 1, way.cost.2) >= last.cost;
    open.iter().flatten().all(costs_more)
}

/// Between two ways that explain as much with as many phrases, the one that denies wins.
fn weight(says: Says) -> u32 {
    match says {
        Says::Stop | Says::No | Says::NoAlone => 0,
        Says::Later | Says::NotNow => 1,
        Says::Doubt | Says::Condition | Says::Far => 2,
        // What a mere yes may be about wins over what says nothing.
        Says::Pleasantry | Says::Remark => 3,
        Says::Yes | Says::Weak => 5,
        _ => 4,
    }
}
