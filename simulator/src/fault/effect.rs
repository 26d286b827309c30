//! The effect of a fault on a call.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::error::ApiError;

/// The effect of a fault on a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Effect {
    /// Answer with an error, under the code the service has for it.
    Error(ApiError),
    /// Answer with exactly this error.
    ExactError(ApiError),
    /// Respond as if the requested resource did not exist.
    NotFound,
    /// Answer, but deliver the answer wrongly.
    Delivery(DeliveryFault),
    /// Answer, but never let the pages end.
    Page(Paging),
    /// Answer later.
    Delay(Duration),
    /// Answer without the member of this name.
    Without(String),
    /// Answer without the item of this name.
    WithoutItem(String),
    /// Answer with exactly this, in no service's format.
    Foreign(ForeignAnswer),
}

/// An answer that is not in the format of an AWS service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ForeignAnswer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: Cow<'static, str>,
    pub(crate) body: Bytes,
    /// A header beside the content type.
    pub(crate) header: Option<(&'static str, &'static str)>,
}

/// Ways an answer fails to arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryFault {
    Empty,
    /// No byte is ever sent, and the connection stays open.
    Hang,
    /// The connection is reset before a byte is sent.
    Reset,
    /// The connection is closed before a byte is sent.
    Close,
    /// Half the body is sent, then nothing, and the connection stays open.
    Stall,
    /// Half the body is sent, then the connection is closed.
    Truncate,
    /// Half the body is sent as if it were all of it.
    TruncateCleanly,
    /// The body is complete and makes no sense.
    Garbage,
}

/// Ways a list never ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// Every page leads to a page with another token.
    Endless,
    /// Every page carries one and the same token.
    Repeated,
}

impl Effect {
    /// The answer that this effect gives where no AWS service answers. `None` where it
    /// affects the delivery alone, or only lists.
    pub(crate) fn plain_answer(&self) -> Option<ForeignAnswer> {
        match self {
            Self::Error(error) | Self::ExactError(error) => {
                Some(ForeignAnswer::text(error.status, error.message.to_string()))
            }
            Self::NotFound => Some(ForeignAnswer::text(StatusCode::NOT_FOUND, "")),
            Self::Foreign(answer) => Some(answer.clone()),
            Self::Delivery(_)
            | Self::Page(_)
            | Self::Delay(_)
            | Self::Without(_)
            | Self::WithoutItem(_) => None,
        }
    }
}

impl ForeignAnswer {
    pub(crate) fn text(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: Cow::Borrowed("text/plain"),
            body: body.into(),
            header: None,
        }
    }

    pub(crate) fn json(body: &serde_json::Value) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: Cow::Borrowed("application/json"),
            body: body.to_string().into(),
            header: None,
        }
    }
}
