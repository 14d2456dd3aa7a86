//! The wishes that a text can begin, each an expression that is compiled when a text first has its beginning.
//!
//! Fails towards looking: a wish whose beginning is not known to the table is looked for in every text.

use super::lexicon::{HINTS, STRONG, STRONG_WITH_TWO, WEAK, WITH_END};
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::Regex;
use regex_syntax::hir::literal::Extractor;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// How a wish begins, and what must follow its object.
pub struct Wish {
    source: &'static str,
    start: OnceLock<Option<Regex>>,
    /// Whether it can only mean an introduction: then an unknown name is one, too.
    pub is_strong: bool,
    /// Whether it is no wish but speaks of somebody whom the other knows: worth a question, if
    /// nothing else names anybody.
    pub is_hint: bool,
    /// Whether `X to Y` may follow.
    pub takes_two: bool,
    /// Words of which one must follow the object; none: anything may.
    pub ends: &'static [&'static str],
}

impl Wish {
    fn of(source: &'static str) -> Wish {
        Wish {
            source,
            start: OnceLock::new(),
            is_strong: false,
            is_hint: false,
            takes_two: false,
            ends: &[],
        }
    }

    fn start(&self) -> Option<&Regex> {
        let compile = || {
            let source = format!(r"(?i)(?:{})(?:[\s:,]|$)", self.source);
            // The texts have no other white space; all that Unicode knows would be most of the expression.
            Regex::new(&source.replace(r"\s", r"[ \n]")).ok()
        };
        self.start.get_or_init(compile).as_ref()
    }

    /// Where it begins: from the character before its first word to the one behind its last. That the
    /// one before is no letter is looked at here: each pattern would carry all letters of Unicode.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Range<usize>> {
        let start = self.start()?;
        let mut at = from;
        while at <= text.len() {
            let found = start.find_at(text, at)?;
            let (before, rest) = text.split_at_checked(found.start())?;
            match before.chars().next_back() {
                None => return Some(found.range()),
                Some(c) if !c.is_alphanumeric() => {
                    return Some(found.start() - c.len_utf8()..found.end());
                }
                Some(_) => at = found.start() + rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        None
    }

    /// All places where it begins, not overlapping.
    pub fn find_all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut next = 0;
        std::iter::from_fn(move || {
            let found = self.find_at(text, next)?;
            next = found.end;
            Some(found)
        })
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.find_at(text, 0).is_some()
    }

    /// What it can begin with, in one case. None: there is no end of that.
    fn heads(&self) -> Option<Vec<String>> {
        let parsed = regex_syntax::parse(self.source).ok()?;
        let heads = Extractor::new().extract(&parsed);
        let heads = heads.literals()?.iter().map(|head| {
            let head = std::str::from_utf8(head.as_bytes()).ok()?;
            (!head.is_empty()).then(|| one_case(head))
        });
        heads.collect()
    }
}

/// Wishes, a bit each.
type Set = u64;

/// Every wish, in the order in which they are looked for.
pub struct Wishes {
    all: Vec<Wish>,
    heads: Option<AhoCorasick>,
    /// By head: the wish that begins with it.
    begun: Vec<Set>,
    /// Wishes that no head tells of.
    always: Set,
}

pub static WISHES: LazyLock<Wishes> = LazyLock::new(|| Wishes::of(all()));

fn bit(number: u32) -> Option<Set> {
    Set::checked_shl(1, number)
}

impl Wishes {
    fn of(all: Vec<Wish>) -> Wishes {
        let (mut heads, mut begun, mut always) = (Vec::new(), Vec::new(), 0);
        for (wish, number) in all.iter().zip(0..) {
            match (wish.heads(), bit(number)) {
                (Some(found), Some(bit)) => {
                    begun.extend(found.iter().map(|_| bit));
                    heads.extend(found);
                }
                (None, Some(bit)) => always |= bit,
                // More wishes than a set can hold: those are always looked for.
                (_, None) => {}
            }
        }
        let kind = Some(AhoCorasickKind::ContiguousNFA);
        Wishes {
            all,
            heads: AhoCorasick::builder().kind(kind).build(&heads).ok(),
            begun,
            always,
        }
    }

