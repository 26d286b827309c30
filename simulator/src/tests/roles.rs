//! Roles: who may assume them, what their credentials open, and how STS says no.

mod keys;
mod refusals;

use super::*;

const HOME: &str = "123456789012";
const MEMBER: &str = "210987654321";
const ROLE: &str = "arn:aws:iam::210987654321:role/team/reader";

/// The small world as the home account, with a member that has one fleet.
fn organisation() -> World {
    let member = World::new(MEMBER)
        .region(
            REGION,
            Region::new().fleet(Fleet::new("theirs").tag("of", "member")),
        )
        .role(Role::new("team/reader").external_id("a/b+c d&e"))
        .role(Role::new("open"))
        .role(Role::new("closed").refuse())
        .role(Role::new("brief").lifetime(Duration::ZERO));
    small_world()
        .role(Role::new("own").lifetime(Duration::from_secs(900)))
        .member(member)
}

async fn simulator() -> Simulator {
    Simulator::start(organisation(), Options::default())
        .await
        .unwrap()
}

/// The bytes of a signed request to STS.
fn query(form: &str, signature: &str) -> Vec<u8> {
    let length = form.len();
    format!(
        "POST / HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\ncontent-length: {length}\r\n\
         content-type: application/x-www-form-urlencoded\r\n{signature}\r\n{form}"
    )
    .into_bytes()
}

async fn assume_with(simulator: &Simulator, more: &str) -> Answer {
    let form = format!("Action=AssumeRole&Version=2011-06-15&{more}");
    exchange(simulator, &query(&form, &signature("AssumeRole")))
        .await
        .unwrap()
}

/// Assumes a role of the member without an external ID.
async fn assume(simulator: &Simulator, role: &str) -> Answer {
    let more = format!("RoleSessionName=test&RoleArn=arn:aws:iam::{MEMBER}:role/{role}");
    assume_with(simulator, &more).await
}

/// Lists the fleets with the credentials of an answer.
async fn fleets_with(simulator: &Simulator, credentials: &Answer) -> Answer {
    let (key, token) = (
        credentials.element("AccessKeyId"),
        credentials.element("SessionToken"),
    );
    fleets_as(simulator, &key, Some(&token)).await
}

