//! The part of a check that needs no mail server: passwords, people, trust, the database.
//!
//! What is wrong is a finding with its remedy; only what makes the rest pointless ends the check.

use super::report::Report;
use crate::cli::Failure;
use crate::cli::screen::counted;
use crate::config::password::Password;
use crate::config::{Config, Login, Security, Server};
use crate::contacts::Contacts;
use crate::desk::house::House;
use crate::rules::manners::Standing;
use crate::wire::proof::Resolver;
use crate::words::WordsError;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Problems of a contacts file that are shown; the rest is counted.
const MAX_PROBLEMS: usize = 5;

/// Who else may read the secrets, and what goes unprotected.
pub fn passwords(config: &Config, report: &mut Report) {
    let mut seen: Vec<&Path> = Vec::new();
    for (section, server) in [("imap", &config.imap.server), ("smtp", &config.smtp.server)] {
        if let Some(path) = secret_file(config, server)
            && !seen.contains(&path)
        {
            seen.push(path);
            if open_to_others(path) {
                report.warning(
                    "password",
                    format!(
                        "{} can be read by other users of this machine",
                        path.display()
                    ),
                    format!("chmod 600 {}", path.display()),
                );
            }
        }
        if server.security == Security::None {
            let line =
                format!("[{section}] security = \"none\": on this machine alone, unprotected");
            report.note("protection", line);
        }
    }
}

fn secret_file<'a>(config: &'a Config, server: &'a Server) -> Option<&'a Path> {
    match &server.login {
        Login::Password {
            password: Password::File(path),
            ..
        } => Some(path),
        Login::Password {
            password: Password::Plain(_),
            ..
        } => Some(&config.path),
        _ => None,
    }
}

fn open_to_others(path: &Path) -> bool {
    let metadata = std::fs::metadata(path);
    metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// The operator's own words: those that can't be used keep `run` from starting.
pub fn words(config: &Config, report: &mut Report) {
    let Some(folder) = &config.bot.words else {
        return;
    };
    match crate::words::load(folder) {
        Ok(_) => report.good("words", format!("{}: rehearsed", folder.display())),
        Err(WordsError::Problems(problems)) => {
            for found in problems {
                let says = format!("{}: {}", found.place(), found.problem);
                report.wrong_configuration("words", says, found.remedy);
            }
        }
        Err(error) => report.wrong_configuration(
            "words",
            error.to_string(),
            "Make the folder that [bot] words names, or take that line out.",
        ),
    }
}

/// What to do about a secret that can't be fetched.
pub fn remedy(config: &Config, says: &str) -> String {
    [&config.imap.server.login, &config.smtp.server.login]
        .into_iter()
        .filter_map(|login| match login {
            Login::Password { password, .. } => Some(password),
            Login::OAuth2 { sign_in, .. } => sign_in.client_secret.as_ref(),
            Login::None | Login::Helper { .. } => None,
        })
        .find(|password| says.contains(&password.source()))
        .map_or_else(
            || "`askfirst init` shows the places that a password can be in.".to_owned(),
            Password::remedy,
        )
}

/// The connectors and their contacts.
pub fn people(config: &Config, house: &House, report: &mut Report) {
    for (connector, known) in config.connectors.iter().zip(&house.connectors) {
        let rule = format!("direct_requests = \"{}\"", known.direct.name());
        let name = &connector.name;
        let Some(path) = &connector.contacts else {
            let line = format!("{name}: no contacts, so people are named by their address; {rule}");
            report.note("connector", line);
            continue;
        };
        match crate::contacts::load(path) {
            Ok(read) => {
                let people = counted(read.people.len(), "contact");
                let line = format!("{name}: {people}{}, {rule}", settled_in_words(&read));
                report.good("connector", line);
                contacts(&read, house, report);
            }
            Err(error) => report.wrong_configuration(
                "connector",
                format!("{name}: contacts: {error}"),
                "Put the file there, correct [[connector]] contacts, or take that line out.",
            ),
        }
    }
}

/// How many have a word of the connector's in their entry.
fn settled_in_words(read: &Contacts) -> String {
    let standing = |wanted: Standing| {
        let people = read.people.iter().filter(|contact| {
            let first = contact.addresses.first();
            let settled = first.and_then(|address| read.settled.get(&*address.rate_key()));
            settled.and_then(|settled| settled.standing) == Some(wanted)
        });
        people.count()
    };
    let mut text = String::new();
    for (word, count) in [
        ("always yes", standing(Standing::AlwaysYes)),
        ("never", standing(Standing::Never)),
    ] {
        if count > 0 {
            text += &format!(", {count} \"{word}\"");
        }
    }
    text
}

/// What in the entries could not be used.
fn contacts(read: &Contacts, house: &House, report: &mut Report) {
    // A language that there are no words for falls back to the connector's.
    let mut missing: Vec<&str> = read
        .settled
        .values()
        .filter_map(|settled| settled.language.as_deref())
        .filter(|tag| house.words.find(tag).is_none())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    if !missing.is_empty() {
        report.warning(
            "contacts",
            format!("there are no mails in {}", missing.join(", ")),
            "docs/voices.md says how to add a language; until then the connector's is used.",
        );
    }
    for problem in read.problems.iter().take(MAX_PROBLEMS) {
        report.warning(
            "contacts",
            problem,
            "Correct the entry; the others are used.",
        );
    }
    if read.problems.len() > MAX_PROBLEMS {
        let more = counted(read.problems.len() - MAX_PROBLEMS, "more entry");
        report.note(
            "contacts",
            format!("and {more} like these").replace("entrys", "entries"),
        );
    }
}

/// Who is believed, and whether that can work.
pub async fn trust(config: &Config, report: &mut Report) {
    if !config.trust.authserv_ids.is_empty() {
        let ids = config.trust.authserv_ids.join(", ");
        report.good("trust", format!("Authentication-Results of {ids}"));
        return;
    }
    let says = "no authserv_ids: authors are proven by their DKIM signatures, verified here";
    let answers = match Resolver::system() {
        Ok(resolver) => crate::wire::discover::answers(&resolver).await,
        Err(_) => false,
    };
    match answers {
        true => report.good("trust", says),
        false => report.warning(
            "trust",
            format!("{says}; but no name server answers, so nobody is proven"),
            "Make the DNS work on this machine, or set [trust] authserv_ids (`check --roundtrip` shows which).",
        ),
    }
}

/// The database, if there is one yet.
pub fn store(config: &Config, report: &mut Report) {
    let path = &config.store.path;
    if !path.exists() {
        report.note(
            "database",
            format!("{}: made at the first start", path.display()),
        );
        return;
    }
    let desk = match crate::cli::open(config, crate::furnish::house_alone(config)) {
        Ok(desk) => desk,
        Err(Failure::Usage(text) | Failure::Failed(text)) => {
            report.problem("database", text, None);
            return;
        }
    };
    report.good("database", format!("{}: opens", path.display()));
    if let Ok(Some(silence)) = desk.silence(crate::cli::now_secs()) {
        report.warning("sending", silence, "`askfirst queue` shows what waits.");
    }
    if let Ok(aside) = desk.quarantine()
        && !aside.is_empty()
    {
        let mails = counted(aside.len(), "mail");
        report.warning(
            "set aside",
            format!("{mails} could not be handled"),
            "`askfirst quarantine` shows them.",
        );
    }
}
