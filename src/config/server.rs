//! `[imap]` and `[smtp]`: host, port, security, and who logs in.
//!
//! Fails where a login would travel unprotected, or where it could not work at all.

use super::check::{At, Checked};
use super::login::{oauth2, password};
use super::raw::RawServer;
use super::value::is_loopback;
use super::{Imap, Login, Security, Server, Smtp};
use crate::rules::retry::OnUnknown;
use std::ops::Range;
use toml::Spanned;

/// Ports by security (RFC 8314 section 7.3, RFC 3501, RFC 6409).
struct Ports {
    tls: u16,
    plain: u16,
}
const IMAP_PORTS: Ports = Ports {
    tls: 993,
    plain: 143,
};
const SMTP_PORTS: Ports = Ports {
    tls: 465,
    plain: 587,
};
const DEFAULT_MAILBOX: &str = "INBOX";
const DEFAULT_JUNK: &str = "Junk";

pub(super) fn imap(at: &At<'_>, raw: &Spanned<RawServer>) -> Checked<Imap> {
    let folder = |value: &Option<Spanned<String>>, key: &str, default: &str| match value {
        None => Ok(default.to_owned()),
        Some(value) if value.get_ref().is_empty() => Ok(String::new()),
        Some(value) => at.line_of_text(value, key),
    };
    let mailbox = folder(&raw.get_ref().mailbox, "imap.mailbox", DEFAULT_MAILBOX)?;
    if mailbox.is_empty() {
        let span = raw.get_ref().mailbox.as_ref().map(Spanned::span);
        return at.wrong(span, "imap.mailbox", "is empty", "Write \"INBOX\".");
    }
    if let Some(value) = &raw.get_ref().resend_on_unknown {
        let remedy = "Take the key out; it belongs under [smtp].";
        let key = "imap.resend_on_unknown";
        return at.wrong(Some(value.span()), key, "unknown field", remedy);
    }
    let junk = folder(&raw.get_ref().junk, "imap.junk", DEFAULT_JUNK)?;
    if junk == mailbox {
        let span = raw.get_ref().junk.as_ref().map(Spanned::span);
        let remedy = "Name the folder for spam, or write junk = \"\".";
        return at.wrong(span, "imap.junk", "is the mailbox itself", remedy);
    }
    Ok(Imap {
        server: server(at, raw, "imap", &IMAP_PORTS)?,
        mailbox,
        junk: (!junk.is_empty()).then_some(junk),
    })
}

pub(super) fn smtp(at: &At<'_>, raw: &Spanned<RawServer>) -> Checked<Smtp> {
    for (value, key) in [
        (&raw.get_ref().mailbox, "smtp.mailbox"),
        (&raw.get_ref().junk, "smtp.junk"),
    ] {
        if let Some(value) = value {
            let remedy = "Take the key out; it belongs under [imap].";
            return at.wrong(Some(value.span()), key, "unknown field", remedy);
        }
    }
    let choices = [
        ("probe", OnUnknown::Probe),
        ("always", OnUnknown::Always),
        ("never", OnUnknown::Never),
    ];
    Ok(Smtp {
        resend_on_unknown: at.choice(
            &raw.get_ref().resend_on_unknown,
            "smtp.resend_on_unknown",
            &choices,
            OnUnknown::Probe,
        )?,
        server: server(at, raw, "smtp", &SMTP_PORTS)?,
    })
}

