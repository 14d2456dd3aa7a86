//! The command line: parse it, run the one command, say an error once.
//!
//! Exit status: 0 done, 1 it failed, 2 wrong usage or configuration.

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
    /// Write a configuration after a few questions; every answer is also a flag
    Init(#[command(flatten)] Box<init::Options>),
    /// Check configuration, logins and server abilities; sends nothing
    Check(#[command(flatten)] check::Options),
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
        /// In as much memory and time as any mail may take; the daemon looks at a suspect so
        #[arg(long, hide = true)]
        bounded: bool,
    },
    /// The open introductions
    List {
        /// A JSON array
        #[arg(long)]
        json: bool,
        /// Finished ones too
        #[arg(long)]
        all: bool,
        /// Only those with somebody whose name or address has this in it
        #[arg(long, value_name = "TEXT")]
        person: Option<String>,
        /// Only those in this state; may be given several times
        #[arg(long, value_name = "STATE", value_parser = state_parser())]
        state: Vec<String>,
    },
    /// One introduction: consents with their evidence, every mail and how it was read, what comes next
    Show {
        id: i64,
        #[arg(long)]
        json: bool,
    },
    /// How many were asked, what they said, and how long it took
    Stats {
        #[arg(long)]
        json: bool,
        /// Only introductions begun in this time, such as 90d
        #[arg(long, value_name = "DURATION")]
        since: Option<String>,
    },
    /// Mails on their way out: what waits, why, and when it is tried next
    Queue {
        #[arg(long)]
        json: bool,
    },
    /// Mails that could not be handled: look, try again, give up
    Quarantine {
        #[command(subcommand)]
        act: Option<QuarantineAct>,
    },
    /// Everything the database knows, as JSON on standard output
    Export {
        /// With the bytes of the mails, in base64
        #[arg(long)]
        raw: bool,
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
    /// The languages of the mails, the mails of one, the text of a mail: to begin your own with
    Words {
        language: Option<String>,
        /// Such as `ask`
        name: Option<String>,
    },
    /// Completions for a shell, on standard output
    Completions { shell: clap_complete::Shell },
    /// The manual page on standard output (`askfirst man | man -l -`), or all pages into a folder
    Man {
        /// Where one page for every command is written
        folder: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum QuarantineAct {
    /// All of them (also without a word)
    List {
        #[arg(long)]
        json: bool,
    },
    /// One of them: why it was set aside, and its text
    Show {
        id: i64,
        #[arg(long)]
        json: bool,
        /// The bytes as they came, for `askfirst explain -`
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
    /// Handle it again
    Retry { id: i64 },
    /// Give it up: its words go, and it is not fetched again
    Drop { id: i64 },
}

fn state_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Stage::ALL.map(Stage::name))
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
            bounded,
        } => {
            if bounded {
                explain::bound();
            }
            return explain::run(&files, json, original.as_deref());
        }
        Command::Demo { script } => demo::run(script),
        Command::Init(options) => init::run(config, &options),
        Command::Check(options) => check::run(config, &options),
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
        Command::List {
            json,
            all,
            person,
            state,
        } => {
            let states = state.iter().filter_map(|name| Stage::parse(name)).collect();
            let wanted = list::Wanted {
                all,
                person,
                states,
            };
            list::run(config, json, &wanted)
        }
        Command::Stats { json, since } => stats::run(config, json, since.as_deref()),
        Command::Queue { json } => queue::run(config, json),
        Command::Quarantine { act } => match act {
            None => quarantine::list(config, false),
            Some(QuarantineAct::List { json }) => quarantine::list(config, json),
            Some(QuarantineAct::Show { id, json, raw }) => quarantine::show(config, id, raw, json),
            Some(QuarantineAct::Retry { id }) => quarantine::retry(config, id),
            Some(QuarantineAct::Drop { id }) => quarantine::drop(config, id),
        },
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
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "askfirst", &mut text);
            print(&String::from_utf8_lossy(&text));
            Ok(())
        }
        Command::Man { folder } => manual::run(Arguments::command(), folder.as_deref()),
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
    if !config.store.path.exists() {
        return Err(Failure::Failed(format!(
            "{}: no database there yet; `askfirst run` makes it at its first start",
            config.store.path.display()
        )));
    }
    let store = Store::open(&config.store.path).map_err(crate::desk::DeskError::from)?;
    Ok(Desk::open(store, house, daemon::system_dice())?)
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
