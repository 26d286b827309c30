//! Thousands of random operations never break the equations of capacity, and no session is without its fleet or pool.

mod pools;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::appstream;
use crate::autoscaling;
use crate::random::Random;
use crate::request::change::Change;
use crate::request::input::Input;
use crate::request::parameters::Parameters;
use crate::streaming_url;
use crate::workspaces;
use crate::{Fleet, Region, World};

const REGION: &str = "eu-west-1";
const FLEETS: [&str; 3] = ["one", "two", "three"];
const STACKS: [&str; 2] = ["north", "south"];
const WORLDS: u64 = 40;
const OPERATIONS: u32 = 500;

/// An account, its time, and how often each operation succeeded.
struct Play {
    world: World,
    now: f64,
    random: Random,
    succeeded: BTreeMap<String, u32>,
}

impl Play {
    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = self.random.below(u32::try_from(choices.len()).unwrap());
        choices[usize::try_from(index).unwrap()]
    }

    fn perform(&mut self, operation: &str, input: &Value) -> bool {
        let mut change = Change {
            world: &mut self.world,
            region_name: REGION,
            operation,
            parameters: &Parameters::default(),
            input: Input(input),
            now: self.now,
            host: "simulator",
        };
        let result = if operation.contains("WorkspacesPool") {
            workspaces::change::perform(&mut change)
        } else if operation.contains("Scal") || operation.contains("ScheduledAction") {
            autoscaling::change::perform(&mut change)
        } else {
            appstream::change::perform(&mut change)
        };
        let is_done = result.is_ok();
        self.world.settle(self.now);
        if is_done {
            *self.succeeded.entry(operation.to_owned()).or_default() += 1;
        }
        is_done
    }

    fn create_fleet(&mut self, name: &str) {
        let (count, per_instance) = (self.random.below(5), self.random.between(2, 5));
        let fleet_type = self.pick(&["ALWAYS_ON", "ON_DEMAND"]);
        let mut input = json!({
            "Name": name, "InstanceType": "t", "ImageName": "i", "FleetType": fleet_type,
            "DisconnectTimeoutInSeconds": 60, "MaxUserDurationInSeconds": 600,
            "ComputeCapacity": {"DesiredInstances": count},
        });
        match self.random.below(4) {
            0 => {
                input["FleetType"] = json!("ELASTIC");
                input["ComputeCapacity"] = Value::Null;
                input["ImageName"] = Value::Null;
                input["Platform"] = json!("AMAZON_LINUX2");
                input["MaxConcurrentSessions"] = json!(count + 1);
                input["VpcConfig"] = json!({"SubnetIds": ["a", "b"]});
            }
            1 | 2 => {
                input["MaxSessionsPerInstance"] = json!(per_instance);
                input["ComputeCapacity"] = json!({"DesiredSessions": count * per_instance});
            }
            _ => {}
        }
        self.perform("CreateFleet", &input);
    }

    fn update_fleet(&mut self, name: &str) {
        let (count, per_instance) = (self.random.below(5), self.random.between(2, 5));
        let input = match self.random.below(3) {
            0 => json!({"Name": name, "ComputeCapacity": {"DesiredInstances": count}}),
            1 => {
                json!({"Name": name, "ComputeCapacity": {"DesiredSessions": count * per_instance}})
            }
            _ => json!({"Name": name, "MaxSessionsPerInstance": per_instance}),
        };
        self.perform("UpdateFleet", &input);
    }

    fn visit(&mut self, fleet: &str, stack: &str) {
        let user = format!("user-{}", self.random.below(12));
        let input =
            json!({"FleetName": fleet, "StackName": stack, "UserId": user, "Validity": 900});
        self.perform("CreateStreamingURL", &input);
        self.act();
    }

    /// The user of each streaming URL does something.
    fn act(&mut self) {
        let region = self.world.region_mut(REGION);
        let tokens: Vec<String> = region.streaming_urls.keys().cloned().collect();
        for token in tokens {
            let action = self.pick(&["connect", "connect", "disconnect", "end", "wait"]);
            let region = self.world.region_mut(REGION);
            if streaming_url::act(region, &token, action, self.now).is_ok() {
                *self.succeeded.entry(action.to_owned()).or_default() += 1;
            }
        }
    }

    fn step(&mut self) {
        let (fleet, stack) = (self.pick(&FLEETS), self.pick(&STACKS));
        let pair = json!({"FleetName": fleet, "StackName": stack});
        let name = json!({"Name": fleet});
        let session = self.world.region_mut(REGION).sessions().next();
        let session = json!({"SessionId": session.map_or("none", |session| session.id())});
        match self.random.below(20) {
            0 | 1 => self.create_fleet(fleet),
            2 => drop(self.perform("CreateStack", &json!({"Name": stack}))),
            3 | 4 => drop(self.perform("AssociateFleet", &pair)),
            5 | 6 => drop(self.perform("StartFleet", &name)),
            7..=10 => self.visit(fleet, stack),
            11 => self.update_fleet(fleet),
            12 => drop(self.perform("DrainSessionInstance", &session)),
            13 => drop(self.perform("ExpireSession", &session)),
            14 if self.random.percent(50) => self.end(fleet, stack),
            15 | 16 => self.scale(&format!("fleet/{fleet}")),
            17..=19 => self.step_pool(),
            _ => {
                self.now += f64::from(self.random.below(200));
                self.world.advance(self.now);
            }
        }
    }

    /// Gives a fleet or pool limits, which change after a minute, or takes them away.
    fn scale(&mut self, resource: &str) {
        let (namespace, dimension) = if resource.starts_with("fleet/") {
            ("appstream", "appstream:fleet:DesiredCapacity")
        } else {
            (
                "workspaces",
                "workspaces:workspacespool:DesiredUserSessions",
            )
        };
        let (min, more) = (self.random.below(6), self.random.below(6));
        let input = json!({
            "ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension,
            "MinCapacity": min, "MaxCapacity": min + more, "ScheduledActionName": "minute",
            "Schedule": "rate(1 minute)", "ScalableTargetAction": {"MinCapacity": more},
        });
        let operation = self.pick(&[
            "RegisterScalableTarget",
            "PutScheduledAction",
            "DeregisterScalableTarget",
        ]);
        self.perform(operation, &input);
    }

    /// Stops and deletes a fleet or a stack, as far as the rest allows it.
    fn end(&mut self, fleet: &str, stack: &str) {
        if self.random.percent(20) {
            self.perform("DeleteStack", &json!({"Name": stack}));
            return;
        }
        self.perform("StopFleet", &json!({"Name": fleet}));
        if self.random.percent(50) {
            self.now += 300.0;
            self.world.advance(self.now);
        }
        for stack in STACKS {
            let pair = json!({"FleetName": fleet, "StackName": stack});
            self.perform("DisassociateFleet", &pair);
        }
        self.perform("DeleteFleet", &json!({"Name": fleet}));
    }
}

