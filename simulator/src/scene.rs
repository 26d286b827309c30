//! Where the world comes from: set and changed by hand, or computed as time passes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::calls::Call;
use crate::fault::{Effect, Fault};
use crate::world::World;

/// A world that changes by itself.
pub trait Scene: Send + Sync + 'static {
    /// The world at this time since the simulator started.
    ///
    /// It is asked at most once for each second, so that the pages of a list agree.
    fn world(&self, elapsed: Duration) -> World;

    /// What goes wrong at this time since the simulator started, for as long as it is said.
    fn faults(&self, _elapsed: Duration) -> Vec<Fault> {
        Vec::new()
    }
}

/// The world the simulator answers from at any moment.
pub(crate) struct Stage {
    scene: Option<Box<dyn Scene>>,
    started: Instant,
    current: Mutex<Current>,
}

struct Current {
    second: u64,
    world: Arc<World>,
    faults: Vec<Fault>,
}

impl Stage {
    /// A world that changes only when told to.
    pub(crate) fn fixed(world: World) -> Self {
        Self {
            scene: None,
            started: Instant::now(),
            current: Mutex::new(Current {
                second: 0,
                world: Arc::new(world),
                faults: Vec::new(),
            }),
        }
    }

    /// A scene whose first second begins now.
    pub(crate) fn playing(scene: impl Scene) -> Self {
        let opening = scene.world(Duration::ZERO);
        let faults = scene.faults(Duration::ZERO);
        let stage = Self {
            scene: Some(Box::new(scene)),
            ..Self::fixed(opening)
        };
        stage.current().faults = faults;
        stage
    }

    /// The world as of `now`, shared rather than copied.
    pub(crate) fn world(&self, now: Instant) -> Arc<World> {
        Arc::clone(&self.current_at(now).world)
    }

    /// What the scene has go wrong with a call at `now`.
    pub(crate) fn strike(&self, call: &Call, now: Instant) -> Option<Effect> {
        let mut current = self.current_at(now);
        current
            .faults
            .iter_mut()
            .find_map(|fault| fault.strike(call))
    }

    /// What holds as of `now`.
    fn current_at(&self, now: Instant) -> MutexGuard<'_, Current> {
        let mut current = self.current();
        if let Some(scene) = &self.scene {
            let second = now.saturating_duration_since(self.started).as_secs();
            if second != current.second {
                let elapsed = Duration::from_secs(second);
                current.world = Arc::new(scene.world(elapsed));
                current.faults = scene.faults(elapsed);
                current.second = second;
            }
        }
        current
    }

    /// Changes the current world; requests already being answered keep the old one.
    pub(crate) fn change(&self, change: impl FnOnce(&mut World)) {
        change(Arc::make_mut(&mut self.current().world));
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Scene for Counting {
        fn world(&self, elapsed: Duration) -> World {
            World::new(elapsed.as_millis().to_string())
        }
    }

    #[test]
    fn a_scene_moves_on_by_whole_seconds() {
        let stage = Stage::playing(Counting);
        for (milliseconds, expected) in [(0, "0"), (999, "0"), (1_000, "1000"), (2_500, "2000")] {
            let now = stage.started + Duration::from_millis(milliseconds);
            assert_eq!(stage.world(now).account_id, expected);
        }
    }

    #[test]
    fn faults_come_and_go_with_the_scene() {
        struct Denying;
        impl Scene for Denying {
            fn world(&self, _: Duration) -> World {
                World::new("1")
            }

            fn faults(&self, elapsed: Duration) -> Vec<Fault> {
                let denied = elapsed.as_secs() == 1;
                denied.then(Fault::deny).into_iter().collect()
            }
        }
        let stage = Stage::playing(Denying);
        for (seconds, expected) in [(0, false), (1, true), (2, false)] {
            let now = stage.started + Duration::from_secs(seconds);
            let struck = stage.strike(&Call::default(), now).is_some();
            assert_eq!(struck, expected, "after {seconds} s");
        }
    }

    #[test]
    fn a_change_leaves_worlds_already_handed_out_alone() {
        let stage = Stage::fixed(World::new("1"));
        let before = stage.world(stage.started);
        stage.change(|world| world.account_id = "2".to_owned());
        assert_eq!(before.account_id, "1");
        assert_eq!(stage.world(stage.started).account_id, "2");
    }
}
