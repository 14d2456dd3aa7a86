//! A client that writes and reads bytes as told, over a pipe in memory; an answer that does not come fails the test.

use std::time::Duration;

use askfirst::demo::faults::Faults;
use askfirst::demo::imap::imap_session;
use askfirst::demo::link::Security;
use askfirst::demo::mailboxes::Mailboxes;
use askfirst::demo::smtp::{SmtpSettings, smtp_session};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Counted by the paused clock in most tests; an hour, since autologout takes half of one.
const PATIENCE: Duration = Duration::from_secs(3600);
const PIPE: usize = 256 * 1024;

pub struct Talk {
    stream: DuplexStream,
    heard: Vec<u8>,
    pub stop: watch::Sender<bool>,
    session: JoinHandle<()>,
}

impl Talk {
    pub fn imap(mailboxes: &Mailboxes, faults: &Faults) -> Self {
        let (stream, far) = tokio::io::duplex(PIPE);
        let (stop, stopped) = watch::channel(false);
        let session = tokio::spawn(imap_session(
            far,
            mailboxes.clone(),
            Security::None,
            faults.clone(),
            stopped,
        ));
        Self {
            stream,
            heard: Vec::new(),
            stop,
            session,
        }
    }

    pub fn smtp(mailboxes: &Mailboxes, settings: SmtpSettings, faults: &Faults) -> Self {
        let (stream, far) = tokio::io::duplex(PIPE);
        let (stop, stopped) = watch::channel(false);
        let session = tokio::spawn(smtp_session(
            far,
            mailboxes.clone(),
            settings,
            faults.clone(),
            stopped,
        ));
        Self {
            stream,
            heard: Vec::new(),
            stop,
            session,
        }
    }

    /// An IMAP session in which this user has logged in and selected INBOX.
    pub async fn inbox(mailboxes: &Mailboxes, user: &str, password: &str) -> Self {
        let mut talk = Self::imap(mailboxes, &Faults::none());
        talk.line().await;
        assert!(
            talk.ask(&format!("l LOGIN {user} \"{password}\""))
                .await
                .contains("l OK")
        );
        assert!(
            talk.ask("s SELECT INBOX")
                .await
                .contains("s OK [READ-WRITE]")
        );
        talk
    }

    pub async fn say(&mut self, text: impl AsRef<[u8]>) {
        self.stream.write_all(text.as_ref()).await.unwrap();
    }

    /// The next line, without its end; empty at the end of the connection.
    pub async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.heard.drain(..=end).collect();
                return String::from_utf8_lossy(&line).trim_end().to_owned();
            }
            if timeout(PATIENCE, self.stream.read_buf(&mut self.heard))
                .await
                .expect("no answer")
                .unwrap()
                == 0
            {
                return String::new();
            }
        }
    }

    /// Sends an IMAP command and returns everything up to the line with its tag, or to the end of the connection.
    pub async fn ask(&mut self, command: &str) -> String {
        self.say(format!("{command}\r\n")).await;
        let tag = format!("{} ", command.split(' ').next().unwrap());
        let mut answer = String::new();
        loop {
            let line = self.line().await;
            answer.push_str(&line);
            answer.push('\n');
            if line.is_empty() && self.heard.is_empty() && self.session.is_finished()
                || line.starts_with(&tag)
            {
                return answer;
            }
        }
    }

    /// Sends an SMTP line and returns the last line of the reply.
    pub async fn reply(&mut self, command: &str) -> String {
        self.say(format!("{command}\r\n")).await;
        self.last_line().await
    }

    /// The last line of an SMTP reply.
    pub async fn last_line(&mut self) -> String {
        loop {
            let line = self.line().await;
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    /// Everything until the server closes the connection.
    pub async fn rest(&mut self) -> String {
        let mut rest = std::mem::take(&mut self.heard);
        timeout(PATIENCE, self.stream.read_to_end(&mut rest))
            .await
            .expect("the connection stays open")
            .unwrap();
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Closes our side; the session must end.
    pub async fn hang_up(self) {
        drop(self.stream);
        timeout(PATIENCE, self.session)
            .await
            .expect("the session goes on")
            .expect("the session panicked");
    }
}
