//! The command line: parse it, run the one command, say an error once.

pub mod explain;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "askfirst", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
}

/// Runs what the command line says. Exit status: 0 done, 1 it failed, 2 wrong usage.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Explain {
            files,
            json,
            original,
        } => explain::run(&files, json, original.as_deref()),
    }
}
