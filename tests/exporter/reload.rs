//! Promise: a good configuration file comes into force without a restart, and
//! without losing what it does not change; a bad one changes nothing and says so.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::common::COLLECTORS;
use crate::common::exposition::Series;
use crate::common::{
    ACCOUNT, Answer, BRISK, Exporter, Metrics, REGION, command, command_at, config_file, failed,
    replace_with_pipe, request, simulator, successes,
};
use appstream_simulator::{
    Call, Fault, Fleet, Pool, PoolSession, Region, Role, Session, Simulator, Stack, World,
};
use hyper::StatusCode;
use tokio::process::Command;
use tokio::task::JoinHandle;

const OTHER: &str = "us-east-1";
const THIRD: &str = "ap-southeast-2";

const SUCCESSFUL: &str = "appstream_exporter_config_last_reload_successful";
const RELOADED_AT: &str = "appstream_exporter_config_last_reload_success_timestamp_seconds";
const HASH: &str = "appstream_exporter_config_hash";
const INTERVAL: &str = "appstream_exporter_refresh_interval_seconds";
const REFRESHES: &str = "appstream_exporter_refreshes_total";
const FLEET: &str = "appstream_fleet_info";

/// No refresh starts by itself during a test, so every call is caused by a reload.
const RARE: &str = "\
refresh: {interval: 1h, timeout: 50m, max_age: 3h}
aws: {requests_per_second: 10000, burst: 1000, max_concurrency: 16}
";

/// Fleets `a` and `b` in a stack each, `a` with sessions of two types, and a pool.
fn region() -> Region {
    let fleet =
        |name: &str, in_use| Fleet::new(name).capacity(|c| c.desired(5).running(5).in_use(in_use));
    Region::new()
        .fleet(fleet("a", 3))
        .fleet(fleet("b", 1))
        .stack(Stack::new("stack-a"))
        .stack(Stack::new("stack-b"))
        .associate("a", "stack-a")
        .associate("b", "stack-b")
        .session(Session::new("a0", "a", "stack-a").saml())
        .session(Session::new("a1", "a", "stack-a").saml())
        .session(Session::new("a2", "a", "stack-a").api())
        .session(Session::new("b0", "b", "stack-b").saml())
        .pool(Pool::new("wspool-aaaaaaaaa", "one"))
        .pool_session(PoolSession::new("p0", "wspool-aaaaaaaaa"))
}

/// The same in three regions, and a role of the account.
fn world() -> World {
    World::new(ACCOUNT)
        .region(REGION, region())
        .region(OTHER, region())
        .region(THIRD, region())
        .role(Role::new("monitoring"))
}

fn target(name: &str, regions: &[&str]) -> String {
    format!("  - {{name: {name}, regions: [{}]}}\n", regions.join(", "))
}

fn targets(before: &str, targets: &[String]) -> String {
    format!("{before}targets:\n{}", targets.concat())
}

/// The binary with reloads enabled.
fn reloadable(simulator: &Simulator) -> Command {
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--web.enable-lifecycle");
    command
}

/// An exporter with reloads enabled, after the first refresh of these regions.
async fn started(simulator: &Simulator, config: &str, regions: &[&str]) -> Exporter {
    let exporter = Exporter::start_with(reloadable(simulator), config).await;
    for region in regions {
        refreshed(&exporter, region).await;
    }
    exporter
}

/// Waits for the first refresh of a region, which must be a good one.
async fn refreshed(exporter: &Exporter, region: &str) -> Metrics {
    let metrics = exporter
        .eventually("a first refresh", |metrics| {
            successes(metrics, region).len() == COLLECTORS
        })
        .await;
    assert_eq!(failed(&metrics, region), [""; 0], "{}", exporter.log());
    metrics
}

/// Writes a configuration and has it put into force.
async fn put(exporter: &Exporter, config: &str) {
    exporter.write_config(config);
    let answer = exporter.reload().await;
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::OK, "reloaded\n"),
        "{}",
        exporter.log()
    );
}

fn own(metrics: &Metrics, family: &str) -> f64 {
    let value = metrics.value(family, &[]);
    value.expect("it is there from the start")
}

/// Every series of a region, in all families.
fn series_of(metrics: &Metrics, region: &str) -> Vec<Series> {
    let series = metrics.series().iter();
    series
        .filter(|series| series.label("aws_region") == region)
        .cloned()
        .collect()
}

/// The calls to AppStream and WorkSpaces in a region, of the last thousand.
fn calls_in(simulator: &Simulator, region: &str) -> Vec<Call> {
    let calls = simulator.calls().into_iter();
    calls
        .filter(|call| call.service != "sts" && call.region == region)
        .collect()
}

fn sessions(metrics: &Metrics, fleet: &str) -> f64 {
    metrics.sum("appstream_sessions", &[("fleet", fleet)])
}

/// Requests the metrics without a pause, and records responses with missing series.
struct Watch {
    enough: Arc<AtomicBool>,
    task: JoinHandle<(usize, Vec<String>)>,
}

