//! Promise: the program prints how to reach it, answers there, and exits with 0 on SIGTERM.

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

#[tokio::test]
async fn the_printed_address_answers_until_the_program_is_terminated() {
    let arguments = ["--listen-address", "127.0.0.1:0", "--fleets", "2"];
    let mut program = command(&arguments).spawn().expect("the program starts");
    let line = first_line(&mut program).await;
    let address = line
        .strip_prefix("AWS_ENDPOINT_URL=http://")
        .and_then(|rest| rest.split_whitespace().next())
        .expect("an endpoint URL");
    assert!(
        line.trim_end().ends_with(
            " AWS_ACCESS_KEY_ID=simulated AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=eu-central-1"
        ),
        "{line}"
    );

    let body = "{}";
    let request = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/x-amz-json-1.1\r\n\
         x-amz-target: WorkspacesService.DescribeWorkspacesPools\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=simulated/20260101/eu-central-1/workspaces/aws4_request\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
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
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"WorkspacesPools\":[{"), "{answer}");

    let id = program.id().expect("it runs").to_string();
    let kill = Command::new("kill").args(["-TERM", &id]).status().await;
    assert!(kill.expect("kill runs").success());
    let ended = timeout(DEADLINE, program.wait()).await;
    let status = ended.expect("it ends in time").expect("a status");
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let output = command(&["--listen-address", &address]).output();
    let output = timeout(DEADLINE, output)
        .await
        .expect("it ends in time")
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let start = format!("appstream-simulator: cannot listen on {address}: ");
    assert!(said.starts_with(&start), "{said}");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}
