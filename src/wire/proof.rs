//! What the network knows about a mail's author: DKIM signatures that verify, and a DMARC policy.
//!
//! Fails by knowing less: a signature that can't be checked is not listed, and a policy that can't
//! be told from a failed lookup is `None`. Never takes longer than `DEADLINE`.

use mail_auth::common::crypto::Algorithm;
use mail_auth::common::headers::Header;
use mail_auth::dkim::Signature;
use mail_auth::dmarc::{Dmarc, Policy};
use mail_auth::hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts,
};
use mail_auth::hickory_resolver::proto::rr::Name;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DnsError, Error, MessageAuthenticator, ResolverCache, Txt,
};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

/// All lookups of one mail together; the mail is judged without them then.
const DEADLINE: Duration = Duration::from_secs(10);
/// Signatures looked at in one mail: each costs a lookup that the sender chose.
const MAX_SIGNATURES: usize = 5;
/// The oldest signature that counts: long enough for a slow queue, too short for an old mail.
const MAX_AGE_SECS: i64 = 14 * 86_400;
/// Labels above the author's domain that are asked for a policy.
const MAX_LABELS: usize = 8;
/// How far a signer's clock may be ahead of ours.
const MAX_AHEAD_SECS: i64 = 86_400;
/// Fields that a signature must cover (RFC 6376 section 5.4 names From alone): without them a
/// genuine mail could be sent again with another recipient, subject or date.
const MUST_COVER: [&str; 5] = ["from", "to", "subject", "date", "message-id"];
/// Fields that may be there once: a signature covers the lowest of them and readers may show the
/// topmost (RFC 6376 section 8.15).
const ONCE: [&str; 11] = [
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "content-type",
    "content-transfer-encoding",
];

/// What was found. The same meaning as the reader's facts; this room does not know the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Domains (d=) of signatures that verified and meet our terms, in lower case, sorted.
    pub dkim_domains: Vec<String>,
    /// Whether the author's domain publishes DMARC; none: unknown, or a lookup that could have
    /// shown a good signature failed, so that "nothing passed" would say too much.
    pub dmarc_policy: Option<bool>,
}

/// Looks names up, and remembers them for as long as they say.
#[derive(Clone)]
pub struct Resolver(MessageAuthenticator);

impl Resolver {
    /// The resolver that this machine is set up with. The error is a sentence.
    pub fn system() -> Result<Resolver, String> {
        MessageAuthenticator::new_system_conf()
            .map(Resolver)
            .map_err(|error| format!("the system's DNS resolver can't be used: {error}"))
    }

    /// For lookups that are not about authors.
    pub(super) fn raw(&self) -> &mail_auth::hickory_resolver::TokioResolver {
        &self.0.0
    }

    /// One server alone.
    pub fn at(server: SocketAddr) -> Result<Resolver, String> {
        let with_port = |mut connection: ConnectionConfig| {
            connection.port = server.port();
            connection
        };
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port);
        let server = NameServerConfig::new(server.ip(), true, connections.to_vec());
        let config = ResolverConfig::from_name_servers(vec![server]);
        MessageAuthenticator::new(config, ResolverOpts::default())
            .map(Resolver)
            .map_err(|error| format!("this DNS resolver can't be used: {error}"))
    }
}

/// What DNS and the signatures in `raw` (the whole mail, CRLF line ends) say about an author at
/// `from_domain`, now.
pub async fn facts(raw: &[u8], from_domain: &str, resolver: &Resolver) -> Found {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now_secs = since_1970.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
    facts_at(raw, from_domain, resolver, now_secs).await
}

/// The same at a given time, in seconds since 1970, for the age of signatures.
pub async fn facts_at(raw: &[u8], from_domain: &str, resolver: &Resolver, now_secs: i64) -> Found {
    within(DEADLINE, raw, from_domain, resolver, now_secs).await
}

async fn within(
    deadline: Duration,
    raw: &[u8],
    from_domain: &str,
    resolver: &Resolver,
    now_secs: i64,
) -> Found {
    let (dkim, dmarc_policy) = tokio::join!(
        tokio::time::timeout(deadline, signers(raw, from_domain, resolver, now_secs)),
        tokio::time::timeout(deadline, publishes_dmarc(from_domain, resolver)),
    );
    let (dkim_domains, is_complete) = dkim.unwrap_or((Vec::new(), false));
    Found {
        dkim_domains,
        dmarc_policy: dmarc_policy
            .unwrap_or(None)
            .filter(|published| is_complete || !published),
    }
}

