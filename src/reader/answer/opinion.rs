//! What a whole text says when it is read in one language. Deny before allow.
//!
//! Fails closed: two things said at once, a question, a doubt or an unexplained word is unclear.

mod beside;

use crate::reader::Verdict;
use crate::reader::answer::interner::{Id, UNKNOWN};
use crate::reader::answer::lexer::{Gap, Sentence, Shape, Token};
use crate::reader::answer::sentence::{self, Explained, Place, Scene};
use crate::reader::answer::signature;
use crate::reader::answer::tables::Says;
use jiff::civil::Date;

#[derive(Clone, Debug)]
pub struct Opinion {
    pub verdict: Verdict,
    pub later_until: Option<Date>,
    pub why: String,
    /// Words without an explanation.
    pub unexplained: usize,
    /// Nothing but words like `and` or `if`: no reading of an answer.
    pub empty: bool,
    /// All of its consent are words like `yes` or `agreed`.
    pub bare: bool,
}

/// One decisive phrase.
struct Finding<'s> {
    says: Says,
    /// Its words.
    tokens: &'s [Token<'s>],
    question: bool,
    /// Whether the whole sentence around it is explained.
    whole: bool,
    /// Which sentence it stands in.
    sentence: usize,
    /// It consents in nothing but words like `yes`, which confirm a fact as well.
    bare: bool,
    /// The same, or words like `agreed`, which share praise as well.
    agrees: bool,
    /// It consents, and stands where a name would: `Thanks Rada`.
    named: bool,
    /// It consents, and may belong to what is beside it: `Sure hope you are well`, `thanks, of course`.
    strengthens: bool,
}

impl Finding<'_> {
    fn words(&self) -> String {
        words(self.tokens)
    }
}

/// None where more words than `most` have no explanation.
pub fn form(scene: &Scene<'_>, sentences: &[Sentence<'_>], most: usize) -> Option<Opinion> {
    let signed = signature::cut(scene, sentences);
    let sentences = signed.as_deref().unwrap_or(sentences);
    let mut findings = Vec::new();
    let mut unexplained: Option<String> = None;
    let (mut unexplained_words, mut question) = (0, false);
    let (mut date, mut near) = (None, None);
    for (at, (sentence, explained)) in (explain_all(scene, sentences, most)?)
        .into_iter()
        .enumerate()
    {
        unexplained_words += explained.unexplained;
        question |= sentence.question && !only_schedules(&explained);
        // Of two days the later one: `not before the new year, try me on 12 January`.
        let far = explained.days.iter().filter(|d| d.far);
        date = date.max(far.filter_map(|d| d.date).max());
        near = near.or_else(|| explained.days.iter().filter_map(|d| d.date).min());
        if unexplained.is_none() {
            let missing = explained.phrases.iter().find(|p| p.says.is_none());
            unexplained = missing.map(|p| words(tokens(sentence, p)));
        }
        findings.extend(find(scene, at, sentence, &explained));
    }
    let (mut verdict, mut why) = weigh(&findings, unexplained.as_deref(), question);
    if verdict == Verdict::Yes
        && let Some(broken) = breaks_off(sentences, &findings)
    {
        (verdict, why) = (Verdict::Unclear, format!("{why}, but broken off: {broken}"));
    }
    Some(Opinion {
        verdict,
        later_until: date.or(near).filter(|_| verdict == Verdict::Later),
        why,
        unexplained: unexplained_words,
        empty: unexplained_words == 0 && is_empty(&findings),
        bare: findings.iter().all(|f| f.says != Says::Yes || f.agrees),
    })
}

/// Words behind which something was to come.
const JOINS: &[&str] = &[
    "and", "und", "et", "e", "en", "och", "og", "и", "та", "ve", "és", "și", "και", "ו", "و",
    "also", "dann", "or", "oder", "ou", "eller", "lub", "nebo", "или", "veya", "vagy", "sau",
];

