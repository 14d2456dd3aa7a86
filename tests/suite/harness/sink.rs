//! A small SMTP server on loopback that keeps every mail with its envelope, and can be told to misbehave.
//! It fails by panicking on the test's side; what a client does wrong is answered with 500.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub from: String,
    pub to: Vec<String>,
    /// With dot-stuffing undone, and without the final dot.
    pub bytes: Vec<u8>,
}

/// What happens instead of the usual answer.
#[derive(Debug, Clone)]
pub enum Instead {
    Reply(String),
    /// The connection ends without an answer.
    Close,
    /// Nothing at all comes back.
    Silence,
}

#[derive(Default)]
struct State {
    mails: Vec<Delivered>,
    faults: Vec<(String, Instead)>,
}

/// The sink; it stops with the test's runtime.
pub struct Sink {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Sink {
    pub async fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Sink { port, state }
    }

    /// From now on a command that begins so (any case; `.` for the final dot, `GREETING` for the greeting) goes wrong.
    pub fn fails_at(&self, command: &str, instead: Instead) {
        self.state
            .lock()
            .unwrap()
            .faults
            .push((command.to_ascii_uppercase(), instead));
    }

    /// Behaves again.
    pub fn recovers(&self) {
        self.state.lock().unwrap().faults.clear();
    }

    pub fn mails(&self) -> Vec<Delivered> {
        self.state.lock().unwrap().mails.clone()
    }

    /// Waits until so many mails have come, and returns them.
    pub async fn waits_for(&self, count: usize) -> Vec<Delivered> {
        for _ in 0..1_200 {
            if self.mails().len() >= count {
                return self.mails();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "only {} of {count} mails reached the sink in 60 s",
            self.mails().len()
        );
    }
}

/// None: the connection is over.
async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, &state, "GREETING", "220 sink.test ESMTP").await?;
    let (mut from, mut to) = (String::new(), Vec::new());
    loop {
        let line = read_line(&mut stream).await?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb: String = line
            .chars()
            .take_while(|c| c.is_ascii_alphabetic())
            .collect();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                let offers =
                    "250-sink.test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 SIZE 10240000";
                say(&mut stream, &state, &line, offers).await?;
            }
            "MAIL" => {
                (from, to) = (in_brackets(&line), Vec::new());
                say(&mut stream, &state, &line, "250 2.1.0 ok").await?;
            }
            "RCPT" => {
                if say(&mut stream, &state, &line, "250 2.1.5 ok").await? {
                    to.push(in_brackets(&line));
                }
            }
            "DATA" => {
                if say(&mut stream, &state, &line, "354 go on").await? {
                    let bytes = read_body(&mut stream).await?;
                    if say(&mut stream, &state, ".", "250 2.0.0 queued as 1").await? {
                        let mail = Delivered {
                            from: from.clone(),
                            to: std::mem::take(&mut to),
                            bytes,
                        };
                        state.lock().unwrap().mails.push(mail);
                    }
                }
            }
            "RSET" | "NOOP" => {
                to.clear();
                say(&mut stream, &state, &line, "250 ok").await?;
            }
            "QUIT" => {
                say(&mut stream, &state, &line, "221 bye").await?;
                return None;
            }
            _ => {
                say(&mut stream, &state, &line, "500 5.5.2 what?").await?;
            }
        }
    }
}

/// Answers, or does what the test asked for instead; whether the answer was the usual one.
async fn say(
    stream: &mut BufReader<TcpStream>,
    state: &Mutex<State>,
    command: &str,
    usual: &str,
) -> Option<bool> {
    let command = command.to_ascii_uppercase();
    let fault = {
        let state = state.lock().unwrap();
        state
            .faults
            .iter()
            .find(|(begin, _)| command.starts_with(begin))
            .map(|(_, instead)| instead.clone())
    };
    let reply = match &fault {
        None => usual,
        Some(Instead::Reply(reply)) => reply,
        Some(Instead::Close) => return None,
        Some(Instead::Silence) => {
            std::future::pending::<()>().await;
            return None;
        }
    };
    stream
        .write_all(format!("{reply}\r\n").as_bytes())
        .await
        .ok()?;
    Some(fault.is_none())
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let count = stream.read_until(b'\n', &mut line).await.ok()?;
    (count > 0).then_some(line)
}

async fn read_body(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let line = read_line(stream).await?;
        if line == b".\r\n" {
            return Some(bytes);
        }
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}

fn in_brackets(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(inner, _)| inner.to_owned())
}
