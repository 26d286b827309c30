//! The simulator's own API under `/_simulator/`: the clock, the world as JSON, faults and
//! streaming URLs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::request::Parts;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::clock::Moment;
use crate::document::date_time;
use crate::fault::effect::ForeignAnswer;
use crate::fault::{Fault, FaultId, Faults};
use crate::resource::session::{Destination, StreamingUrl};
use crate::streaming_url;
use crate::world::World;
use crate::world_source::CurrentWorld;

/// The path in front of everything here.
const PATH: &str = "/_simulator/";
/// The farthest that the clock moves at once: all changes between are played.
const FARTHEST_SECONDS: f64 = 366.0 * 86_400.0;
/// The highest speed of the clock.
const FASTEST: f64 = 100_000.0;
/// Time limit for a pool user to connect.
const POOL_URL_SECONDS: f64 = 604_800.0;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Refused {
    status: StatusCode,
    message: String,
}

/// Whether the request is for the simulator itself.
pub(crate) fn is_control(head: &Parts) -> bool {
    head.uri.path().starts_with(PATH)
}

/// Answers a request to the simulator itself.
pub(crate) fn answer(
    head: &Parts,
    body: &[u8],
    now: Moment,
    current_world: &CurrentWorld,
    faults: &Mutex<Faults>,
) -> ForeignAnswer {
    let result = route(head, body, now, current_world, faults);
    let (status, document) = match result {
        Ok(document) => (StatusCode::OK, document),
        Err(refused) => (refused.status, json!({"error": refused.message})),
    };
    ForeignAnswer {
        status,
        content_type: "application/json".into(),
        body: document.to_string().into(),
        header: None,
    }
}

fn route(
    head: &Parts,
    body: &[u8],
    now: Moment,
    current_world: &CurrentWorld,
    faults: &Mutex<Faults>,
) -> Result<Value, Refused> {
    let path = head.uri.path();
    if let Some(token) = path.strip_prefix(streaming_url::PATH) {
        return stream(token, head.uri.query(), now, current_world);
    }
    match (head.method.as_str(), path.trim_start_matches(PATH)) {
        ("GET", "clock") => Ok(show(&current_world.clock(), now)),
        ("POST", "clock") => set_clock(&read(body)?, now, current_world),
        ("GET", "world") => {
            let world = serde_json::to_value(&*current_world.world(now.instant));
            world.map_err(|error| bad_request(error.to_string()))
        }
        ("PUT", "world") => put_world(body, now, current_world),
        ("POST", "pool-users") => offer_pool(&read(body)?, head, now, current_world),
        ("POST", "faults") => inject(&read(body)?, faults),
        ("DELETE", "faults") => {
            lock(faults).clear_all();
            Ok(json!({}))
        }
        (method, path) => match path.strip_prefix("faults/") {
            Some(id) if method == Method::DELETE.as_str() => {
                let id = id.parse().map_err(|_| not_found("the fault"))?;
                lock(faults).clear(FaultId::new(id));
                Ok(json!({}))
            }
            _ => Err(not_found("the path")),
        },
    }
}

fn show(clock: &Clock, now: Moment) -> Value {
    let epoch_seconds = clock.now(now.instant);
    json!({
        "now": date_time(epoch_seconds),
        "epoch_seconds": epoch_seconds,
        "speed": clock.speed,
        "paused": clock.is_paused,
    })
}

fn set_clock(input: &Value, now: Moment, current_world: &CurrentWorld) -> Result<Value, Refused> {
    let mut clock = current_world.clock();
    let mut time = clock.now(now.instant);
    let before = time;
    if let Some(to) = given(input, "now") {
        time = seconds_of_time(to).ok_or_else(|| bad_value("now", "a date and time or seconds"))?;
    }
    if let Some(by) = given(input, "advance") {
        let by = seconds_of_duration(by);
        time += by.ok_or_else(|| bad_value("advance", "seconds or a duration such as 10m"))?;
    }
    if time - before > FARTHEST_SECONDS {
        return Err(bad_request(
            "the clock moves by 366 days at most".to_owned(),
        ));
    }
    if let Some(speed) = given(input, "speed") {
        let speed = speed
            .as_f64()
            .filter(|speed| (0.0..=FASTEST).contains(speed));
        clock.speed = speed.ok_or_else(|| bad_value("speed", "a number from 0 to 100000"))?;
    }
    if let Some(is_paused) = given(input, "paused") {
        let is_paused = is_paused.as_bool();
        clock.is_paused = is_paused.ok_or_else(|| bad_value("paused", "true or false"))?;
    }
    clock.set(now.instant, time);
    current_world.set_clock(clock);
    Ok(show(&clock, now))
}

