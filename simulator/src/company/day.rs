//! One day of a fleet or pool, played through minute by minute when the company
//! is founded: who gets a session on which instance, and how capacity follows.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use super::clock::{DAY, Minute};
use super::habits::PlannedSession;

/// The time that people wait for a free slot before they give up.
const PATIENCE: Minute = 60;
/// The time for which an expired session is still listed.
const EXPIRED_FOR: Minute = 12;
/// The interval of the autoscaler.
const SCALING_INTERVAL: Minute = 5;
/// When instances are put in drain mode to roll out an image, where sessions share instances.
const ROLLOUTS: [Minute; 2] = [super::clock::at(10, 0), super::clock::at(15, 30)];
/// Instances drained at each rollout.
const DRAINED_PER_ROLLOUT: usize = 2;

/// The capacity of a fleet or pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    pub(super) min_instances: usize,
    pub(super) max_instances: usize,
    pub(super) sessions_per_instance: usize,
    /// Free slots the autoscaler aims for.
    pub(super) headroom: usize,
    /// Time until a launched instance takes sessions.
    pub(super) launch: Minute,
    /// Time a session is pending.
    pub(super) pending: Minute,
    /// Time a session stays open after its user left without ending it.
    pub(super) linger: Minute,
}

/// A session that came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) person: u32,
    /// Number of the instance, unique within the day.
    pub(super) instance: u32,
    pub(super) began: Minute,
    connects: Minute,
    away: Range<Minute>,
    leaves: Minute,
    expires: Minute,
}

/// The state of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Pending,
    Connected,
    Disconnected,
    Expired,
}

/// Capacity at a minute of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) desired: usize,
    pub(super) running: usize,
    pub(super) in_use: usize,
    pub(super) sessions: usize,
    pub(super) draining: usize,
    pub(super) draining_sessions: usize,
    /// People who wait for a slot.
    pub(super) waiting: usize,
}

/// A whole day: its sessions, and capacity for each minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) visits: Vec<Visit>,
    levels: Vec<Level>,
    drained: BTreeMap<u32, Minute>,
}

#[derive(Debug)]
struct Instance {
    number: u32,
    sessions: usize,
    draining: bool,
}

/// The day so far.
#[derive(Debug)]
struct Simulation {
    supply: Supply,
    desired: usize,
    instances: Vec<Instance>,
    launched: u32,
    /// When the instances being launched become ready.
    launching: VecDeque<Minute>,
    waiting: VecDeque<PlannedSession>,
    day: Day,
}

impl Day {
    /// Plays a day with these planned sessions, which come in order of arrival.
    pub(super) fn play(supply: Supply, planned: Vec<PlannedSession>) -> Self {
        let mut simulation = Simulation::new(supply);
        let mut planned = planned.into_iter().peekable();
        for minute in 0..DAY {
            while let Some(session) = planned.next_if(|session| session.arrives <= minute) {
                simulation.waiting.push_back(session);
            }
            simulation.pass(minute);
        }
        simulation.day
    }

    /// Capacity at a minute of the day.
    pub(super) fn level(&self, minute: Minute) -> Level {
        let index = usize::try_from(minute).unwrap_or(usize::MAX);
        self.levels[index.min(self.levels.len() - 1)]
    }

    /// Whether an instance is in drain mode at a minute of the day.
    pub(super) fn is_draining(&self, instance: u32, minute: Minute) -> bool {
        self.drained
            .get(&instance)
            .is_some_and(|since| *since <= minute)
    }
}

impl Visit {
    fn new(session: PlannedSession, supply: &Supply, instance: u32, began: Minute) -> Self {
        let linger = if session.forgets_to_end {
            supply.linger
        } else {
            0
        };
        Self {
            person: session.person,
            instance,
            began,
            connects: began + supply.pending,
            away: session.away,
            leaves: session.leaves,
            expires: session.leaves + linger,
        }
    }

    /// The state of the session; `None` before its start and when it is no longer listed.
    pub(super) fn phase(&self, minute: Minute) -> Option<Phase> {
        if minute < self.began || minute >= self.expires + EXPIRED_FOR {
            None
        } else if minute >= self.expires {
            Some(Phase::Expired)
        } else if minute < self.connects {
            Some(Phase::Pending)
        } else if minute >= self.leaves || self.away.contains(&minute) {
            Some(Phase::Disconnected)
        } else {
            Some(Phase::Connected)
        }
    }
}

