//! The streaming instances of a fleet or pool. They follow from its state and the time alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::Ids;

/// Start time of the first instance of a fleet or pool.
const BOOT_SECONDS: f64 = 120.0;
/// Start time of each further instance.
const NEXT_INSTANCE_SECONDS: f64 = 20.0;

/// The most instances of a fleet or pool. AWS has quotas far below.
pub(crate) const MOST_INSTANCES: i32 = 10_000;

/// The instances of a fleet or pool that an operation has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Supply {
    /// Instances that are wanted.
    pub(crate) target: i32,
    pub(crate) instances: Vec<StreamingInstance>,
    /// When a state that does not last ends, such as `STOPPING`.
    pub(crate) state_changes_at: Option<f64>,
    /// When an instance, a session or the state changes by itself next.
    #[serde(skip)]
    pub(crate) due_at: Option<f64>,
}

/// An instance that sessions run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StreamingInstance {
    pub(crate) id: String,
    pub(crate) ready_at: f64,
    /// Takes no new session, and goes with its last one.
    pub(crate) is_draining: bool,
    /// Has had a session.
    pub(crate) is_used: bool,
}

/// Sessions on each instance that has any.
pub(crate) type Occupancy = BTreeMap<String, i32>;

/// Instances and session slots at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) running: i32,
    pub(crate) in_use: i32,
    pub(crate) draining: i32,
    /// Sessions on all instances.
    pub(crate) sessions: i32,
    /// Sessions on draining instances.
    pub(crate) draining_sessions: i32,
}

impl StreamingInstance {
    pub(crate) fn new(id: impl Into<String>, ready_at: f64) -> Self {
        Self {
            id: id.into(),
            ready_at,
            is_draining: false,
            is_used: false,
        }
    }
}

impl Supply {
    /// Removes instances that have done their work, and adds or removes others until there are as
    /// many as are wanted. Instances with sessions stay.
    pub(crate) fn settle(
        &mut self,
        occupancy: &Occupancy,
        sessions_per_instance: i32,
        now: f64,
        ids: &mut Ids,
    ) {
        for instance in &mut self.instances {
            instance.is_used |= occupancy.contains_key(&instance.id);
        }
        let is_reused = sessions_per_instance > 1;
        self.instances.retain(|instance| {
            let is_done = instance.is_used && (!is_reused || instance.is_draining);
            occupancy.contains_key(&instance.id) || !is_done
        });
        let wanted = self.target.clamp(0, MOST_INSTANCES);
        while self.size() > wanted {
            // The newest goes first: it may not be ready yet.
            let spare = |one: &StreamingInstance| !occupancy.contains_key(&one.id);
            let Some(newest) = self.instances.iter().rposition(spare) else {
                break;
            };
            self.instances.remove(newest);
        }
        let pending = self.instances.iter().map(|instance| instance.ready_at);
        let mut last = pending.filter(|ready_at| *ready_at > now).reduce(f64::max);
        for _ in self.size()..wanted {
            let ready_at = last.map_or(now + BOOT_SECONDS, |last| last + NEXT_INSTANCE_SECONDS);
            self.add(ready_at, now, ids);
            last = Some(ready_at);
        }
    }

    /// Adds an instance.
    pub(crate) fn add(&mut self, ready_at: f64, now: f64, ids: &mut Ids) {
        let id = ids.next(now).ec2_id("i");
        self.instances.push(StreamingInstance::new(id, ready_at));
    }

    /// Adds instances that are ready until there are so many.
    pub(crate) fn fill(&mut self, count: i32, now: f64, ids: &mut Ids) {
        for _ in self.size()..count.min(MOST_INSTANCES) {
            self.add(now, now, ids);
        }
    }

    fn size(&self) -> i32 {
        i32::try_from(self.instances.len()).unwrap_or(i32::MAX)
    }

    /// The instance for a new session: one that has sessions already, if it has room for another.
    pub(crate) fn free_instance(
        &self,
        occupancy: &Occupancy,
        sessions_per_instance: i32,
        now: f64,
    ) -> Option<&str> {
        let sessions = |id: &str| occupancy.get(id).copied().unwrap_or_default();
        let ready = self.instances.iter();
        let ready = ready.filter(|one| one.ready_at <= now && !one.is_draining);
        let free = ready.filter(|one| sessions(&one.id) < sessions_per_instance);
        let fullest = free.max_by_key(|one| sessions(&one.id))?;
        Some(&fullest.id)
    }

