//! Why a call to AWS failed, in words that can be shown and codes that can be counted.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_appstream::operation as appstream;
use aws_sdk_workspaces::operation as workspaces;
use aws_smithy_runtime_api::client::interceptors::context;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::credentials::NoCredentials;
use super::transport::{Ended, Unreadable};

/// Longest message of AWS that is passed on: the rest of it is detail for AWS's own support.
const LONGEST_MESSAGE: usize = 300;
/// Longest error code that becomes a label value; AWS's own stay far below.
const LONGEST_CODE: usize = 64;
/// AWS's answers to these quote the signed request, the session token among it.
const QUOTES_THE_REQUEST: [&str; 3] = [
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
];

/// A call that failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {cause}")]
pub struct Error {
    /// The AWS operation.
    pub operation: &'static str,
    /// What went wrong with it.
    pub cause: Cause,
}

/// What can go wrong with a call, by what can be done about it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// There is nothing to sign the request with; nothing was sent.
    #[error("no AWS credentials: {0}")]
    Credentials(String),
    /// What was asked for is gone.
    #[error("{0}")]
    NotFound(String),
    /// AWS answered with an error.
    #[error("{code}: {message}")]
    Service {
        /// AWS's error code.
        code: String,
        /// AWS's message, its first line.
        message: String,
    },
    /// No answer in all the time that the refresh had for it.
    #[error("not answered: the refresh ended first (refresh.timeout)")]
    OutOfTime,
    /// The refresh had to end while answers still came.
    #[error("not finished: the refresh ended first (refresh.timeout)")]
    Unfinished {
        /// Pages that had come.
        pages: u32,
    },
    /// Answers still came after all the time that they could be given.
    #[error(
        "too slow: the refresh ended after {pages} pages, and there were more (refresh.timeout)"
    )]
    TooSlow {
        /// Pages that had come.
        pages: u32,
    },
    /// No answer within `aws.request_timeout`.
    #[error("no answer in time: {0}")]
    Timeout(String),
    /// The refresh had to end before this call's turn came; nothing was sent.
    #[error("not asked: the refresh ended first (refresh.timeout)")]
    NotBegun,
    /// No connection, or a connection that broke.
    #[error("cannot reach AWS: {0}")]
    Connect(String),
    /// An answer that makes no sense.
    #[error("cannot read the answer: {0}")]
    Decode(String),
    /// A list whose `NextToken` comes back: its end would never be reached.
    #[error("the list repeats itself: a NextToken came twice")]
    RepeatedToken,
    /// A list with more pages than there can be.
    #[error("the list has no end: stopped after {0} pages")]
    TooManyPages(u32),
    /// The request could not be made from what we were given.
    #[error("cannot make the request: {0}")]
    Request(String),
}

impl Error {
    /// The refresh had to end before this call did.
    #[must_use]
    pub fn out_of_time(operation: &'static str) -> Self {
        Self {
            operation,
            cause: Cause::OutOfTime,
        }
    }

    /// The refresh had to end before this call could begin.
    #[must_use]
    pub fn not_begun(operation: &'static str) -> Self {
        Self {
            operation,
            cause: Cause::NotBegun,
        }
    }

    /// The refresh had to end while answers to this call still came.
    #[must_use]
    pub fn unfinished(operation: &'static str) -> Self {
        Self {
            operation,
            cause: Cause::Unfinished { pages: 0 },
        }
    }

    /// The same error, for a call to which more time would not have been given.
    #[must_use]
    pub fn or_too_slow(self) -> Self {
        match self.cause {
            Cause::Unfinished { pages } => Self {
                cause: Cause::TooSlow { pages },
                ..self
            },
            _ => self,
        }
    }

    /// Whether this call was never made, for want of time.
    #[must_use]
    pub fn is_not_begun(&self) -> bool {
        self.cause == Cause::NotBegun
    }

