//! The demo's page as a browser's network sees it: who is let in, what is refused, and that orders move the village.
//!
//! Fails where a stranger's page could reach the village, or an order does not do what it says.

use askfirst::demo::page::Page;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A change is seen within a second; a busy machine needs longer.
const PATIENCE: Duration = Duration::from_secs(20);

struct Open {
    port: u16,
    token: String,
    stop: watch::Sender<bool>,
    served: JoinHandle<Result<(), String>>,
}

impl Open {
    async fn page() -> Open {
        let page = Page::open().await.unwrap();
        let rest = page.address.strip_prefix("http://127.0.0.1:").unwrap();
        let (port, token) = rest.trim_end_matches('/').split_once('/').unwrap();
        let (port, token) = (port.parse().unwrap(), token.to_owned());
        let (stop, stopped) = watch::channel(false);
        let served = tokio::spawn(page.serve(stopped, |_| ()));
        Open {
            port,
            token,
            stop,
            served,
        }
    }

    async fn close(self) {
        self.stop.send(true).unwrap();
        self.served.await.unwrap().unwrap();
    }

    /// The whole answer to these bytes.
    fn raw(&self, bytes: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn get(&self, host: &str, path: &str) -> String {
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))
    }

    fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn post(&self, origin: &str, kind: &str, body: &str) -> String {
        self.raw(&format!(
            "POST /{}/do HTTP/1.1\r\nHost: {}\r\n{origin}Content-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            self.host(),
            body.len()
        ))
    }

    fn order(&self, order: &Value) -> String {
        let origin = format!("Origin: http://{}\r\n", self.host());
        self.post(&origin, "application/json", &order.to_string())
    }

    /// Follows the stream until a scene is as wanted.
    fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let ask = format!(
            "GET /{}/events HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.token,
            self.host()
        );
        stream.write_all(ask.as_bytes()).unwrap();
        let began = Instant::now();
        let mut last = String::new();
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            if let Some(data) = line.strip_prefix("data: ") {
                let scene: Value = serde_json::from_str(data).unwrap();
                if wanted(&scene) {
                    return scene;
                }
                last = data.to_owned();
            }
            assert!(began.elapsed() < PATIENCE, "in vain: {last}");
        }
        panic!("the stream ended: {last}");
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn inbox(scene: &Value, person: usize) -> usize {
    scene["people"][person]["inbox"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_kept_out() {
    let open = Open::page().await;
    let (host, path) = (open.host(), format!("/{}/", open.token));
    assert_eq!(open.token.len(), 32);
    assert_eq!(status(&open.get(&host, &path)), 200);
    let localhost = format!("localhost:{}", open.port);
    assert_eq!(status(&open.get(&localhost, &path)), 200);
    for (host, path, expected) in [
        (host.as_str(), "/", 404),
        (&host, "/app.js", 404),
        (&host, "/00000000000000000000000000000000/", 404),
        (&host, &format!("{path}../../Cargo.toml"), 404),
        (&host, &format!("{path}do"), 405),
        ("attacker.example", &path, 403),
        (&format!("attacker.example:{}", open.port), &path, 403),
        ("127.0.0.1", &path, 403),
    ] {
        let answer = open.get(host, path);
        assert_eq!(status(&answer), expected, "{host} {path}");
        assert!(!answer.contains("double opt-in"));
    }
    let body = json!({"act": "step", "step": 0}).to_string();
    for (origin, kind, expected) in [
        ("", "application/json", 403),
        ("Origin: null\r\n", "application/json", 403),
        (
            "Origin: http://attacker.example\r\n",
            "application/json",
            403,
        ),
        (
            &format!("Origin: https://{host}\r\n"),
            "application/json",
            403,
        ),
        (&format!("Origin: http://{host}\r\n"), "text/plain", 415),
    ] {
        assert_eq!(
            status(&open.post(origin, kind, &body)),
            expected,
            "{origin}"
        );
    }
    let scene = open.until(|_| true);
    assert_eq!(scene["tale"]["step"], 0, "a stranger moved the story");
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let open = Open::page().await;
    let page = open.get(&open.host(), &format!("/{}/", open.token));
    let (head, html) = page.split_once("\r\n\r\n").unwrap();
    let policy = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Security-Policy: "))
        .unwrap();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for header in ["X-Content-Type-Options: nosniff", "Cache-Control: no-store"] {
        assert!(head.contains(header), "{header}");
    }
    for wrong in [
        "style=",
        "<style",
        "onclick",
        "javascript:",
        "http://",
        "https://",
        "src=\"//",
    ] {
        assert!(!html.contains(wrong), "{wrong}");
    }
    for file in ["style.css", "app.js", "icon.svg"] {
        let answer = open.get(&open.host(), &format!("/{}/{file}", open.token));
        assert_eq!(status(&answer), 200, "{file}");
        let script = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(!script.contains("https://"), "{file}");
        assert!(
            !script.contains("insertAdjacentHTML") && !script.contains("innerHTML ="),
            "{file}"
        );
    }
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_is_played_once_however_many_tabs_play_it() {
    let open = Open::page().await;
    for expected in [1, 1] {
        let answer = open.order(&json!({"act": "step", "step": 0}));
        assert_eq!(status(&answer), 200);
        let scene = open.until(|scene| inbox(scene, 1) == 1);
        assert_eq!(scene["tale"]["step"], expected);
    }
    assert_eq!(status(&open.order(&json!({"act": "step", "step": 1}))), 200);
    let scene = open.until(|scene| scene["introductions"][0]["state"] == "asked");
    assert!(scene["introductions"][0]["lamps"]["target"].is_null());
    assert_eq!(status(&open.order(&json!({"act": "step", "step": 2}))), 200);
    let scene = open
        .until(|scene| scene["introductions"][0]["state"] == "introduced" && inbox(scene, 0) == 1);
    let how = scene["introductions"][0]["lamps"]["target"]["how"]
        .as_str()
        .unwrap();
    assert!(how.starts_with("Their own reply, proven"), "{how}");

    let round = scene["round"].clone();
    assert_eq!(
        status(&open.order(&json!({"act": "choose", "tale": "no"}))),
        200
    );
    let scene = open.until(|scene| scene["round"] != round);
    assert_eq!(
        (inbox(&scene, 0), inbox(&scene, 1), inbox(&scene, 2)),
        (0, 0, 0)
    );
    assert_eq!(scene["introductions"], json!([]));
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_order_is_refused_with_a_sentence() {
    let open = Open::page().await;
    let write = |who: &str, to: &str, subject: &str| json!({"act": "write", "who": who, "to": to, "cc": "", "subject": subject, "text": "x", "dress": "gmail"});
    for (order, expected, says) in [
        (json!({"act": "rule the world"}), 400, "not an order"),
        (json!({"act": "step"}), 400, "not an order"),
        (json!({"act": "pass_days", "days": 4_000}), 422, "at most"),
        (json!({"act": "pass_to_next"}), 422, "waits for no day"),
        (
            write("intro", "bob@kim.example", "x"),
            422,
            "nobody of that name",
        ),
        (write("alice", "", "x"), 422, "names nobody"),
        (
            write("alice", "somebody@elsewhere.test", "x"),
            422,
            "refused",
        ),
        (
            json!({"act": "reply", "who": "carol", "uid": 7, "text": "x", "dress": "phone"}),
            422,
            "no longer there",
        ),
        (
            json!({"act": "step", "step": 0, "more": "x".repeat(70_000)}),
            413,
            "",
        ),
    ] {
        let answer = open.order(&order);
        assert_eq!(status(&answer), expected, "{answer}");
        assert!(answer.contains(says), "{answer}");
    }
    // What a person types can't end a header field.
    let sly = write(
        "alice",
        "bob@kim.example",
        "x\r\nBcc: carol@danvers.example\r\nX-More: y",
    );
    assert_eq!(status(&open.order(&sly)), 200);
    let scene = open.until(|scene| inbox(scene, 1) == 1);
    let subject = scene["people"][1]["inbox"][0]["subject"].as_str().unwrap();
    assert_eq!(subject, "x Bcc: carol@danvers.example X-More: y");
    assert_eq!(inbox(&scene, 2), 0);
    open.close().await;
}
