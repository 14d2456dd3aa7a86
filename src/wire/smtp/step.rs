//! One command, one reply: believed only if the server said exactly one thing, in time.
//! It fails by [`Step::Broke`], after which the connection is of no more use.

use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::Reply;
use super::tap::{Heard, Said, lock};

/// How a command ended.
#[derive(Debug)]
pub(super) enum Step {
    Said(Reply),
    Broke(String),
}

/// Sends one command and waits for its reply.
pub(super) async fn step<C: Display>(
    inner: &mut AsyncSmtpConnection,
    tap: &Arc<Mutex<Heard>>,
    command: C,
    limit: Duration,
) -> Step {
    match say(inner, tap, command, limit).await {
        Ok(said) => Step::Said(said.reply()),
        Err(trouble) => Step::Broke(trouble),
    }
}

/// As [`step`], with the reply's lines.
pub(super) async fn say<C: Display>(
    inner: &mut AsyncSmtpConnection,
    tap: &Arc<Mutex<Heard>>,
    command: C,
    limit: Duration,
) -> Result<Said, String> {
    if !lock(tap).is_silent() {
        return Err("the server spoke out of turn".to_owned());
    }
    let result = timeout(limit, inner.command(command)).await.ok();
    weigh(result, lock(tap).take())
}

/// Brings together what lettre made of a reply and what was heard on the wire.
pub(super) fn weigh(
    result: Option<Result<Response, Error>>,
    mut heard: Vec<Said>,
) -> Result<Said, String> {
    let said = heard.pop();
    if !heard.is_empty() {
        // Which of them answers the command can't be told any more.
        return Err("the server gave several replies to one command".to_owned());
    }
    match (result, said) {
        (Some(Ok(_)), Some(said)) => Ok(said),
        // lettre gives 4xx and 5xx as errors; any other error with a positive code is garbage.
        (Some(Err(_)), Some(said)) if said.code >= 400 => Ok(said),
        (None, _) => Err("no reply in time".to_owned()),
        (Some(Err(error)), None) if is_cut(&error) => Err("the connection was cut".to_owned()),
        (Some(_), _) => Err("the reply could not be understood".to_owned()),
    }
}

/// lettre takes a clean end of stream for an incomplete response.
fn is_cut(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return io.kind() != std::io::ErrorKind::InvalidData;
        }
        source = cause.source();
    }
    error.to_string().contains("incomplete response")
}
