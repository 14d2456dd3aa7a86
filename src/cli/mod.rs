//! The command line: parse it, run the one command, say an error once.
//!
//! Exit status: 0 done, 1 it failed, 2 wrong usage or configuration.

pub mod arguments;
pub mod backup;
pub mod cancel;
pub mod check;
pub mod demo;
pub mod explain;
pub mod export;
pub mod forget;
pub mod init;
pub mod list;
pub mod log;
pub mod login;
pub mod manual;
pub mod quarantine;
pub mod queue;
pub mod run;
pub mod screen;
pub mod show;
pub mod stats;
pub mod words;

use crate::clerk::RunError;
use crate::config::{Config, ConfigError};
use crate::daemon;
use crate::desk::Desk;
use crate::desk::house::House;
use crate::furnish;
use crate::rules::introduction::Stage;
use crate::store::Store;
use arguments::{Arguments, Command, QuarantineAct};
use clap::{CommandFactory, Parser};
use std::path::Path;
use std::process::ExitCode;

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let failure = match perform(config, arguments.command) {
        Ok(status) => return status,
        Err(failure) => failure,
    };
    let (text, status) = match failure {
        Failure::Usage(text) => (text, ExitCode::from(2)),
        Failure::Failed(text) => (text, ExitCode::FAILURE),
    };
    let mut text = format!("askfirst: {text}");
    let screen = screen::Screen::for_errors();
    // Scripts and logs get it in one line; what has lines of its own keeps them.
    if screen.columns.is_some() && !text.contains('\n') {
        text = screen.wrapped(&text, 0);
    }
    eprintln!("{text}");
    status
}

fn perform(config: Option<&Path>, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Explain {
            files,
            json,
            original,
            bounded,
        } => {
            if bounded {
                explain::bound();
            }
            return Ok(explain::run(&files, json, original.as_deref()));
        }
        Command::Demo { script } => demo::run(script),
        Command::Init(options) => init::run(config, &options),
        Command::Check(options) => check::run(config, &options),
        Command::Run {
            dry_run,
            from_start,
            log,
        } => {
            let options = daemon::Options {
                dry_run,
                from_start,
            };
            run::run(config, options, log)
        }
        Command::List {
            json,
            all,
            person,
            state,
        } => {
            let wanted = list::Wanted {
                all,
                person,
                states: state.iter().filter_map(|name| Stage::parse(name)).collect(),
            };
            list::run(config, json, &wanted)
        }
        Command::Stats { json, since } => stats::run(config, json, since.as_deref()),
        Command::Queue { json } => queue::run(config, json),
        Command::Quarantine { act } => set_aside(config, act),
        Command::Export { raw } => export::run(config, raw),
        Command::Show { id, json } => show::run(config, id, json),
        Command::Cancel { id } => cancel::run(config, id),
        Command::Login { at } => login::run(config, at),
        Command::Forget { address } => forget::run(config, &address),
        Command::Pause => cancel::pause(config),
        Command::Resume {
            trust_database,
            trust_clock,
        } => cancel::resume(config, trust_database, trust_clock),
        Command::Backup { file } => backup::run(config, &file),
        Command::Words { language, name } => words::run(language.as_deref(), name.as_deref()),
        Command::Completions { shell } => {
            manual::completions(&mut Arguments::command(), shell);
            Ok(())
        }
        Command::Man { folder } => manual::run(Arguments::command(), folder.as_deref()),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn set_aside(config: Option<&Path>, act: Option<QuarantineAct>) -> Result<(), Failure> {
    match act {
        None => quarantine::list(config, false),
        Some(QuarantineAct::List { json }) => quarantine::list(config, json),
        Some(QuarantineAct::Show { id, json, raw }) => quarantine::show(config, id, raw, json),
        Some(QuarantineAct::Retry { id }) => quarantine::retry(config, id),
        Some(QuarantineAct::Drop { id }) => quarantine::drop(config, id),
    }
}

/// Why a command did not do what it was asked to, in a sentence.
pub enum Failure {
    /// Wrong usage or configuration: exit status 2.
    Usage(String),
    /// Exit status 1.
    Failed(String),
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Usage(error.to_string())
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Config(_)
            | RunError::Password { .. }
            | RunError::Contacts(_)
            | RunError::Words(_) => Failure::Usage(error.to_string()),
            _ => Failure::Failed(error.to_string()),
        }
    }
}

impl From<crate::desk::DeskError> for Failure {
    fn from(error: crate::desk::DeskError) -> Self {
        Failure::Failed(error.to_string())
    }
}

fn load(config: Option<&Path>) -> Result<Config, Failure> {
    Ok(Config::load(&Config::find(config)?)?)
}

/// A desk of this command's own, beside the daemon's: its transactions are the same.
fn desk(config: Option<&Path>) -> Result<Desk, Failure> {
    desk_and_config(config).map(|(desk, _)| desk)
}

/// Without contacts: a file that is broken must not keep anybody from looking or from calling off.
fn desk_and_config(config: Option<&Path>) -> Result<(Desk, Config), Failure> {
    let config = load(config)?;
    let house = furnish::house_alone(&config);
    Ok((open(&config, house)?, config))
}

/// With them, for what reads mails.
fn desk_with_people(config: Option<&Path>) -> Result<Desk, Failure> {
    let config = load(config)?;
    let house = furnish::house(&config)?;
    open(&config, house)
}

fn open(config: &Config, house: House) -> Result<Desk, Failure> {
    is_there(config)?;
    let store = Store::open(&config.store.path).map_err(crate::desk::DeskError::from)?;
    Ok(Desk::open(store, house, daemon::system_dice())?)
}

fn is_there(config: &Config) -> Result<(), Failure> {
    match config.store.path.exists() {
        true => Ok(()),
        false => Err(Failure::Failed(format!(
            "{}: no database there yet; `askfirst run` makes it at its first start",
            config.store.path.display()
        ))),
    }
}

fn now_secs() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// Prints, and does not mind a reader who has had enough (`askfirst list | head -1`).
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
