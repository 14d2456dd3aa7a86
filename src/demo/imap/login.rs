//! LOGIN and AUTHENTICATE (RFC 3501 section 6.2, RFC 4959): a wrong name, password or token is a NO and says nothing of which.

use std::borrow::Cow;
use std::time::Duration;

use data_encoding::BASE64;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::secret::Secret;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::peer::{Broken, trim_line_end};
use super::super::sasl::{Claim, Mechanism, Proof, TOKEN_REFUSED};
use super::Session;
use super::dispatch::{Tagged, bad, no, ok};

/// A name and a password in base64 fit many times, and so does a token.
const MAX_RESPONSE: usize = 12 * 1024;
/// Time for the client to answer the challenge.
const WAIT: Duration = Duration::from_secs(120);
const TLS_FIRST: &str = "[PRIVACYREQUIRED] STARTTLS comes first";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) fn log_in(&mut self, user: &[u8], password: &[u8]) -> Tagged {
        if self.login_disabled() {
            return no(TLS_FIRST);
        }
        match (std::str::from_utf8(user), std::str::from_utf8(password)) {
            (Ok(user), Ok(password)) => self.admit(&Claim {
                user,
                proof: Proof::Password(password),
            }),
            _ => self.refuse(),
        }
    }

    fn admit(&mut self, claim: &Claim<'_>) -> Tagged {
        if !self.mailboxes.admits(claim) {
            return self.refuse();
        }
        self.user = Some(claim.user.to_owned());
        ok(format!("[CAPABILITY {}] logged in", self.capabilities()))
    }

    fn refuse(&mut self) -> Tagged {
        self.mistakes += 1;
        no("[AUTHENTICATIONFAILED] wrong name, password or token")
    }

    pub(super) async fn authenticate(
        &mut self,
        mechanism: &AuthMechanism<'_>,
        initial: Option<Secret<Cow<'_, [u8]>>>,
    ) -> Result<Tagged, Broken> {
        if self.login_disabled() {
            return Ok(no(TLS_FIRST));
        }
        let Some(mechanism) = Mechanism::named(mechanism.as_ref()) else {
            return Ok(no("[CANNOT] this mechanism is not offered"));
        };
        let response = match initial {
            Some(initial) => Ok(initial.declassify().to_vec()),
            None => self.challenge(b"").await?,
        };
        let response = match response {
            Ok(response) => response,
            Err(answer) => return Ok(answer),
        };
        let Some(claim) = mechanism.read(&response) else {
            return Ok(bad("this is no response of this mechanism"));
        };
        if mechanism != Mechanism::Plain && !self.mailboxes.admits(&claim) {
            // The client says that it has understood; what it says does not matter (RFC 7628 section 3.2.3).
            let _ = self.challenge(TOKEN_REFUSED).await?;
        }
        Ok(self.admit(&claim))
    }

    /// Sends a challenge and reads the response, or what ends the login.
    async fn challenge(&mut self, challenge: &[u8]) -> Result<Result<Vec<u8>, Tagged>, Broken> {
        self.say(&format!("+ {}\r\n", BASE64.encode(challenge)));
        self.flush().await?;
        let line = self.peer.line(MAX_RESPONSE, WAIT).await?;
        Ok(match trim_line_end(&line) {
            b"*" => Err(bad("authentication cancelled")),
            line => BASE64.decode(line).map_err(|_| bad("this is no base64")),
        })
    }
}
