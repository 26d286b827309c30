//! The body of a response as AWS wrote it.
//!
//! The SDK fills in missing required members: 0 for a number, 1970 for a time, and an empty text.
//! A number that AWS leaves out must stay absent, so the AWS JSON body is read here.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::de::DeserializeOwned;

/// Keeps what was written, of the last attempt of one call; or why it cannot be read.
#[derive(Debug)]
pub(super) struct RawBody<T>(Arc<Mutex<Option<Result<T, String>>>>);

/// Clones share what is kept.
impl<T> Clone for RawBody<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for RawBody<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> RawBody<T> {
    /// The body of a response that the SDK could read.
    pub(super) fn take(&self) -> Result<T, String> {
        let raw = self
            .0
            .lock()
            .expect("no code panics while it holds this lock")
            .take();
        raw.unwrap_or_else(|| Err("no body".to_owned()))
    }
}

#[dyn_dispatch_hint]
impl<T: DeserializeOwned + Debug + Send + 'static> Intercept for RawBody<T> {
    fn name(&self) -> &'static str {
        "RawBody"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        let raw = serde_json::from_slice(body).map_err(|error| error.to_string());
        *self
            .0
            .lock()
            .expect("no code panics while it holds this lock") = Some(raw);
        Ok(())
    }
}
