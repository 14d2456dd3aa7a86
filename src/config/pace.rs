//! `[pace]`: how often and how long, and who is never asked.
//!
//! Fails where two times can't both hold, or a limit would be none.

use super::Pace;
use super::check::{At, Checked};
use super::raw::RawPace;
use crate::reader::address::Address;
use crate::rules::manners::Never;
use toml::Spanned;

/// Defaults of the keys that have one, as `config.example.toml` shows them.
const DEFAULT_REMIND_AFTER: &str = "5d";
const DEFAULT_CLOSE_AFTER: &str = "14d";
const DEFAULT_HOLD_YES: &str = "0s";
const DEFAULT_QUIET_AFTER: &str = "90d";
const DEFAULT_ASKS_PER_TARGET: u32 = 2;
const DEFAULT_REQUESTS_PER_REQUESTER: u32 = 10;
const DEFAULT_REQUESTS_PER_CONNECTOR: u32 = 50;
/// More than this in 30 days is no manners; it is a slip of the pen.
const MAX_ASKS_PER_TARGET: u32 = 100;
/// Beyond this a limit is none; mail providers take less.
const MAX_A_DAY: u32 = 100_000;

pub(super) fn pace(at: &At<'_>, raw: &RawPace) -> Checked<Pace> {
    let never = raw
        .remind_after
        .as_ref()
        .is_some_and(|v| v.get_ref() == "never");
    let remind_after_secs = match never {
        true => None,
        false => Some(at.duration(&raw.remind_after, "pace.remind_after", DEFAULT_REMIND_AFTER)?),
    };
    let close_after_secs =
        at.duration(&raw.close_after, "pace.close_after", DEFAULT_CLOSE_AFTER)?;
    let span = |value: &Option<Spanned<String>>| value.as_ref().map(Spanned::span);
    if close_after_secs == 0 {
        let remedy = "Write how long an ask may be answered, such as \"14d\".";
        return at.wrong(
            span(&raw.close_after),
            "pace.close_after",
            "is no time at all",
            remedy,
        );
    }
    if remind_after_secs.is_some_and(|secs| secs >= close_after_secs) {
        let span = span(&raw.remind_after).or(span(&raw.close_after));
        let remedy =
            "Make remind_after shorter than close_after, or write remind_after = \"never\".";
        return at.wrong(span, "pace.remind_after", "comes after close_after", remedy);
    }
    let asks = "pace.asks_per_target";
    let requester = "pace.requests_per_requester";
    let per_connector = "pace.requests_per_connector";
    Ok(Pace {
        remind_after_secs,
        close_after_secs,
        hold_yes_secs: at.duration(&raw.hold_yes, "pace.hold_yes", DEFAULT_HOLD_YES)?,
        asks_per_target: at
            .number(&raw.asks_per_target, asks, MAX_ASKS_PER_TARGET)?
            .unwrap_or(DEFAULT_ASKS_PER_TARGET),
        quiet_after_secs: at.duration(&raw.quiet_after, "pace.quiet_after", DEFAULT_QUIET_AFTER)?,
        requests_per_requester: at
            .number(&raw.requests_per_requester, requester, MAX_A_DAY)?
            .unwrap_or(DEFAULT_REQUESTS_PER_REQUESTER),
        requests_per_connector: at
            .number(&raw.requests_per_connector, per_connector, MAX_A_DAY)?
            .unwrap_or(DEFAULT_REQUESTS_PER_CONNECTOR),
        asks_per_connector: at.number(
            &raw.asks_per_connector,
            "pace.asks_per_connector",
            MAX_A_DAY,
        )?,
        never: never_asked(at, raw)?,
    })
}

/// Addresses, and domains as "@example.com".
fn never_asked(at: &At<'_>, raw: &RawPace) -> Checked<Vec<Never>> {
    let key = "pace.never";
    let mut all = Vec::new();
    for value in raw.never.iter().flat_map(|list| list.get_ref()) {
        let text = value.get_ref().trim();
        let Some(domain) = text.strip_prefix('@') else {
            all.push(Never::Address(at.address(value, key)?));
            continue;
        };
        match Address::parse(&format!("anybody@{domain}")) {
            Ok(address) => all.push(Never::Domain(address.domain().to_owned())),
            Err(error) => {
                let remedy = "Write an address, or a whole domain such as \"@example.com\".";
                let problem = format!("{text:?}: {error}");
                return at.wrong(Some(value.span()), key, problem, remedy);
            }
        }
    }
    Ok(all)
}
