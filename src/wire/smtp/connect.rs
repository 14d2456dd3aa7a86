//! From a server's name to a connection that is logged in: greeting, TLS, EHLO, AUTH.
//! It fails in the phase where it stops; no secret is said before TLS, and nothing said before TLS is believed after it.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::str::FromStr;
use tokio::time::timeout;

use super::step::say;
use super::tap::{Said, Tap, lock, parts};
use super::{Abilities, Attempt, Connection, Phase, Reply, Timeouts, clean};
use crate::wire::error::{WireError, clean_login_text};
use crate::wire::transport::{Lines, Transport};
use crate::wire::{Bearer, Login, Secret, Security, Server, dial, tls};

/// LOGIN asks twice; a server that goes on asking is not going to let us in.
const CHALLENGES_MAX: usize = 3;
/// A greeting or EHLO answer of more lines than this is no answer.
const LINES_MAX: usize = 100;

type Failed = (Attempt, WireError);

pub(super) async fn connect(
    server: &Server,
    ehlo_name: &str,
    timeouts: &Timeouts,
) -> Result<Connection, Failed> {
    match dial::dial(server).await {
        Ok((stream, _)) => over(Box::new(stream), server, ehlo_name, timeouts).await,
        Err(error) => Err(failed(Phase::Connect, error)),
    }
}

pub(super) async fn over(
    stream: Box<dyn Transport>,
    server: &Server,
    ehlo_name: &str,
    timeouts: &Timeouts,
) -> Result<Connection, Failed> {
    let hello = client_id(ehlo_name);
    let stream = match server.security {
        Security::Tls => {
            let stream = tls::protect(stream, server)
                .await
                .map_err(|error| failed(Phase::Tls, error))?;
            greet(stream, server, timeouts).await?
        }
        Security::StartTls => start_tls(stream, server, &hello, timeouts).await?,
        Security::None => greet(stream, server, timeouts).await?,
    };
    let mut connection = say_hello(stream, server, &hello, timeouts).await?;
    if let Some(login) = &server.login {
        connection.log_in(server, login).await?;
    }
    Ok(connection)
}

/// The name after EHLO; what is no host name gives way to an address literal (RFC 5321 section 4.1.4).
fn client_id(name: &str) -> ClientId {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    match !name.is_empty() && name.len() <= 255 && name.chars().all(is_name) {
        true => ClientId::Domain(name.to_owned()),
        false => ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST),
    }
}

async fn greet(
    stream: Box<dyn Transport>,
    server: &Server,
    timeouts: &Timeouts,
) -> Result<Box<dyn Transport>, Failed> {
    let mut lines = Lines::new(stream, server.at());
    expect(&mut lines, Phase::Greeting, server, timeouts.greeting).await?;
    lines
        .into_stream()
        .ok_or_else(|| out_of_turn(server, Phase::Greeting))
}

/// RFC 3207, with the rule that nothing may stand behind the 220.
async fn start_tls(
    stream: Box<dyn Transport>,
    server: &Server,
    hello: &ClientId,
    timeouts: &Timeouts,
) -> Result<Box<dyn Transport>, Failed> {
    let mut lines = Lines::new(stream, server.at());
    expect(&mut lines, Phase::Greeting, server, timeouts.greeting).await?;
    let say = lines
        .say(&format!("EHLO {hello}"), timeouts.hello, "EHLO")
        .await;
    say.map_err(|error| failed(Phase::Hello, error))?;
    let said = expect(&mut lines, Phase::Hello, server, timeouts.hello).await?;
    let missing = || WireError::StartTlsMissing { at: server.at() };
    if !Abilities::from_lines(said.lines.iter().map(String::as_str)).start_tls {
        return Err(failed(Phase::Tls, missing()));
    }
    let say = lines.say("STARTTLS", timeouts.hello, "STARTTLS").await;
    say.map_err(|error| failed(Phase::Tls, error))?;
    expect(&mut lines, Phase::Tls, server, timeouts.hello).await?;
    let stream = lines
        .into_stream()
        .ok_or_else(|| failed(Phase::Tls, WireError::InjectedBeforeTls { at: server.at() }))?;
    tls::protect(stream, server)
        .await
        .map_err(|error| failed(Phase::Tls, error))
}

