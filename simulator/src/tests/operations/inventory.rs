//! Lists that are empty, and builders, images and settings of the account.

use super::*;

#[tokio::test]
async fn what_an_operation_lists_is_there_when_it_is_empty_too() {
    let simulator = simulator().await;
    simulator.update(|world| {
        let region = Region::new()
            .fleet(Fleet::new("desks"))
            .stack(Stack::new("office"))
            .pool(Pool::new("wspool-abcdefghi", "branch"));
        *world = World::new("1").region(REGION, region);
    });
    let arn = "arn:aws:appstream:eu-central-1:1:fleet/desks";
    for (operation, input, member, empty) in [
        (
            "ListAssociatedStacks",
            json!({"FleetName": "desks"}),
            "Names",
            json!([]),
        ),
        (
            "ListAssociatedFleets",
            json!({"StackName": "office"}),
            "Names",
            json!([]),
        ),
        (
            "ListTagsForResource",
            json!({"ResourceArn": arn}),
            "Tags",
            json!({}),
        ),
        (
            "DescribeSessions",
            json!({"FleetName": "desks", "StackName": "office", "AuthenticationType": "SAML"}),
            "Sessions",
            json!([]),
        ),
        (
            "DescribeWorkspacesPoolSessions",
            json!({"PoolId": "wspool-abcdefghi"}),
            "Sessions",
            json!([]),
        ),
        (
            "DescribeTags",
            json!({"ResourceId": "wspool-abcdefghi"}),
            "TagList",
            json!([]),
        ),
    ] {
        let answer = ask(&simulator, operation, input).await;
        assert_eq!(answer.document(), json!({member: empty}), "{operation}");
    }
    simulator.update(|world| *world = World::new("1").region(REGION, Region::new()));
    for (operation, member) in [
        ("DescribeFleets", "Fleets"),
        ("DescribeStacks", "Stacks"),
        ("DescribeWorkspacesPools", "WorkspacesPools"),
    ] {
        let answer = ask(&simulator, operation, json!({})).await;
        assert_eq!(answer.document(), json!({member: []}), "{operation}");
    }
}

#[tokio::test]
async fn builders_images_and_settings_are_described_on_both_wires() {
    let simulator = simulator().await;
    simulator.update(|world| {
        let region = std::mem::take(world.region_mut(REGION))
            .image_builder(ImageBuilder::new("next"))
            .image_builder(ImageBuilder::new("older").state("STOPPED"))
            .app_block_builder(AppBlockBuilder::new("apps"))
            .image(Image::new("own"))
            .image(Image::new("shared").shared_by("999999999999"))
            .image(Image::new("public").public())
            .directory_config(DirectoryConfig::new("corp.example.com"))
            .usage_report(UsageReport::daily(1.7e9));
        *world.region_mut(REGION) = region;
    });
    let arn = |owner: &str, name: &str| format!("arn:aws:appstream:{REGION}:{owner}:image/{name}");
    let arns = [arn("999999999999", "shared"), arn("", "public")];
    let cases = [
        (
            "DescribeImageBuilders",
            json!({}),
            "ImageBuilders",
            "Name",
            vec!["next", "older"],
        ),
        (
            "DescribeImageBuilders",
            json!({"Names": ["older"]}),
            "ImageBuilders",
            "Name",
            vec!["older"],
        ),
        (
            "DescribeAppBlockBuilders",
            json!({}),
            "AppBlockBuilders",
            "Name",
            vec!["apps"],
        ),
        (
            "DescribeImages",
            json!({"MaxResults": 25}),
            "Images",
            "Name",
            vec!["own", "shared", "public"],
        ),
        (
            "DescribeImages",
            json!({"Arns": arns}),
            "Images",
            "Name",
            vec!["shared", "public"],
        ),
        (
            "DescribeDirectoryConfigs",
            json!({}),
            "DirectoryConfigs",
            "DirectoryName",
            vec!["corp.example.com"],
        ),
        (
            "DescribeUsageReportSubscriptions",
            json!({}),
            "UsageReportSubscriptions",
            "Schedule",
            vec!["DAILY"],
        ),
    ];
    for (operation, input, member, name, expected) in cases {
        let found = all(&simulator, operation, input.clone(), member, name).await;
        assert_eq!(found, expected, "{operation} {input}");
    }
    let config = ask(&simulator, "DescribeDirectoryConfigs", json!({})).await;
    let credentials = &config.document()["DirectoryConfigs"][0]["ServiceAccountCredentials"];
    assert_eq!(credentials["AccountPassword"], "simulated");
    for (operation, input, code) in [
        (
            "DescribeImages",
            json!({"Arns": [arns[0], arn("", "gone")]}),
            "ResourceNotFoundException",
        ),
        (
            "DescribeImages",
            json!({"MaxResults": 26}),
            "ValidationException",
        ),
        (
            "DescribeImageBuilders",
            json!({"Names": ["gone"]}),
            "ResourceNotFoundException",
        ),
        (
            "DescribeAppBlockBuilders",
            json!({"Names": ["gone"]}),
            "ResourceNotFoundException",
        ),
    ] {
        let answer = ask(&simulator, operation, input).await;
        assert!(answer.error().1.ends_with(code), "{operation}: {answer:?}");
    }
}
