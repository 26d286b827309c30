//! IAM roles, by which other accounts are reached.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Default lifetime of a role's credentials, as in AWS.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);
/// The part before the account ID in the ARN of a role.
const ARN_PREFIX: &str = "arn:aws:iam::";
/// The part between account ID and name in the ARN of a role.
const ARN_KIND: &str = ":role/";

/// A role that can be assumed with any credentials the simulator accepts.
///
/// Its ARN is not stored: it follows from account and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Name, unique in the account, with its path in front if it has one.
    pub name: String,
    /// The required `ExternalId`; `None` accepts any or none.
    pub external_id: Option<String>,
    /// Whether the role trusts no principal. Issued credentials stay valid.
    pub refuses: bool,
    /// Lifetime of its credentials. It may be shorter than AWS allows.
    pub lifetime: Duration,
}

impl Role {
    /// A role that trusts everybody for an hour at a time.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            external_id: None,
            refuses: false,
            lifetime: DEFAULT_LIFETIME,
        }
    }

    /// Requires this `ExternalId`.
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// Makes the role trust no principal.
    pub fn refuse(mut self) -> Self {
        self.refuses = true;
        self
    }

    /// Sets how long its credentials last.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The ARN the role has in an account.
    pub fn arn(&self, account_id: &str) -> String {
        format!("{ARN_PREFIX}{account_id}{ARN_KIND}{}", self.name)
    }

    /// Account id and name of the role with this ARN.
    pub(crate) fn parse_arn(arn: &str) -> Option<(&str, &str)> {
        arn.strip_prefix(ARN_PREFIX)?.split_once(ARN_KIND)
    }

    /// Whether the role lets in who shows this external id.
    pub(crate) fn admits(&self, external_id: Option<&str>) -> bool {
        !self.refuses && (self.external_id.is_none() || self.external_id.as_deref() == external_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_tells_account_and_name() {
        for name in ["reader", "team/reader"] {
            let arn = Role::new(name).arn("123456789012");
            assert_eq!(arn, format!("arn:aws:iam::123456789012:role/{name}"));
            assert_eq!(Role::parse_arn(&arn), Some(("123456789012", name)));
        }
        for arn in ["", "reader", "arn:aws:iam::1:user/reader"] {
            assert_eq!(Role::parse_arn(arn), None, "{arn}");
        }
    }

    #[test]
    fn a_role_admits_whom_its_trust_policy_would() {
        let open = Role::new("r");
        let guarded = open.clone().external_id("secret");
        let closed = guarded.clone().refuse();
        for (name, role, external_id, admitted) in [
            ("open, none", &open, None, true),
            ("open, any", &open, Some("other"), true),
            ("guarded, right", &guarded, Some("secret"), true),
            ("guarded, wrong", &guarded, Some("other"), false),
            ("guarded, none", &guarded, None, false),
            ("closed, right", &closed, Some("secret"), false),
        ] {
            assert_eq!(role.admits(external_id), admitted, "{name}");
        }
    }
}
