//! Whom the exporter asks: accounts, each in some of its regions.

use std::collections::BTreeMap;
use std::fmt;

/// An entry of `targets`: an account, in some of its regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Value of the `target` label; default `default`.
    pub name: String,
    /// Where it is asked.
    pub regions: Regions,
    /// Profile of the AWS config file whose credentials are used, in place of
    /// what the AWS SDK finds by itself.
    pub profile: Option<String>,
    /// Role that is assumed with those credentials.
    pub role: Option<Role>,
    /// Labels that every AWS family of this target gets, besides its own.
    pub labels: BTreeMap<String, String>,
    /// `aws.use_fips` for this target alone.
    pub use_fips: Option<bool>,
    /// `aws.use_dual_stack` for this target alone.
    pub use_dual_stack: Option<bool>,
}

/// Where a target is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Regions {
    /// In the region that the AWS SDK finds.
    Own,
    /// In every region in which AppStream answers this account.
    All,
    /// In these, each once; at least one.
    Listed(Vec<String>),
}

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// `arn:aws:iam::123456789012:role/name`, which was checked.
    pub arn: String,
    /// What the role's trust policy asks for.
    pub external_id: Option<Secret>,
    /// Name under which the sessions of the role appear in CloudTrail; default `appstream-exporter`.
    pub session_name: String,
}

impl Role {
    /// Name of a role's sessions unless another is configured.
    pub const SESSION_NAME: &'static str = "appstream-exporter";

    /// The account of the role: the fifth field of its ARN.
    #[must_use]
    pub fn account_id(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The partition of the role: the second field of its ARN.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or_default()
    }
}

/// Text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for whom it is meant.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}
