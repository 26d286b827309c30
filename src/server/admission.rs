//! The checks before a response: rate limit, password, and concurrent scrapes.

use std::io::IoSlice;
use std::sync::Arc;

use bytes::Buf;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Version};
use http_body_util::Full;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Chunks;
use super::routes::{RefusalReason, Routes, refusal};
use super::slots::{ConnectionSlot, ResponseGuard};
use crate::webconfig::{Passwords, Reloadable, Settings};

/// Admits requests from connections to routes.
#[derive(Debug)]
pub(super) struct Admission {
    routes: Arc<Routes>,
    web: Arc<Reloadable>,
    passwords: Passwords,
    /// Permits of scrapes at one time, and how many there are.
    scrapes: Option<(Arc<Semaphore>, usize)>,
}

impl Admission {
    /// With 0 for `scrapes`, any number of them is answered at one time.
    pub(super) fn new(routes: Arc<Routes>, web: Arc<Reloadable>, scrapes: usize) -> Self {
        let limit = scrapes.min(Semaphore::MAX_PERMITS);
        Self {
            routes,
            web,
            passwords: Passwords::default(),
            scrapes: (limit > 0).then(|| (Arc::new(Semaphore::new(limit)), limit)),
        }
    }

    /// The active settings.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.web.current()
    }

    /// Answers a request. Its body, if it has one, is not looked at.
    pub(super) async fn answer<B>(
        &self,
        request: &Request<B>,
        slot: &Arc<ConnectionSlot>,
    ) -> Response<Full<AdmittedChunks>> {
        let settings = self.settings();
        let (response, permit, open_response) = match self.admit(request, &settings).await {
            Ok(permit) => {
                // Not before the request is admitted: a client that guesses passwords must not protect its slot from eviction.
                let open_response = slot.begin_response();
                (
                    self.routes.answer(request).await,
                    permit,
                    Some(open_response),
                )
            }
            Err(refusal) => {
                slot.request_received();
                self.routes.count(request.uri().path(), refusal.status());
                (refusal, None, None)
            }
        };
        if let Some(RefusalReason(reason)) = response.extensions().get() {
            tracing::debug!(
                peer = %slot.peer,
                method = %request.method(),
                path = request.uri().path(),
                code = response.status().as_u16(),
                reason,
                "request refused"
            );
        }
        // Of HTTP/2 a client can have many answers and take none for as long as it
        // likes; of HTTP/1.1 it has one, and is cut off when it stands still.
        let holds = (request.version() < Version::HTTP_2).then(|| ResponseHolds {
            slot: Arc::clone(slot),
            _open_response: open_response,
            _permit: permit,
        });
        let mut response = response.map(|chunks| Full::new(AdmittedChunks { chunks, holds }));
        for (name, value) in &settings.headers {
            // Headers of the response, such as the page's policy, are stricter.
            if !response.headers().contains_key(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }

    /// The response to a request that is refused, or the permit of a scrape.
    async fn admit<B>(
        &self,
        request: &Request<B>,
        settings: &Settings,
    ) -> Result<Option<OwnedSemaphorePermit>, Response<Chunks>> {
        if settings
            .rate_limit
            .as_ref()
            .is_some_and(|limit| !limit.admits())
        {
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"));
        }
        let header = request.headers().get(AUTHORIZATION);
        if !self.passwords.admit(&settings.users, header).await {
            return Err(unauthorized(header));
        }
        match &self.scrapes {
            Some((permits, limit)) if self.routes.is_telemetry(request.uri().path()) => {
                let permit = Arc::clone(permits).try_acquire_owned();
                permit.map(Some).map_err(|_| {
                    let reason = format!("too many concurrent scrapes: the limit is {limit}");
                    refusal(StatusCode::SERVICE_UNAVAILABLE, &reason)
                })
            }
            _ => Ok(None),
        }
    }
}

/// The log has more detail than the response.
fn unauthorized(header: Option<&HeaderValue>) -> Response<Chunks> {
    let reason = match header {
        None => "no user name and password",
        Some(_) => "wrong user name or password",
    };
    let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
    let reason = RefusalReason(reason.to_owned());
    response.extensions_mut().insert(reason);
    let scheme = HeaderValue::from_static("Basic");
    response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
    response
}

/// The permits of a response, until all of it is written.
#[derive(Debug)]
struct ResponseHolds {
    slot: Arc<ConnectionSlot>,
    _open_response: Option<ResponseGuard>,
    _permit: Option<OwnedSemaphorePermit>,
}

/// Chunks of a response that are being written. Their connection is not idle while the
/// client reads them, and they count as a scrape until the client has read them.
#[derive(Debug)]
pub(super) struct AdmittedChunks {
    chunks: Chunks,
    holds: Option<ResponseHolds>,
}

impl Buf for AdmittedChunks {
    fn remaining(&self) -> usize {
        self.chunks.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.chunks.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.chunks.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        if let Some(holds) = &self.holds {
            holds.slot.touch();
        }
        self.chunks.advance(count);
    }
}
