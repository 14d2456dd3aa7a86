//! What a supervisor may look at, on loopback: whether the daemon lives, whether it works, and its figures.
//!
//! Fails only when its port can't be taken; a connection that breaks concerns nobody. No address, no name and no
//! word of a mail stands on any of its pages.

mod metrics;

use crate::clerk::{Clerk, Now, RunError};
use crate::pulse::Pulse;
use crate::wire::http;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

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
}

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
        match self.clerk.ask(move |desk| desk.figures()).await {
            Ok(figures) => {
                let text = metrics::text(&figures, &self.pulse, self.started_at_secs, now_secs);
                (200, FIGURES, text)
            }
            Err(_) => (503, PLAIN, "the desk does not answer\n".to_owned()),
        }
    }
}
