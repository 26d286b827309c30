//! The AWS query protocol: forms as requests, XML as answers, and its own error codes.

use http::StatusCode;
use serde_json::Value;

use crate::document::Document;
use crate::error::ApiError;

/// Media type of requests.
pub(crate) const REQUEST_TYPE: &str = "application/x-www-form-urlencoded";

/// The operation of a form, if it has this version of the API.
pub(crate) fn action(body: &[u8], version: &str) -> Option<String> {
    let field = |wanted: &str| {
        form_urlencoded::parse(body)
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
    };
    field("Version").filter(|named| named == version)?;
    field("Action")
}

/// The form as the input of an operation. A form has text only, so `numbers` names
/// the members to convert; text that is not a number stays text.
pub(crate) fn input(body: &[u8], numbers: &[&str]) -> Value {
    form_urlencoded::parse(body)
        .map(|(name, value)| {
            let number = numbers.contains(&&*name).then(|| value.parse::<i64>().ok());
            let value = number
                .flatten()
                .map_or_else(|| Value::from(&*value), Value::from);
            (name.into_owned(), value)
        })
        .collect()
}

/// An answer within its root element.
pub(crate) fn response(root: &'static str, answer: Document, request_id: &str) -> Document {
    let metadata = Document::structure().with("RequestId", request_id);
    Document::structure().with(root, answer.with("ResponseMetadata", metadata))
}

/// An error within its root element.
pub(crate) fn error_response(error: &ApiError, request_id: &str) -> Document {
    let fault_of = if error.status.is_client_error() {
        "Sender"
    } else {
        "Receiver"
    };
    let error = Document::structure()
        .with("Type", fault_of)
        .with("Code", &*error.code)
        .with("Message", &*error.message);
    let response = Document::structure()
        .with("Error", error)
        .with("RequestId", request_id);
    Document::structure().with("ErrorResponse", response)
}

/// The error under the status and code of this protocol; the newer protocols know
/// them as exceptions.
pub(crate) fn native_error(error: ApiError) -> ApiError {
    let (status, code) = match &*error.code {
        "AccessDeniedException" => (StatusCode::FORBIDDEN, "AccessDenied"),
        "ExpiredTokenException" => (StatusCode::FORBIDDEN, "ExpiredToken"),
        "IncompleteSignatureException" => (StatusCode::BAD_REQUEST, "IncompleteSignature"),
        "InvalidSignatureException" => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
        "MissingAuthenticationTokenException" => {
            (StatusCode::FORBIDDEN, "MissingAuthenticationToken")
        }
        "SerializationException" => (StatusCode::BAD_REQUEST, "MalformedInput"),
        "ServiceUnavailableException" => (StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable"),
        "ThrottlingException" => (StatusCode::BAD_REQUEST, "Throttling"),
        "UnknownOperationException" => (StatusCode::BAD_REQUEST, "InvalidAction"),
        "UnrecognizedClientException" => (StatusCode::FORBIDDEN, "InvalidClientTokenId"),
        "ValidationException" => (StatusCode::BAD_REQUEST, "ValidationError"),
        _ => return error,
    };
    ApiError::new(status, code, error.message)
}
