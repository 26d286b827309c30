//! Promise: boto3, old and new, in AWS JSON and in CBOR, and the AWS CLI can create, use, change and delete a fleet in the
//! simulator, and after each step the exporter shows exactly that change. Input that the API models rule out is refused.
//! The OpenAPI file has the paths that the simulator answers.

use std::path::PathBuf;
use std::process::Stdio;

use appstream_simulator::{Options, Simulator, World};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::common::account::Account;
use crate::common::{ACCOUNT, REGION, request};
use crate::support::tools::tool;

/// A client of AWS in Python.
enum Client {
    /// A process that answers a line with a line.
    Boto3 {
        _process: Child,
        requests: ChildStdin,
        answers: Lines<BufReader<ChildStdout>>,
    },
    /// One process for each call.
    Cli(PathBuf, [(&'static str, String); 5]),
}

impl Client {
    /// boto3 with these variables in its environment. `None` where there is no Python.
    fn boto3(account: &Account, variables: &[(&str, &str)]) -> Option<Self> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/packaging/emulator/client.py"
        );
        let mut command = tokio::process::Command::new(tool("python/bin/python")?);
        command
            .arg(script)
            .envs(environment(&account.simulator))
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut process = command.spawn().expect("Python starts");
        Some(Self::Boto3 {
            requests: process.stdin.take().expect("it is piped"),
            answers: BufReader::new(process.stdout.take().expect("it is piped")).lines(),
            _process: process,
        })
    }

    /// The AWS CLI. `None` where there is none.
    fn cli(account: &Account) -> Option<Self> {
        Some(Self::Cli(tool("aws")?, environment(&account.simulator)))
    }

    /// The output of an operation, or the code of its error as `Error`. The operation is written as in the AWS CLI.
    async fn call(&mut self, operation: &str, input: Value) -> Value {
        match self {
            Self::Boto3 {
                requests, answers, ..
            } => {
                let line = json!([operation.replace('-', "_"), input]).to_string() + "\n";
                let sent = requests.write_all(line.as_bytes()).await;
                sent.expect("the client reads");
                let line = answers.next_line().await.expect("the client answers");
                let line = line.expect("the client goes on");
                serde_json::from_str(&line).expect("an answer in JSON")
            }
            Self::Cli(aws, environment) => {
                let mut command = tokio::process::Command::new(aws);
                command
                    .args(["appstream", operation, "--cli-input-json"])
                    .arg(input.to_string())
                    .envs(environment.clone());
                let output = command.output().await.expect("the AWS CLI starts");
                let error = String::from_utf8_lossy(&output.stderr);
                match error.split_once("An error occurred (") {
                    Some((_, error)) => json!({"Error": error.split(')').next()}),
                    None => {
                        assert!(output.status.success(), "{operation}: {error}");
                        serde_json::from_slice(&output.stdout).unwrap_or_default()
                    }
                }
            }
        }
    }
}

/// A client whose fleet goes through the steps of its life.
struct Play {
    account: Account,
    client: Client,
}

impl Play {
    async fn ok(&mut self, operation: &str, input: Value) -> Value {
        let answer = self.client.call(operation, input).await;
        assert_eq!(answer["Error"], Value::Null, "{operation}");
        answer
    }

    async fn error(&mut self, operation: &str, input: Value) -> Value {
        self.client.call(operation, input).await["Error"].clone()
    }

    /// Performs a step, and waits until the exporter shows it.
    async fn step(&mut self, step: &str, operation: &str, input: Value) -> Value {
        let answer = self.ok(operation, input).await;
        self.account.fleet_shows(step).await;
        answer
    }

    async fn pass(&mut self, duration: &str, step: &str) {
        self.account.pass(duration).await;
        self.account.fleet_shows(step).await;
    }

    /// Fetches a streaming URL of a user.
    async fn visit(&mut self, step: &str, url: &str) -> Value {
        let session = self.account.fetch(url).await;
        self.account.fleet_shows(step).await;
        session
    }