    /// Those that may be in a text whose only white space is spaces and line feeds: all others are not.
    pub fn within(&self, text: &str) -> impl Iterator<Item = &Wish> {
        let mut within = self.always;
        match &self.heads {
            Some(heads) => {
                let text = one_case(text);
                for found in heads.find_overlapping_iter(&text) {
                    within |= self.begun.get(found.pattern().as_usize()).unwrap_or(&0);
                }
            }
            None => within = Set::MAX,
        }
        let is_within = move |number| bit(number).is_none_or(|bit| within & bit != 0);
        let numbered = self.all.iter().zip(0..);
        numbered.filter_map(move |(wish, number)| is_within(number).then_some(wish))
    }
}

/// The text so that two characters are alike where an expression that knows no case takes one for the other.
fn one_case(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.map(|c| if c == 'ſ' { 's' } else { c }).collect()
}

fn all() -> Vec<Wish> {
    let of = |sources: &'static [&'static str]| sources.iter().map(|source| Wish::of(source));
    let strong = of(STRONG).map(|wish| Wish {
        is_strong: true,
        ..wish
    });
    let with_two = of(STRONG_WITH_TWO).map(|wish| Wish {
        is_strong: true,
        takes_two: true,
        ..wish
    });
    let hints = of(HINTS).map(|wish| Wish {
        is_hint: true,
        ..wish
    });
    let with_end = WITH_END.iter().map(|(source, ends)| Wish {
        ends,
        ..Wish::of(source)
    });
    let all = strong.chain(with_two).chain(of(WEAK)).chain(hints);
    all.chain(with_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

    #[test]
    fn every_pattern_compiles_and_has_heads() {
        assert!(WISHES.heads.is_some() && WISHES.all.len() <= Set::BITS as usize);
        for wish in &WISHES.all {
            assert!(wish.start().is_some(), "{}", wish.source);
        }
        assert_eq!(WISHES.always, 0);
    }

    #[test]
    fn a_wish_begins_a_word() {
        let wish = Wish::of("ask(?:ing)?");
        let found = |text: &str| wish.find_all(text).map(|at| at.start).collect::<Vec<_>>();
        assert_eq!(found("ask Carol"), [0]);
        assert_eq!(found("éask Carol, or (asking Bob"), [16]);
        assert_eq!(found("bask ask ask: mask"), [4, 8]);
        assert_eq!(found("7ask Ask"), [4]);
        assert!(!wish.is_in("basking flask"));
    }

    #[test]
    fn only_wishes_whose_beginning_is_there_are_looked_for() {
        assert_eq!(WISHES.within("Hm, yes.").count(), 0);
        for text in [
            "\u{212A}ontakt zu Ann",
            "kontakt\nZU Ann",
            "pa\u{17F}s it on to Ann",
            "LOOPING IN Ann",
            "PRÉSENTE-moi à Ann",
        ] {
            let found = WISHES.within(text).filter(|wish| wish.is_in(text)).count();
            let all = WISHES.all.iter().filter(|wish| wish.is_in(text)).count();
            assert!(found > 0 && found == all, "{text}");
        }
    }

    #[test]
    fn what_an_expression_takes_for_one_letter_is_one_in_one_case() {
        let heads = WISHES.all.iter().filter_map(Wish::heads).flatten();
        let mut letters: Vec<char> = heads.flat_map(|h| h.chars().collect::<Vec<_>>()).collect();
        letters.sort_unstable();
        letters.dedup();
        for letter in letters {
            let mut alike = ClassUnicode::new([ClassUnicodeRange::new(letter, letter)]);
            alike.case_fold_simple();
            let ranges = alike.ranges().iter();
            for c in ranges.flat_map(|range| range.start()..=range.end()) {
                assert_eq!(one_case(&c.to_string()), letter.to_string(), "{c:?}");
            }
        }
    }
}
