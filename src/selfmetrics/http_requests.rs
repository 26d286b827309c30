//! Counts of answered HTTP requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

/// Requests by handler, then by status code.
#[derive(Debug, Default)]
pub(super) struct HttpRequests(RwLock<BTreeMap<String, BTreeMap<u16, HttpRequest>>>);

/// A status code in digits, and how often it was answered.
#[derive(Debug)]
struct HttpRequest {
    code: String,
    count: AtomicU64,
}

impl HttpRequests {
    pub(super) fn count(&self, handler: &str, code: u16) {
        let requests = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(request) = requests.get(handler).and_then(|codes| codes.get(&code)) {
            request.count.fetch_add(1, Ordering::Relaxed);
            return;
        }
        drop(requests);
        let mut requests = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let codes = requests.entry(handler.to_owned()).or_default();
        let request = codes.entry(code).or_insert_with(|| HttpRequest {
            code: code.to_string(),
            count: AtomicU64::new(0),
        });
        *request.count.get_mut() += 1;
    }

    pub(super) fn each(&self, mut show: impl FnMut(&str, &str, u64)) {
        let requests = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (handler, codes) in requests.iter() {
            for request in codes.values() {
                show(
                    handler,
                    &request.code,
                    request.count.load(Ordering::Relaxed),
                );
            }
        }
    }
}
