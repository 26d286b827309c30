//! Promise: what filters leave out is as if it were not there, and costs no call;
//! tags cost one call for each fleet, and only where something wants them.

use std::collections::BTreeSet;

use crate::common::{
    ACCOUNT, BRISK, Exporter, Metrics, REGION, UNLIMITED, failed, once, simulator, successes,
};
use appstream_simulator::{
    Call, Capacity, Fault, Fleet, Pool, PoolSession, Region, Session, Simulator, Stack, World,
};

const FLEET: &str = "appstream_fleet_info";
const TAGS: &str = "appstream_fleet_tags";
/// Refreshes every second that read tags and associations once.
const KEPT: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1h}
sessions: {recheck_interval: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";
const FILTERS: &str = "\
filters:
  fleets: {include: [prod, 'eu-.*'], exclude: ['eu-old.*', other]}
  stacks: {exclude: ['tmp-.*', lab]}
  pools: {include: [day, night], exclude: [night]}
";

/// Selected resources, and excluded ones with similar names.
const FLEETS: [&str; 2] = ["prod", "eu-a"];
const NO_FLEETS: [&str; 4] = ["prod-1", "old-prod", "eu-old-1", "other"];
const STACKS: [&str; 2] = ["main", "laboratory"];
const NO_STACKS: [&str; 2] = ["lab", "tmp-1"];
const POOLS: [&str; 1] = ["day"];
const NO_POOLS: [&str; 2] = ["daylight", "night"];
const PAIRS: [(&str, &str); 8] = [
    ("prod", "main"),
    ("prod", "lab"),
    ("eu-a", "laboratory"),
    ("eu-a", "tmp-1"),
    ("prod-1", "main"),
    ("old-prod", "laboratory"),
    ("eu-old-1", "main"),
    ("other", "lab"),
];

fn pool_id(name: &str) -> String {
    format!("wspool-{name:0<9}")
}

/// A session for each pair and each pool, all on instances of their own.
fn region() -> Region {
    let mut region = Region::new();
    for fleet in FLEETS.into_iter().chain(NO_FLEETS) {
        let sessions = PAIRS.iter().filter(|pair| pair.0 == fleet).count();
        let in_use = i32::try_from(sessions).expect("a few");
        region.put_fleet(Fleet::new(fleet).capacity(|c| c.desired(5).running(5).in_use(in_use)));
    }
    for stack in STACKS.into_iter().chain(NO_STACKS) {
        region.put_stack(Stack::new(stack).error("INTERNAL_SERVICE_ERROR", "of this stack"));
    }
    for (fleet, stack) in PAIRS {
        let id = format!("of-{fleet}-in-{stack}");
        region.put_association(fleet, stack);
        region.put_session(
            Session::new(id.clone(), fleet, stack)
                .saml()
                .instance(id)
                .started_at(1_700_000_000.0),
        );
    }
    for pool in POOLS.into_iter().chain(NO_POOLS) {
        region.put_pool(Pool::new(pool_id(pool), pool));
        region.put_pool_session(PoolSession::new(format!("of-{pool}"), pool_id(pool)));
    }
    region
}

fn world() -> World {
    World::new(ACCOUNT).region(REGION, region())
}

/// The same account without what the filters leave out.
fn reduced() -> World {
    let mut region = region();
    for fleet in NO_FLEETS {
        region.remove_fleet(fleet);
    }
    for stack in NO_STACKS {
        region.remove_stack(stack);
    }
    for pool in NO_POOLS {
        region.remove_pool(&pool_id(pool));
    }
    World::new(ACCOUNT).region(REGION, region)
}

/// The lines of the AWS families.
fn of_aws(metrics: &Metrics) -> Vec<&str> {
    let own = ["appstream_exporter_", "process_"];
    let lines = metrics.text().lines();
    lines
        .filter(|line| {
            let name = line.split(' ').nth(2).filter(|_| line.starts_with('#'));
            let name = name.unwrap_or(line);
            !own.iter().any(|own| name.starts_with(own))
        })
        .collect()
}

/// Whether a call is about something of these names.
fn is_about(call: &Call, names: &[&str]) -> bool {
    let parameters = &call.parameters;
    let is = |given: &str| {
        let given = given.rsplit_once('/').map_or(given, |(_, name)| name);
        names
            .iter()
            .any(|name| *name == given || pool_id(name) == given)
    };
    let given = [
        &parameters.fleet,
        &parameters.stack,
        &parameters.pool,
        &parameters.resource_arn,
    ];
    given.into_iter().flatten().any(|given| is(given))
}

fn shown<'m>(metrics: &'m Metrics, family: &'m str, label: &str) -> BTreeSet<&'m str> {
    metrics
        .family(family)
        .filter_map(|series| series.labels.get(label).map(String::as_str))
        .collect()
}

/// The names of the fleets that are shown.
fn fleets(metrics: &Metrics) -> BTreeSet<&str> {
    shown(metrics, FLEET, "fleet")
}

/// An exporter after its first refresh.
async fn started(simulator: &Simulator, config: &str) -> (Exporter, Metrics) {
    let exporter = Exporter::start(simulator, config).await;
    let metrics = exporter
        .eventually("a first refresh", |metrics| {
            !successes(metrics, REGION).is_empty()
        })
        .await;
    (exporter, metrics)
}

#[tokio::test]
async fn what_is_left_out_is_as_if_it_were_not_there() {
    let [all, fewer] = [simulator(world()).await, simulator(reduced()).await];
    let (output, filtered) = once(&all, &format!("{BRISK}{FILTERS}")).await;
    assert!(output.status.success(), "{output:?}");
    let (output, expected) = once(&fewer, UNLIMITED).await;
    assert!(output.status.success(), "{output:?}");
    assert!(of_aws(&expected).len() > 50);
    assert_eq!(of_aws(&filtered), of_aws(&expected));
    for operation in [
        "DescribeFleets",
        "DescribeStacks",
        "ListAssociatedStacks",
        "DescribeSessions",
        "DescribeWorkspacesPools",
        "DescribeWorkspacesPoolSessions",
        "ListTagsForResource",
    ] {
        assert_eq!(all.count(operation), fewer.count(operation), "{operation}");
    }
    let (_, unfiltered) = once(&all, UNLIMITED).await;
    assert_ne!(of_aws(&unfiltered), of_aws(&expected));
    for (family, label, count) in [
        (FLEET, "fleet", 6),
        ("appstream_stack_fleet_association", "stack", 4),
        ("workspaces_pool_info", "pool_name", 3),
    ] {
        assert_eq!(shown(&unfiltered, family, label).len(), count, "{family}");
    }
}

#[tokio::test]
async fn filters_match_whole_names_and_cost_no_call() {
    let simulator = simulator(world()).await;
    let (exporter, _) = started(&simulator, &format!("{BRISK}{FILTERS}")).await;
    let metrics = exporter.after_refreshes(REGION, 3.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0]);
    let associations = "appstream_stack_fleet_association";
    for (family, label, names) in [
        (FLEET, "fleet", &FLEETS[..]),
        ("appstream_session_users", "fleet", &FLEETS),
        (associations, "fleet", &FLEETS),
        (associations, "stack", &STACKS),
        ("appstream_session_users", "stack", &STACKS),
        ("workspaces_pool_info", "pool_name", &POOLS),
        ("workspaces_pool_sessions", "pool_name", &POOLS),
    ] {
        let names = names.iter().copied().collect();
        assert_eq!(shown(&metrics, family, label), names, "{family}");
    }
    let out = [&NO_FLEETS[..], &NO_STACKS, &NO_POOLS].concat();
    for series in metrics.series() {
        let named = series
            .labels
            .values()
            .find(|value| out.contains(&value.as_str()));
        assert_eq!(named, None, "{series:?}");
    }
    let calls = simulator.calls();
    assert_eq!(calls.iter().find(|call| is_about(call, &out)), None);
    for names in [&FLEETS[..], &POOLS] {
        assert!(calls.iter().filter(|call| is_about(call, names)).count() >= 4);
    }
    assert!(simulator.count("ListAssociatedStacks") > FLEETS.len());
    assert_eq!(simulator.count("ListTagsForResource"), 0);
}