fn check(region: &Region) {
    for session in region.sessions() {
        let fleet = region.fleets().get(session.fleet());
        let fleet = fleet.expect("a session has a fleet");
        assert!(region.stacks().contains_key(session.stack()), "{session:?}");
        let needs_instance = session.is_live() && !fleet.is_elastic();
        assert!(
            !needs_instance || session.instance_id.is_some(),
            "{session:?}"
        );
    }
    for (name, fleet) in region.fleets() {
        check_fleet(region, name, fleet);
    }
}

fn check_fleet(region: &Region, name: &str, fleet: &Fleet) {
    let mut on_instances: BTreeMap<&str, i32> = BTreeMap::new();
    let live = region
        .sessions()
        .filter(|one| one.fleet() == name && one.is_live());
    for session in live {
        let instance = session.instance_id.as_deref().unwrap_or(session.id());
        *on_instances.entry(instance).or_default() += 1;
    }
    let sessions: i32 = on_instances.values().sum();
    let capacity = fleet.capacity.expect("a fleet has a capacity");
    if fleet.is_elastic() {
        assert!(sessions <= fleet.max_concurrent_sessions.unwrap(), "{name}");
        return;
    }
    let per_instance = fleet.max_sessions_per_instance.unwrap_or(1);
    assert!(
        on_instances.values().all(|count| *count <= per_instance),
        "{fleet:?}"
    );
    let figure = |figure: Option<i32>| figure.expect("the figure is there");
    let (running, in_use) = (figure(capacity.running), figure(capacity.in_use));
    assert_eq!(figure(capacity.available), running - in_use, "{fleet:?}");
    assert_eq!(
        usize::try_from(in_use).unwrap(),
        on_instances.len(),
        "{fleet:?}"
    );
    let instances = fleet
        .supply
        .as_ref()
        .map_or(0, |supply| supply.instances.len());
    let instances = i32::try_from(instances).unwrap();
    assert!(running <= instances, "{fleet:?}");
    if fleet.max_sessions_per_instance.is_none() {
        return;
    }
    let actual = figure(capacity.actual_user_sessions);
    let pending = figure(capacity.desired_user_sessions) - actual;
    assert!(pending >= 0, "{fleet:?}");
    let is_open = matches!(fleet.state.as_deref(), Some("STARTING" | "RUNNING"));
    if is_open && capacity.draining == Some(0) {
        assert_eq!(pending, (instances - running) * per_instance, "{fleet:?}");
    }
    assert_eq!(figure(capacity.active_user_sessions), sessions, "{fleet:?}");
    assert_eq!(
        figure(capacity.available_user_sessions),
        actual - sessions,
        "{fleet:?}"
    );
    assert!(actual >= sessions, "{fleet:?}");
}

#[test]
fn no_sequence_of_operations_breaks_the_equations() {
    let mut succeeded: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..WORLDS {
        let mut play = Play {
            world: World::new("123456789012"),
            now: 1_767_254_400.0,
            random: Random::new(seed),
            succeeded: BTreeMap::new(),
        };
        for _ in 0..OPERATIONS {
            play.step();
            check(play.world.region_mut(REGION));
            pools::check(play.world.region_mut(REGION));
        }
        for (operation, count) in play.succeeded {
            *succeeded.entry(operation).or_default() += count;
        }
    }
    for operation in [
        "CreateFleet",
        "UpdateFleet",
        "StartFleet",
        "StopFleet",
        "DeleteFleet",
        "DisassociateFleet",
        "DrainSessionInstance",
        "CreateWorkspacesPool",
        "UpdateWorkspacesPool",
        "StopWorkspacesPool",
        "TerminateWorkspacesPool",
        "TerminateWorkspacesPoolSession",
        "RegisterScalableTarget",
        "PutScheduledAction",
        "connect",
        "disconnect",
        "end",
    ] {
        let count = succeeded.get(operation).copied().unwrap_or_default();
        assert!(
            count > 20,
            "{operation} succeeded {count} times: {succeeded:?}"
        );
    }
}
