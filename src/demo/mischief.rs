//! Acts out the scripted faults, for both servers alike; a peer that hangs up meanwhile ends its session.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::faults::Act;
use super::listen::stopped;
use super::peer::{Broken, Peer};

/// How a command goes on after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It is executed as usual.
    Execute,
    /// It is executed unseen, then the connection is closed.
    ExecuteThenClose,
    /// It is executed unseen, then there is silence.
    ExecuteThenStall,
    /// It is not executed; the next command is read.
    Answered,
    /// The session is over.
    Over,
}

/// Acts out a fault. `tag` stands for `{tag}` in its text.
pub(super) async fn act_out<S: AsyncRead + AsyncWrite + Unpin>(
    peer: &mut Peer<S>,
    shutdown: &mut watch::Receiver<bool>,
    act: Act,
    tag: &str,
) -> Result<Course, Broken> {
    Ok(match act {
        Act::Reply(text) => {
            peer.send(&scripted(&text, tag)).await?;
            Course::Answered
        }
        Act::ReplyThenClose(text) => {
            peer.send(&scripted(&text, tag)).await?;
            Course::Over
        }
        Act::SayFirst(text) => {
            peer.send(&scripted(&text, tag)).await?;
            Course::Execute
        }
        Act::Close => Course::Over,
        Act::Stall => {
            stall(peer, shutdown).await;
            Course::Over
        }
        Act::DoThenClose => {
            peer.mute();
            Course::ExecuteThenClose
        }
        Act::DoThenStall => {
            peer.mute();
            Course::ExecuteThenStall
        }
        Act::CutAfter(bytes) => {
            peer.cut_after(bytes);
            Course::Execute
        }
        Act::DeafAfter(bytes) => {
            peer.deaf_after(bytes);
            Course::Execute
        }
        Act::Delay(time) => {
            tokio::time::sleep(time).await;
            Course::Execute
        }
    })
}

/// Silence, until the peer gives up or the server stops.
pub(super) async fn stall<S: AsyncRead + AsyncWrite + Unpin>(
    peer: &mut Peer<S>,
    shutdown: &mut watch::Receiver<bool>,
) {
    peer.mute();
    tokio::select! {
        () = stopped(shutdown) => {}
        () = peer.gone() => {}
    }
}

/// A scripted answer as bytes.
fn scripted(text: &str, tag: &str) -> Vec<u8> {
    let mut bytes = text.replace("{tag}", tag).into_bytes();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
