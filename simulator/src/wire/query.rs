//! The AWS query protocol: forms as requests, XML as answers, and its own error codes.

use http::StatusCode;

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

/// An answer within its root element.
pub(crate) fn response(root: &'static str, answer: Document, request_id: &str) -> Document {
    let metadata = Document::structure().with("RequestId", request_id);
    Document::structure().with(root, answer.with("ResponseMetadata", metadata))
}

/// Whose fault an error is.
fn fault_of(error: &ApiError) -> &'static str {
    if error.status.is_client_error() {
        "Sender"
    } else {
        "Receiver"
    }
}

/// Code and fault of an error, for the header in which other formats have them.
pub(crate) fn error_header(error: &ApiError) -> String {
    let native = native_error(error.clone());
    format!("{};{}", native.code, fault_of(&native))
}

/// An error within its root element.
pub(crate) fn error_response(error: &ApiError, request_id: &str) -> Document {
    let fault_of = fault_of(error);
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
