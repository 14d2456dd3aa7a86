//! Every mail once, with invented people, before an operator's or a translator's words are used.
//!
//! Fails with a list of problems: what is missing, what no mail knows, a mail that does not say how to
//! answer, one whose prepared answers are not understood, or one that tells the requester too much.

mod acts;
pub mod cast;

use crate::reader::quote::Body;
use crate::reader::{Verdict, answer, command};
use crate::rules::introduction::{Stage, Way};
use crate::rules::report::Stands;
use crate::rules::saying::{Party, Saying};
use crate::writer::manner::{self, Taps};
use crate::writer::page::Page;
use crate::writer::rehearsal::acts::{Act, acts, standing};
use crate::writer::words::{BUILT_IN, ENGLISH, Language, Problem, Unfilled};
use crate::writer::{Seal, Voice, compose, facts, page};
use minijinja::Value;
use minijinja::value::ValueKind;
use std::collections::{BTreeMap, BTreeSet};

/// What a part knows that no mail has: days and senders.
const OF_PARTS: [&str; 6] = ["weekday", "day", "month", "year", "connector", "bot"];
/// Quotation marks of any language, opening and closing.
const QUOTES: [(char, char); 6] = [
    ('“', '”'),
    ('„', '“'),
    ('«', '»'),
    ('»', '«'),
    ('「', '」'),
    ('"', '"'),
];

/// What is wrong with a language; empty: every mail can be written in it.
pub fn rehearse(language: &Language) -> Vec<Problem> {
    let mut stage = Rehearsal {
        language,
        problems: Vec::new(),
    };
    stage.files();
    stage.parts();
    // Without these every mail below would fail once more.
    if stage.problems.is_empty() && stage.mails().is_none() {
        stage.tell("ask", None, "can't be rehearsed", "Report this as a bug.");
    }
    stage.problems
}

/// The names that a language must have: those of the English files.
pub fn wanted() -> impl Iterator<Item = &'static str> {
    let english = BUILT_IN.iter().filter(|(code, _)| *code == ENGLISH);
    english.flat_map(|(_, texts)| texts.iter().map(|(name, _)| *name))
}

struct Rehearsal<'a> {
    language: &'a Language,
    problems: Vec<Problem>,
}

