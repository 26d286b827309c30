//! Promise: several exporters share accounts and regions. Exactly one reads each pair, with any
//! way to set the shard.

use std::collections::BTreeSet;
use std::process::Output;

use crate::common::{
    ACCOUNT, BRISK, Exporter, Metrics, REGION, UNLIMITED, command, command_at, config_file, run,
    simulator,
};
use appstream_exporter::config::regions_of;
use appstream_simulator::{Fleet, Region, Role, Simulator, World};
use tokio::process::Command;

const ACCOUNTS: u64 = 30;
const SHARDS: usize = 3;

/// Environment variables, each with its value.
type Variables = &'static [(&'static str, &'static str)];

/// An account and a region.
type Pair = (String, String);

/// The id of an account of the organisation.
fn account(number: u64) -> String {
    format!("{:012}", 200_000_000_000 + number * 7_919)
}

/// Many accounts, each with a fleet in every region and a role that leads there.
fn organisation() -> World {
    let region = || Region::new().fleet(Fleet::new("desks"));
    (0..ACCOUNTS).fold(World::new(ACCOUNT), |home, number| {
        let member = World::new(account(number)).everywhere(region());
        home.member(member.role(Role::new("monitoring")))
    })
}

/// All accounts in all regions, with one call for each pair.
fn config() -> String {
    let regions = regions_of("aws").join(", ");
    let targets = (0..ACCOUNTS).map(|number| {
        let arn = Role::new("monitoring").arn(&account(number));
        format!("  - {{name: account-{number}, regions: [{regions}], role_arn: '{arn}'}}\n")
    });
    format!(
        "\
refresh: {{interval: 60s}}
aws: {{requests_per_second: 10000, burst: 1000}}
collectors: {{appstream_stacks: false, appstream_sessions: false, workspaces_pools: false, workspaces_pool_sessions: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}}
targets:
{}",
        targets.collect::<String>()
    )
}

fn all_pairs() -> BTreeSet<Pair> {
    let accounts = (0..ACCOUNTS).map(account);
    accounts
        .flat_map(|account| {
            let regions = regions_of("aws").iter();
            regions.map(move |region| (account.clone(), (*region).to_owned()))
        })
        .collect()
}

/// One refresh of a shard, as its flags and environment say.
async fn shard(simulator: &Simulator, config: &str, change: impl FnOnce(&mut Command)) -> Metrics {
    let (_folder, file) = config_file(config);
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--once").arg("--config.file").arg(file);
    change(&mut command);
    let output = run(command).await;
    assert!(output.status.success(), "{output:?}");
    Metrics::parse(&String::from_utf8_lossy(&output.stdout))
}

/// The pairs whose fleets are shown, each once.
fn shown(metrics: &Metrics) -> BTreeSet<Pair> {
    let mut pairs = BTreeSet::new();
    for series in metrics.family("appstream_fleet_info") {
        let pair = (series.label("aws_account_id"), series.label("aws_region"));
        let is_new = pairs.insert((pair.0.to_owned(), pair.1.to_owned()));
        assert!(is_new, "twice: {series:?}");
    }
    pairs
}

#[tokio::test]
async fn every_account_and_region_is_asked_by_exactly_one_shard() {
    let simulator = simulator(organisation()).await;
    let config = config();
    let mut owners: Vec<BTreeSet<Pair>> = Vec::new();
    for index in 0..SHARDS {
        simulator.reset_calls();
        let metrics = shard(&simulator, &config, |command| {
            command.args(["--total-shards", "3", "--shard", &index.to_string()]);
        })
        .await;
        let pairs = shown(&metrics);
        // It does not read regions that it does not show.
        assert_eq!(simulator.count("DescribeFleets"), pairs.len());
        assert_eq!(
            metrics
                .family("appstream_exporter_collector_success")
                .count(),
            pairs.len()
        );
        let accounts: BTreeSet<_> = pairs.iter().map(|(account, _)| account).collect();
        assert_eq!(simulator.count("AssumeRole"), accounts.len());
        for others in &owners {
            assert!(
                pairs.is_disjoint(others),
                "shard {index} shows what another does"
            );
        }
        let (all, even) = (all_pairs().len(), all_pairs().len() / SHARDS);
        assert!(
            (even / 2..=even * 2).contains(&pairs.len()),
            "{} of {all} pairs are of shard {index}",
            pairs.len()
        );
        owners.push(pairs);
    }
    let union: BTreeSet<_> = owners.into_iter().flatten().collect();
    assert!(union.len() > 1_000, "{}", union.len());
    assert_eq!(union, all_pairs());
}

/// Three accounts in four regions.
fn small() -> (World, String) {
    let regions = "[eu-west-1, eu-central-1, us-east-1, us-west-2]";
    let targets = (0..3).map(|number| {
        let arn = Role::new("monitoring").arn(&account(number));
        format!("  - {{name: account-{number}, regions: {regions}, role_arn: '{arn}'}}\n")
    });
    let config = format!("{UNLIMITED}targets:\n{}", targets.collect::<String>());
    (organisation(), config)
}

