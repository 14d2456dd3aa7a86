//! How each saying is said: in whose name, with which answers at hand, and whether it is a notice.
//!
//! Cannot fail: one table without a wildcard, so that a new saying has to choose.

use crate::rules::saying::{Party, Saying};

/// The answers that stand ready as links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taps {
    None,
    YesNo,
    YesNoLater,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// From "Bob Kim via …", in his first person; else the bot speaks for itself.
    pub in_connectors_name: bool,
    /// An answer is expected: Reply-To, References and footer carry the secret.
    pub expects_answer: bool,
    pub taps: Taps,
    /// A mail that nobody's out-of-office should answer.
    pub notice: bool,
    /// Keeps its own subject even where it answers a mail, and stands in no thread.
    pub starts_thread: bool,
}

const NOTICE: Manner = Manner {
    in_connectors_name: false,
    expects_answer: false,
    taps: Taps::None,
    notice: true,
    starts_thread: false,
};
/// To the connector, who may answer with a command.
const OPEN_NOTICE: Manner = Manner {
    expects_answer: true,
    ..NOTICE
};
/// A question to the target in the thread of the ask.
const QUESTION: Manner = Manner {
    in_connectors_name: true,
    expects_answer: true,
    taps: Taps::YesNoLater,
    notice: false,
    starts_thread: false,
};

/// The manner of a saying.
pub fn of(saying: &Saying) -> Manner {
    match saying {
        Saying::Ask => Manner {
            // The thread is the connector's and the requester's; none of its ids leave it.
            starts_thread: true,
            ..QUESTION
        },
        Saying::Reminder | Saying::Clarify | Saying::ConfirmTarget { .. } => QUESTION,
        Saying::ThankNo | Saying::ConfirmStart | Saying::TooLate { .. } => Manner {
            in_connectors_name: true,
            ..NOTICE
        },
        Saying::AcknowledgeLater { .. } | Saying::ConfirmStop => Manner {
            in_connectors_name: true,
            ..OPEN_NOTICE
        },
        Saying::Introduction => Manner {
            in_connectors_name: true,
            notice: false,
            starts_thread: true,
            ..NOTICE
        },
        Saying::TellAsked { .. }
        | Saying::TellUnclear { .. }
        | Saying::TellLater { .. }
        | Saying::TellClosed
        | Saying::TellHeld { .. }
        | Saying::TellStands { .. }
        | Saying::TellBounced { .. }
        | Saying::WhichTarget { .. }
        | Saying::WhoAsks { .. }
        | Saying::Acknowledge { .. }
        | Saying::WhichConnector { .. }
        | Saying::WhichWish { .. } => OPEN_NOTICE,
        Saying::TellDeclined
        | Saying::TellStopped
        | Saying::TellWithdrawn
        | Saying::TellRequesterSilent { .. }
        | Saying::Report { .. }
        | Saying::Probe
        | Saying::Alarm { .. }
        | Saying::Closing
        | Saying::TooMany { .. }
        | Saying::Refuse { .. } => NOTICE,
        Saying::Approve { .. } => Manner {
            taps: Taps::YesNo,
            // The thread is the requester's.
            starts_thread: true,
            ..OPEN_NOTICE
        },
        Saying::ConfirmConnector => Manner {
            taps: Taps::YesNo,
            // Perhaps a stranger's subject and thread.
            starts_thread: true,
            ..OPEN_NOTICE
        },
        Saying::AskWords => Manner {
            taps: Taps::None,
            ..QUESTION
        },
        Saying::Propose => Manner {
            taps: Taps::YesNo,
            starts_thread: true,
            ..QUESTION
        },
        Saying::StillInterested => Manner {
            taps: Taps::YesNo,
            ..QUESTION
        },
    }
}

/// Whose answer a mail expects; None: an answer decides nothing.
pub fn answerer(saying: &Saying) -> Option<Party> {
    of(saying).expects_answer.then(|| saying.party()).flatten()
}
