//! The TLS settings of the file for rustls.
//!
//! Rustls speaks TLS 1.2 and 1.3, with ephemeral keys and authenticated ciphers
//! only. A file that allows more than that is taken, and what is more is not
//! offered; a file that leaves nothing of it is refused.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::server::NoServerSessionStorage;
use rustls::server::danger::ClientCertVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ProtocolVersion, RootCertStore, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion,
};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::client_certificates::ClientCertificateVerifier;
use super::file::{ClientAuth, Pem, SUITES, TlsKeys, Version};
use super::key_files::LoadedFiles;
use super::p521;
use crate::yaml::Checked;

/// Suites of which HTTP/2 demands one where TLS 1.2 is allowed.
const HTTP2_SUITES: [&str; 2] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
];

/// The section of the file.
const SECTION: &str = "tls_server_config";

/// The problems of the section, each under its key.
struct TlsProblems<'a>(&'a mut Checked);

impl TlsProblems<'_> {
    fn add(&mut self, key: &str, wrong: &str, accepted: &str) {
        let dot = if key.is_empty() { "" } else { "." };
        self.0
            .reject(&format!("{SECTION}{dot}{key}"), wrong, accepted);
    }
}

/// The TLS configuration; `None` without TLS, or if it is invalid.
pub(super) fn build(
    tls: &TlsKeys,
    http2: bool,
    files: &LoadedFiles,
    checked: &mut Checked,
    warnings: &mut Vec<String>,
) -> Option<Arc<ServerConfig>> {
    let mut tls_problems = TlsProblems(checked);
    let is_enabled = tls.certificate().is_some()
        || tls.private_key().is_some()
        || tls.client_authorities().is_some()
        || tls.client_auth().is_some();
    let versions = versions(tls, &mut tls_problems);
    let suites = suites(tls, &versions, &mut tls_problems);
    let groups = groups(tls);
    // Versions, suites and curves alone switch nothing on.
    if !is_enabled {
        return None;
    }
    if http2 {
        check_http2(tls, &versions, &mut tls_problems);
    }
    let base = aws_lc_rs::default_provider();
    let provider = Arc::new(CryptoProvider {
        cipher_suites: suites,
        kx_groups: groups,
        ..base
    });
    let certified = certificate(tls, &provider, files, &mut tls_problems);
    let verifier = verifier(tls, &provider, files, &mut tls_problems, warnings);
    if !checked.is_sound(SECTION) {
        return None;
    }
    match server_config(provider, &versions, verifier, certified?, http2) {
        Ok(config) => Some(Arc::new(config)),
        Err(error) => {
            let accepted = "versions, suites and curves that go together";
            TlsProblems(checked).add("", &error.to_string(), accepted);
            None
        }
    }
}

/// The settings for rustls, from parts that are valid alone.
fn server_config(
    provider: Arc<CryptoProvider>,
    versions: &[&'static SupportedProtocolVersion],
    verifier: Option<Arc<dyn ClientCertVerifier>>,
    certified: CertifiedKey,
    http2: bool,
) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions)?;
    let asks_for_certificates = verifier.is_some();
    let builder = match verifier {
        Some(verifier) => builder.with_client_cert_verifier(verifier),
        None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    if asks_for_certificates {
        // A resumed session would not show its certificate again, which may have expired
        // or been revoked since.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    if http2 {
        config.alpn_protocols.push(b"h2".to_vec());
    }
    config.alpn_protocols.push(b"http/1.1".to_vec());
    Ok(config)
}

/// The versions that are allowed and possible.
fn versions(
    tls: &TlsKeys,
    problems: &mut TlsProblems<'_>,
) -> Vec<&'static SupportedProtocolVersion> {
    let min = tls.min_version.unwrap_or(Version::TLS12);
    let max = tls.max_version.unwrap_or(Version::TLS13);
    let versions: Vec<_> = [(Version::TLS12, &TLS12), (Version::TLS13, &TLS13)]
        .into_iter()
        .filter(|(version, _)| (min..=max).contains(version))
        .map(|(_, version)| version)
        .collect();
    if min > max {
        let wrong = format!("{max:?} is below min_version, which is {min:?}");
        problems.add("max_version", &wrong, "at least min_version");
    } else if versions.is_empty() {
        let wrong = format!("{max:?} allows only versions that this exporter does not support");
        problems.add("max_version", &wrong, "TLS12, TLS13");
    }
    versions
}

