//! AUTH PLAIN and LOGIN (RFC 4954, RFC 4616): a wrong name or password is 535 and says nothing of which.

use data_encoding::BASE64;
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::peer::{Broken, trim_line_end};
use super::super::sasl::plain_response;
use super::{MAX_COMMAND, Session, WAIT};

const NO_BASE64: &str = "501 5.5.2 this is no base64";
const CANCELLED: &str = "501 5.7.0 cancelled";
const WRONG: &str = "535 5.7.8 wrong name or password";

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
        let (mechanism, initial) = argument.split_once(' ').unwrap_or((argument, ""));
        let outcome = match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => self.plain(initial.trim()).await?,
            "LOGIN" => self.login(initial.trim()).await?,
            _ => Err("504 5.5.4 only PLAIN and LOGIN are offered"),
        };
        match outcome {
            Ok((user, password)) if self.mailboxes.admits(&user, &password) => {
                self.user = Some(user);
                self.reply("235 2.7.0 logged in").await
            }
            Ok(_) => self.mistake(WRONG).await,
            Err(reply) => self.mistake(reply).await,
        }
    }

    async fn plain(&mut self, initial: &str) -> Result<Credentials, Broken> {
        let response = match initial {
            "" => self.challenge("334 ").await?,
            "=" => Ok(Vec::new()),
            text => BASE64.decode(text.as_bytes()).map_err(|_| NO_BASE64),
        };
        Ok(response.and_then(|response| {
            let (user, password) =
                plain_response(&response).ok_or("501 5.5.2 this is no PLAIN response")?;
            Ok((text(user)?, text(password)?))
        }))
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
