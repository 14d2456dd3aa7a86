//! The object of a wish: the names and addresses that follow it, as far as they go.
//!
//! Ends early rather than late: at punctuation, at a line's end, at the first word that is no name.

use super::lexicon;
use super::mention::Mention;

/// A line shorter than this was ended by its writer; a longer one by the mail program.
const WRAPPED_LINE_CHARS: usize = 60;
/// Words of one name.
const MAX_NAME_WORDS: usize = 5;
/// Members of a list that are looked at.
const MAX_ITEMS: usize = 30;

/// One member of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    Name(Vec<&'a str>),
    /// The place of a mention in the list of mentions.
    Mention(usize),
}

/// What follows a wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object<'a> {
    /// Each with what joins it to the one before.
    pub items: Vec<(Item<'a>, Joint)>,
    /// The word that ended it, in lower case; empty at a mark or at the end.
    pub end: String,
    /// The octet after that word.
    pub next: usize,
    /// Whether it goes on to the end of the text.
    pub is_whole: bool,
}

/// What stands before a member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joint {
    #[default]
    Start,
    Comma,
    And,
    Or,
    Row,
}

enum Token<'a> {
    Word(&'a str),
    Mark(char, usize),
    /// A line's end; whether the line was short, and whether an empty line follows.
    Line {
        is_short: bool,
        is_blank: bool,
    },
    Mention(usize, usize),
}

/// Reads an object that begins at octet `from` of `text`. `ends` are further words that end it.
pub fn object<'a>(text: &'a str, from: usize, mentions: &[Mention], ends: &[&str]) -> Object<'a> {
    let mut object = Object {
        is_whole: true,
        ..Object::default()
    };
    let mut joint = Joint::Start;
    // Whether a comma or a word joins what comes next to the list.
    let mut is_joined = false;
    let mut name: Vec<&'a str> = Vec::new();
    let mut is_after_colon = false;
    let mut is_rows = false;
    let mut at = from;
    while let Some((token, next)) = token(text, at, mentions) {
        let is_empty = object.items.is_empty() && name.is_empty();
        let is_between = name.is_empty();
        match token {
            Token::Mention(mention, end) => {
                finish(&mut object, &mut name, &mut joint);
                object.items.push((Item::Mention(mention), joint));
                joint = Joint::Comma;
                is_joined = false;
                at = end;
                continue;
            }
            Token::Mark(',' | ';', _) if !is_empty => {
                finish(&mut object, &mut name, &mut joint);
                is_joined = true;
            }
            Token::Mark(':', _) if is_empty => is_after_colon = true,
            Token::Mark('(', start) if !is_empty => {
                let rest = text.get(start..).unwrap_or_default();
                match rest.find([')', '\n']) {
                    Some(close) => {
                        at = start + close + 1;
                        continue;
                    }
                    None => break,
                }
            }
            Token::Mark('-' | '*' | '•' | '–' | '·' | '@' | '>' | '→' | '_', _) if is_between =>
                {}
            Token::Mark('/', _) if is_empty => {}
            // "Alice <> Carol" joins, "Carol / Eve" may leave a choice.
            Token::Mark('<' | '↔', _) if !is_empty => {
                finish(&mut object, &mut name, &mut joint);
                joint = Joint::And;
                is_joined = true;
            }
            Token::Mark('/', _) => {
                finish(&mut object, &mut name, &mut joint);
                joint = Joint::Or;
                is_joined = true;
            }
            Token::Mark(..) => {
                object.is_whole = false;
                break;
            }
            Token::Line { is_short, is_blank } => {
                if is_empty && (is_after_colon || !is_blank) {
                    is_rows = is_after_colon;
                } else if !is_blank && is_rows {
                    finish(&mut object, &mut name, &mut joint);
                    joint = Joint::Row;
                    is_joined = true;
                } else if is_blank || is_short {
                    object.is_whole = false;
                    break;
                }
            }
            Token::Word(word) => {
                let lower = word.to_lowercase();
                let is_end = ends.contains(&lower.as_str());
                if lexicon::AND.contains(&lower.as_str()) && !is_empty && !is_end {
                    finish(&mut object, &mut name, &mut joint);
                    joint = Joint::And;
                    is_joined = true;
                } else if lexicon::OR.contains(&lower.as_str()) && !is_empty && !is_end {
                    finish(&mut object, &mut name, &mut joint);
                    joint = Joint::Or;
                    is_joined = true;
                } else if is_between
                    && !is_end
                    && is_passed_over(word, &lower, object.items.is_empty(), is_joined)
                {
                    // "my friend Carol", "to Carol", "Dr. Danvers", "2) Eve"
                } else if !ends.is_empty() && lexicon::FILLERS.contains(&lower.as_str()) {
                    // "Carol mal fragen"
                } else if lexicon::is_ending(word) || is_end || name.len() >= MAX_NAME_WORDS {
                    object.end = lower;
                    object.next = next;
                    object.is_whole = false;
                    break;
                } else {
                    name.push(word);
                }
            }
        }
        at = next;
        if object.items.len() >= MAX_ITEMS {
            break;
        }
    }
    finish(&mut object, &mut name, &mut joint);
    object
}

