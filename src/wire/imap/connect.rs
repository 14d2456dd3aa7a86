//! From a server's name to a logged-in session: greeting, TLS, login, abilities.
//! It fails in the phase where it stops: name, connection, TLS, certificate, login; nothing secret is said before TLS.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_imap::error::Error;
use async_imap::imap_proto::{Capability, Response, ResponseCode, Status};
use async_imap::{Authenticator, Client};
use tokio::io::{AsyncWriteExt, BufWriter};
use tokio::time::timeout;

use super::guard::{self, Guard};
use super::{Abilities, Pipe, Session};
use crate::wire::error::{WireError, clean, clean_login_text};
use crate::wire::transport::{Lines, Transport};
use crate::wire::{Bearer, Login, Security, Server, dial, tls};

/// A busy server greets late; RFC 5321's five minutes are for queues, here nobody is served by more than one.
const GREETING: Duration = Duration::from_secs(60);
/// Servers slow down logins on purpose after failures (Dovecot: 15 s), and ask other servers about them.
const LOGIN: Duration = Duration::from_secs(90);
/// Untagged lines before the answer to STARTTLS: a capability list or an alert, not a book.
const LINES_BEFORE_TLS_MAX: usize = 20;

pub(super) async fn connect(server: &Server) -> Result<Session, WireError> {
    let (stream, _) = dial::dial(server).await?;
    over(Box::new(stream), server).await
}

pub(super) async fn over(
    stream: Box<dyn Transport>,
    server: &Server,
) -> Result<Session, WireError> {
    let login = server
        .login
        .as_ref()
        .ok_or_else(|| WireError::LoginMissing { at: server.at() })?;
    let (stream, greeted) = match server.security {
        Security::Tls => (tls::protect(stream, server).await?, false),
        Security::StartTls => (start_tls(stream, server).await?, true),
        Security::None => (stream, false),
    };
    let guard = Guard::new(stream);
    let received = guard.received();
    let mut client = Client::new(BufWriter::new(guard));
    let mut offers = if greeted {
        Offers::default()
    } else {
        greeting(&mut client, server).await?
    };
    if matches!(login, Login::OAuth2 { .. }) && !offers.told {
        offers = ask_offers(&mut client, server).await?;
    }
    let inner = log_in(client, server, login, &offers).await?;
    let mut session = Session::new(inner, server.at(), received);
    session.learn_abilities().await?;
    Ok(session)
}

/// RFC 3501 section 6.2.1, with the rule that nothing may stand behind the answer.
async fn start_tls(
    stream: Box<dyn Transport>,
    server: &Server,
) -> Result<Box<dyn Transport>, WireError> {
    let mut lines = Lines::new(stream, server.at());
    let greeting = lines.line(GREETING, "the greeting").await?;
    let (kind, text) = greeting
        .strip_prefix("* ")
        .and_then(|g| g.split_once(' '))
        .unwrap_or((&greeting, ""));
    if kind.eq_ignore_ascii_case("BYE") {
        return Err(WireError::Closed {
            at: server.at(),
            during: "the greeting",
            bye: Some(clean(text)),
        });
    }
    // PREAUTH leaves no place for STARTTLS: a man in the middle could use it to keep the session plain.
    if !kind.eq_ignore_ascii_case("OK") {
        return Err(WireError::StartTlsMissing { at: server.at() });
    }
    lines.say("T1 STARTTLS", GREETING, "STARTTLS").await?;
    for _ in 0..LINES_BEFORE_TLS_MAX {
        let line = lines.line(GREETING, "STARTTLS").await?;
        if let Some(answer) = line.strip_prefix("T1 ") {
            if !answer
                .get(..2)
                .is_some_and(|status| status.eq_ignore_ascii_case("OK"))
            {
                return Err(WireError::StartTlsMissing { at: server.at() });
            }
            let stream = lines
                .into_stream()
                .ok_or_else(|| WireError::InjectedBeforeTls { at: server.at() })?;
            return tls::protect(stream, server).await;
        }
    }
    Err(WireError::protocol(
        &server.at(),
        "STARTTLS",
        "no answer to the command among many lines",
    ))
}

/// What the greeting says about logging in.
#[derive(Debug, Default)]
struct Offers {
    plain: bool,
    login_disabled: bool,
    x_oauth2: bool,
    oauth_bearer: bool,
    /// The server has listed its abilities, so that what is not among them is not there.
    told: bool,
}

