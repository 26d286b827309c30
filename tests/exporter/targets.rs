//! Promise: accounts and regions are independent. A failure of one hides no other, and no series
//! is duplicated.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::{
    ACCOUNT, COLLECTORS, Exporter, Metrics, REGION, command, command_at, config_file, once, run,
    simulator,
};
use appstream_exporter::config::regions_of;
use appstream_simulator::{
    Capacity, Fault, Fleet, Pool, PoolSession, Region, Role, Session, Simulator, Stack, World,
};
use aws_config::BehaviorVersion;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use tokio::process::Command;

const OTHER_REGION: &str = "us-east-1";
const REGIONS: [&str; 2] = [REGION, OTHER_REGION];
const SECOND: &str = "222222222222";
const THIRD: &str = "333333333333";

const SUCCESS: &str = "appstream_exporter_collector_success";
const REQUESTS: &str = "appstream_exporter_aws_requests_total";
const FAILURES: &str = "appstream_exporter_aws_request_failures_total";
const REFRESHES: &str = "appstream_exporter_refreshes_total";
/// Everything is read every second, also what is read once an hour by default.
const BRISK: &str = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
images: {interval: 1s}
account: {interval: 1s}
scaling: {interval: 1s}
quotas: {interval: 1s}
";

const WELL: [f64; COLLECTORS] = [1.0; COLLECTORS];
const FAILED: [f64; COLLECTORS] = [0.0; COLLECTORS];

/// The prefix of the simulator's own keys for roles.
const OF_A_ROLE: &str = "ASIA";

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

fn fleets_of(metrics: &Metrics, account: &str) -> usize {
    metrics
        .family("appstream_fleet_info")
        .filter(|series| series.label("aws_account_id") == account)
        .count()
}

/// Every fleet of the organisation.
fn all_fleets() -> BTreeSet<(String, String, String)> {
    BTreeSet::from([
        fleet(ACCOUNT, REGION, "first-here"),
        fleet(ACCOUNT, OTHER_REGION, "first-there"),
        fleet(SECOND, REGION, "second-here"),
        fleet(SECOND, OTHER_REGION, "second-there"),
        fleet(THIRD, REGION, "third-here"),
        fleet(THIRD, OTHER_REGION, "third-there"),
    ])
}

/// The results of a target's collectors in a region.
fn states(metrics: &Metrics, target: &str, region: &str) -> Vec<f64> {
    metrics
        .family(SUCCESS)
        .filter(|series| series.label("target") == target && series.label("aws_region") == region)
        .map(|series| series.value)
        .collect()
}

/// Whether every collector of these targets did so, in both regions.
fn all_are(metrics: &Metrics, targets: &[&str], wanted: [f64; COLLECTORS]) -> bool {
    let mut sites = targets
        .iter()
        .flat_map(|target| REGIONS.map(|region| (target, region)));
    sites.all(|(target, region)| states(metrics, target, region) == wanted)
}

/// The regions in which a target is refreshed, by its collectors.
fn regions_shown(metrics: &Metrics, target: &str) -> BTreeSet<String> {
    metrics
        .family(SUCCESS)
        .filter(|series| series.label("target") == target)
        .map(|series| series.label("aws_region").to_owned())
        .collect()
}

/// The metrics after so many more refreshes of a region of a target.
async fn after_refreshes(
    exporter: &Exporter,
    (target, region): (&str, &str),
    count: f64,
) -> Metrics {
    let labels = [("target", target), ("aws_region", region)];
    let refreshes = |metrics: &Metrics| metrics.value(REFRESHES, &labels).unwrap_or(0.0);
    let before = refreshes(&exporter.metrics().await);
    let what = format!("{count} more refreshes of {target} in {region}");
    exporter
        .eventually(&what, |metrics| refreshes(metrics) >= before + count)
        .await
}

/// Fails when a series is there twice, which would make Prometheus refuse all of them.
fn assert_unique(metrics: &Metrics) {
    let mut seen = BTreeSet::new();
    for series in metrics.series() {
        assert!(
            seen.insert((&series.name, &series.labels)),
            "twice: {series:?}"
        );
    }
}

async fn page(exporter: &Exporter) -> String {
    exporter.get("/status").await.text().to_owned()
}

/// The ARN of a role.
fn role_of(account: &str, name: &str) -> String {
    Role::new(name).arn(account)
}

/// Makes the role of the second account deny all callers, or none.
fn refuse(simulator: &Simulator, refuses: bool) {
    simulator.update(|world| {
        let second = world.member_mut(SECOND).expect("it is a member");
        second
            .role_mut("monitoring")
            .expect("it has the role")
            .refuses = refuses;
    });
}

#[tokio::test]
async fn three_accounts_in_two_regions() {
    let simulator = simulator(organisation()).await;
    let (output, metrics) = once(&simulator, &three_targets()).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fleets(&metrics), all_fleets());
    assert_eq!(
        metrics
            .family(SUCCESS)
            .map(|series| series.value)
            .collect::<Vec<_>>(),
        [1.0; 6 * COLLECTORS]
    );
    assert_eq!(simulator.count("AssumeRole"), 2, "once for each account");
    assert_unique(&metrics);
}

// Roles and what they are assumed with.

