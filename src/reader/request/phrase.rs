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
    let mut reader = Reader {
        text,
        ends,
        object: Object {
            is_whole: true,
            ..Object::default()
        },
        name: Vec::new(),
        joint: Joint::Start,
        is_joined: false,
        is_after_colon: false,
        is_rows: false,
    };
    let mut at = from;
    while let Some((token, next)) = token(text, at, mentions) {
        let step = match token {
            Token::Mention(mention, end) => reader.mention(mention, end),
            Token::Mark(mark, start) => reader.mark(mark, start),
            Token::Line { is_short, is_blank } => reader.line(is_short, is_blank),
            Token::Word(word) => reader.word(word, next),
        };
        at = match step {
            Step::On => next,
            Step::To(place) => place,
            Step::Stop => {
                reader.object.is_whole = false;
                break;
            }
        };
        if reader.object.items.len() >= MAX_ITEMS {
            break;
        }
    }
    reader.finish();
    reader.object
}

/// An object half read.
struct Reader<'a, 'b> {
    text: &'a str,
    ends: &'b [&'b str],
    object: Object<'a>,
    /// The words of the name that is being read.
    name: Vec<&'a str>,
    joint: Joint,
    /// Whether a mark or a word joins what comes next to the list.
    is_joined: bool,
    is_after_colon: bool,
    /// Whether each line is a member.
    is_rows: bool,
}

/// Where to read on.
enum Step {
    On,
    To(usize),
    Stop,
}

impl<'a> Reader<'a, '_> {
    fn is_empty(&self) -> bool {
        self.object.items.is_empty() && self.name.is_empty()
    }

    /// Ends a name; what comes next is joined by a comma unless something else is seen.
    fn finish(&mut self) {
        if !self.name.is_empty() {
            let name = Item::Name(std::mem::take(&mut self.name));
            self.object.items.push((name, self.joint));
            self.joint = Joint::Comma;
        }
    }

    fn join(&mut self, joint: Joint) -> Step {
        self.finish();
        self.joint = joint;
        self.is_joined = true;
        Step::On
    }

    fn mention(&mut self, mention: usize, end: usize) -> Step {
        self.finish();
        self.object.items.push((Item::Mention(mention), self.joint));
        self.joint = Joint::Comma;
        self.is_joined = false;
        Step::To(end)
    }

    fn mark(&mut self, mark: char, start: usize) -> Step {
        let is_empty = self.is_empty();
        match mark {
            ',' | ';' if !is_empty => {
                self.finish();
                self.is_joined = true;
                Step::On
            }
            ':' if is_empty => {
                self.is_after_colon = true;
                Step::On
            }
            '(' if !is_empty => {
                let rest = self.text.get(start..).unwrap_or_default();
                match rest.find([')', '\n']) {
                    Some(close) => Step::To(start + close + 1),
                    None => Step::Stop,
                }
            }
            '-' | '*' | '•' | '–' | '·' | '@' | '>' | '→' | '_' if self.name.is_empty() => {
                Step::On
            }
            '/' if is_empty => Step::On,
            // "Alice <> Carol" joins, "Carol / Eve" may leave a choice.
            '<' | '↔' if !is_empty => self.join(Joint::And),
            '/' => self.join(Joint::Or),
            _ => Step::Stop,
        }
    }

    fn line(&mut self, is_short: bool, is_blank: bool) -> Step {
        if self.is_empty() && (self.is_after_colon || !is_blank) {
            self.is_rows = self.is_after_colon;
            Step::On
        } else if !is_blank && self.is_rows {
            self.join(Joint::Row)
        } else if is_blank || is_short {
            Step::Stop
        } else {
            Step::On
        }
    }

    fn word(&mut self, word: &'a str, next: usize) -> Step {
        let lower = word.to_lowercase();
        let is_end = self.ends.contains(&lower.as_str());
        let is_joint = !self.is_empty() && !is_end;
        if is_joint && lexicon::AND.contains(&lower.as_str()) {
            return self.join(Joint::And);
        }
        if is_joint && lexicon::OR.contains(&lower.as_str()) {
            return self.join(Joint::Or);
        }
        // "my friend Carol", "to Carol", "Dr. Danvers", "2) Eve"
        let is_before = self.name.is_empty() && !is_end && self.is_passed_over(word, &lower);
        // "Carol mal fragen"
        let is_filler = !self.ends.is_empty() && lexicon::FILLERS.contains(&lower.as_str());
        if is_before || is_filler {
            return Step::On;
        }
        if lexicon::is_ending(word) || is_end || self.name.len() >= MAX_NAME_WORDS {
            self.object.end = lower;
            self.object.next = next;
            return Step::Stop;
        }
        self.name.push(word);
        Step::On
    }

    /// Whether a word before a member is no part of it; before a later one only "to" and a number.
    fn is_passed_over(&self, word: &str, lower: &str) -> bool {
        let is_number = word.len() <= 2 && word.bytes().all(|octet| octet.is_ascii_digit());
        is_number
            || (self.is_joined && lexicon::TO.contains(&lower))
            || (self.object.items.is_empty() && lexicon::is_leading(word))
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
