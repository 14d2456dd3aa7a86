//! Where a domain's mail servers are: what the DNS announces (RFC 6186, RFC 8314), who takes its mail
//! (MX), and whether a guessed server answers.
//!
//! Fails by finding nothing; a guess that does not answer in time is no server.

use super::proof::Resolver;
use super::transport::{Lines, Transport};
use super::{Security, Server, dial, tls};
use mail_auth::hickory_resolver::lookup::Lookup;
use mail_auth::hickory_resolver::proto::rr::RData;
use std::time::Duration;
use tokio::time::timeout;

/// A person waits: a resolver that needs longer is not going to help.
const LOOKUP: Duration = Duration::from_secs(6);
/// The same for a guessed server, greeting included.
const GREETING: Duration = Duration::from_secs(8);

/// A host and port that the DNS names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub host: String,
    pub port: u16,
}

/// Which protocol a guess is about: the word its greeting begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    Imap,
    Smtp,
}

/// The best server that `_service._tcp.domain` names; a dot as its name says that there is none
/// (RFC 6186 section 3.4).
pub async fn service(service: &str, domain: &str, resolver: &Resolver) -> Option<Place> {
    let name = format!("_{service}._tcp.{domain}.");
    let looking = resolver.raw().srv_lookup(name.as_str());
    let found: Lookup = timeout(LOOKUP, looking).await.ok()?.ok()?;
    let mut places: Vec<(u16, std::cmp::Reverse<u16>, Place)> = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => {
                let host = host(&srv.target.to_ascii());
                let place = Place {
                    host,
                    port: srv.port,
                };
                Some((srv.priority, std::cmp::Reverse(srv.weight), place))
            }
            _ => None,
        })
        .filter(|(_, _, place)| !place.host.is_empty() && place.port > 0)
        .collect();
    places.sort_by_key(|(priority, weight, _)| (*priority, *weight));
    places.into_iter().next().map(|(_, _, place)| place)
}

/// The hosts that take mail for a domain, the preferred one first.
pub async fn mail_exchangers(domain: &str, resolver: &Resolver) -> Vec<String> {
    let name = format!("{domain}.");
    let looking = resolver.raw().mx_lookup(name.as_str());
    let Ok(Ok(found)) = timeout(LOOKUP, looking).await else {
        return Vec::new();
    };
    let mut hosts: Vec<(u16, String)> = found
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::MX(mx) => Some((mx.preference, host(&mx.exchange.to_ascii()))),
            _ => None,
        })
        .filter(|(_, host)| !host.is_empty())
        .collect();
    hosts.sort();
    hosts.into_iter().map(|(_, host)| host).collect()
}

fn host(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Whether the server answers there as it should; nothing secret is said.
pub async fn greets(server: &Server, speaks: Speaks) -> bool {
    let trying = async {
        let (stream, _) = dial::dial(server).await.ok()?;
        let stream: Box<dyn Transport> = match server.security {
            Security::Tls => tls::protect(Box::new(stream), server).await.ok()?,
            Security::StartTls | Security::None => Box::new(stream),
        };
        let mut lines = Lines::new(stream, server.at());
        lines.line(GREETING, "the greeting").await.ok()
    };
    let greeting = timeout(GREETING, trying).await.ok().flatten();
    greeting.is_some_and(|line| match speaks {
        Speaks::Imap => line.starts_with("* OK"),
        Speaks::Smtp => line.starts_with("220"),
    })
}

/// Whether a name server answers at all: the root has one, whatever else exists.
pub async fn answers(resolver: &Resolver) -> bool {
    use mail_auth::hickory_resolver::proto::rr::RecordType;
    let looking = resolver.raw().lookup(".", RecordType::NS);
    matches!(timeout(LOOKUP, looking).await, Ok(Ok(_)))
}