impl Watch {
    fn begin(
        exporter: &Exporter,
        family: &'static str,
        labels: [(&'static str, String); 2],
    ) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let (address, ended) = (exporter.address(), Arc::clone(&enough));
        let task = tokio::spawn(async move {
            let labels = labels
                .each_ref()
                .map(|(name, value)| (*name, value.as_str()));
            let (mut answers, mut without) = (0, Vec::new());
            while !ended.load(Ordering::Relaxed) {
                let answer = request(&address, "GET", "/metrics", &[]).await;
                let is_there = answer.status == StatusCode::OK
                    && Metrics::parse(answer.text()).has(family, &labels);
                answers += 1;
                if !is_there {
                    without.push(answer.text().to_owned());
                }
            }
            (answers, without)
        });
        Self { enough, task }
    }

    /// A fleet of a region.
    fn fleet(exporter: &Exporter, region: &str, fleet: &str) -> Self {
        let labels = [
            ("aws_region", region.to_owned()),
            ("fleet", fleet.to_owned()),
        ];
        Self::begin(exporter, FLEET, labels)
    }

    /// Asserts that nothing was missing, in several answers at least.
    async fn end(self) {
        self.enough.store(true, Ordering::Relaxed);
        let (answers, without) = self.task.await.expect("it does not panic");
        assert!(answers > 2, "{answers} answers");
        let first = without.first();
        assert_eq!(first, None, "{} of {answers} answers", without.len());
    }
}

#[tokio::test]
async fn nobody_reloads_unless_it_is_allowed() {
    let simulator = simulator(world()).await;
    let exporter = Exporter::start(&simulator, RARE).await;
    let before = refreshed(&exporter, REGION).await;
    exporter.write_config("nonsense: 1\n");
    for method in ["POST", "PUT"] {
        let answer = exporter.request(method, "/-/reload", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains("--web.enable-lifecycle"));
    }
    let metrics = exporter.metrics().await;
    metrics.assert(SUCCESSFUL, &[], 1.0);
    for family in [HASH, RELOADED_AT] {
        metrics.assert(family, &[], own(&before, family));
    }
    assert!(exporter.logged(&["reload"]).is_empty());
    metrics.assert(
        "appstream_exporter_http_requests_total",
        &[("handler", "/-/reload"), ("code", "403")],
        2.0,
    );
}

#[tokio::test]
async fn post_and_put_reload_and_other_methods_do_not() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, RARE, &[REGION]).await;
    let loaded_at = |metrics: &Metrics| own(metrics, RELOADED_AT);
    let before = exporter.metrics().await;
    for method in ["GET", "HEAD", "DELETE"] {
        let answer = exporter.request(method, "/-/reload", &[]).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.header("allow"), Some("POST, PUT"));
    }
    let mut last = loaded_at(&exporter.metrics().await);
    assert_eq!(last, loaded_at(&before));
    for method in ["POST", "PUT"] {
        let answer = exporter.request(method, "/-/reload", &[]).await;
        assert_eq!(
            (answer.status, answer.text()),
            (StatusCode::OK, "reloaded\n")
        );
        let now = loaded_at(&exporter.metrics().await);
        assert!(now > last, "{method}: {now} after {last}");
        last = now;
    }
    let metrics = exporter.metrics().await;
    for (code, count) in [("200", 2.0), ("405", 3.0)] {
        metrics.assert(
            "appstream_exporter_http_requests_total",
            &[("handler", "/-/reload"), ("code", code)],
            count,
        );
    }
    let cause = "cause=/-/reload";
    assert_eq!(
        exporter.logged(&["configuration reloaded", cause]).len(),
        2,
        "{}",
        exporter.log()
    );
}

