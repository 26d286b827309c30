//! Fleets and their sessions.

use std::collections::BTreeMap;

use super::*;

#[tokio::test]
async fn a_fleet_lives_from_its_creation_to_its_end() {
    for wire in [Wire::Json, Wire::Cbor] {
        let client = Client::new(wire).await;
        let input = json!({
            "Name": "desks", "InstanceType": "stream.standard.medium", "ImageName": "office-2026",
            "FleetType": "ALWAYS_ON", "MaxSessionsPerInstance": 4,
            "ComputeCapacity": {"DesiredSessions": 8}, "Tags": {"team": "desk"},
            "VpcConfig": {"SubnetIds": ["subnet-1"]},
        });
        let created = client.ok("CreateFleet", input.clone()).await;
        assert_eq!(created["Fleet"]["State"], "STOPPED");
        assert_eq!(created["Fleet"]["VpcConfig"]["SubnetIds"][0], "subnet-1");
        assert_eq!(client.slots().await, [8, 0, 0, 0]);
        let again = client.error("CreateFleet", input).await;
        assert_eq!(again, "ResourceAlreadyExistsException");

        client.ok("CreateStack", json!({"Name": "office"})).await;
        let of_pair = json!({"FleetName": "desks", "StackName": "office"});
        client.ok("AssociateFleet", of_pair.clone()).await;
        client.ok("StartFleet", json!({"Name": "desks"})).await;
        assert_eq!(client.fleet().await["State"], "STARTING");
        client.pass(119).await;
        assert_eq!(client.instances().await, [2, 0, 0, 0]);
        client.pass(1).await;
        assert_eq!(client.fleet().await["State"], "RUNNING");
        assert_eq!(client.slots().await, [8, 4, 0, 4]);
        client.pass(20).await;
        assert_eq!(client.slots().await, [8, 8, 0, 8]);

        let url = client.url("ana").await;
        let session = client.fetch(&url, "").await.document();
        assert_eq!(session["State"], "ACTIVE");
        client.fetch(&client.url("bob").await, "").await;
        assert_eq!(client.slots().await, [8, 8, 2, 6]);
        assert_eq!(client.instances().await, [2, 2, 1, 1]);
        assert_eq!(
            client.error("DisassociateFleet", of_pair.clone()).await,
            "ResourceInUseException"
        );

        let of_session = json!({"SessionId": session["SessionId"]});
        client.ok("DrainSessionInstance", of_session.clone()).await;
        let status = client.fleet().await["ComputeCapacityStatus"].clone();
        assert_eq!(status["Draining"], 1);
        assert_eq!(status["DrainModeActiveUserSessions"], 2);
        assert_eq!(status["DrainModeUnusedUserSessions"], 2);
        assert_eq!(client.slots().await, [8, 6, 2, 4]);

        let larger = json!({"Name": "desks", "MaxSessionsPerInstance": 6});
        let refused = client.error("UpdateFleet", larger.clone()).await;
        assert_eq!(refused, "ResourceInUseException");
        client.ok("StopFleet", json!({"Name": "desks"})).await;
        assert_eq!(
            client.sessions().await,
            [
                pair("EXPIRED", "NOT_CONNECTED"),
                pair("EXPIRED", "NOT_CONNECTED")
            ]
        );
        assert_eq!(
            client.error("DeleteFleet", json!({"Name": "desks"})).await,
            "ResourceInUseException"
        );
        client.pass(120).await;
        assert_eq!(client.fleet().await["State"], "STOPPED");
        assert_eq!(client.sessions().await, []);
        client.ok("UpdateFleet", larger).await;
        assert_eq!(client.slots().await, [12, 0, 0, 0]);

        let deleted = client.error("DeleteFleet", json!({"Name": "desks"})).await;
        assert_eq!(deleted, "ResourceInUseException");
        client.ok("DisassociateFleet", of_pair).await;
        client.ok("DeleteFleet", json!({"Name": "desks"})).await;
        client.ok("DeleteStack", json!({"Name": "office"})).await;
        let gone = client.error("StartFleet", json!({"Name": "desks"})).await;
        assert_eq!(gone, "ResourceNotFoundException");
    }
}

