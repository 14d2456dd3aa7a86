//! What has just come: a few small mails behind the last one that was taken are fetched without being listed, in one
//! turn with the server instead of two.
//!
//! Never fails for a mail: what is large, or can't be given, is left to the list. A fault of the wire ends the session.

use crate::failpoint;
use crate::receive::batch::Handed;
use crate::receive::{Fault, Folder, LONGEST_STEP, Loop, Memory, suspect};
use crate::wire::error::WireError;
use crate::wire::imap::{Fetched, Mail, Session};

/// Numbers asked for; more mails than that at once are a batch.
const FEW: u32 = 8;
/// What most mails written by hand fit into, with their HTML.
const FIRST_OCTETS: u32 = 32 * 1024;

impl Loop {
    /// Puts small mails that have just come on the desk. Whatever else has come is not known afterwards.
    pub(super) async fn glance(
        &self,
        session: &mut Session,
        mailbox: &str,
        folder: Folder,
        memory: &mut Memory,
    ) -> Result<Option<Handed>, Fault> {
        let key = (mailbox.to_owned(), folder.uid_validity);
        let Some(known) = memory.known.get(&key).copied() else {
            return Ok(None);
        };
        self.pulse.promise(LONGEST_STEP);
        let from = known.next_uid();
        let uids: Vec<u32> = (from..from.saturating_add(FEW)).collect();
        let fetching = session.fetch(&uids, Some(FIRST_OCTETS));
        // The desk is asked while the server answers.
        let (fetched, full) = tokio::join!(fetching, self.is_outbox_full());
        failpoint::here("fetch.fetched");
        let fetched = match fetched {
            Ok(fetched) => fetched,
            Err(WireError::ServerSaidNo { .. }) => return Ok(None),
            Err(error) => {
                memory.lost_hurry |= matches!(error, WireError::Timeout { .. });
                return Err(error.into());
            }
        };
        let mails = whole(fetched);
        if full? || mails.is_empty() {
            return Ok(None);
        }
        self.watch.refresh(&self.clerk).await?;
        let fetched = Fetched {
            mails,
            ..Fetched::default()
        };
        let batch = self.prepare(fetched, mailbox, folder.uid_validity, &known, memory);
        self.hand_over(suspect::try_out(batch).await)
    }
}

/// The mails before the first one that is not there whole: behind the last one that was taken nobody looks back.
fn whole(fetched: Fetched) -> Vec<Mail> {
    let unreadable = fetched.unreadable.iter().min().copied();
    let mails = fetched.mails.into_iter();
    mails
        .take_while(|mail| mail.complete && unreadable.is_none_or(|uid| mail.uid < uid))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(uid: u32, complete: bool) -> Mail {
        Mail {
            uid,
            size: 10,
            internal_date_secs: None,
            bytes: Vec::new(),
            complete,
        }
    }

    #[test]
    fn nothing_behind_a_mail_that_is_not_there_whole_is_taken() {
        let uids = |mails: Vec<Mail>, unreadable: Vec<u32>| -> Vec<u32> {
            let fetched = Fetched {
                mails,
                unreadable,
                gone: vec![10, 11, 12],
            };
            whole(fetched).iter().map(|mail| mail.uid).collect()
        };
        let all = || vec![mail(3, true), mail(5, true), mail(6, true)];
        assert_eq!(uids(all(), Vec::new()), [3, 5, 6]);
        assert_eq!(uids(all(), vec![7, 4]), [3]);
        assert!(uids(all(), vec![2]).is_empty());
        let large = vec![mail(3, true), mail(4, false), mail(5, true)];
        assert_eq!(uids(large, Vec::new()), [3]);
    }
}
