//! Roles: who may assume them, what their credentials open, and how STS says no.

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

/// Assumes a role of the member that asks for no external id.
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
    crate::moment::Moment::now().epoch_seconds
}

#[tokio::test]
async fn whoever_is_not_let_in_hears_the_same() {
    let simulator = simulator().await;
    for (name, role, external_id) in [
        ("no external id", ROLE, ""),
        ("wrong external id", ROLE, "&ExternalId=guess"),
        ("refusing role", "arn:aws:iam::210987654321:role/closed", ""),
        (
            "unknown role",
            "arn:aws:iam::210987654321:role/reader",
            "&ExternalId=a%2Fb%2Bc+d%26e",
        ),
        ("unknown account", "arn:aws:iam::000000000000:role/open", ""),
        ("no role at all", "open", ""),
    ] {
        let more = format!("RoleSessionName=test&RoleArn={role}{external_id}");
        let answer = assume_with(&simulator, &more).await;
        assert_eq!(answer.status, 403, "{name}");
        assert_eq!(answer.element("Type"), "Sender", "{name}");
        assert_eq!(answer.element("Code"), "AccessDenied", "{name}");
        assert_eq!(
            answer.element("Message"),
            format!(
                "User: arn:aws:iam::123456789012:user/simulated is not authorized to perform: \
                 sts:AssumeRole on resource: {role}"
            ),
            "{name}"
        );
        let call = simulator.calls().pop().unwrap();
        assert_eq!(call.status, Some(403), "{name}");
        assert_eq!(call.error_code.as_deref(), Some("AccessDenied"), "{name}");
    }
}

