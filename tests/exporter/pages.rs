//! Promise: the wall and the page of each fleet and pool show the numbers of `/metrics`, the most urgent
//! first; their JSON is as docs/openapi.yaml says; and odd names are text.

use std::path::Path;

use appstream_simulator::{
    Capacity, Fault, Fleet, Pool, PoolSession, Region, ScalableTarget, Scaled, ScheduledAction,
    Session, Simulator, Stack, World,
};
use serde_json::Value;

use crate::common::{ACCOUNT, BRISK, Exporter, REGION, command_at, simulator};

/// A name that needs care in a path, in a query and in HTML.
const ODD: &str = "a/b?c=d&e%41 <i>ü";
const ODD_PATH: &str = "a%2Fb%3Fc%3Dd%26e%2541%20%3Ci%3E%C3%BC";
const POOL: &str = "wspool-aaaaaaaaa";
/// One refresh, which the test can look at for as long as it likes.
const ONCE: &str = "\
refresh: {interval: 1h, timeout: 20s, max_age: 2h}
aws: {requests_per_second: 10000, burst: 1000}
";

/// A fleet in need of attention, one of an odd name, one that is stopped, and a pool.
fn region() -> Region {
    let instances =
        |desired, running, in_use| move |_: Capacity| Capacity::instances(desired, running, in_use);
    let full = Fleet::new("full")
        .capacity(instances(7, 5, 5))
        .error("SUBNET_NOT_FOUND", "subnet <b>gone</b>");
    let mut region = Region::new()
        .fleet(Fleet::new("calm").capacity(instances(10, 10, 3)))
        .fleet(full)
        .fleet(Fleet::new(ODD).capacity(instances(10, 10, 9)))
        .fleet(
            Fleet::new("off")
                .state("STOPPED")
                .capacity(instances(0, 0, 0)),
        )
        .stack(Stack::new("office"))
        .associate("calm", "office")
        .associate("full", "office")
        .associate(ODD, "office")
        .session(Session::new("s1", "full", "office").saml())
        .session(Session::new("s2", "full", "office").saml().disconnected())
        .session(Session::new("s3", "full", "office").pending())
        .session(Session::new("s4", "full", "office").expired())
        .session(Session::new("s5", "calm", "office").without_connection_state())
        .pool(Pool::new(POOL, "desk <pool>").sessions(4, 4, 1))
        .pool_session(PoolSession::new("p1", POOL).connected());
    let of = Scaled::fleet("full");
    let scaling = region.scaling_mut();
    scaling.targets.push(ScalableTarget::new(of.clone(), 2, 7));
    let action = ScheduledAction::new(of, "morning", "cron(0 7 ? * MON-FRI *)", 4);
    scaling.actions.push(action);
    region
}

async fn company() -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region())).await
}

async fn json(exporter: &Exporter, path: &str) -> Value {
    let answer = exporter.get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    serde_json::from_slice(&answer.body).expect("JSON")
}

/// Waits until the first refresh has ended.
async fn refreshed(exporter: &Exporter) {
    let is_ready = async |exporter: &Exporter| exporter.get("/-/ready").await.status == 200;
    exporter.until("a refresh", is_ready).await;
}

fn names(list: &Value, kind: &str) -> Vec<String> {
    let list = list[kind].as_array().expect("a list").iter();
    let name = |one: &Value| one["name"].as_str().expect("a name").to_owned();
    list.map(name).collect()
}

fn path_of(name: &str) -> String {
    format!("/fleets/{ACCOUNT}/{REGION}/{name}")
}