async fn greeting(client: &mut Client<Pipe>, server: &Server) -> Result<Offers, WireError> {
    const DURING: &str = "the greeting";
    let closed = |bye| WireError::Closed {
        at: server.at(),
        during: DURING,
        bye,
    };
    let answer = match timeout(GREETING, client.read_response()).await {
        Ok(Ok(Some(answer))) => answer,
        Ok(Ok(None)) => return Err(closed(None)),
        Ok(Err(error)) if guard::is_nonsense(&error) => {
            let why = "what answers there does not speak IMAP";
            return Err(WireError::protocol(&server.at(), DURING, why));
        }
        Ok(Err(_)) => return Err(closed(None)),
        Err(_) => return Err(WireError::timeout(server, DURING)),
    };
    let Response::Data { status, outcome } = answer.parsed() else {
        return Err(WireError::protocol(
            &server.at(),
            DURING,
            "what answers there does not greet as IMAP does",
        ));
    };
    match status {
        Status::Ok => {}
        Status::Bye => {
            return Err(closed(Some(clean(
                outcome.information.as_deref().unwrap_or(""),
            ))));
        }
        _ => {
            let why = "the server takes us for logged in already (PREAUTH), which is not supported";
            return Err(WireError::protocol(&server.at(), DURING, why));
        }
    }
    let mut offers = Offers::default();
    if let Some(ResponseCode::Capabilities(capabilities)) = &outcome.code {
        offers.learn(capabilities);
    }
    Ok(offers)
}

impl Offers {
    fn learn(&mut self, capabilities: &[Capability<'_>]) {
        self.told = true;
        for capability in capabilities {
            match capability {
                Capability::Auth(name) => match name.to_ascii_uppercase().as_str() {
                    "PLAIN" => self.plain = true,
                    "XOAUTH2" => self.x_oauth2 = true,
                    "OAUTHBEARER" => self.oauth_bearer = true,
                    _ => {}
                },
                Capability::Atom(name) => {
                    self.login_disabled |= name.eq_ignore_ascii_case("LOGINDISABLED");
                }
                Capability::Imap4rev1 => {}
            }
        }
    }
}

/// Asks a server that did not say so in its greeting, or said so before TLS, how tokens are presented to it.
async fn ask_offers(client: &mut Client<Pipe>, server: &Server) -> Result<Offers, WireError> {
    const DURING: &str = "CAPABILITY";
    let closed = || WireError::Closed {
        at: server.at(),
        during: DURING,
        bye: None,
    };
    let asking = async {
        // async-imap runs no command of others before the login; its own tags begin with A.
        let pipe = client.get_mut();
        pipe.write_all(b"T2 CAPABILITY\r\n")
            .await
            .map_err(|_| closed())?;
        pipe.flush().await.map_err(|_| closed())?;
        let mut offers = Offers::default();
        loop {
            let answer = match client.read_response().await {
                Ok(Some(answer)) => answer,
                Ok(None) => return Err(closed()),
                Err(error) if guard::is_nonsense(&error) => {
                    let why = "the server's answer does not follow the grammar";
                    return Err(WireError::protocol(&server.at(), DURING, why));
                }
                Err(_) => return Err(closed()),
            };
            match answer.parsed() {
                Response::Capabilities(capabilities) => offers.learn(capabilities),
                Response::Done { tag, .. } if tag.0 == "T2" => return Ok(offers),
                _ => {}
            }
        }
    };
    match timeout(GREETING, asking).await {
        Ok(offers) => offers,
        Err(_) => Err(WireError::timeout(server, DURING)),
    }
}

async fn log_in(
    client: Client<Pipe>,
    server: &Server,
    login: &Login,
    offers: &Offers,
) -> Result<async_imap::Session<Pipe>, WireError> {
    let challenge = Arc::new(Mutex::new(String::new()));
    let trying = async {
        match login {
            Login::Password { user, password } => {
                let password = password.expose();
                // A quoted string is ASCII (RFC 3501 section 9); PLAIN carries UTF-8 (RFC 4616).
                let ascii = user.is_ascii() && password.is_ascii();
                if ascii && !(offers.login_disabled && offers.plain) {
                    client.login(user, password).await
                } else {
                    let said = format!("\0{user}\0{password}");
                    client
                        .authenticate("PLAIN", Answers::new(said, &challenge))
                        .await
                }
            }
            Login::OAuth2 { user, token } => {
                let bearer = Bearer::choose(offers.x_oauth2, offers.oauth_bearer);
                let said = bearer.words(user, token, server);
                let answers = Answers {
                    resignation: bearer.resignation(),
                    ..Answers::new(said, &challenge)
                };
                client.authenticate(bearer.name(), answers).await
            }
        }
    };
    let error = match timeout(LOGIN, trying).await {
        Ok(Ok(session)) => return Ok(session),
        Ok(Err((error, _))) => error,
        Err(_) => return Err(WireError::timeout(server, "the login")),
    };
    let hint = challenge
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Err(explain_refusal(server, login, error, &hint))
}

fn explain_refusal(server: &Server, login: &Login, error: Error, hint: &str) -> WireError {
    let at = server.at();
    let text = match error {
        Error::No(text) | Error::Bad(text) => text,
        Error::Validate(_) => {
            let text = "user or password holds a line break".to_owned();
            return WireError::LoginRefused { at, text };
        }
        Error::Io(error) if guard::is_nonsense(&error) => {
            return WireError::protocol(
                &at,
                "the login",
                "the server's answer does not follow the grammar",
            );
        }
        _ => {
            return WireError::Closed {
                at,
                during: "the login",
                bye: None,
            };
        }
    };
    // async-imap prints code and text in Rust's debug form.
    let said = text
        .split_once("info: Some(\"")
        .map_or(text.as_str(), |(_, said)| said);
    let said = said
        .strip_suffix("\")")
        .unwrap_or(said)
        .replace("\\\"", "\"");
    // RFC 5530: these say that the same login may work later.
    let later = ["[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]"];
    let is_later = later
        .iter()
        .any(|code| said.to_ascii_uppercase().contains(code));
    let text = clean_login_text(format!("{said} {hint}").trim(), login);
    match is_later {
        true => WireError::LoginUnavailable { at, text },
        false => WireError::LoginRefused { at, text },
    }
}

/// Says its piece to the first challenge and resigns at any other: XOAUTH2 and OAUTHBEARER explain a refusal in a
/// second challenge and want an answer before they say NO.
struct Answers {
    said: Option<String>,
    resignation: &'static str,
    challenge: Arc<Mutex<String>>,
}

impl Answers {
    fn new(said: String, challenge: &Arc<Mutex<String>>) -> Answers {
        Answers {
            said: Some(said),
            resignation: "",
            challenge: challenge.clone(),
        }
    }
}

impl Authenticator for Answers {
    type Response = String;

