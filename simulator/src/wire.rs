//! The wire formats: how a request names its operation, and how answers and
//! errors become bytes.
//!
//! AppStream and WorkSpaces speak Smithy RPC v2 CBOR and AWS JSON 1.1, and answer in the format
//! of the request. CloudWatch speaks CBOR, AWS JSON 1.0 and the AWS query protocol, of which it
//! has the error codes in all formats. STS speaks the query protocol, and the other services
//! AWS JSON 1.1 alone.

mod form;
pub(crate) mod query;

use std::borrow::Cow;

use bytes::Bytes;
use ciborium::Value as Cbor;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::document::Document;
use crate::error::ApiError;
use crate::service::Service;

/// Services of RPC v2 CBOR with the name that requests have in their path, and the namespace of errors.
const CBOR_SERVICES: [(Service, &str, &str); 3] = [
    (
        Service::AppStream,
        "PhotonAdminProxyService",
        "com.amazonaws.appstream",
    ),
    (
        Service::WorkSpaces,
        "WorkspacesService",
        "com.amazonaws.workspaces",
    ),
    (
        Service::CloudWatch,
        "GraniteServiceVersion20100801",
        "com.amazonaws.cloudwatch",
    ),
];
/// Services of AWS JSON with the prefix of the operation's name in `X-Amz-Target`.
const JSON_TARGETS: [(Service, &str); 5] = [
    (Service::AppStream, "PhotonAdminProxyService."),
    (Service::WorkSpaces, "WorkspacesService."),
    (Service::ApplicationAutoScaling, "AnyScaleFrontendService."),
    (Service::Quotas, "ServiceQuotasV20190624."),
    (Service::CloudWatch, "GraniteServiceVersion20100801."),
];
/// Header that names the operation of a request in AWS JSON.
const TARGET_HEADER: &str = "x-amz-target";
/// Services of the query protocol with the version of the API that a form must name, and the root
/// element of the answers of their one operation.
const QUERY_SERVICES: [(Service, &str, &str); 2] = [
    (Service::Sts, "2011-06-15", "AssumeRoleResponse"),
    (Service::CloudWatch, "2010-08-01", "GetMetricDataResponse"),
];
/// The members of forms that are numbers.
const NUMBERS: [&str; 3] = ["DurationSeconds", "Period", "MaxDatapoints"];
/// Header by which a client of another format asks for the codes of the query protocol.
const QUERY_MODE_HEADER: &str = "x-amzn-query-mode";
/// Header that names the protocol, in RPC v2 CBOR requests and answers alike.
pub(crate) const PROTOCOL_HEADER: &str = "smithy-protocol";
/// Value of [`PROTOCOL_HEADER`].
pub(crate) const RPC_V2_CBOR: &str = "rpc-v2-cbor";

/// The formats of requests and responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Cbor,
    /// AWS JSON 1.1.
    Json,
    /// AWS JSON 1.0.
    Json10,
    Query,
}

/// A service and the format in which it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) service: Service,
    pub(crate) format: Format,
    /// Errors also have the code that they have in the query protocol.
    pub(crate) query_mode: bool,
}

/// The service and operation of a request, from its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) wire: Wire,
    pub(crate) operation: String,
}

impl Format {
    /// The media type of answers.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Cbor => "application/cbor",
            Self::Json => "application/x-amz-json-1.1",
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Query => "text/xml",
        }
    }

    /// The media type of requests.
    fn request_type(self) -> &'static str {
        match self {
            Self::Query => query::REQUEST_TYPE,
            _ => self.content_type(),
        }
    }

    /// Reads the input of an operation.
    ///
    /// # Errors
    /// A `SerializationException` when the body is not in this format.
    pub(crate) fn decode(self, body: &[u8]) -> Result<Value, ApiError> {
        match self {
            Self::Cbor => ciborium::from_reader(body)
                .map(untagged)
                .map_err(|error| error.to_string())
                .and_then(|value| value.deserialized().map_err(|error| error.to_string()))
                .map_err(ApiError::serialization),
            Self::Json | Self::Json10 => serde_json::from_slice(body)
                .map_err(|error| ApiError::serialization(error.to_string())),
            Self::Query => Ok(form::input(body, &NUMBERS)),
        }
    }

    /// Writes an answer.
    pub(crate) fn encode(self, document: &Document) -> Bytes {
        match self {
            Self::Cbor => {
                let mut body = Vec::new();
                ciborium::into_writer(&document.to_cbor(), &mut body)
                    .expect("a vector takes every byte");
                Bytes::from(body)
            }
            Self::Json | Self::Json10 => Bytes::from(document.to_json().to_string()),
            Self::Query => Bytes::from(document.to_xml()),
        }
    }
}

