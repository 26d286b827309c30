//! Promise: the status page and its JSON have the same numbers as `/metrics`, failures with
//! causes, and pending work. Text from other sources is escaped.

use std::time::Duration;

use crate::common::{ACCOUNT, Answer, BRISK, COLLECTORS, Exporter, REGION, command_at, simulator};
use appstream_simulator::{Fault, Fleet, Pool, Region, Role, Simulator, Stack, World};
use aws_lc_rs::digest;
use base64::Engine as _;
use serde_json::Value;

const SCRIPT: &str = "<script>alert(1)</script>";
/// One refresh, which the test can look at for as long as it likes.
const ONCE: &str = "\
refresh: {interval: 1h, timeout: 20s, max_age: 2h}
aws: {requests_per_second: 100, burst: 100}
";

/// A fleet in a stack, a fleet with a name that is markup, and a pool.
fn region() -> Region {
    Region::new()
        .fleet(Fleet::new("fleet"))
        .fleet(Fleet::new(SCRIPT))
        .stack(Stack::new("stack"))
        .associate("fleet", "stack")
        .associate(SCRIPT, "stack")
        .pool(Pool::new("wspool-aaaaaaaaa", "pool"))
}

fn world() -> World {
    World::new(ACCOUNT).region(REGION, region())
}

/// The fault that makes the name that is markup come up.
fn script_fault() -> Fault {
    Fault::deny().operation("DescribeSessions").fleet(SCRIPT)
}

async fn status(exporter: &Exporter) -> Value {
    let answer = exporter.get("/api/v1/status").await;
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).expect("JSON")
}

async fn status_once(
    exporter: &Exporter,
    what: &str,
    holds: impl Fn(&Value) -> bool + Copy,
) -> Value {
    exporter
        .until(what, async |exporter| holds(&status(exporter).await))
        .await;
    status(exporter).await
}

/// The first region of a target.
fn site<'a>(status: &'a Value, target: &str) -> &'a Value {
    let targets = status["targets"].as_array().expect("an array");
    let target = targets.iter().find(|one| one["target"] == target);
    &target.expect("the target is there")["regions"][0]
}

fn collector<'a>(site: &'a Value, name: &str) -> &'a Value {
    let collectors = site["collectors"].as_array().expect("an array");
    let found = collectors.iter().find(|one| one["collector"] == name);
    found.expect("the collector is there")
}

fn is_ready(status: &Value) -> bool {
    status["ready"] == true && site(status, "default")["refreshing"] == false
}

/// Requests that the simulator has answered, by service.
fn requests(simulator: &Simulator, service: &str) -> usize {
    let calls = simulator.calls();
    calls.iter().filter(|call| call.service == service).count()
}

/// Both are the same number, or none: a reader of JSON may round its last digit.
fn assert_same(json: &Value, metric: Option<f64>) {
    let same = match (json.as_f64(), metric) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-6,
        (one, other) => one == other,
    };
    assert!(same, "{json} {metric:?}");
}

