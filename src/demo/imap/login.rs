//! LOGIN and AUTHENTICATE PLAIN (RFC 4616, RFC 4959): a wrong name or password is a NO and says nothing of which.

use std::borrow::Cow;
use std::time::Duration;

use data_encoding::BASE64;
use imap_codec::imap_types::auth::AuthMechanism;
use imap_codec::imap_types::secret::Secret;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::peer::{Broken, trim_line_end};
use super::super::sasl::plain_response;
use super::Session;
use super::dispatch::{Tagged, bad, no, ok};

/// A name and a password in base64 fit many times.
const MAX_RESPONSE: usize = 12 * 1024;
/// Time for the client to answer the challenge.
const WAIT: Duration = Duration::from_secs(120);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) fn log_in(&mut self, user: &[u8], password: &[u8]) -> Tagged {
        if self.login_disabled() {
            return no("[PRIVACYREQUIRED] STARTTLS comes first");
        }
        let (Ok(user), Ok(password)) = (std::str::from_utf8(user), std::str::from_utf8(password))
        else {
            return self.refuse();
        };
        if !self.mailboxes.admits(user, password) {
            return self.refuse();
        }
        self.user = Some(user.to_owned());
        ok(format!("[CAPABILITY {}] logged in", self.capabilities()))
    }

    fn refuse(&mut self) -> Tagged {
        self.mistakes += 1;
        no("[AUTHENTICATIONFAILED] wrong name or password")
    }

    pub(super) async fn authenticate(
        &mut self,
        mechanism: &AuthMechanism<'_>,
        initial: Option<Secret<Cow<'_, [u8]>>>,
    ) -> Result<Tagged, Broken> {
        if self.login_disabled() {
            return Ok(no("[PRIVACYREQUIRED] STARTTLS comes first"));
        }
        if *mechanism != AuthMechanism::Plain {
            return Ok(no("[CANNOT] only PLAIN is offered"));
        }
        let response = match initial {
            Some(initial) => initial.declassify().to_vec(),
            None => {
                self.say("+ \r\n");
                self.flush().await?;
                let line = self.peer.line(MAX_RESPONSE, WAIT).await?;
                let line = trim_line_end(&line);
                if line == b"*" {
                    return Ok(bad("authentication cancelled"));
                }
                match BASE64.decode(line) {
                    Ok(response) => response,
                    Err(_) => return Ok(bad("this is no base64")),
                }
            }
        };
        Ok(match plain_response(&response) {
            Some((user, password)) => self.log_in(user, password),
            None => bad("this is no PLAIN response"),
        })
    }
}
