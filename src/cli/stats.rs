//! `askfirst stats`: how many were asked, what they said, how long it took; as figures or as JSON.
//!
//! Fails where there is no database yet. Counts introductions, never people.

use crate::cli::screen::{self, Screen, Tint};
use crate::cli::{Failure, desk, now_secs, print};
use crate::config::Config;
use crate::rules::introduction::{Introduction, Stage};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

/// Upper ends of the bars, in seconds; the last bar has none.
const BARS: [(i64, &str); 6] = [
    (3_600, "within an hour"),
    (4 * 3_600, "within 4 hours"),
    (86_400, "within a day"),
    (3 * 86_400, "within 3 days"),
    (7 * 86_400, "within a week"),
    (14 * 86_400, "within 2 weeks"),
];
/// Columns of the longest bar.
const MAX_BAR: usize = 40;
/// Weeks that are drawn.
const WEEKS: i64 = 12;
const WEEK_SECS: i64 = 7 * 86_400;

/// What `--json` gives; the text says the same.
#[derive(Serialize, Default, Debug, PartialEq, Eq)]
struct Figures {
    /// Introductions that were begun, however they ended.
    begun: usize,
    /// Of these, the target was asked.
    asked: usize,
    yes: usize,
    no: usize,
    /// Said later, and not yet asked again.
    later: usize,
    /// Wants no such mail.
    stop: usize,
    /// Was asked and did not answer in time.
    silent: usize,
    /// May still answer.
    open: usize,
    undeliverable: usize,
    cancelled: usize,
    introduced: usize,
    /// From the ask to the first answer, in seconds.
    answer_secs: Option<Spread>,
    /// Answers by the time they took.
    answers: Vec<Bar>,
    /// The last weeks, the oldest first.
    weeks: Vec<Week>,
}

#[derive(Serialize, Debug, PartialEq, Eq)]
struct Spread {
    fastest: i64,
    median: i64,
    slowest: i64,
}

#[derive(Serialize, Debug, PartialEq, Eq)]
struct Bar {
    /// None: longer than all before.
    up_to_secs: Option<i64>,
    count: usize,
}

#[derive(Serialize, Debug, PartialEq, Eq)]
struct Week {
    weeks_ago: i64,
    asked: usize,
    introduced: usize,
}

pub fn run(config: Option<&Path>, json: bool, since: Option<&str>) -> Result<(), Failure> {
    let now = now_secs();
    let since_secs = match since {
        None => i64::MIN,
        Some(text) => match Config::duration_secs(text) {
            Some(secs) => now - secs,
            None => {
                return Err(Failure::Usage(format!(
                    "--since {text:?} is no duration; write one such as 30d or 12w"
                )));
            }
        },
    };
    let desk = desk(config)?;
    let mut count = Count::begin(&desk.answers_given()?, now);
    desk.each(true, |introduction| {
        if introduction.created_at_secs >= since_secs {
            count.add(&introduction);
        }
    })?;
    let figures = count.end();
    if json {
        let json = serde_json::to_string_pretty(&figures);
        let json = json.map_err(|error| Failure::Failed(error.to_string()))?;
        print(&format!("{json}\n"));
        return Ok(());
    }
    print(&text(&figures, Screen::here(), since));
    Ok(())
}

/// Introductions are counted one by one: a million may not fit into memory.
struct Count {
    figures: Figures,
    now: i64,
    /// When each target answered first.
    first: HashMap<i64, i64>,
    /// Whose last answer was a stop.
    stopped: HashSet<i64>,
    took: Vec<i64>,
}

impl Count {
    fn begin(answers: &[(i64, i64, String)], now: i64) -> Count {
        let mut first: HashMap<i64, i64> = HashMap::new();
        let mut stopped = HashSet::new();
        for (id, at, event) in answers {
            first.entry(*id).or_insert(*at);
            match event.as_str() {
                "target: stop" => stopped.insert(*id),
                _ => stopped.remove(id),
            };
        }
        let weeks = (0..WEEKS).rev().map(|weeks_ago| Week {
            weeks_ago,
            asked: 0,
            introduced: 0,
        });
        Count {
            figures: Figures {
                weeks: weeks.collect(),
                ..Figures::default()
            },
            now,
            first,
            stopped,
            took: Vec::new(),
        }
    }

    fn add(&mut self, introduction: &Introduction) {
        let figures = &mut self.figures;
        figures.begun += 1;
        let introduced = introduction.stage == Stage::Introduced;
        figures.introduced += usize::from(introduced);
        figures.cancelled += usize::from(introduction.stage == Stage::Cancelled);
        if introduced {
            figures.week(self.now - introduction.updated_at_secs, |week| {
                week.introduced += 1
            });
        }
        let Some(asked_at) = introduction.clock.asked_at_secs else {
            return;
        };
        figures.asked += 1;
        figures.week(self.now - asked_at, |week| week.asked += 1);
        if let Some(at) = self.first.get(&introduction.id) {
            self.took.push((at - asked_at).max(0));
        }
        match introduction.stage {
            _ if introduction.consents.target.is_some() => figures.yes += 1,
            _ if self.stopped.contains(&introduction.id) => figures.stop += 1,
            Stage::Declined => figures.no += 1,
            Stage::Deferred => figures.later += 1,
            Stage::Undeliverable => figures.undeliverable += 1,
            Stage::Closed => figures.silent += 1,
            Stage::Asked
            | Stage::Confirming
            | Stage::WaitingForConnector
            | Stage::WaitingForRequester => figures.open += 1,
            Stage::Introduced | Stage::Cancelled => {}
        }
    }

