//! The SMTP server (RFC 5321, RFC 4954): takes mail for the accounts here and for nobody else. Every command gets a reply; a mail is either delivered or refused.

mod auth;
mod data;
mod envelope;
mod stamp;

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;

use super::faults::Faults;
use super::link::Security;
use super::listen::{run_sessions, stopped};
use super::mailboxes::{MAX_MAIL_BYTES, Mailboxes};
use super::mischief::{Course, act_out, stall};
use super::peer::{Broken, Peer, trim_line_end};

/// RFC 5321 section 4.5.3.1.4 gives a command 512 octets; base64 in AUTH needs more (RFC 4954 section 4).
const MAX_COMMAND: usize = 12 * 1024;
/// RFC 5321 section 4.5.3.1.8.
const MAX_RECIPIENTS: usize = 100;
/// RFC 5321 section 4.5.3.2.7.
const WAIT: Duration = Duration::from_secs(300);
/// Errors between two mails before the server hangs up (RFC 5321 section 4.3.2 allows it).
const MAX_MISTAKES: usize = 20;

/// A mail that was accepted, as it was sent.
#[derive(Clone)]
pub struct Passed {
    /// Empty for `<>`.
    pub envelope_from: String,
    /// The addresses of all its RCPTs that were taken.
    pub recipients: Vec<String>,
    /// Who logged in to send it.
    pub submitter: Option<String>,
    /// The mail as it was submitted, without what the server writes on it.
    pub bytes: Vec<u8>,
}

/// How the SMTP server behaves.
#[derive(Clone)]
pub struct SmtpSettings {
    /// Its name in the greeting, in Received and in Authentication-Results (RFC 8601).
    pub authserv_id: String,
    /// Whether mail without a login is refused, as a submission server does; otherwise it is taken as a mail exchanger takes it.
    pub require_auth: bool,
    /// Whether a mail that a user submits is also put into his Sent folder.
    pub save_sent: bool,
    /// The largest mail; at most `MAX_MAIL_BYTES`.
    pub max_mail_bytes: usize,
    /// With `StartTls` a login is taken only after STARTTLS.
    pub security: Security,
    /// Hears of every mail accepted, after its delivery.
    pub observer: Option<UnboundedSender<Passed>>,
}

impl SmtpSettings {
    /// Takes mail from anybody for the accounts, and keeps what users submit in Sent.
    #[must_use]
    pub fn new(authserv_id: &str) -> Self {
        Self {
            authserv_id: authserv_id.to_owned(),
            require_auth: false,
            save_sent: true,
            max_mail_bytes: MAX_MAIL_BYTES,
            security: Security::None,
            observer: None,
        }
    }
}

/// Serves SMTP on this listener until `shutdown` becomes true.
pub async fn serve_smtp(
    listener: TcpListener,
    mailboxes: Mailboxes,
    settings: SmtpSettings,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) {
    let stop = shutdown.clone();
    run_sessions(listener, shutdown, move |stream| {
        smtp_session(
            stream,
            mailboxes.clone(),
            settings.clone(),
            faults.clone(),
            stop.clone(),
        )
    })
    .await;
}

/// One SMTP session over any stream, from the greeting to the end of the connection.
pub async fn smtp_session<S>(
    stream: S,
    mailboxes: Mailboxes,
    settings: SmtpSettings,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut session = Session {
        peer: Peer::new(stream),
        mailboxes,
        settings,
        faults,
        shutdown,
        helo: None,
        extended: false,
        user: None,
        sender: None,
        recipients: Vec::new(),
        mistakes: 0,
    };
    let last_word = match session.run().await {
        Ok(()) | Err(Broken::Closed) => None,
        Err(Broken::Late) => Some("421 4.4.2 timeout, closing\r\n"),
        Err(Broken::TooLong) => Some("500 5.5.2 line too long, closing\r\n"),
    };
    if let Some(word) = last_word {
        // Who is gone does not hear it.
        let _ = session.peer.send(word.as_bytes()).await;
    }
    session.peer.close().await;
}

