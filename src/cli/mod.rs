//! The command line: parse it, run the one command, say an error once.
//!
//! Exit status: 0 done, 1 it failed, 2 wrong usage or configuration.

pub mod backup;
pub mod cancel;
pub mod check;
pub mod demo;
pub mod explain;
pub mod forget;
pub mod list;
pub mod log;
pub mod login;
pub mod run;
pub mod show;

use crate::clerk::RunError;
use crate::config::{Config, ConfigError};
use crate::daemon;
use crate::desk::Desk;
use crate::store::Store;
use clap::{CommandFactory, Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "askfirst",
    version,
    about = "Asks first and introduces second: the double opt-in introduction in plain mail"
)]
struct Arguments {
    /// The configuration; default: askfirst.toml here, then the user's configuration folder, then /etc/askfirst
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole job on this machine, with nothing to configure
    Demo {
        /// Play one introduction that ends in yes and one that ends in no, print each mail, and end
        #[arg(long)]
        script: bool,
    },
    /// Check configuration, logins and server abilities; sends nothing
    Check,
    /// The daemon: read, ask, introduce
    Run {
        /// Read and decide, send nothing, change nothing
        #[arg(long)]
        dry_run: bool,
        /// Also take mail that was there before the first start
        #[arg(long)]
        from_start: bool,
        /// Lines for people or JSON for collectors; default: what [service] log says, else text
        #[arg(long, value_name = "FORM")]
        log: Option<log::Form>,
    },
    /// Show how a mail would be read (needs neither configuration nor network)
    Explain {
        /// Mail files; `-` is standard input
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// The mail of ours that it answers
        #[arg(long, value_name = "FILE")]
        original: Option<PathBuf>,
    },
    /// The open introductions
    List {
        /// A JSON array
        #[arg(long)]
        json: bool,
        /// Finished ones too
        #[arg(long)]
        all: bool,
    },
    /// One introduction: consents with their evidence, mails, story
    Show {
        id: i64,
        #[arg(long)]
        json: bool,
    },
    /// Call an introduction off
    Cancel { id: i64 },
    /// Erase what is stored about a person, and say what
    Forget { address: String },
    /// Stop all sending until `resume`; what arrives is kept and read
    Pause,
    /// Send again after `pause`
    /// Sign in to the mail account with OAuth2 and keep the tokens
    Login { at: login::At },
    Resume {
        /// Also after mails of ours were seen that the database did not write (an old backup, a second askfirst)
        #[arg(long)]
        trust_database: bool,
        /// The system's clock is right, although it jumped
        #[arg(long)]
        trust_clock: bool,
    },
    /// Copy the database into a new file, also while the daemon runs
    Backup { file: PathBuf },
    /// Completions for a shell, on standard output
    Completions { shell: clap_complete::Shell },
    /// The manual page, on standard output (`askfirst man | man -l -`)
    Man,
}

/// Runs what the command line says.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let done = match arguments.command {
        Command::Explain {
            files,
            json,
            original,
        } => return explain::run(&files, json, original.as_deref()),
        Command::Demo { script } => demo::run(script),
        Command::Check => check::run(config),
        Command::Run {
            dry_run,
            from_start,
            log,
        } => run::run(
            config,
            daemon::Options {
                dry_run,
                from_start,
            },
            log,
        ),
        Command::List { json, all } => list::run(config, json, all),
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
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "askfirst", &mut text);
            print(&String::from_utf8_lossy(&text));
            Ok(())
        }
        Command::Man => manual(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(text)) => {
            eprintln!("askfirst: {text}");
            ExitCode::from(2)
        }
        Err(Failure::Failed(text)) => {
            eprintln!("askfirst: {text}");
            ExitCode::FAILURE
        }
    }
}

fn manual() -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command())
        .render(&mut page)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    print(&String::from_utf8_lossy(&page));
    Ok(())
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
            RunError::Config(_) | RunError::Password { .. } | RunError::Contacts(_) => {
                Failure::Usage(error.to_string())
            }
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
    let config = load(config)?;
    if !config.store.path.exists() {
        return Err(Failure::Failed(format!(
            "{}: no database there yet; `askfirst run` makes it at its first start",
            config.store.path.display()
        )));
    }
    let store = Store::open(&config.store.path).map_err(crate::desk::DeskError::from)?;
    let desk = Desk::open(
        store,
        daemon::house_without_contacts(&config)?,
        daemon::system_dice(),
    )?;
    Ok(desk)
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
