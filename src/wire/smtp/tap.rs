//! Listens in on the stream below lettre: every reply as it was said, and when the final dot went out.
//! It fails with an I/O error when a reply line has no end or breaks the grammar.
//!
//! lettre gives a refusal's text only inside its own error, joins the phases of connecting, and does not tell whether a
//! broken body had its dot.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::Reply;
use crate::wire::error::clean;
use crate::wire::transport::Transport;

/// RFC 5321 section 4.5.3.1.5 allows 512 octets; lettre gives up at 1000.
const LINE_MAX_BYTES: usize = 1000;
/// An EHLO answer has a dozen lines; whoever sends more than this wants to fill our memory.
const REPLY_MAX_LINES: usize = 100;

/// Octets; a shorter mail leaves in one write with its dot.
const LONG_BODY: usize = 64 * 1024;

/// The greeting was read before lettre gets the stream, but lettre waits for one.
const GREETING_FOR_LETTRE: &[u8] = b"220 -\r\n";

/// One reply, line by line without codes.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Said {
    pub(super) fn reply(&self) -> Reply {
        Reply {
            code: self.code,
            text: clean(&self.lines.join(" ")),
        }
    }
}

/// What went over the stream since it was last asked.
#[derive(Debug)]
pub(super) struct Heard {
    replies: VecDeque<Said>,
    line: Vec<u8>,
    unfinished: Option<Said>,
    /// The server said what is no reply: lettre lost that read, and the replies in it.
    garbled: bool,
    /// While a mail is written: octets of it that stand before the final dot and have not left yet.
    body_left: Option<usize>,
    dot: bool,
    last_write: Instant,
    /// The answer to EHLO is still to come.
    hello: bool,
}

impl Heard {
    fn new() -> Heard {
        Heard {
            replies: VecDeque::new(),
            line: Vec::new(),
            unfinished: None,
            garbled: false,
            body_left: None,
            dot: false,
            last_write: Instant::now(),
            hello: true,
        }
    }

    /// The oldest reply, where no more than so many others may be there already: those to commands that were written
    /// together with its own.
    pub(super) fn next(&mut self, others: usize) -> Result<Option<Said>, &'static str> {
        if self.garbled {
            return Err("the reply could not be understood");
        }
        let said = self.replies.pop_front();
        if self.replies.len() > others {
            // Which of them answers the command can't be told any more.
            return Err("the server gave several replies to one command");
        }
        Ok(said)
    }

    /// Whether the server has said anything that nobody asked for.
    pub(super) fn is_silent(&self) -> bool {
        !self.garbled
            && self.replies.is_empty()
            && self.unfinished.is_none()
            && self.line.is_empty()
    }

    /// From here on the writes are a mail's body of so many octets, and then its dot.
    pub(super) fn body_begins(&mut self, octets: usize) {
        self.body_left = Some(octets);
        self.dot = false;
        self.last_write = Instant::now();
    }

    /// Whether any byte of the final dot may have left.
    pub(super) fn dot_went(&self) -> bool {
        self.dot
    }

    pub(super) fn last_write(&self) -> Instant {
        self.last_write
    }

    /// From here on replies are no answer to EHLO.
    pub(super) fn hello_ends(&mut self) {
        self.hello = false;
    }

    /// Takes the bytes in, and changes those that lettre would stumble over.
    fn listen(&mut self, bytes: &mut [u8]) -> Result<(), &'static str> {
        /// The place behind code and hyphen.
        const TEXT_AT: usize = 4;
        for byte in bytes {
            if self.hello && self.line.ends_with(b"\r") && *byte != b'\n' {
                return Err("a CR in the middle of a reply line");
            }
            self.line.push(*byte);
            let is_blank = char::from(*byte).is_whitespace() && !matches!(*byte, b'\r' | b'\n');
            if self.hello && self.line.len() == TEXT_AT + 1 && is_blank {
                // lettre panics on an EHLO line of nothing but spaces.
                *byte = b'-';
            }
            if !byte.is_ascii() {
                // lettre takes a Latin-1 letter in a reply for a broken connection, even in the final 250.
                *byte = b'?';
            }
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.end_line(&line)?;
            } else if self.line.len() > LINE_MAX_BYTES {
                return Err("a reply line without an end");
            }
        }
        Ok(())
    }

    fn end_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']);
        let (code, more, text) = parts(line).ok_or("a line that is no SMTP reply")?;
        let mut said = self.unfinished.take().unwrap_or(Said {
            code,
            lines: Vec::new(),
        });
        if said.code != code {
            return Err("a reply whose lines have different codes");
        }
        if said.lines.len() == REPLY_MAX_LINES {
            return Err("a reply of more than 100 lines");
        }
        said.lines.push(text.to_owned());
        if more {
            self.unfinished = Some(said);
        } else {
            self.replies.push_back(said);
        }
        Ok(())
    }
}

