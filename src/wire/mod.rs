//! The network: IMAP to read a mailbox, SMTP to hand mail over, TLS under both; bytes and address strings only.
//! It fails by [`error::WireError`], which says where, in which phase, and what to do; nothing here retries or decides.
//!
//! async-imap logs passwords and whole mails at TRACE (crate `log`): whoever installs a logger caps the
//! targets `async_imap` and `lettre` at `info`, whatever the user's filter says.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

pub mod discover;
pub mod error;
pub mod http;
pub mod imap;
pub mod oauth;
pub mod proof;
pub mod smtp;
pub mod transport;

mod dial;
mod tls;

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314: ports 993 and 465).
    Tls,
    /// Plain text, upgraded before anything secret is said (RFC 3207, RFC 3501 section 6.2.1).
    StartTls,
    /// No protection: only to this machine itself, anything else is refused.
    None,
}

/// A mail server and how to log in there.
#[derive(Debug, Clone)]
pub struct Server {
    /// Host name or IP address; the certificate is checked against it.
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// None: no login (SMTP only).
    pub login: Option<Login>,
    /// Further trusted roots (PEM), besides the system's.
    pub ca_file: Option<PathBuf>,
}

impl Server {
    /// `host:port` as errors and logs name it.
    pub fn at(&self) -> String {
        match self.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

/// Who logs in. `Debug` shows neither user nor secret: the user is an address.
#[derive(Clone)]
pub enum Login {
    /// LOGIN or PLAIN.
    Password { user: String, password: Secret },
    /// An OAuth2 access token, by XOAUTH2 (Google, Microsoft) or OAUTHBEARER (RFC 7628), whichever is offered.
    OAuth2 { user: String, token: Secret },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Login::Password { .. } => "Password(…)",
            Login::OAuth2 { .. } => "OAuth2(…)",
        })
    }
}

/// A password or token; neither `Debug` nor `Display` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(secret: impl Into<String>) -> Secret {
        Secret(secret.into())
    }

    /// The secret itself, for the one place that writes it to the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How an access token is said to a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearer {
    XOAuth2,
    /// RFC 7628.
    OAuthBearer,
}

impl Bearer {
    /// XOAUTH2 unless only the other is offered: both large providers have it, and a server that offers
    /// nothing at all is one of those that do not tell before the login.
    fn choose(x_oauth2: bool, oauth_bearer: bool) -> Bearer {
        match oauth_bearer && !x_oauth2 {
            true => Bearer::OAuthBearer,
            false => Bearer::XOAuth2,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Bearer::XOAuth2 => "XOAUTH2",
            Bearer::OAuthBearer => "OAUTHBEARER",
        }
    }

    /// The first and only thing the client has to say.
    fn words(self, user: &str, token: &Secret, server: &Server) -> String {
        let token = token.expose();
        match self {
            Bearer::XOAuth2 => format!("user={user}\x01auth=Bearer {token}\x01\x01"),
            Bearer::OAuthBearer => {
                // RFC 5801 section 4: a name that holds these would end early.
                let user = user.replace('=', "=3D").replace(',', "=2C");
                let (host, port) = (&server.host, server.port);
                format!("n,a={user},\x01host={host}\x01port={port}\x01auth=Bearer {token}\x01\x01")
            }
        }
    }

    /// What the challenge wants that explains a refusal, before the server says so: nothing, or RFC 7628 section 3.2.3's one byte.
    fn resignation(self) -> &'static str {
        match self {
            Bearer::XOAuth2 => "",
            Bearer::OAuthBearer => "\x01",
        }
    }
}
