//! Requests that are refused.

use super::*;

#[tokio::test]
async fn requests_that_make_no_sense_are_refused_as_aws_does() {
    let simulator = simulator().await;
    let route = |extra: Value| {
        let mut input = json!({"StackName": "office", "FleetName": "desks"});
        input
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        input
    };
    let stacks_token = ask(&simulator, "DescribeStacks", json!({}))
        .await
        .next_token();
    let cases = [
        (
            "DescribeFleets",
            json!({"Names": ["x"]}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DescribeStacks",
            json!({"Names": ["x"]}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "ListAssociatedStacks",
            json!({"FleetName": "x"}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "ListAssociatedFleets",
            json!({"StackName": "x"}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DescribeSessions",
            route(json!({"StackName": "x"})),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DescribeSessions",
            route(json!({"FleetName": "x"})),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DescribeSessions",
            json!({"StackName": "office"}),
            400,
            "ValidationException",
        ),
        (
            "DescribeSessions",
            route(json!({"Limit": 0})),
            400,
            "InvalidParameterCombinationException",
        ),
        (
            "DescribeSessions",
            route(json!({"Limit": 51})),
            400,
            "InvalidParameterCombinationException",
        ),
        (
            "DescribeSessions",
            route(json!({"UserId": "ana"})),
            400,
            "InvalidParameterCombinationException",
        ),
        (
            "DescribeSessions",
            route(json!({"FleetName": 1})),
            400,
            "SerializationException",
        ),
        (
            "DescribeFleets",
            json!({"NextToken": stacks_token}),
            400,
            "ValidationException",
        ),
        (
            "DescribeFleets",
            json!({"NextToken": "made up"}),
            400,
            "ValidationException",
        ),
        ("ListTagsForResource", json!({}), 400, "ValidationException"),
        ("DescribeTags", json!({}), 400, "ValidationException"),
        (
            "DescribeTags",
            json!({"ResourceId": "x"}),
            400,
            "ResourceNotFoundException",
        ),
        (
            "DescribeApplications",
            json!({}),
            404,
            "UnknownOperationException",
        ),
        (
            "DescribeWorkspacesPools",
            json!({"Limit": 26}),
            400,
            "ValidationException",
        ),
        (
            "DescribeWorkspacesPools",
            json!({"PoolIds": ["x"]}),
            400,
            "ResourceNotFoundException",
        ),
        (
            "DescribeWorkspacesPools",
            json!({"Filters": []}),
            400,
            "ValidationException",
        ),
        (
            "DescribeWorkspacesPoolSessions",
            json!({}),
            400,
            "ValidationException",
        ),
        (
            "DescribeWorkspacesPoolSessions",
            json!({"PoolId": POOL, "Limit": -1}),
            400,
            "ValidationException",
        ),
        (
            "DescribeWorkspacesPoolSessions",
            json!({"PoolId": "x"}),
            400,
            "ResourceNotFoundException",
        ),
    ];
    for (operation, input, status, code) in cases {
        let namespace = if is_workspaces(operation) {
            ""
        } else {
            "com.amazonaws.appstream#"
        };
        let answer = ask(&simulator, operation, input.clone()).await;
        assert_eq!(
            answer.error(),
            (status, format!("{namespace}{code}")),
            "{operation} {input}"
        );
    }
}

#[tokio::test]
async fn an_unsigned_request_is_refused_in_its_own_format() {
    let simulator = simulator().await;
    for (operation, code) in [
        (
            "DescribeFleets",
            "com.amazonaws.appstream#MissingAuthenticationTokenException",
        ),
        (
            "DescribeWorkspacesPools",
            "MissingAuthenticationTokenException",
        ),
    ] {
        let unsigned = request(operation, &json!({}), "");
        let answer = exchange(&simulator, &unsigned).await.unwrap();
        assert_eq!(answer.error(), (403, code.to_owned()));
    }
    assert_eq!(simulator.calls()[0].status, Some(403));
}