#[tokio::test]
async fn a_good_file_comes_into_force() {
    let simulator = simulator(world()).await;
    let config = targets(
        RARE,
        &[target("stays", &[REGION]), target("gone", &[OTHER])],
    );
    let exporter = started(&simulator, &config, &[REGION, OTHER]).await;
    let before = exporter.metrics().await;
    assert!(series_of(&before, OTHER).len() > 30);

    let hang = simulator.inject(Fault::hang().region(THIRD));
    let watch = Watch::fleet(&exporter, REGION, "a");
    let quicker = RARE.replace("1h", "30m").replace("50m", "20m") + "# and patient no more\n";
    let quicker = quicker.replace("burst", "request_timeout: 2s, burst");
    let config = targets(
        &quicker,
        &[target("stays", &[REGION]), target("new", &[THIRD])],
    );
    put(&exporter, &config).await;
    let metrics = exporter
        .eventually("a target is gone", |metrics| {
            series_of(metrics, OTHER).is_empty()
        })
        .await;
    assert_eq!(
        metrics
            .series()
            .iter()
            .filter(|series| series.label("target") == "gone")
            .count(),
        0
    );
    metrics.assert(SUCCESSFUL, &[], 1.0);
    metrics.assert(INTERVAL, &[], 1800.0);
    assert!(own(&metrics, RELOADED_AT) > own(&before, RELOADED_AT));
    assert_ne!(own(&metrics, HASH), own(&before, HASH));
    assert_eq!(
        exporter
            .logged(&["no longer refreshed", "target=gone", OTHER])
            .len(),
        1
    );

    // The added target hangs, and does not block others.
    exporter
        .until("the new target is asked", async |_| {
            !calls_in(&simulator, THIRD).is_empty()
        })
        .await;
    assert!(
        !exporter
            .metrics()
            .await
            .has(FLEET, &[("aws_region", THIRD)])
    );
    assert_eq!(exporter.get("/-/ready").await.status, StatusCode::OK);
    simulator.clear(hang);
    let labels = [("target", "new"), ("aws_region", THIRD)];
    exporter
        .eventually("the new target", |metrics| {
            metrics.has(FLEET, &labels[1..]) && metrics.value(REFRESHES, &labels) == Some(1.0)
        })
        .await;
    watch.end().await;
    for series in before.family("appstream_exporter_aws_requests_total") {
        let labels = &series.labels;
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let now = metrics.value(&series.name, &labels);
        let stays = series.label("target") == "stays";
        assert_eq!(now.is_some(), stays, "{series:?}");
        assert!(!stays || now >= Some(series.value), "{series:?} is {now:?}");
    }
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_says_so() {
    let simulator = simulator(world()).await;
    let good = targets(BRISK, &[target("good", &[REGION])]);
    let mut command = reloadable(&simulator);
    command.env_remove("AWS_REGION");
    let exporter = Exporter::start_with(command, &good).await;
    let before = refreshed(&exporter, REGION).await;
    let watch = Watch::fleet(&exporter, REGION, "a");
    let cases: [(&str, &[&str]); 4] = [
        (
            "nonsense: 1\nrefresh: {interval: 1h, max_age: 1s}\nmore: 2\n",
            &["nonsense", "refresh.max_age", "more"],
        ),
        ("refresh: [1\n", &["config.yaml"]),
        ("", &["config.yaml"]),
        ("targets: [{name: nowhere}]\n", &["nowhere"]),
    ];
    let logged = || exporter.logged(&["level=error", "configuration not reloaded"]);
    let mut told = 0;
    for (text, problems) in cases {
        if text.is_empty() {
            std::fs::remove_file(exporter.config_file()).unwrap();
        } else {
            exporter.write_config(text);
        }
        let answer = exporter.reload().await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{text}");
        for problem in problems {
            assert!(answer.text().contains(problem), "{}", answer.text());
        }
        // The first line says what the others are about.
        let lines: Vec<&str> = answer.text().lines().skip(1).collect();
        assert!(lines.len() >= problems.len(), "{}", answer.text());
        exporter
            .until("a line of the log for each", async |_| {
                logged().len() == told + lines.len()
            })
            .await;
        for (line, problem) in logged()[told..].iter().zip(&lines) {
            let unquoted = line.replace('\\', "");
            assert!(unquoted.contains(problem), "{line}\n{problem}");
        }
        told += lines.len();
        let metrics = exporter.after_refreshes(REGION, 1.0).await;
        metrics.assert(SUCCESSFUL, &[], 0.0);
        metrics.assert(INTERVAL, &[], 1.0);
        for family in [HASH, RELOADED_AT] {
            metrics.assert(family, &[], own(&before, family));
        }
        assert_eq!(failed(&metrics, REGION), [""; 0]);
        assert_eq!(metrics.family(FLEET).count(), before.family(FLEET).count());
    }
    put(&exporter, &good).await;
    let metrics = exporter.metrics().await;
    metrics.assert(SUCCESSFUL, &[], 1.0);
    assert!(own(&metrics, RELOADED_AT) > own(&before, RELOADED_AT));
    metrics.assert(HASH, &[], own(&before, HASH));
    watch.end().await;
    assert_eq!(logged().len(), told);
}

#[tokio::test]
async fn what_a_file_does_not_change_is_not_asked_again() {
    let simulator = simulator(world()).await;
    let steady = target("steady", &[REGION]);
    let config = targets(RARE, &[steady.clone(), target("changes", &[OTHER])]);
    let exporter = started(&simulator, &config, &[REGION, OTHER]).await;
    let before = series_of(&exporter.metrics().await, REGION);
    let watch = Watch::fleet(&exporter, REGION, "a");

    // A region more: the region that was there is not changed by that either.
    simulator.reset_calls();
    let changes = target("changes", &[OTHER, THIRD]);
    put(&exporter, &targets(RARE, &[steady.clone(), changes])).await;
    let metrics = refreshed(&exporter, THIRD).await;
    assert_eq!(series_of(&metrics, REGION), before);
    metrics.assert(REFRESHES, &[("aws_region", OTHER)], 1.0);
    assert_eq!(calls_in(&simulator, REGION), []);
    assert_eq!(calls_in(&simulator, OTHER), []);
    assert_eq!(simulator.count("DescribeFleets"), 1);

    // With another identity, everything is read again.
    let role = format!("role_arn: 'arn:aws:iam::{ACCOUNT}:role/monitoring'");
    let changes = format!("  - {{name: changes, regions: [{OTHER}], {role}}}\n");
    put(&exporter, &targets(RARE, &[changes, steady])).await;
    let metrics = exporter
        .eventually("a refresh by the role", |metrics| {
            metrics.has(REFRESHES, &[("aws_region", OTHER)])
                && metrics.has(FLEET, &[("aws_region", OTHER)])
                && !metrics.has(FLEET, &[("aws_region", THIRD)])
                && metrics.sum(REFRESHES, &[("aws_region", OTHER)]) == 2.0
        })
        .await;
    assert_eq!(simulator.count("AssumeRole"), 1);
    assert_eq!(series_of(&metrics, REGION), before);
    assert_eq!(series_of(&metrics, THIRD), []);
    assert_eq!(calls_in(&simulator, REGION), []);
    watch.end().await;
}

#[tokio::test]
async fn labels_change_at_once_and_cost_no_call() {
    let simulator = simulator(world()).await;
    let steady = target("steady", &[REGION]);
    let config = targets(RARE, &[steady.clone(), target("labelled", &[OTHER])]);
    let exporter = started(&simulator, &config, &[REGION, OTHER]).await;
    let before = exporter.metrics().await;
    simulator.reset_calls();
    for env in ["test", "prod"] {
        let labelled =
            format!("  - {{name: labelled, regions: [{OTHER}], labels: {{env: {env}}}}}\n");
        put(&exporter, &targets(RARE, &[steady.clone(), labelled])).await;
        let metrics = exporter
            .eventually("the label", |metrics| metrics.has(FLEET, &[("env", env)]))
            .await;
        for family in [FLEET, "appstream_sessions", "workspaces_pool_info"] {
            let in_region = metrics
                .family(family)
                .filter(|series| series.label("aws_region") == OTHER);
            let labelled = in_region
                .filter(|series| series.label("env") == env)
                .count();
            assert_eq!(2 * labelled, before.family(family).count(), "{family}");
        }
        metrics.assert_absent(FLEET, &[("env", env), ("aws_region", REGION)]);
        metrics.assert(REFRESHES, &[("target", "labelled")], 1.0);
    }
    assert_eq!(simulator.calls(), []);
}

#[tokio::test]
async fn changed_settings_take_effect_and_lose_nothing_that_stays_valid() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, RARE, &[REGION]).await;
    assert_eq!(sessions(&exporter.metrics().await, "a"), 3.0);
    let watch = Watch::fleet(&exporter, REGION, "a");

    let mut config =
        format!("{RARE}filters: {{fleets: {{exclude: [b]}}, pools: {{exclude: [one]}}}}\n");
    simulator.reset_calls();
    put(&exporter, &config).await;
    let metrics = exporter
        .eventually("a filter", |metrics| {
            !metrics.has(FLEET, &[("fleet", "b")]) && metrics.sum(REFRESHES, &[]) == 2.0
        })
        .await;
    let left_out =
        |series: &&Series| series.label("fleet") == "b" || series.label("pool_name") == "one";
    assert_eq!(metrics.series().iter().filter(left_out).count(), 0);
    let calls = simulator.calls();
    let costs = |call: &&Call| {
        call.parameters.fleet.as_deref() == Some("b") || call.parameters.pool.is_some()
    };
    assert_eq!(
        calls.iter().find(costs),
        None,
        "what is left out costs no call from then on"
    );
    assert_eq!(sessions(&metrics, "a"), 3.0);

    config += "sessions: {authentication_types: [SAML]}\n";
    put(&exporter, &config).await;
    let metrics = exporter
        .eventually("one type", |metrics| sessions(metrics, "a") == 2.0)
        .await;
    metrics.assert_absent("appstream_sessions", &[("authentication_type", "API")]);

    config += "collectors: {appstream_stacks: false, workspaces_pools: false, workspaces_pool_sessions: false, appstream_builders: false, appstream_images: false, appstream_account: false, scaling: false, quotas: false}\n";
    put(&exporter, &config).await;
    let metrics = exporter
        .eventually("collectors that are off", |metrics| {
            successes(metrics, REGION).len() == 2
        })
        .await;
    for series in metrics.series() {
        let name = &series.name;
        assert!(
            !name.starts_with("appstream_stack") && !name.starts_with("workspaces_"),
            "{name}"
        );
        let is_own = name.starts_with("appstream_exporter_collector")
            || name.starts_with("appstream_exporter_refresh_calls");
        let off = [
            "appstream_stacks",
            "workspaces_pools",
            "workspaces_pool_sessions",
        ];
        assert!(
            !is_own
                || !off.contains(&series.label("collector"))
                    && series.label("aws_service") != "workspaces",
            "{series:?}"
        );
    }

    let config = config.replace("1h", "1s").replace("50m", "1s");
    put(&exporter, &config).await;
    let metrics = exporter.after_refreshes(REGION, 3.0).await;
    metrics.assert(INTERVAL, &[], 1.0);
    assert_eq!(sessions(&metrics, "a"), 2.0);

    simulator.inject(Fault::deny().operation("DescribeFleets"));
    exporter
        .eventually("a failure", |metrics| {
            failed(metrics, REGION) == ["appstream_fleets"]
        })
        .await;
    exporter.after_refreshes(REGION, 1.0).await;
    watch.end().await;
    put(&exporter, &config.replace("3h", "1s")).await;
    exporter
        .eventually("fleets are too old", |metrics| !metrics.has(FLEET, &[]))
        .await;
}

