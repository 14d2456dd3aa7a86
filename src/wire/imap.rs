//! A logged-in IMAP session that believes a server only after the tagged OK of its own command.
//! It fails closed: after a cut, a timeout or an unreadable answer the session is of no more use
//! ([`WireError::ends_session`]) and the caller connects anew.
//!
//! async-imap's own commands report a cut or a refusal as an empty success, so only its `run_command` and
//! `read_response` are used, behind one checked loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_imap::imap_proto::{MailboxDatum, Response, ResponseCode, Status};
use tokio::io::BufWriter;
use tokio::time::{Instant, timeout};

use super::Server;
use super::error::{WireError, clean};
use super::transport::Transport;

mod answer;
mod append;
mod connect;
mod fetch;
mod guard;
mod mailbox;
mod names;
mod salvage;
mod sent;
mod wait;

pub use fetch::{Fetched, Listed, Mail};
pub use mailbox::{MailboxName, Selected, SpecialUse};
pub use salvage::Salvage;
pub use wait::Woken;

use guard::Guard;

/// async-imap writes a command in four pieces: the buffer makes one packet of them.
type Pipe = BufWriter<Guard>;

/// Without any byte for so long the server is gone or stuck. Large mailboxes are slow to open, but they start to
/// answer, and Dovecot delays a refused login by up to 15 s.
const SILENCE: Duration = Duration::from_secs(120);
/// A trickle is silence too: fewer bytes than this in one [`SILENCE`] is a stuck or hostile server.
const TRICKLE_BYTES: u64 = 4 * 1024;
/// No tagged answer in a quarter of an hour: even 25 MB over a slow line are through by then.
const COMMAND_LONGEST: Duration = Duration::from_secs(15 * 60);
/// A command is a few hundred bytes: if they can't be written in a minute, nobody reads them.
const WRITE: Duration = Duration::from_secs(60);
/// Servers without IDLE are asked so often, unless told otherwise: a minute is what people call at once.
const POLL_EVERY: Duration = Duration::from_secs(60);

/// What the server can do, as it says after the login.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// RFC 2177: it tells of new mail by itself.
    pub idle: bool,
    /// RFC 6851.
    pub move_: bool,
    /// RFC 4315.
    pub uidplus: bool,
    /// RFC 6154: it tells which mailbox is Sent, Junk and so on.
    pub special_use: bool,
    /// RFC 7162.
    pub condstore: bool,
    /// RFC 5258, needed to ask for special uses.
    pub list_extended: bool,
    /// RFC 2971: it wants to know who we are.
    pub id: bool,
    /// What it calls itself in answer to ID, cleaned.
    pub server: Option<String>,
}

/// A session in which one command runs at a time. A future of it that is dropped half-way leaves a session that
/// refuses every further command.
#[derive(Debug)]
pub struct Session {
    inner: async_imap::Session<Pipe>,
    at: String,
    received: Arc<AtomicU64>,
    abilities: Abilities,
    selected: Option<u32>,
    exists: u32,
    /// New mail was mentioned since the last list.
    news: bool,
    bye: Option<String>,
    /// A command was begun and its tagged answer not read: what comes next belongs to nobody.
    out_of_step: bool,
    idle_works: bool,
    /// The tag of an IDLE that was told to end, and whose tagged answer comes before the next command's.
    ending: Option<String>,
    /// The next command follows DONE without a wait for that answer.
    hurries: bool,
    poll_every: Duration,
}

impl Session {
    /// Connects, protects the connection, logs in, and asks what the server can do.
    ///
    /// # Errors
    /// Every variant that concerns connecting, TLS and login.
    pub async fn connect(server: &Server) -> Result<Session, WireError> {
        connect::connect(server).await
    }

    /// The same over a stream that exists already (a pipe in memory); its security is still applied.
    ///
    /// # Errors
    /// As [`Session::connect`], without those of the network.
    pub async fn over(stream: Box<dyn Transport>, server: &Server) -> Result<Session, WireError> {
        connect::over(stream, server).await
    }