/// Whether a word before a member is no part of it. Before a later one only "to" and a number are.
fn is_passed_over(word: &str, lower: &str, is_first: bool, is_joined: bool) -> bool {
    let is_number = word.len() <= 2 && word.bytes().all(|octet| octet.is_ascii_digit());
    is_number
        || (is_joined && lexicon::TO.contains(&lower))
        || (is_first && lexicon::is_leading(word))
}

/// Ends a name; what comes next is joined by a comma unless something else is seen.
fn finish<'a>(object: &mut Object<'a>, name: &mut Vec<&'a str>, joint: &mut Joint) {
    if !name.is_empty() {
        object
            .items
            .push((Item::Name(std::mem::take(name)), *joint));
        *joint = Joint::Comma;
    }
}

/// The token at or after `at`, and where the next begins.
fn token<'a>(text: &'a str, at: usize, mentions: &[Mention]) -> Option<(Token<'a>, usize)> {
    let rest = text.get(at..)?;
    let blanks = rest.len()
        - rest
            .trim_start_matches([' ', '\t', '\r', '"', '“', '”', '„'])
            .len();
    let start = at + blanks;
    let rest = text.get(start..)?;
    if let Some(place) = mentions.iter().position(|m| m.span.contains(&start)) {
        let end = mentions.get(place)?.span.end;
        return Some((Token::Mention(place, end), end));
    }
    let first = rest.chars().next()?;
    if first == '\n' {
        let line_start = text.get(..start)?.rfind('\n').map_or(0, |i| i + 1);
        let is_short = text.get(line_start..start)?.chars().count() < WRAPPED_LINE_CHARS;
        let is_blank = rest
            .get(1..)?
            .split('\n')
            .next()
            .is_some_and(|line| line.trim().is_empty());
        let next = rest.len() - rest.trim_start_matches(['\n', '\r', ' ', '\t']).len();
        return Some((Token::Line { is_short, is_blank }, start + next));
    }
    let is_word = |c: char| c.is_alphanumeric() || "-'’&+".contains(c);
    let length = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    let word = rest.get(..length)?.trim_end_matches(['-', '\'', '’']);
    if word.is_empty() || word == "-" || first == '-' {
        return Some((Token::Mark(first, start), start + first.len_utf8()));
    }
    let mut end = start + word.len();
    // The point of an initial or a title ends no sentence, nor does a row's number.
    let is_number = word.bytes().all(|octet| octet.is_ascii_digit());
    let is_abbreviation =
        word.chars().count() == 1 || lexicon::TITLES.contains(word.to_lowercase().as_str());
    let after = text.get(end..)?;
    if (is_abbreviation && after.starts_with('.')) || (is_number && after.starts_with([')', '.'])) {
        end += 1;
    }
    Some((Token::Word(word), end))
}

/// The words of a name as far as they could be one, for asking back.
pub fn as_written(words: &[&str]) -> String {
    let is_part = |word: &&&str| {
        word.chars().next().is_some_and(char::is_uppercase) || lexicon::PARTICLES.contains(*word)
    };
    let words: Vec<&str> = words.iter().take_while(is_part).copied().collect();
    words.join(" ")
}