fn server(at: &At<'_>, raw: &Spanned<RawServer>, section: &str, ports: &Ports) -> Checked<Server> {
    let (table, raw) = (raw.span(), raw.get_ref());
    let key = |name: &str| format!("{section}.{name}");
    let example = format!("\"{section}.example.org\"");
    let host = at.required(raw.host.as_ref(), table.clone(), &key("host"), &example)?;
    let choices = [
        ("tls", Security::Tls),
        ("starttls", Security::StartTls),
        ("none", Security::None),
    ];
    let security = at.choice(&raw.security, &key("security"), &choices, Security::Tls)?;
    let name = host.get_ref().as_str();
    let fits = |c: char| c.is_alphanumeric() || "-.:[]_".contains(c);
    let is_ip = name
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok();
    if name.is_empty() || !name.chars().all(fits) || (name.contains([':', '[', ']']) && !is_ip) {
        let problem = format!("{name:?} is not the name of a host");
        let remedy =
            "Write the name alone, such as \"imap.example.org\"; the port has its own key.";
        return at.wrong(Some(host.span()), &key("host"), problem, remedy);
    }
    if security == Security::None && !is_loopback(name) {
        let span = raw.security.as_ref().map(Spanned::span);
        let problem = format!("\"none\" would send the password to {name} unprotected");
        let remedy = "Write \"tls\" or \"starttls\"; \"none\" is for localhost, 127.0.0.1 and ::1.";
        return at.wrong(span, &key("security"), problem, remedy);
    }
    let default_port = match security {
        Security::Tls => ports.tls,
        Security::StartTls | Security::None => ports.plain,
    };
    let port = match &raw.port {
        None => default_port,
        Some(value) => match u16::try_from(*value.get_ref()) {
            Ok(port) if port > 0 => port,
            _ => {
                let problem = format!("{} is not a port", value.get_ref());
                let remedy = format!("Write a number from 1 to 65535; usual is {default_port}.");
                return at.wrong(Some(value.span()), &key("port"), problem, remedy);
            }
        },
    };
    // The most usual slip: the STARTTLS port with the default security, which would only time out.
    if port == ports.plain && raw.security.is_none() {
        let problem = format!("port {port} does not begin with TLS, which is the default");
        let remedy = format!(
            "Add security = \"starttls\", or use port {} with security = \"tls\".",
            ports.tls
        );
        return at.wrong(
            raw.port.as_ref().map(Spanned::span),
            &key("port"),
            problem,
            remedy,
        );
    }
    let ca_file = raw.ca_file.as_ref();
    Ok(Server {
        host: name.trim_matches(['[', ']']).to_owned(),
        port,
        security,
        ca_file: ca_file.map(|v| at.file(v, &key("ca_file"))).transpose()?,
        login: login(at, raw, table, section, security)?,
    })
}

fn login(
    at: &At<'_>,
    raw: &RawServer,
    table: Range<usize>,
    section: &str,
    security: Security,
) -> Checked<Login> {
    let key = |name: &str| format!("{section}.{name}");
    let nothing = raw.user.is_none() && raw.password.is_none() && raw.oauth2.is_none();
    // A relay on this machine takes mail from its own without a login.
    if nothing && section == "smtp" && security == Security::None {
        return Ok(Login::None);
    }
    let user = at.required(
        raw.user.as_ref(),
        table.clone(),
        &key("user"),
        "\"intro@example.org\"",
    )?;
    if user.get_ref().is_empty() || user.get_ref().contains(char::is_control) {
        let remedy = "Write the name to log in with; mostly it is the bot's address.";
        return at.wrong(
            Some(user.span()),
            &key("user"),
            "is empty or not one line",
            remedy,
        );
    }
    let user = user.get_ref().clone();
    match (&raw.password, &raw.oauth2) {
        (Some(_), Some(oauth2)) => {
            let remedy = "Keep one of the two.";
            at.wrong(
                Some(oauth2.span()),
                &key("oauth2"),
                "stands beside password",
                remedy,
            )
        }
        (Some(value), None) => Ok(Login::Password {
            user,
            password: password(at, value, &key("password"))?,
        }),
        (None, Some(value)) => oauth2(at, value, user, &key("oauth2")),
        (None, None) => {
            let remedy = "Add password = { file = \"PATH\" }, or another source that \
                          config.example.toml shows.";
            at.wrong(Some(table), &key("password"), "is missing", remedy)
        }
    }
}
