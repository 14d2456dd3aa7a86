//! OAuth2 (RFC 6749): signing in to a provider of mail, and keeping the sign-in alive.
//! It fails by [`Trouble`], which tells a refusal that only a new sign-in mends from a fault that passes by itself.
//!
//! Everything here blocks: a sign-in is a person's matter, and a refresh is one request an hour.

use std::fmt;

use super::Secret;
use super::error::clean;

pub mod browser;
pub mod device;
mod post;

pub use post::Answer;

/// What a provider of mail calls its doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    pub authorize: String,
    pub token: String,
    pub device: String,
    /// What is asked for: to read mail by IMAP and to send it by SMTP, and no more.
    pub scope: String,
    /// Further parameters of the authorization request.
    pub extra: Vec<(&'static str, &'static str)>,
}

impl Endpoints {
    /// Google's, of its documents for installed applications; `authority` puts another host in their place.
    pub fn google(authority: Option<&str>) -> Endpoints {
        let at = |own: &str, path: &str| format!("{}{path}", authority.unwrap_or(own));
        Endpoints {
            authorize: at("https://accounts.google.com", "/o/oauth2/v2/auth"),
            token: at("https://oauth2.googleapis.com", "/token"),
            device: at("https://oauth2.googleapis.com", "/device/code"),
            scope: "https://mail.google.com/".to_owned(),
            // A refresh token is given only for `offline`, and a second time only when consent is asked for again.
            extra: vec![("access_type", "offline"), ("prompt", "consent")],
        }
    }

    /// Microsoft's identity platform, version 2.0; `tenant` is an organisation, "common" or "consumers".
    pub fn microsoft(tenant: &str, authority: Option<&str>) -> Endpoints {
        let base = authority.unwrap_or("https://login.microsoftonline.com");
        let at = |path: &str| format!("{base}/{tenant}/oauth2/v2.0/{path}");
        Endpoints {
            authorize: at("authorize"),
            token: at("token"),
            device: at("devicecode"),
            scope: "https://outlook.office.com/IMAP.AccessAsUser.All \
                    https://outlook.office.com/SMTP.Send offline_access"
                .to_owned(),
            extra: Vec::new(),
        }
    }
}

/// What this program is to the provider. An installed program keeps no secret (RFC 8252 section 8.5), but some
/// providers give one all the same and want to hear it.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub secret: Option<Secret>,
}

/// What a token endpoint gave (RFC 6749 section 5.1). Printing shows no token.
#[derive(Debug, Clone)]
pub struct Grant {
    pub access: Secret,
    /// Absent: the provider does not tell.
    pub expires_in_secs: Option<i64>,
    /// Absent after a refresh: the old one stays good.
    pub refresh: Option<Secret>,
    /// Until when the refresh token itself lives, where the provider tells.
    pub refresh_expires_in_secs: Option<i64>,
}

/// Why there is no token. No variant holds a token, a code or an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// `invalid_grant`: the sign-in is over (expired, withdrawn, the password changed).
    #[error("{at}: the sign-in is no longer good{}", said(.why))]
    SignInOver { at: String, why: String },
    /// The provider refuses this program or what it asks for.
    #[error("{at}: refused: {code}{}", said(.why))]
    Refused {
        at: String,
        code: String,
        why: String,
    },
    #[error("the person at the browser said no")]
    Denied,
    #[error("the code has expired; start the sign-in anew")]
    CodeExpired,
    #[error("nobody signed in for {minutes} minutes; start the sign-in anew")]
    NobodyCame { minutes: u64 },
    #[error("{at}: not to be reached at the moment ({why}); it will be tried again")]
    Unavailable { at: String, why: String },
    #[error("{at}: its answer is none that RFC 6749 describes ({why})")]
    Nonsense { at: String, why: String },
}

impl Trouble {
    /// Whether the same request may succeed later without anybody doing anything.
    pub fn may_pass(&self) -> bool {
        matches!(self, Trouble::Unavailable { .. } | Trouble::Nonsense { .. })
    }
}

fn said(why: &str) -> String {
    match why.is_empty() {
        true => String::new(),
        false => format!(" ({why})"),
    }
}

/// A new access token for a refresh token (RFC 6749 section 6).
///
/// # Errors
/// [`Trouble::SignInOver`] once the refresh token is dead; others that may pass.
pub fn refresh(endpoints: &Endpoints, client: &Client, refresh: &Secret) -> Result<Grant, Trouble> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.expose()),
        ("scope", &endpoints.scope),
    ];
    grant(endpoints, client, &fields)
}

/// Asks the token endpoint, as `client`.
fn grant(
    endpoints: &Endpoints,
    client: &Client,
    fields: &[(&str, &str)],
) -> Result<Grant, Trouble> {
    let answer = ask(&endpoints.token, client, fields)?;
    if let Some(trouble) = answer.trouble() {
        return Err(trouble);
    }
    let nonsense = |why: &str| Trouble::Nonsense {
        at: answer.at.clone(),
        why: why.to_owned(),
    };
    let access = answer.text("access_token").unwrap_or_default();
    // RFC 6750 section 2.1; anything else would break the frame in which it is said to a mail server.
    let is_token = |c: char| c.is_ascii_graphic();
    if access.is_empty() || !access.chars().all(is_token) {
        return Err(nonsense("no access token"));
    }
    let kind = answer.text("token_type").unwrap_or("bearer");
    if !kind.eq_ignore_ascii_case("bearer") {
        return Err(nonsense("a token that is no bearer token"));
    }
    let refresh = answer.text("refresh_token").filter(|text| !text.is_empty());
    Ok(Grant {
        access: Secret::new(access),
        expires_in_secs: answer.seconds("expires_in"),
        refresh: refresh.map(Secret::new),
        refresh_expires_in_secs: answer.seconds("refresh_token_expires_in"),
    })
}

fn ask(url: &str, client: &Client, fields: &[(&str, &str)]) -> Result<Answer, Trouble> {
    let mut all: Vec<(&str, &str)> = fields.to_vec();
    all.push(("client_id", &client.id));
    if let Some(secret) = &client.secret {
        all.push(("client_secret", secret.expose()));
    }
    post::post(url, &all)
}

impl Answer {
    /// The refusal that the answer is, if it is one (RFC 6749 section 5.2, RFC 8628 section 3.5).
    fn trouble(&self) -> Option<Trouble> {
        let code = match self.text("error") {
            Some(code) => clean(code),
            None if self.status == 200 => return None,
            None => {
                let why = format!("status {}", self.status);
                return Some(Trouble::Nonsense {
                    at: self.at.clone(),
                    why,
                });
            }
        };
        let (at, why) = (
            self.at.clone(),
            clean(self.text("error_description").unwrap_or_default()),
        );
        Some(match code.as_str() {
            "invalid_grant" => Trouble::SignInOver { at, why },
            "access_denied" | "authorization_declined" => Trouble::Denied,
            "expired_token" => Trouble::CodeExpired,
            "server_error" | "temporarily_unavailable" => Trouble::Unavailable { at, why: code },
            _ => Trouble::Refused { at, code, why },
        })
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({}, status {})", self.at, self.status)
    }
}
