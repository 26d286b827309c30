//! Promise: the program prints how to reach it, answers there as its flags say, and exits with 0 on SIGTERM.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// More than the program needs on a slow machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_appstream-simulator"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The first line that the program prints.
async fn first_line(program: &mut Child) -> String {
    let output = program.stdout.as_mut().expect("standard output is piped");
    let mut output = BufReader::new(output);
    let mut line = String::new();
    timeout(DEADLINE, output.read_line(&mut line))
        .await
        .expect("a line in time")
        .expect("a readable line");
    line
}

fn address(line: &str) -> &str {
    line.strip_prefix("AWS_ENDPOINT_URL=http://")
        .and_then(|rest| rest.split_whitespace().next())
        .expect("an endpoint URL")
}

/// A list of pools.
const POOLS: &str = "POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\
    content-type: application/x-amz-json-1.1\r\n\
    x-amz-target: WorkspacesService.DescribeWorkspacesPools\r\n\
    authorization: AWS4-HMAC-SHA256 Credential=simulated/20260101/eu-central-1/workspaces/aws4_request\r\n\
    content-length: 2\r\n\r\n{}";

async fn exchange(address: &str, request: &str) -> String {
    let mut connection = TcpStream::connect(address).await.expect("it listens");
    connection
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut answer = String::new();
    timeout(DEADLINE, connection.read_to_string(&mut answer))
        .await
        .expect("an answer in time")
        .expect("a readable answer");
    answer
}

#[tokio::test]
async fn the_printed_address_answers_until_the_program_is_terminated() {
    let arguments = ["--listen-address", "127.0.0.1:0", "--fleets", "2"];
    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let address = address(&line);
    assert!(
        line.trim_end().ends_with(
            " AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=eu-central-1"
        ),
        "{line}"
    );

    let answer = exchange(address, POOLS).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"WorkspacesPools\":[{"), "{answer}");

    terminate(&mut program).await;
}

/// Ends the program, which must report success.
async fn terminate(program: &mut Child) {
    let id = program.id().expect("it runs").to_string();
    let kill = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(kill.expect("kill runs").success());
    let ended = timeout(DEADLINE, program.wait()).await;
    let status = ended.expect("it ends in time").expect("a status");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn a_file_keeps_the_account_from_one_run_to_the_next() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("world.json").display().to_string();
    let arguments = [
        "--listen-address=127.0.0.1:0",
        "--state",
        &file,
        "--speed=60",
    ];
    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let world = r#"{"account_id":"123456789012","regions":{"eu-central-1":{"pools":[{"id":"wspool-000000001","name":"branch"}]}}}"#;
    let length = world.len();
    let request = format!(
        "PUT /_simulator/world HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{world}"
    );
    let answer = exchange(address(&line), POOLS).await;
    assert!(answer.ends_with("{\"WorkspacesPools\":[]}"), "{answer}");
    let answer = exchange(address(&line), &request).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    terminate(&mut program).await;

    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let answer = exchange(address(&line), POOLS).await;
    assert!(answer.contains("\"PoolName\":\"branch\""), "{answer}");
    terminate(&mut program).await;

    std::fs::write(&file, "[]").expect("the folder is writable");
    let output = timeout(DEADLINE, command(&arguments).output()).await;
    let output = output.expect("it ends in time").expect("it starts");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("world.json is not a world: "), "{message}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn faults_and_the_instance_come_from_flags() {
    let arguments = [
        "--listen-address=127.0.0.1:0",
        "--instance-region=eu-west-1",
        "--instance-role=exporter",
        "--fault=answer=200:application/json:{\"status\":\"blocked\"},service=workspaces,times=1",
        "--fault=deny,service=workspaces",
        "--fault=reset,service=container",
    ];
    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let address = address(&line);
    let answer = exchange(address, POOLS).await;
    assert!(
        answer.ends_with("\r\n\r\n{\"status\":\"blocked\"}"),
        "{answer}"
    );
    let answer = exchange(address, POOLS).await;
    assert!(answer.contains("AccessDeniedException"), "{answer}");

    let token = "PUT /latest/api/token HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    let answer = exchange(address, token).await;
    let token = answer.rsplit("\r\n").next().expect("a token");
    for (path, value) in [
        ("placement/region", "eu-west-1"),
        ("iam/security-credentials/", "exporter"),
    ] {
        let request = format!(
            "GET /latest/meta-data/{path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\
             x-aws-ec2-metadata-token: {token}\r\n\r\n"
        );
        let answer = exchange(address, &request).await;
        assert!(answer.ends_with(&format!("\r\n\r\n{value}")), "{answer}");
    }
}

#[tokio::test]
async fn a_certificate_from_files_makes_the_endpoint_one_of_tls() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let pair = pair.expect("a certificate");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: String| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("the folder is writable");
        file.display().to_string()
    };
    let certificate = file("server.crt", pair.cert.pem());
    let key = file("server.key", pair.signing_key.serialize_pem());
    let listen = "--listen-address=127.0.0.1:0";
    let arguments = [listen, "--tls-certificate", &certificate, "--tls-key", &key];
    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let start = "AWS_ENDPOINT_URL=https://127.0.0.1:";
    assert!(line.starts_with(start), "{line}");
}

#[tokio::test]
async fn a_fault_that_cannot_be_read_is_an_error() {
    let output = command(&["--fault=explode"]).output().await;
    let output = output.expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("unknown effect \"explode\"; accepted: close, "),
        "{said}"
    );
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test]
async fn credentials_are_printed_after_a_delay() {
    let started = std::time::Instant::now();
    let output = command(&["credentials", "--after=50ms"]).output().await;
    let output = output.expect("the program starts");
    assert!(started.elapsed() >= Duration::from_millis(50));
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = r#"{"Version": 1, "AccessKeyId": "simulated", "SecretAccessKey": "simulated"}"#;
    assert_eq!(said.trim_end(), expected);
    assert!(output.status.success());
}

/// The message of a program that does not start.
async fn refusal(arguments: &[&str]) -> String {
    let output = timeout(DEADLINE, command(arguments).output()).await;
    let output = output.expect("it ends in time").expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("it is text")
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let said = refusal(&["--listen-address", &address]).await;
    let start = format!("appstream-simulator: cannot listen on {address}: ");
    assert!(said.starts_with(&start), "{said}");
}

#[tokio::test]
async fn a_certificate_that_does_not_exist_is_an_error() {
    let files = ["--tls-certificate=/no.crt", "--tls-key=/no.key"];
    let said = refusal(&files).await;
    assert!(said.starts_with("appstream-simulator: /no.crt: "), "{said}");
}