#[tokio::test]
async fn fleets_that_share_a_stack_are_left_out_one_by_one() {
    let simulator = simulator(world()).await;
    let config = format!("{BRISK}filters: {{fleets: {{exclude: [prod-1]}}}}\n");
    let (exporter, _) = started(&simulator, &config).await;
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert!(simulator.count("ListAssociatedStacks") > 4);
    assert_eq!(fleets(&metrics).len(), 5);
    let associations = shown(&metrics, "appstream_stack_fleet_association", "fleet");
    assert_eq!(associations, fleets(&metrics));
    let calls = simulator.calls();
    assert_eq!(calls.iter().find(|call| is_about(call, &["prod-1"])), None);
    assert_eq!(metrics.sum("appstream_sessions", &[]), 7.0);
}

/// Three fleets with a session each in a stack of their own: two with tags.
fn tagged() -> World {
    let mut region = Region::new();
    for name in ["pay", "find", "bare"] {
        put(&mut region, Fleet::new(name));
    }
    let tag = |region: &mut Region, fleet: &str, key: &str, value: &str| {
        let fleet = region.fleet_mut(fleet).expect("it is there");
        fleet.tags.insert(key.to_owned(), value.to_owned());
    };
    tag(&mut region, "pay", "team", "payments");
    tag(&mut region, "pay", "CostCenter", "4711");
    tag(&mut region, "find", "team", "search");
    World::new(ACCOUNT).region(REGION, region)
}

