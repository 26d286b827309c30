//! Verification of client certificates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::server::VerifierBuilderError;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

/// The rules for client certificates.
#[derive(Debug)]
pub(super) struct ClientCertificateVerifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    allowed_sans: Option<Vec<String>>,
    is_mandatory: bool,
}

/// Which certificates are trusted.
#[derive(Debug)]
enum Trust {
    /// All of them.
    Any,
    /// None of them.
    None,
    /// Certificates that these authorities issued, and the listed certificates themselves.
    Authorities(Arc<dyn ClientCertVerifier>, Vec<CertificateDer<'static>>),
}

impl ClientCertificateVerifier {
    /// Without `authorities`, every certificate with an allowed name is accepted.
    pub(super) fn new(
        provider: &Arc<CryptoProvider>,
        authorities: Option<Vec<CertificateDer<'static>>>,
        allowed_sans: Option<Vec<String>>,
        is_mandatory: bool,
    ) -> Result<Self, VerifierBuilderError> {
        let trust = match authorities {
            None => Trust::Any,
            Some(certificates) => {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(certificates.iter().cloned());
                if roots.is_empty() {
                    Trust::None
                } else {
                    let roots = Arc::new(roots);
                    let provider = Arc::clone(provider);
                    let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                    Trust::Authorities(verifier.build()?, certificates)
                }
            }
        };
        Ok(Self {
            provider: Arc::clone(provider),
            trust,
            allowed_sans,
            is_mandatory,
        })
    }

    fn has_allowed_name(&self, certificate: &X509Certificate<'_>) -> bool {
        let Some(allowed) = &self.allowed_sans else {
            return true;
        };
        let names = certificate.subject_alternative_name().ok().flatten();
        let names = names.map(|extension| extension.value.general_names.iter());
        names.into_iter().flatten().any(|name| {
            let name = match name {
                GeneralName::DNSName(name)
                | GeneralName::RFC822Name(name)
                | GeneralName::URI(name) => Some((*name).to_owned()),
                GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
                _ => None,
            };
            name.is_some_and(|name| allowed.contains(&name))
        })
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let address = match bytes.len() {
        4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        16 => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        _ => return None,
    };
    Some(address.to_canonical())
}

/// Whether a client may use a listed certificate now.
///
/// The checks of a chain refuse a CA that is shown as the certificate of a client,
/// as a self-signed one often is; Go takes it when it is among the authorities.
fn is_valid_now(certificate: &X509Certificate<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let seconds = i64::try_from(now.as_secs()).map_err(|_| CertificateError::Expired)?;
    let validity = certificate.validity();
    if seconds < validity.not_before.timestamp() {
        return Err(CertificateError::NotValidYet);
    }
    if seconds > validity.not_after.timestamp() {
        return Err(CertificateError::Expired);
    }
    let usage = certificate
        .extended_key_usage()
        .map_err(|_| CertificateError::BadEncoding)?;
    match usage {
        Some(usage) if !usage.value.client_auth && !usage.value.any => {
            Err(CertificateError::InvalidPurpose)
        }
        _ => Ok(()),
    }
}

impl ClientCertVerifier for ClientCertificateVerifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        match &self.trust {
            Trust::Authorities(verifier, _) => verifier.root_hint_subjects(),
            Trust::Any | Trust::None => &[],
        }
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let (_, certificate) =
            X509Certificate::from_der(end_entity).map_err(|_| CertificateError::BadEncoding)?;
        match &self.trust {
            Trust::Any => {}
            Trust::None => return Err(CertificateError::UnknownIssuer.into()),
            Trust::Authorities(_, listed) if listed.contains(end_entity) => {
                is_valid_now(&certificate, now)?;
            }
            Trust::Authorities(verifier, _) => {
                verifier.verify_client_cert(end_entity, intermediates, now)?;
            }
        }
        if !self.has_allowed_name(&certificate) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}
