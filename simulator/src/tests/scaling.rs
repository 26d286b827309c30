//! Application Auto Scaling and Service Quotas, without an AWS client.

use super::*;

/// A fleet and a pool with one of everything, and two quotas of which one was applied.
fn scaled_world() -> World {
    let (fleet, pool) = (Scaled::fleet("desks"), Scaled::pool("wspool-abcdefghi"));
    let mut region = Region::new();
    for of in [fleet.clone(), pool, fleet] {
        region = region
            .target(ScalableTarget::new(of.clone(), 1, 9))
            .action(ScheduledAction::new(
                of.clone(),
                "morning",
                "rate(1 day)",
                4,
            ))
            .policy(ScalingPolicy::new(of.clone(), "policy"))
            .activity(ScalingActivity::new(of.clone(), 1.5e9))
            .activity(ScalingActivity::not_scaled(
                of,
                1.6e9,
                "AlreadyAtMaxCapacity",
            ));
    }
    let region = region
        .quota(Quota::new("L-1", "Stacks", 10.0))
        .quota(Quota::new("L-2", "Fleets", 10.0).applied(25.5));
    World::new("123456789012").region(REGION, region)
}

async fn scaled() -> Simulator {
    let world = scaled_world().most_results(1);
    Simulator::start(world, Options::default()).await.unwrap()
}

#[tokio::test]
async fn each_namespace_has_lists_of_its_own_in_pages() {
    let simulator = scaled().await;
    for (operation, member) in [
        ("DescribeScalableTargets", "ScalableTargets"),
        ("DescribeScheduledActions", "ScheduledActions"),
        ("DescribeScalingPolicies", "ScalingPolicies"),
        ("DescribeScalingActivities", "ScalingActivities"),
    ] {
        for (namespace, expected) in [
            ("appstream", vec!["fleet/desks"; 2]),
            ("workspaces", vec!["workspacespool/wspool-abcdefghi"]),
            ("ecs", vec![]),
        ] {
            let mut found = Vec::new();
            let mut input = json!({"ServiceNamespace": namespace});
            loop {
                let answer = ask(&simulator, operation, input.clone()).await;
                found.extend(answer.names(member, "ResourceId"));
                let Some(token) = answer.next_token() else {
                    break;
                };
                input["NextToken"] = token.into();
            }
            assert_eq!(found, expected, "{operation} {namespace}");
        }
        let refused = ask(&simulator, operation, json!({})).await;
        assert_eq!(refused.error(), (400, "ValidationException".to_owned()));
    }
}

#[tokio::test]
async fn activities_come_newest_first_and_those_without_effect_on_request() {
    let simulator = Simulator::start(scaled_world(), Options::default())
        .await
        .unwrap();
    let operation = "DescribeScalingActivities";
    for (all, expected) in [
        (false, vec![1.5e9; 2]),
        (true, vec![1.6e9, 1.6e9, 1.5e9, 1.5e9]),
    ] {
        let input = json!({"ServiceNamespace": "appstream", "IncludeNotScaledActivities": all});
        let document = ask(&simulator, operation, input).await.document();
        let activities = document["ScalingActivities"].as_array().unwrap().iter();
        let started: Vec<_> = activities
            .map(|one| one["StartTime"].as_f64().unwrap())
            .collect();
        assert_eq!(started, expected);
    }
}

#[tokio::test]
async fn applied_quotas_are_some_of_all() {
    let simulator = Simulator::start(scaled_world(), Options::default())
        .await
        .unwrap();
    let input = json!({"ServiceCode": "appstream2", "MaxResults": 100});
    for (operation, expected) in [
        ("ListServiceQuotas", json!([["L-2", 25.5]])),
        (
            "ListAWSDefaultServiceQuotas",
            json!([["L-1", 10.0], ["L-2", 10.0]]),
        ),
    ] {
        let document = ask(&simulator, operation, input.clone()).await.document();
        let quotas = document["Quotas"].as_array().unwrap().iter();
        let found: Value = quotas
            .map(|one| json!([one["QuotaCode"], one["Value"]]))
            .collect();
        assert_eq!(found, expected, "{operation}");
        let other = ask(&simulator, operation, json!({"ServiceCode": "ec2"})).await;
        assert_eq!(other.error(), (400, "NoSuchResourceException".to_owned()));
        let input = json!({"ServiceCode": "appstream2", "MaxResults": 101});
        let refused = ask(&simulator, operation, input).await;
        assert_eq!(refused.error(), (400, "ValidationException".to_owned()));
    }
}
