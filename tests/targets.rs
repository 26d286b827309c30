//! Promise: several accounts in several regions, each for itself: what is wrong
//! with one hides nobody, and no series is there twice.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use appstream_exporter::simulator::{Capacity, Fleet, Region, Role, Simulator, Stack, World};
use common::{ACCOUNT, BRISK, Exporter, Metrics, REGION, failed, once, simulator, successes};

const OTHER_REGION: &str = "us-east-1";
const SECOND: &str = "222222222222";
const THIRD: &str = "333333333333";

/// A region with one fleet of this name, in a stack of the same name.
fn region(fleet: &str) -> Region {
    Region::new()
        .fleet(Fleet::new(fleet).with(|fleet| fleet.capacity = Some(Capacity::instances(3, 2, 1))))
        .stack(Stack::new(fleet))
        .associate(fleet, fleet)
}

/// An account with a fleet in each of two regions.
fn account(id: &str, name: &str) -> World {
    World::new(id)
        .region(REGION, region(&format!("{name}-here")))
        .region(OTHER_REGION, region(&format!("{name}-there")))
}

/// Three accounts; the roles of the second and third lead there.
fn organisation() -> World {
    let monitoring = |external_id: &str| Role::new("monitoring").external_id(external_id);
    account(ACCOUNT, "first")
        .member(account(SECOND, "second").role(monitoring("two")))
        .member(account(THIRD, "third").role(monitoring("three")))
}

fn target(name: &str, account: &str, external_id: &str) -> String {
    format!(
        "  - {{name: {name}, regions: [{REGION}, {OTHER_REGION}], \
         role_arn: 'arn:aws:iam::{account}:role/monitoring', external_id: {external_id}}}\n"
    )
}

fn three_targets() -> String {
    format!(
        "{BRISK}targets:\n  - {{name: first, regions: [{REGION}, {OTHER_REGION}]}}\n{}{}",
        target("second", SECOND, "two"),
        target("third", THIRD, "three")
    )
}

/// Account, region and name of every fleet that is shown.
fn fleets(metrics: &Metrics) -> BTreeSet<(String, String, String)> {
    metrics
        .family("appstream_fleet_info")
        .map(|series| {
            let label = |name| series.label(name).to_owned();
            (label("aws_account_id"), label("aws_region"), label("fleet"))
        })
        .collect()
}

fn fleet(account: &str, region: &str, name: &str) -> (String, String, String) {
    (account.to_owned(), region.to_owned(), name.to_owned())
}

#[tokio::test]
async fn three_accounts_in_two_regions() {
    let simulator = simulator(organisation()).await;
    let (output, metrics) = once(&simulator, &three_targets()).await;
    assert!(output.status.success(), "{output:?}");
    let expected = [
        fleet(ACCOUNT, REGION, "first-here"),
        fleet(ACCOUNT, OTHER_REGION, "first-there"),
        fleet(SECOND, REGION, "second-here"),
        fleet(SECOND, OTHER_REGION, "second-there"),
        fleet(THIRD, REGION, "third-here"),
        fleet(THIRD, OTHER_REGION, "third-there"),
    ];
    assert_eq!(fleets(&metrics), BTreeSet::from(expected));
    assert_eq!(
        metrics
            .family("appstream_exporter_collector_success")
            .map(|series| series.value)
            .collect::<Vec<_>>(),
        [1.0; 30]
    );
    assert_eq!(simulator.count("AssumeRole"), 2, "once for each account");
}
