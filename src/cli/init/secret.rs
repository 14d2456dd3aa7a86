//! Where the secret is kept: outside the configuration, always.
//!
//! Fails where it is needed now and nobody can be asked.

use super::ask::{Asker, say};
use super::providers::{Provider, Way};
use super::write::Secret;
use super::{Options, PASSWORD_FILE, one_line, one_of};
use crate::cli::Failure;
use std::path::Path;

pub fn find(
    asker: &Asker,
    options: &Options,
    provider: Option<&Provider>,
    path: &Path,
) -> Result<Secret, Failure> {
    if let Some(file) = &options.password_file {
        return Ok(Secret::File {
            path: file.clone(),
            password: None,
        });
    }
    if let Some(command) = &options.password_command {
        return Ok(Secret::Command(words(command)));
    }
    if let Some(name) = &options.password_env {
        return Ok(Secret::Env(name.clone()));
    }
    if let Some(name) = &options.password_credential {
        return Ok(Secret::Credential(name.clone()));
    }
    let signs_in = provider.is_some_and(|provider| provider.login == Way::Oauth2);
    if options.oauth2.is_some() || (signs_in && !options.password_stdin) {
        return oauth2(asker, options, provider);
    }
    let in_file = |password: String| match password.is_empty() {
        true => Err(Failure::Usage(
            "the password is empty; nothing was written".to_owned(),
        )),
        false => Ok(Secret::File {
            path: PASSWORD_FILE.to_owned(),
            password: Some(password),
        }),
    };
    if options.password_stdin {
        return in_file(asker.password("", "password-stdin")?);
    }
    let kinds = [
        "in a file beside the configuration, readable by you alone",
        "a command prints it (a password manager)",
        "in an environment variable",
        "a credential of systemd (LoadCredential=)",
    ];
    match asker.choice("password-file", "Where is the password kept?", &kinds)? {
        0 if asker.silent => Ok(Secret::File {
            path: PASSWORD_FILE.to_owned(),
            password: None,
        }),
        0 => {
            let there = path
                .parent()
                .unwrap_or(Path::new(""))
                .join(PASSWORD_FILE)
                .exists();
            if there && !options.force {
                say(&format!("{PASSWORD_FILE} is there already, and is kept.\n"));
                return Ok(Secret::File {
                    path: PASSWORD_FILE.to_owned(),
                    password: None,
                });
            }
            in_file(asker.password("Password (it is not shown): ", "password-stdin")?)
        }
        1 => {
            let command = asker.text(
                "password-command",
                None,
                "Command, such as: pass show intro",
                None,
                one_line,
            )?;
            Ok(Secret::Command(words(&command)))
        }
        2 => Ok(Secret::Env(asker.text(
            "password-env",
            None,
            "Name of the variable",
            Some("ASKFIRST_PASSWORD"),
            one_line,
        )?)),
        _ => Ok(Secret::Credential(asker.text(
            "password-credential",
            None,
            "Name of the credential",
            Some("mail"),
            one_line,
        )?)),
    }
}

fn oauth2(
    asker: &Asker,
    options: &Options,
    provider: Option<&Provider>,
) -> Result<Secret, Failure> {
    let usual = provider.and_then(|provider| provider.oauth2.as_deref());
    let provider = asker.text(
        "oauth2",
        options.oauth2.as_deref().or(usual),
        "Sign in with (google, microsoft)",
        None,
        |text| one_of(text, &["google", "microsoft"]),
    )?;
    let client_id = asker.text(
        "client-id",
        options.client_id.as_deref(),
        "Client id of your registered application",
        None,
        one_line,
    )?;
    Ok(Secret::Oauth2 {
        provider,
        client_id,
    })
}

fn words(command: &str) -> Vec<String> {
    command.split_whitespace().map(str::to_owned).collect()
}
