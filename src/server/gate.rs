//! What a request has to pass before it is answered: the rate limit, the password,
//! and the number of scrapes at one time.

use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode, Version};
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Pieces;
use super::routes::{Routes, text};
use super::seats::{Answering, Seat};
use crate::webconfig::{Passwords, Settings, Watched};

/// What stands between connections and routes.
#[derive(Debug)]
pub(super) struct Gate {
    routes: Arc<Routes>,
    web: Arc<Watched>,
    passwords: Passwords,
    /// Scrapes at one time, and how many they are.
    scrapes: Option<(Arc<Semaphore>, usize)>,
}

impl Gate {
    /// With 0 for `scrapes`, any number of them is answered at one time.
    pub(super) fn new(routes: Arc<Routes>, web: Arc<Watched>, scrapes: usize) -> Self {
        let limit = scrapes.min(Semaphore::MAX_PERMITS);
        Self {
            routes,
            web,
            passwords: Passwords::default(),
            scrapes: (limit > 0).then(|| (Arc::new(Semaphore::new(limit)), limit)),
        }
    }

    /// The settings that hold now.
    pub(super) async fn settings(&self) -> Arc<Settings> {
        self.web.current().await
    }

    /// Answers a request. Its body, if it has one, is not looked at.
    pub(super) async fn answer<B>(
        &self,
        request: &Request<B>,
        seat: &Arc<Seat>,
    ) -> Response<Answer> {
        let settings = self.settings().await;
        let (response, place, answering) = match self.refusal(request, &settings).await {
            Ok(place) => {
                // Not before it is let in: those who guess passwords keep no place from others.
                let answering = seat.answer();
                (self.routes.answer(request).await, place, Some(answering))
            }
            Err(refusal) => {
                seat.asked();
                self.routes.count(request.uri().path(), refusal.status());
                (refusal, None, None)
            }
        };
        // Of HTTP/2 a client can have many answers and take none for as long as it
        // likes; of HTTP/1.1 it has one, and is cut off when it stands still.
        let hold = (request.version() < Version::HTTP_2).then(|| Hold {
            seat: Arc::clone(seat),
            _answering: answering,
            _place: place,
        });
        let mut response = response.map(|pieces| Answer { pieces, hold });
        for (name, value) in &settings.headers {
            // What an answer says of itself, such as the page's policy, is stricter.
            if !response.headers().contains_key(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }

    /// Why a request is not answered; the place of a scrape when it is.
    async fn refusal<B>(
        &self,
        request: &Request<B>,
        settings: &Settings,
    ) -> Result<Option<OwnedSemaphorePermit>, Response<Pieces>> {
        if settings
            .rate_limit
            .as_ref()
            .is_some_and(|limit| !limit.admits())
        {
            return Err(text(
                StatusCode::TOO_MANY_REQUESTS,
                "429: Too Many Requests\n",
            ));
        }
        let header = request.headers().get(AUTHORIZATION);
        if !self.passwords.admit(&settings.users, header).await {
            let mut refusal = text(StatusCode::UNAUTHORIZED, "401: Unauthorized\n");
            refusal
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
            return Err(refusal);
        }
        match &self.scrapes {
            Some((places, limit)) if self.routes.is_telemetry(request.uri().path()) => {
                let place = Arc::clone(places).try_acquire_owned();
                place.map(Some).map_err(|_| {
                    let wrong =
                        format!("503: {limit} scrapes are being answered, which is the most\n");
                    text(StatusCode::SERVICE_UNAVAILABLE, &wrong)
                })
            }
            _ => Ok(None),
        }
    }
}

/// The body of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    pieces: Pieces,
    hold: Option<Hold>,
}

/// What an answer holds until all of it is written.
#[derive(Debug)]
struct Hold {
    seat: Arc<Seat>,
    _answering: Option<Answering>,
    _place: Option<OwnedSemaphorePermit>,
}

/// Bytes of an answer on their way. Their connection is not idle while the client
/// takes them, and they count as a scrape until it has.
#[derive(Debug)]
pub(super) struct Sending {
    run: <Pieces as Body>::Data,
    hold: Option<Hold>,
}

impl Body for Answer {
    type Data = Sending;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Sending>, Self::Error>>> {
        let polled = Pin::new(&mut self.pieces).poll_frame(context);
        // There is one frame, with everything in it.
        let hold = self.hold.take();
        polled.map(|frame| {
            let frame = frame?.map(|frame| frame.map_data(|run| Sending { run, hold }));
            Some(frame)
        })
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.pieces.size_hint()
    }
}

impl Buf for Sending {
    fn remaining(&self) -> usize {
        self.run.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.run.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.run.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        if let Some(hold) = &self.hold {
            hold.seat.touch();
        }
        self.run.advance(count);
    }
}