#[tokio::test]
async fn an_instance_of_one_session_is_replaced_after_it() {
    let client = Client::new(Wire::Cbor).await;
    client.running_fleet(json!({})).await;
    let url = client.url("ana").await;
    client.fetch(&url, "").await;
    assert_eq!(client.instances().await, [2, 2, 1, 1]);
    client.fetch(&url, "end").await;
    assert_eq!(client.sessions().await, [pair("EXPIRED", "NOT_CONNECTED")]);
    assert_eq!(client.instances().await, [2, 1, 0, 1]);
    client.pass(120).await;
    assert_eq!(client.instances().await, [2, 2, 0, 2]);
    assert_eq!(client.fetch(&url, "end").await.status, 409);
}

#[tokio::test]
async fn sessions_end_by_their_disconnect_timeout_and_their_longest_duration() {
    let client = Client::new(Wire::Json).await;
    let timeouts = json!({"DisconnectTimeoutInSeconds": 300, "MaxUserDurationInSeconds": 3600});
    client.running_fleet(timeouts).await;
    let url = client.url("ana").await;
    client.fetch(&url, "").await;
    client.fetch(&url, "disconnect").await;
    client.pass(299).await;
    assert_eq!(client.sessions().await, [pair("ACTIVE", "NOT_CONNECTED")]);
    client.fetch(&url, "").await;
    client.pass(300).await;
    assert_eq!(client.sessions().await, [pair("ACTIVE", "CONNECTED")]);
    client.fetch(&url, "disconnect").await;
    client.pass(300).await;
    assert_eq!(client.sessions().await, [pair("EXPIRED", "NOT_CONNECTED")]);
    client.fetch(&url, "").await;
    client.pass(3_599).await;
    assert_eq!(client.sessions().await, [pair("ACTIVE", "CONNECTED")]);
    client.pass(1).await;
    assert_eq!(client.sessions().await, [pair("EXPIRED", "NOT_CONNECTED")]);
    client.pass(60).await;
    assert_eq!(client.sessions().await, []);
}

#[tokio::test]
async fn users_of_an_on_demand_fleet_wait_and_those_of_a_full_fleet_are_turned_away() {
    let client = Client::new(Wire::Cbor).await;
    client
        .running_fleet(json!({"FleetType": "ON_DEMAND"}))
        .await;
    client.fetch(&client.url("ana").await, "").await;
    assert_eq!(client.sessions().await, [pair("PENDING", "NOT_CONNECTED")]);
    assert_eq!(client.instances().await, [2, 2, 1, 1]);
    client.pass(90).await;
    assert_eq!(client.sessions().await, [pair("ACTIVE", "CONNECTED")]);
    assert_eq!(client.fetch(&client.url("bob").await, "").await.status, 200);
    let full = client.fetch(&client.url("cy").await, "").await;
    assert_eq!(full.status, 503);
    assert_eq!(
        full.document()["error"],
        "no streaming resources are available"
    );
}

#[tokio::test]
async fn an_elastic_fleet_has_concurrency_and_no_capacity() {
    let client = Client::new(Wire::Cbor).await;
    let elastic = json!({
        "FleetType": "ELASTIC", "ComputeCapacity": null, "ImageName": null,
        "MaxConcurrentSessions": 1, "Platform": "AMAZON_LINUX2", "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"]},
    });
    client.running_fleet(elastic).await;
    assert_eq!(
        client.fleet().await["ComputeCapacityStatus"],
        json!({"Desired": 0})
    );
    assert_eq!(client.fetch(&client.url("ana").await, "").await.status, 200);
    let url = client.url("bob").await;
    assert_eq!(client.fetch(&url, "").await.status, 503);
    client
        .ok(
            "UpdateFleet",
            json!({"Name": "desks", "MaxConcurrentSessions": 2}),
        )
        .await;
    assert_eq!(client.fetch(&url, "").await.status, 200);
}

