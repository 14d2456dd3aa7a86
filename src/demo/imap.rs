//! The IMAP server (RFC 3501 with IDLE, UIDPLUS, MOVE and a few more): sessions and their states. Every command gets a tagged answer; a broken peer ends its own session only.

mod change;
mod fetch;
mod folders;
mod frame;
mod idle;
mod login;
mod mime;
mod search;
mod structure;
mod view;

use std::time::Duration;

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::{Command, CommandBody};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::frame::Frame;
use self::view::View;
use super::faults::{Act, Faults};
use super::listen::{run_sessions, stopped};
use super::mailboxes::Mailboxes;
use super::peer::{Broken, Peer};

/// What the server can do; LITERAL+ is RFC 7888, the others are named as their RFCs name them.
const CAPABILITIES: &str = "IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN ID ENABLE IDLE NAMESPACE UIDPLUS MOVE UNSELECT SPECIAL-USE";
/// Refused logins and lines without sense before the server hangs up: a peer that speaks another protocol never stops by itself.
const MAX_MISTAKES: usize = 20;
/// Answers are collected up to here before they leave; one more item may be added, which is at most one mail.
const FLUSH_AT: usize = 64 * 1024;
/// How long a stalled session is held if nothing else ends it.
const STALL: Duration = Duration::from_secs(24 * 3600);

/// Serves IMAP on this listener until `shutdown` becomes true.
pub async fn serve_imap(
    listener: TcpListener,
    mailboxes: Mailboxes,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) {
    let stop = shutdown.clone();
    run_sessions(listener, shutdown, move |stream| {
        imap_session(stream, mailboxes.clone(), faults.clone(), stop.clone())
    })
    .await;
}

/// One IMAP session over any stream, from the greeting to the end of the connection.
pub async fn imap_session<S>(
    stream: S,
    mailboxes: Mailboxes,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut session = Session {
        peer: Peer::new(stream),
        out: Vec::new(),
        mailboxes,
        faults,
        shutdown,
        user: None,
        view: None,
        mistakes: 0,
    };
    match session.run().await {
        Ok(()) | Err(Broken::Closed) => {}
        Err(Broken::Late) => {
            session
                .farewell("* BYE autologout, idle for too long\r\n")
                .await
        }
        Err(Broken::TooLong) => {
            session
                .farewell("* BYE [TOOBIG] command line too long\r\n")
                .await
        }
    }
    session.peer.close().await;
}

/// The last line of an answer.
enum Tagged {
    Ok(String),
    No(String),
    Bad(String),
    /// `BYE` is said; the session ends after OK.
    Goodbye,
}

fn ok(text: impl Into<String>) -> Tagged {
    Tagged::Ok(text.into())
}

fn no(text: impl Into<String>) -> Tagged {
    Tagged::No(text.into())
}

fn bad(text: impl Into<String>) -> Tagged {
    Tagged::Bad(text.into())
}

struct Session<S> {
    peer: Peer<S>,
    out: Vec<u8>,
    mailboxes: Mailboxes,
    faults: Faults,
    shutdown: watch::Receiver<bool>,
    user: Option<String>,
    view: Option<View>,
    mistakes: usize,
}

/// Whether the session goes on.
#[derive(PartialEq, Eq)]
enum Next {
    Command,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    async fn run(&mut self) -> Result<(), Broken> {
        match self.faults.strike("GREETING", "") {
            Some(act) => {
                if self.misbehave(act, "*").await? == Some(Next::End) {
                    return Ok(());
                }
            }
            None => self.say(&format!(
                "* OK [CAPABILITY {CAPABILITIES}] askfirst demo server ready\r\n"
            )),
        }
        self.flush().await?;
        loop {
            let mut shutdown = self.shutdown.clone();
            let line = tokio::select! {
                line = frame::read_line(&mut self.peer) => line?,
                () = stopped(&mut shutdown) => {
                    self.farewell("* BYE the server stops\r\n").await;
                    return Ok(());
                }
            };
            let frame =
                frame::read_rest(&mut self.peer, line, self.user.is_some(), &self.faults).await?;
            if self.handle(frame).await? == Next::End {
                return Ok(());
            }
        }
    }

    async fn handle(&mut self, frame: Frame) -> Result<Next, Broken> {
        let bytes = match frame {
            Frame::Command(bytes) | Frame::Unknown(bytes) => bytes,
            Frame::Refused(answer) => {
                self.say(&format!("{answer}\r\n"));
                self.flush().await?;
                return Ok(Next::Command);
            }
            Frame::Hopeless(why) => {
                self.farewell(&format!("* BYE {why}\r\n")).await;
                return Ok(Next::End);
            }
            Frame::Fault(bytes, act) => {
                let tag = frame::tag_of(&bytes).unwrap_or_default();
                return Ok(self.misbehave(act, &tag).await?.unwrap_or(Next::Command));
            }
        };
        let tag = frame::tag_of(&bytes);
        let name = frame::name_of(&bytes);
        if let Some(act) = self.faults.strike(&name, &String::from_utf8_lossy(&bytes)) {
            let stalls = act == Act::DoThenStall;
            let ends = stalls || act == Act::DoThenClose;
            let answered = tag.as_deref().unwrap_or("*");
            if let Some(next) = self.misbehave(act, answered).await? {
                return Ok(next);
            }
            if ends {
                self.execute(tag, &name, &bytes).await?;
                if stalls {
                    self.stall().await;
                }
                return Ok(Next::End);
            }
        }
        self.execute(tag, &name, &bytes).await
    }

