//! A small SMTP server that takes every mail as fast as it comes and notes when; one thread a connection.
//! It must never be the bottleneck: replies to pipelined commands leave together.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A mail that was accepted.
pub struct Taken {
    pub at: Instant,
    pub recipients: Vec<String>,
    /// Empty unless the sink keeps mails.
    pub bytes: Vec<u8>,
}

pub struct Sink {
    pub port: u16,
    keeps: bool,
    taken: Mutex<Vec<Taken>>,
}

impl Sink {
    pub fn start(keeps: bool) -> Arc<Sink> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Arc::new(Sink {
            port: listener.local_addr().unwrap().port(),
            keeps,
            taken: Mutex::new(Vec::new()),
        });
        let shared = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        sink
    }

    pub fn len(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    /// Hands over what was taken so far.
    pub fn empty(&self) -> Vec<Taken> {
        std::mem::take(&mut *self.taken.lock().unwrap())
    }

    /// Whether so many mails came within that time.
    pub fn waits_for(&self, count: usize, longest: Duration) -> bool {
        let until = Instant::now() + longest;
        while self.len() < count {
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    fn serve(&self, stream: &TcpStream) {
        let _ = stream.set_nodelay(true);
        let mut input = BufReader::with_capacity(1 << 16, stream);
        let mut replies = b"220 sink.test ESMTP\r\n".to_vec();
        let mut recipients = Vec::new();
        let mut line = Vec::new();
        loop {
            if input.buffer().is_empty() {
                if (&*stream).write_all(&replies).is_err() {
                    return;
                }
                replies.clear();
            }
            line.clear();
            if !input
                .read_until(b'\n', &mut line)
                .is_ok_and(|count| count > 0)
            {
                return;
            }
            let verb: Vec<u8> = line.iter().take(4).map(u8::to_ascii_uppercase).collect();
            match verb.as_slice() {
                b"EHLO" => replies.extend(
                    b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 50000000\r\n",
                ),
                b"RCPT" => {
                    let text = String::from_utf8_lossy(&line);
                    let inner = text.split(['<', '>']).nth(1).unwrap_or_default();
                    recipients.push(inner.to_owned());
                    replies.extend(b"250 ok\r\n");
                }
                b"DATA" => {
                    let _ = (&*stream).write_all(&[&replies[..], b"354 go on\r\n"].concat());
                    replies.clear();
                    let Some(bytes) = self.body(&mut input) else {
                        return;
                    };
                    self.taken.lock().unwrap().push(Taken {
                        at: Instant::now(),
                        recipients: std::mem::take(&mut recipients),
                        bytes,
                    });
                    replies.extend(b"250 taken\r\n");
                }
                b"QUIT" => {
                    let _ = (&*stream).write_all(b"221 bye\r\n");
                    return;
                }
                _ => replies.extend(b"250 ok\r\n"),
            }
        }
    }

    fn body(&self, input: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
        let (mut bytes, mut line) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            input
                .read_until(b'\n', &mut line)
                .ok()
                .filter(|count| *count > 0)?;
            if line == b".\r\n" {
                return Some(bytes);
            }
            if self.keeps {
                bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            }
        }
    }
}
