//! A client changes an account, and the exporter must show exactly that.
//!
//! Each step has a name and its changes: one series a line with its new value, or `-` where the series ends. A line with
//! a label value in place of a series ends all series that have it.

use std::collections::BTreeMap;

use appstream_simulator::{Options, Simulator, World};
use serde_json::{Value, json};

use super::exposition::Series;
use super::{ACCOUNT, Exporter, Metrics, post, request};

/// The life of a multi-session fleet: its steps in order.
pub(crate) const FLEET_LIFE: [(&str, &str); 19] = [
    ("create the fleet", CREATED),
    ("create the stack", "stack_info{office} 1"),
    ("associate", ASSOCIATED),
    (
        "start",
        "fleet_state{desks,STARTING} 1\nfleet_state{desks,STOPPED} -",
    ),
    ("one instance is ready", ONE_INSTANCE),
    ("both instances are ready", BOTH_INSTANCES),
    ("ana connects", ANA_CONNECTS),
    ("bob connects", BOB_CONNECTS),
    ("ana disconnects", ANA_DISCONNECTS),
    ("bob ends his session", BOB_ENDS),
    (
        "the ended session is no longer listed",
        "sessions{API,NOT_CONNECTED,desks,office,EXPIRED} -",
    ),
    ("drain ana's instance", DRAINED),
    (
        "update the capacity",
        "fleet_instances_desired{desks} 3\nfleet_user_sessions_desired{desks} 12",
    ),
    ("stop", STOPPING),
    ("the fleet is stopped", STOPPED),
    ("update the sessions per instance", UPDATED),
    ("disassociate", DISASSOCIATED),
    ("delete the fleet", "desks"),
    ("delete the stack", "office"),
];

const CREATED: &str = "\
fleet_default_internet_access{desks} 0
fleet_disconnect_timeout_seconds{desks} 900
fleet_idle_disconnect_timeout_seconds{desks} 0
fleet_imdsv1_disabled{desks} 0
fleet_info{desks,ALWAYS_ON,office-2026,stream.standard.medium,APP} 1
fleet_instances_available{desks} 0
fleet_instances_desired{desks} 2
fleet_instances_draining{desks} 0
fleet_instances_in_use{desks} 0
fleet_instances_running{desks} 0
fleet_max_sessions_per_instance{desks} 4
fleet_max_user_duration_seconds{desks} 57600
fleet_state{desks,STOPPED} 1
fleet_user_sessions_active{desks} 0
fleet_user_sessions_actual{desks} 0
fleet_user_sessions_available{desks} 0
fleet_user_sessions_desired{desks} 8
fleet_user_sessions_drain_active{desks} 0
fleet_user_sessions_drain_unused{desks} 0
session_instances{desks} 0";
const ASSOCIATED: &str = "\
session_duration_seconds_count{desks} 0
session_users{desks,office} 0
sessions_draining{desks,office} 0
sessions_ended_total{desks,office} 0
sessions_started_total{desks,office} 0
stack_fleet_association{desks,office} 1";
const ONE_INSTANCE: &str = "\
fleet_instances_available{desks} 1
fleet_instances_running{desks} 1
fleet_state{desks,RUNNING} 1
fleet_state{desks,STARTING} -
fleet_user_sessions_actual{desks} 4
fleet_user_sessions_available{desks} 4";
const BOTH_INSTANCES: &str = "\
fleet_instances_available{desks} 2
fleet_instances_running{desks} 2
fleet_user_sessions_actual{desks} 8
fleet_user_sessions_available{desks} 8";
const ANA_CONNECTS: &str = "\
fleet_instances_available{desks} 1
fleet_instances_in_use{desks} 1
fleet_user_sessions_active{desks} 1
fleet_user_sessions_available{desks} 7
session_instances{desks} 1
session_users{desks,office} 1
sessions_started_total{desks,office} 1
sessions{API,CONNECTED,desks,office,ACTIVE} 1";
const BOB_CONNECTS: &str = "\
fleet_user_sessions_active{desks} 2
fleet_user_sessions_available{desks} 6
session_users{desks,office} 2
sessions_started_total{desks,office} 2
sessions{API,CONNECTED,desks,office,ACTIVE} 2";
const ANA_DISCONNECTS: &str = "\
sessions{API,CONNECTED,desks,office,ACTIVE} 1
sessions{API,NOT_CONNECTED,desks,office,ACTIVE} 1";
const BOB_ENDS: &str = "\
fleet_user_sessions_active{desks} 1
fleet_user_sessions_available{desks} 7
session_duration_seconds_count{desks} 1
session_users{desks,office} 1
sessions_ended_total{desks,office} 1
sessions{API,CONNECTED,desks,office,ACTIVE} -
sessions{API,NOT_CONNECTED,desks,office,EXPIRED} 1";
const DRAINED: &str = "\
fleet_instances_draining{desks} 1
fleet_user_sessions_actual{desks} 5
fleet_user_sessions_available{desks} 4
fleet_user_sessions_drain_active{desks} 1
fleet_user_sessions_drain_unused{desks} 3
sessions_draining{desks,office} 1";
const STOPPING: &str = "\
fleet_instances_available{desks} 0
fleet_instances_draining{desks} 0
fleet_instances_in_use{desks} 0
fleet_instances_running{desks} 0
fleet_state{desks,RUNNING} -
fleet_state{desks,STOPPING} 1
fleet_user_sessions_active{desks} 0
fleet_user_sessions_actual{desks} 0
fleet_user_sessions_available{desks} 0
fleet_user_sessions_drain_active{desks} 0
fleet_user_sessions_drain_unused{desks} 0
session_duration_seconds_count{desks} 2
session_instances{desks} 0
session_users{desks,office} 0
sessions_draining{desks,office} 0
sessions_ended_total{desks,office} 2
sessions{API,NOT_CONNECTED,desks,office,ACTIVE} -
sessions{API,NOT_CONNECTED,desks,office,EXPIRED} 1";
const STOPPED: &str = "\
fleet_state{desks,STOPPED} 1
fleet_state{desks,STOPPING} -
sessions{API,NOT_CONNECTED,desks,office,EXPIRED} -";
const UPDATED: &str = "\
fleet_max_sessions_per_instance{desks} 6
fleet_user_sessions_desired{desks} 18";
const DISASSOCIATED: &str = "\
session_users{desks,office} -
sessions_draining{desks,office} -
sessions_ended_total{desks,office} -
sessions_started_total{desks,office} -
stack_fleet_association{desks,office} -";

