//! One command, one reply, also where several leave together: believed only if the server said no more than it was
//! asked, in time.
//! It fails by [`Step::Broke`], after which the connection is of no more use.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::Reply;
use super::tap::{Heard, Said, lock};

pub(super) const OUT_OF_TURN: &str = "the server spoke out of turn";

/// How a command ended.
#[derive(Debug)]
pub(super) enum Step {
    Said(Reply),
    Broke(String),
}

/// Commands whose replies come in their order. Where the server knows PIPELINING they leave in one write, else each
/// once the one before it was answered (RFC 2920 section 3.1).
pub(super) struct Talk {
    commands: VecDeque<String>,
    /// Written, and the reply not read yet.
    unanswered: usize,
    together: bool,
}

impl Talk {
    pub(super) fn new(together: bool) -> Talk {
        Talk {
            commands: VecDeque::new(),
            unanswered: 0,
            together,
        }
    }

    pub(super) fn add<C: Display>(&mut self, command: C) {
        self.commands.push_back(command.to_string());
    }

    pub(super) fn is_answered(&self) -> bool {
        self.unanswered == 0
    }

    fn next_write(&mut self) -> String {
        let count = if self.together {
            self.commands.len()
        } else {
            1
        };
        self.unanswered = count;
        self.commands
            .drain(..count.min(self.commands.len()))
            .collect()
    }

    /// The reply to the next command, which is written where it was not yet.
    pub(super) async fn reply(
        &mut self,
        inner: &mut AsyncSmtpConnection,
        tap: &Arc<Mutex<Heard>>,
        limit: Duration,
    ) -> Step {
        let result = if self.is_answered() {
            if !lock(tap).is_silent() {
                return Step::Broke(OUT_OF_TURN.to_owned());
            }
            let commands = self.next_write();
            timeout(limit, inner.command(commands)).await.ok()
        } else {
            timeout(limit, inner.read_response()).await.ok()
        };
        self.unanswered = self.unanswered.saturating_sub(1);
        match weigh(result, lock(tap).next(self.unanswered)) {
            Ok(said) => Step::Said(said.reply()),
            Err(trouble) => Step::Broke(trouble),
        }
    }
}

/// Sends one command and waits for its reply, which is given with its lines.
pub(super) async fn say<C: Display>(
    inner: &mut AsyncSmtpConnection,
    tap: &Arc<Mutex<Heard>>,
    command: C,
    limit: Duration,
) -> Result<Said, String> {
    if !lock(tap).is_silent() {
        return Err(OUT_OF_TURN.to_owned());
    }
    let result = timeout(limit, inner.command(command)).await.ok();
    weigh(result, lock(tap).next(0))
}

/// Brings together what lettre made of a reply and what was heard on the wire.
pub(super) fn weigh(
    result: Option<Result<Response, Error>>,
    heard: Result<Option<Said>, &'static str>,
) -> Result<Said, String> {
    let said = heard?;
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
