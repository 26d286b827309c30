//! Where the world comes from: set and changed by hand, or computed as time passes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::calls::Call;
use crate::clock::Clock;
use crate::clock::Moment;
use crate::fault::Fault;
use crate::fault::effect::Effect;
use crate::world::World;

/// A world that changes by itself.
pub trait WorldSource: Send + Sync + 'static {
    /// The world at this time since the simulator started.
    ///
    /// It is called at most once for each second, so that the pages of a list agree.
    fn world(&self, elapsed: Duration) -> World;

    /// The faults at this time since the simulator started. A fault ends when it is no longer returned.
    fn faults(&self, _elapsed: Duration) -> Vec<Fault> {
        Vec::new()
    }
}

/// The world the simulator answers from at any moment.
pub(crate) struct CurrentWorld {
    source: Option<Box<dyn WorldSource>>,
    started: Instant,
    current: Mutex<Current>,
}

struct Current {
    /// The clock of a world that changes through operations.
    clock: Clock,
    second: u64,
    world: Arc<World>,
    faults: Vec<Fault>,
}

impl CurrentWorld {
    /// A world that changes only on request, at `speed`.
    pub(crate) fn fixed(mut world: World, speed: f64) -> Self {
        let now = Moment::now();
        let clock = Clock::start(now, speed);
        world.settle(now.epoch_seconds);
        Self {
            source: None,
            started: now.instant,
            current: Mutex::new(Current {
                clock,
                second: 0,
                world: Arc::new(world),
                faults: Vec::new(),
            }),
        }
    }

    /// A source whose first second starts now.
    pub(crate) fn from_source(source: impl WorldSource) -> Self {
        let opening = source.world(Duration::ZERO);
        let faults = source.faults(Duration::ZERO);
        let current_world = Self {
            source: Some(Box::new(source)),
            ..Self::fixed(opening, 1.0)
        };
        current_world.current().faults = faults;
        current_world
    }

    /// The world as of `now`, shared rather than copied.
    pub(crate) fn world(&self, now: Instant) -> Arc<World> {
        Arc::clone(&self.current_at(now).world)
    }

    /// The effect of the source's faults on a call at `now`.
    pub(crate) fn effect_on(&self, call: &Call, now: Instant) -> Option<Effect> {
        let mut current = self.current_at(now);
        current
            .faults
            .iter_mut()
            .find_map(|fault| fault.effect_on(call))
    }

    /// The world as of `now`.
    fn current_at(&self, now: Instant) -> MutexGuard<'_, Current> {
        let mut current = self.current();
        let time = current.clock.now(now);
        if current.world.is_due(time) {
            Arc::make_mut(&mut current.world).advance(time);
        }
        if let Some(source) = &self.source {
            let second = now.saturating_duration_since(self.started).as_secs();
            if second != current.second {
                let elapsed = Duration::from_secs(second);
                current.world = Arc::new(source.world(elapsed));
                current.faults = source.faults(elapsed);
                current.second = second;
            }
        }
        current
    }

    /// Whether the world is computed, so that a change would not last.
    pub(crate) fn is_computed(&self) -> bool {
        self.source.is_some()
    }

    /// Changes the current world at `now`, and lets everything follow from the change. The
    /// simulated time is handed in. Requests already being answered keep the old world.
    pub(crate) fn change<T>(&self, now: Instant, change: impl FnOnce(&mut World, f64) -> T) -> T {
        let mut current = self.current_at(now);
        let time = current.clock.now(now);
        let world = Arc::make_mut(&mut current.world);
        let outcome = change(world, time);
        world.settle(time);
        outcome
    }

    pub(crate) fn clock(&self) -> Clock {
        self.current().clock
    }

    pub(crate) fn set_clock(&self, clock: Clock) {
        self.current().clock = clock;
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl WorldSource for Counting {
        fn world(&self, elapsed: Duration) -> World {
            World::new(elapsed.as_millis().to_string())
        }
    }

    #[test]
    fn a_source_moves_on_by_whole_seconds() {
        let current_world = CurrentWorld::from_source(Counting);
        for (milliseconds, expected) in [(0, "0"), (999, "0"), (1_000, "1000"), (2_500, "2000")] {
            let now = current_world.started + Duration::from_millis(milliseconds);
            assert_eq!(current_world.world(now).account_id, expected);
        }
    }

    #[test]
    fn faults_come_and_go_with_the_scene() {
        struct Denying;
        impl WorldSource for Denying {
            fn world(&self, _: Duration) -> World {
                World::new("1")
            }

            fn faults(&self, elapsed: Duration) -> Vec<Fault> {
                let denied = elapsed.as_secs() == 1;
                denied.then(Fault::deny).into_iter().collect()
            }
        }
        let current_world = CurrentWorld::from_source(Denying);
        for (seconds, expected) in [(0, false), (1, true), (2, false)] {
            let now = current_world.started + Duration::from_secs(seconds);
            let fails = current_world.effect_on(&Call::default(), now).is_some();
            assert_eq!(fails, expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_change_leaves_worlds_already_handed_out_alone() {
        let current_world = CurrentWorld::fixed(World::new("1"), 1.0);
        let before = current_world.world(current_world.started);
        current_world.change(current_world.started, |world, _| {
            world.account_id = "2".to_owned();
        });
        assert_eq!(before.account_id, "1");
        assert_eq!(current_world.world(current_world.started).account_id, "2");
    }
}
