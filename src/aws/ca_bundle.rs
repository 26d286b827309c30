//! The certificates of `AWS_CA_BUNDLE`, or of `ca_bundle` in a profile: those that calls to AWS
//! trust in place of the host's, as with the AWS CLI and boto3.

use std::path::{Path, PathBuf};

use aws_config::profile::ProfileSet;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

/// The variable, which goes before the profile.
const VARIABLE: &str = "AWS_CA_BUNDLE";
/// The key of a profile.
const KEY: &str = "ca_bundle";

/// Certificates, at least one.
#[derive(Clone, Debug)]
pub(super) struct CaBundle {
    certificates: Vec<CertificateDer<'static>>,
}

/// A file without certificates.
#[derive(Debug, thiserror::Error)]
#[error("{origin} {}: {reason}; accepted: a file with CA certificates as PEM", path.display())]
pub struct CaBundleError {
    origin: String,
    path: PathBuf,
    reason: String,
}

impl CaBundle {
    /// The bundle that the environment names, or else the profile; `None` without any.
    pub(super) fn find(profiles: Option<&ProfileSet>) -> Result<Option<Self>, CaBundleError> {
        let variable = std::env::var(VARIABLE).ok();
        let of_profile = profiles.and_then(|profiles| {
            let path = profiles.get(KEY)?;
            let origin = format!("{KEY} of the AWS profile {:?}", profiles.selected_profile());
            Some((origin, path.to_owned()))
        });
        let origins = [variable.map(|path| (VARIABLE.to_owned(), path)), of_profile];
        let mut origins = origins.into_iter().flatten();
        let Some((origin, path)) = origins.find(|(_, path)| !path.is_empty()) else {
            return Ok(None);
        };
        let path = PathBuf::from(path);
        match Self::read(&path) {
            Ok(bundle) => Ok(Some(bundle)),
            Err(reason) => Err(CaBundleError {
                origin,
                path,
                reason,
            }),
        }
    }

    fn read(path: &Path) -> Result<Self, String> {
        let pem = std::fs::read(path).map_err(|error| error.to_string())?;
        let certificates = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        // The SDK panics at one that TLS cannot use. Bundles of companies have some.
        let is_usable =
            |one: &CertificateDer<'static>| RootCertStore::empty().add(one.clone()).is_ok();
        let certificates: Vec<_> = certificates.into_iter().filter(is_usable).collect();
        if certificates.is_empty() {
            return Err("no certificate in it".to_owned());
        }
        Ok(Self { certificates })
    }

    /// The certificates, for the SDK.
    pub(super) fn pem(&self) -> String {
        let pem = self.certificates.iter().map(|certificate| {
            let base64 = BASE64_STANDARD.encode(certificate);
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        });
        pem.collect()
    }
}
