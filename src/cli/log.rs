//! Logs go to standard error: ids and outcomes, never an address, a word, a token or a password.
//!
//! Can't fail: a filter that is no filter is as good as none.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// A panic says where it was and not why: the reason may hold a piece of somebody's mail.
fn keep_panics_silent() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        eprintln!(
            "askfirst: it stops at {}, which is a fault in it",
            place.as_deref().unwrap_or("an unknown place")
        );
    }));
}

/// What a line of the log looks like.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Lines for people
    Text,
    /// One JSON object a line, for collectors
    Json,
}

/// Starts logging at `level` unless RUST_LOG says otherwise.
pub fn start(level: &str, form: Form) {
    keep_panics_silent();
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    // async-imap logs passwords and whole mails at TRACE, whatever the user asks for.
    let capped = Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_target("async_imap", LevelFilter::INFO)
        .with_target("imap_proto", LevelFilter::INFO)
        .with_target("lettre", LevelFilter::INFO)
        .with_target("ureq", LevelFilter::INFO)
        .with_target("ureq_proto", LevelFilter::INFO)
        .with_target("mail_auth", LevelFilter::INFO)
        .with_target("hickory_resolver", LevelFilter::INFO)
        .with_target("hickory_proto", LevelFilter::INFO)
        .with_target("rustls", LevelFilter::INFO);
    let colour = std::env::var_os("NO_COLOR").is_none()
        && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colour && form == Form::Text)
        .with_target(false);
    let lines = match form {
        Form::Json => lines.json().flatten_event(true).boxed(),
        // journald writes the time itself.
        Form::Text if std::env::var_os("JOURNAL_STREAM").is_some() => lines.without_time().boxed(),
        Form::Text => lines.boxed(),
    };
    let lines = lines.with_filter(wanted);
    // A second start (the demo inside a test) keeps the first one's settings.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(capped))
        .try_init();
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// P10: run once more in a process of its own, which panics.
    #[test]
    fn p10_a_panic_says_where_and_not_why() {
        const SWITCH: &str = "ASKFIRST_TEST_PANICS";
        if std::env::var_os(SWITCH).is_some() {
            super::keep_panics_silent();
            panic!("a piece of a mail of carol@target.example");
        }
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--nocapture", "--exact"])
            .arg("cli::log::tests::p10_a_panic_says_where_and_not_why")
            .env(SWITCH, "1")
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(said.contains("it stops at src/cli/log.rs:"), "{said}");
        assert!(!said.contains("carol"), "{said}");
    }
}
