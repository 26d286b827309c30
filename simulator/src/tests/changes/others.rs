//! Pools, builders and scaling.

use super::*;

impl Client {
    async fn pool(&self) -> Value {
        let pools = self.ok("DescribeWorkspacesPools", json!({})).await;
        pools["WorkspacesPools"][0].clone()
    }
}

#[tokio::test]
async fn a_pool_lives_from_its_creation_to_its_end() {
    for wire in [Wire::Json, Wire::Cbor] {
        let client = Client::new(wire).await;
        let input = json!({
            "PoolName": "branch", "Description": "Branch", "BundleId": "wsb-0a1b2c3d4",
            "DirectoryId": "wsd-0a1b2c3d4", "Capacity": {"DesiredUserSessions": 2},
            "TimeoutSettings": {"DisconnectTimeoutInSeconds": 120},
            "ApplicationSettings": {"Status": "DISABLED"}, "Tags": [{"Key": "team", "Value": "x"}],
        });
        let created = client.ok("CreateWorkspacesPool", input).await["WorkspacesPool"].clone();
        assert_eq!(created["State"], "CREATING");
        assert_eq!(created["ApplicationSettings"]["Status"], "DISABLED");
        let id = created["PoolId"].as_str().unwrap().to_owned();
        let of_pool = json!({"PoolId": id});
        let token = json!({"PoolId": id, "NextToken": "none"});
        let foreign = client.error("DescribeWorkspacesPoolSessions", token).await;
        assert_eq!(foreign, "InvalidParameterValuesException");
        let early = client.error("StartWorkspacesPool", of_pool.clone()).await;
        assert_eq!(early, "InvalidResourceStateException");
        client.pass(60).await;
        client.ok("StartWorkspacesPool", of_pool.clone()).await;
        client.pass(140).await;
        assert_eq!(client.pool().await["State"], "RUNNING");
        let user = json!({"region": REGION, "pool": id, "user": "dee"});
        let url = client.control("POST", "pool-users", user).await["StreamingURL"].clone();
        let url = url.as_str().unwrap();
        let session = client.fetch(url, "").await.document();
        let status = json!({
            "AvailableUserSessions": 1, "DesiredUserSessions": 2, "ActualUserSessions": 2, "ActiveUserSessions": 1,
        });
        assert_eq!(client.pool().await["CapacityStatus"], status);
        let sessions = client
            .ok("DescribeWorkspacesPoolSessions", of_pool.clone())
            .await;
        assert_eq!(sessions["Sessions"][0]["SessionId"], session["SessionId"]);
        assert_eq!(sessions["Sessions"][0]["UserId"], "dee");

        client.fetch(url, "disconnect").await;
        client.pass(120).await;
        let sessions = client
            .ok("DescribeWorkspacesPoolSessions", of_pool.clone())
            .await;
        assert_eq!(sessions["Sessions"], json!([]));
        let session = client.fetch(url, "").await.document();
        let of_session = json!({"SessionId": session["SessionId"]});
        client
            .ok("TerminateWorkspacesPoolSession", of_session.clone())
            .await;
        let gone = client
            .error("TerminateWorkspacesPoolSession", of_session)
            .await;
        assert_eq!(gone, "ResourceNotFoundException");

        let bundle = json!({"PoolId": id, "BundleId": "wsb-000000000"});
        let refused = client.error("UpdateWorkspacesPool", bundle).await;
        assert_eq!(refused, "InvalidResourceStateException");
        client.ok("StopWorkspacesPool", of_pool.clone()).await;
        client.pass(120).await;
        let capacity = json!({"PoolId": id, "Capacity": {"DesiredUserSessions": 5}});
        client.ok("UpdateWorkspacesPool", capacity).await;
        assert_eq!(
            client.pool().await["CapacityStatus"]["DesiredUserSessions"],
            5
        );
        client.ok("TerminateWorkspacesPool", of_pool).await;
        assert_eq!(client.pool().await["State"], "DELETING");
        client.pass(120).await;
        assert_eq!(client.pool().await, Value::Null);
    }
}

