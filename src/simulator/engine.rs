//! From a request to the answer and the manner in which it will be delivered;
//! no socket is touched here, and the time is handed in.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::StatusCode;
use http::request::Parts;

use super::appstream;
use super::calls::{Call, CallLog};
use super::document::Document;
use super::error::ApiError;
use super::fault::{Effect, Faults, Paging, Spoiling};
use super::parameters::Parameters;
use super::request::Request;
use super::scene::Stage;
use super::throttle::Throttle;
use super::wire::{Service, Signature, Target};
use super::workspaces;

/// Prefix of tokens that no list issued but a paging fault.
const INVENTED_TOKEN: &str = "simulated-";

/// Everything that decides what a request is answered.
pub(super) struct Engine {
    pub(super) stage: Stage,
    faults: Mutex<Faults>,
    log: Mutex<CallLog>,
    throttle: Option<Mutex<Throttle>>,
    answered: AtomicU64,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// A request that is not answered yet, for as long as this is held.
pub(super) struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// An answer in its wire format.
#[derive(Debug)]
pub(super) struct Reply {
    /// The service whose format the answer is in.
    pub(super) service: Service,
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// Counts the requests of this simulator.
    pub(super) number: u64,
    pub(super) delay: Duration,
    pub(super) spoiling: Option<Spoiling>,
}

impl Engine {
    pub(super) fn new(stage: Stage, throttle: Option<Throttle>) -> Self {
        Self {
            stage,
            faults: Mutex::default(),
            log: Mutex::default(),
            throttle: throttle.map(Mutex::new),
            answered: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }
    }

    /// A request has come.
    pub(super) fn enter(&self) -> InFlight<'_> {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_flight.fetch_max(now, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// The most requests that were not answered yet at one time.
    pub(super) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, CallLog> {
        lock(&self.log)
    }

    /// Answers a request received at `now` and records the call.
    pub(super) fn answer(&self, head: &Parts, body: &[u8], now: Instant) -> Reply {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let mut call = Call::default();
        let understood = understand(head, body, &mut call);
        let effect = understood
            .is_ok()
            .then(|| self.faults().strike(&call))
            .flatten();
        let result = understood.and_then(|service| match &effect {
            Some(Effect::Refuse(error)) => Err(error.clone()),
            Some(Effect::NotFound) => Err(not_found(service)),
            Some(Effect::Page(paging)) => {
                self.perform_unending(service, &call, now, (*paging, number))
            }
            Some(Effect::Spoil(_) | Effect::Delay(_)) | None => self.perform(service, &call, now),
        });
        let reply = Reply::new(Service::spoken_in(head), number, &result, effect.as_ref());
        call.status = reply.logged_status();
        call.error_code = result.err().map(|error| error.code.into_owned());
        tracing::debug!(
            region = %call.region,
            operation = %call.operation,
            status = call.status,
            error_code = call.error_code.as_deref(),
            "answered"
        );
        self.log().record(call);
        reply
    }

    fn perform(&self, service: Service, call: &Call, now: Instant) -> Result<Document, ApiError> {
        if let Some(throttle) = &self.throttle
            && !lock(throttle).admit(&call.region, service, now)
        {
            return Err(ApiError::throttling());
        }
        let world = self.stage.world(now);
        let request = Request {
            world: &world,
            region_name: &call.region,
            region: world.visible_in(&call.region),
            operation: &call.operation,
            parameters: &call.parameters,
        };
        match service {
            Service::AppStream => appstream::answer(&request),
            Service::WorkSpaces => workspaces::answer(&request),
        }
    }

    /// Performs the operation, and lets a paging fault add a token to the page.
    fn perform_unending(
        &self,
        service: Service,
        call: &Call,
        now: Instant,
        (paging, number): (Paging, u64),
    ) -> Result<Document, ApiError> {
        let mut call = call.clone();
        let token = &mut call.parameters.next_token;
        if let Some(invented) = token
            .as_deref()
            .and_then(|token| token.strip_prefix(INVENTED_TOKEN))
        {
            // Behind its number an invented token carries the genuine one, if there was any.
            let genuine = invented
                .split_once(':')
                .map(|(_, genuine)| genuine.to_owned());
            *token = genuine;
        }
        let page = self.perform(service, &call, now)?;
        let invented = match (paging, page.get("NextToken")) {
            (Paging::Repeated, _) => format!("{INVENTED_TOKEN}again"),
            (Paging::Endless, Some(Document::Text(genuine))) => {
                format!("{INVENTED_TOKEN}{number}:{genuine}")
            }
            (Paging::Endless, _) => format!("{INVENTED_TOKEN}{number}"),
        };
        Ok(page.with("NextToken", invented))
    }
}

impl Reply {
    fn new(
        service: Service,
        number: u64,
        result: &Result<Document, ApiError>,
        effect: Option<&Effect>,
    ) -> Self {
        let (status, body) = match result {
            Ok(document) => (StatusCode::OK, service.encode(document)),
            Err(error) => (error.status, service.encode(&service.error_document(error))),
        };
        Self {
            service,
            status,
            body,
            number,
            delay: match effect {
                Some(Effect::Delay(by)) => *by,
                _ => Duration::ZERO,
            },
            spoiling: match effect {
                Some(Effect::Spoil(spoiling)) => Some(*spoiling),
                _ => None,
            },
        }
    }

    fn logged_status(&self) -> Option<u16> {
        match self.spoiling {
            Some(Spoiling::Hang | Spoiling::Reset) => None,
            _ => Some(self.status.as_u16()),
        }
    }
}

/// Reads the request into `call` as far as it can be read.
fn understand(head: &Parts, body: &[u8], call: &mut Call) -> Result<Service, ApiError> {
    let target = Target::of(head)?;
    call.service = target.service.name().to_owned();
    call.operation = target.operation;
    let signature = Signature::of(&head.headers, target.service)?;
    call.region = signature.region;
    call.access_key_id = signature.access_key_id;
    call.parameters = Parameters::read(&target.service.decode(body)?)?;
    Ok(target.service)
}

fn not_found(service: Service) -> ApiError {
    let message = "The specified resource was not found";
    match service {
        Service::AppStream => appstream::not_found(message),
        Service::WorkSpaces => workspaces::not_found(message),
    }
}

/// A panic elsewhere leaves the simulator's records usable, so poison is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
