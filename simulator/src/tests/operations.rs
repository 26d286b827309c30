//! Responses of the operations in both formats.

mod inventory;
mod refusals;

use super::*;

const POOL: &str = "wspool-abcdefghi";

/// Reads all pages of a list and names its items.
async fn all(
    simulator: &Simulator,
    operation: &str,
    mut input: Value,
    member: &str,
    name: &str,
) -> Vec<String> {
    let mut names = Vec::new();
    for _ in 0..10 {
        let page = ask(simulator, operation, input.clone()).await;
        assert_eq!(page.status, 200, "{page:?}");
        names.extend(page.names(member, name));
        match page.next_token() {
            Some(token) => input["NextToken"] = json!(token),
            None => return names,
        }
    }
    panic!("{operation} does not come to an end");
}

#[tokio::test]
async fn lists_come_page_by_page_and_whole() {
    let simulator = simulator().await;
    let saml = json!({
        "StackName": "office", "FleetName": "desks", "AuthenticationType": "SAML", "Limit": 1
    });
    let cases = [
        (
            "DescribeFleets",
            json!({}),
            "Fleets",
            "Name",
            ["desks", "idle"],
        ),
        (
            "DescribeStacks",
            json!({}),
            "Stacks",
            "Name",
            ["annex", "office"],
        ),
        (
            "DescribeSessions",
            saml,
            "Sessions",
            "Id",
            ["saml-1", "saml-2"],
        ),
        (
            "DescribeWorkspacesPoolSessions",
            json!({"PoolId": POOL, "Limit": 1}),
            "Sessions",
            "SessionId",
            ["ps-1", "ps-2"],
        ),
    ];
    for (operation, input, member, name, expected) in cases {
        let calls = simulator.count(operation);
        assert_eq!(
            all(&simulator, operation, input, member, name).await,
            expected,
            "{operation}"
        );
        assert_eq!(
            simulator.count(operation) - calls,
            expected.len(),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn associations_are_listed_both_ways() {
    let simulator = simulator().await;
    let first = ask(
        &simulator,
        "ListAssociatedStacks",
        json!({"FleetName": "desks"}),
    )
    .await;
    assert_eq!(first.document()["Names"], json!(["annex"]));
    let input = json!({"FleetName": "desks", "NextToken": first.next_token()});
    let second = ask(&simulator, "ListAssociatedStacks", input).await;
    assert_eq!(second.document(), json!({"Names": ["office"]}));
    let fleets = ask(
        &simulator,
        "ListAssociatedFleets",
        json!({"StackName": "annex"}),
    )
    .await;
    assert_eq!(fleets.document(), json!({"Names": ["desks"]}));
}

#[tokio::test]
async fn sessions_are_selected_as_the_request_says() {
    let simulator = simulator().await;
    let cases = [
        (
            "no type lists streaming URLs alone",
            json!({}),
            &["url-1"][..],
        ),
        ("API", json!({"AuthenticationType": "API"}), &["url-1"]),
        (
            "SAML",
            json!({"AuthenticationType": "SAML"}),
            &["saml-1", "saml-2"],
        ),
        (
            "USERPOOL",
            json!({"AuthenticationType": "USERPOOL"}),
            &["pool-user-1"],
        ),
        ("AWS_AD", json!({"AuthenticationType": "AWS_AD"}), &[]),
        (
            "user",
            json!({"AuthenticationType": "SAML", "UserId": "bob"}),
            &["saml-2"],
        ),
        (
            "instance",
            json!({"AuthenticationType": "SAML", "InstanceId": "i-1"}),
            &["saml-1"],
        ),
        (
            "largest page",
            json!({"AuthenticationType": "SAML", "Limit": 50}),
            &["saml-1", "saml-2"],
        ),
    ];
    for (name, mut input, expected) in cases {
        input["StackName"] = json!("office");
        input["FleetName"] = json!("desks");
        let answer = ask(&simulator, "DescribeSessions", input).await;
        assert_eq!(answer.names("Sessions", "Id"), expected, "{name}");
        assert_eq!(answer.next_token(), None, "{name}");
    }
    let input = json!({"PoolId": POOL, "UserId": "dee"});
    let answer = ask(&simulator, "DescribeWorkspacesPoolSessions", input).await;
    assert_eq!(answer.names("Sessions", "SessionId"), ["ps-1"]);
}

#[tokio::test]
async fn members_have_the_names_and_types_of_the_api_model() {
    let simulator = simulator().await;
    let input = json!({"StackName": "office", "FleetName": "desks", "AuthenticationType": "SAML", "Limit": 1});
    let mut session =
        ask(&simulator, "DescribeSessions", input).await.document()["Sessions"].take();
    assert_eq!(
        session[0].take(),
        json!({
            "Id": "saml-1", "UserId": "ana", "StackName": "office", "FleetName": "desks",
            "State": "ACTIVE", "ConnectionState": "CONNECTED", "StartTime": 1_767_254_400.25,
            "AuthenticationType": "SAML", "InstanceId": "i-1",
        })
    );
    let mut pools = ask(&simulator, "DescribeWorkspacesPools", json!({}))
        .await
        .document()["WorkspacesPools"]
        .take();
    assert_eq!(
        pools[0].take(),
        json!({
            "PoolId": POOL,
            "PoolArn": "arn:aws:workspaces:eu-central-1:123456789012:workspacespool/wspool-abcdefghi",
            "CapacityStatus": {
                "AvailableUserSessions": 1, "DesiredUserSessions": 1,
                "ActualUserSessions": 1, "ActiveUserSessions": 0,
            },
            "PoolName": "branch", "State": "RUNNING", "CreatedAt": 1_704_067_200.0,
            "BundleId": "wsb-0a1b2c3d4", "DirectoryId": "wsd-0a1b2c3d4", "RunningMode": "ALWAYS_ON",
            "TimeoutSettings": {
                "DisconnectTimeoutInSeconds": 900, "IdleDisconnectTimeoutInSeconds": 1800,
                "MaxUserDurationInSeconds": 57600,
            },
        })
    );
    let fleets = ask(&simulator, "DescribeFleets", json!({"Names": ["desks"]}))
        .await
        .document();
    assert_eq!(
        fleets["Fleets"][0]["Arn"],
        "arn:aws:appstream:eu-central-1:123456789012:fleet/desks"
    );
    assert_eq!(
        fleets["Fleets"][0]["ComputeCapacityStatus"],
        json!({"Desired": 1, "Running": 1, "InUse": 0, "Available": 1})
    );
}

#[tokio::test]
async fn tags_are_told_by_the_arn_of_fleet_and_stack() {
    let simulator = simulator().await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        region.put_fleet(
            Fleet::new("desks")
                .tag("team", "A & B")
                .tag("env", "prod")
                .tag("team", "c"),
        );
        region.put_stack(Stack::new("desks").tag("owner", "ana"));
    });
    let prefix = "arn:aws:appstream:eu-central-1:123456789012";
    for (resource, tags) in [
        ("fleet/desks", json!({"env": "prod", "team": "c"})),
        ("stack/desks", json!({"owner": "ana"})),
        ("fleet/idle", json!({})),
        ("stack/office", json!({})),
    ] {
        let input = json!({"ResourceArn": format!("{prefix}:{resource}")});
        let answer = ask(&simulator, "ListTagsForResource", input).await;
        assert_eq!(answer.document(), json!({"Tags": tags}), "{resource}");
    }
    for arn in [
        format!("{prefix}:fleet/office"),
        format!("{prefix}:image/desks"),
        "arn:aws:appstream:us-east-1:123456789012:fleet/desks".to_owned(),
        "arn:aws:appstream:eu-central-1:210987654321:fleet/desks".to_owned(),
        "desks".to_owned(),
    ] {
        let input = json!({"ResourceArn": arn});
        let answer = ask(&simulator, "ListTagsForResource", input).await;
        let code = "com.amazonaws.appstream#ResourceNotFoundException";
        assert_eq!(answer.error(), (404, code.to_owned()), "{arn}");
    }
    let call = &simulator.calls()[0];
    assert_eq!(
        call.parameters.resource_arn,
        Some(format!("{prefix}:fleet/desks"))
    );
}

#[tokio::test]
async fn tags_of_a_pool_are_read_by_its_id() {
    let simulator = simulator().await;
    // The longest that the API model allows.
    let (key, value) = ("k".repeat(127), "v".repeat(255));
    simulator.update(|world| {
        let pool = Pool::new(POOL, "branch")
            .tag("team", "A & B")
            .tag("env", "");
        let pool = pool.tag(&key, &value);
        world.region_mut(REGION).put_pool(pool);
    });
    let answer = ask(&simulator, "DescribeTags", json!({"ResourceId": POOL})).await;
    let expected = json!({"TagList": [
        {"Key": "env", "Value": ""},
        {"Key": key, "Value": value},
        {"Key": "team", "Value": "A & B"},
    ]});
    assert_eq!(answer.document(), expected);
    let call = &simulator.calls()[0];
    assert_eq!(
        (
            call.service.as_str(),
            call.parameters.resource_id.as_deref()
        ),
        ("workspaces", Some(POOL))
    );
}

#[tokio::test]
async fn other_regions_are_empty_unless_the_world_is_everywhere() {
    let simulator = simulator().await;
    simulator.update(|world| {
        *world = World::new("1").region("us-east-1", Region::new().fleet(Fleet::new("f")))
    });
    let answer = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(answer.document(), json!({"Fleets": []}));
    simulator
        .update(|world| *world = World::new("1").everywhere(Region::new().fleet(Fleet::new("f"))));
    let answer = ask(&simulator, "DescribeFleets", json!({})).await;
    assert_eq!(answer.names("Fleets", "Name"), ["f"]);
}