#[tokio::test]
async fn builders_start_stop_and_go() {
    let client = Client::new(Wire::Json).await;
    let vpc = json!({"SubnetIds": ["subnet-1"]});
    let input = json!({
        "Name": "gold", "InstanceType": "stream.standard.large", "ImageName": "base", "VpcConfig": vpc
    });
    let builder = client.ok("CreateImageBuilder", input).await["ImageBuilder"].clone();
    assert_eq!(builder["State"], "PENDING");
    assert_eq!(builder["VpcConfig"], vpc);
    let name = json!({"Name": "gold"});
    let early = client.error("StopImageBuilder", name.clone()).await;
    assert_eq!(early, "OperationNotPermittedException");
    let early = client.error("StartImageBuilder", name.clone()).await;
    assert_eq!(early, "ResourceNotAvailableException");
    client.pass(300).await;
    client.ok("StopImageBuilder", name.clone()).await;
    client.pass(120).await;
    let builders = client.ok("DescribeImageBuilders", json!({})).await;
    assert_eq!(builders["ImageBuilders"][0]["State"], "STOPPED");
    client.ok("DeleteImageBuilder", name.clone()).await;
    client.pass(120).await;
    assert_eq!(
        client.error("StartImageBuilder", name).await,
        "ResourceNotFoundException"
    );

    let input = json!({
        "Name": "blocks", "InstanceType": "stream.standard.large",
        "Platform": "WINDOWS_SERVER_2019", "VpcConfig": vpc,
    });
    client.ok("CreateAppBlockBuilder", input).await;
    let name = json!({"Name": "blocks"});
    client.ok("StartAppBlockBuilder", name.clone()).await;
    client.pass(120).await;
    let builders = client.ok("DescribeAppBlockBuilders", json!({})).await;
    assert_eq!(builders["AppBlockBuilders"][0]["State"], "RUNNING");
    client.ok("StopAppBlockBuilder", name.clone()).await;
    client.pass(120).await;
    client.ok("DeleteAppBlockBuilder", name).await;
    let builders = client.ok("DescribeAppBlockBuilders", json!({})).await;
    assert_eq!(builders["AppBlockBuilders"], json!([]));
}

#[tokio::test]
async fn capacity_follows_the_limits_and_the_schedule() {
    let client = Client::new(Wire::Cbor).await;
    client.running_fleet(json!({})).await;
    client
        .control("POST", "clock", json!({"now": "2026-11-30T07:00:00Z"}))
        .await;
    let of = json!({
        "ServiceNamespace": "appstream", "ResourceId": "fleet/desks",
        "ScalableDimension": "appstream:fleet:DesiredCapacity",
    });
    let with = |members: Value| {
        let mut input = of.clone();
        input
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        input
    };
    let morning = with(json!({
        "ScheduledActionName": "morning", "Schedule": "cron(0 8 * * ? *)",
        "ScalableTargetAction": {"MinCapacity": 4},
    }));
    let early = client.error("PutScheduledAction", morning.clone()).await;
    assert_eq!(early, "ObjectNotFoundException");
    client
        .ok(
            "RegisterScalableTarget",
            with(json!({"MinCapacity": 3, "MaxCapacity": 6})),
        )
        .await;
    assert_eq!(client.instances().await[0], 3);
    client.ok("PutScheduledAction", morning).await;
    client.pass(3_599).await;
    assert_eq!(client.instances().await[0], 3);
    client.pass(1).await;
    assert_eq!(client.instances().await[0], 4);
    client.pass(600).await;
    assert_eq!(client.instances().await, [4, 4, 0, 4]);

    let token = with(json!({"NextToken": "none"}));
    let foreign = client.error("DescribeScalableTargets", token).await;
    assert_eq!(foreign, "InvalidNextTokenException");
    let targets = client.ok("DescribeScalableTargets", with(json!({}))).await;
    assert_eq!(targets["ScalableTargets"][0]["MinCapacity"], 4);
    let activities = client.ok("DescribeScalingActivities", of.clone()).await;
    assert_eq!(activities["ScalingActivities"].as_array().unwrap().len(), 2);
    let policy = with(json!({
        "PolicyName": "half", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "AppStreamAverageCapacityUtilization"},
        },
    }));
    for (member, value) in [
        ("PolicyType", json!("StepScaling")),
        ("PolicyType", Value::Null),
        ("TargetTrackingScalingPolicyConfiguration", Value::Null),
        ("TargetTrackingScalingPolicyConfiguration", json!({})),
        (
            "TargetTrackingScalingPolicyConfiguration",
            json!({"TargetValue": 50.0}),
        ),
    ] {
        let mut wrong = policy.clone();
        wrong[member] = value;
        let refused = client.error("PutScalingPolicy", wrong.clone()).await;
        assert_eq!(refused, "ValidationException", "{wrong}");
    }
    client.ok("PutScalingPolicy", policy.clone()).await;
    client.ok("DeleteScalingPolicy", policy.clone()).await;
    assert_eq!(
        client.error("DeleteScalingPolicy", policy).await,
        "ObjectNotFoundException"
    );
    let name = with(json!({"ScheduledActionName": "morning"}));
    client.ok("DeleteScheduledAction", name).await;
    client.ok("DeregisterScalableTarget", of.clone()).await;
    assert_eq!(
        client.error("DeregisterScalableTarget", of.clone()).await,
        "ObjectNotFoundException"
    );
    for (members, code) in [
        (json!({"MinCapacity": 1}), "ValidationException"),
        (
            json!({"MinCapacity": 3, "MaxCapacity": 2}),
            "ValidationException",
        ),
        (
            json!({"ResourceId": "fleet/none", "MinCapacity": 1, "MaxCapacity": 2}),
            "ValidationException",
        ),
    ] {
        assert_eq!(
            client.error("RegisterScalableTarget", with(members)).await,
            code
        );
    }
}

