//! A company that lives through a day every ten minutes, for demonstrations.
//!
//! The same seed gives the same day, and every day repeats it with new session
//! and instance ids. `catalogue` says what the company owns, `habits` when people
//! want a session, `day` how fleets and pools cope; here a moment of that day
//! becomes a world.

mod catalogue;
mod clock;
mod day;
mod habits;
mod inventory;
mod metrics;
mod scaling;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::catalogue::{
    ErrorWindow, FLEETS, FleetPlan, OUTAGES, Outage, POOLS, PoolPlan, STACKS, Schedule, StackPlan,
    Users,
};
use self::clock::{Clock, CompanyTime, Minute};
use self::day::{Day, Level, Phase, Supply, Visit};
use crate::fault::Fault;
use crate::random::Random;
use crate::resource::fleet::{Capacity, Fleet, ResourceError, Stack, count};
use crate::resource::pool::{Pool, PoolSession};
use crate::resource::scaling::Scaled;
use crate::resource::session::Session;
use crate::world::{Region, World};
use crate::world_source::WorldSource;

/// The company's account.
const ACCOUNT_ID: &str = "123456789012";
/// Maximum duration of pool sessions.
const POOL_MAX_USER_DURATION_SECONDS: i32 = 57_600;
/// Disconnect timeout of sessions.
const DISCONNECT_TIMEOUT_SECONDS: i32 = 3_600;
/// One client in so many reports no connection state.
const SILENT_CLIENTS: u32 = 40;

/// A company with two regions, nine fleets and four WorkSpaces pools.
#[derive(Debug)]
pub struct Company {
    seed: u64,
    clock: Clock,
    /// The days of the fleets, in the order of the catalogue.
    fleets: Vec<Day>,
    /// The days of the pools, in the order of the catalogue.
    pools: Vec<Day>,
}

/// One fleet or pool at one moment.
#[derive(Clone, Copy, Debug)]
struct Resource<'a> {
    company: &'a Company,
    /// Separates the random IDs of fleets and pools.
    number: u64,
    users: &'a Users,
    schedule: &'a Schedule,
    day: &'a Day,
    moment: CompanyTime,
}

impl Company {
    /// A company whose first morning is now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the only look at the clock; everything after counts from it"
    )]
    pub fn new(seed: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self::with_epoch(seed, now.unwrap_or_default().as_secs_f64())
    }

    /// A company whose first morning is at this time, in seconds since the Unix epoch.
    pub fn with_epoch(seed: u64, epoch_seconds: f64) -> Self {
        let play = |users: &Users, supply: Supply, number: u64| {
            let mut random = Random::keyed([seed, number]);
            Day::play(supply, users.habit.planned(users.people, &mut random))
        };
        Self {
            seed,
            clock: Clock {
                opened_at: epoch_seconds,
            },
            fleets: (0..)
                .zip(&FLEETS)
                .map(|(index, plan)| play(&plan.users, plan.supply, fleet_number(index)))
                .collect(),
            pools: (0..)
                .zip(&POOLS)
                .map(|(index, plan)| play(&plan.users, plan.supply, pool_number(index)))
                .collect(),
        }
    }
}

impl WorldSource for Company {
    fn world(&self, elapsed: Duration) -> World {
        let moment = CompanyTime::after(elapsed);
        let mut world = World::new(ACCOUNT_ID);
        for plan in &STACKS {
            world
                .region_mut(plan.region)
                .put_stack(stack(plan, moment.minute));
        }
        for ((index, plan), day) in (0..).zip(&FLEETS).zip(&self.fleets) {
            let resource = Resource {
                company: self,
                number: fleet_number(index),
                users: &plan.users,
                schedule: &plan.schedule,
                day,
                moment,
            };
            resource.add_fleet(plan, world.region_mut(plan.region));
        }
        for ((index, plan), day) in (0..).zip(&POOLS).zip(&self.pools) {
            let resource = Resource {
                company: self,
                number: pool_number(index),
                users: &plan.users,
                schedule: &plan.schedule,
                day,
                moment,
            };
            resource.add_pool(plan, world.region_mut(plan.region));
        }
        let this_morning = CompanyTime {
            minute: 0,
            ..moment
        };
        let this_morning = self.clock.epoch_seconds(this_morning);
        scaling::add_quotas(&mut world);
        inventory::add(&mut world, self.clock.opened_at, this_morning);
        world
    }

    fn faults(&self, elapsed: Duration) -> Vec<Fault> {
        let minute = CompanyTime::after(elapsed).minute;
        OUTAGES
            .iter()
            .filter(|outage| outage.during.contains(&minute))
            .map(Outage::fault)
            .collect()
    }
}

