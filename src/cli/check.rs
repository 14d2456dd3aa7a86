//! `askfirst check`: configuration, logins and server abilities; sends nothing.
//!
//! Every problem is one sentence with its remedy; the exit status tells scripts.

use crate::cli::{Failure, load, log, print, run::runtime};
use crate::config::Config;
use crate::daemon;
use crate::furnish;
use crate::wire::imap::Session;
use crate::wire::smtp::{Connection, Timeouts};
use std::path::Path;
use std::time::Duration;

/// An SMTP server that is well answers at once; the daemon's minutes would only make an operator wait.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn run(config: Option<&Path>) -> Result<(), Failure> {
    let config = load(config)?;
    log::start("error");
    print(&format!("configuration  {}: good\n", config.path.display()));
    if let Some(unbuilt) = config.unbuilt() {
        return Err(Failure::Usage(unbuilt));
    }
    let house = furnish::house(&config)?;
    for connector in &house.connectors {
        print(&format!(
            "connector      {}: {} contacts, direct_requests = \"{}\"\n",
            connector.name,
            connector.contacts.len(),
            connector.direct.name()
        ));
    }
    if house.authserv_ids.is_empty() {
        print(
            "trust          no authserv_ids: authors are proven by their DKIM signatures, verified here\n",
        );
    } else {
        print(&format!(
            "trust          Authentication-Results of {}\n",
            house.authserv_ids.join(", ")
        ));
    }
    let (imap, smtp) = runtime()?.block_on(async { (imap(&config).await, smtp(&config).await) });
    let problems: Vec<String> = [imap, smtp].into_iter().filter_map(Result::err).collect();
    match problems.is_empty() {
        true => {
            print("Everything is ready for `askfirst run`. Nothing was sent.\n");
            Ok(())
        }
        false => Err(Failure::Failed(problems.join("\naskfirst: "))),
    }
}

async fn imap(config: &Config) -> Result<(), String> {
    let server = daemon::server(&config.imap.server, "imap").map_err(|e| e.to_string())?;
    let at = server.at();
    let mut session = Session::connect(&server)
        .await
        .map_err(|error| format!("imap: {error}"))?;
    let idle = match session.abilities().idle {
        true => "new mail is pushed (IDLE)",
        false => "no IDLE: the mailbox is asked once a minute",
    };
    print(&format!("imap           {at}: logged in; {idle}\n"));
    let selected = session
        .select(&config.imap.mailbox)
        .await
        .map_err(|error| format!("imap: the mailbox {}: {error}", config.imap.mailbox))?;
    print(&format!(
        "mailbox        {}: {} mails\n",
        config.imap.mailbox, selected.exists
    ));
    if let Some(junk) = &config.imap.junk {
        let state = match session.select(junk).await {
            Ok(selected) => format!("{} mails, read too", selected.exists),
            Err(_) => "not there; only the mailbox is read".to_owned(),
        };
        print(&format!("junk           {junk}: {state}\n"));
    }
    session.logout().await;
    Ok(())
}

async fn smtp(config: &Config) -> Result<(), String> {
    let server = daemon::server(&config.smtp.server, "smtp").map_err(|e| e.to_string())?;
    let timeouts = Timeouts {
        greeting: PATIENCE,
        hello: PATIENCE,
        auth: PATIENCE,
        ..Timeouts::default()
    };
    let connection = Connection::connect(&server, config.bot.address.domain(), &timeouts)
        .await
        .map_err(|(_, error)| format!("smtp: {error}"))?;
    let size = match connection.abilities().size_limit {
        Some(octets) => format!("; mails up to {} MB", octets / 1_000_000),
        None => String::new(),
    };
    print(&format!(
        "smtp           {}: logged in{size}\n",
        server.at()
    ));
    connection.quit().await;
    Ok(())
}