/// Adds a fleet with a session in a stack of its own.
fn put(region: &mut Region, fleet: Fleet) {
    let name = fleet.name.clone();
    let stack = format!("stack-{name}");
    region.put_fleet(fleet.capacity(|c| c.desired(2).running(2).in_use(1)));
    region.put_stack(Stack::new(stack.clone()));
    region.put_association(name.clone(), stack.clone());
    region.put_session(Session::new(format!("of-{name}"), name, stack).saml());
}

fn tag(simulator: &Simulator, fleet: &str, team: &str) {
    simulator.update(|world| {
        let fleet = world
            .region_mut(REGION)
            .fleet_mut(fleet)
            .expect("it is there");
        fleet.tags.insert("team".to_owned(), team.to_owned());
    });
}

/// Changes what a fleet has running, which shows whether it is fresh.
fn running(simulator: &Simulator, fleet: &str, instances: i32) {
    simulator.update(|world| {
        let fleet = world
            .region_mut(REGION)
            .fleet_mut(fleet)
            .expect("it is there");
        fleet.capacity = Some(Capacity::instances(instances, instances, 1));
    });
}

/// The number of reads of fleet tags.
fn tags_read(simulator: &Simulator) -> usize {
    let calls = simulator.calls();
    let arns = calls
        .iter()
        .filter_map(|call| call.parameters.resource_arn.as_deref());
    arns.filter(|arn| arn.contains(":fleet/")).count()
}

const BY_TAG: &str = "filters: {tags: {team: 'pay.*'}}\n";

