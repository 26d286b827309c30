//! From a request to the answer and the manner in which it will be delivered;
//! no socket is touched here, and the time is handed in.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use http::request::Parts;
use serde_json::Value;

use crate::appstream;
use crate::autoscaling;
use crate::calls::{Call, CallLog};
use crate::clock::Moment;
use crate::cloudwatch;
use crate::constraint;
use crate::control;
use crate::document::Document;
use crate::error::ApiError;
use crate::fault::Faults;
use crate::fault::effect::{Effect, ForeignAnswer, Paging};
use crate::keyring::Keyring;
use crate::metadata;
use crate::proxy;
use crate::quotas;
use crate::reply::Reply;
use crate::request::Request;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::request::parameters::Parameters;
use crate::service::Service;
use crate::signature::Signature;
use crate::sts;
use crate::throttle::Throttle;
use crate::wire::{Target, Wire};
use crate::workspaces;
use crate::world::World;
use crate::world_source::CurrentWorld;

/// Prefix of tokens that no list issued but a paging fault.
const INVENTED_TOKEN: &str = "simulated-";

/// Everything that decides what a request is answered.
pub(crate) struct Engine {
    pub(crate) current_world: CurrentWorld,
    faults: Mutex<Faults>,
    log: Mutex<CallLog>,
    throttle: Option<Mutex<Throttle>>,
    keyring: Mutex<Keyring>,
    answered: AtomicU64,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

/// A request that may be answered, apart from what its record has.
struct ParsedRequest<'a> {
    service: Service,
    /// The ARN of who sent it.
    caller: String,
    input: Value,
    /// Host and port by which the client reached the simulator.
    host: &'a str,
    now: Moment,
}

/// A request that is not answered yet, for as long as this is held.
pub(crate) struct InFlight<'a>(&'a AtomicUsize);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Engine {
    pub(crate) fn new(current_world: CurrentWorld, throttle: Option<Throttle>) -> Self {
        Self {
            current_world,
            faults: Mutex::default(),
            log: Mutex::default(),
            throttle: throttle.map(Mutex::new),
            keyring: Mutex::default(),
            answered: AtomicU64::new(0),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        }
    }

    /// A request has come.
    pub(crate) fn enter(&self) -> InFlight<'_> {
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_in_flight.fetch_max(now, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    /// The most requests that were not answered yet at one time.
    pub(crate) fn most_in_flight(&self) -> usize {
        self.most_in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, CallLog> {
        lock(&self.log)
    }

    /// Answers a request received at `now` and records the call.
    pub(crate) fn answer(&self, head: &Parts, body: &[u8], now: Moment) -> Reply {
        let mut delay = Duration::ZERO;
        if let Some(destination) = proxy::destination(head) {
            let (reply, is_faultless) =
                self.answer_plainly(proxy::SERVICE, destination, now, proxy::passed);
            if !is_faultless || head.method == Method::CONNECT {
                return reply;
            }
            // Any other request through the proxy is answered as if it had come directly.
            delay = reply.delay;
        }
        if control::is_control(head) {
            let answer = control::answer(head, body, now, &self.current_world, &self.faults);
            return Reply::plain(answer, None);
        }
        let mut reply = match metadata::service_of(head) {
            Some(service) => {
                let answer =
                    |home: &World| metadata::answer(head, home, &mut lock(&self.keyring), now);
                self.answer_plainly(service, head.uri.path(), now, answer).0
            }
            None => self.answer_service(head, body, now),
        };
        reply.delay += delay;
        reply
    }

    /// Answers a request that is not for an AWS service, with `answer` unless a fault decides.
    /// Also returns whether none did.
    fn answer_plainly(
        &self,
        service: &str,
        operation: &str,
        now: Moment,
        answer: impl FnOnce(&World) -> ForeignAnswer,
    ) -> (Reply, bool) {
        let home = self.current_world.world(now.instant);
        let mut call = Call {
            account_id: home.account_id.clone(),
            service: service.to_owned(),
            operation: operation.to_owned(),
            ..Call::default()
        };
        let effect = self.faults().effect_on(&call);
        let fault_answer = effect.as_ref().and_then(Effect::plain_answer);
        let is_own = fault_answer.is_none();
        let answer = fault_answer.unwrap_or_else(|| answer(&home));
        let reply = Reply::plain(answer, effect.as_ref());
        call.status = reply.logged_status();
        self.log().record(call);
        let is_faultless = is_own && reply.delivery_fault.is_none();
        (reply, is_faultless)
    }

    /// Answers a request to an AWS service.
    fn answer_service(&self, head: &Parts, body: &[u8], now: Moment) -> Reply {
        let number = self.answered.fetch_add(1, Ordering::Relaxed);
        let mut call = Call::default();
        let parsed = self.parse(head, body, now, &mut call);
        let effect = parsed
            .is_ok()
            .then(|| {
                let injected = self.faults().effect_on(&call);
                injected.or_else(|| self.current_world.effect_on(&call, now.instant))
            })
            .flatten();
        let wire = Wire::for_response_to(head, body);
        let native = |error| wire.native_error(error);
        let result = parsed.map_err(native).and_then(|parsed| match &effect {
            Some(Effect::ExactError(error)) => Err(error.clone()),
            Some(Effect::Error(error)) => Err(native(error.clone())),
            Some(Effect::NotFound) => Err(native(not_found(parsed.service))),
            Some(Effect::Page(paging)) => self
                .perform_unending(&parsed, &call, (*paging, number))
                .map_err(native),
            Some(Effect::Without(member)) => self
                .perform(&parsed, &call)
                .map(|document| document.without(member))
                .map_err(native),
            Some(Effect::WithoutItem(name)) => self
                .perform(&parsed, &call)
                .map(|document| document.without_item(name))
                .map_err(native),
            Some(Effect::Delivery(_) | Effect::Delay(_) | Effect::Foreign(_)) | None => {
                self.perform(&parsed, &call).map_err(native)
            }
        });
        let reply = Reply::new(wire, &request_id(number), &result, effect.as_ref());
        call.status = reply.logged_status();
        let is_foreign = matches!(effect, Some(Effect::Foreign(_)));
        let error = result.err().filter(|_| !is_foreign);
        call.error_code = error.map(|error| error.code.into_owned());
        tracing::debug!(
            account_id = %call.account_id,
            region = %call.region,
            operation = %call.operation,
            status = call.status,
            error_code = call.error_code.as_deref(),
            "answered"
        );
        self.log().record(call);
        reply
    }

    /// Reads the request into `call` as far as it can be read.
    fn parse<'a>(
        &self,
        head: &'a Parts,
        body: &[u8],
        now: Moment,
        call: &mut Call,
    ) -> Result<ParsedRequest<'a>, ApiError> {
        let target = Target::of(head, body)?;
        let service = target.wire.service;
        call.service = service.name().to_owned();
        call.operation = target.operation;
        let signature = Signature::of(&head.headers, service)?;
        call.region.clone_from(&signature.region);
        call.access_key_id.clone_from(&signature.access_key_id);
        let home = self.current_world.world(now.instant);
        let caller = lock(&self.keyring).caller(&signature, &home, now)?;
        call.account_id.clone_from(&caller.account.account_id);
        let input = target.wire.format.decode(body)?;
        call.parameters = Parameters::read(&input)?;
        Ok(ParsedRequest {
            service,
            caller: caller.arn,
            input,
            host: control::host(head),
            now,
        })
    }