#[tokio::test]
async fn requests_to_sts_that_make_no_sense_are_refused() {
    let simulator = simulator().await;
    let open = "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::210987654321:role/open";
    let named = format!("{open}&RoleSessionName=test");
    let signed = signature("AssumeRole");
    let cases = [
        ("nothing", String::new(), &*signed, 400, "InvalidAction"),
        (
            "another version",
            named.replace("2011-06-15", "2010-05-08"),
            &signed,
            400,
            "InvalidAction",
        ),
        (
            "another operation",
            "Action=GetSessionToken&Version=2011-06-15".to_owned(),
            &signed,
            400,
            "InvalidAction",
        ),
        (
            "no role",
            "Action=AssumeRole&Version=2011-06-15&RoleSessionName=test".to_owned(),
            &signed,
            400,
            "ValidationError",
        ),
        ("no name", open.to_owned(), &signed, 400, "ValidationError"),
        (
            "short name",
            format!("{open}&RoleSessionName=a"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "name with a space",
            format!("{open}&RoleSessionName=my+test"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "short duration",
            format!("{named}&DurationSeconds=899"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "long duration",
            format!("{named}&DurationSeconds=43201"),
            &signed,
            400,
            "ValidationError",
        ),
        (
            "duration in words",
            format!("{named}&DurationSeconds=hour"),
            &signed,
            400,
            "MalformedInput",
        ),
        (
            "unsigned",
            named.clone(),
            "",
            403,
            "MissingAuthenticationToken",
        ),
        (
            "signed for another service",
            named.clone(),
            &signature("DescribeFleets"),
            403,
            "SignatureDoesNotMatch",
        ),
        (
            "a key that was never issued",
            named.clone(),
            &temporary_signature("AssumeRole", "ASIAFORGED", "token"),
            403,
            "InvalidClientTokenId",
        ),
    ];
    for (name, form, signature, status, code) in cases {
        let answer = exchange(&simulator, &query(&form, signature))
            .await
            .unwrap();
        assert_eq!(answer.status, status, "{name}");
        assert_eq!(answer.element("Code"), code, "{name}");
    }
}

#[tokio::test]
async fn an_issued_key_opens_the_world_of_its_role() {
    let simulator = simulator().await;
    let credentials = assume(&simulator, "open").await;
    let fleets = fleets_with(&simulator, &credentials).await;
    assert_eq!(fleets.names("Fleets", "Name"), ["theirs"]);
    assert_eq!(
        fleets.document()["Fleets"][0]["Arn"],
        "arn:aws:appstream:eu-central-1:210987654321:fleet/theirs"
    );
    let call = simulator.calls().pop().unwrap();
    assert_eq!(call.account_id, MEMBER);
    assert_eq!(call.access_key_id, credentials.element("AccessKeyId"));

    let home = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(home.names("Fleets", "Name"), ["desks"]);
    assert_eq!(simulator.calls().pop().unwrap().account_id, HOME);

    simulator.update(|world| {
        let member = world.member_mut(MEMBER).unwrap();
        member.region_mut(REGION).remove_fleet("theirs");
    });
    let fleets = fleets_with(&simulator, &credentials).await;
    assert_eq!(fleets.document(), json!({"Fleets": []}));
}

#[tokio::test]
async fn a_token_of_a_list_is_worth_nothing_in_another_account() {
    let simulator = simulator().await;
    let page = ask(&simulator, "DescribeFleets", json!({})).await;
    let credentials = assume(&simulator, "open").await;
    let signature = temporary_signature(
        "DescribeFleets",
        &credentials.element("AccessKeyId"),
        &credentials.element("SessionToken"),
    );
    let input = json!({"NextToken": page.next_token()});
    let answer = exchange(&simulator, &request("DescribeFleets", &input, &signature))
        .await
        .unwrap();
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn keys_that_are_not_in_force_open_nothing() {
    let simulator = simulator().await;
    let (open, brief) = (
        assume(&simulator, "open").await,
        assume(&simulator, "brief").await,
    );
    let (open_key, brief_key) = (open.element("AccessKeyId"), brief.element("AccessKeyId"));
    let (open_token, brief_token) = (open.element("SessionToken"), brief.element("SessionToken"));
    let (expired, unrecognized) = ("ExpiredTokenException", "UnrecognizedClientException");
    for (name, key, token, code) in [
        ("expired", &*brief_key, Some(&*brief_token), expired),
        ("forged token", &open_key, Some("forged"), unrecognized),
        ("no token", &open_key, None, unrecognized),
        (
            "another's token",
            &open_key,
            Some(&brief_token),
            unrecognized,
        ),
        ("forged key", "ASIAFORGED", Some(&open_token), unrecognized),
    ] {
        let appstream = fleets_as(&simulator, key, token).await;
        let expected = format!("com.amazonaws.appstream#{code}");
        assert_eq!(appstream.error(), (400, expected), "{name}");
        let call = simulator.calls().pop().unwrap();
        assert_eq!(call.account_id, "", "{name}");

        let signature = temporary_signature("DescribeWorkspacesPools", key, token.unwrap_or(""));
        let request = request("DescribeWorkspacesPools", &json!({}), &signature);
        let workspaces = exchange(&simulator, &request).await.unwrap();
        assert_eq!(workspaces.error(), (400, code.to_owned()), "{name}");
    }
    assert_eq!(fleets_with(&simulator, &open).await.status, 200);
}

#[tokio::test]
async fn a_role_lasts_as_asked_for_and_no_longer_than_it_may() {
    let simulator = simulator().await;
    let own = format!("RoleSessionName=test&RoleArn=arn:aws:iam::{HOME}:role/own");
    let open = format!("RoleSessionName=test&RoleArn=arn:aws:iam::{MEMBER}:role/open");
    for (name, more, expected) in [
        ("its own", own.clone(), 900.0),
        (
            "asked for less",
            format!("{open}&DurationSeconds=1200"),
            1_200.0,
        ),
        (
            "asked for more",
            format!("{own}&DurationSeconds=1200"),
            900.0,
        ),
    ] {
        let before = epoch_seconds_of_now();
        let answer = assume_with(&simulator, &more).await;
        let expires = humantime::parse_rfc3339(&answer.element("Expiration")).unwrap();
        let since_epoch = expires.duration_since(std::time::UNIX_EPOCH).unwrap();
        let lasts = since_epoch.as_secs_f64() - before;
        assert!(
            (expected - 2.0..expected + 30.0).contains(&lasts),
            "{name}: {lasts}"
        );
    }
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
