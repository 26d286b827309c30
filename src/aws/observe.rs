//! Watches over one call: names each attempt for the transport, counts those that
//! fail, tells the rate limit of those that AWS throttled, and knows why a call
//! failed that the end of the refresh cut short between two attempts.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_runtime::retries::classifiers::THROTTLING_ERRORS;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::Precedence;
use super::error::{Cause, Error, Operation, attempt_cause, was_cut};
use super::limits::Bucket;
use super::transport::Attempt;
use crate::selfmetrics::ServiceMetrics;

/// Who is told of the attempts of one service in one region of one target.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// What is counted.
    pub(super) metrics: ServiceMetrics,
    /// What slows down.
    pub(super) bucket: Arc<Bucket>,
    /// Who goes first where requests wait for the rate limit.
    pub(super) precedence: Precedence,
}

impl Watch {
    /// The same for requests of this precedence.
    pub(super) fn with(&self, precedence: Precedence) -> Self {
        Self {
            precedence,
            ..self.clone()
        }
    }
}

/// Watches the attempts of one call. `E` is the operation's error, which the
/// SDK has erased by the time an interceptor sees it.
pub(super) struct Observer<E> {
    watch: Watch,
    sent: Arc<AtomicBool>,
    /// Why the last attempt failed.
    failed: Arc<Mutex<Option<Cause>>>,
    error: PhantomData<fn() -> E>,
}

impl<E: Operation> Observer<E> {
    pub(super) fn new(watch: &Watch) -> Self {
        Self {
            watch: watch.clone(),
            sent: Arc::default(),
            failed: Arc::default(),
            error: PhantomData,
        }
    }

    /// Waits for the call, until the refresh ends.
    ///
    /// # Errors
    /// That of the call. When the refresh ends first and an attempt had failed
    /// before, that is what is wrong with the call, and not the want of time.
    pub(super) async fn until_the_end<T>(
        &self,
        send: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Error> {
        let ended = tokio::time::timeout_at(self.watch.bucket.deadline(), send).await;
        let mut error = match ended {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Error::from(error),
            Err(_) => Error::out_of_time(E::OPERATION),
        };
        let was_cut = error.cause == Cause::OutOfTime || error.is_for_want_of_time();
        let failed = self
            .failed
            .lock()
            .expect("no panic while it is held")
            .take();
        if let (true, Some(cause)) = (was_cut, failed) {
            error.cause = cause;
        }
        Err(error)
    }
}

impl<E> Clone for Observer<E> {
    fn clone(&self) -> Self {
        Self {
            watch: self.watch.clone(),
            sent: Arc::clone(&self.sent),
            failed: Arc::clone(&self.failed),
            error: PhantomData,
        }
    }
}

impl<E: Operation> fmt::Debug for Observer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("operation", &E::OPERATION)
            .finish_non_exhaustive()
    }
}

#[dyn_dispatch_hint]
impl<E: Operation> Intercept for Observer<E> {
    fn name(&self) -> &'static str {
        "Observer"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let attempt = Attempt {
            operation: E::OPERATION,
            precedence: self.watch.precedence,
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
        if let Some(Err(error)) = context.output_or_error()
            && sent
        {
            let cause = attempt_cause::<E>(error);
            let code = cause.code();
            let Watch {
                metrics, bucket, ..
            } = &self.watch;
            let (target, aws_region) = metrics.subject();
            tracing::debug!(
                target,
                aws_region,
                operation = E::OPERATION,
                code,
                "request failed"
            );
            metrics.failed(E::OPERATION, code);
            if THROTTLING_ERRORS.contains(&code) {
                bucket.throttled();
            }
            if !was_cut(error) {
                *self.failed.lock().expect("no panic while it is held") = Some(cause);
            }
        }
        Ok(())
    }
}
