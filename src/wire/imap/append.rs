//! Putting a copy into Sent, and finding a mail by one of its header fields.
//! It fails with the server's reason; a search that was refused or cut is never an empty result.

use std::time::Duration;

use async_imap::imap_proto::{MailboxDatum, Response};
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout};

use super::{COMMAND_LONGEST, SILENCE, Session, names, tagged};
use crate::wire::error::WireError;

/// The slowest line on which a mail still gets through.
const BYTES_A_SECOND_MIN: u64 = 4 * 1024;

impl Session {
    /// Appends a mail, marked as read, to a mailbox.
    ///
    /// # Errors
    /// [`WireError::ServerSaidNo`] (no such mailbox, quota), BAD, or a fault of the connection.
    pub async fn append(&mut self, mailbox: &str, bytes: &[u8]) -> Result<(), WireError> {
        const LABEL: &str = "APPEND";
        let mailbox = self.sayable(names::quoted(mailbox), LABEL)?;
        // A plain literal: the server can still refuse before the mail is sent (RFC 3501 section 6.3.11).
        let tag = self
            .begin(
                &format!("APPEND {mailbox} (\\Seen) {{{}}}", bytes.len()),
                LABEL,
            )
            .await?;
        loop {
            let answer = self.read(LABEL, |response| match response {
                Response::Continue(_) => (true, None),
                other => (false, tagged(other, &tag)),
            });
            match answer.await? {
                (true, _) => break,
                (false, None) => {}
                (false, Some((verdict, text))) => {
                    self.out_of_step = false;
                    self.judge(verdict, text, LABEL)?;
                    return Err(self.protocol(LABEL, "the server agreed before it had the mail"));
                }
            }
        }
        let longest = SILENCE + Duration::from_secs(bytes.len() as u64 / BYTES_A_SECOND_MIN);
        let pipe = self.inner.get_mut();
        let writing = async {
            pipe.write_all(bytes).await?;
            pipe.write_all(b"\r\n").await?;
            pipe.flush().await
        };
        match timeout(longest, writing).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Err(self.closed(LABEL)),
            Err(_) => {
                return Err(WireError::Timeout {
                    at: self.at.clone(),
                    what: LABEL,
                });
            }
        }
        self.finish(&tag, LABEL, Instant::now() + COMMAND_LONGEST, &mut |_| {})
            .await
    }

    /// The UIDs in a mailbox whose header field holds the value. Nothing is selected afterwards.
    ///
    /// # Errors
    /// As [`Session::select`], and BAD for a value that is not printable ASCII.
    pub async fn search_header(
        &mut self,
        mailbox: &str,
        header: &str,
        value: &str,
    ) -> Result<Vec<u32>, WireError> {
        const LABEL: &str = "UID SEARCH";
        let printable =
            |text: &str| !text.is_empty() && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        let criteria = (printable(header) && printable(value))
            .then(|| format!("HEADER {} {}", names::quote(header), names::quote(value)));
        let criteria = self.sayable(criteria, LABEL)?;
        let uid_validity = self.select(mailbox).await?.uid_validity;
        let mut found = None;
        self.exec(&format!("UID SEARCH {criteria}"), LABEL, |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.get_or_insert_with(Vec::new).extend(uids);
            }
        })
        .await?;
        self.require_same(uid_validity)?;
        self.selected = None;
        // "Not in Sent" may lead to a second sending: it needs the server's word (RFC 3501 section 7.2.5).
        let Some(mut found) = found else {
            return Err(self.protocol(LABEL, "the server did not say what it found"));
        };
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn sayable(&self, text: Option<String>, command: &'static str) -> Result<String, WireError> {
        text.ok_or_else(|| WireError::ServerSaidBad {
            at: self.at.clone(),
            command,
            text: "a name or value holds characters that no command can carry; nothing was sent"
                .to_owned(),
        })
    }
}
