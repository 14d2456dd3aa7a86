//! Questions in a terminal: a line, a choice, a password that is not shown.
//!
//! Fails with the flag that would have answered, where nobody can be asked. Ctrl-C in front of a
//! password gives the terminal its echo back.

use crate::cli::Failure;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{BufRead, IsTerminal, Write};

/// Wrong answers to one question; then it is a script that can't hear us.
const MAX_TRIES: usize = 5;
/// As a shell reports an end by SIGINT.
const INTERRUPTED: i32 = 130;

pub struct Asker {
    /// `--yes`: every question is answered by its flag or its default.
    pub silent: bool,
    pub runtime: tokio::runtime::Runtime,
}

impl Asker {
    /// The flag's value, else an answer, else the default; each has to pass `check`.
    pub fn text<T>(
        &self,
        flag: &str,
        given: Option<&str>,
        question: &str,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let wrong = |problem: String| Failure::Usage(format!("--{flag}: {problem}"));
        if let Some(given) = given {
            return check(given.trim()).map_err(wrong);
        }
        if self.silent {
            return match default {
                Some(default) => check(default).map_err(wrong),
                None => Err(Failure::Usage(format!("--{flag} is missing"))),
            };
        }
        for _ in 0..MAX_TRIES {
            let shown = default.filter(|default| !default.is_empty());
            let shown = shown.map_or(String::new(), |default| format!(" [{default}]"));
            let line = self.line(&format!("{question}{shown}: "), flag)?;
            let answer = match (line.trim(), default) {
                ("", Some(default)) => default,
                (answer, _) => answer,
            };
            match check(answer) {
                Ok(value) => return Ok(value),
                Err(problem) => say(&format!("  {problem}\n")),
            }
        }
        Err(Failure::Usage(format!(
            "no answer that fits; --{flag} can give it"
        )))
    }

    pub fn yes(&self, question: &str) -> Result<bool, Failure> {
        if self.silent {
            return Ok(true);
        }
        self.text(
            "yes",
            None,
            &format!("{question} [Y/n]"),
            Some(""),
            |answer| match answer.to_lowercase().as_str() {
                "" | "y" | "yes" => Ok(true),
                "n" | "no" => Ok(false),
                _ => Err("Answer y or n.".to_owned()),
            },
        )
    }

    /// The number of one of these choices, counted from 0; the first is the default.
    pub fn choice(&self, flag: &str, question: &str, choices: &[&str]) -> Result<usize, Failure> {
        if self.silent {
            return Ok(0);
        }
        say(&format!("{question}\n"));
        for (at, choice) in choices.iter().enumerate() {
            say(&format!("  {}  {choice}\n", at + 1));
        }
        self.text(flag, None, "Which", Some("1"), |answer| {
            let number = answer.parse::<usize>().ok();
            let at = number.and_then(|number| number.checked_sub(1));
            at.filter(|at| *at < choices.len())
                .ok_or_else(|| format!("Answer with a number from 1 to {}.", choices.len()))
        })
    }

    /// A line that is not shown while it is typed.
    pub fn password(&self, question: &str, flag: &str) -> Result<String, Failure> {
        let stdin = std::io::stdin();
        let before = stdin
            .is_terminal()
            .then(|| tcgetattr(&stdin).ok())
            .flatten();
        let Some(before) = before else {
            return self.line(question, flag);
        };
        let restored = before.clone();
        let watch = self.runtime.spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                restore(&restored);
                say("\n");
                std::process::exit(INTERRUPTED);
            }
        });
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        let hushed = tcsetattr(&stdin, OptionalActions::Flush, &hidden);
        let line = match hushed {
            Ok(()) => self.line(question, flag),
            Err(error) => Err(Failure::Failed(format!(
                "the terminal goes on showing what is typed ({error}); use --password-stdin"
            ))),
        };
        restore(&before);
        watch.abort();
        line
    }

    fn line(&self, question: &str, flag: &str) -> Result<String, Failure> {
        say(question);
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read {
            Ok(0) | Err(_) => Err(Failure::Usage(format!(
                "the answers ended; nothing was written. --{flag} answers this one, --yes asks nothing"
            ))),
            Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        }
    }
}

fn restore(before: &Termios) {
    // Nothing is left to do where even that fails.
    let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
}

/// To the terminal, at once.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
