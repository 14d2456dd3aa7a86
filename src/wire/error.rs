//! What can go wrong on the wire, said so that an operator knows where and what to do.
//! Text that came from a server is cleaned and cut here; no mail content and no secret passes through.

use super::{Login, Server};

/// Servers explain themselves in a line; more than this is noise in a log, or an attempt to flood it.
const TEXT_MAX_CHARS: usize = 300;

/// A fault of the connection or of the server's answers. Every variant names the server as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error(
        "{at}: nothing answers there ({why}); check host and port, and whether the server runs"
    )]
    Unreachable { at: String, why: String },
    #[error("{at}: the host name has no address ({why}); check its spelling and the DNS")]
    NameNotFound { at: String, why: String },
    #[error(
        "{at}: no answer in time ({what}); it will be tried again, and if it stays, check the network and the server"
    )]
    Timeout { at: String, what: &'static str },
    #[error("{at}: the server's certificate is refused: {why}")]
    Certificate { at: String, why: String },
    #[error(
        "{at}: no TLS could be agreed on ({why}); check that port and `security` belong together"
    )]
    Tls { at: String, why: String },
    #[error(
        "{at}: the server does not offer STARTTLS, so nothing was sent; use `security = \"tls\"` with its TLS port, and if it offered STARTTLS before, suspect the network"
    )]
    StartTlsMissing { at: String },
    #[error(
        "{at}: bytes stood in the plain stream behind the answer to STARTTLS; the connection was dropped because someone in between may have put them there"
    )]
    InjectedBeforeTls { at: String },
    #[error(
        "{at}: `security = \"none\"` is allowed to this machine itself only; use \"tls\" or \"starttls\""
    )]
    PlaintextRefused { at: String },
    #[error("{at}: no login is configured, and the server wants one; set user and password")]
    LoginMissing { at: String },
    #[error("{at}: the login was refused: {text}; check user and password (or sign in anew)")]
    LoginRefused { at: String, text: String },
    #[error("{at}: there is no key to log in with: {why}; sign in again with `{command}`")]
    SignInNeeded {
        at: String,
        why: String,
        command: String,
    },
    #[error("{at}: the login is not possible at the moment: {text}; it will be tried again")]
    LoginUnavailable { at: String, text: String },
    #[error("{at}: the server answered NO to {command}: {text}")]
    ServerSaidNo {
        at: String,
        command: &'static str,
        text: String,
    },
    #[error("{at}: the server did not accept the command {command}: {text}")]
    ServerSaidBad {
        at: String,
        command: &'static str,
        text: String,
    },
    #[error("{at}: the connection ended during {during}{}", bye_text(.bye))]
    Closed {
        at: String,
        during: &'static str,
        bye: Option<String>,
    },
    #[error("{at}: an answer could not be understood during {during}: {why}")]
    Protocol {
        at: String,
        during: &'static str,
        why: String,
    },
    #[error(
        "{at}: the mailbox was renumbered (its UIDVALIDITY was {was}); it has to be selected and listed anew"
    )]
    UidValidityChanged { at: String, was: u32 },
    #[error("{at}: no mailbox is selected; call select first")]
    NotSelected { at: String },
}

impl WireError {
    /// Whether the session that returned this is of no more use, so that the caller has to connect anew.
    pub fn ends_session(&self) -> bool {
        !matches!(
            self,
            WireError::ServerSaidNo { .. }
                | WireError::ServerSaidBad { .. }
                | WireError::UidValidityChanged { .. }
                | WireError::NotSelected { .. }
        )
    }

    /// Whether only a person can help (wrong password, certificate, configuration): waiting does not.
    pub fn needs_operator(&self) -> bool {
        matches!(
            self,
            WireError::Certificate { .. }
                | WireError::StartTlsMissing { .. }
                | WireError::InjectedBeforeTls { .. }
                | WireError::PlaintextRefused { .. }
                | WireError::LoginMissing { .. }
                | WireError::LoginRefused { .. }
                | WireError::SignInNeeded { .. }
        )
    }

    pub(super) fn timeout(server: &Server, what: &'static str) -> WireError {
        WireError::Timeout {
            at: server.at(),
            what,
        }
    }

    pub(super) fn protocol(at: &str, during: &'static str, why: impl Into<String>) -> WireError {
        WireError::Protocol {
            at: at.to_owned(),
            during,
            why: why.into(),
        }
    }
}

fn bye_text(bye: &Option<String>) -> String {
    match bye {
        Some(text) => format!(" (the server said: {text})"),
        None => String::new(),
    }
}

/// A server's words without control characters or line breaks, cut to a length that is fit for a log.
pub(super) fn clean(text: &str) -> String {
    let visible = text.chars().map(|c| {
        if c.is_control() || is_direction_mark(c) {
            ' '
        } else {
            c
        }
    });
    let mut words = String::new();
    for (count, c) in visible.enumerate() {
        if count == TEXT_MAX_CHARS {
            words.push('…');
            break;
        }
        words.push(c);
    }
    words.trim().to_owned()
}

/// Characters that turn the reading direction, or break lines, and so forge what a log shows.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `clean`, and user and secret taken out: some servers repeat the line that they refuse, and the user is an address.
pub(super) fn clean_login_text(text: &str, login: &Login) -> String {
    let (user, secret) = match login {
        Login::Password { user, password } => (user, password.expose()),
        Login::OAuth2 { user, token } => (user, token.expose()),
    };
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let mut text = text.to_owned();
    let forms = [
        base64(format!("\0{user}\0{secret}").as_bytes()),
        base64(format!("user={user}\x01auth=Bearer {secret}\x01\x01").as_bytes()),
        base64(secret.as_bytes()),
        secret.to_owned(),
        user.clone(),
    ];
    for form in forms.iter().filter(|form| !form.is_empty()) {
        text = text.replace(form.as_str(), "…");
    }
    clean(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Secret;

    #[test]
    fn a_servers_words_are_cut_and_lose_their_control_characters() {
        assert_eq!(
            clean(" no\r\n\x1b[31msuch\u{202e} user\0 "),
            "no   [31msuch  user"
        );
        assert_eq!(clean(&"x".repeat(5000)).chars().count(), TEXT_MAX_CHARS + 1);
    }

    #[test]
    fn a_secret_that_a_server_repeats_does_not_reach_the_error() {
        let login = Login::Password {
            user: "bot".into(),
            password: Secret::new("pa55"),
        };
        let echoed = format!(
            "unknown: LOGIN bot pa55, {}",
            data_encoding::BASE64.encode(b"\0bot\0pa55")
        );
        assert_eq!(clean_login_text(&echoed, &login), "unknown: LOGIN … …, …");
        assert!(!format!("{login:?}").contains("pa55"));
    }
}
