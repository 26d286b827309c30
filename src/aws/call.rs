//! One call with its attempts. Labels each attempt for the HTTP client, logs it, counts failed
//! and unreadable ones, and reports throttled ones to the rate limit.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::attempt::RequestTag;
use super::classify::{attempt_cause, is_throttling};
use super::error::{Cause, Error};
use super::limits::Bucket;
use super::operations::Operation;
use super::progress::Progress;
use crate::selfmetrics::ServiceMetrics;

/// State that all calls to one service in one region of one target share.
#[derive(Clone, Debug)]
pub(super) struct CallContext {
    /// Counts requests.
    pub(super) metrics: Arc<ServiceMetrics>,
    /// Limits their rate.
    pub(super) bucket: Arc<Bucket>,
    /// The read that the calls belong to.
    pub(super) progress: Progress,
}

impl CallContext {
    /// A call of the operation that has the error type `E`.
    pub(super) fn call<E: Operation>(&self) -> Call<E> {
        Call {
            context: self.clone(),
            tag: RequestTag::new(E::OPERATION),
            error: PhantomData,
        }
    }
}

/// One call, and the interceptor that sees its attempts. `E` is the operation's error, which the
/// SDK has erased by the time an interceptor sees it.
pub(super) struct Call<E> {
    pub(super) context: CallContext,
    tag: RequestTag,
    error: PhantomData<fn() -> E>,
}

/// Clones are one call.
impl<E> Clone for Call<E> {
    fn clone(&self) -> Self {
        Self {
            context: self.context.clone(),
            tag: self.tag.clone(),
            error: PhantomData,
        }
    }
}

impl<E: Operation> fmt::Debug for Call<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &E::OPERATION)
            .finish_non_exhaustive()
    }
}

impl<E: Operation> Call<E> {
    /// The member that a response of the operation must have.
    ///
    /// # Errors
    /// [`Cause::Decode`] when it is missing.
    pub(super) fn required<T>(&self, member: Option<T>) -> Result<T, Error> {
        member.ok_or_else(|| self.unreadable(format!("{} is missing", E::MEMBER)))
    }

    /// Counts a response that the SDK can read, but that cannot be one of AWS.
    pub(super) fn unreadable(&self, wrong: String) -> Error {
        self.failed(Cause::Decode(wrong))
    }

    /// Counts a request that failed.
    fn failed(&self, cause: Cause) -> Error {
        let operation = E::OPERATION;
        self.context.metrics.failed(operation, cause.code());
        Error { operation, cause }
    }
}

#[dyn_dispatch_hint]
impl<E: Operation> Intercept for Call<E> {
    fn name(&self) -> &'static str {
        "Call"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(self.tag.clone());
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without credentials an attempt fails before anything is sent: that is no request.
        let (Some(result), Some(sent_at)) = (context.output_or_error(), self.tag.take_sent_at())
        else {
            return Ok(());
        };
        let response = context.response();
        let status = response.map(|response| response.status().as_u16());
        let cause = result.err().map(|error| attempt_cause::<E>(error, status));
        tracing::debug!(
            operation = E::OPERATION,
            page = self.context.progress.pages() + 1,
            duration = ?sent_at.elapsed(),
            outcome = cause.as_ref().map_or("success", Cause::code),
            request_id = response.and_then(request_id),
            "AWS request"
        );
        let Some(cause) = cause else {
            return Ok(());
        };
        let error = self.failed(cause);
        if is_throttling(error.code()) {
            self.context.bucket.throttled();
        }
        self.context.progress.failed(error);
        Ok(())
    }
}

/// Sends a request with the call and any others as its interceptors. A macro, because the requests
/// of the SDK have no common trait.
macro_rules! send {
    ($call:expr, $request:expr $(, $interceptor:expr)*) => {
        $request
            .customize()
            .interceptor($call.clone())
            $(.interceptor($interceptor.clone()))*
            .send()
            .await
    };
}
pub(super) use send;

/// The request ID, which AWS support needs.
fn request_id(response: &HttpResponse) -> Option<&str> {
    response.headers().get("x-amzn-requestid")
}
