//! The identity of a connection to AWS.

use crate::config::{Aws, Role, Target};

/// The origin of an account's credentials. Targets with equal sources share credentials and
/// connections, and are duplicates within one region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSource {
    pub(super) profile: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) use_fips: Option<bool>,
    pub(super) use_dual_stack: Option<bool>,
}

impl CredentialSource {
    /// The credential source of a target.
    #[must_use]
    pub fn of(target: &Target, aws: &Aws) -> Self {
        Self {
            profile: target.profile.clone(),
            role: target.role.clone(),
            use_fips: target.use_fips.or(aws.use_fips),
            use_dual_stack: target.use_dual_stack.or(aws.use_dual_stack),
        }
    }

    /// The account, where the configuration says it already.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.role.as_ref().map(Role::account_id)
    }

    /// Whether two credential sources are the same credentials, however AWS is reached with them.
    #[must_use]
    pub fn is_same_identity(&self, other: &Self) -> bool {
        self.profile == other.profile
            && self.role.as_ref().map(|role| &role.arn) == other.role.as_ref().map(|role| &role.arn)
    }

    /// A text that stands for the account, the same in every process that has
    /// the same configuration.
    #[must_use]
    pub fn key(&self) -> &str {
        self.account_id()
            .or(self.profile.as_deref())
            .unwrap_or_default()
    }
}
