//! One connection: bounded lines in, bytes out, each with a deadline. Whatever goes wrong with it ends the session, and only that.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::link::Link;

/// A peer that does not take its answer for this long is gone; nothing else frees the memory of the answer.
const WRITE_DEADLINE: Duration = Duration::from_secs(120);
/// Time for a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(60);
/// How much is asked from the socket at a time; with the caps of the callers this bounds the buffer.
const READ_CHUNK: usize = 16 * 1024;

/// Why a session ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The peer closed the connection, or it failed.
    Closed,
    /// The peer sent more than the cap without a line end.
    TooLong,
    /// The peer took too long.
    Late,
}

/// A stream with a read buffer, and with the faults that concern what leaves.
pub(super) struct Peer<S> {
    link: Link<S>,
    buffer: Vec<u8>,
    scanned: usize,
    /// Bytes that may still leave; `None`: all.
    allowance: Option<usize>,
    /// Bytes that may still come; `None`: all.
    hearing: Option<usize>,
    muted: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            link: Link::Plain(stream),
            buffer: Vec::new(),
            scanned: 0,
            allowance: None,
            hearing: None,
            muted: false,
        }
    }

    /// The next line with its line end, at most `cap` bytes. Dropping the future loses nothing: what has arrived stays in the buffer.
    pub(super) async fn line(&mut self, cap: usize, wait: Duration) -> Result<Vec<u8>, Broken> {
        timeout(wait, self.line_for_ever(cap))
            .await
            .map_err(|_| Broken::Late)?
    }

    async fn line_for_ever(&mut self, cap: usize) -> Result<Vec<u8>, Broken> {
        loop {
            let fresh = self.buffer.get(self.scanned..).unwrap_or_default();
            if let Some(at) = fresh.iter().position(|byte| *byte == b'\n') {
                let length = self.scanned + at + 1;
                if length > cap {
                    return Err(Broken::TooLong);
                }
                self.scanned = 0;
                return Ok(self.buffer.drain(..length).collect());
            }
            self.scanned = self.buffer.len();
            if self.buffer.len() >= cap {
                return Err(Broken::TooLong);
            }
            self.fill().await?;
        }
    }

    /// Exactly this many bytes; the caller has checked the count against its cap.
    pub(super) async fn exact(&mut self, count: usize, wait: Duration) -> Result<Vec<u8>, Broken> {
        let read = async {
            while self.buffer.len() < count {
                self.fill().await?;
            }
            self.scanned = 0;
            let bytes = self.buffer.drain(..count).collect();
            self.buffer.shrink_to(READ_CHUNK);
            Ok(bytes)
        };
        timeout(wait, read).await.map_err(|_| Broken::Late)?
    }

    async fn fill(&mut self) -> Result<(), Broken> {
        if self.hearing == Some(0) {
            return Err(Broken::Closed);
        }
        self.buffer.reserve(READ_CHUNK);
        let count = match self.link.read_buf(&mut self.buffer).await {
            Ok(0) | Err(_) => return Err(Broken::Closed),
            Ok(count) => count,
        };
        if let Some(left) = &mut self.hearing {
            let unheard = count.saturating_sub(*left);
            *left = left.saturating_sub(count);
            self.buffer
                .truncate(self.buffer.len().saturating_sub(unheard));
        }
        Ok(())
    }

    /// Sends, or as much of it as a fault allows.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        if self.muted || bytes.is_empty() {
            return Ok(());
        }
        let allowed = match self.allowance {
            Some(left) => bytes.get(..left.min(bytes.len())).unwrap_or_default(),
            None => bytes,
        };
        let write = async {
            self.link.write_all(allowed).await?;
            self.link.flush().await
        };
        timeout(WRITE_DEADLINE, write)
            .await
            .map_err(|_| Broken::Late)?
            .map_err(|_| Broken::Closed)?;
        if let Some(left) = &mut self.allowance {
            *left -= allowed.len();
            if allowed.len() < bytes.len() {
                return Err(Broken::Closed);
            }
        }
        Ok(())
    }

    /// Begins TLS. What was sent in the clear after STARTTLS must not be taken for part of what TLS protects: then the connection ends (CVE-2011-0411).
    pub(super) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> Result<(), Broken> {
        if !self.buffer.is_empty() {
            return Err(Broken::Closed);
        }
        let secured = timeout(HANDSHAKE, self.link.secure(acceptor)).await;
        secured
            .map_err(|_| Broken::Late)?
            .map_err(|_| Broken::Closed)
    }

    pub(super) fn is_secure(&self) -> bool {
        self.link.is_secure()
    }

    /// Returns when the peer has closed the connection; what it still sends is not read by anybody.
    pub(super) async fn gone(&mut self) {
        loop {
            self.buffer.clear();
            self.scanned = 0;
            if self.fill().await.is_err() {
                return;
            }
        }
    }

    /// From now on nothing leaves.
    pub(super) fn mute(&mut self) {
        self.muted = true;
    }

    /// The connection breaks once this many more bytes have left.
    pub(super) fn cut_after(&mut self, bytes: usize) {
        self.allowance = Some(bytes);
    }

    /// The connection breaks once this many more bytes have come.
    pub(super) fn deaf_after(&mut self, bytes: usize) {
        self.hearing = Some(bytes);
    }

    /// Closes our side; what the peer still sends is not read.
    pub(super) async fn close(&mut self) {
        // A peer that is already gone is no news here.
        let _ = timeout(WRITE_DEADLINE, self.link.shutdown()).await;
    }
}