#[tokio::test]
async fn fleets_without_the_tag_are_left_out() {
    let simulator = simulator(tagged()).await;
    let (exporter, metrics) = started(&simulator, &format!("{KEPT}{BY_TAG}")).await;
    assert_eq!(fleets(&metrics), BTreeSet::from(["pay"]));
    assert_eq!(
        simulator.count("ListTagsForResource"),
        3,
        "once for each fleet that there is"
    );
    // Tags are kept as long as the topology, and so is what they say.
    tag(&simulator, "find", "payroll");
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(simulator.count("ListTagsForResource"), 3);
    assert_eq!(failed(&metrics, REGION), [""; 0]);
    for family in [
        FLEET,
        "appstream_sessions",
        "appstream_stack_fleet_association",
    ] {
        assert_eq!(shown(&metrics, family, "fleet"), BTreeSet::from(["pay"]));
    }
    metrics.assert_absent(TAGS, &[]);
    let calls = simulator.calls();
    let about_others = |call: &&Call| {
        call.operation != "ListTagsForResource"
            && is_about(call, &["find", "bare", "stack-find", "stack-bare"])
    };
    assert_eq!(calls.iter().find(about_others), None);
    assert_eq!(metrics.sum("appstream_sessions", &[]), 1.0);
}

#[tokio::test]
async fn a_tag_that_changes_is_seen_after_the_topology_interval() {
    let simulator = simulator(tagged()).await;
    let (exporter, metrics) = started(&simulator, &format!("{BRISK}{BY_TAG}")).await;
    assert_eq!(fleets(&metrics), BTreeSet::from(["pay"]));
    tag(&simulator, "bare", "payroll");
    tag(&simulator, "pay", "search");
    let metrics = exporter
        .eventually("the other fleet", |metrics| {
            fleets(metrics) == BTreeSet::from(["bare"])
                && metrics.sum("appstream_sessions", &[("fleet", "bare")]) == 1.0
        })
        .await;
    metrics.assert_absent("appstream_sessions", &[("fleet", "pay")]);
    assert_eq!(failed(&metrics, REGION), [""; 0]);
    simulator.reset_calls();
    exporter.after_refreshes(REGION, 2.0).await;
    let calls = simulator.calls();
    let about_the_first = |call: &&Call| {
        call.operation != "ListTagsForResource" && is_about(call, &["pay", "stack-pay"])
    };
    // A running refresh may still have read it.
    let first = calls
        .iter()
        .position(|call| call.operation == "DescribeFleets");
    let later = calls.iter().skip(first.unwrap());
    assert_eq!(later.clone().find(about_the_first), None);
}

