//! The company's day, looked at every five seconds: it is the same for the same
//! seed, every figure agrees with the sessions, and what a demonstration must
//! show does happen.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const EPOCH: f64 = 1_767_254_400.0;
/// Real seconds between looks.
const STEP: usize = 5;
/// Real seconds in a day.
const DAY: u64 = 600;

fn company() -> Company {
    Company::with_epoch(7, EPOCH)
}

/// The worlds of a day and a bit, with the real seconds at which they show.
fn worlds() -> impl Iterator<Item = (u64, World)> {
    let company = company();
    (0..DAY + 100)
        .step_by(STEP)
        .map(move |second| (second, company.world(Duration::from_secs(second))))
}

fn fleet_sessions<'a>(region: &'a Region, fleet: &str) -> Vec<&'a Session> {
    region
        .sessions()
        .filter(|session| session.fleet() == fleet)
        .collect()
}

fn is_live(session: &Session) -> bool {
    session.state.as_deref() != Some("EXPIRED")
}

fn live(sessions: &[&Session]) -> i32 {
    count(sessions.iter().filter(|session| is_live(session)).count())
}

fn live_instances<'a>(sessions: &[&'a Session]) -> BTreeSet<&'a String> {
    sessions
        .iter()
        .filter(|session| is_live(session))
        .filter_map(|session| session.instance_id.as_ref())
        .collect()
}

#[test]
fn a_fleet_cannot_scale_further_while_people_wait_and_a_quota_is_nearly_used_up() {
    let company = company();
    let (mut refused, mut used) = (BTreeSet::new(), 0.0_f64);
    for second in 0..600 {
        let world = company.world(Duration::from_secs(second));
        for (_, region) in world.regions() {
            let activities = region.scaling().activities.iter();
            let at_maximum = activities.filter(|one| one.not_scaled == ["AlreadyAtMaxCapacity"]);
            refused.extend(at_maximum.filter_map(|one| one.of.resource_id.clone()));
        }
        let sales = world.visible_in("us-east-1").fleets().values();
        let large =
            sales.filter(|one| one.instance_type.as_deref() == Some("stream.standard.large"));
        let desired = large.filter_map(|one| one.capacity?.desired).sum::<i32>();
        used = used.max(f64::from(desired) / 64.0);
    }
    assert!(refused.contains("fleet/engineering-cad"), "{refused:?}");
    assert!((0.9..=1.0).contains(&used), "{used}");
    let world = company.world(Duration::ZERO);
    let actions = &world.visible_in("eu-central-1").scaling().actions;
    assert_eq!(actions.len(), 2, "of a fleet and of a pool");
}

#[test]
fn the_same_seed_gives_the_same_world_and_another_seed_another() {
    for second in [0, 123, 599, 600, 4_321] {
        let elapsed = Duration::from_secs(second);
        let world = company().world(elapsed);
        assert_eq!(world, company().world(elapsed), "after {second} s");
        assert_ne!(
            world,
            Company::with_epoch(8, EPOCH).world(elapsed),
            "after {second} s"
        );
    }
}

#[test]
fn a_day_repeats_with_new_sessions() {
    let today = company().world(Duration::from_secs(30));
    let tomorrow = company().world(Duration::from_secs(DAY + 30));
    assert_eq!(today.regions().count(), 2);
    for ((name, today), (_, tomorrow)) in today.regions().zip(tomorrow.regions()) {
        assert_eq!(today.fleets(), tomorrow.fleets(), "{name}");
        let ids = |region: &Region| region.sessions().map(|s| s.id().to_owned()).collect();
        let (today, tomorrow): (BTreeSet<_>, BTreeSet<_>) = (ids(today), ids(tomorrow));
        assert!(!today.is_empty(), "{name}");
        assert_eq!(today.len(), tomorrow.len(), "{name}");
        assert!(today.is_disjoint(&tomorrow), "{name}");
    }
}

#[test]
fn the_opening_shows_a_busy_morning_in_every_running_fleet_and_pool() {
    let world = company().world(Duration::ZERO);
    let regions: Vec<_> = world.regions().collect();
    assert_eq!(regions.len(), 2);
    let sessions: usize = regions
        .iter()
        .map(|(_, region)| region.sessions().count())
        .sum();
    assert!(sessions >= 200, "only {sessions} sessions");
    for (_, region) in regions {
        for (name, fleet) in region.fleets() {
            let used = fleet.state.as_deref() == Some("RUNNING") && name != "archive-viewer";
            assert_eq!(used, live(&fleet_sessions(region, name)) > 0, "{name}");
        }
        for (id, pool) in region.pools() {
            let used = pool.state.as_deref() == Some("RUNNING") && pool.name != "holiday-reserve";
            assert_eq!(used, region.sessions_of_pool(id).len() > 3, "{id}");
        }
    }
}