#[tokio::test]
async fn the_json_has_the_numbers_of_the_metrics() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    simulator.inject(Fault::internal_error().operation("DescribeStacks").times(1));
    let exporter = Exporter::start(&simulator, ONCE).await;
    let status = status_once(&exporter, "a refresh", is_ready).await;
    let metrics = exporter.metrics().await;
    let site = site(&status, "default");
    assert_eq!(site["region"], REGION);
    assert_eq!(site["account_ids"], serde_json::json!([ACCOUNT]));
    assert_eq!(site["collectors"].as_array().unwrap().len(), COLLECTORS);
    for one in site["collectors"].as_array().unwrap() {
        let labels = [("collector", one["collector"].as_str().unwrap())];
        let number = |family: &str| metrics.value(family, &labels);
        let success = number("appstream_exporter_collector_success").unwrap();
        assert_eq!(one["success"], success == 1.0, "{one}");
        for (key, family) in [
            (
                "last_success_timestamp_seconds",
                "appstream_exporter_collector_last_success_timestamp_seconds",
            ),
            (
                "duration_seconds",
                "appstream_exporter_collector_duration_seconds",
            ),
        ] {
            assert_same(&one[key], number(family));
        }
    }
    for service in ["appstream", "workspaces"] {
        let services = site["services"].as_array().unwrap();
        let one = services
            .iter()
            .find(|one| one["service"] == service)
            .unwrap();
        let sent = one["requests"].as_f64();
        assert_eq!(sent, Some(requests(&simulator, service) as f64), "{one}");
        let labels = [("aws_service", service)];
        let total = metrics.sum("appstream_exporter_aws_requests_total", &labels);
        assert_eq!(sent, Some(total), "there was one refresh");
        for (key, family) in [
            ("calls_needed", "appstream_exporter_refresh_calls_needed"),
            ("calls_budget", "appstream_exporter_refresh_calls_budget"),
        ] {
            assert_eq!(one[key].as_f64(), metrics.value(family, &labels), "{key}");
        }
        assert_eq!(one["throttled"], false);
        assert_eq!(one["requests_per_second"], 100.0);
    }
    assert!(simulator.count("DescribeStacks") >= 2, "the retry counts");
    let now = status["now_timestamp_seconds"].as_f64().unwrap();
    let next = site["next_refresh_timestamp_seconds"].as_f64().unwrap();
    assert!(next > now + 3_000.0 && next < now + 4_000.0, "{next} {now}");
    let config = &status["config"];
    assert_eq!(
        config["hash"].as_f64(),
        metrics.value("appstream_exporter_config_hash", &[])
    );
    assert_same(
        &config["loaded_timestamp_seconds"],
        metrics.value(
            "appstream_exporter_config_last_reload_success_timestamp_seconds",
            &[],
        ),
    );
    assert_eq!(config["last_reload_successful"], true);
    assert_eq!(config["refresh_interval_seconds"], 3_600.0);
    let summary = &status["summary"];
    assert_eq!(summary["state"], "failing");
    assert_eq!(summary["collectors"], COLLECTORS);
    assert_eq!(summary["collectors_failing"], 1);
    let failing = collector(site, "appstream_sessions");
    assert_eq!(failing["state"], "failed");
    assert_eq!(
        summary["failing_since_timestamp_seconds"],
        failing["failing_since_timestamp_seconds"]
    );
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&status["shard"], &status["total_shards"]),
        (&0.into(), &1.into())
    );
    assert!(status["uptime_seconds"].as_f64().unwrap() > 0.0);
}