    fn process(&mut self, challenge: &[u8]) -> String {
        let words = String::from_utf8_lossy(challenge).into_owned();
        *self
            .challenge
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = words;
        self.said
            .take()
            .unwrap_or_else(|| self.resignation.to_owned())
    }
}

impl Session {
    async fn learn_abilities(&mut self) -> Result<(), WireError> {
        let mut abilities = Abilities::default();
        self.exec("CAPABILITY", "CAPABILITY", |response| {
            if let Response::Capabilities(capabilities) = response {
                for capability in capabilities {
                    if let Capability::Atom(name) = capability {
                        abilities.learn(name);
                    }
                }
            }
        })
        .await?;
        if abilities.id {
            abilities.server = self.introduce_ourselves().await?;
        }
        self.abilities = abilities;
        Ok(())
    }

    /// RFC 2971. Some providers (163.com) let nobody select a mailbox before.
    async fn introduce_ourselves(&mut self) -> Result<Option<String>, WireError> {
        let command = concat!(
            "ID (\"name\" \"askfirst\" \"version\" \"",
            env!("CARGO_PKG_VERSION"),
            "\")"
        );
        let mut server = None;
        let told = self.exec(command, "ID", |response| {
            if let Response::Id(Some(fields)) = response {
                let field = |name: &str| fields.get(name).map(|value| value.to_string());
                let words: Vec<String> = [field("name"), field("version")]
                    .into_iter()
                    .flatten()
                    .collect();
                server = Some(clean(&words.join(" "))).filter(|words| !words.is_empty());
            }
        });
        match told.await {
            Err(error) if error.ends_session() => Err(error),
            // A courtesy: a server that refuses it loses nothing.
            _ => Ok(server),
        }
    }
}

impl Abilities {
    fn learn(&mut self, name: &str) {
        match name.to_ascii_uppercase().as_str() {
            "IDLE" => self.idle = true,
            "MOVE" => self.move_ = true,
            "UIDPLUS" => self.uidplus = true,
            "SPECIAL-USE" => self.special_use = true,
            "CONDSTORE" | "QRESYNC" => self.condstore = true,
            "LIST-EXTENDED" => self.list_extended = true,
            "ID" => self.id = true,
            _ => {}
        }
    }
}
