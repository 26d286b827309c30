//! Which refusals of AWS are about the service or a parameter, and not about the credentials
//! or the moment.

use super::error::{Cause, Error};

/// AWS's code for a service, or an operation, that its front end does not have in the region.
///
/// Sources: the Common Errors of AWS's API references ("the requested action or operation is
/// invalid"); SageMaker in regions without it, `UnknownOperationException: The requested
/// operation is not supported in the called region`, as the Terraform AWS provider quotes it.
pub(super) const UNKNOWN_OPERATION: &str = "UnknownOperationException";
/// The code of Service Quotas for a service that it does not know.
const NO_SUCH_RESOURCE: &str = "NoSuchResourceException";

/// AWS's codes for an account that does not have the service in the region.
///
/// Source: the Common Errors of AWS's API references: `OptInRequired`, "the AWS access key ID
/// needs a subscription for the service"; other services answer with the same message under
/// `SubscriptionRequiredException`.
const NOT_SUBSCRIBED: [&str; 2] = ["OptInRequired", "SubscriptionRequiredException"];

/// Parts of messages after which AWS names the region.
///
/// Sources: `UnsupportedOperation: The functionality you requested is not available in this
/// region` (EC2), `This operation is not supported in this region` (CloudFront, Comprehend),
/// `Operation is disabled in this region` (as the Terraform AWS provider quotes it).
const NOT_IN: [&str; 3] = ["not available in", "not supported in", "disabled in"];

/// Prefixes of the error codes of temporary failures. Their messages are ignored.
///
/// Source: the Common Errors of AWS's API references, `ServiceUnavailable` and `InternalFailure`.
const MOMENTARY: [&str; 2] = ["ServiceUnavailable", "Internal"];

/// AWS's codes for a request of which it does not accept a parameter.
///
/// Sources: the errors of AppStream `DescribeSessions`, `InvalidParameterCombinationException`;
/// those that its other operations declare, `OperationNotPermittedException`; the Common
/// Errors of AWS's API references, `ValidationException`.
const UNSUPPORTED_PARAMETER: [&str; 3] = [
    "InvalidParameterCombinationException",
    "OperationNotPermittedException",
    "ValidationException",
];

impl Error {
    /// Whether the region does not have the service, or not for this account. Nothing that a
    /// proxy, a captive portal or a resolver that fails would cause counts as that:
    ///
    /// - `UnknownOperationException`, also as the bare XML that AWS's front end sends with
    ///   status 404 in place of the service's own format;
    /// - `OptInRequired` and `SubscriptionRequiredException`;
    /// - `NoSuchResourceException`: Service Quotas does not know AppStream in the region;
    /// - a message of AWS that says that something is not available, not supported or disabled
    ///   in the region, except under a code of [`Error::is_unsupported_parameter`];
    /// - a host name of the service that does not exist, while that of the region's STS does.
    #[must_use]
    pub fn is_service_absent(&self) -> bool {
        match &self.cause {
            Cause::NoSuchHost(_) => true,
            Cause::Service { code, message } => {
                code == UNKNOWN_OPERATION
                    || code == NO_SUCH_RESOURCE
                    || NOT_SUBSCRIBED.contains(&&**code)
                    || (!is_unsupported_parameter(code)
                        && !MOMENTARY
                            .iter()
                            .any(|momentary| code.starts_with(momentary))
                        && is_not_in_region(message))
            }
            _ => false,
        }
    }

    /// Whether AWS refuses a parameter of the request, such as an authentication type, or the
    /// combination of parameters. Another value may be accepted.
    #[must_use]
    pub fn is_unsupported_parameter(&self) -> bool {
        matches!(&self.cause, Cause::Service { code, .. } if is_unsupported_parameter(code))
    }
}

fn is_unsupported_parameter(code: &str) -> bool {
    UNSUPPORTED_PARAMETER.contains(&code)
}

/// Whether a message says that something is not in the region.
fn is_not_in_region(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    NOT_IN.iter().any(|words| {
        let place = message.split_once(words).map(|(_, place)| place);
        place.is_some_and(|place| place.contains("region"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, message: &str) -> Error {
        Error {
            operation: "DescribeWorkspacesPools",
            cause: Cause::Service {
                code: code.to_owned(),
                message: message.to_owned(),
            },
        }
    }

    #[test]
    fn a_region_without_the_service_is_told_by_code_or_message() {
        let cases = [
            ("UnknownOperationException", "", true),
            ("OptInRequired", "", true),
            (
                "SubscriptionRequiredException",
                "The AWS Access Key Id needs a subscription for the service",
                true,
            ),
            (
                "UnsupportedOperation",
                "The functionality you requested is not available in this region.",
                true,
            ),
            (
                "InvalidRequestException",
                "UNSUPPORTED_OPERATION: This operation is not supported in this region",
                true,
            ),
            (
                "AccessDeniedException",
                "WorkSpaces is not available in the eu-north-1 Region",
                true,
            ),
            (
                "UnknownException",
                "Operation is disabled in this region",
                true,
            ),
            (
                "AccessDeniedException",
                "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: \
                 workspaces:DescribeWorkspacesPools with an explicit deny in a service control policy",
                false,
            ),
            (
                "AccessDeniedException",
                "Unable to determine service/operation name to be authorized",
                false,
            ),
            (
                "ServiceUnavailableException",
                "The service is not available in this region at the moment",
                false,
            ),
            ("InternalFailure", "not available in this region", false),
            ("ThrottlingException", "Rate exceeded", false),
            ("UnrecognizedClientException", "invalid", false),
            (
                "ValidationException",
                "User pools are not supported in this region",
                false,
            ),
            ("Teapot", "This tea is not available", false),
        ];
        for (code, message, is_absent) in cases {
            let error = refusal(code, message);
            assert_eq!(error.is_service_absent(), is_absent, "{error}");
        }
    }

    #[test]
    fn of_other_causes_only_a_missing_host_name_tells_it() {
        let text = "HTTP 404: not available in this region".to_owned();
        let cases = [
            (Cause::NoSuchHost("h".to_owned()), true),
            (Cause::Connect(text.clone()), false),
            (Cause::Decode(text.clone()), false),
            (Cause::Timeout(text.clone()), false),
            (Cause::Credentials(text.clone()), false),
            (Cause::NotFound(text), false),
        ];
        for (cause, is_absent) in cases {
            let operation = "DescribeFleets";
            let error = Error { operation, cause };
            assert_eq!(error.is_service_absent(), is_absent, "{error}");
            assert!(!error.is_unsupported_parameter(), "{error}");
        }
    }

    #[test]
    fn a_refused_parameter_is_told_by_its_code() {
        let cases = [
            ("InvalidParameterCombinationException", true),
            ("OperationNotPermittedException", true),
            ("ValidationException", true),
            ("AccessDeniedException", false),
            ("UnknownOperationException", false),
            ("ThrottlingException", false),
            ("InternalFailure", false),
            ("Teapot", false),
        ];
        for (code, is_unsupported) in cases {
            let error = refusal(code, "not accepted");
            assert_eq!(error.is_unsupported_parameter(), is_unsupported, "{error}");
        }
    }
}