#[tokio::test]
async fn a_running_fleet_grows_at_once_and_shrinks_as_sessions_end() {
    let client = Client::new(Wire::Json).await;
    client.running_fleet(json!({})).await;
    let desired =
        |count: i32| json!({"Name": "desks", "ComputeCapacity": {"DesiredInstances": count}});
    client.ok("UpdateFleet", desired(3)).await;
    assert_eq!(client.instances().await, [3, 2, 0, 2]);
    client.pass(120).await;
    assert_eq!(client.instances().await, [3, 3, 0, 3]);
    let url = client.url("ana").await;
    client.fetch(&url, "").await;
    client.ok("UpdateFleet", desired(0)).await;
    assert_eq!(client.instances().await, [0, 1, 1, 0]);
    client.fetch(&url, "end").await;
    assert_eq!(client.instances().await, [0, 0, 0, 0]);
}

#[tokio::test]
async fn input_that_makes_no_sense_has_the_error_of_aws() {
    let client = Client::new(Wire::Cbor).await;
    client.running_fleet(json!({})).await;
    let fleet = |members: Value| {
        let mut input = json!({
            "Name": "more", "InstanceType": "stream.standard.medium", "ImageName": "office-2026",
            "ComputeCapacity": {"DesiredInstances": 1},
        });
        input
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        ("CreateFleet", input)
    };
    let elastic = |members: Value| {
        let mut all = json!({
            "FleetType": "ELASTIC", "ComputeCapacity": null, "ImageName": null, "Platform": "AMAZON_LINUX2",
            "MaxConcurrentSessions": 1, "VpcConfig": {"SubnetIds": ["subnet-1", "subnet-2"]},
        });
        let members = members.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(members);
        fleet(all)
    };
    let combination = "InvalidParameterCombinationException";
    let not_found = "ResourceNotFoundException";
    let url = |fleet: &str, user: &str| {
        (
            "CreateStreamingURL",
            json!({"FleetName": fleet, "StackName": "office", "UserId": user}),
        )
    };
    client.ok("CreateStack", json!({"Name": "annex"})).await;
    for ((operation, input), code) in [
        (fleet(json!({"Name": "a b"})), "ValidationException"),
        (fleet(json!({"FleetType": "BOTH"})), "ValidationException"),
        (fleet(json!({"InstanceType": 1})), "SerializationException"),
        (fleet(json!({"ComputeCapacity": null})), combination),
        (
            fleet(json!({"ComputeCapacity": {"DesiredSessions": 4}})),
            combination,
        ),
        (fleet(json!({"MaxSessionsPerInstance": 4})), combination),
        (fleet(json!({"MaxUserDurationInSeconds": 599})), combination),
        (
            fleet(json!({"DisconnectTimeoutInSeconds": 36_001})),
            combination,
        ),
        (
            fleet(json!({"RootVolumeConfig": {"VolumeSizeInGb": 100}})),
            combination,
        ),
        (
            fleet(json!({"Tags": {"aws:a": "b"}})),
            "ValidationException",
        ),
        (fleet(json!({"FleetType": "ELASTIC"})), combination),
        (elastic(json!({"Platform": "WINDOWS"})), combination),
        (elastic(json!({"Platform": null})), combination),
        (
            elastic(json!({"DomainJoinInfo": {"DirectoryName": "example.com"}})),
            combination,
        ),
        (elastic(json!({"MaxConcurrentSessions": null})), combination),
        (
            elastic(json!({"VpcConfig": {"SubnetIds": ["subnet-1"]}})),
            combination,
        ),
        (
            (
                "CreateStack",
                json!({"Name": "web", "WebAuthnRedirection": {}}),
            ),
            "ValidationException",
        ),
        (
            ("UpdateFleet", json!({"DisplayName": "Desks"})),
            combination,
        ),
        (
            (
                "DescribeSessions",
                json!({"StackName": "office", "FleetName": "desks", "AuthenticationType": "NONE"}),
            ),
            "ValidationException",
        ),
        (
            fleet(json!({"ComputeCapacity": {"DesiredInstances": 2_000_000_000}})),
            "LimitExceededException",
        ),
        (fleet(json!({"ImageName": null})), combination),
        (("UpdateFleet", json!({"Name": "none"})), not_found),
        (
            ("StartFleet", json!({"Name": "desks"})),
            "OperationNotPermittedException",
        ),
        (
            ("DeleteFleet", json!({"Name": "desks"})),
            "ResourceInUseException",
        ),
        (
            ("DeleteStack", json!({"Name": "office"})),
            "ResourceInUseException",
        ),
        (
            ("CreateStack", json!({"Name": "office"})),
            "ResourceAlreadyExistsException",
        ),
        (
            (
                "AssociateFleet",
                json!({"FleetName": "desks", "StackName": "none"}),
            ),
            not_found,
        ),
        (url("desks", "a"), "ValidationException"),
        (url("none", "ana"), not_found),
        (
            (
                "CreateStreamingURL",
                json!({"FleetName": "desks", "StackName": "annex", "UserId": "ana"}),
            ),
            not_found,
        ),
        (
            ("DrainSessionInstance", json!({"SessionId": "none"})),
            not_found,
        ),
        (
            (
                "TagResource",
                json!({"ResourceArn": "arn:aws:appstream:x:1:fleet/no", "Tags": {"a": "b"}}),
            ),
            not_found,
        ),
        (("CreateUser", json!({})), "UnknownOperationException"),
    ] {
        assert_eq!(
            client.error(operation, input.clone()).await,
            code,
            "{operation} {input}"
        );
    }
}