impl Wire {
    /// The service and format of the answer to this request, even when nothing else about the
    /// request makes sense.
    pub(crate) fn for_response_to(head: &Parts, body: &[u8]) -> Self {
        let (service, format) = if head.headers.contains_key(PROTOCOL_HEADER) {
            let target = cbor_target(head.uri.path());
            let service = target.map_or(Service::AppStream, |(service, _)| service);
            (service, Format::Cbor)
        } else if is_query(&head.headers) {
            (
                query_target(body).map_or(Service::Sts, |(service, _)| service),
                Format::Query,
            )
        } else {
            let target = header(&head.headers, TARGET_HEADER).and_then(json_target);
            let service = target.map_or(Service::WorkSpaces, |(service, _)| service);
            (service, json_format(service))
        };
        let query_mode = service == Service::CloudWatch
            && header(&head.headers, QUERY_MODE_HEADER) == Some("true");
        Self {
            service,
            format,
            query_mode,
        }
    }

    /// The error under the status and code the service has for it.
    pub(crate) fn native_error(self, error: ApiError) -> ApiError {
        match self.format {
            Format::Query => query::native_error(error),
            _ => error,
        }
    }

    /// The answer with what the protocol puts around it.
    pub(crate) fn answer_document<'a>(
        self,
        document: &'a Document,
        request_id: &str,
    ) -> Cow<'a, Document> {
        match self.format {
            Format::Query => {
                let mut services = QUERY_SERVICES.iter();
                let service = services.find(|(service, ..)| *service == self.service);
                let root = service.map_or("", |(_, _, root)| root);
                let answer = match self.service {
                    Service::CloudWatch => {
                        Document::structure().with("GetMetricDataResult", document.clone())
                    }
                    _ => document.clone(),
                };
                Cow::Owned(query::response(root, answer, request_id))
            }
            _ => Cow::Borrowed(document),
        }
    }

    /// The error as the service's API model spells it.
    pub(crate) fn error_document(self, error: &ApiError, request_id: &str) -> Document {
        let kind = match self.format {
            Format::Query => return query::error_response(error, request_id),
            Format::Json | Format::Json10 => error.code.to_string(),
            Format::Cbor => {
                let mut services = CBOR_SERVICES.iter();
                let service = services.find(|(service, ..)| *service == self.service);
                let namespace = service.map_or("", |(_, _, namespace)| namespace);
                format!("{namespace}#{}", error.code)
            }
        };
        let message = match self.service {
            Service::WorkSpaces | Service::CloudWatch => "message",
            _ => "Message",
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
        let target = Self::cbor(head)
            .or_else(|| Self::json(head))
            .or_else(|| Self::query(head, body))
            .filter(|_| head.method == Method::POST)
            .ok_or_else(ApiError::unknown_operation)?;
        let expected = target.wire.format.request_type();
        if media_type(&head.headers) != Some(expected) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaTypeException",
                format!("The content type must be {expected}"),
            ));
        }
        Ok(target)
    }

    fn new(service: Service, format: Format, operation: &str) -> Self {
        Self {
            wire: Wire {
                service,
                format,
                query_mode: false,
            },
            operation: operation.to_owned(),
        }
    }

    fn cbor(head: &Parts) -> Option<Self> {
        let (service, operation) = cbor_target(head.uri.path())?;
        (header(&head.headers, PROTOCOL_HEADER) == Some(RPC_V2_CBOR))
            .then(|| Self::new(service, Format::Cbor, operation))
    }

    fn json(head: &Parts) -> Option<Self> {
        let (service, operation) = json_target(header(&head.headers, TARGET_HEADER)?)?;
        (head.uri.path() == "/").then(|| Self::new(service, json_format(service), operation))
    }

    fn query(head: &Parts, body: &[u8]) -> Option<Self> {
        let (service, operation) = query_target(body)?;
        (head.uri.path() == "/" && is_query(&head.headers))
            .then(|| Self::new(service, Format::Query, &operation))
    }
}

/// Service and operation that the path of an RPC v2 CBOR request names.
fn cbor_target(path: &str) -> Option<(Service, &str)> {
    let (named, operation) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    let mut services = CBOR_SERVICES.into_iter();
    services.find_map(|(service, name, _)| (name == named).then_some((service, operation)))
}

/// Service and operation that `X-Amz-Target` names.
fn json_target(target: &str) -> Option<(Service, &str)> {
    let mut services = JSON_TARGETS.into_iter();
    services.find_map(|(service, prefix)| Some((service, target.strip_prefix(prefix)?)))
}

/// Service and operation that a form names.
fn query_target(body: &[u8]) -> Option<(Service, String)> {
    let mut services = QUERY_SERVICES.into_iter();
    services.find_map(|(service, version, _)| Some((service, query::action(body, version)?)))
}

/// The version of AWS JSON that a service speaks.
fn json_format(service: Service) -> Format {
    match service {
        Service::CloudWatch => Format::Json10,
        _ => Format::Json,
    }
}

/// The value without the tags of its timestamps, which JSON has as bare numbers.
fn untagged(value: Cbor) -> Cbor {
    match value {
        Cbor::Tag(_, value) => untagged(*value),
        Cbor::Array(items) => Cbor::Array(items.into_iter().map(untagged).collect()),
        Cbor::Map(members) => {
            let members = members.into_iter();
            Cbor::Map(
                members
                    .map(|(name, value)| (name, untagged(value)))
                    .collect(),
            )
        }
        other => other,
    }
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
mod tests;
