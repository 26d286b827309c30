//! Certificates for a test, and clients that show them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::{Request, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, SanType,
};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::common::Answer;

/// A certificate with its key, as PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// An authority.
pub(crate) struct Authority {
    pub(crate) certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        let issuer = Issuer::new(params, key);
        Self {
            certificate,
            issuer,
        }
    }

    /// A certificate for localhost.
    pub(crate) fn server(&self) -> Pair {
        self.sign(
            vec![
                SanType::DnsName("localhost".try_into().expect("ASCII")),
                SanType::IpAddress([127, 0, 0, 1].into()),
            ],
            ExtendedKeyUsagePurpose::ServerAuth,
        )
    }

    pub(crate) fn client(&self, names: Vec<SanType>) -> Pair {
        self.sign(names, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn sign(&self, names: Vec<SanType>, usage: ExtendedKeyUsagePurpose) -> Pair {
        let mut params = CertificateParams::new([]).expect("no names");
        params.subject_alt_names = names;
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Pair {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// A self-signed certificate that is its own authority, as `openssl req -x509` makes them.
pub(crate) fn self_signed(name: &str) -> Pair {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate().expect("a key");
    Pair {
        certificate: params.self_signed(&key).expect("a certificate").pem(),
        key: key.serialize_pem(),
    }
}

/// Writes `name.crt` and `name.key`.
pub(crate) fn write(folder: &Path, name: &str, pair: &Pair) {
    std::fs::write(folder.join(format!("{name}.crt")), &pair.certificate).expect("writable");
    std::fs::write(folder.join(format!("{name}.key")), &pair.key).expect("writable");
}

/// The behaviour of a client.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    roots: String,
    pair: Option<Pair>,
    pub(crate) provider: CryptoProvider,
    pub(crate) versions: Vec<&'static rustls::SupportedProtocolVersion>,
    pub(crate) http2: bool,
}

impl Client {
    /// A client that trusts an authority.
    pub(crate) fn new(authority: &Authority) -> Self {
        Self {
            roots: authority.certificate.clone(),
            pair: None,
            provider: aws_lc_rs::default_provider(),
            versions: rustls::ALL_VERSIONS.to_vec(),
            http2: false,
        }
    }

    pub(crate) fn shows(mut self, pair: &Pair) -> Self {
        self.pair = Some(pair.clone());
        self
    }

    pub(crate) fn config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&self.roots));
        let builder = ClientConfig::builder_with_provider(Arc::new(self.provider.clone()))
            .with_protocol_versions(&self.versions)
            .expect("versions and suites go together")
            .with_root_certificates(roots);
        let mut config = match &self.pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).expect("a key");
                let chain = certificates(&pair.certificate);
                builder.with_client_auth_cert(chain, key).expect("a pair")
            }
        };
        if self.http2 {
            config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        }
        config
    }

    /// Sends a request on a new connection.
    pub(crate) async fn get(
        &self,
        address: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(Version, Answer), String> {
        let exchange = self.exchange(address, path, headers);
        tokio::time::timeout(Duration::from_secs(60), exchange)
            .await
            .expect("an answer in time")
    }

    async fn exchange(
        &self,
        address: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<(Version, Answer), String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = TlsConnector::from(Arc::new(self.config()))
            .connect(name, stream)
            .await
            .map_err(|error| error.to_string())?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let mut request = Request::builder().uri(if is_http2 {
            format!("https://localhost{path}")
        } else {
            path.to_owned()
        });
        if !is_http2 {
            request = request.header("host", "localhost");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Empty::<Bytes>::new()).expect("a request");
        let stream = TokioIo::new(stream);
        let failed =
            |error: hyper::Error| format!("{error}: {:?}", std::error::Error::source(&error));
        let response = if is_http2 {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)
                    .await
                    .map_err(failed)?;
            tokio::spawn(connection);
            sender.send_request(request).await.map_err(failed)?
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(stream)
                .await
                .map_err(failed)?;
            tokio::spawn(connection);
            sender.send_request(request).await.map_err(failed)?
        };
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map_err(failed)?.to_bytes();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        };
        Ok((parts.version, answer))
    }
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .expect("certificates")
}