#[tokio::test]
async fn tags_and_attributes_come_and_go() {
    let client = Client::new(Wire::Json).await;
    let stack = json!({
        "Name": "office", "DisplayName": "Office", "RedirectURL": "https://example.com",
        "StorageConnectors": [{"ConnectorType": "HOMEFOLDERS"}, {"ConnectorType": "ONE_DRIVE"}],
    });
    let stack = client.ok("CreateStack", stack).await["Stack"].clone();
    assert_eq!(stack["RedirectURL"], "https://example.com");
    let arn = stack["Arn"].clone();
    client
        .ok(
            "TagResource",
            json!({"ResourceArn": arn, "Tags": {"team": "desk", "cost": "1"}}),
        )
        .await;
    client
        .ok(
            "UntagResource",
            json!({"ResourceArn": arn, "TagKeys": ["cost"]}),
        )
        .await;
    let many: BTreeMap<String, &str> = (0..50).map(|key| (key.to_string(), "")).collect();
    let too_many = json!({"ResourceArn": arn, "Tags": many});
    assert_eq!(
        client.error("TagResource", too_many).await,
        "LimitExceededException"
    );
    let tags = client
        .ok("ListTagsForResource", json!({"ResourceArn": arn}))
        .await;
    assert_eq!(tags["Tags"], json!({"team": "desk"}));
    let input = json!({
        "Name": "office", "Description": "Desks",
        "AttributesToDelete": ["REDIRECT_URL", "STORAGE_CONNECTOR_ONE_DRIVE"],
    });
    let stack = client.ok("UpdateStack", input).await["Stack"].clone();
    assert_eq!(stack["DisplayName"], "Office");
    assert_eq!(stack["Description"], "Desks");
    assert_eq!(stack["RedirectURL"], Value::Null);
    assert_eq!(
        stack["StorageConnectors"],
        json!([{"ConnectorType": "HOMEFOLDERS"}])
    );
}

#[tokio::test]
async fn a_url_opens_no_session_once_its_stack_has_no_such_fleet() {
    let client = Client::new(Wire::Json).await;
    client.running_fleet(json!({})).await;
    let url = client.url("ana").await;
    let pair = json!({"FleetName": "desks", "StackName": "office"});
    client.ok("DisassociateFleet", pair).await;
    client.ok("DeleteStack", json!({"Name": "office"})).await;
    assert_eq!(client.fetch(&url, "").await.status, 403);
}