#[tokio::test]
async fn what_is_kept_says_when_it_was_read() {
    let simulator = simulator(World::new(ACCOUNT).region(REGION, Region::new())).await;
    let config = BRISK.replace("topology_interval: 1s", "topology_interval: 1h");
    let exporter = Exporter::start(&simulator, &config).await;
    exporter.after_refreshes(REGION, 3.0).await;
    let status = status(&exporter).await;
    let site = site(&status, "default");
    let stacks = collector(site, "appstream_stacks");
    assert_eq!(stacks["state"], "kept");
    assert_eq!(stacks["duration_seconds"], 0.0);
    let moment = |key: &str| stacks[key].as_f64().unwrap();
    assert!(
        moment("last_read_timestamp_seconds") + 1.0 < moment("last_success_timestamp_seconds"),
        "{stacks}"
    );
    assert_eq!(simulator.count("DescribeStacks"), 1);
    let fleets = collector(site, "appstream_fleets");
    assert_eq!(
        fleets["last_read_timestamp_seconds"],
        fleets["last_success_timestamp_seconds"]
    );
    assert_eq!(
        collector(site, "workspaces_pool_sessions")["state"],
        "nothing_to_ask"
    );
    let page = exporter.get("/status").await;
    for text in [">kept</strong>", ">nothing to read</strong>", "All well"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn what_is_still_to_come_is_shown_as_such() {
    let member = |id: &str, role: &str| {
        World::new(id)
            .role(Role::new(role))
            .region("us-east-1", region())
    };
    let simulator = simulator(world().member(member("222222222222", "found"))).await;
    let hang = simulator.inject(Fault::hang());
    let config = format!(
        "{ONCE}targets:
  - {{name: first, regions: [{REGION}]}}
  - {{name: second, regions: [{REGION}]}}
  - {{name: third, regions: [all], role_arn: 'arn:aws:iam::222222222222:role/found', external_id: secret-id-of-the-test}}
"
    );
    let exporter = Exporter::start(&simulator, &config).await;
    let before = status_once(&exporter, "the first refresh began", |status| {
        site(status, "first")["refreshing"] == true
    })
    .await;
    assert_eq!(
        before["summary"]["state"], "failing",
        "the second is refused"
    );
    assert_eq!(before["summary"]["regions_refused"], 1);
    assert_eq!(before["summary"]["regions_pending"], 2);
    assert_eq!(before["ready"], false);
    let first = site(&before, "first");
    assert_eq!(first["state"], "first_refresh");
    assert!(first["refresh_started_timestamp_seconds"].is_f64());
    assert!(first["next_refresh_timestamp_seconds"].is_null());
    let second = site(&before, "second");
    assert_eq!(second["state"], "refused");
    assert_eq!(second["refreshing"], false);
    let error = second["collectors"][0]["error"].as_str().unwrap();
    assert!(error.contains("\"first\""), "{error}");
    let third = site(&before, "third");
    assert_eq!(third["state"], "looking_for_regions");
    assert!(third["region"].is_null());
    let page = exporter.get("/status").await;
    for text in [
        "first refresh running",
        "refused</span>",
        "another target has the same account and region",
        "searching regions",
        "2 regions pending",
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }

    simulator.clear(hang);
    let after = status_once(&exporter, "everything was refreshed", |status| {
        let third = site(status, "third");
        third["state"] == "ok" && site(status, "first")["state"] != "first_refresh"
    })
    .await;
    assert!(site(&after, "third")["region"].is_string());
    assert_eq!(after["summary"]["regions_pending"], 0);

    let everything = format!("{after}{}", exporter.get("/status").await.text());
    for secret in [
        "secret-id-of-the-test",
        "secret-key-of-the-test",
        "AKIDTEST",
    ] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_refresh_that_is_under_way_says_so() {
    let simulator = simulator(world()).await;
    let config = BRISK.replace("{interval: 1s", "{interval: 2s");
    let exporter = Exporter::start(&simulator, &config).await;
    status_once(&exporter, "a refresh", is_ready).await;
    simulator.inject(Fault::hang());
    let status = status_once(&exporter, "a refresh that hangs", |status| {
        site(status, "default")["refreshing"] == true
    })
    .await;
    assert!(
        collector(site(&status, "default"), "appstream_fleets")["last_success_timestamp_seconds"]
            .is_f64()
    );
    exporter
        .until("the page says so", async |exporter| {
            exporter
                .get("/status")
                .await
                .text()
                .contains("A refresh is running")
        })
        .await;
}

#[tokio::test]
async fn throttling_shows_with_the_rate_that_is_left() {
    let simulator = simulator(world()).await;
    simulator.inject(Fault::throttle().operation("DescribeFleets").times(1));
    let exporter = Exporter::start(&simulator, ONCE).await;
    let status = status_once(&exporter, "a refresh", is_ready).await;
    let appstream = &site(&status, "default")["services"][0];
    assert_eq!(appstream["throttled"], true);
    assert_eq!(appstream["requests_per_second"], 80.0);
    assert_eq!(appstream["configured_requests_per_second"], 100.0);
    let page = exporter.get("/status").await;
    for text in [
        "AWS throttles: 80.00 requests per second instead of 100.",
        "1 region throttled by AWS",
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn waiting_for_the_rate_limit_shows_with_what_is_unread() {
    let mut region = Region::new().stack(Stack::new("stack"));
    for number in 0..30 {
        region.put_fleet(Fleet::new(format!("fleet-{number}")));
        region.put_association(format!("fleet-{number}"), "stack");
    }
    let simulator = simulator(World::new(ACCOUNT).region(REGION, region)).await;
    let config = "refresh: {interval: 2s, timeout: 2s}\naws: {requests_per_second: 5, burst: 5}\n";
    let exporter = Exporter::start(&simulator, config).await;
    let status = status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    let appstream = &site(&status, "default")["services"][0];
    assert_eq!(appstream["waits_for_rate_limit"], true, "{appstream}");
    assert_eq!(appstream["ran_out_of_time"], true, "{appstream}");
    assert!(
        appstream["unread_parts"].as_u64().unwrap() > 0,
        "{appstream}"
    );
    let page = exporter.get("/status").await;
    for text in [
        "Waiting for the rate limit",
        "not read yet",
        "1 region waiting for the rate limit",
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
}

#[tokio::test]
async fn a_configuration_that_was_refused_is_shown_until_one_is_taken() {
    let simulator = simulator(world()).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--web.enable-lifecycle");
    let exporter = Exporter::start_with(command, ONCE).await;
    let before = status_once(&exporter, "a refresh", is_ready).await;
    exporter.write_config("refresh: {interval: 1}\n\"<i>\": 1\n");
    assert_eq!(exporter.reload().await.status, 500);
    let refused = status(&exporter).await;
    let config = &refused["config"];
    assert_eq!(config["last_reload_successful"], false);
    assert_eq!(config["last_reload_errors"].as_array().unwrap().len(), 2);
    assert_eq!(config["hash"], before["config"]["hash"]);
    assert!(config["last_reload_failed_timestamp_seconds"].is_f64());
    assert_eq!(refused["summary"]["state"], "ok");
    let page = exporter.get("/status").await;
    assert!(
        page.text()
            .contains("but the configuration file is invalid")
    );
    assert!(page.text().contains("has no unit") && page.text().contains("&lt;i&gt;"));
    exporter.write_config(ONCE);
    assert_eq!(exporter.reload().await.status, 200);
    let config = &status(&exporter).await["config"];
    assert_eq!(config["last_reload_successful"], true);
    assert!(config["last_reload_failed_timestamp_seconds"].is_null());
    assert!(!exporter.get("/status").await.text().contains("What fails"));
}

#[tokio::test]
async fn http_is_as_it_should_be() {
    let simulator = simulator(world()).await;
    let exporter = Exporter::start(&simulator, ONCE).await;
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/status", "text/html; charset=utf-8"),
        ("/api/v1/status", "application/json"),
        ("/api/v1/fleets", "application/json"),
        ("/api/v1/pools", "application/json"),
    ] {
        let answer = exporter.get(path).await;
        let headers = [
            ("content-type", kind),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ];
        for (name, value) in headers {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
        let head = exporter.request("HEAD", path, &[]).await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), Some(kind));
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            let answer = exporter.request(method, path, &[]).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    for path in ["/status", "/"] {
        assert_policy(&exporter.get(path).await);
    }
}

/// The policy of a page allows its own style and script, and its markup needs no more.
fn assert_policy(page: &Answer) {
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let policy = page.header("content-security-policy").expect("a policy");
    for directive in [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        &format!("script-src {}", hash_of(page.text(), "script")),
        &format!("style-src {}", hash_of(page.text(), "style")),
    ] {
        let mut directives = policy.split("; ");
        assert!(
            directives.any(|one| one == directive),
            "{directive}: {policy}"
        );
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for attribute in [
        " on",
        " style=",
        " src=",
        "javascript:",
        "http://",
        "https://",
    ] {
        let body = page.text().split_once("<body").expect("a body").1;
        let body = body.split_once("<script>").expect("a script").0;
        let found = body.split('<').filter(|tag| {
            tag.split('>')
                .next()
                .is_some_and(|tag| tag.contains(attribute))
        });
        assert_eq!(found.count(), 0, "{attribute}");
    }
}

/// The source of the policy for the one element of this name.
fn hash_of(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let text = html.split_once(&open).expect("it is there").1;
    let text = text.split_once(&close).expect("it ends").0;
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let hash = base64::prelude::BASE64_STANDARD.encode(digest);
    format!("'sha256-{hash}'")
}

#[tokio::test]
async fn markup_from_elsewhere_is_text() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    simulator.inject(
        Fault::error_code(
            400,
            "<img src=x onerror=alert(2)>",
            "it's \"<b>bold</b>\" & </script>\u{7}",
        )
        .operation("DescribeWorkspacesPools"),
    );
    let config = format!("{ONCE}targets: [{{name: \"<i>&'\\\"\", regions: [{REGION}]}}]");
    let exporter = Exporter::start(&simulator, &config).await;
    let status = status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    let site = site(&status, "<i>&'\"");
    let error = |name| collector(site, name)["error"].as_str().unwrap();
    assert!(error("appstream_sessions").contains(SCRIPT));
    assert!(error("workspaces_pools").contains("<b>bold</b>"));
    let page = exporter.get("/status").await;
    let html = page.text();
    for text in ["<b>bold", "<img", "<i>", "<script>alert"] {
        assert!(!html.contains(text), "{text}: {html}");
    }
    for text in [
        "&lt;b&gt;bold&lt;/b&gt;",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;i&gt;&amp;'&quot;</h2>",
        "&lt;/script&gt;\u{fffd}",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
}

#[tokio::test]
async fn nothing_to_refresh_is_said() {
    let simulator = simulator(world()).await;
    // One of these has the region, the other has none.
    let mut idle = 0;
    for shard in ["0", "1"] {
        let mut command = command_at(&simulator.endpoint_url());
        command.args(["--shard", shard, "--total-shards", "2"]);
        let exporter = Exporter::start_with(command, ONCE).await;
        let status = status(&exporter).await;
        assert_eq!(status["shard"].to_string(), shard);
        assert_eq!(status["total_shards"], 2);
        if status["summary"]["state"] == "idle" {
            idle += 1;
            assert_eq!(status["targets"], serde_json::json!([]));
            assert!(
                exporter
                    .get("/status")
                    .await
                    .text()
                    .contains("Nothing to refresh")
            );
        }
    }
    assert_eq!(idle, 1);
}

#[tokio::test]
async fn the_page_costs_a_scrape_nothing() {
    let simulator = simulator(world()).await;
    let exporter = Exporter::start(&simulator, ONCE).await;
    status_once(&exporter, "a refresh", is_ready).await;
    let asked = simulator.calls().len();
    for _ in 0..20 {
        exporter.get("/status").await;
        exporter.get("/api/v1/status").await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(
        simulator.calls().len(),
        asked,
        "nobody who looks makes AWS be asked"
    );
}
