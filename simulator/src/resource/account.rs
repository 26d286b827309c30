//! Settings of AppStream that an account has once in a region.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Active Directory that fleets and image builders can join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectoryConfig {
    /// `DirectoryName`, unique in the region.
    pub name: String,
    /// `AccountName` and `AccountPassword` of `ServiceAccountCredentials`.
    pub service_account: Option<(String, String)>,
    /// `Status` of `CertificateBasedAuthProperties`.
    pub certificate_based_auth: Option<Cow<'static, str>>,
}

/// A subscription to usage reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageReport {
    /// `Schedule`: `DAILY`.
    pub schedule: Option<Cow<'static, str>>,
    /// `S3BucketName`.
    pub bucket: Option<String>,
    /// `LastGeneratedReportDate`, in seconds since the Unix epoch.
    pub last_generated_at: Option<f64>,
    /// Codes of `SubscriptionErrors`; empty leaves the member out.
    #[serde(default)]
    pub errors: Vec<Option<Cow<'static, str>>>,
}

impl DirectoryConfig {
    /// A directory with a service account.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            service_account: Some(("EXAMPLE\\joiner".to_owned(), "simulated".to_owned())),
            certificate_based_auth: Some("DISABLED".into()),
        }
    }
}

impl UsageReport {
    /// A daily report that was generated at this time, in seconds since the Unix epoch.
    pub fn daily(last_generated_at: f64) -> Self {
        Self {
            schedule: Some("DAILY".into()),
            bucket: Some("appstream-logs".to_owned()),
            last_generated_at: Some(last_generated_at),
            errors: Vec::new(),
        }
    }
}
