//! What a connector is told beside the course of an introduction: what is open, what his order did,
//! what the bot could not do. The words are the writer's.
//!
//! Cannot fail.

use crate::reader::address::Person;
use serde::{Deserialize, Serialize};

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Report {
    /// What waits for him first, then the oldest.
    Status {
        open: Vec<Open>,
        /// As many more than are told.
        more: usize,
        pause: Pause,
    },
    #[default]
    Help,
    /// His mail asks for nothing the bot can do.
    NotUnderstood,
    /// He wrote to somebody with the bot in copy, and nothing in it is for the bot to do.
    InCopy,
    Paused,
    /// His pause is over; the operator's may go on.
    Running {
        pause: Pause,
    },
    /// "cancel" or a number in no thread.
    WhichOne,
    /// More people wrote than his settings let through in a day.
    LeftAside,
    /// Nobody knows whether a mail arrived, and it is not sent again.
    Uncertain {
        introduction: bool,
    },
}

/// Whose pause holds mail back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pause {
    None,
    /// The connector's own, of his introductions alone.
    Own,
    /// The operator's, of everything.
    Everything,
}

impl Pause {
    pub fn name(self) -> &'static str {
        match self {
            Pause::None => "none",
            Pause::Own => "own",
            Pause::Everything => "everything",
        }
    }
}

/// One introduction that is open, as its connector is told of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    pub id: i64,
    /// None: not known yet.
    pub requester: Option<Person>,
    pub target: Option<Person>,
    pub awaits: Awaits,
    /// Whole days since it is like that.
    pub days: i64,
    /// When a target who said later is asked again, in seconds since 1970.
    pub again_at_secs: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Awaits {
    Connector,
    Requester,
    Target,
    /// … whose question has not left yet.
    TargetUnsent,
    /// … who was reminded.
    TargetReminded,
    /// … whose yes has to be confirmed.
    TargetConfirming,
    /// … who said later.
    TargetLater,
    /// Nobody: the yes is held for a second thought.
    SecondThought,
}

impl Awaits {
    /// As the templates know it.
    pub fn name(self) -> &'static str {
        match self {
            Awaits::Connector => "connector",
            Awaits::Requester => "requester",
            Awaits::Target => "target",
            Awaits::TargetUnsent => "target_unsent",
            Awaits::TargetReminded => "target_reminded",
            Awaits::TargetConfirming => "target_confirming",
            Awaits::TargetLater => "target_later",
            Awaits::SecondThought => "second_thought",
        }
    }
}

/// How it stands, told to a connector who wants something done that can't be done now, or any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// It waits for his own answer.
    Connector,
    Requester,
    /// … who is asked for words that can be passed on.
    Words,
    Asked,
    /// … and the question has not left yet.
    Unsent,
    Reminded,
    /// The target was asked for a plain answer.
    Unclear,
    /// … for a word that shows a yes to be his.
    Confirming,
    Later,
    /// The target's yes is held for a second thought.
    Yes,
    Introduced,
    Undeliverable,
    /// The target said yes after the end.
    LateYes,
    Over,
}

impl Stands {
    /// As the templates know it.
    pub fn name(self) -> &'static str {
        match self {
            Stands::Connector => "connector",
            Stands::Requester => "requester",
            Stands::Words => "words",
            Stands::Asked => "asked",
            Stands::Unsent => "unsent",
            Stands::Reminded => "reminded",
            Stands::Unclear => "unclear",
            Stands::Confirming => "confirming",
            Stands::Later => "later",
            Stands::Yes => "yes",
            Stands::Introduced => "introduced",
            Stands::Undeliverable => "undeliverable",
            Stands::LateYes => "late_yes",
            Stands::Over => "over",
        }
    }
}
