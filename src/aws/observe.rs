//! An interceptor that names each attempt for the transport and counts those that fail.

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

use super::error::{Operation, attempt_code};
use super::transport::Attempt;
use crate::selfmetrics::ServiceMetrics;

/// Watches the attempts of one call. `E` is the operation's error, which the
/// SDK has erased by the time an interceptor sees it.
pub(super) struct Observer<E> {
    metrics: ServiceMetrics,
    sent: Arc<AtomicBool>,
    error: PhantomData<fn() -> E>,
}

impl<E: Operation> Observer<E> {
    pub(super) fn new(metrics: &ServiceMetrics) -> Self {
        Self {
            metrics: metrics.clone(),
            sent: Arc::default(),
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
            let code = attempt_code::<E>(error);
            let (target, aws_region) = self.metrics.subject();
            tracing::debug!(
                target,
                aws_region,
                operation = E::OPERATION,
                code,
                "request failed"
            );
            self.metrics.failed(E::OPERATION, &code);
        }
        Ok(())
    }
}
