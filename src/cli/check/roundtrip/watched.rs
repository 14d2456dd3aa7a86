//! What arrives in the folders of the mailbox while a round trip goes on.
//!
//! Fails with the wire's errors; mails too large to be of this round trip are passed over.

use crate::cli::check::sent_folder;
use crate::cli::now_secs;
use crate::config::Config;
use crate::keyring::Door;
use crate::reader;
use crate::reader::letter::Letter;
use crate::wire::error::WireError;
use crate::wire::imap::{Mail, Session};

/// What is fetched of a new mail at most; ours are small, and the operator's should be.
const MAX_OCTETS: u32 = 1_000_000;

/// The folders that are watched, and where what is new begins in each.
pub struct Watched {
    pub session: Session,
    pub folders: Vec<(String, u32)>,
}

/// A mail that arrived, and in which folder.
pub struct Arrived {
    pub folder: String,
    pub letter: Letter,
    pub raw: Vec<u8>,
}

impl Watched {
    pub async fn open(config: &Config, door: &Door) -> Result<Watched, String> {
        let mut session = door.read(now_secs()).await.map_err(|e| e.to_string())?;
        let listed = session.mailboxes().await.unwrap_or_default();
        let mut names = vec![config.imap.mailbox.clone()];
        names.extend(config.imap.junk.clone());
        names.extend(sent_folder(&listed).map(str::to_owned));
        names.dedup();
        let mut folders = Vec::new();
        for name in names {
            // A folder that is not there holds nothing new either.
            if let Ok(selected) = session.select(&name).await {
                let next = match selected.uid_next {
                    Some(next) => next,
                    None => {
                        let listed = session.list(1).await.map_err(|e| e.to_string())?;
                        listed.last().map_or(1, |last| last.uid.saturating_add(1))
                    }
                };
                folders.push((name, next));
            }
        }
        Ok(Watched { session, folders })
    }

    /// What is new in all folders.
    pub async fn look(&mut self) -> Result<Vec<Arrived>, WireError> {
        let mut arrived = Vec::new();
        for (name, next) in &mut self.folders {
            self.session.select(name).await?;
            let listed = self.session.list(*next).await?;
            let small = listed.iter().filter(|mail| mail.size <= MAX_OCTETS);
            let uids: Vec<u32> = small.map(|mail| mail.uid).collect();
            let mails: Vec<Mail> = match uids.is_empty() {
                true => Vec::new(),
                false => self.session.fetch(&uids, None).await?.mails,
            };
            if let Some(last) = listed.last() {
                *next = last.uid.saturating_add(1);
            }
            arrived.extend(mails.into_iter().map(|mail| Arrived {
                folder: name.clone(),
                letter: reader::open(&mail.bytes),
                raw: mail.bytes,
            }));
        }
        Ok(arrived)
    }
}
