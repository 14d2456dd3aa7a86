//! Stands between the network and imap-proto, and keeps from it what would stop it, swell it, or make it panic.
//! It fails with an I/O error when a line or a literal is larger than any honest one.
//!
//! imap-proto 0.17 panics on `INTERNALDATE NIL` and on a status text that follows its code without a space and begins
//! with a multi-byte character, and follows nested body structures down the stack; async-imap 0.12 closes the stream
//! for ever at one line that it can't parse, and parses an endless line again with every packet. Lines are therefore
//! looked at whole before they go on, and answers of a kind that is never asked for go nowhere.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::answer::{self, Kind};
use crate::wire::transport::Transport;

/// The longest honest line is a SEARCH result: 100,000 UIDs of seven digits are 800 kB.
const LINE_MAX_BYTES: usize = 1024 * 1024;
/// Exchange allows mails of 150 MB at most; whoever wants less of a mail asks for less.
const LITERAL_MAX_BYTES: u64 = 160 * 1024 * 1024;
/// One read from the network: four TLS records, so that a batch of mails takes few turns.
const CHUNK_BYTES: usize = 64 * 1024;
/// Dropped answers are reported by UID; a server that fills more than this has worse problems.
const SKIPPED_MAX: usize = 10_000;

/// The stream that async-imap reads.
#[derive(Debug)]
pub(super) struct Guard {
    inner: Box<dyn Transport>,
    received: Arc<AtomicU64>,
    chunk: Box<[u8]>,
    line: Vec<u8>,
    /// What may be read, from `given` on.
    fit: Vec<u8>,
    given: usize,
    literal_left: u64,
    /// The line at hand continues an answer that held a literal.
    continues: bool,
    kind: Kind,
    skipped: Vec<u32>,
}

impl Guard {
    pub(super) fn new(inner: Box<dyn Transport>) -> Guard {
        Guard {
            inner,
            received: Arc::new(AtomicU64::new(0)),
            chunk: vec![0; CHUNK_BYTES].into_boxed_slice(),
            line: Vec::new(),
            fit: Vec::new(),
            given: 0,
            literal_left: 0,
            continues: false,
            kind: Kind::Unwanted,
            skipped: Vec::new(),
        }
    }

    /// Counts the bytes that came in.
    pub(super) fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// The UIDs of answers that were dropped because they could not be parsed, since the last call.
    pub(super) fn take_skipped(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.skipped)
    }

    fn take_in(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.literal_left > 0 {
                let here = usize::try_from(self.literal_left)
                    .unwrap_or(usize::MAX)
                    .min(bytes.len());
                let (literal, rest) = bytes.split_at(here);
                if self.kind != Kind::Unwanted {
                    self.fit.extend_from_slice(literal);
                }
                self.literal_left -= here as u64;
                bytes = rest;
                continue;
            }
            let end = bytes
                .iter()
                .position(|b| *b == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            let (part, rest) = bytes.split_at(end);
            self.line.extend_from_slice(part);
            bytes = rest;
            if self.line.len() > LINE_MAX_BYTES {
                return Err(Refusal("a line longer than 1 MiB"));
            }
            if self.line.ends_with(b"\n") {
                self.pass_line()?;
            }
        }
        Ok(())
    }

    fn pass_line(&mut self) -> Result<(), Refusal> {
        let mut line = std::mem::take(&mut self.line);
        let begins = !self.continues;
        if begins {
            self.kind = Kind::of(&line);
        }
        let literal = self.kind.literal_after(&line);
        if literal.is_some_and(|size| size > LITERAL_MAX_BYTES) {
            return Err(Refusal("a literal larger than 160 MiB"));
        }
        answer::make_harmless(&mut line);
        if !self.kind.takes(&line, begins, literal.is_some()) {
            if !begins || self.kind == Kind::Reply {
                // Its beginning has gone on already, or it is what the caller waits for.
                return Err(Refusal("the server's answer does not follow the grammar"));
            }
            self.kind = Kind::Unwanted;
        }
        if self.kind != Kind::Unwanted {
            self.fit.extend_from_slice(&line);
        } else if self.skipped.len() < SKIPPED_MAX {
            self.skipped.extend(answer::uid_of(&line));
        }
        self.literal_left = literal.unwrap_or(0);
        self.continues = literal.is_some();
        line.clear();
        self.line = line;
        Ok(())
    }
}

/// Why the guard broke the connection off.
#[derive(Debug)]
struct Refusal(&'static str);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refusal {}

/// The guard's own reason, if the error is its.
pub(super) fn refusal(error: &io::Error) -> Option<&'static str> {
    error
        .get_ref()?
        .downcast_ref::<Refusal>()
        .map(|refusal| refusal.0)
}

/// Whether the server's words are the fault: the guard refused them, or async-imap could not read them.
pub(super) fn is_nonsense(error: &io::Error) -> bool {
    refusal(error).is_some() || error.kind() == io::ErrorKind::Other
}

impl AsyncRead for Guard {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let waiting = this.fit.get(this.given..).unwrap_or_default();
            if !waiting.is_empty() {
                let (now, _) = waiting.split_at(waiting.len().min(buf.remaining()));
                buf.put_slice(now);
                this.given += now.len();
                return Poll::Ready(Ok(()));
            }
            this.fit.clear();
            this.given = 0;
            let mut chunk = std::mem::take(&mut this.chunk);
            let mut space = ReadBuf::new(&mut chunk);
            let polled = Pin::new(&mut this.inner).poll_read(cx, &mut space);
            let taken = match &polled {
                Poll::Ready(Ok(())) => this.take_in(space.filled()),
                _ => Ok(()),
            };
            let count = space.filled().len();
            this.chunk = chunk;
            ready!(polled)?;
            taken.map_err(|refusal| io::Error::new(io::ErrorKind::InvalidData, refusal))?;
            this.received.fetch_add(count as u64, Ordering::Relaxed);
            if count == 0 {
                // An answer without its end goes on, so that the reader sees that something is missing.
                if this.line.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                this.fit = std::mem::take(&mut this.line);
            }
        }
    }
}

impl AsyncWrite for Guard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