#[test]
fn instances_in_use_are_those_with_live_sessions() {
    for (second, world) in worlds() {
        for (name, fleet) in world.regions().flat_map(|(_, region)| region.fleets()) {
            let (_, region) = world
                .regions()
                .find(|(_, region)| region.fleets().contains_key(name))
                .unwrap();
            let sessions = fleet_sessions(region, name);
            let capacity = fleet.capacity.unwrap();
            let context = format!("{name} after {second} s: {capacity:?}");
            let (running, in_use) = (capacity.running.unwrap(), capacity.in_use.unwrap());
            assert_eq!(in_use, count(live_instances(&sessions).len()), "{context}");
            assert_eq!(capacity.available, Some(running - in_use), "{context}");
            assert!(
                running >= in_use && capacity.desired >= Some(0),
                "{context}"
            );
            if fleet.max_sessions_per_instance.is_none() {
                assert_eq!(in_use, live(&sessions), "{context}");
                assert_eq!(capacity.actual_user_sessions, None, "{context}");
            }
        }
    }
}

#[test]
fn user_sessions_of_multi_session_fleets_add_up() {
    let mut seen = 0;
    for (second, world) in worlds() {
        for (_, region) in world.regions() {
            for (name, fleet) in region.fleets() {
                let Some(per_instance) = fleet.max_sessions_per_instance else {
                    continue;
                };
                let sessions = fleet_sessions(region, name);
                let capacity = fleet.capacity.unwrap();
                let context = format!("{name} after {second} s: {capacity:?}");
                let active = capacity.active_user_sessions.unwrap();
                let actual = capacity.actual_user_sessions.unwrap();
                let draining = capacity.draining.unwrap();
                let drain_active = capacity.drain_mode_active_user_sessions.unwrap();
                let drain_unused = capacity.drain_mode_unused_user_sessions.unwrap();
                let drained: Vec<_> = sessions
                    .iter()
                    .copied()
                    .filter(|session| session.instance_drain_status.as_deref() == Some("DRAINING"))
                    .collect();
                assert_eq!(active, live(&sessions), "{context}");
                assert_eq!(
                    capacity.available_user_sessions,
                    Some(actual - active),
                    "{context}"
                );
                assert!(actual >= active, "{context}");
                assert_eq!(draining, count(live_instances(&drained).len()), "{context}");
                assert_eq!(drain_active, live(&drained), "{context}");
                assert_eq!(
                    drain_active + drain_unused,
                    draining * per_instance,
                    "{context}"
                );
                let mut load = BTreeMap::new();
                for session in sessions.iter().filter(|session| is_live(session)) {
                    *load.entry(&session.instance_id).or_insert(0) += 1;
                }
                assert!(
                    load.values().all(|sessions| *sessions <= per_instance),
                    "{context}"
                );
                seen += active;
            }
        }
    }
    assert!(seen > 1000, "only {seen} sessions");
}

#[test]
fn pool_figures_agree_with_the_sessions() {
    let mut seen = 0;
    for (second, world) in worlds() {
        for (_, region) in world.regions() {
            for (id, pool) in region.pools() {
                let capacity = pool.capacity.unwrap();
                let active = capacity.active_user_sessions.unwrap();
                let actual = capacity.actual_user_sessions.unwrap();
                let context = format!("{id} after {second} s: {capacity:?}");
                assert_eq!(
                    active,
                    count(region.sessions_of_pool(id).len()),
                    "{context}"
                );
                assert_eq!(
                    capacity.available_user_sessions,
                    Some(actual - active),
                    "{context}"
                );
                assert!(
                    actual >= active && capacity.desired_user_sessions >= Some(0),
                    "{context}"
                );
                seen += active;
            }
        }
    }
    assert!(seen > 1000, "only {seen} sessions");
}

#[test]
fn sessions_lie_on_existing_routes_and_in_the_past() {
    let (mut of_fleets, mut of_pools) = (0, 0);
    for (second, world) in worlds() {
        let now = EPOCH + f64::from(u32::try_from(second).unwrap());
        for (_, region) in world.regions() {
            let ids: BTreeSet<_> = region.sessions().map(Session::id).collect();
            assert_eq!(
                ids.len(),
                region.sessions().count(),
                "ids are unique after {second} s"
            );
            for session in region.sessions() {
                let route = (session.fleet().to_owned(), session.stack().to_owned());
                assert!(region.associations().contains(&route), "{session:?}");
                let (start, end) = (session.started_at.unwrap(), session.expires_at.unwrap());
                assert!(start <= now && now < end, "{session:?} after {second} s");
                of_fleets += 1;
            }
            for session in region.pool_sessions() {
                assert!(region.pools().contains_key(session.pool()), "{session:?}");
                assert!(
                    session.started_at.unwrap() <= now,
                    "{session:?} after {second} s"
                );
                of_pools += 1;
            }
        }
    }
    assert!(
        of_fleets > 1000 && of_pools > 1000,
        "{of_fleets}, {of_pools}"
    );
}

