//! State changes of image builders and app block builders.

use std::borrow::Cow;

use crate::world::Region;

/// The state that follows when a state that does not last is over; `None` removes the builder.
fn next_state(state: &str) -> Option<Cow<'static, str>> {
    match state {
        "PENDING" | "STARTING" => Some("RUNNING".into()),
        "STOPPING" => Some("STOPPED".into()),
        "DELETING" => None,
        other => Some(other.to_owned().into()),
    }
}

/// Brings the builders of a region to the states that follow from the time. Returns when they change next.
pub(super) fn settle(region: &mut Region, now: f64) -> Option<f64> {
    let image_builders = region.image_builders_mut();
    image_builders
        .retain(|_, builder| pass(&mut builder.state, &mut builder.state_changes_at, now));
    let builders = region.app_block_builders_mut();
    builders.retain(|_, builder| pass(&mut builder.state, &mut builder.state_changes_at, now));
    let changes = region.image_builders().values();
    let changes = changes.filter_map(|builder| builder.state_changes_at);
    let builders = region.app_block_builders().values();
    let changes = changes.chain(builders.filter_map(|builder| builder.state_changes_at));
    changes.reduce(f64::min)
}

/// Lets a state that is over pass to the next. Returns whether the builder is still there.
fn pass(
    state: &mut Option<Cow<'static, str>>,
    state_changes_at: &mut Option<f64>,
    now: f64,
) -> bool {
    if state_changes_at.is_none_or(|at| at > now) {
        return true;
    }
    *state_changes_at = None;
    *state = next_state(state.as_deref().unwrap_or_default());
    state.is_some()
}
