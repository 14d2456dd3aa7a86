//! The demo's page: the village in a browser on this machine, where you are requester, connector and target.
//!
//! One task owns the village: orders of all tabs come to it one after the other, and what it sees goes to all.
//! Fails with a sentence when there is no port, or when the village ends; a wrong request only gets a status.

mod acts;
mod http;
mod scene;
mod tales;

use crate::demo::listen::{run_sessions, stopped};
use crate::demo::peer::Peer;
use crate::demo::smtp::Passed;
use crate::demo::village::Village;
use acts::{Act, Guide};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};

const INDEX: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/app.js");
const ICON: &str = include_str!("page/icon.svg");

/// The bot decides a moment after a mail came, and an unlit lamp must not stay so: the village is looked at so often.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A silent stream is given up by some browsers after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Orders that wait; more than a few come from nobody's fingers.
const MAX_ORDERS: usize = 16;

/// An order of a visitor, and where its outcome goes.
struct Order {
    act: Act,
    outcome: oneshot::Sender<Result<(), String>>,
}

/// What every session of the page is given.
#[derive(Clone)]
struct Door {
    port: u16,
    /// 128 random bits in the path: other pages on this machine can't guess where this one is.
    token: Arc<str>,
    orders: mpsc::Sender<Order>,
    scene: watch::Receiver<Arc<str>>,
}

/// The page of a village, open until the stop.
pub struct Page {
    /// Where it is.
    pub address: String,
    guide: Guide,
    orders: mpsc::Receiver<Order>,
    scene: watch::Sender<Arc<str>>,
    closing: watch::Sender<bool>,
}

impl Page {
    /// Starts a village and opens its page on a free port of loopback.
    pub async fn open() -> Result<Page, String> {
        let guide = Guide::start().await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        let listener = listener.map_err(|error| format!("no port on loopback: {error}"))?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|e| format!("no random bytes: {e}"))?;
        let token: Arc<str> = data_encoding::HEXLOWER.encode(&bits).into();
        let (orders_in, orders) = mpsc::channel(MAX_ORDERS);
        let (scene, scenes) = watch::channel(Arc::from(""));
        let (closing, closed) = watch::channel(false);
        let address = format!("http://127.0.0.1:{port}/{token}/");
        let door = Door {
            port,
            token,
            orders: orders_in,
            scene: scenes,
        };
        tokio::spawn(run_sessions(listener, closed.clone(), move |stream| {
            session(stream, door.clone(), closed.clone())
        }));
        Ok(Page {
            address,
            guide,
            orders,
            scene,
            closing,
        })
    }

    pub fn village(&self) -> &Village {
        &self.guide.village
    }

    /// Serves until `stop`; `tell` hears of every mail that passes.
    pub async fn serve(
        mut self,
        mut stop: watch::Receiver<bool>,
        mut tell: impl FnMut(&Passed),
    ) -> Result<(), String> {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let outcome = loop {
            tokio::select! {
                () = stopped(&mut stop) => break Ok(()),
                order = self.orders.recv() => {
                    if let Some(order) = order {
                        let done = self.guide.act(order.act).await;
                        if let Err(why) = self.look().await {
                            break Err(why);
                        }
                        // The tab may be gone.
                        let _ = order.outcome.send(done);
                    }
                }
                passed = self.guide.village.passed.recv() => match passed {
                    Some(passed) => tell(&passed),
                    None => break Err("the mail server has ended".to_owned()),
                },
                _ = looks.tick() => match self.guide.village.has_ended() {
                    true => break Err(self.guide.village.ended().await),
                    false if self.is_watched() => if let Err(why) = self.look().await {
                        break Err(why);
                    },
                    false => {}
                },
            }
        };
        let _ = self.closing.send(true);
        self.guide.village.end().await;
        outcome
    }

    /// Whether a tab follows the events; the door itself holds one receiver.
    fn is_watched(&self) -> bool {
        self.scene.receiver_count() > 1
    }

    async fn look(&mut self) -> Result<(), String> {
        let scene: Arc<str> = self.guide.scene().await?.into();
        self.scene.send_if_modified(|last| {
            let news = *last != scene;
            *last = scene;
            news
        });
        Ok(())
    }
}