    async fn url(&mut self, user: &str) -> String {
        let input =
            json!({"FleetName": "desks", "StackName": "office", "UserId": user, "Validity": 600});
        let answer = self.ok("create-streaming-url", input).await;
        answer["StreamingURL"].as_str().expect("a text").to_owned()
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

/// Plays the life of a fleet, whose instance is drained if the client knows the operation. Returns the answer to
/// `CreateFleet`.
async fn life(account: Account, client: Client, knows_drain: bool) -> Value {
    let mut play = Play { account, client };
    let name = || json!({"Name": "desks"});
    let pair = || json!({"FleetName": "desks", "StackName": "office"});
    let input = json!({
        "Name": "desks", "InstanceType": "stream.standard.medium", "ImageName": "office-2026",
        "FleetType": "ALWAYS_ON", "MaxSessionsPerInstance": 4, "ComputeCapacity": {"DesiredSessions": 8},
    });
    let created = play
        .step("create the fleet", "create-fleet", input.clone())
        .await;
    let again = play.error("create-fleet", input).await;
    assert_eq!(again, "ResourceAlreadyExistsException");
    play.step(
        "create the stack",
        "create-stack",
        json!({"Name": "office"}),
    )
    .await;
    play.step("associate", "associate-fleet", pair()).await;
    play.step("start", "start-fleet", name()).await;
    play.pass("2m", "one instance is ready").await;
    play.pass("20s", "both instances are ready").await;

    let (ana, bob) = (play.url("ana").await, play.url("bob").await);
    let session = play.visit("ana connects", &ana).await;
    play.visit("bob connects", &bob).await;
    play.visit("ana disconnects", &format!("{ana}?action=disconnect"))
        .await;
    play.visit("bob ends his session", &format!("{bob}?action=end"))
        .await;
    play.pass("60s", "the ended session is no longer listed")
        .await;
    if knows_drain {
        let input = json!({"SessionId": session["SessionId"]});
        play.step("drain ana's instance", "drain-session-instance", input)
            .await;
    }
    change_and_delete(play).await;
    created
}

async fn change_and_delete(mut play: Play) {
    let name = || json!({"Name": "desks"});
    let more_sessions = json!({"Name": "desks", "MaxSessionsPerInstance": 6});
    let refused = play.error("update-fleet", more_sessions.clone()).await;
    assert_eq!(refused, "ResourceInUseException");
    let input = json!({"Name": "desks", "ComputeCapacity": {"DesiredSessions": 12}});
    play.step("update the capacity", "update-fleet", input)
        .await;
    play.step("stop", "stop-fleet", name()).await;
    play.pass("2m", "the fleet is stopped").await;
    play.step(
        "update the sessions per instance",
        "update-fleet",
        more_sessions,
    )
    .await;

    let pair = json!({"FleetName": "desks", "StackName": "office"});
    play.step("disassociate", "disassociate-fleet", pair).await;
    play.step("delete the fleet", "delete-fleet", name()).await;
    play.step(
        "delete the stack",
        "delete-stack",
        json!({"Name": "office"}),
    )
    .await;
    let gone = play.error("start-fleet", name()).await;
    assert_eq!(gone, "ResourceNotFoundException");
}

/// Plays the life of a fleet with boto3 and these variables in its environment. Returns the media type of answers.
async fn boto3_life(variables: &[(&str, &str)], knows_drain: bool) -> Option<String> {
    let account = Account::start().await;
    let client = Client::boto3(&account, variables)?;
    let created = life(account, client, knows_drain).await;
    let media_type = &created["HTTPHeaders"]["content-type"];
    Some(media_type.as_str().expect("a text").to_owned())
}

#[tokio::test]
async fn boto3_plays_the_life_of_a_fleet() {
    if let Some(media_type) = boto3_life(&[], true).await {
        assert_eq!(media_type, "application/x-amz-json-1.1");
    }
}

#[tokio::test]
async fn boto3_plays_the_life_of_a_fleet_in_cbor() {
    let variables = [("BOTO3_PROTOCOL", "smithy-rpc-v2-cbor")];
    if let Some(media_type) = boto3_life(&variables, true).await {
        assert_eq!(media_type, "application/cbor");
    }
}

/// Its API model has AWS JSON only, and no `DrainSessionInstance`.
#[tokio::test]
async fn an_old_boto3_plays_the_life_of_a_fleet() {
    let Some(folder) = tool("boto3-json") else {
        return;
    };
    let folder = folder.display().to_string();
    if let Some(media_type) = boto3_life(&[("PYTHONPATH", &folder)], false).await {
        assert_eq!(media_type, "application/x-amz-json-1.1");
    }
}

#[tokio::test]
async fn the_aws_cli_plays_the_life_of_a_fleet() {
    let account = Account::start().await;
    if let Some(client) = Client::cli(&account) {
        let created = life(account, client, true).await;
        assert_eq!(created["Fleet"]["ComputeCapacityStatus"]["Desired"], 2);
    }
}

/// The operations of a service that the README of the simulator lists.
fn operations(service: &str) -> Vec<&'static str> {
    let readme = include_str!("../../simulator/README.md");
    let row = readme
        .lines()
        .find(|line| line.starts_with(&format!("| {service} |")));
    let row = row.expect("the table has the service");
    row.split('`').skip(1).step_by(2).collect()
}

#[tokio::test]
async fn wrong_input_of_each_listed_operation_is_refused() {
    let Some(python) = tool("python/bin/python") else {
        return;
    };
    let simulator = Simulator::start(World::new(ACCOUNT), Options::default())
        .await
        .expect("loopback has a free port");
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/packaging/emulator/wrong_input.py"
    );
    let listed = json!({
        "appstream": operations("AppStream"),
        "workspaces": operations("WorkSpaces"),
        "application-autoscaling": operations("Application Auto Scaling"),
    });
    let mut command = tokio::process::Command::new(python);
    command
        .arg(script)
        .arg(listed.to_string())
        .envs(environment(&simulator));
    let output = command.output().await.expect("Python starts");
    let accepted = String::from_utf8_lossy(&output.stdout);
    assert_eq!(accepted, "", "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{output:?}");
    let refused = simulator.calls().into_iter();
    let refused = refused.filter(|call| call.status == Some(400)).count();
    assert!(refused > 500, "{refused}");
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