#[tokio::test]
async fn the_json_has_the_numbers_of_the_metrics() {
    let simulator = company().await;
    let exporter = Exporter::start(&simulator, ONCE).await;
    refreshed(&exporter).await;
    let fleets = json(&exporter, "/api/v1/fleets?history=true").await;
    // By urgency, then by the share in use.
    assert_eq!(names(&fleets, "fleets"), ["full", ODD, "calm", "off"]);
    let metrics = exporter.metrics().await;
    let list = fleets["fleets"].as_array().unwrap();
    for fleet in list {
        let labels = [("fleet", fleet["name"].as_str().unwrap())];
        let number = |family: &str| metrics.value(family, &labels);
        let capacity = &fleet["capacity"];
        let in_use = number("appstream_fleet_instances_in_use");
        let available = number("appstream_fleet_instances_available");
        let total = in_use.zip(available).map(|(one, other)| one + other);
        assert_eq!(capacity["in_use"].as_f64(), in_use, "{fleet}");
        assert_eq!(capacity["available"].as_f64(), available, "{fleet}");
        assert_eq!(capacity["total"].as_f64(), total, "{fleet}");
        let users = metrics.sum("appstream_session_users", &labels);
        assert_eq!(fleet["sessions"]["users"].as_f64(), Some(users), "{fleet}");
        let history = fleet["history"].as_array().expect("it was asked for");
        let [point] = &**history else {
            panic!("one read, one point: {history:?}")
        };
        assert_eq!(point["in_use"], capacity["in_use"]);
    }
    let full = &list[0];
    assert_eq!(full["urgency"], "critical");
    assert_eq!(
        full["attention"],
        serde_json::json!([
            "Subnet not found",
            "Full: 5 of 5 instances in use",
            "Cannot grow: at the scaling maximum of 7",
            "1 session waiting"
        ])
    );
    assert_eq!(full["capacity"]["pending"], 2);
    assert_eq!(
        full["sessions"],
        serde_json::json!({"connected": 1, "disconnected": 1, "waiting": 1, "unknown": 0, "users": 3})
    );
    assert_eq!(full["scheduled_actions"][0]["name"], "morning");
    assert_eq!(list[1]["urgency"], "warning", "9 of 10 are in use");
    assert_eq!(list[2]["sessions"]["unknown"], 1);
    assert_eq!(list[3]["urgency"], "stopped");
    let pools = json(&exporter, "/api/v1/pools").await;
    let pool = &pools["pools"][0];
    assert_eq!(pool["id"], POOL);
    assert_eq!(pool["capacity"]["in_use"], 1);
    assert_eq!(pool["sessions"]["connected"], 1);
    assert!(pool.get("history").is_none(), "it was not asked for");
}

#[tokio::test]
async fn the_wall_shows_the_most_urgent_first_and_filters() {
    let simulator = company().await;
    let exporter = Exporter::start(&simulator, ONCE).await;
    refreshed(&exporter).await;
    let wall = exporter.get("/").await;
    let html = wall.text();
    for text in [
        "2 of 5 need attention</p>",
        "Subnet not found",
        "Full: 5 of 5 instances in use",
        "<b>5</b> of 5 instances",
        "0 available, 2 pending, 7 maximum",
        "<b>1</b> waiting",
        "a/b?c=d&amp;e%41 &lt;i&gt;ü",
        "desk &lt;pool&gt;",
        "Last 2 hours: in use 5; capacity 5",
    ] {
        assert!(html.contains(text), "{text}: {html}");
    }
    let place = |path: &str| html.find(&format!("href=\"{path}\"")).expect(path);
    let paths = ["full", ODD_PATH, "calm", "off"].map(path_of);
    assert!(paths.iter().map(|path| place(path)).is_sorted(), "{html}");
    place(&format!("/pools/{ACCOUNT}/{REGION}/{POOL}"));

    for (query, shown) in [
        ("q=FULL", &["full"][..]),
        ("q=office", &["full", ODD, "calm"]),
        ("q=%26e%2541", &[ODD]),
        ("attention=true", &["full", ODD]),
        ("attention=", &["full", ODD, "calm", "off"]),
        (
            &format!("account={ACCOUNT}&region={REGION}&q=stopped"),
            &["off"],
        ),
        ("account=1", &[]),
        ("region=nowhere", &[]),
    ] {
        let fleets = json(&exporter, &format!("/api/v1/fleets?{query}")).await;
        assert_eq!(names(&fleets, "fleets"), shown, "{query}");
        let wall = exporter.get(&format!("/?{query}")).await;
        let rows = wall.text().matches("href=\"/fleets/").count();
        assert_eq!(rows, shown.len(), "{query}");
    }
    let filtered = exporter.get("/?q=FULL&attention=on&other=x").await;
    let kept = format!("href=\"{}?q=FULL&amp;attention=true\"", path_of("full"));
    assert!(filtered.text().contains(&kept), "{}", filtered.text());
    let page = exporter.get(&format!("{}?q=FULL", path_of("full"))).await;
    assert!(page.text().contains("href=\"/?q=FULL\""), "{}", page.text());
    let none = exporter.get("/?q=%22%3E%3Cscript%3E").await;
    assert!(none.text().contains("value=\"&quot;&gt;&lt;script&gt;\""));
    assert!(none.text().contains("Nothing matches the filter."));
}

