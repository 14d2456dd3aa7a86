//! What can be looked at: introductions with their consents, mails and stories.

use crate::desk::{Desk, DeskError};
use crate::reader::author::Facts;
use crate::rules::consent::{ConnectorEvidence, Consents, MailEvidence, RequesterEvidence};
use crate::rules::introduction::Introduction;
use crate::store::introductions::Chapter;
use crate::store::looks::{self, Received, Sent};
use crate::store::{inbox, introductions, people};

/// One introduction, whole.
pub struct View {
    pub introduction: Introduction,
    pub story: Vec<Chapter>,
    pub mails: Vec<Sent>,
    /// What came in, and what became of it.
    pub received: Vec<Received>,
}

impl Desk {
    /// The open introductions, or all, oldest first.
    pub fn list(&self, all: bool) -> Result<Vec<Introduction>, DeskError> {
        Ok(introductions::list(self.store.reading(), all)?)
    }

    /// The same, handed on one by one.
    pub fn each(&self, all: bool, on: impl FnMut(Introduction)) -> Result<(), DeskError> {
        Ok(introductions::each(self.store.reading(), all, on)?)
    }

    pub fn show(&self, id: i64) -> Result<Option<View>, DeskError> {
        let db = self.store.reading();
        let Some(introduction) = introductions::load(db, id)? else {
            return Ok(None);
        };
        Ok(Some(View {
            introduction,
            story: introductions::story(db, id)?,
            mails: looks::sent_of(db, id)?,
            received: looks::received_of(db, id)?,
        }))
    }

    /// Mails that decided nothing, oldest first: when each came, its Message-ID, and why.
    pub fn without_effect(&self) -> Result<Vec<(i64, String, String)>, DeskError> {
        Ok(inbox::without_effect(self.store.reading())?)
    }

    /// Which UIDs of a folder are to be left alone or known already; draws the line between old and
    /// new mail at the first look at a folder.
    pub fn open_folder(
        &mut self,
        folder: &FolderSeen<'_>,
        now_secs: i64,
    ) -> Result<Known, DeskError> {
        self.doing = "folder";
        self.transact(now_secs, |work| {
            let known =
                inbox::folder(work.db, folder.account, folder.mailbox, folder.uid_validity)?;
            let first_uid = match known.first_uid {
                Some(first_uid) => first_uid,
                None => {
                    // Under a new UIDVALIDITY all mails look new; the content key and the date of
                    // the first start tell which are.
                    let first_uid = match folder.from_start || known.seen_before {
                        true => 1,
                        false => folder.uid_next,
                    };
                    inbox::start_folder(
                        work.db,
                        folder.account,
                        folder.mailbox,
                        folder.uid_validity,
                        first_uid,
                    )?;
                    first_uid
                }
            };
            let started = people::meta(work.db, "started_at")?;
            let started_at_secs = match (started.and_then(|at| at.parse().ok()), folder.from_start)
            {
                (_, true) => {
                    people::set_meta(work.db, "started_at", Some("0"))?;
                    0
                }
                (Some(at), false) => at,
                (None, false) => {
                    let now = work.now_secs.to_string();
                    people::set_meta(work.db, "started_at", Some(&now))?;
                    work.now_secs
                }
            };
            Ok(Known {
                first_uid,
                last_uid: inbox::last_uid(
                    work.db,
                    folder.account,
                    folder.mailbox,
                    folder.uid_validity,
                )?,
                // Not only at the first look: a session may end before all has been listed anew.
                moved: known.seen_before,
                started_at_secs,
            })
        })
    }

    /// Which of these UIDs of a folder were not taken yet, rising.
    pub fn unknown(
        &self,
        (account, mailbox): (&str, &str),
        uid_validity: u32,
        mut uids: Vec<u32>,
    ) -> Result<Vec<u32>, DeskError> {
        uids.sort_unstable();
        let db = self.store.reading();
        Ok(inbox::unknown_uids(
            db,
            account,
            mailbox,
            uid_validity,
            &uids,
        )?)
    }

    /// A folder that is to be read does not exist (yet). When it appears, nothing in it is old but
    /// what is older than the first start.
    pub fn miss_folder(
        &mut self,
        account: &str,
        mailbox: &str,
        now_secs: i64,
    ) -> Result<(), DeskError> {
        let known = inbox::folder(self.store.reading(), account, mailbox, MISSING)?;
        if known.first_uid.is_some() || known.seen_before {
            return Ok(());
        }
        self.transact(now_secs, |work| {
            Ok(inbox::start_folder(work.db, account, mailbox, MISSING, 0)?)
        })
    }
}

/// What is kept of the clock is written this often; a jump is told from an outage by more than that.
const KEEP_CLOCK_SECS: i64 = 600;

impl Desk {
    /// What this bot's clock said last.
    pub fn clock_seen(&self) -> Result<Option<i64>, DeskError> {
        let seen = people::meta(self.store.reading(), "clock_seen")?;
        Ok(seen.and_then(|at| at.parse().ok()))
    }

