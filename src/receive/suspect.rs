//! Mails that are looked at by a process of its own first, which has little memory and time: large ones
//! before they are taken in, and those in whose handling the program has ended twice. If that process
//! ends too, the mail is to blame.
//!
//! Never fails: where no process can be started, the mail is held to be innocent.

use crate::failpoint;
use crate::store::inbox::{Arrived, Aside};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A mail of this many octets is tried out before anything here looks into it. The hungriest of the
/// hostile mails needs 25 times its size (docs/hostile-mail.md), so below this the 256 MB are far away;
/// and nobody writes so much by hand.
pub const LARGE_OCTETS: usize = 256 << 10;
/// What the operator is told of such a mail.
const TOO_MUCH: &str =
    "a process that tried to read it ended: 256 MB and 2 s of the processor did not do";
/// The process has 2 s of the processor; after this it hangs.
const LONGEST: Duration = Duration::from_secs(60);

/// Sets large mails aside that end the process which reads them; the others pass as they are.
pub async fn try_out(batch: Vec<Arrived>) -> Vec<Arrived> {
    let mut tried = Vec::with_capacity(batch.len());
    for mut arrived in batch {
        let large = arrived.aside.is_none() && arrived.raw.len() >= LARGE_OCTETS;
        if large && !survives(&arrived.raw).await {
            tracing::error!(
                uid = arrived.uid,
                octets = arrived.raw.len(),
                "a mail can't be read in little memory and time and is set aside"
            );
            arrived.aside = Some(Aside::Unreadable(TOO_MUCH));
            // Nothing here looks into it, not even for its Message-ID.
            arrived.raw = Vec::new();
        }
        tried.push(arrived);
    }
    tried
}

/// Whether a mail can be read without ending the program that does.
pub async fn survives(raw: &[u8]) -> bool {
    let Ok(program) = std::env::current_exe() else {
        return true;
    };
    let started = Command::new(program)
        .args(["explain", "--bounded", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            tracing::warn!("a mail can't be looked at in a process of its own: {error}");
            return true;
        }
    };
    let reading = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A child that ended before it had read all says so by its status.
            let _ = stdin.write_all(raw).await;
        }
        child.wait().await
    };
    match tokio::time::timeout(failpoint::haste(LONGEST), reading).await {
        Ok(Ok(status)) => status.code().is_some(),
        Ok(Err(_)) => true,
        Err(_) => false,
    }
}
