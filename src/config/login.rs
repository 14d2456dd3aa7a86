//! What opens a mail server: where a password is, or as what OAuth2 signs in.
//!
//! Fails where a source has the wrong form, or a token would travel unprotected.

use super::check::{At, Checked};
use super::password::{Password, Secret};
use super::raw::RawOauth2;
use super::value::is_loopback;
use super::{Login, Provider, SignIn};
use toml::Spanned;

/// Accounts of every organisation, and personal ones.
const DEFAULT_TENANT: &str = "common";

pub(super) fn password(at: &At<'_>, value: &Spanned<toml::Value>, key: &str) -> Checked<Password> {
    let span = Some(value.span());
    let remedy = "Write a string, or one of { env = \"NAME\" }, { file = \"PATH\" }, \
                  { command = [\"pass\", \"intro\"] }, { credential = \"NAME\" }.";
    let table = match value.get_ref() {
        toml::Value::String(text) if text.is_empty() || text.contains(['\r', '\n', '\0']) => {
            return at.wrong(span, key, "is empty or not one line", remedy);
        }
        toml::Value::String(text) => return Ok(Password::Plain(Secret::new(text.clone()))),
        toml::Value::Table(table) => table,
        _ => {
            return at.wrong(span, key, "is neither text nor a source", remedy);
        }
    };
    let mut entries = table.iter();
    let (Some((source, held)), None) = (entries.next(), entries.next()) else {
        return at.wrong(span, key, "needs exactly one source", remedy);
    };
    let text = held.as_str().filter(|text| !text.is_empty());
    let name = text.filter(|name| !name.contains(['/', '\\', '=', '\0']));
    let words = held.as_array().and_then(|words| {
        let words: Option<Vec<String>> = words
            .iter()
            .map(|w| w.as_str().map(str::to_owned))
            .collect();
        words.filter(|words| words.first().is_some_and(|program| !program.is_empty()))
    });
    let found = match source.as_str() {
        "env" => name.map(|name| Password::Env(name.to_owned())),
        "credential" => name.map(|name| Password::Credential(name.to_owned())),
        "file" => text.map(|path| Password::File(at.join(path))),
        "command" => words.map(Password::Command),
        _ => return at.wrong(span, &format!("{key}.{source}"), "unknown source", remedy),
    };
    match found {
        Some(password) => Ok(password),
        None => at.wrong(
            span,
            &format!("{key}.{source}"),
            "has the wrong form",
            remedy,
        ),
    }
}

pub(super) fn oauth2(
    at: &At<'_>,
    value: &Spanned<RawOauth2>,
    user: String,
    key: &str,
) -> Checked<Login> {
    let (table, raw) = (value.span(), value.get_ref());
    let named = |name: &str| format!("{key}.{name}");
    if let Some(words) = &raw.command {
        let alone = raw.provider.is_none() && raw.client_id.is_none();
        let fits = words.get_ref().first().is_some_and(|word| !word.is_empty());
        if !alone || !fits {
            let remedy = "Write oauth2 = { command = [\"program\", \"argument\"] } and nothing else; \
                          it prints an access token.";
            return at.wrong(
                Some(words.span()),
                &named("command"),
                "does not stand alone, or names no program",
                remedy,
            );
        }
        let command = Password::Command(words.get_ref().clone());
        return Ok(Login::Helper { user, command });
    }
    at.required(
        raw.provider.as_ref(),
        table.clone(),
        &named("provider"),
        "\"google\"",
    )?;
    let choices = [
        ("google", Provider::Google),
        ("microsoft", Provider::Microsoft),
    ];
    let provider = at.choice(
        &raw.provider,
        &named("provider"),
        &choices,
        Provider::Google,
    )?;
    let client_id = at.required(raw.client_id.as_ref(), table, &named("client_id"), "\"…\"")?;
    let secret = raw.client_secret.as_ref();
    let tokens = raw.tokens.as_ref();
    let sign_in = SignIn {
        provider,
        client_id: at.line_of_text(client_id, &named("client_id"))?,
        client_secret: secret
            .map(|value| password(at, value, &named("client_secret")))
            .transpose()?,
        tokens: tokens
            .map(|value| at.file(value, &named("tokens")))
            .transpose()?,
        tenant: tenant(at, raw, provider, &named("tenant"))?,
        authority: authority(at, raw, &named("authority"))?,
    };
    Ok(Login::OAuth2 { user, sign_in })
}

fn tenant(at: &At<'_>, raw: &RawOauth2, provider: Provider, key: &str) -> Checked<String> {
    let Some(value) = &raw.tenant else {
        return Ok(DEFAULT_TENANT.to_owned());
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if provider == Provider::Google
        || value.get_ref().is_empty()
        || !value.get_ref().chars().all(fits)
    {
        let remedy = "It is for Microsoft: \"common\", \"organizations\", \"consumers\", \
                      or your organisation's id or domain.";
        return at.wrong(Some(value.span()), key, "does not fit here", remedy);
    }
    Ok(value.get_ref().clone())
}

fn authority(at: &At<'_>, raw: &RawOauth2, key: &str) -> Checked<Option<String>> {
    let Some(value) = &raw.authority else {
        return Ok(None);
    };
    let text = value.get_ref().trim_end_matches('/');
    let host = |rest: &str| {
        let host = rest.split('/').next().unwrap_or(rest);
        host.rsplit_once(':')
            .map_or(host, |(host, _)| host)
            .to_owned()
    };
    let fits = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => !host(rest).is_empty(),
        (None, Some(rest)) => is_loopback(&host(rest)),
        (None, None) => false,
    };
    if !fits || text.contains(|c: char| c.is_whitespace() || c.is_control() || "?#@".contains(c)) {
        let remedy = "Write https:// and the host of the provider, or take the key out; \
                      http:// is for this machine itself (127.0.0.1).";
        let problem = "would not protect the tokens, or is no address";
        return at.wrong(Some(value.span()), key, problem, remedy);
    }
    Ok(Some(text.to_owned()))
}