#[tokio::test]
async fn a_role_is_assumed_with_its_external_id_and_under_its_session_name() {
    let simulator = simulator(organisation()).await;
    let config = three_targets().replace(
        "external_id: three}",
        "external_id: three, session_name: watcher@third}",
    );
    let (output, _) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    let assumed: BTreeSet<_> = simulator
        .calls()
        .into_iter()
        .filter(|call| call.service == "sts")
        .map(|call| {
            assert_eq!(call.access_key_id, "AKIDTEST");
            assert_eq!(call.region, REGION);
            let parameters = call.parameters;
            (
                parameters.role_arn.unwrap(),
                parameters.external_id.unwrap(),
                parameters.role_session_name.unwrap(),
            )
        })
        .collect();
    let expected = [
        (SECOND, "two", "appstream-exporter"),
        (THIRD, "three", "watcher@third"),
    ];
    let expected = expected.map(|(account, external_id, session)| {
        (
            role_of(account, "monitoring"),
            external_id.to_owned(),
            session.to_owned(),
        )
    });
    assert_eq!(assumed, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_wrong_or_missing_external_id_is_refused() {
    for external_id in ["external_id: wrong", ""] {
        let simulator = simulator(organisation()).await;
        let config = three_targets().replace("external_id: two", external_id);
        let (output, metrics) = once(&simulator, &config).await;
        assert_eq!(output.status.code(), Some(1), "{external_id:?}: {output:?}");
        assert!(all_are(&metrics, &["second"], FAILED), "{external_id:?}");
        assert!(all_are(&metrics, &["first", "third"], WELL));
        assert_eq!(fleets_of(&metrics, SECOND), 0);
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        for text in [
            &role_of(SECOND, "monitoring"),
            "AccessDenied",
            "external_id",
        ] {
            assert!(log.contains(text), "{external_id:?}: {text}: {log}");
        }
        assert!(!log.contains("wrong"), "{log}");
    }
}

/// The first credentials of a simulator. They depend only on their number, so they are the same
/// in another simulator.
async fn first_credentials(world: World, external_id: &str) -> Credentials {
    let simulator = simulator(world).await;
    let key = Credentials::new("AKIDTEST", "secret", None, None, "test");
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(simulator.endpoint_url())
        .region(REGION)
        .credentials_provider(SharedCredentialsProvider::new(key))
        .load()
        .await;
    let provider = AssumeRoleProvider::builder(role_of(SECOND, "monitoring"))
        .configure(&config)
        .session_name("test")
        .external_id(external_id);
    let provider = provider.build().await;
    provider.provide_credentials().await.expect("credentials")
}

#[tokio::test]
async fn nothing_secret_is_shown_of_a_role() {
    let external_id = "external-id-of-the-test";
    let world = || {
        let role = Role::new("monitoring").external_id(external_id);
        let second = account(SECOND, "second").role(role);
        account(ACCOUNT, "first").member(second)
    };
    let given = first_credentials(world(), external_id).await;
    let simulator = simulator(world()).await;
    let config = format!(
        "{BRISK}targets:\n{}{}",
        target("good", SECOND, external_id),
        target("bad", THIRD, "external-id-that-is-wrong")
    );
    let mut command = command_at(&simulator.endpoint_url());
    command.args(["--log.level", "debug"]);
    let exporter = Exporter::start_with(command, &config).await;
    exporter
        .eventually("one is good", |metrics| {
            all_are(metrics, &["good"], WELL) && all_are(metrics, &["bad"], FAILED)
        })
        .await;
    let mut keys = simulator.calls().into_iter().map(|call| call.access_key_id);
    assert!(keys.any(|key| key == given.access_key_id()), "the same key");
    // AWS quotes the request in what it says of signatures.
    let quoted = "canonical request was x-amz-security-token:TOKEN";
    simulator.inject(Fault::error_code(403, "SignatureDoesNotMatch", quoted));
    exporter
        .eventually("both are bad", |metrics| {
            all_are(metrics, &["good", "bad"], FAILED)
        })
        .await;
    exporter
        .until("the signature of the role is refused", async |exporter| {
            page(exporter).await.contains("cannot assume")
                && page(exporter)
                    .await
                    .matches("SignatureDoesNotMatch")
                    .count()
                    >= 20
        })
        .await;
    let everything = [
        exporter.log(),
        page(&exporter).await,
        exporter.metrics().await.text().to_owned(),
    ];
    let token = given.session_token().expect("a role has one");
    for text in everything {
        for secret in [
            external_id,
            "external-id-that-is-wrong",
            "secret-key-of-the-test",
            given.secret_access_key(),
            token,
            "TOKEN",
        ] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn a_role_that_is_refused_at_the_start_fails_alone_and_recovers() {
    let simulator = simulator(organisation()).await;
    refuse(&simulator, true);
    let exporter = Exporter::start(&simulator, &three_targets()).await;
    let metrics = exporter
        .eventually("two are well", |metrics| {
            all_are(metrics, &["second"], FAILED) && all_are(metrics, &["first", "third"], WELL)
        })
        .await;
    assert_eq!(exporter.get("/-/ready").await.status.as_u16(), 200);
    let others: BTreeSet<_> = all_fleets()
        .into_iter()
        .filter(|(account, ..)| account != SECOND)
        .collect();
    assert_eq!(fleets(&metrics), others);
    let page_text = page(&exporter).await;
    let reason = format!(
        "cannot assume {0}: AccessDenied: User: arn:aws:iam::{ACCOUNT}:user/simulated is not \
         authorized to perform: sts:AssumeRole on resource: {0}; check that the caller",
        role_of(SECOND, "monitoring")
    );
    assert!(page_text.contains(&reason), "{page_text}");
    assert_eq!(metrics.sum(REQUESTS, &[("target", "second")]), 0.0);

    refuse(&simulator, false);
    let metrics = exporter
        .eventually("all are well", |metrics| {
            all_are(metrics, &["first", "second", "third"], WELL)
        })
        .await;
    assert_eq!(fleets(&metrics), all_fleets());
    assert!(!page(&exporter).await.contains("AccessDenied"));
    assert!(!exporter.logged(&["work again", "target=second"]).is_empty());
}

#[tokio::test]
async fn a_role_that_is_refused_while_running_fails_alone_and_recovers() {
    let simulator = simulator(organisation()).await;
    // Issued credentials stay valid, so their lifetime must be short.
    simulator.update(|world| {
        let second = world.member_mut(SECOND).unwrap();
        second.role_mut("monitoring").unwrap().lifetime = Duration::from_secs(12);
    });
    let exporter = Exporter::start(&simulator, &three_targets()).await;
    exporter
        .eventually("all are well", |metrics| {
            all_are(metrics, &["first", "second", "third"], WELL)
        })
        .await;
    refuse(&simulator, true);
    exporter
        .eventually("one has failed", |metrics| {
            all_are(metrics, &["second"], FAILED)
        })
        .await;
    let metrics = exporter
        .eventually("what it knew is too old", |metrics| {
            fleets_of(metrics, SECOND) == 0
        })
        .await;
    assert!(all_are(&metrics, &["first", "third"], WELL));
    assert_eq!(fleets(&metrics).len(), 4);
    assert!(page(&exporter).await.contains("AccessDenied"));
    assert!(
        exporter
            .logged(&["collectors failed", "target=first"])
            .is_empty()
    );
    assert!(
        exporter
            .logged(&["collectors failed", "target=third"])
            .is_empty()
    );

    refuse(&simulator, false);
    let metrics = exporter
        .eventually("all are well again", |metrics| {
            all_are(metrics, &["first", "second", "third"], WELL)
        })
        .await;
    assert_eq!(fleets(&metrics), all_fleets());
}

#[tokio::test]
async fn a_refused_role_is_said_once_for_all_its_regions() {
    let simulator = simulator(organisation()).await;
    refuse(&simulator, true);
    let exporter = Exporter::start(&simulator, &three_targets()).await;
    for region in REGIONS {
        after_refreshes(&exporter, ("second", region), 3.0).await;
    }
    let lines = exporter.logged(&["collectors failed"]);
    for line in &lines {
        for text in [
            "target=second",
            &role_of(SECOND, "monitoring"),
            "AccessDenied",
        ] {
            assert!(line.contains(text), "{text}: {line}");
        }
    }
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[tokio::test]
async fn credentials_that_expire_are_renewed_before_anything_fails() {
    let role = Role::new("monitoring").lifetime(Duration::from_secs(12));
    let second = account(SECOND, "second").role(role);
    let simulator = simulator(account(ACCOUNT, "first").member(second)).await;
    let arn = role_of(SECOND, "monitoring");
    let config = format!(
        "{BRISK}targets: [{{name: second, regions: [{REGION}, {OTHER_REGION}], role_arn: '{arn}'}}]"
    );
    let exporter = Exporter::start(&simulator, &config).await;
    exporter
        .until("the role was assumed four times", async |_| {
            simulator.count("AssumeRole") >= 4
        })
        .await;
    let metrics = after_refreshes(&exporter, ("second", REGION), 2.0).await;
    assert_eq!(metrics.family(FAILURES).count(), 0, "{}", exporter.log());
    assert!(all_are(&metrics, &["second"], WELL));
    assert!(exporter.logged(&["collectors failed"]).is_empty());
    let refreshes = metrics.sum(REFRESHES, &[]);
    assert!(refreshes > 8.0, "{refreshes} refreshes of two regions");
    // All regions share them, so they are requested once.
    let keys: BTreeSet<_> = simulator
        .calls()
        .into_iter()
        .map(|call| call.access_key_id)
        .filter(|key| key.starts_with(OF_A_ROLE))
        .collect();
    assert!(keys.len() >= 3, "{keys:?}");
    assert!(keys.len() <= simulator.count("AssumeRole"));
}

#[tokio::test]
async fn credentials_that_have_expired_when_they_come_are_a_failed_refresh() {
    let role = Role::new("monitoring").lifetime(Duration::ZERO);
    let second = account(SECOND, "second").role(role);
    let simulator = simulator(account(ACCOUNT, "first").member(second)).await;
    let config = format!("{BRISK}targets:\n{}", target("second", SECOND, "any"));
    let (output, metrics) = once(&simulator, &config).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(all_are(&metrics, &["second"], FAILED));
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("have already expired"), "{log}");
    assert_eq!(metrics.sum(REQUESTS, &[]), 0.0, "nothing is sent with them");
    let assumed = simulator.count("AssumeRole");
    assert!((1..=6).contains(&assumed), "assumed {assumed} times");
}

#[tokio::test]
async fn nonsense_from_sts_is_a_failed_refresh_and_no_loop() {
    for fault in [Fault::garbage(), Fault::empty(), Fault::truncate_cleanly()] {
        let what = format!("{fault:?}");
        let simulator = simulator(organisation()).await;
        simulator.inject(fault.service("sts").role(role_of(SECOND, "monitoring")));
        let (output, metrics) = once(&simulator, &three_targets()).await;
        assert_eq!(output.status.code(), Some(1), "{what}: {output:?}");
        assert!(all_are(&metrics, &["second"], FAILED), "{what}");
        assert!(all_are(&metrics, &["first", "third"], WELL), "{what}");
        assert_eq!(fleets(&metrics).len(), 4, "{what}");
        // One of these is for the third account.
        let assumed = simulator.count("AssumeRole") - 1;
        assert!(
            (1..=6).contains(&assumed),
            "{what}: assumed {assumed} times"
        );
    }
}

#[tokio::test]
async fn sts_that_hangs_for_one_role_holds_up_nobody_else() {
    let simulator = simulator(organisation()).await;
    let arn = role_of(SECOND, "monitoring");
    simulator.inject(Fault::hang().service("sts").role(arn));
    let exporter = Exporter::start(&simulator, &three_targets()).await;
    exporter
        .eventually("one has failed", |metrics| {
            all_are(metrics, &["second"], FAILED) && all_are(metrics, &["first", "third"], WELL)
        })
        .await;
    let metrics = after_refreshes(&exporter, ("first", REGION), 3.0).await;
    assert!(all_are(&metrics, &["first", "third"], WELL));
    for (target, region) in [("first", REGION), ("third", OTHER_REGION)] {
        let labels = [("target", target), ("aws_region", region)];
        metrics.assert("appstream_exporter_refreshes_skipped_total", &labels, 0.0);
    }
    simulator.clear_faults();
    let metrics = exporter
        .eventually("all are well", |metrics| {
            all_are(metrics, &["first", "second", "third"], WELL)
        })
        .await;
    assert_eq!(fleets(&metrics), all_fleets());
}

// Regions.

#[tokio::test]
async fn one_region_of_one_account_that_is_down_leaves_all_others_alone() {
    let simulator = simulator(organisation()).await;
    let exporter = Exporter::start(&simulator, &three_targets()).await;
    exporter
        .eventually("all are well", |metrics| {
            all_are(metrics, &["first", "second", "third"], WELL)
        })
        .await;
    for fault in [Fault::hang(), Fault::deny()] {
        let what = format!("{fault:?}");
        simulator.inject(fault.account(SECOND).region(OTHER_REGION));
        exporter
            .eventually(&what, |metrics| {
                states(metrics, "second", OTHER_REGION) == FAILED
            })
            .await;
        let metrics = exporter
            .eventually("what it knew is too old", |metrics| {
                fleets(metrics).len() == 5
            })
            .await;
        let gone = fleet(SECOND, OTHER_REGION, "second-there");
        assert!(!fleets(&metrics).contains(&gone), "{what}");
        assert_eq!(states(&metrics, "second", REGION), WELL, "{what}");
        assert!(all_are(&metrics, &["first", "third"], WELL), "{what}");
        for (target, region) in [("first", OTHER_REGION), ("second", REGION)] {
            let labels = [("target", target), ("aws_region", region)];
            metrics.assert("appstream_exporter_refreshes_skipped_total", &labels, 0.0);
        }
        let failed = exporter.logged(&["collectors failed"]);
        assert!(
            failed
                .iter()
                .all(|line| line.contains("target=second aws_region=us-east-1")),
            "{failed:#?}"
        );
        simulator.clear_faults();
        exporter
            .eventually("all are well again", |metrics| {
                all_are(metrics, &["first", "second", "third"], WELL)
            })
            .await;
    }
}

/// Resources in a few regions; AppStream responds in no other region.
fn absent_but(simulator: &Simulator, present: &[&str]) {
    let absent = regions_of("aws").iter();
    let absent = absent.filter(|region| !present.contains(region));
    for (number, region) in absent.enumerate() {
        let fault = if number % 2 == 0 {
            let message = "The security token included in the request is invalid.";
            Fault::error_code(400, "UnrecognizedClientException", message)
        } else {
            Fault::reset()
        };
        simulator.inject(fault.region(*region));
    }
}

fn names(regions: &[&str]) -> BTreeSet<String> {
    regions.iter().map(|region| (*region).to_owned()).collect()
}

#[tokio::test]
async fn all_regions_are_those_that_answer_and_those_that_begin_to() {
    let later = "ap-southeast-2";
    let world = account(ACCOUNT, "first").region(later, region("first-later"));
    let simulator = simulator(world).await;
    let unknown = simulator
        .inject(Fault::error_code(400, "UnrecognizedClientException", "not enabled").region(later));
    absent_but(&simulator, &[REGION, OTHER_REGION, later]);
    let config = format!("{BRISK}targets: [{{name: first, regions: [all]}}]");
    let exporter = Exporter::start(&simulator, &config).await;
    let metrics = exporter
        .eventually("the regions are found", |metrics| {
            all_are(metrics, &["first"], WELL)
        })
        .await;
    assert_eq!(regions_shown(&metrics, "first"), names(&REGIONS));
    assert_eq!(fleets(&metrics).len(), 2);
    let metrics = after_refreshes(&exporter, ("first", REGION), 2.0).await;
    assert_eq!(regions_shown(&metrics, "first"), names(&REGIONS));
    assert!(exporter.logged(&["collectors failed"]).is_empty());

    simulator.clear(unknown);
    let metrics = exporter
        .eventually("one more is found", |metrics| {
            states(metrics, "first", later) == WELL
        })
        .await;
    assert_eq!(
        regions_shown(&metrics, "first"),
        names(&[REGION, OTHER_REGION, later])
    );
    assert!(fleets(&metrics).contains(&fleet(ACCOUNT, later, "first-later")));
    assert_unique(&metrics);
}

#[tokio::test]
async fn a_region_that_hangs_hides_no_other_and_one_that_denies_is_shown() {
    let (hangs, denies) = ("ap-southeast-2", "eu-north-1");
    let world = account(ACCOUNT, "first").region(hangs, region("first-later"));
    let simulator = simulator(world).await;
    let hanging = simulator.inject(Fault::hang().region(hangs));
    simulator.inject(Fault::deny().region(denies));
    absent_but(&simulator, &[REGION, OTHER_REGION, hangs, denies]);
    let config = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16, request_timeout: 1s}
targets: [{name: first, regions: [all]}]
";
    let exporter = Exporter::start(&simulator, config).await;
    let metrics = exporter
        .eventually("the regions are found", |metrics| {
            all_are(metrics, &["first"], WELL) && states(metrics, "first", denies) == FAILED
        })
        .await;
    let found = names(&[REGION, OTHER_REGION, denies]);
    assert_eq!(regions_shown(&metrics, "first"), found);
    assert_eq!(fleets(&metrics).len(), 2);

    simulator.clear(hanging);
    let metrics = exporter
        .eventually("one more is found", |metrics| {
            states(metrics, "first", hangs) == WELL
        })
        .await;
    assert_eq!(fleets(&metrics).len(), 3);
}

#[tokio::test]
async fn once_finds_the_regions_too() {
    let simulator = simulator(account(ACCOUNT, "first")).await;
    absent_but(&simulator, &REGIONS);
    let config = format!("{BRISK}targets: [{{name: first, regions: [all]}}]");
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(regions_shown(&metrics, "first"), names(&REGIONS));
    assert_eq!(fleets(&metrics).len(), 2);
}

#[tokio::test]
async fn until_the_regions_are_known_the_exporter_is_not_ready() {
    let simulator = simulator(account(ACCOUNT, "first")).await;
    simulator.inject(Fault::hang());
    let config = "\
refresh: {interval: 1s, timeout: 1s, max_age: 3s, topology_interval: 1s}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16, request_timeout: 1s}
targets: [{name: first, regions: [all]}]
";
    let exporter = Exporter::start(&simulator, config).await;
    let asked = regions_of("aws").len();
    exporter
        .until("every region is asked", async |_| {
            simulator.count("DescribeFleets") >= asked
        })
        .await;
    let ready = exporter.get("/-/ready").await;
    assert_eq!(ready.status.as_u16(), 503, "{}", ready.text());
    let page = page(&exporter).await;
    assert!(page.contains("Its regions are being searched"), "{page}");
    let metrics = exporter.metrics().await;
    assert!(regions_shown(&metrics, "first").is_empty());

    simulator.clear_faults();
    absent_but(&simulator, &REGIONS);
    exporter
        .until("it is ready", async |exporter| {
            exporter.get("/-/ready").await.status.as_u16() == 200
        })
        .await;
    exporter
        .eventually("the regions are found", |metrics| {
            regions_shown(metrics, "first") == names(&REGIONS) && all_are(metrics, &["first"], WELL)
        })
        .await;
}

#[tokio::test]
async fn a_refused_role_in_all_regions_shows_in_one() {
    let simulator = simulator(organisation()).await;
    absent_but(&simulator, &REGIONS);
    refuse(&simulator, true);
    let arn = role_of(SECOND, "monitoring");
    let config = format!(
        "{BRISK}targets:\n  - {{name: first, regions: [{REGION}, {OTHER_REGION}]}}\n  \
         - {{name: second, regions: [all], role_arn: '{arn}', external_id: two}}\n"
    );
    let exporter = Exporter::start(&simulator, &config).await;
    exporter
        .eventually("it has failed", |metrics| {
            states(metrics, "second", REGION) == FAILED
        })
        .await;
    let metrics = after_refreshes(&exporter, ("second", REGION), 3.0).await;
    assert_eq!(regions_shown(&metrics, "second"), names(&[REGION]));
    assert!(all_are(&metrics, &["first"], WELL));
    assert_eq!(exporter.get("/-/ready").await.status.as_u16(), 200);
    let page = page(&exporter).await;
    assert!(
        page.contains(&arn) && page.contains("AccessDenied"),
        "{page}"
    );
    let lines = exporter.logged(&["collectors failed"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    // By each look at all regions and by each refresh, and not for each region.
    let refreshes = metrics.value(REFRESHES, &[("target", "second"), ("aws_region", REGION)]);
    let assumed = simulator
        .calls()
        .iter()
        .filter(|call| call.service == "sts")
        .count();
    let most = 3.0 * (refreshes.unwrap() + 1.0);
    assert!(
        assumed as f64 <= most,
        "assumed {assumed} times, at most {most}"
    );

    refuse(&simulator, false);
    let metrics = exporter
        .eventually("it is well", |metrics| all_are(metrics, &["second"], WELL))
        .await;
    assert_eq!(regions_shown(&metrics, "second"), names(&REGIONS));
    assert_eq!(fleets_of(&metrics, SECOND), 2);
}

// Two targets that are one account in one region.

/// A world in which the home account and the second have two roles each.
fn roles() -> World {
    let with_roles = |world: World| {
        world
            .role(Role::new("monitoring"))
            .role(Role::new("auditing"))
    };
    with_roles(account(ACCOUNT, "first")).member(with_roles(account(SECOND, "second")))
}

/// Targets in the usual region.
fn targets(all: &[(&str, Option<String>)]) -> String {
    let targets = all.iter().map(|(name, role)| {
        let role = role
            .as_ref()
            .map_or_else(String::new, |arn| format!(", role_arn: '{arn}'"));
        format!("  - {{name: {name}, regions: [{REGION}]{role}}}\n")
    });
    format!("{BRISK}targets:\n{}", targets.collect::<String>())
}

/// Of two equal targets, the second is shown as failed with the reason, and makes no calls.
async fn assert_refused(config: &str, second_uses: impl Fn(&str) -> bool) {
    let simulator = simulator(roles()).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let command = with_profiles(&simulator, folder.path());
    let exporter = Exporter::start_with(command, config).await;
    let metrics = exporter
        .eventually("the second is refused", |metrics| {
            assert_unique(metrics);
            let log = exporter.log();
            states(metrics, "one", REGION) == WELL
                && states(metrics, "two", REGION) == FAILED
                && log.contains("has the same account and region")
        })
        .await;
    assert_eq!(fleets(&metrics).len(), 1, "{:?}", fleets(&metrics));
    assert_eq!(exporter.get("/-/ready").await.status.as_u16(), 200);
    let page = page(&exporter).await;
    let reason = "same account and region as target &quot;one&quot;";
    assert!(page.contains(reason), "{page}");

    // Calls in progress when it was rejected may still arrive.
    after_refreshes(&exporter, ("one", REGION), 1.0).await;
    simulator.reset_calls();
    let labels = [("target", "two")];
    let before = exporter.metrics().await.sum(REQUESTS, &labels);
    let metrics = after_refreshes(&exporter, ("one", REGION), 3.0).await;
    assert_unique(&metrics);
    assert_eq!(metrics.sum(REQUESTS, &labels), before);
    for call in simulator.calls() {
        assert!(!second_uses(&call.access_key_id), "{call:?}");
    }
    assert_eq!(states(&metrics, "one", REGION), WELL);
    let lines = exporter.logged(&["the same account and region"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for text in [
        "level=error",
        "target=two",
        "aws_region=eu-west-1",
        "same_as=one",
    ] {
        assert!(lines[0].contains(text), "{text}: {}", lines[0]);
    }
}

/// `--once` prints the first alone, and fails.
async fn assert_refused_once(config: &str) {
    let simulator = simulator(roles()).await;
    let (output, metrics) = once(&simulator, config).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_unique(&metrics);
    assert_eq!(states(&metrics, "one", REGION), WELL);
    assert_eq!(states(&metrics, "two", REGION), FAILED);
    assert_eq!(fleets(&metrics).len(), 1);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("same_as=one"), "{log}");
}

#[tokio::test]
async fn two_targets_of_the_same_credentials_in_a_region() {
    let config = targets(&[("one", None), ("two", None)]);
    assert_refused(&config, |_| false).await;
    assert_refused_once(&config).await;
}

#[tokio::test]
async fn two_roles_of_one_account_in_a_region() {
    let role = |name| Some(role_of(SECOND, name));
    let config = targets(&[("one", role("monitoring")), ("two", role("auditing"))]);
    assert_refused(&config, |_| false).await;
    assert_refused_once(&config).await;
}

#[tokio::test]
async fn an_account_by_its_own_key_and_by_a_role_of_it() {
    let role = Some(role_of(ACCOUNT, "monitoring"));
    let config = targets(&[("one", None), ("two", role)]);
    assert_refused(&config, |key| key.starts_with(OF_A_ROLE)).await;
    assert_refused_once(&config).await;
}

#[tokio::test]
async fn an_account_by_a_role_of_it_and_by_its_own_key() {
    let role = Some(role_of(ACCOUNT, "monitoring"));
    let config = targets(&[("one", role), ("two", None)]);
    // The key is what the role is assumed with, once.
    assert_refused(&config, |key| key == "AKIDTEST").await;
    assert_refused_once(&config).await;
}

#[tokio::test]
async fn two_keys_of_one_account_in_a_region() {
    // Whose they are shows with the ARNs of what they are answered.
    let config = format!(
        "{BRISK}targets:\n  - {{name: one, regions: [{REGION}]}}\n  \
         - {{name: two, regions: [{REGION}], profile: other}}\n"
    );
    assert_refused(&config, |key| key == "AKIDOTHER").await;
}

#[tokio::test]
async fn a_target_that_was_refused_begins_when_the_other_is_gone() {
    let simulator = simulator(roles()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--web.enable-lifecycle");
    let role = Some(role_of(ACCOUNT, "monitoring"));
    let both = targets(&[("one", None), ("two", role.clone())]);
    let exporter = Exporter::start_with(command, &both).await;
    let second_is_refused = |metrics: &Metrics| {
        assert_unique(metrics);
        states(metrics, "one", REGION) == WELL && states(metrics, "two", REGION) == FAILED
    };
    exporter
        .eventually("the second is refused", second_is_refused)
        .await;
    exporter.write_config(&targets(&[("two", role)]));
    assert_eq!(exporter.reload().await.status.as_u16(), 200);
    let metrics = exporter
        .eventually("it is well", |metrics| {
            assert_unique(metrics);
            states(metrics, "two", REGION) == WELL
        })
        .await;
    assert_eq!(regions_shown(&metrics, "one"), names(&[]));
    assert_eq!(fleets(&metrics).len(), 1);

    exporter.write_config(&both);
    assert_eq!(exporter.reload().await.status.as_u16(), 200);
    exporter
        .eventually("the second is refused again", second_is_refused)
        .await;
}

#[tokio::test]
async fn only_the_region_that_two_targets_share_is_refused() {
    let simulator = simulator(roles()).await;
    let config = format!(
        "{BRISK}targets:\n  - {{name: one, regions: [{REGION}]}}\n  \
         - {{name: two, regions: [{REGION}, {OTHER_REGION}]}}\n"
    );
    let (output, metrics) = once(&simulator, &config).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(states(&metrics, "one", REGION), WELL);
    assert_eq!(states(&metrics, "two", REGION), FAILED);
    assert_eq!(states(&metrics, "two", OTHER_REGION), WELL);
    assert_eq!(fleets(&metrics).len(), 2);
    assert_unique(&metrics);
}

#[tokio::test]
async fn a_region_that_is_found_may_be_another_targets_already() {
    let simulator = simulator(roles()).await;
    absent_but(&simulator, &REGIONS);
    let config = format!(
        "{BRISK}targets:\n  - {{name: one, regions: [{REGION}]}}\n  \
         - {{name: two, regions: [all]}}\n"
    );
    let exporter = Exporter::start(&simulator, &config).await;
    exporter
        .eventually("the regions are found", |metrics| {
            assert_unique(metrics);
            states(metrics, "one", REGION) == WELL
                && states(metrics, "two", REGION) == FAILED
                && states(metrics, "two", OTHER_REGION) == WELL
        })
        .await;
    let metrics = after_refreshes(&exporter, ("one", REGION), 3.0).await;
    assert_eq!(regions_shown(&metrics, "two"), names(&REGIONS));
    assert_eq!(fleets(&metrics).len(), 2);
    let lines = exporter.logged(&["the same account and region"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

// Settings of one target.

/// An account with something of every family.
fn full(id: &str) -> World {
    let everything = region("desks")
        .fleet(
            Fleet::new("errors")
                .tag("team", "payments")
                .multi_session(4)
                .error("SUBNET_NOT_FOUND", "gone"),
        )
        .session(Session::new("s", "desks", "desks").saml().instance("i-1"))
        .pool(Pool::new("wspool-aaaaaaaaa", "pool").sessions(3, 2, 1))
        .pool_session(PoolSession::new("p", "wspool-aaaaaaaaa"));
    World::new(id).region(REGION, everything)
}

#[tokio::test]
async fn labels_of_a_target_are_on_all_its_aws_families_and_on_no_other() {
    let second = full(SECOND).role(Role::new("monitoring"));
    let simulator = simulator(full(ACCOUNT).member(second)).await;
    let arn = role_of(SECOND, "monitoring");
    let config = format!(
        "{BRISK}tags: {{labels: [team]}}\ntargets:\n  \
         - {{name: first, regions: [{REGION}], labels: {{env: prod, cost_center: '4711'}}}}\n  \
         - {{name: second, regions: [{REGION}], role_arn: '{arn}'}}\n"
    );
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    let mut families = BTreeSet::new();
    for series in metrics.series() {
        let own = ["appstream_exporter_", "process_"];
        let is_own = own.iter().any(|prefix| series.name.starts_with(prefix));
        let account = series.label("aws_account_id");
        let expected = if account == ACCOUNT && !is_own {
            families.insert(series.name.clone());
            ("prod", "4711")
        } else {
            assert_eq!(account == SECOND, !is_own, "{series:?}");
            ("", "")
        };
        let labels = (series.label("env"), series.label("cost_center"));
        assert_eq!(labels, expected, "{series:?}");
    }
    for family in [
        "appstream_fleet_info",
        "appstream_fleet_tags",
        "appstream_fleet_errors",
        "appstream_fleet_instances_in_use",
        "appstream_stack_info",
        "appstream_stack_fleet_association",
        "appstream_sessions",
        "appstream_session_users",
        "workspaces_pool_info",
        "workspaces_pool_sessions",
    ] {
        assert!(families.contains(family), "{family} is not in {families:?}");
    }
    let of_second: BTreeSet<_> = metrics
        .series()
        .iter()
        .filter(|series| series.label("aws_account_id") == SECOND)
        .map(|series| series.name.clone())
        .collect();
    assert_eq!(families, of_second);
}

#[tokio::test]
async fn a_target_says_for_itself_what_is_read() {
    let second = full(SECOND).role(Role::new("monitoring"));
    let simulator = simulator(full(ACCOUNT).member(second)).await;
    let arn = role_of(SECOND, "monitoring");
    let config = format!(
        "{BRISK}collectors: {{appstream_stacks: false}}\n\
         sessions: {{authentication_types: [SAML, API]}}\ntargets:\n  \
         - {{name: first, regions: [{REGION}]}}\n  \
         - name: second\n    regions: [{REGION}]\n    role_arn: '{arn}'\n    \
           collectors: {{workspaces_pools: false, workspaces_pool_sessions: false, appstream_stacks: true}}\n    \
           sessions: {{authentication_types: [SAML]}}\n"
    );
    let (output, metrics) = once(&simulator, &config).await;
    assert!(output.status.success(), "{output:?}");
    let collectors = |target: &str| -> Vec<_> {
        let all = metrics.family(SUCCESS);
        let of_target = all.filter(|series| series.label("target") == target);
        of_target
            .map(|series| series.label("collector").to_owned())
            .collect()
    };
    let (pools, sessions) = ("workspaces_pools", "workspaces_pool_sessions");
    let (fleets, stacks) = ("appstream_fleets", "appstream_stacks");
    let streaming = "appstream_sessions";
    let of_region = collectors("first");
    assert!(of_region.iter().all(|collector| collector != stacks));
    for collector in [fleets, streaming, pools, sessions] {
        assert!(of_region.iter().any(|one| one == collector), "{collector}");
    }
    let of_region = collectors("second");
    assert!(!of_region.iter().any(|one| one == pools || one == sessions));
    for collector in [fleets, stacks, streaming] {
        assert!(of_region.iter().any(|one| one == collector), "{collector}");
    }
    let asked = |account: &str, of: fn(&appstream_simulator::Call) -> Option<String>| {
        let calls = simulator.calls().into_iter();
        let calls = calls.filter(|call| call.account_id == account);
        calls.filter_map(|call| of(&call)).collect::<BTreeSet<_>>()
    };
    let service = |call: &appstream_simulator::Call| Some(call.service.clone());
    let kind = |call: &appstream_simulator::Call| call.parameters.authentication_type.clone();
    assert_eq!(asked(ACCOUNT, kind), names(&["API", "SAML"]));
    assert_eq!(asked(SECOND, kind), names(&["SAML"]));
    assert!(asked(ACCOUNT, service).contains("workspaces"));
    assert!(!asked(SECOND, service).contains("workspaces"));
}

/// The hosts that a configuration leads to.
async fn hosts_of(config: &str) -> BTreeSet<String> {
    let proxy = simulator(World::new(ACCOUNT)).await;
    proxy.inject(Fault::foreign_answer(502, "text/plain", "").service("proxy"));
    let (_folder, file) = config_file(config);
    let mut command = command();
    command
        .env("HTTPS_PROXY", proxy.host_url())
        .env("AWS_REGION", OTHER_REGION)
        .env("AWS_ACCESS_KEY_ID", "AKIDTEST")
        .env("AWS_SECRET_ACCESS_KEY", "secret-key-of-the-test")
        .arg("--once")
        .arg("--config.file")
        .arg(file);
    let output = run(command).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    proxy.proxied_hosts()
}

fn ports(hosts: &[&str]) -> BTreeSet<String> {
    hosts.iter().map(|host| format!("{host}:443")).collect()
}

#[tokio::test]
async fn fips_and_dual_stack_lead_to_other_endpoints() {
    let refresh = "refresh: {interval: 5s}\n";
    let own = "targets:
  - {name: usual, regions: [us-east-1]}
  - {name: fips, regions: [us-east-2], use_fips: true}
  - {name: dual, regions: [us-west-1], use_dual_stack: true}
  - {name: both, regions: [us-west-2], use_fips: true, use_dual_stack: true}
";
    let expected = [
        "appstream2.us-east-1.amazonaws.com",
        "workspaces.us-east-1.amazonaws.com",
        "servicequotas.us-east-1.amazonaws.com",
        "appstream2-fips.us-east-2.amazonaws.com",
        "workspaces-fips.us-east-2.amazonaws.com",
        "servicequotas-fips.us-east-2.amazonaws.com",
        "appstream2.us-west-1.api.aws",
        "workspaces.us-west-1.api.aws",
        "servicequotas.us-west-1.api.aws",
        "appstream2-fips.us-west-2.api.aws",
        "workspaces-fips.us-west-2.api.aws",
        "servicequotas-fips.us-west-2.api.aws",
    ];
    assert_eq!(hosts_of(&format!("{refresh}{own}")).await, ports(&expected));

    let shared = "aws: {use_fips: true}\ntargets:
  - {name: fips, regions: [us-east-1]}
  - {name: usual, regions: [us-east-2], use_fips: false}
  - {name: both, regions: [us-west-1], use_dual_stack: true}
";
    let expected = [
        "appstream2-fips.us-east-1.amazonaws.com",
        "workspaces-fips.us-east-1.amazonaws.com",
        "servicequotas-fips.us-east-1.amazonaws.com",
        "appstream2.us-east-2.amazonaws.com",
        "workspaces.us-east-2.amazonaws.com",
        "servicequotas.us-east-2.amazonaws.com",
        "appstream2-fips.us-west-1.api.aws",
        "workspaces-fips.us-west-1.api.aws",
        "servicequotas-fips.us-west-1.api.aws",
    ];
    assert_eq!(
        hosts_of(&format!("{refresh}{shared}")).await,
        ports(&expected)
    );

    let dual = "aws: {use_dual_stack: true}\ntargets: [{name: dual, regions: [us-east-1]}]\n";
    let expected = [
        "appstream2.us-east-1.api.aws",
        "workspaces.us-east-1.api.aws",
        "servicequotas.us-east-1.api.aws",
    ];
    assert_eq!(
        hosts_of(&format!("{refresh}{dual}")).await,
        ports(&expected)
    );
}

#[tokio::test]
async fn a_role_is_assumed_at_the_endpoint_of_its_target() {
    let config = format!(
        "refresh: {{interval: 5s}}\ntargets:\n  \
         - {{name: usual, regions: [us-east-1], role_arn: '{}'}}\n  \
         - {{name: fips, regions: [us-east-1], role_arn: '{}', use_fips: true}}\n",
        role_of(SECOND, "monitoring"),
        role_of(THIRD, "monitoring")
    );
    let expected = [
        "sts.us-east-1.amazonaws.com",
        "sts-fips.us-east-1.amazonaws.com",
    ];
    assert_eq!(hosts_of(&config).await, ports(&expected));
}

/// A command with two profiles beside what the environment says.
fn with_profiles(simulator: &Simulator, folder: &std::path::Path) -> Command {
    let config = format!("[profile other]\nregion = {OTHER_REGION}\n");
    let credentials = "\
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = secret-key-of-the-default
[other]
aws_access_key_id = AKIDOTHER
aws_secret_access_key = secret-key-of-the-other
";
    let (config_file, credentials_file) = (folder.join("config"), folder.join("credentials"));
    std::fs::write(&config_file, config).expect("the folder is writable");
    std::fs::write(&credentials_file, credentials).expect("the folder is writable");
    let mut command = command_at(&simulator.endpoint_url());
    command
        .env("AWS_CONFIG_FILE", config_file)
        .env("AWS_SHARED_CREDENTIALS_FILE", credentials_file);
    command
}

#[tokio::test]
async fn a_profile_has_its_own_key_and_region() {
    let second = account(SECOND, "second").role(Role::new("monitoring"));
    let simulator = simulator(account(ACCOUNT, "first").member(second)).await;
    let arn = role_of(SECOND, "monitoring");
    let config = format!(
        "{BRISK}targets:\n  - {{name: first}}\n  - {{name: other, profile: other}}\n  \
         - {{name: second, profile: other, role_arn: '{arn}'}}\n"
    );
    let (folder, file) = config_file(&config);
    let mut command = with_profiles(&simulator, folder.path());
    command.arg("--once").arg("--config.file").arg(file);
    let output = run(command).await;
    assert!(output.status.success(), "{output:?}");
    let metrics = Metrics::parse(&String::from_utf8_lossy(&output.stdout));
    let expected = [
        fleet(ACCOUNT, REGION, "first-here"),
        fleet(ACCOUNT, OTHER_REGION, "first-there"),
        fleet(SECOND, OTHER_REGION, "second-there"),
    ];
    assert_eq!(fleets(&metrics), BTreeSet::from(expected));
    for call in simulator.calls() {
        let expected = match (&*call.service, &*call.account_id, &*call.region) {
            ("sts", ..) | (_, ACCOUNT, OTHER_REGION) => "AKIDOTHER",
            (_, ACCOUNT, REGION) => "AKIDTEST",
            _ => OF_A_ROLE,
        };
        assert!(call.access_key_id.starts_with(expected), "{call:?}");
    }
}

#[tokio::test]
async fn a_profile_that_does_not_exist_fails_alone_and_says_so() {
    let simulator = simulator(account(ACCOUNT, "first")).await;
    let config = format!(
        "{BRISK}targets:\n  - {{name: first, regions: [{REGION}]}}\n  \
         - {{name: lost, profile: nobody, regions: [{OTHER_REGION}]}}\n"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let command = with_profiles(&simulator, folder.path());
    let exporter = Exporter::start_with(command, &config).await;
    let metrics = exporter
        .eventually("both have been refreshed", |metrics| {
            states(metrics, "first", REGION) == WELL
                && states(metrics, "lost", OTHER_REGION) == FAILED
        })
        .await;
    assert_eq!(fleets(&metrics).len(), 1);
    after_refreshes(&exporter, ("lost", OTHER_REGION), 2.0).await;
    let lines = exporter.logged(&["collectors failed"]);
    assert_eq!(lines.len(), 1, "{lines:#?}");
    for text in ["target=lost", "no AWS credentials", "nobody"] {
        assert!(lines[0].contains(text), "{text}: {}", lines[0]);
    }
    let page = page(&exporter).await;
    assert!(
        page.contains("check the target's profile &quot;nobody&quot;"),
        "{page}"
    );
    let keys: BTreeSet<_> = simulator
        .calls()
        .into_iter()
        .map(|call| call.access_key_id)
        .collect();
    assert_eq!(keys, BTreeSet::from(["AKIDTEST".to_owned()]));
}
