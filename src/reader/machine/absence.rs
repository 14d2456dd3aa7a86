//! Mails that tell of an absence, or that a desk has got a mail, and say so in no field.
//!
//! Fails towards a person: one phrase alone a person writes as well, and who answers in the same
//! mail is a person whatever else it says.

use crate::reader::Verdict;
use crate::reader::answer;
use crate::reader::machine::View;
use crate::reader::machine::phrases::{PHRASES, prepare};
use crate::reader::quote::{self, Body};

/// What ends a clause, in the scripts of the phrases.
const ENDS: &[char] = &[
    '.', '!', '?', ',', ';', ':', '–', '\n', '。', '！', '？', '、', '，', '।', '؟', '،', '\u{6D4}',
];
const QUESTIONS: &[char] = &['?', '？', '؟'];
/// Clauses that are judged one by one; such a mail has a few.
const MAX_CLAUSES: usize = 40;

type Pair = (&'static str, &'static [&'static str], &'static str);

/// Two phrases of different kinds, the first of which tells what the mail is.
const PAIRS: &[Pair] = &[
    (
        "absence body",
        &["absence detail", "absence thanks", "absence words"],
        "an out-of-office mail",
    ),
    ("service body", &["service detail"], "an automatic mail"),
];

/// What such a mail is, and the phrase that told it.
pub fn told(view: &View<'_>, now_secs: i64) -> Option<String> {
    let mut pairs = PAIRS.iter();
    if !pairs.any(|(telling, _, _)| PHRASES.holds(telling, view.body()).is_some()) {
        return None;
    }
    // Without the signature, which names a mailbox as well.
    let body = quote::body(view.letter, None);
    let text = prepare(&body.text);
    let (what, phrase) = PAIRS.iter().find_map(|(telling, beside, what)| {
        let phrase = PHRASES.holds(telling, &text)?;
        let mut beside = beside.iter();
        let told = beside.any(|section| PHRASES.holds(section, &text).is_some());
        told.then_some((what, phrase))
    })?;
    (!is_answered(&body, &text, now_secs)).then(|| format!("{what} (“{phrase}”)"))
}

/// Whether a clause of the mail answers us: consents, or refuses or postpones in words that tell
/// of no absence ("I don't read mails" is no wish to get none).
fn is_answered(body: &Body, text: &str, now_secs: i64) -> bool {
    // Who asks something back is no machine, unless it asks whether the matter is urgent.
    if body.text.contains(QUESTIONS) && PHRASES.holds("absence detail", text).is_none() {
        return true;
    }
    // The full stop of "4. januar" ends nothing.
    let mut before = ' ';
    let ends = |c: char| {
        let is_ordinal = c == '.' && before.is_numeric();
        before = c;
        ENDS.contains(&c) && !is_ordinal
    };
    let clauses = body.text.split(ends).map(str::trim);
    let mut clauses = clauses.filter(|s| !s.is_empty()).take(MAX_CLAUSES);
    clauses.any(|clause| {
        let alone = Body {
            text: clause.to_owned(),
            people: body.people.clone(),
            ..Body::default()
        };
        match answer::judge(&alone, now_secs).verdict {
            Verdict::Yes => true,
            Verdict::Unclear => false,
            // A date tells when somebody is back.
            Verdict::Later if clause.contains(char::is_numeric) => false,
            Verdict::No | Verdict::Later | Verdict::Stop => !is_usual(clause),
        }
    })
}

/// Whether a clause holds a phrase of such mails.
fn is_usual(clause: &str) -> bool {
    let clause = prepare(clause);
    let sections = PAIRS
        .iter()
        .flat_map(|(telling, beside, _)| [*telling].into_iter().chain(beside.iter().copied()));
    sections
        .into_iter()
        .any(|section| PHRASES.holds(section, &clause).is_some())
}