impl Rehearsal<'_> {
    fn tell(&mut self, name: &str, line: Option<usize>, problem: &str, remedy: &str) {
        let told = Problem {
            file: self.language.place(name),
            line,
            problem: problem.to_owned(),
            remedy: remedy.to_owned(),
        };
        if !self.problems.contains(&told) {
            self.problems.push(told);
        }
    }

    fn files(&mut self) {
        let known: BTreeSet<&str> = wanted().collect();
        let here: BTreeSet<&str> = self.language.names().collect();
        for name in here.difference(&known) {
            let all: Vec<&str> = known.iter().copied().collect();
            let remedy = format!("Rename it; the files are: {}.", all.join(", "));
            self.tell(name, None, "no mail has this name", &remedy);
        }
        for name in known.difference(&here) {
            let remedy = "A new language needs every file; translate the English one.";
            self.tell(name, None, "is missing", remedy);
        }
    }

    /// The small texts inside others, for every value they can meet.
    fn parts(&mut self) {
        let mut days = BTreeSet::new();
        let first = jiff::civil::date(2026, 1, 1);
        let year: Vec<_> = first.series(jiff::Span::new().days(1)).take(366).collect();
        for day in &year {
            match self.language.date(*day) {
                Ok(words) => {
                    days.insert(words);
                }
                Err(why) => return self.unfilled("part_date", &why),
            }
        }
        if days.len() < year.len() || days.iter().any(String::is_empty) {
            let remedy =
                "Write day, month and year, as {{ day }}, {{ month }} and {{ year }} or in words.";
            self.tell("part_date", None, "gives two days the same words", remedy);
        }
        let names = BTreeMap::from([
            ("connector", Value::from("Bob Kim")),
            ("bot", Value::from("Example Introductions")),
        ]);
        match self.language.part("part_sender", &names) {
            Ok(sender)
                if sender.contains("Bob Kim") && sender.contains("Example Introductions") => {}
            Ok(_) => {
                let remedy = "Write both {{ connector }} and {{ bot }}: people know that they write with a bot.";
                self.tell("part_sender", None, "does not say who sends", remedy);
            }
            Err(why) => self.unfilled("part_sender", &why),
        }
        match self
            .language
            .part("part_somebody", BTreeMap::<&str, Value>::new())
        {
            Ok(somebody) if !somebody.is_empty() => {}
            Ok(_) => self.tell(
                "part_somebody",
                None,
                "is empty",
                "Write \"somebody I know\".",
            ),
            Err(why) => self.unfilled("part_somebody", &why),
        }
    }

    fn unfilled(&mut self, asked: &str, why: &Unfilled) {
        let name = if self.language.text(&why.name).is_some() {
            &why.name
        } else {
            asked
        };
        let problem = match &why.detail {
            Some(detail) => format!("{}: {detail}", why.why),
            None => why.why.clone(),
        };
        let remedy =
            "Use only what the mail knows, and ask with {% if … %} for what may be missing.";
        self.tell(name, why.line, &problem, remedy);
    }

    fn mails(&mut self) -> Option<()> {
        let acts = acts()?;
        let mut known: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let mut by_any: BTreeSet<String> = OF_PARTS.map(str::to_owned).into();
        let bot = cast::address("intro@bot.example")?;
        let zone = jiff::tz::TimeZone::UTC;
        let language = self.language;
        let voice = Voice {
            bot: &bot,
            bot_name: "Example Introductions",
            separator: Some('+'),
            time_zone: &zone,
            language,
            also: None,
        };
        let token = cast::secret().token();
        for act in &acts {
            let facts = facts::gather(&act.saying, &act.introduction, &voice, &token);
            let names = names(&facts.values);
            by_any.extend(names.iter().cloned());
            known.entry(act.saying.name()).or_default().extend(names);
        }
        for name in language.names() {
            self.names_in(name, known.get(name).unwrap_or(&by_any));
        }
        if !self.problems.is_empty() {
            return Some(());
        }
        for act in &acts {
            self.act(act, &voice, &token);
        }
        self.discretion(&voice, &token)
    }

    /// No template uses what its mail never knows.
    fn names_in(&mut self, template: &str, known: &BTreeSet<String>) {
        for used in self.language.used(template) {
            if known.contains(&used) {
                continue;
            }
            let text = self.language.text(template).unwrap_or_default();
            let line = text.lines().position(|line| line.contains(&used));
            let (parent, _) = used.rsplit_once('.').unwrap_or_default();
            let near: Vec<&str> = known
                .iter()
                .map(String::as_str)
                .filter(|name| name.rsplit_once('.').map_or("", |(p, _)| p) == parent)
                .collect();
            let remedy = format!("Known here: {}.", near.join(", "));
            let problem = format!("{used:?} is not known in this mail");
            self.tell(template, line.map(|at| at + 1), &problem, &remedy);
        }
    }

    fn act(&mut self, act: &Act, voice: &Voice<'_>, token: &str) {
        let name = act.saying.name();
        let (subject, page) = match page(&act.saying, &act.introduction, voice, token) {
            Ok(filled) => filled,
            Err(why) => return self.unfilled(name, &why),
        };
        if subject.trim().is_empty() || subject.contains(page::SIGN) {
            let remedy = "Write the subject on the first line, then an empty line.";
            self.tell(name, Some(1), "has no subject", remedy);
        }
        self.how_to_answer(act, &page, token);
        let seal = Seal {
            token,
            mark: "1.rehearsal",
        };
        let written = compose(
            &act.saying,
            &act.introduction,
            None,
            voice,
            &seal,
            cast::NOW,
        );
        if let Err(why) = written {
            self.tell(
                name,
                None,
                &why.to_string(),
                "Compare it with our own file.",
            );
        }
    }

    /// The sentence that says how, the answers at hand, the code, and the way out.
    fn how_to_answer(&mut self, act: &Act, page: &Page, token: &str) {
        let name = act.saying.name();
        let manner = manner::of(&act.saying);
        let taps: Vec<Verdict> = page.taps().into_iter().map(judged).collect();
        let wanted: &[Verdict] = match manner.taps {
            Taps::None => &[],
            Taps::YesNo => &[Verdict::Yes, Verdict::No],
            Taps::YesNoLater => &[Verdict::Yes, Verdict::No, Verdict::Later],
        };
        if taps != wanted {
            let problem = match (taps.is_empty(), wanted.is_empty()) {
                (true, _) => "has forgotten the one-tap answers".to_owned(),
                (_, true) => "offers answers, but nobody reads one to this mail".to_owned(),
                _ => format!("offers answers that are read as {taps:?}, not as {wanted:?}"),
            };
            let remedy = match wanted.is_empty() {
                true => "Take {% include \"part_answers\" %} out.",
                false => {
                    "Write {% include \"part_answers\" %} on a line of its own below the question; \
                          its words must be plain answers in a language the bot reads."
                }
            };
            let culprit = match wanted.is_empty() || taps.is_empty() {
                true => name,
                false => self.culprit(name, "part_answers"),
            };
            self.tell(culprit, self.last_line(culprit), &problem, remedy);
        }
        self.words_to_send(name, page);
        if !manner.expects_answer {
            return;
        }
        let small = page.small();
        if !small.iter().any(|line| line.contains(token)) {
            let remedy = "Write {% if code %}, then {{ small }}Code: {{ code }}, then {% endif %} at its end.";
            let line = self.last_line("part_footer");
            self.tell("part_footer", line, "has forgotten the code", remedy);
        }
        // Whoever has just stopped needs no way out.
        let stays = act.saying != Saying::ConfirmStop;
        if stays && act.saying.party() == Some(Party::Target) {
            let stop = |line: &str| {
                quoted(line)
                    .iter()
                    .any(|word| judged(word) == Verdict::Stop)
            };
            if !small.iter().any(|line| stop(line)) {
                let remedy = "Write how to get no such mail ever again, with the word to send in quotation marks.";
                let line = self.last_line("part_footer");
                self.tell("part_footer", line, "has forgotten the way out", remedy);
            }
        }
        // These expect no answer but take one.
        let optional = matches!(
            act.saying,
            Saying::TellBounced {
                introduction: true,
                ..
            } | Saying::TellHeld { .. }
                | Saying::TellStands {
                    stands: Stands::Introduced | Stands::LateYes | Stands::Over,
                    ..
                }
        );
        if !optional && page.how().iter().all(String::is_empty) {
            let remedy = "Write {{ how }} before the sentence that says how to answer.";
            let line = self.last_line(name);
            self.tell(name, line, "does not say how to answer", remedy);
        }
    }

    /// What a mail tells people to send is understood.
    fn words_to_send(&mut self, name: &str, page: &Page) {
        for word in page.how().iter().flat_map(|text| quoted(text)) {
            if command::read(&word).is_none() && judged(&word) == Verdict::Unclear {
                let problem =
                    format!("tells people to answer {word:?}, which the bot does not understand");
                let remedy = "Quote a word it knows (docs/voices.md lists them), or take the quotation marks away.";
                let text = self.language.text(name).unwrap_or_default();
                let line = text.lines().position(|line| line.contains(&word));
                self.tell(name, line.map(|at| at + 1), &problem, remedy);
            }
        }
    }

    /// Where something that was forgotten would fit.
    fn last_line(&self, name: &str) -> Option<usize> {
        self.language
            .text(name)
            .map(|text| text.lines().count().max(1))
    }

    /// The replaced file that is to blame: a part, where the mail itself is ours and includes it.
    fn culprit<'n>(&self, name: &'n str, part: &'n str) -> &'n str {
        let text = self.language.text(name).unwrap_or_default();
        match text.contains(part) {
            true => part,
            false => name,
        }
    }

    /// What the requester reads is the same, whoever was asked and whatever came of it.
    fn discretion(&mut self, voice: &Voice<'_>, token: &str) -> Option<()> {
        for (_, saying) in cast::sayings()? {
            // Of a proposal he is told who the other is.
            if saying.party() != Some(Party::Requester) || saying == Saying::Propose {
                continue;
            }
            let mut one = cast::affair(Way::Direct)?;
            let mut two = cast::affair(Way::Direct)?;
            (one.request, two.request) = (None, None);
            two.target = Some(cast::person("Zoë Quill", "zq@elsewhere.example")?);
            two.stage = Stage::Undeliverable;
            two.asked.reminded = true;
            two.asked.closing_sent = true;
            two.consents = standing();
            let (Ok((subject, one)), Ok((other, two))) = (
                page(&saying, &one, voice, token),
                page(&saying, &two, voice, token),
            ) else {
                continue;
            };
            if subject != other || one.plain(&one.boxed()) != two.plain(&two.boxed()) {
                let remedy = "Leave target, standing and closing_sent out: the requester reads the same, \
                              whoever was asked and whatever came of it.";
                self.tell(saying.name(), None, "tells the requester too much", remedy);
            }
        }
        Some(())
    }
}

/// The names of values, and of what is in them.
fn names(values: &BTreeMap<&'static str, Value>) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, value) in values {
        all.insert((*name).to_owned());
        if value.kind() == ValueKind::Map
            && let Ok(keys) = value.try_iter()
        {
            all.extend(keys.map(|key| format!("{name}.{key}")));
        }
    }
    all
}

/// How a word is read as an answer.
fn judged(word: &str) -> Verdict {
    let body = Body {
        text: word.to_owned(),
        ..Body::default()
    };
    answer::judge(&body, cast::NOW).verdict
}

/// What stands in quotation marks.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((at, open)) = rest
        .char_indices()
        .find(|(_, c)| QUOTES.iter().any(|(open, _)| open == c))
    {
        let inside = rest.get(at + open.len_utf8()..).unwrap_or_default();
        let closes = |c: char| QUOTES.contains(&(open, c));
        let Some((word, after)) = inside.split_once(closes) else {
            break;
        };
        found.push(word.trim().to_owned());
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests;
