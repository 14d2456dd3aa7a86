//! One TLS client for IMAP and SMTP: the system's roots, the configured ones, and no way around the check.
//! It fails when no root is known, the certificate does not hold for this host, or no TLS can be agreed on.

mod pinned;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, CertificateError, ClientConfig, RootCertStore};

use super::Server;
use super::error::{WireError, clean};
use super::transport::Transport;

/// Two round trips and a signature; a server that needs longer is not answering.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Puts TLS over a stream and checks the certificate against the server's host name.
///
/// # Errors
/// [`WireError::Certificate`], [`WireError::Tls`], [`WireError::Timeout`], [`WireError::Closed`].
pub(super) async fn protect(
    stream: Box<dyn Transport>,
    server: &Server,
) -> Result<Box<dyn Transport>, WireError> {
    let config = client_config(server)?;
    let name = ServerName::try_from(server.host.clone()).map_err(|_| WireError::Certificate {
        at: server.at(),
        why: "the configured host is neither a DNS name nor an IP address".to_owned(),
    })?;
    match timeout(HANDSHAKE, TlsConnector::from(config).connect(name, stream)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(explain(server, &error)),
        Err(_) => Err(WireError::timeout(server, "the TLS handshake")),
    }
}

fn client_config(server: &Server) -> Result<Arc<ClientConfig>, WireError> {
    let mut roots = RootCertStore::empty();
    // A single root that rustls can't read is no reason to refuse all others.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let named = match &server.ca_file {
        Some(file) => add_file(&mut roots, file, server)?,
        None => Vec::new(),
    };
    if roots.is_empty() {
        return Err(WireError::Certificate {
            at: server.at(),
            why: "this system has no trusted roots; install ca-certificates or set `ca_file`"
                .to_owned(),
        });
    }
    let refuse = |why: String| WireError::Tls {
        at: server.at(),
        why,
    };
    // The provider is named, because a second one in the tree would make the default ambiguous.
    let provider = Arc::new(ring::default_provider());
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .map_err(|error| refuse(error.to_string()))?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned::Verifier { usual, named }))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn add_file(
    roots: &mut RootCertStore,
    file: &Path,
    server: &Server,
) -> Result<Vec<CertificateDer<'static>>, WireError> {
    let refuse = |why: String| WireError::Certificate {
        at: server.at(),
        why: format!("the file of roots {} can't be used: {why}", file.display()),
    };
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| refuse(error.to_string()))?;
    let mut named = Vec::new();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| refuse(error.to_string()))?;
        roots
            .add(certificate.clone())
            .map_err(|error| refuse(error.to_string()))?;
        named.push(certificate);
    }
    if named.is_empty() {
        return Err(refuse("it holds no certificate".to_owned()));
    }
    Ok(named)
}

fn explain(server: &Server, error: &std::io::Error) -> WireError {
    let at = server.at();
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(fault)) => WireError::Certificate {
            at,
            why: explain_fault(fault),
        },
        Some(rustls::Error::NoCertificatesPresented) => WireError::Certificate {
            at,
            why: "the server showed none".to_owned(),
        },
        Some(other) => WireError::Tls {
            at,
            why: clean(&other.to_string()),
        },
        None => WireError::Closed {
            at,
            during: "the TLS handshake",
            bye: None,
        },
    }
}

fn explain_fault(fault: &CertificateError) -> String {
    match fault {
        // A bad signature: a root of the same name is trusted, but another one signed.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its issuer is not trusted here; if the server is your own, name its root with `ca_file`".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host name; use the name that stands in the certificate".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired; its server needs a new one (or this machine's clock is wrong)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet (is this machine's clock right?)".to_owned()
        }
        // An authority in a server's place, mostly: webpki's word for it is a struct's name.
        CertificateError::Other(_) => {
            "it is not one for a server; if the server is your own, put this very certificate into `ca_file`".to_owned()
        }
        other => clean(&other.to_string()),
    }
}
