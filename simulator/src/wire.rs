//! The wire formats: how a request names its operation, and how answers and
//! errors become bytes.
//!
//! AppStream speaks Smithy RPC v2 CBOR, STS the AWS query protocol, and the other
//! services AWS JSON 1.1, which is the only format that they offer.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::document::Document;
use crate::error::ApiError;
use crate::query;
use crate::service::Service;

/// Path in front of the operation's name in an RPC v2 CBOR request to AppStream.
const APPSTREAM_PATH: &str = "/service/PhotonAdminProxyService/operation/";
/// Services of AWS JSON with the prefix of the operation's name in `X-Amz-Target`.
const JSON_TARGETS: [(Service, &str); 3] = [
    (Service::WorkSpaces, "WorkspacesService."),
    (Service::ApplicationAutoScaling, "AnyScaleFrontendService."),
    (Service::Quotas, "ServiceQuotasV20190624."),
];
/// Header that names the operation of a request in AWS JSON.
const TARGET_HEADER: &str = "x-amz-target";
/// Version of the STS API that a form must name.
const STS_VERSION: &str = "2011-06-15";
/// The root element of the answers of STS, which has one operation here.
const STS_RESPONSE: &str = "AssumeRoleResponse";
/// The members of STS input that are numbers.
const STS_NUMBERS: [&str; 1] = ["DurationSeconds"];
/// Header that names the protocol, in RPC v2 CBOR requests and answers alike.
pub(crate) const PROTOCOL_HEADER: &str = "smithy-protocol";
/// Value of [`PROTOCOL_HEADER`].
pub(crate) const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// What a request asks for, as far as its headers tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) service: Service,
    pub(crate) operation: String,
}

impl Service {
    /// The service whose format an answer to this request must be in, even when
    /// nothing else about the request makes sense.
    pub(crate) fn for_response_to(head: &Parts) -> Self {
        if head.headers.contains_key(PROTOCOL_HEADER) {
            Self::AppStream
        } else if is_query(&head.headers) {
            Self::Sts
        } else {
            let target = header(&head.headers, TARGET_HEADER).and_then(json_target);
            target.map_or(Self::WorkSpaces, |(service, _)| service)
        }
    }

    /// The media type of answers.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::AppStream => "application/cbor",
            Self::WorkSpaces | Self::ApplicationAutoScaling | Self::Quotas => {
                "application/x-amz-json-1.1"
            }
            Self::Sts => "text/xml",
        }
    }

    /// The media type of requests.
    fn request_type(self) -> &'static str {
        match self {
            Self::Sts => query::REQUEST_TYPE,
            _ => self.content_type(),
        }
    }

    /// Reads the input of an operation.
    ///
    /// # Errors
    /// A `SerializationException` when the body is not in the service's format.
    pub(crate) fn decode(self, body: &[u8]) -> Result<Value, ApiError> {
        match self {
            Self::AppStream => ciborium::from_reader(body)
                .map_err(|error| ApiError::serialization(error.to_string())),
            Self::Sts => Ok(query::input(body, &STS_NUMBERS)),
            Self::WorkSpaces | Self::ApplicationAutoScaling | Self::Quotas => {
                serde_json::from_slice(body)
                    .map_err(|error| ApiError::serialization(error.to_string()))
            }
        }
    }

    /// Writes an answer.
    pub(crate) fn encode(self, document: &Document) -> Bytes {
        match self {
            Self::AppStream => {
                let mut body = Vec::new();
                ciborium::into_writer(&document.to_cbor(), &mut body)
                    .expect("a vector takes every byte");
                Bytes::from(body)
            }
            Self::Sts => Bytes::from(document.to_xml()),
            Self::WorkSpaces | Self::ApplicationAutoScaling | Self::Quotas => {
                Bytes::from(document.to_json().to_string())
            }
        }
    }

    /// The error under the status and code the service has for it.
    pub(crate) fn native_error(self, error: ApiError) -> ApiError {
        match self {
            Self::Sts => query::native_error(error),
            _ => error,
        }
    }

    /// The answer with what the protocol puts around it.
    pub(crate) fn answer_document<'a>(
        self,
        document: &'a Document,
        request_id: &str,
    ) -> Cow<'a, Document> {
        match self {
            Self::Sts => Cow::Owned(query::response(STS_RESPONSE, document.clone(), request_id)),
            _ => Cow::Borrowed(document),
        }
    }

    /// The error as the service's API model spells it.
    pub(crate) fn error_document(self, error: &ApiError, request_id: &str) -> Document {
        let (kind, message) = match self {
            Self::AppStream => (format!("com.amazonaws.appstream#{}", error.code), "Message"),
            Self::WorkSpaces => (error.code.to_string(), "message"),
            Self::ApplicationAutoScaling | Self::Quotas => (error.code.to_string(), "Message"),
            Self::Sts => return query::error_response(error, request_id),
        };
        Document::structure()
            .with("__type", kind)
            .with(message, &*error.message)
    }
}

