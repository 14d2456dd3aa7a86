//! What a supervisor may look at, on loopback: whether the daemon lives, whether it works, and its figures.
//!
//! Fails only when its port can't be taken; a connection that breaks concerns nobody. No address, no name and no
//! word of a mail stands on any of its pages.

mod metrics;

use crate::clerk::{Clerk, Now, RunError};
use crate::desk::figures::{self, Figures};
use crate::pulse::Pulse;
use crate::wire::http;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore, watch};

/// A collector and a load balancer or two; more than this at once is somebody who counts ports.
const MAX_CONNECTIONS: usize = 16;
const PLAIN: &str = "text/plain; charset=utf-8";
/// The Prometheus text format.
const FIGURES: &str = "text/plain; version=0.0.4; charset=utf-8";

pub struct Page {
    pub clerk: Clerk,
    pub pulse: Pulse,
    pub now: Now,
    pub started_at_secs: i64,
    /// Where the database lies; None: in memory, so that only the desk can count in it.
    pub store: Option<PathBuf>,
    pub counted: Counted,
}

/// The last count, when it was made, and how long it took.
pub type Counted = Mutex<Option<(Figures, Instant, Duration)>>;

/// A count stands for so many times as long as it took: looking often costs no more than a tenth of a core.
const STANDS_TIMES: u32 = 10;

impl Page {
    /// Answers until `stop` says so.
    pub async fn serve(
        self,
        listen: Option<SocketAddr>,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), RunError> {
        let Some(listen) = listen else {
            return Ok(());
        };
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| RunError::Listen { listen, source })?;
        tracing::info!("figures at http://{listen}/metrics");
        let page = Arc::new(self);
        let seats = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let stream = tokio::select! {
                () = crate::clerk::stopped(&mut stop) => return Ok(()),
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // Out of descriptors, or gone again: neither is worth an end.
                    Err(_) => {
                        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let Ok(seat) = seats.clone().try_acquire_owned() else {
                continue;
            };
            let page = page.clone();
            tokio::spawn(async move {
                page.answer(stream).await;
                drop(seat);
            });
        }
    }

    async fn answer(&self, mut stream: TcpStream) {
        let Some(request) = http::read(&mut stream).await else {
            return;
        };
        let (status, kind, body) = match (request.method.as_str(), request.path.as_str()) {
            ("GET" | "HEAD", "/healthz") => self.health(),
            ("GET" | "HEAD", "/readyz") => self.readiness(),
            ("GET" | "HEAD", "/metrics") => self.figures().await,
            ("GET" | "HEAD", _) => (404, PLAIN, "/healthz, /readyz, /metrics\n".to_owned()),
            _ => (405, PLAIN, "GET\n".to_owned()),
        };
        let body = if request.method == "HEAD" { "" } else { &body };
        http::answer(&mut stream, status, kind, body).await;
    }

    /// Whether a restart would help.
    fn health(&self) -> (u16, &'static str, String) {
        match self.pulse.is_alive() {
            true => (200, PLAIN, "alive\n".to_owned()),
            false => (503, PLAIN, "the reading loop hangs\n".to_owned()),
        }
    }

    /// Whether mail is read and sent.
    fn readiness(&self) -> (u16, &'static str, String) {
        let now_secs = (self.now)();
        let mut ready = self.pulse.is_alive();
        let mut text = String::new();
        for (name, way) in [
            ("reading", self.pulse.reading()),
            ("sending", self.pulse.sending()),
        ] {
            ready &= way.is_well();
            text.push_str(&match way.failing_since_secs {
                Some(since) => format!("{name}: failing for {} s\n", (now_secs - since).max(0)),
                None if way.ok_at_secs.is_none() => format!("{name}: not yet\n"),
                None => format!("{name}: well\n"),
            });
        }
        (if ready { 200 } else { 503 }, PLAIN, text)
    }

    async fn figures(&self) -> (u16, &'static str, String) {
        let now_secs = (self.now)();
        match self.count().await {
            Some(figures) => {
                let text = metrics::text(&figures, &self.pulse, self.started_at_secs, now_secs);
                (200, FIGURES, text)
            }
            None => (503, PLAIN, "the desk does not answer\n".to_owned()),
        }
    }

    async fn count(&self) -> Option<Figures> {
        // One count at a time, however many ask.
        let mut counted = self.counted.lock().await;
        if let Some((figures, at, took)) = &*counted
            && at.elapsed() < *took * STANDS_TIMES
        {
            return Some(figures.clone());
        }
        let began = Instant::now();
        let figures = match self.store.clone() {
            Some(path) => tokio::task::spawn_blocking(move || figures::of_file(&path))
                .await
                .ok()?
                .ok()?,
            None => self.clerk.ask(|desk| desk.figures()).await.ok()?,
        };
        *counted = Some((figures.clone(), Instant::now(), began.elapsed()));
        Some(figures)
    }
}
