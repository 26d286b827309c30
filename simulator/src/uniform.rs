//! A world of a chosen size and even shape, for measuring.

use crate::random::Random;
use crate::resource::fleet::{Capacity, Fleet, Stack, count};
use crate::resource::pool::{Pool, PoolSession};
use crate::resource::session::Session;
use crate::world::{Region, World};

/// Session slots on each instance of the multi-session fleets.
const SESSIONS_PER_INSTANCE: usize = 10;
/// 2026-01-01T08:00:00Z, when the sessions began.
const STARTED_AT: f64 = 1_767_254_400.0;
/// Maximum duration of sessions, the default of a new fleet.
const DURATION_SECONDS: f64 = 57_600.0;

/// Size of a world in which every fleet runs and every session is connected.
///
/// Each fleet has a stack of its own, every second fleet is multi-session, and
/// sessions are spread evenly. The pools hold a tenth as many sessions again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Uniform {
    /// Fleets, and as many stacks.
    pub fleets: usize,
    /// Sessions over all fleets; without fleets there are none.
    pub sessions: usize,
    /// WorkSpaces pools.
    pub pools: usize,
    /// Where the ids come from.
    pub seed: u64,
}

impl Uniform {
    /// An account with these resources in every requested region.
    pub fn world(self, account_id: impl Into<String>) -> World {
        let mut random = Random::new(self.seed);
        let mut region = Region::new();
        for index in 0..self.fleets {
            let sessions = share(self.sessions, self.fleets, index);
            add_fleet(&mut region, index, sessions, &mut random);
        }
        for index in 0..self.pools {
            let sessions = share(self.sessions / 10, self.pools, index);
            add_pool(&mut region, index, sessions, &mut random);
        }
        World::new(account_id).everywhere(region)
    }
}

/// The part of `total` that falls to the share of this index.
fn share(total: usize, shares: usize, index: usize) -> usize {
    total / shares + usize::from(index < total % shares)
}

fn address(number: usize) -> String {
    format!(
        "10.{}.{}.{}",
        number / 65_536 % 256,
        number / 256 % 256,
        number % 256
    )
}

fn add_fleet(region: &mut Region, index: usize, sessions: usize, random: &mut Random) {
    let name = format!("fleet-{index:04}");
    let stack = format!("stack-{index:04}");
    let multi_session = index % 2 == 1;
    let per_instance = if multi_session {
        SESSIONS_PER_INSTANCE
    } else {
        1
    };
    let mut instance = String::new();
    for number in 0..sessions {
        if number % per_instance == 0 {
            instance = random.ec2_id("i");
        }
        region.put_session(
            Session::new(random.uuid(), &name, &stack)
                .user(format!("user-{index:04}-{number:06}@example.com"))
                .saml()
                .started_at(STARTED_AT)
                .expires_at(STARTED_AT + DURATION_SECONDS)
                .instance(&instance)
                .network(address(number), format!("eni-{index:05x}{number:012x}")),
        );
    }
    let fleet = if multi_session {
        multi_session_fleet(name.clone(), count(sessions))
    } else {
        let sessions = count(sessions);
        Fleet::new(name.clone())
            .capacity(|_| Capacity::instances(sessions + 1, sessions + 1, sessions))
    };
    region.put_fleet(fleet);
    region.put_stack(Stack::new(stack.clone()));
    region.put_association(name, stack);
}

/// A fleet with one instance more than its sessions need.
fn multi_session_fleet(name: String, sessions: i32) -> Fleet {
    let per_instance = count(SESSIONS_PER_INSTANCE);
    let in_use = (sessions + per_instance - 1) / per_instance;
    let slots = (in_use + 1) * per_instance;
    Fleet::new(name).multi_session(per_instance).capacity(|_| {
        Capacity::instances(in_use + 1, in_use + 1, in_use)
            .desired_user_sessions(slots)
            .actual_user_sessions(slots)
            .active_user_sessions(sessions)
            .available_user_sessions(slots - sessions)
            .draining(0)
            .drain_mode_active_user_sessions(0)
            .drain_mode_unused_user_sessions(0)
    })
}

fn add_pool(region: &mut Region, index: usize, sessions: usize, random: &mut Random) {
    let id = format!("wspool-{index:09}");
    for number in 0..sessions {
        region.put_pool_session(
            PoolSession::new(random.uuid(), &id)
                .user(format!("pool-user-{index:04}-{number:06}"))
                .started_at(STARTED_AT)
                .expires_at(STARTED_AT + DURATION_SECONDS)
                .instance(random.ec2_id("i"))
                .network(address(number), format!("eni-{index:05x}{number:012x}")),
        );
    }
    let sessions = count(sessions);
    region.put_pool(Pool::new(id, format!("pool-{index:04}")).sessions(
        sessions + 1,
        sessions + 1,
        sessions,
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_spread_evenly_and_capacity_agrees() {
        let size = Uniform {
            fleets: 3,
            sessions: 50,
            pools: 2,
            seed: 1,
        };
        let world = size.world("123456789012");
        let region = world.visible_in("anywhere");
        assert_eq!(region.sessions().count(), 50);
        assert_eq!(region.pool_sessions().count(), 5);
        for (name, fleet) in region.fleets() {
            let sessions: Vec<_> = region.sessions().filter(|s| s.fleet() == name).collect();
            assert!((16..=17).contains(&sessions.len()), "{name}");
            let mut instances: Vec<_> = sessions.iter().map(|s| &s.instance_id).collect();
            instances.dedup();
            let capacity = fleet.capacity.unwrap();
            assert_eq!(capacity.in_use, Some(count(instances.len())), "{name}");
        }
        assert_eq!(world, size.world("123456789012"));
    }

    #[test]
    fn a_world_without_resources_is_possible() {
        let size = Uniform {
            fleets: 0,
            sessions: 10,
            pools: 0,
            seed: 1,
        };
        let world = size.world("123456789012");
        assert_eq!(world.visible_in("anywhere"), &Region::new());
    }
}
