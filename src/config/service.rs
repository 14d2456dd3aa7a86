//! `[service]`: the page of figures, the log's form, and who is told when something is wrong.
//!
//! Fails where the page would be open to others than this machine, or the bot would write to itself.

use super::check::{At, Checked};
use super::raw::RawService;
use super::{Bot, Log, Service};
use std::net::SocketAddr;
use toml::Spanned;

/// Longer than a provider's short outages and a router's restart.
const DEFAULT_ALARM_AFTER: &str = "30m";

pub(super) fn service(at: &At<'_>, raw: &RawService, bot: &Bot) -> Checked<Service> {
    let operator = raw.operator.as_ref();
    let operator = operator
        .map(|value| at.address(value, "service.operator"))
        .transpose()?;
    if operator
        .as_ref()
        .is_some_and(|o| o.is_or_extends(&bot.address, '+'))
    {
        let span = raw.operator.as_ref().map(Spanned::span);
        let remedy = "Name a person's address; it hears when mail can't be read or sent.";
        return at.wrong(span, "service.operator", "is the bot itself", remedy);
    }
    Ok(Service {
        listen: listen(at, &raw.listen)?,
        log: at.choice(
            &raw.log,
            "service.log",
            &[("text", Log::Text), ("json", Log::Json)],
            Log::Text,
        )?,
        operator,
        alarm_after_secs: at.duration(
            &raw.alarm_after,
            "service.alarm_after",
            DEFAULT_ALARM_AFTER,
        )?,
    })
}

fn listen(at: &At<'_>, value: &Option<Spanned<String>>) -> Checked<Option<SocketAddr>> {
    let Some(value) = value.as_ref().filter(|value| !value.get_ref().is_empty()) else {
        return Ok(None);
    };
    match value.get_ref().parse::<SocketAddr>() {
        Ok(listen) if listen.ip().is_loopback() => Ok(Some(listen)),
        _ => {
            let problem = format!(
                "{:?} is no address and port of this machine itself",
                value.get_ref()
            );
            let remedy = "Write one such as \"127.0.0.1:9525\" or \"[::1]:9525\"; \
                          to show it to others, put a proxy before it.";
            at.wrong(Some(value.span()), "service.listen", problem, remedy)
        }
    }
}