async fn session(stream: TcpStream, door: Door, mut closed: watch::Receiver<bool>) {
    let mut peer = Peer::new(stream);
    tokio::select! {
        () = stopped(&mut closed) => {}
        () = door.serve(&mut peer) => {}
    }
    peer.close().await;
}

impl Door {
    async fn serve(mut self, peer: &mut Peer<TcpStream>) {
        let bytes = match http::read(peer).await {
            Err(http::Refused::Gone) => return,
            Err(http::Refused::Status(status)) => {
                plain(status, "This request was not understood.\n")
            }
            Ok(request) => match self.route(&request) {
                Err(status) => plain(status, "There is nothing here.\n"),
                Ok(Route::File(kind, text)) => http::answer(200, kind, text.as_bytes()),
                Ok(Route::Events) => return self.events(peer).await,
                Ok(Route::Act) => self.act(&request.body).await,
            },
        };
        // A browser that left needs no answer.
        let _ = peer.send(&bytes).await;
    }

    fn route(&self, request: &http::Request) -> Result<Route, u16> {
        let hosts = [
            format!("127.0.0.1:{}", self.port),
            format!("localhost:{}", self.port),
        ];
        // A name that somebody pointed at 127.0.0.1 is not ours (DNS rebinding).
        if !hosts.contains(&request.host) {
            return Err(403);
        }
        let path = request.path.strip_prefix('/').unwrap_or_default();
        let (token, path) = path.split_once('/').ok_or(404_u16)?;
        if !same(token.as_bytes(), self.token.as_bytes()) {
            return Err(404);
        }
        let file = match path {
            "" => Some(("text/html; charset=utf-8", INDEX)),
            "style.css" => Some(("text/css; charset=utf-8", STYLE)),
            "app.js" => Some(("text/javascript; charset=utf-8", SCRIPT)),
            "icon.svg" => Some(("image/svg+xml", ICON)),
            _ => None,
        };
        match (request.method.as_str(), path, file) {
            ("GET", _, Some((kind, text))) => Ok(Route::File(kind, text)),
            ("GET", "events", _) => Ok(Route::Events),
            ("POST", "do", _) => {
                let own = hosts.map(|host| format!("http://{host}"));
                let from_here = request.origin.as_ref().is_some_and(|o| own.contains(o));
                match (from_here, request.content_type.as_str()) {
                    (false, _) => Err(403),
                    // A form of another page can't send this type without asking first.
                    (true, "application/json") => Ok(Route::Act),
                    (true, _) => Err(415),
                }
            }
            (_, "do" | "events", _) | (_, _, Some(_)) => Err(405),
            _ => Err(404),
        }
    }

    async fn act(&self, body: &[u8]) -> Vec<u8> {
        let act: Act = match serde_json::from_slice(body) {
            Ok(act) => act,
            Err(error) => return said(400, &format!("not an order: {error}")),
        };
        let (outcome, done) = oneshot::channel();
        if self.orders.send(Order { act, outcome }).await.is_err() {
            return said(422, "the village has ended");
        }
        match done.await {
            Ok(Ok(())) => http::answer(200, "application/json", b"{}"),
            Ok(Err(why)) => said(422, &why),
            Err(_) => said(422, "the village has ended"),
        }
    }

    /// The scene now, and each time it changes.
    async fn events(&mut self, peer: &mut Peer<TcpStream>) {
        if peer.send(&http::stream_head()).await.is_err() {
            return;
        }
        let mut sent: Arc<str> = Arc::from("");
        loop {
            let scene = self.scene.borrow_and_update().clone();
            if !scene.is_empty() && scene != sent {
                if peer.send(&http::event(&scene)).await.is_err() {
                    return;
                }
                sent = scene;
            }
            tokio::select! {
                changed = self.scene.changed() => if changed.is_err() { return },
                () = peer.gone() => return,
                () = tokio::time::sleep(KEEP_ALIVE) => {
                    if peer.send(b": here\n\n").await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

enum Route {
    File(&'static str, &'static str),
    Events,
    Act,
}

/// Compares without telling by its time where the difference is.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differing = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differing == 0
}

fn plain(status: u16, text: &str) -> Vec<u8> {
    http::answer(status, "text/plain; charset=utf-8", text.as_bytes())
}

fn said(status: u16, why: &str) -> Vec<u8> {
    let body = serde_json::json!({ "error": why }).to_string();
    http::answer(status, "application/json", body.as_bytes())
}
