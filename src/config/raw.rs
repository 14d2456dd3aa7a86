//! The configuration's shape, as serde reads it: keys and types, no meaning yet.
//!
//! Fails where the text is no TOML, a key is unknown or a value has the wrong type.

use super::{ConfigError, line};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

type Text = Option<Spanned<String>>;
type Texts = Option<Spanned<Vec<Spanned<String>>>>;
type Number = Option<Spanned<i64>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    pub bot: Option<Spanned<RawBot>>,
    pub imap: Option<Spanned<RawServer>>,
    pub smtp: Option<Spanned<RawServer>>,
    pub store: Option<RawStore>,
    pub trust: Option<RawTrust>,
    pub pace: Option<RawPace>,
    pub service: Option<RawService>,
    #[serde(default)]
    pub connector: Vec<Spanned<RawConnector>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBot {
    pub address: Text,
    pub name: Text,
    pub subaddressing: Text,
    pub time_zone: Text,
    pub words: Text,
    pub language: Text,
}

/// `[imap]` and `[smtp]`; what belongs to one of them alone is refused in the other by the check.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServer {
    pub host: Text,
    pub port: Number,
    pub security: Text,
    pub user: Text,
    /// A string, or a table with one key that says where the password is.
    pub password: Option<Spanned<toml::Value>>,
    pub oauth2: Option<Spanned<RawOauth2>>,
    pub ca_file: Text,
    pub mailbox: Text,
    pub junk: Text,
    pub resend_on_unknown: Text,
    pub connections: Number,
    pub per_minute: Number,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOauth2 {
    pub provider: Text,
    pub client_id: Text,
    /// As `password`.
    pub client_secret: Option<Spanned<toml::Value>>,
    pub tokens: Text,
    pub tenant: Text,
    pub authority: Text,
    pub command: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    pub path: Text,
    pub keep_bodies: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTrust {
    pub authserv_ids: Texts,
    pub require: Text,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPace {
    pub remind_after: Text,
    pub close_after: Text,
    pub hold_yes: Text,
    pub asks_per_target: Number,
    pub quiet_after: Text,
    pub requests_per_requester: Number,
    pub requests_per_connector: Number,
    pub asks_per_connector: Number,
    pub never: Texts,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawService {
    pub listen: Text,
    pub log: Text,
    pub operator: Text,
    pub alarm_after: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConnector {
    pub name: Text,
    pub addresses: Texts,
    pub contacts: Text,
    pub direct_requests: Text,
    pub language: Text,
}

/// Reads the text; errors of TOML and serde are given our form.
pub(super) fn parse(text: &str, path: &Path) -> Result<RawConfig, ConfigError> {
    toml::from_str(text).map_err(|mut error: toml::de::Error| {
        let line = error.span().map(|span| line(text, &span));
        let problem = error.message().replace('\n', ", ");
        let problem = problem.replace("expected i64", "expected a whole number");
        // Without its input the error prints the path of keys that led to it, as "in `a.b`".
        error.set_input(None);
        let shown = error.to_string();
        let mut key = shown
            .rsplit_once("in `")
            .map(|(_, rest)| rest.trim_end().trim_end_matches('`').to_owned())
            .unwrap_or_default();
        let unknown = problem.starts_with("unknown field");
        if unknown && let Some(field) = problem.split('`').nth(1) {
            let is_last = key.rsplit('.').next() == Some(field);
            key = match key.as_str() {
                "" => field.to_owned(),
                _ if is_last => key,
                parent => format!("{parent}.{field}"),
            };
        }
        ConfigError {
            path: path.to_owned(),
            line,
            key,
            problem,
            remedy: match unknown {
                true => "Take the key out, or correct its spelling.",
                false => {
                    "Text stands in quotation marks; config.example.toml shows every key with its form."
                }
            }
            .to_owned(),
        }
    })
}
