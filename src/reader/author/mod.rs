//! Who proved to be the author: the strict From, what trusted servers say, what was verified here.
//!
//! Never fails: what can't be read proves nothing. A proof needs a mailbox to be a proof of, so a
//! From field that readers disagree on is unproven at best (RFC 5322 section 3.6.2, VU#517845).

pub mod block;
pub mod covered;
pub mod from;
pub mod results;

use crate::reader::Proof;
use crate::reader::author::from::Sender;
use crate::reader::headers::Headers;
use crate::reader::letter::Letter;
use block::Block;
use results::Outcome;
use serde::{Deserialize, Serialize};

/// What was found out over the network when the mail arrived, and is stored beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Domains (d=) of DKIM signatures that were verified here and meet our terms.
    pub dkim_domains: Vec<String>,
    /// Whether the author's domain publishes a DMARC policy; none: could not be looked up.
    pub dmarc_policy: Option<bool>,
}

/// The author by the raw header fields (name as written, value unfolded but not decoded).
pub fn sender(headers: &Headers) -> Sender {
    from::read(headers)
}

/// What is proven about the author, and why, for `show` and `explain`.
///
/// *Proven*: a trusted server's `dmarc=pass` for exactly the From domain, its `dkim=pass` for an
/// aligned domain, or an aligned DKIM signature that was verified here. *Fails*: a trusted server
/// says `dmarc=fail`, or the domain publishes DMARC and nothing aligned passed. SPF alone proves
/// nothing: it is about the envelope (RFC 7489 section 3.1.2).
pub fn judge(letter: &Letter, authserv_ids: &[String], facts: Option<&Facts>) -> (Proof, String) {
    let domain = letter.from.person().map(|p| p.address.domain());
    let block = block::trusted(&letter.headers, authserv_ids);
    if let Some(id) = block.says_dmarc_fail() {
        return (Proof::Fails, format!("{id} says dmarc=fail"));
    }
    let Some(domain) = domain else {
        let why = "the From field is missing, doubled, or not exactly one plain mailbox";
        return (Proof::Unproven, why.to_owned());
    };
    if let Some(why) = by_server(&block, domain) {
        return (Proof::Proven, why);
    }
    let verified = facts.map_or(&[][..], |facts| &facts.dkim_domains);
    if let Some(signer) = verified.iter().find(|signer| aligned(signer, domain)) {
        return (
            Proof::Proven,
            format!("the DKIM signature of {signer} was verified here"),
        );
    }
    if facts.and_then(|facts| facts.dmarc_policy) == Some(true) {
        let why = format!("{domain} publishes DMARC, and nothing aligned with it passed");
        return (Proof::Fails, why);
    }
    let why = match (&block.distrust, authserv_ids.is_empty()) {
        (Some(reason), _) => reason.clone(),
        (None, true) => "no server's Authentication-Results are believed, and no aligned DKIM signature was verified here".to_owned(),
        (None, false) if block.fields.is_empty() => "no Authentication-Results of a trusted server, and no aligned DKIM signature was verified here".to_owned(),
        (None, false) => "the trusted server's results prove nothing about the author".to_owned(),
    };
    (Proof::Unproven, why)
}

/// Why the trusted results prove an author at `domain`; none: they do not. Where several fields
/// speak of one method, each must pass: one of them may be forged and none of them better.
fn by_server(block: &Block, domain: &str) -> Option<String> {
    if block.has_malformed {
        return None;
    }
    let dmarc = block.all(
        |result| result.method == "dmarc",
        |result| result.outcome == Outcome::Pass && result.names_only("header", "from", domain),
    );
    if let Some(id) = dmarc {
        return Some(format!("{id} says dmarc=pass for {domain}"));
    }
    if block.mentions("dmarc") && !block.has_only_dmarc_none() {
        return None;
    }
    let dkim = block.each_field("dkim", |result| {
        result.outcome == Outcome::Pass
            && result
                .dkim_domain()
                .is_some_and(|signer| aligned(&signer, domain))
    });
    dkim.map(|id| format!("{id} says dkim=pass for a domain aligned with {domain}"))
}

/// Whether two domains belong to one organisation (relaxed alignment, RFC 7489 section 3.1).
pub fn aligned(a: &str, b: &str) -> bool {
    let normal = |domain: &str| domain.trim_end_matches('.').to_lowercase();
    let (a, b) = (normal(a), normal(b));
    if a.is_empty() || b.is_empty() {
        return false;
    }
    // A public suffix has no organisational domain, and aligns with nothing but itself.
    a == b || psl::domain_str(&a).is_some_and(|org| psl::domain_str(&b) == Some(org))
}

#[cfg(test)]
mod tests;
