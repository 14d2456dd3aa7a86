//! Names that a mail itself gives, as an answer may write them: inflected, in another alphabet, with
//! a title in front.
//!
//! Fails by knowing too few: a name that is not known leaves its sentence unexplained.

mod inflection;
mod plain;

use crate::reader::answer::lexer;
use crate::reader::answer::lists::{self, List};
use crate::reader::quote::Body;
use inflection::is_inflected;
use std::cell::OnceCell;

/// Given names in the languages of the tables, in small letters.
static GIVEN: List = List::of(include_str!("given.txt"));
/// Letters between the first and the last of somebody's initials.
const MAX_MIDDLE: usize = 2;
/// Letters of a short form of a name: `alex`, `tim`.
const MIN_SHORT: usize = 3;

/// Short forms that neither begin as their name does nor stand in it, behind it.
const SHORT_FORMS: &[(&str, &str)] = &[
    ("robert", "bob bobby"),
    ("william", "bill billy"),
    ("richard", "dick"),
    ("edward", "ted teddy ned"),
    ("margaret", "peggy daisy"),
    ("elizabeth", "betty betsy"),
    ("john", "hank"),
    ("henry", "hank"),
    ("mary", "polly molly"),
    ("james", "jim jimmy"),
    ("charles", "chuck"),
    ("alexander", "sasha xander sandy lex alex"),
    ("alexandra", "sasha sandra sandy lexi"),
    ("aleksandr", "sasha"),
    ("aleksandra", "sasha ola"),
    ("anthony", "tony"),
    ("antonio", "toño"),
    ("josef", "sepp pepi"),
    ("josé", "pepe"),
    ("jose", "pepe"),
    ("francisco", "paco pancho curro"),
    ("ignacio", "nacho"),
    ("dolores", "lola"),
    ("giuseppe", "beppe peppe pino"),
    ("małgorzata", "gosia"),
    ("jakub", "kuba"),
    ("aleksander", "olek"),
    ("katarzyna", "kasia"),
    ("wojciech", "wojtek"),
    ("александр", "саша шура"),
    ("александра", "саша шура"),
    ("дмитрий", "митя"),
    ("евгений", "женя"),
    ("евгения", "женя"),
    ("георгий", "юра гоша жора"),
    ("анатолий", "толя"),
    ("елена", "лена алёна"),
    ("екатерина", "катя"),
    ("анастасия", "настя"),
];

/// Names that the mail itself gives, in lower case; found when first asked for.
pub struct Names<'a> {
    body: &'a Body,
    /// Whether the words of the subject, and those of the people's names, stand in it letter for letter.
    plain: OnceCell<bool>,
    apart: OnceCell<bool>,
    /// Words that begin with a capital in the subject.
    found: OnceCell<Vec<String>>,
    /// The same of the writer's and the readers' names: who signs, and who is spoken to.
    people: OnceCell<Vec<String>>,
    /// The same of the quoted author's name, where it stands apart from those.
    author: OnceCell<Vec<String>>,
    /// The same of the writer's name alone.
    writer: OnceCell<Vec<String>>,
}