impl Resource<'_> {
    fn add_fleet(&self, plan: &FleetPlan, region: &mut Region) {
        region.put_fleet(fleet(plan, self.level(), self.moment.minute));
        for stack in plan.stacks {
            region.put_association(plan.name, *stack);
        }
        for (visit, phase) in self.visits() {
            region.put_session(self.session(plan, visit, phase));
        }
        self.add_fleet_metrics(plan, region);
        // Elastic fleets have no instances of their own to scale.
        if plan.fleet_type != "ELASTIC" {
            self.add_scaling(plan.name, &Scaled::fleet(plan.name), plan.supply, region);
        }
    }

    fn add_pool(&self, plan: &PoolPlan, region: &mut Region) {
        region.put_pool(pool(plan, self.level(), self.moment.minute));
        for (visit, phase) in self.visits() {
            // Pools list no expired sessions, because pool sessions have no state.
            if phase != Phase::Expired {
                region.put_pool_session(self.pool_session(plan, visit, phase));
            }
        }
        self.add_pool_metrics(plan, region);
        self.add_scaling(plan.name, &Scaled::pool(plan.id), plan.supply, region);
    }

    fn state(&self) -> &'static str {
        self.schedule.state(self.moment.minute)
    }

    /// Capacity, of which only what is wanted is there while the fleet or pool starts.
    fn level(&self) -> Level {
        let level = self.day.level(self.moment.minute);
        match self.state() {
            "RUNNING" => level,
            "STARTING" => Level {
                desired: level.desired,
                ..Level::default()
            },
            _ => Level::default(),
        }
    }

    /// The sessions to be listed, and what they are doing.
    fn visits(&self) -> impl Iterator<Item = (&Visit, Phase)> {
        let minute = self.moment.minute;
        let open = self.state() == "RUNNING";
        self.day
            .visits
            .iter()
            .filter(move |_| open)
            .filter_map(move |visit| Some((visit, visit.phase(minute)?)))
    }

    fn session(&self, plan: &FleetPlan, visit: &Visit, phase: Phase) -> Session {
        let stack = match plan.stacks {
            [_, second, ..] if visit.person % 4 == 3 => second,
            [first, ..] => first,
            [] => "",
        };
        let started_at = self.began_at(visit);
        let mut session = Session::new(self.session_id(visit), plan.name, stack)
            .user(self.user_id(visit.person))
            .authentication_type(self.users.authentication_of(visit.person))
            .started_at(started_at)
            .expires_at(started_at + f64::from(plan.max_user_duration_seconds))
            .instance(self.instance_id(visit))
            .network(
                self.private_ip_address(visit),
                self.instance(visit).ec2_id("eni"),
            );
        if plan.supply.sessions_per_instance > 1 {
            let draining = self.day.is_draining(visit.instance, self.moment.minute);
            let status = if draining { "DRAINING" } else { "ACTIVE" };
            session.instance_drain_status = Some(status.into());
        }
        match phase {
            Phase::Pending => session.pending(),
            Phase::Connected if visit.person % SILENT_CLIENTS == SILENT_CLIENTS / 2 => {
                session.connected().without_connection_state()
            }
            Phase::Connected => session.connected(),
            Phase::Disconnected => session.disconnected(),
            Phase::Expired => session.expired(),
        }
    }

    fn pool_session(&self, plan: &PoolPlan, visit: &Visit, phase: Phase) -> PoolSession {
        let started_at = self.began_at(visit);
        let session = PoolSession::new(self.session_id(visit), plan.id)
            .user(self.user_id(visit.person))
            .started_at(started_at)
            .expires_at(started_at + f64::from(POOL_MAX_USER_DURATION_SECONDS))
            .instance(self.instance_id(visit))
            .network(
                self.private_ip_address(visit),
                self.instance(visit).ec2_id("eni"),
            );
        match phase {
            Phase::Connected => session.connected(),
            _ => session.disconnected(),
        }
    }

    fn began_at(&self, visit: &Visit) -> f64 {
        self.company.clock.epoch_seconds(CompanyTime {
            minute: visit.began,
            ..self.moment
        })
    }

    /// A person begins one session at a time, so person and minute name it.
    fn session_id(&self, visit: &Visit) -> String {
        let person = u64::from(visit.person);
        self.draw([person, u64::from(visit.began)]).uuid()
    }

    fn instance_id(&self, visit: &Visit) -> String {
        self.instance(visit).ec2_id("i")
    }

    fn instance(&self, visit: &Visit) -> Random {
        self.draw([u64::MAX, u64::from(visit.instance)])
    }

    /// A generator of random values for this fleet or pool on this day.
    fn draw(&self, [kind, which]: [u64; 2]) -> Random {
        Random::keyed([self.company.seed, self.number, self.moment.day, kind, which])
    }

    fn private_ip_address(&self, visit: &Visit) -> String {
        // Four addresses at the start of each subnet belong to AWS.
        let host = visit.instance % 250 + 4;
        format!("10.{}.{}.{host}", self.number, visit.instance / 250)
    }

    fn user_id(&self, person: u32) -> String {
        if self.users.authentication_of(person) == "API" {
            return format!("guest-{}-{person:03}", self.number);
        }
        const FIRST: [&str; 16] = [
            "amira", "ben", "carla", "deniz", "elena", "farid", "greta", "hugo", "ines", "jonas",
            "katya", "liam", "mona", "nils", "olga", "pavel",
        ];
        const LAST: [&str; 16] = [
            "adler", "bauer", "costa", "diaz", "engel", "fischer", "garcia", "haas", "ito",
            "jensen", "kaya", "lopez", "meyer", "novak", "okafor", "peters",
        ];
        let number = usize::try_from(self.number).unwrap_or_default();
        let person = usize::try_from(person).unwrap_or_default();
        let (first, last) = (FIRST[person % 16], LAST[(person / 16 + number) % 16]);
        format!("{first}.{last}{number}@example.com")
    }
}

