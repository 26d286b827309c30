//! One call with its attempts: names each attempt for the HTTP client, counts those that
//! fail or whose answer is unreadable, and tells the rate limit of those that AWS throttled.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::attempt::Attempt;
use super::classify::{attempt_cause, is_throttling};
use super::error::{Cause, Error};
use super::limits::Bucket;
use super::operations::Operation;
use super::progress::Progress;
use crate::selfmetrics::ServiceMetrics;

/// What the calls of one service in one region of one target share.
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
    /// An interceptor for one call. `E` is the operation's error, which the SDK
    /// has erased by the time an interceptor sees it.
    pub(super) fn interceptor<E: Operation>(&self) -> AttemptInterceptor<E> {
        AttemptInterceptor {
            context: self.clone(),
            sent: Arc::default(),
            error: PhantomData,
        }
    }

    /// The member that an answer of the operation must have.
    ///
    /// # Errors
    /// [`Cause::Decode`] when it is missing.
    pub(super) fn required<E: Operation, T>(&self, member: Option<T>) -> Result<T, Error> {
        member.ok_or_else(|| self.unreadable::<E>(format!("it has no {}", E::MEMBER)))
    }

    /// Counts an answer that the SDK can read, but that cannot be one of AWS.
    pub(super) fn unreadable<E: Operation>(&self, wrong: String) -> Error {
        self.failed::<E>(Cause::Decode(wrong))
    }

    /// Counts a request that failed.
    fn failed<E: Operation>(&self, cause: Cause) -> Error {
        let (target, aws_region) = self.metrics.subject();
        let (operation, code) = (E::OPERATION, cause.code());
        tracing::debug!(target, aws_region, operation, code, "request failed");
        self.metrics.failed(operation, code);
        Error { operation, cause }
    }
}

/// Sees every attempt of one call.
pub(super) struct AttemptInterceptor<E> {
    context: CallContext,
    sent: Arc<AtomicBool>,
    error: PhantomData<fn() -> E>,
}

impl<E: Operation> fmt::Debug for AttemptInterceptor<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttemptInterceptor")
            .field("operation", &E::OPERATION)
            .finish_non_exhaustive()
    }
}

#[dyn_dispatch_hint]
impl<E: Operation> Intercept for AttemptInterceptor<E> {
    fn name(&self) -> &'static str {
        "AttemptInterceptor"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = Attempt {
            operation: E::OPERATION,
            sent: Arc::clone(&self.sent),
        };
        context.request_mut().add_extension(attempt);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Without credentials an attempt fails before anything is sent: that is no failed request.
        let sent = self.sent.swap(false, Ordering::Relaxed);
        let Some(Err(error)) = context.output_or_error() else {
            return Ok(());
        };
        if !sent {
            return Ok(());
        }
        let response = context.response();
        let status = response.map(|response| response.status().as_u16());
        let error = self.context.failed::<E>(attempt_cause::<E>(error, status));
        if is_throttling(error.code()) {
            self.context.bucket.throttled();
        }
        self.context.progress.failed(error);
        Ok(())
    }
}
