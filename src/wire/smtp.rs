//! One SMTP submission connection, driven phase by phase, so that the caller knows how far a mail got.
//! It fails by an [`Attempt`] that names the phase: only a 2xx after the final dot is acceptance, and a cut,
//! a timeout or garbage after the dot leaves the outcome unknown (RFC 5321 section 4.5.3.2.6).
//!
//! lettre 0.11 speaks the commands. Its pool, its STARTTLS and its timeouts are not used: a cancelled send leaves a
//! pooled connection one reply behind, replies injected before TLS are read after it, and the timeout covers the
//! connect only.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;

use super::Server;
use super::error::{WireError, clean};
use super::transport::Transport;

mod connect;
mod hello;
mod send;
mod step;
mod tap;

/// Where in a conversation something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Connect,
    Greeting,
    Hello,
    Tls,
    Auth,
    Mail,
    Recipient,
    /// DATA, up to its 354.
    Data,
    /// The mail itself, before the final dot is written: without it no server may accept.
    Body,
    /// From the final dot on.
    Dot,
}

/// What a server said: three digits, and its cleaned words (at most 300 characters). `Debug` shows the code only.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({})", self.code)
    }
}

impl Reply {
    /// 2xx: done.
    pub fn is_completion(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// 4xx: not now.
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// 5xx: not this.
    pub fn is_permanent(&self) -> bool {
        (500..600).contains(&self.code)
    }
}

/// Why a mail was not offered to the server at all: sending the same again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsendable {
    /// A CR or LF that stands alone could end the mail early at a lenient server (smuggling).
    BareLineEnding,
    /// An address is not ASCII, and the server has no SMTPUTF8 (RFC 6531).
    NeedsSmtpUtf8,
    /// The mail is not ASCII, and the server has no 8BITMIME (RFC 6152).
    NeedsEightBitMime,
    /// Larger than the server's announced limit (RFC 1870).
    TooLarge,
    /// An address that no command can carry.
    BadAddress,
    NoRecipient,
}

/// How far one mail got. [`Attempt::is_accepted`] is the only success. `Debug` shows codes, neither addresses nor the
/// server's words, which often repeat them.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Attempt {
    /// Where it ended; [`Phase::Dot`] with a reply is the server's final word.
    pub phase: Phase,
    /// None: a cut, a timeout or garbage in that phase, or the mail was not offered (`unsendable`).
    pub reply: Option<Reply>,
    /// The reply to each recipient that was named.
    pub recipients: Vec<(String, Reply)>,
    /// What happened where there is no reply.
    pub trouble: Option<String>,
    pub unsendable: Option<Unsendable>,
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<u16> = self
            .recipients
            .iter()
            .map(|(_, reply)| reply.code)
            .collect();
        f.debug_struct("Attempt")
            .field("phase", &self.phase)
            .field("reply", &self.reply)
            .field("recipients", &codes)
            .field("trouble", &self.trouble)
            .field("unsendable", &self.unsendable)
            .finish()
    }
}

impl Attempt {
    /// Whether the server took the responsibility for the mail: 2xx after the final dot, nothing else.
    pub fn is_accepted(&self) -> bool {
        self.phase == Phase::Dot && self.reply.as_ref().is_some_and(Reply::is_completion)
    }

    /// Whether nobody knows what became of the mail: the dot may have arrived, and no final word came back.
    pub fn is_unknown(&self) -> bool {
        let final_word = self
            .reply
            .as_ref()
            .is_some_and(|r| r.is_completion() || r.code >= 400);
        self.phase == Phase::Dot && !final_word
    }

    fn said(phase: Phase, reply: Reply) -> Attempt {
        Attempt {
            phase,
            reply: Some(reply),
            recipients: Vec::new(),
            trouble: None,
            unsendable: None,
        }
    }

    fn broke(phase: Phase, trouble: impl Into<String>) -> Attempt {
        let trouble = Some(trouble.into());
        Attempt {
            phase,
            reply: None,
            recipients: Vec::new(),
            trouble,
            unsendable: None,
        }
    }

    fn unsendable(phase: Phase, why: Unsendable, trouble: impl Into<String>) -> Attempt {
        Attempt {
            unsendable: Some(why),
            ..Attempt::broke(phase, trouble)
        }
    }
}

/// Deadlines for each phase. The defaults are the least that RFC 5321 section 4.5.3.2 allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    pub greeting: Duration,
    pub hello: Duration,
    pub auth: Duration,
    pub mail: Duration,
    pub recipient: Duration,
    /// From DATA to 354.
    pub data: Duration,
    /// Without any byte of the mail getting through.
    pub block: Duration,
    /// From the dot to the final reply: too short a wait here means two copies.
    pub dot: Duration,
    pub quit: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Timeouts {
            greeting: minutes(5),
            hello: minutes(5),
            // Not in the RFC; Dovecot delays a refusal by 15 s, and asks an OAuth2 server first.
            auth: minutes(2),
            mail: minutes(5),
            recipient: minutes(5),
            data: minutes(2),
            block: minutes(3),
            dot: minutes(10),
            // Courtesy: everything is settled by then.
            quit: Duration::from_secs(5),
        }
    }
}

/// What the server offers in answer to EHLO.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// RFC 1870: SIZE is understood.
    pub size: bool,
    /// The largest mail it takes, in bytes; None: no fixed limit, or not told.
    pub size_limit: Option<u64>,
    pub smtputf8: bool,
    pub eight_bit_mime: bool,
    /// RFC 2920: several commands may be written at once.
    pub pipelining: bool,
    /// RFC 3461.
    pub dsn: bool,
    pub start_tls: bool,
    /// Names of SASL mechanisms, in upper case.
    pub auth: Vec<String>,
}

/// A connection that is logged in and ready for mails, one after the other.
pub struct Connection {
    inner: AsyncSmtpConnection,
    tap: Arc<Mutex<tap::Heard>>,
    abilities: Abilities,
    timeouts: Timeouts,
    usable: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Connection(usable: {}, {:?})",
            self.usable, self.abilities
        )
    }
}

impl Connection {
    /// Connects, protects the connection, says EHLO and logs in.
    ///
    /// # Errors
    /// Where it stopped, and why in words for the operator.
    pub async fn connect(
        server: &Server,
        ehlo_name: &str,
        timeouts: &Timeouts,
    ) -> Result<Connection, (Attempt, WireError)> {
        connect::connect(server, ehlo_name, timeouts).await
    }

    /// The same over a stream that exists already; its security is still applied.
    ///
    /// # Errors
    /// As [`Connection::connect`], without those of the network.
    pub async fn over(
        stream: Box<dyn Transport>,
        server: &Server,
        ehlo_name: &str,
        timeouts: &Timeouts,
    ) -> Result<Connection, (Attempt, WireError)> {
        connect::over(stream, server, ehlo_name, timeouts).await
    }

    pub fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// Whether another mail can be sent here. After a cut, a timeout or garbage: no, and nothing helps.
    pub fn is_usable(&self) -> bool {
        self.usable
    }
}