#[test]
fn the_day_shows_everything_a_demonstration_needs() {
    let mut seen = BTreeSet::new();
    let mut note = |what: &str| seen.insert(what.to_owned());
    for (_, world) in worlds() {
        for (_, region) in world.regions() {
            for session in region.sessions() {
                note(session.state.as_deref().unwrap());
                note(
                    session
                        .connection_state
                        .as_deref()
                        .unwrap_or("no connection state"),
                );
                note(session.authentication_type.as_deref().unwrap());
            }
            for (name, fleet) in region.fleets() {
                let capacity = fleet.capacity.unwrap();
                note(fleet.state.as_deref().unwrap());
                note(fleet.fleet_type.as_deref().unwrap());
                if capacity.available == Some(0) && fleet.state.as_deref() == Some("RUNNING") {
                    note(&format!("{name} exhausted"));
                }
                if name == "sales-desktops"
                    && capacity.desired == Some(62)
                    && capacity.available > Some(0)
                {
                    note("sales-desktops at its maximum");
                }
                if capacity.desired > capacity.running {
                    note("scaling out");
                }
                if capacity.draining > Some(0) {
                    note("draining");
                }
                note(if fleet.errors.is_empty() {
                    "sound fleet"
                } else {
                    "failing fleet"
                });
            }
            for stack in region.stacks().values() {
                note(if stack.errors.is_empty() {
                    "sound stack"
                } else {
                    "failing stack"
                });
            }
        }
    }
    for expected in [
        "PENDING",
        "ACTIVE",
        "EXPIRED",
        "CONNECTED",
        "NOT_CONNECTED",
        "no connection state",
        "SAML",
        "API",
        "USERPOOL",
        "AWS_AD",
        "RUNNING",
        "STARTING",
        "STOPPING",
        "STOPPED",
        "ALWAYS_ON",
        "ON_DEMAND",
        "ELASTIC",
        "engineering-cad exhausted",
        "sales-desktops at its maximum",
        "scaling out",
        "draining",
        "sound fleet",
        "failing fleet",
        "sound stack",
        "failing stack",
    ] {
        assert!(
            seen.contains(expected),
            "{expected} is missing from {seen:?}"
        );
    }
}

#[test]
fn the_night_is_empty() {
    // Opening is at 9:45; 18 hours later it is a quarter to four.
    let world = company().world(Duration::from_secs(DAY * 18 / 24));
    let sessions: usize = world
        .regions()
        .map(|(_, region)| region.sessions().count())
        .sum();
    assert_eq!(sessions, 0);
}

#[test]
fn a_builder_was_forgotten_and_an_image_has_grown_old() {
    let world = company().world(Duration::ZERO);
    let regions: Vec<_> = world.regions().map(|(_, region)| region).collect();
    let builders = || {
        regions
            .iter()
            .flat_map(|region| region.image_builders().values())
    };
    let running = |days: f64| {
        builders().any(|builder| {
            builder.state.as_deref() == Some("RUNNING")
                && builder
                    .created_at
                    .is_some_and(|at| at <= EPOCH - days * 86_400.0)
        })
    };
    assert!(running(3.0));
    assert!(builders().any(|builder| builder.state.as_deref() == Some("STOPPED")));
    let mut images = regions.iter().flat_map(|region| region.images());
    assert!(images.any(|image| {
        image.agent_latest.as_deref() == Some("FALSE")
            && image
                .base_released_at
                .is_some_and(|at| at < EPOCH - 180.0 * 86_400.0)
    }));
    let count = |of: fn(&Region) -> usize| regions.iter().map(|region| of(region)).sum::<usize>();
    assert_eq!(count(|region| region.directory_configs().len()), 1);
    assert!(count(|region| region.usage_reports().len()) > 0);
}

#[test]
fn sessions_are_rejected_and_a_network_is_bad_for_more_than_a_quarter_of_an_hour() {
    let mut seen: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    let company = company();
    for second in 0..DAY {
        let world = company.world(Duration::from_secs(second));
        for (_, region) in world.regions() {
            for metric in region.metrics().values() {
                let average = metric.ongoing.expect("each is ongoing").average;
                let key = (metric.name.clone(), metric.dimension.1.clone());
                seen.entry(key).or_default().push(average);
            }
        }
    }
    let above = |name: &str, least: f64| -> Vec<&str> {
        let metrics = seen.iter().filter(|((other, _), _)| other == name);
        // Seven real seconds are a quarter of an hour and more.
        let bad =
            metrics.filter(|(_, values)| values.iter().filter(|one| **one > least).count() > 7);
        bad.map(|((_, of), _)| of.as_str()).collect()
    };
    assert_eq!(above("InSessionLatency", 150.0), ["sales-desktops"]);
    assert_eq!(above("UDPPacketLossRate", 2.0), ["office-desktops"]);
    assert_eq!(
        above("InsufficientConcurrencyLimitError", 0.0),
        ["partner-portal"]
    );
    assert!(above("InsufficientCapacityError", 0.0).len() > 1);
}
