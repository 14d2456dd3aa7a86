//! One introduction: who, on whose word, at which stage, and what the clock owes.

use crate::reader::address::Person;
use crate::rules::consent::Consents;
use serde::{Deserialize, Serialize};

/// How an introduction came to be (the rows of "Who is who in a mail").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Row 1: a connector forwarded a request to the bot.
    Forwarded,
    /// Row 2: a connector answered the requester with the bot in Cc.
    Answered,
    /// Row 3: a connector asked the target himself, with the bot in Cc.
    AskedByConnector,
    /// Row 5: a connector proposed two people.
    Proposed,
    /// Row 6: a requester wrote to the bot.
    Direct,
}

/// Where an introduction stands; the names of `list --json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// For his yes, his proof, or the answer to "which Carol?".
    WaitingForConnector,
    /// For his own words, his yes to a proposal, the name of a connector, or "still interested?".
    WaitingForRequester,
    Asked,
    /// The target said yes in a way that needs one word from the asked address.
    Confirming,
    /// The target said later.
    Deferred,
    Introduced,
    Declined,
    /// No answer in time.
    Closed,
    Cancelled,
    Undeliverable,
}

impl Stage {
    pub const ALL: [Stage; 10] = [
        Stage::WaitingForConnector,
        Stage::WaitingForRequester,
        Stage::Asked,
        Stage::Confirming,
        Stage::Deferred,
        Stage::Introduced,
        Stage::Declined,
        Stage::Closed,
        Stage::Cancelled,
        Stage::Undeliverable,
    ];

    /// The name in `list --json` and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Stage::WaitingForConnector => "waiting_for_connector",
            Stage::WaitingForRequester => "waiting_for_requester",
            Stage::Asked => "asked",
            Stage::Confirming => "confirming",
            Stage::Deferred => "deferred",
            Stage::Introduced => "introduced",
            Stage::Declined => "declined",
            Stage::Closed => "closed",
            Stage::Cancelled => "cancelled",
            Stage::Undeliverable => "undeliverable",
        }
    }

    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Whether nothing more is expected of anybody (a closing may still be owed to the requester).
    pub fn is_final(self) -> bool {
        match self {
            Stage::WaitingForConnector
            | Stage::WaitingForRequester
            | Stage::Asked
            | Stage::Confirming
            | Stage::Deferred => false,
            Stage::Introduced
            | Stage::Declined
            | Stage::Closed
            | Stage::Cancelled
            | Stage::Undeliverable => true,
        }
    }
}

/// The requester's own words, cleaned, as they are passed on.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    pub subject: String,
    pub words: String,
    /// As the requester's mail gave it, for the ask's heading; empty where unknown.
    pub date: String,
    /// Named in the ask, not passed on.
    pub attachments: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introduction {
    /// Row id; 0 before it is stored.
    pub id: i64,
    pub way: Way,
    pub stage: Stage,
    pub requester: Option<Person>,
    pub connector: Option<Person>,
    pub target: Option<Person>,
    pub request: Option<Request>,
    pub consents: Consents,
    pub clock: Clock,
    pub asked: Asked,
    pub threads: Threads,
    pub created_at_secs: i64,
    pub updated_at_secs: i64,
}

/// What a last look at an introduction needs of it: read from the same text without the words.
#[derive(Deserialize)]
pub struct Outline {
    pub stage: Stage,
    pub requester: Option<Person>,
    pub connector: Option<Person>,
    pub target: Option<Person>,
    pub consents: Consents,
}

impl Introduction {
    /// It is over, and somebody who took part in it was erased since.
    pub fn is_forgotten(&self) -> bool {
        let known = self.requester.is_some() && self.connector.is_some() && self.target.is_some();
        self.stage.is_final() && self.clock.asked_at_secs.is_some() && !known
    }
}

/// The times of one introduction, in seconds since 1970. Two clocks: the requester's runs from the
/// request and knows nothing of the target; the target's runs from the ask.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// When the closing is due to a requester who wrote to the bot; None: none is owed.
    pub closing_at_secs: Option<i64>,
    pub asked_at_secs: Option<i64>,
    pub remind_at_secs: Option<i64>,
    pub close_at_secs: Option<i64>,
    /// When to ask again a target who said later.
    pub again_at_secs: Option<i64>,
    /// When a yes that is held for a second thought becomes the introduction.
    pub introduce_at_secs: Option<i64>,
    /// When the target's last no, later or stop was written, by the mail's own Date.
    #[serde(default)]
    pub refused_at_secs: Option<i64>,
}

/// What has been used up: each of these mails goes out once, and the fuses count all.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub reminded: bool,
    pub clarified: bool,
    pub confirmed: bool,
    pub deferred: bool,
    /// The connector had the target asked once more after the end.
    pub again: bool,
    /// He had the target asked for a plain answer once more, while it was open.
    #[serde(default)]
    pub plainly: bool,
    /// An out-of-office has moved the clock.
    pub moved: bool,
    /// The closing went to the requester; a yes after it asks him first.
    pub closing_sent: bool,
    pub mails_to_target: u32,
    pub mails: u32,
}

/// The mails exchanged with each party, so that ours stand in their threads. Kept apart: nothing of
/// one party's thread may reach another.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threads {
    pub requester: Thread,
    pub connector: Thread,
    pub target: Thread,
}

/// Message-IDs with their angle brackets, oldest first, and the subject of the first.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    pub message_ids: Vec<String>,
    pub subject: String,
}

/// Message-IDs kept of a thread; more only makes the References field long (RFC 5322 section 3.6.4).
const MAX_THREAD: usize = 12;

impl Thread {
    pub fn push(&mut self, message_id: &str, subject: &str) {
        if message_id.is_empty() || self.message_ids.iter().any(|id| id == message_id) {
            return;
        }
        if self.message_ids.is_empty() {
            self.subject = subject.to_owned();
        }
        if self.message_ids.len() >= MAX_THREAD {
            // The first names the thread; the oldest after it is the least useful.
            self.message_ids.remove(1);
        }
        self.message_ids.push(message_id.to_owned());
    }
}