    /// What the server can do.
    pub fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// How often a server without IDLE is asked for news.
    pub fn poll_every(&mut self, every: Duration) {
        self.poll_every = every;
    }

    /// Asks this server by NOOP instead of IDLE: some offer IDLE and then say nothing.
    pub fn refuse_idle(&mut self) {
        self.idle_works = false;
    }

    /// Waits for the end of each IDLE before the next command: for a server that loses what follows DONE.
    pub fn refuse_hurry(&mut self) {
        self.hurries = false;
    }

    fn new(inner: async_imap::Session<Pipe>, at: String, received: Arc<AtomicU64>) -> Session {
        Session {
            inner,
            at,
            received,
            abilities: Abilities::default(),
            selected: None,
            exists: 0,
            news: false,
            bye: None,
            out_of_step: false,
            idle_works: true,
            ending: None,
            hurries: true,
            poll_every: POLL_EVERY,
        }
    }

    /// Runs one command and hands every answer to `on`; Ok only after this command's own tagged OK.
    async fn exec(
        &mut self,
        command: &str,
        label: &'static str,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<(), WireError> {
        let tag = self.begin(command, label).await?;
        self.finish(&tag, label, Instant::now() + COMMAND_LONGEST, &mut on)
            .await
    }

    /// Writes a command; until its end is read the session counts as out of step.
    async fn begin(&mut self, command: &str, label: &'static str) -> Result<String, WireError> {
        if self.out_of_step {
            return Err(self.protocol(label, "an earlier command was broken off in this session"));
        }
        self.out_of_step = true;
        match timeout(WRITE, self.inner.run_command(command)).await {
            Ok(Ok(tag)) => Ok(tag.0),
            Ok(Err(_)) => {
                self.hear_last_words(label).await;
                Err(self.closed(label))
            }
            Err(_) => Err(WireError::Timeout {
                at: self.at.clone(),
                what: label,
            }),
        }
    }

    /// A server that ended the session may have said why before it did (RFC 3501 section 7.1.5).
    async fn hear_last_words(&mut self, label: &'static str) {
        /// They are in the buffer already, or they do not come.
        const LAST_WORDS: Duration = Duration::from_secs(1);
        let hearing = async { while self.read(label, |_| ()).await.is_ok() {} };
        let _ = timeout(LAST_WORDS, hearing).await;
    }

