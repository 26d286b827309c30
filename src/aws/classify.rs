//! The SDK's errors as ours: of a call when its retries are spent, and of each attempt.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::client::interceptors::context;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::absence::Absence;
use super::attempt::Unreadable;
use super::error::{Cause, Error, chain, service_cause, sources};
use super::no_credentials::NoCredentials;
use super::operations::{Operation, code_of};
use super::refusals::UNKNOWN_OPERATION;

/// AppStream's own name for throttling, which the SDK's list lacks.
const APPSTREAM_THROTTLES: &str = "RequestLimitExceededException";
/// The status for throttling, which proxies send too, without a code of AWS.
const THROTTLED: u16 = 429;

/// The error that the SDK returns after its last retry.
impl<E: Operation> From<SdkError<E, HttpResponse>> for Error {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        Self {
            operation: E::OPERATION,
            cause: cause_of(&error),
        }
    }
}

fn cause_of<E: Operation>(error: &SdkError<E, HttpResponse>) -> Cause {
    if let SdkError::ServiceError(service) = error
        && let Some(code) = service.err().code()
    {
        return service_cause(code, service.err().message().unwrap_or_default());
    }
    if let Some(none) = sources(error).find_map(|source| source.downcast_ref::<NoCredentials>()) {
        return Cause::Credentials(none.to_string());
    }
    if let Some(credentials) = credentials_error(error) {
        return Cause::Credentials(chain(credentials));
    }
    let connector = match error {
        SdkError::DispatchFailure(failure) => failure.as_connector_error(),
        _ => None,
    };
    if let Some(cause) = connector.and_then(verdict) {
        return cause;
    }
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    match error {
        _ if status == Some(THROTTLED) => Cause::TooManyRequests,
        SdkError::TimeoutError(_) => Cause::Timeout(chain(error)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Cause::Timeout(chain(error)),
        // Such as FIPS together with an endpoint of one's own.
        SdkError::DispatchFailure(failure) if failure.is_other() && !is_of_connection(error) => {
            Cause::Request(chain(error))
        }
        SdkError::DispatchFailure(_) => Cause::Connect(chain(error)),
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => {
            let status = status.unwrap_or_default();
            Cause::Decode(format!("HTTP {status}: {}", chain(error)))
        }
        _ => Cause::Request(chain(error)),
    }
}

/// Whether a connection broke: the SDK has no kind for one that is closed before the response.
fn is_of_connection(error: &(dyn StdError + 'static)) -> bool {
    sources(error).any(|source| source.is::<hyper::Error>() || source.is::<std::io::Error>())
}

/// Why one attempt failed, which was answered with `status`, if at all. Counted by its
/// code: AWS's, or `timeout`, `connect`, `decode`.
pub(super) fn attempt_cause<E: Operation>(
    error: &OrchestratorError<context::Error>,
    status: Option<u16>,
) -> Cause {
    let known = error
        .as_operation_error()
        .and_then(|error| error.downcast_ref::<E>());
    if let Some((known, code)) = known.and_then(|known| Some((known, known.code()?))) {
        return service_cause(code, known.message().unwrap_or_default());
    }
    if status == Some(THROTTLED) {
        return Cause::TooManyRequests;
    }
    let Some(connector) = error.as_connector_error() else {
        let text = "a response that does not match the service model".to_owned();
        return if error.is_timeout_error() {
            Cause::Timeout(text)
        } else {
            Cause::Decode(text)
        };
    };
    if let Some(cause) = verdict(connector) {
        cause
    } else if connector.is_timeout() {
        Cause::Timeout(chain(connector))
    } else {
        Cause::Connect(chain(connector))
    }
}

/// The transport's verdict on a response or on the lack of one.
fn verdict(error: &ConnectorError) -> Option<Cause> {
    sources(error).find_map(|source| {
        if let Some(unreadable) = source.downcast_ref::<Unreadable>() {
            return Some(Cause::Decode(unreadable.to_string()));
        }
        Some(match source.downcast_ref::<Absence>()? {
            Absence::NoSuchHost(host) => Cause::NoSuchHost(host.clone()),
            absence @ Absence::UnknownOperation => {
                service_cause(UNKNOWN_OPERATION, &absence.to_string())
            }
        })
    })
}

/// Has the SDK retry what AWS throttles under a name that the SDK does not know, or under none.
#[derive(Debug)]
pub(super) struct RetryThrottling;

impl ClassifyRetry for RetryThrottling {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let code = error.as_operation_error().and_then(code_of);
        let status = context
            .response()
            .map(|response| response.status().as_u16());
        let is_throttled = code.is_none() && status == Some(THROTTLED);
        if is_throttled || code == Some(APPSTREAM_THROTTLES) {
            RetryAction::throttling_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "RetryThrottling"
    }
}

/// Whether AWS says with this code that requests come too fast.
pub(super) fn is_throttling(code: &str) -> bool {
    THROTTLING_ERRORS.contains(&code) || code == APPSTREAM_THROTTLES
}

fn credentials_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CredentialsError> {
    sources(error).find_map(|source| source.downcast_ref::<CredentialsError>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throttling_has_many_names() {
        for code in ["ThrottlingException", APPSTREAM_THROTTLES] {
            assert!(is_throttling(code), "{code}");
        }
        assert!(!is_throttling("AccessDeniedException"));
    }
}
