//! Where the world comes from: set and changed by hand, or computed as time passes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::world::World;

/// A world that changes by itself.
pub trait Scene: Send + Sync + 'static {
    /// The world at this time since the simulator started.
    ///
    /// It is asked at most once for each second, so that the pages of a list agree.
    fn world(&self, elapsed: Duration) -> World;
}

/// The world the simulator answers from at any moment.
pub(super) struct Stage {
    scene: Option<Box<dyn Scene>>,
    started: Instant,
    current: Mutex<Current>,
}

struct Current {
    second: u64,
    world: Arc<World>,
}

impl Stage {
    /// A world that changes only when told to.
    pub(super) fn fixed(world: World) -> Self {
        Self {
            scene: None,
            started: Instant::now(),
            current: Mutex::new(Current {
                second: 0,
                world: Arc::new(world),
            }),
        }
    }

    /// A scene whose first second begins now.
    pub(super) fn playing(scene: impl Scene) -> Self {
        let opening = scene.world(Duration::ZERO);
        Self {
            scene: Some(Box::new(scene)),
            ..Self::fixed(opening)
        }
    }

    /// The world as of `now`, shared rather than copied.
    pub(super) fn world(&self, now: Instant) -> Arc<World> {
        let mut current = self.current();
        if let Some(scene) = &self.scene {
            let second = now.saturating_duration_since(self.started).as_secs();
            if second != current.second {
                current.world = Arc::new(scene.world(Duration::from_secs(second)));
                current.second = second;
            }
        }
        Arc::clone(&current.world)
    }

    /// Changes the current world; requests already being answered keep the old one.
    pub(super) fn change(&self, change: impl FnOnce(&mut World)) {
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
    fn a_change_leaves_worlds_already_handed_out_alone() {
        let stage = Stage::fixed(World::new("1"));
        let before = stage.world(stage.started);
        stage.change(|world| world.account_id = "2".to_owned());
        assert_eq!(before.account_id, "1");
        assert_eq!(stage.world(stage.started).account_id, "2");
    }
}
