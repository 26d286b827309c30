//! Promise: boto3, old and new, in AWS JSON and in CBOR, can create, use, change and delete a fleet in the simulator, and
//! after each step the exporter shows exactly what it did. The AWS CLI is answered too. The OpenAPI file has the paths that
//! the simulator answers.

use std::process::Command;
use std::process::Stdio;

use appstream_simulator::{Options, Simulator, World};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::common::{ACCOUNT, BRISK, Exporter, Metrics, REGION, request};
use crate::support::tools::{run, tool};

const FLEET: [(&str, &str); 1] = [("fleet", "desks")];
/// The families of a fleet's capacity, in the order that the steps expect.
const CAPACITY: [&str; 6] = [
    "instances_desired",
    "instances_running",
    "user_sessions_desired",
    "user_sessions_actual",
    "user_sessions_active",
    "user_sessions_available",
];

/// An AWS client in a process of its own, and an exporter beside it.
struct Play {
    simulator: Simulator,
    exporter: Exporter,
    _client: Child,
    requests: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Play {
    /// Plays with boto3 and this in its environment. `None` where there is no Python.
    async fn start(variables: &[(&str, &str)]) -> Option<Self> {
        let simulator = Simulator::start(World::new(ACCOUNT), Options::default())
            .await
            .expect("loopback has a free port");
        let exporter = Exporter::start(&simulator, BRISK).await;
        let mut command = tokio::process::Command::new(tool("python/bin/python")?);
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/packaging/emulator/client.py"
        );
        command
            .arg(script)
            .envs(environment(&simulator))
            .kill_on_drop(true);
        command.envs(variables.iter().copied());
        let mut client = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let requests = client.stdin.take().expect("it is piped");
        let answers = BufReader::new(client.stdout.take().expect("it is piped")).lines();
        let mut play = Self {
            simulator,
            exporter,
            _client: client,
            requests,
            answers,
        };
        play.clock(json!({"paused": true})).await;
        Some(play)
    }

    async fn call(&mut self, method: &str, input: Value) -> Value {
        self.ask(&json!(["appstream", method, input])).await
    }

    async fn ask(&mut self, request: &Value) -> Value {
        let line = request.to_string() + "\n";
        let sent = self.requests.write_all(line.as_bytes()).await;
        sent.expect("the client reads");
        let line = self.answers.next_line().await.expect("the client answers");
        let line = line.expect("the client goes on");
        serde_json::from_str(&line).expect("an answer in JSON")
    }

    /// Fetches a streaming URL.
    async fn fetch(&mut self, url: &str) -> Value {
        self.ask(&json!(["http", url, null])).await
    }

    async fn ok(&mut self, method: &str, input: Value) -> Value {
        let answer = self.call(method, input).await;
        assert_eq!(answer["Error"], Value::Null, "{method}");
        answer
    }

    async fn error(&mut self, method: &str, input: Value) -> Value {
        self.call(method, input).await["Error"].clone()
    }

    async fn clock(&mut self, input: Value) {
        let url = format!("{}/_simulator/clock", self.simulator.endpoint_url());
        let clock = self.ask(&json!(["http", url, input])).await;
        assert!(clock["now"].is_string(), "{clock}");
    }

    /// The metrics once they are as the client left the account.
    async fn shown(&self, what: &str, capacity: [f64; 6], state: &str, sessions: f64) -> Metrics {
        let is_shown = |metrics: &Metrics| {
            let of = |family: &str, labels: &[(&str, &str)]| {
                metrics.value(&format!("appstream_fleet_{family}"), labels)
            };
            let figures = CAPACITY.map(|family| of(family, &FLEET));
            let labels = [("fleet", "desks"), ("state", state)];
            let active = [("fleet", "desks"), ("state", "ACTIVE")];
            figures == capacity.map(Some)
                && of("state", &labels) == Some(1.0)
                && (metrics.sum("appstream_sessions", &active) - sessions).abs() < 0.1
        };
        self.exporter.eventually(what, is_shown).await
    }
}