#[tokio::test]
async fn the_limits_of_a_multi_session_fleet_count_sessions() {
    let client = Client::new(Wire::Json).await;
    let multi = json!({"MaxSessionsPerInstance": 4, "ComputeCapacity": {"DesiredSessions": 4}});
    client.running_fleet(multi).await;
    let target = json!({
        "ServiceNamespace": "appstream", "ResourceId": "fleet/desks",
        "ScalableDimension": "appstream:fleet:DesiredCapacity", "MinCapacity": 9, "MaxCapacity": 20,
    });
    client.ok("RegisterScalableTarget", target).await;
    assert_eq!(client.slots().await, [12, 4, 0, 4]);
}

#[tokio::test]
async fn tags_of_a_scaling_target_are_kept() {
    let client = Client::new(Wire::Json).await;
    client.running_fleet(json!({})).await;
    let target = json!({
        "ServiceNamespace": "appstream", "ResourceId": "fleet/desks",
        "ScalableDimension": "appstream:fleet:DesiredCapacity", "MinCapacity": 1, "MaxCapacity": 2,
        "Tags": {"team": "desk"},
    });
    let target = client.ok("RegisterScalableTarget", target).await;
    let arn = &target["ScalableTargetARN"];
    let tags = json!({"ResourceARN": arn, "Tags": {"cost": "1"}, "TagKeys": ["team"]});
    client.scaling("TagResource", &tags).await;
    let listed = client
        .scaling("ListTagsForResource", &tags)
        .await
        .document();
    assert_eq!(listed["Tags"], json!({"team": "desk", "cost": "1"}));
    client.scaling("UntagResource", &tags).await;
    let listed = client
        .scaling("ListTagsForResource", &tags)
        .await
        .document();
    assert_eq!(listed["Tags"], json!({"cost": "1"}));
    let missing = json!({"ResourceARN": format!("{}-none", arn.as_str().unwrap())});
    let missing = client.scaling("ListTagsForResource", &missing).await;
    assert_eq!(
        missing.error(),
        (400, "ResourceNotFoundException".to_owned())
    );
}

#[tokio::test]
async fn a_stopped_fleet_is_scaled_once_it_runs() {
    let client = Client::new(Wire::Json).await;
    client.running_fleet(json!({})).await;
    client.ok("StopFleet", json!({"Name": "desks"})).await;
    client.pass(120).await;
    let target = json!({
        "ServiceNamespace": "appstream", "ResourceId": "fleet/desks",
        "ScalableDimension": "appstream:fleet:DesiredCapacity", "MinCapacity": 3, "MaxCapacity": 4,
    });
    client.ok("RegisterScalableTarget", target).await;
    assert_eq!(client.instances().await, [2, 0, 0, 0]);
    client.ok("StartFleet", json!({"Name": "desks"})).await;
    client.pass(120).await;
    assert_eq!(client.instances().await, [3, 1, 0, 1]);
}

#[tokio::test]
async fn a_recurring_action_takes_place_at_its_start_and_until_its_end() {
    let client = Client::new(Wire::Json).await;
    client.running_fleet(json!({})).await;
    let clock = json!({"now": "2026-11-30T07:00:00Z"});
    client.control("POST", "clock", clock).await;
    let mut input = json!({
        "ServiceNamespace": "appstream", "ResourceId": "fleet/desks",
        "ScalableDimension": "appstream:fleet:DesiredCapacity", "MinCapacity": 1, "MaxCapacity": 9,
        "ScheduledActionName": "ten", "Schedule": "cron(0 10 * * ? *)",
        "StartTime": "2026-11-30T08:00:00Z", "EndTime": "2026-11-30T12:00:00Z",
        "ScalableTargetAction": {"MinCapacity": 3},
    });
    client.ok("RegisterScalableTarget", input.clone()).await;
    client.ok("PutScheduledAction", input.clone()).await;
    client.pass(3_599).await;
    assert_eq!(client.instances().await[0], 2);
    client.pass(1).await;
    assert_eq!(client.instances().await[0], 3);
    input["ScheduledActionName"] = json!("afternoon");
    input["Schedule"] = json!("cron(0 13 * * ? *)");
    input["StartTime"] = json!("2026-11-30T07:00:00Z");
    input["ScalableTargetAction"] = json!({"MinCapacity": 5});
    client.ok("PutScheduledAction", input).await;
    client.pass(86_400).await;
    assert_eq!(client.instances().await[0], 3);
}
