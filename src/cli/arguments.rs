//! What can be written on the command line; the comments here are the help and the manual page.
//!
//! Fails as clap does: with the usage on standard error and status 2.

use crate::cli::{check, init, log, login};
use crate::rules::introduction::Stage;
use clap::{Parser, Subcommand};
use std::path::PathBuf;

#[derive(Parser)]
#[command(
    name = "askfirst",
    version,
    about = "Asks first and introduces second: the double opt-in introduction in plain mail",
    after_help = "To begin: `askfirst demo` shows the whole job. Then `askfirst init`, `askfirst check`, `askfirst run`."
)]
pub struct Arguments {
    /// The configuration; default: askfirst.toml here, then the user's configuration folder, then /etc/askfirst
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
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
        /// Lines for people or JSON for collectors; default: as the configuration says, else text
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
        /// Only those with somebody whose name or address has this in it
        #[arg(long, value_name = "TEXT")]
        person: Option<String>,
        /// Only those in this state; may be given several times
        #[arg(long, value_name = "STATE", value_parser = state_parser())]
        state: Vec<String>,
    },
    /// One introduction: consents with their evidence, every mail and how it was read, what comes next
    Show {
        /// Its number, as `askfirst list` shows it
        id: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// How many were asked, what they said, and how long it took
    Stats {
        /// One JSON object
        #[arg(long)]
        json: bool,
        /// Only introductions begun in this time, such as 90d
        #[arg(long, value_name = "DURATION")]
        since: Option<String>,
    },
    /// What waits: mails on their way out, and mails that are held; why, and when it is tried next
    Queue {
        /// One JSON object
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
    /// Call an introduction off; nobody is told
    Cancel {
        /// Its number, as `askfirst list` shows it
        id: i64,
    },
    /// Erase what is stored about a person, and say what
    Forget {
        /// Any address of the person; each is forgotten by itself
        address: String,
    },
    /// Stop all sending until `resume`; what arrives is kept and read
    Pause,
    /// Send again after `pause`
    Resume {
        /// Also after mails of ours were seen that the database did not write (an old backup, a second askfirst)
        #[arg(long)]
        trust_database: bool,
        /// The system's clock is right, although it jumped
        #[arg(long)]
        trust_clock: bool,
    },
    /// Sign in to the mail account with OAuth2, and keep the tokens
    Login {
        #[arg(value_name = "PROVIDER")]
        at: login::At,
    },
    /// Copy the database into a new file, also while the daemon runs
    Backup {
        /// The new file; it must not be there yet
        file: PathBuf,
    },
    /// The languages of the mails, the mails of one, the text of a mail: to begin your own with
    Words {
        /// Such as `en`
        language: Option<String>,
        /// The mail, such as `ask`
        name: Option<String>,
    },
    /// Completions for a shell, on standard output
    Completions {
        /// The shell: `askfirst completions bash > ~/.local/share/bash-completion/completions/askfirst`
        shell: clap_complete::Shell,
    },
    /// The manual page on standard output (`askfirst man | man -l -`), or all pages into a folder
    Man {
        /// Where one page for every command is written
        folder: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub enum QuarantineAct {
    /// All of them (also without a word)
    List {
        /// A JSON array
        #[arg(long)]
        json: bool,
    },
    /// One of them: why it was set aside, and its text
    Show {
        /// The number of the mail, as the list shows it
        id: i64,
        /// One JSON object
        #[arg(long)]
        json: bool,
        /// The bytes as they came, for `askfirst explain -`
        #[arg(long, conflicts_with = "json")]
        raw: bool,
    },
    /// Handle it again
    Retry {
        /// The number of the mail, as the list shows it
        id: i64,
    },
    /// Give it up: its words go, and it is not fetched again
    Drop {
        /// The number of the mail, as the list shows it
        id: i64,
    },
}

fn state_parser() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(Stage::ALL.map(Stage::name))
}