#[tokio::test]
async fn the_ordinal_of_a_pod_says_which_shard_it_is() {
    let (world, config) = small();
    let simulator = simulator(world).await;
    let by_flag = async |index: &str| {
        let metrics = shard(&simulator, &config, |command| {
            command.args(["--total-shards", "3", "--shard", index]);
        });
        shown(&metrics.await)
    };
    let flags = [by_flag("0").await, by_flag("1").await, by_flag("2").await];
    assert_eq!(flags.iter().map(BTreeSet::len).sum::<usize>(), 12);
    let cases: [(Variables, usize); 6] = [
        (&[("POD_NAME", "appstream-exporter-0")], 0),
        (&[("POD_NAME", "appstream-exporter-1")], 1),
        (&[("HOSTNAME", "appstream-exporter-2")], 2),
        (&[("POD_NAME", "exporter-1"), ("HOSTNAME", "exporter-2")], 1),
        (&[("POD_NAME", ""), ("HOSTNAME", "exporter-2")], 2),
        // The flag has the last word, here by its variable.
        (
            &[
                ("POD_NAME", "exporter-1"),
                ("APPSTREAM_EXPORTER_SHARD", "2"),
            ],
            2,
        ),
    ];
    for (variables, index) in cases {
        let metrics = shard(&simulator, &config, |command| {
            command
                .env("APPSTREAM_EXPORTER_TOTAL_SHARDS", "3")
                .envs(variables.iter().copied());
        });
        assert_eq!(shown(&metrics.await), flags[index], "{variables:?}");
    }
}

#[tokio::test]
async fn one_shard_of_one_asks_for_everything_whatever_its_pod_is_called() {
    let (world, config) = small();
    let simulator = simulator(world).await;
    let metrics = shard(&simulator, &config, |command| {
        command.env("POD_NAME", "exporter-7d9f8b6c4d-x2x9k");
    });
    assert_eq!(shown(&metrics.await).len(), 12);
}

#[tokio::test]
async fn shards_share_the_regions_that_are_looked_for() {
    let (world, _) = small();
    let simulator = simulator(world).await;
    let arn = Role::new("monitoring").arn(&account(0));
    let config = format!("{UNLIMITED}targets: [{{name: all, regions: [all], role_arn: '{arn}'}}]");
    let mut found = BTreeSet::new();
    for index in ["0", "1", "2"] {
        let metrics = shard(&simulator, &config, |command| {
            command.args(["--total-shards", "3", "--shard", index]);
        });
        for pair in shown(&metrics.await) {
            assert!(found.insert(pair.clone()), "{pair:?} is shown twice");
        }
    }
    assert_eq!(found.len(), regions_of("aws").len());
}

#[tokio::test]
async fn a_shard_to_which_nothing_falls_is_ready_and_shows_itself_alone() {
    let world = World::new(ACCOUNT).region(REGION, Region::new().fleet(Fleet::new("desks")));
    let simulator = simulator(world).await;
    let mut idle = 0;
    for index in ["0", "1"] {
        let mut command = command_at(&simulator.endpoint_url());
        command.args(["--total-shards", "2", "--shard", index]);
        let exporter = Exporter::start_with(command, BRISK).await;
        exporter
            .until("it is ready", async |exporter| {
                exporter.get("/-/ready").await.status.as_u16() == 200
            })
            .await;
        let metrics = exporter.metrics().await;
        let is_own = |name: &str| {
            ["appstream_exporter_", "process_"]
                .iter()
                .any(|prefix| name.starts_with(prefix))
        };
        if metrics.series().iter().all(|series| is_own(&series.name)) {
            assert!(!metrics.has("appstream_exporter_collector_success", &[]));
            idle += 1;
        }
        let started = exporter.logged(&["started"]);
        assert!(
            started[0].contains(&format!("shard={index} total_shards=2")),
            "{started:?}"
        );
    }
    assert_eq!(idle, 1);
}

#[tokio::test]
async fn shards_that_make_no_sense_end_the_exporter_at_once() {
    let run = async |flags: &[&str], variables: Variables| -> Output {
        let mut command = command();
        command.args(flags).envs(variables.iter().copied());
        run(command).await
    };
    let cases: [(&[&str], Variables, &str); 9] = [
        (
            &["--shard=1"],
            &[],
            "--shard 1 is not below --total-shards 1",
        ),
        (
            &["--shard=3", "--total-shards=3"],
            &[],
            "--shard 3 is not below --total-shards 3, accepted: 0 to 2",
        ),
        (&["--total-shards=0"], &[], "--total-shards"),
        (&["--shard=-1", "--total-shards=3"], &[], "--shard"),
        (&["--shard=one", "--total-shards=3"], &[], "--shard"),
        (
            &["--total-shards=3"],
            &[],
            "neither POD_NAME nor HOSTNAME is set",
        ),
        (
            &["--total-shards=3"],
            &[("POD_NAME", "exporter-3")],
            "ends in 3, which is not below --total-shards 3",
        ),
        (
            &["--total-shards=3"],
            &[("HOSTNAME", "exporter-7d9f8b6c4d-x2x9k")],
            "does not end in an ordinal",
        ),
        (
            &[],
            &[
                ("APPSTREAM_EXPORTER_TOTAL_SHARDS", "2"),
                ("APPSTREAM_EXPORTER_SHARD", "2"),
            ],
            "--shard 2 is not below --total-shards 2",
        ),
    ];
    for (flags, variables, text) in cases {
        let what = format!("{flags:?} {variables:?}");
        let output = run(flags, variables).await;
        assert_eq!(output.status.code(), Some(2), "{what}: {output:?}");
        assert!(output.stdout.is_empty(), "{what}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let first = said.lines().next().unwrap_or_default();
        assert!(
            first.starts_with("error: ") && first.contains(text),
            "{what}: {said}"
        );
    }
}