/// Reads one reply in the plain phase; anything but 2xx ends the attempt.
async fn expect(
    lines: &mut Lines,
    phase: Phase,
    server: &Server,
    limit: std::time::Duration,
) -> Result<Said, Failed> {
    let during = during(phase);
    let reading = async {
        let mut said = Said {
            code: 0,
            lines: Vec::new(),
        };
        while said.lines.len() < LINES_MAX {
            let line = lines.line(limit, during).await?;
            let Some((code, more, text)) = parts(&line) else {
                break;
            };
            if !said.lines.is_empty() && code != said.code {
                break;
            }
            said.code = code;
            said.lines.push(text.to_owned());
            if !more {
                return Ok(said);
            }
        }
        Err(WireError::protocol(
            &server.at(),
            during,
            "what answers there does not speak SMTP",
        ))
    };
    // One deadline for the whole reply, not one a line.
    let said = match timeout(limit, reading).await {
        Ok(said) => said.map_err(|error| failed(phase, error))?,
        Err(_) => return Err(failed(phase, WireError::timeout(server, during))),
    };
    match said.code {
        200..300 => Ok(said),
        400..600 => Err(refusal(phase, server, said.reply())),
        _ => {
            let why = "a reply that does not belong there";
            Err(failed(
                phase,
                WireError::protocol(&server.at(), during, why),
            ))
        }
    }
}

async fn say_hello(
    stream: Box<dyn Transport>,
    server: &Server,
    hello: &ClientId,
    timeouts: &Timeouts,
) -> Result<Connection, Failed> {
    let (tap, heard) = Tap::new(stream);
    let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(tap), hello);
    let result = timeout(timeouts.hello, connecting).await;
    // After a refusal lettre says QUIT by itself, so a second reply may have been heard: the first one counts. After
    // a welcome a second one is out of turn, and found at the next command.
    let said = lock(&heard).next(usize::MAX).ok().flatten();
    lock(&heard).hello_ends();
    match (result, said) {
        (Ok(Ok(inner)), Some(said)) if (200..300).contains(&said.code) => {
            let abilities = Abilities::from_lines(said.lines.iter().map(String::as_str));
            Ok(Connection {
                inner,
                tap: heard,
                abilities,
                timeouts: timeouts.clone(),
                usable: true,
            })
        }
        (_, Some(said)) if said.code >= 400 => Err(refusal(Phase::Hello, server, said.reply())),
        (Err(_), _) => Err(failed(Phase::Hello, WireError::timeout(server, "EHLO"))),
        (_, Some(_)) => {
            let why = "a reply to EHLO that is none";
            Err(failed(
                Phase::Hello,
                WireError::protocol(&server.at(), "EHLO", why),
            ))
        }
        (_, None) => {
            let closed = WireError::Closed {
                at: server.at(),
                during: "EHLO",
                bye: None,
            };
            Err(failed(Phase::Hello, closed))
        }
    }
}

impl Connection {
    async fn log_in(&mut self, server: &Server, login: &Login) -> Result<(), Failed> {
        let (said, hint) = match login {
            Login::Password { user, password } => self.say_password(server, user, password).await?,
            Login::OAuth2 { user, token } => self.present_token(server, user, token).await?,
        };
        let text = clean_login_text(
            &format!("{} {} {hint}", said.code, said.lines.join(" ")),
            login,
        );
        let reply = Reply {
            code: said.code,
            text: clean_login_text(&said.lines.join(" "), login),
        };
        let at = server.at();
        let error = match said.code {
            200..300 => return Ok(()),
            400..500 => WireError::LoginUnavailable { at, text },
            500..600 => WireError::LoginRefused { at, text },
            _ => return Err(garbled(server)),
        };
        Err((Attempt::said(Phase::Auth, reply), error))
    }