    /// Acts out a fault; `None`: the command is to be executed after all.
    async fn misbehave(&mut self, act: Act, tag: &str) -> Result<Option<Next>, Broken> {
        match act {
            Act::Reply(text) => {
                self.peer.send(&scripted(&text, tag)).await?;
                Ok(Some(Next::Command))
            }
            Act::ReplyThenClose(text) => {
                self.peer.send(&scripted(&text, tag)).await?;
                Ok(Some(Next::End))
            }
            Act::SayFirst(text) => {
                self.peer.send(&scripted(&text, tag)).await?;
                Ok(None)
            }
            Act::Close => Ok(Some(Next::End)),
            Act::Stall => {
                self.stall().await;
                Ok(Some(Next::End))
            }
            Act::DoThenClose | Act::DoThenStall => {
                self.peer.mute();
                Ok(None)
            }
            Act::CutAfter(bytes) => {
                self.peer.cut_after(bytes);
                Ok(None)
            }
            Act::Delay(time) => {
                tokio::time::sleep(time).await;
                Ok(None)
            }
        }
    }

    async fn stall(&mut self) {
        let mut shutdown = self.shutdown.clone();
        tokio::select! {
            () = stopped(&mut shutdown) => {}
            () = tokio::time::sleep(STALL) => {}
        }
    }

    async fn execute(
        &mut self,
        tag: Option<String>,
        name: &str,
        bytes: &[u8],
    ) -> Result<Next, Broken> {
        let Some(tag) = tag else {
            return self.mistake("* BAD a command begins with a tag\r\n").await;
        };
        let answer = match CommandCodec::default().decode(bytes) {
            Ok((_, Command { body, .. })) => self.dispatch(body).await?,
            Err(_) => self.undecoded(name),
        };
        // RFC 3501 section 7.4.1: the client of these counts mails by sequence number.
        let expunges = !matches!(name, "FETCH" | "STORE" | "SEARCH");
        if !matches!(answer, Tagged::Goodbye) && !self.tell_news(expunges).await? {
            return Ok(Next::End);
        }
        let line = match &answer {
            Tagged::Ok(text) => format!("{tag} OK {text}\r\n"),
            Tagged::No(text) => format!("{tag} NO {text}\r\n"),
            Tagged::Bad(text) => return self.mistake(&format!("{tag} BAD {text}\r\n")).await,
            Tagged::Goodbye => format!("{tag} OK logged out\r\n"),
        };
        self.say(&line);
        self.flush().await?;
        Ok(if matches!(answer, Tagged::Goodbye) {
            Next::End
        } else {
            Next::Command
        })
    }

