//! Finds the days and spans in a sentence and says which day they mean.
//!
//! Never fails: what is no real day is no stretch; what may mean two days has no date.

use crate::reader::answer::grammar::{Builtin, Shapes};
use crate::reader::answer::lexer::Shape;
use crate::reader::answer::matcher::{self, Matcher, Seen, Stretch};
use crate::reader::answer::tables::{Language, Says, Span, Unit};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan, tz::TimeZone};

/// A day further off than this is a postponement, not a proposal for a call.
const NEAR_DAYS: i32 = 21;
/// Spans longer than this are no answer to anything (years).
const MAX_YEARS: u32 = 10;

/// Words between `end` and the month: `the end of the`.
const MAX_EDGE: usize = 3;

/// A day or span in the text.
#[derive(Clone, Copy, Debug)]
pub struct Day {
    pub start: usize,
    pub end: usize,
    pub far: bool,
    pub date: Option<Date>,
}

/// The day in UTC; the earliest day there is where the clock is nonsense.
pub fn today(now_secs: i64) -> Date {
    jiff::Timestamp::from_second(now_secs)
        .map(|t| TimeZone::UTC.to_datetime(t).date())
        .unwrap_or(Date::constant(1970, 1, 1))
}

/// The days and spans, and the stretches that patterns can name.
pub fn look(language: &Language, tokens: &[Seen], today: Date) -> (Vec<Day>, Vec<Stretch>) {
    if !tokens
        .iter()
        .any(|token| shapes(language, token) & DAYS != 0)
    {
        return (Vec::new(), Vec::new());
    }
    let days = find(language, tokens, today);
    let stretches = stretches(language, tokens, &days);
    (days, stretches)
}

fn find(language: &Language, tokens: &[Seen], today: Date) -> Vec<Day> {
    let mut days = Vec::new();
    // From left to right: `10 January` is one day, and not January as well.
    let mut start = 0;
    while start < tokens.len() {
        match calendar_day(language, tokens, start, today) {
            Some(day) => {
                start = day.end.max(start + 1);
                days.push(day);
            }
            None => start += 1,
        }
    }
    let numbers = number_words(language, tokens);
    let matcher = Matcher::new(language, tokens, &numbers);
    for start in 0..tokens.len() {
        for index in language.spans.at(matcher.standing(start)) {
            let Some(rule) = language.rules.get(index) else {
                continue;
            };
            let Says::Span(span) = rule.says else {
                continue;
            };
            for end in matcher::places(start, matcher.ends(rule.row, start)) {
                let counted = tokens.get(start..end).unwrap_or_default();
                let count = counted.iter().find_map(|t| number(language, t));
                days.push(spanned(span, count, start, end, today));
            }
        }
    }
    days
}

/// Where a day or a span stands.
const DAYS: Shapes = Builtin::Near.bit() | Builtin::Far.bit();

/// What may stand where this token does, whatever stands behind it, but for names.
pub fn shapes(language: &Language, token: &Seen) -> Shapes {
    let mut shapes = matcher::shapes(token.shape);
    if !language.dated.may_have(token.id) {
        let days = Builtin::Number.bit() | language.spans.shapes();
        return match shapes & days != 0 || matches!(token.shape, Shape::Date { .. }) {
            true => shapes | DAYS,
            false => shapes,
        };
    }
    if language.numbers.contains_key(&token.id) {
        shapes |= Builtin::Number.bit();
    }
    if shapes & (Builtin::Number.bit() | language.spans.shapes()) != 0
        || matches!(token.shape, Shape::Date { .. })
        || language.spans.may_begin(token.id)
    {
        shapes |= DAYS;
    }
    if language.months.contains_key(&token.id) {
        shapes |= DAYS | Builtin::Month.bit();
    }
    shapes
}

fn stretches(language: &Language, tokens: &[Seen], days: &[Day]) -> Vec<Stretch> {
    let mut all = number_words(language, tokens);
    all.extend(days.iter().map(|day| Stretch {
        start: day.start,
        end: day.end,
        what: match day.far {
            true => Builtin::Far,
            false => Builtin::Near,
        },
    }));
    for (start, token) in tokens.iter().enumerate() {
        if language
            .months
            .get(&token.id)
            .is_some_and(|month| *month > 0)
        {
            all.push(Stretch {
                start,
                end: start + 1,
                what: Builtin::Month,
            });
        }
    }
    all
}