    /// Whether the refresh had no time for this call, or for all of it, though
    /// nothing is known to be wrong with it.
    #[must_use]
    pub fn is_for_want_of_time(&self) -> bool {
        matches!(self.cause, Cause::NotBegun | Cause::Unfinished { .. })
    }

    /// Whether AWS refused this very operation, which says nothing of others.
    #[must_use]
    pub fn is_of_operation(&self) -> bool {
        matches!(self.cause, Cause::Service { .. } | Cause::NotFound(_))
    }

    /// Whether what was asked for is gone, which for a list of its contents is an answer.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.cause, Cause::NotFound(_))
    }

    /// One word for the cause: AWS's code, or ours. The same cause gives the same word.
    #[must_use]
    pub fn code(&self) -> &str {
        self.cause.code()
    }
}

impl Cause {
    /// One word for it.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Credentials(_) => "credentials",
            Self::NotFound(_) => "ResourceNotFoundException",
            Self::Service { code, .. } => code,
            Self::Timeout(_) => "timeout",
            Self::NotBegun | Self::OutOfTime | Self::Unfinished { .. } | Self::TooSlow { .. } => {
                "out_of_time"
            }
            Self::Connect(_) => "connect",
            Self::Decode(_) => "decode",
            Self::RepeatedToken => "repeated_token",
            Self::TooManyPages(_) => "too_many_pages",
            Self::Request(_) => "request",
        }
    }
}

/// The error type that the SDK has for one operation, with the operation's name.
pub(super) trait Operation: ProvideErrorMetadata + StdError + Send + Sync + 'static {
    /// The operation as AWS, IAM and the `operation` label write it.
    const OPERATION: &'static str;
}

macro_rules! operations {
    ($($name:literal: $error:path;)*) => {$(
        impl Operation for $error {
            const OPERATION: &'static str = $name;
        }
    )*};
}

operations! {
    "DescribeFleets": appstream::describe_fleets::DescribeFleetsError;
    "DescribeStacks": appstream::describe_stacks::DescribeStacksError;
    "ListAssociatedStacks": appstream::list_associated_stacks::ListAssociatedStacksError;
    "ListAssociatedFleets": appstream::list_associated_fleets::ListAssociatedFleetsError;
    "ListTagsForResource": appstream::list_tags_for_resource::ListTagsForResourceError;
    "DescribeSessions": appstream::describe_sessions::DescribeSessionsError;
    "DescribeWorkspacesPools": workspaces::describe_workspaces_pools::DescribeWorkspacesPoolsError;
    "DescribeWorkspacesPoolSessions": workspaces::describe_workspaces_pool_sessions::DescribeWorkspacesPoolSessionsError;
}

/// What the SDK returns when its retries are spent.
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
    match connector.and_then(ended) {
        Some(Ended::Unsent) => return Cause::NotBegun,
        Some(Ended::Cut) => return Cause::Unfinished { pages: 0 },
        Some(Ended::Unanswered) => return Cause::OutOfTime,
        None => {}
    }
    if let Some(unreadable) = connector.and_then(unreadable) {
        return Cause::Decode(unreadable.to_string());
    }
    match error {
        SdkError::TimeoutError(_) => Cause::Timeout(chain(error)),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => Cause::Timeout(chain(error)),
        SdkError::DispatchFailure(_) => Cause::Connect(chain(error)),
        SdkError::ResponseError(_) | SdkError::ServiceError(_) => {
            let status = error
                .raw_response()
                .map_or(0, |response| response.status().as_u16());
            Cause::Decode(format!("HTTP {status}: {}", chain(error)))
        }
        _ => Cause::Request(chain(error)),
    }
}

