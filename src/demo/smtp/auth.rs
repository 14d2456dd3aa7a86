//! AUTH (RFC 4954): a wrong name, password or token is 535 and says nothing of which.

use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::peer::{Broken, trim_line_end};
use super::super::sasl::{Claim, Mechanism, Proof, TOKEN_REFUSED};
use super::{MAX_COMMAND, Session, WAIT};

const NO_BASE64: &str = "501 5.5.2 this is no base64";
const CANCELLED: &str = "501 5.7.0 cancelled";
const WRONG: &str = "535 5.7.8 wrong name, password or token";

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) async fn authenticate(&mut self, argument: &str) -> Result<(), Broken> {
        if !self.extended {
            return self.mistake("503 5.5.1 say EHLO first").await;
        }
        if self.wants_tls() {
            return self.mistake("530 5.7.0 STARTTLS comes first").await;
        }
        if self.user.is_some() || self.sender.is_some() {
            return self.mistake("503 5.5.1 not now").await;
        }
        let (name, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let initial = initial.trim();
        if name.eq_ignore_ascii_case("LOGIN") {
            return match self.login(initial).await? {
                Ok((user, password)) => {
                    self.admit(&Claim {
                        user: &user,
                        proof: Proof::Password(&password),
                    })
                    .await
                }
                Err(reply) => self.mistake(reply).await,
            };
        }
        let Some(mechanism) = Mechanism::named(name) else {
            return self
                .mistake("504 5.5.4 this mechanism is not offered")
                .await;
        };
        let response = match initial {
            "" => self.challenge("334 ").await?,
            "=" => Ok(Vec::new()),
            text => BASE64.decode(text.as_bytes()).map_err(|_| NO_BASE64),
        };
        let response = match response {
            Ok(response) => response,
            Err(reply) => return self.mistake(reply).await,
        };
        let Some(claim) = mechanism.read(&response) else {
            return self
                .mistake("501 5.5.2 this is no response of this mechanism")
                .await;
        };
        if mechanism != Mechanism::Plain && !self.mailboxes.admits(&claim) {
            // The client says that it has understood; what it says does not matter (RFC 7628 section 3.2.3).
            let _ = self
                .challenge(&format!("334 {}", BASE64.encode(TOKEN_REFUSED)))
                .await?;
        }
        self.admit(&claim).await
    }

    async fn admit(&mut self, claim: &Claim<'_>) -> Result<(), Broken> {
        if !self.mailboxes.admits(claim) {
            return self.mistake(WRONG).await;
        }
        self.user = Some(claim.user.to_owned());
        self.reply("235 2.7.0 logged in").await
    }

    async fn login(&mut self, initial: &str) -> Result<Credentials, Broken> {
        // The prompts are base64 for "Username:" and "Password:"; clients compare them letter by letter.
        let user = match initial {
            "" => self.challenge("334 VXNlcm5hbWU6").await?,
            text => BASE64.decode(text.as_bytes()).map_err(|_| NO_BASE64),
        };
        let user = match user {
            Ok(user) => user,
            Err(reply) => return Ok(Err(reply)),
        };
        let password = self.challenge("334 UGFzc3dvcmQ6").await?;
        Ok(password.and_then(|password| Ok((text(&user)?, text(&password)?))))
    }

    async fn challenge(&mut self, prompt: &str) -> Result<Result<Vec<u8>, &'static str>, Broken> {
        self.reply(prompt).await?;
        let line = self.peer.line(MAX_COMMAND, WAIT).await?;
        Ok(match trim_line_end(&line) {
            b"*" => Err(CANCELLED),
            line => BASE64.decode(line).map_err(|_| NO_BASE64),
        })
    }
}

/// Name and password, or the reply.
type Credentials = Result<(String, String), &'static str>;

fn text(bytes: &[u8]) -> Result<String, &'static str> {
    String::from_utf8(bytes.to_vec()).map_err(|_| WRONG)
}