#[tokio::test]
async fn a_fleet_whose_tags_were_never_read_is_not_shown() {
    let simulator = simulator(tagged()).await;
    let (exporter, _) = started(&simulator, &format!("{KEPT}{BY_TAG}")).await;
    let fault = simulator.inject(Fault::deny().operation("ListTagsForResource"));
    simulator.update(|world| {
        let new = Fleet::new("new").tag("team", "payments");
        put(world.region_mut(REGION), new);
    });
    running(&simulator, "pay", 7);
    let metrics = exporter
        .eventually("a failure", |metrics| !failed(metrics, REGION).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_fleets"]);
    let metrics = exporter.after_refreshes(REGION, 4.0).await;
    assert_eq!(failed(&metrics, REGION), ["appstream_fleets"]);
    // That lasts longer than anything is held: the others are fresh.
    assert_eq!(fleets(&metrics), BTreeSet::from(["pay"]));
    metrics.assert(
        "appstream_fleet_instances_running",
        &[("fleet", "pay")],
        7.0,
    );
    metrics.assert("appstream_session_users", &[("fleet", "pay")], 1.0);
    metrics.assert_absent("appstream_sessions", &[("fleet", "new")]);
    let reason = [
        "collectors failed",
        "new",
        "ListTagsForResource",
        "AccessDenied",
    ];
    assert_eq!(exporter.logged(&reason).len(), 1, "{}", exporter.log());
    simulator.clear(fault);
    exporter
        .eventually("the new fleet", |metrics| {
            fleets(metrics) == BTreeSet::from(["new", "pay"])
                && metrics.sum("appstream_sessions", &[("fleet", "new")]) == 1.0
                && failed(metrics, REGION).is_empty()
        })
        .await;
}

#[tokio::test]
async fn tags_that_were_read_count_until_they_are_too_old() {
    let simulator = simulator(tagged()).await;
    let (exporter, _) = started(&simulator, &format!("{BRISK}{BY_TAG}")).await;
    let fault = simulator.inject(Fault::deny().operation("ListTagsForResource"));
    running(&simulator, "pay", 7);
    let metrics = exporter
        .eventually("a failure and a fresh fleet", |metrics| {
            let running = ("appstream_fleet_instances_running", [("fleet", "pay")]);
            metrics.value(running.0, &running.1) == Some(7.0)
                && failed(metrics, REGION) == ["appstream_fleets"]
        })
        .await;
    assert_eq!(fleets(&metrics), BTreeSet::from(["pay"]));
    let metrics = exporter
        .eventually("the tags are too old", |metrics| fleets(metrics).is_empty())
        .await;
    assert_eq!(failed(&metrics, REGION), ["appstream_fleets"]);
    simulator.clear(fault);
    exporter
        .eventually("all is well", |metrics| {
            fleets(metrics) == BTreeSet::from(["pay"]) && failed(metrics, REGION).is_empty()
        })
        .await;
}

#[tokio::test]
async fn tags_become_labels() {
    let simulator = simulator(tagged()).await;
    let config = format!("{BRISK}tags: {{labels: [team, CostCenter]}}\n");
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(metrics.family(TAGS).count(), 3);
    for (fleet, team, cost_center) in [
        ("pay", "payments", "4711"),
        ("find", "search", ""),
        ("bare", "", ""),
    ] {
        let labels = [
            ("aws_account_id", ACCOUNT),
            ("aws_region", REGION),
            ("fleet", fleet),
            ("tag_team", team),
            ("tag_cost_center", cost_center),
        ];
        metrics.assert(TAGS, &labels, 1.0);
    }
    for series in metrics.family(TAGS) {
        for label in ["tag_team", "tag_cost_center"] {
            assert!(series.labels.contains_key(label), "{series:?}");
        }
    }
    assert_eq!(tags_read(&simulator), 3);
}

#[tokio::test]
async fn tags_whose_labels_would_be_the_same_get_numbers() {
    let simulator = simulator(tagged()).await;
    simulator.update(|world| {
        let fleet = world.region_mut(REGION).fleet_mut("pay").unwrap();
        for (key, value) in [
            ("cost-center", "dash"),
            ("cost_center", "line"),
            ("a b/é", "odd"),
        ] {
            fleet.tags.insert(key.to_owned(), value.to_owned());
        }
    });
    let config = format!("{BRISK}tags: {{labels: [cost_center, team, cost-center, 'a b/é']}}\n");
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    let labels = [
        ("fleet", "pay"),
        ("tag_cost_center_conflict1", "dash"),
        ("tag_cost_center_conflict2", "line"),
        ("tag_a_b__", "odd"),
        ("tag_team", "payments"),
        ("tag_cost_center", ""),
    ];
    metrics.assert(TAGS, &labels, 1.0);
    assert!(!metrics.text().contains("tag_cost_center="));
}

#[tokio::test]
async fn nobody_asks_for_tags_that_nobody_wants() {
    let simulator = simulator(tagged()).await;
    let (exporter, _) = started(&simulator, BRISK).await;
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    metrics.assert_absent(TAGS, &[]);
    assert_eq!(tags_read(&simulator), 0);
    // Nor for those of a fleet that its name leaves out.
    let config =
        format!("{BRISK}tags: {{labels: [team]}}\nfilters: {{fleets: {{exclude: [find]}}}}\n");
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        shown(&metrics, TAGS, "fleet"),
        BTreeSet::from(["bare", "pay"])
    );
    assert_eq!(tags_read(&simulator), 2);
    // Nor where no fleet is shown.
    let off = format!("{BRISK}tags: {{labels: [team]}}\ncollectors: {{appstream_fleets: false}}\n");
    let (output, metrics) = once(&simulator, &off).await;
    assert!(output.status.success(), "{output:?}");
    metrics.assert_absent(TAGS, &[]);
    assert_eq!(tags_read(&simulator), 2);
}

