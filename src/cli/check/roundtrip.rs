//! `check --roundtrip`: mails to the bot itself, what came back of them, and a mail of the operator's
//! from another provider; with the lines that follow for the configuration.
//!
//! Whatever fails is a finding. The mails stay in the mailbox, which is opened read-only; a running
//! daemon leaves them alone, because they are the bot's own and say that a machine wrote them.

mod forged;
mod outside;
mod watched;

use super::report::Report;
use super::{Doors, patient};
use crate::cli::{Failure, now_secs};
use crate::config::{Config, Subaddressing};
use crate::daemon;
use crate::keyring::Door;
use crate::reader::letter::Letter;
use crate::wire::error::WireError;
use std::io::IsTerminal;
use std::time::{Duration, Instant};
use watched::Watched;

/// A mail to oneself is there in seconds; greylisting and content filters take longer.
const OWN_MAILS: Duration = Duration::from_secs(90);
/// How long a person gets, unless told otherwise.
const USUAL_WAIT: Duration = Duration::from_secs(300);
/// Between two looks, also where the server promises to tell.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Once one of the mails is there, how long the others may lag behind.
const LAG: Duration = Duration::from_secs(20);
/// The separator that is tried (RFC 5233 names `+` as the usual one).
const SEPARATOR: char = '+';

/// How long to wait for the operator's mail; none is asked for where nobody reads along.
pub fn wait(option: Option<&str>) -> Result<Duration, Failure> {
    match option {
        None if std::io::stdout().is_terminal() => Ok(USUAL_WAIT),
        None => Ok(Duration::ZERO),
        Some(text) => crate::config::Config::duration_secs(text)
            .and_then(|secs| u64::try_from(secs).ok())
            .map(Duration::from_secs)
            .ok_or_else(|| {
                Failure::Usage(format!(
                    "--wait {text:?} is no duration; write one such as 5m or 0s"
                ))
            }),
    }
}

/// One of the mails to the bot itself.
struct Own {
    nonce: String,
    to: String,
    message_id: String,
    sent: Result<Instant, String>,
    back: Option<Duration>,
    folder: String,
    id_now: String,
    id_kept_as: Option<String>,
    copy: bool,
    /// Header fields under the names that are believed; empty but in the mail that tries them.
    forged: String,
    fate: forged::Fate,
}

/// Says everything; returns how many mails were sent.
pub async fn run(config: &Config, doors: &Doors, wait: Duration, report: &mut Report) -> usize {
    let mut watched = match Watched::open(config, &doors.reading).await {
        Ok(watched) => watched,
        Err(error) => {
            report.problem("round trip", error, None);
            return 0;
        }
    };
    let mut own = vec![own(config, None), own(config, Some(SEPARATOR))];
    let ids = &config.trust.authserv_ids;
    if !ids.is_empty() {
        let mut mail = self::own(config, None);
        mail.forged = forged::fields(&mail.nonce, ids);
        own.push(mail);
    }
    if let Err(error) = send(config, &doors.sending, &mut own).await {
        report.problem("round trip", error, None);
        return 0;
    }
    let sent = own.iter().filter(|mail| mail.sent.is_ok()).count();
    if let Err(error) = come_back(&mut watched, &mut own, config).await {
        report.problem("round trip", error.to_string(), None);
        return sent;
    }
    let [plain, sub, forged @ ..] = own.as_slice() else {
        return sent;
    };
    about_plain(plain, config, report);
    about_copy(&own, &watched, report);
    let works = about_sub(sub, plain, config, report);
    if let Some(forged) = forged.first() {
        forged::tell(forged, ids, report);
    }
    if plain.back.is_some() {
        let (to, code) = match works {
            true => (sub.to.clone(), None),
            false => (config.bot.address.to_string(), Some(plain.nonce.clone())),
        };
        if let Err(error) = outside::ask(&mut watched, config, wait, &to, code, report).await {
            report.warning("from outside", error.to_string(), "Try again.");
        }
    }
    watched.session.logout().await;
    sent
}