/// Code, whether more lines follow, and text (RFC 5321 section 4.2).
pub(super) fn parts(line: &str) -> Option<(u16, bool, &str)> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = digits
        .parse()
        .ok()
        .filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let text = rest.get(1..).unwrap_or("");
    match rest.chars().next() {
        Some('-') => Some((code, true, text)),
        Some(' ') | None => Some((code, false, text)),
        Some(_) => None,
    }
}

/// The ear's shared state; a poisoned lock only means that a test thread panicked.
pub(super) fn lock(heard: &Arc<Mutex<Heard>>) -> MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The stream that lettre gets.
#[derive(Debug)]
pub(super) struct Tap {
    inner: Box<dyn Transport>,
    heard: Arc<Mutex<Heard>>,
    greeting: &'static [u8],
}

impl Tap {
    pub(super) fn new(inner: Box<dyn Transport>) -> (Tap, Arc<Mutex<Heard>>) {
        let heard = Arc::new(Mutex::new(Heard::new()));
        (
            Tap {
                inner,
                heard: heard.clone(),
                greeting: GREETING_FOR_LETTRE,
            },
            heard,
        )
    }
}

impl AsyncTokioStream for Tap {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        // lettre asks for it on behalf of its callers only; the peer was logged when it was dialled.
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.greeting.is_empty() {
            let (now, later) = self
                .greeting
                .split_at(self.greeting.len().min(buf.remaining()));
            buf.put_slice(now);
            self.greeting = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        let new = buf.filled_mut().get_mut(before..).unwrap_or_default();
        let mut heard = lock(&self.heard);
        let heard_out = heard.listen(new);
        heard.garbled |= heard_out.is_err();
        Poll::Ready(heard_out.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why)))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = lock(&self.heard).body_left;
        // A long body leaves alone, so that where it breaks off it is known that no dot was sent.
        let buf = match left {
            Some(left @ LONG_BODY..) => buf.get(..left).unwrap_or(buf),
            _ => buf,
        };
        let has_dot = left.is_some_and(|left| buf.len() > left);
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, buf));
        let mut heard = lock(&self.heard);
        // A write that fails may still have sent the dot, were it over TLS.
        let count = written.as_ref().copied().unwrap_or(buf.len());
        heard.dot |= has_dot && left.is_some_and(|left| count > left);
        heard.body_left = left.map(|left| left.saturating_sub(count));
        heard.last_write = Instant::now();
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        let mut heard = lock(&self.heard);
        heard.last_write = Instant::now();
        if heard.dot {
            crate::failpoint::here("smtp.dot");
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_the_same_wherever_they_are_cut() {
        let bytes = b"250-mail.example\r\n250-SIZE 1000\r\n250 DSN\r\n550 5.1.1 no\xfc\r\n";
        for cut in 0..=bytes.len() {
            let mut heard = Heard::new();
            let (mut first, mut second) = (bytes[..cut].to_vec(), bytes[cut..].to_vec());
            heard.listen(&mut first).unwrap();
            heard.listen(&mut second).unwrap();
            let replies = [heard.next(1), heard.next(0)].map(|said| said.unwrap().unwrap());
            assert_eq!(replies[0].lines, ["mail.example", "SIZE 1000", "DSN"]);
            assert_eq!(
                replies[1].reply(),
                Reply {
                    code: 550,
                    text: "5.1.1 no\u{fffd}".into()
                }
            );
            assert!(heard.is_silent());
        }
    }

    #[test]
    fn what_is_no_reply_is_refused() {
        for bytes in [
            &b"hello\r\n"[..],
            b"25 ok\r\n",
            b"250_ok\r\n",
            b"250-a\r\n251 b\r\n",
            b"\r\n",
        ] {
            assert!(Heard::new().listen(&mut bytes.to_vec()).is_err());
        }
        assert!(Heard::new().listen(&mut [b'2'; 2000]).is_err());
    }

    #[test]
    fn an_ehlo_line_of_spaces_does_not_reach_lettre_as_one() {
        for blank in ["250-   \r\n", "250-\t\r\n", "250-\x0b\r\n"] {
            let mut bytes = blank.as_bytes().to_vec();
            Heard::new().listen(&mut bytes).unwrap();
            assert_eq!(bytes[4], b'-');
        }
        assert!(Heard::new().listen(&mut b"250-\r\r\n".to_vec()).is_err());
        let mut empty = b"250-\r\n".to_vec();
        Heard::new().listen(&mut empty).unwrap();
        assert_eq!(empty, b"250-\r\n");
    }
}
