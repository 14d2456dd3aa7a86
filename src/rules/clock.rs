//! When something is due. Times are seconds since 1970; days and nights are the bot's time zone's.

use crate::rules::introduction::{Introduction, Stage};

/// The operator's pace, from `[pace]`.
#[derive(Clone)]
pub struct Pace {
    /// None: never.
    pub remind_after_secs: Option<i64>,
    pub close_after_secs: i64,
    pub hold_yes_secs: i64,
    pub asks_per_target: u32,
    pub quiet_after_secs: i64,
    /// What people may bring a connector by writing to the bot themselves.
    pub requests_per_requester: u32,
    pub requests_per_connector: u32,
    /// Asks in one connector's name in a day; None: as many as he likes.
    pub asks_per_connector: Option<u32>,
    pub time_zone: jiff::tz::TimeZone,
}

/// "Later" without a time: about a month, long enough not to press.
pub const LATER_SECS: i64 = 30 * 24 * 3600;
/// No "later" is kept beyond this; who names a later date means never.
pub const LATEST_LATER_SECS: i64 = 366 * 24 * 3600;
/// How far an out-of-office without a date moves the target's clock.
pub const ABSENCE_SECS: i64 = 7 * 24 * 3600;
/// Reminders go out between these hours of a working day.
const DAY_STARTS_HOUR: i8 = 9;
const DAY_ENDS_HOUR: i8 = 18;

/// The same moment, or the next working morning where it falls into a night or a weekend.
pub fn working_hours(at_secs: i64, time_zone: &jiff::tz::TimeZone) -> i64 {
    use jiff::civil::Weekday;
    let Ok(timestamp) = jiff::Timestamp::from_second(at_secs) else {
        return at_secs;
    };
    let mut moment = timestamp.to_zoned_datetime(time_zone.clone());
    for _ in 0..4 {
        let weekend = matches!(moment.weekday(), Weekday::Saturday | Weekday::Sunday);
        let next_day = weekend || moment.hour() >= DAY_ENDS_HOUR;
        if !next_day && moment.hour() >= DAY_STARTS_HOUR {
            break;
        }
        let day = match next_day {
            true => moment.date().tomorrow(),
            false => Ok(moment.date()),
        };
        let morning = day.and_then(|day| {
            day.at(DAY_STARTS_HOUR, 0, 0, 0)
                .to_zoned_datetime(time_zone.clone())
        });
        match morning {
            Ok(morning) => moment = morning,
            Err(_) => return at_secs,
        }
    }
    moment.timestamp().as_second()
}

/// The ask has not left yet: nobody is reminded of it or given up for it; looked at again in a day.
pub fn stand_still(introduction: &mut Introduction, now_secs: i64) {
    const AGAIN_SECS: i64 = 24 * 3600;
    let clock = &mut introduction.clock;
    for due in [&mut clock.remind_at_secs, &mut clock.close_at_secs] {
        if due.is_some_and(|at| at <= now_secs) {
            *due = Some(now_secs + AGAIN_SECS);
        }
    }
}

/// When this introduction wants to be looked at next; None: time changes nothing any more.
pub fn next_wake_secs(introduction: &Introduction) -> Option<i64> {
    let clock = &introduction.clock;
    let closing = match (introduction.stage, introduction.asked.closing_sent) {
        (Stage::Introduced, _) | (_, true) => None,
        (_, false) => clock.closing_at_secs,
    };
    let own = match introduction.stage {
        // While a yes is held nothing else is waited for.
        Stage::Asked if clock.introduce_at_secs.is_some() => [clock.introduce_at_secs, None, None],
        Stage::Asked => [clock.remind_at_secs, clock.close_at_secs, None],
        Stage::WaitingForConnector | Stage::WaitingForRequester | Stage::Confirming => {
            [clock.close_at_secs, None, None]
        }
        Stage::Deferred => [clock.again_at_secs, None, None],
        Stage::Introduced
        | Stage::Declined
        | Stage::Closed
        | Stage::Cancelled
        | Stage::Undeliverable => [None, None, None],
    };
    own.into_iter().flatten().chain(closing).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    #[test]
    fn reminders_wait_for_a_working_morning() {
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        // Saturday noon, Sunday night and Monday at five all become Monday, nine o'clock.
        for moment in [
            "2026-11-21T11:00:00Z",
            "2026-11-22T23:00:00Z",
            "2026-11-23T04:00:00Z",
        ] {
            assert_eq!(
                working_hours(at(moment), &berlin),
                at("2026-11-23T08:00:00Z"),
                "{moment}"
            );
        }
        let tuesday = at("2026-11-24T10:15:00Z");
        assert_eq!(working_hours(tuesday, &berlin), tuesday);
        // Friday evening waits for Monday.
        assert_eq!(
            working_hours(at("2026-11-20T18:00:00Z"), &berlin),
            at("2026-11-23T08:00:00Z")
        );
    }
}
