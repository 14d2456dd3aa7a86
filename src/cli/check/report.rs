//! What a check found: printed line by line for a person, or as one JSON object for a machine.
//!
//! Cannot fail; that a problem was found is its result.

use crate::cli::screen::{Screen, Tint};
use crate::cli::{Failure, print, screen};
use serde::Serialize;
use serde_json::json;

/// In front of what a line says.
const INDENT: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Good,
    /// Neither good nor bad, but worth knowing.
    Note,
    /// It works, less well than it could.
    Warning,
    /// It does not work.
    Problem,
}

#[derive(Serialize)]
struct Finding {
    level: Level,
    about: &'static str,
    says: String,
    remedy: Option<String>,
}

/// A line that could stand in the configuration.
#[derive(Serialize)]
struct Offer {
    section: &'static str,
    line: String,
    why: String,
}

pub struct Report {
    screen: Screen,
    json: bool,
    findings: Vec<Finding>,
    offers: Vec<Offer>,
    /// `run` would not start: status 2.
    wrong: bool,
}

impl Report {
    pub fn new(json: bool) -> Report {
        Report {
            screen: Screen::here(),
            json,
            findings: Vec::new(),
            offers: Vec::new(),
            wrong: false,
        }
    }

    pub fn is_for_a_machine(&self) -> bool {
        self.json
    }

    pub fn good(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(Level::Good, about, says.into(), None);
    }

    pub fn note(&mut self, about: &'static str, says: impl Into<String>) {
        self.add(Level::Note, about, says.into(), None);
    }

    pub fn warning(
        &mut self,
        about: &'static str,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(Level::Warning, about, says.into(), Some(remedy.into()));
    }

    pub fn problem(
        &mut self,
        about: &'static str,
        says: impl Into<String>,
        remedy: Option<String>,
    ) {
        self.add(Level::Problem, about, says.into(), remedy);
    }

    /// A problem that keeps `run` from starting.
    pub fn wrong_configuration(
        &mut self,
        about: &'static str,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.wrong = true;
        self.problem(about, says, Some(remedy.into()));
    }

    pub fn offer(
        &mut self,
        section: &'static str,
        line: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.offers.push(Offer {
            section,
            line: line.into(),
            why: why.into(),
        });
    }

    fn add(&mut self, level: Level, about: &'static str, says: String, remedy: Option<String>) {
        if !self.json {
            let (mark, tint) = match level {
                Level::Good => ("ok", Tint::Good),
                Level::Note => ("--", Tint::Faint),
                Level::Warning => ("!", Tint::Doubtful),
                Level::Problem => ("FAIL", Tint::Bad),
            };
            let mark = self.screen.tint(tint, &format!("{mark:<4}"));
            let mut text = format!(
                "{mark} {about:<14} {}\n",
                self.screen.wrapped(&says, INDENT)
            );
            if let Some(remedy) = &remedy {
                let remedy = self.screen.wrapped(remedy, INDENT + 3);
                text += &format!("{}-> {remedy}\n", " ".repeat(INDENT));
            }
            match level {
                Level::Problem => eprint!("{text}"),
                Level::Good | Level::Note | Level::Warning => print(&text),
            }
        }
        self.findings.push(Finding {
            level,
            about,
            says,
            remedy,
        });
    }

    fn count(&self, level: Level) -> usize {
        let of_level = self
            .findings
            .iter()
            .filter(|finding| finding.level == level);
        of_level.count()
    }

    /// The last words, and whether the command succeeded.
    pub fn finish(self, sent: usize) -> Result<(), Failure> {
        let problems = self.count(Level::Problem);
        if self.json {
            let object = json!({
                "ok": problems == 0,
                "mails_sent": sent,
                "findings": self.findings,
                "offers": self.offers,
            });
            print(&format!("{object:#}\n"));
        } else {
            print(&self.offered());
            let sent = match sent {
                0 => "Nothing was sent.".to_owned(),
                _ => format!("{} to the bot itself.", screen::counted(sent, "mail")),
            };
            let warnings = match self.count(Level::Warning) {
                0 => String::new(),
                count => format!(" {}.", screen::counted(count, "warning")),
            };
            if problems == 0 {
                print(&format!(
                    "Everything is ready for `askfirst run`.{warnings} {sent}\n"
                ));
            }
        }
        let found = format!("{} found", screen::counted(problems, "problem"));
        match problems {
            0 => Ok(()),
            _ if self.wrong => Err(Failure::Usage(found)),
            _ => Err(Failure::Failed(found)),
        }
    }

    fn offered(&self) -> String {
        if self.offers.is_empty() {
            return String::new();
        }
        let mut text = String::from("\nLines for the configuration, by what was seen:\n\n");
        let mut section = "";
        for offer in &self.offers {
            if offer.section != section {
                section = offer.section;
                text += &format!("  [{section}]\n");
            }
            let why = self.screen.wrapped(&offer.why, 4);
            let why = why.replace("\n    ", "\n  # ");
            text += &format!("  # {why}\n  {}\n", offer.line);
        }
        text.push('\n');
        text
    }
}