async fn fleets_as(simulator: &Simulator, key: &str, token: Option<&str>) -> Answer {
    let operation = "DescribeFleets";
    let signature = match token {
        Some(token) => temporary_signature(operation, key, token),
        None => signature(operation).replace("AKIDEXAMPLE", key),
    };
    let input = json!({});
    exchange(simulator, &request(operation, &input, &signature))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_role_is_assumed_as_the_query_protocol_has_it() {
    let simulator = simulator().await;
    let before = epoch_seconds_of_now();
    let answer = assume_with(
        &simulator,
        "RoleArn=arn%3Aaws%3Aiam%3A%3A210987654321%3Arole%2Fteam%2Freader\
         &RoleSessionName=exporter%40home&ExternalId=a%2Fb%2Bc+d%26e",
    )
    .await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/xml"));
    let key = answer.element("AccessKeyId");
    assert!(key.starts_with("ASIA") && key.len() == 20, "{key}");
    assert_eq!(answer.element("SecretAccessKey").len(), 32);
    let expires = humantime::parse_rfc3339(&answer.element("Expiration")).unwrap();
    let lasts = expires
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
        - before;
    assert!((3_598.0..3_630.0).contains(&lasts), "{lasts}");
    let body = String::from_utf8(answer.body.clone()).unwrap();
    let constant = body
        .replace(&key, "KEY")
        .replace(&answer.element("SecretAccessKey"), "SECRET")
        .replace(&answer.element("SessionToken"), "TOKEN")
        .replace(&answer.element("Expiration"), "TIME");
    assert_eq!(
        constant,
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>\
         <AssumedRoleId>AROASIMULATED00000000:exporter@home</AssumedRoleId>\
         <Arn>arn:aws:sts::210987654321:assumed-role/reader/exporter@home</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>KEY</AccessKeyId>\
         <SecretAccessKey>SECRET</SecretAccessKey><SessionToken>TOKEN</SessionToken>\
         <Expiration>TIME</Expiration></Credentials></AssumeRoleResult>\
         <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId>\
         </ResponseMetadata></AssumeRoleResponse>"
    );

    let expected = Call {
        account_id: HOME.to_owned(),
        region: REGION.to_owned(),
        service: "sts".to_owned(),
        operation: "AssumeRole".to_owned(),
        access_key_id: "AKIDEXAMPLE".to_owned(),
        parameters: Parameters {
            role_arn: Some(ROLE.to_owned()),
            role_session_name: Some("exporter@home".to_owned()),
            external_id: Some("a/b+c d&e".to_owned()),
            ..Parameters::default()
        },
        status: Some(200),
        error_code: None,
    };
    assert_eq!(simulator.calls(), [expected]);
    assert_eq!(simulator.count("AssumeRole"), 1);
}

fn epoch_seconds_of_now() -> f64 {
    crate::clock::Moment::now().epoch_seconds
}

#[tokio::test]
async fn one_role_leads_to_another() {
    let simulator = simulator().await;
    let first = assume(&simulator, "open").await;
    let signature = temporary_signature(
        "AssumeRole",
        &first.element("AccessKeyId"),
        &first.element("SessionToken"),
    );
    let form = |role: &str| {
        format!("Action=AssumeRole&Version=2011-06-15&RoleSessionName=two&RoleArn={role}")
    };
    let own = organisation().role_arn("own");
    let second = exchange(&simulator, &query(&form(&own), &signature))
        .await
        .unwrap();
    let fleets = fleets_with(&simulator, &second).await;
    assert_eq!(fleets.names("Fleets", "Name"), ["desks"]);

    let denied = exchange(&simulator, &query(&form(ROLE), &signature))
        .await
        .unwrap();
    assert_eq!(
        denied.element("Message"),
        format!(
            "User: arn:aws:sts::210987654321:assumed-role/open/test is not authorized to perform: \
             sts:AssumeRole on resource: {ROLE}"
        )
    );
}

#[tokio::test]
async fn faults_of_sts_have_its_own_codes() {
    let simulator = simulator().await;
    let cases = [
        (Fault::throttle(), 400, "Throttling"),
        (Fault::deny(), 403, "AccessDenied"),
        (Fault::not_found(), 403, "AccessDenied"),
        (Fault::expired_credentials(), 403, "ExpiredToken"),
        (Fault::internal_error(), 500, "InternalFailure"),
        (Fault::unavailable(), 503, "ServiceUnavailable"),
        (
            Fault::error_code(400, "ExpiredTokenException", "old"),
            400,
            "ExpiredTokenException",
        ),
    ];
    for (fault, status, code) in cases {
        let id = simulator.inject(fault.service("sts").operation("AssumeRole"));
        let answer = assume(&simulator, "open").await;
        assert_eq!(
            (answer.status, answer.element("Code")),
            (status, code.to_owned())
        );
        let call = simulator.calls().pop().unwrap();
        assert_eq!(call.error_code.as_deref(), Some(code));
        let fleets = ask(&simulator, "DescribeFleets", json!({})).await;
        assert_eq!(fleets.status, 200, "{code}");
        simulator.clear(id);
    }

    simulator.inject(Fault::garbage().service("sts"));
    let answer = assume(&simulator, "open").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.element("AccessKeyId"), "");
    simulator.clear_faults();

    simulator.inject(Fault::reset().operation("AssumeRole"));
    let form = "Action=AssumeRole&Version=2011-06-15";
    let error = exchange(&simulator, &query(form, &signature("AssumeRole")))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_fault_of_an_account_or_a_role_leaves_the_others_alone() {
    let simulator = simulator().await;
    let credentials = assume(&simulator, "open").await;
    let open = format!("arn:aws:iam::{MEMBER}:role/open");
    for (name, fault, home, member, role) in [
        ("member", Fault::throttle().account(MEMBER), 200, 400, 200),
        ("home", Fault::throttle().account(HOME), 400, 200, 400),
        ("role", Fault::throttle().role(open), 200, 200, 400),
        ("another role", Fault::throttle().role(ROLE), 200, 200, 200),
    ] {
        let id = simulator.inject(fault);
        let statuses = [
            ask(&simulator, "DescribeFleets", json!({})).await.status,
            fleets_with(&simulator, &credentials).await.status,
            assume(&simulator, "open").await.status,
        ];
        assert_eq!(statuses, [home, member, role], "{name}");
        simulator.clear(id);
    }
}

#[tokio::test]
async fn each_account_has_a_rate_of_its_own_and_so_has_sts() {
    let options = Options {
        requests_per_second: Some(0.001),
        ..Options::default()
    };
    let simulator = Simulator::start(organisation(), options).await.unwrap();
    let credentials = assume(&simulator, "open").await;
    assert_eq!(credentials.status, 200);
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(ask(&simulator, "DescribeFleets", json!({})).await.status);
        statuses.push(fleets_with(&simulator, &credentials).await.status);
    }
    assert_eq!(statuses, [200, 200, 400, 400]);

    let refused = assume(&simulator, "open").await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.element("Code"), "Throttling");
    assert_eq!(refused.element("Message"), "Rate exceeded");
}

#[test]
fn members_of_a_member_are_members() {
    let inner = World::new("3").role(Role::new("r"));
    let mut world = World::new("1").member(World::new("2").member(inner));
    assert!(world.member_mut("2").is_some());
    assert!(world.member_mut("1").is_none());
    let arn = world.member_mut("3").unwrap().role_arn("r");
    assert_eq!(arn, "arn:aws:iam::3:role/r");
    let (account, role) = world.role_of_any(&arn).unwrap();
    assert_eq!(account.account_id, "3");
    assert_eq!(role, &Role::new("r"));
    let member = world.member_mut("3").unwrap();
    member.role_mut("r").unwrap().refuses = true;
    assert_eq!(member.roles()["r"], Role::new("r").refuse());
}