    /// Commands that the grammar in use does not have, or does not have switched on.
    fn undecoded(&mut self, name: &str) -> Tagged {
        match name {
            "NAMESPACE" if self.user.is_some() => {
                self.say("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
                ok("NAMESPACE completed")
            }
            "STARTTLS" => bad("STARTTLS is not offered here"),
            "" => bad("a command follows the tag"),
            _ => bad("unknown command or wrong arguments"),
        }
    }

    async fn mistake(&mut self, answer: &str) -> Result<Next, Broken> {
        self.mistakes += 1;
        self.say(answer);
        self.flush().await?;
        if self.mistakes < MAX_MISTAKES {
            return Ok(Next::Command);
        }
        self.farewell("* BYE too many mistakes\r\n").await;
        Ok(Next::End)
    }

    async fn dispatch(&mut self, body: CommandBody<'_>) -> Result<Tagged, Broken> {
        match body {
            CommandBody::Capability => {
                self.say(&format!("* CAPABILITY {CAPABILITIES}\r\n"));
                Ok(ok("CAPABILITY completed"))
            }
            CommandBody::Noop => Ok(ok("NOOP completed")),
            CommandBody::Logout => {
                self.say("* BYE goodbye\r\n");
                Ok(Tagged::Goodbye)
            }
            CommandBody::Id { .. } => {
                self.say("* ID (\"name\" \"askfirst demo server\")\r\n");
                Ok(ok("ID completed"))
            }
            CommandBody::Login { username, password } if self.user.is_none() => {
                Ok(self.log_in(username.as_ref(), password.declassify().as_ref()))
            }
            CommandBody::Authenticate {
                mechanism,
                initial_response,
            } if self.user.is_none() => self.authenticate(&mechanism, initial_response).await,
            CommandBody::Login { .. } | CommandBody::Authenticate { .. } => {
                Ok(bad("already logged in"))
            }
            other => match self.user.clone() {
                Some(user) => self.dispatch_for(&user, other).await,
                None => Ok(bad("log in first")),
            },
        }
    }

    async fn dispatch_for(&mut self, user: &str, body: CommandBody<'_>) -> Result<Tagged, Broken> {
        let answer = match body {
            CommandBody::Select { mailbox } => self.select(user, &mailbox, false),
            CommandBody::Examine { mailbox } => self.select(user, &mailbox, true),
            CommandBody::Create { mailbox } => self.create(user, &mailbox),
            CommandBody::Delete { mailbox } => self.delete(user, &mailbox),
            CommandBody::Rename { .. } => no("[CANNOT] folders keep their names here"),
            CommandBody::Subscribe { .. } => ok("every folder is subscribed to"),
            CommandBody::Unsubscribe { .. } => no("[CANNOT] every folder is subscribed to"),
            CommandBody::List {
                reference,
                mailbox_wildcard,
            } => self.list(user, "LIST", &reference, &mailbox_wildcard),
            CommandBody::Lsub {
                reference,
                mailbox_wildcard,
            } => self.list(user, "LSUB", &reference, &mailbox_wildcard),
            CommandBody::Status {
                mailbox,
                item_names,
            } => self.status(user, &mailbox, &item_names),
            CommandBody::Append {
                mailbox,
                flags,
                date,
                message,
            } => self.append(user, &mailbox, &flags, date, &message),
            CommandBody::Enable { .. } => {
                self.say("* ENABLED\r\n");
                ok("nothing to enable")
            }
            CommandBody::Idle => return self.idle().await,
            other => match self.view.take() {
                Some(mut view) => {
                    let answer = self.dispatch_selected(user, &mut view, other).await?;
                    if let Some(answer) = answer {
                        self.view = Some(view);
                        answer
                    } else {
                        ok("the folder is closed")
                    }
                }
                None if is_for_selected(&other) => bad("select a folder first"),
                None => bad("this command is not supported"),
            },
        };
        Ok(answer)
    }

    /// `None`: the folder is no longer selected.
    async fn dispatch_selected(
        &mut self,
        user: &str,
        view: &mut View,
        body: CommandBody<'_>,
    ) -> Result<Option<Tagged>, Broken> {
        let answer = match body {
            CommandBody::Check => ok("CHECK completed"),
            CommandBody::Unselect => return Ok(None),
            CommandBody::Close => {
                if !view.read_only {
                    self.expunge(user, view, None);
                }
                return Ok(None);
            }
            CommandBody::Expunge => self.expunge(user, view, None),
            CommandBody::ExpungeUid { sequence_set } => {
                self.expunge(user, view, Some(&sequence_set))
            }
            CommandBody::Search {
                charset,
                criteria,
                uid,
            } => self.search(user, view, charset.as_ref(), criteria.as_ref(), uid),
            CommandBody::Fetch {
                sequence_set,
                macro_or_item_names,
                uid,
            } => {
                self.fetch(user, view, &sequence_set, macro_or_item_names, uid)
                    .await?
            }
            CommandBody::Store {
                sequence_set,
                kind,
                response,
                flags,
                uid,
            } => {
                let store = change::Store {
                    kind,
                    response,
                    flags: &flags,
                    uid,
                };
                self.store(user, view, &sequence_set, &store)
            }
            CommandBody::Copy {
                sequence_set,
                mailbox,
                uid,
            } => self.transfer(user, view, &sequence_set, &mailbox, uid, false),
            CommandBody::Move {
                sequence_set,
                mailbox,
                uid,
            } => self.transfer(user, view, &sequence_set, &mailbox, uid, true),
            _ => bad("this command is not supported"),
        };
        Ok(Some(answer))
    }

    /// Sends what has happened to the selected folder; false: the folder is lost and so is the session.
    async fn tell_news(&mut self, expunges: bool) -> Result<bool, Broken> {
        let (Some(user), Some(view)) = (&self.user, &mut self.view) else {
            return Ok(true);
        };
        match view.catch_up(&self.mailboxes, user, expunges) {
            Ok(news) => {
                self.out.extend_from_slice(news.as_bytes());
                Ok(true)
            }
            Err(view::Lost) => {
                self.out.clear();
                self.farewell("* BYE the selected folder is gone or has another UIDVALIDITY\r\n")
                    .await;
                Ok(false)
            }
        }
    }

    fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        let out = std::mem::take(&mut self.out);
        self.peer.send(&out).await
    }

    async fn farewell(&mut self, text: &str) {
        self.say(text);
        // Who is gone does not hear it.
        let _ = self.flush().await;
    }
}

fn is_for_selected(body: &CommandBody<'_>) -> bool {
    matches!(
        body,
        CommandBody::Check
            | CommandBody::Unselect
            | CommandBody::Close
            | CommandBody::Expunge
            | CommandBody::ExpungeUid { .. }
            | CommandBody::Search { .. }
            | CommandBody::Fetch { .. }
            | CommandBody::Store { .. }
            | CommandBody::Copy { .. }
            | CommandBody::Move { .. }
    )
}

/// A scripted answer as bytes.
fn scripted(text: &str, tag: &str) -> Vec<u8> {
    let mut bytes = text.replace("{tag}", tag).into_bytes();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}
