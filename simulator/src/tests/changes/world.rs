//! The clock, the world as JSON, and worlds that were set by hand.

use super::*;

#[tokio::test]
async fn the_clock_is_paused_moved_and_sped_up() {
    let client = Client::new(Wire::Json).await;
    let clock = client
        .control("POST", "clock", json!({"now": "2026-01-01T08:00:00Z"}))
        .await;
    let expected = json!({
        "now": "2026-01-01T08:00:00Z", "epoch_seconds": 1_767_254_400.0, "speed": 1.0, "paused": true,
    });
    assert_eq!(clock, expected);
    let clock = client
        .control("POST", "clock", json!({"advance": "1h", "speed": 60.0}))
        .await;
    assert_eq!(clock["now"], "2026-01-01T09:00:00Z");
    assert_eq!(clock["speed"], 60.0);
    assert_eq!(client.control("GET", "clock", json!({})).await, clock);
    for input in [
        json!({"now": "soon"}),
        json!({"advance": "soon"}),
        json!({"advance": 40_000_000}),
        json!({"speed": -1}),
        json!({"paused": 1}),
        json!([]),
    ] {
        let answer = client.try_control("POST", "clock", input.clone()).await;
        let is_refused = answer.status == 400 || input == json!([]);
        assert!(is_refused, "{input}");
    }
    assert_eq!(client.control("GET", "clock", json!({})).await, clock);
    assert_eq!(
        client.try_control("GET", "watch", json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn a_world_is_read_and_replaced_as_json() {
    let client = Client::new(Wire::Cbor).await;
    // A fast parser of JSON reads this time as the neighbouring float.
    let now = json!({"now": 1_795_996_349, "advance": 0.716_982_1});
    client.control("POST", "clock", now).await;
    client
        .running_fleet(
            json!({"MaxSessionsPerInstance": 4, "ComputeCapacity": {"DesiredSessions": 8}}),
        )
        .await;
    let url = client.url("ana").await;
    client.fetch(&url, "").await;
    let world = client.control("GET", "world", json!({})).await;
    let fleet = client.fleet().await;

    let other = Client::new(Wire::Json).await;
    other
        .control(
            "POST",
            "clock",
            json!({"now": client.control("GET", "clock", json!({})).await["epoch_seconds"]}),
        )
        .await;
    other.control("PUT", "world", world.clone()).await;
    assert_eq!(other.control("GET", "world", json!({})).await, world);
    assert_eq!(other.fleet().await, fleet);
    assert_eq!(other.sessions().await, [pair("ACTIVE", "CONNECTED")]);
    other.pass(57_600).await;
    assert_eq!(other.sessions().await, [pair("EXPIRED", "NOT_CONNECTED")]);

    let small = json!({"account_id": "1", "regions": {REGION: {"fleets": [{"name": "desks"}]}}});
    other.control("PUT", "world", small).await;
    assert_eq!(other.fleet().await["Name"], "desks");
    let answer = other
        .try_control("PUT", "world", json!({"regions": 1}))
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(other.fleet().await["Name"], "desks");
}

#[tokio::test]
async fn a_world_that_was_set_by_hand_stays_until_an_operation_changes_it() {
    let simulator = simulator().await;
    let client = Client {
        simulator,
        wire: Wire::Cbor,
    };
    client
        .control("POST", "clock", json!({"paused": true}))
        .await;
    let before = client.control("GET", "world", json!({})).await;
    client.pass(1_000_000).await;
    assert_eq!(client.control("GET", "world", json!({})).await, before);

    client
        .ok("ExpireSession", json!({"SessionId": "url-1"}))
        .await;
    let input = json!({"FleetName": "desks", "StackName": "office", "AuthenticationType": "SAML"});
    let saml = client.ok("DescribeSessions", input).await;
    assert_eq!(saml["Sessions"].as_array().unwrap().len(), 2);
    assert_eq!(client.sessions().await, [pair("EXPIRED", "NOT_CONNECTED")]);
    client.pass(60).await;
    assert_eq!(client.sessions().await, []);
    // Three sessions are left, each with an instance of its own.
    assert_eq!(client.instances().await, [1, 3, 3, 0]);
}

#[tokio::test]
async fn faults_come_and_go_over_http() {
    let client = Client::new(Wire::Cbor).await;
    let fault = json!({"fault": "throttle,operation=DescribeFleets"});
    let id = client.control("POST", "faults", fault.clone()).await["id"].clone();
    assert_eq!(
        client.error("DescribeFleets", json!({})).await,
        "ThrottlingException"
    );
    client
        .control("DELETE", &format!("faults/{id}"), json!({}))
        .await;
    client.ok("DescribeFleets", json!({})).await;
    client.control("POST", "faults", fault).await;
    client.control("DELETE", "faults", json!({})).await;
    client.ok("DescribeFleets", json!({})).await;
    let answer = client
        .try_control("POST", "faults", json!({"fault": "nonsense"}))
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn the_company_of_the_demo_refuses_changes() {
    let simulator = Simulator::start_with(Company::new(1), Options::default())
        .await
        .unwrap();
    let client = Client {
        simulator,
        wire: Wire::Cbor,
    };
    let refused = client.error("CreateStack", json!({"Name": "office"})).await;
    assert_eq!(refused, "OperationNotPermittedException");
}
