//! `askfirst man`: the manual page, or one page for every command in a folder; and completions.
//!
//! Fails where the folder can't be written.

use crate::cli::{Failure, print};
use std::path::Path;

/// What the main page tells that no flag does.
const ENDING: &str = r#".SH "EXIT STATUS"
.TP
0
Done.
.TP
1
It failed.
.TP
2
Wrong usage or configuration.
.SH FILES
.TP
\fIaskfirst.toml\fR, \fI~/.config/askfirst/askfirst.toml\fR, \fI/etc/askfirst/askfirst.toml\fR
The configuration: the first of these that is there. \fBaskfirst init\fR writes one.
.TP
\fIaskfirst.db\fR
The database, beside the configuration unless [store] path says otherwise; with its \-wal, \-shm, .lock and .offers.
.TP
\fI/usr/share/doc/askfirst/\fR
The documents, where the program was installed from a package.
.SH ENVIRONMENT
.TP
\fBNO_COLOR\fR
Set and not empty: no colours.
.TP
\fBRUST_LOG\fR
What the daemon logs: error, warn, info (the default), debug.
"#;

/// The completions of a shell, on standard output.
pub fn completions(command: &mut clap::Command, shell: clap_complete::Shell) {
    let mut text = Vec::new();
    clap_complete::generate(shell, command, "askfirst", &mut text);
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if shell == clap_complete::Shell::Fish {
        text += &fish_values(command);
    }
    print(&text);
}

/// What clap_complete leaves out for fish: the values of arguments without a dash (`login google`).
fn fish_values(command: &clap::Command) -> String {
    let mut text = String::new();
    for subcommand in command.get_subcommands() {
        let values = subcommand
            .get_positionals()
            .flat_map(clap::Arg::get_possible_values);
        for value in values {
            let help = value.get_help().map_or(String::new(), |help| {
                format!(" -d '{}'", help.to_string().replace('\'', "\\'"))
            });
            text += &format!(
                "complete -c askfirst -n \"__fish_askfirst_using_subcommand {}\" -f -a {}{help}\n",
                subcommand.get_name(),
                value.get_name()
            );
        }
    }
    text
}

pub fn run(command: clap::Command, folder: Option<&Path>) -> Result<(), Failure> {
    let Some(folder) = folder else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        print(&(String::from_utf8_lossy(&page) + ENDING));
        return Ok(());
    };
    let at = |error: std::io::Error| Failure::Failed(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(folder).map_err(at)?;
    // A page for "help" would say nothing.
    clap_mangen::generate_to(command.disable_help_subcommand(true), folder).map_err(at)?;
    let main = folder.join("askfirst.1");
    let page = std::fs::read_to_string(&main).map_err(at)?;
    std::fs::write(&main, page + ENDING).map_err(at)?;
    let pages = std::fs::read_dir(folder).map_err(at)?.count();
    print(&format!("{pages} pages in {}\n", folder.display()));
    Ok(())
}
