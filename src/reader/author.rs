//! Who proved to be the author: a strict From reader, Authentication-Results (RFC 8601), facts of DKIM and DMARC.
use crate::reader::Proof;
use crate::reader::letter::Letter;
use serde::{Deserialize, Serialize};

/// What was found out over the network when the mail arrived, and is stored beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Domains (d=) of DKIM signatures that were verified here and meet our terms.
    pub dkim_domains: Vec<String>,
    /// Whether the author's domain publishes a DMARC policy; none: could not be looked up.
    pub dmarc_policy: Option<bool>,
}

pub fn judge(
    _letter: &Letter,
    _authserv_ids: &[String],
    _facts: Option<&Facts>,
) -> (Proof, String) {
    (Proof::Unproven, String::new())
}
