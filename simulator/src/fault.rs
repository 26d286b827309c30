//! Faults on request: what goes wrong, for which calls, and how often.

pub(crate) mod effect;
pub(crate) mod text;

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use crate::calls::Call;
use crate::error::ApiError;
use crate::fault::effect::{DeliveryFault, Effect, ForeignAnswer, Paging};

/// Something that goes wrong with matching calls, until cleared or spent.
///
/// A new fault affects every call; the narrowing methods restrict it, and all of
/// them must match. When several faults match a call, the one injected first applies.
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    scope: Scope,
    /// Matching calls that are answered as usual before the fault applies.
    spared: u32,
    remaining: Option<u32>,
}

/// Names an injected fault, for clearing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FaultId(u64);

/// Which calls a fault affects; `None` matches all.
#[derive(Clone, Debug, Default)]
struct Scope {
    operation: Option<String>,
    service: Option<String>,
    account: Option<String>,
    region: Option<String>,
    role: Option<String>,
    fleet: Option<String>,
    stack: Option<String>,
    pool: Option<String>,
    authentication_type: Option<String>,
    after_first_page: bool,
}

/// The active faults, in order of injection.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    in_force: Vec<(FaultId, Fault)>,
    injected: u64,
}

impl FaultId {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            effect,
            scope: Scope::default(),
            spared: 0,
            remaining: None,
        }
    }

    /// Answers `ThrottlingException`, 400; from STS `Throttling`, 400.
    pub fn throttle() -> Self {
        Self::new(Effect::Error(ApiError::throttling()))
    }

    /// Answers `AccessDeniedException`, 400; from STS `AccessDenied`, 403.
    pub fn deny() -> Self {
        Self::new(Effect::Error(ApiError::bad_request(
            "AccessDeniedException",
            "User is not authorized to perform this action",
        )))
    }

    /// Answers `ExpiredTokenException`, 400; from STS `ExpiredToken`, 403.
    pub fn expired_credentials() -> Self {
        Self::new(Effect::Error(ApiError::expired_token()))
    }

    /// Answers `InternalFailure`, 500.
    pub fn internal_error() -> Self {
        Self::new(Effect::Error(ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalFailure",
            "The request processing has failed",
        )))
    }

    /// Answers `ServiceUnavailableException`, 503; from STS `ServiceUnavailable`, 503.
    pub fn unavailable() -> Self {
        Self::new(Effect::Error(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "Service is unable to handle request",
        )))
    }

    /// Answers `ResourceNotFoundException` with the status its service gives it;
    /// from STS `AccessDenied`, 403, which hides whether a role exists.
    pub fn not_found() -> Self {
        Self::new(Effect::NotFound)
    }

    /// Answers any error; a status outside 100 to 999 becomes 500.
    pub fn error_code(
        status: u16,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let error = ApiError::new(status_code(status), code, message);
        Self::new(Effect::ExactError(error))
    }

    /// Answers 404 with a bare XML element, as AWS does in a region that does not have
    /// the service.
    pub fn service_absent() -> Self {
        Self::foreign_answer(404, "application/xml", "<UnknownOperationException/>\n")
    }

    /// Answers with exactly this, as a proxy between client and AWS could; a status outside
    /// 100 to 999 becomes 500, a content type that cannot be a header is left out.
    pub fn foreign_answer(
        status: u16,
        content_type: impl Into<Cow<'static, str>>,
        body: impl Into<Bytes>,
    ) -> Self {
        Self::new(Effect::Foreign(ForeignAnswer {
            status: status_code(status),
            content_type: content_type.into(),
            body: body.into(),
            header: None,
        }))
    }

    /// Answers correctly, but leaves out this member of the operation's output and of what it lists.
    pub fn without_member(name: impl Into<String>) -> Self {
        Self::new(Effect::Without(name.into()))
    }

    /// Answers correctly, but leaves this item out of its list: a text, or a structure
    /// with a member of this text, such as its name or id.
    pub fn without_item(name: impl Into<String>) -> Self {
        Self::new(Effect::WithoutItem(name.into()))
    }

    /// Never answers, and keeps the connection open.
    pub fn hang() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Hang))
    }

    /// Sends the headers and half the body, then nothing, and keeps the connection open.
    pub fn stall_body() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Stall))
    }

    /// Resets the connection instead of answering.
    pub fn reset() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Reset))
    }

    /// Ends the connection in order instead of answering.
    pub fn close() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Close))
    }

    /// Answers 200 with the right content type and a body that is in no known format.
    pub fn garbage() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Garbage))
    }

    /// Announces the whole body, sends half of it and closes the connection.
    pub fn truncate() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Truncate))
    }

    /// Announces and sends no body at all.
    pub fn empty() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::Empty))
    }

    /// Announces and sends half the body.
    pub fn truncate_cleanly() -> Self {
        Self::new(Effect::Delivery(DeliveryFault::TruncateCleanly))
    }

    /// Gives every page a token that was not seen before; after the last page the list starts over.
    pub fn endless_pages() -> Self {
        Self::new(Effect::Page(Paging::Endless))
    }

    /// Gives every page the same token, which leads to the first page.
    pub fn repeat_token() -> Self {
        Self::new(Effect::Page(Paging::Repeated))
    }

    /// Answers correctly after waiting this much longer than usual.
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Delay(by))
    }

    /// Affects this operation only.
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.scope.operation = Some(name.into());
        self
    }

    /// Affects one service only, by the name that requests are signed for, such as `workspaces`, or
    /// `metadata`, `container` or `proxy`.
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.scope.service = Some(name.into());
        self
    }

    /// Affects only calls by this account; `AssumeRole` counts as a call by the account that assumes the role.
    pub fn account(mut self, id: impl Into<String>) -> Self {
        self.scope.account = Some(id.into());
        self
    }

    /// Affects this region only.
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.scope.region = Some(name.into());
        self
    }

    /// Affects only requests with this `RoleArn`.
    pub fn role(mut self, arn: impl Into<String>) -> Self {
        self.scope.role = Some(arn.into());
        self
    }

    /// Affects only requests with this `FleetName`.
    pub fn fleet(mut self, name: impl Into<String>) -> Self {
        self.scope.fleet = Some(name.into());
        self
    }

    /// Affects only requests with this `StackName`.
    pub fn stack(mut self, name: impl Into<String>) -> Self {
        self.scope.stack = Some(name.into());
        self
    }

    /// Affects only requests with this `PoolId`.
    pub fn pool(mut self, id: impl Into<String>) -> Self {
        self.scope.pool = Some(id.into());
        self
    }

    /// Affects only requests with this `AuthenticationType`.
    pub fn authentication_type(mut self, name: impl Into<String>) -> Self {
        self.scope.authentication_type = Some(name.into());
        self
    }

    /// Affects only requests that carry a `NextToken`.
    pub fn after_first_page(mut self) -> Self {
        self.scope.after_first_page = true;
        self
    }

    /// Spares this many matching calls first.
    pub fn after(mut self, calls: u32) -> Self {
        self.spared = calls;
        self
    }

    /// Affects this many calls and no more.
    pub fn times(mut self, count: u32) -> Self {
        self.remaining = Some(count);
        self
    }

    /// The effect on a call, if it matches and the fault is not used up.
    pub(crate) fn effect_on(&mut self, call: &Call) -> Option<Effect> {
        if self.remaining == Some(0) || !self.scope.matches(call) {
            return None;
        }
        if self.spared > 0 {
            self.spared -= 1;
            return None;
        }
        self.remaining = self.remaining.map(|count| count - 1);
        Some(self.effect.clone())
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

impl Scope {
    fn matches(&self, call: &Call) -> bool {
        let parameters = &call.parameters;
        let named = |wanted: &Option<String>, given: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == given)
        };
        let given =
            |wanted: &Option<String>, given: &Option<String>| wanted.is_none() || wanted == given;
        named(&self.operation, &call.operation)
            && named(&self.service, &call.service)
            && named(&self.account, &call.account_id)
            && named(&self.region, &call.region)
            && given(&self.role, &parameters.role_arn)
            && given(&self.fleet, &parameters.fleet)
            && given(&self.stack, &parameters.stack)
            && given(&self.pool, &parameters.pool)
            && given(&self.authentication_type, &parameters.authentication_type)
            && (!self.after_first_page || parameters.next_token.is_some())
    }
}

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) -> FaultId {
        let id = FaultId(self.injected);
        self.injected += 1;
        self.in_force.push((id, fault));
        id
    }

    pub(crate) fn clear(&mut self, id: FaultId) {
        self.in_force.retain(|(other, _)| *other != id);
    }

    pub(crate) fn clear_all(&mut self) {
        self.in_force.clear();
    }

    /// The effect of the first matching fault on this call.
    pub(crate) fn effect_on(&mut self, call: &Call) -> Option<Effect> {
        self.in_force
            .iter_mut()
            .find_map(|(_, fault)| fault.effect_on(call))
    }
}
