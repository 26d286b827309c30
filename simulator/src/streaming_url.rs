//! Streaming URLs: a client that fetches one plays its user, who connects, disconnects or ends a session.

use serde_json::{Value, json};

use crate::lifecycle::{
    DISCONNECT_TIMEOUT_SECONDS, ON_DEMAND_WAIT_SECONDS, occupancy, sessions_per_instance,
};
use crate::resource::pool::PoolSession;
use crate::resource::session::{Destination, Session, StreamingUrl};
use crate::supply::Occupancy;
use crate::world::Region;

/// The path in front of the token of a streaming URL.
pub(crate) const PATH: &str = "/_simulator/stream/";

/// The default maximum duration of a session.
const MAX_DURATION_SECONDS: i32 = 57_600;

/// The longest that a fleet or pool lets a session last.
const LONGEST_SESSION_SECONDS: f64 = 432_000.0;

/// Why a streaming URL does not do what it was fetched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the streaming URL does not exist")]
    Unknown,
    #[error("the streaming URL has expired")]
    Expired,
    #[error("the fleet or pool is not running")]
    NotRunning,
    #[error("the fleet is no longer associated with the stack")]
    NotAssociated,
    #[error("no streaming resources are available")]
    Full,
    #[error("the user has no session")]
    NoSession,
    #[error("the action must be connect, disconnect or end")]
    UnknownAction,
}

/// Gives out a streaming URL. Returns its path.
pub(crate) fn offer(region: &mut Region, url: StreamingUrl, now: f64) -> String {
    // An expired URL is of use only as long as its session can last.
    region.streaming_urls.retain(|_, old| {
        let kept = old
            .session_id
            .as_ref()
            .map_or(0.0, |_| LONGEST_SESSION_SECONDS);
        old.expires_at + kept > now
    });
    let token = region.ids.next(now).uuid();
    let path = format!("{PATH}{token}");
    region.streaming_urls.insert(token, url);
    path
}

/// Lets the user of a streaming URL do something. Returns the session.
pub(crate) fn act(
    region: &mut Region,
    token: &str,
    action: &str,
    now: f64,
) -> Result<Value, Refusal> {
    let mut url = region
        .streaming_urls
        .get(token)
        .cloned()
        .ok_or(Refusal::Unknown)?;
    match &url.destination {
        Destination::Fleet { fleet, .. } => region.manage_fleet(fleet, now),
        Destination::Pool { pool } => region.manage_pool(pool, now),
    }
    region.settle(now);
    match url.destination.clone() {
        Destination::Fleet { fleet, stack } => {
            act_on_fleet(region, &mut url, (&fleet, &stack), action, now)?;
        }
        Destination::Pool { pool } => act_on_pool(region, &mut url, &pool, action, now)?,
    }
    region.settle(now);
    let answer = describe(region, &url);
    region.streaming_urls.insert(token.to_owned(), url);
    Ok(answer)
}

fn describe(region: &Region, url: &StreamingUrl) -> Value {
    let id = url.session_id.as_deref().unwrap_or_default();
    let states = match &url.destination {
        Destination::Fleet { fleet, stack } => {
            let mut sessions = region.sessions_of(fleet, stack);
            let session = sessions.find(|session| session.id() == id);
            session.map(|session| (session.state.clone(), session.connection_state.clone()))
        }
        // Sessions of pools have no state, and are gone once they have ended.
        Destination::Pool { pool } => {
            let mut sessions = region.sessions_of_pool(pool).iter();
            let session = sessions.find(|session| session.id() == id);
            session.map(|session| (Some("ACTIVE".into()), session.connection_state.clone()))
        }
    };
    let (state, connection_state) = states.unwrap_or((Some("EXPIRED".into()), None));
    json!({
        "SessionId": id,
        "UserId": url.user_id,
        "State": state,
        "ConnectionState": connection_state,
    })
}

fn act_on_fleet(
    region: &mut Region,
    url: &mut StreamingUrl,
    (fleet, stack): (&str, &str),
    action: &str,
    now: f64,
) -> Result<(), Refusal> {
    let timeout = region.fleets().get(fleet);
    let timeout = timeout.and_then(|fleet| fleet.disconnect_timeout_seconds);
    let timeout = timeout.unwrap_or(DISCONNECT_TIMEOUT_SECONDS);
    // A user who comes back finds the session, by whichever URL.
    let mut listed = region.sessions_listed_as(fleet, stack, "API").iter();
    let own = listed.find(|one| one.is_live() && one.user_id == url.user_id);
    let own = own.map(|session| session.id().to_owned());
    if action == "connect" && own.is_none() {
        check_validity(url, now)?;
        url.session_id = Some(begin_session(region, url, (fleet, stack), now)?);
        return Ok(());
    }
    let id = own.ok_or(Refusal::NoSession)?;
    let session = region.session_of_mut(fleet, stack, &id);
    let session = session.ok_or(Refusal::NoSession)?;
    match action {
        "connect" => session.reconnect(),
        "disconnect" => session.disconnect(now, timeout),
        "end" => session.end(now),
        _ => return Err(Refusal::UnknownAction),
    }
    url.session_id = Some(id);
    Ok(())
}

