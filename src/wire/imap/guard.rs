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

use async_imap::imap_proto::Response;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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
    /// The answer at hand goes nowhere.
    drops: bool,
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
            drops: false,
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
                if !self.drops {
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
        let literal = announced_literal(&line);
        self.continues = literal.is_some();
        if let Some(size) = literal {
            if size > LITERAL_MAX_BYTES {
                return Err(Refusal("a literal larger than 160 MiB"));
            }
            self.literal_left = size;
        }
        make_harmless(&mut line);
        if begins {
            let whole = literal.is_none();
            let untagged = line.starts_with(b"*") || line.trim_ascii().is_empty();
            self.drops = untagged && !(is_wanted(&line) && (!whole || parses(&line)));
        }
        if !self.drops {
            self.fit.extend_from_slice(&line);
        } else if self.skipped.len() < SKIPPED_MAX {
            self.skipped.extend(uid_of(&line));
        }
        line.clear();
        self.line = line;
        Ok(())
    }
}

/// Whether an untagged answer is of a kind that is ever asked for, or that matters unasked (RFC 3501 section 7).
fn is_wanted(line: &[u8]) -> bool {
    const KINDS: [&[u8]; 10] = [
        b"OK",
        b"NO",
        b"BAD",
        b"BYE",
        b"PREAUTH",
        b"CAPABILITY",
        b"LIST",
        b"SEARCH",
        b"FLAGS",
        b"ID",
    ];
    const COUNTED: [&[u8]; 4] = [b"EXISTS", b"RECENT", b"EXPUNGE", b"FETCH"];
    let mut words = line.split(|b| b.is_ascii_whitespace()).skip(1);
    let first = words.next().unwrap_or_default();
    let is =
        |word: &[u8], kinds: &[&[u8]]| kinds.iter().any(|kind| word.eq_ignore_ascii_case(kind));
    if !first.first().is_some_and(u8::is_ascii_digit) {
        return is(first, &KINDS);
    }
    let second = words.next().unwrap_or_default();
    let structure = [&b"BODYSTRUCTURE"[..], b"ENVELOPE", b"BODY ("];
    is(second, &COUNTED)
        && !structure
            .iter()
            .any(|word| find_ignoring_case(line, word).is_some())
}

fn parses(line: &[u8]) -> bool {
    matches!(Response::parse(line), Ok(([], _)))
}

/// The size of the literal that the line ends with (RFC 3501 section 4.3, RFC 7888).
fn announced_literal(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"}\r\n")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let open = line.iter().rposition(|b| *b == b'{')?;
    let digits = std::str::from_utf8(line.get(open + 1..)?).ok()?;
    // More digits than fit are refused as too large, not overlooked.
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// Changes the two things on which imap-proto panics, byte for byte, so that lengths stay true.
fn make_harmless(line: &mut [u8]) {
    const NO_DATE: &[u8] = b"INTERNALDATE NIL";
    let mut from = 0;
    while let Some(at) = line
        .get(from..)
        .and_then(|rest| find_ignoring_case(rest, NO_DATE))
    {
        // An attribute that imap-proto does not know is read over.
        if let Some(first) = line.get_mut(from + at) {
            *first = b'X';
        }
        from += at + NO_DATE.len();
    }
    // Mailbox names are left alone: no code stands before them.
    if !line
        .get(..7)
        .is_some_and(|start| start.eq_ignore_ascii_case(b"* LIST "))
    {
        let mut behind_code = false;
        for byte in line {
            if behind_code && !byte.is_ascii() {
                *byte = b'?';
            }
            behind_code = *byte == b']';
        }
    }
}

fn find_ignoring_case(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}

/// The UID in a FETCH answer that is otherwise no use.
fn uid_of(line: &[u8]) -> Option<u32> {
    let at = find_ignoring_case(line, b"UID ")?;
    let digits: Vec<u8> = line
        .iter()
        .skip(at + 4)
        .copied()
        .take_while(u8::is_ascii_digit)
        .collect();
    std::str::from_utf8(&digits).ok()?.parse().ok()
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
