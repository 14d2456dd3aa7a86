//! `check --roundtrip`: mails to the bot itself, what came back of them, and a mail of the operator's
//! from another provider; with the lines that follow for the configuration.
//!
//! Whatever fails is a finding. The mails stay in the mailbox, which is opened read-only; a running
//! daemon leaves them alone, because they are the bot's own and say that a machine wrote them.

use super::report::Report;
use super::{patient, sent_folder};
use crate::cli::{Failure, screen};
use crate::config::{Config, Subaddressing};
use crate::daemon;
use crate::reader::author::results::{self, Outcome};
use crate::reader::author::{self, Facts};
use crate::reader::letter::Letter;
use crate::reader::{self, Proof};
use crate::wire::error::WireError;
use crate::wire::imap::{Mail, Session};
use crate::wire::proof::{self, Resolver};
use crate::wire::smtp::Connection;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// A mail to oneself is there in seconds; greylisting and content filters take longer.
const OWN_MAILS: Duration = Duration::from_secs(90);
/// How long a person gets, unless told otherwise.
const USUAL_WAIT: Duration = Duration::from_secs(300);
/// Between two looks, also where the server promises to tell.
const LOOK_EVERY: Duration = Duration::from_secs(3);
/// Once one of the two mails is there, how long the other may lag behind.
const LAG: Duration = Duration::from_secs(20);
/// What is fetched of a new mail at most; ours are small, and the operator's should be.
const MAX_OCTETS: u32 = 1_000_000;
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

/// The folders that are watched, and where what is new begins in each.
struct Watched {
    session: Session,
    folders: Vec<(String, u32)>,
}

/// A mail that arrived, and in which folder.
struct Arrived {
    folder: String,
    letter: Letter,
    raw: Vec<u8>,
}

impl Watched {
    async fn open(config: &Config) -> Result<Watched, String> {
        let server = daemon::server(&config.imap.server, "imap").map_err(|e| e.to_string())?;
        let mut session = Session::connect(&server).await.map_err(|e| e.to_string())?;
        let listed = session.mailboxes().await.unwrap_or_default();
        let mut names = vec![config.imap.mailbox.clone()];
        names.extend(config.imap.junk.clone());
        names.extend(sent_folder(&listed).map(str::to_owned));
        names.dedup();
        let mut folders = Vec::new();
        for name in names {
            // A folder that is not there holds nothing new either.
            if let Ok(selected) = session.select(&name).await {
                let next = match selected.uid_next {
                    Some(next) => next,
                    None => {
                        let listed = session.list(1).await.map_err(|e| e.to_string())?;
                        listed.last().map_or(1, |last| last.uid.saturating_add(1))
                    }
                };
                folders.push((name, next));
            }
        }
        Ok(Watched { session, folders })
    }

