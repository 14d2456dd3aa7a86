//! `askfirst init`: a configuration after a few questions; every answer is also a flag.
//!
//! Fails without having written anything: a file that is there is only replaced with `--force`, and
//! what is written has passed the configuration's own check.

mod ask;
mod place;
mod providers;
mod secret;
mod write;

use crate::cli::run::runtime;
use crate::cli::screen::Screen;
use crate::cli::{Failure, print};
use crate::reader::address::Address;
use ask::{Asker, say};
use clap::builder::PossibleValuesParser;
use providers::{Provider, Way};
use std::path::{Path, PathBuf};
use write::{Answers, Kept, Secret};

const CONFIG_FILE: &str = "askfirst.toml";
const SECURITY: [&str; 3] = ["tls", "starttls", "none"];
const SIGN_INS: [&str; 2] = ["google", "microsoft"];
const RULES: [&str; 4] = ["contacts", "ask", "any", "off"];

#[derive(clap::Args)]
pub struct Options {
    /// Ask nothing: flags and defaults answer, and what has neither is an error
    #[arg(long)]
    yes: bool,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// The bot's own address
    #[arg(long)]
    address: Option<String>,
    /// The bot's name: mails come from "Bob Kim via NAME"
    #[arg(long)]
    name: Option<String>,
    /// Who keeps the mailbox; default: told by the address
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(providers::NAMES))]
    provider: Option<String>,
    /// The IMAP server: HOST or HOST:PORT
    #[arg(long, value_name = "HOST")]
    imap: Option<String>,
    /// How it is protected; none: this machine only
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(SECURITY))]
    imap_security: Option<String>,
    /// The SMTP server: HOST or HOST:PORT
    #[arg(long, value_name = "HOST")]
    smtp: Option<String>,
    /// How it is protected; none: this machine only
    #[arg(long, value_name = "HOW", value_parser = PossibleValuesParser::new(SECURITY))]
    smtp_security: Option<String>,
    /// A PEM file with the certificates to believe
    #[arg(long, value_name = "FILE")]
    ca_file: Option<String>,
    /// A server whose Authentication-Results are believed: one that removes forged fields with its name
    #[arg(long, value_name = "NAME")]
    authserv_id: Option<String>,
    /// The name to log in with; default: the address
    #[arg(long)]
    user: Option<String>,
    /// The password is the first line of this file
    #[arg(long, value_name = "FILE", group = "secret")]
    password_file: Option<String>,
    /// The password is what this command prints; words are parted at spaces, no shell
    #[arg(long, value_name = "COMMAND", group = "secret")]
    password_command: Option<String>,
    /// The password is in this environment variable
    #[arg(long, value_name = "NAME", group = "secret")]
    password_env: Option<String>,
    /// The password is this credential of systemd (LoadCredential=)
    #[arg(long, value_name = "NAME", group = "secret")]
    password_credential: Option<String>,
    /// Read the password from standard input, and keep it in askfirst.password
    #[arg(long, group = "secret")]
    password_stdin: bool,
    /// Sign in with OAuth2
    #[arg(long, value_name = "PROVIDER", group = "secret", value_parser = PossibleValuesParser::new(SIGN_INS))]
    oauth2: Option<String>,
    /// The client id of the application that was registered for OAuth2
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// That application's client secret is the first line of this file (Google's have one)
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<String>,
    /// The name of the person who introduces
    #[arg(long, value_name = "NAME")]
    connector_name: Option<String>,
    /// An address that this person writes from; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    connector_address: Vec<String>,
    /// This person's contacts, vCard or CSV
    #[arg(long, value_name = "FILE")]
    contacts: Option<String>,
    /// What a proven requester may start alone; default: contacts
    #[arg(long, value_name = "RULE", value_parser = PossibleValuesParser::new(RULES))]
    direct_requests: Option<String>,
    /// Such as Europe/Berlin; default: this machine's
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Look nothing up in the DNS and try no servers
    #[arg(long)]
    no_lookup: bool,
    /// Ask this name server (ADDRESS:PORT) instead of the system's
    #[arg(long, value_name = "SERVER", hide = true)]
    dns: Option<std::net::SocketAddr>,
}

