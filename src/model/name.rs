//! Names of AWS resources, as types that cannot be swapped for one another.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A value that AWS takes from a list it may extend: known values are static,
/// later ones are kept as they came.
pub type Label = Cow<'static, str>;

/// `value` as a [`Label`], without an allocation when it is one of `known`.
#[must_use]
pub fn known_label(value: &str, known: &[&'static str]) -> Label {
    known
        .iter()
        .find(|candidate| **candidate == value)
        .map_or_else(
            || Cow::Owned(value.to_owned()),
            |candidate| Cow::Borrowed(*candidate),
        )
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as AWS writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The name, without a copy of its text.
            #[must_use]
            pub fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// Name of an AppStream fleet, unique within account and region.
    FleetName;
    /// Name of an AppStream stack, unique within account and region.
    StackName;
    /// Name of an image builder, unique within account and region.
    ImageBuilderName;
    /// Name of an app block builder, unique within account and region.
    AppBlockBuilderName;
    /// ARN of an image, which can be one of another account or of AWS.
    ImageArn;
    /// Identifier of a WorkSpaces pool (`wspool-…`).
    PoolId;
    /// Number of an AWS account.
    AccountId;
    /// Code of a quota (`L-…`), the same in every account.
    QuotaCode;
}

impl ImageArn {
    /// The image's name, which is the last part: `arn:aws:appstream:eu-west-1::image/Name`.
    #[must_use]
    pub fn image(&self) -> &str {
        let arn = self.as_str();
        arn.rsplit('/').next().unwrap_or(arn)
    }
}

/// Account number in an ARN: the fifth of its fields that colons separate.
///
/// Read from there because it costs neither a call nor a permission.
#[must_use]
pub fn account_of_arn(arn: &str) -> Option<AccountId> {
    let mut fields = arn.splitn(6, ':');
    let is_arn = fields.next() == Some("arn");
    let account = fields
        .nth(3)
        .filter(|account| is_arn && !account.is_empty());
    account.map(AccountId::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_comes_from_the_fifth_field() {
        let cases = [
            (
                "arn:aws:appstream:eu-west-1:123456789012:fleet/a:b",
                "123456789012",
            ),
            (
                "arn:aws-cn:workspaces:cn-northwest-1:210987654321:workspacespool/wspool-1",
                "210987654321",
            ),
            ("arn:aws:appstream:eu-west-1::image/Base", ""),
            ("arn:aws:appstream", ""),
            ("", ""),
            ("a:b:c:d:e:f", ""),
        ];
        for (arn, account) in cases {
            let found = account_of_arn(arn).map_or(String::new(), |found| found.to_string());
            assert_eq!(found, account, "{arn}");
        }
    }

    #[test]
    fn unknown_values_pass_through() {
        assert!(matches!(
            known_label("RUNNING", &["RUNNING"]),
            Cow::Borrowed("RUNNING")
        ));
        assert_eq!(known_label("HIBERNATED", &["RUNNING"]), "HIBERNATED");
    }
}