/// The end of a text that leaves open what comes: `Yes and`, or in dots: `Ja...`
fn breaks_off<'s>(sentences: &'s [Sentence<'_>], findings: &[Finding<'_>]) -> Option<&'s str> {
    let said = findings
        .iter()
        .filter(|f| matches!(f.says, Says::Yes | Says::Weak));
    let mut said = said.filter_map(|f| sentences.get(f.sentence));
    said.find_map(|sentence| {
        let last = &*sentence.tokens.last()?.text;
        let joins = sentence.tokens.len() > 1 && JOINS.contains(&last);
        (joins || sentence.trails).then_some(last)
    })
}

/// Every sentence with its explanation. From the end, because a name by itself is told by what
/// stands below it: nothing but footers. None as soon as more than `most` words are without one.
fn explain_all<'s>(
    scene: &Scene<'_>,
    sentences: &'s [Sentence<'s>],
    most: usize,
) -> Option<Vec<(&'s Sentence<'s>, Explained)>> {
    let mut all = Vec::with_capacity(sentences.len());
    let (mut last, mut unexplained) = (true, 0);
    for (i, sentence) in sentences.iter().enumerate().rev() {
        let place = Place {
            first: i == 0,
            last,
        };
        let explained = sentence::explain(scene, sentence, place);
        unexplained += explained.unexplained;
        if unexplained > most {
            return None;
        }
        let footer = |p: &sentence::Phrase| p.says == Some(Says::Footer);
        last = last && explained.phrases.iter().all(footer);
        all.push((sentence, explained));
    }
    all.reverse();
    Some(all)
}

/// `Thursday at three?`, `sure, how are you?` ask for nothing that consent could depend on.
fn only_schedules(explained: &Explained) -> bool {
    let says = |p: &sentence::Phrase| p.says;
    if explained.phrases.last().and_then(says) == Some(Says::Pleasantry) {
        return true;
    }
    explained
        .phrases
        .iter()
        .any(|p| says(p) == Some(Says::Schedule))
        && explained.phrases.iter().all(|p| {
            matches!(
                says(p),
                Some(Says::Schedule | Says::Filler | Says::Name | Says::Courtesy)
            )
        })
}

/// Whether there is nothing to answer with: `and`, `if`, and names.
fn is_empty(findings: &[Finding<'_>]) -> bool {
    let joins = |f: &Finding| matches!(f.says, Says::Filler | Says::Condition);
    let around = |f: &Finding| {
        matches!(
            f.says,
            Says::Name | Says::Greeting | Says::Closing | Says::Footer
        )
    };
    findings.iter().any(joins) && findings.iter().all(|f| joins(f) || around(f))
}

fn find<'s>(
    scene: &Scene<'_>,
    at: usize,
    sentence: &'s Sentence<'s>,
    explained: &Explained,
) -> Vec<Finding<'s>> {
    let (particles, agreements) = (&scene.language.particles, &scene.language.agreements);
    let before = |at: usize| at.checked_sub(1).and_then(|at| explained.phrases.get(at));
    let phrases = explained.phrases.iter().enumerate();
    phrases
        .filter_map(|(number, phrase)| {
            // Of what else it is nobody asks.
            let consents = matches!(phrase.says, Some(Says::Yes | Says::Weak));
            Some(Finding {
                named: consents
                    && before(number)
                        .is_some_and(|before| stands_for_name(sentence, before, phrase)),
                strengthens: consents
                    && (before(number)
                        .is_some_and(|before| beside::is_behind(scene, sentence, before, phrase))
                        || (explained.phrases.get(number + 1))
                            .is_some_and(|next| beside::goes_on(scene, sentence, phrase, next))),
                says: phrase.says?,
                tokens: tokens(sentence, phrase),
                question: sentence.question,
                whole: explained.unexplained == 0,
                sentence: at,
                bare: consents && is_made_of(scene, sentence, phrase, |id| particles.contains(&id)),
                agrees: consents
                    && is_made_of(scene, sentence, phrase, |id| {
                        particles.contains(&id) || agreements.contains(&id)
                    }),
            })
        })
        .collect()
}

