//! Manners: whom we may write to, how often, and what a requester may start alone.

use crate::reader::Proof;
use crate::reader::address::Address;
use crate::rules::clock::Pace;
use crate::rules::saying::HeldWhy;

/// The days over which asks to one person are counted.
pub const ASKS_WINDOW_SECS: i64 = 30 * 24 * 3600;
/// The days over which the requests of one requester are counted.
pub const REQUESTS_WINDOW_DAYS: i64 = 30;
/// Questions a day that mails which prove nothing may bring one connector, under however many
/// claimed names; what he really waits for comes proven or in answer to a mail of ours.
pub const UNPROVEN_PER_DAY: u32 = 25;
/// Of these, from authors of one domain: a flood from one leaves room for others.
pub const UNPROVEN_PER_DOMAIN: u32 = 10;
/// An answer to somebody who is part of no introduction is given at most once in this time
/// (RFC 3834 section 2: a responder answers one address seldom).
pub const NOTICE_PAUSE_SECS: i64 = 24 * 3600;

/// `direct_requests`: what a requester may start without the connector's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// A proven requester who names one of the connector's contacts.
    Contacts,
    /// Never without the connector's yes.
    Ask,
    /// Whoever is named, whoever asks.
    Any,
    /// Direct requests are refused.
    Off,
}

impl Direct {
    pub fn name(self) -> &'static str {
        match self {
            Direct::Contacts => "contacts",
            Direct::Ask => "ask",
            Direct::Any => "any",
            Direct::Off => "off",
        }
    }

    /// Whether the ask may go out at once, the connector being told.
    pub fn goes_out_at_once(self, requester: Proof, target_is_contact: bool) -> bool {
        match self {
            Direct::Any => requester != Proof::Fails,
            Direct::Contacts => requester == Proof::Proven && target_is_contact,
            Direct::Ask | Direct::Off => false,
        }
    }
}

/// One entry of the list of people who are never asked.
#[derive(Clone, PartialEq, Eq)]
pub enum Never {
    Address(Address),
    /// Everybody at this domain, in lower case.
    Domain(String),
}

impl Never {
    /// In any spelling of the address.
    pub fn holds(&self, address: &Address) -> bool {
        match self {
            Never::Address(listed) => listed.rate_key() == address.rate_key(),
            Never::Domain(domain) => address.domain() == domain,
        }
    }
}

/// What the store knows of a target, for the question whether he may be asked.
#[derive(Clone, Copy, Default)]
pub struct Past {
    pub stopped: bool,
    /// On the operator's list.
    pub never: bool,
    /// The first of two proposed people is on it, or said stop.
    pub other_stopped: bool,
    /// The connector's asks of this day are used up.
    pub connector_often: bool,
    /// Asks within [`ASKS_WINDOW_SECS`].
    pub asks: u32,
    /// The same requester is, or was within the quiet time, brought to him.
    pub tried_before: bool,
}

/// Why this target may not be asked now; None: he may.
pub fn hindrance(past: Past, pace: &Pace) -> Option<HeldWhy> {
    if past.never {
        Some(HeldWhy::Never)
    } else if past.stopped {
        Some(HeldWhy::Stopped)
    } else if past.other_stopped {
        Some(HeldWhy::OtherStopped)
    } else if past.tried_before {
        Some(HeldWhy::AskedBefore)
    } else if past.asks >= pace.asks_per_target {
        Some(HeldWhy::AskedOften)
    } else if past.connector_often {
        Some(HeldWhy::ConnectorOften)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_never_asked_is_known_in_any_spelling() {
        let address = |text: &str| Address::parse(text).unwrap();
        let listed = Never::Address(address("c.arol@gmail.com"));
        assert!(listed.holds(&address("Carol+news@googlemail.com")));
        assert!(!listed.holds(&address("carola@gmail.com")));
        let press = Never::Domain("press.example".to_owned());
        assert!(press.holds(&address("anybody@Press.example")));
        assert!(!press.holds(&address("anybody@express.example")));
    }

    #[test]
    fn a_direct_request_needs_a_proven_author_and_a_contact() {
        use Proof::*;
        assert!(Direct::Contacts.goes_out_at_once(Proven, true));
        assert!(!Direct::Contacts.goes_out_at_once(Proven, false));
        assert!(!Direct::Contacts.goes_out_at_once(Unproven, true));
        assert!(Direct::Any.goes_out_at_once(Unproven, false));
        assert!(!Direct::Any.goes_out_at_once(Fails, true));
        assert!(!Direct::Ask.goes_out_at_once(Proven, true));
        assert!(!Direct::Off.goes_out_at_once(Proven, true));
    }
}
