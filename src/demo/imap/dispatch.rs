//! From a command to its tagged answer: which state allows it, and who carries it out. What is not offered is a clean BAD or NO.

use imap_codec::CommandCodec;
use imap_codec::decode::Decoder;
use imap_codec::imap_types::command::{Command, CommandBody};
use tokio::io::{AsyncRead, AsyncWrite};

use super::super::link::Security;
use super::super::peer::Broken;
use super::view::View;
use super::{MAX_MISTAKES, Next, Session, change};

/// The last line of an answer.
pub(super) enum Tagged {
    Ok(String),
    No(String),
    Bad(String),
    /// `BYE` is said; the session ends after OK.
    Goodbye,
    /// The answer has been given already.
    Given,
}

pub(super) fn ok(text: impl Into<String>) -> Tagged {
    Tagged::Ok(text.into())
}

pub(super) fn no(text: impl Into<String>) -> Tagged {
    Tagged::No(text.into())
}

pub(super) fn bad(text: impl Into<String>) -> Tagged {
    Tagged::Bad(text.into())
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) async fn execute(
        &mut self,
        tag: Option<String>,
        name: &str,
        bytes: &[u8],
    ) -> Result<Next, Broken> {
        let Some(tag) = tag else {
            return self.mistake("* BAD a command begins with a tag\r\n").await;
        };
        let answer = match CommandCodec::default().decode(bytes) {
            _ if ability_of(name).is_some_and(|ability| self.faults.withholds(ability)) => {
                bad("unknown command")
            }
            Ok((_, Command { body, .. })) => self.dispatch(body).await?,
            Err(_) => self.undecoded(&tag, name).await?,
        };
        // RFC 3501 section 7.4.1: the client of these counts mails by sequence number.
        let expunges = !matches!(name, "FETCH" | "STORE" | "SEARCH");
        if !matches!(answer, Tagged::Goodbye) && !self.tell_news(expunges).await? {
            return Ok(Next::End);
        }
        let line = match &answer {
            Tagged::Ok(text) => {
                self.mistakes = 0;
                format!("{tag} OK {text}\r\n")
            }
            Tagged::No(text) => format!("{tag} NO {text}\r\n"),
            Tagged::Bad(text) => return self.mistake(&format!("{tag} BAD {text}\r\n")).await,
            Tagged::Goodbye => format!("{tag} OK logged out\r\n"),
            Tagged::Given => return Ok(Next::Command),
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
    async fn undecoded(&mut self, tag: &str, name: &str) -> Result<Tagged, Broken> {
        Ok(match name {
            "NAMESPACE" if self.user.is_some() => {
                self.say("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
                ok("NAMESPACE completed")
            }
            "STARTTLS" => match self.security.clone() {
                Security::StartTls(acceptor) if !self.peer.is_secure() => {
                    self.say(&format!("{tag} OK begin TLS\r\n"));
                    self.flush().await?;
                    self.peer.start_tls(&acceptor).await?;
                    Tagged::Given
                }
                _ => bad("STARTTLS is not offered here"),
            },
            "" => bad("a command follows the tag"),
            _ => bad("unknown command or wrong arguments"),
        })
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
                let list = self.capabilities();
                self.say(&format!("* CAPABILITY {list}\r\n"));
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

/// The capability without which this command does not exist.
fn ability_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "IDLE" => "IDLE",
        "MOVE" | "UID MOVE" => "MOVE",
        "UID EXPUNGE" => "UIDPLUS",
        "UNSELECT" => "UNSELECT",
        "NAMESPACE" => "NAMESPACE",
        "ID" => "ID",
        "ENABLE" => "ENABLE",
        _ => return None,
    })
}