    async fn say_password(
        &mut self,
        server: &Server,
        user: &str,
        password: &Secret,
    ) -> Result<(Said, String), Failed> {
        // PLAIN first: LOGIN was never standardised. Where none is offered, PLAIN is tried and refused.
        let only_login = self.abilities.has_auth("LOGIN") && !self.abilities.has_auth("PLAIN");
        let mechanism = if only_login {
            Mechanism::Login
        } else {
            Mechanism::Plain
        };
        let credentials = Credentials::new(user.to_owned(), password.expose().to_owned());
        let command = Auth::new(mechanism, credentials.clone(), None);
        let command = command.map_err(|_| garbled(server))?;
        let mut said = self.auth_step(server, command).await?;
        for _ in 0..CHALLENGES_MAX {
            if said.code != 334 || !only_login {
                break;
            }
            let challenge = Response::from_str(&format!("334 {}\r\n", said.lines.join(" ")))
                .map_err(|_| garbled(server))?;
            let answer = Auth::new_from_response(mechanism, credentials.clone(), &challenge);
            let answer = answer.map_err(|_| garbled(server))?;
            said = self.auth_step(server, answer).await?;
        }
        Ok((said, String::new()))
    }

    /// With the reply goes the explanation that stood in a challenge before it.
    async fn present_token(
        &mut self,
        server: &Server,
        user: &str,
        token: &Secret,
    ) -> Result<(Said, String), Failed> {
        let bearer = Bearer::choose(
            self.abilities.has_auth("XOAUTH2"),
            self.abilities.has_auth("OAUTHBEARER"),
        );
        let base64 = |words: &str| data_encoding::BASE64.encode(words.as_bytes());
        let words = base64(&bearer.words(user, token, server));
        let command = format!("AUTH {} {words}\r\n", bearer.name());
        let mut said = self.auth_step(server, command).await?;
        let mut hint = String::new();
        if said.code == 334 {
            let bytes = data_encoding::BASE64
                .decode(said.lines.concat().trim().as_bytes())
                .unwrap_or_default();
            hint = String::from_utf8_lossy(&bytes).into_owned();
            let resignation = format!("{}\r\n", base64(bearer.resignation()));
            said = self.auth_step(server, resignation).await?;
        }
        Ok((said, hint))
    }

    async fn auth_step<C: std::fmt::Display>(
        &mut self,
        server: &Server,
        command: C,
    ) -> Result<Said, Failed> {
        let limit = self.timeouts.auth;
        say(&mut self.inner, &self.tap, command, limit)
            .await
            .map_err(|trouble| {
                failed(
                    Phase::Auth,
                    WireError::protocol(&server.at(), "the login", trouble),
                )
            })
    }
}

fn garbled(server: &Server) -> Failed {
    let why = "a challenge that the mechanism does not know";
    failed(
        Phase::Auth,
        WireError::protocol(&server.at(), "the login", why),
    )
}

fn during(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting => "the greeting",
        Phase::Hello => "EHLO",
        _ => "STARTTLS",
    }
}

fn failed(phase: Phase, error: WireError) -> Failed {
    (Attempt::broke(phase, error.to_string()), error)
}

fn out_of_turn(server: &Server, phase: Phase) -> Failed {
    failed(
        phase,
        WireError::protocol(&server.at(), during(phase), "the server spoke out of turn"),
    )
}

fn refusal(phase: Phase, server: &Server, reply: Reply) -> Failed {
    let text = clean(&format!("{} {}", reply.code, reply.text));
    let error = WireError::ServerSaidNo {
        at: server.at(),
        command: during(phase),
        text,
    };
    (Attempt::said(phase, reply), error)
}