fn put_world(body: &[u8], now: Moment, current_world: &CurrentWorld) -> Result<Value, Refused> {
    let world: World = serde_json::from_slice(body)
        .map_err(|error| bad_request(format!("not a world: {error}")))?;
    current_world.change(now.instant, |current, _| *current = world);
    Ok(json!({}))
}

fn stream(
    token: &str,
    query: Option<&str>,
    now: Moment,
    current_world: &CurrentWorld,
) -> Result<Value, Refused> {
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut actions = query
        .filter(|(name, _)| name == "action")
        .map(|(_, value)| value);
    let action = actions.next().unwrap_or("connect".into());
    let acted = current_world.change(now.instant, |world, time| {
        let mut regions = world.all_regions_mut();
        let region = regions.find(|region| region.streaming_urls.contains_key(token));
        let region = region.ok_or(streaming_url::Refusal::Unknown)?;
        streaming_url::act(region, token, &action, time)
    });
    acted.map_err(|refusal| Refused {
        status: match refusal {
            streaming_url::Refusal::Unknown => StatusCode::NOT_FOUND,
            streaming_url::Refusal::Expired => StatusCode::FORBIDDEN,
            streaming_url::Refusal::UnknownAction => StatusCode::BAD_REQUEST,
            streaming_url::Refusal::NotAssociated => StatusCode::FORBIDDEN,
            streaming_url::Refusal::NotRunning | streaming_url::Refusal::Full => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            streaming_url::Refusal::NoSession => StatusCode::CONFLICT,
        },
        message: refusal.to_string(),
    })
}

/// Pools have no operation that gives out streaming URLs: their users come through a client of their own.
fn offer_pool(
    input: &Value,
    head: &Parts,
    now: Moment,
    current_world: &CurrentWorld,
) -> Result<Value, Refused> {
    let text = |member| {
        let text = given(input, member).and_then(Value::as_str);
        text.ok_or_else(|| bad_value(member, "a text"))
    };
    let (region, pool, user) = (text("region")?, text("pool")?, text("user")?);
    let path = current_world.change(now.instant, |world, time| {
        let region = world.region_mut(region);
        if !region.pools().contains_key(pool) {
            return Err(not_found("the pool"));
        }
        let url = StreamingUrl {
            destination: Destination::Pool {
                pool: pool.to_owned(),
            },
            user_id: user.to_owned(),
            expires_at: time + POOL_URL_SECONDS,
            session_id: None,
        };
        Ok(streaming_url::offer(region, url, time))
    })?;
    Ok(json!({"StreamingURL": format!("http://{}{path}", host(head))}))
}

fn inject(input: &Value, faults: &Mutex<Faults>) -> Result<Value, Refused> {
    let fault = given(input, "fault").and_then(Value::as_str);
    let fault = fault.ok_or_else(|| bad_value("fault", "a text"))?;
    let fault: Fault = fault
        .parse()
        .map_err(|error| bad_request(format!("fault: {error}")))?;
    let id = lock(faults).inject(fault);
    Ok(json!({"id": id.number()}))
}

/// Host and port by which the client reached the simulator.
pub(crate) fn host(head: &Parts) -> &str {
    let header = head.headers.get(http::header::HOST);
    let header = header.and_then(|host| host.to_str().ok());
    let authority = head.uri.authority().map(http::uri::Authority::as_str);
    header.or(authority).unwrap_or("localhost")
}

fn read(body: &[u8]) -> Result<Value, Refused> {
    serde_json::from_slice(body).map_err(|error| bad_request(format!("not JSON: {error}")))
}

fn given<'a>(input: &'a Value, member: &str) -> Option<&'a Value> {
    input.get(member).filter(|value| !value.is_null())
}

fn seconds_of_time(value: &Value) -> Option<f64> {
    let text = value
        .as_str()
        .and_then(|text| humantime::parse_rfc3339_weak(text).ok());
    let since_epoch = text.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let seconds = value
        .as_f64()
        .or(since_epoch.map(|since| since.as_secs_f64()));
    seconds.filter(|seconds| *seconds >= 0.0)
}

fn seconds_of_duration(value: &Value) -> Option<f64> {
    let text = value
        .as_str()
        .and_then(|text| humantime::parse_duration(text).ok());
    value.as_f64().or(text.as_ref().map(Duration::as_secs_f64))
}

fn bad_value(member: &str, accepted: &str) -> Refused {
    bad_request(format!("{member} must be {accepted}"))
}

fn bad_request(message: String) -> Refused {
    Refused {
        status: StatusCode::BAD_REQUEST,
        message,
    }
}

fn not_found(what: &str) -> Refused {
    Refused {
        status: StatusCode::NOT_FOUND,
        message: format!("{what} does not exist"),
    }
}

/// A panic elsewhere leaves the faults usable, so poison is ignored.
fn lock(faults: &Mutex<Faults>) -> MutexGuard<'_, Faults> {
    faults.lock().unwrap_or_else(PoisonError::into_inner)
}
