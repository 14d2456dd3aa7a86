//! `askfirst check`: configuration, logins, what the servers can do and what that means for us.
//! Sends nothing, unless `--roundtrip` asks for a mail to the bot itself.
//!
//! Every problem is a sentence with its remedy; the exit status tells scripts.

mod report;
mod roundtrip;
mod settings;

use crate::cli::{Failure, load, log, now_secs, run::runtime};
use crate::config::{Config, Login};
use crate::furnish;
use crate::keyring::{self, Door};
use crate::wire::imap::{MailboxName, Session, SpecialUse};
use crate::wire::smtp::Timeouts;
use report::Report;
use std::path::Path;
use std::time::Duration;

/// An SMTP server that is well answers at once; the daemon's minutes would only make an operator wait.
const PATIENCE: Duration = Duration::from_secs(30);
/// Below this an ask with a long request may not fit.
const SMALL_LIMIT: u64 = 1_000_000;
/// Names of junk folders where the server does not say which it is.
const JUNK_NAMES: [&str; 9] = [
    "Junk",
    "Spam",
    "Junk Email",
    "Junk E-mail",
    "[Gmail]/Spam",
    "Bulk",
    "Bulk Mail",
    "INBOX.Junk",
    "INBOX.Spam",
];

/// The way to both servers.
struct Doors {
    reading: Door,
    sending: Door,
}

#[derive(clap::Args)]
pub struct Options {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Mail the bot itself, and report what came back
    #[arg(long)]
    roundtrip: bool,
    /// How long to wait for a mail of yours from another provider; 0s: not at all
    #[arg(long, value_name = "DURATION", requires = "roundtrip")]
    wait: Option<String>,
}

pub fn run(config: Option<&Path>, options: &Options) -> Result<(), Failure> {
    let wait = roundtrip::wait(options.wait.as_deref())?;
    let config = load(config)?;
    log::start("error", log::Form::Text);
    let mut report = Report::new(options.json);
    report.good("configuration", format!("{}: good", config.path.display()));
    settings::words(&config, &mut report);
    settings::passwords(&config, &mut report);
    settings::people(&config, &furnish::house_alone(&config), &mut report);
    settings::store(&config, &mut report);
    let doors = match keyring::doors(&config) {
        Ok((reading, sending)) => Some(Doors { reading, sending }),
        Err(error) => {
            match Failure::from(error) {
                Failure::Usage(says) => {
                    let remedy = settings::remedy(&config, &says);
                    report.wrong_configuration("password", says, remedy);
                }
                Failure::Failed(says) => report.problem("logins", says, None),
            }
            None
        }
    };
    let sent = runtime()?.block_on(async {
        settings::trust(&config, &mut report).await;
        let Some(doors) = doors else {
            report.note("logins", "not tried without a password");
            return 0;
        };
        let imap = imap(&config, &doors.reading, &mut report).await;
        let smtp = smtp(&config, &doors.sending, &mut report).await;
        match (options.roundtrip, imap, smtp) {
            (true, true, true) => roundtrip::run(&config, &doors, wait, &mut report).await,
            (true, ..) => {
                report.note("round trip", "not tried: the logins come first");
                0
            }
            _ => 0,
        }
    });
    report.finish(sent)
}

/// Whether mail can be read.
async fn imap(config: &Config, door: &Door, report: &mut Report) -> bool {
    let mut session = match door.read(now_secs()).await {
        Ok(session) => session,
        Err(error) => {
            report.problem("imap", error.to_string(), None);
            return false;
        }
    };
    let abilities = session.abilities().clone();
    let name = abilities
        .server
        .as_deref()
        .map_or(String::new(), |name| format!(" ({name})"));
    report.good("imap", format!("{}: logged in{name}", door.at()));
    match abilities.idle {
        true => report.good("new mail", "is pushed (IDLE)"),
        false => report.note("new mail", "no IDLE: the mailbox is asked once a minute"),
    }
    report.note(
        "moving",
        format!(
            "the bot moves and deletes nothing, so MOVE ({}) and UIDPLUS ({}) make no difference",
            offered(abilities.move_),
            offered(abilities.uidplus)
        ),
    );
    let folders = match session.mailboxes().await {
        Ok(folders) => folders,
        Err(error) => {
            report.warning(
                "folders",
                format!("can't be listed: {error}"),
                "The bot reads the configured ones all the same.",
            );
            Vec::new()
        }
    };
    let good = mailbox(config, &mut session, &folders, report).await;
    junk(config, &mut session, &folders, report).await;
    match sent_folder(&folders) {
        Some(name) => report.good(
            "sent",
            format!("{name}: copies of the bot's mails may be found there"),
        ),
        None => report.note("sent", "the server names no folder for sent mail"),
    }
    session.logout().await;
    good
}