struct Session<S> {
    peer: Peer<S>,
    mailboxes: Mailboxes,
    settings: SmtpSettings,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
    helo: Option<String>,
    extended: bool,
    user: Option<String>,
    sender: Option<String>,
    recipients: Vec<String>,
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
        let greeting = format!(
            "220 {} ESMTP askfirst demo server",
            self.settings.authserv_id
        );
        if let Security::Tls(acceptor) = self.settings.security.clone() {
            self.peer.start_tls(&acceptor).await?;
        }
        match self.meet_fault("GREETING", "").await? {
            Course::Over => return Ok(()),
            Course::Answered => {}
            _ => self.reply(&greeting).await?,
        }
        loop {
            let mut shutdown = self.shutdown.clone();
            let line = tokio::select! {
                line = self.peer.line(MAX_COMMAND, WAIT) => line?,
                () = stopped(&mut shutdown) => {
                    // A client that is gone does not hear it.
                    let _ = self.reply("421 4.3.2 the server stops").await;
                    return Ok(());
                }
            };
            if self.handle(trim_line_end(&line)).await? == Next::End {
                return Ok(());
            }
            if self.mistakes >= MAX_MISTAKES {
                return self.reply("421 4.7.0 too many mistakes, closing").await;
            }
        }
    }

    async fn handle(&mut self, line: &[u8]) -> Result<Next, Broken> {
        let Ok(line) = std::str::from_utf8(line) else {
            self.mistake("500 5.5.2 this is no text").await?;
            return Ok(Next::Command);
        };
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        let course = self.meet_fault(&verb, line).await?;
        match course {
            Course::Answered => return Ok(Next::Command),
            Course::Over => return Ok(Next::End),
            Course::Execute | Course::ExecuteThenClose | Course::ExecuteThenStall => {}
        }
        let next = self.execute(&verb, argument.trim()).await?;
        self.end(course, next).await
    }

    /// Acts out the fault that strikes here, if one does.
    async fn meet_fault(&mut self, phase: &str, line: &str) -> Result<Course, Broken> {
        match self.faults.strike(phase, line) {
            Some(act) => act_out(&mut self.peer, &mut self.shutdown, act, "").await,
            None => Ok(Course::Execute),
        }
    }

    /// What follows a command that was executed under a fault.
    async fn end(&mut self, course: Course, next: Next) -> Result<Next, Broken> {
        match course {
            Course::ExecuteThenClose => Ok(Next::End),
            Course::ExecuteThenStall => {
                stall(&mut self.peer, &mut self.shutdown).await;
                Ok(Next::End)
            }
            _ => Ok(next),
        }
    }

    async fn execute(&mut self, verb: &str, argument: &str) -> Result<Next, Broken> {
        match verb {
            "EHLO" | "HELO" => self.hello(verb == "EHLO", argument).await?,
            "AUTH" | "STARTTLS" if self.faults.withholds(verb) => {
                self.mistake("502 5.5.1 this command is not offered")
                    .await?;
            }
            "AUTH" => self.authenticate(argument).await?,
            "MAIL" => self.mail(argument).await?,
            "RCPT" => self.recipient(argument).await?,
            "DATA" => return self.data(argument).await,
            "RSET" => {
                self.forget_mail();
                self.reply("250 2.0.0 forgotten").await?;
            }
            "NOOP" => self.reply("250 2.0.0 nothing done").await?,
            // RFC 5321 section 7.3: whether an address exists is told at RCPT only.
            "VRFY" => self.reply("252 2.1.5 send a mail and see").await?,
            "HELP" => self.reply("214 2.0.0 see RFC 5321").await?,
            "QUIT" => {
                self.reply("221 2.0.0 goodbye").await?;
                return Ok(Next::End);
            }
            "STARTTLS" => self.start_tls().await?,
            "EXPN" | "BDAT" | "TURN" => {
                self.mistake("502 5.5.1 this command is not offered")
                    .await?
            }
            _ => self.mistake("500 5.5.2 unknown command").await?,
        }
        Ok(Next::Command)
    }

    async fn hello(&mut self, extended: bool, argument: &str) -> Result<(), Broken> {
        if argument.is_empty() {
            return self.mistake("501 5.5.4 say who you are").await;
        }
        self.helo = Some(argument.to_owned());
        self.extended = extended;
        self.forget_mail();
        let name = &self.settings.authserv_id;
        if !extended {
            return self.reply(&format!("250 {name}")).await;
        }
        let size = format!("SIZE {}", self.settings.max_mail_bytes);
        let login = match () {
            () if self.wants_tls() => "STARTTLS",
            () if self.mailboxes.takes_tokens() => "AUTH PLAIN LOGIN XOAUTH2 OAUTHBEARER",
            () => "AUTH PLAIN LOGIN",
        };
        let all = [
            size.as_str(),
            "8BITMIME",
            "SMTPUTF8",
            "PIPELINING",
            "ENHANCEDSTATUSCODES",
            login,
        ];
        let offered = all.into_iter().filter(|line| !self.withholds(line));
        let mut lines = vec![name.as_str()];
        lines.extend(offered);
        let last = lines.pop().unwrap_or_default();
        let mut reply: String = lines.iter().map(|line| format!("250-{line}\r\n")).collect();
        reply.push_str(&format!("250 {last}"));
        self.reply(&reply).await
    }

    /// Whether a fault has taken away the extension that this line begins with.
    fn withholds(&self, line: &str) -> bool {
        line.split(' ')
            .next()
            .is_some_and(|word| self.faults.withholds(word))
    }

    /// STARTTLS is offered and has not happened.
    fn wants_tls(&self) -> bool {
        matches!(self.settings.security, Security::StartTls(_)) && !self.peer.is_secure()
    }

    async fn start_tls(&mut self) -> Result<(), Broken> {
        let Security::StartTls(acceptor) = self.settings.security.clone() else {
            return self.mistake("502 5.5.1 this command is not offered").await;
        };
        if self.peer.is_secure() {
            return self.mistake("503 5.5.1 TLS is there already").await;
        }
        self.reply("220 2.0.0 begin TLS").await?;
        self.peer.start_tls(&acceptor).await?;
        // RFC 3207 section 4.2: nothing said before counts.
        self.helo = None;
        self.extended = false;
        self.forget_mail();
        Ok(())
    }

    async fn mail(&mut self, argument: &str) -> Result<(), Broken> {
        if self.helo.is_none() {
            return self.mistake("503 5.5.1 say EHLO first").await;
        }
        if self.sender.is_some() {
            return self.mistake("503 5.5.1 one mail at a time").await;
        }
        if self.settings.require_auth && self.user.is_none() {
            return self.mistake("530 5.7.0 log in first").await;
        }
        let path = match envelope::path(argument, "FROM:") {
            Ok(path) => path,
            Err(reply) => return self.mistake(reply).await,
        };
        if let Err(reply) = envelope::check_mail(&path.parameters, self.settings.max_mail_bytes) {
            return self.mistake(&reply).await;
        }
        let mut extensions = path
            .parameters
            .iter()
            .map(|(name, _)| envelope::extension_of(name));
        if extensions.any(|extension| self.faults.withholds(extension)) {
            return self.mistake("555 5.5.4 this parameter is not known").await;
        }
        self.sender = Some(path.address);
        self.reply("250 2.1.0 sender noted").await
    }

    async fn recipient(&mut self, argument: &str) -> Result<(), Broken> {
        if self.sender.is_none() {
            return self.mistake("503 5.5.1 MAIL comes before RCPT").await;
        }
        let path = match envelope::path(argument, "TO:") {
            Ok(path) => path,
            Err(reply) => return self.mistake(reply).await,
        };
        if !path.parameters.is_empty() {
            return self.mistake("555 5.5.4 this parameter is not known").await;
        }
        if self.recipients.len() >= MAX_RECIPIENTS {
            return self.reply("452 4.5.3 too many recipients").await;
        }
        if self.mailboxes.user_of(&path.address).is_none() {
            return self.reply("550 5.1.1 nobody here has this address").await;
        }
        if !self.recipients.contains(&path.address) {
            self.recipients.push(path.address);
        }
        self.reply("250 2.1.5 recipient noted").await
    }

    fn forget_mail(&mut self) {
        self.sender = None;
        self.recipients.clear();
    }

    async fn reply(&mut self, text: &str) -> Result<(), Broken> {
        self.peer.send(format!("{text}\r\n").as_bytes()).await
    }

    async fn mistake(&mut self, text: &str) -> Result<(), Broken> {
        self.mistakes += 1;
        self.reply(text).await
    }
}