fn number_words(language: &Language, tokens: &[Seen]) -> Vec<Stretch> {
    let words = tokens.iter().enumerate();
    words
        .filter(|(_, token)| language.numbers.contains_key(&token.id))
        .map(|(start, _)| Stretch {
            start,
            end: start + 1,
            what: Builtin::Number,
        })
        .collect()
}

fn number(language: &Language, token: &Seen) -> Option<u32> {
    match token.shape {
        Shape::Number(n) => Some(n),
        _ => language.numbers.get(&token.id).copied(),
    }
}

fn spanned(span: Span, count: Option<u32>, start: usize, end: usize, today: Date) -> Day {
    let (date, far) = match span {
        Span::Next(unit) => (next(unit, today), unit > Unit::Week),
        Span::Quarter(n) => {
            let month = i8::try_from(n).map_or(1, |n| n.saturating_mul(3).saturating_sub(2));
            (resolve(None, month, 1, today), true)
        }
        Span::On(month, day) => {
            let date = resolve(None, month, day, today);
            (date, date.is_some_and(|d| on(start, end, d, today).far))
        }
        Span::From(fixed, unit) => {
            let count = fixed.map(u32::from).or(count).unwrap_or(1);
            (from_now(count, unit, today), unit > Unit::Day || count > 6)
        }
    };
    Day {
        start,
        end,
        far,
        date,
    }
}

fn from_now(count: u32, unit: Unit, today: Date) -> Option<Date> {
    let n = i64::from(count);
    let years = match unit {
        Unit::Day => n / 365,
        Unit::Week => n / 52,
        Unit::Month => n / 12,
        Unit::Quarter => n / 4,
        Unit::Year => n,
    };
    if years > i64::from(MAX_YEARS) {
        return None;
    }
    let span = match unit {
        Unit::Day => n.days(),
        Unit::Week => n.weeks(),
        Unit::Month => n.months(),
        Unit::Quarter => (n * 3).months(),
        Unit::Year => n.years(),
    };
    today.checked_add(span).ok()
}

/// The first day of the next week, month, quarter or year.
fn next(unit: Unit, today: Date) -> Option<Date> {
    match unit {
        Unit::Day => today.tomorrow().ok(),
        Unit::Week => {
            let weekday = i64::from(today.weekday().to_monday_zero_offset());
            today
                .checked_add(SignedDuration::from_hours(24 * (7 - weekday)))
                .ok()
        }
        Unit::Month => today.first_of_month().checked_add(1.month()).ok(),
        Unit::Quarter => {
            let into = i64::from((today.month() - 1) % 3);
            today.first_of_month().checked_add((3 - into).months()).ok()
        }
        Unit::Year => today.first_of_year().checked_add(1.year()).ok(),
    }
}

fn calendar_day(language: &Language, tokens: &[Seen], start: usize, today: Date) -> Option<Day> {
    let words = Words {
        language,
        tokens,
        start,
    };
    if let Some(day) = words.month_by_sign(today) {
        return Some(day);
    }
    if let Some(Shape::Date {
        year,
        first,
        second,
    }) = words.at(0).map(|t| t.shape)
    {
        return written_day(start, year, first, second, today);
    }
    if let Some(day) = words.day(0)
        && let Some(month) = words.month(1 + words.of(1))
    {
        let end = 2 + words.of(1);
        let year = words.year(end + words.of(end));
        let end = start + end + year.map_or(0, |_| 1 + words.of(end));
        return Some(on(start, end, resolve(year, month, day, today)?, today));
    }
    words.month_first(today)
}

/// What stands where a date may begin, by its place behind the first word.
struct Words<'a> {
    language: &'a Language,
    tokens: &'a [Seen],
    start: usize,
}

