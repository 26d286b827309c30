//! In which regions AppStream answers an account.
//!
//! AWS has no API call for this, and the SDK's endpoint rules generate a host name for any
//! region. So the exporter calls every region that the rules list in the account's partition.
//! Regions without the service, or not enabled for the account, are not refreshed.

use std::time::Duration;

use super::classify::is_throttling;
use super::clients::Client;
use super::connect::Account;
use super::error::{Cause, Error};
use crate::config::{Role, home_region_of, partition_of, regions_of};

/// AWS's error codes for a missing permission.
const REFUSED: [&str; 3] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
];
/// AWS's error codes for a region that the account has not enabled.
const NOT_ENABLED: [&str; 3] = [
    "AuthFailure",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
];

impl Account {
    /// Every region of the account's partition: that of the role, or else of the
    /// SDK's own region, or else the usual one.
    #[must_use]
    pub fn candidates(&self, role: Option<&Role>) -> &'static [&'static str] {
        regions_of(self.partition(role))
    }

    /// The SDK's own region, or else the one that the partition is run from.
    #[must_use]
    pub fn home(&self, role: Option<&Role>) -> String {
        let partition = self.partition(role);
        let own = self.own_region();
        own.filter(|region| partition_of(region) == Some(partition))
            .unwrap_or(home_region_of(partition))
            .to_owned()
    }

    fn partition<'a>(&self, role: Option<&'a Role>) -> &'a str {
        let of_role = role.map(Role::partition);
        of_role
            .or_else(|| partition_of(self.own_region()?))
            .unwrap_or("aws")
    }
}

/// Whether an error is of the region: AppStream is there, and refuses. Others
/// are of the credentials or of the moment, and say nothing of the region.
fn is_of_the_region(code: &str) -> bool {
    REFUSED.contains(&code) || is_throttling(code)
}

/// Whether AppStream answers in a region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does, be it to refuse: a permission that is missing is to be seen.
    Answers,
    /// It does not, or not to this account.
    Absent {
        /// Why, in words.
        reason: String,
    },
    /// Unknown: there are no credentials, so no request was sent.
    NoCredentials {
        /// Why, in words.
        reason: String,
    },
    /// Unknown: no response, or one that does not show it.
    Unknown {
        /// Why, in words.
        reason: String,
    },
}

impl Client {
    /// Lists the fleets of this region to detect AppStream.
    ///
    /// Source: AppStream `DescribeFleets`, the first page, within `patience`.
    pub async fn presence(&self, patience: Duration) -> Presence {
        let probe = tokio::time::timeout(patience, self.probe()).await;
        let error = match probe {
            Ok(Ok(())) => return Presence::Answers,
            Ok(Err(error)) => error,
            Err(_) => {
                let patience = humantime::format_duration(patience);
                let reason = format!("DescribeFleets: no response within {patience}");
                return Presence::Unknown { reason };
            }
        };
        presence_by(&error)
    }
}

fn presence_by(error: &Error) -> Presence {
    let reason = error.to_string();
    match &error.cause {
        _ if error.is_service_absent() => Presence::Absent { reason },
        Cause::Service { code, .. } if NOT_ENABLED.contains(&&**code) => {
            Presence::Absent { reason }
        }
        Cause::Service { code, .. } if is_of_the_region(code) => Presence::Answers,
        Cause::NotFound(_) => Presence::Answers,
        Cause::Credentials(_) => Presence::NoCredentials { reason },
        _ => Presence::Unknown { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_shows_whether_the_region_has_appstream() {
        let service = |code: &str, message: &str| Cause::Service {
            code: code.to_owned(),
            message: message.to_owned(),
        };
        let text = String::new;
        let cases = [
            (service("AccessDeniedException", "denied"), "answers"),
            (service("ThrottlingException", ""), "answers"),
            (Cause::NotFound(text()), "answers"),
            (service("UnrecognizedClientException", ""), "absent"),
            (service("UnknownOperationException", ""), "absent"),
            (service("OptInRequired", ""), "absent"),
            (
                service("AccessDeniedException", "not available in this region"),
                "absent",
            ),
            (Cause::NoSuchHost(text()), "absent"),
            (Cause::Credentials(text()), "no credentials"),
            (Cause::Connect(text()), "unknown"),
            (Cause::Decode(text()), "unknown"),
            (Cause::Timeout(text()), "unknown"),
            (service("InternalFailure", ""), "unknown"),
            (service("ExpiredTokenException", ""), "unknown"),
        ];
        for (cause, expected) in cases {
            let operation = "DescribeFleets";
            let error = Error { operation, cause };
            let found = match presence_by(&error) {
                Presence::Answers => "answers",
                Presence::Absent { .. } => "absent",
                Presence::NoCredentials { .. } => "no credentials",
                Presence::Unknown { .. } => "unknown",
            };
            assert_eq!(found, expected, "{error}");
        }
    }
}
