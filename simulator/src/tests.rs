//! Tests of the simulator over real sockets, without an AWS client.

mod changes;
mod cloudwatch;
mod faults;
mod metadata;
mod operations;
mod proxy;
mod roles;
mod scaling;
mod tls;

use std::io;

use ciborium::Value as Cbor;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::*;

const REGION: &str = "eu-central-1";

/// An HTTP answer, with what could be read of its body.
#[derive(Debug)]
struct Answer {
    status: u16,
    content_length: usize,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(bytes[..end].to_vec())
            .unwrap()
            .to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        Self {
            status: head[9..12].parse().unwrap(),
            content_length: length.lines().next().unwrap().parse().unwrap(),
            body: bytes[end + 4..].to_vec(),
            head,
        }
    }

    /// The body, whichever format it is in.
    fn document(&self) -> Value {
        if self.head.contains("content-type: application/cbor") {
            let value: Cbor = ciborium::from_reader(self.body.as_slice()).unwrap();
            return without_tags(value).deserialized().unwrap();
        }
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The items under `member`, by the name each has under `name`.
    fn names(&self, member: &str, name: &str) -> Vec<String> {
        let document = self.document();
        let items = document[member].as_array().unwrap();
        items
            .iter()
            .map(|item| item[name].as_str().unwrap().to_owned())
            .collect()
    }

    /// The text of the first XML element of that name; empty when there is none.
    fn element(&self, name: &str) -> String {
        let body = std::str::from_utf8(&self.body).unwrap();
        let inside = body.split(&format!("<{name}>")).nth(1).unwrap_or_default();
        inside
            .split(&format!("</{name}>"))
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    fn next_token(&self) -> Option<String> {
        Some(
            self.document()
                .get("NextToken")?
                .as_str()
                .unwrap()
                .to_owned(),
        )
    }

    /// Status and error code, as far as the answer is an error.
    fn error(&self) -> (u16, String) {
        (
            self.status,
            self.document()["__type"].as_str().unwrap().to_owned(),
        )
    }
}

/// Timestamps are the only tagged values; JSON has them as bare numbers.
fn without_tags(value: Cbor) -> Cbor {
    match value {
        Cbor::Tag(1, epoch_seconds) => *epoch_seconds,
        Cbor::Array(items) => items
            .into_iter()
            .map(without_tags)
            .collect::<Vec<_>>()
            .into(),
        Cbor::Map(members) => Cbor::Map(
            members
                .into_iter()
                .map(|(name, value)| (name, without_tags(value)))
                .collect(),
        ),
        other => other,
    }
}

/// A fleet, a stack and a pool with a few sessions each, one item to a page.
fn small_world() -> World {
    let session = |id: &str| Session::new(id, "desks", "office");
    let region = Region::new()
        .fleet(Fleet::new("desks"))
        .fleet(Fleet::new("idle"))
        .stack(Stack::new("office"))
        .stack(Stack::new("annex"))
        .associate("desks", "office")
        .associate("desks", "annex")
        .session(
            session("saml-1")
                .saml()
                .user("ana")
                .started_at(1_767_254_400.25)
                .instance("i-1"),
        )
        .session(session("saml-2").saml().user("bob").instance("i-2"))
        .session(session("url-1").user("cy"))
        .session(session("pool-user-1").user_pool())
        .pool(Pool::new("wspool-abcdefghi", "branch"))
        .pool_session(
            PoolSession::new("ps-1", "wspool-abcdefghi")
                .user("dee")
                .started_at(1_767_254_400.0),
        )
        .pool_session(PoolSession::new("ps-2", "wspool-abcdefghi"));
    World::new("123456789012")
        .region(REGION, region)
        .page_size(1)
}

async fn simulator() -> Simulator {
    Simulator::start(small_world(), Options::default())
        .await
        .unwrap()
}

/// Name to sign for and prefix of the target, of the other services of AWS JSON.
fn json_service(operation: &str) -> Option<(&'static str, &'static str)> {
    if operation.ends_with("Quotas") {
        return Some(("servicequotas", "ServiceQuotasV20190624"));
    }
    let is_scaling = operation.contains("Scal") || operation.contains("Scheduled");
    is_scaling.then_some(("application-autoscaling", "AnyScaleFrontendService"))
}

/// The service of the operation, from its name.
fn is_workspaces(operation: &str) -> bool {
    operation.contains("Workspaces") || operation == "DescribeTags"
}

fn signature(operation: &str) -> String {
    let service = if operation == "AssumeRole" {
        "sts"
    } else if is_workspaces(operation) {
        "workspaces"
    } else if let Some((service, _)) = json_service(operation) {
        service
    } else {
        "appstream"
    };
    format!(
        "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{REGION}/{service}/aws4_request, \
         SignedHeaders=host, Signature=00\r\n"
    )
}

/// The signature of a request with credentials of a role.
fn temporary_signature(operation: &str, access_key_id: &str, session_token: &str) -> String {
    signature(operation).replace("AKIDEXAMPLE", access_key_id)
        + &format!("x-amz-security-token: {session_token}\r\n")
}

/// The bytes of a request, signed or with other headers in place of the signature.
fn request(operation: &str, input: &Value, signature: &str) -> Vec<u8> {
    let workspaces = is_workspaces(operation).then_some("WorkspacesService");
    let json = workspaces.or(json_service(operation).map(|(_, target)| target));
    let (path, headers, body) = if let Some(target) = json {
        let headers = format!(
            "content-type: application/x-amz-json-1.1\r\nx-amz-target: {target}.{operation}\r\n"
        );
        ("/".to_owned(), headers, input.to_string().into_bytes())
    } else {
        let mut body = Vec::new();
        ciborium::into_writer(input, &mut body).unwrap();
        let headers =
            "content-type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n".to_owned();
        let path = format!("/service/PhotonAdminProxyService/operation/{operation}");
        (path, headers, body)
    };
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}{signature}\r\n"
    )
    .into_bytes();
    request.extend(body);
    request
}

