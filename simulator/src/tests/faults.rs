//! Each fault as the client meets it, and the calls it affects.

use std::time::Duration;

use tokio::time::timeout;

use super::*;

/// Long enough for an answer over loopback, and short enough to wait for none.
const PATIENCE: Duration = Duration::from_millis(200);

async fn fleets(simulator: &Simulator) -> Answer {
    ask(simulator, "DescribeFleets", json!({})).await
}

async fn fleets_without_faults() -> Answer {
    fleets(&simulator().await).await
}

#[tokio::test]
async fn errors_are_answered_with_their_codes_on_both_wires() {
    let cases = [
        (Fault::throttle(), [400, 400], "ThrottlingException"),
        (Fault::deny(), [400, 400], "AccessDeniedException"),
        (
            Fault::expired_credentials(),
            [400, 400],
            "ExpiredTokenException",
        ),
        (Fault::internal_error(), [500, 500], "InternalFailure"),
        (
            Fault::unavailable(),
            [503, 503],
            "ServiceUnavailableException",
        ),
        (Fault::not_found(), [404, 400], "ResourceNotFoundException"),
        (
            Fault::error_code(418, "Teapot", "short"),
            [418, 418],
            "Teapot",
        ),
        (Fault::error_code(0, "Odd", ""), [500, 500], "Odd"),
    ];
    let simulator = simulator().await;
    for (fault, [appstream, workspaces], code) in cases {
        let id = simulator.inject(fault);
        let answer = fleets(&simulator).await;
        assert_eq!(
            answer.error(),
            (appstream, format!("com.amazonaws.appstream#{code}"))
        );
        let answer = ask(&simulator, "DescribeWorkspacesPools", json!({})).await;
        assert_eq!(answer.error(), (workspaces, code.to_owned()));
        simulator.clear(id);
    }
    assert_eq!(fleets(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_hanging_call_sends_nothing_and_keeps_the_connection() {
    let simulator = simulator().await;
    simulator.inject(Fault::hang());
    let mut stream = send(&simulator, "DescribeFleets", json!({})).await;
    let mut byte = [0];
    assert!(timeout(PATIENCE, stream.read(&mut byte)).await.is_err());
    assert_eq!(simulator.calls()[0].status, None);
}

#[tokio::test]
async fn a_stalling_body_stops_half_way_and_keeps_the_connection() {
    let simulator = simulator().await;
    simulator.inject(Fault::stall_body());
    let mut stream = send(&simulator, "DescribeFleets", json!({})).await;
    let whole = fleets_without_faults().await.content_length;
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n")
        || Answer::parse(&bytes).body.len() < whole / 2
    {
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
    assert!(
        timeout(PATIENCE, stream.read_buf(&mut bytes))
            .await
            .is_err()
    );
    let answer = Answer::parse(&bytes);
    assert_eq!((answer.status, answer.content_length), (200, whole));
    assert_eq!(answer.body.len(), whole / 2);
}

#[tokio::test]
async fn a_reset_call_ends_in_a_connection_reset() {
    let simulator = simulator().await;
    simulator.inject(Fault::reset());
    let error = try_ask(&simulator, "DescribeFleets", json!({}))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_closed_call_ends_in_order_and_without_an_answer() {
    let simulator = simulator().await;
    simulator.inject(Fault::close());
    let mut stream = send(&simulator, "DescribeFleets", json!({})).await;
    let mut bytes = Vec::new();
    assert_eq!(stream.read_to_end(&mut bytes).await.unwrap(), 0);
    assert_eq!(simulator.calls()[0].status, None);
}

#[tokio::test]
async fn truncated_bodies_end_early_with_or_without_saying_so() {
    let simulator = simulator().await;
    let whole = fleets_without_faults().await.body;
    let half = &whole[..whole.len() / 2];
    for (fault, announced) in [
        (Fault::truncate(), whole.len()),
        (Fault::truncate_cleanly(), half.len()),
    ] {
        let id = simulator.inject(fault);
        let answer = fleets(&simulator).await;
        assert_eq!((answer.status, answer.content_length), (200, announced));
        assert_eq!(answer.body, half);
        simulator.clear(id);
    }
}

#[tokio::test]
async fn garbage_is_in_no_format() {
    let simulator = simulator().await;
    simulator.inject(Fault::garbage());
    let answer = fleets(&simulator).await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/cbor"));
    assert!(ciborium::from_reader::<Cbor, _>(answer.body.as_slice()).is_err());
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
}

#[tokio::test]
async fn a_member_is_left_out_on_both_wires() {
    let simulator = simulator().await;
    for (operation, member) in [
        ("DescribeFleets", "Fleets"),
        ("DescribeWorkspacesPools", "WorkspacesPools"),
    ] {
        simulator.inject(Fault::without_member(member).operation(operation));
        let answer = ask(&simulator, operation, json!({})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.document().get(member), None, "{operation}");
    }
}

#[tokio::test]
async fn an_item_is_left_out_of_its_list() {
    let simulator = simulator().await;
    simulator.update(|world| world.page_size = 10);
    let desks = json!({"FleetName": "desks"});
    let fault = |item| simulator.inject(Fault::without_item(item));

    let id = fault("office");
    let stacks = ask(&simulator, "DescribeStacks", json!({})).await;
    assert_eq!(stacks.names("Stacks", "Name"), ["annex"]);
    let stacks = ask(&simulator, "ListAssociatedStacks", desks).await;
    assert_eq!(stacks.document()["Names"], json!(["annex"]));
    simulator.clear(id);
    fault("wspool-abcdefghi");
    let pools = ask(&simulator, "DescribeWorkspacesPools", json!({})).await;
    assert_eq!(pools.document()["WorkspacesPools"], json!([]));
}

#[tokio::test]
async fn a_foreign_answer_is_sent_as_it_is() {
    let simulator = simulator().await;
    let blocked = r#"{"status":"blocked"}"#;
    for (fault, status, content_type, body) in [
        (
            Fault::service_absent(),
            404,
            "application/xml",
            "<UnknownOperationException/>\n",
        ),
        (
            Fault::foreign_answer(200, "application/json", blocked),
            200,
            "application/json",
            blocked,
        ),
    ] {
        let id = simulator.inject(fault);
        let answer = fleets(&simulator).await;
        assert_eq!((answer.status, &*answer.body), (status, body.as_bytes()));
        let header = format!("content-type: {content_type}");
        assert!(answer.head.contains(&header), "{}", answer.head);
        assert!(!answer.head.contains("x-amzn-requestid"), "{}", answer.head);
        simulator.clear(id);
    }
    let calls = simulator.calls();
    let call = |call: &Call| (call.status, call.error_code.clone());
    assert_eq!(call(&calls[0]), (Some(404), None));
}

#[tokio::test]
async fn a_delayed_call_is_answered_in_the_end() {
    let simulator = simulator().await;
    simulator.inject(Fault::delay(Duration::from_millis(20)));
    assert_eq!(fleets(&simulator).await.status, 200);
}

/// Names and tokens of the first pages of the fleets.
async fn pages(simulator: &Simulator, count: usize) -> Vec<(String, Option<String>)> {
    let mut pages = Vec::new();
    let mut token = None;
    for _ in 0..count {
        let page = ask(simulator, "DescribeFleets", json!({"NextToken": token})).await;
        token = page.next_token();
        pages.push((page.names("Fleets", "Name").concat(), token.clone()));
    }
    pages
}

#[tokio::test]
async fn endless_pages_always_have_a_fresh_token() {
    let simulator = simulator().await;
    simulator.inject(Fault::endless_pages());
    let pages = pages(&simulator, 5).await;
    let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["desks", "idle", "desks", "idle", "desks"]);
    let tokens: std::collections::BTreeSet<_> = pages
        .iter()
        .filter_map(|(_, token)| token.as_ref())
        .collect();
    assert_eq!(tokens.len(), pages.len());
}

#[tokio::test]
async fn a_repeated_token_leads_to_the_first_page() {
    let simulator = simulator().await;
    simulator.inject(Fault::repeat_token());
    let pages = pages(&simulator, 3).await;
    assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
    assert!(pages[0].1.is_some());
}

#[tokio::test]
async fn a_narrowed_fault_affects_matching_calls_alone() {
    let sessions = json!({"StackName": "office", "FleetName": "desks", "AuthenticationType": "SAML", "Limit": 1});
    let cases = [
        (Fault::deny().operation("DescribeSessions"), true),
        (Fault::deny().operation("DescribeFleets"), false),
        (Fault::deny().service("appstream"), true),
        (Fault::deny().service("workspaces"), false),
        (Fault::deny().region(REGION), true),
        (Fault::deny().region("us-east-1"), false),
        (Fault::deny().account("123456789012"), true),
        (Fault::deny().account("210987654321"), false),
        (
            Fault::deny().role("arn:aws:iam::123456789012:role/r"),
            false,
        ),
        (Fault::deny().fleet("desks").stack("office"), true),
        (Fault::deny().fleet("desks").stack("annex"), false),
        (Fault::deny().fleet("idle"), false),
        (Fault::deny().pool("wspool-abcdefghi"), false),
        (Fault::deny().authentication_type("SAML"), true),
        (Fault::deny().authentication_type("API"), false),
        (Fault::deny().after_first_page(), false),
        (Fault::deny().times(0), false),
    ];
    let simulator = simulator().await;
    for (fault, affected) in cases {
        let id = simulator.inject(fault.clone());
        let answer = ask(&simulator, "DescribeSessions", sessions.clone()).await;
        assert_eq!(answer.status == 400, affected, "{fault:?}");
        simulator.clear(id);
    }

    let token = ask(&simulator, "DescribeSessions", sessions.clone())
        .await
        .next_token();
    simulator.inject(Fault::deny().after_first_page());
    let mut second = sessions;
    second["NextToken"] = json!(token);
    assert_eq!(
        ask(&simulator, "DescribeSessions", second).await.status,
        400
    );
}

#[tokio::test]
async fn faults_are_spent_in_order_of_injection() {
    let simulator = simulator().await;
    simulator.inject(Fault::unavailable().times(2));
    simulator.inject(Fault::deny());
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(fleets(&simulator).await.status);
    }
    assert_eq!(statuses, [503, 503, 400]);
    simulator.clear_faults();
    assert_eq!(fleets(&simulator).await.status, 200);
}

#[tokio::test]
async fn a_fault_can_spare_the_first_calls() {
    let simulator = simulator().await;
    simulator.inject(Fault::deny().operation("DescribeFleets").after(2).times(1));
    ask(&simulator, "DescribeStacks", json!({})).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(fleets(&simulator).await.status);
    }
    assert_eq!(statuses, [200, 200, 400, 200]);
}