#[tokio::test]
async fn each_fleet_and_pool_has_a_page() {
    let simulator = company().await;
    let mut command = command_at(&simulator.endpoint_url());
    command.args(["--web.external-url", "https://example.org/x"]);
    let exporter = Exporter::start_with(command, ONCE).await;
    let is_ready = async |exporter: &Exporter| exporter.get("/x/-/ready").await.status == 200;
    exporter.until("a refresh", is_ready).await;
    let full = format!("/x{}", path_of("full"));
    let page = exporter.get(&full).await;
    for text in [
        "<code>SUBNET_NOT_FOUND</code>",
        "Minimum 2, maximum 7 instances.",
        "morning",
        "cron(0 7 ? * MON-FRI *)",
        "<td>PENDING</td>",
        "href=\"/x/\"",
        "Maximum session duration",
        "Last 2 hours: connected 1; disconnected 1",
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert!(page.header("content-security-policy").is_some());
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let odd = exporter.get(&format!("/x{}", path_of(ODD_PATH))).await;
    assert_eq!(odd.status, 200);
    assert!(odd.text().contains("a/b?c=d&amp;e%41 &lt;i&gt;ü"));
    let pool = format!("/x/pools/{ACCOUNT}/{REGION}/{POOL}");
    assert!(
        exporter
            .get(&pool)
            .await
            .text()
            .contains("desk &lt;pool&gt;")
    );

    for path in [
        path_of("nowhere"),
        format!("/fleets/{ACCOUNT}/{REGION}/{POOL}"),
        format!("/fleets/{ACCOUNT}/eu-west-9/full"),
        "/fleets/%ff/a/b".to_owned(),
        "/fleets/".to_owned(),
        format!("{}/more", path_of("full")),
    ] {
        let answer = exporter.get(&format!("/x{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("No such fleet"), "{path}");
        assert!(answer.header("content-security-policy").is_some());
    }
    assert_eq!(exporter.get("/x/fleets").await.status, 404);
    let head = exporter.request("HEAD", &full, &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    let post = exporter.request("POST", &full, &[]).await;
    assert_eq!(post.status, 405);
    assert_eq!(post.header("allow"), Some("GET, HEAD"));
    let metrics = exporter.get("/x/metrics").await;
    let metrics = metrics.text();
    for line in [
        "appstream_exporter_http_requests_total{handler=\"/x/fleets\",code=\"200\"} 3",
        "appstream_exporter_http_requests_total{handler=\"/x/fleets\",code=\"404\"} 6",
        "appstream_exporter_http_requests_total{handler=\"/x/pools\",code=\"200\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    assert!(!metrics.contains("/full\""), "no path becomes a label");
}

#[tokio::test]
async fn numbers_that_are_not_known_are_not_0() {
    let simulator = company().await;
    simulator.inject(Fault::deny().operation("DescribeSessions"));
    let exporter = Exporter::start(&simulator, ONCE).await;
    refreshed(&exporter).await;
    let fleets = json(&exporter, "/api/v1/fleets").await;
    for fleet in fleets["fleets"].as_array().unwrap() {
        assert!(fleet["sessions"].is_null(), "{fleet}");
        assert!(
            fleet["sessions_read_timestamp_seconds"].is_null(),
            "{fleet}"
        );
    }
    let wall = exporter.get("/").await;
    let notice = "The exporter cannot read everything in 1 region.";
    assert!(wall.text().contains(notice), "{}", wall.text());
    let page = exporter.get(&path_of("calm")).await;
    assert!(page.text().contains("Its sessions are unknown."));
}

#[tokio::test]
async fn a_deleted_fleet_is_gone_and_old_data_is_named() {
    let simulator = company().await;
    let config = BRISK.replace("max_age: 3s", "max_age: 1h");
    let exporter = Exporter::start(&simulator, &config).await;
    refreshed(&exporter).await;
    simulator.update(|world| {
        world.region_mut(REGION).remove_fleet("calm");
    });
    let is_gone =
        async |exporter: &Exporter| exporter.get(&path_of("calm")).await.status.as_u16() == 404;
    exporter.until("the fleet is gone", is_gone).await;
    simulator.inject(Fault::deny().operation("DescribeFleets"));
    let is_old = async |exporter: &Exporter| {
        let page = exporter.get(&path_of("off")).await;
        page.text().contains("Old data: AWS could not be read")
    };
    exporter.until("old data is named", is_old).await;
}

#[tokio::test]
async fn the_pages_change_nothing_in_the_metrics() {
    let simulator = company().await;
    let exporter = Exporter::start(&simulator, ONCE).await;
    refreshed(&exporter).await;
    let of_aws = async || {
        let metrics = exporter.get("/metrics").await;
        let lines = metrics.text().lines();
        let lines = lines.filter(|line| !line.contains("_exporter_") && !line.contains("process_"));
        lines.collect::<Vec<_>>().join("\n")
    };
    let before = of_aws().await;
    assert!(before.contains("appstream_fleet_info"));
    let asked = simulator.calls().len();
    for path in [
        "/",
        &path_of("full"),
        "/api/v1/fleets?history=1",
        "/api/v1/pools",
    ] {
        assert_eq!(exporter.get(path).await.status, 200, "{path}");
    }
    assert_eq!(of_aws().await, before);
    assert_eq!(simulator.calls().len(), asked, "no page asks AWS");
}

/// The document with every schema.
fn openapi() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.yaml");
    let text = std::fs::read_to_string(file).expect("it is there");
    let document: Value = serde_yaml::from_str(&text).expect("YAML");
    // After an unquoted comma, the rest of a text would be a key without a value.
    assert!(!document.to_string().contains(":null"), "{document}");
    document
}

/// Everything in which a value differs from a schema. A member that the schema lacks differs.
fn differences(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let found = document.pointer(reference.trim_start_matches('#'));
        return differences(document, found.expect(reference), value, place);
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let of_type = |one: &Value| one == kind || (kind == "integer" && one == "number");
    let is_allowed = match &schema["type"] {
        Value::Array(types) => types.iter().any(of_type),
        one => of_type(one),
    };
    let mut found = Vec::new();
    if !is_allowed {
        found.push(format!("{place} is {kind}"));
    }
    if let Some(values) = schema["enum"].as_array()
        && !values.contains(value)
    {
        found.push(format!("{place} is {value}"));
    }
    for item in value.as_array().into_iter().flatten() {
        let place = format!("{place}[]");
        found.extend(differences(document, &schema["items"], item, &place));
    }
    let Some(members) = value.as_object() else {
        return found;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().expect("a name")) {
            found.push(format!("{place} lacks {name}"));
        }
    }
    for (name, member) in members {
        let place = format!("{place}.{name}");
        let known = schema["properties"].get(name);
        match known.or_else(|| schema.get("additionalProperties")) {
            Some(schema) => found.extend(differences(document, schema, member, &place)),
            None => found.push(format!("{place} is not described")),
        }
    }
    found
}

/// The differences between a response and the document.
fn wrong(document: &Value, path: &str, answer: &Value) -> Vec<String> {
    let schema = &document["paths"][path]["get"]["responses"]["200"]["content"];
    let schema = &schema["application/json"]["schema"];
    assert!(!schema.is_null(), "{path} is not described");
    let mut found = differences(document, schema, answer, path);
    found.sort();
    found
}

#[tokio::test]
async fn every_answer_is_as_the_openapi_document_says() {
    let document = openapi();
    let simulator = company().await;
    let (first, second) = (simulator, company().await);
    second.inject(Fault::deny().operation("DescribeSessions"));
    second.inject(Fault::deny().operation("DescribeScalableTargets"));
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 4);
    let config = [
        ONCE,
        "sessions: {list: true, list_without_authentication: true}\n",
    ]
    .concat();
    for simulator in [&first, &second] {
        let exporter = Exporter::start(simulator, &config).await;
        for round in ["before the first refresh", "after it"] {
            for path in paths.keys() {
                let has_history = path.ends_with("fleets") || path.ends_with("pools");
                let query = if has_history { "?history=true" } else { "" };
                let answer = json(&exporter, &format!("{path}{query}")).await;
                assert_eq!(wrong(&document, path, &answer), [""; 0], "{round}");
            }
            refreshed(&exporter).await;
        }
        // The comparison finds what is wrong.
        let mut answer = json(&exporter, "/api/v1/fleets").await;
        let fleet = &mut answer["fleets"][0];
        fleet["new"] = 1.into();
        fleet["urgency"] = "panic".into();
        fleet["capacity"]["in_use"] = "1".into();
        fleet.as_object_mut().unwrap().remove("errors");
        assert_eq!(
            wrong(&document, "/api/v1/fleets", &answer),
            [
                "/api/v1/fleets.fleets[] lacks \"errors\"",
                "/api/v1/fleets.fleets[].capacity.in_use is string",
                "/api/v1/fleets.fleets[].new is not described",
                "/api/v1/fleets.fleets[].urgency is \"panic\"",
            ]
        );
    }
}
