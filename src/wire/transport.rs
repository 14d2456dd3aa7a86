//! The byte stream under a conversation, and the reader for the few lines that come before TLS.
//! It fails with the connection: end of stream, silence past the deadline, a line without an end, or early bytes.

use std::fmt::Debug;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use super::error::WireError;

/// Any stream a conversation can run over: TCP, TLS, or a pipe in memory.
pub trait Transport: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug> Transport for T {}

/// Greeting and EHLO lines are short (RFC 5321 section 4.5.3.1.5: 512); a capability line may be longer.
const LINE_MAX_BYTES: usize = 8 * 1024;
/// Read at once, so that bytes sent together with the answer to STARTTLS are seen before the handshake.
const CHUNK_BYTES: usize = 4096;

/// Reads and writes single lines, and knows whether anything was sent beyond them.
#[derive(Debug)]
pub(super) struct Lines {
    stream: Box<dyn Transport>,
    held: Vec<u8>,
    at: String,
}

impl Lines {
    pub(super) fn new(stream: Box<dyn Transport>, at: String) -> Lines {
        Lines {
            stream,
            held: Vec::new(),
            at,
        }
    }

    /// The next line without its end; bytes that are no UTF-8 are replaced.
    pub(super) async fn line(
        &mut self,
        limit: Duration,
        during: &'static str,
    ) -> Result<String, WireError> {
        match timeout(limit, self.read_line(during)).await {
            Ok(line) => line,
            Err(_) => Err(WireError::Timeout {
                at: self.at.clone(),
                what: during,
            }),
        }
    }

    async fn read_line(&mut self, during: &'static str) -> Result<String, WireError> {
        loop {
            if let Some(end) = self.held.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.held.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.held.len() > LINE_MAX_BYTES {
                return Err(WireError::protocol(
                    &self.at,
                    during,
                    "a line without an end",
                ));
            }
            let mut chunk = [0; CHUNK_BYTES];
            let count = self
                .stream
                .read(&mut chunk)
                .await
                .map_err(|_| self.closed(during))?;
            if count == 0 {
                return Err(self.closed(during));
            }
            self.held.extend(chunk.iter().take(count));
        }
    }

    pub(super) async fn say(
        &mut self,
        line: &str,
        limit: Duration,
        during: &'static str,
    ) -> Result<(), WireError> {
        let writing = async {
            self.stream.write_all(line.as_bytes()).await?;
            self.stream.write_all(b"\r\n").await?;
            self.stream.flush().await
        };
        match timeout(limit, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.closed(during)),
            Err(_) => Err(WireError::Timeout {
                at: self.at.clone(),
                what: during,
            }),
        }
    }

    /// The stream, or None if the other side has already sent more than was read.
    pub(super) fn into_stream(self) -> Option<Box<dyn Transport>> {
        self.held.is_empty().then_some(self.stream)
    }

    fn closed(&self, during: &'static str) -> WireError {
        WireError::Closed {
            at: self.at.clone(),
            during,
            bye: None,
        }
    }
}