fn own(config: &Config, separator: Option<char>) -> Own {
    let mut bytes = [0_u8; 6];
    daemon::system_dice()(&mut bytes);
    let nonce = data_encoding::HEXLOWER.encode(&bytes);
    let bot = &config.bot.address;
    let to = match separator {
        None => bot.to_string(),
        Some(separator) => format!("{}{separator}check{nonce}@{}", bot.local(), bot.domain()),
    };
    Own {
        message_id: format!("<check.{nonce}@{}>", bot.domain()),
        nonce,
        to,
        sent: Err("not sent".to_owned()),
        back: None,
        folder: String::new(),
        id_now: String::new(),
        id_kept_as: None,
        copy: false,
        forged: String::new(),
        fate: forged::Fate::default(),
    }
}

/// The time as the Date field has it.
fn date() -> String {
    let now = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC);
    now.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn bytes(config: &Config, mail: &Own) -> Vec<u8> {
    let date = date();
    format!(
        "{forged}From: {bot}\r\nTo: {to}\r\nSubject: askfirst check {nonce}\r\nDate: {date}\r\n\
         Message-ID: {id}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n\
         askfirst check {nonce}\r\n\r\nThis mail finds out how mail to the bot itself arrives. There is nothing to do.\r\n",
        forged = mail.forged,
        bot = config.bot.address,
        to = mail.to,
        nonce = mail.nonce,
        id = mail.message_id,
    )
    .into_bytes()
}

async fn send(config: &Config, door: &Door, own: &mut [Own]) -> Result<(), String> {
    for mail in own {
        // A connection each: a refusal of the one must not cost the other.
        let domain = config.bot.address.domain();
        let connected = door.send(domain, &patient(), now_secs()).await;
        let mut connection = connected.map_err(|(_, error)| error.to_string())?;
        let bot = config.bot.address.to_string();
        let bytes = bytes(config, mail);
        let to = std::slice::from_ref(&mail.to);
        let attempt = connection.send(Some(&bot), to, &bytes).await;
        mail.sent = match attempt.is_accepted() {
            true => Ok(Instant::now()),
            false => {
                let refused = attempt
                    .recipients
                    .iter()
                    .find(|(_, reply)| reply.code >= 400);
                let reply = refused.map(|(_, reply)| reply).or(attempt.reply.as_ref());
                Err(match (reply, &attempt.trouble) {
                    (Some(reply), _) => format!("{} {}", reply.code, reply.text),
                    (None, Some(trouble)) => trouble.clone(),
                    (None, None) => "the connection broke".to_owned(),
                })
            }
        };
        connection.quit().await;
    }
    Ok(())
}