impl Simulation {
    fn new(supply: Supply) -> Self {
        let mut simulation = Self {
            supply,
            desired: supply.min_instances,
            instances: Vec::new(),
            launched: 0,
            launching: VecDeque::new(),
            waiting: VecDeque::new(),
            day: Day {
                visits: Vec::new(),
                levels: Vec::new(),
                drained: BTreeMap::new(),
            },
        };
        for _ in 0..supply.min_instances {
            simulation.add_instance();
        }
        simulation
    }

    fn pass(&mut self, minute: Minute) {
        self.end_sessions(minute);
        while self
            .launching
            .pop_front_if(|ready| *ready <= minute)
            .is_some()
        {
            self.add_instance();
        }
        if self.supply.sessions_per_instance > 1 && ROLLOUTS.contains(&minute) {
            self.drain(minute);
        }
        if minute.is_multiple_of(SCALING_INTERVAL) {
            self.decide();
        }
        self.follow(minute);
        self.admit(minute);
        self.day.levels.push(self.level());
    }

    /// Frees the slots of sessions that expire, and retires instances that are done with.
    fn end_sessions(&mut self, minute: Minute) {
        for visit in self
            .day
            .visits
            .iter()
            .filter(|visit| visit.expires == minute)
        {
            if let Some(index) = self
                .instances
                .iter()
                .position(|i| i.number == visit.instance)
            {
                self.instances[index].sessions -= 1;
                // A single-session instance serves one session and is replaced.
                if self.supply.sessions_per_instance == 1 {
                    self.instances[index].number = self.launched;
                    self.launched += 1;
                }
            }
        }
        self.instances
            .retain(|instance| !instance.draining || instance.sessions > 0);
    }

    fn drain(&mut self, minute: Minute) {
        let busy = self
            .instances
            .iter_mut()
            .filter(|instance| instance.sessions > 0 && !instance.draining);
        for instance in busy.take(DRAINED_PER_ROLLOUT) {
            instance.draining = true;
            self.day.drained.insert(instance.number, minute);
        }
    }

    /// Scales out at once and in by one instance at a time.
    fn decide(&mut self) {
        let slots = self
            .instances
            .iter()
            .map(|instance| instance.sessions)
            .sum::<usize>()
            + self.waiting.len()
            + self.supply.headroom;
        let wanted = slots
            .div_ceil(self.supply.sessions_per_instance)
            .clamp(self.supply.min_instances, self.supply.max_instances);
        self.desired = wanted.max(self.desired.saturating_sub(1));
    }

    /// Launches and retires instances until as many are in service as desired.
    fn follow(&mut self, minute: Minute) {
        while self.in_service() + self.launching.len() < self.desired {
            self.launching.push_back(minute + self.supply.launch);
        }
        while self.in_service() > self.desired {
            let idle = |instance: &Instance| instance.sessions == 0 && !instance.draining;
            let Some(index) = self.instances.iter().rposition(idle) else {
                break;
            };
            self.instances.remove(index);
        }
    }

    /// Assigns free slots to waiting people. People who have waited too long give up.
    fn admit(&mut self, minute: Minute) {
        self.waiting.retain(|session| {
            minute < session.arrives + PATIENCE && minute + self.supply.pending < session.leaves
        });
        while !self.waiting.is_empty() {
            let capacity = self.supply.sessions_per_instance;
            let free =
                |instance: &&mut Instance| !instance.draining && instance.sessions < capacity;
            let Some(instance) = self.instances.iter_mut().find(free) else {
                break;
            };
            if let Some(session) = self.waiting.pop_front() {
                instance.sessions += 1;
                let visit = Visit::new(session, &self.supply, instance.number, minute);
                self.day.visits.push(visit);
            }
        }
    }

    fn add_instance(&mut self) {
        self.instances.push(Instance {
            number: self.launched,
            sessions: 0,
            draining: false,
        });
        self.launched += 1;
    }

    /// Instances that take new sessions.
    fn in_service(&self) -> usize {
        self.instances
            .iter()
            .filter(|instance| !instance.draining)
            .count()
    }

    fn level(&self) -> Level {
        let mut level = Level {
            desired: self.desired,
            running: self.instances.len(),
            in_use: 0,
            sessions: 0,
            draining: 0,
            draining_sessions: 0,
            waiting: self.waiting.len(),
        };
        for instance in &self.instances {
            level.in_use += usize::from(instance.sessions > 0);
            level.sessions += instance.sessions;
            if instance.draining {
                level.draining += 1;
                level.draining_sessions += instance.sessions;
            }
        }
        level
    }
}
