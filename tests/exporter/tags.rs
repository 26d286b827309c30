//! Promise: tags of stacks and pools become labels like those of fleets, only where `tags.labels`
//! names some. If they cannot be read, only their collector fails.

use std::collections::BTreeSet;

use crate::common::{
    ACCOUNT, BRISK, COLLECTORS, Exporter, Metrics, REGION, failed, once, simulator, successes,
};
use appstream_simulator::{
    Fault, Fleet, Pool, PoolSession, Region, Session, Simulator, Stack, World,
};

const STACK_TAGS: &str = "appstream_stack_tags";
const POOL_TAGS: &str = "workspaces_pool_tags";
const LABELS: &str = "tags: {labels: [team, CostCenter]}\n";
/// Refreshes every second that read tags once.
const KEPT: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";
const DAY: &str = "wspool-day000000";
const NIGHT: &str = "wspool-night0000";

fn region() -> Region {
    Region::new()
        .fleet(Fleet::new("desks").capacity(|c| c.desired(2).running(2).in_use(1)))
        .stack(
            Stack::new("office")
                .tag("team", "payments")
                .tag("owner", "not shown"),
        )
        .stack(Stack::new("lab").tag("CostCenter", "4711"))
        .associate("desks", "office")
        .session(Session::new("one", "desks", "office").saml())
        .pool(
            Pool::new(DAY, "day")
                .tag("team", "search")
                .tag("CostCenter", ""),
        )
        .pool(Pool::new(NIGHT, "night"))
        .pool_session(PoolSession::new("p", DAY))
}

async fn account() -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region())).await
}

/// Reads of the tags of stacks, and of pools.
fn reads(simulator: &Simulator) -> (usize, usize) {
    let calls = simulator.calls();
    let is_stack = |arn: &String| arn.contains(":stack/");
    let arns = calls
        .iter()
        .filter_map(|call| call.parameters.resource_arn.as_ref());
    let stacks = arns.filter(|arn| is_stack(arn)).count();
    (stacks, simulator.count("DescribeTags"))
}

/// Every series that is not about the exporter or about tags.
fn others(metrics: &Metrics) -> Vec<String> {
    let series = metrics.series().iter().filter(|series| {
        let own = ["appstream_exporter_", "process_"];
        !own.iter().any(|own| series.name.starts_with(own)) && !series.name.ends_with("_tags")
    });
    series.map(|series| format!("{series:?}")).collect()
}

fn is_well(metrics: &Metrics) -> bool {
    successes(metrics, REGION).len() == COLLECTORS && failed(metrics, REGION).is_empty()
}

fn retag(simulator: &Simulator, team: &str) {
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.put_stack(Stack::new("office").tag("team", team));
        region.put_pool(Pool::new(DAY, "day").tag("team", team));
    });
}

/// The tag `team` of the stack `office` and of the pool `day`.
fn teams(metrics: &Metrics) -> [Option<&str>; 2] {
    let team = |family: &str, label: &str, name: &str| {
        let mut series = metrics.series().iter();
        let found = series.find(|series| series.name == family && series.label(label) == name);
        found.map(|series| series.label("tag_team"))
    };
    [
        team(STACK_TAGS, "stack", "office"),
        team(POOL_TAGS, "pool_name", "day"),
    ]
}

#[tokio::test]
async fn tags_of_stacks_and_pools_become_labels() {
    let simulator = account().await;
    let (output, metrics) = once(&simulator, &format!("{BRISK}{LABELS}")).await;
    assert!(output.status.success(), "{output:?}");
    let place = [("aws_account_id", ACCOUNT), ("aws_region", REGION)];
    for (stack, team, cost_center) in [("office", "payments", ""), ("lab", "", "4711")] {
        let labels = [
            ("stack", stack),
            ("tag_team", team),
            ("tag_cost_center", cost_center),
        ];
        metrics.assert(STACK_TAGS, &[&place[..], &labels].concat(), 1.0);
    }
    for (id, name, team) in [(DAY, "day", "search"), (NIGHT, "night", "")] {
        let labels = [
            ("pool_id", id),
            ("pool_name", name),
            ("tag_team", team),
            ("tag_cost_center", ""),
        ];
        metrics.assert(POOL_TAGS, &[&place[..], &labels].concat(), 1.0);
    }
    let names = |family| -> BTreeSet<Vec<String>> {
        let series = metrics.family(family);
        series
            .map(|series| series.labels.keys().cloned().collect())
            .collect()
    };
    let owned = |names: &[&str]| BTreeSet::from([names.iter().map(ToString::to_string).collect()]);
    let of_stack = [
        "aws_account_id",
        "aws_region",
        "stack",
        "tag_cost_center",
        "tag_team",
    ];
    assert_eq!(names(STACK_TAGS), owned(&of_stack));
    let of_pool = [
        "aws_account_id",
        "aws_region",
        "pool_id",
        "pool_name",
        "tag_cost_center",
        "tag_team",
    ];
    assert_eq!(names(POOL_TAGS), owned(&of_pool));
    assert_eq!(
        [
            metrics.family(STACK_TAGS).count(),
            metrics.family(POOL_TAGS).count()
        ],
        [2, 2]
    );
    assert_eq!(reads(&simulator), (2, 2));
}