    /// Keeps what the clock says, now and then; true: the operator has said since that it is right.
    pub fn keep_clock(&mut self, now_secs: i64) -> Result<bool, DeskError> {
        let trusted = people::meta(self.store.reading(), "clock_trusted")?.is_some();
        let seen = self.clock_seen()?;
        let fresh = seen.is_some_and(|seen| (seen..seen + KEEP_CLOCK_SECS).contains(&now_secs));
        if fresh && !trusted {
            return Ok(false);
        }
        self.doing = "clock";
        self.transact(now_secs, |work| {
            people::set_meta(work.db, "clock_trusted", None)?;
            Ok(people::set_meta(
                work.db,
                "clock_seen",
                Some(&now_secs.to_string()),
            )?)
        })?;
        Ok(trusted)
    }

    /// The operator says that the system's clock is right, as it is now.
    pub fn trust_clock(&mut self, now_secs: i64) -> Result<(), DeskError> {
        self.transact(now_secs, |work| {
            people::set_meta(work.db, "clock_seen", Some(&now_secs.to_string()))?;
            Ok(people::set_meta(work.db, "clock_trusted", Some("1"))?)
        })
    }

    /// Why nothing is sent at the moment, in a sentence; None: mail is sent.
    pub fn silence(&self, now_secs: i64) -> Result<Option<String>, DeskError> {
        let db = self.store.reading();
        if let Some(why) = self.distrust()? {
            return Ok(Some(format!(
                "Nothing is sent: {why}. Once you know why, `askfirst resume --trust-database` sends again."
            )));
        }
        if people::meta(db, "paused")?.is_some() {
            return Ok(Some("Nothing is sent until `askfirst resume`.".to_owned()));
        }
        let until = people::meta(db, "queue_stopped")?.and_then(|until| until.parse::<i64>().ok());
        Ok(until.filter(|until| *until > now_secs).map(|until| {
            format!(
                "Nothing is sent until {}: the mail server refuses us (a password, a quota); the log says more.",
                rfc3339(until)
            )
        }))
    }
}

/// Stands for the UIDVALIDITY of a folder that was not there; no server uses 0 (RFC 3501, nz-number).
const MISSING: u32 = 0;

/// A folder as the server shows it.
pub struct FolderSeen<'a> {
    pub account: &'a str,
    pub mailbox: &'a str,
    pub uid_validity: u32,
    /// The UID that the next mail will have (RFC 3501 section 2.3.1.1).
    pub uid_next: u32,
    /// Also take mail that was there before the first start.
    pub from_start: bool,
}

/// What is known of a folder.
#[derive(Clone, Copy)]
pub struct Known {
    pub first_uid: u32,
    /// The highest that is known; 0: none.
    pub last_uid: u32,
    /// The UIDVALIDITY changed: mails older than the first start may look new.
    pub moved: bool,
    pub started_at_secs: i64,
}

/// The domain of a mail's one author, for looking up what proves him.
pub fn author_domain(raw: &[u8]) -> Option<String> {
    crate::reader::author_domain(raw)
}

/// What was looked up, as the inbox keeps it.
pub fn facts(dkim_domains: Vec<String>, dmarc_policy: Option<bool>) -> Option<String> {
    serde_json::to_string(&Facts {
        dkim_domains,
        dmarc_policy,
    })
    .ok()
}

/// A time as scripts and people both read it (RFC 3339, UTC).
pub fn rfc3339(secs: i64) -> String {
    jiff::Timestamp::from_second(secs).map_or_else(|_| secs.to_string(), |time| time.to_string())
}

/// How a mail was read that led to this event. A request is no answer, nor is a number or an address that
/// picks somebody: what they would be as one says nothing.
pub fn reading_of<'a>(event: &str, detail: &'a str) -> &'a str {
    match event {
        "opened"
        | "connector names the target"
        | "connector names the requester"
        | "requester writes the paragraph" => detail.split("; ").next().unwrap_or_default(),
        _ => detail,
    }
}

/// The three consents in words, one line each.
pub fn consents_in_words(consents: &Consents) -> [String; 3] {
    let missing = || "not given".to_owned();
    let connector = consents.connector.as_ref().map_or_else(missing, |consent| {
        let evidence = match &consent.evidence {
            ConnectorEvidence::Mail(mail) => mail_in_words(mail),
            ConnectorEvidence::Standing { rule } => format!("standing, by the rule {rule}"),
        };
        format!("{}, {evidence}", rfc3339(consent.at_secs))
    });
    let requester = consents.requester.as_ref().map_or_else(missing, |consent| {
        let evidence = match &consent.evidence {
            RequesterEvidence::Mail(mail) => mail_in_words(mail),
            RequesterEvidence::Vouched { message_id } => {
                format!("vouched for by the connector's mail {message_id}")
            }
        };
        format!("{}, {evidence}", rfc3339(consent.at_secs))
    });
    let target = consents.target.as_ref().map_or_else(missing, |consent| {
        format!(
            "{}, {}",
            rfc3339(consent.at_secs),
            mail_in_words(&consent.evidence)
        )
    });
    [
        format!("connector  {connector}"),
        format!("requester  {requester}"),
        format!("target     {target}"),
    ]
}

fn mail_in_words(mail: &MailEvidence) -> String {
    let words: String = mail.words.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "own mail {}, {} ({}): {words}",
        mail.message_id,
        match mail.proof {
            crate::reader::Proof::Proven => "author proven",
            crate::reader::Proof::Unproven => "author unproven",
            crate::reader::Proof::Fails => "proof of the author fails",
        },
        mail.proof_why,
    )
}