/// The domains whose signatures hold, and whether every lookup was answered.
async fn signers(
    raw: &[u8],
    from_domain: &str,
    resolver: &Resolver,
    now_secs: i64,
) -> (Vec<String>, bool) {
    let Some(mut mail) = AuthenticatedMessage::parse(raw) else {
        return (Vec::new(), true);
    };
    if has_doubled_field(&mail) {
        return (Vec::new(), true);
    }
    let date_secs = date_secs(raw);
    mail.dkim_headers
        .retain(|header| meets_terms(header, date_secs, now_secs));
    // Those that could prove the author come first, before the limit.
    let organisation = psl::domain_str(from_domain);
    mail.dkim_headers
        .sort_by_key(|header| psl::domain_str(&header.header.d) != organisation);
    mail.dkim_headers.truncate(MAX_SIGNATURES);
    let mut domains = BTreeSet::new();
    let mut is_complete = true;
    for output in resolver.0.verify_dkim(&mail).await {
        match (output.result(), output.signature()) {
            (DkimResult::Pass, Some(signature)) => {
                domains.insert(signature.d.to_lowercase());
            }
            (DkimResult::TempError(_), _) => is_complete = false,
            _ => {}
        }
    }
    (domains.into_iter().collect(), is_complete)
}

fn has_doubled_field(mail: &AuthenticatedMessage<'_>) -> bool {
    ONCE.iter().any(|once| {
        let is_once = |name: &[u8]| name.trim_ascii().eq_ignore_ascii_case(once.as_bytes());
        mail.headers
            .iter()
            .filter(|(name, _)| is_once(name))
            .count()
            > 1
    })
}

/// Our terms, besides what the verifier asks for itself (no `l=`, `x=` not past, RSA of 1,024 bits
/// at least).
fn meets_terms(header: &Header<'_, Signature>, date_secs: Option<i64>, now_secs: i64) -> bool {
    let signature = &header.header;
    let covers = |name: &str| signature.h.iter().any(|h| h.eq_ignore_ascii_case(name));
    let signed_secs = match signature.t {
        0 => date_secs,
        t => i64::try_from(t).ok(),
    };
    // SHA-1 proves nothing any more (RFC 8301 section 3.1).
    signature.a != Algorithm::RsaSha1
        && signature.l == 0
        && MUST_COVER.iter().all(|name| covers(name))
        && signed_secs.is_some_and(|at| {
            (-MAX_AHEAD_SECS..=MAX_AGE_SECS).contains(&now_secs.saturating_sub(at))
        })
}

/// The Date field, for signatures without a time; they cover it.
fn date_secs(raw: &[u8]) -> Option<i64> {
    let message = mail_parser::MessageParser::new().parse_headers(raw)?;
    message.date().map(mail_parser::DateTime::to_timestamp)
}

/// Whether the domain, or its organisation, publishes a DMARC policy; none: could not be told.
async fn publishes_dmarc(from_domain: &str, resolver: &Resolver) -> Option<bool> {
    let domain = Name::from_utf8(from_domain).ok()?.to_ascii().to_lowercase();
    let domain = domain.trim_end_matches('.');
    let organisation = psl::domain_str(domain).unwrap_or(domain);
    // From the domain up to its organisation, one label at a time (RFC 9989 section 4.10).
    let parents = std::iter::successors(Some(domain), |name| {
        name.split_once('.').map(|(_, parent)| parent)
    });
    for name in parents
        .take(MAX_LABELS)
        .filter(|name| name.len() >= organisation.len())
    {
        let key = format!("_dmarc.{name}.");
        match resolver.0.txt_lookup::<Dmarc>(key, None::<&NoCache>).await {
            // Without a policy and without reports it is no record (RFC 9989 section 4.10.1).
            Ok(record) => return Some(record.p != Policy::Unspecified || !record.rua.is_empty()),
            Err(Error::Dns(DnsError::Resolver(_))) => return None,
            Err(_) => {}
        }
    }
    Some(false)
}

/// The resolver below has its own cache.
struct NoCache;

impl ResolverCache<Box<str>, Txt> for NoCache {
    fn get<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
        Q: std::hash::Hash + Eq + ?Sized,
    {
        None
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: std::borrow::Borrow<Q>,
        Q: std::hash::Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: std::time::Instant) {}
}

#[cfg(test)]
pub(crate) mod tests;