/// The suites that are allowed and possible. Those of TLS 1.3 are not up for
/// choice, as in Go.
fn suites(
    tls: &TlsKeys,
    versions: &[&'static SupportedProtocolVersion],
    problems: &mut TlsProblems<'_>,
) -> Vec<SupportedCipherSuite> {
    let all = aws_lc_rs::ALL_CIPHER_SUITES.iter().copied();
    let listed = &tls.cipher_suites;
    // An empty list is the default, as in Go.
    if listed.is_empty() {
        return all.collect();
    }
    let is_listed = |suite: &SupportedCipherSuite| {
        // The names differ in the prefix of TLS 1.3 alone.
        let name = format!("{:?}", suite.suite()).replacen("TLS13_", "TLS_", 1);
        listed.contains(&name)
    };
    let is_13 = |suite: &SupportedCipherSuite| suite.version().version == ProtocolVersion::TLSv1_3;
    let accepted = || format!("a list with at least one of {}", SUITES.join(", "));
    if !all.clone().any(|suite| is_listed(&suite)) {
        problems.add(
            "cipher_suites",
            "none of these suites is supported: suites with CBC or without ephemeral keys are not",
            &accepted(),
        );
    } else if versions == [&TLS12] && !all.clone().any(|suite| is_listed(&suite) && !is_13(&suite))
    {
        problems.add(
            "cipher_suites",
            "none of these suites is for TLS 1.2, and max_version allows no later version",
            &accepted(),
        );
    }
    all.filter(|suite| is_13(suite) || is_listed(suite))
        .collect()
}

/// The curves that are allowed, in the order of the file.
fn groups(tls: &TlsKeys) -> Vec<&'static dyn SupportedKxGroup> {
    use aws_lc_rs::kx_group::{SECP256R1, SECP384R1, X25519};
    if tls.curve_preferences.is_empty() {
        return aws_lc_rs::DEFAULT_KX_GROUPS.to_vec();
    }
    let group = |curve: &String| match curve.as_str() {
        "CurveP256" => Some(SECP256R1),
        "CurveP384" => Some(SECP384R1),
        "CurveP521" => Some(p521::SECP521R1),
        "X25519" => Some(X25519),
        _ => None,
    };
    tls.curve_preferences.iter().filter_map(group).collect()
}

fn check_http2(
    tls: &TlsKeys,
    versions: &[&'static SupportedProtocolVersion],
    problems: &mut TlsProblems<'_>,
) {
    let suites = &tls.cipher_suites;
    let is_demanded = |suite: &String| HTTP2_SUITES.contains(&suite.as_str());
    let lists_some = !suites.is_empty() && versions.contains(&&TLS12);
    if lists_some && !suites.iter().any(is_demanded) {
        let accepted = format!(
            "a list with {}, or http_server_config.http2: false, or min_version: TLS13",
            HTTP2_SUITES.join(" or ")
        );
        let wrong = "none of the suites that HTTP/2 requires";
        problems.add("cipher_suites", wrong, &accepted);
    }
}

/// The bytes of a certificate or key, with the key of the file that they are under.
fn bytes<'a>(
    pem: Pem<'a>,
    files: &'a LoadedFiles,
    problems: &mut TlsProblems<'_>,
) -> Option<(&'static str, &'a [u8])> {
    match pem {
        Pem::Inline(key, text) => Some((key, text.as_bytes())),
        Pem::File(key) => match files.file(key) {
            Ok(content) => Some((key, content)),
            Err(wrong) => {
                problems.add(key, &wrong, "a readable file");
                None
            }
        },
    }
}

/// The certificate of the server, with the key that belongs to it.
fn certificate(
    tls: &TlsKeys,
    provider: &CryptoProvider,
    files: &LoadedFiles,
    problems: &mut TlsProblems<'_>,
) -> Option<CertifiedKey> {
    let chain = tls.certificate().or_else(|| {
        problems.add("", "no certificate", "cert_file or cert");
        None
    });
    let key = tls.private_key().or_else(|| {
        problems.add("", "no private key of the certificate", "key_file or key");
        None
    });
    let chain = chain.and_then(|pem| {
        let (name, bytes) = bytes(pem, files, problems)?;
        let found = certificates(bytes).filter(|found| !found.is_empty());
        if found.is_none() {
            let accepted = "PEM certificates, the server's own first";
            problems.add(name, "no certificate found", accepted);
        }
        Some((name, found?))
    });
    let key = key.and_then(|pem| {
        let (name, bytes) = bytes(pem, files, problems)?;
        let found = PrivateKeyDer::from_pem_slice(bytes).ok();
        if found.is_none() {
            let accepted = "a PEM private key without a password";
            problems.add(name, "no private key found", accepted);
        }
        Some((name, found?))
    });
    certified(provider, chain?, key?, problems)
}

