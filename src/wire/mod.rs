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
pub mod imap;
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
    /// An OAuth2 access token by the mechanism XOAUTH2 (Google and Microsoft).
    XOauth2 { user: String, token: Secret },
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Login::Password { .. } => "Password(…)",
            Login::XOauth2 { .. } => "XOauth2(…)",
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
