//! `askfirst man`: the manual page, or one page for every command in a folder; and completions.
//!
//! Fails where the folder can't be written.

use crate::cli::{Failure, print};
use std::path::Path;

/// The completions of a shell, on standard output.
pub fn completions(command: &mut clap::Command, shell: clap_complete::Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "askfirst", &mut text);
    print(&String::from_utf8_lossy(&text));
}

pub fn run(command: clap::Command, folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        print(&String::from_utf8_lossy(&page));
        return Ok(());
    };
    let at = |error: std::io::Error| Failure::Failed(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(at)?;
    // A page for "help" would say nothing.
    clap_mangen::generate_to(command.disable_help_subcommand(true), folder).map_err(at)?;
    let pages = std::fs::read_dir(folder).map_err(at)?.count();
    print(&format!("{pages} pages in {}\n", folder.display()));
    Ok(())
}