/// A certificate and its key, each with its name in the file, if they belong together.
fn certified(
    provider: &CryptoProvider,
    (chain_name, chain): (&str, Vec<CertificateDer<'static>>),
    (key_name, key): (&str, PrivateKeyDer<'static>),
    problems: &mut TlsProblems<'_>,
) -> Option<CertifiedKey> {
    // The provider rejects an unknown type of key.
    let signing = match provider.key_provider.load_private_key(key) {
        Ok(signing) => signing,
        Err(_) => {
            let accepted = "an RSA, ECDSA or Ed25519 key";
            problems.add(key_name, "this type of key is not supported", accepted);
            return None;
        }
    };
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        // Unknown means that the match cannot be checked, not that there is none.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Some(certified)
        }
        Err(rustls::Error::InconsistentKeys(_)) => {
            let wrong = format!("the key does not match the certificate in {chain_name}");
            problems.add(key_name, &wrong, "the key of the certificate");
            None
        }
        Err(_) => {
            let accepted = "an X.509 certificate of version 3";
            problems.add(chain_name, "the certificate cannot be read", accepted);
            None
        }
    }
}

/// The certificates in a text; `None` if one is broken. Other content is ignored.
fn certificates(bytes: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(bytes)
        .collect::<Result<_, _>>()
        .ok()
}

/// The CAs of client certificates.
fn authorities(
    tls: &TlsKeys,
    auth: ClientAuth,
    files: &LoadedFiles,
    problems: &mut TlsProblems<'_>,
) -> Vec<CertificateDer<'static>> {
    let Some(pem) = tls.client_authorities() else {
        return Vec::new();
    };
    // A type that was refused may have been any.
    let is_known = problems.0.is_sound("tls_server_config.client_auth_type");
    if auth == ClientAuth::None && is_known {
        problems.add(
            "client_auth_type",
            "a client CA is set, but client certificates are not requested",
            "RequireAndVerifyClientCert, or another type except NoClientCert",
        );
    }
    let Some((name, bytes)) = bytes(pem, files, problems) else {
        return Vec::new();
    };
    let authorities = certificates(bytes).unwrap_or_default();
    let mut store = RootCertStore::empty();
    let (added, _) = store.add_parsable_certificates(authorities.iter().cloned());
    if added == 0 && auth != ClientAuth::None {
        problems.add(name, "no certificate found", "PEM certificates");
    }
    authorities
}

/// The verifier of client certificates; `None` if they are not requested.
fn verifier(
    tls: &TlsKeys,
    provider: &Arc<CryptoProvider>,
    files: &LoadedFiles,
    problems: &mut TlsProblems<'_>,
    warnings: &mut Vec<String>,
) -> Option<Arc<dyn ClientCertVerifier>> {
    let auth = tls.client_auth().unwrap_or(ClientAuth::None);
    let authorities = authorities(tls, auth, files, problems);
    if auth == ClientAuth::None {
        if tls.client_allowed_sans.is_some() {
            warnings.push(
                "client_allowed_sans has no effect: client certificates are not requested"
                    .to_owned(),
            );
        }
        return None;
    }
    let verifies = matches!(
        auth,
        ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify
    );
    if verifies && tls.client_authorities().is_none() {
        warnings.push(
            "all client certificates are rejected: neither client_ca_file nor client_ca is set"
                .to_owned(),
        );
    }
    // A client that shows no certificate shows no name that is allowed.
    let is_mandatory = matches!(auth, ClientAuth::RequireAny | ClientAuth::RequireAndVerify)
        || tls.client_allowed_sans.is_some();
    match ClientCertificateVerifier::new(
        provider,
        verifies.then_some(authorities),
        tls.client_allowed_sans.clone(),
        is_mandatory,
    ) {
        Ok(verifier) => Some(Arc::new(verifier)),
        Err(error) => {
            problems.add("client_ca_file", &error.to_string(), "certificates of CAs");
            None
        }
    }
}