/// What a service answered, deep in an error of which it is not known which service that is.
pub(super) fn answered(error: &(dyn StdError + 'static)) -> Option<Cause> {
    let answer = sources(error).find_map(|source| source.downcast_ref::<ErrorMetadata>())?;
    let message = answer.message().unwrap_or_default();
    Some(service_cause(answer.code()?, message))
}

fn service_cause(code: &str, message: &str) -> Cause {
    let message = if QUOTES_THE_REQUEST.contains(&code) {
        "the signature was refused"
    } else {
        message
    };
    let message = cut(message.lines().next().unwrap_or_default(), LONGEST_MESSAGE).to_owned();
    if code == "ResourceNotFoundException" {
        return Cause::NotFound(message);
    }
    Cause::Service {
        code: code_label(code),
        message,
    }
}

/// Whether the end of the refresh cut this attempt short.
pub(super) fn was_cut(error: &OrchestratorError<context::Error>) -> bool {
    error
        .as_connector_error()
        .is_some_and(|error| ended(error).is_some())
}

/// Why one attempt failed. Counted by its code: AWS's, or `timeout`, `connect`, `decode`.
pub(super) fn attempt_cause<E: Operation>(error: &OrchestratorError<context::Error>) -> Cause {
    let known = error
        .as_operation_error()
        .and_then(|error| error.downcast_ref::<E>());
    if let Some((known, code)) = known.and_then(|known| Some((known, known.code()?))) {
        return service_cause(code, known.message().unwrap_or_default());
    }
    let Some(connector) = error.as_connector_error() else {
        let text = "an answer that is not what the service's model says".to_owned();
        return if error.is_timeout_error() {
            Cause::Timeout(text)
        } else {
            Cause::Decode(text)
        };
    };
    if let Some(unreadable) = unreadable(connector) {
        Cause::Decode(unreadable.to_string())
    } else if connector.is_timeout() || ended(connector).is_some() {
        Cause::Timeout(chain(connector))
    } else {
        Cause::Connect(chain(connector))
    }
}

/// The transport's verdict on an answer that came, but cannot be one.
fn unreadable(error: &ConnectorError) -> Option<&Unreadable> {
    sources(error).find_map(|source| source.downcast_ref::<Unreadable>())
}

/// The transport's word that the refresh has ended.
fn ended(error: &ConnectorError) -> Option<&Ended> {
    sources(error).find_map(|source| source.downcast_ref::<Ended>())
}

/// A code as a label value. A peer that is not AWS could send anything.
fn code_label(code: &str) -> String {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':');
    if code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(allowed) {
        return "malformed".to_owned();
    }
    code.to_owned()
}

fn credentials_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a CredentialsError> {
    sources(error).find_map(|source| source.downcast_ref::<CredentialsError>())
}

/// An error and all that caused it, joined by colons, each text once.
pub(super) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for source in sources(error) {
        let text = source.to_string();
        let text = text.lines().next().unwrap_or_default();
        if !text.is_empty() && !texts.last().is_some_and(|last| last.contains(text)) {
            texts.push(text.to_owned());
        }
    }
    let text = texts.join(": ");
    cut(&text, LONGEST_MESSAGE).to_owned()
}

fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        (*error).source()
    })
}

/// The first `limit` bytes of a text, or fewer where that would split a character.
fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_codes_become_labels() {
        let cases = [
            ("ThrottlingException", "ThrottlingException"),
            ("com.amazonaws:Code-1", "com.amazonaws:Code-1"),
            ("", "malformed"),
            ("a\"b", "malformed"),
            ("Ä", "malformed"),
        ];
        for (code, label) in cases {
            assert_eq!(code_label(code), label, "{code}");
        }
        assert_eq!(code_label(&"x".repeat(65)), "malformed");
    }

    #[test]
    fn a_refused_signature_shows_nothing_of_the_request() {
        let cause = service_cause("SignatureDoesNotMatch", "x-amz-security-token:TOKEN");
        assert_eq!(
            cause.to_string(),
            "SignatureDoesNotMatch: the signature was refused"
        );
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let Cause::Service { message, .. } = service_cause("X", &"ä".repeat(400)) else {
            panic!("a service error")
        };
        assert_eq!(message.len(), LONGEST_MESSAGE);
        let Cause::Service { message, .. } = service_cause("X", "first\nsecond") else {
            panic!("a service error")
        };
        assert_eq!(message, "first");
    }
}