#[tokio::test]
async fn tags_that_must_not_be_read_cost_no_other_series() {
    let simulator = simulator(tagged()).await;
    let config = format!("{BRISK}tags: {{labels: [team]}}\n");
    let (_, expected) = once(&simulator, UNLIMITED).await;
    simulator.inject(Fault::deny().operation("ListTagsForResource"));
    let (output, metrics) = once(&simulator, &config).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        failed(&metrics, REGION),
        ["appstream_fleets", "appstream_stacks"]
    );
    assert_eq!(of_aws(&metrics), of_aws(&expected));
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        log.contains("ListTagsForResource") && log.contains("AccessDenied"),
        "{log}"
    );
}

#[tokio::test]
async fn sessions_in_stacks_that_are_left_out_are_not_looked_for() {
    let simulator = simulator(world()).await;
    let config = format!("{KEPT}{FILTERS}");
    let (exporter, _) = started(&simulator, &config).await;
    let asked_in_refreshes = async |count: f64| {
        simulator.reset_calls();
        let metrics = exporter.after_refreshes(REGION, count).await;
        assert_eq!(metrics.sum("appstream_sessions", &[]), 2.0);
        let refreshes = simulator.count("DescribeFleets");
        let asked = simulator.count("DescribeSessions");
        // One call for each fleet, which has one session that is shown.
        assert!(
            asked <= FLEETS.len() * (refreshes + 1),
            "{asked} calls in {refreshes} refreshes"
        );
        let calls = simulator.calls();
        let types = calls
            .iter()
            .filter_map(|call| call.parameters.authentication_type.as_deref());
        assert_eq!(types.collect::<BTreeSet<_>>(), BTreeSet::from(["SAML"]));
    };
    exporter.after_refreshes(REGION, 1.0).await;
    asked_in_refreshes(2.0).await;
    // More of them make no difference.
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        let capacity = &mut region.fleet_mut("prod").unwrap().capacity;
        *capacity = capacity.map(|capacity| capacity.in_use(5));
        for number in 0..3 {
            region.put_session(Session::new(format!("more{number}"), "prod", "lab").api());
        }
    });
    asked_in_refreshes(2.0).await;
}

#[tokio::test]
async fn calls_for_tags_are_counted_among_those_that_are_needed() {
    let configs = [
        format!("{BRISK}tags: {{labels: [team]}}\n"),
        format!("{BRISK}{BY_TAG}"),
        format!("{KEPT}tags: {{labels: [team]}}\n"),
    ];
    futures_util::future::join_all(configs.iter().map(|config| needs_what_it_says(config))).await;
}

/// Compares the reported number of needed calls with the calls of later refreshes.
async fn needs_what_it_says(config: &str) {
    let simulator = simulator(tagged()).await;
    let (exporter, _) = started(&simulator, config).await;
    let metrics = exporter.after_refreshes(REGION, 1.0).await;
    let needed = metrics.value(
        "appstream_exporter_refresh_calls_needed",
        &[("aws_service", "appstream")],
    );
    let needed = needed.expect("it is there after a refresh");
    simulator.reset_calls();
    exporter.after_refreshes(REGION, 4.0).await;
    let calls = simulator.calls();
    let of_appstream = calls.iter().filter(|call| call.service == "appstream");
    let [calls, refreshes] = [of_appstream.count(), simulator.count("DescribeFleets")]
        .map(|count| f64::from(u32::try_from(count).expect("a few")));
    // Fractions of calls are rounded up; a refresh may be running at either end.
    assert!(
        (refreshes - 1.0) * (needed - 1.0) <= calls && calls <= (refreshes + 1.0) * needed,
        "{calls} calls in {refreshes} refreshes that need {needed}: {config}"
    );
}