#[tokio::test]
async fn tags_are_read_only_where_they_are_shown() {
    let cases = [
        // Tags select fleets only, and all stacks and pools are left.
        ("filters: {tags: {team: payments}}\n", (0, 0), 2),
        ("", (0, 0), 2),
        (
            "tags: {labels: [team]}\ncollectors: {appstream_stacks: false}\n",
            (0, 2),
            2,
        ),
        (
            "tags: {labels: [team]}\ncollectors: {workspaces_pools: false}\n",
            (2, 0),
            0,
        ),
        (
            "tags: {labels: [team]}\nfilters: {stacks: {exclude: [lab]}, pools: {include: [day]}}\n",
            (1, 1),
            1,
        ),
    ];
    for (config, expected, pools) in cases {
        let simulator = account().await;
        let (output, metrics) = once(&simulator, &format!("{BRISK}{config}")).await;
        assert!(output.status.success(), "{config}: {output:?}");
        assert_eq!(reads(&simulator), expected, "{config}");
        let shown = (
            metrics.family(STACK_TAGS).count(),
            metrics.family(POOL_TAGS).count(),
        );
        assert_eq!(shown, expected, "{config}");
        assert_eq!(
            metrics.family("workspaces_pool_info").count(),
            pools,
            "{config}"
        );
    }
}

#[tokio::test]
async fn tags_are_read_with_the_topology_and_at_once_for_what_is_new() {
    let simulator = account().await;
    let exporter = Exporter::start(&simulator, &format!("{KEPT}{LABELS}")).await;
    exporter.eventually("all is read", is_well).await;
    assert_eq!(reads(&simulator), (2, 2));
    retag(&simulator, "new");
    simulator.update(|world| {
        let pool = Pool::new("wspool-dawn00000", "dawn").tag("team", "early");
        world.region_mut(REGION).put_pool(pool);
    });
    let metrics = exporter
        .eventually("the new pool", |metrics| {
            metrics.has(POOL_TAGS, &[("pool_name", "dawn"), ("tag_team", "early")])
        })
        .await;
    assert_eq!(teams(&metrics), [Some("payments"), Some("search")]);
    exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(reads(&simulator), (2, 3));
}

#[tokio::test]
async fn a_role_without_the_action_fails_one_collector() {
    for (operation, off, collector) in [
        ("DescribeTags", "", "workspaces_pools"),
        (
            "ListTagsForResource",
            "appstream_fleets: false",
            "appstream_stacks",
        ),
    ] {
        let simulator = account().await;
        let off = format!("{BRISK}collectors: {{{off}}}\n");
        let (_, expected) = once(&simulator, &off).await;
        simulator.inject(Fault::deny().operation(operation));
        let (output, metrics) = once(&simulator, &format!("{off}{LABELS}")).await;
        assert_eq!(output.status.code(), Some(1), "{operation}");
        assert_eq!(failed(&metrics, REGION), [collector], "{operation}");
        assert_eq!(others(&metrics), others(&expected), "{operation}");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(
            log.contains(operation) && log.contains("AccessDenied"),
            "{log}"
        );
    }
}

#[tokio::test]
async fn tags_that_fail_are_held_and_then_gone() {
    // Each is about something that is listed, so not found is a failure too.
    let faults = [
        Fault::deny(),
        Fault::throttle(),
        Fault::error_code(
            400,
            "ResourceNotFoundException",
            "The resource was not found",
        ),
        Fault::error_code(418, "Teapot", "short"),
    ];
    futures_util::future::join_all(faults.into_iter().map(held)).await;
}

async fn held(fault: Fault) {
    let what = format!("{fault:?}");
    let simulator = account().await;
    let config = format!("{BRISK}{LABELS}collectors: {{appstream_fleets: false}}\n");
    let exporter = Exporter::start(&simulator, &config).await;
    let known = [Some("payments"), Some("search")];
    exporter
        .eventually("all is read", |metrics| {
            teams(metrics) == known && failed(metrics, REGION).is_empty()
        })
        .await;
    for operation in ["ListTagsForResource", "DescribeTags"] {
        simulator.inject(fault.clone().operation(operation));
    }
    retag(&simulator, "new");
    let failing = ["appstream_stacks", "workspaces_pools"];
    let metrics = exporter
        .eventually(&format!("{what}: a failure"), |metrics| {
            failed(metrics, REGION) == failing
        })
        .await;
    assert_eq!(teams(&metrics), known, "{what}");
    let metrics = exporter
        .eventually(&format!("{what}: gone"), |metrics| {
            assert!(
                teams(metrics).iter().all(|team| *team != Some("new")),
                "{what}"
            );
            teams(metrics) == [None, None]
        })
        .await;
    assert_eq!(failed(&metrics, REGION), failing, "{what}");
    metrics.assert("appstream_stack_info", &[("stack", "office")], 1.0);
    metrics.assert("workspaces_pool_info", &[("pool_name", "day")], 1.0);
    simulator.clear_faults();
    exporter
        .eventually(&format!("{what}: all is well"), |metrics| {
            teams(metrics) == [Some("new"), Some("new")] && failed(metrics, REGION).is_empty()
        })
        .await;
}

#[tokio::test]
async fn tags_go_with_what_they_are_of() {
    let simulator = account().await;
    let exporter = Exporter::start(&simulator, &format!("{BRISK}{LABELS}")).await;
    exporter.eventually("all is read", is_well).await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.remove_stack("lab");
        region.remove_pool(NIGHT);
    });
    let metrics = exporter
        .eventually("they are gone", |metrics| {
            !metrics.has(STACK_TAGS, &[("stack", "lab")])
                && !metrics.has(POOL_TAGS, &[("pool_name", "night")])
        })
        .await;
    assert_eq!(teams(&metrics), [Some("payments"), Some("search")]);
    exporter.eventually("all is well", is_well).await;
}