    pub(crate) fn figures(&self, occupancy: &Occupancy, now: f64) -> Figures {
        let mut figures = Figures::default();
        for instance in &self.instances {
            if instance.ready_at > now {
                continue;
            }
            let sessions = occupancy.get(&instance.id).copied().unwrap_or_default();
            figures.running += 1;
            figures.in_use += i32::from(sessions > 0);
            figures.sessions += sessions;
            if instance.is_draining {
                figures.draining += 1;
                figures.draining_sessions += sessions;
            }
        }
        figures
    }

    /// Whether something changes by itself until `now`.
    pub(crate) fn is_due(&self, now: f64) -> bool {
        self.due_at.is_some_and(|at| at <= now)
    }

    /// When the next instance is ready or the state ends.
    pub(crate) fn changes_at(&self, now: f64) -> Option<f64> {
        let ready = self.instances.iter().map(|instance| instance.ready_at);
        let changes = ready.chain(self.state_changes_at);
        changes.filter(|at| *at > now).reduce(f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupied(sessions: &[(&str, i32)]) -> Occupancy {
        let sessions = sessions.iter();
        sessions
            .map(|(id, count)| ((*id).to_owned(), *count))
            .collect()
    }

    fn supply(target: i32, ids: &[&str]) -> Supply {
        Supply {
            target,
            instances: ids
                .iter()
                .map(|id| StreamingInstance::new(*id, 0.0))
                .collect(),
            state_changes_at: None,
            due_at: None,
        }
    }

    #[test]
    fn instances_come_one_by_one() {
        let mut supply = supply(3, &[]);
        supply.settle(&occupied(&[]), 1, 1_000.0, &mut Ids::new());
        let ready: Vec<f64> = supply.instances.iter().map(|one| one.ready_at).collect();
        assert_eq!(ready, [1_120.0, 1_140.0, 1_160.0]);
        assert_eq!(supply.changes_at(1_120.0), Some(1_140.0));
    }

    #[test]
    fn an_instance_of_one_session_is_replaced_after_it() {
        let mut supply = supply(2, &["a", "b"]);
        supply.settle(&occupied(&[("a", 1)]), 1, 10.0, &mut Ids::new());
        supply.settle(&occupied(&[]), 1, 20.0, &mut Ids::new());
        assert_eq!(supply.instances.len(), 2);
        assert_eq!(supply.instances[0].id, "b");
        assert_eq!(supply.instances[1].ready_at, 140.0);
    }

    #[test]
    fn shared_instances_stay_unless_they_drain() {
        let mut supply = supply(1, &["a"]);
        supply.settle(&occupied(&[("a", 2)]), 4, 10.0, &mut Ids::new());
        supply.settle(&occupied(&[]), 4, 20.0, &mut Ids::new());
        assert_eq!(supply.instances[0].id, "a");
        supply.instances[0].is_draining = true;
        supply.settle(&occupied(&[]), 4, 30.0, &mut Ids::new());
        assert_ne!(supply.instances[0].id, "a");
    }

    #[test]
    fn fewer_instances_are_wanted_but_those_with_sessions_stay() {
        let mut supply = supply(1, &["a", "b", "c"]);
        supply.settle(&occupied(&[("a", 1), ("b", 1)]), 1, 10.0, &mut Ids::new());
        let ids: Vec<&str> = supply.instances.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn sessions_fill_instances() {
        let supply = supply(2, &["a", "b"]);
        let free = |sessions: &[_]| {
            let occupancy = occupied(sessions);
            supply.free_instance(&occupancy, 2, 1.0).map(str::to_owned)
        };
        assert_eq!(free(&[("a", 1)]).as_deref(), Some("a"));
        assert_eq!(free(&[("a", 2)]).as_deref(), Some("b"));
        assert_eq!(free(&[("a", 2), ("b", 2)]), None);
    }
}
