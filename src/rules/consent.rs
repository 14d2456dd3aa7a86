//! Consents with their evidence; the types make a vouched or standing yes of the target impossible.

use crate::reader::Proof;
use serde::{Deserialize, Serialize};

/// A person's own mail that says yes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailEvidence {
    /// With its angle brackets; empty where the mail had none.
    pub message_id: String,
    pub proof: Proof,
    /// How the author was proven, or why not.
    pub proof_why: String,
    /// The words that decided.
    pub words: String,
}

/// The connector's consent: his own mail, or the rule `direct_requests` of the configuration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "evidence", rename_all = "lowercase")]
pub enum ConnectorEvidence {
    Mail(MailEvidence),
    Standing { rule: String },
}

/// The requester's consent: his own mail, or the connector who passed his request on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "evidence", rename_all = "lowercase")]
pub enum RequesterEvidence {
    Mail(MailEvidence),
    Vouched {
        /// Message-ID of the connector's mail that passed the request on.
        message_id: String,
    },
}

/// One party's yes and when it was given, in seconds since 1970.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent<E> {
    pub at_secs: i64,
    #[serde(flatten)]
    pub evidence: E,
}

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consents {
    pub connector: Option<Consent<ConnectorEvidence>>,
    pub requester: Option<Consent<RequesterEvidence>>,
    /// Only ever the target's own mail: nothing and nobody stands in for it.
    pub target: Option<Consent<MailEvidence>>,
}

impl Consents {
    /// The mails among the evidence.
    pub fn mails_mut(&mut self) -> impl Iterator<Item = &mut MailEvidence> {
        let connector = self.connector.as_mut().and_then(|c| match &mut c.evidence {
            ConnectorEvidence::Mail(mail) => Some(mail),
            ConnectorEvidence::Standing { .. } => None,
        });
        let requester = self.requester.as_mut().and_then(|c| match &mut c.evidence {
            RequesterEvidence::Mail(mail) => Some(mail),
            RequesterEvidence::Vouched { .. } => None,
        });
        let target = self.target.as_mut().map(|c| &mut c.evidence);
        [connector, requester, target].into_iter().flatten()
    }

    /// Leaves of a vouched consent that it was vouched for.
    pub fn forget_vouching(&mut self) {
        if let Some(RequesterEvidence::Vouched { message_id }) =
            self.requester.as_mut().map(|c| &mut c.evidence)
        {
            message_id.clear();
        }
    }

    /// The rule at the centre.
    pub fn all_stand(&self) -> bool {
        self.connector.is_some() && self.requester.is_some() && self.target.is_some()
    }
}
