//! The other end of a pipe, played line by line: it says any bytes at all, at any moment.
//! It fails by panicking when the client says something else than the script expects.

use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream,
};

/// A scripted server over any stream.
pub struct Peer<S = DuplexStream> {
    stream: BufReader<S>,
}

/// A pipe in memory: the client's end, and the server's to be scripted.
pub fn pipe() -> (Box<DuplexStream>, Peer) {
    let (client, server) = tokio::io::duplex(256 * 1024);
    (Box::new(client), Peer::new(server))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    pub fn new(stream: S) -> Peer<S> {
        Peer {
            stream: BufReader::new(stream),
        }
    }

    /// The next line without its end; empty at the end of the stream.
    pub async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }

    /// An IMAP command that must begin so; returns its tag.
    pub async fn command(&mut self, begins: &str) -> String {
        let line = self.line().await;
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        assert!(
            command.starts_with(begins),
            "expected {begins:?}, got {command:?}"
        );
        tag.to_owned()
    }

    /// A line that must begin so.
    pub async fn hears(&mut self, begins: &str) -> String {
        let line = self.line().await;
        assert!(
            line.starts_with(begins),
            "expected {begins:?}, got {line:?}"
        );
        line
    }

    pub async fn says(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_says(bytes).await.unwrap();
    }

    /// For scripts in which the client may have left already.
    pub async fn try_says(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.stream.write_all(bytes.as_ref()).await?;
        self.stream.flush().await
    }

    /// Answers a command with these untagged bytes and a tagged OK.
    pub async fn answers(&mut self, command: &str, untagged: impl AsRef<[u8]>) {
        let tag = self.command(command).await;
        self.says(untagged).await;
        self.says(format!("{tag} OK done\r\n")).await;
    }

    /// Plays an IMAP server up to the end of the login.
    pub async fn logs_in(&mut self, capabilities: &str) {
        self.says("* OK ready\r\n").await;
        self.answers("LOGIN ", "").await;
        self.answers(
            "CAPABILITY",
            format!("* CAPABILITY IMAP4rev1 {capabilities}\r\n"),
        )
        .await;
    }

    /// Plays the opening of a mailbox with UIDVALIDITY 7.
    pub async fn opens(&mut self, exists: u32) {
        let facts =
            format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 100] ok\r\n");
        self.answers("EXAMINE ", facts).await;
    }

    /// Everything up to the line with a single dot.
    pub async fn body(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n.\r\n") {
            let mut byte = [0];
            if self.stream.read(&mut byte).await.unwrap() == 0 {
                break;
            }
            bytes.push(byte[0]);
        }
        bytes
    }

    /// Stays silent, connected, until the client gives up.
    pub async fn hangs(mut self) {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest).await;
    }

    /// The stream, to put TLS over it.
    pub fn into_stream(self) -> S {
        self.stream.into_inner()
    }
}
