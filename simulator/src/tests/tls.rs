//! TLS: a certificate of a private authority, on the port of plain HTTP, and through the proxy.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::*;

/// Writes a certificate with its key, and returns them with the certificate of their authority.
fn certificate(folder: &Path) -> (TlsFiles, RootCertStore) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let mut roots = RootCertStore::empty();
    let root = authority.self_signed(&authority_key).unwrap();
    roots.add(root.der().clone()).unwrap();

    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let files = TlsFiles {
        certificate: folder.join("server.crt"),
        key: folder.join("server.key"),
    };
    std::fs::write(&files.certificate, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    (files, roots)
}

async fn with_tls(files: TlsFiles) -> io::Result<Simulator> {
    let options = Options {
        tls: Some(files),
        ..Options::default()
    };
    Simulator::start(small_world(), options).await
}

/// Lists the fleets over TLS on this connection.
async fn fleets_over_tls(stream: TcpStream, roots: RootCertStore) -> io::Result<Answer> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    let name = "localhost".try_into().unwrap();
    let mut stream = connector.connect(name, stream).await?;
    let request = request("DescribeFleets", &json!({}), &signature("DescribeFleets"));
    stream.write_all(&request).await?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(Answer::parse(&bytes))
}

#[tokio::test]
async fn clients_that_trust_the_authority_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (files, roots) = certificate(folder.path());
    let simulator = with_tls(files).await.unwrap();
    let address = simulator.address();
    assert_eq!(simulator.endpoint_url(), format!("https://{address}"));
    let connect = async || TcpStream::connect(address).await.unwrap();

    let answer = fleets_over_tls(connect().await, roots.clone())
        .await
        .unwrap();
    assert_eq!(answer.names("Fleets", "Name"), ["desks"]);
    let plain = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(plain.names("Fleets", "Name"), ["desks"]);
    let refused = fleets_over_tls(connect().await, RootCertStore::empty()).await;
    let error = refused.unwrap_err().to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");

    let tunnel = proxy::tunnel(&simulator).await;
    let answer = fleets_over_tls(tunnel, roots.clone()).await.unwrap();
    assert_eq!(answer.names("Fleets", "Name"), ["desks"]);

    simulator.inject(Fault::reset());
    let error = fleets_over_tls(connect().await, roots).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = certificate(folder.path());
    let missing = TlsFiles {
        key: folder.path().join("missing"),
        ..files.clone()
    };
    let error = with_tls(missing).await.unwrap_err().to_string();
    assert!(error.contains("missing: "), "{error}");
    std::fs::write(&files.certificate, "no certificate").unwrap();
    let error = with_tls(files).await.unwrap_err().to_string();
    assert!(error.contains("server.crt: "), "{error}");
}
