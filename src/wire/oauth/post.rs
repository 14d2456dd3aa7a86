//! One form posted over HTTPS, one JSON object back; the only place that speaks HTTP as a client.
//! It fails with [`Trouble::Unavailable`] where nothing answers, and [`Trouble::Nonsense`] where the answer is none.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio_rustls::rustls::crypto::ring;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::Trouble;
use crate::wire::error::clean;

/// From connecting to the last byte: a token endpoint that needs longer is not answering.
const DEADLINE: Duration = Duration::from_secs(30);
/// Microsoft's tokens have 2 to 4 kB; a whole answer stays below this.
const BODY_MAX_BYTES: u64 = 64 * 1024;

/// What an endpoint said.
pub struct Answer {
    /// The host, for errors.
    pub(super) at: String,
    pub(super) status: u16,
    fields: serde_json::Map<String, serde_json::Value>,
}

impl Answer {
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// Some servers write numbers as strings.
    pub(super) fn seconds(&self, name: &str) -> Option<i64> {
        /// Ten years: sums of times stay far from overflow.
        const LONGEST: i64 = 10 * 366 * 86_400;
        let value = self.fields.get(name)?;
        let secs = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
        (0..=LONGEST).contains(&secs).then_some(secs)
    }
}

/// The roots are those of the mail servers: the system's (SSL_CERT_FILE is heeded). The provider is named, so
/// that a second one in the tree could not make it ambiguous.
static TLS: LazyLock<TlsConfig> = LazyLock::new(|| {
    let roots = rustls_native_certs::load_native_certs().certs;
    let roots = roots
        .iter()
        .map(|root| Certificate::from_der(root.as_ref()).to_owned());
    TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build()
});

pub(super) fn post(url: &str, fields: &[(&str, &str)]) -> Result<Answer, Trouble> {
    let at = host(url);
    let plain = url.starts_with("http://");
    let agent: Agent = Agent::config_builder()
        .tls_config(TLS.clone())
        .timeout_global(Some(DEADLINE))
        // A refusal has a body that says why; a redirect would carry the form to somebody else.
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("askfirst/", env!("CARGO_PKG_VERSION")))
        .accept("application/json")
        // Plain HTTP is for this machine only (the configuration sees to it): no proxy hears it.
        .proxy(if plain { None } else { Proxy::try_from_env() })
        .build()
        .new_agent();
    let unavailable = |why: String| Trouble::Unavailable {
        at: at.clone(),
        why: clean(&why),
    };
    let nonsense = |why: String| Trouble::Nonsense {
        at: at.clone(),
        why,
    };
    let mut response = agent
        .post(url)
        .send_form(fields.iter().copied())
        .map_err(|error| unavailable(explain(&error)))?;
    let status = response.status().as_u16();
    if status >= 500 || status == 429 || status == 408 {
        return Err(unavailable(format!("status {status}")));
    }
    let body = response
        .body_mut()
        .with_config()
        .limit(BODY_MAX_BYTES)
        .read_to_vec()
        .map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => nonsense("a body without an end".to_owned()),
            other => unavailable(explain(&other)),
        })?;
    match serde_json::from_slice(&body) {
        Ok(serde_json::Value::Object(fields)) => Ok(Answer { at, status, fields }),
        // The body may hold anything: only that it is none is said.
        _ => Err(nonsense(format!("status {status}, and no JSON object"))),
    }
}

fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(_) => format!("no answer within {} s", DEADLINE.as_secs()),
        ureq::Error::HostNotFound => "the host name has no address".to_owned(),
        other => other.to_string(),
    }
}

/// Host and port of an address, for errors.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}
