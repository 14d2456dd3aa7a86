//! A mail in whose handling the program has ended twice is looked at by a process of its own first: if
//! that ends too, the mail is to blame; if not, the program was killed from outside.
//!
//! Never fails: where no process can be started, the mail is held to be innocent and is tried again.

use crate::failpoint;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The slowest mail of all our tests takes a second; after this it hangs.
const LONGEST: Duration = Duration::from_secs(60);

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
