//! What a report carries: the rows of what is open, with their ages, and whose pause holds mail back.
//!
//! Cannot fail: somebody who is not known is none, and the template says "somebody".

use crate::rules::report::{Open, Pause, Report};
use crate::writer::Voice;
use crate::writer::facts::{Facts, person};
use minijinja::value::Value;

/// Adds what the template of a report may use; every value is there in every report.
pub fn add(facts: &mut Facts, report: &Report, voice: &Voice<'_>) {
    let (name, pause) = match report {
        Report::Status { pause, .. } => ("status", *pause),
        Report::Help => ("help", Pause::None),
        Report::NotUnderstood => ("not_understood", Pause::None),
        Report::InCopy => ("in_copy", Pause::None),
        Report::Paused => ("paused", Pause::Own),
        Report::Running { pause } => ("running", *pause),
        Report::WhichOne => ("which_one", Pause::None),
        Report::LeftAside => ("left_aside", Pause::None),
        Report::Uncertain { .. } => ("uncertain", Pause::None),
    };
    let (open, more): (&[Open], usize) = match report {
        Report::Status { open, more, .. } => (open, *more),
        _ => (&[], 0),
    };
    facts.set("what", name);
    facts.set("pause", pause.name());
    facts.set("count", open.len() + more);
    facts.set("more", more);
    let rows: Vec<Value> = open.iter().map(|one| row(one, voice)).collect();
    facts.set("open", rows);
    let of_introduction = matches!(report, Report::Uncertain { introduction: true });
    facts.set("of_introduction", of_introduction);
}

fn row(one: &Open, voice: &Voice<'_>) -> Value {
    let again = one.again_at_secs.and_then(|secs| {
        let at = jiff::Timestamp::from_second(secs).ok()?;
        let day = at.to_zoned_datetime(voice.time_zone.clone()).date();
        voice.language.date(day).ok()
    });
    minijinja::context! {
        id => one.id,
        requester => person(one.requester.as_ref(), false),
        target => person(one.target.as_ref(), false),
        awaits => one.awaits.name(),
        days => one.days,
        again_date => again,
    }
}