    fn perform(&self, parsed: &ParsedRequest<'_>, call: &Call) -> Result<Document, ApiError> {
        let &ParsedRequest { service, now, .. } = parsed;
        let bucket = (call.account_id.as_str(), call.region.as_str(), service);
        if let Some(throttle) = &self.throttle
            && !lock(throttle).admit(bucket, now.instant)
        {
            return Err(ApiError::throttling());
        }
        constraint::check(service, &call.operation, &parsed.input)?;
        if constraint::is_change(service, &call.operation) {
            return self.perform_change(parsed, call);
        }
        let home = self.current_world.world(now.instant);
        let world = home.account(&call.account_id);
        let world = world.ok_or_else(ApiError::unrecognized_client)?;
        let request = Request {
            world,
            region_name: &call.region,
            region: world.visible_in(&call.region),
            operation: &call.operation,
            parameters: &call.parameters,
            now: now.epoch_seconds,
        };
        match service {
            Service::AppStream => appstream::answer(&request),
            Service::WorkSpaces => workspaces::answer(&request),
            Service::ApplicationAutoScaling => autoscaling::answer(&request),
            Service::Quotas => quotas::answer(&request),
            Service::CloudWatch => cloudwatch::answer(&request),
            Service::Sts => {
                let mut keyring = lock(&self.keyring);
                sts::answer(&request, &parsed.caller, &home, &mut keyring, now)
            }
        }
    }

    /// Performs an operation that changes something. Nothing may hold the world here: it would be copied.
    fn perform_change(
        &self,
        parsed: &ParsedRequest<'_>,
        call: &Call,
    ) -> Result<Document, ApiError> {
        if self.current_world.is_computed() {
            return Err(ApiError::bad_request(
                "OperationNotPermittedException",
                "The simulated company changes by itself only",
            ));
        }
        self.current_world.change(parsed.now.instant, |world, now| {
            let world = world.account_mut(&call.account_id);
            let mut change = Change {
                world: world.ok_or_else(ApiError::unrecognized_client)?,
                region_name: &call.region,
                operation: &call.operation,
                parameters: &call.parameters,
                input: Input(&parsed.input),
                now,
                host: parsed.host,
            };
            match parsed.service {
                Service::AppStream => appstream::change::perform(&mut change),
                Service::WorkSpaces => workspaces::change::perform(&mut change),
                Service::ApplicationAutoScaling => autoscaling::change::perform(&mut change),
                _ => Err(ApiError::unknown_operation()),
            }
        })
    }

    /// Performs the operation, and lets a paging fault add a token to the page.
    fn perform_unending(
        &self,
        parsed: &ParsedRequest<'_>,
        call: &Call,
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
        let page = self.perform(parsed, &call)?;
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

fn not_found(service: Service) -> ApiError {
    let message = "The specified resource was not found";
    match service {
        Service::AppStream => appstream::not_found(message),
        Service::WorkSpaces => workspaces::not_found(message),
        Service::ApplicationAutoScaling => autoscaling::not_found(message),
        Service::Quotas => quotas::not_found(message),
        Service::CloudWatch => ApiError::bad_request("ResourceNotFoundException", message),
        Service::Sts => sts::not_found(),
    }
}

/// The request id of the answer to the request of that number.
fn request_id(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// A panic elsewhere leaves the simulator's records usable, so poison is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
