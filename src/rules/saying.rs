//! Everything the bot can say, and the closed set of people who may hear it.

use crate::reader::address::{Address, Person};
use crate::reader::request::Choice;
use crate::rules::introduction::Introduction;
use crate::rules::report::{Report, Stands};
use serde::{Deserialize, Serialize};

/// One mail to be written. The payloads are what the introduction itself does not hold.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Saying {
    // --- to the target ---
    /// "see below – interested?", the request below.
    Ask,
    /// The one reminder of an ask without an answer.
    Reminder,
    /// The answer was neither yes nor no: one question.
    Clarify,
    /// A yes came in a way that needs one word from the asked address.
    ConfirmTarget {
        why: ConfirmWhy,
    },
    /// One line of thanks after a no.
    ThankNo,
    /// "I'll ask again on …" (or at the latest then), seconds since 1970.
    AcknowledgeLater {
        until_secs: i64,
    },
    /// One line: never again.
    ConfirmStop,
    /// One line: the stop is taken back.
    ConfirmStart,
    /// The introduction has already been sent, or is no longer possible.
    TooLate {
        introduced: bool,
    },

    // --- to both, connector in Cc ---
    Introduction,

    // --- to the connector, for him only ---
    /// Whom the bot asked, for whom, and why him ("because your note named him").
    TellAsked {
        why: AskedWhy,
    },
    TellDeclined,
    /// What the target wrote, which is neither yes nor no; the connector decides what to do.
    TellUnclear {
        words: String,
    },
    TellLater {
        until_secs: i64,
        words: String,
    },
    TellStopped,
    /// No answer in time.
    TellClosed,
    /// The ask (or one leg of the introduction) could not be delivered.
    TellBounced {
        recipient: Address,
        introduction: bool,
    },
    /// Manners hold the ask back.
    TellHeld {
        why: HeldWhy,
    },
    /// "Ask again" asks nobody: how it stands, and when that changes (seconds since 1970).
    TellStands {
        stands: Stands,
        asked_at_secs: Option<i64>,
        next_at_secs: Option<i64>,
        close_at_secs: Option<i64>,
    },
    TellWithdrawn,
    /// The requester said no to a proposal, or did not answer.
    TellRequesterSilent {
        declined: bool,
    },
    /// "Whom do you mean?", with numbered choices (may be empty) and the words that named them.
    WhichTarget {
        words: String,
        choices: Vec<Choice>,
    },
    /// A direct request waits for the connector's yes. `proven`: whether the requester's mail was.
    Approve {
        proven: bool,
    },
    /// A mail in the connector's name that nothing proves: did he write it?
    ConfirmConnector,
    /// The forwarded mail does not name its author's address.
    WhoAsks {
        words: String,
    },
    /// What is open, what an order did, what the bot could not do.
    Report {
        /// Rows of earlier versions held worded lines.
        #[serde(default)]
        report: Report,
    },
    /// A mail to the bot itself: whether sub-addresses arrive.
    Probe,
    /// To the operator: something that mail depends on is wrong, or well again.
    Alarm {
        what: Alarm,
    },

    // --- to the requester ---
    /// Arrived; you'll hear by the date of the closing, no need to follow up.
    Acknowledge {
        closing_at_secs: i64,
    },
    /// "This one did not come together." The same for no, silence, later, bounce.
    Closing,
    /// He, or all together, have written as often as the pace allows; this one is not taken.
    TooMany {
        own: bool,
    },
    /// Please write a short paragraph that can be passed on.
    AskWords,
    /// Which of the connectors do you mean?
    WhichConnector {
        connectors: Vec<Person>,
    },
    /// Whom would you like to meet? The text names nobody, or several.
    WhichWish {
        words: String,
    },
    /// The connector's honest refusal, with his words for the requester where he wrote some.
    Refuse {
        words: String,
    },
    /// A connector proposes: would you like to meet …?
    Propose,
    /// A yes came after the closing: do you still want it?
    StillInterested,
}

