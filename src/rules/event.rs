//! What can happen to an introduction: a mail as it was understood, the passing of time, a bounce.

use crate::reader::Verdict;
use crate::reader::address::{Address, Person};
use crate::rules::consent::MailEvidence;
use crate::rules::introduction::Request;
use crate::rules::saying::{AskedWhy, ConfirmWhy};

#[derive(Clone)]
pub enum Event {
    /// It was just created from a mail; what is missing is asked for.
    Opened {
        why: AskedWhy,
        /// What could not be told from the mail; asked of whoever can tell.
        gap: Option<Gap>,
    },
    /// The connector said yes to a held request, or that a mail in his name is his.
    ConnectorAgreed {
        evidence: MailEvidence,
    },
    /// The connector said no; the words are for the requester, empty for none.
    ConnectorRefused {
        words: String,
    },
    /// The connector named the target: by number, by address, or by correcting a wrong one.
    ConnectorNamed {
        target: Person,
        evidence: MailEvidence,
    },
    /// The connector named the author of a request that did not name itself.
    ConnectorNamedRequester {
        requester: Person,
    },
    ConnectorCancelled,
    /// The connector wants the target asked once more for a plain answer.
    ConnectorAsksAgain,
    /// The requester wrote the paragraph he was asked for.
    RequesterWrote {
        request: Request,
        evidence: MailEvidence,
    },
    /// The requester said yes to a proposal, or that he is still interested.
    RequesterAgreed {
        evidence: MailEvidence,
    },
    RequesterDeclined,
    RequesterWithdrew,
    TargetSaid(Answer),
    /// The target takes his "stop" back; the wish itself is not the introduction's.
    TargetStarts,
    /// The ask left long after it was written: sending was paused, or nobody took it.
    AskLeftLate,
    /// An out-of-office answered our mail to the target.
    TargetAbsent,
    /// Our mail to the target came back, or was refused for good.
    TargetUnreachable {
        recipient: Address,
    },
    /// One leg of the introduction came back, or was refused for good.
    IntroductionBounced {
        recipient: Address,
    },
    /// Requester and target already write to each other.
    TheyMet,
    TimePassed,
    OperatorCancelled,
}

/// The target's answer, as read and as proven.
#[derive(Clone)]
pub struct Answer {
    pub verdict: Verdict,
    /// None: it stands as evidence. Else why the asked address has to confirm first.
    pub doubt: Option<ConfirmWhy>,
    pub evidence: MailEvidence,
    /// What the target newly wrote, for the connector only.
    pub words: String,
    /// Where a later names a time, in seconds since 1970.
    pub until_secs: Option<i64>,
}

/// What a mail left open when an introduction was opened.
#[derive(Clone)]
pub enum Gap {
    /// Nobody, several or an unknown person is named: the words and the choices.
    Target {
        words: String,
        choices: Vec<crate::reader::request::Choice>,
    },
    /// The forwarded mail names no address of its author.
    Requester { words: String },
    /// Several connectors, none named.
    Connector { connectors: Vec<Person> },
    /// The connector's mail is not proven to be his.
    ConnectorProof,
    /// A direct request that waits for the connector's yes.
    ConnectorYes { proven: bool },
    /// The connector refuses direct requests.
    DirectRequestsOff,
    /// There are no words of the requester to pass on.
    Words,
    /// The requester's own mail names nobody.
    Wish { words: String },
}

impl Event {
    /// One of each, for the state table.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Opened { .. } => "opened",
            Event::ConnectorAgreed { .. } => "connector: yes",
            Event::ConnectorRefused { .. } => "connector: no",
            Event::ConnectorNamed { .. } => "connector names the target",
            Event::ConnectorNamedRequester { .. } => "connector names the requester",
            Event::ConnectorCancelled => "connector: cancel",
            Event::ConnectorAsksAgain => "connector: ask again",
            Event::RequesterWrote { .. } => "requester writes the paragraph",
            Event::RequesterAgreed { .. } => "requester: yes",
            Event::RequesterDeclined => "requester: no",
            Event::RequesterWithdrew => "requester withdraws",
            Event::TargetSaid(answer) => match (answer.verdict, &answer.doubt) {
                (Verdict::Yes, None) => "target: yes",
                (Verdict::Yes, Some(_)) => "target: yes, to be confirmed",
                (Verdict::No, _) => "target: no",
                (Verdict::Later, _) => "target: later",
                (Verdict::Stop, _) => "target: stop",
                (Verdict::Unclear, _) => "target: unclear",
            },
            Event::TargetStarts => "target: start",
            Event::AskLeftLate => "the ask leaves late",
            Event::TargetAbsent => "target's out-of-office",
            Event::TargetUnreachable { .. } => "ask undeliverable",
            Event::IntroductionBounced { .. } => "introduction bounced",
            Event::TheyMet => "they have met",
            Event::TimePassed => "time passes",
            Event::OperatorCancelled => "operator cancels",
        }
    }
}