fn offered(ability: bool) -> &'static str {
    match ability {
        true => "offered",
        false => "not offered",
    }
}

async fn mailbox(
    config: &Config,
    session: &mut Session,
    folders: &[MailboxName],
    report: &mut Report,
) -> bool {
    let name = &config.imap.mailbox;
    match session.select(name).await {
        Ok(selected) => {
            let mails =
                super::screen::counted(usize::try_from(selected.exists).unwrap_or(0), "mail");
            report.good("mailbox", format!("{name}: {mails}, opened read-only"));
            true
        }
        Err(error) => {
            let names = folders.iter().filter(|folder| folder.selectable);
            let names: Vec<String> = names
                .map(|folder| format!("{:?}", folder.name))
                .take(12)
                .collect();
            let remedy = (!names.is_empty())
                .then(|| format!("Set [imap] mailbox to one of {}.", names.join(", ")));
            report.problem("mailbox", format!("{name}: {error}"), remedy);
            false
        }
    }
}

async fn junk(
    config: &Config,
    session: &mut Session,
    folders: &[MailboxName],
    report: &mut Report,
) {
    let told = folders
        .iter()
        .find(|folder| folder.special_use == Some(SpecialUse::Junk));
    let told = told.map(|folder| folder.name.as_str());
    let known = |name: &&&str| folders.iter().any(|folder| folder.name == ***name);
    let likely = told.or_else(|| JUNK_NAMES.iter().find(|name| known(name)).copied());
    let Some(name) = &config.imap.junk else {
        match likely {
            Some(likely) => report.warning(
                "junk",
                "no junk folder is read, and an answer that ends up there is lost",
                format!("Set [imap] junk = {likely:?}."),
            ),
            None => report.note("junk", "none is read"),
        }
        return;
    };
    match (session.select(name).await, likely) {
        (Ok(_), Some(other)) if told == Some(other) && other != name => report.warning(
            "junk",
            format!("{name} is read, but the server keeps junk in {other}"),
            format!("Set [imap] junk = {other:?}."),
        ),
        (Ok(selected), _) => {
            let mails =
                super::screen::counted(usize::try_from(selected.exists).unwrap_or(0), "mail");
            report.good("junk", format!("{name}: {mails}, read too"));
        }
        (Err(_), Some(other)) if other != name => report.warning(
            "junk",
            format!("{name} is not there; only the mailbox is read"),
            format!("The server has {other:?}: set [imap] junk to it."),
        ),
        (Err(_), _) => report.note(
            "junk",
            format!("{name} is not there; only the mailbox is read"),
        ),
    }
}

/// The folder of sent mail, by what the server says, else by its usual names.
fn sent_folder(folders: &[MailboxName]) -> Option<&str> {
    const NAMES: [&str; 5] = [
        "Sent",
        "Sent Items",
        "Sent Messages",
        "[Gmail]/Sent Mail",
        "INBOX.Sent",
    ];
    let told = folders
        .iter()
        .find(|folder| folder.special_use == Some(SpecialUse::Sent));
    let named = || {
        folders
            .iter()
            .find(|folder| NAMES.contains(&folder.name.as_str()))
    };
    told.or_else(named).map(|folder| folder.name.as_str())
}

fn patient() -> Timeouts {
    Timeouts {
        greeting: PATIENCE,
        hello: PATIENCE,
        auth: PATIENCE,
        ..Timeouts::default()
    }
}

/// Whether mail can be handed over.
async fn smtp(config: &Config, door: &Door, report: &mut Report) -> bool {
    let domain = config.bot.address.domain();
    let connection = match door.send(domain, &patient(), now_secs()).await {
        Ok(connection) => connection,
        Err((_, error)) => {
            report.problem("smtp", error.to_string(), None);
            return false;
        }
    };
    let login = match config.smtp.server.login {
        Login::None => "takes mail without a login",
        _ => "logged in",
    };
    report.good("smtp", format!("{}: {login}", door.at()));
    let abilities = connection.abilities();
    match abilities.size_limit {
        Some(octets) if octets < SMALL_LIMIT => report.warning(
            "size",
            format!("mails up to {} kB only", octets / 1_000),
            "A long request may not fit into an ask; ask the provider for a higher limit.",
        ),
        Some(octets) => report.good(
            "size",
            format!("mails up to {} MB; ours stay far below", octets / 1_000_000),
        ),
        None => report.note("size", "the server names no limit"),
    }
    match abilities.smtputf8 {
        true => report.good("addresses", "also with letters beyond ASCII (SMTPUTF8)"),
        false => report.note(
            "addresses",
            "no SMTPUTF8: who has an address with letters beyond ASCII can't be written to",
        ),
    }
    connection.quit().await;
    true
}