    /// Reads up to the tagged answer of the command that was begun.
    async fn finish(
        &mut self,
        tag: &str,
        label: &'static str,
        until: Instant,
        on: &mut impl FnMut(&Response<'_>),
    ) -> Result<(), WireError> {
        loop {
            if Instant::now() >= until {
                return Err(WireError::Timeout {
                    at: self.at.clone(),
                    what: label,
                });
            }
            let verdict = self.read(label, |response| {
                on(response);
                tagged(response, tag)
            });
            match verdict.await? {
                None => {}
                Some(_) if self.ending.is_some() => {
                    return Err(self.protocol(label, "the end of IDLE was never told"));
                }
                Some((status, text)) => {
                    self.out_of_step = false;
                    return self.judge(status, text, label);
                }
            }
        }
    }

    fn judge(
        &self,
        verdict: Verdict,
        text: String,
        command: &'static str,
    ) -> Result<(), WireError> {
        let at = self.at.clone();
        match verdict {
            Verdict::Ok => Ok(()),
            Verdict::No => Err(WireError::ServerSaidNo { at, command, text }),
            Verdict::Bad => Err(WireError::ServerSaidBad { at, command, text }),
        }
    }

    /// Reads one answer. Dropping this future between answers loses nothing: bytes stay in the buffer below.
    async fn read<R>(
        &mut self,
        label: &'static str,
        on: impl FnOnce(&Response<'_>) -> R,
    ) -> Result<R, WireError> {
        self.read_within(label, SILENCE, on).await
    }

    async fn read_within<R>(
        &mut self,
        label: &'static str,
        silence: Duration,
        on: impl FnOnce(&Response<'_>) -> R,
    ) -> Result<R, WireError> {
        let received = self.received.clone();
        let answer = {
            let reading = self.inner.read_response();
            tokio::pin!(reading);
            loop {
                let before = received.load(Ordering::Relaxed);
                match timeout(silence, &mut reading).await {
                    Ok(answer) => break Some(answer),
                    Err(_) if received.load(Ordering::Relaxed) - before >= TRICKLE_BYTES => {}
                    Err(_) => break None,
                }
            }
        };
        match answer {
            Some(Ok(Some(response))) => {
                let response = response.parsed();
                self.note(response);
                let ending = self.ending.as_deref();
                if let Some((status, text)) = ending.and_then(|tag| tagged(response, tag)) {
                    self.ending = None;
                    self.judge(status, text, "IDLE")?;
                }
                Ok(on(response))
            }
            Some(Ok(None)) => Err(self.closed(label)),
            Some(Err(error)) => Err(self.unreadable(label, &error)),
            None => Err(WireError::Timeout {
                at: self.at.clone(),
                what: label,
            }),
        }
    }

    /// What any answer may carry besides the point (RFC 3501 section 7: at any time).
    fn note(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(count)) => {
                // Repeating the known number is no news; some servers do it with every command.
                self.news |= *count != self.exists;
                self.exists = *count;
            }
            Response::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Response::Data {
                status: Status::Bye,
                outcome,
            } => {
                self.bye = Some(clean(outcome.information.as_deref().unwrap_or("")));
            }
            Response::Data { outcome, .. } => {
                if let (Some(ResponseCode::UidValidity(now)), Some(was)) =
                    (&outcome.code, self.selected)
                    && *now != was
                {
                    // Nothing known about this mailbox holds any longer (RFC 3501 section 2.3.1.1).
                    self.selected = None;
                }
            }
            _ => {}
        }
    }

    /// The UIDVALIDITY of the selected mailbox.
    fn require_selected(&self) -> Result<u32, WireError> {
        self.selected.ok_or_else(|| WireError::NotSelected {
            at: self.at.clone(),
        })
    }

    fn guard(&mut self) -> &mut Guard {
        self.inner.get_mut().get_mut()
    }

    fn closed(&self, during: &'static str) -> WireError {
        WireError::Closed {
            at: self.at.clone(),
            during,
            bye: self.bye.clone(),
        }
    }

    fn protocol(&self, during: &'static str, why: &str) -> WireError {
        WireError::protocol(&self.at, during, why)
    }

    /// The text of such an error holds the mail that could not be parsed: it is not passed on.
    fn unreadable(&self, during: &'static str, error: &std::io::Error) -> WireError {
        match guard::refusal(error) {
            Some(why) => self.protocol(during, why),
            None if error.kind() == std::io::ErrorKind::Other => {
                self.protocol(during, "the server's answer does not follow the grammar")
            }
            None => self.closed(during),
        }
    }

    /// Says goodbye; that the server answers is not waited for longer than it deserves.
    pub async fn logout(mut self) {
        /// The connection is given up anyway.
        const FAREWELL: Duration = Duration::from_secs(5);
        let _ = timeout(FAREWELL, self.exec("LOGOUT", "LOGOUT", |_| {})).await;
    }
}

/// A tagged answer's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Ok,
    No,
    Bad,
}

/// The verdict and its cleaned text, if this is the tagged answer to `tag`.
fn tagged(response: &Response<'_>, tag: &str) -> Option<(Verdict, String)> {
    match response {
        Response::Done {
            tag: theirs,
            status,
            outcome,
        } if theirs.0 == tag => {
            let verdict = match status {
                Status::Ok => Verdict::Ok,
                Status::No => Verdict::No,
                _ => Verdict::Bad,
            };
            let text = clean(
                outcome
                    .information
                    .as_deref()
                    .unwrap_or("(no reason given)"),
            );
            Some((verdict, text))
        }
        _ => None,
    }
}
