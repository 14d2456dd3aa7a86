//! `askfirst run`: the daemon, until SIGINT or SIGTERM.

use crate::cli::log::Form;
use crate::cli::{Failure, load, log};
use crate::config;
use crate::daemon::{self, Options};
use std::path::Path;
use tokio::sync::watch;

pub fn run(config: Option<&Path>, options: Options, form: Option<Form>) -> Result<(), Failure> {
    let config = load(config)?;
    let configured = match config.service.log {
        config::Log::Text => Form::Text,
        config::Log::Json => Form::Json,
    };
    log::start("info", form.unwrap_or(configured));
    runtime()?.block_on(async {
        let stop = stop_sign();
        daemon::run(&config, options, daemon::system_clock(), stop).await?;
        tracing::info!("stopped");
        Ok(())
    })
}

/// One thread for both wires; the desk has its own. With more of them every line that arrives would
/// wake two.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::Failed(format!("the asynchronous runtime does not start: {error}"))
        })
}

/// Becomes true at the first SIGINT or SIGTERM.
pub(super) fn stop_sign() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = terminate => {}
        }
        tracing::info!("stopping");
        let _ = stop.send(true);
        // The sender lives on, so that waiting receivers see the value and not its end.
        std::future::pending::<()>().await;
    });
    stopped
}