    fn end(mut self) -> Figures {
        self.took.sort_unstable();
        self.figures.answer_secs = spread(&self.took);
        self.figures.answers = bars(&self.took);
        self.figures
    }
}

impl Figures {
    fn week(&mut self, age_secs: i64, count: impl FnOnce(&mut Week)) {
        let ago = age_secs.max(0) / WEEK_SECS;
        if let Some(week) = self.weeks.iter_mut().find(|week| week.weeks_ago == ago) {
            count(week);
        }
    }
}

fn spread(sorted: &[i64]) -> Option<Spread> {
    Some(Spread {
        fastest: *sorted.first()?,
        median: *sorted.get(sorted.len() / 2)?,
        slowest: *sorted.last()?,
    })
}

fn bars(took: &[i64]) -> Vec<Bar> {
    let mut from = i64::MIN;
    let mut bars: Vec<Bar> = Vec::new();
    let ends = BARS.iter().map(|(end, _)| Some(*end)).chain([None]);
    for end in ends {
        let to = end.unwrap_or(i64::MAX);
        let count = took
            .iter()
            .filter(|secs| **secs > from && **secs <= to)
            .count();
        bars.push(Bar {
            up_to_secs: end,
            count,
        });
        from = to;
    }
    bars
}

fn text(figures: &Figures, screen: Screen, since: Option<&str>) -> String {
    if figures.begun == 0 {
        return "There is no introduction yet.\n".to_owned();
    }
    let since = since.map_or(String::new(), |since| format!(" in the last {since}"));
    let begun = screen::counted(figures.begun, "introduction");
    let mut text = format!("{begun} begun{since}, {} asked.\n\n", figures.asked);
    let rows = [
        ("yes", figures.yes, Tint::Good),
        ("no", figures.no, Tint::Bad),
        ("later", figures.later, Tint::Doubtful),
        ("stop", figures.stop, Tint::Bad),
        ("silent", figures.silent, Tint::Faint),
        ("may still answer", figures.open, Tint::Doubtful),
        ("undeliverable", figures.undeliverable, Tint::Bad),
    ];
    let longest = rows.iter().map(|(_, count, _)| *count).max().unwrap_or(0);
    for (name, count, tint) in rows {
        let bar = screen.tint(tint, &bar(count, longest, screen));
        let line = format!("  {name:<17} {count:>4}  {bar}");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let _ = writeln!(
        text,
        "\n{} introduced, {} called off.",
        figures.introduced, figures.cancelled
    );
    if let Some(spread) = &figures.answer_secs {
        let line = format!(
            "First answers came after {} in the middle; the fastest after {}, the slowest after {}.",
            screen::span(spread.median),
            screen::span(spread.fastest),
            screen::span(spread.slowest)
        );
        let _ = writeln!(text, "\n{}\n", screen.wrapped(&line, 0));
        let longest = figures
            .answers
            .iter()
            .map(|bar| bar.count)
            .max()
            .unwrap_or(0);
        for (at, counted) in figures.answers.iter().enumerate() {
            let name = BARS.get(at).map_or("later", |(_, name)| *name);
            let bar = screen.tint(Tint::Good, &bar(counted.count, longest, screen));
            let line = format!("  {name:<17} {:>4}  {bar}", counted.count);
            let _ = writeln!(text, "{}", line.trim_end());
        }
    }
    let weeks = format!(
        "Asks in the last {WEEKS} weeks, the oldest first: {}",
        spark(figures)
    );
    let _ = writeln!(text, "\n{}", screen.wrapped(&weeks, 0));
    text
}

/// A bar of whole and part blocks.
fn bar(count: usize, longest: usize, screen: Screen) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let room = screen.text_columns().saturating_sub(28).clamp(4, MAX_BAR);
    if longest == 0 {
        return String::new();
    }
    let eighths = (count * room * 8).div_ceil(longest);
    let part = PARTS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{part}", "█".repeat(eighths / 8))
}

fn spark(figures: &Figures) -> String {
    const HEIGHTS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = figures
        .weeks
        .iter()
        .map(|week| week.asked)
        .max()
        .unwrap_or(0);
    let mark = |week: &Week| {
        let height = (week.asked * 8).div_ceil(most.max(1));
        HEIGHTS.get(height).copied().unwrap_or('█')
    };
    figures.weeks.iter().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_hold_every_answer_once() {
        let bars = bars(&[0, 3_600, 3_601, 86_400, 30 * 86_400]);
        let counts: Vec<usize> = bars.iter().map(|bar| bar.count).collect();
        assert_eq!(counts, [2, 1, 1, 0, 0, 0, 1]);
    }

    #[test]
    fn a_count_that_is_not_zero_has_a_bar() {
        let screen = Screen {
            columns: Some(80),
            colour: false,
        };
        assert_eq!(bar(0, 1_000, screen), "");
        assert!(!bar(1, 1_000, screen).is_empty());
        assert_eq!(bar(7, 7, screen), "█".repeat(MAX_BAR));
    }
}
