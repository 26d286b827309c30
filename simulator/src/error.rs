//! The errors a simulated service answers with, under the codes AWS uses.

use std::borrow::Cow;

use http::StatusCode;

/// An error answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} ({status}): {message}")]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: Cow<'static, str>,
}

impl ApiError {
    pub(crate) fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
        }
    }

    /// 400 with a code, as AWS answers nearly every fault of the caller.
    pub(crate) fn bad_request(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// The request breaks a constraint of the API model.
    pub(crate) fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("ValidationException", message)
    }

    /// The body cannot be read as the operation's input.
    pub(crate) fn serialization(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request("SerializationException", message)
    }

    /// More calls than the account may make.
    pub(crate) fn throttling() -> Self {
        Self::bad_request("ThrottlingException", "Rate exceeded")
    }

    /// The credentials were valid once.
    pub(crate) fn expired_token() -> Self {
        Self::bad_request(
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    }

    /// The credentials never were valid.
    pub(crate) fn unrecognized_client() -> Self {
        Self::bad_request(
            "UnrecognizedClientException",
            "The security token included in the request is invalid",
        )
    }

    /// No such operation, or none that is simulated.
    pub(crate) fn unknown_operation() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "UnknownOperationException",
            "The requested operation is not simulated",
        )
    }
}
