//! Accepts connections and runs a session for each, until told to stop; a failed accept is tried again, a failed session ends alone.

use std::future::Future;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// More than a few mail programs never connect to a demo; beyond this a connection is closed at once.
const MAX_SESSIONS: usize = 100;
/// No session outlives this, whatever it does; it is longer than any mail program keeps a connection.
const SESSION_DEADLINE: Duration = Duration::from_secs(24 * 3600);
/// Time for sessions to say goodbye after the stop; then they are dropped.
const GOODBYE: Duration = Duration::from_secs(2);
/// Pause after a failed accept: the usual cause is a lack of file descriptors, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Runs `session` for every connection until `shutdown` becomes true.
pub(super) async fn run_sessions<F, W>(
    listener: TcpListener,
    mut shutdown: watch::Receiver<bool>,
    session: F,
) where
    F: Fn(TcpStream) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            () = stopped(&mut shutdown) => break,
            Some(_) = sessions.join_next(), if !sessions.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if sessions.len() < MAX_SESSIONS => {
                    // Small answers must not wait for Nagle; without it they are only slower.
                    let _ = stream.set_nodelay(true);
                    let work = session(stream);
                    sessions.spawn(async move {
                        let _ = timeout(SESSION_DEADLINE, work).await;
                    });
                }
                Ok(_) => {}
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }
    let _ = timeout(GOODBYE, async {
        while sessions.join_next().await.is_some() {}
    })
    .await;
}

/// Returns when the stop was asked for. A sender that is gone can't ask any more: then never.
pub(super) async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    if shutdown.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