/// What the operator has to know.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Alarm {
    /// No mail is read; `trouble` is the last error.
    NotReading {
        since_secs: i64,
        trouble: String,
    },
    ReadingAgain {
        since_secs: i64,
    },
    SendingAgain {
        since_secs: i64,
    },
    /// The sign-in at the provider ends then; `command` begins a new one.
    SignInEnds {
        until_secs: i64,
        command: String,
    },
    /// It has ended.
    SignInOver {
        command: String,
    },
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum ConfirmWhy {
    /// The author could not be proven, or proof failed.
    Unproven,
    /// The answer came from another address.
    OtherAddress { address: Address },
    /// The connector passed the answer on.
    PassedOn,
    /// The target answered the connector's own mail, unproven.
    Untied,
    /// It came after a no: a word like "fine" below our thanks, or a mail written before the no.
    AfterNo,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedWhy {
    /// The connector's own words named the target.
    YouNamed,
    /// The connector's note was empty; the request itself names one contact.
    RequestNamed,
    /// A direct request under the rule `direct_requests`.
    DirectRequest,
    /// A direct request for somebody whose entry in the contacts says "always yes".
    AlwaysYes,
    /// The connector said yes to a held request.
    YouAgreed,
    /// The connector answered a question of ours with a number or an address.
    YouPicked,
    /// The connector confirmed that a mail in his name is his.
    YouConfirmed,
    /// The connector wrote "ask again" when what had held the ask was over.
    YouAskedAgain,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldWhy {
    /// The target wants no such mail.
    Stopped,
    /// The operator's list of people who are never asked.
    Never,
    /// The first of two proposed people wants no such mail, or stands on that list.
    OtherStopped,
    /// The target was asked often enough in the last 30 days.
    AskedOften,
    /// The same requester was brought to the same target not long ago, or is at the moment.
    AskedBefore,
    /// As many asks as may go out in the connector's name in a day.
    ConnectorOften,
    /// A fuse: more mails than one introduction may cost.
    Fuse,
    /// The target said no, and the connector wants him asked once more.
    SaidNo,
    /// The requester's words were dropped some time after the end.
    WordsGone,
}

impl HeldWhy {
    /// Somebody is protected, not only now: neither reminded nor asked anew.
    pub fn is_for_good(self) -> bool {
        match self {
            HeldWhy::Stopped | HeldWhy::Never | HeldWhy::OtherStopped => true,
            HeldWhy::AskedOften
            | HeldWhy::AskedBefore
            | HeldWhy::ConnectorOften
            | HeldWhy::Fuse
            | HeldWhy::SaidNo
            | HeldWhy::WordsGone => false,
        }
    }
}

/// Whose answer a mail expects, and what the secret in it may decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    Requester,
    Connector,
    Target,
}

impl Saying {
    /// All of them by name.
    pub const NAMES: [&'static str; 37] = [
        "ask",
        "reminder",
        "clarify",
        "confirm_target",
        "thank_no",
        "acknowledge_later",
        "confirm_stop",
        "confirm_start",
        "too_late",
        "introduction",
        "tell_asked",
        "tell_declined",
        "tell_unclear",
        "tell_later",
        "tell_stopped",
        "tell_closed",
        "tell_bounced",
        "tell_held",
        "tell_stands",
        "tell_withdrawn",
        "tell_requester_silent",
        "which_target",
        "approve",
        "confirm_connector",
        "who_asks",
        "report",
        "probe",
        "alarm",
        "acknowledge",
        "closing",
        "too_many",
        "ask_words",
        "which_connector",
        "which_wish",
        "refuse",
        "propose",
        "still_interested",
    ];

    /// The name in the store and in `show`.
    pub fn name(&self) -> &'static str {
        match self {
            Saying::Ask => "ask",
            Saying::Reminder => "reminder",
            Saying::Clarify => "clarify",
            Saying::ConfirmTarget { .. } => "confirm_target",
            Saying::ThankNo => "thank_no",
            Saying::AcknowledgeLater { .. } => "acknowledge_later",
            Saying::ConfirmStop => "confirm_stop",
            Saying::ConfirmStart => "confirm_start",
            Saying::TooLate { .. } => "too_late",
            Saying::Introduction => "introduction",
            Saying::TellAsked { .. } => "tell_asked",
            Saying::TellDeclined => "tell_declined",
            Saying::TellUnclear { .. } => "tell_unclear",
            Saying::TellLater { .. } => "tell_later",
            Saying::TellStopped => "tell_stopped",
            Saying::TellClosed => "tell_closed",
            Saying::TellBounced { .. } => "tell_bounced",
            Saying::TellHeld { .. } => "tell_held",
            Saying::TellStands { .. } => "tell_stands",
            Saying::TellWithdrawn => "tell_withdrawn",
            Saying::TellRequesterSilent { .. } => "tell_requester_silent",
            Saying::WhichTarget { .. } => "which_target",
            Saying::Approve { .. } => "approve",
            Saying::ConfirmConnector => "confirm_connector",
            Saying::WhoAsks { .. } => "who_asks",
            Saying::Report { .. } => "report",
            Saying::Probe => "probe",
            Saying::Alarm { .. } => "alarm",
            Saying::Acknowledge { .. } => "acknowledge",
            Saying::Closing => "closing",
            Saying::TooMany { .. } => "too_many",
            Saying::AskWords => "ask_words",
            Saying::WhichConnector { .. } => "which_connector",
            Saying::WhichWish { .. } => "which_wish",
            Saying::Refuse { .. } => "refuse",
            Saying::Propose => "propose",
            Saying::StillInterested => "still_interested",
        }
    }

    /// Who hears it; the introduction alone goes to all three.
    pub fn party(&self) -> Option<Party> {
        match self {
            Saying::Ask
            | Saying::Reminder
            | Saying::Clarify
            | Saying::ConfirmTarget { .. }
            | Saying::ThankNo
            | Saying::AcknowledgeLater { .. }
            | Saying::ConfirmStop
            | Saying::ConfirmStart
            | Saying::TooLate { .. } => Some(Party::Target),
            Saying::Introduction => None,
            Saying::TellAsked { .. }
            | Saying::TellDeclined
            | Saying::TellUnclear { .. }
            | Saying::TellLater { .. }
            | Saying::TellStopped
            | Saying::TellClosed
            | Saying::TellBounced { .. }
            | Saying::TellHeld { .. }
            | Saying::TellStands { .. }
            | Saying::TellWithdrawn
            | Saying::TellRequesterSilent { .. }
            | Saying::WhichTarget { .. }
            | Saying::Approve { .. }
            | Saying::ConfirmConnector
            | Saying::WhoAsks { .. }
            | Saying::Report { .. }
            | Saying::Probe
            | Saying::Alarm { .. } => Some(Party::Connector),
            Saying::Acknowledge { .. }
            | Saying::Closing
            | Saying::TooMany { .. }
            | Saying::AskWords
            | Saying::WhichConnector { .. }
            | Saying::WhichWish { .. }
            | Saying::Refuse { .. }
            | Saying::Propose
            | Saying::StillInterested => Some(Party::Requester),
        }
    }

    /// Sent for a person rather than by the bot in its own right: no Auto-Submitted (RFC 3834
    /// section 5), since an out-of-office answer to it is useful.
    pub fn speaks_for_a_person(&self) -> bool {
        matches!(
            self,
            Saying::Ask | Saying::Reminder | Saying::Introduction | Saying::Propose
        )
    }

    /// The closed set of recipients: To first, then Cc. Empty where a party is not known.
    pub fn recipients(&self, introduction: &Introduction) -> Vec<Person> {
        let of = |party: &Option<Person>| party.clone().into_iter().collect::<Vec<_>>();
        match self.party() {
            Some(Party::Target) => of(&introduction.target),
            Some(Party::Connector) => of(&introduction.connector),
            Some(Party::Requester) => of(&introduction.requester),
            None => match (
                &introduction.requester,
                &introduction.target,
                &introduction.connector,
            ) {
                (Some(requester), Some(target), Some(connector)) => {
                    vec![requester.clone(), target.clone(), connector.clone()]
                }
                _ => Vec::new(),
            },
        }
    }
}