fn check_validity(url: &StreamingUrl, now: f64) -> Result<(), Refusal> {
    if url.expires_at > now {
        return Ok(());
    }
    Err(Refusal::Expired)
}

/// Gives the user a session of a fleet, and that an instance. Returns the id.
fn begin_session(
    region: &mut Region,
    url: &StreamingUrl,
    (name, stack): (&str, &str),
    now: f64,
) -> Result<String, Refusal> {
    // Both may have changed since the URL was created.
    let pair = (name.to_owned(), stack.to_owned());
    if !region.associations().contains(&pair) {
        return Err(Refusal::NotAssociated);
    }
    let (fleet, sessions, ids) = region
        .fleet_with_sessions(name)
        .ok_or(Refusal::NotRunning)?;
    if fleet.state.as_deref() != Some("RUNNING") {
        return Err(Refusal::NotRunning);
    }
    let duration = fleet
        .max_user_duration_seconds
        .unwrap_or(MAX_DURATION_SECONDS);
    let ends_at = now + f64::from(duration);
    let mut session = Session::new(ids.next(now).uuid(), name, stack)
        .user(&url.user_id)
        .started_at(now)
        .expires_at(ends_at);
    session.timing.ends_at = Some(ends_at);
    if fleet.is_elastic() {
        let live = sessions.iter().filter(|session| session.is_live()).count();
        let most = usize::try_from(fleet.max_concurrent_sessions.unwrap_or_default());
        if live >= most.unwrap_or_default() {
            return Err(Refusal::Full);
        }
    } else {
        let occupancy = occupancy(sessions.iter().map(|session| &**session));
        let per_instance = sessions_per_instance(fleet);
        let supply = fleet.supply.as_ref().ok_or(Refusal::NotRunning)?;
        let instance = supply.free_instance(&occupancy, per_instance, now);
        let instance = instance.ok_or(Refusal::Full)?;
        let is_on_demand = fleet.fleet_type.as_deref() == Some("ON_DEMAND");
        if is_on_demand && !occupancy.contains_key(instance) {
            session = session.pending();
            session.timing.phase_ends_at = Some(now + ON_DEMAND_WAIT_SECONDS);
        }
        session = session.instance(instance);
    }
    let id = session.id().to_owned();
    region.put_session(session);
    Ok(id)
}

fn act_on_pool(
    region: &mut Region,
    url: &mut StreamingUrl,
    pool: &str,
    action: &str,
    now: f64,
) -> Result<(), Refusal> {
    let timeouts = region.pools().get(pool).and_then(|pool| pool.timeouts);
    let timeout = timeouts.and_then(|timeouts| timeouts.disconnect_seconds);
    let timeout = f64::from(timeout.unwrap_or(DISCONNECT_TIMEOUT_SECONDS));
    let mut listed = region.sessions_of_pool(pool).iter();
    let own = listed.find(|one| one.user_id == url.user_id);
    let own = own.map(|session| session.id().to_owned());
    if action == "connect" && own.is_none() {
        check_validity(url, now)?;
        url.session_id = Some(begin_pool_session(region, url, pool, now)?);
        return Ok(());
    }
    let id = own.ok_or(Refusal::NoSession)?;
    let session = region.session_of_pool_mut(pool, &id);
    let session = session.ok_or(Refusal::NoSession)?;
    let (state, phase_ends_at) = match action {
        "connect" => ("CONNECTED", None),
        "disconnect" => ("NOT_CONNECTED", Some(now + timeout)),
        "end" => ("NOT_CONNECTED", Some(now)),
        _ => return Err(Refusal::UnknownAction),
    };
    session.connection_state = Some(state.into());
    session.timing.phase_ends_at = phase_ends_at;
    url.session_id = Some(id);
    Ok(())
}

/// Gives the user a session of a pool, and that an instance. Returns the id.
fn begin_pool_session(
    region: &mut Region,
    url: &StreamingUrl,
    id: &str,
    now: f64,
) -> Result<String, Refusal> {
    let (pool, sessions, ids) = region.pool_with_sessions(id).ok_or(Refusal::NotRunning)?;
    let supply = pool.supply.as_ref();
    let supply = supply.filter(|_| pool.state.as_deref() == Some("RUNNING"));
    let supply = supply.ok_or(Refusal::NotRunning)?;
    let taken = sessions
        .iter()
        .filter_map(|session| session.instance_id.clone());
    let occupancy: Occupancy = taken.map(|instance| (instance, 1)).collect();
    let instance = supply
        .free_instance(&occupancy, 1, now)
        .ok_or(Refusal::Full)?;
    let duration = pool
        .timeouts
        .and_then(|timeouts| timeouts.max_user_duration_seconds);
    let ends_at = now + f64::from(duration.unwrap_or(MAX_DURATION_SECONDS));
    let mut session = PoolSession::new(ids.next(now).uuid(), id)
        .user(&url.user_id)
        .started_at(now)
        .expires_at(ends_at)
        .instance(instance);
    session.timing.ends_at = Some(ends_at);
    let session_id = session.id().to_owned();
    region.put_pool_session(session);
    Ok(session_id)
}
