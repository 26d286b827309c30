//! Why a call to AWS failed: plain values, in words to show and codes to count.
//!
//! Names no SDK type and nothing else of the crate; `classify` makes these from the SDK's errors.

use std::error::Error as StdError;

/// Longest text of an error that is passed on: the rest is detail for AWS's own support.
const LONGEST_MESSAGE: usize = 300;

/// Longest error code that becomes a label value; AWS's own stay far below.
const LONGEST_CODE: usize = 64;
/// Error codes whose messages quote the signed request, including the session token.
const QUOTES_THE_REQUEST: [&str; 3] = [
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "IncompleteSignature",
];

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {cause}")]
pub struct Error {
    /// The AWS operation.
    pub operation: &'static str,
    /// The cause of the failure.
    pub cause: Cause,
}

/// Causes of a failed call, grouped by solution.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// There is nothing to sign the request with; nothing was sent.
    #[error("no AWS credentials: {0}")]
    Credentials(String),
    /// The resource does not exist (any more).
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
    /// Requests come too fast, says something without a code of AWS, such as a proxy.
    #[error("too many requests: HTTP 429 without an error code")]
    TooManyRequests,
    /// No response within `aws.request_timeout`.
    #[error("timeout: {0}")]
    Timeout(String),
    /// No connection, or a connection that broke.
    #[error("cannot reach AWS: {0}")]
    Connect(String),
    /// The service's host name does not exist, while other names of the region do.
    #[error("cannot reach AWS: the host {0} does not exist")]
    NoSuchHost(String),
    /// A response that makes no sense.
    #[error("cannot read the response: {0}")]
    Decode(String),
    /// A list whose `NextToken` comes back: its end would never be reached.
    #[error("pagination loop: AWS returned the same NextToken twice")]
    RepeatedToken,
    /// A list with far more pages than it can have.
    #[error("the list has more than {0} pages")]
    TooManyPages(u32),
    /// CloudWatch gave only some of the datapoints, with this status.
    #[error("not all datapoints came: {0}")]
    Incomplete(String),
    /// Nothing is known to be wrong, but there was no time to read it.
    #[error("{0}")]
    OutOfTime(&'static str),
    /// The request could not be made from what we were given.
    #[error("cannot make the request: {0}")]
    Request(String),
}

impl Error {
    /// Whether AWS refused this one operation, which says nothing of others.
    #[must_use]
    pub fn is_of_operation(&self) -> bool {
        matches!(self.cause, Cause::Service { .. } | Cause::NotFound(_))
    }

    /// Whether the resource does not exist.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self.cause, Cause::NotFound(_))
    }

    /// Whether no response came in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.cause, Cause::Timeout(_))
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
            Self::TooManyRequests => "TooManyRequestsException",
            Self::Timeout(_) => "timeout",
            Self::Connect(_) | Self::NoSuchHost(_) => "connect",
            Self::Decode(_) => "decode",
            Self::RepeatedToken => "repeated_token",
            Self::TooManyPages(_) => "too_many_pages",
            Self::Incomplete(_) => "incomplete",
            Self::OutOfTime(_) => "out_of_time",
            Self::Request(_) => "request",
        }
    }
}

/// The cause for an error that AWS answered with.
pub(super) fn service_cause(code: &str, message: &str) -> Cause {
    let message = if QUOTES_THE_REQUEST.contains(&code) {
        "the signature was rejected"
    } else {
        message
    };
    let message = shortened(message.lines().next().unwrap_or_default()).to_owned();
    if code == "ResourceNotFoundException" {
        return Cause::NotFound(message);
    }
    Cause::Service {
        code: code_label(code),
        message,
    }
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
    shortened(&text).to_owned()
}

pub(super) fn sources<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| {
        (*error).source()
    })
}

/// The first [`LONGEST_MESSAGE`] bytes of a text, or fewer where that would split a character.
pub(super) fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_MESSAGE))
        .unwrap_or(text)
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
            "SignatureDoesNotMatch: the signature was rejected"
        );
    }

    #[test]
    fn only_the_first_line_of_a_message_is_kept() {
        let cause = service_cause("X", "first\nsecond");
        assert_eq!(cause.to_string(), "X: first");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(shortened(&"ä".repeat(400)).len(), LONGEST_MESSAGE);
        assert_eq!(shortened("short"), "short");
    }
}
