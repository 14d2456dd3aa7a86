//! Bounces: whether a mail is one, and the recipient and status it tells (RFC 3464, 3463).
//!
//! What is not told stays none; nothing is guessed from a text that names several.

use crate::reader::Bounce;
use crate::reader::machine::View;
use crate::reader::machine::phrases::PHRASES;
use regex::Regex;
use std::sync::LazyLock;

/// Senders that only return mail.
const DAEMONS: &[&str] = &[
    "mailer-daemon",
    "mailerdaemon",
    "mail-daemon",
    "mdaemon",
    "mail_daemon",
];
/// Senders that return mail and write other mail too.
const MASTERS: &[&str] = &[
    "postmaster",
    "post_master",
    "post-master",
    "mailadmin",
    "mailmaster",
];

/// Characters at the beginning of a text where a mail system says that it returns a mail; what a
/// person writes of a bounce begins with their own words.
const MAX_OPENING_CHARS: usize = 400;

/// Why this is a bounce, if it is one.
pub fn told_by(view: &View<'_>) -> Option<String> {
    let letter = view.letter;
    let told = |phrase: &str| Some(format!("a bounce (“{phrase}”)"));
    let status =
        view.part("message/delivery-status") || view.part("message/global-delivery-status");
    if letter.content_type.starts_with("multipart/report")
        && (status || letter.content_type.contains("delivery-status"))
    {
        return delivered(view)
            .is_none()
            .then(|| "a bounce (multipart/report)".to_owned());
    }
    if view.has("X-Failed-Recipients") {
        return Some("a bounce (X-Failed-Recipients)".to_owned());
    }
    if DAEMONS.contains(&view.local.as_str()) {
        return Some("a bounce (its sender is a mail daemon)".to_owned());
    }
    let subject = PHRASES.holds("bounce subject", &view.subject);
    let body = || PHRASES.holds("bounce body", view.body());
    let master = MASTERS.contains(&view.local.as_str());
    if (view.null_path || view.local.is_empty() || master)
        && let Some(phrase) = subject.or_else(body)
    {
        return told(phrase);
    }
    if master && letter.plain.is_none() && letter.html.is_none() {
        return Some("a bounce (a postmaster's mail without a text)".to_owned());
    }
    if view.passed_on {
        return None;
    }
    if status && (subject.is_some() || body().is_some()) {
        return Some("a bounce (message/delivery-status)".to_owned());
    }
    // From anybody: the subject must say so, and the first words of the text.
    subject?;
    let opening: String = view.body().chars().take(MAX_OPENING_CHARS).collect();
    told(PHRASES.holds("bounce body", &opening)?)
}

/// Reports of success: relayed, delivered, expanded (RFC 3464 section 2.3.3).
fn delivered(view: &View<'_>) -> Option<()> {
    let action = field(view, "action")?;
    ["delivered", "relayed", "expanded"]
        .iter()
        .any(|a| action.starts_with(a))
        .then_some(())
}

fn field(view: &View<'_>, name: &str) -> Option<String> {
    for part in &view.letter.report {
        for line in part.lines() {
            if let Some((key, value)) = line.split_once(':')
                && key.trim().eq_ignore_ascii_case(name)
            {
                return Some(value.trim().to_ascii_lowercase());
            }
        }
    }
    None
}

static STATUS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:^|[^0-9.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[^0-9.]|\.?$|\. )").ok()
});
static CODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|[^0-9.])([45])[0-9][0-9][ -]").ok());
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[a-z0-9._%+=/-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+").ok());

pub fn details(view: &View<'_>) -> Bounce {
    let status = field(view, "status")
        .and_then(|s| s.split_whitespace().next().map(str::to_owned))
        .or_else(|| first_group(&STATUS, view.body()));
    let action = field(view, "action");
    let class = status.as_deref().and_then(|s| s.chars().next());
    let code = first_group(&CODE, view.body());
    let delayed = PHRASES.holds("delay", &view.subject).is_some()
        || PHRASES.holds("delay", view.body()).is_some();
    let permanent = match (action.as_deref(), class) {
        (Some(action), _) if action.starts_with("delayed") => false,
        (Some(action), _) if action.starts_with("failed") => true,
        _ if delayed => false,
        (_, Some('4')) => false,
        (_, Some(_)) => true,
        (_, None) => code.as_deref() != Some("4"),
    };
    Bounce {
        recipient: recipient(view),
        status,
        permanent,
    }
}

fn recipient(view: &View<'_>) -> Option<String> {
    for name in ["final-recipient", "original-recipient"] {
        if let Some(value) = field(view, name) {
            let address = value.rsplit(';').next().unwrap_or_default();
            let address = address.trim().trim_matches(['<', '>', ' ']);
            if address.contains('@') && is_one_word(address) {
                return Some(address.to_owned());
            }
        }
    }
    if let Some(value) = view.letter.fields("x-failed-recipients").next() {
        let first = value.split(',').next().unwrap_or_default().trim();
        if is_one_word(first) {
            return Some(first.to_ascii_lowercase());
        }
    }
    let ours: Vec<&str> = view.letter.to.iter().map(|p| p.address.key()).collect();
    let regex = ADDRESS.as_ref()?;
    let mut found = regex.find_iter(view.body()).map(|m| m.as_str());
    let is_daemon = |a: &str| {
        let local = a.split('@').next().unwrap_or_default();
        DAEMONS.contains(&local) || MASTERS.contains(&local)
    };
    found
        .find(|a| !ours.contains(a) && !is_daemon(a))
        .map(str::to_owned)
}

/// What stands in a field of a report is a stranger's: no white space in it, and nothing invisible.
fn is_one_word(address: &str) -> bool {
    !address.chars().any(|c| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    })
}

fn first_group(regex: &LazyLock<Option<Regex>>, text: &str) -> Option<String> {
    let found = regex.as_ref()?.captures(text)?;
    found.get(1).map(|m| m.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::is_one_word;

    #[test]
    fn what_a_report_calls_its_recipient_holds_nothing_else() {
        assert!(is_one_word("carol@target.example"));
        assert!(is_one_word("zoë@münchen.example"));
        for odd in [
            "carol@target.\texample",
            "a@b.example\u{202e}",
            "a@b.example\u{0}",
            "a b@c.example",
        ] {
            assert!(!is_one_word(odd), "{odd:?}");
        }
    }
}