/// Bytes of a line without its line end.
pub(super) fn trim_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn lines_and_counts_come_out_of_one_buffer() {
        let (mut far, near) = tokio::io::duplex(64);
        let mut peer = Peer::new(near);
        far.write_all(b"one\r\nfive5two\n").await.unwrap();
        assert_eq!(peer.line(10, WAIT).await.unwrap(), b"one\r\n");
        assert_eq!(peer.exact(5, WAIT).await.unwrap(), b"five5");
        assert_eq!(peer.line(10, WAIT).await.unwrap(), b"two\n");
        drop(far);
        assert_eq!(peer.line(10, WAIT).await.unwrap_err(), Broken::Closed);
    }

    #[tokio::test]
    async fn an_endless_line_is_refused_at_the_cap() {
        let (mut far, near) = tokio::io::duplex(1024);
        let mut peer = Peer::new(near);
        far.write_all(&[b'a'; 200]).await.unwrap();
        assert_eq!(peer.line(100, WAIT).await.unwrap_err(), Broken::TooLong);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_late() {
        let (_far, near) = tokio::io::duplex(64);
        assert_eq!(
            Peer::new(near).line(100, WAIT).await.unwrap_err(),
            Broken::Late
        );
    }

    #[tokio::test]
    async fn an_answer_can_be_cut() {
        let (mut far, near) = tokio::io::duplex(64);
        let mut peer = Peer::new(near);
        peer.cut_after(4);
        peer.send(b"ab").await.unwrap();
        assert_eq!(peer.send(b"cdef").await.unwrap_err(), Broken::Closed);
        drop(peer);
        let mut got = Vec::new();
        far.read_to_end(&mut got).await.unwrap();
        assert_eq!(got, b"abcd");
    }

    #[tokio::test]
    async fn what_is_heard_can_be_cut() {
        let (mut far, near) = tokio::io::duplex(64);
        let mut peer = Peer::new(near);
        peer.deaf_after(6);
        far.write_all(b"one\r\ntwo\r\n").await.unwrap();
        assert_eq!(peer.line(10, WAIT).await.unwrap(), b"one\r\n");
        assert_eq!(peer.line(10, WAIT).await.unwrap_err(), Broken::Closed);
    }
}