fn environment(simulator: &Simulator) -> [(&'static str, String); 5] {
    [
        ("AWS_ENDPOINT_URL", simulator.endpoint_url()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", "simulated".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "simulated".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

/// Plays the life of a fleet, whose instance is drained if the client knows the operation. Returns the media
/// type of the client's answers.
async fn life(mut play: Play, knows_drain: bool) -> String {
    let name = || json!({"Name": "desks"});
    let pair = || json!({"FleetName": "desks", "StackName": "office"});
    let input = json!({
        "Name": "desks", "InstanceType": "stream.standard.medium", "ImageName": "office-2026",
        "FleetType": "ALWAYS_ON", "MaxSessionsPerInstance": 4, "ComputeCapacity": {"DesiredSessions": 8},
    });
    let created = play.ok("create_fleet", input.clone()).await;
    let again = play.error("create_fleet", input).await;
    assert_eq!(again, "ResourceAlreadyExistsException");
    play.shown("created", [2.0, 0.0, 8.0, 0.0, 0.0, 0.0], "STOPPED", 0.0)
        .await;

    play.ok("create_stack", json!({"Name": "office"})).await;
    play.ok("associate_fleet", pair()).await;
    play.ok("start_fleet", name()).await;
    play.shown("starting", [2.0, 0.0, 8.0, 0.0, 0.0, 0.0], "STARTING", 0.0)
        .await;
    play.clock(json!({"advance": "2m"})).await;
    play.shown(
        "one instance",
        [2.0, 1.0, 8.0, 4.0, 0.0, 4.0],
        "RUNNING",
        0.0,
    )
    .await;
    play.clock(json!({"advance": "20s"})).await;
    let metrics = play
        .shown(
            "both instances",
            [2.0, 2.0, 8.0, 8.0, 0.0, 8.0],
            "RUNNING",
            0.0,
        )
        .await;
    let labels = [("fleet", "desks"), ("stack", "office")];
    metrics.assert("appstream_stack_fleet_association", &labels, 1.0);

    let input = json!({"FleetName": "desks", "StackName": "office", "UserId": "ana"});
    let url = play.ok("create_streaming_url", input).await;
    let url = url["StreamingURL"].as_str().expect("a text").to_owned();
    let session = play.fetch(&url).await;
    let used = [2.0, 2.0, 8.0, 8.0, 1.0, 7.0];
    play.shown("used", used, "RUNNING", 1.0).await;
    play.fetch(&format!("{url}?action=disconnect")).await;
    let what = "the user is disconnected";
    let metrics = play.exporter.eventually(what, |metrics| {
        let labels = [("fleet", "desks"), ("connection_state", "NOT_CONNECTED")];
        metrics.sum("appstream_sessions", &labels) > 0.9
    });
    metrics
        .await
        .assert("appstream_session_users", &labels, 1.0);

    let mut open = [8.0, 7.0];
    if knows_drain {
        open = [5.0, 4.0];
        let input = json!({"SessionId": session["SessionId"]});
        play.ok("drain_session_instance", input).await;
        let metrics = play
            .shown(
                "drained",
                [2.0, 2.0, 8.0, open[0], 1.0, open[1]],
                "RUNNING",
                1.0,
            )
            .await;
        metrics.assert("appstream_fleet_instances_draining", &FLEET, 1.0);
        metrics.assert("appstream_fleet_user_sessions_drain_unused", &FLEET, 3.0);
    }

    let larger = json!({"Name": "desks", "MaxSessionsPerInstance": 6});
    let refused = play.error("update_fleet", larger.clone()).await;
    assert_eq!(refused, "ResourceInUseException");
    let input = json!({"Name": "desks", "ComputeCapacity": {"DesiredSessions": 12}});
    play.ok("update_fleet", input).await;
    play.shown(
        "larger",
        [3.0, 2.0, 12.0, open[0], 1.0, open[1]],
        "RUNNING",
        1.0,
    )
    .await;
    play.ok("stop_fleet", name()).await;
    play.shown("stopping", [3.0, 0.0, 12.0, 0.0, 0.0, 0.0], "STOPPING", 0.0)
        .await;
    play.clock(json!({"advance": "2m"})).await;
    play.ok("update_fleet", larger).await;
    let metrics = play
        .shown("updated", [3.0, 0.0, 18.0, 0.0, 0.0, 0.0], "STOPPED", 0.0)
        .await;
    metrics.assert("appstream_fleet_max_sessions_per_instance", &FLEET, 6.0);

    play.ok("disassociate_fleet", pair()).await;
    play.ok("delete_fleet", name()).await;
    play.ok("delete_stack", json!({"Name": "office"})).await;
    let gone = play.error("start_fleet", name()).await;
    assert_eq!(gone, "ResourceNotFoundException");
    play.exporter
        .eventually("the fleet is gone", |metrics| {
            metrics.family("appstream_fleet_state").next().is_none()
        })
        .await;
    let media_type = &created["HTTPHeaders"]["content-type"];
    media_type.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn boto3_plays_the_life_of_a_fleet() {
    if let Some(play) = Play::start(&[]).await {
        assert_eq!(life(play, true).await, "application/x-amz-json-1.1");
    }
}

#[tokio::test]
async fn boto3_plays_the_life_of_a_fleet_in_cbor() {
    if let Some(play) = Play::start(&[("BOTO3_PROTOCOL", "smithy-rpc-v2-cbor")]).await {
        assert_eq!(life(play, true).await, "application/cbor");
    }
}

/// Its API model has AWS JSON only, and no `DrainSessionInstance`.
#[tokio::test]
async fn an_old_boto3_plays_the_life_of_a_fleet() {
    let Some(folder) = tool("boto3-json") else {
        return;
    };
    let folder = folder.display().to_string();
    if let Some(play) = Play::start(&[("PYTHONPATH", &folder)]).await {
        assert_eq!(life(play, false).await, "application/x-amz-json-1.1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_creates_and_scales() {
    let Some(aws) = tool("aws") else {
        return;
    };
    let simulator = Simulator::start(World::new(ACCOUNT), Options::default())
        .await
        .expect("loopback has a free port");
    let call = |arguments: &str| {
        let mut command = Command::new(&aws);
        command
            .args(arguments.split(' '))
            .envs(environment(&simulator));
        let output = run(&mut command);
        serde_json::from_str::<Value>(&output).unwrap_or_default()
    };
    call("appstream create-stack --name office");
    let fleet = call(
        "appstream create-fleet --name desks --instance-type stream.standard.medium \
         --image-name office-2026 --compute-capacity DesiredInstances=2",
    );
    assert_eq!(fleet["Fleet"]["ComputeCapacityStatus"]["Desired"], 2);
    let target = "--service-namespace appstream --resource-id fleet/desks \
                  --scalable-dimension appstream:fleet:DesiredCapacity";
    call(&format!(
        "application-autoscaling register-scalable-target {target} --min-capacity 1 --max-capacity 4"
    ));
    let targets =
        call("application-autoscaling describe-scalable-targets --service-namespace appstream");
    assert_eq!(targets["ScalableTargets"][0]["MaxCapacity"], 4);
    let pool = call(
        "workspaces create-workspaces-pool --pool-name branch --description Branch \
         --bundle-id wsb-0a1b2c3d4 --directory-id wsd-0a1b2c3d4 --capacity DesiredUserSessions=3",
    );
    assert_eq!(pool["WorkspacesPool"]["State"], "CREATING");
}

/// Each path without a body, which is enough to know whether there is something.
#[tokio::test]
async fn the_openapi_file_has_what_the_simulator_answers() {
    let text = include_str!("../../simulator/openapi.yaml");
    let api: Value = serde_yaml::from_str(text).expect("YAML");
    let simulator = Simulator::start(World::new(ACCOUNT), Options::default())
        .await
        .expect("loopback has a free port");
    let address = simulator.address().to_string();
    let mut operations = 0;
    for (path, methods) in api["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "1").replace("{token}", "none");
        for method in ["get", "put", "post", "delete"] {
            let answer = request(&address, &method.to_uppercase(), &path, &[]).await;
            let is_missing = answer.text().contains("the path does not exist");
            // A streaming URL works with any method.
            let is_documented = methods[method].is_object() || path.contains("/stream/");
            assert_eq!(
                is_missing,
                !is_documented,
                "{method} {path}: {}",
                answer.text()
            );
            operations += u32::from(methods[method].is_object());
        }
    }
    assert_eq!(operations, 9);
}
