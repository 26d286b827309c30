//! Answers on their way to the client, whole or spoiled.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderValue, Response};
use hyper::body::{Body, Frame};

use crate::effect::DeliveryFault;
use crate::reply::Reply;

/// A body in no format: neither JSON text nor XML nor, with its reserved first byte, CBOR.
const GARBAGE: &[u8] = b"\x1cnot an answer";

/// A body that may stop before its announced length.
#[derive(Debug)]
pub(crate) struct Delivery {
    data: Option<Bytes>,
    ending: Ending,
}

#[derive(Debug)]
enum Ending {
    Complete,
    /// Nothing more is sent.
    Silence,
    /// The connection breaks, after the data has had its chance to be sent.
    Break,
    /// The connection breaks now.
    Broken,
}

impl Reply {
    /// The HTTP response. The server handles the faults that send no response.
    pub(crate) fn into_response(self) -> Response<Delivery> {
        let body = match self.delivery_fault {
            Some(DeliveryFault::Garbage) => Bytes::from_static(GARBAGE),
            Some(DeliveryFault::Empty) => Bytes::new(),
            _ => self.body,
        };
        let half = body.slice(..body.len() / 2);
        let announced = body.len();
        let (announced, data, ending) = match self.delivery_fault {
            Some(DeliveryFault::Stall) => (announced, half, Ending::Silence),
            Some(DeliveryFault::Truncate) => (announced, half, Ending::Break),
            Some(DeliveryFault::TruncateCleanly) => (half.len(), half, Ending::Complete),
            _ => (announced, body, Ending::Complete),
        };
        let mut response = Response::new(Delivery {
            data: Some(data),
            ending,
        });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
            .headers_mut()
            .insert(CONTENT_LENGTH, HeaderValue::from(announced));
        response
    }
}

impl Body for Delivery {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.ending {
            Ending::Complete => Poll::Ready(None),
            Ending::Silence => Poll::Pending,
            Ending::Break => {
                // An error now would discard the data hyper has not flushed yet.
                self.ending = Ending::Broken;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Ending::Broken => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
        }
    }
}