impl Words<'_> {
    fn at(&self, place: usize) -> Option<&Seen> {
        self.tokens.get(self.start + place)
    }

    /// The month of this name; zero: the sign that stands behind its number.
    fn listed(&self, place: usize) -> Option<i8> {
        self.language.months.get(&self.at(place)?.id).copied()
    }

    fn month(&self, place: usize) -> Option<i8> {
        self.listed(place).filter(|month| *month > 0)
    }

    fn day(&self, place: usize) -> Option<i8> {
        match self.at(place)?.shape {
            Shape::Number(n @ 1..=31) => i8::try_from(n).ok(),
            _ => None,
        }
    }

    fn year(&self, place: usize) -> Option<i16> {
        match self.at(place)?.shape {
            Shape::Number(n @ 2000..=2100) => i16::try_from(n).ok(),
            _ => None,
        }
    }

    /// How many words between the parts of a date stand here: none or one.
    fn of(&self, place: usize) -> usize {
        usize::from(
            self.at(place)
                .is_some_and(|t| self.language.of.contains(&t.id)),
        )
    }

    /// `2月`, `2월`, perhaps with a day behind it.
    fn month_by_sign(&self, today: Date) -> Option<Day> {
        if self.listed(1) != Some(0) {
            return None;
        }
        let month @ 1..=12 = number(self.language, self.at(0)?)? else {
            return None;
        };
        let month = i8::try_from(month).ok()?;
        let day = self.day(2);
        let behind = self.start + 2;
        let signs = self.tokens.len().saturating_sub(behind);
        let end = behind + day.map_or(0, |_| 2).min(signs);
        let date = resolve(None, month, day.unwrap_or(1), today);
        Some(Day {
            start: self.start,
            end,
            far: day.is_none() || date.is_some_and(|d| on(self.start, end, d, today).far),
            date,
        })
    }

    /// `March 3`, `March 2027`, `end of March`.
    fn month_first(&self, today: Date) -> Option<Day> {
        let start = self.start;
        let month = self.month(0)?;
        if let Some(day) = self.day(1) {
            let year = self.year(2);
            let end = start + 2 + usize::from(year.is_some());
            return Some(on(start, end, resolve(year, month, day, today)?, today));
        }
        let year = self.year(1);
        let end = start + 1 + usize::from(year.is_some());
        if let Some(day) = edge(self.language, self.tokens, start) {
            let date = resolve(year, month, day, today);
            return Some(Day {
                start,
                end,
                far: date.is_none_or(|d| on(start, end, d, today).far),
                date,
            });
        }
        let this_month = year.is_none_or(|y| y == today.year()) && month == today.month();
        Some(Day {
            start,
            end,
            far: true,
            date: match this_month {
                true => None,
                false => resolve(year, month, 1, today),
            },
        })
    }
}

/// The day that `mid` or `end of` before a month means.
fn edge(language: &Language, tokens: &[Seen], month: usize) -> Option<i8> {
    let before = tokens.get(month.saturating_sub(MAX_EDGE)..month)?;
    let mut before = before.iter().rev();
    let word = before.find(|t| !language.of.contains(&t.id))?;
    language.edges.get(&word.id).copied()
}

fn on(start: usize, end: usize, date: Date, today: Date) -> Day {
    let days = (date - today).get_days();
    Day {
        start,
        end,
        far: days > NEAR_DAYS,
        date: Some(date),
    }
}

fn written_day(start: usize, year: i16, first: i8, second: i8, today: Date) -> Option<Day> {
    let year = (year > 0).then_some(year);
    let date = resolve(year, second, first, today);
    // `3/4` is April in most countries and March in one.
    let other = match first <= 12 && first != second && year.is_none() {
        true => resolve(year, first, second, today),
        false => date,
    };
    let end = start + 1;
    match (date, other) {
        (Some(date), Some(other)) if date == other => Some(on(start, end, date, today)),
        (Some(date), Some(other)) => Some(Day {
            date: None,
            far: on(start, end, date, today).far || on(start, end, other, today).far,
            start,
            end,
        }),
        (Some(date), None) => Some(on(start, end, date, today)),
        (None, _) => None,
    }
}

/// The day in the given year, else its next occurrence.
fn resolve(year: Option<i16>, month: i8, day: i8, today: Date) -> Option<Date> {
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => {
            let this = Date::new(today.year(), month, day).ok()?;
            match this < today {
                true => Date::new(today.year() + 1, month, day).ok(),
                false => Some(this),
            }
        }
    }
}
