//! A private authority and a server certificate, made anew for each test.
//! It fails by panicking, as tests may.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The authority's certificate and the server's, in a folder that goes away with it.
pub struct Certs {
    pub folder: tempfile::TempDir,
    pub leaf_pem: String,
    pub key_pem: String,
    leaf_der: Vec<u8>,
    key_der: Vec<u8>,
}

impl Certs {
    /// For these host names, valid now.
    pub fn for_names(names: &[&str]) -> Certs {
        Certs::make(names, 2100)
    }

    /// Expired long ago.
    pub fn expired(names: &[&str]) -> Certs {
        Certs::make(names, 2002)
    }

    fn make(names: &[&str], until_year: i32) -> Certs {
        let mut params = CertificateParams::new(Vec::default()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "askfirst test authority");
        params.key_usages.push(KeyUsagePurpose::KeyCertSign);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2100, 1, 1);
        let authority_key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(params, authority_key);

        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &issuer).unwrap();

        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority.pem()).unwrap();
        Certs {
            folder,
            leaf_pem: leaf.pem(),
            key_pem: key.serialize_pem(),
            leaf_der: leaf.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }

    /// A server that is its own authority, as Proton Mail Bridge makes itself one; `ca_file` is that certificate.
    pub fn its_own_authority(names: &[&str], until_year: i32) -> Certs {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .extended_key_usages
            .push(ExtendedKeyUsagePurpose::ServerAuth);
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let own = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), own.pem()).unwrap();
        Certs {
            folder,
            leaf_pem: own.pem(),
            key_pem: key.serialize_pem(),
            leaf_der: own.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }

    /// The file of roots that trusts this authority.
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The server's side of TLS.
    pub fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key_der.clone()));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.leaf_der.clone().into()], key)
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}
