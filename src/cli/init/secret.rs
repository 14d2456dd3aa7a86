//! Where the secret is kept: outside the configuration, always.
//!
//! Fails where it is needed now and nobody can be asked.

use super::ask::{Asker, say};
use super::providers::{Provider, Way};
use super::write::{Kept, Secret};
use super::{Options, SIGN_INS, one_line, one_of};
use crate::cli::Failure;
use std::path::Path;

/// Beside the configuration.
const PASSWORD_FILE: &str = "askfirst.password";
const CLIENT_SECRET_FILE: &str = "askfirst.client-secret";

pub fn find(
    asker: &Asker,
    options: &Options,
    provider: Option<&Provider>,
    path: &Path,
) -> Result<Secret, Failure> {
    if let Some(given) = given(options) {
        return Ok(given);
    }
    let signs_in = provider.is_some_and(|provider| provider.login == Way::Oauth2);
    if options.oauth2.is_some() || (signs_in && !options.password_stdin) {
        return oauth2(asker, options, provider, path);
    }
    if options.password_stdin {
        return typed(asker, "");
    }
    let kinds = [
        "in a file beside the configuration, readable by you alone",
        "a command prints it (a password manager)",
        "in an environment variable",
        "a credential of systemd (LoadCredential=)",
    ];
    let name = |flag: &str, question: &str, usual: Option<&str>| {
        asker.text(flag, None, question, usual, one_line)
    };
    match asker.choice("password-file", "Where is the password kept?", &kinds)? {
        0 if asker.silent || is_kept(PASSWORD_FILE, options, path) => {
            Ok(Secret::File(there(PASSWORD_FILE)))
        }
        0 => typed(asker, "Password (it is not shown): "),
        1 => {
            let question = "Command, such as: pass show intro";
            let command = name("password-command", question, None)?;
            Ok(Secret::Command(words(&command)))
        }
        2 => {
            let usual = Some("ASKFIRST_PASSWORD");
            let name = name("password-env", "Name of the variable", usual)?;
            Ok(Secret::Env(name))
        }
        _ => {
            let name = name(
                "password-credential",
                "Name of the credential",
                Some("mail"),
            )?;
            Ok(Secret::Credential(name))
        }
    }
}

/// The place that a flag names.
fn given(options: &Options) -> Option<Secret> {
    let file = options.password_file.as_deref();
    let command = options.password_command.as_deref();
    file.map(|file| Secret::File(there(file)))
        .or(command.map(|command| Secret::Command(words(command))))
        .or(options.password_env.clone().map(Secret::Env))
        .or(options.password_credential.clone().map(Secret::Credential))
}

fn there(path: &str) -> Kept {
    Kept {
        path: path.to_owned(),
        text: None,
    }
}

/// Whether a secret of an earlier `init` lies there and stays.
fn is_kept(file: &str, options: &Options, config: &Path) -> bool {
    let folder = config.parent().unwrap_or(Path::new(""));
    let kept = folder.join(file).exists() && !options.force;
    if kept && !options.yes {
        say(&format!("{file} is there already, and is kept.\n"));
    }
    kept
}

fn typed(asker: &Asker, question: &str) -> Result<Secret, Failure> {
    let password = asker.password(question, "password-stdin")?;
    match password.is_empty() {
        true => Err(Failure::Usage(
            "the password is empty; nothing was written".to_owned(),
        )),
        false => Ok(Secret::File(Kept {
            text: Some(password),
            ..there(PASSWORD_FILE)
        })),
    }
}

fn oauth2(
    asker: &Asker,
    options: &Options,
    provider: Option<&Provider>,
    path: &Path,
) -> Result<Secret, Failure> {
    let usual = provider.and_then(|provider| provider.oauth2.as_deref());
    let provider = asker.text(
        "oauth2",
        options.oauth2.as_deref().or(usual),
        "Sign in with (google, microsoft)",
        None,
        |text| one_of(text, &SIGN_INS),
    )?;
    let client_id = asker.text(
        "client-id",
        options.client_id.as_deref(),
        "Client id of your registered application",
        None,
        one_line,
    )?;
    // Google's desktop applications have one; Microsoft's public clients have none.
    let client_secret = match (&options.client_secret_file, provider.as_str()) {
        (Some(file), _) => Some(there(file)),
        (None, "google") if !asker.silent => client_secret(asker, options, path)?,
        (None, _) => None,
    };
    Ok(Secret::Oauth2 {
        provider,
        client_id,
        client_secret,
    })
}

fn client_secret(asker: &Asker, options: &Options, path: &Path) -> Result<Option<Kept>, Failure> {
    if is_kept(CLIENT_SECRET_FILE, options, path) {
        return Ok(Some(there(CLIENT_SECRET_FILE)));
    }
    let question = "Its client secret (it is not shown; nothing for none): ";
    let secret = asker.password(question, "client-secret-file")?;
    let secret = secret.trim();
    Ok((!secret.is_empty()).then(|| Kept {
        text: Some(secret.to_owned()),
        ..there(CLIENT_SECRET_FILE)
    }))
}

fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}