/// Looks until all are back, or the time is up.
async fn come_back(
    watched: &mut Watched,
    own: &mut [Own],
    config: &Config,
) -> Result<(), WireError> {
    let read =
        |folder: &str| folder == config.imap.mailbox || config.imap.junk.as_deref() == Some(folder);
    let start = Instant::now();
    let mut first_back: Option<Instant> = None;
    loop {
        for arrived in watched.look().await? {
            for mail in own.iter_mut() {
                if !arrived.letter.subject.contains(&mail.nonce) {
                    continue;
                }
                if !read(&arrived.folder) {
                    mail.copy = true;
                } else if let (Ok(sent), None) = (&mail.sent, mail.back) {
                    mail.back = Some(sent.elapsed());
                    mail.folder = arrived.folder.clone();
                    mail.id_now = arrived.letter.message_id.clone().unwrap_or_default();
                    mail.id_kept_as = kept_as(&arrived.letter, &mail.message_id);
                    mail.fate =
                        forged::fate(&arrived.letter, &mail.nonce, &config.trust.authserv_ids);
                    first_back.get_or_insert_with(Instant::now);
                }
            }
        }
        let missing = own
            .iter()
            .any(|mail| mail.sent.is_ok() && mail.back.is_none());
        let lagging = first_back.is_some_and(|at| at.elapsed() > LAG);
        if !missing || lagging || start.elapsed() > OWN_MAILS {
            // A copy in Sent may be filed a moment after the mail is delivered.
            if !missing && !own.iter().any(|mail| mail.copy) && start.elapsed() < LOOK_EVERY * 2 {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY.min(Duration::from_secs(1))).await;
    }
}

/// The field in which a provider kept the id that it replaced.
fn kept_as(letter: &Letter, message_id: &str) -> Option<String> {
    [
        "X-Microsoft-Original-Message-ID",
        "X-Google-Original-Message-ID",
    ]
    .into_iter()
    .find(|name| letter.fields(name).any(|value| value.contains(message_id)))
    .map(str::to_owned)
}

fn about_plain(plain: &Own, config: &Config, report: &mut Report) {
    match (&plain.sent, plain.back) {
        (Err(reply), _) => {
            report.problem(
                "round trip",
                format!("the server did not take a mail to the bot itself: {reply}"),
                Some(
                    "Ask the provider whether this account may send to its own address.".to_owned(),
                ),
            );
            return;
        }
        (Ok(_), None) => {
            let secs = OWN_MAILS.as_secs();
            report.problem(
                "round trip",
                format!("a mail to {} was sent and is not there after {secs} s", plain.to),
                Some("Look for \"askfirst check\" in the other folders of the mailbox, and for a rule that moves it.".to_owned()),
            );
            return;
        }
        (Ok(_), Some(delay)) => {
            report.good(
                "round trip",
                format!("a mail to itself is back after {}", seconds(delay)),
            );
        }
    }
    if config.imap.junk.as_deref() == Some(plain.folder.as_str()) {
        report.warning(
            "round trip",
            format!("it was put into {}", plain.folder),
            "Mark it as no junk there; the bot's mails to others may fare the same.",
        );
    }
    match (plain.id_now == plain.message_id, &plain.id_kept_as) {
        (true, _) => report.good("Message-ID", "is kept: answers find their mail by it"),
        (false, Some(field)) => report.note(
            "Message-ID",
            format!("is rewritten, and kept in {field}; answers are bound by the secret in Reply-To and in the text"),
        ),
        (false, None) => report.note(
            "Message-ID",
            "is rewritten; answers are bound by the secret in Reply-To and in the text",
        ),
    }
}

fn about_copy(own: &[Own], watched: &Watched, report: &mut Report) {
    let folder = watched.folders.last().map(|(name, _)| name.as_str());
    match (own.iter().any(|mail| mail.copy), folder) {
        (true, Some(folder)) => report.good(
            "copy in sent",
            format!("the server files one in {folder}: a mail of unknown outcome can be looked for there"),
        ),
        _ => report.note("copy in sent", "the server files none; nothing depends on it"),
    }
}

/// Whether sub-addresses arrive, and what follows.
fn about_sub(sub: &Own, plain: &Own, config: &Config, report: &mut Report) -> bool {
    let set = config.bot.subaddressing;
    match (&sub.sent, sub.back) {
        (Ok(_), Some(_)) => {
            report.good(
                "sub-addresses",
                "arrive: every ask gets a Reply-To of its own",
            );
            if set != Subaddressing::With(SEPARATOR) {
                let why = "a mail to such an address came back";
                report.offer("bot", format!("subaddressing = \"{SEPARATOR}\""), why);
            }
            true
        }
        _ if plain.back.is_none() => false,
        (sent, _) => {
            let how = match sent {
                Err(reply) => format!("are refused: {reply}"),
                Ok(_) => "do not arrive".to_owned(),
            };
            match set {
                Subaddressing::With(separator) => report.problem(
                    "sub-addresses",
                    format!(
                        "{how}; but [bot] subaddressing = \"{separator}\" makes answers go to them"
                    ),
                    Some("Set subaddressing = \"\".".to_owned()),
                ),
                Subaddressing::Auto | Subaddressing::None => report.note(
                    "sub-addresses",
                    format!("{how}; answers are bound by Message-ID and the code in the text"),
                ),
            }
            if set != Subaddressing::None {
                report.offer(
                    "bot",
                    "subaddressing = \"\"",
                    "a mail to such an address did not come back",
                );
            }
            false
        }
    }
}

fn seconds(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        secs => format!("{secs}.{} s", span.subsec_millis() / 100),
    }
}