/// Whether a single word stands where a name would, behind thanks or a greeting without a comma, or with a capital
/// below thanks or closing words.
fn stands_for_name(
    sentence: &Sentence<'_>,
    before: &sentence::Phrase,
    phrase: &sentence::Phrase,
) -> bool {
    let (Some(token), 1) = (sentence.tokens.get(phrase.start), phrase.end - phrase.start) else {
        return false;
    };
    let last = phrase.end == sentence.tokens.len();
    match (before.says, token.gap) {
        (Some(Says::Thanks | Says::Greeting), Gap::None) => token.shape == Shape::Word,
        (Some(Says::Thanks | Says::Closing), Gap::Line) => last && token.title && token.capital,
        _ => false,
    }
}

/// `Yes`, `of course, Bob`: no word in it says what it consents to.
fn is_made_of(
    scene: &Scene<'_>,
    sentence: &Sentence<'_>,
    phrase: &sentence::Phrase,
    holds: impl Fn(Id) -> bool,
) -> bool {
    tokens(sentence, phrase).iter().all(|token| {
        let id = sentence::identify(scene, token, phrase.start == 0);
        id == UNKNOWN || holds(id)
    })
}

fn tokens<'s>(sentence: &'s Sentence<'s>, phrase: &sentence::Phrase) -> &'s [Token<'s>] {
    let tokens = sentence.tokens.get(phrase.start..phrase.end);
    tokens.unwrap_or_default()
}