pub fn run(config: Option<&Path>, options: &Options) -> Result<(), Failure> {
    let path = config.map_or_else(|| PathBuf::from(CONFIG_FILE), Path::to_owned);
    if path.exists() && !options.force {
        return Err(Failure::Usage(format!(
            "{} is there already; --force replaces it, --config names another place",
            path.display()
        )));
    }
    if options.yes {
        nothing_missing(options)?;
    }
    let asker = Asker {
        silent: options.yes,
        runtime: runtime()?,
    };
    let answers = questions(&asker, options, &path)?;
    if !options.yes {
        say("\n");
    }
    if !asker.yes(&format!("Write {}", path.display()))? {
        return Err(Failure::Failed("nothing was written".to_owned()));
    }
    answers
        .write(&path, options.force)
        .map_err(Failure::Usage)?;
    print(&farewell(&answers, &path, config));
    Ok(())
}

/// What has no default, all of it at once: a script is mended in one go.
fn nothing_missing(options: &Options) -> Result<(), Failure> {
    let missing: Vec<&str> = [
        ("--address", options.address.is_none()),
        ("--connector-name", options.connector_name.is_none()),
        ("--connector-address", options.connector_address.is_empty()),
    ]
    .into_iter()
    .filter_map(|(flag, is_missing)| is_missing.then_some(flag))
    .collect();
    match missing.as_slice() {
        [] => Ok(()),
        [one] => Err(Failure::Usage(format!(
            "{one} is missing; with --yes nobody is asked for it"
        ))),
        [several @ .., last] => Err(Failure::Usage(format!(
            "{} and {last} are missing; with --yes nobody is asked for them",
            several.join(", ")
        ))),
    }
}

fn questions(asker: &Asker, options: &Options, path: &Path) -> Result<Answers, Failure> {
    let tell = |text: &str| {
        if !options.yes {
            say(text);
        }
    };
    tell("A mailbox of the bot's own: no person uses it.\n");
    let address = asker.text(
        "address",
        options.address.as_deref(),
        "The bot's address",
        None,
        |text| Address::parse(text).map_err(|error| format!("{text:?}: {error}")),
    )?;
    let place = place::find(asker, options, &address)?;
    let provider = place.provider;
    if let Some(provider) = &provider {
        tell(&to_be_done_first(provider, options.oauth2.is_some()));
    }
    let user = asker.text(
        "user",
        options.user.as_deref(),
        "Name to log in with",
        Some(address.as_str()),
        one_line,
    )?;
    let secret = secret::find(asker, options, provider.as_ref(), path)?;
    let name = asker.text(
        "name",
        options.name.as_deref(),
        "\nThe bot's name, as in \"Bob Kim via Example Introductions\"",
        Some("Introductions"),
        one_line,
    )?;
    tell("\nThe person who introduces (more can be added in the file).\n");
    let person = person(asker, options, path, &address)?;
    let time_zone = time_zone(asker, options)?;
    let ca_file = provider
        .as_ref()
        .and_then(|provider| provider.ca_file.clone());
    Ok(Answers {
        address: address.as_str().to_owned(),
        name,
        time_zone,
        imap: place.imap,
        smtp: place.smtp,
        imap_user: provider
            .as_ref()
            .map_or_else(|| user.clone(), |provider| provider.imap_user(&user)),
        user,
        secret,
        junk: provider
            .as_ref()
            .map_or("Junk", |provider| &provider.junk)
            .to_owned(),
        ca_file: options.ca_file.clone().or(ca_file),
        believed: options.authserv_id.clone(),
        authserv_id: provider.and_then(|provider| provider.authserv_id),
        person,
    })
}

/// What the provider wants to have settled before a program may log in.
fn to_be_done_first(provider: &Provider, oauth2: bool) -> String {
    let screen = Screen::here();
    // The steps of such a provider lead to an app password, which is not wanted then.
    let instead =
        ["Register an application for OAuth2, and copy its client id and secret.".to_owned()];
    let steps = match oauth2 && provider.login == Way::Password {
        true => &instead[..],
        false => provider.first.as_slice(),
    };
    let head = "To be done there first, by its own documents or what others report:";
    let mut text = format!("\n{}\n", screen.wrapped(head, 0));
    for (at, step) in steps.iter().enumerate() {
        text += &format!("  {}. {}\n", at + 1, screen.wrapped(step, 5));
    }
    text + &format!(
        "  (docs/providers/{}.md has it step by step, and where it is from.)\n\n",
        provider.page
    )
}

