//! The credentials of a host: instance metadata and container credentials.

use super::*;

const TOKEN_PATH: &str = "/latest/api/token";
const REGION_PATH: &str = "/latest/meta-data/placement/region";
const ROLE_PATH: &str = "/latest/meta-data/iam/security-credentials/";

async fn lookup(simulator: &Simulator, method: &str, path: &str, headers: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n{headers}\r\n"
    );
    exchange(simulator, request.as_bytes()).await.unwrap()
}

fn text(answer: &Answer) -> (u16, &str) {
    (answer.status, std::str::from_utf8(&answer.body).unwrap())
}

/// Gets a token, and returns the header that shows it.
async fn token_header(simulator: &Simulator) -> String {
    let lifetime = "x-aws-ec2-metadata-token-ttl-seconds: 21600";
    let answer = lookup(simulator, "PUT", TOKEN_PATH, &format!("{lifetime}\r\n")).await;
    assert!(answer.head.contains(lifetime), "{}", answer.head);
    format!("x-aws-ec2-metadata-token: {}\r\n", text(&answer).1)
}

/// The account that signed requests with these credentials are answered for.
async fn account_of(simulator: &Simulator, credentials: &Answer) -> String {
    let credentials = credentials.document();
    let member = |name: &str| credentials[name].as_str().unwrap().to_owned();
    let expires = humantime::parse_rfc3339(&member("Expiration")).unwrap();
    assert!(expires > std::time::UNIX_EPOCH);
    let (key, token) = (member("AccessKeyId"), member("Token"));
    let signature = temporary_signature("DescribeFleets", &key, &token);
    let request = request("DescribeFleets", &json!({}), &signature);
    let answer = exchange(simulator, &request).await.unwrap();
    assert_eq!(answer.status, 200);
    let calls = simulator.calls();
    calls.last().unwrap().account_id.clone()
}

#[tokio::test]
async fn metadata_names_region_and_role_to_those_who_show_its_token() {
    let simulator = simulator().await;
    let token = token_header(&simulator).await;
    let lookup = async |path: &str, headers: &str| lookup(&simulator, "GET", path, headers).await;
    for path in [REGION_PATH, ROLE_PATH, "/latest/meta-data/other"] {
        assert_eq!(text(&lookup(path, "").await), (401, ""), "{path}");
        assert_eq!(text(&lookup(path, &token).await), (404, ""), "{path}");
    }
    simulator.update(|world| world.instance = Instance::new().region("eu-west-1").role("exporter"));
    assert_eq!(text(&lookup(REGION_PATH, &token).await), (200, "eu-west-1"));
    assert_eq!(text(&lookup(ROLE_PATH, &token).await), (200, "exporter"));
    let path = format!("{ROLE_PATH}exporter");
    let credentials = lookup(&path, &token).await;
    assert_eq!(credentials.document()["Code"], "Success");
    assert_eq!(account_of(&simulator, &credentials).await, "123456789012");
    let other = lookup(&format!("{ROLE_PATH}other"), &token).await;
    assert_eq!(other.status, 404);
    let call = simulator.calls().pop().unwrap();
    assert_eq!((&*call.service, call.status), ("metadata", Some(404)));
}

#[tokio::test]
async fn a_container_gets_credentials() {
    let simulator = simulator().await;
    let credentials = lookup(&simulator, "GET", "/credentials", "").await;
    assert_eq!(account_of(&simulator, &credentials).await, "123456789012");
    assert_eq!(simulator.calls()[0].service, "container");
    assert_eq!(simulator.count("/credentials"), 1);
}

#[tokio::test]
async fn metadata_and_containers_have_faults_of_their_own() {
    let simulator = simulator().await;
    for (fault, expected) in [
        (
            Fault::unavailable(),
            (503, "Service is unable to handle request"),
        ),
        (Fault::not_found(), (404, "")),
        (Fault::foreign_answer(403, "text/plain", "no"), (403, "no")),
    ] {
        simulator.inject(fault.service("metadata").times(1));
        let answer = lookup(&simulator, "PUT", TOKEN_PATH, "").await;
        assert_eq!(text(&answer), expected);
    }
    simulator.inject(Fault::reset().service("container"));
    let refused = b"GET /credentials HTTP/1.1\r\nhost: h\r\n\r\n";
    assert!(exchange(&simulator, refused).await.is_err());
    assert_eq!(simulator.calls().pop().unwrap().status, None);
    token_header(&simulator).await;
    let fleets = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(fleets.status, 200);
}
