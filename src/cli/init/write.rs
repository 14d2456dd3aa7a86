//! The configuration as `init` writes it: commented, with the secret outside, whole or not at all.
//!
//! Fails without having changed anything: both files are written beside their places and then renamed.

use crate::cli::init::providers::At;
use crate::config::Config;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// A file beside the configuration, and what is to be written into it now.
pub struct Kept {
    pub path: String,
    pub text: Option<String>,
}

/// Where the secret is.
pub enum Secret {
    File(Kept),
    Command(Vec<String>),
    Env(String),
    Credential(String),
    Oauth2 {
        provider: String,
        client_id: String,
        client_secret: Option<Kept>,
    },
}

impl Secret {
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Secret::File(kept) => Some(kept),
            Secret::Oauth2 { client_secret, .. } => client_secret.as_ref(),
            Secret::Command(_) | Secret::Env(_) | Secret::Credential(_) => None,
        }
    }
}

/// Everything that was answered.
pub struct Answers {
    pub address: String,
    pub name: String,
    pub time_zone: String,
    pub imap: At,
    pub smtp: At,
    pub user: String,
    /// Where IMAP wants another name than SMTP.
    pub imap_user: String,
    pub secret: Secret,
    pub junk: String,
    pub ca_file: Option<String>,
    /// To be believed from the start.
    pub believed: Option<String>,
    /// To be offered, commented out.
    pub authserv_id: Option<String>,
    pub person: Person,
}

/// The one who introduces.
pub struct Person {
    pub name: String,
    pub addresses: Vec<String>,
    pub contacts: Option<String>,
    pub direct_requests: String,
}

/// A TOML string; JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("[{}]", words.join(", "))
}

impl Answers {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "# Written by `askfirst init`. `askfirst check` tells what is wrong and what to do;\n\
             # config.example.toml explains every other key.\n\n",
        );
        let _ = writeln!(
            text,
            "[bot]\n# The bot's own mailbox: no person uses it.\naddress = {}\n\
             # Mails come from \"{} via …\".\nname = {}\n\
             # \"auto\": used once a mail to itself has shown that such addresses arrive.\nsubaddressing = \"auto\"\n\
             # For reminders, and for dates in mails.\ntime_zone = {}\n",
            quoted(&self.address),
            self.person.name.replace(char::is_control, " "),
            quoted(&self.name),
            quoted(&self.time_zone)
        );
        let _ = write!(text, "[imap]\n{}", self.server(&self.imap, &self.imap_user));
        let _ = writeln!(
            text,
            "mailbox = \"INBOX\"\n# Read too, where it exists: answers end up there.\njunk = {}\n",
            quoted(&self.junk)
        );
        let _ = writeln!(text, "[smtp]\n{}", self.server(&self.smtp, &self.user));
        text += "[store]\n# Everything the bot knows; made at the first start.\npath = \"askfirst.db\"\n\
                 # How long the words of mails are kept after an introduction's end.\nkeep_bodies = \"30d\"\n\n";
        text += "[trust]\n# Whose Authentication-Results are believed. None: DKIM and DMARC are checked here.\n\
                 # `askfirst check --roundtrip` shows what your provider writes, and the line to put here.\n";
        match (&self.believed, &self.authserv_id) {
            (Some(id), _) => _ = writeln!(text, "authserv_ids = [{}]\n", quoted(id)),
            (None, Some(id)) => _ = writeln!(text, "# authserv_ids = [{}]\n", quoted(id)),
            (None, None) => text += "# authserv_ids = [\"mx.example.org\"]\n\n",
        }
        text += "[pace]\n# One reminder, counted from the ask; \"never\" for none.\nremind_after = \"5d\"\n\
                 # When nobody answers.\nclose_after = \"14d\"\n\n";
        let _ = writeln!(
            text,
            "# One such section for each person who introduces.\n[[connector]]\nname = {}\n\
             # All addresses this person writes from; notices go to the first.\naddresses = {}",
            quoted(&self.person.name),
            list(&self.person.addresses)
        );
        match &self.person.contacts {
            Some(file) => {
                _ = writeln!(
                    text,
                    "# vCard or CSV; read again when it changes.\ncontacts = {}",
                    quoted(file)
                )
            }
            None => {
                text += "# A vCard or CSV file, so that \"ask Carol\" is enough.\n# contacts = \"contacts.vcf\"\n"
            }
        }
        let _ = writeln!(
            text,
            "# What a proven requester may start alone: \"contacts\", \"ask\", \"any\" or \"off\".\ndirect_requests = {}",
            quoted(&self.person.direct_requests)
        );
        text
    }

    fn server(&self, at: &At, user: &str) -> String {
        let mut text = format!(
            "host = {}\nport = {}\nsecurity = {}\nuser = {}\n",
            quoted(&at.host),
            at.port,
            quoted(&at.security),
            quoted(user)
        );
        text += &match &self.secret {
            Secret::File(kept) => {
                format!("password = {{ file = {} }}\n", quoted(&kept.path))
            }
            Secret::Command(words) => format!("password = {{ command = {} }}\n", list(words)),
            Secret::Env(name) => format!("password = {{ env = {} }}\n", quoted(name)),
            Secret::Credential(name) => {
                format!("password = {{ credential = {} }}\n", quoted(name))
            }
            Secret::Oauth2 {
                provider,
                client_id,
                client_secret,
            } => {
                let secret = client_secret.as_ref().map_or(String::new(), |kept| {
                    format!(", client_secret = {{ file = {} }}", quoted(&kept.path))
                });
                format!(
                    "oauth2 = {{ provider = {}, client_id = {}{secret} }}\n",
                    quoted(provider),
                    quoted(client_id)
                )
            }
        };
        if let Some(file) = &self.ca_file {
            let _ = writeln!(text, "ca_file = {}", quoted(file));
        }
        text
    }

    /// Puts both files in their places. The secret first: a configuration without it would be half
    /// a set-up.
    pub fn write(&self, path: &Path, force: bool) -> Result<(), String> {
        let text = self.text();
        // What is written is read by the same parser as everything else.
        Config::parse(&text, path).map_err(|error| error.to_string())?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let config = prepare(folder, &text, 0o644)?;
        if let Some(Kept {
            path: file,
            text: Some(text),
        }) = self.secret.kept()
        {
            let target = folder.join(file);
            let beside = target.parent().unwrap_or(folder);
            let secret = prepare(beside, &format!("{text}\n"), 0o600)?;
            place(secret, &target, force)?;
        }
        place(config, path, force)
    }
}

fn prepare(folder: &Path, text: &str, mode: u32) -> Result<tempfile::NamedTempFile, String> {
    use std::os::unix::fs::PermissionsExt;
    let at = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut file = tempfile::Builder::new()
        .prefix(".askfirst-")
        .permissions(std::fs::Permissions::from_mode(mode))
        .tempfile_in(folder)
        .map_err(at)?;
    file.write_all(text.as_bytes()).map_err(at)?;
    file.as_file().sync_all().map_err(at)?;
    Ok(file)
}

fn place(file: tempfile::NamedTempFile, path: &Path, force: bool) -> Result<(), String> {
    let done = match force {
        true => file.persist(path).map(drop).map_err(|error| error.error),
        false => file
            .persist_noclobber(path)
            .map(drop)
            .map_err(|error| error.error),
    };
    done.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            format!("{} is there already; --force replaces it", path.display())
        }
        _ => format!("{}: {error}", path.display()),
    })
}