fn words(tokens: &[Token<'_>]) -> String {
    let texts: Vec<&str> = tokens.iter().map(|t| &*t.text).collect();
    texts.join(" ")
}

/// `Happy to help usually, but not this time`: what comes behind the last `but` counts.
fn taken_back(findings: &[Finding<'_>]) -> bool {
    let is_yes = |f: &Finding| matches!(f.says, Says::Yes | Says::Weak);
    let is_no = |f: &Finding| matches!(f.says, Says::No | Says::NoAlone);
    let Some(last_yes) = findings.iter().rposition(is_yes) else {
        return false;
    };
    let Some(first_no) = findings.iter().position(is_no) else {
        return false;
    };
    let between = findings.get(last_yes + 1..first_no).unwrap_or_default();
    let but = |f: &Finding| f.says == Says::Condition;
    let after = findings.get(first_no..).unwrap_or_default();
    last_yes < first_no && between.iter().any(but) && !after.iter().any(|f| but(f) || f.question)
}

/// What a mere yes may confirm in place of consenting: `yes, I ran those trials`, `agreed. A great project`.
fn confirmed<'f>(findings: &'f [Finding<'f>]) -> Option<&'f Finding<'f>> {
    let yes = |f: &&Finding| f.says == Says::Yes;
    if findings.iter().filter(yes).any(|f| !f.agrees) {
        return None;
    }
    let bare = findings.iter().filter(yes).all(|f| f.bare);
    let praises = |yes: &Finding<'_>, fact: &Finding| !yes.bare || yes.sentence == fact.sentence;
    findings.iter().find(|fact| match fact.says {
        Says::Aside | Says::Remark => true,
        Says::Told | Says::About => bare,
        Says::Praise => findings.iter().filter(yes).any(|yes| praises(yes, fact)),
        _ => false,
    })
}

/// `Yes, hello`: what one says to the telephone, and to a colleague's good morning.
fn greeted<'f>(findings: &'f [Finding<'f>]) -> Option<&'f Finding<'f>> {
    let yes = |f: &Finding| matches!(f.says, Says::Yes | Says::Weak);
    let at = findings.iter().rposition(yes)?;
    if findings.iter().any(|f| yes(f) && !f.bare) {
        return None;
    }
    let after = findings.get(at + 1..).unwrap_or_default();
    after.iter().find(|f| f.says == Says::Greeting)
}

fn weigh(findings: &[Finding<'_>], unexplained: Option<&str>, question: bool) -> (Verdict, String) {
    let one = |wanted: &[Says]| findings.iter().find(|f| wanted.contains(&f.says));
    let stated = |wanted: &[Says]| {
        let mut found = findings.iter().filter(|f| wanted.contains(&f.says));
        found.find(|f| !f.question)
    };
    let quote = |word: &str, f: &Finding| format!("{word}: “{}”", f.words());
    let unclear = |why: String| (Verdict::Unclear, why);
    if let Some(stop) = one(&[Says::Stop]) {
        return (Verdict::Stop, quote("stop", stop));
    }
    let yes = one(&[Says::Yes, Says::Weak]);
    let refused = stated(&[Says::No, Says::NoAlone]);
    if let (Some(yes), Some(no)) = (yes, refused) {
        if unexplained.is_none() && taken_back(findings) {
            return (Verdict::No, quote("no", no));
        }
        return unclear(format!("both “{}” and “{}”", yes.words(), no.words()));
    }
    // `Can you ask me again in May?` postpones although it asks.
    if let Some(later) = one(&[Says::Later]) {
        return (Verdict::Later, quote("later", later));
    }
    // `Not interested at the moment` refuses; `no, not now` postpones.
    if let Some(no) = stated(&[Says::No]) {
        return (Verdict::No, quote("no", no));
    }
    if let Some(later) = stated(&[Says::NotNow]) {
        return (Verdict::Later, quote("later", later));
    }
    if let Some(no) = refused {
        return (Verdict::No, quote("no", no));
    }
    // A far day postpones only in a sentence that says nothing else.
    let far = findings.iter().find(|f| f.says == Says::Far && !f.question);
    if let Some(far) = far.filter(|f| f.whole) {
        return (Verdict::Later, quote("later", far));
    }
    let Some(yes) = yes else {
        return unclear(match unexplained {
            Some(word) => format!("not understood: “{word}”"),
            None => "neither yes nor no".to_owned(),
        });
    };
    match takes_back(findings, yes, unexplained, question) {
        Some(why) => unclear(why),
        None => (Verdict::Yes, quote("yes", yes)),
    }
}

/// Why a consent is none after all.
fn takes_back(
    findings: &[Finding<'_>],
    yes: &Finding<'_>,
    unexplained: Option<&str>,
    question: bool,
) -> Option<String> {
    let one = |wanted: &[Says]| findings.iter().find(|f| wanted.contains(&f.says));
    let against = one(&[
        Says::No,
        Says::NoAlone,
        Says::Doubt,
        Says::Condition,
        Says::Later,
        Says::NotNow,
        Says::Far,
    ]);
    if let Some(doubt) = against {
        return Some(format!("“{}”, but “{}”", yes.words(), doubt.words()));
    }
    if question {
        return Some(format!("“{}”, but a question", yes.words()));
    }
    if let Some(word) = unexplained {
        return Some(format!("“{}”, but not understood: “{word}”", yes.words()));
    }
    let mut consents = findings
        .iter()
        .filter(|f| matches!(f.says, Says::Yes | Says::Weak));
    if consents.all(|f| f.named || f.strengthens) {
        let what = match yes.named {
            true => "be a name",
            false => "belong to what is beside it",
        };
        return Some(format!("“{}” may {what}", yes.words()));
    }
    if let Some(hello) = greeted(findings) {
        return Some(format!("“{}” before “{}”", yes.words(), hello.words()));
    }
    if let Some(fact) = confirmed(findings) {
        return Some(format!("“{}” may be about “{}”", yes.words(), fact.words()));
    }
    if one(&[Says::Yes]).is_none() {
        let beside = [
            Says::Thanks,
            Says::Courtesy,
            Says::Pleasantry,
            Says::Schedule,
            Says::Praise,
            Says::Remark,
            Says::Aside,
            Says::Told,
            Says::About,
        ];
        if let Some(beside) = one(&beside) {
            return Some(format!(
                "“{}” beside “{}” may be a receipt",
                yes.words(),
                beside.words()
            ));
        }
    }
    None
}