#[tokio::test]
async fn a_filter_leaves_out_at_once_whatever_aws_says() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, RARE, &[REGION]).await;
    let watch = Watch::fleet(&exporter, REGION, "a");
    simulator.inject(Fault::deny());
    simulator.reset_calls();
    let filters =
        "filters: {fleets: {exclude: [b]}, stacks: {exclude: [stack-b]}, pools: {exclude: [one]}}";
    put(&exporter, &format!("{RARE}{filters}\n")).await;
    let metrics = exporter
        .eventually("a refresh that fails", |metrics| {
            failed(metrics, REGION).len() >= 4
        })
        .await;
    // There is no pool left whose sessions could be read.
    assert_eq!(successes(&metrics, REGION)["workspaces_pool_sessions"], 1.0);
    for series in metrics.series() {
        let mut values = series.labels.values().map(String::as_str);
        let left_out = values.find(|value| ["b", "stack-b", "one"].contains(value));
        assert_eq!(left_out, None, "{series:?}");
    }
    assert_eq!(sessions(&metrics, "a"), 3.0);
    assert!(metrics.has("appstream_stack_fleet_association", &[("fleet", "a")]));
    watch.end().await;
}

#[tokio::test]
async fn a_storm_of_reloads_hurts_nobody() {
    let simulator = simulator(world()).await;
    let role = format!("role_arn: 'arn:aws:iam::{ACCOUNT}:role/monitoring'");
    let steady = target("steady", &[REGION]);
    let changing = |number: usize| {
        format!("  - {{name: changing, regions: [{OTHER}], labels: {{number: '{number}'}}}}\n")
    };
    let hopping = format!("  - {{name: hopping, regions: [{THIRD}], {role}}}\n");
    let config = targets(BRISK, &[steady.clone(), changing(0)]);
    let exporter = started(&simulator, &config, &[REGION, OTHER]).await;
    let watch = Watch::fleet(&exporter, REGION, "a");
    let refreshes = |metrics: &Metrics, region| metrics.sum(REFRESHES, &[("aws_region", region)]);
    let before = exporter.metrics().await;
    simulator.reset_calls();
    let began = tokio::time::Instant::now();
    let mut asked = 0;
    for number in 0..200 {
        let (config, status) = match number % 4 {
            0 => (
                targets(BRISK, &[steady.clone(), changing(number), hopping.clone()]),
                StatusCode::OK,
            ),
            2 => (
                targets(BRISK, &[changing(number), steady.clone()]),
                StatusCode::OK,
            ),
            _ => (
                format!("{BRISK}storm: {number}\n"),
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
        };
        exporter.write_config(&config);
        let answer = exporter.reload().await;
        assert_eq!(answer.status, status, "reload {number}: {}", answer.text());
        // The newest calls alone are remembered.
        if simulator.calls().len() > 500 {
            asked += calls_of_fleets(&simulator);
            simulator.reset_calls();
        }
    }
    let config = targets(BRISK, &[steady.clone(), changing(200)]);
    put(&exporter, &config).await;
    let after = exporter
        .eventually("the last is in force", |metrics| {
            metrics.has(FLEET, &[("number", "200")])
        })
        .await;
    asked += calls_of_fleets(&simulator);
    let seconds = began.elapsed().as_secs_f64();
    for region in [REGION, OTHER] {
        let done = refreshes(&after, region) - refreshes(&before, region);
        assert!(
            done <= seconds + 2.0,
            "{done} refreshes of {region} in {seconds} s"
        );
    }
    let done = refreshes(&after, REGION) - refreshes(&before, REGION);
    assert!(
        f64::from(asked) <= done + 1.0,
        "{asked} for {done} refreshes"
    );
    assert_eq!(series_of(&after, THIRD), []);
    after.assert(SUCCESSFUL, &[], 1.0);
    let numbers: BTreeSet<_> = after
        .family(FLEET)
        .map(|series| series.label("number"))
        .collect();
    assert_eq!(numbers, BTreeSet::from(["", "200"]));
    for (family, more) in [("process_open_fds", 64.0), ("process_threads", 16.0)] {
        exporter
            .eventually(family, |metrics| {
                own(metrics, family) <= own(&before, family) + more
            })
            .await;
    }
    watch.end().await;
    assert_eq!(exporter.logged(&["configuration not reloaded"]).len(), 100);
    assert!(exporter.logged(&["panic"]).is_empty());
    let metrics = exporter.after_refreshes(REGION, 2.0).await;
    assert_eq!(failed(&metrics, REGION), [""; 0]);
}

/// `DescribeFleets` of the steady target.
fn calls_of_fleets(simulator: &Simulator) -> u32 {
    let calls = calls_in(simulator, REGION);
    let calls = calls
        .iter()
        .filter(|call| call.operation == "DescribeFleets");
    u32::try_from(calls.count()).expect("a few")
}

#[tokio::test]
async fn a_hangup_reloads() {
    let simulator = simulator(world()).await;
    let mut exporter = Exporter::start(&simulator, RARE).await;
    let before = refreshed(&exporter, REGION).await;
    exporter.write_config("nonsense: 1\n");
    exporter.signal("HUP");
    let metrics = exporter
        .eventually("it is refused", |metrics| own(metrics, SUCCESSFUL) == 0.0)
        .await;
    for family in [HASH, RELOADED_AT] {
        metrics.assert(family, &[], own(&before, family));
    }
    exporter
        .until("it is logged", async |exporter| {
            exporter
                .logged(&["configuration not reloaded", "cause=SIGHUP", "nonsense"])
                .len()
                == 1
        })
        .await;
    exporter.write_config(&RARE.replace("1h", "59m"));
    exporter.signal("HUP");
    let metrics = exporter
        .eventually("it is in force", |metrics| own(metrics, SUCCESSFUL) == 1.0)
        .await;
    metrics.assert(INTERVAL, &[], 3540.0);
    assert!(metrics.has(FLEET, &[]));
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_hangup_without_a_file_breaks_nothing() {
    let simulator = simulator(world()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.args([
        "--web.listen-address",
        "127.0.0.1:0",
        "--config.auto-reload",
    ]);
    let mut exporter = Exporter::spawn(command, tempfile::tempdir().unwrap()).await;
    let before = refreshed(&exporter, REGION).await;
    exporter.signal("HUP");
    let metrics = exporter
        .eventually("a reload", |metrics| {
            own(metrics, RELOADED_AT) > own(&before, RELOADED_AT)
        })
        .await;
    metrics.assert(SUCCESSFUL, &[], 1.0);
    metrics.assert(HASH, &[], own(&before, HASH));
    assert_eq!(series_of(&metrics, REGION), series_of(&before, REGION));
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

/// Waits until the interval is so many seconds.
async fn interval_is(exporter: &Exporter, seconds: f64) -> Metrics {
    exporter
        .eventually("the interval of the file", |metrics| {
            own(metrics, INTERVAL) == seconds
        })
        .await
}

#[tokio::test]
async fn a_file_that_changes_is_noticed_only_where_that_is_wanted() {
    let simulator = simulator(world()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--config.auto-reload");
    let exporter = Exporter::start_with(command, RARE).await;
    let before = refreshed(&exporter, REGION).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--config.file").arg(exporter.config_file());
    command.args(["--web.listen-address", "127.0.0.1:0"]);
    let deaf = Exporter::spawn(command, tempfile::tempdir().unwrap()).await;

    exporter.write_config(&RARE.replace("1h", "59m"));
    interval_is(&exporter, 3540.0).await;

    let beside = exporter.config_file().with_file_name("new.yaml");
    std::fs::write(&beside, RARE.replace("1h", "58m")).unwrap();
    std::fs::rename(beside, exporter.config_file()).unwrap();
    let metrics = interval_is(&exporter, 3480.0).await;
    metrics.assert(SUCCESSFUL, &[], 1.0);
    assert!(metrics.has(FLEET, &[]));
    assert_eq!(
        exporter
            .logged(&["configuration reloaded", "cause=\"the file has changed\""])
            .len(),
        2
    );

    let metrics = deaf.metrics().await;
    metrics.assert(INTERVAL, &[], 3600.0);
    metrics.assert(HASH, &[], own(&before, HASH));
    assert!(deaf.logged(&["configuration reloaded"]).is_empty());
}

#[tokio::test]
async fn a_file_that_becomes_bad_is_told_of_once() {
    let simulator = simulator(world()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--config.auto-reload");
    let exporter = Exporter::start_with(command, BRISK).await;
    let before = refreshed(&exporter, REGION).await;
    exporter.write_config(&format!("{BRISK}nonsense: 1\nmore: 2\n"));
    exporter
        .eventually("it is refused", |metrics| own(metrics, SUCCESSFUL) == 0.0)
        .await;
    let metrics = exporter.after_refreshes(REGION, 3.0).await;
    metrics.assert(SUCCESSFUL, &[], 0.0);
    metrics.assert(HASH, &[], own(&before, HASH));
    let problems = exporter.logged(&["configuration not reloaded"]);
    assert_eq!(problems.len(), 2, "{problems:#?}");
    // The active file is read successfully again.
    exporter.write_config(BRISK);
    let metrics = exporter
        .eventually("it is right again", |metrics| {
            own(metrics, SUCCESSFUL) == 1.0
        })
        .await;
    metrics.assert(HASH, &[], own(&before, HASH));
    assert_eq!(exporter.logged(&["configuration not reloaded"]).len(), 2);
}

/// A volume as the kubelet makes it: files lead through `..data` to the newest folder.
fn swap_in(volume: &Path, version: &str, text: &str) {
    let folder = volume.join(version);
    std::fs::create_dir(&folder).expect("the volume is writable");
    std::fs::write(folder.join("config.yaml"), text).expect("the volume is writable");
    let new = volume.join("..data_tmp");
    symlink(version, &new).expect("the volume takes links");
    std::fs::rename(new, volume.join("..data")).expect("the volume takes links");
}

#[tokio::test]
async fn a_config_map_that_is_swapped_is_noticed() {
    let simulator = simulator(world()).await;
    let volume = tempfile::tempdir().unwrap();
    swap_in(volume.path(), "..2024_1", RARE);
    let file = volume.path().join("config.yaml");
    symlink("..data/config.yaml", &file).unwrap();
    let mut command = command_at(&simulator.endpoint_url());
    command
        .arg("--config.auto-reload")
        .arg("--config.file")
        .arg(file);
    command.args(["--web.listen-address", "127.0.0.1:0"]);
    let path = volume.path().to_owned();
    let exporter = Exporter::spawn(command, volume).await;
    for (version, before, minutes) in [("..2024_2", "..2024_1", 59), ("..2024_3", "..2024_2", 58)] {
        swap_in(&path, version, &RARE.replace("1h", &format!("{minutes}m")));
        std::fs::remove_dir_all(path.join(before)).unwrap();
        let metrics = interval_is(&exporter, f64::from(minutes) * 60.0).await;
        metrics.assert(SUCCESSFUL, &[], 1.0);
    }
    assert!(exporter.logged(&["configuration not reloaded"]).is_empty());
}

#[tokio::test]
async fn a_file_that_is_put_back_after_a_reload_is_noticed() {
    let simulator = simulator(world()).await;
    let mut command = reloadable(&simulator);
    command.arg("--config.auto-reload");
    let exporter = Exporter::start_with(command, RARE).await;
    let before = refreshed(&exporter, REGION).await;
    // An explicit reload is faster than a detected change.
    put(&exporter, &RARE.replace("1h", "59m")).await;
    exporter.write_config(RARE);
    let metrics = interval_is(&exporter, 3600.0).await;
    metrics.assert(HASH, &[], own(&before, HASH));
}

#[tokio::test]
async fn the_demo_keeps_its_targets() {
    let (folder, file) = config_file(BRISK);
    let mut command = command();
    command.args([
        "--demo",
        "--web.enable-lifecycle",
        "--web.listen-address",
        "127.0.0.1:0",
    ]);
    command.arg("--config.file").arg(file);
    let exporter = Exporter::spawn(command, folder).await;
    let targets_shown = |metrics: &Metrics| -> BTreeSet<(String, String)> {
        let family = metrics.family("appstream_exporter_collector_success");
        family
            .map(|series| {
                (
                    series.label("target").to_owned(),
                    series.label("aws_region").to_owned(),
                )
            })
            .collect()
    };
    let before = exporter
        .eventually("the company", |metrics| {
            metrics.has("workspaces_pool_info", &[]) && targets_shown(metrics).len() == 2
        })
        .await;
    assert!(!targets_shown(&before).is_empty());
    put(
        &exporter,
        &targets(
            &format!(
                "{BRISK}collectors: {{workspaces_pools: false, workspaces_pool_sessions: false}}\n"
            )
            .replace("interval: 1s, timeout", "interval: 2s, timeout"),
            &[target("other", &["us-west-1"])],
        ),
    )
    .await;
    let metrics = exporter
        .eventually("the rest of the file", |metrics| {
            !metrics.has("workspaces_pool_info", &[]) && own(metrics, INTERVAL) == 2.0
        })
        .await;
    assert_eq!(targets_shown(&metrics), targets_shown(&before));
    assert!(
        targets_shown(&metrics)
            .iter()
            .all(|(target, _)| target == "demo")
    );
    assert!(metrics.has(FLEET, &[]));
}

/// Two targets, of which the second hangs in its first refresh.
async fn hanging() -> (Simulator, Exporter) {
    let simulator = simulator(world()).await;
    simulator.inject(Fault::hang().region(OTHER));
    let exporter = started(&simulator, &patient(&[REGION, OTHER]), &[REGION]).await;
    exporter
        .until("the second is asked", async |_| {
            !calls_in(&simulator, OTHER).is_empty()
        })
        .await;
    (simulator, exporter)
}

/// A target in each region, and requests that wait for minutes.
fn patient(regions: &[&str]) -> String {
    let all: Vec<_> = regions
        .iter()
        .map(|region| target(region, &[region]))
        .collect();
    targets(&RARE.replace("burst", "request_timeout: 5m, burst"), &all)
}

#[tokio::test]
async fn a_refresh_that_hangs_holds_up_no_reload() {
    let (simulator, mut exporter) = hanging().await;
    put(&exporter, &patient(&[REGION])).await;
    let metrics = exporter
        .eventually("the target is gone", |metrics| {
            series_of(metrics, OTHER).is_empty()
        })
        .await;
    metrics.assert(REFRESHES, &[("aws_region", REGION)], 1.0);
    assert_eq!(exporter.logged(&["no longer refreshed", OTHER]).len(), 1);

    // And again, with what is to change for all.
    simulator.reset_calls();
    let config = patient(&[REGION, OTHER]);
    put(&exporter, &config).await;
    exporter
        .until("the second is asked", async |_| {
            !calls_in(&simulator, OTHER).is_empty()
        })
        .await;
    put(
        &exporter,
        &format!("{config}filters: {{fleets: {{exclude: [b]}}}}\n"),
    )
    .await;
    let metrics = exporter
        .eventually("the first does as it says", |metrics| {
            !metrics.has(FLEET, &[("fleet", "b")])
        })
        .await;
    assert!(metrics.has(FLEET, &[("fleet", "a"), ("aws_region", REGION)]));
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_ends_no_later_reload() {
    let simulator = simulator(world()).await;
    let mut command = reloadable(&simulator);
    command.arg("--config.auto-reload");
    let exporter = Exporter::start_with(command, RARE).await;
    let before = refreshed(&exporter, REGION).await;
    replace_with_pipe(&exporter.config_file());
    let answer = exporter.reload().await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.text().contains("timed out"), "{}", answer.text());
    let metrics = exporter.metrics().await;
    metrics.assert(SUCCESSFUL, &[], 0.0);
    metrics.assert(HASH, &[], own(&before, HASH));

    let beside = exporter.config_file().with_file_name("new.yaml");
    std::fs::write(&beside, RARE.replace("1h", "59m")).unwrap();
    std::fs::rename(beside, exporter.config_file()).unwrap();
    let metrics = interval_is(&exporter, 3540.0).await;
    metrics.assert(SUCCESSFUL, &[], 1.0);
    assert_eq!(exporter.logged(&["configuration not reloaded"]).len(), 1);
}

#[tokio::test]
async fn a_signal_ends_a_reload_that_hangs() {
    let (_simulator, mut exporter) = hanging().await;
    replace_with_pipe(&exporter.config_file());
    let address = exporter.address();
    let reload: JoinHandle<Answer> =
        tokio::spawn(async move { request(&address, "POST", "/-/reload", &[]).await });
    exporter
        .until("the pipe is read", async |exporter| {
            let sender = tokio::net::unix::pipe::OpenOptions::new();
            match sender.open_sender(exporter.config_file()) {
                Ok(sender) => {
                    // It stays open: an end would be an empty file.
                    std::mem::forget(sender);
                    true
                }
                Err(_) => false,
            }
        })
        .await;
    assert_eq!(exporter.get("/-/healthy").await.status, StatusCode::OK);
    exporter.signal("TERM");
    let answer = reload.await.unwrap();
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    assert!(exporter.logged(&["level=error"]).is_empty());
}

#[tokio::test]
async fn stacks_that_are_no_longer_listed_decide_nothing() {
    let simulator = simulator(world()).await;
    simulator.update(|world| {
        // Associations are read by fleet, independent of the stacks.
        let region = world.region_mut(REGION);
        region.remove_stack("stack-b");
        region.put_association("b", "stack-a");
    });
    let config = format!("{BRISK}sessions: {{recheck_interval: 1h}}\n");
    let exporter = started(&simulator, &config, &[REGION]).await;
    put(
        &exporter,
        &format!("{config}collectors: {{appstream_stacks: false}}\n"),
    )
    .await;
    exporter
        .eventually("a collector is off", |metrics| {
            successes(metrics, REGION).len() == COLLECTORS - 1
        })
        .await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.put_stack(Stack::new("later"));
        region.put_association("a", "later");
    });
    let later = [("fleet", "a"), ("stack", "later")];
    exporter
        .eventually("the stack that came later", |metrics| {
            metrics.has("appstream_session_users", &later)
        })
        .await;
}

#[tokio::test]
async fn tags_that_are_no_longer_read_count_no_more() {
    let simulator = simulator(world()).await;
    let exporter = started(&simulator, BRISK, &[REGION]).await;
    let needed = |metrics: &Metrics| {
        metrics.value(
            "appstream_exporter_refresh_calls_needed",
            &[("aws_service", "appstream")],
        )
    };
    let before = exporter.after_refreshes(REGION, 2.0).await;
    put(&exporter, &format!("{BRISK}tags: {{labels: [team]}}\n")).await;
    // Of two fleets and two stacks.
    let with_tags = needed(&before).map(|calls| calls + 4.0);
    exporter
        .eventually("tags", |metrics| {
            metrics.has("appstream_fleet_tags", &[]) && needed(metrics) == with_tags
        })
        .await;
    put(&exporter, BRISK).await;
    exporter
        .eventually("no tags", |metrics| {
            !metrics.has("appstream_fleet_tags", &[]) && needed(metrics) == needed(&before)
        })
        .await;
}

#[tokio::test]
async fn regions_that_were_looked_at_in_vain_leave_no_series() {
    let simulator = simulator(world()).await;
    simulator.inject(Fault::hang().region(OTHER));
    simulator.inject(Fault::hang().region(THIRD));
    let everywhere = "  - {name: everywhere, regions: [all]}\n".to_owned();
    let role = format!("role_arn: 'arn:aws:iam::{ACCOUNT}:role/monitoring'");
    let steady = format!("  - {{name: steady, regions: [{REGION}], {role}}}\n");
    let exporter = started(
        &simulator,
        &targets(RARE, std::slice::from_ref(&steady)),
        &[REGION],
    )
    .await;
    put(&exporter, &targets(RARE, &[steady.clone(), everywhere])).await;
    exporter
        .until("all regions are asked", async |_| {
            [OTHER, THIRD]
                .iter()
                .all(|region| !calls_in(&simulator, region).is_empty())
        })
        .await;
    put(&exporter, &targets(RARE, &[steady])).await;
    let metrics = exporter.metrics().await;
    let left: Vec<_> = metrics
        .series()
        .iter()
        .filter(|series| series.label("target") == "everywhere")
        .collect();
    assert_eq!(left, Vec::<&Series>::new());
}

#[tokio::test]
async fn a_target_that_goes_on_to_all_regions_keeps_those_that_it_had() {
    let simulator = simulator(world()).await;
    let exporter = started(
        &simulator,
        &targets(RARE, &[target("all", &[REGION])]),
        &[REGION],
    )
    .await;
    let watch = Watch::fleet(&exporter, REGION, "a");
    simulator.inject(
        Fault::delay(Duration::from_millis(300))
            .operation("DescribeFleets")
            .region(OTHER),
    );
    put(&exporter, &targets(RARE, &[target("all", &["all"])])).await;
    exporter
        .eventually("the other regions", |metrics| {
            [OTHER, THIRD]
                .iter()
                .all(|region| metrics.has(FLEET, &[("aws_region", region)]))
        })
        .await;
    watch.end().await;
}