impl Target {
    /// Reads service and operation from the request's headers, or from its form.
    ///
    /// # Errors
    /// An `UnknownOperationException` when no service would take the
    /// request, an `UnsupportedMediaTypeException` when its body is in another format.
    pub(crate) fn of(head: &Parts, body: &[u8]) -> Result<Self, ApiError> {
        let target = Self::appstream(head)
            .or_else(|| Self::json(head))
            .or_else(|| Self::sts(head, body))
            .filter(|_| head.method == Method::POST)
            .ok_or_else(ApiError::unknown_operation)?;
        let expected = target.service.request_type();
        if media_type(&head.headers) != Some(expected) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaTypeException",
                format!("The content type must be {expected}"),
            ));
        }
        Ok(target)
    }

    fn appstream(head: &Parts) -> Option<Self> {
        let operation = head.uri.path().strip_prefix(APPSTREAM_PATH)?;
        (header(&head.headers, PROTOCOL_HEADER) == Some(RPC_V2_CBOR)).then(|| Self {
            service: Service::AppStream,
            operation: operation.to_owned(),
        })
    }

    fn json(head: &Parts) -> Option<Self> {
        let (service, operation) = json_target(header(&head.headers, TARGET_HEADER)?)?;
        (head.uri.path() == "/").then(|| Self {
            service,
            operation: operation.to_owned(),
        })
    }

    fn sts(head: &Parts, body: &[u8]) -> Option<Self> {
        let operation = query::action(body, STS_VERSION)?;
        (head.uri.path() == "/" && is_query(&head.headers)).then_some(Self {
            service: Service::Sts,
            operation,
        })
    }
}

/// Service and operation that `X-Amz-Target` names.
fn json_target(target: &str) -> Option<(Service, &str)> {
    let mut services = JSON_TARGETS.into_iter();
    services.find_map(|(service, prefix)| Some((service, target.strip_prefix(prefix)?)))
}

/// Only requests of the query protocol are forms.
fn is_query(headers: &HeaderMap) -> bool {
    media_type(headers) == Some(query::REQUEST_TYPE) && !headers.contains_key(TARGET_HEADER)
}

/// The content type without its parameters, of which some clients send a charset.
fn media_type(headers: &HeaderMap) -> Option<&str> {
    let content_type = header(headers, CONTENT_TYPE.as_str())?;
    content_type.split(';').next().map(str::trim)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn head(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> Parts {
        build(Request::builder().method(Method::POST))
            .body(())
            .unwrap()
            .into_parts()
            .0
    }

    #[test]
    fn services_are_recognised() {
        let appstream = head(|request| {
            request
                .uri("/service/PhotonAdminProxyService/operation/DescribeFleets")
                .header("smithy-protocol", "rpc-v2-cbor")
                .header("content-type", "application/cbor")
        });
        let workspaces = head(|request| {
            request
                .uri("/")
                .header("x-amz-target", "WorkspacesService.DescribeWorkspacesPools")
                .header("content-type", "application/x-amz-json-1.1")
        });
        let sts = head(|request| {
            request.uri("/").header(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8",
            )
        });
        let form = b"Version=2011-06-15&Action=AssumeRole";
        for (head, service, operation) in [
            (appstream, Service::AppStream, "DescribeFleets"),
            (workspaces, Service::WorkSpaces, "DescribeWorkspacesPools"),
            (sts, Service::Sts, "AssumeRole"),
        ] {
            let expected = Target {
                service,
                operation: operation.to_owned(),
            };
            assert_eq!(Service::for_response_to(&head), service);
            assert_eq!(Target::of(&head, form), Ok(expected));
        }
    }

    #[test]
    fn requests_no_service_takes_are_refused() {
        let path = "/service/PhotonAdminProxyService/operation/DescribeFleets";
        let cases = [
            (
                "no protocol",
                head(|request| request.uri(path)),
                "UnknownOperationException",
            ),
            (
                "no target",
                head(|request| request.uri("/")),
                "UnknownOperationException",
            ),
            (
                "get",
                head(|request| {
                    request
                        .method(Method::GET)
                        .uri(path)
                        .header("smithy-protocol", "rpc-v2-cbor")
                }),
                "UnknownOperationException",
            ),
            (
                "a form without an action",
                head(|request| {
                    request
                        .uri("/")
                        .header("content-type", "application/x-www-form-urlencoded")
                }),
                "UnknownOperationException",
            ),
            (
                "json to appstream",
                head(|request| {
                    request
                        .uri(path)
                        .header("smithy-protocol", "rpc-v2-cbor")
                        .header("content-type", "application/json")
                }),
                "UnsupportedMediaTypeException",
            ),
        ];
        for (name, head, code) in cases {
            assert_eq!(Target::of(&head, b"").unwrap_err().code, code, "{name}");
        }
    }

    #[test]
    fn maps_of_indefinite_length_are_read() {
        // {_ "FleetName": "f", "Limit": 5}
        let body = b"\xbf\x69FleetName\x61f\x65Limit\x05\xff";
        let input = Service::AppStream.decode(body).unwrap();
        assert_eq!(input, serde_json::json!({"FleetName": "f", "Limit": 5}));
    }

    #[test]
    fn errors_are_spelled_as_each_model_has_them() {
        let error = ApiError::throttling();
        assert_eq!(
            Service::AppStream.error_document(&error, "id-7").to_json(),
            serde_json::json!({
                "__type": "com.amazonaws.appstream#ThrottlingException",
                "Message": "Rate exceeded",
            })
        );
        assert_eq!(
            Service::WorkSpaces.error_document(&error, "id-7").to_json(),
            serde_json::json!({"__type": "ThrottlingException", "message": "Rate exceeded"})
        );
        let error = Service::Sts.native_error(error);
        assert_eq!(
            Service::Sts.error_document(&error, "id-7").to_xml(),
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code>\
             <Message>Rate exceeded</Message></Error>\
             <RequestId>id-7</RequestId></ErrorResponse>"
        );
    }
}