impl<'a> Names<'a> {
    pub fn of(body: &'a Body) -> Names<'a> {
        Names {
            body,
            plain: OnceCell::new(),
            apart: OnceCell::new(),
            found: OnceCell::new(),
            people: OnceCell::new(),
            author: OnceCell::new(),
            writer: OnceCell::new(),
        }
    }

    /// Whoever wants to be introduced stands in the subject; a quoted mail's author asks for others.
    fn found(&self) -> &[String] {
        self.found.get_or_init(|| capitals(&self.body.subject))
    }

    /// Whether a word of the subject may begin with these letters, at a look: nearly always none does, and nothing is cut.
    fn may_find(&self, begins: &str) -> bool {
        let plain = || plain::is_plain(&self.body.subject);
        !self.plain.get_or_init(plain) || plain::has(&self.body.subject, begins)
    }

    pub fn has(&self, word: &str) -> bool {
        self.may_find(word) && self.found().iter().any(|name| name == word)
    }

    /// `Alices`, `Alicen`, `Алисой`: a name with the ending that its language gives it, or in
    /// another alphabet.
    pub fn has_inflected(&self, word: &str) -> bool {
        // Alison is not Alice.
        self.may_find(inflection::stem(word))
            && !is_given(word)
            && self.found().iter().any(|name| is_inflected(name, word))
    }

    /// Whether somebody to whom or from whom the mail is, or the quoted author, has such a name. These have none that
    /// does not begin with these letters.
    fn has_people(&self, begins: &str, is: impl Fn(&String) -> bool) -> bool {
        let people = &self.body.people;
        // The words of a name behind others may be cut otherwise than those of the name alone.
        let apart = *self.apart.get_or_init(|| {
            let last = people.split_ascii_whitespace().next_back().unwrap_or("a");
            people.is_ascii() && last.bytes().all(|octet| octet.is_ascii_alphabetic())
        });
        let author = || self.body.passed.quoted_author().unwrap_or_default();
        let named = || {
            self.people.get_or_init(|| match apart {
                true => capitals(people),
                false => capitals(&format!("{people} {}", author())),
            })
        };
        let may_name = || !apart || !plain::is_plain_ascii(people) || plain::has(people, begins);
        (may_name() && named().iter().any(&is))
            || (apart
                && self.body.passed.may_name(begins)
                && self
                    .author
                    .get_or_init(|| capitals(&author()))
                    .iter()
                    .any(is))
    }

    /// Whether this is a name of somebody to whom or from whom the mail is.
    pub fn is_of_people(&self, word: &str) -> bool {
        self.has_people(word, |name| name == word)
    }

    /// Whether somebody is called so to whom or from whom the mail is, in full, in short or inflected.
    pub fn calls(&self, word: &str) -> bool {
        // `C.`, or a short form.
        let letters = word.chars().count();
        let short = letters == 1 || letters >= MIN_SHORT;
        self.has_people(inflection::stem(word), |name| {
            name == word || (short && name.starts_with(word)) || is_inflected(name, word)
        })
    }

    /// Whether the writer's name has the word, whole.
    pub fn is_writers(&self, word: &str) -> bool {
        self.writer().iter().any(|name| name == word)
    }

    /// Whether the writer signs with the word: a name of theirs in full, in short, or its first letter.
    pub fn is_own(&self, word: &str) -> bool {
        let short = word.chars().count() != 2;
        // `Caroline`, where Carol writes.
        let longer =
            |name: &str| name.len() >= MIN_SHORT && word.starts_with(name) && is_given(word);
        let writes =
            |name: &String| name == word || (short && name.starts_with(word)) || longer(name);
        self.writer().iter().any(writes)
    }

    /// Whether the writer may be called so by friends: `Caz`, where Carol Diaz writes, or `Bill`, where William does; but
    /// not `Dave`, and nobody's name who wants to be introduced.
    pub fn may_be_called(&self, word: &str) -> bool {
        let writer = self.writer();
        let given = || writer.iter().filter(|name| is_given(name));
        let several = given().nth(1).is_some();
        let is_surname = |at: usize| several && at + 1 == writer.len();
        let short = |name: &str| {
            let forms = SHORT_FORMS.iter().filter(|(long, _)| *long == name);
            let mut forms = forms.flat_map(|(_, short)| short.split(' '));
            let within = word.chars().count() >= MIN_SHORT && name.contains(word);
            name.chars().next() == word.chars().next() || within || forms.any(|form| form == word)
        };
        // `Kevin`, where Xiaolong Wu writes.
        let unknown = given().next().is_none();
        let mut names = writer.iter().enumerate();
        !self.has(word)
            && (unknown || names.any(|(at, n)| is_given(n) && !is_surname(at) && short(n)))
    }

    /// Whether somebody is spoken to who has no part in the mail: `Tom, go ahead`, where it is to Bob. Only where the
    /// mail says to whom it is, in the letters of this word.
    pub fn is_stranger(&self, word: &str) -> bool {
        let latin = |word: &str| word.chars().next().is_some_and(|c| c < '\u{370}');
        let reads =
            |name: &String| is_given(name) && !self.is_ours(name) && latin(name) == latin(word);
        let alike = |name: &String| name.chars().next() == word.chars().next();
        is_given(word)
            && !self.is_somebody_here(word)
            && !self.may_be_called(word)
            && self.has_people("", reads)
            && !self.has_people("", |name| {
                (reads(name) && alike(name)) || are_forms_of_one(name, word)
            })
    }

    /// The writer, or whoever wants to be introduced, whom the quoted request names.
    fn is_ours(&self, name: &str) -> bool {
        self.is_writers(name) || self.has(name)
    }

    fn is_somebody_here(&self, word: &str) -> bool {
        self.has(word) || self.has_inflected(word) || self.calls(word)
    }

    /// `CD`, where Carol Diaz writes.
    pub fn is_initials(&self, word: &str) -> bool {
        let mut letters = word.chars();
        let (first, last) = (letters.next(), letters.next_back());
        let begins =
            |name: Option<&String>, letter| name.is_some_and(|n| n.chars().next() == letter);
        let writer = self.writer();
        last.is_some()
            && letters.count() <= MAX_MIDDLE
            && writer.len() > 1
            && begins(writer.first(), first)
            && begins(writer.last(), last)
    }

    /// Whether the text, in a script without capitals, begins with the surname that the writer has in Latin letters,
    /// and holds a given name at most besides.
    pub fn is_own_unspaced(&self, text: &str) -> bool {
        lists::is_unspaced_name(text, |way| self.is_writers(way))
    }

    /// Whether the mail says who wrote it, in the letters of this word, or where these have no capitals by which a
    /// name is told.
    pub fn tells_who_signs(&self, word: &str) -> bool {
        let latin = |word: &str| word.chars().next().is_some_and(|c| c < '\u{370}');
        let caseless = !word.contains(|c: char| c.is_lowercase() || c.is_uppercase());
        self.writer()
            .iter()
            .any(|name| caseless || latin(name) == latin(word))
    }

    fn writer(&self) -> &[String] {
        self.writer.get_or_init(|| capitals(&self.body.writer))
    }

    /// Whether the word is known to be a name: the mail gives it, or parents do.
    pub fn is_somebody(&self, word: &str) -> bool {
        self.has(word) || is_given(word) || self.calls(word)
    }
}

/// `Rob` and `Bob`, which are both short for Robert.
fn are_forms_of_one(one: &str, other: &str) -> bool {
    SHORT_FORMS.iter().any(|(long, short)| {
        let is = |word: &str| {
            short.split(' ').any(|form| form == word)
                || (word.chars().count() >= MIN_SHORT && long.starts_with(word))
        };
        is(one) && is(other)
    })
}

pub fn is_given(word: &str) -> bool {
    GIVEN.has(word)
}

fn capitals(text: &str) -> Vec<String> {
    let normal = lexer::characters::normalise(text);
    let tokens = lexer::sentences(&normal).into_iter().flat_map(|s| s.tokens);
    let titles = tokens.filter(|t| t.title);
    titles.map(|t| t.text.into_owned()).collect()
}

/// What stands before a name in the languages of the tables, as it is written with a full stop or
/// without.
static TITLES: List = List::of(
    "\
        mr mrs ms miss mx dr prof sir frau herr herrn fr hr mme mlle madame monsieur mademoiselle sr sra \
        srta señora señor doña don dña sig signora signor dott dottssa dottoressa ing senhora senhor dona \
        dhr mevr mw mevrouw meneer heer fru herre pan pani panią panem pana panu paní panom pán rouva herra \
        domnul doamna dl dna bay bayan госпожа госпожой госпожу господин господином пан пані κα κ κυρία \
        κύριο κύριος ibu bapak pak bu",
);

/// Whether the word, in small letters, is a title before a name.
pub fn is_title(word: &str) -> bool {
    TITLES.has(word)
}

/// Whether the word, in small letters, is an article before a title.
pub fn is_article(word: &str) -> bool {
    const ARTICLES: &[&str] = &[
        "la", "el", "il", "lo", "die", "der", "den", "dem", "a", "o", "η", "την", "τη", "τον", "ο",
    ];
    ARTICLES.contains(&word)
}