/// A refresh each second that reads everything. A slow machine must not make the exporter forget what it counts from.
const CONFIG: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 1h, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
scaling: {interval: 1s}
";

/// A simulated account whose clock stands still, and the exporter beside it.
pub(crate) struct Account {
    pub(crate) simulator: Simulator,
    pub(crate) exporter: Exporter,
    /// The series that the exporter shows.
    shown: BTreeMap<String, f64>,
}

impl Account {
    /// An account without anything.
    pub(crate) async fn start() -> Self {
        let simulator = Simulator::start(World::new(ACCOUNT), Options::default())
            .await
            .expect("loopback has a free port");
        let account = Self {
            exporter: Exporter::start(&simulator, CONFIG).await,
            simulator,
            shown: BTreeMap::new(),
        };
        account.clock(json!({"paused": true})).await;
        account
    }

    /// Lets time pass.
    pub(crate) async fn pass(&self, duration: &str) {
        self.clock(json!({"advance": duration})).await;
    }

    async fn clock(&self, input: Value) {
        self.control("clock", &input).await;
    }

    /// Calls the simulator's own API.
    pub(crate) async fn control(&self, path: &str, input: &Value) -> Value {
        let address = self.simulator.address().to_string();
        post(&address, &format!("/_simulator/{path}"), input).await
    }

    /// Fetches a streaming URL. Returns the session.
    pub(crate) async fn fetch(&self, url: &str) -> Value {
        let path = url.strip_prefix(&self.simulator.endpoint_url());
        let path = path.expect("the URL is one of the simulator");
        let address = self.simulator.address().to_string();
        let answer = request(&address, "GET", path, &[]).await;
        serde_json::from_slice(&answer.body).expect("the answer is JSON")
    }

    /// Waits until the exporter shows the changes of a step in the life of a fleet, and no other change.
    pub(crate) async fn fleet_shows(&mut self, step: &str) {
        let (_, changes) = FLEET_LIFE
            .into_iter()
            .find(|(name, _)| *name == step)
            .expect("the step is listed");
        self.shows(step, changes).await;
    }

    /// Waits until the exporter shows these changes, and no other change.
    pub(crate) async fn shows(&mut self, step: &str, changes: &str) {
        for line in changes.lines() {
            match line.rsplit_once(' ') {
                None => self.shown.retain(|series, _| !has_label(series, line)),
                Some((series, "-")) => {
                    self.shown.remove(series);
                }
                Some((series, value)) => {
                    let value = value.parse().expect("the value is a number");
                    self.shown.insert(series.to_owned(), value);
                }
            }
        }
        let step = format!("{step}: {:#?}", self.shown);
        let is_shown = |metrics: &Metrics| series_of_account(metrics) == self.shown;
        self.exporter.eventually(&step, is_shown).await;
    }
}

/// The series about the account. Timestamps and durations depend on the time of the test, and are left out. So are states
/// and session counts of 0.
fn series_of_account(metrics: &Metrics) -> BTreeMap<String, f64> {
    const TIMINGS: [&str; 3] = [
        "_timestamp_seconds",
        "_duration_seconds_bucket",
        "_duration_seconds_sum",
    ];
    const COUNTS: [&str; 2] = ["_state", "_sessions"];
    let of_account = metrics.series().iter().filter(|series| {
        let name = series.name.as_str();
        let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        let is_left_out = series.label("aws_region").is_empty()
            || name.starts_with("appstream_exporter_")
            || ends_with(&TIMINGS)
            || (ends_with(&COUNTS) && series.value == 0.0);
        !is_left_out
    });
    of_account
        .map(|series| (short_name(series), series.value))
        .collect()
}

/// The name with the values of its labels, sorted by their names.
fn short_name(series: &Series) -> String {
    const OF_ALL: [&str; 3] = ["aws_account_id", "aws_region", "pool_id"];
    let name = &series.name;
    let name = name.strip_prefix("appstream_").unwrap_or(name);
    let labels = series.labels.iter();
    let labels =
        labels.filter(|(name, value)| !OF_ALL.contains(&name.as_str()) && !value.is_empty());
    let values: Vec<_> = labels.map(|(_, value)| value.as_str()).collect();
    format!("{name}{{{}}}", values.join(","))
}

fn has_label(series: &str, value: &str) -> bool {
    let labels = series
        .split_once('{')
        .map(|(_, labels)| labels.trim_end_matches('}'));
    labels.is_some_and(|labels| labels.split(',').any(|label| label == value))
}