fn person(
    asker: &Asker,
    options: &Options,
    path: &Path,
    bot: &Address,
) -> Result<write::Person, Failure> {
    let name = asker.text(
        "connector-name",
        options.connector_name.as_deref(),
        "Name",
        None,
        one_line,
    )?;
    let given = options.connector_address.join(",");
    let addresses = asker.text(
        "connector-address",
        (!given.is_empty()).then_some(given.as_str()),
        "Addresses this person writes from, separated by commas",
        None,
        |text| persons(text, bot),
    )?;
    let contacts = asker.text(
        "contacts",
        options.contacts.as_deref(),
        "Contacts, a vCard or CSV file (nothing for none)",
        Some(""),
        |text| contacts(text, path),
    )?;
    let direct_requests = asker.text(
        "direct-requests",
        options.direct_requests.as_deref().or(Some("contacts")),
        "",
        None,
        |text| one_of(text, &RULES),
    )?;
    Ok(write::Person {
        name,
        addresses,
        contacts,
        direct_requests,
    })
}

fn time_zone(asker: &Asker, options: &Options) -> Result<String, Failure> {
    let here = jiff::tz::TimeZone::system();
    asker.text(
        "time-zone",
        options.time_zone.as_deref(),
        "Time zone, for reminders and dates",
        Some(here.iana_name().unwrap_or("UTC")),
        |text| match jiff::tz::TimeZone::get(text) {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(format!(
                "{text:?} is no time zone known here; write one such as Europe/Berlin"
            )),
        },
    )
}

fn one_line(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("Something has to stand here.".to_owned()),
        text if text.contains(char::is_control) => Err("One line, please.".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn one_of(text: &str, words: &[&str]) -> Result<String, String> {
    match words.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is none of {}", words.join(", "))),
    }
}

/// A person's addresses; the bot's own is none, nor a sub-address of it.
fn persons(text: &str, bot: &Address) -> Result<Vec<String>, String> {
    let mut addresses = Vec::new();
    for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
        let address = Address::parse(part).map_err(|error| format!("{part:?}: {error}"))?;
        if address.is_or_extends(bot, '+') {
            return Err(format!(
                "{address} is the bot's own address; the person needs another one, or the bot another mailbox"
            ));
        }
        addresses.push(address.as_str().to_owned());
    }
    match addresses.is_empty() {
        true => Err("Name at least one address.".to_owned()),
        false => Ok(addresses),
    }
}

/// Read now, so that a wrong file is told now.
fn contacts(text: &str, config: &Path) -> Result<Option<String>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let path = config.parent().unwrap_or(Path::new("")).join(text);
    let read = crate::contacts::load(&path).map_err(|error| error.to_string())?;
    match read.people.is_empty() {
        true => Err(format!("{}: nobody in it has an address", path.display())),
        false => Ok(Some(text.to_owned())),
    }
}

fn farewell(answers: &Answers, path: &Path, config: Option<&Path>) -> String {
    let named = config.map_or(String::new(), |path| {
        format!(" --config {}", path.display())
    });
    let mut text = format!("{} is written.\n", path.display());
    let folder = path.parent().unwrap_or(Path::new(""));
    let what = match &answers.secret {
        Secret::Oauth2 { .. } => "client secret",
        _ => "password",
    };
    match answers.secret.kept() {
        Some(Kept {
            path: file,
            text: Some(_),
        }) => {
            text += &format!(
                "The {what} is in {}, readable by you alone.\n",
                folder.join(file).display()
            );
        }
        Some(Kept { path: file, .. }) if !folder.join(file).exists() => {
            text += &format!(
                "Put the {what} into {0}, for your eyes only:  (umask 077; cat > {0})\n",
                folder.join(file).display()
            );
        }
        Some(_) | None => {}
    }
    if let Secret::Oauth2 { provider, .. } = &answers.secret {
        text += &format!("Sign in once:  askfirst login {provider}{named}\n");
    }
    text += &format!(
        "\nNext:\n  askfirst check{named}              logins and what the servers can do; sends nothing\n  askfirst check --roundtrip{named}  a mail to itself, and what comes back\n  askfirst run{named}\n"
    );
    text
}
