//! Promise: what AWS returns without an ARN has the account that is known, and is not
//! mistaken for that of another target.

use std::collections::BTreeSet;

use crate::common::{ACCOUNT, Metrics, REGION, failed, once, simulator};
use appstream_simulator::{Fault, Fleet, Pool, PoolSession, Region, Role, Session, Stack, World};

/// Each program here looks once, so a slow machine may take its time.
const CONFIG: &str = "aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}\n";
const MEMBER: &str = "111122223333";
const LISTS: [(&str, &str); 3] = [
    ("DescribeFleets", "Arn"),
    ("DescribeStacks", "Arn"),
    ("DescribeWorkspacesPools", "PoolArn"),
];

fn region() -> Region {
    Region::new()
        .fleet(Fleet::new("desks").capacity(|c| c.desired(2).running(2).in_use(1)))
        .stack(Stack::new("office").error("INTERNAL_SERVICE_ERROR", "of this stack"))
        .associate("desks", "office")
        .session(Session::new("one", "desks", "office").saml())
        .pool(Pool::new("wspool-day000000", "day"))
        .pool_session(PoolSession::new("p", "wspool-day000000"))
}

/// Every account that a series of AWS has; the empty text is none.
fn accounts(metrics: &Metrics) -> BTreeSet<&str> {
    let series = metrics.series().iter();
    let of_aws = series.filter(|series| series.labels.contains_key("aws_account_id"));
    of_aws
        .map(|series| series.label("aws_account_id"))
        .collect()
}

#[tokio::test]
async fn one_arn_of_the_region_says_the_account_of_everything() {
    let world = World::new(ACCOUNT).region(REGION, region());
    let (_, expected) = once(&simulator(world.clone()).await, CONFIG).await;
    for (with_arn, _) in LISTS {
        for config in [
            String::from(CONFIG),
            // The list that has the ARN is read, but not shown.
            format!(
                "{CONFIG}filters: {{fleets: {{exclude: [desks]}}, pools: {{exclude: [day]}}}}\n"
            ),
        ] {
            let simulator = simulator(world.clone()).await;
            for (operation, member) in LISTS.iter().filter(|list| list.0 != with_arn) {
                simulator.inject(Fault::without_member(*member).operation(*operation));
            }
            let (output, metrics) = once(&simulator, &config).await;
            assert!(output.status.success(), "{with_arn}: {output:?}");
            assert_eq!(
                accounts(&metrics),
                BTreeSet::from([ACCOUNT]),
                "{with_arn} {config}"
            );
            if config == CONFIG {
                let count = |metrics: &Metrics, of| metrics.family(of).count();
                for family in [
                    "appstream_fleet_info",
                    "appstream_stack_info",
                    "appstream_stack_errors",
                    "appstream_stack_fleet_association",
                    "appstream_sessions",
                    "appstream_session_instances",
                    "workspaces_pool_info",
                    "workspaces_pool_sessions",
                ] {
                    assert_eq!(
                        count(&metrics, family),
                        count(&expected, family),
                        "{family}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn without_any_arn_it_is_the_account_of_the_role() {
    let role = Role::new("appstream-exporter");
    let config = format!(
        "{CONFIG}targets: [{{name: member, regions: [{REGION}], role_arn: '{}'}}]\n",
        role.arn(MEMBER)
    );
    let member = World::new(MEMBER).region(REGION, region()).role(role);
    let world = World::new(ACCOUNT).region(REGION, region()).member(member);
    let simulator = simulator(world).await;
    for (operation, member) in LISTS {
        simulator.inject(Fault::without_member(member).operation(operation));
    }
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(accounts(&metrics), BTreeSet::from([MEMBER]));
    // The credentials of the host do not say whose they are.
    let (output, metrics) = once(&simulator, CONFIG).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(accounts(&metrics), BTreeSet::from([""]));
    metrics.assert(
        "appstream_sessions",
        &[("state", "ACTIVE"), ("connection_state", "CONNECTED")],
        1.0,
    );
}

#[tokio::test]
async fn two_targets_without_arns_are_not_one_account() {
    let role = Role::new("appstream-exporter");
    let config = format!(
        "{CONFIG}targets:\n  - {{name: own, regions: [{REGION}]}}\n  \
         - {{name: member, regions: [{REGION}], role_arn: '{}'}}\n",
        role.arn(MEMBER)
    );
    let member = World::new(MEMBER).region(REGION, region()).role(role);
    let world = World::new(ACCOUNT).region(REGION, region()).member(member);
    let simulator = simulator(world).await;
    for (operation, member) in LISTS {
        simulator.inject(Fault::without_member(member).operation(operation));
    }
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(accounts(&metrics), BTreeSet::from(["", MEMBER]));
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

#[tokio::test]
async fn what_has_no_arn_has_no_tags_and_no_failure_unless_tags_decide() {
    let world = || {
        let mut region = region();
        region.put_stack(Stack::new("office").tag("team", "payments"));
        region.put_fleet(Fleet::new("desks").tag("team", "payments"));
        World::new(ACCOUNT).region(REGION, region)
    };
    let tags = "tags: {labels: [team]}\n";
    let decide = "filters: {tags: {team: payments}}\n";
    for (config, status, failing) in [
        (format!("{CONFIG}{tags}"), 0, &[][..]),
        (
            format!("{CONFIG}{tags}{decide}"),
            1,
            &["appstream_fleets"][..],
        ),
    ] {
        let simulator = simulator(world()).await;
        for (operation, member) in &LISTS[..2] {
            simulator.inject(Fault::without_member(*member).operation(*operation));
        }
        let (output, metrics) = once(&simulator, &config).await;
        assert_eq!(output.status.code(), Some(status), "{config}: {output:?}");
        assert_eq!(failed(&metrics, REGION), failing, "{config}");
        metrics.assert_absent("appstream_fleet_tags", &[]);
        metrics.assert_absent("appstream_stack_tags", &[]);
        metrics.assert("appstream_stack_info", &[("stack", "office")], 1.0);
    }
}
