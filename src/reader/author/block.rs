//! Which Authentication-Results fields are believed: the topmost run of exactly the trusted ids.
//!
//! Fails by believing nothing: what stands below a hop of somebody else, or below another server's
//! results, may be anyone's (RFC 8601 section 7.1).

use super::results::{Field, MethodResult, Outcome, parse, uncommented};
use crate::reader::headers::Headers;

/// The id under which an operator trusts the form of Microsoft 365, which writes no authserv-id.
pub const MICROSOFT: &str = "microsoft";
/// Hosts of that service, by the end of their names.
const MICROSOFT_HOSTS: [&str; 2] = ["outlook.com", "office365.com"];
/// Fields of one block; a server writes one for each method at most.
const MAX_FIELDS: usize = 10;

/// The topmost run of fields of trusted servers.
#[derive(Clone, Debug, Default)]
pub struct Block {
    pub fields: Vec<(String, Vec<MethodResult>)>,
    pub has_malformed: bool,
    /// Why a field with a trusted id is not believed.
    pub distrust: Option<String>,
}

impl Block {
    /// The id of a server that says `dmarc=fail`.
    pub fn says_dmarc_fail(&self) -> Option<&str> {
        let fails = |r: &MethodResult| r.method == "dmarc" && r.outcome == Outcome::Fail;
        let field = self
            .fields
            .iter()
            .find(|(_, results)| results.iter().any(fails));
        field.map(|(id, _)| id.as_str())
    }

    pub fn mentions(&self, method: &str) -> bool {
        self.fields
            .iter()
            .any(|(_, results)| results.iter().any(|r| r.method == method))
    }

    /// Whether DMARC is spoken of only to say that the domain has no policy.
    pub fn has_only_dmarc_none(&self) -> bool {
        let dmarc = self.fields.iter().flat_map(|(_, results)| results);
        dmarc
            .filter(|r| r.method == "dmarc")
            .all(|r| r.outcome == Outcome::None)
    }

    /// The id of the first server that speaks of a result like `which`, if all of them are `good`.
    pub fn all(
        &self,
        which: impl Fn(&MethodResult) -> bool,
        good: impl Fn(&MethodResult) -> bool,
    ) -> Option<&str> {
        let mut first = None;
        for (id, results) in &self.fields {
            for result in results.iter().filter(|result| which(result)) {
                if !good(result) {
                    return None;
                }
                first = first.or(Some(id.as_str()));
            }
        }
        first
    }

    /// The id of the first server that speaks of `method`, if each field that does so has one good
    /// result (a mail may have several signatures, and a broken one besides a good one is usual).
    pub fn each_field(&self, method: &str, good: impl Fn(&MethodResult) -> bool) -> Option<&str> {
        let mut first = None;
        for (id, results) in &self.fields {
            let mut spoken = results.iter().filter(|r| r.method == method).peekable();
            if spoken.peek().is_some() {
                if !spoken.any(&good) {
                    return None;
                }
                first = first.or(Some(id.as_str()));
            }
        }
        first
    }
}

/// The topmost contiguous fields of servers with one of these ids (lower case, exact). What is
/// further down was there before the mail came to that server, and may be anyone's.
pub fn trusted(headers: &Headers, ids: &[String]) -> Block {
    let mut block = Block::default();
    if ids.is_empty() {
        return block;
    }
    let mut hops: Vec<String> = Vec::new();
    let mut fields = headers.iter();
    while let Some((name, value)) = fields.next() {
        let name = name.trim().to_ascii_lowercase();
        if name == "received" {
            if block.has_any() {
                break;
            }
            hops.push(by_host(value));
            continue;
        }
        if name != "authentication-results" {
            // Verifiers write these between their results; anything else was there before.
            let beside = name.starts_with("arc-") || name.starts_with("x-");
            if block.has_any() && !beside && name != "received-spf" && name != "dkim-filter" {
                break;
            }
            continue;
        }
        let field = parse(value);
        let Some(id) = believed(&field, ids, fields.clone()) else {
            if block.has_any() {
                break;
            }
            // Microsoft's mode believes the topmost field alone.
            if field.id.is_none() {
                return block;
            }
            continue;
        };
        if let Some(hop) = hops.iter().find(|hop| !is_ours(hop, ids)) {
            block.distrust = Some(format!(
                "the results of {id} stand below a hop of {hop}, which trust.authserv_ids does not cover"
            ));
            return block;
        }
        match field.results {
            Some(results) => block.fields.push((id, results)),
            None => block.has_malformed = true,
        }
        if block.fields.len() >= MAX_FIELDS || field.id.is_none() {
            break;
        }
    }
    block
}

impl Block {
    fn has_any(&self) -> bool {
        self.has_malformed || !self.fields.is_empty()
    }
}

/// The trusted id that wrote this field.
fn believed<'a>(
    field: &Field,
    ids: &[String],
    mut below: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    let listed = |id: &str| ids.iter().any(|own| own.eq_ignore_ascii_case(id));
    match &field.id {
        Some(id) => (listed(id) && id != MICROSOFT).then(|| id.clone()),
        None => {
            let received = below.find(|(name, _)| name.trim().eq_ignore_ascii_case("received"));
            let by_microsoft = received.is_some_and(|(_, value)| is_microsoft(&by_host(value)));
            (listed(MICROSOFT) && by_microsoft).then(|| MICROSOFT.to_owned())
        }
    }
}

fn is_microsoft(host: &str) -> bool {
    MICROSOFT_HOSTS.iter().any(|end| {
        host.strip_suffix(end)
            .is_some_and(|before| before.ends_with('.'))
    })
}

/// Whether a hop above the results is the same service, or inside a machine room.
fn is_ours(host: &str, ids: &[String]) -> bool {
    let inside = !host.contains('.')
        || host.contains(':')
        || host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok()
        || [".internal", ".local", ".localdomain", ".lan", ".localhost"]
            .iter()
            .any(|end| host.ends_with(end));
    inside
        || ids.iter().any(|id| match id.as_str() {
            MICROSOFT => is_microsoft(host),
            id => super::aligned(id, host),
        })
}

/// The host after `by` in a Received field (RFC 5321 section 4.4), lower case; empty where none is.
fn by_host(value: &str) -> String {
    let mut words = uncommented(value).unwrap_or_default();
    words.make_ascii_lowercase();
    let mut words = words.split_ascii_whitespace();
    let host = words.find(|word| *word == "by").and_then(|_| words.next());
    let host = host.unwrap_or_default().trim_end_matches([';', '.']);
    host.to_owned()
}
