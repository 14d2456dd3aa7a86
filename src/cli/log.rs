//! Logs go to standard error: ids and outcomes, never an address, a word, a token or a password.
//!
//! Can't fail: a filter that is no filter is as good as none.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
