//! `askfirst login google` and `askfirst login microsoft`: a person signs in, and the tokens are kept.
//!
//! Fails with what the provider said, in a sentence; nothing is stored then, and an earlier sign-in stays.

use crate::cli::{Failure, load, now_secs, print};
use crate::config::{Config, Login, Provider, SignIn};
use crate::desk::Desk;
use crate::keyring;
use crate::keyring::account::Account;
use crate::wire::oauth::browser::{self, Attempt};
use crate::wire::oauth::{Grant, Trouble, device};
use clap::ValueEnum;
use std::io::{BufRead, IsTerminal};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

/// A person finds the second factor, or gives up.
const PATIENCE_MINUTES: u64 = 15;

/// Where one signs in.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum At {
    /// In a browser; its answer comes back to this machine, or is pasted here
    Google,
    /// With a short code, on any device
    Microsoft,
}

impl At {
    fn name(self) -> &'static str {
        match self {
            At::Google => "google",
            At::Microsoft => "microsoft",
        }
    }

    fn is(self, provider: Provider) -> bool {
        matches!(
            (self, provider),
            (At::Google, Provider::Google) | (At::Microsoft, Provider::Microsoft)
        )
    }
}

pub fn run(config: Option<&Path>, at: At) -> Result<(), Failure> {
    let config = load(config)?;
    let mut accounts: Vec<Account> = Vec::new();
    for login in [&config.imap.server.login, &config.smtp.server.login] {
        let Login::OAuth2 { user, sign_in } = login else {
            continue;
        };
        if at.is(sign_in.provider) {
            let account = account(&config, user, sign_in)?;
            if !accounts.iter().any(|other| other.is_same(&account)) {
                accounts.push(account);
            }
        }
    }
    if accounts.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: nothing signs in there with {name}; under [imap] and [smtp], in the place of password, \
             write oauth2 = {{ provider = \"{name}\", client_id = \"…\" }}",
            config.path.display(),
            name = at.name()
        )));
    }
    for account in accounts {
        match at {
            At::Google => in_browser(&account)?,
            At::Microsoft => with_code(&account)?,
        }
    }
    queue_again(&config)?;
    print(
        "Now `askfirst check` shows whether both servers take it. A daemon that runs goes on by itself.\n",
    );
    Ok(())
}

fn account(config: &Config, user: &str, sign_in: &SignIn) -> Result<Account, Failure> {
    keyring::account(user, sign_in, &config.store.path)
        .map_err(|error| Failure::Usage(error.to_string()))
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(format!("signing in: {error}"))
}

fn keep(account: &Account, grant: &Grant) -> Result<(), Failure> {
    account.keep(grant, now_secs()).map_err(failed)?;
    print(&format!(
        "Signed in. The tokens are in {}, readable by its owner alone.\n",
        account.path().display()
    ));
    if grant.refresh.is_none() {
        print("The provider gave no refresh token: this sign-in ends with its first token.\n");
    }
    Ok(())
}

/// Whoever has signed in again does not want to wait for the queue's next look.
fn queue_again(config: &Config) -> Result<(), Failure> {
    if !config.store.path.exists() {
        return Ok(());
    }
    let store =
        crate::store::Store::open(&config.store.path).map_err(crate::desk::DeskError::from)?;
    let house = crate::furnish::house_alone(config);
    let mut desk = Desk::open(store, house, crate::daemon::system_dice())?;
    Ok(desk.send_again(now_secs())?)
}

/// The device code.
fn with_code(account: &Account) -> Result<(), Failure> {
    let (endpoints, client) = (account.endpoints(), account.client());
    let invitation = device::invite(endpoints, client).map_err(failed)?;
    print(&format!(
        "Sign in as {} on any device:\n\n  open   {}\n  enter  {}\n\nWaiting, for at most {} minutes …\n",
        account.user(),
        invitation.address,
        invitation.user_code,
        (invitation.expires_in_secs / 60).max(1)
    ));
    if let Some(address) = &invitation.complete_address {
        print(&format!("(or open {address}, which has the code in it)\n"));
    }
    let grant = device::wait(endpoints, client, &invitation, Duration::from_secs(1));
    keep(account, &grant.map_err(failed)?)
}

/// The browser, here or elsewhere.
fn in_browser(account: &Account) -> Result<(), Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed)?;
    let port = listener.local_addr().map_err(failed)?.port();
    let mut random = [0; 64];
    getrandom::fill(&mut random).map_err(failed)?;
    let attempt = Arc::new(Attempt::new(&random, format!("http://127.0.0.1:{port}/")));
    let address = attempt.address(account.endpoints(), account.client(), account.user());
    print(&format!(
        "Sign in as {} in a browser:\n\n{address}\n\nA browser on this machine brings the answer back by itself. \
         Elsewhere it ends at a page that\ndoes not load: copy the address of that page and paste it here.\n",
        account.user()
    ));
    open(&address);
    let (heard, hearing) = mpsc::channel();
    let (for_listener, listening) = (heard.clone(), attempt.clone());
    std::thread::spawn(move || browser::listen(&listener, &listening, &for_listener));
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if !line.trim().is_empty() && heard.send(line).is_err() {
                return;
            }
        }
    });
    let code = await_answer(&attempt, &hearing)?;
    let grant = attempt.redeem(account.endpoints(), account.client(), &code);
    keep(account, &grant.map_err(failed)?)
}

fn await_answer(
    attempt: &Attempt,
    hearing: &mpsc::Receiver<String>,
) -> Result<browser::Code, Failure> {
    let end = Instant::now() + Duration::from_secs(PATIENCE_MINUTES * 60);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match hearing.recv_timeout(left) {
            Ok(answer) => match attempt.read(&answer) {
                Some(Ok(code)) => return Ok(code),
                Some(Err(trouble)) => return Err(failed(trouble)),
                // A browser also asks for an icon; only what somebody pasted deserves a word.
                None if answer.starts_with('/') => {}
                None => print(
                    "That is not the answer to this sign-in: paste the whole address, which begins \
                     with http://127.0.0.1 and holds state= and code=.\n",
                ),
            },
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return Err(failed(Trouble::NobodyCame {
                    minutes: PATIENCE_MINUTES,
                }));
            }
        }
    }
}

/// Opens a browser where a person sits before a screen; the address stands in the terminal in any case.
fn open(address: &str) {
    let screen = ["WAYLAND_DISPLAY", "DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let program = match cfg!(target_os = "macos") {
        true => "open",
        false => "xdg-open",
    };
    if std::io::stdout().is_terminal() && (screen || cfg!(target_os = "macos")) {
        let _ = Command::new(program)
            .arg(address)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
    }
}