fn fleet_number(index: u64) -> u64 {
    10 + index
}

fn pool_number(index: u64) -> u64 {
    50 + index
}

fn fleet(plan: &FleetPlan, level: Level, minute: Minute) -> Fleet {
    let per_instance = count(plan.supply.sessions_per_instance);
    let elastic = plan.fleet_type == "ELASTIC";
    let multi_session = per_instance > 1;
    Fleet::new(plan.name)
        .tag("team", plan.team)
        .state(plan.schedule.state(minute))
        .capacity(|_| capacity(level, plan.supply))
        .with(|fleet| {
            fleet.display_name = Some(plan.display_name.to_owned());
            fleet.description = Some(plan.description.to_owned());
            fleet.fleet_type = Some(plan.fleet_type.into());
            fleet.instance_type = Some(plan.instance_type.into());
            fleet.platform = Some(plan.platform.into());
            fleet.stream_view = Some(plan.stream_view.into());
            // Elastic fleets start applications from app blocks and have no image.
            fleet.image_name = (!elastic).then(|| plan.image.to_owned());
            fleet.max_user_duration_seconds = Some(plan.max_user_duration_seconds);
            fleet.disconnect_timeout_seconds = Some(DISCONNECT_TIMEOUT_SECONDS);
            fleet.max_concurrent_sessions = elastic.then(|| count(plan.supply.max_instances));
            fleet.default_internet_access = Some(plan.name == "office-desktops");
            fleet.root_volume_gib = (!elastic).then_some(200);
            fleet.imdsv1_disabled = Some(plan.name != "archive-viewer");
            fleet.max_sessions_per_instance = multi_session.then_some(per_instance);
            fleet.errors = errors(plan.error_window.as_ref(), minute);
        })
}

fn capacity(level: Level, supply: Supply) -> Capacity {
    let capacity = Capacity::instances(
        count(level.desired),
        count(level.running),
        count(level.in_use),
    );
    let per_instance = supply.sessions_per_instance;
    if per_instance == 1 {
        return capacity;
    }
    let draining_slots = level.draining * per_instance;
    // Free slots of draining instances take no session and count as unused only.
    let actual = (level.running - level.draining) * per_instance + level.draining_sessions;
    capacity
        .desired_user_sessions(count(level.desired * per_instance))
        .actual_user_sessions(count(actual))
        .active_user_sessions(count(level.sessions))
        .available_user_sessions(count(actual - level.sessions))
        .draining(count(level.draining))
        .drain_mode_active_user_sessions(count(level.draining_sessions))
        .drain_mode_unused_user_sessions(count(draining_slots - level.draining_sessions))
}

fn stack(plan: &StackPlan, minute: Minute) -> Stack {
    Stack::new(plan.name).tag("team", plan.team).with(|stack| {
        stack.display_name = Some(plan.display_name.to_owned());
        stack.description = Some(plan.description.to_owned());
        stack.errors = errors(plan.error_window.as_ref(), minute);
    })
}

fn pool(plan: &PoolPlan, level: Level, minute: Minute) -> Pool {
    Pool::new(plan.id, plan.name)
        .tag("team", plan.team)
        .state(plan.schedule.state(minute))
        .running_mode(plan.running_mode)
        .sessions(
            count(level.desired),
            count(level.running),
            count(level.sessions),
        )
        .with(|pool| {
            pool.description = Some(plan.description.to_owned());
            pool.errors = errors(plan.error_window.as_ref(), minute);
        })
}

/// The error a resource shows at this minute, if any.
fn errors(error_window: Option<&ErrorWindow>, minute: Minute) -> Vec<ResourceError> {
    error_window
        .filter(|error_window| error_window.during.contains(&minute))
        .map(|error_window| {
            ResourceError::new(Cow::Borrowed(error_window.code), error_window.message)
        })
        .into_iter()
        .collect()
}
