//! The origin of a request: the credential scope of its signature.

use std::borrow::Cow;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::error::ApiError;
use crate::service::Service;

/// Header that proves a temporary access key.
const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Who signed a request, and for which region. Signatures are not verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) access_key_id: String,
    pub(crate) region: String,
    /// The session token of temporary access keys.
    pub(crate) session_token: Option<String>,
}

impl Signature {
    /// Reads the credential scope of a Signature Version 4 `Authorization` header.
    ///
    /// # Errors
    /// A `MissingAuthenticationTokenException` without the header, an
    /// `IncompleteSignatureException` when it cannot be read, an
    /// `InvalidSignatureException` when it was made for another service.
    pub(crate) fn of(headers: &HeaderMap, service: Service) -> Result<Self, ApiError> {
        let authorization = header(headers, AUTHORIZATION).ok_or_else(|| {
            forbidden(
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )
        })?;
        let scope = credential_scope(authorization).ok_or_else(|| {
            ApiError::bad_request(
                "IncompleteSignatureException",
                "Authorization header requires a Credential of five parts",
            )
        })?;
        let [access_key_id, _date, region, signed_for, "aws4_request"] = scope else {
            return Err(forbidden(
                "InvalidSignatureException",
                "Credential must end in aws4_request",
            ));
        };
        if signed_for != service.name() {
            return Err(forbidden(
                "InvalidSignatureException",
                format!(
                    "Credential should be scoped to correct service: '{}'",
                    service.name()
                ),
            ));
        }
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            region: region.to_owned(),
            session_token: header(headers, TOKEN_HEADER).map(str::to_owned),
        })
    }
}

/// Access key id, date, region, service and terminator.
fn credential_scope(authorization: &str) -> Option<[&str; 5]> {
    let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let credential = parameters
        .split(',')
        .find_map(|parameter| parameter.trim().strip_prefix("Credential="))?;
    let parts: Vec<&str> = credential.split('/').collect();
    parts.try_into().ok()
}

fn forbidden(code: &'static str, message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code, message)
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/appstream/aws4_request, \
                          SignedHeaders=host;x-amz-date, Signature=00";

    fn headers<'a>(headers: impl IntoIterator<Item = (&'static str, &'a str)>) -> HeaderMap {
        let header = |(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_str(value).unwrap())
        };
        headers.into_iter().map(header).collect()
    }

    #[test]
    fn region_and_key_come_from_the_credential_scope() {
        let headers = headers([("authorization", SIGNED), ("x-amz-security-token", "token")]);
        let expected = Signature {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            region: "us-east-1".to_owned(),
            session_token: Some("token".to_owned()),
        };
        assert_eq!(Signature::of(&headers, Service::AppStream), Ok(expected));
    }

    #[test]
    fn requests_without_a_usable_signature_are_refused() {
        let cases = [
            (None, "MissingAuthenticationTokenException"),
            (Some("Bearer x".to_owned()), "IncompleteSignatureException"),
            (
                Some(SIGNED.replace("/us-east-1", "")),
                "IncompleteSignatureException",
            ),
            (
                Some(SIGNED.replace("aws4_request", "aws5_request")),
                "InvalidSignatureException",
            ),
            (
                Some(SIGNED.replace("/appstream/", "/workspaces/")),
                "InvalidSignatureException",
            ),
        ];
        for (authorization, code) in cases {
            let headers = headers(
                authorization
                    .iter()
                    .map(|value| ("authorization", &**value)),
            );
            let error = Signature::of(&headers, Service::AppStream).unwrap_err();
            assert_eq!(error.code, code, "{authorization:?}");
        }
    }
}