    /// What is new in all folders.
    async fn look(&mut self) -> Result<Vec<Arrived>, WireError> {
        let mut arrived = Vec::new();
        for (name, next) in &mut self.folders {
            self.session.select(name).await?;
            let listed = self.session.list(*next).await?;
            let small = listed.iter().filter(|mail| mail.size <= MAX_OCTETS);
            let uids: Vec<u32> = small.map(|mail| mail.uid).collect();
            let mails: Vec<Mail> = match uids.is_empty() {
                true => Vec::new(),
                false => self.session.fetch(&uids, None).await?.mails,
            };
            if let Some(last) = listed.last() {
                *next = last.uid.saturating_add(1);
            }
            arrived.extend(mails.into_iter().map(|mail| Arrived {
                folder: name.clone(),
                letter: reader::open(&mail.bytes),
                raw: mail.bytes,
            }));
        }
        Ok(arrived)
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
}

/// Says everything; returns how many mails were sent.
pub async fn run(config: &Config, wait: Duration, report: &mut Report) -> usize {
    let mut watched = match Watched::open(config).await {
        Ok(watched) => watched,
        Err(error) => {
            report.problem("round trip", error, None);
            return 0;
        }
    };
    let mut own = [own(config, None), own(config, Some(SEPARATOR))];
    if let Err(error) = send(config, &mut own).await {
        report.problem("round trip", error, None);
        return 0;
    }
    let sent = own.iter().filter(|mail| mail.sent.is_ok()).count();
    if let Err(error) = come_back(&mut watched, &mut own, config).await {
        report.problem("round trip", error.to_string(), None);
        return sent;
    }
    let [plain, sub] = &own;
    about_plain(plain, config, report);
    about_copy(&own, &watched, report);
    let works = about_sub(sub, plain, config, report);
    if plain.back.is_some() {
        let (to, code) = match works {
            true => (sub.to.clone(), None),
            false => (config.bot.address.to_string(), Some(plain.nonce.clone())),
        };
        if let Err(error) = from_outside(&mut watched, config, wait, &to, code, report).await {
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
        "From: {bot}\r\nTo: {to}\r\nSubject: askfirst check {nonce}\r\nDate: {date}\r\n\
         Message-ID: {id}\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n\
         askfirst check {nonce}\r\n\r\nThis mail finds out how mail to the bot itself arrives. There is nothing to do.\r\n",
        bot = config.bot.address,
        to = mail.to,
        nonce = mail.nonce,
        id = mail.message_id,
    )
    .into_bytes()
}

async fn send(config: &Config, own: &mut [Own]) -> Result<(), String> {
    let server = daemon::server(&config.smtp.server, "smtp").map_err(|e| e.to_string())?;
    for mail in own {
        // A connection each: a refusal of the one must not cost the other.
        let domain = config.bot.address.domain();
        let connected = Connection::connect(&server, domain, &patient()).await;
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

/// Looks until both are back, or the time is up.
async fn come_back(
    watched: &mut Watched,
    own: &mut [Own; 2],
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

fn about_copy(own: &[Own; 2], watched: &Watched, report: &mut Report) {
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

/// Asks for a mail from another provider, and says what its arrival shows.
async fn from_outside(
    watched: &mut Watched,
    config: &Config,
    wait: Duration,
    to: &str,
    code: Option<String>,
    report: &mut Report,
) -> Result<(), WireError> {
    if wait.is_zero() {
        report.note(
            "from outside",
            "not tried: `--wait 5m` waits for a mail of yours, and shows who proves authors",
        );
        return Ok(());
    }
    let subject = code.as_ref().map_or(String::new(), |code| {
        format!(", with {code} in the subject")
    });
    let line = format!(
        "\nNow send one mail from an address at another provider to\n\n    {to}{subject}\n\n\
         It is waited for {}; Ctrl-C goes on without it.\n\n",
        screen::span(i64::try_from(wait.as_secs()).unwrap_or(0))
    );
    // Not among the findings, which a machine may be reading.
    match report.is_for_a_machine() {
        true => eprint!("{line}"),
        false => crate::cli::print(&line),
    }
    let start = Instant::now();
    while start.elapsed() < wait {
        let is_meant = |arrived: &&Arrived| {
            let people = arrived.letter.to.iter().chain(&arrived.letter.cc);
            let mut addresses = people
                .map(|person| &person.address)
                .chain(&arrived.letter.delivered_to);
            match &code {
                None => addresses.any(|address| address.as_str().eq_ignore_ascii_case(to)),
                Some(code) => arrived.letter.subject.contains(code.as_str()),
            }
        };
        let own = |arrived: &&Arrived| arrived.letter.subject.starts_with("askfirst check ");
        let arrived = watched.look().await?;
        if let Some(found) = arrived.iter().filter(|a| !own(a)).find(is_meant) {
            about_author(found, config, report).await;
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    report.note(
        "from outside",
        "no such mail came; who proves authors is not known",
    );
    Ok(())
}

/// What the servers on the way say of the author, what is verified here, and what to believe.
async fn about_author(found: &Arrived, config: &Config, report: &mut Report) {
    let Some(person) = found.letter.from.person() else {
        report.warning(
            "from outside",
            "the mail arrived, but its From field is not exactly one address",
            "Try again with another mail program.",
        );
        return;
    };
    let domain = person.address.domain().to_owned();
    report.good(
        "from outside",
        format!("the mail from {domain} arrived in {}", found.folder),
    );
    let fields: Vec<results::Field> = found
        .letter
        .fields("Authentication-Results")
        .map(results::parse)
        .collect();
    for field in &fields {
        let id = field
            .id
            .as_deref()
            .unwrap_or("(no name, as Microsoft writes it)");
        report.note(
            "results",
            format!("Authentication-Results of {id}: {}", in_short(field)),
        );
    }
    let topmost = fields
        .first()
        .map(|field| field.id.clone().unwrap_or_else(|| "microsoft".to_owned()));
    let by_server = topmost.as_ref().map(|id| {
        let (proof, why) = author::judge(&found.letter, std::slice::from_ref(id), None);
        (id.clone(), proof, why)
    });
    let by_us = match Resolver::system() {
        Ok(resolver) => {
            let facts = proof::facts(&found.raw, &domain, &resolver).await;
            let facts = Facts {
                dkim_domains: facts.dkim_domains,
                dmarc_policy: facts.dmarc_policy,
            };
            author::judge(&found.letter, &[], Some(&facts))
        }
        Err(error) => (Proof::Unproven, error),
    };
    let (here, why) = &by_us;
    report.note("verified here", format!("{}: {why}", word(*here)));
    match by_server {
        Some((id, Proof::Proven, why)) => {
            report.good("author", format!("proven: {why}"));
            if !config.trust.authserv_ids.contains(&id) {
                report.offer(
                    "trust",
                    format!("authserv_ids = [{id:?}]"),
                    "it stood topmost and proved the author. Only if your provider removes such fields from mail that comes in with its own name in them; its documents should say so",
                );
            }
        }
        _ if *here == Proof::Proven => {
            report.good("author", "proven by the DKIM signature; nothing has to be set");
        }
        Some((id, proof, why)) => report.warning(
            "author",
            format!("{} by {id}: {why}", word(proof)),
            "Try an address at a provider that signs its mail (DKIM). If nobody is ever proven, connectors are asked to confirm each mail.",
        ),
        None => report.warning(
            "author",
            "no server says who the author is, and no signature was verified here",
            "Ask the provider for Authentication-Results, or make the DNS work on this machine; until then connectors are asked to confirm each mail.",
        ),
    }
}

fn word(proof: Proof) -> &'static str {
    match proof {
        Proof::Proven => "proven",
        Proof::Unproven => "unproven",
        Proof::Fails => "proof fails",
    }
}

fn in_short(field: &results::Field) -> String {
    let Some(results) = &field.results else {
        return "can't be read".to_owned();
    };
    let outcome = |outcome: Outcome| match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::None => "none",
        Outcome::Other => "neither",
    };
    let each: Vec<String> = results
        .iter()
        .map(|result| format!("{}={}", result.method, outcome(result.outcome)))
        .collect();
    match each.is_empty() {
        true => "no results".to_owned(),
        false => each.join(", "),
    }
}

fn seconds(span: Duration) -> String {
    match span.as_secs() {
        0 => format!("{} ms", span.as_millis()),
        secs => format!("{secs}.{} s", span.subsec_millis() / 100),
    }
}