/// Sends a signed request without waiting for the answer.
async fn send(simulator: &Simulator, operation: &str, input: Value) -> TcpStream {
    send_bytes(
        simulator,
        &request(operation, &input, &signature(operation)),
    )
    .await
}

async fn send_bytes(simulator: &Simulator, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(simulator.address()).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream
}

/// Sends a request and reads until the connection is closed.
async fn exchange(simulator: &Simulator, request: &[u8]) -> io::Result<Answer> {
    receive(send_bytes(simulator, request).await).await
}

async fn receive(mut stream: TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await?;
    Ok(Answer::parse(&bytes))
}

/// Sends a request and reads until the connection is closed.
async fn ask(simulator: &Simulator, operation: &str, input: Value) -> Answer {
    try_ask(simulator, operation, input).await.unwrap()
}

async fn try_ask(simulator: &Simulator, operation: &str, input: Value) -> io::Result<Answer> {
    receive(send(simulator, operation, input).await).await
}

#[tokio::test]
async fn updates_show_and_a_stopped_simulator_refuses_connections() {
    let simulator = simulator().await;
    simulator.update(|world| {
        world.region_mut(REGION).remove_fleet("desks");
    });
    let fleets = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(fleets.names("Fleets", "Name"), ["idle"]);
    let stacks = ask(
        &simulator,
        "ListAssociatedFleets",
        json!({"StackName": "office"}),
    )
    .await;
    assert_eq!(stacks.document()["Names"], json!([]));

    let address = simulator.address();
    simulator.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn calls_are_recorded_as_they_were_understood() {
    let simulator = simulator().await;
    let input = json!({"StackName": "office", "FleetName": "desks", "AuthenticationType": "SAML", "Limit": 5});
    ask(&simulator, "DescribeSessions", input).await;
    ask(
        &simulator,
        "DescribeWorkspacesPoolSessions",
        json!({"PoolId": "wspool-000000000"}),
    )
    .await;

    let expected = Call {
        account_id: "123456789012".to_owned(),
        region: REGION.to_owned(),
        service: "appstream".to_owned(),
        operation: "DescribeSessions".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        parameters: Parameters {
            stack: Some("office".to_owned()),
            fleet: Some("desks".to_owned()),
            authentication_type: Some("SAML".to_owned()),
            limit: Some(5),
            ..Parameters::default()
        },
        status: Some(200),
        error_code: None,
    };
    let calls = simulator.calls();
    assert_eq!(calls[0], expected);
    assert_eq!(calls[1].service, "workspaces");
    assert_eq!(
        calls[1].error_code.as_deref(),
        Some("ResourceNotFoundException")
    );
    assert_eq!(simulator.count("DescribeSessions"), 1);

    simulator.reset_calls();
    assert_eq!(simulator.calls(), []);
    assert_eq!(simulator.count("DescribeSessions"), 0);
}

#[tokio::test]
async fn requests_above_the_rate_are_throttled() {
    let options = Options {
        requests_per_second: Some(0.001),
        burst: 2,
        ..Options::default()
    };
    let simulator = Simulator::start(small_world(), options).await.unwrap();
    let mut statuses = Vec::new();
    for operation in [
        "DescribeFleets",
        "DescribeStacks",
        "DescribeFleets",
        "DescribeWorkspacesPools",
    ] {
        statuses.push(ask(&simulator, operation, json!({})).await.status);
    }
    assert_eq!(statuses, [200, 200, 400, 200]);
    let refused = &simulator.calls()[2];
    assert_eq!(refused.error_code.as_deref(), Some("ThrottlingException"));
}
