//! DATA: takes the mail up to the dot, and delivers it to every recipient or refuses it. Until the reply nothing is promised.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};

use super::super::folder::Refusal;
use super::super::mischief::Course;
use super::super::peer::Broken;
use super::stamp::{Passage, stamped};
use super::{Next, Passed, Session, WAIT};

/// RFC 5322 section 2.1.1: 998 and CRLF, the stuffed dot not counted. Strict, as Exim is: our own writer must keep to it.
const MAX_MAIL_LINE: usize = 1000;
/// Longer lines are read, up to here, to be refused once the whole mail is there.
const MAX_READ_LINE: usize = 1024 * 1024;

/// All copies of one mail together, each recipient's being its own: they are in memory twice until they are stored.
const MAX_COPIES: usize = 256 * 1024 * 1024;

/// Numbers the mails of this process, for Received.
static MAILS: AtomicU64 = AtomicU64::new(1);

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    pub(super) async fn data(&mut self, argument: &str) -> Result<Next, Broken> {
        if !argument.is_empty() {
            self.mistake("501 5.5.4 DATA stands alone").await?;
            return Ok(Next::Command);
        }
        if self.recipients.is_empty() {
            self.mistake("503 5.5.1 RCPT comes before DATA").await?;
            return Ok(Next::Command);
        }
        self.reply("354 end with a dot on its own line").await?;
        let mail = self.read_mail().await?;
        let recipients = self.recipients.join(" ");
        let course = self.meet_fault("DOT", &recipients).await?;
        match course {
            Course::Answered | Course::Over => {
                self.forget_mail();
                Ok(if course == Course::Over {
                    Next::End
                } else {
                    Next::Command
                })
            }
            Course::Execute | Course::ExecuteThenClose | Course::ExecuteThenStall => {
                self.accept(mail).await?;
                self.end(course, Next::Command).await
            }
        }
    }

    /// The mail without the stuffed dots (RFC 5321 section 4.5.2), or the reply that refuses it.
    async fn read_mail(&mut self) -> Result<Result<Vec<u8>, String>, Broken> {
        let limit = self.settings.max_mail_bytes;
        let mut mail = Vec::new();
        let mut wrong: Option<String> = None;
        loop {
            let line = self.peer.line(MAX_READ_LINE, WAIT).await?;
            if line == b".\r\n" {
                return Ok(wrong.map_or(Ok(mail), Err));
            }
            // A bare LF or CR is how mails are smuggled (CVE-2023-51764): such a mail is refused as a whole.
            let bare = line
                .strip_suffix(b"\r\n")
                .is_none_or(|text| text.contains(&b'\r'));
            if bare {
                wrong.get_or_insert_with(|| "550 5.5.2 bare CR or LF in the mail".to_owned());
            }
            let text = line.strip_prefix(b".").unwrap_or(&line);
            if text.len() > MAX_MAIL_LINE {
                wrong.get_or_insert_with(|| "550 5.6.0 a line is longer than 998 bytes".to_owned());
            }
            if mail.len() + text.len() > limit {
                wrong.get_or_insert_with(|| {
                    format!("552 5.3.4 the mail is over the limit of {limit} bytes")
                });
            }
            if wrong.is_none() {
                mail.extend_from_slice(text);
            }
        }
    }

    async fn accept(&mut self, mail: Result<Vec<u8>, String>) -> Result<(), Broken> {
        let sender = self.sender.take().unwrap_or_default();
        let recipients = std::mem::take(&mut self.recipients);
        let outcome = mail.and_then(|mail| {
            self.deliver(&sender, &recipients, &mail)
                .map(|number| (mail, number))
        });
        match outcome {
            Ok((bytes, number)) => {
                self.mistakes = 0;
                if let Some(observer) = &self.settings.observer {
                    let passed = Passed {
                        envelope_from: sender,
                        recipients,
                        submitter: self.user.clone(),
                        bytes,
                    };
                    // Nobody listens any more: that is the observer's affair.
                    let _ = observer.send(passed);
                }
                self.reply(&format!("250 2.0.0 delivered as {number:08x}"))
                    .await
            }
            Err(reply) => self.reply(&reply).await,
        }
    }

    fn deliver(&self, sender: &str, recipients: &[String], mail: &[u8]) -> Result<u64, String> {
        if mail.len().saturating_mul(recipients.len()) > MAX_COPIES {
            return Err("452 4.3.1 too much at once: send to fewer recipients".to_owned());
        }
        let number = MAILS.fetch_add(1, Ordering::Relaxed);
        let now_secs = self.mailboxes.now_secs();
        let passage = Passage {
            authserv_id: &self.settings.authserv_id,
            helo: self.helo.as_deref().unwrap_or_default(),
            extended: self.extended,
            submitter: self.user.as_deref(),
            envelope_from: sender,
            number,
            now_secs,
        };
        let copies = recipients.iter().map(|recipient| {
            let bytes = stamped(mail, &passage, recipient, &self.mailboxes);
            (recipient.as_str(), bytes)
        });
        let copies: Vec<(&str, Vec<u8>)> = copies.collect();
        self.mailboxes
            .lodge(&copies, now_secs)
            .map_err(|refusal| refusal_reply(refusal).to_owned())?;
        if let Some(user) = self.user.as_deref().filter(|_| self.settings.save_sent) {
            // A full Sent folder is no reason to say that the mail was not sent: it was.
            let _ = self
                .mailboxes
                .append(user, "Sent", vec!["\\Seen".to_owned()], now_secs, mail);
        }
        Ok(number)
    }
}

fn refusal_reply(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Full => "452 4.2.2 a mailbox is full",
        Refusal::NoAccount | Refusal::NoFolder => "550 5.1.1 nobody here has this address any more",
        Refusal::Exists | Refusal::Fixed | Refusal::TooMany => "451 4.3.0 the mail can't be stored",
    }
}
