//! The IMAP server (RFC 3501 with IDLE, UIDPLUS, MOVE and a few more): sessions and their states. Every command gets a tagged answer; a broken peer ends its own session only.

mod change;
mod dispatch;
mod fetch;
mod folders;
mod frame;
mod idle;
mod login;
mod mime;
mod search;
mod structure;
mod view;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::frame::Frame;
use self::view::View;
use super::faults::Faults;
use super::link::Security;
use super::listen::{run_sessions, stopped};
use super::mailboxes::Mailboxes;
use super::mischief::{Course, act_out, stall};
use super::peer::{Broken, Peer};

/// What the server can do; LITERAL+ is RFC 7888, the others are named as their RFCs name them.
const CAPABILITIES: &str =
    "IMAP4rev1 LITERAL+ ID ENABLE IDLE NAMESPACE UIDPLUS MOVE UNSELECT SPECIAL-USE";
/// Refused logins and lines without sense, in a row, before the server hangs up: a peer that speaks another protocol never stops by itself.
const MAX_MISTAKES: usize = 20;
/// How much of a command a fault looks at; the mail of an APPEND is of no interest to it.
const MAX_MATCHED: usize = 4096;
/// Answers are collected up to here before they leave; one more item may be added, which is at most one mail.
const FLUSH_AT: usize = 64 * 1024;

/// Serves IMAP on this listener until `shutdown` becomes true.
pub async fn serve_imap(
    listener: TcpListener,
    mailboxes: Mailboxes,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) {
    serve_imap_with(listener, mailboxes, Security::None, faults, shutdown).await;
}

/// As `serve_imap`, with TLS.
pub async fn serve_imap_with(
    listener: TcpListener,
    mailboxes: Mailboxes,
    security: Security,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) {
    let stop = shutdown.clone();
    run_sessions(listener, shutdown, move |stream| {
        imap_session(
            stream,
            mailboxes.clone(),
            security.clone(),
            faults.clone(),
            stop.clone(),
        )
    })
    .await;
}

/// One IMAP session over any stream, from the greeting to the end of the connection.
pub async fn imap_session<S>(
    stream: S,
    mailboxes: Mailboxes,
    security: Security,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut session = Session {
        peer: Peer::new(stream),
        out: Vec::new(),
        mailboxes,
        security,
        faults,
        shutdown,
        user: None,
        view: None,
        mistakes: 0,
    };
    match session.run().await {
        Ok(()) | Err(Broken::Closed) => {}
        Err(Broken::Late) => {
            session
                .farewell("* BYE autologout, idle for too long\r\n")
                .await
        }
        Err(Broken::TooLong) => {
            session
                .farewell("* BYE [TOOBIG] command line too long\r\n")
                .await
        }
    }
    session.peer.close().await;
}

struct Session<S> {
    peer: Peer<S>,
    out: Vec<u8>,
    mailboxes: Mailboxes,
    security: Security,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
    user: Option<String>,
    view: Option<View>,
    mistakes: usize,
}

/// Whether the session goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Command,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    async fn run(&mut self) -> Result<(), Broken> {
        if let Security::Tls(acceptor) = self.security.clone() {
            self.peer.start_tls(&acceptor).await?;
        }
        let course = self.meet_fault("GREETING", "", "*").await?;
        match course {
            Course::Over => return Ok(()),
            Course::Answered => {}
            _ => {
                let list = self.capabilities();
                self.say(&format!(
                    "* OK [CAPABILITY {list}] askfirst demo server ready\r\n"
                ));
            }
        }
        self.flush().await?;
        loop {
            let mut shutdown = self.shutdown.clone();
            let line = tokio::select! {
                line = frame::read_line(&mut self.peer) => line?,
                () = stopped(&mut shutdown) => {
                    self.farewell("* BYE the server stops\r\n").await;
                    return Ok(());
                }
            };
            let frame = frame::read_rest(
                &mut self.peer,
                line,
                self.user.is_some(),
                &self.faults,
                &mut self.shutdown,
            )
            .await?;
            if self.handle(frame).await? == Next::End {
                return Ok(());
            }
        }
    }

    async fn handle(&mut self, frame: Frame) -> Result<Next, Broken> {
        let bytes = match frame {
            Frame::Command(bytes) | Frame::Unknown(bytes) => bytes,
            Frame::Refused(answer) => {
                self.say(&format!("{answer}\r\n"));
                self.flush().await?;
                return Ok(Next::Command);
            }
            Frame::Hopeless(why) => {
                self.farewell(&format!("* BYE {why}\r\n")).await;
                return Ok(Next::End);
            }
            Frame::Fault(Course::Answered) => return Ok(Next::Command),
            Frame::Fault(_) => return Ok(Next::End),
        };
        let tag = frame::tag_of(&bytes);
        let name = frame::name_of(&bytes);
        let shown = String::from_utf8_lossy(bytes.get(..MAX_MATCHED).unwrap_or(&bytes));
        let course = self
            .meet_fault(&name, &shown, tag.as_deref().unwrap_or("*"))
            .await?;
        match course {
            Course::Answered => return Ok(Next::Command),
            Course::Over => return Ok(Next::End),
            Course::Execute | Course::ExecuteThenClose | Course::ExecuteThenStall => {}
        }
        let next = self.execute(tag, &name, &bytes).await?;
        match course {
            Course::ExecuteThenClose => Ok(Next::End),
            Course::ExecuteThenStall => {
                stall(&mut self.peer, &mut self.shutdown).await;
                Ok(Next::End)
            }
            _ => Ok(next),
        }
    }

    /// Acts out the fault that strikes here, if one does.
    async fn meet_fault(&mut self, phase: &str, line: &str, tag: &str) -> Result<Course, Broken> {
        match self.faults.strike(phase, line) {
            Some(act) => act_out(&mut self.peer, &mut self.shutdown, act, tag).await,
            None => Ok(Course::Execute),
        }
    }

    /// What is offered now: no login before STARTTLS (RFC 3501 section 6.2.3).
    fn capabilities(&self) -> String {
        let login = match self.security {
            _ if self.user.is_some() => "",
            Security::StartTls(_) if !self.peer.is_secure() => " STARTTLS LOGINDISABLED",
            _ if self.mailboxes.takes_tokens() => {
                " SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER"
            }
            _ => " SASL-IR AUTH=PLAIN",
        };
        let all = format!("{CAPABILITIES}{login}");
        let offered = all.split(' ').filter(|word| !self.faults.withholds(word));
        offered.collect::<Vec<_>>().join(" ")
    }

    fn login_disabled(&self) -> bool {
        matches!(self.security, Security::StartTls(_)) && !self.peer.is_secure()
    }

    /// Sends what has happened to the selected folder; false: the folder is lost and so is the session.
    async fn tell_news(&mut self, expunges: bool) -> Result<bool, Broken> {
        let (Some(user), Some(view)) = (&self.user, &mut self.view) else {
            return Ok(true);
        };
        match view.catch_up(&self.mailboxes, user, expunges) {
            Ok(news) => {
                self.out.extend_from_slice(news.as_bytes());
                Ok(true)
            }
            Err(view::Lost) => {
                self.out.clear();
                self.farewell("* BYE the selected folder is gone or has another UIDVALIDITY\r\n")
                    .await;
                Ok(false)
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        let out = std::mem::take(&mut self.out);
        self.peer.send(&out).await
    }

    async fn farewell(&mut self, text: &str) {
        self.say(text);
        // Who is gone does not hear it.
        let _ = self.flush().await;
    }
}
