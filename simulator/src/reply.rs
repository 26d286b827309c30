//! An answer in bytes, and how it will be delivered.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::document::Document;
use crate::error::ApiError;
use crate::fault::effect::{DeliveryFault, Effect, ForeignAnswer};
use crate::wire::query;
use crate::wire::{Format, PROTOCOL_HEADER, RPC_V2_CBOR, Wire};

/// An answer in its wire format.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) delay: Duration,
    pub(crate) delivery_fault: Option<DeliveryFault>,
}

impl Reply {
    /// The answer of an AWS service, under this effect.
    pub(crate) fn new(
        wire: Wire,
        request_id: &str,
        result: &Result<Document, ApiError>,
        effect: Option<&Effect>,
    ) -> Self {
        if let Some(Effect::Foreign(answer)) = effect {
            return Self::plain(answer.clone(), effect);
        }
        let (status, document) = match result {
            Ok(document) => (StatusCode::OK, wire.answer_document(document, request_id)),
            Err(error) => {
                let document = wire.error_document(error, request_id);
                (error.status, Cow::Owned(document))
            }
        };
        let mut headers = service_headers(wire.format, request_id);
        let error = result.as_ref().err().filter(|_| wire.query_mode);
        if let Some(Ok(error)) =
            error.map(|error| HeaderValue::try_from(query::error_header(error)))
        {
            headers.insert("x-amzn-query-error", error);
        }
        Self::under(effect, status, headers, wire.format.encode(&document))
    }

    /// An answer that is not in the format of an AWS service, under this effect.
    pub(crate) fn plain(answer: ForeignAnswer, effect: Option<&Effect>) -> Self {
        let mut headers = HeaderMap::new();
        if let Ok(content_type) = HeaderValue::try_from(&*answer.content_type) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        if let Some((name, value)) = answer.header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Self::under(effect, answer.status, headers, answer.body)
    }

    fn under(effect: Option<&Effect>, status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
            delay: match effect {
                Some(Effect::Delay(by)) => *by,
                _ => Duration::ZERO,
            },
            delivery_fault: match effect {
                Some(Effect::Delivery(delivery_fault)) => Some(*delivery_fault),
                _ => None,
            },
        }
    }

    pub(crate) fn logged_status(&self) -> Option<u16> {
        match self.delivery_fault {
            Some(DeliveryFault::Hang | DeliveryFault::Reset | DeliveryFault::Close) => None,
            _ => Some(self.status.as_u16()),
        }
    }
}

/// The headers of a service's own answers.
fn service_headers(format: Format, request_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(format.content_type()),
    );
    if format == Format::Cbor {
        headers.insert(PROTOCOL_HEADER, HeaderValue::from_static(RPC_V2_CBOR));
    }
    if let Ok(request_id) = HeaderValue::try_from(request_id) {
        headers.insert("x-amzn-requestid", request_id);
    }
    headers
}
